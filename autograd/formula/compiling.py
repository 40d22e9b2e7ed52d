"""From a checked formula to the Python that computes it over one number system.

The tree is rewritten step by step where the number system needs a function in place of an operator, and printed by
Python's own `ast.unparse`, so that the result can be read: ``1 / cosh(x) ** 2`` becomes ``1.0 / power(cosh(x), 2.0)``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import reduce
from types import MappingProxyType
from typing import Any

from autograd.formula.systems import NumberSystem

__all__ = ["add_up", "conditions_as_numbers", "is_condition", "written"]


def written(
    tree: ast.expr, system: NumberSystem, terms: Sequence[str] = (), renamed: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The Python expression that computes a formula over `system`.

    ``sum(...)`` runs over the `terms`; variables may be `renamed`.
    """
    return ast.unparse(ast.fix_missing_locations(_Writer(system, terms, renamed).visit(deepcopy(tree))))


def is_condition(node: ast.expr) -> bool:
    """True for what is true or false rather than a number."""
    return isinstance(node, ast.Compare | ast.BoolOp)


class _ConditionsAsNumbers(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        node.left, node.right = _as_number(node.left), _as_number(node.right)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        node.operand = _as_number(node.operand)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        chooses = isinstance(node.func, ast.Name) and node.func.id == "where"
        node.args[chooses:] = map(_as_number, node.args[chooses:])
        return node


def conditions_as_numbers(tree: ast.expr) -> ast.expr:
    """The formula with ``where(x > 0, 1, 0)`` for a condition that is computed with, which arrays do not count as 1."""
    return _ConditionsAsNumbers().visit(tree)  # type: ignore[no-any-return]


def _as_number(node: ast.expr) -> ast.expr:
    return _call("where", node, ast.Constant(1), ast.Constant(0)) if is_condition(node) else node


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

    def __init__(self, system: NumberSystem, terms: Sequence[str], renamed: Mapping[str, str]) -> None:
        self.system, self.terms, self.renamed = system, terms, renamed

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.renamed.get(node.id, node.id), node.ctx)

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
