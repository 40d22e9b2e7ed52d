"""The graph of a trace, simplified: sums of products, as in a neuron, are one linear form, however written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.core.table import OPERATIONS, Operation
from autograd.core.value import Value
from autograd.extensions.tracing import DETACH, is_condition

__all__ = ["Graph", "LinearForm", "Operand", "simplified_graph"]

Operand = Any
"""A Value or a number."""

_ADD, _MUL, _POS, _MAXIMUM = (OPERATIONS[x] for x in "add mul pos maximum".split())
_SUM, _MEAN, _DOT = (OPERATIONS[x] for x in ("sum", "mean", "dot"))


@dataclass(frozen=True)
class LinearForm:
    """Σ a·b + Σ c for the `pairs` (a, b) and the `terms` c, divided by a number; or the largest c."""

    pairs: list[tuple[Operand, Operand]]
    terms: list[Operand]
    divisor: int = 1

    @property
    def operands(self) -> Iterator[Operand]:
        """All operands: the factors and the terms."""
        for pair in self.pairs:
            yield from pair
        yield from self.terms


@dataclass(frozen=True)
class Graph:
    """Nodes, oldest first, with their operands in `args`, or in `forms` for linear forms; and the results."""

    nodes: list[Value]
    args: dict[Value, tuple[Operand, ...]]
    forms: dict[Value, LinearForm]
    results: list[Operand]

    def operands(self, node: Value) -> Sequence[Operand]:
        """All operands of a node."""
        return list(self.forms[node].operands) if node in self.forms else self.args[node]


def simplified_graph(nodes: Sequence[Value], results: Sequence[Operand]) -> Graph:
    """The graph of `nodes`, oldest first, without ``+x``, and with sums of sums and of products as linear forms."""
    same: dict[Operand, Operand] = {}
    args: dict[Value, tuple[Operand, ...]] = {}
    for node in nodes:
        operands = tuple([same.get(x, x) for x in node.args]) if same else node.args
        if node.op is _POS:
            same[node] = operands[0]
        else:
            args[node] = operands
    results = [same.get(x, x) for x in results]
    forms, absorbed = _linear_forms(args, results)
    return Graph([node for node in args if node not in absorbed], args, forms, results)


def _linear_forms(
    args: dict[Value, tuple[Operand, ...]], results: Sequence[Operand]
) -> tuple[dict[Value, LinearForm], set[Value]]:
    """The worthwhile linear forms, newest first, and the nodes that they absorb."""
    uses = Counter(results)
    for operands in args.values():
        for x in operands:
            if type(x) is Value:
                uses[x] += 1
    varying = _varying(args) if any(node.op is _MAXIMUM for node in args) else set()
    forms: dict[Value, LinearForm] = {}
    absorbed: set[Value] = set()
    for node in reversed(args):
        if node in absorbed:
            continue
        if node.op is _MAXIMUM and node not in varying:
            form, inner = _linear_form(node, args, uses, (_MAXIMUM,))
            is_worth_it = len(form.terms) > 2
        elif node.op in (_ADD, _SUM, _DOT, _MEAN):
            form, inner = _linear_form(node, args, uses, (_ADD, _SUM, _DOT, _MUL))
            is_worth_it = len(form.pairs) > 1 or len(form.pairs) + len(form.terms) > 2 or node.op.nary
        else:
            continue
        if is_worth_it:
            forms[node] = form
            absorbed.update(inner)
    return forms, absorbed


def _linear_form(
    root: Value, args: dict[Value, tuple[Operand, ...]], uses: Counter[Any], ops: tuple[Operation, ...]
) -> tuple[LinearForm, list[Value]]:
    """The sum at `root` as one linear form, and the nodes that it absorbs: unnamed ones that nothing else uses."""
    inner: list[Value] = []
    form = LinearForm([], [], len(args[root]) if root.op is _MEAN else 1)
    waiting: list[Operand] = [root]
    while waiting:
        node = waiting.pop()
        if node is not root:
            if node not in args or node.op not in ops or uses[node] > 1 or node.label:
                form.terms.append(node)
                continue
            inner.append(node)
        if node.op is _MUL:
            form.pairs.append(args[node])
        elif node.op is _DOT:
            form.pairs.extend(zip(*node.op.columns(args[node]), strict=True))
        else:
            waiting.extend(reversed(args[node]))
    return form, inner


def _varying(args: dict[Value, tuple[Operand, ...]]) -> set[Value]:
    """The nodes through which derivatives pass: not conditions, nor anything computed from detached numbers alone."""
    fixed: set[Value] = set()
    for node, operands in args.items():
        values = (x for x in operands if type(x) is Value)
        if node.op is DETACH or is_condition(node.op) or all(x in fixed for x in values):
            fixed.add(node)
    return set(args) - fixed
