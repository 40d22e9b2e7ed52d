"""Recording without numbers: what is computed from an unknown number is unknown, and nothing is frozen in silence."""

import math
import os
import threading
import time
from decimal import Decimal

import numpy as np
import pytest

import autograd
from autograd import (
    OPERATIONS,
    TracingError,
    Value,
    define,
    exp,
    grad,
    hessian,
    jacobian,
    jvp,
    log,
    sin,
    sqrt,
    value_and_grad,
    vectorize,
    where,
)
from autograd.core.recording import functions
from autograd.core.state import seams
from autograd.extensions.tracing import Unknown, argument, traced


@pytest.mark.parametrize("op", OPERATIONS.values(), ids=OPERATIONS)
def test_an_unknown_operand_makes_result_and_slopes_unknown(op):
    """A slope that does not depend on it, such as that of x + 1, may be known."""

    def compute(unknown):
        for position in range(len(op.operands)):
            operands = [0.5] * len(op.operands)
            operands[position] = argument(unknown, "x")
            if op.nary:
                operands = [[operand, 2.0] for operand in operands]
            z = functions[op.name](*operands)
            assert z._number is unknown
            ((_, slope),) = z.edges
            depends = op.partials[position].used & {op.operands[position], "z", "n"}
            assert slope is unknown or (not depends and isinstance(slope, float))

    traced(compute)


# Where the constant branch, or a constant result, would have fixed a number for good.
WHERE = {
    "masked mean": lambda x: (where(x > 0, x, 0.0) + 0.0) / (where(x > 0, 1.0, 0.0) + 0.0),
    "log": lambda x: log(where(x > 0, x, 0.0)),
    "reciprocal": lambda x: 1 / where(x > 0, x, 0.0),
    "root": lambda x: sqrt(where(x > 0, x, -1.0)),
    "overflow": lambda x: exp(where(x > 0, x, 1000.0)),
    "condition as a number": lambda x: 1 / ((x > 0) * 1.0),
    "product of conditions": lambda x: 1 / (((x > 0) & (x < 9)) * 1.0 * (x > 0)),
    "remainder": lambda x: 3.0 % where(x > 0, x, 0.0) + 3.0 // where(x > 0, x, 0.0),
}


@pytest.mark.parametrize("name", WHERE)
def test_a_branch_that_no_sample_takes_does_not_count(name):
    f = WHERE[name]
    x = [0.3, 2.0]
    program = vectorize(f, batch="x")
    direct = (lambda x: 1 / 1.0 + 0 * x) if "condition" in name else f  # eager conditions are truth values
    assert program(x=x) == pytest.approx([direct(v) for v in x])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: where(x > 0, sqrt(where(x > 0, x, 0.0)), 0.0),
        lambda x: where(x > 0, x, 0.0) ** 3,
        lambda x: log(where(x > 0, x, 1.0)) * where(x > 0, x, 2.0),
    ],
)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_inside_a_program_are_those_outside(f, order):
    slope = f
    for _ in range(order):
        slope = grad(slope)
    x = [4.0, 1.0, 0.25]
    assert vectorize(slope, batch="x")(x=x) == pytest.approx([slope(v) for v in x])


def test_nothing_divided_by_nothing_stays_undefined_in_a_program():
    wrong = define("wrong", "x ** 2", dx="0 / (x - x)")
    program = vectorize(lambda x: 1 * wrong(x), batch="x")
    assert np.isnan(program.value_and_grad(x=[1.0, 2.0], wrt="x")[1]["x"]).all()


def test_derivatives_at_plain_numbers_inside_a_traced_function_are_plain_numbers():
    f = lambda x: x * grad(sin)(0.0) + jvp(sin, (0.0,), (2.0,))[1] + value_and_grad(exp)(0.0)[0]  # noqa: E731
    assert vectorize(f, batch="x")(x=[3.0]) == [f(3.0)] == [6.0]


def test_functions_of_functions_are_vectorized_by_name_and_by_position():
    x = [1.0, 2.0]
    for f in (grad(lambda x: x**3), lambda x: 1 * grad(lambda u: u**3)(x)):
        program = vectorize(f, batch="x")
        assert program(x=x).tolist() == program(x).tolist() == [3.0, 12.0]
    second = vectorize(grad(lambda w, x: sin(w * x), argnums=1), batch="x")
    assert second(2.0, x) == pytest.approx(2 * np.cos(2 * np.array(x)))
    assert second(w=2.0, x=x) == pytest.approx(2 * np.cos(2 * np.array(x)))
    value, slope = vectorize(value_and_grad(lambda x: x**2), batch="x")(x=x)
    assert (value.tolist(), slope.tolist()) == ([1.0, 4.0], [2.0, 4.0])
    v = [[1.0, 2.0]]
    twice = vectorize(hessian(lambda v: v[0] ** 2 * v[1]), batch="v")
    assert np.array(twice(v=v)).tolist() == np.array(twice(v)).tolist() == [[[4.0], [2.0]], [[2.0], [0.0]]]
    rows = vectorize(jacobian(lambda v: [v[0] * v[1]]), batch="v")
    assert np.array(rows(v=v)).tolist() == np.array(rows(v)).tolist() == [[[2.0], [1.0]]]


