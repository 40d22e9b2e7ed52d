"""Numeric derivatives to compare the engine with: finite differences free of rounding error.

A recorded graph can be *replayed* with other numbers.  With 100-digit numbers a step may be as small
as 1e-40 of the input without drowning in rounding, so a difference quotient is right to some
forty digits and there is no step size to tune.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from math import copysign, inf, isfinite, isinf, isnan, nan
from typing import TYPE_CHECKING, Any

from autograd.backprop import newest_first
from autograd.formula import NumberSystem, mpmath
from autograd.notation import number

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["judge", "one_sided_slopes", "replay", "rounding", "slopes_at"]

DIGITS = (100, 800)
"""Digits to compute with, and for those rare graphs in which so many cancel that too few are left."""
STEP = 1e-40
"""Step of the finite difference, relative to the input."""
SHRINK = 1024
"""How many times smaller a second step is, which tells what the slopes tend to."""
EPSILON = sys.float_info.epsilon


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
    return slopes_at(lambda system, x: replay(root, {leaf: x}, system), leaf.data)


def slopes_at(f: Callable[[NumberSystem, Any], Any], at: float) -> tuple[float, float]:
    """The slopes of ``f(system, x)`` to the left and to the right of a number; nan where f is not defined."""
    for digits in DIGITS:
        system = mpmath(digits)
        assert system.number is not None
        x = system.number(at)
        step = abs(x) * system.number(STEP) or system.number(STEP)
        try:
            here = f(system, x)
            slopes = [(f(system, x + shift) - here) / shift for shift in (-step, step, -step / SHRINK, step / SHRINK)]
        except (ArithmeticError, TypeError, AttributeError):  # a pole right beside the point, or complex numbers
            return nan, nan
        if min(map(abs, slopes)) * step > abs(here) * system.number(10) ** (20 - digits):
            break
    left, right, nearer_left, nearer_right = slopes
    if abs(nearer_right - nearer_left) * 32 < abs(right - left):  # not a kink but a curve, and less of it nearby
        middle = complex(nearer_left + nearer_right) / 2
        zero = abs(middle) <= 1e-6 * abs(complex(nearer_right - nearer_left))
        slope = nan if middle.imag else 0.0 if zero else middle.real
        return slope, slope
    return _limit(left, nearer_left), _limit(right, nearer_right)


def _limit(slope: Any, nearer: Any) -> float:
    """What a slope tends to, given that of a smaller step: itself, or else it keeps falling or growing."""
    far, near = complex(slope), complex(nearer)
    if far.imag or near.imag:
        return nan  # beside the domain there is no real number, and so no slope
    if abs(nearer - slope) <= 1e-6 * abs(slope):
        return near.real
    return 0.0 if abs(near) < abs(far) else copysign(inf, near.real)


def rounding(root: Value, leaf: Value) -> float:
    """How far the gradient may be off because every step on the way to it was rounded, to first order.

    The gradient is computed from the graph by steps of its own; how it reacts to a change of any of
    these, forward or backward, is its derivative by that step.
    """
    (slope,) = root.gradients([leaf], create_graph=True)
    steps = [step for step in newest_first(slope) if step.edges]
    reactions = slope.gradients(steps)
    return EPSILON * sum(abs(step.data * by) for step, by in zip(steps, reactions, strict=True) if isfinite(by))


def judge(grad: float, closed: float | None, left: float, right: float, noise: float) -> tuple[str, str]:
    """The finite difference as text, and whether gradient, closed form (None: there is none) and it agree.

    `left` and `right` are the one-sided slopes, `noise` is what rounding does to the gradient.
    """
    if isnan(grad):
        return _both(left, right), "cannot tell: some step has no slope here"
    if isnan(left) or isnan(right):
        return _both(left, right), "cannot tell: not defined on both sides"
    if grad == left == right and closed in (None, grad):
        return number(left), "agree"
    if isinf(grad) and not isinf(left) and not isinf(right):
        return _both(left, right), "cannot tell: some step overflows"
    if isinf(left) or isinf(right):
        return _both(left, right), "kink: it jumps or is vertical here"
    scale = max(abs(grad), abs(left), abs(right))
    if abs(left - right) > max(1e-9 * scale, noise / 2):
        inside = min(left, right) - 1e-9 * scale <= grad <= max(left, right) + 1e-9 * scale
        return _both(left, right), "kink: between the two slopes" if inside else "FAIL"
    middle = (left + right) / 2
    difference = max(abs(slope - middle) for slope in (grad, closed) if slope is not None)
    if difference <= 1e-9 * scale:
        return number(middle), "agree"
    if difference <= 2 * noise:
        return number(middle), "agree up to rounding" if difference <= 0.01 * abs(middle) else "lost in rounding"
    return number(middle), "FAIL"


def _both(left: float, right: float) -> str:
    return f"{number(left)} | {number(right)}" if left != right else number(left)
