"""Long programs that do not repeat: they are not written out, but run from a tape.

The tape is a list of entries, one for each group: which kernel computes it, and from which arrays.  A kernel is the
code for one kind of group, forward and backward, written once and used for all groups of its kind.  The tape is read
from its start for the values, and from its end for the derivatives.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.formula.systems import elementwise
from autograd.vectorizing.adjoints import Adjoints
from autograd.vectorizing.array_expressions import name
from autograd.vectorizing.backward import add_dependent, through_steps
from autograd.vectorizing.forward import Forward, add_step
from autograd.vectorizing.groups import Array, Group, View, everything
from autograd.vectorizing.names import Names
from autograd.vectorizing.source import head
from autograd.vectorizing.statements import lines

__all__ = ["TapeFunction"]

SHOWN = 10
"""Number of groups at the start, and at the end, that the source shows."""


class _Elements(NamedTuple):
    """Some elements of the array in a slot, by their positions."""

    slot: int
    positions: NDArray[np.int_]
    batched: bool

    def of(self, array: Any) -> Any:
        """The elements of this array."""
        samples = (len(array),) if self.batched else ()
        index = self.positions.ravel() if self.positions.ndim else int(self.positions)
        return array.reshape((*samples, -1))[..., index].reshape((*samples, *self.positions.shape))


Operand = int | _Elements
"""The slot of an array that is read as a whole, or some of its elements."""


class _Entry(NamedTuple):
    """A group: its kernel, the slot of its array, and what it reads."""

    kernel: int
    slot: int
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class _Kernel:
    """The code of one kind of group: its value, and the adjoints of those of its operands that are `needed`.

    `forward` takes the number of samples and the operands, `backward` also the adjoint and the value of the group.
    """

    forward: str
    backward: str
    needed: tuple[int, ...]
    functions: Mapping[str, Callable[..., float]]

    def compiled(self, scope: Mapping[str, Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Both as functions."""
        own = dict(scope) | {word: elementwise(function) for word, function in self.functions.items()}
        exec(f"{self.forward}\n{self.backward}", own)
        return own.pop("forward"), own.pop("backward")  # functions in their own scope would be reference cycles


class TapeFunction:
    """A function of arrays, like `ArrayFunction`, that runs from a tape."""

    def __init__(
        self,
        title: str,
        inputs: Sequence[Array],
        groups: Sequence[Group],
        results: Sequence[View],
        wrt: Sequence[Array] | None,
    ) -> None:
        self.title, self.inputs, self.wrt, self.statements = title, inputs, wrt, len(groups) + 1
        self.slots = {x: i for i, x in enumerate([*inputs, *(group.array for group in groups)])}
        self.constants: list[NDArray[Any]] = []
        self._slots_of_constants: dict[Any, int] = {}
        self.kernels: list[_Kernel] = []
        self._kinds: dict[Any, int] = {}
        needed = set(wrt or ())
        add_dependent(groups, needed)
        self.entries = [self._entry(group, needed) for group in groups]
        self.results = [(self._operand(view), view.batched) for view in results]
        self.first, self.last = groups[:SHOWN], groups[-SHOWN:]

    def _entry(self, group: Group, needed: set[Array]) -> _Entry:
        """The entry of a group, whose kernel is added if it is the first of its kind."""
        views = group.views
        is_needed = tuple([view.array in needed for view in views])
        kind = _kind(group, views, is_needed)
        kernel = self._kinds.get(kind)
        if kernel is None:
            kernel = self._kinds[kind] = len(self.kernels)
            self.kernels.append(_kernel(group, [i for i, x in enumerate(is_needed) if x]))
        return _Entry(kernel, self.slots[group.array], tuple([self._operand(view) for view in views]))

    def _operand(self, view: View) -> Operand:
        array, index = view.array, view.index
        if array is None:
            key = index.shape, index.tobytes()
            if key not in self._slots_of_constants:
                self._slots_of_constants[key] = len(self.slots) + len(self.constants)
                self.constants.append(np.asarray(index))
            return self._slots_of_constants[key]
        slot = self.slots[array]
        is_whole = not array.shape or (index.shape == array.shape and (index.ravel() == range(index.size)).all())
        return slot if is_whole else _Elements(slot, np.asarray(index), array.batched)

    @property
    def functions(self) -> dict[str, Callable[..., float]]:
        """The Python functions that the kernels call."""
        return {word: function for kernel in self.kernels for word, function in kernel.functions.items()}

    @property
    def source(self) -> str:
        """The first and the last groups, as statements."""
        block = Forward(Names())
        for array in self.inputs:
            block.call(array, block.names.new(array.label or "captured"))
        shown: list[str] = []
        for groups in (self.first, self.last):
            block.statements = []
            for group in groups:
                arrays = [*(view.array for view in group.views if view.array is not None), group.array]
                for array in arrays:
                    if array not in block.values:
                        block.call(array, f"t{self.slots[array] - len(self.inputs) + 1}")
                add_step(block, group, block.words[group.array])
            shown += [f"# {'The last' if shown else 'The first'} {len(groups)}:", *lines(block.statements)]
        backwards = "" if self.wrt is None else ", and from its end for the derivatives"
        comment = f"# {self.statements - 1:,} statements without repetition: they run from a tape{backwards}."
        return "\n    ".join([head(self.title, [(block.words[x], x) for x in self.inputs]), comment, *shown])

    def in_scope(
        self, scope: Mapping[str, Any], converted: Callable[[Any], Any], keys: Sequence[str] | None = None
    ) -> Callable[..., Any]:
        """The function, over the functions of `scope`; constants are `converted`.

        It returns a tuple; with `keys`, the first result, and a dict with these keys of the others.
        """
        kernels = [kernel.compiled(scope) for kernel in self.kernels]
        constants = [converted(x) for x in self.constants]
        batched = [i for i, array in enumerate(self.inputs) if array.batched]

        def run(*arrays: Any) -> Any:
            n = len(arrays[batched[0]]) if batched else 1
            values = [*arrays, *[None] * (len(self.slots) - len(arrays)), *constants]
            for kernel, slot, operands in self.entries:
                forward, _ = kernels[kernel]
                values[slot] = forward(n, *[_read(operand, values) for operand in operands])
            results = [(_read(operand, values), is_batched) for operand, is_batched in self.results]
            if self.wrt is None:
                zeros = scope["zeros_like"](arrays[batched[0]].reshape(n, -1)[:, 0]) if batched else 0.0
                return tuple([+x if is_batched else x + zeros for x, is_batched in results])
            ((x, is_batched),) = results
            seed = scope["zeros_like"](x) + (1 / n if is_batched else 1.0)
            gradients = self._backward(seed, n, values, kernels, scope)
            mean = scope["mean"](x) if is_batched else x
            return (mean, *gradients) if keys is None else (mean, dict(zip(keys, gradients, strict=True)))

        return run

    def _backward(self, seed: Any, n: int, values: list[Any], kernels: Any, scope: Mapping[str, Any]) -> list[Any]:
        """The derivatives of the result, whose own adjoint is `seed`, with respect to the arrays of `wrt`."""
        zeros_like = scope["zeros_like"]
        whole: list[Any] = [None] * len(values)  # the adjoints of arrays,
        pieces: dict[int, list[tuple[_Elements, Any]]] = {}  # and those that belong to some elements only

        def add(operand: Operand, x: Any) -> None:
            if isinstance(operand, _Elements):
                pieces.setdefault(operand.slot, []).append((operand, x))
            else:
                whole[operand] = x if whole[operand] is None else whole[operand] + x

        def collected(slot: int) -> Any:
            if slot in pieces:
                add(slot, _joined(pieces.pop(slot), values[slot], scope))
            g, whole[slot] = whole[slot], None
            return g

        ((result, _),) = self.results
        add(result, seed)
        for kernel, slot, operands in reversed(self.entries):
            g = collected(slot)
            needed = self.kernels[kernel].needed
            if g is not None and needed:
                _, backward = kernels[kernel]
                adjoints = backward(n, g, values[slot], *[_read(operand, values) for operand in operands])
                for i, x in zip(needed, adjoints, strict=True):
                    add(operands[i], x)
        gradients = [(collected(self.slots[array]), values[self.slots[array]]) for array in self.wrt or ()]
        return [zeros_like(like) if g is None else g + zeros_like(like) for g, like in gradients]


