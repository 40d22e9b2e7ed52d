"""Derivatives as formulas: ``∂L/∂ŷ = 2·(ŷ - y)``, in the names that the user gave.

The backward pass is that of numbers, with formulas on the edges: each row of the table has its local derivatives,
and SymPy multiplies, adds and simplifies.  Functions stay as they are written in the table, so
that the derivative of a sigmoid is ``ŷ·(1 - ŷ)``, not a fraction of exponentials.

A formula that does not give the recorded number is not shown: at exceptional points, such as the tie of a
maximum, the general formula is wrong.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from autograd.core.graph import adjoints
from autograd.core.value import Value
from autograd.explaining.latex import LATEX
from autograd.explaining.symbols import MAX_LENGTH, MAX_SIZE, Alphabet, Draft, sizes
from autograd.explaining.sympy_notation import source
from autograd.formula.language import Formula
from autograd.formula.systems import FLOATS
from autograd.formula.typesetting import PLAIN, Style, typeset

__all__ = ["Symbolic", "local_formulas", "slope_formulas"]


def slope_formulas(nodes: Sequence[Value], names: Mapping[Value, str]) -> dict[Value, Symbolic]:
    """The derivatives of the first of the `nodes` with respect to the values in `names`, if they are short enough."""
    if sizes(nodes, wide=1)[nodes[0]] > MAX_SIZE:
        return {}
    alphabet, inner = Alphabet(nodes, names), set(nodes)
    derivatives = adjoints(nodes[0], nodes, alphabet.edges, Draft(alphabet.number(1), alphabet))
    return {
        operand: Symbolic(draft.expr, alphabet)
        for operand, draft in derivatives.items()
        if operand not in inner and draft.expr is not None
    }


def local_formulas(node: Value, names: Mapping[Value, str]) -> list[Symbolic]:
    """The local derivatives of one node as formulas, edge by edge."""
    alphabet = Alphabet([node], names)
    return [Symbolic(draft.expr, alphabet) for _, draft in alphabet.edges(node)]


class Symbolic:
    """A derivative as a formula of named values.

    >>> from autograd import Constant, Value
    >>> w, x, y = Value(0.5, "w"), Constant(2.0, "x"), Constant(1.5, "y")
    >>> error = w * x - y
    >>> formula = slope_formulas([error ** 2, error, error.args[0]], {w: "w"})[w]
    >>> formula.text
    '2·x·(w·x - y)'
    >>> print(formula.latex)
    2 \\cdot x \\cdot \\left(w \\cdot x - y\\right)
    """

    def __init__(self, expr: Any, alphabet: Alphabet) -> None:
        self._untidied, self._alphabet = expr, alphabet

    @cached_property
    def _expr(self) -> Any:
        return _tidied(self._untidied, self._alphabet)

    def written(self, style: Style = PLAIN) -> str:
        """The formula as it is written in one style."""
        return typeset(self._tree, self._alphabet.labels, style)

    @cached_property
    def text(self) -> str:
        """The formula as it is written: ``2·(ŷ - y)``."""
        return self.written()

    @property
    def latex(self) -> str:
        """The formula in LaTeX."""
        return self.written(LATEX)

    @cached_property
    def _tree(self) -> ast.expr:
        return ast.parse(source(self._expr), mode="eval").body

    @property
    def is_number(self) -> bool:
        """True if it contains no name."""
        return self._alphabet.names.isdisjoint(map(str, self._expr.free_symbols))

    def gives(self, slope: float) -> bool:
        """True if the formula is short enough, its names are unambiguous, and its value is this slope."""
        if not self.gives_for({}, slope):
            return False
        labels = Counter(self._alphabet.labels[key] for key in self._alphabet.names)
        is_unambiguous = all(labels[name] == 1 for name in self._used)  # no two values of one name
        return is_unambiguous and len(self.text) <= MAX_LENGTH

    def gives_for(self, numbers: Mapping[tuple[str, float], float], slope: float, tolerance: float = 1e-300) -> bool:
        """True if its value is this slope after `numbers`, by label and number, have replaced those of the data."""
        try:
            value = self._function(*(self._alphabet.numbers | self._alphabet.keyed(numbers)).values())
        except (ArithmeticError, TypeError, ValueError):
            return False
        return math.isclose(value, slope, rel_tol=1e-6, abs_tol=tolerance)

    @property
    def formula(self) -> tuple[Formula, Mapping[str, Any]]:
        """The expression as a formula of symbols, and what each stands for: a Value, (label, number), or a number."""
        return self._formula, self._alphabet.keys

    def renamed(self, names: Mapping[str, str], style: Style = PLAIN) -> str:
        """The text with other `names`; empty if that would make one ambiguous."""
        labels = {key: names.get(label, label) for key, label in self._alphabet.labels.items()}
        is_unambiguous = len({names.get(name, name) for name in self._used}) == len(self._used)
        return typeset(self._tree, labels, style) if is_unambiguous else ""

    @property
    def _used(self) -> list[str]:
        """The names in the formula."""
        keys = map(str, self._expr.free_symbols)
        return [self._alphabet.labels[key] for key in keys if key in self._alphabet.names]

    @cached_property
    def _formula(self) -> Formula:
        return Formula(source(self._alphabet.in_full(self._expr)), tuple(self._alphabet.numbers))

    @property
    def _function(self) -> Callable[..., float]:
        return self._formula.over(FLOATS)


def _tidied(expr: Any, alphabet: Alphabet) -> Any:
    """The expression with common factors in front, and with one number in each product."""
    import sympy as sp

    def with_one_number(product: Any) -> Any:
        powers = [(factor, *factor.as_base_exp()) for factor in product.args]
        plain = [(f, alphabet.number_of(base)) for f, base, exponent in powers if exponent in (1, -1)]
        written = [(f, x if f.is_Symbol else 1 / x) for f, x in plain if x]
        coefficient, _ = product.as_coeff_Mul()
        if len(written) + (abs(coefficient) != 1) < 2:
            return product
        value = math.prod([x for _, x in written], start=float(coefficient))
        rest = [f for f in product.args if f != coefficient and f not in [g for g, _ in written]]
        return sp.Mul(alphabet.number(int(value) if abs(value) == 1 else value), *rest)

    factored = sp.factor_terms(expr)
    if not factored.as_coeff_Mul()[0].is_integer:  # a fraction in front of a sum is harder to read than inside it
        factored = expr
    return factored.replace(lambda part: part.is_Mul, with_one_number)
