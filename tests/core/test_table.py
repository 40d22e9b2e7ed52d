"""Every row of the table, against SymPy, against 50-digit numbers, and at the edges it documents."""

import inspect
import itertools
import math
import random

import mpmath as mp
import pytest
import sympy as sp

from autograd.core.recording import functions
from autograd.core.table import OPERATIONS, DomainError, PoleError
from autograd.core.value import Value
from autograd.formula.systems import mpmath, sympy
from tests.core.programs import is_smooth, random_number

ROWS = [op for op in OPERATIONS.values() if not op.nary and op.name != "where"]
NAMES = [op.name for op in ROWS]
SYMBOLS = sp.symbols("x y", real=True)
DIGITS = mpmath(50)

# The definitions, written here once more and independently, as SymPy has them.
x, y = SYMBOLS
DEFINITIONS = {
    "add": x + y, "sub": x - y, "mul": x * y, "truediv": x / y, "pow": x**y, "neg": -x, "pos": x, "abs": sp.Abs(x),
    "sign": sp.sign(x), "floor": sympy().functions["floor"](x),
    "exp": sp.exp(x), "expm1": sp.exp(x) - 1, "log": sp.log(x), "log1p": sp.log(1 + x), "log2": sp.log(x, 2),
    "log10": sp.log(x, 10), "xlogy": x * sp.log(y), "xlog1py": x * sp.log(1 + y), "sqrt": sp.sqrt(x),
    "cbrt": sp.sign(x) * sp.Abs(x) ** sp.Rational(1, 3), "hypot": sp.sqrt(x**2 + y**2), "sin": sp.sin(x),
    "cos": sp.cos(x), "tan": sp.tan(x), "arcsin": sp.asin(x), "arccos": sp.acos(x), "arctan": sp.atan(x),
    "arctan2": sp.atan2(x, y), "sinh": sp.sinh(x), "cosh": sp.cosh(x), "tanh": sp.tanh(x), "arcsinh": sp.asinh(x),
    "arccosh": sp.acosh(x), "arctanh": sp.atanh(x), "sigmoid": 1 / (1 + sp.exp(-x)), "softplus": sp.log(1 + sp.exp(x)),
    "relu": sp.Max(x, 0), "leaky_relu": sp.Max(x, 0) + sp.Min(x, 0) / 100, "maximum": sp.Max(x, y),
    "minimum": sp.Min(x, y), "mod": x - y * sympy().functions["floor"](x / y),
    "floordiv": sympy().functions["floor"](x / y), "erf": sp.erf(x),
}  # fmt: skip


def points(op, count):
    """Points of all magnitudes at which the operation is smooth, some for each sign of each operand."""
    source = random.Random(op.name)
    found = []
    while len(found) < count:
        operands = [random_number(source, spread=8) for _ in op.operands]
        if op.domain and "1" in op.domain.text:
            operands = [math.copysign(abs(v) % 1 + (op.name == "arccosh"), v) for v in operands]
            operands = [abs(v) for v in operands] if op.name == "arccosh" else operands
        if op.domain and not op.is_defined(operands):
            operands = [abs(v) for v in operands]
        if is_smooth(op, operands):
            found.append(operands)
    return found


def slopes_of(op, operands):
    values = [Value(v) for v in operands]
    z = functions[op.name](*values)
    assert [operand for operand, _ in z.edges] == values
    return z.data, [slope for _, slope in z.edges]


def test_the_independent_definitions_cover_the_table():
    assert set(DEFINITIONS) == set(NAMES)


@pytest.mark.parametrize("op", ROWS, ids=NAMES)
def test_value_and_derivatives_against_sympy(op):
    symbols = SYMBOLS[: len(op.operands)]
    z = DEFINITIONS[op.name]
    oracle = sp.lambdify(symbols, [z, *(sp.diff(z, s) for s in symbols)], [{"DiracDelta": lambda _: 0}, "mpmath"])
    with mp.workdps(50):
        for operands in points(op, 40):
            number, slopes = slopes_of(op, operands)
            exact = [float(mp.re(v)) for v in oracle(*map(mp.mpf, operands))]
            assert [number, *slopes] == pytest.approx(exact, rel=4e-14, abs=0), (op, operands)


@pytest.mark.parametrize("op", ROWS, ids=NAMES)
def test_derivatives_against_finite_differences_of_the_row_itself(op):
    number, f = DIGITS.number, op.value.over(DIGITS)
    for operands in points(op, 20):
        _, slopes = slopes_of(op, operands)
        for i, slope in enumerate(slopes):
            step = number(abs(operands[i])) * number("1e-20")
            ends = [[number(v) + (shift if j == i else 0) for j, v in enumerate(operands)] for shift in (-step, step)]
            difference = float((f(*ends[1]) - f(*ends[0])) / (2 * step))
            assert slope == pytest.approx(difference, rel=4e-14, abs=0), (op, operands, i)


