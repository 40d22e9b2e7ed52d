"""Slopes of functions that can only be called."""

import math
import random

import numpy as np
import pytest

from autograd import Value
from autograd.checking.references.exact_replay import GraphSlopes
from autograd.checking.references.finite_differences import ladder_slopes, noise, screened_slopes
from tests.programs import random_program


def counted(f):
    calls = []

    def g(x):
        calls.append(x)
        return f(x)

    return g, calls


POINTS = {
    "relu": (lambda x: max(x, 0.0), "kink", 0.0, 1.0),
    "abs": (abs, "kink", -1.0, 1.0),
    "a tie": (lambda x: max(x, 0 * x), "kink", 0.0, 1.0),
    "kink on a slope": (lambda x: 1 + 5 * x + abs(x), "kink", 4.0, 6.0),
    "|x|^1.5": (lambda x: abs(x) ** 1.5, "smooth", 0.0, 0.0),
    "x·|x|": (lambda x: x * abs(x), "smooth", 0.0, 0.0),
    "sign(x)·x²": (lambda x: math.copysign(1, x) * x * x, "smooth", 0.0, 0.0),
    "x³": (lambda x: x**3, "smooth", 0.0, 0.0),
    "cos": (math.cos, "smooth", 0.0, 0.0),
    "sin": (math.sin, "smooth", 1.0, 1.0),
    "a line": (lambda x: 3 * x, "smooth", 3.0, 3.0),
    "step": (lambda x: float(x > 0), "jump", 0.0, 0.0),
    "a jump on a slope": (lambda x: (x > 0) + 3 * x, "jump", 3.0, 3.0),
    "cbrt": (math.cbrt, "vertical", math.inf, math.inf),
    "cusp": (lambda x: math.sqrt(abs(x)), "vertical", -math.inf, math.inf),
}


@pytest.mark.parametrize("name", POINTS)
def test_special_points(name):
    f, kind, left, right = POINTS[name]
    slopes = ladder_slopes(f, 0.0)
    assert (slopes.kind, slopes.reason) == (kind, "")
    assert slopes.left == pytest.approx(left, abs=1e-9)
    assert slopes.right == pytest.approx(right, abs=1e-9)
    assert math.isinf(left) or slopes.error < 1e-9


@pytest.mark.parametrize("at", [0.3, -2.0, 1e5, 1e-5, 1e-100])
def test_kinks_elsewhere(at):
    slopes = ladder_slopes(lambda x: abs(x - at) * 3, at)
    assert (slopes.kind, slopes.left, slopes.right) == ("kink", pytest.approx(-3.0), pytest.approx(3.0))


@pytest.mark.parametrize(
    ("f", "at", "reason"),
    [
        (math.log, 0.0, "not defined here"),
        (lambda x: 1 / x, 0.0, "not defined here"),
        (math.sqrt, 0.0, "not defined to the left of 0"),
        (math.acos, 1.0, "not defined to the right of 1"),
        (lambda x: 0.0 if x == 2 else math.nan, 2.0, "not defined on either side of 2"),
        (lambda x: math.inf, 2.0, "not defined here"),
    ],
)
def test_where_there_is_no_slope_the_reason_is_said(f, at, reason):
    slopes = ladder_slopes(f, at)
    assert slopes.reason == reason
    assert math.isnan(slopes.numeric)


