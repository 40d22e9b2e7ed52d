"""The interactive page in Chromium, used as a person would: what is clicked and typed, and what is seen then."""

import json
import re

import pytest

from autograd import Constant, Value, define, grad, log, mean, sqrt, tanh, where
from autograd.drawing.page.page import page
from autograd.explaining.words import ENGLISH
from autograd.formula.typesetting import number
from neuron import MLP, losses
from tests.drawing.page.chromium import Chromium, missing

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))
needs_axe = pytest.mark.skipif(missing("axe-core") is not None, reason=str(missing("axe-core")))

DESKTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


def neuron():
    w, b = Value(0.5, "w"), Value(0.1, "b")
    return (((w * Constant(2.0, "x") + b).named("ŷ") - Constant(1.5, "y")) ** 2).named("L")


def two_paths():
    w, b = Value(0.5, "w"), Value(0.1, "b")
    L = (((w * Constant(2.0, "x") + b).named("ŷ") - Constant(1.5, "y")) ** 2).named("L")
    return (L + (Constant(0.1, "λ") * w**2).named("R")).named("J")


DATA = [(2.0, 1.5), (1.0, 1.1), (-1.0, -0.2), (3.0, 2.4)]


def samples():
    return loss_of_samples(Value(0.5, "w"), Value(0.1, "b")).named("J")


def loss_of_samples(w, b):
    return mean([(tanh(w * Constant(x, "x") + b).named("ŷ") - Constant(y, "y")) ** 2 for x, y in DATA])


def network(*sizes):
    inputs = [Constant(0.3 * i - 0.5, f"x{i}") for i in range(sizes[0])]
    return losses.squared_error(MLP(sizes[0], sizes[1:], activation="tanh", seed=1)(inputs), Constant(1.0, "y"))


def distinct():
    """Two paths, on which no two of the values, local and total derivatives are the same number."""
    w, b = Value(0.53, "w"), Value(0.17, "b")
    x, k, y, c, decay = (Constant(z, name) for z, name in [(2.3, "x"), (1.3, "k"), (3.9, "y"), (0.7, "c"), (0.11, "λ")])
    L = (((w * x + b * k).named("ŷ") - y) ** 2).named("L")
    return (c * L + decay * (w**2).named("R")).named("J")


PAGES = {
    "neuron": lambda: page(neuron()),
    "two_paths": lambda: page(two_paths()),
    "samples": lambda: page(samples()),
    "network": lambda: page(network(2, 4, 1)),
    "large": lambda: page(network(6, 8, 5, 1), max_nodes=300),
    "distinct": lambda: page(distinct()),
    "kink": lambda: page(lambda w: where(w > 0, w**2, -3 * w), w=0.5),
    "root": lambda: page(lambda u, v: sqrt(u) + abs(v), u=0.0, v=0.0, title="Root"),
    "logarithm": lambda: page((log((Value(2.0, "w") * 0.5).named("p")) * 3.0).named("L")),
}


@pytest.fixture(scope="module")
def chromium():
    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The addresses of saved pages, by name."""
    folder, saved = tmp_path_factory.mktemp("pages"), {}

    def file(name, make=None):
        if name not in saved:
            path = folder / f"{name}.html"
            path.write_text((make or PAGES[name])().html, encoding="utf-8")
            saved[name] = path.as_uri()
        return saved[name]

    return file


@pytest.fixture
def tab(chromium):
    """The browser's tab; whatever a test does there, nothing is requested and nothing is complained about."""
    yield chromium
    assert chromium.noticed() == []


@pytest.fixture
def opened(tab, files):
    """Opens a page by its name, and returns the tab."""

    def opened(name, hash="", make=None, viewport=DESKTOP, **options):
        tab.open(files(name, make) + hash, {"viewport": viewport, **options})
        return tab

    return opened


# --- What is seen -----------------------------------------------------------------------------------------------------


def lines(tab):
    """The sentence and the two lines below the picture."""
    return [tab.textContent(f"#{line}") for line in ("sentence", "symbols", "in-numbers")]


def boxes(tab):
    """The words of a screen reader for each box."""
    return tab.evaluate("[...document.querySelectorAll('#picture .box')].map(box => box.getAttribute('aria-label'))")


def arrows(tab):
    return tab.evaluate("[...document.querySelectorAll('#picture .arrow')].map(a => a.getAttribute('aria-label'))")


def field(name):
    return f"#leaves input[aria-label='{name}, as a number']"


def slider(name):
    return f"#leaves input[type=range][aria-label='{name}']"


def typed(tab, name, text):
    """Type a number into the field of a value, and leave the field."""
    tab.fill(field(name), text)
    tab.press(field(name), "Tab")


def exact(tab, name):
    """The number of a value with all its digits, which its field shows while it is edited."""
    tab.focus(field(name))
    return float(tab.inputValue(field(name)))


def question(tab, start):
    """Go through the questions until one starts like this."""
    script = f"""(() => {{
      const ask = document.querySelector('#ask'), question = document.querySelector('#question');
      for (let k = 0; k < 60; k++) if (ask.click(), question.textContent.startsWith({json.dumps(start)})) return true;
    }})()"""
    assert tab.evaluate(script), f"no question {start!r}"


def answered(tab, answer):
    """The verdict on an answer."""
    tab.fill("#answer", str(answer))
    tab.press("#answer", "Enter")
    return tab.textContent("#verdict")


