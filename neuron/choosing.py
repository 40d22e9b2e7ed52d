"""Choosing something by its name, with a suggestion for a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TypeVar

from autograd.extend import shown

__all__ = ["choose"]

T = TypeVar("T")


def choose(kind: str, name: object, known: Mapping[str, T]) -> T:
    """Return `known[name]`, or raise a ValueError that suggests the nearest name and lists all.

    >>> choose("loss", "hing", {"hinge": 1, "huber": 2})
    Traceback (most recent call last):
        ...
    ValueError: unknown loss 'hing': did you mean 'hinge'? Known losses: hinge, huber
    """
    if isinstance(name, str) and name in known:
        return known[name]
    text = name if isinstance(name, str) else shown(name)
    near = difflib.get_close_matches(text[:60], known, n=1)
    hint = f": did you mean {near[0]!r}?" if near else "."
    plural = f"{kind}es" if kind.endswith("s") else f"{kind}s"
    raise ValueError(f"unknown {kind} {shown(name)}{hint} Known {plural}: {', '.join(known)}")
