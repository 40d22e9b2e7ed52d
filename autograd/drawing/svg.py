"""SVG from Graphviz's layout, with text that stays in its place in any font.

Graphviz's own SVG puts each run of text where the fonts of the drawing machine would need it; a reader with other fonts
sees gaps, and text across borders.  The layout that Graphviz writes as JSON has the same shapes and runs.  Here the
runs of a line are one element, anchored at the side or the centre to which its table cell aligns it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape, unescape
from html.parser import HTMLParser
from itertools import groupby
from typing import Any, NamedTuple

__all__ = ["svg"]

_ANCHORS = {"left": "start", "center": "middle", "right": "end", "l": "start", "c": "middle", "r": "end"}
_SHARES = {"start": 0.0, "middle": 0.5, "end": 1.0}
_DASHES = {"dashed": (2, 1), "dotted": (1, 2)}
"""Dashes and the gaps between them, in widths of the line, which counts as at least `_THICK` here."""
_THICK = 2.5
_FONT = "Times,serif"
_RIGHT_TO_LEFT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
"""Letters of scripts that run from right to left, and take the numbers beside them along."""


def svg(layout: Mapping[str, Any], words: str = "", scale: float = 1.0) -> str:
    """The picture of a layout: Graphviz's JSON, parsed; `words` describe it to screen readers.

    `scale` multiplies the size at which it is shown.
    """
    x0, y0, x1, y1 = map(float, layout["bb"].split(","))
    pad_x, _, pad_y = str(layout.get("pad", "0.0555")).partition(",")
    dx, dy = 72 * float(pad_x), 72 * float(pad_y or pad_x)
    width, height = x1 - x0 + 2 * dx, y1 - y0 + 2 * dy
    objects = layout.get("objects", [])
    groups = {
        "cluster": [item for item in objects if "bb" in item],
        "edge": layout.get("edges", []),
        "node": [item for item in objects if "pos" in item],
    }
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": f"{width * scale:.0f}pt",
        "height": f"{height * scale:.0f}pt",
        "viewBox": f"{_at(x0 - dx)} {_at(-y1 - dy)} {_at(width)} {_at(height)}",
        "font-family": layout.get("fontname", _FONT),
        "role": "img",
        "aria-label": words,
    }
    family = attributes["font-family"]
    if layout.get("bgcolor") == "transparent":
        layout = {**layout, "_draw_": ()}  # which is white in the JSON
    elements = [*_shapes(layout, family)]
    for kind, items in groups.items():
        for i, item in enumerate(items, 1):
            content = "\n".join([*_titles(item.get("tooltip", "")), *_shapes(item, family)])
            elements.append(f'<g id="{kind}{i}" class="{kind}">\n{content}\n</g>')
    image = _tag("svg", attributes, "\n".join(["", *elements, ""]))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{image}'


class _Run(NamedTuple):
    """Text in one font and colour, between x and x + width, with its own alignment."""

    x: float
    y: float
    width: float
    words: str
    anchor: str
    attributes: dict[str, str]


def _shapes(item: Mapping[str, Any], family: str) -> Iterator[str]:
    """The shapes of the graph, a node, an edge or a cluster, and the lines of its labels."""
    for part in ("_draw_", "_tdraw_", "_hdraw_", "_xldraw_", "_tldraw_", "_hldraw_"):
        yield from _elements(item.get(part, ()), family)
    label = "\n".join(_elements(item.get("_ldraw_", ()), family, item.get("label", "")))
    tips = _titles(item.get("labeltooltip", ""))
    if label:
        yield "\n".join(["<g>", *tips, label, "</g>"]) if tips else label


def _elements(operations: Sequence[Mapping[str, Any]], family: str, label: str = "") -> Iterator[str]:
    """The elements for drawing operations: shapes, then the lines of text of a label."""
    pen = {"fill": "none", "stroke": "none"}
    font = {"font-family": "", "font-size": "14", "font-weight": "", "font-style": ""}
    shapes: dict[str, dict[str, str]] = {}
    runs: list[_Run] = []
    for operation in operations:
        match operation["op"]:
            case "c":
                pen["stroke"] = _color(operation)
            case "C":
                pen["fill"] = _color(operation)
            case "S":
                style = operation["style"]
                if style.startswith("setlinewidth("):
                    pen["stroke-width"] = style.removeprefix("setlinewidth(").rstrip(")")
                else:
                    unit = max(float(pen.get("stroke-width", 1)), _THICK)
                    pen["stroke-dasharray"] = ",".join(_at(unit * share) for share in _DASHES.get(style, ()))
            case "F":
                face = operation["face"]
                font |= {"font-size": _at(operation["size"]), "font-family": "" if face == family else face}
            case "t":
                flags = operation["fontchar"]
                font |= {"font-weight": "bold" * (flags & 1), "font-style": "italic" * (flags >> 1 & 1)}
            case "T":
                (x, y), width, anchor = operation["pt"], operation["width"], _ANCHORS[operation["align"]]
                left = x - width * _SHARES[anchor]
                words = operation["text"].replace(r"\\", "\\")  # Graphviz doubles backslashes
                runs.append(_Run(left, -y, width, words, anchor, font | {"fill": pen["stroke"]}))
            case "E" | "P" | "B":
                shapes[_outline(operation)] = dict(pen)
            case "e" | "p" | "b" | "L":
                outline = _outline(operation)
                shapes[outline] = pen | {"fill": shapes.get(outline, {"fill": "none"})["fill"]}  # a border of its own
    yield from (_tag("path", {"d": outline} | ink) for outline, ink in shapes.items())
    yield from _lines(runs, label)


def _outline(operation: Mapping[str, Any]) -> str:
    """The path of an ellipse (E, e), a polygon (P, p), a polyline (L), or a Bézier curve (B, b)."""
    op = operation["op"]
    if op in "Ee":
        x, y, rx, ry = operation["rect"]
        arc = f"A{_at(rx)},{_at(ry)} 0 0 0"
        return f"M{_at(x - rx)},{_at(-y)} {arc} {_at(x + rx)},{_at(-y)} {arc} {_at(x - rx)},{_at(-y)} Z"
    start, *rest = [f"{_at(x)},{_at(-y)}" for x, y in operation["points"]]
    if op in "PpL":
        return f"M{start} L{' '.join(rest)}" + ("" if op == "L" else " Z")
    steps, here = [f"M{start}"], start
    for one, two, end in zip(*[iter(rest)] * 3, strict=True):
        if not here == one == two == end:
            steps.append(f"L{end}" if (here, two) == (one, end) else f"C{one} {two} {end}")
        here = end
    return " ".join(steps)


def _lines(runs: Sequence[_Run], label: str) -> Iterator[str]:
    """Each line of text as one element: the runs of a table cell at the same height."""
    cells = _Cells(label).cells
    if len(cells) != len(runs):
        cells = [(i, "") for i in range(len(runs))]
    placed = [(cell, align or run.anchor, run.y, run) for (cell, align), run in zip(cells, runs, strict=True)]
    for (_, anchor, y), line in groupby(placed, lambda item: item[:3]):
        row = [run for *_, run in line]
        words = "".join(run.words for run in row)
        if not words.strip():
            continue
        left, right = row[0].x, row[-1].x + row[-1].width
        place = {"x": _at(left + (right - left) * _SHARES[anchor]), "y": _at(y), "text-anchor": anchor}
        place |= {"xml:space": "preserve"} if "  " in words else {}
        if len(row) == 1:
            yield _tag("text", place | row[0].attributes, escape(words))
        else:
            apart = {"style": "unicode-bidi:isolate"} if re.search(_RIGHT_TO_LEFT, words) else {}
            spans = (_tag("tspan", run.attributes | apart, escape(run.words)) for run in row)
            yield _tag("text", place, "".join(spans))


class _Cells(HTMLParser):
    """The table cell of each run of text in a label, with the anchor of its text; none outside tables."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._cell = (0, "")
        self.cells: list[tuple[int, str]] = []
        self.feed(label)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self._cell = (self._cell[0] + 1, _ANCHORS.get(dict(attrs).get("align") or "", "middle"))

    def handle_data(self, data: str) -> None:
        self.cells.append(self._cell)


def _titles(tooltip: str) -> list[str]:
    """A tooltip without Graphviz's escapes, unless it is empty."""
    lines = re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] in "nlr" else escaped[1], tooltip)
    return [f"<title>{escape(unescape(lines), quote=False)}</title>"] if tooltip else []


def _color(operation: Mapping[str, Any]) -> str:
    """A colour of Graphviz, ``#rrggbb`` or ``#rrggbbaa``; a gradient is shown as its first colour."""
    color: str = operation["color"] if "color" in operation else operation["stops"][0]["color"]
    return "none" if len(color) == 9 and color.endswith("00") else color


def _at(number: float) -> str:
    """A coordinate or a size with two decimals at most."""
    return f"{round(number, 2) + 0.0:.12g}"


def _tag(name: str, attributes: Mapping[str, str], content: str = "") -> str:
    """An element with those of its attributes that are not empty."""
    listed = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items() if value)
    return f"<{name}{listed}>{content}</{name}>" if content else f"<{name}{listed}/>"