EVERYTHING = """[...document.querySelectorAll('body *:not(script)')].flatMap(element => [
  ...[...element.attributes].filter(a => /^aria|title|alt|value|label/.test(a.name)).map(a => a.value),
  element.value ?? '', ...[...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data),
]).join(' | ')"""
"""All texts of the document, whether they are seen, heard or hidden."""

QUIZ = f"""(async () => {{
  const asked = [], part = id => document.getElementById(id), frame = () => new Promise(requestAnimationFrame);
  for (let k = 0; k < 24; k++) {{
    part('ask').click();
    await frame().then(frame);
    asked.push([part('question').textContent, {EVERYTHING}]);
    part('give-up').click();
    asked.at(-1).push(part('verdict').textContent);
  }}
  return asked;
}})()"""
"""Questions, each with all that the document says meanwhile, and with the answer that it gives afterwards."""

LEAVES = "[...document.querySelectorAll('#leaves input[type=range]')].map(slider => slider.ariaLabel)"
NUMBER = r"(?<![\w.])−?\d+\.\d+(?:e[+−]\d+)?"

BEYOND = """[...document.querySelectorAll('#picture .box')].flatMap(box => {
  const room = box.querySelector('rect').getBBox();
  return [...box.querySelectorAll('text')].filter(text => {
    const {x, y, width, height} = text.getBBox();
    return x < room.x || x + width > room.x + room.width || y < room.y || y + height > room.y + room.height;
  }).map(text => text.textContent);
})"""
"""The texts that are wider or higher than their boxes."""


# --- Steps ------------------------------------------------------------------------------------------------------------

NEURON_STEPS = [
    [ENGLISH("page.step_start"), "", ""],
    ["Forward: ŷ is computed.", "ŷ = w·x + b", "= 0.5·2.0 + 0.1 = 1.1"],
    ["Forward: L is computed.", "L = (ŷ − y)²", "= (1.1 − 1.5)² = 0.16"],
    [ENGLISH("page.step_seed", name="L"), "dL/dL = 1", ""],
    [
        "Backward, from L to ŷ: multiply by the local derivative.",
        "dL/dŷ = dL/dL · ∂L/∂ŷ",
        "= 1.0 · (−0.8) = −0.8",
    ],
    [
        "Backward, from ŷ to w: multiply by the local derivative.",
        "dL/dw = dL/dŷ · ∂ŷ/∂w",
        "= (−0.8) · 2.0 = −1.6",
    ],
    [
        "Backward, from ŷ to b: multiply by the local derivative.",
        "dL/db = dL/dŷ · ∂ŷ/∂b",
        "= (−0.8) · 1.0 = −0.8",
    ],
    [ENGLISH("page.step_all"), "dL/dw = −1.6,  dL/db = −0.8", ""],
]


def test_the_start(opened):
    tab = opened("neuron")
    assert tab.title() == tab.textContent("h1") == "L, step by step"
    assert tab.textContent("#formulas") == "ŷ = w·x + b,   L = (ŷ − y)²"
    assert boxes(tab) == [
        "w = 0.5, dL/dw = −1.6",
        "x = 2.0",
        "b = 0.1, dL/db = −0.8",
        "ŷ = w·x + b = 1.1, dL/dŷ = −0.8",
        "y = 1.5",
        "L = (ŷ − y)² = 0.16, dL/dL = 1.0",
    ]
    assert arrows(tab) == ["∂ŷ/∂w = 2.0", "x → ŷ", "∂ŷ/∂b = 1.0", "∂L/∂ŷ = −0.8", "y → L"]
    assert lines(tab) == NEURON_STEPS[-1]
    assert tab.textContent("#count") == "7 / 7"
    assert [tab.isDisabled(f"#{button}") for button in ("back", "next", "last")] == [False, True, True]


def test_every_step_by_button_key_and_scrubber(opened):
    tab = opened("neuron")
    tab.click("#first")
    seen = {"button": [lines(tab)], "key": [], "scrubber": []}
    for _ in NEURON_STEPS[1:]:
        tab.click("#next")
        seen["button"].append(lines(tab))
    for expected in NEURON_STEPS[-2::-1]:
        tab.click("#back")
        assert lines(tab) == expected
    assert [tab.isDisabled(f"#{button}") for button in ("first", "back", "next")] == [True, True, False]
    tab.keyboard.press("Home")
    seen["key"].append(lines(tab))
    for _ in NEURON_STEPS[1:]:
        tab.keyboard.press("ArrowRight")
        seen["key"].append(lines(tab))
    for expected in NEURON_STEPS[-2::-1]:
        tab.keyboard.press("ArrowLeft")
        assert lines(tab) == expected
    tab.keyboard.press("End")
    assert lines(tab) == NEURON_STEPS[-1]
    for step in range(len(NEURON_STEPS)):
        tab.fill("#position", str(step))
        seen["scrubber"].append(lines(tab))
        assert tab.getAttribute("#position", "aria-valuetext") == f"{step}: {NEURON_STEPS[step][0]}"
    assert seen == dict.fromkeys(seen, NEURON_STEPS)


def test_numbers_appear_with_their_steps(opened):
    tab = opened("neuron", "#step=1")
    assert boxes(tab)[3:] == ["ŷ = w·x + b = 1.1, dL/dŷ = ·", "y = 1.5", "L = (ŷ − y)² = ·, dL/dL = ·"]
    assert arrows(tab)[0] == "∂ŷ/∂w = ·"
    tab.keyboard.press("ArrowRight")
    assert boxes(tab)[5] == "L = (ŷ − y)² = 0.16, dL/dL = ·"
    tab.click("#picture .box:has-text('dL/dŷ')")
    assert lines(tab) == NEURON_STEPS[1]  # a click on a box goes to its step, and one on an arrow to its own
    tab.click("#picture .arrow text:has-text('∂L/∂ŷ')")
    assert lines(tab) == NEURON_STEPS[4]


