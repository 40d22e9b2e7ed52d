"""Loops found again: what a function repeats is a ``for`` loop of its program, forward and backward."""

import random
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import OPERATIONS, Value, cos, dot, mean, sigmoid, sin, sqrt, tanh, vectorize, where
from autograd.vectorizing.emission import emitted
from autograd.vectorizing.groups import Array, Group, Loop, View, everything
from autograd.vectorizing.loops import with_loops
from tests.mutants import LOOPS, failures
from tests.vectorizing.test_vectorize import assert_alike, check

source = np.random.default_rng(3)


def loops(program):
    """How often each loop repeats, indented as in the source; for the derivatives, each is walked once more."""
    functions = [function for function in program.source.split("\n\n\n") if function.startswith("def ")]
    forward, *both = [re.findall(r"^    ( *)for .*range\((\d+)\)", function, re.M) for function in functions]
    assert all(Counter(found) == Counter(forward * 2) for found in both), program.source
    return [indent + times for indent, times in forward]


# --- The source ---------------------------------------------------------------------------------------------


def swing(gravity, friction, start):
    angle, speed = start
    for _ in range(20):
        speed = speed - 0.05 * (gravity * sin(angle) + friction * speed)
        angle = angle + 0.05 * speed
    return angle


def test_a_recurrence_is_a_loop_forward_and_backward():
    program = check(
        swing, "start", ["gravity", "friction"], gravity=9.81, friction=0.2, start=source.normal(size=(5, 2))
    )
    assert (
        program.source
        == """\
def swing(gravity, friction, start):  # gravity (), friction (), start (n, 2)
    s1, s2 = start[:, 0], start[:, 1]
    for _ in range(20):
        t1 = s2 - 0.05 * (gravity * sin(s1) + friction * s2)
        s1, s2 = s1 + 0.05 * t1, t1
    L = s1
    return L


def swing_and_gradients(gravity, friction, start):  # gravity (), friction (), start (n, 2)
    n = start.shape[0]
    s1, s2 = start[:, 0], start[:, 1]
    saved = []
    for _ in range(20):
        t1 = sin(s1)
        t2 = s2 - 0.05 * (gravity * t1 + friction * s2)
        saved.append((t1, s1, s2))
        s1, s2 = s1 + 0.05 * t2, t2
    L = s1
    dgravity, dfriction = 0.0, 0.0
    ds1, ds2 = 1 / n + zeros_like(L), zeros_like(s2)
    for _ in range(20):
        t1, s1, s2 = saved.pop()
        dt2 = ds2 + 0.05 * ds1
        dt3 = -(0.05 * dt2)
        dgravity += t1 @ dt3
        dfriction += s2 @ dt3
        ds1, ds2 = ds1 + gravity * dt3 * cos(s1), dt2 + friction * dt3
    return mean(L), dgravity, dfriction"""
    )
    assert program.statements == 19


def test_states_are_called_by_their_labels():
    def f(a, start):
        h = start
        for i in range(20):
            h = tanh(a * h + start).named(f"h{i}")
        return (h * h).named("loss")

    program = check(f, "start", a=0.7, start=source.normal(size=3))
    forward, _ = program.source.split("\n\n\n")
    assert forward.splitlines()[1:] == [
        "    h = start",
        "    for _ in range(20):",
        "        h_ = tanh(a * h + start)",
        "        h = h_",
        "    h__ = h",
        "    loss = h__ * h__",
        "    return loss",
    ]


# --- What is carried from one iteration to the next -----------------------------------------------------------


def test_several_states():
    def lorenz(p, start):
        x, y, z = start
        for _ in range(15):
            dx, dy, dz = p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z
            x, y, z = x + 0.01 * dx, y + 0.01 * dy, z + 0.01 * dz
        return sin(x) * cos(y) * tanh(z)

    program = check(lorenz, "start", p=np.array([10.0, 28.0, 8 / 3]), start=source.normal(size=(4, 3)))
    assert loops(program) == ["15"]
    assert "s1, s2, s3 = start[:, 0], start[:, 1], start[:, 2]" in program.source


