"""The audit of a graph, node by node: the place where a gradient goes wrong.

Backpropagation is right if three things hold at every node, and the backward pass starts with 1:

- FORWARD: the node's number is the result of its operation on the operands;
- LOCAL: each local derivative is the slope of that operation alone, at the recorded operands;
- ACCUMULATION: the node's gradient is the sum over its uses of (gradient of the use) · (local derivative).

Then, by induction from the root to the leaves, every gradient is the derivative of what was recorded.  If
it is still not that of the function, something was never recorded:

- DETACHED: a number inside depends on an input, but the graph does not record how.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import copysign, isclose, isfinite, isnan
from typing import Any, Literal

from autograd.checking.references.exact_replay import applied, exact_slopes
from autograd.checking.references.finite_differences import ladder_slopes
from autograd.checking.verdicts import Slopes, judge
from autograd.core.graph import newest_first
from autograd.core.table import Operation
from autograd.core.value import Value, label_of
from autograd.extensions.expressions import expression
from autograd.formula.systems import FLOATS, IEEE, mpmath
from autograd.formula.typesetting import factor, number, shortened

__all__ = [
    "ROUNDED",
    "Culprit",
    "Graph",
    "Kind",
    "accumulation",
    "again",
    "changed_constants",
    "local_slopes",
    "operand_numbers",
    "operand_positions",
    "wrong_result",
    "wrong_slope",
]

Kind = Literal["LOCAL", "FORWARD", "ACCUMULATION", "DETACHED"]

ROUNDED = 1e-9
"""Relative difference that rounding within one node cannot explain."""
UNDERFLOW = 5e-323
"""Largest error of numbers too small for a float: a few units of the smallest."""
DIGITS = 60


@dataclass(frozen=True)
class Culprit:
    """One thing that is wrong: its kind, the place as the user wrote it, the mistake, and the node."""

    kind: Kind
    where: str
    what: str
    node: Value | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.what}"


class Graph:
    """The nodes of a recorded graph, numbered in the order of their creation."""

    def __init__(self, root: Value) -> None:
        self.root = root
        self.nodes = [node for node in reversed(newest_first(root)) if not node.is_leaf]
        self.places = {node: i for i, node in enumerate(self.nodes, 1)}

    def leaves(self) -> list[Value]:
        """The leaves that the root was computed from, oldest first; the root itself if it is one."""
        leaves = dict.fromkeys(v for node in self.nodes for v, _ in node.edges if v.is_leaf)
        return sorted(leaves, key=lambda leaf: leaf._created) or [self.root] * self.root.is_leaf

    def at_kinks(self) -> list[Value]:
        """The nodes whose operands lie exactly on a kink of their operation."""
        kinked = [(node, node.op.kink) for node in self.nodes if node.op.kink]
        return [node for node, kink in kinked if kink.where.over(FLOATS)(*operand_numbers(node))]

    def leaves_at_kinks(self) -> set[Value]:
        """The leaves that these nodes depend on."""
        above = newest_first(*self.at_kinks())
        return {operand for node in above for operand, _ in node.edges if operand.is_leaf}

    @property
    def without_formula(self) -> list[str]:
        """The names of operations that are Python functions: a graph with these can only be computed over floats."""
        return list(dict.fromkeys(node.op.name for node in self.nodes if not node.op.has_formula))

    def describe(self, value: Value) -> str:
        """The value as a report names it: ``node #5  t = tanh(h), h = -0.66``; a leaf as ``w = 0.5``."""
        if value.is_leaf:
            return f"{label_of(value) or 'an unnamed leaf'} = {number(value.data)}"
        written = f"{label_of(value)} = {expression(value)}" if value.label else expression(value)
        numbers = dict.fromkeys(
            f"{shortened(operand.label or expression(operand), 30)} = {number(operand.data)}"
            for operand, _ in value.edges[:3]
            if operand.label or not operand.is_leaf
        )
        return f"node #{self.places[value]}  {', '.join([shortened(written), *numbers])}"

    @cached_property
    def forward(self) -> list[Culprit]:
        """Every node whose number is not the result of its operation on the operands, oldest first."""
        culprits = []
        for node in self.nodes:
            slopes = {i: local for i, (_, local) in zip(operand_positions(node), node.edges, strict=True)}
            what = wrong_result(node.op, operand_numbers(node), node.data, slopes)
            culprits += [Culprit("FORWARD", self.describe(node), what, node)] if what else []
        return culprits

    @cached_property
    def local(self) -> list[Culprit]:
        """Every local derivative that is not the slope of its operation, oldest first."""
        culprits = []
        for node in self.nodes:
            for i, (operand, slope) in zip(operand_positions(node), node.edges, strict=True):
                what = wrong_slope(node.op, operand_numbers(node), i, slope, operand)
                culprits += [Culprit("LOCAL", self.describe(node), what, node)] if what else []
        return culprits


