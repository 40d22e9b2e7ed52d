"""The program of a grouped graph: array statements forward, and backward by the chain rule.

Forward, each group is one statement, its formula from the table.  Backward, newest group first, the derivatives that
have reached a group's array are added up, and passed on to what the group has read: for an operation of the table by
its local derivatives, for sums of products by the rules of matrices.
"""

from __future__ import annotations

import ast
import keyword
import math
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.core.table import OPERATIONS
from autograd.extensions.tracing import CONDITIONS, is_condition
from autograd.formula.language import DERIVED
from autograd.formula.systems import PRIMITIVES
from autograd.vectorizing import slices
from autograd.vectorizing.array_expressions import (
    SEED,
    Expression,
    applied,
    attribute,
    binary,
    broadcast,
    call,
    choice,
    compared,
    largest_of,
    matmul,
    name,
    number,
    plus,
    reciprocal,
    subscript,
    sum_over_batch,
    sum_over_rows,
    summed,
    times,
    with_new_last_axis,
    without_factors,
    written,
    zeros_like,
)
from autograd.vectorizing.grouping import Array, Group, Part, View
from autograd.vectorizing.passes import Listing, Statement, finished

__all__ = ["emitted"]

USED = frozenset(
    "n pi nan inf sum mean max concat stack reshape moveaxis put zeros_like s_ logical_and logical_or".split()
)
"""Names that a program uses besides those of the formulas."""

MANY = 16
"""Terms of a sum that are written in one line."""

_CONDITIONS_AMONG = {OPERATIONS["where"]: 1, CONDITIONS["and"]: 2, CONDITIONS["or"]: 2}
"""How many of the operands, from the first on, are conditions."""


def emitted(
    title: str, inputs: Sequence[Array], groups: Sequence[Group], results: Sequence[View], wrt: Sequence[Array] | None
) -> Listing:
    """The function that computes the `results`, or (with `wrt`) the mean of the only one and its derivatives."""
    emitter = _Emitter(title, inputs, groups)
    emitter.forward(results[0].array if len(results) == 1 else None)
    if wrt is None:
        trees = [emitter.own(emitter.for_each_sample(view)) for view in results]
    else:
        value = emitter.read(results[0])
        emitter.backward(results[0], wrt)
        mean = call("mean", value.tree) if value.batch else value.tree
        trees = [mean if value.value is None else ast.Constant(value.value), *map(emitter.gradient, wrt)]
    taken = emitter.used - emitter.temporaries
    statements, trees, names = finished(emitter.statements, trees, emitter.kept, emitter.temporaries, taken)
    constants = {word: value for word, value in emitter.constants.items() if word in names}
    parameters = [(emitter.names[array], array) for array in inputs]
    functions = {word: function for function, word in emitter.functions.items()}
    return Listing(emitter.title, parameters, statements, trees, constants, functions)


