"""The target of a check: named numbers, and a result that depends on them.

A function is called once with Values in place of its inputs; a recorded graph exists already.  Both then offer
the same: the recorded graph, if there is one, the gradients that the engine computes from it, and a reference.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from math import isnan
from typing import Any

from autograd.checking.audit import Culprit, Graph, accumulation, again, changed_constants
from autograd.checking.exact_replay import Replay
from autograd.checking.inputs import Inputs
from autograd.checking.reference import ExactReplay, FiniteDifferences, Reference
from autograd.core.graph import check_stale
from autograd.core.value import Value, as_float, shown
from autograd.formula.systems import IEEE
from autograd.formula.typesetting import numbered
from autograd.transforms import pytrees
from autograd.transforms.signatures import name_of

__all__ = ["FunctionTarget", "GraphTarget", "Target", "UndecidableError", "recorded_graph"]

MOVES = (2.0**-12, 2.0**-26, 2.0**-40)
"""Relative moves of the inputs after which a function should still compute the same steps."""
GOLDEN = (5**0.5 - 1) / 2
"""Its multiples all have different fractional parts, so that no two inputs move together."""


class UndecidableError(Exception):
    """Nothing can be said about any gradient of the target, for the reason in the message."""


class Target(ABC):
    """A result and the `numbers` that it depends on, by name."""

    numbers: Mapping[str, float]

    @property
    @abstractmethod
    def leaves(self) -> Mapping[str, Value]:
        """The recorded leaves by name."""

    @property
    @abstractmethod
    def graph(self) -> Graph | None:
        """The graph that was recorded from the leaves, if there is one."""

    @property
    @abstractmethod
    def unrecorded(self) -> list[Culprit] | None:
        """The places where the result depends on an input without a record; None if the graph is only a part of it."""

    @abstractmethod
    def own_gradients(self) -> tuple[dict[str, float], list[Culprit]]:
        """The gradients that the engine computes, and the mistakes in the passes that computed them."""

    @abstractmethod
    def along(self, name: str) -> Callable[[float], float]:
        """The result as a function of one input alone, from float to float."""

    @cached_property
    def reference(self) -> Reference:
        """Exact replay if the graph holds all of the function as formulas, else finite differences."""
        if self.graph is None or self.unrecorded != []:
            return FiniteDifferences(self.along, self.numbers)
        if functions := self.graph.without_formula:
            why = f"{', '.join(functions)}: a Python function, not a formula"
            return FiniteDifferences(self.along, self.numbers, why)
        return ExactReplay(self.graph, self.leaves)


# --- A function -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Call:
    """One call of a function: the leaves, the result as a number, and its node if it was recorded.

    If the function failed with Values, `failure` is the error, and `make` created the numbers that it was called with.
    """

    leaves: Mapping[str, Value]
    result: float
    root: Value | None
    make: Callable[[float], Any] = Value
    failure: Exception | None = None


class FunctionTarget(Target):
    """A function and its inputs; if it fails with Values, it is called with the numbers of an `engine`, or floats."""

    def __init__(self, f: Callable[..., Any], inputs: Inputs, engine: Callable[[float], Any] | None) -> None:
        self.f, self.inputs, self.engine = f, inputs, engine
        self.numbers = inputs.numbers

    @cached_property
    def call(self) -> _Call:
        """The first call of the function.

        Raises whatever it raises with Values and with plain numbers, and UndecidableError where it is not defined.
        """
        try:
            return self._recorded(self.numbers)
        except Exception as error:  # whatever a function may do with a Value that it was not made for
            failure, make = error, self.engine or float
        try:
            return _Call({}, self._plain(self.numbers, make), None, make, failure)
        except (ArithmeticError, ValueError) as error:
            raise UndecidableError(f"{name_of(self.f)} is not defined here: {error}") from None
        except Exception:
            raise failure from None

    @property
    def leaves(self) -> Mapping[str, Value]:
        """The Values that the function was called with."""
        return self.call.leaves

    @cached_property
    def graph(self) -> Graph | None:
        """The graph that the call recorded."""
        return None if self.call.root is None else Graph(self.call.root)

    def _recorded(self, numbers: Mapping[str, float]) -> _Call:
        leaves = {name: Value(x, name) for name, x in numbers.items()}
        result = pytrees.scalar(self.inputs.call(self.f, leaves.values()))
        return _Call(leaves, _as_number(result, self.f), result if type(result) is Value else None)

    def _plain(self, numbers: Mapping[str, float], make: Callable[[float], Any]) -> float:
        numpy = sys.modules.get("numpy")  # no warnings where a function is not defined: here that is an answer
        with numpy.errstate(all="ignore") if numpy else nullcontext():
            return _as_number(self.inputs.call(self.f, map(make, numbers.values())), self.f)

    def along(self, name: str) -> Callable[[float], float]:
        """The function of one input alone, with Values if it takes them."""
        return lambda x: self._plain({**self.numbers, name: x}, self.call.make)

    def own_gradients(self) -> tuple[dict[str, float], list[Culprit]]:
        """The gradients of a backward pass, and the mistakes in the forward pass and in the sums of the backward pass.

        The pass runs twice, because the first must not disturb the next one.  The ``grad`` of captured Values is
        restored.
        """
        if self.call.failure:
            raise TypeError(
                f"{name_of(self.f)} does not accept Values, so it has no gradient of its own to check: pass the one "
                f"you derived as gradient=..., or write the function with the operations of autograd. "
                f"(With Values: {self.call.failure})"
            ) from self.call.failure
        if self.graph is None:
            return dict.fromkeys(self.leaves, 0.0), []
        graph = self.graph
        before = {value: value.grad for value in [*graph.leaves(), *graph.nodes]}
        for value in before:
            value.grad = None
        try:
            graph.root.backward()
            once = {value: value.grad for value in before}
            graph.root.backward()
            twice = {value: value.grad for value in before}
        finally:
            for value, grad in before.items():
                value.grad = grad
        grads = {name: once.get(leaf) or 0.0 for name, leaf in self.leaves.items()}
        return grads, [*graph.forward, *accumulation(graph, once), *again(graph, once, twice)]

    @cached_property
    def unrecorded(self) -> list[Culprit] | None:
        """The numbers in the graph that change with the inputs without a record.

        These change however little the inputs move, and on both sides; others belong to a branch.  None if the
        function takes another branch right beside the inputs.  Raises UndecidableError if it is random.
        """
        if self.call.failure:
            return []
        changed: list[Culprit] | None = []
        for move in MOVES:
            sides = []
            for side in (move, -move):
                try:
                    sides.append(self._changed(self._moved(side)))
                except Exception:  # a number that the function cannot take
                    continue
            if not any(side is None or side for side in sides):
                return []
            changed = (changed or sides[0]) if all(sides) else None  # as described by the largest move
        if changed and self._changed(self.numbers):
            raise UndecidableError(f"{name_of(self.f)} returns different results for the same inputs")
        return changed

    def _moved(self, move: float) -> dict[str, float]:
        """The inputs, each moved a little and none as far as another."""
        numbers = enumerate(self.numbers.items())
        return {name: x + move * (1 + i * GOLDEN % 1) * (abs(x) or 1.0) for i, (name, x) in numbers}

    def _changed(self, numbers: Mapping[str, float]) -> list[Culprit] | None:
        """The unrecorded differences from the first call when the function is called with other numbers."""
        call, other = self.call, self._recorded(numbers)
        if call.root is None or other.root is None:
            if call.root is not other.root:
                return None
            if call.result == other.result or (isnan(call.result) and isnan(other.result)):
                return []
            what = "it changes with the inputs, but is a plain number: no step towards it was recorded"
            return [Culprit("DETACHED", f"the result of {name_of(self.f)}", what)]
        leaves = (list(call.leaves.values()), list(other.leaves.values()))
        return changed_constants(Graph(call.root), leaves[0], Graph(other.root), leaves[1])


def _as_number(result: Any, f: Callable[..., Any]) -> float:
    if pytrees.is_tree(result):
        raise TypeError(
            f"gradcheck needs a function that returns one number, but {name_of(f)} returned {shown(result)}: "
            "return a sum, or one element"
        )
    if hasattr(result, "data") and hasattr(result, "backward"):  # a Value of any kind, or a tensor
        result = result.item() if hasattr(result, "item") else result.data
    return as_float(result, f"the result of {name_of(f)}, {shown(result)}")


# --- A recorded graph ---------------------------------------------------------------------------------


class GraphTarget(Target):
    """A recorded graph, and the leaves to check by name."""

    unrecorded: list[Culprit] | None = []  # noqa: RUF012 - never changed

    def __init__(self, graph: Graph, leaves: Mapping[str, Value]) -> None:
        self._graph, self._leaves = graph, leaves
        self.numbers = {name: leaf.data for name, leaf in leaves.items()}

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
    for name, leaf in named.items():
        if type(leaf) is not Value:
            raise TypeError(f"gradcheck of a recorded graph takes its leaves, Values, not {name} = {shown(leaf)}")
        if not leaf.is_leaf:
            raise TypeError(f"{name} is computed, not a leaf: gradcheck moves the leaves that the graph starts from")
        if leaf not in of_graph:
            raise TypeError(f"{name} is not a leaf of this graph: the result was not computed from it")
    return named