def operand_numbers(node: Value) -> list[float]:
    """The numbers of all operands of a node, in order."""
    return [float(getattr(operand, "data", operand)) for operand in node.args]


def operand_positions(node: Value) -> list[int]:
    """For each edge, the position of its operand among the node's operands."""
    return [i for i, operand in enumerate(node.args) if type(operand) is Value]


def wrong_result(
    op: Operation,
    operands: Sequence[float],
    result: float,
    slopes: Mapping[int, float],
    name: str = "",
    rounded: float = ROUNDED,
) -> str:
    """The mistake in the result of one operation, or ""; `slopes` bound the effect of rounded operands."""
    if not all(map(isfinite, operands)) or any(x == 0 and copysign(1, x) < 0 for x in operands):
        return ""  # infinities and the sign of zero are beyond real numbers
    system = mpmath(DIGITS)
    exact = [system.number(x) for x in operands]  # type: ignore[misc]
    try:
        z = applied(op, exact, system)
        size = abs(z) + sum(abs(exact[i] * slope) for i, slope in slopes.items() if isfinite(slope))
        if z.imag or not isfinite(result) or abs(result - z) <= rounded * size + UNDERFLOW:
            return ""
        return f"{name or op.name} should give {_apart(float(z), result)}"
    except (ArithmeticError, ValueError, TypeError):  # not known to be wrong
        return ""


