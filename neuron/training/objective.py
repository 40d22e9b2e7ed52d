"""The objective of a training: the loss over samples plus a penalty, and its gradient.

The parameters that learn are one vector θ, in the order of ``model.parameters()``.  `fit` uses only the two
methods of an `Objective`, so that the same numbers may be computed in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from autograd import DomainError, PoleError, Value, mean
from autograd import sum as total
from autograd.extend import as_float, shown
from neuron import losses
from neuron.choosing import choose
from neuron.models.neuron import Model
from neuron.models.programs import one_by_one

__all__ = ["REDUCTIONS", "Eager", "Method", "Objective", "Penalty", "names", "place", "positions"]

Array = NDArray[np.float64]
Penalty = Callable[[Sequence[Any]], Any]
"""The parameters that learn, as Values or as floats -> a number that is added to the loss."""

Method = Callable[[Model, Sequence[Value], Any, Penalty | None, str], "Objective"]
"""(model, parameters that learn, loss, penalty, reduction) -> the objective."""

REDUCTIONS: dict[str, Callable[[Iterable[Any]], Any]] = {"mean": mean, "sum": total}
"""The functions that combine the losses of the samples into one, by name."""


_REPLAYED = (DomainError, PoleError, OverflowError, ZeroDivisionError, ValueError, TypeError)


class Objective(Protocol):
    """The loss over samples and its gradient, at any parameters θ.

    If it has a method `doubt()` as well, `fit` calls that after the callbacks, which may change what the loss reads.
    """

    def value(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and the predictions for every sample."""

    def value_and_grad(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss, and its derivatives with respect to θ."""


class Eager:
    """The objective by a graph of Values, recorded anew each time, and a backward pass through it.

    `loss` is a name or a function of (prediction, target); a named loss is averaged over the outputs
    of a sample, a function receives them as lists.
    """

    def __init__(
        self, model: Model, parameters: Sequence[Value], loss: Any, penalty: Penalty | None, reduction: str
    ) -> None:
        self.model, self.parameters = model, parameters
        self.loss, self.penalty = _loss(loss, model.nout), penalty
        if not (penalty is None or callable(penalty)):
            raise TypeError(
                f"penalty={shown(penalty)} is not a function: write penalty=losses.l2(0.01), with your rate"
            )
        self.reduction, self.reduce = reduction, choose("reduction", reduction, REDUCTIONS)

    def value(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss and the predictions, from plain floats: no graph."""
        place(self.parameters, theta)
        predictions = one_by_one(self.model, X)
        L = self._total(predictions.tolist(), y.tolist(), theta.tolist())
        return float(L), predictions

    def value_and_grad(self, theta: Array, X: Array, y: Array) -> tuple[float, Array]:
        """The loss and its gradient, by the chain rule."""
        place(self.parameters, theta)
        L = self._total(map(self.model, X.tolist()), y.tolist(), self.parameters)
        if type(L) is not Value:
            raise TypeError(f"the loss does not depend on the parameters: it is the plain number {shown(L)}")
        return L.data, np.array(L.gradients(self.parameters))

    def penalty_and_grad(self, theta: Array) -> tuple[float, Array]:
        """The penalty, 0 if there is none, and its derivatives with respect to θ."""
        P: Any = 0.0
        if self.penalty is not None:
            place(self.parameters, theta)
            P = _one_number(self.penalty(self.parameters), "the penalty")
        return (P.data, np.array(P.gradients(self.parameters))) if type(P) is Value else (P, np.zeros(len(theta)))

    def loss_of(self, outputs: Sequence[Any], target: Any) -> Any:
        """The loss of one sample, from all outputs of the model."""
        return self.loss(outputs[0] if len(outputs) == 1 else outputs, target)

    def _total(self, predictions: Iterable[Any], targets: Iterable[Any], parameters: Sequence[Any]) -> Any:
        over_samples = self.reduce(list(self._losses(predictions, targets)))
        if self.penalty is None:
            return over_samples
        return over_samples + _one_number(self.penalty(parameters), "the penalty")

    def _losses(self, predictions: Iterable[Any], targets: Iterable[Any]) -> Iterator[Any]:
        for i, (prediction, target) in enumerate(zip(predictions, targets, strict=True)):
            try:
                yield _one_number(self.loss(prediction, target), "the loss")
            except _REPLAYED as error:
                if type(error) not in _REPLAYED:
                    raise  # its class may take more than a message
                raise type(error)(f"sample {i} (y = {target}): {error}") from error


def _one_number(result: Any, what: str) -> Any:
    if type(result) is Value or type(result) is float:
        return result
    try:
        return as_float(result, what)
    except TypeError:
        raise TypeError(f"{what} must be one number, but {shown(result)} was returned") from None


def place(parameters: Iterable[Value], theta: Array) -> None:
    """Set the parameters of a model to these numbers."""
    for parameter, number in zip(parameters, theta.tolist(), strict=True):
        parameter.data = number


def names(model: Model) -> list[str]:
    """The names of the parameters: their labels, or p[i]."""
    return [parameter.label or f"p[{i}]" for i, parameter in enumerate(model.parameters())]


def positions(chosen: Iterable[Any], model: Model) -> list[int]:
    """The positions of the chosen parameters among those of the model; ValueError if one is not among them."""
    own = {id(parameter): i for i, parameter in enumerate(model.parameters())}
    chosen = list(chosen)
    for parameter in chosen:
        if id(parameter) not in own:
            raise ValueError(f"{shown(parameter)} is not a parameter of {model!r}")
    return [own[id(parameter)] for parameter in chosen]


def _loss(loss: Any, nout: int) -> losses.Loss:
    if callable(loss):
        return loss  # type: ignore[no-any-return]
    named = losses.with_name(loss)
    if named in losses.OVER_CLASSES.values():
        if nout == 1:
            raise ValueError(
                f"{loss} compares the scores of several classes: the model needs an output for each, as in "
                'MLP(2, [16, 3]); for two classes and one output, write loss="bce_with_logits"'
            )
        return named
    return named if nout == 1 else partial(_over_outputs, named)


def _over_outputs(loss: losses.Loss, predictions: Sequence[Any], targets: Sequence[Any]) -> Any:
    if not isinstance(targets, list):
        raise ValueError(f"a target is needed for each of the {len(predictions)} outputs")
    return mean(map(loss, predictions, targets))
