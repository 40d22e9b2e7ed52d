"""The check of another engine as a whole: every operation that it has and the table knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.checking.audit import Culprit
from autograd.checking.engines.student_engines import Engine
from autograd.checking.operation_check import check_points
from autograd.checking.reports.report import Report
from autograd.checking.verdicts import InputCheck
from autograd.core.table import Operation

__all__ = ["check_engine", "creates_values", "engine_of"]


def engine_of(make: Callable[[Any], Any]) -> Engine:
    """The engine whose Values or tensors `make` creates; which of the two, it finds out by trying.

    Tensors keep an array as it is, and have a sum, a mean or a matrix product, or store even a number as an array.
    """
    from autograd.checking.engines.array_engines import (
        ArrayEngine,
        creates_tensors,
    )  # NumPy is loaded when it is needed

    return ArrayEngine(make) if creates_tensors(make) else Engine(make)


def creates_values(make: Any) -> bool:
    """True for a class, and for a function that creates the Values or tensors of an engine."""
    if isinstance(make, type):
        return True
    try:
        engine_of(make)
    except Exception:  # a function may do anything with a number
        return False
    return True


def check_engine(make: Callable[[Any], Any]) -> Report:
    """The report on every operation of an engine that the table knows."""
    engine = engine_of(make)
    operations = engine.operations()
    culprits = list(engine.seed())
    if culprits:
        return Report({}, culprits, kind="derivative")
    checks: dict[str, InputCheck] = {}
    sound: list[str] = []
    can_sum = hasattr(engine.of, "__add__")
    advice = [] if can_sum else ["Not checked: whether gradients add up, since that needs +."]
    for op in operations:  # + comes first: the others are checked with it
        checks_of_op, wrong = _check(engine, op)
        if all(check.slopes.reason for check in checks_of_op.values()) and {dx.text for dx in op.partials} == {"0"}:
            continue  # an engine may leave out a derivative that is zero everywhere
        checks |= checks_of_op
        if not wrong and op.name == "add":
            wrong = list(engine.additions())
        if can_sum and not wrong and not any(check.verdict == "fail" for check in checks_of_op.values()):
            wrong = list(engine.company(op))
        culprits += wrong
        can_sum = can_sum and not (wrong and op.name == "add")
        if not (wrong or any(check.verdict == "fail" for check in checks_of_op.values())):
            sound.append(op.name)
    more, wrong, not_checked = engine.shape_checks(sound)
    checks |= more
    if not checks:
        raise TypeError(f"{engine.name} has none of the operations of the table, such as + and .tanh()")
    return Report(checks, culprits + wrong, advice + not_checked, kind="derivative")


def _check(engine: Engine, op: Operation) -> tuple[dict[str, InputCheck], list[Culprit]]:
    """One operation on Values, or if that raises, on a Value and a number; an operator also on a number and a Value."""
    checks, wrong = _one_way(engine, op, list(range(len(op.operands))), op.name)
    if len(op.operands) == 2:
        if all(check.slopes.reason for check in checks.values()):  # powers often take plain numbers alone
            checks, wrong = _one_way(engine, op, [0], op.name)
        reflected = f"r{op.name}"
        if hasattr(engine.of, f"__{reflected}__"):
            more, also = _one_way(engine, op, [1], reflected)
            checks, wrong = checks | more, wrong + also
    return checks, wrong


def _one_way(
    engine: Engine, op: Operation, positions: list[int], called: str
) -> tuple[dict[str, InputCheck], list[Culprit]]:
    names = {i: f"d {called}/d{op.operands[i]}" for i in positions}
    return check_points(
        op, lambda x: engine.outcome(op, x, positions), names, engine.largest, called, engine.rounded, engine.digits
    )
