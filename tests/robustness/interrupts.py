"""Ctrl-C at random moments of `fit`: python -m tests.robustness.interrupts 2000

Half of the trainings would never end, and half end by themselves at about the time of the interrupt.  A history is
lost if the interrupt leaves `fit` although something was measured, or if model and history disagree afterwards.
"""

import signal
import sys
import traceback
from collections import Counter
from itertools import cycle, islice
from time import perf_counter
from traceback import walk_tb

import numpy as np

from neuron import SGD, Neuron, fit

EPOCHS = {"endless": 10**6, "short": 100}


def attack(interrupts, seed=0):
    """Interrupt this many trainings, and count what became of them."""
    source = np.random.default_rng(seed)
    X = source.normal(size=(40, 3))
    for _ in range(2):  # the first one is slow
        start = perf_counter()
        fit(Neuron(3), X, X[:, 0], epochs=EPOCHS["short"])
    seconds = perf_counter() - start
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        return Counter(
            _interrupted(X, kind, seconds * source.uniform(0.3, 1.3), with_callback=bool(i & 2), record=bool(i & 4))
            for i, kind in enumerate(islice(cycle(EPOCHS), interrupts))
        )
    finally:
        signal.signal(signal.SIGALRM, before)


def _interrupted(X, kind, delay, with_callback, record):
    model, callbacks = Neuron(3, None, seed=1), [lambda history: False] * with_callback
    settings = {"epochs": EPOCHS[kind], "record_parameters": record, "callbacks": callbacks}
    history = None
    try:
        signal.setitimer(signal.ITIMER_REAL, delay, 1)  # again, should one be swallowed in a destructor
        history = fit(model, X, X[:, 0], optimizer=SGD(0.01), **settings)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        inside = [frame for frame, _ in walk_tb(error.__traceback__) if frame.f_code is fit.__code__]
        if inside and (at_escape := inside[0].f_locals.get("history")) and at_escape.entries:
            traceback.print_exc()
            return "lost"
    if history is None:
        return "before anything was measured"
    numbers = np.array([p.data for p in model.parameters()])
    loss = np.mean((X @ numbers[:3] + numbers[3] - X[:, 0]) ** 2)
    recorded = history.parameters[-1] if record else numbers
    if (numbers != recorded).any() or abs(loss - history.loss[-1]) > 1e-9 or len(history.loss) != len(history):
        print(f"{history}: the loss of the model is {loss}, and its parameters {numbers}, recorded as {recorded}")
        return "lost"
    return "history kept" if history.interrupted else "ended by itself"


def main(interrupts=2000):
    """Print what became of the trainings; return 1 if a history was lost."""
    results = attack(interrupts)
    print(f"Python {sys.version.split()[0]}: {interrupts} trainings interrupted")
    for outcome in ["history kept", "ended by itself", "before anything was measured", "lost"]:
        print(f"{results[outcome]:6}  {outcome}")
    return int(results["lost"] > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
