"""The training on standardised samples, and the model that takes and gives numbers in the units of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuron import losses
from neuron.lessons.own_data.samples import Samples, Scale, scale_of
from neuron.lessons.own_data.typed_columns import Column
from neuron.losses import Loss
from neuron.metrics import Metric, accuracy, r2
from neuron.models.neuron import MLP, Layer, Model, Neuron
from neuron.training.fit import fit
from neuron.training.history import History
from neuron.training.optimizers import Adam

__all__ = ["CLASSES", "NUMBER", "TWO_CLASSES", "Task", "Trained", "in_original_units", "task_of", "train"]

Array = NDArray[np.float64]

UNSCALED = Scale(np.array(0.0), np.array(1.0))


class Task(NamedTuple):
    """The loss, the metric over all samples, and the last activation that a kind of target asks for.

    The loss and the metric take the output before that activation.
    """

    output: str
    loss_name: str
    loss: Loss
    metric_name: str
    metric: Metric
    activation: str = "linear"


NUMBER = Task("ŷ = {}", "mean squared error", losses.squared_error, "r²", r2)
TWO_CLASSES = Task(
    "ŷ = sigmoid({})",
    "binary cross-entropy",
    losses.binary_cross_entropy_with_logits,
    "accuracy",
    partial(accuracy, labels=(0, 1), threshold=0.0),
    activation="sigmoid",
)
CLASSES = Task(
    "scores = {}, the largest wins", "cross-entropy of the softmax", losses.cross_entropy, "accuracy", accuracy
)


def task_of(target: Column) -> Task:
    """The task for a target: a number, one of two classes, or one of several."""
    return NUMBER if not target.labels else TWO_CLASSES if len(target.labels) == 2 else CLASSES


@dataclass(frozen=True)
class Trained:
    """The model that learned from standardised numbers, the same `model` in original units, the scales, the history."""

    standardised: Model
    model: Model
    inputs: Scale
    output: Scale
    history: History


def train(samples: Samples, hidden: Sequence[int], lr: float, epochs: int, seed: int) -> Trained:
    """Train a neuron, one neuron per class, or a network with these hidden layers, on all samples at once by Adam.

    Raises DivergedError when the loss runs away.
    """
    task = task_of(samples.target)
    (X, y), (X_held, y_held) = samples.parts()
    inputs, output = scale_of(X), scale_of(y) if task is NUMBER else UNSCALED
    model = _model(X.shape[1], hidden, max(1, len(samples.target.labels) * (task is CLASSES)), seed)
    history = fit(
        model, inputs.standardised(X), output.standardised(y),
        validation=(inputs.standardised(X_held), output.standardised(y_held)),
        loss=task.loss, optimizer=Adam(lr), epochs=epochs, metric=task.metric, seed=seed,
    )  # fmt: skip
    history.metric_name = task.metric_name
    return Trained(model, in_original_units(model, inputs, output, task.activation), inputs, output, history)


def in_original_units(model: Model, inputs: Scale, output: Scale, activation: str = "linear") -> Model:
    """The model that takes inputs, and gives outputs, in original units; `activation` is its last one.

    It computes the same function: the first layer's weights are divided by the spread of the inputs, and the last one's
    multiplied by that of the output.

    >>> scale = Scale(np.array([10.0]), np.array([2.0]))
    >>> neuron = in_original_units(Neuron(1, None, weights=[3.0], bias=1.0), scale, UNSCALED)
    >>> print(neuron([12.0]))
    ŷ = w·12.0 + b = 4.0
    """
    last = "output_activation" if isinstance(model, MLP) else "activation"
    folded = type(model)(**model.arguments() | {last: activation})
    for new, old in zip(folded.parameters(), model.parameters(), strict=True):
        new.data = old.data
    for neuron in folded.columns()[0]:
        weights = np.array([w.data for w in neuron.w]) / inputs.spread
        neuron.b.data = neuron.b.data - float(weights @ inputs.mean)
        for w, weight in zip(neuron.w, weights.tolist(), strict=True):
            w.data = weight
    for neuron in folded.columns()[-1]:
        for parameter in (*neuron.w, neuron.b):
            parameter.data = parameter.data * float(output.spread)
        neuron.b.data = neuron.b.data + float(output.mean)
    return folded


def _model(nin: int, hidden: Sequence[int], nout: int, seed: int) -> Model:
    """A model without a last activation."""
    if hidden:
        return MLP(nin, [*hidden, nout], activation="tanh", seed=seed)
    return Neuron(nin, None, seed=seed) if nout == 1 else Layer(nin, nout, None, seed=seed)
