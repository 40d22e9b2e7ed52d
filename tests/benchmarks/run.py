"""Speed and memory beside micrograd, as ratios measured in one run: ``python tests/benchmarks/run.py``.

Both sides compute the same thing, are compared first, and take turns; the best of many rounds counts.
Needs the extra: ``pip install -e ".[bench]"``.
"""

import gc
import platform
import random
import sys
import time
import tracemalloc
from itertools import pairwise

from micrograd.engine import Value as MicrogradValue

from autograd import Value, dot

FEATURES = 30


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

    return step, gradients


def one_by_one(w, x, b):
    return sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)


def closed_form():
    source = random.Random(1)
    w = [source.uniform(-1, 1) for _ in range(FEATURES)]
    x = [source.uniform(-1, 1) for _ in range(FEATURES)]

    def step():
        h = sum((wi * xi for wi, xi in zip(w, x, strict=True)), 0.1)
        slope = 2 * (max(h, 0.0) - 1.5) * (h > 0)
        return [slope * xi for xi in x], slope

    return step


def best_times(functions, rounds=200, calls=50):
    """The best time of one call of each function, in seconds, measured in turns."""
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(calls):
                function()
            best[name] = min(best[name], (time.perf_counter() - start) / calls)
    return best


def eager():
    sides = {
        "micrograd": neuron(MicrogradValue, one_by_one),
        "operation by operation": neuron(Value, one_by_one),
        "with dot": neuron(Value, lambda w, x, b: dot(w, x) + b),
        "with dot, bias included": neuron(Value, lambda w, x, b: dot([*w, b], [*x, 1.0])),
    }
    reference = sides["micrograd"][1]()
    for name, (_, gradients) in sides.items():
        worst = max(abs(a - b) / abs(b) for a, b in zip(gradients(), reference, strict=True))
        assert worst < 1e-10, (name, worst)
    times = best_times({**{name: step for name, (step, _) in sides.items()}, "closed form in Python": closed_form()})
    print(f"\n{FEATURES}-feature neuron, forward and backward      µs   times faster than micrograd")
    for name, seconds in times.items():
        print(f"  {name:34s} {seconds * 1e6:10.1f} {times['micrograd'] / seconds:10.2f}")


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
    print("\nchain of additions          forward s  backward s   freeing s   bytes per node")
    for length in (100_000, 1_000_000):
        (forward, backward, freeing), size = chain(Value, length)
        print(f"  {length:9,d} nodes        {forward:9.3f} {backward:11.3f} {freeing:11.3f} {size:16.0f}")
    (forward, _, _), size = chain(MicrogradValue, 900)
    print(f"  {900:9,d} nodes, micrograd {forward:8.3f} {'':11} {'':11} {size:16.0f}")
    peak = _peak_memory()
    if peak:
        print(f"  peak memory of this process: {peak:.0f} MiB")


def _peak_memory():
    try:
        import resource
    except ImportError:
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    eager()
    growth()
