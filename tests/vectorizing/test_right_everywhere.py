"""Programs are right everywhere: at signed zeros, nan and infinities, with any names, behind choices and steps."""

import math

import numpy as np
import pytest

import autograd
from autograd import (
    Value,
    arctan2,
    define,
    dot,
    floor,
    grad,
    log,
    maximum,
    mean,
    relu,
    sign,
    sin,
    sqrt,
    vectorize,
    where,
)
from autograd.formula.systems import elementwise
from autograd.vectorizing import rewriting
from autograd.vectorizing.namespaces import functions_for
from autograd.vectorizing.patterns import anything
from autograd.vectorizing.rewriting import Rule
from tests.benchmarks.fuzzing.cases import Case, Step
from tests.benchmarks.fuzzing.comparison import outcome
from tests.benchmarks.fuzzing.generation import random_case
from tests.benchmarks.fuzzing.shrinking import shrunk

nan, inf = math.nan, math.inf


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_random_programs(first):
    for seed in range(first, first + 25):
        case = random_case(seed)
        result = outcome(case)
        assert result.kind not in ("wrong", "refused"), f"seed {seed}: {result.reason}\n{case.program}"


def slopes(f, **samples):
    """The derivatives per sample with respect to all arguments, by the program and by Values."""
    names, n = list(samples), len(next(iter(samples.values())))
    _, gradients = vectorize(f, batch=names).value_and_grad(**samples, wrt=names)
    leaves = [{name: Value(samples[name][i]) for name in names} for i in range(n)]
    expected = [f(**some).gradients(some.values()) for some in leaves]
    return np.stack([gradients[name] * n for name in names], axis=-1), np.array(expected)


# --- Signed zeros -------------------------------------------------------------------------------------------


def test_the_literal_minus_zero():
    program = vectorize(lambda x: arctan2(-0.0, x), batch="x")
    assert program(x=[-1.0]).tolist() == [-math.pi]
    assert "arctan2(-0.0, x)" in program.source


@pytest.mark.parametrize("f", [lambda x: autograd.sum([x]), lambda x: mean([x]), lambda x: dot([x], [1.0]), floor])
def test_a_single_minus_zero_stays_one(f):
    values = [f(-0.0), f(Value(-0.0)).data, vectorize(f, batch="x")(x=[-0.0])[0]]
    assert [math.copysign(1, value) for value in values] == [-1, -1, -1]


@pytest.mark.parametrize(
    "f", [lambda x: x + 0.0, lambda x: 0.0 + x, lambda x: x - 0.0, lambda x: -0.0 + x, lambda x: 0 - x]
)
def test_zero_is_left_out_only_where_it_changes_no_sign(f):
    actual, expected = vectorize(f, batch="x")(x=[-0.0])[0], f(Value(-0.0)).data
    assert math.copysign(1, actual) == math.copysign(1, expected)


def test_constants_that_differ_only_in_the_sign_of_zero():
    program = vectorize(lambda x: sum([x]) / (-0.0 + x), batch="x")
    assert program.value_and_grad(x=[2.0], wrt="x")[0] == 1.0
    actual = vectorize(lambda x: [arctan2(x * 0.0, -1.0), arctan2(x * -0.0, -1.0)], batch="x")(x=[1.0])
    assert [float(x[0]) for x in actual] == [math.pi, -math.pi]


def test_empty_sums_are_zero():
    assert autograd.sum([]) == dot([], []) == 0.0
    assert math.copysign(1, autograd.sum([])) == 1


# --- nan and infinities ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: relu(x) * y,
        lambda x, y: where(x > 0, x, 2.0) * y,
        lambda x, y: where(x > 0, 2.0, x) * y,
        lambda x, y: where(x > 0, 2.0 * x, -x) * y,
        lambda x, y: where(x, x, 3.0) * y,
        lambda x, y: maximum(x, 0.5) * y,
        lambda x, y: floor(x) * y,
        lambda x, y: sign(x) * y + x // 2.0 * y,
        lambda x, y: floor(sqrt(abs(x) - 1.0)) * y if type(x) is not Value else floor(sqrt(autograd.abs(x))) * y,
        lambda x, y: (0.0 * x) * y,
        lambda x, y: autograd.abs(x) ** 0 * y,
    ],
)
def test_a_derivative_of_zero_times_nan_is_nan(f):
    x = np.array([2.0, -2.0, 2.5, -2.5, 0.0, 1.0])
    for special in (nan, inf, -inf, 1.0):
        actual, expected = slopes(f, x=x, y=np.full(6, special))
        np.testing.assert_array_equal(actual, expected)


def test_a_network_with_a_missing_number():
    def loss(w, b, x):
        return relu(w * x + b) ** 2

    _, gradients = vectorize(loss, batch="x").value_and_grad(w=1.0, b=0.5, x=[1.0, nan])
    assert all(map(np.isnan, gradients.values()))


def test_masks_cost_one_multiplication():
    program = vectorize(lambda w, x: relu(w * x) * x, batch="x")
    program.value_and_grad(w=1.0, x=np.ones(3))
    assert "where" not in program.source
    assert " > 0)" in program.source


