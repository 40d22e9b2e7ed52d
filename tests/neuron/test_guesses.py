"""First guesses of people from other libraries: they work, or one sentence says what to write."""

import inspect
import pickle
import re
from dataclasses import dataclass

import numpy as np
import pytest

import autograd
import neuron
from neuron import MLP, SGD, Adam, History, Layer, Neuron, fit, losses, metrics
from neuron.guesses import ARGUMENTS, ATTRIBUTES
from neuron.training.optimizers import OPTIMIZERS

X, y = np.linspace(-1, 1, 20).reshape(-1, 1), np.linspace(-1, 1, 20) * 2 + 1
OWNERS = {"fit": fit, "Neuron": Neuron, "Layer": Layer, "MLP": MLP, "SGD": SGD, "Adam": Adam}
OBJECTS = {
    "Model": MLP(2, [4, 1]), "Neuron": Neuron(1), "History": History(), "SGD": SGD(), "Adam": Adam(), "neuron": neuron,
}  # fmt: skip

ANSWERED = {
    "fit(n, X, y, learning_rate=0.1)": "fit has no argument learning_rate: write lr=0.1",
    "fit(n, X, y, epoch=10)": "fit has no argument epoch: write epochs=10",
    "fit(n, X, y, verbose=0)": "fit has no argument verbose: write progress=False",
    "fit(n, X, y, metrics=['r2'])": "fit has no argument metrics: write metric='r2'",
    "fit(n, X, y, criterion=losses.mse)": "fit has no argument criterion: write loss=squared_error",
    "fit(n, X, y, shufle=True)": "fit has no argument shufle: did you mean shuffle?",
    "fit(n, X, y, workers=2)": "fit has no argument workers; its arguments are model, X, y, loss, optimizer, lr, ",
    "fit(n, X, y, optimizer=SGD(0.1), lr=0.2)": "the rate belongs in the optimizer itself: write optimizer=SGD(0.2)",
    "fit(n, X, y, optimizer='rmsprop')": "write optimizer=Adam(0.01), which is RMSprop with momentum",
    "fit(n, X, y, loss='rmse')": """unknown loss 'rmse': write loss="mse": it has the same minimum""",
    "fit(n, X, y > 0, loss='bce')": """(in fit: a linear output and loss="bce_with_logits")""",
    "fit(n, X, y, loss='cross_entropy')": """for two classes and one output, write loss="bce_with_logits\"""",
    "fit(n, [['red'], ['blue']], [1, 2])": (
        "column 0 of X holds text ('red' in row 0): replace it with one column of 0 and 1 for each of its values, or "
        "leave it out"
    ),
    "fit(n, [1, 2], ['no', 'yes'])": "y holds text ('no' at [0]): write a number for each value, such as 0 and 1",
    "fit(n, [[1.0], ['2,5']], [1, 2])": "X[1, 0] = '2,5': a string is not a number; write 2.5",
    "n.predict([['a']])": "column 0 of X holds text ('a' in row 0)",
    "n.fit(X, y)": "Neuron has no attribute fit: write fit(model, X, y)",
    "n.weight": "Neuron has no attribute weight: write n.w",
    "MLP(1, [1]).bias": "MLP has no attribute bias: write [n.b for column in model.columns() for n in column]",
    "n.nonsense": "'Neuron' object has no attribute 'nonsense'",
    "SGD().zero_grad()": "SGD has no attribute zero_grad: write model.zero_grad()",
    "Neuron(input_size=2)": "Neuron has no argument input_size: write the number of inputs first, as in Neuron(2)",
    "Neuron(1, bias=False)": "for one that stays 0, write fit(n, X, y, parameters=n.w)",
    "Neuron(1, activation='softmax')": """unknown activation 'softmax': write loss="cross_entropy" and one""",
    "MLP([2, 16, 1])": "MLP does not begin with a list: write MLP(2, [16, 1])",
    "MLP(2, 16, 1)": "MLP(2, 16): the sizes of the layers are a list with at least one entry: write MLP(2, [16, 1])",
    "SGD(n.parameters(), lr=0.1)": "SGD does not begin with a list: write SGD(0.1) or Adam(0.01) without the",
    "SGD(0.1).step()": "SGD has no attribute step: write fit(model, X, y, optimizer=...), or in a loop of your own",
    "Adam(betas=(0.9, 0.99))": "Adam has no argument betas: write beta1=0.9, beta2=0.99",
    "Adam(betas=0.9)": "Adam has no argument betas: write beta1=0.9, beta2=0.99",
    "SGD(weight_decay=0.1)": "SGD has no argument weight_decay: write fit(..., penalty=losses.l2(0.01)), with half of",
    "MLP((2,))": "MLP does not begin with a list: write MLP(2, [16, 1])",
    "MLP(2, sizes=3)": "MLP has no argument sizes; its arguments are nin, nouts, ",
    "Neuron(2, nonlin=False)": "Neuron has no argument nonlin: write activation=None",
    "Layer(2, 3, nonlin=True)": 'Layer has no argument nonlin: write activation="relu"',
    "fit(n, X, y, lr=[0.1])": "SGD(lr=[0.1]): one number is needed here",
    "fit(n, X, y, learning_rate=lambda epoch: 0.1)": "fit has no argument learning_rate: write lr=...",
    "fit(n, X, y)['loss']": "history['loss']: a History has attributes: write history.loss, ",
    "fit(n, X, y).history": "History has no attribute history: write history.loss, history.validation_loss, ",
    "fit(n, X, y, metric='f1')": "unknown metric 'f1': write metric=lambda predictions, targets: ",
    "neuron.Sequential": "neuron has no Sequential: write MLP(2, [16, 1])",
    "neuron.nonsense": "module 'neuron' has no attribute 'nonsense'",
    "losses.squared_eror": "did you mean 'squared_error'?",
}


