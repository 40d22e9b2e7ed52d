"""Neuron, Layer and MLP: what they compute, their parameters, and what they say to bad input."""

import random

import numpy as np
import pytest

from autograd import Value, sigmoid, tanh
from neuron import MLP, Layer, Neuron, losses


def test_the_neuron_of_the_lesson():
    n = Neuron(1, activation=None, weights=[0.5], bias=0.1)
    y_hat = n([2.0])
    L = losses.squared_error(y_hat, 1.5)
    L.backward()
    w, b = n.parameters()
    assert (y_hat.data, L.data) == (1.1, 0.15999999999999992)
    assert (w.grad, b.grad) == pytest.approx((-1.6, -0.8))
    for parameter in n.parameters():
        parameter.data -= 0.1 * parameter.grad
    assert (w.data, b.data) == pytest.approx((0.66, 0.18))
    assert n.predict([[2.0]])[0] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        (None, lambda h: h),
        ("linear", lambda h: h),
        ("relu", lambda h: max(h, 0.0)),
        ("sigmoid", sigmoid),
        ("tanh", tanh),
    ],
)
def test_the_activations(activation, function):
    n = Neuron(2, activation, weights=[1.0, -2.0], bias=0.5)
    for x in ([1.0, 0.25], [0.5, 3.0]):
        assert n(x).data == function(x[0] - 2 * x[1] + 0.5)


def test_a_neuron_is_one_node_for_its_sum_however_many_inputs():
    n = Neuron(30, "relu", seed=0)
    y_hat = n([1.0] * 30)
    h = y_hat.args[0]
    assert (y_hat.label, h.label, h.op.name, h.args[0].op.name) == ("ŷ", "h", "add", "dot")


@pytest.mark.parametrize(
    "model",
    [Neuron(3, "tanh", seed=1), Layer(3, 4, "sigmoid", seed=1), MLP(3, [4, 2], seed=1), MLP(3, [5, 1], "tanh", seed=1)],
    ids=repr,
)
def test_predict_gives_the_same_numbers_as_calling_without_a_graph(model):
    X = np.random.default_rng(0).normal(size=(6, 3))
    predictions = model.predict(X)
    assert predictions.dtype == float
    for row, prediction in zip(X, predictions, strict=True):
        outputs = model(row)
        expected = [o.data for o in outputs] if isinstance(outputs, list) else outputs.data
        assert np.array_equal(prediction, expected)
    assert model.predict(X.tolist()).shape == predictions.shape
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_model_of_one_input_predicts_from_a_plain_sequence():
    n = Neuron(1, None, weights=[2.0], bias=1.0)
    assert n.predict([1, 2, 3]).tolist() == n.predict([[1], [2], [3]]).tolist() == [3.0, 5.0, 7.0]


def test_values_as_inputs_get_gradients_too():
    n = Neuron(2, None, weights=[3.0, 4.0])
    x = [Value(1.0), Value(2.0)]
    assert n(x).gradients([*x, *n.w]) == [3.0, 4.0, 1.0, 2.0]


def test_parameters_and_their_names():
    assert [p.label for p in Neuron(1).parameters()] == ["w", "b"]
    assert [p.label for p in Neuron(2).parameters()] == ["w[0]", "w[1]", "b"]
    assert [p.label for p in Layer(1, 2).parameters()] == ["w[0,0]", "b[0]", "w[1,0]", "b[1]"]
    model = MLP(2, [2, 1])
    assert [p.label for p in model.parameters()] == [
        "w1[0,0]", "w1[0,1]", "b1[0]", "w1[1,0]", "w1[1,1]", "b1[1]", "w2[0]", "w2[1]", "b2",
    ]  # fmt: skip
    assert str(model([1.0, 2.0])).startswith("ŷ = w2[0]·a1[0] + w2[1]·a1[1] + b2 = ")
    assert [o.label for o in MLP(1, [2])([1.0])] == ["ŷ[0]", "ŷ[1]"]


def test_zero_grad_makes_the_next_backward_pass_start_anew():
    n = Neuron(1, None, weights=[0.5])
    n([2.0]).backward()
    n([2.0]).backward()
    assert n.w[0].grad == 4.0
    n.zero_grad()
    assert [p.grad for p in n.parameters()] == [0.0, 0.0]
    n([2.0]).backward()
    assert n.w[0].grad == 2.0


def test_a_seed_makes_the_start_repeatable():
    def start(model):
        return [p.data for p in model.parameters()]

    for make in (lambda s: Neuron(3, seed=s), lambda s: Layer(2, 3, seed=s), lambda s: MLP(2, [4, 1], seed=s)):
        assert start(make(1)) == start(make(1)) != start(make(2))
    assert start(Neuron(3))[-1] == 0.0
    random.seed(1337)
    expected = [random.uniform(-1, 1) for _ in range(3)]
    random.seed(1337)
    assert start(Neuron(3))[:3] == expected, "without a seed: as micrograd draws them"


