"""The chain rule as data: over paths, over first steps, over samples."""

import pytest

from autograd import Constant, Value, mean
from autograd.explaining.chain import Chain
from autograd.explaining.chain_rule import Rule, Sum, Term, chain_rule
from autograd.explaining.chain_rule_latex import rule_latex
from autograd.explaining.paths import Factor
from autograd.explaining.wording import equals, gradient_note, joined, product_line, rule_lines

outer, inner = Factor("L", "h", -0.5), Factor("h", "w", 3.0)


def samples(n):
    w = Value(0.5, "w")
    terms = [((w * Constant(k + 1.0, "x")).named("ŷ") ** 2).named("L") for k in range(n)]
    return w, terms


def test_one_path_is_one_product():
    w = Value(2.0, "w")
    rule = chain_rule(Chain((w * 3.0).named("h") ** 2, w))
    assert rule.derivative == Factor("z", "w", 36.0, is_total=True)
    assert [term.product for term in rule.sum.terms] == [36.0]
    assert rule.sum.is_single


def test_first_steps_have_total_derivatives_in_front():
    w = z = Value(1.0, "w")
    for i in range(3):
        z = ((z * 2).named(f"a{i}") + (z * 3).named(f"b{i}")).named(f"c{i}")
    rule = chain_rule(Chain(z, w))
    assert rule.sum.over == "8 paths, grouped by first step"
    assert [[f.symbol for f in term.factors] for term in rule.sum.terms] == [
        ["dc2/da0", "∂a0/∂w"],
        ["dc2/db0", "∂b0/∂w"],
    ]
    assert sum(term.product for term in rule.sum.terms) == rule.derivative.slope == 125.0


@pytest.mark.parametrize(("n", "shown"), [(4, 4), (30, 7)])
def test_samples_add_up_and_the_largest_are_terms(n, shown):
    w, terms = samples(n)
    rule = chain_rule(Chain((mean(terms) + 0.5 * w).named("J"), w))
    assert len(rule.contributions) == n
    assert rule.samples == shown
    assert [term.head for term in rule.sum.terms][-1] == "path 1"
    total = sum(term.product for term in rule.sum.terms) + rule.sum.rest
    assert total == pytest.approx(rule.derivative.slope) == pytest.approx(sum(rule.contributions) + 0.5)


def test_one_sample_is_found_among_astronomically_many_paths():
    w, terms = samples(4)
    beside = w
    for i in range(100):
        beside = ((beside * 0.5).named(f"a{i}") + (beside * 0.25).named(f"b{i}")).named(f"c{i}")
    rule = chain_rule(Chain((mean(terms) + beside).named("J"), w))
    assert [f.symbol for f in rule.sum.terms[0].factors] == ["∂J/∂L", "∂L/∂ŷ", "∂ŷ/∂w"]


RULE = Rule(
    Factor("L", "w", -1.0, is_total=True),
    Sum("2 paths", [Term("path 1", [outer, inner]), Term("path 2", [outer])], 3, 1.0),
)


def test_a_rule_made_by_hand_is_written_in_lines():
    assert list(rule_lines(RULE)) == [
        "dL/dw = sum over 2 paths",
        "path 1:  ∂L/∂h · ∂h/∂w = (-0.5) · 3.0 = -1.5",
        "path 2:  ∂L/∂h = -0.5",
        "  … and 3 more, together 1.0",
        "total:  (-1.5) + (-0.5) + 1.0 = -1.0",
    ]
    assert product_line(RULE.sum.terms[0], lambda number: f"<{number}>").endswith("= <(-0.5)> · <3.0> = <-1.5>")


def test_a_rule_made_by_hand_is_written_in_latex():
    first, *_, sums, total, _ = rule_latex(RULE).splitlines()[1:]
    assert first == r"\frac{dL}{dw} &= \frac{\partial L}{\partial h} \cdot \frac{\partial h}{\partial w} \\"
    assert sums == r"&= (-1.5) + (-0.5) + 1.0 \\"
    assert total == "&= -1.0"


def test_long_rows_are_cut_in_the_middle_and_rounded_results_are_about_equal():
    assert joined("+", map(str, range(20))) == "0+1+2+3+4+5+…+14+15+16+17+18+19"
    assert equals(sum, ["0.1", "(-0.2)"], "-0.1") == "="
    assert equals(sum, ["0.1", "0.2"], "0.4") == "≈"


@pytest.mark.parametrize(
    ("grad", "note"),
    [
        (None, ""),
        (2.0000000001, ""),
        (6.0, "w.grad is 6.0, 3 times that: gradients add up from one backward() to the next, "
         "until they are reset (zero_grad)."),
        (0.0, "w.grad is 0.0, not 2.0: no backward pass has added to it since it was reset."),
        (5.0, "w.grad is 5.0, not 2.0: it is the sum over all backward passes since it was last reset."),
    ],
)  # fmt: skip
def test_a_gradient_that_is_not_the_derivative_is_explained(grad, note):
    w = Value(0.5, "w")
    w.grad = grad
    assert gradient_note("w", w, 2.0) == note
