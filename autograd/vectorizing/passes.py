"""Passes over the statements of a program, each a function from a `Block` to a new one.

>>> statements = [("a", ast.parse("f(x)", mode="eval").body), ("b", ast.parse("g(x)", mode="eval").body)]
>>> block = Block(statements, [ast.parse("a + 1", mode="eval").body])
>>> print(inlined(without_unread(block), permanent=set()))
return f(x) + 1

The cost of each pass is linear in the size of the block.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

from autograd.vectorizing.array_expressions import Statement

__all__ = ["Block", "inlined", "read_among", "renumbered", "with_deletions", "without_unread"]

T = TypeVar("T")

LONG = 100
"""Number of statements above which arrays are deleted after their last use, to free their memory."""

LARGEST = 24
"""Maximum number of parts of an expression on one line."""


@dataclass(frozen=True)
class Block:
    """Statements, and the expressions that are returned after them."""

    statements: Sequence[Statement]
    results: Sequence[ast.expr]

    @property
    def trees(self) -> Iterator[ast.expr]:
        """All expressions, in order."""
        yield from (tree for _, tree in self.statements)
        yield from self.results

    def __str__(self) -> str:
        lines = [f"{word} = {ast.unparse(tree)}" for word, tree in self.statements]
        return "\n".join([*lines, f"return {', '.join(map(ast.unparse, self.results))}"])


def without_unread(block: Block) -> Block:
    """The block without the statements that nothing reads."""
    read = {word for tree in block.results for word in _names(tree)}
    statements = []
    for word, tree in reversed(block.statements):
        if word in read:
            statements.append((word, tree))
            read.update(_names(tree))
    return Block(statements[::-1], block.results)


def inlined(block: Block, permanent: Collection[str]) -> Block:
    """The block with expressions that are read only once moved to where they are read.

    Names in `permanent` stay, and so do expressions that would have more than `LARGEST` parts.
    """
    uses = Counter(word for tree in block.trees for word in _names(tree))
    trees: dict[str, ast.expr] = {}
    statements = []
    for word, tree in block.statements:
        new = _substituted(tree, trees)
        if uses[word] == 1 and word not in permanent and len(_parts(new)) <= LARGEST:
            trees[word] = new
        else:
            statements.append((word, new))
    return Block(statements, [_substituted(tree, trees) for tree in block.results])


def renumbered(block: Block, temporaries: Mapping[str, str], reserved: Collection[str]) -> Block:
    """The block with its `temporaries` called t1, t2, ... in order, and the derivative with respect to t3 dt3.

    `temporaries` maps each of these names to itself, and the name of a derivative to that of its variable.  Numbers for
    which one of the new names is `reserved` are left out.
    """
    numbers = (word for i in count(1) if (word := f"t{i}") not in reserved and f"d{word}" not in reserved)
    new_words: dict[str, str] = {}
    trees: dict[str, ast.expr] = {}
    statements = []
    for old, tree in block.statements:
        word, new = old, _substituted(tree, trees)
        if old in temporaries:
            variable = temporaries[old]
            if variable not in new_words:
                new_words[variable] = next(numbers)
            word = new_words[variable] if old == variable else f"d{new_words[variable]}"
            trees[old] = ast.Name(word, ast.Load())
        statements.append((word, new))
    return Block(statements, [_substituted(tree, trees) for tree in block.results])


def with_deletions(block: Block) -> Iterator[ast.stmt]:
    """The statements in Python's syntax; in long blocks a name is deleted after the last statement that reads it."""
    deletions = _last_uses(block) if len(block.statements) > LONG else {}
    for i, (word, tree) in enumerate(block.statements):
        yield ast.Assign([ast.Name(word, ast.Store())], tree)
        if i in deletions:
            yield ast.Delete([ast.Name(word, ast.Del()) for word in deletions[i]])


def _last_uses(block: Block) -> dict[int, list[str]]:
    """The names that are read for the last time in a statement, by its position."""
    last = {word: i for i, (word, _) in enumerate(block.statements)}
    for i, tree in enumerate(block.trees):
        position = i if i < len(block.statements) else -1  # a result
        for word in _names(tree):
            if word in last:
                last[word] = position
    words: dict[int, list[str]] = {}
    for word, i in last.items():
        words.setdefault(i, []).append(word)
    return words


def read_among(constants: Mapping[str, T], block: Block) -> dict[str, T]:
    """The constants that a block reads."""
    read = {word for tree in block.trees for word in _names(tree)} if constants else ()
    return {word: value for word, value in constants.items() if word in read}


# --- Syntax trees ---------------------------------------------------------------------------------------


def _substituted(tree: ast.expr, trees: Mapping[str, ast.expr]) -> ast.expr:
    """The tree with others in place of some names; unchanged parts are shared."""
    if isinstance(tree, ast.Name):
        return trees.get(tree.id, tree)
    if isinstance(tree, ast.Constant):
        return tree
    fields: list[Any] = [getattr(tree, key, None) for key in tree._fields]
    is_changed = False
    for i, part in enumerate(fields):
        if isinstance(part, ast.expr):
            new: Any = _substituted(part, trees)
        elif isinstance(part, list) and part and isinstance(part[0], ast.expr):
            new = [_substituted(x, trees) for x in part]
        else:
            continue
        if new != part:
            fields[i], is_changed = new, True
    return type(tree)(*fields) if is_changed else tree


def _names(tree: ast.expr) -> list[str]:
    """The names that are read in an expression."""
    return [part.id for part in _parts(tree) if type(part) is ast.Name]


def _parts(tree: ast.expr) -> list[ast.expr]:
    """All expressions in an expression, including itself; like `ast.walk`, but several times as fast."""
    parts: list[ast.expr] = [tree]
    for part in parts:
        if type(part) is ast.Name or type(part) is ast.Constant:
            continue
        for key in part._fields:
            child = getattr(part, key, None)
            if isinstance(child, ast.expr):
                parts.append(child)
            elif type(child) is list:
                parts += [x.value if isinstance(x, ast.keyword) else x for x in child if not isinstance(x, ast.cmpop)]
    return parts
