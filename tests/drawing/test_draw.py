"""The picture of the graph: what is in it, and that it comes out as a file without a dot program."""

import html
import re
import subprocess
import sys

import pytest

from autograd import Constant, GraphTooLarge, Value, dot, draw, maximum, mean, relu
from autograd import sum as sum_
from autograd.drawing import style
from neuron import MLP, Layer, Neuron, losses


def visible(drawing):
    """What a reader sees: the text of the SVG, spaces removed."""
    svg = drawing.pipe("svg", encoding="utf-8")
    found = re.findall(r"<(?:text|tspan)\b[^>]*>([^<]+)", svg)
    return [html.unescape(text).strip() for text in found]


def test_the_chain_of_the_lesson(lesson):
    w, _, L = lesson
    seen = visible(draw(L, wrt=w))
    for text in ("w", "0.5", "ŷ", "1.1", "L", "0.16", "−1.6", "−0.8", "x", "2.0", "∂ŷ/∂w", "∂L/∂ŷ", "∂ŷ/∂b"):
        assert text in seen, (text, seen)
    for text in ("= w·x + b", "= x = 2.0", "= 2·(ŷ − y) = −0.8", "= 1.0"):
        assert text in seen, (text, seen)
    assert "= (ŷ − y)²" in seen
    assert "dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = (−0.8) · 2.0 = −1.6" in seen
    assert "penwidth=3.5" in draw(L, wrt=w).source
    assert "penwidth=3.5" not in draw(L).source


def test_two_paths_are_written_out_and_summed():
    w = Value(0.5, label="w")
    L = ((w * 2.0 - 1.4) ** 2).named("L")
    J = (L + (0.1 * w**2).named("R")).named("J")
    J.backward()
    seen = visible(draw(J, wrt=w))
    assert "dJ/dw = sum over 2 paths" in seen
    assert "path 1 (solid):  ∂J/∂L · ∂L/∂w = 1.0 · (−1.6) = −1.6" in seen
    assert "path 2 (dashed):  ∂J/∂R · ∂R/∂w = 1.0 · 0.1 = 0.1" in seen
    assert "total:  (−1.6) + 0.1 = −1.5" in seen


def test_several_values_have_a_style_each():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    y_hat = (w * 2.0 + b).named("ŷ")
    J = (((y_hat - 1.5) ** 2).named("L") + (0.1 * w**2).named("R")).named("J")
    J.backward()
    drawing = draw(J, wrt=[w, b])
    seen = visible(drawing)
    first = seen.index("w (solid):  dJ/dw = sum over 2 paths")
    assert seen[first : first + 5] == [
        "w (solid):  dJ/dw = sum over 2 paths",
        "path 1:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂w = 1.0 · (−0.8) · 2.0 = −1.6",
        "path 2:  ∂J/∂R · ∂R/∂w = 1.0 · 0.1 = 0.1",
        "total:  (−1.6) + 0.1 = −1.5",
        "b (dashed):  dJ/db = ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂b = 1.0 · (−0.8) · 1.0 = −0.8",
    ]
    assert seen.count("paths from w, b") == 2
    solid, dashed = style.PATHS[:2]
    arrows = [line for line in drawing.source.splitlines() if " -> " in line]
    colors = [re.search(r'(?<!font )color="([^"]*)"', arrow)[1] for arrow in arrows]
    both = f"{solid.line}:{dashed.line}"
    assert [colors.count(color) for color in (solid.line, dashed.line, both)] == [3, 1, 2]
    assert "dJ/db = ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂b = 1.0 · (-0.8) · 1.0 = -0.8" in drawing.words
    assert draw(J, wrt=[w]).source == draw(J, wrt=(w, w)).source == draw(J, wrt=w).source
    assert draw(J, wrt=[]).source == draw(J).source


def test_several_values_over_samples(loss_over):
    w, b, J = loss_over(30)
    seen = visible(draw(J, wrt=[w, b]))
    head = seen.index("contribution to dJ/dw")
    assert seen[head - 7 : head - 5] == [
        "w (solid):  sample 1:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂w = 0.03333 · (−0.8) · 2.0 = −0.05333",
        "b (dashed):  sample 1:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂b = 0.03333 · (−0.8) · 1.0 ≈ −0.02667",
    ]
    assert seen[head : head + 2] == ["contribution to dJ/dw", "contribution to dJ/db"]
    total = seen.index("sum of the 30 contributions")
    assert seen[total + 1 : total + 3] == [number_with_minus(slope) for slope in J.gradients([w, b])]
    K = (J + 0.1 * w).named("K")
    K.backward()
    seen = visible(draw(K, wrt=[w, b]))
    assert any(text.startswith("w (solid):  ") and "∂K/∂w = 0.1" in text for text in seen)


