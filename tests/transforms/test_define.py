"""Operations of one's own: they do all that the table's do, and mistakes in them are pointed at."""

import gc
import inspect
import linecache
import math
import pickle
import re
import traceback

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import (
    OPERATIONS,
    DomainError,
    FormulaError,
    Value,
    define,
    draw,
    grad,
    gradcheck,
    hessian,
    jvp,
    vectorize,
)
from autograd.extensions.expressions import expression
from tests.programs import one_sided_slopes

cube = define("cube", "x ** 3", dx="3 * x ** 2")
swish = define("swish", "x * sigmoid(x)", dx="z + sigmoid(x) * (1 - z)")
gauss = define(
    "gauss",
    "a * exp(-((x - m) / s) ** 2 / 2)",
    da="z / a",
    dx="-z * (x - m) / s ** 2",
    dm="z * (x - m) / s ** 2",
    ds="z * (x - m) ** 2 / s ** 3",
    domain="s > 0",
)
numbers = st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3)


@given(numbers)
def test_one_operand(x):
    assert (cube(x), swish(x)) == (x**3, pytest.approx(x / (1 + math.exp(-x))))
    assert grad(cube)(x) == 3 * x**2
    assert grad(grad(cube))(x) == pytest.approx(6 * x)
    w = Value(x)
    assert swish(w).gradients([w])[0] == pytest.approx(sum(one_sided_slopes(swish(w), w)) / 2)


@given(numbers, numbers, numbers, st.floats(0.1, 3))
def test_four_operands_in_the_order_of_their_derivatives(a, x, m, s):
    leaves = [Value(v) for v in (a, x, m, s)]
    z = gauss(*leaves)
    assert z.data == pytest.approx(a * math.exp(-(((x - m) / s) ** 2) / 2))
    for leaf, slope in zip(leaves, z.gradients(leaves), strict=True):
        assert slope == pytest.approx(sum(one_sided_slopes(z, leaf)) / 2, abs=1e-12)
    both = hessian(gauss, argnums=(0, 1, 2, 3))(a, x, m, s)
    assert both[1][2] == pytest.approx(both[2][1], abs=1e-12)
    assert gauss(a, x, m, leaves[3]).gradients([leaves[3]]) == pytest.approx(z.gradients([leaves[3]]))


def test_it_composes_with_everything_else():
    w = Value(2.0, label="w")
    y = (1 + cube(w) * autograd.sin(w)).named("y")
    assert str(y) == f"y = 1 + cube(w)·sin(w) = {1 + 8 * math.sin(2)!r}"
    assert expression(gauss(w, 1.0, 0, w)) == "gauss(w, 1.0, 0, w)"
    assert "cube(w)" in draw(y).source
    assert [e.data for e in cube(np.array([w, w]))] == [8.0, 8.0]
    assert cube(np.array([1.0, 2.0])).tolist() == [1.0, 8.0]
    assert jvp(cube, (2.0,), (1.0,)) == (8.0, 12.0)
    assert grad(lambda v: gauss(*v))([1.0, 0.5, 0.5, 1.0]) == [1.0, 0.0, 0.0, 0.0]


def test_it_is_documented_like_the_rows_of_the_table_and_does_not_change_the_table():
    tanh = define("tanh", "tanh(x)", dx="1 - z ** 2")
    assert tanh.__name__ == "tanh"
    assert tanh.__doc__ == "z = tanh(x), with dz/dx = 1 - z ** 2.\n\nA Value if an operand is one, else a float."
    assert repr(tanh.op) == "tanh: z = tanh(x), dz/dx = 1 - z ** 2"
    assert OPERATIONS["tanh"] is not tanh.op
    assert grad(autograd.tanh)(30.0) > 0 == grad(tanh)(30.0)


