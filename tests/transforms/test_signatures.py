"""Signatures: names and parameters of functions, and arguments that do not fit."""

import functools
import math

import pytest

from autograd import tanh
from autograd.transforms.signatures import Signature, misfit, name_of, positional_names, signature_of


def test_names_of_functions():
    assert name_of(math.sin) == "sin"
    assert name_of(functools.partial(math.pow, 2)).startswith("functools.partial(")


@pytest.mark.parametrize(
    ("f", "n", "names"),
    [
        (lambda w, b: w, 2, ["w", "b"]),
        (lambda w, b: w, 1, ["w"]),
        (lambda *x: x, 1, ["x"]),
        (lambda *x: x, 2, ["x[0]", "x[1]"]),
        (lambda w, *x: x, 3, ["w", "x[0]", "x[1]"]),
        (tanh, 1, ["x"]),
        (max, 2, ["x[0]", "x[1]"]),
    ],
)
def test_positional_names(f, n, names):
    assert positional_names(f, n) == names


def test_a_misfit_says_why():
    assert misfit(lambda w, b: w, [1, 2], {}) == ""
    assert misfit(lambda w, b: w, [1], {}) == "missing a required argument: 'b'"
    assert misfit(lambda w: w, [], {"x": 1}) == "missing a required argument: 'w'"
    assert signature_of(max) is None
    assert misfit(max, [], {"x": 1}) == "its parameters have no names"


def test_all_parameters_of_a_signature_go_by_name():
    signature = Signature(lambda w, x, /, scale=1.0, **more: w * x * scale)
    assert signature.bound((2.0,), {"x": 3.0}) == {"w": 2.0, "x": 3.0}
    assert signature.bound((2.0, 3.0), {"extra": 1.0}) == {"w": 2.0, "x": 3.0, "extra": 1.0}
    assert signature.f(w=2.0, x=3.0) == 6.0
    with pytest.raises(TypeError, match=r"<lambda>\(w\): missing a required argument: 'w'"):
        Signature(lambda w: w).bound((), {})
    with pytest.raises(TypeError, match=r"batch='y' is not an argument of <lambda>\(w\)"):
        Signature(lambda w: w).check_name("y", "batch='y'")
