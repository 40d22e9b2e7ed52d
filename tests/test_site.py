"""The documentation site: its settings, its navigation, and the checks of the built pages."""

import importlib.util
import re
from pathlib import Path

import pytest

import autograd
import autograd.extend
import neuron
from tests import site

DOCS = Path(__file__).parent.parent / "docs"


def settings():
    """The settings of the site, as a module."""
    pytest.importorskip("sphinx")
    spec = importlib.util.spec_from_file_location("conf", DOCS / "conf.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def listed(page):
    """The files that a page lists, in the order of the navigation."""
    return re.findall(r"^- \[[^\]]*\]\(([\w-]+\.\w+)\)", (DOCS / page).read_text(encoding="utf-8"), re.M)


def title(page):
    """The heading of a page; the changelog stands outside of the folder."""
    path = DOCS.parent / "CHANGELOG.md" if page == "changelog.md" else DOCS / page
    text = path.read_text(encoding="utf-8")
    return re.search(r"^# (.*)$", text, re.M)[1]


def test_every_page_is_listed_once():
    pages = {path.name for path in [*DOCS.glob("*.md"), *DOCS.glob("*.ipynb")]} - {"index.md"}
    assert sorted(listed("index.md") + listed("api.md")) == sorted(pages)


@pytest.mark.parametrize("page", ["index.md", "api.md"])
def test_a_list_calls_its_pages_by_their_titles(page):
    entries = re.findall(r"^- \[([^\]]*)\]\(([\w-]+\.md)\)", (DOCS / page).read_text(encoding="utf-8"), re.M)
    for text, target in entries:
        assert text == title(target)


def test_everything_public_is_in_the_reference():
    text = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("api-*.md"))
    shown = set(re.findall(r"^ *\.\. (?:auto)?\w+:: ([\w.]+)", text, re.M))
    public = {*autograd.__all__, *autograd.extend.__all__, *neuron.__all__, "NeuronClassifier", "NeuronRegressor"}
    assert public <= {name.removeprefix("neuron.") for name in shown}


def test_the_navigation_follows_the_lists_of_the_start_page():
    page = "# A\n\nSee [x](x.md).\n\n## B\n\n- [b](b.md): and [x](x.md)\n- [n](n.ipynb)\n\n## C\n\n- [c](c.md)\n"
    assert list(settings().navigation(page)) == [
        "```{toctree}\n:hidden:\n:caption: B\n\nb\nn\n```",
        "```{toctree}\n:hidden:\n:caption: C\n\nc\n```",
    ]


def test_a_public_name_leads_to_its_source():
    address = settings().linkcode_resolve("py", {"module": "autograd", "fullname": "Value.named"})
    file, first, last = re.fullmatch(r"https://.*/blob/main/(.*)#L(\d+)-L(\d+)", address).groups()
    lines = (DOCS.parent / file).read_text(encoding="utf-8").splitlines()[int(first) - 1 : int(last)]
    assert lines[0].strip().startswith("def named(")
    assert settings().linkcode_resolve("py", {"module": "autograd", "fullname": "exp"}) is None


def test_the_checks_find_what_is_broken(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="b.html#there">b</a> <a href="#here">a</a> <a href="https://example.org">far away</a></p>'
        '<link rel="canonical" href="https://example.org/a.html"><link rel="stylesheet" href="a.css">',
    )
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1><img src="b.svg" style="background: url(data:,)">')
    (tmp_path / "b.svg").write_text("<svg/>")
    (tmp_path / "a.css").write_text("p { background: url('b.svg') }")
    assert list(site.problems(tmp_path)) == []
    (tmp_path / "c.html").write_text(
        '<a href="d.html">d</a><a href="a.html#nowhere">a</a><iframe src="//example.org/frame"></iframe>'
        '<style>@import "https://example.org/c.css";</style><img src="c.png">'
    )
    assert sorted(site.problems(tmp_path)) == [
        "c.html loads //example.org/frame",
        "c.html loads https://example.org/c.css",
        "c.html: there is no c.png",
        "c.html: there is no d.html",
        "c.html: there is no place a.html#nowhere",
    ]
