"""How numbers, names and expressions are written, in messages, reports and pictures.

An expression is written in terms of the nearest *named* values: ``(ŷ - 1.5)²``, not the whole
history.  Operators come out as operators because the table's own text says ``x * y``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator, Mapping
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["expression", "factor", "folded", "name", "number", "numbered", "sentence"]

MAX_NODES = 24
MAX_LENGTH = 120
"""Nodes, and characters of one operand, shown of an unnamed expression; the rest becomes an ellipsis."""

_ATOM, _POWER, _PRODUCT, _SIGN, _SUM = range(5)  # how tightly a text holds together
_SIMPLE = re.compile(r"[^\s+\-*/^·=<>]+")
_LOGARITHMS = {"xlogy": "log", "xlog1py": "log1p"}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 4) -> str:
    """A number for reading: four significant digits, and a float stays recognisable as one.

    >>> number(0.15999999999999992), number(2.0), number(3), number(1e-20)
    ('0.16', '2.0', '3', '1e-20')
    """
    if isinstance(value, bool):
        return str(value)
    text = f"{value or abs(value):.{digits}g}"  # zero has no sign worth reading
    return text + ".0" if isinstance(value, float) and text.lstrip("-").isdigit() else text


def numbered(letter: str, taken: Container[str] = ()) -> Iterator[str]:
    """Automatic names, t₁, t₂, t₃, ..., but for those taken.

    >>> from itertools import islice
    >>> list(islice(numbered("t", taken=["t₂"]), 2))
    ['t₁', 't₃']
    """
    names = (letter + str(i).translate(_SUBSCRIPTS) for i in count(1))
    return (name for name in names if name not in taken)


def factor(value: float) -> str:
    """A number as a factor or after an operator: negative ones in parentheses."""
    return f"({number(value)})" if value < 0 else number(value)


def name(value: Value) -> str:
    """What to call a Value in a sentence: its label, or else its expression or number."""
    if value.label:
        return f"'{value.label}'"
    return expression(value) if value.edges else f"Value({value.data!r})"


def sentence(value: Value) -> str:
    """``ŷ = w·x + b`` for a named node, ``w·x + b`` for one without a name."""
    if not value.edges:
        return name(value)
    return f"{value.label} = {expression(value)}" if value.label else expression(value)


def folded(root: Value, names: Mapping[Value, str], limit: float = float("inf")) -> list[Value]:
    """`root` and the nodes without a name that belong to its expression, newest first; the nearest up to `limit`."""
    nodes, seen = [root], {root}
    for node in nodes:
        for operand, _ in node.edges:
            named = operand.label or operand in names
            if operand.edges and not named and operand not in seen and len(nodes) < limit:
                seen.add(operand)
                nodes.append(operand)
    return sorted(nodes, key=lambda node: node._created, reverse=True)


def expression(root: Value, numbers: bool = False, names: Mapping[Value, str] = MappingProxyType({})) -> str:
    """`root` as a formula of the named values it was computed from; with `numbers`, of their numbers.

    `names` stand in for the labels of Values that have none.

    >>> from autograd import Value, exp
    >>> w, y = Value(0.5, label="w"), Value(1.1, label="ŷ")
    >>> expression((y - 1.5) ** 2 + exp(w) / 2)
    '(ŷ - 1.5)² + exp(w)/2'
    >>> expression(Value(2.0))
    '2.0'
    >>> expression((y - 1.5) ** 2, numbers=True)
    '(1.1 - 1.5)²'
    """
    if root.op is None:
        return number(root.data)
    texts: dict[Value, tuple[str, int]] = {}

    def text_of(operand: Value | float) -> tuple[str, int]:
        label = getattr(operand, "label", None) or names.get(operand)  # type: ignore[arg-type]
        if label and not numbers:  # a label with an operator in it, say, needs parentheses in a product
            return str(label), _ATOM if _SIMPLE.fullmatch(str(label)) else _SUM
        if isinstance(operand, int | float):
            return number(operand), _SIGN if operand < 0 else _ATOM
        if operand in texts and len(texts[operand][0]) <= MAX_LENGTH:
            return texts[operand]
        return ("…", _ATOM) if operand.edges and not label else text_of(operand.data)

    def as_used_by(node: Value, operand: Value | float) -> tuple[str, int]:
        stale = getattr(operand, "_created", -1) > node._created and (numbers or not getattr(operand, "label", None))
        return ("…", _ATOM) if stale else text_of(operand)  # the number it had is gone

    for node in reversed(folded(root, names, MAX_NODES)):  # operands before their users
        texts[node] = _write(node, [as_used_by(node, operand) for operand in node.args])
    return texts[root][0]


def _write(node: Value, operands: list[tuple[str, int]]) -> tuple[str, int]:
    """One operation, given how its operands are written."""
    assert node.op is not None
    if node.op.nary:
        return _write_terms(node, operands)
    if not node.op.is_built_in:  # perhaps of the same name
        return f"{node.op.name}({', '.join(text for text, _ in operands)})", _ATOM
    if node.op.name == "where" and isinstance(node.args[0], bool):
        return operands[1 if node.args[0] else 2]  # the branch that was taken
    if node.op.name in _LOGARITHMS:
        x, y = operands
        return f"{_fit(x, _PRODUCT)}·{_LOGARITHMS[node.op.name]}({y[0]})", _PRODUCT
    if not node.op.is_operator:
        return f"{node.op.name}({', '.join(text for text, _ in operands)})", _ATOM
    texts = [text for text, _ in operands]
    match node.op.value.tree:
        case ast.UnaryOp(op=ast.USub()):
            return "-" + _fit(operands[0], _PRODUCT), _SIGN
        case ast.BinOp(op=ast.Add()):
            return f"{_fit(operands[0], _SUM)} + {_fit(operands[1], _PRODUCT)}", _SUM
        case ast.BinOp(op=ast.Sub()):
            return f"{_fit(operands[0], _SUM)} - {_fit(operands[1], _PRODUCT)}", _SUM
        case ast.BinOp(op=ast.Mult()):
            return f"{_fit(operands[0], _PRODUCT)}·{_fit(operands[1], _POWER)}", _PRODUCT
        case ast.BinOp(op=ast.Div()):
            return f"{_fit(operands[0], _PRODUCT)}/{_fit(operands[1], _POWER)}", _PRODUCT
        case ast.BinOp(op=ast.Pow()):
            exponent = node.args[1]
            base = _fit(operands[0], _ATOM)
            if isinstance(exponent, int | float) and float(exponent).is_integer() and not hasattr(exponent, "label"):
                return base + str(int(exponent)).translate(_SUPERSCRIPTS), _POWER
            return f"{base}^{_fit(operands[1], _ATOM)}", _POWER
    return texts[0], operands[0][1]  # unary plus


def _write_terms(node: Value, operands: list[tuple[str, int]]) -> tuple[str, int]:
    """A sum over terms: all of them up to three, else the first, the last and an ellipsis."""
    assert node.op is not None
    if len(node.op.operands) == 2:
        pairs = zip(*node.op.columns(operands), strict=True)
        terms = [f"{_fit(x, _PRODUCT)}·{_fit(y, _POWER)}" for x, y in pairs]
    else:
        terms = [_fit(operand, _PRODUCT) for operand in operands]
    if len(terms) > 3:
        terms[1:-1] = ["…"]
    total = " + ".join(terms)
    if node.op.name == "mean":
        return f"mean({', '.join(terms)})", _ATOM
    return total, _SUM if len(terms) > 1 else _PRODUCT


def _fit(operand: tuple[str, int], loosest: int) -> str:
    """The operand's text, in parentheses if it holds together less tightly than its place asks for."""
    text, looseness = operand
    return f"({text})" if looseness > loosest else text
