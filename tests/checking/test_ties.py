"""Ties, where every gradient may be right one by one, but not all of them together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import gradcheck, maximum, relu
from autograd.checking.comparison import NOT_TOGETHER

ONES, ZEROS = np.ones(4), np.zeros(4)


def reasons(report):
    return {check.why for check in report.inputs.values()}


TIES = {
    "all are the largest": (lambda x: x.max(), {"x": ONES}),
    "all are the smallest": (lambda x: 3 * x.min(), {"x": ONES}),
    "largest of different signs": (lambda x: np.abs(x).max(), {"x": np.array([2.0, -2.0])}),
    "two ties": (lambda x: x[:2].max() - x[2:].max(), {"x": ONES}),
    "followed by a curve": (lambda x: np.exp(float(x.max())) ** 2, {"x": ONES}),
    "numbers": (lambda a, b: 2 * max(a, b), {"a": 0.5, "b": 0.5}),
    "a recorded graph": (lambda a, b, c: maximum(a, b) * c, {"a": 0.5, "b": 0.5, "c": 1.0}),
    "many in a recorded graph": (
        lambda x: sum(maximum(a, b) for a, b in zip(x[::2], x[1::2], strict=True)),
        {"x": np.full(30, 0.5)},
    ),
}


@pytest.mark.parametrize(("f", "inputs"), TIES.values(), ids=TIES)
def test_a_tie_passes_the_gradient_on_to_some_of_its_operands(f, inputs):
    gradient = {name: 0.0 * np.asarray(x) for name, x in inputs.items()}
    if "c" in inputs:
        gradient["c"] = 0.5
    report = gradcheck(f, inputs, gradient=gradient)
    assert report.verdict == "fail"
    assert NOT_TOGETHER in reasons(report)


@pytest.mark.parametrize(
    "gradient", [np.eye(4)[0], np.eye(4)[3], ONES / 4], ids=["to the first", "to the last", "evenly"]
)
def test_all_usual_gradients_of_a_maximum_are_accepted(gradient):
    assert gradcheck(lambda x: x.max(), {"x": ONES}, gradient={"x": gradient}).verdict == "kink"


def test_a_tie_does_not_pass_the_whole_gradient_on_to_all_of_its_operands():
    image = np.maximum(np.array([[1.0, -2.0, 0.5, 3.0], [-1.0, -3.0, 3.0, 3.0]]), 0)

    def pooled(x):
        return sum(x[:, j : j + 2].max() * (j + 1) for j in (0, 2))

    def backward(x):
        dx = np.zeros_like(x)
        for j in (0, 2):
            window = x[:, j : j + 2]
            dx[:, j : j + 2] = (window == window.max()) * (j + 1)
        return {"x": dx}

    report = gradcheck(pooled, {"x": image}, gradient=backward)
    assert [check.name for check in report.inputs.values() if check.verdict == "fail"] == [
        "x[0, 3]",
        "x[1, 2]",
        "x[1, 3]",
    ]
    assert reasons(report) == {NOT_TOGETHER, ""}


def test_the_reason_is_said_unless_it_is_concealed():
    def largest(x):
        return x.max()

    zeros = {"x": np.zeros(2)}
    assert NOT_TOGETHER in str(gradcheck(largest, {"x": np.ones(2)}, gradient=zeros))
    report = gradcheck(largest, {"x": np.ones(2)}, gradient=zeros, reveal=False)
    assert report.verdict == "fail"
    assert NOT_TOGETHER not in str(report)


def test_a_function_that_is_not_defined_beside_a_tie_is_not_called_wrong():
    def f(x):
        if len(set(x.tolist())) > 1 and min(x.tolist()) < 1 - 1e-6 and x[0] != 1 and x[1] != 1:
            raise ValueError("outside the domain")
        return float(x.max())

    assert gradcheck(f, {"x": np.ones(2)}, gradient={"x": np.zeros(2)}).verdict == "kink"


def test_what_a_tie_passes_on_to_a_symmetric_kink_is_not_missed():
    def f(x):
        return max(x[2], x[0]) - max(x[0], x[2]) + 2 * abs(x[2]) - 2 * max(x[0], x[1])

    gradient = np.array([0.0, 0.0, 1.0]) - np.array([1.0, 0.0, 0.0]) - np.array([1.0, 1.0, 0.0])
    assert NOT_TOGETHER not in reasons(gradcheck(f, {"x": np.zeros(3)}, gradient={"x": gradient}))


KINKS = {
    "separate kinks": (lambda x: np.maximum(x, 0).sum(), ZEROS),
    "opposite kinks": (lambda x: np.maximum(x[0], 0) - np.maximum(x[1], 0), np.zeros(2)),
    "opposite kinks, one backwards": (lambda x: np.maximum(x[0], 0) - np.maximum(-x[1], 0), np.zeros(2)),
    "a kink after a tie": (lambda x: np.maximum(x.max(), 0), ZEROS),
    "a tie after kinks": (lambda x: np.maximum(x, 0).max(), ZEROS),
    "hinges": (lambda x: np.maximum(1 - x, 0).mean(), ONES),
    "recorded": (lambda x: relu(x[0]) - relu(-x[1]), np.zeros(2)),
}


@pytest.mark.parametrize(("f", "x"), KINKS.values(), ids=KINKS)
def test_zeros_at_kinks_are_accepted(f, x):
    assert gradcheck(f, {"x": x}, gradient={"x": 0 * x}).verdict == "kink"


@pytest.mark.parametrize("features", [2, 20, 200])
def test_units_that_cancel_at_zero_initialization_are_accepted(features):
    X, signs = np.random.default_rng(features).normal(size=(30, features)), np.array([1.0, -1.0])
    W = np.zeros((features, 2))
    report = gradcheck(lambda W: (np.maximum(X @ W, 0) @ signs).sum(), {"W": W}, gradient={"W": W})
    assert report.verdict == "kink"


def term(draw, n, k):
    """A function with kinks at 0, and its gradient there by one of the usual conventions.

    No two terms `k` have the same weights: kinks that cancel exactly leave a smooth function with one right gradient.
    """
    kind = draw(st.sampled_from(["relu", "abs", "max", "min", "smooth"]))
    factor = draw(st.sampled_from([-2.0, -1.0, 1.0, 3.0]))
    if kind in ("max", "min"):
        among = draw(st.lists(st.integers(0, n - 1), min_size=2, max_size=n, unique=True))
        ones, sign = np.isin(np.arange(n), among) * 1.0, 1.0 if kind == "max" else -1.0
        gradient = draw(st.sampled_from([np.eye(n)[among[0]], ones / len(among)]))
        return lambda x: factor * sign * (sign * x[among]).max(), factor * gradient
    weights = np.random.default_rng([k, draw(st.integers(0, 1000))]).normal(size=n)
    weights *= np.isin(np.arange(n), draw(st.lists(st.integers(0, n - 1), min_size=1, unique=True)))
    apply, slopes = {
        "relu": (lambda z: max(z, 0.0), [0.0, 0.5, 1.0]),
        "abs": (abs, [0.0, -1.0, 1.0]),
        "smooth": (np.sin, [1.0]),
    }[kind]
    slope = draw(st.sampled_from(slopes))
    return lambda x: factor * apply(float(x @ weights)), factor * slope * weights


@settings(max_examples=120)
@given(st.data())
def test_no_convention_at_several_kinks_loses_a_gradient(data):
    n = data.draw(st.integers(2, 5))
    terms = [term(data.draw, n, k) for k in range(data.draw(st.integers(1, 4)))]
    gradient = sum(gradient for _, gradient in terms)
    report = gradcheck(lambda x: sum(f(x) for f, _ in terms), {"x": np.zeros(n)}, gradient={"x": gradient})
    assert NOT_TOGETHER not in reasons(report)