@pytest.mark.parametrize("guess", ANSWERED)
def test_one_sentence_says_what_to_write(guess):
    with pytest.raises((TypeError, ValueError, AttributeError)) as error:
        eval(guess, globals() | {"n": Neuron(1, weights=[0.0])})
    assert ANSWERED[guess] in str(error.value)


def test_an_import_of_what_is_elsewhere():
    with pytest.raises(ImportError, match=r"^neuron has no Linear: write Neuron\(2\) for one output"):
        from neuron import Linear  # noqa: F401
    with pytest.raises(ImportError, match="cannot import name 'nonsense' from 'neuron'"):
        from neuron import nonsense  # noqa: F401
    assert not hasattr(neuron, "Linear")


WORKING = {
    "fit(n, X, y, lr=0.1).learning_rate[0]": 0.1,
    "fit(n, X, y, optimizer='ADAM', lr=0.3).learning_rate[0]": 0.3,
    "fit(n, X, y, optimizer='adam').learning_rate[0]": 0.001,
    "fit(n, X, y, loss='MSE').loss == fit(m, X, y, loss='mean_squared_error').loss": True,
    "Neuron(1, 'none').activation": "linear",
    "Neuron(1, 'Sigmoid').activation": "sigmoid",
    "Layer(1, 2).activation": "linear",
    "losses.mse is losses.MSE is losses.squared_error": True,
    "losses.bce_with_logits(0.0, 1)": losses.binary_cross_entropy(0.5, 1),
    "n.weights is n.w and n.bias is n.b": True,
    "fit(n, X, y, metric='r2', lr=0.1).metric[-1] == metrics.r2(n.predict(X), y) > 0.99": True,
    "fit(n, X, y > 1, metric='acc', loss='bce_with_logits').metric_name": "accuracy",
    "repr(Neuron(2).summary()).split()[-5:]": ["1", "2", "1", "linear", "3"],
    "type(fit(n, X, y, epochs=2).plot()).__name__": "Axes",
}


