"""How numbers and expressions are written."""

import pytest

from autograd import Constant, Value, dot, exp, hypot, mean, sum
from autograd.core.value import name, sentence
from autograd.extensions.expressions import expression
from autograd.formula.typesetting import number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2.0"), (2, "2"), (-0.8, "-0.8"), (0.15999999999999992, "0.16"), (1e-20, "1e-20"), (-0.0, "0.0"),
        (123456.0, "1.235e+05"), (float("nan"), "nan"), (float("-inf"), "-inf"), (True, "True"), (-3.0, "-3.0"),
    ],
)  # fmt: skip
def test_numbers(value, text):
    assert number(value) == text


def test_expressions_use_operators_parentheses_and_names():
    a, b, c = Value(1, label="a"), Value(2, label="b"), Constant(3, label="c")
    cases = {
        a + b + c: "a + b + c",
        a - (b - c): "a - (b - c)",
        a * (b + c): "a·(b + c)",
        a / (b * c): "a/(b·c)",
        a * b / c: "a·b/c",
        (a + b) ** 2: "(a + b)²",
        a**-10: "a⁻¹⁰",
        a**0.5: "a^0.5",
        a**b: "a^b",
        a**c: "a^c",
        (a * b) ** 2 * c: "(a·b)²·c",
        (a**2) ** 3: "(a²)³",
        -a + b: "-a + b",
        -(a + b): "-(a + b)",
        -(a * b): "-a·b",
        (-a) ** 2: "(-a)²",
        a - (-b): "a - (-b)",
        a * -2: "a·(-2)",
        -2 * a: "(-2)·a",
        +a * 2: "a·2",
        exp(a + b): "exp(a + b)",
        hypot(a, 1.5): "hypot(a, 1.5)",
        2 / a: "2/a",
        dot([a, b], [c, 0.5]): "a·c + b·0.5",
        dot([a], [c]) * 2: "a·c·2",
        dot([a, b], [c, 0.5]) * 2: "(a·c + b·0.5)·2",
        dot([a, b, a + 1, b], [c, 0.5, 1.0, 2.0]): "a·c + … + b·2.0",
        sum([a, b]): "a + b",
        mean([a, b, a, b]): "mean(a, …, b)",
        (a + b).named("s") * 2: "s·2",
        a + Value(4): "a + 4.0",
        a * (b % c): "a·(b % c)",
        (a + b) // c: "(a + b) // c",
        (a + b).named("a + b") * 2: "(a + b)·2",
    }
    for node, text in cases.items():
        assert expression(node) == text


def test_the_same_expression_in_numbers():
    w, x = Value(-0.5, label="w"), Constant(2.0, label="x")
    h = (w * x + 1).named("h")
    assert expression(h, numbers=True) == "(-0.5)·2.0 + 1"
    assert expression(h**2, numbers=True) == "0.0²"


def test_names_and_sentences():
    w = Value(0.5, label="w")
    assert [name(v) for v in (w, Value(2), w * 2, (w * 2).named("y"))] == ["'w'", "Value(2.0)", "w·2", "'y'"]
    assert [sentence(v) for v in (w, Value(2), w * 2, (w * 2).named("y"))] == ["'w'", "Value(2.0)", "w·2", "y = w·2"]


def test_large_expressions_are_cut_short():
    x = Value(1.0, label="x")
    y = x
    for _ in range(100_000):
        y = y + x
    assert expression(y).startswith("… + x + x")
    assert len(expression(y)) < 120
    for _ in range(60):
        y = y * y
    assert len(expression(y)) < 300