class _Emitter:
    """Writes the statements of one program."""

    def __init__(self, title: str, inputs: Sequence[Array], groups: Sequence[Group]) -> None:
        self.inputs, self.groups = inputs, groups
        self.statements: list[Statement] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self.names_of_constants: dict[Any, str] = {}
        self.functions: dict[Callable[..., float], str] = {}
        self.names: dict[Array, str] = {}
        self.values: dict[Array, Expression] = {}
        self.operands: dict[Group, dict[str, Expression]] = {}
        self.derivatives: dict[Array, list[tuple[NDArray[Any], Expression]]] = {}
        self.needed: set[Array] = set()  # the arrays whose derivatives are needed
        self.used = {*USED, *PRIMITIVES, *DERIVED}
        self.kept: set[str] = set()  # names that stay, even if they are read only once
        self.temporaries: set[str] = set()  # names that are only numbers
        self.last_numbers: dict[str, int] = {}
        self.returned: set[str] = set()  # results, as text
        self.title = self.named(title)

    # --- names and statements ----------------------------------------------------------------------------

    def named(self, label: str) -> str:
        """The label, with as many _ as it takes to be new."""
        word = unicodedata.normalize("NFKC", label)
        while word in self.used or keyword.iskeyword(word) or word == "__debug__":
            word += "_"
        self.used.add(word)
        return word

    def numbered(self, letter: str) -> str:
        """The letter with the next number."""
        number = self.last_numbers.get(letter, 0) + 1
        while f"{letter}{number}" in self.used:
            number += 1
        self.last_numbers[letter] = number
        word = f"{letter}{number}"
        self.used.add(word)
        self.temporaries.add(word)
        return word

    def add(self, word: str, x: Expression) -> Expression:
        """One more statement; what it computes goes by this name from now on."""
        self.statements.append((word, x.tree))
        return name(word, x.rows, x.batch)

    def constant(self, value: NDArray[Any]) -> ast.expr:
        """The name of an array of constants or of positions."""
        letter = "c" if value.dtype.kind == "f" else "i"
        key = letter, value.shape, value.tobytes()
        if key not in self.names_of_constants:
            self.names_of_constants[key] = word = self.numbered(letter)
            self.constants[word] = value
        return ast.Name(self.names_of_constants[key], ast.Load())

    def function(self, word: str, function: Callable[..., float]) -> str:
        """The name of a Python function of floats."""
        if function not in self.functions:
            self.functions[function] = self.named(word)
        return self.functions[function]

    # --- forward -----------------------------------------------------------------------------------------

    def forward(self, result: Array | None) -> None:
        """Statements for all groups; a single result without a name is called L."""
        self.open()
        for group in self.groups:
            array = group.array
            x = self.computed(group)
            if (x.rows, x.batch) != (bool(array.shape), array.batched) or x.is_plain:
                x = broadcast(x, self.shaped_like(group))
            label = array.label or ("L" if array is result and not array.shape else "")
            if unicodedata.normalize("NFKC", label).isidentifier():
                self.names[array] = self.named(label)
                self.kept.add(self.names[array])
            else:
                self.names[array] = self.numbered("t")
            self.values[array] = self.add(self.names[array], x)

    def open(self) -> None:
        """Names for the arguments; the samples go from the first axis to the last."""
        for array in self.inputs:
            label = unicodedata.normalize("NFKC", array.label or "")
            self.names[array] = self.named(label) if label.isidentifier() else self.named("outside")
            self.values[array] = name(self.names[array], bool(array.shape), array.batched)
        batched = [array for array in self.inputs if array.batched]
        if batched:
            shape = attribute(self.values[batched[0]].tree, "shape")
            self.add("n", Expression(subscript(shape, ast.Constant(0))))
        for array in batched:
            if array.shape:
                tree = slices.with_samples_last(self.values[array].tree, len(array.shape))
                self.statements.append((self.names[array], tree))
        self.kept.update(word for word, _ in self.statements)

    def shaped_like(self, group: Group) -> Expression:
        """Some expression with all the axes of the group."""
        factors = [without_factors(self.read(view)) for view in group.views]
        return reduce(lambda x, y: binary("*", x, y), factors)

    def computed(self, group: Group) -> Expression:
        """The group's formula, with what it reads in place of its variables."""
        op = group.op
        if group.parts:
            parts = [self.part(part, is_largest=op.name == "maximum") for part in group.parts]
            if op.name == "maximum":
                return reduce(lambda x, y: applied("maximum", x, y), parts)
            return binary("/", self.sum_of(parts), number(group.divisor))
        given = {x: self.read(view) for x, view in zip(op.operands, group.operands, strict=True)}
        for x, view in list(zip(op.operands, group.operands, strict=True))[: _CONDITIONS_AMONG.get(op, 0)]:
            if view.array is None or not view.array.is_condition:
                given[x] = compared("!=", given[x], number(0))
        for formula in (op.value, *op.partials):
            for word, function in formula.functions:
                given[word] = name(self.function(word, function))
        self.operands[group] = given
        z = written(op.value.tree, given)
        if is_condition(op) and not group.array.is_condition:
            return choice(z, number(1), number(0))
        if op.domain is not None and not op.is_built_in:  # the table's own are nan or infinite by themselves
            return choice(written(op.domain.tree, given), z, number(math.nan))
        return z

    def sum_of(self, terms: list[Expression]) -> Expression:
        """The sum, so many terms at a time that they can be read."""
        while len(terms) > MANY:
            terms = [self.add(self.numbered("t"), plus(terms[:MANY])), *terms[MANY:]]
        return plus(terms)

    def part(self, part: Part, is_largest: bool = False) -> Expression:
        """Summands of a linear form."""
        factors = [self.read(view) for view in part.factors]
        if not part.is_sum:
            return reduce(lambda x, y: binary("*", x, y), factors)
        if part.is_product:
            return Expression(matmul(factors[0].tree, factors[1].tree), part.rows, part.batched)
        view = part.factors[0]
        if view.array is None:
            index = view.index.max(axis=-1) if is_largest else view.index.sum(axis=-1)
            return self.read(View(None, np.asarray(index)))
        tree = reduce(lambda x, y: ast.BinOp(x, ast.Mult(), y), (x.tree for x in factors))
        reduction = largest_of if is_largest else summed
        return Expression(reduction(tree, int(part.rows)), part.rows, part.batched)

    def read(self, view: View) -> Expression:
        """What a view stands for."""
        array, index = view.array, view.index
        if array is None:
            return number(float(index)) if index.ndim == 0 else Expression(self.constant(index), rows=True)
        tree = slices.elements(self.values[array].tree, array.shape, array.batched, index, self.constant)
        return Expression(tree, index.ndim > 0, array.batched)

    def for_each_sample(self, view: View) -> ast.expr:
        """A result, repeated if it is the same for all samples."""
        x = self.read(view)
        batched = [array for array in self.inputs if array.batched]
        if not x.batch and batched:
            x = broadcast(x, self.one_of(batched[0]))
        return x.tree if x.value is None else ast.Constant(x.value)

    def one_of(self, array: Array) -> Expression:
        """One number for each sample: the first of an array of several."""
        if math.prod(array.shape):
            return self.read(View(array, np.zeros((), dtype=int)))
        return Expression(summed(self.values[array].tree, 0), batch=True)  # a sum of nothing

    # --- backward ----------------------------------------------------------------------------------------

    def backward(self, result: View, wrt: Collection[Array]) -> None:
        """Statements for the derivatives of the mean of `result`."""
        self.needed = set(wrt)
        for group in self.groups:
            if any(view.array in self.needed for view in group.views):
                self.needed.add(group.array)
        self.pass_on(result, SEED if result.batched else number(1))
        for group in reversed(self.groups):
            if group.array in self.derivatives:
                g = self.collected(group.array)
                if group.divisor != 1:
                    g = times(g, reciprocal(number(group.divisor)))
                for part in group.parts:
                    self.pass_through(part, g, group)
                if group.operands:
                    self.pass_through_operation(g, group)

    def pass_on(self, view: View, x: Expression) -> None:
        """Let a derivative reach what a view has read."""
        array = view.array
        if array not in self.needed or x.value == 0:
            return
        assert array is not None
        reached = self.derivatives.setdefault(array, [])
        reached.append((view.index, x))
        if len(reached) > MANY:  # so that what they are computed from need not be kept
            so_far = self.add(self.numbered("t"), self.total(array))
            self.derivatives[array] = [(np.arange(math.prod(array.shape)), so_far)]

    def collected(self, array: Array) -> Expression:
        """The derivative by an array under a name of its own, if it is more than a name or a number."""
        x = self.total(array)
        unsigned = x.tree.operand if isinstance(x.tree, ast.UnaryOp) else x.tree
        if isinstance(unsigned, ast.Name) or x.is_plain:
            return x
        word = self.named(f"d{self.names[array]}")
        if self.names[array] in self.temporaries:
            self.temporaries.add(word)
        return self.add(word, x)

    def total(self, array: Array) -> Expression:
        """The sum of all that has reached an array."""
        whole: list[Expression] = []
        pieces: list[tuple[NDArray[Any], Expression]] = []
        for index, x in self.derivatives.pop(array):
            if not slices.is_everything(index, array.shape):
                pieces.append((index, x))
            elif index.shape != array.shape and x.rows:
                tree = broadcast(x, self.read(View(array, index))).tree
                whole.append(Expression(slices.reshaped(tree, array.shape, array.batched), True, array.batched))
            else:
                whole.append(x)
        return plus([*whole, *self.joined(array, pieces)])

    def joined(self, array: Array, pieces: list[tuple[NDArray[Any], Expression]]) -> Iterator[Expression]:
        """Derivatives by some elements of an array as derivatives by all of it."""
        pieces = [(index, broadcast(x, self.read(View(array, index)))) for index, x in pieces]
        pieces.sort(key=lambda piece: int(piece[0].flat[0]))
        if pieces and len(array.shape) == 1:
            indices, trees = [index for index, _ in pieces], [x.tree for _, x in pieces]
            if slices.is_everything(np.concatenate([index.ravel() for index in indices]), array.shape):
                if not any(index.ndim for index in indices):
                    joined = call("stack", ast.List(trees, ast.Load()))
                else:
                    rows = [
                        tree if index.ndim == 1 else slices.reshaped(tree, (index.size,), array.batched)
                        for index, tree in zip(indices, trees, strict=True)
                    ]
                    joined = call("concat", ast.List(rows, ast.Load()))
                yield Expression(joined, True, array.batched)
                return
        for index, x in pieces:
            tree = slices.place(
                self.values[array].tree, array.shape, array.batched, index, x.tree, self.constant
            )  # fmt: skip
            yield Expression(tree, True, array.batched)

    def gradient(self, array: Array) -> ast.expr:
        """The derivative by an argument, in the shape in which it came."""
        like = self.values[array]
        x = broadcast(self.total(array), like) if array in self.derivatives else zeros_like(like)
        tree = slices.with_samples_last(x.tree, len(array.shape), back=True) if array.batched else x.tree
        word = self.named(f"d{self.names[array]}")
        self.kept.add(word)
        return self.add(word, Expression(self.own(tree))).tree

    def own(self, tree: ast.expr) -> ast.expr:
        """A result that shares no memory with an argument or with another result: ``+x`` is a copy of x."""
        text = ast.unparse(tree)
        is_shared = text in self.returned or slices.base_of(tree) in map(self.names.get, self.inputs)
        self.returned.add(text)
        return ast.UnaryOp(ast.UAdd(), tree) if is_shared else tree

    def pass_through_operation(self, g: Expression, group: Group) -> None:
        """The chain rule: the derivative by an operand is the local derivative times g."""
        given = {**self.operands[group], "z": self.values[group.array]}
        for view, partial in zip(group.operands, group.op.partials, strict=True):
            if view.array in self.needed:
                x = times(g, written(partial.tree, given))
                self.pass_on(view, self.reduced(x, group, view.index.ndim > 0, view.batched))

    def pass_through(self, part: Part, g: Expression, group: Group) -> None:
        """The same for the summands of a linear form."""
        if not any(view.array in self.needed for view in part.factors):
            return
        factors = [self.read(view) for view in part.factors]
        if not part.is_sum:
            for i, view in enumerate(part.factors):
                x = times(g, *factors[:i], *factors[i + 1 :])
                self.pass_on(view, self.reduced(x, group, view.index.ndim > 0, view.batched))
            return
        g = self.reduced(g, group, part.rows, part.batched)
        if len(factors) == 1 and not part.rows:
            self.pass_on(part.factors[0], g)  # to each of the terms alike
            return
        if part.is_product and not (part.rows or part.batched):
            for i, view in enumerate(part.factors):
                self.pass_on(view, times(g, factors[1 - i]))
            return
        whole = self.values[group.array]
        g = broadcast(g, whole if (part.rows, part.batched) == (whole.rows, whole.batch) else self.part(part))
        for i, view in enumerate(part.factors):
            if part.is_product:
                tree = _product_rule(i, part, g.tree, *(factor.tree for factor in factors))
            else:
                column = with_new_last_axis(g.tree) if part.rows else g.tree
                other = factors[1 - i].tree if len(factors) == 2 else None
                if other is None:
                    tree = ast.BinOp(column, ast.Add(), zeros_like(factors[i]).tree)
                else:
                    tree = ast.BinOp(column, ast.Mult(), other)
                if part.rows and view.index.ndim == 1:
                    tree = summed(tree, 0)
            self.pass_on(view, Expression(tree, True, view.batched))

    def reduced(self, x: Expression, group: Group, rows: bool, batch: bool) -> Expression:
        """A derivative in all the axes of a group, added up over those that what it belongs to does not have."""
        if group.array.batched and not batch:
            x = sum_over_batch(x)
        if group.array.shape and not rows:
            x = sum_over_rows(x, group.array.shape[0])
        return x


def _product_rule(i: int, part: Part, g: ast.expr, a: ast.expr, b: ast.expr) -> ast.expr:
    """The derivative of ``a @ b`` by a (i = 0) or by b (i = 1), where that by the product itself is g."""

    def outer(x: ast.expr, y: ast.expr) -> ast.expr:
        return ast.BinOp(with_new_last_axis(x), ast.Mult(), y)

    match part.rows, part.batched:
        case True, True:
            return matmul(g, slices.transposed(b)) if i == 0 else matmul(slices.transposed(a), g)
        case False, True:
            return matmul(b, g) if i == 0 else outer(a, g)
    return outer(g, b) if i == 0 else matmul(slices.transposed(a), g)
