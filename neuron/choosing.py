"""Choosing something by its name, or by the name that it has in other libraries."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TypeVar

from autograd.extend import shown

__all__ = ["choose", "known_name"]

T = TypeVar("T")


def choose(
    kind: str,
    name: object,
    known: Mapping[str, T],
    short: Mapping[str, str] | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> T:
    """Return `known[name]`, or raise a ValueError that suggests the nearest name and lists all.

    Upper and lower case are the same.  `short` names are listed beside the names they stand for.  `elsewhere` holds
    names of other libraries: each with the name here, or with what to write instead.

    >>> choose("loss", "Hinge", {"hinge": 1, "huber": 2})
    1
    >>> choose("loss", "hing", {"hinge": 1, "huber": 2}, short={"hu": "huber"})
    Traceback (most recent call last):
        ...
    ValueError: unknown loss 'hing': did you mean 'hinge'? Known losses: hinge, huber (hu)
    >>> choose("loss", "rmse", {"hinge": 1}, elsewhere={"rmse": "write hinge"})
    Traceback (most recent call last):
        ...
    ValueError: unknown loss 'rmse': write hinge
    """
    return known[known_name(kind, name, known, short or {}, elsewhere or {})]


def known_name(
    kind: str, name: object, known: Mapping[str, object], short: Mapping[str, str], elsewhere: Mapping[str, str]
) -> str:
    """The name among the known ones that `name` stands for; ValueError, as `choose` says, if there is none."""
    others = {**elsewhere, **short}
    if isinstance(name, str):
        plain = name.lower().replace("-", "_").replace(" ", "_")
        answer = others.get(plain, plain)
        if answer in known:
            return answer
        if plain in elsewhere:
            raise ValueError(f"unknown {kind} {name!r}: {answer}")
    text = name if isinstance(name, str) else shown(name)
    near = difflib.get_close_matches(text[:60], [*known, *short], n=1)
    hint = f": did you mean {near[0]!r}?" if near else "."
    plural = f"{kind}es" if kind.endswith("s") else f"{kind}s"
    abbreviated = {long: f"{long} ({brief})" for brief, long in short.items()}
    listed = ", ".join(abbreviated.get(one, one) for one in known)
    raise ValueError(f"unknown {kind} {shown(name)}{hint} Known {plural}: {listed}")
