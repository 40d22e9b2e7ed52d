"""Scalar functions as array programs: right for every graph, readable for regular ones."""

import gc
import pickle
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import pairwise
from math import isfinite

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    OPERATIONS,
    StaleGraphError,
    TracingError,
    Value,
    abs,
    define,
    dot,
    exp,
    grad,
    log,
    maximum,
    mean,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    vectorize,
    where,
)
from autograd.core.graph import adjoints, newest_first
from autograd.formula.systems import ieee
from autograd.vectorizing.latest import Latest
from tests.mutants import PROGRAMS, failures
from tests.programs import random_program

cube = define("cube", "x ** 3", dx="3 * x ** 2")
root = define("root", "sqrt(abs(x)) + 0 * x", dx="sign(x) / (2 * z)", domain="x > 0")


# --- The reference: the same function on Values, sample by sample ------------------------------------------


def nested(array):
    return np.vectorize(Value, otypes=[object])(array).tolist()


def eager(f, arguments, batch):
    """The value for each sample, the derivatives of their mean, and the size of the terms that may cancel in these.

    The terms of the values themselves, under None, are all numbers on the way.
    """
    samples = {len(arguments[name]) for name in batch} or {1}
    (n,) = samples
    values, gradients = [], {name: np.zeros(np.shape(array)) for name, array in arguments.items()}
    terms = dict.fromkeys([None, *arguments], 0.0)
    for i in range(n):
        given = {k: nested(np.asarray(a[i] if k in batch else a, dtype=float)) for k, a in arguments.items()}
        L = f(**given)
        values.append(L.data if isinstance(L, Value) else float(L))
        if isinstance(L, Value):
            terms[None] = max([terms[None], *(abs(node.data) for node in newest_first(L))])
            sizes = adjoints(L, newest_first(L), lambda node: [(x, abs(local)) for x, local in node.edges])
        for name, tree in given.items():
            leaves = np.array(tree, dtype=object)
            if isinstance(L, Value):
                terms[name] = max([terms[name], *(sizes.get(x, 0.0) / n for x in leaves.flat)])
            slopes = np.array(L.gradients(leaves.ravel())) if isinstance(L, Value) else np.zeros(leaves.size)
            share = slopes.reshape(leaves.shape) / n
            if name in batch:
                gradients[name][i] += share
            else:
                gradients[name] = gradients[name] + share
    return np.array(values), gradients, terms


def executed(program, arguments):
    """What the printed source computes, run as it stands; None if it needs captured Values."""
    own = {"concat": np.concatenate, "put": put, "add_at": add_at, "erf": ieee().functions["erf"]}
    scope = dict(vars(np)) | own
    exec(program.source, scope)
    function = scope[re.findall(r"^def (\w+)", program.source, re.M)[-1]]
    if function.__code__.co_argcount > len(arguments):
        return None
    with np.errstate(all="ignore"):
        return function(*(np.asarray(a, dtype=float) for a in arguments.values()))


def put(zeros, where, x):
    zeros[where] = x
    return zeros


def add_at(zeros, index, x):
    for j in np.ndindex(index.shape):
        zeros[..., index[j]] += x[..., *j]
    return zeros


def assert_alike(found, expected, what, rtol=1e-9, rounding=1e-15):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, (what, found.shape, expected.shape)
    scale = np.max(np.abs(expected), initial=1e-300)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-13 * scale + rounding, err_msg=what)


def check(f, batch=(), wrt=None, rounding=1e-15, **arguments):
    """The program against the reference, and the printed source against the program; returns the program.

    `rounding` is that of numbers on the way that are larger than the result.
    """
    batch = (batch,) if isinstance(batch, str) else batch
    program = vectorize(f, batch=batch)
    values, gradients, terms = eager(f, arguments, batch)
    lost = 1e-15 * terms[None] if isfinite(terms[None]) else 0.0
    assert_alike(program(**arguments), values if batch else values[0], "values", rounding=rounding + lost)
    names = list(arguments) if wrt is None else wrt
    value, found = program.value_and_grad(**arguments, wrt=names)
    assert_alike(value, values.mean(), "mean", rounding=rounding + lost)
    assert list(found) == names
    for name in names:
        cancelled = 1e-15 * terms[name] if isfinite(terms[name]) else 0.0
        assert_alike(found[name], gradients[name], f"derivative by {name}", rounding=rounding + cancelled)
    again = executed(program, arguments)
    for x, y in zip(again, (value, *found.values()), strict=True) if again else ():
        assert_alike(x, y, "source")
    return program


# --- Layers: the code of a textbook -----------------------------------------------------------------------

source = np.random.default_rng(7)


def neuron_loss(w, b, x, y):
    return (sigmoid(dot(w, x) + b).named("ŷ") - y) ** 2


def test_a_neuron():
    program = check(
        neuron_loss,
        ("x", "y"),
        ["w", "b"],
        w=source.normal(size=3),
        b=0.5,
        x=source.normal(size=(5, 3)),
        y=source.random(5),
    )
    assert (
        program.source.split("\n\n\n")[1]
        == """\
def neuron_loss_and_gradients(w, b, x, y):  # w (3,), b (), x (n, 3), y (n,)
    n = x.shape[0]
    t1 = x @ w + b
    ŷ = 1 / (1 + exp(-t1))
    t2 = ŷ - y
    L = t2 ** 2
    dt1 = 2 / n * t2 * ŷ / (1 + exp(t1))
    dw = dt1 @ x
    db = sum(dt1)
    return mean(L), dw, db"""
    )


def layer(W, b, x, activation):
    return [activation(dot(w, x) + bias) for w, bias in zip(W, b, strict=True)]


def mlp(w1, b1, w2, b2, x, y):
    (out,) = layer(w2, b2, layer(w1, b1, x, relu), lambda h: h)
    return (out - y) ** 2


def parameters(*sizes):
    found = {}
    for i, (nin, nout) in enumerate(pairwise(sizes), start=1):
        found |= {f"w{i}": source.normal(size=(nout, nin)), f"b{i}": source.normal(size=nout)}
    return found


