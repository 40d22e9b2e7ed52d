"""`fit` on a cluster of two workers beside Dask by hand: ``python -m tests.benchmarks.cluster``.

Prints the tasks and the seconds of a step on 2,000,000 samples that the workers keep, after comparing the losses; and
the largest memory of the processes for data twice as large as a worker may use.  Needs the extra "cluster".
"""

import os
import threading
import time
from collections import Counter

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import dask
import dask.array as da
import numpy as np
import psutil
from dask.distributed import LocalCluster, SchedulerPlugin, wait
from dask.utils import key_split

from neuron import SGD, Neuron, fit

LR = 0.5
SLOPES = np.linspace(-1, 1, 30)


def start():
    return Neuron(30, "sigmoid", weights=np.zeros(30))


def samples(count, chunks):
    X = da.random.default_rng(0).normal(size=(count, 30), chunks=(count // chunks, 30))
    return X, (X @ SLOPES > 0).astype(float)


def on_workers(memory):
    return LocalCluster(n_workers=2, threads_per_worker=1, memory_limit=memory, dashboard_address=":0")


class Tasks(SchedulerPlugin):
    """The number of tasks that were computed, by name."""

    name = "tasks"

    def __init__(self):
        self.computed = Counter()

    def transition(self, key, start, finish, *args, **kwargs):
        if (start, finish) == ("processing", "memory"):
            self.computed[key_split(key)] += 1


def tasks_of(client, run):
    before = client.run_on_scheduler(lambda dask_scheduler: Counter(dask_scheduler.plugins["tasks"].computed))
    run()
    return client.run_on_scheduler(lambda dask_scheduler: Counter(dask_scheduler.plugins["tasks"].computed)) - before


def chunk_by_hand(w, b, X, y):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    error = p - y
    slope = 2 * error * p * (1 - p)
    return np.array([(error**2).sum(), *(slope @ X), slope.sum()])


def by_hand(X, y, epochs):
    """Delayed tasks, one for each chunk."""
    w, b, losses = np.zeros(30), 0.0, []
    of_chunk = dask.delayed(chunk_by_hand, pure=False)
    for _ in range(epochs + 1):
        parts = [of_chunk(w, b, *part) for part in zip(X.to_delayed().ravel(), y.to_delayed(), strict=True)]
        loss, *slopes = dask.delayed(sum)(parts).compute() / len(y)
        losses.append(loss)
        w, b = w - LR * np.array(slopes[:-1]), b - LR * slopes[-1]
    return losses


def by_arrays(X, y, epochs):
    """The formulas of the gradient as arrays of Dask."""
    w, b, losses = np.zeros(30), 0.0, []
    for _ in range(epochs + 1):
        p = 1 / (1 + da.exp(-(X @ w + b)))
        error = p - y
        slope = 2 * error * p * (1 - p) / len(y)
        loss, dw, db = dask.compute((error**2).mean(), X.T @ slope, slope.sum())
        losses.append(loss)
        w, b = w - LR * dw, b - LR * db
    return losses


def by_fit(X, y, epochs):
    return fit(start(), X, y, optimizer=SGD(LR), epochs=epochs, progress=False).loss


def seconds_of_a_step(run, steps=5, rounds=3):
    best = float("inf")
    for _ in range(rounds):
        times = [time.perf_counter()]
        for epochs in (1, 1 + steps):
            run(epochs)
            times.append(time.perf_counter())
        best = min(best, (times[2] - 2 * times[1] + times[0]) / steps)
    return best


def speed():
    with on_workers("2GB") as cluster, cluster.get_client() as client:
        client.register_plugin(Tasks())
        X, y = dask.persist(*samples(2_000_000, 20))
        wait([X, y])
        expected = by_hand(X, y, 3)
        for run in (by_fit, by_arrays):
            np.testing.assert_allclose(run(X, y, 3), expected, rtol=1e-10)
        few, many = (tasks_of(client, lambda epochs=epochs: by_fit(X, y, epochs)) for epochs in (1, 2))
        print(f"tasks of a step on 20 chunks: {(many - few).total()}: {dict(many - few)}")
        sides = {"fit": by_fit, "tasks by hand": by_hand, "arrays of Dask": by_arrays}
        for name, run in sides.items():
            print(f"{name}: {seconds_of_a_step(lambda epochs, run=run: run(X, y, epochs)):.2f} s a step", flush=True)
        here = X.compute(), y.compute()
    print(f"one process: {seconds_of_a_step(lambda epochs: by_fit(*here, epochs)):.2f} s a step")


def memory():
    with on_workers("600MB") as cluster, cluster.get_client() as client:
        pids = {"this process, with the scheduler": os.getpid()}
        pids |= {f"worker {i}": pid for i, pid in enumerate(client.run(os.getpid).values())}
        processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        largest = {name: process.memory_info().rss for name, process in processes.items()}
        print("before: " + ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in largest.items()))
        finished = threading.Event()

        def watch():
            while not finished.wait(0.01):
                for name, process in processes.items():
                    largest[name] = max(largest[name], process.memory_info().rss)

        watching = threading.Thread(target=watch)
        watching.start()
        X, y = samples(5_000_000, 60)
        seconds = seconds_of_a_step(lambda epochs: by_fit(X, y, epochs), 2, 1)
        finished.set()
        watching.join()
        print(f"{X.nbytes / 1e6:,.0f} MB in chunks of {X.nbytes / 60e6:.0f} MB: {seconds:.1f} s a step; at most")
        print(", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in largest.items()))


if __name__ == "__main__":
    speed()
    memory()
