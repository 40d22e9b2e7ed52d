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
DIFFERENT = 0.01
"""Relative difference between the slope at a tie and the sum of its gradients above which these are wrong."""
NOT_TOGETHER = "each is possible, but not all together: moved together, the function changes by another amount"
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
            check = _with_lost_digits(check, gradients.rounded, reference)
        yield check if name in grads else replace(check, verdict="fail", why=why.get(name, MISSING), caught=nan)


def _with_lost_digits(check: InputCheck, rounded: float, reference: Reference) -> InputCheck:
    """The check of a rounded gradient that failed: inconclusive if the cancellation of its terms may explain that.

    They may cancel in part, or altogether, so that nothing but their rounding is left.
    """
    visible = rounded * abs(reference.result) / max(1.0, abs(reference.at[check.name]))
    if max(abs(check.grad), abs(check.numeric)) <= visible:
        why = "too small to see in single precision"
    elif check.numeric and abs(check.grad / check.numeric - 1) <= LOST:
        why = f"{relative_error(check.grad, check.numeric)}: rounding, or a mistake?"
    else:
        return check
    return replace(check, verdict="inconclusive", why=why, caught=nan)


def with_ties(reference: Reference, checks: Sequence[InputCheck]) -> list[InputCheck]:
    """The checks, of which those fail whose gradients are possible one by one, but not together.

    At a tie, such as max(x, y) at x = y, 0 and 1 lie between the two slopes of each input.  But where all inputs move
    so that the tie remains, there is no kink, and the function changes by the sum of the gradients: they cannot all be
    0, nor all 1.  Kinks may also cancel along this direction alone, as in ``relu(x) - relu(-y)`` at 0, where 0 and 0
    are possible; then the slopes at the points around it differ.  Only where these are all the same, so are the slopes
    of all subgradients.  (A gradient that fails on its own, or one at a symmetric kink, may hold what is missing.)
    """
    kinked = [check for check in checks if check.verdict == check.slopes.kind == "kink"]
    tied = [check for check in kinked if check.slopes.numeric]
    takes_more = any(check.grad for check in kinked if not check.slopes.numeric)
    if takes_more or any(check.verdict == "fail" for check in checks):
        return list(checks)
    moves = {check.name: copysign(1.0, check.slopes.numeric) for check in tied}
    steepest = max((max(abs(check.slopes.left), abs(check.slopes.right)) for check in tied), default=0.0)
    slope = _same_slope_around(reference, moves, steepest) if len(moves) > 1 else None
    predicted = sum(check.grad * moves[check.name] for check in tied)
    if slope is None or abs(predicted - slope) <= DIFFERENT * abs(slope):
        return list(checks)
    return [replace(check, verdict="fail", why=NOT_TOGETHER) if check.name in moves else check for check in checks]


def _same_slope_around(reference: Reference, moves: Mapping[str, float], steepest: float) -> float | None:
    """The slope along a direction if it is the same at the point and at all points around it, and not zero."""
    toward = reference.toward
    if toward is None or reference.precision is not DOUBLE:
        return None
    slopes = ladder_slopes(toward(moves), 0.0)
    slope, source = slopes.numeric, Random(0)
    if slopes.kind != "smooth" or not abs(slope) > max(SAFETY * slopes.error, SAME_SLOPE * steepest):
        return None
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

    is_same = all(abs(secant() - slope) <= SAME_SLOPE * abs(slope) for _ in range(NEIGHBOURS))
    return slope if is_same else None


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
