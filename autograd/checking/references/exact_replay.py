"""Exact replay: the numerical derivative of a recorded graph, free of rounding and of any choice of step.

A difference quotient in floats needs a compromise: with a large step the function bends, with a small one rounding
dominates.  But a recorded graph can be *replayed*, the same operations with other numbers, and with numbers of 100
digits a step may be as small as 1e-40 of the input.  The quotient then has some forty correct digits.

The steps to the left and to the right are computed separately.  Where they disagree, a second, smaller step
distinguishes a kink from a curve, and a jump from a vertical tangent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from math import copysign, inf, isfinite, isinf
from typing import Any

from autograd.checking.verdicts import EPSILON, Slopes, unknown
from autograd.core.graph import newest_first
from autograd.core.table import Operation
from autograd.core.value import Value
from autograd.formula.systems import NumberSystem, mpmath

__all__ = ["DIGITS", "GraphSlopes", "Replay", "applied", "exact_slopes", "steepest_secant"]

DIGITS = (100, 800)
"""Digits to compute with; the larger number where the smaller one does not give the same slope on both sides."""
STEP = 1e-40
"""Step of the finite difference, relative to the input, or to 1 if that is smaller."""
SHRINK = 1024
"""Ratio of the first step to the second."""


class Replay:
    """A recorded graph, ready to be computed again over a number system, with other numbers for some leaves.

    With `recorded`, the rounding error of the floats is added again at every node, so that at the recorded point it has
    exactly the recorded numbers.

    >>> from autograd import Value
    >>> w = Value(0.5)
    >>> float(Replay(w * w + 1, mpmath(50)).along(w)(3))
    10.0
    """

    def __init__(self, root: Value, system: NumberSystem, recorded: bool = False) -> None:
        self.root, self.system = root, system
        number = system.number or float
        self.nodes = [node for node in reversed(newest_first(root)) if not node.is_leaf]
        self.numbers: dict[Any, Any] = {root: number(root.data)} if root.is_leaf else {}
        self.errors: dict[Value, Any] = {}
        for node in self.nodes:
            operand: Any
            for operand in node.args:
                if operand not in self.numbers:
                    self.numbers[operand] = number(getattr(operand, "data", operand))
            self.numbers[node] = applied(node.op, [self.numbers[x] for x in node.args], system)
            if recorded:
                exact = number(node.data)
                self.errors[node], self.numbers[node] = exact - self.numbers[node], exact

    def along(self, *leaves: Value) -> Callable[..., Any]:
        """The root's number as a function of those of some leaves; only nodes that depend on them are computed."""
        root, numbers, system = self.root, self.numbers, self.system
        steps: list[tuple[Value, Operation, tuple[Any, ...], int, Any]] = []
        depends = set(leaves)
        for node in self.nodes:
            if not any(operand in depends for operand, _ in node.edges):
                continue
            depends.add(node)
            op, args, error = node.op, node.args, self.errors.get(node, 0)
            if op.nary:  # only the terms that change
                rows = [row for row in zip(*op.columns(args), strict=True) if not depends.isdisjoint(row)]
                args = tuple(x for column in zip(*rows, strict=True) for x in column)
                error = numbers[node] - applied(op, [numbers[x] for x in args], system, len(node.args))
            steps.append((node, op, args, len(node.args), error))

        def at(*changed: Any) -> Any:
            now = dict(zip(leaves, changed, strict=True))
            if all(now[leaf] == numbers.get(leaf) for leaf in leaves):
                return numbers[root]
            for node, op, args, arity, error in steps:
                z = applied(op, [now[x] if x in now else numbers[x] for x in args], system, arity)
                now[node] = z + error if error else z
            return now[root] if root in now else numbers[root]

        return at


