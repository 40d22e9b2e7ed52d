"""Gradients of course code as it is: the input to which each belongs, and the question where none fits."""

import numpy as np
import pytest

from autograd import gradcheck
from autograd.checking.inputs import Inputs
from autograd.checking.matching import matched

rng = np.random.default_rng(4)
x, w, b, dout = rng.normal(size=(5, 3)), rng.normal(size=(3, 5)), rng.normal(size=5), rng.normal(size=(5, 5))
X, y = rng.normal(size=(6, 3)), np.array([0, 1, 2, 3, 0, 1])
PARAMETERS = {"W1": w, "b1": b}


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


DX, DW, DB = affine_backward(dout, (x, w))


def affine(gradient, f=affine_forward, inputs=None, **options):
    return gradcheck(f, inputs or {"x": x, "w": w, "b": b}, gradient=gradient, upstream=dout, **options)


def cost(parameters):
    return ((x @ parameters["W1"] + parameters["b1"]) * dout).sum()


def cost_of_data(theta, X, y, reg=0.0):
    return ((X @ theta - y) ** 2).mean() + reg * (theta**2).sum()


def softmax_loss(W, X, y):
    powers = np.exp(X @ W)
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    return -np.log(p[rows, y]).mean(), X.T @ (p - np.eye(W.shape[1])[y]) / len(y)


THETA = rng.normal(size=3)
DTHETA = 2 * X.T @ (X @ THETA - y) / 6
WITHIN = "pass constants within the function, as in gradcheck(lambda theta: cost_of_data(theta, X, y), [theta])"


# --- By name ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inputs", [PARAMETERS, [PARAMETERS], {"parameters": PARAMETERS}])
@pytest.mark.parametrize(("W1", "b1"), [("dW1", "db1"), ("grad_W1", "grad_b1"), ("W1_grad", "b1_grad"), ("w1", "B1")])
def test_other_names_get_the_same_question_on_every_level(inputs, W1, b1):
    report = gradcheck(cost, inputs, gradient={W1: DW, b1: DB})
    question = f"numbers for {W1}, {b1}, which are not inputs: are they meant for W1, b1?"
    assert report.advice == [f"gradient has {question}"]
    assert {array.problem for array in report.arrays.values()} == {"no gradient given"}

    def backward(parameters):
        return {"W1": DW, b1: DB}

    report = gradcheck(cost, inputs, gradient=backward)
    assert [array.verdict for array in report.arrays.values()] == ["pass", "fail"]
    assert report.advice == [
        f"the result of backward has a number for {b1}, which is not an input: is it meant for b1?"
    ]


def test_the_by_products_of_a_backward_pass_are_one_line():
    by_products = {"dZ1": dout, "dA0": DX}
    report = gradcheck(cost, [PARAMETERS], gradient={"W1": DW, "b1": DB, **by_products})
    assert (report.verdict, report.advice) == ("pass", ["gradient has numbers for dZ1, dA0, which are not inputs"])
    report = gradcheck(cost, [PARAMETERS], gradient={"dW1": DW, "db1": DB, **by_products})
    assert report.advice == [
        "gradient has numbers for dW1, db1, which are not inputs: are they meant for W1, b1?",
        "gradient has numbers for dZ1, dA0, which are not inputs",
    ]
    report = gradcheck(cost, PARAMETERS, gradient={"W1": DW, "Z": DB})
    assert report.advice == ["gradient has a number for Z, which is not an input: the inputs are W1, b1"]


def test_a_misspelt_dict():
    report = gradcheck(cost, {"parameters": PARAMETERS}, gradient={"dparameters": {"W1": DW, "b1": DB}})
    question = "is it meant for parameters?"
    assert report.advice == [f"gradient has a number for dparameters, which is not an input: {question}"]
    assert gradcheck(lambda W: (W["w"] ** 2).sum(), {"W": {"w": w}}, gradient={"w": 2 * w})


