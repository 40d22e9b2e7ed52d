"""Arrays of any library, read as NumPy arrays of floats and made again with other numbers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from math import prod
from typing import Any

from autograd.core.value import Value, as_float, is_real, shown
from autograd.extensions.arrays import check_plain_array, is_array, recorded

__all__ = ["as_numpy", "has_axes", "is_array_like", "is_one_number", "misshapen", "shape_of", "with_numbers"]


def is_array_like(x: Any) -> bool:
    """True for an array or tensor of any library; NumPy's scalars are numbers."""
    return is_array(x) or (
        hasattr(x, "shape") and hasattr(x, "dtype") and hasattr(x, "__array__") and not _is_number(x)
    )


def _is_number(x: Any) -> bool:
    return type(x).__module__ == "numpy" and not hasattr(x, "__setitem__")


def has_axes(x: Any) -> bool:
    """True for an array or tensor with at least one axis."""
    return is_array_like(x) and len(x.shape) > 0


def shape_of(x: Any) -> tuple[int, ...] | None:
    """The shape of a number, an array or a nested list; None of anything else."""
    import numpy as np

    if is_array_like(x):
        return tuple(x.shape)
    if isinstance(x, list | tuple):
        with suppress(Exception):  # rows of different lengths, and whatever tensors in a list may raise
            return np.shape(x)
    return () if is_real(x) or type(x) is Value else None


def is_one_number(x: Any) -> bool:
    """True for a number, or an array that holds only one."""
    return not isinstance(x, list | tuple) and (shape := shape_of(x)) is not None and prod(shape) == 1


def as_numpy(x: Any, place: str) -> Any:
    """The numbers in an array, a number, or a flat list of numbers, as an array of floats.

    Raises TypeError, with the `place`, if it holds anything but real numbers.
    """
    import numpy as np

    if isinstance(x, list | tuple):
        return np.array([_number(number, f"{place}[{i}]") for i, number in enumerate(x)], dtype=float)
    if not is_array_like(x):
        return np.array(_number(x, place))
    if is_array(x):
        check_plain_array(x)
    array = np.asarray(x.detach().double() if hasattr(x, "detach") else x)  # torch has types that NumPy does not know
    if array.dtype.kind == "O":
        numbers = [_number(array[i], f"{place}[{', '.join(map(str, i))}]") for i in np.ndindex(array.shape)]
        return np.array(numbers, dtype=float).reshape(array.shape)
    if array.dtype.kind in "cUSMmT":
        first = array.flat[0].item() if array.size else array.dtype.type()
        as_float(first, f"{place} has elements such as {shown(first)}")
    return array.astype(float)


def _number(x: Any, place: str) -> float:
    if type(x) is Value:
        return x.data
    return as_float(x.item() if is_array_like(x) and not x.shape else x, f"{place} = {shown(x)}")


def with_numbers(like: Any, numbers: Any) -> Any:
    """`numbers`, a flat array of floats or a list of anything, in the form of `like`: a number, a list or an array."""
    if isinstance(like, list | tuple):
        return type(like)(numbers.tolist() if is_array(numbers) else numbers)
    if not is_array_like(like):
        return float(numbers[0]) if is_array(numbers) else numbers[0]
    if not is_array(numbers):
        return _of_objects(numbers, like.shape)
    shaped = numbers.reshape(like.shape)
    if is_array(like):
        return shaped  # in double precision, whatever the precision of `like`: a better reference
    if hasattr(like, "new_tensor"):
        return like.new_tensor(shaped)
    return like.__array_namespace__().asarray(shaped, dtype=like.dtype)


def _of_objects(numbers: Sequence[Any], shape: Sequence[int]) -> Any:
    import numpy as np

    array = np.empty(prod(shape), dtype=object)
    array[:] = numbers
    return recorded(array.reshape(shape))


def misshapen(name: str, shape: Sequence[int], expected: Sequence[int]) -> str:
    """A sentence about a gradient whose shape is not that of its input, with the likely mistake.

    >>> misshapen("b", (10, 5), (5,))
    'the gradient of b has shape (10, 5), b has (5,): is a sum over axis 0 missing?'
    """
    shape, expected = tuple(shape), tuple(expected)
    new = len(shape) - len(expected)
    summed = [
        axis for axis, n in enumerate(shape) if axis < new or (n != expected[axis - new] and expected[axis - new] == 1)
    ]
    fits = new >= 0 and all(axis in summed or n == expected[axis - new] for axis, n in enumerate(shape))
    squeezed = [[n for n in s if n != 1] for s in (shape, expected)]
    if shape == expected[::-1]:
        question = "is it transposed?"
    elif squeezed[0] == squeezed[1]:
        question = "is keepdims=True missing?" if new < 0 else "does it have an axis too many?"
    elif fits and summed:
        axes = "axis " + str(summed[0]) if len(summed) == 1 else "axes " + " and ".join(map(str, summed))
        question = f"is a sum over {axes} missing?"
    elif prod(shape) == prod(expected):
        question = "is a reshape missing?"
    else:
        question = ""
    whole = f"{name} has {expected}" if expected else f"{name} is a number"
    kind = f"has shape {shape}" if shape else "is a number"
    return f"the gradient of {name} {kind}, {whole}" + (f": {question}" if question else "")
