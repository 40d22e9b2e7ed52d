"""From scalars to arrays: the nodes of a graph that do the same thing at the same depth become one group.

Two nodes belong together if they are the same operation on numbers that are stored in the same arrays; they must
then have the same depth, and become rows of an array themselves.  A layer of neurons, each a linear form, is one group
whose sum of products is one matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.core.table import OPERATIONS
from autograd.core.value import Value
from autograd.extensions.tracing import CONDITIONS, DETACH, is_condition
from autograd.vectorizing.groups import Array, Group, Part, View
from autograd.vectorizing.simplification import Graph, LinearForm, Operand

__all__ = ["grouped"]

_MAXIMUM, _POW, _WHERE = (OPERATIONS[x] for x in "maximum pow where".split())
_LOGIC = (CONDITIONS["and"], CONDITIONS["or"])

SEVERAL = 4
"""Minimum number of columns of a product of matrices that stands for as many products of a matrix and a vector."""

_Places = dict[Value, tuple[Array, int]]
"""The array in which a Value is stored, and its position there."""


def grouped(graph: Graph, places: _Places) -> tuple[list[Group], list[View]]:
    """The groups that compute the nodes of a graph, in the order in which they can be computed, and the results.

    This is the order in which the function computed the first node of each: what its loops repeat, repeats here, and
    the operands are older.  `places` holds the arrays and rows of the leaves.
    """
    places = dict(places)  # to which those of the nodes are added
    numeric, fixed = _conditions_used_as_numbers(graph), _without_derivative(graph)
    groups: list[tuple[int, Group]] = []
    for nodes in _levels(graph):
        level = _Level(graph, places, nodes)
        by_signature: dict[Any, list[Value]] = {}
        for node in nodes if len(nodes) > 1 else ():
            by_signature.setdefault((level.signature(node), node in numeric, node in fixed), []).append(node)
        by_signature = by_signature or {None: nodes}
        for members in (some for alike in by_signature.values() for some in level.divided(alike)):
            group = level.group(members)
            group.array.is_condition = is_condition(members[0].op) and members[0] not in numeric
            groups.append((members[0]._created, group))
    in_order = [group for _, group in sorted(groups, key=itemgetter(0))]
    return in_order, [_view([x], places) for x in graph.results]


def _conditions_used_as_numbers(graph: Graph) -> set[Value]:
    """The conditions that are operands of arithmetic, not only of `where` and of other conditions."""
    if not any(map(is_condition, {node.op for node in graph.nodes})):
        return set()
    numeric = {x for x in graph.results if type(x) is Value and is_condition(x.op)}
    for node in graph.nodes:
        for i, operand in enumerate(graph.operands(node)):
            is_choice = (node.op is _WHERE and i == 0) or node.op in _LOGIC
            if type(operand) is Value and is_condition(operand.op) and not is_choice:
                numeric.add(operand)
    return numeric


def _without_derivative(graph: Graph) -> set[Value]:
    """The nodes that reach the results through conditions and detached numbers only.

    They have groups of their own: next to others, a derivative of 0 times an infinite local one would be nan.
    """
    if not any(op is DETACH or is_condition(op) for op in {node.op for node in graph.nodes}):
        return set()
    reached = {x for x in graph.results if type(x) is Value}
    for node in reversed(graph.nodes):
        if node in reached and node.op is not DETACH and not is_condition(node.op):
            operands = graph.operands(node)
            reached.update(x for x in operands[int(node.op is _WHERE) :] if type(x) is Value)
    return set(graph.nodes) - reached


def _levels(graph: Graph) -> list[list[Value]]:
    """The nodes by their depth: the largest number of steps that lead to them."""
    depth: dict[Value, int] = {}
    levels: list[list[Value]] = []
    get, args, forms = depth.get, graph.args, graph.forms
    for node in graph.nodes:
        d = 0
        for x in forms[node].operands if node in forms else args[node]:
            if type(x) is Value:
                d = max(d, get(x, 0))
        depth[node] = d + 1
        if d == len(levels):
            levels.append([])
        levels[d].append(node)
    return levels


# --- Linear forms -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Summands:
    """Some summands of a linear form, which become one part of a group.

    `kind` is "one", "many" or (a matrix) "product", and `common` holds the arrays that they come from, the same
    for all nodes of a group.  The second factors of a product are its `column`.
    """

    kind: str
    common: tuple[Any, ...]
    summands: list[tuple[Operand, ...]]
    column: tuple[Any, ...] = ()


def _sorted_summands(form: LinearForm, places: _Places) -> list[_Summands]:
    """The summands of a linear form by the arrays they come from."""
    by_source: dict[tuple[Array | None, ...], list[tuple[Operand, ...]]] = {}
    for a, b in form.pairs:
        first, second = places.get(a, _NOWHERE)[0], places.get(b, _NOWHERE)[0]
        is_fixed = second is not None and not second.batched if first is None else second is None and not first.batched
        if (first is None) if is_fixed else _rank(first) > _rank(second):
            by_source.setdefault((second, first), []).append((b, a))
        else:
            by_source.setdefault((first, second), []).append((a, b))
    for c in form.terms:
        by_source.setdefault((places.get(c, _NOWHERE)[0],), []).append((c,))
    parts: list[_Summands] = []
    for sources, summands in by_source.items():
        n = len(summands)
        if n == 1 or any(source is not None and not source.shape for source in sources):
            parts += [_Summands("one", sources, [summand]) for summand in summands]
        elif len(sources) == 2 and not (sources[0] is not None and sources[0].batched):
            column = tuple([places[b][1] if b in places else (b, math.copysign(1, b)) for _, b in summands])
            parts.append(_Summands("product", (*sources, n), summands, column))
        else:
            parts.append(_Summands("many", (*sources, n), summands))
    return parts


_NOWHERE = (None, 0)


def _rank(array: Array | None) -> int:
    """The order of factors: constants, then arrays that all samples share, then the others.

    Only of two factors without samples, constants come last: the same numbers for all nodes, as in ``W @ c``.
    """
    return 0 if array is None else 1 + array.batched


# --- Groups -----------------------------------------------------------------------------------------------


@dataclass
class _Level:
    """The nodes of one depth; all their operands have places."""

    graph: Graph
    places: _Places
    nodes: list[Value]
    parts: dict[Value, list[_Summands]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        forms = self.graph.forms
        self.parts = {node: _sorted_summands(forms[node], self.places) for node in self.nodes if node in forms}

    def signature(self, node: Value) -> Any:
        """The key that all nodes of one group share."""
        if node in self.parts:
            common = tuple((part.kind, *part.common) for part in self.parts[node])
            return node.op is _MAXIMUM, self.graph.forms[node].divisor, common
        args, get = self.graph.args[node], self.places.get
        sources = tuple([get(x, _NOWHERE)[0] for x in args])
        return node.op, sources, args[1] if node.op is _POW and sources[1] is None else None

    def divided(self, members: list[Value]) -> list[list[Value]]:
        """The nodes of one signature, divided into groups: those that share the columns of their products.

        They stay together if they are all products of some rows with `SEVERAL` columns or more, as for a matrix of
        inputs; fewer are easier to read one by one.
        """
        if members[0] not in self.parts or not any(part.column for part in self.parts[members[0]]):
            return [members]
        by_columns: dict[Any, list[Value]] = {}
        for node in members:
            by_columns.setdefault(tuple([part.column for part in self.parts[node]]), []).append(node)
        alike = list(by_columns.values())
        if len(alike) >= SEVERAL and sum(bool(part.column) for part in self.parts[members[0]]) == 1:
            rows = [[self.row(node) for node in some] for some in alike]
            if all(row == rows[0] for row in rows) and len(set(rows[0])) == len(rows[0]):
                return [[node for some in alike for node in some]]
        return alike

    def row(self, node: Value) -> tuple[Any, ...]:
        """The first factors of the only product of a node."""
        part = next(part for part in self.parts[node] if part.column)
        return tuple([self.places.get(a) or (a, math.copysign(1, a)) for a, _ in part.summands])

    def group(self, members: list[Value]) -> Group:
        """The group of these nodes.  Nodes with the same operands share a row of its array."""
        if len(members) == 1:
            group = self.group_of(members, _common_label(members))
            self.places[members[0]] = group.array, 0
            return group
        rows: dict[Any, int] = {}
        row_of = [rows.setdefault(self.operand_key(node), len(rows)) for node in members]
        first = dict(zip(reversed(row_of), reversed(members), strict=True))
        group = self.group_of([first[row] for row in range(len(rows))], _common_label(members))
        for row, node in zip(row_of, members, strict=True):
            self.places[node] = group.array, row
        return group

    def operand_key(self, node: Value) -> tuple[Any, ...]:
        """The key that tells the nodes of a group apart: the places of their operands."""
        operands: Sequence[Operand] = self.graph.args[node]
        if node in self.parts:
            operands = [x for part in self.parts[node] for summand in part.summands for x in summand]
        get = self.places.get
        return tuple([get(x) or (x, math.copysign(1, x)) for x in operands])

    def group_of(self, members: list[Value], label: str | None) -> Group:
        """The group of nodes that are all different."""
        node = members[0]
        if node in self.parts:
            columns = zip(*(self.parts[member] for member in members), strict=True)
            parts = tuple(_part(column, self.places) for column in columns)
            views = [view for part in parts for view in part.factors]
            divisor = self.graph.forms[node].divisor
        else:
            args = self.graph.args
            parts, divisor = (), 1
            if len(members) == 1:
                views = [_element(x, self.places) for x in args[node]]
            else:
                columns = zip(*(args[member] for member in members), strict=True)
                views = [_view(column, self.places) for column in columns]
        shape = (len(members),) if len(members) > 1 else ()
        array = Array(shape, any(view.batched for view in views), label)
        return Group(node.op, array, () if parts else tuple(views), parts, divisor)


def _part(column: Sequence[_Summands], places: _Places) -> Part:
    """One part of all nodes of a group; `column` has the summands of each node."""
    kind, summands = column[0].kind, [part.summands for part in column]
    if kind == "one":
        return Part(tuple(_view(x, places) for x in zip(*(summand for (summand,) in summands), strict=True)), False)
    many = len({part.column for part in column})
    if many > 1:  # all rows times all columns
        rows = [[a for a, _ in row] for row in summands[: len(summands) // many]]
        columns = [[b for _, b in row] for row in summands[:: len(summands) // many]]
        return Part((_grid(rows, places), _grid(columns, places)), True, True)
    factors = range(len(summands[0][0]))
    return Part(
        tuple(_grid([[x[i] for x in row] for row in summands], places) for i in factors), True, kind == "product"
    )


def _element(operand: Operand, places: _Places) -> View:
    """An operand of a group of one node."""
    array, row = places.get(operand, _NOWHERE)
    return View(None, np.float64(operand)) if array is None else View(array, np.intp(row))  # type: ignore[arg-type]


def _view(operands: Sequence[Operand], places: _Places) -> View:
    """The operands of a group, one for each of its nodes, or a single one if they are all the same."""
    if len(operands) == 1:
        return _element(operands[0], places)
    array = places.get(operands[0], _NOWHERE)[0]
    index = np.array(operands, dtype=float) if array is None else np.array([places[x][1] for x in operands])
    return View(array, index[0] if _is_repeated(index) else index)


def _grid(rows: list[list[Operand]], places: _Places) -> View:
    """The operands of a sum, one row for each node of the group; one row alone if they are all the same."""
    flat = [x for row in rows for x in row]
    source = places.get(flat[0], _NOWHERE)[0]
    numbers = np.array(flat, dtype=float) if source is None else np.array([places[x][1] for x in flat])
    index = numbers.reshape(len(rows), -1)
    return View(source, index[0] if _is_repeated(index) else index)


def _is_repeated(rows: NDArray[Any]) -> bool:
    """True if all rows are the same, bit by bit: 0.0 and -0.0 are different, nan is nan."""
    bits = rows.view(np.int64)
    return bool((bits == bits[0]).all())


def _common_label(members: list[Value]) -> str | None:
    """The common part of the labels of the nodes: ``h1`` of ``h1[0]``, ``h1[1]``."""
    labels = {member.label for member in members}
    if labels == {None}:
        return None
    stems = {(label or "").partition("[")[0].strip() for label in labels}
    stem = stems.pop()
    return stem if not stems and stem else None
