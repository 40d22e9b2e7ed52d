"""How numbers, names and expressions are written, in messages, reports and pictures.

An expression is written in terms of the nearest *named* values: ``(ŷ - 1.5)²``, not the whole
history.  Operators come out as operators because the table's own text says ``x * y``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = [
    "PLAIN",
    "Style",
    "appearing",
    "derivative",
    "expression",
    "factor",
    "folded",
    "in_common",
    "name",
    "number",
    "numbered",
    "sentence",
    "shortened",
    "typeset",
]

MAX_LABEL = 60
"""Characters of a label that are shown."""
MAX_NODES = 24
MAX_LENGTH = 120
"""Nodes, and characters of one operand, shown of an unnamed expression; the rest becomes an ellipsis."""

_Text = tuple[str, int]
_ATOM, _POWER, _PRODUCT, _SIGN, _SUM, _CHOICE = range(6)  # how tightly a text holds together
_INDEX = re.compile(r"(?<=\[)([\w, ]+)(?=\])")
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


def shortened(text: str, limit: int = MAX_LABEL) -> str:
    """A label as it is shown: printable, and not too long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"


def name(value: Value) -> str:
    """What to call a Value in a sentence: its label, or else its expression or number."""
    if value.label:
        return f"'{value.label}'"
    return expression(value) if value.edges else f"Value({value.data!r})"


def derivative(top: str, bottom: str, d: str = "d") -> str:
    """A derivative in symbols; names that hold operators stand in parentheses.

    >>> derivative("L", "w"), derivative("ŷ", "w[0]", "∂"), derivative("a + b", "c")
    ('dL/dw', '∂ŷ/∂w[0]', 'd(a + b)/dc')
    """
    top, bottom = (name if _SIMPLE.fullmatch(name) else f"({name})" for name in (top, bottom))
    return f"{d}{top}/{d}{bottom}"


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


def appearing(root: Value, names: Container[Any]) -> list[Any]:
    """What the expression of `root` is written with, in order: Values with a name or in `names`, named constants."""
    found: dict[Any, Any] = {}
    seen: set[Value] = set()
    todo: list[Any] = list(root.args)[::-1]
    while todo:
        x = todo.pop()
        if getattr(x, "label", None) or (hasattr(x, "edges") and (x in names or not x.edges)):
            found.setdefault(x if hasattr(x, "edges") else (x.label, float(x)), x)
        elif hasattr(x, "edges") and x not in seen:
            seen.add(x)
            todo += x.args[::-1]
    return list(found.values())


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
        return number(root._number)
    texts: dict[Value, _Text] = {}

    def text_of(operand: Value | float) -> _Text:
        label = names.get(operand) or getattr(operand, "label", None)  # type: ignore[arg-type]
        if label and not numbers:
            return _atom(str(label))
        if isinstance(operand, int | float):
            return number(operand), _SIGN if operand < 0 else _ATOM
        if operand in texts and len(texts[operand][0]) <= MAX_LENGTH:
            return texts[operand]
        return ("…", _ATOM) if operand.edges and not label else text_of(operand._number)

    def as_used_by(node: Value, operand: Value | float) -> _Text:
        stale = getattr(operand, "_created", -1) > node._created and (numbers or not getattr(operand, "label", None))
        return ("…", _ATOM) if stale else text_of(operand)  # the number it had is gone

    for node in reversed(folded(root, names, MAX_NODES)):  # operands before their users
        texts[node] = _write(node, [as_used_by(node, operand) for operand in node.args])
    return texts[root][0]


def _write(node: Value, operands: list[_Text]) -> _Text:
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
        return f"{PLAIN.fit(x, _PRODUCT)}·{_LOGARITHMS[node.op.name]}({y[0]})", _PRODUCT
    if not node.op.is_operator:
        return f"{node.op.name}({', '.join(text for text, _ in operands)})", _ATOM
    tree = node.op.value.tree
    if isinstance(tree, ast.BinOp):
        exponent = node.args[1]
        is_plain = isinstance(exponent, int | float) and not hasattr(exponent, "label")
        left, right = operands
        return PLAIN.operated(tree.op, left, right, float(exponent) if is_plain else None)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return PLAIN.negated(operands[0])
    return operands[0]  # unary plus


