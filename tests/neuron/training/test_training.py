"""fit: what it computes, how it ends, what it refuses."""

import math
import os
import pickle
import signal
import subprocess
import sys
import time
from itertools import chain

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, exp, log, sqrt
from neuron import MLP, SGD, Adam, DivergedError, History, Layer, Neuron, datasets, fit, losses
from neuron.closed_form import gradient
from neuron.training.objective import Eager
from neuron.training.vectorized import vectorized
from tests import notebook
from tests.interrupts import interrupted_everywhere
from tests.mutants import TRAININGS
from tests.neuron.training import test_optimizers


def data(seed=0, samples=12, inputs=3):
    source = np.random.default_rng(seed)
    X = source.normal(size=(samples, inputs))
    return X, X @ np.arange(1.0, inputs + 1) - 0.5


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


# what it computes


@pytest.mark.parametrize("loss", ["squared_error", "half_squared_error", "absolute_error", "huber"])
@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh"])
def test_an_epoch_is_a_step_along_the_mean_of_the_textbook_gradients(activation, loss):
    X, y = data()
    n = Neuron(3, activation, seed=1)
    *w, b = numbers(n)
    by_hand = [gradient(activation, loss, w, b, x, t) for x, t in zip(X.tolist(), y.tolist(), strict=True)]
    mean = np.mean([[*g.weights, g.bias] for g in by_hand], axis=0)
    fit(n, X, y, loss=loss, optimizer=SGD(0.1), epochs=1)
    assert numbers(n) == pytest.approx(np.array([*w, b]) - 0.1 * mean, rel=1e-12)


def test_entry_k_of_the_history_is_what_holds_after_k_epochs():
    X, y = data()
    Xv, yv = data(1)
    n = Neuron(3, None, seed=1)
    history = fit(
        n, X, y, optimizer=SGD(0.05), epochs=7, batch_size=5, seed=3, validation=(Xv, yv), record_parameters=True,
        metric=lambda predictions, targets: float(np.abs(predictions - targets).max()), penalty=losses.l2(0.1),
    )  # fmt: skip
    assert len(history) == 8
    assert history.epochs == 7
    assert history.parameters.shape == (8, 4)
    assert history.names == ["w[0]", "w[1]", "w[2]", "b"]
    for k, parameters in enumerate(history.parameters):
        one = Neuron(3, None, weights=parameters[:3], bias=parameters[3])
        penalty = 0.1 * (parameters**2).sum()
        assert history.loss[k] == pytest.approx(np.mean((one.predict(X) - y) ** 2) + penalty)
        assert history.metric[k] == pytest.approx(np.abs(one.predict(X) - y).max())
        assert history.validation_loss[k] == pytest.approx(np.mean((one.predict(Xv) - yv) ** 2) + penalty)
        assert history.validation_metric[k] == pytest.approx(np.abs(one.predict(Xv) - yv).max())
    assert numbers(n) == history.parameters[-1].tolist()


def test_what_was_not_asked_for_is_not_there():
    history = fit(Neuron(3, seed=0), *data(), epochs=2, optimizer=SGD(0.01))
    assert (history.metric, history.validation_loss, history.validation_metric) == ([], [], [])
    with pytest.raises(ValueError, match=r"not recorded: call fit\(\.\.\., record_parameters=True\)"):
        _ = history.parameters


def test_the_sum_instead_of_the_mean():
    X, y = data(samples=4)
    one, other = Neuron(3, None, seed=1), Neuron(3, None, seed=1)
    a = fit(one, X, y, optimizer=SGD(0.04), epochs=3)
    b = fit(other, X, y, optimizer=SGD(0.01), epochs=3, reduction="sum")
    assert numbers(one) == pytest.approx(numbers(other))
    assert b.loss == pytest.approx([4 * loss for loss in a.loss])


def test_several_outputs_are_averaged():
    X, _ = data()
    y = X[:, :2] * 2
    layer = Layer(3, 2, None, seed=1)
    history = fit(layer, X, y, loss="mse", optimizer=SGD(0.5), epochs=100)
    assert history.loss[0] == pytest.approx(np.mean((Layer(3, 2, None, seed=1).predict(X) - y) ** 2))
    assert layer.predict(X) == pytest.approx(y, abs=0.01)


def test_a_loss_of_ones_own_gets_what_the_model_gives():
    X, y = data()
    n = Neuron(3, None, seed=1)
    own = fit(n, X, y, loss=lambda prediction, target: (prediction - target) ** 2, optimizer=SGD(0.1), epochs=3)
    assert own.loss == fit(Neuron(3, None, seed=1), X, y, loss="mse", optimizer=SGD(0.1), epochs=3).loss
    seen = []
    spy = lambda outputs, targets: (seen.append((type(outputs), type(targets))), outputs[0] - targets[1])[1]  # noqa: E731
    fit(Layer(3, 2, seed=1), X, X[:, :2], loss=spy, optimizer=SGD(1e-3), epochs=0)
    assert set(seen) == {(list, list)}


