"""Closed forms: the gradient of a graph by SymPy's derivative of each operation, chained.

SymPy differentiates the formula of each row on its own, which makes it a reference that is independent of the
derivatives in the table.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from autograd.checking.audit import Graph, operand_positions
from autograd.checking.references.exact_replay import Replay
from autograd.core.table import Operation
from autograd.core.value import Value
from autograd.formula.systems import mpmath, sympy

__all__ = ["closed_forms"]

DIGITS = 50
MAX_EDGES = 1000
"""Maximum number of edges of a graph for which SymPy is used."""


@lru_cache(maxsize=256)
def _partial(op: Operation, position: int) -> tuple[list[Any], Any]:
    """SymPy's derivative of a row with respect to one operand: the symbols, and the expression."""
    import sympy as sp

    symbols = [sp.Symbol(name, real=True) for name in op.operands]
    n = sp.Symbol("n", positive=True)
    of_one_term = [*([x] for x in symbols), n] if op.nary else symbols
    return [*symbols, n], sp.diff(op.value.over(sympy())(*of_one_term), symbols[position])


def closed_forms(replay: Replay) -> dict[Value, float]:
    """The gradient of a replayed graph with respect to every leaf for which SymPy finds a number.

    >>> from autograd import Value, tanh
    >>> x = Value(0.5)
    >>> closed_forms(Replay(tanh(x) * 2, mpmath(DIGITS)))[x]
    1.5728954659318548
    """
    root, numbers = replay.root, replay.numbers
    graph = Graph(root)
    number: Any = mpmath(DIGITS).number
    if sum(len(node.edges) for node in graph.nodes) > MAX_EDGES:
        return {}
    adjoints: dict[Value, Any] = {root: number(1)}
    unknown: set[Value] = set()
    for node in reversed(graph.nodes):
        for position, (operand, _) in zip(operand_positions(node), node.edges, strict=True):
            slope = _slope(node, position, [numbers[x] for x in node.args]) if node not in unknown else None
            if slope is None:
                unknown.add(operand)
            else:
                adjoints[operand] = adjoints.get(operand, 0) + slope * adjoints[node]
    return {leaf: float(adjoints[leaf]) for leaf in graph.leaves() if leaf in adjoints and leaf not in unknown}


def _slope(node: Value, position: int, operands: list[Any]) -> Any:
    """SymPy's number for one edge at these operands, or None."""
    import sympy as sp

    terms = len(node.args) // len(node.op.operands) if node.op.nary else 1
    operands = operands[position % terms :: terms] if node.op.nary else operands
    try:
        symbols, expression = _partial(node.op, position // terms if node.op.nary else position)
        number: Any = mpmath(DIGITS).number
        if expression.is_Integer:  # as of sums
            return number(int(expression))
        if expression in symbols:  # as of products
            return number([*operands, terms][symbols.index(expression)])
        numbers = [sp.Float(operand, DIGITS) for operand in operands]
        value = expression.evalf(DIGITS, subs=dict(zip(symbols, [*numbers, sp.Integer(terms)], strict=True)))
        return number(str(value)) if value.is_Float or value.is_Rational else None
    except (ArithmeticError, TypeError, ValueError, AttributeError, NotImplementedError):
        return None
