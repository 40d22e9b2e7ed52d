"""How good predictions are, in a number to be read rather than to be differentiated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["METRICS", "Metric", "accuracy"]

Metric = Callable[[NDArray[np.float64], NDArray[np.float64]], float]
"""(predictions, targets) -> a number."""


def accuracy(predictions: ArrayLike, targets: ArrayLike) -> float:
    """The share of samples that are put in the right class.

    The targets are labels 0 and 1, or -1 and +1, and a prediction counts as the nearer of the two.  Where there
    is a column for each class, the largest number of a row is its class.  Raises ValueError for other targets.

    >>> accuracy([0.2, 0.7, 0.4], [0, 1, 1]), accuracy([0.2, 0.7, -0.4], [-1, 1, -1])
    (0.6666666666666666, 0.6666666666666666)
    >>> accuracy([[0.1, 2.0], [3.0, 0.5]], [[0, 1], [0, 1]])
    0.5
    """
    predicted, wanted = np.asarray(predictions, dtype=float), np.asarray(targets, dtype=float)
    if predicted.shape != wanted.shape:
        raise ValueError(f"accuracy: predictions of shape {predicted.shape} and targets of shape {wanted.shape} differ")
    if wanted.ndim == 2:
        return float(np.mean(predicted.argmax(axis=1) == wanted.argmax(axis=1)))
    labels = set(np.unique(wanted).tolist())
    for lower, upper in ((0.0, 1.0), (-1.0, 1.0)):
        if labels <= {lower, upper}:
            return float(np.mean((predicted > (lower + upper) / 2) == (wanted == upper)))
    raise ValueError(f"accuracy needs labels 0 and 1, or -1 and +1, not {sorted(labels)[:5]}")


METRICS: dict[str, Metric] = {"accuracy": accuracy}
"""The metrics by name."""
