"""The forward pass in symbols and numbers, and explanations of several values at once."""

import pytest

from autograd import Constant, StaleGraphError, Value, dot, exp, explain, log, mean
from autograd.explaining.chain import Chain
from autograd.explaining.explain import Explanations
from autograd.explaining.forward_pass import ForwardPass
from autograd.explaining.words import Words


def lesson():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    y_hat = (w * Constant(2.0, label="x") + b).named("ŷ")
    return w, b, ((y_hat - Constant(1.5, label="y")) ** 2).named("L")


def lines(root, **options):
    return ForwardPass(Chain(root, **options)).lines


def test_each_named_value_in_symbols_and_in_numbers():
    _, _, L = lesson()
    assert lines(L) == ["ŷ = w·x + b = 0.5·2.0 + 0.1 = 1.1", "L = (ŷ - y)² = (1.1 - 1.5)² = 0.16"]
    assert lines(L, view="full")[:2] == ["t₁ = w·x = 0.5·2.0 = 1.0", "ŷ = t₁ + b = 1.0 + 0.1 = 1.1"]
    assert lines(Value(2.0)) == []


def test_about_equal_is_not_equal():
    a, b = Value(1 / 3, "a"), Value(1.2346, "b")
    assert lines((a * 3.0).named("c")) == ["c = a·3.0 = 0.3333·3.0 ≈ 1.0"]
    assert lines((b * b).named("c")) == ["c = b·b = 1.235·1.235 ≈ 1.524"]
    assert lines(exp(b * 0.0).named("c")) == ["c = exp(b·0.0) = exp(1.235·0.0) = 1.0"]
    assert lines(log(1.0 - Value(0.99999999, "p")).named("c")) == ["c = log(1.0 - p) = log(1.0 - 1.0) ≈ -18.42"]


def test_a_sum_that_is_zero_apart_from_rounding_is_said_to_be_so():
    x, y = Value(0.1, "x"), Value(0.2, "y")
    L = ((x + y - 0.3).named("h") ** 2).named("L")
    assert lines(L) == [
        "h = x + y - 0.3 = 0.1 + 0.2 - 0.3 = 5.551e-17, zero apart from rounding",
        "L = h² = 5.551e-17² = 3.081e-33, zero apart from rounding",
    ]
    assert lines(L, words=Words("de"))[1].endswith("3.081e-33, null bis auf Rundung")
    assert explain(L).forward.latex.count(r" \approx 0") == 2


def test_long_sums_are_cut_and_one_sample_stands_for_all():
    w, x = ([make(1.0 + i, f"{name}[{i}]") for i in range(5)] for make, name in ((Value, "w"), (Constant, "x")))
    assert lines(dot(w, x).named("h")) == ["h = Σ w[i]·x[i] = 1.0·1.0 + … + 5.0·5.0 = 55.0"]
    v = Value(0.5, "v")
    J = mean([((v * Constant(k + 1.0, "x")).named("ŷ") ** 2).named("L") for k in range(4)]).named("J")
    assert lines(J) == [
        "sample 1 of 4:",
        "ŷ = v·x = 0.5·1.0 = 0.5",
        "L = ŷ² = 0.5² = 0.25",
        "J = (1/4)·Σ L = mean(0.25, …, 4.0) = 1.875",
    ]
    assert lines(J, sample=2)[:2] == ["sample 3 of 4:", "ŷ = v·x = 0.5·3.0 = 1.5"]


def test_the_forward_pass_in_latex():
    _, _, L = lesson()
    forward = explain(L).forward
    assert forward.latex.splitlines() == [
        r"\begin{aligned}",
        r"\hat{y} &= w \cdot x + b = 0.5 \cdot 2.0 + 0.1 = 1.1 \\",
        r"L &= \left(\hat{y} - y\right)^{2} = \left(1.1 - 1.5\right)^{2} = 0.16",
        r"\end{aligned}",
    ]
    assert forward._repr_latex_() == f"$$ {forward.latex} $$"
    a = Value(1 / 3, "a")
    assert explain((a * 3.0).named("c")).forward.latex == r"c = a \cdot 3.0 = 0.3333 \cdot 3.0 \approx 1.0"


def test_without_wrt_all_leaves_are_explained():
    w, b, L = lesson()
    explanations = explain(L)
    assert isinstance(explanations, Explanations)
    assert [explanation.wrt for explanation in explanations] == [w, b]
    assert explanations[1].value == L.gradients([b])[0]
    assert str(explanations) == repr(explanations) == "\n\n".join(map(str, (explanations.forward, *explanations)))
    assert str(explanations).splitlines()[:4] == [*explanations.forward.lines, "", explain(L, w).chain[0]]
    assert [explain(L, wrt).chain for wrt in (w, b)] == [explanation.chain for explanation in explanations]


def test_several_values_are_explained_in_their_order():
    w, b, L = lesson()
    y_hat = L.args[0].args[0]
    explanations = explain(L, [b, y_hat, b])
    assert [explanation.chain[0].split(" = ")[0] for explanation in explanations] == ["dL/db", "dL/dŷ"]
    assert len(explain(L, [w])) == 1
    assert len(explanations[:1]) == 1
    rows = explanations.latex.splitlines()
    assert (rows[0], rows[1], rows[-1]) == (r"\begin{gathered}", r"\begin{aligned}", r"\end{gathered}")
    assert explanations.latex.count(r" \\[1em]") == 2
    assert explanations._repr_latex_() == f"$$ {explanations.latex} $$"


def test_a_chain_toward_each_value_shares_all_but_its_paths():
    w, b, L = lesson()
    chain = Chain(L, [w, b])
    assert chain.wrt is None
    assert chain.paths.count == 0
    assert [one.wrt for one in chain.each] == [w, b]
    assert all(one.steps is chain.steps for one in chain.each)
    assert [len(one.paths.few[0]) for one in chain.each] == [2, 2]
    assert Chain(L, w).each[0].wrt is w


def test_values_of_several_samples_are_drawn_without_folding():
    v = Value(0.5, "v")
    terms = [((v * Constant(k + 1.0, "x")).named("ŷ") ** 2).named("L") for k in range(4)]
    J = mean(terms).named("J")
    assert Chain(J, [v, terms[2]]).sample == 2
    assert Chain(J, terms[1:3]).samples is None
    assert [explanation.value for explanation in explain(J, terms[1:3])] == [0.25, 0.25]


def test_what_cannot_be_explained():
    w, b, L = lesson()
    with pytest.raises(TypeError, match="explain takes Values, not 'w'"):
        explain(L, [w, "w"])
    with pytest.raises(ValueError, match="L does not depend on 'u': no path connects them"):
        explain(L, [w, Value(1.0, "u")])
    b.data = 0.2
    with pytest.raises(StaleGraphError, match=r"'b' was changed to 0\.2"):
        explain(L)