def test_values_to_highlight_are_few_values():
    values = [Value(1.0, label) for label in "abcde"]
    L = sum_(values).named("L")
    message = r"wrt= takes up to 4 Values, one for each style, not 5: draw two pictures"
    with pytest.raises(ValueError, match=message):
        draw(L, wrt=values)
    assert "e (double)" not in draw(L, wrt=values[:4]).source
    assert "d (double):  dL/dd = ∂L/∂d = 1.0" in visible(draw(L, wrt=values[:4]))
    with pytest.raises(TypeError, match="draw takes Values, not 'w'"):
        draw(L, wrt=[values[0], "w"])


def test_values_without_names_are_drawn_with_automatic_ones():
    a, b = Value(0.7), Value(2.0)
    L = (a * b + 1) ** 2
    L.backward()
    seen = visible(draw(L, wrt=a))
    for text in ("v₁", "v₂", "z", "= (v₁·v₂ + 1)²", "dz/dv₁ = ∂z/∂v₁ = 9.6", "∂z/∂v₂"):
        assert text in seen, (text, seen)
    inner = L.args[0]
    assert "dz/dv₃ = ∂z/∂v₃ = 4.8" in visible(draw(L, wrt=inner))


def test_a_leaf_changed_after_the_forward_pass_is_marked(lesson):
    w, _, L = lesson
    w.data = 0.9
    assert "changed: run the forward pass again" in visible(draw(L, wrt=w))
    q = Value(2.0) * 3
    q.args[0].data = 5.0
    assert str(q) == "…·3 = 6.0"


def test_there_must_be_a_path_to_draw():
    w, u = Value(0.5, label="w"), Value(9.0, label="u")
    with pytest.raises(ValueError, match="L does not depend on 'u': no path connects them"):
        draw((w * 2).named("L"), wrt=u)


def test_before_a_backward_pass_no_gradient_is_shown():
    L = (Value(0.5, label="w") * 2).named("L")
    assert "dL/dw = not computed" in visible(draw(L))


def test_values_of_one_name_have_boxes_of_their_own():
    values = [Value(1.0 + i, label) for i, label in enumerate(["x", "x", "box4", "x_", "a b", "node"])]
    assert draw(sum_(values).named("s")).source.count("<table style") == 7


def test_one_edge_for_each_pair_of_names_with_the_derivative_of_the_whole_expression():
    x = Value(3.0, label="x")
    source = draw((x * x + x).named("y")).source
    assert source.count("->") == 1
    assert "= 7.0" in source


@pytest.mark.slow
@pytest.mark.parametrize(
    "label", ["a<b", "p{0", "x|y", '"q"', "😀", "ŷ₁", "a&b", "back\\slash", "\\n", " ", "x" * 20_000, "\0"]
)
def test_labels_can_hold_anything(label, tmp_path):
    v = Value(1.0, label=label)
    L = (v * 2).named(label + "'")
    L.backward()
    assert draw(L, wrt=v).pipe("svg").startswith(b"<?xml")


@pytest.mark.slow
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


@pytest.mark.slow
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
    seen = visible(draw(named * unnamed * other))
    for text in ("v₁", "v₂", "z", "z₁"):
        assert text in seen, (text, seen)


@pytest.fixture
def loss_over():
    def over(n, total=mean, **labels):
        w, b = Value(0.5, label="w"), Value(0.1, label="b")
        data = [(2.0, 1.5), (1.0, 1.1), (-1.0, -0.2), (3.0, 2.4)]
        terms = []
        for k in range(n):
            x, y = data[k % 4]
            y_hat = (w * Constant(x, "x") + b).named("ŷ")
            terms.append(((y_hat - Constant(y, "y")) ** 2).named("L"))
        J = total(terms).named("J")
        J.backward()
        return w, b, J

    return over


