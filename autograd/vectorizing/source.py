"""The finished function of arrays, as text to read and to compile."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from autograd.vectorizing.groups import Array
from autograd.vectorizing.passes import with_deletions
from autograd.vectorizing.statements import Block

__all__ = ["ArrayFunction", "head"]


@dataclass(frozen=True)
class ArrayFunction:
    """A function of arrays: parameters, statements and results, and the constants and functions that it refers to."""

    title: str
    parameters: Sequence[tuple[str, Array]]
    block: Block
    constants: Mapping[str, NDArray[Any]]
    functions: Mapping[str, Callable[..., float]]

    @property
    def statements(self) -> int:
        """Number of statements, including the return."""
        return self.block.size

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the function without the last one."""
        return [head(self.title, self.parameters), *with_deletions(self.block)]

    @cached_property
    def results(self) -> list[str]:
        """The expressions that it returns."""
        return list(map(ast.unparse, self.block.results))

    @property
    def function(self) -> str:
        """The function as Python source."""
        return "\n    ".join([*self.lines, f"return {', '.join(self.results)}"])

    @property
    def source(self) -> str:
        """The function with its constants before it."""
        constants = [f"{word} = {_listed(value)}" for word, value in self.constants.items()]
        return "\n".join([*constants, *([""] * 2 if constants else []), self.function])

    def in_scope(
        self, scope: dict[str, Any], converted: Callable[[Any], Any], keys: Sequence[str] | None = None
    ) -> Callable[..., Any]:
        """The function, over the functions of `scope`; constants are `converted`.

        It returns a tuple; with `keys`, the first result, and a dict with these keys of the others.
        """
        scope = scope | {word: converted(value) for word, value in self.constants.items()}
        text = self.function
        if keys is not None:
            first, *others = self.results
            pairs = ", ".join(f"{key!r}: {result}" for key, result in zip(keys, others, strict=True))
            text = "\n    ".join([*self.lines, f"return {first}, {{{pairs}}}"])
        exec(compile(text, f"<vectorized {self.title}>", "exec"), scope)
        return scope.pop(self.title)  # type: ignore[no-any-return]  # one in its own scope would be a reference cycle


def head(title: str, parameters: Sequence[tuple[str, Array]]) -> str:
    """The first line of a function of arrays, with their shapes."""
    shapes = [f"{word} {_shape_of(array)}" for word, array in parameters]
    return f"def {title}({', '.join(word for word, _ in parameters)}):  # {', '.join(shapes)}"


def _shape_of(array: Array) -> str:
    sizes = ["n"] * array.batched + [str(size) for size in array.shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def _listed(value: NDArray[Any]) -> str:
    return f"array({value.tolist()!r})" if value.size <= 1000 else f"...  # {value.shape}, {value.dtype}"
