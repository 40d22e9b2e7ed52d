"""The exact gradient of many inputs at once, and the random directions that confirm it."""

import math
from functools import cache, partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, define, gradcheck, relu, sqrt, tanh
from autograd.checking.audit import Graph
from autograd.checking.references.exact_gradient import confirmed_slopes
from autograd.checking.references.exact_replay import GraphSlopes, Replay
from autograd.checking.references.rounding import roundings
from autograd.formula.systems import mpmath
from tests.programs import random_program


def confirmed(root, leaves):
    return confirmed_slopes(Graph(root), leaves, cache(partial(Replay, root)), mpmath(100))


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_what_is_confirmed_agrees_with_moving_each_input_alone(source):
    leaves, root = random_program(source).values()
    for leaf, slopes in confirmed(root, leaves).items():
        alone = GraphSlopes(root).by(leaf)
        assert alone.kind == "smooth"
        assert slopes.numeric == pytest.approx(alone.numeric, rel=1e-15, abs=5e-324)


def test_gradients_of_very_different_sizes_are_confirmed_in_directions_of_their_own():
    leaves = [Value(0.5) for _ in range(4)]
    root = leaves[0] * 1e60 + tanh(leaves[1]) + leaves[2] * 1e-60 + leaves[3] * 0.0
    assert [confirmed(root, leaves)[leaf].numeric for leaf in leaves] == [1e60, pytest.approx(0.7864477), 1e-60, 0.0]


def test_a_gradient_that_cancels_is_zero():
    x, y = Value(0.3), Value(0.7)
    slopes = confirmed(tanh(x) * y - y * tanh(x) + y, [x, y])
    assert (slopes[x].numeric, slopes[y].numeric) == (0.0, 1.0)
    assert slopes[x].terms == pytest.approx(2 * 0.7 * (1 - np.tanh(0.3) ** 2))


def test_inputs_that_meet_a_kink_or_an_infinite_slope_are_left_out():
    x, y, z = Value(0.0), Value(2.0), Value(0.0)
    assert set(confirmed(relu(x) * 3 + y * y + sqrt(z), [x, y, z])) == {y}


def test_a_wrong_row_of_the_table_is_measured():
    wrong = define("wrong_cube", "x ** 3", dx="2 * x ** 2")
    leaves = [Value(0.5 + i) for i in range(3)]
    root = wrong(leaves[0] * leaves[1]) + leaves[2]
    slopes = confirmed(root, leaves)
    assert slopes[leaves[0]].numeric == pytest.approx(3 * 0.75**2 * 1.5)
    report = gradcheck(lambda w: (wrong(w[0]) * w[1:]).sum(), {"w": np.linspace(0.5, 2.0, 30)})
    assert report.verdict == "fail"
    assert report.arrays["w"].wrong == [(0,)]
    assert (report.culprits[0].kind, "wrong_cube" in report.culprits[0].where) == ("LOCAL", True)


def test_a_kink_that_no_row_declares_is_left_out():
    bent = define("bent", "where(x > 1, 2 * x, x + 1)", dx="where(x > 1, 2, 1)")
    x, y = Value(1.0), Value(3.0)
    assert set(confirmed(bent(x) * y, [x, y])) == {y}
    report = gradcheck(lambda w: (bent(w[0]) * w[1:]).sum(), {"w": np.linspace(1.0, 2.0, 30)})
    assert report.inputs["w[0]"].verdict == "kink"
    assert report.arrays["w"].wrong == []


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_rounding_stays_within_ten_of_its_deviations(source):
    leaves, root = random_program(source).values()
    deviations = roundings(Graph(root))
    for leaf in leaves:
        exact, through = GraphSlopes(root).by(leaf), GraphSlopes(root).by(leaf, recorded=True)
        bound = 10 * 2.0**-52 * deviations.get(leaf, 0.0)
        error = abs(root.gradients([leaf])[0] - exact.numeric)
        if math.isfinite(error):
            assert not error > bound + abs(exact.numeric - through.numeric) + 1e-15 * abs(exact.numeric)


def test_a_derivative_that_is_computed_from_the_result_may_lose_its_digits():
    x = Value(12.0)
    slope = 1 / np.cosh(12.0) ** 2
    assert roundings(Graph(tanh(x)))[x] == pytest.approx(2.0, rel=1e-6)  # that of 1 - z², not of 1 / cosh²
    assert slope < 1e-9