@pytest.mark.parametrize(
    ("total", "expression"),
    [
        (mean, "= (1/4)·Σ L"),
        (lambda terms: sum_(terms) / 4, "= (Σ L)/4"),
        (lambda terms: sum(terms) / 4, "= (Σ L)/4"),
        (lambda terms: sum(terms) * 0.25, "= (Σ L)·0.25"),
    ],
)
def test_of_a_sum_over_samples_one_is_drawn_and_the_others_are_listed(loss_over, total, expression):
    w, _, J = loss_over(4, total)
    drawing = draw(J, wrt=w)
    seen = visible(drawing)
    assert drawing.source.count("<table style") == 7, "w, b, x, y, ŷ, L, J"
    for text in (expression, "sample 1 of 4", "(the same graph is repeated 4 times)", "= 1/4 = 0.25"):
        assert text in seen, (text, seen)
    assert "sample 1:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂w = 0.25 · (−0.8) · 2.0 = −0.4" in seen
    head = seen.index("contribution to dJ/dw")
    assert seen[head - 5 : head + 1] == ["sample", "x", "y", "ŷ", "L", "contribution to dJ/dw"]
    assert seen[head + 1 : head + 25] == (
        "1 2.0 1.5 1.1 0.16 −0.4 2 1.0 1.1 0.6 0.25 −0.25 3 −1.0 −0.2 −0.4 0.04 0.1 4 3.0 2.4 1.6 0.64 −1.2".split()
    )
    assert seen[head + 25 : head + 27] == ["sum of the 4 contributions", "−1.75"]


@pytest.mark.slow
def test_of_many_samples_the_largest_contributions_are_listed(loss_over):
    w, _, J = loss_over(569)
    seen = visible(draw(J, wrt=w))
    assert "sample 1 of 569" in seen
    assert "… 564 more" in seen
    assert seen[seen.index("sum of the 569 contributions") + 1] == number_with_minus(J.gradients([w])[0])
    assert "contribution to dJ/dw" not in visible(draw(J))


def number_with_minus(x):
    return f"{x:.4g}".replace("-", "−")


def test_a_sample_that_is_asked_for_is_the_one_that_is_drawn(loss_over):
    _, _, J = loss_over(4)
    y_hat = J.args[2].args[0].args[0]
    seen = visible(draw(J, wrt=y_hat))
    assert "sample 3 of 4" in seen
    assert "dJ/dŷ = ∂J/∂L · ∂L/∂ŷ = 0.25 · (−0.4) = −0.1" in seen


def test_what_is_beside_the_samples_is_added(loss_over):
    w, _, J = loss_over(4)
    K = (J + 0.1 * w**2).named("K")
    K.backward()
    seen = visible(draw(K, wrt=w))
    assert seen[seen.index("sum of the 4 contributions") + 1] == "−1.75"
    assert "path 1:    ∂K/∂w = 0.1" in seen
    assert "total:  (−0.4) + (−0.25) + 0.1 + (−1.2) + 0.1 = −1.65" in seen


def test_terms_that_share_nothing_or_are_not_alike_are_not_samples():
    w = [Value(1.0, f"w[{i}]") for i in range(3)]
    penalty = sum_([v * v for v in w]).named("R")
    L, R = (w[0] * 2).named("L"), (w[0] * 3).named("R")
    for result in (penalty, (L + R).named("J")):
        assert "sample" not in draw(result).source


@pytest.fixture
def wide():
    n = Neuron(30, activation=None, weights=[(-1) ** i * i / 30 for i in range(30)], bias=0.1)
    x = [Constant(1 - i / 10, f"x[{i}]") for i in range(30)]
    L = losses.squared_error(n(x), Constant(1.5, "y")).named("L")
    L.backward()
    return n, L


def test_values_that_are_alike_share_a_box(wide):
    n, L = wide
    seen = visible(draw(L, wrt=n.w[19]))
    for text in ("(30 parameters)", "(30 inputs)", "∂ŷ/∂w[i]", "= x[i]", "= Σ w[i]·x[i] + b"):
        assert text in seen, (text, seen)
    assert seen.count("… 26 more (largest |gradient| shown)") == 2
    assert "dL/dw[i] = ∂L/∂ŷ · ∂ŷ/∂w[i] = (−1.4) · x[i]".replace("−1.4", number_with_minus(slope(L))) in seen
    first = seen.index("dL/dw[i]") + 1
    assert [seen[first + 3 * k] for k in range(4)] == ["19", "29", "28", "27"], "wrt, then the largest gradients"
    assert draw(L, wrt=n.w[19], group=False, max_nodes=100).source.count("<table style") == 64


