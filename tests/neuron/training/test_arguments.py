"""The checks of fit's arguments: what they return; the errors are tested through fit."""

import numpy as np
import pytest

from autograd import Value
from neuron import Neuron
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
