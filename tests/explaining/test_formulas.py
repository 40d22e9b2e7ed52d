"""Formulas with names: parsed, run over number systems, and differentiated by SymPy."""

import time

import pytest

from autograd import FormulaError, PoleError
from autograd.explaining import sympy_derivatives as by_sympy
from autograd.explaining.formulas import parse_formulas
from autograd.explaining.sympy_derivatives import sympy_derivative, sympy_derivatives
from autograd.formula.systems import FLOATS, sympy


@pytest.fixture
def lesson():
    return parse_formulas("ŷ = w*x + b; L = (ŷ - y)**2;", ["w=0.5", "b=0.1", "x=2", "y=3/2"])


def test_formulas_use_the_results_before_them(lesson):
    assert lesson.inputs == {"w": 0.5, "b": 0.1, "x": 2.0, "y": 1.5}
    assert lesson.name == "L"
    assert lesson.run(FLOATS, lesson.inputs) == {"ŷ": 1.1, "L": pytest.approx(0.16)}
    assert lesson.run(FLOATS, lesson.inputs | {"w": 0.7})["ŷ"] == 1.5


def test_formulas_run_over_any_number_system_and_results_can_be_changed(lesson):
    import sympy as sp

    symbols = {name: sp.Symbol(name) for name in lesson.inputs}
    assert str(lesson.run(sympy(), symbols)["L"]) == "(b + w*x - y)**2"
    named = lesson.run(FLOATS, lesson.inputs, lambda name, result: 2 * result if name == "ŷ" else result)
    assert named == {"ŷ": 2.2, "L": pytest.approx(0.49)}


@pytest.mark.parametrize(("variables", "name"), [("w", "f"), ("f", "g"), ("fg", "z"), ("fgz", "f1")])
def test_a_result_without_a_name_gets_a_free_one(variables, name):
    assert parse_formulas("*".join(variables), [f"{v}=1" for v in variables]).name == name


def test_errors_replay_the_input():
    with pytest.raises(FormulaError, match="a formula followed by others needs a name, such as h = 2"):
        parse_formulas("2; 3", [])
    with pytest.raises(PoleError, match=r"division by zero in 1/\(2 - 2\)"):
        parse_formulas("1/(2 - 2)", []).run(FLOATS, {})


def test_derivatives_by_sympy(lesson):
    assert sympy_derivative(lesson, "w") == ("2*x*(b + w*x - y)", pytest.approx(-1.6))
    assert sympy_derivatives(lesson, ["w", "b"]) == [sympy_derivative(lesson, "w"), sympy_derivative(lesson, "b")]
    assert sympy_derivatives(lesson, []) == []


@pytest.mark.parametrize(
    ("text", "formula"),
    [("sqrt(x)", "1/(2*sqrt(x))"), ("x <= 3", "?"), ("1/x", "-1/x**2")],
)
def test_a_derivative_without_a_number(text, formula):
    assert sympy_derivative(parse_formulas(text, ["x=0"]), "x") == (formula, None)


def test_sympy_is_stopped_when_time_is_up(lesson, monkeypatch):
    monkeypatch.setattr(by_sympy, "PATIENCE", 0.01)
    start = time.monotonic()
    assert sympy_derivatives(lesson, ["w", "b"]) == [by_sympy.UNKNOWN] * 2
    assert time.monotonic() - start < 5
