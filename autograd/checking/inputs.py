"""The inputs of a check: numbers in any structure, by name or by position, each with a name of its own.

All numbers stand in one flat list.  A *block* is a part of it that belongs together: an array, a flat list, or a single
number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from math import prod
from typing import Any

from autograd.checking.arrays import as_numpy, has_axes, is_array_like, misshapen, with_numbers
from autograd.checking.references.precision import DOUBLE, Precision, coarser, precision_of
from autograd.core.value import Value, is_real, shown
from autograd.extensions.arrays import is_array
from autograd.transforms import pytrees
from autograd.transforms.signatures import misfit, name_of, positional_names, signature_of

__all__ = ["Block", "Gradients", "Inputs"]


@dataclass(frozen=True)
class Block:
    """An array, a list or a number among the inputs; its numbers start at `start` in the flat list of all."""

    name: str
    shape: tuple[int, ...]
    start: int = 0

    @property
    def size(self) -> int:
        """The number of numbers."""
        return prod(self.shape)

    @property
    def slice(self) -> slice:
        """The part of the flat list."""
        return slice(self.start, self.start + self.size)

    @cached_property
    def names(self) -> list[str]:
        """The name of every number, such as ``w[0, 1]``."""
        if not self.shape:
            return [self.name]
        return [f"{self.name}[{', '.join(map(str, index))}]" for index in self.positions]

    @property
    def along(self) -> str:
        """The name of the check along a random direction."""
        return f"{self.name} along a random direction"

    @property
    def positions(self) -> Iterator[tuple[int, ...]]:
        """The index of every number in the array; () for a single number."""
        import numpy as np

        return np.ndindex(*self.shape)


@dataclass(frozen=True)
class Gradients:
    """Gradients under test: `numbers` by name, and for each block without numbers the `problems` with it.

    `notes` are sentences about gradients that belong to no input; `precision` is the coarsest of them.
    """

    numbers: Mapping[str, float] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    precision: Precision = DOUBLE

    @property
    def rounded(self) -> float:
        """The relative rounding of gradients of less than double precision; 0 for doubles."""
        return 0.0 if self.precision is DOUBLE else self.precision.epsilon


class Inputs:
    """The arguments of a function as named numbers, and calls with other numbers in their place."""

    def __init__(self, f: Callable[..., Any], inputs: Any) -> None:
        self.by_name = isinstance(inputs, Mapping)
        if isinstance(inputs, Mapping):
            self.trees = {str(name): tree for name, tree in inputs.items()}
        else:
            arguments = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
            self.trees = dict(zip(positional_names(f, len(arguments)), arguments, strict=True))
        if not self.trees:
            raise TypeError(f"gradcheck needs inputs to call {name_of(f)} with, such as {{'w': 0.5}}")
        self.blocks: list[Block] = []
        self._likes: list[Any] = []
        arrays: list[Any] = []
        for place, x in _blocks(self.trees):
            array = as_numpy(x, place)
            start = self.blocks[-1].slice.stop if self.blocks else 0
            self.blocks.append(Block(place, array.shape, start))
            self._likes.append(x)
            arrays.append(array.ravel())
        self.flat = _joined(arrays)
        if not self.flat.size:
            raise TypeError(f"the inputs of {name_of(f)} hold no numbers to check")
        self._orders: dict[int, list[str] | None] = {}
        self._is_one_dict = self._takes_all(f)
        self.check_signature(f)

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Every number by its name."""
        names = [name for block in self.blocks for name in block.names]
        return dict(zip(names, self.flat.tolist(), strict=True))

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of every number in the flat list, by its name."""
        return {name: i for i, name in enumerate(self.numbers)}

    @property
    def take_values(self) -> bool:
        """True unless there are tensors of another library among the inputs: these cannot hold Values."""
        return not any(map(_is_foreign, self._likes))

    @property
    def precision(self) -> Precision:
        """The precision of the numbers that a function is called with: arrays of NumPy are converted to doubles."""
        result = DOUBLE
        for tensor in filter(_is_foreign, self._likes):
            result = coarser(result, precision_of(tensor))
        return result

    def in_doubles(self) -> Inputs:
        """The same inputs with tensors of double precision, where their library has these."""
        doubles = copy(self)
        doubles._likes = [
            like.double() if _is_foreign(like) and hasattr(like, "double") else like for like in self._likes
        ]
        return doubles

    def check_signature(self, f: Callable[..., Any], is_gradient: bool = False) -> None:
        """Raise TypeError if the function cannot be called with these inputs."""
        order = self.order(f) if is_gradient or set(positional_names(f, len(self.trees))) == set(self.trees) else []
        problem = "" if self._is_one_dict and self._takes_all(f) else misfit(f, order or [], self.trees)
        if problem:
            advice = (
                "a list passes them by position, and [{...}] a dict as an argument"
                if self.by_name
                else "each element of the list is an argument; [[...]] passes a list as one"
            )
            written = f"{'gradient=' * is_gradient}{name_of(f)}{signature_of(f) or '(...)'}"
            raise TypeError(f"{written} cannot be called with the inputs {', '.join(self.trees)}: {problem}; {advice}")

    def order(self, f: Callable[..., Any]) -> list[str] | None:
        """The names in the order in which to pass them by position; empty if by name, None for one dict of all."""
        parameters = positional_names(f, len(self.trees))
        if set(parameters) == set(self.trees) and not misfit(f, parameters, {}):
            return parameters  # in order, as the gradients of JAX have to be called
        if self.by_name and not misfit(f, [], self.trees):
            return []
        if self._is_one_dict and self._takes_all(f):
            return None
        others = set(parameters).isdisjoint(self.trees) and not misfit(f, list(self.trees), {})
        return list(self.trees) if others or not self.by_name else []

    def _takes_all(self, f: Callable[..., Any]) -> bool:
        """True for a function of one dict of parameters, as in ``forward(parameters)``."""
        is_needed = self.by_name and len(self.trees) > 1 and misfit(f, [], self.trees)
        return bool(is_needed and misfit(f, list(self.trees), {}) and not misfit(f, [self.trees], {}))

    def call(self, f: Callable[..., Any], numbers: Any) -> Any:
        """``f`` with these numbers, a flat array of floats or any others in order, in place of its inputs."""
        numbers = numbers if is_array(numbers) else list(numbers)
        parts = (with_numbers(like, numbers[block.slice]) for block, like in zip(self.blocks, self._likes, strict=True))
        return self._called(f, self._with_parts(parts))

    def call_as_given(self, f: Callable[..., Any]) -> Any:
        """``f`` with copies of the very objects that were passed as inputs."""
        return self._called(f, self._with_parts(map(_copied, self._likes)))

    def _with_parts(self, parts: Iterator[Any]) -> dict[str, Any]:
        return {
            name: pytrees.mapped(lambda _, __: next(parts), tree, name, _is_flat) for name, tree in self.trees.items()
        }

    def _called(self, f: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        if id(f) not in self._orders:  # not everything that can be called can be hashed
            self._orders[id(f)] = self.order(f)
        order = self._orders[id(f)]
        if order is None:
            return f(arguments)
        return f(*(arguments[name] for name in order)) if order else f(**arguments)

    def matched(self, gradients: Any, what: str) -> Gradients:
        """Gradients in the shape of the inputs, or of some of them.

        Raises TypeError if nothing can be read from them.
        """
        if gradients is None:
            raise TypeError(f"{what} is None, not numbers: is a return missing?")
        by_name, notes = self._by_name(gradients, what)
        numbers: dict[str, float] = {}
        problems: dict[str, str] = {}
        precision = DOUBLE
        for block, like, gradient in zip(self.blocks, self._likes, self._parts(by_name), strict=True):
            if gradient is _MISSING:
                problems[block.name] = MISSING
                continue
            array, problem = _as_block(gradient, block, like)
            if problem:
                problems[block.name] = problem
            else:
                precision = coarser(precision, precision_of(gradient))
                numbers.update(zip(block.names, array.ravel().tolist(), strict=True))
        return Gradients(numbers, problems, notes, precision)

    def _by_name(self, gradients: Any, what: str) -> tuple[dict[str, Any], list[str]]:
        """Gradients by the names of the arguments, and sentences about those that have no such name."""
        names = list(self.trees)
        only = self.trees[names[0]] if len(names) == 1 else None
        if isinstance(gradients, Mapping) and not (isinstance(only, Mapping) and not set(gradients) & set(names)):
            named = {str(name): gradient for name, gradient in gradients.items()}
            notes = []
            for name in named:
                if name not in self.trees:
                    meant = self._meant(name, named)
                    question = f"is it meant for {meant}?" if meant else f"the inputs are {', '.join(names)}"
                    notes.append(f"{what} has a number for {name}, which is not an input: {question}")
            return {name: gradient for name, gradient in named.items() if name in self.trees}, notes
        if len(names) == 1 and (not isinstance(gradients, list | tuple) or _fits(gradients, only)):
            if isinstance(gradients, str | bytes):
                raise TypeError(f"{what} should hold a number for each of {names[0]}, but it is {shown(gradients)}")
            return {names[0]: gradients}, []
        is_sequence = isinstance(gradients, list | tuple) or has_axes(gradients)
        if is_sequence and len(gradients) == len(names):
            return dict(zip(names, gradients, strict=True)), []
        held = f"it holds {len(gradients)}" if is_sequence else f"it is {shown(gradients)}"
        held += ": is there a comma too many?" if isinstance(gradients, tuple) and len(gradients) == 1 else ""
        raise TypeError(f"{what} should hold one gradient for each of {', '.join(names)}, but {held}")

    def _meant(self, name: str, gradients: Mapping[str, Any]) -> str:
        """The input that a gradient of another name may belong to."""
        free = [x for x in self.trees if x not in gradients]
        stripped = name.removeprefix("d").removeprefix("grad").strip("_")
        return stripped if stripped in free else next(iter(get_close_matches(name, free, 1)), "")

    def _parts(self, gradients: Mapping[str, Any]) -> Iterator[Any]:
        """The gradient of each block of the inputs."""
        for name, tree in self.trees.items():
            yield from _parts(tree, gradients.get(name, _MISSING))


MISSING = "no gradient given"
"""The reason why an input without a gradient fails."""

_MISSING = object()


def _blocks(trees: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arrays, flat lists and numbers of some trees, with their places."""
    found: list[tuple[str, Any]] = []
    for name, tree in trees.items():
        pytrees.mapped(lambda place, part: found.append((place, part)), tree, name, _is_flat)
    return iter(found)


