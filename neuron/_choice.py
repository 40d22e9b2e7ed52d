"""Choosing something by its name, with help for those who mistype it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def choose(kind: str, name: object, known: Mapping[str, T]) -> T:
    """`known[name]`, or a ValueError that lists what is known and suggests the nearest.

    >>> choose("loss", "hing", {"hinge": 1, "huber": 2})
    Traceback (most recent call last):
        ...
    ValueError: unknown loss 'hing': did you mean 'hinge'? Known are hinge, huber
    """
    if isinstance(name, str) and name in known:
        return known[name]
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ValueError(f"unknown {kind} {name!r}: {hint}Known are {', '.join(known)}")