def test_where_paths_meet_the_sum_grows(opened):
    tab = opened("two_paths", "#step=8")
    assert lines(tab) == [
        "Backward, from R to w: multiply by the local derivative. More paths will follow.",
        "dJ/dw = dJ/dR · ∂R/∂w + …",
        "= 1.0 · 0.1 + … = 0.1 + …",
    ]
    assert "w = 0.5, dJ/dw = 0.1 + …" in boxes(tab)
    tab.fill("#position", "10")
    assert lines(tab) == [
        "Backward, from ŷ to w: w is used here as well, so the product along this path is added.",
        "dJ/dw = dJ/dR · ∂R/∂w + dJ/dŷ · ∂ŷ/∂w",
        "= 0.1 + (−0.8) · 2.0 = −1.5",
    ]
    assert tab.textContent("#symbols strong") == "dJ/dŷ · ∂ŷ/∂w"
    assert "w = 0.5, dJ/dw = −1.5" in boxes(tab)


def test_play_and_pause(opened):
    tab = opened("neuron")
    tab.clock.install()
    tab.click("#play")
    assert tab.textContent("#count") == "0 / 7"
    assert tab.getAttribute("#play", "aria-label") == "Pause"
    tab.clock.runFor(1650)
    assert tab.textContent("#count") == "1 / 7"
    tab.selectOption("#speed", "700")
    tab.clock.runFor(1450)
    assert tab.textContent("#count") == "3 / 7"
    tab.click("#play")
    tab.clock.runFor(5000)
    assert tab.textContent("#count") == "3 / 7"
    assert tab.getAttribute("#play", "aria-label") == "Play"
    tab.keyboard.press(" ")  # on the button, which has the focus: it plays, and does not pause at once
    tab.clock.runFor(710)
    assert tab.textContent("#count") == "4 / 7"
    tab.clock.runFor(9000)
    assert tab.textContent("#count") == "7 / 7"
    assert tab.getAttribute("#play", "aria-label") == "Play"


# --- Numbers ----------------------------------------------------------------------------------------------------------


def test_sliders_and_fields_move_numbers(opened):
    tab = opened("neuron")
    tab.fill(slider("w"), "1.5")
    assert boxes(tab)[0] == "w = 1.5, dL/dw = 6.4"
    assert tab.inputValue(field("w")) == "1.5"
    tab.waitForFunction("document.querySelector('#curve-words').textContent === 'L after step 0: 2.56'")
    tab.focus(slider("w"))
    tab.keyboard.press("ArrowLeft")
    assert exact(tab, "w") < 1.5
    typed(tab, "w", "−0,8")
    assert boxes(tab)[0] == "w = −0.8, dL/dw = −12.0"
    assert float(tab.inputValue(slider("w"))) == -0.8
    typed(tab, "w", " 1/3 ")
    assert exact(tab, "w") == 1 / 3
    typed(tab, "x", "1e3")
    assert "x = 1000.0" in boxes(tab)
    tab.click("#reset")
    assert boxes(tab)[0] == "w = 0.5, dL/dw = −1.6"
    assert tab.inputValue(field("x")) == "2"


def test_nonsense_is_marked_and_changes_nothing(opened):
    tab = opened("neuron")
    for nonsense in ["", "abc", "1/0", "1/2/3", "1,2,3", "Infinity", "--1", "0.5.5", "<b>"]:
        tab.fill(field("w"), nonsense)
        assert tab.getAttribute(field("w"), "aria-invalid") == "true"
        assert boxes(tab)[0] == "w = 0.5, dL/dw = −1.6"
        tab.press(field("w"), "Tab")
        assert tab.inputValue(field("w")) == "0.5"
        assert tab.getAttribute(field("w"), "aria-invalid") is None


def test_typing_is_not_disturbed_by_a_lesson_that_plays(opened):
    tab = opened("neuron")
    tab.clock.install()
    tab.click("#play")
    tab.fill(field("w"), "0.")
    tab.clock.runFor(3300)
    assert tab.inputValue(field("w")) == "0."
    assert tab.textContent("#count") == "2 / 7"


def test_a_branch_switches_when_its_number_is_moved(opened):
    tab = opened("kink")
    typed(tab, "w", "3")
    assert any("= 9.0" in box for box in boxes(tab))
    assert tab.textContent("#leaves output").endswith("= 6.0")
    typed(tab, "w", "-2")
    assert any("= 6.0" in box for box in boxes(tab))
    assert tab.textContent("#leaves output").endswith("= −3.0")
    assert tab.textContent("#nudge-words") == ENGLISH("page.nudge_same")


def test_outside_the_domain_a_sentence_says_so(opened):
    tab = opened("logarithm")
    typed(tab, "w", "-1")
    assert lines(tab) == ["log(x) is not defined at x = −0.5 (p): it needs x > 0. Move a number back.", "", ""]
    assert any("= nan" in box for box in boxes(tab))
    assert "nan" in tab.textContent("#leaves output")  # the formula of the slope has a number there, but no meaning
    tab.click("#ask")
    assert tab.isDisabled("#answer")  # there is no question about numbers that do not exist
    typed(tab, "w", "2")
    assert lines(tab)[0] == ENGLISH("page.step_all")


