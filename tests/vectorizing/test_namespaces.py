"""The same program over arrays of other libraries: PyTorch, JAX (also inside jit and vmap), Dask."""

import sys

import numpy as np
import pytest

import autograd
from autograd import (
    abs,
    arctan2,
    cbrt,
    dot,
    erf,
    floor,
    hypot,
    leaky_relu,
    maximum,
    minimum,
    sign,
    sin,
    softplus,
    tanh,
    vectorize,
    where,
)
from tests.vectorizing.test_loops import RECURRENT, recurrent
from tests.vectorizing.test_vectorize import mlp, parameters, softmax_loss

source = np.random.default_rng(11)


def everything(a, m, x):
    """Slices, gathered operands, constants, conditions, powers, and what the array-API standard does not have."""
    u = [tanh(v) for v in a] + [sin(v) for v in x]
    u += [cbrt(v) + arctan2(v, 2.0) + hypot(v, 1.0) + leaky_relu(v) + abs(v) ** 1.5 + v**3 for v in x]
    u += [maximum(v, 0.5) + minimum(v, a[0]) + softplus(v) for v in x]
    picked = [m[2][0], m[0][1], m[1][1], m[0][1]]
    chosen = where((x[0] > 0) & (x[1] < 3), u[3], 2.0) + where(x[2] > 0, 1.0, 0.0)
    return dot(picked, [u[5] * u[0], u[2] * u[1], u[1] * u[4], u[0] * x[2]]) + chosen + floor(x[1]) * sign(x[0]) + u[-1]


def linear(a, x):
    return autograd.sum([a[0] * x[0], x[1], a[1], 2.0])


CASES = {
    "a softmax network": (
        softmax_loss, ("x", "y"),
        {**parameters(4, 3, 5), "x": source.normal(size=(6, 4)), "y": np.array([0.0, 1, 2, 3, 4, 4])},
    ),
    "everything": (
        everything, "x",
        {"a": source.normal(size=2), "m": source.normal(size=(3, 3)), "x": source.normal(size=(6, 3))},
    ),
    "a network": (
        mlp, ("x", "y"), {**parameters(2, 3, 1), "x": source.normal(size=(6, 2)), "y": source.normal(size=6)},
    ),
    "erf and remainders": (
        lambda w, x: erf(w * x) + (x * 3.7) % w + x // w, "x", {"w": np.array(0.7), "x": source.normal(size=6)},
    ),
    "a loop": (recurrent, ("x", "start"), RECURRENT),
    "constant derivatives": (linear, "x", {"a": source.normal(size=2), "x": source.normal(size=(6, 2))}),
}  # fmt: skip


def torch_arrays():
    torch = pytest.importorskip("torch")
    return torch.asarray, lambda f: f


def jax_arrays():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax.numpy.asarray, lambda f: f


def jax_compiled():
    return jax_arrays()[0], pytest.importorskip("jax").jit


def dask_arrays():
    dask = pytest.importorskip("dask.array")
    return lambda array: dask.from_array(array, chunks=2), lambda f: f


@pytest.mark.slow
@pytest.mark.parametrize("library", [torch_arrays, jax_arrays, jax_compiled, dask_arrays])
@pytest.mark.parametrize("case", CASES)
def test_the_results_are_those_of_numpy_and_of_the_library(library, case):
    array, wrapped = library()
    f, batch, arguments = CASES[case]
    program = vectorize(f, batch=batch)
    names = list(arguments)
    expected_values = program(**arguments)
    expected, expected_gradients = program.value_and_grad(**arguments, wrt=names)
    theirs = {name: array(x) for name, x in arguments.items()}
    values = wrapped(program)(**theirs)
    value, gradients = wrapped(lambda **given: program.value_and_grad(**given, wrt=names))(**theirs)
    np.testing.assert_allclose(np.asarray(values), expected_values, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(value), expected, rtol=1e-12)
    for name in names:
        assert type(gradients[name]).__module__.partition(".")[0] == type(theirs[name]).__module__.partition(".")[0]
        np.testing.assert_allclose(np.asarray(gradients[name]), expected_gradients[name], rtol=1e-12, atol=1e-15)


def test_vmap():
    jax = pytest.importorskip("jax")
    jax_arrays()
    f, batch, arguments = CASES["a network"]
    program = vectorize(f, batch=batch)
    many = np.stack([arguments["w1"] * k for k in (1.0, 2.0, 3.0)])
    found = jax.vmap(lambda w1: program.value_and_grad(**{**arguments, "w1": w1})[1]["w1"])(jax.numpy.asarray(many))
    for w1, gradient in zip(many, found, strict=True):
        expected = program.value_and_grad(**{**arguments, "w1": w1})[1]["w1"]
        np.testing.assert_allclose(np.asarray(gradient), expected, rtol=1e-12)


def test_the_precision_is_that_of_the_arrays():
    torch = pytest.importorskip("torch")
    program = vectorize(lambda a, x: dot([1.5, 2.5], x) * a, batch="x")
    value, gradients = program.value_and_grad(a=2.0, x=torch.ones((3, 2), dtype=torch.float32))
    assert value.dtype == gradients["a"].dtype == torch.float32
    assert program(a=2.0, x=torch.ones((3, 2), dtype=torch.int64)).tolist() == [8.0, 8.0, 8.0]


class Foreign:
    """An array of a library that nobody knows."""

    shape, dtype = (2,), float


def test_without_array_api_compat_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "array_api_compat", None)
    text = (
        r"\(tests.vectorizing.test_namespaces.Foreign\) need array-api-compat: pip install .scalar-autograd\[arrays\]"
    )
    with pytest.raises(ImportError, match=text):
        vectorize(lambda x: x * 2, batch="x")(x=Foreign())


def test_an_array_that_follows_no_standard():
    pytest.importorskip("array_api_compat")
    with pytest.raises(TypeError, match="Foreign"):
        vectorize(lambda x: x * 2, batch="x")(x=Foreign())
