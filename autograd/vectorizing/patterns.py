"""Patterns of expressions, for the table of rewrite rules: tests of single expressions."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

from autograd.vectorizing.array_expressions import Expression

__all__ = [
    "anything",
    "has_no_divisor",
    "has_no_samples",
    "is_equal_to",
    "is_name",
    "is_negative",
    "is_number",
    "is_product_with_a_vector",
    "is_reciprocal",
    "is_scaled",
    "is_true",
    "minus_zero",
    "never_minus_zero",
    "one",
    "plus_zero",
    "zero",
]


def anything(_: Expression) -> bool:
    """Match every expression."""
    return True


def is_number(x: Expression) -> bool:
    """Match literals."""
    return x.value is not None


def is_equal_to(value: float) -> Callable[[Expression], bool]:
    """The pattern of one literal."""
    return lambda x: x.value == value


def is_true(x: Expression) -> bool:
    """Match literals other than 0."""
    return x.value is not None and bool(x.value)


def is_name(x: Expression) -> bool:
    """Match names."""
    return isinstance(x.tree, ast.Name)


def is_negative(x: Expression) -> bool:
    """Match ``-x``, and negative literals."""
    return isinstance(x.tree, ast.UnaryOp)


def is_reciprocal(x: Expression) -> bool:
    """Match ``1 / x``."""
    return x.divisor is not None and len(x.factors) == 1 and x.factors[0].value == 1


def has_no_divisor(x: Expression) -> bool:
    """Match everything except fractions."""
    return x.divisor is None


zero, one = is_equal_to(0), is_equal_to(1)
"""The patterns of 0, of either sign, and of 1."""


def plus_zero(x: Expression) -> bool:
    """Match 0.0, but not -0.0."""
    return x.value == 0 and math.copysign(1, x.value) > 0


def never_minus_zero(x: Expression) -> bool:
    """Match sums of products, other sums over an axis, squares, and exponentials."""
    match x.tree:
        case ast.BinOp(op=ast.MatMult()) | ast.Call(func=ast.Name(id="sum" | "exp" | "zeros_like")):
            return True
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=2)):
            return True
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return any(never_minus_zero(Expression(part)) for part in (left, right))
    return x.value is not None and not minus_zero(x)


def minus_zero(x: Expression) -> bool:
    """Match -0.0."""
    return x.value == 0 and not plus_zero(x)


def has_no_samples(x: Expression) -> bool:
    """Match expressions that all samples share."""
    return not x.batch


def is_scaled(x: Expression) -> bool:
    """Match products of samples with factors that all samples share."""
    return x.batch and any(not factor.batch for factor in x.terms) and not (x.divisor and x.divisor.batch)


def is_product_with_a_vector(x: Expression) -> bool:
    """Match products of two or more arrays of samples, one of which has a single number per sample."""
    arrays = [factor for factor in x.terms if factor.batch]
    return len(arrays) > 1 and not all(factor.axes for factor in arrays) and not (x.divisor and x.divisor.batch)
