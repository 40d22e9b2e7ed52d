"""A cache of limited size."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["Latest"]

Key = TypeVar("Key")
Item = TypeVar("Item")


class Latest(dict[Key, Item]):
    """A dict of the `SIZE` items that were entered last; to enter a key again makes its item the latest.

    Several threads may use it at once.

    >>> squares = Latest()
    >>> for n in range(100):
    ...     squares[n] = n * n
    >>> len(squares), 0 in squares, squares[99]
    (64, False, 9801)
    """

    SIZE = 64

    def __setitem__(self, key: Key, item: Item) -> None:
        self.pop(key, None)
        super().__setitem__(key, item)
        for oldest in list(self)[: -self.SIZE]:  # a copy: another thread may enter something meanwhile
            self.pop(oldest, None)
