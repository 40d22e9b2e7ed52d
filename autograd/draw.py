"""The graph as a picture: w → ŷ → L, every edge with its local derivative.

Only named values are drawn.  What lies between two of them is folded into the expression of the
later one, ``ŷ = w·x + b``, and the edge carries the derivative of that whole expression.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from autograd.backprop import newest_first
from autograd.notation import expression, folded, number

if TYPE_CHECKING:
    from autograd.rendering import Drawing
    from autograd.value import Value

__all__ = ["draw"]

MAX_PATHS = 4
"""Paths that get a caption line of their own."""

_GRAPH = {"rankdir": "LR", "nodesep": ".3", "ranksep": ".6", "pad": ".2", "bgcolor": "white"}
_FONT = {"fontname": "Helvetica,Arial,sans-serif"}
_STYLES = {  # fill, border, width of border
    "parameter": ("#EAF4FA", "#0072B2", 2),
    "data": ("#F3F4F6", "#9CA3AF", 1),
    "operation": ("#FFFFFF", "#6B7280", 1),
    "loss": ("#FFF6E0", "#C77C00", 2),
}
_PATH = {"color": "#C77C00", "penwidth": "3.5", "weight": "8"}


def draw(root: Value, wrt: Value | None = None) -> Drawing:
    """Draw how `root` was computed, as a `graphviz.Digraph`.

    `wrt` highlights the way from that Value to `root` and spells out the chain rule along it.
    ``.render(outfile="chain.svg")`` writes a file (also .png, .pdf); a notebook shows the picture itself.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w")
    >>> L = ((w * 2.0 - 1.5) ** 2).named("L")
    >>> 'dL/dw' in draw(L, wrt=w).source
    True
    """
    from autograd.rendering import Drawing

    named = _named_nodes(root)
    links = {node: _links(node) for node in named if node.edges}
    paths = list(_paths(root, wrt, links)) if wrt is not None else []
    on_a_path = {(a, b) for path in paths for a, b in pairwise(path)}
    keys = {node: f"v{i}" for i, node in enumerate(sorted(named, key=lambda node: node._created))}

    drawing = Drawing("chain", graph_attr={**_GRAPH, **_FONT}, node_attr={"shape": "plain", **_FONT}, edge_attr=_FONT)
    constants = []
    for node, key in keys.items():
        drawing.node(key, _box(node, root))
        for operand, slope in links.get(node, {}).items():
            symbol = f"∂{_name(node, root)}/∂{_name(operand, root)}"
            value = f"= {_minus(number(slope))}"
            if (operand, node) in on_a_path:  # the empty line keeps the text off the thick arrow
                drawing.edge(keys[operand], key, label=_lines("#8A4B00", 14, symbol, value, ""), **_PATH)
            else:
                drawing.edge(keys[operand], key, label=_lines("#4B5563", 14, symbol, value), color="#6B7280")
        for constant in _constants(node):
            if constant not in constants:
                constants.append(constant)
            drawing.edge(f"c{constants.index(constant)}", key, color="#C4C8CF")
    for i, constant in enumerate(constants):
        drawing.node(
            f"c{i}", _table("data", (f"<b>{escape(constant[0])}</b>", 15), (_bold(constant[1], "#0072B2"), 15))
        )
    if 0 < len(paths) <= MAX_PATHS and wrt is not None:
        caption = _lines("#1F2937", 15, "", *_caption(root, wrt, paths, links))
        drawing.attr(label=caption, labelloc="b")
    return drawing


def _named_nodes(root: Value) -> list[Value]:
    """The root, and every leaf and named node it was computed from."""
    nodes = newest_first(root)
    leaves = {operand: None for node in nodes for operand, _ in node.edges if not operand.edges and operand.label}
    return [root, *(node for node in nodes if node.label and node is not root), *leaves]


def _links(node: Value) -> dict[Value, float]:
    """The derivative of `node` by each named value in its expression."""
    inside = folded(node)
    adjoints = {node: 1.0}
    for inner in inside:
        for operand, local in inner.edges:
            adjoints[operand] = adjoints.get(operand, 0.0) + local * adjoints[inner]
    for inner in inside:
        del adjoints[inner]
    return dict(sorted((item for item in adjoints.items() if item[0].label), key=lambda item: item[0]._created))


def _constants(node: Value) -> list[tuple[str, float]]:
    """The named numbers in a node's expression."""
    operands = (operand for inner in reversed(folded(node)) for operand in inner.args)
    named = ((getattr(operand, "label", None), operand) for operand in operands if isinstance(operand, float))
    return list(dict.fromkeys((str(label), float(constant)) for label, constant in named if label))


