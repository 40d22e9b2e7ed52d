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

    An exact name comes first.  Otherwise upper and lower case are the same, and so are blanks, hyphens and underscores.
    `short` names are listed beside the names they stand for.  `elsewhere` holds names of other libraries: each with the
    name here, or with what to write instead.

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
    if isinstance(name, str):
        if name in known:
            return name
        plain = _plain(name)
        answer = {**elsewhere, **short}.get(plain, plain)
        same = [one for one in known if _plain(one) == _plain(answer)]
        if len(same) == 1:
            return same[0]
        if plain in elsewhere:
            raise ValueError(f"unknown {kind} {name!r}: {answer}")
    text = name if isinstance(name, str) else shown(name)
    spellings = {_plain(one): one for one in (*short, *known)}
    near = difflib.get_close_matches(_plain(text[:60]), spellings, n=1)
    hint = f": did you mean {spellings[near[0]]!r}?" if near else "."
    plural = f"{kind}es" if kind.endswith("s") else f"{kind}s"
    abbreviated = {long: f"{long} ({brief})" for brief, long in short.items()}
    listed = ", ".join(abbreviated.get(one, one) for one in known)
    raise ValueError(f"unknown {kind} {shown(name)}{hint} Known {plural}: {listed}")


def _plain(name: str) -> str:
    """The form in which names are compared."""
    return name.strip().casefold().replace("-", "_").replace(" ", "_")
