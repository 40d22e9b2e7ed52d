"""The losses and the closed forms: textbook values, and gradients agreeing for every pair."""

import math
import random

import numpy as np
import pytest

from autograd import Constant, Value
from neuron import Neuron, losses
from neuron.closed_form import ACTIVATION_SLOPES, LOSS_SLOPES, gradient
from neuron.losses import LOSSES
from neuron.models.neuron import ACTIVATIONS


def test_textbook_values():
    assert losses.squared_error(1.0, 3.0) == 4.0
    assert losses.half_squared_error(1.0, 3.0) == 2.0
    assert losses.absolute_error(1.0, 3.0) == 2.0
    assert losses.binary_cross_entropy(0.25, 1) == -math.log(0.25)
    assert losses.binary_cross_entropy(0.25, 0) == -math.log(0.75)
    assert losses.binary_cross_entropy(0.25, 0.5) == pytest.approx(-math.log(0.25 * 0.75) / 2)
    assert losses.hinge(0.5, 1) == 0.5
    assert losses.hinge(2.0, 1) == 0.0
    assert losses.hinge(2.0, -1) == 3.0
    assert losses.huber(1.0, 3.0) == 1.5
    assert losses.huber(1.0, 1.5) == 0.125
    assert losses.huber(1.0, 5.0, delta=2.0) == 6.0


@pytest.mark.parametrize("name", LOSSES)
def test_floats_in_float_out_values_in_value_out(name):
    loss = losses.with_name(name)
    assert type(loss(0.25, 1.0)) is float
    assert loss(Value(0.25), 1.0).data == loss(0.25, 1.0)
    target = Value(0.75 if name.startswith("binary_cross_entropy") else 1.0)
    assert loss(Value(0.25), target).data == pytest.approx(loss(0.25, target.data))


@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
def test_cross_entropy_from_logits_is_the_same_but_stable(target):
    for h in (-3.0, -0.5, 0.0, 2.0):
        v, u = Value(h), Value(h)
        direct = losses.binary_cross_entropy(1 / (1 + math.e ** (-v)), target)
        stable = losses.binary_cross_entropy(u, target, from_logits=True)
        assert stable.data == pytest.approx(direct.data, rel=1e-13)
        assert stable.gradients([u]) == pytest.approx(direct.gradients([v]), rel=1e-12)
    for h in (-1e4, -800.0, 800.0, 1e4):
        v = Value(h)
        L = losses.binary_cross_entropy(v, target, from_logits=True)
        assert L.data == pytest.approx(abs(h) * (1 - target if h > 0 else target), abs=1e-300)
        assert L.gradients([v])[0] == pytest.approx((h > 0) - target, abs=1e-300)


def test_huber_does_not_overflow_on_the_way():
    v = Value(1e200)
    L = losses.huber(v, 0.0)
    assert (L.data, L.gradients([v])) == (1e200, [1.0])


def test_cross_entropy_of_a_certain_and_right_prediction_is_zero():
    for target in (Value(1.0), 1.0, 1):
        assert losses.binary_cross_entropy(Value(1.0), target).data == 0
    assert losses.binary_cross_entropy(Value(0.0), Value(0.0)).data == 0


def _sample(source, activation, loss):
    """One sample at which the pair is smooth and the loss defined."""
    while True:
        n = source.randint(1, 4)
        w, x = ([source.uniform(-2, 2) for _ in range(n)] for _ in range(2))
        b = source.uniform(-1, 1)
        share = source.choice([0.0, 1.0, 0.3])
        y = {
            "binary_cross_entropy": share,
            "binary_cross_entropy_with_logits": share,
            "hinge": source.choice([-1.0, 1.0]),
        }.get(loss, source.uniform(-2, 2))
        h = sum(a * c for a, c in zip(w, x, strict=True)) + b
        y_hat = getattr(ACTIVATIONS[activation](Value(h)), "data", h)
        far = abs(h) > 1e-3 and abs(y_hat - y) > 1e-3 and abs(abs(y_hat - y) - 1) > 1e-3 and abs(y * y_hat - 1) > 1e-3
        if far and (loss != "binary_cross_entropy" or 0.01 < y_hat < 0.99):
            return w, b, x, y


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_engine_agrees_with_the_closed_form_of_every_pair(activation, loss):
    source = random.Random(f"{activation} {loss}")
    for _ in range(50):
        w, b, x, y = _sample(source, activation, loss)
        n = Neuron(len(w), activation, w, b)
        LOSSES[loss](n(x), y).backward()
        by_hand = gradient(activation, loss, w, b, x, y)
        assert [p.grad or 0.0 for p in n.parameters()] == pytest.approx(
            [*by_hand.weights, by_hand.bias], rel=1e-11, abs=1e-14
        )


def test_every_activation_and_loss_has_a_closed_form():
    assert set(ACTIVATION_SLOPES) == set(ACTIVATIONS)
    assert set(LOSS_SLOPES) == set(LOSSES)


def test_the_closed_forms_do_not_use_the_engine():
    import neuron.closed_form as module

    assert "autograd" not in module.__dict__
    with open(module.__file__, encoding="utf-8") as file:
        assert "autograd" not in file.read()


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (
            "losses.with_name('hing')",
            ValueError,
            "unknown loss 'hing': did you mean 'hinge'? Known losses: squared_error (mse), ",
        ),
        (
            "losses.with_name(3)",
            ValueError,
            "unknown loss 3. Known losses: squared_error (mse), half_squared_error, absolute_error (mae)",
        ),
        ("losses.hinge(Value(1.0), 0)", ValueError, "hinge needs a target of -1 or +1, not 0.0"),
        ("losses.hinge(1.0, Constant(2, 'y'))", ValueError, "hinge needs a target of -1 or +1, not 2.0"),
        (
            "losses.binary_cross_entropy(0.5, 2)",
            ValueError,
            "binary_cross_entropy needs a target between 0 and 1, not 2.0",
        ),
        (
            "losses.binary_cross_entropy(Value(0.0), 1)",
            ValueError,
            "infinite for a prediction of exactly 0.0 and the target 1.0",
        ),
        (
            "losses.binary_cross_entropy(1.0, 0.5)",
            ValueError,
            "pass the number before the sigmoid with from_logits=True",
        ),
        (
            "losses.binary_cross_entropy(-0.1, Value(1))",
            ValueError,
            "needs a probability between 0 and 1, not -0.1: let the",
        ),
        (
            "losses.binary_cross_entropy(Value(0.0), Value(1))",
            ValueError,
            "binary_cross_entropy is infinite for a prediction of exactly 0.0 and the target 1.0",
        ),
        ("losses.binary_cross_entropy(0.5, np.int64(2))", ValueError, "needs a target between 0 and 1, not 2.0"),
        ("losses.hinge(Value(1.0), np.int64(0))", ValueError, "hinge needs a target of -1 or +1, not 0.0"),
        ("losses.binary_cross_entropy(Value(1.5), 0)", ValueError, "needs a probability between 0 and 1, not 1.5"),
        ("losses.huber(1.0, 2.0, delta=0)", ValueError, "huber needs a positive delta, not 0"),
        ("gradient('relu', 'hing', [1], 0, [1], 1)", ValueError, "unknown loss 'hing': did you mean 'hinge'?"),
    ],
)
def test_bad_input_is_replayed_with_advice(code, kind, message):
    with pytest.raises(kind) as error:
        eval(code, {"losses": losses, "Value": Value, "Constant": Constant, "gradient": gradient, "np": np})
    assert message in str(error.value)
