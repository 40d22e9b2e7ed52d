"""Random programs with derivatives inside, compared: ``python -m tests.benchmarks.derivatives 10000``.

The programs choose by `where` and comparisons, take derivatives (of derivatives) of functions that see the variables
around them, at variables and at plain numbers, and use operations of the user's own.  The eager engine, sample by
sample, is one side, the program of `vectorize` the second, JAX the third.  Prints how many programs were refused, how
many numbers were wrong, and the largest difference relative to the largest derivative of its program.
"""

import operator
import random
import sys
from collections import Counter
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

import autograd
from autograd import Value, define, grad, vectorize

jax.config.update("jax_enable_x64", True)

WRONG = 1e-8
"""A larger relative difference is a mistake, and not rounding."""

OURS = SimpleNamespace(
    **autograd.functions,
    grad=grad,
    detach=lambda x: x.detach() if isinstance(x, Value) else x,
    cube=define("cube", "x ** 3", dx="3 * x ** 2"),
    squash=define("squash", "x / (1 + abs(x))", dx="1 / (1 + abs(x)) ** 2"),
    gap=define("gap", "(x - y) ** 2", dx="2 * (x - y)", dy="2 * (y - x)"),
)
THEIRS = SimpleNamespace(
    **{name: getattr(jnp, name) for name in "sin cos tanh exp sqrt log where abs maximum minimum".split()},
    erf=jax.scipy.special.erf,
    sigmoid=jax.nn.sigmoid,
    softplus=jax.nn.softplus,
    relu=jax.nn.relu,
    grad=lambda f: lambda x: jax.grad(f)(jnp.asarray(x, dtype=float)),
    detach=jax.lax.stop_gradient,
    cube=lambda x: x**3,
    squash=lambda x: x / (1 + jnp.abs(x)),
    gap=lambda x, y: (x - y) ** 2,
)
UNARY = ["sin", "cos", "tanh", "erf", "sigmoid", "softplus", "relu", "abs", "cube", "squash"]
BINARY = [operator.add, operator.sub, operator.mul]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]


def run(library, draw, known, steps, depth=0):
    """The last of `steps` random operations on the `known` numbers, by the functions of a library."""
    known = [*known]
    pick = lambda: draw.choice(known)  # noqa: E731
    number = lambda: round(draw.uniform(-1.5, 1.5), 2)  # noqa: E731

    def condition():
        one = draw.choice(COMPARISONS)(pick(), number())
        other = draw.choice(COMPARISONS)(pick(), pick())
        return draw.choice([one, other, one & other, one | other])

    def guarded():
        safe = library.where(pick() > 0.05, pick() ** 2 + draw.choice([0.0, 0.3]), draw.choice([0.0, 0.5, 1.0]))
        return draw.choice([library.sqrt, library.log, lambda x: 1 / x, lambda x: x**1.5])(safe + 0.01)

    def derivative():
        seed, around, at = draw.random(), known[-2:], draw.choice([pick, number])()
        inside = draw.randint(1, 4)

        def inner(u):
            return run(library, random.Random(seed), [*around, u, u], inside, depth + 1)

        return library.tanh(library.grad(inner)(at))

    kinds = [
        lambda: getattr(library, draw.choice(UNARY))(pick()),
        lambda: draw.choice(BINARY)(pick(), pick()),
        lambda: draw.choice(BINARY)(pick(), number()),
        lambda: pick() / (2.0 + library.sin(pick())),
        lambda: pick() % draw.choice([0.7, 1.3]),
        lambda: library.gap(pick(), pick()),
        lambda: library.exp(library.tanh(pick())),
        lambda: draw.choice([library.maximum, library.minimum])(pick(), draw.choice([pick, number])()),
        lambda: library.where(condition(), pick(), draw.choice([pick, number])()),
        lambda: condition() * pick() + pick(),
        lambda: library.detach(pick()) * pick(),
        guarded,
    ]
    for _ in range(steps):
        kind = draw.choice([*kinds, *[derivative] * (4 if depth < 2 else 0)])
        known.append(kind())
    return known[-1] * known[-2] + library.sin(known[-1])


