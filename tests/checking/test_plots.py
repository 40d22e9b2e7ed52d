"""The plots of a report: what is drawn is what was checked, with words, and no state of Matplotlib changes."""

import math
import pickle
import subprocess
import sys

import matplotlib as mpl
import nbformat
import numpy as np
import pytest

from autograd import gradcheck, sigmoid, tanh
from autograd.checking.reports.plots import central_differences
from tests.notebook import execute

AT = {"w": 0.5, "b": 0.1}


def neuron(w, b):
    return (sigmoid(w * 2.0 + b) - 1.5) ** 2 + 0.1 * w**2


def squares(x):
    return (x * x).sum()


SQUARE = np.arange(1.0, 21).reshape(4, 5)


def column(x):
    g = 2 * x
    g[:, 2] *= 1.001
    return g


def drawn(figure, label):
    """The data of the line with a label."""
    (line,) = [line for line in figure.axes[0].get_lines() if line.get_label() == label]
    return np.array(line.get_data())


def words(figure):
    """All words of a figure."""
    texts = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    axes = [text for ax in figure.axes for text in (ax.get_title(), ax.get_xlabel(), ax.get_ylabel())]
    return [*filter(None, [figure.get_suptitle(), *axes, *texts])]


CENTRAL = "(f(x + h) - f(x - h)) / 2h"


# --- Numbers ----------------------------------------------------------------------------------------


def test_rounding_falls_and_truncation_rises_with_the_step():
    steps, slopes = central_differences(math.exp, 1.0)
    errors = abs(slopes / math.e - 1)
    best = errors.argmin()
    assert 1e-7 < steps[best] < 1e-3
    assert errors[best] < 1e-9 < min(errors[0], errors[-1])
    rising, falling = (steps > 1e-3) & (steps < 0.3), (steps > 1e-14) & (steps < 1e-7)
    for part, power in ((rising, 2), (falling, -1)):
        assert np.polyfit(np.log(steps[part]), np.log(errors[part]), 1)[0] == pytest.approx(power, abs=0.15)


def test_the_curve_is_the_error_against_the_derivative_of_the_check():
    report = gradcheck(neuron, AT)
    figure = report.plot("w")
    steps, errors = drawn(figure, CENTRAL)
    i = abs(steps - 1e-2).argmin()
    h, w = steps[i], AT["w"]
    by_hand = (neuron(w + h, AT["b"]) - neuron(w - h, AT["b"])) / (2 * h)
    assert errors[i] == pytest.approx(abs(by_hand / report.inputs["w"].numeric - 1))
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"


def test_the_curve_has_words():
    assert words(gradcheck(neuron, AT, gradient={"w": -0.5, "b": -0.28}).plot("w")) == [
        "The derivative with respect to w, by central differences",
        "step h",
        "relative error",
        "error bound of the check, by exact replay",
        CENTRAL,
        "best step",
        "rounding, like 1/h",
        "truncation, like h²",
        "error of your gradient",
    ]


def test_the_laws_run_along_the_branches_of_the_curve():
    figure = gradcheck(neuron, AT).plot("w")
    steps, errors = drawn(figure, CENTRAL)
    for label, power in (("rounding, like 1/h", -1), ("truncation, like h²", 2)):
        (start, end), (first, last) = drawn(figure, label)
        assert last / first == pytest.approx((end / start) ** power)
        beside = (steps >= start) & (steps <= end)
        assert 0.5 < np.median(errors[beside] / (first * (steps[beside] / start) ** power)) < 2


def test_a_quadratic_function_has_no_truncation_error():
    figure = gradcheck(lambda w: (w - 1.5) ** 2, {"w": 0.7}).plot("w")
    assert "truncation, like h²" not in words(figure)
    assert "rounding, like 1/h" in words(figure)


def test_finite_differences_show_the_step_that_they_rely_on():
    report = gradcheck(lambda x: math.tanh(x) * math.exp(x), {"x": 0.7}, gradient=[1.0])
    slopes = report.inputs["x"].slopes
    assert slopes.step > 0
    figure = report.plot("x")
    assert drawn(figure, "smallest step that the check relies on")[0].tolist() == [slopes.step] * 2
    assert drawn(figure, "error of your gradient")[1][0] == pytest.approx(abs(1 / slopes.numeric - 1))
    assert "error bound of the check, by finite differences" in words(figure)


def test_one_entry_of_an_array_has_a_curve():
    figure = gradcheck(squares, {"x": SQUARE}, gradient=column).plot("x[1, 2]")
    assert "The derivative with respect to x[1, 2], by central differences" in words(figure)


