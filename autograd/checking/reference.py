"""The numerical derivatives that gradients are compared with: by exact replay of a graph, or by finite differences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial
from itertools import islice
from math import copysign, frexp, isfinite, isnan, nan
from random import Random
from statistics import median
from typing import Any

from autograd.checking.audit import Graph
from autograd.checking.inputs import MISSING, Block, Gradients
from autograd.checking.references.exact_gradient import confirmed_slopes
from autograd.checking.references.exact_replay import DIGITS, GraphSlopes, exact_slopes, steepest_secant
from autograd.checking.references.finite_differences import PLATEAU, ladder_slopes, largest_step, screened_slopes
from autograd.checking.references.precision import DOUBLE, Precision
from autograd.checking.references.rounding import rounding, roundings
from autograd.checking.references.sympy_reference import closed_forms
from autograd.checking.verdicts import (
    AGREEMENT,
    EPSILON,
    MEANT_COARSELY,
    MEANT_ROUNDED,
    SAFETY,
    InputCheck,
    Slopes,
    hull,
    judge,
    relative_error,
)
from autograd.core.graph import adjoints
from autograd.core.value import Value
from autograd.formula.systems import IEEE, NumberSystem, mpmath

__all__ = ["ExactReplay", "FiniteDifferences", "Reference", "along_directions", "compared", "with_ties"]

CLOSE = 1e-6
"""Error of a gradient, relative to the largest, that rounding may explain."""
STEADY = 1e-9
"""Relative error of a gradient below which rounding hardly matters."""
SINGLY = 20
"""Number of inputs up to which each is moved on its own, and more than that together."""
ROUNDINGS = 4
"""Units of the last digit by which a correct gradient may be off, relative to the terms that it is a sum of."""
LOST = 5e-3
"""Relative error that the cancellation of rounded terms may explain, in a gradient of less than double precision."""
BAND = 6
"""Binary orders of magnitude between the gradients that are confirmed together."""
LARGEST_GROUP = 1024
"""Number of gradients that are confirmed together."""
CHUNK = 64
"""Number of inputs whose finite differences are taken before any doubts about them are settled."""
STAIRS = "right over large steps, but not over small ones: is a part computed in single precision?"
"""The reason why such a gradient is neither right nor wrong."""
PARTS = [4.0**-k for k in range(6)]
"""Sizes of the steps from which a few calls determine slopes, relative to the largest; neighbours share most calls."""
FEW = 8
"""Number of gradients below which the whole ladder is not worth its calls along a direction."""
NEARBY = 1e-4
"""Distance, relative to the inputs, of the points around a kink."""
NEIGHBOURS = 32
"""Number of points around a kink at which the function has to have the same slope."""
SAME_SLOPE = 1e-3
"""Relative difference that the curvature of a function may cause between the slopes around a point."""
NOT_ALL_ZERO = "0 is possible for each of these, but not for all: moved together, they change the function"
"""The reason why gradients fail that are between the two slopes one by one."""

Along = Callable[[str], Callable[[NumberSystem, Any], Any]]
"""The result as a function of the input of a name, over any number system."""
Toward = Callable[[Mapping[str, float]], Callable[[float], float]]
"""The result as a function of a step in a direction, given by weights."""


class Reference(ABC):
    """A method for the numerical derivative with respect to each input.

    `source` is its name, `precision` that of the function whose slopes it measures.
    """

    source: str
    precision: Precision = DOUBLE
    at: Mapping[str, float]
    """The inputs."""
    toward: Toward | None
    """The function of a step in a direction, given by weights."""

    @abstractmethod
    def slopes(self, names: Iterable[str], grads: Mapping[str, float]) -> Iterator[Slopes]:
        """The slopes with respect to each input; `grads` are expected to be right, which may save work."""

    @abstractmethod
    def check(
        self, name: str, grad: float, slopes: Slopes, closed: float | None, digits: int | None, rounded: float
    ) -> InputCheck:
        """The verdict on one gradient.

        `closed` is only shown beside it; the gradient was computed with the relative precision `rounded`.
        """


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
        yield check if name in grads else replace(check, verdict="fail", why=why.get(name, MISSING), caught=nan)


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


class ExactReplay(Reference):
    """The numerical derivatives of one recorded graph with respect to the `leaves`, free of rounding.

    A few inputs are moved one by one.  The gradient of many is computed at once, and confirmed along random directions;
    only those that meet a kink are moved one by one.

    The effect of rounding on a correct gradient is only estimated where it matters: if the gradient is off by more
    than a millionth.  Then two questions are asked.  How does the gradient react, to first order, to the rounding of
    every step?  And what is the slope through the very numbers that were recorded, which may lie on the other side of
    a kink?  Both need a graph without mistakes; a mistake is not excused by rounding.

    `along` gives the result as a function of one leaf over any number system, if the graph does not hold all of it.
    """

    source = "exact replay"

    def __init__(self, graph: Graph, leaves: Mapping[str, Value], along: Along | None = None) -> None:
        self.graph, self.root, self.leaves = graph, graph.root, leaves
        self.replayed = GraphSlopes(graph.root)
        self.along = along or (lambda name: self.replayed.along(leaves[name]))
        self.at = {name: leaf.data for name, leaf in leaves.items()}

    def toward(self, weights: Mapping[str, float]) -> Callable[[float], float]:
        """The result, replayed in floats, as a function of a step in a direction."""
        replay = self.replayed.exactly(IEEE).along(*(self.leaves[name] for name in weights))
        return lambda t: float(replay(*(self.at[name] + t * weight for name, weight in weights.items())))

    @cached_property
    def closed_forms(self) -> dict[Value, float]:
        """The closed forms by SymPy, for all leaves at once, at the numbers that were replayed."""
        try:
            replay = self.replayed.replay(mpmath(DIGITS[0]), False)  # the one of the check
        except (ArithmeticError, TypeError, ValueError):  # floats may have a number, by rounding, where there is none
            return {}
        return closed_forms(replay)

    @cached_property
    def own_gradients(self) -> dict[Value, float]:
        """The gradients by the engine, for all leaves at once."""
        leaves = self.graph.leaves()
        return dict(zip(leaves, self.root.gradients(leaves), strict=True))

    @cached_property
    def largest(self) -> float:
        """The largest gradient by the engine."""
        return max((abs(x) for x in self.own_gradients.values() if isfinite(x)), default=0.0)

    @cached_property
    def together(self) -> Mapping[Value, Slopes]:
        """The slopes with respect to all leaves whose gradient was computed at once and confirmed."""
        if len(self.leaves) <= SINGLY:
            return {}
        try:
            return confirmed_slopes(self.graph, list(self.leaves.values()), self.replayed.exactly, mpmath(DIGITS[0]))
        except (ArithmeticError, TypeError, ValueError):  # floats may have a number, by rounding, where there is none
            return {}

    def slopes(self, names: Iterable[str], grads: Mapping[str, float]) -> Iterator[Slopes]:
        """The slopes with respect to each input."""
        for name in names:
            leaf = self.leaves[name]
            yield self.together.get(leaf) or exact_slopes(self.along(name), leaf.data)

    def check(
        self, name: str, grad: float, slopes: Slopes, closed: float | None, digits: int | None, rounded: float = 0.0
    ) -> InputCheck:
        """The verdict on one gradient."""
        leaf, noise = self.leaves[name], 0.0
        if rounded:
            noise = rounded * self.roundings.get(leaf, 0.0)
            slopes = replace(slopes, meant=MEANT_ROUNDED)
        claims = [grad] if closed is None else [grad, closed]
        if not slopes.reason and any(isfinite(x) and judge(x, slopes, noise).verdict != "pass" for x in claims):
            more, slopes = self._refined(name, grad, slopes)
            noise += more
        return replace(
            judge(grad, slopes, noise, digits, name),
            hint=_differs(closed, slopes, noise),
            closed=lambda: self._closed_form(closed, leaf, slopes),
        )

    @cached_property
    def terms(self) -> dict[Value, float]:
        """For each Value the size of the terms, one per path, that its gradient is the sum of."""
        return adjoints(
            self.root, reversed(self.graph.nodes), lambda node: [(x, abs(local)) for x, local in node.edges]
        )

    @cached_property
    def roundings(self) -> dict[Value, float]:
        """The effect of rounding on the gradient with respect to each Value, in units of the precision."""
        return roundings(self.graph)

    @cached_property
    def steepest(self) -> float:
        """The largest of the slopes that were computed together."""
        return max((abs(slopes.numeric) for slopes in self.together.values()), default=0.0)

    def _refined(self, name: str, grad: float, slopes: Slopes) -> tuple[float, Slopes]:
        """The effect of rounding on a correct gradient, and the slopes with the sizes that a zero is compared with."""
        leaf, noise, scale = self.leaves[name], 0.0, self.steepest
        off, terms = abs(self.own_gradients.get(leaf, 0.0) - slopes.numeric), self.terms.get(leaf, 0.0)
        is_steady = off <= STEADY * abs(slopes.numeric)
        is_clear = is_steady and slopes.kind == "smooth"
        is_clear = is_clear or (leaf in self.together and off <= STEADY * terms)
        is_close = abs(grad - slopes.numeric) <= CLOSE * self.largest
        has_mistakes = (is_close or not is_clear) and bool(self.graph.forward or self.graph.local)
        if is_close and not has_mistakes:
            noise = EPSILON * self.roundings.get(leaf, 0.0)
        if not is_clear and not has_mistakes:
            noise += rounding(self.root, leaf)
            through = self.replayed.by(leaf, recorded=True)
            if slopes.kind == through.kind == "smooth":
                noise += abs(slopes.numeric - through.numeric)
            elif not through.reason:
                slopes = hull(slopes, through)
        noise = 0.0 if isnan(noise) else noise  # an infinite derivative, times zero
        is_small = abs(grad) <= 1e-3 * scale and not (grad and slopes.numeric)
        if is_small or leaf not in self.together:
            scale = steepest_secant(self.along(name), leaf.data)
        return noise, replace(slopes, scale=scale, terms=terms)

    def _closed_form(self, closed: float | None, leaf: Value, slopes: Slopes) -> float | None:
        """The user's closed form, or else SymPy's, except at a kink, where it is one of many."""
        return self.closed_forms.get(leaf) if closed is None and slopes.kind == "smooth" else closed


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
        if check.verdict == "fail" and rounded and abs(grad - slopes.numeric) <= LOST * abs(slopes.numeric):
            why = f"{relative_error(grad, slopes.numeric)}: rounding, or a mistake?"
            check = replace(check, verdict="inconclusive", why=why, caught=nan)
        return replace(check, hint=_differs(closed, slopes, noise), closed=lambda: closed)


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


def _groups(names: Sequence[str], grads: Mapping[str, float]) -> Iterator[list[str]]:
    """The names in groups of the same array, with gradients of comparable size."""
    groups: dict[tuple[str, int], list[str]] = {}
    for name in names:
        if isfinite(grads[name]):
            groups.setdefault((name.partition("[")[0], frexp(grads[name])[1] // BAND), []).append(name)
    for group in groups.values():
        yield from (group[i : i + LARGEST_GROUP] for i in range(0, len(group), LARGEST_GROUP))


def _differs(closed: float | None, slopes: Slopes, noise: float = 0.0) -> str:
    """The hint if the closed form is wrong itself."""
    is_wrong = closed is not None and judge(closed, slopes, noise).verdict == "fail"
    return "the closed form differs" * is_wrong
