"""Tracing: a function runs once, on Values whose numbers nobody knows yet, to see what it computes.

The record must hold for every sample.  So while a thread traces, comparisons are recorded like any operation
(for `where` to choose by), and whatever would fix a number or a branch for good is refused by a `TracingError` that
names the line.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock, get_ident
from types import FrameType
from typing import TYPE_CHECKING

from autograd.formula import Formula
from autograd.ops import Operation

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = [
    "CONDITIONS",
    "DETACH",
    "TracingError",
    "is_condition",
    "is_tracing",
    "refusal_of_branch",
    "refusal_of_number",
    "tracing",
]

_NEITHER = (Formula("0", ("x", "y", "z")),) * 2

CONDITIONS = {
    name: Operation(name, ("x", "y"), Formula(f"x {sign} y", ("x", "y")), _NEITHER)
    for name, sign in {
        **{"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="},
        **{"and": "and", "or": "or"},
    }.items()
}
"""What ``x > y`` and its like are recorded as, under the names of Python's methods; true is 1 and false 0."""


def is_condition(op: Operation | None) -> bool:
    """Whether this is one of the `CONDITIONS`, rather than somebody's operation of the same name."""
    return op is not None and CONDITIONS.get(op.name) is op


DETACH = Operation("detach", ("x",), Formula("x", ("x",)), (Formula("0", ("x", "z")),))
"""A number through which no derivative passes."""

_lock = RLock()
_thread = 0  # the one that traces; 0: none


class TracingError(TypeError):
    """A traced function wanted to know a number, which differs from sample to sample and from call to call."""


@contextmanager
def tracing() -> Iterator[None]:
    """Whatever this thread computes with Values is being traced."""
    global _thread  # noqa: PLW0603
    with _lock:
        before, _thread = _thread, get_ident()
        try:
            yield
        finally:
            _thread = before


def is_tracing() -> bool:
    """Whether this thread is tracing."""
    return _thread != 0 and _thread == get_ident()


def refusal_of_branch(condition: Value) -> TracingError:
    """The error for ``if x > 0``: the one record cannot take one way for some samples and another for others."""
    op = condition.op
    if op is not None and is_condition(op):
        text = f" {op.value.text.split()[1]} ".join(map(_text, condition.args))
    else:
        text = _text(condition)
    return TracingError(
        f"{_place()}\n"
        f"Whether {text} is not known here: the function is recorded once, for all samples and calls. Write "
        f"where({text}, a, b), with the where of autograd, which chooses sample by sample; & for and, | for or; "
        "maximum and minimum for max and min."
    )


def refusal_of_number(value: Value, what: str, instead: str) -> TracingError:
    """The error for what asks a Value for its number, such as ``x.data``."""
    return TracingError(
        f"{_place()}\n"
        f"The {what} of {_text(value)} is not known here: the function is recorded once, for all samples and calls. "
        f"{instead}"
    )


def _text(operand: Value | float) -> str:
    from autograd.notation import expression, number

    if isinstance(operand, float | int):
        return number(operand)
    return operand.label or expression(operand)


def _place() -> str:
    """The line of the user's code that is being run."""
    frame: FrameType | None = sys._getframe(1)
    here = os.path.dirname(__file__) + os.sep
    while frame is not None and (
        frame.f_code.co_filename.startswith((here, "<autograd"))
        or frame.f_globals.get("__name__", "").partition(".")[0] == "numpy"
    ):
        frame = frame.f_back
    if frame is None:
        return "in code without source"
    code, line = frame.f_code, frame.f_lineno
    source = linecache.getline(code.co_filename, line, frame.f_globals).strip()
    return f"{os.path.basename(code.co_filename)}, line {line}, in {code.co_name}" + (f": {source}" if source else "")
