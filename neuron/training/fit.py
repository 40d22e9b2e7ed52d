"""The training loop: forward pass, gradient, update, epoch by epoch.

    θ ← θ - lr · dL/dθ

`fit` shows the samples to the model over and over, all at once or in batches, and keeps a `History`.  How the
gradient is computed is the objective's business, how the step is made the optimizer's.
"""

from __future__ import annotations

import builtins
import math
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import PoleError, Value
from autograd.extend import as_float, derivative, number, shown
from neuron.metrics import Metric, as_metric
from neuron.models.neuron import Model
from neuron.models.samples import as_samples
from neuron.training.history import Epoch, History
from neuron.training.objective import Method, Objective, Penalty, names, place, positions
from neuron.training.optimizers import Optimizer, Update, as_optimizer, learning_rates
from neuron.training.vectorized import vectorized

__all__ = ["DivergedError", "fit"]

Array = NDArray[np.float64]
Callback = Callable[[History], Any]

RUNAWAY = 1e5
"""A training has diverged when its loss is above this, and above so many times what it was at the start, ..."""
RUNAWAY_GROWTH, RUNAWAY_EPOCHS = 1.5, 5
"""... and has grown by this factor or more in each of so many epochs: such growth does not end by itself."""
POWER_ITERATIONS = 20
TOO_LARGE = "then the numbers grew too large for a float"


class DivergedError(ArithmeticError):
    """Training left all bounds: the steps were too long.  `history` holds what was measured before `epoch`."""

    def __init__(self, message: str, epoch: int, history: History) -> None:
        super().__init__(message)
        self.epoch, self.history = epoch, history


class _RunawayError(ArithmeticError):
    """The loss or the gradient grows without end, or is not finite any more: the steps were too long."""


class _BottomlessError(_RunawayError):
    """The loss falls without end, which is not the fault of the steps."""


def fit(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    loss: str | Callable[[Any, Any], Any] = "mse",
    optimizer: Optimizer | str = "sgd",
    epochs: int = 100,
    batch_size: int | None = None,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    shuffle: bool = True,
    seed: int | np.random.Generator | None = None,
    metric: str | Metric | None = None,
    penalty: Penalty | None = None,
    reduction: str = "mean",
    parameters: Sequence[Value] | None = None,
    record_parameters: bool = False,
    progress: bool | None = None,
    callbacks: Sequence[Callback] = (),
    objective: Method = vectorized,
) -> History:
    """Train `model` on samples, and return how it went.

    `X` holds the inputs, one row a sample, shape (samples, inputs), and `y` the targets, shape (samples,) or
    (samples, outputs).  `loss` is the name of a loss or a function of (prediction, target); the loss over samples
    is their mean, or their sum with ``reduction="sum"``, plus a `penalty` on the parameters such as ``losses.l2``.
    `optimizer` is ``SGD(lr)``, ``Adam(lr)`` or a name.  `parameters` are those that learn, by default all of the
    model's.

    An epoch shows all samples once: together, or in batches of `batch_size`, in an order that is shuffled anew
    each time unless ``shuffle=False``.  The same `seed` gives the same orders.  `validation` is a pair of inputs
    and targets that are measured but not learnt from.  `metric` is ``"accuracy"`` or a function of all predictions
    and all targets.

    `progress` shows a progress bar; by default only in a terminal or a notebook.  Each of the `callbacks` is called
    with the history so far after every epoch; if one returns True, the training ends there.  Ctrl-C ends it as well,
    with the history so far.  `objective` says how losses and gradients are computed.

    Raises ValueError, TypeError or OverflowError for input it cannot use, before anything is changed, and
    `DivergedError` when the loss runs away.  However it ends, the model has the parameters of the last entry of the
    history.

    >>> from neuron import SGD, Neuron, fit
    >>> n = Neuron(1, activation=None, weights=[0.0])
    >>> history = fit(n, [0, 1, 2, 3], [1, 3, 5, 7], loss="mse", optimizer=SGD(0.1), epochs=200)
    >>> history
    History(200 epochs, loss 21.0 → 2.164e-14)
    >>> n.predict([10]).round(3)
    array([21.])
    """
    if not isinstance(model, Model):
        raise TypeError(f"fit trains a Neuron, a Layer or an MLP, not {shown(model)}")
    samples, held_out = as_samples(X, y, model), _validation(validation, model)
    learning, labels = _learning(parameters, model), names(model)
    everything = model.parameters()
    trained = [everything[i] for i in learning]
    method, (metric_name, measure) = as_optimizer(optimizer), as_metric(metric, samples[1], model.nout)
    size = None if batch_size is None else _whole("batch_size", batch_size, 1)
    rates = learning_rates(method.lr, _whole("epochs", epochs, 0))
    functions = [_callable("each of the callbacks", function) for function in _list("callbacks", callbacks)]
    computed_by = _callable("objective", objective)(model, trained, loss, penalty, reduction)
    training = _Training(
        everything,
        trained,
        computed_by,
        method,
        measure,
        samples,
        held_out,
        partial(_batches, len(samples[0]), size, shuffle, _generator(seed)),
        record_parameters,
        History([], [labels[i] for i in learning], learning, metric_name),
    )
    return training.run(rates, epochs, progress, functions)


