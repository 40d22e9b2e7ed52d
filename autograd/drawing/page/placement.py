"""The places of boxes, arrows and labels on a page: Graphviz's layout, without Graphviz's text.

Each box and each label gets a size of its own, so that any number fits into it; the page writes the text itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd.drawing.layout import Arrow, Box, Layout

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = ["Size", "placed"]

Size = tuple[int, int]
"""A width and a height, in points."""

_POINTS = 72
"""Points per inch; Graphviz measures nodes in inches."""


def placed(
    layout: Layout, boxes: Mapping[Box, Size], labels: Mapping[Arrow, Size], framed: Sequence[Box]
) -> dict[str, Any]:
    """Everything that a page needs to draw a layout, from left to right (``"LR"``) and from top to bottom (``"TB"``).

    For each direction, the result has the ``size`` of the picture, the centre of each of the ``boxes``, and for each of
    the ``arrows`` its curve, its tip and, if it has a label, the label's centre; the ``frame`` surrounds the boxes that
    are `framed`.
    """
    from autograd.drawing.rendering import pictures

    keys = {box: f"b{i}" for i, box in enumerate(layout.boxes)}
    drawings = {way: _drawing(layout, boxes, labels, framed, keys, way) for way in ("LR", "TB")}
    answers = pictures(list(drawings.values()), ["json"])
    return {way: _read(json.loads(answer), keys) for way, (answer,) in zip(drawings, answers, strict=True)}


def _drawing(
    layout: Layout,
    boxes: Mapping[Box, Size],
    labels: Mapping[Arrow, Size],
    framed: Sequence[Box],
    keys: Mapping[Box, str],
    direction: str,
) -> Drawing:
    """The layout as a graph of empty boxes and labels of the given sizes."""
    from autograd.drawing.rendering import Drawing

    attributes = {"rankdir": direction, "nodesep": ".25", "ranksep": ".4", "ordering": "in", "pad": "0"}
    drawing = Drawing("page", graph_attr=attributes, node_attr={"shape": "box", "fixedsize": "true", "label": ""})

    def add(graph: Any, members: Sequence[Box]) -> None:
        for box in members:
            width, height = boxes[box]
            graph.node(keys[box], width=f"{width / _POINTS:.4f}", height=f"{height / _POINTS:.4f}")

    add(drawing, [box for box in layout.boxes if box not in framed])
    if framed:
        with drawing.subgraph(name="cluster_samples") as inner:
            inner.attr(margin="14", label="<<table border='0' width='150' height='16'><tr><td></td></tr></table>>")
            inner.attr(labelloc="b" if direction == "LR" else "t")
            add(inner, framed)
    for i, arrow in enumerate(layout.arrows):
        room = {}
        if arrow in labels:
            width, height = labels[arrow]
            room = {"label": f'<<table border="0" width="{width}" height="{height}"><tr><td></td></tr></table>>'}
        drawing.edge(keys[arrow.source], keys[arrow.target], id=str(i), **room)
    return drawing


def _read(graph: dict[str, Any], keys: Mapping[Box, str]) -> dict[str, Any]:
    """The places in Graphviz's answer, with y growing downwards."""
    left, bottom, right, top = map(float, graph["bb"].split(","))

    def point(text: str) -> list[float]:
        x, y = map(float, text.split(","))
        return [round(x - left, 1), round(top - y, 1)]

    objects = {item["name"]: item for item in graph["objects"]}
    found: dict[str, Any] = {
        "size": [round(right - left, 1), round(top - bottom, 1)],
        "boxes": [point(objects[key]["pos"]) for key in keys.values()],
        "arrows": [_arrow(edge, point) for edge in sorted(graph.get("edges", ()), key=lambda edge: int(edge["id"]))],
    }
    if "cluster_samples" in objects:
        x, y, x_end, y_end = map(float, objects["cluster_samples"]["bb"].split(","))
        found["frame"] = [*point(f"{x},{y_end}"), round(x_end - x, 1), round(y_end - y, 1)]
    return found


def _arrow(edge: dict[str, Any], point: Any) -> list[Any]:
    """The curve of an arrow as an SVG path, its tip, and the centre of its label."""
    tip, *points = edge["pos"].removeprefix("e,").split(" ")
    curve = [f"{x:g} {y:g}" for x, y in map(point, points)]
    label = [point(edge["lp"])] if "lp" in edge else []
    return [f"M{curve[0]}C{' '.join(curve[1:])}", point(tip), *label]
