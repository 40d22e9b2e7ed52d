"""The outcome of a training that has learned nothing, or no longer learns: its cause, measured, and a remedy.

The loss shows that something is wrong: it did not move, it ended above its start, or it stopped.  The cause is then
looked for in the model, whose neurons may be off or saturated for every sample, and in the first step: taken again with
learning rates ten times larger and smaller, it shows by how much the loss could have fallen.  At most 1,000 samples are
read for this, so that the diagnosis takes much less time than the training.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.extend import number
from neuron.losses import with_name
from neuron.models.neuron import MLP, Layer, Model, Neuron
from neuron.training.chunks import Chunks, in_chunks
from neuron.training.divergence import Guarded, guarded_step
from neuron.training.history import History
from neuron.training.objective import Penalty
from neuron.training.optimizers import Optimizer
from neuron.training.scaling import SCALED, large_inputs, some_rows

__all__ = ["LearningWarning", "Outcome"]

Array = NDArray[np.float64]

STILL = 1e-4
"""A loss has not moved if it changed by less than this share of itself, and has stopped if by less of its fall."""
PERFECT = 1e-12
"""A loss below this share of its start is zero apart from rounding."""
WORTHWHILE = 0.01
"""A first step is worth advising if it lowers the loss by this share."""
HIGH = 0.05
"""A loss that stopped above this share of its start has not been learned by a model that could fit every sample."""
FLAT = 1e-4
"""A neuron passes no gradient where the slope of its activation is below this."""
MOST = 0.9
"""The share of the samples for which the neurons of a layer are flat when nothing is learned."""
VANISHED = 0.01
"""A gradient is close to 0 if its length is below this share of that at the start."""
DECADES = range(1, 13)

ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Any]]] = {
    "linear": (lambda h: h, np.ones_like),
    "relu": (lambda h: np.maximum(h, 0.0), lambda a: a > 0),
    "sigmoid": (lambda h: 1 / (1 + np.exp(-h)), lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a**2),
}
"""The activations of arrays a(h), and their slopes as functions of a."""
COMPARING = ("squared_error", "half_squared_error", "absolute_error", "huber")
"""The losses that are 0 only for predictions that are the targets."""
SYMPTOMS = {
    "undone": "the best epoch is 0",
    "stopped": "the loss stopped at {end}",
    "rose": "the loss ended above its start, {start} → {end}",
    "returned": "the loss ended where it began, at {start}",
    "stayed": "the loss stayed where it began, at {start}",
}
"""The first words of a message, by the course of the loss."""


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
        """One or two sentences for a training that went wrong; empty for one that is fine.

        Ctrl-C leaves the diagnosis out: the training is complete.
        """
        if not self.history.epochs or not self.end:
            return ""
        try:
            with np.errstate(all="ignore"):
                cause = self.cause()
        except (Exception, KeyboardInterrupt):  # a loss may raise anything for parameters that it was not made for
            return ""
        if not cause:
            return ""
        symptom = SYMPTOMS[self.course].format(start=number(self.start), end=number(self.end))
        if self.is_at_start and self.course != "undone":
            symptom = f"the best epoch is 0, since {symptom}"
        return f"{symptom}: {cause}"

    @property
    def start(self) -> float:
        """The loss before the first step."""
        return self.history.entries[0].loss

    @property
    def end(self) -> float:
        """The loss with the parameters that the model has now, or of the last epoch if these are those of the start."""
        return (self.history.entries[-1] if self.is_at_start else self.history.final).loss

    @property
    def is_at_start(self) -> bool:
        """True if no epoch was better than the start, so that with a patience the model is as it was."""
        return self.history.has_patience and self.history.final.epoch == 0

    @property
    def theta(self) -> Array:
        """The parameters that the model has now."""
        return np.array([self.model.parameters()[i].data for i in self.history.positions])

    @cached_property
    def course(self) -> str:
        """The course of the loss: "falling", or one of the `SYMPTOMS`."""
        losses, epochs = self.history.loss, self.history.epochs
        margin = STILL * abs(self.start) * min(1.0, epochs / 10)  # in few epochs, a loss cannot move far
        if self.is_at_start and min(losses) < self.start:
            return "undone"
        is_printed_alike = epochs >= 10 and number(self.end) == number(self.start)
        if self.end < self.start - margin and not is_printed_alike:
            last = losses[-1 - max(1, epochs // 10) :]
            return "stopped" if max(last) - min(last) <= STILL * (self.start - self.end) else "falling"
        if self.end > self.start + margin:
            return "rose"
        return "returned" if max(losses) > self.start + margin else "stayed"

    def cause(self) -> str:
        """The cause and the remedy; empty if there is none to be seen."""
        if self.course == "falling":
            return ""
        if self.course == "undone":
            return (
                "the validation loss never fell below its start, so the model is as it was, although the loss fell. "
                "Try validation samples that are like the others, or a smaller learning rate"
            )
        if self.course == "stopped" and self.end < PERFECT * self.start:
            return ""
        share = 1.0 if self.course == "stopped" else MOST
        rest = self.local_minimum if self.course == "stopped" else self.wrong_steps
        return self.out_of_reach() or self.blocked(share) or rest()

    @cached_property
    def rows(self) -> tuple[Array, Array]:
        """The samples that are read for the diagnosis: all, or some drawn from them."""
        X, y = map(some_rows, self.samples)
        return X, y

    @property
    def drawn(self) -> str:
        """The words that say from how many samples the rows were drawn; empty if they are all."""
        count = self.samples[0].shape[0]
        return f" drawn from {count:,}" if count > len(self.rows[0]) else ""

    def blocked(self, share: float) -> str:
        """The layer whose neurons pass no gradient for this share of the samples."""
        for i, (activation, is_flat) in enumerate(self.layers()):
            count, (samples, size) = int(is_flat.all(axis=1).sum()), is_flat.shape
            if activation == "linear" or count < share * samples:
                continue
            if self.course == "stopped" and activation != "relu" and not self.is_constant():
                continue  # a classifier that is sure of itself is saturated, too
            state = "off" if activation == "relu" else f"saturated (slope below {FLAT:g})"
            neurons = f"all {size} neurons of layer {i + 1} ({activation}) are" if size > 1 else f"{activation} is"
            sentence = (
                f"{neurons} {state} for {'all' if count == samples else f'{count} of'} {samples:,} samples{self.drawn}"
            )
            if not self.gradient(self.theta, *self.measured).any():
                sentence += f", so {'their' if self.drawn else 'the'} gradient is exactly 0"
            if large := large_inputs(self.rows[0]):
                return f"{sentence}; there are inputs of {large}. Scale the inputs: {SCALED}"
            name = "output_activation" if isinstance(self.model, MLP) else "activation"
            other = f"{name}=None" if i == len(self.columns) - 1 else 'activation="tanh"'
            if activation != "relu":
                other = f"a smaller learning rate than {self.history.learning_rate[0]:g}"
            return f"{sentence}. Try another seed, or {other}"
        return ""

    def out_of_reach(self) -> str:
        """The targets that the last activation does not reach, if the loss compares them with what it gives."""
        is_compared = isinstance(self.loss, str) and with_name(self.loss).__name__ in COMPARING
        if not self.columns or not is_compared or self.end < HIGH * self.start:
            return ""
        name = self.columns[-1][0].activation
        (lowest, highest), y = self.reach, self.rows[1]
        if highest == math.inf or (lowest <= y.min() and y.max() <= highest):  # relu that is off has a sentence
            return ""
        argument = "output_activation" if isinstance(self.model, MLP) else "activation"
        targets = f"the targets go from {number(float(y.min()))} to {number(float(y.max()))}"
        reach = f"{name} stays between {number(lowest)} and {number(highest)}"
        return f"{targets}, but {reach}. Try {argument}=None, or scale the targets"

    @property
    def reach(self) -> tuple[float, float]:
        """The smallest and the largest number that the last activation gives."""
        activation, _ = ACTIVATIONS[self.columns[-1][0].activation]
        lowest, highest = activation(np.array([-math.inf, math.inf])).tolist()
        return lowest, highest

    def is_constant(self) -> bool:
        """True if the model predicts the same for all rows, whose targets differ."""
        X, y = self.rows
        return bool((np.ptp(y, axis=0) > 0).any() and (np.ptp(self.model.predict(X), axis=0) < FLAT).all())

    @property
    def columns(self) -> Sequence[Sequence[Any]]:
        """The neurons of each layer; none for a model with formulas of its own."""
        columns = self.model.columns()
        parts = [self.model, *getattr(self.model, "layers", []), *(neuron for neurons in columns for neuron in neurons)]
        formulas = [kind.forward for kind in (Neuron, Layer, MLP)]
        return columns if all(type(part).forward in formulas for part in parts) else []

    def layers(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """For each layer its activation, and where it is flat: shape (rows, neurons).

        A layer of mixed activations ends the list.
        """
        inputs, _ = self.rows
        for neurons in self.columns:
            name = neurons[0].activation
            if {neuron.activation for neuron in neurons} != {name}:
                return
            weights = np.array([[weight.data for weight in neuron.w] for neuron in neurons])
            activation, slope = ACTIVATIONS[name]
            inputs = activation(inputs @ weights.T + [neuron.b.data for neuron in neurons])
            yield name, slope(inputs) < FLAT

    @cached_property
    def measured(self) -> tuple[Any, Any]:
        """The rows in the form in which the objective takes samples: those of chunks as a single chunk."""
        return in_chunks(*self.rows) if isinstance(self.samples[0], Chunks) else self.rows

    def gradient(self, theta: Array, X: Any, y: Any) -> Array:
        """The derivatives of the loss over these samples."""
        return self.objective.gradient(theta, X, y)

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
        """The explanation of a high loss without a slope, in a model with at least as many parameters as samples."""
        (X, y), layers, parameters = self.samples, self.columns, len(self.history.positions)
        if len(layers) < 2 or self.end < HIGH * self.start or isinstance(X, Chunks) or not self.has_floor:
            return ""
        if self.history.validation_loss:  # which is the better judge
            return ""
        lowest, highest = self.reach
        is_within_reach = lowest <= y.min() and y.max() <= highest
        if not is_within_reach or len(X) > parameters or len(np.unique(np.asarray(X), axis=0)) < len(X):
            return ""
        now, before = (
            float(np.linalg.norm(self.gradient(theta, X, y))) for theta in (self.theta, self.objective.start)
        )
        if now > VANISHED * before:  # it stopped because the steps became short
            return ""
        off = sum(int(is_flat.all(axis=0).sum()) for name, is_flat in self.layers() if name == "relu")
        hidden = sum(map(len, layers[:-1]))
        are = "is" if off == 1 else "are"
        where = f"{off} of {hidden} hidden neurons {are} off (relu) for all samples" if off else "at a local minimum"
        large = large_inputs(self.rows[0])
        remedy = f"There are inputs of {large}. Scale them: {SCALED}" if large else "Try another seed, or more neurons"
        return (
            f"{where}, the gradient is close to 0, and the loss is still {100 * self.end / self.start:.2g} % of its "
            f"start. {remedy}"
        )

    def wrong_steps(self) -> str:
        """The learning rate whose first step would have lowered the loss, if it is another one."""
        lr, large, is_too_large = self.history.learning_rate[0], large_inputs(self.rows[0]), self.course != "stayed"
        start, _ = self.objective.value(self.objective.start, *self.measured)
        gradient = self.gradient(self.objective.start, *self.measured)
        rates = [lr * 10.0 ** (-k if is_too_large else k) for k in DECADES]
        losses = [self.loss_after(rate, gradient) for rate in rates]
        best = int(np.argmin(losses))
        if not losses[best] < start - WORTHWHILE * abs(start):
            return ""  # training began at a minimum
        if is_too_large and large:
            return f"the learning rate {lr:g} is too large for inputs of {large}. Scale the inputs: {SCALED}"
        size = "large" if is_too_large else "small"
        of = f" of {len(self.rows[0]):,} samples{self.drawn}" if self.drawn else ""
        step = f"with {rates[best]:g}, the first step lowers the loss{of} to {number(losses[best])}"
        return f"the learning rate {lr:g} is too {size}: {step}. Try lr={rates[best]:g}"

    def loss_after(self, rate: float, gradient: Array) -> float:
        """The loss of the rows after the first step with this learning rate; inf if it is not defined."""
        try:
            theta = guarded_step(self.optimizer.start())(self.objective.start, gradient, rate)
            loss, _ = self.objective.value(theta, *self.measured)
        except Exception:
            return math.inf
        return loss if math.isfinite(loss) else math.inf
