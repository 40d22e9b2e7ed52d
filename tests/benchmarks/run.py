"""Speed and memory beside the peers, as ratios measured in one run: ``python tests/benchmarks/run.py``.

All sides of a row compute the same thing, are compared first, and take turns; the best of many rounds counts, with one
thread each, in float64.  Prints the tables and writes them into docs/speed.md.  Needs the extra "bench".  HIPS
autograd, whose folder has our name, is measured if ``--hips PYTHON`` names an interpreter that has it.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse
import gc
import json
import math
import platform
import random
import subprocess
import sys
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from micrograd.engine import Value as MicrogradValue

from autograd import Value, dot, tanh, where
from tests.benchmarks import gpt, peers, recording
from tests.core.textbook import Textbook

PAGE = ROOT / "docs" / "speed.md"
FEATURES = 30
sys.setrecursionlimit(100_000)  # the class to compare with is recursive
SECONDS = 8
"""How long the sides of a row take turns."""


def best_times(sides, seconds=SECONDS):
    """The best time of one call of each side, in seconds, measured in turns."""
    calls = {}
    for name, side in sides.items():
        side()
        start = time.perf_counter()
        side()
        calls[name] = max(1, int(0.002 / (time.perf_counter() - start)))
    best = dict.fromkeys(sides, float("inf"))
    end = time.perf_counter() + seconds
    rounds = 0
    while time.perf_counter() < end or rounds < 5:
        rounds += 1
        for name, side in sides.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                side()
            best[name] = min(best[name], (time.perf_counter() - start) / calls[name])
    return best


def table(head, rows):
    """A table in Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def microseconds(seconds):
    us = seconds * 1e6
    return f"{us:,.0f}" if us >= 100 else f"{us:.1f}"


# --- Programs ---------------------------------------------------------------------------------------------

GOALS = dict.fromkeys(peers.CASES, "≤ 1.05 × NumPy")
GOALS["pendulum, 50 steps, 1,000 samples"] = "≤ 2.2 × NumPy's forward pass, ahead of JAX"


def programs():
    head = ["value and gradient, µs", "NumPy by hand", "PyTorch", "JAX, jit", "micrograd", "vectorize", "ratio", "goal"]
    rows = []
    for name, make in peers.CASES.items():
        sides = make()
        agree(name, sides)
        micrograd = sides.pop("micrograd", None)
        times = best_times(sides)
        if micrograd:
            gc.freeze()  # its cycles make the collector run, which is not to look at all the libraries
            factor = micrograd()
            times["micrograd"] = best_times({"micrograd": micrograd}, 1)["micrograd"] * factor
        ours, hand = times["vectorize"], times["hand-written NumPy"]
        slower = " and ".join(
            f"{times[peer] / ours:.1f} × faster than {peer.partition(',')[0]}" for peer in ("PyTorch", "JAX, jit")
        )
        cells = [microseconds(times[side]) if side in times else "" for side in
                 ("hand-written NumPy", "PyTorch", "JAX, jit", "micrograd", "vectorize")]  # fmt: skip
        rows.append([name, *cells, f"{ours / hand:.2f} × NumPy, {slower}", GOALS[name]])
        print(" | ".join(rows[-1]), flush=True)
    return table(head, rows)


def agree(name, sides):
    """The losses and gradients of all sides must be equal, to 1e-10."""
    loss, gradients = sides["vectorize"]()
    for side, function in sides.items():
        if side == "micrograd":
            continue
        other_loss, other_gradients = function()
        np.testing.assert_allclose(other_loss, loss, rtol=1e-10, err_msg=f"{name}: {side}")
        for ours, theirs in zip(gradients, other_gradients, strict=False):
            scale = np.abs(ours).max()
            np.testing.assert_allclose(theirs, ours, rtol=1e-10, atol=1e-10 * scale, err_msg=f"{name}: {side}")


def recordings():
    source = np.random.default_rng(1)
    arguments = {**peers.weights(source, 784, 50, 10), "x": source.normal(size=(64, 784)), "y": np.zeros(64)}
    seconds = []
    for _ in range(3):
        program = peers.vectorize(peers.digits_loss, batch=("x", "y"))
        start = time.perf_counter()
        program.value_and_grad(**arguments)
        seconds.append(time.perf_counter() - start)
    size = sum(x.size for name, x in arguments.items() if name not in ("x", "y"))
    first = f"The first call for 784-50-10, with its {size:,} parameters: {min(seconds):.2f} s (goal: under 0.5 s)."
    print(first, flush=True)
    what = {"wide": "side by side", "layered": "100 side by side", "deep": "one after the other"}
    rows = []
    for kind in recording.KINDS:
        for nodes in (10**3, 10**4, 10**5, 10**6):
            ours, theirs = (first_call(kind, nodes, engine) for engine in ("autograd", "casadi"))
            key = "value and sum of the gradient"
            np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-6, err_msg=f"{kind}, {nodes}")
            counts = [f"{ours['nodes']:,}", f"{ours['statements']:,}"]
            rows.append([what.get(kind, kind), *counts, *costs(ours), *costs(theirs)])
            print(" | ".join(rows[-1]), flush=True)
    head = ["graph", "scalar operations", "statements", "first call, s", "peak memory, MiB", "CasADi, s", "CasADi, MiB"]
    return first + "\n\n" + table(head, rows)


