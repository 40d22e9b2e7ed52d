"""Metrics: the quality of predictions as a number to read, not to differentiate."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd.extend import shown
from neuron.choosing import choose

__all__ = ["METRICS", "Metric", "accuracy", "as_metric", "r2"]

Metric = Callable[[NDArray[np.float64], NDArray[np.float64]], float]
"""(predictions, targets) -> a number."""


def accuracy(
    predictions: ArrayLike,
    targets: ArrayLike,
    labels: tuple[float, float] | None = None,
    threshold: float | None = None,
) -> float:
    """The share of samples whose class is predicted correctly.

    The targets are labels 0 and 1, or -1 and +1, and a prediction counts as the nearer of the two.  So it should be
    a probability, or a score around 0; for logits and the labels 0 and 1, the `threshold` is 0.  The labels are taken
    from the targets, or from `labels`.  With one column per class, the largest number of a row is its prediction; the
    targets are then the numbers of the classes, from 0, or rows that are 1 for their class and 0 elsewhere.

    Raises ValueError for other targets, and if only the label 1 occurs and `labels` does not give the other.

    >>> accuracy([0.2, 0.7, 0.4], [0, 1, 1]), accuracy([0.2, 0.7, -0.4], [-1, 1, -1])
    (0.6666666666666666, 0.6666666666666666)
    >>> accuracy([[0.1, 2.0], [3.0, 0.5]], [[0, 1], [0, 1]])
    0.5
    >>> accuracy([[0.1, 2.0], [3.0, 0.5]], [1, 1])
    0.5
    """
    predicted, expected = np.asarray(predictions, dtype=float), np.asarray(targets, dtype=float)
    if predicted.ndim == 2 and predicted.shape[1] > 1 and expected.shape == predicted.shape[:1] and expected.size:
        expected = _one_hot(expected, predicted.shape[1])
    if predicted.shape != expected.shape or not predicted.size:
        raise ValueError(
            f"accuracy needs as many predictions as targets; their shapes are {predicted.shape} and {expected.shape}"
        )
    if expected.ndim == 2 and expected.shape[1] > 1:
        if not np.isin(expected, (0, 1)).all() or (expected.sum(axis=1) != 1).any():
            raise ValueError("accuracy needs a 1 in one column of each row of the targets, and 0 in the others")
        right = predicted.argmax(axis=1) == expected.argmax(axis=1)
        return float(np.mean(right & ~np.isnan(predicted).any(axis=1)))
    if expected.ndim > 2:
        raise ValueError(
            f"accuracy needs one target per sample, or a column for each class, not the shape {expected.shape}"
        )
    lower, upper = two_labels(expected) if labels is None else sorted(labels)
    border = (lower + upper) / 2 if threshold is None else threshold
    others = expected[~np.isin(expected, (lower, upper))]
    if others.size:
        raise ValueError(f"accuracy: the labels are {lower:g} and {upper:g}, but a target is {others[0]:g}")
    right = np.where(expected == upper, predicted > border, predicted <= border)
    return float(np.mean(right))


def _one_hot(classes: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The numbers of classes as rows of 0 and 1; ValueError for a number that is not one of a class."""
    others = classes[~np.isin(classes, np.arange(count))]
    if others.size:
        raise ValueError(f"accuracy: the classes are 0 to {count - 1}, but a target is {others[0]:g}")
    return np.asarray(classes[:, np.newaxis] == np.arange(count), dtype=float)


def two_labels(targets: NDArray[np.float64]) -> tuple[float, float]:
    """The labels of these targets, 0 and 1 or -1 and +1; ValueError for others, or if both are possible."""
    used = set(np.unique(targets).tolist())
    if used == {1.0}:
        raise ValueError("accuracy: all targets are 1; say what the other label is, labels=(0, 1) or labels=(-1, 1)")
    for labels in ((0.0, 1.0), (-1.0, 1.0)):
        if used <= set(labels):
            return labels
    raise ValueError(
        f"accuracy needs labels 0 and 1, or -1 and +1, or a column of 0 and 1 for each class, not {sorted(used)[:5]}"
    )


def r2(predictions: ArrayLike, targets: ArrayLike) -> float:
    """The coefficient of determination, 1 - Σ (ŷ - y)² / Σ (y - mean of y)².

    It is 1 for predictions without an error, and 0 for predictions that are no better than the mean of the targets.
    For targets that are all the same it is nan.

    >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.7857142857142857
    """
    predicted, expected = np.asarray(predictions, dtype=float), np.asarray(targets, dtype=float)
    if predicted.shape != expected.shape or not predicted.size:
        raise ValueError(
            f"r2 needs as many predictions as targets; their shapes are {predicted.shape} and {expected.shape}"
        )
    spread = float(((expected - expected.mean(axis=0)) ** 2).sum())
    return 1 - float(((predicted - expected) ** 2).sum()) / spread if spread else float("nan")


METRICS: dict[str, Metric] = {"accuracy": accuracy, "r2": r2}
"""The metrics by name."""

ELSEWHERE = {
    "acc": "accuracy",
    "binary_accuracy": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "r2_score": "r2",
    "r²": "r2",
    "mse": 'leave it out: loss="mse" is measured after each epoch, history.loss',
    "mae": "write metric=lambda predictions, targets: abs(predictions - targets).mean()",
    "f1": "write metric=lambda predictions, targets: sklearn.metrics.f1_score(targets, predictions > 0.5)",
    "auc": "write metric=lambda predictions, targets: sklearn.metrics.roc_auc_score(targets, predictions)",
}
"""Names of metrics in other libraries, each with the name here or with what to write."""


def as_metric(
    metric: str | Metric | None, targets: NDArray[np.float64], nout: int = 1, threshold: float | None = None
) -> tuple[str, Metric | None]:
    """The name of a metric, and the metric itself; it may be passed as either.

    With one output the labels are taken from the `targets`, and predictions above the `threshold` mean the upper one;
    with several outputs there is one per class.
    """
    if metric is None:
        return "", None
    if isinstance(metric, str):
        named = choose("metric", metric, METRICS, elsewhere=ELSEWHERE)
        is_binary = named is accuracy and nout == 1
        if is_binary:
            return named.__name__, partial(accuracy, labels=two_labels(targets), threshold=threshold)
        return named.__name__, named
    if not callable(metric):
        raise TypeError(f"metric={shown(metric)} is neither a name nor a function of (predictions, targets)")
    return getattr(metric, "__name__", "metric").replace("<lambda>", "metric"), metric
