"""Settings and fixtures for all tests."""

import signal

import pytest
from hypothesis import settings

from autograd import Constant, Value

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs the tests in the background ignores it

settings.register_profile("untimed", deadline=None)  # how long an example takes depends on the machine
settings.load_profile("untimed")


@pytest.fixture
def lesson():
    """The worked lesson, after its backward pass: w, b, L."""
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    x, y = Constant(2.0, label="x"), Constant(1.5, label="y")
    y_hat = (w * x + b).named("ŷ")
    L = ((y_hat - y) ** 2).named("L")
    L.backward()
    return w, b, L
