"""Gradient checks of the code that students of the big courses write: layers, networks as dicts, tensors, classes."""

import math
import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, gradcheck, sigmoid, tanh
from autograd.checking.arrays import misshapen
from autograd.checking.diagnosis.array_patterns import ArrayGradient, Terms, pattern, times
from tests.benchmarks import mistakes

rng = np.random.default_rng(17)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
NETWORK = {
    "W1": rng.normal(size=(3, 4)), "b1": rng.normal(size=4), "W2": rng.normal(size=(4, 2)), "b2": rng.normal(size=2),
}  # fmt: skip


def cost(W1, b1, W2, b2):
    return ((np.tanh(X @ W1 + b1) @ W2 + b2 - Y) ** 2).mean()


def gradients(W1, b1, W2, b2):
    h = np.tanh(X @ W1 + b1)
    d = 2 * (h @ W2 + b2 - Y) / Y.size
    dz = d @ W2.T * (1 - h**2)
    return {"W1": X.T @ dz, "b1": dz.sum(0), "W2": h.T @ d, "b2": d.sum(0)}


RIGHT = gradients(**NETWORK)


def floats_only(f):
    return lambda **arrays: float(f(**{name: np.array(x, dtype=float) for name, x in arrays.items()}))


# --- The report ---------------------------------------------------------------------------------------


def test_a_report_is_true_if_it_is_ok():
    assert gradcheck(cost, NETWORK, gradient=gradients)
    assert not gradcheck(cost, NETWORK, gradient={**RIGHT, "b1": 2 * RIGHT["b1"]})
    assert not gradcheck(lambda x: Value(1.0) * float("nan"), {"x": 1.0})


def test_arrays_come_first_in_the_report_of_a_network():
    report = gradcheck(cost, NETWORK, gradient={**RIGHT, "W2": 2 * RIGHT["W2"], "b1": -RIGHT["b1"]})
    lines = str(report).splitlines()
    assert lines[0] == "Gradient check: FAIL (12 of 26 inputs wrong)"
    assert re.fullmatch(r"  array  shape   at +yours +numerical +verdict", lines[1])
    assert [line.split()[0] for line in lines[2:6]] == ["W1", "b1", "W2", "b2"]
    assert lines[3].endswith("FAIL  all 4 wrong: wrong sign")
    assert lines[4].endswith("FAIL  all 8 wrong: 2x too big")
    assert lines[5].split() == ["b2", "(2,)", "pass"]


def test_an_array_knows_its_verdict_and_the_places_that_are_wrong():
    wrong = RIGHT["W1"].copy()
    wrong[1, 2] *= 3
    arrays = gradcheck(cost, NETWORK, gradient={**RIGHT, "W1": wrong}).arrays
    assert {name: array.verdict for name, array in arrays.items()} == {
        "W1": "fail", "b1": "pass", "W2": "pass", "b2": "pass",
    }  # fmt: skip
    assert (arrays["W1"].wrong, arrays["W1"].checked, arrays["W1"].shape) == ([(1, 2)], 12, (3, 4))
    assert arrays["b1"].wrong == []


def test_few_numbers_keep_one_row_each():
    report = gradcheck(lambda w, b: (w * w).sum() * b, {"w": np.array([1.0, 2.0]), "b": 3.0})
    assert "  w[1]   12.0" in str(report)


@pytest.mark.parametrize(
    ("shape", "expected", "question"),
    [
        ((10, 5), (5,), "is a sum over axis 0 missing?"),
        ((10, 4, 5), (5,), "is a sum over axes 0 and 1 missing?"),
        ((10, 5), (10, 1), "is a sum over axis 1 missing?"),
        ((5,), (5, 1), "is keepdims=True missing?"),
        ((1, 5), (5,), "does it have an axis too many?"),
        ((3, 4), (4, 3), "is it transposed?"),
        ((10, 6), (10, 2, 3), "is a reshape missing?"),
    ],
)
def test_a_gradient_of_the_wrong_shape_gets_a_question(shape, expected, question):
    assert misshapen("b", shape, expected) == f"the gradient of b has shape {shape}, b has {expected}: {question}"


def test_shapes_without_a_likely_mistake_are_only_named():
    assert misshapen("b", (7,), (5,)) == "the gradient of b has shape (7,), b has (5,)"
    assert misshapen("b", (), (5,)) == "the gradient of b is a number, b has (5,)"


@settings(max_examples=60)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.data())
def test_gradients_of_any_other_shape_are_answered_array_by_array(shape, data):
    other = data.draw(st.lists(st.integers(1, 4), min_size=0, max_size=4).filter(lambda other: other != shape))
    w = np.arange(math.prod(shape), dtype=float).reshape(shape)
    report = gradcheck(
        lambda w, b: (w * w).sum() * b, {"w": w, "b": 2.0}, gradient={"w": np.ones(other), "b": (w * w).sum()}
    )
    assert report.arrays["w"].problem.startswith("the gradient of w ")
    assert report.arrays["b"].verdict == "pass"
    assert report.arrays["w"].problem in str(report)


def test_the_score_counts_what_is_confirmed():
    assert gradcheck(cost, NETWORK, gradient={**RIGHT, "W1": 2 * RIGHT["W1"]}).score(26) == 14.0
    report = gradcheck(floats_only(lambda W1, b1, W2, b2: np.float32(cost(W1, b1, W2, b2))), NETWORK, gradient=RIGHT)
    confirmed = [check for check in report.inputs.values() if check.verdict in ("pass", "kink")]
    assert report.score(26) == len(confirmed) < 26


def test_all_gradients_zero_prove_little():
    zero = {name: 0 * array for name, array in NETWORK.items()}
    report = gradcheck(lambda W1, W2: ((np.tanh(X @ W1) @ W2) ** 2).sum(), {"W1": zero["W1"], "W2": zero["W2"]})
    assert report.verdict == "pass"
    assert report.advice == ["Every gradient is 0 here, so a wrong formula would pass too: choose another point."]
    assert report.advice[0] in str(report)
    assert gradcheck(lambda w, b: w * w + b, {"w": 0.0, "b": 1.0}).advice == []


