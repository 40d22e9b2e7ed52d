"""The graph of a function for a page: recorded without numbers, so that both branches of ``where`` are in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from autograd.core.graph import newest_first
from autograd.core.recording import record
from autograd.core.value import Constant, Value, as_float, is_real, shown
from autograd.extensions.tracing import TracingError, Unknown, argument, traced
from autograd.transforms import pytrees
from autograd.transforms.signatures import misfit, name_of

__all__ = ["graph_of"]


def graph_of(f: Callable[..., Any], inputs: Mapping[str, Any]) -> tuple[Value, bool]:
    """The result of `f` for the `inputs`, trees of numbers, as a Value whose graph has every branch of ``where``.

    Numbers become Values with the names of their places, and Constants stay data.  A function that needs their numbers
    to decide what to compute is recorded with them, and has only the branch that it took: then the second part of the
    result is False.

    Raises TypeError if the inputs do not fit, or if the result is not a single number that depends on them.

    >>> from autograd import where
    >>> root, has_all_branches = graph_of(lambda w: where(w > 0, w, 0.1 * w), {"w": -0.5})
    >>> root.data, [type(x).__name__ for x in root.args], has_all_branches
    (-0.05, ['Value', 'Value', 'Value'], True)
    """
    problem = misfit(f, [], inputs)
    if problem:
        raise TypeError(
            f"page({name_of(f)}, ...): {problem}; write its arguments by name, as in page(f, w=0.5), or as a "
            'dict, as in page(f, {"w": 0.5})'
        )

    def run(unknown: Unknown) -> tuple[dict[str, Value], Value]:
        leaves = {place: argument(unknown, _label(place)) for place, _ in _numbers(inputs)}
        return leaves, _called(f, inputs, leaves)

    try:
        leaves, root = traced(run, name_of(f))
    except TracingError:
        return _called(f, inputs, {place: _leaf(place, x) for place, x in _numbers(inputs)}), False
    originals = {leaf: _leaf(place, x) for (place, x), leaf in zip(_numbers(inputs), leaves.values(), strict=True)}
    return _replayed(root, originals), True


def _numbers(inputs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The numbers among the inputs with their places; others, such as strings, are passed on as they are."""
    everything = (leaf for name, tree in inputs.items() for leaf in pytrees.leaves(tree, name))
    return [(place, x) for place, x in everything if is_real(x)]


def _called(f: Callable[..., Any], inputs: Mapping[str, Any], leaves: Mapping[str, Any]) -> Value:
    """The result of `f` with the `leaves`, by place, instead of its numbers."""
    trees = {
        name: pytrees.rebuilt(tree, iter([leaves.get(place, x) for place, x in pytrees.leaves(tree, name)]))
        for name, tree in inputs.items()
    }
    result = pytrees.scalar(f(**trees))
    if is_real(result):
        raise TypeError(
            f"{name_of(f)} returned {shown(result)}, which does not depend on its inputs: nothing can be moved"
        )
    if type(result) is not Value:
        raise TypeError(f"a page needs a function that returns one number, but {name_of(f)} returned {shown(result)}")
    return result


def _replayed(root: Value, originals: Mapping[Value, Any]) -> Value:
    """A graph without numbers, computed once more from leaves that have them."""
    computed: dict[Any, Any] = dict(originals)
    for node in reversed(newest_first(root)):
        operands = [computed.get(x, x) if type(x) is Value else x for x in node.args]
        if node.is_leaf or all(x is y for x, y in zip(operands, node.args, strict=True)):
            continue  # computed outside the function
        columns = node.op.columns(operands) if node.op.nary else operands
        computed[node] = record(node.op, *columns)
        if node.label and type(computed[node]) is Value:
            computed[node].label = node.label
    result = computed.get(root, root)
    if type(result) is not Value:
        raise TypeError("the result depends on no Value: page needs at least one number that is not a Constant")
    return result


def _leaf(place: str, x: Any) -> Value | Constant:
    """A number as a leaf that is called by its place."""
    if type(x) is Constant:
        return x
    return Value(as_float(x, f"{place} = {shown(x)}"), _label(place))


def _label(place: str) -> str:
    """The name of a place: ``w[0,1]`` for ``w[0][1]``."""
    return re.sub(r"(?<=\d)(\]\[|, )(?=\d)", ",", place)
