"""The forward pass of a program: groups become statements, one for each, by the formulas of the table.

A loop becomes a ``for`` loop.  What it carries from one iteration to the next has names that are assigned before the
loop, and again at the end of each iteration.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial, reduce

import numpy as np

from autograd.core.table import OPERATIONS
from autograd.extensions.tracing import CONDITIONS, is_condition
from autograd.vectorizing import slices
from autograd.vectorizing.array_expressions import (
    Expression,
    aligned,
    attribute,
    call,
    matmul,
    name,
    number,
    subscript,
    summed,
    without_factors,
)
from autograd.vectorizing.groups import Array, Counter, Group, Loop, Part, Step, View
from autograd.vectorizing.names import Names, plain
from autograd.vectorizing.rewriting import broadcast, of_formula, plus, simplified
from autograd.vectorizing.statements import Appending, Assignment, ForLoop, Statement, Update

__all__ = ["MANY", "Forward", "add_step", "forward"]

MANY = 16
"""Maximum number of terms of a sum on one line."""

_CONDITIONS_AMONG = {OPERATIONS["where"]: 1, CONDITIONS["and"]: 2, CONDITIONS["or"]: 2}
"""The number of operands, from the first on, that are conditions."""


@dataclass
class Forward:
    """The statements of a forward pass, and how the arrays that they compute are read afterwards.

    A `result` without a label is L.  `words` are the names of the arrays, `values` these names as expressions,
    `operands` the expressions that stand for the variables of each group's formula, and `counters` the names of the
    counters of loops.
    """

    names: Names
    result: Array | None = None
    statements: list[Statement] = field(default_factory=list)
    words: dict[Array, str] = field(default_factory=dict)
    values: dict[Array, Expression] = field(default_factory=dict)
    operands: dict[Group, dict[str, Expression]] = field(default_factory=dict)
    counters: dict[Counter, str] = field(default_factory=dict)

    def read(self, view: View) -> Expression:
        """The elements of an array that a view selects, or its constants."""
        counters = [name(self.counters[counter]).tree for counter in view.over]
        if view.array is None:
            if not view.index.ndim:
                return number(float(view.index))
            constants = self.names.constant(view.index)
            return Expression(subscript(constants, *counters) if counters else constants, view.axes)
        tree = slices.elements(self.values[view.array].tree, view, self.names.constant, counters)
        return Expression(tree, view.axes, view.batched)

    def part(self, part: Part, is_largest: bool = False) -> Expression:
        """The sum of some summands of a linear form, or the largest of them."""
        factors = [self.read(view) for view in part.factors]
        if not part.is_sum:
            return reduce(partial(simplified, "*"), factors)
        if part.is_product:
            a, b = (factor.tree for factor in factors)
            turned = slices.transposed(a) if factors[0].axes > 1 else a
            tree = matmul(b, turned) if part.batched or part.columns else matmul(a, b)
            if part.columns and factors[0].axes > 1:
                tree = slices.reshaped(tree, (part.columns * part.factors[0].shape[0],), part.batched)
            return Expression(tree, part.axes, part.batched)
        view = part.factors[0]
        if view.array is None and not view.over:
            index = view.index.max(axis=-1) if is_largest else view.index.sum(axis=-1)
            return self.read(View(None, np.asarray(index)))
        tree = reduce(lambda x, y: ast.BinOp(x, ast.Mult(), y), (aligned(x, part.axes + 1) for x in factors))
        terms = Expression(tree, part.axes + 1, part.batched)
        return Expression(summed(terms, -1, "max" if is_largest else "sum"), part.axes, part.batched)

    def call(self, array: Array, word: str) -> None:
        """Give an array a name."""
        self.words[array] = word
        self.values[array] = name(word, len(array.shape), array.batched)

    def assign(self, array: Array, tree: ast.expr, word: str | None = None) -> None:
        """A statement that computes an array, under this name, its label or a temporary name."""
        label = plain(array.label or ("L" if array is self.result and not array.shape else ""))
        if not word:
            word = self.names.permanent_name(label) if label.isidentifier() else self.names.numbered("t")
        self.call(array, word)
        self.statements.append(Assignment(self.words[array], tree))


def forward(inputs: Sequence[Array], steps: Sequence[Step], result: Array | None, names: Names) -> Forward:
    """The statements for all steps, whose arrays are called by their labels."""
    block = Forward(names, result)
    _open(block, inputs)
    for step in steps:
        add_step(block, step)
    return block


def _open(block: Forward, inputs: Sequence[Array]) -> None:
    """Names for the arguments and for the number of samples."""
    for array in inputs:
        label = plain(array.label)
        block.call(array, block.names.new(label if label.isidentifier() else "captured"))
    batched = [array for array in inputs if array.batched]
    if batched:
        shape = attribute(block.values[batched[0]].tree, "shape")
        block.statements.append(Assignment("n", subscript(shape, ast.Constant(0))))
        block.names.permanent.add("n")


def add_step(block: Forward, step: Step, word: str | None = None) -> None:
    """Add the statements of a step; `word` is the name of what it computes, if it should not be its label."""
    if isinstance(step, Loop):
        _loop(block, step)
        return
    array = step.array
    x = _computed(block, step)
    if (x.axes, x.batch) != (len(array.shape), array.batched) or x.is_python_number:
        x = broadcast(x, _with_all_axes(block, step))
    block.assign(array, x.tree, word)


# --- Loops ------------------------------------------------------------------------------------------------


def _loop(block: Forward, loop: Loop) -> None:
    """The statements for a loop; those inside are collected apart."""
    for _, previous, _ in loop.carried:
        word = plain(previous.label)
        block.call(previous, block.names.new(word) if word.isidentifier() else block.names.numbered("s"))
    words = tuple(block.words[x.previous] for x in loop.carried)
    if words:
        block.statements.append(Update(words, tuple(block.read(x.initial).tree for x in loop.carried)))
    block.counters[loop.counter] = block.names.counter()
    before, block.statements = block.statements, []
    for step in loop.body:
        add_step(block, step)
    lists = [block.names.list_of(block.words[x.inside.array]) for x in loop.stacks if x.inside.array]
    for word, (inside, _) in zip(lists, loop.stacks, strict=True):
        block.statements.append(Appending(word, block.read(inside).tree))
    if words:
        block.statements.append(Update(words, tuple(block.read(x.following).tree for x in loop.carried)))
    body, block.statements = block.statements, before
    following = {(x.following.array, x.following.index.tobytes()): x.previous for x in loop.carried}
    ends = [(x.inside, following.get((x.inside.array, x.inside.index.tobytes()))) for x in loop.finals]
    trees = [(block.read(view) if previous is None else block.values[previous]).tree for view, previous in ends]
    block.statements += [Assignment(word, ast.List([], ast.Load())) for word in lists]
    block.statements.append(ForLoop(loop.counter, block.counters[loop.counter], body))
    for tree, x in zip(trees, loop.finals, strict=True):
        block.assign(x.outside, tree)
    for word, x in zip(lists, loop.stacks, strict=True):
        block.assign(x.outside, call("stack", name(word).tree, axis=ast.Constant(int(x.outside.batched))))


# --- Groups -----------------------------------------------------------------------------------------------


def _with_all_axes(block: Forward, group: Group) -> Expression:
    """An expression with all the axes of the group."""
    summed_up = [block.part(part) for part in group.parts]
    return reduce(partial(simplified, "*"), map(without_factors, [*map(block.read, group.operands), *summed_up]))


def _computed(block: Forward, group: Group) -> Expression:
    """The result of a group, before it has a name."""
    if group.parts:
        return _linear_form(block, group)
    block.operands[group] = operands = _operands(block, group)
    op = group.op
    z = of_formula(op.value.tree, operands)
    if is_condition(op) and not group.array.is_condition:
        return simplified("where", z, number(1), number(0))
    if op.domain is not None and not op.is_built_in:  # the table's own formulas give nan or infinity
        return simplified("where", of_formula(op.domain.tree, operands), z, number(math.nan))
    return z


def _operands(block: Forward, group: Group) -> dict[str, Expression]:
    """The expressions for the variables of the group's formulas, and for the Python functions that they call."""
    op = group.op
    pairs = list(zip(op.operands, group.operands, strict=True))
    operands = {x: block.read(view) for x, view in pairs}
    for x, view in pairs[: _CONDITIONS_AMONG.get(op, 0)]:
        if view.array is None or not view.array.is_condition:
            operands[x] = simplified("!=", operands[x], number(0))
    for formula in (op.value, *op.partials):
        for word, function in formula.functions:
            operands[word] = name(block.names.function(word, function))
    return operands


def _linear_form(block: Forward, group: Group) -> Expression:
    """The sum of the parts, written in lines of at most `MANY` terms; or the largest of them."""
    is_largest = group.op is OPERATIONS["maximum"]
    terms = [block.part(part, is_largest) for part in group.parts]
    if is_largest:
        return reduce(partial(simplified, "maximum"), terms)
    while len(terms) > MANY:
        word, x = block.names.numbered("t"), plus(terms[:MANY])
        block.statements.append(Assignment(word, x.tree))
        terms = [name(word, x.axes, x.batch), *terms[MANY:]]
    return simplified("/", plus(terms), number(group.divisor))
