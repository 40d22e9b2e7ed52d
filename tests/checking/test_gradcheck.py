"""gradcheck through its public face: how it is called, what it answers, and where it looks for the mistake."""

import math
import random
import sys
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, define, dot, exp, gradcheck, log, mean, relu, sigmoid, sin, sqrt, tanh, where
from autograd.checking.gradcheck import OWN
from tests.mutants import BACKWARD_PASSES, LOCAL_RULES, wrong_number
from tests.programs import random_program
from tests.python_words import said_by_python


def loss(w, b):
    return (w * 2.0 + b - 1.5) ** 2


RIGHT = {"w": -1.6, "b": -0.8}
AT = {"w": 0.5, "b": 0.1}


# --- How it is called ---------------------------------------------------------------------------------


def test_the_functions_own_gradient():
    report = gradcheck(loss, AT)
    assert report.verdict == "pass"
    assert report.ok
    assert list(report.inputs) == ["w", "b"]
    w = report.inputs["w"]
    assert (w.grad, w.numeric, w.closed_form) == (pytest.approx(-1.6), pytest.approx(-1.6), pytest.approx(-1.6))
    assert w.error < 1e-14
    assert w.digits >= 15
    assert w.verdict == "pass"
    assert report.culprits == []


@pytest.mark.parametrize(
    "inputs",
    [AT, {"b": 0.1, "w": 0.5}, [0.5, 0.1], (0.5, 0.1), {"w": np.float64(0.5), "b": Value(0.1)}],
    ids=repr,
)
@pytest.mark.parametrize(
    "gradient",
    [
        RIGHT,
        lambda w, b: {"w": 4 * (w * 2 + b - 1.5), "b": 2 * (w * 2 + b - 1.5)},
        OWN,
    ],
)
def test_inputs_by_name_and_by_position(inputs, gradient):
    report = gradcheck(loss, inputs, gradient=gradient)
    assert report.ok
    assert {name: check.numeric for name, check in report.inputs.items()} == pytest.approx(RIGHT)


def test_gradients_in_order():
    assert gradcheck(loss, (0.5, 0.1), gradient=(-1.6, -0.8)).ok
    assert gradcheck(loss, AT, gradient=[-1.6, -0.8]).ok
    assert gradcheck(loss, {"b": 0.1, "w": 0.5}, gradient=[-0.8, -1.6]).ok
    assert gradcheck(loss, AT, gradient=lambda w, b: (4 * (w * 2 + b - 1.5), 2 * (w * 2 + b - 1.5))).ok


def test_a_gradient_function_with_parameters_in_another_order():
    assert gradcheck(loss, AT, gradient=lambda b, w: {"w": 4 * (w * 2 + b - 1.5), "b": 2 * (w * 2 + b - 1.5)}).ok
    assert gradcheck(loss, AT, gradient=lambda u, v: [4 * (u * 2 + v - 1.5), 2 * (u * 2 + v - 1.5)]).ok


def test_callables_of_many_kinds():
    class Model:
        __hash__ = None

        def __call__(self, w, *, b):
            return loss(w, b)

        def method(self, w, b=0.1):
            return loss(w, b)

    assert gradcheck(Model(), AT).ok
    assert gradcheck(Model().method, AT).ok
    assert list(gradcheck(Model().method, [0.5]).inputs) == ["w"]
    assert gradcheck(partial(loss, b=0.1), {"w": 0.5}).ok
    assert list(gradcheck(lambda *x: x[0] * x[1], [1.0, 2.0]).inputs) == ["x[0]", "x[1]"]
    assert gradcheck(lambda **p: p["w"] * 2, {"w": 1.0}).ok
    assert gradcheck(np.tanh, {"x": 0.5}, gradient={"x": 1 / math.cosh(0.5) ** 2}).ok


def test_a_single_argument():
    assert gradcheck(sin, 0.5).ok
    assert gradcheck(sin, 0.5, gradient=math.cos(0.5)).ok
    assert gradcheck(sin, [0.5], gradient=[math.cos(0.5)]).ok
    assert gradcheck(sin, [0.5], gradient=math.cos(0.5)).ok
    assert gradcheck(sin, {"x": 0.5}, gradient=math.cos).ok
    assert list(gradcheck(sin, 0.5).inputs) == ["x"]


def test_arrays_and_sequences_are_checked_element_by_element():
    def f(w, b):
        return sigmoid(dot(w, [1.0, -2.0, 0.5]) + b)

    for w in ([0.1, 0.2, 0.3], (0.1, 0.2, 0.3), np.array([0.1, 0.2, 0.3])):
        report = gradcheck(f, {"w": w, "b": 0.5})
        assert list(report.inputs) == ["w[0]", "w[1]", "w[2]", "b"]
        assert report.ok
    slopes = [check.numeric for check in report.inputs.values()]
    assert gradcheck(f, {"w": w, "b": 0.5}, gradient={"w": np.array(slopes[:3]), "b": slopes[3]}).ok
    wrong = gradcheck(f, {"w": w, "b": 0.5}, gradient={"w": slopes[1::-1] + slopes[2:3], "b": slopes[3]})
    assert [name for name, check in wrong.inputs.items() if check.verdict == "fail"] == ["w[0]", "w[1]"]
    assert "Looks like: w[0] and w[1] are swapped\n" in str(wrong)


def test_an_array_as_the_only_argument():
    def f(x):
        return (x**2).sum()

    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert gradcheck(f, x).ok
    assert gradcheck(f, x, gradient=2 * x).ok
    assert gradcheck(f, [x], gradient=lambda x: 2 * x).ok
    assert list(gradcheck(f, x, gradient=2 * x).inputs) == ["x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]"]


def test_nested_inputs():
    def f(p, x):
        return (p["w"][0] * x + p["b"]) ** 2

    report = gradcheck(f, ({"w": [0.5], "b": 0.1}, 2.0))
    assert list(report.inputs) == ["p['w'][0]", "p['b']", "x"]
    assert report.ok
    assert gradcheck(lambda p: p["w"] ** 2, [{"w": 3.0}], gradient=lambda p: {"w": 2 * p["w"]}).ok


