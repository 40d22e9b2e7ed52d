"""A case of the fuzzer: a function as source code, and the arguments of one call.

>>> case = Case("f", (Step("v1", "ag.exp({0})", ("x",)),), ("v1",), {"x": [0.0, 1.0]}, ("x",))
>>> print(case.source)
def f(x):
    v1 = ag.exp(x)
    return v1
>>> case.function()(0.0)
1.0
"""

from __future__ import annotations

import builtins
import keyword
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd
from autograd import Value
from autograd.vectorizing.names import plain

__all__ = ["OPERATIONS", "Case", "Step", "access", "leaves", "mapped"]

OPERATIONS = {
    "cube": autograd.define("cube", "x ** 3", dx="3 * x ** 2"),
    "root": autograd.define("root", "sqrt(abs(x)) + 0 * x", dx="sign(x) / (2 * z)", domain="x > 0"),
    "sum_": autograd.define("t1", "x * exp(-y)", dx="exp(-y)", dy="-z", domain="y > -2"),
    "n": autograd.define("n", lambda x: math.atan(x) if abs(x) < 9 else math.sqrt(-1), dx=lambda x: 1 / (1 + x * x)),
    "bump": autograd.define("bump", "where(x > 0, x * y, y)", dx="where(x > 0, y, 0)", dy="where(x > 0, x, 1)"),
}
"""Operations of users: formulas and Python functions, with domains."""


def named(x: Any, label: str) -> Any:
    """A Value with this label; any other number as it is."""
    return x.named(label) if type(x) is Value else x


def detached(x: Any) -> Any:
    """A Value detached; any other number as it is."""
    return x.detach() if type(x) is Value else x


def slope(y: Any, x: Any) -> Any:
    """The derivative of y with respect to x, as a Value; 0 for plain numbers."""
    return y.gradients([x], create_graph=True)[0] if type(y) is type(x) is Value else 0.0


_SCOPE = {"ag": autograd, "np": np, "builtins": builtins, "nan": math.nan, "inf": math.inf, "U": OPERATIONS}
_SCOPE |= {"named": named, "detached": detached, "slope": slope}


@dataclass(frozen=True)
class Step:
    """A statement: ``word = code``, with the operands for {0}, {1}, ... in the code; {z} is the word itself.

    Code of several lines assigns the word itself.  Operands are literals, names of earlier steps, and elements of
    arguments.
    """

    word: str
    code: str
    operands: tuple[str, ...]
    label: str | None = None

    @property
    def lines(self) -> list[str]:
        """The lines of the statement."""
        code = self.code.format(*self.operands, z=self.word)
        code = code if "\n" in code else f"{self.word} = {code}"
        return [*code.split("\n"), *([f"named({self.word}, {self.label!r})"] if self.label else [])]


