"""The check of another engine, such as a student's: every operation that it has, against the table.

An engine is any class whose objects hold ``.data`` and ``.grad``, compute with ``+ - * / **`` and methods such as
``.tanh()``, and have ``.backward()``, as micrograd's do.  An operation is right if three things hold: alone, its
result and its derivatives are those of its row; if its result is used three times, the gradient is three times
as large; and if it is added to its own operand, their gradients add up.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isclose
from typing import Any

from autograd.checking.audit import Culprit, Graph, operand_numbers, operand_positions, wrong_result, wrong_slope
from autograd.checking.operation_check import Outcome, check_points, points
from autograd.checking.report import Report
from autograd.checking.verdicts import InputCheck
from autograd.core.table import OPERATIONS, Operation
from autograd.core.value import as_float, shown
from autograd.formula.typesetting import number

__all__ = ["Engine", "check_engine"]

LARGEST = 3
"""Exponent of 2 up to which operands go: textbook forms such as 1 - tanh(x)² are right, but lose digits beyond."""

ROUNDED = 1e-6
"""Relative difference that may be due to rounding: an engine may compute in single precision."""

_FIRST = ("add", "mul", "pow", "neg")
"""The operations that others are often built from."""


class Engine:
    """Another engine's class of Values, called one operation at a time.  Raises TypeError if it cannot be an engine."""

    def __init__(self, make: Callable[[float], Any]) -> None:
        self.make, self.name = make, getattr(make, "__name__", None) or shown(make)
        try:
            value = make(0.5)
        except Exception as error:
            raise TypeError(
                f"gradcheck creates Values with {self.name}(0.5), which raised {_described(error)}"
            ) from error
        missing = [name for name in ("data", "grad", "backward") if not hasattr(value, name)]
        if missing:
            raise TypeError(
                f"{self.name}(0.5) has no .{', no .'.join(missing)}: an engine is a class whose objects compute with "
                "+ - * / ** and methods such as .tanh(), and have .data, .grad and .backward()"
            )
        self.of = type(value)

    def operations(self) -> list[Operation]:
        """The operations of the table that it has, basic ones first."""
        operations = [op for op in OPERATIONS.values() if self.method(op)]
        return sorted(operations, key=lambda op: _FIRST.index(op.name) if op.name in _FIRST else len(_FIRST))

    def method(self, op: Operation) -> Callable[..., Any] | None:
        """The function that computes an operation; None if the engine does not have it."""
        if op.nary or len(op.operands) > 2:
            return None
        if op.is_operator or op.name == "abs":
            return getattr(operator, op.name) if hasattr(self.of, f"__{op.name}__") else None
        return (lambda x, *others: getattr(x, op.name)(*others)) if hasattr(self.of, op.name) else None

    def outcome(
        self,
        op: Operation,
        operands: Sequence[float],
        positions: Sequence[int],
        after: Callable[..., Any] | None = None,
    ) -> Outcome:
        """The result, and the derivatives with respect to the operands at `positions`; the others are plain numbers.

        `after` may compute something else from the result and the operands before the backward pass.
        """
        method = self.method(op)
        assert method is not None
        inputs = [self.make(x) if i in positions else x for i, x in enumerate(operands)]
        result = method(*inputs)
        result = after(result, *inputs) if after else result
        result.backward()
        slopes = {i: _grad(inputs[i], op.operands[i]) for i in positions}
        return _float(result.data, f".data of {op.written}"), slopes

    def gradients(
        self, f: Callable[..., Any], call: Callable[..., Any], numbers: Mapping[str, float]
    ) -> tuple[float, dict[str, float]]:
        """The result of ``call(f, inputs)`` and its gradients; None counts as zero."""
        inputs = {name: self.make(x) for name, x in numbers.items()}
        try:
            result = call(f, inputs.values())
            if hasattr(result, "backward"):
                result.backward()
        except Exception as error:
            raise TypeError(
                f"with the Values of {self.name} the function raised {_described(error)}; use what the class has, "
                "methods such as x.tanh() rather than functions of autograd, and x * 2.0 only if * takes plain numbers"
            ) from error
        if not hasattr(result, "backward"):
            raise TypeError(f"with the Values of {self.name} f returned {shown(result)}, which has no .backward()")
        return _float(result.data, "the result"), {name: _grad(x, name) for name, x in inputs.items()}

    def culprits(self, graph: Graph) -> list[Culprit]:
        """The mistakes in the operations of a graph."""
        culprits = list(self.seed())
        if culprits:
            return culprits
        for node in graph.nodes:
            op, positions = node.op, operand_positions(node)
            if self.method(op):
                operands = operand_numbers(node)
                try:
                    result, slopes = self.outcome(op, operands, positions)
                except Exception:  # the function used this operation in another way
                    continue
                what = wrong_result(op, operands, result, slopes, rounded=ROUNDED)
                culprits += [Culprit("FORWARD", graph.describe(node), what, node)] if what else []
                for i, (operand, _) in zip(positions, node.edges, strict=True):
                    what = wrong_slope(op, operands, i, slopes[i], operand)
                    culprits += [Culprit("LOCAL", graph.describe(node), what, node)] if what else []
        wrong = {culprit.node.op.name for culprit in culprits if culprit.node}
        if "add" in wrong:
            return culprits
        additions = list(self.additions())
        if additions:
            return additions + culprits
        used = dict.fromkeys(node.op for node in graph.nodes if self.method(node.op))
        return culprits + [culprit for op in used if op.name not in wrong for culprit in self.company(op)]

    def additions(self) -> Iterator[Culprit]:
        """The mistake in the gradients of sums of sums: they must add up, in the right order."""
        x = 3.0
        for text, f, expected, question in _ADDITIONS:
            try:
                mine = self.gradients(f, lambda g, inputs: g(*inputs), {"x": x})[1]["x"]
            except TypeError:  # there is no addition
                return
            if not isclose(mine, expected, rel_tol=ROUNDED):
                numbers = f"should be {number(expected)}; yours says {number(mine)}"
                yield Culprit("ACCUMULATION", f"{text} at x = {number(x)}", f"the gradient of x {numbers} ({question})")
                return

    def company(self, op: Operation) -> Iterator[Culprit]:
        """The mistakes of one operation when its result is used three times, or its operand once more."""
        for operands in points(op, LARGEST):
            try:
                slope = self.outcome(op, operands, [0])[1][0]
                three, more = (self.outcome(op, operands, [0], after)[1][0] for after in (_thrice, _and_again))
            except Exception:  # not at this point
                continue
            if not (slope and operands[0]):
                continue
            written = re.sub(r"\by\b", number(operands[-1]), op.written)
            for text, mine, expected, question in (
                (f"z + z + z with z = {written}", three, 3 * slope, "is the gradient of the result left out?"),
                (f"{written} + x", more, slope + 1, "is = written for +=?"),
            ):
                if not isclose(mine, expected, rel_tol=ROUNDED, abs_tol=ROUNDED * abs(slope)):
                    numbers = f"should be {number(expected)}; yours says {number(mine)}"
                    where = f"{text} at x = {number(operands[0])}"
                    yield Culprit("ACCUMULATION", where, f"the gradient of x {numbers} ({question})")
            return

    def seed(self) -> Iterator[Culprit]:
        """The mistake of a backward pass that does not start with 1."""
        x, y = self.make(2.0), self.make(3.0)
        try:
            z = x + y
            z.backward()
            start, passed = _grad(z, "x + y"), (_grad(x, "x"), _grad(y, "y"))
        except Exception:  # the check of the operations reports this
            return
        if start != 1 and passed == (start, start):
            what = f"backward() should start with the gradient 1 at the result; yours starts with {number(start)}"
            yield Culprit("ACCUMULATION", "x + y at x = 2.0, y = 3.0", what)


