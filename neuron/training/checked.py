"""A fast objective, checked against a slower one that is known to be right."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neuron.models.programs import is_near
from neuron.training.objective import Objective

__all__ = ["Checked", "warn"]

Array = NDArray[np.float64]


class Checked:
    """An objective computed by a fast one as long as that agrees with its `reference`.

    `make` returns the fast objective.  The two are compared on one sample, a different one each time, before the
    results number 1, 2, 4, 8, ... and before the first one after `doubt`.  If they differ, the loss reads something
    that has changed, and the fast one is built again; if that does not help, or it cannot be computed at all, the
    reference replaces it, with a warning.  So a change announced by `doubt` is noticed at once, and any other one
    before the number of results has doubled, with a warning that some of them are of the former loss.

    The reference also recomputes results that are not finite: its errors say what is wrong.
    """

    def __init__(self, make: Callable[[], Objective], reference: Objective) -> None:
        self.make, self.reference = make, reference
        self.fast = make()
        self.is_doubtful = False
        self.results, self.comparisons = 0, 0
        self.agreed_at = 0  # the result before which the two last agreed

    def doubt(self) -> None:
        """Compare again before the next result: something that the loss reads may have changed."""
        self.is_doubtful = True

    def value(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and the predictions for every sample."""
        loss, predictions = self.chosen(theta, X, y).value(theta, X, y)
        if math.isfinite(loss):
            return loss, predictions
        return self.reference.value(theta, X, y)

    def value_and_grad(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and its derivatives with respect to θ."""
        loss, gradient = self.chosen(theta, X, y).value_and_grad(theta, X, y)
        if math.isfinite(loss) and np.isfinite(gradient).all():
            return loss, gradient
        if not math.isfinite(loss) and not math.isfinite(self.reference.value(theta, X, y)[0]):
            return loss, gradient  # without the graph of all samples, which may be large
        return self.reference.value_and_grad(theta, X, y)

    def chosen(self, theta: Array, X: Array, y: Array) -> Objective:
        """The objective for the next result: compared first, if it is time to."""
        self.results += 1
        is_power_of_two = self.results & (self.results - 1) == 0
        if self.fast is not self.reference and (self.is_doubtful or is_power_of_two):
            i = self.comparisons % len(X)
            self.comparisons += 1
            return self.compared(theta, *(np.asarray(samples[i : i + 1], dtype=float) for samples in (X, y)))
        return self.fast

    def compared(self, *sample: Array) -> Objective:
        """The fast objective if it agrees with the reference on this sample, else the reference."""
        computed = _loss if self.agreed_at else _loss_and_gradient
        try:
            expected = computed(self.reference, *sample)
        except Exception:  # the reference will raise it again, with the sample's number
            self.is_doubtful = True
            return self.reference
        try:
            has_changed = not is_near(computed(self.fast, *sample), expected)
            if has_changed:
                self.fast = self.make()
                if not is_near(computed(self.fast, *sample), expected):
                    raise ValueError("the loss of the same sample differs from call to call")
        except Exception as error:
            self.fast = self.reference
            warn(f"the loss uses Values, one sample after the other, which is slow: {error}")
            return self.reference
        if has_changed and self.agreed_at and not self.is_doubtful:
            warn(
                f"the loss has changed, but not in a callback: up to {self.results - self.agreed_at} losses and "
                "gradients were computed from the former one. Change it in a callback, which is noticed at once"
            )
        self.agreed_at, self.is_doubtful = self.results, False
        return self.fast


def _loss(objective: Objective, theta: Array, X: Array, y: Array) -> Array:
    return np.array([objective.value(theta, X, y)[0]])


def _loss_and_gradient(objective: Objective, theta: Array, X: Array, y: Array) -> Array:
    loss, gradient = objective.value_and_grad(theta, X, y)
    return np.array([loss, *gradient])


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, on behalf of the code that called `fit`."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("neuron."):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