def test_a_network_is_matrix_products():
    program = check(mlp, ("x", "y"), **parameters(2, 3, 1), x=source.normal(size=(6, 2)), y=source.normal(size=6))
    program.value_and_grad(**parameters(2, 3, 1), x=source.normal(size=(6, 2)), y=source.normal(size=6))
    text = program.source
    assert "x @ w1.T + b1" in text
    assert "dw1 = dt1.T @ x" in text
    assert " dx" not in text
    assert " dy" not in text
    assert len(program.source.splitlines()) < 35


def test_the_same_network_written_with_python_sums():
    def written_out(w1, b1, w2, b2, x, y):
        hidden = [tanh(sum((a * b for a, b in zip(w, x, strict=True)), bias)) for w, bias in zip(w1, b1, strict=True)]
        out = sum(a * b for a, b in zip(w2[0], hidden, strict=True)) + b2[0]
        return (out - y) * (out - y)

    arguments = parameters(2, 3, 1) | {"x": source.normal(size=(6, 2)), "y": source.normal(size=6)}
    program = check(written_out, ("x", "y"), **arguments)
    assert "x @ w1.T + b1" in program.source


def places_loss(w, b, x):
    return mean([tanh(dot(row, place) + bias) for place in x for row, bias in zip(w, b, strict=True)])


def test_a_layer_for_several_places_is_one_product():
    layers = {"w": source.normal(size=(2, 3)), "b": source.normal(size=2)}
    for batch, x in (("x", source.normal(size=(6, 5, 3))), ((), source.normal(size=(5, 3)))):
        text = check(places_loss, batch, ["w", "b", "x"], **layers, x=x).source
        assert "x @ w.T" in text
        assert text.count("tanh(") == 2  # in each of the two functions one
    few = check(places_loss, "x", ["w", "b", "x"], **layers, x=source.normal(size=(6, 3, 3))).source
    assert "x[:, 0] @ w.T" in few  # fewer than four are written one by one


def test_one_row_for_several_places_is_a_product_with_a_vector():
    def convolution(w, x):
        return mean([dot(w, x[i : i + 3]) ** 2 for i in range(5)])

    for batch, x in (("x", source.normal(size=(6, 7))), ((), source.normal(size=7))):
        text = check(convolution, batch, ["w", "x"], w=source.normal(size=3), x=x).source
        assert "i1] @ w" in text


def test_rows_that_differ_from_place_to_place_are_no_matrix():
    def f(w, x):
        return mean([dot(w[(i + j) % 3], x[i]) ** 2 for i in range(5) for j in range(1 + i % 2)])

    check(f, "x", ["w", "x"], w=source.normal(size=(3, 2)), x=source.normal(size=(4, 5, 2)))
    check(lambda w, x: mean([dot(w[0], x[i]) * dot(w[0], x[i]) for i in (0, 1, 2, 3, 0)]), "x", ["w", "x"],
          w=source.normal(size=(3, 2)), x=source.normal(size=(4, 5, 2)))  # fmt: skip


def softmax_loss(w1, b1, w2, b2, x, y):
    scores = layer(w2, b2, layer(w1, b1, x, relu), lambda h: h)
    largest = reduce(maximum, [s.detach() for s in scores])
    chosen = autograd.sum([where(y == k, s, 0.0) for k, s in enumerate(scores)])
    return log(autograd.sum([exp(s - largest) for s in scores])) + largest - chosen


def test_softmax():
    program = check(
        softmax_loss, ("x", "y"), ["w1", "b1", "w2", "b2", "x"],
        **parameters(4, 3, 5), x=source.normal(size=(6, 4)), y=np.array([0.0, 1, 2, 3, 4, 4]),
    )  # fmt: skip
    assert "max(" in program.source
    assert program.nodes > 40


# --- Any graph ----------------------------------------------------------------------------------------------

KINDS = ["parameter", "parameter", "batch", "batch", "batch", "captured", "constant"]
ENDS = {
    "sum": autograd.sum,
    "mean": mean,
    "first": lambda lanes: lanes[0],
    "halves": lambda lanes: reduce(lambda a, b: a + b * 0.5, lanes),
    "differences": lambda lanes: reduce(lambda a, b: a * 0.25 - b, lanes),
    "neighbours": lambda lanes: autograd.sum([a * b for a, b in zip(lanes, lanes[1:] + lanes[:1], strict=True)]),
    "shifted": lambda lanes: autograd.sum([a * 0.5 - b for a, b in zip(lanes[1:], lanes, strict=False)] + [lanes[-1]]),
    "squares": lambda lanes: dot(lanes, lanes),
}


def random_function(seed):
    """A random program, side by side in several lanes that share some of the numbers: (f, arguments, batch)."""
    draw = random.Random(seed)
    program = random_program(draw)
    lanes, samples = draw.choice([1, 1, 2, 3, 5]), draw.choice([1, 2, 4])
    end = draw.choice([*ENDS, "dot"])

    def near(x, *shape):
        """Numbers for which the program is as smooth as for x."""
        return x * (1 + 1e-6 * np.random.default_rng(draw.randrange(2**32)).normal(size=shape))

    arguments, batch, captured = {}, [], {}
    is_vector = [lanes > 1 and draw.random() < 0.75 for _ in program.leaves]
    for i, x in enumerate(program.leaves):
        kind, shape = draw.choice(KINDS), (lanes,) * is_vector[i]
        if kind == "parameter":
            arguments[f"a{i}"] = near(x, *shape)
        elif kind == "batch":
            arguments[f"a{i}"] = near(x, samples, *shape)
            batch.append(f"a{i}")
        elif kind == "captured":
            captured[i] = nested(near(x, *shape))
        else:
            captured[i], is_vector[i] = x, False
    if end == "dot":
        arguments["weights"] = near(1.0, lanes)

    def f(**given):
        found = []
        for lane in range(lanes):
            leaves = [given.get(f"a{i}", captured.get(i)) for i in range(len(is_vector))]
            found.append(program.run([x[lane] if v else x for x, v in zip(leaves, is_vector, strict=True)])[-1])
        return dot(given["weights"], found) if end == "dot" else ENDS[end](found)

    return f, arguments, tuple(batch)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.integers(0, 2**32 - 1))
