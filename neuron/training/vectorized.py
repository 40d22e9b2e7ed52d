"""The objective as array programs: the loss of one sample is recorded once, and computed for all samples together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Value, vectorize
from neuron.models.protocols import NeuronLike
from neuron.training.checked import Checked
from neuron.training.objective import Eager, positions

__all__ = ["ArrayPrograms", "vectorized"]

Array = NDArray[np.float64]


def vectorized(*arguments: Any) -> Checked:
    """The objective that `fit` uses: array programs, checked against Values.  The arguments are those of `Eager`."""
    eager = Eager(*arguments)
    return Checked(partial(ArrayPrograms, eager), eager)


class ArrayPrograms:
    """The loss over samples and its gradient, by programs recorded from the model, loss and penalty of `eager`.

    The numbers are the same apart from rounding; where the loss is not defined, they are nan.
    """

    def __init__(self, eager: Eager) -> None:
        self.model, self.is_sum = eager.model, eager.reduction == "sum"
        self.learning = positions(eager.parameters, self.model)
        self.numbers = np.array([parameter.data for parameter in self.model.parameters()])

        def loss(x: Any, y: Any, **parameters: Any) -> Any:
            return eager.loss_of(self.outputs(x, parameters), y)

        def loss_and_outputs(x: Any, y: Any, **parameters: Any) -> Any:
            outputs = self.outputs(x, parameters)
            return [eager.loss_of(outputs, y), *outputs]

        def penalty(theta: Any) -> Any:
            return eager.penalty(theta)  # type: ignore[misc]

        self.losses = vectorize(loss, batch=("x", "y"))
        self.losses_and_outputs = vectorize(loss_and_outputs, batch=("x", "y"))
        self.penalties = vectorize(penalty) if eager.penalty else None

    def value(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and the predictions for every sample."""
        losses, *outputs = self.losses_and_outputs(x=X, y=y, **self.arrays(self.placed(theta)))
        loss = float(losses.sum() if self.is_sum else losses.mean())
        if self.penalties is not None:
            loss += float(self.penalties(theta))
        return loss, outputs[0] if len(outputs) == 1 else np.stack(outputs, axis=1)

    def value_and_grad(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and its derivatives with respect to θ."""
        loss, gradients = self.losses.value_and_grad(x=X, y=y, **self.arrays(self.placed(theta)))
        everything = np.empty_like(self.numbers)
        for name, part in self.arrays(everything).items():
            part[...] = gradients[name]
        gradient = everything[self.learning]
        if self.is_sum:
            loss, gradient = loss * len(X), gradient * len(X)
        if self.penalties is not None:
            penalty, slopes = self.penalties.value_and_grad(theta)
            loss, gradient = loss + penalty, gradient + slopes["theta"]
        return float(loss), gradient

    def outputs(self, x: Any, parameters: dict[str, Any]) -> list[Any]:
        """The outputs of the model for one sample, with these arrays as its parameters."""
        placed: dict[Value, Any] = {}
        for weights, biases, neurons in self.layers():
            several = len(neurons) > 1
            for j, neuron in enumerate(neurons):
                w, b = parameters[weights], parameters[biases]
                placed |= zip(neuron.w, w[j] if several else w, strict=True)
                placed[neuron.b] = b[j] if several else b
        return self.model.forward(x, placed.__getitem__)

    def placed(self, theta: Array) -> Array:
        """All parameters of the model, those that learn at θ."""
        self.numbers[self.learning] = theta
        return self.numbers

    def arrays(self, numbers: Array) -> dict[str, Any]:
        """The parameters of all neurons, an array of weights and one of biases per layer, as views of `numbers`."""
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

    def layers(self) -> Iterator[tuple[str, str, Sequence[NeuronLike]]]:
        """The name of the weights, the name of the biases and the neurons of each layer."""
        columns = self.model.columns()
        for i, neurons in enumerate(columns, start=1):
            number = str(i) if len(columns) > 1 else ""
            yield f"w{number}", f"b{number}", neurons
