"""`fit` and `predict` beside loops written by hand: ``python -m tests.benchmarks.training``.

Prints the time of an epoch of `fit`, full batch, as a multiple of a NumPy loop that records its loss each epoch (the
losses are compared first), apart from the first call; the time of predictions for a million rows, with PyTorch and
scikit-learn if they are installed; and the seconds of three lessons.  One thread each, in float64; the best of several
rounds, in turns.
"""

import os
import subprocess
import sys
import time
from importlib.util import find_spec

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np

from neuron import MLP, SGD, Neuron, fit

EPOCHS = 2000
ROUNDS = 7
LR = 0.05


def best_seconds(sides, rounds=ROUNDS):
    """The best time of each side, in turns."""
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(rounds):
        for name, side in sides.items():
            start = time.perf_counter()
            side()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def neuron_by_hand(n, X, y):
    w, b = np.array([p.data for p in n.w]), n.b.data
    losses = []
    for epoch in range(EPOCHS + 1):
        p = 1 / (1 + np.exp(-(X @ w + b)))
        error = p - y
        losses.append(float(np.mean(error**2)))
        if epoch < EPOCHS:
            slope = 2 / len(y) * error * p * (1 - p)
            w, b = w - LR * (slope @ X), b - LR * slope.sum()
    return losses


def layers_of(model):
    """The weights and biases of each layer as arrays, weights of shape (inputs, outputs)."""
    columns = model.columns()
    weights = [np.array([[w.data for w in neuron.w] for neuron in neurons]).T for neurons in columns]
    return weights, [np.array([neuron.b.data for neuron in neurons]) for neurons in columns]


def mlp_by_hand(model, X, y):
    (w1, w2, w3), (b1, b2, b3) = layers_of(model)
    losses = []
    for epoch in range(EPOCHS + 1):
        a1 = np.maximum(X @ w1 + b1, 0)
        a2 = np.maximum(a1 @ w2 + b2, 0)
        error = (a2 @ w3 + b3)[:, 0] - y
        losses.append(float(np.mean(error**2)))
        if epoch < EPOCHS:
            d3 = (2 / len(y) * error)[:, np.newaxis]
            d2 = d3 @ w3.T * (a2 > 0)
            d1 = d2 @ w2.T * (a1 > 0)
            w3, b3 = w3 - LR * (a2.T @ d3), b3 - LR * d3.sum(axis=0)
            w2, b2 = w2 - LR * (a1.T @ d2), b2 - LR * d2.sum(axis=0)
            w1, b1 = w1 - LR * (X.T @ d1), b1 - LR * d1.sum(axis=0)
    return losses


def epochs():
    source = np.random.default_rng(0)
    cases = {"neuron, 30 inputs, 569 samples": (569, 30, lambda: Neuron(30, "sigmoid", seed=0), neuron_by_hand)}
    for samples in (100, 1000):
        cases[f"MLP 2-16-16-1, {samples:,} samples"] = (samples, 2, lambda: MLP(2, [16, 16, 1], seed=0), mlp_by_hand)
    for name, (samples, inputs, model, by_hand) in cases.items():
        X = source.normal(size=(samples, inputs))
        y = (X[:, 0] > 0).astype(float)

        def trained(epochs=EPOCHS, X=X, y=y, model=model, **options):
            return fit(model(), X, y, loss="mse", optimizer=SGD(LR), epochs=epochs, progress=False, **options).loss

        def hand(X=X, y=y, model=model, by_hand=by_hand):
            return by_hand(model(), X, y)

        expected = hand()
        assert min(expected) > 0
        np.testing.assert_allclose(trained(), expected, rtol=1e-8)
        with_metric = {"metric": lambda predictions, targets: float(np.mean((predictions > 0.5) == targets))}
        sides = {
            "by hand": hand,
            "no epochs": lambda trained=trained: trained(0),
            "fit": trained,
            "with a metric": lambda trained=trained, options=with_metric: trained(**options),
            "with a callback": lambda trained=trained: trained(callbacks=[lambda history: None]),
        }
        seconds = best_seconds(sides)
        first_call = seconds.pop("no epochs")
        by_hand_seconds = seconds.pop("by hand")
        ratios = ", ".join(f"{key} {(t - first_call) / by_hand_seconds:.2f}" for key, t in seconds.items())
        print(f"{name}: {1e6 * by_hand_seconds / EPOCHS:.0f} µs an epoch by hand; × {ratios}; ", end="")
        print(f"first call {1e3 * first_call:.1f} ms", flush=True)


def predictions():
    model = MLP(2, [16, 16, 1], seed=0)
    X = np.random.default_rng(0).normal(size=(1_000_000, 2))
    weights, biases = layers_of(model)

    def by_hand():
        a = X
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            a = np.maximum(a @ w + b, 0)
        return (a @ weights[-1] + biases[-1])[:, 0]

    sides = {"predict": lambda: model.predict(X), "NumPy by hand": by_hand}
    try:
        import torch

        torch.set_num_threads(1)
        tensors = [(torch.tensor(w), torch.tensor(b)) for w, b in zip(weights, biases, strict=True)]

        def with_torch():
            with torch.no_grad():
                a = torch.from_numpy(X)
                for w, b in tensors[:-1]:
                    a = torch.relu(a @ w + b)
                return (a @ tensors[-1][0] + tensors[-1][1])[:, 0].numpy()

        sides["PyTorch"] = with_torch
    except ImportError:
        pass
    try:
        from sklearn.neural_network import MLPRegressor

        peer = MLPRegressor(hidden_layer_sizes=(16, 16), max_iter=1, solver="sgd", learning_rate_init=1e-9, tol=1e9)
        peer.fit(X[:10], X[:10, 0])
        peer.coefs_, peer.intercepts_ = weights, biases
        sides["scikit-learn"] = lambda: peer.predict(X)
    except ImportError:
        pass
    expected = by_hand()
    for name, side in sides.items():
        np.testing.assert_allclose(side(), expected, rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_allclose([model([*row]).data for row in X[:10].tolist()], expected[:10], rtol=1e-12)
    seconds = best_seconds(sides, 7)
    print("1,000,000 rows, MLP 2-16-16-1: " + ", ".join(f"{name} {t:.3f} s" for name, t in seconds.items()))


def lessons():
    for name in ("cancer", "moons", "digits"):
        if name != "moons" and not find_spec("sklearn"):
            print(f"neuron learn {name}: needs scikit-learn")
            continue
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "neuron", "learn", name], check=True, capture_output=True)
        print(f"neuron learn {name}: {time.perf_counter() - start:.2f} s", flush=True)


if __name__ == "__main__":
    epochs()
    predictions()
    lessons()
