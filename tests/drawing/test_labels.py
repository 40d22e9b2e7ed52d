"""Labels may hold anything; what is shown of them is printable and short, and the same in all places."""

import random
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd import Constant, Value, draw, explain
from autograd.formula.typesetting import MAX_MARKS, printable, shortened
from tests.robustness import characters

NASTY = [
    "\0",
    "\x01",
    "\ud800",
    "\udfff",
    "\u202e",
    "\u2066",
    "\ufffe",
    "\r\n",
    "\\N",
    '"',
    "<b>",
    "&amp;",
    "]]>",
    "{|}",
    "%",
    "$",
]
anything = st.lists(st.characters(exclude_categories=()) | st.sampled_from(NASTY), max_size=8).map("".join)


def check_text(*strings):
    for string in strings:
        assert string.encode("utf-8")
        assert string.translate(dict.fromkeys(map(ord, "\n\t\u200c\u200d"))).isprintable()


@settings(max_examples=10, deadline=None)
@given(anything)
@example("x" * 10**5)
@example("".join(NASTY))
def test_what_is_shown_is_printable(text):
    w, J = characters.graph(text)
    for wrt, options in ((None, {"view": "full"}), (w, {}), (J.args[0], {"group": False})):
        drawing = draw(J, wrt, **options)
        check_text(drawing.source, drawing.words)
        assert len(drawing.source) < 300_000
    for wrt in (w, [w, J.args[0]]):
        explanation = explain(J, wrt)
        check_text(str(explanation), explanation.latex)
        assert len(str(explanation)) < 20_000


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(anything)
@example("x" * 10**5)
@example("".join(NASTY))
@example("<b>")
def test_every_label_can_be_drawn(text):
    w, J = characters.graph(text)
    for wrt in (w, [w, J.args[0]]):
        bundle = draw(J, wrt)._repr_mimebundle_()
        check_text(*bundle.values())
        assert ElementTree.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")


@pytest.mark.parametrize("label", ["\0nul", "a\x01b", "\ud800", "\u202egnp.exe", "x" * 10**5])
def test_labels_of_constants_and_values_are_shown_alike(label):
    pictures = [
        draw((Value(1.0, label="w") * named(2.0, label)).named("L"))._repr_mimebundle_() for named in (Value, Constant)
    ]
    for bundle in pictures:
        assert "text/html" in bundle
        check_text(*bundle.values())


@given(anything)
def test_one_function_makes_text_printable(text):
    shown = printable(text)
    check_text(f"[{''.join(shown.split())}]")
    assert printable(shown) == shown
    assert len(shortened(text, 5)) <= 5
    assert "\n" not in shortened(text)


def test_marks_are_few_and_long_labels_end_in_an_ellipsis():
    assert printable("a" + "\u0301" * 99) == "a" + "\u0301" * MAX_MARKS + "\ufffd"
    assert shortened("a" + "\u0301" * 99) == "a" + "\u0301" * MAX_MARKS + "\ufffd…"
    assert shortened("a\tb\r\nc\u2028") == "a b  c "
    assert printable("\u0301" * 9) == printable("\u200d" * 9) == "\ufffd", "they need something to stand on"


@pytest.mark.parametrize("text", ["👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "می\u200cخواهم", "שלום", "ŷ", "e\u0301"])
def test_writing_that_people_use_is_left_as_it_is(text):
    assert printable(text) == text


@pytest.mark.parametrize("sink", [sink for sink in characters.SINKS if sink not in ("rendered_pictures", "reports")])
def test_hostile_names_are_shown_as_text_everywhere(sink):
    choice = random.Random(sink)
    for text in ("\0\ud800\u202e\u2066\u2028\x1b[31m", characters.hostile(choice)):
        assert characters.attack(sink, text) == []


def test_reports_show_hostile_names_as_text():
    assert characters.attack("reports", "\u202e" + "a\u0301" * 300 + "</b>\udfff") == []


def test_labels_with_backslashes_and_markup_are_drawn_as_they_are():
    assert characters.attack("rendered_pictures", r"\\N\G\\\frac</b>&amp;") == []


def test_labels_that_look_alike_have_a_box_each():
    v, w = Value(1.0, "w\u200b"), Value(1.0, "w\0")
    picture = draw((v * w).named("L"))
    assert picture.source.count("<b>w\ufffd</b>") == 2


def test_numbers_keep_their_places_beside_names_that_run_from_right_to_left():
    w = Value(-1.0, "שלום")
    L = (w * 2.0).named("L")
    L.backward()
    assert draw(L).pipe("svg", encoding="utf-8").count("unicode-bidi:isolate") >= 2
