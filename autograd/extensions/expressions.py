"""Values as expressions: in terms of the nearest *named* values, ``(ŷ - 1.5)²``, not of the whole history.

The operators are those of the formulas in the table.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Any

from autograd.core.graph import is_stale
from autograd.core.state import seams
from autograd.core.table import OPERATIONS
from autograd.core.value import Value, label_of
from autograd.formula.algebra import SIGNS
from autograd.formula.typesetting import (
    ATOM,
    PLAIN,
    PRODUCT,
    SIGN,
    SUM,
    Style,
    Written,
    atom,
    in_common,
    indices,
    number,
)

__all__ = ["appearing", "expression", "folded"]

MAX_NODES = 24
MAX_LENGTH = 120
"""Limits on an unnamed expression, in nodes and in characters per operand; the rest becomes an ellipsis."""

_LOGARITHMS = {"xlogy": "log", "xlog1py": "log1p"}


def folded(root: Value, names: Mapping[Value, str], limit: float = float("inf")) -> list[Value]:
    """`root` and the unnamed nodes that belong to its expression, newest first; the nearest up to `limit`."""
    nodes, seen = [root], {root}
    for node in nodes:
        for operand, _ in node.edges:
            named = operand.label or operand in names
            if not operand.is_leaf and not named and operand not in seen and len(nodes) < limit:
                seen.add(operand)
                nodes.append(operand)
    return sorted(nodes, key=lambda node: node._created, reverse=True)


def appearing(root: Value, names: Container[Any]) -> list[Any]:
    """The operands in the expression of `root`, in order: Values with a name or in `names`, and named constants."""
    operands: dict[Any, Any] = {}
    seen: set[Value] = set()
    todo: list[Any] = list(root.args)[::-1]
    while todo:
        x = todo.pop()
        if getattr(x, "label", None) or (type(x) is Value and (x in names or x.is_leaf)):
            operands.setdefault(x if type(x) is Value else (x.label, float(x)), x)
        elif type(x) is Value and x not in seen:
            seen.add(x)
            todo += x.args[::-1]
    return list(operands.values())


def expression(
    root: Value,
    numbers: bool = False,
    names: Mapping[Value, str] = MappingProxyType({}),
    style: Style = PLAIN,
    parts: Mapping[Value, Written] = MappingProxyType({}),
) -> str:
    """The formula of `root` in terms of the named values it was computed from, or with `numbers`, their numbers.

    `names` stand in for the labels of Values that have none, and `parts` are Values that are already written.

    >>> from autograd import Value, exp
    >>> w, y = Value(0.5, label="w"), Value(1.1, label="ŷ")
    >>> expression((y - 1.5) ** 2 + exp(w) / 2)
    '(ŷ - 1.5)² + exp(w)/2'
    >>> expression(Value(2.0))
    '2.0'
    >>> expression((y - 1.5) ** 2, numbers=True)
    '(1.1 - 1.5)²'
    """
    if root.is_leaf:
        return _number(root._number, style)[0]
    written = dict(parts)
    ellipsis = style.name("…"), ATOM

    def text_of(operand: Value | float) -> Written:
        if isinstance(operand, Value) and operand in parts:
            return parts[operand]
        label = names.get(operand) or label_of(operand)  # type: ignore[arg-type]
        if label and not numbers:
            return atom(label, style)
        if isinstance(operand, int | float):
            return _number(operand, style)
        if operand in written and len(written[operand][0]) <= MAX_LENGTH:
            return written[operand]
        return text_of(operand._number) if operand.is_leaf or label else ellipsis

    def as_used_by(node: Value, operand: Value | float) -> Written:
        is_lost = is_stale(operand, node) and (numbers or not getattr(operand, "label", None))
        return ellipsis if is_lost else text_of(operand)  # its former number is lost

    outside = {**names, **dict.fromkeys(parts, "")} if parts else names
    for node in reversed(folded(root, outside, MAX_NODES)):  # operands before their users
        written[node] = _write(node, [as_used_by(node, operand) for operand in node.args], style)
    return written[root][0]


def _number(value: float, style: Style) -> Written:
    text = style.name(number(value))
    return text, SIGN if value < 0 else PRODUCT if " " in text else ATOM  # LaTeX has a product for 1e-08


def _write(node: Value, operands: list[Written], style: Style) -> Written:
    """One operation, with its operands already written."""
    op, tree = node.op, node.op.value.tree
    if op.nary:
        return _write_terms(node, operands, style)
    if op is OPERATIONS["where"]:
        chosen = node.args[0]
        return operands[1 if chosen else 2] if isinstance(chosen, bool) else style.conditional(*operands)
    if op.is_built_in and op.name in _LOGARITHMS:
        x, y = operands
        return style.operated("*", x, (style.call(_LOGARITHMS[op.name], y[0]), ATOM))
    if not op.is_operator:  # a user's own may share the name of one that is
        return style.call(op.name, ", ".join(text for text, _ in operands)), ATOM
    match tree:
        case ast.BinOp():
            exponent = node.args[1]
            is_plain = isinstance(exponent, int | float) and not hasattr(exponent, "label")
            left, right = operands
            return style.operated(SIGNS[type(tree.op)], left, right, float(exponent) if is_plain else None)
        case ast.Compare(ops=[sign]) | ast.BoolOp(op=sign):
            return style.compared(SIGNS[type(sign)], *operands)
        case ast.UnaryOp(op=ast.USub()):
            return style.negated(operands[0])
    return operands[0]  # unary plus


def _write_terms(node: Value, operands: list[Written], style: Style) -> Written:
    """A sum over terms: up to three are written out, more by their common form, or by the first and the last."""
    if len(node.op.operands) == 2:
        terms = [style.operated("*", x, y)[0] for x, y in zip(*node.op.columns(operands), strict=True)]
    else:
        terms = [style.fit(operand, PRODUCT) for operand in operands]
    is_mean = node.op.name == "mean"
    if len(terms) > 3:
        letters = [[(part, "i") for part in indices(term)] for term in terms]
        common = in_common(terms, letters, prefer_letters=False)
        if common:
            total = style.sum.format(common)
            return style.share.format(len(terms), total) if is_mean else total, SUM
        terms[1:-1] = [style.name("…")]
    if is_mean:
        return style.call("mean", ", ".join(terms)), ATOM
    return " + ".join(terms), SUM if len(terms) > 1 else PRODUCT


setattr(seams, "expression", expression)
