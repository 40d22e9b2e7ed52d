"""Both passes step by step: what is known when, what is said, that nothing moves, and the files."""

import io
import json
import re
import sys
from xml.etree import ElementTree

import pytest

from autograd import Constant, GraphTooLarge, StaleGraphError, Value, draw, mean, relu, steps
from autograd import sum as sum_
from autograd.drawing import rendering
from autograd.explaining.words import words
from autograd.formula.typesetting import number
from neuron import Neuron
from tests.drawing.graphs import GRAPHS, chain, computed, many_inputs, network, samples, samples_and_penalty, two_paths


def said(pictures):
    """The sentence and the formula below each picture."""
    return [[line for _, line in caption(picture) if line] for picture in pictures]


def caption(picture):
    """The lines below a picture as (width, text)."""
    (label,) = re.findall(r"^\tlabel=<(.*)> labelloc=b", picture.source, re.MULTILINE)
    rows = re.findall(r'<td align="left" width="(\d+)"[^>]*>(.*?)</td>', label)[1:]
    return [(int(width), re.sub("<[^>]*>", "", text).strip("\xa0 ").replace("−", "-")) for width, text in rows]


def numbers(picture, name):
    """The value of a box, and its derivative, as a picture describes them."""
    (line,) = re.findall(rf"^ *{re.escape(name)} = (.*)$", "\n".join(picture.words.splitlines()[1:]), re.MULTILINE)[-1:]
    value, total = re.split(r" {3}\S+ = ", line)
    return value.rpartition(" = ")[2], total


def placed(layout):
    """The places of everything in a layout of Graphviz."""
    edges = [[edge[key] for key in ("pos", "lp") if key in edge] for edge in layout["edges"]]
    return layout["bb"], layout["lp"], edges, [item.get("pos", item.get("bb")) for item in layout["objects"]]


def test_the_chain_step_by_step():
    pictures = steps(chain()[0])
    assert said(pictures) == [
        ["The numbers that are given. The forward pass comes first: each value is computed from those before it."],
        ["Forward: ŷ is computed.", "ŷ = w·x + b = 0.5·2.0 + 0.1 = 1.1"],
        ["Forward: L is computed.", "L = (ŷ - y)² = (1.1 - 1.5)² = 0.16"],
        ["Backward: the pass starts at the result. If L grows by 1, L grows by 1.", "dL/dL = 1"],
        ["Backward, from L to ŷ: multiply by the local derivative.", "dL/dŷ = dL/dL · ∂L/∂ŷ = 1.0 · (-0.8) = -0.8"],
        ["Backward, from ŷ to w: multiply by the local derivative.", "dL/dw = dL/dŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6"],
        ["Backward, from ŷ to b: multiply by the local derivative.", "dL/db = dL/dŷ · ∂ŷ/∂b = (-0.8) · 1.0 = -0.8"],
        [
            "Everything is computed. The wider an arrow, the more of the derivative comes along it.",
            "dL/dw = -1.6,  dL/db = -0.8",
        ],
    ]
    assert [numbers(picture, "ŷ") for picture in pictures] == [
        ("·", "·"), *[("1.1", "·")] * 3, *[("1.1", "-0.8")] * 4
    ]  # fmt: skip
    assert [numbers(picture, "w")[1] for picture in pictures] == ["·"] * 5 + ["-1.6"] * 3
    assert [numbers(picture, "L")[1] for picture in pictures] == ["·"] * 3 + ["1.0"] * 5
    assert ["= x = 2.0" in picture.source for picture in pictures] == [False] * 5 + [True] * 3


def test_a_sum_over_two_paths_grows():
    pictures = steps(two_paths()[0])
    assert [numbers(picture, "w")[1] for picture in pictures] == ["·"] * 8 + ["0.1 + …"] * 2 + ["-1.5"] * 3
    assert said(pictures)[8] == [
        "Backward, from R to w: multiply by the local derivative. More paths will follow.",
        "dJ/dw = dJ/dR · ∂R/∂w + … = 1.0 · 0.1 + … = 0.1 + …",
    ]
    assert said(pictures)[10] == [
        "Backward, from ŷ to w: w is used here as well, so the product along this path is added.",
        "dJ/dw = dJ/dR · ∂R/∂w + dJ/dŷ · ∂ŷ/∂w = 0.1 + (-0.8) · 2.0 = -1.5",
    ]


