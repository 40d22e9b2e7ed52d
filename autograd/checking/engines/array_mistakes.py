"""The mistakes in an operation on arrays, in words: what its result and its gradients should be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from autograd.checking.audit import wrong_slope
from autograd.checking.engines.recorded_arrays import Array, Step, numbers_of
from autograd.core.table import OPERATIONS
from autograd.core.value import Value
from autograd.formula.typesetting import number

__all__ = ["backward_advice", "not_added", "place", "where", "wrong_array", "wrong_gradient"]


def where(step: Step) -> str:
    """The step as the user wrote it, and the shapes of its operands."""
    return f"{step.written} with " + ", ".join(dict.fromkeys(f"{x.label} of shape {x.shape}" for x in step.arrays))


def place(index: Sequence[int]) -> str:
    """The place of an element in a message: `` at [0, 1]``, and nothing for an array without axes."""
    return f" at [{', '.join(map(str, index))}]" if len(index) else ""


def wrong_array(mine: Any, z: Array, rounded: float) -> str:
    """The mistake in the result of a step, or ""; axes of length 1 may be kept or not."""
    if np.squeeze(mine).shape != np.squeeze(z.cells).shape:
        return f"the result should have shape {z.shape}; yours has {mine.shape}"
    right = numbers_of(z).reshape(mine.shape)
    wrong = np.argwhere(~np.isclose(mine, right, rtol=rounded, atol=rounded * np.abs(right).max()))
    return f"the result should be {_apart(right, mine, wrong[0])}" if len(wrong) else ""


def not_added(x: Array, grad: Any, right: Any, index: Sequence[int]) -> str:
    """The mistake in the gradient of an operand that was used twice."""
    return f"the gradient of {x.label} should be {_apart(right, grad, index)} (is = written for +=?)"


def wrong_gradient(step: Step, position: int, grad: Any, right: Any, upstream: Any, index: tuple[int, ...]) -> str:
    """The mistake in the gradient of the array operand at this position: its shape, or the number at this index."""
    x = step.arrays[position]
    if _is_product(step):
        return _mistake_in_product(step, position, grad, upstream)
    if grad.shape != x.shape:
        shapes = f"has shape {grad.shape}, {x.label} has {x.shape}"
        return f"the gradient of {x.label} {shapes}{_sum_missing(step, grad.shape, [x])}"
    op = OPERATIONS.get(step.name)
    if op and not op.nary and x.shape == upstream.shape:
        operands = [float(np.broadcast_to(numbers_of(y), x.shape)[index]) for y in step.operands]
        i = next(i for i, y in enumerate(step.operands) if y is x)
        if what := wrong_slope(op, operands, i, float(grad[index] / upstream[index]), Value(0.0, _atom(x))):
            return f"{what} (at {', '.join(f'{y} = {number(v)}' for y, v in zip(op.operands, operands, strict=True))})"
    return f"the gradient of {x.label} should be {_apart(right, grad, index)}"


def _mistake_in_product(step: Step, position: int, grad: Any, upstream: Any) -> str:
    """The mistake in the gradient of a factor of a matrix product, and the product that it is instead."""
    x = step.arrays[position]
    a, b = map(_atom, step.arrays)
    matrices = {"upstream": upstream, a: numbers_of(step.arrays[0]), b: numbers_of(step.arrays[1])}
    matrices |= {f"{name}.T": matrix.T for name, matrix in matrices.items()}
    yours = "is another matrix" if grad.shape == x.shape else f"has shape {grad.shape}, {x.label} has {x.shape}"
    for (left, p), (right, q) in product(matrices.items(), repeat=2):
        if p.shape[1] == q.shape[0] and (p @ q).shape == grad.shape and np.allclose(p @ q, grad, rtol=1e-4):
            yours = f"is {left} @ {right}"
    return f"the gradient of {x.label} should be {_gradients_of_factors(step)[position]}; yours {yours}"


def _atom(x: Array) -> str:
    return x.label if x.label.isidentifier() else f"({x.label})"


def _gradients_of_factors(step: Step) -> tuple[str, str]:
    a, b = map(_atom, step.arrays)
    return f"upstream @ {b}.T", f"{a}.T @ upstream"


def backward_advice(step: Step, shape: tuple[int, ...]) -> str:
    """The likely reason why the backward pass of a step raised an error, where there is one."""
    if _is_product(step):
        return f": the gradients should be {' and '.join(_gradients_of_factors(step))}"
    return _sum_missing(step, shape, step.arrays)


def _is_product(step: Step) -> bool:
    return step.name == "matmul" and [y.ndim for y in step.arrays] == [2, 2]


def _sum_missing(step: Step, shape: tuple[int, ...], operands: Sequence[Array]) -> str:
    """The axes along which an operand was broadcast to this shape, if its gradient may lack the sum over them."""
    if step.name not in OPERATIONS or OPERATIONS[step.name].nary:
        return ""
    for x in operands:
        pairs = zip(reversed(x.shape), reversed(shape), strict=False)
        if x.shape != shape and x.ndim <= len(shape) and all(n in (1, m) for n, m in pairs):
            front = len(shape) - x.ndim
            axes = [i for i, n in enumerate(shape) if i < front or x.shape[i - front] != n]
            along = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
            return f": the sum over {along}, along which {x.label} was broadcast, is missing"
    return ""


def _apart(right: Any, wrong: Any, index: Sequence[int]) -> str:
    return f"{number(float(right[tuple(index)]))}{place(index)}; yours says {number(float(wrong[tuple(index)]))}"
