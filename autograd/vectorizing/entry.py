"""The quick way into a program: a small function that recognizes the usual arguments and passes them on.

The usual arguments are arrays of floats, floats, and lists of numbers.  They need no checks apart from their types and
shapes.  The function is written for the shapes of one call, as plain Python: the loss of a single neuron takes twenty
microseconds, of which a general check would be a quarter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.vectorizing.arguments import Call

__all__ = ["entry"]

_EXACT = 2**53


def entry(function: Callable[..., Any], call: Call, batch: tuple[str, ...], most_samples: float) -> Any:
    """A function of the keyword arguments, in a dict, that calls `function` if they are like those of `call`.

    It returns None if they are not, or have more samples.  If the arguments of `call` are not the usual ones, there is
    no such function, but None.
    """
    scope: dict[str, Any] = {
        "names": tuple(call.arguments), "function": function, "errstate": np.errstate, "ndarray": np.ndarray,
        "listed": _listed, "number": call.dtype.type if call.xp is None else None,
    }  # fmt: skip
    conditions: list[str] = []
    lists: list[str] = []
    passed: list[str] = []
    batched: list[str] = []
    for i, (name, value) in enumerate(call.arguments.items()):
        word = f"a{i}"
        if type(value) is float:
            conditions.append(f"type({word}) is float")
            passed.append(f"number({word})")  # of NumPy, so that 1/0 is infinite
            continue
        if type(value) is np.ndarray and value.dtype.kind == "f":
            scope[f"dtype{i}"] = value.dtype
            conditions.append(f"type({word}) is ndarray and {word}.dtype is dtype{i}")
        elif type(value) is list and _listed(value) is not None:
            lists.append(f"{word} = listed({word})")
            conditions.append(f"{word} is not None")
        else:
            return None
        shape = np.shape(value)
        if name in batch:
            conditions.append(f"{word}.shape[1:] == {shape[1:]}" if len(shape) > 1 else f"{word}.ndim == 1")
            batched.append(f"len({word})")
        else:
            conditions.append(f"{word}.shape == {shape}")
        passed.append(word)
    if batched:
        conditions.append(f"0 < {' == '.join(batched)} <= {most_samples}")
    lines = [
        "def entry(arguments):",
        "    if tuple(arguments) != names:",
        "        return None",
        *([f"    {''.join(f'a{i}, ' for i in range(len(call.arguments)))}= arguments.values()"] if passed else []),
        *(f"    {line}" for line in lists),
        f"    if {' and '.join(conditions) or 'True'}:",
        "        with errstate(all='ignore'):",
        f"            return function({', '.join(passed)})",
        "    return None",
    ]
    exec("\n".join(lines), scope)
    return scope.pop("entry")  # a function in its own scope would be a reference cycle


def _listed(value: Any) -> Any:
    """A list of numbers, or of lists of numbers, as an array; None for anything else."""
    if type(value) is not list or not value:
        return None
    rows = value if type(value[0]) is list else [value]
    if any(type(row) is not list or not set(map(type, row)) <= {float, int} for row in rows):
        return None
    try:
        array = np.array(value, dtype=float)
    except (ValueError, OverflowError):  # rows of different lengths, huge numbers
        return None
    return array if np.abs(array).max(initial=0.0) < _EXACT else None  # larger ints may not be exact