def test_only_the_parameters_named_learn():
    X, y = data()
    n = Neuron(3, None, seed=1, bias=0.25)
    start = numbers(n)
    history = fit(n, X, y, optimizer=SGD(0.1), epochs=5, parameters=n.w[1:2], record_parameters=True)
    moved = [now != before for now, before in zip(numbers(n), start, strict=True)]
    assert moved == [False, True, False, False]
    assert (history.names, history.parameters.shape) == (["w[1]"], (6, 1))


def test_other_ways_to_compute_the_gradient_can_take_the_place_of_the_usual_one():
    class ByHand:
        def __init__(self, model, parameters, loss, penalty, reduction):
            assert (loss, penalty, reduction) == ("mse", None, "mean")

        def value(self, theta, X, y):
            predictions = X @ theta[:-1] + theta[-1]
            return float(np.mean((predictions - y) ** 2)), predictions

        def value_and_grad(self, theta, X, y):
            loss, predictions = self.value(theta, X, y)
            slopes = 2 * (predictions - y) / len(y)
            return loss, np.append(X.T @ slopes, slopes.sum())

    X, y = data()
    settings = {"optimizer": Adam(0.1), "epochs": 10, "batch_size": 4, "seed": 1, "record_parameters": True}
    one, other = Neuron(3, None, seed=1), Neuron(3, None, seed=1)
    a, b = fit(one, X, y, **settings), fit(other, X, y, **settings, objective=ByHand)
    assert a.parameters == pytest.approx(b.parameters, rel=1e-9)
    assert numbers(other) == b.parameters[-1].tolist()


@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(1, 12), st.booleans(), st.integers(0, 99))
def test_an_epoch_shows_every_sample_once(samples, batch_size, shuffle, seed):
    epochs, batches = [], []

    class Watching(Eager):
        def value(self, theta, X, y):
            epochs.append(list(batches))
            batches.clear()
            return super().value(theta, X, y)

        def value_and_grad(self, theta, X, y):
            batches.append(y.tolist())
            return super().value_and_grad(theta, X, y)

    X, y = np.zeros((samples, 1)), np.arange(samples)
    fit(
        Neuron(1, None), X, y, optimizer=SGD(1e-3), epochs=3, batch_size=batch_size, shuffle=shuffle, seed=seed,
        objective=Watching, metric=lambda predictions, targets: 0.0,
    )  # fmt: skip
    assert len(epochs) == 4
    for shown in epochs[1:]:
        assert sorted([*chain(*shown)]) == list(range(samples))
        assert [len(batch) for batch in shown[:-1]] == [batch_size] * (len(shown) - 1)
        if not shuffle or batch_size >= samples:
            assert [*chain(*shown)] == list(range(samples))


def test_the_order_is_new_in_each_epoch_and_the_same_for_the_same_seed():
    X, y = data()

    def run(seed):
        n = Neuron(3, None, seed=1)
        return fit(n, X, y, optimizer=SGD(0.1), epochs=3, batch_size=3, seed=seed, record_parameters=True).parameters

    assert np.array_equal(run(1), run(1))
    assert not np.array_equal(run(1), run(2))
    assert np.array_equal(run(np.random.default_rng(1)), run(1))


def test_lists_and_arrays_alike():
    X, y = data()
    first = fit(Neuron(3, None, seed=1), X.tolist(), y.tolist(), optimizer=SGD(0.1), epochs=2)
    second = fit(Neuron(3, None, seed=1), X, y[:, np.newaxis], optimizer=SGD(0.1), epochs=2)
    assert first.loss == second.loss
    assert fit(Neuron(1, None, seed=1), [1, 2], [1, 2], epochs=1).epochs == 1


def test_no_epochs_measure_the_start():
    n = Neuron(3, None, seed=1)
    before = numbers(n)
    history = fit(n, *data(), epochs=0)
    assert (len(history), history.epochs, numbers(n)) == (1, 0, before)


def test_the_gradients_of_the_model_are_left_alone():
    n = Neuron(3, None, seed=1)
    n([1.0, 2.0, 3.0]).backward()
    before = [p.grad for p in n.parameters()]
    fit(n, *data(), epochs=2, optimizer=SGD(0.01))
    assert [p.grad for p in n.parameters()] == before


def test_callbacks_see_the_history_and_may_end_the_training():
    X, y = data()
    n = Neuron(3, None, seed=1)
    seen = []
    stop = lambda history: (seen.append((history.epochs, numbers(n))), history.loss[-1] < 1)[1]  # noqa: E731
    history = fit(n, X, y, optimizer=SGD(0.1), epochs=100, callbacks=[stop, lambda history: None])
    assert 1 <= history.epochs < 100
    assert not history.interrupted
    assert history.loss[-1] < 1 <= history.loss[-2]
    assert [epochs for epochs, _ in seen] == list(range(1, history.epochs + 1))
    assert seen[-1][1] == numbers(n)


def test_an_error_in_a_callback_leaves_model_and_history_alike():
    n = Neuron(3, None, seed=1)
    histories = []

    def fails(history):
        histories.append(history)
        if history.epochs == 3:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fit(n, *data(), optimizer=SGD(0.1), epochs=10, callbacks=[fails], record_parameters=True)
    assert numbers(n) == histories[0].parameters[-1].tolist()


