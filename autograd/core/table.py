"""The table of derivatives: everything this project knows about calculus, one row per operation.

A row holds formulas and nothing else: the result ``z``, its partial derivatives in terms of the operands ``x, y``
(``c, x, y`` for ``where``) and the result, the domain, and the derivative to use at a kink.  The formulas are compiled
for floats, Values, arrays, mpmath and SymPy, so a new row works everywhere at once.

The derivatives are the textbook's, in a form that loses no digits: ``1 - z ** 2`` for tanh is zero as soon as tanh
rounds to one, whereas ``1 / cosh(x) ** 2`` is accurate to the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.formula.language import DERIVED, Formula
from autograd.formula.systems import FLOATS, IEEE, PRIMITIVES

__all__ = ["LEAF", "OPERATIONS", "DomainError", "Kink", "Operation", "PoleError", "operation"]


class DomainError(ValueError):
    """An operation was called outside its domain."""


class PoleError(DomainError, ZeroDivisionError):
    """A `DomainError` at a pole, such as 1/0 or log(0); IEEE 754 calls this division by zero."""


@dataclass(frozen=True)
class Kink:
    """The place where an operation has no derivative, and the slopes used there by convention."""

    where: Formula
    slopes: tuple[Formula, ...]

    def __str__(self) -> str:
        slopes = dict.fromkeys(slope.text for slope in self.slopes)
        return f"{', '.join(slopes)} at {self.where.text.replace('==', '=')}"


@dataclass(frozen=True, eq=False)
class Operation:
    """One row of the table.

    `value` is the formula of the result, `partials` one formula per operand (in the operands
    and the result ``z``), `domain` the condition under which it is defined (None: everywhere) and
    `kink` the place without a derivative, if there is one.  An `nary` row takes sequences: its
    partials are those of one term, with ``n`` for the number of terms.  `hint` ends the message of
    a DomainError.  An `is_operator` row is written as its formula, ``x * y``, the others as calls.

    >>> OPERATIONS["mul"]
    mul: z = x * y, dz/dx = y, dz/dy = x
    >>> OPERATIONS["log"]
    log: z = log(x), dz/dx = 1 / x, where x > 0
    >>> OPERATIONS["relu"]
    relu: z = maximum(x, 0), dz/dx = where(x > 0, 1, 0), 0 at x = 0
    """

    name: str
    operands: tuple[str, ...]
    value: Formula
    partials: tuple[Formula, ...]
    domain: Formula | None = None
    kink: Kink | None = None
    nary: bool = False
    hint: str = ""
    is_operator: bool = False

    def __repr__(self) -> str:
        parts = [f"{self.name}: z = {self.value.text}"]
        parts += [f"dz/d{x} = {dx.text}" for x, dx in zip(self.operands, self.partials, strict=True)]
        parts += [f"where {self.domain.text}"] if self.domain else []
        return ", ".join(parts + ([str(self.kink)] if self.kink else []))

    @property
    def is_built_in(self) -> bool:
        """True for a row of the table, False for a user's own operation."""
        return OPERATIONS.get(self.name) is self

    @property
    def has_formula(self) -> bool:
        """False if a Python function of floats computes the result or a derivative."""
        return not any(formula.functions for formula in (self.value, *self.partials))

    @property
    def written(self) -> str:
        """The operation as it is written in code: ``x * y``, ``log(x)``."""
        return self.value.text if self.is_operator else f"{self.name}({', '.join(self.operands)})"

    def columns(self, operands: Sequence[Any]) -> list[Sequence[Any]]:
        """The flat operands of an `nary` node, as one sequence per operand of the row."""
        n = len(operands) // len(self.operands)
        return [operands[i * n : (i + 1) * n] for i in range(len(self.operands))]

    def arguments(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments of the formula of the result: the operands, or the sequences and the number of their terms."""
        return (*self.columns(operands), len(operands) // len(self.operands)) if self.nary else tuple(operands)

    def compute(self, numbers: Sequence[float], describe: Callable[[], str] = str) -> float:
        """The result for plain floats.

        Raises `DomainError` outside the domain and OverflowError where the result is too large; both messages replay
        the operation and its operands, followed by the result of `describe`.
        """
        arguments, error = self.arguments(numbers), None
        if self.nary and self.domain and not self.domain.over(FLOATS)(arguments[-1]):
            raise DomainError(f"{self.written} is not defined for {arguments[-1]} terms: it needs {self.domain.text}")
        try:
            z = float(self.value.over(FLOATS)(*arguments))
            if self.is_built_in:  # math raises outside the domain
                return z
        except (ArithmeticError, ValueError) as raised:
            # An intermediate step failed.  That counts only if the result itself does not exist:
            # exp(1000) inside a sigmoid leads to a perfectly good 0.
            z, error = float(self.value.over(IEEE)(*arguments)), raised
        defined = self.is_defined(numbers)
        if defined and (math.isfinite(z) or error is None):
            return z
        where = f"at {self._replay(numbers)}{describe()}"
        cause = None if self.has_formula else error  # a user's function may have a mistake of its own
        if isinstance(error, OverflowError) and math.isinf(z) and defined:
            raise OverflowError(f"{self.written} overflows {where}: the result is too large for a float") from cause
        pole = math.isinf(z) or isinstance(error, ZeroDivisionError)
        needs = f": it needs {self.domain.text}{self.hint}" if self.domain else ""
        raise (PoleError if pole else DomainError)(f"{self.written} is not defined {where}{needs}") from cause

    def derivatives(self, z: float, numbers: Sequence[float]) -> tuple[float, ...]:
        """The local derivatives at `numbers`, one per operand, where the result was `z`.

        An infinite derivative is ±inf and one that does not exist is nan; neither raises.
        """
        terms = list(zip(*self.columns(numbers), strict=True)) if self.nary else [tuple(numbers)]
        result = len(terms) if self.nary else z
        return tuple(_slope(partial, (*term, result)) for partial in self.partials for term in terms)

    def is_defined(self, numbers: Sequence[float]) -> bool:
        """True if `numbers` lie in the domain; nan counts as inside, and gives nan."""
        if self.domain is None or self.nary or any(map(math.isnan, numbers)):
            return True
        return bool(self.domain.over(IEEE)(*numbers))

    def _replay(self, numbers: Sequence[float]) -> str:
        # Fifteen digits read better than seventeen, unless rounding hides the mistake.
        strings = [f"{number:.15g}" for number in numbers]
        if not self.is_defined(numbers) and self.is_defined([float(text) for text in strings]):
            strings = [repr(number) for number in numbers]
        strings = [text if any(c in text for c in ".enf") else text + ".0" for text in strings]
        return ", ".join(f"{x} = {text}" for x, text in zip(self.operands, strings, strict=True))


def _slope(partial: Formula, numbers: tuple[float, ...]) -> float:
    try:
        return float(partial.over(FLOATS)(*numbers))
    except (ArithmeticError, ValueError):
        return float(partial.over(IEEE)(*numbers))


OPERATIONS: dict[str, Operation] = {}
"""The rows of the table by name."""

LEAF = Operation("leaf", (), Formula("z", ("z",)), ())
"""The operation of a Value that the user created, without operands."""


def operation(
    name: str,
    value: str | Formula,
    *partials: str | Formula,
    operands: str = "x y",
    domain: str | None = None,
    kink: tuple[str, ...] = (),
    nary: bool = False,
    hint: str = "",
    is_operator: bool = False,
) -> Operation:
    """One row: `value` and `partials` as formulas; `kink` is the condition, then one slope per operand."""
    names = tuple(operands.split()[: len(partials)])
    terms, n = (names, ("n",)) if nary else ((), ())
    with_result = (*names, *n) if nary else (*names, "z")

    def formula(text: str | Formula, names: tuple[str, ...], terms: tuple[str, ...] = ()) -> Formula:
        return text if isinstance(text, Formula) else Formula(text, names, terms)

    return Operation(
        name,
        names,
        formula(value, names + n, terms),
        tuple(formula(partial, with_result) for partial in partials),
        formula(domain, n or names) if domain else None,
        Kink(formula(kink[0], names), tuple(formula(slope, names) for slope in kink[1:])) if kink else None,
        nary,
        hint,
        is_operator,
    )


def row(name: str, value: str, *partials: str, operands: str = "x y", **columns: Any) -> None:
    """Add a row to the table.  Later formulas, and its own derivatives, may call the new function."""
    is_operator = "(" not in value
    if not (is_operator or name in PRIMITIVES or columns.get("nary")):
        DERIVED[name] = Formula(value, tuple(operands.split()[: len(partials)]))
    OPERATIONS[name] = operation(name, value, *partials, operands=operands, is_operator=is_operator, **columns)


# fmt: off
# arithmetic      z =                     ∂z/∂x                  ∂z/∂y
row("add",        "x + y",                "1",                   "1")
row("sub",        "x - y",                "1",                   "-1")
row("mul",        "x * y",                "y",                   "x")
row("truediv",    "x / y",                "1 / y",               "-z / y",            domain="y != 0")
row("pow",        "x ** y",               "where(x == 0 and y == 0, 0, y * x ** (y - 1))",
                                          "where(x == 0, 0, z * log(x))",
    domain="x > 0 or x == 0 and y >= 0 or x < 0 and y == floor(y)",
    hint="; cbrt(x) takes the cube root of a negative x")
row("mod",        "x % y",                "1",                   "-(x // y)",          domain="y != 0",
    kink=("x % y == 0", "1", "-(x // y)"))
row("floordiv",   "x // y",               "0",                   "0",                  domain="y != 0",
    kink=("x % y == 0", "0", "0"))
row("neg",        "-x",                   "-1")
row("pos",        "+x",                   "1")
row("abs",        "abs(x)",               "sign(x)",                                  kink=("x == 0", "0"))
row("sign",       "sign(x)",              "0",                                        kink=("x == 0", "0"))
row("floor",      "floor(x)",             "0",                                        kink=("x == floor(x)", "0"))

# exponentials and logarithms
row("exp",        "exp(x)",               "z")
row("expm1",      "expm1(x)",             "exp(x)")
row("log",        "log(x)",               "1 / x",                                    domain="x > 0")
row("log1p",      "log1p(x)",             "1 / (1 + x)",                              domain="x > -1")
row("log2",       "log2(x)",              "1 / (x * log(2))",                         domain="x > 0")
row("log10",      "log10(x)",             "1 / (x * log(10))",                        domain="x > 0")
row("xlogy",      "where(x == 0 and y == y, 0, x * log(y))",
                                          "log(y)",              "where(x == 0 and y == 0, 0, x / y)",
    domain="y > 0 or x == 0")
row("xlog1py",    "where(x == 0 and y == y, 0, x * log1p(y))",
                                          "log1p(y)",            "where(x == 0 and y == -1, 0, x / (1 + y))",
    domain="y > -1 or x == 0")
row("erf",        "erf(x)",               "2 / sqrt(pi) * exp(-x ** 2)")

# roots
row("sqrt",       "sqrt(x)",              "1 / (2 * abs(z))",                             domain="x >= 0")
row("cbrt",       "cbrt(x)",              "1 / (3 * z ** 2)")
row("hypot",      "hypot(x, y)",          "where(z == 0, 0, x / z)",
                                          "where(z == 0, 0, y / z)",
    kink=("x == 0 and y == 0", "0", "0"))

# trigonometry
row("sin",        "sin(x)",               "cos(x)")
row("cos",        "cos(x)",               "-sin(x)")
row("tan",        "tan(x)",               "1 + z ** 2")
row("arcsin",     "arcsin(x)",            "1 / sqrt((1 - x) * (1 + x))",              domain="-1 <= x <= 1")
row("arccos",     "arccos(x)",            "-1 / sqrt((1 - x) * (1 + x))",             domain="-1 <= x <= 1")
row("arctan",     "arctan(x)",            "1 / (1 + x * x)")
row("arctan2",    "arctan2(x, y)",        "y / hypot(x, y) / hypot(x, y)",
                                          "-x / hypot(x, y) / hypot(x, y)")

# hyperbolic functions
row("sinh",       "sinh(x)",              "cosh(x)")
row("cosh",       "cosh(x)",              "sinh(x)")
row("tanh",       "tanh(x)",              "(1 / cosh(x)) ** 2")
row("arcsinh",    "arcsinh(x)",           "1 / hypot(1, x)")
row("arccosh",    "arccosh(x)",           "1 / (sqrt(x - 1) * sqrt(x + 1))",          domain="x >= 1")
row("arctanh",    "arctanh(x)",           "1 / ((1 - x) * (1 + x))",                  domain="-1 < x < 1")

# activations
row("sigmoid",    "1 / (1 + exp(-x))",    "z * sigmoid(-x)")
row("softplus",   "maximum(x, 0) + log1p(exp(-abs(x)))",
                                          "sigmoid(x)")
row("relu",       "maximum(x, 0)",        "where(x > 0, 1, 0)",                       kink=("x == 0", "0"))
row("leaky_relu", "where(x > 0, x, 0.01 * x)",
                                          "where(x > 0, 1, 0.01)",                    kink=("x == 0", "0.01"))

# choices
row("maximum",    "maximum(x, y)",        "where(x > y, 1, where(x == y, 1/2, 0))",
                                          "where(y > x, 1, where(x == y, 1/2, 0))",
    kink=("x == y", "1/2", "1/2"))
row("minimum",    "minimum(x, y)",        "where(x < y, 1, where(x == y, 1/2, 0))",
                                          "where(y < x, 1, where(x == y, 1/2, 0))",
    kink=("x == y", "1/2", "1/2"))
row("where",      "where(c, x, y)",       "0",                   "where(c, 1, 0)",    "where(c, 0, 1)",
    operands="c x y")

# over n terms: one node with n (or 2n) operands
row("sum",        "sum(x)",               "1",                                        nary=True)
row("mean",       "sum(x) / n",           "1 / n",                                    domain="n > 0", nary=True)
row("dot",        "sum(x * y)",           "y",                   "x",                 nary=True)
# fmt: on
