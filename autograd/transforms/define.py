"""Operations of your own: one row, as in the table, that works wherever the table's rows do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from autograd.core.table import operation
from autograd.core.value import as_float, shown
from autograd.extensions.straight_line import function_of
from autograd.formula.language import Formula, FormulaError, UnknownNameError, checked_name, is_taken
from autograd.formula.typesetting import shortened

__all__ = ["define"]


def define(
    name: str,
    value: str | Callable[..., float],
    *,
    domain: str | None = None,
    kink: tuple[str, ...] = (),
    **derivatives: str | Callable[..., float],
) -> Callable[..., Any]:
    """Define an operation by the formula of its `value` and those of its `derivatives`, one per operand.

    The operands are those whose derivatives are passed: ``dx=..., dy=...`` defines a function of x and y, in this
    order.  A derivative may use the result, as ``z``.  `domain` is a condition such as ``"x > 0"``, outside of which
    the operation raises DomainError; `kink` is a condition, followed by the slopes to use where it holds, one per
    operand.  All may use numbers, ``pi``, ``+ - * / ** % //``, comparisons, ``where(condition, a, b)`` and the
    functions of the table.  Whether a derivative is right is not checked: use ``gradcheck(cube)``.  Raises
    FormulaError, which points to the error.

    Where no formula exists, `value` and derivatives may be Python functions of floats, which are called with the
    operands.  Such an operation works with floats and NumPy's arrays: gradcheck compares it with finite differences,
    and a derivative that is a Python function cannot be differentiated again (that gives nan).

    >>> from autograd import Value, define, grad
    >>> cube = define("cube", "x ** 3", dx="3 * x ** 2")
    >>> cube(2.0), grad(cube)(2.0), grad(grad(cube))(2.0)
    (8.0, 12.0, 12.0)
    >>> print(1 + cube(Value(2.0, label="w")))
    1 + cube(w) = 9.0
    >>> import math
    >>> gamma = define("gamma", value=math.gamma, dx=lambda x: math.gamma(x) * (1 - 0.5772156649015329))
    >>> gamma(Value(2.0)).edges[0][1]
    0.42278433509846713
    """
    if not (isinstance(name, str) and name.isidentifier()):
        raise FormulaError(f"the name of an operation must be an identifier, such as 'cube', not {shown(name)}")
    if not isinstance(kink, tuple | list):
        raise TypeError(f"kink of {name} takes a condition and a slope for each operand, such as ('x == 0', '0')")
    operands = []
    for key in derivatives:
        if not key.startswith("d") or key == "d":
            raise TypeError(f"define got {key}=...: write d{key}=... for the derivative with respect to {key}")
        operands.append(key[1:])
    if not operands:
        raise TypeError(f"{name} needs its derivative with respect to each operand, such as dx='...'")
    names = tuple(map(checked_name, operands))
    if "z" in names:
        raise FormulaError(f"{name}: an operand cannot be called z, which is the result; use another name")
    if name in names:
        raise FormulaError(f"{name}: an operand cannot have the name of the operation; use another name")
    formula = _checked(
        name, value, names, hint="\n    (if {0} is an operand, its derivative is needed as well: d{0}='...')"
    )
    slopes = [_checked(f"{key} of {name}", dx, (*names, "z")) for key, dx in derivatives.items()]
    if domain is not None:
        _checked(f"domain of {name}", domain, names)
    kinks = [_checked(f"kink of {name}", text, names) for text in kink]
    for x in names:
        if x not in formula.used:
            raise FormulaError(
                f"d{x} of {name} is a derivative with respect to {x}, which {shortened(str(value))} does not use"
            )
    if kinks and len(kinks) != 1 + len(names):
        raise TypeError(f"kink of {name} takes a condition and a slope for each operand: {1 + len(names)} strings")
    if kinks and not kinks[0].is_condition:
        raise FormulaError(f"kink of {name} starts with a condition, such as 'x == 0', not {kink[0]!r}")
    parts = [
        replace(part, text=f"where({part.text}, 1, 0)") if part.is_condition else part for part in (formula, *slopes)
    ]
    if kinks:
        parts[1:] = [
            replace(dx, text=f"where({kinks[0].text}, {at.text}, {dx.text})")
            for at, dx in zip(kinks[1:], parts[1:], strict=True)
        ]
    function = function_of(operation(name, *parts, operands=" ".join(names), domain=domain, kink=tuple(kink)))
    function.__module__ = sys._getframe(1).f_globals.get(
        "__name__", "autograd"
    )  # for pickle, which looks the function up there
    return function


@dataclass(frozen=True, eq=False)
class _Function:
    """A Python function of floats whose result is checked to be a float."""

    name: str
    function: Callable[..., float]

    def __call__(self, *numbers: float) -> float:
        result = self.function(*numbers)
        return as_float(result, f"{self.name}({', '.join(map(str, numbers))}) returned {shown(result)}")


def _checked(part: str, text: str | Callable[..., float], names: tuple[str, ...], hint: str = "") -> Formula:
    """The formula; an error names the part of the row, with a `hint` about an unknown name."""
    if callable(text):  # as a call of a function with the name of the part
        word = "_".join(part.split(" of ")[::-1])
        word += "_" * is_taken(word)
        operands = [x for x in names if x != "z"]
        return Formula(f"{word}({', '.join(operands)})", names, functions=((word, _Function(word, text)),))
    try:
        return Formula(text, names)
    except UnknownNameError as error:
        raise FormulaError(f"{part}: {error}{hint.format(shortened(error.name))}") from None
    except FormulaError as error:
        raise FormulaError(f"{part}: {error}") from None
