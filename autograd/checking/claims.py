"""Claims about gradients, checked one by one, and what is to be said of those that are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from math import isfinite
from types import MappingProxyType
from typing import Any

from autograd.checking.audit import Culprit, Graph
from autograd.checking.diagnosis import look, swapped, wrong_edge
from autograd.checking.exact_replay import GraphSlopes, exact_slopes, rounding, steepest_secant
from autograd.checking.finite_differences import ladder_slopes, screened_slopes
from autograd.checking.report import InputCheck, Report
from autograd.checking.sympy_reference import closed_forms
from autograd.checking.verdicts import Slopes, hull, judge
from autograd.core.value import Value
from autograd.extensions.expressions import expression
from autograd.formula.systems import NumberSystem
from autograd.formula.typesetting import number

__all__ = ["ExactChecks", "by_ladder", "engine_report", "explained", "with_hints"]

STEADY = 1e-9
"""Relative error of a gradient up to which rounding has hardly touched it."""


class ExactChecks:
    """The gradients of one recorded graph, against its exact replay.

    What rounding does to a correct gradient is only looked into where it matters: if the gradient is not within
    a millionth.  Two things are asked then.  How does it react, to first order, to the rounding of every step?
    And what is the slope through the very numbers that were recorded, which may lie on the other side of
    a kink?  Both need a graph without mistakes; one with a mistake has no rounding to be excused by.
    """

    def __init__(
        self, graph: Graph, closed: Mapping[str, float] = MappingProxyType({}), digits: int | None = None
    ) -> None:
        self.graph, self.root, self.closed, self.digits = graph, graph.root, closed, digits
        self.slopes = GraphSlopes(graph.root)

    @cached_property
    def closed_forms(self) -> dict[Value, float]:
        """By SymPy, for all leaves at once."""
        return closed_forms(self.root)

    @cached_property
    def own_gradients(self) -> dict[Value, float]:
        """By the engine, for all leaves at once."""
        leaves = self.graph.leaves()
        return dict(zip(leaves, self.root.gradients(leaves), strict=True))

    def check(
        self, name: str, leaf: Value, grad: float, f: Callable[[NumberSystem, Any], Any] | None = None
    ) -> InputCheck:
        """One gradient, by the leaf called `name`; `f` is the function along it if the graph is not all of that."""
        f = f or self.slopes.along(leaf)
        slopes, noise, terms = exact_slopes(f, leaf.data), 0.0, 0.0
        claims = [grad, *([self.closed[name]] if name in self.closed else [])]
        doubtful = [claim for claim in claims if judge(claim, slopes).verdict != "pass" and isfinite(claim)]
        if doubtful and not slopes.reason:
            if self._may_be_rounding(leaf, slopes) and not (self.graph.forward or self.graph.local):
                noise, terms = rounding(self.root, leaf)
                through = self.slopes.by(leaf, recorded=True)
                if slopes.kind == through.kind == "smooth":
                    noise += abs(slopes.numeric - through.numeric)
                elif not through.reason:
                    slopes = hull(slopes, through)
            slopes = replace(slopes, scale=steepest_secant(f, leaf.data), terms=terms)
        judgement = judge(grad, slopes, noise, self.digits)
        hint = ""
        if name in self.closed and judge(self.closed[name], slopes, noise).verdict == "fail":
            hint = "the closed form differs"
        return InputCheck(name, grad, slopes, judgement, noise, hint, lambda: self._closed_form(name, leaf, slopes))

    def _may_be_rounding(self, leaf: Value, slopes: Slopes) -> bool:
        """Whether rounding could explain a wrong gradient: not if the engine's own has nearly all its digits."""
        own = self.own_gradients.get(leaf, 0.0)
        return not abs(own - slopes.numeric) <= STEADY * abs(slopes.numeric) or slopes.kind != "smooth"

    def _closed_form(self, name: str, leaf: Value, slopes: Slopes) -> float | None:
        """The one that was given; else SymPy's, which at a kink is one of many."""
        if name in self.closed:
            return self.closed[name]
        return self.closed_forms.get(leaf) if slopes.kind == "smooth" else None


def by_ladder(
    name: str, f: Callable[[float], float], at: float, grad: float, closed: Mapping[str, float], digits: int | None
) -> InputCheck:
    """One gradient of a function that can only be called."""
    slopes = screened_slopes(f, at, grad) or ladder_slopes(f, at)
    differs = name in closed and judge(closed[name], slopes).verdict == "fail"
    hint = "the closed form differs" * differs
    return InputCheck(name, grad, slopes, judge(grad, slopes, digits=digits), 0.0, hint, lambda: closed.get(name))


# --- What a mistake looks like -----------------------------------------------------------------------


def with_hints(checks: Sequence[InputCheck], graph: Graph | None) -> dict[str, InputCheck]:
    """The checks by name, and for each gradient that failed what it looks like."""
    numeric = {check.name: check.numeric for check in checks if check.slopes.kind == "smooth"}
    counts = graph.counts() if graph else set()
    found = {}
    for check in checks:
        found[check.name] = check
        if check.verdict == "fail" and check.name in numeric:
            hints = [check.hint, look(check.name, check.grad, numeric, counts)]
            found[check.name] = replace(check, hint="; ".join(filter(None, hints)))
    return found


def explained(graph: Graph | None, leaves: Mapping[str, Value], checks: Sequence[InputCheck]) -> list[str]:
    """The one mistake that explains all gradients that were given, if any of them is wrong."""
    told = [check for check in checks if check.slopes.kind == "smooth" and isfinite(check.numeric + check.grad)]
    grads, right = ({check.name: getattr(check, which) for check in told} for which in ("grad", "numeric"))
    text = swapped(grads, right)
    if graph and not text:
        by_leaf = ({leaves[name]: slope for name, slope in slopes.items()} for slopes in (grads, right))
        text = wrong_edge(graph.root, *by_leaf)
    return [f"Looks like: {text}"] if text else []


def engine_report(
    checks: Sequence[InputCheck], graph: Graph | None, culprits: Sequence[Culprit] = (), source: str = "exact replay"
) -> Report:
    """The report on gradients that this engine computed; if anything is wrong, all local derivatives are audited."""
    advice: list[str] = []
    if graph and (culprits or any(check.verdict == "fail" for check in checks)):
        culprits = list(dict.fromkeys([*culprits, *graph.local]))
        advice = [] if culprits else _lost(graph)
    return Report(with_hints(checks, graph), culprits, advice, len(graph.nodes) if graph else 0, source)


def _lost(graph: Graph) -> list[str]:
    """Why a gradient can be wrong, or no number, though every step is right by itself."""
    adjoints = dict(zip(graph.nodes, graph.root.gradients(graph.nodes), strict=True))
    for node in reversed(graph.nodes):
        upstream = adjoints[node]
        for operand, local in node.edges:
            if isfinite(upstream) and not isfinite(upstream * local):
                by = operand.label or expression(operand)
                slope = f"the slope by {by} is {number(local)}"
                what = slope if not isfinite(local) else f"{slope}, and times {number(upstream)} that overflows"
                return [f"Where: {graph.describe(node)}", f"  {what}"]
    kinks = graph.at_kinks()
    if kinks:
        names = ", ".join(dict.fromkeys(f"{node.op.name}: {node.op.kink}" for node in kinks))
        return [f"Kinks meet here, and the slopes that are meant there ({names}) do not make one of the whole."]
    return []