def test_a_concealed_report_holds_no_answer():
    wrong = {**RIGHT, "b2": RIGHT["b2"] * [1, 3], "W1": RIGHT["W1"] * 2}
    report = gradcheck(cost, NETWORK, gradient=wrong, reveal=False)
    revealed = gradcheck(cost, NETWORK, gradient=wrong)
    assert {name: array.wrong for name, array in report.arrays.items()} == {
        name: array.wrong for name, array in revealed.arrays.items()
    }
    assert (report.verdict, report.score(5)) == (revealed.verdict, revealed.score(5))
    check = report.inputs["b2[1]"]
    assert (math.isnan(check.numeric), check.closed_form, check.hint, report.along) == (True, None, "", None)
    text = str(report)
    assert "2x" not in text
    assert "3x" not in text
    assert f"{RIGHT['b2'][1]:.3g}" not in text
    assert "numerical" not in text
    few = gradcheck(lambda w, b: w * 2.0 + b, {"w": 0.5, "b": 0.1}, gradient={"w": 7.0, "b": 1.0}, reveal=False)
    assert str(few).splitlines()[1:4] == ["  input  yours  verdict", "  w      7.0    FAIL", "  b      1.0    pass"]


def test_relative_errors_are_named_with_the_digits_that_would_do():
    report = gradcheck(cost, NETWORK, gradient={**RIGHT, "b2": RIGHT["b2"] * (1 + 4e-6)})
    assert re.fullmatch(r"relative error 4e-06 \(digits=[45] accepts that\)", report.inputs["b2[0]"].hint)
    digits = int(report.inputs["b2[0]"].hint.split("digits=")[1][0])
    assert gradcheck(cost, NETWORK, gradient={**RIGHT, "b2": RIGHT["b2"] * (1 + 4e-6)}, digits=digits)


# --- How functions and gradients are written in courses -----------------------------------------------


def test_a_function_of_one_dict_of_parameters():
    report = gradcheck(
        lambda parameters: cost(**parameters), NETWORK, gradient=lambda parameters: gradients(**parameters)
    )
    assert report.ok
    assert list(report.arrays) == ["W1", "b1", "W2", "b2"]


def test_a_function_that_returns_its_gradient_as_well():
    def pair(x):
        return np.sum(x**2), 2 * x

    x = np.arange(6.0).reshape(2, 3) + 1
    assert gradcheck(pair, x, gradient=True)
    assert gradcheck(lambda x: (np.sum(x**2), 3 * x), x, gradient=True).arrays["x"].hint == "1.50x too big"
    assert gradcheck(lambda **p: (cost(**p), gradients(**p)), NETWORK, gradient=True)
    with pytest.raises(TypeError, match=r"with gradient=True, <lambda> should return \(number, gradient\), but"):
        gradcheck(lambda x: np.sum(x**2), x, gradient=True)


def affine(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)


LAYER = rng.normal(size=(5, 2, 3)), rng.normal(size=(6, 4)), rng.normal(size=4)
DOUT = rng.normal(size=(5, 4))


def test_a_layer_with_an_upstream_gradient():
    grads = affine_backward(DOUT, affine(*LAYER)[1])
    assert gradcheck(affine, LAYER, gradient=grads, upstream=DOUT)
    assert gradcheck(lambda *args: affine(*args)[0], LAYER, gradient=grads, upstream=DOUT)
    assert gradcheck(affine, LAYER, upstream=DOUT)  # the engine's own
    wrong = gradcheck(affine, LAYER, gradient=(grads[0], grads[1], DOUT), upstream=DOUT)
    assert wrong.arrays["b"].problem == "the gradient of b has shape (5, 4), b has (4,): is a sum over axis 0 missing?"
    assert [name for name, array in wrong.arrays.items() if array.verdict == "fail"] == ["b"]
    mean = gradcheck(affine, LAYER, gradient=(grads[0], grads[1], DOUT.mean(0)), upstream=DOUT)
    assert mean.arrays["b"].hint == "1/5 of the right one (a mean for a sum over 5 terms?)"
    assert not any("regulariser" in line for line in mean.advice)


def test_a_layer_with_several_results():
    def step(x, h):
        new = np.tanh(x + h)
        return new, 2 * new

    def backward(x, h):
        slope = (up[0] + 2 * up[1]) * (1 - np.tanh(x + h) ** 2)
        return slope, slope

    up = rng.normal(size=3), rng.normal(size=3)
    assert gradcheck(step, [rng.normal(size=3), rng.normal(size=3)], gradient=backward, upstream=up)
    with pytest.raises(TypeError, match=r"upstream has 3 arrays, but step returned"):
        gradcheck(step, [X[0], X[1]], gradient=backward, upstream=(*up, up[0]))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (affine, "affine returned a tuple of 2: write upstream=dout for the gradient of (out * dout).sum()"),
        (lambda *args: affine(*args)[0], "<lambda> returned an array of shape (5, 4): with upstream=dout, an array of"),
        (
            lambda *args: (1.0, None),
            "<lambda> returned a tuple of 2: if the second is the gradient, write gradient=True",
        ),
        (lambda *args: (1.0,), "<lambda> returned (1.0,): is there a comma too many?"),
        (lambda *args: {"loss": 1.0}, "<lambda> returned {'loss': 1.0}: return a sum, or one element"),
    ],
)
def test_results_that_are_not_one_number(f, message):
    with pytest.raises(
        TypeError, match=re.escape(f"gradcheck needs a function that returns one number, but {message}")
    ):
        gradcheck(f, LAYER, gradient=LAYER)


def test_a_layer_that_keeps_what_it_computed_is_left_as_it_was():
    class Layer:
        def forward(self, w):
            self.out = np.tanh(X @ w)
            return (self.out**2).sum()

        def backward(self, w):
            assert self.out.dtype == float  # the forward pass that came before was one of plain numbers
            return X.T @ (2 * self.out * (1 - self.out**2))

    layer = Layer()
    w = NETWORK["W1"]
    assert gradcheck(layer.forward, [w], gradient=layer.backward)
    assert layer.out.dtype == float
    assert np.array_equal(layer.out, np.tanh(X @ w))
    assert np.array_equal(w, NETWORK["W1"])