def test_the_model_ends_with_the_parameters_of_the_last_entry():
    n = Neuron(3, None, seed=1)
    history = fit(n, *data(), optimizer=SGD(0.1), epochs=3, record_parameters=True)
    assert numbers(n) == history.parameters[-1].tolist()
    steps = []

    class Failing(SGD):
        def start(self):
            def step(parameters, gradient, lr):
                steps.append(parameters)
                if len(steps) == len(data()[0]) + 2:  # in the middle of the second epoch
                    raise RuntimeError("enough")
                return parameters - lr * gradient

            return step

    n = Neuron(3, None, seed=1)
    with pytest.raises(RuntimeError, match="enough"):
        fit(n, *data(), optimizer=Failing(0.1), epochs=3, batch_size=1, objective=Eager)
    assert numbers(n) == steps[len(data()[0])].tolist()


def test_a_loss_that_changes_with_the_epochs_is_what_it_is_now():
    weight = [1.0]

    def loss(prediction, target):
        return weight[0] * (prediction - target) ** 2

    def halve(history):
        weight[0] /= 2

    both = []
    for objective in (Eager, vectorized):
        weight[0] = 1.0
        n = Neuron(3, None, seed=1)
        both.append(fit(n, *data(), loss=loss, optimizer=SGD(0.1), epochs=5, callbacks=[halve], objective=objective))
    eager, programs = both
    assert programs.loss == pytest.approx(eager.loss, rel=1e-12)


def test_with_all_samples_in_a_batch_the_loss_comes_with_the_gradient_of_the_next_step():
    calls = []

    class Watching(Eager):
        def value(self, theta, X, y):
            calls.append(("value", len(y)))
            return super().value(theta, X, y)

        def value_and_grad(self, theta, X, y):
            calls.append(("gradient", len(y)))
            return super().value_and_grad(theta, X, y)

    def called(**options):
        calls.clear()
        fit(Neuron(3, None, seed=1), *data(), optimizer=SGD(0.1), epochs=2, objective=Watching, **options)
        return calls

    assert called() == [("gradient", 12)] * 3
    assert called(validation=data(1, 5)) == [("gradient", 12), ("value", 5)] * 3
    apart = [("value", 12), ("gradient", 12), ("value", 12), ("gradient", 12), ("value", 12)]
    assert called(callbacks=[lambda history: None]) == called(metric=lambda predictions, targets: 0.0) == apart
    assert called(batch_size=6) == [("value", 12), *[("gradient", 6), ("gradient", 6), ("value", 12)] * 2]


CHECKS = [
    test_the_model_ends_with_the_parameters_of_the_last_entry,
    test_a_loss_that_changes_with_the_epochs_is_what_it_is_now,
    lambda: test_an_epoch_is_a_step_along_the_mean_of_the_textbook_gradients("sigmoid", "squared_error"),
    test_entry_k_of_the_history_is_what_holds_after_k_epochs,
    test_an_epoch_shows_every_sample_once,
    test_the_order_is_new_in_each_epoch_and_the_same_for_the_same_seed,
    test_an_error_in_a_callback_leaves_model_and_history_alike,
    lambda: test_a_single_step_beyond_the_floats(1e160),
    test_optimizers.test_momentum_is_a_sum_of_all_gradients_fading_with_age,
    test_optimizers.test_adam_by_the_means_written_out,
]


def fails(check):
    try:
        check()
    except (AssertionError, UserWarning):  # a warning: training goes on, but not by programs
        return True
    return False


@pytest.mark.slow
def test_without_bugs_the_checks_pass():
    assert not any(fails(check) for check in CHECKS)


@pytest.mark.slow
@pytest.mark.parametrize("bug", TRAININGS)
def test_planted_bugs_are_noticed(bug, monkeypatch):
    TRAININGS[bug](monkeypatch)
    assert any(fails(check) for check in CHECKS)


# the history


def test_the_history_as_text_and_as_a_file(tmp_path):
    X, y = data()
    history = fit(
        Neuron(3, None, seed=1), X, y, optimizer=SGD(0.1), epochs=2, validation=(X, y), record_parameters=True
    )
    assert repr(history).startswith("History(2 epochs, loss ")
    assert "validation loss" in repr(history)
    assert repr(History()) == "History(nothing measured)"
    named = fit(Neuron(1, None, weights=[1.0]), [1, -1], [1, -1], metric="accuracy", epochs=1, validation=([2], [-1]))
    assert ", accuracy 1.0 → 1.0, validation loss 9.0 → 9.0, validation accuracy 0.0 → 0.0)" in repr(named)
    lengths = []
    fit(Neuron(1), [1], [1], epochs=2, callbacks=[lambda history: lengths.append(set(map(len, history.rows())))])
    assert lengths == [{6}, {6}], "a table at any moment"
    history.save_csv(tmp_path / "h.csv")
    head, *lines = (tmp_path / "h.csv").read_text(encoding="utf-8").splitlines()
    assert head == "epoch,learning_rate,loss,metric,validation_loss,validation_metric,w[0],w[1],w[2],b"
    assert len(lines) == 3
    epoch, lr, loss, metric, _, _, *parameters = lines[-1].split(",")
    assert (epoch, lr, metric, float(loss)) == ("2", "0.1", "", history.loss[2])
    assert [float(p) for p in parameters] == history.parameters[-1].tolist()
    assert pickle.loads(pickle.dumps(history)).loss == history.loss


