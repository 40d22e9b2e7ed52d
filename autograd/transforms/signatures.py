"""Signatures: the names and parameters of functions, and arguments that do not fit them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.core.table import Operation
from autograd.core.value import shown
from autograd.formula.typesetting import shortened

__all__ = ["Signature", "misfit", "name_of", "positional_names", "signature_of"]

MAX_PROBLEM = 200
"""Maximum length of Python's own message about arguments, in characters."""


def name_of(f: Any) -> str:
    """The name of a function in a message; of a callable without one, its repr."""
    return shortened(getattr(f, "__name__", None) or "") or shown(f)


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
    """The reason why `f` cannot be called with `args`, or without any with `kwargs`; "" if it can.

    >>> misfit(lambda w, b: w + b, [], {"w": 0.5})
    "missing a required argument: 'b'"
    """
    signature = signature_of(f)
    if signature is None:
        return "" if args else "its parameters have no names"
    try:
        signature.bind(*args, **({} if args else kwargs))
    except TypeError as error:
        return shortened(str(error), MAX_PROBLEM)
    return ""


class Signature:
    """The names and defaults of the parameters of a function; `f` takes all of them by name.

    >>> signature = Signature(lambda w, x, /, scale=1.0: w * x * scale)
    >>> signature.bound((2.0,), {"x": 3.0})
    {'w': 2.0, 'x': 3.0}
    >>> signature.f(w=2.0, x=3.0)
    6.0
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.title = name_of(f)
        self._signature = inspect.signature(f)
        parameters = list(self._signature.parameters.values())
        if isinstance(op := getattr(f, "op", None), Operation):  # its operands have names as well
            parameters = [inspect.Parameter(x, inspect.Parameter.POSITIONAL_ONLY) for x in op.operands]
        first = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
        if first:
            self.f = lambda **named: f(*[named.pop(name) for name in first if name in named], **named)
            free = inspect.Parameter.POSITIONAL_OR_KEYWORD
            self._signature = inspect.Signature([p.replace(kind=free) if p.name in first else p for p in parameters])

    def check_name(self, name: str, written: str) -> None:
        """Raise TypeError, which quotes the user's `written` words, unless there is a parameter of this name."""
        parameters = self._signature.parameters
        if name not in parameters and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            parts = name.split(",")
            hint = f'; write several names as ("{parts[0]}", "{parts[1]}")' if len(parts) > 1 else ""
            raise TypeError(f"{written} is not an argument of {self.title}{self._signature}{hint}")

    def bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name; TypeError, as from a call of the function, if they do not fit."""
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.title}{self._signature}: {shortened(str(error), MAX_PROBLEM)}") from None
        names: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = self._signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                raise TypeError(
                    f"{self.title}{self._signature}: vectorize needs a name for each argument; replace *{name}"
                )
            names |= value if kind is inspect.Parameter.VAR_KEYWORD else {name: value}
        return names
