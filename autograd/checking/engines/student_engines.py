"""The check of another engine, such as a student's: every operation that it has, against the table.

An engine is any class whose objects hold ``.data`` and ``.grad``, compute with ``+ - * / **`` and methods such as
``.tanh()``, and have ``.backward()``, as micrograd's do.  An operation is right if three things hold: alone, its
result and its derivatives are those of its row; if its result is used three times, the gradient is three times
as large; and if it is added to its own operand, their gradients add up.

`Engine` computes with single numbers.  What else can go wrong with arrays stands in
`autograd.checking.engines.array_engines`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isclose
from typing import Any

from autograd.checking.audit import Culprit, operand_numbers, operand_positions, wrong_result, wrong_slope
from autograd.checking.function_target import FunctionTarget
from autograd.checking.operation_check import Outcome, points
from autograd.checking.verdicts import InputCheck
from autograd.core.table import OPERATIONS, Operation
from autograd.core.value import as_float, shown
from autograd.formula.typesetting import number

__all__ = ["Engine", "described"]

LARGEST = 3
"""Exponent of 2 up to which operands go: textbook forms such as 1 - tanh(x)² are right, but lose digits beyond."""

ROUNDED = 1e-6
"""Relative difference that may be due to rounding: an engine may compute in single precision."""

_FIRST = ("add", "mul", "pow", "neg")
"""The operations that others are often built from."""


class Engine:
    """Another engine's class of Values, called one operation at a time.  Raises TypeError if it cannot be an engine."""

    largest, rounded = LARGEST, ROUNDED
    digits: int | None = None
    """The number of significant digits that its gradients have; None for those of double precision."""

    def __init__(self, make: Callable[[Any], Any], example: Any = 0.5) -> None:
        self.make: Callable[[Any], Any] = make
        self.element: Callable[[Any], Any] | None = make
        self.name = getattr(make, "__name__", None) or shown(make)
        try:
            value = make(example)
        except Exception as error:
            raise TypeError(
                f"gradcheck creates Values with {self.name}(0.5), which raised {described(error)}"
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
        self.backward(result)
        slopes = {i: self.grad(inputs[i], op.operands[i]) for i in positions}
        return self.number(result.data, f".data of {op.written}"), slopes

    def backward(self, result: Any) -> None:
        """Run the backward pass from one number."""
        result.backward()

    def number(self, data: Any, name: str) -> float:
        """The number that the engine stores: plain, or in an array or tensor with one element."""
        return as_float(data.item() if hasattr(data, "item") else data, name)

    def grad(self, value: Any, name: str) -> float:
        """The gradient of a Value; None counts as zero."""
        return 0.0 if value.grad is None else self.number(value.grad, f".grad of {name}")

    def on_arrays(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """`f` as a function of NumPy arrays: an engine of single numbers computes with their elements."""
        return f

    def gradients(
        self, f: Callable[..., Any], call: Callable[..., Any], numbers: Mapping[str, float]
    ) -> tuple[float, dict[str, float], Sequence[Culprit]]:
        """The result of ``call(f, inputs)``, its gradients, and the mistakes in their shapes."""
        inputs = {name: self.make(x) for name, x in numbers.items()}
        result = self.backpropagated(lambda: call(f, inputs.values()))
        return self.number(result.data, "the result"), {name: self.grad(x, name) for name, x in inputs.items()}, ()

    def backpropagated(self, compute: Callable[[], Any]) -> Any:
        """The result of a function of the user, after the backward pass from it."""
        try:
            result = compute()
            if hasattr(result, "backward"):
                self.backward(result)
        except Exception as error:
            raise TypeError(
                f"with the Values of {self.name} the function raised {described(error)}; use what the class has, "
                "methods such as x.tanh() rather than functions of autograd, and x * 2.0 only if * takes plain numbers"
            ) from error
        if not hasattr(result, "backward"):
            raise TypeError(f"with the Values of {self.name} f returned {shown(result)}, which has no .backward()")
        return result

    def culprits(self, target: FunctionTarget) -> list[Culprit]:
        """The mistakes in the operations of a recorded function."""
        assert target.graph
        graph, culprits = target.graph, list(self.seed())
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
                what = wrong_result(op, operands, result, slopes, rounded=self.rounded)
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

    def shape_checks(self, sound: Sequence[str]) -> tuple[Mapping[str, InputCheck], list[Culprit], list[str]]:
        """The checks on arrays, the mistakes, and advice: none for an engine of single numbers."""
        return {}, [], []

    def additions(self) -> Iterator[Culprit]:
        """The mistake in the gradients of sums of sums: they must add up, in the right order."""
        x = 3.0
        for text, f, expected, question in _ADDITIONS:
            value = self.make(x)
            try:
                self.backward(f(value))
                mine = self.grad(value, "x")
            except Exception:  # there is no addition
                return
            if not isclose(mine, expected, rel_tol=self.rounded):
                numbers = f"should be {number(expected)}; yours says {number(mine)}"
                yield Culprit("ACCUMULATION", f"{text} at x = {number(x)}", f"the gradient of x {numbers} ({question})")
                return

    def company(self, op: Operation) -> Iterator[Culprit]:
        """The mistakes of one operation when its result is used three times, or its operand once more."""
        for operands in points(op, self.largest):
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
                if not isclose(mine, expected, rel_tol=self.rounded, abs_tol=self.rounded * abs(slope)):
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
            start, passed = self.grad(z, "x + y"), (self.grad(x, "x"), self.grad(y, "y"))
        except Exception:  # the check of the operations reports this
            return
        if start != 1 and passed == (start, start):
            what = f"backward() should start with the gradient 1 at the result; yours starts with {number(start)}"
            yield Culprit("ACCUMULATION", "x + y at x = 2.0, y = 3.0", what)


def described(error: Exception) -> str:
    """An error as Python shows it, such as ``NameError: name 'y' is not defined``."""
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
