"""Arguments with structure: numbers in lists, tuples, dicts and arrays, nested at will.

A *tree* is a number, an array, or a list, tuple or dict of trees.  `leaves` lists its numbers in a
fixed order, each with the place where it stands; `rebuilt` makes a tree of the same shape
and kind from other numbers in that order.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from math import prod
from typing import Any

__all__ = ["is_array", "leaves", "rebuilt", "refuse_special", "stacked"]


def leaves(tree: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Every number of the tree with its place: ``("p['w'][2]", 0.5)``.

    >>> list(leaves({"w": [0.5, 2.0], "b": 0.1}, "p"))
    [("p['w'][0]", 0.5), ("p['w'][1]", 2.0), ("p['b']", 0.1)]
    """
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from leaves(part, f"{place}[{key!r}]")
    elif isinstance(tree, list | tuple):
        for i, part in enumerate(tree):
            yield from leaves(part, f"{place}.{tree._fields[i]}" if hasattr(tree, "_fields") else f"{place}[{i}]")
    elif is_array(tree):
        import numpy as np

        refuse_special(tree)
        for index in np.ndindex(tree.shape):
            yield f"{place}[{', '.join(map(str, index))}]" if index else place, tree[index]
    else:
        yield place, tree


def rebuilt(
    tree: Any, numbers: Iterator[Any], joined: Callable[[Sequence[Any], tuple[int, ...]], Any] | None = None
) -> Any:
    """A tree shaped like `tree` that holds `numbers` instead; `joined` makes an array of them where one stood.

    >>> rebuilt({"w": [0.5, 2.0], "b": 0.1}, iter([1, 2, 3]))
    {'w': [1, 2], 'b': 3}
    """
    if isinstance(tree, dict):
        return _like(tree, {key: rebuilt(part, numbers, joined) for key, part in tree.items()})
    if isinstance(tree, list | tuple):
        parts = [rebuilt(part, numbers, joined) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    if is_array(tree):
        return (joined or array)([next(numbers) for _ in range(prod(tree.shape))], tree.shape)
    return next(numbers)


def array(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """An array of floats if they all are, else of objects."""
    import numpy as np

    made = np.empty(len(numbers), dtype=float if all(type(number) is float for number in numbers) else object)
    made[:] = numbers
    return made.reshape(shape)


def stacked(like: Any, trees: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Trees shaped like `like` as one such tree, whose arrays and numbers have the axes `shape` in front.

    >>> stacked({"w": 0.0}, [{"w": 1.0}, {"w": 2.0}], (2,))
    {'w': array([1., 2.])}
    """
    if isinstance(like, dict):
        return _like(like, {key: stacked(part, [tree[key] for tree in trees], shape) for key, part in like.items()})
    if isinstance(like, list | tuple):
        parts = [stacked(part, [tree[i] for tree in trees], shape) for i, part in enumerate(like)]
        return type(like)(*parts) if hasattr(like, "_fields") else type(like)(parts)
    if is_array(like):
        return array([number for tree in trees for number in tree.ravel().tolist()], shape + like.shape)
    return array(trees, shape)


def _like(tree: dict[Any, Any], parts: dict[Any, Any]) -> dict[Any, Any]:
    """`parts` in a dict of the same kind as `tree`, such as OrderedDict."""
    made = copy(tree)
    for key, part in parts.items():
        made[key] = part
    return made


def refuse_special(array: Any) -> None:
    """Raise TypeError for masked arrays and matrices, which compute by rules of their own."""
    if type(array).__name__ not in ("ndarray", "memmap"):
        kind = f"{type(array).__module__}.{type(array).__name__}"
        raise TypeError(f"{kind} is not an ordinary array: pass np.asarray(...), or the numbers that are meant")


def is_array(tree: Any) -> bool:
    """Whether this is a NumPy array; NumPy's scalars are numbers."""
    numpy = sys.modules.get("numpy")  # without NumPy loaded there are no arrays
    return numpy is not None and isinstance(tree, numpy.ndarray)
