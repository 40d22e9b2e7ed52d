"""The style of pictures: colours, fonts, boxes and tooltips, for Graphviz.

Boxes are HTML-like tables, so that names may hold anything.  All colours are hexadecimal, since the names that
Graphviz knows depend on the format; text has a contrast of at least 4.5 to 1, and colour is never the only sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from colorsys import hls_to_rgb, rgb_to_hls
from html import escape
from itertools import pairwise
from typing import Any, NamedTuple, Self

from autograd.drawing.measuring import text_width
from autograd.explaining.words import ENGLISH, Words
from autograd.formula.typesetting import shortened

__all__ = [
    "BOXES",
    "DATA_EDGE",
    "EDGE",
    "FONT",
    "FORMATS",
    "GRAPH",
    "NOW",
    "PATHS",
    "PLATE",
    "RING",
    "THEMES",
    "Cell",
    "Frame",
    "Path",
    "bold",
    "box",
    "faint",
    "fitted",
    "grid",
    "lines",
    "minus",
    "patch",
    "recolored",
    "signs",
    "text",
    "tooltip",
]

FORMATS = (".svg", ".png", ".pdf", ".jpg", ".dot", ".gv")
"""The suffixes of the files that a picture can be saved to."""

GRAPH = {"rankdir": "LR", "nodesep": ".3", "ranksep": ".6", "pad": ".2", "bgcolor": "#FFFFFF"}
FONT = {"fontname": "Helvetica,Arial,sans-serif"}

BESIDE = 8
"""The space that keeps a label off the arrow beside it, in points."""
LINE = 1.3
"""The height of a line in ems, in any font."""
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

PLATE = Frame("#FBFCFE", "#9CA3AF", 2)
"""The frame around the boxes of a sample."""

RING = 3
"""The room for the ring around a box that is highlighted, in points."""

EDGE, DATA_EDGE, NOW = "#6B7280", "#9CA3AF", "#B34700"
NAME, NUMBER, GRADIENT, FAINT, LABEL = "#1F2937", "#0072B2", "#B34700", "#5B6470", "#4B5563"
"""The colours of text."""


class Cell(str):
    """The content of a cell: Graphviz's HTML, and the `width` and `height` that it needs in any font, in points."""

    width: int
    height: int

    def __new__(cls, html: str, width: int = 0, height: int = 0) -> Self:
        """Return a cell with this HTML and size; another string has no known size."""
        cell = super().__new__(cls, html)
        cell.width, cell.height = width or getattr(html, "width", 0), height or getattr(html, "height", 0)
        return cell

    def __add__(self, other: str) -> Cell:
        beside = Cell(other)
        return Cell(str(self) + str(other), self.width + beside.width, max(self.height, beside.height))


THEMES: dict[str, Callable[[float, float, float], tuple[float, float, float]]] = {
    "light": lambda hue, lightness, saturation: (hue, lightness, saturation),
    "dark": lambda hue, lightness, saturation: (hue, 0.98 - 0.9 * lightness, saturation * min(1, 10 - 10 * lightness)),
    "print": lambda hue, lightness, saturation: (0.0, 1.0 if lightness > 0.9 else 0.6 * lightness, 0.0),
}
"""The colours of each theme, made from those of the light one: for a black-and-white print, pale fills become white."""

