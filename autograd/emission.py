"""The program of a grouped graph: array statements forward, and backward by the chain rule.

Forward, each group is one statement, its formula from the table.  Backward, newest group first, the derivatives that
have reached a group's array are added up, and passed on to what the group has read, each by the rule of its
operation.  Statements that are used once are written where they are used.
"""

from __future__ import annotations

import ast
import keyword
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.formula import DERIVED, PRIMITIVES
from autograd.grouping import Array, Group, Part, View
from autograd.matrices import (
    EVERYTHING,
    NEW_AXIS,
    N,
    Expression,
    applied,
    binary,
    broadcast,
    call,
    choice,
    compared,
    name,
    number,
    plus,
    subscript,
    sum_over_batch,
    sum_over_rows,
    times,
    written,
)
from autograd.ops import OPERATIONS, Operation
from autograd.tracing import CONDITIONS, DETACH

__all__ = ["HELPERS", "Code", "emitted"]

HELPERS = frozenset(
    "n pi nan inf sum mean max concat stack reshape moveaxis put zeros_like s_ logical_and logical_or".split()
)
"""Names that a program uses besides those of the formulas."""

LONG = 100
"""Statements of a program from which on it cares for its memory."""

MANY = 16
"""Terms of a sum that are written in one line."""

LONGEST = 24
"""Parts of an expression that still read as one line."""

_CONDITION_OPERANDS = {OPERATIONS["where"]: 1, CONDITIONS["and"]: 2, CONDITIONS["or"]: 2}
"""How many operands, from the first on, are conditions."""
SEED = binary(ast.Div(), number(1), N)
"""The derivative of a mean by one of its terms."""


@dataclass
class Code:
    """A program: a function of arrays, as statements, and the constants that it refers to."""

    title: str
    inputs: Sequence[Array]
    statements: list[tuple[str, ast.expr]]
    results: list[ast.expr]
    constants: dict[str, NDArray[Any]]

    @property
    def body(self) -> list[ast.stmt]:
        """The statements; in a long program arrays are given up after their last use, so that memory is used again."""
        body: list[ast.stmt] = []
        done = self.last_uses() if len(self.statements) > LONG else {}
        for i, (word, tree) in enumerate(self.statements):
            body.append(ast.Assign([ast.Name(word, ast.Store())], tree, lineno=0))
            if i in done:
                body.append(ast.Delete([ast.Name(word, ast.Del()) for word in done[i]]))
        return body

    def last_uses(self) -> dict[int, list[str]]:
        """The names that are read for the last time in a statement, by its position."""
        last: dict[str, int] = {word: i for i, (word, _) in enumerate(self.statements)}
        for i, (_, tree) in enumerate(self.statements):
            last |= {part.id: i for part in _parts(tree) if isinstance(part, ast.Name) and part.id in last}
        for tree in self.results:
            last |= {part.id: -1 for part in _parts(tree) if isinstance(part, ast.Name) and part.id in last}
        done: dict[int, list[str]] = {}
        for word, i in last.items():
            done.setdefault(i, []).append(word)
        return done

    @property
    def function(self) -> ast.FunctionDef:
        """The function as a syntax tree."""
        body = self.body
        body.append(ast.Return(self.results[0] if len(self.results) == 1 else ast.Tuple(self.results, ast.Load())))
        arguments = ast.arguments([], [ast.arg(array.name) for array in self.inputs], None, [], [], None, [])
        return ast.fix_missing_locations(ast.FunctionDef(self.title, arguments, body, [], type_params=[]))

    @property
    def source(self) -> str:
        """The function as text, with its constants before it."""
        shapes = [f"{array.name} {_shape_of(array)}" for array in self.inputs]
        lines = [f"{word} = {_listed(value)}" for word, value in self.constants.items()]
        lines += [""] * 2 * bool(lines)
        lines += [f"def {self.title}({', '.join(array.name for array in self.inputs)}):  # {', '.join(shapes)}"]
        lines += [f"    {ast.unparse(statement)}" for statement in self.body]
        lines += [f"    return {', '.join(map(ast.unparse, self.results))}"]
        return "\n".join(lines)