@dataclass(frozen=True)
class Style:
    """How formulas are written: the signs, and how to write a name."""

    product: str
    quotient: str
    parentheses: str
    choice: str
    comparisons: Mapping[type[ast.cmpop], str]
    name: Callable[[str], str] = str
    call: Callable[[str, str], str] = "{}({})".format
    is_plain: bool = False

    def fit(self, operand: _Text, loosest: int) -> str:
        """The operand's text, in parentheses if it holds together less tightly than its place asks for."""
        text, looseness = operand
        return self.parentheses.format(text) if looseness > loosest else text

    def negated(self, operand: _Text) -> _Text:
        """``-x``."""
        return "-" + self.fit(operand, _PRODUCT), _SIGN

    def operated(self, op: ast.operator, left: _Text, right: _Text, exponent: float | None = None) -> _Text:
        """``left op right``; the `exponent` of a power, if it is known."""
        match op:
            case ast.Add():
                return f"{self.fit(left, _SUM)} + {self.fit(right, _PRODUCT)}", _SUM
            case ast.Sub():
                return f"{self.fit(left, _SUM)} - {self.fit(right, _PRODUCT)}", _SUM
            case ast.Mult():
                return self.product.format(self.fit(left, _PRODUCT), self.fit(right, _POWER)), _PRODUCT
            case ast.Div() if self.is_plain:
                return self.quotient.format(self.fit(left, _PRODUCT), self.fit(right, _POWER)), _PRODUCT
            case ast.Div():
                return self.quotient.format(left[0], right[0]), _PRODUCT
        base = self.fit(left, _ATOM)  # what is left is a power
        if not self.is_plain:
            return f"{base}^{{{right[0]}}}", _POWER
        if exponent is not None and exponent.is_integer():
            return base + str(int(exponent)).translate(_SUPERSCRIPTS), _POWER
        return f"{base}^{self.fit(right, _ATOM)}", _POWER


_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "≤",
    ast.Gt: ">",
    ast.GtE: "≥",
    ast.Eq: "=",
    ast.NotEq: "≠",
}
PLAIN = Style("{}·{}", "{}/{}", "({})", "{} if {} else {}", _COMPARISONS, is_plain=True)
"""Formulas in text and pictures."""


def typeset(tree: ast.expr, names: Mapping[str, str], style: Style = PLAIN) -> str:
    """A formula as one writes it by hand; `names` says how to write its variables.

    >>> typeset(ast.parse("-2*x*(-y + v) + z**2/2", mode="eval").body, {"v": "ŷ"})
    'z²/2 - 2·x·(ŷ - y)'
    >>> typeset(ast.parse("where(x > 0, 1, 0)*y*n", mode="eval").body, {"n": "0.5"})
    '0.5·(1 if x > 0 else 0)·y'
    """

    def text_of(tree: ast.expr) -> _Text:
        match tree:
            case ast.Name(id=name):
                label = names.get(name, name)
                return style.name(label), _ATOM if _SIMPLE.fullmatch(label) else _SUM
            case ast.Constant(value=value):
                return number(value), _ATOM  # type: ignore[arg-type]
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return sum_of(_summands(tree))
            case ast.BinOp(left=left, op=op, right=right):
                is_negative, left = _unsigned(left)
                if isinstance(op, ast.Mult) and is_number(right) and not is_number(left):
                    result = text_of(_in_front(right, left))  # 0.2·w rather than w·0.2
                else:
                    result = style.operated(op, text_of(left), text_of(right), _literal(right))
                return style.negated(result) if is_negative else result
            case ast.UnaryOp(operand=operand):
                return style.negated(text_of(operand))
            case ast.Call(func=ast.Name(id="where"), args=[condition, chosen, otherwise]):
                return style.choice.format(*(text_of(part)[0] for part in (chosen, condition, otherwise))), _CHOICE
            case ast.Call(func=ast.Name(id=name), args=arguments):
                texts = ", ".join(text_of(part)[0] for part in arguments)
                return style.call(name, texts), _ATOM
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return f"{text_of(left)[0]} {style.comparisons[type(op)]} {text_of(right)[0]}", _CHOICE
        return ast.unparse(tree), _CHOICE

    def is_number(tree: ast.expr) -> bool:
        return isinstance(tree, ast.Constant) or (isinstance(tree, ast.Name) and names.get(tree.id, "")[:1].isdigit())

    def sum_of(terms: list[tuple[bool, ast.expr]]) -> _Text:
        terms.sort(key=lambda term: (term[0], is_number(term[1])))  # ŷ - y rather than -y + ŷ
        signed = [(" - " if minus else " + ") + style.fit(text_of(term), _PRODUCT) for minus, term in terms]
        return ("-" if terms[0][0] else "") + "".join(signed)[3:], _SUM

    return text_of(tree)[0]


