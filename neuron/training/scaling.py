"""Inputs that are too large for steps of a usual length, and the line that scales them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.extend import number
from neuron.training.chunks import Chunks

__all__ = ["SCALED", "large_inputs", "some_rows"]

Array = NDArray[np.float64]

LARGE = 10.0
"""A column is too large if its root mean square, which is 1 for a standardized one, is above this."""
ROWS = 1000
"""The number of samples that a diagnosis reads."""
NAMED = 4
"""The number of columns that a message names."""

SCALED = "X = (X - np.mean(X, axis=0)) / np.std(X, axis=0)"
"""The line that scales all columns."""


def some_rows(samples: Any) -> Array:
    """At most 1,000 rows of inputs or targets, drawn at random, but the same ones for both; of chunks, in one pass.

    >>> some_rows(np.arange(3)), len(some_rows(np.arange(5000)))
    (array([0., 1., 2.]), 1000)
    """
    count = samples.shape[0]
    rows = np.arange(count)
    if count > ROWS:  # at random, since samples in a regular order may repeat with any stride
        rows = np.sort(np.random.default_rng(0).choice(count, ROWS, replace=False))
    if not isinstance(samples, Chunks):
        return np.asarray(samples[rows], dtype=float)
    import dask

    of_chunks = np.split(rows, np.searchsorted(rows, samples.places[1:, 0]))
    pairs = zip(samples.parts, samples.places[:, 0], of_chunks, strict=True)
    parts = [part[of_chunk - begin] for part, begin, of_chunk in pairs if len(of_chunk)]
    return np.concatenate(dask.compute(*parts)).astype(float)


def large_inputs(X: Any) -> str:
    """The largest input of some rows, and the columns that are too large; empty if there are none.

    >>> large_inputs(np.array([[0.5, 30.0, 20_000.0], [-0.5, 50.0, 120_000.0]]))
    'up to 120,000 (x[2]; x[1] is large, too)'
    >>> large_inputs(np.array([[0.5], [-0.5]]))
    ''
    """
    inputs = some_rows(X)
    with np.errstate(over="ignore"):
        columns = np.flatnonzero(np.sqrt((inputs**2).mean(axis=0)) > LARGE)
    if not len(columns):
        return ""
    largest = abs(inputs).max(axis=0)
    first, *others = sorted(columns.tolist(), key=lambda i: -largest[i])
    name = f"x[{first}]" if inputs.shape[1] > 1 else "x"
    value = float(largest[first])
    size = f"{value:,.0f}" if value < 1e9 else number(value)
    if not others:
        return f"up to {size} ({name})"
    names = ", ".join(f"x[{i}]" for i in others[:NAMED]) + (", ..." if len(others) > NAMED else "")
    return f"up to {size} ({name}; {names} {'is' if len(others) == 1 else 'are'} large, too)"