def test_a_function_may_change_its_inputs_and_print(capsys):
    def rude(w):
        print("called")
        w[:] = w * 2
        return (w**2).sum()

    w = np.array([1.0, 2.0])
    assert gradcheck(rude, [w], gradient=[8 * w])
    assert gradcheck(floats_only(rude), {"w": w}, gradient=[8 * w])
    assert w.tolist() == [1.0, 2.0]
    assert capsys.readouterr().out == "called\n" * 2


def test_functions_that_answer_differently_are_inconclusive():
    random.seed(1)
    counter = iter(range(1000))

    def counting(x):
        return float(x) ** 2 + next(counter) * 1e-3

    def rows(x):
        return np.sum(x[random.randrange(6)] ** 2)

    source = np.random.default_rng(0)

    def dropout(x):
        return float((np.array(x, dtype=float) * (source.random(x.shape) < 0.5)).sum())

    for f, x in ((counting, 1.0), (rows, X), (dropout, np.ones((4, 2)))):
        report = gradcheck(f, {"x": x}, gradient={"x": 0 * x})
        assert report.verdict == "inconclusive"
        reason = next(iter(report.inputs.values())).reason
        assert "returns different results for the same inputs: if it is random, set the seed" in reason


def test_a_function_that_fails_when_it_is_called_again():
    calls = []

    def f(x):
        calls.append(x)
        if len(calls) > 4:
            raise RuntimeError("out of luck")
        return float(x) ** 2

    report = gradcheck(f, {"x": 1.0}, gradient={"x": 2.0})
    assert report.inputs["x"].reason == "f fails when it is called again: RuntimeError: out of luck"


@pytest.mark.parametrize("at", [1e11, 1e12, 1e14, 1e16, 1e300])
def test_steps_that_alias_are_inconclusive(at):
    for gradient in (math.cos(at), -math.cos(at)):
        check = gradcheck(math.sin, {"x": at}, gradient={"x": gradient}).inputs["x"]
        assert (check.verdict, check.reason) == (
            "inconclusive",
            "the function changes as much over the smallest steps as over the largest",
        )


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("eps", "gradcheck has no argument eps: there is no step to choose; it is found for each input"),
        ("rtol", "gradcheck has no argument rtol: there is no tolerance to choose; digits=3 accepts gradients"),
        ("args", "gradcheck has no argument args: pass constants within the function"),
        ("order", "gradcheck has no argument order; for second derivatives check grad(f) instead of f"),
        ("colour", "gradcheck has no argument colour"),
    ],
)
def test_keywords_of_other_checkers_name_what_takes_their_place(name, advice):
    with pytest.raises(TypeError) as raised:
        gradcheck(cost, NETWORK, gradient=gradients, **{name: 1})
    assert str(raised.value).startswith(advice)


@pytest.mark.parametrize("sample", [0, -1, 1.5, True])
def test_a_sample_is_a_positive_number(sample):
    with pytest.raises(
        ValueError, match=f"sample is the number of gradients to check in each array, .* not {sample!r}"
    ):
        gradcheck(cost, NETWORK, gradient=gradients, sample=sample)


# --- Many inputs --------------------------------------------------------------------------------------


def test_a_sample_of_many_gradients_and_a_direction_over_all():
    W = rng.normal(size=(50, 40))
    x = rng.normal(size=(1, 50))

    def layer(W):
        return np.tanh(x @ W / 7).sum()

    right = x.T @ (1 - np.tanh(x @ W / 7) ** 2) / 7
    report = gradcheck(layer, {"W": W}, gradient={"W": right}, sample=30)
    assert report.ok
    assert (report.arrays["W"].checked, len(report.inputs)) == (30, 31)
    assert "W      (50, 40)  pass  30 of 2,000 checked" in str(report)
    places = report.arrays["W"].positions
    assert places == gradcheck(layer, {"W": W}, gradient={"W": right}, sample=30).arrays["W"].positions
    assert places != gradcheck(layer, {"W": W}, gradient={"W": right}, sample=30, seed=1).arrays["W"].positions
    unseen = next(at for at in np.ndindex(W.shape) if at not in places)
    right[unseen] += 1e-2
    report = gradcheck(layer, {"W": W}, gradient={"W": right}, sample=30)
    assert (report.verdict, report.arrays["W"].verdict, report.arrays["W"].wrong) == ("fail", "fail", [])
    assert "30 of 2,000 checked are right, but not their sum along a random direction" in str(report)


def test_too_many_inputs_ask_for_a_sample():
    with pytest.raises(
        ValueError, match="there are 1,000,000 inputs, too many to check each: sample=100 checks so many"
    ):
        gradcheck(lambda w: (w * w).sum(), {"w": np.zeros((1000, 1000))}, gradient=lambda w: 2 * w)


def calls_of(f, W, gradient, **options):
    calls = []

    def counted(W):
        calls.append(1)
        return f(np.array(W, dtype=float))

    report = gradcheck(counted, {"W": W}, gradient=gradient, **options)
    return len(calls), report


def test_the_calls_of_a_function_of_floats_grow_slower_than_the_inputs():
    W, x = rng.normal(size=(40, 40)) / 6, rng.normal(size=(1, 40))

    def layer(W):
        return float(np.tanh(x @ W).sum())

    def gradient(W):
        return x.T @ (1 - np.tanh(x @ W) ** 2)

    calls, report = calls_of(layer, W, gradient)
    assert report.ok
    assert calls < W.size / 10
    calls, report = calls_of(layer, W, lambda W: 2 * gradient(W))
    assert len(report.arrays["W"].wrong) == W.size
    assert calls < 20 * W.size
    off = gradient(W)
    off[3, 5] *= 1.0001
    calls, report = calls_of(layer, W, off)
    assert report.arrays["W"].wrong == [(3, 5)]


def softmax_classifier(pixels=300):
    """A loss of small weights and large pixels, as at the start of a training, its gradient, and the weights."""
    source = np.random.default_rng(231)
    X, y, samples = source.normal(scale=50, size=(40, pixels)), source.integers(10, size=40), np.arange(40)

    def probabilities(W):
        scores = X @ W
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def loss(W):
        return -np.log(probabilities(W)[samples, y]).mean() + 1e-5 * (W**2).sum()

    def gradient(W):
        d = probabilities(W)
        d[samples, y] -= 1
        return X.T @ d / len(X) + 2e-5 * W

    return loss, gradient, source.normal(scale=1e-4, size=(pixels, 10))


