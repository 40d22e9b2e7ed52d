"""The graph as a picture: w → ŷ → L, every arrow with its local derivative, and the chain rule below.

The picture shows the leaves and the named values, or with ``view="full"`` every operation.  Similar values
share a box, a sum over samples shows one sample, and a picture too large to read is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd.core.value import Value
from autograd.drawing.alt_text import in_words
from autograd.drawing.arrows import ArrowAttributes
from autograd.drawing.boxes import BoxContents
from autograd.drawing.caption import caption_rows
from autograd.drawing.layout import Box, Layout
from autograd.drawing.style import BOXES, FONT, GRAPH, PATHS, bold, box, lines, text
from autograd.explaining.chain import Chain, View, as_values
from autograd.explaining.chain_rule import chain_rule
from autograd.explaining.samples import Samples
from autograd.explaining.words import Words

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = ["GraphTooLarge", "check_size", "draw"]

MAX_NODES = 150
"""Maximum number of boxes in a picture, by default."""

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
    language: str | Mapping[str, str] = "en",
) -> Drawing:
    """Draw how `root` was computed, as a `graphviz.Digraph`.

    The picture shows the leaves and all values with a label, which ``.named("ŷ")`` gives; with ``view="full"``, every
    operation.  `wrt` highlights the paths from that Value to `root` and writes out the chain rule along them; several,
    such as ``wrt=[w, b]``, have a style each.  `language` is that of the words in the picture: ``"en"``, ``"de"``,
    ``"es"``, ``"fr"``, ``"zh"``, or a dict that replaces some of the words of `autograd.extend.words`.
    With `group`, similar values, such as ``w[0] … w[29]``, share a box, and a sum over samples shows one sample.

    ``.render(outfile="chain.svg")`` writes a file (also .png, .pdf); a notebook shows the picture itself.
    Objects with a method ``_drawing_(group, max_nodes)``, such as the models of `neuron`, are drawn by that method.

    Raises TypeError for arguments that are not Values, ValueError for a `wrt` that `root` does not depend on, for more
    than four of them and for an unknown `language`, and `GraphTooLarge` for more than `max_nodes` boxes.  Up to 40
    boxes the arrows have labels, then only tooltips.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w")
    >>> L = ((w * 2.0 - 1.5) ** 2).named("L")
    >>> 'dL/dw' in draw(L, wrt=w).source
    True
    """
    if hasattr(root, "_drawing_"):
        if wrt is not None or view != "named":
            raise TypeError(f"the picture of {root!r} takes neither wrt= nor view=: draw one of its results instead")
        if language != "en":
            raise TypeError(f"the picture of {root!r} takes no language=: its words are English")
        return root._drawing_(group=group, max_nodes=max_nodes)  # type: ignore[no-any-return]
    wrts = as_values("draw", root, wrt)
    if len(wrts) > len(PATHS):
        raise ValueError(
            f"wrt= takes up to {len(PATHS)} Values, one for each style, not {len(wrts)}: draw two pictures"
        )
    chain = Chain(root, wrts, view, fold=group, words=Words(language))
    layout = whole = Layout(chain, group)
    if len(whole.boxes) > max_nodes and wrts:
        layout = Layout(chain, group, only_paths=True)
    check_size(len(layout.boxes), max_nodes, *_remedies(chain, group))
    return _drawing(layout, left_out=len(whole.boxes) - len(layout.boxes))


def check_size(boxes: int, max_nodes: int, *remedies: str) -> None:
    """Raise `GraphTooLarge`, with some `remedies`, if there are more than `max_nodes` boxes."""
    if boxes > max_nodes:
        raise GraphTooLarge(
            f"this picture would have {boxes:,} boxes, too many to read (the limit is {max_nodes:,}): "
            f"{', '.join(remedies)}, or allow it with max_nodes={boxes}"
        )


def _remedies(chain: Chain, group: bool) -> Iterator[str]:
    yield 'draw the named values only (view="named")' if chain.view == "full" else "give names to fewer values"
    if not group:
        yield "let similar values share a box (group=True)"
    if not chain.wrts:
        yield "draw only the paths from one value (wrt=)"


def _drawing(layout: Layout, left_out: int) -> Drawing:
    """The picture for Graphviz: boxes, those of the sample in a frame, arrows and caption."""
    from autograd.drawing.rendering import Drawing

    chain, keys = layout.chain, _keys(layout.boxes)
    rules = [] if chain.stale else [chain_rule(one) for one in chain.each]
    graph_attr = GRAPH | FONT | _arrangement(layout)
    drawing = Drawing("chain", graph_attr=graph_attr, node_attr={"shape": "plain"} | FONT, edge_attr=dict(FONT))
    drawing.format, drawing.words = "svg", "\n".join(in_words(chain, rules))
    contents, attributes = BoxContents(layout), ArrowAttributes(layout)

    def add(graph: Any, boxes: list[Box]) -> None:
        for b in boxes:
            content = contents.of(b)
            graph.node(keys[b], box(content.kind, *content.rows), tooltip=content.tooltip)

    framed = [b for b in layout.boxes if chain.samples and chain.samples.owns(b.members[0], chain.sample)]
    add(drawing, [b for b in layout.boxes if b not in framed])
    if framed and chain.samples:
        with drawing.subgraph(name="cluster_samples") as inner:
            title = lines(_frame_title(chain.samples, chain.sample, chain.words))
            inner.attr(label=title, labelloc="b", labeljust="r", style="rounded", bgcolor="#FBFCFE")
            inner.attr(color=BOXES["data"].border, penwidth="2", margin="16")
            add(inner, framed)
    for arrow in layout.arrows:
        drawing.edge(keys[arrow.source], keys[arrow.target], **attributes.of(arrow))
    caption = list(caption_rows(layout, rules, left_out))
    if caption:
        drawing.attr(label=lines(text("", size=7), *caption, align="left"), labelloc="b")
    return drawing


def _arrangement(layout: Layout) -> dict[str, str]:
    """Attributes for operands in written order, unless paths would cross, or for a fast layout of large pictures."""
    if len(layout.boxes) > MAX_NODES:
        return {"mclimit": ".1", "nslimit": "1", "splines": "line"}
    return {"ordering": "in"} if sum(len(one.paths.few) for one in layout.chain.each) < 2 else {}


def _frame_title(samples: Samples, sample: int, words: Words) -> str:
    n = f"{len(samples.terms):,}"
    title = bold(words("one_of_samples", i=f"{sample + 1}", count=n))
    return title + text(f"   ({words('same_graph', count=n) if samples.is_uniform else words('other_formulas')})")


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
