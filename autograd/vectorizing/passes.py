"""The statements of a program as a function: what is superfluous goes, what is left is numbered and listed."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from numpy.typing import NDArray

from autograd.vectorizing.grouping import Array

__all__ = ["Listing", "Statement", "finished"]

Statement = tuple[str, ast.expr]
"""A name, and what it stands for from then on."""

LONG = 100
"""Statements of a program from which on arrays are given up after their last use, to have their memory back."""

LARGEST = 24
"""Parts of an expression that still read as one line."""


@dataclass
class Listing:
    """A function of arrays: their names, its statements, its results, and the constants and functions it refers to."""

    title: str
    inputs: Sequence[tuple[str, Array]]
    statements: list[Statement]
    results: list[ast.expr]
    constants: dict[str, NDArray[Any]]
    functions: dict[str, Callable[..., float]]

    @property
    def function(self) -> ast.FunctionDef:
        """The function as a syntax tree."""
        result = self.results[0] if len(self.results) == 1 else ast.Tuple(self.results, ast.Load())
        parameters = [ast.arg(word) for word, _ in self.inputs]
        arguments = ast.arguments([], parameters, None, [], [], None, [])
        function = ast.FunctionDef(self.title, arguments, [*self._body(), ast.Return(result)], [])
        setattr(function, "type_params", [])  # a field from Python 3.12 on
        return ast.fix_missing_locations(function)

    @property
    def source(self) -> str:
        """The function as text, with its constants before it."""
        shapes = [f"{word} {_shape_of(array)}" for word, array in self.inputs]
        lines = [f"{word} = {_listed(value)}" for word, value in self.constants.items()]
        lines += ["", ""] if lines else []
        lines += [f"def {self.title}({', '.join(word for word, _ in self.inputs)}):  # {', '.join(shapes)}"]
        lines += [f"    {ast.unparse(ast.fix_missing_locations(statement))}" for statement in self._body()]
        lines += [f"    return {', '.join(map(ast.unparse, self.results))}"]
        return "\n".join(lines)

    def _body(self) -> Iterator[ast.stmt]:
        done = self._last_uses() if len(self.statements) > LONG else {}
        for i, (word, tree) in enumerate(self.statements):
            yield ast.Assign([ast.Name(word, ast.Store())], tree)
            if i in done:
                yield ast.Delete([ast.Name(word, ast.Del()) for word in done[i]])

    def _last_uses(self) -> dict[int, list[str]]:
        """The names that are read for the last time in a statement, by its position."""
        last = {word: i for i, (word, _) in enumerate(self.statements)}
        for i, (_, tree) in enumerate(self.statements):
            last |= {word: i for word in _names(tree) if word in last}
        for tree in self.results:
            last |= {word: -1 for word in _names(tree) if word in last}
        done: dict[int, list[str]] = {}
        for word, i in last.items():
            done.setdefault(i, []).append(word)
        return done


def _shape_of(array: Array) -> str:
    sizes = ["n"] * array.batched + [str(size) for size in array.shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def _listed(value: NDArray[Any]) -> str:
    return f"array({value.tolist()!r})" if value.size <= 1000 else f"...  # {value.shape}, {value.dtype}"


def finished(
    statements: Sequence[Statement],
    results: Sequence[ast.expr],
    kept: Collection[str],
    temporaries: Collection[str],
    taken: Collection[str],
) -> tuple[list[Statement], list[ast.expr], set[str]]:
    """Statements and results as they are listed, and all names that occur in them.

    Statements that nobody reads are left out, and those that are read once are written where they are read, unless
    their names are to be `kept`.  The names of `temporaries` are numbers, given anew; they are not to become one of
    those `taken`.
    """
    return _Finish(kept, temporaries, taken).run(statements, results)


class _Finish:
    def __init__(self, kept: Collection[str], temporaries: Collection[str], taken: Collection[str]) -> None:
        self.kept, self.temporaries = kept, temporaries
        self.numbers = (word for i in count(1) if (word := f"t{i}") not in taken and f"d{word}" not in taken)
        self.uses: Counter[str] = Counter()
        self.inlined: dict[str, tuple[ast.expr, int]] = {}
        self.renamed: dict[str, str] = {}

    def run(
        self, statements: Sequence[Statement], results: Sequence[ast.expr]
    ) -> tuple[list[Statement], list[ast.expr], set[str]]:
        for tree in results:
            self.count(tree)
        live = [(word, tree, self.count(tree)) for word, tree in reversed(statements) if self.uses[word]]
        listed = []
        for word, tree, parts in reversed(live):
            new, size = self.replaced(tree, parts)
            if self.uses[word] == 1 and word not in self.kept and size <= LARGEST:
                self.inlined[word] = new, size
            else:
                listed.append((self.new_name(word), new))
        return listed, [self.replaced(tree, 0)[0] for tree in results], set(self.uses)

    def new_name(self, word: str) -> str:
        """The name with a number in order; the derivative by t3 is dt3."""
        if word not in self.temporaries:
            return word
        of = word.removeprefix("d")
        if of not in self.renamed:
            self.renamed[of] = next(self.numbers)
        self.renamed[word] = word.removesuffix(of) + self.renamed[of]
        return self.renamed[word]

    def count(self, tree: ast.expr) -> int:
        """Count what a tree reads; how many parts it has."""
        size = 0
        for part in _parts(tree):
            size += isinstance(part, ast.expr)
            if isinstance(part, ast.Name):
                self.uses[part.id] += 1
        return size

    def replaced(self, tree: ast.expr, size: int) -> tuple[ast.expr, int]:
        """A tree of so many parts with the statements put in, and how many parts it has then."""
        if isinstance(tree, ast.Name):
            if tree.id in self.inlined:
                new, more = self.inlined[tree.id]
                return new, size + more - 1
            new_name = self.renamed.get(tree.id)
            return (ast.Name(new_name, ast.Load()), size) if new_name else (tree, size)
        changed: dict[str, Any] = {}
        for key in tree._fields:
            part = getattr(tree, key, None)
            if isinstance(part, ast.expr):
                changed[key], size = self.replaced(part, size)
            elif isinstance(part, list) and part and isinstance(part[0], ast.expr):
                changed[key] = []
                for x in part:
                    new, size = self.replaced(x, size)
                    changed[key].append(new)
        if all(getattr(tree, key) == part for key, part in changed.items()):
            return tree, size
        fields: dict[str, Any] = {key: changed.get(key, getattr(tree, key, None)) for key in tree._fields}
        return type(tree)(**fields), size


def _parts(tree: ast.AST) -> Iterator[ast.AST]:
    """The tree and everything in it; `ast.walk`, but faster."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for key in node._fields:
            part = getattr(node, key, None)
            if isinstance(part, ast.AST):
                waiting.append(part)
            elif isinstance(part, list):
                waiting.extend(x for x in part if isinstance(x, ast.AST))


def _names(tree: ast.expr) -> Iterator[str]:
    return (part.id for part in _parts(tree) if isinstance(part, ast.Name))
