"""The training on one's own file as a lesson: ``neuron learn data.csv --target column``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograd.extend import shortened
from neuron import plots
from neuron.lessons.lesson import Lesson, Settings, check_writable
from neuron.lessons.own_data.csv_files import read_table
from neuron.lessons.own_data.report import data_lines, quality_table, usage, weight_table
from neuron.lessons.own_data.samples import split
from neuron.lessons.own_data.training import CLASSES, task_of, train
from neuron.lessons.own_data.typed_columns import Column, choose_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["OwnData"]

MAX_NAMES = 8
"""The number of columns that the title names."""


class OwnData(Lesson):
    """A neuron, or a network with `hidden` layers, that learns the column `target` of a CSV file from the others.

    `save` is a file for the trained model.  Raises ValueError or OSError, in one sentence, for a file that it cannot
    learn from.
    """

    settings = Settings(epochs=300, lr=0.05, seed=0)
    panels = 2

    def __init__(
        self, file: str, target: str | None, hidden: Sequence[int] = (), save: str | None = None, **settings: Any
    ) -> None:
        super().__init__(**settings, other_files={"the input": file, "--save": save})
        if save:
            check_writable("--save", save)
        self.hidden, self.save = hidden, save
        try:
            self.table = read_table(file)
            self.choice = choose_columns(self.table, target)
            self.samples = split(self.choice.inputs, self.choice.target, self.seed)
        except (ValueError, OSError) as error:
            raise type(error)(f"{file}: {error}") from None
        names = [shortened(column.name) for column in self.choice.inputs]
        more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
        self.title = f"{file}: {shortened(self.choice.target.name)}, learned from {', '.join(names[:MAX_NAMES])}{more}"
        self.about = self._method()

    def _method(self) -> str:
        """The formula of the model, the loss and the optimizer, with the settings in braces."""
        task, labels = task_of(self.choice.target), self.choice.target.labels
        sizes = [len(self.choice.inputs), *self.hidden, len(labels) if task is CLASSES else 1]
        inner = f"MLP {'-'.join(map(str, sizes))} with tanh" if self.hidden else "w·x + b"
        optimizer = "Adam, learning rate {lr}, {epochs} epochs, seed {seed}"
        return f"{task.output.format(inner)}; loss: {task.loss_name}; {optimizer}"

    def run(self) -> Iterator[str]:
        """The rows and columns that are used, the training, the weights, and the quality beside that of a baseline."""
        yield from data_lines(self.table, self.choice, self.samples)
        self.trained = train(self.samples, self.hidden, self.lr, self.epochs, self.seed)
        self.histories = {"training": self.trained.history}
        yield ""
        yield f"  {replace(self.trained.history, note='')}"  # the note comes at the end
        yield ""
        yield from weight_table(self.trained, self.samples)
        yield ""
        yield from quality_table(self.trained, self.samples)
        if self.save:
            self.trained.model.save(self.save)
            yield ""
            yield from usage(self.trained, self.samples, self.table, self.save)

    def draw(self, axes: Sequence[Axes]) -> None:
        """The loss over the epochs, and what fits the data: the line, the boundary, the accuracy or the predictions."""
        plots.loss_curves(self.trained.history, ax=axes[0])
        model, samples = self.trained.model, self.samples
        labels, names = samples.target.labels, [*map(_plain, (*samples.inputs, samples.target))]
        if not labels and model.nin == 1:
            plots.fitted_line(model, samples.X, samples.y, ax=axes[1]).set(xlabel=names[0], ylabel=names[1])
        elif len(labels) == 2 and model.nin == 2:
            plots.decision_boundary(model, samples.X, samples.y, ax=axes[1]).set(xlabel=names[0], ylabel=names[1])
        elif labels:
            plots.accuracy_curves(self.trained.history, ax=axes[1])
        else:
            self._draw_predictions(axes[1])

    def _draw_predictions(self, ax: Axes) -> None:
        """Predictions over targets; a perfect one is on the diagonal."""
        styles = ("o", plots.BLUE, "training rows"), ("^", plots.ORANGE, "held-out rows")
        for (X, y), (marker, color, label) in zip(self.samples.parts(), styles, strict=True):
            ax.plot(y, self.trained.model.predict(X), marker, color=color, markersize=4, label=label)
        ax.axline((self.samples.y[0],) * 2, slope=1, color=plots.GREY, linestyle="--", label="ŷ = y")
        ax.set(xlabel=_plain(self.samples.target), ylabel="prediction ŷ")
        ax.legend()


def _plain(column: Column) -> str:
    """The name of a column without what Matplotlib would read as a formula."""
    return shortened(column.name).replace("$", r"\$")
