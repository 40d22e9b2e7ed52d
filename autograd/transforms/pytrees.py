"""Pytrees: numbers in lists, tuples, dicts and arrays, nested at will.

A *tree* is a number, an array, or a list, tuple or dict of trees.  `leaves` lists its numbers in a fixed order, each
with its place; `rebuilt` builds a tree of the same structure from other numbers in that order; `mapped` applies a
function to every part that counts as a leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from math import prod
from typing import Any

from autograd.extensions.arrays import check_plain_array, is_array

__all__ = ["is_tree", "leaves", "mapped", "rebuilt", "scalar", "stacked"]


def leaves(tree: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Every number of the tree with its place: ``("p['w'][2]", 0.5)``.

    >>> list(leaves({"w": [0.5, 2.0], "b": 0.1}, "p"))
    [("p['w'][0]", 0.5), ("p['w'][1]", 2.0), ("p['b']", 0.1)]
    """
    if isinstance(tree, dict | list | tuple):
        for where, part in _parts(tree, place):
            yield from leaves(part, where)
    elif is_array(tree):
        import numpy as np

        check_plain_array(tree)
        for index in np.ndindex(tree.shape):
            yield f"{place}[{', '.join(map(str, index))}]" if index else place, tree[index]
    else:
        yield place, tree


def mapped(
    function: Callable[[str, Any], Any], tree: Any, place: str, is_leaf: Callable[[Any], bool] = lambda tree: False
) -> Any:
    """The tree with every leaf replaced by ``function(place, leaf)``; a tree for which `is_leaf` is true is a leaf.

    >>> mapped(lambda place, x: place, {"w": [1.0, 2.0], "b": (0.0,)}, "p", lambda x: isinstance(x, list))
    {'w': "p['w']", 'b': ("p['b'][0]",)}
    """
    if not isinstance(tree, dict | list | tuple) or is_leaf(tree):
        return function(place, tree)
    return _with_parts(tree, [mapped(function, part, where, is_leaf) for where, part in _parts(tree, place)])


def is_tree(x: Any) -> bool:
    """True for anything that may hold several numbers: a list, tuple, dict or array with axes."""
    return isinstance(x, dict | list | tuple) or (is_array(x) and x.ndim > 0)


def scalar(x: Any) -> Any:
    """The number in an array without axes; anything else as it is."""
    return x[()] if is_array(x) and not x.ndim else x


def array(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """An array of floats if they all are, else of objects."""
    import numpy as np

    new = np.empty(len(numbers), dtype=float if all(type(number) is float for number in numbers) else object)
    new[:] = numbers
    return new.reshape(shape)


def rebuilt(tree: Any, numbers: Iterator[Any], joined: Callable[[Sequence[Any], tuple[int, ...]], Any] = array) -> Any:
    """A tree with the structure of `tree` that holds `numbers` instead; `joined` builds an array in place of an array.

    >>> rebuilt({"w": [0.5, 2.0], "b": 0.1}, iter([1, 2, 3]))
    {'w': [1, 2], 'b': 3}
    """
    if isinstance(tree, dict | list | tuple):
        return _with_parts(tree, [rebuilt(tree[key], numbers, joined) for key in _keys(tree)])
    if is_array(tree):
        return joined([next(numbers) for _ in range(prod(tree.shape))], tree.shape)
    return next(numbers)


def stacked(like: Any, trees: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Trees with the structure of `like` as one such tree, whose arrays and numbers have the axes `shape` in front.

    >>> stacked({"w": 0.0}, [{"w": 1.0}, {"w": 2.0}], (2,))
    {'w': array([1., 2.])}
    """
    if isinstance(like, dict | list | tuple):
        return _with_parts(like, [stacked(like[key], [tree[key] for tree in trees], shape) for key in _keys(like)])
    if is_array(like):
        return array([number for tree in trees for number in tree.ravel().tolist()], shape + like.shape)
    return array(trees, shape)


def _parts(tree: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The parts of a dict, list or tuple, each with its place."""
    if isinstance(tree, dict):
        yield from ((f"{place}[{key!r}]", part) for key, part in tree.items())
    else:
        names = [f".{name}" for name in getattr(tree, "_fields", ())] or [f"[{i}]" for i in range(len(tree))]
        yield from ((place + name, part) for name, part in zip(names, tree, strict=True))


def _keys(tree: Any) -> list[Any]:
    """The keys of a dict, or the indices of a list or tuple."""
    return list(tree) if isinstance(tree, dict) else list(range(len(tree)))


def _with_parts(tree: Any, parts: list[Any]) -> Any:
    """`parts` in a dict, list or tuple of the same kind, such as OrderedDict or a named tuple."""
    if isinstance(tree, dict):
        new = copy(tree)
        for key, part in zip(tree, parts, strict=True):
            new[key] = part
        return new
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
