"""Elements of an array as an expression: if possible a slice, which copies nothing.

An `index` holds positions in the flattened array, in the shape in which the elements are read.  The samples of a
batched array are one more axis, the last, which is always read as a whole.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.vectorizing.array_expressions import call, subscript

__all__ = [
    "Slice",
    "base_of",
    "elements",
    "is_everything",
    "place",
    "reshaped",
    "slices_of",
    "transposed",
    "with_samples_last",
]

Index = NDArray[Any]
Slice = int | slice


def is_everything(index: Index, shape: tuple[int, ...]) -> bool:
    """True if these are all elements of an array of this shape, in order."""
    return index.size == prod(shape) and bool((index.ravel() == np.arange(index.size)).all())


def slices_of(index: Index, shape: tuple[int, ...]) -> list[Slice] | None:
    """The slices that select these elements, or None if there are none.

    >>> slices_of(np.array([4, 7, 10]), (4, 3))
    [slice(1, None, None), 1]
    """
    slices: list[Slice] = []
    axis = 0
    for coordinates, length in zip(np.unravel_index(index, shape), shape, strict=True):
        first = int(coordinates.flat[0])
        if (coordinates == first).all():
            slices.append(first)
            continue
        if axis == index.ndim or index.shape[axis] == 1:
            return None
        line = np.moveaxis(coordinates, axis, 0).reshape(index.shape[axis], -1)
        step = int(line[1, 0] - line[0, 0])
        expected = first + step * np.arange(len(line))
        if step <= 0 or not (line == expected[:, None]).all():
            return None
        stop = int(expected[-1]) + 1
        slices.append(slice(first or None, None if stop + step > length else stop, None if step == 1 else step))
        axis += 1
    return slices if axis == index.ndim else None


def elements(
    tree: ast.expr, shape: tuple[int, ...], batched: bool, index: Index, constant: Callable[[Index], ast.expr]
) -> ast.expr:
    """The elements of the array `tree`, as a view if possible; `constant` gives an array of positions a name."""
    if index.shape == shape and is_everything(index, shape):
        return tree
    slices = slices_of(index, shape)
    if slices is not None:
        return _sliced(tree, slices)
    if is_everything(index, shape):
        return reshaped(tree, index.shape, batched)
    if index.ndim == 2 and not batched:
        slices = slices_of(index.T, shape)
        if slices is not None:
            return transposed(_sliced(tree, slices))
    flat = tree if len(shape) == 1 else reshaped(tree, (prod(shape),), batched)
    return subscript(flat, constant(index))


def place(
    tree: ast.expr,
    shape: tuple[int, ...],
    batched: bool,
    index: Index,
    x: ast.expr,
    constant: Callable[[Index], ast.expr],
) -> ast.expr:
    """`x` at the places of these elements in an array of zeros like `tree`."""
    zeros = call("zeros_like", tree)
    slices = slices_of(index, shape)
    if slices is not None:
        return call("put", zeros, subscript(ast.Name("s_", ast.Load()), *map(_syntax, slices)), x)
    if len(shape) == 1:
        return call("put", zeros, constant(index), x)
    return reshaped(call("put", reshaped(zeros, (prod(shape),), batched), constant(index), x), shape, batched)


def _sliced(tree: ast.expr, slices: Sequence[Slice]) -> ast.expr:
    needed = list(slices)
    while needed and needed[-1] == slice(None):
        needed.pop()
    return subscript(tree, *map(_syntax, needed)) if needed else tree


def _syntax(part: Slice) -> ast.expr:
    if isinstance(part, int):
        return ast.Constant(part)
    bounds = [None if bound is None else ast.Constant(bound) for bound in (part.start, part.stop, part.step)]
    return ast.Slice(*bounds)


def reshaped(tree: ast.expr, shape: Sequence[int], batched: bool) -> ast.expr:
    """The elements in another shape; the samples stay the last axis."""
    sizes: list[ast.expr] = [ast.Constant(size) for size in shape]
    return call("reshape", tree, ast.Tuple([*sizes, ast.Name("n", ast.Load())] if batched else sizes, ast.Load()))


def transposed(tree: ast.expr) -> ast.expr:
    """``tree.T``."""
    is_transposed = isinstance(tree, ast.Attribute) and tree.attr == "T"
    return tree.value if is_transposed else ast.Attribute(tree, "T", ast.Load())  # type: ignore[attr-defined]


def base_of(tree: ast.expr) -> str | None:
    """The name of the array of which `tree` is a view, or of the array itself; None if it is a new one."""
    match tree:
        case ast.Name(id=word):
            return word
        case ast.Subscript(value=inner) | ast.Attribute(value=inner):
            return base_of(inner)
        case ast.Call(func=ast.Name(id="reshape" | "moveaxis"), args=[inner, *_]):
            return base_of(inner)
    return None


def with_samples_last(tree: ast.expr, axes: int, back: bool = False) -> ast.expr:
    """An array, with `axes` axes per sample, with the samples moved from the first axis to the last, or `back`."""
    if axes == 0:
        return tree
    if axes == 1:
        return ast.Attribute(tree, "T", ast.Load())
    source, destination = (-1, 0) if back else (0, -1)
    return call("moveaxis", tree, ast.Constant(source), ast.Constant(destination))
