"""The quick way into a program: taken for usual arguments like those of an earlier call, and for no others."""

import numpy as np
import pytest

from autograd import Value, dot, vectorize
from autograd.vectorizing.arguments import call_of
from autograd.vectorizing.entry import entry

W, X = np.array([2.0, 3.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def product(w, x):
    return dot(w, x)


def found(arguments, batch=("x",), most_samples=100):
    return entry(lambda *arrays: arrays, call_of(arguments, batch), batch, most_samples)


def test_arrays_are_passed_on_as_they_are():
    quick = found({"w": W, "x": X})
    other = np.ones((5, 2))
    assert quick({"w": W, "x": other}) == (W, other)  # the same objects
    for arguments in (
        {"x": X, "w": W}, {"w": W}, {"w": W, "x": X, "y": X}, {"w": W[:1], "x": X}, {"w": W, "x": X[:, :1]},
        {"w": W, "x": X[:0]}, {"w": W, "x": W}, {"w": W.astype("f"), "x": X}, {"w": W.tolist(), "x": X},
        {"w": 2.0, "x": X}, {"w": W, "x": np.ones((101, 2))}, {"w": None, "x": X},
    ):  # fmt: skip
        assert quick(arguments) is None


def test_the_arrays_of_a_batch_must_have_the_same_number_of_samples():
    quick = found({"x": X, "y": np.ones(3)}, ("x", "y"))
    assert quick({"x": X, "y": np.zeros(3)}) is not None
    assert quick({"x": X, "y": np.zeros(4)}) is None


def test_floats_become_numbers_of_numpy():
    quick = found({"b": 0.5, "x": X.astype("f")})
    b, _ = quick({"b": 0.0, "x": X.astype("f")})
    assert type(b) is np.float32
    with np.errstate(all="ignore"):
        assert 1 / b == np.inf
    assert quick({"b": 1, "x": X.astype("f")}) is None


def test_lists_of_numbers_become_arrays():
    quick = found({"w": [2, 3.0], "x": X.tolist()})
    w, x = quick({"w": [4.0, 5], "x": X[:2].tolist()})
    assert (w.tolist(), x.tolist(), x.dtype) == ([4.0, 5.0], X[:2].tolist(), float)
    for w in (
        [1.0],
        [1.0, "2"],
        [1.0, None],
        [True, 1.0],
        [[1.0, 2.0]],
        [[1.0], [1.0, 2.0]],
        [2**60, 1.0],
        [Value(1.0), 1.0],
    ):
        assert quick({"w": w, "x": X.tolist()}) is None


@pytest.mark.parametrize("w", [{"a": 1.0}, [W, W], None, "tanh", np.array([1, 2]), (1.0, 2.0)])
def test_other_arguments_have_no_quick_way(w):
    assert found({"w": w, "x": X}) is None


def test_the_program_is_the_same_on_the_quick_way():
    program = vectorize(lambda w, b, x: dot(w, x) + b, batch="x")
    for b in (0.5, 0.5, np.array(0.5)):
        for w in (W, W.tolist(), W):
            for x in (X, X[:1], X.tolist()):
                assert program(w=w, b=b, x=x).tolist() == [8.5, 18.5, 28.5][: len(x)]
                value, gradients = program.value_and_grad(w=w, b=b, x=x)
                assert value == np.mean([8.5, 18.5, 28.5][: len(x)])
                assert gradients["w"].tolist() == np.mean(X[: len(x)], axis=0).tolist()
                assert list(program.value_and_grad(w=w, b=b, x=x, wrt="x")[1]) == ["x"]


def test_the_source_is_that_of_the_latest_call():
    program = vectorize(product, batch="x")
    for w, x in ((W, X), (W[:1], X[:, :1]), (W, X)):
        program(w=w, x=x)
        assert f"w ({len(w)},)" in program.source
        program.value_and_grad(w=w, x=x, wrt="x")
        assert "dx = " in program.source
    program.value_and_grad(w=W, x=X)
    program.value_and_grad(w=W, x=X, wrt="x")
    program.value_and_grad(w=W, x=X)
    assert "dw = " in program.source


def test_few_ways_are_kept():
    program = vectorize(product, batch="x")
    for size in range(1, 30):
        program(w=np.ones(size), x=np.ones((2, size)))
    assert max(map(len, program._entries.values())) == 4
