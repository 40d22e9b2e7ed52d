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

__all__ = ["ArrayFunction"]


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
    def function(self) -> str:
        """The function as Python source."""
        shapes = [f"{word} {_shape_of(array)}" for word, array in self.parameters]
        head = f"def {self.title}({', '.join(word for word, _ in self.parameters)}):  # {', '.join(shapes)}"
        results = ", ".join(map(ast.unparse, self.block.results))
        return "\n    ".join([head, *with_deletions(self.block), f"return {results}"])

    @property
    def source(self) -> str:
        """The function with its constants before it."""
        constants = [f"{word} = {_listed(value)}" for word, value in self.constants.items()]
        return "\n".join([*constants, *([""] * 2 if constants else []), self.function])


def _shape_of(array: Array) -> str:
    sizes = ["n"] * array.batched + [str(size) for size in array.shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def _listed(value: NDArray[Any]) -> str:
    return f"array({value.tolist()!r})" if value.size <= 1000 else f"...  # {value.shape}, {value.dtype}"
