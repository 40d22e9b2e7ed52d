"""The oracle: a case on Values, sample by sample, with infinities and nan where the engine raises."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Value
from autograd.core.graph import adjoints, newest_first
from autograd.core.state import seams
from autograd.core.table import Operation
from autograd.core.value import VALUES, Reader
from autograd.formula.systems import IEEE, NumberSystem
from tests.benchmarks.fuzzing.cases import Case, leaves, mapped

__all__ = ["Expected", "beyond_floats", "expected"]

Floats = NDArray[Any]


@dataclass
class Expected:
    """The results of a case per sample, the derivatives of the only result, and the sizes of their terms.

    `gradients` has an array per argument leaf, in the order of `leaves`; per sample for those of the batch.  `terms`
    is the largest number on the way, `smallest` and `largest` bound the sizes of all, `outside` is true if an
    operation was used outside of its domain, and `any_zero` if the sign of a zero is not specified.
    """

    values: Floats
    gradients: list[Floats] = field(default_factory=list)
    terms: float = 0.0
    smallest: float = 1.0
    largest: float = 1.0
    outside: bool = False
    any_zero: bool = False


def expected(case: Case, sizes: bool = False, lazy: bool = True, beyond: bool = True) -> Expected:
    """The results that the program has to compute; the `sizes` are measured only on request, as that takes time.

    Without `lazy`, derivatives inside the function go through both branches of ``where`` in a row of the table, as they
    do in array code; so the second derivative can be nan where a row excludes a point, such as 0 in x ** y.  With
    `beyond` false, operations raise where they are not defined.
    """
    f, n = case.function(), case.samples
    batched = [k in case.batch for k in case.arguments for _ in leaves(case.arguments[k])]
    values: list[list[float]] = []
    slopes: list[list[Floats]] = []
    result = Expected(np.empty(0))
    with beyond_floats(lazy) if beyond else nullcontext():
        for i in range(n):
            arrays: list[Any] = []
            inputs = {k: mapped(_reader(i if k in case.batch else None, arrays), x) for k, x in case.arguments.items()}
            returned = f(**inputs)
            roots = returned if isinstance(returned, list) else [returned]
            values.append([x.data if type(x) is Value else float(x) for x in roots])
            if len(roots) == 1:
                slopes.append([_slopes(roots[0], array) for array in arrays])
            for root in roots if sizes else ():
                if type(root) is Value:
                    _measure(root, result)
    result.values = np.array(values).T
    for is_batched, parts in zip(batched, zip(*slopes, strict=True), strict=False):
        with np.errstate(all="ignore"):
            result.gradients.append(np.stack(parts) / n if is_batched else np.sum(parts, axis=0) / n)
    return result


def _reader(i: int | None, arrays: list[Any]) -> Callable[[Any], Any]:
    """The conversion of an array, or of its sample i, to nested lists of Values, which are also added to `arrays`."""

    def nested(x: Any) -> Any:
        numbers = np.asarray(x, dtype=float)
        arrays.append(np.vectorize(Value, otypes=[object])(numbers if i is None else numbers[i]))
        return arrays[-1].tolist()

    return nested


def _slopes(root: Any, values: Any) -> Floats:
    flat = values.ravel().tolist()
    slopes = root.gradients(flat) if type(root) is Value else [0.0] * len(flat)
    return np.array(slopes, dtype=float).reshape(values.shape)


def _measure(root: Value, result: Expected) -> None:
    """Update the sizes by those of the numbers that lead to `root`."""
    nodes = newest_first(root)
    upstream = adjoints(root, nodes, lambda node: [(x, abs(local)) for x, local in node.edges])
    numbers = [abs(x.data) for x in upstream]
    for node in nodes:
        result.outside |= not node.op.is_defined([x.data if type(x) is Value else float(x) for x in node.args])
        result.any_zero |= _is_any_zero(node)
        for _, local in node.edges:
            numbers += [abs(local), abs(local) * upstream.get(node, 0.0)]
    sizes = [x for x in [*numbers, *upstream.values()] if math.isfinite(x) and x]
    result.terms = max([result.terms, *sizes])
    result.largest = max([result.largest, *sizes])
    result.smallest = min([result.smallest, *sizes])


def _is_any_zero(node: Value) -> bool:
    """True for zeros whose sign depends on the order of additions, on the choice between two zeros, or on the root."""
    if node.data != 0:
        return False
    if node.op.name in ("maximum", "minimum", "relu", "leaky_relu", "softplus"):
        return True
    is_sum = node.op.nary or node.op.name == "add"
    return math.copysign(1, node.data) < 0 if is_sum else node.op.name == "pow" and node.args[1] == 0.5


@contextmanager
def beyond_floats(lazy: bool = True) -> Iterator[None]:
    """Operations give infinities and nan where they would raise, as array code does."""
    compute, reader = Operation.compute, seams.reader

    def quiet(op: Operation, numbers: Sequence[float], describe: Callable[[], str] = str) -> float:
        try:
            return compute(op, numbers, describe)
        except (ArithmeticError, ValueError):
            if op.nary:
                raise
            z = float(op.value.over(IEEE)(*numbers))
            return z if op.is_built_in or op.is_defined(numbers) else math.nan

    setattr(Operation, "compute", quiet)
    seams.reader = reader if lazy else _Reader()
    try:
        yield
    finally:
        setattr(Operation, "compute", compute)
        seams.reader = reader


class _Reader(Reader):
    """Derivatives that can be differentiated again, with both branches of each choice."""

    def system(self) -> NumberSystem:
        logic = {
            "logical_and": operator.and_,
            "logical_or": operator.or_,
            "equal": operator.eq,
            "not_equal": operator.ne,
        }
        return NumberSystem("Values, both branches", VALUES.functions | logic, lazy=False)
