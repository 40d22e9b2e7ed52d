"""Models as files: JSON that one can read, with every digit of every parameter.

    {
      "format": "scalar-autograd model 1",
      "model": "Neuron",
      "arguments": {"nin": 1, "activation": "linear"},
      "parameters": {"w": 0.5, "b": 0.1}
    }

A float is written with as many digits as it takes to read exactly this float back.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from autograd.value import shown

if TYPE_CHECKING:
    from neuron.models import Model

    M = TypeVar("M", bound=Model)

__all__ = ["load", "save", "write", "write_csv"]

FORMAT = "scalar-autograd model 1"


def save(model: Model, file: str | PathLike[str]) -> None:
    """Write `model` to a file; ValueError if a parameter is not finite, OSError if the file cannot be written."""
    numbers = {name: parameter.data for name, parameter in zip(_names(model), model.parameters(), strict=True)}
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise ValueError(f"{model!r} was not saved: its parameter {name} is {number}")
    content = {
        "format": FORMAT,
        "model": type(model).__name__,
        "arguments": model._arguments(),
        "parameters": numbers,
    }
    write(file, json.dumps(content, indent=2) + "\n")


def load(kind: type[M], file: str | PathLike[str]) -> M:
    """The model of this kind in a file; ValueError, with the place, for a file that does not fit."""
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} holds no model: it is not JSON ({error})") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else content
        raise ValueError(f"{file} holds no model: its format is {shown(found)}, not {FORMAT!r}")
    name = content.get("model")
    if name != kind.__name__:
        raise ValueError(f"{file}: model is {shown(name)}, not {kind.__name__!r}; load it by the class that saved it")
    arguments, numbers = (_part(file, content, part) for part in ("arguments", "parameters"))
    try:
        model = kind(**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file}: arguments {shown(arguments)} do not make a {name}: {error}") from None
    for name, parameter in zip(_names(model), model.parameters(), strict=True):
        number = numbers.pop(name, None)
        if type(number) not in (float, int) or not abs(number) <= sys.float_info.max:
            problem = "is missing" if number is None else f"is {shown(number)}, which is no finite number"
            raise ValueError(f"{file}: parameters: {name} of {model!r} {problem}")
        parameter.data = number
    for name in numbers:
        raise ValueError(f"{file}: parameters: {name} = {shown(numbers[name])} is none of {model!r}")
    return model


def write(file: str | PathLike[str], text: str) -> None:
    """Write a text to a file; the OSError of one that cannot be written says so."""
    try:
        with open(file, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise type(error)(error.errno, f"cannot be written: {error.strerror}", str(file)) from None


def write_csv(file: str | PathLike[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows as comma-separated values; None is an empty field."""
    csv.writer(text := io.StringIO(), lineterminator="\n").writerows(rows)
    write(file, text.getvalue())


def _names(model: Model) -> list[str]:
    """The names of the parameters, whatever labels they were given since."""
    return [str(parameter.label) for parameter in type(model)(**model._arguments()).parameters()]


def _part(file: str | PathLike[str], content: dict[str, Any], name: str) -> dict[str, Any]:
    part = content.get(name)
    if not isinstance(part, dict):
        raise ValueError(f"{file}: {name} is {shown(part)}, not a table of names")
    return dict(part)