def example(seed):
    """A function of a library and its arguments: two parameters, two numbers of each of three samples."""
    numbers = np.random.default_rng(seed)
    arguments = {"a": numbers.normal(), "b": numbers.normal(), "x": numbers.normal(size=3), "y": numbers.normal(size=3)}

    def f(library, a, b, x, y):
        draw = random.Random(seed)
        return run(library, draw, [a, b, x, y], draw.randint(3, 8))

    return f, arguments


def eager(f, a, b, x, y):
    """The mean over the samples, and its derivatives."""
    total, derivatives = 0.0, {"a": 0.0, "b": 0.0, "x": np.zeros(3), "y": np.zeros(3)}
    for i in range(3):
        leaves = [Value(a), Value(b), Value(x[i]), Value(y[i])]
        result = f(OURS, *leaves)
        da, db, derivatives["x"][i], derivatives["y"][i] = (
            result.gradients(leaves) if isinstance(result, Value) else [0.0] * 4
        )
        derivatives["a"] += da
        derivatives["b"] += db
        total += result.data if isinstance(result, Value) else result
    return flat(total, derivatives) / 3


def vectorized(f, **arguments):
    """The same by one program."""
    program = vectorize(lambda a, b, x, y: f(OURS, a, b, x, y), batch=("x", "y"))
    return flat(*program.value_and_grad(**arguments, wrt=tuple("abxy")))


def with_jax(f, **arguments):
    """The same in JAX."""

    def mean(a, b, x, y):
        return jnp.mean(jax.vmap(lambda x, y: f(THEIRS, a, b, x, y) * 1.0)(x, y))

    value, derivatives = jax.value_and_grad(mean, argnums=(0, 1, 2, 3))(*map(jnp.asarray, arguments.values()))
    return flat(value, dict(zip("abxy", derivatives, strict=True)))


def flat(value, derivatives):
    return np.concatenate([np.ravel(part) for part in (value, *(derivatives[name] for name in "abxy"))])


def difference(found, expected):
    """The value's relative difference or that of the derivatives, whichever is larger; nan is equal to nan."""
    if not np.array_equal(np.isnan(found), np.isnan(expected)):
        return np.inf
    off = np.nan_to_num(np.abs(found - expected))
    sizes = np.nan_to_num(np.abs(expected))
    return max(off[0] / (sizes[0] or 1.0), off[1:].max() / (sizes[1:].max() or 1.0))


def main(count, first=0):
    tally, worst, wrong = Counter(), {"vectorized": 0.0, "JAX": 0.0}, []
    for seed in range(first, first + count):
        if seed % 250 == 0:  # JAX keeps whatever it compiled
            jax.clear_caches()
            print(f"{seed:,}", end=" ", file=sys.stderr, flush=True)
        f, arguments = example(seed)
        try:
            expected = eager(f, **arguments)
        except (ArithmeticError, ValueError):
            tally["not defined at some sample"] += 1
            continue
        tally["nan among the eager derivatives"] += bool(np.isnan(expected).any())
        tally["no derivative but 0"] += not expected[1:].any()
        for name, side in {"vectorized": vectorized, "JAX": with_jax}.items():
            try:
                off = difference(side(f, **arguments), expected)
            except Exception as error:
                tally[f"{name}: refused"] += 1
                wrong.append((seed, name, f"{type(error).__name__}: {error}"))
                continue
            if off > WRONG:
                tally[f"{name}: another number"] += 1
                wrong.append((seed, name, off))
            else:
                worst[name] = max(worst[name], off)
    print(f"{count:,} programs, eager against vectorized and JAX {jax.__version__}")
    for name, number in sorted(tally.items()):
        print(f"{number:6,}  {name}")
    print(f"largest relative difference: vectorized {worst['vectorized']:.1e}, JAX {worst['JAX']:.1e}")
    for seed, name, what in wrong[:20]:
        print(f"seed {seed}, {name}: {what}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:])) if sys.argv[1:] else main(10_000)