def test_a_file_that_cannot_be_written(tmp_path):
    history = fit(Neuron(3, seed=1), *data(), epochs=1, optimizer=SGD(0.01))
    with pytest.raises(FileNotFoundError, match=r"cannot be written: No such file or directory: .*nowhere"):
        history.save_csv(tmp_path / "nowhere" / "h.csv")


# divergence


def equation_neuron():
    data = datasets.equation()
    return Neuron(2, None, weights=data.weights), data


def test_the_usual_learning_rate_is_too_large_for_the_equation():
    n, data = equation_neuron()
    with pytest.raises(DivergedError) as error:
        fit(n, data.X, data.y, optimizer=SGD(0.001), epochs=50, parameters=n.w)
    assert str(error.value) == (
        "training diverged in epoch 5: loss 2.226e+06 → 5.902e+29, the largest gradient was dL/dw[0] = -1.788e+15; "
        "the loss grows faster and faster. The learning rate 0.001 is too large for inputs of up to 256 (x[0]; x[1] is "
        "large, too): where training began, the curvature of the loss allows about 9.05e-06. Try 4.5e-06. Better, "
        "scale the inputs: X = (X - np.mean(X, axis=0)) / np.std(X, axis=0). The model has the parameters of epoch 5."
    )
    assert error.value.epoch == error.value.history.epochs == 5
    assert all(map(math.isfinite, numbers(n)))


@pytest.mark.slow
@settings(max_examples=8)
@given(st.floats(0.5, 1.5).filter(lambda share: abs(share - 1) > 0.02))
def test_the_limit_that_is_named_is_the_limit(share):
    n, data = equation_neuron()
    lr = share / (256**2 + 212**2)
    if share < 1:
        losses = fit(n, data.X, data.y, optimizer=SGD(lr), epochs=300, parameters=n.w).loss
        assert losses[-1] < losses[0]
    else:
        with pytest.raises(DivergedError, match=r"allows about 9\.05e-06"):
            fit(n, data.X, data.y, optimizer=SGD(lr), epochs=20_000, parameters=n.w)


@pytest.mark.slow
def test_the_end_of_the_floats():
    n, data = equation_neuron()
    with pytest.raises(DivergedError) as error:
        fit(n, data.X, data.y, optimizer=SGD(1e-5), epochs=5000, parameters=n.w)
    history = error.value.history
    message = str(error.value)
    assert f"diverged in epoch {history.epochs + 1}: loss 2.226e+06 → " in message
    assert "; then the loss was inf. The learning rate 1e-05 is too large" in message
    assert f"The model has the parameters of epoch {history.epochs}." in message
    assert math.isfinite(history.loss[-1])
    assert history.loss[-1] == pytest.approx((256 * n.w[0].data + 212 * n.w[1].data - 1492) ** 2)


@pytest.mark.parametrize("lr", [1e160, 1e300, 1e305])
def test_a_single_step_beyond_the_floats(lr):
    n, data = equation_neuron()
    with pytest.raises(DivergedError, match=r"diverged in epoch 1: loss 2\.226e\+06, the largest gradient was"):
        fit(n, data.X, data.y, optimizer=SGD(lr), epochs=5, parameters=n.w)
    assert [w.data for w in n.w] == [0.0, 0.0]


def test_adam_that_diverges_is_told_a_tenth():
    n = Neuron(1, None, weights=[1.0])
    steep = lambda prediction, target: exp(abs(prediction) * 10)  # noqa: E731
    with pytest.raises(DivergedError, match=r"The learning rate 100 is too large: try 10\."):
        fit(n, [1.0], [0.0], loss=steep, optimizer=Adam(100), epochs=50)


def test_a_gradient_that_does_not_exist_at_the_start_is_no_divergence():
    n = Neuron(1, None, weights=[0.0])
    with pytest.raises(ValueError, match=r"^before the first step dL/dw is inf where the loss is 0\.0: "):
        fit(n, [1.0], [0.0], loss=lambda prediction, target: sqrt(prediction), optimizer=SGD(0.1), epochs=5)
    assert numbers(n) == [0.0, 0.0]


def test_slower_growth_is_divergence_as_well():
    n = Neuron(1, None, weights=[0.0])
    with pytest.raises(DivergedError, match=r"the loss grows faster and faster.*allows about 0\.5\."):
        fit(n, [1.0], [1.0], optimizer=SGD(0.95), epochs=100)
    fit(n, [1.0], [1.0], optimizer=SGD(0.45), epochs=100)
    assert n.predict([1.0]) == pytest.approx([1.0])


