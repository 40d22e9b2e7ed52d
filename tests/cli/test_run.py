"""Formulas recorded as a graph, checked and explained, without a command line around them."""

import pytest

from autograd.cli.run import Run
from autograd.cli.terminal import check_picture_name, say
from autograd.explaining.formulas import parse_formulas


@pytest.fixture
def run():
    return Run(parse_formulas("h = w*x; L = (h - 1)**2", ["w=0.5", "x=3"]), ["w"])


def test_the_graph_is_recorded_and_differentiated(run):
    assert (run.root.label, run.root.data) == ("L", 0.25)
    assert run.leaves["w"].grad == 3.0
    assert [step.label for step in run.steps] == ["h", "L"]
    assert run.chain("w") == ["dL/dw = ∂L/∂h · ∂h/∂w = 1.0 · 3.0 = 3.0"]


def test_the_three_ways_agree(run):
    report, closed_forms = run.check()
    assert closed_forms == {"w": "2*x*(w*x - 1)"}
    check = report.inputs["w"]
    assert (check.verdict, check.grad, check.closed_form) == ("pass", 3.0, 3.0)


def test_a_variable_that_plays_no_part_here_has_no_path():
    run = Run(parse_formulas("where(x > 0, x, y)", ["x=1", "y=2"]), ["x", "y"])
    assert run.chain("y") == ["df/dy = 0: f does not depend on y here"]


def test_results_of_numbers_alone_are_steps_too():
    run = Run(parse_formulas("c = 2*3; c + 1", []), [])
    assert run.root.data == 7.0
    assert [float(step) if not hasattr(step, "data") else step.data for step in run.steps] == [6.0, 7.0]


def test_an_error_of_the_input_is_said_and_is_the_status(capsys):
    def lines():
        yield "first"
        check_picture_name("--draw", "f.bmp", (".svg", ".png"))

    assert say(iter(["a", "b"]), "program") == 0
    assert say(lines(), "program") == 2
    assert capsys.readouterr() == (
        "a\nb\nfirst\n",
        "program: --draw f.bmp: the name of the picture must end in one of .svg .png\n",
    )
