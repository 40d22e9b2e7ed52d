"""Samples as arrays: one row of inputs and one target per sample, every entry a number.

Lists, NumPy arrays and tables of numbers are accepted; for an entry that is not a number, the error names its place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.extend import as_float, shown
from neuron.models.protocols import ModelLike

__all__ = ["as_inputs", "as_samples"]

Array = NDArray[np.float64]


def as_inputs(X: Any, model: ModelLike, verb: str = "predicts", name: str = "X") -> Array:
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


def as_samples(X: Any, y: Any, model: ModelLike, names: tuple[str, str] = ("X", "y")) -> tuple[Array, Array]:
    """Inputs and targets to learn from: finite, equally many, at least one.

    The targets have the shape of the model's predictions, (samples,) or (samples, outputs); (samples,) is also
    accepted for losses that compare several outputs with one label.
    """
    inputs, targets = (a.copy() for a in (as_inputs(X, model, "learns", names[0]), _numbers(y, names[1])))
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
    _check_finite(inputs, names[0], "an input")
    _check_finite(targets, names[1], "a target")
    return inputs, targets


def _numbers(data: Any, name: str) -> Array:
    """`data` as an array of floats; TypeError or ValueError, with the place, if it is not."""
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
        place = f"{name}{list(index)}"
        numbers[index] = np.nan if entry is None else as_float(entry, f"{place} = {shown(entry)}")
    return numbers


def _ragged(data: Any, name: str) -> ValueError:
    shapes = [np.shape(row) for row in data if not isinstance(row, list) or all(map(np.isscalar, row))]
    if len(shapes) == len(data):
        odd = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
        examples = f"{name}[0] is {shown(data[0])}, {name}[{odd}] is {shown(data[odd])}"
        return ValueError(f"the rows of {name} differ in length: {examples}")
    return ValueError(f"{name} is not a table of numbers: some of its entries are sequences themselves")


def _check_finite(array: Array, name: str, what: str) -> None:
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        index = wrong[0].tolist()
        entry = array[tuple(index)]
        problem = "missing (nan)" if np.isnan(entry) else str(entry)
        place = f"row {index[0]}, column {index[1]}" if len(index) == 2 else f"sample {index[0]}"
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise ValueError(
            f"{name}{index} is {problem} ({place}){more}: {what} must be a finite number; leave "
            "the sample out, or fill in a value"
        )
