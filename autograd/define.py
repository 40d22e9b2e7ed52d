"""Your own operation: one row, as in the table, and it works wherever the table's do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from autograd.formula import Formula, FormulaError, UnknownNameError, checked_name
from autograd.ops import operation
from autograd.recording import function_of

__all__ = ["define"]


def define(
    name: str, formula: str, *, domain: str | None = None, kink: tuple[str, ...] = (), **derivatives: str
) -> Callable[..., Any]:
    """An operation from its `formula` and its `derivatives`, one by each operand, all of them texts.

    The operands are those whose derivatives are given: ``dx=..., dy=...`` makes a function of x and y, in
    this order.  A derivative may use the result, as ``z``.  `domain` is a condition such as ``"x > 0"``, outside
    of which there is a DomainError; `kink` a condition, and the slopes to use where it holds, one for each operand.
    All may use numbers, ``pi``, ``+ - * / **``, comparisons, ``where(condition, a, b)`` and the functions of the
    table.  Nothing checks that the derivative is right.  Raises FormulaError, which points at the place.

    >>> from autograd import Value, define, grad
    >>> cube = define("cube", "x ** 3", dx="3 * x ** 2")
    >>> cube(2.0), grad(cube)(2.0), grad(grad(cube))(2.0)
    (8.0, 12.0, 12.0)
    >>> print(1 + cube(Value(2.0, label="w")))
    1 + cube(w) = 9.0
    """
    if not (isinstance(name, str) and name.isidentifier()):
        raise FormulaError(f"the name of an operation must be an identifier, such as 'cube', not {name!r}")
    if not isinstance(kink, tuple | list):
        raise TypeError(f"kink of {name} takes a condition and a slope for each operand, such as ('x == 0', '0')")
    operands = []
    for key in derivatives:
        if not key.startswith("d") or key == "d":
            raise TypeError(f"define got {key}=...: write d{key}=... for the derivative by {key}")
        operands.append(key[1:])
    if not operands:
        raise TypeError(f"{name} needs its derivative by each operand, such as dx='...'")
    names = tuple(map(checked_name, operands))
    if "z" in names:
        raise FormulaError(f"{name}: an operand cannot be called z, which is the result; use another name")
    value = _checked(
        name, formula, names, hint="\n    (if {0} is an operand, its derivative is needed as well: d{0}='...')"
    )
    slopes = [_checked(f"{key} of {name}", text, (*names, "z")) for key, text in derivatives.items()]
    if domain is not None:
        _checked(f"domain of {name}", domain, names)
    kinks = [_checked(f"kink of {name}", text, names) for text in kink]
    for x in names:
        if x not in value.used:
            raise FormulaError(f"d{x} of {name} is a derivative by {x}, which {formula} does not use")
    if kinks and len(kinks) != 1 + len(names):
        raise TypeError(f"kink of {name} takes a condition and a slope for each operand: {1 + len(names)} texts")
    if kinks and not kinks[0].is_condition:
        raise FormulaError(f"kink of {name} starts with a condition, such as 'x == 0', not {kink[0]!r}")
    texts = [f"where({part.text}, 1, 0)" if part.is_condition else part.text for part in (value, *slopes)]
    if kinks:
        texts[1:] = [f"where({kinks[0].text}, {at.text}, {dx})" for at, dx in zip(kinks[1:], texts[1:], strict=True)]
    function = function_of(operation(name, *texts, operands=" ".join(names), domain=domain, kink=tuple(kink)))
    function.__module__ = sys._getframe(1).f_globals.get("__name__", "autograd")  # where pickle looks it up
    return function


def _checked(part: str, text: str, names: tuple[str, ...], hint: str = "") -> Formula:
    """The formula, or an error that says in which part of the row it is, with a `hint` about an unknown name."""
    try:
        return Formula(text, names)
    except UnknownNameError as error:
        raise FormulaError(f"{part}: {error}{hint.format(error.name)}") from None
    except FormulaError as error:
        raise FormulaError(f"{part}: {error}") from None
