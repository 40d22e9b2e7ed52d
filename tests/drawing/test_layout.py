"""From a chain to boxes, arrows, text and words, each step by itself."""

import pytest

from autograd import Constant, Value, dot
from autograd.drawing.alt_text import in_words
from autograd.drawing.arrows import ArrowAttributes, generalized
from autograd.drawing.boxes import BoxContents
from autograd.drawing.caption import caption_rows
from autograd.drawing.layout import General, Layout
from autograd.drawing.style import BOXES, PATHS, grid, signs, tooltip
from autograd.explaining.chain import Chain
from autograd.explaining.chain_rule import chain_rule


def titles(layout):
    return [box.title for box in layout.boxes]


def arrows(layout):
    return [(arrow.source.title, arrow.target.title, len(arrow.steps)) for arrow in layout.arrows]


@pytest.fixture
def wide():
    w, x = ([make(1.0 + i, f"{name}[{i}]") for i in range(5)] for make, name in ((Value, "w"), (Constant, "x")))
    h = dot(w, x).named("h")
    return w, (h * h + Value(0.5, "b")).named("L")


def test_boxes_and_arrows_of_the_lesson(lesson):
    layout = Layout(Chain(lesson[2]))
    assert titles(layout) == ["w", "x", "b", "ŷ", "y", "L"]
    assert arrows(layout) == [("w", "ŷ", 1), ("x", "ŷ", 0), ("b", "ŷ", 1), ("ŷ", "L", 1), ("y", "L", 0)]
    assert [box.is_data for box in layout.boxes] == [False, True, False, False, True, False]
    assert layout.box_of(lesson[2]).members == [lesson[2]]


def test_values_that_are_alike_share_a_box(wide):
    w, L = wide
    assert titles(Layout(Chain(L))) == ["w", "x", "h", "b", "L"]
    assert arrows(Layout(Chain(L)))[0] == ("w", "h", 5)
    assert len(Layout(Chain(L), group=False).boxes) == 13
    assert titles(Layout(Chain(L, w[0]), only_paths=True)) == ["w[0]", "h", "L"]


def test_letters_for_the_indices_of_many_arrows(wide):
    w, L = wide
    chain = Chain(L, w[0])
    arrow = Layout(chain).arrows[0]
    general = General(arrow)
    assert (general.top, general.bottom, general.symbol) == ("h", "w[i]", "∂h/∂w[i]")
    assert generalized(chain, arrow)[1] == general.formula([f"x[{i}]" for i in range(5)]) == "x[i]"
    assert general.formula([f"x[{4 - i}]" for i in range(5)]) == ""


def test_the_content_of_boxes(wide):
    w, L = wide
    layout = Layout(Chain(L, w[0]))
    contents = [BoxContents(layout).of(box) for box in layout.boxes]
    assert [content.kind for content in contents] == ["parameter", "data", "operation", "parameter", "loss"]
    assert all(content.kind in BOXES for content in contents)
    assert "not computed" in contents[0].rows[1]
    L.backward()
    group, data, inner, *_ = (BoxContents(layout).of(box) for box in layout.boxes)
    assert "(largest |gradient| shown)" in group.rows[-1]
    assert group.tooltip.startswith("w[0] = 1.0\ndL/dw[0] = 110.0\nw[1]")
    assert "dL/dw[i]" in group.rows[1]
    assert "dL" not in data.rows[1]
    assert len(inner.rows) == 3


def test_the_attributes_of_arrows(lesson):
    w, _, L = lesson
    layout = Layout(Chain(L, w))
    attributes = {arrow.source.title: ArrowAttributes(layout).of(arrow) for arrow in layout.arrows}
    assert set(attributes["x"]) == {"color", "tooltip"}
    assert attributes["x"]["tooltip"] == "x → ŷ"
    assert attributes["w"]["color"] == PATHS[0].line
    assert attributes["b"]["color"] != PATHS[0].line
    assert attributes["ŷ"]["tooltip"] == "∂L/∂ŷ = 2·(ŷ - y) = -0.7999999999999998"


def caption(chain, left_out=0):
    rules = [] if chain.stale else [chain_rule(one) for one in chain.each]
    return list(caption_rows(Layout(chain), rules, left_out))


def test_the_caption(lesson, wide):
    w, _, L = lesson
    assert caption(Chain(L)) == []
    assert len(caption(Chain(L, w))) == 1
    assert "Only the paths from w are drawn; 1,200 other boxes are left out." in caption(Chain(L, w), 1200)[1]
    assert "dL/dw[i] = ∂L/∂h · ∂h/∂w[i] = 110.0 · x[i]" in caption(Chain(wide[1], wide[0][0]))[0]
    L.backward()
    assert "2 times that" in caption(Chain(L, w))[1]
    w.data = 0.7
    first, second = caption(Chain(L, w))
    assert "w was changed to 0.7 after the result had been computed from it." in first
    assert "Run the forward pass again." in second


def test_a_picture_in_words(lesson):
    w, _, L = lesson
    chain = Chain((L * L).named("M"), w)
    assert list(in_words(chain, [chain_rule(chain)])) == [
        "M = L·L = 0.0256   dM/dM = not computed",
        "  L = (ŷ - y)² = 0.16   dM/dL = 0.32",
        "    ŷ = w·x + b = 1.1   dM/dŷ = -0.256",
        "      w = 0.5   dM/dw = -0.512",
        "      b = 0.1   dM/db = -0.256",
        "dM/dw = ∂M/∂L · ∂L/∂ŷ · ∂ŷ/∂w = 0.32 · (-0.8) · 2.0 = -0.512",
        "w.grad is -1.6, not -0.512: it is the sum over all backward passes since it was last reset.",
    ]
    w.data = 0.7
    assert "w = 0.7   changed: run the forward pass again" in "\n".join(in_words(Chain(L, w), []))


def test_a_value_that_is_used_twice_is_described_once():
    h = (Value(0.5, "w") * 2.0).named("h")
    root = ((h * 2.0).named("a") + (h * 3.0).named("b")).named("c")
    assert [line.split(" = ")[0].strip() for line in in_words(Chain(root), [])] == [
        "c",
        "a",
        "h",
        "w",
        "b",
        "h (see above)",
    ]


def test_tooltips_describe_the_first_of_many_in_plain_text():
    assert tooltip(["a\\nb & <c>"]) == r"a\\nb &amp; <c>"
    assert tooltip(range(1000), lambda i: [str(i)] * 2).splitlines()[-1].endswith("… 970 more")
    assert len(tooltip(["x" * 5000])) == 300


def test_signs_and_grids():
    assert signs("-x - 1e-05·some-name") == "−x − 1e−05·some-name"
    assert grid([["a", None, "b"]]).count("<td") == 2
    assert 'colspan="2"' in grid([["a", None, "b"]])
