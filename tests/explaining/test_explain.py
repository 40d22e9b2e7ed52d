"""The chain rule in words: along one path, several, very many, and over samples."""

import math
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Constant, StaleGraphError, Value, explain, maximum, mean, relu, sigmoid
from autograd import sum as sum_
from autograd.explaining.chain import Chain
from autograd.explaining.chain_rule import chain_rule
from neuron import Neuron, losses
from tests.programs import random_program


@pytest.fixture
def lesson():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    x, y = Constant(2.0, label="x"), Constant(1.5, label="y")
    y_hat = (w * x + b).named("ŷ")
    return w, b, y_hat, ((y_hat - y) ** 2).named("L")


def text(root, wrt, **how):
    return str(explain(root, wrt, **how)).splitlines()


def test_the_lesson_word_for_word(lesson):
    w, b, y_hat, L = lesson
    assert text(L, w) == [
        "dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6",
        "  L = (ŷ - y)²  ∂L/∂ŷ = 2·(ŷ - y) = -0.8",
        "  ŷ = w·x + b   ∂ŷ/∂w = x = 2.0",
        "dL/dw = 2·x·(w·x + b - y)",
    ]
    assert text(L, b)[0] == "dL/db = ∂L/∂ŷ · ∂ŷ/∂b = (-0.8) · 1.0 = -0.8"
    assert explain(L, b).closed_form == "2·(w·x + b - y)"
    assert text(L, y_hat)[0] == "dL/dŷ = ∂L/∂ŷ = -0.8"
    assert explain(L, y_hat).closed_form == "2·(ŷ - y)"
    assert text(L, L) == ["dL/dL = 1.0"]
    assert explain(L, w).value == L.gradients([w])[0]
    assert repr(explain(L, w)) == str(explain(L, w))


def test_every_operation_is_a_step_of_the_full_view(lesson):
    w, _, _, L = lesson
    assert text(L, w, view="full") == [
        "dL/dw = ∂L/∂t₂ · ∂t₂/∂ŷ · ∂ŷ/∂t₁ · ∂t₁/∂w = (-0.8) · 1.0 · 1.0 · 2.0 = -1.6",
        "  L = t₂²     ∂L/∂t₂ = 2·t₂ = -0.8",
        "  t₂ = ŷ - y  ∂t₂/∂ŷ = 1.0",
        "  ŷ = t₁ + b  ∂ŷ/∂t₁ = 1.0",
        "  t₁ = w·x    ∂t₁/∂w = x = 2.0",
        "dL/dw = 2·x·(w·x + b - y)",
    ]
    assert text(w * w, w)[0] == "dz/dw = ∂z/∂w = 1.0"
    assert text(w * w, w, view="full")[:4] == [
        "dz/dw = sum over 2 paths",
        "path 1:  ∂z/∂w (1) = 0.5",
        "path 2:  ∂z/∂w (2) = 0.5",
        "total:  0.5 + 0.5 = 1.0",
    ]


def test_several_paths_are_written_out_and_summed(lesson):
    w, _, _, L = lesson
    R = (Constant(0.1, "λ") * w**2).named("R")
    assert explain((L + R).named("J"), w).chain == [
        "dJ/dw = sum over 2 paths",
        "path 1:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂w = 1.0 · (-0.8) · 2.0 = -1.6",
        "path 2:  ∂J/∂R · ∂R/∂w = 1.0 · 0.1 = 0.1",
        "total:  (-1.6) + 0.1 = -1.5",
    ]


def test_many_paths_are_grouped_by_their_first_step():
    w = z = Value(1.0, "w")
    for i in range(40):
        z = ((z * 0.5).named(f"a{i}") + (z * 0.25).named(f"b{i}") + (w * 0.0).named(f"o{i}")).named(f"c{i}")
    lines = explain(z, w).chain
    assert lines[0].startswith("dc39/dw = sum over about 10^12 paths, grouped by first step")
    assert any(line.startswith("  dc39/da0 · ∂a0/∂w = ") for line in lines)
    assert len(lines) < 20


