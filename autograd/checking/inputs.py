"""The inputs of a check: numbers in any structure, by name or by position, each with a name of its own.

All numbers stand in one flat list.  A *block* is a part of it that belongs together: an array, a flat list, or a single
number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

from autograd.checking.arrays import as_numpy, is_array_like, with_numbers
from autograd.checking.references.precision import DOUBLE, Precision, coarser, precision_of
from autograd.core.value import Value, is_real
from autograd.extensions.arrays import is_array
from autograd.formula.typesetting import shortened
from autograd.transforms import pytrees
from autograd.transforms.signatures import misfit, name_of, positional_names, signature_of

__all__ = ["MISSING", "Block", "Gradients", "Inputs", "constants_within", "is_flat", "plain_name"]

MISSING = "no gradient given"
"""The reason why an input without a gradient fails."""


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
        self.f = f
        self.by_name = isinstance(inputs, Mapping)
        if isinstance(inputs, Mapping):
            self.trees = {str(name): tree for name, tree in inputs.items()}
        else:
            arguments = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
            self.trees = dict(zip(positional_names(f, len(arguments)), arguments, strict=True))
        if not self.trees:
            raise TypeError(f"gradcheck needs inputs to call {name_of(f)} with, such as {{'w': 0.5}}")
        self.blocks: list[Block] = []
        self.likes: list[Any] = []
        arrays: list[Any] = []
        for place, x in _blocks(self.trees):
            array = as_numpy(x, place)
            start = self.blocks[-1].slice.stop if self.blocks else 0
            self.blocks.append(Block(place, array.shape, start))
            self.likes.append(x)
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
        return not any(map(_is_foreign, self.likes))

    @property
    def precision(self) -> Precision:
        """The precision of the numbers that a function is called with: arrays of NumPy are converted to doubles."""
        result = DOUBLE
        for tensor in filter(_is_foreign, self.likes):
            result = coarser(result, precision_of(tensor))
        return result

    def in_doubles(self) -> Inputs:
        """The same inputs with tensors of double precision, where their library has these."""
        doubles = copy(self)
        doubles.likes = [
            like.double() if _is_foreign(like) and hasattr(like, "double") else like for like in self.likes
        ]
        return doubles

    def check_signature(self, f: Callable[..., Any], is_gradient: bool = False) -> None:
        """Raise TypeError if the function cannot be called with these inputs."""
        order = self.order(f) if is_gradient or set(positional_names(f, len(self.trees))) == set(self.trees) else []
        problem = "" if self._is_one_dict and self._takes_all(f) else misfit(f, order or [], self.trees)
        if problem:
            written = f"{'gradient=' * is_gradient}{name_of(f)}{signature_of(f) or '(...)'}"
            has_names = self.by_name or all(name.isidentifier() for name in self.trees)
            names = ", ".join(map(shortened, self.trees))
            inputs = f"the inputs {names}" if has_names else f"{len(self.trees)} arguments"
            raise TypeError(f"{written} cannot be called with {inputs}: {problem}; {self._advice(f)}")

    def _advice(self, f: Callable[..., Any]) -> str:
        """The way to call a function that these inputs do not fit."""
        signature = signature_of(f)
        named = [name for name in self.trees if signature and name in signature.parameters]
        if named and (f is not self.f or len(named) == len(self.trees)):
            return constants_within(self.f, named) or "pass constants within the function"
        if self.by_name:
            return "a list passes them by position, and [{...}] a dict as an argument"
        first = next(iter(self.trees))
        return f"each element of the list is an argument; if {first} is a list, write [{first}], that is, [[...]]"

    def fit(self, f: Callable[..., Any]) -> bool:
        """True if a gradient function can be called with these inputs."""
        try:
            self.check_signature(f, is_gradient=True)
        except TypeError:
            return False
        return True

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
        parts = (with_numbers(like, numbers[block.slice]) for block, like in zip(self.blocks, self.likes, strict=True))
        return self._called(f, self._with_parts(parts))

    def call_as_given(self, f: Callable[..., Any]) -> Any:
        """``f`` with copies of the very objects that were passed as inputs."""
        return self._called(f, self._with_parts(map(_copied, self.likes)))

    def _with_parts(self, parts: Iterator[Any]) -> dict[str, Any]:
        return {
            name: pytrees.mapped(lambda _, __: next(parts), tree, name, is_flat) for name, tree in self.trees.items()
        }

    def _called(self, f: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        if id(f) not in self._orders:  # not everything that can be called can be hashed
            self._orders[id(f)] = self.order(f)
        order = self._orders[id(f)]
        if order is None:
            return f(arguments)
        return f(*(arguments[name] for name in order)) if order else f(**arguments)


def constants_within(f: Callable[..., Any], inputs: Collection[str], constants: Collection[str] = ()) -> str:
    """The advice to pass all arguments but some `inputs` as constants; "" if it cannot be written with their names.

    Arguments with a default value are left out, unless they are among the `constants`.

    >>> constants_within(lambda theta, X, y, reg=0.0: 0.0, ["theta"])
    'pass constants within the function, as in gradcheck(lambda theta: f(theta, X, y), [theta])'
    """
    signature = signature_of(f)
    parameters = signature.parameters if signature else {}
    if not all(name in parameters for name in [*inputs, *constants]):
        return ""
    used = [p for p in parameters.values() if p.default is p.empty or p.name in {*inputs, *constants}]
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in used):
        return ""
    arguments = ", ".join(
        p.name if p.kind is not p.KEYWORD_ONLY and p.default is p.empty else f"{p.name}={p.name}" for p in used
    )
    names = ", ".join(inputs)
    call = f"{plain_name(f)}({arguments})"
    return f"pass constants within the function, as in gradcheck(lambda {names}: {call}, [{names}])"


def plain_name(f: Any) -> str:
    """The name of a function in code that a message proposes; f if it has none."""
    name = name_of(f)
    return name if name.isidentifier() else "f"


def _blocks(trees: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arrays, flat lists and numbers of some trees, with their places."""
    found: list[tuple[str, Any]] = []
    for name, tree in trees.items():
        pytrees.mapped(lambda place, part: found.append((place, part)), tree, name, is_flat)
    return iter(found)


def is_flat(tree: Any) -> bool:
    """True for a list or tuple of numbers alone."""
    is_sequence = isinstance(tree, list | tuple) and not hasattr(tree, "_fields") and len(tree) > 0
    return is_sequence and not any(isinstance(x, dict | list | tuple | str) or is_array_like(x) for x in tree)


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
