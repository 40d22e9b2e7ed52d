"""Passes over the statements of a program, each a function from a `Block` to a new one.

>>> a, b, result = (ast.parse(text, mode="eval").body for text in ("f(x)", "g(x)", "a + 1"))
>>> block = Block([Assignment("a", a), Assignment("b", b)], [result])
>>> print(inlined(without_unread(block), permanent=set()))
return f(x) + 1

The cost of each pass is linear in the size of the block.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeVar

from autograd.vectorizing.statements import (
    Appending,
    Assignment,
    Block,
    ForLoop,
    Restoring,
    Simple,
    Statement,
    Update,
    lines,
)

__all__ = ["inlined", "read_among", "renumbered", "with_deletions", "with_saved", "without_unread"]

T = TypeVar("T")

LONG = 100
"""Number of statements above which arrays are deleted after their last use, to free their memory."""

LARGEST = 24
"""Maximum number of parts of an expression on one line."""


# --- Statements that nothing reads ----------------------------------------------------------------------------


def without_unread(block: Block) -> Block:
    """The block without the statements that nothing reads."""
    read = {word for tree in block.results for word in _names(tree)}
    return Block(_read_statements(block.statements, read), block.results)


def _read_statements(statements: Sequence[Statement], read: set[str]) -> list[Statement]:
    """The statements that assign a name in `read`, to which the names that they read are added."""
    needed: list[Statement] = []
    for statement in reversed(statements):
        if isinstance(statement, ForLoop):
            before = -1
            while before != len(read):  # an iteration may read what the one before has assigned
                before = len(read)
                body = _read_statements(statement.body, read)
            if body:
                is_counted = statement.word in (word for tree in Block(body, ()).trees for word in _names(tree))
                needed.append(replace(statement, body=body, word=statement.word if is_counted else "_"))
        elif read.intersection(statement.words):
            new: Simple = statement
            if isinstance(statement, Update):
                pairs = [pair for pair in zip(*statement, strict=True) if pair[0] in read]
                new = Update(*zip(*pairs, strict=True))
            needed.append(new)
            read.update(word for tree in new.trees for word in _names(tree))
    return needed[::-1]


# --- Expressions where they are read ------------------------------------------------------------------------------


def inlined(block: Block, permanent: Collection[str]) -> Block:
    """The block with expressions that are read only once moved to where they are read.

    Names in `permanent` stay, and so do expressions that would have more than `LARGEST` parts.  No expression moves
    into or out of a loop, or past a statement that assigns again what it reads.
    """
    uses = Counter(word for tree in block.trees for word in _names(tree))
    assigned = Counter(word for statement in block.all_statements for word in statement.words)
    again = {word for word, times in assigned.items() if times > 1}
    movable = {word for word, times in uses.items() if times == 1} - again - set(permanent)
    inlining = _Inlining(movable, again)
    statements = inlining.statements(block.statements)
    return Block(statements, [inlining.moved(tree) for tree in block.results])


@dataclass
class _Inlining:
    """Expressions on their way to where they are read.

    `movable` are the names that are read once, `again` those that are assigned more than once.
    """

    movable: set[str]
    again: set[str]
    waiting: dict[str, ast.expr] = field(default_factory=dict)

    def statements(self, statements: Iterable[Statement]) -> list[Statement]:
        """The statements; what is read after them still waits."""
        new: list[Statement] = []
        for statement in statements:
            if isinstance(statement, ForLoop):
                new += self.settled()
                new.append(replace(statement, body=[*self.statements(statement.body), *self.settled()]))
                continue
            trees = [self.moved(tree) for tree in statement.trees]
            if type(statement) is Update:
                new += self.settled()  # before the end of an iteration
            else:
                new += self.settled(self.again.intersection(statement.words))
            if type(statement) is Assignment and statement.word in self.movable and len(_parts(trees[0])) <= LARGEST:
                self.waiting[statement.word] = trees[0]
            else:
                new.append(statement.changed(statement.words, trees))
        return new

    def moved(self, tree: ast.expr) -> ast.expr:
        """The expression, with those that it reads and that wait in their places."""
        words = [word for word in _names(tree) if word in self.waiting]
        return _substituted(tree, {word: self.waiting.pop(word) for word in words}) if words else tree

    def settled(self, changed: Collection[str] | None = None) -> list[Statement]:
        """Statements for the expressions that cannot wait longer: all, or those that read a name that is `changed`."""
        if changed is None:
            words = list(self.waiting)
        else:
            words = [
                word for word, tree in self.waiting.items() if changed and not set(changed).isdisjoint(_names(tree))
            ]
        return [Assignment(word, self.waiting.pop(word)) for word in words]


# --- Names in order -------------------------------------------------------------------------------------------------


def renumbered(block: Block, temporaries: Mapping[str, str], reserved: Collection[str]) -> Block:
    """The block with its `temporaries` called t1, t2, ... in order.

    The derivative with respect to t3 is dt3, and lists of both are t3s and dt3s.  `temporaries` maps each of these
    names to that of its variable.  Numbers for which one of the new names is `reserved` are left out.
    """
    numbers = (x for i in count(1) if {x := f"t{i}", f"d{x}", f"{x}s", f"d{x}s"}.isdisjoint(reserved))
    new_words: dict[str, str] = {}
    trees: dict[str, ast.expr] = {}

    def renamed(old: str) -> str:
        if old not in temporaries:
            return old
        variable = temporaries[old]
        if variable not in new_words:
            new_words[variable] = next(numbers)
        word = old.replace(variable, new_words[variable])
        word = word if old == variable else word.rstrip("_")
        trees[old] = ast.Name(word, ast.Load())
        return word

    def in_order(statements: Sequence[Statement]) -> Iterator[Statement]:
        for statement in statements:
            if isinstance(statement, ForLoop):
                yield replace(statement, body=list(in_order(statement.body)))
            else:
                new = [_substituted(tree, trees) for tree in statement.trees]
                yield statement.changed([renamed(word) for word in statement.words], new)

    statements = list(in_order(block.statements))
    return Block(statements, [_substituted(tree, trees) for tree in block.results])


# --- What a loop puts aside for the backward pass ----------------------------------------------------------------


def with_saved(block: Block, new_name: Callable[[str], str]) -> Block:
    """The block with the numbers that a loop backwards reads, and the loop forwards has computed, put aside.

    The loop forwards appends them to a list at the end of each iteration, before the update; the loop backwards takes
    them from its end.
    """
    backwards = {loop.counter: loop for loop in _loops(block.statements) if loop.is_reversed}
    stacks: list[Statement] = []

    def saving(statements: Sequence[Statement]) -> list[Statement]:
        new: list[Statement] = []
        for statement in statements:
            if not isinstance(statement, ForLoop):
                new.append(statement)
                continue
            body = saving(statement.body)
            saved = words_of(statement) if statement.counter in backwards else ()
            if saved:
                names: list[ast.expr] = [ast.Name(word, ast.Load()) for word in saved]
                if statement.is_reversed:
                    body.insert(0, Restoring(saved, stack_of[statement.counter]))
                else:
                    word = stack_of[statement.counter] = new_name("saved")
                    stacks.append(Assignment(word, ast.List([], ast.Load())))
                    record = names[0] if len(names) == 1 else ast.Tuple(names, ast.Load())
                    body.insert(len(body) - isinstance(body[-1], Update), Appending(word, record))
            new.append(replace(statement, body=body))
        return new

    def words_of(loop: ForLoop) -> tuple[str, ...]:
        if loop.counter not in words:
            own = [word for x in loop.body if not isinstance(x, ForLoop) for word in x.words]
            read = set(read_in(backwards[loop.counter].body))
            words[loop.counter] = tuple(word for word in dict.fromkeys(own) if word in read)
        return words[loop.counter]

    def read_in(body: Sequence[Statement]) -> Iterator[str]:
        for x in body:
            if isinstance(x, ForLoop):
                yield from set(read_in(x.body)).difference(words_of(x))  # which it takes from a list of its own
            else:
                yield from (word for tree in x.trees for word in _names(tree))

    stack_of: dict[Any, str] = {}
    words: dict[Any, tuple[str, ...]] = {}
    statements = saving(block.statements)
    first = next((i for i, x in enumerate(statements) if isinstance(x, ForLoop)), 0)
    return Block([*statements[:first], *stacks, *statements[first:]], block.results)


def _loops(statements: Iterable[Statement]) -> Iterator[ForLoop]:
    for statement in statements:
        if isinstance(statement, ForLoop):
            yield statement
            yield from _loops(statement.body)


# --- Memory --------------------------------------------------------------------------------------------------------


def with_deletions(block: Block) -> Iterator[str]:
    """The lines of a block; if it is long, a name is deleted after the last statement that reads it."""
    deletions = _last_uses(block) if len(block.statements) > LONG else {}
    for i, statement in enumerate(block.statements):
        yield from lines([statement])
        if i in deletions:
            yield f"del {', '.join(deletions[i])}"


def _last_uses(block: Block) -> dict[int, list[str]]:
    """The names that are read for the last time in a statement, by its position."""
    assigned = Counter(word for statement in block.all_statements for word in statement.words)
    once = (x.word if type(x) is Assignment and assigned[x.word] == 1 else "" for x in block.statements)
    last = {word: i for i, word in enumerate(once) if word}
    parts = [*(Block([statement], ()) for statement in block.statements), Block((), block.results)]
    for i, part in enumerate(parts):
        for word in (word for tree in part.trees for word in _names(tree)):
            if word in last:
                last[word] = i
    words: dict[int, list[str]] = {}
    for word, i in last.items():
        words.setdefault(i, []).append(word)
    return words  # what a result reads is read after all statements


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
