"""The effect of rounding on a correct gradient, to first order.

A gradient is computed from the graph by steps of its own, forward and backward, and each of them is rounded.
"""

from __future__ import annotations

from math import isfinite, sqrt

from autograd.checking.audit import Graph
from autograd.checking.verdicts import EPSILON
from autograd.core.graph import newest_first
from autograd.core.value import Value
from autograd.extensions.derivatives import recorded_edges

__all__ = ["rounding", "roundings"]


def roundings(graph: Graph) -> dict[Value, float]:
    """The standard deviation of the gradient with respect to each Value, in units of the precision.

    Each step is off by a random part of its own size, and its error flows on with the local derivatives.  (Such an
    analysis is less pessimistic than one with bounds, and closer to what happens: Higham and Mary, "A new approach to
    probabilistic rounding error analysis", SIAM J. Sci. Comput. 41, 2019.)

    >>> x = Value(3.0)
    >>> round(roundings(Graph(x * 2))[x], 3)
    2.828
    """
    forward: dict[Value, float] = {}  # variances of numbers

    def square(x: float) -> float:
        return x * x  # without the error of x ** 2 for large numbers

    for node in graph.nodes:
        for operand, _ in node.edges:
            forward.setdefault(operand, operand.data * operand.data)
        forward[node] = node.data * node.data + sum(local * local * forward[x] for x, local in node.edges)
    adjoints, backward = {graph.root: 1.0}, {graph.root: 0.0}
    for node in reversed(graph.nodes):
        upstream, variance = adjoints[node], backward[node]
        for (operand, local), (_, slope) in zip(node.edges, recorded_edges(node), strict=True):
            operands = list(dict.fromkeys(operand for operand, _ in node.edges))
            reactions = slope.gradients(operands) if type(slope) is Value else [0.0] * len(operands)
            reactions = [r if isfinite(r) else 0.0 for r in reactions]
            moved = sum(r * r * forward[x] for r, x in zip(reactions, operands, strict=True))
            if len(operands) == 1 and local:  # often computed from the result instead: 1 - z² for tanh
                moved += square(reactions[0] / local * node.data)
            term = local * upstream
            terms = square(local) * variance + square(upstream) * (moved + square(local)) + square(term)
            adjoints[operand] = adjoints.get(operand, 0.0) + term
            backward[operand] = backward.get(operand, 0.0) + terms
    return {value: sqrt(variance) for value, variance in backward.items()}


def rounding(root: Value, leaf: Value) -> float:
    """A first-order bound on the rounding error of the gradient.

    The gradient is computed from the graph by steps of its own.  Its reaction to a change of any of these, forward or
    backward, is its derivative with respect to that step.  A constant, such as the 1/3 of a mean over three, is not a
    step: it counts with what flows through it.
    """
    (slope,) = root.gradients([leaf], create_graph=True)
    steps = [step for step in newest_first(slope) if step.edges]
    reactions = zip(steps, slope.gradients(steps), strict=True)
    bounds = [abs(step.data * reaction) for step, reaction in reactions if isfinite(reaction)]
    nodes = newest_first(root)
    adjoints, tangents = {root: 1.0}, {leaf: 1.0}  # absolute values
    for node in nodes:
        for operand, local in node.edges:
            adjoints[operand] = adjoints.get(operand, 0.0) + abs(local) * adjoints[node]
    flow = 0.0
    for node in reversed(nodes):
        passing = [abs(local) * tangents[operand] for operand, local in node.edges if operand in tangents]
        if passing:
            tangents[node] = sum(passing)
            flow += tangents[node] * adjoints[node]
    return EPSILON * (sum(bounds) + flow)
