"""Seconds that a gradient check takes, beside those of SciPy and PyTorch.

``python -m tests.benchmarks.checking_speed [--limit 60]``, some minutes.  Needs the extra "bench".

A tanh layer, ``(x @ W).tanh().sum()``, is checked with respect to all entries of W, for one sample and for ten; then
large inputs, of which our check takes a sample.  Each check has to give the right answer first.  All take turns, and
the best of some rounds counts, with one thread.  A check that is likely to exceed the limit is left out; its time,
estimated from the smaller sizes, is shown in parentheses.
"""

# ruff: noqa: E402 (the number of threads is set before NumPy loads)

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import inspect
import time
from collections.abc import Callable
from functools import partial
from math import log

import numpy as np
import torch
from scipy.optimize import check_grad

from autograd import gradcheck

SHAPES = ((10, 10), (20, 50), (100, 100))
ROUNDS = 5
FAST = 2.0
"""Seconds up to which a check is repeated."""

Check = Callable[[np.ndarray, np.ndarray], bool]
"""A check of the layer for some samples and weights: True if its answer is right."""


# --- The checks of a tanh layer -----------------------------------------------------------------------------


def layer(shape: tuple[int, int], samples: int) -> tuple[np.ndarray, np.ndarray]:
    """The samples and the weights of a layer."""
    source = np.random.default_rng(7)
    return source.normal(size=(samples, shape[0])), source.normal(size=shape) / shape[0] ** 0.5


