"""Advice in the errors of functions that cannot be recorded, by the construct in the source."""

import math
import re

import numpy as np
import pytest

from autograd import TracingError, dot, vectorize, where
from autograd.extensions import advice


def while_loop(x):
    while abs(x) > 1e-3:
        x = x / 2
    return x


def while_loop_with_a_limit(x):
    step = 0
    while x > 1e-3 and step < 10:
        x, step = x / 2, step + 1
    return x


def loop_with_a_break(x):
    while True:
        x = x / 2
        if x < 1e-3:
            break
    return x


def counted_loop(x, n):
    for _ in range(int(n)):
        x = x / 2
    return x


def branch_on_and(x):
    if x > 0 and x < 1:
        return x
    return 0.0


def branch_on_not(x):
    if not (x > 0 or 1 < x < 2):
        return x
    return 0.0


def assertion(x):
    assert x > 0
    return x


def array_of_floats(x):
    out = np.zeros(2)
    out[0] = x
    return out.sum()


STEPS = "Run a fixed number of steps, each with x = where({}, new_x, x), so that finished samples stay as they are; or "
STEPS += "call {} on Values, one sample at a time."
COUNT = (
    "If it counts, as in range(n), make it the default of an argument. If it differs from sample to sample, run the "
)
COUNT += "largest number of steps, each with x = where(step < n, new_x, x); or call {} on Values, one sample at a time."
CHOICE = "Write where({}), with the where of autograd, which chooses sample by sample."
ORDER = "The order differs from sample to sample: use max, min or where, which are recorded."
FLOAT = "Leave out the conversion to float: arithmetic works on Values, and on lists and arrays of them."
RECORDED = "Write {}, which is recorded."

x, n, xs, table = 0.5, 3.0, [1.0, 2.0], [10.0, 20.0]

ADVICE = [
    (while_loop, STEPS.format("abs(x) > 0.001", "while_loop")),
    (while_loop_with_a_limit, STEPS.format("(x > 0.001) & (step < 10)", "while_loop_with_a_limit")),
    (loop_with_a_break, STEPS.format("x >= 0.001", "loop_with_a_break")),
    (counted_loop, COUNT.format("counted_loop")),
    (lambda n: sum(1 for _ in range(n)), COUNT.format("<lambda>")),
    (branch_on_and, CHOICE.format("(x > 0) & (x < 1), a, b")),
    (branch_on_not, CHOICE.format("(x <= 0) & ((1 >= x) | (x >= 2)), a, b")),
    (lambda x: x if -1 < x < 1 else 2 * x, CHOICE.format("(-1 < x) & (x < 1), x, 2 * x")),
    (lambda x: 1.0 if x in (1, 2) else 0.0, CHOICE.format("(x == 1) | (x == 2), 1.0, 0.0")),
    (lambda x: 1.0 if x not in [1, 2] else 0.0, CHOICE.format("(x != 1) & (x != 2), 1.0, 0.0")),
    (lambda xs: 1.0 if 5 in xs else 0.0, CHOICE.format("max([5 == item for item in xs]), 1.0, 0.0")),
    (lambda x: where(x > 0 or x < -1, x, 0.0), RECORDED.format("(x > 0) | (x < -1)")),
    (lambda x: where(not x, x, 0.0), RECORDED.format("x == 0")),
    (lambda x: where(not (not x > 0 and x), x, 0.0), RECORDED.format("(x > 0) | (x == 0)")),
    (lambda xs: sum([v for v in xs if v > 1]), "Keep all terms, and write where(xs[0] > 1, x, 0.0) for those that "),
    (assertion, "Check the arrays before the call instead."),
    (array_of_floats, "An array of floats cannot hold it: collect the results in a list."),
    (lambda table, x: table[x], "Write autograd.take(table, x), which looks up the index of each sample."),
    (lambda table, x: table[int(x)], "Write autograd.take(table, x), which looks up the index of each sample."),
    (lambda table, x: table[:x], "If it counts or indexes, make it the default of an argument."),
    (lambda xs: max(xs, key=abs), RECORDED.format("autograd.maximum(a, b), or the max of Python without a key")),
    (lambda xs: np.min(xs) * 2, RECORDED.format("autograd.minimum(a, b), or the min of Python without a key")),
    (lambda xs: sorted(xs)[0], ORDER),
    (lambda xs: np.argmax(xs) * 2, ORDER),
    (lambda xs: xs.index(2.0), ORDER),
    (lambda xs: any(v > 0 for v in xs), RECORDED.format("max(...) of the conditions")),
    (lambda x: bool(x > 0) * x, RECORDED.format("where(condition, 1.0, 0.0)")),
    (lambda x: round(x) * 2, RECORDED.format("autograd.floor(x + 0.5)")),
    (lambda x: int(x) * 2, RECORDED.format("autograd.sign(x) * autograd.floor(abs(x))")),
    (lambda x: math.ceil(x) * 2, RECORDED.format("-autograd.floor(-x)")),
    (lambda x: math.exp(2 * x), RECORDED.format("autograd.exp(2 * x)")),
    (lambda x: math.asin(x) * 2, RECORDED.format("autograd.arcsin(x)")),
    (lambda x: 0.0 if np.isnan(x) else x, RECORDED.format("x != x")),
    (lambda x: np.where(x > 0, x, 0.0), RECORDED.format("autograd.where(x > 0, x, 0.0)")),
    (lambda xs: np.maximum(np.array(xs), 0.0).sum(), RECORDED.format("autograd.maximum(np.array(xs), 0.0)")),
    (lambda xs: sum((np.array(xs) > 0) * xs), "Compare one by one, as in [where(xs[0] > 0, a, b), ...]: an array of "),
    (lambda x: np.clip(x, 0, 1), RECORDED.format("autograd.minimum(autograd.maximum(x, low), high)")),
    (lambda x: float(x) * 2, FLOAT),
    (lambda xs: np.array(xs, dtype=float).sum(), FLOAT),
    (lambda x: x.data, "Leave out .data, or write .detach()."),
]