def test_the_gradients_of_the_only_dict_among_the_inputs():
    def of_data(parameters, X):
        return ((X @ parameters["W1"] + parameters["b1"]) * dout).sum()

    report = gradcheck(of_data, [PARAMETERS, x], gradient={"W1": DW, "b1": DB})
    assert [array.verdict for array in report.arrays.values()] == ["pass", "pass", "fail"]
    within = (
        "pass constants within the function, as in gradcheck(lambda parameters: of_data(parameters, X), [parameters])"
    )
    assert report.advice == [f"gradient has none for X; {within}"]


# --- Constants among the inputs -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "gradient"),
    [
        ({"theta": THETA, "X": X, "y": y}, {"theta": DTHETA}),
        ([THETA, X, y], DTHETA),
        ([THETA, X, y], lambda theta, X, y: DTHETA),
    ],
)
def test_inputs_without_a_gradient_may_be_constants(inputs, gradient):
    report = gradcheck(cost_of_data, inputs, gradient=gradient)
    assert report.advice[-1].endswith(f" has none for X, y; {WITHIN}")
    assert [array.verdict for array in report.arrays.values()] == ["pass", "fail", "fail"]


def test_the_question_about_constants_is_seen_beside_an_error_of_the_function():
    with pytest.raises(IndexError) as raised:
        gradcheck(softmax_loss, {"W": w, "X": X, "y": y}, gradient=True)
    within = "pass constants within the function, as in gradcheck(lambda W: softmax_loss(W, X, y), [W])"
    assert raised.value.__notes__ == [
        "gradient is one array for 3 inputs; it is checked as the gradient of W",
        f"gradient has none for X, y; {within}",
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: gradcheck(cost_of_data, [THETA, X, y], gradient=[DTHETA]),
            f"gradient should hold one gradient for each of theta, X, y, but it holds 1: {WITHIN}",
        ),
        (
            lambda: gradcheck(cost_of_data, THETA, gradient=DTHETA),
            "cost_of_data(theta, X, y, reg=0.0) cannot be called with the inputs theta: missing a required argument: "
            f"'X'; {WITHIN}",
        ),
        (
            lambda: gradcheck(cost_of_data, {"theta": THETA, "X": X, "y": y}, gradient=lambda theta: DTHETA),
            "gradient=<lambda>(theta) cannot be called with the inputs theta, X, y: got an unexpected keyword argument "
            f"'X'; {WITHIN}",
        ),
        (lambda: gradcheck(cost_of_data, [THETA], args=(X, y)), f"gradcheck has no argument args: {WITHIN}"),
        (lambda: gradcheck(cost_of_data, THETA, X=X, y=y), f"gradcheck has no argument X: {WITHIN}"),
        (
            lambda: gradcheck(cost_of_data, {"theta": THETA}, gradient=DTHETA, reg=0.1),
            f"gradcheck has no argument reg: {WITHIN.replace('X, y)', 'X, y, reg=reg)')}",
        ),
        (
            lambda: gradcheck(lambda *args: 0.0, [THETA], args=(X, y)),
            "gradcheck has no argument args: pass constants within the function, as in "
            "gradcheck(lambda w: f(w, x), [w])",
        ),
        (lambda: gradcheck(cost_of_data, THETA, colour=1), "gradcheck has no argument colour"),
    ],
)
def test_constants_are_passed_within_the_function(call, message):
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value) == message


def test_inputs_by_name():
    report = gradcheck(lambda w, b: w**2 * b, w=0.5, b=2.0)
    assert report == gradcheck(lambda w, b: w**2 * b, {"w": 0.5, "b": 2.0})
    assert gradcheck(lambda w, b: w**2 * b, w=0.5, b=2.0, gradient={"w": 2.0, "b": 0.3}).verdict == "fail"
    assert gradcheck(lambda theta: (theta**2).sum(), theta=np.ones(3)).verdict == "pass"
    assert gradcheck(lambda **numbers: numbers["w"] ** 2, w=0.5).verdict == "pass"
    with pytest.raises(TypeError, match="cannot be called with the inputs w: missing a required argument: 'b'"):
        gradcheck(lambda w, b: w**2 * b, w=0.5)
    with pytest.raises(TypeError, match="gradcheck has no argument eps: there is no step to choose"):
        gradcheck(lambda w: w**2, w=0.5, eps=1e-6)


# --- Backward functions -------------------------------------------------------------------------------