def test_an_input_without_a_gradient_fails():
    report = gradcheck(loss, AT, gradient={"b": -0.8})
    assert (report.verdict, report.score(2)) == ("fail", 1.0)
    assert "  w      none   -1.6         -1.6 ± 2e-16  FAIL  no gradient given\n" in str(report)
    assert gradcheck(loss, AT, gradient={}).score() == 0.0
    w, b = Value(0.5, "w"), Value(0.1, "b")
    assert gradcheck(loss(w, b), gradient={"w": -1.6}).verdict == "fail"


@pytest.mark.parametrize(
    ("returned", "advice"),
    [
        (None, "No gradient: the result of <lambda> is None, not numbers: is a return missing?"),
        (
            {"dw": 1.0, "db": 2.0},
            "the result of <lambda> has numbers for dw, db, which are not inputs: are they meant for w, b?",
        ),
        (
            [1.0],
            "No gradient: the result of <lambda> should hold one gradient for each of w, b, but it holds 1: pass "
            "constants within the function, as in gradcheck(lambda w: loss(w, b), [w])",
        ),
        ("no", "No gradient: the result of <lambda> should hold one gradient for each of w, b, but it is 'no'"),
    ],
)
def test_what_a_student_returns_instead_of_a_gradient_fails(returned, advice):
    report = gradcheck(loss, AT, gradient=lambda w, b: returned)
    assert (report.verdict, report.score(5)) == ("fail", 0.0)
    assert report.advice[0] == advice
    assert advice in str(report)


@pytest.mark.parametrize(
    ("gradient", "problem"),
    [
        ([1.0], "the gradient of w has shape (1,), w is a number: does it have an axis too many?"),
        ("1", "no gradient: w = '1': a string is not a number; write float('1') if it holds one"),
        (None, "the gradient of w is None: is a return missing?"),
        (1j, "no gradient: w = 1j: complex numbers are not supported; take .real, .imag or abs() first"),
        ({"a": 1.0}, "the gradient of w is a dict, w is not"),
    ],
)
@pytest.mark.parametrize("is_function", [False, True])
def test_one_unusable_gradient_does_not_hide_the_others(gradient, problem, is_function):
    gradients = {"w": gradient, "b": -0.8}
    report = gradcheck(loss, AT, gradient=(lambda w, b: gradients) if is_function else gradients)
    assert report.inputs["w"].reason == problem
    assert report.inputs["b"].verdict == "pass"
    assert (report.verdict, report.score(2)) == ("fail", 1.0)
    assert f"FAIL  {problem}\n" in str(report)


def test_a_gradient_of_another_name_is_matched_with_the_input_it_may_belong_to():
    report = gradcheck(loss, AT, gradient={"w": -1.6, "c": 2.0})
    assert report.advice == [
        "gradient has a number for c, which is not an input: the inputs are w, b",
        "gradient has none for b; pass constants within the function, as in gradcheck(lambda w: loss(w, b), [w])",
    ]
    report = gradcheck(loss, AT, gradient={"w": -1.6, "b": -0.8, "c": 2.0})
    assert (report.verdict, len(report.advice)) == ("pass", 1)
    report = gradcheck(loss, AT, gradient={"dw": -1.6, "b": -0.8})
    assert report.inputs["w"].reason == "no gradient given"


def test_a_gradient_that_is_rounded_on_purpose():
    assert gradcheck(sin, [1.0], gradient=[0.540]).verdict == "fail"
    assert gradcheck(sin, [1.0], gradient=[0.540], digits=3).ok
    assert gradcheck(sin, [1.0], gradient=[0.541], digits=3).verdict == "fail"
    assert gradcheck(sin, [1.0], gradient=[0.540], digits=6).verdict == "fail"
    with pytest.raises(ValueError, match="digits counts significant digits, 1 or more, not 0"):
        gradcheck(sin, [1.0], gradient=[0.540], digits=0)


def test_functions_that_take_floats_only():
    def f(w, b):
        return math.tanh(w * 2 + b)

    slope = 1 / math.cosh(1.1) ** 2
    report = gradcheck(f, AT, gradient={"w": 2 * slope, "b": slope})
    assert report.ok
    assert report.inputs["w"].closed_form is None
    assert gradcheck(f, AT, gradient={"w": -2 * slope, "b": slope}).verdict == "fail"
    assert "finite differences" in str(report)


def test_functions_of_other_libraries():
    torch = pytest.importorskip("torch")

    def f(w, b):
        return torch.tanh(torch.as_tensor(w, dtype=torch.float64) * 2 + b)

    assert gradcheck(f, AT, gradient={"w": 2 / math.cosh(1.1) ** 2, "b": 1 / math.cosh(1.1) ** 2}).ok


def test_a_closed_form_is_shown_beside_the_gradient():
    report = gradcheck(loss, AT, closed_form={"w": -1.6, "b": 0.8})
    assert report.inputs["b"].closed_form == 0.8
    assert report.inputs["b"].reason == "the closed form differs"
    assert report.inputs["w"].reason == ""
    for wrong in (lambda w, b: None, {"w": -1.6, "c": 1.0}):
        with pytest.raises(TypeError, match="closed_form"):
            gradcheck(loss, AT, closed_form=wrong)


def test_a_recorded_graph():
    w, b = Value(0.5, label="w"), Value(0.1)
    L = loss(w, b)
    report = gradcheck(L)
    assert report.ok
    assert list(report.inputs) == ["w", "v₁"]
    assert (w.grad, L.grad) == (None, None)
    L.backward()
    assert gradcheck(L).ok
    assert list(gradcheck(L, [b]).inputs) == ["v₁"]
    assert list(gradcheck(L, {"bias": b}).inputs) == ["bias"]
    assert gradcheck(L, {"bias": b}, gradient={"bias": 0.8}).verdict == "fail"


