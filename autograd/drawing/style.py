"""How pictures look: colours, fonts and boxes, for Graphviz.

Boxes are HTML-like tables, so that names may hold anything.  All colours are hexadecimal, since Graphviz knows
other names in other formats; texts have a contrast of at least 4.5 to 1, and no colour says anything alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise

__all__ = [
    "BOXES",
    "DATA_EDGE",
    "EDGE",
    "FONT",
    "GRAPH",
    "PATHS",
    "Cell",
    "bold",
    "box",
    "faint",
    "grid",
    "lines",
    "minus",
    "signs",
    "text",
]

GRAPH = {"rankdir": "LR", "nodesep": ".3", "ranksep": ".6", "pad": ".2", "bgcolor": "white"}
FONT = {"fontname": "Helvetica,Arial,sans-serif"}

BOXES = {  # fill, border, width of border
    "parameter": ("#EAF4FA", "#0072B2", 2),
    "data": ("#F3F4F6", "#9CA3AF", 1),
    "operation": ("#FFFFFF", "#6B7280", 1),
    "loss": ("#FFF6E0", "#C77C00", 2),
}
"""The kinds of boxes."""

PATHS = [  # line, its style, text, the style in words
    ("#C77C00", "solid", "#8A4B00", "solid"),
    ("#2B8CC4", "dashed", "#0B5884", "dashed"),
    ("#B85C92", "dotted", "#8A2F63", "dotted"),
    ("#4B7F52:#FFFFFF:#4B7F52", "solid", "#2F5D36", "double"),
]
"""How up to four paths are told apart."""

_OPERATOR = re.compile(r"(?<![^\W\d_])-|(?<=\de)-")

EDGE, DATA_EDGE = "#6B7280", "#C4C8CF"
NAME, NUMBER, GRADIENT, FAINT, LABEL = "#1F2937", "#0072B2", "#B34700", "#5B6470", "#4B5563"
"""The colours of texts."""

Cell = str
"""What stands in a cell: Graphviz's HTML."""


def minus(number: str) -> str:
    """A number with a true minus sign."""
    return number.replace("-", "−")


def signs(formula: str) -> str:
    """A formula with true minus signs; hyphens of names stay what they are."""
    return _OPERATOR.sub("−", formula)


def text(words: str, color: str = NAME, size: int = 15) -> Cell:
    """A text in a cell."""
    return f'<font color="{color}" point-size="{size}">{escape(words) or " "}</font>'


def bold(words: str, color: str = NAME, size: int = 15) -> Cell:
    """A text in bold."""
    return f'<font color="{color}" point-size="{size}"><b>{escape(words) or " "}</b></font>'


def faint(words: str) -> Cell:
    """A text in the margin of things."""
    return text(words, FAINT, 12)


def box(kind: str, *rows: Cell) -> str:
    """A rounded box with one line below the other."""
    fill, border, width = BOXES[kind]
    cells = "".join(f'<tr><td border="0">{row}</td></tr>' for row in rows)
    look = f'style="rounded" border="{width}" bgcolor="{fill}" color="{border}"'
    return f'<<table {look} cellborder="0" cellspacing="0" cellpadding="4">{cells}</table>>'


def grid(rows: Iterable[Sequence[Cell | None]], padding: int = 3) -> Cell:
    """A table in a cell, its columns aligned to the right; a cell reaches over the Nones behind it."""
    cells = ("".join(_td(cell, span) for cell, span in _spans(row)) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="{padding}">{body}</table>'


def _spans(row: Sequence[Cell | None]) -> Iterator[tuple[Cell, int]]:
    """Each cell with the number of columns it takes: its own, and those of the Nones behind it."""
    starts = [i for i, cell in enumerate(row) if cell is not None]
    for start, end in pairwise([*starts, len(row)]):
        yield row[start] or "", end - start


def _td(cell: Cell, span: int) -> str:
    reach = f' colspan="{span}"' if span > 1 else ""
    return f'<td align="right"{reach}>{cell}</td>'


def lines(*rows: Cell, align: str = "center") -> str:
    """Lines without a box, as the label of an edge or a picture."""
    cells = "".join(f'<tr><td align="{align}">{row}</td></tr>' for row in rows)
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{cells}</table>>'
