"""A recorded graph as the target of a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain, count
from typing import Any

from autograd.checking.audit import Culprit, Graph, accumulation
from autograd.checking.inputs import Block
from autograd.checking.references.by_differences import FiniteDifferences
from autograd.checking.references.by_replay import ExactReplay
from autograd.checking.references.exact_replay import Replay
from autograd.checking.references.reference import Reference
from autograd.checking.targets import Target
from autograd.core.graph import check_stale
from autograd.core.value import Value, shown
from autograd.formula.systems import IEEE
from autograd.formula.typesetting import numbered, shortened

__all__ = ["GraphTarget", "recorded_graph"]


class GraphTarget(Target):
    """A recorded graph, and the leaves to check by name."""

    unrecorded: list[Culprit] | None = []  # noqa: RUF012 - never changed

    def __init__(self, graph: Graph, leaves: Mapping[str, Value]) -> None:
        self._graph, self._leaves = graph, leaves
        self.numbers = {name: leaf.data for name, leaf in leaves.items()}

    @property
    def blocks(self) -> Sequence[Block]:
        """The leaves, each on its own."""
        return [Block(name, (), i) for i, name in enumerate(self.numbers)]

    @property
    def leaves(self) -> Mapping[str, Value]:
        """The leaves to check."""
        return self._leaves

    @property
    def graph(self) -> Graph:
        """The graph."""
        return self._graph

    def along(self, name: str) -> Callable[[float], float]:
        """The graph computed again with another number for one leaf."""
        return Replay(self.graph.root, IEEE).along(self.leaves[name])

    @cached_property
    def reference(self) -> Reference:
        """Exact replay, unless the graph has operations without a formula."""
        if functions := self.graph.without_formula:
            why = f"{', '.join(functions)}: a Python function, not a formula"
            return FiniteDifferences(self.along, self.numbers, why)
        return ExactReplay(self.graph, self.leaves)

    def restore(self) -> None:
        """Nothing was called."""

    def own_gradients(self) -> tuple[dict[str, float], list[Culprit]]:
        """The gradients that a backward pass left on the leaves; if none ran, those that it would leave."""
        graph, root = self.graph, self.graph.root
        everything = [*graph.leaves(), *graph.nodes]
        grads = [v.grad for v in everything] if root.grad is not None else root.gradients(everything)
        computed = dict(zip(everything, grads, strict=True))
        mistakes = [*graph.forward, *graph.local, *accumulation(graph, computed)]
        return {name: computed[leaf] or 0.0 for name, leaf in self.leaves.items()}, mistakes


def recorded_graph(root: Value, inputs: Any) -> GraphTarget:
    """The graph that ends in `root`; `inputs` may choose the leaves to check, and name them."""
    graph = Graph(root)
    check_stale(graph.nodes)
    return GraphTarget(graph, _named_leaves(graph, inputs))


def _named_leaves(graph: Graph, inputs: Any) -> dict[str, Value]:
    if isinstance(inputs, Mapping):
        named = {str(name): leaf for name, leaf in inputs.items()}
    else:
        leaves = graph.leaves() if inputs is None else [inputs] if type(inputs) is Value else list(inputs)
        free = numbered("v", {leaf.label or "" for leaf in leaves if type(leaf) is Value})
        named = {}
        for leaf in leaves:
            label = getattr(leaf, "label", None) or next(free)
            names = chain([label], (f"{label}'{i}" for i in count(2)))
            named[next(name for name in names if name not in named)] = leaf
    of_graph = set(graph.leaves())
    for name, leaf in zip(map(shortened, named), named.values(), strict=True):
        if type(leaf) is not Value:
            raise TypeError(f"gradcheck of a recorded graph takes its leaves, Values, not {name} = {shown(leaf)}")
        if not leaf.is_leaf:
            raise TypeError(f"{name} is computed, not a leaf: gradcheck moves the leaves that the graph starts from")
        if leaf not in of_graph:
            raise TypeError(f"{name} is not a leaf of this graph: the result was not computed from it")
    return named