def applied(op: Operation, operands: list[Any], system: NumberSystem, arity: int | None = None) -> Any:
    """One operation of the table on numbers of any system; `arity` is the node's if `operands` are a part of it."""
    if op.nary:
        return op.value.over(system)(*op.columns(operands), (arity or len(operands)) // len(op.operands))
    return op.value.over(system)(*operands)


class GraphSlopes:
    """The exact slopes of a recorded graph with respect to its leaves.

    >>> from autograd import Value, relu
    >>> w = Value(0.0)
    >>> slopes = GraphSlopes(relu(w * 2)).by(w)
    >>> slopes.left, slopes.right, slopes.kind
    (0.0, 2.0, 'kink')
    """

    def __init__(self, root: Value) -> None:
        self.root = root
        self.replay = cache(partial(Replay, root))

    def exactly(self, system: NumberSystem) -> Replay:
        """The graph over a number system, without the rounding of the recorded numbers."""
        return self.replay(system, False)

    def along(self, leaf: Value, recorded: bool = False) -> Callable[[NumberSystem, Any], Any]:
        """The root's number as a function of the leaf's number, over any number system."""
        functions: dict[NumberSystem, Callable[..., Any]] = {}

        def f(system: NumberSystem, x: Any) -> Any:
            if system not in functions:
                functions[system] = self.replay(system, recorded).along(leaf)
            return functions[system](x)

        return f

    def by(self, leaf: Value, recorded: bool = False) -> Slopes:
        """The slopes at the leaf's number; with `recorded`, those through the recorded numbers of the nodes."""
        return exact_slopes(self.along(leaf, recorded), leaf.data)


def exact_slopes(f: Callable[[NumberSystem, Any], Any], at: float) -> Slopes:
    """The slopes of ``f(system, x)``, a function of one number that computes over any number system.

    If f is not defined on one side, `Slopes.reason` says on which.
    """
    if not isfinite(at):
        return unknown(f"the input is {at}")
    for digits in DIGITS:
        system = mpmath(digits)
        number: Any = system.number
        x = number(at)
        step = min(abs(x), 1) * number(STEP) or number(10) ** -(digits // 2)
        nearby = step / SHRINK
        here, before, after = (_real(f, system, x + shift) for shift in (0, -step, step))
        if here is None:
            return unknown("not defined here")
        if before is None or after is None:
            side = "on either side" if before is after else "to the left" if before is None else "to the right"
            return unknown(f"not defined {side} of {at:.6g}")
        just_after = _real(f, system, x + nearby)
        if just_after is None:
            return unknown(f"not defined close to {at:.6g}")
        left, right, nearer_right = (here - before) / step, (after - here) / step, (just_after - here) / nearby
        is_seen = right or digits == DIGITS[-1]  # a function that is flat to 100 digits need not be flat
        if is_seen and _same(left, right, 1e-20) and _same(right, nearer_right, 1e-20):
            return _as_floats(left, right, "smooth")
    just_before = _real(f, system, x - nearby)
    if just_before is None:
        return unknown(f"not defined close to {at:.6g}")
    nearer_left = (here - just_before) / nearby
    left, right, nearer_left, nearer_right = map(_visible, (left, right, nearer_left, nearer_right))
    # The slopes around the point differ: a kink, a jump, a vertical tangent, or a slope of zero.
    left_limit, left_jumps = _limit(left, nearer_left, (just_before - before) / (step - nearby))
    right_limit, right_jumps = _limit(right, nearer_right, (after - just_after) / (step - nearby))
    if left_jumps or right_jumps:
        return _as_floats(left_limit, right_limit, "jump")
    if inf in (abs(left_limit), abs(right_limit)):
        return _as_floats(left_limit, right_limit, "vertical")
    return _as_floats(left_limit, right_limit, "smooth" if _same(left_limit, right_limit, 1e-9) else "kink")


def _real(f: Callable[[NumberSystem, Any], Any], system: NumberSystem, x: Any) -> Any:
    """``f(system, x)``, or None if it is not a finite real number."""
    try:
        y = f(system, x)
    except (ArithmeticError, ValueError, TypeError, AttributeError):  # a pole, or complex numbers compared
        return None
    return y.real if not y.imag and abs(y) < inf else None


def _visible(slope: Any) -> Any:
    """The slope, or zero if it is smaller than any float and may be the rounding of 800 digits."""
    return slope if abs(slope) >= 5e-324 else slope * 0


def _same(a: Any, b: Any, tolerance: float) -> bool:
    return bool(abs(a - b) <= tolerance * max(abs(a), abs(b)))


def _limit(secant: Any, nearer: Any, piece: Any) -> tuple[Any, bool]:
    """The limit of the slope on one side, and whether the function jumps there.

    `secant` and `nearer` start at the point itself; `piece` joins their ends.
    """
    if _same(secant, nearer, 1e-6):
        return nearer, False
    if abs(nearer) <= abs(secant):
        return secant * 0, False  # shrinks with the step
    if abs(piece) < 1e-3 * abs(secant):
        return piece, True  # steep only because the point itself lies elsewhere
    return copysign(inf, nearer), False


def _as_floats(left: Any, right: Any, kind: Any) -> Slopes:
    try:
        low, high = float(left), float(right)
    except OverflowError:
        return unknown("the slope is too large for a float")
    if kind == "smooth":
        low = high = float((left + right) / 2)
    if kind == "smooth" and isinf(low):
        return unknown("the slope is too large for a float")
    size = max((abs(slope) for slope in (low, high) if isfinite(slope)), default=0.0)
    tiny = 5e-324 if left or right else 0.0  # the effect of underflow
    return Slopes(low, high, max(EPSILON / 2 * size, tiny), kind)


def steepest_secant(f: Callable[[NumberSystem, Any], Any], at: float) -> float:
    """The steepest secant around the point: the size that a slope of zero is compared with."""
    system = mpmath(DIGITS[0])
    number: Any = system.number
    x = number(at)
    here, steepest = _real(f, system, x), 0.0
    for part in (1 / 16, 1 / 256):
        step = (abs(x) or number(1)) * number(part)
        for end in (_real(f, system, x - step), _real(f, system, x + step)):
            if here is not None and end is not None:
                steepest = max(steepest, float(abs(end - here) / step))
    return steepest