def slope(L):
    return L.edges[0][1]


def test_the_generic_formula_must_fit_every_member():
    x = [Constant(1.0 + i, f"x[{i}]") for i in range(5)]
    w = [Value(0.5, f"w[{i}]") for i in range(5)]
    straight = sum_([a * b for a, b in zip(w, x, strict=True)]).named("s")
    crossed = sum_([a * b for a, b in zip(w, x[::-1], strict=True)]).named("s")
    assert "= x[i]" in visible(draw(straight))
    assert "= x[i]" not in visible(draw(crossed))


def test_leaves_and_results_of_one_name_do_not_share_a_box():
    u = Value(1.0, "u")
    w = [Value(0.5 + i, f"w[{i}]") if i < 4 else (u * float(i)).named(f"w[{i}]") for i in range(8)]
    source = draw(dot(w, [1.0] * 8).named("L")).source
    tips = re.findall(r'tooltip="(w[^"]*)"\]', source)
    assert sorted("".join(re.findall(r"w\[(\d)\]", tip)) for tip in tips) == ["0123", "4567"]


def test_a_network_is_folded_layer_by_layer():
    model = MLP(2, [4, 1], activation="tanh", seed=1)
    x = [Constant(1.0, "x[0]"), Constant(-2.0, "x[1]")]
    L = losses.squared_error(model(x), Constant(1.0, "y")).named("L")
    L.backward()
    w = model.layers[0].neurons[1].w[0]
    seen = visible(draw(L, wrt=w))
    for text in ("∂h1[j]/∂w1[j,i]", "= x[i]", "∂h1[i]/∂b1[i]", "∂a1[i]/∂h1[i]", "= 1 − a1[i]²", "∂ŷ/∂a1[i]", "= w2[i]"):
        assert text in seen, (text, seen)
    assert any(text.startswith("dL/dw1[1,0] = ∂L/∂ŷ · ∂ŷ/∂a1[1] · ∂a1[1]/∂h1[1] · ∂h1[1]/∂w1[1,0]") for text in seen)


def test_values_that_follow_each_other_are_not_folded():
    s = Value(1.0, "s[0]")
    w = Value(0.5, "w")
    for i in range(1, 7):
        s = (s * w).named(f"s[{i}]")
    assert draw(s).source.count("<table style") == 8


def test_the_full_view_shows_every_operation_and_every_use():
    x = Value(3.0, label="x")
    y = (x * x + 1).named("y")
    y.backward()
    drawing = draw(y, wrt=x, view="full")
    seen = visible(drawing)
    assert drawing.source.count("->") == 3
    for text in ("t₁", "= x·x", "= t₁ + 1", "∂t₁/∂x (1)", "∂t₁/∂x (2)", "paths 1, 2", "total:  3.0 + 3.0 = 6.0"):
        assert text in seen, (text, seen)


def test_a_gradient_that_is_not_that_of_this_result_is_shown_too(lesson):
    w, _, L = lesson
    L.backward()
    seen = visible(draw(L, wrt=w))
    assert ".grad = −3.2, other passes included" in seen
    assert any(text.startswith("w.grad is −3.2, 2 times that: gradients add up") for text in seen)
    assert seen[seen.index("dL/dw =") + 1] == "−1.6"


def test_a_kink_is_said_to_be_one():
    h = Value(0.0, "h")
    assert "= 1 if h > 0 else 0 = 0.0 (at a kink)" in visible(draw(relu(h).named("ŷ")))
    assert "= 0.5 (at a kink)" in visible(draw(maximum(h, Value(0.0, "g")).named("m")))


@pytest.mark.parametrize("n", [40, 41, 150, 151])
def test_sizes(n):
    values = [Value(1.0, "v")]
    for i in range(n - 1):
        values.append((values[-1] * 1.01).named("ab"[i % 2] + "'" * (i % 7)))
    if n <= 150:
        source = draw(values[-1]).source
        assert source.count("<table style") == n
        assert ("label=<<table border" in source) == (n <= 40)
        assert source.count("tooltip=") >= 2 * n - 1
    else:
        message = (
            "this picture would have 151 boxes, too many to read (the limit is 150): give names to fewer values, "
            "draw only the paths from one value (wrt=), or allow it with max_nodes=151"
        )
        with pytest.raises(GraphTooLarge) as error:
            draw(values[-1])
        assert str(error.value) == message
        assert draw(values[-1], max_nodes=151).pipe("svg").startswith(b"<?xml")


