"""The numerical derivatives that gradients are compared with: by exact replay of a graph, or by finite differences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from math import frexp, isfinite, isnan, nan
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
    InputCheck,
    Slopes,
    hull,
    judge,
    relative_error,
)
from autograd.core.graph import adjoints
from autograd.core.value import Value
from autograd.formula.systems import NumberSystem, mpmath

__all__ = ["ExactReplay", "FiniteDifferences", "Reference", "along_directions", "compared"]

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
LARGEST_GROUP = 256
"""Number of gradients that are confirmed together."""
CHUNK = 64
"""Number of inputs whose finite differences are taken before any doubts about them are settled."""
STAIRS = "right over large steps, but not over small ones: is a part computed in single precision?"
"""The reason why such a gradient is neither right nor wrong."""
FEW = 8
"""Number of gradients below which each is looked at on its own."""

Along = Callable[[str], Callable[[NumberSystem, Any], Any]]
"""The result as a function of the input of a name, over any number system."""


class Reference(ABC):
    """A method for the numerical derivative with respect to each input.

    `source` is its name, `precision` that of the function whose slopes it measures.
    """

    source: str
    precision: Precision = DOUBLE

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
        toward: Callable[[Mapping[str, float]], Callable[[float], float]] | None = None,
        precision: Precision = DOUBLE,
        accuracy: float = 1e-6,
    ) -> None:
        self.along, self.at, self.toward, self.precision, self.accuracy = along, at, toward, precision, accuracy
        self.source = "finite differences" + (f" ({why})" if why else "")

    def slopes(self, names: Iterable[str], grads: Mapping[str, float]) -> Iterator[Slopes]:
        """The slopes with respect to each input.

        If many gradients are expected to be right, a direction in which all of them move confirms them together.  If it
        does not, each is looked at: nine calls may suffice, or else the whole ladder is needed.  Where the nine calls
        contradict many gradients, they are confirmed along a direction as well.
        """
        names = list(names)
        slopes: dict[str, Slopes] = {}
        for group in _groups([name for name in names if grads.get(name)], grads):
            slopes |= self._confirmed({name: Slopes(grads[name], grads[name]) for name in group}, self.accuracy)
        remaining = iter([name for name in names if name not in slopes])
        while chunk := list(islice(remaining, CHUNK)):
            screened = {
                name: screened_slopes(self.along(name), self.at[name], grads.get(name, 0.0), self.precision)
                for name in chunk
            }
            clear = {name: found for name, found in screened.items() if found}
            doubtful = {
                name: found for name, found in clear.items() if judge(grads.get(name, 0.0), found).verdict != "pass"
            }
            far = {n: x for n, x in doubtful.items() if abs(grads.get(n, 0.0) - x.numeric) > 1e-2 * abs(x.numeric) > 0}
            slopes |= {name: found for name, found in clear.items() if name not in doubtful}
            slopes |= self._confirmed(far, 1e-3)
            for name in chunk:
                if name not in slopes:
                    slopes[name] = ladder_slopes(self.along(name), self.at[name], self.precision)
        yield from (slopes[name] for name in names)

    def _confirmed(self, slopes: Mapping[str, Slopes], accuracy: float) -> Mapping[str, Slopes]:
        """These slopes if the function changes as they predict when all their inputs move at once; else none.

        Each contributes a similar share, so that the largest relative error of any is known: at most `accuracy`.
        """
        if self.toward is None or len(slopes) < FEW:
            return {}
        source = Random(0)
        scale = largest_step(median(abs(self.at[name]) for name in slopes))
        share = scale * min(abs(found.numeric) for found in slopes.values())
        moves = {
            name: source.choice((-1, 1)) * source.uniform(0.5, 1) * share / found.numeric
            for name, found in slopes.items()
        }
        actual = ladder_slopes(self.toward(moves), 0.0, self.precision)
        predicted = sum(found.numeric * moves[name] for name, found in slopes.items())
        off = 2 * (abs(actual.numeric - predicted) + actual.error) / share
        if actual.kind != "smooth" or actual.reason or not off <= accuracy:
            return {}
        return {name: replace(x, error=max(x.error, off * abs(x.numeric))) for name, x in slopes.items()}

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
            assert reference.toward is not None
            scale = max(abs(reference.at[name]) for name in block.names) or 1.0
            moves = {name: source.choice((-1, 1)) * source.uniform(0.5, 1) * scale for name in block.names}
            slopes = ladder_slopes(reference.toward(moves), 0.0, reference.precision)
            grad = sum(grads[name] * move for name, move in moves.items())
            yield reference.check(block.along, grad, slopes, None, digits, gradients.rounded)


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