def test_a_derivative_of_zero_has_no_relative_error():
    assert gradcheck(math.cos, {"x": 0.0}, gradient=[0.0]).plot("x").axes[0].get_ylabel() == "error"


def test_points_where_the_function_is_not_defined_are_left_out():
    steps, _ = drawn(gradcheck(math.log, {"x": 0.01}, gradient=[100.0]).plot("x"), CENTRAL)
    assert steps.max() < 0.01


def test_at_a_kink_the_two_slopes_are_shown():
    figure = gradcheck(lambda x: abs(x) * math.exp(x), {"x": 0.0}, gradient=[0.5]).plot("x")
    assert "x = 0.0 is at a kink: the slopes on its two sides" in words(figure)
    for side, slope in (("left", -1.0), ("right", 1.0)):
        assert drawn(figure, f"to the {side}, toward {slope}")[1][0] == pytest.approx(slope, abs=1e-6)
    assert "your gradient, 0.5" in words(figure)


@pytest.mark.parametrize(
    ("f", "kind"),
    [(math.floor, "a jump"), (lambda x: math.copysign(abs(x - 1) ** (1 / 3), x - 1), "a vertical tangent")],
)
def test_jumps_and_vertical_tangents_are_shown_as_well(f, kind):
    figure = gradcheck(lambda x: f(x) + x, {"x": 1.0}, gradient=[1.0]).plot("x")
    assert f"x = 1.0 is at {kind}: the slopes on its two sides" in words(figure)


def test_captured_numbers_can_be_plotted():
    assert gradcheck(tanh, [0.3]).plot("x").axes


# --- Arrays -----------------------------------------------------------------------------------------


def test_the_map_of_an_array_shows_the_errors_of_wrong_entries():
    figure = gradcheck(squares, {"x": SQUARE}, gradient=column).plot("x")
    (image,) = figure.axes[0].get_images()
    shades = image.get_array()
    assert shades[:, 2].data == pytest.approx(np.full(4, 0.001))
    assert (np.delete(shades, 2, axis=1) < 1e-6).all()
    assert words(figure) == [
        "x: 4 of 20 entries wrong",
        "column",
        "row",
        "relative error",
        "right",
        "wrong",
    ]
    ticks = [text.get_text() for text in figure.axes[1].get_yticklabels()]
    assert ticks == ["0.0001 %", "0.01 %", "1 %", "100 % or more"]


def test_wrong_entries_are_outlined_and_marked():
    ax = gradcheck(squares, {"x": SQUARE}, gradient=column).plot("x").axes[0]
    (outline,) = ax.collections
    ends = np.array(outline.get_segments())
    assert len(ends) == 10, "the sides of four squares in a column"
    assert (ends.min(axis=(0, 1)).tolist(), ends.max(axis=(0, 1)).tolist()) == ([1.5, -0.5], [2.5, 3.5])
    marks = next(line for line in ax.get_lines() if line.get_marker() == "x")
    assert np.array(marks.get_data()).T.tolist() == [[2, row] for row in range(4)]


def test_a_row_is_labelled_by_its_index():
    figure = gradcheck(squares, {"x": SQUARE[0]}, gradient=3 * SQUARE[0]).plot("x")
    assert figure.axes[0].get_xlabel() == "index"
    assert figure.axes[0].get_yticks().size == 0


def test_large_arrays_are_drawn_by_blocks():
    x = np.arange(1.0, 1001)
    report = gradcheck(squares, {"x": x}, gradient=np.where(x == 700, 0, 2 * x))
    figure = report.plot("x")
    assert "x: 1 of 1,000 entries wrong; each cell shows the worst of 25 entries" in words(figure)
    marks = next(line for line in figure.axes[0].get_lines() if line.get_marker() == "x")
    assert abs(marks.get_xdata()[0] - 699) <= 12.5, "the axis counts entries, not cells"


def test_what_was_not_checked_is_hatched():
    report = gradcheck(squares, {"x": SQUARE}, gradient=3 * SQUARE, sample=7)
    figure = report.plot("x")
    assert figure.axes[0].get_images()[0].get_array().mask.sum() == 13
    assert figure.axes[0].patch.get_hatch()
    assert "not checked" in words(figure)


def test_of_a_higher_array_the_wrong_slices_are_drawn():
    x = np.arange(1.0, 25).reshape(4, 3, 2)

    def gradient(x):
        g = 2 * x
        g[2] = 0
        return g

    report = gradcheck(squares, {"x": x}, gradient=gradient)
    assert "x[2, :, :]" in words(report.plot("x"))
    assert "x[0, :, :]" in words(gradcheck(squares, {"x": x}, gradient=2 * x).plot("x"))


