"""Divergence: a loss, a gradient or a step that grows too large for a float, detected and explained.

Before the first step, such a number is an error of the input and raised unchanged.  Later, the steps are to blame: it
becomes a `RunawayError`, and then a `DivergedError` with the numbers that show it and a learning rate to try.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import PoleError
from autograd.extend import derivative, number
from neuron.training.history import Epoch, History
from neuron.training.objective import Objective
from neuron.training.optimizers import Optimizer, Update
from neuron.training.scaling import SCALED, large_inputs

__all__ = ["Diagnosis", "DivergedError", "Guarded", "check_finite", "check_growth", "curvature", "guarded_step"]

Array = NDArray[np.float64]

RUNAWAY = 1e5
"""A training has diverged when its loss is above this, and above this many times the loss at the start, ..."""
RUNAWAY_GROWTH, RUNAWAY_EPOCHS = 1.5, 5
"""... and has grown by this factor or more in each of this many epochs: such growth does not end by itself."""
LEAP = 1e10
"""A loss that has grown so large within few epochs has diverged if one of them multiplied it by this."""
TOO_LARGE = "then the numbers grew too large for a float"
POWER_ITERATIONS = 20


class DivergedError(ArithmeticError):
    """Training left all bounds: the steps were too long.  `history` holds what was measured before `epoch`."""

    def __init__(self, message: str, epoch: int, history: History) -> None:
        super().__init__(message)
        self.epoch, self.history = epoch, history


class RunawayError(ArithmeticError):
    """The loss or the gradient grows without end, or is no longer finite: the steps were too long."""


class BottomlessError(RunawayError):
    """The loss falls without end, which is not the fault of the steps."""


class Guarded:
    """An objective whose failures are a `RunawayError` except at the `start`; `names` are the parameters'."""

    def __init__(self, objective: Objective, start: Array, names: Sequence[str]) -> None:
        self.objective, self.start, self.names = objective, start, names
        self.last_gradient: Array | None = None
        self.ahead: tuple[Array, float, Array] | None = None

    def value(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, infinite where it is too large for a float, and the predictions."""
        try:
            loss, predictions = self.computed(self.objective.value, theta, X, y)
            return float(loss), predictions
        except OverflowError:
            return math.inf, np.full(y.shape, math.nan)

    def loss_ahead(self, theta: Array, X: Array, y: Array) -> float:
        """The loss where the next step begins, on the same samples: its gradient comes with it, and is kept."""
        try:
            loss, gradient = self.computed(self.objective.value_and_grad, theta, X, y)
        except OverflowError:
            return math.inf
        self.ahead = theta, loss, gradient
        return float(loss)

    def gradient(self, theta: Array, X: Array, y: Array) -> Array:
        """The derivatives of the loss with respect to θ, all of them finite."""
        if self.ahead is not None and self.ahead[0] is theta:
            _, loss, gradient = self.ahead
        else:
            try:
                loss, gradient = self.computed(self.objective.value_and_grad, theta, X, y)
            except OverflowError:
                raise RunawayError(TOO_LARGE) from None
        if not np.isfinite(gradient).all():
            i = int(np.flatnonzero(~np.isfinite(gradient))[0])
            infinite = f"{self.derivative(i)} is {gradient[i]} where the loss is {number(loss)}"
            if theta is self.start:
                raise ValueError(
                    f"before the first step {infinite}: the loss has no derivative there, or too large a one"
                )
            raise RunawayError(infinite)
        self.last_gradient = gradient
        return gradient

    def computed(self, method: Callable[..., Any], theta: Array, X: Array, y: Array) -> Any:
        """The results of a method of the objective; a pole is the fault of the steps, except at the start."""
        try:
            return method(theta, X, y)
        except PoleError as error:
            if theta is not self.start:
                raise RunawayError(str(error)) from None
            if large := large_inputs(X):
                error.add_note(f"(there are inputs of {large}; scale the inputs: {SCALED})")
            raise

    def derivative(self, i: int) -> str:
        """The derivative with respect to parameter i as it is written: dL/dw."""
        return derivative("L", self.names[i])


def guarded_step(step: Update) -> Update:
    """The step of an optimizer, which may change its arguments, and must return finite numbers."""

    def guarded(theta: Array, gradient: Array, lr: float) -> Array:
        try:
            with np.errstate(over="raise", invalid="raise"):
                new = np.array(step(theta.copy(), gradient.copy(), lr), dtype=float)
        except (FloatingPointError, OverflowError):
            raise RunawayError(TOO_LARGE) from None
        if new.shape != theta.shape:
            raise ValueError(f"the optimizer must return parameters of shape {theta.shape}, not {new.shape}")
        return new

    return guarded


def check_finite(loss: float, is_start: bool) -> None:
    """Raise `RunawayError`, or ValueError at the start, unless the loss is finite."""
    if math.isfinite(loss):
        return
    if is_start:
        raise ValueError(
            f"the loss is {loss} before the first step: the inputs, the targets or the parameters are too large, or "
            "the loss is not defined there"
        )
    if loss == -math.inf:
        raise BottomlessError("the loss falls without end: it has no minimum to be found (is its sign right?)")
    raise RunawayError(f"then the loss was {loss}")


def check_growth(entries: Sequence[Epoch]) -> None:
    """Raise `RunawayError` if the loss explodes, even if it still fits a float."""
    if entries[-1].loss <= RUNAWAY * max(1.0, abs(entries[0].loss)):
        return
    if entries[-1].loss > LEAP * abs(entries[-2].loss):
        raise RunawayError("the loss leapt up")
    recent = [entry.loss for entry in entries[-RUNAWAY_EPOCHS - 1 :]]
    if len(recent) > RUNAWAY_EPOCHS and all(0 < RUNAWAY_GROWTH * a <= b for a, b in pairwise(recent)):
        raise RunawayError("the loss grows faster and faster")


@dataclass
class Diagnosis:
    """The explanation of failures, from the training so far."""

    objective: Guarded
    optimizer: Optimizer
    samples: tuple[Array, Array]
    next_batches: Callable[[], Iterable[Any]]
    history: History

    @contextmanager
    def watch(self, lr: float) -> Iterator[None]:
        """The context of an epoch: its errors say in which epoch they were raised, a runaway is a `DivergedError`."""
        epoch = len(self.history)
        try:
            yield
        except RunawayError as why:
            raise DivergedError(" ".join(self.sentences(why, epoch, lr)), epoch, self.history) from None
        except Exception as error:
            error.add_note(f"(in epoch {epoch}; the model has the parameters of epoch {self.history.final.epoch})")
            raise

    def sentences(self, why: RunawayError, epoch: int, lr: float) -> Iterator[str]:
        """The numbers, the advice, and the state of the model."""
        entries = self.history.entries
        losses = " → ".join(number(loss) for loss in dict.fromkeys([entries[0].loss, entries[-1].loss]))
        yield f"training diverged in epoch {epoch}: loss {losses}{self.largest_gradient()}; {why}."
        if not isinstance(why, BottomlessError):
            large = large_inputs(self.samples[0])
            too_large = f"too large for inputs of {large}" if large else "too large"
            yield f"The learning rate {lr:g} is {too_large}: {self.advice(lr)}."
            if large:
                yield f"Better, scale the inputs: {SCALED}."
        yield f"The model has the parameters of epoch {self.history.final.epoch}."

    def largest_gradient(self) -> str:
        """The largest entry of the last gradient."""
        gradient = self.objective.last_gradient
        if gradient is None:
            return ""
        i = int(np.argmax(np.abs(gradient)))
        return f", the largest gradient was {self.objective.derivative(i)} = {number(float(gradient[i]))}"

    def advice(self, lr: float) -> str:
        """A smaller learning rate: by the curvature of the loss, or else a tenth."""
        limit = self.optimizer.limit(curvature(self.objective, self.samples, self.next_batches()))
        if 0 < limit < lr:
            return f"where training began, the curvature of the loss allows about {limit:.3g}. Try {limit / 2:.2g}"
        return f"try {lr / 10:.2g}"


def curvature(objective: Guarded, samples: tuple[Array, Array], batches: Iterable[Any]) -> float:
    """The largest second derivative of the loss at the start of the training, over all directions and batches.

    By power iteration: a direction is multiplied by the Hessian, as the difference of two gradients, over and over.
    nan if a gradient cannot be computed.
    """
    X, y = samples
    try:
        with np.errstate(all="raise"):
            return max(_curvature(objective, X[batch], y[batch]) for batch in batches) or math.nan
    except (ArithmeticError, ValueError):
        return math.nan


def _curvature(objective: Guarded, X: Array, y: Array) -> float:
    start = objective.start
    h = 1e-5 * max(1.0, float(np.linalg.norm(start)))
    origin = product = objective.gradient(start, X, y)
    curvature = 0.0
    for _ in range(POWER_ITERATIONS):
        if not product.any():
            break
        direction = product / np.linalg.norm(product)
        product = (objective.gradient(start + h * direction, X, y) - origin) / h
        curvature = float(direction @ product)
    return curvature