@pytest.mark.parametrize("op", ROWS, ids=NAMES)
def test_sympy_and_the_table_agree_symbolically(op):
    symbols = SYMBOLS[: len(op.operands)]
    z = op.value.over(sympy())(*symbols)
    for symbol, partial in zip(symbols, op.partials, strict=True):
        table = partial.over(sympy())(*symbols, z)
        for operands in points(op, 3):
            at = dict(zip(symbols, map(sp.Float, operands), strict=True))
            assert float(sp.N(table.subs(at))) == pytest.approx(float(sp.N(sp.diff(z, symbol).subs(at))), rel=1e-9)


@pytest.mark.parametrize("op", [op for op in ROWS if op.kink], ids=lambda op: op.name)
def test_the_slope_at_a_kink_is_the_documented_one(op):
    for at in ([0.0] * len(op.operands), [3.0] * len(op.operands)):
        if op.is_defined(at) and op.kink.where.over(mpmath())(*at):
            _, slopes = slopes_of(op, at)
            assert slopes == [slope.over(DIGITS)(*at) for slope in op.kink.slopes]


STABLE = {  # where the naive formula loses all its digits
    ("tanh", 20.0): 1.6993417021166355e-17,
    ("tanh", 400.0): 0.0,
    ("sigmoid", 40.0): 4.248354255291589e-18,
    ("sigmoid", -40.0): 4.248354255291589e-18,
    ("expm1", -40.0): 4.248354255291589e-18,
    ("log1p", 1e-20): 1.0,
    ("arctanh", 1 - 2**-53): 4503599627370496.25,
    ("arcsin", 1 - 2**-53): 67108864.0,
    ("softplus", -40.0): 4.248354255291589e-18,
    ("softplus", 800.0): 1.0,
    ("arcsinh", 1e200): 1e-200,
}


@pytest.mark.parametrize(("name", "at"), STABLE)
def test_derivatives_keep_their_digits(name, at):
    z = functions[name](Value(at))
    assert z.edges[0][1] == pytest.approx(STABLE[name, at], rel=1e-14)


@pytest.mark.parametrize(("name", "at", "expected"), [
    ("sigmoid", -1000.0, 0.0), ("sigmoid", 1000.0, 1.0), ("softplus", 1000.0, 1000.0), ("softplus", -1000.0, 0.0),
    ("tanh", 1000.0, 1.0), ("arctan", 1e300, math.pi / 2), ("hypot", (3e200, 4e200), 5e200), ("cbrt", -8.0, -2.0),
])  # fmt: skip
def test_an_overflow_on_the_way_to_a_finite_result_does_not_count(name, at, expected):
    operands = at if isinstance(at, tuple) else (at,)
    assert functions[name](*map(Value, operands)).data == pytest.approx(expected, rel=1e-15)
    assert functions[name](*operands) == pytest.approx(expected, rel=1e-15)


INFINITE_OR_MISSING = [
    ("sqrt", (0.0,), [math.inf]),
    ("sqrt", (-0.0,), [math.inf]),
    ("cbrt", (0.0,), [math.inf]),
    ("arcsin", (1.0,), [math.inf]),
    ("arccos", (-1.0,), [-math.inf]),
    ("arccosh", (1.0,), [math.inf]),
    ("arctan2", (0.0, 0.0), [math.nan, math.nan]),
    ("pow", (0.0, 0.5), [math.inf, 0.0]),
    ("pow", (-2.0, 3.0), [12.0, math.nan]),
]


@pytest.mark.parametrize(("name", "operands", "slopes"), INFINITE_OR_MISSING)
def test_infinite_and_missing_derivatives_do_not_stop_the_forward_pass(name, operands, slopes):
    assert slopes_of(OPERATIONS[name], operands)[1] == pytest.approx(slopes, nan_ok=True)


# Every combination of zero, negative and whole-numbered base and exponent: value, slope in x, slope in y.
NAN, INF = math.nan, math.inf
POWERS = {
    (2.0, 3.0): (8.0, 12.0, 8 * math.log(2)),
    (2.0, 0.5): (math.sqrt(2), 0.5 / math.sqrt(2), math.sqrt(2) * math.log(2)),
    (2.0, -1.0): (0.5, -0.25, 0.5 * math.log(2)),
    (2.0, 0.0): (1.0, 0.0, math.log(2)),
    (0.0, 3.0): (0.0, 0.0, 0.0),
    (0.0, 1.0): (0.0, 1.0, 0.0),
    (0.0, 0.5): (0.0, INF, 0.0),
    (0.0, 0.0): (1.0, 0.0, 0.0),
    (-0.0, 2.0): (0.0, 0.0, 0.0),
    (-2.0, 3.0): (-8.0, 12.0, NAN),
    (-2.0, 2.0): (4.0, -4.0, NAN),
    (-2.0, 0.0): (1.0, 0.0, NAN),
    (-2.0, -1.0): (-0.5, -0.25, NAN),
    (0.0, -1.0): PoleError,
    (0.0, -0.5): PoleError,
    (-2.0, 0.5): DomainError,
    (-2.0, -1.5): DomainError,
}


