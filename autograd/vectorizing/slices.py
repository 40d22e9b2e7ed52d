"""Elements of an array as an expression: if possible a slice, which copies nothing.

The positions of a view refer to the flattened array, without the samples.  These are the first axis of a batched array,
which is always read as a whole.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.vectorizing.array_expressions import call, subscript
from autograd.vectorizing.groups import Array, View

__all__ = ["Slice", "base_of", "elements", "is_everything", "place", "reshaped", "slices_of", "transposed"]

Index = NDArray[Any]
Naming = Callable[[Index], ast.expr]
"""Gives an array of constants or of positions a name."""


class Slice(NamedTuple):
    """The positions read along one axis: a single one, or several if there is a `stop`.

    `shifts` says how far they move from one iteration of a loop to the next, for each loop.
    """

    start: int
    stop: int | None = None
    step: int = 1
    shifts: tuple[int, ...] = ()


def is_everything(index: Index, shape: tuple[int, ...]) -> bool:
    """True if these are all elements of an array of this shape, in order."""
    return index.size == prod(shape) and bool((index.ravel() == np.arange(index.size)).all())


def slices_of(index: Index, shape: tuple[int, ...], loops: int = 0) -> list[Slice] | None:
    """The slices that select these elements, or None if there are none.

    >>> slices_of(np.array([4, 7, 10]), (4, 3))
    [Slice(start=1, stop=4, step=1, shifts=()), Slice(start=1, stop=None, step=1, shifts=())]
    """
    slices: list[Slice] = []
    axis = 0
    for coordinates in np.unravel_index(index, shape):
        shifts = _shifts(coordinates, loops)
        if shifts is None:
            return None
        first = coordinates[(0,) * loops]
        start = int(first.flat[0])
        if (first == start).all():
            slices.append(Slice(start, shifts=shifts))
            continue
        if axis == first.ndim or first.shape[axis] == 1:
            return None
        line = np.moveaxis(first, axis, 0).reshape(first.shape[axis], -1)
        step = int(line[1, 0] - line[0, 0])
        expected = start + step * np.arange(len(line))
        if step <= 0 or not (line == expected[:, None]).all():
            return None
        slices.append(Slice(start, int(expected[-1]) + 1, step, shifts))
        axis += 1
    return slices if axis == index.ndim - loops else None


def _shifts(coordinates: Index, loops: int) -> tuple[int, ...] | None:
    """The steps by which all coordinates move along the first axes; None if they do not move evenly."""
    first = coordinates[(0,) * loops]
    expected, shifts = first, []
    for axis in reversed(range(loops)):
        origin = (0,) * axis
        line = coordinates[origin].reshape(coordinates.shape[axis], -1)[:, 0]
        shifts.append(int(line[1] - line[0]))
        steps = shifts[-1] * np.arange(coordinates.shape[axis])
        expected = steps.reshape(-1, *[1] * expected.ndim) + expected
    return tuple(shifts[::-1]) if (coordinates == expected).all() else None


def elements(tree: ast.expr, view: View, constant: Naming, counters: Sequence[ast.expr] = ()) -> ast.expr:
    """The elements of the array `tree` that a view selects, without a copy if possible."""
    array, index = view.array, view.index
    assert array is not None
    shape, batched = array.shape, array.batched
    if not view.over and index.shape == shape and is_everything(index, shape):
        return tree
    slices = slices_of(index, shape, len(view.over))
    if slices is not None:
        return _sliced(tree, slices, shape, batched, counters)
    if not view.over and is_everything(index, shape):
        return reshaped(tree, index.shape, batched)
    if index.ndim == 2 and not (batched or view.over):
        slices = slices_of(index.T, shape)
        if slices is not None:
            return transposed(_sliced(tree, slices, shape, batched, counters))
    flat = tree if len(shape) == 1 else reshaped(tree, (prod(shape),), batched)
    positions = constant(index)
    positions = subscript(positions, *counters) if view.over else positions
    return subscript(flat, *_samples(batched), positions)


def place(tree: ast.expr, array: Array, index: Index, x: ast.expr, constant: Naming) -> ast.expr:
    """`x` at the places of these elements in zeros like the array `tree`."""
    shape, batched = array.shape, array.batched
    zeros = call("zeros_like", tree)
    slices = slices_of(index, shape)
    if slices is not None:
        where = [*_samples(batched), *(_syntax(part, n) for part, n in zip(slices, shape, strict=True))]
        return call("put", zeros, subscript(ast.Name("s_", ast.Load()), *where), x)
    if len(shape) == 1:
        return call("add_at", zeros, constant(index), x)
    return reshaped(call("add_at", reshaped(zeros, (prod(shape),), batched), constant(index), x), shape, batched)


def _samples(batched: bool) -> list[ast.expr]:
    return [ast.Slice()] if batched else []


def _sliced(
    tree: ast.expr, slices: Sequence[Slice], shape: tuple[int, ...], batched: bool, counters: Sequence[ast.expr]
) -> ast.expr:
    needed = list(slices)
    while needed and not any(needed[-1].shifts) and needed[-1][:3] == (0, shape[len(needed) - 1], 1):
        needed.pop()
    where = [_syntax(part, n, counters) for part, n in zip(needed, shape, strict=False)]
    return subscript(tree, *_samples(batched), *where) if where else tree


def _syntax(part: Slice, length: int, counters: Sequence[ast.expr] = ()) -> ast.expr:
    """A slice as it is written; bounds that say nothing are left out."""
    if part.stop is None:
        return _moving(part.start, part.shifts, counters)
    if any(part.shifts):
        bounds: list[ast.expr | None] = [_moving(x, part.shifts, counters) for x in (part.start, part.stop)]
    else:
        start, stop = part.start or None, None if part.stop + part.step > length else part.stop
        bounds = [None if x is None else ast.Constant(x) for x in (start, stop)]
    return ast.Slice(bounds[0], bounds[1], None if part.step == 1 else ast.Constant(part.step))


def _moving(start: int, shifts: Sequence[int], counters: Sequence[ast.expr]) -> ast.expr:
    """``2 * i + 1``, a position that moves with the counters of loops."""
    tree: ast.expr | None = None
    for shift, counter in zip(shifts, counters, strict=False):
        if shift:
            term = counter if abs(shift) == 1 else ast.BinOp(ast.Constant(abs(shift)), ast.Mult(), counter)
            if tree is None and shift < 0:
                tree, start = ast.BinOp(ast.Constant(start), ast.Sub(), term), 0
            else:
                tree = term if tree is None else ast.BinOp(tree, ast.Add() if shift > 0 else ast.Sub(), term)
    if tree is None:
        return ast.Constant(start)
    return ast.BinOp(tree, ast.Add(), ast.Constant(start)) if start else tree


def reshaped(tree: ast.expr, shape: Sequence[int], batched: bool) -> ast.expr:
    """The elements in another shape; the samples stay the first axis."""
    sizes: list[ast.expr] = [ast.Constant(size) for size in shape]
    return call("reshape", tree, ast.Tuple([ast.Name("n", ast.Load()), *sizes] if batched else sizes, ast.Load()))


def transposed(tree: ast.expr) -> ast.expr:
    """``tree.T``, without a T twice, and inside of a product."""
    match tree:
        case ast.Attribute(value=inner, attr="T"):
            return inner
        case ast.BinOp(left=left, op=ast.MatMult() as op, right=right):
            return ast.BinOp(transposed(right), op, transposed(left))
    return ast.Attribute(tree, "T", ast.Load())


def base_of(tree: ast.expr) -> str | None:
    """The name of the array of which `tree` is a view, or of the array itself; None if it is a new one."""
    match tree:
        case ast.Name(id=word):
            return word
        case ast.Subscript(value=inner) | ast.Attribute(value=inner):
            return base_of(inner)
        case ast.Call(func=ast.Name(id="reshape"), args=[inner, *_]):
            return base_of(inner)
    return None