def test_a_check_leaves_no_trace():
    weight = Value(0.3, label="weight")
    weight.grad = 5.0
    assert gradcheck(lambda x: sigmoid(weight * x), {"x": 2.0}).ok
    assert weight.grad == 5.0


def test_a_check_that_raises_leaves_no_trace_either():
    weight = Value(0.3, label="weight")
    weight.grad = 5.0
    old = weight * 2
    weight.data = 0.4
    with pytest.raises(autograd.StaleGraphError):
        gradcheck(lambda x: old * x, {"x": 2.0})
    assert weight.grad == 5.0


def test_leaves_of_the_same_name_are_told_apart():
    x, y = Value(1.0, label="x"), Value(2.0, label="x")
    assert list(gradcheck(x * y).inputs) == ["x", "x'2"]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: gradcheck(loss), "gradcheck needs inputs to call loss with, such as gradcheck(f, {'w': 0.5})"),
        (lambda: gradcheck(3.0), "gradcheck takes a function, a Value, an operation or a class, not 3.0"),
        (lambda: gradcheck(loss, []), "gradcheck needs inputs to call loss with, such as {'w': 0.5}"),
        (lambda: gradcheck(sum, [[]]), "the inputs of sum hold no numbers to check"),
        (lambda: gradcheck(loss, {}), "gradcheck needs inputs to call loss with, such as {'w': 0.5}"),
        (
            lambda: gradcheck(loss, {"w": "1", "b": 0.1}),
            "w = '1': a string is not a number; write float('1') if it holds one",
        ),
        (
            lambda: gradcheck(loss, {"w": 0.5}),
            "loss(w, b) cannot be called with the inputs w: missing a required argument: 'b'; pass constants within "
            "the function, as in gradcheck(lambda w: loss(w, b), [w])",
        ),
        (
            lambda: gradcheck(max, {"a": 3.0, "b": 4.0}),
            "max(...) cannot be called with the inputs a, b: its parameters have no names; a list passes them by",
        ),
        (
            lambda: gradcheck(loss, {"weight": 0.5, "bias": 0.1}),
            "loss(w, b) cannot be called with the inputs weight, bias: missing a required argument: 'w'; a list passes",
        ),
        (
            lambda: gradcheck(loss, AT, gradient=[1.0, 2.0, 3.0]),
            "gradient should hold one gradient for each of w, b, but it holds 3",
        ),
        (
            lambda: gradcheck(tanh, gradient=lambda x: x),
            "gradient given, but no inputs: write gradcheck(tanh, {...}, gradient=...)",
        ),
        (lambda: gradcheck(loss, AT, gradient=None), "gradient is None: is a return missing?"),
        (
            lambda: gradcheck(loss, AT, gradient=lambda w: 2 * w),
            "gradient=<lambda>(w) cannot be called with the inputs w, b: got an unexpected keyword argument 'b'",
        ),
        (
            lambda: gradcheck(lambda v: v[0] * v[1], [1.0, 2.0]),
            "<lambda>(v) cannot be called with 2 arguments: too many positional arguments; each element of the "
            "list is an argument; if v is a list, write [v], that is, [[...]]",
        ),
        (
            lambda: gradcheck(lambda x: [x, x], {"x": 1.0}),
            "gradcheck needs a function that returns one number, but <lambda> returned [1.0, 1.0]: return a sum",
        ),
        (
            lambda: gradcheck(math.sin, {"x": 1.0}),
            "sin does not accept Values, so it has no gradient of its own to check: pass the one "
            "you derived as gradient=..., or write the function with the operations of autograd. "
            "(With Values: turning 'x' into a plain number",
        ),
        (lambda: gradcheck(sin(Value(1.0)), engine=Value), "a recorded graph has its engine already; engine, upstream"),
        (lambda: gradcheck(loss, AT, gradient=RIGHT, engine=Value), "gradcheck checks one gradient at a time"),
        (
            lambda: gradcheck(sin(Value(1.0)), [2.0]),
            "gradcheck of a recorded graph takes its leaves, Values, not v₁ = 2.0",
        ),
        (
            lambda: gradcheck(sin(Value(1.0)), [Value(2.0, "q")]),
            "q is not a leaf of this graph: the result was not computed",
        ),
        (lambda: gradcheck(lambda x: None, {"x": 1.0}), "the result of <lambda>, None: None is not a number"),
    ],
)
def test_what_cannot_be_checked_is_refused(call, error):
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value).startswith(error)


def test_an_inner_node_is_no_leaf():
    h = Value(1.0, "x") * 2
    with pytest.raises(TypeError, match="h is computed, not a leaf"):
        gradcheck(sin(h.named("h")), [h])


def test_a_stale_graph_is_refused():
    w = Value(1.0, "w")
    L = w * w
    w.data = 2.0
    with pytest.raises(autograd.StaleGraphError):
        gradcheck(L)


def test_errors_of_the_function_itself_are_not_hidden():
    def f(w):
        return undefined_name * w  # noqa: F821

    with pytest.raises(NameError):
        gradcheck(f, {"w": 1.0})


# --- The verdicts -------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_random_functions_correct_and_wrong(source):
    program = random_program(source)
    leaves, root = program.values()
    gradients = root.gradients(leaves)

    def f(*numbers):
        return program.run(numbers)[-1]

    assert gradcheck(f, program.leaves).verdict != "fail"
    for i, gradient in enumerate(gradients):
        for wrong in (1.01 * gradient, -gradient):
            claimed = [*gradients[:i], wrong, *gradients[i + 1 :]]
            check = list(gradcheck(f, program.leaves, gradient=claimed).inputs.values())[i]
            is_rounding = abs(gradient) <= check.noise  # what cancellation has left of a gradient of zero
            assert check.verdict in ("fail", "inconclusive") or is_rounding, check