def _summands(tree: ast.expr) -> list[tuple[bool, ast.expr]]:
    """The terms of a sum, each with whether it is subtracted."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub):
        is_negative, last = _unsigned(tree.right)
        return [*_summands(tree.left), (is_negative != isinstance(tree.op, ast.Sub), last)]
    return [_unsigned(tree)]


def _unsigned(tree: ast.expr) -> tuple[bool, ast.expr]:
    """Whether a product starts with a minus sign, and the product without it."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return True, tree.operand
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult | ast.Div):
        is_negative, left = _unsigned(tree.left)
        return is_negative, ast.BinOp(left, tree.op, tree.right)
    return False, tree


def _in_front(factor: ast.expr, product: ast.expr) -> ast.expr:
    if isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult):
        return ast.BinOp(_in_front(factor, product.left), ast.Mult(), product.right)
    return ast.BinOp(factor, ast.Mult(), product)


def _literal(tree: ast.expr) -> float | None:
    is_negative, tree = _unsigned(tree)
    value = tree.value if isinstance(tree, ast.Constant) else None
    return float(-value if is_negative else value) if isinstance(value, int | float) else None


def _atom(label: str) -> _Text:
    """A label as an operand: one with an operator in it, say, needs parentheses in a product."""
    return label, _ATOM if _SIMPLE.fullmatch(label) else _SUM


def _write_terms(node: Value, operands: list[_Text]) -> _Text:
    """A sum over terms: all of them up to three, else what they have in common, or the first and the last of them."""
    assert node.op is not None
    if len(node.op.operands) == 2:
        pairs = zip(*node.op.columns(operands), strict=True)
        terms = [f"{PLAIN.fit(x, _PRODUCT)}·{PLAIN.fit(y, _POWER)}" for x, y in pairs]
    else:
        terms = [PLAIN.fit(operand, _PRODUCT) for operand in operands]
    is_mean = node.op.name == "mean"
    if len(terms) > 3:
        common = in_common(terms, [[(part, "i") for part in _parts(term)] for term in terms])
        if common:
            return f"(1/{len(terms)})·" * is_mean + f"Σ {common}", _SUM
        terms[1:-1] = ["…"]
    if is_mean:
        return f"mean({', '.join(terms)})", _ATOM
    return " + ".join(terms), _SUM if len(terms) > 1 else _PRODUCT


def in_common(texts: Sequence[str], letters: Sequence[Sequence[tuple[str, str]]]) -> str:
    """The one text that becomes all the others when numbers are put for letters in its indices; else nothing.

    `letters` says for each text which number each letter may stand for.

    >>> in_common(["w[0]·x[0]", "w[1]·x[1]"], [[("0", "i")], [("1", "i")]])
    'w[i]·x[i]'
    """
    common: set[str] | None = None
    for text, known in zip(texts, letters, strict=True):
        found = set(_with_letters(text, known))
        common = found if common is None else common & found
        if not common:
            return ""
    return max(common or {""}, key=lambda text: (-sum(map(str.isdigit, text)), text))


def _with_letters(text: str, known: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The text with letters for numbers in its indices, in each possible way."""
    pieces = _INDEX.split(text)  # every second one is an index
    choices = [
        [",".join(ways) for ways in product(*([part, *(x for n, x in known if n == part)] for part in _split(piece)))]
        if i % 2
        else [piece]
        for i, piece in enumerate(pieces)
    ]
    yield from map("".join, product(*choices))


def _parts(text: str) -> dict[str, None]:
    """The numbers in the indices of a text."""
    return dict.fromkeys(part for index in _INDEX.findall(text) for part in _split(index))


def _split(index: str) -> list[str]:
    return [part.strip() for part in index.split(",")]
