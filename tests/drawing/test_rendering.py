"""Pictures as files and in notebooks: with pygraphviz, with the dot program, and with neither."""

import base64
import os
import re
import signal
import subprocess
import sys
import threading
import time
from xml.etree import ElementTree

import pytest

from autograd import Value, draw
from autograd.drawing import rendering
from neuron import Neuron


def test_files_in_every_format(lesson, tmp_path):
    drawing = draw(lesson[2])
    for format, magic in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        path = drawing.render(outfile=tmp_path / f"chain.{format}", cleanup=True)
        assert (tmp_path / f"chain.{format}").read_bytes().startswith(magic)
        assert path == str(tmp_path / f"chain.{format}")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["chain.pdf", "chain.png", "chain.svg"]
    assert drawing.render(tmp_path / "short.svg", cleanup=True) == str(tmp_path / "short.svg")
    (tmp_path / "short.svg").unlink()
    drawing.render("graph", directory=tmp_path, format="svg")
    assert (tmp_path / "graph").read_text() == drawing.source
    assert (tmp_path / "graph.svg").exists()


def test_save_writes_what_the_name_says(lesson, tmp_path):
    drawing = draw(lesson[2])
    starts = {
        "svg": b"<?xml",
        "png": b"\x89PNG",
        "PDF": b"%PDF",
        "jpg": b"\xff\xd8",
        "gv": b"digraph",
        "dot": b"digraph",
    }
    for suffix, start in starts.items():
        file = tmp_path / "new" / f"chain.{suffix}"
        assert drawing.save(file) == str(file)
        assert file.read_bytes().startswith(start)
    assert len(list((tmp_path / "new").iterdir())) == len(starts), "nothing else is left there"
    (tmp_path / "new" / "chain.svg").write_text("mine")
    drawing.save(tmp_path / "new" / "chain.svg", skip_existing=True)
    assert (tmp_path / "new" / "chain.svg").read_text() == "mine"


@pytest.mark.parametrize("name", ["chain.txt", "chain"])
def test_a_name_that_says_nothing_is_an_error(lesson, name):
    message = f"save({name!r}): the name of a picture must end in one of .svg .png .pdf .jpg .dot .gv"
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(lesson[2]).save(name)


def test_save_without_a_name_or_with_a_directory_is_that_of_graphviz(lesson, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawing = draw(lesson[2])
    assert drawing.save() == "chain.gv"
    assert drawing.save("source.txt", directory="there") == os.path.join("there", "source.txt")
    assert (tmp_path / "chain.gv").read_text() == (tmp_path / "there" / "source.txt").read_text() == str(drawing)


def test_the_scale_multiplies_pixels_and_the_size_of_svg(lesson, tmp_path):
    L = lesson[2]
    drawing = draw(L)
    (w1, h1), (w2, h2) = pixels(drawing.pipe("png")), pixels(draw(L, scale=2).pipe("png"))
    assert (w2, h2) == (pytest.approx(2 * w1, abs=2), pytest.approx(2 * h1, abs=2))
    assert pixels(drawing.pipe("png", scale=2)) == (w2, h2)
    drawing.save(tmp_path / "L.png", scale=2)
    assert pixels((tmp_path / "L.png").read_bytes()) == (w2, h2)
    for scale in (30, 500):
        assert max(pixels(drawing.pipe("png", scale=scale))) <= 4096
    one, three = (drawing.pipe("svg", encoding="utf-8", scale=scale) for scale in (1, 3))
    assert points(three) == pytest.approx(3 * points(one), abs=2)
    assert re.search("viewBox=.*", one)[0] == re.search("viewBox=.*", three)[0]
    for scale in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"scale=.*: the scale of a picture is a positive number"):
            drawing.pipe("svg", scale=scale)
    assert draw(L, scale=0)._repr_mimebundle_()["text/plain"].endswith("the scale of a picture is a positive number)")


def pixels(png):
    return tuple(int.from_bytes(png[i : i + 4], "big") for i in (16, 20))


def points(svg):
    return int(re.search(r'width="(\d+)pt"', svg)[1])


def test_a_drawing_says_what_it_is_and_how_to_see_it(lesson):
    assert repr(draw(lesson[2])) == (
        '<Drawing of L: 6 boxes, 5 arrows; .save("L.svg") writes a file, and a notebook shows it>'
    )
    assert repr(draw(Neuron(2, "tanh"))) == (
        "<Drawing of Neuron(2, activation='tanh'): 4 boxes, 3 arrows; .save(\"model.svg\") writes a file, "
        "and a notebook shows it>"
    )
    assert repr(rendering.Drawing()).startswith('<Drawing of a graph; .save("picture.svg")')
    assert str(draw(lesson[2])).startswith("digraph")


