"""Checking somebody else's engine: every operation that it has, against the table.

An engine is any class whose objects hold ``.data`` and ``.grad``, compute with ``+ - * / **`` and methods such as
``.tanh()``, and have ``.backward()``, as micrograd's do.  An operation is right if three things hold: alone, its
result and its derivatives are those of its row; followed by a factor of 3, its gradient is three times
as large; and added to its own operand, their gradients add up.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import isclose
from typing import Any

from autograd.audit import Culprit, Graph, operand_positions, wrong_result, wrong_slope
from autograd.notation import number
from autograd.ops import OPERATIONS, Operation
from autograd.report import InputCheck, Report
from autograd.rows import Outcome, check_points, points
from autograd.value import Value, as_float, shown

__all__ = ["Engine", "check_engine"]

LARGEST = 3
"""Operands up to 2 to this power: textbook forms such as 1 - tanh(x)² are right, but lose their digits beyond."""

_FIRST = ("add", "mul", "pow", "neg")
"""The operations that others are often made of."""


class Engine:
    """A class of Values, asked for single operations.  Raises TypeError if it cannot be one."""

    def __init__(self, make: Callable[[float], Any]) -> None:
        self.make, self.name = make, getattr(make, "__name__", shown(make))
        try:
            value = make(0.5)
        except Exception as error:
            raise TypeError(f"gradcheck makes Values by {self.name}(0.5), which raised {_told(error)}") from error
        missing = [name for name in ("data", "grad", "backward") if not hasattr(value, name)]
        if missing:
            raise TypeError(
                f"{self.name}(0.5) has no .{', no .'.join(missing)}: an engine is a class whose objects compute with "
                "+ - * / ** and methods such as .tanh(), and have .data, .grad and .backward()"
            )
        self.of = type(value)

    def operations(self) -> list[Operation]:
        """The operations of the table that it has, those first that others are made of."""
        known = [op for op in OPERATIONS.values() if self.method(op)]
        return sorted(known, key=lambda op: _FIRST.index(op.name) if op.name in _FIRST else len(_FIRST))

    def method(self, op: Operation) -> Callable[..., Any] | None:
        """How an operation is called; None if the engine does not have it."""
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
        """The result, and the derivatives by the operands at `positions`; the others are passed as plain numbers.

        `after` may do something else with the result and the operands before the backward pass.
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
        """The result of ``call(f, inputs)`` and its gradients; no gradient at all counts as zero."""
        inputs = {name: self.make(x) for name, x in numbers.items()}
        try:
            result = call(f, inputs.values())
            if hasattr(result, "backward"):
                result.backward()
        except Exception as error:
            raise TypeError(
                f"with the Values of {self.name} the function raised {_told(error)}; it can use what the class has, "
                "methods such as x.tanh() rather than functions of autograd, and x * 2.0 only if * takes plain numbers"
            ) from error
        if not hasattr(result, "backward"):
            raise TypeError(f"with the Values of {self.name} f returned {shown(result)}, which has no .backward()")
        return _float(result.data, "the result"), {name: _grad(x, name) for name, x in inputs.items()}

    def culprits(self, graph: Graph) -> list[Culprit]:
        """What is wrong with the operations that a graph is made of."""
        found = list(self.seed())
        if found:
            return found
        for node in graph.nodes:
            op, positions = node.op, operand_positions(node)
            assert op is not None
            if self.method(op):
                operands = [float(getattr(operand, "data", operand)) for operand in node.args]
                try:
                    result, slopes = self.outcome(op, operands, positions)
                except Exception:  # the function has used this operation otherwise
                    continue
                what = wrong_result(op, operands, result, slopes)
                found += [Culprit("FORWARD", graph.describe(node), what, node)] if what else []
                for i, (operand, _) in zip(positions, node.edges, strict=True):
                    what = wrong_slope(op, operands, i, slopes[i], operand)
                    found += [Culprit("LOCAL", graph.describe(node), what, node)] if what else []
        wrong = {culprit.node.op for culprit in found if culprit.node}
        used = dict.fromkeys(
            node.op for node in graph.nodes if node.op and self.method(node.op) and node.op not in wrong
        )
        return found + [culprit for op in used for culprit in self.sums(op)] + list(self.reuse())

    def sums(self, op: Operation) -> Iterator[Culprit]:
        """Whether the gradients of an operation are passed on, and added up."""
        try:
            operands, slope = next(
                (operands, slopes[0])
                for operands in points(op, LARGEST)
                for slopes in [self.outcome(op, operands, [0])[1]]
                if slopes[0] and operands[0]
            )
        except Exception:  # no such point, or it fails there
            return
        written = re.sub(r"\by\b", number(operands[-1]), op.written)
        for text, after, expected, question in _COMPANY:
            try:
                mine = self.outcome(op, operands, [0], partial(after, self.make(3.0)))[1][0]
            except Exception:  # without + and * there is nothing to see
                continue
            if not isclose(mine, expected(slope), rel_tol=1e-9, abs_tol=1e-9 * abs(slope)):
                numbers = f"should be {number(expected(slope))}; yours says {number(mine)}"
                where = f"{text.format(written)} at x = {number(operands[0])}"
                yield Culprit("ACCUMULATION", where, f"the gradient of x {numbers} ({question})")

    def reuse(self) -> Iterator[Culprit]:
        """Small graphs in which a value is used by an older and by a newer one, so that the order matters."""
        for text, f in _REUSED.items():
            x = Value(3.0)
            f(x).backward()
            assert x.grad is not None
            try:
                mine = self.gradients(f, lambda g, inputs: g(*inputs), {"x": 3.0})[1]["x"]
            except TypeError:  # without + and * there is nothing to see
                continue
            if abs(mine - x.grad) > 1e-9 * x.grad:
                what = (
                    f"the gradient of x should be {number(x.grad)}; yours says {number(mine)} (from newest to oldest?)"
                )
                yield Culprit("ACCUMULATION", f"{text} at x = 3.0", what)

    def seed(self) -> Iterator[Culprit]:
        """Whether the backward pass starts with 1."""
        x, y = self.make(2.0), self.make(3.0)
        try:
            z = x + y
            z.backward()
            start, passed = _grad(z, "x + y"), (_grad(x, "x"), _grad(y, "y"))
        except Exception:  # whatever is wrong there will be seen
            return
        if start != 1 and passed == (start, start):
            what = f"backward() should start with the gradient 1 at the result; yours starts with {number(start)}"
            yield Culprit("ACCUMULATION", "x + y at x = 2.0, y = 3.0", what)


