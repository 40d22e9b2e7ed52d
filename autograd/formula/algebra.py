"""One walk over formulas, for every target: ``interpret(tree, algebra)``.

A formula is a tree of numbers, names, signs and calls.  An `Algebra` defines the meaning of each of these in one
target, and `interpret` combines the meanings from the leaves up.  Python source, typeset formulas and array
expressions are such targets; another one is a class of seven short methods.

>>> class Lisp:
...     number, name = staticmethod(str), staticmethod(str)
...     def unary(self, sign, x):
...         return f"({sign} {x})"
...     def binary(self, sign, x, y):
...         return f"({sign} {x} {y})"
...     comparison = logical = binary
...     def call(self, function, operands):
...         return f"({function} {' '.join(operands)})"
>>> interpret(ast.parse("-2 * exp(x) + (y > 0)", mode="eval").body, Lisp())
'(+ (* (- 2) (exp x)) (where (> y 0) 1 0))'
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import reduce
from typing import Protocol, TypeVar

__all__ = ["SIGNS", "Algebra", "interpret", "is_condition"]

T = TypeVar("T")

SIGNS: dict[type[ast.AST], str] = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**"},
    **{ast.UAdd: "+", ast.USub: "-"},
    **{ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="},
    **{ast.And: "and", ast.Or: "or"},
}
"""The signs of the language, by the classes of Python's syntax tree; `Formula` rejects all others."""


class Algebra(Protocol[T]):
    """The meaning of each construct of a formula in one target, given the meanings of its parts."""

    def number(self, value: float, /) -> T:
        """A literal, an int or a float."""

    def name(self, word: str, /) -> T:
        """A variable, or ``pi``."""

    def unary(self, sign: str, x: T, /) -> T:
        """``+x`` or ``-x``."""

    def binary(self, sign: str, x: T, y: T, /) -> T:
        """One of ``+ - * / // % **``."""

    def comparison(self, sign: str, x: T, y: T, /) -> T:
        """One of ``< <= > >= == !=``; a chain such as ``0 < x < 1`` arrives as two of them joined by ``and``."""

    def logical(self, word: str, x: T, y: T, /) -> T:
        """``and`` or ``or``, of conditions."""

    def call(self, function: str, operands: Sequence[T], /) -> T:
        """A function of the language by its name, ``where(condition, x, y)`` among them."""


def interpret(tree: ast.expr, algebra: Algebra[T]) -> T:
    """The meaning of a formula's `tree` in the target of `algebra`.

    A condition used as a number, as in ``x * (x > 0)``, arrives as ``where(condition, 1, 0)``.
    """

    def any_kind(node: ast.expr) -> T:
        match node:
            case ast.Constant(value=int() | float() as value):
                return algebra.number(value)
            case ast.Name(id=word):
                return algebra.name(word)
            case ast.UnaryOp(op=op, operand=operand):
                return algebra.unary(SIGNS[type(op)], as_number(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return algebra.binary(SIGNS[type(op)], as_number(left), as_number(right))
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                pairs = [
                    algebra.comparison(SIGNS[type(op)], any_kind(x), any_kind(y))
                    for x, op, y in zip(sides, ops, others, strict=False)
                ]
                return reduce(lambda x, y: algebra.logical("and", x, y), pairs)
            case ast.BoolOp(op=op, values=values):
                return reduce(lambda x, y: algebra.logical(SIGNS[type(op)], x, y), map(any_kind, values))
            case ast.Call(func=ast.Name(id="where"), args=[condition, *branches]):
                return algebra.call("where", [any_kind(condition), *map(as_number, branches)])
            case ast.Call(func=ast.Name(id=function), args=operands):
                return algebra.call(function, list(map(as_number, operands)))
        raise AssertionError(f"not in the language of formulas: {ast.dump(node)}")

    def as_number(node: ast.expr) -> T:
        x = any_kind(node)
        return algebra.call("where", [x, algebra.number(1), algebra.number(0)]) if is_condition(node) else x

    return any_kind(tree)


def is_condition(node: ast.expr) -> bool:
    """True for a formula that is true or false rather than a number."""
    return isinstance(node, ast.Compare | ast.BoolOp)