def test_random_programs(seed):
    f, arguments, batch = random_function(seed)
    assume(arguments)
    try:
        eager(f, arguments, batch)
    except (ArithmeticError, ValueError):
        assume(False)
    check(f, batch, rounding=1e-13, **arguments)


def random_readings(seed):
    """Arguments of all shapes, read in all ways: slices, steps, backwards, picked, one for all."""
    shapes = [(), (1,), (2,), (3,), (5,), (2, 2), (1, 3), (3, 1), (1, 1), (2, 1, 2)]
    draw = random.Random(seed)
    names, samples = "abcd"[: draw.randint(1, 4)], draw.choice([1, 2, 3])
    batch = tuple(name for name in names if draw.random() < 0.5)
    numbers = np.random.default_rng(seed)
    arguments = {
        name: numbers.normal(size=(samples,) * (name in batch) + draw.choice(shapes)) for name in names
    }  # fmt: skip

    def listed(tree):
        return [x for part in tree for x in listed(part)] if isinstance(tree, list) else [tree]

    def f(**given):
        draw = random.Random(seed + 1)
        known = [listed(tree) for tree in given.values()]

        def read(n):
            values = draw.choice(known)
            ways = [
                lambda: values, lambda: values[::-1], lambda: values[::2], lambda: values[1:] or values,
                lambda: [draw.choice(values) for _ in range(n)], lambda: [draw.choice(values)] * n,
            ]  # fmt: skip
            some = draw.choice(ways)()
            return (some * n)[:n]

        steps = {
            "alone": lambda n: [draw.choice([tanh, sin, sigmoid, relu])(x) for x in read(n)],
            "sum": lambda n: [x + y for x, y in zip(read(n), read(n), strict=True)],
            "product": lambda n: [x * y for x, y in zip(read(n), read(n), strict=True)],
            "scaled": lambda n: [
                x - draw.choice([0.5, 2.0, -1.0, 0.0]) * y for x, y in zip(read(n), read(n), strict=True)
            ],
            "dot": lambda n: [dot(read(n), read(n)) for _ in range(draw.randint(1, 3))],
            "total": lambda n: [draw.choice([autograd.sum, mean])(read(n)) for _ in range(draw.randint(1, 3))],
            "with constants": lambda n: [mean([*read(n), 1.5, x]) for x in read(2)],
            "choice": lambda n: [where((x > y) | (x < -1.0), x * 2, y) for x, y in zip(read(n), read(n), strict=True)],
            "condition": lambda n: [(x > 0.1) * y + (y < x) + 1.0 for x, y in zip(read(n), read(n), strict=True)],
            "largest": lambda n: [
                reduce(maximum, [x.detach() for x in read(n) if isinstance(x, Value)], y) for y in read(2)
            ],
        }
        for _ in range(draw.randint(2, 6)):
            found = steps[draw.choice([*steps])](draw.randint(1, 4))
            label = draw.choice([None, "h", "q"])
            known.append([x.named(label) if label and isinstance(x, Value) and not x.label else x for x in found])
        return tanh(autograd.sum([sin(draw.choice([autograd.sum, mean])(values)) for values in known[-3:]]))

    return f, arguments, batch


@pytest.mark.slow
@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1))
def test_random_readings(seed):
    check(*random_readings(seed)[::2], **random_readings(seed)[1])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, op in OPERATIONS.items() if not op.nary and name != "where"])
def test_every_operation_at_all_kinds_of_numbers(name):
    """Also at kinks, infinities and nan; outside of its domain an operation is nan or infinite, without an error."""
    op, function = OPERATIONS[name], autograd.functions[name]
    numbers = np.array([0.5, -0.5, 0.0, 1.0, -1.0, 2.0, 3.0, 25.0, 800.0, -800.0, np.inf, -np.inf, np.nan])
    columns = np.array(np.meshgrid(*[numbers] * len(op.operands))).reshape(len(op.operands), -1)
    arguments = dict(zip(op.operands, columns, strict=True))
    program = vectorize(
        eval(f"lambda {', '.join(op.operands)}: op({', '.join(op.operands)})", {"op": function}), op.operands
    )
    found = program(**arguments)
    _, gradients = program.value_and_grad(**arguments, wrt=op.operands)
    for i, point in enumerate(columns.T):
        try:
            z = function(*map(Value, point))
        except (ArithmeticError, ValueError):
            assert not np.isfinite(found[i]), point
            continue
        assert found[i] == pytest.approx(z.data, rel=1e-13, nan_ok=True), point
        for x, (_, slope) in zip(op.operands, z.edges, strict=True):
            got = gradients[x][i] * columns.shape[1]
            if not (np.isnan(slope) and got == 0):  # 0 · nan, where the array code knows that it is 0
                assert got == pytest.approx(slope, rel=1e-13, nan_ok=True), (point, x)


def test_powers_with_constant_exponents():
    x = np.array([0.5, 2.0, 3.0])
    for exponent in (-2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 5, 2.5):
        check(lambda x, e=exponent: x**e, "x", ["x"], x=x)
        check(lambda x, e=exponent: (x * 2 + 1) ** e * x, "x", ["x"], x=x)
    check(lambda x: 2**x + 1.5 ** (x * 0 + 2), "x", x=x)


def test_operations_of_ones_own():
    x = np.array([0.5, 2.0, -3.0])
    assert "x ** 2 * x" in check(lambda x: cube(x) + 1, "x", x=x).source
    check(lambda a, x: root(a * x), "x", a=2.0, x=x[:2])
    values = vectorize(root, batch="x")(x=x)
    assert np.isnan(values[2]), "outside of its domain, although its formula has a value there"
    assert values[:2] == pytest.approx(np.sqrt(x[:2]))


