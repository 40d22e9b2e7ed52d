"""The comparison of gradients with a reference, one by one and along directions in which many inputs move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import copysign, nan
from random import Random
from statistics import median

from autograd.checking.inputs import MISSING, Block, Gradients
from autograd.checking.references.by_differences import FiniteDifferences
from autograd.checking.references.finite_differences import ladder_slopes
from autograd.checking.references.precision import DOUBLE
from autograd.checking.references.reference import Reference
from autograd.checking.verdicts import SAFETY, InputCheck, relative_error

__all__ = ["along_directions", "compared", "with_ties"]

LOST = 5e-3
"""Relative error that the cancellation of rounded terms may explain, in a gradient of less than double precision."""
NEARBY = 1e-4
"""Distance, relative to the inputs, of the points around a kink."""
NEIGHBOURS = 32
"""Number of points around a kink at which the function has to have the same slope."""
SAME_SLOPE = 1e-3
"""Relative difference that the curvature of a function may cause between the slopes around a point."""
NOT_ALL_ZERO = "0 is possible for each of these, but not for all: moved together, they change the function"
"""The reason why gradients fail that are between the two slopes one by one."""


def compared(
    reference: Reference,
    names: Iterable[str],
    gradients: Gradients,
    closed: Mapping[str, float],
    digits: int | None = None,
    blocks: Sequence[Block] = (),
) -> Iterator[InputCheck]:
    """The gradients against the reference; an input without one fails."""
    names, grads = list(names), gradients.numbers
    why = {name: gradients.problems[b.name] for b in blocks if b.name in gradients.problems for name in b.names}
    for name, slopes in zip(names, reference.slopes(names, grads), strict=True):
        check = reference.check(name, grads.get(name, nan), slopes, closed.get(name), digits, gradients.rounded)
        if gradients.rounded and check.verdict == "fail" and slopes.kind == "smooth":
            check = _with_lost_digits(check)
        yield check if name in grads else replace(check, verdict="fail", why=why.get(name, MISSING), caught=nan)


def _with_lost_digits(check: InputCheck) -> InputCheck:
    """The check of a rounded gradient that failed: inconclusive if the cancellation of its terms may explain that."""
    if not check.numeric or not abs(check.grad / check.numeric - 1) <= LOST:
        return check
    why = f"{relative_error(check.grad, check.numeric)}: rounding, or a mistake?"
    return replace(check, verdict="inconclusive", why=why, caught=nan)


def with_ties(reference: Reference, checks: Sequence[InputCheck]) -> list[InputCheck]:
    """The checks, of which those fail whose gradient is 0 at all inputs of a tie, such as max(x, y) at x = y.

    One by one, each of these zeros is between the two slopes of its kink.  But where all inputs move so that the tie
    remains, there is no kink, and the function changes.  That is not enough to call the zeros wrong: in
    ``relu(x) - relu(-y)`` at 0, where they are right, the kinks cancel along (1, 1).  At the points around it they do
    not, and the slopes differ.  Only where all of these are the same, all subgradients have this slope, which is not 0.
    """
    zeros = [check for check in checks if (check.verdict, check.slopes.kind, check.grad) == ("kink", "kink", 0)]
    moves = {check.name: copysign(1.0, check.slopes.numeric) for check in zeros if check.slopes.numeric}
    steepest = max((max(abs(check.slopes.left), abs(check.slopes.right)) for check in zeros), default=0.0)
    if len(moves) < 2 or not _has_same_slope_around(reference, moves, steepest):
        return list(checks)
    return [replace(check, verdict="fail", why=NOT_ALL_ZERO) if check.name in moves else check for check in checks]


def _has_same_slope_around(reference: Reference, moves: Mapping[str, float], steepest: float) -> bool:
    """True if the slope along a direction, at the point and at all points around it, is the same and not zero."""
    toward = reference.toward
    if toward is None or reference.precision is not DOUBLE:
        return False
    slopes = ladder_slopes(toward(moves), 0.0)
    slope, source = slopes.numeric, Random(0)
    if slopes.kind != "smooth" or not abs(slope) > max(SAFETY * slopes.error, SAME_SLOPE * steepest):
        return False
    distance = NEARBY * (median(abs(reference.at[name]) for name in moves) or 1.0)
    step = distance / 64

    def secant() -> float:
        neighbour = {name: distance * source.uniform(-1, 1) for name in moves}
        ends = ({name: x + side * moves[name] for name, x in neighbour.items()} for side in (step, -step))
        try:
            after, before = (toward(end)(1.0) for end in ends)
        except Exception:  # outside its domain a function may fail in many ways
            return nan
        return (after - before) / (2 * step)

    return all(abs(secant() - slope) <= SAME_SLOPE * abs(slope) for _ in range(NEIGHBOURS))


def along_directions(
    reference: Reference,
    blocks: Sequence[Block],
    names: set[str],
    gradients: Gradients,
    digits: int | None = None,
    seed: int = 0,
) -> Iterator[InputCheck]:
    """For each array of which `names` holds a part, the check of all its gradients along one random direction."""
    source, grads = Random(seed), gradients.numbers
    for block in blocks:
        if not names.issuperset(block.names) and block.names[0] in grads and isinstance(reference, FiniteDifferences):
            scale = max(abs(reference.at[name]) for name in block.names) or 1.0
            moves = {name: source.choice((-1, 1)) * source.uniform(0.5, 1) * scale for name in block.names}
            grad = sum(grads[name] * move for name, move in moves.items())
            for slopes in reference.along_direction(moves, grad):
                check = reference.check(block.along, grad, slopes, None, digits, gradients.rounded)
                if check.verdict == "pass":
                    break
            yield check
