"""The optimizers: their formulas, step by step, and what they say to settings they cannot use."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuron import SGD, Adam, Neuron, fit
from neuron.training.optimizers import learning_rates

GRADIENTS = arrays(float, st.tuples(st.integers(1, 6), st.just(3)), elements=st.floats(-1e3, 1e3))
RATES = st.floats(1e-4, 1.0)


@given(GRADIENTS, RATES, st.floats(0, 0.99))
def test_momentum_is_a_sum_of_all_gradients_fading_with_age(gradients, lr, momentum):
    step, theta = SGD(lr, momentum).start(), np.zeros(3)
    for gradient in gradients:
        theta = step(theta, gradient, lr)
    expected = np.zeros(3)
    for t in range(len(gradients)):  # the step at time t moves by every gradient up to t
        expected -= lr * sum(momentum ** (t - s) * gradients[s] for s in range(t + 1))
    assert theta == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(GRADIENTS, RATES)
def test_adam_by_the_means_written_out(gradients, lr):
    step, theta, expected = Adam(lr).start(), np.zeros(3), np.zeros(3)
    for t, gradient in enumerate(gradients, 1):
        theta = step(theta, gradient, lr)
        weights1 = [0.9 ** (t - s) for s in range(1, t + 1)]
        weights2 = [0.999 ** (t - s) for s in range(1, t + 1)]
        mean = sum(w * g for w, g in zip(weights1, gradients, strict=False)) / sum(weights1)
        square = sum(w * g**2 for w, g in zip(weights2, gradients, strict=False)) / sum(weights2)
        expected -= lr * mean / (np.sqrt(square) + 1e-8)
    assert theta == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_like_pytorch():
    torch = pytest.importorskip("torch")
    gradients = np.random.default_rng(0).normal(size=(20, 3))
    pairs = [
        (SGD(0.1, momentum=0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
        (Adam(0.1), lambda p: torch.optim.Adam(p, 0.1)),
    ]
    for ours, theirs in pairs:
        step, theta = ours.start(), np.zeros(3)
        p = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        optimizer = theirs([p])
        for gradient in gradients:
            theta = step(theta, gradient, 0.1)
            p.grad = torch.tensor(gradient)
            optimizer.step()
        assert theta == pytest.approx(p.detach().numpy(), rel=1e-12)


def test_one_optimizer_serves_many_models():
    adam, runs = Adam(0.1), []
    for _ in range(2):
        n = Neuron(1, None, weights=[0.0])
        runs.append(fit(n, [1, 2], [2, 4], optimizer=adam, epochs=5).loss)
    assert runs[0] == runs[1]


@given(st.floats(0.1, 100), st.floats(0, 0.9), st.floats(0.5, 1.5).filter(lambda share: abs(share - 1) > 0.05))
def test_on_a_parabola_steps_shrink_below_the_limit_and_without_momentum_grow_above_it(curvature, momentum, share):
    sgd = SGD(0.1, momentum)
    step, theta = sgd.start(), np.array([1.0])
    for _ in range(1000):
        theta = step(theta, curvature * theta, share * sgd.limit(curvature))
        if abs(theta[0]) > 1e6:
            break
    assert not share < 1 or abs(theta[0]) < 1
    assert momentum or (abs(theta[0]) < 1) == (share < 1)


def test_schedules_are_functions_of_the_epoch():
    seen = []
    n = Neuron(1, None, weights=[0.0])
    history = fit(n, [1.0], [1.0], optimizer=SGD(lambda epoch: seen.append(epoch) or 0.1 / (epoch + 1)), epochs=3)
    assert seen == [0, 1, 2]
    assert history.learning_rate == [0.1, 0.05, 0.1 / 3]
    assert list(learning_rates(0.5, 2)) == [0.5, 0.5]


MESSAGES = {
    "SGD(0)": (ValueError, "SGD: the learning rate must be positive, not 0"),
    "SGD(-0.1)": (ValueError, "SGD: the learning rate must be positive, not -0.1"),
    "SGD(math.nan)": (ValueError, "SGD: the learning rate must be positive, not nan"),
    "SGD(math.inf)": (ValueError, "SGD: the learning rate must be positive, not inf"),
    "SGD('0.1')": (TypeError, "SGD(lr='0.1'): a string is not a number"),
    "SGD(0.1, momentum=1)": (ValueError, "SGD: momentum must be at least 0 and less than 1, not 1"),
    "SGD(0.1, momentum=-0.5)": (ValueError, "SGD: momentum must be at least 0 and less than 1, not -0.5"),
    "Adam(0)": (ValueError, "Adam: the learning rate must be positive, not 0"),
    "Adam(beta1=1.0)": (ValueError, "Adam: beta1 must be at least 0 and less than 1, not 1.0"),
    "Adam(beta2=2)": (ValueError, "Adam: beta2 must be at least 0 and less than 1, not 2"),
    "Adam(epsilon=0)": (ValueError, "Adam: epsilon must be positive, not 0"),
    "learning_rates(lambda epoch: 1 - epoch, 3)": (
        ValueError, "the learning rate of the schedule in epoch 1 must be positive, not 0.0",
    ),
    "learning_rates(lambda epoch: None, 3)": (TypeError, "the learning rate for epoch 0: None is not a number"),
}  # fmt: skip


@pytest.mark.parametrize("code", MESSAGES)
def test_settings_that_make_no_sense(code):
    kind, message = MESSAGES[code]
    with pytest.raises(kind) as error:
        eval(code, {"SGD": SGD, "Adam": Adam, "learning_rates": learning_rates, "math": math})
    assert message in str(error.value)
