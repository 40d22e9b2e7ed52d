"""Functions of functions, against SymPy, JAX's documented behaviour, and 100-digit differences of differences."""

import math
from collections import Counter, OrderedDict, defaultdict, namedtuple

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    StaleGraphError,
    Value,
    dot,
    exp,
    grad,
    hessian,
    jacobian,
    jvp,
    log,
    log1p,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
    value_and_grad,
)
from autograd.formula.systems import mpmath
from tests.core.test_graph import close, sizes
from tests.core.test_table import DEFINITIONS, points
from tests.programs import random_program, replay

sources = st.randoms(use_true_random=False)


def rosenbrock(x):
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


# --- What they compute ------------------------------------------------------------------------------


@pytest.mark.slow
def test_grad_to_the_sixth_order_against_sympy():
    x = sp.Symbol("x")
    f, oracle = lambda x: exp(sin(x)) * log1p(x**2), sp.exp(sp.sin(x)) * sp.log(1 + x**2)
    for _ in range(6):
        f, oracle = grad(f), sp.diff(oracle, x)
        assert f(0.7) == pytest.approx(float(oracle.subs(x, sp.Float(0.7, 40))), rel=1e-14)


@pytest.mark.parametrize(
    "name", [name for name, op in autograd.OPERATIONS.items() if len(op.operands) == 1 and not op.nary]
)
def test_second_and_third_derivatives_of_every_function_against_sympy(name):
    x = sp.Symbol("x", real=True)
    f, oracle = autograd.functions[name], DEFINITIONS[name]
    for _ in range(3):
        f, oracle = grad(f), sp.diff(oracle, x)
    third = sp.lambdify(x, oracle, [{"DiracDelta": lambda *_: 0}, "mpmath"])
    with mp.workdps(60):
        for (at,) in points(autograd.OPERATIONS[name], 5):
            assert f(at) == pytest.approx(float(mp.re(third(mp.mpf(at)))), rel=1e-9, abs=1e-300), at


def test_no_perturbation_is_confused_with_another():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y**2)(3.0))(1.0) == 12.0
    assert grad(lambda x: jvp(lambda y: y**3 * x, (x,), (1.0,))[1])(2.0) == 36.0
    assert jvp(lambda x: grad(lambda y: y**3 * x)(x), (2.0,), (1.0,)) == (24.0, 36.0)
    assert grad(lambda v: jvp(lambda y: y**3, (2.0,), (v,))[1])(5.0) == 12.0


