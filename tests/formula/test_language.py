"""Formulas: what is accepted, what it means over each number system, and how the rest is refused."""

import math
import time
import weakref
from contextlib import suppress

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from autograd import FormulaError
from autograd.formula.language import Formula
from autograd.formula.systems import FLOATS, ieee, mpmath, sympy

XY = ("x", "y")


def test_a_formula_is_a_function_of_its_names_over_every_number_system():
    formula = Formula("where(x > 1, y ** 2 / 3, -x) + log1p(x)", XY)
    expected = 25 / 3 + math.log(3)
    assert formula.over(FLOATS)(2.0, 5.0) == pytest.approx(expected, rel=1e-15)
    assert formula.over(ieee())(np.array([2.0, 0.5]), 5.0) == pytest.approx([expected, -0.5 + math.log(1.5)])
    assert float(formula.over(mpmath())(2, 5)) == pytest.approx(expected, rel=1e-15)
    assert float(formula.over(sympy())(sp.Integer(2), sp.Integer(5))) == pytest.approx(expected, rel=1e-15)


def test_a_formula_is_compiled_once_for_each_number_system_and_forgotten_with_it():
    formula = Formula("x ** 2 + 17.5", ("x",))
    function = formula.over(FLOATS)
    assert formula.over(FLOATS) is function is not formula.over(ieee())
    compiled = weakref.ref(function)
    del function
    assert compiled() is formula.over(FLOATS)
    del formula
    assert compiled() is None


def test_literals_belong_to_the_number_system():
    third = Formula("1 / 3", ())
    assert third.over(sympy())() == sp.Rational(1, 3)
    assert abs(third.over(mpmath())() * 3 - 1) < 1e-49
    assert Formula("0.1", ()).over(sympy())() == sp.Rational(1, 10)


def test_where_computes_only_the_chosen_branch_of_scalars():
    formula = Formula("where(x == 0, 0, x * log(x))", ("x",))
    assert formula.over(FLOATS)(0.0) == 0.0


def test_conditions_can_be_chained_and_combined_over_arrays_and_symbols():
    formula = Formula("where(0 < x <= 1 and x != y or x == 5, 1, 0)", XY)
    xs, y = [-1.0, 0.25, 0.5, 1.0, 2.0, 5.0], 0.5
    expected = [0, 1, 0, 1, 0, 1]
    assert [formula.over(FLOATS)(x, y) for x in xs] == expected
    assert list(formula.over(ieee())(np.array(xs), y)) == expected
    assert [formula.over(sympy())(sp.Float(x), sp.Float(y)) for x in xs] == expected


def test_sums_run_over_the_terms_of_sequences():
    formula = Formula("sum(x * y) / n", ("x", "y", "n"), terms=XY)
    assert formula.over(FLOATS)([1.0, 2.0], [3.0, 4.0], 2) == 5.5


def test_functions_defined_by_the_table_work_inside_formulas():
    formula = Formula("x * sigmoid(x)", ("x",))
    for system in (FLOATS, ieee(), mpmath()):
        assert float(formula.over(system)(2.0)) == pytest.approx(2 / (1 + math.exp(-2)), rel=1e-15)


