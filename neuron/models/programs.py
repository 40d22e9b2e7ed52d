"""Models as array programs: their parameters in arrays, and their predictions for all samples at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Value, vectorize
from neuron.models.protocols import ModelLike, NeuronLike
from neuron.models.samples import is_lazy

__all__ = ["forward", "is_near", "one_by_one", "parameter_arrays", "predictions"]

Array = NDArray[np.float64]

MANY = 100
"""The number of samples from which on a program predicts: recording it takes as long as about 50 samples one by one."""
TOLERANCE = 1e-6
"""The difference allowed between a program and Values, relative to the larger number (and to 1e-6)."""


def predictions(model: ModelLike, X: Any) -> Any:
    """The outputs for all samples, shape (samples,) or (samples, outputs); lazily, if `X` is an array of Dask.

    They are those of `one_by_one`, apart from rounding.  The outputs for the first sample are compared: if they differ,
    or `forward` cannot be recorded, all samples are computed one by one, and so are those with finite inputs whose
    outputs are not, where `forward` may raise an error.
    """
    if is_lazy(X):
        chunks, removed = ((X.chunks[0],), 1) if model.nout == 1 else ((X.chunks[0], (model.nout,)), None)
        of_chunk = partial(predictions, copy.deepcopy(model))
        return X.map_blocks(of_chunk, dtype=float, chunks=chunks, drop_axis=removed)
    X = np.asarray(X, dtype=float)
    if len(X) < MANY:
        return one_by_one(model, X)
    expected = one_by_one(model, X[:1])
    numbers = np.array([parameter.data for parameter in model.parameters()])
    try:
        columns = _program(model)(x=X, **parameter_arrays(model, numbers))
        outputs = columns[0] if len(columns) == 1 else np.stack(columns, axis=1)
    except Exception:  # a branch, for example; an error of the model itself will be raised again
        return one_by_one(model, X)
    if outputs[:1].shape != expected.shape or not is_near(outputs[:1], expected):
        return one_by_one(model, X)
    undefined = ~np.isfinite(outputs.reshape(len(X), -1)).all(axis=1)
    if undefined.any():
        undefined &= np.isfinite(X).all(axis=1)
        outputs[undefined] = one_by_one(model, X[undefined])
    return outputs


def one_by_one(model: ModelLike, X: Array) -> Array:
    """The outputs for all samples, shape (samples,) or (samples, outputs), from plain floats."""
    outputs = np.empty((len(X), model.nout))
    for i, row in enumerate(X.tolist()):
        outputs[i] = model.forward(row, lambda parameter: parameter.data)
    return outputs[:, 0] if model.nout == 1 else outputs


def forward(model: ModelLike, x: Sequence[Any], parameters: dict[str, Any]) -> list[Any]:
    """The outputs of the model for one sample, with these arrays (as nested lists) as its parameters."""
    placed: dict[Value, Any] = {}
    for weights, biases, neurons in _layers(model):
        several = len(neurons) > 1
        for j, neuron in enumerate(neurons):
            w, b = parameters[weights], parameters[biases]
            placed |= zip(neuron.w, w[j] if several else w, strict=True)
            placed[neuron.b] = b[j] if several else b
    return model.forward(x, placed.__getitem__)


def parameter_arrays(model: ModelLike, numbers: Array) -> dict[str, Array]:
    """The parameters of all neurons, an array of weights and one of biases per layer, as views of `numbers`.

    >>> from neuron import MLP
    >>> parameter_arrays(MLP(1, [2, 1]), np.arange(7.0))
    {'w1': array([[0.],
           [2.]]), 'b1': array([1., 3.]), 'w2': array([4., 5.]), 'b2': array(6.)}
    """
    arrays: dict[str, Array] = {}
    start = 0
    for weights, biases, neurons in _layers(model):
        rows, columns = len(neurons), neurons[0].nin + 1
        block = numbers[start : start + rows * columns].reshape(rows, columns)
        start += block.size
        arrays[weights], arrays[biases] = block[:, :-1], block[:, -1]
        if rows == 1:
            arrays[weights], arrays[biases] = block[0, :-1], block[0, -1:].reshape(())
    return arrays


def is_near(result: Array, expected: Array) -> bool:
    """True if both are equal apart from rounding, wherever both are finite."""
    both = np.isfinite(result) & np.isfinite(expected)
    scale = np.maximum(np.maximum(abs(result), abs(expected)), TOLERANCE)[both]
    return bool((abs(result[both] / scale - expected[both] / scale) <= TOLERANCE).all())


def _layers(model: ModelLike) -> Iterator[tuple[str, str, Sequence[NeuronLike]]]:
    """The name of the weights, the name of the biases and the neurons of each layer."""
    columns = model.columns()
    for i, neurons in enumerate(columns, start=1):
        number = str(i) if len(columns) > 1 else ""
        yield f"w{number}", f"b{number}", neurons


def _program(model: ModelLike) -> Callable[..., Any]:
    """The program of the model's outputs.

    Models of the same structure share one.  Classes from elsewhere may read anything in `forward`, so that theirs is
    recorded anew for each call.
    """
    columns = model.columns()
    parts = [model, *getattr(model, "layers", ()), *(neuron for neurons in columns for neuron in neurons)]
    if any(type(part).__module__ != "neuron.models.neuron" for part in parts):
        return _recorded(model)
    layers = tuple(tuple((neuron.nin, neuron.activation) for neuron in neurons) for neurons in columns)
    return _shared(_Structure(type(model), layers, model))


@dataclass(frozen=True)
class _Structure:
    """All that the formulas of a model depend on, and one of the models that have it."""

    kind: type[ModelLike]
    layers: tuple[tuple[tuple[int, str], ...], ...]
    example: ModelLike = field(compare=False)


@lru_cache(maxsize=32)
def _shared(structure: _Structure) -> Callable[..., Any]:
    return _recorded(copy.deepcopy(structure.example))


def _recorded(model: ModelLike) -> Callable[..., Any]:
    def outputs(x: Any, **parameters: Any) -> list[Any]:
        return forward(model, x, parameters)

    return vectorize(outputs, batch="x")
