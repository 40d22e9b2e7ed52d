"""The chain rule, applied to a whole graph, from the newest node to the oldest.

The forward pass stored the local derivatives in the nodes, and operands are always created before the node that uses
them.  So the order of creation *is* a topological order, and the backward pass is one loop over the nodes with one
line per edge.  `backward` and `gradients` become methods of Value.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from autograd.core.state import seams
from autograd.core.value import WATCHED, Value, name, sentence, shown

__all__ = [
    "StaleGraphError",
    "adjoints",
    "backward",
    "check_fresh",
    "check_stale",
    "check_values",
    "gradients",
    "is_stale",
    "newest_first",
    "outdated_gradients",
    "stale_edges",
    "warn_if_added",
]

_created = attrgetter("_created")
_edges: Callable[[Value], Iterable[tuple[Value, Any]]] = attrgetter("edges")


class StaleGraphError(RuntimeError):
    """A leaf was changed after the forward pass, so the recorded derivatives belong to old numbers."""


def newest_first(*roots: Value, stop: Callable[[Value], bool] = lambda node: False) -> list[Value]:
    """The `roots` and the inner nodes they were computed from, newest first.

    Leaves are not listed unless they are roots; they occur as operands.  The operands of nodes at which to `stop` are
    not followed.
    """
    seen = set(roots)
    nodes = list(seen)
    for node in nodes:  # grows while it is read
        if not stop(node):
            for operand, _ in node.edges:
                if operand._x is not None and operand not in seen:
                    seen.add(operand)
                    nodes.append(operand)
    nodes.sort(key=_created, reverse=True)
    return nodes


def backward(root: Value) -> None:
    """Compute d self / d v for every Value v that self was computed from, and store it in ``v.grad``.

    Gradients of leaves accumulate over several calls; those of inner Values are computed anew each time.  Raises
    `StaleGraphError`, having changed nothing, if a leaf was changed after the forward pass.

    >>> x = Value(3.0)
    >>> y = x * x * x
    >>> y.backward(); x.grad
    27.0
    >>> y.backward(); x.grad
    54.0
    """
    seams.reader.number(root, "gradient")
    check_fresh(root)
    nodes = newest_first(root)
    outdated = outdated_gradients()
    for node in nodes:
        node.grad = node.grad if node.is_leaf else None
    _add(root, 1.0)
    for node in nodes:
        for operand, local in node.edges:
            _add(operand, local * node.grad)
    if outdated:
        warn_if_added(outdated, nodes)


def _add(value: Value, term: float) -> None:
    value.grad = term if value.grad is None else value.grad + term


def outdated_gradients() -> list[tuple[Value, float]]:
    """The watched leaves that were changed and still have the gradient of before, with that gradient."""
    outdated, seams.outdated = seams.outdated, []
    return [(leaf, grad) for leaf, grad in outdated if leaf.grad is grad]


def warn_if_added(outdated: list[tuple[Value, float]], nodes: Iterable[Value]) -> None:
    """Warn if a backward pass through `nodes` has added to an outdated gradient; go on to watch what it left alone."""
    seams.outdated += [(leaf, grad) for leaf, grad in outdated if leaf.grad is grad][-WATCHED // 2 :]
    changed = [leaf for leaf, grad in outdated if leaf.grad is not grad]
    reached = {operand for node in nodes for operand, _ in node.edges} if changed else ()
    for leaf in changed:
        if leaf in reached:  # else another thread has changed its gradient
            who = name(leaf) if leaf.label else "an unnamed leaf"
            warnings.warn(
                f"was zero_grad() forgotten? {who} was changed, but its old gradient is still there, and this "
                "backward pass has added to it. Before the next one, write model.zero_grad(), or p.grad = 0.0 for each "
                "parameter p",
                stacklevel=3,
            )
            break


def gradients(root: Value, wrt: Iterable[Value]) -> list[float]:
    """d self / d v for each v of `wrt`, leaf or inner node, 0.0 where self does not depend on v.

    Reads and writes no ``grad``.  Raises `StaleGraphError`, and TypeError if `wrt` holds anything but Values.

    >>> w, b = Value(2.0), Value(1.0)
    >>> (w ** 2 * 3 + b).gradients([w, b])
    [12.0, 1.0]
    """
    seams.reader.number(root, "gradient")
    sources = check_values(wrt)
    check_fresh(root)
    oldest = min(map(_created, sources), default=root._created)  # older nodes depend on no source
    nodes = newest_first(root, stop=lambda node: node._created <= oldest)
    derivatives = adjoints(root, (node for node in nodes if node._created > oldest))
    return [derivatives.get(value, 0.0) for value in sources]


def adjoints(
    root: Value, nodes: Iterable[Value], edges: Callable[[Value], Iterable[tuple[Value, Any]]] = _edges, one: Any = 1.0
) -> dict[Value, Any]:
    """The derivatives of `root` with respect to every Value that the `nodes`, newest first, were computed from.

    `edges` may yield local derivatives of any kind, with `one` as their unit.
    """
    sums: dict[Value, Any] = {root: one}
    for node in nodes:
        if node in sums:
            upstream = sums[node]
            for operand, local in edges(node):
                term = local * upstream
                sums[operand] = sums[operand] + term if operand in sums else term
    return sums


def check_values(wrt: Iterable[Value]) -> list[Value]:
    """`wrt` as a list; TypeError if it holds anything but Values."""
    if not hasattr(wrt, "__iter__"):
        raise TypeError(f"gradients takes a sequence of Values: write [{shown(wrt)}]")
    values = list(wrt)
    for value in values:
        if type(value) is not Value:
            raise TypeError(f"gradients are taken with respect to Values, not {value!r}")
    return values


def is_stale(operand: Any, node: Value) -> bool:
    """True if the `operand` was changed after `node` had been computed from it."""
    return type(operand) is Value and operand._x is None and operand._changed > node._created


def stale_edges(nodes: Iterable[Value]) -> Iterator[tuple[Value, Value]]:
    """The pairs ``(leaf, node)`` in which the leaf was changed after the node had used it."""
    return ((leaf, node) for node in nodes for leaf, _ in node.edges if is_stale(leaf, node))


def check_fresh(*roots: Value) -> None:
    """Raise `StaleGraphError` if a leaf was changed after a node that the `roots` depend on had used it.

    Nodes that passed this check since the last change of any leaf are not checked again.
    """
    last = seams.last_change
    nodes = newest_first(*roots, stop=lambda node: getattr(node, "_changed", -1) >= last)
    check_stale(nodes)
    for node in nodes:
        if not node.is_leaf:
            node._changed = last


def check_stale(nodes: Iterable[Value]) -> None:
    """Raise `StaleGraphError` if a leaf was changed after one of the `nodes` had used it."""
    for leaf, node in stale_edges(nodes):
        who = name(leaf) if leaf.label else "an unnamed leaf"
        raise StaleGraphError(
            f"{who} was changed to {leaf._number!r} after {sentence(node)} had been computed from it, so the "
            "recorded derivatives belong to the old number. Run the forward pass again, then call backward()."
        )


setattr(Value, "backward", backward)
setattr(Value, "gradients", gradients)
