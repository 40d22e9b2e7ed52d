"""Predictions by programs: the numbers of plain floats, whatever the model is."""

import copy
import math
import pickle
import random
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autograd import DomainError, Value, log
from neuron import MLP, Layer, Neuron
from neuron.models.programs import MANY, is_near, one_by_one, predictions

X = np.random.default_rng(0).normal(size=(2 * MANY, 3))


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh"])
@pytest.mark.parametrize(
    "make",
    [
        lambda activation: Neuron(3, activation, seed=1),
        lambda activation: Layer(3, 4, activation, seed=1),
        lambda activation: Layer(3, 1, activation, seed=1),
        lambda activation: MLP(3, [4, 2], activation, "sigmoid", seed=1),
        lambda activation: MLP(3, [5, 1], activation, seed=1),
    ],
    ids=["neuron", "layer", "layer of one", "mlp", "mlp of one output"],
)
def test_the_predictions_are_those_of_plain_floats(make, activation):
    model = make(activation)
    expected = one_by_one(model, X)
    assert model.predict(X).shape == expected.shape
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12, atol=1e-15)
    assert np.array_equal(model.predict(X[: MANY - 1]), expected[: MANY - 1]), "few samples: digit for digit"


def test_the_parameters_are_read_at_every_call_and_models_stay_apart():
    one, other = Neuron(3, "tanh", seed=1), Neuron(3, "relu", seed=2)
    twin = copy.deepcopy(one)
    for model in (one, other, twin, one):
        model.b.data += 1.0
        np.testing.assert_allclose(model.predict(X), one_by_one(model, X), rtol=1e-12)
    one.activation = "linear"
    np.testing.assert_allclose(one.predict(X), one_by_one(one, X), rtol=1e-12)


def test_a_model_that_has_predicted_can_be_copied_pickled_and_saved(tmp_path):
    model = MLP(3, [4, 1], seed=1)
    expected = model.predict(X)
    model.save(tmp_path / "model.json")
    for other in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(other.predict(X), expected)
    assert np.array_equal(MLP.load(tmp_path / "model.json").predict(X), expected)


def test_threads_may_predict_at_the_same_time():
    models = [MLP(3, [4, 1], seed=seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda model: model.predict(X), models))
    for model, result in zip(models, results, strict=True):
        np.testing.assert_allclose(result, one_by_one(model, X), rtol=1e-12)


@pytest.mark.slow
def test_a_million_samples_take_less_than_a_second():
    model, many = MLP(2, [16, 16, 1], seed=0), np.random.default_rng(0).normal(size=(1_000_000, 2))
    start = time.perf_counter()
    outputs = model.predict(many)
    assert time.perf_counter() - start < 1.0
    np.testing.assert_allclose(outputs[:5], one_by_one(model, many[:5]), rtol=1e-12)


def test_numbers_that_are_not_finite():
    odd = X.copy()
    odd[:4, 0] = math.inf, -math.inf, math.nan, 1e308
    for model in (Neuron(3, None, weights=[10.0, 1.0, 1.0]), Neuron(3, "tanh", weights=[10.0, 1.0, 1.0])):
        np.testing.assert_allclose(model.predict(odd), one_by_one(model, odd), rtol=1e-12)


class Branching(Neuron):
    def forward(self, inputs, number):
        (output,) = super().forward(inputs, number)
        return [output if output > 0 else 0.1 * output]


class Scaled(Neuron):
    scale = 2.0

    def forward(self, inputs, number):
        return [self.scale * super().forward(inputs, number)[0]]


class Noisy(Neuron):
    def forward(self, inputs, number):
        return [super().forward(inputs, number)[0] + random.random()]


def test_a_forward_of_ones_own_may_branch_change_and_be_random():
    model = Branching(3, None, seed=1)
    assert np.array_equal(model.predict(X), one_by_one(model, X))
    scaled = Scaled(3, None, seed=1)
    for scaled.scale in (2.0, 3.0):
        np.testing.assert_allclose(scaled.predict(X), one_by_one(scaled, X), rtol=1e-12)
    assert len(set(np.subtract(Noisy(3, None, weights=[0.0] * 3).predict(X), 0.0))) == len(X)
    inner = MLP(3, [2, 1], None, seed=1)
    inner.layers[0].neurons[1] = scaled
    for scaled.scale in (2.0, 3.0):
        np.testing.assert_allclose(inner.predict(X), one_by_one(inner, X), rtol=1e-12)


def test_errors_are_those_of_plain_floats():
    class Logarithm(Neuron):
        def forward(self, inputs, number):
            return [log(super().forward(inputs, number)[0])]

    with pytest.raises(DomainError, match=r"log\(x\) is not defined at x = -"):
        predictions(Logarithm(3, None, weights=[0.0, 0.0, 0.1], bias=0.1), X)


def test_no_value_is_kept():
    model = Neuron(3, None, seed=1)
    model.predict(X)
    assert all(type(p) is Value and p.grad is None for p in model.parameters())
    assert set(vars(model)) == set(vars(Neuron(3, None, seed=1)))


def test_nearness_is_relative_and_about_finite_numbers():
    assert is_near(np.array([1e9, np.nan, 1.0]), np.array([1e9 + 1, 1.0, np.inf]))
    assert not is_near(np.array([1.0]), np.array([1.00001]))
    assert is_near(np.array([]), np.array([]))