@pytest.mark.slow
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("batch_size", [1, 4, None])
def test_the_advice_holds(batch_size, momentum):
    X = np.random.default_rng(0).normal(size=(20, 3))
    X[0] *= 30  # one sample curves the loss far more than all together
    y = X @ [1.0, 2.0, 3.0]
    settings = {"epochs": 100, "batch_size": batch_size, "seed": 0}
    with pytest.raises(DivergedError) as error:
        fit(Neuron(3, None, weights=[0, 0, 0]), X, y, optimizer=SGD(5, momentum), **settings)
    advice = float(str(error.value).split("Try ")[1].split(". ")[0])
    history = fit(Neuron(3, None, weights=[0, 0, 0]), X, y, optimizer=SGD(advice, momentum), **settings)
    assert history.loss[-1] < history.loss[0]


def test_a_start_near_the_optimum_may_leave_it_for_a_while():
    n = Neuron(1, None, weights=[2.0], bias=1 + 1e-6)
    rates = lambda epoch: 1.0 if epoch < 10 else 0.1  # noqa: E731
    history = fit(n, [0, 1, 2], [1, 3, 5], optimizer=SGD(rates), epochs=1000)
    assert max(history.loss) > 1e5 * history.loss[0]
    assert history.loss[-1] < history.loss[0]


def test_a_loss_without_a_minimum_is_called_so():
    n = Neuron(1, None, weights=[1.0])
    with pytest.raises(DivergedError, match=r"without end: it has no minimum .* right\?\)\. The model"):
        fit(n, [1, 2], [1, 2], loss=lambda p, t: -p * p, optimizer=SGD(0.5), epochs=2000)


def test_validation_samples_cannot_end_a_training():
    n = Neuron(1, "sigmoid", weights=[1.0])
    history = fit(
        n, [1.0, -1.0], [1.0, 0.0], loss="binary_cross_entropy", metric="accuracy", optimizer=SGD(0.5), epochs=3,
        validation=([500.0, 0.0], [0.0, 0.0]),
    )  # fmt: skip
    assert history.epochs == 3
    assert history.validation_loss == [math.inf] * 4
    assert len(history.validation_metric) == 4


def test_an_error_of_the_loss_on_the_way_says_in_which_epoch():
    n = Neuron(1, None, weights=[0.1], bias=0.5)
    with pytest.raises(ValueError, match=r"sample 2 .* needs a probability between 0 and 1") as error:
        fit(n, [0, 1, 2, 3], [0, 0, 1, 1], loss="binary_cross_entropy", optimizer=SGD(0.5))
    assert error.value.__notes__ == ["(in epoch 1; the model has the parameters of epoch 0)"]
    assert numbers(n) == [0.1, 0.5]


@pytest.mark.parametrize("broken", ["callback", "metric"])
def test_errors_of_callbacks_and_metrics_are_theirs(broken):
    calls = []

    def fails(*_):
        calls.append(1)
        return 1 / 0 if len(calls) == 3 else 0.0

    given = {"callbacks": [fails]} if broken == "callback" else {"metric": fails}
    with pytest.raises(ZeroDivisionError, match=r"^division by zero"):
        fit(Neuron(3, None, seed=1), *data(), optimizer=SGD(0.01), epochs=5, **given)
    with np.errstate(invalid="ignore"):
        quiet = lambda *_: float(np.array(0.0) / np.array(0.0))  # noqa: E731
        assert math.isnan(fit(Neuron(3, None, seed=1), *data(), epochs=1, metric=quiet).metric[0])


def test_errors_of_an_optimizer_and_of_a_loss_are_theirs():
    class Broken(SGD):
        def start(self):
            return lambda parameters, gradient, lr: parameters / (1 / 0)

    with pytest.raises(ZeroDivisionError) as error:
        fit(Neuron(3, None, seed=1), *data(), optimizer=Broken(0.1))
    assert error.value.__notes__ == ["(in epoch 1; the model has the parameters of epoch 0)"]
    pole = lambda p, t: p / 0 if isinstance(p, Value) else 1.0  # noqa: E731
    with pytest.raises(ZeroDivisionError, match=r"^sample 0 .* is not defined"):
        fit(Neuron(3, None, seed=1), *data(), loss=pole)


def test_an_optimizer_may_change_its_arguments_in_place():
    class InPlace:
        lr = 0.1

        def start(self):
            def step(parameters, gradient, lr):
                parameters -= lr * gradient
                return parameters

            return step

        def limit(self, curvature):
            return 2 / curvature

    X, y = data()
    one, other = Neuron(3, None, seed=1), Neuron(3, None, seed=1)
    ours = fit(one, X, y, optimizer=SGD(0.1), epochs=3, record_parameters=True)
    theirs = fit(other, X, y, optimizer=InPlace(), epochs=3, record_parameters=True)
    assert np.array_equal(ours.parameters, theirs.parameters)
    InPlace.lr = -0.1
    with pytest.raises(ValueError, match=r"the learning rate must be positive, not -0\.1"):
        fit(other, X, y, optimizer=InPlace())
    InPlace.lr, InPlace.start = 0.1, lambda self: lambda parameters, gradient, lr: parameters[:2]
    with pytest.raises(ValueError, match=r"the optimizer must return parameters of shape \(4,\), not \(2,\)"):
        fit(other, X, y, optimizer=InPlace())


