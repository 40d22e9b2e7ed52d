"""The same losses and gradients by hand, by PyTorch, by JAX, by micrograd, and by programs that `vectorize` makes.

Each case is a dict of functions without arguments, one for each side, that return the loss and the gradients.
"""

from functools import partial, reduce
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import torch
from micrograd.engine import Value as MicrogradValue

import autograd
from autograd import dot, exp, log, maximum, relu, sigmoid, sin, vectorize, where

jax.config.update("jax_enable_x64", True)
torch.set_num_threads(1)

SAMPLES_OF_MICROGRAD = 3
"""How many samples micrograd is timed with; the time for all follows from them."""


def case(by_hand, by_torch, by_jax, program, parameters, batch, micrograd=None):
    """The sides of one case: `by_torch` and `by_jax` compute the mean loss, the others the gradients as well."""
    names = list(parameters)
    tensors = {name: torch.tensor(x, requires_grad=True) for name, x in parameters.items()}
    constants = {name: torch.tensor(x) for name, x in batch.items()}
    arrays = {name: jnp.asarray(x) for name, x in parameters.items()}
    fixed = {name: jnp.asarray(x) for name, x in batch.items()}
    compiled = jax.jit(jax.value_and_grad(lambda p, b: by_jax(**p, **b)))
    arguments = {**parameters, **batch}

    def with_torch():
        loss = by_torch(**tensors, **constants)
        return loss.detach().numpy(), [g.numpy() for g in torch.autograd.grad(loss, list(tensors.values()))]

    def with_jax():
        loss, gradients = jax.block_until_ready(compiled(arrays, fixed))
        return loss, [gradients[name] for name in names]

    def with_vectorize():
        loss, gradients = program.value_and_grad(**arguments)
        return loss, list(gradients.values())

    sides = {
        "hand-written NumPy": partial(by_hand, **arguments),
        "PyTorch": with_torch,
        "JAX, jit": with_jax,
        "vectorize": with_vectorize,
    }
    return sides | ({"micrograd": micrograd} if micrograd else {})


# --- A neuron ---------------------------------------------------------------------------------------------


def neuron():
    source = np.random.default_rng(1)
    parameters = {"w": source.normal(size=30), "b": np.array(0.1)}
    batch = {"x": source.normal(size=(569, 30)), "y": source.random(569)}

    def by_hand(w, b, x, y):
        n = len(y)
        out = 1 / (1 + np.exp(-(x @ w + b)))
        error = out - y
        g = 2 / n * error * out * (1 - out)
        return np.mean(error**2), [x.T @ g, g.sum()]

    def one_sample(w, b, x, y):
        return (sigmoid(dot(w, x) + b) - y) ** 2

    return case(
        by_hand,
        lambda w, b, x, y: ((torch.sigmoid(x @ w + b) - y) ** 2).mean(),
        lambda w, b, x, y: ((jax.nn.sigmoid(x @ w + b) - y) ** 2).mean(),
        vectorize(one_sample, batch=("x", "y")),
        parameters,
        batch,
        micrograd=partial(micrograd_network, (30, 1), 569),
    )


# --- A network ----------------------------------------------------------------------------------------


def weights(source, *sizes):
    found = {}
    for i, (nin, nout) in enumerate(pairwise(sizes), start=1):
        shape = (nout, nin) if nout > 1 else (nin,)
        found |= {f"w{i}": source.normal(size=shape) / nin**0.5, f"b{i}": source.normal(size=shape[:-1])}
    return found


def layer(w, b, x):
    return [dot(row, x) + bias for row, bias in zip(w, b, strict=True)]


def moons_network(samples):
    source = np.random.default_rng(2)
    batch = {"x": source.normal(size=(samples, 2)), "y": source.normal(size=samples)}

    def by_hand(w1, b1, w2, b2, w3, b3, x, y):
        h1 = x @ w1.T + b1
        a1 = np.maximum(h1, 0)
        h2 = a1 @ w2.T + b2
        a2 = np.maximum(h2, 0)
        error = a2 @ w3 + b3 - y
        g = 2 / len(y) * error
        g2 = np.outer(g, w3) * (h2 > 0)
        g1 = (g2 @ w2) * (h1 > 0)
        return np.mean(error**2), [g1.T @ x, g1.sum(axis=0), g2.T @ a1, g2.sum(axis=0), g @ a2, g.sum()]

    def one_sample(w1, b1, w2, b2, w3, b3, x, y):
        a1 = [relu(h) for h in layer(w1, b1, x)]
        a2 = [relu(h) for h in layer(w2, b2, a1)]
        return (dot(w3, a2) + b3 - y) ** 2

    def whole(xp_relu, w1, b1, w2, b2, w3, b3, x, y):
        return ((xp_relu(xp_relu(x @ w1.T + b1) @ w2.T + b2) @ w3 + b3 - y) ** 2).mean()

    return case(
        by_hand,
        partial(whole, torch.relu),
        partial(whole, jax.nn.relu),
        vectorize(one_sample, batch=("x", "y")),
        weights(source, 2, 16, 16, 1),
        batch,
        micrograd=partial(micrograd_network, (2, 16, 16, 1), samples),
    )


