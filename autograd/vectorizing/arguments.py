"""The arguments of one call: trees of arrays, checked and converted, with the shapes that a program is compiled for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd.core.value import Value, as_float, shown
from autograd.extensions.arrays import check_plain_array, is_array
from autograd.transforms import pytrees
from autograd.vectorizing.namespaces import is_foreign, namespace_of

__all__ = ["Call", "Slot", "call_of", "mapped", "shapes_in"]

_FLOAT = np.dtype(float)


class Slot(NamedTuple):
    """An array among the arguments: its place, its shape for one sample, and whether it has samples."""

    place: str
    shape: tuple[int, ...]
    batched: bool


@dataclass(frozen=True, eq=False)
class Call:
    """The arguments of one call.

    `arrays` are those of the `slots`, in order; `key` differs for calls that need different traces: the slots, and the
    arguments that are not numbers.  `samples` is the number of samples of NumPy arrays, `xp` the array-API namespace of
    others, and `dtype` the type of the floats.
    """

    arguments: dict[str, Any]
    arrays: list[Any]
    key: Any
    samples: int | None = None
    xp: Any = None
    dtype: Any = _FLOAT

    @property
    def slots(self) -> list[Slot]:
        """The places and shapes of the arrays."""
        return [entry for entry in self.key if type(entry) is Slot]


def call_of(arguments: dict[str, Any], batch: tuple[str, ...]) -> Call:
    """The call with these arguments, of which those in `batch` hold samples.

    Raises TypeError or ValueError, with the place, for an argument that cannot become an array of floats.
    """
    arguments = {name: _rows(value) if name in batch else value for name, value in arguments.items()}
    leaves: list[tuple[str, Any]] = []
    for name, value in arguments.items():
        mapped(lambda place, x: leaves.append((place, x)), value, name)
    foreign = [x for _, x in leaves if is_foreign(x)]
    xp = namespace_of(foreign) if foreign else None
    dtype = _FLOAT if xp is None else _float_type(foreign, xp)
    arrays: list[Any] = []
    key: list[Any] = [tuple(arguments)]
    first: Slot | None = None
    samples: int | None = None
    for place, x in leaves:
        if _is_static(x):
            key.append((place, x))
            continue
        array = _array(x, place, xp, dtype)
        shape = tuple(np.shape(array) if xp is None else array.shape)
        slot = Slot(place, shape, place.partition("[")[0] in batch)
        if slot.batched:
            first = first or slot
            _check_samples(slot, first, x)
            samples, slot = shape[0], slot._replace(shape=shape[1:])
        arrays.append(array)
        key.append(slot)
    if arrays and xp is None:
        dtype = np.result_type(*arrays)
        arrays = [np.asarray(x, dtype) if type(x) is float else x for x in arrays]  # so that 1/0 is inf
    return Call(arguments, arrays, tuple(key), samples if xp is None else None, xp, dtype)


def mapped(function: Callable[[str, Any], Any], tree: Any, place: str) -> Any:
    """An argument with ``function(place, array)`` in place of each array; nested lists of numbers are arrays.

    >>> mapped(lambda place, x: place, {"w": [[1.0, 2.0], [3.0, 4.0]], "b": (0.0, [1.0])}, "p")
    {'w': "p['w']", 'b': ("p['b'][0]", "p['b'][1]")}
    """
    return pytrees.mapped(function, tree, place, lambda part: not isinstance(part, dict) and _holds_numbers(part))


def shapes_in(slots: Iterable[Slot]) -> str:
    """The shapes in words: ``w (3,), x (n, 3)``."""
    shapes = (f"{place} {('n', *shape) if batched else shape}" for place, shape, batched in slots)
    return ", ".join(shapes).replace("'n'", "n")


def _holds_numbers(sequence: Sequence[Any]) -> bool:
    """True for a list of plain numbers, or of lists of equal length that hold them."""
    if sequence and all(isinstance(part, list | tuple) for part in sequence):
        return len(set(map(len, sequence))) == 1 and all(map(_holds_numbers, sequence))
    return not any(
        hasattr(part, "__len__") or hasattr(part, "shape") or (_is_static(part) and not isinstance(part, bool))
        for part in sequence
    )


def _is_static(x: Any) -> bool:
    """True for a non-numeric argument, which is passed on to the function unchanged."""
    return x is None or isinstance(x, str | bytes | bool) or (callable(x) and not hasattr(x, "shape"))


def _rows(value: Any) -> Any:
    """Samples in a list of arrays, or in a range, as an array or a list with one row per sample."""
    if isinstance(value, range):
        return list(value)
    if isinstance(value, list) and value and all(is_array(part) for part in value):
        return np.stack(value) if len({part.shape for part in value}) == 1 else value
    return value


def _array(x: Any, place: str, xp: Any, dtype: Any) -> Any:
    """One argument as an array of floats, or as a float."""
    if is_foreign(x):
        return x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, dtype)
    if is_array(x):
        check_plain_array(x)
    if isinstance(x, list | tuple) or is_array(x):
        array: Any = np.asarray(x)
        if array.dtype.kind not in "fiub":
            numbers = [_number(number, where) for where, number in pytrees.leaves(x, place)]
            array = np.array(numbers).reshape(array.shape)
        array = array if array.dtype.kind == "f" else array.astype(float)
    else:
        array = _number(x, place)
    return array if xp is None else xp.asarray(array, dtype=dtype)


def _number(x: Any, place: str) -> float:
    if type(x) is Value:
        name = place.partition("[")[0]
        raise TypeError(
            f"{place} = {shown(x)}: a program takes numbers, not Values. Its derivatives are those of "
            f"program.value_and_grad(..., wrt={name!r}); for those of a larger computation, call the function itself, "
            "not its program."
        )
    return as_float(x, f"{place} = {shown(x)}")


def _float_type(arrays: list[Any], xp: Any) -> Any:
    """The type of floats among these arrays, or the one that their library prefers."""
    floats = (x.dtype for x in arrays if xp.isdtype(x.dtype, "real floating"))
    return next(floats, xp.asarray(1.0).dtype)


def _check_samples(slot: Slot, first: Slot, x: Any) -> None:
    """Raise ValueError unless this part of the batch has as many samples as the `first`."""
    place, shape, _ = slot
    if not shape:
        raise ValueError(
            f"{place} is in the batch: an array with the samples along its first axis is needed, not {shown(x)}"
        )
    if not shape[0]:
        raise ValueError(f"{place} is empty: at least one sample is needed")
    if shape[0] != first.shape[0] and place.partition("[")[0] == first.place.partition("[")[0]:
        raise ValueError(
            f"{first.place} has {first.shape[0]} and {place} {shape[0]} numbers along the first axis; the rows of an "
            "array must have the same length, and the parts of a batch the same number of samples"
        )
    if shape[0] != first.shape[0]:
        raise ValueError(
            f"all arguments of a batch need the same number of samples, but {first.place} has {first.shape[0]} and "
            f"{place} {shape[0]}"
        )
