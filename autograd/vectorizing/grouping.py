"""From scalars to arrays: the nodes of a graph that do the same thing at the same depth become one group.

Two nodes belong together if they are the same operation on numbers that are kept in the same arrays; they must
then have the same depth, and become rows of an array themselves.  What adds up products, as a neuron does, is one
`Linear` form however it was written, so that a layer of neurons is one matrix product.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.core.table import OPERATIONS, Operation
from autograd.core.value import Value
from autograd.extensions.tracing import CONDITIONS, DETACH, is_condition

__all__ = ["Array", "Group", "Part", "View", "grouped"]

Operand = Any
"""A Value or a number."""

_ADD, _MUL, _POS, _MAXIMUM, _POW, _WHERE = (OPERATIONS[x] for x in "add mul pos maximum pow where".split())
_LOGIC = (CONDITIONS["and"], CONDITIONS["or"])
_SUM, _MEAN, _DOT = (OPERATIONS[x] for x in ("sum", "mean", "dot"))


@dataclass(eq=False)
class Array:
    """Numbers that the program keeps together, in `shape`; with the samples as one more, last, axis if `batched`.

    The array of a group has one axis, or none for a group of one.  `label` is what its Values are called.
    """

    shape: tuple[int, ...]
    batched: bool
    label: str | None = None
    is_condition: bool = False


@dataclass(frozen=True, eq=False)
class View:
    """What a group reads: elements of an `array`, or constants (then `array` is None).

    `index` has the positions of the elements in the flattened array (of constants: the numbers), in the shape
    in which they are wanted: one for each node of the group, or a single one if all nodes read the same.
    """

    array: Array | None
    index: NDArray[Any]

    @property
    def batched(self) -> bool:
        """Whether the elements differ from sample to sample."""
        return self.array is not None and self.array.batched


@dataclass(frozen=True, eq=False)
class Part:
    """Summands of a linear form: all `factors[0]·factors[1]`, or all `factors[0]`, added up over the last axis.

    `is_sum` says whether there is such an axis, and `is_product` whether it is a matrix product: the right-hand
    factor is the same for all nodes of the group.
    """

    factors: tuple[View, ...]
    is_sum: bool
    is_product: bool = False

    @property
    def rows(self) -> bool:
        """Whether it differs from node to node of the group."""
        return any(view.index.ndim > int(self.is_sum) for view in self.factors)

    @property
    def batched(self) -> bool:
        """Whether it differs from sample to sample."""
        return any(view.batched for view in self.factors)


@dataclass(eq=False)
class Group:
    """Nodes that one array statement computes: `op` on the `operands`, or a sum of `parts` divided by `divisor`."""

    op: Operation
    array: Array
    operands: tuple[View, ...] = ()
    parts: tuple[Part, ...] = ()
    divisor: int = 1

    @property
    def views(self) -> list[View]:
        """All that it reads."""
        return [*self.operands, *(view for part in self.parts for view in part.factors)]


@dataclass(frozen=True)
class _Linear:
    """Σ a·b + Σ c, divided by a number; or the largest c."""

    pairs: list[tuple[Operand, Operand]]
    terms: list[Operand]
    divisor: int = 1

    @property
    def operands(self) -> Iterator[Operand]:
        for pair in self.pairs:
            yield from pair
        yield from self.terms


_Summands = tuple[str, tuple[Any, ...], list[tuple[Operand, ...]]]
"""Some summands of a linear form: their kind, what they must have in common with those of another node, themselves."""


@dataclass
class _Graph:
    """The nodes of one trace, oldest first, and the arrays in which their numbers are kept."""

    nodes: list[Value]
    places: dict[Value, tuple[Array, int]]
    results: Sequence[Operand]
    forms: dict[Value, _Linear] = field(default_factory=dict)
    args: dict[Value, tuple[Operand, ...]] = field(default_factory=dict)
    parts: dict[Value, list[_Summands]] = field(default_factory=dict)

    def groups(self) -> Iterator[Group]:
        nodes = self.rewritten(self.simplified())
        numeric = self.conditions_used_as_numbers(nodes)
        for level in self.levels(nodes):
            self.parts = {node: self.sorted_parts(node) for node in level if node in self.forms}
            together: dict[Any, list[Value]] = {}
            for node in level:
                together.setdefault((self.signature(node), node in numeric), []).append(node)
            for members in together.values():
                rows: dict[Any, int] = {}  # what repeats another node, the same on the same, gets no row of its own
                row_of = [rows.setdefault(self.reading(node), len(rows)) for node in members]
                first = dict(zip(reversed(row_of), reversed(members), strict=True))
                group = self.group([first[row] for row in range(len(rows))], _common_label(members))
                group.array.is_condition = is_condition(members[0].op) and members[0] not in numeric
                for row, node in zip(row_of, members, strict=True):
                    self.places[node] = group.array, row
                yield group

    def simplified(self) -> list[Value]:
        """The nodes without ``+x``."""
        same: dict[Operand, Operand] = {}
        nodes = []
        for node in self.nodes:
            args: tuple[Operand, ...] = tuple(same.get(x, x) for x in node.args)
            if node.op is _POS:
                same[node] = args[0]
            else:
                self.args[node] = args
                nodes.append(node)
        self.results = [same.get(x, x) for x in self.results]
        return nodes

    def rewritten(self, nodes: list[Value]) -> list[Value]:
        """The nodes that are left when sums of sums and of products are written as linear forms."""
        uses = Counter(self.results)
        for node in nodes:
            uses.update(x for x in self.args[node] if type(x) is Value)
        varying = self.varying(nodes)
        absorbed: set[Value] = set()
        for node in reversed(nodes):
            if node in absorbed:
                continue
            if node.op is _MAXIMUM and node not in varying:
                form, inner = self.linear(node, uses, (_MAXIMUM,))
                worth_it = len(form.terms) > 2
            elif node.op in (_ADD, _SUM, _DOT, _MEAN):
                form, inner = self.linear(node, uses, (_ADD, _SUM, _DOT, _MUL))
                worth_it = len(form.pairs) > 1 or len(form.pairs) + len(form.terms) > 2 or node.op.nary
            else:
                continue
            if worth_it:
                self.forms[node] = form
                absorbed.update(inner)
        return [node for node in nodes if node not in absorbed]

    def linear(self, root: Value, uses: Counter[Any], ops: tuple[Operation, ...]) -> tuple[_Linear, list[Value]]:
        """The sum at `root` as one linear form, and the nodes that it takes in: unnamed ones that nothing else uses."""
        inner: list[Value] = []
        form = _Linear([], [], len(self.args[root]) if root.op is _MEAN else 1)
        waiting: list[Operand] = [root]
        while waiting:
            node = waiting.pop()
            if node is not root:
                if node not in self.args or node.op not in ops or uses[node] > 1 or node.label:
                    form.terms.append(node)
                    continue
                inner.append(node)
            args = self.args[node]
            if node.op is _MUL:
                form.pairs.append(args)
            elif node.op is _DOT:
                form.pairs.extend(zip(*node.op.columns(args), strict=True))
            else:
                waiting.extend(reversed(args))
        return form, inner

    def varying(self, nodes: list[Value]) -> set[Value]:
        """The nodes through which derivatives pass; what follows a `detach` has none."""
        fixed: set[Value] = set()
        for node in nodes:
            operands = (x for x in self.args[node] if type(x) is Value)
            if node.op is DETACH or is_condition(node.op) or all(x in fixed for x in operands):
                fixed.add(node)
        return set(nodes) - fixed

    def operands(self, node: Value) -> Iterable[Operand]:
        return self.forms[node].operands if node in self.forms else self.args[node]

    def conditions_used_as_numbers(self, nodes: list[Value]) -> set[Value]:
        found = {x for x in self.results if type(x) is Value and is_condition(x.op)}
        for node in nodes:
            for i, operand in enumerate(self.operands(node)):
                is_choice = (node.op is _WHERE and i == 0) or node.op in _LOGIC
                if type(operand) is Value and is_condition(operand.op) and not is_choice:
                    found.add(operand)
        return found

    def levels(self, nodes: list[Value]) -> list[list[Value]]:
        """The nodes by their depth: how many steps, at most, lead to them."""
        depth: dict[Value, int] = {}
        levels: list[list[Value]] = []
        get = depth.get
        for node in nodes:
            d = max((get(x, 0) for x in self.operands(node) if type(x) is Value), default=0)
            depth[node] = d + 1
            if d == len(levels):
                levels.append([])
            levels[d].append(node)
        return levels

    def source(self, operand: Operand) -> Array | None:
        place = self.places.get(operand)
        return place[0] if place else None

    def signature(self, node: Value) -> Any:
        """What nodes of one group have in common."""
        if node in self.forms:
            kinds = tuple((kind, *more) for kind, more, _ in self.parts[node])
            return node.op is _MAXIMUM, self.forms[node].divisor, kinds
        args = self.args[node]
        sources = tuple(self.source(x) for x in args)
        return node.op, sources, args[1] if node.op is _POW and sources[1] is None else None

    def reading(self, node: Value) -> tuple[Any, ...]:
        """What tells the nodes of a group apart: the places of what they read."""
        if node in self.forms:
            operands = [x for _, _, summands in self.parts[node] for summand in summands for x in summand]
        else:
            operands = list(self.args[node])
        places = self.places
        return tuple(places[x] if x in places else (x, math.copysign(1, x)) for x in operands)

    def sorted_parts(self, node: Value) -> list[_Summands]:
        """The summands of a linear form by the arrays they come from."""
        form = self.forms[node]
        by_source: dict[tuple[Array | None, ...], list[tuple[Operand, ...]]] = {}
        places = self.places
        for a, b in form.pairs:
            first, second = places.get(a, _NOWHERE)[0], places.get(b, _NOWHERE)[0]
            if _rank(first) > _rank(second):
                by_source.setdefault((second, first), []).append((b, a))
            else:
                by_source.setdefault((first, second), []).append((a, b))
        for c in form.terms:
            by_source.setdefault((self.source(c),), []).append((c,))
        parts: list[_Summands] = []
        for sources, summands in by_source.items():
            n = len(summands)
            if n == 1 or any(source is not None and not source.shape for source in sources):
                parts += [("one", sources, [summand]) for summand in summands]
            elif len(sources) == 2 and not (sources[0] is not None and sources[0].batched):
                column = tuple(places[b][1] if b in places else b for _, b in summands)
                parts.append(("product", (*sources, column), summands))
            else:
                parts.append(("many", (*sources, n), summands))
        return parts

    def group(self, members: list[Value], label: str | None) -> Group:
        """The group of these nodes, one row for each."""
        node = members[0]
        op = node.op
        if node in self.forms:
            kinds = [kind for kind, _, _ in self.parts[node]]
            columns = zip(*([summands for _, _, summands in self.parts[member]] for member in members), strict=True)
            parts = tuple(self.part(kind, column) for kind, column in zip(kinds, columns, strict=True))
            views = [view for part in parts for view in part.factors]
            divisor = self.forms[node].divisor
        else:
            parts, divisor = (), 1
            views = [self.view(column) for column in zip(*(self.args[member] for member in members), strict=True)]
        batched = any(view.batched for view in views)
        shape = (len(members),) if len(members) > 1 else ()
        array = Array(shape, batched, label)
        return Group(op, array, () if parts else tuple(views), parts, divisor)

    def part(self, kind: str, column: Sequence[list[tuple[Operand, ...]]]) -> Part:
        """One part of all nodes of a group; `column` has the summands of each node."""
        if kind == "one":
            return Part(
                tuple(self.view(factor) for factor in zip(*(summand for (summand,) in column), strict=True)), False
            )
        grids = [self.grid([[summand[i] for summand in row] for row in column]) for i in range(len(column[0][0]))]
        return Part(tuple(grids), True, kind == "product")

    def view(self, operands: Sequence[Operand]) -> View:
        """The operands of a group, one for each of its nodes."""
        first = operands[0]
        if first not in self.places:
            numbers = np.array(operands, dtype=float)
            return View(None, numbers[0] if len(numbers) == 1 or (numbers == numbers[0]).all() else numbers)
        places = self.places
        rows = np.array([places[x][1] for x in operands])
        return View(places[first][0], rows[0] if len(rows) == 1 or (rows == rows[0]).all() else rows)

    def grid(self, rows: list[list[Operand]]) -> View:
        """The operands of a sum, one row for each node of the group; one row alone if they are all the same."""
        flat = [x for row in rows for x in row]
        source = self.source(flat[0])
        if source is None:
            index = np.array(flat, dtype=float).reshape(len(rows), -1)
        else:
            places = self.places
            index = np.array([places[x][1] for x in flat]).reshape(len(rows), -1)
        return View(source, index[0] if (index == index[0]).all() else index)


_NOWHERE = (None, 0)


def _rank(array: Array | None) -> int:
    """Constants, then what is the same for all samples, then what is not."""
    return 0 if array is None else 1 + array.batched


def _common_label(members: list[Value]) -> str | None:
    """What the labels of the nodes have in common: ``h1`` of ``h1[0]``, ``h1[1]``."""
    stems = {(member.label or "").partition("[")[0].strip() for member in members}
    stem = stems.pop()
    return stem if not stems and stem else None


def grouped(
    nodes: list[Value], places: dict[Value, tuple[Array, int]], results: Sequence[Operand]
) -> tuple[list[Group], list[View]]:
    """The groups that compute `nodes` (oldest first), in an order in which they can be computed, and the results.

    `places` says in which arrays the leaves are; the places of the nodes are added.
    """
    graph = _Graph(nodes, places, results)
    groups = list(graph.groups())
    return groups, [graph.view([x]) for x in graph.results]
