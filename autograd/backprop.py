"""The chain rule, applied to a whole graph: newest to oldest for gradients, oldest to newest for tangents.

Each node's edges are ``(operand, local derivative)`` pairs that the forward pass left behind, and
operands are always created before the node that uses them.  So the order of creation *is* a
topological order, and both passes are one loop over the nodes and one line an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import count
from operator import add, attrgetter, mul
from typing import TYPE_CHECKING, Any

from autograd import tracing

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = [
    "StaleGraphError",
    "backward",
    "clock",
    "derivatives",
    "gradients",
    "newest_first",
    "stale_edges",
    "tangents",
]

_created = attrgetter("_created")
clock = count()
"""Hands out places in the order of creation."""


class StaleGraphError(RuntimeError):
    """A leaf was changed after the forward pass, so the recorded derivatives belong to old numbers."""


def newest_first(*roots: Value, since: int | None = None) -> list[Value]:
    """The `roots` and the inner nodes they were computed through, newest first.

    Leaves are not listed unless they are roots; they are met as operands.  What nodes created before
    `since` were computed from is left out.
    """
    seen = set(roots)
    nodes = list(seen)
    append, add = nodes.append, seen.add
    reached = nodes if since is None else (node for node in nodes if node._created >= since)
    for node in reached:  # grows while it is read
        for operand, _ in node.edges:
            if operand.edges and operand not in seen:
                add(operand)
                append(operand)
    nodes.sort(key=_created, reverse=True)
    return nodes


def stale_edges(nodes: list[Value]) -> list[tuple[Value, Value]]:
    """The pairs ``(leaf, node)`` in which the leaf was changed after the node had used it."""
    return [(leaf, node) for node in nodes for leaf, _ in node.edges if leaf._created > node._created]


def backward(root: Value) -> None:
    """Set ``grad`` to d root / d node on everything `root` was computed from.

    Leaves accumulate from call to call until somebody resets them, as sums over samples need it;
    inner nodes start anew.  Raises `StaleGraphError`, having changed nothing.
    """
    _refuse_to_trace(root)
    if not root.edges:
        root.grad = 1.0 if root.grad is None else root.grad + 1.0
        return
    nodes = newest_first(root)
    _check(nodes)
    for node in nodes:
        node.grad = None
    root.grad = 1.0
    for node in nodes:
        upstream = node.grad
        for operand, local in node.edges:
            so_far = operand.grad
            operand.grad = local * upstream if so_far is None else so_far + local * upstream  # type: ignore[operator]


def gradients(root: Value, wrt: Iterable[Value], create_graph: bool = False) -> list[Any]:
    """d root / d v for each v of `wrt`, leaf or inner node, 0.0 where root does not depend on v.

    Reads and writes no ``grad``.  With `create_graph` the results are Values, computed from the graph's
    own and so differentiable again.
    Raises `StaleGraphError`, and TypeError if `wrt` holds anything but Values.
    """
    wanted, start = _values(wrt), next(clock)
    if not create_graph:
        _refuse_to_trace(root)
    product = _recorded_product if create_graph else mul
    adjoints: dict[Value, Any] = {root: 1.0}
    for node, edges in _graph(_fresh([root], wanted), set(wanted), create_graph):
        upstream = adjoints[node]
        for operand, local in edges:
            term = product(local, upstream)
            adjoints[operand] = adjoints[operand] + term if operand in adjoints else term
    results = [adjoints.get(value, 0.0) for value in wanted]
    return _new_values(results, start) if create_graph else results


def derivatives(
    nodes: Sequence[Value], edges: Callable[[Value], Iterable[tuple[Value, Any]]], one: Any = 1.0
) -> dict[Value, Any]:
    """The derivative of the first of the `nodes`, newest first, by all that they were computed from.

    The backward pass over numbers of any kind, as the `edges` have them.
    """
    adjoints = {nodes[0]: one}
    for node in nodes:
        if node in adjoints:
            upstream = adjoints.pop(node)
            for operand, local in edges(node):
                term = local * upstream
                adjoints[operand] = adjoints[operand] + term if operand in adjoints else term
    return adjoints


def tangents(roots: Iterable[Value], directions: Mapping[Value, Any], create_graph: bool = False) -> list[Any]:
    """How fast each of the `roots` changes when the Values in `directions` move at the given speeds (forward mode).

    With one leaf at speed 1 these are the derivatives by that leaf, computed the other way round.
    `create_graph` and the errors are those of `gradients`.
    """
    roots, start = list(roots), next(clock)
    if roots and not create_graph:
        _refuse_to_trace(roots[0])
    product = _recorded_product if create_graph else mul
    speeds = dict(directions)
    for node, edges in reversed(list(_graph(_fresh(roots, directions), set(directions), create_graph))):
        if node not in directions:
            speeds[node] = reduce(add, (product(local, speeds[operand]) for operand, local in edges))
    results = [speeds.get(root, 0.0) for root in roots]
    return _new_values(results, start) if create_graph else results


def _recorded_product(a: Any, b: Any) -> Any:
    """The product, without a step for a factor of one."""
    if not hasattr(a, "edges") and a == 1:
        return b
    return a if not hasattr(b, "edges") and b == 1 else a * b


def _graph(nodes: list[Value], sources: set[Value], create_graph: bool) -> Iterator[tuple[Value, Any]]:
    """Those of the `nodes` that were computed from one of the `sources`, each with its edges on the way there."""
    edges_of: Callable[[Value], Iterable[tuple[Value, Any]]] = attrgetter("edges")
    if create_graph:
        from autograd.recording import recorded_edges as edges_of
    between = set(sources)
    for node in reversed(nodes):
        if any(operand in between for operand, _ in node.edges):
            between.add(node)
    for node in nodes:
        if node in between and node.edges:
            yield node, [(operand, local) for operand, local in edges_of(node) if operand in between]


def _new_values(results: list[Any], start: int) -> list[Value]:
    """The results as Values of their own: not numbers, as the slope of 3·x is, nor an operand, as that of w·x is."""
    from autograd.value import Value

    given: set[Value] = set()
    new: list[Value] = []
    for x in results:
        fresh = x if type(x) is Value else Value(x)
        new.append(+fresh if fresh._created < start or fresh in given else fresh)
        given.add(fresh)
    return new


def _values(wrt: Iterable[Value]) -> list[Value]:
    if not hasattr(wrt, "__iter__"):
        raise TypeError(f"gradients takes a sequence of Values: write [{getattr(wrt, 'label', None) or repr(wrt)}]")
    wanted = list(wrt)
    for value in wanted:
        if not hasattr(value, "edges"):
            raise TypeError(f"gradients are taken with respect to Values, not {value!r}")
    return wanted


def _refuse_to_trace(root: Value) -> None:
    if tracing.is_tracing():
        raise tracing.refusal_of_number(root, "gradient", "Write grad(f), or v.gradients(..., create_graph=True).")


_latest_change = -1


def note_change(created: int) -> None:
    """Remember when a leaf was last given a new number, so that most passes need not look for stale edges."""
    global _latest_change  # noqa: PLW0603
    _latest_change = max(_latest_change, created)


def _fresh(roots: Iterable[Value], sources: Collection[Value]) -> list[Value]:
    """`newest_first`, as far as it may depend on the `sources`, having refused stale edges."""
    # What is older than all sources depends on none of them, and nothing can be stale if no leaf was ever changed.
    since = min(map(_created, sources)) if sources and _latest_change < 0 else None
    nodes = newest_first(*roots, since=since)
    _check(nodes)
    return nodes


def _check(nodes: list[Value]) -> None:
    """`refuse_stale`, unless no leaf, anywhere, was changed since the oldest node was made."""
    if nodes and nodes[-1]._created < _latest_change:
        refuse_stale(nodes)


def refuse_stale(nodes: list[Value]) -> None:
    """Raise `StaleGraphError` if a leaf was changed after one of the `nodes` had used it."""
    stale = stale_edges(nodes)
    if stale:
        from autograd.notation import name, sentence

        leaf, node = stale[0]
        who = name(leaf) if leaf.label else "an unnamed leaf"
        raise StaleGraphError(
            f"{who} was changed to {leaf.data!r} after {sentence(node)} had been computed from it, so the "
            "recorded derivatives belong to the old number. Run the forward pass again, then call backward()."
        )