def digits_network():
    source = np.random.default_rng(3)
    batch = {"x": source.normal(size=(64, 784)), "y": source.integers(0, 10, 64).astype(float)}

    def by_hand(w1, b1, w2, b2, x, y):
        n, classes = np.arange(len(y)), y.astype(int)
        h = x @ w1.T + b1
        a = np.maximum(h, 0)
        s = a @ w2.T + b2
        largest = s.max(axis=1, keepdims=True)
        e = np.exp(s - largest)
        total = e.sum(axis=1, keepdims=True)
        loss = np.mean(np.log(total[:, 0]) + largest[:, 0] - s[n, classes])
        g2 = e / total
        g2[n, classes] -= 1
        g2 /= len(y)
        g1 = (g2 @ w2) * (h > 0)
        return loss, [g1.T @ x, g1.sum(axis=0), g2.T @ a, g2.sum(axis=0)]

    def by_torch(w1, b1, w2, b2, x, y):
        return torch.nn.functional.cross_entropy(torch.relu(x @ w1.T + b1) @ w2.T + b2, y.long())

    def by_jax(w1, b1, w2, b2, x, y):
        scores = jax.nn.relu(x @ w1.T + b1) @ w2.T + b2
        chosen = jnp.take_along_axis(scores, y.astype(int)[:, None], axis=1)[:, 0]
        return (jax.nn.logsumexp(scores, axis=1) - chosen).mean()

    return case(
        by_hand, by_torch, by_jax, vectorize(digits_loss, batch=("x", "y")), weights(source, 784, 50, 10), batch
    )  # fmt: skip


def digits_loss(w1, b1, w2, b2, x, y):
    scores = layer(w2, b2, [relu(h) for h in layer(w1, b1, x)])
    largest = reduce(maximum, [s.detach() for s in scores])
    chosen = autograd.sum([where(y == k, s, 0.0) for k, s in enumerate(scores)])
    return log(autograd.sum([exp(s - largest) for s in scores])) + largest - chosen


# --- No layers at all: 50 Runge-Kutta steps of a damped pendulum ---------------------------------------------

STEPS, H = 50, 0.05


def step(k, c, angle, speed, sin):
    def slopes(angle, speed):
        return speed, -c * speed - k * sin(angle)

    a1, s1 = slopes(angle, speed)
    a2, s2 = slopes(angle + H / 2 * a1, speed + H / 2 * s1)
    a3, s3 = slopes(angle + H / 2 * a2, speed + H / 2 * s2)
    a4, s4 = slopes(angle + H * a3, speed + H * s3)
    return angle + H / 6 * (a1 + 2 * a2 + 2 * a3 + a4), speed + H / 6 * (s1 + 2 * s2 + 2 * s3 + s4)


def swing(k, c, angle, speed, sin):
    for _ in range(STEPS):
        angle, speed = step(k, c, angle, speed, sin)
    return angle * angle + speed * speed


def pendulum():
    """The side by hand is the forward pass alone: nobody writes the other one by hand."""
    source = np.random.default_rng(4)
    parameters = {"k": np.array(9.0), "c": np.array(0.3)}
    batch = {"start": source.normal(size=(1000, 2))}

    def by_jax(k, c, start):  # a loop, since 2,000 operations in a row take XLA minutes to compile
        def body(state, _):
            return step(k, c, *state, jnp.sin), None

        (angle, speed), _ = jax.lax.scan(body, (start[:, 0], start[:, 1]), None, length=STEPS)
        return (angle * angle + speed * speed).mean()

    return case(
        lambda k, c, start: (swing(k, c, *start.T, np.sin).mean(), []),
        lambda k, c, start: swing(k, c, *start.T, torch.sin).mean(),
        by_jax,
        vectorize(lambda k, c, start: swing(k, c, *start, sin), batch="start"),
        parameters,
        batch,
    )


# --- One sample after the other ------------------------------------------------------------------------


def micrograd_network(sizes, samples):
    """A network of relu neurons on a few samples; the factor that makes its time that of all samples."""
    source = np.random.default_rng(5)
    layers = []
    for nin, nout in pairwise(sizes):
        neurons = source.normal(size=(nout, nin + 1)).tolist()
        layers.append([[MicrogradValue(number) for number in neuron] for neuron in neurons])
    total = MicrogradValue(0.0)
    for sample in source.normal(size=(SAMPLES_OF_MICROGRAD, sizes[0])).tolist():
        a = sample
        for neurons in layers:
            a = [sum((w * v for w, v in zip(neuron, a, strict=False)), neuron[-1]).relu() for neuron in neurons]
        total = total + (a[0] - 1.0) ** 2
    total.backward()
    return samples / SAMPLES_OF_MICROGRAD


CASES = {
    "neuron 30-1, 569 samples": neuron,
    "network 2-16-16-1, 100 samples": partial(moons_network, 100),
    "network 2-16-16-1, 1,000 samples": partial(moons_network, 1000),
    "network 784-50-10, 64 samples": digits_network,
    "pendulum, 50 steps, 1,000 samples": pendulum,
}
"""The cases by name."""

__all__ = ["CASES", "digits_loss", "vectorize", "weights"]