def test_derivatives_with_respect_to_arguments_that_are_given_by_name():
    f = lambda x, y, *, k=1.0: x**2 * y * k  # noqa: E731
    assert grad(f)(x=2.0, y=3.0, k=2.0) == 24.0
    assert grad(f, 1)(2.0, y=3.0) == 4.0
    assert grad(f, (0, 1))(y=3.0, x=2.0) == (12.0, 4.0)
    assert (hessian(f)(x=2.0, y=3.0), jacobian(f, -1)(x=2.0, y=3.0)) == (6.0, 4.0)
    with pytest.raises(
        TypeError, match="asks for a derivative with respect to argument 0, but <lambda> was called with 0 positional"
    ):
        grad(f)(y=2.0)


# --- Nothing is frozen in silence -------------------------------------------------------------------------


def test_values_made_inside_and_kept_are_read_at_every_call():
    kept = []

    def f(x):
        kept.append(Value(2.0, label="scale"))
        return x * kept[0]

    program = vectorize(f, batch="x")
    assert program(x=[1.0]) == [2.0]
    kept[0].data = 5.0
    assert program(x=[1.0]) == [5.0]


def test_data_cannot_be_set_or_read_while_recording():
    w = Value(2.0, label="w")

    def assigned(x):
        w.data = 3.0
        return x * w

    with pytest.raises(TracingError, match=r"(?s)The number of w is not known here.*It cannot be set either"):
        vectorize(assigned, batch="x")(x=[1.0])
    assert w.data == 2.0


def test_a_value_that_leaks_from_a_recording_is_an_error():
    leaked = []

    def f(x):
        leaked.append(x * 2)
        return x

    vectorize(f, batch="x")(x=[1.0])
    for use in (
        lambda: leaked[0] + 1,
        lambda: exp(leaked[0]),
        lambda: float(leaked[0].data + 0),
        lambda: leaked[0] > 0,
        leaked[0].detach,
        lambda: autograd.logsumexp([leaked[0], 1.0]),
        leaked[0].graph,
        lambda: autograd.dot([leaked[0]], [2.0]),
        lambda: vectorize(lambda x: x * leaked[0], batch="x")(x=[1.0]),
    ):
        with pytest.raises(TracingError, match=r"(?s)inside f while it was recorded|belongs to f, which was recorded"):
            use()


def test_plain_data_of_an_argument_is_refused():
    for f in (lambda x: x.graph(), lambda x: (x * 2).graph()):
        with pytest.raises(
            TracingError, match=r"The number of x(·2)? is not known here: the function is recorded once"
        ):
            vectorize(f, batch="x")(x=[1.0])


def test_unknown_numbers_say_so():
    unknown = Unknown("f")
    assert (repr(unknown), f"{unknown:.3f}") == ("unknown", "unknown")
    assert traced(lambda number: repr(argument(number, "x"))) == "Value(unknown, label='x')"


# --- max and min of Python ----------------------------------------------------------------------------------

nan = math.nan


@pytest.mark.parametrize(
    "f",
    [
        lambda x: max(x[0], x[1]) * x[2],
        lambda x: min(x[0], x[1], x[2]),
        lambda x: max(x) * 2,
        lambda x: min(v * v for v in x),
        lambda x: max(x[0], 1.0) + max(-2.0, 1, x[1]) * x[2] - min(x[2], 0.0),
        lambda x: max(x, default=0.0) + min([], default=3.0) + max(*x, key=None),
        lambda x: max(np.array(x)) - min(dict.fromkeys(x)),
        lambda x: abs(sum(x)) + pow(x[0], 2) + divmod(x[1], 2)[1],
    ],
)
def test_builtins_give_the_numbers_and_derivatives_of_eager_values(f):
    program = vectorize(f, batch="x")
    x = [
        [1.0, 2.0, 3.0],
        [3.0, 2.0, -1.0],
        [2.0, 2.0, 2.0],
        [-0.0, 0.0, 1.0],
        [nan, 1.0, 2.0],
        [1.0, nan, 2.0],
        [1.0, 3.0, nan],
    ]
    values, slopes = [], []
    for row in x:
        operands = [Value(number) for number in row]
        z = f(operands)
        values.append(z.data)
        slopes.append(z.gradients(operands))
    np.testing.assert_array_equal(program(x=x), values)
    gradients = program.value_and_grad(x=x[:4], wrt="x")[1]["x"] * 4  # where passes 0 times nan to what it leaves out
    np.testing.assert_allclose(gradients, slopes[:4], rtol=1e-15)


def test_captured_values_are_compared_at_every_call():
    w = Value(1.0, label="w")
    program = vectorize(lambda x: max(x, w), batch="x")
    assert program(x=[0.0, 2.0]).tolist() == [1.0, 2.0]
    w.data = 3.0
    assert program(x=[0.0, 2.0]).tolist() == [3.0, 3.0]


