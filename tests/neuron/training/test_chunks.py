"""Training on arrays of Dask: the numbers of training on NumPy's, one graph per step, nothing loaded whole."""

import math

import numpy as np
import pytest

from neuron import MLP, SGD, Layer, Neuron, fit, losses
from neuron.landscape import Landscape
from neuron.training.chunks import Chunks, in_chunks
from neuron.training.objective import Eager

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

SOURCE = np.random.default_rng(0)
X = SOURCE.normal(size=(100, 3))
Y = X @ [1.0, 2.0, 3.0] - 0.5
LABELS = (Y > 0).astype(float)


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def lazy(array, rows=30):
    return da.from_array(array, chunks=(rows, *array.shape[1:]))


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


def assert_alike(make, y=Y, chunked_y=None, chunked_X=None, rtol=1e-11, **options):
    """Training on arrays and in chunks gives the same losses, metrics and parameters."""
    validation = {"validation": (X[:40], y[:40])} if options.pop("validation", False) else {}
    ours, theirs = make(), make()
    expected = fit(ours, X, y, epochs=4, record_parameters=True, **validation, **options)
    if validation:
        validation = {"validation": (lazy(X[:40]), y[:40])}
    history = fit(
        theirs, lazy(X) if chunked_X is None else chunked_X, lazy(y) if chunked_y is None else chunked_y,
        epochs=4, record_parameters=True, **validation, **options,
    )  # fmt: skip
    for name in ("loss", "metric", "validation_loss", "validation_metric", "parameters"):
        np.testing.assert_allclose(getattr(history, name), getattr(expected, name), rtol=rtol)
    assert numbers(theirs) == history.parameters[-1].tolist()


def neuron():
    return Neuron(3, None, seed=1)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"reduction": "sum", "optimizer": SGD(1e-3)},
        {"penalty": losses.l2(0.1)},
        {"reduction": "sum", "penalty": losses.l2(0.1), "optimizer": SGD(1e-3)},
        {"penalty": lambda parameters: 0.5},
        {"metric": lambda predictions, targets: float(np.abs(predictions - targets).max())},
        {"validation": True, "metric": lambda predictions, targets: float(predictions[0] - targets[0])},
        {"batch_size": 60, "shuffle": False},
        {"batch_size": 1000},
        {"objective": Eager},
        {"callbacks": [lambda history: None]},
    ],
    ids=lambda options: " ".join(options) or "default",
)
def test_the_numbers_are_those_of_arrays(options):
    assert_alike(neuron, **{"optimizer": SGD(0.05)} | options)


def test_models_of_several_outputs_classes_and_some_parameters():
    outputs = X[:, :2] * 2
    assert_alike(lambda: Layer(3, 2, "tanh", seed=1), outputs, metric=lambda p, t: float(np.mean((p - t) ** 2)))
    classes = SOURCE.integers(0, 3, 100)
    assert_alike(lambda: MLP(3, [4, 3], seed=1), classes, loss="cross_entropy", metric="accuracy")
    assert_alike(lambda: Neuron(3, "sigmoid", seed=1), LABELS, loss="binary_cross_entropy", metric="accuracy")
    n = neuron()
    fit(n, lazy(X), lazy(Y), epochs=2, parameters=n.w[1:2])
    moved = [now != before for now, before in zip(numbers(n), numbers(neuron()), strict=True)]
    assert moved == [False, True, False, False]


@pytest.mark.parametrize(
    ("chunked_X", "chunked_y"),
    [
        (da.from_array(X, chunks=(30, 2)), lazy(Y, 17)),
        (lazy(X), Y),
        (lazy(X), Y.tolist()),
        (X, lazy(Y)),
        (lazy(X), lazy(Y[:, np.newaxis])),
        (da.concatenate([lazy(X[:50]), lazy(X[:0]), lazy(X[50:])]), lazy(Y)),
        (lazy(X, 100), lazy(Y)),
    ],
    ids=["features in chunks", "array", "list", "targets alone", "a column", "an empty chunk", "a single chunk"],
)
def test_targets_follow_the_chunks_of_the_inputs_which_hold_whole_rows(chunked_X, chunked_y):
    assert_alike(neuron, chunked_X=chunked_X, chunked_y=chunked_y, optimizer=SGD(0.05))


