"""A warning about searches in lists, which compare numbers: two Values of 2.0 are one to them."""

from __future__ import annotations

import dis
import sys
import warnings
from functools import lru_cache
from types import CodeType
from typing import Any

from autograd.core.state import seams
from autograd.core.value import Value

__all__ = ["equal"]

METHODS = ("index", "remove", "count")
"""The methods of lists that compare."""


def equal(value: Value, other: Any) -> Any:
    """The comparison ``value == other`` of two numbers.

    Warns if it finds two different Values equal for a list: for ``in`` or one of the `METHODS`.  A program that walks
    through a graph in this way would lose nodes.

    >>> Value(2.0) == Value(2.0), Value(2.0) in {Value(2.0)}
    (True, False)
    """
    result = seams.reader.compared("eq", value, other)
    if result is True and type(other) is Value and other is not value:
        frame = sys._getframe(1)
        if _is_search(frame.f_code, frame.f_lasti):
            warnings.warn(
                "a list is searched by ==, which compares numbers: two Values of the same number are one to it. Write "
                "any(v is node for node in nodes), or use a set, in which each Value is itself",
                stacklevel=2,
            )
    return result


@lru_cache(maxsize=256)
def _is_search(code: CodeType, offset: int) -> bool:
    """True if the instruction at this offset is ``in``, or calls one of the `METHODS`."""
    instruction = dis.opname[code.co_code[offset]]
    if "CALL" not in instruction:  # the others are ==, also of two lists
        return instruction == "CONTAINS_OP"
    before = [one for one in dis.get_instructions(code) if one.offset <= offset]
    places = [one.positions[::2] for one in before if one.positions]  # first line and first column
    return any(
        one.argval in METHODS and one.opname in ("LOAD_METHOD", "LOAD_ATTR") and place == places[-1]
        for one, place in zip(before, places, strict=False)
    )


setattr(Value, "__eq__", equal)
