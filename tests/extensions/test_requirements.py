"""require: an error for numbers, nan for the samples of a program."""

import math

import numpy as np
import pytest

from autograd import Value, vectorize
from autograd.extend import require


def doubled(x):
    return 2 * require((x > 0) & (x < 10), x, lambda: f"doubled needs 0 < x < 10, not {x}")


def test_the_value_itself_where_the_condition_holds():
    x = Value(3.0)
    assert require(x > 0, x, "x must be positive") is x
    assert doubled(3.0) == 6.0
    assert doubled(x).gradients([x]) == [2.0]


@pytest.mark.parametrize("x", [-1.0, Value(-1.0), np.float64(-1.0), math.nan])
def test_an_error_where_it_does_not(x):
    with pytest.raises(ValueError, match=r"^x must be positive$"):
        require(x > 0, x, "x must be positive")
    with pytest.raises(ValueError, match=r"^doubled needs 0 < x < 10, not "):
        doubled(x)


def test_a_message_is_made_only_for_an_error():
    assert require(True, 3.0, lambda: 1 / 0) == 3.0


def test_in_a_program_the_samples_that_break_it_are_nan():
    program = vectorize(lambda w, x: doubled(x) * w, batch="x")
    np.testing.assert_array_equal(program(w=1.5, x=[1.0, -1.0, 2.0, 10.0]), [3.0, np.nan, 6.0, np.nan])
    value, grads = program.value_and_grad(w=1.5, x=[1.0, 2.0])
    assert (value, grads["w"]) == (4.5, 3.0)
    value, grads = program.value_and_grad(w=1.5, x=[1.0, -1.0])
    assert math.isnan(value)
    assert math.isnan(grads["w"])


def test_in_a_program_the_gradient_passes_where_it_holds():
    value, grads = vectorize(doubled).value_and_grad(3.0)
    assert (value, grads["x"]) == (6.0, 2.0)


def test_a_condition_on_constants_is_decided_while_recording():
    with pytest.raises(ValueError, match=r"^at least one, not 0\n"):
        vectorize(lambda x, n=0: x * require(n > 0, n, "at least one, not 0"))(2.0)
