"""Python's garbage collector, at rest while a large graph is built.

A graph has no reference cycles, and the collector would walk through all of it again and again as it grows.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

__all__ = ["collector_paused"]

_lock = Lock()
_pauses = {"running": 0, "was on": 0}


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector; when the last thread that needs the pause is done, it is on again if it was on before.

    >>> with collector_paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    with _lock:
        if not _pauses["running"]:
            _pauses["was on"] = gc.isenabled()
        _pauses["running"] += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _pauses["running"] -= 1
            if _pauses["was on"] and not _pauses["running"]:
                gc.enable()