def test_no_derivative_passes_through_conditions_and_detached_numbers():
    def f(x):
        return where(sqrt(x) > 1.5, 1.0, 2.0) + sqrt(x.detach()) + (log(x) > 0) * 2.0

    _, gradients = vectorize(f, batch="x").value_and_grad(x=[0.0, -1.0, 4.0], wrt="x")
    assert gradients["x"].tolist() == [0.0, 0.0, 0.0]


def test_derivatives_inside_stop_at_conditions_and_detached_numbers():
    def f(x):
        return grad(lambda u: u * sqrt(u.detach()) + (sqrt(u) > 1.0) * u)(x)

    program = vectorize(f, batch="x")
    assert program(x=[0.0, 4.0]).tolist() == [f(0.0), f(4.0)]


def test_constants_outside_of_a_domain():
    assert vectorize(lambda x: x ** (x * 0 + 1) + autograd.xlogy(x, -1.0), batch="x")(x=[0.0, 2.0])[0] == 0.0


def test_a_single_sum_with_nan_keeps_its_shape():
    assert np.shape(vectorize(lambda x: autograd.sum([nan, 1.5, x]))(x=1.0)) == ()


# --- Names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["dt1", "t1", "ddt1", "dt2", "t1_", "dt1_", "c1", "n", "sum", "lambda", "ŷ", "L", "dL"]
)
@pytest.mark.parametrize("label", ["t1", "dt1", "t2", "n", "logical_not", "def", "L"])
def test_hostile_names(name, label):
    case = Case(
        "t1",
        (
            Step("a", "ag.sin(ag.maximum({0}, {1}))", (f"arguments[{name!r}][0]", f"arguments[{name!r}][1]"), label),
            Step("b", "ag.where({0} > 0.5, {0} * {0}, 2.0)", ("a",)),
        ),
        ("b",),
        {name: np.array([[1.0, 2.0], [0.1, -0.2]]), "for": 1.0},
        (name,),
    )
    result = outcome(case)
    assert result.kind == "equal", f"{result.reason}\n{case.program}"


def test_a_derivative_has_the_number_of_its_variable():
    program = vectorize(lambda dt1: sin(maximum(dt1[0], dt1[1])).named("t1"), batch="dt1")
    _, gradients = program.value_and_grad(dt1=[[1.0, 2.0]], wrt="dt1")
    assert gradients["dt1"] == pytest.approx(np.array([[0.0, math.cos(2)]]))
    assert "dt2 = 1 / n * cos(t2)" in program.source
    assert "dt3" not in program.source


# --- Kinds of floats ------------------------------------------------------------------------------------------


def test_float32_stays_float32():
    functions = functions_for(None, None, np.dtype(np.float32))
    x = np.array([1.0, 2.0, 4.0], np.float32)
    assert functions["mean"](x).dtype == np.float32
    assert functions["where"](x > 1, 1, 0).dtype == np.float32
    assert vectorize(lambda x: autograd.xlogy(x, -1.0), batch="x")(x=x).dtype == np.float32
    assert elementwise(math.erf)(1.0) == elementwise(math.erf)(np.array([1]))[0] == math.erf(1.0)
    half = define("half", lambda x: x / 2, dx=lambda x: 0.5)
    assert vectorize(half, batch="x")(x=x).dtype == np.float32
    value, gradients = vectorize(lambda x: relu(x) * 0.5, batch="x").value_and_grad(x=x, wrt="x")
    assert (value.dtype, gradients["x"].dtype) == (np.float32, np.float32)


# --- The fuzzer itself ----------------------------------------------------------------------------------------


def test_a_failing_case_shrinks_to_a_program_that_runs_by_itself():
    steps = (
        Step("v1", "ag.exp({0})", ("x",)),
        Step("v2", "ag.tanh({0})", ("v1",), "h"),
        Step("v3", "{0} * {1} + {2}", ("v2", "v1", "C[0]")),
    )
    case = Case("sum", steps, ("v3", "v1"), {"x": np.arange(3.0), "y": 2.0}, ("x",), (0.5,))
    small = shrunk(case, lambda case: "tanh" in case.source and case.results == ("v3",))
    assert small.source == "def f(y):\n    v2 = ag.tanh(1.5)\n    v3 = 1.5 * 1.5 + 1.5\n    return v3"
    exec(small.program, {"print": lambda *strings: None})


def test_the_fuzzer_notices_a_wrong_rule(monkeypatch):
    wrong = Rule("-", (anything,), lambda x: x, "-x → x", "a planted mistake")
    monkeypatch.setitem(rewriting._RULES_OF, ("-", 1), [wrong])
    assert any(outcome(random_case(seed)).kind == "wrong" for seed in range(60))


def test_what_only_a_condition_reads_has_no_derivative():
    def f(x):
        is_steep = arctan2(x[0], x[1]) > 1.5  # with an infinite number, which has no slope
        return arctan2(x[2], x[3]) * where(is_steep, 2.0, 1.0)

    _, gradients = vectorize(f, batch="x").value_and_grad(x=[[math.inf, 0.0, 1.0, 1.0]], wrt="x")
    assert gradients["x"] == pytest.approx(np.array([[0.0, 0.0, 1.0, -1.0]]))