def test_metrics_and_callbacks_cannot_change_the_training():
    X, y = data()
    before = y.copy()
    metric = lambda predictions, targets: float(targets.__setitem__(slice(None), 0.0) or 0.0)  # noqa: E731
    history = fit(Neuron(3, None, seed=1), X, y, metric=metric, optimizer=SGD(0.1), epochs=2)
    assert history.loss == fit(Neuron(3, None, seed=1), X, y, optimizer=SGD(0.1), epochs=2).loss
    assert np.array_equal(y, before)
    n = Neuron(3, None, seed=1)
    with pytest.raises(RuntimeError, match=r"a callback has changed w\[0\], but fit sets the parameters itself"):
        fit(n, X, y, callbacks=[lambda history: setattr(n.w[0], "data", 9.0)])
    fixed = Neuron(3, None, seed=1)
    with pytest.raises(RuntimeError, match="a callback has changed b, but fit sets"):
        fit(fixed, X, y, parameters=fixed.w, callbacks=[lambda history: setattr(fixed.b, "data", 9.0)])
    with pytest.raises(ValueError, match="read-only"):
        fit(n, X, y, callbacks=[lambda history: history.entries[-1].parameters.fill(0.0)])


def test_only_true_ends_a_training():
    for result, epochs in ((True, 1), (np.True_, 1), (1.0, 3), ("yes", 3), (None, 3)):
        end = lambda history, result=result: result  # noqa: E731
        assert fit(Neuron(3, None, seed=1), *data(), epochs=3, callbacks=[end]).epochs == epochs


def test_a_saturated_sigmoid_is_told_the_remedy():
    n = Neuron(1, "sigmoid", weights=[1.0])
    with pytest.raises(
        DivergedError, match=r"infinite for a prediction of exactly .* from_logits=True, which does not"
    ):
        fit(n, [1.0, -1.0, 1.0], [1.0, 0.0, 0.0], loss="binary_cross_entropy", optimizer=SGD(1000.0), epochs=50)


def test_descents_that_come_back_are_left_in_peace():
    # for learning rates between two and four over the curvature, the loss of a product rises before it falls
    n = MLP(1, [1, 1], "linear", seed=5)
    start = [2.1, 0.0, 2.0, 0.0]
    for p, number in zip(n.parameters(), start, strict=True):
        p.data = number
    weights = [p for p in n.parameters() if p.label.startswith("w")]
    history = fit(n, [1.0], [0.0], optimizer=SGD(0.2), epochs=200, parameters=weights, loss="half_squared_error")
    assert history.loss[-1] < history.loss[0]


# Ctrl-C


def test_ctrl_c_ends_the_training_with_the_history_so_far():
    n = Neuron(3, None, seed=1)
    press = lambda history: signal.raise_signal(signal.SIGINT) if history.epochs == 4 else None  # noqa: E731
    history = fit(n, *data(), optimizer=SGD(0.1), epochs=1000, callbacks=[press], record_parameters=True)
    assert history.interrupted
    assert repr(history).endswith(", interrupted)")
    assert 4 <= history.epochs <= 5
    assert numbers(n) == history.parameters[-1].tolist()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # nothing comes of it in a destructor
@pytest.mark.parametrize(("record_parameters", "callbacks"), [(False, []), (True, [lambda history: False])])
def test_ctrl_c_at_any_moment(record_parameters, callbacks):
    X, y = (samples[:3] for samples in data())
    kept = []

    def train():
        model, history = Neuron(3, None, seed=1), None
        settings = {"record_parameters": record_parameters, "callbacks": callbacks, "objective": Eager}
        try:
            history = fit(model, X, y, optimizer=SGD(0.1), epochs=4, **settings)
        finally:  # all numbers that there are belong together
            theta = numbers(model)
            measured = [0] if history is None else history.loss
            assert history is not None or theta == numbers(Neuron(3, None, seed=1)), "the history was lost"
            kept.append(len(measured))
        assert history.loss[-1] == pytest.approx(np.mean((X @ theta[:3] + theta[3] - y) ** 2), abs=1e-12)
        assert not record_parameters or theta == history.parameters[-1].tolist()

    train()  # what is slow the first time
    for _ in interrupted_everywhere(train, step=11):
        pass
    assert {1, 2, 3, 4, 5} <= set(kept)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that signals")
def test_ctrl_c_by_a_timer():
    # in a process of its own, for the test tools have hooks that swallow an interrupt
    subprocess.run([sys.executable, "-m", "tests.robustness.interrupts", "40"], check=True, timeout=60)


def test_ctrl_c_before_anything_was_measured_is_passed_on():
    def pressed(prediction, target):
        raise KeyboardInterrupt

    n = Neuron(3, None, seed=1)
    before = numbers(n)
    with pytest.raises(KeyboardInterrupt):
        fit(n, *data(), loss=pressed)
    assert numbers(n) == before


# the progress bar


@pytest.mark.slow
def test_silent_where_nobody_watches(capfd):
    slow = lambda history: time.sleep(0.2)  # noqa: E731
    fit(Neuron(3, seed=1), *data(), epochs=4, optimizer=SGD(0.01), callbacks=[slow])
    assert capfd.readouterr() == ("", "")
    fit(Neuron(3, seed=1), *data(), epochs=4, optimizer=SGD(0.01), callbacks=[slow], progress=True)
    assert "4/4" in capfd.readouterr().err


