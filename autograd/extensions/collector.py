"""Python's garbage collector, at rest while a large graph is built.

A graph has no reference cycles, and the collector would walk through all of it again and again as it grows.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from autograd.core.state import collector

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector; when the last thread that needs the pause is done, it is on again if it was on before.

    >>> with collector_paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    with collector.lock:
        if not collector.running:
            collector.was_on = gc.isenabled()
        collector.running += 1
        gc.disable()
    try:
        yield
    finally:
        with collector.lock:
            collector.running -= 1
            if collector.was_on and not collector.running:
                gc.enable()
