"""Finite differences: the numerical derivative of a function that can only be called with floats.

A central difference ``(f(x + h) - f(x - h)) / 2h`` has an error that shrinks with h² (the function bends) and one
that grows as h shrinks (rounding in f, divided by h).  The best step is not known beforehand, so a ladder of steps is
used, each a quarter of the one before, and the way in which the differences shrink is analysed:

    f(x + h) - f(x - h)            like h: a slope;     like 1: a jump;   slower than h: a vertical tangent
    f(x + h) + f(x - h) - 2 f(x)   like h²: smooth;     like h: a kink;   slower than h: a cusp

The rounding of f is measured from a table of differences (Moré and Wild, "Estimating computational
noise", SIAM J. Sci. Comput. 33, 2011).  Two steps together cancel the h² (Richardson, 1911), three the h⁴; the change
from stage to stage estimates the error (Ridders, "Accurate computation of F'(x) and F'(x)F''(x)",
Adv. Eng. Software 4, 1982).  Ridders trusts the smallest such change.  Here it is trusted only if no finer step
contradicts it, and rounding is added; a coarse step may agree with its neighbour by chance.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import comb, copysign, frexp, hypot, inf, isfinite, ldexp, log, nan, sqrt
from typing import Literal

from autograd.checking.references.precision import DOUBLE, Precision
from autograd.checking.verdicts import Slopes, unknown

__all__ = ["PLATEAU", "ladder_slopes", "largest_step", "noise", "screened_slopes"]

Function = Callable[[float], float]

RUNGS = 50
"""Largest number of steps, each a quarter of the one before."""
VISIBLE = 10
"""Ratio to the noise above which a difference is significant."""
STAGES = 3
"""Number of successive Richardson extrapolations."""
ODD = 357 / 256
"""Steps are powers of two times this: powers of two alone fall into step with periods and with binary rounding."""
ROUGH = 0.03
"""Noise, relative to the largest values and changes of the function, that may hide a slope instead of blurring it."""
STAIRS = 1e4
"""Ratio of the noise over larger distances to that over small ones above which a function is a staircase."""
PLATEAU = 0.05
"""Relative difference up to which slopes over successive steps agree."""
UNEQUAL, MOST_UNEQUAL = 64, 0.05
"""Relative difference between a step and its rounding, in units of a precision below double; and the largest."""
RESOLUTION = 2.0**-9
"""Relative to the function, the coarsest grid that its values may lie on; half precision has 2**-10."""


@dataclass(frozen=True)
class _Rung:
    """One step to the left and to the right: the two secants, and a bound on the rounding of one call."""

    step: float
    left: float
    right: float
    noise: float

    @property
    def odd(self) -> float:
        """``f(x + h) - f(x - h)``."""
        return (self.left + self.right) * self.step

    @property
    def even(self) -> float:
        """``f(x + h) + f(x - h) - 2 f(x)``."""
        return (self.right - self.left) * self.step

    @property
    def central(self) -> float:
        """The central difference."""
        return (self.left + self.right) / 2

    @property
    def is_defined(self) -> bool:
        """True if the function has finite numbers at both ends."""
        return isfinite(self.left) and isfinite(self.right)


def ladder_slopes(f: Function, at: float, precision: Precision = DOUBLE) -> Slopes:
    """The slopes of `f`, a function of one float, at a point, from about 70 to 150 calls.

    `precision` is that of the function: of its result, and of the numbers that it can distinguish.

    >>> from math import sin
    >>> slopes = ladder_slopes(sin, 0.0)
    >>> abs(slopes.numeric - 1) <= slopes.error < 1e-12
    True
    >>> slopes = ladder_slopes(abs, 0.0)
    >>> slopes.left, slopes.right, slopes.kind
    (-1.0, 1.0, 'kink')
    """
    if not isfinite(at):
        return unknown(f"the input is {at}")
    f, at = _quiet(f), precision.rounded(at)
    here = f(at)
    if not isfinite(here):
        return unknown("not defined here")
    levels = _noise_levels(f, at)
    rungs = _rungs(f, at, here, 3 * _lowest(levels), precision)
    if not rungs:
        coarse = "" if precision is DOUBLE else f": {precision.name} is too coarse"
        return unknown(f"no step from {at:.6g} is exact{coarse}")
    if not any(rung.left or rung.right for rung in rungs):
        # Flat.  Points farther away show the size of the numbers in which a slope would have to be visible.
        far = [abs(f(at + side * (abs(at) or 1.0))) for side in (-8, -2, 2, 8)]
        error = (precision.epsilon * max([abs(here), *filter(isfinite, far)]) + 5e-324) / rungs[0].step
        return Slopes(0.0, 0.0, error)
    changes = [abs(slope) * rung.step for rung in rungs if rung.is_defined for slope in (rung.left, rung.right)]
    if changes and rungs[-1].noise > ROUGH * max(abs(here), *changes):
        return unknown("the function changes as much over the smallest steps as over the largest")
    slopes = _read(_on_a_grid(rungs, here), at, precision)
    return replace(slopes, coarse=_plateau(rungs)) if _is_staircase(levels) else slopes


def screened_slopes(f: Function, at: float, grad: float) -> Slopes | None:
    """The slopes from seven to nine calls; None if these are not clear enough.

    Where the function does not change at all, they are only clear if `grad` is zero as well.
    """
    f = _quiet(f)
    here, size = f(at), ODD * _power_of_two(at)
    if not at < at + size / 4096 < inf:
        return None
    rungs = [_rung(f, at, here, size / part, DOUBLE, 8 * DOUBLE.epsilon * abs(here)) for part in (256, 1024, 4096)]
    if not all(rung.is_defined for rung in rungs):
        return None
    if grad == 0 and not any(rung.left or rung.right for rung in rungs):
        far = _rung(f, at, here, size / 2, DOUBLE, DOUBLE.epsilon * abs(here) + 5e-324)
        return None if far.left or far.right else Slopes(0.0, 0.0, far.noise / far.step)
    slope, error, finest = _limit([r.central for r in rungs], [r.noise / r.step for r in rungs], 16)
    is_smooth = abs(rungs[2].even) <= abs(rungs[1].even) / 8 + VISIBLE * rungs[2].noise
    is_clear = is_smooth and error <= 1e-7 * abs(slope)
    return Slopes(slope, slope, error, step=rungs[finest].step) if is_clear else None


def _rung(f: Function, at: float, here: float, step: float, precision: Precision, noise: float) -> _Rung:
    left, right = precision.rounded(at - step), precision.rounded(at + step)
    before, after = f(left), f(right)
    noise = max(noise, precision.noise * max(abs(before), abs(here), abs(after)))
    return _Rung(step, (here - before) / (at - left), (after - here) / (right - at), noise)


def _rungs(f: Function, at: float, here: float, noise: float, precision: Precision) -> list[_Rung]:
    """The rungs of the ladder, down to the first that shows nothing but noise."""
    rungs: list[_Rung] = []
    steepest = 0.0
    for step in _steps(at, precision):
        rung = _rung(f, at, here, step, precision, noise)
        rungs.append(rung)
        if rung.is_defined:
            steepest = max(steepest, abs(rung.left), abs(rung.right))
            if len(rungs) > 12 and rung.noise / step > 100 * steepest:
                break
    return rungs


def _on_a_grid(rungs: list[_Rung], here: float) -> list[_Rung]:
    """The rungs, with more noise if the values of the function lie on a grid, as those of single precision do.

    Then the finest steps show no change, and the next ones a binary digit, or multiples of one change on both sides.
    """
    last = rungs[-1]
    if last.left or last.right or not all(rung.is_defined for rung in rungs):
        return rungs
    sides = [
        [abs(s) * rung.step for rung in reversed(rungs) if (s := getattr(rung, side))] for side in ("left", "right")
    ]
    grid = min((changes[0] for changes in sides if changes), default=0.0)
    if not grid or grid > RESOLUTION * max([abs(here), *(max(changes, default=0.0) for changes in sides)]):
        return rungs
    counts = [change / grid for changes in sides for change in changes[:3]]
    are_multiples = all(sides) and all(abs(count - round(count)) < 0.05 for count in counts if count < 64)
    units = grid.as_integer_ratio()[0]  # a few units of the last binary digit: an odd number, times a power of two
    if not (are_multiples or units // (units & -units) < 64):
        return rungs
    return [replace(rung, noise=max(rung.noise, grid)) for rung in rungs]


def _steps(at: float, precision: Precision) -> Iterator[float]:
    """Steps, each a quarter of the one before, that can be added and subtracted exactly.

    In less than double precision such steps are few and short; there it is enough if the two are equal apart from
    rounding.
    """
    step = ODD * largest_step(at) / 2
    unequal = 0.0 if precision is DOUBLE else min(UNEQUAL * precision.epsilon, MOST_UNEQUAL)
    for _ in range(RUNGS):
        before, after = precision.rounded(at - step), precision.rounded(at + step)
        differences = abs(after - at - step), abs(at - before - step)
        if step >= sys.float_info.min and max(differences) <= unequal * step:
            yield step
        step /= 4


def largest_step(at: float) -> float:
    """The size of the largest steps from a number: its own, or up to 1 if it is small."""
    size = _power_of_two(at)
    return max(size, min(1.0, size * 4.0**12))


def _power_of_two(at: float) -> float:
    return ldexp(1.0, frexp(at)[1] - 1) if at else 1.0


def _read(rungs: list[_Rung], at: float, precision: Precision) -> Slopes:
    """The slopes at the point, classified by the order in which the differences shrink."""
    last = rungs[-1]
    if not last.is_defined:
        sides = {(True, False): "to the right", (False, True): "to the left"}
        side = sides.get((isfinite(last.left), isfinite(last.right)), "on either side")
        return unknown(f"not defined {side} of {at:.6g}")
    rungs = rungs[max((i + 1 for i, rung in enumerate(rungs) if not rung.is_defined), default=0) :]
    steps, noises = [rung.step for rung in rungs], [rung.noise for rung in rungs]
    lefts, rights = [rung.left for rung in rungs], [rung.right for rung in rungs]
    visible = [abs(s) for rung in rungs for s in (rung.left, rung.right) if abs(s) * rung.step > VISIBLE * rung.noise]
    scale = max(visible, default=0.0)
    bars = [noise / step for noise, step in zip(noises, steps, strict=True)]

    odd, odd_to_the_end = _order([rung.odd for rung in rungs], noises)
    even, even_to_the_end = _order([rung.even for rung in rungs], noises)
    is_steep = (odd_to_the_end and odd < STEEP) or (even_to_the_end and even < STEEP)
    if is_steep and precision is not DOUBLE:
        return unknown(f"{precision.name} is too coarse to tell a slope from a jump here")
    if odd_to_the_end and odd < FLAT:  # the pieces on both sides matter, without the point itself
        pieces = [[(4 * coarse - fine) / 3 for coarse, fine in pairwise(side)] for side in (lefts, rights)]
        return _two_sided(pieces, [4 * bar for bar in bars[1:]], "jump", scale)
    if even_to_the_end and even < FLAT:  # a point apart from its surroundings, or more noise than was measured
        return _read([replace(rung, noise=max(rung.noise, abs(last.even))) for rung in rungs], at, precision)
    if is_steep:
        return Slopes(copysign(inf, last.left), copysign(inf, last.right), kind="vertical", scale=scale)
    if even < BENT:
        return _two_sided([lefts, rights], [2 * bar for bar in bars], "kink", scale)
    if precision is not DOUBLE and _last_order([rung.even for rung in rungs], noises) < STRAIGHT:
        return unknown(f"the steps that {precision.name} allows reach a kink nearby")
    if precision is not DOUBLE:
        rungs = _before_kinks(rungs)
        bars = bars[-len(rungs) :]
    slope, error, finest = _limit([rung.central for rung in rungs], bars, 16)
    if not isfinite(error):
        return unknown("no step gives a slope that finer steps confirm")
    bends = [rung for rung in rungs if abs(rung.even) > VISIBLE * rung.noise]
    if bends:  # at the next float the slope differs by this much, and no computation with floats can do better
        error += 2 * precision.epsilon * abs(bends[-1].even) / bends[-1].step * (abs(at) / bends[-1].step)
    return Slopes(slope, slope, error, "smooth", scale, step=rungs[finest].step)


def _two_sided(sides: list[list[float]], bars: list[float], kind: Literal["kink", "jump"], scale: float) -> Slopes:
    """The slopes to the left and to the right, each the limit of its own values."""
    (left, left_error, _), (right, right_error, _) = (_limit(values, bars, 4) for values in sides)
    error = max(left_error, right_error)
    if kind == "kink" and abs(left - right) <= max(10 * error, 1e-9 * abs(left)):
        middle = (left + right) / 2
        return Slopes(middle, middle, error, "smooth", scale)
    return Slopes(left, right, error, kind, scale)


FLAT, STEEP, BENT, STRAIGHT = 0.15, 0.85, 1.25, 1.5
"""Powers of h below which a difference stays, shrinks too slowly for a slope, shrinks as at a kink, or may do so."""


def _order(differences: Sequence[float], noises: Sequence[float]) -> tuple[float, bool]:
    """The power of h with which the differences shrink at the finest steps that show them.

    Infinite if the differences are never visible or follow no power.  The second result is True if there are no finer
    steps.
    """
    sizes = [abs(d) if abs(d) > VISIBLE * n else 0.0 for d, n in zip(differences, noises, strict=True)]
    for i in range(len(sizes) - 1, 2, -1):
        if all(sizes[i - 3 : i + 1]):
            orders = [log(coarse / fine) / log(4) for coarse, fine in pairwise(sizes[i - 3 : i + 1])]
            return (orders[-1] if max(orders) - min(orders) < 0.3 else inf), i == len(sizes) - 1
    return inf, False


def _plateau(rungs: Sequence[_Rung]) -> float:
    """The slope over the largest steps of which three in a row agree."""
    for one, two, three in zip(rungs, rungs[1:], rungs[2:], strict=False):
        centrals = one.central, two.central, three.central
        if max(centrals) - min(centrals) <= PLATEAU * abs(three.central) and abs(three.odd) > VISIBLE * three.noise:
            return three.central
    return nan


def _before_kinks(rungs: list[_Rung]) -> list[_Rung]:
    """The rungs whose steps are too small to reach a kink nearby, as far as the noise shows it."""
    reaching = (
        i
        for i, (coarse, fine) in enumerate(pairwise(rungs), 1)
        if abs(fine.even - coarse.even / 16) > abs(coarse.even) / 32 + VISIBLE * fine.noise
    )
    return rungs[max(reaching, default=0) :]


def _last_order(differences: Sequence[float], noises: Sequence[float]) -> float:
    """The power of h with which the differences shrink between the last two that are visible."""
    visible = [abs(d) if abs(d) > VISIBLE * n else 0.0 for d, n in zip(differences, noises, strict=True)]
    pairs = [log(coarse / fine) / log(4) for coarse, fine in pairwise(visible) if coarse and fine]
    return pairs[-1] if pairs else inf


def _limit(values: Sequence[float], noises: Sequence[float], base: int) -> tuple[float, float, int]:
    """The limit of a sequence whose error shrinks by `base`, base², ..., and a bound on the distance to it.

    A result is judged by the change from stage to stage, by its neighbour, as the error may shrink more slowly than
    assumed, and by all finer values.  The third number returned is the index of the last value that the best uses.
    """
    best, bound, last = values[-1], inf, len(values) - 1
    stage = list(values)
    for power in range(1, STAGES + 1):
        factor = base**power
        previous, stage = stage, [b + (b - a) / (factor - 1) for a, b in pairwise(stage)]
        for k, value in enumerate(stage[1:], 1):
            finest = k + power
            error = max(abs(value - previous[k + 1]), abs(value - stage[k - 1]) / 4) + 1.5 * noises[finest]
            settled = abs(values[finest] - values[finest - 1])  # finer values change less, apart from their noise
            confirmed = all(
                abs(value - values[i]) <= 3 * (error + noises[i]) + min(settled, abs(values[i] - values[i - 1]))
                for i in range(finest + 1, len(values))
            )
            if error < bound and confirmed:
                best, bound, last = value, error, finest
    return best, bound, last


def noise(f: Function, at: float) -> float:
    """The standard deviation of the rounding in `f` near a point, measured from tables of differences.

    On such a short interval, high-order differences of a smooth function contain nothing but its rounding.
    Return 0 if the function is constant there as far as floats can tell.
    """
    return _lowest(_noise_levels(f, at))


def _lowest(levels: Sequence[tuple[float, bool]]) -> float:
    agreed = [level for level, agrees in levels if agrees] or [level for level, _ in levels[:1]]
    return max((level for level in agreed[:2] if level <= 100 * agreed[0]), default=0.0)


def _is_staircase(levels: Sequence[tuple[float, bool]]) -> bool:
    """True if there is much more noise over larger distances: numbers of single precision within the function."""
    agreed = [level for level, agrees in levels if agrees]
    return bool(agreed) and max(agreed) > STAIRS * min(agreed)


def _noise_levels(f: Function, at: float) -> list[tuple[float, bool]]:
    """The noise over some distances, the smallest first, each with whether the differences agree on it."""
    size, levels = ODD * _power_of_two(at), []
    for exponent in (-44, -36, -28, -22, -18):
        spacing = ldexp(size, exponent)
        values = [f(at + i * spacing) for i in range(64, 73)]  # beside the point, which may be a kink
        # Where most neighbours are equal, the interval is shorter than what the function resolves.
        if all(map(isfinite, values)) and sum(a != b for a, b in pairwise(values)) >= 4:
            levels.append(_from_differences(values))
    return levels


def _from_differences(values: list[float]) -> tuple[float, bool]:
    """The level of noise at which three orders of differences agree; else that of the last, and False."""
    levels: list[float] = []
    for k in range(1, len(values)):
        values = [b - a for a, b in pairwise(values)]
        levels.append(hypot(*values) / sqrt(len(values) * comb(2 * k, k)))
        if 0 < max(levels[-3:]) <= 4 * min(levels[-3:]) and k >= 3:
            return levels[-3], True
    return levels[-1], False


def _quiet(f: Function) -> Function:
    """`f` with nan where it is not defined."""

    def call(x: float) -> float:
        try:
            return f(x)
        except Exception:  # outside its domain a function may fail in many ways
            return nan

    return call