@dataclass
class _Training:
    """One call of `fit`."""

    all_parameters: list[Value]
    parameters: list[Value]  # those that learn
    objective: Objective
    optimizer: Optimizer
    metric: Metric | None
    samples: tuple[Array, Array]
    held_out: tuple[Array, Array] | None
    batches: Callable[[], Iterator[Any]]
    record_parameters: bool
    history: History
    start: Array = field(init=False)
    last_gradient: Array | None = None

    def run(self, rates: Iterable[float], epochs: int, progress: bool | None, callbacks: Sequence[Callback]) -> History:
        """All epochs; however they end, the model is left as the last entry of the history has it."""
        self.start = theta = np.array([parameter.data for parameter in self.parameters])
        step = self.optimizer.start()
        try:
            self.record(theta, None)
            with _bar(epochs, progress) as bar:
                for lr in rates:
                    theta = self.epoch(theta, step, lr)
                    if not bar.disable:
                        bar.set_postfix(loss=number(self.history.entries[-1].loss), refresh=False)
                        bar.update()
                    if callbacks and self.is_ended_by(callbacks, theta):
                        break
        except KeyboardInterrupt:
            if not self.history.entries:  # there is nothing yet to keep
                raise
            self.history.interrupted = True
        finally:
            self.leave()
        return self.history

    def epoch(self, theta: Array, step: Update, lr: float) -> Array:
        """Show all samples once, measure, and return the new parameters."""
        X, y = self.samples
        epoch = len(self.history)
        try:
            for batch in self.batches():
                theta = self.stepped(theta, step, self.gradient(theta, X[batch], y[batch]), lr)
            self.record(theta, lr)
            self.refuse_runaway()
        except _RunawayError as why:
            raise self.diverged(why, epoch, lr) from None
        except Exception as error:
            error.add_note(f"(in epoch {epoch}; the model has the parameters of epoch {self.history.epochs})")
            raise
        return theta

    def record(self, theta: Array, lr: float | None) -> None:
        """Measure, and add an entry to the history.  Ctrl-C cannot leave half of one behind."""
        loss, predictions = self.value(theta, *self.samples)
        if not math.isfinite(loss):
            if lr is None:
                raise ValueError(
                    f"the loss is {loss} before the first step: the inputs, the targets or the parameters are too "
                    "large, or the loss is not defined there"
                )
            if loss == -math.inf:
                raise _BottomlessError("the loss falls without end: it has no minimum to be found (is its sign right?)")
            raise _RunawayError(f"then the loss was {loss}")
        metric = self.measured(predictions, self.samples[1])
        validation_loss, validation_metric = self.validated(theta)
        kept = theta.copy()
        kept.flags.writeable = False
        entries = self.history.entries
        entries.append(Epoch(len(entries), lr, loss, metric, validation_loss, validation_metric, kept))
        if len(entries) > 1 and not self.record_parameters:
            entries[-2] = entries[-2]._replace(parameters=None)

    def value(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, which is infinite where it is too large for a float, and the predictions."""
        try:
            loss, predictions = self.objective.value(theta, X, y)
            return float(loss), predictions
        except OverflowError:
            return math.inf, np.full(y.shape, math.nan)
        except PoleError as error:
            if not self.history.entries:
                raise
            raise _RunawayError(str(error)) from None

    def validated(self, theta: Array) -> tuple[float | None, float | None]:
        """Loss and metric over the samples that are held out; where the loss has a pole, it is infinite."""
        if self.held_out is None:
            return None, None
        try:
            loss, predictions = self.value(theta, *self.held_out)
            return loss, self.measured(predictions, self.held_out[1])
        except (_RunawayError, PoleError):  # samples that are not learnt from do not end a training
            return math.inf, None if self.metric is None else math.nan
        except Exception as error:
            error.add_note("(in the validation data)")
            raise

    def measured(self, predictions: Array, targets: Array) -> float | None:
        """The metric.  It gets copies: what it does to them is its own business."""
        if self.metric is None:
            return None
        return as_float(self.metric(predictions.copy(), targets.copy()), "the metric")

    def gradient(self, theta: Array, X: Array, y: Array) -> Array:
        """The gradient over a batch, which must be finite."""
        try:
            loss, gradient = self.objective.value_and_grad(theta, X, y)
        except PoleError as error:
            if theta is self.start:
                raise
            raise _RunawayError(str(error)) from None
        except OverflowError:
            raise _RunawayError(TOO_LARGE) from None
        wrong = np.flatnonzero(~np.isfinite(gradient))
        if len(wrong):
            what = f"{self._derivative(wrong[0])} is {gradient[wrong[0]]} where the loss is {number(loss)}"
            if theta is self.start:  # no step is to blame
                raise ValueError(f"before the first step {what}: the loss has no derivative there, or too large a one")
            raise _RunawayError(what)
        self.last_gradient = gradient
        return gradient

    def stepped(self, theta: Array, step: Update, gradient: Array, lr: float) -> Array:
        """The parameters after a step of the optimizer, which may do with its arguments as it likes."""
        try:
            with np.errstate(over="raise", invalid="raise"):
                new = np.array(step(theta.copy(), gradient.copy(), lr), dtype=float)
        except (FloatingPointError, OverflowError):
            raise _RunawayError(TOO_LARGE) from None
        if new.shape != theta.shape:
            raise ValueError(f"the optimizer must return parameters of shape {theta.shape}, not {new.shape}")
        return new

    def refuse_runaway(self) -> None:
        """Raise `_RunawayError` if the loss is exploding but has not reached the end of the floats yet."""
        entries = self.history.entries
        recent = [entry.loss for entry in entries[-RUNAWAY_EPOCHS - 1 :]]
        grows = len(recent) > RUNAWAY_EPOCHS and all(0 < RUNAWAY_GROWTH * a <= b for a, b in pairwise(recent))
        if grows and recent[-1] > RUNAWAY * max(1.0, abs(entries[0].loss)):
            raise _RunawayError("the loss grows faster and faster")

    def diverged(self, why: _RunawayError, epoch: int, lr: float) -> DivergedError:
        """What happened, in numbers, and what to do."""
        entries = self.history.entries
        losses = " → ".join(number(loss) for loss in dict.fromkeys([entries[0].loss, entries[-1].loss]))
        largest = ""
        if self.last_gradient is not None:
            i = int(np.argmax(np.abs(self.last_gradient)))
            largest = f", the largest gradient was {self._derivative(i)} = {number(float(self.last_gradient[i]))}"
        sentences = [f"training diverged in epoch {epoch}: loss {losses}{largest}; {why}."]
        if not isinstance(why, _BottomlessError):
            limit = self.optimizer.limit(self.curvature())
            if 0 < limit < lr:
                advice = (
                    f"where training began, the curvature of the loss allows about {limit:.3g}. Try {limit / 2:.2g}"
                )
            else:
                advice = f"try {lr / 10:.2g}, or smaller inputs (standardized ones, for example)"
            sentences += [f"The learning rate {lr:g} is too large: {advice}."]
        sentences += [f"The model has the parameters of epoch {entries[-1].epoch}."]
        return DivergedError(" ".join(sentences), epoch, self.history)

    def curvature(self) -> float:
        """The largest second derivative of the loss where the training began, over all directions and batches.

        By power iteration: a direction is multiplied by the Hessian, which is the difference of two gradients, over
        and over.  nan if it cannot be had.
        """
        X, y = self.samples
        h, curvatures = 1e-5 * max(1.0, float(np.linalg.norm(self.start))), []
        try:
            with np.errstate(all="raise"):
                for batch in self.batches():
                    origin = self.gradient(self.start, X[batch], y[batch])
                    product, curvature = origin, 0.0
                    for _ in range(POWER_ITERATIONS):
                        if not product.any():
                            break
                        direction = product / np.linalg.norm(product)
                        product = (self.gradient(self.start + h * direction, X[batch], y[batch]) - origin) / h
                        curvature = float(direction @ product)
                    curvatures.append(curvature)
        except (ArithmeticError, ValueError):
            return math.nan
        return max(curvatures) or math.nan

    def is_ended_by(self, callbacks: Sequence[Callback], theta: Array) -> bool:
        """Call them with the history so far; whether one of them has returned True."""
        place(self.parameters, theta)
        before = [parameter.data for parameter in self.all_parameters]
        ended = [callback(self.history) for callback in callbacks]
        for parameter, ours in zip(self.all_parameters, before, strict=True):
            if parameter.data != ours:
                raise RuntimeError(
                    f"a callback has changed {parameter.label}, but fit keeps the parameters itself: to hold them in "
                    "bounds, use a penalty or an optimizer of your own"
                )
        return any(isinstance(end, bool | np.bool_) and bool(end) for end in ended)

    def leave(self) -> None:
        """Give the model the parameters of the last entry."""
        entries = self.history.entries
        last = entries[-1].parameters if entries else None
        place(self.parameters, self.start if last is None else last)
        if entries and not self.record_parameters:
            entries[-1] = entries[-1]._replace(parameters=None)

    def _derivative(self, i: int) -> str:
        return derivative("L", self.history.names[i])


def _batches(samples: int, size: int | None, shuffle: bool, source: np.random.Generator) -> Iterator[Any]:
    """What to index the samples with, batch by batch, for one epoch."""
    if size is None or size >= samples:
        yield slice(None)
        return
    order = source.permutation(samples) if shuffle else np.arange(samples)
    for begin in range(0, samples, size):
        yield order[begin : begin + size]


def _bar(epochs: int, progress: bool | None) -> Any:
    """A progress bar, by default only where somebody watches: in a terminal or a notebook."""
    from tqdm import TqdmWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # a notebook without widgets gets a bar made of characters
        from tqdm.auto import tqdm
    in_notebook = "IPKernelApp" in getattr(getattr(builtins, "get_ipython", dict)(), "config", ())
    is_watched = in_notebook or (sys.stderr is not None and sys.stderr.isatty())
    return tqdm(
        total=epochs,
        unit="epoch",
        delay=0.5,
        disable=not (is_watched if progress is None else progress),
        file=sys.stdout if in_notebook else None,
    )


def _validation(pair: Any, model: Model) -> tuple[Array, Array] | None:
    if pair is None:
        return None
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(f"validation is a pair of inputs and targets, (X, y), not {shown(pair)}")
    X, y = pair
    return as_samples(X, y, model, ("validation X", "validation y"))


def _learning(parameters: Any, model: Model) -> list[int]:
    """Where the parameters that learn stand among those of the model, in their order."""
    if parameters is None:
        return list(range(len(model.parameters())))
    chosen = _list("parameters", [parameters] if type(parameters) is Value else parameters)
    if not chosen:
        raise ValueError("parameters is empty: name at least one that is to learn, or leave it out for all")
    return sorted(set(positions(chosen, model)))


def _whole(name: str, given: Any, least: int) -> int:
    try:
        count = index(given)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {shown(given)}") from None
    if count < least or count > sys.maxsize:
        raise ValueError(f"{name} must be {f'at least {least}' if count < least else 'much smaller'}, not {count}")
    return count


def _list(name: str, given: Any) -> list[Any]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{name} is a list, not {shown(given)}")
    return list(given)


def _callable(name: str, given: Any) -> Any:
    if not callable(given):
        raise TypeError(f"{name} must be a function or a class, not {shown(given)}")
    return given


def _generator(seed: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise TypeError(
            f"seed must be a whole number of at least 0, or a generator of NumPy, not {shown(seed)}"
        ) from None