def test_hessian_of_rosenbrock():
    def textbook(x):
        n = len(x)
        H = np.zeros((n, n))
        for i in range(n - 1):
            H[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
            H[i + 1, i + 1] += 200
            H[i, i + 1] -= 400 * x[i]
            H[i + 1, i] -= 400 * x[i]
        return H

    x = np.array([1.2, -0.7, 0.3, 2.0])
    assert hessian(rosenbrock)(x) == pytest.approx(textbook(x), rel=1e-14)
    assert hessian(rosenbrock)(list(x)) == [pytest.approx(row, rel=1e-14) for row in textbook(x)]


def second_difference(root, a, b, system):
    number = system.number
    h, k = (abs(number(v.data)) * number("1e-20") for v in (a, b))
    if a is b:
        ends = [(h, 1), (0 * h, -2), (-h, 1)]
        return sum(weight * replay(root, {a: number(a.data) + shift}, system) for shift, weight in ends) / h**2
    corners = [(s, t) for s in (1, -1) for t in (1, -1)]
    at = [{a: number(a.data) + s * h, b: number(b.data) + t * k} for s, t in corners]
    return sum(s * t * replay(root, moved, system) for (s, t), moved in zip(corners, at, strict=True)) / (4 * h * k)


@pytest.mark.slow
@settings(max_examples=60)
@given(sources)
def test_second_derivatives_of_random_graphs_against_differences_of_differences(source):
    program = random_program(source, steps=5)
    leaves, root = program.values()
    slopes = root.gradients(leaves, create_graph=True)
    system = mpmath(200)
    for a, slope in zip(leaves, slopes, strict=True):
        noise = sizes(slope, leaves)
        for b, second, size in zip(leaves, slope.gradients(leaves), noise, strict=True):
            assert close(second, float(second_difference(root, a, b, system)), size + 1e-100)


@pytest.mark.slow
@settings(max_examples=100)
@given(sources)
def test_forward_and_reverse_agree_to_the_last_digits(source):
    program = random_program(source)

    def f(*inputs):
        return program.run(inputs)[-1]

    reverse = grad(f, argnums=range(len(program.leaves)))(*program.leaves)
    scale = sizes(*reversed(program.values()))
    for i, (slope, size) in enumerate(zip(reverse, scale, strict=True)):
        value, forward = jvp(f, program.leaves, [float(i == j) for j in range(len(program.leaves))])
        assert value == program.values()[1].data
        assert abs(forward - slope) <= 8 * 2.0**-52 * max(size, abs(slope))


def test_one_pass_serves_all_results_in_forward_mode():
    def f(x):
        return {"powers": [x**n for n in range(5)], "sin": sin(x), "fixed": 1.0}

    values, slopes = jvp(f, (2.0,), (1.0,))
    assert values == {"powers": [1.0, 2.0, 4.0, 8.0, 16.0], "sin": math.sin(2.0), "fixed": 1.0}
    assert slopes == {"powers": [0.0, 1.0, 4.0, 12.0, 32.0], "sin": math.cos(2.0), "fixed": 0.0}


# --- Shapes and kinds -------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("f", "argument", "gradient"),
    [
        (lambda x: x * x, 3, 6.0),
        (lambda x: x * x, np.float32(3), 6.0),
        (lambda v: v[0] * v[1], [2, 3.0], [3.0, 2.0]),
        (lambda v: v[0] * v[1], (2.0, 3.0), (3.0, 2.0)),
        (lambda p: p.x * p.y, Point(2.0, 3.0), Point(3.0, 2.0)),
        (lambda p: p["w"][0] * p["b"], {"w": [2.0, 5.0], "b": 3.0}, {"w": [3.0, 0.0], "b": 2.0}),
        (lambda a: a[0, 0] * a[1, 1], np.array([[1, 2], [3, 4]]), np.array([[4.0, 0.0], [0.0, 1.0]])),
        (np.sum, np.zeros((2, 0)), np.zeros((2, 0))),
        (lambda a: a[()] ** 2, np.array(3.0), np.array(6.0)),
        (lambda x: 1.0, [1.0, 2.0], [0.0, 0.0]),
        (lambda x: 1.0, [], []),
    ],
)
def test_a_gradient_has_the_shape_and_kind_of_the_argument(f, argument, gradient):
    found = grad(f)(argument)
    assert type(found) is type(gradient)
    if isinstance(gradient, np.ndarray):
        assert found.dtype == float
        np.testing.assert_array_equal(found, gradient, strict=True)
    else:
        assert found == gradient


def test_jacobians_of_arrays_have_the_axes_of_the_result_in_front():
    W, x = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])
    by_W, by_x = jacobian(lambda W, x: W @ x, argnums=(0, 1))(W, x)
    np.testing.assert_array_equal(by_x, W, strict=True)
    np.testing.assert_array_equal(by_W, np.einsum("ij,k->ijk", np.eye(2), x), strict=True)
    both = jacobian(lambda p: p["W"] @ p["x"])({"W": W, "x": x})
    np.testing.assert_array_equal(both["W"], by_W)
    assert jacobian(lambda x: x[:0])(x).shape == (0, 3)


def test_a_jacobian_takes_the_kinds_of_result_and_argument():
    f = {"sum": lambda v: v[0] + v[1], "list": lambda v: [v[0] * v[1], 7.0]}
    assert jacobian(f["sum"])([2.0, 3.0]) == [1.0, 1.0]
    assert jacobian(f["list"])((2.0, 3.0)) == [(3.0, 2.0), (0.0, 0.0)]
    assert hessian(lambda w, b: w**2 * b, argnums=(0, 1))(3.0, 5.0) == ((10.0, 6.0), (6.0, 0.0))


def test_value_and_grad_keyword_arguments_and_several_positions():
    def loss(w, b, *, x):
        return (w * x + b) ** 2

    assert value_and_grad(loss, argnums=(1, 0))(0.5, 1.0, x=2.0) == (4.0, (4.0, 8.0))
    assert grad(loss, argnums=-1)(0.5, 1.0, x=2.0) == 4.0


def test_the_functions_of_the_table_and_decorated_ones_can_be_differentiated():
    @grad
    def cubic(x):
        return x**3

    assert cubic(2.0) == 12.0
    assert cubic.__name__ == "gradient_of_cubic"
    assert grad(tanh)(0.0) == 1.0
    assert grad(grad(relu))(2.0) == 0.0