def test_a_state_of_two_iterations_before():
    def fibonacci(a, x):
        before, now = x
        for _ in range(20):
            before, now = now, sin(now) + a * cos(before)
        return now

    program = check(fibonacci, "x", a=0.3, x=source.normal(size=(4, 2)))
    assert loops(program) == ["18"], "both numbers that the first two iterations read come from one array"
    assert "        s1, s2 = sin(s1) + a * cos(s2), s1" in program.source


def recurrent(w, u, b, x, start):
    """A recurrent network: h ← tanh(w h + u x[t] + b)."""
    h = start
    for t in range(len(x)):
        h = [tanh(dot(row, h) + c * x[t] + d) for row, c, d in zip(w, u, b, strict=True)]
    return dot(h, h)


RECURRENT = {
    "w": source.normal(size=(3, 3)) * 0.5, "u": source.normal(size=3), "b": source.normal(size=3),
    "x": source.normal(size=(4, 18)), "start": source.normal(size=(4, 3)),
}  # fmt: skip


def test_vector_states_are_products_with_a_matrix():
    program = check(recurrent, ("x", "start"), **RECURRENT)
    assert loops(program) == ["18"]
    assert "s1 = tanh(s1 @ w.T + u * x[:, i][:, None] + b)" in program.source
    program.value_and_grad(**RECURRENT)
    for statement in (
        "dw, du, db = 0.0, 0.0, 0.0",
        "dw += dt1.T @ s1",
        "du += x[:, i] @ dt1",
        "db += sum(dt1, axis=0)",
    ):
        assert f"    {statement}\n" in program.source, "the sum over all iterations"


def lstm(w, u, b, x):
    """A long short-term memory with two cells; each row of w, u and b belongs to a gate of a cell."""
    h, c = [0.0, 0.0], [0.0, 0.0]
    for step in x:
        gates = [dot(row, h) + v * step + d for row, v, d in zip(w, u, b, strict=True)]
        forget, enter, leave = ([sigmoid(g) for g in gates[i : i + 2]] for i in (0, 2, 4))
        c = [f * old + i * tanh(g) for f, old, i, g in zip(forget, c, enter, gates[6:], strict=True)]
        h = [o * tanh(v) for o, v in zip(leave, c, strict=True)]
    return h[0] - h[1]


def test_a_long_short_term_memory():
    program = check(
        lstm, "x",
        w=source.normal(size=(8, 2)), u=source.normal(size=8), b=source.normal(size=8), x=source.normal(size=(3, 20)),
    )  # fmt: skip
    (times,) = loops(program)
    assert int(times) >= 17, "the first iterations, which start from constants, are not like the others"
    assert len(program.source.split("\n\n\n")[1].splitlines()) < 60


def test_a_first_step_from_constants_is_written_out():
    def f(a, x):
        h = 0.0
        for step in x:
            h = tanh(a * h + step)
        return h

    program = check(f, "x", a=0.7, x=source.normal(size=(3, 20)))
    assert program.source.split("\n\n\n")[0].splitlines()[1:4] == [
        "    s1 = tanh(a * 0 + x[:, 0])",
        "    for i in range(19):",
        "        s1 = tanh(a * s1 + x[:, i + 1])",
    ]


def test_conditions_in_the_body():
    def f(a, x):
        for _ in range(10):
            x = where((x > 0.5) & (x < a), a * x - 0.4, 0.3 - x * x)
        return x

    program = check(f, "x", a=1.3, x=np.array([0.3, -0.4, 0.9, 2.0]))
    assert loops(program) == ["10"]


def test_a_condition_that_is_carried():
    def f(a, x):
        was_large = x > 0
        for _ in range(12):
            x = where(was_large, x - a, x * 1.5 + a)
            was_large = x > 0.25
        return x

    program = check(f, "x", a=0.4, x=np.array([0.3, -0.4, 0.9, 2.0]))
    assert loops(program) == ["12"]