def check_engine(make: Callable[[float], Any]) -> Report:
    """Every operation of an engine that the table knows."""
    engine = Engine(make)
    checks: dict[str, InputCheck] = {}
    culprits = list(engine.seed())
    for op in engine.operations() if not culprits else ():
        found, wrong = _check(engine, op)
        checks |= found
        culprits += wrong or engine.sums(op)
    if not (checks or culprits):
        raise TypeError(f"{engine.name} has none of the operations of the table, such as + and .tanh()")
    return Report(checks, culprits + list(engine.reuse()) if checks else culprits, what="derivative")


def _check(engine: Engine, op: Operation) -> tuple[dict[str, InputCheck], list[Culprit]]:
    """One operation: with two Values, and if it is an operator, with a number in front; else with a number behind."""
    names = {i: f"d {op.name}/d{x}" for i, x in enumerate(op.operands)}
    ways: list[tuple[list[int], dict[int, str]]] = [(list(names), names)]
    if len(names) == 2 and hasattr(engine.of, f"__r{op.name}__"):
        ways.append(([1], {1: f"d r{op.name}/dy"}))
    checks: dict[str, InputCheck] = {}
    culprits: list[Culprit] = []
    for positions, called in ways:
        found, wrong = check_points(op, lambda operands, p=positions: engine.outcome(op, operands, p), called, LARGEST)  # type: ignore[misc]
        if positions == [0, 1] and all(check.slopes.reason for check in found.values()):
            only = {0: names[0]}  # powers often take plain numbers alone
            again, more = check_points(op, lambda operands: engine.outcome(op, operands, [0]), only, LARGEST)
            if not again[names[0]].slopes.reason:
                found, wrong = again, more
        checks |= found
        culprits += wrong
    return checks, culprits


def _grad(value: Any, name: str) -> float:
    return 0.0 if value.grad is None else _float(value.grad, f".grad of {name}")


def _float(number: Any, name: str) -> float:
    """A number of whatever kind an engine keeps: plain, or an array or a tensor of one."""
    return as_float(number.item() if hasattr(number, "item") else number, name)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _newer_first(x: Any) -> Any:
    h = x * x
    return h * (h + x)


def _older_first(x: Any) -> Any:
    h = x * x
    return (x + h) * h


_COMPANY: list[tuple[str, Callable[..., Any], Callable[[float], float], str]] = [
    ("({})·3", lambda three, z, x, *_: z * three, lambda slope: 3 * slope, "is the gradient of the result left out?"),
    ("({}) + x", lambda three, z, x, *_: z + x, lambda slope: slope + 1, "is = written for +=?"),
]
"""What the result z of an operation goes on to: in words, as code, and the gradient of its operand x then."""

_REUSED: dict[str, Callable[[Any], Any]] = {
    "h·(h + x) with h = x·x": _newer_first,
    "(x + h)·h with h = x·x": _older_first,
}
