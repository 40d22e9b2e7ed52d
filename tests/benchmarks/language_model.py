"""The language model of docs/language-model.md, in two sizes.

The mean loss of all names and its derivatives by the Values of a first lesson and by ours, one name after the other,
and by the program, which are compared; then the losses during training.  The code is that of the page, and the seconds
are those of the processor: ``OMP_NUM_THREADS=1 python -m tests.benchmarks.language_model`` uses one core.
"""

import doctest
import operator
import sys
import time
from pathlib import Path

import numpy as np

from autograd import Value
from autograd.core.graph import newest_first
from tests.benchmarks.gpt import shares
from tests.core.textbook import Textbook

PAGE = Path(__file__).parent.parent.parent / "docs" / "language-model.md"
SIZES = (8, 16)
STEPS = (0, 25, 50, 100, 200, 1000)
DEFINITIONS = ("import ", "from ", "def ", "NAMES", "ALPHABET", "random.", "held_out", "program =")
sys.setrecursionlimit(100_000)  # the class to compare with is recursive

FUNCTIONS = {
    "dot": lambda x, y: sum(a * b for a, b in zip(x, y, strict=True)),
    "log": lambda x: x.log(),
    "relu": lambda x: x.relu(),
    "softmax": shares,
    "take": operator.getitem,
    "where": lambda condition, a, b: a if condition else b,
}
"""The functions of the model, for any class of Values."""


def lesson(functions):
    """The definitions of the page; `functions` replace those that the model uses."""
    page = {}
    for example in doctest.DocTestParser().get_examples(PAGE.read_text(encoding="utf-8")):
        if example.source.startswith(DEFINITIONS):
            exec(compile(example.source, PAGE.name, "exec"), page)
    page.update(functions)
    return page


def one_by_one(value, page, p):
    """Return the mean loss and its derivatives, one name after the other."""
    values = {name: [[value(w) for w in row] for row in matrix] for name, matrix in p.items()}
    losses = []
    for name in page["training"]:
        loss = page["loss"](values, page["numbers"](name)) * (1 / len(page["training"]))
        loss.backward()
        losses.append(loss.data)
    return sum(losses), {name: [[w.grad or 0.0 for w in row] for row in matrix] for name, matrix in values.items()}


def seconds(function, rounds):
    """Return the result of a function and the best time of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return result, min(times)


def largest_difference(result, reference):
    """Return the largest difference in the mean loss or one of its derivatives."""
    (loss, grads), (expected, expected_grads) = result, reference
    differences = [np.abs(np.subtract(grads[name], gradient)).max() for name, gradient in expected_grads.items()]
    return np.max([abs(loss - expected), *differences])


def measure(size, page, textbook):
    """Compare and time the three, train the model, and print all figures of one size."""
    program, names, held_out = page["program"], page["training"], page["held_out"]
    p, letters = page["parameters"](size), page["batch"](names)
    arrays = {name: np.array(matrix) for name, matrix in p.items()}
    _, first_call = seconds(lambda: program.value_and_grad(arrays, letters), 1)
    (loss, grads), call = seconds(lambda: program.value_and_grad(arrays, letters), 50)
    eager, eager_seconds = seconds(lambda: one_by_one(Value, page, p), 2)
    reference, textbook_seconds = seconds(lambda: one_by_one(Textbook, textbook, p), 1)
    longest = page["loss"](page["as_values"](p), page["numbers"](max(names, key=len)))
    print(f"embedding {size}: {sum(w.size for w in arrays.values()):,} parameters, {program}")
    print(f"  the graph of the longest name has {len(newest_first(longest)):,} operations")
    print(f"  one step, {len(names)} names: class of a first lesson {textbook_seconds:.2f} s,", end=" ")
    print(f"Values {eager_seconds:.2f} s, program {call * 1000:.1f} ms (the first call {first_call:.2f} s)")
    for side, result in (("Values", eager), ("program", (loss, grads["p"]))):
        difference = largest_difference(result, reference)
        assert difference < 1e-12, side
        print(f"  {side}: loss {result[0]:.12f}, the largest difference from the class {difference:.0e}")
    start = time.process_time()
    history = list(page["train"](p, STEPS[-1]))
    print(f"  {STEPS[-1]} steps in {time.process_time() - start:.1f} s; surprise per letter, training and held out:")
    for step in STEPS:
        print(f"  {step:6}", *(f"{page['per_letter'](history[step], group):.2f}" for group in (names, held_out)))


if __name__ == "__main__":
    page, textbook = lesson({}), lesson(FUNCTIONS)
    for size in SIZES:
        measure(size, page, textbook)