def _paths(root: Value, wrt: Value, links: dict[Value, dict[Value, float]]) -> Iterator[list[Value]]:
    """The ways from `wrt` to `root`, one more than get a caption at most."""
    leading: set[Value] = {wrt}
    for node in sorted(links, key=lambda node: node._created):
        if any(operand in leading for operand in links[node]):
            leading.add(node)
    ways, found = [[root]], 0
    while ways and found <= MAX_PATHS:
        way = ways.pop()
        if way[0] is wrt:
            found += 1
            yield way
        else:
            ways += [[operand, *way] for operand in reversed(links.get(way[0], {})) if operand in leading]


def _caption(root: Value, wrt: Value, paths: list[list[Value]], links: dict[Value, dict[Value, float]]) -> list[str]:
    total = f"d{_name(root, root)}/d{_name(wrt, root)}"
    lines, products = [], []
    for path in paths:
        steps = list(pairwise(path))[::-1]
        symbols = " · ".join(f"∂{_name(b, root)}/∂{_name(a, root)}" for a, b in steps)
        slopes = [links[b][a] for a, b in steps]
        product = 1.0
        for slope in slopes:
            product *= slope
        products.append(product)
        factors = " · ".join(_signed(slope) for slope in slopes)
        lines.append(f"{symbols} = {factors}" + (f" = {_minus(number(product))}" if len(slopes) > 1 else ""))
    if len(paths) == 1:
        return [f"{total} = {lines[0]}"]
    rows = [f"path {i}:  {line}" for i, line in enumerate(lines, 1)]
    sum_of = " + ".join(_signed(product) for product in products)
    return [f"{total} = sum over {len(paths)} paths", *rows, f"total:  {sum_of} = {_minus(number(sum(products)))}"]


def _box(node: Value, root: Value) -> str:
    name = _name(node, root)
    title = f"<b>{escape(name)}</b>"
    if node.edges:
        title += f" = {escape(_minus(expression(node)))}"
    gradient = "not computed" if node.grad is None else _bold(number(node.grad), "#B34700")
    kind = "loss" if node is root and node.edges else "operation" if node.edges else "parameter"
    slope = f'<font color="#B34700">d{escape(_name(root, root))}/d{escape(name)} = {gradient}</font>'
    return _table(kind, (title, 15), (_bold(number(node.data), "#0072B2"), 15), (slope, 13))


def _name(node: Value, root: Value) -> str:
    return node.label or ("L" if node is root else "")


def _table(kind: str, *rows: tuple[str, int]) -> str:
    fill, border, width = _STYLES[kind]
    cells = "".join(f'<tr><td border="0"><font point-size="{size}">{text}</font></td></tr>' for text, size in rows)
    look = f'style="rounded" border="{width}" bgcolor="{fill}" color="{border}"'
    return f'<<table {look} cellborder="0" cellspacing="0" cellpadding="4">{cells}</table>>'


def _lines(color: str, size: int, *lines: str) -> str:
    fonts = [f'<font color="{color}" point-size="{size if line else 7}">{escape(line) or " "}</font>' for line in lines]
    rows = "".join(f"<tr><td>{font}</td></tr>" for font in fonts)
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{rows}</table>>'


def _bold(text: str | float, color: str) -> str:
    shown = text if isinstance(text, str) else number(text)
    return f'<font color="{color}"><b>{escape(_minus(shown))}</b></font>'


def _signed(value: float) -> str:
    text = _minus(number(value))
    return f"({text})" if value < 0 else text


def _minus(text: str) -> str:
    return text.replace("-", "−")