@dataclass(frozen=True)
class Case:
    """A function, and the arguments of one call: trees of arrays, with `batch` for those that hold samples.

    The function returns the only one of `results`, or a list of several.  `captured` are the numbers of the Values
    that it uses besides its arguments.  The samples are repeated `times` times.
    """

    title: str
    steps: tuple[Step, ...]
    results: tuple[str, ...]
    arguments: dict[str, Any]
    batch: tuple[str, ...] = ()
    captured: tuple[float, ...] = ()
    times: int = 1
    values: list[Value] = field(default_factory=list, compare=False)

    @property
    def source(self) -> str:
        """The function as Python source."""
        lines = [line for step in self.steps for line in step.lines]
        result = self.results[0] if len(self.results) == 1 else f"[{', '.join(self.results)}]"
        parameters = ", ".join(self.arguments) if _are_parameters(self.arguments) else "**arguments"
        return "\n    ".join([f"def f({parameters}):", *lines, f"return {result}"])

    def function(self) -> Callable[..., Any]:
        """The function, with captured Values of its own, which `values` holds."""
        self.values[:] = [Value(x, label=f"C[{i}]") for i, x in enumerate(self.captured)]
        scope: dict[str, Any] = {**_SCOPE, "C": self.values}
        exec(self.source, scope)
        scope["f"].__name__ = self.title
        return scope["f"]  # type: ignore[no-any-return]

    @property
    def repeated(self) -> dict[str, Any]:
        """The arguments, with the samples repeated."""

        def repeat(x: Any) -> Any:
            return np.concatenate([np.asarray(x)] * self.times)

        if self.times == 1:
            return self.arguments
        return {k: mapped(repeat, x) if k in self.batch else x for k, x in self.arguments.items()}

    @property
    def is_single(self) -> bool:
        """True if all arguments are arrays of float32."""
        return all(getattr(x, "dtype", None) == np.float32 for tree in self.arguments.values() for _, x in leaves(tree))

    @property
    def eps(self) -> float:
        """The relative precision of its numbers."""
        return float(np.finfo(np.float32 if self.is_single else float).eps)

    @property
    def samples(self) -> int:
        """The number of different samples."""
        return next((len(leaf) for k in self.batch for _, leaf in leaves(self.arguments[k])), 1)

    @property
    def program(self) -> str:
        """Lines that run the case by themselves."""
        arguments = ", ".join(f"{k!r}: {_written(x)}" for k, x in self.repeated.items())
        names = [f"C = [{', '.join(f'Value({x})' for x in self.captured)}]"] if self.captured else []
        words = [word for word in ("named", "detached", "slope") if f"{word}(" in self.source]
        words += ["OPERATIONS as U"] if "U[" in self.source else []
        more = [f"from tests.benchmarks.fuzzing.cases import {', '.join(words)}"] if words else []
        title = [f"f.__name__ = {self.title!r}"] if self.title != "f" else []
        wrt = "" if len(self.results) > 1 else f"print(p.value_and_grad(**arguments, wrt={[*self.arguments]}))"
        lines = ["import builtins", "import numpy as np", "from numpy import array, float32, inf, nan"]
        lines += ["import autograd as ag", "from autograd import Value", *more, *names, self.source, *title]
        lines += [f"arguments = {{{arguments}}}", f"p = ag.vectorize(f, batch={self.batch!r})", "print(p(**arguments))"]
        return "\n".join([*lines, wrt, "print(p.source)"])


def _are_parameters(names: dict[str, Any]) -> bool:
    return all(x == plain(x) and x.isidentifier() and not keyword.iskeyword(x) and x not in _SCOPE for x in names)


def access(arguments: dict[str, Any], word: str) -> str:
    """An argument as the function reads it."""
    return word if _are_parameters(arguments) else f"arguments[{word!r}]"


def _written(x: Any) -> str:
    if isinstance(x, dict):
        return "{" + ", ".join(f"{k!r}: {_written(part)}" for k, part in x.items()) + "}"
    if isinstance(x, list | tuple) and not _holds_numbers(x):
        parts = ", ".join(map(_written, x))
        return f"[{parts}]" if isinstance(x, list) else f"({parts},)"
    with np.printoptions(threshold=10**6):
        return repr(x)


# --- Trees of arrays --------------------------------------------------------------------------------------


def _holds_numbers(x: Any) -> bool:
    return all(type(part) in (int, float) or (type(part) is list and _holds_numbers(part)) for part in x)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """A tree with ``function(array)`` in place of each array; nested lists of numbers are arrays."""
    if isinstance(tree, dict):
        return {k: mapped(function, x) for k, x in tree.items()}
    if isinstance(tree, list | tuple) and not _holds_numbers(tree):
        return type(tree)(mapped(function, x) for x in tree)
    return function(tree)


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The arrays of a tree, each with its path, such as ``['w'][0]``."""
    if isinstance(tree, dict | list | tuple) and not (isinstance(tree, list | tuple) and _holds_numbers(tree)):
        for k, x in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaves(x, f"{path}[{k!r}]")
    else:
        yield path, tree
