"""How long it takes to record a graph and to write its program, and the memory of the process, as one line of JSON.

``python tests/benchmarks/recording.py KIND NODES``, where KIND is one of those below.
"""

import json
import re
import sys
import time
from pathlib import Path

import numpy as np

from autograd import mean, sin, vectorize


def wide(nodes):
    """Many numbers that do the same: a few long statements."""

    def f(a, x):
        return mean([sin(u * v) ** 2 + u for u, v in zip(a, x, strict=True)])

    return f, {"a": nodes // 4, "x": nodes // 4}


def layered(nodes):
    """A hundred numbers side by side."""

    def f(a, x):
        for _ in range(nodes // 200):
            x = [sin(u) * v for u, v in zip(x, a, strict=True)]
        return mean(x)

    return f, {"a": 100, "x": 100}


def deep(nodes):
    """One operation after the other: a statement for each node, and as many for the derivatives."""

    def f(a, x):
        x = x[0]
        for _ in range(nodes // 2):
            x = sin(x) + a[0]  # a product with a would die out
        return x

    return f, {"a": 1, "x": 1}


def measured(kind, nodes):
    f, sizes = {"wide": wide, "layered": layered, "deep": deep}[kind](nodes)
    source = np.random.default_rng(0)
    arguments = {"a": source.normal(size=sizes["a"]), "x": source.normal(size=(10, sizes["x"]))}
    program = vectorize(f, batch="x")
    start = time.perf_counter()
    value, gradients = program.value_and_grad(**arguments)
    seconds = time.perf_counter() - start
    assert all(np.isfinite(x).all() and np.any(x) for x in (value, *gradients.values())), (
        "nothing is compared with nothing"
    )
    return {"nodes": program.nodes, "statements": program.statements, "seconds": seconds, "MiB": peak_memory()}


def peak_memory():
    """In MiB; of this process alone, which `resource` mixes up with the one that started it; None if unknown."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