# --- Learning, nudging, the table, links ------------------------------------------------------------------------------


def descended(steps, rate):
    """w and b of the neuron after some steps of gradient descent with Python's engine."""
    return descent(lambda w, b: (w * 2.0 + b - 1.5) ** 2, steps, rate)


def descent(f, steps, rate):
    w, b = 0.5, 0.1
    for _ in range(steps):
        slopes = grad(f, argnums=(0, 1))(w, b)
        w, b = w - rate * slopes[0], b - rate * slopes[1]
    return w, b


def test_learning_gives_the_numbers_of_the_engine(opened):
    tab = opened("neuron")
    assert tab.textContent("#update") == ENGLISH("page.learn_rule", name="w", total="dL/dw")
    tab.fill("#rate", "0,03")
    tab.click("#descend")
    assert tab.textContent("#update") == "w ← 0.5 − 0.03·(−1.6) = 0.548,   b ← 0.1 − 0.03·(−0.8) = 0.124"
    assert (exact(tab, "w"), exact(tab, "b")) == descended(1, 0.03)[:2]
    tab.click("#descend-10")
    assert (exact(tab, "w"), exact(tab, "b")) == descended(11, 0.03)[:2]
    tab.waitForFunction("document.querySelector('#curve-words').textContent.startsWith('L after step 11')")
    tab.click("#undo")
    assert (exact(tab, "w"), exact(tab, "b")) == descended(1, 0.03)[:2]
    tab.click("#undo")
    assert (exact(tab, "w"), exact(tab, "b")) == (0.5, 0.1)
    assert tab.isDisabled("#undo")


def test_a_learning_rate_that_diverges(opened):
    tab = opened("neuron")
    tab.fill("#rate", "5")
    tab.focus("#descend-10")
    for _ in range(12):
        tab.keyboard.press("Enter")
    assert tab.textContent("#picture .loss .number") == "inf"
    tab.waitForFunction(
        "document.querySelector('#curve-words').textContent.startsWith('L after step 92: inf. It grew:')"
    )
    assert tab.evaluate(BEYOND) == []
    tab.click("#reset")
    assert tab.textContent("#picture .loss .number") == "0.16"


def test_a_learning_rate_that_is_none(opened):
    tab = opened("neuron")
    tab.fill("#rate", "fast")
    tab.click("#descend")
    assert tab.getAttribute("#rate", "aria-invalid") == "true"
    assert tab.inputValue(field("w")) == "0.5"
    assert tab.textContent("#update") == ENGLISH("page.learn_rate")


def test_an_infinite_derivative_is_no_step(opened):
    tab = opened("root")
    assert tab.textContent("#update").endswith("u ← u − learning rate · dz/du")
    tab.click("#descend")
    assert tab.textContent("#update") == ENGLISH("page.learn_stuck")
    assert tab.isDisabled("#undo")
    assert tab.textContent("#nudge-rows tr:first-child td:last-child") == "= inf"
    assert tab.textContent("#nudge-words") == ""


def test_the_axes_of_the_contours_are_swapped_if_they_would_be_the_same(opened):
    tab = opened("neuron")
    tab.selectOption("#axis-x", {"label": "b"})
    shown = "['axis-x', 'axis-y'].map(id => document.getElementById(id).selectedOptions[0].textContent)"
    assert tab.evaluate(shown) == ["b", "w"]
    assert tab.isVisible("#contours")


def test_what_becomes_of_the_difference_is_measured(opened):
    tab = opened("root")
    tab.selectOption("#nudged", {"label": "v"})
    tab.fill("#by", "0.1")  # at the kink of |v| the difference shrinks with the nudge, not with its square
    assert tab.textContent("#nudge-words") == (
        "They differ by 0.1. With a nudge of 0.01, they differ by 0.01: 10 times less."
    )
    tab.fill("#by", "1e-20")
    typed(tab, "v", "1e9")
    assert tab.textContent("#nudge-words") == ENGLISH("page.nudge_rounded", name="z")


def test_a_nudge(opened):
    tab = opened("neuron")
    rows = "[...document.querySelectorAll('#nudge-rows tr')].map(row => row.innerText.replaceAll('\\t', ' '))"
    assert tab.evaluate(rows) == [
        "predicted change dL/dw · 0.001 = (−1.6) · 0.001 = −0.0016",
        "actual change 0.158404 − 0.16 = −0.001596",
    ]
    assert tab.textContent("#nudge-words").startswith("They differ by 4e−06.")
    tab.fill("#by", "0.0001")
    assert tab.textContent("#nudge-words").startswith("They differ by 4e−08.")
    tab.selectOption("#nudged", {"label": "x"})
    assert "dL/dx" in tab.textContent("#nudge-rows")
    tab.fill("#by", "little")
    assert tab.getAttribute("#by", "aria-invalid") == "true"


def test_the_table(opened):
    tab = opened("neuron")
    tab.click("#table summary")
    tab.waitForSelector("#rows tr")
    rows = "[...document.querySelectorAll('#rows tr')].map(row => [...row.cells].map(cell => cell.textContent))"
    assert tab.evaluate(rows) == [
        ["w", "given", "0.5", "dL/dw = −1.6"],
        ["x", "given", "2.0", ""],
        ["b", "given", "0.1", "dL/db = −0.8"],
        ["ŷ", "w·x + b", "1.1", "dL/dŷ = −0.8"],
        ["y", "given", "1.5", ""],
        ["L", "(ŷ − y)²", "0.16", "dL/dL = 1.0"],
    ]
    typed(tab, "w", "1")
    tab.fill("#position", "1")
    assert tab.evaluate(rows)[3:] == [["ŷ", "w·x + b", "2.1", "dL/dŷ = ·"], ["y", "given", "1.5", ""], [
        "L", "(ŷ − y)²", "·", "dL/dL = ·",
    ]]  # fmt: skip


