"""The engine beside the class of a first lesson: any program of its operations gives the same gradients."""

import math
import operator

from hypothesis import assume, given
from hypothesis import strategies as st

from autograd.core.value import Value
from tests.core.textbook import Textbook

numbers = st.floats(-3, 3).filter(lambda x: x == 0 or abs(x) > 1e-3)
BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
UNARY = {
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "relu": lambda x: x.relu(),
    "neg": lambda x: -x,
    "square": lambda x: x**2,
    "cube": lambda x: x**3.0,
    "root": lambda x: (x**2 + 1) ** 0.5,
}
position = st.integers(0, 10**6)
step = st.one_of(
    st.tuples(st.sampled_from(sorted(BINARY)), position, position),
    st.tuples(st.sampled_from(sorted(BINARY)), position, numbers),
    st.tuples(st.sampled_from(sorted(BINARY)), numbers, position),
    st.tuples(st.sampled_from(sorted(UNARY)), position),
)


def run(kind, leaves, steps):
    """The program on one kind of Value: every step takes earlier results, by their position, and numbers."""
    inputs = [kind(x) for x in leaves]
    values = list(inputs)
    for name, *operands in steps:
        operation = BINARY.get(name) or UNARY[name]
        values.append(operation(*(values[x % len(values)] if isinstance(x, int) else x for x in operands)))
    values[-1].backward()
    return values[-1].data, [x.grad for x in inputs]


@given(st.lists(numbers, min_size=1, max_size=4), st.lists(step, min_size=1, max_size=25))
def test_any_program_gives_what_the_textbook_gives(leaves, steps):
    try:
        expected, gradients = run(Textbook, leaves, steps)
    except (ArithmeticError, ValueError):
        assume(False)
    assume(all(math.isfinite(x) and abs(x) < 1e100 for x in (expected, *gradients)))
    z, grads = run(Value, leaves, steps)
    scale = max(map(abs, gradients), default=0.0)
    assert math.isclose(z, expected, rel_tol=1e-9, abs_tol=1e-12)
    for ours, theirs in zip(grads, gradients, strict=True):
        assert math.isclose(ours or 0.0, theirs, rel_tol=1e-9, abs_tol=1e-9 * scale + 1e-12)
