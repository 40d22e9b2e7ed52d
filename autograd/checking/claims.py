"""The claim under test: a gradient from some source, and the explanation if it is wrong.

The engine's own gradient is audited node by node; one derived by hand is compared with the usual mistakes; for another
engine, the operations that the function uses are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isclose, isfinite
from typing import Any, NamedTuple, Protocol

from autograd.checking.audit import Culprit, Graph
from autograd.checking.diagnosis import swapped, wrong_edge
from autograd.checking.inputs import Inputs
from autograd.checking.reference import ExactReplay
from autograd.checking.student_engines import Engine
from autograd.checking.targets import FunctionTarget, Target
from autograd.checking.verdicts import InputCheck
from autograd.core.value import Value
from autograd.extensions.expressions import expression
from autograd.formula.typesetting import number
from autograd.transforms.signatures import name_of

__all__ = ["ByEngine", "ByHand", "Claim", "Findings", "Gradients", "Own"]

Findings = tuple[Sequence[Culprit], list[str], int]
"""The places that are wrong, further lines of advice, and the number of nodes that were audited."""


class Gradients(NamedTuple):
    """Gradients by name, the mistakes seen while they were computed, and whether the result itself is wrong."""

    by_name: Mapping[str, float]
    mistakes: Sequence[Culprit] = ()
    is_result_wrong: bool = False


class Claim(Protocol):
    """A gradient, and the explanation of its mistakes."""

    known: Mapping[str, float]
    """The gradients that are known before the target is computed."""

    def gradients(self, target: Target) -> Gradients:
        """The gradients; an input that is missing has none."""

    def findings(self, target: Target, gradients: Gradients, checks: Sequence[InputCheck]) -> Findings:
        """The explanation of the gradients, given the verdicts."""


class Own:
    """The gradient that this engine computes."""

    known: Mapping[str, float] = {}

    def gradients(self, target: Target) -> Gradients:
        """The gradients of a backward pass."""
        return Gradients(*target.own_gradients())

    def findings(self, target: Target, gradients: Gradients, checks: Sequence[InputCheck]) -> Findings:
        """The audit of the graph, if anything is wrong."""
        graph, culprits = target.graph, list(gradients.mistakes)
        has_failed = any(check.verdict == "fail" for check in checks)
        if has_failed:
            culprits += target.unrecorded or ()
        if graph is None or not (culprits or has_failed):
            return culprits, [], len(graph.nodes) if graph else 0
        culprits = list(dict.fromkeys([*culprits, *graph.local]))
        return culprits, [] if culprits else _lost(graph), len(graph.nodes)


class ByHand:
    """A gradient that was derived by hand: numbers in the shape of `inputs`, or a function that returns them."""

    def __init__(self, inputs: Inputs, gradient: Any) -> None:
        self.advice: list[str] = []
        if not callable(gradient):
            self.known: Mapping[str, float] = inputs.matched(gradient, "gradient")
            return
        inputs.check_signature(gradient, is_gradient=True)
        returned = inputs.call(gradient, inputs.numbers.values())
        try:
            self.known = inputs.matched(returned, f"the result of {name_of(gradient)}")
        except TypeError as error:
            self.known, self.advice = {}, [f"No gradient: {error}"]

    def gradients(self, target: Target) -> Gradients:
        """The numbers."""
        return Gradients(self.known)

    def findings(self, target: Target, gradients: Gradients, checks: Sequence[InputCheck]) -> Findings:
        """The one mistake that explains all gradients, if any of them is wrong."""
        if not any(check.verdict == "fail" for check in checks):
            return [], self.advice, 0
        smooth = [check for check in checks if check.slopes.kind == "smooth" and isfinite(check.numeric + check.grad)]
        grads, right = {check.name: check.grad for check in smooth}, {check.name: check.numeric for check in smooth}
        mistake = swapped(grads, right)
        if not mistake and target.graph and isinstance(target.reference, ExactReplay):
            by_leaf = ({target.leaves[name]: x for name, x in by_name.items()} for by_name in (grads, right))
            mistake = wrong_edge(target.graph.root, *by_leaf)
        return [], self.advice + ([f"Looks like: {mistake}"] if mistake else []), 0


class ByEngine:
    """The gradient that another engine computes, whose Values `make` creates from floats."""

    known: Mapping[str, float] = {}

    def __init__(self, make: Callable[[float], Any]) -> None:
        self.engine = Engine(make)

    def gradients(self, target: Target) -> Gradients:
        """The gradients of its backward pass."""
        assert isinstance(target, FunctionTarget)
        result, grads = self.engine.gradients(target.f, target.inputs.call, target.numbers)
        return Gradients(grads, is_result_wrong=not isclose(result, target.call.result, rel_tol=1e-6))

    def findings(self, target: Target, gradients: Gradients, checks: Sequence[InputCheck]) -> Findings:
        """The operations of the engine that are wrong, among those of the function."""
        is_wrong = gradients.is_result_wrong or any(check.verdict == "fail" for check in checks)
        return self.engine.culprits(target.graph) if target.graph and is_wrong else [], [], 0


def _lost(graph: Graph) -> list[str]:
    """The reason why a gradient can be wrong, or not a number, although every step is right on its own."""
    adjoints: dict[Value, float] = dict(zip(graph.nodes, graph.root.gradients(graph.nodes), strict=True))
    for node in reversed(graph.nodes):
        upstream = adjoints[node]
        for operand, local in node.edges:
            if isfinite(upstream) and not isfinite(upstream * local):
                wrt = operand.label or expression(operand)
                slope = f"the slope with respect to {wrt} is {number(local)}"
                what = slope if not isfinite(local) else f"{slope}; multiplied by {number(upstream)}, it overflows"
                return [f"Where: {graph.describe(node)}", f"  {what}"]
    kinks = graph.at_kinks()
    if kinks:
        names = ", ".join(dict.fromkeys(f"{node.op.name}: {node.op.kink}" for node in kinks))
        return [f"Kinks meet here: the conventional slopes ({names}) together are not a slope of the whole function."]
    return []
