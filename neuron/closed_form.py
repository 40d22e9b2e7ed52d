"""Textbook gradients of one neuron, derived by hand and written without the engine.

For ŷ = a(h), h = w·x + b and a loss L(ŷ, y) the chain rule has three factors:

    dL/dw[i] = L'(ŷ, y) · a'(h) · x[i]        dL/db = L'(ŷ, y) · a'(h)

Each activation and each loss below is derived by hand, as a formula to print and a function of
floats that computes it: the same derivative, in a form that does not lose digits where ŷ saturates.
The engine's gradients are compared with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neuron.choosing import choose

__all__ = ["ACTIVATION_SLOPES", "LOSS_SLOPES", "Gradient", "Slope", "gradient"]


@dataclass(frozen=True)
class Slope:
    """A derivative worked out by hand: the formula as a book prints it, and a function of floats that computes it."""

    formula: str
    of: Callable[[float, float], float]


@dataclass(frozen=True)
class Gradient:
    """The gradient of the loss of one sample, and the factors of this product."""

    loss_slope: float  # dL/dŷ
    activation_slope: float  # dŷ/dh
    weights: list[float]  # dL/dw[i]
    bias: float  # dL/db


def _sigmoid(h: float) -> float:
    return 1 / (1 + math.exp(-h)) if h >= 0 else math.exp(h) / (1 + math.exp(h))


def _sech_squared(h: float) -> float:
    """1 - tanh(h)², which is 1/cosh(h)²."""
    t = math.exp(-2 * abs(h))
    return 4 * t / (1 + t) ** 2


def _cross_entropy_slope(y_hat: float, y: float) -> float:
    """(1 - y)/(1 - ŷ) - y/ŷ, without a term whose factor is 0."""
    return ((1 - y) / (1 - y_hat) if y < 1 else 0.0) - (y / y_hat if y > 0 else 0.0)


def _cross_entropy_slope_of_logits(y_hat: float, y: float) -> float:
    """sigmoid(ŷ) - y, without the digits that are lost where both are near 1."""
    return (1 - y) * _sigmoid(y_hat) - y * _sigmoid(-y_hat)


ACTIVATION_SLOPES: dict[str, Slope] = {  # as functions of h and ŷ
    "linear": Slope("1", lambda h, y_hat: 1.0),
    "relu": Slope("1 if h > 0 else 0", lambda h, y_hat: 1.0 if h > 0 else 0.0),
    "sigmoid": Slope("ŷ·(1 - ŷ)", lambda h, y_hat: y_hat * _sigmoid(-h)),
    "tanh": Slope("1 - ŷ²", lambda h, y_hat: _sech_squared(h)),
}

LOSS_SLOPES: dict[str, Slope] = {  # as functions of ŷ and y
    "squared_error": Slope("2·(ŷ - y)", lambda y_hat, y: 2 * (y_hat - y)),
    "half_squared_error": Slope("ŷ - y", lambda y_hat, y: y_hat - y),
    "absolute_error": Slope("sign(ŷ - y)", lambda y_hat, y: float((y_hat > y) - (y_hat < y))),
    "binary_cross_entropy": Slope("(ŷ - y)/(ŷ·(1 - ŷ))", _cross_entropy_slope),
    "binary_cross_entropy_with_logits": Slope("sigmoid(ŷ) - y", _cross_entropy_slope_of_logits),
    "hinge": Slope("-y if y·ŷ < 1 else 0", lambda y_hat, y: -y if y * y_hat < 1 else 0.0),
    "huber": Slope("ŷ - y, clipped to [-1, 1]", lambda y_hat, y: max(-1.0, min(1.0, y_hat - y))),
}


def gradient(
    activation: str | None, loss: str, weights: Sequence[float], bias: float, inputs: Sequence[float], target: float
) -> Gradient:
    """The gradient of ``loss(activation(weights · inputs + bias), target)``, as in the textbook.

    >>> gradient(None, "squared_error", weights=[0.5], bias=0.25, inputs=[2.0], target=1.5)
    Gradient(loss_slope=-0.5, activation_slope=1.0, weights=[-1.0], bias=-0.5)
    """
    activation = "linear" if activation is None else activation
    loss_slope = choose("loss", loss, LOSS_SLOPES)
    activation_slope = choose("activation", activation, ACTIVATION_SLOPES)
    h = sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias
    y_hat = _ACTIVATIONS[activation](h)
    dL_dy, dy_dh = loss_slope.of(y_hat, target), activation_slope.of(h, y_hat)
    dL_dh = dL_dy * dy_dh
    if activation == "sigmoid" and loss == "binary_cross_entropy":
        # ŷ·(1 - ŷ) cancels, which is why the two are used together: ŷ - y is left, written to be exact for large h
        dL_dh = _cross_entropy_slope_of_logits(h, target)
    return Gradient(dL_dy, dy_dh, [dL_dh * x for x in inputs], dL_dh)


_ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "linear": lambda h: h,
    "relu": lambda h: max(h, 0.0),
    "sigmoid": _sigmoid,
    "tanh": math.tanh,
}