def test_irregular_graphs():
    def pendulum(k, c, start):
        angle, speed = start
        for _ in range(5):
            a1, s1 = speed, -c * speed - k * sin(angle)
            a2, s2 = speed + 0.05 * s1, -c * (speed + 0.05 * s1) - k * sin(angle + 0.05 * a1)
            angle, speed = angle + 0.05 * (a1 + a2), speed + 0.05 * (s1 + s2)
        return angle * angle + speed * speed

    check(pendulum, "start", k=9.0, c=0.3, start=source.normal(size=(7, 2)))


def test_operands_gathered_from_several_places():
    def f(a, b, m, x):
        u = [tanh(v) for v in a] + [sin(v) for v in b] + [x[0] * v for v in a]
        w = [u[5] * u[0], u[2] * u[1], u[1] * u[4], u[0] * x[2]]
        picked = [m[2][0], m[0][1], m[1][1], m[0][1], u[3]]
        return dot(picked, [*w, 1.5]) + autograd.sum([m[i][i] * w[-i] for i in range(3)]) + m[1][2]

    check(
        f,
        "x",
        a=source.normal(size=2),
        b=source.normal(size=3),
        m=source.normal(size=(3, 3)),
        x=source.normal(size=(4, 3)),
    )


def test_a_convolution_and_a_recurrence():
    def convolved(kernel, x):
        windows = [x[i : i + 3] for i in range(6)]
        return autograd.sum([relu(dot(kernel, window)) for window in windows])

    check(convolved, "x", kernel=source.normal(size=3), x=source.normal(size=(4, 8)))

    def recurrent(w, u, x):
        h = [0.0, 0.0, 0.0]
        for step in x:
            h = [tanh(dot(row, h) + v * step) for row, v in zip(w, u, strict=True)]
        return autograd.sum(h)

    check(recurrent, "x", w=source.normal(size=(3, 3)), u=source.normal(size=3), x=source.normal(size=(4, 5)))


def test_shared_and_repeated_parts():
    def f(a, x):
        s = exp(a * x)
        again = exp(a * x)
        return s * again + s + (s + s + s) / (again + 1) + mean([s, s, x, a])

    program = check(f, "x", a=0.5, x=np.array([0.1, -0.4]))
    assert program.source.count("exp(") == 2, "once in each function"


def test_pictures_in_several_axes():
    def f(w, x):
        rows = [dot(a, b) for a, b in zip(w, x, strict=True)]
        return autograd.sum(rows) * x[1][1] + dot(x[0], x[2]) + x[0][1] * w[2][2]

    check(f, "x", w=source.normal(size=(3, 4)), x=source.normal(size=(5, 3, 4)))
    check(lambda x: x[1][0][1] * x[0][1][0] + x[1][1][1], "x", x=source.normal(size=(5, 2, 2, 2)))


def test_what_does_not_depend_on_anything():
    check(lambda x: 3.0, "x", x=np.ones(3))
    check(lambda x, a: a * 2, "x", x=np.ones(3), a=1.5)
    check(lambda x, a: a, "x", x=np.ones(3), a=1.5)
    check(lambda x: x, "x", x=np.ones(3))
    check(lambda a: a[1] * a[0], a=np.ones(2))
    check(lambda a: a[1], a=np.array([1.0, 2.0, 3.0]))


def test_several_outputs():
    def f(a, x):
        return {"sum": a[0] * x[0] + a[1] * x[1], "parts": [a[0] * x[0], 2.0, a[1]], "x": x}

    a, x = np.array([2.0, 3.0]), source.normal(size=(4, 2))
    found = vectorize(f, batch="x")(a=a, x=x)
    assert_alike(found["sum"], x @ a, "sum")
    assert_alike(found["parts"], [a[0] * x[:, 0], [2.0] * 4, [3.0] * 4], "parts")
    assert_alike(found["x"], x.T, "x")
    arrays = vectorize(lambda x: np.array([[v * 2, v * 3] for v in x]), batch="x")(x=x)
    assert_alike(arrays, np.stack([x * 2, x * 3], axis=-1), "an array for each sample")
    with pytest.raises(TypeError, match=r"^value_and_grad needs a function that returns one number, but f returned"):
        vectorize(f, batch="x").value_and_grad(a=a, x=x)


def test_derivatives_inside_the_function():
    def slope(w, x):
        return grad(lambda t: tanh(w * t) ** 3 * relu(t))(x) ** 2

    check(slope, "x", w=0.7, x=np.array([0.3, -0.2, 1.1]))


def test_detach():
    check(lambda a, x: a * x * (a * x).detach(), "x", a=1.5, x=np.array([1.0, 2.0]))


def test_conditions():
    def f(x, y):
        return where((x > 0) & (y > 0) | (x < -1), x * y, (x > y) * 2.0) + where(x == 0.5, y, 1.0) + (x >= y) * (y != 4)

    check(f, ("x", "y"), x=np.array([1, -2, 0.5, -0.5, 3]), y=np.array([1.0, 2, -3, 4, 5]))
    check(lambda x, y: ((x > 0) + (y > 0)) * x, ("x", "y"), x=np.array([1.0, -1, 2]), y=np.array([1.0, 2, -3]))
    check(lambda x: where(x, 1.0, x + 2) + where(False, x, 3.0), "x", x=np.array([0.0, 1.0]))


def test_no_gradient_that_nobody_asked_for():
    arguments = {"a": 2.0, "x": np.array([1.0, 2.0])}
    program = vectorize(lambda a, x: sin(a * x) * exp(x), batch="x")
    program.value_and_grad(**arguments)
    assert "dx" not in program.source
    assert "da = " in program.source
    program.value_and_grad(**arguments, wrt="x")
    assert "da" not in program.source
    assert list(program.value_and_grad(**arguments, wrt=())[1]) == []


# --- Captured Values ----------------------------------------------------------------------------------------


