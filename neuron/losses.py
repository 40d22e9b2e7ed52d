"""Loss functions of one sample: the error of a prediction as a number, which training minimizes.

Each takes a prediction and a target.  It returns a Value, whose gradients the engine derives, if one of them is a
Value, else a float.  The loss over many samples is the mean over them.  A penalty is a
function of the parameters that is added to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd import (
    PoleError,
    Value,
    abs,
    dot,
    floor,
    log,
    log1p,
    logsumexp,
    minimum,
    relu,
    softplus,
    where,
    xlog1py,
    xlogy,
)
from autograd import sum as total
from autograd.extend import as_float, require, shown
from neuron.choosing import choose

__all__ = [
    "LOSSES",
    "absolute_error",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "half_squared_error",
    "hinge",
    "huber",
    "l2",
    "squared_error",
    "with_name",
]

Number = Value | float
Loss = Callable[..., Any]

SIGMOID = '(activation="sigmoid"; of an MLP, output_activation="sigmoid")'
LOGITS = (
    "pass the number before the sigmoid with from_logits=True, which does not round (in fit: a linear output and "
    'loss="bce_with_logits")'
)


def squared_error(prediction: Number, target: Number) -> Any:
    """(ŷ - y)².

    >>> squared_error(1.0, 1.5)
    0.25
    """
    return (prediction - target) ** 2


def half_squared_error(prediction: Number, target: Number) -> Any:
    """(ŷ - y)²/2, whose derivative is the error itself.

    >>> half_squared_error(1.0, 1.5)
    0.125
    """
    return (prediction - target) ** 2 / 2


def absolute_error(prediction: Number, target: Number) -> Any:
    """``|ŷ - y|``; at ŷ = y the slope is taken to be 0.

    >>> absolute_error(1.0, 1.5)
    0.5
    """
    return abs(prediction - target)


def binary_cross_entropy(prediction: Number, target: Number, from_logits: bool = False) -> Any:
    """-y·log(ŷ) - (1 - y)·log(1 - ŷ), for a probability ŷ and a target y from 0 to 1.

    With `from_logits` the prediction is the number h before the sigmoid, ŷ = sigmoid(h).  The result
    is the same but stays exact however large h is, where ŷ itself would round to 0 or 1.

    Raises ValueError for a target or a probability outside [0, 1], and PoleError where the loss is infinite: for a
    probability that rules out the target (ŷ = 0 where y > 0).

    >>> binary_cross_entropy(0.8, 1.0)
    0.2231435513142097
    >>> binary_cross_entropy(-800.0, 1.0, from_logits=True)
    800.0
    """
    target = require(
        (target >= 0) & (target <= 1),
        target,
        lambda: f"binary_cross_entropy needs a target between 0 and 1, not {_number(target)!r}",
    )
    if from_logits:
        return target * softplus(-prediction) + (1 - target) * softplus(prediction)
    prediction = require(
        (prediction >= 0) & (prediction <= 1),
        prediction,
        lambda: (
            f"binary_cross_entropy needs a probability between 0 and 1, not {_number(prediction)!r}: let the "
            f"prediction come from a sigmoid {SIGMOID}, or {LOGITS}"
        ),
    )
    try:
        if type(target) is not Value and target in (0, 1):  # the textbook's two cases
            return -log(prediction) if target == 1 else -log1p(-prediction)
        return -xlogy(target, prediction) - xlog1py(1 - target, -prediction)
    except PoleError:
        raise PoleError(
            f"binary_cross_entropy is infinite for a prediction of exactly {_number(prediction)!r} and the target "
            f"{_number(target)!r}; {LOGITS}"
        ) from None


def binary_cross_entropy_with_logits(prediction: Number, target: Number) -> Any:
    """`binary_cross_entropy` of sigmoid(h), for a prediction h that is any number.

    >>> binary_cross_entropy_with_logits(0.0, 1.0)
    0.6931471805599453
    """
    return binary_cross_entropy(prediction, target, from_logits=True)


def cross_entropy(scores: Sequence[Number], target: Any) -> Any:
    """-log(softmax(scores)[target]) = log(Σ exp(s)) - s[target], for a score s of each class.

    The target is the number of the right class, counted from 0, or a probability for each class (1 for the right one,
    0 for the others).  The scores are any numbers: softmax turns them into probabilities.
    The largest score is subtracted from all scores first, so that nothing overflows.

    Raises ValueError for a target that is not the number of a class.

    >>> cross_entropy([0.0, 0.0], 1)
    0.6931471805599453
    >>> cross_entropy([1000.0, 0.0, -1000.0], 1)
    1000.0
    """
    if not isinstance(scores, Sequence) or not scores:
        raise ValueError(f"cross_entropy needs a list with a score for each class, not {shown(scores)}")
    log_of_sum = logsumexp(scores)
    if isinstance(target, list | tuple):
        if len(target) != len(scores):
            raise ValueError(f"cross_entropy has {len(scores)} scores, but probabilities for {len(target)} classes")
        return dot(target, [log_of_sum - s for s in scores])
    last = len(scores) - 1
    return require(
        (target >= 0) & (target <= last) & (target == floor(target)),
        log_of_sum - total([where(target == k, s, 0.0) for k, s in enumerate(scores)]),
        lambda: f"cross_entropy needs the number of a class, from 0 to {last}, as its target, not {_number(target)!r}",
    )


def hinge(prediction: Number, target: Number) -> Any:
    """max(0, 1 - y·ŷ), for a score ŷ and a target y of -1 or +1; at the margin the slope is taken to be 0.

    Raises ValueError for any other target.

    >>> hinge(0.25, -1)
    1.25
    """
    label = require(
        (target == -1) | (target == 1),
        target,
        lambda: f"hinge needs a target of -1 or +1, not {_number(target)!r}",
    )
    return relu(1 - label * prediction)


def huber(prediction: Number, target: Number, delta: float = 1.0) -> Any:
    """``r²/2`` for an error r = ŷ - y up to `delta`, and ``δ·(|r| - δ/2)`` beyond, where it grows like ``|r|``.

    Both are ``c·(|r| - c/2)`` with ``c = min(|r|, δ)``, in which no step can overflow.

    Raises ValueError unless `delta` is positive.  (Huber, 1964, "Robust estimation of a location
    parameter".)

    >>> huber(1.0, 1.5), huber(5.0, 1.5)
    (0.125, 3.0)
    """
    delta = require(delta > 0, delta, lambda: f"huber needs a positive delta, not {delta!r}")
    size = abs(prediction - target)
    clipped = minimum(size, delta)
    return clipped * (size - clipped / 2)


def l2(strength: float) -> Callable[[Sequence[Any]], Any]:
    """The penalty strength·Σ p² over all parameters, which keeps them small (weight decay, ridge).

    Raises ValueError if `strength` is negative.

    >>> l2(0.5)([3.0, 1.0])
    5.0
    """
    if not 0 <= as_float(strength, f"l2({shown(strength)})") < math.inf:
        raise ValueError(f"l2 needs a strength of at least 0, not {strength!r}")
    return lambda parameters: strength * dot(parameters, parameters)


LOSSES: dict[str, Loss] = {
    "squared_error": squared_error,
    "half_squared_error": half_squared_error,
    "absolute_error": absolute_error,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "hinge": hinge,
    "huber": huber,
}
"""The losses by name."""

OVER_CLASSES: dict[str, Loss] = {"cross_entropy": cross_entropy}
"""By name, the losses that compare the scores of all classes with a target."""

SHORT_NAMES = {
    "mse": "squared_error",
    "mae": "absolute_error",
    "bce": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy_with_logits",
}
"""Short names, as usual for the means over the samples."""

ELSEWHERE = {
    "mean_squared_error": "squared_error",
    "mseloss": "squared_error",
    "mse_loss": "squared_error",
    "mean_absolute_error": "absolute_error",
    "l1loss": "absolute_error",
    "l1_loss": "absolute_error",
    "binary_crossentropy": "binary_cross_entropy",
    "log_loss": "binary_cross_entropy",
    "bceloss": "binary_cross_entropy",
    "bcewithlogitsloss": "binary_cross_entropy_with_logits",
    "crossentropy": "cross_entropy",
    "crossentropyloss": "cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
    "huberloss": "huber",
    "smooth_l1": "huber",
    "rmse": 'write loss="mse": it has the same minimum, and the root is taken at the end, history.loss[-1] ** 0.5',
    "nll": 'write loss="cross_entropy", which includes the softmax and takes the scores before it',
    "kl_div": 'write loss="cross_entropy" with a probability for each class as the target: the minimum is the same',
}
"""Names of losses in other libraries, each with the name here or with what to write."""


def _number(value: Number) -> float:
    return value.data if type(value) is Value else float(value)


def with_name(name: object) -> Loss:
    """The loss of this name, or short name; ValueError, with all names, for any other."""
    return choose("loss", name, LOSSES | OVER_CLASSES, SHORT_NAMES, ELSEWHERE)


def __getattr__(name: str) -> Loss:
    """``losses.mse`` and the other short names."""
    try:
        return with_name(name)
    except ValueError as error:
        raise AttributeError(f"module 'neuron.losses' has no attribute {name!r} ({error})", name=name) from None
