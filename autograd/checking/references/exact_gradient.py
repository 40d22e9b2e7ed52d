"""The exact gradient of a recorded graph: all its entries at once, in a time that grows with the graph alone.

The backward pass is run again with numbers of 100 digits.  That uses the table's derivatives, which are under test
themselves.  So the result is confirmed without them: along random directions, one for all entries of comparable size,
the change of the replayed function must be what the gradient predicts.  Each entry contributes a similar share, so that
none can hide behind others, and a wrong one would need a coincidence of twelve digits.

Where the predictions fail, the local derivatives are measured, operation by operation, and the test is repeated.
What then is still unconfirmed, and entries that meet a kink, have to be checked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import isfinite, log2
from random import Random
from typing import Any

from autograd.checking.audit import Graph, local_slopes, operand_numbers, operand_positions
from autograd.checking.references.exact_replay import Replay, exact_slopes
from autograd.checking.verdicts import EPSILON, Slopes
from autograd.core.value import Value
from autograd.extensions.derivatives import edge_formulas
from autograd.formula.systems import NumberSystem

__all__ = ["confirmed_slopes"]

BAND = 25
"""Powers of ten between the largest and the smallest contribution to one direction."""
AGREED = 1e-12
"""Relative difference, per entry, between the predicted and the actual change."""
CANCELLED = 1e-60
"""Relative to its terms, the size below which a gradient of 100 digits is zero."""

Locals = Callable[[Value], Iterable[tuple[Value, Any]]]
"""The operands of a node, each with the local derivative; None if there is none."""


def confirmed_slopes(
    graph: Graph, leaves: Sequence[Value], replay: Callable[[NumberSystem], Replay], system: NumberSystem
) -> dict[Value, Slopes]:
    """The slopes with respect to those `leaves` whose gradient was confirmed; `replay` gives the graph's replays.

    >>> from autograd import Value, tanh
    >>> from autograd.formula.systems import mpmath
    >>> w, b = Value(0.5), Value(0.1)
    >>> graph = Graph(tanh(w * 2 + b))
    >>> slopes = confirmed_slopes(graph, [w, b], lambda system: Replay(graph.root, system), mpmath(100))
    >>> [round(slopes[leaf].numeric, 12) for leaf in (w, b)]
    [0.718402632321, 0.35920131616]
    """
    number: Any = system.number
    for local in (_by_formula(replay(system)), _by_measurement(system)):
        gradient, terms, unknown = _backward(graph, local, system)
        exact = {leaf: gradient.get(leaf, number(0)) for leaf in leaves if leaf not in unknown}
        exact = {leaf: x if abs(x) > CANCELLED * terms.get(leaf, 0.0) else x * 0 for leaf, x in exact.items()}
        if exact and all(_is_confirmed(band, exact, replay) for band in _bands(exact)):
            return {leaf: _slopes(exact[leaf], terms.get(leaf, 0.0)) for leaf in exact}
    return {}


def _by_formula(replay: Replay) -> Locals:
    """The local derivatives by the formulas of the table, in the numbers of a replay."""

    def local(node: Value) -> Iterator[tuple[Value, Any]]:
        kink = node.op.kink
        is_at_kink = kink is not None and kink.where.over(replay.system)(*(replay.numbers[x] for x in node.args))
        for operand, formula, arguments in edge_formulas(node):
            numbers = [replay.numbers.get(x, x) for x in arguments]
            try:
                slope = None if is_at_kink else formula.over(replay.system)(*numbers)
                yield operand, slope if slope is None or (not slope.imag and abs(slope) < float("inf")) else None
            except (ArithmeticError, ValueError, TypeError, AttributeError):
                yield operand, None

    return local


def _by_measurement(system: NumberSystem) -> Locals:
    """The local derivatives by exact replay of each operation on its own."""
    number: Any = system.number

    def local(node: Value) -> Iterator[tuple[Value, Any]]:
        for i, (operand, _) in zip(operand_positions(node), node.edges, strict=True):
            slopes = local_slopes(node.op, operand_numbers(node), i)
            is_known = slopes.kind == "smooth" and not slopes.reason
            yield operand, number(slopes.numeric) if is_known else None

    return local


def _backward(
    graph: Graph, local_derivatives: Locals, system: NumberSystem
) -> tuple[dict[Value, Any], dict[Value, float], set[Value]]:
    """The gradient, the sizes of the terms that it is a sum of, and the Values whose gradient is unknown."""
    number: Any = system.number
    gradient, terms, zero = {graph.root: number(1)}, {graph.root: 1.0}, number(0)
    unknown: set[Value] = set()
    for node in reversed(graph.nodes):
        upstream, size, is_unknown = gradient.get(node, zero), terms.get(node, 0.0), node in unknown
        for operand, slope in local_derivatives(node):
            if is_unknown or slope is None:
                unknown.add(operand)
                continue
            term = slope * upstream
            gradient[operand] = gradient[operand] + term if operand in gradient else term
            terms[operand] = terms.get(operand, 0.0) + abs(float(slope)) * size
    return gradient, terms, unknown


def _bands(exact: Mapping[Value, Any]) -> list[list[Value]]:
    """The leaves, those together whose contributions to a direction are of comparable size; zeros stay alone."""
    bands: dict[int | None, list[Value]] = {}
    for leaf, x in exact.items():
        bands.setdefault(int(_exponent(x * _scale(leaf)) // (BAND * log2(10))) if x else None, []).append(leaf)
    return list(bands.values())


def _exponent(x: Any) -> int:
    """The binary exponent of a number of mpmath, which may be beyond those of floats."""
    return int(x.man_exp[1] + x.man_exp[0].bit_length())


def _scale(leaf: Value) -> float:
    return min(abs(leaf.data), 1.0) or 1.0


def _is_confirmed(band: list[Value], exact: Mapping[Value, Any], replay: Callable[[NumberSystem], Replay]) -> bool:
    """True if the function changes as the gradient predicts when all leaves of the band move at once."""
    source = Random(0)
    smallest = min(abs(exact[leaf]) * _scale(leaf) for leaf in band)
    parts = {leaf: source.choice((-1, 1)) * source.uniform(0.5, 1) for leaf in band}
    moves = {leaf: smallest * x / abs(exact[leaf]) if smallest else x * _scale(leaf) for leaf, x in parts.items()}
    slopes = exact_slopes(_along(moves, replay), 0.0)
    predicted = float(sum(exact[leaf] * move for leaf, move in moves.items()) / smallest) if smallest else 0.0
    actual = slopes.numeric / float(smallest or 1)
    return slopes.kind == "smooth" and not slopes.reason and abs(actual - predicted) <= AGREED * len(band)


def _along(moves: Mapping[Value, Any], replay: Callable[[NumberSystem], Replay]) -> Callable[[NumberSystem, Any], Any]:
    """The root's number when every leaf moves by a multiple of its own step."""

    @cache
    def over(system: NumberSystem) -> tuple[Callable[..., Any], list[tuple[Any, Any]]]:
        number: Any = system.number
        return replay(system).along(*moves), [(number(leaf.data), number(move)) for leaf, move in moves.items()]

    def f(system: NumberSystem, t: Any) -> Any:
        function, lines = over(system)
        return function(*(start + t * move for start, move in lines))

    return f


def _slopes(gradient: Any, terms: float) -> Slopes:
    x = float(gradient)
    return Slopes(x, x, max(EPSILON / 2 * abs(x), 5e-324 if gradient else 0.0), terms=terms if isfinite(terms) else 0.0)
