"""The verdict on a gradient, given the slopes beside the point."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.checking.verdicts import Slopes, hull, judge, unknown

sizes = st.floats(1e-290, 1e290)
signs = st.sampled_from([-1.0, 1.0])


def smooth(slope, error, scale=0.0):
    return Slopes(slope, slope, error, "smooth", scale)


@given(sizes, signs)
def test_a_mistake_of_a_hundred_thousandth_is_caught_at_any_size(size, sign):
    slopes = smooth(sign * size, 1e-9 * size)
    assert judge(sign * size, slopes).verdict == "pass"
    assert judge(sign * size * (1 + 1e-5), slopes).verdict == "fail"
    assert judge(-sign * size, slopes).verdict == "fail"
    assert judge(0.0, slopes).verdict == "fail"


@given(sizes, signs)
def test_noise_makes_a_verdict_careful_and_then_impossible(size, sign):
    gradient = sign * size * 1.001
    exact = smooth(sign * size, 0.0)
    assert judge(gradient, exact).verdict == "fail"
    assert judge(gradient, exact, noise=1e-3 * size).verdict == "inconclusive"
    assert judge(-gradient, exact, noise=1e-3 * size).verdict == "fail"
    assert judge(-gradient, exact, noise=size).reason == "too small to see in floats"


def test_what_would_have_been_caught():
    assert judge(1.0, smooth(1.0, 1e-16)).caught == 1e-6
    assert judge(1.0, smooth(1.0, 1e-6)).caught == pytest.approx(1e-5)
    assert math.isnan(judge(0.0, smooth(0.0, 0.0)).caught)
    assert math.isnan(judge(0.0, Slopes(-1.0, 1.0, kind="kink")).caught)


def test_a_rounded_gradient_can_be_accepted():
    slopes = smooth(0.7853981634, 1e-17)
    assert judge(0.785, slopes).verdict == "fail"
    assert judge(0.785, slopes, digits=3).verdict == "pass"
    assert judge(0.784, slopes, digits=3).verdict == "fail"
    assert judge(0.8, slopes, digits=1).verdict == "pass"
    assert judge(0.9, slopes, digits=1).verdict == "fail"


def test_a_zero_is_small_against_its_surroundings():
    assert judge(0.0, smooth(0.0, 1e-16, scale=1.0)).verdict == "pass"
    assert judge(0.0, smooth(1e-17, 1e-16, scale=1.0)).verdict == "pass"
    assert judge(1e-17, smooth(0.0, 0.0, scale=1.0), noise=1e-16).verdict == "pass"
    assert judge(1e-17, smooth(0.0, 1e-16, scale=1.0)).reason == "too small to see in floats"
    assert judge(1e-3, smooth(0.0, 1e-16, scale=1.0)).verdict == "fail"
    assert judge(0.0, smooth(0.0, 1e-16, scale=1e-14)).verdict == "inconclusive"
    cancelled = Slopes(0.0, 0.0, terms=1.0)
    assert judge(1e-17, cancelled, noise=1e-16).verdict == "pass"
    assert judge(1e-14, cancelled, noise=1e-16).verdict == "fail"
    # A slope that is not zero is compared with itself, however small it is.
    assert judge(-1e-9, smooth(1e-9, 1e-16, scale=1.0)).verdict == "fail"
    assert judge(0.0, smooth(1e-9, 1e-16, scale=1.0)).verdict == "fail"


def test_a_function_that_is_flat_everywhere_has_no_slope():
    assert judge(0.0, smooth(0.0, 1.0)).verdict == "pass"
    assert judge(0.1, smooth(0.0, 1.0)).verdict == "inconclusive"
    assert judge(0.1, smooth(0.0, 0.0)).verdict == "fail"


@pytest.mark.parametrize(
    ("gradient", "slopes", "verdict", "reason"),
    [
        (0.3, Slopes(0.0, 1.0, kind="kink"), "kink", "between the two slopes"),
        (1.0, Slopes(0.0, 1.0, kind="kink"), "kink", "between the two slopes"),
        (1.0 + 1e-9, Slopes(1.0, 0.0, kind="kink"), "kink", "between the two slopes"),
        (1.1, Slopes(0.0, 1.0, kind="kink"), "fail", "not between the two slopes"),
        (-1e-3, Slopes(0.0, 1.0, kind="kink"), "fail", "not between the two slopes"),
        (math.nan, Slopes(0.0, 1.0, kind="kink"), "fail", "not between the two slopes"),
        (0.0, Slopes(0.0, 0.0, kind="jump"), "kink", "the function jumps here"),
        (5.0, Slopes(0.0, 0.0, kind="jump"), "fail", "the function jumps here"),
        (math.inf, Slopes(math.inf, math.inf, kind="vertical"), "kink", "the slope is infinite"),
        (1e9, Slopes(math.inf, math.inf, kind="vertical"), "fail", "the slope is infinite"),
        (0.0, Slopes(-math.inf, math.inf, kind="vertical"), "kink", "the slope is infinite"),
        (math.nan, Slopes(-math.inf, math.inf, kind="vertical"), "kink", "the slope is infinite"),
        (math.nan, Slopes(1.0, 1.0), "fail", "not a number"),
        (-math.inf, Slopes(1.0, 1.0), "fail", "infinite"),
        (1.0, unknown("not defined here"), "inconclusive", "not defined here"),
    ],
)
def test_kinks_and_numbers_that_are_none(gradient, slopes, verdict, reason):
    found = judge(gradient, slopes)
    assert (found.verdict, found.reason) == (verdict, reason)


def test_the_hull_of_two_sets_of_slopes():
    both = hull(Slopes(1.0, 1.0, 0.1), Slopes(-2.0, 0.5, 0.3, kind="kink"))
    assert (both.left, both.right, both.error, both.kind) == (-2.0, 1.0, 0.3, "kink")
    falling = Slopes(0.0, -1.0, kind="kink")
    assert hull(falling, falling) == hull(falling, Slopes(-0.5, -0.5)) == falling
    assert hull(unknown("why"), both).reason == hull(both, unknown("why")).reason == "why"
