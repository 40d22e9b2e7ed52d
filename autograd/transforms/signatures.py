"""Signatures: the names and parameters of functions, and arguments that do not fit them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.core.value import shown

__all__ = ["misfit", "name_of", "positional_names", "signature_of"]


def name_of(f: Any) -> str:
    """The name of a function in a message; of a callable without one, its repr."""
    return getattr(f, "__name__", None) or shown(f)


def signature_of(f: Callable[..., Any]) -> inspect.Signature | None:
    """The signature of a function; some that are written in C have none."""
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        return None


def positional_names(f: Callable[..., Any], n: int) -> list[str]:
    """The names of the first `n` positional parameters; ``x[0]``, ``x[1]`` where the function has none.

    >>> positional_names(lambda w, *rest: w, 3)
    ['w', 'x[0]', 'x[1]']
    """
    if n and len(getattr(getattr(f, "op", None), "operands", ())) == n:
        return list(f.op.operands)  # type: ignore[attr-defined]
    signature = signature_of(f)
    parameters = signature.parameters.values() if signature else []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:n]
    rest = n - len(names)
    return names + ([f"x[{i}]" for i in range(rest)] if rest > 1 or names else ["x"] * rest)


def misfit(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The reason why `f` cannot be called with so many arguments by position, or else these by name; else nothing.

    >>> misfit(lambda w, b: w + b, [], {"w": 0.5})
    "missing a required argument: 'b'"
    """
    signature = signature_of(f)
    if signature is None:
        return "" if args else "its parameters have no names"
    try:
        signature.bind(*args, **({} if args else kwargs))
    except TypeError as error:
        return str(error)
    return ""