EDGES = [
    0.0,
    -0.0,
    5e-324,
    -5e-324,
    2.3e-308,
    1e-300,
    1e-16,
    1.0,
    -1.0,
    709.7,
    -745.0,
    1e8,
    1e16,
    1e300,
    -1e300,
    1.7e308,
]
UNARY = [op.name for op in autograd.OPERATIONS.values() if len(op.operands) == 1 and not op.nary]


@pytest.mark.slow
@settings(max_examples=200)
@given(st.sampled_from(UNARY), st.sampled_from(EDGES))
def test_at_the_edges_of_the_floats_a_right_gradient_is_never_accused(name, x):
    check = gradcheck(getattr(autograd, name), [x]).inputs["x"]
    assert check.verdict != "fail" or 0 < abs(check.numeric) < sys.float_info.min, check


@pytest.mark.parametrize(
    "f", [relu, lambda x: max(x, 0.0), lambda x: where(x > 0, x, 0.0)], ids=["relu", "max", "where"]
)
def test_a_kink_accepts_the_slopes_between(f):
    for slope in (0.0, 0.5, 1.0):
        report = gradcheck(f, [0.0], gradient=[slope])
        assert (report.verdict, report.ok) == ("kink", True)
    assert gradcheck(f, [0.0], gradient=[1.2]).verdict == "fail"
    assert gradcheck(f, [0.0], gradient=[-0.1]).verdict == "fail"


def test_a_branch_on_the_data_is_seen_from_both_sides():
    def f(x):
        return 3 * x if x.data >= 1 else x

    assert gradcheck(f, {"x": 2.0}).verdict == "pass"
    assert gradcheck(f, {"x": 0.9999999}).verdict == "pass"
    assert gradcheck(f, {"x": 1.0}).inputs["x"].slopes.kind == "jump"


@pytest.mark.parametrize(
    ("f", "at", "reason"),
    [
        (sqrt, 0.0, "not defined to the left of 0"),
        (log, 0.0, "log is not defined here: log(x) is not defined at x = 0.0: it needs x > 0"),
        (lambda x: 1 / x, 0.0, f"<lambda> is not defined here: {said_by_python(lambda: 1 / 0.0)}"),
        (exp, 1000.0, "exp is not defined here: exp(x) overflows at x = 1000.0: the result is too large for a float"),
    ],
)
def test_where_nothing_can_be_told_the_reason_is_said(f, at, reason):
    report = gradcheck(f, {"x": at})
    assert report.verdict == "inconclusive"
    assert not report.ok
    assert report.inputs["x"].reason == reason
    assert reason in str(report)


def test_a_function_that_is_not_a_function():
    source = random.Random(0)
    report = gradcheck(lambda x: x * source.random(), {"x": 1.0})
    remedy = "if it is random, set the seed within the function"
    assert report.inputs["x"].reason == f"<lambda> returns different results for the same inputs: {remedy}"


def test_rounding_on_the_way_is_no_mistake():
    assert gradcheck(lambda w, b: (w * 3.0 + b - 0.3) ** 2, {"w": 0.1, "b": 0.0}).verdict != "fail"
    assert gradcheck(lambda x: (exp(x) - 1) / x, {"x": 1e-12}).inputs["x"].reason == "too small to see in floats"
    assert gradcheck(lambda x: abs(x * 3.0 - 0.3 - 5.551115123125783e-17), {"x": 0.1}).verdict == "kink"


def test_a_gradient_that_cancels_is_zero_beside_its_terms():
    def f(a, b):
        p = sigmoid(a - b)
        return p * (1 - p) + exp(a) / (exp(a) + exp(b))

    report = gradcheck(lambda x: f(x, x) * 1.1, {"x": 0.3})
    assert report.ok


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (sin, 1e10),
        (lambda x: 1e16 + sin(x), 1.0),
        (tanh, 20.0),
        (exp, -700.0),
        (lambda x: x**3, 1e5),
        (lambda x: 1e-8 * sin(x), 1.0),
    ],
)
def test_magnitudes_at_which_fixed_tolerances_break_down(f, at):
    slope = gradcheck(f, [at]).inputs["x"].grad
    assert gradcheck(f, [at]).verdict == "pass"
    assert gradcheck(f, [at], gradient=[-slope]).verdict == "fail"
    assert gradcheck(f, [at], gradient=[1.0001 * slope]).verdict == "fail"


def test_kinks_that_meet_are_said_to():
    report = gradcheck(lambda x: relu(x) - relu(-x), {"x": 0.0})
    assert report.verdict == "fail"
    assert report.advice == [
        "Kinks meet here: the conventional slopes (relu: 0 at x = 0) together are not a slope of the whole function."
    ]


def test_a_gradient_that_overflows_on_the_way_is_traced():
    report = gradcheck(lambda x: x * 1e-300 * 1e200 * 1e200, {"x": 1.0})
    assert report.inputs["x"].reason == "infinite"
    assert "the slope with respect to x·1e-300 is 1e+200; multiplied by 1e+200, it overflows" in str(report)
    report = gradcheck(lambda x: sqrt(x**4), {"x": 0.0})
    assert report.inputs["x"].reason == "not a number"
    assert "Where: node #2  sqrt(x⁴), x⁴ = 0.0\n  the slope with respect to x⁴ is inf" in str(report)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: relu(x) ** 2,
        lambda x: x * relu(x),
        lambda x: x * abs(x) * exp(x),
        lambda x: mean([relu(1 - y * (1 + x)) ** 2 for y in (1.0, -1.0)]) - 2 * x,
    ],
)
def test_a_square_of_a_kink_is_smooth(f):
    report = gradcheck(f, {"x": 0.0})
    assert (report.verdict, report.inputs["x"].slopes.kind) == ("pass", "smooth")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: log(exp(x)) - x,
        lambda x: exp(x) * exp(-x) - 1,
        lambda x: sqrt(x) ** 2 - x,
        lambda x: x - mean([x, x, x]),
        lambda x: x / 3 + x / 3 + x / 3 - x,
    ],
)
def test_a_function_that_cancels_to_nothing_has_slope_zero(f):
    assert gradcheck(f, {"x": 0.3}).ok
    assert gradcheck(f, {"x": 0.3}, gradient={"x": 1e-3}).verdict == "fail"


