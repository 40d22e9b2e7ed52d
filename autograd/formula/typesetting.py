"""Typesetting of numbers, names and formulas, in messages, reports and pictures.

Operators come out as they are written by hand: the tree of ``x ** 2 / y`` becomes ``x²/y``, or LaTeX by another
`Style`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product

__all__ = [
    "ATOM",
    "PLAIN",
    "POWER",
    "PRODUCT",
    "SIGN",
    "SUM",
    "Style",
    "Written",
    "atom",
    "columns",
    "derivative",
    "factor",
    "in_common",
    "indices",
    "number",
    "numbered",
    "shortened",
    "typeset",
]

MAX_LABEL = 60
"""Characters of a label that are shown."""

Written = tuple[str, int]
"""A string, and how tightly it holds together: one of the following."""
ATOM, POWER, PRODUCT, SIGN, SUM, CHOICE = range(6)

_INDEX = re.compile(r"(?<=\[)([\w, ]+)(?=\])")
_SIMPLE = re.compile(r"[^\s+\-*/%^·=<>]+")
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


def derivative(top: str, bottom: str, d: str = "d") -> str:
    """A derivative in symbols; names that hold operators stand in parentheses.

    >>> derivative("L", "w"), derivative("ŷ", "w[0]", "∂"), derivative("a + b", "c")
    ('dL/dw', '∂ŷ/∂w[0]', 'd(a + b)/dc')
    """
    top, bottom = (name if _SIMPLE.fullmatch(name) else f"({name})" for name in (top, bottom))
    return f"{d}{top}/{d}{bottom}"


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

    def fit(self, operand: Written, loosest: int) -> str:
        """The operand's text, in parentheses if it holds together less tightly than its place asks for."""
        text, looseness = operand
        return self.parentheses.format(text) if looseness > loosest else text

    def negated(self, operand: Written) -> Written:
        """``-x``."""
        return "-" + self.fit(operand, PRODUCT), SIGN

    def operated(self, op: ast.operator, left: Written, right: Written, exponent: float | None = None) -> Written:
        """``left op right``; the `exponent` of a power, if it is known."""
        match op:
            case ast.Add():
                return f"{self.fit(left, SUM)} + {self.fit(right, PRODUCT)}", SUM
            case ast.Sub():
                return f"{self.fit(left, SUM)} - {self.fit(right, PRODUCT)}", SUM
            case ast.Mult():
                return self.product.format(self.fit(left, PRODUCT), self.fit(right, POWER)), PRODUCT
            case ast.Div() if self.is_plain:
                return self.quotient.format(self.fit(left, PRODUCT), self.fit(right, POWER)), PRODUCT
            case ast.Div():
                return self.quotient.format(left[0], right[0]), PRODUCT
            case ast.Mod():
                sign = "%" if self.is_plain else r"\bmod"
                return f"{self.fit(left, PRODUCT)} {sign} {self.fit(right, POWER)}", SIGN
            case ast.FloorDiv() if self.is_plain:
                return f"{self.fit(left, PRODUCT)} // {self.fit(right, POWER)}", SIGN
            case ast.FloorDiv():
                return rf"\left\lfloor {self.quotient.format(left[0], right[0])} \right\rfloor", ATOM
        base = self.fit(left, ATOM)  # what is left is a power
        if not self.is_plain:
            return f"{base}^{{{right[0]}}}", POWER
        if exponent is not None and exponent.is_integer():
            return base + str(int(exponent)).translate(_SUPERSCRIPTS), POWER
        return f"{base}^{self.fit(right, ATOM)}", POWER


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

    def text_of(tree: ast.expr) -> Written:
        match tree:
            case ast.Name(id=name):
                label = names.get(name, name)
                return style.name(label), ATOM if _SIMPLE.fullmatch(label) else SUM
            case ast.Constant(value=value):
                return number(value), ATOM  # type: ignore[arg-type]
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
                return style.choice.format(*(text_of(part)[0] for part in (chosen, condition, otherwise))), CHOICE
            case ast.Call(func=ast.Name(id=name), args=arguments):
                texts = ", ".join(text_of(part)[0] for part in arguments)
                return style.call(name, texts), ATOM
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return f"{text_of(left)[0]} {style.comparisons[type(op)]} {text_of(right)[0]}", CHOICE
        return ast.unparse(tree), CHOICE

    def is_number(tree: ast.expr) -> bool:
        return isinstance(tree, ast.Constant) or (isinstance(tree, ast.Name) and names.get(tree.id, "")[:1].isdigit())

    def sum_of(terms: list[tuple[bool, ast.expr]]) -> Written:
        terms.sort(key=lambda term: (term[0], is_number(term[1])))  # ŷ - y rather than -y + ŷ
        signed = [(" - " if minus else " + ") + style.fit(text_of(term), PRODUCT) for minus, term in terms]
        return ("-" if terms[0][0] else "") + "".join(signed)[3:], SUM

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


def atom(label: str) -> Written:
    """A label as an operand: one with an operator in it, say, needs parentheses in a product."""
    return label, ATOM if _SIMPLE.fullmatch(label) else SUM


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


def indices(text: str) -> dict[str, None]:
    """The numbers in the indices of a text."""
    return dict.fromkeys(part for index in _INDEX.findall(text) for part in _split(index))


def _split(index: str) -> list[str]:
    return [part.strip() for part in index.split(",")]


def columns(rows: Sequence[Sequence[str]], between: str) -> Iterator[str]:
    """Rows as aligned columns; empty cells at the end are left out."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        while cells and not cells[-1].strip():
            cells.pop()
        yield f"  {between.join(cells)}".rstrip()
