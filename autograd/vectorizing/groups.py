"""The data of a grouped graph: arrays, views of their elements, and the groups and loops that compute them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.core.table import Operation

__all__ = ["Array", "Carried", "Counter", "Group", "Loop", "Part", "Passed", "Step", "View", "everything"]


@dataclass(eq=False, slots=True)
class Array:
    """Numbers that the program stores together, in `shape`; with the samples as one more, first, axis if `batched`.

    The array of a group has one axis, or none for a group of one.  `label` is the name of its Values.
    """

    shape: tuple[int, ...]
    batched: bool
    label: str | None = None
    is_condition: bool = False


@dataclass(eq=False, frozen=True, slots=True)
class Counter:
    """The counter of a loop, from 0 to `count` - 1."""

    count: int


@dataclass(eq=False, slots=True)  # not frozen, which would take twice as long to make
class View:
    """An operand of a group: elements of an `array`, or constants (then `array` is None).

    `index` has the positions of the elements in the flattened array (for constants, the numbers), in the shape
    in which they are read: one for each node of the group, or a single one if all nodes read the same.  If they move
    with the counters of loops, the first axes of `index` are those of the counters in `over`, outermost first.
    """

    array: Array | None
    index: NDArray[Any]
    over: tuple[Counter, ...] = ()

    @property
    def batched(self) -> bool:
        """True if the elements differ from sample to sample."""
        return self.array is not None and self.array.batched

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape in which the elements are read."""
        return self.index.shape[len(self.over) :]

    @property
    def axes(self) -> int:
        """The number of axes of this shape."""
        return self.index.ndim - len(self.over)


def everything(array: Array) -> View:
    """The view of all elements of an array."""
    return View(array, np.arange(int(np.prod(array.shape))).reshape(array.shape))


@dataclass(eq=False, slots=True)
class Part:
    """Summands of a linear form: all `factors[0]·factors[1]`, or all `factors[0]`, added up over the last axis.

    `is_sum` says whether there is such an axis, and `is_product` whether it is a matrix product: the right-hand
    factor is the same for all nodes of the group, or has a row for each column of a matrix, of which the nodes are the
    products with all rows of the left-hand factor.
    """

    factors: tuple[View, ...]
    is_sum: bool
    is_product: bool = False

    @property
    def columns(self) -> int:
        """The number of columns of the right-hand factor of a matrix product; 0 if it is a vector."""
        return self.factors[1].shape[0] if self.is_product and self.factors[1].axes > 1 else 0

    @property
    def axes(self) -> int:
        """1 if it differs from node to node of the group, else 0."""
        return max(view.axes for view in self.factors) - int(self.is_sum)

    @property
    def batched(self) -> bool:
        """True if it differs from sample to sample."""
        return any(view.batched for view in self.factors)


@dataclass(eq=False, slots=True)
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
        if not self.parts:
            return list(self.operands)
        return [*self.operands, *(view for part in self.parts for view in part.factors)]

    @property
    def arrays(self) -> list[Array]:
        """The array that it computes."""
        return [self.array]

    def with_views(self, views: Iterator[View]) -> Group:
        """The same group with other views."""
        operands = tuple(next(views) for _ in self.operands)
        parts = tuple(replace(part, factors=tuple(next(views) for _ in part.factors)) for part in self.parts)
        return replace(self, operands=operands, parts=parts)


class Carried(NamedTuple):
    """Numbers that a loop passes on from one iteration to the next.

    An iteration reads them as the array `previous`.  In the first one these are the elements of `initial`, later those
    of `following` in the iteration before.
    """

    initial: View
    previous: Array
    following: View


class Passed(NamedTuple):
    """Numbers from `inside` a loop that are read after it, as the array `outside`."""

    inside: View
    outside: Array


@dataclass(eq=False, slots=True)
class Loop:
    """Steps that are repeated.

    What is read after the loop are the `finals`, numbers as the last iteration leaves them, and the `stacks`, the
    numbers of all iterations, with the iterations as first axis.
    """

    counter: Counter
    body: Sequence[Step]
    carried: Sequence[Carried]
    finals: Sequence[Passed] = ()
    stacks: Sequence[Passed] = ()

    @property
    def views(self) -> list[View]:
        """All views that it reads: at the start, in the body, and at the end of an iteration."""
        return [
            *(x.initial for x in self.carried),
            *(view for step in self.body for view in step.views),
            *(x.following for x in self.carried),
            *(x.inside for x in (*self.finals, *self.stacks)),
        ]

    @property
    def arrays(self) -> list[Array]:
        """All arrays that it computes, those inside included."""
        inside = [array for step in self.body for array in step.arrays]
        outside = [x.outside for x in (*self.finals, *self.stacks)]
        return [*(x.previous for x in self.carried), *inside, *outside]

    def with_views(self, views: Iterator[View]) -> Loop:
        """The same loop with other views."""
        initials = [next(views) for _ in self.carried]
        body = [step.with_views(views) for step in self.body]
        carried = [Carried(initial, x.previous, next(views)) for initial, x in zip(initials, self.carried, strict=True)]
        finals, stacks = ([Passed(next(views), x.outside) for x in passed] for passed in (self.finals, self.stacks))
        return replace(self, body=body, carried=carried, finals=finals, stacks=stacks)


Step = Group | Loop
"""One step of a program."""
