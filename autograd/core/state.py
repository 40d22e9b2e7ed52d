"""All state of the engine that can change at module level, in one place.

The rest of the engine is fixed once its modules are loaded (the table, the functions made from it) or lies in the
Values themselves; caches can be emptied at any time without a difference in results.  Tracing, copying and the pauses
of the collector are extensions, whose state the core does not read; it is here so that all state can be seen in one
place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from autograd.core.value import Reader

__all__ = ["clock", "collector", "copying", "seams", "tracing"]

clock = count()
"""The counter of created Values.

Operands are always created before the node that uses them, so the order of creation is a topological order.
"""


class Seams:
    """The places where outer folders plug in."""

    reader: Reader
    """The `autograd.core.value.Reader`, which a tracing thread replaces by one that knows no numbers."""

    foreign: Callable[[Any, tuple[Any, ...]], Any] = lambda op, operands: NotImplemented
    """The result for operands that are not numbers, such as arrays; NotImplemented if there is none."""

    expression: Callable[[Any], str] = lambda value: f"{value.op.name}(...)"
    """The expression of the result of an operation, for messages."""

    last_change = -1
    """The time, by the `clock`, at which the number of any leaf was last changed."""

    outdated: ClassVar[list[tuple[Any, float]]] = []
    """Leaves that were changed while they had a gradient, each with that gradient; a few, for a warning."""


seams = Seams


class Tracing:
    """The threads that trace, in which no number of a Value is known."""

    threads: ClassVar[dict[int, list[Any]]] = {}
    """Per thread identifier, the unknown numbers of the functions that the thread traces, innermost last."""

    lock = threading.RLock()
    """Guards changes of `threads` and of the reader; never held while a function runs, which may take long, or fork."""


tracing = Tracing


class Collector:
    """The pauses of Python's garbage collector."""

    pauses: ClassVar[set[object]] = set()
    """Those that have begun and not ended, in all threads."""

    was_on = False
    """True if the collector has to be on again after the last of them."""

    lock = threading.RLock()
    """Guards both; never held while a graph is built."""


collector = Collector


class Copying(threading.local):
    """The list of nodes that is being copied in this thread; only depth and speed of copying depend on it."""

    start: Any = None


copying = Copying()
