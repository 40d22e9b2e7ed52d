"""Hostile formulas are answers: a number, nan or infinity, or an error that points to the place."""

import math
import random

import numpy as np
import pytest

from autograd import Value, define, explain
from autograd.formula.language import Formula, FormulaError
from autograd.formula.systems import ieee
from tests.robustness import formulas


@pytest.mark.parametrize("slope", ["0 / 0", "log(-1)", "0 % 0", "floor(0 / 0)"])
def test_a_derivative_that_is_undefined_is_nan(slope):
    f = define("f", "x * 2", dx=slope)
    L = f(Value(3.0))
    L.backward()
    assert math.isnan(L.edges[0][1])
    assert f(np.array([1.0])).tolist() == [2.0]


def test_a_derivative_that_is_infinite_is_infinite():
    assert define("f", "x * 2", dx="1 / 0")(Value(3.0)).edges[0][1] == math.inf
    assert define("f", "x * 2", dx="0 ** -1")(Value(3.0)).edges[0][1] == math.inf


def test_division_by_zero_of_numbers_alone_over_arrays():
    f = Formula("x + 0 / 0", ("x",)).over(ieee())
    with np.errstate(all="ignore"):
        assert np.isnan(f(np.array([1.0, 2.0]))).all()


def test_conditions_joined_by_and_are_explained():
    bump = define("bump", "x * 2", dx="where(x > 0 and x < 5, 2 * x, 3)")
    assert "2·x if x > 0 and x < 5 else 3" in str(explain(bump(Value(2.0, "x")).named("L")))


@pytest.mark.parametrize(
    "slope", ["2 ** -10**9 + 2", "where(1 / 0 > 0, 2, x)", "1e308 * x * 10 * 1e-309 + 2", "z ** 110 ** 10 + 2"]
)
def test_formulas_that_sympy_cannot_write_are_left_out(slope):
    assert "= 2.0" in str(explain(define("f", "x * 2", dx=slope)(Value(0.0, "x")).named("L")))


@pytest.mark.parametrize("text", ["x" * 10**6, "(" * 10_000, "x + y" + "\u0301" * 3_000, "\0" * 9_000])
def test_messages_about_long_formulas_are_short(text):
    with pytest.raises(FormulaError) as error:
        define("f", text, dx="1")
    assert len(str(error.value)) < formulas.MAX_MESSAGE


def test_random_and_hostile_formulas_are_answers():
    choice = random.Random(20)
    for text in [*choice.sample(formulas.HOSTILE, 20), *(formulas.hostile(choice) for _ in range(40))]:
        assert formulas.attack(text) == "", text