def stable_log_sum_exp(z):
    largest = max(v.data for v in z)
    return log(sum(exp(v - largest) for v in z)) + largest - z[0]


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (lambda x: where(x > 3, x**2, 3 * x), 3.0005),
        (lambda x: where(x > 0, x**2, -x), 0.0),
        (lambda x: (1.0 if x > 0 else 0.1) * x, 0.0),
        (lambda x: 2.0 * max(0.0, x), 0.0),
        (lambda x: x - math.floor(x.data), 2.0001),
        (stable_log_sum_exp, np.array([1.0, 2.0, 3.0])),
    ],
)
def test_a_constant_of_a_branch_or_one_that_cancels_is_not_detached(f, at):
    report = gradcheck(f, [at])
    assert report.ok, report
    assert not report.culprits


def test_inputs_that_would_move_together_are_told_apart():
    inputs = [float(i) for i in range(1, 12)]
    for i in range(1, 11):
        report = gradcheck(lambda *v, i=i: v[0].data / v[i].data * v[1] ** 2, inputs)
        assert report.verdict == "fail"
        assert report.culprits[0].kind == "DETACHED"


def test_a_maximum_that_is_an_input_itself():
    for gradient in ({"x": 1.0, "y": 0.0}, {"x": 0.5, "y": 0.5}):
        assert gradcheck(max, [1.0, 1.0], gradient=list(gradient.values())).verdict == "kink"
    assert gradcheck(max, [1.0, 2.0]).verdict == "pass"


def test_infinities_and_the_sign_of_zero_are_not_mistaken():
    assert gradcheck(lambda x: tanh(x * x), {"x": 1e200}).ok
    assert gradcheck(lambda x, y: autograd.arctan2(-x, y), {"x": 0.0, "y": -1.0}).ok
    assert gradcheck(lambda x: x * 2, {"x": math.nan}).inputs["x"].reason == "the input is nan"


@pytest.mark.parametrize("frequency", [5, 50, 1000])
def test_oscillations_in_floats(frequency):
    source = random.Random(frequency)
    for _ in range(20):
        x = source.uniform(-5, 5)
        slope = frequency * math.cos(frequency * x)
        assert gradcheck(lambda x: math.sin(frequency * x), [x], gradient=[slope]).verdict == "pass"


@pytest.mark.slow
@pytest.mark.parametrize(
    "f", [lambda x: float(np.float32(math.sin(x))), lambda x: float(np.sin(np.float32(x)))], ids=["results", "inputs"]
)
def test_single_precision(f):
    source = random.Random(0)
    verdicts = []
    for _ in range(60):
        x = source.uniform(-3, 3)
        verdicts.append(gradcheck(f, [x], gradient=[math.cos(x)]).verdict)
        assert gradcheck(f, [x], gradient=[0.0]).verdict == "fail"
        assert gradcheck(f, [x], gradient=[-math.cos(x)]).verdict == "fail"
    assert "fail" not in verdicts
    assert verdicts.count("pass") > 40


def test_steps_do_not_fall_into_step_with_a_period():
    def f(t):
        return math.sin(2 * math.pi * t) + 0.001 * t

    for t in (10000.3, 5000.0):
        assert gradcheck(f, [t], gradient=[0.001]).verdict == "fail"
        assert gradcheck(f, [t], gradient=[0.001 + 2 * math.pi * math.cos(2 * math.pi * t)]).verdict == "pass"


def positive(x):
    assert x > 0
    return math.log(x)


@pytest.mark.parametrize(
    ("f", "at", "slope"),
    [
        (lambda x: math.exp(x) * float(x) ** 1.5, 0.01, math.exp(0.01) * (0.001 + 0.15)),
        (positive, 0.001, 1000.0),
        (lambda x: [1, 2, 3][int(x)] + x, 2.5, 1.0),
    ],
)
def test_a_function_that_fails_outside_its_domain_in_its_own_way(f, at, slope):
    assert gradcheck(lambda x: f(float(x)), [at], gradient=[slope]).verdict == "pass"
    assert gradcheck(lambda x: f(float(x)), [at], gradient=[2.5 * slope]).verdict == "fail"


def test_a_perfect_fit_in_floats():
    X = (1.0, 2.0, 3.0)
    source = random.Random(0)
    for _ in range(30):
        w0, b0 = source.uniform(-2, 2), source.uniform(-2, 2)
        Y = [w0 * x + b0 for x in X]

        def mse(w, b, Y=Y):
            return sum((float(w) * x + float(b) - y) ** 2 for x, y in zip(X, Y, strict=True))

        def by_hand(w, b, Y=Y):
            errors = [w * x + b - y for x, y in zip(X, Y, strict=True)]
            return 2 * sum(e * x for e, x in zip(errors, X, strict=True)), 2 * sum(errors)

        assert gradcheck(mse, [w0, b0], gradient=by_hand).verdict != "fail"
        assert gradcheck(mse, [w0, b0], gradient=[0.0, 0.0]).ok
        assert gradcheck(mse, [w0, b0], gradient=[1e-3, 0.0]).verdict == "fail"


@pytest.mark.slow
@pytest.mark.parametrize(("distance", "offset"), [(0.003, 3.0), (0.01, 3.0), (0.05, 100.0), (1e-6, 1.0)])
def test_flat_here_with_a_kink_near_by(distance, offset):
    source = random.Random(0)
    for _ in range(30):
        x = source.uniform(-3, 3)
        for sign in (1, -1):

            def f(w, x=x, sign=sign):
                return offset + max(0.0, sign * (float(w) - x) - distance)

            assert gradcheck(f, [x], gradient=[0.0]).verdict == "pass"
            assert gradcheck(f, [x], gradient=[0.5]).verdict == "fail"


