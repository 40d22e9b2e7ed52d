"""The graph as a picture: w → ŷ → L, every arrow with its local derivative, and the chain rule below.

The picture shows the leaves and the named values, or with ``view="full"`` every operation.  Similar values
share a box, a sum over samples shows one sample, and a picture too large to read is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from inspect import signature
from typing import TYPE_CHECKING, Any

from autograd.core.value import Value, shown
from autograd.drawing.alt_text import in_words
from autograd.drawing.arrows import ArrowAttributes
from autograd.drawing.boxes import BoxContents
from autograd.drawing.caption import caption_rows
from autograd.drawing.display import EVERYTHING, HIDEABLE, Display, Gaps
from autograd.drawing.layout import Box, Layout
from autograd.drawing.style import FONT, GRAPH, PATHS, PLATE, THEMES, Cell, bold, box, lines, patch, text
from autograd.explaining.chain import Chain, View, as_values
from autograd.explaining.chain_rule import chain_rule
from autograd.explaining.samples import Samples
from autograd.explaining.words import Words

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = ["MAX_NODES", "GraphTooLarge", "check_size", "check_style", "draw", "drawn", "remedies"]

MAX_NODES = 150
"""Maximum number of boxes in a picture, by default."""
DIRECTIONS = ("LR", "TB")
"""The directions of the arrows: left to right, top to bottom."""

_PLAIN = re.compile(r"[^\W\d]\w*")
"""Names that need no quotes in Graphviz."""


class GraphTooLarge(ValueError):  # noqa: N818
    """A picture would have more boxes than anyone can read."""


def draw(
    root: Value,
    wrt: Value | Sequence[Value] | None = None,
    view: View = "named",
    group: bool = True,
    max_nodes: int = MAX_NODES,
    *,
    hide: str | Sequence[str] = (),
    language: str | Mapping[str, str] = "en",
    theme: str = "light",
    direction: str = "LR",
    transparent: bool = False,
    scale: float = 1.0,
) -> Drawing:
    """Draw how `root` was computed, as a `graphviz.Digraph`.

    The picture shows the leaves and all values with a label, which ``.named("ŷ")`` gives; with ``view="full"``, every
    operation.  `wrt` highlights the paths from that Value to `root` and writes out the chain rule along them; several,
    such as ``wrt=[w, b]``, have a style each.  `language` is that of the words in the picture: ``"en"``, ``"de"``,
    ``"es"``, ``"fr"``, ``"zh"``, or a dict that replaces some of the words of `autograd.extend.words`.
    With `group`, similar values, such as ``w[0] … w[29]``, share a box, and a sum over samples shows one sample.

    `hide` leaves gaps for a handout, a ``?`` in the place of each number: of ``"gradients"``, the total derivatives in
    the boxes, of ``"derivatives"``, the local ones on the arrows, or of ``"values"``, the results; or of several.  The
    same picture without `hide` is the key.

    `theme` is ``"light"``, ``"dark"`` or ``"print"`` (black and white); `direction` is ``"LR"``, from left to right, or
    ``"TB"``, from top to bottom; `transparent` leaves out the background, and `scale` multiplies the size.

    ``.save("chain.svg")`` writes a file (also .png, .pdf, .jpg, .gv); a notebook shows the picture itself.
    Objects with a method ``_drawing_(group, max_nodes, words)``, such as the models of `neuron`, are drawn by that
    method; `words` are an `autograd.extend.Words`, and may be left out of its parameters.

    Raises TypeError for arguments that are not Values, ValueError for a `wrt` that `root` does not depend on, for more
    than four of them and for an unknown `hide`, `language`, `theme` or `direction`, and `GraphTooLarge` for more than
    `max_nodes` boxes.  Up to 40 boxes the arrows have labels, then only tooltips.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w")
    >>> L = ((w * 2.0 - 1.5) ** 2).named("L")
    >>> 'dL/dw' in draw(L, wrt=w).source
    True
    """
    check_style(theme, direction)
    hidden = list(hide) if isinstance(hide, Iterable) and not isinstance(hide, str) else [hide]
    for kind in hidden:
        if kind not in HIDEABLE:
            raise ValueError(f"hide={shown(hide)}: numbers that can be hidden: {', '.join(HIDEABLE)}")
    if hasattr(root, "_drawing_"):
        if wrt is not None or view != "named" or hidden:
            raise TypeError(f"the picture of {root!r} takes no wrt=, view= or hide=: draw one of its results instead")
        options: dict[str, Any] = {"group": group, "max_nodes": max_nodes}
        if "words" in signature(root._drawing_).parameters:
            options["words"] = Words(language)
        elif language != "en":
            raise TypeError(f"the picture of {root!r} takes no language=: its words are English")
        drawing: Drawing = root._drawing_(**options)
    else:
        drawing = _graph(root, wrt, view, group, max_nodes, hidden, Words(language), direction)
    drawing.theme, drawing.scale = theme, scale
    drawing.graph_attr |= {"rankdir": direction} | ({"bgcolor": "transparent"} if transparent else {})
    return drawing


def check_style(theme: str, direction: str) -> None:
    """Raise ValueError for an unknown theme or direction."""
    for option, value, choices in (("theme", theme, THEMES), ("direction", direction, DIRECTIONS)):
        if value not in choices:
            raise ValueError(f"{option}={shown(value)}: known {option}s: {', '.join(choices)}")


def _graph(
    root: Value,
    wrt: Value | Sequence[Value] | None,
    view: View,
    group: bool,
    max_nodes: int,
    hidden: Sequence[str],
    words: Words,
    direction: str,
) -> Drawing:
    """The picture of the graph of a Value."""
    wrts = as_values("draw", root, wrt)
    if len(wrts) > len(PATHS):
        raise ValueError(
            f"wrt= takes up to {len(PATHS)} Values, one for each style, not {len(wrts)}: draw two pictures"
        )
    chain = Chain(root, wrts, view, fold=group, words=words)
    layout = whole = Layout(chain, group)
    if len(whole.boxes) > max_nodes and wrts:
        layout = Layout(chain, group, only_paths=True)
    check_size(len(layout.boxes), max_nodes, *remedies(chain, group))
    rules = [] if chain.stale else [chain_rule(one) for one in chain.each]
    display = Gaps(chain, hidden) if hidden else EVERYTHING
    caption = caption_rows(layout, rules, len(whole.boxes) - len(layout.boxes), display)
    description = "\n".join(in_words(chain, rules, display))
    in_order = sum(len(one.paths.few) for one in chain.each) < 2  # otherwise paths would cross
    return drawn(layout, display, list(caption), description, direction, in_order)


def check_size(boxes: int, max_nodes: int, *remedies: str) -> None:
    """Raise `GraphTooLarge`, with some `remedies`, if there are more than `max_nodes` boxes."""
    if boxes > max_nodes:
        raise GraphTooLarge(
            f"this picture would have {boxes:,} boxes, too many to read (the limit is {max_nodes:,}): "
            f"{', '.join(remedies)}, or allow it with max_nodes={boxes}"
        )


def remedies(chain: Chain, group: bool) -> Iterator[str]:
    """Ways to get a picture with fewer boxes."""
    yield 'draw the named values only (view="named")' if chain.view == "full" else "give names to fewer values"
    if not group:
        yield "let similar values share a box (group=True)"
    if not chain.wrts:
        yield "draw only the paths from one value (wrt=)"


def drawn(
    layout: Layout, display: Display, caption: Sequence[Cell], words: str, direction: str, in_order: bool
) -> Drawing:
    """The picture for Graphviz: boxes, those of the sample in a frame, arrows and caption; `words` describe it.

    With `in_order`, operands stand in the order in which they are written, even if arrows cross.
    """
    from autograd.drawing.rendering import Drawing

    chain, keys = layout.chain, _keys(layout.boxes)
    graph_attr = GRAPH | FONT | _arrangement(layout, in_order)
    drawing = Drawing("chain", graph_attr=graph_attr, node_attr={"shape": "plain"} | FONT, edge_attr=dict(FONT))
    drawing.format, drawing.words = "svg", words
    drawing.summary = (
        f"{chain.names[chain.root]}: {_count(layout.boxes, 'box', 'boxes')}, {_count(layout.arrows, 'arrow', 'arrows')}"
    )
    contents, attributes = BoxContents(layout, display), ArrowAttributes(layout, display)

    def add(graph: Any, boxes: list[Box]) -> None:
        for b in boxes:
            content = contents.of(b)
            graph.node(keys[b], box(content.kind, *content.rows, ring=content.ring), tooltip=content.tooltip)

    framed = [b for b in layout.boxes if chain.samples and chain.samples.owns(b.members[0], chain.sample)]
    add(drawing, [b for b in layout.boxes if b not in framed])
    if framed and chain.samples:
        with drawing.subgraph(name="cluster_samples") as inner:
            inner.attr(
                label=_frame_title(chain.samples, chain.sample, chain.words),
                labelloc="b" if direction == "LR" else "t",
                labeljust="r",
                style="rounded",
                margin="16",
            )
            inner.attr(bgcolor=PLATE.fill, color=PLATE.border, penwidth=f"{PLATE.width}")
            add(inner, framed)
    for arrow in layout.arrows:
        source, target, style = keys[arrow.source], keys[arrow.target], attributes.of(arrow)
        if "label" in style and arrow.target in framed and arrow.source not in framed:
            width = display.width(arrow) if display.has_highlights else float(style.get("penwidth", 1))
            room = max(width, display.widest)
            source, style = _outside(drawing, source, target, style, direction, (width, room))
        drawing.edge(source, target, **style)
    if caption:
        drawing.attr(label=lines(text("", size=7), *caption, align="left"), labelloc="b")
    return drawing


def _outside(
    drawing: Drawing, source: str, target: str, style: dict[str, str], direction: str, widths: tuple[float, float]
) -> tuple[str, dict[str, str]]:
    """Draw the first half of an arrow into a frame, with its label; return the start and the style of the other half.

    Graphviz keeps the label of an arrow out of a frame only if neither end of the arrow is inside.  The `widths` are
    that of the arrow, and that for which there is room.
    """
    joint = f"{source} to {target}"
    into, out = ("w", "e") if direction == "LR" else ("n", "s")
    size, room = ((5.0, width) if direction == "LR" else (width, 5.0) for width in widths)
    color = style["color"].partition(":")[0]
    drawing.node(joint, patch(color, size, room), shape="none", width="0", height="0", fixedsize="shape")
    drawing.edge(source, f"{joint}:{into}", dir="none", **style)
    return f"{joint}:{out}", {key: value for key, value in style.items() if key != "label"}


def _count(items: Sized, one: str, many: str) -> str:
    return f"{len(items):,} {one if len(items) == 1 else many}"


def _arrangement(layout: Layout, in_order: bool) -> dict[str, str]:
    """Attributes for operands in written order, or for a fast layout of large pictures."""
    if len(layout.boxes) > MAX_NODES:
        return {"mclimit": ".1", "nslimit": "1", "splines": "line"}
    return {"ordering": "in"} if in_order else {}


def _frame_title(samples: Samples, sample: int, words: Words) -> str:
    n = f"{len(samples.terms):,}"
    repeated = words("same_graph", count=n) if samples.is_uniform else words("other_formulas")
    return lines(bold(words("one_of_samples", i=f"{sample + 1}", count=n)), text(f"({repeated})"), align="right")


def _keys(boxes: list[Box]) -> dict[Box, str]:
    """Unique names for Graphviz: the titles of the boxes where it allows them."""
    keys: dict[Box, str] = {}
    used: set[str] = set()
    for i, b in enumerate(boxes):
        key = b.title if _PLAIN.fullmatch(b.title) else f"box{i}"
        while key in used:
            key += "_"
        keys[b] = key
        used.add(key)
    return keys
