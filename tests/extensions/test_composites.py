"""logsumexp and softmax: right at any size of their terms, for numbers, Values, and inside programs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import DomainError, Value, gradcheck, hessian, logsumexp, softmax, vectorize

terms = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6)


@given(terms)
def test_values_and_gradients(x):
    largest = max(x)
    shares = np.exp(np.array(x) - largest)
    expected = largest + math.log(shares.sum())
    shares /= shares.sum()
    values = [Value(v) for v in x]
    z = logsumexp(values)
    assert z.data == pytest.approx(expected, rel=1e-14, abs=1e-14)
    assert logsumexp(x) == z.data
    assert z.gradients(values) == pytest.approx(shares, rel=1e-12, abs=1e-300)
    p = softmax(values)
    assert [v.data for v in p] == softmax(x) == pytest.approx(shares, rel=1e-12, abs=1e-300)
    slopes = shares[0] * (np.eye(len(x))[0] - shares)
    assert p[0].gradients(values) == pytest.approx(slopes, rel=1e-9, abs=1e-15)


def test_ties_and_second_derivatives():
    assert hessian(logsumexp)([1.0, 1.0]) == [[0.25, -0.25], [-0.25, 0.25]]
    assert softmax([1000.0, 1000.0]) == [0.5, 0.5]
    assert gradcheck(lambda x: logsumexp(x) + softmax(x)[0], {"x": [1.0, 1.0, -2.0]}).verdict == "pass"


def test_in_a_program_that_does_not_know_the_largest():
    x = np.array([[1.0, 2.0, 3.0], [1000.0, 0.0, -1000.0], [5.0, 5.0, 5.0]])
    program = vectorize(lambda w, x: logsumexp([w * v for v in x]) + softmax(x)[1], batch="x")
    expected = [logsumexp([0.5 * v for v in row]) + softmax(row.tolist())[1] for row in x]
    assert program(w=0.5, x=x) == pytest.approx(expected)
    w = Value(0.5)
    means = [logsumexp([w * v for v in row]).gradients([w])[0] for row in x.tolist()]
    assert program.value_and_grad(w=0.5, x=x)[1]["w"] == pytest.approx(np.mean(means))


@pytest.mark.parametrize("function", [logsumexp, softmax])
def test_of_nothing(function):
    with pytest.raises(DomainError, match=rf"^{function.__name__}\(x\) is not defined for 0 terms: it needs n > 0$"):
        function([])


def test_infinite_terms():
    assert logsumexp([math.inf, 0.0]) == math.inf
    assert logsumexp([Value(-math.inf), 1.0]).data == 1.0
    assert softmax([-math.inf, 0.0]) == [0.0, 1.0]
    with pytest.raises(DomainError, match=r"^log\(x\) is not defined at x = 0.0"):
        logsumexp([-math.inf, -math.inf])
