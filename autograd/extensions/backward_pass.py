"""The backward pass of `autograd.core.graph`, written out for each kind of node: several times as fast.

A node with one or two operands has them in slots of its own; going through ``node.edges`` would make three objects
for each.  And a set of the nodes that were reached would take longer than all the arithmetic, so the nodes are marked.
"""

from __future__ import annotations

from functools import wraps
from operator import attrgetter
from typing import Any

from autograd.core import graph
from autograd.core.graph import check_stale
from autograd.core.value import Value, seams

__all__ = ["backward"]

_created = attrgetter("_created")


@wraps(graph.backward)
def backward(root: Value) -> None:  # noqa: D103
    if root._x is None:
        return graph.backward(root)
    seams.reader.number(root, "gradient")
    for node in _reached(root):
        upstream: Any = node.grad
        dx = node._dx
        if dx is not None:
            node._x.grad += dx * upstream
            dy = node._dy
            if dy is not None:
                node._y.grad += dy * upstream
        else:  # more than two operands
            for operand, local in zip(node._x, node._y):  # noqa: B905 - slopes may end early
                if local is not None:
                    operand.grad += local * upstream
    return None


def _reached(root: Value) -> list[Value]:
    """The inner nodes that `root` was computed through, newest first; all gradients are ready to be added to.

    Inner nodes start from a zero that is an object of this pass alone: a node that has it was reached already.  It is
    -0.0, which changes nothing that is added to it.  Raises `StaleGraphError`, after all gradients were put back.
    """
    zero = -0.0
    nodes, earlier = [root], [(root, root.grad)]
    append = nodes.append
    root.grad = zero
    for node in nodes:  # grows while it is read
        if node._dx is not None:
            x = node._x
            if x._x is None:
                if x._changed > node._created:
                    _refuse(nodes, earlier)
                if x.grad is None:
                    earlier.append((x, None))
                    x.grad = zero
            elif x.grad is not zero:
                if x.grad is not None:
                    earlier.append((x, x.grad))
                x.grad = zero
                append(x)
            if node._dy is not None:
                y = node._y
                if y._x is None:
                    if y._changed > node._created:
                        _refuse(nodes, earlier)
                    if y.grad is None:
                        earlier.append((y, None))
                        y.grad = zero
                elif y.grad is not zero:
                    if y.grad is not None:
                        earlier.append((y, y.grad))
                    y.grad = zero
                    append(y)
        else:  # more than two operands
            created = node._created
            for operand, local in zip(node._x, node._y):  # noqa: B905 - slopes may end early
                if local is None:
                    continue
                if operand._x is None:
                    if operand._changed > created:
                        _refuse(nodes, earlier)
                    if operand.grad is None:
                        earlier.append((operand, None))
                        operand.grad = zero
                elif operand.grad is not zero:
                    if operand.grad is not None:
                        earlier.append((operand, operand.grad))
                    operand.grad = zero
                    append(operand)
    nodes.sort(key=_created, reverse=True)
    root.grad = 1.0
    return nodes


def _refuse(nodes: list[Value], earlier: list[tuple[Value, float | None]]) -> None:
    """Put the gradients back, and raise the error for the newest node that is stale."""
    for node in nodes:
        node.grad = None
    for node, grad in earlier:
        node.grad = grad
    check_stale(graph.newest_first(nodes[0]))


setattr(Value, "backward", backward)
