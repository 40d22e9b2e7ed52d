"""A fast objective, checked against a slower one that is known to be right."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from itertools import count

import numpy as np
from numpy.typing import NDArray

from neuron.training.objective import Objective

__all__ = ["Checked"]

Array = NDArray[np.float64]

TOLERANCE = 1e-6
"""The difference allowed between the two, relative to the larger number (and to 1e-6)."""


class Checked:
    """An objective computed by a fast one as long as that agrees with its `reference`.

    `make` returns the fast objective.  Before every measurement, and before the first step after it, the two are
    compared on one sample, a different one each time.  If they differ, the loss may read something that has changed,
    and the fast one is built again; if that does not help, or it cannot be computed at all, the reference replaces it,
    with a warning.  The reference also recomputes results that are not finite: its errors say what is wrong.
    """

    def __init__(self, make: Callable[[], Objective], reference: Objective) -> None:
        self.make, self.reference = make, reference
        self.fast = make()
        self.chosen: Objective | None = None  # for the steps until the next measurement
        self.compared = _loss_and_gradient  # until they have agreed once, then the loss alone
        self.checks = count()

    def value(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and the predictions for every sample."""
        self.chosen = None  # a callback may change what the loss reads
        loss, predictions = self.choose(theta, X, y).value(theta, X, y)
        if math.isfinite(loss):
            return loss, predictions
        return self.reference.value(theta, X, y)

    def value_and_grad(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and its derivatives with respect to θ."""
        self.chosen = self.chosen or self.choose(theta, X, y)
        loss, gradient = self.chosen.value_and_grad(theta, X, y)
        if math.isfinite(loss) and np.isfinite(gradient).all():
            return loss, gradient
        return self.reference.value_and_grad(theta, X, y)

    def choose(self, theta: Array, X: Array, y: Array) -> Objective:
        """The fast objective if it agrees with the reference on one of these samples, else the reference."""
        if self.fast is self.reference:
            return self.reference
        i = next(self.checks) % len(X)
        sample = theta, X[i : i + 1], y[i : i + 1]
        try:
            expected = self.compared(self.reference, *sample)
        except Exception:  # the reference will raise it again, with the sample's number
            return self.reference
        try:
            for _ in range(2):
                if _is_near(self.compared(self.fast, *sample), expected):
                    self.compared = _loss
                    return self.fast
                self.fast = self.make()
            why = "the loss of the same sample differs from call to call"
        except Exception as error:
            why = str(error)
        self.fast = self.reference
        warnings.warn(
            f"training uses Values, one sample after the other, which is slow: {why}", stacklevel=_stack_level()
        )
        return self.reference


def _loss(objective: Objective, theta: Array, X: Array, y: Array) -> Array:
    return np.array([objective.value(theta, X, y)[0]])


def _loss_and_gradient(objective: Objective, theta: Array, X: Array, y: Array) -> Array:
    return np.array([*_loss(objective, theta, X, y), *objective.value_and_grad(theta, X, y)[1]])


def _is_near(result: Array, expected: Array) -> bool:
    """True if both are equal apart from rounding, wherever both are finite."""
    both = np.isfinite(result) & np.isfinite(expected)
    scale = np.maximum(np.maximum(abs(result), abs(expected)), TOLERANCE)[both]
    return bool((abs(result[both] / scale - expected[both] / scale) <= TOLERANCE).all())


def _stack_level() -> int:
    """The number of frames between here and the code that called `fit`."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("neuron."):
        frame, level = frame.f_back, level + 1
    return level