def _shape_of(array: Array) -> str:
    shape = ("n", *map(str, array.shape)) if array.batched else tuple(map(str, array.shape))
    return f"({', '.join(shape)}{',' * (len(shape) == 1)})"


def _listed(value: NDArray[Any]) -> str:
    return f"array({value.tolist()!r})" if value.size <= 1000 else f"...  # {value.shape}, {value.dtype}"


@dataclass
class _Emitter:
    """Writes the statements of one program."""

    inputs: Sequence[Array]
    groups: Sequence[Group]
    statements: list[tuple[str, ast.expr]] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    used_names: set[str] = field(default_factory=lambda: set(HELPERS | PRIMITIVES.keys() | DERIVED.keys()))
    values: dict[Array, Expression] = field(default_factory=dict)
    given: dict[Group, dict[str, Expression]] = field(default_factory=dict)
    derivatives: dict[Array, list[tuple[NDArray[Any], Expression]]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)  # not to be written where they are used
    temporaries: set[str] = field(default_factory=set)  # names that are only numbers
    last: dict[str, int] = field(default_factory=dict)

    def unique(self, label: str | None, numbered: str) -> str:
        """A name that is not in use yet."""
        plain = unicodedata.normalize("NFKC", label or "")
        candidates = (f"{plain}{'_' * i}" for i in range(len(self.used_names) + 1))
        if not plain.isidentifier():
            start = self.last.get(numbered, 0) + 1
            candidates = (f"{numbered}{i}" for i in range(start, start + len(self.used_names) + 1))
        word = next(word for word in candidates if word not in self.used_names and not keyword.iskeyword(word))
        if not plain.isidentifier():
            self.last[numbered] = int(word.removeprefix(numbered))
            self.temporaries.add(word)
        self.used_names.add(word)
        return word

    def add(self, word: str, x: Expression) -> Expression:
        """One more statement; what it computes goes by this name from now on."""
        self.statements.append((word, x.tree))
        return name(word, x.rows, x.batch)

    def constant(self, value: NDArray[Any], letter: str = "c") -> ast.expr:
        word = self.unique(None, letter)
        self.constants[word] = value
        return ast.Name(word, ast.Load())

    # --- forward ---------------------------------------------------------------------------------------

    def forward(self) -> None:
        for array in self.inputs:
            array.name = self.unique(array.label, "a")
        batched = [array for array in self.inputs if array.batched]
        if batched:
            self.add("n", Expression(call("len", ast.Name(batched[0].name, ast.Load()))))
            self.kept.add("n")
        for array in batched:
            if array.shape:
                self.statements.append((array.name, _transposed(ast.Name(array.name, ast.Load()), len(array.shape), 0)))
                self.kept.add(array.name)
        for array in self.inputs:
            self.values[array] = name(array.name, bool(array.shape), array.batched)
        for group in self.groups:
            x = self.computed(group)
            array = group.array
            array.name = self.unique(array.label, "t")
            if array.label:
                self.kept.add(array.name)
            rows = bool(array.shape)
            if (x.rows, x.batch) != (rows, array.batched) or x.is_plain:
                x = broadcast(x, self.shaped_like(group))
            self.values[array] = self.add(array.name, x)

    def shaped_like(self, group: Group) -> Expression:
        """Some expression with all the axes of the group."""
        views = group.operands or [view for part in group.parts for view in part.factors]
        read = [self.read(view) for view in views]
        return reduce(lambda x, y: binary(ast.Mult(), x, y), [Expression(x.tree, x.rows, x.batch) for x in read])

    def computed(self, group: Group) -> Expression:
        """The group's formula."""
        op = group.op
        if group.parts:
            parts = [self.part(part, largest=op.name == "maximum") for part in group.parts]
            if op.name == "maximum":
                return reduce(lambda x, y: applied("maximum", x, y), parts)
            return binary(ast.Div(), self.sum_of(parts), number(group.divisor))
        given = {x: self.read(view) for x, view in zip(op.operands, group.operands, strict=True)}
        for x, view in list(zip(op.operands, group.operands, strict=True))[: _CONDITION_OPERANDS.get(op, 0)]:
            if view.array is None or not view.array.is_condition:
                given[x] = compared(ast.NotEq(), given[x], number(0))
        self.given[group] = given
        x = written(op.value.tree, given)
        if CONDITIONS.get(op.name) is op and not group.array.is_condition:
            return choice(x, number(1), number(0))
        if op.domain is not None and not op.is_built_in:
            x = choice(written(op.domain.tree, given), x, number(float("nan")))
        return x

    def sum_of(self, terms: list[Expression]) -> Expression:
        """The sum, of so many terms at a time that they can be read."""
        while len(terms) > MANY:
            terms = [self.add(self.unique(None, "t"), plus(terms[:MANY])), *terms[MANY:]]
        return plus(terms)

    def part(self, part: Part, largest: bool = False) -> Expression:
        factors = [self.read(view) for view in part.factors]
        rows, batched = self.part_axes(part)
        if not part.is_sum:
            return reduce(lambda x, y: binary(ast.Mult(), x, y), factors)
        if part.is_product:
            return Expression(ast.BinOp(factors[0].tree, ast.MatMult(), factors[1].tree), rows, batched)
        x = factors[0]
        if x.value is not None or part.factors[0].array is None:
            return self.constant_sum(part.factors[0], largest)
        tree = x.tree if len(factors) == 1 else ast.BinOp(x.tree, ast.Mult(), factors[1].tree)
        return Expression(call("max" if largest else "sum", tree, axis=ast.Constant(int(rows))), rows, batched)

    def constant_sum(self, view: View, largest: bool) -> Expression:
        value = view.index.max(axis=-1) if largest else view.index.sum(axis=-1)
        return self.read(View(None, value))

    def part_axes(self, part: Part) -> tuple[bool, bool]:
        rows = any(view.index.ndim > int(part.is_sum) for view in part.factors)
        return rows, any(view.batched for view in part.factors)

    def read(self, view: View) -> Expression:
        """The elements of an array, by a slice where possible."""
        index = view.index
        if view.array is None:
            if index.ndim == 0:
                return number(float(index))
            return Expression(self.constant(index), rows=True)
        tree = self.values[view.array].tree
        return Expression(self.elements(tree, view.array, index), index.ndim > 0, view.array.batched)

    def elements(self, tree: ast.expr, array: Array, index: NDArray[Any]) -> ast.expr:
        shape = array.shape
        if index.shape == shape and _is_everything(index):
            return tree
        slices = _slices(index, shape)
        if slices is not None:
            return _sliced(tree, slices)
        if index.size == _size(shape) and _is_everything(index):
            return _reshaped(tree, index.shape, array.batched)
        if index.ndim == 2 and len(shape) == 2 and not array.batched:
            slices = _slices(index.T, shape)
            if slices is not None:
                return ast.Attribute(_sliced(tree, slices), "T", ast.Load())
        flat = tree if len(shape) == 1 else _reshaped(tree, (_size(shape),), array.batched)
        return subscript(flat, self.constant(index, "i"))

    # --- backward --------------------------------------------------------------------------------------

    def backward(self, result: View, wrt: Collection[Array]) -> None:
        """Statements for the derivatives of the mean of `result`."""
        assert result.array is not None
        self.needed = set(wrt)
        for group in self.groups:
            if group.op is not DETACH and any(x.array in self.needed for x in self.operands(group)):
                self.needed.add(group.array)
        self.pass_on(result, SEED if result.array.batched else number(1))
        for group in reversed(self.groups):
            if group.array in self.derivatives and group.array in self.needed:
                g = self.collected(group.array)
                if group.parts:
                    for part in group.parts:
                        self.pass_on_part(part, times(g, binary(ast.Div(), number(1), number(group.divisor))), group)
                else:
                    self.pass_on_operands(group, g)

    def operands(self, group: Group) -> Iterable[View]:
        return group.operands or (view for part in group.parts for view in part.factors)

    def collected(self, array: Array) -> Expression:
        """The derivative by an array: the sum of all that has reached it, under a name of its own."""
        x = self.total(array)
        simple = x.tree.operand if isinstance(x.tree, ast.UnaryOp) else x.tree
        if isinstance(simple, ast.Name) or x.is_plain:
            return x
        word = self.unique(f"d{array.name}", "g")
        if array.name in self.temporaries:
            self.temporaries.add(word)
        return self.add(word, x)

    def gradient(self, array: Array) -> ast.expr:
        """The derivative by an argument, in the shape in which it came."""
        like = self.values[array]
        if array in self.derivatives:
            x = broadcast(self.total(array), like)
        else:
            x = Expression(call("zeros_like", like.tree), like.rows, like.batch)
        tree = _transposed(x.tree, len(array.shape), -1) if array.batched and array.shape else x.tree
        word = self.unique(f"d{array.name}", "g")
        self.kept.add(word)
        return self.add(word, Expression(tree)).tree

    def for_each_sample(self, x: Expression) -> ast.expr:
        """A result that is the same for all samples, once for each."""
        batched = [array for array in self.inputs if array.batched]
        if x.batch or not batched:
            return x.tree
        return broadcast(x, self.read(View(batched[0], np.zeros((), dtype=int)))).tree

    def total(self, array: Array) -> Expression:
        whole: list[Expression] = []
        pieces: list[tuple[NDArray[Any], Expression]] = []
        for index, x in self.derivatives.pop(array):
            if index.size == _size(array.shape) and _is_everything(index):
                reshaped = index.shape != array.shape and x.rows
                tree = _reshaped(x.tree, array.shape, array.batched) if reshaped else x.tree
                whole.append(Expression(tree, x.rows, x.batch) if reshaped else x)
            else:
                pieces.append((index, x))
        return plus([*whole, *self.joined(array, pieces)])

    def joined(self, array: Array, pieces: list[tuple[NDArray[Any], Expression]]) -> Iterator[Expression]:
        """Derivatives by some elements of an array as derivatives by all of it."""
        if not pieces:
            return
        like = self.values[array]
        full = [
            Expression(self.elements(like.tree, array, index), index.ndim > 0, array.batched) for index, _ in pieces
        ]
        if len(array.shape) == 1:
            order = sorted(range(len(pieces)), key=lambda i: int(pieces[i][0].flat[0]))
            positions = np.concatenate([pieces[i][0].ravel() for i in order])
            if positions.size == array.shape[0] and _is_everything(positions):
                trees = [broadcast(pieces[i][1], full[i]).tree for i in order]
                if all(pieces[i][0].ndim == 0 for i in order):
                    yield Expression(call("stack", ast.List(trees, ast.Load())), True, array.batched)
                else:
                    rows = [t if pieces[i][0].ndim else _sliced(t, [None]) for t, i in zip(trees, order, strict=True)]
                    yield Expression(call("concat", ast.List(rows, ast.Load())), True, array.batched)
                return
        for (index, x), target in zip(pieces, full, strict=True):
            base = Expression(call("zeros_like", like.tree), True, array.batched)
            shape = array.shape
            slices = _slices(index, shape)
            tree = base.tree
            if slices is not None:
                where: ast.expr = subscript(ast.Name("s_", ast.Load()), *map(_index, slices))
            else:
                where = self.constant(index, "i")
                if len(shape) != 1:
                    tree = _reshaped(tree, (_size(shape),), array.batched)
            put = call("put", tree, where, broadcast(x, target).tree)
            if slices is None and len(shape) != 1:
                put = _reshaped(put, shape, array.batched)
            yield Expression(put, True, array.batched)

    def pass_on(self, view: View, x: Expression) -> None:
        """Note a derivative by what a view reads."""
        if x.value == 0:
            return
        assert view.array is not None
        reached = self.derivatives.setdefault(view.array, [])
        reached.append((view.index, x))
        if len(reached) > MANY:  # so that what they were computed from is not kept for longer
            so_far = self.add(self.unique(None, "t"), self.total(view.array))
            self.derivatives[view.array] = [(np.arange(_size(view.array.shape)), so_far)]

    def reduced(self, x: Expression, group: Group, rows: bool, batch: bool) -> Expression:
        """A derivative in all the axes of a group, added up over those that an operand does not have."""
        if group.array.batched and not batch:
            x = sum_over_batch(x)
        if group.array.shape and not rows:
            x = sum_over_rows(x, group.array.shape[0])
        return x

    def pass_on_operands(self, group: Group, g: Expression) -> None:
        given = {**self.given[group], "z": self.values[group.array]}
        for view, partial in zip(group.operands, group.op.partials, strict=True):
            if view.array in self.needed:
                x = times(g, written(partial.tree, given))
                if x.value != 0:
                    self.pass_on(view, self.reduced(x, group, view.index.ndim > 0, view.batched))

    def pass_on_part(self, part: Part, g: Expression, group: Group) -> None:
        """The rules for products and sums: those of matrices where there are any."""
        needed = [view.array in self.needed for view in part.factors]
        if not any(needed):
            return
        if not part.is_sum:
            for i, view in enumerate(part.factors):
                if needed[i]:
                    others = [self.read(other) for j, other in enumerate(part.factors) if j != i]
                    self.pass_on(view, self.reduced(times(g, *others), group, view.index.ndim > 0, view.batched))
            return
        rows, batched = self.part_axes(part)
        g = self.reduced(g, group, rows, batched)
        if (
            not part.is_product
            and len(part.factors) == 1
            and not rows
            and part.factors[0].index.size == _size(part.factors[0].array.shape)
        ):
            self.pass_on(part.factors[0], g)
            return
        g = broadcast(g, self.part(part))
        column = subscript(g.tree, EVERYTHING, NEW_AXIS) if rows else g.tree
        factors = [self.read(view) for view in part.factors]
        for i, view in enumerate(part.factors):
            if not needed[i]:
                continue
            if part.is_product:
                tree = _product_rule(i, rows, batched, g.tree, *(factor.tree for factor in factors))
            else:
                other = factors[1 - i].tree if len(factors) == 2 else None
                zeros = call("zeros_like", factors[i].tree)
                tree = ast.BinOp(column, ast.Add(), zeros) if other is None else ast.BinOp(column, ast.Mult(), other)
                if len(factors) == 2 and rows and view.index.ndim == 1:
                    tree = call("sum", tree, axis=ast.Constant(0))
            self.pass_on(view, Expression(tree, True, view.batched))


