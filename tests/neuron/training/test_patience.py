"""Early stopping, and samples that are held out: the history, the model and the best epoch agree."""

import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuron import MLP, SGD, DivergedError, Neuron, fit

LINE = [1.0, 2.0, 3.0, 4.0], [3.0, 5.0, 7.0, 9.0]
pytestmark = pytest.mark.filterwarnings("ignore::neuron.LearningWarning")


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6), patience=st.integers(1, 6), lr=st.sampled_from([0.01, 0.1, 0.3]),
    validation=st.sampled_from([None, 0.3]), recorded=st.booleans(), callbacks=st.sampled_from([[], [lambda h: None]]),
)  # fmt: skip
def test_the_model_has_the_parameters_of_the_best_epoch(seed, patience, lr, validation, recorded, callbacks):
    source = np.random.default_rng(seed)
    X, y = source.normal(size=(8, 2)), source.normal(size=8)
    options = {"lr": lr, "epochs": 25, "batch_size": 3, "validation": validation, "seed": seed, "callbacks": callbacks}
    n, m = (Neuron(2, seed=seed) for _ in range(2))
    history = fit(n, X, y, patience=patience, record_parameters=recorded, **options)
    monitored = history.validation_loss or history.loss
    best = int(np.argmin(monitored))
    assert history.best is history.final is history.entries[best]
    assert history.epochs == min(25, best + patience)
    whole = fit(m, X, y, record_parameters=True, **options)
    assert whole.loss[: len(history)] == history.loss
    assert numbers(n) == whole.parameters[best].tolist()
    assert numbers(m) == whole.parameters[-1].tolist()
    assert whole.final is whole.entries[-1]
    if recorded:
        assert (history.parameters == whole.parameters[: len(history)]).all()
    else:
        assert all(entry.parameters is None for entry in history.entries)


def test_the_repr_names_the_best_epoch():
    n = Neuron(1, weights=[0.0])
    history = fit(n, *LINE, optimizer=SGD(0.05), epochs=500, patience=5, validation=([5.0], [9.0]))
    assert repr(history).endswith(f", best after {history.best.epoch})")
    assert history.best.epoch == history.epochs - 5 < 495


def test_a_training_that_does_not_end_well_leaves_the_best_parameters():
    press = lambda history: signal.raise_signal(signal.SIGINT) if history.epochs == 7 else None  # noqa: E731
    n = Neuron(1, weights=[0.0])
    history = fit(n, *LINE, lr=0.13, epochs=20, patience=15, callbacks=[press], record_parameters=True)
    assert history.interrupted
    assert history.best.epoch == 0
    assert numbers(n) == [0.0, 0.0]
    with pytest.raises(DivergedError, match=r"The model has the parameters of epoch 0\.$") as error:
        fit(n, *LINE, lr=5.0, patience=50)
    assert numbers(n) == [0.0, 0.0]
    assert error.value.history.final.epoch == 0


@settings(max_examples=25, deadline=None)
@given(samples=st.integers(2, 30), share=st.floats(0.01, 0.99), seed=st.integers(0, 100))
def test_samples_are_held_out_once_and_at_random(samples, share, seed):
    X = np.arange(float(samples))
    seen = {}
    history = fit(
        Neuron(1, weights=[1.0]), X, X, validation=share, seed=seed, epochs=0,
        metric=lambda predictions, targets: seen.setdefault(tuple(targets), len(targets)),
    )  # fmt: skip
    learnt, held_out = seen
    assert sorted([*learnt, *held_out]) == X.tolist()
    assert len(held_out) == history.held_out == min(max(round(share * samples), 1), samples - 1)
    assert f"{history.held_out} samples held out" in repr(history)


def test_the_seed_chooses_the_samples():
    def losses(seed):
        return fit(MLP(1, [2, 1], seed=0), *LINE, validation=0.5, seed=seed, epochs=1).validation_loss

    assert losses(1) == losses(1)
    assert len({losses(seed)[0] for seed in range(8)}) > 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"validation": 1.5},
            ValueError,
            "validation=1.5 is the share of samples to hold out: it must be between 0 and 1",
        ),
        ({"validation": 0.0}, ValueError, "validation=0.0 is the share of samples"),
        ({"patience": 0}, ValueError, "patience must be at least 1, not 0"),
        ({"patience": 2.5}, TypeError, "patience must be a whole number, not 2.5"),
    ],
)
def test_settings_that_make_no_sense(options, error, message):
    n = Neuron(1, weights=[0.0])
    with pytest.raises(error) as caught:
        fit(n, *LINE, **options)
    assert message in str(caught.value)
    assert numbers(n) == [0.0, 0.0]


def test_one_sample_cannot_be_divided():
    with pytest.raises(
        ValueError, match=r"validation=0\.2 needs at least 2 samples: one to learn from, one to hold out"
    ):
        fit(Neuron(1), [1.0], [1.0], validation=0.2)


def test_arrays_of_dask_are_not_divided():
    da = pytest.importorskip("dask.array")
    with pytest.raises(TypeError, match=r"for arrays of Dask, pass validation=\(X, y\)"):
        fit(Neuron(1), da.ones((4, 1), chunks=2), da.ones(4, chunks=2), validation=0.5)
