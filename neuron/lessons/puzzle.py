"""A number puzzle: 11, 23, 36, 49 give 23, 47, 73, 99; what does 55 give?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from neuron import plots
from neuron.datasets import puzzle
from neuron.lessons.lesson import Lesson, Settings, every
from neuron.models.neuron import Neuron
from neuron.training.fit import fit
from neuron.training.history import History
from neuron.training.objective import Eager
from neuron.training.optimizers import SGD, Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Puzzle"]

QUESTION = 55.0
ANSWERS = [51.81072, 110.97905835174222, 111.17498229579553, 111.17550167919178, 111.17537368728773]
VALIDATED = [23.767879999999998, 90.61052067032544, 98.26305744118851, 99.13906937817997, 99.23925422441026]
LAST = 111.32137357306037


class Puzzle(Lesson):
    """All four samples, and then three with the fourth held out."""

    title = "A number puzzle: 11, 23, 36, 49 give 23, 47, 73, 99; what does 55 give?"
    about = "ŷ = w·x + b from w = 0.1, b = 0.6, loss: sum of (ŷ - y)²/2; learning rate {lr}, {epochs} steps"
    settings = Settings(epochs=50, lr=1e-4)

    def run(self) -> Iterator[str]:
        """The first step, the answers during the training, and the check with a sample held out."""
        data = puzzle()
        self.neuron, history = self.trained(data.X, data.y)
        self.histories = {"all four": history}
        path = history.parameters
        if len(path) > 1:
            (w, b), (dw, db) = path[1].tolist(), ((path[0] - path[1]) / self.lr).tolist()
            yield f"  The first step: dL/dw = {dw:.10g}, dL/db = {db:.10g}, so w becomes {w:.10g} and b {b:.10g}"
            yield ""
        yield "  The answer for 55 after every tenth step, counted from 0, and after the last one"
        yield from self.beside(["step", "ours"], answers(path, QUESTION), ["article"], [(a,) for a in ANSWERS])
        if history.interrupted:
            return
        yield ""
        yield "  Trained on 11, 23, 36 alone: the answer for 49, which was held out (it should be 99)"
        neuron, on_three = self.trained(data.X[:3], data.y[:3])
        self.histories["three"] = on_three
        held_out = float(data.X[3, 0])
        rows = answers(on_three.parameters, held_out)
        yield from self.beside(["step", "ours"], rows, ["article"], [(a,) for a in VALIDATED])
        yield ""
        yield "  Trained on these three: the answer for 55 after the last step"
        last = float(neuron.predict([QUESTION])[0])
        yield from self.beside(["", "ours"], [("", last)], ["article"], [(LAST,)])

    def trained(self, X: Array, y: Array) -> tuple[Neuron, History]:
        """A neuron trained on some of the samples."""
        start = puzzle()
        neuron = Neuron(1, activation=None, weights=start.weights, bias=start.bias)
        history = fit(
            neuron, X, y, loss="half_squared_error", reduction="sum", optimizer=SGD(self.lr), epochs=self.epochs,
            record_parameters=True, objective=Eager,  # the same digits on every machine
        )  # fmt: skip
        return neuron, history

    def draw(self, axes: Sequence[Axes]) -> None:
        """The samples and the line through them."""
        data = puzzle()
        ax = plots.fitted_line(self.neuron, data.X, data.y, limits=(5, 60), ax=axes[0])
        ax.plot([QUESTION], self.neuron.predict([QUESTION]), "k*", markersize=12, label="answer for 55")
        ax.legend()


def answers(path: Array, x: float) -> list[tuple[int, float]]:
    """The predictions for x after the first step, every tenth step after it, and the last one."""
    predictions = [w * x + b for w, b in path[1:].tolist()]
    return [(step, predictions[step]) for step in every(10, len(predictions) - 1)] if predictions else []