def test_captured_values_are_read_at_every_call():
    w = [Value(2.0, label="w[0]"), Value(3.0, label="w[1]")]
    program = vectorize(lambda x: dot(w, x), batch="x")
    x = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert program(x=x).tolist() == [2.0, 5.0]
    w[0].data = 10.0
    assert program(x=x).tolist() == [10.0, 13.0]
    assert "x @ w" in program.source


def test_a_captured_model_is_matrix_products():
    from neuron import MLP, losses

    model = MLP(2, [3, 1], seed=1)
    program = vectorize(lambda x, y: losses.squared_error(model(x), y), batch=("x", "y"))
    X, y = source.normal(size=(5, 2)), source.normal(size=5)
    assert_alike(program(x=X, y=y), (model.predict(X) - y) ** 2, "losses")
    assert "x @ w1.T + b1" in program.source


# --- What cannot be recorded ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x: x if x > 0 else -x, "Whether x > 0 is not known here"),
        (lambda x: min(x, 0.5, key=abs), r"Write autograd.minimum\(a, b\), or the min of Python without a key"),
        (lambda x: exp(x) if exp(x) else x, r"Whether exp\(x\) is not known"),
        (lambda x: x.data * x, r"The number of x is not known here.*Leave out .data, or write .detach\(\)"),
        (lambda x: float(x * 2), r"The number of x·2 .*Leave out the conversion to float"),
        (
            lambda x: [(x * x).backward(), x][1],
            r"The gradient of x·x is not known.*Write grad\(f\), or .*create_graph=True",
        ),
        (lambda x: (x * x).gradients([x])[0], "The gradient of x·x"),
        (lambda x: x if (x > 0) & (x < 1) else 0, "Whether 0 < x|Whether x > 0"),
        (lambda x: Value(1.0) if Value(1.0) > 0 else x, "Whether"),
    ],
)
def test_branches_and_numbers_are_refused(f, text):
    with pytest.raises(TracingError, match=text) as caught:
        vectorize(f, batch="x")(x=[1.0])
    assert "test_vectorize.py, line " in str(caught.value)
    assert ", in <lambda>: " in str(caught.value)
    assert Value(1.0) > 0, "afterwards everything is as before"
    assert Value(2.0).data == 2.0


def test_the_error_of_a_branch_word_for_word():
    def loss(w, x):
        if w * x > 0:
            return w * x
        return -x

    with pytest.raises(TracingError) as caught:
        vectorize(loss, batch="x")(w=1.0, x=[1.0, 2.0])
    line = loss.__code__.co_firstlineno + 1
    assert str(caught.value) == (
        f"test_vectorize.py, line {line}, in loss: if w * x > 0:\n"
        "Whether w·x > 0 is not known here: the function is recorded once, for all samples and calls. Write "
        "where(w·x > 0, a, b), with the where of autograd, which chooses sample by sample; & for and, | for or; "
        "maximum and minimum for max and min."
    )


@pytest.mark.parametrize(
    ("f", "error", "text"),
    [
        (lambda x: sum(1 for _ in range(x)), TracingError, "that the function counts or indexes with is a default"),
        (lambda x: [1.0, 2.0][x], TracingError, "The number of x is not known"),
        (lambda x: where(~(x > 0), x, 0.0), TypeError, r"reverse the comparison, x <= 0 instead of ~\(x > 0\)"),
        (lambda x: np.clip(x, 0, 1), Exception, "test_vectorize.py|np.clip|clip"),
        (lambda x: setattr(x, "data", 3.0), TracingError, "cannot be set either"),
    ],
)
def test_more_that_needs_a_number(f, error, text):
    with pytest.raises(error, match=text):
        vectorize(f, batch="x")(x=[1.0])
    with pytest.raises(TypeError, match=r"write int\(v.data\)"):
        range(Value(2.0))


def test_numpys_functions_inside():
    check(
        lambda x, y: np.sum((np.array(x) - np.array(y)) ** 2) + np.maximum(x[0], 0.0),
        "x",
        x=np.ones((2, 2)),
        y=np.zeros(2),
    )


def test_samples_in_lists():
    f = vectorize(lambda x: x[0] - x[1], batch="x")
    rows = [np.array([1.0, 2.0]), np.array([3.0, 5.0])]
    assert f(rows).tolist() == f(np.array(rows)).tolist() == [-1.0, -2.0]
    assert vectorize(lambda x: x * 2, batch="x")(range(3)).tolist() == [0.0, 2.0, 4.0]
    assert vectorize(lambda x: x * 2, batch="x")([True, False]).tolist() == [2.0, 0.0]
    double = vectorize(lambda x: x * 2, batch="x")
    with pytest.raises(ValueError, match="x is empty"):
        double([])
    with pytest.raises(TypeError, match="missing a required argument"):
        double()


def test_errors_say_what_was_recorded():
    with pytest.raises(ValueError, match="equal length") as caught:
        vectorize(product, batch="x")(w=np.ones(3), x=np.ones((4, 2)))
    assert caught.value.__notes__ == ["(while product was recorded, with w (3,), x (n, 2))"]


def test_copies_of_traced_values():
    from copy import copy

    with pytest.raises(TracingError, match="a copy of x is not the argument: use the argument itself"):
        vectorize(lambda x: copy(x) * 2, batch="x")(x=[1.0])


# --- Arguments ----------------------------------------------------------------------------------------------


def product(w, x, scale=1.0):
    return dot(w, x) * scale


def test_arguments_by_position_and_defaults():
    program = vectorize(product, batch="x")
    w, x = np.array([1.0, 2.0]), np.array([[1.0, 1.0], [0.0, 1.0]])
    assert program(w, x).tolist() == [3.0, 2.0]
    assert program(w, x, 2.0).tolist() == program(x=x, w=w, scale=2.0).tolist() == [6.0, 4.0]
    value, gradients = program.value_and_grad(w, x, 2.0, wrt=["scale", "w"])
    assert value == 5.0
    assert gradients["scale"] == 2.5
    assert gradients["w"].tolist() == [1.0, 2.0]
    assert list(program.value_and_grad(w, x)[1]) == ["w"]


