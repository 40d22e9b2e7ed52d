"""The verdict on one gradient, given the slopes of the function on both sides of the point.

The numerical derivative with respect to one input comes as `Slopes`: the slope to the left, the slope to the right,
and a bound on their error.  The modules of `autograd.checking.references` compute it; `judge` compares a gradient with
it.

There is no absolute tolerance anywhere: with one, every gradient smaller than it passes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import floor, inf, isfinite, isnan, log10, nan
from typing import Any, Literal

from autograd.formula.typesetting import number

__all__ = [
    "AGREEMENT",
    "CAUGHT",
    "EPSILON",
    "MEANT_COARSELY",
    "MEANT_ROUNDED",
    "InputCheck",
    "Slopes",
    "Verdict",
    "hull",
    "judge",
    "relative_error",
    "relative_rounding",
    "unknown",
]

Verdict = Literal["pass", "fail", "kink", "inconclusive"]

EPSILON = sys.float_info.epsilon
"""The relative distance between neighbouring floats."""
CAUGHT = 1e-6
"""Relative error of a gradient above which it is wrong, if the numerical derivative is accurate enough to tell."""
MEANT = 1e-4
"""Relative error of the numerical derivative above which agreement with it proves too little."""
MEANT_ROUNDED = 5e-4
"""The same for gradients of less than double precision: an error of 1 % is still caught."""
MEANT_COARSELY, AGREEMENT = 2e-3, 2
"""The same for functions of less than double precision, and the multiple of the error up to which a gradient agrees.