def test_a_sample_of_small_weights_needs_few_calls():
    loss, gradient, W = softmax_classifier()
    calls, report = calls_of(loss, W, gradient, sample=10)
    assert report.ok
    assert calls < 100


def test_small_weights_are_confirmed_in_large_groups():
    loss, gradient, W = softmax_classifier()
    calls, report = calls_of(loss, W, gradient)
    assert report.ok
    assert calls < W.size / 3


def test_the_steps_from_small_weights_need_not_be_small():
    loss, gradient, W = softmax_classifier(pixels=30)
    calls, report = calls_of(loss, W, lambda W: 2 * gradient(W))
    assert len(report.arrays["W"].wrong) == W.size
    assert calls < 40 * W.size


def test_one_wrong_gradient_leaves_most_of_the_others_confirmed_together():
    loss, gradient, W = softmax_classifier()
    off = gradient(W)
    off[17, 3] *= 1.001
    calls, report = calls_of(loss, W, off)
    assert report.arrays["W"].wrong == [(17, 3)]
    assert calls < W.size


def test_numbers_that_single_precision_does_not_distinguish_are_tried_once():
    w = np.linspace(0.5, 2.0, 20)
    calls, _ = calls_of(lambda w: np.float32((w**3).sum()), w, 3 * w**2)
    assert calls < 60 * w.size


@pytest.mark.slow
@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(0, 11), st.sampled_from([1.01, -1.0, 0.0, 1.0001]))
def test_one_wrong_gradient_among_many_is_found_on_both_paths(seed, place, factor):
    source = np.random.default_rng(seed)
    W, b, x = source.normal(size=(6, 4)), source.normal(size=4), source.normal(size=(3, 6))

    def f(W, b):
        return (np.tanh(x @ W + b) ** 2).sum()

    h = np.tanh(x @ W + b)
    dz = 2 * h * (1 - h**2)
    grads = {"W": x.T @ dz, "b": dz.sum(0)}
    assert gradcheck(f, {"W": W, "b": b}, gradient=grads).verdict != "fail"
    grads["W"].ravel()[place] *= factor
    for function in (f, floats_only(f)):
        report = gradcheck(function, {"W": W, "b": b}, gradient=grads)
        assert report.arrays["W"].wrong == [np.unravel_index(place, W.shape)], report
        assert report.arrays["b"].wrong == []


def test_inputs_that_meet_a_kink_are_checked_one_by_one():
    W = rng.normal(size=(5, 5))
    W[:, 0] = 0.0  # the first unit is exactly at its kink for all samples
    x = np.abs(rng.normal(size=(3, 5)))

    def f(W):
        return np.maximum(x @ W, 0).sum()

    def gradient(W, at_zero=0.0):
        z = x @ W
        return x.T @ np.where(z == 0, at_zero, z > 0)

    for at_zero in (0.0, 0.5, 1.0):
        report = gradcheck(f, {"W": W}, gradient=gradient(W, at_zero))
        assert {report.inputs[f"W[{i}, 0]"].verdict for i in range(5)} == {"kink"}
        assert report.arrays["W"].wrong == []
    report = gradcheck(f, {"W": W}, gradient=gradient(W, 1.5))
    assert report.arrays["W"].wrong == [(i, 0) for i in range(5)]


def test_the_textbook_derivative_of_a_saturated_unit_is_not_called_wrong():
    W = {"W1": 6 * NETWORK["W1"], "b1": NETWORK["b1"], "W2": NETWORK["W2"], "b2": NETWORK["b2"]}
    report = gradcheck(cost, W, gradient=gradients)
    assert report.verdict != "fail", report
    wrong = gradients(**W)
    assert gradcheck(cost, W, gradient={**wrong, "W2": 1.01 * wrong["W2"]}).arrays["W2"].verdict == "fail"


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_long_check_shows_a_progress_bar(is_watched, monkeypatch, capsys):
    monkeypatch.setattr("autograd.checking.gradcheck.PATIENCE", 0.0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_watched, raising=False)
    gradcheck(floats_only(cost), NETWORK, gradient=gradients)
    assert ("26/26" in capsys.readouterr().err) == is_watched


# --- Precision ----------------------------------------------------------------------------------------


def single(f):
    return lambda **arrays: f(**{name: np.array(x, dtype=float).astype(np.float32) for name, x in arrays.items()})


def single_cost(W1, b1, W2, b2):
    x, y = X.astype(W1.dtype), Y.astype(W1.dtype)
    return ((np.tanh(x @ W1 + b1) @ W2 + b2 - y) ** 2).mean()


@pytest.mark.parametrize("scale", [1.0, 1.01, 2.0, -1.0])
def test_single_precision(scale):
    parameters = {name: array.astype(np.float32) for name, array in NETWORK.items()}
    scaled = {name: (scale * array).astype(np.float32) for name, array in RIGHT.items()}
    exact = gradcheck(cost, parameters, gradient=scaled)  # a cost in double precision
    coarse = gradcheck(single(single_cost), parameters, gradient=scaled)
    if scale == 1.0:
        assert exact.verdict == "pass", exact
        assert coarse.verdict != "fail", coarse
    else:
        assert exact.verdict == coarse.verdict == "fail"
        assert all(check.verdict == "fail" for check in exact.inputs.values())
        assert {check.verdict for check in coarse.inputs.values()} <= {"fail", "inconclusive"}


def test_half_precision_is_never_accused():
    half = {name: array.astype(np.float16) for name, array in RIGHT.items()}
    report = gradcheck(
        lambda **p: np.float16(cost(**{n: np.array(x, dtype=float) for n, x in p.items()})), NETWORK, gradient=half
    )
    assert report.verdict != "fail"


