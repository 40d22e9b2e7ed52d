"""A recorded graph as a network: its parameters in arrays, its layers of activations, its terms and its samples."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autograd.checking.audit import Graph
from autograd.checking.diagnosis.array_patterns import LIKE, Terms
from autograd.core.graph import adjoints
from autograd.core.table import Operation
from autograd.core.value import Value

__all__ = ["Edge", "Gradients", "Network", "Unit", "counted", "sums_of"]

Gradients = Mapping[str, Any]
"""A gradient for each array, by name."""
Edge = tuple[Value, Value]
"""An edge of the graph, as (node, operand)."""


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
    def products(self) -> list[tuple[Value, Value, Value]]:
        """The products with a parameter: the node, the parameter and the other factor."""
        pairs = [(node, [x for x, _ in node.edges]) for node in self.nodes if node.op.name == "mul"]
        both = [(node, w, x) for node, pair in pairs if len(pair) == 2 for w, x in (pair, pair[::-1])]
        return [(node, w, x) for node, w, x in both if w in self.parameters]

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
        return {node: weight for node, weight in self._weights.items() if not _is_linear(node)}

    @cached_property
    def _weights(self) -> dict[Value, float]:
        """The weights of the terms, and of the sums that they are added up in."""
        weights = {self.root: 1.0}
        for node in self.nodes:
            if node in weights and _is_linear(node):
                for operand, local in node.edges:
                    weights[operand] = weights.get(operand, 0.0) + local * weights[node]
        return weights

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

        inner = [edge for edge in self._edges if edge[0] not in self._above]
        for node, operand, _ in inner:
            group.setdefault(node, node)
            if operand in group:
                group[first(operand)] = first(node)
        parts: dict[Value, dict[Value, float]] = defaultdict(lambda: defaultdict(float))
        for node, operand, local in inner:
            if operand in self.parameters:
                parts[first(node)][operand] += local * self.adjoints[node]
        return [self.gradients(part) for part in parts.values()]

    @cached_property
    def _above(self) -> set[Value]:
        """The nodes that only add up the terms."""
        return self._weights.keys() - self.terms.keys()

    @cached_property
    def _edges(self) -> list[tuple[Value, Value, float]]:
        """The edges that gradients flow through, except in the regulariser, in the order of the forward pass."""
        edges: list[tuple[Value, Value, float]] = []
        regulariser: set[Value] = set()
        for node in self.graph.nodes:
            others = [(node, *edge) for edge in node.edges if edge[0] not in regulariser]
            if not others or (node in self.terms and self._is_penalty(node)):
                regulariser.add(node)
            elif node in self.adjoints:
                edges += others
        return edges

    @cached_property
    def uses(self) -> dict[str, list[list[list[float]]]]:
        """The parts of the gradient of each parameter, in order, by use; all uses in the same sum are one."""
        sum_of = {term: node for node, terms in sums_of(self.graph).items() for term in terms}
        uses: dict[Value, dict[Value, list[float]]] = {leaf: defaultdict(list) for leaf in self.parameters}
        for node, operand, local in self._edges:
            if operand in uses:
                uses[operand][sum_of.get(node, node)].append(local * self.adjoints[node])
        return {name: [list(uses[leaf].values()) for leaf in array] for name, array in self.leaves.items()}

    @cached_property
    def forks(self) -> dict[str, dict[str, list[Edge]]]:
        """The edges by what they lead from and to, where they lead from one array or operation to several."""
        array_of = {leaf: name for name, array in self.leaves.items() for leaf in array}
        forks: dict[str, dict[str, list[Edge]]] = defaultdict(lambda: defaultdict(list))
        for node, operand, _ in self._edges:
            if _is_weighted(operand):  # one term of a matrix product alone is hardly forgotten
                continue
            end = _without_operands(node.op)
            if node.op.name == "mul":
                end += "".join({f" with {array_of[x]}" for x, _ in node.edges if x in array_of and x is not operand})
            elif len(node.args) == len(node.op.operands) == 2:
                end = f"the {'second' if operand is not node.args[0] else 'first'} of {end}"
            forks[array_of.get(operand) or _without_operands(operand.op)][end].append((node, operand))
        return {start: ends for start, ends in forks.items() if len(ends) > 1}

    @cached_property
    def statistics(self) -> dict[str, list[Edge]]:
        """The edges into means, and into variances, that are parts of the graph."""
        statistics: dict[str, list[Edge]] = defaultdict(list)
        for node, terms, divisor in _divided(self.graph):
            if node not in self._above and divisor in (len(terms), len(terms) - 1):
                are_squares = all(term.op.name == "pow" or len({*term.args}) < len(term.args) for term in terms)
                statistics["variance" if are_squares else "mean"] += [(node, operand) for operand, _ in node.edges]
        return statistics

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
            kind = "relu" if op in ("maximum", "where") and _has_constant(node, 0) else op
            yield Unit(kind, node, node, operand, local)
        elif op == "truediv" and _has_constant(node, 1) and (inner := _written_out_sigmoid(node)):
            z = node.data
            yield Unit("sigmoid", node, *inner, z * (1 - z))


def counted(graph: Graph) -> Terms:
    """The numbers of terms of the sums and means in a graph; a leaf that is used n times has a gradient of n terms.

    Products with leaves are not counted: the sums of a matrix product are not mistaken for means.
    """
    others = (node for node in graph.nodes if len(node.edges) == 1 or not all(x.is_leaf for x, _ in node.edges))
    uses = Counter((x, node.op.name) for node in others for x, _ in node.edges if x.is_leaf)

    def length(terms: Sequence[Value]) -> int:
        return sum(not _is_weighted(term) for term in terms)

    lengths = [length(terms) for terms in sums_of(graph).values()]
    means: set[int] = set()
    for _, terms, divisor in _divided(graph):
        n = length(terms)
        means |= {n} if divisor in (n, 2 * n) else {divisor} if n and n % divisor == 0 else set()
    return Terms({n for n in (*lengths, *uses.values()) if n > 1}, {n for n in means if n > 1})


def _without_operands(op: Operation) -> str:
    """The operation with dots in place of its operands, which may be called like the inputs: ``· * ·``, ``tanh(·)``."""
    return re.sub(rf"\b({'|'.join(op.operands)})\b", "·", op.written)


def sums_of(graph: Graph) -> dict[Value, Sequence[Value]]:
    """The terms of each sum, by the node of the sum or its negative; a sum that only another one uses is part of it."""
    uses = Counter(operand for node in graph.nodes for operand, _ in node.edges)
    sums: dict[Value, list[Value]] = {}
    for node in graph.nodes:
        if node.op.name in ("add", "neg", "sum"):
            terms = [sums.pop(x, [x]) if uses[x] == 1 else [x] for x, _ in node.edges]
            sums[node] = terms[0]
            for others in terms[1:]:
                sums[node] += others
    return dict(sums)


def _divided(graph: Graph) -> Iterator[tuple[Value, Sequence[Value], int]]:
    """Each sum that is divided by a whole number: the quotient, the terms and the divisor."""
    sums = sums_of(graph)
    for node in graph.nodes:
        ((operand, local), *others) = node.edges
        divisor = round(1 / abs(local)) if abs(local) > LIKE else 0
        if node.op.name == "mean":
            yield node, [x for x, _ in node.edges], len(node.args)
        elif operand in sums and not others and _is_linear(node) and abs(divisor * abs(local) - 1) <= LIKE:
            yield node, sums[operand], divisor


def _is_weighted(node: Value) -> bool:
    """True for products with a leaf."""
    return node.op.name == "mul" and any(operand.is_leaf for operand, _ in node.edges)


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
