"""Random scalar programs, vectorized beside Values: ``python -m tests.benchmarks.vectorized 2000``.

All operations, random sharing, arguments in the batch, for all samples and from outside (see `random_function` in
tests/test_vectorize.py).  Prints the largest difference of a value, and of a gradient, relative to the number itself.
Where a result is what two large numbers leave of each other, that ratio says nothing; those cases are listed apart,
with the same difference relative to the largest term of the sum.
"""

import sys

import numpy as np

from autograd import Value, vectorize
from tests.vectorizing.test_vectorize import eager, random_function

CANCELLED = 1e-12
"""Relative differences from which on a case is looked at: has it lost its digits in a subtraction?"""


def relative(found, expected):
    with np.errstate(all="ignore"):
        return np.max(np.where(found == expected, 0.0, np.abs(found - expected) / np.abs(expected)), initial=0.0)


def terms(f, arguments, batch):
    """The largest term that is added to a derivative, or the largest intermediate number, over all samples."""
    largest = 0.0
    for i in range(len(arguments[batch[0]]) if batch else 1):
        given = {
            k: np.vectorize(Value, otypes=[object])(a[i] if k in batch else a).tolist() for k, a in arguments.items()
        }
        L = f(**given)
        L.backward()
        for node in reached(L):
            for operand, local in node.edges:
                largest = max(largest, abs(operand.data), abs(local * node.grad))
    return largest


def reached(root):
    found, waiting = {root}, [root]
    while waiting:
        for operand, _ in waiting.pop().edges:
            if operand not in found:
                found.add(operand)
                waiting.append(operand)
    return found


def main(count):
    worst, cancelled, seen, seed = {"value": 0.0, "gradient": 0.0}, [], 0, 0
    while seen < count:
        seed += 1
        f, arguments, batch = random_function(seed)
        if not arguments:
            continue
        try:
            values, gradients, _ = eager(f, arguments, batch)
        except (ArithmeticError, ValueError):
            continue
        seen += 1
        program = vectorize(f, batch=batch)
        found = program(**arguments)
        mean, slopes = program.value_and_grad(**arguments, wrt=list(arguments))
        pairs = [("value", np.asarray(found), values if batch else values[0]), ("value", mean, values.mean())]
        pairs += [("gradient", np.asarray(slopes[name]), gradients[name]) for name in arguments]
        for what, ours, theirs in pairs:
            difference = relative(ours, theirs)
            if difference > CANCELLED:
                cancelled.append(np.max(np.abs(ours - theirs)) / terms(f, arguments, batch))
            else:
                worst[what] = max(worst[what], difference)
    value, gradient = (f"{worst[what]:.1e}" for what in ("value", "gradient"))
    print(f"{seen} programs: largest relative difference of a value {value}, of a gradient {gradient}")
    if cancelled:
        print(
            f"{len(cancelled)} results are left of a cancellation; from its terms they differ by {max(cancelled):.1e}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
