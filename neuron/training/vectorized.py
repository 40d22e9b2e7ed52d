"""The objective as array programs: the loss of one sample is recorded once, and computed for all samples together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Value, vectorize
from neuron.models.neuron import Model
from neuron.models.programs import forward, parameter_arrays
from neuron.models.samples import is_on_devices
from neuron.training.checked import Checked
from neuron.training.objective import Eager, Penalty, positions

__all__ = ["ArrayPrograms", "vectorized"]

Array = NDArray[np.float64]


def vectorized(
    model: Model, parameters: Sequence[Value], loss: Any, penalty: Penalty | None, reduction: str
) -> Checked:
    """The objective that `fit` uses: array programs, checked against Values."""
    eager = Eager(model, parameters, loss, penalty, reduction)
    return Checked(partial(ArrayPrograms, eager), eager)


class ArrayPrograms:
    """The loss over samples and its gradient, by programs recorded from the model, loss and penalty of `eager`.

    The numbers are the same apart from rounding; where the loss is not defined, they are nan.
    """

    def __init__(self, eager: Eager) -> None:
        model, self.is_sum = eager.model, eager.reduction == "sum"
        self.learning = np.array(positions(eager.parameters, model))
        self.numbers = np.array([parameter.data for parameter in model.parameters()])
        self.slopes = np.empty_like(self.numbers)
        self.parameters: dict[str, Any] = parameter_arrays(model, self.numbers)
        self.gradients = parameter_arrays(model, self.slopes)

        def loss(x: Any, y: Any, **parameters: Any) -> Any:
            return eager.loss_of(forward(model, x, parameters), y)

        def loss_and_prediction(x: Any, y: Any, **parameters: Any) -> Any:
            outputs = forward(model, x, parameters)
            return eager.loss_of(outputs, y), outputs[0] if len(outputs) == 1 else np.array(outputs)

        def penalty(theta: Any) -> Any:
            return eager.penalty(theta)  # type: ignore[misc]

        self.losses = vectorize(loss, batch=("x", "y"))
        self.losses_and_predictions = vectorize(loss_and_prediction, batch=("x", "y"))
        self.penalties = vectorize(penalty) if eager.penalty else None

    def value(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and the predictions for every sample."""
        self.numbers[self.learning] = theta
        compute = self.on_devices[0] if is_on_devices(X) else self.losses_and_predictions
        losses, predictions = compute(x=X, y=y, **self.parameters)
        loss = float(losses.sum() if self.is_sum else losses.mean())
        if self.penalties is not None:
            loss += float(self.penalties(theta=theta))
        return loss, predictions

    def value_and_grad(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and its derivatives with respect to θ."""
        self.numbers[self.learning] = theta
        compute = self.on_devices[1] if is_on_devices(X) else self.losses.value_and_grad
        loss, gradients = compute(x=X, y=y, **self.parameters)
        for name, part in self.gradients.items():
            part[...] = gradients[name]
        gradient = self.slopes[self.learning]
        if self.is_sum:
            loss, gradient = loss * len(X), gradient * len(X)
        if self.penalties is not None:
            penalty, slopes = self.penalties.value_and_grad(theta=theta)
            loss, gradient = loss + penalty, gradient + slopes["theta"]
        return float(loss), gradient

    @cached_property
    def on_devices(self) -> tuple[Any, Any]:
        """The programs for arrays of JAX, each compiled for the devices that hold them."""
        import jax

        return jax.jit(self.losses_and_predictions), jax.jit(self.losses.value_and_grad)
