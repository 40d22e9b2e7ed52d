"""One training step of a small transformer in scalars, on any class of Values with ``+ * **``, exp, log and relu.

The code is the same for every class: about 60,000 operations for eight characters, one after the other.
"""

import random
from itertools import pairwise

EMBEDDING, HEADS, LETTERS, LENGTH = 16, 4, 27, 8
HEAD = EMBEDDING // HEADS


def parameters(value, seed=1):
    """The weights, all of one matrix each, from the same numbers for every class."""
    source = random.Random(seed)
    shapes = {"letter": (LETTERS, EMBEDDING), "place": (LENGTH, EMBEDDING), "out": (LETTERS, EMBEDDING)}
    shapes |= dict.fromkeys(("query", "key", "value", "mix"), (EMBEDDING, EMBEDDING))
    shapes |= {"up": (4 * EMBEDDING, EMBEDDING), "down": (EMBEDDING, 4 * EMBEDDING)}
    return {
        name: [[value(source.gauss(0.0, 0.2)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes.items()
    }


def product(matrix, x):
    return [sum(w * v for w, v in zip(row, x, strict=True)) for row in matrix]


def normalized(x):
    scale = (sum(v * v for v in x) * (1 / len(x)) + 1e-5) ** -0.5
    return [v * scale for v in x]


def shares(scores):
    largest = max(score.data for score in scores)
    powers = [(score - largest).exp() for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def loss(p, letters):
    """The mean of the surprise at each next letter, attending to those before."""
    keys, values, surprises = [], [], []
    for place, (letter, following) in enumerate(pairwise(letters)):
        x = normalized([a + b for a, b in zip(p["letter"][letter], p["place"][place], strict=True)])
        query = product(p["query"], x)
        keys.append(product(p["key"], x))
        values.append(product(p["value"], x))
        seen = []
        for start in range(0, EMBEDDING, HEAD):
            part = slice(start, start + HEAD)
            scores = [sum(q * k for q, k in zip(query[part], key[part], strict=True)) * HEAD**-0.5 for key in keys]
            weights = shares(scores)
            seen += [
                sum(w * value[i] for w, value in zip(weights, values, strict=True)) for i in range(start, start + HEAD)
            ]
        x = [a + b for a, b in zip(product(p["mix"], seen), x, strict=True)]
        hidden = [h.relu() for h in product(p["up"], normalized(x))]
        x = [a + b for a, b in zip(product(p["down"], hidden), x, strict=True)]
        surprises.append(shares(product(p["out"], x))[following].log() * -1.0)
    return sum(surprises) * (1 / len(surprises))


def training(value, letters=(3, 1, 20, 7, 7, 0, 25, 12, 3)):
    """A step of gradient descent, and the weights it moves."""
    p = parameters(value)
    weights = [w for matrix in p.values() for row in matrix for w in row]

    def step(lr=0.0):
        for w in weights:
            w.grad = 0.0
        result = loss(p, letters)
        result.backward()
        for w in weights:
            w.data -= lr * w.grad
        return result.data

    return step, weights
