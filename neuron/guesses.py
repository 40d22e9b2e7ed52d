"""First guesses by people who know other libraries, each answered by one sentence that says what to write here.

`ARGUMENTS` and `ATTRIBUTES` are the tables: for each owner, the guesses and what to write; an answer may replay the
value that was passed.  `answering` lets a function or a class use them, `answers` a module.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

from autograd.extend import answer, shown

__all__ = ["answering", "answers"]

T = TypeVar("T", bound=Callable[..., Any])
Answer = str | Callable[[Any], str]

_WEIGHT_DECAY: dict[str, Answer] = {
    "weight_decay": "fit(..., penalty=losses.l2(0.01)), with half of the rate",
}
_OPTIMIZER: dict[str, Answer] = {
    "learning_rate": "lr={}",
    "rate": "lr={}",
    "params": "SGD(0.1) or Adam(0.01) without the parameters, which fit passes to it",
    **_WEIGHT_DECAY,
}
_MODEL: dict[str, Answer] = {
    "input_size": "the number of inputs first, as in Neuron({})",
    "in_features": "the number of inputs first, as in Neuron({})",
    "inputs": "nin={}",
    "n_inputs": "nin={}",
    "input_dim": "nin={}",
    "random_state": "seed={}",
    "act": "activation={}",
    "nonlin": lambda on: 'activation="relu"' if on else "activation=None",
    "activation_function": "activation={}",
    "name": "n.w[0].label = ... for the name of a parameter",
}
_SIZES: dict[str, Answer] = {
    "hidden": "the sizes of all layers as a list, as in MLP(2, [16, 1])",
    "hidden_size": "the sizes of all layers as a list, as in MLP(2, [{}, 1])",
    "hidden_sizes": "the sizes of all layers as a list, as in MLP(2, [16, 1])",
    "hidden_layer_sizes": "the sizes of all layers as a list, as in MLP(2, [16, 1])",
    "layers": "the sizes of all layers as a list, as in MLP(2, [16, 1])",
    "sizes": lambda sizes: f"MLP({shown(sizes[0])}, {shown(list(sizes[1:]))})" if len(sizes) > 1 else "MLP(2, [16, 1])",
    "hidden_activation": "activation={}",
    "final_activation": "output_activation={}",
    "dropout": "fit(..., penalty=losses.l2(0.01)): there is no dropout",
}

ARGUMENTS: dict[str, Mapping[str, Answer]] = {
    "fit": {
        "learning_rate": "lr={}",
        "epoch": "epochs={}",
        "n_epochs": "epochs={}",
        "num_epochs": "epochs={}",
        "nb_epoch": "epochs={}",
        "max_iter": "epochs={}",
        "iterations": "epochs={}",
        "steps": "epochs={}",
        "batch": "batch_size={}",
        "batchsize": "batch_size={}",
        "bs": "batch_size={}",
        "criterion": "loss={}",
        "loss_fn": "loss={}",
        "loss_function": "loss={}",
        "optim": "optimizer={}",
        "opt": "optimizer={}",
        "momentum": "optimizer=SGD(0.1, momentum={})",
        "validation_split": "validation={}",
        "test_size": "validation={}",
        "validation_data": "validation=(X, y), inputs and targets that are only measured",
        "validation_fraction": "validation={}",
        "val": "validation=(X, y), inputs and targets that are only measured",
        "early_stopping": "patience=10, or nothing",
        "n_iter_no_change": "patience={}",
        "verbose": lambda level: f"progress={bool(level)}",
        "metrics": lambda metrics: f"metric={shown(metrics[0] if isinstance(metrics, list) and metrics else metrics)}",
        "callback": "callbacks=[...], a list of functions",
        "random_state": "seed={}",
        "l2": "penalty=losses.l2({})",
        "regularizer": "penalty=losses.l2(0.01)",
        "sample_weight": "a loss of your own, which weights its samples",
        "class_weight": "a loss of your own, which weights its classes",
        "device": "X and y as arrays of JAX, which are computed where they are",
        "scheduler": "optimizer=SGD(lambda epoch: 0.1 * 0.99**epoch)",
        "lr_scheduler": "optimizer=SGD(lambda epoch: 0.1 * 0.99**epoch)",
        **_WEIGHT_DECAY,
    },
    "Neuron": {
        **_MODEL,
        "out_features": "Layer(nin, {}), since a Neuron has one output",
        "weight": "weights={}",
        "w": "weights={}",
        "b": "bias={}",
    },
    "Layer": {**_MODEL, "output_size": "nout={}", "out_features": "nout={}", "units": "nout={}", "neurons": "nout={}"},
    "MLP": {**_MODEL, **_SIZES},
    "SGD": {**_OPTIMIZER, "nesterov": "momentum=0.9: Nesterov's variant is not here"},
    "Adam": {
        **_OPTIMIZER,
        "betas": "beta1=0.9, beta2=0.999",
        "beta_1": "beta1={}",
        "beta_2": "beta2={}",
        "eps": "epsilon={}",
    },
}
"""By function or class, the arguments that are guessed and what to write; {} is the value that was passed."""

LISTS = {"SGD": "params", "Adam": "params", "MLP": "sizes"}
"""The argument that is meant by a list in the first place."""

_STEP = (
    "fit(model, X, y, optimizer=...), or in a loop of your own p.data -= 0.1 * p.grad for each of model.parameters()"
)
_STEPS = {
    "step": _STEP,
    "zero_grad": "model.zero_grad()",
    "minimize": _STEP,
    "param_groups": "fit(..., parameters=...) for those that learn",
    "learning_rate": "optimizer.lr",
}
_MODE = "nothing: a model has no modes, it learns from model(x) and predicts by model.predict(X)"

ATTRIBUTES: dict[str, Mapping[str, str]] = {
    "Model": {
        "fit": "fit(model, X, y)",
        "train": f"fit(model, X, y) to train it, or {_MODE}",
        "eval": _MODE,
        "compile": "fit(model, X, y, loss=..., optimizer=...), which takes both",
        "evaluate": "history.loss[-1], or metrics.accuracy(model.predict(X), y)",
        "score": "history.loss[-1], or metrics.accuracy(model.predict(X), y)",
        "predict_proba": 'model.predict(X) with activation="sigmoid", or NeuronClassifier, which has it',
        "state_dict": "model.save(file), or [p.data for p in model.parameters()]",
        "load_state_dict": "model = neuron.load(file)",
        "get_weights": "[p.data for p in model.parameters()]",
        "set_weights": "p.data = number for each p of model.parameters()",
        "num_parameters": "len(model.parameters())",
        "count_params": "len(model.parameters())",
        "named_parameters": "[(p.label, p) for p in model.parameters()]",
        "backward": "loss.backward(), where loss is a Value such as losses.squared_error(model(x), y)",
        "step": _STEP,
        "to": "nothing: parameters are Python floats; arrays of JAX are computed where they are",
        "cuda": "nothing: parameters are Python floats; arrays of JAX are computed where they are",
        "weights": "[n.w for column in model.columns() for n in column]",
        "weight": "[n.w for column in model.columns() for n in column]",
        "bias": "[n.b for column in model.columns() for n in column]",
        "biases": "[n.b for column in model.columns() for n in column]",
        "lr": "fit(model, X, y, lr=0.1)",
        "history": "history = fit(model, X, y)",
        "plot": "draw(model) of autograd for a picture of it, or history.plot() for its loss",
    },
    "Neuron": {
        "weight": "n.w",
        "coef_": "[w.data for w in n.w]",
        "intercept_": "n.b.data",
        "biases": "n.b",
        "layers": "n.w and n.b: a Neuron is a single one",
        "neurons": "n.w and n.b: a Neuron is a single one",
    },
    "History": {
        "history": "history.loss, history.validation_loss, history.metric",
        "losses": "history.loss",
        "train_loss": "history.loss",
        "val_loss": "history.validation_loss",
        "accuracy": 'history.metric, with fit(..., metric="accuracy")',
        "acc": 'history.metric, with fit(..., metric="accuracy")',
        "val_accuracy": 'history.validation_metric, with fit(..., metric="accuracy")',
        "epoch": "history.epochs, the number of epochs",
        "best_epoch": "history.best.epoch",
        "best_loss": "history.best.loss",
        "to_csv": "history.save_csv(file)",
        "save": "history.save_csv(file)",
        "to_dict": "history.rows(), a table with the names of its columns",
        "model": "model, which fit has trained in place",
        "predict": "model.predict(X): fit has trained the model in place",
    },
    "SGD": _STEPS,
    "Adam": _STEPS,
    "neuron": {
        "Sequential": "MLP(2, [16, 1]) for layers one after the other",
        "Model": "MLP(2, [16, 1])",
        "Module": "MLP(2, [16, 1]), or a class of your own with parameters()",
        "Linear": "Neuron(2) for one output, Layer(2, 3) for three",
        "Dense": "Layer(2, 3), with the number of inputs first",
        "Perceptron": "Neuron(2)",
        "Network": "MLP(2, [16, 1])",
        "ReLU": 'activation="relu"',
        "Sigmoid": 'activation="sigmoid"',
        "Tanh": 'activation="tanh"',
        "Softmax": 'loss="cross_entropy", which includes it',
        "MSELoss": 'loss="mse", or losses.squared_error',
        "L1Loss": 'loss="mae", or losses.absolute_error',
        "BCELoss": 'loss="bce", or losses.binary_cross_entropy',
        "BCEWithLogitsLoss": 'loss="bce_with_logits"',
        "CrossEntropyLoss": 'loss="cross_entropy", or losses.cross_entropy',
        "RMSprop": "Adam(0.01)",
        "AdamW": "Adam(0.01) and fit(..., penalty=losses.l2(0.01))",
        "optim": "neuron.SGD(0.1) or neuron.Adam(0.01)",
        "nn": "neuron.Neuron, neuron.Layer, neuron.MLP",
        "train": "neuron.fit(model, X, y)",
        "load_model": "neuron.load(file)",
        "save": "model.save(file)",
        "Tensor": "autograd.Value",
        "Value": "autograd.Value",
        "EarlyStopping": "fit(..., patience=10)",
        "DataLoader": "fit(..., batch_size=32)",
        "MLPClassifier": "NeuronClassifier(hidden=(16,))",
        "MLPRegressor": "NeuronRegressor(hidden=(16,))",
    },
}
"""By class, the attributes that are guessed and what to write."""


def answers(owner: str) -> dict[str, str]:
    """The sentences for the names that an owner does not have."""
    return {name: f"write {text}" for name, text in ATTRIBUTES.get(owner, {}).items()}


def answering(target: T) -> T:
    """The function or class, with answers to guesses: TypeError for an argument, AttributeError for an attribute.

    >>> @answering
    ... def fit(epochs=100):
    ...     return epochs
    >>> fit(n_epochs=10)
    Traceback (most recent call last):
        ...
    TypeError: fit has no argument n_epochs: write epochs=10
    """
    if not isinstance(target, type):
        return _checked(target, target.__name__)  # type: ignore[return-value]
    if "__init__" in vars(target):
        target.__init__ = _checked(target.__init__, target.__name__)  # type: ignore[misc]
    answer(target, answers(target.__name__))
    return target


def _checked(function: Callable[..., Any], owner: str) -> Callable[..., Any]:
    parameters = inspect.signature(function).parameters
    known = [name for name in parameters if name != "self"]

    @wraps(function)
    def checked(*args: Any, **named: Any) -> Any:
        first = args["self" in parameters :][:1]
        if owner in LISTS and first and first[0] and isinstance(first[0], list | tuple):
            raise TypeError(f"{owner} does not begin with a list{_instead(owner, LISTS[owner], first[0], known)}")
        for name, value in named.items():
            if name not in known:
                raise TypeError(f"{owner} has no argument {name}{_instead(owner, name, value, known)}")
        return function(*args, **named)

    return checked


def _instead(owner: str, name: str, value: Any, known: Sequence[str]) -> str:
    instead = ARGUMENTS.get(owner, {}).get(name)
    if instead is None:
        near = difflib.get_close_matches(name, known, n=1)
        return f": did you mean {near[0]}?" if near else f"; its arguments are {', '.join(known)}"
    if isinstance(instead, str):
        written = getattr(value, "__name__", shown(value))
        return f": write {instead.format(written if written != '<lambda>' else '...')}"
    try:
        return f": write {instead(value)}"
    except TypeError:  # a value of another kind than the guess is for
        return f"; its arguments are {', '.join(known)}"
