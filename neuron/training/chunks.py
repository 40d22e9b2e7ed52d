"""Training on samples in chunks, by Dask: on all cores, or on the machines of a cluster.

The loss over all samples is the mean of the losses of the chunks, weighted by their sizes, and so is its gradient.
Each chunk is computed where it is stored, and only sums come back.  A result is one graph, which Dask runs on its
active scheduler; if a worker dies, Dask computes its part again on another one.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Value
from neuron.models.neuron import Model
from neuron.models.samples import is_lazy
from neuron.training.objective import Eager, Method, Penalty, positions

__all__ = ["Chunked", "Chunks", "in_chunks"]

Array = NDArray[np.float64]

ADDED_AT_ONCE = 8
"""The number of results that one task adds up."""


@dataclass(frozen=True, eq=False)
class Chunks:
    """The inputs, or the targets, of samples in chunks: Dask's delayed arrays, and the places of their samples.

    Its length is the number of chunks, and an index selects chunks.  As a NumPy array, all samples are loaded.
    """

    parts: NDArray[Any]
    places: NDArray[Any]
    """The first sample of each chunk, and the one after its last: shape (chunks, 2)."""
    row: tuple[int, ...]
    """The shape of one sample."""

    @property
    def sizes(self) -> NDArray[Any]:
        """The number of samples in each chunk."""
        return np.diff(self.places)[:, 0]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all samples together."""
        return int(self.sizes.sum()), *self.row

    def per_batch(self, size: int | None) -> int | None:
        """The number of chunks in a batch of this many samples; ValueError unless they are whole chunks."""
        if size is None or size >= self.shape[0]:
            return None
        largest, *others = sizes = self.sizes.tolist()
        if size % largest or {largest, *others[:-1]} != {largest} or sizes[-1] > largest:
            raise ValueError(
                f"batch_size={size} does not fit the chunks of X, which have {', '.join(map(str, sizes[:3]))}, ... "
                f"samples: a batch consists of whole chunks of one size. Change it with X.rechunk({{0: {size}}})"
            )
        return size // int(largest)

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, index: Any) -> Chunks:
        return Chunks(self.parts[index], self.places[index], self.row)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return np.array(self._loaded, dtype=dtype)

    @cached_property
    def _loaded(self) -> NDArray[Any]:
        import dask

        return np.concatenate(dask.compute(*self.parts))


def in_chunks(X: Any, y: Any) -> tuple[Chunks, Chunks]:
    """Inputs and targets in chunks: those of the inputs, or of the targets, if they are Dask's, else a single one."""
    import dask.array as da

    rows = next((array.chunks[0] for array in (X, y) if is_lazy(array)), (len(X),))
    ends = np.cumsum(rows)
    places = np.column_stack([ends - rows, ends])

    def chunks(array: Any) -> Chunks:
        if is_lazy(array):
            lazy = array.rechunk({0: rows})
        else:  # sent once, not with each graph
            lazy = da.from_array(np.asarray(array), chunks=(rows, *array.shape[1:])).persist()
        return Chunks(lazy.to_delayed().ravel(), places, array.shape[1:])[np.flatnonzero(rows)]

    return chunks(X), chunks(y)


