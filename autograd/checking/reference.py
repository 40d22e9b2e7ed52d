"""The reference that a gradient is compared with: exact replay of the recorded graph, or finite differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from math import isfinite, nan
from typing import Any, Protocol

from autograd.checking.audit import Graph
from autograd.checking.exact_replay import DIGITS, GraphSlopes, exact_slopes, rounding, steepest_secant
from autograd.checking.finite_differences import ladder_slopes, screened_slopes
from autograd.checking.report import MISSING
from autograd.checking.sympy_reference import closed_forms
from autograd.checking.verdicts import InputCheck, Slopes, hull, judge
from autograd.core.value import Value
from autograd.formula.systems import NumberSystem, mpmath

__all__ = ["ExactReplay", "FiniteDifferences", "Reference", "compared"]

STEADY = 1e-9
"""Relative error of a gradient below which rounding hardly matters."""

Along = Callable[[str], Callable[[NumberSystem, Any], Any]]
"""The result as a function of the input of a name, over any number system."""


class Reference(Protocol):
    """A method for the numerical derivative with respect to each input."""

    source: str

    def check(self, name: str, grad: float, closed: float | None, digits: int | None) -> InputCheck:
        """The verdict on the gradient with respect to the input called `name`; `closed` is only shown beside it."""


def compared(
    reference: Reference,
    names: Mapping[str, Any],
    gradients: Mapping[str, float],
    closed: Mapping[str, float],
    digits: int | None = None,
) -> list[InputCheck]:
    """The gradients by name against the reference; an input without one fails."""
    checks = []
    for name in names:
        check = reference.check(name, gradients.get(name, nan), closed.get(name), digits)
        checks.append(check if name in gradients else replace(check, verdict="fail", why=MISSING, caught=nan))
    return checks


class ExactReplay:
    """The numerical derivatives of one recorded graph with respect to the `leaves`, free of rounding.

    The effect of rounding on a correct gradient is only estimated where it matters: if the gradient is off by more
    than a millionth.  Then two questions are asked.  How does the gradient react, to first order, to the rounding of
    every step?  And what is the slope through the very numbers that were recorded, which may lie on the other side of
    a kink?  Both need a graph without mistakes; a mistake is not excused by rounding.

    `along` gives the result as a function of one leaf over any number system, if the graph does not hold all of it.
    """

    source = "exact replay"

    def __init__(self, graph: Graph, leaves: Mapping[str, Value], along: Along | None = None) -> None:
        self.graph, self.root, self.leaves = graph, graph.root, leaves
        self.slopes = GraphSlopes(graph.root)
        self.along = along or (lambda name: self.slopes.along(leaves[name]))

    @cached_property
    def closed_forms(self) -> dict[Value, float]:
        """The closed forms by SymPy, for all leaves at once, at the numbers that were replayed."""
        try:
            replay = self.slopes.replay(mpmath(DIGITS[0]), False)  # the one of the check
        except (ArithmeticError, TypeError, ValueError):  # floats may have a number, by rounding, where there is none
            return {}
        return closed_forms(replay)

    @cached_property
    def own_gradients(self) -> dict[Value, float]:
        """The gradients by the engine, for all leaves at once."""
        leaves = self.graph.leaves()
        return dict(zip(leaves, self.root.gradients(leaves), strict=True))

    def check(self, name: str, grad: float, closed: float | None, digits: int | None) -> InputCheck:
        """The verdict on one gradient."""
        leaf, f = self.leaves[name], self.along(name)
        slopes, noise, terms = exact_slopes(f, leaf.data), 0.0, 0.0
        claims = [grad] if closed is None else [grad, closed]
        if not slopes.reason and any(isfinite(x) and judge(x, slopes).verdict != "pass" for x in claims):
            if self._may_be_rounding(leaf, slopes) and not (self.graph.forward or self.graph.local):
                noise, terms = rounding(self.root, leaf)
                through = self.slopes.by(leaf, recorded=True)
                if slopes.kind == through.kind == "smooth":
                    noise += abs(slopes.numeric - through.numeric)
                elif not through.reason:
                    slopes = hull(slopes, through)
            slopes = replace(slopes, scale=steepest_secant(f, leaf.data), terms=terms)
        return replace(
            judge(grad, slopes, noise, digits, name),
            hint=_differs(closed, slopes, noise),
            closed=lambda: self._closed_form(closed, leaf, slopes),
        )

    def _may_be_rounding(self, leaf: Value, slopes: Slopes) -> bool:
        """True if rounding could explain a wrong gradient: not if the engine's own has nearly all its digits."""
        own = self.own_gradients.get(leaf, 0.0)
        return not abs(own - slopes.numeric) <= STEADY * abs(slopes.numeric) or slopes.kind != "smooth"

    def _closed_form(self, closed: float | None, leaf: Value, slopes: Slopes) -> float | None:
        """The user's closed form, or else SymPy's, except at a kink, where it is one of many."""
        return self.closed_forms.get(leaf) if closed is None and slopes.kind == "smooth" else closed


class FiniteDifferences:
    """The numerical derivatives of a function that can only be called with floats; `why` goes into the report."""

    def __init__(
        self, along: Callable[[str], Callable[[float], float]], at: Mapping[str, float], why: str = ""
    ) -> None:
        self.along, self.at = along, at
        self.source = "finite differences" + (f" ({why})" if why else "")

    def check(self, name: str, grad: float, closed: float | None, digits: int | None) -> InputCheck:
        """The verdict on one gradient."""
        f, at = self.along(name), self.at[name]
        slopes = screened_slopes(f, at, grad) or ladder_slopes(f, at)
        check = judge(grad, slopes, digits=digits, name=name)
        return replace(check, hint=_differs(closed, slopes), closed=lambda: closed)


def _differs(closed: float | None, slopes: Slopes, noise: float = 0.0) -> str:
    """The hint if the closed form is wrong itself."""
    is_wrong = closed is not None and judge(closed, slopes, noise).verdict == "fail"
    return "the closed form differs" * is_wrong
