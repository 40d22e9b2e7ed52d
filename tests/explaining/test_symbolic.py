"""Derivatives as formulas: right for every row, and written as one writes them."""

import math

import pytest
import sympy as sp

from autograd import (
    OPERATIONS,
    Constant,
    Value,
    abs,
    arctan2,
    cbrt,
    define,
    dot,
    exp,
    hypot,
    log,
    maximum,
    mean,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    where,
)
from autograd.core.graph import adjoints, newest_first
from autograd.core.recording import functions
from autograd.explaining import symbolic
from autograd.explaining.chain import Chain
from autograd.explaining.symbolic import local_formulas, slope_formulas
from autograd.explaining.symbols import MAX_LENGTH, TEXTBOOK, Alphabet, sizes
from autograd.explaining.sympy_notation import function, source, system
from autograd.formula.systems import FLOATS, sympy
from tests.programs import apply

SMOOTH = [op for op in OPERATIONS.values() if op.name not in ("where", "sign", "floor", "floordiv")]


def operands_of(op):
    n = 3 * len(op.operands) if op.nary else len(op.operands)
    start = 1.3 if op.name == "arccosh" else 0.3
    return [Value(start + 0.17 * i, f"x{i}") for i in range(n)]


@pytest.mark.parametrize("op", SMOOTH, ids=lambda op: op.name)
def test_every_row_has_formulas_that_give_the_derivative_that_sympy_finds(op):
    operands = operands_of(op)
    node = apply(functions[op.name], op, operands)
    formulas = local_formulas(node, {x: x.label for x in operands} | {node: "z"})
    symbols = [sp.Symbol(x.label, real=True) for x in operands]
    value = op.value.over(sympy())(
        *(op.columns(symbols) if op.nary else symbols), *([sp.Integer(3)] if op.nary else [])
    )
    numbers = {s: sp.Float(x.data, 30) for s, x in zip(symbols, operands, strict=True)}
    for formula, (operand, local) in zip(formulas, node.edges, strict=True):
        expected = float(sp.diff(value, sp.Symbol(operand.label, real=True)).evalf(20, subs=numbers))
        assert math.isclose(local, expected, rel_tol=1e-12)
        assert formula.gives(expected)
        assert not formula.gives(expected * 1.001 + 1e-6)


@pytest.mark.parametrize("op", TEXTBOOK, ids=lambda op: op.name)
@pytest.mark.parametrize("x", [0.01, 0.5, 1.0, 2.5, 6.0])
def test_textbook_forms_are_the_derivatives_of_the_table(op, x):
    (z,) = (op.value.over(FLOATS)(x),)
    assert math.isclose(TEXTBOOK[op].over(FLOATS)(x, z), op.partials[0].over(FLOATS)(x, z), rel_tol=1e-9)


A, B, C, Y = Value(0.7, "a"), Value(1.3, "b"), Value(-0.4, "c"), Constant(1.5, "y")
cube = define("cube", "x ** 3", dx="3 * x ** 2")

WRITTEN = [
    ((A * B + C - 1.5) ** 2, A, "2·b·(a·b + c - 1.5)"),
    ((A - Y) ** 2 / 2, A, "a - y"),
    (sigmoid(A * B), A, "b·z·(1 - z)"),
    ((sigmoid(A) - Y) ** 2, A, "2·(1 - sigmoid(a))·(sigmoid(a) - y)·sigmoid(a)"),
    (tanh(A), A, "1 - z²"),
    (relu(A), A, "1 if a > 0 else 0"),
    (relu(A) * B, A, "b·(1 if a > 0 else 0)"),
    (0.1 * A**2, A, "0.2·a"),
    (0.5 * (A - Y) ** 2, A, "a - y"),
    (maximum(A, A) * B, A, "b"),
    (A * -1.5 * B, A, "-1.5·b"),
    (A**B, A, "a^(b - 1)·b"),
    (A**B, B, "z·log(a)"),
    (A**0.5, A, "1/(2·sqrt(a))"),
    (A**-2, A, "-2/a³"),
    (sqrt(A), A, "1/(2·z)"),
    (cbrt(A), A, "1/(3·z²)"),
    (A / B, B, "-z/b"),
    (log(A) / B, A, "1/(a·b)"),
    (exp(A * 2) / 2, A, "exp(2·a)"),
    (softplus(-A), A, "-sigmoid(-a)"),
    (abs(A), A, "sign(a)"),
    (maximum(A, B), B, "1 if b > a else 0"),
    (arctan2(A, B), A, "b/hypot(a, b)²"),
    (hypot(A, B), A, "a/z"),
    (dot([A, B], [B, 2.0]), B, "a + 2.0"),
    (mean([A * A, B, C]), A, "2·a/3"),
    (where(A > 0, A * A, B), A, "2·a"),
    (cube(A), A, "3·a²"),
    ((cube(A) - Y) ** 2, A, "6·a²·(cube(a) - y)"),
    (-A * B + C, A, "-b"),
    (2 - (A - B) ** 3, B, "3·(a - b)²"),
]


@pytest.mark.parametrize(("z", "wrt", "text"), WRITTEN, ids=[text for _, _, text in WRITTEN])
def test_formulas_are_written_as_by_hand(z, wrt, text):
    formula = slope_formulas(newest_first(z), {A: "a", B: "b", C: "c", z: "z"})[wrt]
    assert formula.text == text
    assert formula.gives(z.gradients([wrt])[0])


hill = define("hill", "x ** 2 / (1 + y * x ** 2)", dx="2 * z ** 2 / x ** 3", dy="-z ** 2")


