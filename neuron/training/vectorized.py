"""The objective as array programs: what one sample costs is recorded once, and computed for all samples together.

The numbers are those of `neuron.objective.Eager`, to rounding.  Where the two ways could part, the eager one decides:
it looks at one sample every epoch, computes again what is not finite, with errors that say what is wrong, and takes
over from a model or a loss that cannot be recorded.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Value, vectorize
from neuron.models.neuron import Model, Neuron
from neuron.training.objective import Eager, Penalty, positions

__all__ = ["Vectorized"]

Array = NDArray[np.float64]

TOLERANCE = 1e-6
"""How far a program may be from what it was recorded from, relative to the larger of both (and to 1e-6)."""


class Vectorized:
    """The loss over samples and its gradient, computed by array programs made from the model and its loss."""

    def __init__(
        self, model: Model, parameters: Sequence[Value], loss: Any, penalty: Penalty | None, reduction: str
    ) -> None:
        self.model, self.penalty, self.is_sum = model, penalty, reduction == "sum"
        self.eager = Eager(model, parameters, loss, penalty, reduction)
        self.learning = positions(parameters, model)
        self.numbers = np.array([parameter.data for parameter in model.parameters()])
        self.is_eager = self.is_checked = self.has_gradient = False
        self.checks = 0
        self.record()

    def record(self) -> None:
        """Make the programs, or make them anew."""

        def loss(x: Any, y: Any, **parameters: Any) -> Any:
            return self.eager.loss_of(self.outputs(x, parameters), y)

        def loss_and_outputs(x: Any, y: Any, **parameters: Any) -> Any:
            outputs = self.outputs(x, parameters)
            return [self.eager.loss_of(outputs, y), *outputs]

        def penalty(theta: Any) -> Any:
            return self.penalty(theta)  # type: ignore[misc]

        self.losses = vectorize(loss, batch=("x", "y"))
        self.results = vectorize(loss_and_outputs, batch=("x", "y"))
        self.penalties = vectorize(penalty) if self.penalty else None

    def outputs(self, x: Any, parameters: dict[str, Any]) -> list[Any]:
        """What the model says about one sample, with these parameters."""
        given: dict[Value, Any] = {}
        for weights, biases, neurons in self.layers():
            several = len(neurons) > 1
            for j, neuron in enumerate(neurons):
                w, b = parameters[weights], parameters[biases]
                given |= zip(neuron.w, w[j] if several else w, strict=True)
                given[neuron.b] = b[j] if several else b
        return self.model._forward(x, given.__getitem__)

    def layers(self) -> Iterator[tuple[str, str, list[Neuron]]]:
        """For each layer the names of its weights and its biases, and its neurons."""
        columns = self.model._columns()
        for i, neurons in enumerate(columns, start=1):
            number = str(i) if len(columns) > 1 else ""
            yield f"w{number}", f"b{number}", neurons

    def arrays(self, numbers: Array) -> dict[str, Any]:
        """The parameters of all neurons, an array of weights and one of biases for each layer, without copies."""
        arrays: dict[str, Any] = {}
        start = 0
        for weights, biases, neurons in self.layers():
            rows, columns = len(neurons), neurons[0].nin + 1
            block = numbers[start : start + rows * columns].reshape(rows, columns)
            start += block.size
            arrays[weights], arrays[biases] = block[:, :-1], block[:, -1]
            if rows == 1:
                arrays[weights], arrays[biases] = block[0, :-1], block[0, -1:].reshape(())
        return arrays

    def value(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and the predictions for every sample."""
        self.is_checked = False
        if self.is_usable(theta, X, y):
            loss, predictions = self.loss_and_predictions(theta, X, y)
            if math.isfinite(loss):
                return loss, predictions
        return self.eager.value(theta, X, y)

    def value_and_grad(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and its derivatives by θ."""
        if self.is_checked or self.is_usable(theta, X, y):
            self.is_checked = True
            loss, gradient = self.loss_and_gradient(theta, X, y)
            if math.isfinite(loss) and np.isfinite(gradient).all():
                return loss, gradient
        return self.eager.value_and_grad(theta, X, y)

    def loss_and_predictions(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """`value`, by the programs."""
        losses, *outputs = self.results(x=X, y=y, **self.arrays(self.placed(theta)))
        loss = float(losses.sum() if self.is_sum else losses.mean())
        if self.penalties is not None:
            loss += float(self.penalties(theta))
        return loss, outputs[0] if len(outputs) == 1 else np.stack(outputs, axis=1)

    def loss_and_gradient(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """`value_and_grad`, by the programs."""
        loss, gradients = self.losses.value_and_grad(x=X, y=y, **self.arrays(self.placed(theta)))
        everything = np.empty_like(self.numbers)
        for name, part in self.arrays(everything).items():
            part[...] = gradients[name]
        gradient = everything[self.learning]
        if self.is_sum:
            loss, gradient = loss * len(X), gradient * len(X)
        if self.penalties is not None:
            penalty, by_theta = self.penalties.value_and_grad(theta)
            loss, gradient = loss + penalty, gradient + by_theta["theta"]
        return float(loss), gradient

    def placed(self, theta: Array) -> Array:
        """All parameters of the model, those that learn at θ."""
        self.numbers[self.learning] = theta
        return self.numbers

    def is_usable(self, theta: Array, X: Array, y: Array) -> bool:
        """Whether the programs say of one sample, another one each time, what the model and the loss say now.

        If these read something that has changed since they were recorded, they are recorded again; and if they never
        say the same twice, there is no use in it.
        """
        if self.is_eager:
            return False
        i = self.checks % len(X)
        self.checks += 1
        sample = theta, X[i : i + 1], y[i : i + 1]
        try:
            expected = self.of_one(self.eager, *sample)
        except Exception:
            return False
        try:
            for _ in range(2):
                if _is_near(self.of_one(self, *sample), expected):
                    self.has_gradient = True
                    return True
                self.record()
            why = "the loss of the same sample is not the same twice"
        except Exception as error:
            why = str(error)
        self.is_eager = True
        warnings.warn(
            f"training uses Values, one sample after the other, which is slow: {why}", stacklevel=_stack_level()
        )
        return False

    def of_one(self, method: Any, theta: Array, X: Array, y: Array) -> Array:
        """The loss of a sample, and, the first time, its gradient."""
        if method is self.eager:
            loss, _ = self.eager.value(theta, X, y)
            gradient = [] if self.has_gradient else self.eager.value_and_grad(theta, X, y)[1]
        else:
            loss, _ = self.loss_and_predictions(theta, X, y)
            gradient = [] if self.has_gradient else self.loss_and_gradient(theta, X, y)[1]
        return np.array([loss, *gradient])


def _stack_level() -> int:
    """How far up the stack the code is that called `fit`."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("neuron."):
        frame, level = frame.f_back, level + 1
    return level


def _is_near(found: Array, expected: Array) -> bool:
    """Equal to rounding; what is not finite is dealt with later."""
    both = np.isfinite(found) & np.isfinite(expected)
    scale = np.maximum(np.maximum(abs(found), abs(expected)), TOLERANCE)[both]
    return bool((abs(found[both] / scale - expected[both] / scale) <= TOLERANCE).all())
