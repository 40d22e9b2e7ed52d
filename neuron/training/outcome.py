"""The outcome of a training that has learned nothing, or no longer learns: its cause, measured, and a remedy.

The loss shows that something is wrong: it did not move, it ended above its start, or it stopped.  The cause is then
looked for in the model, whose neurons may be off or saturated for every sample, and in the first step: taken again with
learning rates ten times larger and smaller, it shows by how much the loss could have fallen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.extend import number
from neuron.losses import with_name
from neuron.models.neuron import ACTIVATIONS, MLP, Model
from neuron.training.chunks import Chunks
from neuron.training.divergence import Guarded, guarded_step
from neuron.training.history import History
from neuron.training.objective import Penalty
from neuron.training.optimizers import Optimizer
from neuron.training.scaling import SCALED, large_inputs

__all__ = ["LearningWarning", "Outcome"]

Array = NDArray[np.float64]

STILL = 1e-4
"""A loss has not moved if it changed by less than this share of itself, and has stopped if by less of its fall."""
WORTHWHILE = 0.01
"""A first step is worth advising if it lowers the loss by this share."""
HIGH = 0.05
"""A loss that stopped above this share of its start has not been learned by a model that could fit every sample."""
FLAT = 1e-4
"""A neuron passes no gradient where the slope of its activation is below this."""
MOST = 0.9
"""The share of the samples for which the neurons of a layer are flat when nothing is learned."""
DECADES = range(1, 13)


class LearningWarning(UserWarning):
    """A training has learned nothing, or has stopped early: the message says why and what to do."""


@dataclass
class Outcome:
    """The diagnosis of a finished training, from the trained model, the objective and its parts, and the history."""

    model: Model
    objective: Guarded
    optimizer: Optimizer
    samples: tuple[Any, Any]
    history: History
    loss: Any
    penalty: Penalty | None

    def note(self) -> str:
        """One or two sentences for a training that went wrong; empty for one that is fine."""
        if not self.history.epochs or not self.end:
            return ""
        try:
            with np.errstate(all="ignore"):
                cause = self.cause()
        except Exception:  # a loss may raise anything for parameters that it was not made for
            return ""
        return f"{self.symptom()}: {cause}" if cause else ""

    @property
    def start(self) -> float:
        """The loss before the first step."""
        return self.history.entries[0].loss

    @property
    def end(self) -> float:
        """The loss with the parameters that the model has now."""
        return self.history.final.loss

    @property
    def theta(self) -> Array:
        """The parameters that the model has now."""
        return np.array([self.model.parameters()[i].data for i in self.history.positions])

    @property
    def margin(self) -> float:
        """The change that is none: less in a training of few epochs, in which a loss cannot move far."""
        return STILL * abs(self.start) * min(1.0, self.history.epochs / 10)

    @property
    def has_fallen(self) -> bool:
        """True if the loss ended below its start."""
        return self.end < self.start - self.margin

    @property
    def has_moved(self) -> bool:
        """True if the loss was above its start in between."""
        return max(self.history.loss) > self.start + self.margin

    @property
    def has_stopped(self) -> bool:
        """True if next to nothing of the fall happened in the last tenth of the epochs."""
        last = self.history.loss[-1 - max(1, self.history.epochs // 10) :]
        return max(last) - min(last) <= STILL * (self.start - self.end)

    @property
    def is_unchanged(self) -> bool:
        """True if only the training loss fell, so that with a patience the model is left as it was."""
        return self.history.has_patience and self.history.final.epoch == 0 and min(self.history.loss) < self.start

    def symptom(self) -> str:
        """The first words of the message: what the loss did."""
        if self.is_unchanged:
            return "the best epoch is 0"
        if self.has_fallen:
            return f"the loss stopped at {number(self.end)}"
        if self.end > self.start + self.margin:
            return f"the loss ended above its start, {number(self.start)} → {number(self.end)}"
        return f"the loss {'ended' if self.has_moved else 'stayed'} where it began, at {number(self.start)}"

    def cause(self) -> str:
        """The cause and the remedy; empty if there is none to be seen."""
        if self.is_unchanged:
            return (
                "the validation loss never fell below its start, so the model is as it was, although the loss fell. "
                "Try validation samples that are like the others, or a smaller learning rate"
            )
        if self.has_fallen:
            return (self.blocked(1.0) or self.local_minimum()) if self.has_stopped else ""
        return self.blocked(MOST) or self.wrong_steps()

    def blocked(self, share: float) -> str:
        """The layer whose neurons pass no gradient for this share of the samples."""
        for i, (activation, is_flat) in enumerate(self.layers()):
            count, (samples, size) = int(is_flat.all(axis=1).sum()), is_flat.shape
            if activation == "linear" or count < share * samples:
                continue
            if self.has_fallen and activation != "relu" and not self.is_constant():
                continue  # a classifier that is sure of itself is saturated, too
            state = "off" if activation == "relu" else f"saturated (slope below {FLAT:g})"
            neurons = f"all {size} neurons of layer {i + 1} ({activation}) are" if size > 1 else f"{activation} is"
            sentence = f"{neurons} {state} for {'all' if count == samples else f'{count} of'} {samples} samples"
            if not self.gradient(self.theta).any():
                sentence += ", so the gradient is exactly 0"
            if large := large_inputs(self.samples[0]):
                return f"{sentence}; there are inputs of {large}. Scale the inputs: {SCALED}"
            name = "output_activation" if isinstance(self.model, MLP) else "activation"
            other = f"{name}=None" if i == len(self.columns) - 1 else 'activation="tanh"'
            if activation != "relu":
                other = f"a smaller learning rate than {self.history.learning_rate[0]:g}"
            return f"{sentence}. Try another seed, or {other}"
        return ""

    def is_constant(self) -> bool:
        """True if the model predicts the same for all samples, whose targets differ.  Of chunks, the first is read."""
        X, y = (np.asarray(part[:1] if isinstance(part, Chunks) else part, dtype=float) for part in self.samples)
        return bool((np.ptp(y, axis=0) > 0).any() and (np.ptp(self.model.predict(X), axis=0) < FLAT).all())

    @property
    def columns(self) -> Sequence[Sequence[Any]]:
        """The neurons of each layer; none for a model with formulas of its own."""
        return self.model.columns() if type(self.model).__module__ == Model.__module__ else []

    def layers(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """For each layer its activation, and where it is flat: shape (samples, neurons).  Of chunks, the first is read.

        A layer of mixed activations ends the list.
        """
        X = self.samples[0]
        inputs = np.asarray(X[:1] if isinstance(X, Chunks) else X, dtype=float)
        for neurons in self.columns:
            activation = neurons[0].activation
            if {neuron.activation for neuron in neurons} != {activation}:
                return
            weights = np.array([[weight.data for weight in neuron.w] for neuron in neurons])
            h, function = inputs @ weights.T + [neuron.b.data for neuron in neurons], ACTIVATIONS[activation]
            inputs = function(h)
            slopes = (inputs - function(h - 1e-3)) / 1e-3  # from below, where relu is flat at its kink
            yield activation, slopes < FLAT

    def gradient(self, theta: Array) -> Array:
        """The derivatives of the loss over all samples."""
        return self.objective.gradient(theta, *self.samples)

    @property
    def has_floor(self) -> bool:
        """True if the loss is 0 for a model that fits every sample.

        That is unknown of a function, and wrong with a penalty and for the cross entropy of targets between 0 and 1.
        """
        if not isinstance(self.loss, str) or self.penalty is not None:
            return False
        y = self.samples[1]
        return "cross_entropy" not in with_name(self.loss).__name__ or bool((y == np.round(y)).all())

    def local_minimum(self) -> str:
        """The explanation of a loss that is high although the model has at least as many parameters as samples."""
        (X, y), layers, parameters = self.samples, self.columns, len(self.history.positions)
        if len(layers) < 2 or self.end < HIGH * self.start or isinstance(X, Chunks) or not self.has_floor:
            return ""
        if self.history.validation_loss:  # which is the better judge
            return ""
        lowest, highest = ACTIVATIONS[layers[-1][0].activation](np.array([-1e300, 1e300]))
        is_within_reach = lowest <= y.min() and y.max() <= highest
        if not is_within_reach or len(X) > parameters or len(np.unique(np.asarray(X), axis=0)) < len(X):
            return ""
        off = sum(int(is_flat.all(axis=0).sum()) for name, is_flat in self.layers() if name == "relu")
        hidden = sum(map(len, layers[:-1]))
        are = "is" if off == 1 else "are"
        why = f"{off} of {hidden} hidden neurons {are} off (relu) for all samples" if off else "this is a local minimum"
        return (
            f"{why}, although {parameters} parameters could fit {len(X)} samples. Try another seed, or more hidden "
            "neurons"
        )

    def wrong_steps(self) -> str:
        """The learning rate whose first step would have lowered the loss, if it is another one."""
        lr, large = self.history.learning_rate[0], large_inputs(self.samples[0])
        gradient = self.gradient(self.objective.start)
        rates = [lr * 10.0 ** (-k if self.has_moved else k) for k in DECADES]
        losses = [self.loss_after(rate, gradient) for rate in rates]
        best = int(np.argmin(losses))
        if not losses[best] < self.start - WORTHWHILE * abs(self.start):
            return ""  # training began at a minimum
        if self.has_moved and large:
            return f"the learning rate {lr:g} is too large for inputs of {large}. Scale the inputs: {SCALED}"
        size = "large" if self.has_moved else "small"
        step = f"with {rates[best]:g}, the first step lowers the loss to {number(losses[best])}"
        return f"the learning rate {lr:g} is too {size}: {step}. Try lr={rates[best]:g}"

    def loss_after(self, rate: float, gradient: Array) -> float:
        """The loss after the first step with this learning rate; inf if it is not defined."""
        try:
            theta = guarded_step(self.optimizer.start())(self.objective.start, gradient, rate)
            loss, _ = self.objective.value(theta, *self.samples)
        except Exception:
            return math.inf
        return loss if math.isfinite(loss) else math.inf
