"""A recorded graph as a network: its parameters in arrays, its layers of activations, its terms and its samples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autograd.checking.audit import Graph
from autograd.checking.diagnosis.array_patterns import LIKE, Terms
from autograd.core.graph import adjoints
from autograd.core.value import Value

__all__ = ["Gradients", "Network", "Unit", "counted"]

Gradients = Mapping[str, Any]
"""A gradient for each array, by name."""


@dataclass(frozen=True)
class Unit:
    """One activation: its kind, operand and result, the derivative, and the edge that can be scaled in its place."""

    kind: str
    z: Value
    node: Value
    operand: Value
    slope: float


class Network:
    """A recorded graph whose leaves are arrays of parameters: its passes, layers, terms and samples."""

    def __init__(
        self, graph: Graph, leaves: Mapping[str, Sequence[Value]], shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        self.graph, self.root, self.leaves, self.shapes = graph, graph.root, leaves, shapes
        self.nodes = list(reversed(graph.nodes))
        self.adjoints = adjoints(self.root, self.nodes)
        self.parameters = {leaf for array in leaves.values() for leaf in array}

    def gradients(self, adjoint: Mapping[Value, float]) -> Gradients:
        """The adjoints of the leaves as arrays."""
        import numpy as np

        return {
            name: np.array([adjoint.get(leaf, 0.0) for leaf in array]).reshape(self.shapes[name])
            for name, array in self.leaves.items()
        }

    def with_slopes(self, slopes: Mapping[tuple[Value, Value], float]) -> Gradients:
        """The gradients if some edges, given as (node, operand), had other local derivatives."""
        changed = {node for node, _ in slopes}

        def edges(node: Value) -> Iterable[tuple[Value, float]]:
            if node not in changed:
                return node.edges
            return [(operand, slopes.get((node, operand), local)) for operand, local in node.edges]

        return self.gradients(adjoints(self.root, self.nodes, edges))

    def pulled_back(self, seeds: Mapping[Value, float]) -> dict[Value, float]:
        """The adjoints of some Values, and of all that they were computed from."""
        sums = dict(seeds)
        for node in self.nodes:
            if node in sums:
                for operand, local in node.edges:
                    sums[operand] = sums.get(operand, 0.0) + local * sums[node]
        return sums

    @cached_property
    def levels(self) -> dict[Value, int]:
        """The number of nodes on the longest path to each node."""
        levels: dict[Value, int] = {}
        for node in self.graph.nodes:
            levels[node] = 1 + max((levels.get(operand, 0) for operand, _ in node.edges), default=0)
        return levels

    @cached_property
    def terms(self) -> dict[Value, float]:
        """The terms that the result is a weighted sum of, with their weights."""
        weights = {self.root: 1.0}
        terms: dict[Value, float] = {}
        for node in self.nodes:
            if node not in weights:
                continue
            if not _is_linear(node):
                terms[node] = weights[node]
                continue
            for operand, local in node.edges:
                weights[operand] = weights.get(operand, 0.0) + local * weights[node]
        return terms | {leaf: weight for leaf, weight in weights.items() if leaf.is_leaf}

    @cached_property
    def penalty(self) -> Gradients:
        """The part of the gradients that comes from terms of single parameters: that of a regulariser."""
        seeds = {term: weight for term, weight in self.terms.items() if self._is_penalty(term)}
        return self.gradients(self.pulled_back(seeds))

    def _is_penalty(self, term: Value) -> bool:
        """True for a term of one parameter alone, such as w²."""
        operands = {operand for operand, _ in term.edges}
        return len(operands) == 1 and operands <= self.parameters

    @cached_property
    def strengths(self) -> list[float]:
        """The numbers by which parameters are multiplied in the gradient of the regulariser, 2λ for λw²."""
        import numpy as np

        strengths = []
        for name, penalty in self.penalty.items():
            x = np.array([leaf.data for leaf in self.leaves[name]]).reshape(penalty.shape)
            if penalty.any() and x.any():
                strengths.append(float((penalty * x).sum() / (x * x)[penalty != 0].sum()))
        return strengths

    @cached_property
    def samples(self) -> list[Gradients]:
        """The part of the gradients that comes from each sample: parts of the graph that share parameters only."""
        group: dict[Value, Value] = {}

        def first(value: Value) -> Value:
            while group[value] is not value:
                group[value] = value = group[group[value]]
            return value

        inner = [node for node in self.graph.nodes if self.adjoints.get(node) is not None]
        above = self._above
        inner = [node for node in inner if node not in above]
        for node in inner:
            group[node] = node
            for operand, _ in node.edges:
                if operand in group:
                    group[first(operand)] = first(node)
        parts: dict[Value, dict[Value, float]] = defaultdict(dict)
        for node in inner:
            part = parts[first(node)]
            for operand, local in node.edges:
                if operand in self.parameters:
                    part[operand] = part.get(operand, 0.0) + local * self.adjoints[node]
        return [self.gradients(part) for node, part in parts.items() if part and not self._is_penalty(node)]

    @cached_property
    def _above(self) -> set[Value]:
        """The nodes that only add up the terms."""
        above, terms = set(), self.terms
        weights = {self.root}
        for node in self.nodes:
            if node in weights and node not in terms:
                above.add(node)
                weights.update(operand for operand, _ in node.edges)
        return above

    @cached_property
    def units(self) -> dict[tuple[str, int], list[Unit]]:
        """The activations of each kind and level."""
        units: dict[tuple[str, int], list[Unit]] = defaultdict(list)
        for node in self.nodes:
            for unit in self._units(node):
                units[unit.kind, self.levels[unit.z]].append(unit)
        return units

    def _units(self, node: Value) -> Iterator[Unit]:
        op = node.op.name
        if len(node.edges) == 1 and not node.op.is_operator and not node.op.nary:
            ((operand, local),) = node.edges
            kind = "relu" if op == "maximum" and _has_constant(node, 0) else op
            yield Unit(kind, node, node, operand, local)
        elif op == "truediv" and _has_constant(node, 1) and (inner := _written_out_sigmoid(node)):
            z = node.data
            yield Unit("sigmoid", node, *inner, z * (1 - z))


def counted(graph: Graph) -> Terms:
    """The numbers of terms of the sums and means in a graph; a leaf that is used n times has a gradient of n terms.

    Products with parameters are not counted: nobody takes a mean for the sums of a matrix product.
    """
    lengths: dict[Value, int] = {}
    uses: Counter[tuple[Value, str]] = Counter()
    means: set[int] = set()
    for node in graph.nodes:
        op, operands = node.op.name, [operand for operand, _ in node.edges]
        leaves = [operand for operand in operands if operand.is_leaf]
        if op != "mul" or len(leaves) < 2:
            uses.update((leaf, op) for leaf in leaves)
        if op == "mul" and leaves:
            lengths[node] = 0
        elif op in ("add", "neg"):
            lengths[node] = sum(lengths.pop(operand, 1) for operand in operands)
        elif op in ("sum", "mean"):
            lengths[node] = len(node.args)
            means |= {len(node.args)} if op == "mean" else set()
        elif _is_linear(node) and op != "sub" and (local := abs(node.edges[0][1])):
            n, divisor = lengths.get(operands[0], 1), round(1 / local) if local > LIKE else 0
            if abs(divisor * local - 1) <= LIKE:
                means |= {n} if divisor in (n, 2 * n) else {divisor} if n % divisor == 0 else set()
    return Terms({n for n in (*lengths.values(), *uses.values()) if n > 1}, {n for n in means if n > 1})


def _is_linear(node: Value) -> bool:
    """True for sums, and for products and quotients with a constant, but not for a constant divided by a Value."""
    if node.op.name in ("mul", "truediv"):
        return len(node.edges) == 1 and (node.op.name == "mul" or type(node.args[0]) is Value)
    return node.op.name in ("add", "sub", "neg", "sum", "mean")


def _has_constant(node: Value, number: float) -> bool:
    return any(type(x) is not Value and x == number for x in node.args)


def _written_out_sigmoid(node: Value) -> tuple[Value, Value] | None:
    """For the node of 1 / (1 + exp(-x)), the node of -x and x."""
    ((denominator, _),) = node.edges
    if denominator.op.name == "add" and _has_constant(denominator, 1):
        for exponential, _ in denominator.edges:
            ((exponent, _),) = exponential.edges if exponential.op.name == "exp" else [(denominator, 0.0)]
            if exponent.op.name == "neg":
                return exponent, exponent.edges[0][0]
    return None
