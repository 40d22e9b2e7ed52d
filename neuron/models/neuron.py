"""Neuron, Layer and MLP: functions with parameters that are Values.

Calling a model on numbers records a graph, from which the engine derives the gradients of all
parameters.  `predict` runs the same formulas on plain floats, or on arrays: no graph, and no mode to switch.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Value, dot, relu, sigmoid, tanh
from autograd.extend import columns, shown
from neuron.choosing import known_name
from neuron.guesses import answering
from neuron.models import files, structure
from neuron.models.programs import predictions
from neuron.models.protocols import ModelLike
from neuron.models.samples import as_inputs

if TYPE_CHECKING:
    from autograd.extend import Drawing, Words

__all__ = ["ACTIVATIONS", "MLP", "Layer", "Model", "Neuron", "load"]

Seed = int | random.Random | None
Number = Value | float

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda h: h,
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": tanh,
}
"""The activation functions by name."""

ELSEWHERE = {
    "none": "linear",
    "identity": "linear",
    "logistic": "sigmoid",
    "softmax": 'write loss="cross_entropy" and one linear output per class: it includes the softmax',
    "gelu": 'write "relu" or "tanh", which are nearest',
    "elu": 'write "relu", which is nearest',
    "leaky_relu": 'write "relu", which is nearest',
    "swish": 'write "relu", which is nearest',
    "silu": 'write "relu", which is nearest',
    "softplus": 'write "relu", which is nearest',
}
"""Names of activations in other libraries, each with the name here or with what to write."""


class Summary(str):
    """A table, which a prompt shows as it is printed."""

    __repr__ = str.__str__


@answering
class Model(ModelLike):
    """The common part of Neuron, Layer and MLP."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Drop the inherited `sizes` of a class that creates its parameters in its own way."""
        super().__init_subclass__(**options)
        if {"__init__", "parameters"} & vars(cls).keys() and "sizes" not in vars(cls):
            cls.sizes = Model.sizes  # type: ignore[method-assign]

    @staticmethod
    def sizes(*arguments: Any, **named: Any) -> list[int]:
        """The number of inputs and of the neurons in each layer that the arguments of the model ask for.

        `load` compares them with a file before it creates anything.  An empty list, as here, leaves that out.
        """
        return []

    def forward(self, inputs: Sequence[Any], number: Callable[[Value], Any]) -> list[Any]:
        """The outputs, with `number` giving the parameters: as Values to learn, as floats to predict."""
        raise NotImplementedError

    def __call__(self, inputs: Iterable[Number]) -> Any:
        """One forward pass: a sample's inputs in, a Value out (a list of Values if there are several outputs).

        Raises ValueError if the number of inputs is not the model's.
        """
        outputs = self.forward(self._checked(inputs), lambda parameter: parameter)
        return outputs[0] if len(outputs) == 1 else outputs

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """The outputs for many samples at once, from plain floats; from 100 samples on, by an array program.

        `X` has one row per sample, shape (samples, inputs); for a model of one input, a plain sequence of
        numbers is accepted as well.  Returns shape (samples,), or (samples, outputs) if there are several; for an
        array of Dask, one that is computed in chunks when it is needed, with the parameters of now.
        """
        return predictions(self, as_inputs(X, self))  # type: ignore[no-any-return]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, so that the next backward pass does not add to the last one's.

        A parameter that the next loss does not depend on keeps this 0.
        """
        for parameter in self.parameters():
            parameter.grad = 0.0

    def save(self, file: str | PathLike[str]) -> None:
        """Write the model to a JSON file, with every digit of its parameters.

        Raises ValueError if a parameter is not finite, and OSError if the file cannot be written; an existing file
        is then as it was.
        """
        files.save(self, file)

    @classmethod
    def load(cls, file: str | PathLike[str], *, max_bytes: float = files.MAX_BYTES) -> Self:
        """The model that `save` wrote.

        Raises ValueError, with the place, if the file holds another kind of model, if parameters are missing,
        left over or not numbers, or if the file is larger than `max_bytes`; OSError if it cannot be read.
        """
        return files.load({cls.__name__: cls}, file, max_bytes)

    def summary(self) -> Summary:
        """A table of the layers: their inputs, neurons, activation and number of parameters.

        >>> MLP(2, [16, 1], seed=0).summary()
          layer  inputs  neurons  activation  parameters
          1      2       16       relu        48
          2      16      1        linear      17
                                              65
        """
        return Summary("\n".join(columns(structure.summary(self.columns()), "  ")))

    def _drawing_(self, group: bool, max_nodes: int, words: Words) -> Drawing:
        """The drawing that `autograd.draw` shows: the structure, with the current weights."""
        return structure.drawing(repr(self), self.columns(), group, max_nodes, words)

    def _checked(self, inputs: Iterable[Number]) -> list[Number]:
        if not hasattr(inputs, "__iter__"):
            raise TypeError(f"{self!r} takes a sequence of {_count(self.nin, 'input')}, not the single {inputs!r}")
        values = list(inputs)
        if len(values) != self.nin:
            raise ValueError(
                f"{self!r} takes {_count(self.nin, 'input')}, but was given {len(values)}: {_short(values)}"
            )
        return values


@answering
class Neuron(Model):
    """A neuron: ŷ = activation(w[0]·x[0] + ... + w[n-1]·x[n-1] + b).

    `nin` is the number of inputs and `activation` one of None or "linear" (the default), "relu", "sigmoid", "tanh".
    `weights` and `bias` set the parameters; without them the weights are drawn uniformly from -1 to 1
    and the bias is 0.  A `seed` makes the draw repeatable; without one it comes from Python's `random`,
    as micrograd's does, so that after the same ``random.seed`` both start from the same weights.

    >>> n = Neuron(1, activation=None, weights=[0.5], bias=0.1)
    >>> print(n([2.0]))
    ŷ = w·2.0 + b = 1.1
    >>> n.predict([[2.0], [3.0]])
    array([1.1, 1.6])
    """

    def __init__(
        self,
        nin: int,
        activation: str | None = None,
        weights: Iterable[float] | None = None,
        bias: float = 0.0,
        seed: Seed = None,
    ) -> None:
        self.nin, self.nout = Neuron.sizes(nin)
        self.activation = _activation(activation)
        if isinstance(bias, bool):
            raise TypeError(
                f"Neuron({nin}, bias={bias}): bias is the number to start from, 0.0 by default; for one that stays 0, "
                "write fit(n, X, y, parameters=n.w)"
            )
        if weights is None:
            source = _random(seed)
            start: Sequence[Any] = [source.uniform(-1, 1) for _ in range(nin)]
        else:
            if not isinstance(weights, Iterable):
                raise TypeError(
                    f"Neuron({nin}): weights is a sequence of {_count(nin, 'number')}, not {shown(weights)}"
                )
            start = list(weights)
        if len(start) != nin:
            raise ValueError(
                f"Neuron({nin}) needs {_count(nin, 'weight')}, but weights={_short(start)} has {len(start)}"
            )
        self.w = [Value(weight) for weight in start]
        self.b = Value(bias)
        self._name("", "")

    @staticmethod
    def sizes(nin: int, **others: Any) -> list[int]:
        """`nin` inputs, one neuron."""
        return [_positive(nin, f"Neuron({shown(nin)})", "input"), 1]

    @property
    def weights(self) -> list[Value]:
        """The weights, `w`."""
        return self.w

    @weights.setter
    def weights(self, numbers: object) -> NoReturn:
        raise AttributeError(
            "weights cannot be set: write n.w[i].data = ... for each number, or self.w = [...] in a class of your own"
        )

    @property
    def bias(self) -> Value:
        """The bias, `b`."""
        return self.b

    @bias.setter
    def bias(self, number: object) -> NoReturn:
        raise AttributeError(
            f"bias cannot be set: write n.b.data = {shown(number)}, or self.b = ... in a class of your own"
        )

    def _name(self, layer: str, index: str, output: str = "ŷ") -> None:
        """Label the parameters: w, or w[i] for several inputs; in a layer w[j,i], in an MLP w2[j,i]."""
        for i, weight in enumerate(self.w):
            place = ",".join(part for part in (index, str(i) if self.nin > 1 or index else "") if part)
            weight.label = f"w{layer}[{place}]" if place else f"w{layer}"
        place = f"[{index}]" if index else ""
        self.b.label, self.sum_name, self.output_name = f"b{layer}{place}", f"h{layer}{place}", f"{output}{place}"

    def columns(self) -> list[list[Neuron]]:
        """One layer of one neuron: itself."""
        return [[self]]

    def arguments(self) -> dict[str, Any]:
        """`nin` and `activation`."""
        return {"nin": self.nin, "activation": self.activation}

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def forward(self, inputs: Sequence[Any], number: Callable[[Value], Any]) -> list[Any]:
        """activation(w·x + b)."""
        h = dot([number(weight) for weight in self.w], inputs) + number(self.b)
        y_hat = ACTIVATIONS[self.activation](h)
        if type(h) is Value:
            h.label = self.sum_name
            y_hat.label = self.output_name  # for a linear neuron both are the same Value
        return [y_hat]

    def __repr__(self) -> str:
        return f"Neuron({self.nin}, activation={self.activation!r})"


@answering
class Layer(Model):
    """`nout` neurons side by side, all reading the same `nin` inputs, and with the same activation (None: linear).

    >>> layer = Layer(2, 3, activation="tanh", seed=1)
    >>> len(layer([1.0, -1.0])), len(layer.parameters())
    (3, 9)
    """

    def __init__(self, nin: int, nout: int, activation: str | None = None, seed: Seed = None) -> None:
        self.nin, self.nout = Layer.sizes(nin, nout)
        source = _random(seed)
        self.neurons = [Neuron(nin, activation, seed=source) for _ in range(nout)]
        self._name("", "ŷ")

    @staticmethod
    def sizes(nin: int, nout: int, **others: Any) -> list[int]:
        """`nin` inputs, `nout` neurons."""
        written = f"Layer({shown(nin)}, {shown(nout)})"
        return [_positive(nin, written, "input"), _positive(nout, written, "neuron")]

    @property
    def activation(self) -> str:
        """The activation of its neurons."""
        return self.neurons[0].activation

    def _name(self, layer: str, output: str) -> None:
        for j, neuron in enumerate(self.neurons):
            neuron._name(layer, str(j) if self.nout > 1 else "", output)

    def columns(self) -> list[list[Neuron]]:
        """One layer."""
        return [self.neurons]

    def arguments(self) -> dict[str, Any]:
        """`nin`, `nout` and `activation`."""
        return {"nin": self.nin, "nout": self.nout, "activation": self.activation}

    def parameters(self) -> list[Value]:
        """Neuron by neuron: its weights, then its bias."""
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]

    def forward(self, inputs: Sequence[Any], number: Callable[[Value], Any]) -> list[Any]:
        """The output of each neuron."""
        return [output for neuron in self.neurons for output in neuron.forward(inputs, number)]

    def __repr__(self) -> str:
        return f"Layer({self.nin}, {self.nout}, activation={self.activation!r})"


@answering
class MLP(Model):
    """A multilayer perceptron: layers of neurons, each reading the outputs of the one before.

    `nouts` lists the sizes of the layers.  The hidden layers use `activation`, the last one
    `output_activation` (None: linear).

    >>> model = MLP(2, [16, 16, 1], seed=0)
    >>> model, len(model.parameters())
    (MLP(2, [16, 16, 1], activation='relu', output_activation='linear'), 337)
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | None = "relu",
        output_activation: str | None = None,
        seed: Seed = None,
    ) -> None:
        self.nin, *self.nouts = MLP.sizes(nin, nouts, activation)
        self.nout = self.nouts[-1]
        _activation(activation)  # checked even if there is no hidden layer
        source = _random(seed)
        last = len(self.nouts) - 1
        self.layers = [
            Layer(n, nout, output_activation if i == last else activation, source)
            for i, (n, nout) in enumerate(zip([nin, *self.nouts], self.nouts, strict=False))
        ]
        for i, layer in enumerate(self.layers):
            layer._name(str(i + 1), "ŷ" if i == last else f"a{i + 1}")

    @staticmethod
    def sizes(nin: int, nouts: Sequence[int], activation: object = None, **others: Any) -> list[int]:
        """`nin` inputs, and the neurons of each layer, `nouts`."""
        written = f"MLP({shown(nin)}, {shown(nouts)})"
        sizes = list(nouts) if isinstance(nouts, Iterable) else []
        if not sizes:
            numbers = [size for size in (nouts, activation) if isinstance(size, int)] or [16, 1]
            raise ValueError(
                f"{written}: the sizes of the layers are a list with at least one entry: write MLP({shown(nin)}, "
                f"{numbers})"
            )
        return [_positive(nin, written, "input"), *(_positive(n, written, "neuron") for n in sizes)]

    def columns(self) -> list[list[Neuron]]:
        """The neurons of each layer."""
        return [layer.neurons for layer in self.layers]

    def arguments(self) -> dict[str, Any]:
        """`nin`, `nouts` and both activations."""
        first, last = self.layers[0].activation, self.layers[-1].activation
        return {"nin": self.nin, "nouts": self.nouts, "activation": first, "output_activation": last}

    def parameters(self) -> list[Value]:
        """Layer by layer, neuron by neuron."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def forward(self, inputs: Sequence[Any], number: Callable[[Value], Any]) -> list[Any]:
        """The outputs of the last layer."""
        for layer in self.layers:
            inputs = layer.forward(inputs, number)
        return list(inputs)

    def __repr__(self) -> str:
        first, last = self.layers[0].activation, self.layers[-1].activation
        hidden = f"activation={first!r}, " if len(self.layers) > 1 else ""
        return f"MLP({self.nin}, {self.nouts}, {hidden}output_activation={last!r})"


def load(file: str | PathLike[str], *, max_bytes: float = files.MAX_BYTES) -> Neuron | Layer | MLP:
    """The model in a file, of the class that it names: Neuron, Layer or MLP.

    Raises the errors of `Model.load`; a class of your own has its own `load`.
    """
    kinds: dict[str, type[Neuron | Layer | MLP]] = {kind.__name__: kind for kind in (Neuron, Layer, MLP)}
    return files.load(kinds, file, max_bytes)


def _activation(name: str | None) -> str:
    """The name of an activation as it stands in `ACTIVATIONS`."""
    return known_name("activation", "linear" if name is None else name, ACTIVATIONS, {}, ELSEWHERE)


def _random(seed: Any) -> Any:
    """The source of random weights: a new generator for a seed, the generator itself, or the module `random`."""
    if seed is None:
        return random
    if isinstance(seed, int | np.integer):
        return random.Random(int(seed))
    if not hasattr(seed, "uniform"):
        raise TypeError(f"seed must be a whole number or a random.Random, not {shown(seed)}")
    return seed


def _positive(count: int, written: str, what: str) -> int:
    if not isinstance(count, int | np.integer) or isinstance(count, bool):
        raise TypeError(f"{written}: the number of {what}s must be a whole number, not {shown(count)}")
    if count < 1:
        raise ValueError(f"{written}: at least 1 {what} is needed, not {shown(count)}")
    return int(count)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _short(values: Sequence[object]) -> str:
    text = repr(list(values))
    return text if len(text) <= 60 else text[:57] + "..."
