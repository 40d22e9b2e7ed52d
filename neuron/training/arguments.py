"""Checks of the arguments of `fit`: each returns the argument in its final form, or raises an error that names it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from numbers import Integral, Real
from operator import index
from typing import Any

import numpy as np

from autograd import Value
from autograd.extend import shown
from neuron import losses
from neuron.models.neuron import Model
from neuron.models.samples import as_samples, is_lazy
from neuron.training.chunks import in_chunks
from neuron.training.objective import positions

__all__ = [
    "as_generator",
    "as_list",
    "check_callable",
    "is_share",
    "learning_positions",
    "takes_logits",
    "training_samples",
    "validation_samples",
    "whole_number",
]


Samples = tuple[Any, Any]
"""Inputs and targets."""


def training_samples(X: Any, y: Any, validation: Any, model: Model, seed: Any) -> tuple[Samples, Samples | None]:
    """Inputs and targets to learn from, and those of the validation: as arrays, or in chunks if X or y is Dask's."""
    samples = _samples(X, y, model)
    if is_share(validation):
        return _split(samples, validation, seed)
    held_out = validation_samples(validation, model)
    if any(map(is_lazy, samples)):
        return in_chunks(*samples), held_out and in_chunks(*held_out)
    if any(map(is_lazy, held_out or ())):
        raise TypeError("validation holds an array of Dask, but X and y do not: load it with .compute()")
    return samples, held_out


def is_share(validation: object) -> bool:
    """True for a real fraction, the share of the samples to hold out; whole numbers and booleans are none."""
    return isinstance(validation, Real) and not isinstance(validation, Integral)


def validation_samples(pair: Any, model: Model) -> Samples | None:
    """The inputs and targets of the validation, as arrays."""
    if pair is None:
        return None
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(
            "validation must be a pair of inputs and targets, (X, y), or the share of the samples to hold out, such as "
            f"0.2, not {shown(pair)}"
        )
    X, y = pair
    return _samples(X, y, model, ("validation X", "validation y"))


def _samples(X: Any, y: Any, model: Model, names: tuple[str, str] = ("X", "y")) -> Samples:
    """The samples as arrays; TypeError for dates, whose numbers would be nanoseconds."""
    for name, data in zip(names, (X, y), strict=True):
        first = data
        while isinstance(first, list | tuple) and first:
            first = first[0]
        dtype = getattr(first, "dtype", None)
        if isinstance(dtype, np.dtype) and dtype.kind == "M":
            raise TypeError(
                f"{name} holds dates ({dtype}): write numbers, such as the days since a date, "
                '(dates - dates.min()) / np.timedelta64(1, "D")'
            )
    return as_samples(X, y, model, names)


def _split(samples: Samples, share: Any, seed: Any) -> tuple[Samples, Samples]:
    """The samples without a random share of them, and that share: at least one each."""
    X, y = samples
    if not 0 < share < 1:
        raise ValueError(f"validation={share} is the share of samples to hold out: it must be between 0 and 1")
    if any(map(is_lazy, samples)):
        raise TypeError(f"validation={share} needs arrays in memory; for arrays of Dask, pass validation=(X, y)")
    if len(X) < 2:
        raise ValueError(f"validation={share} needs at least 2 samples: one to learn from, one to hold out")
    order = as_generator(seed).permutation(len(X))
    count = min(max(round(float(share) * len(X)), 1), len(X) - 1)
    learnt, held_out = np.sort(order[count:]), np.sort(order[:count])
    return (X[learnt], y[learnt]), (X[held_out], y[held_out])


def learning_positions(parameters: Any, model: Model) -> list[int]:
    """The positions of the parameters that learn among those of the model, in ascending order."""
    if parameters is None:
        return list(range(len(model.parameters())))
    chosen = as_list("parameters", [parameters] if type(parameters) is Value else parameters)
    if not chosen:
        raise ValueError("parameters is empty: name at least one that learns, or leave it out for all")
    return sorted(set(positions(chosen, model)))


def takes_logits(loss: Any, model: Model) -> bool:
    """True for a loss that applies the sigmoid itself; ValueError if the model has applied one already."""
    function = loss if callable(loss) else losses.with_name(loss)
    if function is not losses.binary_cross_entropy_with_logits:
        return False
    if any(neuron.activation == "sigmoid" for neuron in model.columns()[-1]):
        raise ValueError(
            "bce_with_logits applies the sigmoid itself, but the output of the model is a sigmoid already: write "
            'loss="bce", or a linear output'
        )
    return True


def whole_number(name: str, value: Any, least: int) -> int:
    """The argument as an int of at least `least`.

    >>> whole_number("epochs", 1.5, 0)
    Traceback (most recent call last):
        ...
    TypeError: epochs must be a whole number, not 1.5
    """
    try:
        count = index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {shown(value)}") from None
    if count < least or count > sys.maxsize:
        raise ValueError(f"{name} must be {f'at least {least}' if count < least else 'much smaller'}, not {count}")
    return count


def as_list(name: str, value: Any) -> list[Any]:
    """The argument as a list; a string is not one."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a list, not {shown(value)}")
    return list(value)


def check_callable(name: str, value: Any) -> Any:
    """The argument itself, if it can be called."""
    if not callable(value):
        raise TypeError(f"{name} must be a function or a class, not {shown(value)}")
    return value


def as_generator(seed: Any) -> np.random.Generator:
    """The generator of random numbers for a seed, or the generator itself."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise TypeError(
            f"seed must be a whole number of at least 0, or a generator of NumPy, not {shown(seed)}"
        ) from None
