"""The landscape of a loss: its heights over some parameters of a model, and the paths of trainings across it."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Value
from neuron.models.neuron import Model
from neuron.models.samples import as_arrays
from neuron.training.fit import DivergedError, LearningWarning, fit
from neuron.training.history import History
from neuron.training.objective import Penalty, names, place, positions
from neuron.training.optimizers import SGD
from neuron.training.vectorized import vectorized

__all__ = ["Landscape", "Loss"]

Array = NDArray[np.float64]
Loss = str | Callable[[Any, Any], Any]


class Landscape:
    """The loss over the parameters `over` of a copy of the model, the others held fixed.

    Points have shape (number of points, number of these parameters).

    >>> from neuron import Neuron
    >>> n = Neuron(1, None, weights=[0.0])
    >>> Landscape(n, n.w, [1.0, 2.0], [1.0, 2.0]).heights(np.array([[0.0], [1.0]]))
    array([2.5, 0. ])
    """

    def __init__(
        self,
        model: Model,
        over: Sequence[Value],
        X: ArrayLike,
        y: ArrayLike,
        loss: Loss = "mse",
        reduction: str = "mean",
        penalty: Penalty | None = None,
    ) -> None:
        self.positions, self.model = positions(over, model), copy.deepcopy(model)
        everything = self.model.parameters()
        self.parameters = [everything[i] for i in self.positions]
        self.start = np.array([parameter.data for parameter in self.parameters])
        self.loss: dict[str, Any] = {"loss": loss, "reduction": reduction, "penalty": penalty}
        self.objective = vectorized(self.model, self.parameters, **self.loss)
        self.samples = as_arrays(X, y, model)

    def heights(self, points: Array) -> Array:
        """The loss at each point."""
        return np.array([self.objective.value(point, *self.samples)[0] for point in points])

    def height_and_slopes(self, point: Array) -> tuple[float, Array]:
        """The loss at one point, and its derivatives."""
        return self.objective.value_and_grad(point, *self.samples)

    def descent(self, lr: float, epochs: int) -> Array:
        """The points of a gradient descent that starts from the values of the model, until it ends or diverges."""
        place(self.parameters, self.start)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", LearningWarning)  # a learning rate may be too large on purpose
                history = fit(
                    self.model, *self.samples, **self.loss, optimizer=SGD(lr), epochs=epochs,
                    parameters=self.parameters, record_parameters=True, progress=False,
                )  # fmt: skip
        except DivergedError as error:
            history = error.history
        if history.interrupted:
            raise KeyboardInterrupt
        return history.parameters

    def path(self, history: History) -> Array:
        """The points that a training of such a model passed; ValueError if it was another model."""
        known = names(self.model)
        if [known[i] if i < len(known) else None for i in history.positions] != history.names:
            raise ValueError(
                f"the history is of another model: it has {history.names[:4]}, and {self.model!r} has {known[:4]}"
            )
        columns = dict(zip(history.positions, history.parameters.T, strict=True))
        at_rest = dict(zip(self.positions, self.start, strict=True))
        return np.column_stack([columns.get(i, np.full(len(history), at_rest[i])) for i in self.positions])
