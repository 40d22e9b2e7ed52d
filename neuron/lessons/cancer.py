"""A sigmoid neuron that tells benign from malignant tumours, trained from ten random starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean, stdev
from typing import TYPE_CHECKING

from neuron import plots
from neuron.datasets import cancer
from neuron.lessons.lesson import Lesson, Settings, table
from neuron.metrics import accuracy
from neuron.models.neuron import Neuron
from neuron.training.fit import fit
from neuron.training.history import History
from neuron.training.optimizers import SGD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Cancer"]

STARTS = 10
TEST, ALL = ("90.49", "2.40"), ("90.33", "0.304")
"""Mean and standard deviation in the article, in percent."""


class Cancer(Lesson):
    """Full-batch gradient descent on the squared error; measurements are standardized as in the training samples."""

    title = "Tumours: 569 samples of 30 measurements, benign or malignant"
    about = "ŷ = sigmoid(w·x + b), loss: mean of (ŷ - y)²; gradient descent, learning rate {lr}, {epochs} epochs"
    settings = Settings(epochs=100, lr=3.0, seed=0)
    panels = 2

    def run(self) -> Iterator[str]:
        """The accuracy from each start, their mean and standard deviation."""
        from tqdm import tqdm

        self.histories = {}
        rows: list[tuple[str, float, float, float]] = []
        for start in tqdm(range(1, STARTS + 1), unit="start", disable=None, leave=False):
            history, in_all = self.trained(self.seed + start - 1)
            self.histories[f"start {start}"] = history
            if history.interrupted:
                break
            rows.append((str(start), 100 * history.metric[-1], 100 * history.validation_metric[-1], 100 * in_all))
        parts = list(zip(*(row[1:] for row in rows), strict=True))
        if len(rows) > 1:
            rows += [("mean", *map(mean, parts)), ("s", *map(stdev, parts))]
        shown = [(name, *(f"{share:.2f}" for share in shares)) for name, *shares in rows]
        if shown:
            yield "  accuracy in percent on three quarters for training, on the quarter held out, and on all samples"
            yield from table(["start", "training", "test", "all"], shown)
            yield "  (s is the standard deviation)"
        if not self.is_original:
            self.has_left_out = True
            return
        yield ""
        yield f"  in the article: test {TEST[0]} (s = {TEST[1]}), all {ALL[0]} (s = {ALL[1]})"

    def trained(self, seed: int) -> tuple[History, float]:
        """The training from one random start, with its own shuffle, and the accuracy on all samples."""
        data = cancer()  # its error says what to install if scikit-learn is missing
        from sklearn.model_selection import train_test_split

        X, X_test, y, y_test = train_test_split(data.X, data.y, test_size=0.25, random_state=seed)
        center, spread = X.mean(axis=0), X.std(axis=0)
        neuron = Neuron(X.shape[1], activation="sigmoid", seed=seed)
        history = fit(
            neuron, (X - center) / spread, y, validation=((X_test - center) / spread, y_test), loss="mse",
            optimizer=SGD(self.lr), epochs=self.epochs, metric="accuracy", progress=False,
        )  # fmt: skip
        return history, accuracy(neuron.predict((data.X - center) / spread), data.y)

    def draw(self, axes: Sequence[Axes]) -> None:
        """Loss and accuracy over the epochs, from the first start."""
        plots.loss_curves(self.history, ax=axes[0])
        plots.accuracy_curves(self.history, ax=axes[1])