REFUSED = {
    "x.real": "attribute access is not allowed\n    x.real\n    ^^^^^^",
    "1 + x[0]": "subscripts are not allowed\n    1 + x[0]\n        ^^^^",
    "lambda: 1": "a lambda is not allowed\n    lambda: 1\n    ^^^^^^^^^",
    "[x for x in y]": "comprehensions are not allowed",
    "(x, y)": "only single numbers are allowed",
    "x if x > 0 else y": "write where(condition, a, b)",
    "x ^ 2": "^ is not a power: write **\n    x ^ 2\n    ^^^^^",
    "not x": "'not' is not allowed: reverse the comparison",
    "x is y": "Compare is not allowed",
    "(x := 2)": "NamedExpr is not allowed",
    "'a' * 2": "'a' is not a real number\n    'a' * 2\n    ^^^",
    "2j": "2j is not a real number",
    "True": "True is not a real number",
    "x + z": "unknown name 'z': known names: x, y, pi\n    x + z\n        ^",
    "2 * sine(x)": "unknown function 'sine': did you mean sin?\n    2 * sine(x)\n        ^^^^",
    "__import__('os')": "unknown function '__import__'",
    "exp(x, y)": "exp takes 1 argument, not 2\n    exp(x, y)\n    ^^^^^^^^^",
    "maximum(x)": "maximum takes 2 arguments, not 1",
    "exp(x=1)": "exp takes 1 argument, not 0",
    "exp(*x)": "Starred is not allowed",
    "sum(x)": "unknown function 'sum'",
    "9**9**9": "this power of numbers is too large for a float\n    9**9**9\n    ^^^^^^^",
    "1e999": "this number is too large for a float",
    "x +": "this is not a formula: invalid syntax\n    x +\n       ^",
    "": "the formula is empty",
    "x\0": "this is not a formula",
    "\ud800": "this is not a formula",
    "x # a\n + y": "comments are not allowed\n    x # a + y\n      ^^^^^^^",
    "y·α + x": "unknown name 'α': known names: x, y, pi\n    y*α + x\n      ^",
    "2x": "a product is written with *\n    2x\n    ^",
    "ln(x)": "unknown function 'ln': write log\n    ln(x)\n    ^^",
    "e**x": "unknown name 'e': write exp(1)\n    e**x\n    ^",
    "sin + 1": "sin is a function: write sin(...)\n    sin + 1\n    ^^^",
    "2(x + 1)": "only functions can be called, by their names; a product is written with *\n    2(x + 1)\n    ^^^^^^^^",
    "2 * ω + exp(α.x)": "unknown name 'ω': known names: x, y, pi\n    2 * ω + exp(α.x)\n        ^",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_refusal_shows_the_formula_and_points_at_the_place(text):
    with pytest.raises(FormulaError) as error:
        Formula(text, XY)
    assert REFUSED[text] in str(error.value)


@pytest.mark.parametrize("name", ["x: print(1)", "x=1", "2x", "lambda", "", "exp", "power", "pi", "sigmoid"])
def test_a_variable_needs_a_name_of_its_own(name):
    with pytest.raises(FormulaError, match="cannot be the name of a variable"):
        Formula("1", (name,))


def test_two_variables_need_two_names():
    with pytest.raises(FormulaError, match="two variables of the same name: x, x"):
        Formula("1", ("x", "x"))


def test_names_are_compared_as_python_compares_identifiers():
    assert Formula("µ + ŷ", ("µ", "ŷ")).over(FLOATS)(1.0, 2.0) == 3.0
    assert Formula("sigmoid (x)", ["x"]).over(FLOATS)(0.0) == 0.5


def test_a_formula_must_be_text():
    with pytest.raises(FormulaError, match=r"a formula is a string, such as 'x \*\* 2', not 3"):
        Formula(3, XY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(" * 500_000 + "x" + ")" * 500_000, "this formula has 1,000,001 characters; at most 10,000 are allowed"),
        ("(" * 4000 + "x" + ")" * 4000, "too many nested parentheses"),
        ("-" * 9000 + "x", "nested too deeply"),
        ("x" + "+x" * 4900, "nested too deeply"),
        ("x" + "+x" * 200, "nested too deeply"),
    ],
)
def test_oversized_formulas_are_refused_at_once(text, message):
    start = time.perf_counter()
    with pytest.raises(FormulaError, match=message):
        Formula(text, XY)
    assert time.perf_counter() - start < 5


def test_a_long_formula_is_shown_near_the_fault():
    with pytest.raises(FormulaError) as error:
        Formula("x + " * 45 + "x.y + " + "x + " * 45 + "x", XY)
    _, shown, carets = str(error.value).splitlines()
    assert len(shown) < 120
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "x.y"


PIECES = st.sampled_from(
    [*"xy0123+-*/(). ", "**", "exp(", "sigmoid (", "where(", ", ", " and ", "<", "==", "#", "\ud800"]
)


@given(st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=20).map("".join)))
def test_any_text_is_either_a_formula_or_a_formula_error(text):
    try:
        formula = Formula(text, XY)
    except FormulaError:
        return
    with suppress(ArithmeticError, ValueError):  # a formula, only not defined at these numbers
        assert isinstance(formula.over(FLOATS)(0.5, 2.0), int | float)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("x² · y₁", "x**2 * y1"),
        ("x⁻¹ − 2×y₁", "x**-1 - 2*y1"),
        ("x¹²÷y₁", "x**12/y1"),
        ("x ≤ y₁ or x ≠ 2", "x <= y1 or x != 2"),
    ],
)
def test_typography_is_read_as_it_is_meant(typed, read):
    assert Formula(typed, ("x", "y1")).text == read


@pytest.mark.parametrize("text", ["x²₁", "x²3", "x²⁻¹", "x²e2", "x²**y", "x²y", "x²³⁻¹", "x²."])
def test_superscripts_that_run_into_something_are_refused(text):
    with pytest.raises(FormulaError, match=r"invalid (character|decimal literal|syntax)"):
        Formula(text, ("x", "y"))
