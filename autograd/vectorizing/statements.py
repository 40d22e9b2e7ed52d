"""The statements of an array program, and blocks of them.

>>> x, step = ast.parse("x", mode="eval").body, ast.parse("x + i", mode="eval").body
>>> print(Block([ForLoop(Counter(3), "i", [Update(("x",), (step,))])], [x]))
for i in range(3):
    x = x + i
return x
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from autograd.vectorizing.groups import Counter

__all__ = [
    "Accumulation",
    "Appending",
    "Assignment",
    "Block",
    "ForLoop",
    "Restoring",
    "Simple",
    "Statement",
    "Update",
    "lines",
]


class Assignment(NamedTuple):
    """``word = tree``."""

    word: str
    tree: ast.expr

    @property
    def words(self) -> tuple[str, ...]:
        """The names that it assigns."""
        return (self.word,)

    @property
    def trees(self) -> tuple[ast.expr, ...]:
        """The expressions that it reads."""
        return (self.tree,)

    def changed(self, words: Sequence[str], trees: Sequence[ast.expr]) -> Self:
        """The same statement with other names and expressions."""
        return type(self)(words[0], trees[0])


class Accumulation(Assignment):
    """``word += tree``."""


class Appending(Assignment):
    """``word.append(tree)``."""


class Update(NamedTuple):
    """``a, b = x, y``: all expressions are computed before the first name is assigned."""

    words: tuple[str, ...]
    trees: tuple[ast.expr, ...]

    def changed(self, words: Sequence[str], trees: Sequence[ast.expr]) -> Update:
        """The same statement with other names and expressions."""
        return Update(tuple(words), tuple(trees))


class Restoring(NamedTuple):
    """``a, b = saved.pop()``, which takes up what ``saved.append((a, b))`` has put aside last."""

    words: tuple[str, ...]
    stack: str

    @property
    def trees(self) -> tuple[ast.expr, ...]:
        """The list that it reads."""
        return (ast.Name(self.stack, ast.Load()),)

    def changed(self, words: Sequence[str], trees: Sequence[ast.expr]) -> Restoring:
        """The same statement with other names."""
        return Restoring(tuple(words), self.stack)


@dataclass(frozen=True, slots=True)
class ForLoop:
    """``for word in range(count)``, or backwards; the loops of both passes over the same steps share a `counter`."""

    counter: Counter
    word: str
    body: Sequence[Statement]
    is_reversed: bool = False


Simple = Assignment | Update | Restoring
"""A statement that contains no others."""

Statement = Simple | ForLoop
"""Any statement."""


@dataclass(frozen=True)
class Block:
    """Statements, and the expressions that are returned after them."""

    statements: Sequence[Statement]
    results: Sequence[ast.expr]

    @property
    def all_statements(self) -> Iterator[Simple]:
        """All statements, also those inside loops."""
        return _flat(self.statements)

    @property
    def trees(self) -> Iterator[ast.expr]:
        """All expressions, in order."""
        yield from (tree for statement in self.all_statements for tree in statement.trees)
        yield from self.results

    @property
    def size(self) -> int:
        """Number of statements, those inside loops, the loops and the return included."""
        return _size(self.statements) + 1

    def __str__(self) -> str:
        return "\n".join([*lines(self.statements), f"return {_listed(self.results)}"])


def _flat(statements: Iterable[Statement]) -> Iterator[Simple]:
    for statement in statements:
        if isinstance(statement, ForLoop):
            yield from _flat(statement.body)
        else:
            yield statement


def _size(statements: Iterable[Statement]) -> int:
    return sum(1 + (_size(x.body) if isinstance(x, ForLoop) else 0) for x in statements)


def lines(statements: Iterable[Statement]) -> Iterator[str]:
    """The statements as lines of Python."""
    for statement in statements:
        match statement:
            case ForLoop(counter, word, body, is_reversed):
                numbers = f"range({counter.count})"
                yield f"for {word} in {f'reversed({numbers})' if is_reversed and word != '_' else numbers}:"
                yield from (f"    {line}" for line in lines(body))
            case Accumulation(word, tree):
                yield f"{word} += {ast.unparse(tree)}"
            case Appending(word, tree):
                yield f"{word}.append({ast.unparse(tree)})"
            case Restoring(words, stack):
                yield f"{', '.join(words)} = {stack}.pop()"
            case _:
                yield f"{', '.join(statement.words)} = {_listed(statement.trees)}"


def _listed(trees: Iterable[ast.expr]) -> str:
    return ", ".join(map(ast.unparse, trees))