def test_a_kink_within_the_steps_of_single_precision_is_no_mistake():
    def hinge(w):
        return np.maximum(np.array(w, dtype=float).astype(np.float32) - np.float32(0.4999), np.float32(0)).sum()

    report = gradcheck(hinge, {"w": np.array([0.5, 2.0])}, gradient={"w": np.ones(2, dtype=np.float32)})
    assert report.verdict != "fail", report


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_tensors_of_other_libraries(library):
    pytest.importorskip(library)
    if library == "torch":
        import torch

        tensor = torch.tensor(NETWORK["b1"], dtype=torch.float64)
        report = gradcheck(
            lambda b: (torch.tanh(b) ** 2).sum(), {"b": tensor}, gradient=lambda b: 2 * b.tanh() * (1 - b.tanh() ** 2)
        )
        assert report.ok
        assert gradcheck(lambda b: (torch.tanh(b) ** 2).sum(), {"b": tensor}, gradient={"b": tensor}).verdict == "fail"
        tensor.requires_grad_()  # then so does what is computed from it
        assert gradcheck(lambda b: (b**3).sum(), {"b": tensor}, gradient=lambda b: 3 * b**2)
        report = gradcheck(lambda b: (b**3).sum(), {"b": tensor}, gradient={"b": tensor})
        assert report.arrays["b"].problem == "the gradient of b is b itself: is b.grad meant?"
        return
    import jax
    import jax.numpy as jnp

    def f(b):
        return jnp.sum(jnp.tanh(b) ** 2)

    assert gradcheck(f, {"b": jnp.array(NETWORK["b1"])}, gradient=jax.grad(f)).verdict != "fail"


def test_anything_that_numpy_can_read_is_an_array():
    class Tensor:
        """An array of a library that is not installed."""

        def __init__(self, numbers):
            self.numbers = np.asarray(numbers)
            self.shape, self.dtype = self.numbers.shape, self.numbers.dtype

        def __array__(self, dtype=None, copy=None):
            return np.array(self.numbers, dtype)

        def __array_namespace__(self):
            return self

        def asarray(self, numbers, dtype):
            return Tensor(np.asarray(numbers, dtype))

    def f(w):
        assert isinstance(w, Tensor)
        return np.array((w.numbers**2).sum())  # a number in an array without axes

    w = np.array([1.0, -2.0, 0.5])
    report = gradcheck(f, {"w": Tensor(w)}, gradient={"w": Tensor(2 * w)})
    assert (report.verdict, report.source) == ("pass", "finite differences")
    assert gradcheck(f, {"w": Tensor(w)}, gradient=lambda w: Tensor(3 * w.numbers)).arrays["w"].hint == "1.50x too big"


class Single:
    """A tensor of PyTorch's kind, of single precision unless it is told otherwise, which refuses to mix the two."""

    def __init__(self, numbers, dtype="float32"):
        self.numbers = np.asarray(numbers, dtype)
        self.shape, self.dtype = self.numbers.shape, self.numbers.dtype

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numbers, dtype)

    def double(self):
        return Single(self.numbers, "float64")

    def new_tensor(self, numbers):
        return Single(numbers, self.dtype)

    def reshape(self, shape):
        return Single(self.numbers.reshape(shape), self.dtype)

    def item(self):
        return float(self.numbers)

    __float__ = item

    def __matmul__(self, other):
        if self.dtype != other.dtype:
            raise RuntimeError("expected both to have the same dtype")
        return Single(self.numbers @ other.numbers, self.dtype)


def test_tensors_of_single_precision_are_checked_in_doubles_where_the_function_accepts_these():
    numbers = np.cos(np.arange(6.0))
    w, x = Single(numbers), Single(np.sin(np.arange(6.0)))
    report = gradcheck(lambda w: w @ w, {"w": w}, gradient={"w": Single(2 * w.numbers)})
    assert (report.verdict, report.inputs["w[0]"].digits >= 6) == ("pass", True)
    mixed = gradcheck(lambda w: w @ x, {"w": w}, gradient={"w": x})
    assert mixed.verdict == "pass"
    assert mixed.inputs["w[1]"].slopes.error > 1e-7  # from differences of rounded numbers
    off = gradcheck(lambda w: w @ x, {"w": w}, gradient={"w": Single(1.02 * x.numbers)})
    assert {check.verdict for check in off.inputs.values() if check.numeric} == {"fail"}


def test_a_quadratic_of_single_precision_passes():
    w = np.random.default_rng(0).normal(size=12)
    report = gradcheck(lambda w: Single(w.numbers**2).numbers.sum(), {"w": Single(w)}, gradient={"w": Single(2 * w)})
    assert report.verdict == "pass", report


def test_what_single_precision_cannot_tell_is_said_once():
    w = Single([1.0, 1e-3, 1e-4])
    report = gradcheck(lambda w: Single(w.numbers**4).numbers.sum(), {"w": w}, gradient={"w": Single(4 * w.numbers**3)})
    assert report.inputs["w[2]"].verdict == "inconclusive"
    assert (
        "A function in float32 shows few digits of its slope: check it in float64 (PyTorch: .double(); JAX: "
        "jax_enable_x64)."
    ) in str(report).splitlines()


def test_a_gradient_of_single_precision_that_lost_digits_is_not_wrong():
    x = np.array([1.0, -0.9999, 1e-4])

    def f(w):
        return float(sum(x)) * float(w)

    sums = np.float32(0.0)
    for number in x:
        sums += np.float32(number)
    assert abs(sums / sum(x) - 1) > 1e-5
    report = gradcheck(f, {"w": 0.5}, gradient={"w": sums})
    error = abs(float(sums) / sum(x) - 1)
    assert report.inputs["w"].reason == f"relative error {error:.2g} (digits=4 accepts that): rounding, or a mistake?"
    assert gradcheck(f, {"w": 0.5}, gradient={"w": sums}, digits=4).verdict == "pass"
    assert gradcheck(f, {"w": 0.5}, gradient={"w": np.float32(1.01) * sums}).verdict == "fail"


def softmax_loss(W, c):
    """A loss that does not depend on c, a common shift of the scores; it only takes numbers."""
    scores = np.zeros((20, 4))
    scores[:] = np.cos(np.arange(100.0)).reshape(20, 5) @ W + c
    p = np.exp(scores)
    return float(-np.log((p / p.sum(axis=1, keepdims=True))[np.arange(20), np.arange(20) % 4]).mean())


def softmax_gradient(W, c):
    X = np.cos(np.arange(100.0)).reshape(20, 5).astype(np.float32)
    p = np.exp(X @ W.astype(np.float32) + c.astype(np.float32))
    d = (p / p.sum(axis=1, keepdims=True) - np.eye(4, dtype=np.float32)[np.arange(20) % 4]) / np.float32(20)
    return {"W": X.T @ d, "c": d.sum(keepdims=True)[0]}


