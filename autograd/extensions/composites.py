"""Functions composed of several operations of the table.

`logsumexp` and `softmax` neither overflow nor lose digits; `take` is a lookup that can be recorded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any

from autograd.core.recording import functions
from autograd.core.table import DomainError
from autograd.core.value import Value, as_float, shown
from autograd.extensions.arrays import is_array
from autograd.extensions.tracing import is_tracing

__all__ = ["logsumexp", "softmax", "take"]


def logsumexp(x: Iterable[Value | float], /) -> Any:
    """``log(Σ exp(x))`` over a sequence: a Value if a term is one, else a float.

    Raises DomainError for an empty sequence.

    >>> round(logsumexp([1000.0, 1000.0]), 12)
    1000.69314718056
    >>> w = Value(0.0)
    >>> logsumexp([w, 0.0]).gradients([w])
    [0.5]
    """
    largest, powers = _powers("logsumexp", x)
    return functions["log"](functions["sum"](powers)) + largest


def softmax(x: Iterable[Value | float], /) -> list[Any]:
    """``exp(x[i]) / Σ exp(x)`` for each term of a sequence: a list of positive numbers that add up to 1.

    Raises DomainError for an empty sequence.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    _, powers = _powers("softmax", x)
    total = functions["sum"](powers)
    return [power / total for power in powers]


def take(table: Any, index: Any, /) -> Any:
    """``table[index]``, for an index that may be a Value, and in `vectorize` may differ from sample to sample.

    `table` is a list or an array of numbers, of rows, or of nested rows, of numbers and Values.  `index` is a whole
    number from 0 to ``len(table) - 1``: an int, a float or a Value; a list or an array of them gives a list of rows.
    The derivative with respect to the index is 0.

    While a function is recorded, each row is multiplied by 1 where ``index == k`` and by 0 elsewhere, and the products
    are added up.  In a program this is one matrix product; the result is nan for an index that is not in the table.

    Raises DomainError for an index that is not in the table, and TypeError for a table that is not a sequence.

    >>> w = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    >>> take(w, Value(1.0)) is w[1]
    True
    >>> take([10.0, 20.0, 30.0], [2, 0])
    [30.0, 10.0]
    """
    if not (isinstance(table, Sequence) or is_array(table)):
        raise TypeError(f"take(table, index): table must be a list or an array, not {shown(table)}")
    if not len(table):
        raise DomainError("take(table, index) is not defined for 0 rows: it needs n > 0")
    if is_array(index):
        index = index.tolist()
    if isinstance(index, list | tuple):
        return [take(table, each) for each in index]
    if is_tracing() and type(index) is Value:
        return _looked_up(table, index)
    call = f"take(table, {shown(index)})"
    position = index._number if type(index) is Value else as_float(index, call)
    if not (0 <= position < len(table) and position.is_integer()):
        needed = f"a whole number from 0 to {len(table) - 1}"
        raise DomainError(f"{call} is not defined at index = {position:.15g}: it needs {needed}")
    return table[int(position)]


def _looked_up(table: Sequence[Any], index: Any) -> Any:
    """The row at an unknown index: for each of its numbers, the sum of a column, of which one term is not 0."""
    chosen = [functions["where"](index == k, 1.0, 0.0) for k in range(len(table))]
    is_in_table = functions["sum"](chosen) > 0
    return _combined(table, lambda column: functions["where"](is_in_table, functions["dot"](chosen, column), math.nan))


def _combined(rows: Sequence[Any], function: Callable[[list[Any]], Any]) -> Any:
    """`function` applied to the numbers at the same place of each row, in the structure of one row."""
    first = rows[0]
    if not (isinstance(first, list | tuple) or is_array(first)):
        return function(list(rows))
    lengths = set(map(len, rows))
    if len(lengths) > 1:
        raise ValueError(f"take needs rows of the same length, not of {' and '.join(map(str, sorted(lengths)))}")
    parts = [_combined(column, function) for column in zip(*rows, strict=True)]
    if is_array(first):
        import numpy as np

        return np.array(parts, dtype=object)
    return tuple(parts) if isinstance(first, tuple) else parts


def _powers(name: str, x: Iterable[Value | float]) -> tuple[Any, list[Any]]:
    """The largest term, and exp of each term's distance from it; no derivative passes through the largest."""
    terms = list(x)
    if not terms:
        raise DomainError(f"{name}(x) is not defined for 0 terms: it needs n > 0")
    numbers = [term.detach() if type(term) is Value else term for term in terms] if is_tracing() else _numbers(terms)
    largest = reduce(functions["maximum"], numbers)
    if type(largest) is Value:
        is_infinite: Any = abs(largest) == math.inf  # type: ignore[comparison-overlap]
        largest = functions["where"](is_infinite, 0.0, largest)  # inf - inf would be nan
    elif math.isinf(largest):
        largest = 0.0
    return largest, [functions["exp"](term - largest) for term in terms]


def _numbers(terms: list[Any]) -> list[float]:
    return [term._number if type(term) is Value else term for term in terms]
