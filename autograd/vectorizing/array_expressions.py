"""Expressions over arrays: the right-hand sides of the statements of a vectorized program.

An `Expression` is a tree of Python's syntax that knows the axes of its array: samples, always the first axis, and
those of the nodes of its group.  The functions below build expressions and align their
axes, nothing more; `autograd.vectorizing.rewriting` simplifies.

>>> w, x = name("w", axes=1), name("x", batch=True)
>>> ast.unparse(operation("*", w, x).tree)
'w * x[:, None]'
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass

from autograd.formula.compiling import OPERATORS

__all__ = [
    "Expression",
    "aligned",
    "attribute",
    "call",
    "matmul",
    "name",
    "number",
    "operation",
    "subscript",
    "summed",
    "with_new_axes",
    "without_factors",
    "zeros_like",
]


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A syntax tree, and the axes of its array: the samples if it is a `batch`, and `axes` more.

    A product knows its `factors`, and the `divisor` below them; a choice knows its `parts`, the condition and the two
    branches.  The rules for products need both.
    """

    tree: ast.expr
    axes: int = 0
    batch: bool = False
    factors: tuple[Expression, ...] = ()
    divisor: Expression | None = None
    parts: tuple[Expression, Expression, Expression] | None = None

    @property
    def value(self) -> float | None:
        """The number, if the expression is a literal."""
        match self.tree:
            case ast.Constant(value=int() | float() as value):
                return float(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return -float(value)
            case ast.Name(id="nan" | "inf" as word):
                return float(word)
        return None

    @property
    def is_scalar(self) -> bool:
        """True for one number that all nodes and samples share."""
        return not (self.axes or self.batch)

    @property
    def is_python_number(self) -> bool:
        """True if it contains only literals and the number of samples, no array."""
        names = (part.id for part in ast.walk(self.tree) if isinstance(part, ast.Name))
        return self.is_scalar and all(word in ("n", "nan", "inf") for word in names)

    @property
    def is_choice_of_numbers(self) -> bool:
        """True for a choice between numbers, such as ``where(condition, 1, 0)``, nested or not."""
        return self.parts is not None and all(x.value is not None or x.is_choice_of_numbers for x in self.parts[1:])

    @property
    def terms(self) -> tuple[Expression, ...]:
        """The factors of a product; anything else is its own single factor."""
        return self.factors or (self,)


def number(value: float) -> Expression:
    """A literal; whole numbers are written without a decimal point."""
    if math.isnan(value):
        return Expression(ast.Name("nan", ast.Load()))
    if math.copysign(1, value) < 0:
        positive = number(-value).tree if value else ast.Constant(0.0)  # -0 would be an int, which has no sign
        return Expression(ast.UnaryOp(ast.USub(), positive))
    if math.isinf(value):
        return Expression(ast.Name("inf", ast.Load()))
    return Expression(ast.Constant(int(value) if float(value).is_integer() and value < 1e6 else float(value)))


def name(word: str, axes: int = 0, batch: bool = False) -> Expression:
    """An array or a number that has a name."""
    return Expression(ast.Name(word, ast.Load()), axes, batch)


def operation(kind: str, *operands: Expression) -> Expression:
    """An operation on expressions, with their axes aligned.

    `kind` is one of the signs ``+ - * / // % **`` (``-`` with one operand is the negative), a comparison, ``and``,
    ``or``, or the name of a function.
    """
    axes, batch = max(x.axes for x in operands), any(x.batch for x in operands)
    trees = [aligned(x, axes) for x in operands]
    sign = OPERATORS.get(kind)
    if len(operands) == 1 and kind == "-":
        (x,) = operands
        factors = (number(-1), *x.terms) if x.divisor is None else ()
        return Expression(ast.UnaryOp(ast.USub(), trees[0]), axes, batch, factors)
    if isinstance(sign, ast.operator):
        return Expression(ast.BinOp(trees[0], sign, trees[1]), axes, batch, *_factors(kind, *operands))
    if isinstance(sign, ast.cmpop):
        return Expression(ast.Compare(trees[0], [sign], [trees[1]]), axes, batch)
    if kind == "where":
        condition, x, y = operands
        if x.value is not None and y.value is not None:  # two ints would give an array of integers
            trees[1:] = [ast.Constant(x.value), ast.Constant(y.value)]
        return Expression(call("where", *trees), axes, batch, parts=(condition, x, y))
    return Expression(call(f"logical_{kind}" if kind in ("and", "or") else kind, *trees), axes, batch)


def _factors(sign: str, x: Expression, y: Expression) -> tuple[tuple[Expression, ...], Expression | None]:
    """The factors and the divisor of a product, and of a number divided by something."""
    if sign == "*" and x.divisor is None and y.divisor is None:
        return (*x.terms, *y.terms), None
    return ((x,), y) if sign == "/" and x.value is not None else ((), None)


def aligned(x: Expression, axes: int) -> ast.expr:
    """The tree of `x`, made to broadcast against an array of this many axes besides the samples."""
    missing = axes - x.axes if x.batch else 0
    return with_new_axes(x.tree, 1, missing) if missing else x.tree


def without_factors(x: Expression) -> Expression:
    """The same expression as a single factor, so that products do not rearrange it."""
    return Expression(x.tree, x.axes, x.batch)


def zeros_like(x: Expression) -> Expression:
    """Zeros in the shape, and of the kind, of `x`."""
    return Expression(call("zeros_like", x.tree), x.axes, x.batch)


# --- Syntax trees ---------------------------------------------------------------------------------------


def attribute(tree: ast.expr, word: str) -> ast.expr:
    """``tree.word``."""
    return ast.Attribute(tree, word, ast.Load())


def call(function: str, *arguments: ast.expr, **options: ast.expr) -> ast.Call:
    """``function(arguments)``."""
    keywords = [ast.keyword(key, value) for key, value in options.items()]
    return ast.Call(ast.Name(function, ast.Load()), list(arguments), keywords)


def subscript(tree: ast.expr, *indices: ast.expr) -> ast.Subscript:
    """``tree[indices]``."""
    return ast.Subscript(tree, indices[0] if len(indices) == 1 else ast.Tuple(list(indices), ast.Load()), ast.Load())


def with_new_axes(tree: ast.expr, before: int, many: int = 1) -> ast.expr:
    """``tree[:, None]``, with new axes after those `before` them."""
    return subscript(tree, *[ast.Slice()] * before, *[ast.Constant(None)] * many)


def summed(x: Expression, axis: int, reduction: str = "sum") -> ast.expr:
    """``sum(x, axis=axis)``, or another `reduction`; the only axis of an array need not be named."""
    if x.axes + x.batch == 1:
        return call(reduction, x.tree)
    return call(reduction, x.tree, axis=ast.Constant(axis))


def matmul(x: ast.expr, y: ast.expr) -> ast.expr:
    """``x @ y``."""
    return ast.BinOp(x, ast.MatMult(), y)