@pytest.mark.parametrize(("base", "exponent"), POWERS)
def test_every_power_has_its_documented_value_and_slopes(base, exponent):
    expected = POWERS[base, exponent]
    ways = [
        lambda: Value(base) ** Value(exponent),
        lambda: Value(base) ** exponent,
        lambda: base ** Value(exponent),
        lambda: functions["pow"](base, Value(exponent)),
    ]
    if isinstance(expected, type):
        for way in [*ways, lambda: functions["pow"](base, exponent)]:
            with pytest.raises(expected, match=r"x \*\* y is not defined at x = "):
                way()
        return
    z, dx, dy = expected
    for way, slopes in zip(ways, ([dx, dy], [dx], [dy], [dy]), strict=True):
        result = way()
        assert result.data == pytest.approx(z)
        assert [slope for _, slope in result.edges] == pytest.approx(slopes, nan_ok=True)


@pytest.mark.parametrize("op", [*ROWS, OPERATIONS["where"]], ids=lambda op: op.name)
def test_nan_is_never_swallowed(op):
    for position in range(len(op.operands)):
        operands = [Value(0.5) for _ in op.operands]
        operands[position] = Value(NAN)
        if op.name == "where":
            operands[0] = position == 1
        if (op.name, position) in {("where", 0)}:
            continue
        assert math.isnan(functions[op.name](*operands).data), (op, position)


@pytest.mark.parametrize("op", ROWS, ids=NAMES)
def test_floats_in_float_out_and_the_same_number_as_with_values(op):
    for operands in points(op, 10):
        z = functions[op.name](*operands)
        assert type(z) is float
        for kinds in itertools.product((float, Value), repeat=len(operands)):
            mixed = functions[op.name](*(kind(v) for kind, v in zip(kinds, operands, strict=True)))
            assert getattr(mixed, "data", mixed) == z
            assert getattr(mixed, "args", None) is None or [getattr(a, "data", a) for a in mixed.args] == operands


def test_nan_times_zero_is_nan_in_xlogy_too():
    assert math.isnan(functions["xlogy"](0.0, NAN))
    assert functions["xlogy"](0.0, 0.0) == 0.0


def test_a_hypotenuse_can_overflow():
    with pytest.raises(OverflowError, match=r"hypot\(x, y\) overflows at x = 1.7e\+308, y = 1.7e\+308"):
        functions["hypot"](Value(1.7e308), 1.7e308)


def test_where_chooses_and_passes_the_gradient_to_the_chosen():
    where = functions["where"]
    a, b = Value(2.0), Value(3.0)
    z = where(a > b, a, b)
    assert (z.data, z.gradients([a, b])) == (3.0, [0.0, 1.0])
    assert (where(True, 1.0, 2.0), where(0.0, 1, 2)) == (1.0, 2.0)
    assert where(Value(1.0), a, b).gradients([a, b]) == [1.0, 0.0]


def test_functions_are_documented_by_their_rows():
    assert functions["log"].__doc__ == (
        "z = log(x), with dz/dx = 1 / x.\n\n"
        "Defined where x > 0; DomainError elsewhere.  A Value if an operand is one, else a float."
    )
    assert str(inspect.signature(functions["dot"])) == "(x, y, /)"
    assert repr(OPERATIONS["tanh"]) == "tanh: z = tanh(x), dz/dx = (1 / cosh(x)) ** 2"
    assert repr(OPERATIONS["maximum"]).endswith("1/2 at x = y")


@pytest.mark.parametrize(("x", "y"), [*itertools.product((7.5, -7.5, 6.0, -0.0), (2.0, -2.0, 0.1))])
def test_remainders_are_pythons_with_the_slopes_of_x_minus_y_times_the_quotient(x, y):
    quotient, remainder = divmod(Value(x), y)
    assert (quotient.data, remainder.data) == divmod(x, y)
    a, b = Value(x), Value(y)
    assert (a % b).gradients([a, b]) == [1.0, -(x // y)]
    assert (a // b).gradients([a, b]) == [0.0, 0.0]
    assert [v.data for v in (x % b, x // b, *divmod(x, b))] == [x % y, x // y, *divmod(x, y)]


@pytest.mark.parametrize("sign", ["%", "//"])
def test_a_remainder_of_a_division_by_zero_is_refused(sign):
    with pytest.raises(PoleError, match=rf"x {sign} y is not defined at x = 1.0, y = 0.0: it needs y != 0"):
        functions["mod" if sign == "%" else "floordiv"](Value(1.0), 0.0)
