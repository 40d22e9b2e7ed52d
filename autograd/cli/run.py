"""Formulas that were recorded as a graph and differentiated, with their checks and explanations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from autograd.checking.audit import Culprit, Graph
from autograd.checking.claims import Own
from autograd.checking.gradcheck import checked
from autograd.checking.graph_target import GraphTarget
from autograd.checking.references.by_replay import ExactReplay
from autograd.checking.reports.report import Report
from autograd.core.graph import newest_first
from autograd.core.state import seams
from autograd.core.value import VALUES, Constant, Value, label_of
from autograd.drawing.page.function_graph import graph_of
from autograd.explaining.chain import Chain
from autograd.explaining.chain_rule import chain_rule
from autograd.explaining.formulas import Formulas
from autograd.explaining.sympy_derivatives import sympy_derivatives
from autograd.explaining.wording import rule_lines
from autograd.extensions.residues import residues
from autograd.extensions.tracing import is_condition
from autograd.formula.systems import FLOATS, NumberSystem
from autograd.formula.typesetting import numbered, shortened

__all__ = ["Run", "with_branches"]

RECORDED = replace(VALUES, name="recorded", functions=VALUES.functions | {"pi": +Value(math.pi)}, number=Value)
"""Like `VALUES`, with the numbers of a formula as Values, too; pi counts as a step because it is rounded."""


class Run:
    """One run of formulas: `root` is the result, `leaves` the variables of `wrt`, `steps` everything with a name."""

    def __init__(self, formulas: Formulas, wrt: Sequence[str]) -> None:
        self.formulas, self.wrt = formulas, wrt
        self.leaves = {name: Value(formulas.inputs[name], name) for name in wrt}
        data = {name: Constant(x, name) for name, x in formulas.inputs.items()}
        results = formulas.run(VALUES, data | self.leaves, _named)
        root = results[formulas.name]
        self.root = root if type(root) is Value else Value(root, formulas.name)  # no variables, no graph
        inner = _with_names(self.root, formulas)
        numbers = [z for z in results.values() if type(z) is not Value]
        self.steps = numbers + [node for node in inner if node.label]
        self.root.backward()

    @cached_property
    def zeros(self) -> set[str]:
        """The names of the steps that are zero apart from rounding, of the variables outside `wrt` too."""
        result = self.formulas.run(VALUES, _leaves(self.formulas), _named)[self.formulas.name]
        named = {str(value.label) for value in (residues(result) if type(result) is Value else ())}
        return named & {*self.formulas.steps} | {str(value.label) for value in residues(self.root)}

    def check(self) -> tuple[Report, dict[str, str]]:
        """The report of the three-way check, and the closed forms by the names of their variables."""
        closed = dict(zip(self.wrt, sympy_derivatives(self.formulas, self.wrt), strict=True))
        report = checked(_Recorded(self), Own(), {name: x for name, (_, x) in closed.items() if x is not None})
        return report, {name: formula for name, (formula, _) in closed.items()}

    def over(self, name: str, system: NumberSystem, x: Any) -> Any:
        """The result over a number system, with another number for one variable."""
        number = system.number or float
        numbers = {name: number(x) for name, x in self.formulas.inputs.items()}
        return self.formulas.run(system, numbers | {name: x})[self.formulas.name]

    def chain(self, name: str) -> list[str]:
        """The chain rule from one variable to the result."""
        try:
            return list(rule_lines(chain_rule(Chain(self.root, self.leaves[name]))))
        except ValueError:
            f, x = label_of(self.root), shortened(name)
            return [f"d{f}/d{x} = 0: {f} does not depend on {x} here"]


def with_branches(formulas: Formulas, wrt: Sequence[str]) -> Value:
    """The result of formulas as a Value whose graph has both branches of every ``where``, for an interactive page."""
    inputs = {name: x if name in wrt else Constant(x, name) for name, x in formulas.inputs.items()}
    root, _ = graph_of(lambda **named: formulas.run(seams.reader.system(), named, _named)[formulas.name], inputs)
    _with_names(root, formulas)
    return root


def _with_names(root: Value, formulas: Formulas) -> list[Value]:
    """The operations below a result, oldest first; those of a single formula get automatic names."""
    inner = [node for node in reversed(newest_first(root)) if not node.is_leaf]
    if len(formulas.steps) == 1:
        steps = [node for node in inner[:-1] if not is_condition(node.op)]
        for node, label in zip(steps, numbered("t"), strict=False):
            node.label = label
    return inner


class _Recorded(GraphTarget):
    """The formulas of a run with all their numbers recorded, constants too: each is rounded, and so a step."""

    def __init__(self, run: Run) -> None:
        leaves = _leaves(run.formulas)
        result = run.formulas.run(RECORDED, leaves)[run.formulas.name]
        super().__init__(Graph(result if type(result) is Value else run.root), leaves)
        self.run, self.numbers = run, {name: self.numbers[name] for name in run.wrt}
        self.reference = ExactReplay(self.graph, leaves, lambda name: partial(run.over, name))

    def along(self, name: str) -> Callable[[float], float]:
        return partial(self.run.over, name, FLOATS)

    def own_gradients(self) -> tuple[dict[str, float], list[Culprit]]:
        return {name: leaf.grad or 0.0 for name, leaf in self.run.leaves.items()}, self.graph.forward


def _leaves(formulas: Formulas) -> dict[str, Value]:
    """All variables as Values."""
    return {name: Value(x, name) for name, x in formulas.inputs.items()}


def _named(name: str, result: Any) -> Any:
    """A result under its name: a Value, a new one if it has a name already, or a number if it uses no variable."""
    if type(result) is not Value:
        return Constant(result, name)
    return (+result if result.label else result).named(name)