def _product_rule(i: int, rows: bool, batched: bool, g: ast.expr, a: ast.expr, b: ast.expr) -> ast.expr:
    """The derivative of ``a @ b`` by a (i = 0) or b (i = 1), where that by the product itself is g."""

    def matmul(x: ast.expr, y: ast.expr) -> ast.expr:
        return ast.BinOp(x, ast.MatMult(), y)

    def outer(x: ast.expr, y: ast.expr) -> ast.expr:
        return ast.BinOp(subscript(x, EVERYTHING, NEW_AXIS), ast.Mult(), y)

    def transposed(x: ast.expr) -> ast.expr:
        return x.value if isinstance(x, ast.Attribute) and x.attr == "T" else ast.Attribute(x, "T", ast.Load())

    if rows and batched:
        return matmul(g, transposed(b)) if i == 0 else matmul(transposed(a), g)
    if batched:
        return matmul(b, g) if i == 0 else outer(a, g)
    if rows:
        return outer(g, b) if i == 0 else matmul(transposed(a), g)
    return ast.BinOp(g, ast.Mult(), b if i == 0 else a)


# --- Slices ----------------------------------------------------------------------------------------------


def _size(shape: Sequence[int]) -> int:
    return int(np.prod(shape, dtype=int))


def _is_everything(index: NDArray[Any]) -> bool:
    flat = index.ravel()
    return bool(flat[0] == 0 and flat[-1] == flat.size - 1 and (flat == np.arange(flat.size)).all())


