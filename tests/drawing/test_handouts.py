"""Pictures with gaps: nothing moves, and nothing that is hidden can be read anywhere."""

import html
import re

import pytest

from autograd import Value, draw
from autograd.drawing.rendering import pictures
from autograd.explaining.chain import Chain
from autograd.formula.typesetting import number
from neuron import Neuron
from tests.drawing.graphs import GRAPHS, chain, computed, many_inputs, readable, samples, two_paths

KINDS = ("gradients", "derivatives", "values")
HIDDEN = [*KINDS, list(KINDS)]


def numbers(text):
    """The numbers in a string as they are shown, without signs."""
    return {number(float(found)) for found in re.findall(r"(?<![\w.])\d+\.\d+(?:e[+-]\d+)?", text)}


def text_of(drawing):
    """All text that a reader or a program finds in the picture, its source and its description."""
    svg, source = drawing.pipe("svg", encoding="utf-8"), drawing.source
    found = re.findall(r">([^<>]+)<", svg) + re.findall(r'aria-label="([^"]*)"', svg)
    found += re.findall(r">([^<>]+)<", source) + re.findall(r'tooltip="([^"]*)"', source)
    return html.unescape("\n".join([*found, drawing.words]))


def geometry(svg):
    """The size of a picture, and everything in it except the words."""
    lines = re.findall(r'<text x="([^"]*)" y="([^"]*)" text-anchor="\w+"', svg)
    places = [float(place) for line in lines for place in line]
    return re.search(r'viewBox="[^"]*"', svg)[0], re.findall(r'<path d="([^"]*)"', svg), places


def everything(root):
    """The numbers of a picture by kind, and those of leaves and data."""
    chain = Chain(root)
    by_kind = {
        "gradients": root.gradients(chain.values),
        "derivatives": [step.factor.slope for steps in chain.steps.values() for step in steps],
        "values": [value.data for value in chain.values if not value.is_leaf],
    }
    given = [x.data if type(x) is Value else x for node in chain.nodes for x in (*node.args, node) if x is not node]
    leaves = [value.data for value in chain.values if value.is_leaf]
    data = [x for x in given if isinstance(x, float)]
    return {kind: set(map(_shown, found)) for kind, found in by_kind.items()}, set(map(_shown, leaves + data))


def _shown(x):
    return number(abs(float(x)))


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_nothing_moves(graph, direction):
    root, wrt = computed(graph)
    explained = wrt if direction == "LR" else None
    drawings = [draw(root, explained, direction=direction, hide=hidden) for hidden in [(), *HIDDEN]]
    (*shapes, places), *others = [geometry(svg.decode()) for (svg,) in pictures(drawings, ["svg"])]
    for *own_shapes, own_places in others:
        assert own_shapes == shapes
        assert own_places == pytest.approx(places, abs=0.02), "centred apart from rounding"


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_nothing_hidden_can_be_read(graph, hidden):
    root, wrt = computed(graph)
    by_kind, given = everything(root)
    kinds = {hidden} if isinstance(hidden, str) else set(hidden)
    secret = set().union(*(by_kind[kind] for kind in kinds))
    shown = given.union(*(by_kind[kind] for kind in set(KINDS) - kinds))
    text = text_of(draw(root, wrt, hide=hidden))
    assert "?" in text
    assert not numbers(text) & (secret - shown)
    assert secret - shown <= numbers(html.unescape(draw(root, wrt).source)), "the key has them all"


def test_a_gap_stands_in_the_place_of_each_number():
    root, wrt = computed(chain)
    assert draw(root, hide="gradients").words.splitlines()[1] == "  ŷ = w·x + b = 1.1   dL/dŷ = ?"
    assert draw(root, hide="values").words.splitlines()[:3] == [
        "L = (ŷ - y)² = ?   dL/dL = 1.0",
        "  ŷ = w·x + b = ?   dL/dŷ = -0.8",
        "    w = 0.5   dL/dw = -1.6",
    ]
    text = text_of(draw(root, wrt, hide="derivatives"))
    assert "= ?" in text
    assert "∂ŷ/∂w = ?" in text, "the tooltip"
    assert "dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = ? · ? = ?" in text
    assert "2·(ŷ" not in text
    assert "dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6" in draw(root, wrt, hide="values").words


def test_paths_and_their_sum_have_gaps():
    root, wrt = computed(two_paths)
    assert draw(root, wrt, hide="gradients").words.splitlines()[-4:] == [
        "dJ/dw = sum over 2 paths",
        "path 1:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂w = ? · ? · ? = ?",
        "path 2:  ∂J/∂R · ∂R/∂w = ? · ? = ?",
        "total:  ? + ? = ?",
    ]


def test_the_table_of_samples_keeps_its_data():
    root, wrt = computed(samples)
    text = text_of(draw(root, wrt, hide="values"))
    assert {"2.4", "−1.0", "−1.2"} <= set(text.splitlines())
    assert not {"1.6", "0.64"} & set(text.splitlines())
    text = text_of(draw(root, wrt, hide="gradients"))
    assert {"1.6", "0.64"} <= set(text.splitlines())
    assert not {"−1.2", "−1.75"} & set(text.splitlines())


def test_groups_have_gaps():
    root, wrt = computed(many_inputs)
    text = text_of(draw(root, wrt, hide="derivatives"))
    assert "x[i]\n" not in text, "the formula on the arrow"
    assert "dL/dw[i] = ∂L/∂ŷ · ∂ŷ/∂w[i] = ? · ?" in text


def test_a_derivative_that_is_a_hidden_value_is_hidden_too():
    root, wrt = computed(readable)
    assert "= h = 1.05" in text_of(draw(root, wrt))
    text = text_of(draw(root, wrt, hide="values"))
    assert "= h = ?" in text
    assert "path 2:  ∂z/∂a = ?" in text
    assert "1.05" not in text
    assert "= c = 0.7" in text


def test_gradients_of_other_passes_have_gaps():
    root, wrt = computed(chain)
    root.backward()
    text = text_of(draw(root, wrt, hide="gradients"))
    assert ".grad = ?, other passes included" in text
    assert "w.grad is ?, 2 times that" in text
    assert not {"3.2", "1.6"} & numbers(text)


def test_gradients_that_are_not_computed_need_no_gap():
    root, _ = chain()
    assert draw(root, hide="gradients").source == draw(root).source


def test_unknown_kinds_and_models():
    root, _ = chain()
    for hidden in ("gradient", ["values", "gradient"], None):
        with pytest.raises(
            ValueError, match=re.escape(f"hide={hidden!r}: numbers that can be hidden: gradients, deri")
        ):
            draw(root, hide=hidden)
    assert draw(root, hide=()).source == draw(root).source
    with pytest.raises(TypeError, match=r"takes no wrt=, view= or hide="):
        draw(Neuron(1), hide="values")