@pytest.mark.parametrize(("at", "slope"), [(100.0, -math.exp(-100)), (800.0, 0.0)])
def test_what_underflows_in_a_function_of_floats_is_not_held_against_the_gradient(at, slope):
    report = gradcheck(lambda x: math.log(math.exp(-x) + 1), [at], gradient=[slope])
    assert report.verdict != "fail"
    assert gradcheck(lambda x: math.log(math.exp(-x) + 1), [at], gradient=[0.1]).verdict == "fail"


# --- Where it is wrong ------------------------------------------------------------------------------------


def everything(w, b):
    h = w * 2.0 - w / b
    t = h.tanh().named("t")
    return (t - 1.5) ** 2 * t.exp() + w * w + h


CULPRITS = {
    "mul: operands swapped": ("LOCAL", "d mul/dw should be 2.0; yours says 0.7"),
    "sub: sign of the second": ("LOCAL", "d sub/d(w/b) should be -1.0; yours says 1.0"),
    "truediv: sign of the second": ("LOCAL", "d truediv/db should be -1.094; yours says 1.094"),
    "pow: exponent not lowered": ("LOCAL", "d pow/d(t - 1.5) should be -2.037; yours says 2.074"),
    "tanh: square forgotten": ("LOCAL", "d tanh/d(w·2.0 - w/b) should be 0.7681; yours says 0.5185"),
    "exp: one too many": ("LOCAL", "d exp/dt should be 1.619; yours says 2.619"),
    "= for +=": ("ACCUMULATION", ", one of them alone (= where += is meant?)"),
    "wrong order": ("ACCUMULATION", "; yours is 0.0"),
    "operands kept as a set": ("ACCUMULATION", "w = 0.7"),
    "inner gradients not reset": ("ACCUMULATION", "it was not reset"),
}


@pytest.mark.parametrize("bug", CULPRITS)
def test_a_planted_bug_is_named(bug, monkeypatch):
    kind, words = CULPRITS[bug]
    ({**LOCAL_RULES, **BACKWARD_PASSES}[bug])(monkeypatch)
    report = gradcheck(everything, {"w": 0.7, "b": 0.8})
    assert report.verdict == "fail"
    assert {culprit.kind for culprit in report.culprits} == {kind}
    assert words in str(report), report
    assert words in "".join(map(str, report.culprits))


def test_the_same_function_passes_without_a_bug():
    assert gradcheck(everything, {"w": 0.7, "b": 0.8}).ok


def test_a_wrong_number_is_named(monkeypatch):
    wrong_number("tanh", 1e-3)(monkeypatch)
    report = gradcheck(everything, {"w": 0.7, "b": 0.8})
    (culprit,) = report.culprits
    assert (culprit.kind, culprit.node.label) == ("FORWARD", "t")
    assert "tanh should give 0.4815; yours says 0.4825" in str(report)
    # It is one even where the gradient is right.
    assert gradcheck(lambda x: x.tanh() + x, {"x": 0.5}).verdict == "fail"


@pytest.mark.parametrize(
    ("f", "where"),
    [
        (lambda w, b: loss(w, b) + w * w.data, "w·0.5"),
        (lambda w, b: loss(w, b) + w * w.detach(), "w·w"),
        (lambda w, b: loss(w, b) * (1 + b.data), "(w·2.0 + b - 1.5)²·1.1"),
        (lambda w, b: loss(w.data, b), "1.0 + b"),
    ],
)
def test_a_number_that_bypasses_the_graph_is_named(f, where):
    report = gradcheck(f, AT)
    assert report.verdict == "fail"
    (culprit,) = report.culprits
    assert culprit.kind == "DETACHED"
    assert where in culprit.where
    assert "when the inputs moved" in culprit.what


def test_a_function_that_records_nothing_at_all():
    report = gradcheck(lambda w: w.data**2, {"w": 3.0})
    assert str(report) == (
        "Gradient check: FAIL (1 of 1 input wrong)\n"
        "  input  yours  numerical    verdict\n"
        f"  w      0.0    6.0 ± {report.inputs['w'].error:.0e}  FAIL  should not be 0\n"
        "Where: DETACHED, the result of <lambda>\n"
        "  it changes with the inputs, but is a plain number: no step towards it was recorded\n"
        f"Confidence: {report.inputs['w'].digits} digits, by finite differences; "
        "even an error of 0.0001 % would have been caught."
    )
    assert gradcheck(lambda w: 3.0, {"w": 3.0}).ok


def test_gradients_that_were_not_reset():
    w = Value(0.5, "w")
    L = (w * w).named("L")
    L.backward()
    L.backward()
    report = gradcheck(L)
    assert report.inputs["w"].reason == "2x too big"
    assert "yours is 2.0, 2 times that (was zero_grad() forgotten?)" in str(report)


def test_gradients_of_another_root():
    w = Value(0.5, "w")
    h = (w * 3).named("h")
    (h * 5).backward()
    report = gradcheck(h)
    assert report.verdict == "fail"
    assert "the backward pass starts with 1 here; yours with 5.0 (was backward() called on a later value?)" in str(
        report
    )


def test_every_culprit_counts_but_three_are_shown(monkeypatch):
    LOCAL_RULES["mul: operands swapped"](monkeypatch)

    def f(x):
        for _ in range(6):
            x = x * 2.0
        return x

    report = gradcheck(f, {"x": 3.0})
    assert len(report.culprits) == 6
    assert str(report).count("Where:") == 3
    assert "... and 3 more like these" in str(report)


# --- What it looks like --------------------------------------------------------------------------------


def neuron(w, b):
    return (sigmoid(dot(w, [0.5, -1.0, 2.0]).named("h") + b).named("ŷ") - 1.0) ** 2 + 0.1 * dot(w, w)


def parts(w, b):
    """ŷ, its slope, and the factor 2·(ŷ - 1)."""
    h = sum(wi * xi for wi, xi in zip(w, [0.5, -1.0, 2.0], strict=True)) + b
    y = 1 / (1 + math.exp(-h))
    return y * (1 - y), 2 * (y - 1)


