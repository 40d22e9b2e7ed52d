"""Checking operations rather than functions: a row of the table, or every operation of somebody's own engine.

An engine is any class whose objects hold ``.data`` and ``.grad``, compute with ``+ - * / **`` and methods such as
``.tanh()``, and have ``.backward()``, as micrograd's do.  Each of its operations that the table knows is compared with
its row, at points all over the domain, by the same audit that the engine's own graphs go through.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from math import isfinite
from random import Random
from typing import Any

from autograd.audit import Culprit, Graph, local_slopes, operand_positions, wrong_result, wrong_slope
from autograd.notation import number
from autograd.ops import OPERATIONS, Operation
from autograd.report import InputCheck, Report
from autograd.slopes import judge
from autograd.value import Value, as_float, shown

__all__ = ["check_engine", "check_operation", "culprits", "gradients"]

POINTS = 40
"""Random points at which an operation is checked, besides the special ones."""
SPECIAL = (0.0, 1.0, -1.0, 0.5, 2.0)
"""Numbers at which operations have their kinks and their limits."""

Outcome = tuple[float, dict[int, float]]
"""The result of one operation, and its derivatives by the operands at some positions."""


def check_operation(function: Callable[..., Any]) -> Report:
    """Every derivative of one operation of the table, or of `define`, over its domain.

    >>> from autograd import define
    >>> check_operation(define("cube", "x ** 3", dx="3 * x"))
    Gradient check: FAIL (1 of 1 operand wrong)
      operand  yours  numeric      verdict
      x        -3.0   3.0 ± 3e-16  FAIL  wrong at 63 of 65 points, as at x = -1.0
    Where: LOCAL, cube at x = -1.0
      d cube/dx should be 3.0; yours says -3.0
    How sure: 15 digits; a 0.0001 % mistake would have been caught.
    """
    op: Operation = function.op  # type: ignore[attr-defined]
    return _reported([(op, partial(_by_values, op, function))], largest=6)


def check_engine(engine: Callable[[float], Any]) -> Report:
    """Every operation of an engine that the table knows, and whether the gradients of repeated uses add up."""
    known = [op for op in OPERATIONS.values() if _method(engine, op)]
    if not known:
        raise TypeError(
            f"{getattr(engine, '__name__', engine)} has none of the operations of the table: an engine is a class "
            "whose objects compute with + - * / ** and methods such as .tanh(), and have .data, .grad and .backward()"
        )
    # Textbook forms such as 1 - tanh(x)² are right, but lose their digits where the function saturates.
    report = _reported([(op, partial(_by_engine, engine, op)) for op in known], largest=3)
    return Report(report.inputs, [*report.culprits, *_sums(engine)], report.advice, what="derivative")


def gradients(
    engine: Callable[[float], Any], f: Callable[..., Any], call: Callable[..., Any], numbers: Mapping[str, float]
) -> dict[str, float]:
    """The gradients that an engine finds for ``call(f, inputs)``; no gradient at all counts as zero."""
    inputs = {name: engine(x) for name, x in numbers.items()}
    result = call(f, inputs.values())
    if not hasattr(result, "backward"):
        raise TypeError(f"with the Values of your engine f returned {shown(result)}, which has no .backward()")
    result.backward()
    return {name: _grad(x, name) for name, x in inputs.items()}


def culprits(engine: Callable[[float], Any], graph: Graph) -> list[Culprit]:
    """The nodes of a graph whose operation the engine computes or differentiates wrongly; else what does not add up."""
    found = []
    for node in graph.nodes:
        op = node.op
        assert op is not None
        if not _method(engine, op):
            continue
        operands = [float(getattr(operand, "data", operand)) for operand in node.args]
        positions = operand_positions(node)
        outcome = _by_engine(engine, op, operands, positions)
        if outcome:
            result, slopes = outcome
            what = wrong_result(op, operands, result, slopes)
            found += [Culprit("FORWARD", graph.describe(node), what, node)] if what else []
            for i, (operand, _) in zip(positions, node.edges, strict=True):
                what = wrong_slope(op, operands, i, slopes[i], operand.label) if i in slopes else ""
                found += [Culprit("LOCAL", graph.describe(node), what, node)] if what else []
    return found or list(_sums(engine))


def _by_values(op: Operation, function: Callable[..., Any], operands: Sequence[float]) -> Outcome | None:
    """One operation of this engine."""
    given: list[Any] = [Value(x) for x in operands]
    if op.name == "where":
        given[0] = bool(operands[0])
    node = function(*(op.columns(given) if op.nary else given))
    return node.data, {i: local for i, (_, local) in zip(operand_positions(node), node.edges, strict=True)}


def _method(engine: Any, op: Operation) -> Callable[..., Any] | None:
    """How an operation is called on the Values of another engine; None if it does not have it."""
    if op.nary or len(op.operands) > 2:
        return None
    if op.is_operator or op.name == "abs":
        return getattr(operator, op.name) if hasattr(engine, f"__{op.name}__") else None
    if not hasattr(engine, op.name):
        return None
    return lambda x, *others: getattr(x, op.name)(*others)


def _by_engine(
    engine: Callable[[float], Any], op: Operation, operands: Sequence[float], positions: Iterable[int] = (0, 1)
) -> Outcome | None:
    """One operation of another engine; a second operand is passed as a plain number if the engine wants it so."""
    method = _method(engine, op)
    assert method is not None
    for which in (set(positions), {0}):
        inputs = [engine(x) if i in which else x for i, x in enumerate(operands)]
        try:
            result = method(*inputs)
            result.backward()
            slopes = {i: _grad(x, op.operands[i]) for i, x in enumerate(inputs) if i in which}
            return as_float(result.data, f".data of {op.written}"), slopes
        except Exception:  # whatever somebody's engine does with what it does not know
            continue
    return None


def _grad(value: Any, name: str) -> float:
    return 0.0 if value.grad is None else as_float(value.grad, f".grad of {name}")


def _sums(engine: Callable[[float], Any]) -> Iterator[Culprit]:
    """Small graphs in which a value is used more than once, so that its gradient is a sum."""
    for text, f in _REUSED.items():
        x = Value(3.0)
        f(x).backward()
        assert x.grad is not None
        try:
            mine = gradients(engine, f, lambda g, inputs: g(*inputs), {"x": 3.0})["x"]
        except Exception:  # an operation that this engine does not have
            continue
        if abs(mine - x.grad) > 1e-9 * x.grad:
            what = f"the gradient of x, a sum over its uses, should be {number(x.grad)}; yours says {number(mine)}"
            yield Culprit("ACCUMULATION", f"{text} at x = 3", what)


def _newer_first(x: Any) -> Any:
    h = x * x
    return h * (h + x)


def _older_first(x: Any) -> Any:
    h = x * x
    return (x + h) * h


_REUSED: dict[str, Callable[[Any], Any]] = {
    "x + x": lambda x: x + x,
    "x·x": lambda x: x * x,
    "h·(h + x) with h = x·x": _newer_first,
    "(x + h)·h with h = x·x": _older_first,
}


def _points(op: Operation, largest: int) -> Iterator[list[float]]:
    """Operands in the domain of an operation: special ones, and random ones from 1/256 to 2 to the power `largest`."""
    source = Random(0)
    arity = 3 * len(op.operands) if op.nary else len(op.operands)

    def numbers() -> Iterator[list[float]]:
        if arity <= 2:
            yield from map(list, product(SPECIAL, repeat=arity))
        for _ in range(20 * POINTS):
            yield [
                source.choice((-1, 1)) * source.uniform(1, 2) * 2.0 ** source.randint(-8, largest - 1)
                for _ in range(arity)
            ]

    found = 0
    for operands in numbers():
        if op.name == "where":
            operands[0] = float(operands[0] > 0)
        try:
            legal = op.nary or (op.is_defined(operands) and isfinite(op.compute(operands)))
        except (ArithmeticError, ValueError):
            legal = False
        if legal and found < POINTS + len(SPECIAL) ** 2:
            found += 1
            yield operands


_ORDER = ("fail", "pass", "kink", "inconclusive")


def _reported(rows: Sequence[tuple[Operation, Callable[[Sequence[float]], Outcome | None]]], largest: int) -> Report:
    """Every derivative of some operations at its most telling point: one that is wrong, else one that is right."""
    alone = len(rows) == 1
    checks: dict[str, InputCheck] = {}
    found: dict[tuple[str, str], Culprit] = {}
    for op, evaluate in rows:
        tried: dict[str, list[InputCheck]] = {}
        for operands in _points(op, largest):
            outcome = evaluate(operands)
            if outcome is None:
                continue
            at = _at(op, operands)
            result, slopes = outcome
            what = wrong_result(op, operands, result, slopes)
            if what:
                found.setdefault((op.name, "FORWARD"), Culprit("FORWARD", f"{op.name} {at}", what))
            for i, slope in slopes.items():
                x = op.operands[i * len(op.operands) // len(operands) if op.nary else i]
                name = x if alone else f"d {op.name}/d{x}"
                right = local_slopes(op, operands, i)
                check = InputCheck(name, slope, right, judge(slope, right), hint=at)
                tried.setdefault(name, []).append(check)
                if check.verdict == "fail":
                    found.setdefault(
                        (op.name, x), Culprit("LOCAL", f"{op.name} {at}", wrong_slope(op, operands, i, slope))
                    )
        for name, points in tried.items():
            worst = min(points, key=lambda check: (_ORDER.index(check.verdict), check.grad == 0))
            wrong = sum(check.verdict == "fail" for check in points)
            how_often = (
                f"wrong at {wrong} of {len(points)} points, as {worst.hint}" if wrong else f"at {len(points)} points"
            )
            checks[name] = InputCheck(name, worst.grad, worst.slopes, worst.judgement, hint=how_often)
    return Report(checks, list(found.values()), what="operand" if alone else "derivative")


def _at(op: Operation, operands: Sequence[float]) -> str:
    if op.nary:
        return "at " + ", ".join(
            f"{x} = {list(map(float, column))}" for x, column in zip(op.operands, op.columns(operands), strict=True)
        )
    return "at " + ", ".join(f"{x} = {number(value)}" for x, value in zip(op.operands, operands, strict=True))
