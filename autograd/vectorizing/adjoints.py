"""Adjoints: the derivatives of the result with respect to the arrays of a program, as expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autograd.vectorizing import slices
from autograd.vectorizing.array_expressions import Expression, call, name, zeros_like
from autograd.vectorizing.forward import MANY, Forward
from autograd.vectorizing.groups import Array, View, everything
from autograd.vectorizing.rewriting import broadcast, plus
from autograd.vectorizing.statements import Assignment, Statement

__all__ = ["Adjoints"]


@dataclass
class Adjoints:
    """The derivatives that have reached each of the `needed` arrays, with the elements that they belong to.

    `block` is the forward pass; `statements` compute the derivatives.
    """

    needed: set[Array]
    block: Forward
    statements: list[Statement] = field(default_factory=list)
    reached: dict[Array, list[tuple[View, Expression]]] = field(default_factory=dict)

    def add(self, view: View, x: Expression) -> None:
        """Add the derivative `x` with respect to the elements that a view reads."""
        array = view.array
        if array not in self.needed:
            return
        assert array is not None
        reached = self.reached.setdefault(array, [])
        reached.append((view, x))
        if len(reached) > MANY and not any(view.over for view, _ in reached):
            so_far = self.named(self.block.names.numbered("t"), self.total(array))
            self.reached[array] = [(everything(array), so_far)]  # so that the memory of the terms can be reused

    def collected(self, array: Array) -> Expression:
        """The adjoint of an array, under a name of its own unless it is a name or a number."""
        x = self.total(array)
        unsigned = x.tree.operand if isinstance(x.tree, ast.UnaryOp) else x.tree
        if isinstance(unsigned, ast.Name) or x.is_python_number:
            return x
        return self.named(self.block.names.derivative(self.block.words[array]), x)

    def named(self, word: str, x: Expression) -> Expression:
        """The expression under a name."""
        self.statements.append(Assignment(word, x.tree))
        return name(word, x.axes, x.batch)

    def whole(self, array: Array) -> Expression:
        """The adjoint of an array with all its axes: zeros if nothing has reached it."""
        like = self.block.values[array]
        return broadcast(self.total(array), like) if array in self.reached else zeros_like(like)

    def total(self, array: Array) -> Expression:
        """The sum of the derivatives that have reached an array."""
        terms: list[Expression] = []
        pieces: list[tuple[NDArray[np.int_], Expression]] = []
        for view, x in self.reached.pop(array):
            if not slices.is_everything(view.index, array.shape):
                pieces.append((view.index, self.in_full(x, view)))
            elif view.shape != array.shape and x.axes:
                tree = self.in_full(x, view).tree
                terms.append(Expression(slices.reshaped(tree, array.shape, array.batched), len(array.shape), x.batch))
            else:
                terms.append(x)
        return plus([*terms, *self.joined(array, pieces)])

    def in_full(self, x: Expression, view: View) -> Expression:
        """A derivative with all axes of the elements that it belongs to."""
        return broadcast(x, self.block.read(view))

    def joined(self, array: Array, pieces: list[tuple[NDArray[np.int_], Expression]]) -> Iterator[Expression]:
        """Derivatives with respect to some elements of an array, as derivatives with respect to all of it."""
        pieces.sort(key=lambda piece: int(piece[0].flat[0]))
        indices, trees = [index for index, _ in pieces], [x.tree for _, x in pieces]
        if not pieces:
            return
        if len(array.shape) == 1 and slices.is_everything(np.concatenate([*map(np.ravel, indices)]), array.shape):
            yield Expression(_side_by_side(indices, trees, array.batched), 1, array.batched)
            return
        like = self.block.values[array].tree
        for index, tree in zip(indices, trees, strict=True):
            placed = slices.place(like, array, index, tree, self.block.names.constant)
            yield Expression(placed, len(array.shape), array.batched)


def _side_by_side(indices: list[NDArray[np.int_]], trees: list[ast.expr], batched: bool) -> ast.expr:
    """The array that consists of these pieces."""
    axis = ast.Constant(int(batched))
    if not any(index.ndim for index in indices):
        return call("stack", ast.List(trees, ast.Load()), axis=axis)
    rows = [
        tree if index.ndim == 1 else slices.reshaped(tree, (index.size,), batched)
        for index, tree in zip(indices, trees, strict=True)
    ]
    return call("concat", ast.List(rows, ast.Load()), axis=axis)
