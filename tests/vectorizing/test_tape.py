"""Programs that run from a tape compute the same as those that are written out."""

import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    StaleGraphError,
    Value,
    cos,
    dot,
    exp,
    grad,
    maximum,
    mean,
    relu,
    sigmoid,
    sin,
    tanh,
    vectorize,
    where,
)
from tests.mutants import TAPES
from tests.vectorizing.test_namespaces import CASES as NETWORKS
from tests.vectorizing.test_namespaces import dask_arrays, jax_arrays, torch_arrays
from tests.vectorizing.test_vectorize import assert_alike, cube, eager, neuron_loss, random_function, root

source = np.random.default_rng(17)
X = source.normal(size=(5, 3))


def taped(f, batch=(), **arguments):
    """The program for arguments of these shapes: it runs from a tape, no matter how short it is."""
    program = vectorize(f, batch=batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograd.vectorizing.specialization.LONG", -1)
        program(**arguments)
    assert "statements without repetition: they run from a tape" in program.source
    return program


def compare(f, batch=(), rtol=1e-9, **arguments):
    """The tape against the written program: values, mean, and derivatives with respect to all arguments."""
    written, program = vectorize(f, batch=batch), taped(f, batch, **arguments)
    assert_alike(program(**arguments), written(**arguments), "values", rtol)
    value, gradients = program.value_and_grad(**arguments, wrt=list(arguments))
    expected, expected_gradients = written.value_and_grad(**arguments, wrt=list(arguments))
    assert_alike(value, expected, "mean", rtol)
    for name, gradient in gradients.items():
        assert_alike(gradient, expected_gradients[name], f"derivative with respect to {name}", rtol)
    return program


# --- The same results -----------------------------------------------------------------------------------------


def convolved(kernel, x):
    return autograd.sum([relu(dot(kernel, x[i : i + 3])) for i in range(6)])


def chosen(x, y):
    return where((x > 0) & (y > 0) | (x < -1), x * y, (x > y) * 2.0) + where(x == 0.5, y, 1.0) + (x >= y) * (y != 4)


def gathered(m, x):
    """The same element several times, from several arrays, and constants."""
    u = [tanh(v) for v in x] + [sin(v) for v in m[0]]
    return dot([m[2][0], m[0][1], m[0][1], u[3]], [u[5] * u[0], u[0], 1.5, u[0]]) + mean([u[1], u[1], 2.0, x[0]])


def largest(a, x):
    scores = [a[k] * x[k] for k in range(3)]
    top = maximum(maximum(scores[0].detach(), scores[1].detach()), scores[2].detach())
    return autograd.sum([exp(s - top) for s in scores]) + top


PROGRAMS = {
    **NETWORKS,
    "a neuron": (neuron_loss, ("x", "y"), {"w": source.normal(size=3), "b": 0.5, "x": X, "y": source.random(5)}),
    "a convolution": (convolved, "x", {"kernel": source.normal(size=3), "x": source.normal(size=(4, 8))}),
    "conditions": (chosen, ("x", "y"), {"x": np.array([1, -2, 0.5, -0.5, 3]), "y": np.array([1.0, 2, -3, 4, 5])}),
    "gathered operands": (gathered, "x", {"m": source.normal(size=(3, 3)), "x": X}),
    "a detached maximum": (largest, "x", {"a": source.normal(size=3), "x": X}),
    "operations of one's own": (lambda a, x: root(a * x) * cube(x), "x", {"a": 2.0, "x": np.array([0.5, 2.0, 1.0])}),
    "a derivative inside": (lambda w, x: grad(lambda t: tanh(w * t) ** 3)(x) ** 2, "x", {"w": 0.7, "x": X[:, 0]}),
    "a sum of many terms": (
        lambda a, x: autograd.sum([sin(a * (i + 1.5)) * exp(x * i) for i in range(20)]), "x",
        {"a": 0.3, "x": X[:, 0] / 9},
    ),
    "no samples": (lambda a, b: [sin(a[0]) * b, b][0] + a[1], (), {"a": np.array([0.3, 0.4]), "b": 2.0}),
    "an argument": (lambda a, x: x, "x", {"a": 1.5, "x": X[:, 0]}),
    "a number": (lambda a, x: a * 2, "x", {"a": 1.5, "x": X[:, 0]}),
    "a constant": (lambda x: 3.0, "x", {"x": X[:, 0]}),
}  # fmt: skip


@pytest.mark.parametrize("case", PROGRAMS)
def test_the_results_are_those_of_the_written_program(case):
    f, batch, arguments = PROGRAMS[case]
    compare(f, batch, **arguments)


def test_the_results_are_those_of_values():
    values, gradients, _ = eager(gathered, {"m": X[:3], "x": X}, ("x",))
    program = taped(gathered, "x", m=X[:3], x=X)
    assert_alike(program(m=X[:3], x=X), values, "values")
    for name, gradient in program.value_and_grad(m=X[:3], x=X, wrt=["m", "x"])[1].items():
        assert_alike(gradient, gradients[name], name)


@pytest.mark.slow
@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_random_programs(seed):
    f, arguments, batch = random_function(seed)
    assume(arguments)
    try:
        compare(f, batch, rtol=1e-7, **arguments)
    except (ArithmeticError, ValueError):
        assume(False)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array_wrap__")  # PyTorch's, when add_at multiplies by a matrix of NumPy
@pytest.mark.parametrize("library", [torch_arrays, jax_arrays, dask_arrays])
@pytest.mark.parametrize("case", ["gathered operands", "a derivative inside", "a constant"])
def test_arrays_of_other_libraries(library, case):
    array, _ = library()
    f, batch, arguments = PROGRAMS[case]
    program, written = taped(f, batch, **arguments), vectorize(f, batch=batch)
    theirs = {name: array(np.asarray(x)) for name, x in arguments.items()}
    np.testing.assert_allclose(np.asarray(program(**theirs)), written(**arguments), rtol=1e-12)
    value, gradients = program.value_and_grad(**theirs, wrt=list(arguments))
    expected, expected_gradients = written.value_and_grad(**arguments, wrt=list(arguments))
    np.testing.assert_allclose(np.asarray(value), expected, rtol=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(np.asarray(gradient), expected_gradients[name], rtol=1e-12, atol=1e-15)


def test_several_results():
    def f(a, x):
        return {"sum": a[0] * x[0] + a[1] * x[1], "parts": [a[0] * x[0], 2.0, a[1]], "x": x}

    a, x = np.array([2.0, 3.0]), X[:, :2]
    result = taped(f, "x", a=a, x=x)(a=a, x=x)
    assert_alike(result["sum"], x @ a, "sum")
    assert_alike(result["parts"], [a[0] * x[:, 0], [2.0] * 5, [3.0] * 5], "parts")
    assert_alike(result["x"], x.T, "x")
    assert not np.shares_memory(result["x"][0], x)


def test_only_the_requested_derivatives():
    arguments = {"w": source.normal(size=3), "b": 0.5, "x": X, "y": source.random(5)}
    program, written = taped(neuron_loss, ("x", "y"), **arguments), vectorize(neuron_loss, batch=("x", "y"))
    for wrt in ("w", "x", ["y", "b"], ()):
        _, gradients = program.value_and_grad(**arguments, wrt=wrt)
        _, expected = written.value_and_grad(**arguments, wrt=wrt)
        assert list(gradients) == list(expected)
        for name, gradient in gradients.items():
            assert_alike(gradient, expected[name], name)


def test_a_program_does_not_change_its_arguments():
    arguments = {"w": source.normal(size=3), "b": np.array(0.5), "x": X.copy(), "y": source.random(5)}
    before = {name: array.copy() for name, array in arguments.items()}
    _, gradients = taped(neuron_loss, ("x", "y"), **arguments).value_and_grad(**arguments, wrt=list(arguments))
    for gradient in map(np.atleast_1d, gradients.values()):
        np.add(gradient, 1.0, out=gradient)  # they are arrays of their own
    for name, array in arguments.items():
        assert (array == before[name]).all()


def test_captured_values_are_read_at_every_call():
    w = [Value(2.0, label="w[0]"), Value(3.0, label="w[1]")]
    h = (w[0] * 3).named("h")
    x = np.array([[1.0, 0.0], [1.0, 1.0]])
    program = taped(lambda x: dot(w, x), "x", x=x)
    stale = taped(lambda x: h * x, "x", x=[1.0])
    w[0].data = 10.0
    assert program(x=x).tolist() == [10.0, 13.0]
    with pytest.raises(StaleGraphError, match="'w\\[0\\]' was changed to 10"):
        stale(x=[1.0])


def test_the_precision_is_kept():
    f32 = np.float32
    arguments = {"w": np.ones(2, f32), "x": np.ones(3, f32)}
    program = taped(lambda w, x: where(x > 0, 1.0, 0.0) * w[0] + dot([0.5, 0.25], w) * sigmoid(x), "x", **arguments)
    value, gradients = program.value_and_grad(**arguments, wrt=["w", "x"])
    assert value.dtype == gradients["w"].dtype == gradients["x"].dtype == program(**arguments).dtype == f32


def test_samples_are_computed_in_blocks(monkeypatch):
    f, batch, arguments = PROGRAMS["a softmax network"]
    many = arguments | {"x": source.normal(size=(50, 4)), "y": source.integers(0, 5, 50).astype(float)}
    whole = taped(f, batch, **many)
    monkeypatch.setattr("autograd.vectorizing.execution.TAPE", 1000)
    blocks = taped(f, batch, **many)
    assert next(iter(blocks._specializations.values())).block < 50 / 2
    assert_alike(blocks(**many), whole(**many), "values")
    value, gradients = blocks.value_and_grad(**many, wrt=list(many))
    expected, expected_gradients = whole.value_and_grad(**many, wrt=list(many))
    assert_alike(value, expected, "mean")
    for name, gradient in gradients.items():
        assert_alike(gradient, expected_gradients[name], name)


# --- Long programs ----------------------------------------------------------------------------------------------


def irregular(a, x, steps=6000):
    """Steps in no order that repeats, on the latest numbers and some older ones."""
    draw = random.Random(0)
    latest = [x, a * x, sin(x)]
    for _ in range(steps // 2):
        step = draw.choice([sin, cos, tanh, lambda v: v * a, lambda v: v + 0.5])
        latest = [*latest[1:], step(draw.choice(latest)) - draw.choice([0.1, 0.2]) * latest[draw.randrange(3)]]
    return autograd.sum(latest)


def test_a_long_irregular_program_runs_from_a_tape_by_itself():
    x = np.linspace(-1, 1, 4)
    program = vectorize(irregular, batch="x")
    value, gradients = program.value_and_grad(a=0.7, x=x, wrt=["a", "x"])
    assert program.nodes > 6000
    assert program.statements > 2000
    a = Value(0.7)
    leaves = [Value(v) for v in x]
    L = mean([irregular(a, v) for v in leaves])
    assert value == pytest.approx(L.data, rel=1e-12)
    assert gradients["a"] == pytest.approx(L.gradients([a])[0], rel=1e-9)
    assert gradients["x"] == pytest.approx(L.gradients(leaves), rel=1e-9)


def test_the_source_shows_the_first_and_the_last_statements():
    def f(a, x):
        for _ in range(12):
            x = sin(x) * a
        return x

    program = taped(f, "x", a=0.5, x=X[:, 0])
    assert program.statements == 25
    forward, both = program.source.split("\n\n\n")
    first, last = ([f"t{i} = " for i in numbers] for numbers in (range(1, 11), range(15, 25)))
    lines = forward.splitlines()
    assert lines[:5] == [
        "def f(a, x):  # a (), x (n,)",
        "    # 24 statements without repetition: they run from a tape.",
        "    # The first 10:",
        "    t1 = sin(x)",
        "    t2 = t1 * a",
    ]
    assert [line.strip().partition("=")[0] + "= " for line in lines[3:13]] == first
    assert lines[13] == "    # The last 10:"
    assert [line.strip().partition("=")[0] + "= " for line in lines[14:]] == last
    assert lines[-1] == "    t24 = t23 * a"
    assert both.splitlines()[:2] == [
        "def f_and_gradients(a, x):  # a (), x (n,)",
        "    # 24 statements without repetition: they run from a tape, and from its end for the derivatives.",
    ]
    assert both.splitlines()[2:] == lines[2:]


# --- Planted bugs -----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("bug", TAPES)
def test_planted_bugs_are_noticed(bug, monkeypatch):
    TAPES[bug](monkeypatch)
    noticed = 0
    for f, batch, arguments in (PROGRAMS[case] for case in ("everything", "a network", "gathered operands")):
        try:
            compare(f, batch, **arguments)
        except Exception:
            noticed += 1
    assert noticed
