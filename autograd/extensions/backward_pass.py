"""The backward pass of `autograd.core.graph`, written out for each kind of node, which is several times as fast.

A node with one or two operands has them in slots of its own; ``node.edges`` would create three objects per node.  A
set of the visited nodes would take longer than all the arithmetic, so the nodes are marked instead.
"""

from __future__ import annotations

from functools import wraps
from operator import attrgetter
from typing import Any

from autograd.core import graph
from autograd.core.graph import StaleGraphError, check_stale, outdated_gradients, warn_if_added
from autograd.core.state import seams
from autograd.core.value import Value

__all__ = ["backward"]

_created = attrgetter("_created")
_ZERO = -0.0


@wraps(graph.backward)
def backward(root: Value) -> None:  # noqa: D103
    if root._x is None:
        return graph.backward(root)
    seams.reader.number(root, "gradient")
    nodes = _reached(root)
    outdated = seams.outdated and outdated_gradients()
    root.grad = 1.0
    for node in nodes:
        upstream: Any = node.grad
        dx = node._dx
        if dx is not None:
            x = node._x
            grad = x.grad
            x.grad = dx * upstream if grad is None else grad + dx * upstream
            dy = node._dy
            if dy is not None:
                y = node._y
                grad = y.grad
                y.grad = dy * upstream if grad is None else grad + dy * upstream
        else:  # more than two operands
            for operand, local in zip(node._x, node._y):  # noqa: B905 - slopes may end early
                if local is not None:
                    grad = operand.grad
                    operand.grad = local * upstream if grad is None else grad + local * upstream
    if outdated:
        warn_if_added(outdated, nodes)
    return None


def _reached(root: Value) -> list[Value]:
    """The inner nodes that `root` was computed from, newest first, with gradients of zero.

    The zero is an object of this pass alone: a node that has it was visited already.  It is -0.0, the neutral element
    of addition.  Raises `StaleGraphError`, with all gradients restored.
    """
    zero = _ZERO + _ZERO  # a new object
    nodes: list[Value] = []
    unvisited, earlier = [root], [(root, root.grad)]
    append, push, pop = nodes.append, unvisited.append, unvisited.pop
    root.grad = zero
    while unvisited:
        node = pop()
        append(node)
        if node._dx is not None:
            x = node._x
            if x._x is not None and x.grad is not zero:
                if x.grad is not None:
                    earlier.append((x, x.grad))
                x.grad = zero
                push(x)
            if node._dy is not None:
                y = node._y  # before x: the later operand is usually the newer one, which leaves less to sort
                if y._x is not None and y.grad is not zero:
                    if y.grad is not None:
                        earlier.append((y, y.grad))
                    y.grad = zero
                    push(y)
        else:  # more than two operands
            for operand, local in zip(node._x, node._y):  # noqa: B905 - slopes may end early
                if local is not None and operand._x is not None and operand.grad is not zero:
                    if operand.grad is not None:
                        earlier.append((operand, operand.grad))
                    operand.grad = zero
                    push(operand)
    nodes.sort(key=_created, reverse=True)
    if seams.last_change > nodes[-1]._created:
        _check_fresh(nodes, earlier)
    return nodes


def _check_fresh(nodes: list[Value], earlier: list[tuple[Value, float | None]]) -> None:
    """Raise `StaleGraphError`, with all gradients restored, if a leaf was changed after one of `nodes` had used it."""
    try:
        check_stale(nodes)
    except StaleGraphError:
        for node in nodes:
            node.grad = None
        for node, grad in earlier:
            node.grad = grad
        raise


setattr(Value, "backward", backward)
