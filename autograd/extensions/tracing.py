"""Tracing: a function runs once, on Values whose numbers are unknown, to record its operations.

The record must be valid for every sample and every call.  So while a thread traces, comparisons are recorded like any
operation (as conditions of `where`), so are Python's `max` and `min`, and anything else that would fix a number or a
branch raises a `TracingError` that names the line.  Any result computed from an unknown number is unknown itself.
"""

from __future__ import annotations

import builtins
import numbers
import operator
import os
from collections import ChainMap
from collections.abc import Callable
from functools import reduce, wraps
from threading import RLock, get_ident
from typing import Any, NoReturn, TypeVar

from autograd.core import state
from autograd.core.recording import functions, record
from autograd.core.state import clock, seams
from autograd.core.table import Operation
from autograd.core.value import VALUES, Reader, Value, is_real, label_of
from autograd.extensions.advice import advice, note, place
from autograd.extensions.arrays import is_array
from autograd.extensions.expressions import expression
from autograd.extensions.interrupts import locked, with_cleanup
from autograd.formula.language import Formula
from autograd.formula.systems import NumberSystem
from autograd.formula.typesetting import number

__all__ = ["CONDITIONS", "DETACH", "TracingError", "Unknown", "argument", "is_condition", "is_tracing", "traced"]

T = TypeVar("T")

_ZERO = Formula("0", ("x", "y", "z"))

CONDITIONS = {
    name: Operation(name, ("x", "y"), Formula(f"x {sign} y", ("x", "y")), (_ZERO, _ZERO), is_operator=True)
    for name, sign in {
        **{"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="},
        **{"and": "and", "or": "or"},
    }.items()
}
"""The operations that record comparisons such as ``x > y``, by the names of Python's methods; true is 1, false 0."""

DETACH = Operation("detach", ("x",), Formula("x", ("x",)), (Formula("0", ("x", "z")),))
"""A number through which no derivative passes."""


_LOGIC: dict[str, Any] = {
    "logical_and": operator.and_, "logical_or": operator.or_, "equal": operator.eq, "not_equal": operator.ne
}  # fmt: skip


WATCHED = 2**15
"""Number of function calls after which the progress is reported."""


class TracingError(TypeError):
    """A traced function needs the number of a Value, which differs from sample to sample and from call to call."""


class Unknown:
    """The unknown number of the arguments of one traced function, and of all results of them.

    While the function is traced, arithmetic returns the same object, and any other operation raises an error, upon
    which the engine records the operation without a number.  Afterwards both raise TracingError, since a Value of the
    function was used outside it.
    """

    __slots__ = ("calls", "start", "title", "watch")

    def __init__(self, title: str, watch: Callable[[int], None] | None = None) -> None:
        self.title, self.watch, self.calls, self.start = title, watch, 0, next(clock)

    def count(self) -> None:
        """Report from time to time how many operations have been recorded."""
        self.calls += 1
        if self.watch and not self.calls % WATCHED:
            self.watch(next(clock) - self.start)

    def __repr__(self) -> str:
        return "unknown"

    def __format__(self, spec: str) -> str:
        return "unknown"

    def _unknown(self, other: Any = None) -> Any:
        if self is not _innermost() or (type(other) is Unknown and other is not self):
            self._raise()
        return self

    def _raise(self, *_: Any) -> NoReturn:
        if self is _innermost():
            raise TypeError("not known")  # the engine then records the operation without a number
        raise TracingError(
            f"{place()}\n"
            f"This Value was computed inside {self.title} while it was recorded, and has no number outside it. "
            "Return it from the function instead of storing it."
        )

    def __reduce__(self) -> NoReturn:
        raise TracingError(
            f"{place()}\nA Value of {self.title} cannot be copied while the function is recorded: use the Value itself."
        )

    __bool__ = __float__ = __abs__ = __floor__ = _raise
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _raise
    __neg__ = __pos__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _unknown
    __truediv__ = __rtruediv__ = __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = _unknown
    __hash__ = object.__hash__


numbers.Real.register(Unknown)  # so that a conversion to float ends in the TracingError

_TRACED = NumberSystem("traced Values", ChainMap(_LOGIC, VALUES.functions), lazy=False)  # type: ignore[arg-type]
"""Values whose comparisons are recorded, so that both branches of ``where`` are computed."""


