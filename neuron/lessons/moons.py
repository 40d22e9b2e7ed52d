"""Two moons: a network of 337 scalar parameters learns the curved boundary between them.

The demo of micrograd, from the same start, with the same losses digit for digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from neuron import losses, plots
from neuron.datasets import moons
from neuron.lessons.lesson import Lesson, Settings, every
from neuron.models.neuron import MLP
from neuron.training.fit import fit
from neuron.training.optimizers import SGD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Moons"]

MICROGRAD = [
    ("0.8958441029", "50%"), ("0.2450702385", "91%"), ("0.1897752286", "91%"), ("0.1173129757", "95%"),
    ("0.0601600990", "100%"), ("0.0987511477", "96%"), ("0.0325971116", "99%"), ("0.0142298701", "100%"),
    ("0.0123185008", "100%"), ("0.0109844583", "100%"),
]  # fmt: skip
"""Loss and accuracy before every tenth of its 100 steps, measured with micrograd 0.1.0."""


class Moons(Lesson):
    """MLP 2-16-16-1 with relu, hinge loss and an L2 penalty, by gradient descent with a falling learning rate."""

    title = "Two moons: 100 points in the plane, two classes"
    about = (
        "MLP 2-16-16-1 with relu, hinge loss, L2 penalty 0.0001; gradient descent, learning rate falling from {lr} to "
        "{tenth}, {epochs} epochs"
    )
    settings = Settings(epochs=100, lr=1.0, seed=1337)

    def run(self) -> Iterator[str]:
        """Loss and accuracy every ten epochs."""
        self.data = moons(seed=self.seed)
        self.network = MLP(2, [16, 16, 1], activation="relu", seed=self.seed)
        history = fit(
            self.network, self.data.X, self.data.y, loss="hinge", penalty=losses.l2(1e-4),
            optimizer=SGD(lambda epoch: self.lr * (1 - 0.9 * epoch / self.epochs)), epochs=self.epochs,
            metric="accuracy",
        )  # fmt: skip
        self.histories = {"gradient descent": history}
        yield f"  {len(self.network.parameters())} parameters, each a Value"
        rows = [(k, f"{history.loss[k]:.10f}", f"{history.metric[k]:.0%}") for k in every(10, history.epochs)]
        yield from self.beside(["epoch", "loss", "accuracy"], rows, ["micrograd", ""], MICROGRAD)

    def draw(self, axes: Sequence[Axes]) -> None:
        """The boundary between the classes."""
        plots.decision_boundary(self.network, self.data.X, self.data.y, ax=axes[0])