def test_max_and_min_are_those_of_python_wherever_nothing_is_traced(monkeypatch):
    usual = max, min
    inside = []

    def f(x):
        inside.append((max, max(1, 2), min("ab"), max([3, 1], key=lambda v: -v), max([], default=7)))
        for error, arguments in ((TypeError, ()), (ValueError, ([],)), (TypeError, (3,))):
            with pytest.raises(error):
                max(*arguments)
        traced(lambda _: None)
        assert max is inside[0][0], "the outer function is still being recorded"
        return x

    def fails(x):
        raise ArithmeticError

    vectorize(f, batch="x")(x=[1.0])
    recording, *results = inside[0]
    assert results == [2, "a", 1, 7]
    assert recording is not usual[0]
    with pytest.raises(ArithmeticError):
        vectorize(fails, batch="x")(x=[1.0])
    assert (max, min) == usual
    with pytest.raises(TracingError, match="maximum and minimum for max and min"):
        vectorize(lambda x: usual[0](x, 0.0), batch="x")(x=[1.0])
    assert recording(Value(2.0, label="a"), 1.0).label == "a", "kept by the function, it is the usual one later"
    monkeypatch.setattr("builtins.max", own := lambda *terms: "own")
    assert traced(lambda _: max) is own
    assert max is own


# --- Threads and processes --------------------------------------------------------------------------------


def test_other_threads_compute_while_one_traces():
    started, finished = threading.Event(), threading.Event()

    def slow(x):
        started.set()
        assert finished.wait(10), "the other thread was kept waiting"
        return x * 2

    traced = threading.Thread(target=lambda: results.append(vectorize(slow, batch="x")(x=[1.0])[0]))
    results = []
    traced.start()
    assert started.wait(10)
    try:
        w = Value(3.0)
        assert (w * w).gradients([w]) == [6.0]
        assert ((w > 2) is True, w.data) == (True, 3.0)
        assert max(w, 2.0) is w
        assert vectorize(lambda x: x + 1, batch="x")(x=[1.0]) == [2.0]
    finally:
        finished.set()
        traced.join()
    assert results == [2.0]
    assert type(seams.reader).__name__ == "Reader", "nobody traces any more"
    assert repr(max) == "<built-in function max>"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_forked_while_a_thread_traces_computes():
    started, finished = threading.Event(), threading.Event()

    def slow(x):
        started.set()
        finished.wait(10)
        return x

    traced = threading.Thread(target=lambda: vectorize(slow, batch="x")(x=[1.0]))
    traced.start()
    assert started.wait(10)
    child = os.fork()
    if not child:
        w = Value(2.0)
        right = (
            w.data == 2.0
            and (w > 1) is True
            and max(1.0, w) is w
            and vectorize(lambda x: x + 1, batch="x")(x=[1.0]) == [2.0]
        )
        os._exit(0 if right else 1)
    deadline, status = time.monotonic() + 10, (0, 0)
    while not status[0] and time.monotonic() < deadline:
        status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    finished.set()
    traced.join()
    assert status == (child, 0), "the child hangs" if not status[0] else "the child is wrong"
    assert math.isfinite(Value(1.0).data)


def test_second_derivatives_in_other_threads_while_one_traces():
    started, finished = threading.Event(), threading.Event()

    def slow(x):
        started.set()
        assert finished.wait(10)
        return x

    traced = threading.Thread(target=lambda: vectorize(slow, batch="x")(x=[1.0]))
    traced.start()
    try:
        assert started.wait(10)
        assert hessian(lambda x, y: x**y, (0, 1))(0.0, 2.0) == ((2.0, 0.0), (0.0, 0.0))
    finally:
        finished.set()
        traced.join()


@pytest.mark.parametrize("threshold", [2.0, Decimal("2"), np.float32(2), np.array([2.0])], ids=repr)
def test_comparisons_with_numbers_of_any_kind_are_recorded(threshold):
    w = Value(5.0, label="w")
    first = lambda condition: condition[0] if isinstance(condition, np.ndarray) else condition  # noqa: E731
    outside = vectorize(lambda x: where(first(w > threshold), x, -x), batch="x")
    argument = vectorize(lambda x: where(first(x >= threshold), x, -x), batch="x")
    assert outside(x=[1.0]).tolist() == [1.0]
    assert argument(x=[1.0, 2.0]).tolist() == [-1.0, 2.0]
    w.data = 0.0
    assert outside(x=[1.0]).tolist() == [-1.0]


def test_truth_values_of_numpy_and_what_is_no_number():
    w = Value(1.0, label="w")
    program = vectorize(lambda x: where(w == np.bool_(True), x, -x), batch="x")
    assert program(x=[1.0]).tolist() == [1.0]
    w.data = 0.5
    assert program(x=[1.0]).tolist() == [-1.0]
    assert vectorize(lambda x: x * (1.0 if x != None else 2.0), batch="x")(x=[3.0]).tolist() == [3.0]  # noqa: E711