FUNCTIONS = {
    "a kink a ten-millionth away": (lambda x: max(x, 0.0), 1e-7, 1.0),
    "large input": (math.sin, 1e10, math.cos(1e10)),
    "quick oscillation": (lambda x: math.sin(1e4 * x), 1.0, 1e4 * math.cos(1e4)),
    "tiny input": (math.log, 1e-300, 1e300),
    "tiny result": (math.exp, -700.0, math.exp(-700)),
    "tiny factor": (lambda x: 1e-8 * math.sin(x), 1.0, 1e-8 * math.cos(1)),
    "cubic, large": (lambda x: x**3, 1e5, 3e10),
    "a domain that ends near by": (math.sqrt, 1e-6, 500.0),
    "overflow near by": (math.exp, 709.0, math.exp(709)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_magnitudes(name):
    f, at, slope = FUNCTIONS[name]
    slopes = ladder_slopes(f, at)
    assert slopes.kind == "smooth"
    assert abs(slopes.numeric - slope) <= 10 * slopes.error
    assert slopes.error < (1e-8 if at < 1e9 else 1e-5) * abs(slope)  # one float further, sin is another number


def test_what_drowns_in_rounding_has_a_large_error():
    slopes = ladder_slopes(lambda x: 1e16 + math.sin(x), 1.0)
    assert slopes.error > 1
    assert slopes.scale == 0.0


@pytest.mark.slow
def test_the_true_error_is_within_ten_times_the_estimate():
    """On random functions of all magnitudes; floor and sign look smooth from afar, and are left out."""
    off = checked = 0
    for seed in range(100_000, 100_400):
        source = random.Random(seed)
        program = random_program(source)
        if {"floor", "sign"} & {name for name, _ in program.steps}:
            continue
        leaves, root = program.values()
        i = source.randrange(len(leaves))
        slopes = ladder_slopes(
            lambda x, i=i, program=program: float(program.run([*program.leaves[:i], x, *program.leaves[i + 1 :]])[-1]),
            program.leaves[i],
        )
        if slopes.reason or slopes.kind != "smooth":
            continue
        checked += 1
        exact = GraphSlopes(root).by(leaves[i]).numeric
        off += abs(slopes.numeric - exact) > 10 * slopes.error + 1e-15 * abs(exact)
    assert checked > 300
    assert off == 0


@pytest.mark.parametrize(
    ("f", "at", "low", "high"),
    [
        (math.sin, 1.0, 1e-18, 2e-16),
        (lambda x: 1000 + math.sin(x), 1.0, 1e-14, 2e-13),
        (lambda x: float(np.float32(math.sin(x))), 1.0, 3e-9, 1e-7),
        (lambda x: 5.0, 1.0, 0.0, 0.0),
        (lambda x: 8 * x, 1.0, 0.0, 1e-15),
    ],
)
def test_noise_is_measured(f, at, low, high):
    assert low <= noise(f, at) <= high


def test_a_function_computed_in_single_precision():
    slopes = ladder_slopes(lambda x: float(np.float32(math.sin(np.float32(x)))), 1.0)
    assert abs(slopes.numeric - math.cos(1)) <= 10 * slopes.error
    assert slopes.error < 1e-3


def test_a_screen_of_seven_calls_confirms_most_gradients():
    f, calls = counted(math.sin)
    assert screened_slopes(f, 1.0, math.cos(1.0)).numeric == pytest.approx(math.cos(1.0), rel=1e-7)
    assert len(calls) == 7
    assert screened_slopes(math.sin, 1.0, 1.001 * math.cos(1.0)).numeric == pytest.approx(math.cos(1.0), rel=1e-7)
    assert screened_slopes(lambda x: 3.0, 1.0, 0.0).numeric == 0.0
    assert screened_slopes(lambda x: 3.0, 1.0, 1e-9) is None
    assert screened_slopes(lambda x: 3.0 + max(0.0, x - 1.5), 1.0, 0.0) is None  # flat nearby alone
    assert screened_slopes(abs, 0.0, 0.0) is None
    assert screened_slopes(math.log, 0.0, 0.0) is None


@pytest.mark.parametrize("at", [0.0, 0.7, 1e10, 1e-12])
def test_the_ladder_takes_a_bounded_number_of_calls(at):
    f, calls = counted(math.sin)
    ladder_slopes(f, at)
    assert len(calls) <= 140


def test_values_are_not_needed():
    assert ladder_slopes(lambda x: (Value(x) * 3).data, 2.0).numeric == pytest.approx(3.0)
