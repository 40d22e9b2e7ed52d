"""Numerical derivatives by exact replay of a recorded graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from math import isfinite, isnan
from typing import Any

from autograd.checking.audit import Graph
from autograd.checking.references.exact_gradient import confirmed_slopes
from autograd.checking.references.exact_replay import DIGITS, GraphSlopes, exact_slopes, steepest_secant
from autograd.checking.references.reference import Reference, closed_form_hint
from autograd.checking.references.rounding import rounding, roundings
from autograd.checking.references.sympy_reference import closed_forms
from autograd.checking.verdicts import EPSILON, MEANT_ROUNDED, InputCheck, Slopes, hull, judge
from autograd.core.graph import adjoints
from autograd.core.value import Value
from autograd.formula.systems import IEEE, NumberSystem, mpmath

__all__ = ["ExactReplay"]

CLOSE = 1e-6
"""Error of a gradient, relative to the largest, that rounding may explain."""
STEADY = 1e-9
"""Relative error of a gradient below which rounding hardly matters."""
SINGLY = 20
"""Number of inputs up to which each is moved on its own, and more than that together."""

Along = Callable[[str], Callable[[NumberSystem, Any], Any]]
"""The result as a function of the input of a name, over any number system."""


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

    @property
    def result(self) -> float:
        """The number at the end of the graph."""
        return self.root.data

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
            hint=closed_form_hint(closed, slopes, noise),
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