def test_a_concealed_map_has_no_errors():
    figure = gradcheck(squares, {"x": SQUARE}, gradient=column, reveal=False).plot("x")
    assert words(figure) == ["x: 4 of 20 entries wrong", "column", "row", "right", "wrong"]
    assert set(np.unique(figure.axes[0].get_images()[0].get_array()[:, 2])) == {1.0}


# --- What cannot be plotted -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("W", "did you mean W1?"),
        ("W1[0,2]", "did you mean W1[0, 2]?"),
        ("zzz", "an entry of an array is written W1[0, 0]"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(name, advice):
    report = gradcheck(lambda W1, b: squares(W1) + b, {"W1": SQUARE, "b": 1.0})
    with pytest.raises(ValueError, match="there is no input") as error:
        report.plot(name)
    assert str(error.value) == f"there is no input {name!r}; the inputs are W1, b; {advice}"


class Mine:
    def __init__(self, data):
        self.data, self.grad = data, 0.0

    def __add__(self, other):
        return Mine(self.data + other.data)

    def backward(self):
        self.grad = 1.0


@pytest.mark.parametrize("target", [tanh, Mine])
def test_operations_and_classes_have_no_plots(target):
    with pytest.raises(ValueError, match="only the check of a function with inputs can be plotted"):
        gradcheck(target).plot("x")


def test_a_concealed_curve_says_why_it_is_not_drawn():
    with pytest.raises(ValueError, match="the plot of w would show the right answer, which reveal=False conceals"):
        gradcheck(neuron, AT, gradient={"w": 1.0, "b": 1.0}, reveal=False).plot("w")


def test_a_copy_has_maps_but_no_curves():
    report = pickle.loads(pickle.dumps(gradcheck(lambda x, y: squares(x) + y, {"x": SQUARE, "y": 1.0})))
    assert "x: 0 of 20 entries wrong" in words(report.plot("x"))
    with pytest.raises(ValueError, match="the plot of y calls the function, which a report loses when it is pickled"):
        report.plot("y")


def test_without_a_derivative_the_reason_is_repeated():
    with pytest.raises(ValueError, match="x has no numerical derivative to be plotted: not defined to the left of 0"):
        gradcheck(lambda x: x**0.5, {"x": 0.0}).plot("x")


def test_an_entry_outside_the_sample_is_named():
    report = gradcheck(squares, {"x": SQUARE}, gradient=2 * SQUARE, sample=3)
    name = next(name for name in report.at if name not in report.inputs)
    with pytest.raises(ValueError, match="is not in the sample that was checked: leave out sample="):
        report.plot(name)


def test_an_array_without_entries_is_named():
    report = gradcheck(
        lambda x, y: squares(x) + y, {"x": np.zeros((0, 3)), "y": 1.0}, gradient={"x": np.zeros((0, 3)), "y": 1.0}
    )
    with pytest.raises(ValueError, match=r"x has shape \(0, 3\): it has no entries to be plotted"):
        report.plot("x")


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("matplotlib", "autograd.checking.reports.plots"))]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "autograd.checking.reports.plots")
    with pytest.raises(ImportError, match="plots need Matplotlib: pip install matplotlib"):
        gradcheck(neuron, AT).plot("w")


# --- Figures ----------------------------------------------------------------------------------------


def test_names_are_not_read_as_formulas(tmp_path):
    report = gradcheck(lambda **p: squares(*p.values()), {"$x_$ 100%": SQUARE})
    report.plot("$x_$ 100%").savefig(tmp_path / "map.svg")
    report.plot("$x_$ 100%[0, 0]").savefig(tmp_path / "curve.svg")


def test_the_settings_of_matplotlib_stay_as_they_are():
    before = dict(mpl.rcParams)
    gradcheck(neuron, AT).plot("w").canvas.draw()
    assert dict(mpl.rcParams) == before


def test_pyplot_is_not_loaded():
    code = (
        "import sys\nfrom autograd import gradcheck\nreport = gradcheck(lambda w: w**3, {'w': 0.7})\n"
        "assert 'matplotlib' not in sys.modules\nreport.plot('w')\nassert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_reports_and_figures_show_themselves_in_a_notebook(tmp_path):
    sources = [
        "from autograd import gradcheck\nreport = gradcheck(lambda w: w**3, {'w': 0.7})\nreport",
        "report.plot('w')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    execute(notebook, tmp_path)
    report, figure = (cell.outputs[-1]["data"] for cell in notebook.cells)
    assert report["text/html"].startswith('<div class="gradcheck">')
    assert report["text/plain"].startswith("Gradient check: pass")
    assert figure["image/png"]