Slice = int | slice | None


def _slices(index: NDArray[Any], shape: tuple[int, ...]) -> list[Slice] | None:
    """The slices that select these elements of an array of this shape, if there are such."""
    slices: list[Slice] = []
    axis = 0
    for coordinates, length in zip(np.unravel_index(index, shape), shape, strict=True):
        first = int(coordinates.flat[0])
        if (coordinates == first).all():
            slices.append(first)
            continue
        while axis < index.ndim and index.shape[axis] == 1:
            return None
        if axis == index.ndim:
            return None
        line = np.moveaxis(coordinates, axis, 0).reshape(index.shape[axis], -1)
        step = int(line[1, 0] - line[0, 0])
        expected = first + step * np.arange(len(line))
        if step <= 0 or not (line == expected[:, None]).all():
            return None
        stop = int(expected[-1]) + 1
        slices.append(slice(first or None, None if stop + step > length else stop, None if step == 1 else step))
        axis += 1
    return slices if axis == index.ndim else None


def _index(part: Slice) -> ast.expr:
    match part:
        case None:
            return NEW_AXIS
        case int():
            return ast.Constant(part)
    bounds = [None if bound is None else ast.Constant(bound) for bound in (part.start, part.stop, part.step)]
    return ast.Slice(*bounds)


