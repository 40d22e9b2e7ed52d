"""The forward pass of a program: groups become statements, one for each, by the formulas of the table."""

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
    Statement,
    attribute,
    largest_of,
    matmul,
    name,
    number,
    subscript,
    summed,
    without_factors,
)
from autograd.vectorizing.groups import Array, Group, Part, View
from autograd.vectorizing.names import Names, plain
from autograd.vectorizing.rewriting import broadcast, of_formula, plus, simplified

__all__ = ["MANY", "Forward", "forward"]

MANY = 16
"""Maximum number of terms of a sum on one line."""

_CONDITIONS_AMONG = {OPERATIONS["where"]: 1, CONDITIONS["and"]: 2, CONDITIONS["or"]: 2}
"""The number of operands, from the first on, that are conditions."""


@dataclass
class Forward:
    """The statements of a forward pass, and how the arrays that they compute are read afterwards.

    `words` are the names of the arrays, `values` these names as expressions, and `operands` the expressions that stand
    for the variables of each group's formula.
    """

    names: Names
    statements: list[Statement] = field(default_factory=list)
    words: dict[Array, str] = field(default_factory=dict)
    values: dict[Array, Expression] = field(default_factory=dict)
    operands: dict[Group, dict[str, Expression]] = field(default_factory=dict)

    def read(self, view: View) -> Expression:
        """The elements of an array that a view selects, or its constants."""
        array, index = view.array, view.index
        if array is None:
            return number(float(index)) if index.ndim == 0 else Expression(self.names.constant(index), rows=True)
        tree = slices.elements(self.values[array].tree, array.shape, array.batched, index, self.names.constant)
        return Expression(tree, index.ndim > 0, array.batched)

    def part(self, part: Part, is_largest: bool = False) -> Expression:
        """The sum of some summands of a linear form, or the largest of them."""
        factors = [self.read(view) for view in part.factors]
        if not part.is_sum:
            return reduce(partial(simplified, "*"), factors)
        if part.is_product:
            return Expression(matmul(factors[0].tree, factors[1].tree), part.rows, part.batched)
        view = part.factors[0]
        if view.array is None:
            index = view.index.max(axis=-1) if is_largest else view.index.sum(axis=-1)
            return self.read(View(None, np.asarray(index)))
        tree = reduce(lambda x, y: ast.BinOp(x, ast.Mult(), y), (x.tree for x in factors))
        reduction = largest_of if is_largest else summed
        return Expression(reduction(tree, int(part.rows)), part.rows, part.batched)

    def call(self, array: Array, word: str) -> None:
        """Give an array, which has a row for each node of its group, a name."""
        self.words[array] = word
        self.values[array] = name(word, bool(array.shape), array.batched)


def forward(inputs: Sequence[Array], groups: Sequence[Group], result: Array | None, names: Names) -> Forward:
    """The statements for all groups, whose arrays are called by their labels; a `result` without a label is L."""
    block = Forward(names)
    _open(block, inputs)
    for group in groups:
        array = group.array
        x = _computed(block, group)
        if (x.rows, x.batch) != (bool(array.shape), array.batched) or x.is_python_number:
            x = broadcast(x, _with_all_axes(block, group))
        label = plain(array.label or ("L" if array is result and not array.shape else ""))
        block.call(array, names.permanent_name(label) if label.isidentifier() else names.numbered("t"))
        block.statements.append((block.words[array], x.tree))
    return block


def _open(block: Forward, inputs: Sequence[Array]) -> None:
    """Names for the arguments, and the statements that move the samples from the first axis to the last."""
    for array in inputs:
        label = plain(array.label)
        block.call(array, block.names.new(label if label.isidentifier() else "captured"))
    batched = [array for array in inputs if array.batched]
    if batched:
        shape = attribute(block.values[batched[0]].tree, "shape")
        block.statements.append(("n", subscript(shape, ast.Constant(0))))
    for array in batched:
        if array.shape:
            tree = slices.with_samples_last(block.values[array].tree, len(array.shape))
            block.statements.append((block.words[array], tree))
    block.names.permanent.update(word for word, _ in block.statements)


def _with_all_axes(block: Forward, group: Group) -> Expression:
    """An expression with all the axes of the group."""
    return reduce(partial(simplified, "*"), (without_factors(block.read(view)) for view in group.views))


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
        block.statements.append((word, x.tree))
        terms = [name(word, x.rows, x.batch), *terms[MANY:]]
    return simplified("/", plus(terms), number(group.divisor))
