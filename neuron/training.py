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
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import PoleError, Value
from autograd.notation import derivative, number
from autograd.value import shown
from neuron._choice import choose
from neuron.files import write_csv
from neuron.metrics import METRICS, Metric
from neuron.objective import Eager, Method, Objective, Penalty, place
from neuron.optimizers import Optimizer, as_optimizer, learning_rates
from neuron.samples import as_samples

if TYPE_CHECKING:
    from os import PathLike

    from neuron.models import Model

__all__ = ["DivergedError", "Epoch", "History", "fit"]

Array = NDArray[np.float64]
Callback = Callable[["History"], Any]

RUNAWAY = 10.0
"""A loss that grows by this factor, epoch after epoch, ..."""
RUNAWAY_EPOCHS = 5
"""... this many times in a row does not come back: gradient descent can recover from less than ninefold steps only."""
POWER_ITERATIONS = 20
RUNNING_AWAY = f"the loss grew more than tenfold in each of {RUNAWAY_EPOCHS} epochs"


class Epoch(NamedTuple):
    """What was measured after so many epochs, 0 being the start."""

    epoch: int
    learning_rate: float | None  # of the epoch that ends here
    loss: float
    metric: float | None
    validation_loss: float | None
    validation_metric: float | None
    parameters: Array | None


@dataclass
class History:
    """How a training went: entry k is what was measured after k epochs, entry 0 before the first step.

    All numbers of an entry belong to the same parameters: the loss (with its penalty, if there is one) and the
    metric over all training samples, and over the validation samples.  What was not asked for is an empty list.
    """

    entries: list[Epoch] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """What the parameters that learn are called."""
    interrupted: bool = False
    """Whether Ctrl-C ended the training."""

    @property
    def epochs(self) -> int:
        """How many epochs were completed."""
        return len(self.entries) - 1

    @property
    def loss(self) -> list[float]:
        """The loss over the training samples."""
        return [entry.loss for entry in self.entries]

    @property
    def metric(self) -> list[float]:
        """The metric over the training samples."""
        return [entry.metric for entry in self.entries if entry.metric is not None]

    @property
    def validation_loss(self) -> list[float]:
        """The loss over the validation samples."""
        return [entry.validation_loss for entry in self.entries if entry.validation_loss is not None]

    @property
    def validation_metric(self) -> list[float]:
        """The metric over the validation samples."""
        return [entry.validation_metric for entry in self.entries if entry.validation_metric is not None]

    @property
    def learning_rate(self) -> list[float]:
        """The learning rate of each epoch, one less than there are entries."""
        return [entry.learning_rate for entry in self.entries if entry.learning_rate is not None]

    @property
    def parameters(self) -> Array:
        """The parameters that learn, shape (epochs + 1, number of them), in the order of `names`.

        Raises ValueError unless `fit` was asked to record them.
        """
        recorded = [entry.parameters for entry in self.entries if entry.parameters is not None]
        if len(recorded) < len(self.entries):
            raise ValueError("the parameters of each epoch were not kept: call fit(..., record_parameters=True)")
        return np.array(recorded)

    def rows(self) -> list[list[Any]]:
        """A table: names of columns, then one row an entry; None where nothing was measured.

        The parameters are its last columns, if they were recorded.
        """
        names = [] if any(entry.parameters is None for entry in self.entries) else self.names
        body = [[*entry[:-1], *([] if entry.parameters is None else entry.parameters)] for entry in self.entries]
        return [[*Epoch._fields[:-1], *names], *body]

    def save_csv(self, file: str | PathLike[str]) -> None:
        """Write the `rows` to a file, with all digits.

        Raises OSError if it cannot be written.
        """
        write_csv(file, self.rows())

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        if not self.entries:
            return "History(nothing measured)"
        first, last = self.entries[0], self.entries[-1]
        measured = [
            f"{name.replace('_', ' ')} {number(getattr(first, name))} → {number(getattr(last, name))}"
            for name in ("loss", "metric", "validation_loss", "validation_metric")
            if getattr(first, name) is not None
        ]
        return f"History({self.epochs} epochs, {', '.join(measured)}{', interrupted' if self.interrupted else ''})"


