"""The table of words: complete in every language, used, and replaceable."""

import re
from pathlib import Path

import pytest

import autograd
import neuron
from autograd import Value, draw, explain, where
from autograd.drawing.page.function_graph import graph_of
from autograd.explaining.words import LANGUAGES, Words, filled, words

ENGLISH = words("en")
CODE = "\n".join(
    file.read_text(encoding="utf-8")
    for package in (autograd, neuron)
    for file in Path(package.__file__).parent.rglob("*")
    if file.suffix in (".py", ".js", ".html", ".css")
)


def parts(template):
    return sorted(set(re.findall(r"\{(\w+)\}", template)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_has_the_same_keys_and_the_same_parts(language):
    translated = words(language)
    assert list(translated) == list(ENGLISH)
    assert {key: parts(text) for key, text in translated.items()} == {key: parts(en) for key, en in ENGLISH.items()}
    assert translated["language"] == Words(language).code == language
    assert all(text.strip() for text in translated.values())


def uses(key):
    """The ways in which code uses the words of a key: those of a page also in its HTML and in its JavaScript."""
    section, _, name = key.rpartition(".")
    return [f'"{key}"', f"'{key}'", *([f"{{{{{name}}}}}", f"'{name}'"] if section else [])]


def test_every_key_is_used():
    assert [key for key in ENGLISH if not any(use in CODE for use in uses(key))] == []


def test_formulas_are_written_in_the_language():
    style = Words("de").style
    condition = style.compared("and", ("x > 0", 5), ("y > 0", 5))
    assert style.conditional(condition, ("a", 0), ("b", 0))[0] == "a falls x > 0 und y > 0, sonst b"
    assert Words("zh").style.conditional(("x > 0", 5), ("a", 0), ("b", 0))[0] == "若 x > 0 则 a 否则 b"


def test_cases_in_latex_are_written_in_the_language():
    written = Words("fr").latex.conditional(("x > 0", 5), ("a", 0), ("b", 0))[0]
    assert written == r"\begin{cases} a & \text{si } x > 0 \\ b & \text{sinon} \end{cases}"
    root, _ = graph_of(lambda x: where(x > 0, x, 0), {"x": 1.0})
    assert r"\text{falls } x > 0" in explain(root, language="de").forward.latex


def test_braces_in_what_is_filled_in_mean_nothing():
    assert filled("{a} and {b}", a="{b}", b="{0}") == "{b} and {0}"
    w = Value(1.0, "{name}")
    L = (w * 2).named("{0}")
    L.backward()
    L.backward()
    assert explain(L, w).note.startswith("{name}.grad is 4.0, 2 times that")


def test_some_words_can_be_replaced():
    L = (Value(0.5, label="w") * 2).named("L")
    assert "dL/dw = todo" in draw(L, language={"not_computed": "todo"}).source
    assert "dL/dw = todo" in draw(L, language=words("de") | {"not_computed": "todo"}).words
    assert Words({"not_computed": "todo"}).code == "en"
    assert Words({"language": "pt"}).code == "pt"


@pytest.mark.parametrize(
    ("language", "error", "message"),
    [
        ("German", ValueError, "language='German': known languages: de, en, es, fr, zh; for others, pass a dict that "
         "translates the English words"),
        (None, ValueError, "language=None: known languages: de, en, es, fr, zh; for others, pass a dict that "
         "translates the English words"),
        ({"not_compute": "x"}, ValueError, "language={'not_compute': ...}: pictures have no such words: did you mean "
         "'not_computed'?"),
        ({"qqq": "x"}, ValueError, "language={'qqq': ...}: pictures have no such words; "
         f"{len(ENGLISH)} keys are known"),
        ({"samples": "data"}, ValueError, "language={'samples': 'data'} has the parts [], but the English words "
         "'{count} samples' have ['count']"),
        ({"total": 5}, TypeError, "language={'total': 5}: a translation is a string"),
    ],
)  # fmt: skip
def test_mistakes_in_a_language(language, error, message):
    w = Value(0.5, "w")
    for show in (draw, explain):
        with pytest.raises(error) as raised:
            show(w * 2, w, language=language)
        assert str(raised.value) == message
