"""A line through two points, learned by one neuron without an activation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from neuron import plots
from neuron.datasets import line
from neuron.lessons.lesson import Lesson, Settings, every
from neuron.models.neuron import Neuron
from neuron.training.fit import fit
from neuron.training.objective import Eager
from neuron.training.optimizers import SGD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Line"]

LOSSES = "0.1455 0.0180 0.0058 0.0019 0.0006 0.0002 0.0001 0.0000 0.0000 0.0000 0.0000".split()
WEIGHT, BIAS = "1.9961", "1.0027"


class Line(Lesson):
    """ŷ = w·x + b from two points on y = 2·x + 1."""

    title = "A line: y = 2·x + 1, from two points on it"
    about = "ŷ = w·x + b, loss: mean of (ŷ - y)²/2; gradient descent, learning rate {lr}, {epochs} epochs, seed {seed}"
    settings = Settings(epochs=1001, lr=0.1, seed=42)
    panels = 2

    def run(self) -> Iterator[str]:
        """The loss every hundred epochs, and the line at the end."""
        self.data = line(self.seed)
        self.neuron = Neuron(1, activation=None, weights=self.data.weights, bias=self.data.bias)
        history = fit(
            self.neuron, self.data.X, self.data.y,
            loss="half_squared_error", optimizer=SGD(self.lr), epochs=self.epochs, record_parameters=True,
            objective=Eager,  # the same digits on every machine
        )  # fmt: skip
        self.histories = {"gradient descent": history}
        losses = self.history.loss
        rows = [(epoch, losses[epoch]) for epoch in every(100, self.history.epochs)]
        yield from self.beside(["epoch", "loss"], rows, ["article"], [(loss,) for loss in LOSSES])
        yield ""
        (w, b), steps = self.history.parameters[-1].tolist(), f"after {self.history.epochs} epochs"
        yield from self.beside(["", steps], [("w", w), ("b", b)], ["article"], [(WEIGHT,), (BIAS,)])

    def draw(self, axes: Sequence[Axes]) -> None:
        """The line, and the path of the training on the loss."""
        plots.fitted_line(self.neuron, self.data.X, self.data.y, ax=axes[0])
        plots.loss_surface(
            self.neuron, self.data.X, self.data.y, history=self.history, loss="half_squared_error", ax=axes[1]
        )