def test_a_batch_consists_of_whole_chunks_in_an_order_that_is_shuffled():
    inputs, targets = in_chunks(lazy(X), np.arange(100.0))
    assert (len(inputs), inputs.shape, targets.shape) == (4, (100, 3), (100,))
    chosen = targets[np.array([3, 0])]
    assert np.asarray(chosen).tolist() == [*range(90, 100), *range(30)]
    assert chosen.places.tolist() == [[90, 100], [0, 30]]
    w = np.zeros(4)
    for k in np.random.default_rng(1).permutation(4):  # one step for each chunk
        batch = slice(30 * k, 30 * k + 30)
        A, t = np.column_stack([X[batch], np.ones(len(X[batch]))]), Y[batch]
        w = w - 0.05 * 2 / len(t) * (A @ w - t) @ A
    n = Neuron(3, None, weights=[0.0] * 3)
    fit(n, lazy(X), lazy(Y), optimizer=SGD(0.05), epochs=1, batch_size=30, seed=1)
    assert numbers(n) == pytest.approx(w, rel=1e-10)


def graphs(run):
    """The number of tasks in each graph that is computed."""
    sizes = []
    with dask.callbacks.Callback(start_state=lambda graph, state: sizes.append(len(graph))):
        run()
    return sizes


def test_a_step_is_one_graph_with_one_task_for_each_chunk():
    chunked_X, chunked_y = lazy(X, 10).persist(), lazy(Y, 10).persist()
    tasks = {}
    for epochs in (1, 5):
        sizes = graphs(lambda epochs=epochs: fit(neuron(), chunked_X, chunked_y, epochs=epochs))
        tasks[epochs] = sizes
    assert len(tasks[5]) - len(tasks[1]) == 4
    # 10 chunks, inputs and targets each, 3 sums, the parameters, and the model
    assert set(tasks[5][-5:]) == {10 + 20 + 3 + 2}
    by_batches = graphs(lambda: fit(neuron(), chunked_X, chunked_y, epochs=1, batch_size=20))
    assert by_batches[-6:-1] == [2 + 4 + 1 + 2] * 5


def test_samples_are_loaded_only_for_a_metric(monkeypatch):
    loaded = []
    right = Chunks.__array__
    monkeypatch.setattr(Chunks, "__array__", lambda self, *rest, **more: (loaded.append(self.row), right(self))[1])
    fit(neuron(), lazy(X), lazy(Y), epochs=2, batch_size=60, validation=(X, Y))
    assert loaded == []
    fit(neuron(), lazy(X), lazy(Y), epochs=2, metric=lambda predictions, targets: 0.0)
    assert set(loaded) == {()}, "targets, not inputs"


def test_a_loss_may_change_in_a_callback():
    weight = [1.0]

    def loss(prediction, target):
        return weight[0] * (prediction - target) ** 2

    found = []
    for arrays in ((X, Y), (lazy(X), lazy(Y))):
        weight[0] = 1.0
        halve = lambda history: weight.__setitem__(0, weight[0] / 2)  # noqa: E731
        found.append(fit(neuron(), *arrays, loss=loss, optimizer=SGD(0.1), epochs=4, callbacks=[halve]).loss)
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_a_loss_that_branches_is_computed_with_values_and_says_so():
    def crooked(prediction, target):
        return prediction - target if prediction > target else 2 * (target - prediction)

    with pytest.warns(UserWarning, match="one sample after the other"):
        found = fit(neuron(), lazy(X), lazy(Y), loss=crooked, epochs=1).loss
    with pytest.warns(UserWarning, match="one sample after the other"):
        assert found == pytest.approx(fit(neuron(), X, Y, loss=crooked, epochs=1).loss)


@pytest.mark.slow
def test_threads_compute_chunks_at_the_same_time():
    with dask.config.set(scheduler="threads", num_workers=4):
        assert_alike(lambda: MLP(3, [4, 1], seed=1), chunked_X=lazy(X, 5), chunked_y=lazy(Y, 5))


def nan_at(row):
    return np.where(np.arange(100) == row, math.nan, Y)


