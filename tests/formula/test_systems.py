"""Number systems: the same formulas over floats, IEEE floats and NumPy's numbers."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograd import OPERATIONS
from autograd.formula.language import Formula
from autograd.formula.systems import FLOATS, IEEE, PRIMITIVES, ieee

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]
numbers = st.one_of(st.sampled_from(SPECIAL), st.floats())


def same(a, b):
    both_nan = math.isnan(a) and math.isnan(b)
    return both_nan or a == b or math.isclose(a, b, rel_tol=1e-14, abs_tol=1e-323)


FORMULAS = {name: f"{name}({', '.join('xyc'[:arity])})" for name, arity in PRIMITIVES.items() if name != "where"}
FORMULAS |= {sign: f"x {sign} y" for sign in "+ - * / ** % //".split()}


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_floats_under_the_rules_of_ieee_754_are_those_of_numpy(text):
    formula = Formula(text, ("x", "y"))
    ours, numpys = formula.over(IEEE), formula.over(ieee())

    @settings(max_examples=40)  # for each formula
    @given(numbers, numbers)
    def agrees(x, y):
        assume((text, x, y) != ("x ** y", -math.inf, 0.5))  # NumPy takes the square root, which is nan
        with np.errstate(all="ignore"):
            expected = float(numpys(np.float64(x), np.float64(y)))
        assert same(ours(x, y), expected), (text, x, y, ours(x, y), expected)

    agrees()


@given(numbers)
def test_where_floats_compute_they_agree_with_ieee(x):
    for op in OPERATIONS.values():
        if len(op.operands) == 1 and not op.nary:
            try:
                expected = op.value.over(FLOATS)(x)
            except (ArithmeticError, ValueError):
                continue
            assert same(op.value.over(IEEE)(x), expected), op


def test_erf_of_arrays_without_scipy():
    code = (
        "import sys; sys.modules['scipy'] = sys.modules['scipy.special'] = None\n"
        "import math, numpy as np\n"
        "from autograd import erf, vectorize\n"
        "x = np.array([[0.0, -0.5], [3.0, np.nan]])\n"
        "program = vectorize(lambda w, x: erf(w * x[0] + x[1]), batch='x')\n"
        "value, slopes = program.value_and_grad(w=0.5, x=x[:1])\n"
        "assert value == erf(0.5 * 0.0 - 0.5), value\n"
        "assert type(erf(x)) is np.ndarray and erf(x)[1, 0] == math.erf(3.0)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
