"""The style of pictures: colours, fonts, boxes and tooltips, for Graphviz.

Boxes are HTML-like tables, so that names may hold anything.  All colours are hexadecimal, since the names that
Graphviz knows depend on the format; text has a contrast of at least 4.5 to 1, and colour is never the only sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Any, NamedTuple

from autograd.explaining.words import ENGLISH, Words
from autograd.formula.typesetting import shortened

__all__ = [
    "BOXES",
    "DATA_EDGE",
    "EDGE",
    "FONT",
    "GRAPH",
    "PATHS",
    "Cell",
    "Frame",
    "Path",
    "bold",
    "box",
    "faint",
    "grid",
    "lines",
    "minus",
    "signs",
    "text",
    "tooltip",
]

GRAPH = {"rankdir": "LR", "nodesep": ".3", "ranksep": ".6", "pad": ".2", "bgcolor": "white"}
FONT = {"fontname": "Helvetica,Arial,sans-serif"}

MAX_TIPS = 30
"""Maximum number of values or steps that a tooltip describes."""
MAX_TIP = 300
"""Maximum length of a line of a tooltip, in characters."""


class Frame(NamedTuple):
    """The style of a box: its colours, and the width of its border."""

    fill: str
    border: str
    width: int


BOXES = {
    "parameter": Frame("#EAF4FA", "#0072B2", 2),
    "data": Frame("#F3F4F6", "#9CA3AF", 1),
    "operation": Frame("#FFFFFF", "#6B7280", 1),
    "loss": Frame("#FFF6E0", "#C77C00", 2),
}
"""The kinds of boxes."""


class Path(NamedTuple):
    """The style of a path: the colour of its line, its kind for Graphviz, the colour of text, its kind in words."""

    line: str
    style: str
    text: str
    words: str


PATHS = [
    Path("#C77C00", "solid", "#8A4B00", "solid"),
    Path("#2B8CC4", "dashed", "#0B5884", "dashed"),
    Path("#B85C92", "dotted", "#8A2F63", "dotted"),
    Path("#4B7F52:#FFFFFF:#4B7F52", "solid", "#2F5D36", "double"),
]
"""The styles that distinguish up to four paths."""

_OPERATOR = re.compile(r"(?<![^\W\d_])-|(?<=\de)-")

EDGE, DATA_EDGE = "#6B7280", "#C4C8CF"
NAME, NUMBER, GRADIENT, FAINT, LABEL = "#1F2937", "#0072B2", "#B34700", "#5B6470", "#4B5563"
"""The colours of text."""

Cell = str
"""The content of a cell: Graphviz's HTML."""


def minus(number: str) -> str:
    """A number with a true minus sign."""
    return number.replace("-", "−")


def signs(formula: str) -> str:
    """A formula with true minus signs; hyphens in names stay hyphens."""
    return _OPERATOR.sub("−", formula)


def text(words: str, color: str = NAME, size: int = 15) -> Cell:
    """Text in a cell."""
    return f'<font color="{color}" point-size="{size}">{escape(words) or " "}</font>'


def bold(words: str, color: str = NAME, size: int = 15) -> Cell:
    """Bold text in a cell."""
    return f'<font color="{color}" point-size="{size}"><b>{escape(words) or " "}</b></font>'


def faint(words: str) -> Cell:
    """Small grey text in a cell, for remarks."""
    return text(words, FAINT, 12)


def box(kind: str, *rows: Cell) -> str:
    """A rounded box with one line per row."""
    fill, border, width = BOXES[kind]
    cells = "".join(f'<tr><td border="0">{row}</td></tr>' for row in rows)
    border_style = f'style="rounded" border="{width}" bgcolor="{fill}" color="{border}"'
    return f'<<table {border_style} cellborder="0" cellspacing="0" cellpadding="4">{cells}</table>>'


def grid(rows: Iterable[Sequence[Cell | None]], padding: int = 3) -> Cell:
    """A table in a cell, its columns aligned to the right; a cell spans the Nones after it."""
    cells = ("".join(_td(cell, span) for cell, span in _spans(row)) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="{padding}">{body}</table>'


def _spans(row: Sequence[Cell | None]) -> Iterator[tuple[Cell, int]]:
    """Each cell with the number of columns it spans: its own, and those of the Nones after it."""
    starts = [i for i, cell in enumerate(row) if cell is not None]
    for start, end in pairwise([*starts, len(row)]):
        yield row[start] or "", end - start


def _td(cell: Cell, span: int) -> str:
    reach = f' colspan="{span}"' if span > 1 else ""
    return f'<td align="right"{reach}>{cell}</td>'


def lines(*rows: Cell, align: str = "center") -> str:
    """Lines without a box: the label of an arrow or a picture."""
    cells = "".join(f'<tr><td align="{align}">{row}</td></tr>' for row in rows)
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{cells}</table>>'


def tooltip(
    items: Sequence[Any], describe: Callable[[Any], Iterable[str]] = lambda line: [line], words: Words = ENGLISH
) -> str:
    """The lines that `describe` the items, or the first of many, without anything that Graphviz would interpret."""
    import graphviz

    details = [line for item in items[:MAX_TIPS] for line in describe(item)]
    if len(items) > MAX_TIPS:
        details.append(words("more", count=f"{len(items) - MAX_TIPS:,}"))
    return str(graphviz.escape("\n".join(shortened(line, MAX_TIP) for line in details).replace("&", "&amp;")))
