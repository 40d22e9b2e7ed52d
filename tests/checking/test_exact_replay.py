"""Replaying a graph with other numbers, and the exact slopes that this gives."""

import math
import random

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import OPERATIONS, Constant, Value, cbrt, cos, exp, log, log1p, relu, sigmoid, sign, sin, sqrt, tanh
from autograd.checking.audit import Graph
from autograd.checking.references.by_replay import ExactReplay
from autograd.checking.references.exact_replay import GraphSlopes, Replay, exact_slopes, steepest_secant
from autograd.checking.references.rounding import rounding
from autograd.formula.systems import mpmath
from tests.programs import one_sided_slopes, random_program, replay


@pytest.mark.parametrize("seed", range(30))
def test_replaying_the_same_numbers_gives_the_same_result(seed):
    program = random_program(random.Random(seed))
    leaves, root = program.values()
    assert float(Replay(root, mpmath(60)).along()()) == pytest.approx(root.data, rel=1e-9)
    moved = [leaf.data * (1 + 1e-9) for leaf in leaves]
    system = mpmath(60)
    numbers = {leaf: system.number(x) for leaf, x in zip(leaves, moved, strict=True)}
    assert float(replay(root, numbers, system)) == pytest.approx(program.run(moved)[-1], rel=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_through_the_recorded_numbers_nothing_is_rounded_away(seed):
    leaves, root = random_program(random.Random(seed)).values()
    through = Replay(root, mpmath(60), recorded=True)
    assert float(through.along(leaves[0])(through.numbers.get(leaves[0], 0))) == root.data
    assert all(float(through.numbers[node]) == node.data for node in through.nodes)


def test_the_slope_through_the_recorded_numbers_is_the_engines_own():
    # In floats w·x - y is 0, exactly it is -5.6e-17: on the other side of the kink.
    w = Value(0.1)
    root = abs(w * 3.0 - 0.3 - 5.551115123125783e-17)
    assert root.data == 0.0
    assert GraphSlopes(root).by(w).kind == "smooth"
    assert GraphSlopes(root).by(w, recorded=True).kind == "kink"


def test_every_operation_can_be_replayed():
    x = Value(0.5)
    for op in OPERATIONS.values():
        if op.nary:
            z = getattr(autograd, op.name)(*[[x, 2.0]] * len(op.operands))
        else:
            z = getattr(autograd, op.name)(*[x + 1 if op.name == "arccosh" else x] * len(op.operands))
        assert float(replay(z, {}, mpmath(60))) == pytest.approx(z.data, rel=1e-14), op


def test_of_a_sum_only_the_terms_that_change_are_computed():
    xs = [Value(float(i)) for i in range(1, 6)]
    root = autograd.mean([autograd.dot(xs, [2.0, xs[0], 1.0, xs[0], 3.0]), xs[0], 7.0])
    assert one_sided_slopes(root, xs[0]) == pytest.approx((9 / 3,) * 2)
    assert one_sided_slopes(root, xs[4]) == (1.0, 1.0)


FUNCTIONS = {
    "tanh": (tanh, mp.tanh, 20.0),
    "sin far out": (sin, mp.sin, 1e10),
    "a large constant": (lambda x: 1e16 + sin(x), mp.sin, 1.0),
    "exp": (exp, mp.exp, -700.0),
    "log": (log, mp.log, 1e-300),
    "sigmoid": (sigmoid, lambda x: 1 / (1 + mp.exp(-x)), 40.0),
    "cancelling": (lambda x: (1 + x**2) - 1, lambda x: x**2, 1e-9),
    "composed": (lambda x: exp(sin(x)) * log1p(x**2), lambda x: mp.exp(mp.sin(x)) * mp.log(1 + x**2), 0.7),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_slopes_are_right_to_the_last_digit(name):
    f, exact, at = FUNCTIONS[name]
    x = Value(at)
    slopes = GraphSlopes(f(x)).by(x)
    with mp.workdps(60):
        slope = mp.diff(exact, mp.mpf(at), h=mp.mpf(abs(at)) * mp.mpf("1e-25"))
    assert slopes.left == slopes.right == pytest.approx(float(slope), rel=3e-16)
    assert slopes.error <= 2e-16 * abs(slopes.left)


POINTS = {
    "relu": (relu, "kink", 0.0, 1.0),
    "abs": (abs, "kink", -1.0, 1.0),
    "a tie": (lambda x: autograd.maximum(x, x * 0), "kink", 0.0, 1.0),
    "two kinks that cancel": (lambda x: relu(x) - relu(-x), "smooth", 1.0, 1.0),
    "|x|^1.5": (lambda x: abs(x) ** 1.5, "smooth", 0.0, 0.0),
    "x·|x|": (lambda x: x * abs(x), "smooth", 0.0, 0.0),
    "x·√|x|": (lambda x: x * sqrt(abs(x)), "smooth", 0.0, 0.0),
    "sign(x)·x²": (lambda x: sign(x) * x**2, "smooth", 0.0, 0.0),
    "x³": (lambda x: x**3, "smooth", 0.0, 0.0),
    "cos": (cos, "smooth", 0.0, 0.0),
    "flat": (lambda x: relu(x - 1), "smooth", 0.0, 0.0),
    "step": (autograd.floor, "jump", 0.0, 0.0),
    "sign": (sign, "jump", 0.0, 0.0),
    "a jump on a slope": (lambda x: sign(x) + 3 * x, "jump", 3.0, 3.0),
    "cbrt": (cbrt, "vertical", math.inf, math.inf),
    "-cbrt": (lambda x: -cbrt(x), "vertical", -math.inf, -math.inf),
    "cusp": (lambda x: sqrt(abs(x)), "vertical", -math.inf, math.inf),
}


@pytest.mark.parametrize("name", POINTS)
def test_special_points(name):
    f, kind, left, right = POINTS[name]
    x = Value(0.0)
    slopes = GraphSlopes(f(x)).by(x)
    assert (slopes.kind, slopes.left, slopes.right, slopes.reason) == (kind, left, right, "")


@pytest.mark.parametrize(
    ("f", "at", "reason"),
    [
        (sqrt, 0.0, "not defined to the left of 0"),
        (lambda x: sqrt(-x), 0.0, "not defined to the right of 0"),
        (autograd.arcsin, 1.0, "not defined to the right of 1"),
        (lambda x: sqrt(-abs(x)), 0.0, "not defined on either side of 0"),
        (lambda x: x, math.inf, "the input is inf"),
        (lambda x: exp(x) * 1e10, 700.0, "the slope is too large for a float"),
    ],
)
def test_where_there_is_no_slope_the_reason_is_said(f, at, reason):
    x = Value(at)
    if reason.startswith("the slope"):
        assert exact_slopes(lambda system, x: system.functions["exp"](x), 800.0).reason == reason
        return
    assert GraphSlopes(f(x)).by(x).reason == reason


def test_a_root_that_is_a_leaf_and_a_leaf_that_does_not_matter():
    x, y = Value(2.0), Value(3.0)
    assert one_sided_slopes(x, x) == (1.0, 1.0)
    assert one_sided_slopes(x * 2, y) == (0.0, 0.0)


def test_a_slope_that_cancels_exactly_is_zero_however_many_digits_are_lost():
    x, y = Value(-0.09118791344518892), Value(45.4)
    assert GraphSlopes(x / (x * 7.1)).by(x).kind == "smooth"
    assert one_sided_slopes(x / autograd.dot([x, x], [y, y]), x) == (0.0, 0.0)
    assert one_sided_slopes(1e16 + x - 1e16 - x, x) == (0.0, 0.0)


def test_kinks_between_constants_and_scaled_ones():
    w = Value(0.0)
    assert one_sided_slopes(relu(w * 2) * Constant(3.0, "c"), w) == (0.0, 6.0)
    assert one_sided_slopes(relu(w + 1e-7), w) == (1.0, 1.0)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_rounding_is_bounded_by_its_estimate(source):
    """The engine's gradient is off by no more than `rounding` says, and what the numbers' own rounding adds."""
    leaves, root = random_program(source).values()
    for leaf in leaves:
        exact, through = GraphSlopes(root).by(leaf), GraphSlopes(root).by(leaf, recorded=True)
        bound = rounding(root, leaf) + abs(exact.numeric - through.numeric) + 1e-15 * abs(exact.numeric)
        assert abs(root.gradients([leaf])[0] - exact.numeric) <= 10 * bound


def test_the_terms_of_a_gradient_that_cancels_have_a_size():
    x = Value(1.0)
    root = x - autograd.mean([x, x, x])
    assert ExactReplay(Graph(root), {"x": x}).terms[x] == pytest.approx(2.0)
    assert 1e-16 < rounding(root, x) < 1e-14


def test_the_steepest_secant_tells_the_size_of_slopes_around():
    assert steepest_secant(lambda system, x: (x - 1) ** 2, 1.0) == pytest.approx(1 / 16)
    assert steepest_secant(lambda system, x: x * 0, 1.0) == 0.0
