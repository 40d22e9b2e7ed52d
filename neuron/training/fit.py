"""Training: samples in, a trained model and its history out.

`fit` checks its arguments and puts the parts together: the objective computes losses and gradients, the optimizer makes
the steps, the loop runs through epochs and batches, measurements fill the history, and a diagnosis explains failures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Value
from autograd.extend import number, progress_bar, shown, with_cleanup
from neuron.guesses import answering
from neuron.metrics import Metric, as_metric
from neuron.models.neuron import Model
from neuron.training.arguments import (
    as_generator,
    as_list,
    check_callable,
    is_share,
    learning_positions,
    takes_logits,
    training_samples,
    whole_number,
)
from neuron.training.checked import warn
from neuron.training.chunks import Chunked, Chunks
from neuron.training.divergence import Diagnosis, DivergedError, Guarded, guarded_step
from neuron.training.history import History
from neuron.training.loop import Measurements, batches, descent
from neuron.training.objective import Method, Penalty, names, place
from neuron.training.optimizers import LearningRate, Optimizer, as_optimizer, learning_rates
from neuron.training.outcome import LearningWarning, Outcome
from neuron.training.vectorized import vectorized

__all__ = ["DivergedError", "LearningWarning", "fit"]

Array = NDArray[np.float64]
Callback = Callable[[History], Any]


@answering
def fit(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    loss: str | Callable[[Any, Any], Any] = "mse",
    optimizer: Optimizer | str = "sgd",
    lr: LearningRate | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    validation: tuple[ArrayLike, ArrayLike] | float | None = None,
    patience: int | None = None,
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
    """Train `model` on samples, and return its history.

    `X` holds the inputs, one row per sample, shape (samples, inputs), and `y` the targets, shape (samples,) or
    (samples, outputs).  `loss` is the name of a loss or a function of (prediction, target); the loss over samples
    is their mean, or their sum with ``reduction="sum"``, plus a `penalty` on the parameters such as ``losses.l2``.
    `optimizer` is ``SGD(lr)``, ``Adam(lr)``, or a name, with `lr` as its learning rate.  `parameters` are those that
    learn, by default all of the model's.

    An epoch shows all samples once: together, or in batches of `batch_size`, in an order that is shuffled anew
    each time unless ``shuffle=False``.  The same `seed` gives the same orders.  `validation` is a pair of inputs
    and targets that are measured but not learnt from, or the share of the samples that is held out for this, such as
    0.2: they are drawn at random, with the `seed`.  With ``patience=10`` the training ends after 10 epochs without a
    new lowest validation loss (or loss, without a validation), and the model has the parameters of the best epoch.
    `metric` is ``"accuracy"``, ``"r2"`` or a function of all predictions and all targets.

    `progress` shows a progress bar; by default only in a terminal or a notebook.  Each of the `callbacks` is called
    with the history so far after every epoch; if one returns True, the training ends there.  Ctrl-C ends it as well,
    with the history so far.  `objective` says how losses and gradients are computed.

    Arrays of Dask are computed chunk by chunk by the scheduler that is active, with batches of whole chunks; arrays of
    JAX, on the devices that hold them.

    Raises ValueError, TypeError or OverflowError for input it cannot use, before anything is changed, and
    `DivergedError` when the loss runs away.  A training that learned nothing ends with a `LearningWarning`, which says
    why; ``history.note`` holds the same sentence.  However it ends, the model has the parameters of ``history.final``:
    the last entry, or with `patience` the best one.

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
    samples, held_out = training_samples(X, y, validation, model, seed)
    learning, labels, everything = learning_positions(parameters, model), names(model), model.parameters()
    trained = [everything[i] for i in learning]
    size = None if batch_size is None else whole_number("batch_size", batch_size, 1)
    make = check_callable("objective", objective)
    method = as_optimizer(optimizer, lr)
    metric_name, measure = as_metric(metric, samples[1], model.nout, 0.0 if takes_logits(loss, model) else None)
    rates = learning_rates(method.lr, whole_number("epochs", epochs, 0))
    limit = None if patience is None else whole_number("patience", patience, 1)
    functions = [check_callable("each of the callbacks", function) for function in as_list("callbacks", callbacks)]
    if isinstance(samples[0], Chunks):
        make, size = partial(Chunked, make, measure is not None), samples[0].per_batch(size)
    computed_by = make(model, trained, loss, penalty, reduction)
    next_batches = partial(batches, len(samples[0]), size, shuffle, as_generator(seed))

    history = History([], [labels[i] for i in learning], learning, metric_name, has_patience=limit is not None)
    if held_out and is_share(validation):
        history.held_out = len(held_out[0])
    start = np.array([parameter.data for parameter in trained])
    guarded = Guarded(computed_by, start, history.names)
    is_ahead = not functions and (size is None or size >= len(samples[0]))
    measurements = Measurements(guarded, measure, samples, held_out, record_parameters, history, is_ahead)
    watch = Diagnosis(guarded, method, samples, next_batches, history).watch
    outcome = Outcome(model, guarded, method, samples, history, loss, penalty)
    step = guarded_step(method.start())

    def train() -> None:
        measurements.add(start, None)
        with progress_bar(epochs, "epoch", 0.5, progress) as bar:
            for theta in descent(start, rates, samples, next_batches, guarded.gradient, step, measurements.add, watch):
                if not bar.disable:
                    bar.set_postfix(loss=number(history.entries[-1].loss), refresh=False)
                    bar.update()
                if functions:
                    place(trained, theta)
                    if _is_ended_by(functions, history, everything):
                        return
                    if hasattr(computed_by, "doubt"):
                        computed_by.doubt()
                if limit is not None and measurements.epochs_since_best >= limit:
                    break
        measurements.place(trained)
        history.note = outcome.note()

    try:
        with_cleanup(train, partial(measurements.finish, trained))
    except KeyboardInterrupt:
        if not history.entries:  # there is nothing to return yet
            raise
        history.interrupted = True
    if history.note:
        warn(history.note, LearningWarning)
    return history


def _is_ended_by(callbacks: Sequence[Callback], history: History, parameters: Sequence[Value]) -> bool:
    """Call the callbacks with the history so far; True if one of them has returned True."""
    before = [parameter.data for parameter in parameters]
    ended = [callback(history) for callback in callbacks]
    for parameter, ours in zip(parameters, before, strict=True):
        if parameter.data != ours:
            raise RuntimeError(
                f"a callback has changed {parameter.label}, but fit sets the parameters itself: to keep them within "
                "bounds, use a penalty or an optimizer of your own"
            )
    return any(isinstance(end, bool | np.bool_) and bool(end) for end in ended)
