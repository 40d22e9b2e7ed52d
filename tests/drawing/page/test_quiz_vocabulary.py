"""The quiz names mistakes as gradcheck does: what both know is called the same."""

import math

import numpy as np
import pytest

from autograd import gradcheck, tanh
from autograd.explaining.words import ENGLISH, filled

rng = np.random.default_rng(0)


def loss(w, b):
    return (w * 2.0 + b - 1.5) ** 2


def of_loss(w, b=-0.8):
    """A report on the gradient of a squared error whose right gradients are -1.6 and -0.8."""
    return gradcheck(loss, {"w": 0.5, "b": 0.1}, gradient={"w": w, "b": b})


def regularised(strength):
    """A report on the gradient of a squared error with a penalty 0.1·w², whose strength is 0.2 in the gradient."""
    X, y, w = rng.normal(size=(6, 4)), rng.normal(size=6), rng.normal(size=4)

    def cost(w):
        return ((X @ w - y) ** 2).mean() + 0.1 * (w**2).sum()

    return gradcheck(cost, w, gradient=lambda w: 2 / 6 * X.T @ (X @ w - y) + strength * w)


def layer(delta):
    """A report on the gradient of a layer of tanh; `delta` computes its step from the results and what comes in."""
    X, incoming = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))

    def gradient(W, b):
        d = delta(np.tanh(X @ W + b), incoming)
        return {"W": X.T @ d, "b": d.sum(axis=0)}

    start = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    return gradcheck(lambda W, b: np.tanh(X @ W + b), start, gradient=gradient, upstream=incoming)


def two_layers(w2):
    """A report on the gradient of two units in a row, with another number for the factor -0.4 between them."""

    def f(w1, w2):
        return tanh((tanh((w1 * 2.0).named("h")).named("t") * w2).named("a"))

    t = math.tanh(0.6)
    d = 1 - math.tanh(-0.4 * t) ** 2
    return gradcheck(f, {"w1": 0.3, "w2": -0.4}, gradient={"w1": d * w2 * (1 - t * t) * 2, "w2": d * t})


def two_terms(of_second):
    """A report on the gradient of v² + w, where w is v + 1, of which the second term may be wrong."""

    def f(v):
        return v**2 + (v + 1.0).named("w")

    return gradcheck(f, {"v": 0.7}, gradient={"v": 1.4 + of_second})


def windows():
    """A report on the gradient of a convolution that counts only one of the windows that a number is in."""
    signal, filters, upstream = rng.normal(size=9), rng.normal(size=(2, 3)), rng.normal(size=(7, 2))

    def convolution(x):
        return np.array([[(x[i : i + 3] * f).sum() for f in filters] for i in range(7)])

    def overwritten(x):
        dx = np.zeros(9)
        for i in range(7):
            dx[i : i + 3] = upstream[i] @ filters
        return dx

    return gradcheck(convolution, signal, gradient=overwritten, upstream=upstream)


SHARED = [
    ("sign", lambda: of_loss(1.6), "wrong sign"),
    ("double", lambda: of_loss(-3.2), "2x too big"),
    ("half", lambda: of_loss(-1.6, -0.4), "1/2 of the right one"),
    ("half", lambda: regularised(0.1), "1/2 of the right one: is the 2 of its squares missing?"),
    ("local_alone", lambda: layer(lambda z, incoming: 1 - z**2), "the incoming gradient is missing"),
    ("upstream_alone", lambda: two_layers(1.0), "the factor -0.4 is missing"),
    ("missing", lambda: two_layers(1.0), "the factor -0.4 is missing"),
    ("twice", lambda: layer(lambda z, incoming: incoming * (1 - z**2) ** 2), "was applied twice"),
    ("one_path", windows, "of several uses counts"),
    ("other_gradient", lambda: of_loss(-1.6, -1.6), "the gradient of w"),
    ("term_missing", lambda: two_terms(0.0), "the term w is missing"),
    ("term_sign", lambda: two_terms(-1.0), "the term w has the wrong sign"),
]
PARTS = {"local": "-0.4", "upstream": "dL/da", "symbol": "dL/dw", "name": "w", "to": "a", "n": "2"}


@pytest.mark.parametrize(
    ("mistake", "check", "phrase"), SHARED, ids=[f"{name}: {phrase}" for name, _, phrase in SHARED]
)
def test_gradcheck_and_the_quiz_say_the_same(mistake, check, phrase):
    assert phrase in str(check()).lower()
    assert phrase in filled(ENGLISH.section("page")[f"mistake_{mistake}"], **PARTS).lower()


def test_a_right_gradient_is_called_right():
    assert of_loss(-1.6).ok
    assert regularised(0.2).ok
    assert layer(lambda z, incoming: incoming * (1 - z**2)).ok
    assert two_layers(-0.4).ok
    assert two_terms(1.0).ok
