"""The parameters of a function that is to be vectorized: each has a name by which it is passed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autograd.core.table import Operation
from autograd.core.value import shown

__all__ = ["Signature"]


class Signature:
    """The names and defaults of a function's parameters; `f` takes all of them by name.

    >>> signature = Signature(lambda w, x, /, scale=1.0: w * x * scale)
    >>> signature.bound((2.0,), {"x": 3.0})
    {'w': 2.0, 'x': 3.0}
    >>> signature.f(w=2.0, x=3.0)
    6.0
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        if not callable(f):
            raise TypeError(f"vectorize takes a function, not {shown(f)}")
        self.f = f
        self.title = getattr(f, "__name__", None) or repr(f)
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
            raise TypeError(f"{self.title}{self._signature}: {error}") from None
        names: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = self._signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                raise TypeError(
                    f"{self.title}{self._signature}: vectorize needs a name for each argument; replace *{name}"
                )
            names |= value if kind is inspect.Parameter.VAR_KEYWORD else {name: value}
        return names