def error_of(f, kind):
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    everything = {"x": [x], "n": [n], "xs": [xs], "table": table}
    arguments = {name: everything[name] for name in names}
    with pytest.raises(kind) as caught:
        vectorize(f, batch=[name for name in names if name != "table"])(**arguments)
    return caught.value


@pytest.mark.parametrize(("f", "text"), ADVICE, ids=[text for _, text in ADVICE])
def test_the_advice_fits_the_construct(f, text):
    message = str(error_of(f, TracingError))
    assert f"is not known here: the function is recorded once, for all samples and calls. {text}" in message


def test_without_source_the_advice_is_general():
    scope = {}
    exec("def f(x):\n    while x > 0:\n        x = x - 1\n    return x", scope)
    assert "Write where(x > 0, a, b), with the where of autograd" in str(error_of(scope["f"], TracingError))


def test_the_place_is_the_line_that_is_being_run():
    place = advice.place()
    assert re.fullmatch(r"test_advice.py, line \d+, in test_the_place_is_.*: place = advice.place\(\)", place)


def unpacked(x):
    a, b = x
    return a + b


ONE_NUMBER = "Inside the function, x is one number. For several per sample, pass an array with one row per sample."
A_LIST = "Inside the function, an array is a list of Values: write np.array(x) for arithmetic on arrays."


@pytest.mark.parametrize(
    ("f", "kind", "note"),
    [
        (lambda xs, x: sum(a * b for a, b in zip(xs, x, strict=True)), TypeError, ONE_NUMBER),
        (lambda x: [2 * v for v in x], TypeError, ONE_NUMBER),
        (lambda x: x / len(x), TypeError, ONE_NUMBER),
        (lambda x: x[0], TypeError, ONE_NUMBER),
        (lambda x: math.hypot(*x), TypeError, ONE_NUMBER),
        (lambda xs, x: dot(xs, x) + 1, TypeError, ONE_NUMBER),
        (lambda x: x.shape, AttributeError, ONE_NUMBER),
        (unpacked, TypeError, ONE_NUMBER),
        (lambda xs: xs.mean(), AttributeError, A_LIST),
        (lambda xs: xs @ xs, TypeError, A_LIST),
        (lambda xs: xs - xs, TypeError, A_LIST),
        (lambda xs: xs * 0.5, TypeError, A_LIST),
        (
            lambda x: {0: 1.0}[x],
            KeyError,
            "A dict has no entry for a number that is not known: use autograd.take(list, x).",
        ),
        (
            lambda table, x: np.array(table)[x],
            IndexError,
            "Write autograd.take(table, index) for an index that differs from sample to sample.",
        ),
    ],
)
def test_a_note_explains_errors_of_python(f, kind, note):
    error = error_of(f, kind)
    assert error.__notes__[1:] == [note]
    assert error.__notes__[0].startswith("(while ")


def test_other_errors_have_no_such_note():
    for f in (lambda x: x + None, lambda x: len(3), lambda x: {}["key"], lambda x: "abc".mean()):
        assert len(error_of(f, Exception).__notes__) == 1
    inner = vectorize(lambda x: x[0], batch="x")
    assert error_of(lambda x: inner(x=[1.0]) * x, TypeError).__notes__.count(ONE_NUMBER) == 1
