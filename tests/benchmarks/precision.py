"""How often single precision misleads a gradient check: verdicts on random networks and hinge losses.

``python -m tests.benchmarks.precision [n] [seed]``, some ten minutes for 500 networks and 500 hinge losses.

Each has a right gradient, written by hand, and three wrong ones: 1 % off, twice as large, of wrong sign.  A false
alarm is a right entry that fails, a miss a wrong one that is accepted.  At a hinge every slope between those
to the left and to the right is right.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from autograd import gradcheck

Arrays = dict[str, np.ndarray]

KINDS = {"right": 1.0, "1 % off": 1.01, "2x": 2.0, "wrong sign": -1.0}
SAME = 0.004
"""Relative distance from the slopes up to which a gradient counts as right: more than rounding, less than 1 %."""


# --- Random networks --------------------------------------------------------------------------------------

ACTIVATIONS = {
    "tanh": (np.tanh, lambda z, a: 1 - a**2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z, a: a * (1 - a)),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a: z > 0),
}
"""Each activation and its derivative, given the input and the result."""


@dataclass
class Network:
    """One hidden layer and a mean over the samples: of squared errors, or of cross-entropies after a softmax."""

    X: np.ndarray
    Y: np.ndarray
    activation: str
    is_softmax: bool
    parameters: Arrays

    @classmethod
    def random(cls, source: np.random.Generator) -> "Network":
        samples, inputs, hidden, outputs = source.integers([3, 2, 2, 2], [13, 6, 6, 5])
        is_softmax = bool(source.integers(2))
        Y = np.eye(outputs)[source.integers(outputs, size=samples)]
        if not is_softmax:
            Y = source.normal(size=Y.shape)
        shapes = {"W1": (inputs, hidden), "b1": (hidden,), "W2": (hidden, outputs), "b2": (outputs,)}
        scale = 10 ** source.uniform(-1, 0.3)
        parameters = {name: (scale * source.normal(size=shape)).astype(np.float32) for name, shape in shapes.items()}
        X = source.normal(size=(samples, inputs)).astype(np.float32)
        return cls(X, Y.astype(np.float32), str(source.choice([*ACTIVATIONS])), is_softmax, parameters)

    def cost(self, W1, b1, W2, b2):
        X, Y = self.X.astype(W1.dtype), self.Y.astype(W1.dtype)
        a = ACTIVATIONS[self.activation][0](X @ W1 + b1)
        scores = a @ W2 + b2
        if not self.is_softmax:
            return ((scores - Y) ** 2).sum() / len(X)
        shifted = scores - scores.max(axis=1, keepdims=True)
        return (np.log(np.exp(shifted).sum(axis=1)).sum() - (shifted * Y).sum()) / len(X)

    def gradient(self, W1, b1, W2, b2) -> Arrays:
        X, Y = self.X.astype(W1.dtype), self.Y.astype(W1.dtype)
        activation, derivative = ACTIVATIONS[self.activation]
        z = X @ W1 + b1
        a = activation(z)
        scores = a @ W2 + b2
        if self.is_softmax:
            e = np.exp(scores - scores.max(axis=1, keepdims=True))
            d = (e / e.sum(axis=1, keepdims=True) - Y) / len(X)
        else:
            d = 2 * (scores - Y) / len(X)
        dz = (d @ W2.T) * derivative(z, a)
        return {"W1": X.T @ dz, "b1": dz.sum(axis=0), "W2": a.T @ d, "b2": d.sum(axis=0)}

    def slopes(self, **parameters: np.ndarray) -> tuple[Arrays, Arrays]:
        """The slopes to the left and to the right, in double precision."""
        right = self.gradient(**parameters)
        return right, right


# --- Random hinge losses ----------------------------------------------------------------------------------


@dataclass
class Hinge:
    """A support vector machine, for several classes or for two, with an L2 term.

    The margin of sample n in term c is ``1 + X[n] @ W @ T[n, c]``: T[n, c] is the difference of two classes, or -y.
    """

    X: np.ndarray
    T: np.ndarray
    counts_at_hinge: bool
    parameters: Arrays
    decay: float = 0.125

    @classmethod
    def random(cls, source: np.random.Generator, *, on_hinge: bool) -> "Hinge":
        """A loss with some margin of exactly 0, or with none; the gradient takes either side of a hinge."""
        while True:
            samples, inputs, classes = source.integers([3, 2, 2], [9, 6, 5])
            if classes == 2:
                T = source.choice([-1.0, 1.0], size=(samples, 1, 1))
            else:
                y = source.integers(classes, size=samples)
                T = np.array([[np.eye(classes)[c] - np.eye(classes)[k] for c in range(classes) if c != k] for k in y])
            X, W = source.normal(size=(samples, inputs)), source.normal(size=(inputs, T.shape[-1]))
            if on_hinge:  # quarters, so that all sums are exact
                X, W = np.round(4 * X) / 4, np.round(4 * W) / 4
            X, T, W = (array.astype(np.float32) for array in (X, T, W))
            loss = cls(X, T, bool(source.integers(2)), {"W": W})
            if (loss.margins(W) == 0).any() == on_hinge:
                return loss

    def margins(self, W):
        return 1 + ((self.X.astype(W.dtype) @ W)[:, None, :] * self.T.astype(W.dtype)).sum(axis=2)

    def cost(self, W):
        return np.maximum(self.margins(W), 0).sum() / len(self.X) + (W**2).sum() * W.dtype.type(self.decay)

    def _slope(self, W, active) -> np.ndarray:
        """The gradient if these terms count, an array with a truth value, or their number, per term and entry of W."""
        X, T = self.X.astype(W.dtype), self.T.astype(W.dtype)
        terms = X[:, None, :, None] * T[:, :, None, :]
        return (terms * active(terms)).sum(axis=(0, 1)) / len(X) + 2 * W * W.dtype.type(self.decay)

    def gradient(self, W) -> Arrays:
        margins = self.margins(W)[:, :, None, None]
        return {"W": self._slope(W, lambda terms: margins >= 0 if self.counts_at_hinge else margins > 0)}

    def slopes(self, W) -> tuple[Arrays, Arrays]:
        """The slopes to the left and to the right: there a term on its hinge counts if it grows."""
        margins = self.margins(W)[:, :, None, None]
        left, right = (
            self._slope(W, lambda terms, side=side: (margins > 0) | ((margins == 0) & (side * terms > 0)))
            for side in (-1, 1)
        )
        return {"W": left}, {"W": right}


# --- The checks -------------------------------------------------------------------------------------------


def opaque(f: Callable, dtype: type) -> Callable:
    """`f` in a precision of its own, which takes numbers only."""
    return lambda **arrays: f(**{name: np.asarray(x, dtype=float).astype(dtype) for name, x in arrays.items()})


def through_graph(f: Callable) -> Callable:
    return lambda **arrays: f(**{name: np.asarray(x, dtype=object) for name, x in arrays.items()})


@dataclass
class Setting:
    """The precision of the cost and of the gradient, and whether the check may see into the cost."""

    cost: type
    gradient: type
    graph: bool

    def __str__(self) -> str:
        path = "recorded graph" if self.graph else "numbers only"
        return f"cost {self.cost.__name__}, {path}, gradient {self.gradient.__name__}"

    def report(self, problem: Network | Hinge, factor: float):
        cost = through_graph(problem.cost) if self.graph else opaque(problem.cost, self.cost)
        gradient = opaque(problem.gradient, self.gradient)
        scaled = {name: self.gradient(factor) * g for name, g in gradient(**problem.parameters).items()}
        inputs = {name: array.astype(self.gradient) for name, array in problem.parameters.items()}
        return gradcheck(cost, inputs, gradient=scaled), scaled


SINGLE = Setting(np.float32, np.float32, graph=False)
MIXED = Setting(np.float64, np.float32, graph=True)
ROUNDED = Setting(np.float64, np.float32, graph=False)
GRAPH = Setting(np.float64, np.float64, graph=True)
DOUBLE = Setting(np.float64, np.float64, graph=False)


def entry(name: str, place: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, place))}]"


def right_entries(problem: Network | Hinge, gradient: Arrays) -> dict[str, bool]:
    """For each entry, True if its gradient lies between the slopes to the left and to the right."""
    left, right = problem.slopes(**{name: array.astype(float) for name, array in problem.parameters.items()})
    entries = {}
    for name, array in gradient.items():
        slack = SAME * np.maximum(np.abs(left[name]), np.abs(right[name]))
        is_right = (left[name] - slack <= array) & (array <= right[name] + slack)
        entries |= {entry(name, place): bool(is_right[place]) for place in np.ndindex(array.shape)}
    return entries


def count(problem: Network | Hinge, setting: Setting, counts: Counter) -> None:
    """Count the verdicts on each gradient of a problem, of entries and of the whole report."""
    for kind, factor in KINDS.items():
        report, gradient = setting.report(problem, factor)
        is_right = right_entries(problem, gradient)
        verdicts = [
            ("entries", check.verdict)
            for name, check in report.inputs.items()
            if is_right[name] == (kind == "right")  # in single precision, even a right formula may give a wrong number
        ]
        if verdicts and (kind != "right" or all(is_right.values())):
            verdicts.append(("reports", report.verdict))
        counts.update((kind, *verdict) for verdict in verdicts)


def problems(n: int, seed: int) -> Iterator[tuple[str, tuple[Setting, ...], list[Network] | list[Hinge]]]:
    """The kinds of problems, with the settings in which they are checked."""
    source = np.random.default_rng(seed)
    yield "networks", (SINGLE, MIXED, ROUNDED, DOUBLE), [Network.random(source) for _ in range(n)]
    for on_hinge, name in ((False, "hinge losses beside the hinge"), (True, "hinge losses on a hinge")):
        half = [Hinge.random(source, on_hinge=on_hinge) for _ in range(n // 2 + n % 2 * on_hinge)]
        yield name, (SINGLE, GRAPH, DOUBLE), half


def row(label: str, counts: Counter, what: str) -> str:
    cells = ""
    for kind in KINDS:
        verdicts = {v: counts[kind, what, v] for v in ("pass", "kink", "fail", "inconclusive")}
        wrong = verdicts["fail"] if kind == "right" else verdicts["pass"] + verdicts["kink"]
        total = sum(verdicts.values()) or 1
        cells += f"{100 * wrong / total:12.2f}{100 * verdicts['inconclusive'] / total:8.2f}"
    return f"  {label:58}{cells}{sum(counts['right', what, v] for v in ('pass', 'kink', 'fail', 'inconclusive')):9}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", type=int, nargs="?", default=500, help="the number of networks, and of hinge losses")
    parser.add_argument("seed", type=int, nargs="?", default=20262)
    options = parser.parse_args()
    print(f"{options.n} networks and {options.n} hinge losses, seed {options.seed}; in per cent")
    print(f"{'':60}" + "".join(f"{kind:>20}" for kind in KINDS))
    print(f"{'':60}" + "".join(f"{'accused' if k == 'right' else 'missed':>12}{'?':>8}" for k in KINDS) + f"{'of':>9}")
    for name, settings, batch in problems(options.n, options.seed):
        print(f"{len(batch)} {name}")
        for setting in settings:
            counts: Counter = Counter()
            for problem in batch:
                count(problem, setting, counts)
            for what in ("entries", "reports"):
                print(row(f"{setting}: {what}", counts, what), flush=True)


if __name__ == "__main__":
    main()