class _Tracing(Reader):
    """The answers of Values in a thread that traces: comparisons are recorded, all else raises TracingError."""

    def number(self, value: Value, purpose: str) -> float:
        if is_tracing():
            what = "gradient" if purpose == "gradient" else "number"
            raise _not_known(f"The {what} of {_text(value)}", purpose, _text(value))
        return super().number(value, purpose)

    def truth(self, value: Value) -> bool:
        if not is_tracing():
            return super().truth(value)
        if is_condition(value.op):
            text = f" {value.op.value.text.split()[1]} ".join(map(_text, value.args))
        else:
            text = _text(value)
        raise _not_known(f"Whether {text}", "truth", text)

    def compared(self, name: str, value: Value, other: Any) -> Any:
        if not is_tracing():
            return super().compared(name, value, other)
        if name in ("and", "or"):
            if isinstance(other, bool):
                return value if other is (name == "and") else other
            return record(CONDITIONS[name], value, other) if type(other) is Value else NotImplemented
        is_known = type(other) is Value or is_real(other) or is_array(other)
        return record(CONDITIONS[name], value, other) if is_known else NotImplemented

    def computed(self, op: Operation, operands: list[Any], describe: Callable[[], str]) -> tuple[Any, Any]:
        current = _innermost()
        unknown: list[Any] = [x for x in operands if isinstance(x, Unknown)]
        if current is None or not unknown:
            return super().computed(op, operands, describe)
        for x in unknown:
            if x is not current:
                x._raise()  # of another function
        current.count()
        return current, [current] * len(operands)

    def detach(self, value: Value) -> Any:
        return record(DETACH, value) if is_tracing() else super().detach(value)

    def system(self) -> NumberSystem:
        return _TRACED if is_tracing() else super().system()


_NOTHING = [None]


def _innermost() -> Any:
    """The unknown number of the function that this thread traces, or None."""
    return state.tracing.threads.get(get_ident(), _NOTHING)[-1]


_PLAIN, _TRACING = seams.reader, _Tracing()


def traced(body: Callable[[Unknown], T], title: str = "the function", watch: Callable[[int], None] | None = None) -> T:
    """The result of `body`, during which everything that this thread computes with Values is traced.

    It is called with the unknown number of the function `title`.  From time to time, `watch` is called with the number
    of operations so far.
    """
    unknown, thread = Unknown(title, watch), get_ident()

    def begin() -> None:
        state.tracing.threads.setdefault(thread, []).append(unknown)
        _switch()

    def end() -> None:
        functions = state.tracing.threads.get(thread, [])
        if functions and functions[-1] is unknown:
            functions.pop()
        if not functions:
            state.tracing.threads.pop(thread, None)
        _switch()

    def run() -> T:
        locked(state.tracing.lock, begin)
        try:
            return body(unknown)
        except Exception as error:
            if (text := note(error)) and text not in getattr(error, "__notes__", ()):
                error.add_note(text)
            raise

    return with_cleanup(run, lambda: locked(state.tracing.lock, end))


def _switch() -> None:
    """Let the reader, and the max and min of Python, record as long as any thread traces."""
    is_on = bool(state.tracing.threads)
    seams.reader = _TRACING if is_on else _PLAIN
    for name, (usual, recording) in _EXTREMES.items():
        if getattr(builtins, name) is (usual if is_on else recording):  # not another function in its place
            setattr(builtins, name, recording if is_on else usual)


def _recording(usual: Callable[..., Any], exceeds: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """`max` or `min` that chooses between Values by `where` in a thread that traces, and is the `usual` elsewhere."""

    @wraps(usual)
    def extreme(*operands: Any, **options: Any) -> Any:
        if not is_tracing() or not operands or options.get("key") is not None:
            return usual(*operands, **options)
        terms = list(operands[0]) if len(operands) == 1 else operands
        if Value not in map(type, terms):
            return usual(terms, **options)
        return reduce(lambda first, other: functions["where"](exceeds(other, first), other, first), terms)

    return extreme


_EXTREMES = {
    "max": (builtins.max, _recording(builtins.max, operator.gt)),
    "min": (builtins.min, _recording(builtins.min, operator.lt)),
}


def _after_fork() -> None:
    """Keep only the current thread: in the child of a fork there is no other, and the lock is free."""
    state.tracing.lock = RLock()
    for thread in [*state.tracing.threads]:
        if thread != get_ident():
            del state.tracing.threads[thread]
    _switch()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def is_tracing() -> bool:
    """True in a thread that traces."""
    return get_ident() in state.tracing.threads


def is_condition(op: Operation) -> bool:
    """True for one of the `CONDITIONS`, but not for a user's operation of the same name."""
    return CONDITIONS.get(op.name) is op


def argument(unknown: Unknown, label: str) -> Value:
    """A leaf with an unknown number."""
    leaf = Value(0.0, label)
    leaf._number = unknown  # type: ignore[assignment]
    return leaf


def _not_known(subject: str, purpose: str, text: str) -> TracingError:
    return TracingError(
        f"{place()}\n"
        f"{subject} is not known here: the function is recorded once, for all samples and calls. "
        f"{advice(purpose, text, _innermost().title)}"
    )


def _text(operand: Value | float) -> str:
    if isinstance(operand, float | int):
        return number(operand)
    return label_of(operand) or expression(operand)
