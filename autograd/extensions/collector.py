"""Python's garbage collector, at rest while a large graph is built.

A graph has no reference cycles, and the collector would walk through all of it again and again as it grows.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

from autograd.core.state import collector
from autograd.extensions.interrupts import locked, with_cleanup

__all__ = ["without_collector"]

T = TypeVar("T")


def without_collector(body: Callable[[], T]) -> T:
    """The result of `body()`, during which the collector rests.

    When the last thread that needs a pause is done, the collector is on again if it was on before.

    >>> without_collector(gc.isenabled), gc.isenabled()
    (False, True)
    """
    pause = object()

    def begin() -> None:
        if not collector.pauses:
            collector.was_on = gc.isenabled()
        collector.pauses.add(pause)
        gc.disable()

    def end() -> None:
        if collector.pauses == {pause} and collector.was_on:
            gc.enable()
        collector.pauses.discard(pause)

    def run() -> T:
        locked(collector.lock, begin)
        return body()

    return with_cleanup(run, lambda: locked(collector.lock, end))