@pytest.mark.parametrize("guess", WORKING)
def test_what_has_one_meaning_works(guess):
    names = {name: Neuron(1, weights=[0.0]) for name in "nm"}
    assert eval(guess, globals() | names) == WORKING[guess]


@pytest.mark.parametrize("owner", ARGUMENTS)
def test_the_arguments_that_are_advised_exist(owner):
    known = inspect.signature(OWNERS[owner]).parameters
    for guess, answer in ARGUMENTS[owner].items():
        text = answer if isinstance(answer, str) else answer([2.0, 1.0] if guess in ("betas", "sizes") else 2.0)
        assert guess not in known
        named = re.match(r"(\w+)=", text)
        assert named is None or named[1] in known, f"{guess}: {text}"


@pytest.mark.parametrize("owner", ATTRIBUTES)
def test_the_attributes_that_are_advised_exist(owner):
    here = {"neuron": neuron, "losses": losses, "metrics": metrics, "autograd": autograd, "history": History([])}
    here |= {"n": Neuron(1), "model": MLP(1, [1]), "optimizer": SGD()}
    for guess, answer in ATTRIBUTES[owner].items():
        assert guess not in dir(OBJECTS[owner]), f"{guess} exists"
        for name, attribute in re.findall(
            r"\b(neuron|losses|metrics|autograd|history|n|model|optimizer)\.(\w+)", answer
        ):
            assert attribute in dir(here[name]), f"{guess}: {answer}"
        for name in re.findall(r"\b(?:[A-Z][a-z]\w+|MLP|SGD)\b(?=\()", answer):
            assert hasattr(neuron, name), f"{guess}: {answer}"


@pytest.mark.parametrize("table", [losses, metrics, neuron.models.neuron, neuron.training.optimizers])
def test_names_from_elsewhere_are_names_here_or_sentences(table):
    known = {
        losses: losses.LOSSES | losses.OVER_CLASSES, metrics: metrics.METRICS,
        neuron.models.neuron: neuron.models.neuron.ACTIVATIONS, neuron.training.optimizers: OPTIMIZERS,
    }[table]  # fmt: skip
    for name, answer in table.ELSEWHERE.items():
        assert name == name.lower()
        assert name not in known
        assert answer in known or " " in answer


def test_guesses_are_in_nobodys_way():
    n = Neuron(2, seed=0)
    assert pickle.loads(pickle.dumps(n)).w[0].data == n.w[0].data
    assert list(inspect.signature(Neuron).parameters) == ["nin", "activation", "weights", "bias", "seed"]
    assert list(inspect.signature(fit).parameters)[:3] == ["model", "X", "y"]
    assert not hasattr(n, "fit")
    assert getattr(n, "coef_", None) is None
    assert SGD(0.1) == SGD(lr=0.1)


class Trainer:
    def fit(self):
        return "trained"


def test_classes_of_ones_own_may_have_the_names():
    class Mine(Neuron, Trainer):
        pass

    @dataclass
    class Scheduled(Neuron):
        lr: float

        def __post_init__(self):
            super().__init__(1)

    assert Mine(1).fit() == "trained"
    assert Scheduled(0.5).lr == 0.5
    assert not hasattr(Neuron, "fit")
    n = Neuron(1)
    n.history = fit(n, X, y, epochs=1)
    assert "history" in dir(n)
    assert "fit" not in dir(n)


def test_a_model_is_loaded_whatever_it_is(tmp_path):
    for model in (Neuron(2, "tanh", seed=0), Layer(2, 3, seed=0), MLP(2, [3, 1], seed=0)):
        model.save(tmp_path / "model.json")
        again = neuron.load(tmp_path / "model.json")
        assert repr(again) == repr(model)
        assert (again.predict(np.eye(2)) == model.predict(np.eye(2))).all()
    Own = type("Own", (Neuron,), {})
    Own(1).save(tmp_path / "own.json")
    with pytest.raises(
        ValueError, match="model is 'Own', not 'Neuron' or 'Layer' or 'MLP'; load it with the class that"
    ):
        neuron.load(tmp_path / "own.json")
