"""The graph as a picture: w → ŷ → L, every edge with its local derivative.

Only leaves and named values are drawn.  What lies between two of them is folded into the expression
of the later one, ``ŷ = w·x + b``, and the edge carries the derivative of that whole expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from autograd.backprop import newest_first, stale_edges
from autograd.notation import expression, factor, folded, number

if TYPE_CHECKING:
    from autograd.rendering import Drawing
    from autograd.value import Value

__all__ = ["draw"]

MAX_PATHS = 4
"""Paths that get a caption line of their own."""

MAX_FACTORS = 12
"""Factors of a path that its caption spells out."""
MAX_LABEL = 60
"""Characters of a label that are drawn."""

_GRAPH = {"rankdir": "LR", "nodesep": ".3", "ranksep": ".6", "pad": ".2", "bgcolor": "white", "ordering": "in"}
_FONT = {"fontname": "Helvetica,Arial,sans-serif"}
_STYLES = {  # fill, border, width of border
    "parameter": ("#EAF4FA", "#0072B2", 2),
    "data": ("#F3F4F6", "#9CA3AF", 1),
    "operation": ("#FFFFFF", "#6B7280", 1),
    "loss": ("#FFF6E0", "#C77C00", 2),
}
_NUMBER, _GRADIENT = "#0072B2", "#B34700"
_PATH = {"color": "#C77C00", "penwidth": "3.5", "weight": "8"}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def draw(root: Value, wrt: Value | None = None) -> Drawing:
    """Draw how `root` was computed, as a `graphviz.Digraph`.

    Drawn are the leaves and all values with a label; give one with ``.named("ŷ")``.  `wrt` highlights
    the way from that Value to `root` and spells out the chain rule along it.
    ``.render(outfile="chain.svg")`` writes a file (also .png, .pdf); a notebook shows the picture itself.
    Raises TypeError for what is no Value and ValueError for a `wrt` that `root` does not depend on.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w")
    >>> L = ((w * 2.0 - 1.5) ** 2).named("L")
    >>> 'dL/dw' in draw(L, wrt=w).source
    True
    """
    for value in (root, *([] if wrt is None else [wrt])):
        if not hasattr(value, "edges"):
            raise TypeError(f"draw takes Values, not {value!r}")
    return _Picture(root, wrt).drawing()


class _Picture:
    """What is drawn: the named values, the derivatives between them, and the paths from `wrt` to the root."""

    def __init__(self, root: Value, wrt: Value | None) -> None:
        self.root, self.wrt = root, wrt
        nodes = newest_first(root)
        leaves = dict.fromkeys(operand for node in nodes for operand, _ in node.edges if not operand.edges)
        drawn = {root, *leaves, *(node for node in nodes if node.label or node is wrt)}
        self.values = sorted(drawn, key=lambda value: value._created)
        self.names = {
            v: _shortened(v.label) if v.label else f"v{i}".translate(_SUBSCRIPTS) for i, v in enumerate(self.values, 1)
        }
        if not root.label:
            self.names[root] = "z"
        self.stale = {leaf for leaf, _ in stale_edges(nodes)}
        self.slopes = {value: self._slopes(value) for value in self.values if value.edges}
        if wrt is not None and wrt not in drawn:
            raise ValueError(f"{self.names[root]} does not depend on {wrt.label or wrt!r}: there is no path to draw")
        self.between = {wrt} if wrt is not None else set()  # what lies on a way from wrt to the root
        for value, slopes in self.slopes.items():
            if not self.between.isdisjoint(slopes):
                self.between.add(value)
        self.paths = [] if wrt is None else list(self._paths(wrt))

    def _slopes(self, value: Value) -> dict[Value, float]:
        """The derivative of `value` by each drawn value in its expression."""
        adjoints = {value: 1.0}
        for inner in folded(value, self.names):
            upstream = adjoints.pop(inner)
            for operand, local in inner.edges:
                adjoints[operand] = adjoints.get(operand, 0.0) + local * upstream
        return dict(sorted(adjoints.items(), key=lambda item: item[0]._created))

    def _paths(self, wrt: Value) -> Iterator[list[Value]]:
        """The ways from `wrt` to the root; one more at most than get a caption."""
        ways, found = [[self.root]], 0
        while ways and found <= MAX_PATHS:
            way = ways.pop()
            if way[0] is wrt:
                found += 1
                yield way
            else:
                ways += [
                    [operand, *way] for operand in reversed(self.slopes.get(way[0], {})) if operand in self.between
                ]

    def drawing(self) -> Drawing:
        from autograd.rendering import Drawing

        drawing = Drawing("chain", graph_attr=_GRAPH | _FONT, node_attr={"shape": "plain"} | _FONT, edge_attr=_FONT)
        drawing.format = "svg"
        keys = {value: f"v{i}" for i, value in enumerate(self.values)}
        constants: dict[tuple[str, float], str] = {}
        for value, key in keys.items():
            drawing.node(key, self._box(value))
            for operand, slope in self.slopes.get(value, {}).items():
                lines = [self._symbol(value, operand), f"= {_minus(number(slope))}"]
                if operand in self.between:  # the empty line keeps the text off the thick arrow
                    drawing.edge(keys[operand], key, label=_lines("#8A4B00", 14, *lines, ""), **_PATH)
                else:
                    drawing.edge(keys[operand], key, label=_lines("#4B5563", 14, *lines), color="#6B7280")
            for constant in self._constants(value):
                drawing.edge(constants.setdefault(constant, f"c{len(constants)}"), key, color="#C4C8CF")
        for (name, data), key in constants.items():
            drawing.node(key, _table("data", (f"<b>{escape(name)}</b>", 15), (_bold(number(data), _NUMBER), 15)))
        if 0 < len(self.paths) <= MAX_PATHS:
            drawing.attr(label=_lines("#1F2937", 15, "", *self._caption()), labelloc="b")
        return drawing

    def _constants(self, value: Value) -> list[tuple[str, float]]:
        """The named numbers in a value's expression."""
        if not value.edges:
            return []
        operands = (operand for inner in reversed(folded(value, self.names)) for operand in inner.args)
        named = ((getattr(operand, "label", None), operand) for operand in operands if isinstance(operand, float))
        return list(dict.fromkeys((_shortened(label), float(constant)) for label, constant in named if label))

    def _box(self, value: Value) -> str:
        name, root = escape(self.names[value]), escape(self.names[self.root])
        title = f"<b>{name or ' '}</b>"
        if value.edges:
            title += f" = {escape(_minus(_shortened(expression(value, names=self.names), 400)))}"
        if value in self.stale:
            last = f'<font color="{_GRADIENT}">changed since: run forward again</font>'
        else:
            gradient = "not computed" if value.grad is None else _bold(number(value.grad), _GRADIENT)
            last = f'<font color="{_GRADIENT}">d{root}/d{name} = {gradient}</font>'
        kind = "parameter" if not value.edges else "loss" if value is self.root else "operation"
        return _table(kind, (title, 15), (_bold(number(value.data), _NUMBER), 15), (last, 13))

    def _caption(self) -> list[str]:
        """The chain rule along each path, in symbols and numbers, and the sum over the paths."""
        lines, products = [], []
        for path in self.paths:
            steps = list(pairwise(path))[::-1]
            slopes = [self.slopes[value][operand] for operand, value in steps]
            products.append(prod(slopes))
            symbols = _product(self._symbol(value, operand) for operand, value in steps)
            line = f"{symbols} = {_product(_minus(factor(slope)) for slope in slopes)}"
            lines.append(line + f" = {_minus(number(products[-1]))}" * (len(slopes) > 1))
        assert self.wrt is not None
        if self.wrt is self.root:
            lines = ["1.0"]
        total = f"d{self.names[self.root]}/d{self.names[self.wrt]}"
        if len(lines) == 1:
            return [f"{total} = {lines[0]}"]
        rows = [f"path {i}:  {line}" for i, line in enumerate(lines, 1)]
        added = f"{_minus(' + '.join(map(factor, products)))} = {_minus(number(sum(products)))}"
        return [f"{total} = sum over {len(lines)} paths", *rows, f"total:  {added}"]

    def _symbol(self, value: Value, operand: Value) -> str:
        return f"∂{self.names[value]}/∂{self.names[operand]}"


