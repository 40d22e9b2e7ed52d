"""Memory that comes back: each kind of work is done 10,000 times (1,000 if it is slow), on something new each time.

``python -m tests.robustness.memory [KIND ...]`` prints a table of the resident memory after a tenth of the rounds and
at the end, each kind in a process of its own.  The exit status is 1 if a kind grows by more than 2 MiB.  It needs
Linux, which says how much memory is resident.
"""

from __future__ import annotations

import copy
import gc
import linecache
import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from autograd import Value, define, draw, exp, explain, grad, gradcheck, hessian, jacobian, jvp, log, page, vectorize
from autograd.cli.main import main as command_line
from autograd.core.value import VALUES
from autograd.explaining.formulas import parse_formulas
from autograd.formula.systems import FLOATS
from neuron import MLP, SGD, Neuron, fit

LIMIT = 2**21
"""Bytes that may be left at the end: allocators do not return everything (1.3 MiB after 10,000 drawings, measured)."""

Round = Callable[[int], Any]


class Kind(NamedTuple):
    """The work of one round, given its number, and how often it is done."""

    round: Round
    rounds: int


KINDS: dict[str, Kind] = {}
"""All kinds, by the words of the table."""


def kind(words: str, rounds: int = 10_000) -> Callable[[Round], Round]:
    """Enter a function among the `KINDS`."""

    def enter(round: Round) -> Round:
        KINDS[words] = Kind(round, rounds)
        return round

    return enter


# --- Operations and formulas ------------------------------------------------------------------------------


@kind("define")
def _(i: int) -> None:
    scaled = define(f"scaled_{i}", f"{i} * x", dx=str(i))
    scaled(Value(2.0)).backward()


@kind("define, differentiated twice")
def _(i: int) -> None:
    scaled = define("scaled", f"{i} * x ** 2", dx=f"{2 * i} * x")
    assert grad(grad(scaled))(1.0) == 2 * i


@kind("define, slope without derivatives")
def _(i: int) -> None:
    root = define("root", "sqrt(x)", dx=f"1 / (2 * z) + {i} * 0")
    grad(grad(root))(0.0)


@kind("define by Python functions")
def _(i: int) -> None:
    scaled = define("scaled", lambda x: i * x, dx=lambda x: i)
    scaled(Value(2.0)).backward()


@kind("define, in a program")
def _(i: int) -> None:
    vectorize(define("scaled", f"{i} * x ** 2", dx=f"{2 * i} * x"), batch="x")(x=np.arange(3.0))


@kind("define, checked", rounds=1_000)
def _(i: int) -> None:
    assert gradcheck(define("scaled", f"{i} * x ** 2", dx=f"{2 * i} * x"))


@kind("a formula of the command line")
def _(i: int) -> None:
    formulas = parse_formulas(f"h = tanh(w * x); h + {i}", [f"w={i}", "x=2"])
    formulas.run(FLOATS, formulas.inputs)
    formulas.run(VALUES, {name: Value(x) for name, x in formulas.inputs.items()})


@kind("check a student's file")
def _(i: int) -> None:
    file = Path(_folder().name, "homework.py")
    file.write_text(f"def f(x): return x * {i}\n\n\ndef grad_f(x): return {i}\n")
    linecache.checkcache(str(file))
    _output_of("check", str(file))


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


def _output_of(*arguments: str) -> str:
    with redirect_stdout(StringIO()) as output:
        command_line(list(arguments))
    return output.getvalue()


# --- Programs ---------------------------------------------------------------------------------------------


@cache
def _program() -> Any:
    def f(x: Any, *, mode: Any = "mean", **weights: Any) -> Any:
        return x * (mode(2.0) if callable(mode) else len(mode)) + sum(w[0] for w in weights.values())

    return vectorize(f, batch="x")


SAMPLES = np.arange(3.0)


@kind("a program, a new string")
def _(i: int) -> None:
    _program()(x=SAMPLES, mode=f"mode {i}")


@kind("a program, a new lambda")
def _(i: int) -> None:
    _program()(x=SAMPLES, mode=lambda x: i * x)


