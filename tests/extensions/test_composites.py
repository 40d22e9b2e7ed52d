"""logsumexp and softmax, right at any size of their terms, and take: for numbers, Values, and inside programs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import DomainError, Value, dot, grad, gradcheck, hessian, jacobian, logsumexp, softmax, take, vectorize

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


# --- take ---------------------------------------------------------------------------------------------------


def test_the_row_itself_outside_programs():
    table = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    for index in (1, 1.0, np.int64(1), np.float32(1), np.array(1), Value(1.0), True):
        assert take(table, index) is table[1]
    assert take(table, [1, Value(0.0)]) == take(table, np.array([1, 0])) == [table[1], table[0]]
    assert take(table, np.array([[0], [1]])) == [[table[0]], [table[1]]]
    assert take(np.eye(3), 2).tolist() == [0.0, 0.0, 1.0]
    assert take([5.0, 6.0], 1) == 6.0


TABLE = [[0.5, -1.0], [2.0, 0.25], [3.0, 1.0]]
PROGRAM = vectorize(lambda table, w, token: dot(take(table, token), w) ** 2 + take(w, token - token), batch="token")


@given(st.lists(st.integers(0, 2), min_size=1, max_size=6))
def test_in_a_program_as_sample_by_sample(tokens):
    w = [1.0, -2.0]
    table, parameters = [[Value(x) for x in row] for row in TABLE], [Value(x) for x in w]
    losses = [dot(take(table, token), parameters) ** 2 + take(parameters, 0) for token in tokens]
    mean = sum(losses) / len(losses)
    assert PROGRAM(TABLE, w, tokens) == pytest.approx([loss.data for loss in losses])
    value, grads = PROGRAM.value_and_grad(TABLE, w, tokens)
    assert value == pytest.approx(mean.data)
    assert grads["table"].ravel() == pytest.approx(mean.gradients([x for row in table for x in row]))
    assert grads["w"] == pytest.approx(mean.gradients(parameters))


def test_a_lookup_is_one_matrix_product():
    program = vectorize(lambda table, tokens: sum(take(table, tokens)[1]) + take(table, tokens[0])[0], batch="tokens")
    assert program(TABLE, [[0, 1], [2, 2]]).tolist() == [2.75, 7.0]
    single = vectorize(lambda table, token: take(table, token)[:], batch="token")
    assert np.array(single(TABLE, [2, 0, 2])).T.tolist() == [TABLE[2], TABLE[0], TABLE[2]]
    assert "@" in single.source
    assert len(single.source.splitlines()) < 12


def test_outside_the_table_the_result_is_nan_in_a_program():
    program = vectorize(lambda table, token: take(table, token)[0], batch="token")
    index = [1, -1, 3, 0.5, math.nan, math.inf, 2]
    value = program(TABLE, index)
    assert value[[0, 6]].tolist() == [2.0, 3.0]
    assert np.isnan(value[1:6]).all()
    for outside in index[1:6]:
        with pytest.raises(
            DomainError, match=rf"^take\(table, {outside}\) is not defined at index = .*: it needs a whole"
        ):
            take(TABLE, outside)


def test_the_structure_of_a_row():
    rows = [([1.0, [2.0]], (3.0, 4.0)), ([5.0, [6.0]], (7.0, 8.0))]
    nested = vectorize(lambda i: take([[a, b] for a, b in rows], i), batch="i")(i=[1])
    assert nested == [[[5.0], [[6.0]]], ([7.0], [8.0])]
    arrays = vectorize(lambda table, i: (take(np.array(table), i) * 2).sum(), batch="i")
    assert arrays(TABLE, [1, 2]).tolist() == [4.5, 8.0]


def test_derivatives_of_lookups():
    assert jacobian(lambda w: take(w, [2, 0, 2]))([1.0, 2.0, 3.0]) == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert grad(lambda w, i: take(w, i) ** 2, (0, 1))([1.0, 3.0], 1.0) == ([0.0, 6.0], 0.0)
    assert vectorize(grad(lambda i, w: take(w, i) ** 2 * i), batch="i")([1.0, 0.0], [1.0, 3.0]).tolist() == [9.0, 1.0]
    report = gradcheck(lambda w, i: take(w, i)[0] ** 2 + take(w, [0, 0])[1][1], {"w": TABLE, "i": 2.0})
    assert report.verdict == "pass"


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: take([1.0, 2.0], 2),
            DomainError,
            "take(table, 2) is not defined at index = 2: it needs a whole number from 0 to 1",
        ),
        (
            lambda: take([1.0], Value(0.5, label="token")),
            DomainError,
            "take(table, token) is not defined at index = 0.5: it needs a whole number from 0 to 0",
        ),
        (lambda: take([], 0), DomainError, "take(table, index) is not defined for 0 rows: it needs n > 0"),
        (
            lambda: take(Value(1.0, label="w"), 0),
            TypeError,
            "take(table, index): table must be a list or an array, not w",
        ),
        (
            lambda: take([1.0], "0"),
            TypeError,
            "take(table, '0'): a string is not a number; write float('0') if it holds one",
        ),
        (
            lambda: vectorize(lambda i: take([[1.0], [2.0, 3.0]], i), batch="i")(i=[0]),
            ValueError,
            "take needs rows of the same length, not of 1 and 2",
        ),
    ],
)
def test_lookups_that_do_not_work(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text