def check_engine(make: Callable[[float], Any]) -> Report:
    """The report on every operation of an engine that the table knows."""
    engine = Engine(make)
    operations = engine.operations()
    if not operations:
        raise TypeError(f"{engine.name} has none of the operations of the table, such as + and .tanh()")
    culprits = list(engine.seed())
    if culprits:
        return Report({}, culprits, kind="derivative")
    checks: dict[str, InputCheck] = {}
    can_sum = hasattr(engine.of, "__add__")
    advice = [] if can_sum else ["Not checked: whether gradients add up, since that needs +."]
    for op in operations:  # + comes first: the others are checked with it
        checks_of_op, wrong = _check(engine, op)
        checks |= checks_of_op
        if not wrong and op.name == "add":
            wrong = list(engine.additions())
        if can_sum and not wrong and not any(check.verdict == "fail" for check in checks_of_op.values()):
            wrong = list(engine.company(op))
        culprits += wrong
        can_sum = can_sum and not (wrong and op.name == "add")
    return Report(checks, culprits, advice, kind="derivative")


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
    return check_points(op, lambda x: engine.outcome(op, x, positions), names, LARGEST, called, ROUNDED)


def _grad(value: Any, name: str) -> float:
    return 0.0 if value.grad is None else _float(value.grad, f".grad of {name}")


def _float(number: Any, name: str) -> float:
    """The number that an engine stores: plain, or in an array or tensor with one element."""
    return as_float(number.item() if hasattr(number, "item") else number, name)


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _thrice(z: Any, *_: Any) -> Any:
    return z + z + z


def _and_again(z: Any, x: Any, *_: Any) -> Any:
    return z + x


def _fourfold(x: Any) -> Any:
    z = x + x
    return z + z


def _tangled(x: Any) -> Any:
    h = x + x
    z = h + x
    return z + h


_ADDITIONS: list[tuple[str, Callable[[Any], Any], float, str]] = [
    ("x + x", lambda x: x + x, 2.0, "is = written for +=?"),
    ("z + z with z = x + x", _fourfold, 4.0, "is the gradient of the result left out, or passed on too early?"),
    ("z + h with z = h + x, h = x + x", _tangled, 5.0, "does the backward pass go from newest to oldest?"),
]
"""Sums, the gradient of x in each, and the likely mistake if it differs."""