def test_loops_without_samples():
    program = check(swing, (), gravity=9.81, friction=0.2, start=np.array([1.0, 0.5]))
    assert loops(program) == ["20"]
    check(recurrent, (), **RECURRENT | {"x": RECURRENT["x"][0], "start": RECURRENT["start"][0]})


# --- What an iteration reads from outside -----------------------------------------------------------------------


ORDER = [3, 0, 7, 1, 11, 5, 2, 9, 4, 10, 8, 6]
FACTORS = [0.9, 0.2, 0.5, 0.4, 0.8, 0.1, 0.7, 0.3, 0.6, 0.25, 0.75, 0.55]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (lambda x, t: x[t], "x[:, i]"),
        (lambda x, t: x[11 - t], "x[:, 11 - i]"),
        (lambda x, t: x[t // 2 * 2], "x[:, i1[i]]"),
        (lambda x, t: x[ORDER[t]], "x[:, i1[i]]"),
        (lambda x, t: x[3] * FACTORS[t], "c1[i] * x[:, 3]"),
        (lambda x, t: x[t] * x[11 - t] + x[0], "x[:, i] * x[:, 11 - i]"),
        (lambda x, t: dot([0.1, 0.2, 0.3], x[t : t + 3]), "x[:, i:i + 3]"),
        (lambda x, t: autograd.sum(x[11 - t :: 2][:2]), "x[:, 11 - i:14 - i:2]"),
    ],
)
def test_elements_that_move_with_the_iteration(read, text):
    def f(a, x):
        h = x[0]
        for t in range(12):
            h = tanh(a[t] * h + read(x, t)) - 0.1 * h
        return h

    program = check(f, "x", a=source.normal(size=12), x=source.normal(size=(4, 14)))
    assert loops(program) == ["12"]
    assert text in program.source
    assert "a[i]" in program.source


def test_rows_of_a_matrix_that_move_with_the_iteration():
    def f(w, x):
        h = x
        for row in w:
            h = [tanh(dot(row, h)), h[0] * 0.5 + h[1], sin(h[2])]
        return h[0]

    program = check(f, "x", w=source.normal(size=(12, 3)), x=source.normal(size=(4, 3)))
    assert loops(program) == ["11"], "the first step reads x, which is one array, the others three states"
    assert "w[i + 1, 0]" in program.source


# --- What is read after a loop ----------------------------------------------------------------------------------


def states(a, x):
    found = [x]
    for _ in range(16):
        found.append(sin(found[-1]) * a + 0.1)
    return found[1:]