def test_all_samples_add_to_a_derivative():
    assert said(steps(samples()[0]))[7] == [
        "Backward, from ŷ to w: all 4 samples use w, so their products are added.",
        "dJ/dw = Σ dJ/dŷ · ∂ŷ/∂w = (-0.4) + (-0.25) + 0.1 + (-1.2) = -1.75",
    ]
    pictures = steps(samples_and_penalty()[0])
    again = next(lines for lines in said(pictures) if "from ŷ to w" in lines[0])
    assert again[1].endswith("= 0.3 + (-0.4) + (-0.25) + 0.1 + (-1.2) = -1.45")
    w = Value(0.5, "w")
    many = mean([((w * Constant(float(k), "x")).named("ŷ") ** 2).named("L") for k in range(1, 8)]).named("J")
    assert "… = 20.0" in said(steps(many))[-2][1]


def test_samples_with_different_formulas_are_all_drawn():
    w = Value(0.5, "w")
    loss = [(h - Constant(1.0, "y")) ** 2 for h in ((w * 2).named("ŷ"), relu(w).named("ŷ"), (w + w * w).named("ŷ"))]
    J = sum_([each.named("L") for each in loss]).named("J")
    pictures = steps(J)
    assert numbers(pictures[-1], "w")[1] == number(J.gradients([w])[0])
    assert sum("∂ŷ/∂w" in line for lines in said(pictures) for line in lines[1:]) == 3


def test_groups_show_the_member_with_the_largest_derivative():
    lines = said(steps(many_inputs()[0]))[5]
    assert lines[1] == "dL/dw[i] = dL/dŷ · ∂ŷ/∂w[i]"
    assert re.fullmatch(r"dL/dw\[\d+\] = \(-9\.684\) · .* [=≈] .*", lines[2])
    pictures = steps(network()[0])
    assert "dL/dw1[j,i] = dL/dh1[j] · ∂h1[j]/∂w1[j,i]" in pictures[11].words
    value = re.search(r"dL/d(w1\[\d,\d\]) = .* = (\S+)$", said(pictures)[11][2])
    assert numbers(pictures[11], value[1])[1] == value[2]


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_nothing_moves(graph, direction):
    pictures = steps(graph()[0], direction=direction)
    layouts, svgs = zip(*rendering.pictures(pictures, ["json", "svg"]), strict=True)
    first, *others = [placed(json.loads(layout)) for layout in layouts]
    assert all(other == first for other in others)
    assert len({re.search(rb'viewBox="[^"]*"', svg)[0] for svg in svgs}) == 1
    widths = [[width for width, _ in caption(picture)] for picture in pictures]
    assert widths == [widths[0]] * len(pictures), "room for the lines below"


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_each_step_is_highlighted_by_more_than_a_colour(graph):
    pictures = steps(graph()[0])
    for picture, (sentence, *_) in zip(pictures, said(pictures), strict=True):
        rings = picture.source.count('style="rounded" border="3"')
        thick = [line for line in picture.source.splitlines() if "setlinewidth(3)" in line]
        if sentence.startswith("Backward, from"):
            assert rings == 1
            assert thick
            assert all("<b>∂" in line for line in thick if "label=" in line)
        else:
            assert rings == (sentence.startswith(("Forward", "Backward")))
            assert not thick or sentence.startswith("Everything")


def test_the_last_picture_has_the_numbers_of_draw():
    for graph in GRAPHS:
        root, _ = computed(graph)
        listed = [line.strip() for line in steps(root)[-1].words.splitlines()]
        assert [line.strip() for line in draw(root).words.splitlines()] == listed[-len(draw(root).words.splitlines()) :]


def test_gradients_of_other_passes_are_not_shown():
    L, w = chain()
    before = [picture.source for picture in steps(L)]
    L.backward()
    L.backward()
    assert [picture.source for picture in steps(L)] == before
    assert w.grad == pytest.approx(-3.2)


def test_a_value_that_nothing_was_computed_from():
    pictures = steps(Value(2.0, "w"))
    assert [lines[0].partition(":")[0].partition(".")[0] for lines in said(pictures)] == [
        "The numbers that are given", "Backward", "Everything is computed"
    ]  # fmt: skip


def test_rounded_numbers_that_do_not_add_up():
    a, c = Value(1.5, "a"), Value(0.7123, "c")
    z = ((a * c).named("h") * a).named("z")
    (line,) = [lines[1] for lines in said(steps(z)) if "from h to a" in lines[0]]
    assert "≈" in line or line.endswith("= 2.137")


def test_they_are_a_sequence_of_drawings():
    pictures = steps(chain()[0], theme="dark", scale=2, direction="TB")
    assert len(pictures) == len(list(pictures)) == 8
    assert pictures[-1] is pictures[7]
    assert [*pictures[4:6]] == [pictures[4], pictures[5]]
    assert repr(pictures) == (
        '<Steps of L: 8 pictures; .save("L.pdf") writes slides, .save("L.gif") an animation, and a notebook shows them>'
    )
    assert (pictures[3].theme, pictures[3].scale) == ("dark", 2)
    assert "rankdir=TB" in pictures[3].source
    assert pictures[4].pipe("svg").startswith(b"<?xml")