_QUOTED = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"|"(?:[^"\\]|\\.)*"', re.DOTALL)
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def recolored(source: str, theme: str) -> str:
    """DOT source in the colours of a theme; the text of labels and tooltips stays as it is.

    >>> recolored('a -> b [color="#FFFFFF" tooltip="#FFFFFF"]', "dark")
    'a -> b [color="#141414" tooltip="#FFFFFF"]'
    """

    def attribute(match: re.Match[str]) -> str:
        return _COLOR.sub(color, match[0]) if (match[1] or "").endswith("color") else match[0]

    def color(match: re.Match[str]) -> str:
        red, green, blue = (int(match[0][i : i + 2], 16) / 255 for i in (1, 3, 5))
        channels = hls_to_rgb(*THEMES[theme](*rgb_to_hls(red, green, blue)))
        return "#" + "".join(f"{round(255 * channel):02X}" for channel in channels)

    return _QUOTED.sub(attribute, source)


def minus(number: str) -> str:
    """A number with a true minus sign."""
    return number.replace("-", "−")


def signs(formula: str) -> str:
    """A formula with true minus signs; hyphens in names stay hyphens."""
    return _OPERATOR.sub("−", formula)


def text(words: str, color: str = NAME, size: int = 15) -> Cell:
    """Text in a cell."""
    return Cell(_font(_escaped(words), color, size), text_width(words, size), round(LINE * size))


def bold(words: str, color: str = NAME, size: int = 15) -> Cell:
    """Bold text in a cell."""
    return Cell(_font(f"<b>{_escaped(words)}</b>", color, size), text_width(words, size, bold=True), round(LINE * size))


def _escaped(words: str) -> str:
    r"""Text for Graphviz's HTML, in which \N would be the name of the node; a cell without text is not valid.

    Graphviz loses its place in the JSON after two backslashes in a row, so each has a run of text of its own.
    """
    apart = re.sub(r"(?<=\\)\\", r"<font>\\</font>", escape(words))
    return apart.replace("\\", r"\\") or " "


def _font(html: str, color: str, size: int) -> str:
    return f'<font color="{color}" point-size="{size}">{html}</font>'


def faint(words: str) -> Cell:
    """Small grey text in a cell, for remarks."""
    return text(words, FAINT, 12)


def fitted(write: Callable[[str], Cell], *versions: str, fill: bool = False) -> Cell:
    """The first of several versions of a line, in a cell with room for each of them.

    With `fill`, no-break spaces take the rest of the room, so that what stands before it in a centred line stays there.
    """
    cells = [write(version) for version in versions]
    width, height = max(cell.width for cell in cells), max(cell.height for cell in cells)
    spaces = round(20 * (width - cells[0].width) / write(" " * 20).width) if fill else 0
    return Cell(write(versions[0] + "\N{NO-BREAK SPACE}" * spaces), width, height)


def box(kind: str, *rows: Cell, ring: int | None = None) -> str:
    """A rounded box with one line per row, and around it, if `ring` is given, room for a ring of that width."""
    fill, border, width = BOXES[kind]
    border_style = f'style="rounded" border="{width}" bgcolor="{fill}" color="{border}"'
    table = _table([[row] for row in rows], "center", 4, border_style)
    if ring is None:
        return f"<{table}>"
    ring_style = f'style="rounded" border="{ring}" color="{NOW}"'
    return f"<{_table([[Cell(table)]], 'center', RING - ring, ring_style)}>"


def grid(rows: Iterable[Sequence[Cell | None]], padding: int = 3) -> Cell:
    """A table in a cell, its columns aligned to the right; a cell spans the Nones after it."""
    return Cell(_table(rows, "right", padding))


def lines(*rows: Cell, align: str = "center") -> str:
    """Lines without a box: the label of an arrow or a picture."""
    return f"<{_table(([Cell(row, Cell(row).width + BESIDE)] for row in rows), align, 0)}>"


def patch(color: str, size: tuple[float, float], room: tuple[float, float]) -> str:
    """A small filled rectangle in the middle of its room, which closes the gap between two parts of a line."""

    def fixed(size: tuple[float, float]) -> str:
        return f'width="{size[0]:g}" height="{size[1]:g}" fixedsize="true"'

    plain = 'border="0" cellspacing="0" cellpadding="0"'
    filled = f'<table {plain} bgcolor="{color}" {fixed(size)}><tr><td></td></tr></table>'
    if size == room:
        return f"<{filled}>"
    return f"<<table {plain} {fixed(room)}><tr><td {fixed(room)}>{filled}</td></tr></table>>"


def _table(rows: Iterable[Sequence[Cell | None]], align: str, padding: int, border: str = 'border="0"') -> str:
    """A table whose cells have the size that their text needs in any font."""
    body = "".join(f"<tr>{''.join(_td(cell, span, align, padding) for cell, span in _spans(row))}</tr>" for row in rows)
    return f'<table {border} cellborder="0" cellspacing="0" cellpadding="{padding}">{body}</table>'


def _spans(row: Sequence[Cell | None]) -> Iterator[tuple[Cell, int]]:
    """Each cell with the number of columns it spans: its own, and those of the Nones after it."""
    starts = [i for i, cell in enumerate(row) if cell is not None]
    for start, end in pairwise([*starts, len(row)]):
        yield Cell(row[start] or ""), end - start


def _td(cell: Cell, span: int, align: str, padding: int) -> str:
    reach = f' colspan="{span}"' if span > 1 else ""
    size = f' width="{cell.width + 2 * padding}" height="{cell.height + 2 * padding}"' if cell.height else ""
    return f'<td align="{align}"{reach}{size}>{cell}</td>'


def tooltip(
    items: Sequence[Any], describe: Callable[[Any], Iterable[str]] = lambda line: [line], words: Words = ENGLISH
) -> str:
    """The lines that `describe` the items, or the first of many, without anything that Graphviz would interpret."""
    import graphviz

    details = [line for item in items[:MAX_TIPS] for line in describe(item)]
    if len(items) > MAX_TIPS:
        details.append(words("more", count=f"{len(items) - MAX_TIPS:,}"))
    text = "\n".join(shortened(line, MAX_TIP) for line in details).replace("&", "&amp;")
    return graphviz.escape(text)  # type: ignore[no-any-return]  # a string of its own kind: <b> is no HTML in it
