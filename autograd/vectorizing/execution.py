"""From a finished function of arrays to its results: compiled for one kind of array, run at once or in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.formula.systems import elementwise
from autograd.vectorizing.arguments import Call
from autograd.vectorizing.groups import Array, Step
from autograd.vectorizing.namespaces import functions_for, is_foreign
from autograd.vectorizing.source import ArrayFunction
from autograd.vectorizing.tape import TapeFunction

__all__ = ["block_size", "compiled", "run", "run_in_blocks"]

BLOCK, LEAST = 15_000, 256
"""The size of a block: at most `BLOCK` numbers of the largest intermediate array, since 128 KiB or more are often
requested from the operating system each time, which takes longer than the computation; but at least `LEAST` samples,
since products of smaller matrices lose more than that gains."""
TAPE = 2**24
"""Maximum number of numbers on a tape."""


def compiled(code: ArrayFunction | TapeFunction, call: Call, keys: Sequence[str] | None = None) -> Callable[..., Any]:
    """The function, for arrays of the kind of the call's; with `keys`, results after the first are in a dict.

    Raises TypeError if it calls a Python function of floats, and the arrays are not NumPy's.
    """
    like = next((x for x in call.arrays if is_foreign(x)), None)
    scope = dict(functions_for(call.xp, like, call.dtype))
    for word, function in code.functions.items():
        if call.xp is not None:
            raise TypeError(f"{word} is a Python function of floats, which works with NumPy's arrays only")
        scope[word] = elementwise(function)

    def converted(constant: Any) -> Any:
        if constant.dtype.kind != "f":
            return constant if call.xp is None else call.xp.asarray(constant)
        return constant.astype(call.dtype) if call.xp is None else call.xp.asarray(constant, dtype=call.dtype)

    return code.in_scope(scope, converted, keys)


def run(function: Callable[..., Any], arrays: Iterable[Any]) -> tuple[Any, ...]:
    """The results for these arrays; where something is not defined they are nan or infinite."""
    with np.errstate(all="ignore"):
        results = function(*arrays)
    return results if type(results) is tuple else (results,)


def block_size(steps: Iterable[Step], is_taped: bool = False) -> int:
    """The number of samples that are computed at a time; a tape holds all of its numbers until the end."""
    sizes = [prod(array.shape) for step in steps for array in step.arrays if array.batched]
    block = max(BLOCK // max(sizes, default=1), LEAST)
    return max(1, min(block, TAPE // max(sum(sizes), 1))) if is_taped else block


def run_in_blocks(
    function: Callable[..., Any], arrays: Sequence[Any], inputs: Sequence[Array], block: int, means: Sequence[bool] = ()
) -> tuple[Any, ...]:
    """The same results, for `block` of the samples at a time.

    For a mean and its gradients, `means` is true for each that has no samples itself: those of the blocks are added
    up, weighted by the size of the block.  All others are concatenated along the samples.
    """
    samples = next(len(x) for array, x in zip(inputs, arrays, strict=True) if array.batched)
    blocks: list[Sequence[Any]] = []
    for start in range(0, samples, block):
        part = slice(start, start + block)
        some = [x[part] if array.batched else x for array, x in zip(inputs, arrays, strict=True)]
        results = run(function, some)
        weight = min(block, samples - start) / samples
        blocks.append([weight * x for x in results] if means else results)
    columns = list(zip(*blocks, strict=True))
    is_sum = means or [False] * len(columns)
    return tuple(sum(parts) if added else np.concatenate(parts) for added, parts in zip(is_sum, columns, strict=True))
