"""How numbers and expressions are written."""

import pytest

from autograd import Constant, Value, define, dot, exp, hypot, mean, sum, where
from autograd.core.value import name, sentence
from autograd.explaining.latex import LATEX
from autograd.extensions.expressions import expression
from autograd.extensions.tracing import argument, traced
from autograd.formula.typesetting import ATOM, number


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


@pytest.mark.parametrize(
    ("compute", "text"),
    [
        (lambda x, y: where(x > 0, x, y), "x if x > 0 else y"),
        (lambda x, y: where((x > 0) & (y >= x + 1), x**2, -y), "x² if x > 0 and y ≥ x + 1 else -y"),
        (lambda x, y: where((x > 0) & ((y < 1) | (x == 2)), x, 0), "x if x > 0 and (y < 1 or x = 2) else 0"),
        (lambda x, y: where(x != y, x, y) * y + 1, "(x if x ≠ y else y)·y + 1"),
        (lambda x, y: where(x > y, where(y > 0, y, 0), x), "(y if y > 0 else 0) if x > y else x"),
        (lambda x, y: exp(where(x <= y, x, y)), "exp(x if x ≤ y else y)"),
        (lambda x, y: step(x) * y, "step(x)·y"),
    ],
)
def test_recorded_conditions_are_written_as_such(compute, text):
    node = traced(lambda unknown: compute(argument(unknown, "x"), argument(unknown, "y")))
    assert expression(node) == text


step = define("step", "x > 0", dx="0")


def test_of_a_choice_that_was_made_the_chosen_branch_is_written():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    assert expression(where(True, a, b) * 2) == "a·2"
    assert expression(where(a > b, a, b) * 2) == "b·2"


def test_expressions_in_latex():
    w, x = ([make(1.0 + i, f"{name}[{i}]") for i in range(4)] for make, name in ((Value, "w"), (Constant, "x")))
    a, b = Value(-0.5, "a"), Value(1e-8, "ŷ")
    cases = {
        dot(w, x) + b: r"\sum w_{i} \cdot x_{i} + \hat{y}",
        mean(w): r"\frac{1}{4} \cdot \sum w_{i}",
        mean([a, b]): r"\operatorname{mean}\left(a, \hat{y}\right)",
        (a - b) ** 2 / 2: r"\frac{\left(a - \hat{y}\right)^{2}}{2}",
    }
    for node, text in cases.items():
        assert expression(node, style=LATEX) == text
    assert (
        expression(a * b**2, numbers=True, style=LATEX) == r"\left(-0.5\right) \cdot \left(1 \cdot 10^{-8}\right)^{2}"
    )


def test_values_may_be_written_already():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    total = a + b
    assert expression(total * b, parts={total: ("Σ", ATOM)}) == "Σ·b"


@pytest.mark.parametrize("label", ["a\0b", "\ud800", "\u202eab", "x" * 10**5])
def test_labels_are_written_so_that_they_can_be_shown(label):
    for named in (Value(1.0, label), Constant(1.0, label)):
        text = expression(Value(2.0, "v") * named)
        assert text.isprintable()
        assert len(text) < 70


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
