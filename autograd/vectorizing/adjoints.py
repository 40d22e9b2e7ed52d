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
        if _is_transposed(view):
            view = View(array, view.index.T)
            x = Expression(slices.transposed(x.tree), x.axes, x.batch)
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
        same: dict[tuple[int, tuple[int, ...], bytes], list[tuple[NDArray[np.int_], Expression]]] = {}
        for index, x in pieces:
            same.setdefault((int(index.flat[0]), index.shape, index.tobytes()), []).append((index, x))
        indices = [same[key][0][0] for key in sorted(same)]
        trees = [plus([x for _, x in same[key]]).tree for key in sorted(same)]
        if not pieces:
            return
        axes, batched = len(array.shape), array.batched
        if slices.is_everything(np.concatenate([*map(np.ravel, indices)]), array.shape):
            axis = ast.Constant(int(batched))
            if all(index.shape == array.shape[1:] for index in indices):
                yield Expression(call("stack", ast.List(trees, ast.Load()), axis=axis), axes, batched)
                return
            if axes == 1:
                pairs = zip(indices, trees, strict=True)
                rows = [x if i.ndim == 1 else slices.reshaped(x, (i.size,), batched) for i, x in pairs]
                yield Expression(call("concat", ast.List(rows, ast.Load()), axis=axis), axes, batched)
                return
        like = self.block.values[array].tree
        for index, tree in zip(indices, trees, strict=True):
            yield Expression(slices.place(like, array, index, tree, self.block.names.constant), axes, batched)


def _is_transposed(view: View) -> bool:
    """True if the elements, shared by all samples, are those of a slice with rows for columns."""
    array, index = view.array, view.index
    if array is None or array.batched or view.over or index.ndim != 2:
        return False
    return slices.slices_of(index, array.shape) is None and slices.slices_of(index.T, array.shape) is not None
