"""Numerical derivatives of a function that can only be called with floats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial
from itertools import islice
from math import frexp, isfinite, nan
from random import Random
from statistics import median

from autograd.checking.references.finite_differences import PLATEAU, ladder_slopes, largest_step, screened_slopes
from autograd.checking.references.precision import DOUBLE, Precision
from autograd.checking.references.reference import Reference, Toward, closed_form_hint
from autograd.checking.verdicts import (
    AGREEMENT,
    MEANT_COARSELY,
    MEANT_ROUNDED,
    SAFETY,
    InputCheck,
    Slopes,
    judge,
)

__all__ = ["FiniteDifferences"]

ROUNDINGS = 4
"""Units of the last digit by which a correct gradient may be off, relative to the terms that it is a sum of."""
BAND = 6
"""Binary orders of magnitude between the gradients that are confirmed together."""
LARGEST_GROUP = 1024
"""Number of gradients that are confirmed together."""
CHUNK = 64
"""Number of inputs whose finite differences are taken before any doubts about them are settled."""
FEW = 8
"""Number of gradients below which the whole ladder is not worth its calls along a direction."""
PARTS = [4.0**-k for k in range(6)]
"""Sizes of the steps from which a few calls determine slopes, relative to the largest; neighbours share most calls."""
STAIRS = "right over large steps, but not over small ones: is a part computed in single precision?"
"""The reason why such a gradient is neither right nor wrong."""


class FiniteDifferences(Reference):
    """The numerical derivatives of a function that can only be called with floats; `why` goes into the report.

    `along` gives the function of one input alone, `toward` that of a step in a direction, given by weights.  `accuracy`
    is the relative error up to which gradients are confirmed together.
    """

    def __init__(
        self,
        along: Callable[[str], Callable[[float], float]],
        at: Mapping[str, float],
        why: str = "",
        toward: Toward | None = None,
        precision: Precision = DOUBLE,
        accuracy: float = 1e-6,
    ) -> None:
        self.along, self.at, self.toward, self.precision, self.accuracy = along, at, toward, precision, accuracy
        self.source = "finite differences" + (f" ({why})" if why else "")

    @cached_property
    def result(self) -> float:
        """The result of the function at the inputs."""
        name, x = next(iter(self.at.items()))
        return self.along(name)(x)

    def slopes(self, names: Iterable[str], grads: Mapping[str, float]) -> Iterator[Slopes]:
        """The slopes with respect to each input.

        If there are many, directions in which their inputs move confirm those that are right.  The others are looked
        at: a few calls may suffice, or else the whole ladder is needed.  Where the few calls contradict many gradients,
        their slopes are confirmed along a direction as well.
        """
        names = list(names)
        slopes: dict[str, Slopes] = {}
        accuracy = self.accuracy if self.precision is DOUBLE else MEANT_COARSELY
        for group in _groups([name for name in names if grads.get(name)], grads) if len(names) >= FEW else ():
            slopes |= self._confirmed({name: Slopes(grads[name], grads[name]) for name in group}, accuracy)
        remaining = iter([name for name in names if name not in slopes])
        while chunk := list(islice(remaining, CHUNK)):
            functions = {name: self._function(name) for name in chunk}
            screened = {name: self._screened(f, self.at[name], grads.get(name, 0.0)) for name, f in functions.items()}
            clear = {name: found for name, found in screened.items() if found}
            doubtful = {
                name: found for name, found in clear.items() if judge(grads.get(name, 0.0), found).verdict != "pass"
            }
            far = {n: x for n, x in doubtful.items() if abs(grads.get(n, 0.0) - x.numeric) > 1e-2 * abs(x.numeric) > 0}
            slopes |= {name: found for name, found in clear.items() if name not in doubtful}
            slopes |= self._confirmed(far, 1e-3) if len(far) >= FEW else {}
            for name, f in functions.items():
                if name not in slopes:
                    slopes[name] = ladder_slopes(f, self.at[name], self.precision)
        yield from (slopes[name] for name in names)

    def along_direction(
        self, moves: Mapping[str, float], grad: float, size: float = 1.0, thorough: bool = True
    ) -> Iterator[Slopes]:
        """The slopes along a direction: each that a few calls show clearly, and if `thorough` that of the whole ladder.

        The steps are multiples of `size`; `grad` is the expected slope.
        """
        assert self.toward is not None
        f = cache(self.toward(moves))
        yield from self._clear_slopes(f, grad, size)
        if thorough:
            yield _per_unit(ladder_slopes(partial(_scaled, f, size), 0.0, self.precision), size)

    def _function(self, name: str) -> Callable[[float], float]:
        """The function of one input alone, called only once for numbers that are equal in its precision."""
        f, rounded = cache(self.along(name)), self.precision.rounded
        return lambda x: f(rounded(x))

    def _screened(self, f: Callable[[float], float], at: float, grad: float) -> Slopes | None:
        """The slopes with respect to one input if a few calls show them clearly, over steps of its own size or larger.

        In single precision they never do.
        """
        if self.precision is not DOUBLE:
            return None
        return screened_slopes(f, at, grad) or next(
            self._clear_slopes(lambda t: f(at + t), grad, largest_step(at)), None
        )

    def _clear_slopes(self, f: Callable[[float], float], grad: float, size: float) -> Iterator[Slopes]:
        """The slopes of `f` at 0 where a few calls show them clearly, over smaller and smaller parts of `size`."""
        for unit in (size * part for part in PARTS if self.precision is DOUBLE):
            if slopes := screened_slopes(partial(_scaled, f, unit), 0.0, grad * unit):
                yield _per_unit(slopes, unit)

    def _confirmed(self, slopes: Mapping[str, Slopes], accuracy: float) -> dict[str, Slopes]:
        """Those of the slopes that are confirmed together: all, or else one half, and as much of the other."""
        confirmed: dict[str, Slopes] = {}
        groups = [slopes] if self.toward and slopes else []
        while groups:
            results = [self._confirmed_together(group, accuracy) for group in groups]
            failed = [list(group.items()) for group, result in zip(groups, results, strict=True) if not result]
            confirmed |= {name: x for result in results for name, x in result.items()}
            groups = []
            if len(failed) == 1 and len(failed[0]) >= 2 * FEW:
                half = len(failed[0]) // 2
                groups = [dict(failed[0][:half]), dict(failed[0][half:])]
        return confirmed

    def _confirmed_together(self, slopes: Mapping[str, Slopes], accuracy: float) -> Mapping[str, Slopes]:
        """These slopes if the function changes as they predict when all their inputs move at once; else none.

        Each contributes a similar share, so that the largest relative error of any is known: at most `accuracy`.
        """
        source = Random(0)
        share = min(abs(found.numeric) for found in slopes.values())
        moves = {
            name: source.choice((-1, 1)) * source.uniform(0.5, 1) * share / found.numeric
            for name, found in slopes.items()
        }
        predicted = sum(found.numeric * moves[name] for name, found in slopes.items())
        size = largest_step(median(abs(self.at[name]) for name in slopes))
        for actual in self.along_direction(moves, predicted, size, thorough=len(slopes) >= FEW):
            difference = abs(actual.numeric - predicted)
            off = 2 * (difference + actual.error) / share
            if actual.kind == "smooth" and off <= accuracy:
                return {name: replace(x, error=max(x.error, off * abs(x.numeric))) for name, x in slopes.items()}
            if difference > SAFETY * actual.error:
                break
        return {}

    def check(
        self, name: str, grad: float, slopes: Slopes, closed: float | None, digits: int | None, rounded: float = 0.0
    ) -> InputCheck:
        """The verdict on one gradient."""
        noise = ROUNDINGS * rounded * max(abs(slopes.numeric), slopes.scale) if rounded else 0.0
        if self.precision is not DOUBLE:
            slopes = replace(slopes, meant=MEANT_COARSELY, agreement=AGREEMENT)
        elif rounded:
            slopes = replace(slopes, meant=MEANT_ROUNDED)
        check = judge(grad, slopes, noise, digits, name)
        if check.verdict == "fail" and _is_coarsely_right(grad, slopes):
            check = replace(check, verdict="inconclusive", why=STAIRS, caught=nan)
        return replace(check, hint=closed_form_hint(closed, slopes, noise), closed=lambda: closed)


def _scaled(f: Callable[[float], float], unit: float, t: float) -> float:
    return f(t * unit)


def _per_unit(slopes: Slopes, unit: float) -> Slopes:
    """The slopes with respect to x, given those with respect to x in multiples of a unit."""
    left, right, error, scale = (x / unit for x in (slopes.left, slopes.right, slopes.error, slopes.scale))
    return replace(
        slopes, left=left, right=right, error=error, scale=scale, coarse=slopes.coarse / unit, step=slopes.step * unit
    )


def _is_coarsely_right(grad: float, slopes: Slopes) -> bool:
    """True if larger steps agree on the gradient, and small ones on another slope."""
    size = PLATEAU * abs(slopes.coarse)
    return abs(grad - slopes.coarse) <= size and not abs(slopes.numeric - slopes.coarse) <= 2 * size


def _groups(names: Sequence[str], grads: Mapping[str, float]) -> Iterator[list[str]]:
    """The names in groups of the same array, with gradients of comparable size."""
    groups: dict[tuple[str, int], list[str]] = {}
    for name in names:
        if isfinite(grads[name]):
            groups.setdefault((name.partition("[")[0], frexp(grads[name])[1] // BAND), []).append(name)
    for group in groups.values():
        yield from (group[i : i + LARGEST_GROUP] for i in range(0, len(group), LARGEST_GROUP))
