"""Requirements: conditions on the arguments of a function, checked in each call, also while it is recorded."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd.core.recording import functions
from autograd.core.value import Value
from autograd.extensions.tracing import is_tracing

__all__ = ["require"]


def require(condition: Any, value: Any, message: str | Callable[[], str]) -> Any:
    """Return `value`, or raise ValueError with the `message` unless the `condition` holds.

    While `vectorize` records a function, the outcome of a comparison is not known: it differs from sample to sample.
    The result is then ``where(condition, value, nan)``: nan for exactly the samples that violate the condition.

    `message` is a string or, if it takes time or needs numbers that are not known while recording, a function that
    returns one.

    >>> def root(x):
    ...     return require(x >= 0, x, lambda: f"root needs x >= 0, not {x}") ** 0.5
    >>> root(4.0)
    2.0
    >>> root(-4.0)
    Traceback (most recent call last):
        ...
    ValueError: root needs x >= 0, not -4.0
    """
    if is_tracing() and type(condition) is Value:
        return functions["where"](condition, value, math.nan)
    if not condition:
        raise ValueError(message() if callable(message) else message)
    return value