def test_reprs():
    assert repr(Neuron(2)) == "Neuron(2, activation='linear')"
    assert repr(Layer(2, 3, None)) == "Layer(2, 3, activation='linear')"
    assert repr(MLP(2, [16, 16, 1])) == "MLP(2, [16, 16, 1], activation='relu', output_activation='linear')"
    assert repr(MLP(2, [1], output_activation="sigmoid")) == "MLP(2, [1], output_activation='sigmoid')"


def test_an_mlp_learns_xor():
    model = MLP(2, [8, 1], "tanh", "sigmoid", seed=3)
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    for _ in range(400):
        model.zero_grad()
        sum(losses.binary_cross_entropy(model(x), t) for x, t in zip(X, y, strict=True)).backward()
        for p in model.parameters():
            p.data -= 0.5 * p.grad
    assert (model.predict(X) > 0.5).tolist() == [bool(t) for t in y]


KNOWN = "Known activations: linear, relu, sigmoid, tanh"
MESSAGES = {
    "Neuron(0)": (ValueError, "Neuron(0): at least 1 input is needed, not 0"),
    "Neuron(-1)": (ValueError, "Neuron(-1): at least 1 input is needed, not -1"),
    "Neuron(2.5)": (TypeError, "Neuron(2.5): the number of inputs must be a whole number, not 2.5"),
    "Neuron(1)([1, 2])": (ValueError, "Neuron(1, activation='linear') takes 1 input, but was given 2: [1, 2]"),
    "Neuron(2)([1])": (ValueError, "Neuron(2, activation='linear') takes 2 inputs, but was given 1: [1]"),
    "Neuron(2)(1.0)": (TypeError, "takes a sequence of 2 inputs, not the single 1.0"),
    "Neuron(1)(Value(1))": (TypeError, "takes a sequence of 1 input, not the single Value(1.0)"),
    "Neuron(1)(['1'])": (TypeError, "a string is not a number; write float('1') if it holds one"),
    "Neuron(1, 'rleu')": (ValueError, "unknown activation 'rleu': did you mean 'relu'? " + KNOWN),
    "MLP(1, [1, 1], 'softmax')": (ValueError, """unknown activation 'softmax': write loss="cross_entropy" and"""),
    "Neuron(1, 3)": (ValueError, "unknown activation 3. " + KNOWN),
    "Neuron(2, weights=[1])": (ValueError, "Neuron(2) needs 2 weights, but weights=[1] has 1"),
    "Neuron(1, weights=['1'])": (TypeError, "Value('1'): a string is not a number"),
    "Neuron(2, weights=0.5)": (TypeError, "Neuron(2): weights is a sequence of 2 numbers, not 0.5"),
    "Neuron(2, seed='a')": (TypeError, "seed must be a whole number or a random.Random, not 'a'"),
    "Neuron(1, bias=None)": (TypeError, "Value(None): None is not a number"),
    "Layer(2, 0)": (ValueError, "Layer(2, 0): at least 1 neuron is needed, not 0"),
    "MLP(2, [])": (ValueError, "MLP(2, []): the sizes of the layers are a list with at least one entry"),
    "MLP(2, 4)": (ValueError, "MLP(2, 4): the sizes of the layers are a list with at least one entry"),
    "MLP(2, [4, 0])": (ValueError, "MLP(2, [4, 0]): at least 1 neuron is needed, not 0"),
    "MLP(2, [1])([1])": (ValueError, "takes 2 inputs, but was given 1: [1]"),
    "Neuron(2).predict([1, 2])": (
        ValueError,
        "predicts from an array of shape (samples, 2), one row per sample; X has the shape (2,)",
    ),
    "Neuron(2).predict([[1]])": (ValueError, "X has the shape (1, 1)"),
}


@pytest.mark.parametrize("code", MESSAGES)
def test_bad_input_is_replayed_with_advice(code):
    kind, message = MESSAGES[code]
    with pytest.raises(kind) as error:
        eval(code)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("model", "widths"),
    [(Neuron(2, "tanh"), [1]), (Layer(2, 3), [3]), (MLP(2, [4, 3, 1], "tanh", "sigmoid"), [4, 3, 1])],
)
def test_a_model_says_its_structure(model, widths):
    assert repr(type(model)(**model.arguments())) == repr(model)
    assert [len(column) for column in model.columns()] == widths
    assert [p for column in model.columns() for n in column for p in n.parameters()] == model.parameters()
    assert model.columns()[-1][0].output_name == ("ŷ[0]" if model.nout > 1 else "ŷ")


def test_the_summary_counts_the_parameters_that_there_are():
    class Through(Neuron):
        """A line through the origin."""

        def parameters(self):
            return self.w

    assert repr(Through(3).summary()).split()[-1] == "3"


def test_weights_and_bias_are_set_number_by_number():
    n = Neuron(2)
    with pytest.raises(AttributeError, match=r"weights cannot be set: write n\.w\[i\]\.data = "):
        n.weights = [1.0, 2.0]
    with pytest.raises(AttributeError, match=r"bias cannot be set: write n\.b\.data = 1\.0"):
        n.bias = 1.0
    n.b.data = 1.0
    assert n.bias.data == 1.0
