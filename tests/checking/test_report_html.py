"""A report as HTML: the same content as the text, safe, small, and readable in light, in dark and in grey."""

import re
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest

from autograd import define, gradcheck, relu, tanh
from autograd.checking.inputs import Block
from autograd.checking.reports.report import Report, by_array
from autograd.checking.reports.report_html import BOX, MAX_ARRAYS, PALETTE, STYLE, as_html
from autograd.checking.verdicts import Slopes, judge
from tests.checking.test_plots import SQUARE, column, squares


class Page(HTMLParser):
    """The tags, the attributes, the cells of the table and the words of some HTML."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.rows, self.words, self.open = set(), [], [], "", []
        self.feed(html)
        assert self.open == [], "every tag is closed"

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, *attribute) for attribute in attrs]
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, *attribute) for attribute in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data

    def count(self, tag, cls):
        return sum(attribute == (tag, "class", cls) for attribute in self.attributes)


def many(shape, *names, factor=1.5):
    """A report on arrays in which every entry is wrong."""
    blocks, source = [Block(name, shape) for name in names], np.random.default_rng(0)
    checks = {
        name: judge(factor * slope, Slopes(slope, slope, 1e-16), name=name)
        for block in blocks
        for name, slope in zip(block.names, source.normal(size=block.size).tolist(), strict=True)
    }
    return Report(checks, source="exact replay", arrays=by_array(blocks, checks, {}))


def loss(w, b):
    return (w * 2.0 + b - 1.5) ** 2


REPORTS = {
    "pass": lambda: gradcheck(loss, {"w": 0.5, "b": 0.1}),
    "scalar": lambda: gradcheck(loss, {"w": 0.5, "b": 0.1}, gradient={"w": 1.6, "b": -0.8}),
    "kink": lambda: gradcheck(relu, {"x": 0.0}),
    "inconclusive": lambda: gradcheck(lambda x: x**0.5, {"x": 0.0}),
    "column": lambda: gradcheck(squares, {"x": SQUARE}, gradient=column),
    "missing": lambda: gradcheck(lambda x, y: squares(x) + y, {"x": SQUARE, "y": 1.0}, gradient={"x": 2 * SQUARE}),
    "operation": lambda: gradcheck(tanh),
    "culprit": lambda: gradcheck(define("mine", "tanh(x)", dx="1 - z"), [1.0]),
    "many": lambda: many((3, 3), *(f"W{i}" for i in range(25))),
}


@cache
def made(name):
    """The report of that name."""
    return REPORTS[name]()


@pytest.fixture
def report(request):
    return made(request.param)


@pytest.mark.parametrize("report", REPORTS, indirect=True)
def test_it_says_the_same_as_the_text(report):
    page = Page(report._repr_html_())
    table = report.rows()
    assert page.rows[0] == list(table.head)
    for row, cells in zip(table.rows, page.rows[1:], strict=True):
        assert cells[:-1] == list(row.cells)
        assert row.reason in cells[-1]
    for line in [f"Gradient check: {report.summary}", *report.findings()]:
        assert line in page.words
    assert page.words.count("more") >= str(report).count("more")


@pytest.mark.parametrize(
    ("name", "sign"),
    [("pass", "✓\xa0pass"), ("scalar", "✗\xa0FAIL"), ("kink", "∧\xa0kink"), ("inconclusive", "?\xa0inconclusive")],
)
def test_a_verdict_is_a_sign_and_a_word_in_its_colour(name, sign):
    report = made(name)
    page = Page(as_html(report))
    assert sign in page.rows[1][-1]
    assert page.count("span", report.verdict) >= 2


def test_names_and_hints_cannot_break_out():
    name = '<script>alert("1")</script>&"\''
    report = gradcheck(lambda **p: squares(*p.values()), {name: SQUARE}, gradient=lambda **p: column(*p.values()))
    html = as_html(report)
    page = Page(html)
    assert page.rows[1][0] == name
    assert "script" not in page.tags
    assert 'alert("1")' not in html, "quotes are escaped in attributes too"
    assert ("svg", "aria-label", f"{name}: where it is wrong") in page.attributes


@pytest.mark.parametrize("report", REPORTS, indirect=True)
def test_it_loads_nothing_and_runs_nothing(report):
    html = as_html(report)
    page = Page(html)
    assert not re.search(r"https?:|url\(|@import|javascript:", html)
    assert page.tags <= set("div style b span table thead tbody tr th td svg g path text title".split())
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name in ("src", "href")]


def test_all_styles_stay_inside_the_report():
    rules = re.findall(r"^(?:@supports \(.*?\) \{ )?([^{}]+) \{", STYLE, re.M)
    assert len(rules) == len(STYLE.splitlines())
    assert all(BOX in selector for rule in rules for selector in rule.split(", "))


def contrast(one, other):
    """The contrast of two colours, as WCAG 2 defines it."""

    def luminance(colour):
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_signs_stand_out_in_both_themes(theme):
    colours = {name: pair[theme] for name, pair in PALETTE.items()}
    for paper in (colours["paper"], ("#FFFFFF", "#111111")[theme]):  # the second is JupyterLab's
        for name in ("ink", "faint", "pass", "fail", "kink", "inconclusive"):
            assert contrast(colours[name], paper) >= 4.5, name
    for name in ("fail-cell", "kink-cell", "inconclusive-cell"):
        assert contrast(colours["ink"], colours[name]) >= 3, name


def test_it_follows_the_theme_of_the_notebook():
    assert "color-scheme: light dark" in STYLE
    assert "--gc-ink: #1F2937" in STYLE, "for browsers that do not know light-dark()"
    assert "light-dark(#1F2937, #E5E7EB)" in STYLE
    for sign, theme in (('[data-jp-theme-light="false"]', "dark"), (".vscode-light", "light")):
        assert f"{sign} {BOX} {{ color-scheme: {theme} }}" in STYLE
    assert "var(--jp-layout-color0" in STYLE
    assert "var(--vscode-editor-background" in STYLE


def strokes(html, kind):
    """The number of signs of one kind in the maps, without the legend."""
    paths = re.findall(rf'<path class="sign {kind}-sign" d="([^"]*)"', html.partition('class="legend"')[0])
    return sum(path.count("M") for path in paths)


def test_a_wrong_array_has_a_map_of_where_it_is_wrong():
    html = as_html(made("column"))
    titles = re.findall("<title>(.*?)</title>", html)
    assert titles == [f"[{row}, 2] off by 0.1 %" for row in range(4)]
    assert strokes(html, "fail") == 4, "each wrong cell has a sign that can be seen in grey"
    assert "x</b> 4 of 20 wrong" in html


def test_the_larger_the_error_the_stronger_the_colour():
    errors = np.array([1e-5, 1e-4, 1e-2, 1.0, 50.0, 0.0])
    report = gradcheck(squares, {"x": np.full(6, 0.5)}, gradient=1 + errors)
    opacities = [float(x) for x in re.findall(r'fill-opacity="([\d.]+)"><title>', as_html(report))]
    assert opacities == sorted(opacities)
    assert opacities[0] < 0.4
    assert opacities[-2:] == [1.0, 1.0]


@pytest.mark.parametrize("name", ["pass", "scalar", "kink", "inconclusive", "missing", "operation"])
def test_there_is_no_map_of_a_number_or_of_an_array_without_a_gradient(name):
    assert "svg" not in Page(as_html(made(name))).tags


def test_without_a_number_an_entry_is_just_wrong():
    html = as_html(gradcheck(squares, {"x": np.array([0.0, 2.0])}, gradient=[1.0, np.nan]))
    assert re.findall("<title>(.*?)</title>", html) == ["[0] wrong", "[1] wrong"]


def test_a_concealed_report_shows_only_what_is_wrong():
    html = as_html(gradcheck(squares, {"x": SQUARE}, gradient=column, reveal=False))
    assert re.findall("<title>(.*?)</title>", html) == [f"[{row}, 2] wrong" for row in range(4)]
    assert set(re.findall(r'fill-opacity="([\d.]+)"', html)) == {"1"}
    assert "%" not in html.partition("Confidence")[0].replace(STYLE, "")


def test_entries_that_were_not_checked_are_hatched():
    report = gradcheck(squares, {"x": SQUARE}, gradient=3 * SQUARE, sample=7)
    html = as_html(report)
    assert (strokes(html, "fail"), strokes(html, "unchecked")) == (7, 13)
    assert "not checked" in Page(html).words


def test_kinks_have_a_sign_of_their_own():
    x = np.array([0.0, 1, 2, 0, 4, 5, 6, 7, 8])
    html = as_html(gradcheck(lambda x: np.maximum(x, 0).sum(), {"x": x}, gradient=2.0 * (x > 0)))
    assert (strokes(html, "fail"), strokes(html, "kink")) == (7, 2)
    assert "at a kink" in Page(html).words


def test_of_higher_arrays_the_first_wrong_slices_are_shown():
    x = np.arange(1.0, 141).reshape(7, 4, 5)

    def gradient(x):
        g = 2 * x
        g[1:, 2] = 0
        return g

    page = Page(as_html(gradcheck(squares, {"x": x}, gradient=gradient)))
    assert "… and 3 more slices with wrong entries" in page.words
    assert re.findall(r"\[\d, :, :\]", page.words) == [f"[{i}, :, :]" for i in (1, 2, 3)]


@pytest.mark.parametrize(
    "report",
    [
        many((300, 300), "W"),
        many((9999,), "b"),
        many((40, 40), *(f"W{i}" for i in range(25))),
        many((4, 300, 2), *(f"W{i}" for i in range(25))),
    ],
    ids=["matrix", "row", "matrices", "slices"],
)
def test_it_is_small_however_large_the_arrays(report):
    html = as_html(report)
    assert len(html.encode()) < 50_000
    assert "each cell shows the worst of" in html


def test_only_some_of_many_wrong_arrays_are_drawn():
    page = Page(as_html(made("many")))
    assert sum(value == "img" for _, _, value in page.attributes) == MAX_ARRAYS
    assert "… and 19 more arrays" in page.words
