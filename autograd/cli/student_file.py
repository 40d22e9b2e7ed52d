"""A student's Python file: imported, and searched for pairs of a function and its gradient."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["Pair", "StudentFile", "find_pairs"]

Functions = Mapping[str, Callable[..., Any]]

GRADIENT_NAMES = ("grad_{}", "{}_grad", "d{}", "d_{}", "gradient_{}", "{}_gradient")
"""The names of a function's gradient, given the name of the function."""
LOSS_NAMES = ("loss", "cost", "f")
"""Functions whose gradient may have no name but `ONLY_GRADIENT_NAMES`."""
WORDS_FOR_LOSS = ("loss", "cost")
"""Parts of the names of functions that may return their gradient as well."""
ONLY_GRADIENT_NAMES = ("gradient", "grad")


@dataclass(frozen=True)
class Pair:
    """A function and its gradient, called with the same arguments; or the forward and backward pass of a layer.

    A function that returns a number and its gradient is both.
    """

    function: Callable[..., Any]
    gradient: Callable[..., Any]
    is_layer: bool = False

    @property
    def is_one(self) -> bool:
        """True if one function returns both."""
        return self.function is self.gradient

    @property
    def name(self) -> str:
        """The names of both functions, or of the only one."""
        return ", ".join(dict.fromkeys([self.function.__name__, self.gradient.__name__]))


def find_pairs(functions: Functions) -> Iterator[Pair]:
    """All pairs among some functions, recognized by their names.

    >>> def cube(x): ...
    >>> def grad_cube(x): ...
    >>> [pair.gradient.__name__ for pair in find_pairs({"cube": cube, "grad_cube": grad_cube})]
    ['grad_cube']
    """
    loss = next((name for name in LOSS_NAMES if name in functions), None)
    for name, function in functions.items():
        is_layer = name == "forward" or name.endswith("_forward")
        if is_layer:
            partners = [name.removesuffix("forward") + "backward"]
        else:
            partners = [form.format(name) for form in GRADIENT_NAMES]
            partners += ONLY_GRADIENT_NAMES if name == loss else ()
        yield from (Pair(function, functions[partner], is_layer) for partner in partners if partner in functions)


class StudentFile:
    """A Python file that is run, as a module of its own name, when this object is created.

    Raises ValueError, with the lines of the traceback that are the student's, if that fails.
    """

    def __init__(self, file: str) -> None:
        self.path = Path(file)
        if not self.path.is_file():
            raise ValueError(f"{file}: there is no such file")
        if self.path.suffix != ".py":
            raise ValueError(f"{file} is not a Python file: its name should end in .py")
        self.folder = self.path.resolve().parent
        if sys.path[:1] != [str(self.folder)]:
            sys.path.insert(0, str(self.folder))
        self.module = sys.modules[self.path.stem] = ModuleType(self.path.stem)
        self.module.__file__ = str(self.path.resolve())
        try:
            exec(compile(self.path.read_bytes(), file, "exec"), self.module.__dict__)
        except (Exception, SystemExit) as error:
            raise ValueError(f"{file} cannot be imported\n{self.trace(error)}") from None

    @property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions that are defined in the file, in their order."""
        members = vars(self.module).items()
        return {name: f for name, f in members if isfunction(f) and f.__module__ == self.module.__name__}

    @property
    def pairs(self) -> list[Pair]:
        """The pairs of functions in the file, then the losses that may return their gradients as well.

        Raises ValueError if there are none.
        """
        pairs = list(find_pairs(self.functions))
        losses = [
            f for name, f in self.unpaired(pairs).items() if any(word in name.casefold() for word in WORDS_FOR_LOSS)
        ]
        if pairs or losses:
            return pairs + [Pair(f, f) for f in losses]
        names = ", ".join(form.format("f") for form in GRADIENT_NAMES)
        functions = f"the file has {', '.join(self.functions)}" if self.functions else "the file has no functions"
        raise ValueError(
            f"{self.path} has no pair of functions to check. A pair is f with one of {names}; {_or(LOSS_NAMES)} "
            f"with {_or(ONLY_GRADIENT_NAMES)}; f_forward with f_backward; or a {_or(WORDS_FOR_LOSS)} that returns "
            f"(number, gradient). But {functions}."
        )

    def unpaired(self, pairs: Iterable[Pair]) -> dict[str, Callable[..., Any]]:
        """The functions of the file that are in none of the pairs."""
        paired = [f for pair in pairs for f in (pair.function, pair.gradient)]
        return {name: f for name, f in self.functions.items() if f not in paired}

    def shapes(self, function: Callable[..., Any]) -> dict[str, Any]:
        """The shapes of the arguments of a function in ``SHAPES``: of all functions, or under its name, of it alone."""
        shapes = getattr(self.module, "SHAPES", {})
        if not isinstance(shapes, dict):
            raise ValueError(f"SHAPES in {self.path} should be a dict, such as {{'x': (10, 6)}}")
        own = shapes.get(function.__name__)
        return {**shapes, **own} if isinstance(own, dict) else shapes

    def trace(self, error: BaseException) -> str:
        """An error with the lines of its traceback that are in the student's folder; alone if there are none."""
        stack = [line for line in traceback.extract_tb(error.__traceback__) if self._is_own(line.filename)]
        if not stack and not isinstance(error, SyntaxError):
            return f"{type(error).__name__}: {error}"
        return "".join([*traceback.format_list(stack), *traceback.format_exception_only(error)]).rstrip()

    def _is_own(self, filename: str) -> bool:
        return Path(filename).resolve().parent == self.folder


def _or(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