# --- Values from outside ----------------------------------------------------------------------------


def test_values_from_outside_stay_part_of_the_result():
    w = Value(2.0, label="w")
    slope = grad(lambda x: w * x**2)(3.0)
    slope.backward()
    assert (slope.data, w.grad) == (12.0, 6.0)
    assert type(grad(lambda x: 3 * x)(w)) is Value
    assert grad(lambda x: Value(5.0) * x)(3.0) == 5.0  # made inside: a number like any other


def test_gradients_with_a_graph_touch_no_grad_and_go_through_inner_nodes():
    x = Value(3.0)
    h = x * x
    y = h * x
    by_h, by_x = y.gradients([h, x], create_graph=True)
    assert (by_h.data, by_x.data) == (3.0, 27.0)
    assert by_x.gradients([x]) == [18.0]
    assert (x.grad, h.grad) == (None, None)
    (constant,) = (3 * x).gradients([x], create_graph=True)
    assert type(constant) is Value
    assert constant.data == 3.0


def test_gradients_with_a_graph_are_values_of_their_own():
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    L = a * b
    slopes = L.gradients([a, b], create_graph=True)
    for parameter, slope in zip((a, b), slopes, strict=True):
        parameter.data -= 0.1 * slope.data
    assert (a.data, b.data) == (0.8, 1.9)
    y = exp(a).named("y")
    (slope,) = y.gradients([a], create_graph=True)
    assert slope.named("dy/da") is not y
    assert y.label == "y"
    first, second = ((a + b) * 3.0 * a).gradients([b, b], create_graph=True)
    assert first is not second


def test_a_stale_graph_from_outside_is_noticed_whatever_is_built_on_it():
    w = Value(1.0, label="w")
    feature = w * 2 + 1
    w.data = 10.0
    with pytest.raises(StaleGraphError):
        (feature * Value(3.0)).gradients([feature])
    with pytest.raises(StaleGraphError):
        grad(lambda x: x * feature)(3.0)


def test_an_infinite_slope_is_kept_and_its_own_slope_is_nan():
    (slope,) = autograd.sqrt(x := Value(0.0)).gradients([x], create_graph=True)
    assert slope.data == math.inf
    assert str(slope) == "slope of sqrt(0.0, sqrt(0.0)) = inf"
    assert math.isnan(slope.gradients([x])[0])


def test_saturated_activations_have_second_derivatives():
    for x in (-800.0, 800.0):
        assert grad(grad(sigmoid))(x) == pytest.approx(0.0, abs=1e-300)
        assert grad(grad(autograd.softplus))(x) == pytest.approx(0.0, abs=1e-300)


def test_mixed_derivatives_where_a_row_takes_care_of_a_limit():
    assert hessian(autograd.pow, argnums=(0, 1))(2.0, 0.0)[0][1] == 0.5
    assert hessian(autograd.xlogy, argnums=(0, 1))(0.0, 2.0)[0][1] == 0.5
    assert hessian(autograd.xlog1py, argnums=(0, 1))(0.0, 1.0)[1][0] == 0.5


def test_sums_and_dots_have_second_derivatives():
    assert hessian(lambda v: dot(v, v))([1.0, 2.0]) == [[2.0, 0.0], [0.0, 2.0]]
    assert hessian(lambda v: autograd.mean([v[0] ** 2, v[1] ** 3]))([1.0, 2.0]) == [[1.0, 0.0], [0.0, 6.0]]
    assert hessian(lambda v: dot([3.0, v[0]], [v[1], v[0]]))([1.0, 2.0]) == [[2.0, 0.0], [0.0, 0.0]]


@pytest.mark.slow
def test_a_deep_graph_can_be_differentiated_twice():
    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0
    (slope,) = (y * y).gradients([x], create_graph=True)
    assert slope.gradients([x]) == [2.0]
    del slope, y