def test_only_the_paths_from_wrt_are_drawn_if_the_whole_graph_is_too_large():
    w = Value(0.5, "w")
    y = (w * 2).named("y")
    for i in range(200):
        y = y + Value(1.0, f"{'abcdefg'[i % 7]}{'x' * (i // 7)}")
    L = (y**2).named("L")
    seen = visible(draw(L, wrt=w))
    assert "Only the paths from w are drawn; 200 other boxes are left out." in seen
    assert "∂L/∂y" in seen


@pytest.mark.slow
def test_a_graph_far_too_large_is_refused_at_once():
    y = Value(1.0, "x")
    for _ in range(20_000):
        y = y * 1.00001
    with pytest.raises(GraphTooLarge, match=r'20,001 boxes.*draw the named values only \(view="named"\)'):
        draw(y, view="full")
    assert draw(y).source.count("->") == 1


def test_text_has_contrast_with_its_background():
    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    grounds = ["#FFFFFF", "#FBFCFE", *(fill for fill, _, _ in style.BOXES.values())]
    inks = [style.NAME, style.NUMBER, style.GRADIENT, style.FAINT, style.LABEL, *(path.text for path in style.PATHS)]
    for ink in inks:
        for ground in grounds:
            contrast = (luminance(ground) + 0.05) / (luminance(ink) + 0.05)
            assert contrast >= 4.5, (ink, ground, contrast)


# --- Models ------------------------------------------------------------------------------------------


def test_a_neuron_shows_its_weights_by_colour_style_and_width():
    source = draw(Neuron(2, "tanh", weights=[0.5, -1.0], bias=0.25)).source
    lines = [line for line in source.splitlines() if "->" in line and "penwidth" in line]
    assert 'style=solid tooltip="w[0] = 0.5"' in lines[0]
    assert 'style=dashed tooltip="w[1] = -1.0"' in lines[1]
    widths = [float(re.search(r"penwidth=([\d.]+)", line)[1]) for line in lines]
    assert widths == [2.55, 4.5]
    seen = visible(draw(Neuron(2, "tanh", weights=[0.5, -1.0], bias=0.25)))
    for text in ("x[0]", "x[1]", "h", "Σ → tanh", "b =", "0.25", "0.5", "−1.0", "ŷ"):
        assert text in seen, (text, seen)


def test_wide_layers_are_folded_unless_asked_not_to():
    model = MLP(2, [16, 16, 1], seed=1)
    seen = visible(draw(model))
    assert seen.count("11 more") == 2
    assert draw(model).source.count("penwidth") == 2 * 5 + 5 * 5 + 5
    assert draw(model, group=False).source.count("penwidth") == 2 * 16 + 16 * 16 + 16
    with pytest.raises(GraphTooLarge, match=r"would have 802 boxes.*fold wide layers \(group=True\)"):
        draw(Layer(2, 400, seed=1), group=False)


@pytest.mark.slow
@pytest.mark.parametrize("model", [Neuron(1), Neuron(40), Layer(3, 2), Layer(3, 50), MLP(1, [1]), MLP(9, [8, 7, 6])])
@pytest.mark.parametrize("group", [True, False])
def test_every_model_can_be_drawn(model, group):
    drawing = draw(model, group=group)
    assert drawing.pipe("svg").startswith(b"<?xml")
    assert drawing.words.startswith(repr(model))


def test_the_structure_has_no_derivatives():
    with pytest.raises(
        TypeError, match=r"the picture of Neuron\(1, .*\) takes no wrt=, view= or hide=: draw one of its results"
    ):
        draw(Neuron(1), wrt=Value(1.0))
    with pytest.raises(ValueError, match="view='all': the views are 'named' and 'full'"):
        draw(Value(1.0), view="all")


def test_objects_that_draw_themselves_need_no_words():
    class Model:
        def _drawing_(self, group, max_nodes):
            return draw(Value(0.5, "w"))

        def __repr__(self):
            return "Model()"

    assert "0.5" in visible(draw(Model()))
    with pytest.raises(TypeError, match=r"the picture of Model\(\) takes no language=: its words are English"):
        draw(Model(), language="de")
