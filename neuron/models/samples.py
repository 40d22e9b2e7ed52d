"""Samples as arrays: one row of inputs and one target per sample, every entry a number.

Lists, NumPy arrays and tables of numbers are accepted; for an entry that is not a number, the error names its place.
Arrays of Dask stay lazy, and arrays of JAX stay on their devices.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.extend import as_float, shown
from neuron.models.protocols import ModelLike

__all__ = ["as_arrays", "as_inputs", "as_samples", "is_lazy", "is_on_devices"]

Array = NDArray[np.float64]


def is_lazy(x: Any) -> bool:
    """True for an array of Dask, which is computed in chunks when it is needed."""
    return _is_of(x, "dask.array", "Array")


def is_on_devices(x: Any) -> bool:
    """True for an array of JAX, which may be spread over several devices."""
    return _is_of(x, "jax", "Array")


def _is_of(x: Any, module: str, name: str) -> bool:
    """True for an instance of this class, whose module is not imported for the question."""
    return isinstance(x, getattr(sys.modules.get(module), name, ()))


def as_inputs(X: Any, model: ModelLike, verb: str = "predicts", name: str = "X") -> Any:
    """`X` as an array of shape (samples, inputs); for a model of one input, a plain sequence is accepted as well."""
    rows = _numbers(X, name)
    if rows.ndim == 1 and model.nin == 1:
        rows = rows[:, np.newaxis]
    if rows.ndim != 2 or rows.shape[1] != model.nin:
        raise ValueError(
            f"{model!r} {verb} from an array of shape (samples, {model.nin}), one row per sample; {name} has the shape "
            f"{rows.shape}"
        )
    return rows


def as_samples(X: Any, y: Any, model: ModelLike, names: tuple[str, str] = ("X", "y")) -> tuple[Any, Any]:
    """Inputs and targets to learn from, as arrays of their own: finite, equally many, at least one.

    The targets have the shape of the model's predictions, (samples,) or (samples, outputs); (samples,) is also
    accepted for losses that compare several outputs with one label.
    """
    inputs, targets = (
        x.copy() if isinstance(x, np.ndarray) else x
        for x in (as_inputs(X, model, "learns", names[0]), _numbers(y, names[1]))
    )
    if targets.ndim == 2 and targets.shape[1] == 1 == model.nout:
        targets = targets[:, 0]
    if targets.ndim == 0 or len(inputs) != len(targets):
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same number of samples, but their shapes are {inputs.shape} and "
            f"{targets.shape}"
        )
    if targets.ndim > 1 and targets.shape[1:] != (model.nout,):
        predicted = (len(targets),) if model.nout == 1 else (len(targets), model.nout)
        raise ValueError(f"{names[1]} has the shape {targets.shape}, but {model!r} predicts {predicted}")
    if not len(inputs):
        raise ValueError(f"{names[0]} and {names[1]} are empty: at least one sample is needed")
    _check_finite((names[0], inputs, "an input"), (names[1], targets, "a target"))
    return inputs, targets


def as_arrays(X: Any, y: Any, model: ModelLike) -> tuple[Array, Array]:
    """The same samples as arrays of NumPy, wherever they are."""
    inputs, targets = (np.asarray(part, dtype=float) for part in as_samples(X, y, model))
    return inputs, targets


def _numbers(data: Any, name: str) -> Any:
    """`data` as an array of floats; TypeError or ValueError, with the place, if it is not."""
    if is_lazy(data):
        return _in_whole_rows(data, name)
    if is_on_devices(data):
        return data if data.dtype.kind == "f" else data.astype(float)
    if hasattr(data, "__dask_graph__"):
        raise TypeError(f"{name} is a collection of Dask, but not an array: write {name}.to_dask_array(lengths=True)")
    if isinstance(data, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(data.astype(float), np.nan))
    try:
        array = np.asarray(data)
    except ValueError:
        raise _ragged(data, name) from None
    if array.dtype.kind in "fiub" and array.dtype.itemsize <= 8:
        return array.astype(float, copy=False)
    if array.dtype.kind in "US":
        array = np.array(data, dtype=object)  # the entries as they were written
    if not array.shape:
        raise TypeError(
            f"{name} must be a list or an array of numbers, not {shown(data)}; write list(...) for an iterator, "
            ".toarray() for a sparse matrix"
        )
    numbers = np.empty(array.shape)
    for index, entry in np.ndenumerate(array.astype(object)):
        if isinstance(entry, str):
            raise TypeError(_text(name, index, entry))
        place = f"{name}{list(index)}"
        numbers[index] = np.nan if entry is None else as_float(entry, f"{place} = {shown(entry)}")
    return numbers


def _text(name: str, index: tuple[int, ...], entry: str) -> str:
    """The message about a string among the numbers."""
    number = entry.strip().replace(",", ".", 1)
    try:
        float(number)
    except ValueError:
        if len(index) < 2:
            return (
                f"{name} holds text ({shown(entry)} at {list(index)}): write a number for each value, such as 0 and 1"
            )
        return (
            f"column {index[1]} of {name} holds text ({shown(entry)} in row {index[0]}): replace it with one column of "
            "0 and 1 for each of its values, or leave it out"
        )
    every = "" if "," in entry else ", or convert all of them with np.array(..., dtype=float)"
    return f"{name}{list(index)} = {shown(entry)}: a string is not a number; write {number}{every}"


def _ragged(data: Any, name: str) -> ValueError:
    shapes = [np.shape(row) for row in data if not isinstance(row, list) or all(map(np.isscalar, row))]
    if len(shapes) == len(data):
        odd = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
        examples = f"{name}[0] is {shown(data[0])}, {name}[{odd}] is {shown(data[odd])}"
        return ValueError(f"the rows of {name} differ in length: {examples}")
    return ValueError(f"{name} is not a table of numbers: some of its entries are sequences themselves")


def _in_whole_rows(array: Any, name: str) -> Any:
    """An array of Dask as floats, in chunks that hold whole rows."""
    if np.isnan(array.shape).any():
        raise ValueError(f"{name} has chunks of unknown size: call {name}.compute_chunk_sizes() first")
    return array.rechunk(dict.fromkeys(range(1, array.ndim), -1)).astype(float)


def _check_finite(*arrays: tuple[str, Any, str]) -> None:
    """Raise ValueError unless all numbers are finite.  They are tested where they are, those of Dask in one pass."""
    masks = [~_namespace(array).isfinite(array) for _, array, _ in arrays]
    flags = [mask.any() for mask in masks]
    if any(map(is_lazy, flags)):
        import dask

        flags = dask.compute(*flags)
    for (name, array, what), mask, is_wrong in zip(arrays, masks, flags, strict=True):
        if is_wrong:
            raise _not_finite(name, array, np.argwhere(np.asarray(mask)).tolist(), what)


def _namespace(array: Any) -> Any:
    return array.__array_namespace__() if is_on_devices(array) else np  # which knows Dask's arrays


def _not_finite(name: str, array: Any, wrong: list[list[int]], what: str) -> ValueError:
    index = wrong[0]
    entry = float(array[tuple(index)])
    problem = "missing (nan)" if np.isnan(entry) else str(entry)
    place = f"row {index[0]}, column {index[1]}" if len(index) == 2 else f"sample {index[0]}"
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return ValueError(
        f"{name}{index} is {problem} ({place}){more}: {what} must be a finite number; leave the sample out, or fill in "
        "a value"
    )
