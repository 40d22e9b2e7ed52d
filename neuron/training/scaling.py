"""Inputs that are too large for steps of a usual length, and the line that scales them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.extend import number
from neuron.training.chunks import Chunks

__all__ = ["SCALED", "large_inputs"]

LARGE = 10.0
"""A column is too large if its root mean square, which is 1 for a standardized one, is above this."""
NAMED = 4
"""The number of columns that a message names."""

SCALED = "X = (X - np.mean(X, axis=0)) / np.std(X, axis=0)"
"""The line that scales all columns."""


def large_inputs(X: Any) -> str:
    """The largest input, and the columns that are too large; empty if there are none.  Of chunks, the first is read.

    >>> large_inputs(np.array([[0.5, 30.0, 20_000.0], [-0.5, 50.0, 120_000.0]]))
    'up to 120,000 (x[2]; x[1] is large, too)'
    >>> large_inputs(np.array([[0.5], [-0.5]]))
    ''
    """
    inputs = np.asarray(X[:1] if isinstance(X, Chunks) else X, dtype=float)
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