class Chunked:
    """An objective over samples in chunks; `method` makes the objective that computes a chunk, on a worker.

    With `has_metric`, the predictions for all samples come back with a loss, else none.  The loss is sent again
    whenever something that it captures has changed.
    """

    def __init__(
        self,
        method: Method,
        has_metric: bool,
        model: Model,
        parameters: Sequence[Value],
        loss: Any,
        penalty: Penalty | None,
        reduction: str,
    ) -> None:
        self.method, self.has_metric, self.loss, self.reduction = method, has_metric, loss, reduction
        self.eager = Eager(model, parameters, loss, penalty, reduction)
        self.model = cloudpickled((model, positions(parameters, model)))
        self.recipe: tuple[bytes, bytes] | None = None
        self.sent: Any = None

    def value(self, theta: Array, X: Chunks, y: Chunks) -> tuple[float, Any]:
        """The loss, and the predictions for every sample if there is a metric."""
        penalty, _ = self.eager.penalty_and_grad(theta)
        if not self.has_metric:
            (loss,) = self.computed(_loss, theta, X, y)
            return loss + penalty, None
        results = self.computed(_loss_and_predictions, theta, X, y, added=False)
        losses, predictions = zip(*results, strict=True)
        return sum(losses) + penalty, np.concatenate(predictions)

    def value_and_grad(self, theta: Array, X: Chunks, y: Chunks) -> tuple[float, Array]:
        """The loss, and its derivatives with respect to θ."""
        penalty, slopes = self.eager.penalty_and_grad(theta)
        result = self.computed(_loss_and_gradient, theta, X, y)
        return result[0] + penalty, result[1:] + slopes

    def computed(self, compute: Callable[..., Any], theta: Array, X: Chunks, y: Chunks, added: bool = True) -> Any:
        """The results for all chunks, or (`added`) their sum: one graph, run once."""
        import dask

        self.send(theta, X, y)
        weights = np.ones(len(X)) if self.reduction == "sum" else X.sizes / X.sizes.sum()
        of_chunk, add, theta = (dask.delayed(x, pure=False) for x in (_of_chunk, _sum, theta))
        results = [
            of_chunk(self.sent, compute, weight, theta, *chunk)
            for weight, *chunk in zip(weights.tolist(), X.places.tolist(), X.parts, y.parts, strict=True)
        ]
        if not added:
            return dask.compute(*results)
        while len(results) > 1:
            results = [add(results[i : i + ADDED_AT_ONCE]) for i in range(0, len(results), ADDED_AT_ONCE)]
        return results[0].compute()

    def send(self, theta: Array, X: Chunks, y: Chunks) -> None:
        """Send the model and the loss to the workers, unless they have them."""
        import dask

        recipe = self.model, cloudpickled((self.method, self.loss, self.reduction))
        if recipe == self.recipe:
            return
        if self.recipe is None:  # one sample is computed here, where warnings and errors are seen
            here = self.method(self.eager.model, self.eager.parameters, self.loss, self.eager.penalty, self.reduction)
            here.value_and_grad(theta, *dask.compute(X.parts[0][:1], y.parts[0][:1]))
        self.recipe = recipe
        (self.sent,) = dask.persist(dask.delayed(recipe, traverse=False))


def cloudpickled(x: Any) -> bytes:
    """The object with functions of any kind as bytes that pickle can read."""
    import cloudpickle  # comes with Dask

    return cloudpickle.dumps(x)  # type: ignore[no-any-return]


class _Worker(threading.local):
    """The objective of a recipe, one for each thread: it remembers numbers from call to call."""

    def __init__(self, recipe: tuple[bytes, bytes]) -> None:
        (model, learning), (method, loss, reduction) = map(pickle.loads, recipe)
        parameters = model.parameters()
        self.objective = method(model, [parameters[i] for i in learning], loss, None, reduction)


_worker = lru_cache(maxsize=8)(_Worker)


def _of_chunk(
    recipe: tuple[bytes, bytes],
    compute: Callable[..., Any],
    weight: float,
    theta: Array,
    place: tuple[int, int],
    X: Array,
    y: Array,
) -> Any:
    try:
        return compute(_worker(recipe).objective, weight, theta, X, y)
    except Exception as error:
        error.add_note(f"(in the chunk of the samples {place[0]} to {place[1] - 1})")
        raise


def _loss(objective: Any, weight: float, *arguments: Array) -> Array:
    return weight * np.array([objective.value(*arguments)[0]])


def _loss_and_predictions(objective: Any, weight: float, *arguments: Array) -> tuple[float, Array]:
    loss, predictions = objective.value(*arguments)
    return weight * loss, predictions


def _loss_and_gradient(objective: Any, weight: float, *arguments: Array) -> Array:
    loss, gradient = objective.value_and_grad(*arguments)
    return weight * np.array([loss, *gradient])


def _sum(vectors: Sequence[Array]) -> Array:
    return np.add.reduce(vectors)  # type: ignore[no-any-return]
