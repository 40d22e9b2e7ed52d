"""Pictures as files and in notebooks: with pygraphviz, with the dot program, and with neither."""

import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from autograd import draw
from autograd.drawing import rendering


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


def test_a_notebook_gets_svg_html_with_tooltips_and_text(lesson):
    w, _, L = lesson
    bundle = draw(L, wrt=w)._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<?xml")
    assert bundle["text/html"].startswith("<svg")
    assert 'xlink:title="ŷ = w·x + b = 1.1&#10;dL/dŷ = &#45;0.7999999999999998"' in bundle["text/html"]
    assert 'xlink:title="∂ŷ/∂w = x = 2.0"' in bundle["text/html"]
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


def test_without_pygraphviz_the_dot_program_draws(lesson, only_dot):
    only_dot("echo '<?xml drawn by dot'")
    assert draw(lesson[2]).pipe("svg", encoding="utf-8").startswith("<?xml drawn by dot")


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