def test_a_backward_function_is_called_with_the_cache_of_the_forward_function():
    assert affine(affine_backward)
    wrong = affine(lambda dout, cache: (*affine_backward(dout, cache)[:2], dout.mean(axis=0)))
    assert [array.verdict for array in wrong.arrays.values()] == ["pass", "pass", "fail"]


def test_as_many_inputs_as_arguments_of_the_backward_function():
    def matmul(x, w):
        return x @ w, (x, w)

    inputs = [x, w]
    assert affine(lambda dout, cache: affine_backward(dout, cache)[:2], matmul, inputs)
    assert affine(lambda x, w: (dout @ w.T, x.T @ dout), matmul, inputs)
    assert affine(lambda *args: affine_backward(dout, matmul(*args)[1])[:2], matmul, inputs)


def test_a_backward_function_without_a_cache_is_called_with_the_inputs():
    def backward(dout, x, w, b):
        return affine_backward(dout, (x, w))

    assert affine(backward, lambda x, w, b: x @ w + b)
    assert affine(backward, lambda x, w, b: x @ w + b, [x, w, b])


def test_a_layer_with_two_results_and_a_cache():
    def step_forward(h, c):
        return h * c, h + c, (h, c)

    def step_backward(dh, dc, cache):
        h, c = cache
        return dh * c + dc, dh * h + dc

    assert gradcheck(step_forward, [b, 2 * b], gradient=step_backward, upstream=(b, 3 * b))


def test_a_backward_function_may_change_the_upstream_gradient():
    def relu_backward(dout, cache):
        dout[cache <= 0] = 0
        return dout

    upstream = dout.copy()
    assert gradcheck(lambda x: (np.maximum(x, 0), x), {"x": w}, gradient=relu_backward, upstream=upstream[:3])
    assert np.array_equal(upstream, dout)


def test_a_backward_function_needs_the_cache():
    with pytest.raises(TypeError) as raised:
        affine(affine_backward, lambda x, w, b: affine_forward(x, w, b)[0])
    assert str(raised.value) == (
        "gradient=affine_backward(dout, cache) cannot be called with the inputs x, w, b: let <lambda> return (out, "
        "cache), or write gradient=lambda x, w, b: affine_backward(dout, affine_forward(x, w, b)[1])"
    )
    with pytest.raises(TypeError, match=r"affine_forward returned a tuple of 2: write upstream=dout for the gradient"):
        gradcheck(affine_forward, [x, w, b], gradient=affine_backward)


# --- Gradients in another structure -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gradient", "question", "code"),
    [
        ((1.0, (DX, DW, DB)), ", but it holds 2: is it (loss, gradient)?", "{}[1], or gradient=True if f returns both"),
        ((1.0, DX, DW, DB), ", but it holds 4: is the first a loss?", "{}[1:]"),
        (((DX, DW, DB), None), ", but it holds 2: is only element 0 the gradient?", "{}[0]"),
        ([{"x": DX, "w": DW, "b": DB}], ", but it holds 1: is only element 0 the gradient?", "{}[0]"),
        ([("x", DX), ("w", DW), ("b", DB)], ": are these pairs of a name and a gradient?", "dict({})"),
        ([("dx", DX), ("dw", DW), ("db", DB)], ": are these pairs of a name and a gradient?", "dict({})"),
        ([(x, DX), (w, DW), (b, DB)], ": are these pairs of a parameter and its gradient?", "[y for _, y in {}]"),
    ],
)
def test_another_reading_of_the_gradient_is_proposed(gradient, question, code):
    with pytest.raises(TypeError) as raised:
        affine(gradient)
    expected = f"gradient should hold one gradient for each of x, w, b{question} Then"
    assert str(raised.value) == f"{expected}, instead of gradient=g, write gradient={code.format('g')}"

    def by_hand(x, w, b):
        return gradient

    report = affine(by_hand)
    expected = f"No gradient: the result of by_hand should hold one gradient for each of x, w, b{question} Then"
    assert report.advice == [f"{expected} write gradient=lambda x, w, b: {code.format('by_hand(...)')}"]
    assert report.score() == 0.0


