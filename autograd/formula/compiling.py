"""From a checked formula to the Python source that computes it over one number system.

Functions replace the operators that the numbers of a system lack, and `ast.unparse` prints readable source:
``1 / cosh(x) ** 2`` becomes ``1.0 / power(cosh(x), 2.0)``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any

from autograd.formula.algebra import SIGNS, interpret
from autograd.formula.systems import NumberSystem

__all__ = ["OPERATORS", "add_up", "python_source"]


def python_source(
    tree: ast.expr, system: NumberSystem, terms: Sequence[str] = (), renamed: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The Python expression that computes a formula over `system`.

    ``sum(...)`` runs over the `terms`; variables may be `renamed`.
    """
    return ast.unparse(ast.fix_missing_locations(interpret(tree, _Python(system, terms, renamed))))


def add_up(terms: Iterable[Any]) -> Any:
    """Add up, first to last; a sum without terms is 0.

    The built-in sum rounds differently from Python 3.12 on, and starts with 0, which makes 0.0 of a single -0.0.
    """
    first, *others = [*terms] or [0]
    return reduce(operator.add, others, first)


_FUNCTIONS = {
    **{"**": "power", "%": "remainder", "//": "floor_divide", "/": "divide"},
    **{"==": "equal", "!=": "not_equal", "and": "logical_and", "or": "logical_or"},
}
"""The functions that replace operators that a system's numbers lack."""

OPERATORS: dict[str, Any] = {sign: kind() for kind, sign in SIGNS.items() if not issubclass(kind, ast.unaryop)}
"""The signs between two operands, as nodes of Python's syntax tree."""

_UNARY: dict[str, ast.unaryop] = {"+": ast.UAdd(), "-": ast.USub()}


class _Python:
    """Formulas as trees of Python's syntax, for one number system."""

    def __init__(self, system: NumberSystem, terms: Sequence[str], renamed: Mapping[str, str]) -> None:
        self.system, self.terms, self.renamed = system, terms, renamed

    def number(self, value: float) -> ast.expr:
        return _call("number", ast.Constant(value)) if self.system.number else ast.Constant(float(value))

    def name(self, word: str) -> ast.expr:
        return ast.Name(self.renamed.get(word, word), ast.Load())

    def unary(self, sign: str, x: ast.expr) -> ast.expr:
        return ast.UnaryOp(_UNARY[sign], x)

    def binary(self, sign: str, x: ast.expr, y: ast.expr) -> ast.expr:
        function = _FUNCTIONS.get(sign)
        return _call(function, x, y) if function in self.system.functions else ast.BinOp(x, OPERATORS[sign], y)

    def comparison(self, sign: str, x: ast.expr, y: ast.expr) -> ast.expr:
        function = None if self.system.lazy else _FUNCTIONS.get(sign)
        return _call(function, x, y) if function else ast.Compare(x, [OPERATORS[sign]], [y])

    def logical(self, word: str, x: ast.expr, y: ast.expr) -> ast.expr:
        if not self.system.lazy:
            return _call(_FUNCTIONS[word], x, y)
        conditions = x.values if isinstance(x, ast.BoolOp) and x.op is OPERATORS[word] else [x]
        return ast.BoolOp(OPERATORS[word], [*conditions, y])

    def call(self, function: str, operands: Sequence[ast.expr]) -> ast.expr:
        if function == "where" and self.system.lazy:
            condition, x, y = operands
            return ast.IfExp(condition, x, y)
        if function == "sum":  # sum(x * y)  ->  sum(x * y for x, y in zip(x, y))
            target = ast.Tuple([ast.Name(name, ast.Store()) for name in self.terms], ast.Store())
            rows = _call("zip", *(ast.Name(name, ast.Load()) for name in self.terms))
            return _call("sum", ast.GeneratorExp(operands[0], [ast.comprehension(target, rows, [], 0)]))
        return _call(function, *operands)


def _call(name: str | None, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(str(name), ast.Load()), list(arguments), [])