def test_among_very_many_first_steps_the_largest_are_shown():
    w = Value(1.0, "w")
    terms = [(w * (i + 1)).named(chr(ord("a") + i % 20) + "'" * (i // 20)) for i in range(100)]
    lines = explain(sum_(terms).named("z"), w).chain
    assert lines[0] == "dz/dw = sum over 100 paths, grouped by first step"
    assert [line.split()[-1] for line in lines[1:7]] == ["95.0", "96.0", "97.0", "98.0", "99.0", "100.0"]
    assert lines[7] == "  … and 94 more, together 4465.0"
    assert lines[8].endswith("+ 4465.0 = 5050.0")


@pytest.mark.slow
def test_depth_and_number_of_paths_do_not_matter():
    x = y = Value(1.0, "x")
    for _ in range(20_000):
        y = y * 1.0
    z = x
    for i in range(5_000):
        z = (z + (z * 0.0).named(f"a{i}")).named(f"b{i}")
    start = time.monotonic()
    assert text(y, x)[0] == "dz/dx = ∂z/∂x = 1.0"
    assert explain(y, x).closed_form is None
    assert "sum over about 10^1505 paths" in text(z, x)[0]
    assert time.monotonic() - start < 20


@pytest.mark.slow
@pytest.mark.parametrize("view", ["named", "full"])
def test_a_path_may_be_long(view):
    x = y = Value(1.0, "x")
    for _ in range(20_000):
        y = y * 1.00005
        y.label = "h" if view == "named" else ""
    start = time.monotonic()
    explanation = explain(y, x, view=view)
    line, *steps = str(explanation).splitlines()
    assert explanation.chain == [line]
    assert steps == []
    assert line.endswith(" · 1.0 · 1.0 · 1.0 = 2.718")
    assert len(line) < 300
    assert time.monotonic() - start < 20


DATA = [(2.0, 1.5), (1.0, 1.1), (-1.0, -0.2), (3.0, 2.4)]


def parameters_and_terms(n=4):
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    terms = []
    for k in range(n):
        x, y = DATA[k % 4]
        y_hat = (w * Constant(x, "x") + b).named("ŷ")
        terms.append(((y_hat - Constant(y, "y")) ** 2).named("L"))
    return w, terms


@pytest.mark.parametrize(
    ("total", "written", "closed"),
    [
        (mean, "(1/4)·Σ L", "(1/4)·Σ 2·x·(w·x + b - y)"),
        (lambda terms: sum_(terms) / 4, "(Σ L)/4", "(1/4)·Σ 2·x·(w·x + b - y)"),
        (lambda terms: sum(terms) / len(terms), "(Σ L)/4", "(1/4)·Σ 2·x·(w·x + b - y)"),
        (lambda terms: sum(terms[1:], terms[0]) * 0.25, "(Σ L)·0.25", "(1/4)·Σ 2·x·(w·x + b - y)"),
    ],
)
def test_a_mean_over_samples_however_it_is_computed(total, written, closed):
    w, terms = parameters_and_terms()
    explanation = explain(total(terms).named("J"), w)
    assert explanation.chain == [
        "dJ/dw = sum over 4 samples",
        "sample 1:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂w = 0.25 · (-0.8) · 2.0 = -0.4",
        "sample 2:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂w = 0.25 · (-1.0) · 1.0 = -0.25",
        "sample 3:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂w = 0.25 · (-0.4) · (-1.0) = 0.1",
        "sample 4:  ∂J/∂L · ∂L/∂ŷ · ∂ŷ/∂w = 0.25 · (-1.6) · 3.0 = -1.2",
        "total:  (-0.4) + (-0.25) + 0.1 + (-1.2) = -1.75",
    ]
    assert explanation.steps[0].strip().startswith(f"J = {written} ")
    assert explanation.steps[0].endswith("∂J/∂L = 1/4 = 0.25")
    assert explanation.closed_form == closed


def test_a_sum_and_what_is_beside_it():
    w, terms = parameters_and_terms()
    assert explain(sum(terms).named("J"), w).closed_form == "Σ 2·x·(w·x + b - y)"
    explanation = explain((mean(terms) + 0.1 * w**2).named("J"), w)
    assert explanation.chain[0] == "dJ/dw = sum over 4 samples and 1 path"
    assert explanation.chain[5:] == [
        "path 1:    ∂J/∂w = 0.1",
        "total:  (-0.4) + (-0.25) + 0.1 + (-1.2) + 0.1 = -1.65",
    ]
    assert explanation.closed_form is None


def test_of_many_samples_the_largest_are_shown():
    w, terms = parameters_and_terms(569)
    lines = explain(mean(terms).named("J"), w).chain
    assert lines[0] == "dJ/dw = sum over 569 samples"
    assert lines[1].startswith("sample 1:")
    assert lines[-2].startswith("  … and 562 more, together ")
    assert len(lines) == 10
    assert lines[-1].endswith(f" {explain(mean(terms), w).value:.4g}")


def closed_form(terms, w):
    return explain(mean(terms).named("J"), w).closed_form


def test_a_formula_for_all_samples_is_true_of_every_one():
    w, b = Value(0.5, "w"), Value(0.1, "b")
    p = [sigmoid(w * Constant(x, "x") + b) for x, _ in DATA]
    ones = [losses.binary_cross_entropy(y_hat, 1) for y_hat in p]
    assert closed_form(ones, w) == "(1/4)·Σ x·(sigmoid(w·x + b) - 1)"
    mixed = [losses.binary_cross_entropy(y_hat, k % 2).named("L") for k, y_hat in enumerate(p)]
    assert closed_form(mixed, w) is None
    assert "Σ" not in closed_form([(w * x - y) ** 2 for x, y in DATA], w)  # the data have no names
    rectified = [relu(w * Constant(x, "x") + b) for x in (1.0, -1.0, 2.0)]
    assert closed_form(rectified, w) == "(1/3)·Σ x·(1 if w·x + b > 0 else 0)"


@pytest.mark.parametrize(
    ("labels", "formula"),
    [
        (("x[{}]", "y[{}]"), "(1/4)·Σ 2·x·(w·x - y)"),
        (("x{}", "y{}"), "(1/4)·Σ 2·x·(w·x - y)"),
        (("x", "y"), "(1/4)·Σ 2·x·(w·x - y)"),
        (("x[0]", "x[1]"), "(1/4)·Σ 2·x[0]·(w·x[0] - x[1])"),  # no numbers of samples
        (("x[{},0]", "x[{},1]"), None),
        (("w{}", "y{}"), None),
    ],
)
def test_a_formula_for_all_samples_is_in_the_names_that_they_share(labels, formula):
    w, (x, y) = Value(0.5, "w"), labels
    terms = [(w * Constant(a, x.format(k)) - Constant(b, y.format(k))) ** 2 for k, (a, b) in enumerate(DATA)]
    assert closed_form(terms, w) == formula


def test_a_formula_for_all_samples_is_there_when_all_of_them_fit():
    w, b = Value(0.7, "w"), Value(0.1, "b")
    data = [(x, 0.1 + 0.7 * x) for x in (0.1, 0.3, 0.7, 1.1)]
    terms = [(w * Constant(x, "x") + b - Constant(y, "y")) ** 2 for x, y in data]
    assert closed_form(terms, w) == "(1/4)·Σ 2·x·(w·x + b - y)"


def test_samples_need_not_be_computed_by_the_same_operations():
    n = Neuron(2, "sigmoid", weights=[0.5, -0.25], bias=0.1)
    data = [([1.0, 2.0], 1), ([0.5, -1.0], 0), ([-1.0, 1.0], 1)]
    J = mean([losses.binary_cross_entropy(n(x), y) for x, y in data]).named("J")
    lines = explain(J, n.w[0]).chain
    assert lines[0] == "dJ/dw[0] = sum over 3 samples"
    assert lines[1].startswith("sample 1:  ∂J/∂t · ∂t/∂ŷ · ∂ŷ/∂h · ∂h/∂w[0] = 0.3333 · ")


def test_with_several_paths_in_a_sample_these_are_taken_together():
    w = Value(0.5, "w")
    terms = [((w * x).named("a") * (w + x).named("b")).named("L") for x in (1.0, 2.0, 3.0)]
    assert explain(sum(terms).named("J"), w).chain[1] == "sample 1:  dJ/dL · dL/dw = 1.0 · 2.0 = 2.0"


def test_a_value_of_one_sample_is_explained_within_it():
    _, terms = parameters_and_terms()
    J = mean(terms).named("J")
    y_hat = terms[2].args[0].args[0]
    assert explain(J, y_hat).chain == ["dJ/dŷ = ∂J/∂L · ∂L/∂ŷ = 0.25 · (-0.4) = -0.1"]


def test_a_formula_in_which_a_name_means_two_things_is_not_shown():
    w = Value(0.5, "w")
    z = (w * Value(2.0, "x") * Value(3.0, "x")).named("z")
    assert explain(z, w).closed_form is None
    assert text(z, w) == ["dz/dw = ∂z/∂w = 6.0", "  z = w·x·x  ∂z/∂w = 6.0"]
    z = (w * Value(2.0, "w")).named("z")
    assert text(z, w) == ["dz/dw = ∂z/∂w = 2.0", "  z = w·w  ∂z/∂w = 2.0"]


def test_about_equal_is_not_equal():
    a = Value(1 / 3, "a")
    h = (a * a).named("h")
    assert text((h * h).named("z"), a)[0] == "dz/da = ∂z/∂h · ∂h/∂a = 0.2222 · 0.6667 = 0.1481"
    b = Value(1.2346, "b")
    k = (b * 1.1111).named("k")
    assert text((k * 1.1111).named("z"), b)[0] == "dz/db = ∂z/∂k · ∂k/∂b = 1.111 · 1.111 ≈ 1.235"


def test_a_kink_is_said_to_be_one():
    h = Value(0.0, "h")
    y = (relu(h) + Value(1.0, "c")).named("y")
    assert text(y, h)[1] == "  y = relu(h) + c  ∂y/∂h = 1 if h > 0 else 0 = 0.0 (at a kink)"
    assert "kink" not in text(y, y.args[1])[1]
    tie = maximum(h, Value(0.0, "g")).named("m")
    assert text(tie, h) == ["dm/dh = ∂m/∂h = 0.5", "  m = maximum(h, g)  ∂m/∂h = 0.5 (at a kink)"]


def test_it_says_when_grad_is_something_else(lesson):
    w, b, y_hat, L = lesson
    assert explain(L, w).note == ""
    L.backward()
    assert explain(L, w).note == ""
    L.backward()
    assert text(L, w)[-1] == (
        "w.grad is -3.2, 2 times that: "
        "gradients add up from one backward() to the next, until they are reset (zero_grad)."
    )
    b.grad = 7.0
    assert explain(L, b).note == (
        "b.grad is 7.0, not -0.8: it is the sum over all backward passes since it was last reset."
    )
    b.grad = 0.0
    assert explain(L, b).note == "b.grad is 0.0, not -0.8: no backward pass has added to it since it was reset."
    M = (y_hat * 3).named("M")
    assert explain(M, y_hat).note == "ŷ.grad is -0.8, not 3.0: it was left by backward() of another result."


def test_a_changed_leaf_is_refused(lesson):
    w, _, _, L = lesson
    w.data = 0.7
    with pytest.raises(StaleGraphError, match=r"'w' was changed to 0\.7 after w·x had .* Run the forward pass again"):
        explain(L, w)


def test_what_cannot_be_explained(lesson):
    w, _, _, L = lesson
    with pytest.raises(TypeError, match="explain takes Values, not 'w'"):
        explain(L, "w")
    with pytest.raises(ValueError, match="L does not depend on 'u': no path connects them"):
        explain(L, Value(1.0, "u"))
    with pytest.raises(ValueError, match="view='nope': the views are 'named' and 'full'"):
        explain(L, w, view="nope")


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 2**32), st.booleans(), st.sampled_from(["named", "full"]))
def test_the_terms_add_up_to_the_derivative(seed, with_names, view):
    source = random.Random(seed)
    leaves, root = random_program(source, steps=12).values()
    if with_names:
        nodes = Chain(root, view="full").values
        for i, node in enumerate(source.sample(nodes, len(nodes) // 2)):
            node.label = f"n{i}"
    for leaf in leaves:
        try:
            chain = Chain(root, leaf, view)
        except ValueError:
            assert root.gradients([leaf]) == [0.0]
            continue
        assert explain(root, leaf, view).value == root.gradients([leaf])[0]
        rule = chain_rule(chain).sum
        products = [*(term.product for term in rule.terms), rule.rest]
        expected = root.gradients([leaf])[0]
        assert math.isclose(sum(products), expected, rel_tol=1e-9, abs_tol=1e-9 * sum(map(abs, products)))
        assert str(explain(root, leaf, view)).splitlines()[0].startswith(f"d{chain.names[root]}/d")


def ridge():
    w = [Value(float(i + 1), f"w[{i}]") for i in range(3)]
    y_hat = sum(v * Constant(i + 1.0, f"x[{i}]") for i, v in enumerate(w)).named("ŷ")
    return w[1], (y_hat - 1.0) ** 2 + 0.1 * sum(v**2 for v in w)


def one_parameter_for_every_second_sample():
    a, b = Value(0.5, "a"), Value(0.7, "b")
    terms = [((((a if k % 2 else b) * Constant(k + 1.0, "x")).named("ŷ") - 1.0) ** 2).named("L") for k in range(4)]
    return a, mean(terms)


def powers():
    x = Value(0.5, "x")
    return x, x**2 + x**3 + x**4


def two_tasks():
    w = Value(0.5, "w")
    return w, ((w * 2.0 - 1.5) ** 2).named("L1") + (relu(w) * 3.0).named("L2")


def variance():
    w = Value(0.5, "w")
    h = [(w * Constant(k * k + 1.0, "x")).named("h") for k in range(4)]
    m = mean(h).named("μ")
    return w, mean([(x - m) ** 2 for x in h])


@pytest.mark.parametrize("case", [ridge, one_parameter_for_every_second_sample, powers, two_tasks, variance])
def test_terms_that_are_not_samples_are_not_treated_as_such(case):
    w, root = case()
    chain = Chain(root, w)
    assert chain.samples is None
    rule = chain_rule(chain).sum
    assert math.isclose(sum(term.product for term in rule.terms) + rule.rest, root.gradients([w])[0], rel_tol=1e-12)


def test_data_may_be_values_too():
    w = Value(0.5, "w")
    data = [(Value(x, "x"), Value(y, "y")) for x, y in DATA]
    J = mean([((w * x - y) ** 2).named("L") for x, y in data]).named("J")
    assert explain(J, w).chain[0] == "dJ/dw = sum over 4 samples"
    assert explain(J, data[2][0]).chain == ["dJ/dx = ∂J/∂L · ∂L/∂x = 0.25 · (-0.3) = -0.075"]


def test_samples_with_an_index_are_summed_over_it():
    w = Value(0.5, "w")
    terms = [(w * Constant(x, f"x[{i}]")).named(f"h[{i}]") for i, (x, _) in enumerate(DATA)]
    assert explain(sum(terms).named("J"), w).steps[0] == "  J = Σ h[i]     ∂J/∂h[0] = 1.0"


@pytest.mark.parametrize("of", [lambda total: total**2, lambda total: total * total, lambda total: 1 / total])
def test_a_function_of_a_sum_over_samples_has_no_closed_form_over_samples(of):
    w, terms = parameters_and_terms()
    assert explain(of(mean(terms)).named("J"), w).closed_form is None
    assert explain((2 - mean(terms) / 3).named("J"), w).closed_form is not None
