"""Ctrl-C, which may arrive between any two instructions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import TypeVar

__all__ = ["locked", "with_cleanup"]

T = TypeVar("T")


def with_cleanup(body: Callable[[], T], cleanup: Callable[[], object]) -> T:
    """The result of `body()`, after which `cleanup()` is called, however `body` ends.

    A ``with`` statement misses a Ctrl-C that arrives as its ``__exit__`` begins; from Python 3.13 on, ``with`` and
    ``try`` both miss one that arrives as a loop in them jumps back.  Here two functions are called within a ``try``,
    and if Ctrl-C ends `cleanup`, it is called again: so it must do no harm where half of it has been done before, and
    must not have a loop in a ``with`` statement of its own.

    >>> on = {"tracing"}
    >>> with_cleanup(lambda: sorted(on), on.clear), on
    (['tracing'], set())
    """
    try:
        return body()
    finally:
        try:
            cleanup()
        except KeyboardInterrupt:
            cleanup()
            raise


def locked(lock: RLock, body: Callable[[], T]) -> T:
    """The result of `body()`, during which this thread holds the lock, also where Ctrl-C arrives as it acquires it."""

    def run() -> T:
        lock.acquire()
        return body()

    def release() -> None:
        with suppress(RuntimeError):  # where it is not held: it was not acquired yet, or is released already
            lock.release()

    return with_cleanup(run, release)
