"""Training on arrays of JAX: the numbers of training on NumPy's, computed on the devices that hold the samples."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neuron import MLP, SGD, Neuron, fit, losses

jax = pytest.importorskip("jax")

X = np.random.default_rng(0).normal(size=(100, 3))
Y = X @ [1.0, 2.0, 3.0] - 0.5
LABELS = (Y > 0).astype(float)
PAGE = Path(__file__).parents[3] / "docs" / "beyond-one-machine.md"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"reduction": "sum", "optimizer": SGD(1e-3)},
        {"penalty": losses.l2(0.1), "validation": (X[:10], Y[:10])},
        {"metric": lambda predictions, targets: float(np.abs(predictions - targets).max())},
        {"batch_size": 30, "seed": 1},
        {"callbacks": [lambda history: None]},
    ],
    ids=lambda options: " ".join(options) or "default",
)
def test_the_numbers_are_those_of_arrays_apart_from_the_precision(options):
    options = {"optimizer": SGD(0.05), "epochs": 4} | options
    expected = fit(Neuron(3, None, seed=1), X, Y, **options)
    history = fit(Neuron(3, None, seed=1), jax.numpy.asarray(X), jax.numpy.asarray(Y), **options)
    np.testing.assert_allclose(history.loss, expected.loss, rtol=1e-5)
    np.testing.assert_allclose(history.metric, expected.metric, rtol=1e-5)


def test_classes_whole_numbers_and_targets_of_another_kind():
    classes = np.random.default_rng(0).integers(0, 3, 100)
    options = {"loss": "cross_entropy", "metric": "accuracy", "epochs": 3}
    expected = fit(MLP(3, [4, 3], seed=1), X, classes, **options)
    for targets in (classes, jax.numpy.asarray(classes)):
        history = fit(MLP(3, [4, 3], seed=1), jax.numpy.asarray(X), targets, **options)
        np.testing.assert_allclose(history.loss, expected.loss, rtol=1e-5)
        assert history.metric == pytest.approx(expected.metric)
    history = fit(Neuron(3, "sigmoid", seed=1), jax.numpy.asarray(X), LABELS, loss="binary_cross_entropy", epochs=2)
    assert type(history.loss[-1]) is float


def test_predictions_are_arrays_of_numpy():
    model = Neuron(3, None, seed=1)
    predictions = model.predict(jax.numpy.asarray(X))
    assert type(predictions) is np.ndarray
    np.testing.assert_allclose(predictions, model.predict(X), atol=1e-6)


def test_inputs_are_checked_on_their_devices():
    with pytest.raises(ValueError, match=r"X\[3, 1\] is missing \(nan\) \(row 3, column 1\): an input"):
        fit(Neuron(3), jax.numpy.asarray(X).at[3, 1].set(np.nan), Y)


COLLECTIVES = """
import re
from neuron.training.objective import Eager
from neuron.training.vectorized import ArrayPrograms

model = MLP(2, [16, 16, 1], seed=0)
programs = ArrayPrograms(Eager(model, model.parameters(), "mse", None, "mean"))
code = programs.on_devices[1].lower(x=X, y=y, **programs.parameters).compile().as_text()
collectives = "all-reduce|all-gather|all-to-all|reduce-scatter|collective-permute"
print(re.findall(rf" ({collectives})(?:-start)?[(]", code))
"""


@pytest.mark.slow
def test_two_devices_exchange_one_sum_per_step():
    code, output = re.search(r"```py\n(.*?)```\n\n```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S).groups()
    command = [sys.executable, "-c", code + COLLECTIVES]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout == output + "['all-reduce']\n"