def test_domain_and_kink():
    root = define("root", "sqrt(x)", dx="1 / (2 * z)", domain="x >= 0")
    with pytest.raises(DomainError) as caught:
        root(Value(-4.0, label="w") * 2.0)
    assert str(caught.value) == "root(x) is not defined at x = -8.0 (x is w·2.0): it needs x >= 0"
    assert root(Value(0.0)).edges[0][1] == math.inf
    positive = define("positive", "x ** 2", dx="2 * x", domain="x > 0")  # could be computed elsewhere, too
    with pytest.raises(DomainError, match=r"positive\(x\) is not defined at x = -2\.0: it needs x > 0"):
        positive(-2.0)
    assert math.isnan(positive(math.nan))
    hat = define("hat", "1 - abs(x)", dx="where(x < 0, 1, -1)", kink=("x == 0", "-1"))
    assert str(hat.op.kink) == "-1 at x = 0"
    half = define("half", "maximum(x, 0)", dx="where(x > 0, 1, 0)", kink=("x == 0", "1/2"))
    assert [grad(half)(x) for x in (-1.0, 0.0, 1.0)] == [0.0, 0.5, 1.0]
    guarded = define("guarded", "abs(x)", dx="x / abs(x)", kink=("x == 0", "0"))
    assert [grad(guarded)(x) for x in (-1.0, 0.0, 1.0)] == [-1.0, 0.0, 1.0]


def test_conditions_are_numbers():
    step = define("step", "x > 0", dx="x > 9")
    values = [step(1.0), step(Value(1.0)).data, step(Value(10.0)).edges[0][1]]
    assert values == [1.0, 1.0, 1.0]
    assert {type(x) for x in values} == {float}


def test_one_with_the_name_of_a_built_in_is_printed_as_a_call():
    w = Value(1.0, label="w")
    assert expression(define("xlogy", "x * 2", dx="2")(w)) == "xlogy(w)"
    assert expression(define("where", "x + y", dx="1", dy="1")(True, w)) == "where(True, w)"


def test_a_function_of_a_module_can_be_pickled():
    assert cube.__module__ == __name__
    assert pickle.loads(pickle.dumps(cube)) is cube


def test_its_code_is_shown_as_long_as_it_may_be_needed():
    def lines():
        return {file: entry[2] for file, entry in linecache.cache.items() if file.startswith("<autograd short_lived ")}

    short_lived = define("short_lived", "x ** 2", dx="2 * x")
    assert inspect.getsource(short_lived).splitlines() == [*map(str.rstrip, *lines().values())]
    with pytest.raises(TypeError) as error:
        short_lived("a")
    del short_lived
    assert "return record(op, X)" in "".join(traceback.format_tb(error.value.__traceback__))
    del error
    gc.collect()
    assert not lines()


def test_names_of_operands_may_be_anything_a_program_uses():
    odd = define("odd", "edges * op + λ * Value - new", dedges="op", dop="edges", dλ="Value", dValue="λ", dnew="-1")
    leaves = [Value(float(i)) for i in range(1, 6)]
    assert odd(*leaves).gradients(leaves) == [2.0, 1.0, 4.0, 3.0, -1.0]
    assert define("square", "x₁²", **{"dx₁": "2·x₁"})(3.0) == 9.0
    only = define("only", "W ** 2", dW="2 * W")
    assert grad(only)(3.0) == 6.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: define("cube", "x ** 3", dx="3 * y ** 2"),
            FormulaError,
            "dx of cube: unknown name 'y': known names: x, z, pi\n    3 * y ** 2\n        ^",
        ),
        (
            lambda: define("area", "x * y", dx="y"),
            FormulaError,
            "area: unknown name 'y': known names: x, pi\n    x * y\n        ^\n"
            "    (if y is an operand, its derivative is needed as well: dy='...')",
        ),
        (
            lambda: define("cube", "x ^ 3", dx="3 * x ** 2"),
            FormulaError,
            "cube: ^ is not a power: write **\n    x ^ 3\n    ^^^^^",
        ),
        (
            lambda: define("evil", "__import__('os').system('true')", dx="1"),
            FormulaError,
            "evil: only functions can be called, by their names; a product is written with *\n"
            f"    __import__('os').system('true')\n    {'^' * 31}",
        ),
        (
            lambda: define("cube", "x ** 3"),
            TypeError,
            "cube needs its derivative with respect to each operand, such as dx='...'",
        ),
        (
            lambda: define("cube", "x ** 3", x="3 * x ** 2"),
            TypeError,
            "define got x=...: write dx=... for the derivative with respect to x",
        ),
        (
            lambda: define("my cube", "x ** 3", dx="3 * x ** 2"),
            FormulaError,
            "the name of an operation must be an identifier, such as 'cube', not 'my cube'",
        ),
        (
            lambda: define("cube", "z ** 3", dz="3 * z ** 2"),
            FormulaError,
            "cube: an operand cannot be called z, which is the result; use another name",
        ),
        (
            lambda: define("hat", "abs(x)", dx="sign(x)", kink=("x == 0",)),
            TypeError,
            "kink of hat takes a condition and a slope for each operand: 2 strings",
        ),
        (
            lambda: define("cube", "x ** 3", dx=3),
            FormulaError,
            "dx of cube: a formula is a string, such as 'x ** 2', not 3",
        ),
        (
            lambda: define("square", "x ** 2", dx="2 * x", dx2="2"),
            FormulaError,
            "dx2 of square is a derivative with respect to x2, which x ** 2 does not use",
        ),
        (
            lambda: define("hat", "abs(x)", dx="sign(x)", kink="none"),
            TypeError,
            "kink of hat takes a condition and a slope for each operand, such as ('x == 0', '0')",
        ),
        (
            lambda: define("hat", "abs(x)", dx="sign(x)", kink=("x", "0")),
            FormulaError,
            "kink of hat starts with a condition, such as 'x == 0', not 'x'",
        ),
        (
            lambda: define("ln", "log(x)", dx="1 / x")(0.0),
            ZeroDivisionError,
            "ln(x) is not defined at x = 0.0",
        ),
        (lambda: cube(1.0, 2.0), TypeError, "cube() takes 1 positional argument but 2 were given"),
        (lambda: gauss(1.0), TypeError, "gauss(a, x, m, s) takes 4 operands, not 1"),
    ],
)
def test_mistakes_are_pointed_at(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


# --- Python functions ---------------------------------------------------------------------------------


def digamma(x):
    """By its recurrence and its asymptotic series."""
    shift = 0.0
    while x < 20:
        shift, x = shift - 1 / x, x + 1
    return shift + math.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6)


