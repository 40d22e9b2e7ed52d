"""The training loop by itself: plain functions in, the parameters of each epoch out."""

from contextlib import nullcontext
from itertools import chain

import numpy as np
import pytest

from autograd import Value
from neuron import History
from neuron.training.divergence import Guarded
from neuron.training.loop import Measurements, batches, descent

X, Y = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([2.0, 4.0, 6.0, 8.0])


def gradient(theta, X, y):
    return np.array([np.mean(2 * (X[:, 0] * theta[0] - y) * X[:, 0])])


def step(theta, gradient, lr):
    return theta - lr * gradient


def run(rates, next_batches, measured):
    measure = lambda theta, lr: measured.append((theta[0], lr))  # noqa: E731
    return descent(
        np.array([0.0]), rates, (X, Y), next_batches, gradient, step, measure, lambda lr: nullcontext()
    )  # fmt: skip


def test_an_epoch_of_one_batch_is_a_step_along_the_gradient():
    measured = []
    thetas = [theta[0] for theta in run([0.1, 0.01], lambda: [slice(None)], measured)]
    # dL/dθ = 15·(θ - 2): from 0 to 0.1·30 = 3, and from there to 3 - 0.01·15
    assert thetas == pytest.approx([3.0, 2.85])
    assert measured == [(thetas[0], 0.1), (thetas[1], 0.01)]


def test_an_epoch_of_several_batches_is_several_steps():
    (theta,) = run([0.01], lambda: [[0], [1]], [])
    first = 0.01 * 4
    assert theta[0] == pytest.approx(first - 0.01 * (2 * (2 * first - 4) * 2))


def test_nothing_is_computed_before_it_is_asked_for():
    measured = []
    epochs = run([0.1] * 5, lambda: [slice(None)], measured)
    assert measured == []
    next(epochs)
    assert len(measured) == 1


def test_batches():
    source = np.random.default_rng(0)
    assert [*batches(5, None, True, source)] == [*batches(5, 5, True, source)] == [slice(None)]
    shuffled = [batch.tolist() for batch in batches(5, 2, True, source)]
    assert [len(batch) for batch in shuffled] == [2, 2, 1]
    assert sorted(chain(*shuffled)) == [0, 1, 2, 3, 4]


class Line:
    """The mean squared error of θ·x."""

    def value(self, theta, X, y):
        predictions = X @ theta
        return float(np.mean((predictions - y) ** 2)), predictions


@pytest.mark.parametrize("record_parameters", [False, True])
def test_measurements_make_the_history(record_parameters):
    start = np.array([1.0])
    biased = lambda predictions, targets: float(np.mean(predictions - targets))  # noqa: E731
    history = History()
    held_out = X[:1], Y[:1]
    measurements = Measurements(Guarded(Line(), start, ["w"]), biased, (X, Y), held_out, record_parameters, history)
    w = Value(0.0)
    measurements.finish([w])
    assert w.data == 1.0, "nothing was measured yet"
    measurements.add(start, None)
    measurements.add(np.array([2.5]), 0.1)
    assert (history.loss, history.metric) == ([7.5, 1.875], [-2.5, 1.25])
    assert (history.validation_loss, history.validation_metric) == ([1.0, 0.25], [-1.0, 0.5])
    assert history.learning_rate == [0.1]
    for _ in range(2):
        measurements.finish([w])
        assert w.data == 2.5
    recorded = [None if entry.parameters is None else entry.parameters.tolist() for entry in history.entries]
    assert recorded == ([[1.0], [2.5]] if record_parameters else [None, None])
