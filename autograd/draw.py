"""The graph as a picture: w → ŷ → L, every edge with its local derivative.

Only leaves and named values are drawn.  What lies between two of them is folded into the expression
of the later one, ``ŷ = w·x + b``, and the edge carries the derivative of that whole expression.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from autograd.chain import Chain, shortened
from autograd.notation import expression, folded, number

if TYPE_CHECKING:
    from autograd.rendering import Drawing
    from autograd.value import Value

__all__ = ["draw"]

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
    return _Picture(Chain(root, wrt)).drawing()


class _Picture:
    """The boxes, arrows and the caption that show a chain."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.names = chain, chain.names

    def drawing(self) -> Drawing:
        from autograd.rendering import Drawing

        chain = self.chain
        drawing = Drawing("chain", graph_attr=_GRAPH | _FONT, node_attr={"shape": "plain"} | _FONT, edge_attr=_FONT)
        drawing.format = "svg"
        keys = {value: f"v{i}" for i, value in enumerate(chain.values)}
        constants: dict[tuple[str, float], str] = {}
        for value, key in keys.items():
            drawing.node(key, self._box(value))
            for operand, slope in chain.slopes.get(value, {}).items():
                lines = [chain.symbol(value, operand), f"= {_minus(number(slope))}"]
                if operand in chain.between:  # the empty line keeps the text off the thick arrow
                    drawing.edge(keys[operand], key, label=_lines("#8A4B00", 14, *lines, ""), **_PATH)
                else:
                    drawing.edge(keys[operand], key, label=_lines("#4B5563", 14, *lines), color="#6B7280")
            for constant in self._constants(value):
                drawing.edge(constants.setdefault(constant, f"c{len(constants)}"), key, color="#C4C8CF")
        for (name, data), key in constants.items():
            drawing.node(key, _table("data", (f"<b>{escape(name)}</b>", 15), (_bold(number(data), _NUMBER), 15)))
        caption = list(chain.lines(_minus))
        if caption:
            drawing.attr(label=_lines("#1F2937", 15, "", *caption), labelloc="b")
        return drawing

    def _constants(self, value: Value) -> list[tuple[str, float]]:
        """The named numbers in a value's expression."""
        if not value.edges:
            return []
        operands = (operand for inner in reversed(folded(value, self.names)) for operand in inner.args)
        named = ((getattr(operand, "label", None), operand) for operand in operands if isinstance(operand, float))
        return list(dict.fromkeys((shortened(label), float(constant)) for label, constant in named if label))

    def _box(self, value: Value) -> str:
        name, root = escape(self.names[value]), escape(self.names[self.chain.root])
        title = f"<b>{name or ' '}</b>"
        if value.edges:
            title += f" = {escape(_minus(shortened(expression(value, names=self.names), 400)))}"
        if value in self.chain.stale:
            last = f'<font color="{_GRADIENT}">changed since: run forward again</font>'
        else:
            gradient = "not computed" if value.grad is None else _bold(number(value.grad), _GRADIENT)
            last = f'<font color="{_GRADIENT}">d{root}/d{name} = {gradient}</font>'
        kind = "parameter" if not value.edges else "loss" if value is self.chain.root else "operation"
        return _table(kind, (title, 15), (_bold(number(value.data), _NUMBER), 15), (last, 13))


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
