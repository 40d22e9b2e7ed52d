"""Maps of an array's gradients: the verdict on each entry and its relative error, as matrices to be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, inf, isfinite, isnan, nan, prod
from typing import TYPE_CHECKING, Any, Literal

from autograd.checking.verdicts import InputCheck, Verdict

if TYPE_CHECKING:
    from autograd.checking.reports.report import ArrayCheck

__all__ = ["KINDS", "ErrorMap", "Kind", "error_maps", "relative_error"]

Kind = Literal["unchecked", Verdict]
KINDS: tuple[Kind, ...] = ("unchecked", "pass", "kink", "inconclusive", "fail")
"""The kinds of entries, the worst last; a map holds their indices."""


def relative_error(check: InputCheck) -> float:
    """The distance of a gradient from the right one, relative to that; infinite if that is 0, nan if it is concealed.

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

    `kinds` are indices of `KINDS`, `errors` relative errors, nan where they are unknown.  A cell of the map stands for
    a `block` of so many rows and columns of the array, whose `shape` is that of the whole matrix.  `lead` are the
    indices of the slice, and `is_row` is True for an array of one axis.
    """

    kinds: Any
    errors: Any
    shape: tuple[int, int]
    block: tuple[int, int] = (1, 1)
    lead: tuple[int, ...] = ()
    is_row: bool = False

    @property
    def place(self) -> str:
        """The slice, such as ``[0, :, :]``; empty for the whole array."""
        return f"[{', '.join(map(str, self.lead))}, :, :]" if self.lead else ""

    def cells(self, kind: Kind) -> list[tuple[int, int]]:
        """The row and the column of every cell of one kind."""
        rows, columns = (self.kinds == KINDS.index(kind)).nonzero()
        return list(zip(rows.tolist(), columns.tolist(), strict=True))

    @property
    def remark(self) -> str:
        """The sentence about the blocks, if there are any."""
        sides = [str(n) for n in self.block[self.is_row :]]
        return f"each cell shows the worst of {' × '.join(sides)} entries" if max(self.block) > 1 else ""

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

        return replace(self, kinds=worst(self.kinds, 0), errors=worst(self.errors, nan), block=block)


def _cells(shape: tuple[int, int], block: tuple[int, int]) -> tuple[int, int]:
    return ceil(shape[0] / block[0]), ceil(shape[1] / block[1])


def error_maps(array: ArrayCheck) -> Iterator[ErrorMap]:
    """The map of an array of one or two axes; for one with more, those of its slices along the last two."""
    import numpy as np

    kinds, errors = np.zeros(array.shape, int), np.full(array.shape, nan)
    if array.checks:
        where = tuple(np.transpose(array.positions))
        kinds[where] = [KINDS.index(check.verdict) for check in array.checks]
        errors[where] = [relative_error(check) for check in array.checks]
    is_row = len(array.shape) < 2
    height, width = (1, *array.shape)[-2:]
    shape = (height, width)
    for lead in product(*map(range, array.shape[:-2])):
        yield ErrorMap(kinds[lead].reshape(shape), errors[lead].reshape(shape), shape, lead=lead, is_row=is_row)
