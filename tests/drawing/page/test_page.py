"""The interactive page as a file: what it says, what it allows, and that it is the same in every run."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

import autograd.drawing.page as package
from autograd import Constant, GraphTooLarge, StaleGraphError, Value, mean, page, relu, where
from neuron import MLP

FOLDER = Path(package.__file__).parent


def one_neuron():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    y_hat = (w * Constant(2.0, "x") + b).named("ŷ")
    return ((y_hat - Constant(1.5, "y")) ** 2).named("L")


def network():
    y_hat = MLP(2, [4, 1], activation="tanh", seed=1)([Constant(1.0, "x[0]"), Constant(-0.5, "x[1]")])
    return ((y_hat - Constant(0.3, "y")) ** 2).named("L")


def samples(n=4):
    w = Value(0.5, label="w")
    return mean([((w * Constant(k, "x") - Constant(2.0, "y")) ** 2).named("L") for k in range(1, n + 1)]).named("J")


def data_of(html):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)[1])


class Elements(HTMLParser):
    """The tags of a document, and the text of its scripts and style sheets."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value) for name, value in attrs]

    def handle_data(self, data):
        if self.cdata_elem:  # within a script or a style sheet
            self.text.setdefault(self.cdata_elem, []).append(data)


def test_the_policy_allows_its_own_script_and_style_alone():
    html = page(one_neuron()).html
    policy = unescape(re.search(r'Content-Security-Policy" content="(.*?)"', html)[1])
    elements = Elements(html)
    hashed = {
        kind: base64.b64encode(hashlib.sha256(elements.text[kind][-1].encode()).digest()).decode()
        for kind in ("script", "style")
    }
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{hashed['style']}'",
        f"script-src 'sha256-{hashed['script']}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_nothing_comes_from_elsewhere():
    html = page(one_neuron()).html
    addresses = set(re.findall(r"https?://[\w./]+", html))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not {name for name, _ in Elements(html).attributes} & {"src", "href", "onclick", "onload", "style"}


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"quoted"',
    "{{data}}",
    "a&b",
    "\u2028",
    "\x00",
    "\ud800",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_labels_and_titles_are_text(label):
    w = Value(0.5, label=label)
    html = page((w * Constant(2.0, label) + 1.0).named(label + "z"), title=label).html
    html.encode()  # no lone surrogates
    assert Elements(html).tags == Elements(page(one_neuron()).html).tags
    assert "\x00" not in html


def test_two_runs_give_the_same_bytes():
    code = (
        "from tests.drawing.page.test_page import *; import sys;"
        "sys.stdout.buffer.write((page(network()).html + page(samples()).html).encode())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=FOLDER.parents[2],
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0]) > 100_000


def test_sizes():
    assert len(page(one_neuron()).html.encode()) < 75_000
    assert len(page(network()).html.encode()) < 110_000


def test_each_part_of_the_script_is_short():
    lengths = {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in FOLDER.glob("*.js")}
    assert len(lengths) == 9
    assert all(length < 200 for length in lengths.values()), lengths


def test_a_view_for_groups_and_one_for_each_value():
    data = data_of(page(network()).html)
    folded, unfolded = data["views"]
    assert [box.get("name") for box in folded["boxes"] if "name" in box] == ["w1", "b1", "h1", "a1", "w2"]
    assert len(folded["boxes"]) < len(unfolded["boxes"]) == len(data["values"])
    assert len(data_of(page(one_neuron()).html)["views"]) == 1


def test_each_sample_has_its_own_nodes():
    data = data_of(page(samples()).html)
    at = {value["name"]: value["at"] for value in data["values"]}
    assert data["samples"] == 4
    assert [len(at[name]) for name in ("x", "y", "L")] == [4, 4, 4]
    assert isinstance(at["w"], int)
    assert isinstance(at["J"], int)
    assert [data["nodes"][i][1] for i in at["x"]] == [1.0, 2.0, 3.0, 4.0]


def test_samples_that_are_computed_differently_have_no_selector():
    w = Value(0.5, "w")
    first = ((w * Constant(1.0, "x")).named("ŷ") - 1.0).named("L")
    second = ((w * Constant(2.0, "x") + 1.0).named("ŷ") - 2.0).named("L")
    data = data_of(page(mean([first, second]).named("J")).html)
    assert all(isinstance(value["at"], int) for value in data["values"])


def test_expressions_in_pieces():
    data = data_of(page(one_neuron()).html)
    values = {value["name"]: value for value in data["values"]}
    w, x, b, y_hat, y = (list(values).index(name) for name in ("w", "x", "b", "ŷ", "y"))
    assert values["ŷ"]["pieces"] == [-1 - w, "·", -1 - x, " + ", -1 - b]
    assert values["L"]["pieces"] == ["(", y_hat, " − ", -1 - y, ")²"]
    (value,) = (value for value in data_of(page(relu(Value(0.5, "h")).named("a")).html)["values"] if "text" in value)
    assert (value["text"], value["pieces"]) == ("relu(h)", ["relu(", 0, ")"])


