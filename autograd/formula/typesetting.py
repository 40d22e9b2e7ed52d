"""Typesetting of numbers, names and formulas, in messages, reports and pictures.

Formulas are written as in a textbook: the tree of ``x ** 2 / y`` becomes ``x²/y``, or LaTeX in another `Style`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, product
from unicodedata import category

from autograd.formula.algebra import interpret

__all__ = [
    "ATOM",
    "MAX_MARKS",
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
    "printable",
    "shortened",
    "typeset",
]

MAX_LABEL = 60
"""Characters of a label that are shown."""
MAX_MARKS = 4
"""Marks above, below and around one letter that are shown; more would cover the lines beside it."""

Written = tuple[str, int]
"""A string, and how loosely its outermost operator binds: one of the following."""
ATOM, POWER, PRODUCT, SIGN, SUM, CONDITION, ALTERNATIVES, CHOICE = range(8)

_INDEX = re.compile(r"(?:(?<=\[)|(?<=_\{))([\w, ]+)(?=[\]}])")  # of w[0] and of its LaTeX, w_{0}
_HIDDEN = "\N{REPLACEMENT CHARACTER}"
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
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
    text = f"{value or abs(value):.{digits}g}"  # -0.0 is shown as 0.0
    return text + ".0" if isinstance(value, float) and text.lstrip("-").isdigit() else text


def numbered(letter: str, used: Container[str] = ()) -> Iterator[str]:
    """Automatic names, t₁, t₂, t₃, ..., except those in `used`.

    >>> from itertools import islice
    >>> list(islice(numbered("t", used=["t₂"]), 2))
    ['t₁', 't₃']
    """
    names = (letter + str(i).translate(_SUBSCRIPTS) for i in count(1))
    return (name for name in names if name not in used)


def factor(value: float) -> str:
    """A number as a factor or after an operator: negative ones in parentheses."""
    return f"({number(value)})" if value < 0 else number(value)


def printable(text: str) -> str:
    r"""A string as it is shown everywhere: line breaks, tabs and spaces stay, and nothing else is invisible.

    The replacement character stands for each control character, lone surrogate, private or unassigned character, for
    each that has no width or reorders the characters after it, and for combining marks on a letter after the fourth.
    Joiners, which emoji and Persian words need, count as marks.

    >>> printable("w\0"), printable("\u202egnp.exe"), len(printable("a" + "\u0301" * 99))
    ('w�', '�gnp.exe', 6)
    """
    if text.isprintable() and text.isascii():
        return text
    characters, marks = [], MAX_MARKS  # a mark needs something that it is on
    for character in text:
        kind = category(character)
        is_mark = kind in ("Mn", "Me") or character in _JOINERS
        marks = marks + 1 if is_mark else 0
        if marks > MAX_MARKS:
            characters.append(_HIDDEN if marks == MAX_MARKS + 1 else "")
        else:
            is_shown = is_mark or character.isprintable() or kind == "Zs" or character in "\n\t"
            characters.append(character if is_shown else _HIDDEN)
    return "".join(characters)


def shortened(text: str, limit: int = MAX_LABEL) -> str:
    """A label as it is shown: printable, in one line, and not too long."""
    line = printable(re.sub(r"\s", " ", text[: limit + 1]))
    return line if len(text) <= limit else line[: limit - 1] + "…"


def derivative(top: str, bottom: str, d: str = "d") -> str:
    """A derivative in symbols; names that contain operators are put in parentheses.

    >>> derivative("L", "w"), derivative("ŷ", "w[0]", "∂"), derivative("a + b", "c")
    ('dL/dw', '∂ŷ/∂w[0]', 'd(a + b)/dc')
    """
    top, bottom = (name if _SIMPLE.fullmatch(name) else f"({name})" for name in (top, bottom))
    return f"{d}{top}/{d}{bottom}"


@dataclass(frozen=True)
class Style:
    """A way to write formulas: the signs, names and calls."""

    product: str
    quotient: str
    parentheses: str
    choice: str
    signs: Mapping[str, str]
    name: Callable[[str], str] = str
    call: Callable[[str, str], str] = "{}({})".format
    is_plain: bool = False
    sum: str = "Σ {}"
    share: str = "(1/{})·{}"

    def fit(self, operand: Written, loosest: int) -> str:
        """The operand's string, in parentheses if it binds more loosely than its place allows."""
        text, looseness = operand
        return self.parentheses.format(text) if looseness > loosest else text

    def negated(self, operand: Written) -> Written:
        """``-x``."""
        return "-" + self.fit(operand, PRODUCT), SIGN

    def operated(self, sign: str, left: Written, right: Written, exponent: float | None = None) -> Written:
        """``left sign right``; the `exponent` of a power, if it is known."""
        match sign:
            case "+" | "-":
                return f"{self.fit(left, SUM)} {sign} {self.fit(right, PRODUCT)}", SUM
            case "*":
                return self.product.format(self.fit(left, PRODUCT), self.fit(right, POWER)), PRODUCT
            case "/" if self.is_plain:
                return self.quotient.format(self.fit(left, PRODUCT), self.fit(right, POWER)), PRODUCT
            case "/":
                return self.quotient.format(left[0], right[0]), PRODUCT
            case "%":
                return f"{self.fit(left, PRODUCT)} {self.signs[sign]} {self.fit(right, POWER)}", SIGN
            case "//" if self.is_plain:
                return f"{self.fit(left, PRODUCT)} // {self.fit(right, POWER)}", SIGN
            case "//":
                return rf"\left\lfloor {self.quotient.format(left[0], right[0])} \right\rfloor", ATOM
        base = self.fit(left, ATOM)  # the only sign left is **
        if not self.is_plain:
            return f"{base}^{{{right[0]}}}", POWER
        if exponent is not None and exponent.is_integer():
            return base + str(int(exponent)).translate(_SUPERSCRIPTS), POWER
        return f"{base}^{self.fit(right, ATOM)}", POWER

    def conditional(self, condition: Written, x: Written, y: Written) -> Written:
        """``x if condition else y``."""
        inner = ALTERNATIVES if self.is_plain else CHOICE
        return self.choice.format(self.fit(x, inner), self.fit(condition, inner), self.fit(y, CHOICE)), CHOICE

    def compared(self, sign: str, x: Written, y: Written) -> Written:
        """``x < y``, or two conditions joined by ``and`` or ``or``."""
        loosest = {"and": CONDITION, "or": ALTERNATIVES}.get(sign, SUM)
        return f"{self.fit(x, loosest)} {self.signs[sign]} {self.fit(y, loosest)}", max(loosest, CONDITION)


