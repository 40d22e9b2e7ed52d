"""Functions composed of several operations of the table, in a form that neither overflows nor loses digits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import reduce
from typing import Any

from autograd.core.recording import functions
from autograd.core.table import DomainError
from autograd.core.value import Value
from autograd.extensions.tracing import is_tracing

__all__ = ["logsumexp", "softmax"]


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


def _powers(name: str, x: Iterable[Value | float]) -> tuple[Any, list[Any]]:
    """The largest term, and exp of each term's distance from it; no derivative passes through the largest."""
    terms = list(x)
    if not terms:
        raise DomainError(f"{name}(x) is not defined for 0 terms: it needs n > 0")
    numbers = [term.detach() if type(term) is Value else term for term in terms] if is_tracing() else _numbers(terms)
    largest = reduce(functions["maximum"], numbers)
    if type(largest) is not Value and math.isinf(largest):
        largest = 0.0  # inf - inf would be nan
    return largest, [functions["exp"](term - largest) for term in terms]


def _numbers(terms: list[Any]) -> list[float]:
    return [term._number if type(term) is Value else term for term in terms]