@kind("a program, new shapes")
def _(i: int) -> None:
    weights = {name: np.ones(1 + i // 10**k % 10) for k, name in enumerate("abcd")}
    _program().value_and_grad(x=SAMPLES, **weights)


@kind("a program, new derivatives")
def _(i: int) -> None:
    _program().value_and_grad(x=SAMPLES, wrt=next(_orders), **{name: [1.0] for name in "abcdefgh"})


def _all_orders() -> Iterator[tuple[str, ...]]:
    while True:
        yield from permutations("abcdefgh")


_orders = _all_orders()


@kind("vectorize a lambda")
def _(i: int) -> None:
    vectorize(lambda w, x: exp(w * x) + i, batch="x").value_and_grad(w=0.5, x=SAMPLES)


# --- Functions of functions, and graphs -----------------------------------------------------------------------


@kind("grad of a lambda")
def _(i: int) -> None:
    grad(lambda w, x: exp(w * x) + i)(0.5, 2.0)


@kind("jacobian, hessian, jvp")
def _(i: int) -> None:
    jacobian(lambda x: [x[0] * i, exp(x[1])])([0.5, 2.0])
    hessian(lambda x: x[0] * i * exp(x[1]))([0.5, 2.0])
    jvp(lambda x: x * i, [0.5], [1.0])


@kind("gradcheck of a lambda")
def _(i: int) -> None:
    assert gradcheck(lambda w, x: exp(w * x) + i, {"w": 0.5, "x": 2.0})


@kind("gradcheck of a student's gradient")
def _(i: int) -> None:
    report = gradcheck(lambda w: (w * w).sum() * i, {"w": np.ones(2)}, lambda w: 2 * w * i)
    assert report
    str(report)


@kind("gradcheck of a mistake")
def _(i: int) -> None:
    str(gradcheck(lambda w: (w * w).sum() * (i + 1), {"w": np.ones(2)}, lambda w: w * (i + 1)))


@kind("graphs of 10,000 nodes")
def _(i: int) -> None:
    if i % 100 == 0:
        root = w = Value(0.5)
        for _ in range(10_000):
            root = root + w
        root.backward()


@kind("pickle and deepcopy")
def _(i: int) -> None:
    root = exp(Value(0.5, label=f"w{i}") * 2.0)
    pickle.loads(pickle.dumps(root)).backward()
    copy.deepcopy(root).backward()


@kind("pickle of a defined operation")
def _(i: int) -> None:
    root = define("scaled", f"{i} * x", dx=str(i))(Value(0.5))
    grad(pickle.loads(pickle.dumps(root)).op.value.over(VALUES))(2.0)


@kind("messages")
def _(i: int) -> None:
    try:
        log(Value(-0.5, label=f"w{i}") * (i + 1))
    except ValueError as error:
        str(error)


# --- Explanations and pictures ----------------------------------------------------------------------------


def _loss(i: int) -> tuple[Value, Value]:
    w = Value(0.5, label=f"w{i}")
    return ((w * 2.0 + 0.1).named("ŷ") - 1.5) ** 2, w


@kind("explain")
def _(i: int) -> None:
    str(explain(*_loss(i)))


@kind("explain in LaTeX")
def _(i: int) -> None:
    str(explain(*_loss(i)).latex)


@kind("draw, without rendering")
def _(i: int) -> None:
    L, w = _loss(i)
    L.backward()
    str(draw(L, wrt=w).source)


@kind("page", rounds=1_000)
def _(i: int) -> None:
    L, _ = _loss(i)
    L.backward()
    page(L, title=f"loss {i}").html


# --- Models -----------------------------------------------------------------------------------------------

X = np.linspace(-1.0, 1.0, 120).reshape(-1, 2)


@kind("fit a new model")
def _(i: int) -> None:
    fit(Neuron(2), X, X[:, 0], loss="mse", optimizer=SGD(0.1), epochs=2, progress=False)


@kind("fit with a lambda as the loss")
def _(i: int) -> None:
    loss = lambda y_hat, y: (y_hat - y) ** 2 * (i + 1)  # noqa: E731
    fit(Neuron(2), X, X[:, 0], loss=loss, optimizer=SGD(1e-9), epochs=2, progress=False)


class OwnNeuron(Neuron):
    """A model that is recorded anew for each prediction."""


@kind("predict")
def _(i: int) -> None:
    OwnNeuron(2).predict(np.tile(X, (2, 1)))
    MLP(2, [1 + i % 50, 1]).predict(np.tile(X, (2, 1)))


# --- The attack -------------------------------------------------------------------------------------------


def measured(words: str) -> tuple[str, int, int]:
    """Do the work of one kind: its words, and the resident memory in bytes after the warm-up and at the end."""
    round, rounds = KINDS[words]
    for i in range(rounds // 10):
        round(i)
    before = resident()
    for i in range(rounds // 10, rounds):
        round(i)
    return words, before, resident()


def resident() -> int:
    """The resident memory of this process, in bytes, after a collection."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main(kinds: Iterable[str]) -> int:
    """Measure these kinds, or all, and print the table; the exit status."""
    print(f"{'kind':<36} {'rounds':>7} {'MiB before':>11} {'after':>8} {'bytes/round':>12}")
    processes = ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    most = 0
    for words, before, after in processes.map(measured, list(kinds) or list(KINDS)):
        rounds = KINDS[words].rounds
        per_round = (after - before) / (rounds - rounds // 10)
        row = f"{words:<36} {rounds:>7,} {before / 2**20:>11.1f} {after / 2**20:>8.1f} {per_round:>12,.0f}"
        print(row, flush=True)
        most = max(most, after - before)
    return int(most > LIMIT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