def test_a_gradient_of_single_precision_that_should_be_zero_is_not_wrong():
    inputs = {"W": np.sin(np.arange(20.0)).reshape(5, 4), "c": np.zeros(1)}
    gradient = softmax_gradient(**inputs)
    gradient["c"] = np.array([2.6e-8], dtype=np.float32)
    report = gradcheck(softmax_loss, inputs, gradient=gradient)
    assert (report.verdict, report.arrays["W"].verdict) == ("inconclusive", "pass"), report
    assert report.inputs["c[0]"].reason == "too small to see in single precision"
    assert gradcheck(softmax_loss, inputs, gradient={**gradient, "c": np.float32([1e-3])}).verdict == "fail"


@pytest.mark.parametrize("stored", [lambda g: g.astype(float), np.ndarray.tolist])
def test_a_gradient_computed_in_single_precision_may_be_stored_in_doubles(stored):
    inputs = {"W": np.sin(np.arange(20.0)).reshape(5, 4), "c": np.zeros(1)}
    gradient = softmax_gradient(**inputs)
    report = gradcheck(softmax_loss, inputs, gradient={"W": stored(gradient["W"]), "c": np.zeros(1)})
    assert report.verdict == "pass", report
    wrong = stored(np.float32(1.01) * gradient["W"])
    assert gradcheck(softmax_loss, inputs, gradient={"W": wrong, "c": np.zeros(1)}).verdict == "fail"


def test_a_function_of_numpy_that_computes_in_doubles_is_checked_in_doubles():
    X, calls = np.cos(np.arange(100.0)).reshape(20, 5).astype(np.float32), []

    def f(W):
        out = np.zeros(20, dtype=W.dtype)
        out[:] = (X @ W).sum(axis=1)
        calls.append(out.dtype.name)
        return (out**2).mean()

    W = np.sin(np.arange(20.0)).reshape(5, 4).astype(np.float32)
    gradient = 2 * X.T @ (X @ W).sum(axis=1, keepdims=True).repeat(4, axis=1) / 20
    report = gradcheck(f, {"W": W}, gradient={"W": gradient})
    assert (report.verdict, report.advice) == ("pass", [])
    assert calls.count("float32") <= 3
    assert len(calls) < 400


def test_entries_that_are_hardly_off_are_not_in_another_order():
    right = np.cos(np.arange(30.0)).reshape(6, 5)
    claimed = right.copy()
    claimed[2, 3] *= 1 + 2e-6
    claimed[4, 1] *= 1 - 3e-6
    report = gradcheck(lambda W: (W * right).sum(), {"W": np.ones((6, 5))}, gradient={"W": claimed})
    assert report.arrays["W"].hint == "relative error up to 3e-06 (digits=5 accepts that)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"gradient": True},
            "with gradient=True, propagate should return (number, gradient), but the number comes second: write "
            "gradcheck(lambda w, b: propagate(w, b)[::-1], ..., gradient=True)",
        ),
        (
            {},
            "gradcheck needs a function that returns one number, but propagate returned a tuple of 2: if the first is "
            "the gradient, write gradcheck(lambda w, b: propagate(w, b)[::-1], ..., gradient=True); otherwise return "
            "the number alone, as with lambda w, b: propagate(w, b)[1]",
        ),
    ],
)
def test_gradients_before_the_number(options, message):
    def propagate(w, b, scale=2.0):
        return {"w": 2 * scale * w, "b": 1.0}, scale * (w**2).sum() + b

    inputs = {"w": np.ones(2), "b": 0.5}
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        gradcheck(propagate, inputs, **options)
    assert gradcheck(lambda w, b: propagate(w, b)[::-1], inputs, gradient=True).verdict == "pass"


# --- Mistakes by name ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "relu",
    [
        lambda a: np.maximum(a, 0),
        lambda a: np.maximum(0, a),
        lambda a: np.where(a > 0, a, 0),
    ],
    ids=["maximum", "maximum of 0 and", "where"],
)
def test_a_forgotten_relu_has_a_name_however_it_is_written(relu):
    X, inputs = np.cos(np.arange(15.0)).reshape(5, 3), {"W": np.sin(np.arange(12.0)).reshape(3, 4)}

    def loss(W):
        return ((relu(X @ W) - 1) ** 2).sum()

    def gradient(W, derivative):
        a = X @ W
        return X.T @ (2 * (np.maximum(a, 0) - 1) * derivative(a))

    assert gradcheck(loss, inputs, gradient=lambda W: gradient(W, lambda a: a > 0)).source == "exact replay"
    report = gradcheck(loss, inputs, gradient=lambda W: gradient(W, np.ones_like))
    assert report.verdict == "fail"
    assert report.advice == ["Looks like: the derivative of relu is missing, at all 20 of them"]


def test_a_minimum_of_arrays_is_recorded():
    report = gradcheck(lambda x: np.minimum(x, 1.0).sum(), {"x": np.array([0.5, 2.0, 1.0])})
    assert [check.grad for check in report.inputs.values()][:2] == [1.0, 0.0]
    assert (report.inputs["x[2]"].verdict, report.source) == ("kink", "exact replay")


def test_many_kinks_in_a_large_graph_are_not_replayed_one_by_one():
    X = np.cos(np.arange(1000.0)).reshape(10, 100)
    report = gradcheck(lambda W: np.maximum(X @ W, 0).sum(), {"W": np.zeros((100, 2))}, gradient=np.zeros((100, 2)))
    assert (report.verdict, report.source) == (
        "kink",
        "finite differences (the graph has 4,019 nodes, and kinks at 200 inputs)",
    )


def seen(claimed, right, x=None):
    error = np.zeros_like(right)
    return pattern(
        ArrayGradient("W", claimed, right, error, np.cos(right) if x is None else x, claimed != right), Terms({6}, {6})
    )


SQUARE = np.array([[1.0, -2.0, 3.5], [0.25, 5.0, -6.0], [7.0, 0.5, 9.0]])