def slope(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    return x.T @ (1 - np.tanh(x @ W) ** 2)


def ours(expected: str = "pass", scale: float = 1.0, *, opaque: bool = False, **options) -> Check:
    """Our check of a gradient that is `scale` times the right one, through a recorded graph unless `opaque`."""

    def check(x: np.ndarray, W: np.ndarray) -> bool:
        def layer(W):
            return np.tanh(x @ (np.asarray(W, dtype=float) if opaque else W)).sum()

        return gradcheck(layer, {"W": W}, gradient=lambda W: scale * slope(x, W), **options).verdict == expected

    return check


def by_scipy(x: np.ndarray, W: np.ndarray) -> bool:
    def layer(w):
        return np.tanh(x @ w.reshape(W.shape)).sum()

    right = slope(x, W).ravel()
    error = check_grad(layer, lambda w: slope(x, w.reshape(W.shape)).ravel(), W.ravel())
    return 0 < error < 1e-5 * np.linalg.norm(right)


def by_torch(x: np.ndarray, W: np.ndarray) -> bool:
    samples, weights = torch.tensor(x), torch.tensor(W, requires_grad=True)
    return torch.autograd.gradcheck(lambda W: (samples @ W).tanh().sum(), (weights,))


def by_torch_in_scalars(x: np.ndarray, W: np.ndarray) -> bool:
    """PyTorch's check of the layer written like a scalar engine's user would, one multiplication at a time."""

    def layer(W):
        columns = [column.unbind() for column in W.unbind(1)]
        return sum(sum(a * w for a, w in zip(row, column, strict=True)).tanh() for row in x for column in columns)

    return torch.autograd.gradcheck(layer, (torch.tensor(W, requires_grad=True),))


CHECKS: dict[str, Check] = {
    "gradcheck, recorded graph": ours(),
    "gradcheck, recorded graph, 2x wrong": ours("fail", 2.0),
    "gradcheck, numbers only": ours(opaque=True),
    "gradcheck, numbers only, 2x wrong": ours("fail", 2.0, opaque=True),
    "scipy check_grad": by_scipy,
    "torch.autograd.gradcheck": by_torch,
    "torch.autograd.gradcheck, scalar operations": by_torch_in_scalars,
}


# --- Large inputs, of which a sample is checked -------------------------------------------------------------


def svm() -> bool:
    """Check the support vector machine of CS231n's first assignment: 3,073 by 10 weights, 500 images."""
    source = np.random.default_rng(231)
    X = np.hstack([source.normal(scale=50, size=(500, 3072)), np.ones((500, 1))])
    y = source.integers(10, size=500)
    images = np.arange(len(X))

    def margins(W):
        scores = X @ W
        margins = np.maximum(0, scores - scores[images, y][:, None] + 1)
        margins[images, y] = 0
        return margins

    def loss(W):
        W = np.asarray(W, dtype=float)  # a graph would have 15 million nodes
        return margins(W).sum() / len(X) + 5e-6 * (W**2).sum()

    def gradient(W):
        active = (margins(W) > 0).astype(float)
        active[images, y] = -active.sum(axis=1)
        return X.T @ active / len(X) + 1e-5 * W

    W = source.normal(scale=1e-4, size=(3073, 10))
    return gradcheck(loss, {"W": W}, gradient=gradient, sample=100).ok


def large_layer(opaque: bool) -> Callable[[], bool]:
    return partial(ours(opaque=opaque, sample=100), *layer((1000, 100), 1))


LARGE: dict[str, Callable[[], bool]] = {
    "SVM of CS231n, 30,730 entries, numbers only": svm,
    "tanh layer, 100,000 entries, recorded graph": large_layer(opaque=False),
    "tanh layer, 100,000 entries, numbers only": large_layer(opaque=True),
}


# --- Measuring --------------------------------------------------------------------------------------------


def seconds(name: str, call: Callable[[], bool]) -> float:
    start = time.perf_counter()
    is_right = call()
    elapsed = time.perf_counter() - start
    assert is_right, f"{name} gives the wrong answer"
    return elapsed


def best_times(calls: dict[str, Callable[[], bool]]) -> dict[str, float]:
    """The best time of each call; those that are fast take turns in further rounds."""
    best = {name: seconds(name, call) for name, call in calls.items()}
    for _ in range(ROUNDS - 1):
        for name in [name for name in calls if best[name] <= FAST]:
            best[name] = min(best[name], seconds(name, calls[name]))
    return best


def expected(times: list[tuple[int, float]], size: int) -> float:
    """The time for `size` entries if it grows as between the last two sizes; with one size, like its square."""
    if not times:
        return 0.0
    power = 2.0  # one or two calls per entry, each of which takes a time in proportion to their number
    if len(times) > 1:
        (small, fast), (large, slow) = times[-2:]
        power = max(1.0, log(slow / fast) / log(large / small))
    last, elapsed = times[-1]
    return elapsed * (size / last) ** power


def layers(samples: int, limit: float) -> None:
    """Print the times for a layer of each size."""
    sizes = [rows * columns for rows, columns in SHAPES]
    times: dict[str, list[tuple[int, float]]] = {name: [] for name in CHECKS}
    cells: dict[str, str] = dict.fromkeys(CHECKS, "")
    for shape, size in zip(SHAPES, sizes, strict=True):
        x, W = layer(shape, samples)
        estimates = {name: expected(times[name], size) for name in CHECKS}
        calls = {name: partial(check, x, W) for name, check in CHECKS.items() if estimates[name] <= limit}
        best = best_times(calls)
        for name in CHECKS:
            if name in best:
                times[name].append((size, best[name]))
            cells[name] += f"{best[name]:14.4f}" if name in best else f"{f'({estimates[name]:,.0f})':>14}"
    what = f"seconds, {samples} sample{'s' * (samples > 1)}, entries of W:"
    print(f"{what:46}" + "".join(f"{size:14,}" for size in sizes))
    for name, row in cells.items():
        print(f"{name:46}{row}", flush=True)
    print()


def large() -> None:
    """Print the times for large inputs."""
    print("seconds, with sample=100")
    if "sample" not in inspect.signature(gradcheck).parameters:
        print("left out: this gradcheck has no sample=")
        return
    for name, elapsed in best_times(LARGE).items():
        print(f"{name:46}{elapsed:14.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=60, help="seconds beyond which a check is left out")
    limit = parser.parse_args().limit
    best_times({name: partial(check, *layer((2, 2), 1)) for name, check in CHECKS.items()})  # imports
    for samples in (1, 10):
        layers(samples, limit)
    large()


if __name__ == "__main__":
    main()
