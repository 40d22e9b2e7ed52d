"""The backward pass of a program: the chain rule, group by group, from the newest to the oldest.

The derivative of the mean with respect to an array is its *adjoint*.  The derivatives
that reach an array are added up under a name, and passed on to the operands of its group: for an operation of the
table times its local derivatives, for sums of products by the rules of matrices.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.extensions.tracing import DETACH, is_condition
from autograd.vectorizing import slices
from autograd.vectorizing.array_expressions import (
    Expression,
    Statement,
    call,
    matmul,
    name,
    number,
    summed,
    with_new_last_axis,
    zeros_like,
)
from autograd.vectorizing.forward import MANY, Forward
from autograd.vectorizing.groups import Array, Group, Part, View
from autograd.vectorizing.rewriting import (
    SEED,
    broadcast,
    of_formula,
    plus,
    reciprocal,
    sum_over_rows,
    sum_over_samples,
    times,
)

__all__ = ["Backward", "backward"]


@dataclass
class Backward:
    """The statements of the backward pass, and the gradients: the adjoints of the requested arrays."""

    statements: list[Statement] = field(default_factory=list)
    gradients: list[Expression] = field(default_factory=list)


def backward(result: View, groups: Sequence[Group], wrt: Sequence[Array], block: Forward) -> Backward:
    """The statements for the derivatives of the mean of `result` with respect to the arrays `wrt`.

    `block` is the forward pass of the same groups.
    """
    adjoints = _Adjoints(_needed(groups, wrt), block)
    adjoints.add(result, SEED if result.batched else number(1))
    for group in reversed(groups):
        if group.array in adjoints.reached:
            g = adjoints.collected(group.array)
            if group.divisor != 1:
                g = times(g, reciprocal(number(group.divisor)))
            for part in group.parts:
                _through_part(part, g, group, adjoints)
            if group.operands:
                _through_operation(g, group, adjoints)
    return Backward(adjoints.statements, [adjoints.of_input(array) for array in wrt])


def _needed(groups: Sequence[Group], wrt: Collection[Array]) -> set[Array]:
    """The arrays that depend on those of `wrt`, whose adjoints are needed."""
    needed = set(wrt)
    for group in groups:
        is_fixed = group.op is DETACH or is_condition(group.op)
        if not is_fixed and any(view.array in needed for view in group.views):
            needed.add(group.array)
    return needed


# --- Adjoints -------------------------------------------------------------------------------------------


@dataclass
class _Adjoints:
    """The derivatives that have reached each of the `needed` arrays, with the elements that they belong to."""

    needed: set[Array]
    block: Forward
    statements: list[Statement] = field(default_factory=list)
    reached: dict[Array, list[tuple[NDArray[Any], Expression]]] = field(default_factory=dict)

    def add(self, view: View, x: Expression) -> None:
        """Add the derivative `x` with respect to the elements that a view reads."""
        array = view.array
        if array not in self.needed:
            return
        assert array is not None
        reached = self.reached.setdefault(array, [])
        reached.append((view.index, x))
        if len(reached) > MANY:  # so that the memory of their operands can be reused
            so_far = self.named(self.block.names.numbered("t"), self.total(array))
            self.reached[array] = [(np.arange(math.prod(array.shape)), so_far)]

    def collected(self, array: Array) -> Expression:
        """The adjoint of an array, under a name of its own unless it is a name or a number."""
        x = self.total(array)
        unsigned = x.tree.operand if isinstance(x.tree, ast.UnaryOp) else x.tree
        if isinstance(unsigned, ast.Name) or x.is_python_number:
            return x
        return self.named(self.block.names.derivative(self.block.words[array]), x)

    def named(self, word: str, x: Expression) -> Expression:
        self.statements.append((word, x.tree))
        return name(word, x.rows, x.batch)

    def of_input(self, array: Array) -> Expression:
        """The adjoint of an argument, with the samples along the first axis again."""
        like = self.block.values[array]
        x = broadcast(self.total(array), like) if array in self.reached else zeros_like(like)
        return Expression(slices.with_samples_last(x.tree, len(array.shape), back=True)) if array.batched else x

    def total(self, array: Array) -> Expression:
        """The sum of the derivatives that have reached an array."""
        whole: list[Expression] = []
        pieces: list[tuple[NDArray[Any], Expression]] = []
        for index, x in self.reached.pop(array):
            if not slices.is_everything(index, array.shape):
                pieces.append((index, self.in_full(x, array, index)))
            elif index.shape != array.shape and x.rows:
                tree = self.in_full(x, array, index).tree
                whole.append(Expression(slices.reshaped(tree, array.shape, array.batched), True, array.batched))
            else:
                whole.append(x)
        return plus([*whole, *self.joined(array, pieces)])

    def in_full(self, x: Expression, array: Array, index: NDArray[Any]) -> Expression:
        """A derivative with all axes of the elements that it belongs to."""
        return broadcast(x, self.block.read(View(array, index)))

    def joined(self, array: Array, pieces: list[tuple[NDArray[Any], Expression]]) -> Iterator[Expression]:
        """Derivatives with respect to some elements of an array, as derivatives with respect to all of it."""
        pieces.sort(key=lambda piece: int(piece[0].flat[0]))
        indices, trees = [index for index, _ in pieces], [x.tree for _, x in pieces]
        if not pieces:
            return
        if len(array.shape) == 1 and slices.is_everything(np.concatenate([*map(np.ravel, indices)]), array.shape):
            yield Expression(_side_by_side(indices, trees, array.batched), True, array.batched)
            return
        like = self.block.values[array].tree
        for index, tree in zip(indices, trees, strict=True):
            placed = slices.place(like, array.shape, array.batched, index, tree, self.block.names.constant)
            yield Expression(placed, True, array.batched)


def _side_by_side(indices: list[NDArray[Any]], trees: list[ast.expr], batched: bool) -> ast.expr:
    """The array that consists of these pieces."""
    if not any(index.ndim for index in indices):
        return call("stack", ast.List(trees, ast.Load()))
    rows = [
        tree if index.ndim == 1 else slices.reshaped(tree, (index.size,), batched)
        for index, tree in zip(indices, trees, strict=True)
    ]
    return call("concat", ast.List(rows, ast.Load()))


# --- The chain rule ---------------------------------------------------------------------------------------


def _through_operation(g: Expression, group: Group, adjoints: _Adjoints) -> None:
    """The derivative with respect to an operand: its local derivative times the adjoint `g` of the result."""
    variables = {**adjoints.block.operands[group], "z": adjoints.block.values[group.array]}
    for view, partial in zip(group.operands, group.op.partials, strict=True):
        if view.array in adjoints.needed:
            x = times(g, of_formula(partial.tree, variables))
            adjoints.add(view, _reduced(x, group, view.index.ndim > 0, view.batched))


def _through_part(part: Part, g: Expression, group: Group, adjoints: _Adjoints) -> None:
    """The same for the factors of some summands of a linear form."""
    if not any(view.array in adjoints.needed for view in part.factors):
        return
    factors = [adjoints.block.read(view) for view in part.factors]
    if not part.is_sum:
        for i, view in enumerate(part.factors):
            x = times(g, *factors[:i], *factors[i + 1 :])
            adjoints.add(view, _reduced(x, group, view.index.ndim > 0, view.batched))
        return
    g = _reduced(g, group, part.rows, part.batched)
    if len(factors) == 1 and not part.rows:
        adjoints.add(part.factors[0], g)  # the same for each of the terms
        return
    if part.is_product and not (part.rows or part.batched):
        for view, other in zip(part.factors, reversed(factors), strict=True):
            adjoints.add(view, times(g, other))
        return
    whole = adjoints.block.values[group.array]
    has_all_axes = (part.rows, part.batched) == (whole.rows, whole.batch)
    g = broadcast(g, whole if has_all_axes else adjoints.block.part(part))
    trees = [factor.tree for factor in factors]
    for i, view in enumerate(part.factors):
        rule = _product_rule if part.is_product else _sum_rule
        adjoints.add(view, Expression(rule(i, part, g.tree, *trees), True, view.batched))


def _product_rule(i: int, part: Part, g: ast.expr, a: ast.expr, b: ast.expr) -> ast.expr:
    """The derivative with respect to a (i = 0) or to b (i = 1) in ``a @ b``, whose adjoint is g."""

    def outer(x: ast.expr, y: ast.expr) -> ast.expr:
        return ast.BinOp(with_new_last_axis(x), ast.Mult(), y)

    match part.rows, part.batched:
        case True, True:
            return matmul(g, slices.transposed(b)) if i == 0 else matmul(slices.transposed(a), g)
        case False, True:
            return matmul(b, g) if i == 0 else outer(a, g)
    return outer(g, b) if i == 0 else matmul(slices.transposed(a), g)


def _sum_rule(i: int, part: Part, g: ast.expr, *factors: ast.expr) -> ast.expr:
    """The derivative with respect to the i-th factor in ``sum(a * b)`` or ``sum(a)``, whose adjoint is g."""
    column = with_new_last_axis(g) if part.rows else g
    if len(factors) == 2:
        tree = ast.BinOp(column, ast.Mult(), factors[1 - i])
    else:
        tree = ast.BinOp(column, ast.Add(), call("zeros_like", *factors))
    return summed(tree, 0) if part.rows and part.factors[i].index.ndim == 1 else tree


def _reduced(x: Expression, group: Group, rows: bool, batch: bool) -> Expression:
    """A derivative in all axes of a group, summed over those that its operand lacks."""
    if group.array.batched and not batch:
        x = sum_over_samples(x)
    if group.array.shape and not rows:
        x = sum_over_rows(x, group.array.shape[0])
    return x
