"""The history of a training: its measurements, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, ClassVar, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from autograd.extend import number, printable
from neuron.guesses import answering
from neuron.models.files import write_csv

__all__ = ["Epoch", "History"]

Array = NDArray[np.float64]


class Epoch(NamedTuple):
    """The measurements after a number of epochs, 0 being the start."""

    epoch: int
    learning_rate: float | None  # of the epoch that ends here
    loss: float
    metric: float | None
    validation_loss: float | None
    validation_metric: float | None
    parameters: Array | None

    @property
    def monitored(self) -> float:
        """The validation loss, or the loss without a validation; inf if it is not a number."""
        loss = self.loss if self.validation_loss is None else self.validation_loss
        return math.inf if math.isnan(loss) else loss


@answering
@dataclass
class History:
    """The history of a training: entry k was measured after k epochs, entry 0 before the first step.

    All numbers of an entry belong to the same parameters: the loss (with its penalty, if there is one) and the
    metric over all training samples, and over the validation samples.  Without metric or validation their lists
    are empty.
    """

    entries: list[Epoch] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """The names of the parameters that learn."""
    positions: list[int] = field(default_factory=list)
    """Their positions in ``model.parameters()``."""
    metric_name: str = ""
    interrupted: bool = False
    """True if Ctrl-C ended the training."""
    note: str = ""
    """Why nothing was learned, and what to do: the sentence of the warning.  Empty for a training that is fine."""
    has_patience: bool = False
    """True if `fit` had a `patience`: the model then has the parameters of `best`, not those of the last entry."""
    held_out: int = 0
    """The number of samples that ``validation=0.2`` held out."""

    plot: ClassVar[Callable[..., Any]]
    """``history.plot()`` is `neuron.plots.loss_curves`."""

    @property
    def epochs(self) -> int:
        """The number of completed epochs."""
        return len(self.entries) - 1

    @property
    def best(self) -> Epoch:
        """The entry with the lowest validation loss, or without a validation the lowest loss; the first if several."""
        return min(self.entries, key=lambda entry: entry.monitored)

    @property
    def final(self) -> Epoch:
        """The entry whose parameters the model has: the last one, or `best` after a training with patience."""
        return self.best if self.has_patience else self.entries[-1]

    @property
    def loss(self) -> list[float]:
        """The loss over the training samples."""
        return self._column("loss")

    @property
    def metric(self) -> list[float]:
        """The metric over the training samples."""
        return self._column("metric")

    @property
    def validation_loss(self) -> list[float]:
        """The loss over the validation samples."""
        return self._column("validation_loss")

    @property
    def validation_metric(self) -> list[float]:
        """The metric over the validation samples."""
        return self._column("validation_metric")

    @property
    def learning_rate(self) -> list[float]:
        """The learning rate of each epoch, one fewer than there are entries."""
        return self._column("learning_rate")

    @property
    def parameters(self) -> Array:
        """The parameters that learn, shape (epochs + 1, number of them), in the order of `names`.

        Raises ValueError unless `fit` recorded them.
        """
        recorded = [entry.parameters for entry in self.entries if entry.parameters is not None]
        if len(recorded) < len(self.entries):
            raise ValueError("the parameters of each epoch were not recorded: call fit(..., record_parameters=True)")
        return np.array(recorded)

    def rows(self) -> list[list[Any]]:
        """A table: names of columns, then one row per entry; None where nothing was measured.

        The parameters are its last columns, if they were recorded.  Their names are as they were given, apart from
        characters that no file can hold or show; a spreadsheet takes one that starts with = + - or @ for a formula.
        """
        measured = [list(entry[:-1]) for entry in self.entries]
        if any(entry.parameters is None for entry in self.entries):
            return [list(Epoch._fields[:-1]), *measured]
        rows = [[*row, *values] for row, values in zip(measured, self.parameters.tolist(), strict=True)]
        return [[*Epoch._fields[:-1], *map(printable, self.names)], *rows]

    def save_csv(self, file: str | PathLike[str]) -> None:
        """Write the `rows` to a file, with all digits.

        Raises OSError if it cannot be written.
        """
        write_csv(file, self.rows())

    def _column(self, name: str) -> list[float]:
        """All measurements of this name."""
        return [number for number in (getattr(entry, name) for entry in self.entries) if number is not None]

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        if not self.entries:
            return "History(nothing measured)"
        metric = self.metric_name or "metric"
        columns = {
            "loss": self.loss,
            metric: self.metric,
            "validation loss": self.validation_loss,
            f"validation {metric}": self.validation_metric,
        }
        parts = [f"{name} {number(column[0])} → {number(column[-1])}" for name, column in columns.items() if column]
        parts += [f"{self.held_out} samples held out"] if self.held_out else []
        parts += [f"best after {self.best.epoch}"] if self.has_patience else []
        parts += ["interrupted"] if self.interrupted else []
        return f"History({self.epochs} epochs, {', '.join(parts)})" + (f"\n  {self.note}" if self.note else "")

    def __getitem__(self, name: object) -> NoReturn:
        raise TypeError(
            f"history[{name!r}]: a History has attributes: write history.loss, history.validation_loss, history.metric "
            "or history.entries[k] for all that was measured after k epochs"
        )
