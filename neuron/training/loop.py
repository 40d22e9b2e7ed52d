"""The training loop: gradient descent, batch by batch, and the measurements after each epoch.

    θ ← θ - lr · dL/dθ

The gradient comes from an objective, the step from an optimizer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import PoleError, Value
from autograd.extend import as_float
from neuron.metrics import Metric
from neuron.training.divergence import Guarded, RunawayError, check_finite, check_growth
from neuron.training.history import Epoch, History
from neuron.training.objective import place
from neuron.training.optimizers import Update

__all__ = ["Measurements", "batches", "descent"]

Array = NDArray[np.float64]


def descent(
    theta: Array,
    rates: Iterable[float],
    samples: tuple[Any, Any],
    next_batches: Callable[[], Iterable[Any]],
    gradient: Callable[[Array, Array, Array], Array],
    step: Update,
    measure: Callable[[Array, float], None],
    watch: Callable[[float], AbstractContextManager[None]],
) -> Iterator[Array]:
    """Gradient descent from θ; yield the parameters after each epoch.

    An epoch has a learning rate, shows all batches once and ends with a measurement; `watch` is the context in which
    it runs, so that its failures can be explained.
    """
    X, y = samples
    for lr in rates:
        with watch(lr):
            for batch in next_batches():
                theta = step(theta, gradient(theta, X[batch], y[batch]), lr)
            measure(theta, lr)
        yield theta


def batches(samples: int, size: int | None, shuffle: bool, source: np.random.Generator) -> Iterator[Any]:
    """The batches of one epoch, each as an index into the samples.

    >>> [batch.tolist() for batch in batches(5, 2, False, np.random.default_rng(0))]
    [[0, 1], [2, 3], [4]]
    """
    if size is None or size >= samples:
        yield slice(None)
        return
    order = source.permutation(samples) if shuffle else np.arange(samples)
    for begin in range(0, samples, size):
        yield order[begin : begin + size]


@dataclass
class Measurements:
    """The history, and everything needed to add to it."""

    objective: Guarded
    metric: Metric | None
    samples: tuple[Any, Any]
    held_out: tuple[Any, Any] | None
    record_parameters: bool
    history: History
    is_ahead: bool = False
    """True if the next step needs the gradient of the same samples: it is then computed together with the loss."""
    final: int = 0
    """The number of the entry that is `history.final`."""

    def add(self, theta: Array, lr: float | None) -> None:
        """Measure, and add an entry to the history.  Ctrl-C cannot leave half of one behind.

        Raises ValueError for a loss that is not finite at the start, and RunawayError for one that explodes later.
        """
        if self.is_ahead and self.metric is None:
            loss, metric = self.objective.loss_ahead(theta, *self.samples), None
            check_finite(loss, is_start=lr is None)
        else:
            loss, predictions = self.objective.value(theta, *self.samples)
            check_finite(loss, is_start=lr is None)
            metric = self.measured(predictions, self.samples[1])
        validation_loss, validation_metric = self.validated(theta)
        parameters = theta.copy()
        parameters.flags.writeable = False
        entries = self.history.entries
        entries.append(Epoch(len(entries), lr, loss, metric, validation_loss, validation_metric, parameters))
        last = stale = len(entries) - 1
        if not self.history.has_patience or entries[last].monitored < entries[self.final].monitored:
            stale, self.final = self.final, last
        if last and not self.record_parameters:
            entries[stale] = Epoch(*entries[stale][:-1], None)  # a third of the time of _replace
        check_growth(entries)

    @property
    def epochs_since_best(self) -> int:
        """The number of epochs without a new best entry."""
        return self.history.epochs - self.final

    def validated(self, theta: Array) -> tuple[float | None, float | None]:
        """Loss and metric over the samples that are held out; where the loss has a pole, it is infinite."""
        if self.held_out is None:
            return None, None
        try:
            loss, predictions = self.objective.value(theta, *self.held_out)
            return loss, self.measured(predictions, self.held_out[1])
        except (RunawayError, PoleError):  # samples that are not learnt from do not end a training
            return math.inf, None if self.metric is None else math.nan
        except Exception as error:
            error.add_note("(in the validation data)")
            raise

    def measured(self, predictions: Any, targets: Any) -> float | None:
        """The metric, computed from copies, which it may change."""
        if self.metric is None:
            return None
        return as_float(self.metric(np.array(predictions), np.array(targets)), "the metric")

    def place(self, parameters: Sequence[Value]) -> None:
        """Set the parameters to those of the final entry, or of the start, if they have not been deleted."""
        final = self.history.final.parameters if self.history.entries else self.objective.start
        if final is not None:
            place(parameters, final)

    def finish(self, parameters: Sequence[Value]) -> None:
        """Set the parameters to the final ones; then delete these from the history unless they are recorded.

        It can be called again where Ctrl-C has ended it, or arrived just after it.
        """
        self.place(parameters)
        for k, entry in enumerate(self.history.entries):
            if entry.parameters is not None and not self.record_parameters:
                self.history.entries[k] = entry._replace(parameters=None)