def first_call(kind, nodes, engine):
    """Seconds and memory of a first call in a process of its own."""
    command = [sys.executable, recording.__file__, kind, str(nodes), engine]
    run = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    return json.loads(run.stdout)


def costs(found):
    return [f"{found['seconds']:.2f}", f"{found['MiB']:,.0f}" if found["MiB"] else ""]


# --- Values, one sample at a time ---------------------------------------------------------------------------


def neuron(value, weighted_sum):
    """One sample of a 30-feature neuron, relu and squared error: forward and backward."""
    source = random.Random(1)
    w = [value(source.uniform(-1, 1)) for _ in range(FEATURES)]
    x = [source.uniform(-1, 1) for _ in range(FEATURES)]
    b = value(0.1)

    def step():
        loss = (weighted_sum(w, x, b).relu() - 1.5) ** 2
        loss.backward()
        return loss

    def gradients():
        for p in (*w, b):
            p.grad = 0.0
        step()
        return [p.grad for p in (*w, b)]

    numbers = [p.data for p in w]

    def anew():
        loss = (weighted_sum([value(number) for number in numbers], x, value(0.1)).relu() - 1.5) ** 2
        loss.backward()
        return loss

    return step, gradients, anew


def one_by_one(w, x, b):
    return sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)


def numbers():
    source = random.Random(1)
    return [source.uniform(-1, 1) for _ in range(FEATURES)], [source.uniform(-1, 1) for _ in range(FEATURES)]


def closed_form():
    w, x = numbers()

    def step():
        h = sum((wi * xi for wi, xi in zip(w, x, strict=True)), 0.1)
        slope = 2 * (max(h, 0.0) - 1.5) * (h > 0)
        return [slope * xi for xi in x], slope

    return step


def scalar_peers():
    """PyTorch, JAX and MyGrad on scalars, one operation after the other."""
    import jax
    import torch

    w, x = numbers()
    tensors = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in (*w, 0.1)]

    def with_torch():
        loss = (torch.relu(one_by_one(tensors[:-1], x, tensors[-1])) - 1.5) ** 2
        return [float(g) for g in torch.autograd.grad(loss, tensors)]

    def of_jax(p):
        return (jax.nn.relu(one_by_one(p[:-1], x, p[-1])) - 1.5) ** 2

    def with_jax():
        return list(map(float, jax.grad(of_jax)([*w, 0.1])))

    sides = {"PyTorch": with_torch, "JAX": with_jax}
    try:
        import mygrad
    except ImportError:
        return sides

    def with_mygrad():
        p = [mygrad.tensor(number) for number in (*w, 0.1)]
        loss = (mygrad.maximum(one_by_one(p[:-1], x, p[-1]), 0) - 1.5) ** 2
        loss.backward()
        return [float(v.grad) for v in p]

    return sides | {"MyGrad": with_mygrad}


HIPS = f"""
import random, time
import autograd, autograd.numpy as np
source = random.Random(1)
w = [source.uniform(-1, 1) for _ in range({FEATURES})]
x = [source.uniform(-1, 1) for _ in range({FEATURES})]
f = autograd.grad(lambda p: (np.maximum(sum((a * b for a, b in zip(p[:-1], x)), p[-1]), 0.0) - 1.5) ** 2)
best = float("inf")
for _ in range(300):
    start = time.perf_counter()
    f([*w, 0.1])
    best = min(best, time.perf_counter() - start)
print(best)
"""


def eager(hips):
    sides = {
        "micrograd": neuron(MicrogradValue, one_by_one),
        "Values, operation by operation": neuron(Value, one_by_one),
        "Values, with dot": neuron(Value, lambda w, x, b: dot(w, x) + b),
        "Values, with dot, bias included": neuron(Value, lambda w, x, b: dot([*w, b], [*x, 1.0])),
    }
    reference = sides["micrograd"][1]()
    assert all(reference)
    others = scalar_peers()
    for name, gradients in [(name, side[1]) for name, side in sides.items()] + list(others.items()):
        worst = max(abs(a - b) / abs(b) for a, b in zip(gradients(), reference, strict=True))
        assert worst < 1e-10, (name, worst)
    gc.unfreeze()
    steps = {name: side[0] for name, side in sides.items()} | {"closed form in Python": closed_form()}
    times = best_times(others) | best_times(steps, 15)
    anew = best_times({name: side[2] for name, side in sides.items()}, 15)
    if hips:
        run = subprocess.run([hips, "-c", HIPS], capture_output=True, text=True, check=True, cwd="/")
        times["HIPS autograd (in a process of its own)"] = float(run.stdout)
    rows = [
        [
            name,
            microseconds(seconds),
            f"{times['micrograd'] / seconds:.2f}",
            f"{anew['micrograd'] / anew[name]:.2f}" if name in anew else "",
        ]
        for name, seconds in sorted(times.items(), key=lambda item: -item[1])
    ]
    for row in rows:
        print(" | ".join(row), flush=True)
    head = [
        "one sample, forward and backward",
        "µs",
        "times as fast as micrograd",
        "the same, with parameters made anew",
    ]
    return table(head, rows)


