"""Values and NumPy: the tables of docs/numpy.md line by line, and what does not fit into a table."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import Value, grad
from autograd.extensions.expressions import expression
from tests.programs import one_sided_slopes

PAGE = (Path(__file__).parents[2] / "docs" / "numpy.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(.*)` \| (?:`(.*)`|(TypeError: .*)) \|$", PAGE, re.M)


def shown(result):
    if type(result) is Value:
        return result.label or expression(result)
    if isinstance(result, np.ndarray | list):
        return f"[{', '.join(shown(part) for part in result)}]"
    return repr(result.item() if isinstance(result, np.generic) else result)


@pytest.mark.parametrize(("code", "result", "error"), ROWS, ids=[code for code, *_ in ROWS])
def test_a_line_of_the_tables(code, result, error):
    v, w = Value(0.5, label="v"), Value(2.0, label="w")
    scope = {"np": np, "autograd": autograd, "math": math, "v": v, "w": w}
    if error:
        with pytest.raises(TypeError) as caught:
            eval(code, scope)
        assert f"TypeError: {caught.value}".startswith(error)
        return
    found = eval(code, scope)
    assert shown(found) == result
    for root in np.ravel(np.asarray(found, dtype=object)):
        for leaf in (v, w) if type(root) is Value else ():
            left, right = one_sided_slopes(root, leaf)
            assert root.gradients([leaf]) == [pytest.approx((left + right) / 2, rel=1e-12)]


def test_the_tables_are_read():
    assert len(ROWS) >= 30


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble, np.int8, np.uint64, np.bool_])
def test_scalars_of_every_type_on_either_side(kind):
    v = Value(0.5)
    for product in (kind(1) * v, v * kind(1)):
        assert (type(product), product.data, product.gradients([v])) == (Value, 0.5, [1.0])


def test_in_place_operators_on_arrays_of_values():
    v, w = Value(0.5), Value(2.0)
    a = np.array([v, w])
    a += v
    a *= 2.0
    assert [e.data for e in a] == [2.0, 5.0]
    assert a[0].gradients([v]) == [4.0]
    floats = np.zeros(2)
    with pytest.raises(TypeError, match="would lose its gradient"):
        floats += v
    assert floats.tolist() == [0.0, 0.0]


def test_functions_of_the_table_on_arrays_of_floats_give_floats():
    result = autograd.softplus(np.array([[0.0, 1.0]]))
    assert result.dtype == float
    assert result == pytest.approx(np.log1p(np.exp([[0.0, 1.0]])))


def test_reductions_outer_products_and_statistics():
    v, w = Value(0.5), Value(2.0)
    assert [e.data for e in np.add.outer(v, np.arange(2.0))] == [0.5, 1.5]
    assert np.sum(v) is v
    assert np.std(np.array([v, w])).gradients([v, w]) == pytest.approx([-0.5, 0.5])
    assert np.isfinite(v)
    assert not np.isnan(v)


def test_options_that_cannot_be_kept_are_named():
    with pytest.raises(TypeError, match=r"np\.add with dtype cannot keep the gradient of a Value; use \.data for"):
        np.add(Value(1.0), 2.0, dtype=float)


def test_masked_arrays_keep_gradients_and_masks_or_fail():
    masked = np.ma.array([1.0, 2.0, 4.0], mask=[False, True, False])
    assert grad(lambda x: (masked * x).sum())(1.0) == 5.0
    assert grad(lambda x: (x + masked).sum() * x)(1.0) == 9.0
    with pytest.raises(TypeError, match=r"numpy\.ma\.MaskedArray is not an ordinary array: pass np\.asarray"):
        autograd.exp(masked)
    with pytest.raises(TypeError, match="MaskedArray is not an ordinary array"):
        grad(np.sum)(masked)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_matrices_are_refused_as_arguments():
    with pytest.raises(TypeError, match=r"numpy\.matrix is not an ordinary array: pass np\.asarray"):
        grad(lambda A: np.sum(A * A))(np.matrix([[1.0, 2.0]]))


def test_logaddexp_loses_nothing():
    for x, y in [(0.1, -1e30), (0.1, -1e10), (0.1, -math.inf), (-1e30, 0.1), (3.0, 3.0), (-800.0, -801.0)]:
        v = Value(x)
        z = np.logaddexp(v, y)
        assert z.data == np.logaddexp(x, y)
        assert z.gradients([v]) == pytest.approx([1 / (1 + math.exp(min(y - x, 700)))])
    assert grad(grad(lambda x: np.logaddexp(x, 1.0)))(1.0) == 0.25
    assert np.logaddexp(Value(-math.inf), -math.inf).data == -math.inf


@pytest.mark.parametrize("name", "exp2 fabs floor degrees radians deg2rad rad2deg fmax fmin square sqrt".split())
def test_what_works_on_a_value_works_on_an_array_of_values(name):
    ufunc = getattr(np, name)
    numbers = [1.5, 2.5]
    values = [Value(x) for x in numbers]
    results = ufunc(*[np.array(values)] * ufunc.nin)
    alone = [ufunc(*[v] * ufunc.nin) for v in values]
    assert [z.data for z in results] == [z.data for z in alone] == [float(ufunc(*[x] * ufunc.nin)) for x in numbers]
    assert [z.gradients([v]) for z, v in zip(results, values, strict=True)] == [
        z.gradients([v]) for z, v in zip(alone, values, strict=True)
    ]


def test_fmax_and_fmin_leave_nan_out():
    v = Value(1.0)
    for ufunc in (np.fmax, np.fmin):
        assert ufunc(v, math.nan) is v
        assert ufunc(math.nan, v) is v
    assert (np.fmax(v, 2.0).data, np.fmin(v, 2.0).gradients([v])) == (2.0, [1.0])


def test_arrays_without_dimensions_and_without_elements():
    assert grad(lambda x: np.where(x > 0, x, -x))(-2.0) == -1.0
    assert grad(lambda x: np.squeeze(x * 2))(np.array([2.0])).tolist() == [2.0]
    assert autograd.exp(np.array([])).dtype == float
    with pytest.raises(TypeError, match=r"np\.add\.at cannot keep the gradient of a Value"):
        np.add.at(np.zeros(2), 0, Value(1.0))


def test_remainders_and_quotients_of_numpy():
    x, y = Value(7.5), Value(-2.0)
    assert [z.data for z in (np.mod(x, y), np.remainder(x, y), np.floor_divide(x, y))] == [-0.5, -0.5, -4.0]
    assert np.mod(x, y).gradients([x, y]) == [1.0, 4.0]
    assert [z.data for z in np.divmod(x, 2.0)] == [3.0, 1.5]
    assert [z.data for z in np.array([7.5, -7.5]) % y] == (np.array([7.5, -7.5]) % -2.0).tolist()
    assert [z.data for z in np.array([x, y]) // 2] == [3.0, -1.0]


def test_erf_of_arrays():
    assert [z.data for z in autograd.erf(np.array([Value(0.5), Value(-1.0)]))] == [math.erf(0.5), math.erf(-1.0)]
    assert autograd.erf(np.array([0.5, -1.0])).tolist() == [math.erf(0.5), math.erf(-1.0)]


def test_divmod_of_arrays():
    v = Value(3.0)
    for quotients, remainders in (divmod(np.array([7.0, 8.5]), v), np.divmod(np.array([7.0, 8.5]), v)):
        assert [(q.data, r.data) for q, r in zip(quotients, remainders, strict=True)] == [(2.0, 1.0), (2.0, 2.5)]
        assert remainders[0].gradients([v]) == [-2.0]


def test_the_sign_of_zero():
    assert [np.signbit(Value(x)) for x in (-0.0, 0.0, -1.0)] == [True, False, True]
