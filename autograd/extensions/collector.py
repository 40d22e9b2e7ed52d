"""Python's garbage collector, at rest while a large graph is built.

A graph has no reference cycles, and the collector would walk through all of it again and again as it grows.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

from autograd.core.state import collector
from autograd.extensions.interrupts import with_cleanup

__all__ = ["without_collector"]

T = TypeVar("T")


def without_collector(body: Callable[[], T]) -> T:
    """The result of `body()`, during which the collector rests.

    When the last thread that needs a pause is done, the collector is on again if it was on before.

    >>> without_collector(gc.isenabled), gc.isenabled()
    (False, True)
    """
    pause = object()

    def run() -> T:
        with collector.lock:
            if not collector.pauses:
                collector.was_on = gc.isenabled()
            collector.pauses.add(pause)
            gc.disable()
        return body()

    def end() -> None:
        with collector.lock:
            if collector.pauses == {pause} and collector.was_on:
                gc.enable()
            collector.pauses.discard(pause)

    return with_cleanup(run, end)
