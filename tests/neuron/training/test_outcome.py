"""A training that learned nothing says why, and one that is fine is silent."""

import re
import signal

import numpy as np
import pytest

from neuron import MLP, SGD, Adam, DivergedError, LearningWarning, Neuron, fit, losses
from neuron.training.chunks import in_chunks
from neuron.training.objective import Eager, place
from neuron.training.scaling import SCALED, large_inputs, some_rows
from neuron.training.vectorized import ArrayPrograms

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
LINE = [1, 2, 3, 4], [3, 5, 7, 9]


def people(low=0.0):
    """Ages, incomes, and a decision that depends on the income: labels `low` and 1."""
    source = np.random.default_rng(0)
    X = np.column_stack([source.uniform(20, 70, 60), source.uniform(2e4, 1.2e5, 60)])
    return X, np.where(X[:, 1] > 6e4, 1.0, low)


LARGE = f"inputs of up to 119,510 (x[1]; x[0] is large, too). Scale the inputs: {SCALED}"
FLAT = f"is saturated (slope below 0.0001) for all 60 samples, so the gradient is exactly 0; there are {LARGE}"

WRONG = {
    "relu off": (
        lambda: fit(Neuron(1, "relu", weights=[-1.0]), *LINE),
        "the loss stayed where it began, at 41.0: relu is off for all 4 samples, so the gradient is exactly 0. Try "
        "another seed, or activation=None",
    ),
    "relu off at the output of an MLP": (
        lambda: fit(MLP(1, [2, 1], "tanh", "relu", seed=0), [[1.0], [2.0]], [0.0, -1.0], lr=0.1),
        "the loss stayed where it began, at 0.5: relu is off for all 2 samples, so the gradient is exactly 0. Try "
        "another seed, or output_activation=None",
    ),
    "relu off after a long step": (
        lambda: fit(Neuron(2, "relu", seed=0), *people(), lr=0.1),
        f"the loss stopped at 0.7333: relu is off for all 60 samples, so the gradient is exactly 0; there are {LARGE}",
    ),
    "hidden relu off": (
        lambda: fit(MLP(2, [4, 1], seed=18), *XOR, lr=0.5, epochs=500),
        "the loss stopped at 0.25: all 4 neurons of layer 1 (relu) are off for all 4 samples, so the gradient is "
        'exactly 0. Try another seed, or activation="tanh"',
    ),
    "sigmoid saturated": (
        lambda: fit(Neuron(2, "sigmoid", seed=0), *people(), lr=0.1),
        f"the loss stayed where it began, at 0.2667: sigmoid {FLAT}",
    ),
    "tanh saturated": (
        lambda: fit(Neuron(2, "tanh", seed=0), *people(), optimizer=Adam(0.1)),
        f"the loss stayed where it began, at 0.2667: tanh {FLAT}",
    ),
    "sigmoid saturated by a long step": (
        lambda: fit(Neuron(1, "sigmoid", weights=[1.0]), [1.0, 2.0, 3.0], [0, 1, 0], lr=1000.0),
        "the loss stopped at 0.3333: sigmoid is saturated (slope below 0.0001) for all 3 samples. Try another seed, or "
        "a smaller learning rate than 1000",
    ),
    "hidden tanh saturated": (
        lambda: fit(MLP(2, [8, 1], "tanh", seed=1), *people(), lr=0.1),
        "the loss stopped at 0.1956: all 8 neurons of layer 1 (tanh) are saturated (slope below 0.0001) for all 60 "
        f"samples; there are {LARGE}",
    ),
    "a local minimum with neurons off": (
        lambda: fit(MLP(2, [4, 1], seed=6), *XOR, lr=0.1, epochs=1000),
        "the loss stopped at 0.125: 2 of 4 hidden neurons are off (relu) for all samples, the gradient is close "
        "to 0, and the loss is still 22 % of its start. Try another seed, or more neurons",
    ),
    "a local minimum": (
        lambda: fit(MLP(2, [4, 1], seed=15), *XOR, lr=0.1, epochs=1000),
        "the loss stopped at 0.125: at a local minimum, the gradient is close to 0, and the loss is still 28 % of its "
        "start. Try another seed, or more neurons",
    ),
    "large inputs": (
        lambda: fit(Neuron(2, seed=0), *people(-1.0), loss="hinge", lr=0.1),
        f"the loss ended above its start, 4696.0 → 1.841e+07: the learning rate 0.1 is too large for {LARGE}",
    ),
    "large inputs, and back": (
        lambda: fit(Neuron(2, seed=0), *people(), loss="mae", lr=0.1),
        f"the loss ended where it began, at 3.997e+04: the learning rate 0.1 is too large for {LARGE}",
    ),
    "steps too long": (
        lambda: fit(Neuron(1, weights=[0.0]), *LINE, lr=0.13, epochs=3),
        "the loss ended above its start, 41.0 → 105.7: the learning rate 0.13 is too large: with 0.013, the first "
        "step lowers the loss to 25.13. Try lr=0.013",
    ),
    "steps too short": (
        lambda: fit(Neuron(1, weights=[0.0]), *LINE, optimizer=Adam(1e-9)),
        "the loss stayed where it began, at 41.0: the learning rate 1e-09 is too small: with 1, the first step "
        "lowers the loss to 7.5. Try lr=1",
    ),
    "validation samples of another kind": (
        lambda: fit(Neuron(1, weights=[0.0]), *LINE, validation=([1, 2], [-3, -5]), patience=3),
        "the best epoch is 0: the validation loss never fell below its start, so the model is as it was, although the "
        "loss fell. Try validation samples that are like the others, or a smaller learning rate",
    ),
    "a loss that only grows, with patience": (
        lambda: fit(Neuron(1, weights=[0.0]), *LINE, lr=0.13, epochs=3, patience=5),
        "the best epoch is 0, since the loss ended above its start, 41.0 → 105.7: the learning rate 0.13 is too large: "
        "with 0.013, the first step lowers the loss to 25.13. Try lr=0.013",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_went_wrong_is_said(case):
    train, sentence = WRONG[case]
    with pytest.warns(LearningWarning) as caught:
        history = train()
    assert [str(warning.message) for warning in caught] == [sentence]
    assert caught[0].filename == __file__
    assert history.note == sentence
    assert repr(history).endswith(f")\n  {sentence}")


@pytest.mark.parametrize("epochs", [1, 100])
def test_a_loss_that_leaps_up_diverges_with_a_remedy(epochs):
    with pytest.raises(DivergedError) as error:
        fit(Neuron(2, seed=0), *people(), epochs=epochs)
    assert error.value.epoch == 1
    assert str(error.value) == (
        "training diverged in epoch 1: loss 1.86e+09 → 3.626e+25, the largest gradient was dL/dw[1] = 7.207e+09; the "
        "loss leapt up. The learning rate 0.01 is too large for inputs of up to 119,510 (x[1]; x[0] is large, too): "
        "where training began, the curvature of the loss allows about 1.43e-10. Try 7.2e-11. Better, scale the inputs: "
        f"{SCALED}. The model has the parameters of epoch 1."
    )


def test_large_inputs_of_a_sigmoid_with_a_loss_that_is_infinite():
    with pytest.raises(ValueError, match='loss="bce_with_logits"') as error:
        fit(Neuron(2, "sigmoid", seed=0), *people(), loss="bce")
    assert error.value.__notes__ == [
        f"(there are inputs of up to 119,510 (x[1]; x[0] is large, too); scale the inputs: {SCALED})"
    ]


def test_the_remedy_is_one():
    X, y = people()
    X = (X - np.mean(X, axis=0)) / np.std(X, axis=0)
    assert not large_inputs(X)
    assert fit(Neuron(2, "sigmoid", seed=0), X, y, lr=1.0).loss[-1] < 0.07


@pytest.mark.parametrize("seed", range(50))
def test_a_training_that_is_fine_is_silent(seed):
    """Warnings are errors here."""
    source = np.random.default_rng(seed)
    X = source.normal(size=(source.integers(4, 40), source.integers(1, 4)))
    noise = source.normal(size=len(X)) * source.choice([0.0, 0.5])
    y = X @ source.normal(size=X.shape[1]) + 1.0 + noise
    model, labels, loss = [
        (Neuron(X.shape[1], seed=seed), y, "mse"),
        (MLP(X.shape[1], [8, 1], seed=seed), np.tanh(y), "mae"),
        (MLP(X.shape[1], [8, 1], "tanh", seed=seed), y > 1, "bce_with_logits"),
        (Neuron(X.shape[1], "sigmoid", seed=seed), y > 1, "bce"),
    ][seed % 4]
    optimizer = source.choice([SGD(0.05), SGD(0.01, momentum=0.9), Adam(0.01)])
    history = fit(
        model, X, labels, loss=loss, optimizer=optimizer, epochs=int(source.choice([1, 3, 30, 150])), seed=seed,
        batch_size=source.choice([None, 8]),
    )  # fmt: skip
    assert history.note == ""


FINE = {
    "a learning rate that decays": lambda: fit(
        MLP(2, [4, 1], seed=3), *XOR, optimizer=SGD(lambda epoch: 0.05 * 0.7**epoch), epochs=100
    ),
    "no epochs": lambda: fit(Neuron(1, "relu", weights=[-1.0]), *LINE, epochs=0),
    "a loss of 0": lambda: fit(Neuron(1, weights=[2.0], bias=1.0), *LINE),
    "at the minimum": lambda: fit(Neuron(1, weights=[0.0], bias=1.5), [1, 2, 1, 2], [1, 1, 2, 2], lr=0.1),
    "at the minimum, in batches": lambda: fit(
        Neuron(1, weights=[0.0], bias=1.5), [1, 2, 1, 2], [1, 1, 2, 2], lr=0.01, batch_size=1, seed=0
    ),
    "ended by a callback": lambda: fit(Neuron(1, "relu", weights=[-1.0]), *LINE, callbacks=[lambda history: True]),
    "sure of itself": lambda: fit(Neuron(1, "sigmoid", weights=[2.0]), [-9.0, 9.0], [0, 1], loss="bce", lr=5.0),
    "one class only": lambda: fit(Neuron(1, "tanh", weights=[0.0]), [1.0, 2.0], [1, 1], optimizer=Adam(1.0)),
    "two targets for one input": lambda: fit(MLP(1, [4, 1], seed=0), [[1.0], [1.0]], [0.0, 1.0], lr=0.1, epochs=500),
    "more samples than parameters": lambda: fit(
        MLP(1, [1, 1], seed=0), np.linspace(-1, 1, 9), abs(np.linspace(-1, 1, 9)), lr=0.3, epochs=1500
    ),
    "judged by validation samples": lambda: fit(MLP(2, [4, 1], seed=6), *XOR, lr=0.1, epochs=1000, validation=XOR),
    "targets between 0 and 1": lambda: fit(
        MLP(1, [4, 1], "tanh", seed=0), [1.0, 2.0], [0.4, 0.6], loss="bce_with_logits", lr=1.0, epochs=1000
    ),
    "a single short epoch": lambda: fit(
        Neuron(1, "sigmoid", weights=[0.0]), [-1.0, 1.0, 2.0], [0, 1, 0], lr=0.001, epochs=1
    ),
    "a loss of its own": lambda: fit(
        MLP(2, [4, 1], seed=6), *XOR, loss=lambda p, t: (p - t) ** 2 + 7, lr=0.1, epochs=1000
    ),
    "patience": lambda: fit(Neuron(1, weights=[0.0]), *LINE, lr=0.05, epochs=500, patience=5),
}


@pytest.mark.parametrize("case", FINE)
def test_no_false_alarm(case):
    assert FINE[case]().note == ""


@pytest.mark.filterwarnings("ignore::neuron.LearningWarning")
def test_every_xor_that_is_not_learned_is_noticed():
    silent, noticed = [], []
    for seed in range(10):
        history = fit(MLP(2, [4, 1], seed=seed), *XOR, optimizer=Adam(0.1), epochs=300)
        (noticed if history.note else silent).append(history.loss[-1])
    assert max(silent) < 0.02 < min(noticed)
    assert len(noticed) > 2


def test_the_parameters_are_those_of_the_training():
    n = Neuron(1, weights=[0.0])
    with pytest.warns(LearningWarning, match="too large"):
        history = fit(n, *LINE, lr=0.13, epochs=3, record_parameters=True, objective=Eager)
    assert [parameter.data for parameter in n.parameters()] == history.parameters[-1].tolist()


def test_a_diagnosis_reads_few_rows_of_many():
    X, sizes = np.linspace(0.5, 1.5, 300_000), []

    class Watched(ArrayPrograms):
        def value(self, theta, X, y):
            sizes.append(len(X))
            return super().value(theta, X, y)

        def value_and_grad(self, theta, X, y):
            sizes.append(len(X))
            return super().value_and_grad(theta, X, y)

    with pytest.warns(LearningWarning, match="the first step lowers the loss of 1,000 samples drawn from 300,000 to"):
        fit(Neuron(1, weights=[0.0]), X, X, lr=1e-9, epochs=1, objective=lambda *args: Watched(Eager(*args)))
    with pytest.warns(LearningWarning, match="off for all 1,000 samples drawn from 300,000, so their gradient is exac"):
        fit(Neuron(1, "relu", weights=[-1.0]), X, X, epochs=1)
    assert [size for size in sizes if size > 1000] == [300_000] * 2, "those of the training itself"


def test_rows_are_drawn_from_all_chunks():
    da = pytest.importorskip("dask.array")
    X = np.arange(2500.0)
    y = X % 2
    chunks = in_chunks(da.from_array(X[:, np.newaxis], chunks=(400, 1)), da.from_array(y, chunks=400))
    inputs, targets = map(some_rows, chunks)
    assert inputs[:, 0].tolist() == some_rows(X).tolist()
    assert targets.tolist() == (inputs[:, 0] % 2).tolist()
    assert len(np.unique(inputs)) == 1000
    assert inputs.max() > 2400
    n = Neuron(1, weights=[0.0])
    with pytest.warns(LearningWarning, match="lowers the loss of 1,000 samples drawn from 2,500 to"):
        fit(n, da.from_array(X / 2500, chunks=400), da.from_array(X / 2500, chunks=400), lr=1e-9, epochs=1)


def test_relu_is_on_for_huge_numbers():
    n = Neuron(1, "relu", weights=[1.0])
    assert "off" not in fit(n, [1e14, 2e14], [1e14, 2e14], lr=1e-40, epochs=2).note


def test_a_class_with_the_formulas_of_a_neuron_is_diagnosed():
    class Mine(Neuron):
        pass

    with pytest.warns(LearningWarning, match="relu is off for all 4 samples"):
        fit(Mine(1, "relu", weights=[-1.0]), *LINE)


def test_ctrl_c_during_the_diagnosis_leaves_a_complete_history():
    class Pressed(Eager):
        def value_and_grad(self, theta, X, y):
            if sum(calls) == 3:  # the start and two epochs
                place(self.parameters, np.array([7.0, 7.0]))
                signal.raise_signal(signal.SIGINT)
            calls.append(1)
            return super().value_and_grad(theta, X, y)

    calls = []
    n = Neuron(1, "relu", weights=[-1.0])
    history = fit(n, *LINE, epochs=2, objective=Pressed)
    assert (history.epochs, history.interrupted, history.note) == (2, False, "")
    assert [parameter.data for parameter in n.parameters()] == [-1.0, 0.0]


def test_a_penalty_alone_is_no_floor():
    assert fit(MLP(2, [4, 1], seed=6), *XOR, penalty=losses.l2(1e-9), lr=0.1, epochs=1000).note == ""


def test_a_model_of_its_own_and_a_loss_that_fails_do_not_stop_the_training():
    class Own(Neuron):
        def forward(self, inputs, number):
            return [3.0 * output for output in super().forward(inputs, number)]

    assert fit(Own(1, "relu", weights=[-1.0]), *LINE).note == ""

    def narrow(prediction, target):
        if not -1000 < prediction < 1000:
            raise RuntimeError("out of range")
        return (prediction - target) ** 2

    with pytest.warns(
        LearningWarning, match=r"1e-09 is too small: with 0\.1, the first step lowers the loss to 18\.41"
    ):
        fit(Neuron(1, weights=[0.0]), *LINE, loss=narrow, lr=1e-9, objective=Eager)


@pytest.mark.parametrize(
    ("model", "targets", "note"),
    [
        (
            Neuron(1, "tanh", seed=0),
            [-100.0, 300.0],
            "from -100.0 to 300.0, but tanh stays between -1.0 and 1.0. Try act",
        ),
        (
            MLP(1, [2, 1], "tanh", "sigmoid", seed=0),
            [3.0, 3.0],
            "from 3.0 to 3.0, but sigmoid stays between 0.0 and 1.0. Try output_activation=None, or scale the targets",
        ),
    ],
)
def test_targets_out_of_reach(model, targets, note):
    with pytest.warns(LearningWarning, match=f"the targets go {re.escape(note)}"):
        fit(model, [[1.0], [2.0]], targets, lr=1.0, epochs=500)


def test_a_perfect_fit_is_no_failure():  # warnings are errors
    x = np.linspace(-1, 1, 20)
    assert fit(Neuron(1, "relu", seed=0), x, 0 * x, lr=0.3, epochs=500).note == ""


def test_large_inputs_of_a_network_are_named():
    x = np.linspace(-1, 1, 20)
    with pytest.warns(LearningWarning, match=r"There are inputs of up to 1,000 \(x\)\. Scale them: X = "):
        fit(MLP(1, [8, 1], "tanh", seed=0), x * 1000, np.sin(5 * x), lr=0.01, epochs=2000)


def test_a_loss_that_is_printed_as_the_same_number_has_not_moved():
    x = np.linspace(-1, 1, 20)
    with pytest.warns(LearningWarning, match="the learning rate 1e-06 is too small: with 1, the first step lowers"):
        history = fit(Neuron(1, seed=0), x, 2 * x + 1, lr=1e-6)
    assert "loss 1.633 → 1.633" in repr(history)