def test_a_pdf_has_a_page_per_step(tmp_path):
    from pypdf import PdfReader

    pictures = steps(two_paths()[0])
    file = tmp_path / "new" / "steps.pdf"
    assert pictures.save(file) == str(file)
    pages = PdfReader(file).pages
    assert len(pages) == len(pictures) == 13
    assert len({tuple(page.mediabox) for page in pages}) == 1
    assert not any(page.images for page in pages), "vectors, not pixels"


def test_a_gif_is_animated(tmp_path):
    from PIL import Image

    file = steps(chain()[0], theme="dark").save(tmp_path / "steps.gif")
    with Image.open(file) as image:
        seconds = []
        for i in range(image.n_frames):
            image.seek(i)
            seconds.append(image.info["duration"] / 1000)
        assert seconds == [1.6] * 7 + [5.0]
        assert image.info["loop"] == 0
        size = image.size
    smaller = steps(chain()[0])[:2].save(tmp_path / "smaller.gif", scale=0.5)
    with Image.open(smaller) as image:
        assert image.size == pytest.approx([side / 2 for side in size], abs=4)


def test_other_formats_are_a_file_per_step(tmp_path):
    pictures = steps(chain()[0])
    files = pictures.save(tmp_path / "steps.svg")
    assert files == [str(tmp_path / f"steps-{i:02}.svg") for i in range(1, 9)]
    for file, picture in zip(files, pictures, strict=True):
        with open(file, encoding="utf-8") as svg:
            assert svg.read() == picture.pipe("svg", encoding="utf-8")
    assert len(pictures[:2].save(tmp_path / "steps.png")) == 2
    for name in ("steps", "steps.txt", "steps.gv"):
        with pytest.raises(ValueError, match=rf"save\('{name}'\): the name for all steps must end in one of .pdf .gif"):
            pictures.save(name)
    with pytest.raises(ValueError, match="scale=0: the scale of a picture is a positive number"):
        pictures.save(tmp_path / "steps.pdf", scale=0)


@pytest.mark.parametrize(("suffix", "module", "name"), [("pdf", "pypdf", "pypdf"), ("gif", "PIL", "Pillow")])
def test_a_missing_package_is_named(suffix, module, name, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"need {name}: pip install 'scalar-autograd\[slides\]'"):
        steps(chain()[0]).save(tmp_path / f"steps.{suffix}")


def test_all_pictures_come_from_one_child_process(monkeypatch, tmp_path):
    calls = []
    run = rendering.run_python
    monkeypatch.setattr(rendering, "run_python", lambda *a, **k: calls.append(a) or run(*a, **k))
    steps(chain()[0]).save(tmp_path / "steps.png")
    assert len(calls) == 1


def test_a_notebook_shows_all_of_them(monkeypatch):
    pictures = steps(chain()[0])
    bundle = pictures._repr_mimebundle_()
    assert bundle["text/plain"] == repr(pictures)
    page = ElementTree.parse(io.StringIO(bundle["text/html"])).getroot()
    assert len(list(page)) == 8
    assert set(pictures._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    monkeypatch.setattr("autograd.drawing.rendering.pictures", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pictures._repr_mimebundle_()

    def missing(*_, **__):
        raise RuntimeError("drawing needs Graphviz")

    monkeypatch.setattr("autograd.drawing.rendering.pictures", missing)
    assert pictures._repr_mimebundle_() == {"text/plain": f"{pictures!r}\n(drawing needs Graphviz)"}


def test_errors():
    L, w = chain()
    for bad in (3.0, "L", Neuron(1)):
        with pytest.raises(TypeError, match="steps takes Values, not"):
            steps(bad)
    with pytest.raises(ValueError, match="theme='blue': known themes: light, dark, print"):
        steps(L, theme="blue")
    with pytest.raises(ValueError, match="direction='RL': known directions: LR, TB"):
        steps(L, direction="RL")
    with pytest.raises(GraphTooLarge, match=r"this picture would have 6 boxes, .* max_nodes=6"):
        steps(L, max_nodes=5)
    with pytest.raises(ValueError, match="view='all'"):
        steps(L, view="all")
    w.data = 0.7
    with pytest.raises(StaleGraphError, match="w"):
        steps(L)


def test_words_of_your_own():
    assert words("en")["page.step_start"] in said(steps(chain()[0]))[0]
    assert said(steps(chain()[0], language={"page.step_start": "Los!"}))[0] == ["Los!"]