def _is_flat(tree: Any) -> bool:
    """True for a list or tuple of numbers alone."""
    is_sequence = isinstance(tree, list | tuple) and not hasattr(tree, "_fields") and len(tree) > 0
    return is_sequence and not any(isinstance(x, dict | list | tuple | str) or is_array_like(x) for x in tree)


def _parts(tree: Any, gradient: Any) -> Iterator[Any]:
    """For each block of a tree, the part of `gradient` in its place."""
    if not isinstance(tree, dict | list | tuple) or _is_flat(tree):
        yield gradient
        return
    keys = list(tree) if isinstance(tree, dict) else range(len(tree))
    for key in keys:
        yield from _parts(tree[key], _part(gradient, key, len(tree)))


def _part(gradient: Any, key: Any, n: int) -> Any:
    if isinstance(gradient, Mapping):
        return gradient.get(key, _MISSING)
    fits = (isinstance(gradient, list | tuple) or has_axes(gradient)) and isinstance(key, int) and len(gradient) == n
    return gradient[key] if fits else _MISSING


def _as_block(gradient: Any, block: Block, like: Any) -> tuple[Any, str]:
    """The gradient of one block as an array, or the problem with it; a nested list is an array as well."""
    import numpy as np

    it = f"the gradient of {block.name}"
    if gradient is None:
        return None, f"{it} is None: is a return missing?"
    if isinstance(gradient, Mapping):
        return None, f"{it} is a dict, {block.name} is not"
    if gradient is like and getattr(gradient, "requires_grad", False):
        return None, f"{it} is {block.name} itself: is {block.name}.grad meant?"
    if isinstance(gradient, list | tuple) and not _is_flat(gradient):
        try:
            gradient = np.array(gradient)
        except ValueError:
            return None, f"{it} is {shown(gradient)}, with rows of different lengths"
    try:
        array = as_numpy(gradient, block.name)
    except TypeError as error:
        return None, f"no gradient: {error}"
    return array, "" if array.shape == block.shape else misshapen(block.name, array.shape, block.shape)


def _fits(gradients: Sequence[Any], tree: Any) -> bool:
    """True if a sequence of gradients belongs to one argument, rather than being a sequence of one."""
    if isinstance(tree, list | tuple | dict):
        return len(gradients) == len(tree) and not (len(gradients) == 1 and isinstance(gradients[0], list | tuple))
    if is_array_like(tree) and len(gradients) == 1 and has_axes(gradients[0]):
        return tuple(gradients[0].shape) != tuple(tree.shape)
    return has_axes(tree)


def _is_foreign(like: Any) -> bool:
    return is_array_like(like) and not is_array(like)


def _joined(arrays: Sequence[Any]) -> Any:
    import numpy as np

    return np.concatenate(arrays) if arrays else np.zeros(0)


def _copied(like: Any) -> Any:
    if type(like) is Value or is_real(like):
        return like.data if type(like) is Value else like
    if hasattr(like, "requires_grad"):
        return like.detach().clone().requires_grad_(like.requires_grad)
    if is_array_like(like):
        return like.copy() if is_array(like) else like
    return type(like)(_copied(x) for x in like)