def test_a_loss_beside_the_gradient_of_the_only_input():
    report = gradcheck(lambda W: softmax_loss(W, X, y)[0], {"W": w}, gradient=lambda W: softmax_loss(W, X, y))
    assert "is it (loss, gradient)? Then write gradient=lambda W: f(...)[1]" in report.advice[0]
    report = gradcheck(lambda w: w * w, [3.0], gradient=lambda w: (w * w, 2 * w))
    assert "but it holds 2: is it (loss, gradient)? Then write gradient=lambda w: f(...)[1]" in report.advice[0]


def test_a_backward_function_for_more_than_the_inputs():
    report = affine(affine_backward, lambda w: affine_forward(x, w, b), [w])
    question = "is only element 1 the gradient? Then write gradient=lambda w: affine_backward(...)[1]"
    assert report.advice == [
        f"No gradient: the result of affine_backward should hold one gradient for each of w: {question}"
    ]
    assert affine(lambda dout, cache: affine_backward(dout, cache)[1], lambda w: affine_forward(x, w, b), [w])


def test_what_fits_has_no_other_reading():
    assert gradcheck(lambda v: v[0] * v[1], [[3.0, 4.0]], gradient=[4.0, 3.0])
    assert gradcheck(lambda a, v: a * v[0] * v[1], [2.0, [3.0, 4.0]], gradient=[12.0, [8.0, 6.0]])
    for gradient, shape in (([[1.0, 2.0, 3.0]], (1, 3)), ([1.0, 2.0, 3.0, 4.0], (4,)), ([[1.0, 2.0, 3.0]] * 2, (2, 3))):
        report = gradcheck(lambda x: (x * THETA).sum(), {"x": THETA}, gradient=gradient)
        assert report.arrays["x"].problem.startswith(f"the gradient of x has shape {shape}, x has (3,)")


def test_one_array_is_not_dealt_out_row_by_row():
    a, c = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    report = gradcheck(lambda a, c: (a * c).sum(), [a, c], gradient=c)
    assert [array.verdict for array in report.arrays.values()] == ["pass", "fail"]
    assert report.advice[0] == "gradient is one array for 2 inputs; it is checked as the gradient of a"
    assert gradcheck(lambda a, c: (a * c).sum(), [a, c], gradient=np.array([c, a]))
    assert gradcheck(lambda a, c: a * c, [2.0, 3.0], gradient=np.array([3.0, 2.0]))


def test_the_gradient_of_jax_with_respect_to_one_input_only():
    class Array(np.ndarray):
        """An array that looks like one of JAX."""

    Array.__module__ = "jaxlib._jax"
    gradient = DTHETA.view(Array)
    report = gradcheck(lambda u, v: (u * v).sum(), [DTHETA, DTHETA], gradient=lambda u, v: gradient)
    assert report.advice[0].endswith(
        "one array for 2 inputs; it is checked as the gradient of u: is argnums=(0, 1) missing?"
    )


def test_swapped_gradients_are_recognized_by_their_shapes():
    report = affine((DW, DX, DB))
    assert report.advice == ["Are the gradients of x and w swapped?"]
    assert [array.verdict for array in report.arrays.values()] == ["fail", "fail", "pass"]


def test_a_list_that_is_one_argument():
    def of_list(params):
        return ((x @ params[0] + params[1]) * dout).sum()

    assert gradcheck(of_list, [[w, b]], gradient=[DW, DB])
    with pytest.raises(TypeError, match=r"argument; if params is a list, write \[params\], that is, \[\[\.\.\.\]\]$"):
        gradcheck(of_list, [w, b], gradient=[DW, DB])


def test_gradients_by_block():
    inputs = Inputs(lambda v, p: 0.0, [[1.0, 2.0], {"w": w}])
    gradients = matched(inputs, [[3.0, 4.0], {"w": w.T}])
    assert gradients.numbers == {"v[0]": 3.0, "v[1]": 4.0}
    assert gradients.problems == {
        "p['w']": "the gradient of p['w'] has shape (5, 3), p['w'] has (3, 5): is it transposed?"
    }
    with pytest.raises(TypeError, match="closed_form is None, not numbers: is a return missing"):
        matched(inputs, None, "closed_form")
