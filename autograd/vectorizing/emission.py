"""The program of a grouped graph: the forward block, the backward block, and the results, after all passes."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence

import numpy as np

from autograd.vectorizing import slices
from autograd.vectorizing.array_expressions import Expression, call, summed
from autograd.vectorizing.backward import backward
from autograd.vectorizing.forward import Forward, forward
from autograd.vectorizing.groups import Array, Step, View
from autograd.vectorizing.names import Names
from autograd.vectorizing.passes import inlined, read_among, renumbered, with_saved, without_unread
from autograd.vectorizing.rewriting import broadcast
from autograd.vectorizing.source import ArrayFunction
from autograd.vectorizing.statements import Assignment, Block

__all__ = ["emitted"]


def emitted(
    title: str, inputs: Sequence[Array], steps: Sequence[Step], results: Sequence[View], wrt: Sequence[Array] | None
) -> ArrayFunction:
    """The function that computes the `results`, or (with `wrt`) the mean of the only result and its derivatives."""
    names = Names()
    title = names.new(title)
    block = forward(inputs, steps, results[0].array if len(results) == 1 else None, names)
    if wrt is None:
        trees = _unshared([_for_each_sample(view, inputs, block) for view in results], inputs, block)
        whole = Block(block.statements, trees)
    else:
        mean = _mean(block.read(results[0]))
        back = backward(results[0], steps, wrt, block)
        trees = _unshared([x.tree for x in back.gradients], inputs, block)
        words = [tree.id if isinstance(tree, ast.Name) else "" for tree in trees]
        words = [word or names.permanent_name(f"d{block.words[x]}") for word, x in zip(words, wrt, strict=True)]
        gradients = [Assignment(*pair) for pair in zip(words, trees, strict=True) if not isinstance(pair[1], ast.Name)]
        results_of = [mean, *(ast.Name(word, ast.Load()) for word in words)]
        whole = Block([*block.statements, *back.statements, *gradients], results_of)
    whole = renumbered(inlined(without_unread(whole), names.permanent), names.temporaries, names.reserved)
    whole = with_saved(whole, names.new)
    parameters = [(block.words[array], array) for array in inputs]
    return ArrayFunction(title, parameters, whole, read_among(names.constants, whole), names.functions)


def _mean(x: Expression) -> ast.expr:
    if x.value is not None:
        return ast.Constant(x.value)
    return call("mean", x.tree) if x.batch else x.tree


def _for_each_sample(view: View, inputs: Sequence[Array], block: Forward) -> ast.expr:
    """A result, repeated if it is the same for all samples."""
    x = block.read(view)
    batched = [array for array in inputs if array.batched]
    if not x.batch and batched:
        x = broadcast(x, _one_of(batched[0], block))
    return x.tree if x.value is None else ast.Constant(x.value)


def _one_of(array: Array, block: Forward) -> Expression:
    """One number per sample: the first of an array of several."""
    if math.prod(array.shape):
        return block.read(View(array, np.zeros((), dtype=int)))
    return Expression(summed(block.values[array], -1), batch=True)  # an empty sum


def _unshared(results: Sequence[ast.expr], inputs: Sequence[Array], block: Forward) -> list[ast.expr]:
    """Results that share no memory with an argument or with each other: ``+x`` is a copy of x."""
    arguments = {block.words[array] for array in inputs}
    returned: set[str] = set()

    def own(tree: ast.expr) -> ast.expr:
        text = ast.unparse(tree)
        is_shared = text in returned or slices.base_of(tree) in arguments
        returned.add(text)
        return ast.UnaryOp(ast.UAdd(), tree) if is_shared else tree

    return list(map(own, results))
