"""Derivatives as formulas: ``∂L/∂ŷ = 2·(ŷ - y)``, in the names that the user gave.

The same backward pass as for numbers, with formulas on the edges: each row of the table says what its local
derivatives are, and SymPy multiplies, adds and tidies up.  Functions stay as they are written in the table, so
that the derivative of a sigmoid is ``ŷ·(1 - ŷ)`` and no fraction of exponentials.

A formula that does not give the recorded number is not shown: at exceptional points, such as the tie of a
maximum, the general formula is wrong.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from autograd.core.graph import adjoints
from autograd.core.table import OPERATIONS, Operation
from autograd.core.value import Value
from autograd.explaining.latex import LATEX
from autograd.extensions.derivatives import edge_formulas
from autograd.formula.language import DERIVED, Formula
from autograd.formula.systems import FLOATS, PRIMITIVES, NumberSystem
from autograd.formula.typesetting import number, typeset

__all__ = ["Symbolic", "local_formulas", "slope_formulas"]

MAX_SIZE = 250
"""Operations and operands, counted as often as they are written, of an expression that is worth a formula."""
MAX_LENGTH = 300
"""Characters of the longest formula that anybody reads."""

_TEXTBOOK = {
    OPERATIONS["sigmoid"]: Formula("z * (1 - z)", ("x", "z")),
    OPERATIONS["tanh"]: Formula("1 - z ** 2", ("x", "z")),
    OPERATIONS["sqrt"]: Formula("1 / (2 * z)", ("x", "z")),
}
"""Derivatives as a textbook prints them, where the table has the same in a form that keeps more digits."""


def slope_formulas(nodes: Sequence[Value], names: Mapping[Value, str]) -> dict[Value, Symbolic]:
    """The derivatives of the first of the `nodes` as formulas of the values in `names`; none if they are too long."""
    if _sizes(nodes, wide=1)[nodes[0]] > MAX_SIZE:
        return {}
    alphabet, inner = _Alphabet(nodes, names), set(nodes)
    try:
        found = adjoints(nodes[0], nodes, alphabet.edges, alphabet.number(1))
    except _TooLong:
        return {}
    return {operand: Symbolic(expr, alphabet) for operand, expr in found.items() if operand not in inner}


def local_formulas(node: Value, names: Mapping[Value, str]) -> list[Symbolic]:
    """The local derivatives of one node as formulas, edge by edge."""
    alphabet = _Alphabet([node], names)
    return [Symbolic(expr, alphabet) for _, expr in alphabet.edges(node)]


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

    def __init__(self, expr: Any, alphabet: _Alphabet) -> None:
        self._expr, self._alphabet = _tidied(expr, alphabet), alphabet

    @cached_property
    def text(self) -> str:
        """The formula as it is written: ``2·(ŷ - y)``."""
        return typeset(self._tree, self._alphabet.texts)

    @cached_property
    def latex(self) -> str:
        """The formula in LaTeX."""
        return typeset(self._tree, self._alphabet.texts, LATEX)

    @property
    def _tree(self) -> ast.expr:
        return ast.parse(_source(self._expr), mode="eval").body

    @property
    def is_number(self) -> bool:
        """Whether there is no name in it."""
        return self._alphabet.names.isdisjoint(map(str, self._expr.free_symbols))

    def gives(self, slope: float) -> bool:
        """Whether the formula is readable, no name in it means two things, and it has this value at these numbers."""
        texts = Counter(self._alphabet.texts[key] for key in self._alphabet.names)
        if any(texts[name] > 1 for name in self._used):  # two values of one name
            return False
        return self.gives_for({}, slope) and len(self.text) <= MAX_LENGTH

    def gives_for(self, numbers: Mapping[tuple[str, float], float], slope: float, tolerance: float = 1e-300) -> bool:
        """Whether it has this value with other `numbers` for those that are named so."""
        try:
            value = self._function(*(self._alphabet.numbers | self._alphabet.keyed(numbers)).values())
        except (ArithmeticError, ValueError):
            return False
        return math.isclose(value, slope, rel_tol=1e-6, abs_tol=tolerance)

    def renamed(self, names: Mapping[str, str]) -> str:
        """The text with other `names`; nothing if one of them would mean two things."""
        texts = {key: names.get(text, text) for key, text in self._alphabet.texts.items()}
        is_clear = len({names.get(name, name) for name in self._used}) == len(self._used)
        return typeset(self._tree, texts) if is_clear else ""

    @property
    def _used(self) -> list[str]:
        """The names in the formula."""
        keys = map(str, self._expr.free_symbols)
        return [self._alphabet.texts[key] for key in keys if key in self._alphabet.names]

    @cached_property
    def _function(self) -> Callable[..., float]:
        formula = Formula(_source(self._alphabet.in_full(self._expr)), tuple(self._alphabet.numbers))
        return formula.over(FLOATS)


class _TooLong(Exception):  # noqa: N818
    """A formula would have to contain an expression that nobody can read."""


class _Alphabet:
    """Symbols for the named values, and for numbers that are better left as they were written.

    SymPy would turn ``2·(ŷ - 1.5)`` into ``2·ŷ - 3``.  The keys are numbered in the order in which the symbols
    occur, since SymPy sorts by them.
    """

    def __init__(self, nodes: Sequence[Value], names: Mapping[Value, str]) -> None:
        self.texts: dict[str, str] = {}
        self.numbers: dict[str, float] = {}
        self.names: set[str] = set()
        self._own: dict[str, Operation] = {}
        self._symbols: dict[Any, Any] = {}
        self._exprs: dict[Value, Any] = {}
        self._names, self._sizes = names, _sizes(nodes)
        for node in reversed(nodes):
            for x in node.args:
                if x in names if type(x) is Value else getattr(x, "label", None):
                    self._expr_of(node, x)
        if nodes[0] in names:
            self._exprs[nodes[0]] = self._symbol(nodes[0], names[nodes[0]], nodes[0].data)

    def edges(self, node: Value) -> Iterator[tuple[Value, Any]]:
        """The edges of a node, with formulas for local derivatives."""
        for operand, formula, arguments in edge_formulas(node):
            partial = _TEXTBOOK.get(node.op, formula)
            used = [
                self._expr_of(node, x) if name in partial.used else None
                for name, x in zip(partial.names, arguments, strict=True)
            ]
            yield operand, partial.over(_system())(*used)

    def number(self, value: float) -> Any:
        """A number: whole ones as they are, others as symbols that stand for them."""
        import sympy as sp

        if isinstance(value, int) or value == 0:
            return sp.Integer(int(value))
        symbol = self._symbol(abs(value), number(abs(value)), abs(value))
        return -symbol if value < 0 else symbol

    def keyed(self, numbers: Mapping[tuple[str, float], float]) -> dict[str, float]:
        """Numbers for the named ones, by their symbols."""
        return {str(self._symbols[key]): float(x) for key, x in numbers.items() if key in self._symbols}

    def number_of(self, symbol: Any) -> float | None:
        """The number that a symbol stands for, if it is no name."""
        key = str(symbol)
        return None if key in self.names else self.numbers.get(key)

    def in_full(self, expr: Any) -> Any:
        """The same with the user's own operations written out."""
        import sympy as sp

        for name, op in self._own.items():
            expr = expr.replace(sp.Function(name), op.value.over(_system()))
        return expr

    def _expr_of(self, node: Value, operand: Any) -> Any:
        import sympy as sp

        if type(operand) is Value:
            if operand is node:  # its own result
                return self._written(node)
            named = operand in self._names
            return self._symbol(operand, self._names[operand], operand.data) if named else self._written(operand)
        label = getattr(operand, "label", None)
        if label:
            return self._symbol((label, float(operand)), label, float(operand))
        if node.op is OPERATIONS["pow"] and math.isfinite(operand):
            return sp.Rational(repr(operand))  # so that SymPy can lower it by one
        return self.number(operand)

    def _symbol(self, key: Any, text: str, data: float) -> Any:
        import sympy as sp

        if key not in self._symbols:
            self._symbols[key] = symbol = sp.Symbol(f"v{len(self._symbols):04}")
            self.texts[str(symbol)], self.numbers[str(symbol)] = text, data
            if not isinstance(key, float):
                self.names.add(str(symbol))
        return self._symbols[key]

    def _written(self, node: Value) -> Any:
        """A node as a formula, where one is asked for: that of a sum over a thousand terms seldom is."""
        if node not in self._exprs:
            if self._sizes[node] > MAX_SIZE:
                raise _TooLong
            self._exprs[node] = self._applied(node, [self._expr_of(node, operand) for operand in node.args])
        return self._exprs[node]

    def _applied(self, node: Value, operands: list[Any]) -> Any:
        """One operation on formulas."""
        import sympy as sp

        op = node.op
        if op.nary:
            return op.value.over(_system())(*op.columns(operands), sp.Integer(len(operands) // len(op.operands)))
        if op.is_operator:
            return op.value.over(_system())(*operands)
        if not op.is_built_in:
            self._own[op.name] = op
        return _function(op.name)(*operands)


@cache
def _function(name: str) -> Any:
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
def _system() -> NumberSystem:
    """SymPy expressions in which functions are just written, and what is not the same is taken for different."""
    import sympy as sp

    functions = {name: _function(name) for name in (*PRIMITIVES, *DERIVED)}
    functions |= {
        "power": sp.Pow,
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


def _tidied(expr: Any, alphabet: _Alphabet) -> Any:
    """Common factors in front, and the numbers of a product multiplied."""
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
    if not factored.as_coeff_Mul()[0].is_integer:  # a fraction in front of a sum is harder to read than within
        factored = expr
    return factored.replace(lambda part: part.is_Mul, with_one_number)


def _source(expr: Any) -> str:
    return str(_printer().doprint(expr))


@cache
def _printer() -> Any:
    """Writes SymPy expressions in the language of formulas."""
    from sympy.printing.str import StrPrinter

    signs = {"remainder": "%", "floor_divide": "//"}

    def call(printer: Any, expr: Any) -> Any:
        sign = signs.get(expr.func.__name__)
        x, y = map(printer.doprint, expr.args) if sign else ("", "")
        return f"(({x}) {sign} ({y}))" if sign else StrPrinter._print_Function(printer, expr)

    return type("_Printer", (StrPrinter,), {"_print_Function": call})()


def _sizes(nodes: Sequence[Value], wide: int | None = None) -> dict[Any, int]:
    """How many operations and operands are written in the expression of each node.

    A sum over single terms may count as `wide`: the derivatives by its terms are no longer for it.
    """
    sizes: dict[Any, int] = {}
    for node in reversed(nodes):
        operands = [sizes.get(operand, 1) for operand in node.args]
        is_wide = wide and node.op.nary and max(operands, default=0) == 1
        sizes[node] = wide if wide and is_wide else 1 + sum(operands)
    return sizes