@pytest.mark.parametrize(
    ("claimed", "text"),
    [
        (2 * SQUARE, "2x too big"),
        (SQUARE / 6, "1/6 of the right one (a mean for a sum over 6 terms?)"),
        (-SQUARE, "wrong sign"),
        (SQUARE.T, "transposed"),
        (SQUARE[::-1], "rows in reverse order"),
        (np.roll(SQUARE, 1, axis=0), "shifted by one"),
        (SQUARE[[1, 0, 2]], "in another order"),
        (np.floor(SQUARE), "rounded down to whole numbers: is // written for /?"),
        (0 * SQUARE, "all 0"),
        (0 * SQUARE + SQUARE.sum(), "each is the sum of the right ones: summed over an axis too many?"),
        (SQUARE + np.array([[0, 0, 1], [0, 0, 2], [0, 0, 1]]), "only column 2"),
        (SQUARE * [[1], [3], [1]], "only row 1, 3x too big"),
        (SQUARE + np.array([[1, 0, 0], [0, 0, 0], [0, 0, 2]]), ""),
    ],
)
def test_patterns_in_one_array(claimed, text):
    assert seen(claimed, SQUARE) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (3.0, "3x too big"),
        (-1 / 7, "wrong sign and 1/7 of the right one"),
        (1.2345, "1.23x too big"),
        (1.002, "0.2 % too big"),
        (1e20, "1e+20x too big"),
        (-1e-299, "wrong sign and 1e+299x too small"),
        (8 / 7, "1.14x too big"),
    ],
)
def test_a_factor_in_words(ratio, text):
    assert times(ratio) == text


def test_a_factor_may_come_from_a_number_of_terms():
    eight = Terms(means={8})
    assert times(8 / 7, eight) == "1.14x too big (divided by 7 instead of 8?)"
    assert times(7 / 8, eight) == "1.14x too small"
    assert times(8 / 9, eight) == "1.12x too small (divided by 9 instead of 8?)"
    assert times(8.0, eight) == "8x too big (a sum for a mean over 8 terms?)"
    assert times(1 / 3, Terms({24}, {8})) == "1/3 of the right one (divided by 24 instead of 8?)"


def test_a_sum_is_not_suspected_where_the_function_has_no_mean():
    assert times(8.0, Terms(sums={8})) == "8x too big"
    assert times(1 / 8, Terms(sums={8})) == "1/8 of the right one (a mean for a sum over 8 terms?)"


def test_simple_factors_have_simple_reasons():
    assert times(2.0, Terms({2, 4}, {2, 4})) == "2x too big"
    assert times(1 / 2, Terms({2, 4}, {2, 4})) == "1/2 of the right one"
    assert times(4.0, Terms(means={4})) == "4x too big (a 2 twice, or a sum for a mean over 4 terms?)"


@pytest.mark.parametrize("number", [lambda loss: loss, float], ids=["recorded", "floats"])
def test_only_terms_that_are_summed_up_explain_a_factor(number):
    w, b = rng.normal(size=(3, 5)), rng.normal(size=5)
    x, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 5))

    def loss(w, b):
        return number((((x @ w + b - y) ** 2).sum(axis=1)).mean())

    def hints(factor):
        slope = 2 * (x @ w + b - y) / 7
        report = gradcheck(loss, {"w": w, "b": b}, gradient={"w": factor * x.T @ slope, "b": factor * slope.sum(0)})
        return {array.hint for array in report.arrays.values()}

    is_recorded = number is not float
    assert hints(3) == {"3x too big"}
    assert hints(7) == {"7x too big (a sum for a mean over 7 terms?)" if is_recorded else "7x too big"}
    origin = "divided by 35 instead of 7" if is_recorded else "a mean for a sum over 5 terms"
    assert hints(1 / 5) == {f"1/5 of the right one ({origin}?)"}


def test_a_mean_may_be_a_term_of_a_sum():
    def f(w):
        return autograd.mean([tanh(w * x) for x in (1.0, 2.0, 3.0)]) + w

    right = gradcheck(f, {"w": 0.3}).inputs["w"].grad
    assert gradcheck(f, {"w": 0.3}, gradient={"w": 3 * right}).inputs["w"].hint == (
        "3x too big (a sum for a mean over 3 terms?)"
    )


def test_of_two_reasons_for_a_factor_none_is_named():
    assert times(1 / 3, Terms({12, 24}, {4, 8})) == "1/3 of the right one"


def test_a_multiple_of_the_array_itself_points_to_a_regulariser():
    x = np.arange(9.0).reshape(3, 3) - 3.5
    assert seen(SQUARE + 0.1 * x, SQUARE, x) == "off by 0.1 times W itself: what about a regulariser?"


@pytest.mark.slow
@pytest.mark.parametrize("network", mistakes.NETWORKS, ids=lambda network: network.name)
def test_most_mistakes_of_students_are_named(network, capsys):
    counts = mistakes.check(network)
    capsys.readouterr()
    assert counts["judged wrongly"] == 0
    assert counts["fully"] >= 0.75 * len(network.mistakes)


def test_a_mistake_on_top_of_a_common_factor_is_named_too():
    def wrong(W1, b1, W2, b2):
        h = np.tanh(X @ W1 + b1)
        d = (h @ W2 + b2 - Y) / Y.size
        dz = d @ W2.T
        return {"W1": X.T @ dz, "b1": dz.sum(0), "W2": h.T @ d, "b2": d.sum(0)}

    report = gradcheck(cost, NETWORK, gradient=wrong)
    assert "Looks like: W2, b2 are off: 1/2 of the right one" in str(report)
    assert "W1, b1: the derivative of tanh is missing, at all 24 of them, besides: 1/2 of the right one" in str(report)


def test_layers_of_the_same_kind_are_told_apart():
    x = rng.normal(size=(4, 3))
    parameters = {"U": rng.normal(size=(3, 3)), "V": rng.normal(size=(3, 3)), "W": rng.normal(size=(3, 1))}

    def network(U, V, W):
        return (sigmoid(sigmoid(x @ U) @ V) @ W).sum()

    def wrong(U, V, W):
        a = 1 / (1 + np.exp(-x @ U))
        h = 1 / (1 + np.exp(-a @ V))
        dh = np.ones((4, 1)) @ W.T * h * (1 - h)
        return {"U": x.T @ (dh @ V.T), "V": a.T @ dh, "W": h.sum(0)[:, None]}

    report = gradcheck(network, parameters, gradient=wrong)
    assert "Looks like: the derivative of sigmoid is missing in layer 1 of 2" in str(report)


