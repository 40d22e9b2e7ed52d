"""Runaway trainings: how they are noticed, and what is advised."""

import math

import numpy as np
import pytest

from autograd import PoleError
from neuron import SGD, Adam, DivergedError, History
from neuron.training.divergence import (
    BottomlessError,
    Diagnosis,
    Guarded,
    RunawayError,
    check_finite,
    check_growth,
    curvature,
    guarded_step,
)  # fmt: skip
from neuron.training.history import Epoch

START = np.array([1.0, 1.0])
SAMPLES = np.zeros((1, 1)), np.zeros(1)
WHOLE = [slice(None)]


class Bowl:
    """The loss a·θ[0]² + b·θ[1]², or an error."""

    def __init__(self, *curved, error=None):
        self.curved, self.error = np.array(curved or (1.0, 1.0)), error

    def value(self, theta, X, y):
        if self.error:
            raise self.error
        return float(self.curved @ theta**2), np.zeros(len(y))

    def value_and_grad(self, theta, X, y):
        return self.value(theta, X, y)[0], 2 * self.curved * theta


def entries(losses):
    return [Epoch(k, 0.1, loss, None, None, None, None) for k, loss in enumerate(losses)]


def guarded(*curved, error=None):
    return Guarded(Bowl(*curved, error=error), START, ["w", "b"])


def test_a_finite_gradient_passes_and_is_remembered():
    objective = guarded(1.0, 3.0)
    assert objective.value(START, *SAMPLES)[0] == 4.0
    assert objective.gradient(START, *SAMPLES).tolist() == [2.0, 6.0]
    assert objective.last_gradient.tolist() == [2.0, 6.0]


def test_the_steps_are_to_blame_only_after_the_start():
    objective = guarded(math.inf, 1.0)
    with pytest.raises(ValueError, match=r"^before the first step dL/dw is inf where the loss is inf: the loss has"):
        objective.gradient(START, *SAMPLES)
    with pytest.raises(RunawayError, match=r"^dL/dw is inf where the loss is inf$"):
        objective.gradient(START.copy(), *SAMPLES)
    pole = guarded(error=PoleError("a pole"))
    for method in (pole.value, pole.gradient):
        with pytest.raises(PoleError):
            method(START, *SAMPLES)
        with pytest.raises(RunawayError, match="a pole"):
            method(START.copy(), *SAMPLES)


def test_a_loss_too_large_for_a_float_is_infinite():
    objective = guarded(error=OverflowError("too large"))
    assert objective.value(START, *SAMPLES)[0] == math.inf
    with pytest.raises(RunawayError, match="then the numbers grew too large for a float"):
        objective.gradient(START, *SAMPLES)


def test_a_step_beyond_the_floats():
    step = guarded_step(lambda theta, gradient, lr: theta - lr * gradient)
    assert step(START, np.array([1.0, 2.0]), 0.5).tolist() == [0.5, 0.0]
    with pytest.raises(RunawayError, match="too large for a float"):
        step(START, np.array([1e200, 0.0]), 1e200)


@pytest.mark.parametrize(
    ("losses", "runs_away"),
    [
        ([10.0**k for k in range(7)], True),
        ([10.0**k for k in range(5)], False),  # not large enough
        ([1e6 * k for k in (1, 10, 100, 50, 500, 5000)], False),  # it fell in between
        ([1.4**k * 1e9 for k in range(6)], False),  # too slowly
    ],
)
def test_growth_that_does_not_end_by_itself(losses, runs_away):
    history = entries(losses)
    if runs_away:
        with pytest.raises(RunawayError, match="the loss grows faster and faster"):
            check_growth(history)
    else:
        check_growth(history)


def test_a_loss_that_is_not_finite():
    check_finite(1e300, is_start=False)
    with pytest.raises(ValueError, match=r"^the loss is nan before the first step: the inputs, the targets or the"):
        check_finite(math.nan, is_start=True)
    with pytest.raises(RunawayError, match=r"^then the loss was inf$"):
        check_finite(math.inf, is_start=False)
    with pytest.raises(BottomlessError, match=r"the loss falls without end: it has no minimum"):
        check_finite(-math.inf, is_start=False)


@pytest.mark.parametrize("curved", [(1.0, 3.0), (20.0, 0.5), (0.25, 0.25)])
def test_the_curvature_of_a_bowl(curved):
    assert curvature(guarded(*curved), SAMPLES, WHOLE) == pytest.approx(2 * max(curved), rel=1e-6)


def test_a_curvature_that_cannot_be_computed_is_nan():
    assert math.isnan(curvature(guarded(math.nan), SAMPLES, WHOLE))
    assert math.isnan(curvature(guarded(0.0, 0.0), SAMPLES, WHOLE))


def diagnosis(optimizer):
    history = History(entries([1.0, 10.0, 100.0]), ["w", "b"])
    return Diagnosis(guarded(1.0, 3.0), optimizer, SAMPLES, lambda: WHOLE, history)


@pytest.mark.parametrize(
    ("optimizer", "why", "message"),
    [
        (SGD(1.0), RunawayError("because"), "The learning rate 1 is too large: where training began, the curvature of "
         "the loss allows about 0.333. Try 0.17. "),
        (Adam(1.0), RunawayError("because"), "The learning rate 1 is too large: try 0.1. "),
        (SGD(1.0), BottomlessError("because"), ""),
    ],
    ids=["curvature", "a tenth", "bottomless"],
)  # fmt: skip
def test_the_message_of_a_divergence(optimizer, why, message):
    shown = diagnosis(optimizer)
    shown.objective.gradient(START, *SAMPLES)
    with pytest.raises(DivergedError) as error, shown.watch(1.0):
        raise why
    assert str(error.value) == (
        "training diverged in epoch 3: loss 1.0 → 100.0, the largest gradient was dL/db = 6.0; because. "
        f"{message}The model has the parameters of epoch 2."
    )
    assert (error.value.epoch, error.value.history) == (3, shown.history)


def test_other_errors_say_in_which_epoch():
    with pytest.raises(KeyError) as error, diagnosis(SGD(1.0)).watch(1.0):
        raise KeyError("mine")
    assert error.value.__notes__ == ["(in epoch 3; the model has the parameters of epoch 2)"]