def small_things():
    """The cost of single calls, beside Python's own or beside the same in a smaller graph."""
    a, b, other = Value(0.5), Value(-0.5), Value(1.0)

    def inside(nodes):
        x = Value(1.0)
        for _ in range(nodes):
            x = x * 1.0001
        z = x * 3.0 + 1.0
        other.data = 2.0  # any leaf, anywhere
        assert z.gradients([x]) == [3.0]
        return lambda: z.gradients([x])

    assert tanh(0.5) == math.tanh(0.5)
    assert where(a > 0, a, b).gradients([a, b]) == [1.0, 0.0]
    sides = {
        "math.tanh(0.5)": lambda: math.tanh(0.5),
        "tanh(0.5)": lambda: tanh(0.5),
        "Value(0.5)": lambda: Value(0.5),
        "where(a > 0, a, b)": lambda: where(a > 0, a, b),
        "z.gradients([x]) inside a graph of 100 nodes": inside(100),
        "z.gradients([x]) inside a graph of 10,000 nodes": inside(10_000),
    }
    empty = best_times({"": lambda: None}, 1)[""]
    times = {name: seconds - empty for name, seconds in best_times(sides).items()}
    step, weights = gpt.training(Value)
    textbook, others = gpt.training(Textbook)
    np.testing.assert_allclose(step(), textbook(), rtol=1e-12)
    np.testing.assert_allclose([w.grad for w in weights], [w.grad for w in others], rtol=1e-9, atol=1e-15)
    assert all(w.grad is not None for w in weights)
    steps = best_times({"ours": step, "textbook": textbook}, 20)
    rows = [[name, f"{1e9 * seconds:,.0f}"] for name, seconds in times.items()]
    for row in rows:
        print(" | ".join(row), flush=True)
    text = (
        f"`tanh(0.5)` takes {times['tanh(0.5)'] / times['math.tanh(0.5)']:.1f} × the time of `math.tanh(0.5)`. One "
        f"step of training a small transformer in scalars, some 60,000 operations, takes {1e3 * steps['ours']:.0f} ms, "
        f"{steps['ours'] / steps['textbook']:.2f} × the time of a class of fifty lines that keeps "
        "children and local gradients in two tuples (`tests/core/textbook.py`)."
    )
    print(text, flush=True)
    return table(["call", "ns"], rows) + "\n\n" + text


def chain(value, length):
    """Seconds for forward, backward and freeing a chain of additions, and bytes per node."""
    gc.collect()
    tracemalloc.start()
    x = value(1.0)
    y = x
    for _ in range(length // 10):
        y = y + x
    size = tracemalloc.get_traced_memory()[0] / (length // 10)
    tracemalloc.stop()
    del y
    clock = time.perf_counter
    times = [clock()]
    y = x
    for _ in range(length):
        y = y + x
    times.append(clock())
    if value is Value:
        y.backward()
        assert x.grad == length + 1
    times.append(clock())
    if value is not Value:
        return [times[1] - times[0], None, None], size  # recursion ends micrograd's backward, and its deletion
    del y
    times.append(clock())
    return [b - a for a, b in pairwise(times)], size


def growth():
    rows = []
    for length in (100_000, 1_000_000):
        times, size = chain(Value, length)
        rows.append([f"Values, {length:,}", *(f"{seconds:.3f}" for seconds in times), f"{size:.0f}"])
    (forward, _, _), size = chain(MicrogradValue, 900)
    rows.append(["micrograd, 900 (longer ones end in a RecursionError)", f"{forward:.3f}", "", "", f"{size:.0f}"])
    for row in rows:
        print(" | ".join(row), flush=True)
    return table(["a chain of additions, nodes", "forward, s", "backward, s", "freeing, s", "bytes per node"], rows)


def write(**tables):
    """Put the tables into the page, between their marks."""
    page = PAGE.read_text(encoding="utf-8")
    for name, text in tables.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        head, rest = page.split(begin)
        page = f"{head}{begin}\n{text}\n{end}{rest.split(end)[1]}"
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Speed beside the peers, written into docs/speed.md.")
    parser.add_argument("--hips", metavar="PYTHON", help="an interpreter that has HIPS autograd")
    options = parser.parse_args()
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    write(
        programs=programs(), recordings=recordings(), values=eager(options.hips), small=small_things(), growth=growth()
    )
