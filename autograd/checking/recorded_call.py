"""Calling a function that is to be checked: what it records, and whether that is all there is to it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from math import isnan
from typing import Any

from autograd.checking.audit import Culprit, Graph, changed_constants
from autograd.checking.inputs import Inputs, name_of
from autograd.core.value import Value, as_float, shown
from autograd.extensions.arrays import is_array

__all__ = ["Call", "IrregularError", "called", "unrecorded"]

MOVES = (2.0**-12, 2.0**-26, 2.0**-40)
"""Relative moves of the inputs after which a function should still compute the same steps."""
GOLDEN = (5**0.5 - 1) / 2
"""Multiples of this leave fractions that are all different, so that no two inputs move together."""


@dataclass(frozen=True)
class Call:
    """A function called once: with Values, and `root` is what was recorded, or with what `make` makes of floats."""

    f: Callable[..., Any]
    inputs: Inputs
    result: float
    leaves: Mapping[str, Value]
    root: Value | None
    make: Callable[[float], Any]
    refused: Exception | None = None

    def along(self, name: str) -> Callable[[float], float]:
        """The function of one input alone, from float to float, whatever is inside."""
        return lambda x: _plain_call(self.f, self.inputs, self.inputs.numbers | {name: x}, self.make)


def called(f: Callable[..., Any], inputs: Inputs, engine: Callable[[float], Any] | None) -> Call:
    """The forward pass.  Raises what the function raises, if it fails with Values and with other numbers, too."""
    try:
        return _recorded(f, inputs, inputs.numbers)
    except Exception as error:  # whatever a function may do with a Value that it was not made for
        refused, make = error, engine or float
    try:
        return Call(f, inputs, _plain_call(f, inputs, inputs.numbers, make), {}, None, make, refused)
    except (ArithmeticError, ValueError):
        raise
    except Exception:
        raise refused from None


def _recorded(f: Callable[..., Any], inputs: Inputs, numbers: Mapping[str, float]) -> Call:
    leaves = {name: Value(x, name) for name, x in numbers.items()}
    result = inputs.call(f, leaves.values())
    result = result[()] if is_array(result) and not result.ndim else result
    root = result if type(result) is Value else None
    return Call(f, inputs, _as_number(result, f), leaves, root, Value)


def _plain_call(
    f: Callable[..., Any], inputs: Inputs, numbers: Mapping[str, float], make: Callable[[float], Any]
) -> float:
    numpy = sys.modules.get("numpy")  # which warns where a function is not defined; here that is an answer
    with numpy.errstate(all="ignore") if numpy else nullcontext():
        return _as_number(inputs.call(f, map(make, numbers.values())), f)


def _as_number(result: Any, f: Callable[..., Any]) -> float:
    if isinstance(result, dict | list | tuple) or (is_array(result) and result.ndim):
        raise TypeError(
            f"gradcheck needs a function that returns one number, but {name_of(f)} returned {shown(result)}: "
            "return a sum, or one element"
        )
    if hasattr(result, "data") and hasattr(result, "backward"):  # a Value of any kind, or a tensor
        result = result.item() if hasattr(result, "item") else result.data
    return as_float(result, f"the result of {name_of(f)}, {shown(result)}")


class IrregularError(Exception):
    """The function is not a function of its inputs alone."""


def unrecorded(call: Call) -> list[Culprit] | None:
    """What the recorded graph does not know of the function: numbers in it that change with the inputs.

    Those that change however little the inputs move, and on both sides; others belong to a branch.  Raises
    `IrregularError` if the function is not one function of its inputs.  Returns None if it takes
    another course right beside them, so that the graph is only half of it.
    """
    inputs = call.inputs.numbers
    found: list[Culprit] | None = []
    for move in MOVES:
        sides = []
        for side in (move, -move):
            moved = {
                name: x + side * (1 + i * GOLDEN % 1) * (abs(x) or 1.0) for i, (name, x) in enumerate(inputs.items())
            }
            try:
                sides.append(_changed(call, moved))
            except Exception:  # a number that the function has to refuse
                continue
        if not any(side is None or side for side in sides):
            return []
        found = (found or sides[0]) if all(sides) else None  # as told by the largest move
    if found and _changed(call, inputs):
        raise IrregularError
    return found


def _changed(call: Call, numbers: Mapping[str, float]) -> list[Culprit] | None:
    """What is unlike the first call when the function is called with other numbers, but for what is recorded."""
    again = _recorded(call.f, call.inputs, numbers)
    if call.root is None or again.root is None:
        if call.root is not again.root:
            return None
        if isnan(call.result) and isnan(again.result):
            return []
        what = "it changes with the inputs, but is a plain number: nothing on the way to it was recorded"
        return [Culprit("DETACHED", f"the result of {name_of(call.f)}", what)] if call.result != again.result else []
    leaves = (list(call.leaves.values()), list(again.leaves.values()))
    return changed_constants(Graph(call.root), leaves[0], Graph(again.root), leaves[1])
