"""Models at a glance: a table of the layers, and a drawing with the current weights between neurons.

A positive weight is a solid blue line, a negative one a dashed orange line; the larger, the thicker.  For wide
layers, only the first neurons and the last one are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.extend import (
    EDGE,
    FAINT,
    FONT,
    GRAPH,
    NUMBER,
    bold,
    box,
    check_size,
    faint,
    lines,
    minus,
    number,
    shown,
    text,
    tooltip,
)
from neuron.models.protocols import NeuronLike

if TYPE_CHECKING:
    from autograd.extend import Drawing, Words

__all__ = ["drawing", "summary"]

MAX_COLUMN = 6
"""The size of the largest layer with all units drawn."""
FIRST = 4
"""The number of units drawn of a larger layer, besides its last one."""
MAX_LABELLED = 24
"""Maximum number of weights with their numbers on the lines."""

_POSITIVE, _NEGATIVE = "#0072B2", "#B24E0A"
_THINNEST, _THICKEST = 0.6, 4.5


def summary(layers: Sequence[Sequence[Any]]) -> list[list[str]]:
    """The rows of a table of these layers, with a head, and the number of all parameters below."""
    rows = [["layer", "inputs", "neurons", "activation", "parameters"]]
    counts = [sum(len(neuron.parameters()) for neuron in layer) for layer in layers]
    for k, (layer, count) in enumerate(zip(layers, counts, strict=True), start=1):
        activations = ", ".join(dict.fromkeys(neuron.activation for neuron in layer))
        rows.append([str(k), str(layer[0].nin), str(len(layer)), activations, f"{count:,}"])
    return rows if len(layers) == 1 else [*rows, ["", "", "", "", f"{sum(counts):,}"]]


def drawing(title: str, layers: Sequence[Sequence[NeuronLike]], group: bool, max_nodes: int, words: Words) -> Drawing:
    """The drawing of a network of these layers; with `group`, wide layers are folded."""
    from autograd.extend import Drawing

    nin = layers[0][0].nin
    widths = [nin, *(len(layer) for layer in layers)]
    drawn = [_shown(width) if group else list(range(width)) for width in widths]
    boxes = sum(map(len, drawn)) + len(drawn[-1])
    check_size(boxes, max_nodes, "fold wide layers (group=True)")
    picture = Drawing("model", graph_attr=GRAPH | FONT | {"ranksep": "1.2"}, edge_attr=dict(FONT))
    picture.attr("node", shape="plain", **FONT)
    picture.format, picture.words = "svg", "\n".join(_in_words(title, layers, words))
    columns = [[f"layer{k}_{i}" for i in range(width)] for k, width in enumerate(widths)]
    for k, units in enumerate(drawn):
        with picture.subgraph() as column:
            column.attr(rank="same")
            for i in units:
                column.node(columns[k][i], *_unit(layers, k, i, nin))
            if len(units) < widths[k]:
                more = words("more_neurons", count=f"{widths[k] - len(units):,}")
                column.node(f"more{k}", lines(bold("⋮", FAINT), faint(more)))
            above = [columns[k][i] for i in units]
            above[-1:] = [f"more{k}", *above[-1:]] if len(units) < widths[k] else above[-1:]
            for one, other in pairwise(above):
                column.edge(one, other, style="invis")
    weights = list(_weights(layers, drawn, columns))
    picture.summary = f"{title}: {boxes:,} boxes, {len(weights) + len(drawn[-1]):,} arrows"
    if len(weights) > MAX_LABELLED:
        picture.attr(splines="line")
    largest = max((abs(weight.data) for _, _, weight in weights), default=0.0) or 1.0
    for source, target, weight in weights:
        picture.edge(source, target, **_line(weight, abs(weight.data) / largest, len(weights) <= MAX_LABELLED))
    for i in drawn[-1]:
        name = layers[-1][i].output_name
        picture.node(f"output{i}", lines(bold(name)))
        picture.edge(columns[-1][i], f"output{i}", color=EDGE, tooltip=name)
    picture.attr(label=lines(text("", size=7), bold(title), text(words("weights"), size=12)), labelloc="b")
    return picture


def _shown(width: int) -> list[int]:
    return list(range(width)) if width <= MAX_COLUMN else [*range(FIRST), width - 1]


def _unit(layers: Sequence[Sequence[NeuronLike]], k: int, i: int, nin: int) -> tuple[str]:
    """An input, or a neuron with its activation and its bias."""
    if k == 0:
        return (box("data", bold(f"x[{i}]" if nin > 1 else "x")),)
    neuron = layers[k - 1][i]
    name = neuron.sum_name if neuron.activation != "linear" else neuron.output_name
    activation = "Σ" if neuron.activation == "linear" else f"Σ → {neuron.activation}"
    bias = text(f"{shown(neuron.b)} = ", FAINT, 12) + bold(minus(number(neuron.b.data)), NUMBER, 12)
    return (box("operation", bold(name), text(activation, size=13), bias),)


def _weights(
    layers: Sequence[Sequence[NeuronLike]], drawn: Sequence[Sequence[int]], columns: Sequence[Sequence[str]]
) -> Iterator[tuple[str, str, Value]]:
    """The weights between units that are drawn, each with the keys of both units."""
    for k, layer in enumerate(layers):
        for j in drawn[k + 1]:
            for i in drawn[k]:
                yield columns[k][i], columns[k + 1][j], layer[j].w[i]


def _line(weight: Value, share: float, is_labelled: bool) -> dict[str, str]:
    """The style of the line of a weight, which has this share of the largest."""
    is_negative = weight.data < 0
    color = _NEGATIVE if is_negative else _POSITIVE
    style = {
        "color": color,
        "style": "dashed" if is_negative else "solid",
        "penwidth": f"{_THINNEST + (_THICKEST - _THINNEST) * share:.2f}",
        "arrowsize": "0.6",
        "tooltip": tooltip([f"{shown(weight)} = {weight.data!r}"]),
    }
    label = lines(text(minus(number(weight.data, 3)), color, 11), text("", size=5))  # off the line
    return style | {"label": label} if is_labelled else style


def _in_words(title: str, layers: Sequence[Sequence[NeuronLike]], words: Words) -> Iterator[str]:
    yield title
    for layer in layers:
        for neuron in layer[:MAX_COLUMN]:
            weights = ", ".join(f"{shown(w)} = {number(w.data)}" for w in neuron.w[:MAX_COLUMN])
            more = ", …" if len(neuron.w) > MAX_COLUMN else ""
            bias = f"{shown(neuron.b)} = {number(neuron.b.data)}"
            yield f"  {neuron.sum_name} ({neuron.activation}): {weights}{more}, {bias}"
        if len(layer) > MAX_COLUMN:
            yield "  " + words("more", count=f"{len(layer) - MAX_COLUMN:,}")
