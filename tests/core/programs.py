"""Random scalar programs: legal by construction, of all magnitudes, with shared subexpressions.

A program is a list of numbers for the leaves and a list of steps ``(operation, operand positions)``.
Each step is drawn among the operations that are defined, smooth and of moderate size for the
numbers computed so far, so that nothing has to be filtered away afterwards.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.core.recording import functions
from autograd.core.table import OPERATIONS, Operation
from autograd.core.value import Value
from autograd.formula.systems import NumberSystem, mpmath

SMALL, LARGE = 1e-12, 1e12
"""Between these sizes every intermediate number stays, unless it is exactly zero."""


@dataclass
class Program:
    leaves: list[float]
    steps: list[tuple[str, list[int]]]

    def run(self, inputs: Sequence[Any], operations: Mapping[str, Callable[..., Any]] = functions) -> list[Any]:
        """All values in order, the inputs first and the result last."""
        values = list(inputs)
        for name, positions in self.steps:
            operands = [values[i] for i in positions]
            values.append(apply(operations[name], OPERATIONS[name], operands))
        return values

    def values(self) -> tuple[list[Value], Value]:
        """The program as a graph: its leaves and its root."""
        leaves = [Value(x) for x in self.leaves]
        return leaves, self.run(leaves)[-1]

    def slopes(self) -> list[tuple[float, float]]:
        """The slopes to the left and to the right of each leaf, by differences of numbers with 100 digits."""
        system = mpmath(100)
        number = system.number
        formulas = {
            name: (lambda *operands, op=OPERATIONS[name]: _computed(op, operands, system)) for name, _ in self.steps
        }
        found = []
        for i, x in enumerate(self.leaves):
            step = number(abs(x)) * number("1e-40")
            ends = []
            for shift in (-step, 0, step):
                moved = [number(y) + (shift if j == i else 0) for j, y in enumerate(self.leaves)]
                ends.append(self.run(moved, formulas)[-1])
            found.append((float((ends[1] - ends[0]) / step), float((ends[2] - ends[1]) / step)))
        return found


def _computed(op: Operation, operands: Sequence[Any], system: NumberSystem) -> Any:
    flat = [x for column in operands for x in column] if op.nary else operands
    return op.value.over(system)(*op.arguments(flat))


def apply(function: Callable[..., Any], op: Operation, operands: list[Any]) -> Any:
    """Call a function of the table, n-ary or not, on a flat list of operands."""
    if not op.nary:
        return function(*operands)
    return function(*op.columns(operands))


def random_number(source: random.Random, spread: int = 6) -> float:
    """Sign × mantissa × 2^exponent: all magnitudes are equally likely."""
    return source.choice((-1, 1)) * source.uniform(1, 2) * 2.0 ** source.randint(-spread, spread)


def random_program(source: random.Random, leaves: int = 3, steps: int = 8) -> Program:
    numbers = [random_number(source) for _ in range(source.randint(1, leaves))]
    program = Program(list(numbers), [])
    for _ in range(source.randint(1, steps)):
        name, positions, result = next(_legal_steps(source, numbers))
        program.steps.append((name, positions))
        numbers.append(result)
    return program


def _legal_steps(source: random.Random, numbers: list[float]) -> Iterator[tuple[str, list[int], float]]:
    names = [name for name in OPERATIONS if name != "where"]
    source.shuffle(names)
    for name in [*names, "sigmoid"]:  # a sigmoid is legal anywhere
        op = OPERATIONS[name]
        terms = source.randint(1, 4) if op.nary else 1
        # Mostly the newest numbers, so that programs grow deep, but any may be used again.
        positions = [
            max(source.randrange(len(numbers)), source.randrange(len(numbers))) for _ in range(terms * len(op.operands))
        ]
        operands = [numbers[i] for i in positions]
        if is_smooth(op, operands):
            result = apply(functions[name], op, operands)
            if result == 0 or SMALL < abs(result) < LARGE:
                yield name, positions, result
    raise AssertionError("no operation is legal here")


def is_smooth(op: Operation, operands: Sequence[float]) -> bool:
    """Inside the domain, away from its edge and from kinks, with slopes of moderate size, and without cancellation."""
    if op.nary:
        return _is_well_conditioned(op, operands)
    nearby = [[x * (1 + shift) for x in operands] for shift in (-1e-3, 0, 1e-3)]
    if not all(op.is_defined(point) for point in nearby):
        return False
    if op.name in ("pow", "xlogy", "xlog1py") and (
        operands[0] <= 0 or abs(operands[0] - 1) < 1e-3 or abs(operands[1]) > 30
    ):
        return False
    if op.name in ("exp", "expm1", "sinh", "cosh", "softplus", "sigmoid", "tanh") and abs(operands[0]) > 30:
        return False
    if op.name == "erf" and abs(operands[0]) > 3:
        return False
    if op.name in ("sin", "cos", "tan") and abs(operands[0]) > 1e3:
        return False
    if op.name == "floor" and operands[0] == math.floor(operands[0]):
        return False
    if op.name in ("mod", "floordiv"):
        turns = operands[0] / operands[1]
        return 1e-2 < abs(turns) < 20 and abs(turns - round(turns)) > 1e-2
    if op.kink or op.name in ("cbrt", "arctan2", "leaky_relu", "truediv"):
        x, y = operands[0], operands[-1] if len(operands) > 1 else 0.0
        if min(abs(x), abs(x - y)) < 1e-3 * max(abs(x), abs(y)) or x == 0:
            return False
    return _is_well_conditioned(op, operands)


def _is_well_conditioned(op: Operation, operands: Sequence[float]) -> bool:
    """Slopes of moderate size, and a relative error of an operand does not become one that is 1,000 times as large."""
    try:
        z = op.compute(operands)
        slopes = op.derivatives(z, operands)
    except (ArithmeticError, ValueError):
        return False
    return all(
        math.isfinite(slope) and (slope == 0 or SMALL < abs(slope) < LARGE) and abs(x * slope) <= 1e3 * abs(z)
        for x, slope in zip(operands, slopes, strict=True)
    )
