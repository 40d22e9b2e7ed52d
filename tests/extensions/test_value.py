"""Additions of the extensions to a Value: NumPy, copies, and expressions in its messages."""

import copy
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

import autograd
from autograd import Constant, DomainError, StaleGraphError, Value, dot, exp


def test_a_leaf_changed_after_the_forward_pass_makes_the_graph_stale():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    y_hat = (w * 2.0 + b).named("ŷ")
    L = (y_hat - 1.5) ** 2
    w.data = 0.7
    for use in (L.backward, lambda: L.gradients([w])):
        with pytest.raises(StaleGraphError) as error:
            use()
        assert str(error.value) == (
            "'w' was changed to 0.7 after w·2.0 had been computed from it, so the recorded derivatives belong to the "
            "old number. Run the forward pass again, then call backward()."
        )
    assert [v.grad for v in (w, b, y_hat, L)] == [None] * 4, "a refused pass changes nothing"
    (w * 2.0 + b).backward()
    assert w.grad == 2.0


def test_comparisons_with_numbers_of_numpy():
    assert Value(1.0) >= np.float64(1.0)
    assert np.longdouble(1.0) == Value(1.0)
    assert np.float64(1.0) > Value(0.5)


def test_constants_of_numpy_are_kept_as_floats():
    x = Value(3.0)
    assert (x + np.float32(0.5)).args == (x, 0.5)
    assert type((x + np.float64(0.5)).args[1]) is float
    for other in (np.float64(0.5), np.float32(0.5)):
        assert (x * other).data == (other * x).data == 1.5
        assert autograd.maximum(x, other).args[1] == 0.5
    assert (np.int64(1) * x).data == 3.0
    x.data = np.float32(4.0)
    assert type(x.data) is float
    z = dot([x, 2.0], [np.float32(3), x])
    assert (z.data, type(z.args[2])) == (20.0, float)
    assert dot(np.array([x, x]), range(2)).data == dot([x], np.ones(1)).data == 4.0
    assert type(autograd.sum(np.arange(3))) is float
    assert autograd.where(np.bool_(True), 1.0, 2.0) == 1.0


def test_a_formatted_result_shows_how_it_was_computed():
    y = (Value(0.5, label="w") * 2 + 0.1).named("ŷ")
    assert str(y) == f"{y}" == "ŷ = w·2 + 0.1 = 1.1"


def test_numpy_scalars_arrays_and_functions():
    v, w = Value(0.5), Value(2.0)
    for scalar in (np.float64(2), np.float32(2), np.int64(2), np.longdouble(2)):
        for product in (scalar * v, v * scalar):
            assert type(product) is Value
            assert (product.data, product.gradients([v])) == (1.0, [2.0])
    assert [p.data for p in np.arange(3.0) * v] == [p.data for p in v * np.arange(3.0)] == [0.0, 0.5, 1.0]
    z = np.array([v, w]) @ np.array([1.0, 2.0])
    assert (z.data, z.gradients([v, w])) == (4.5, [1.0, 2.0])
    assert np.exp(v).gradients([v]) == [math.exp(0.5)]
    assert [e.data for e in np.tanh(np.array([v, w]))] == [math.tanh(0.5), math.tanh(2.0)]
    assert np.maximum(v, 1.0).data == 1.0
    assert (np.square(v).data, np.abs(v).data, np.sum([v, w]).data, np.mean([v, w]).data) == (0.25, 0.5, 2.5, 1.25)
    assert np.float64(1.0) > v
    with pytest.raises(TypeError, match=r"np\.gcd cannot keep the gradient of a Value; use \.data for just the number"):
        np.gcd(v, 2)
    with pytest.raises(TypeError, match=r"turning 0\.5·2 into a plain number would lose its gradient"):
        np.multiply(v, 2, out=np.empty(()))