def test_a_notebook_gets_svg_html_with_tooltips_and_text(lesson):
    w, _, L = lesson
    bundle = draw(L, wrt=w)._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<?xml")
    assert bundle["text/html"].startswith("<svg")
    assert "<title>ŷ = w·x + b = 1.1\ndL/dŷ = -0.7999999999999998</title>" in bundle["text/html"]
    assert "<title>∂ŷ/∂w = x = 2.0</title>" in bundle["text/html"]
    assert base64.b64decode(bundle["application/pdf"]).startswith(b"%PDF")
    assert bundle["text/plain"].splitlines()[0] == "L = (ŷ - y)² = 0.16   dL/dL = 1.0"
    assert bundle["text/plain"].splitlines()[-1] == "dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6"
    assert set(draw(L)._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert "text/html" not in draw(L)._repr_mimebundle_(exclude=["text/html"])


def test_nothing_is_printed_while_drawing(lesson, capfd):
    draw(lesson[2]).pipe("png")
    assert capfd.readouterr() == ("", "")


def test_graphviz_errors_are_raised_in_its_own_words():
    drawing = rendering.Drawing()
    drawing.node("a", label="<<b>unclosed>")
    with pytest.raises(RuntimeError, match=r"(?s)Graphviz could not draw this: .*mismatched tag"):
        drawing.pipe("svg")
    with pytest.raises(RuntimeError, match='Format: "nope" not recognized'):
        rendering.Drawing().pipe("nope")


@pytest.fixture
def only_dot(monkeypatch, tmp_path):
    """No pygraphviz, and a dot program that is this shell script; none at all without a script."""

    def is_(script=""):
        monkeypatch.setattr(rendering.importlib.util, "find_spec", lambda name: None)
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin" if script else str(tmp_path))
        if script:
            (tmp_path / "dot").write_text(f"#!/bin/sh\ncat > /dev/null\n{script}\n")
            (tmp_path / "dot").chmod(0o755)

    return is_


def test_without_pygraphviz_and_without_dot_the_error_says_what_to_install(lesson, only_dot):
    only_dot()
    with pytest.raises(RuntimeError, match="drawing needs Graphviz: pip install pygraphviz"):
        draw(lesson[2]).pipe("svg")


def test_without_pygraphviz_the_dot_program_draws(lesson, only_dot, tmp_path):
    drawing = draw(lesson[2])
    by_pygraphviz = drawing.pipe("svg")
    (tmp_path / "layout.json").write_bytes(drawing.pipe("json"))
    only_dot(f"cat {tmp_path}/layout.json")
    assert drawing.pipe("svg") == by_pygraphviz


@pytest.fixture
def broken_pygraphviz(monkeypatch, tmp_path):
    """A pygraphviz whose library does not load in the child process, and no dot program."""
    (tmp_path / "pygraphviz.py").write_text("raise ImportError('libX11.so.6: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_where_pygraphviz_does_not_load_the_error_names_the_packages(lesson, broken_pygraphviz):
    with pytest.raises(RuntimeError) as caught:
        draw(lesson[2]).save(broken_pygraphviz / "L.svg")
    assert str(caught.value) == (
        "drawing needs Graphviz, but the copy in pygraphviz does not load "
        "(libX11.so.6: cannot open shared object file): on Debian and Ubuntu, apt install libx11-6 "
        "libxext6 libxrender1 libglib2.0-0 libexpat1, or install the dot program"
    )
    assert not (broken_pygraphviz / "L.svg").exists()


def test_where_pygraphviz_does_not_load_the_dot_program_draws(lesson, broken_pygraphviz, monkeypatch):
    monkeypatch.setenv("PATH", f"{broken_pygraphviz}:/bin:/usr/bin")
    (broken_pygraphviz / "dot").write_text("#!/bin/sh\ncat > /dev/null\necho '%PDF by dot'\n")
    (broken_pygraphviz / "dot").chmod(0o755)
    assert draw(lesson[2]).pipe("pdf") == b"%PDF by dot\n"


def test_where_pygraphviz_does_not_load_a_notebook_and_the_lesson_still_have_their_text(lesson, broken_pygraphviz):
    text = draw(lesson[2])._repr_mimebundle_()["text/plain"]
    assert text.startswith("L = (ŷ - y)² = 0.16")
    assert "libx11-6" in text.splitlines()[-1]
    run = subprocess.run(
        [sys.executable, "-m", "neuron", "--picture", broken_pygraphviz / "n.svg"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    last = run.stdout.splitlines()[-1]
    assert last.startswith("The graph of w → ŷ → L is not drawn: drawing needs Graphviz, but the copy in pygraphviz")


def test_a_notebook_without_any_graphviz_still_gets_the_graph_as_text(lesson, only_dot):
    w, _, L = lesson
    only_dot()
    assert draw(L, wrt=w)._repr_mimebundle_() == {
        "text/plain": """\
L = (ŷ - y)² = 0.16   dL/dL = 1.0
  ŷ = w·x + b = 1.1   dL/dŷ = -0.8
    w = 0.5   dL/dw = -1.6
    b = 0.1   dL/db = -0.8
dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6
(drawing needs Graphviz: pip install pygraphviz (which includes it), or install the dot program)"""
    }


def test_a_picture_that_cannot_be_drawn_does_not_break_a_notebook():
    drawing = rendering.Drawing()
    drawing.node("a", label="<<b>unclosed>")
    bundle = drawing._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "Graphviz could not draw this" in bundle["text/plain"]


@pytest.mark.parametrize(
    "odd", ["\0", "a\0b", "\x1b[31m", "\ud800", "\uffff", "]]>", "<script>alert(1)</script>", "\\N"]
)
def test_any_name_can_be_shown_and_nothing_in_it_runs(odd):
    drawing = draw((Value(1.0, label=odd) * Value(2.0, label="x")).named(f"L{odd}"))
    bundle = drawing._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml", "text/html", "application/pdf"}
    root = ElementTree.fromstring(bundle["image/svg+xml"])
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {"svg", "g", "title", "path", "text", "tspan"}
    assert not any(name.startswith("on") or name.endswith("href") for e in root.iter() for name in e.attrib)
    assert "".join(bundle.values()).encode()


def test_errors_of_the_dot_program_are_raised_in_its_own_words(lesson, only_dot):
    only_dot("echo 'Error: not well-formed' >&2; exit 1")
    with pytest.raises(RuntimeError, match="Graphviz could not draw this: Error: not well-formed"):
        draw(lesson[2]).pipe("svg")


@pytest.mark.slow
def test_the_first_drawing_of_a_process_keeps_the_default_labels():
    code = (
        "from autograd.drawing.rendering import Drawing; d = Drawing(); d.node('hello'); "
        "print(d.pipe('svg', encoding='utf-8'))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ">hello</text>" in run.stdout
    assert run.stderr == "", "nothing of Graphviz's font library"


@pytest.fixture
def tangle():
    """A graph whose layout takes long."""
    drawing = rendering.Drawing()
    for i in range(400):
        for j in range(1, 8):
            drawing.edge(f"n{i}", f"n{(i * 7 + j * j * 13) % 400}", label="label")
    return drawing


@pytest.mark.slow
def test_a_layout_that_takes_too_long_is_stopped(tangle):
    tangle.timeout = 0.3
    with pytest.raises(RuntimeError, match=r"Graphviz was stopped after 0\.3 seconds: draw fewer values"):
        tangle.pipe("svg")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that signals")
def test_a_layout_can_be_interrupted_and_lets_other_threads_run(tangle):
    ticks = []
    stop = threading.Event()
    thread = threading.Thread(target=lambda: [ticks.append(0) for _ in iter(lambda: stop.wait(0.01), True)])

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    start = time.monotonic()
    thread.start()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            tangle.pipe("svg")
    finally:
        signal.signal(signal.SIGALRM, before)
        stop.set()
        thread.join()
    assert time.monotonic() - start < 2
    assert len(ticks) > 10


def test_pictures_made_of_pixels_have_a_largest_side(tmp_path):
    drawing = rendering.Drawing(graph_attr={"rankdir": "LR"})
    for i in range(300):
        drawing.edge(f"n{i}", f"n{i + 1}")
    png = drawing.pipe("png")
    width, height = (int.from_bytes(png[i : i + 4], "big") for i in (16, 20))
    assert 3000 < width <= 4096
    assert height <= 4096
    width = int(re.search(r'width="(\d+)pt"', drawing.pipe("svg", encoding="utf-8"))[1])
    assert width > 20_000, "SVG is not made smaller"


def test_a_picture_of_nothing_is_an_error():
    drawing = rendering.Drawing(graph_attr={"rankdir": "LR"})
    for i in range(6000):
        drawing.edge(f"n{i}", f"n{i + 1}")
    with pytest.raises(
        RuntimeError, match="could not draw this as png: the graph is too large for it; SVG has no limit"
    ):
        drawing.pipe("png")


def test_only_what_every_graphviz_has_is_asked_for(lesson):
    drawing = draw(lesson[2])
    assert drawing.engine == "dot"
    assert "overlap" not in drawing.source
