"""Numeric derivatives to compare the engine with: finite differences free of rounding error.

A recorded graph can be *replayed* with other numbers.  With 100-digit numbers a step may be as small
as 1e-20 of the input without drowning in rounding, so a difference quotient is right to some
twenty digits and there is no step size to tune.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import TYPE_CHECKING, Any

from autograd.backprop import newest_first
from autograd.formula import NumberSystem, mpmath

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["one_sided_slopes", "replay"]

DIGITS = (100, 800)
"""Digits to compute with, and for those rare graphs in which so many cancel that too few are left."""
STEP = 1e-20
"""Step of the finite difference, relative to the input."""


def replay(root: Value, inputs: Mapping[Value, Any], system: NumberSystem) -> Any:
    """Compute `root` once more, over `system`, with other numbers in place of some of its `inputs`."""
    assert system.number is not None
    numbers: dict[Any, Any] = dict(inputs)

    def number_of(operand: Any) -> Any:
        if operand not in numbers:
            numbers[operand] = system.number(getattr(operand, "data", operand))  # type: ignore[misc]
        return numbers[operand]

    for node in reversed(newest_first(root)):
        if node.op is None:
            continue
        operands = [number_of(operand) for operand in node.args]
        if node.op.nary:
            columns = node.op.columns(operands)
            numbers[node] = node.op.value.over(system)(*columns, len(columns[0]))
        else:
            numbers[node] = node.op.value.over(system)(*operands)
    return number_of(root)


def one_sided_slopes(root: Value, leaf: Value) -> tuple[float, float]:
    """The slopes of `root` to the left and to the right of the leaf's number; they differ at a kink.

    >>> from autograd import Value, relu
    >>> w = Value(0.0)
    >>> one_sided_slopes(relu(w * 2), w)
    (0.0, 2.0)
    """
    for digits in DIGITS:
        system = mpmath(digits)
        assert system.number is not None
        x = system.number(leaf.data)
        step = abs(x) * system.number(STEP) or system.number(STEP)
        left, here, right = (replay(root, {leaf: x + shift}, system) for shift in (-step, 0, step))
        rises = here - left, right - here
        if min(abs(rise) for rise in rises) > abs(here) * system.number(10) ** (20 - digits):
            break
    # Beside the domain there is no real number, and so no slope.
    slopes = (complex(rise / step) for rise in rises)
    left_slope, right_slope = (nan if slope.imag else slope.real for slope in slopes)
    return left_slope, right_slope