def test_lists_tuples_and_dicts_keep_their_structure():
    def f(params, x):
        hidden = layer(params["w"][0], params["b"], x, tanh)
        return dot(params["w"][1], hidden) * params["scale"]

    W, v, b, x = source.normal(size=(3, 2)), source.normal(size=3), source.normal(size=3), source.normal(size=(4, 2))
    program = vectorize(f, batch="x")
    value, gradients = program.value_and_grad(params={"w": (W, v), "b": b.tolist(), "scale": 2}, x=x)
    flat, expected = vectorize(lambda W, v, b, s, x: f({"w": (W, v), "b": b, "scale": s}, x), batch="x").value_and_grad(
        W=W, v=v, b=b, s=2.0, x=x
    )
    assert value == flat
    found = gradients["params"]
    assert isinstance(found["w"], tuple)
    for x, y in zip((*found["w"], found["b"], found["scale"]), expected.values(), strict=True):
        assert_alike(x, y, "gradient")
    assert "params_w_0" in program.source


def test_what_is_no_number_is_passed_on():
    def f(x, kind, twice=False, then=None):
        y = {"sin": sin, "exp": exp}[kind](x)
        y = then(y) if then else y
        return y * 2 if twice else y

    program = vectorize(f, batch="x")
    assert program(x=[0.0], kind="exp", twice=True).tolist() == [2.0]
    assert program(x=[0.0], kind="sin", then=exp).tolist() == [1.0]
    assert program(x=[0.0], kind="exp").tolist() == [1.0]
    with pytest.raises(TypeError, match=r"^wrt='kind': .*sin.* is not differentiated; pass a number or an array"):
        program.value_and_grad(x=[0.0], kind="sin", wrt="kind")


def test_other_kinds_of_numbers():
    program = vectorize(lambda a, x: a * x, batch="x")
    assert program(a=2, x=[1, 2, 3]).dtype == float
    assert program(a=np.float32(2), x=np.ones(3, np.float32)).dtype == np.float32
    assert program(a=2.0, x=np.ones(3, np.float32)).dtype == np.float32
    assert program(a=True * 1, x=np.array([True, False])).tolist() == [1.0, 0.0]
    value, gradients = program.value_and_grad(a=2, x=np.array([1, 3]))
    assert value == 4.0
    assert gradients["a"] == 2.0


def test_the_precision_is_kept():
    def f(w, x):
        return where(x > 0, 1.0, 0.0) * w[0] + dot([0.5, 0.25], w) * relu(x) + sigmoid(x)

    program = vectorize(f, batch="x")
    value, gradients = program.value_and_grad(w=np.ones(2, np.float32), x=np.ones(3, np.float32), wrt=["w", "x"])
    assert value.dtype == gradients["w"].dtype == gradients["x"].dtype == np.float32


def test_samples_without_numbers():
    assert vectorize(lambda x: autograd.sum(x) + 1.0, batch="x")(np.ones((3, 0))).tolist() == [1.0, 1.0, 1.0]
    assert type(vectorize(lambda x: 2.0)(1.0)) is float


def test_constants_are_listed_once():
    def f(x):
        h = [sin(v) for v in x]
        return dot([1.0, 2.0, 3.0], h) + dot([1.0, 2.0, 3.0], h[::-1])

    program = check(f, "x", x=source.normal(size=(4, 3)))
    assert re.findall(r"^\w+ =", program.source, re.M) == ["c1 =", "i1 ="] * 2, "before each function"


def test_each_combination_of_shapes_is_traced_once():
    calls = []

    def f(a, x):
        calls.append(1)
        return dot(a, x)

    program = vectorize(f, batch="x")
    for n in (2, 5, 3):
        program(a=np.ones(3), x=np.ones((n, 3)))
        program.value_and_grad(a=np.ones(3), x=np.ones((n, 3)))
    assert len(calls) == 1
    program(a=np.ones(2), x=np.ones((2, 2)))
    assert len(calls) == 2
    assert repr(program) == "Program(f, batch=('x',), 1 scalar operation, 4 statements)"
    assert repr(vectorize(f)) == "Program(f, batch=(), not called yet)"


@pytest.mark.parametrize(
    ("error", "text", "call"),
    [
        (TypeError, "vectorize takes a function, not 3", lambda: vectorize(3)),
        (
            TypeError,
            r"^batch='z' is not an argument of product\(w, x, scale=1.0\)",
            lambda: vectorize(product, batch="z"),
        ),
        (
            TypeError,
            r"^product\(w, x, scale=1.0\): missing a required argument: 'x'",
            lambda: vectorize(product)(w=[1.0]),
        ),
        (TypeError, "unexpected keyword argument 'q'", lambda: vectorize(product)(w=[1.0], x=[1.0], q=2)),
        (TypeError, r"^wrt='q' is not an argument", lambda: vectorize(product).value_and_grad([1.0], [1.0], wrt="q")),
        (
            TypeError,
            r"^wrt='scale': a default is not differentiated; pass a number",
            lambda: vectorize(product).value_and_grad([1.0], [1.0], wrt="scale"),
        ),
        (
            TypeError,
            r"^wrt takes the names of arguments, not 3",
            lambda: vectorize(product).value_and_grad([1.0], [1.0], wrt=3),
        ),
        (
            ValueError,
            r"^x is in the batch: an array with the samples along its first axis is needed, not 2.0",
            lambda: vectorize(product, "x")(w=[1.0], x=2.0),
        ),
        (
            ValueError,
            "need the same number of samples, but w has 2 and x 1",
            lambda: vectorize(product, ("w", "x"))(w=[[1.0], [1.0]], x=[[2.0]]),
        ),
        (
            ValueError,
            "^x is empty: at least one sample is needed",
            lambda: vectorize(product, "x")(w=[1.0], x=np.ones((0, 1))),
        ),
        (
            TypeError,
            r"^dot\(x, y\): a string is not a number; write float\('2'\)",
            lambda: vectorize(product)(w=[1.0, "2"], x=[1.0, 1.0]),
        ),
        (TypeError, "complex numbers are not supported", lambda: vectorize(product)(w=[1j], x=[1.0])),
        (TypeError, "is not an ordinary array", lambda: vectorize(product)(w=np.ma.ones(2), x=[1.0, 1.0])),
        (ValueError, "needs sequences of equal length", lambda: vectorize(product)(w=[1.0], x=[1.0, 2.0])),
        (
            ValueError,
            r"x\[0\] has 2 and x\[1\] 1 numbers along",
            lambda: vectorize(product, "x")(w=[1.0], x=[[1, 2], [3]]),
        ),
        (TypeError, r"write several names as \(\"w\", \"x\"\)", lambda: vectorize(product, "w,x")),
        (TypeError, "batch takes the names of arguments, .* not 0", lambda: vectorize(product, 0)),
        (RuntimeError, "product has not been traced yet: call the program once", lambda: vectorize(product).source),
        (TypeError, r"vectorize needs a name for each argument; replace \*x", lambda: vectorize(lambda *x: x[0])(1.0)),
    ],
)
def test_errors(error, text, call):
    with pytest.raises(error, match=text):
        call()