ENDS = {
    "the last": (lambda h: h[-1], ["16"]),
    "some": (lambda h: h[3] * h[15] + h[7], ["16"]),
    "a sum, which absorbs the last term": (autograd.sum, ["15"]),
    "a mean": (mean, ["15"]),
    "weighted": (lambda h: dot(h, [0.1 * t for t in range(16)]), ["16"]),
    "neighbours": (lambda h: autograd.sum([v * w for v, w in pairwise(h)]) - h[-1], ["16"]),
    "a function of each": (lambda h: autograd.sum([sin(v * v) for v in h]), ["16", "16"]),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_states_of_all_iterations(end):
    result, expected = ENDS[end]
    program = check(lambda a, x: result(states(a, x)), "x", a=0.8, x=source.normal(size=3))
    assert loops(program) == expected


def test_all_states_as_results():
    x = source.normal(size=3)
    program = vectorize(states, batch="x")
    expected = x
    for result in program(a=0.8, x=x):
        expected = np.sin(expected) * 0.8 + 0.1
        assert_alike(result, expected, "state")
    assert loops(program) == ["16"]
    assert ".append(" in program.source


def test_a_loss_that_is_added_up_in_the_loop():
    def f(a, x, y):
        h, loss = x[0], 0.0
        for t in range(12):
            h = tanh(a * h + x[t])
            loss = loss + (h - y[t]) ** 2
        return loss

    program = check(f, ("x", "y"), a=0.7, x=source.normal(size=(4, 12)), y=source.normal(size=(4, 12)))
    assert loops(program) == ["12"]
    assert "L = sum(stack(t1s, axis=1), axis=-1)" in program.source


def test_a_second_loop_reads_what_the_first_has_computed_step_by_step():
    def f(a, b, x):
        h, found = x, []
        for _ in range(12):
            h = tanh(a * h) + 0.2 * h
            found.append(h)
        g = x
        for v in reversed(found):
            g = sin(b * g + v) - v * g
        return g

    program = check(f, "x", a=0.7, b=-0.4, x=source.normal(size=3))
    assert loops(program) == ["12", "12"]


def test_a_loop_that_has_no_part_in_the_derivative():
    def f(a, x):
        fixed = x
        for _ in range(20):
            fixed = sin(fixed) + 0.1
        return a * x * fixed.detach()

    program = check(f, "x", ["a"], a=0.7, x=source.normal(size=3))
    assert program.source.count("for _ in range(20):") == 2, "forward, in each function"
    assert "saved" not in program.source


# --- Loops in loops -----------------------------------------------------------------------------------------------


def newton(x, target):
    """Solve r · (1 + r²) = target in some Newton steps from x."""
    for _ in range(10):
        x = x - (x * (1 + x * x) - target) / (1 + 3 * x * x)
    return x


def first(pushes, start):
    h = start
    for t in range(20):
        h = newton(h, pushes[t])
        h = sin(h) + 0.5 * h
    return h


def middle(pushes, start):
    h = start
    for t in range(20):
        h = cos(h) * pushes[t]
        h = newton(h, start)
        h = sin(h) * 0.5
    return h


def test_loops_in_loops_walk_backwards():
    def pushed(pushes, start):
        angle, speed = start
        for push in pushes:
            speed = speed + push
            for _ in range(20):
                speed = speed - 0.5 * sin(angle)
                angle = angle + 0.05 * speed
        return angle

    program = check(pushed, "start", ["pushes"], pushes=source.normal(size=20), start=source.normal(size=(3, 2)))
    assert (
        program.source.split("\n\n\n")[1].splitlines()[1:]
        == """\
    n = start.shape[0]
    s1, s2 = start[:, 0], start[:, 1]
    saved = []
    for i in range(20):
        s3, s4 = s1, s2 + pushes[i]
        for _ in range(20):
            t1 = s4 - 0.5 * sin(s3)
            saved.append(s3)
            s3, s4 = s3 + 0.05 * t1, t1
        s1, s2 = s3, s4
    L = s1
    dpushess = []
    ds1, ds2 = 1 / n + zeros_like(L), zeros_like(s2)
    for _ in range(20):
        ds3, ds4 = ds1, ds2
        for _ in range(20):
            s3 = saved.pop()
            dt1 = ds4 + 0.05 * ds3
            ds3, ds4 = ds3 + -(0.5 * dt1) * cos(s3), dt1
        dpushess.append(sum(ds4))
        ds1, ds2 = ds3, ds4
    dpushes = stack(dpushess[::-1], axis=0)
    return mean(L), dpushes""".splitlines()
    )


@pytest.mark.parametrize("times", [5, 8, 17])
def test_an_outer_loop_of_few_iterations(times):
    def f(pushes, x):
        for push in pushes:
            x = sin(x) + push
            for _ in range(10):
                x = tanh(x) - 0.5 * cos(x)
        return x

    program = check(f, "x", pushes=source.normal(size=times), x=source.normal(size=3))
    assert loops(program) == [str(times), "    10"]


def test_the_inner_loop_may_come_first():
    program = check(first, "start", pushes=source.normal(size=20), start=source.normal(size=3))
    assert loops(program) == ["10", "19", "    10"], "the first inner loop stands before the outer one"


def test_the_inner_loop_may_stand_in_the_middle():
    program = check(middle, "start", pushes=source.normal(size=20), start=source.normal(size=3))
    assert loops(program) == ["20", "    10"]


# --- No loop ------------------------------------------------------------------------------------------------------


def test_short_or_unequal_repetitions_stay_as_they_are():
    def short(a, x):
        for _ in range(3):
            x = sin(x) * a + cos(x)
        return x

    def unequal(a, x):
        draw = random.Random(0)
        for _ in range(30):
            x = draw.choice([sin, cos, tanh, sigmoid])(x) * draw.choice([a, 0.5, x])
        return x

    for f in (short, unequal):
        assert loops(check(f, "x", a=0.7, x=source.normal(size=3))) == []


# --- On groups made by hand ---------------------------------------------------------------------------------------


def chain(count, x, a):
    """Groups for x ← sin(x) · a[i], in each iteration with another element of a."""
    groups, last = [], everything(x)
    for i in range(count):
        s, p = Array((), True), Array((), True)
        groups.append(Group(OPERATIONS["sin"], s, (last,)))
        groups.append(Group(OPERATIONS["mul"], p, (everything(s), View(a, np.array(i)))))
        last = everything(p)
    return groups, last


def test_groups_that_repeat_become_a_loop():
    x, a = Array((), True, "x"), Array((20,), False, "a")
    groups, result = chain(20, x, a)
    (loop,), (after,) = with_loops(groups, [result])
    assert loop.counter.count == 20
    assert [group.op.name for group in loop.body] == ["sin", "mul"]
    ((initial, previous, following),) = loop.carried
    assert initial.array is x
    assert loop.body[0].operands[0].array is previous
    assert following.array is loop.body[1].array
    moving = loop.body[1].operands[1]
    assert (moving.array, moving.over, moving.shape, moving.axes) == (a, (loop.counter,), (), 0)
    assert moving.index.tolist() == list(range(20))
    ((inside, outside),) = loop.finals
    assert (inside.array, after.array, loop.stacks) == (loop.body[1].array, outside, [])
    assert {x, a} <= {view.array for view in loop.views}
    assert {previous, outside} <= set(loop.arrays)
    again = loop.with_views(iter(loop.views))
    assert [view.index.tolist() for view in again.views] == [view.index.tolist() for view in loop.views]


def test_the_loop_is_a_program():
    x, a = Array((), True, "x"), Array((20,), False, "a")
    groups, result = chain(20, x, a)
    steps, results = with_loops(groups, [result])
    assert emitted("f", [x, a], steps, results, None).source.splitlines()[1:] == [
        "    s1 = x", "    for i in range(20):", "        s1 = sin(s1) * a[i]", "    L = s1", "    return L"
    ]  # fmt: skip


def test_groups_that_do_not_repeat_stay_the_same():
    x, a = Array((), True, "x"), Array((20,), False, "a")
    groups, result = chain(3, x, a)
    assert with_loops(groups, [result]) == (groups, [result])


def test_a_step_that_reads_a_constant_where_others_read_a_state():
    """If the loop cannot hold the second iteration, it is not one."""
    x = Array((), True, "x")
    groups, last = [], everything(x)
    for i in range(24):
        s, p = Array((), True), Array((), True)
        groups.append(Group(OPERATIONS["sin"], s, (last,)))
        operand = View(None, np.float64(0.5)) if i == 1 else everything(s)
        groups.append(Group(OPERATIONS["add"], p, (everything(s), operand)))
        last = everything(p)
    steps, _ = with_loops(groups, [last])
    (loop,) = (step for step in steps if isinstance(step, Loop))
    assert (len(steps), loop.counter.count) == (4 + 1, 22)


# --- Random recurrences ---------------------------------------------------------------------------------------------

FUNCTIONS = [
    sin, cos, tanh, sigmoid,
    lambda v: v * 0.5, lambda v: v + 0.25, lambda v: sqrt(v * v + 1), lambda v: where(v > 0, v, 0.3 * v),
]  # fmt: skip
BINARY = [lambda x, y: x + 0.3 * y, lambda x, y: x - 0.2 * y, lambda x, y: 0.5 * x * y]


def random_recurrence(seed):
    """A function with random loops, and its arguments."""
    draw = random.Random(seed)
    states, steps, inner = draw.randint(1, 3), draw.randint(5, 16), draw.choice([0, 0, 6, 9])
    lagging, moving, constant, vector, summed, stray = (draw.random() < 0.4 for _ in range(6))
    width, numbers = draw.randint(2, 4), [draw.uniform(0.1, 1) for _ in range(steps)]

    def body(size, inputs):
        """Random operations, each on two of the numbers so far."""
        return [
            (draw.choice(FUNCTIONS), *draw.choices(range(inputs + i), k=2), draw.choice(BINARY)) for i in range(size)
        ]

    def result(body, known):
        for function, i, j, combined in body:
            known = [*known, combined(function(known[i]), known[j])]
        return known[-1]

    bodies = [body(draw.randint(2, 5), states + 5) for _ in range(states)]
    inner_body = body(draw.randint(2, 4), states + 3)

    def f(p, w, x):
        h, hidden, losses = list(x[:states]), list(x[:width]), []
        before = h
        for t in range(steps):
            inputs = [x[4 + t] if moving else x[0], numbers[t] * x[1] if constant else x[2]]
            known = [*(before[:1] if lagging else h[:1]), *h[1:], *p, *inputs]
            before, h = h, [result(body, known) for body in bodies]
            for _ in range(inner):
                h = [result(inner_body, [*h, *p]) * 0.5, *h[1:]]
            if vector:
                hidden = [tanh(dot(w[i][:width], hidden) + h[0] + p[i % 3]) for i in range(width)]
                h = [h[0] * 0.3 + hidden[0], *h[1:]]
            losses.append(h[-1] * h[0])
        total = autograd.sum(h) + hidden[-1] + (mean(losses) if summed else 0.0)
        return total + losses[2] if stray else total

    numbers_of = np.random.default_rng(seed)
    arguments = {
        "p": numbers_of.normal(size=3),
        "w": 0.5 * numbers_of.normal(size=(4, 4)),
        "x": numbers_of.normal(size=(2, 4 + steps)),
    }
    return f, arguments


@pytest.mark.slow
@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_random_recurrences(seed):
    f, arguments = random_recurrence(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograd.vectorizing.loops.WORTHWHILE", 16)
        check(f, "x", **arguments)


# --- Planted bugs ---------------------------------------------------------------------------------------------------

CHECKS = [
    test_several_states,
    test_a_state_of_two_iterations_before,
    test_vector_states_are_products_with_a_matrix,
    test_rows_of_a_matrix_that_move_with_the_iteration,
    test_a_second_loop_reads_what_the_first_has_computed_step_by_step,
    test_the_inner_loop_may_stand_in_the_middle,
]


@pytest.mark.slow
@pytest.mark.parametrize("bug", LOOPS)
def test_planted_bugs_are_noticed(bug, monkeypatch):
    LOOPS[bug](monkeypatch)
    assert failures(CHECKS)


def test_what_the_first_step_computes_for_all_steps_stays_before_the_loop():
    def f(x):
        scale = tanh(x[1])
        state = [x[0], scale]
        for _ in range(12):
            state = [tanh(dot(state, [scale, 0.5])), tanh(state[0] - state[1])]
        return state[0] + state[1]

    program = vectorize(f, batch="x")
    x = [1.7, 3.0]
    assert program(x=[x])[0] == pytest.approx(f([Value(number) for number in x]).data, rel=1e-12)
    assert "    t1 = tanh(x[:, 1])\n    s1, s2 = x[:, 0], t1\n    for _ in range(12):\n" in program.source
