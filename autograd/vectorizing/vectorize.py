"""vectorize: the formula of one sample, written with scalars, as array code for a whole data set.

The data passes through these modules, one after the other:

    arguments          the call: arrays, their places and shapes
    trace              one run of the function, on Values without numbers
    simplification     its graph, with sums of products as linear forms
    grouping           groups of nodes that do the same: one array each
    loops              groups that repeat, as loops
    forward, backward  array statements for the groups, and for their derivatives
    passes             fewer statements, with names in order
    source, execution  the function as text, and compiled
    tape               instead of both, for long programs that do not repeat
    specialization     caches for one combination of shapes
    program, entry     the object that the user calls, and the quick way into it
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograd.vectorizing.program import Program

__all__ = ["vectorize"]


def vectorize(f: Callable[..., Any], batch: str | Sequence[str] = ()) -> Program:
    """`f`, written for one sample with scalars, as a program for many samples at once.

    `batch` names the arguments that differ from sample to sample; their arrays have the samples along the first axis.
    All samples share the others, such as parameters.  Inside `f`, a number is a Value, a vector a list of Values, a
    matrix a list of such lists; lists, tuples and dicts of these keep their structure.  Non-numeric
    arguments (strings, None, True, functions) are passed through unchanged, and so are defaults.

    `f` runs once for each combination of shapes.  A branch on a number (``if x > 0``) is a `TracingError`:
    ``where(x > 0, a, b)`` chooses sample by sample, and so do ``max`` and ``min``.  ``take(table, index)`` looks up an
    index of the batch.  The numbers of captured Values are read at every call.

    Where an operation is not defined the result is nan or infinite, as in IEEE 754: there is no error, since other
    samples may be fine.

    >>> import numpy as np
    >>> from autograd import dot, sigmoid
    >>> def loss(w, b, x, y):
    ...     return (sigmoid(dot(w, x) + b) - y) ** 2
    >>> program = vectorize(loss, batch=("x", "y"))
    >>> X, Y = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]]), np.array([1.0, 0.0, 1.0])
    >>> program(w=[0.5, -0.25], b=0.0, x=X, y=Y).round(4)
    array([0.25  , 0.7258, 0.316 ])
    >>> value, grads = program.value_and_grad(w=[0.5, -0.25], b=0.0, x=X, y=Y)
    >>> round(float(value), 4), grads["w"].round(4), round(float(grads["b"]), 4)
    (0.4306, array([ 0.1316, -0.3306]), -0.1039)
    """
    from autograd.vectorizing.program import Program

    if not isinstance(batch, str | list | tuple):
        raise TypeError(f"batch takes the names of arguments, such as ('x', 'y'), not {batch!r}")
    return Program(f, (batch,) if isinstance(batch, str) else tuple(batch))