def _product(factors: Iterable[str]) -> str:
    """Factors written as a product, the middle ones left out if there are many."""
    shown = list(factors)
    if len(shown) > MAX_FACTORS:
        shown[MAX_FACTORS // 2 : -MAX_FACTORS // 2] = ["…"]
    return " · ".join(shown)


def _shortened(text: str, limit: int = MAX_LABEL) -> str:
    """A label as it is drawn: printable, and not too long for Graphviz."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"


def _table(kind: str, *rows: tuple[str, int]) -> str:
    fill, border, width = _STYLES[kind]
    cells = "".join(f'<tr><td border="0"><font point-size="{size}">{text}</font></td></tr>' for text, size in rows)
    look = f'style="rounded" border="{width}" bgcolor="{fill}" color="{border}"'
    return f'<<table {look} cellborder="0" cellspacing="0" cellpadding="4">{cells}</table>>'


def _lines(color: str, size: int, *lines: str) -> str:
    fonts = [f'<font color="{color}" point-size="{size if line else 7}">{escape(line) or " "}</font>' for line in lines]
    rows = "".join(f"<tr><td>{font}</td></tr>" for font in fonts)
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{rows}</table>>'


def _bold(text: str, color: str) -> str:
    return f'<font color="{color}"><b>{escape(_minus(text))}</b></font>'


def _minus(text: str) -> str:
    return text.replace("-", "−")
