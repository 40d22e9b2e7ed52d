"""Maps of an array's gradients: the verdict on each entry and its relative error, as matrices to be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil, inf, isfinite, isnan, nan, prod
from typing import TYPE_CHECKING, Any

from autograd.checking.verdicts import InputCheck, Verdict

if TYPE_CHECKING:
    from autograd.checking.report import ArrayCheck

__all__ = ["SEVERITY", "UNCHECKED", "ErrorMap", "error_maps", "relative_error"]

SEVERITY: tuple[Verdict, ...] = ("pass", "kink", "inconclusive", "fail")
"""The verdicts, the worst last; a map holds their places."""
UNCHECKED = -1
"""The place of an entry that was not checked."""


def relative_error(check: InputCheck) -> float:
    """The distance of a gradient from the right one, relative to that; infinite if there is none, nan if it is secret.

    >>> from autograd.checking.verdicts import Slopes, judge
    >>> relative_error(judge(3.0, Slopes(2.0, 2.0)))
    0.5
    """
    if isnan(check.numeric) or check.grad == check.numeric:
        return nan if isnan(check.numeric) else 0.0
    if not isfinite(check.grad) or not check.numeric:
        return inf
    return abs(check.grad - check.numeric) / abs(check.numeric)


@dataclass(frozen=True)
class ErrorMap:
    """The gradients of an array of one or two axes, or of a slice of one with more, as a matrix.

    `verdicts` are places in `SEVERITY`, or `UNCHECKED`; `errors` are relative, nan where they are unknown.  A cell of
    the map stands for a `block` of that many rows and columns of the array, whose `shape` is that of the matrix.
    `lead` are the indices of the slice, and `is_row` is True for an array of one axis.
    """

    verdicts: Any
    errors: Any
    shape: tuple[int, int]
    block: tuple[int, int] = (1, 1)
    lead: tuple[int, ...] = ()
    is_row: bool = False

    @property
    def place(self) -> str:
        """The slice, such as ``[0, :, :]``; empty for the whole array."""
        return f"[{', '.join(map(str, self.lead))}, :, :]" if self.lead else ""

    def index(self, row: int, column: int) -> str:
        """The index of a cell in the array, such as ``[0, 3]`` or ``[0:4, 12:16]``."""
        spans = [
            f"{i * step}:{min(i * step + step, n)}" if step > 1 else str(i)
            for i, step, n in zip((row, column), self.block, self.shape, strict=True)
        ]
        return f"[{', '.join([*map(str, self.lead), *spans[self.is_row :]])}]"

    def within(self, cells: int, side: int) -> ErrorMap:
        """The map with at most so many cells, and so many along a side: each is the worst of a block of entries."""
        import numpy as np

        sizes = range(side, 0, -1)
        height, width = self.shape
        blocks = ((ceil(height / size), ceil(width / size)) for size in sizes)
        block = next(b for b in blocks if prod(_cells(self.shape, b)) <= max(cells, 1))
        rows, columns = _cells(self.shape, block)
        fill = [(0, rows * block[0] - self.shape[0]), (0, columns * block[1] - self.shape[1])]

        def worst(matrix: Any, nothing: float) -> Any:
            parts = np.pad(matrix, fill, constant_values=nothing).reshape(rows, block[0], columns, block[1])
            return np.fmax.reduce(np.fmax.reduce(parts, axis=3), axis=1)

        return ErrorMap(
            worst(self.verdicts, UNCHECKED), worst(self.errors, nan), self.shape, block, self.lead, self.is_row
        )


def _cells(shape: tuple[int, int], block: tuple[int, int]) -> tuple[int, int]:
    return ceil(shape[0] / block[0]), ceil(shape[1] / block[1])


def error_maps(array: ArrayCheck) -> Iterator[ErrorMap]:
    """The map of an array of one or two axes; for one with more, those of its slices along the last two."""
    import numpy as np

    verdicts, errors = np.full(array.shape, UNCHECKED), np.full(array.shape, nan)
    if array.checks:
        where = tuple(np.transpose(array.positions))
        verdicts[where] = [SEVERITY.index(check.verdict) for check in array.checks]
        errors[where] = [relative_error(check) for check in array.checks]
    is_row = len(array.shape) < 2
    height, width = (1, *array.shape)[-2:]
    shape = (height, width)
    for lead in product(*map(range, array.shape[:-2])):
        yield ErrorMap(verdicts[lead].reshape(shape), errors[lead].reshape(shape), shape, lead=lead, is_row=is_row)
