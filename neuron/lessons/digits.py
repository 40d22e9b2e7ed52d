"""Handwritten digits: a network of 2,410 scalar parameters, trained in about a second."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from neuron import losses, plots
from neuron.datasets import digits
from neuron.lessons.lesson import Lesson, Settings, every, table
from neuron.models.neuron import MLP
from neuron.training.checked import Checked
from neuron.training.fit import fit
from neuron.training.objective import Eager
from neuron.training.optimizers import Adam
from neuron.training.vectorized import ArrayPrograms

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Digits"]

BATCH = 32


class Digits(Lesson):
    """MLP 64-32-10 with tanh, cross-entropy of the softmax and an L2 penalty, by Adam in batches."""

    title = "Digits: 1797 pictures of 8×8 pixels, ten classes"
    about = (
        "MLP 64-32-10 with tanh, cross-entropy of its softmax, L2 penalty 0.0001; Adam, learning rate {lr}, batches of "
        f"{BATCH}, {{epochs}} epochs"
    )
    settings = Settings(epochs=30, lr=0.01, seed=0)
    panels = 2

    def run(self) -> Iterator[str]:
        """The size of the network and of its program, the accuracy every ten epochs, and the seconds it took."""
        data = digits()  # its error says what to install if scikit-learn is missing
        from sklearn.model_selection import train_test_split

        X, X_test, y, y_test = train_test_split(data.X, data.y, test_size=0.25, random_state=self.seed)
        network = MLP(64, [32, 10], activation="tanh", seed=self.seed)
        one_sample = _seconds_of_one_sample(network, X, y)
        start = time.perf_counter()
        history = fit(
            network, X, y, loss="cross_entropy", penalty=losses.l2(1e-4), optimizer=Adam(self.lr),
            batch_size=BATCH, epochs=self.epochs, validation=(X_test, y_test), metric="accuracy", seed=self.seed,
            objective=self.objective,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        self.histories = {"Adam": history}
        program = self.programs.losses
        parameters, nodes = len(network.parameters()), program.nodes
        yield f"  {parameters:,} parameters, each a Value; the loss of one sample takes {nodes} scalar operations,"
        yield f"  the loss of all samples and its derivatives {program.statements} statements over arrays"
        yield ""
        measured = zip(history.loss, history.metric, history.validation_metric, strict=True)
        rows = [(str(k), f"{L:.4f}", f"{here:.1%}", f"{test:.1%}") for k, (L, here, test) in enumerate(measured)]
        head = ["epoch", "loss", f"accuracy on {len(X):,} for training", f"on {len(X_test)} held out"]
        yield from table(head, [rows[k] for k in every(10, history.epochs)])
        yield ""
        eager = one_sample * len(X) * history.epochs
        if not history.epochs:
            return
        yield f"  trained in {seconds:.1f} s; with Values, one sample after the other, it would take {_duration(eager)}"
        yield f"  ({1000 * one_sample:.1f} ms for one sample, forward and backward)"

    def objective(self, *arguments: Any) -> Checked:
        """The objective that `fit` uses by default, with its programs accessible."""
        eager = Eager(*arguments)
        self.programs = ArrayPrograms(eager)
        return Checked(lambda: self.programs, eager)

    def draw(self, axes: Sequence[Axes]) -> None:
        """Loss and accuracy over the epochs."""
        plots.loss_curves(self.history, ax=axes[0])
        plots.accuracy_curves(self.history, ax=axes[1])


def _seconds_of_one_sample(network: MLP, X: Any, y: Any) -> float:
    """The time for the gradient of one sample with Values, the best of three."""
    import numpy as np

    eager = Eager(network, network.parameters(), "cross_entropy", None, "mean")
    theta = np.array([parameter.data for parameter in network.parameters()])
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        eager.value_and_grad(theta, X[:1], y[:1])
        best = min(best, time.perf_counter() - start)
    return best


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
