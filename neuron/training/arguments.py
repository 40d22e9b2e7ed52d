"""Checks of the arguments of `fit`: each returns the argument in its final form, or raises an error that names it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from operator import index
from typing import Any

import numpy as np

from autograd import Value
from autograd.extend import shown
from neuron.models.neuron import Model
from neuron.models.samples import as_samples, is_lazy
from neuron.training.chunks import in_chunks
from neuron.training.objective import positions

__all__ = [
    "as_generator",
    "as_list",
    "check_callable",
    "learning_positions",
    "training_samples",
    "validation_samples",
    "whole_number",
]


def training_samples(X: Any, y: Any, validation: Any, model: Model) -> tuple[tuple[Any, Any], tuple[Any, Any] | None]:
    """Inputs and targets to learn from, and those of the validation: as arrays, or in chunks if X or y is Dask's."""
    samples, held_out = as_samples(X, y, model), validation_samples(validation, model)
    if any(map(is_lazy, samples)):
        return in_chunks(*samples), held_out and in_chunks(*held_out)
    if any(map(is_lazy, held_out or ())):
        raise TypeError("validation holds an array of Dask, but X and y do not: load it with .compute()")
    return samples, held_out


def validation_samples(pair: Any, model: Model) -> tuple[Any, Any] | None:
    """The inputs and targets of the validation, as arrays."""
    if pair is None:
        return None
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(f"validation must be a pair of inputs and targets, (X, y), not {shown(pair)}")
    X, y = pair
    return as_samples(X, y, model, ("validation X", "validation y"))


def learning_positions(parameters: Any, model: Model) -> list[int]:
    """The positions of the parameters that learn among those of the model, in ascending order."""
    if parameters is None:
        return list(range(len(model.parameters())))
    chosen = as_list("parameters", [parameters] if type(parameters) is Value else parameters)
    if not chosen:
        raise ValueError("parameters is empty: name at least one that learns, or leave it out for all")
    return sorted(set(positions(chosen, model)))


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