def test_a_copied_link_opens_the_same_numbers_at_the_same_step(opened):
    tab = opened("two_paths", permissions=["clipboard-read", "clipboard-write"])
    typed(tab, "w", "1/3")
    tab.fill("#position", "10")
    seen = lines(tab), boxes(tab)
    tab.click("#copy")
    tab.waitForFunction("document.querySelector('#copied').textContent === 'copied'")
    link = tab.evaluate("navigator.clipboard.readText()")
    assert link.endswith("#step=10&0=0.3333333333333333")
    opened("two_paths", link[link.index("#") :])
    assert (lines(tab), boxes(tab)) == seen
    tab.evaluate("location.hash = ''")
    tab.waitForFunction("document.querySelector('#count').textContent === '12 / 12'")
    assert "w = 0.5, dJ/dw = −1.5" in boxes(tab)


def test_a_broken_link_opens_the_page_all_the_same(opened):
    tab = opened("neuron")
    for hash in ["step=99999", "step=-1", "0=x&1=NaN&__proto__=1", "%%%", "sample=9&quiz=x", "0="]:
        tab.evaluate(f"location.hash = {hash!r}")
        assert boxes(tab)[0].startswith("w = 0.5, dL/dw = ")


def test_a_link_to_an_unfolded_picture(opened):
    tab = opened("network", permissions=["clipboard-read", "clipboard-write"])
    tab.click("#unfold")
    tab.fill("#position", "20")
    seen = lines(tab)
    tab.click("#copy")
    tab.waitForFunction("document.querySelector('#copied').textContent === 'copied'")
    link = tab.evaluate("navigator.clipboard.readText()")
    opened("network", link[link.index("#") :])
    assert (lines(tab), len(boxes(tab))) == (seen, 30)


def test_the_picture_alone(opened):
    tab = opened("neuron", "#only=1&step=5")
    assert lines(tab) == NEURON_STEPS[5]
    for part in ("header", "#learn", "#numbers", "#nudge", "#quiz", "#more"):
        assert not tab.isVisible(part)
    assert tab.evaluate("document.documentElement.scrollHeight <= innerHeight")
    tab.keyboard.press("ArrowRight")
    assert lines(tab) == NEURON_STEPS[6]


# --- Samples and groups -----------------------------------------------------------------------------------------------


def test_samples(opened):
    tab = opened("samples")
    assert tab.textContent("#picture .frame-name") == "sample 1 of 4"
    tab.selectOption("#sample", {"label": "sample 3 of 4"})
    assert tab.textContent("#picture .frame-name") == "sample 3 of 4"
    assert "x = −1.0" in boxes(tab)
    tab.click("#reset")
    for _ in range(3):
        tab.click("#descend")
    assert (exact(tab, "w"), exact(tab, "b")) == pytest.approx(descent(loss_of_samples, 3, 0.1), rel=1e-14)


def test_a_step_over_all_samples(opened):
    tab = opened("samples", "#step=7")
    assert lines(tab) == [
        "Backward, from ŷ to w: all 4 samples use w, so their products are added.",
        "dJ/dw = Σ dJ/dŷ · ∂ŷ/∂w",
        "= (−0.2513) + (−0.2003) + 0.07699 + (−0.3338) = −0.7084",
    ]


def test_groups_fold_and_unfold(opened):
    tab = opened("network")
    assert len(boxes(tab)) == 11
    assert tab.textContent("#picture .box.parameter text") == "w1  (8 parameters)"
    tab.keyboard.press("End")
    tab.click("#picture .box.parameter")
    assert len(boxes(tab)) == 30
    assert tab.getAttribute("#unfold", "aria-pressed") == "true"
    tab.keyboard.press("g")
    assert len(boxes(tab)) == 11


def test_a_large_picture_opens_at_its_result_and_follows_the_steps(opened):
    tab = opened("large")
    tab.click("#unfold")
    assert len(boxes(tab)) == 142
    assert seen_in_frame(tab, "#picture .loss")
    assert tab.getAttribute("#fit", "aria-pressed") == "false"
    for step in (1, 20, 60, 100, 180):
        tab.fill("#position", str(step))
        assert seen_in_frame(tab, "#picture .box.now")
    for _ in range(4):
        question(tab, "What is d")
        assert seen_in_frame(tab, "#picture .asked")
    tab.click("#first")
    tab.keyboard.press("f")
    assert tab.evaluate(
        "document.querySelector('#scroll').scrollHeight <= document.querySelector('#scroll').clientHeight"
    )


