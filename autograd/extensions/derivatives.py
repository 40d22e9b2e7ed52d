"""Derivatives that are computed as Values, and so can be differentiated again; and forward mode.

The local derivatives are computed once more, from their formulas, over Values instead of floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from operator import add, attrgetter, mul
from typing import Any

from autograd.core import graph
from autograd.core.graph import check_fresh, check_values, newest_first
from autograd.core.recording import new_node
from autograd.core.state import clock, seams
from autograd.core.table import Operation
from autograd.core.value import Value
from autograd.extensions.tracing import DETACH, is_condition
from autograd.formula.language import Formula

__all__ = ["edge_formulas", "gradients", "recorded_edges", "tangents"]


def gradients(root: Value, wrt: Iterable[Value], create_graph: bool = False) -> list[Any]:
    """d self / d v for each v of `wrt`, leaf or inner node, 0.0 where self does not depend on v.

    Reads and writes no ``grad``.  With `create_graph` the results are Values, recorded like any other, so that they
    can be differentiated again.  Raises `StaleGraphError`, and TypeError if `wrt` holds anything but Values.

    >>> w, b = Value(2.0), Value(1.0)
    >>> (w ** 2 * 3 + b).gradients([w, b])
    [12.0, 1.0]
    >>> slope, _ = (w ** 2 * 3 + b).gradients([w, b], create_graph=True)
    >>> slope.gradients([w])
    [6.0]
    """
    if not create_graph:
        return graph.gradients(root, wrt)
    sources, start = check_values(wrt), next(clock)
    sums: dict[Value, Any] = {root: 1.0}
    for node, edges in _between([root], sources, recorded_edges):
        for operand, local in edges:
            term = _recorded_product(local, sums[node])
            sums[operand] = sums[operand] + term if operand in sums else term
    return _new_values([sums.get(value, 0.0) for value in sources], start)


def tangents(roots: Iterable[Value], directions: Mapping[Value, Any], create_graph: bool = False) -> list[Any]:
    """The tangents of the `roots`, given those of the Values in `directions` (forward mode).

    For one leaf with the tangent 1 these are the derivatives with respect to that leaf.
    `create_graph` and the errors are those of `gradients`.
    """
    roots, start = list(roots), next(clock)
    product = _recorded_product if create_graph else mul
    tangent_of = dict(directions)
    edges = recorded_edges if create_graph else attrgetter("edges")
    for node, between in reversed(list(_between(roots, directions, edges))):
        if node not in directions:
            tangent_of[node] = reduce(add, (product(local, tangent_of[operand]) for operand, local in between))
    results = [tangent_of.get(root, 0.0) for root in roots]
    return _new_values(results, start) if create_graph else results


def _between(
    roots: Sequence[Value], sources: Iterable[Value], edges: Callable[[Value], Iterable[tuple[Value, Any]]]
) -> Iterator[tuple[Value, list[tuple[Value, Any]]]]:
    """The nodes on paths from the `sources` to the `roots`, newest first, each with its edges on these paths."""
    dependent = set(sources)
    check_fresh(*roots)
    oldest = min((value._created for value in dependent), default=0)  # older nodes depend on no source
    nodes = newest_first(*roots, stop=lambda node: node._created <= oldest or _is_fixed(node))
    for node in reversed(nodes):
        if not _is_fixed(node) and any(operand in dependent for operand, _ in node.edges):
            dependent.add(node)
    for node in nodes:
        if node in dependent and not node.is_leaf:
            yield node, [(operand, local) for operand, local in edges(node) if operand in dependent]


def _is_fixed(node: Value) -> bool:
    """True for detached numbers and conditions, which are nodes while a function is traced, and have no derivatives."""
    return node.op is DETACH or is_condition(node.op)


def _recorded_product(a: Any, b: Any) -> Any:
    """The product, without a node for a factor of one."""
    if type(a) is not Value and a == 1:
        return b
    return a if type(b) is not Value and b == 1 else a * b


def _new_values(results: list[Any], start: int) -> list[Value]:
    """The results as new Values, even if one is a plain number (as for 3·x) or an operand (as for w·x)."""
    shared: set[Value] = set()
    new: list[Value] = []
    for x in results:
        fresh = x if type(x) is Value else Value(x)
        new.append(+fresh if fresh._created < start or fresh in shared else fresh)
        shared.add(fresh)
    return new


def edge_formulas(node: Value) -> Iterator[tuple[Value, Formula, tuple[Any, ...]]]:
    """For each edge of `node`: the operand, the row's formula of the local derivative, and its arguments.

    The arguments are the operands and the result; of an n-ary sum, those of one term and the number of terms.
    """
    op, result = node.op, node
    terms: list[Any] = [node.args]
    if op.nary:
        columns = op.columns(node.args)
        terms, result = list(zip(*columns, strict=True)), len(columns[0])  # type: ignore[assignment]
    for i, formula in enumerate(op.partials):
        for operands in terms:
            if type(operands[i]) is Value:
                yield operands[i], formula, (*operands, result)


def recorded_edges(node: Value) -> Iterator[tuple[Value, Any]]:
    """The edges of `node` with local derivatives computed again, as Values that can be differentiated.

    If that fails, because the derivative is infinite or a step of it overflows, it is a Value whose own derivatives
    are nan.
    """
    for (operand, formula, arguments), (_, slope) in zip(edge_formulas(node), node.edges, strict=True):
        try:
            yield operand, formula.over(seams.reader.system())(*arguments)
        except (ArithmeticError, ValueError):
            op = _without_derivatives(node.op, formula)
            operands = (*arguments[:-1], node)
            yield operand, new_node(op, slope, operands, [math.nan] * len(operands))


@lru_cache(maxsize=256)
def _without_derivatives(op: Operation, formula: Formula) -> Operation:
    """One of the row's derivatives as an operation of its own, with unknown derivatives: nan."""
    result = "_" * (1 + max(map(len, formula.names)))  # a name that no operand has
    nan = Formula("0 / 0", (*formula.names, result))
    return Operation(f"slope of {op.name}", formula.names, formula, (nan,) * len(formula.names))


setattr(Value, "gradients", gradients)