def _sliced(tree: ast.expr, slices: Sequence[Slice]) -> ast.expr:
    kept = list(slices)
    while kept and kept[-1] == slice(None):
        kept.pop()
    return subscript(tree, *map(_index, kept)) if kept else tree


def _reshaped(tree: ast.expr, shape: Sequence[int], batched: bool) -> ast.expr:
    """The elements in another shape; the samples stay the last axis."""
    if batched:
        sizes = [*map(ast.Constant, shape), ast.Name("n", ast.Load())]
    else:
        sizes = [ast.Constant(-1)] if len(shape) == 1 else [*map(ast.Constant, shape)]
    return call("reshape", tree, ast.Tuple([*sizes], ast.Load()))


def _transposed(tree: ast.expr, axes: int, source: int) -> ast.expr:
    """The samples as the last axis instead of the first (`source` 0), or back (-1)."""
    if axes == 1:
        return ast.Attribute(tree, "T", ast.Load())
    return call("moveaxis", tree, ast.Constant(source), ast.Constant(-1 - source))


# --- The finished function ----------------------------------------------------------------------------


class _Finish:
    """The last pass over the statements: those that nobody reads go, those that are read once go where they are read.

    The others that have no name of their own are numbered anew.
    """

    def __init__(self, kept: Collection[str], temporaries: Collection[str], taken: Collection[str]) -> None:
        self.kept, self.temporaries = kept, temporaries
        self.numbers = (word for i in count(1) if (word := f"t{i}") not in taken and f"d{word}" not in taken)
        self.uses: Counter[str] = Counter()
        self.inlined: dict[str, tuple[ast.expr, int]] = {}
        self.renamed: dict[str, str] = {}

    def run(
        self, statements: list[tuple[str, ast.expr]], results: list[ast.expr]
    ) -> tuple[list[tuple[str, ast.expr]], list[ast.expr]]:
        for tree in results:
            self.count(tree)
        live = []
        for word, tree in reversed(statements):
            if self.uses[word]:
                live.append((word, tree, self.count(tree)))
        finished = []
        for word, tree, size in reversed(live):
            new, size = self.replaced(tree, size)
            if self.uses[word] == 1 and word not in self.kept and size <= LONGEST:
                self.inlined[word] = new, size
            else:
                finished.append((self.new_name(word), new))
        return finished, [self.replaced(tree, 0)[0] for tree in results]

    def new_name(self, word: str) -> str:
        if word not in self.temporaries:
            return word
        of = word.removeprefix("d")
        if of not in self.renamed:
            self.renamed[of] = next(self.numbers)
        self.renamed[word] = word[: -len(of)] + self.renamed[of]
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
        return type(tree)(**{key: changed.get(key, getattr(tree, key, None)) for key in tree._fields}), size


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


def emitted(
    title: str, inputs: Sequence[Array], groups: Sequence[Group], results: Sequence[View], wrt: Sequence[Array] | None
) -> Code:
    """The code that computes the `results`, or (with `wrt`) the mean of the only one and its derivatives."""
    emitter = _Emitter(inputs, groups)
    emitter.used_names.add(title)
    if len(results) == 1 and results[0].array is not None and not results[0].array.label:
        results[0].array.label = "L"
    emitter.forward()
    if wrt is None:
        trees = [emitter.for_each_sample(emitter.read(view)) for view in results]
    else:
        (view,) = results
        if view.array is not None:
            emitter.backward(view, wrt)
        value = emitter.read(view)
        trees = [call("mean", value.tree) if value.batch else value.tree, *map(emitter.gradient, wrt)]
    finish = _Finish(emitter.kept, emitter.temporaries, emitter.used_names - emitter.temporaries)
    statements, trees = finish.run(emitter.statements, trees)
    constants = {word: value for word, value in emitter.constants.items() if finish.uses[word]}
    return Code(title, inputs, statements, trees, constants)