def derived(slope=lambda s: s, penalty=0.2, factor=1.0):
    def gradient(w, b):
        s, d = parts(w, b)
        d = d * slope(s) * factor
        return {"w": [d * xi + penalty * wi for wi, xi in zip(w, [0.5, -1.0, 2.0], strict=True)], "b": d}

    return gradient


W = {"w": [0.3, -0.2, 0.6], "b": 0.1}


def test_the_right_gradient_of_a_neuron():
    assert gradcheck(neuron, W, gradient=derived()).ok


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (derived(lambda s: 1.0), "Looks like: the derivative of sigmoid, 0.1352 here, is missing in h + b → ŷ\n"),
        (derived(lambda s: s * s), "the derivative of sigmoid, 0.1352 here, was applied twice in h + b → ŷ\n"),
        (
            derived(penalty=0.0),
            "Looks like: the term 0.1·(w[0]·w[0] + w[1]·w[1] + w[2]·w[2]) is missing\n",
        ),
        (derived(penalty=-0.2), "has the wrong sign"),
        (derived(penalty=0.4), "was counted twice"),
    ],
)
def test_a_wrong_step_is_recognised_by_what_flows_through_it(gradient, words):
    report = gradcheck(neuron, W, gradient=gradient)
    assert report.verdict == "fail"
    assert "Looks like: " in str(report)
    assert words in str(report)


@pytest.mark.parametrize(
    ("factor", "hint"),
    [
        (-1, "wrong sign"),
        (2, "2x too big"),
        (0.5, "1/2 of the right one"),
        (-3, "wrong sign and 3x too big"),
        (0, "should not be 0"),
        (2.37, "2.37x too big"),
        (0.25, "1/4 of the right one"),
        (1.05, "5 % too big"),
        (0.997, "0.3 % too small"),
    ],
)
def test_factors_are_recognised(factor, hint):
    report = gradcheck(loss, AT, gradient={"w": -1.6 * factor, "b": -0.8})
    assert report.inputs["w"].hint.split(", or")[0] == hint


def test_a_sum_for_a_mean_is_recognised():
    def f(w):
        return mean([(w * x - 1.0) ** 2 for x in (1.0, 2.0, 3.0, 4.0, 5.0)])

    right = gradcheck(f, {"w": 0.5}).inputs["w"].grad
    report = gradcheck(f, {"w": 0.5}, gradient={"w": 5 * right})
    assert report.inputs["w"].hint == "5x too big (a sum for a mean over 5 terms?)"


def test_common_confusions_are_recognised():
    def f(w1, w2):
        return tanh((tanh((w1 * 2.0).named("h")).named("t") * w2).named("a")) ** 2

    w1, w2 = 0.3, -0.4

    def student(without_w2=False, tanh_slope=lambda t, h: 1 - t * t, two=2.0):
        t = math.tanh(w1 * 2)
        y = math.tanh(t * w2)
        d = two * y * tanh_slope(y, t * w2)
        return {"w1": d * (1 if without_w2 else w2) * tanh_slope(t, w1 * 2) * 2, "w2": d * t}

    at = {"w1": w1, "w2": w2}
    assert gradcheck(f, at, gradient=student()).ok
    assert "Looks like: the factor -0.4 is missing in t → a" in str(gradcheck(f, at, gradient=student(without_w2=True)))
    assert gradcheck(f, at, gradient=student(two=1.0)).inputs["w1"].hint == "1/2 of the right one"
    report = gradcheck(lambda w: tanh((w * 2.0).named("h")), {"w": 0.3}, gradient={"w": 2 * (1 - math.tanh(0.6))})
    assert "the derivative of tanh was mistaken for 1 - tanh(h) in h → tanh(h)" in str(report)
    report = gradcheck(lambda w: 3 * w + 0.1 * w**2, {"w": 0.7}, gradient={"w": 3 + 0.1 * 0.7})
    assert "the factor 2 of a square is missing in w → w²" in str(report)
    report = gradcheck(lambda w: (sin(w * 1.7) - 0.6) ** 2, {"w": 0.5}, gradient={"w": 0.561})
    assert not any("cos" in line for line in report.advice)
    report = gradcheck(loss, AT, gradient={"w": -0.8, "b": -1.6})
    assert report.advice == ["Looks like: w and b are swapped"]


def test_the_mean_of_an_array_is_recognised():
    X, y = np.arange(20.0).reshape(10, 2), np.ones(10)

    def f(w):
        return ((X @ w - y) ** 2).mean()

    w = np.array([0.1, 0.2])
    report = gradcheck(f, {"w": w}, gradient={"w": 2 * X.T @ (X @ w - y)})
    assert "10x too big (a sum for a mean over 10 terms?)" in str(report)


def test_swapped_and_rounded_gradients_are_recognised():
    report = gradcheck(lambda w, b: w**2 * 1.37 + b**3, {"w": 0.7, "b": 0.4}, gradient={"w": 0.48, "b": 1.918})
    assert report.inputs["w"].hint == "the gradient of b"
    assert report.inputs["b"].hint == "the gradient of w"
    report = gradcheck(sin, {"x": 1.0}, gradient={"x": 0.5403})
    assert report.inputs["x"].hint == "right, but rounded to 4 significant digits (digits=4 accepts that)"


def test_the_sign_that_an_article_gets_wrong():
    """The gradient of ½·mean((y - ŷ)²) is the mean of (ŷ - y)·x, not of (y - ŷ)·x."""
    x, y = (0.37454012, 0.95071431), (1.74908024, 2.90142861)

    def cost(w, b):
        return mean([(w * xi + b - yi) ** 2 for xi, yi in zip(x, y, strict=True)]) / 2

    def written(w, b):
        errors = [yi - (w * xi + b) for xi, yi in zip(x, y, strict=True)]
        return sum(e * xi for e, xi in zip(errors, x, strict=True)) / 2, sum(errors) / 2

    report = gradcheck(cost, {"w": 0.6476885381006925, "b": 1.5230298564080254}, gradient=written)
    assert [check.hint for check in report.inputs.values()] == ["wrong sign", "wrong sign"]


