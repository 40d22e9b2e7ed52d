"""The picture of the graph: what is in it, and that it comes out as a file without a dot program."""

import re
import subprocess
import sys

import pytest

from autograd import Constant, Value, draw, mean, relu, rendering


@pytest.fixture
def lesson():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    x, y = Constant(2.0, label="x"), Constant(1.5, label="y")
    y_hat = (w * x + b).named("ŷ")
    L = ((y_hat - y) ** 2).named("L")
    L.backward()
    return w, b, L


def texts(drawing):
    """What a reader sees: the text of the SVG, spaces removed."""
    svg = drawing.pipe("svg", encoding="utf-8")
    found = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return [text.replace("&#160;", " ").replace("&#45;", "-").replace("&gt;", ">").strip() for text in found]


def test_the_chain_of_the_lesson(lesson):
    w, _, L = lesson
    seen = texts(draw(L, wrt=w))
    for text in ("w", "0.5", "ŷ", "1.1", "L", "0.16", "−1.6", "−0.8", "∂ŷ/∂w", "= 2.0", "∂L/∂ŷ", "= −0.8", "x", "2.0"):
        assert text in seen, (text, seen)
    assert "= w·x + b" in seen
    assert "= (ŷ − y)²" in seen
    assert "dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = (−0.8) · 2.0 = −1.6" in seen
    assert "penwidth=3.5" in draw(L, wrt=w).source
    assert "penwidth=3.5" not in draw(L).source


def test_two_paths_are_written_out_and_summed():
    w = Value(0.5, label="w")
    L = ((w * 2.0 - 1.4) ** 2).named("L")
    J = (L + (0.1 * w**2).named("R")).named("J")
    J.backward()
    seen = texts(draw(J, wrt=w))
    assert "dJ/dw = sum over 2 paths" in seen
    assert "path 1:  ∂J/∂L · ∂L/∂w = 1.0 · (−1.6) = −1.6" in seen
    assert "total:  (−1.6) + 0.1 = −1.5" in seen


def test_values_without_names_are_drawn_with_automatic_ones():
    a, b = Value(0.7), Value(2.0)
    L = (a * b + 1) ** 2
    L.backward()
    seen = texts(draw(L, wrt=a))
    for text in ("v₁", "v₂", "z", "= (v₁·v₂ + 1)²", "dz/dv₁ = ∂z/∂v₁ = 9.6", "∂z/∂v₂"):
        assert text in seen, (text, seen)
    inner = L.args[0]
    assert "dz/dv₃ = ∂z/∂v₃ = 4.8" in texts(draw(L, wrt=inner))


def test_a_leaf_changed_after_the_forward_pass_is_marked(lesson):
    w, _, L = lesson
    w.data = 0.9
    assert "changed since: run forward again" in texts(draw(L, wrt=w))
    q = Value(2.0) * 3
    q.args[0].data = 5.0
    assert str(q) == "…·3 = 6.0"


def test_a_long_path_is_elided_in_the_caption():
    w = v = Value(1.0, label="w")
    for i in range(1000):
        v = (v * 1.5 if i % 2 else v / 1.5).named(f"step{i}")
    caption = next(text for text in texts(draw(v, wrt=w)) if text.startswith("dstep999/dw"))
    assert caption.count("∂") == 24
    assert " · … · " in caption
    assert "dw/dw = 1.0" in draw(w, wrt=w).source


def test_there_must_be_a_path_to_draw():
    w, u = Value(0.5, label="w"), Value(9.0, label="u")
    with pytest.raises(ValueError, match="L does not depend on 'u': no path joins them"):
        draw((w * 2).named("L"), wrt=u)


def test_before_a_backward_pass_no_gradient_is_shown():
    L = (Value(0.5, label="w") * 2).named("L")
    assert "dL/dw = not computed" in texts(draw(L))


def test_one_edge_for_each_pair_of_names_with_the_derivative_of_the_whole_expression():
    x = Value(3.0, label="x")
    source = draw((x * x + x).named("y")).source
    assert source.count("->") == 1
    assert "= 7.0" in source


@pytest.mark.parametrize(
    "label", ["a<b", "p{0", "x|y", '"q"', "😀", "ŷ₁", "a&b", "back\\slash", "\\n", " ", "x" * 20_000, "\0"]
)
def test_labels_can_hold_anything(label, tmp_path):
    v = Value(1.0, label=label)
    L = (v * 2).named(label + "'")
    L.backward()
    assert draw(L, wrt=v).pipe("svg").startswith(b"<?xml")


def test_the_same_picture_in_every_run():
    code = (
        "from autograd import *; a, b, c = (Value(i, label=n) for i, n in enumerate('abc'));"
        "d = (a * b + c).named('d'); print(draw((d * a + tanh(d)).named('e'), wrt=a).source)"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_deep_graphs_and_many_paths_do_not_hang():
    x = Value(1.0, label="x")
    y = x
    for _ in range(50_000):
        y = y + x
    assert draw(y.named("y")).source.count("->") == 1
    y = x
    for i in range(12):
        y = (relu(y) * 0.5 + y * 0.5).named(f"y{i}")
    z = mean([y, y * 2]).named("z")
    source = draw(z, wrt=x).source
    assert source.count("penwidth=3.5") == source.count("->") == 13


def test_over_four_paths_all_are_highlighted():
    x = Value(1.0, label="x")
    L = x
    for i in range(3):
        a, b = (L * 2).named(f"a{i}"), (L * 3).named(f"b{i}")
        L = (a + b).named(f"c{i}")
    unrelated = Value(1.0, label="u")
    source = draw(L + unrelated, wrt=x).source
    assert source.count("penwidth=3.5") == source.count("->") - 1 == 13


def test_automatic_names_keep_out_of_the_way_of_given_ones():
    named, unnamed, other = Value(1.0, label="v₁"), Value(2.0), Value(3.0, label="z")
    seen = texts(draw(named * unnamed * other))
    for text in ("v₁", "v₂", "z", "z₁"):
        assert text in seen, (text, seen)


def test_astronomic_numbers_of_paths_are_counted_in_powers_of_ten():
    x = y = Value(1.0, label="x")
    for i in range(20_000):
        y = (y + (y * 1.0).named(f"a{i}")).named(f"b{i}")
    assert "sum over about 10^6020 paths, by their first step" in draw(y, wrt=x).source
