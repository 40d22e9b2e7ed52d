"""Copies of whole graphs: by pickle and deepcopy, whatever their depth, and as plain data for other programs.

pickle and deepcopy follow references recursively, and fail at a depth of about a thousand.  So a node passes them,
before its own fields, a list of all nodes that it was computed from, operands first: at each of these, the operands
have been copied already and nothing is left to follow.
"""

from __future__ import annotations

import weakref
from dataclasses import fields
from itertools import chain, count
from typing import Any

from autograd.core.graph import check_stale, newest_first
from autograd.core.state import clock, copying
from autograd.core.table import LEAF, OPERATIONS, Operation
from autograd.core.value import Constant, Value

__all__ = ["graph", "reduced", "restore"]


_COPIED = [name for name in Value.__slots__ if name not in ("_created", "_changed")]  # copies get new times of creation


class _Start:
    """The mark before a list of nodes: these, by id, need no list of their own.

    In the copy it is an empty tuple.  It is valid until the list ends, or, if copying fails on the way, until it is
    released.
    """

    def __init__(self, nodes: list[Value]) -> None:
        self.ids = frozenset(map(id, nodes))

    def __reduce__(self) -> tuple[Any, ...]:
        copying.start = weakref.ref(self)
        return tuple, ()


class _End:
    """The mark after a list of nodes."""

    def __reduce__(self) -> tuple[Any, ...]:
        copying.start = None
        return tuple, ()


def reduced(node: Value) -> tuple[Any, ...]:
    """Everything that pickle and deepcopy need to copy `node`: a constructor, and a state for `restore`."""
    check_stale([node])
    fields = {name: getattr(node, name) for name in _COPIED if hasattr(node, name)}
    start = copying.start and copying.start()
    if node.is_leaf or (start and id(node) in start.ids):
        return object.__new__, (type(node),), (fields,)
    others = newest_first(node)[:0:-1]
    return object.__new__, (type(node),), (_Start(others), others, _End(), fields)


def graph(root: Value) -> dict[str, Any]:
    """The computation of this Value, as plain data for other programs (`json.dumps` takes it).

    Under ``"nodes"`` are the constants, leaves and results, operands first and this Value last; their
    ``args`` and ``edges`` refer to operands by position.  Under ``"operations"`` are the rows of the table in use.

    >>> graph = (Value(3.0, label="w") * 2.0).graph()
    >>> for node in graph["nodes"]:
    ...     print(node)
    {'op': 'leaf', 'data': 3.0, 'label': 'w'}
    {'op': 'constant', 'data': 2.0}
    {'op': 'mul', 'data': 6.0, 'args': [0, 1], 'edges': [[0, 2.0]]}
    >>> graph["operations"]
    {'mul': {'operands': ['x', 'y'], 'value': 'x * y', 'partials': ['y', 'x']}}
    """
    nodes: list[dict[str, Any]] = []
    positions: dict[Value, int] = {}
    names: dict[Operation, str] = {}

    def add(value: Value | float, **fields: Any) -> int:
        known = {name: getattr(value, name, None) for name in ("label", "grad")}
        nodes.append(fields | {name: known[name] for name in known if known[name] is not None})
        return len(nodes) - 1

    def position(operand: Any) -> int:
        if type(operand) is not Value:
            return add(operand, op="constant", data=float(operand))
        if operand not in positions:
            positions[operand] = add(operand, op="leaf", data=float(operand.data))
        return positions[operand]

    def unique_name(op: Operation) -> str:
        if op not in names:  # a user's tanh is not the table's
            candidates = chain([op.name], (f"{op.name}_{i}" for i in count(2)))
            names[op] = next(name for name in candidates if name not in names.values())
        return names[op]

    inner = newest_first(root)
    check_stale(inner)
    for node in reversed(inner):
        if node.is_leaf:
            position(node)
        else:
            args = [position(operand) for operand in node.args]
            edges = [[positions[operand], float(local)] for operand, local in node.edges]
            positions[node] = add(node, op=unique_name(node.op), data=float(node.data), args=args, edges=edges)
    return {"operations": {name: _as_strings(op) for op, name in names.items()}, "nodes": nodes}


def _as_strings(op: Operation) -> dict[str, Any]:
    """The row of the table as it was written: its operands, its formula, its derivatives."""
    partials = [partial.text for partial in op.partials]
    return {"operands": list(op.operands), "value": op.value.text, "partials": partials}


def restore(node: Value, state: tuple[Any, ...]) -> None:
    """Fill in a copy; its operands were created before it, like the original's."""
    for name, part in state[-1].items():
        setattr(node, name, part)
    node._created = next(clock)
    if node.is_leaf:
        node._changed = node._created


def _row(name: str) -> Operation:
    return OPERATIONS.get(name, LEAF)


def _reduced_row(op: Operation) -> tuple[Any, ...]:
    """A row of the table by its name, a user's operation by its columns."""
    if op.is_built_in or op is LEAF:
        return _row, (op.name,)
    return Operation, tuple(getattr(op, column.name) for column in fields(op))


setattr(Value, "graph", graph)
setattr(Value, "__reduce__", reduced)
setattr(Value, "__setstate__", restore)
setattr(Constant, "__reduce__", lambda constant: (Constant, (float(constant), constant.label)))
setattr(Operation, "__reduce__", _reduced_row)
setattr(Operation, "__deepcopy__", lambda op, memo: op)  # it is immutable