def slope_of_gamma(x):
    return math.gamma(x) * digamma(x)


gamma = define("gamma", value=math.gamma, dx=slope_of_gamma, domain="x > 0")
half = define("half", value=math.gamma, dx=lambda x: 0.5 * slope_of_gamma(x))
lgamma = define("lgamma", value=math.lgamma, dx=digamma)
rows = define("rows", "x * y", dx=lambda x, y: y, dy="x")


def test_a_python_function_where_no_formula_will_do():
    x = Value(2.5, label="x")
    z = gamma(x) * 2
    assert (z.data, gamma(2.5)) == (2 * math.gamma(2.5), math.gamma(2.5))
    assert z.gradients([x]) == [pytest.approx(2 * slope_of_gamma(2.5), rel=1e-15)]
    assert str(gamma(x)).startswith("gamma(x) = ")
    assert rows(x, 3.0).gradients([x]) == [3.0]
    with pytest.raises(DomainError, match=r"gamma\(x\) is not defined at x = -1.5: it needs x > 0"):
        gamma(-1.5)


def test_the_check_falls_back_to_differences_of_floats_and_says_so():
    right, wrong = gradcheck(gamma, (2.5,)), gradcheck(half, (2.5,))
    assert (right.verdict, wrong.verdict) == ("pass", "fail")
    for report in (right, wrong):
        assert "by finite differences" in str(report)
    assert "gamma: a Python function, not a formula" in str(right)
    assert gradcheck(lambda w: lgamma(w * w + 1) ** 2, (1.5,)).verdict == "pass"
    assert gradcheck(gamma).verdict == "pass"


def test_second_derivatives_of_a_python_function_are_unknown():
    assert math.isnan(grad(grad(gamma))(2.5))
    assert grad(grad(rows, 0), 1)(2.0, 3.0) != 0


def test_a_python_function_over_samples():
    program = vectorize(lambda w, x: gamma(w * x), batch="x")
    x = np.array([1.0, 2.0, 3.5])
    assert program(w=1.5, x=x) == pytest.approx([math.gamma(1.5 * v) for v in x])
    slopes = [slope_of_gamma(1.5 * v) * v for v in x]
    assert program.value_and_grad(w=1.5, x=x)[1]["w"] == pytest.approx(np.mean(slopes))