SLOW_FIT = """
import time
from neuron import Neuron, SGD, fit
fit(Neuron(1), [1], [1], optimizer=SGD(0.01), epochs=4, callbacks=[lambda history: time.sleep(0.25)])
"""


@pytest.mark.slow
def test_a_bar_in_a_terminal():
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    run = subprocess.run([sys.executable, "-c", SLOW_FIT], stderr=theirs, stdout=subprocess.PIPE, check=True)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    os.close(theirs)
    assert run.stdout == b""
    assert "4/4" in shown
    assert "epoch/s, loss=" in shown


@pytest.mark.slow
def test_a_bar_in_a_notebook(tmp_path):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SLOW_FIT)])
    outputs = notebook.execute(book, tmp_path).cells[0].outputs
    assert {output.name for output in outputs if output.output_type == "stream"} <= {"stdout"}, "nothing in red"
    assert "epoch/s, loss=" in str(outputs)
    assert repr(outputs[-1]).count("History(4 epochs") == 1


# what it refuses

X, Y = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1.0, 0.0, 1.0]
LONG = {"epochs": 3}
REFUSED = {
    "nan": (
        {"X": [[1, 2], [3, math.nan], [5, 6]]},
        ValueError,
        "X[1, 1] is missing (nan) (row 1, column 1): an input must be a finite number; leave",
    ),
    "two of them": (
        {"X": [[1, 2], [3, math.nan], [math.inf, 6]]},
        ValueError,
        "X[1, 1] is missing (nan) (row 1, column 1) (and 1 more)",
    ),
    "missing": ({"X": [[1, 2], [3, 4], [None, 6]]}, ValueError, "X[2, 0] is missing (nan) (row 2, column 0)"),
    "inf": ({"X": [[1, 2], [-math.inf, 4], [5, 6]]}, ValueError, "X[1, 0] is -inf (row 1, column 0)"),
    "nan target": (
        {"y": [1, math.nan, 0]},
        ValueError,
        "y[1] is missing (nan) (sample 1): a target must",
    ),
    "text": (
        {"X": [[1, 2], [3, "4"], [5, 6]]},
        TypeError,
        "X[1, 1] = '4': a string is not a number; write 4, or convert all of them with",
    ),
    "masked": (
        {"X": np.ma.array([[1.0, 2], [3, 1e6], [5, 6]], mask=[[0, 0], [0, 1], [0, 0]])},
        ValueError,
        "X[1, 1] is missing (nan)",
    ),
    "nested deeper": ({"X": [[1, [2, 3]], [3, 4], [5, 6]]}, ValueError, "X is not a table of numbers: some of its"),
    "a generator": ({"X": (x for x in [[1, 2]])}, TypeError, "X must be a list or an array of numbers, not <generator"),
    "a set": ({"y": {1.0, 2.0}}, TypeError, "y must be a list or an array of numbers, not {1.0, 2.0}"),
    "no model": ({"model": Neuron}, TypeError, "fit trains a Neuron, a Layer or an MLP, not <class"),
    "a list of losses": ({"loss": ["mse"]}, ValueError, "unknown loss ['mse']: did you mean 'mse'?"),
    "a text as loss": (
        {"loss": lambda p, t: "a"},
        TypeError,
        "the loss must be one number, but 'a'",
    ),
    "a penalty without result": (
        {"penalty": lambda parameters: None},
        TypeError,
        "the penalty must be one number, but None was returned",
    ),
    "a metric without result": ({"metric": lambda p, t: None}, TypeError, "the metric: None is not a number"),
    "parameters as a number": ({"parameters": 3}, TypeError, "parameters must be a list, not 3"),
    "objective": ({"objective": "eager"}, TypeError, "objective must be a function or a class, not 'eager'"),
    "all labels 1": ({"y": [1, 1, 1], "metric": "accuracy"}, ValueError, "accuracy: all targets are 1; say what"),
    "huge epochs": ({"epochs": 10**30}, ValueError, "epochs must be much smaller, not 1000000000000"),
    "an object": ({"X": [[1, 2], [3, {}], [5, 6]]}, TypeError, "X[1, 1] = {}"),
    "complex": ({"X": [[1, 2], [3, 1j], [5, 6]]}, TypeError, "X[0, 0] = (1+0j)"),
    "other lengths": ({"y": [1, 2]}, ValueError, "the same number of samples, but their shapes are (3, 2) and (2,)"),
    "one number": ({"y": 1.0}, ValueError, "their shapes are (3, 2) and ()"),
    "too few features": (
        {"X": [[1], [2], [3]]},
        ValueError,
        "learns from an array of shape (samples, 2), one row per sample; X has",
    ),
    "flat": ({"X": [1, 2, 3]}, ValueError, "X has the shape (3,)"),
    "ragged": ({"X": [[1, 2], [3], [5, 6]]}, ValueError, "the rows of X differ in length: X[0] is [1, 2], X[1] is [3]"),
    "empty": ({"X": np.empty((0, 2)), "y": []}, ValueError, "X and y are empty: at least one sample is needed"),
    "empty list": ({"X": [], "y": []}, ValueError, "X has the shape (0,)"),
    "too many outputs": (
        {"y": [[1, 2], [3, 4], [5, 6]]},
        ValueError,
        "y has the shape (3, 2), but Neuron(2, activation='linear') predicts (3,)",
    ),
    "one target for two outputs": (
        {"model": Layer(2, 2)},
        ValueError,
        "sample 0 (y = 1.0): a target is needed for each of the 2 outputs",
    ),
    "hinge labels": ({"loss": "hinge"}, ValueError, "sample 1 (y = 0.0): hinge needs a target of -1 or +1, not 0.0"),
    "probabilities": (
        {"model": Neuron(2, "sigmoid"), "loss": "binary_cross_entropy", "y": [1, 2, 0]},
        ValueError,
        "sample 1 (y = 2.0): binary_cross_entropy needs a target between 0 and 1, not 2.0",
    ),
    "held-out labels": (
        {"loss": "hinge", "y": [1, -1, 1], "validation": (X, Y)},
        ValueError,
        "sample 1 (y = 0.0): hinge needs",
    ),
    "accuracy labels": (
        {"metric": "accuracy", "y": [1, 2, 3]},
        ValueError,
        "accuracy needs labels 0 and 1, or -1 and +1, or a column",
    ),
    "epochs": ({"epochs": -1}, ValueError, "epochs must be at least 0, not -1"),
    "half an epoch": ({"epochs": 1.5}, TypeError, "epochs must be a whole number, not 1.5"),
    "batch size": ({"batch_size": 0}, ValueError, "batch_size must be at least 1, not 0"),
    "batch size of text": ({"batch_size": "all"}, TypeError, "batch_size must be a whole number, not 'all'"),
    "optimizer": (
        {"optimizer": "sdg"},
        ValueError,
        "unknown optimizer 'sdg': did you mean 'sgd'? Known optimizers: sgd, adam",
    ),
    "a number": (
        {"optimizer": 0.1},
        TypeError,
        "optimizer=0.1 is not an optimizer: write SGD(0.1), Adam(0.01), or a name",
    ),
    "the class": ({"optimizer": SGD}, TypeError, "is not an optimizer: write SGD(0.1)"),
    "schedule": (
        {"optimizer": SGD(lambda epoch: 1.0 - epoch)},
        ValueError,
        "the learning rate of the schedule in epoch 1 must be positive, not 0.0",
    ),
    "loss": ({"loss": "hing"}, ValueError, "unknown loss 'hing': did you mean 'hinge'?"),
    "reduction": ({"reduction": "max"}, ValueError, "unknown reduction 'max'. Known reductions: mean, sum"),
    "metric": ({"metric": "acuracy"}, ValueError, "unknown metric 'acuracy': did you mean 'accuracy'?"),
    "metric of a number": (
        {"metric": 3},
        TypeError,
        "metric=3 is neither a name nor a function of (predictions, targets)",
    ),
    "penalty": (
        {"penalty": 0.1},
        TypeError,
        "penalty=0.1 is not a function: write penalty=losses.l2(0.01), with your rate",
    ),
    "validation": (
        {"validation": 2},
        TypeError,
        "validation must be a pair of inputs and targets, (X, y), or the share of the samples to hold out, such as "
        "0.2, not 2",
    ),
    "validation features": ({"validation": ([[1]], [1])}, ValueError, "validation X has the shape (1, 1)"),
    "validation nan": (
        {"validation": ([[1, math.nan]], [1])},
        ValueError,
        "validation X[0, 1] is missing (nan) (row 0, column 1)",
    ),
    "parameters": (
        {"parameters": [Value(1.0, "v")]},
        ValueError,
        "v is not a parameter of Neuron(2, activation='linear')",
    ),
    "no parameters": ({"parameters": []}, ValueError, "parameters is empty: name at least one"),
    "callbacks": ({"callbacks": [1]}, TypeError, "each of the callbacks must be a function or a class, not 1"),
    "seed": ({"seed": "a"}, TypeError, "seed must be a whole number of at least 0, or a generator of NumPy, not 'a'"),
    "seed below": ({"seed": -1}, TypeError, "seed must be a whole number of at least 0"),
    "too large": (
        {"X": [[1e308, 1e308]] * 3},
        ValueError,
        "the loss is inf before the first step: the inputs, the",
    ),
    "undefined": (
        {"loss": lambda p, t: log(t - 1)},
        ValueError,
        "sample 0 (y = 1.0): log(x) is not defined at x = 0.0",
    ),
    "no dependence": ({"loss": lambda p, t: t * 2.0}, TypeError, "the loss does not depend on the parameters: it is"),
    "a loss without result": (
        {"loss": lambda p, t: None},
        TypeError,
        "the loss must be one number, but None was",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_and_the_model_unchanged(case):
    given, kind, message = REFUSED[case]
    arguments = {"X": X, "y": Y, "optimizer": SGD(0.01), "epochs": 3} | given
    n = arguments.pop("model", Neuron(2, weights=[0.5, 0.25], bias=0.125))
    before = numbers(n) if isinstance(n, Neuron) else None
    with pytest.raises(kind) as error:
        fit(n, **arguments)
    assert message in str(error.value)
    assert before is None or numbers(n) == before