def test_an_array_of_a_single_number_is_one():
    assert Value(np.array(2.0)).data == 2.0
    assert (Value(1.0) + np.array(2)).data == 3.0
    assert Constant(np.array(2.0), "x") == 2.0
    with pytest.raises(TypeError, match=r"Value\(array\('2'.*: a string is not a number"):
        Value(np.array("2"))
    with pytest.raises(TypeError, match="it is a Value already"):
        Value(np.array(Value(2.0)))
    for other in (np.ma.masked, np.datetime64("2020-01-01", "ns"), np.array("2020-01-01", "datetime64[ns]")):
        with pytest.raises(TypeError, match=r"a date is not a number; write the days|one number is needed here"):
            Value(other)
    torch = pytest.importorskip("torch")
    assert Value(torch.tensor(2.0, requires_grad=True)).data == 2.0


def test_copies_of_small_graphs():
    w = Value(0.5, label="w")
    y = exp(w * Constant(2.0, "x"))
    for clone in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        clone.backward()
        assert clone.data == y.data
        assert clone.args[0].args[1].label == "x"
    assert w.grad is None
    w.data = 1.0
    with pytest.raises(StaleGraphError):
        copy.deepcopy(y)


def test_a_pickled_graph_can_be_continued_in_another_process(tmp_path):
    w = Value(0.5, label="w")
    (tmp_path / "graph").write_bytes(pickle.dumps((w, (w * w).named("h"))))
    code = (
        "import pickle; w, h = pickle.load(open('graph', 'rb')); L = h * w + h; L.backward();"
        "assert (L.data, w.grad, h.grad) == (0.375, 1.75, 1.5), (L, w, h)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stderr == ""


MESSAGES = {
    "Value(np.zeros(2))": "Value(array([0., 0.])): one number is needed here",
    "autograd.draw(3)": "draw takes Values, not 3",
    "autograd.draw(p, wrt='w')": "draw takes Values, not 'w'",
    "math.exp(w * 2)": "turning w·2 into a plain number would lose its gradient: use .data if you want just the "
    "number, or the functions of autograd and NumPy (autograd.exp, np.radians, ...) instead of those of math",
    "np.array([w], float)": "turning 'w' into a plain number would lose its gradient",
}


@pytest.mark.parametrize("code", MESSAGES)
def test_a_wrong_type_is_replayed_with_advice(code):
    w = Value(0.5, label="w")
    p = (w * 2 - 1).named("p")
    names = {**vars(autograd), "np": np, "math": math, "w": w, "p": p, "autograd": autograd}
    with pytest.raises(TypeError) as error:
        eval(code, names)
    assert MESSAGES[code] in str(error.value)


UNDEFINED = {
    "log(p)": (DomainError, "log(x) is not defined at x = -0.2 (x is 'p' = w·x + b): it needs x > 0"),
    "log(w * c)": (DomainError, "log(x) is not defined at x = -1.0 (x is w·c): it needs x > 0"),
}


@pytest.mark.parametrize("code", UNDEFINED)
def test_a_number_outside_the_domain_is_replayed(code):
    w, b, c = Value(0.5, label="w"), Value(0.3, label="b"), Constant(-2.0, "c")
    p = (w * Constant(-1.0, "x") + b).named("p")
    names = {**vars(autograd), "math": math, "w": w, "p": p, "c": c, "autograd": autograd}
    kind, message = UNDEFINED[code]
    with pytest.raises(kind) as error:
        eval(code, names)
    assert message in str(error.value)
    assert isinstance(error.value, OverflowError | ValueError)


def test_data_of_an_inner_node_cannot_be_set():
    w = Value(0.5, label="w")
    y = (w * 2.0).named("ŷ")
    with pytest.raises(AttributeError) as error:
        y.data = 3.0
    assert str(error.value) == (
        ".data of ŷ = w·2.0 cannot be set: it is the result of an operation. Set .data of a leaf it was computed from, "
        "then run the forward pass again."
    )
    assert y.data == 1.0
