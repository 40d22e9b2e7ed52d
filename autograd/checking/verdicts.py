"""What is known of a function's slope at a point, and what that says about a gradient.

The numerical derivative with respect to one input comes as `Slopes`: the slope to the left, the slope to the right,
and a bound on their error.  `autograd.checking.exact_replay` and `autograd.checking.finite_differences` compute it;
`judge` reads it.

There is no absolute tolerance anywhere: with one, every gradient smaller than it passes for right.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from math import floor, inf, isfinite, isnan, log10, nan
from typing import Literal

__all__ = ["CAUGHT", "EPSILON", "Judgement", "Slopes", "Verdict", "hull", "judge", "unknown"]

Verdict = Literal["pass", "fail", "kink", "inconclusive"]

EPSILON = sys.float_info.epsilon
"""The relative distance between neighbouring floats."""
CAUGHT = 1e-6
"""Relative mistake that is called one, if the numeric derivative is good enough."""
MEANT = 1e-4
"""Relative error of the numeric derivative above which agreeing with it says too little."""
SAFETY = 10
"""How many times its estimated error the numeric derivative may be off."""


@dataclass(frozen=True)
class Slopes:
    """The slopes of a function beside a point, `left` and `right`, each within `error` of the truth.

    They are equal where the function is smooth.  `kind` says what else there may be: a ``kink`` (two slopes), a
    ``jump`` (then they are those of the two pieces), a ``vertical`` tangent (then they are infinite).
    A slope of zero is small against `scale`, the steepest secant nearby, or against the `terms` that cancel in it.
    Where nothing can be told, `reason` says why.
    """

    left: float
    right: float
    error: float = 0.0
    kind: Literal["smooth", "kink", "jump", "vertical"] = "smooth"
    scale: float = 0.0
    terms: float = 0.0
    reason: str = ""

    @property
    def numeric(self) -> float:
        """The slope, or at a kink the middle of the two."""
        return self.left if self.left == self.right else (self.left + self.right) / 2


def unknown(reason: str) -> Slopes:
    """The answer where there is none."""
    return Slopes(nan, nan, inf, reason=reason)


def hull(one: Slopes, other: Slopes) -> Slopes:
    """What two ways of looking at the same point leave open: everything between them."""
    if one.reason or other.reason:
        return one if one.reason else other
    kinked, ends = (one, other) if one.kind != "smooth" else (other, one)
    low, high = sorted((kinked.left, kinked.right))
    if low <= min(ends.left, ends.right) and max(ends.left, ends.right) <= high:
        return kinked
    return replace(kinked, left=min(low, ends.left, ends.right), right=max(high, ends.left, ends.right))


@dataclass(frozen=True)
class Judgement:
    """A verdict, the reason if it needs one, and the smallest relative mistake that would have been caught.

    That is nan where there is no such thing, as beside a kink and for a gradient of zero.
    """

    verdict: Verdict
    reason: str = ""
    caught: float = nan


def judge(grad: float, slopes: Slopes, noise: float = 0.0, digits: int | None = None) -> Judgement:
    """Whether `grad` is the slope; `noise` bounds what rounding does to a correct gradient on its way.

    With `digits`, it may be rounded to so many significant digits.

    >>> judge(-1.6, Slopes(-1.6, -1.6, error=1e-16)).verdict
    'pass'
    >>> judge(1.6, Slopes(-1.6, -1.6, error=1e-16)).verdict
    'fail'
    >>> judge(0.0, Slopes(-1.0, 1.0, kind="kink")).verdict
    'kink'
    >>> judge(1e-17, Slopes(0.0, 0.0, error=1e-16))
    Judgement(verdict='inconclusive', reason='too small to see in floats', caught=nan)
    """
    if slopes.reason:
        return Judgement("inconclusive", slopes.reason)
    numeric, error = slopes.numeric, slopes.error + noise
    caught = _rounded(numeric, digits) if digits and numeric and isfinite(numeric) else CAUGHT
    if slopes.kind != "smooth":
        return _beside_a_kink(grad, slopes, error, caught)
    if not isfinite(grad):
        return Judgement("fail", "not a number" if isnan(grad) else "infinite")
    if grad == numeric == slopes.scale == 0:
        return Judgement("pass")  # flat as far as floats can see, and so is the gradient
    difference, size = abs(grad - numeric), max(abs(grad), abs(numeric))
    meant = size
    is_zero = numeric == slopes.error == 0
    if is_zero or (grad == 0 and abs(numeric) <= min(SAFETY * error, slopes.scale)):
        size = slopes.scale  # a zero is small against its surroundings, or because large terms cancel exactly
        meant = max(size, slopes.terms if is_zero else 0.0)
    tolerance = max(SAFETY * error, caught * size)
    told = tolerance / size if numeric and size else nan
    if difference > tolerance:
        return Judgement("fail", caught=told)
    if error <= max(MEANT, caught) * meant:
        return Judgement("pass", caught=told)
    reason = (
        "too small to see in floats" if max(abs(grad), abs(numeric)) <= SAFETY * error else "too few digits to tell"
    )
    return Judgement("inconclusive", reason)


def _rounded(number: float, digits: int) -> float:
    """The relative error of rounding to so many significant digits, and a little more."""
    return max(CAUGHT, 0.501 * 10.0 ** (floor(log10(abs(number))) - digits + 1) / abs(number))


def _beside_a_kink(grad: float, slopes: Slopes, error: float, caught: float) -> Judgement:
    """Any slope between the two is acceptable, and nan, which claims none, where there are no two finite ones."""
    low, high = sorted((slopes.left, slopes.right))
    size = max((abs(slope) for slope in (low, high) if isfinite(slope)), default=0.0)
    tolerance = max(SAFETY * error, caught * size)
    inside = low - tolerance <= grad <= high + tolerance or grad in (low, high)
    inside = inside or (isnan(grad) and slopes.kind != "kink")
    what = {"kink": "between the two slopes", "jump": "the function jumps here", "vertical": "the slope is infinite"}
    if inside:
        return Judgement("kink", what[slopes.kind])
    return Judgement("fail", {**what, "kink": "not between the two slopes"}[slopes.kind])
