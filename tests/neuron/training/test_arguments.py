"""The checks of fit's arguments: what they return; the errors are tested through fit."""

import re
from fractions import Fraction

import numpy as np
import pytest

from autograd import Value
from neuron import Neuron, fit
from neuron.training.arguments import (
    as_generator,
    as_list,
    check_callable,
    learning_positions,
    validation_samples,
    whole_number,
)


def test_arguments_come_back_in_their_final_form():
    n = Neuron(2)
    assert validation_samples(None, n) is None
    X, y = validation_samples(([[1, 2]], [3]), n)
    assert (X.tolist(), y.tolist()) == ([[1.0, 2.0]], [3.0])
    assert learning_positions(None, n) == [0, 1, 2]
    assert learning_positions([n.b, n.w[0], n.b], n) == [0, 2]
    assert learning_positions(n.b, n) == [2], "a single parameter does as well"
    assert whole_number("epochs", np.int64(3), 0) == 3
    assert as_list("callbacks", (print,)) == [print]
    assert check_callable("objective", print) is print
    generator = np.random.default_rng(1)
    assert as_generator(generator) is generator
    assert as_generator(1).random() == np.random.default_rng(1).random()


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: whole_number("epochs", -1, 0), "epochs must be at least 0, not -1"),
        (lambda: as_list("callbacks", "print"), "callbacks must be a list, not 'print'"),
        (lambda: learning_positions([Value(1.0, "v")], Neuron(1)), "v is not a parameter of Neuron(1"),
    ],
)
def test_errors_name_the_argument(check, message):
    with pytest.raises((TypeError, ValueError)) as error:
        check()
    assert message in str(error.value)


@pytest.mark.parametrize("share", [np.float32(0.25), np.float64(0.25), Fraction(1, 4)])
def test_any_real_number_is_a_share_of_the_samples(share):
    assert fit(Neuron(1), range(8), range(8), validation=share, epochs=1, lr=0.001, seed=0).held_out == 2


def test_true_is_no_share():
    with pytest.raises(TypeError, match="validation must be a pair of inputs and targets"):
        fit(Neuron(1), range(8), range(8), validation=True)


@pytest.mark.parametrize("as_data", [np.array, list])
@pytest.mark.parametrize("unit", ["ns", "D"])
def test_dates_are_no_numbers(as_data, unit):
    dates = as_data(np.array(["2026-01-01", "2026-01-02"], dtype=f"datetime64[{unit}]"))
    sentence = re.escape(
        f"X holds dates (datetime64[{unit}]): write numbers, such as the days since a date, "
        '(dates - dates.min()) / np.timedelta64(1, "D")'
    )
    with pytest.raises(TypeError, match=sentence):
        fit(Neuron(1), dates, [1, 2])
    with pytest.raises(TypeError, match="validation " + sentence):
        fit(Neuron(1), [1, 2], [1, 2], validation=(dates, [1, 2]))
