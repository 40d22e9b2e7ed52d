"""One run of a function, recorded: from its arguments to the graph of its results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from math import prod
from typing import Any

import numpy as np

from autograd.core.graph import newest_first
from autograd.core.state import clock
from autograd.core.value import Value, as_float, shown
from autograd.core.value import name as value_name
from autograd.extensions.tracing import TracingError, Unknown, argument, traced
from autograd.transforms import pytrees
from autograd.vectorizing.arguments import Call, mapped, shapes_in
from autograd.vectorizing.groups import Array

__all__ = ["Captured", "Trace", "trace"]


@dataclass(frozen=True, eq=False)
class Captured:
    """Values that a function uses besides its arguments, as one array; their numbers are read at every call."""

    array: Array
    values: list[Value]

    def numbers(self, call: Call) -> Any:
        """Their numbers now, as an array of the kind of the call's."""
        dtype = call.dtype if call.xp is None else None
        numbers = np.array([value._number for value in self.values], dtype=dtype).reshape(self.array.shape)
        return numbers if call.xp is None else call.xp.asarray(numbers, dtype=call.dtype)


@dataclass(frozen=True, eq=False)
class Trace:
    """The record of one run of a function.

    `inputs` are the arrays of the arguments by their places, and `places` the array and the row of each leaf.  `nodes`
    are the operations, oldest first, `results` the Values and numbers that were returned, and `structure` the tree in
    which they were returned, with zeros instead.
    """

    title: str
    inputs: dict[str, Array]
    captured: list[Captured]
    places: dict[Value, tuple[Array, int]]
    nodes: list[Value]
    results: list[Any]
    structure: Any
    returned: str


def trace(f: Callable[..., Any], title: str, call: Call, watch: Callable[[int], None] | None = None) -> Trace:
    """Run `f` on Values without numbers, in the shapes of the call; `watch` is told how many operations it records.

    Raises TracingError where the function needs a number.  A note on any exception shows the shapes.
    """
    inputs = {slot.place: Array(slot.shape, slot.batched, _label(slot.place)) for slot in call.slots}
    places: dict[Value, tuple[Array, int]] = {}
    start = next(clock)

    def run(unknown: Unknown) -> tuple[Unknown, Any]:
        def without_numbers(place: str, x: Any) -> Any:
            return _values(place, inputs[place], unknown, places) if place in inputs else x

        arguments = {name: mapped(without_numbers, value, name) for name, value in call.arguments.items()}
        try:
            return unknown, f(**arguments)
        except Exception as error:
            error.add_note(f"(while {title} was recorded, with {shapes_in(call.slots)})")
            raise

    unknown, result = traced(run, title, watch)
    result = pytrees.scalar(result)
    identifier = title if title.isidentifier() else "f"
    leaves = pytrees.leaves(result, f"the result of {identifier}")
    results = [x if type(x) is Value else as_float(x, place) for place, x in leaves]
    reached = newest_first(*(x for x in results if type(x) is Value), stop=lambda node: node._created < start)
    nodes = [node for node in reversed(reached) if node._created >= start and not node.is_leaf]
    captured = _arranged(_captured_values([*nodes, *reached], places, start, unknown))
    for group in captured:
        places.update((value, (group.array, row)) for row, value in enumerate(group.values))
    structure = pytrees.rebuilt(result, iter([0.0] * len(results)))
    return Trace(identifier, inputs, captured, places, nodes, results, structure, shown(result))


def _label(place: str) -> str:
    """A name for the array at this place: ``p_w_0`` for ``p['w'][0]``."""
    return re.sub(r"\W+", "_", place).strip("_")


def _values(place: str, array: Array, unknown: Unknown, places: dict[Value, tuple[Array, int]]) -> Any:
    """Nested lists of leaves without numbers, in place of an array; the place of each is noted in `places`."""
    rows = count()

    def value(index: tuple[int, ...]) -> Value:
        leaf = argument(unknown, f"{place}[{','.join(map(str, index))}]" if index else place)
        places[leaf] = array, next(rows)
        return leaf

    return _nested(value, array.shape)


def _nested(leaf: Callable[[tuple[int, ...]], Any], shape: tuple[int, ...], index: tuple[int, ...] = ()) -> Any:
    """Nested lists of this shape, with a `leaf` at each index."""
    if len(index) == len(shape):
        return leaf(index)
    return [_nested(leaf, shape, (*index, i)) for i in range(shape[len(index)])]


def _captured_values(
    nodes: Sequence[Value], places: dict[Value, tuple[Array, int]], start: int, unknown: Unknown
) -> Iterator[Value]:
    """The Values that the nodes use besides the arguments, created before the function ran or inside it."""
    seen: set[Value] = set()
    for node in nodes:
        inside = node._created >= start and node._x is not None
        for value in node.args if inside else (node,):
            if type(value) is not Value or (value._created >= start and value._x is not None):
                continue
            if value in places or value in seen:
                continue
            number: Any = value._number
            if number is unknown:
                raise TracingError(
                    f"a copy of {value.label or 'a traced Value'} is not the argument: use the argument itself"
                )
            if type(number) is Unknown:
                raise TracingError(
                    f"{value_name(value)} belongs to {number.title}, which was recorded before: it has no number "
                    "here. Pass it as an argument, or return it from that function."
                )
            seen.add(value)
            yield value


def _arranged(values: Iterator[Value]) -> list[Captured]:
    """Captured Values in arrays by their labels: ``w[0]`` and ``w[1]`` are the elements of w."""
    stems: dict[str, list[tuple[tuple[int, ...], Value]]] = {}
    for value in values:
        stem, _, index = (value.label or "captured").partition("[")
        numbers = tuple(int(i) for i in index.rstrip("]").split(",") if i.strip().isdecimal())
        stems.setdefault(stem, []).append((numbers, value))
    arrays = []
    for stem, members in stems.items():
        by_index = dict(sorted(members, key=lambda member: member[0]))
        lengths = {len(index) for index in by_index}
        shape = tuple(1 + max(index[i] for index in by_index) for i in range(max(lengths))) if len(lengths) == 1 else ()
        if len(by_index) == len(members) == prod(shape):
            arrays.append(Captured(Array(shape, False, stem), list(by_index.values())))
        else:
            arrays.append(Captured(Array((len(members),), False, stem), [value for _, value in members]))
    return arrays