def test_save_and_what_it_cannot_write(tmp_path):
    lesson = page(one_neuron(), title="One neuron")
    file = tmp_path / "lesson.html"
    assert lesson.save(file) == str(file)
    assert file.read_text(encoding="utf-8") == lesson.html
    with pytest.raises(ValueError, match=r"save\('.*lesson.png'\): a page is HTML; end its name in .html"):
        lesson.save(tmp_path / "lesson.png")


def test_in_a_notebook():
    html = page(one_neuron(), title="a < b")._repr_html_()
    assert html.startswith("<p>a &lt; b: an interactive page. (If nothing appears below, trust this notebook")
    assert 'sandbox="allow-scripts"' in html
    assert "<!DOCTYPE html>" in unescape(re.search('srcdoc="(.*?)"', html, re.DOTALL)[1])


def test_a_function_and_its_inputs():
    by_name = page(lambda w, b: (w * 2.0 + b) ** 2, w=0.5, b=0.1)
    assert (
        repr(by_name)
        == """<Page 'z, step by step': 3 boxes; .save("lesson.html") writes it, and a notebook shows it>"""
    )
    assert page(lambda title: title * 2.0, {"title": 1.0}, title="t").title == "t"


def test_a_branch_that_was_taken_in_python_is_mentioned():
    assert data_of(page(lambda w: w * 3.0 if w > 0 else w * 2.0, w=1.0).html)["hasFixedChoices"]
    assert not data_of(page(lambda w: where(w > 0, w * 3.0, w * 2.0), w=1.0).html)["hasFixedChoices"]


def test_errors():
    w = Value(0.5, "w")
    with pytest.raises(TypeError, match=r"page takes a Value or a function, not 3"):
        page(3)
    with pytest.raises(TypeError, match=r"page takes a Value or a function, not Constant\(2.0, label='x'\)"):
        page(Constant(2.0, "x"))
    with pytest.raises(
        TypeError, match=r"title=3: the title of a page is a string; for an input of this name, pass a dict"
    ):
        page(w * 2.0, title=3)
    with pytest.raises(TypeError, match=r"page\(f, 0.5, 0.1\): write the inputs by name"):
        page(lambda w, b: w * b, 0.5, 0.1)
    with pytest.raises(ValueError, match=r"w = inf: on a page, numbers are moved from finite ones"):
        page(lambda w: w * 2.0, w=float("inf"))
    with pytest.raises(
        TypeError, match=r"page\(L, w=...\): page has no option of this name, and a result has its numbers already"
    ):
        page(w * 2.0, w=3.0)
    with pytest.raises(
        TypeError, match=r"page\(f, 0.5\): write the inputs by name, as in page\(f, w=0.5\), or pass a dict"
    ):
        page(lambda w: w * 2.0, 0.5)
    with pytest.raises(GraphTooLarge, match="this picture would have 3 boxes"):
        page(((w * 2.0).named("h") * 2.0).named("L"), max_nodes=2)
    with pytest.raises(GraphTooLarge, match="pass data as Constants, so that one sample stands for all"):
        page(lambda w, x: mean([(w * k) ** 2 for k in x]), w=0.5, x=[1.0, 2.0, 3.0], max_nodes=2)
    L = w * w
    w.data = 1.0
    with pytest.raises(StaleGraphError, match="'w' was changed"):
        page(L)


def test_words_in_another_language():
    html = page(one_neuron(), language={"page.learn": "Lernen & mehr", "page.step_all": "Alles ist berechnet."}).html
    assert "<h2>Lernen &amp; mehr</h2>" in html
    assert data_of(html)["words"]["step_all"] == "Alles ist berechnet."
    with pytest.raises(ValueError, match=r"did you mean 'page\.learn'"):
        page(one_neuron(), language={"page.lern": "Lernen"})


def test_every_word_of_the_page_is_used_and_every_used_word_is_there():
    words = set(data_of(page(one_neuron()).html)["words"])
    code = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.js"))
    template = set(re.findall(r"\{\{(\w+)\}\}", (FOLDER / "page.html").read_text(encoding="utf-8")))
    said = set(re.findall(r"say\('(\w+)'", code)) | set(re.findall(r"'(mistake_\w+|step_\w+|quiz_\w+)'", code))
    assert said <= words
    own = {"lang", "policy", "style", "script", "data", "title"}
    from autograd.explaining.words import ENGLISH

    known = set(ENGLISH.section("page"))
    assert template - own <= known
    assert known - template - words == {"in_notebook"}
