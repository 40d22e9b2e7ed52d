"""SymPy expressions in the language of formulas: functions stay unevaluated."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any

from autograd.formula.language import DERIVED, Formula
from autograd.formula.systems import MAX_BITS, PRIMITIVES, NumberSystem

__all__ = ["function", "over_symbols", "source", "system"]


@lru_cache(maxsize=256)
def function(name: str) -> Any:
    """A function of formulas as an unevaluated function of SymPy; ``where`` is evaluated if its condition is known."""
    import sympy as sp
    from sympy.core.relational import Relational

    def where(condition: Any, x: Any, y: Any) -> Any:
        if isinstance(condition, Relational) and condition.lhs == condition.rhs:
            condition = isinstance(condition, sp.Ge | sp.Le | sp.Eq)
        if condition in (sp.true, sp.false) or getattr(condition, "is_number", False):
            return x if condition else y
        return x if x == y else sp.Function("where")(condition, x, y)

    return where if name == "where" else sp.Function(name)


@cache
def system() -> NumberSystem:
    """The number system of SymPy expressions in which functions are not evaluated, and two symbols are never equal."""
    import sympy as sp

    def power(x: Any, y: Any) -> Any:
        """A power, unless SymPy would compute too many digits now, or later with a number in the base."""
        too_many = OverflowError("SymPy would compute all of its digits")
        digits = max((max(abs(part.p), part.q, 1) for part in x.atoms(sp.Rational)), default=1)  # of (2 * x) ** y, too
        if y.is_Rational and math.log2(digits) * abs(y) > MAX_BITS:
            raise too_many
        result = sp.Pow(x, y)
        exponent = result.as_base_exp()[1]
        if exponent.is_Rational and abs(exponent) > MAX_BITS:
            raise too_many
        return result

    functions = {name: function(name) for name in (*PRIMITIVES, *DERIVED)}
    functions |= {
        "power": power,
        "remainder": sp.Function("remainder"),
        "floor_divide": sp.Function("floor_divide"),
        "equal": lambda x, y: sp.true if x == y else sp.false,
        "not_equal": lambda x, y: sp.false if x == y else sp.true,
        "logical_and": sp.And,
        "logical_or": sp.Or,
        "pi": sp.pi,
    }
    return NumberSystem(
        "formulas",
        functions,
        lazy=False,
        number=lambda x: sp.Rational(repr(x)),
        lifted=lambda function: sp.Function(getattr(function, "name", "function")),
    )


def over_symbols(formula: Formula, *operands: Any) -> Any:
    """A formula of SymPy's expressions; None where SymPy cannot write it, as for ``1 / 0 < x`` or a huge power.

    >>> over_symbols(Formula("2 * x", ("x",)), 3), over_symbols(Formula("x ** x", ("x",)), system().number(10**6))
    (6, None)
    """
    try:
        return formula.over(system())(*operands)
    except (ArithmeticError, TypeError, ValueError):
        return None


def source(expr: Any) -> str:
    """An expression in the language of formulas.

    >>> source(function("tanh")(2) / function("remainder")(7, 3))
    'tanh(2)/((7) % (3))'
    """
    return str(_printer().doprint(expr))


@cache
def _printer() -> Any:
    """SymPy's printer, with the signs of operators that SymPy has no classes for."""
    from sympy.printing.str import StrPrinter

    signs = {"remainder": "%", "floor_divide": "//"}

    def call(printer: Any, expr: Any) -> Any:
        sign = signs.get(expr.func.__name__)
        x, y = map(printer.doprint, expr.args) if sign else ("", "")
        return f"(({x}) {sign} ({y}))" if sign else StrPrinter._print_Function(printer, expr)

    def joined(word: str) -> Any:
        return lambda printer, expr: "(" + f" {word} ".join(f"({printer.doprint(part)})" for part in expr.args) + ")"

    printers = {"_print_Function": call, "_print_And": joined("and"), "_print_Or": joined("or")}
    return type("_Printer", (StrPrinter,), printers)()