_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠", "and": "and", "or": "or", "%": "%"}
PLAIN = Style("{}·{}", "{}/{}", "({})", "{} if {} else {}", _SIGNS, is_plain=True)
"""Formulas in text and pictures."""


def typeset(tree: ast.expr, names: Mapping[str, str], style: Style = PLAIN) -> str:
    """A formula as it is written by hand; `names` has the labels of its variables.

    >>> typeset(ast.parse("-2*x*(-y + v) + z**2/2", mode="eval").body, {"v": "ŷ"})
    'z²/2 - 2·x·(ŷ - y)'
    >>> typeset(ast.parse("(x > 0)*y*n", mode="eval").body, {"n": "0.5"})
    '0.5·(1 if x > 0 else 0)·y'
    """
    return interpret(tree, _Typesetter(names, style)).whole(style)[0]


@dataclass(frozen=True)
class _Phrase:
    """A part of a typeset formula, written without the minus sign that it may start with.

    The sign, the `terms` of a sum (each with True if it is subtracted) and the `factors` of a product are separate, so
    that a sum can start with a term that is added, ``ŷ - y`` not ``-y + ŷ``, and a product with its number, ``0.2·w``.
    """

    text: Written
    is_negative: bool = False
    number: float | None = None
    is_number: bool = False
    terms: tuple[tuple[bool, _Phrase], ...] = ()
    factors: tuple[_Phrase, ...] = ()

    def whole(self, style: Style) -> Written:
        """The string with its sign."""
        return style.negated(self.text) if self.is_negative else self.text

    def summands(self) -> tuple[tuple[bool, _Phrase], ...]:
        return self.terms or ((self.is_negative, replace(self, is_negative=False)),)