An error of 1 % does not pass, even if the numerical derivative is off by three times its error.
"""
TOO_FEW = "too few digits to tell"
"""The reason why a gradient that agrees is not confirmed."""
SAFETY = 10
"""Factor between the estimated error of the numerical derivative and the largest error that it may have."""


@dataclass(frozen=True)
class Slopes:
    """The slopes of a function on both sides of a point, `left` and `right`, each within `error` of the truth.

    They are equal where the function is ``smooth``.  The other kinds are a ``kink`` with two slopes, a ``jump`` (with
    the slopes of the two pieces), and a ``vertical`` tangent (with infinite slopes).  A slope of zero is small compared
    with `scale`, the steepest secant nearby, or with the `terms` that cancel in it.  `step` is the smallest step of
    the finite differences that they were derived from.  If the slopes are unknown, `reason` says why.  `meant` is the
    largest relative error with which they can confirm a gradient, `agreement` the multiple of it up to which a gradient
    agrees; `coarse` is the slope over large steps, if over smaller ones the function is a staircase.
    """

    left: float
    right: float
    error: float = 0.0
    kind: Literal["smooth", "kink", "jump", "vertical"] = "smooth"
    scale: float = 0.0
    terms: float = 0.0
    step: float = 0.0
    reason: str = ""
    meant: float = MEANT
    agreement: float = SAFETY
    coarse: float = field(default=nan, compare=False)

    @property
    def numeric(self) -> float:
        """The slope, or at a kink the middle of the two."""
        return self.left if self.left == self.right else (self.left + self.right) / 2


def unknown(reason: str) -> Slopes:
    """Slopes that cannot be determined, with the reason."""
    return Slopes(nan, nan, inf, reason=reason)


def hull(one: Slopes, other: Slopes) -> Slopes:
    """The smallest range of slopes that includes both."""
    if one.reason or other.reason:
        return one if one.reason else other
    kinked, ends = (one, other) if one.kind != "smooth" else (other, one)
    low, high = sorted((kinked.left, kinked.right))
    if low <= min(ends.left, ends.right) and max(ends.left, ends.right) <= high:
        return kinked
    return replace(kinked, left=min(low, ends.left, ends.right), right=max(high, ends.left, ends.right))


@dataclass(frozen=True)
class InputCheck:
    """One gradient beside its numerical derivative, and the verdict on it.

    `grad` is the gradient under test, `slopes` the numerical derivative, `noise` a bound on the effect of rounding on
    a correct gradient.  `verdict` is ``"pass"``, ``"fail"``, ``"kink"`` or ``"inconclusive"``, `why` the reason where
    the verdict alone does not say it, `caught` the smallest relative error that would have been detected: nan
    if there is none, as at a kink and for a gradient of zero.  `hint` names the likely mistake.
    """

    name: str
    grad: float
    slopes: Slopes
    verdict: Verdict
    why: str = ""
    caught: float = nan
    noise: float = 0.0
    hint: str = ""
    closed: Callable[[], float | None] = field(default=type(None), repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "closed_form": self.closed_form, "closed": type(None)}  # a copy has the number alone

    @property
    def reason(self) -> str:
        """The reason for the verdict and the hint, where there are any."""
        return "; ".join(filter(None, [self.why, self.hint]))

    @property
    def numeric(self) -> float:
        """The numerical derivative; at a kink the middle between the two slopes."""
        return self.slopes.numeric

    @property
    def error(self) -> float:
        """The largest distance of a correct gradient from `numeric`: the error of both."""
        return self.slopes.error + self.noise

    @cached_property
    def closed_form(self) -> float | None:
        """The derivative by formula, if one is known."""
        return self.closed()

    @property
    def digits(self) -> int:
        """The number of significant digits of `numeric` that are certain."""
        size = max((abs(slope) for slope in (self.slopes.left, self.slopes.right) if isfinite(slope)), default=0.0)
        size = size if size > self.error else self.slopes.scale
        if not self.error:
            return 16
        return max(0, min(16, floor(-log10(self.error / size)))) if size and isfinite(self.error) else 0


def judge(grad: float, slopes: Slopes, noise: float = 0.0, digits: int | None = None, name: str = "") -> InputCheck:
    """The verdict on `grad`; `noise` bounds the effect of rounding on a correct gradient.

    With `digits`, a gradient that is rounded to that many significant digits is accepted.

    >>> judge(-1.6, Slopes(-1.6, -1.6, error=1e-16)).verdict
    'pass'
    >>> judge(1.6, Slopes(-1.6, -1.6, error=1e-16)).verdict
    'fail'
    >>> judge(0.0, Slopes(-1.0, 1.0, kind="kink")).verdict
    'kink'
    >>> check = judge(1e-17, Slopes(0.0, 0.0, error=1e-16))
    >>> check.verdict, check.reason
    ('inconclusive', 'too small to see in floats')
    """
    verdict, why, caught = _judged(grad, slopes, noise, digits)
    if why == TOO_FEW:
        fewer = next((d for d in range((digits or 7) - 1, 1, -1) if _judged(grad, slopes, noise, d)[0] == "pass"), 0)
        why += f" (digits={fewer} accepts it)" * bool(fewer)
    return InputCheck(name, grad, slopes, verdict, why, caught, noise)


def _judged(grad: float, slopes: Slopes, noise: float, digits: int | None) -> tuple[Verdict, str, float]:
    """The verdict, its reason, and the smallest relative error that would have been detected."""
    if slopes.reason:
        return "inconclusive", slopes.reason, nan
    numeric, error = slopes.numeric, slopes.error + noise
    caught = relative_rounding(numeric, digits) if digits and numeric and isfinite(numeric) else CAUGHT
    if slopes.kind != "smooth":
        return *_beside_a_kink(grad, slopes, error, caught), nan
    if not isfinite(grad):
        return "fail", "not a number" if isnan(grad) else "infinite", nan
    if grad == numeric == slopes.scale == 0:
        return "pass", "", nan  # flat as far as floats can tell, and the gradient is zero
    difference, size = abs(grad - numeric), max(abs(grad), abs(numeric))
    meant = size
    is_zero = numeric == slopes.error == 0
    if is_zero or (grad == 0 and abs(numeric) <= min(SAFETY * error, slopes.scale)):
        size = slopes.scale  # a zero is small against its surroundings, or because large terms cancel exactly
        meant = max(size, slopes.terms if is_zero else 0.0)
    close, tolerance = max(slopes.agreement * error, caught * size), max(SAFETY * error, caught * size)
    if difference > tolerance:
        return "fail", "", tolerance / size if numeric and size else nan
    if difference <= close and error <= max(slopes.meant, caught) * meant:
        return "pass", "", close / size if numeric and size else nan
    is_small = max(abs(grad), abs(numeric)) <= SAFETY * error
    return "inconclusive", "too small to see in floats" if is_small else TOO_FEW, nan


def relative_rounding(number: float, digits: int) -> float:
    """The relative error of rounding to that many significant digits, and a little more."""
    return max(CAUGHT, 0.501 * 10.0 ** (floor(log10(abs(number))) - digits + 1) / abs(number))


def relative_error(grad: float, right: float) -> str:
    """The relative error of a gradient, with the number of digits that would accept it.

    >>> relative_error(-1.60001, -1.6)
    'relative error 6.2e-06 (digits=5 accepts that)'
    """
    off = abs(grad / right - 1)
    digits = next(d for d in range(8, 0, -1) if relative_rounding(right, d) >= off)
    return f"relative error {number(off, 2)} (digits={digits} accepts that)"


def _beside_a_kink(grad: float, slopes: Slopes, error: float, caught: float) -> tuple[Verdict, str]:
    """The verdict at a kink: any slope between the two passes; so does nan where the two are not finite slopes."""
    low, high = sorted((slopes.left, slopes.right))
    size = max((abs(slope) for slope in (low, high) if isfinite(slope)), default=0.0)
    close, tolerance = max(slopes.agreement * error, caught * size), max(SAFETY * error, caught * size)
    is_clear = low + tolerance <= grad <= high - tolerance
    is_sharp = error <= max(slopes.meant, caught) * size
    if is_clear or (is_sharp and low - close <= grad <= high + close) or (isnan(grad) and slopes.kind != "kink"):
        return "kink", _REASONS[slopes.kind].format("")
    if low - tolerance <= grad <= high + tolerance:
        return "inconclusive", TOO_FEW
    return "fail", _REASONS[slopes.kind].format("not ")


_REASONS = {"kink": "{}between the two slopes", "jump": "the function jumps here", "vertical": "the slope is infinite"}