def test_a_python_function_that_returns_no_number():
    broken = define("broken", value=lambda x: None, dx="1")
    with pytest.raises(TypeError, match=r"^broken\(2.0\) returned None: None is not a number"):
        broken(Value(2.0))


def test_a_row_of_python_functions_is_copied():
    z = pickle.loads(pickle.dumps(gamma(Value(2.5))))
    assert z.edges[0][1] == pytest.approx(slope_of_gamma(2.5))


@pytest.mark.parametrize(
    "names", ["R I", "T kB", "r R", "m dm", "x dx", "new old", "op tick", "y x", "高 _1", "ß ς", "X Y", "Value float"]
)
def test_operands_may_have_any_names(names):
    a, b = names.split()
    product = define("product", f"{a} * {b} ** 2", **{f"d{a}": f"{b} ** 2", f"d{b}": f"2 * {a} * {b}"})
    leaves = Value(3.0, label="first"), Value(5.0, label="second")
    z = product(*leaves)
    assert (z.data, z.gradients(leaves)) == (75.0, [25.0, 30.0])
    assert grad(product, (0, 1))(3.0, 5.0) == (25.0, 30.0)
    assert [product(leaves[0], 5.0).data, product(3.0, leaves[1]).data, product(3.0, 5.0)] == [75.0] * 3
    assert vectorize(product, batch=b)(**{a: 3.0, b: [5.0, 1.0]}).tolist() == [75.0, 3.0]
    assert define("double", f"2 * {a}", **{f"d{a}": "2"})(leaves[0]).data == 6.0


@pytest.mark.parametrize("names", ["c x y", "c op new", "c X x", "c dx x"])
def test_three_operands_of_any_names(names):
    c, a, b = names.split()
    mixed = define("mixed", f"{a} * {b} ** 2 + {c}", **{f"d{c}": "1", f"d{a}": f"{b} ** 2", f"d{b}": f"2 * {a} * {b}"})
    leaves = Value(3.0), Value(5.0)
    for first in (True, 1.0):
        z = mixed(first, *leaves)
        assert (z.data, z.gradients(leaves), z.op.name) == (76.0, [25.0, 30.0], "mixed")


@pytest.mark.parametrize("sign", ["+", "-", "*"])
def test_conditions_count_as_numbers_everywhere(sign):
    op = define("count", f"x * ((x > 0) {sign} (y > 0) {sign} (x and y))", dx=f"-((x > 0) {sign} 1)", dy="(x > y) + 1")
    program = vectorize(op, batch=("x", "y"))
    x, y = np.array([1.0, -1.0, 2.0, 0.0]), np.array([1.0, 2.0, -3.0, 1.0])
    assert program(x=x, y=y).tolist() == [op(*pair) for pair in zip(x.tolist(), y.tolist(), strict=True)]
    _, gradients = program.value_and_grad(x=x, y=y, wrt=("x", "y"))
    slopes = [op(Value(a), Value(b)).edges for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    assert [[4 * g for g in gradients[name].tolist()] for name in "xy"] == [[e[i][1] for e in slopes] for i in (0, 1)]
    assert type(op(1.0, 1.0)) is float


def test_and_joins_conditions():
    message = "f: 'and' joins conditions, such as x > 0\n    x > 0 and x + 1\n              ^^^^^"
    with pytest.raises(FormulaError, match=f"^{re.escape(message)}$"):
        define("f", "x > 0 and x + 1", dx="0")


@pytest.mark.parametrize("name", ["where", "sum", "exp", "zip"])
def test_a_python_function_may_be_called_like_a_function_of_formulas(name):
    square = define(name, value=lambda x: x * x, dx=lambda x: 2 * x)
    assert square(Value(3.0)).edges[0][1] == 6.0
    assert vectorize(square, batch="x")(x=[3.0]).tolist() == [9.0]


def test_a_python_function_need_not_be_hashable():
    line = define("line", value=np.poly1d([2.0, 1.0]), dx="2")
    assert line(Value(3.0)).data == 7.0


def test_a_mistake_in_a_python_function_is_told():
    parsed = define("parsed", value=lambda x: int("a"), dx="1")
    with pytest.raises(DomainError, match=r"^parsed\(x\) is not defined at x = 2.0$") as error:
        parsed(Value(2.0))
    assert "invalid literal for int()" in str(error.value.__cause__)