REFUSED = {
    "unknown sizes": (
        {"X": lazy(X)[lazy(Y) > 0]},
        ValueError,
        "X has chunks of unknown size: call X.compute_chunk_sizes() first",
    ),
    "nan": ({"y": lazy(nan_at(70))}, ValueError, "y[70] is missing (nan) (sample 70): a target must be a finite"),
    "other features": ({"X": lazy(X[:, :2])}, ValueError, "learns from an array of shape (samples, 3)"),
    "other lengths": ({"y": lazy(Y[:90])}, ValueError, "their shapes are (100, 3) and (90,)"),
    "empty": ({"X": lazy(X[:0]), "y": lazy(Y[:0])}, ValueError, "X and y are empty"),
    "part of a chunk": (
        {"batch_size": 40},
        ValueError,
        "batch_size=40 does not fit the chunks of X, which have 30, 30, 30, ... samples: a batch consists of whole "
        "chunks of one size. Change it with X.rechunk({0: 40})",
    ),
    "unequal chunks": (
        {"X": X, "y": da.from_array(Y, chunks=((20, 40, 40),)), "batch_size": 40},
        ValueError,
        "which have 20, 40, 40, ... samples",
    ),
    "a single chunk": ({"X": lazy(X, 100), "batch_size": 40}, ValueError, "which have 100, ... samples"),
    "validation alone": (
        {"X": X, "y": Y, "validation": (lazy(X), lazy(Y))},
        TypeError,
        "validation holds an array of Dask, but X and y do not: load it with .compute()",
    ),
    "another collection": (
        {"y": dask.delayed(Y)},
        TypeError,
        "y is a collection of Dask, but not an array: write y.to_dask_array(lengths=True)",
    ),
    "labels in the first chunk": (
        {"loss": "hinge"},
        ValueError,
        "hinge needs a target of -1 or +1, not ",
    ),
    "labels in another chunk": (
        {"loss": "hinge", "y": lazy(np.where(np.arange(100) == 65, 2.0, 1.0))},
        ValueError,
        "sample 5 (y = 2.0): hinge needs a target of -1 or +1, not 2.0",
    ),
    "penalty": ({"penalty": 0.1}, TypeError, "penalty=0.1 is not a function"),
    "loss": ({"loss": "hing"}, ValueError, "unknown loss 'hing': did you mean 'hinge'?"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_and_the_model_unchanged(case):
    given, kind, message = REFUSED[case]
    n = neuron()
    with pytest.raises(kind) as error:
        fit(n, **{"X": lazy(X), "y": lazy(Y), "epochs": 1} | given)
    assert message in str(error.value)
    assert numbers(n) == numbers(neuron())
    if case == "labels in another chunk":
        assert error.value.__notes__[0] == "(in the chunk of the samples 60 to 89)"


def test_a_divergence_is_explained():
    with pytest.raises(ArithmeticError, match=r"The learning rate 5 is too large: where training began, the curv"):
        fit(neuron(), lazy(X), lazy(Y), optimizer=SGD(5), epochs=100)


@pytest.mark.parametrize("model", [neuron(), Layer(3, 2, seed=1), MLP(3, [4, 1], seed=1)], ids=repr)
def test_predictions_are_computed_when_they_are_needed(model):
    expected = model.predict(X)
    predictions = model.predict(da.from_array(X, chunks=(30, 2)))
    assert (predictions.shape, predictions.dtype, predictions.chunks[0]) == (expected.shape, float, (30, 30, 30, 10))
    for parameter in model.parameters():
        parameter.data += 1.0
    np.testing.assert_allclose(predictions.compute(), expected, rtol=1e-12)


def test_a_model_of_one_input_predicts_and_learns_from_a_plain_sequence():
    n = Neuron(1, None, weights=[2.0])
    assert n.predict(lazy(np.arange(50.0))).compute().tolist() == (2 * np.arange(50.0)).tolist()
    assert fit(n, lazy(X[:, 0]), lazy(X[:, 0]), epochs=1).loss[0] == pytest.approx(np.mean(X[:, 0] ** 2))


def test_whole_numbers_and_single_precision_become_floats():
    small = X.astype(np.float32)
    assert_alike(neuron, chunked_X=lazy(small), rtol=1e-5, optimizer=SGD(0.05))
    n = Neuron(1, None, seed=1)
    assert fit(n, lazy(np.arange(50)), lazy(np.arange(50)), optimizer=SGD(1e-4), epochs=1).epochs == 1


def test_plots_load_the_samples():
    heights = [Landscape(n := neuron(), n.w[:1], *arrays).heights(np.ones((2, 1))) for arrays in ((X, Y), (lazy(X), Y))]
    assert heights[0].tolist() == heights[1].tolist()
