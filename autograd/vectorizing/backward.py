"""The backward pass of a program: the chain rule, step by step, from the newest to the oldest.

The derivative of the mean with respect to an array is its *adjoint*.  The derivatives
that reach an array are added up under a name, and passed on to the operands of its group: for an operation of the
table times its local derivatives, for sums of products by the rules of matrices.  A loop is walked backwards: an
iteration receives the adjoints of what it has passed on to the one after it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from autograd.extensions.tracing import DETACH, is_condition
from autograd.vectorizing import slices
from autograd.vectorizing.adjoints import Adjoints
from autograd.vectorizing.array_expressions import (
    Expression,
    aligned,
    call,
    matmul,
    name,
    number,
    subscript,
    summed,
    with_new_axes,
    zeros_like,
)
from autograd.vectorizing.forward import Forward
from autograd.vectorizing.groups import Array, Group, Loop, Part, Step, View, everything
from autograd.vectorizing.rewriting import (
    SEED,
    broadcast,
    of_formula,
    plus,
    reciprocal,
    sum_over_nodes,
    sum_over_samples,
    times,
)
from autograd.vectorizing.statements import Accumulation, Appending, Assignment, ForLoop, Statement, Update

__all__ = ["Backward", "add_dependent", "backward", "through_steps"]


@dataclass
class Backward:
    """The statements of the backward pass, and the gradients: the adjoints of the requested arrays."""

    statements: list[Statement] = field(default_factory=list)
    gradients: list[Expression] = field(default_factory=list)


def backward(result: View, steps: Sequence[Step], wrt: Sequence[Array], block: Forward) -> Backward:
    """The statements for the derivatives of the mean of `result` with respect to the arrays `wrt`.

    `block` is the forward pass of the same steps.
    """
    adjoints = Adjoints(_needed(steps, wrt), block)
    adjoints.add(result, SEED if result.batched else number(1))
    through_steps(steps, adjoints)
    return Backward(adjoints.statements, [adjoints.whole(array) for array in wrt])


def through_steps(steps: Sequence[Step], adjoints: Adjoints) -> None:
    """Pass the adjoints on from what the steps compute to what they read."""
    for step in reversed(steps):
        if isinstance(step, Loop):
            _through_loop(step, adjoints)
        elif step.array in adjoints.reached:
            g = adjoints.collected(step.array)
            if step.divisor != 1:
                g = times(g, reciprocal(number(step.divisor)))
            for part in step.parts:
                _through_part(part, g, step, adjoints)
            if step.operands:
                _through_operation(g, step, adjoints)


# --- The adjoints that are needed -------------------------------------------------------------------------


def _needed(steps: Sequence[Step], wrt: Collection[Array]) -> set[Array]:
    """The arrays that depend on those of `wrt`, whose adjoints are needed."""
    needed = set(wrt)
    add_dependent(steps, needed)
    return needed


def add_dependent(steps: Sequence[Step], needed: set[Array]) -> None:
    """Add the arrays that depend on those in `needed`."""
    for step in steps:
        if isinstance(step, Group):
            is_fixed = step.op is DETACH or is_condition(step.op)
            if not is_fixed and any(view.array in needed for view in step.views):
                needed.add(step.array)
            continue
        before = -1
        while before != len(needed):  # an iteration reads what the one before has computed
            before = len(needed)
            needed.update(x.previous for x in step.carried if {x.initial.array, x.following.array} & needed)
            add_dependent(step.body, needed)
        needed.update(x.outside for x in (*step.finals, *step.stacks) if x.inside.array in needed)


def _add_contributing(steps: Sequence[Step], reached: set[Array | None]) -> None:
    """Add the arrays from which those in `reached` are computed."""
    for step in reversed(steps):
        if isinstance(step, Group):
            if step.array in reached:
                reached.update(view.array for view in step.views)
            continue
        reached.update(x.inside.array for x in (*step.finals, *step.stacks) if x.outside in reached)
        before = -1
        while before != len(reached):
            before = len(reached)
            _add_contributing(step.body, reached)
            reached.update(x.following.array for x in step.carried if x.previous in reached)
        reached.update(x.initial.array for x in step.carried if x.previous in reached)


# --- The chain rule through a loop --------------------------------------------------------------------------


def _through_loop(loop: Loop, adjoints: Adjoints) -> None:
    """A loop backwards.

    An iteration starts with the adjoints of what it has left: in the last one, those of the numbers that are read after
    the loop, in the others, those of the numbers that the next iteration has read.
    """
    block, names = adjoints.block, adjoints.block.names
    reached: set[Array | None] = set(adjoints.reached)
    _add_contributing([loop], reached)
    carried = [x for x in loop.carried if x.previous in reached and x.previous in adjoints.needed]
    finals, stacks = ([x for x in passed if x.outside in adjoints.reached] for passed in (loop.finals, loop.stacks))
    if not (carried or finals or stacks):
        return
    body = Adjoints(adjoints.needed, block)
    starts: dict[str, ast.expr] = {}
    ends = {_key(inside): adjoints.whole(outside) for inside, outside in finals}
    for _, previous, following in carried:
        word = names.derivative(block.words[previous])
        starts[word] = ends.pop(_key(following), zeros_like(block.values[previous])).tree
        body.add(following, name(word, following.axes, following.batched))
    for inside, outside in finals:
        if _key(inside) in ends:  # it is not carried as well
            word = names.derivative(block.words[outside])
            starts[word] = ends[_key(inside)].tree
            body.add(inside, name(word, inside.axes, inside.batched))
    for inside, outside in stacks:
        x = adjoints.named(names.derivative(block.words[outside]), adjoints.whole(outside))
        body.add(inside, _of_iteration(x, outside, loop, block))

    through_steps(loop.body, body)

    updates = [body.whole(x.previous).tree for x in carried]
    updates += [call("zeros_like", name(word).tree) for word in [*starts][len(carried) :]]
    totals = _of_all_iterations(loop, body, adjoints)
    if starts:
        adjoints.statements.append(Update(tuple(starts), tuple(starts.values())))
        body.statements.append(Update(tuple(starts), tuple(updates)))
    adjoints.statements.append(ForLoop(loop.counter, block.counters[loop.counter], body.statements, is_reversed=True))
    for view, x in totals:
        adjoints.add(view, x)
    for word, (initial, _, following) in zip(starts, carried, strict=False):
        adjoints.add(initial, name(word, following.axes, following.batched))


def _key(view: View) -> tuple[Array | None, bytes]:
    return view.array, view.index.tobytes()


def _of_iteration(x: Expression, stack: Array, loop: Loop, block: Forward) -> Expression:
    """The part of the adjoint `x` of a stack that belongs to one iteration."""
    view = everything(stack)
    moving = View(stack, view.index, (loop.counter,))
    counter = name(block.counters[loop.counter]).tree
    return Expression(slices.elements(x.tree, moving, block.names.constant, [counter]), moving.axes, moving.batched)


def _of_all_iterations(loop: Loop, body: Adjoints, adjoints: Adjoints) -> list[tuple[View, Expression]]:
    """The derivatives with respect to arrays from outside the loop, from all its iterations.

    Those of elements that move with the iterations are put side by side, the others added up.
    """
    names, words = body.block.names, body.block.words
    inside = set(loop.arrays)
    totals: list[tuple[View, Expression]] = []
    sums: list[str] = []
    for array, reached in body.reached.items():
        if array in inside:
            continue
        fixed: dict[tuple[object, ...], list[tuple[View, Expression]]] = {}
        for view, x in reached:
            if not (view.over and view.over[-1] is loop.counter):
                fixed.setdefault((view.over, view.index.shape, view.index.tobytes()), []).append((view, x))
                continue
            word = names.list_of(words[array], "d")
            adjoints.statements.append(Assignment(word, ast.List([], ast.Load())))
            body.statements.append(Appending(word, body.in_full(x, view).tree))
            forwards = subscript(name(word).tree, ast.Slice(step=ast.UnaryOp(ast.USub(), ast.Constant(1))))
            tree = call("stack", forwards, axis=ast.Constant(int(view.batched)))
            whole = View(array, view.index, view.over[:-1])
            totals.append((whole, Expression(tree, whole.axes, whole.batched)))
        for entries in fixed.values():
            x = plus([x for _, x in entries])
            word = names.derivative(words[array])
            sums.append(word)
            body.statements.append(Accumulation(word, x.tree))
            totals.append((entries[0][0], name(word, x.axes, x.batch)))
    if sums:
        adjoints.statements.append(Update(tuple(sums), (ast.Constant(0.0),) * len(sums)))
    return totals


# --- The chain rule through a group -------------------------------------------------------------------------


def _through_operation(g: Expression, group: Group, adjoints: Adjoints) -> None:
    """The derivative with respect to an operand: its local derivative times the adjoint `g` of the result."""
    variables = {**adjoints.block.operands[group], "z": adjoints.block.values[group.array]}
    for view, partial in zip(group.operands, group.op.partials, strict=True):
        if view.array in adjoints.needed:
            x = times(g, of_formula(partial.tree, variables))
            adjoints.add(view, _reduced(x, group, view.axes, view.batched))


def _through_part(part: Part, g: Expression, group: Group, adjoints: Adjoints) -> None:
    """The same for the factors of some summands of a linear form."""
    if not any(view.array in adjoints.needed for view in part.factors):
        return
    factors = [adjoints.block.read(view) for view in part.factors]
    if not part.is_sum:
        for i, view in enumerate(part.factors):
            x = times(g, *factors[:i], *factors[i + 1 :])
            adjoints.add(view, _reduced(x, group, view.axes, view.batched))
        return
    g = _reduced(g, group, part.axes, part.batched)
    if len(factors) == 1 and not part.axes:
        adjoints.add(part.factors[0], g)  # the same for each of the terms
        return
    if part.is_product and not (part.axes or part.batched):
        for view, other in zip(part.factors, reversed(factors), strict=True):
            adjoints.add(view, times(g, other))
        return
    whole = adjoints.block.values[group.array]
    has_all_axes = (part.axes, part.batched) == (whole.axes, whole.batch)
    g = broadcast(g, whole if has_all_axes else adjoints.block.part(part))
    for i, view in enumerate(part.factors):
        tree = (
            _product_rule(i, part, g.tree, *(x.tree for x in factors))
            if part.is_product
            else _sum_rule(i, part, g, factors)
        )
        adjoints.add(view, Expression(tree, view.axes, view.batched))


def _product_rule(i: int, part: Part, g: ast.expr, a: ast.expr, b: ast.expr) -> ast.expr:
    """The derivative with respect to a (i = 0) or to b (i = 1) in ``b @ a.T``, whose adjoint is g."""

    def outer(x: ast.expr, y: ast.expr, axes: int = 1) -> ast.expr:
        return ast.BinOp(with_new_axes(x, axes), ast.Mult(), y)

    if part.columns:
        several, k = part.factors[0].axes > 1, part.factors[1].shape[-1]
        if i == 0:  # samples and columns are one axis, over which the product adds up
            rows = slices.reshaped(g, (-1, part.factors[0].shape[0]) if several else (-1,), False)
            return matmul(slices.transposed(rows) if several else rows, slices.reshaped(b, (-1, k), False))
        if not several:
            return outer(g, a, 1 + int(part.batched))
        return matmul(slices.reshaped(g, (part.columns, part.factors[0].shape[0]), part.batched), a)
    match part.axes, part.batched:
        case 1, True:
            return matmul(slices.transposed(g), b) if i == 0 else matmul(g, a)
        case 0, True:
            return matmul(g, b) if i == 0 else outer(g, a)
    return outer(g, b) if i == 0 else matmul(g, a)


def _sum_rule(i: int, part: Part, g: Expression, factors: Sequence[Expression]) -> ast.expr:
    """The derivative with respect to the i-th factor in ``sum(a * b)`` or ``sum(a)``, whose adjoint is g."""
    axes = part.axes + int(part.batched)
    column = with_new_axes(g.tree, axes) if axes else g.tree
    if len(factors) == 2:
        tree: ast.expr = ast.BinOp(column, ast.Mult(), aligned(factors[1 - i], part.axes + 1))
    else:
        tree = ast.BinOp(column, ast.Add(), call("zeros_like", factors[0].tree))
    is_shared = part.axes and part.factors[i].axes == 1
    return summed(Expression(tree, part.axes + 1, part.batched), -2) if is_shared else tree


def _reduced(x: Expression, group: Group, axes: int, batch: bool) -> Expression:
    """A derivative in all axes of a group, summed over those that its operand lacks."""
    if group.array.batched and not batch:
        x = sum_over_samples(x)
    if group.array.shape and not axes:
        x = sum_over_nodes(x, group.array.shape[0])
    return x
