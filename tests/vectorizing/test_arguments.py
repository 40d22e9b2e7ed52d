"""The arguments of a program: numbers, not Values."""

import numpy as np
import pytest

from autograd import Value, grad, sin, vectorize

PROGRAM = vectorize(lambda w, x, b=0.0: sin(w * x) + b, batch="x")

ADVICE = (
    ": a program takes numbers, not Values. Its derivatives are those of program.value_and_grad(..., wrt={!r}); for "
    "those of a larger computation, call the function itself, not its program."
)


@pytest.mark.parametrize(
    ("call", "place", "name"),
    [
        (lambda: PROGRAM(w=Value(2.0), x=[1.0]), "w = Value(2.0)", "w"),
        (lambda: PROGRAM(w=Value(2.0, label="weight"), x=[1.0]), "w = weight", "w"),
        (lambda: PROGRAM(w=2.0, x=[1.0, Value(3.0)]), "x[1] = Value(3.0)", "x"),
        (lambda: PROGRAM(w=2.0, x=np.array([Value(3.0), 1.0])), "x[0] = Value(3.0)", "x"),
        (lambda: PROGRAM.value_and_grad(w=2.0, x=[1.0], b=Value(0.5)), "b = Value(0.5)", "b"),
        (
            lambda: vectorize(lambda p, x: p["w"][0] * x, batch="x")({"w": [Value(1.0)]}, [1.0]),
            "p['w'][0] = Value(1.0)",
            "p",
        ),
        (lambda: grad(lambda w: np.sum(PROGRAM(w=w, x=[1.0, 2.0])))(2.0), "w = Value(2.0)", "w"),
        (lambda: vectorize(lambda v: PROGRAM(w=v, x=[1.0])[0], batch="v")(v=[1.0]), "w = v", "w"),
    ],
)
def test_a_value_names_the_ways_to_its_derivative(call, place, name):
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == place + ADVICE.format(name)