def test_dicts_of_any_kind_and_order():
    ordered = OrderedDict(b=2.0, a=1.0)
    assert list(grad(lambda p: p["a"] * p["b"])(ordered).items()) == [("b", 1.0), ("a", 2.0)]
    assert type(grad(lambda p: p["a"] * p["b"])(ordered)) is OrderedDict
    assert grad(lambda p: p["a"] * p["b"])(Counter(a=3, b=5)) == {"a": 5.0, "b": 3.0}
    counts = defaultdict(float, a=3.0)
    assert grad(lambda p: p["a"] ** 2 + p["missing"])(counts) == {"a": 6.0}
    assert jvp(lambda p: p["a"] * p["b"], ({"a": 1.0, "b": 2.0},), ({"b": 1.0, "a": 0.0},)) == (2.0, 1.0)


def test_argnums_of_every_integer_type():
    assert grad(lambda x, y: x * y, np.int64(1))(3.0, 4.0) == 3.0
    assert grad(lambda x, y: x * y, np.array([0, 1]))(3.0, 4.0) == (4.0, 3.0)
    both = grad(lambda x, y: x * y, (i for i in (0, 1)))
    assert both(3.0, 4.0) == both(3.0, 4.0) == (4.0, 3.0)
    assert hessian(lambda x, y: x * y, iter((0, 1)))(3.0, 4.0) == ((0.0, 1.0), (1.0, 0.0))


def test_steps_of_descent_can_be_differentiated():
    def descended(x):
        w = x
        for _ in range(300):
            w = w - 0.1 * grad(lambda v: (v - 1.0) ** 2)(w)
        return w

    assert grad(descended)(0.0) == pytest.approx(0.8**300)


def test_what_the_inner_variable_of_a_nested_gradient_is_called():
    with pytest.raises(ValueError, match=r"^arccosh\(x\) is not defined at x = 0\.999999: it needs x >= 1$"):
        grad(grad(lambda x: autograd.arccosh(x)))(0.999999)  # noqa: PLW0108


# --- Bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(3), TypeError, "only a function has a derivative, not 3"),
        (
            lambda: grad(lambda x: x, 1)(1.0),
            TypeError,
            "argnums=1 asks for a derivative with respect to argument 1, but <lambda> was called with "
            "1 positional argument",
        ),
        (
            lambda: grad(rosenbrock)([1.0, "b"]),
            TypeError,
            "argument 0[1] of rosenbrock = 'b': a string is not a number; write float('b') if it holds one",
        ),
        (
            lambda: grad(lambda p: p["w"])({"w": None}),
            TypeError,
            "argument 0['w'] of <lambda> = None: None is not a number; "
            "was a result not returned, or a gradient not computed yet?",
        ),
        (
            lambda: grad(lambda x: [x])(1.0),
            TypeError,
            "a gradient needs a function that returns one number, but <lambda> returned [Value(1.0)]: use jacobian, or "
            "return a sum, or one element",
        ),
        (
            lambda: grad(lambda x: None)(1.0),
            TypeError,
            "the result of <lambda>: None is not a number; was a result not returned, or a gradient not computed yet?",
        ),
        (
            lambda: jvp(sin, 1.0, 1.0),
            TypeError,
            "jvp takes a tuple of primals, one for each argument of f: write (1.0,)",
        ),
        (
            lambda: grad(sin, "x")(1.0),
            TypeError,
            "argnums takes positions of arguments, such as 0 or (0, 1), not 'x'",
        ),
        (
            lambda: grad(sin, None)(1.0),
            TypeError,
            "argnums takes positions of arguments, such as 0 or (0, 1), not None",
        ),
        (
            lambda: jvp(sin, (1.0,), ((1.0, 2.0),)),
            TypeError,
            "jvp needs a tangent for each primal, in the same shape: (1.0,) and ((1.0, 2.0),) differ",
        ),
        (
            lambda: grad(lambda x: log(x - 2))(1.0),
            ValueError,
            "log(x) is not defined at x = -1.0 (x is 1.0 - 2): it needs x > 0",
        ),
    ],
)
def test_errors_replay_what_was_asked(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize(("f", "at"), [(sqrt, 0.0), (autograd.cbrt, 0.0), (autograd.arcsin, 1.0), (tanh, 720.0)])
def test_third_derivatives_where_a_slope_is_infinite_or_overflows(f, at):
    assert math.isnan(grad(grad(grad(f)))(at))


def test_argnums_from_the_end_count_arguments_by_name_too():
    f = lambda a, b: a * b**2  # noqa: E731
    assert grad(f, -1)(2.0, 5.0) == grad(f, -1)(2.0, b=5.0) == grad(f, -1)(a=2.0, b=5.0) == 20.0
