"""The notebook runs as it is and shows the outputs that are stored in it, with and without Graphviz."""

import copy
import re

import nbformat
import pytest

from tests.notebook import execute, load, tidy

pytestmark = pytest.mark.slow

COMMITTED = load()
PICTURES = [
    "draw-before",
    "draw-after",
    "draw-updated",
    "draw-penalty",
    "draw-samples",
    "draw-forgotten",
    "draw-neuron",
]
FORMULAS = ["explain-w-latex", "explain-b-latex", "explain-penalty", "explain-samples", "explain-neuron"]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return execute(copy.deepcopy(COMMITTED), tmp_path_factory.mktemp("notebook"))


@pytest.fixture(scope="module")
def without_graphviz(tmp_path_factory):
    notebook = copy.deepcopy(COMMITTED)
    notebook.cells.insert(0, nbformat.v4.new_code_cell('import sys; sys.modules["pygraphviz"] = None'))
    return execute(notebook, tmp_path_factory.mktemp("notebook"), PATH=str(tmp_path_factory.mktemp("bin")))


def results(notebook):
    """The outputs of each cell of code, by the name of the cell."""
    return {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}


def result(notebook, cell):
    """The result of a cell that ends in an expression, by type."""
    (output,) = results(notebook)[cell]
    assert output.output_type == "execute_result"
    return output.data


def readable(outputs):
    """The outputs of a cell without its pictures: the printed lines, and the results as text and as LaTeX."""
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    shown = [output.data for output in outputs if "data" in output]
    return printed, [{kind: data[kind] for kind in ("text/plain", "text/latex") if kind in data} for data in shown]


def words(svg):
    return re.findall(r"<(?:text|tspan)\b[^>]*>([^<]+)", svg)


def assert_undisturbed(notebook):
    for outputs in results(notebook).values():
        assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]


def test_the_notebook_runs(executed):
    assert_undisturbed(executed)
    nbformat.validate(executed)


def test_it_shows_what_the_committed_one_shows(executed):
    fresh, committed = results(executed), results(COMMITTED)
    for cell, outputs in committed.items():
        assert readable(fresh[cell]) == readable(outputs), f"{cell}: python -m tests.notebook writes the notebook anew"
    for cell in PICTURES:
        fresh_words, shown = (words(result(n, cell)["image/svg+xml"]) for n in (executed, COMMITTED))
        assert fresh_words == shown, f"{cell}: python -m tests.notebook writes the notebook anew"


def test_the_committed_one_holds_nothing_of_the_run_that_made_it():
    assert tidy(load()) == COMMITTED
    counts = [cell.execution_count for cell in COMMITTED.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


def test_these_are_the_pictures_and_the_formulas(executed):
    kinds = {cell: [kind for o in outputs for kind in o.get("data", ())] for cell, outputs in results(executed).items()}
    assert [cell for cell in kinds if "image/svg+xml" in kinds[cell]] == PICTURES
    assert [cell for cell in kinds if "text/latex" in kinds[cell]] == FORMULAS


@pytest.mark.parametrize("cell", PICTURES)
def test_a_picture_comes_as_svg_as_html_with_live_tooltips_and_as_text(executed, cell):
    shown = result(executed, cell)
    assert "</svg>" in shown["image/svg+xml"]
    assert shown["text/html"].startswith("<svg")
    tips = re.findall(r"<title>([^<]*)</title>", shown["text/html"])
    assert any("ŷ = " in tip for tip in tips), tips
    result_name = "J" if cell in ("draw-penalty", "draw-samples", "draw-forgotten") else "L"
    assert any(f"d{result_name}/d" in tip for tip in tips) == (cell != "draw-before"), tips
    assert shown["text/plain"].startswith(f"{result_name} = ")
    assert "drawing needs" not in shown["text/plain"]


def test_before_the_backward_pass_nothing_is_computed(executed):
    said = [word.replace("&#160;", " ") for word in words(result(executed, "draw-before")["image/svg+xml"])]
    assert {word for word in said if "not computed" in word} == {f"dL/d{name} = not computed" for name in "wŷbL"}


@pytest.mark.parametrize("cell", FORMULAS)
def test_an_explanation_is_typeset(executed, cell):
    shown = result(executed, cell)
    assert re.fullmatch(r"\$\$ .*\\frac\{d[LJ]\}\{d\w.* \$\$", shown["text/latex"], re.S)
    assert re.match(r"d[LJ]/d\w", shown["text/plain"])


@pytest.mark.parametrize(
    ("cell", "claim"),
    [
        ("values", "L = (ŷ - y)² = 0.1599999"),
        ("explain-w", "dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6"),
        ("explain-b", "dL/db = ∂L/∂ŷ · ∂ŷ/∂b = (-0.8) · 1.0 = -0.8"),
        ("gradcheck", "Gradient check: pass (2 inputs)"),
        ("nudge-w", "predicted change of L: -0.001600\nactual change of L:    -0.001596"),
        ("update-w-b", "= 0.66\n"),
        ("forgotten", "w.grad is -3.5, 2 times that"),
    ],
)
def test_the_text_around_the_cells_is_true(executed, cell, claim):
    printed, shown = readable(results(executed)[cell])
    assert claim in printed + "".join(data["text/plain"] for data in shown)


def test_training_makes_the_loss_smaller(executed):
    for cell in ("train", "train-neuron"):
        losses = [float(loss) for loss in re.findall(r"loss (\S+)", readable(results(executed)[cell])[0])]
        assert losses == sorted(losses, reverse=True)
        assert len(losses) > 3


def test_without_graphviz_the_notebook_runs_too(without_graphviz):
    assert_undisturbed(without_graphviz)
    fresh = results(without_graphviz)
    for cell, outputs in results(COMMITTED).items():
        if cell not in PICTURES:
            assert readable(fresh[cell]) == readable(outputs)


@pytest.mark.parametrize("cell", PICTURES)
def test_without_graphviz_a_picture_comes_as_text_and_says_what_to_install(without_graphviz, cell):
    shown = result(without_graphviz, cell)
    assert list(shown) == ["text/plain"]
    graph, advice = shown["text/plain"].rsplit("\n", 1)
    assert graph == result(COMMITTED, cell)["text/plain"]
    assert "ŷ = " in graph
    assert advice.startswith("(drawing needs Graphviz: ")
    assert "pip install" in advice