def test_only_the_last_of_overlapping_windows_or_of_repeated_rows_arrives():
    signal, filters, upstream = rng.normal(size=9), rng.normal(size=(2, 3)), rng.normal(size=(7, 2))

    def convolution(x, filters):
        return np.array([[(x[i : i + 3] * f).sum() for f in filters] for i in range(7)])

    def overwritten(x, filters):
        dx = np.zeros(9)
        for i in range(7):
            dx[i : i + 3] = upstream[i] @ filters
        return dx, np.array([[upstream[:, f] @ x[k : k + 7] for k in range(3)] for f in range(2)])

    report = gradcheck(convolution, (signal, filters), gradient=overwritten, upstream=upstream)
    assert report.advice == ["Looks like: only the last of several uses counts: is = written for +=?"]

    rows = np.array([[0, 0, 1], [1, 2, 2], [3, 0, 4]])  # two of them twice in the same sample
    table, weights, upstream = rng.normal(size=(5, 2)), rng.normal(size=(6, 4)), rng.normal(size=(3, 4))

    def assigned(table):
        gradient = np.zeros_like(table)
        gradient[rows] = (upstream @ weights.T).reshape(3, 3, 2)
        return gradient

    report = gradcheck(lambda E: E[rows].reshape(3, 6) @ weights, table, gradient=assigned, upstream=upstream)
    assert report.advice == ["Looks like: only the last of several uses counts: is = written for +=?"]


def test_a_path_back_in_time_is_missed():
    inputs, upstream = rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    start = {"Wx": rng.normal(size=(2, 3)), "Wh": rng.normal(size=(3, 3))}

    def states(Wx, Wh):
        h = [np.zeros(3)]
        for x in inputs:
            h.append(np.tanh(x @ Wx + h[-1] @ Wh))
        return np.array(h)

    def gradient(Wx, Wh):
        h = states(Wx, Wh)
        dz = upstream * (1 - h[1:] ** 2)
        return {"Wx": inputs.T @ dz, "Wh": h[:-1].T @ dz}

    report = gradcheck(lambda Wx, Wh: states(Wx, Wh)[1:], start, gradient=gradient, upstream=upstream)
    assert report.advice == ["Looks like: one of several paths is missing: from tanh(·) to · * · with Wh"]


def test_a_short_explanation_is_preferred_to_one_that_is_cut_off():
    report = gradcheck(lambda x: (np.sin(x) / x.var()).sum(), X[0], gradient=lambda x: np.cos(x) / x.var())
    assert report.advice == ["Looks like: the derivative through the variance is missing, as for a constant"]


def test_swapped_arrays_are_named():
    report = gradcheck(
        lambda v, w: (tanh(v) * w).sum(),
        {"v": X[0] + 5, "w": X[1]},
        gradient=lambda v, w: {"v": np.tanh(v), "w": w / np.cosh(v) ** 2},
    )
    assert "Looks like: v and w are swapped" in str(report)


def test_single_precision_within_a_function_of_doubles_is_noticed():
    def f(w):
        return float(np.float32(np.tanh(np.asarray(w, dtype=float).astype(np.float32)).sum())) + 0.05 * float(
            (w**2).sum()
        )

    w = np.array([0.7, -1.2, 0.3])
    right = 1 - np.tanh(w) ** 2 + 0.1 * w
    reasons = {check.reason for check in gradcheck(f, {"w": w}, gradient=right).inputs.values()}
    assert reasons == {"right over large steps, but not over small ones: is a part computed in single precision?"}
    assert gradcheck(f, {"w": w}, gradient=2 * right).arrays["w"].wrong == [(0,), (1,), (2,)]


def test_a_mistake_in_the_shapes_of_the_function_is_raised():
    with pytest.raises(ValueError, match="matmul"):
        gradcheck(lambda W: np.tanh(W @ np.ones(7)).sum(), {"W": NETWORK["W1"]}, gradient={"W": NETWORK["W1"]})


def test_everything_off_by_one_factor_is_one_sentence():
    def regularised(W1, b1, W2, b2):
        return cost(W1, b1, W2, b2) + 0.1 * (W1**2).sum()

    right = {**RIGHT, "W1": RIGHT["W1"] + 0.2 * NETWORK["W1"]}
    report = gradcheck(regularised, NETWORK, gradient={name: 12 * array for name, array in right.items()})
    assert report.advice == ["Looks like: every gradient is off: 12x too big (a sum for a mean over 12 terms?)"]
    report = gradcheck(cost, NETWORK, gradient={**RIGHT, "W1": RIGHT["W1"].round(3)})
    assert report.arrays["W1"].hint == "rounded to 3 decimals"


def test_a_norm_of_zero_has_a_kink():
    for gradient in (-1.0, 0.0, 0.5):
        assert gradcheck(lambda x: (x * x) ** 0.5, [0.0], gradient=[gradient]).verdict == "kink"
    assert gradcheck(lambda x: (x * x) ** 0.5, [0.0], gradient=[1.5]).verdict == "fail"
    assert gradcheck(np.linalg.norm, [np.zeros(3)], gradient=[np.zeros(3)]).verdict == "kink"


def test_a_function_that_does_not_use_its_argument_is_noticed():
    w = NETWORK["W1"]
    report = gradcheck(lambda W: cost(**NETWORK), {"W": w}, gradient={"W": w})
    assert report.verdict == "fail"
    assert report.advice[-1] == (
        "The function does not change with its inputs here: does it use its arguments? They are copies; the "
        "arrays that you passed do not change."
    )


def test_every_kind_of_report_can_be_concealed():
    wrong = autograd.define("wrong_square", "x ** 2", dx="3 * x")
    for report in (
        gradcheck(wrong, reveal=False),
        gradcheck(wrong(Value(2.0, "x")), reveal=False),
        gradcheck(lambda w: w * w, {"w": 3.0}, engine=Value, reveal=False),
    ):
        assert not report.is_revealed
        assert all(math.isnan(check.numeric) for check in report.inputs.values())
