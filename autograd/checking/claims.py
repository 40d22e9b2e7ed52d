"""The claim under test: a gradient from some source, and the explanation if it is wrong.

The engine's own gradient is audited node by node; one derived by hand is compared with the usual mistakes; for another
engine, the operations that the function uses are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose, isfinite
from typing import Any, Protocol

from autograd.checking.audit import Culprit, Graph
from autograd.checking.diagnosis.explanations import explained
from autograd.checking.engines.engine_check import engine_of
from autograd.checking.function_target import FunctionTarget
from autograd.checking.inputs import Gradients, Inputs
from autograd.checking.matching import matched
from autograd.checking.reports.report import ArrayCheck
from autograd.checking.targets import Target
from autograd.core.value import Value, label_of
from autograd.extensions.expressions import expression
from autograd.formula.typesetting import number

__all__ = ["ByEngine", "ByHand", "Claim", "Claimed", "Findings", "Own"]

Findings = tuple[Sequence[Culprit], list[str], int]
"""The places that are wrong, further lines of advice, and the number of nodes that were audited."""


@dataclass(frozen=True)
class Claimed(Gradients):
    """Gradients with the mistakes seen while they were computed, and whether the result itself is wrong."""

    mistakes: Sequence[Culprit] = ()
    is_result_wrong: bool = False


class Claim(Protocol):
    """A gradient, and the explanation of its mistakes."""

    known: Gradients
    """The gradients that are known before the target is computed."""

    def gradients(self, target: Target) -> Claimed:
        """The gradients; an input that is missing has none."""

    def findings(self, target: Target, gradients: Claimed, arrays: Mapping[str, ArrayCheck]) -> Findings:
        """The explanation of the gradients, given the verdicts."""


class Own:
    """The gradient that this engine computes."""

    known = Gradients()

    def gradients(self, target: Target) -> Claimed:
        """The gradients of a backward pass."""
        gradients, mistakes = target.own_gradients()
        return Claimed(gradients, mistakes=mistakes)

    def findings(self, target: Target, gradients: Claimed, arrays: Mapping[str, ArrayCheck]) -> Findings:
        """The audit of the graph, if anything is wrong."""
        graph, culprits = target.graph, list(gradients.mistakes)
        has_failed = _has_failed(arrays)
        if has_failed:
            culprits += target.unrecorded or ()
        if graph is None or not (culprits or has_failed):
            return culprits, [], len(graph.nodes) if graph else 0
        culprits = list(dict.fromkeys([*culprits, *graph.local]))
        return culprits, [] if culprits else _lost(graph), len(graph.nodes)


class ByHand:
    """A gradient that was derived by hand: numbers in the shape of `inputs`, or a function that returns them."""

    def __init__(self, inputs: Inputs, gradient: Any) -> None:
        if not callable(gradient):
            self.known = matched(inputs, gradient)
            return
        inputs.check_signature(gradient, is_gradient=True)
        returned = inputs.call_as_given(gradient)
        try:
            self.known = matched(inputs, returned, f=gradient)
        except TypeError as error:
            self.known = Gradients(notes=[f"No gradient: {error}"])

    def gradients(self, target: Target) -> Claimed:
        """The numbers."""
        return Claimed(**vars(self.known))

    def findings(self, target: Target, gradients: Claimed, arrays: Mapping[str, ArrayCheck]) -> Findings:
        """The mistakes that explain the gradients, if any of them is wrong."""
        mistakes = explained(target, arrays) if _has_failed(arrays) else []
        return [], [*self.known.notes, *mistakes], 0


class ByEngine:
    """The gradient that another engine computes: `make` creates its Values from floats, or its tensors from arrays."""

    known = Gradients()

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.engine = engine_of(make)

    def gradients(self, target: Target) -> Claimed:
        """The gradients of its backward pass."""
        assert isinstance(target, FunctionTarget)
        result, grads, mistakes = self.engine.gradients(target.f, target.inputs.call, target.numbers)
        is_wrong = not isclose(result, target.call.result, rel_tol=self.engine.rounded)
        problems = {mistake.where: mistake.what for mistake in mistakes}
        return Claimed(grads, problems, mistakes=mistakes, is_result_wrong=is_wrong)

    def findings(self, target: Target, gradients: Claimed, arrays: Mapping[str, ArrayCheck]) -> Findings:
        """The operations of the engine that are wrong, among those of the function."""
        assert isinstance(target, FunctionTarget)
        if not (gradients.is_result_wrong or _has_failed(arrays)):
            return [], [], 0
        if target.graph is None:
            name = self.engine.name
            why = f" ({target.failure})" if target.failure else ""
            advice = [f"The steps of f are not known{why}: gradcheck({name}) checks each operation."]
            return gradients.mistakes, advice, 0
        return self.engine.culprits(target) or gradients.mistakes, [], 0


def _has_failed(arrays: Mapping[str, ArrayCheck]) -> bool:
    return any(array.verdict == "fail" for array in arrays.values())


def _lost(graph: Graph) -> list[str]:
    """The reason why a gradient can be wrong, or not a number, although every step is right on its own."""
    adjoints: dict[Value, float] = dict(zip(graph.nodes, graph.root.gradients(graph.nodes), strict=True))
    for node in reversed(graph.nodes):
        upstream = adjoints[node]
        for operand, local in node.edges:
            if isfinite(upstream) and not isfinite(upstream * local):
                wrt = label_of(operand) or expression(operand)
                slope = f"the slope with respect to {wrt} is {number(local)}"
                what = slope if not isfinite(local) else f"{slope}; multiplied by {number(upstream)}, it overflows"
                return [f"Where: {graph.describe(node)}", f"  {what}"]
    kinks = graph.at_kinks()
    if kinks:
        names = ", ".join(dict.fromkeys(f"{node.op.name}: {node.op.kink}" for node in kinks))
        return [f"Kinks meet here: the conventional slopes ({names}) together are not a slope of the whole function."]
    return []
