"""The first call of a program, with value and gradient for ten samples: its seconds and its memory, as a line of JSON.

``python tests/benchmarks/recording.py KIND NODES [casadi]``, where KIND is one of those below.  With casadi, the same
graph is built and differentiated by CasADi, which is made for large irregular graphs.
"""

import json
import random
import re
import sys
import time
from pathlib import Path

import numpy as np


def wide(nodes):
    """Many numbers that do the same: a few long statements."""

    def f(a, x, sin):
        terms = [sin(u * v) ** 2 + u for u, v in zip(a, x, strict=True)]
        return sum(terms[1:], terms[0]) / len(terms)

    return f, nodes // 4


def layered(nodes):
    """A hundred numbers side by side."""

    def f(a, x, sin):
        for _ in range(nodes // 200):
            x = [sin(u) * v for u, v in zip(x, a, strict=True)]
        return sum(x[1:], x[0]) / len(x)

    return f, 100


def deep(nodes):
    """One operation after the other, the same two again and again."""

    def f(a, x, sin):
        x = x[0]
        for _ in range(nodes // 2):
            x = sin(x) + a[0]  # a product with a would die out
        return x

    return f, 1


def irregular(nodes):
    """Operations on random ones among the latest fifty: nothing repeats."""
    source = random.Random(1)
    steps = [(source.randrange(5), source.randrange(1, 50), source.randrange(1, 50)) for _ in range(nodes * 4 // 5)]

    def f(a, x, sin):
        v = [(a[i % 5] + x[i // 5 % 5]) * (i + 1) for i in range(50)]
        for kind, i, j in steps:
            y, z = v[-i], v[-j]
            match kind:
                case 0:
                    v.append(sin(y) * a[i % 5])
                case 1:
                    v.append((y + z) * 0.5)
                case 2:
                    v.append(sin(y - z) * 0.7)
                case 3:
                    v.append(y * 0.3 + x[j % 5])
                case 4:
                    v.append(0.25 - sin(y) * a[j % 5])
        return sum(v[-49:], v[-50])

    return f, 5


KINDS = {"wide": wide, "layered": layered, "deep": deep, "irregular": irregular}


def by_programs(f, arguments):
    from autograd import sin, vectorize

    program = vectorize(lambda a, x: f(a, x, sin), batch="x")
    value, gradients = program.value_and_grad(**arguments)
    return value, gradients["a"], {"nodes": program.nodes, "statements": program.statements}


def by_casadi(f, arguments):
    import casadi

    size = len(arguments["a"])
    a, x = casadi.SX.sym("a", size), casadi.SX.sym("x", size)
    result = f(casadi.vertsplit(a), casadi.vertsplit(x), casadi.sin)
    function = casadi.Function("f", [a, x], [result, casadi.gradient(result, a)])
    value, gradients = function.map(len(arguments["x"]))(arguments["a"], arguments["x"].T)
    size = function.n_instructions()
    return np.mean(value.full()), np.mean(gradients.full(), axis=1), {"nodes": size, "statements": size}


def measured(kind, nodes, engine):
    f, size = KINDS[kind](nodes)
    source = np.random.default_rng(0)
    arguments = {"a": source.normal(size=size), "x": source.normal(size=(10, size))}
    start = time.perf_counter()
    value, gradient, counts = (by_casadi if engine == "casadi" else by_programs)(f, arguments)
    seconds = time.perf_counter() - start
    assert np.isfinite(gradient).all()
    assert value
    assert np.any(gradient), "nothing is compared with nothing"
    check = [float(value), float(np.sum(gradient))]
    return counts | {"seconds": seconds, "MiB": peak_memory(), "value and sum of the gradient": check}


def peak_memory():
    """In MiB; of this process alone, which `resource` mixes up with the one that started it; None if unknown."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]), sys.argv[-1])))
