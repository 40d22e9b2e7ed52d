"""Steps from operand to value, each with its derivative, and the paths along them.

Paths are counted and summed without following each of them, so their number does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from autograd.core.value import Value
from autograd.formula.typesetting import derivative

__all__ = ["MAX_PATHS", "Factor", "Paths", "Step"]

MAX_PATHS = 4
"""Maximum number of paths that are written out."""


@dataclass(frozen=True)
class Factor:
    """A derivative of one value with respect to another: a total one, ``dL/dŷ``, or that of a step, ``∂L/∂ŷ``."""

    top: str
    bottom: str
    slope: float
    is_total: bool = False
    which: str = ""

    @property
    def symbol(self) -> str:
        """The derivative as it is written."""
        return derivative(self.top, self.bottom, "d" if self.is_total else "∂") + self.which


@dataclass(frozen=True, eq=False)
class Step:
    """A step from an operand to the value in whose expression it occurs, at this `position` among its operands."""

    value: Value
    operand: Value
    position: int
    factor: Factor


class Paths:
    """The paths from `wrt` to `root` along `steps`, which holds the steps to each value, oldest value first."""

    def __init__(self, root: Value, wrt: Value | None, steps: dict[Value, list[Step]]) -> None:
        self.root, self.wrt, self._steps = root, wrt, steps

    def without(self, value: Value) -> Paths:
        """The paths that do not run through `value`."""
        steps = {v: [step for step in steps if step.operand is not value] for v, steps in self._steps.items()}
        return Paths(self.root, self.wrt, steps)

    @cached_property
    def values(self) -> set[Value]:
        """`wrt`, and everything that was computed from it."""
        values = {self.wrt} if self.wrt is not None else set()
        for value, steps in self._steps.items():
            if not values.isdisjoint(step.operand for step in steps):
                values.add(value)
        return values

    def steps_to(self, value: Value) -> list[Step]:
        """The steps to `value` that come from `wrt`."""
        return [step for step in self._steps.get(value, ()) if step.operand in self.values]

    def sums(self, factor: Callable[[Step], float]) -> dict[Value, float]:
        """For each value, the sum over all its paths to the root of the products of the steps' factors."""
        sums: dict[Value, float] = {self.root: 1}
        for value in reversed(self._steps):
            for step in self.steps_to(value) if value in sums else ():
                sums[step.operand] = sums.get(step.operand, 0) + sums[value] * factor(step)
        return sums

    @cached_property
    def count(self) -> int:
        """The number of paths."""
        return int(self.sums(lambda step: 1).get(self.wrt, 0)) if self.wrt is not None else 0

    @cached_property
    def few(self) -> list[list[Step]]:
        """Each path as its steps, from the root on; empty if there are more than `MAX_PATHS`."""
        if self.count > MAX_PATHS:
            return []
        paths: list[list[Step]] = []
        path: list[Step] = []
        todo: list[tuple[Value, int, Step | None]] = [(self.root, 0, None)]
        while todo:
            value, depth, last = todo.pop()
            path[max(depth - 1, 0) :] = [last] if last else []
            if value is self.wrt:
                paths.append(path.copy())
            todo += [(step.operand, depth + 1, step) for step in reversed(self.steps_to(value))]
        return paths
