"""Graphs of every kind that pictures show, after a backward pass: each a name and a root, with a value to explain."""

from math import sin

from autograd import Constant, Value, exp, mean
from neuron import MLP, Neuron


def chain():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    y_hat = (w * Constant(2.0, label="x") + b).named("ŷ")
    return ((y_hat - Constant(1.5, label="y")) ** 2).named("L"), w


def two_paths():
    L, w = chain()
    return (L + (Constant(0.1, label="λ") * w**2).named("R")).named("J"), w


def samples():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    losses = []
    for x, y in [(2.0, 1.5), (1.0, 1.1), (-1.0, -0.2), (3.0, 2.4)]:
        y_hat = (w * Constant(x, label="x") + b).named("ŷ")
        losses.append(((y_hat - Constant(y, label="y")) ** 2).named("L"))
    return mean(losses).named("J"), w


def samples_and_penalty():
    J, w = samples()
    return (J + (Constant(0.3, label="λ") * w**2).named("R")).named("K"), w


def many_inputs():
    n = Neuron(30, activation=None, seed=1)
    y_hat = n([Constant(sin(i), label=f"x[{i}]") for i in range(30)])
    return ((y_hat - Constant(1.5, label="y")) ** 2).named("L"), n.w[19]


def network():
    model = MLP(2, [4, 1], activation="tanh", seed=1)
    y_hat = model([Constant(1.0, label="x[0]"), Constant(-2.0, label="x[1]")])
    return ((y_hat - Constant(0.7, label="y")) ** 2).named("L"), model.layers[0].neurons[1].w[0]


def readable():
    """A local derivative that is the number of a result: ∂z/∂a = h."""
    a, c = Value(1.5, label="a"), Value(0.7, label="c")
    h = (a * c).named("h")
    return (h * a + exp(h)).named("z"), a


GRAPHS = [chain, two_paths, samples, samples_and_penalty, many_inputs, network, readable]


def computed(graph):
    """The root of a graph after a backward pass, and the value to explain."""
    root, wrt = graph()
    root.backward()
    return root, wrt
