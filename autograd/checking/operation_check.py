"""The check of a single operation: every derivative of a row of the table, at points all over its domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from math import isfinite, nan
from random import Random
from typing import Any

from autograd.checking.audit import ROUNDED, Culprit, local_slopes, operand_positions, wrong_result, wrong_slope
from autograd.checking.reports.report import Report
from autograd.checking.verdicts import InputCheck, judge, unknown
from autograd.core.table import Operation
from autograd.core.value import Value
from autograd.formula.typesetting import number

__all__ = ["Outcome", "check_operation", "check_points", "points"]

Outcome = tuple[float, Mapping[int, float]]
"""The result of one operation, and its derivatives with respect to the operands at some positions."""

POINTS = 40
"""Random points at which an operation is checked, in addition to the special ones."""
SPECIAL = (0.0, 1.0, -1.0, 0.5, 2.0)
"""Numbers at which operations have kinks and limits."""
LARGEST = 6
"""Exponent of 2 up to which random operands go."""

_TELLING = ("fail", "pass", "kink", "inconclusive")


def check_operation(function: Callable[..., Any]) -> Report:
    """The report on every derivative of one operation of the table, or of `define`, over its domain.

    >>> from autograd import define
    >>> check_operation(define("cube", "x ** 3", dx="3 * x"))
    Gradient check: FAIL (1 of 1 operand wrong)
      operand  yours  numerical    verdict
      x        -3.0   3.0 ± 3e-16  FAIL  at x = -1.0, and at 62 of 64 other points
    Where: LOCAL, cube at x = -1.0
      d cube/dx should be 3.0; yours says -3.0
    Confidence: 15 digits; even an error of 0.0001 % would have been caught.
    """
    op: Operation = function.op  # type: ignore[attr-defined]

    def evaluate(operands: Sequence[float]) -> Outcome:
        inputs: list[Any] = [Value(x) for x in operands]
        if op.name == "where":
            inputs[0] = bool(operands[0])
        node = function(*(op.columns(inputs) if op.nary else inputs))
        return node.data, {i: local for i, (_, local) in zip(operand_positions(node), node.edges, strict=True)}

    checks, culprits = check_points(op, evaluate, dict(enumerate(op.operands)))
    return Report(checks, culprits, kind="operand")


def check_points(
    op: Operation,
    evaluate: Callable[[Sequence[float]], Outcome],
    names: Mapping[int, str],
    largest: int = LARGEST,
    called: str = "",
    rounded: float = ROUNDED,
    digits: int | None = None,
) -> tuple[dict[str, InputCheck], list[Culprit]]:
    """The derivatives that `evaluate` computes, each at its most informative point, and the mistakes in them.

    `names` are the names of the derivatives, by the position of the operand, `called` that of the operation.  The
    result may differ by `rounded`, relatively; derivatives are right if they have `digits` significant digits.  A
    derivative that cannot be computed anywhere, because `evaluate` raises everywhere, is wrong.
    """
    called = called or op.name
    tried: dict[str, list[tuple[InputCheck, str, str]]] = {}
    checks: dict[str, InputCheck] = {}
    culprits: list[Culprit] = []
    trouble = "it has no points"
    for operands in points(op, largest):
        at = _at(op, operands)
        try:
            result, slopes = evaluate(operands)
        except Exception as error:  # a user's code may raise anything
            trouble = f"raised {type(error).__name__}: {error}"
            continue
        what = wrong_result(op, operands, result, slopes, called, rounded)
        if what and not culprits:
            culprits.append(Culprit("FORWARD", f"{called} {at}", what))
        for i, slope in slopes.items():
            operand = i * len(op.operands) // len(operands) if op.nary else i
            right = local_slopes(op, operands, i)
            check = judge(slope, right, digits=digits, name=names[operand])
            what = wrong_slope(op, operands, i, slope, name=called) if check.verdict == "fail" else ""
            tried.setdefault(names[operand], []).append((check, what, at))
    if not tried:
        return {name: InputCheck(name, nan, unknown(trouble), "fail", trouble) for name in names.values()}, []
    for name, outcomes in tried.items():
        worst, what, at = min(outcomes, key=_telling)
        others, same = len(outcomes) - 1, sum(check.verdict == worst.verdict for check, _, _ in outcomes) - 1
        if what:
            culprits.append(Culprit("LOCAL", f"{called} {at}", what))
        also = f", and at {same} of {others} other points" if what else f" and {others} other points"
        checks[name] = replace(worst, hint=at + also)
    return checks, culprits


def _telling(point: tuple[InputCheck, str, str]) -> tuple[int, bool]:
    """The order of points: first those at which the derivative is wrong, then those at which it is not just zero."""
    check, _, _ = point
    return _TELLING.index(check.verdict), check.grad == 0


def points(op: Operation, largest: int = LARGEST) -> Iterator[list[float]]:
    """Operands in the domain of an operation: special ones, and random ones from 1/256 to 2 to the power `largest`."""
    source = Random(0)
    arity = 3 * len(op.operands) if op.nary else len(op.operands)

    def candidates() -> Iterator[list[float]]:
        if arity <= 2:
            yield from map(list, product(SPECIAL, repeat=arity))
        for _ in range(20 * POINTS):
            operands = [
                source.choice((-1, 1)) * source.uniform(1, 2) * 2.0 ** source.randint(-8, largest - 1)
                for _ in range(arity)
            ]
            yield [float(operands[0] > 0), *operands[1:]] if op.name == "where" else operands

    return islice((operands for operands in candidates() if _is_legal(op, operands)), POINTS + len(SPECIAL) ** 2)


def _is_legal(op: Operation, operands: list[float]) -> bool:
    """True if an operation has a finite number at these operands, and not just by convention, as 0 ** 0."""
    if op.nary:
        return True
    try:
        exists = op.is_defined(operands) and isfinite(op.compute(operands))
    except (ArithmeticError, ValueError):
        return False
    return exists and (op.name != "pow" or any(operands))


def _at(op: Operation, operands: Sequence[float]) -> str:
    if not op.nary:
        return "at " + ", ".join(f"{x} = {number(value)}" for x, value in zip(op.operands, operands, strict=True))
    columns = [", ".join(map(number, column)) for column in op.columns(operands)]
    return "at " + ", ".join(f"{x} = [{column}]" for x, column in zip(op.operands, columns, strict=True))