# --- The report ------------------------------------------------------------------------------------------


def test_the_report_word_for_word():
    def f(x, w, b):
        h = (w * x + b).named("h")
        return (tanh(h).named("t") - 0.4) ** 2 * 3.0

    x, w, b = 1.5, -0.5, 0.2
    t = math.tanh(w * x + b)
    d = 6 * (t - 0.4) * (1 - t)
    report = gradcheck(f, {"x": x, "w": w, "b": b}, gradient=lambda x, w, b: (d * w, d * x, d))
    assert (
        str(report)
        == """\
Gradient check: FAIL (3 of 3 inputs wrong)
  input  yours     closed form  numerical         verdict
  x      4.05375   2.02476      2.02476 ± 2e-16   FAIL  2.00x too big
  w      -12.1612  -6.07429     -6.07429 ± 7e-16  FAIL  2.00x too big
  b      -8.10749  -4.04953     -4.04953 ± 4e-16  FAIL  2.00x too big
Looks like: the derivative of tanh was mistaken for 1 - tanh(h) in h → t
Confidence: 15 digits; even an error of 0.0001 % would have been caught."""
    )
    with pytest.raises(AssertionError) as raised:
        report.assert_ok()
    assert str(raised.value) == f"\n{report}"
    assert repr(report) == str(report)


def test_a_report_that_passes_raises_nothing():
    assert gradcheck(loss, AT).assert_ok() is None
    assert str(gradcheck(loss, AT)).startswith("Gradient check: pass (2 inputs)\n")


def test_numbers_that_differ_look_different():
    report = gradcheck(loss, AT, gradient={"w": -1.6 * (1 + 3e-6), "b": -0.8})
    assert "  w      -1.6000048  -1.6" in str(report)


def test_the_score():
    assert gradcheck(loss, AT).score(5) == 5.0
    assert gradcheck(loss, AT, gradient={"w": 1.0, "b": -0.8}).score(5) == 2.5
    assert gradcheck(loss, AT, gradient={"w": 1.0, "b": 1.0}).score(5) == 0.0
    assert type(gradcheck(loss, AT).score(5)) is float
    assert gradcheck(log, {"x": 0.0}).score(5) == 0.0
    assert gradcheck(relu, {"x": 0.0}).score() == 1.0
    mixed = gradcheck(lambda x, y: sqrt(x) + y, {"x": 0.0, "y": 1.0})
    assert (mixed.verdict, mixed.score(4)) == ("inconclusive", 2.0)  # what is not confirmed earns nothing


def test_a_score_prints_nothing(capfd):
    gradcheck(np.sqrt, {"x": 0.0}, gradient={"x": 1.0}).score()
    assert capfd.readouterr() == ("", "")


def test_many_inputs_are_cut_short_with_the_wrong_ones_first():
    w = [0.1] * 50
    right = [2 * wi for wi in w]
    report = gradcheck(lambda w: dot(w, w), {"w": w}, gradient={"w": [*right[:-1], 7.0]})
    lines = str(report).split("\n")
    assert lines[0] == "Gradient check: FAIL (1 of 50 inputs wrong)"
    assert lines[2] == "  w      (50,)  [49]  7.0    0.2 ± 2e-17  FAIL  1 of 50 wrong: 35x too big"
    many = {f"w{i}": wi for i, wi in enumerate(w)}
    report = gradcheck(lambda **w: dot([*w.values()], [*w.values()]), many, gradient={f"w{i}": 0.2 for i in range(49)})
    lines = str(report).split("\n")
    assert lines[2] == "  w49    none   0.2          0.2 ± 2e-17  FAIL  no gradient given"
    assert "  … and 30 more" in lines


def test_the_number_of_calls_for_a_gradient_that_is_right():
    calls = []

    def f(w, b):
        calls.append(w)
        return sigmoid(dot(w, [0.1] * 30) + b)

    assert gradcheck(f, {"w": [0.01 * i for i in range(30)], "b": 0.5}).ok
    kinds = [type(w[0]) for w in calls]
    assert kinds.count(Value) == 3  # at the point and on both sides of it
    assert kinds.count(float) in (2, 3)  # first and last, and perhaps to see how many operations there are


# --- Rows of the table ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", autograd.OPERATIONS)
def test_every_row_of_the_table_passes(name):
    report = gradcheck(getattr(autograd, name))
    assert report.verdict in ("pass", "kink"), report
    assert not report.culprits


def test_a_row_itself_can_be_checked():
    assert str(gradcheck(autograd.OPERATIONS["tanh"])) == str(gradcheck(tanh))


def test_a_row_of_ones_own():
    assert gradcheck(define("cube", "x ** 3", dx="3 * x ** 2")).ok
    wrong = gradcheck(define("cube", "x ** 3", dx="3 * x"))
    assert wrong.verdict == "fail"
    assert "d cube/dx should be 3.0; yours says -3.0" in str(wrong)
    assert wrong.inputs["x"].reason == "at x = -1.0, and at 62 of 64 other points"


def test_a_row_with_a_wrong_slope_at_the_kink():
    report = gradcheck(define("hat", "1 - abs(x)", dx="-sign(x)", kink=("x == 0", "-2")))
    assert report.verdict == "fail"
    assert "d hat/dx should be between 1.0 and -1.0; yours says -2.0" in str(report)
    assert gradcheck(define("hat", "1 - abs(x)", dx="-sign(x)", kink=("x == 0", "-1"))).ok


def test_a_row_with_inputs_is_a_function():
    assert gradcheck(tanh, {"x": 0.5}).inputs["x"].grad == pytest.approx(1 / math.cosh(0.5) ** 2)
    assert gradcheck(autograd.OPERATIONS["tanh"], {"x": 0.5}).ok
    assert gradcheck(autograd.hypot, [3.0, 4.0]).ok
