"""The common part of the lessons: their settings, their tables, their files."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from io import BytesIO
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from autograd.extend import check_picture_name, columns, write
from neuron.models.files import write_csv
from neuron.training.fit import DivergedError
from neuron.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Lesson",
    "Row",
    "Settings",
    "check_different",
    "check_plot_name",
    "check_writable",
    "every",
    "save_plot",
    "table",
]

Row = Sequence[object]

MAX_SEED = 2**32 - 100
"""The largest seed of the random generators, less some room for lessons that need several seeds in a row."""


class Settings(NamedTuple):
    """The settings that can be chosen on the command line."""

    epochs: int
    lr: float
    seed: int | None = None  # nothing is random


class Lesson:
    """A training with the settings of the article, or others; None stands for the article's.

    `plot` and `csv` are files to write: the plot (.png, .svg or .pdf) and the history, one row per epoch.
    `other_files` are those of a subclass, by the option that names them.  Raises ValueError if two files are the same.
    """

    title: str
    about: str
    """The model, the loss and the method, with the settings in braces."""
    settings: ClassVar[Settings]
    """The settings of the article."""
    panels: ClassVar[int] = 1

    histories: dict[str, History]
    """The trainings, by name; the first one is the lesson's own."""

    def __init__(
        self,
        epochs: int | None = None,
        lr: float | None = None,
        seed: int | None = None,
        plot: str | None = None,
        csv: str | None = None,
        other_files: Mapping[str, str | None] | None = None,
    ) -> None:
        original = self.settings
        if original.seed is None and seed is not None:
            raise ValueError(f"--seed {seed}: nothing is random in this lesson")
        self.epochs = original.epochs if epochs is None else epochs
        self.lr = original.lr if lr is None else lr
        self.seed = seed if seed is not None else original.seed or 0
        if self.epochs < 0:
            raise ValueError(f"--epochs must be at least 0, not {self.epochs}")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"--lr, the learning rate, must be positive, not {self.lr}")
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"--seed must be from 0 to {MAX_SEED}, not {self.seed}")
        self.is_original = (self.epochs, self.lr, self.seed) == (original.epochs, original.lr, original.seed or 0)
        self.has_left_out = False
        self.plot, self.csv = plot, csv
        if csv:
            check_writable("--csv", csv)
        if plot:
            check_plot_name(plot)
        check_different({**(other_files or {}), "--plot": plot, "--csv": csv})

    def lines(self) -> Iterator[str]:
        """The lesson, line by line; writes its files at the end."""
        yield self.title
        yield f"  {self.about.format(epochs=self.epochs, lr=f'{self.lr:g}', tenth=f'{self.lr / 10:g}', seed=self.seed)}"
        yield ""
        try:
            yield from self.run()
        except DivergedError as error:
            self.histories = {"diverged": error.history}
            if self.csv:
                self.save_csv(self.csv)
                yield f"The history up to the divergence is in {self.csv}"
            raise
        if self.has_left_out:
            yield ""
            yield "These are not the original settings, so the original numbers are left out."
        for name, history in self.histories.items():
            if history.note:
                yield ""
                yield f"Note ({name}): {history.note}"
            if history.interrupted:
                yield ""
                yield f"Stopped after {history.epochs} of {self.epochs} epochs ({name}); the history so far:"
                yield f"  {history}"
        if self.csv:
            self.save_csv(self.csv)
            yield ""
            yield f"The history, epoch by epoch, is in {self.csv}"
        if self.plot:
            save_plot(self.plot, self.panels, self.draw)
            yield ""
            yield f"The plot is in {self.plot}"

    def run(self) -> Iterator[str]:
        """Train, and yield the results line by line."""
        raise NotImplementedError

    def draw(self, axes: Sequence[Axes]) -> None:
        """Draw into as many Axes as there are `panels`."""
        raise NotImplementedError

    @property
    def history(self) -> History:
        """The training of the lesson, or the first of several."""
        return next(iter(self.histories.values()))

    def save_csv(self, file: str) -> None:
        """Write the histories, one below the other, with their names in the first column."""
        tables = {name: history.rows() for name, history in self.histories.items()}
        rows = [[name, *row] for name, (_, *body) in tables.items() for row in body]
        write_csv(file, [["training", *self.history.rows()[0]], *rows])

    def beside(
        self, head: Sequence[str], rows: Sequence[Row], original_head: Sequence[str], originals: Sequence[Row]
    ) -> Iterator[str]:
        """A table of the results, beside those of the article if the settings are the article's."""
        if not self.is_original:
            self.has_left_out = True
            yield from table(head, rows)
            return
        blank = [""] * len(original_head)
        both = [(*ours, *theirs) for ours, theirs in zip(rows, chain(originals, repeat(blank)), strict=False)]
        yield from table([*head, *original_head], both)


def save_plot(file: str, panels: int, draw: Callable[[Sequence[Axes]], object]) -> None:
    """Draw into a file, without opening a window; `draw` takes as many Axes as there are `panels`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4 * panels, 4.8), layout="constrained")
    draw(figure.subplots(1, panels, squeeze=False)[0])
    picture = BytesIO()
    figure.savefig(picture, format=Path(file).suffix[1:])
    write(file, picture.getvalue())


def table(head: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """The rows below a head, in aligned columns; floats with all their digits."""
    return columns([head, *([str(cell) for cell in row] for row in rows)], "  ")


def every(step: int, last: int) -> list[int]:
    """0, each `step`-th number after it, and the last one."""
    return [*range(0, last, step), last]


def check_plot_name(file: str) -> None:
    """Raise ValueError or OSError, before anything is computed, unless a plot can be saved to the file."""
    check_picture_name("--plot", file, (".png", ".svg", ".pdf"))
    check_writable("--plot", file)
    if find_spec("matplotlib") is None:
        raise OSError(f"--plot {file} needs Matplotlib: pip install matplotlib")


def check_different(files: Mapping[str, str | None]) -> None:
    """Raise ValueError if two options name the same file, so that nothing is overwritten.

    >>> check_different({"the input": "data.csv", "--csv": "./data.csv"})
    Traceback (most recent call last):
        ...
    ValueError: the input and --csv name the same file, ./data.csv: write another name after --csv
    """
    options: dict[Path, str] = {}
    for option, file in files.items():
        if file:
            first = options.setdefault(Path(file).resolve(), option)
            if first != option:
                raise ValueError(f"{first} and {option} name the same file, {file}: write another name after {option}")


def check_writable(option: str, file: str) -> None:
    """Raise OSError, before anything is computed, if the file could not be written at the end."""
    path = Path(file)
    if path.is_dir() or not path.parent.is_dir():
        problem = "it is a directory" if path.is_dir() else f"there is no directory {path.parent}"
        raise OSError(f"{option} {file} cannot be written: {problem}")