def test_operations_of_the_user_are_functions_in_formulas():
    z = hill(A * B, 2.0) ** 2
    formula = slope_formulas(newest_first(z), {A: "a", B: "b", z: "z"})[A]
    assert formula.text == "4·hill(a·b, 2.0)³/(a³·b²)"
    assert formula.gives(z.gradients([A])[0])
    assert not formula.gives(z.gradients([A])[0] * 1.001)


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
@pytest.mark.parametrize("x", [-6.0, -0.3, -1e-9, 0.0])
def test_textbook_forms_hold_for_negative_numbers_too(name, x):
    op = OPERATIONS[name]
    z = op.value.over(FLOATS)(x)
    assert math.isclose(TEXTBOOK[op].over(FLOATS)(x, z), op.partials[0].over(FLOATS)(x, z), rel_tol=1e-9)


@pytest.mark.parametrize("name", ["sign", "floor"])
def test_steps_are_flat(name):
    node = functions[name](B)
    (formula,) = local_formulas(node, {B: "b", node: "z"})
    assert formula.text == "0"
    assert formula.gives(node.edges[0][1])


def test_a_formula_that_is_wrong_at_this_point_is_not_one_for_it():
    tie = maximum(A, Value(0.7, "d"))
    (formula, _) = local_formulas(tie, {x: x.label for x in tie.args} | {tie: "z"})
    assert formula.text == "1 if a > d else 0"
    assert not formula.gives(tie.edges[0][1])
    edge = Value(0.0, "x") ** 0
    assert edge.edges[0][1] == 0.0
    assert all(formula.gives(0.0) for formula in local_formulas(edge, {edge.args[0]: "x", edge: "z"}))


def test_a_name_that_means_two_things_makes_no_formula():
    other = Value(2.0, "a")
    z = A * B + other * B
    formula = slope_formulas(newest_first(z), {A: "a", B: "b", other: "a", z: "z"})[B]
    assert formula.text == "a + a"
    assert not formula.gives(A.data + other.data)
    product = A * other
    formula = slope_formulas(newest_first(product), {A: "a", other: "a", product: "z"})[A]
    assert formula.text == "a"
    assert not formula.gives(other.data)


def test_expressions_too_long_to_be_read_have_no_formulas():
    y = A
    for _ in range(300):
        y = tanh(y)
    assert slope_formulas(newest_first(y), {A: "a", y: "z"}) == {}
    y = A
    for _ in range(60):
        y = y * y + 0.5
    assert slope_formulas(newest_first(y), {A: "a", y: "z"}) == {}


def unnamed_chain(x):
    y = x
    for i in range(100):
        y = (sin(y), exp(y) * 0.1, y * y * 0.5)[i % 3]
    return y


def polynomial(x):
    y = 1.0
    for i in range(80):
        y = y * x + (i + 0.5)
    return y


def sigmoids(x):
    y = x
    for _ in range(20):
        y = sigmoid(Value(0.5) * y)
    return y


def sines(x):
    y = x
    for _ in range(60):
        y = sin(y) + x
    return y


@pytest.mark.parametrize("shape", [unnamed_chain, polynomial, sigmoids, sines])
def test_no_time_is_spent_on_formulas_that_are_too_long_to_read(shape, monkeypatch):
    lengths = []

    def length(alphabet, expr):
        lengths.append(measured(alphabet, expr))
        return lengths[-1]

    measured = Alphabet._length
    monkeypatch.setattr(Alphabet, "_length", length)
    monkeypatch.setattr(symbolic, "_tidied", lambda expr, alphabet: pytest.fail(f"simplified {expr}"))
    x = Value(0.9)
    z = shape(x)
    assert x not in slope_formulas(newest_first(z), Chain(z).names)
    assert len(lengths) < 1000
    assert max(lengths, default=0) < 4 * MAX_LENGTH


def test_a_long_formula_does_not_hide_a_short_one():
    w = Value(0.5, "w")
    z = w * A + sigmoids(B)
    formulas = slope_formulas(newest_first(z), Chain(z).names | {A: "a"})
    assert formulas[w].text == "a"
    assert B not in formulas


def test_the_length_of_a_formula_is_a_lower_bound():
    for z, wrt, text in WRITTEN:
        formula = slope_formulas(newest_first(z), {A: "a", B: "b", C: "c", z: "z"})[wrt]
        assert formula._alphabet.length(formula._untidied) <= len(text) + 8, "apart from numbers that are multiplied"


def test_of_a_sum_over_many_terms_each_formula_is_short():
    w = [Value(0.5, f"w[{i}]") for i in range(1000)]
    x = [Constant(1.0 + i, f"x[{i}]") for i in range(1000)]
    z = dot(w, x) + B
    formulas = slope_formulas(newest_first(z), {v: v.label for v in [*w, B]} | {z: "z"})
    assert formulas[w[7]].text == "x[7]"


def test_one_backward_pass_serves_all_numbers():
    z = (A * B + C) ** 2
    found = adjoints(z, newest_first(z))
    assert [found[v] for v in (A, B, C)] == z.gradients([A, B, C])


def test_sympy_takes_functions_as_they_are_written_and_gives_source_back():
    x, y = sp.symbols("x y")
    assert source(function("sigmoid")(x) * 2 + function("remainder")(x, y + 1)) == "((x) % (y + 1)) + 2*sigmoid(x)"
    where = system().functions["where"]
    assert where(x > y, x, y) == function("where")(x > y, x, y)
    assert where(sp.Gt(x, x, evaluate=False), x, y) == y
    assert where(sp.Ge(x, x, evaluate=False), x, y) == x


def test_sizes_count_what_is_written():
    y = A * B
    z = y * y
    assert [sizes([z, y])[v] for v in (y, z)] == [3, 7]
    total = dot([A] * 50, [B] * 50)
    assert sizes([total])[total] == 101
    assert sizes([total], wide=1)[total] == 1
