"""Pages in every language: nothing is left in English, neither in the HTML nor in what the JavaScript says."""

import json
import re
from html.parser import HTMLParser

import pytest

from autograd import log, page, where
from autograd.explaining.words import LANGUAGES, words
from tests.drawing.page.test_page import data_of, network, one_neuron, samples

ENGLISH = words("en")
SHARED = {
    "de": "fast gradient graph in link notebook parameter quiz so was",
    "es": "factor local no",
    "fr": "contribution expression gradient interactive long notebook on page pause question quiz",
    "zh": "end home",
}
"""Words of the English table that are also words of another language."""
CODE = {"javascript"}
"""Words that are the same in every language."""


class Text(HTMLParser):
    """Everything that a reader of a document may see or hear: its text, and the attributes that are shown or read."""

    def __init__(self, html):
        super().__init__()
        self.found, self.language = [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("title", "aria-label", "alt", "placeholder", "label")]
        if tag == "html":
            self.language = dict(attrs)["lang"]

    def handle_data(self, data):
        if not self.cdata_elem:  # not within a script or a style sheet
            self.found.append(data)


def leaky(w, b):
    h = (w * 2.0 + b).named("h")
    return (where(h > 0, h, 0.1 * h).named("a") + log(b)).named("z")


def pages(language):
    yield page(one_neuron(), language=language)
    yield page(samples(), language=language)
    yield page(network(), language=language)
    yield page(leaky, w=-0.5, b=0.1, language=language)


def strings(data):
    """All strings in data, without the keys of dicts."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from strings(item)


def shown(lesson):
    """All text of a page: in its HTML, in its data, and what an operation needs, as the JavaScript says it."""
    data = data_of(lesson.html)
    for view in data["views"]:  # the kinds of boxes are names of style classes, and the curves of arrows are paths
        del view["places"]
        for box in view["boxes"]:
            del box["kind"]
    needs = [json.loads(text) for text in re.findall(r'needs: (".*?")', lesson.html)]
    notebook = Text(lesson._repr_html_()).found
    return "\n".join([*Text(lesson.html).found, *strings(data), *needs, *notebook])


def vocabulary(text):
    """The words of a string, without what is to be filled in, and without letters that stand for numbers or keys."""
    return set(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{\w+\}", "", text).lower()))


ENGLISH_WORDS = {word for key, text in ENGLISH.items() if key != "language" for word in vocabulary(text)} - CODE


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_nothing_is_left_in_english(language):
    for lesson in pages(language):
        left = vocabulary(shown(lesson)) & ENGLISH_WORDS - set(SHARED[language].split())
        assert left == set(), lesson
        assert Text(lesson.html).language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_in_the_html_have_nothing_left_to_fill_in(language):
    assert not re.search(r"\{\w*\}", "".join(Text(page(one_neuron(), language=language).html).found))


def test_english_is_noticed():
    for key in ("play", "step_seed", "keys_text", "mistake_sign"):
        lesson = page(one_neuron(), language=words("de") | {f"page.{key}": ENGLISH[f"page.{key}"]})
        assert vocabulary(shown(lesson)) & ENGLISH_WORDS - set(SHARED["de"].split())


def test_formulas_are_written_in_the_language():
    lesson = page(leaky, w=-0.5, b=0.1, language="de")
    values = {value["name"]: value for value in data_of(lesson.html)["values"]}
    assert values["a"]["text"] == "h falls h > 0, sonst 0.1·h"
    assert "".join(piece for piece in values["a"]["pieces"] if isinstance(piece, str)) == " falls  > 0, sonst 0.1·"


def test_what_an_operation_needs_is_written_in_the_language():
    html = page(lambda x, y: x**y, x=2.0, y=0.5, language="fr").html
    needs = [json.loads(text) for text in re.findall(r'needs: (".*?")', html)]
    assert needs == ["x > 0 ou x = 0 et y ≥ 0 ou x < 0 et y = floor(y)"]
