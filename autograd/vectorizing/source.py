"""The finished function of arrays: as text to read, and as a syntax tree to compile."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from autograd.vectorizing.groups import Array
from autograd.vectorizing.passes import Block, with_deletions

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
        return len(self.block.statements) + 1

    @property
    def tree(self) -> ast.FunctionDef:
        """The function as a syntax tree."""
        results = list(self.block.results)
        result = results[0] if len(results) == 1 else ast.Tuple(results, ast.Load())
        parameters = [ast.arg(word) for word, _ in self.parameters]
        arguments = ast.arguments([], parameters, None, [], [], None, [])
        body = [*with_deletions(self.block), ast.Return(result)]
        function = ast.FunctionDef(self.title, arguments, body, [])
        setattr(function, "type_params", [])  # a field from Python 3.12 on
        return ast.fix_missing_locations(function)

    @property
    def source(self) -> str:
        """The function as Python source, with its constants before it."""
        shapes = [f"{word} {_shape_of(array)}" for word, array in self.parameters]
        lines = [f"{word} = {_listed(value)}" for word, value in self.constants.items()]
        lines += ["", ""] if lines else []
        lines += [f"def {self.title}({', '.join(word for word, _ in self.parameters)}):  # {', '.join(shapes)}"]
        lines += [f"    {ast.unparse(ast.fix_missing_locations(part))}" for part in with_deletions(self.block)]
        lines += [f"    return {', '.join(map(ast.unparse, self.block.results))}"]
        return "\n".join(lines)


def _shape_of(array: Array) -> str:
    sizes = ["n"] * array.batched + [str(size) for size in array.shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def _listed(value: NDArray[Any]) -> str:
    return f"array({value.tolist()!r})" if value.size <= 1000 else f"...  # {value.shape}, {value.dtype}"
