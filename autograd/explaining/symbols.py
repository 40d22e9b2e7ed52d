"""Values as SymPy expressions, in the names that the user gave."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import add, mul
from typing import Any

from autograd.core.table import OPERATIONS, Operation
from autograd.core.value import Value, label_of
from autograd.explaining.sympy_notation import function, over_symbols, system
from autograd.extensions.derivatives import edge_formulas
from autograd.formula.language import Formula
from autograd.formula.typesetting import number

__all__ = ["MAX_LENGTH", "TEXTBOOK", "Alphabet", "Draft", "sizes"]

MAX_SIZE = 250
"""Maximum number of operations and operands, with repetitions, in an expression that becomes a formula."""
MAX_LENGTH = 300
"""Maximum length of a formula that is shown, in characters."""

TEXTBOOK = {
    OPERATIONS["sigmoid"]: Formula("z * (1 - z)", ("x", "z")),
    OPERATIONS["tanh"]: Formula("1 - z ** 2", ("x", "z")),
    OPERATIONS["sqrt"]: Formula("1 / (2 * z)", ("x", "z")),
}
"""Derivatives as textbooks print them, where the table has a more accurate form."""


class Draft:
    """A formula in the making: its `expr`, or None if it is too long to read, and then for all that is made of it too.

    So no time is spent on formulas that are not shown.
    """

    __slots__ = ("_alphabet", "expr")

    def __init__(self, expr: Any, alphabet: Alphabet) -> None:
        self.expr = expr if expr is not None and alphabet.length(expr) <= MAX_LENGTH else None
        self._alphabet = alphabet

    def __mul__(self, other: Draft) -> Draft:
        return self._combined(mul, other)

    def __add__(self, other: Draft) -> Draft:
        return self._combined(add, other)

    def _combined(self, combine: Callable[[Any, Any], Any], other: Draft) -> Draft:
        is_long = self.expr is None or other.expr is None
        return Draft(None if is_long else combine(self.expr, other.expr), self._alphabet)


class Alphabet:
    """Symbols for the named values, and for numbers that should stay as they were written.

    SymPy would turn ``2·(ŷ - 1.5)`` into ``2·ŷ - 3``.  The symbols are numbered in the order in which they occur, since
    SymPy sorts by them.  `labels` and `numbers` hold what each stands for, and `names` are the symbols of named values.
    """

    def __init__(self, nodes: Sequence[Value], names: Mapping[Value, str]) -> None:
        self.labels: dict[str, str] = {}
        self.numbers: dict[str, float] = {}
        self.names: set[str] = set()
        self._own: dict[str, Operation] = {}
        self._symbols: dict[Any, Any] = {}
        self._exprs: dict[Value, Any] = {}
        self._lengths: dict[Any, int] = {}
        self._names, self._sizes = names, sizes(nodes)
        for node in reversed(nodes):
            for x in node.args:
                if x in names if type(x) is Value else getattr(x, "label", None):
                    self._expr_of(node, x)
        if nodes[0] in names:
            self._exprs[nodes[0]] = self._symbol(nodes[0], names[nodes[0]], nodes[0].data)

    def edges(self, node: Value) -> Iterator[tuple[Value, Draft]]:
        """The edges of a node, with its local derivatives."""
        for operand, formula, arguments in edge_formulas(node):
            partial = TEXTBOOK.get(node.op, formula)
            operands = dict(zip(partial.names, arguments, strict=True))
            used = {name: self._expr_of(node, x) for name, x in operands.items() if name in partial.used}
            is_long = any(expr is None for expr in used.values())
            yield operand, Draft(None if is_long else over_symbols(partial, *map(used.get, operands)), self)

    def number(self, value: float) -> Any:
        """A number as an expression: whole ones as they are, others as symbols that stand for them."""
        import sympy as sp

        if isinstance(value, int) or value == 0:
            return sp.Integer(int(value))
        symbol = self._symbol(abs(value), number(abs(value)), abs(value))
        return -symbol if value < 0 else symbol

    def keyed(self, numbers: Mapping[tuple[str, float], float]) -> dict[str, float]:
        """The numbers by symbol instead of by label and number."""
        return {str(self._symbols[key]): float(x) for key, x in numbers.items() if key in self._symbols}

    @property
    def keys(self) -> dict[str, Any]:
        """The meaning of each symbol: a Value, the label and the number of a constant, or a number."""
        return {str(symbol): key for key, symbol in self._symbols.items()}

    def number_of(self, symbol: Any) -> float | None:
        """The number that a symbol stands for; None for a name."""
        key = str(symbol)
        return None if key in self.names else self.numbers.get(key)

    def in_full(self, expr: Any) -> Any:
        """An expression with the user's own operations written out."""
        import sympy as sp

        for name, op in self._own.items():
            expr = expr.replace(sp.Function(name), op.value.over(system()))
        return expr

    def length(self, expr: Any) -> int:
        """The length of an expression as it is written, or less: what the terms of a sum share is counted once."""
        if expr not in self._lengths:
            self._lengths[expr] = self._length(expr)
        return self._lengths[expr]

    def _length(self, expr: Any) -> int:
        import sympy as sp

        if not expr.args:
            return len(self.labels[str(expr)]) if str(expr) in self.names else 1
        parts, between = expr.args, 1
        if expr.is_Add:
            parts, between = {factor for term in parts for factor in sp.Mul.make_args(term)}, 3
        own = len(expr.func.__name__) + 2 if expr.is_Function else between * (len(expr.args) - 1)
        return own + sum(map(self.length, parts))

    def _expr_of(self, node: Value, operand: Any) -> Any:
        import sympy as sp

        if type(operand) is Value:
            if operand is node:  # its own result
                return self._written(node)
            named = operand in self._names
            return self._symbol(operand, self._names[operand], operand.data) if named else self._written(operand)
        if label_of(operand):
            return self._symbol((operand.label, float(operand)), label_of(operand), float(operand))
        if node.op is OPERATIONS["pow"] and math.isfinite(operand):
            return sp.Rational(repr(operand))  # so that SymPy can lower it by one
        return self.number(operand)

    def _symbol(self, key: Any, text: str, data: float) -> Any:
        import sympy as sp

        if key not in self._symbols:
            self._symbols[key] = symbol = sp.Symbol(f"v{len(self._symbols):04}")
            self.labels[str(symbol)], self.numbers[str(symbol)] = text, data
            if not isinstance(key, float):
                self.names.add(str(symbol))
        return self._symbols[key]

    def _written(self, node: Value) -> Any:
        """A node as an expression, built when it is first needed; None if it is too long."""
        if node not in self._exprs:
            expr = None
            if self._sizes[node] <= MAX_SIZE:
                operands = [self._expr_of(node, operand) for operand in node.args]
                is_long = any(operand is None for operand in operands)
                expr = None if is_long else Draft(self._applied(node, operands), self).expr
            self._exprs[node] = expr
        return self._exprs[node]

    def _applied(self, node: Value, operands: list[Any]) -> Any:
        """One operation on expressions."""
        import sympy as sp

        op = node.op
        if op.nary:
            return over_symbols(op.value, *op.columns(operands), sp.Integer(len(operands) // len(op.operands)))
        if op.is_operator:
            return over_symbols(op.value, *operands)
        if not op.is_built_in:
            self._own[op.name] = op
        return function(op.name)(*operands)


def sizes(nodes: Sequence[Value], wide: int | None = None) -> dict[Any, int]:
    """The number of operations and operands in the expression of each node, counted as often as they are written.

    A sum over single terms may count as `wide`, since the derivatives with respect to its terms are short.
    """
    written: dict[Any, int] = {}
    for node in reversed(nodes):
        operands = [written.get(operand, 1) for operand in node.args]
        is_wide = wide and node.op.nary and max(operands, default=0) == 1
        written[node] = wide if wide and is_wide else 1 + sum(operands)
    return written
