"""One walk over formulas: what an algebra is asked for, and that targets agree."""

import ast
import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.formula.algebra import interpret
from autograd.formula.language import Formula
from autograd.formula.systems import FLOATS
from autograd.formula.typesetting import typeset


@dataclass
class JavaScript:
    """A further target: source text in which only functions of `Math` and ternaries occur."""

    def number(self, value):
        return repr(float(value))

    def name(self, word):
        return word

    def unary(self, sign, x):
        return f"({sign}{x})"

    def binary(self, sign, x, y):
        return f"Math.pow({x}, {y})" if sign == "**" else f"({x} {sign} {y})"

    def comparison(self, sign, x, y):
        return f"({x} {sign} {y})"

    def logical(self, word, x, y):
        return f"({x} {'&&' if word == 'and' else '||'} {y})"

    def call(self, function, operands):
        if function == "where":
            return "({} ? {} : {})".format(*operands)
        return f"Math.{function}({', '.join(operands)})"


def parsed(text):
    return Formula(text, ("x", "y")).tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / cosh(x) ** 2", "(1.0 / Math.pow(Math.cosh(x), 2.0))"),
        ("where(x > 0, 1, -y)", "((x > 0.0) ? 1.0 : (-y))"),
        ("0 < x <= y", "((0.0 < x) && (x <= y))"),
        ("x > 0 and y > 0 and x < y", "(((x > 0.0) && (y > 0.0)) && (x < y))"),
        ("x * (x > 0)", "(x * ((x > 0.0) ? 1.0 : 0.0))"),
        ("-(x > 0)", "(-((x > 0.0) ? 1.0 : 0.0))"),
        ("exp(x > 0)", "Math.exp(((x > 0.0) ? 1.0 : 0.0))"),
        ("where(x, x > 0, 1)", "(x ? ((x > 0.0) ? 1.0 : 0.0) : 1.0)"),
    ],
)
def test_a_further_target_is_one_class(text, expected):
    assert interpret(parsed(text), JavaScript()) == expected


class Numbers:
    """The simplest target: the number itself."""

    def __init__(self, **numbers):
        self.numbers = numbers

    def number(self, value):
        return float(value)

    def name(self, word):
        return self.numbers[word]

    def unary(self, sign, x):
        return -x if sign == "-" else x

    def binary(self, sign, x, y):
        return {"+": x + y, "-": x - y, "*": x * y}[sign]

    def comparison(self, sign, x, y):
        return {"<": x < y, ">=": x >= y}[sign]

    def logical(self, word, x, y):
        return (x and y) if word == "and" else (x or y)

    def call(self, function, operands):
        condition, x, y = operands
        return x if condition else y


FORMULAS = st.recursive(
    st.sampled_from(["x", "y", "2", "0.5"]),
    lambda part: st.one_of(
        st.builds("({} {} {})".format, part, st.sampled_from("+-*"), part),
        st.builds("(-{})".format, part),
        st.builds("where({} < {} or {} >= 1, {}, {})".format, part, part, part, part, part),
        st.builds("(({} < {} < {}) * {})".format, part, part, part, part),
    ),
    max_leaves=12,
)


@given(FORMULAS, st.floats(-3, 3), st.floats(-3, 3))
def test_interpreting_and_compiling_agree(text, x, y):
    formula = Formula(text, ("x", "y"))
    interpreted, compiled = interpret(formula.tree, Numbers(x=x, y=y)), formula.over(FLOATS)(x, y)
    assert interpreted == compiled or (math.isnan(interpreted) and math.isnan(compiled))


@given(FORMULAS, st.floats(-3, 3), st.floats(-3, 3))
def test_what_is_typeset_reads_as_the_same_formula(text, x, y):
    written = typeset(Formula(text, ("x", "y")).tree, {})
    for typographic, typed in {"·": "*", "≥": ">="}.items():
        written = written.replace(typographic, typed)
    reading = eval(written, {"x": x, "y": y})
    assert float(reading) == pytest.approx(Formula(text, ("x", "y")).over(FLOATS)(x, y), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(-x) ** 2", "(-x)²"),
        ("(-x) ** y", "(-x)^y"),
        ("-x ** 2", "-x²"),
        ("(-x) // y", "(-x) // y"),
        ("(-x) % y", "(-x) % y"),
        ("(-x) * y", "-x·y"),
        ("x * -2", "x·(-2)"),
        ("x * y * 2", "2·x·y"),
        ("-2 + x", "x - 2"),
        ("where(0 < x <= y, x, y)", "x if 0 < x and x ≤ y else y"),
        ("where((x > 0 or y > 0) and x < 1, x, y)", "x if (x > 0 or y > 0) and x < 1 else y"),
    ],
)
def test_signs_and_conditions_are_typeset_where_they_belong(text, expected):
    assert typeset(parsed(text), {}) == expected


def test_what_is_not_in_the_language_is_refused():
    with pytest.raises(AssertionError, match=r"not in the language of formulas: Attribute\("):
        interpret(ast.parse("x.real", mode="eval").body, Numbers())
