"""Samples from typed columns: for training and held out, with the scales of the former."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuron.lessons.own_data.typed_columns import Column

__all__ = ["MIN_ROWS", "Samples", "Scale", "complete_rows", "scale_of", "split"]

Array = NDArray[np.float64]

MIN_ROWS = 10
"""The fewest rows that are split: eight to train on, two to check."""
HELD_OUT = 0.2
"""The share of the rows that is held out."""


class Scale(NamedTuple):
    """Means and standard deviations: ``(value - mean) / spread`` is the standardised value."""

    mean: Array
    spread: Array

    def standardised(self, values: Array) -> Array:
        """The values with mean 0 and standard deviation 1."""
        return (values - self.mean) / self.spread


@dataclass(frozen=True)
class Samples:
    """Inputs `X` and targets `y` in the units of the file; the first `training` rows are the training rows.

    `rows` are the rows of the table that the samples come from.
    """

    inputs: Sequence[Column]
    target: Column
    X: Array
    y: Array
    training: int
    rows: list[int] = field(default_factory=list)

    def parts(self) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Inputs and targets for training, and those held out."""
        k = self.training
        return (self.X[:k], self.y[:k]), (self.X[k:], self.y[k:])


def complete_rows(columns: Sequence[Column]) -> list[int]:
    """The rows in which no column has a missing value.

    >>> complete_rows([Column("x", np.array([1.0, np.nan, 3.0])), Column("y", np.array([1.0, 2.0, 3.0]))])
    [0, 2]
    """
    missing = np.any([column.missing for column in columns], axis=0)
    return np.flatnonzero(~missing).tolist()


def split(inputs: Sequence[Column], target: Column, seed: int) -> Samples:
    """The complete rows in random order, four fifths of them for training.

    Raises ValueError if fewer than `MIN_ROWS` are complete, or if the target is the same in all training rows.
    """
    rows = complete_rows([*inputs, target])
    if len(rows) < MIN_ROWS:
        count = f"{len(rows)} complete row{'s' * (len(rows) != 1)}"
        raise ValueError(f"{count}, but at least {MIN_ROWS} are needed, {MIN_ROWS - 2} to train on and 2 to check")
    order = np.random.default_rng(seed).permutation(rows)
    X, y = np.column_stack([column.values for column in inputs])[order], target.values[order]
    training = len(rows) - round(HELD_OUT * len(rows))
    if np.ptp(y[:training]) == 0:
        raise ValueError(f"{target.name} is the same in all {training} training rows: try another --seed")
    return Samples(inputs, target, X, y, training, order.tolist())


def scale_of(values: Array) -> Scale:
    """The means and standard deviations of columns; a constant column has an infinite one, and is standardised to 0.

    Nothing can be learned from it, so values that differ later on must not count either.

    >>> scale_of(np.array([[1.0, 7.0], [3.0, 7.0]]))
    Scale(mean=array([2., 7.]), spread=array([ 1., inf]))
    """
    is_constant = np.ptp(values, axis=0) == 0  # the standard deviation of equal numbers may be 1e-17
    return Scale(values.mean(axis=0), np.where(is_constant, np.inf, values.std(axis=0)))