class DivergedError(ArithmeticError):
    """Training left all bounds: the steps were too long.  `history` holds what was measured before."""

    def __init__(self, message: str, epoch: int, history: History) -> None:
        super().__init__(message)
        self.epoch, self.history = epoch, history


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
    objective: Method = Eager,
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

    Raises ValueError or TypeError for input it cannot use, before anything is changed, and `DivergedError` when
    the loss runs away.  However it ends, the model has the parameters of the last entry of the history.

    >>> from neuron import SGD, Neuron, fit
    >>> n = Neuron(1, activation=None, weights=[0.0])
    >>> history = fit(n, [0, 1, 2, 3], [1, 3, 5, 7], loss="mse", optimizer=SGD(0.1), epochs=200)
    >>> history
    History(200 epochs, loss 21.0 → 2.164e-14)
    >>> n.predict([10]).round(3)
    array([21.])
    """
    epochs, batch_size = (
        _whole("epochs", epochs, 0),
        None if batch_size is None else _whole("batch_size", batch_size, 1),
    )
    inputs, targets = as_samples(X, y, model)
    trained, method = _trained(parameters, model), as_optimizer(optimizer)
    training = _Training(
        model,
        trained,
        objective(model, trained, loss, penalty, reduction),
        method,
        _metric(metric),
        (inputs, targets),
        _validation(validation, model),
        record_parameters,
    )
    batches = partial(_batches, len(inputs), batch_size, shuffle, _generator(seed))
    return training.run(learning_rates(method.lr, epochs), batches, progress, _callables("callbacks", callbacks))


class _RunawayError(ArithmeticError):
    """Found by the training itself: a loss or a gradient that is not finite, or grows without end."""


@dataclass
class _Training:
    """One call of `fit`."""

    model: Model
    parameters: list[Value]
    objective: Objective
    optimizer: Optimizer
    metric: Metric | None
    samples: tuple[Array, Array]
    held_out: tuple[Array, Array] | None
    record_parameters: bool
    history: History = field(default_factory=History)
    last_gradient: Array | None = None

    def run(
        self,
        rates: Sequence[float],
        batches: Callable[[], Iterator[Any]],
        progress: bool | None,
        callbacks: Sequence[Callback],
    ) -> History:
        """All epochs; however they end, the model is left as the last entry of the history has it."""
        X, y = self.samples
        self.history.names = [parameter.label or f"p[{i}]" for i, parameter in enumerate(self.parameters)]
        start = theta = np.array([parameter.data for parameter in self.parameters])
        lr, step = math.nan, self.optimizer.start()
        try:
            self.measure(theta, None)
            with _bar(len(rates), progress) as bar, np.errstate(over="raise", invalid="raise"):
                for lr in rates:
                    for batch in batches():
                        theta = step(theta, self.gradient(theta, X[batch], y[batch]), lr)
                    self.measure(theta, lr)
                    self.refuse_runaway()
                    bar.set_postfix(loss=number(self.history.loss[-1]), refresh=False)
                    bar.update()
                    if callbacks:
                        place(self.parameters, theta)
                        if True in [callback(self.history) for callback in callbacks]:
                            break
        except KeyboardInterrupt:  # before the first entry there is nothing to keep
            if not self.history.entries:
                raise
            self.history.interrupted = True
        except ArithmeticError as error:
            if not self.history.entries:
                raise
            raise self.diverged(error, lr, start) from None
        finally:
            self.leave(start)
        return self.history

    def measure(self, theta: Array, lr: float | None) -> None:
        """Add an entry to the history.  Ctrl-C cannot leave half of one behind."""
        try:
            loss, predictions = self.objective.value(theta, *self.samples)
        except OverflowError:
            loss = math.inf
        if not math.isfinite(loss):
            if lr is not None:
                raise _RunawayError(f"then the loss was {loss}")
            raise ValueError(
                f"the loss is {loss} before the first step: the inputs, the targets or the parameters of "
                f"{self.model!r} are too large, or the loss is not defined there"
            )
        metric = self._metric(predictions, self.samples[1])
        validation_loss = validation_metric = None
        if self.held_out is not None:
            validation_loss, predictions = self.objective.value(theta, *self.held_out)
            validation_metric = self._metric(predictions, self.held_out[1])
        entries = self.history.entries
        entries.append(Epoch(len(entries), lr, loss, metric, validation_loss, validation_metric, theta))
        if not self.record_parameters:
            entries[-2:-1] = [entry._replace(parameters=None) for entry in entries[-2:-1]]

    def gradient(self, theta: Array, X: Array, y: Array) -> Array:
        """The gradient over a batch, which must be finite."""
        loss, gradient = self.objective.value_and_grad(theta, X, y)
        for i in np.flatnonzero(~np.isfinite(gradient)).tolist():
            raise _RunawayError(f"{self._derivative(i)} is {gradient[i]} where the loss is {number(loss)}")
        self.last_gradient = gradient
        return gradient

    def refuse_runaway(self) -> None:
        """Raise `_RunawayError` if the loss has exploded without having reached the end of the floats yet."""
        recent = self.history.loss[-RUNAWAY_EPOCHS - 1 :]
        if len(recent) > RUNAWAY_EPOCHS and all(0 < RUNAWAY * a <= b for a, b in pairwise(recent)):
            raise _RunawayError(RUNNING_AWAY)

    def diverged(self, error: ArithmeticError, lr: float, start: Array) -> DivergedError:
        """What happened, in numbers, and what to do."""
        entries = self.history.entries
        epoch = len(entries) - (str(error) == RUNNING_AWAY)  # which is found after the epoch, the others within
        cause = error if isinstance(error, _RunawayError | PoleError) else "then the numbers grew too large for a float"
        losses = [number(loss) for loss in dict.fromkeys([entries[0].loss, entries[-1].loss])]
        largest = ""
        if self.last_gradient is not None:
            i = int(np.argmax(np.abs(self.last_gradient)))
            largest = f", the largest gradient was {self._derivative(i)} = {number(self.last_gradient[i])}"
        limit = self.optimizer.limit(self.curvature(start))
        if 0 < limit < lr:
            advice = f"from this start the loss falls only for learning rates below {limit:.3g}. Try {limit / 2:.2g}"
        else:
            advice = f"try {lr / 10:.2g}, or smaller inputs (standardized ones, for example)"
        return DivergedError(
            f"training diverged in epoch {epoch}: loss {' → '.join(losses)}{largest}; {cause}. The learning rate "
            f"{lr:g} is too large: {advice}. The model has the parameters of epoch {entries[-1].epoch}.",
            epoch,
            self.history,
        )

    def curvature(self, theta: Array) -> float:
        """The largest second derivative of the loss in any direction, by power iteration; nan if it cannot be had.

        Each step multiplies a direction by the Hessian, as the difference of two gradients.
        """
        try:
            with np.errstate(all="raise"):
                h = 1e-5 * max(1.0, float(np.linalg.norm(theta)))
                origin = self.gradient(theta, *self.samples)
                direction, largest = origin / np.linalg.norm(origin), math.nan
                for _ in range(POWER_ITERATIONS):
                    product = (self.gradient(theta + h * direction, *self.samples) - origin) / h
                    largest = float(np.linalg.norm(product))
                    direction = product / largest
                return largest
        except (ArithmeticError, ValueError):
            return math.nan

    def leave(self, start: Array) -> None:
        """Give the model the parameters of the last entry."""
        entries = self.history.entries
        last = entries[-1].parameters if entries else None
        place(self.parameters, start if last is None else last)
        if entries and not self.record_parameters:
            entries[-1] = entries[-1]._replace(parameters=None)

    def _derivative(self, i: int) -> str:
        return derivative("L", self.history.names[i])

    def _metric(self, predictions: Array, targets: Array) -> float | None:
        return None if self.metric is None else float(self.metric(predictions, targets))


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


def _metric(given: Any) -> Metric | None:
    if isinstance(given, str):
        return choose("metric", given, METRICS)
    if not (given is None or callable(given)):
        raise TypeError(f"metric={shown(given)} is neither a name nor a function of (predictions, targets)")
    return given  # type: ignore[no-any-return]


def _validation(pair: Any, model: Model) -> tuple[Array, Array] | None:
    if pair is None:
        return None
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(f"validation is a pair of inputs and targets, (X, y), not {shown(pair)}")
    X, y = pair
    return as_samples(X, y, model, ("validation X", "validation y"))


def _trained(parameters: Any, model: Model) -> list[Value]:
    """The parameters that learn, in their order."""
    if parameters is None:
        return model.parameters()
    chosen = [parameters] if isinstance(parameters, Value) else list(parameters)
    for parameter in chosen:
        if not any(parameter is own for own in model.parameters()):
            raise ValueError(f"parameters: {shown(parameter)} is not a parameter of {model!r}")
    if not chosen:
        raise ValueError("parameters is empty: name at least one that is to learn, or leave it out for all")
    return [own for own in model.parameters() if any(parameter is own for parameter in chosen)]


def _whole(name: str, given: Any, least: int) -> int:
    try:
        count = index(given)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {shown(given)}") from None
    if count < least:
        raise ValueError(f"{name} must be at least {least}, not {count}")
    return count


def _callables(name: str, given: Any) -> list[Callback]:
    functions = list(given) if isinstance(given, Iterable) else [given]
    for function in functions:
        if not callable(function):
            raise TypeError(f"{name} are functions of the history, not {shown(function)}")
    return functions


def _generator(seed: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise TypeError(
            f"seed must be a whole number of at least 0, or a generator of NumPy, not {shown(seed)}"
        ) from None