def test_names_that_are_taken():
    def f(n, sum, t1, d, x):
        return tanh(exp(x * n) + sum) * t1 * d + sin(x * n) / exp(x * n)

    check(f, "x", n=0.5, sum=0.25, t1=2.0, d=3.0, x=np.array([0.1, 0.2]))


def test_a_function_that_is_called_like_what_it_calls():
    x = np.array([1.0, 2.0])
    for function in (log, sigmoid, exp):
        assert_alike(vectorize(function, batch="x")(x=x), [function(v) for v in x.tolist()], "values")


def test_an_argument_called_like_a_function_of_the_program():
    program = vectorize(lambda f, f_and_gradients: f * f_and_gradients, batch="f")
    x = np.array([1.0, 2.0])
    for _ in range(2):
        assert program(f=x, f_and_gradients=3.0).tolist() == [3.0, 6.0]
        assert program.value_and_grad(f=x, f_and_gradients=3.0)[1] == {"f_and_gradients": 1.5}
        forward, backward = program.source.split("\n\n\n")
        scope = {"sum": np.sum, "mean": np.mean}
        exec(forward, scope)
        assert scope["f"](x, 3.0).tolist() == [3.0, 6.0]
        exec(backward, scope)
        assert scope["f_and_gradients"](x, 3.0) == (4.5, 1.5)


def test_the_graph_is_not_kept():
    program = vectorize(lambda watched: [watched + 1.0, watched], batch="watched")
    assert [x.tolist() for x in program(watched=[1.0])] == [[2.0], [1.0]]
    assert not [v for v in gc.get_objects() if type(v) is Value and v.label == "watched"]


def test_arguments_called_self():
    assert vectorize(lambda self, x: self * x, batch="x")(self=2.0, x=[1.0]).tolist() == [2.0]


def test_a_program_does_not_change_its_arguments():
    arguments = {**parameters(2, 3, 1), "x": source.normal(size=(6, 2)), "y": source.normal(size=6)}
    before = {name: array.copy() for name, array in arguments.items()}
    _, gradients = vectorize(mlp, ("x", "y")).value_and_grad(**arguments, wrt=list(arguments))
    for array in map(np.atleast_1d, gradients.values()):
        np.add(array, 1.0, out=array)  # they are arrays of their own
    for name, array in arguments.items():
        assert (array == before[name]).all()


@pytest.mark.slow
def test_long_programs_give_arrays_up_after_their_last_use():
    def f(a, x):
        draw = random.Random(0)
        for _ in range(300):  # in no order that repeats
            x = draw.choice([sin, tanh, sigmoid, exp])(x) * a
        return x

    program = check(f, "x", a=0.9, x=np.array([0.5, 1.0]))
    assert "del " in program.source
    assert max(map(len, program.source.splitlines())) < 1000


def test_sums_of_many_terms_stay_readable():
    def f(a, x):
        return autograd.sum([sin(a * (i + 1.5)) * exp(x * i) ** 0.1 for i in range(40)])

    check(f, "x", a=0.3, x=np.array([0.01, 0.02]))


def test_sums_over_many_arrays_are_written_in_several_lines():
    def f(a, x):
        draw, h = random.Random(0), [x]
        for _ in range(40):
            h.append(draw.choice([sin, tanh, exp, sigmoid])(h[-1] * a))
        return autograd.sum(h)

    program = check(f, "x", a=0.3, x=np.array([0.1, -0.2]))
    assert max(map(len, program.source.splitlines())) < 250


def test_columns_of_a_matrix():
    def f(w, x):
        return autograd.sum([tanh(dot([row[j] for row in w], x)) for j in range(2)])

    program = check(f, "x", w=source.normal(size=(3, 2)), x=source.normal(size=(4, 3)))
    assert "tanh(x @ w)" in program.source


def test_results_share_no_memory():
    x = source.normal(size=(3, 2))
    same, first, again = vectorize(lambda x: [x[0], x[1] * 2, x[1] * 2], batch="x")(x=x)
    assert not any(np.shares_memory(a, b) for a, b in [(same, x), (first, again)])
    _, gradients = vectorize(
        lambda u, v, x: dot([a + b for a, b in zip(u, v, strict=True)], x) ** 2, "x"
    ).value_and_grad(u=x[0], v=x[1], x=x)
    gradients["u"] *= 2
    assert (gradients["u"] != gradients["v"]).all()


def test_scalar_arguments_follow_the_rules_of_arrays():
    assert vectorize(lambda w, x: x + 1 / w, batch="x")(w=0.0, x=[1.0]) == [np.inf]
    assert np.isnan(vectorize(lambda w, x: x + w**0.5, batch="x")(w=-1.0, x=[1.0]))


