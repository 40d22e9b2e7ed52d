"""Themes, readable in their own colours, and cells that know how wide their text is."""

import re
from itertools import product

import pytest

from autograd import Constant, Value, draw, mean
from autograd.drawing import style
from autograd.drawing.measuring import text_width
from neuron import MLP, Neuron


@pytest.fixture(scope="module")
def everything():
    """Values with all kinds of boxes, paths, labels and captions."""
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    losses = []
    for x, y in [(2.0, 1.5), (1.0, 1.1), (-1.0, -0.2)]:
        y_hat = (w * Constant(x, label="x") + b).named("ŷ")
        losses.append(((y_hat - Constant(y, label="y")) ** 2).named("L"))
    J = (mean(losses).named("M") + (0.1 * w * w).named("R") + (w * 2).named("S") + w.__pow__(3).named("T")).named("J")
    J.backward()
    return J, w


def luminance(color):
    """The relative luminance of a colour, as WCAG 2 defines it."""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", style.THEMES)
def test_text_can_be_read_on_every_fill(theme, everything):
    sources = [draw(everything[0], wrt=everything[1], theme=theme).source]
    sources += [draw(model, theme=theme).source for model in (Neuron(2), MLP(2, [8, 1]))]
    colors = {color for source in sources for color in re.findall(r'<font color="(#\w{6})"', source)}
    grounds = [line for source in sources for line in source.splitlines() if "fixedsize" not in line]  # no joints
    fills = {fill for line in grounds for fill in re.findall(r'bgcolor="(#\w{6})"', line)}
    assert len(colors) > 5 or theme == "print"
    assert len(fills) > 3 or theme == "print"
    unreadable = [(text, fill) for text, fill in product(colors, fills) if contrast(text, fill) < 4.5]
    assert not unreadable


def test_the_themes_differ_in_colours_only(everything):
    J, w = everything
    light, dark, print_ = (draw(J, wrt=w, theme=theme).source for theme in ("light", "dark", "print"))
    assert light == draw(J, wrt=w).source != dark != print_
    without = [re.sub(r"#\w{6}", "", source) for source in (light, dark, print_)]
    assert without[0] == without[1] == without[2]
    assert set(re.findall(r'fill="(#\w{6})"', draw(J, theme="print").pipe("svg", encoding="utf-8"))) >= {"#ffffff"}
    greys = re.findall(r"#(\w\w)(\w\w)(\w\w)", print_)
    assert all(red == green == blue for red, green, blue in greys)


def test_names_that_look_like_colours_are_left_alone():
    L = (Value(1.0, label='color="#FFFFFF"') * Value(2.0, label="#FFFFFF") + Value(1.0, label="color=")).named("L")
    light, dark = (
        re.findall("(?:>|&quot;|^|=)(#FFFFFF)(?:<|&quot;)", draw(L, theme=t).source) for t in ("light", "dark")
    )
    assert light == dark
    assert len(light) > 1
    assert 'tooltip="#FFFFFF = 2.0"' in draw(L, theme="dark").source
    assert 'bgcolor="#FFFFFF"' not in draw(L, theme="dark").source


def test_a_transparent_picture_has_no_background(everything):
    drawing = draw(everything[0], transparent=True)
    assert "bgcolor=transparent" in drawing.source
    clear, solid = (d.pipe("svg", encoding="utf-8").count('fill="#ffffff"') for d in (drawing, draw(everything[0])))
    assert solid == clear + 1
    assert drawing.pipe("png") != draw(everything[0]).pipe("png")
    assert "bgcolor=transparent" in draw(Neuron(1), transparent=True).source


def test_the_direction_turns_the_picture(everything):
    def size(drawing):
        return [int(side) for side in re.findall(r'(?:width|height)="(\d+)pt"', drawing.pipe("svg", encoding="utf-8"))]

    for shown in (everything[0], MLP(3, [4, 4, 1])):
        across, down = size(draw(shown)), size(draw(shown, direction="TB"))
        assert down[0] / down[1] < across[0] / across[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"theme": "drak"}, "theme='drak': known themes: light, dark, print"),
        ({"direction": "RL"}, "direction='RL': known directions: LR, TB"),
    ],
)
def test_unknown_options_are_errors_that_name_the_choices(everything, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(everything[0], **options)
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(Neuron(1), **options)


def test_a_label_of_an_arrow_stays_outside_the_frame_of_the_sample(everything):
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    losses = [((w * Constant(x, label="x") + b).named("ŷ") - x).named("e").relu().named("L") for x in (1.0, 2.0, 3.0)]
    J = mean(losses).named("J")
    for direction in ("LR", "TB"):
        svg = draw(J, direction=direction).pipe("svg", encoding="utf-8")
        frame = re.search(r'class="cluster">\s*<path d="([^"]*)"', svg)[1]
        xs, ys = zip(*(map(float, point.split(",")) for point in re.findall(r"[-\d.]+,[-\d.]+", frame)), strict=True)
        for source in "wb":
            words = f"∂ŷ/∂{source}"
            x, y = map(float, re.search(rf'<text x="([^"]*)" y="([^"]*)"[^>]*>{words}<', svg).groups())
            half = text_width(words, 14) / 2
            beside = x + half < min(xs) or x - half > max(xs)
            above_or_below = y + 14 < min(ys) or y - 14 > max(ys)
            assert beside or above_or_below, (direction, words, x, y, frame)


def test_a_cell_knows_its_width():
    name, rest = style.bold("ŷ"), style.text(" = w·x")
    assert (name + rest).width == name.width + rest.width
    assert (name + "plain").width == name.width
    assert name.width == text_width("ŷ", 15, bold=True)
    assert f'width="{(name + rest).width + 8}"' in style.box("data", name + rest)
    assert "width" not in style.grid([["plain"]])
