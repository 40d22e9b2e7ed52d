"""An equation as a neuron: two weights for which 256·w₁ + 212·w₂ = 1492, found in three ways."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate, count, islice, repeat
from typing import TYPE_CHECKING

import numpy as np

from neuron import plots
from neuron.datasets import equation
from neuron.lessons.lesson import Lesson, Settings, table
from neuron.models.neuron import Neuron
from neuron.training.fit import fit
from neuron.training.objective import Eager
from neuron.training.optimizers import SGD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Equation", "random_guessing", "sign_stepping"]

Pair = tuple[float, float]

(A, B), TARGET = equation().X[0].tolist(), float(equation().y[0])
RANGE = 10.0
SHOWN = (0, 1, 2, 3, 5, 10, 20, 30, 31, 32, 33, 40, 50, 100, 200, 500, 1000)
STEP = 0.1


def result(weights: Sequence[float]) -> float:
    """256·w₁ + 212·w₂, which should be 1492."""
    return float(A * weights[0] + B * weights[1])


def random_guessing(seed: int) -> Iterator[Pair]:
    """The best of all random guesses so far, each weight from -10 to 10; the start is (0, 0)."""
    source = random.Random(seed)
    guesses = ((source.uniform(-RANGE, RANGE), source.uniform(-RANGE, RANGE)) for _ in count())
    return accumulate(
        guesses, lambda best, new: min(best, new, key=lambda w: abs(result(w) - TARGET)), initial=(0.0, 0.0)
    )


def sign_stepping(step: float = STEP) -> Iterator[Pair]:
    """Both weights up by a fixed step if the result is too small, down if it is too large."""
    return accumulate(
        repeat(step), lambda w, step: tuple(p + step * np.sign(TARGET - result(w)) for p in w), initial=(0.0, 0.0)
    )


class Equation(Lesson):
    """Random guesses, steps by the sign of the error, and gradient descent side by side."""

    title = "An equation: 256·w₁ + 212·w₂ = 1492"
    about = "a neuron with two weights and no bias, loss (256·w₁ + 212·w₂ - 1492)²; learning rate {lr}, {epochs} steps"
    settings = Settings(epochs=50, lr=1e-6, seed=1)

    def run(self) -> Iterator[str]:
        """The results of the three strategies after some steps, and their weights at the end."""
        data = equation()
        self.neuron = Neuron(2, activation=None, weights=data.weights)
        history = fit(
            self.neuron, data.X, data.y, optimizer=SGD(self.lr), epochs=self.epochs, parameters=self.neuron.w,
            record_parameters=True, objective=Eager,  # the same digits on every machine
        )  # fmt: skip
        self.histories = {"gradient descent": history}
        strategies = {
            "random guessing": list(islice(random_guessing(self.seed), len(history))),
            "sign stepping": list(islice(sign_stepping(), len(history))),
            "gradient descent": self.history.parameters.tolist(),
        }
        steps = [step for step in SHOWN if step < history.epochs] + [history.epochs]
        yield "  256·w₁ + 212·w₂ after each number of steps (it should be 1492)"
        rows = [(step, *(f"{result(path[step]):.4f}" for path in strategies.values())) for step in steps]
        yield from table(["steps", *strategies], rows)
        yield ""
        ends = [(name, *map(float, path[-1]), f"{result(path[-1]) - TARGET:.4g}") for name, path in strategies.items()]
        yield from table(["at the end", "w₁", "w₂", "error"], ends)

    def draw(self, axes: Sequence[Axes]) -> None:
        """The loss over both weights, with the valley of all solutions, and the path into it."""
        data, w = equation(), self.neuron.w
        ax = plots.loss_surface(
            self.neuron, data.X, data.y, history=self.history, over=w, limits=((-1.0, 7.0), (-1.0, 7.0)), ax=axes[0]
        )
        ax.axline((0, TARGET / B), (TARGET / A, 0), color="black", linestyle="--", label="solutions")
        ax.set(xlim=(-1, 7), ylim=(-1, 7), xlabel="w₁", ylabel="w₂")
        ax.legend()