def seen_in_frame(tab, selector):
    part, frame = (
        tab.evaluate(f"document.querySelector('{s}').getBoundingClientRect().toJSON()") for s in (selector, "#scroll")
    )
    return all(
        frame[start] <= part[start] and part[start] + part[size] <= frame[start] + frame[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


# --- The quiz ---------------------------------------------------------------------------------------------------------


def test_a_question_and_the_right_answer(opened):
    tab = opened("neuron")
    question(tab, "What is dL/dw?")
    assert boxes(tab)[0] == "w = 0.5, dL/dw = ?"
    assert lines(tab)[0] == "A number is missing in the picture."
    assert answered(tab, "-8/5") == "Right. dL/dw = (−0.8) · 2.0 = −1.6"
    assert tab.getAttribute("#verdict", "class") == "good"
    assert boxes(tab)[0] == "w = 0.5, dL/dw = −1.6"
    assert tab.textContent("#score") == "1 of 1 right at the first try"
    assert tab.evaluate("document.activeElement.id") == "ask"
    question(tab, "What is L = (ŷ − y)²?")
    assert answered(tab, "0.4") == ENGLISH("page.mistake_not_squared")
    assert answered(tab, "0,16") == "Right. L = (1.1 − 1.5)² = 0.16"
    assert tab.textContent("#score") == "1 of 2 right at the first try"
    question(tab, "What is ∂L/∂ŷ, the local derivative on the arrow from ŷ to L?")
    tab.click("#give-up")
    assert tab.textContent("#verdict") == "∂L/∂ŷ = 2·(ŷ − y) = −0.8"
    assert tab.textContent("#score") == "1 of 3 right at the first try"


def test_the_quiz_ends_with_a_step(opened):
    tab = opened("neuron", "#quiz=7")
    assert "?" in "".join(boxes(tab) + arrows(tab))
    answered(tab, "77")
    tab.keyboard.press("Escape")
    tab.click("#back")
    assert lines(tab) == NEURON_STEPS[6]
    assert tab.textContent("#question") == ""
    assert tab.textContent("#verdict") == "L = (1.1 − 1.5)² = 0.16"
    assert tab.isDisabled("#check")


def wrong_answers():
    """Wrong answers to questions about `distinct`, with what is said about them."""
    w, b, x, k, y, c, decay = 0.53, 0.17, 2.3, 1.3, 3.9, 0.7, 0.11
    yhat = w * x + b * k
    local = 2 * (yhat - y)
    first, second = c * local * x, decay * 2 * w
    total = first + second
    of_w, of_slope, of_value = "What is dJ/dw?", "What is ∂L/∂ŷ,", "What is ŷ = "
    of_b, of_L, of_x = "What is dJ/db?", "What is L = ", "What is ∂ŷ/∂w,"
    words = ENGLISH.section("page")
    along = {"local": "∂ŷ/∂b", "upstream": "dJ/dŷ"}
    return [
        (of_w, -total, words["mistake_sign"]),
        (of_w, 2 * total, words["mistake_double"]),
        (of_w, total / 2, words["mistake_half"]),
        (of_w, 1 / total, words["mistake_inverse"]),
        (of_w, total * 0.985, words["quiz_close"]),
        (of_w, 1234.5, words["quiz_wrong"]),
        (of_w, "w", words["quiz_no_number"]),
        (of_w, "1/0", words["quiz_no_number"]),
        (of_w, "Infinity", words["quiz_no_number"]),
        (of_w, first, ENGLISH("page.mistake_one_path", to="ŷ", name="w", n=2)),
        (of_w, second, ENGLISH("page.mistake_one_path", to="R", name="w", n=2)),
        (of_w, first * second, words["mistake_paths_multiplied"]),
        (of_w, w, ENGLISH("page.mistake_value", name="w")),
        (of_b, k, ENGLISH("page.mistake_local_alone", **along)),
        (of_b, c * local, ENGLISH("page.mistake_upstream_alone", **along)),
        (of_b, c * local + k, ENGLISH("page.mistake_added", **along)),
        (of_b, c * local * k * k, ENGLISH("page.mistake_twice", **along)),
        (of_b, local * k, ENGLISH("page.mistake_missing", local="∂J/∂L")),
        (of_b, total, ENGLISH("page.mistake_other_gradient", symbol="dJ/dw", name="w")),
        (of_slope, c * local, ENGLISH("page.mistake_already_multiplied", upstream="dJ/dL")),
        (of_x, k, ENGLISH("page.mistake_other", symbol="∂ŷ/∂b")),
        (of_slope, (yhat - y) ** 2, ENGLISH("page.mistake_value", name="L")),
        (of_value, yhat - x, ENGLISH("page.mistake_term_missing", name="x")),
        (of_value, yhat + 2 * b, ENGLISH("page.mistake_term_sign", name="b")),
        (of_value, yhat**2, words["mistake_squared"]),
        (of_L, abs(yhat - y), words["mistake_not_squared"]),
    ]


def test_wrong_answers_are_told_why(opened):
    tab, asked, said = opened("distinct"), None, []
    for start, answer, _ in wrong_answers():
        if start != asked:
            question(tab, start)
            asked = start
        said.append((start, answer, answered(tab, answer)))
        assert tab.getAttribute("#verdict", "class") == "bad"
    assert said == wrong_answers()


QUESTIONS = """Array.from({length: 24}, () => {
  document.querySelector('#ask').click();
  return document.querySelector('#question').textContent;
})"""


def test_everybody_gets_the_same_questions(opened):
    def questions(hash):
        tab = opened("distinct", hash)
        return tab.evaluate(QUESTIONS)

    assert questions("#quiz=7") == questions("#quiz=7") != questions("#quiz=8")


def test_no_question_comes_twice_before_each_came_once(opened):
    tab = opened("neuron")
    asked = tab.evaluate(QUESTIONS)
    rounds = [asked[:8], asked[8:16], asked[16:]]
    assert [len(set(one)) for one in rounds] == [8, 8, 8]
    assert len({frozenset(one) for one in rounds}) == 1


@pytest.mark.parametrize("name", ["distinct", "samples", "network"])
def test_nothing_on_the_page_gives_the_answer_away(opened, name):
    tab = opened(name, "#quiz=3")
    tab.click("#table summary")
    tab.waitForSelector("#rows tr")
    tab.click("#descend")
    asked, leaves = set(), [number(exact(tab, x)) for x in tab.evaluate(LEAVES)]
    for text, everything, verdict in tab.evaluate(QUIZ):
        *terms, answer = re.findall(NUMBER, verdict)
        if answer in terms or answer in leaves or {answer, *terms} & {"1.0", "0.0"}:
            continue  # a product with 1, or a local derivative that is the number of a leaf
        asked.add(text)
        assert answer not in re.findall(NUMBER, everything), f"{text} {answer}"
    assert len(asked) > 5


# --- Security ---------------------------------------------------------------------------------------------------------

HOSTILE = [
    "<script>window.hacked = 1</script>", "</script><img src=x onerror='window.hacked = 1'>", "<!--<script>", "&lt;",
    '"quoted\'"', "{{data}}", "{name}", "__proto__", "constructor", "var", "toString", "]]>", "new\nline", "\u202eabc",
    "W" * 10_000,
]  # fmt: skip


def hostile():
    inputs = [Value(0.5 + i, label) for i, label in enumerate(HOSTILE)]
    own = define("__proto__", "var * new", dvar="new", dnew="var")
    total = inputs[0]
    for i, x in enumerate(inputs[1:]):
        total = (own(total, x) * 0.1).named(f"{HOSTILE[i]}{i}")
    return page(total, title="</title><script>window.hacked = 1</script>{{script}}" + "t" * 300)


def test_hostile_labels_and_titles_are_shown_as_text(opened):
    usual = opened("neuron").evaluate("Object.getOwnPropertyNames(window).sort()")
    tab = opened("hostile", make=hostile)
    assert tab.evaluate("Object.getOwnPropertyNames(window).sort()") == usual
    assert tab.evaluate("[Object.keys({}).length, Object.getOwnPropertyNames(Object.prototype).length]") == [0, 12]
    tab.click("#table summary")
    tab.waitForSelector("#rows tr")
    for key in ("Home", *["ArrowRight"] * 12, "l", "q"):
        tab.keyboard.press(key)
    tab.click("#give-up")
    assert tab.title().startswith("</title><script>window.hacked = 1</script>{{script}}ttt")
    names = tab.evaluate("[...document.querySelectorAll('.leaf-name')].map(name => name.title)")
    shown = [name.replace("\n", " ").replace("\u202e", "\N{REPLACEMENT CHARACTER}") for name in HOSTILE]
    assert [name[:59] for name in names] == [name[:59] for name in shown]
    assert tab.evaluate("document.querySelectorAll('img, script:not(#data)').length") == 1
    assert tab.evaluate("window.hacked") is None
    assert tab.evaluate(BEYOND) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate("document.documentElement.scrollHeight < 6000")


def test_the_policy_refuses_what_is_injected(opened):
    tab = opened("neuron")
    refused = tab.evaluate("""(async () => {
      const refused = [];
      document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective));
      const add = (name, attributes, text = '') => {
        const element = Object.assign(document.createElement(name), attributes);
        element.textContent = text;
        document.body.append(element);
      };
      add('script', {}, 'window.hacked = 1');
      add('script', {src: 'data:text/javascript,window.hacked=1'});
      add('img', {src: 'https://example.invalid/a.png'});
      add('style', {}, 'body { display: none }');
      add('iframe', {src: 'https://example.invalid'});
      const failed = await fetch('https://example.invalid/').catch(() => 'failed');
      await new Promise(resolve => setTimeout(resolve, 100));
      return [window.hacked ?? null, failed, ...new Set(refused)];
    })()""")
    assert refused[:2] == [None, "failed"]
    assert set(refused[2:]) == {"script-src-elem", "img-src", "style-src-elem", "frame-src", "connect-src"}
    complaints = [said for said in tab.noticed() if said != "https://example.invalid/a.png"]
    assert [said for said in complaints if "Content Security Policy" not in said] == []


def test_a_notebook_shows_the_page_in_a_frame(opened):
    document = "<!DOCTYPE html><title>notebook</title><body>" + page(neuron())._repr_html_()
    tab = opened("notebook", make=lambda: type("Saved", (), {"html": document}))
    tab.framed("#first", "click")
    tab.framed("#next", "click")
    assert tab.framed("#symbols", "textContent") == "ŷ = w·x + b"
    tab.framed("#copy", "click")
    tab.framed("#copied:has-text('#step=1')", "waitFor")
    assert tab.evaluate("document.querySelector('iframe').contentDocument") is None  # an origin of its own


# --- Screens, paper, and people ---------------------------------------------------------------------------------------


def test_a_phone_shows_the_picture_from_top_to_bottom(opened):
    tab = opened("two_paths", viewport=PHONE, isMobile=True, hasTouch=True)
    tops = tab.evaluate("[...document.querySelectorAll('#picture .box')].map(box => box.getBoundingClientRect().top)")
    assert max(tops) == tops[-1]
    assert len({round(top) for top in tops}) >= 4
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tab.tap("#back")
    assert tab.textContent("#count") == "11 / 12"
    tab.setViewportSize(DESKTOP)
    tab.waitForFunction("document.querySelector('#picture').getBoundingClientRect().width > 600")
    assert tab.textContent("#count") == "11 / 12"


def test_dark_and_on_paper(opened):
    paper = "getComputedStyle(document.body).backgroundColor"
    assert opened("neuron").evaluate(paper) == "rgb(255, 255, 255)"
    tab = opened("neuron", colorScheme="dark")
    assert tab.evaluate(paper) == "rgb(20, 24, 29)"
    tab.emulateMedia({"media": "print"})
    assert tab.evaluate(paper) == "rgb(255, 255, 255)"
    for part, is_printed in {
        "h1": True,
        "#picture": True,
        "#symbols": True,
        "#player": False,
        "#numbers": False,
    }.items():
        assert tab.isVisible(part) is is_printed


@pytest.mark.parametrize(("motion", "moving"), [("no-preference", True), ("reduce", False)])
def test_nothing_moves_where_less_motion_is_asked_for(opened, motion, moving):
    tab = opened("neuron", "#step=5", reducedMotion=motion)
    assert tab.evaluate("document.getAnimations().some(animation => animation.playState === 'running')") is moving


WILD = ["1e-300", "-1e300", "123456.789", "-0.000123456", "1.7976931348623157e308", "-9999.5"]


@pytest.mark.parametrize("font", ["Liberation Sans", "DejaVu Sans"])
@pytest.mark.parametrize("name", ["network", "hostile"])
def test_no_text_is_wider_than_its_box(opened, name, font):
    def in_font():
        made = hostile() if name == "hostile" else PAGES[name]()
        return type("Saved", (), {"html": made.html.replace('Helvetica, Arial, "Liberation Sans"', f'"{font}"')})

    tab = opened(f"{name}_{font}", make=in_font, bypassCSP=True)
    assert tab.evaluate(BEYOND) == []
    fields = tab.evaluate("[...document.querySelectorAll('#leaves input[type=text]')].slice(0, 4).length")
    for k, wild in enumerate(WILD):
        tab.fill(f":nth-match(#leaves input[type=text], {1 + k % fields})", wild)
        assert tab.evaluate(BEYOND) == []
    tab.fill("#position", "8")
    assert tab.evaluate(BEYOND) == []
    if tab.isVisible("#unfold"):
        tab.click("#unfold")
        assert tab.evaluate(BEYOND) == []


FOCUS = """(() => {
  const {activeElement: element} = document, {outlineStyle, outlineWidth} = getComputedStyle(element);
  const isVisible = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  return [element.id || element.getAttribute('aria-label') || element.innerText, isVisible];
})()"""


def test_a_session_with_the_keyboard_alone(opened):
    tab = opened("neuron")
    reached = []
    while len(reached) < 60:
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement === document.body"):
            break
        name, is_visible = tab.evaluate(FOCUS)
        assert is_visible, f"the focus on {name} cannot be seen"
        reached.append(name)
    usable = tab.evaluate("""[...document.querySelectorAll('button, input, select, summary, [tabindex="0"]')]
      .filter(element => !element.disabled && element.checkVisibility())
      .map(element => element.id || element.getAttribute('aria-label') || element.innerText)""")
    assert reached == usable
    tab.keyboard.press("Home")
    assert lines(tab) == NEURON_STEPS[0]
    tab.keyboard.press("ArrowRight")
    assert lines(tab) == NEURON_STEPS[1]
    tab.keyboard.press(" ")
    assert tab.getAttribute("#play", "aria-label") == "Pause"
    tab.keyboard.press(" ")
    assert tab.getAttribute("#play", "aria-label") == "Play"
    tab.keyboard.press("l")
    assert tab.inputValue(field("w")) == "0.66"
    tab.keyboard.press("u")
    assert tab.inputValue(field("w")) == "0.5"
    tab.keyboard.press("L")
    tab.keyboard.press("r")
    assert tab.inputValue(field("w")) == "0.5"
    tab.keyboard.press("q")
    tab.keyboard.type("77")
    tab.keyboard.press("Enter")
    assert tab.textContent("#verdict") == ENGLISH("page.quiz_wrong")
    for _ in range(2):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "ask"
    tab.keyboard.press("f")
    assert tab.getAttribute("#fit", "aria-pressed") == "false"
    tab.keyboard.press("End")
    assert lines(tab) == NEURON_STEPS[-1]


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened, scheme):
    tab = opened("samples", colorScheme=scheme)
    rules = {"resultTypes": ["violations"]}
    if scheme == "dark":
        rules["runOnly"] = ["color-contrast"]  # the only rule on which the colours bear
    assert tab.violations(rules) == []
    tab.fill("#position", "6")
    tab.click("#table summary")
    tab.waitForSelector("#rows tr")
    assert tab.violations(rules) == []
    tab.click("#ask")
    answered(tab, "77")
    assert tab.violations(rules) == []


def test_what_a_screen_reader_gets_at_a_backward_step(opened):
    tree = opened("two_paths", "#step=10").accessibility()
    for part in (
        '- heading "J, step by step" [level=1]',
        '- img "w = 0.5, dJ/dw = −1.5"',
        '- img "∂ŷ/∂w = 2.0"',
        "- text: dJ/dw = dJ/dR · ∂R/∂w +",
        "- strong: dJ/dŷ · ∂ŷ/∂w",
        '- toolbar "Steps":',
        '- slider "Step": "10"',
        '- textbox "w, as a number": "0.5"',
    ):
        assert part in tree, tree
