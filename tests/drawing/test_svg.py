"""SVG from Graphviz's layout: lines of text are anchored where they are aligned, and shapes come out as they are."""

import json
import re
from xml.etree import ElementTree

import pytest

from autograd.drawing import style
from autograd.drawing.rendering import Drawing
from autograd.drawing.svg import svg


def elements(drawing, tag):
    """The elements with a tag in the SVG of a drawing."""
    root = ElementTree.fromstring(svg(json.loads(drawing.pipe("json"))))
    return list(root.iter(f"{{http://www.w3.org/2000/svg}}{tag}"))


@pytest.fixture
def plain():
    return Drawing(node_attr={"shape": "plain"})


def test_the_runs_of_a_line_are_one_element(plain):
    plain.node("a", style.box("data", style.bold("ŷ") + style.text(" = w"), style.text("1.0")))
    line, other = elements(plain, "text")
    assert [run.text for run in line] == ["ŷ", " = w"]
    assert [run.get("font-weight") for run in line] == ["bold", None]
    assert other.text == "1.0"


def test_a_line_of_a_box_is_anchored_at_the_centre_of_the_box(plain):
    plain.node("a", style.box("data", style.text("a long line of text"), style.bold("1") + style.text(" = x")))
    (border,) = elements(plain, "path")[1:]
    xs = [float(point.partition(",")[0]) for point in re.findall(r"[-\d.]+,[-\d.]+", border.get("d"))]
    for line in elements(plain, "text"):
        assert line.get("text-anchor") == "middle"
        assert float(line.get("x")) == pytest.approx((min(xs) + max(xs)) / 2, abs=0.01)


def test_columns_keep_their_right_edge_and_captions_their_left_edge(plain):
    table = style.grid([[style.text("1"), style.text("a")], [style.text("100"), style.text("abc")]])
    plain.node("a", style.lines(table))
    one, a, hundred, abc = elements(plain, "text")
    assert {cell.get("text-anchor") for cell in (one, a, hundred, abc)} == {"end"}
    assert one.get("x") == hundred.get("x")
    assert a.get("x") == abc.get("x")
    caption = Drawing(graph_attr={"label": style.lines(style.text("short"), style.text("much longer"), align="left")})
    short, longer = elements(caption, "text")
    assert (short.get("text-anchor"), short.get("x")) == ("start", longer.get("x"))


def test_labels_that_are_not_tables_have_the_alignment_that_graphviz_says():
    drawing = Drawing()
    drawing.node("a", label="left\\lright\\r")
    drawing.node("b", label="middle")
    anchors = {text.text: text.get("text-anchor") for text in elements(drawing, "text")}
    assert anchors == {"left": "start", "right": "end", "middle": "middle"}


def test_every_shape_has_a_path():
    drawing = Drawing()
    drawing.node("a", shape="ellipse", style="filled", fillcolor="#FF0000:#0000FF")
    drawing.node("b", shape="box", style="dashed")
    drawing.edge("a", "b", penwidth="2", style="dotted")
    background, line, head, ellipse, box = elements(drawing, "path")
    assert (ellipse.get("fill"), ellipse.get("stroke")) == ("#ff0000", "#000000")
    assert "A" in ellipse.get("d")
    assert (box.get("fill"), box.get("stroke-dasharray")) == ("none", "5,2.5")
    assert (line.get("stroke-width"), line.get("stroke-dasharray")) == ("2", "2.5,5")
    assert (head.get("fill"), head.get("stroke-dasharray")) == ("#000000", None)
    assert "C" in line.get("d")
    assert background.get("fill") == "#ffffff"


def test_groups_and_tooltips():
    drawing = Drawing()
    with drawing.subgraph(name="cluster_1") as inner:
        inner.node("a", tooltip=style.tooltip(["a < b & c", r"a\N"]))
    drawing.edge("a", "b", label="e", tooltip="line", labeltooltip="label")
    groups = {group.get("id"): group for group in elements(drawing, "g") if group.get("id")}
    assert {key: group.get("class") for key, group in groups.items()} == {
        "cluster1": "cluster", "edge1": "edge", "node1": "node", "node2": "node"
    }  # fmt: skip
    tips = {key: [t.text for t in g.iter("{http://www.w3.org/2000/svg}title")] for key, g in groups.items()}
    assert tips["node1"] == ["a < b & c\na\\N"]
    assert tips["edge1"] == ["line", "label"]
    assert tips["node2"] == []


def test_the_picture_has_a_description_and_a_size():
    layout = json.loads(Drawing(graph_attr={"pad": ".5,1"}).pipe("json"))
    root = ElementTree.fromstring(svg(layout, words='a "graph" <of> nothing', scale=2))
    assert (root.get("role"), root.get("aria-label")) == ("img", 'a "graph" <of> nothing')
    _, _, width, height = map(float, root.get("viewBox").split())
    assert (root.get("width"), root.get("height")) == (f"{2 * width:.0f}pt", f"{2 * height:.0f}pt")
    assert height - width == pytest.approx(72)
