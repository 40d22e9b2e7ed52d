"""Optimizers: the step of the parameters that follows from the gradient.

An optimizer holds settings only; `start` begins a run, so that one optimizer can train many models.
The learning rate is a number, or a function of the epoch that returns one (a schedule).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autograd.extend import as_float, shown
from neuron.choosing import choose
from neuron.guesses import answering

__all__ = ["OPTIMIZERS", "SGD", "Adam", "Optimizer", "Update", "as_optimizer", "learning_rates"]

Array = NDArray[np.float64]
LearningRate = float | Callable[[int], float]
Update = Callable[[Array, Array, float], Array]
"""(parameters, gradient, learning rate) -> new parameters; it may remember numbers from step to step."""


class Optimizer(Protocol):
    """The parts of an optimizer that `fit` uses."""

    @property
    def lr(self) -> LearningRate:
        """The learning rate, or a schedule."""

    def start(self) -> Update:
        """Begin a run; return the function that makes its steps."""

    def limit(self, curvature: float) -> float:
        """The learning rate below which steps shrink where the loss has this second derivative; inf if all do."""


@answering
@dataclass(frozen=True)
class SGD:
    """Gradient descent, on all samples or on batches: θ ← θ - lr·v, where v = momentum·v + gradient.

    `lr` is the learning rate or a function of the epoch, 0 for the first.  Raises ValueError unless lr > 0 and
    0 ≤ momentum < 1.

    Momentum is Polyak's (1964), as PyTorch writes it.

    >>> step = SGD(0.1).start()
    >>> step(np.array([0.5, 0.1]), np.array([-1.6, -0.8]), 0.1)
    array([0.66, 0.18])
    >>> SGD(lambda epoch: 1.0 - 0.9 * epoch / 100).lr(50)
    0.55
    """

    lr: LearningRate = 0.01
    momentum: float = 0.0

    def __post_init__(self) -> None:
        _check_lr(self, self.lr)
        _check_share(self, "momentum", self.momentum)

    def start(self) -> Update:
        """Begin a run, with no velocity."""
        velocity = np.array(0.0)

        def step(parameters: Array, gradient: Array, lr: float) -> Array:
            nonlocal velocity
            velocity = self.momentum * velocity + gradient
            return parameters - lr * velocity

        return step

    def limit(self, curvature: float) -> float:
        """2·(1 - momentum)/curvature: with momentum a gradient moves the parameters by lr/(1 - momentum) in all.

        Without momentum, longer steps end further from the minimum of a parabola than they began.  With it, a single
        parabola would allow more, but the changing parabolas of batches do not.
        """
        return 2 * (1 - self.momentum) / curvature


@answering
@dataclass(frozen=True)
class Adam:
    """Adam: every parameter at its own pace, by running means of its gradient and of its square.

    `lr` is the learning rate or a function of the epoch.  Raises ValueError unless lr > 0, both betas are in
    [0, 1) and epsilon > 0.  (Kingma and Ba, 2015, "Adam: a method for stochastic optimization", algorithm 1.)

    >>> step = Adam(0.1).start()
    >>> step(np.array([0.5, 0.1]), np.array([-1.6, -0.8]), 0.1).round(6)
    array([0.6, 0.2])
    """

    lr: LearningRate = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_lr(self, self.lr)
        _check_share(self, "beta1", self.beta1)
        _check_share(self, "beta2", self.beta2)
        if not 0 < _real(self, "epsilon", self.epsilon) < math.inf:
            raise ValueError(f"{type(self).__name__}: epsilon must be positive, not {self.epsilon!r}")

    def start(self) -> Update:
        """Begin a run, with both means at zero."""
        mean = square = np.array(0.0)
        steps = 0

        def step(parameters: Array, gradient: Array, lr: float) -> Array:
            nonlocal mean, square, steps
            steps += 1
            mean = self.beta1 * mean + (1 - self.beta1) * gradient
            square = self.beta2 * square + (1 - self.beta2) * gradient**2
            unbiased_mean = mean / (1 - self.beta1**steps)
            unbiased_square = square / (1 - self.beta2**steps)
            return parameters - lr * unbiased_mean / (np.sqrt(unbiased_square) + self.epsilon)

        return step

    def limit(self, curvature: float) -> float:
        """inf: no step is much longer than lr, however steep the loss."""
        return math.inf


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"sgd": SGD, "adam": Adam}
"""The optimizers by name, with their usual learning rates."""

ELSEWHERE = {
    "gd": "sgd",
    "momentum": "write optimizer=SGD(0.1, momentum=0.9)",
    "nesterov": "write optimizer=SGD(0.1, momentum=0.9): Nesterov's variant is not here",
    "rmsprop": "write optimizer=Adam(0.01), which is RMSprop with momentum",
    "adagrad": "write optimizer=Adam(0.01), which is nearest",
    "adamw": "write optimizer=Adam(0.01) and penalty=losses.l2(0.01)",
    "lbfgs": "write optimizer=Adam(0.01): there are methods of the gradient only",
}
"""Names of optimizers in other libraries, each with the name here or with what to write."""


def as_optimizer(optimizer: object, lr: LearningRate | None = None) -> Optimizer:
    """The optimizer itself, or the one of that name, with this learning rate; TypeError or ValueError otherwise."""
    if isinstance(optimizer, str):
        chosen = choose("optimizer", optimizer, OPTIMIZERS, elsewhere=ELSEWHERE)
        return chosen() if lr is None else chosen(lr=lr)
    if isinstance(optimizer, type) or not all(hasattr(optimizer, part) for part in ("lr", "start", "limit")):
        raise TypeError(f"optimizer={shown(optimizer)} is not an optimizer: write SGD(0.1), Adam(0.01), or a name")
    if lr is not None:
        raise TypeError(
            f"lr={shown(lr)} is for an optimizer with a name; here the rate belongs in the optimizer itself: write "
            f"optimizer={type(optimizer).__name__}({shown(lr)})"
        )
    return optimizer  # type: ignore[return-value]


def learning_rates(lr: LearningRate, epochs: int) -> Iterable[float]:
    """The learning rate of each epoch; ValueError if one is not positive."""
    if not callable(lr):
        return repeat(_positive(as_float(lr, f"lr={shown(lr)}"), "the learning rate"), epochs)
    rates = (as_float(lr(epoch), f"the learning rate for epoch {epoch}") for epoch in range(epochs))
    return [_positive(rate, f"the learning rate of the schedule in epoch {epoch}") for epoch, rate in enumerate(rates)]


def _positive(rate: float, name: str) -> float:
    if not 0 < rate < math.inf:
        raise ValueError(f"{name} must be positive, not {rate!r}")
    return rate


def _real(optimizer: object, name: str, number: object) -> float:
    return as_float(number, f"{type(optimizer).__name__}({name}={shown(number)})")


def _check_lr(optimizer: object, lr: LearningRate) -> None:
    if not callable(lr) and not 0 < _real(optimizer, "lr", lr) < math.inf:
        raise ValueError(f"{type(optimizer).__name__}: the learning rate must be positive, not {lr!r}")


def _check_share(optimizer: object, name: str, number: float) -> None:
    if not 0 <= _real(optimizer, name, number) < 1:
        raise ValueError(f"{type(optimizer).__name__}: {name} must be at least 0 and less than 1, not {number!r}")