class _Typesetter:
    """Formulas as phrases, in one style."""

    def __init__(self, names: Mapping[str, str], style: Style) -> None:
        self.names, self.style = names, style

    def number(self, value: float) -> _Phrase:
        return _Phrase((number(value), ATOM), number=value, is_number=True)

    def name(self, word: str) -> _Phrase:
        label = self.names.get(word, word)
        return _Phrase(atom(label, self.style), is_number=self.names.get(word, "")[:1].isdigit())

    def unary(self, sign: str, x: _Phrase) -> _Phrase:
        if sign == "+":
            return x
        if x.is_negative or x.terms or x.factors:
            return _Phrase(x.whole(self.style), is_negative=True)
        return replace(x, is_negative=True)

    def binary(self, sign: str, x: _Phrase, y: _Phrase) -> _Phrase:
        match sign:
            case "+" | "-":
                return self.sum_of(*x.summands(), (y.is_negative != (sign == "-"), replace(y, is_negative=False)))
            case "*":
                factors = x.factors or (replace(x, is_negative=False),)
                in_front = y.is_number and not (y.is_negative or x.is_number)
                product = self.product_of(*((y, *factors) if in_front else (*factors, y)))
                return replace(product, is_negative=x.is_negative)
        exponent = None if y.number is None else float(-y.number if y.is_negative else y.number)
        if sign == "/":
            return _Phrase(self.style.operated(sign, x.text, y.whole(self.style)), is_negative=x.is_negative)
        return _Phrase(self.style.operated(sign, x.whole(self.style), y.whole(self.style), exponent))

    def sum_of(self, *terms: tuple[bool, _Phrase]) -> _Phrase:
        ordered = sorted(terms, key=lambda term: (term[0], term[1].is_number))
        signed = [(" - " if minus else " + ") + self.style.fit(term.text, PRODUCT) for minus, term in ordered]
        return _Phrase((("-" if ordered[0][0] else "") + "".join(signed)[3:], SUM), terms=tuple(ordered))

    def product_of(self, first: _Phrase, *others: _Phrase) -> _Phrase:
        text = first.text
        for factor in others:
            text = self.style.operated("*", text, factor.whole(self.style))
        return _Phrase(text, factors=(first, *others))

    def comparison(self, sign: str, x: _Phrase, y: _Phrase) -> _Phrase:
        return _Phrase(self.style.compared(sign, x.whole(self.style), y.whole(self.style)))

    logical = comparison

    def call(self, function: str, operands: Sequence[_Phrase]) -> _Phrase:
        written = [operand.whole(self.style) for operand in operands]
        if function == "where":
            return _Phrase(self.style.conditional(*written))
        return _Phrase((self.style.call(function, ", ".join(text for text, _ in written)), ATOM))


def atom(label: str, style: Style = PLAIN) -> Written:
    """A label as an operand; one that contains an operator needs parentheses in a product."""
    return style.name(label), ATOM if _SIMPLE.fullmatch(label) else SUM


def in_common(strings: Sequence[str], letters: Sequence[Sequence[tuple[str, str]]], prefer_letters: bool = True) -> str:
    """The common form of all `strings`, with letters for numbers in their indices; "" if there is none.

    `letters` holds, for each string, pairs of a number and the letter that may replace it.  A number that all strings
    share is replaced too if it may be, unless `prefer_letters` is false.

    >>> in_common(["w[0]·x[0]", "w[1]·x[1]"], [[("0", "i")], [("1", "i")]])
    'w[i]·x[i]'
    >>> in_common(["w[0,0]", "w[0,1]"], [[("0", "i")], [("0", "i"), ("1", "i")]], prefer_letters=False)
    'w[0,i]'
    """
    common: set[str] | None = None
    for string, pairs in zip(strings, letters, strict=True):
        variants = set(_with_letters(string, pairs))
        common = variants if common is None else common & variants
        if not common:
            return ""
    sign = -1 if prefer_letters else 1
    return max(common or {""}, key=lambda text: (sign * sum(map(str.isdigit, text)), text))


def _with_letters(text: str, letters: Sequence[tuple[str, str]]) -> Iterator[str]:
    """All variants of a string in which `letters` replace some of the numbers in its indices."""
    pieces = _INDEX.split(text)  # every second one is an index
    choices = [
        [",".join(ways) for ways in product(*([part, *(x for n, x in letters if n == part)] for part in _split(piece)))]
        if i % 2
        else [piece]
        for i, piece in enumerate(pieces)
    ]
    yield from map("".join, product(*choices))


def indices(text: str) -> dict[str, None]:
    """The numbers in the indices of a string."""
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
