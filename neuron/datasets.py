"""The data sets of the lessons: two points, an equation, a puzzle, tumours, two moons, digits.

The last three come with scikit-learn (``pip install scikit-learn``); nothing is downloaded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Points", "cancer", "digits", "equation", "line", "moons", "puzzle"]

Array = NDArray[np.float64]


class Points(NamedTuple):
    """Inputs, shape (samples, inputs); their targets, shape (samples,); and the start of the training, if it matters.

    `weights` and `bias` are the start in the lesson that uses the data.
    """

    X: Array
    y: Array
    weights: list[float] | None = None
    bias: float = 0.0


def line(seed: int = 42) -> Points:
    """Two points on the line y = 2·x + 1, and a random start for the line through them.

    >>> line().X.round(4).tolist(), line().y.round(4).tolist()
    ([[0.3745], [0.9507]], [1.7491, 2.9014])
    """
    source = np.random.RandomState(seed)
    X = source.rand(2, 1)
    return Points(X, 2 * X[:, 0] + 1, [float(source.randn())], float(source.randn()))


def equation() -> Points:
    """256·w₁ + 212·w₂ = 1492 as a sample: two inputs and a target.

    >>> equation().X.tolist(), equation().y.tolist()
    ([[256.0, 212.0]], [1492.0])
    """
    return Points(np.array([[256.0, 212.0]]), np.array([1492.0]), [0.0, 0.0])


def puzzle() -> Points:
    """11, 23, 36, 49 give 23, 47, 73, 99; what does 55 give?

    >>> puzzle().y.tolist()
    [23.0, 47.0, 73.0, 99.0]
    """
    return Points(np.array([[11.0], [23.0], [36.0], [49.0]]), np.array([23.0, 47.0, 73.0, 99.0]), [0.1], 0.6)


def cancer() -> Points:
    """Breast tumours: 569 samples of 30 measurements each, 357 benign (target 1) and 212 malignant (0).

    From the University of Wisconsin (Street, Wolberg and Mangasarian, 1993), as scikit-learn ships it.

    >>> data = cancer()
    >>> data.X.shape, int(data.y.sum())
    ((569, 30), 357)
    """
    X, y = _sklearn().load_breast_cancer(return_X_y=True)
    return Points(X, y.astype(float))


def moons(samples: int = 100, noise: float = 0.1, seed: int = 1337) -> Points:
    """Two interleaved half circles in the plane, targets -1 and +1, with Gaussian `noise`.

    >>> data = moons()
    >>> data.X.shape, int(data.y.sum())
    ((100, 2), 0)
    """
    X, y = _sklearn().make_moons(n_samples=samples, noise=noise, random_state=seed)
    return Points(X, y * 2.0 - 1)


def digits() -> Points:
    """Handwritten digits: 1797 pictures of 8×8 pixels, each from 0 (white) to 1 (black); the targets are 0 to 9.

    From Alpaydin and Kaynak (1998), as scikit-learn ships it.

    >>> data = digits()
    >>> data.X.shape, data.X.max(), data.y[:4].tolist()
    ((1797, 64), np.float64(1.0), [0.0, 1.0, 2.0, 3.0])
    """
    X, y = _sklearn().load_digits(return_X_y=True)
    return Points(X / 16, y.astype(float))


def _sklearn() -> Any:
    try:
        from sklearn import datasets
    except ImportError:
        raise ImportError("these data come with scikit-learn: pip install scikit-learn") from None
    return datasets
