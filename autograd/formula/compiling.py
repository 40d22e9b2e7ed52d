"""From a checked formula to the Python that computes it over one number system.

The tree is rewritten step by step where the number system needs a function in place of an operator, and printed by
Python's own `ast.unparse`, so that the result can be read: ``1 / cosh(x) ** 2`` becomes ``1.0 / power(cosh(x), 2.0)``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from autograd.formula.systems import NumberSystem

__all__ = ["add_up", "written"]


def written(text: str, system: NumberSystem, terms: Sequence[str] = ()) -> str:
    """The Python expression that computes the formula `text` over `system`; ``sum(...)`` runs over the `terms`."""
    tree = ast.parse(text, mode="eval").body
    return ast.unparse(ast.fix_missing_locations(_Writer(system, terms).visit(tree)))


def add_up(terms: Iterable[Any]) -> Any:
    """Add up, first to last.  The built-in sum rounds differently from Python 3.12 on."""
    return reduce(operator.add, terms, 0)


_FUNCTIONS: dict[type, str] = {
    **{ast.Pow: "power", ast.Mod: "remainder", ast.FloorDiv: "floor_divide", ast.Div: "divide"},
    **{ast.Eq: "equal", ast.NotEq: "not_equal", ast.And: "logical_and", ast.Or: "logical_or"},
}
"""The functions by which a number system computes operators that its numbers do not have."""


class _Writer(ast.NodeTransformer):
    """Rewrites the tree of a formula for one number system."""

    def __init__(self, system: NumberSystem, terms: Sequence[str]) -> None:
        self.system, self.terms = system, terms

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return _call("number", node) if self.system.number else ast.Constant(float(node.value))  # type: ignore[arg-type]

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        function = _FUNCTIONS.get(type(node.op))
        return _call(function, node.left, node.right) if function in self.system.functions else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        assert isinstance(node.func, ast.Name)
        if node.func.id == "where" and self.system.lazy:
            condition, chosen, otherwise = node.args
            return ast.IfExp(condition, chosen, otherwise)
        if node.func.id == "sum":  # sum(x * y)  ->  sum(x * y for x, y in zip(x, y))
            target = ast.Tuple([ast.Name(name, ast.Store()) for name in self.terms], ast.Store())
            rows = _call("zip", *(ast.Name(name, ast.Load()) for name in self.terms))
            return _call("sum", ast.GeneratorExp(node.args[0], [ast.comprehension(target, rows, [], 0)]))
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if self.system.lazy:
            return node
        sides = [node.left, *node.comparators]
        pairs = [_comparison(a, op, b) for a, op, b in zip(sides, node.ops, sides[1:], strict=False)]
        return reduce(lambda a, b: _call("logical_and", a, b), pairs)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        if self.system.lazy:
            return node
        return reduce(lambda a, b: _call(_FUNCTIONS[type(node.op)], a, b), node.values)


def _comparison(a: ast.expr, op: ast.cmpop, b: ast.expr) -> ast.expr:
    return _call(_FUNCTIONS[type(op)], a, b) if type(op) in _FUNCTIONS else ast.Compare(a, [op], [b])


def _call(name: str | None, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(str(name), ast.Load()), list(arguments), [])
