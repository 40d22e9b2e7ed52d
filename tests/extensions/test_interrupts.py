"""Ctrl-C at any moment: what was switched on is off again."""

import builtins
import gc

import pytest

from autograd import Value, vectorize
from autograd.core import state
from autograd.extensions.collector import without_collector
from autograd.extensions.interrupts import with_cleanup
from autograd.extensions.tracing import traced
from tests.interrupts import interrupted_everywhere


def assert_usual_state(usual):
    assert gc.isenabled()
    assert not state.collector.pauses
    assert not state.tracing.threads
    assert (builtins.max, builtins.min, state.seams.reader) == usual
    w = Value(2.0, label="w")
    assert (w * 3.0).data == 6.0


pytestmark = pytest.mark.filterwarnings(  # nothing comes of an interrupt in a generator or destructor that is left
    "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(autouse=True, scope="module")
def _what_is_slow_the_first_time():
    vectorize(lambda x, w: x * w, batch="x").value_and_grad(
        x=[1.0], w=2.0
    )  # it imports NumPy, which cannot be repeated


@pytest.mark.parametrize(
    "interrupted",
    [
        lambda: without_collector(lambda: without_collector(lambda: [1])),
        lambda: traced(lambda unknown: traced(lambda inner: max(1, 2))),
    ],
    ids=["the collector's pause", "tracing"],
)
def test_the_state_is_the_usual_one_after_ctrl_c(interrupted):
    gc.enable()
    usual = builtins.max, builtins.min, state.seams.reader
    moments = 0
    for _ in interrupted_everywhere(interrupted):
        assert_usual_state(usual)
        moments += 1
    assert moments > 10


def test_ctrl_c_while_a_program_is_made():
    gc.enable()
    usual = builtins.max, builtins.min, state.seams.reader
    for _ in interrupted_everywhere(lambda: vectorize(lambda x: x * x + 1.0, batch="x")(x=[1.0, 2.0]), step=53):
        assert_usual_state(usual)


def test_a_program_works_after_ctrl_c_in_its_first_calls():
    program = vectorize(lambda x, w: x * w, batch="x")
    for _ in interrupted_everywhere(lambda: program.value_and_grad(x=[1.0, 2.0], w=3.0), step=97):
        pass
    value, gradients = program.value_and_grad(x=[1.0, 2.0], w=3.0)
    assert (value, gradients["w"]) == (4.5, 1.5)


def test_an_interrupted_cleanup_is_repeated_and_the_interrupt_passed_on():
    calls = []

    def cleanup():
        calls.append("cleanup")
        if len(calls) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with_cleanup(lambda: "result", cleanup)
    assert calls == ["cleanup", "cleanup"]