def wrong_slope(
    op: Operation, operands: Sequence[float], position: int, slope: float, operand: Value | None = None, name: str = ""
) -> str:
    """The mistake in one local derivative of an operation, with respect to `operand`, or ""."""
    right = local_slopes(op, operands, position)
    if judge(slope, right).verdict != "fail":
        return ""
    wrt = op.operands[position * len(op.operands) // len(operands) if op.nary else position]
    if operand is not None:
        wrt = label_of(operand) or f"({shortened(expression(operand), 30)})"
    if right.kind == "smooth":
        return f"d {name or op.name}/d{wrt} should be {_apart(right.left, slope)}"
    between = f"between {number(right.left)} and {number(right.right)}"
    return f"d {name or op.name}/d{wrt} should be {between}; yours says {number(slope)}"


def local_slopes(op: Operation, operands: Sequence[float], position: int) -> Slopes:
    """The exact slopes of one operation alone with respect to one of its operands."""
    if not op.has_formula:
        return ladder_slopes(
            lambda x: op.value.over(IEEE)(*operands[:position], x, *operands[position + 1 :]), operands[position]
        )
    chosen, at = list(operands), position
    if op.nary:  # the other terms are constants: one term will do
        terms = len(operands) // len(op.operands)
        chosen, at = list(operands[position % terms :: terms]), position // terms

    def along(system: Any, x: Any) -> Any:
        numbers = [system.number(y) for y in chosen]
        numbers[at] = x
        if op.nary:
            return op.value.over(system)(*([y] for y in numbers), system.number(terms))
        return applied(op, numbers, system)

    return exact_slopes(along, chosen[at])


def accumulation(graph: Graph, grads: Mapping[Value, float | None]) -> Iterator[Culprit]:
    """Every node whose gradient is not the sum over its uses, nearest to the root first."""
    seed = grads.get(graph.root)
    if seed != 1:
        what = (
            f"the backward pass starts with 1 here; yours with {_shown(seed)} (was backward() called on a later value?)"
        )
        yield Culprit("ACCUMULATION", graph.describe(graph.root), what, graph.root)
    uses: dict[Value, list[tuple[Value, float]]] = {}
    for node in reversed(graph.nodes):
        for operand, local in node.edges:
            uses.setdefault(operand, []).append((node, local))
    for value in sorted(uses, key=lambda value: value._created, reverse=True):
        terms = [local * (grads.get(use) or 0.0) for use, local in uses[value]]
        expected, grad = sum(terms), grads.get(value)
        size = sum(map(abs, terms))
        if grad is not None and (abs(grad - expected) <= ROUNDED * size or _are_nan(grad, expected)):
            continue
        if not isfinite(expected) or any(grads.get(use) is None for use, _ in uses[value]):
            continue
        total = " + ".join(map(factor, terms[:4])) + (" + …" if len(terms) > 4 else "")
        of = f"{total} = {number(expected)}, the sum over its {len(terms)} uses" if len(terms) > 1 else number(expected)
        what = f"its gradient should be {of}; yours is {_shown(grad)}{_missed(grad, terms)}"
        yield Culprit("ACCUMULATION", graph.describe(value), what, value)


def again(graph: Graph, once: Mapping[Value, float | None], twice: Mapping[Value, float | None]) -> Iterator[Culprit]:
    """The nodes whose gradients differ after a second backward pass: they were not reset."""
    for node in reversed(graph.nodes):
        first, second = once[node], twice[node]
        if first != second and not _are_nan(first, second):
            what = f"a second backward() leaves {_shown(second)} where the first left {_shown(first)}: it was not reset"
            yield Culprit("ACCUMULATION", graph.describe(node), what, node)


def _missed(grad: float | None, terms: list[float]) -> str:
    """The likely reason for a wrong sum."""
    if grad is None:
        return ""
    expected = sum(terms)
    if len(terms) > 1 and any(isclose(grad, term, rel_tol=ROUNDED) for term in terms):
        return ", one of them alone (= where += is meant?)"
    times = grad / expected if expected else 0.0
    if times > 1.5 and isclose(times, round(times), rel_tol=ROUNDED):
        return f", {round(times)} times that (was zero_grad() forgotten?)"
    return ""


def changed_constants(
    graph: Graph, inputs: Sequence[Value], again: Graph, inputs_again: Sequence[Value]
) -> list[Culprit] | None:
    """DETACHED: the nodes with an operand that was not recorded and still changed when the inputs moved.

    `again` is the same function recorded at other inputs.  None if it took another branch, so that the two graphs
    cannot be compared.
    """
    if [node.op for node in graph.nodes] != [node.op for node in again.nodes]:
        return None
    partner = dict(zip(inputs, inputs_again, strict=True)) | dict(zip(graph.nodes, again.nodes, strict=True))
    if partner.get(graph.root, again.root) is not again.root:
        return None
    culprits = []
    for node, other in zip(graph.nodes, again.nodes, strict=True):
        for operand, now in zip(node.args, other.args, strict=True):
            if type(operand) is Value and operand in partner:
                if partner[operand] is not now:
                    return None
                continue
            before, after = (float(getattr(x, "data", x)) for x in (operand, now))
            if before != after and not _are_nan(before, after):
                what = (
                    f"the {number(before, 6)} in it became {number(after, 6)} when the inputs moved, so it was "
                    "computed from them unrecorded (by .data, float() or detach()?)"
                )
                culprits.append(Culprit("DETACHED", graph.describe(node), what, node))
    return culprits


def _are_nan(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and isnan(a) and isnan(b)


def _apart(right: float, wrong: float) -> str:
    """Two numbers, with enough digits to tell them apart."""
    digits = next((d for d in (4, 6, 9, 12) if number(right, d) != number(wrong, d)), 17)
    return f"{number(right, digits)}; yours says {number(wrong, digits)}"


def _shown(grad: float | None) -> str:
    return "missing (None)" if grad is None else number(grad)
