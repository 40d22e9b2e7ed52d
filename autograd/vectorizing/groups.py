"""The data of a grouped graph: arrays, views of their elements, and the groups of nodes that compute them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from autograd.core.table import Operation

__all__ = ["Array", "Group", "Part", "View"]


@dataclass(eq=False)
class Array:
    """Numbers that the program stores together, in `shape`; with the samples as one more, last, axis if `batched`.

    The array of a group has one axis, or none for a group of one.  `label` is the name of its Values.
    """

    shape: tuple[int, ...]
    batched: bool
    label: str | None = None
    is_condition: bool = False


@dataclass(frozen=True, eq=False)
class View:
    """An operand of a group: elements of an `array`, or constants (then `array` is None).

    `index` has the positions of the elements in the flattened array (for constants, the numbers), in the shape
    in which they are read: one for each node of the group, or a single one if all nodes read the same.
    """

    array: Array | None
    index: NDArray[Any]

    @property
    def batched(self) -> bool:
        """True if the elements differ from sample to sample."""
        return self.array is not None and self.array.batched


@dataclass(frozen=True, eq=False)
class Part:
    """Summands of a linear form: all `factors[0]·factors[1]`, or all `factors[0]`, added up over the last axis.

    `is_sum` says whether there is such an axis, and `is_product` whether it is a matrix product: the right-hand
    factor is the same for all nodes of the group.
    """

    factors: tuple[View, ...]
    is_sum: bool
    is_product: bool = False

    @property
    def rows(self) -> bool:
        """True if it differs from node to node of the group."""
        return any(view.index.ndim > int(self.is_sum) for view in self.factors)

    @property
    def batched(self) -> bool:
        """True if it differs from sample to sample."""
        return any(view.batched for view in self.factors)


@dataclass(eq=False)
class Group:
    """Nodes that one array statement computes: `op` on the `operands`, or a sum of `parts` divided by `divisor`."""

    op: Operation
    array: Array
    operands: tuple[View, ...] = ()
    parts: tuple[Part, ...] = ()
    divisor: int = 1

    @property
    def views(self) -> list[View]:
        """All views that it reads."""
        return [*self.operands, *(view for part in self.parts for view in part.factors)]