def test_constants_made_inside():
    check(lambda x: x + (Value(2.0) * Value(3.0)) ** -1 + Value(20.0).detach() ** 8, "x", x=[1.0, 2.0])
    with pytest.raises(TracingError, match="cannot be copied while the function is recorded: use the Value itself"):
        vectorize(lambda x: pickle.loads(pickle.dumps(x)) * 2, batch="x")(x=[1.0])


def test_arguments_that_only_have_a_position():
    def f(x, /, y):
        return x * y

    assert vectorize(f, batch="x")([1.0, 2.0], 3.0).tolist() == [3.0, 6.0]
    assert vectorize(dot, batch="x")(x=[[1.0, 2.0]], y=[3.0, 4.0]).tolist() == [11.0]


def test_texts_among_parameters_have_no_derivative():
    program = vectorize(lambda p, x: p["w"] * x + p["b"] ** 2, batch="x")
    _, gradients = program.value_and_grad(p={"activation": "tanh", "w": 2.0, "b": 3.0}, x=[1.0, 2.0], wrt=["p", "p"])
    assert gradients == {"p": {"activation": None, "w": 1.5, "b": 6.0}}


@pytest.mark.parametrize(
    "label",
    [
        "w[²]",
        "w[99999999999999999999]",
        "__debug__",
        "lambda",
        "n",
        "x",
        "L",
        "t1",
        "dx",
        "w[",
        "[0]",
        "ŷ",
        "1a",
        "w w",
    ],
)
def test_labels_of_all_kinds(label):
    w = Value(2.0, label=label)
    program = vectorize(lambda x: (w * x).named(label) ** 2 + w, batch="x")
    assert program(x=[1.0, 2.0]).tolist() == [6.0, 18.0]
    assert program.value_and_grad(x=[1.0, 2.0], wrt="x")[1]["x"].tolist() == [4.0, 8.0]


def test_softplus_and_the_like_are_written_out():
    program = check(lambda x: softplus(x) + abs(sqrt(x)), "x", x=np.array([0.5, 2.0]))
    assert "log1p(exp(-abs(x)))" in program.source


def test_many_samples_are_computed_in_blocks(monkeypatch):
    arguments = {**parameters(4, 3, 5), "x": source.normal(size=(50, 4)), "y": source.integers(0, 5, 50)}
    whole = vectorize(softmax_loss, batch=("x", "y"))
    expected, expected_gradients = whole.value_and_grad(**arguments, wrt=list(arguments))
    monkeypatch.setattr("autograd.vectorizing.execution.BLOCK", 5 * 16)
    monkeypatch.setattr("autograd.vectorizing.execution.LEAST", 1)
    blocks = vectorize(softmax_loss, batch=("x", "y"))
    assert_alike(blocks(**arguments), whole(**arguments), "values")
    value, gradients = blocks.value_and_grad(**arguments, wrt=list(arguments))
    assert_alike(value, expected, "mean")
    for name, gradient in gradients.items():
        assert_alike(gradient, expected_gradients[name], name)


# --- Planted bugs -------------------------------------------------------------------------------------------

CHECKS = [
    test_a_neuron,
    test_a_network_is_matrix_products,
    test_softmax,
    test_irregular_graphs,
    test_operands_gathered_from_several_places,
    test_a_convolution_and_a_recurrence,
    test_shared_and_repeated_parts,
    test_detach,
    test_conditions,
    test_captured_values_are_read_at_every_call,
]


@pytest.mark.slow
@pytest.mark.parametrize("bug", PROGRAMS)
def test_planted_bugs_are_noticed(bug, monkeypatch):
    PROGRAMS[bug](monkeypatch)
    assert failures(CHECKS)


def test_a_captured_result_whose_leaf_was_changed_is_refused():
    w = Value(2.0, label="w")
    h = (w * 3).named("h")
    program = vectorize(lambda x: h * x, batch="x")
    assert program(x=[1.0]).tolist() == [6.0]
    w.data = 5.0
    for call in (program, program.value_and_grad):
        with pytest.raises(StaleGraphError, match=r"^'w' was changed to 5.0 after h = w·3 had been computed from it"):
            call(x=[1.0])


def test_a_program_keeps_its_latest_traces_and_comes_back_to_others(monkeypatch):
    monkeypatch.setattr(Latest, "SIZE", 3)
    traced = []

    def scaled(x, unit):
        traced.append(unit)
        return x * len(unit)

    program = vectorize(scaled, batch="x")
    for unit in ("m", "cm", "inch", "m", "light-year", "m", "cm"):  # "cm" is the one that was forgotten
        assert program(x=[1.0], unit=unit).tolist() == [len(unit)]
    assert traced == ["m", "cm", "inch", "light-year", "cm"]


def test_a_program_keeps_its_latest_choices_of_derivatives(monkeypatch):
    monkeypatch.setattr(Latest, "SIZE", 2)
    program = vectorize(lambda a, b, c, x: a * b * c * x, batch="x")
    for wrt in 2 * [("a",), ("b", "c"), "b", ("c", "a", "b"), None]:
        value, gradients = program.value_and_grad(a=2.0, b=3.0, c=5.0, x=[1.0], wrt=wrt)
        assert (value, gradients) == (30.0, {name: {"a": 15.0, "b": 10.0, "c": 6.0}[name] for name in wrt or "abc"})


def test_threads_that_need_more_traces_than_are_kept_get_their_own_results(monkeypatch):
    monkeypatch.setattr(Latest, "SIZE", 2)
    program = vectorize(lambda w: sum(x * x for x in w))

    def call(width):
        return all(program.value_and_grad(w=np.ones(width))[0] == width for _ in range(30))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(call, range(1, 5)))


def test_threads_get_their_own_results():
    program = vectorize(lambda w: [x * 2.0 for x in w])
    wrong = []

    def call(width):
        for _ in range(200):
            try:
                wrong.extend([width] * (len(program(w=np.ones(width))) != width))
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=call, args=[width]) for width in (2, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