def _read(operand: Operand, values: Sequence[Any]) -> Any:
    return values[operand] if type(operand) is int else operand.of(values[operand.slot])  # type: ignore[union-attr]


def _joined(pieces: Sequence[tuple[_Elements, Any]], like: Any, scope: Mapping[str, Any]) -> Any:
    """The adjoints of some elements of an array, as one of the whole array."""
    reshape = scope["reshape"]
    samples = (len(like),) if pieces[0][0].batched else ()
    positions = np.concatenate([elements.positions.ravel() for elements, _ in pieces])
    x = scope["concat"]([reshape(x, (*samples, elements.positions.size)) for elements, x in pieces], axis=-1)
    zeros = reshape(scope["zeros_like"](like), (*samples, -1))
    return reshape(scope["add_at"](zeros, positions, x), like.shape)


def _kind(group: Group, views: Sequence[View], needed: tuple[bool, ...]) -> Any:
    """The key of the groups that share a kernel."""
    operands = tuple([(x.index.shape, *((x.array.batched, x.array.is_condition) if x.array else ())) for x in views])
    parts = tuple([(len(part.factors), part.is_sum, part.is_product) for part in group.parts]) if group.parts else ()
    return group.op, group.divisor, group.array.shape, group.array.is_condition, operands, parts, needed


def _kernel(group: Group, needed: Sequence[int]) -> _Kernel:
    """The code of a group whose operands are arrays of their own."""
    block = Forward(Names())
    arrays = [
        Array(view.shape, view.batched, None, view.array is not None and view.array.is_condition)
        for view in group.views
    ]
    for array in arrays:
        block.call(array, block.names.numbered("x"))
    own = group.with_views(iter(map(everything, arrays)))
    add_step(block, own, block.names.new("z"))
    operands = ", ".join(block.words[array] for array in arrays)
    forward = "\n    ".join([f"def forward(n, {operands}):", *lines(block.statements), "return z"])
    adjoints = Adjoints({own.array, *(arrays[i] for i in needed)}, block)
    adjoints.add(everything(own.array), name("g", len(own.array.shape), own.array.batched))
    through_steps([own], adjoints)
    results = "".join(f"{ast.unparse(adjoints.whole(arrays[i]).tree)}, " for i in needed)
    backward = [f"def backward(n, g, z, {operands}):", *lines(adjoints.statements), f"return ({results})"]
    return _Kernel(forward, "\n    ".join(backward), tuple(needed), block.names.functions)
