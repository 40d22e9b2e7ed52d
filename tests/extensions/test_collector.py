"""The collector rests while a program is made, and is on again whatever happens."""

import gc
import threading

import pytest

from autograd import TracingError, vectorize
from autograd.extensions.collector import without_collector


@pytest.fixture(autouse=True)
def _collector():
    was_on = gc.isenabled()
    yield
    (gc.enable if was_on else gc.disable)()


def test_it_rests_while_a_function_is_recorded():
    states = []
    gc.enable()
    program = vectorize(lambda x: states.append(gc.isenabled()) or x * 2.0, batch="x")
    program(x=[1.0])
    assert states == [False]
    assert gc.isenabled()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_it_is_on_again_after_an_error(error):
    def f(x):
        raise error

    gc.enable()
    with pytest.raises(error):
        vectorize(f, batch="x")(x=[1.0])
    with pytest.raises(TracingError):
        vectorize(float, batch="x")(x=[1.0])
    assert gc.isenabled()


def test_it_stays_off_if_it_was_off():
    gc.disable()
    vectorize(lambda x: x * 2.0, batch="x")(x=[1.0])
    assert not gc.isenabled()


def test_the_last_of_several_pauses_ends_it():
    gc.enable()
    inside, leave = threading.Event(), threading.Event()

    def wait():
        inside.set()
        leave.wait()

    def begin_another():
        thread.start()
        inside.wait()

    thread = threading.Thread(target=lambda: without_collector(wait))
    without_collector(begin_another)
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()
