"""Models as files: readable JSON, with every digit of every parameter.

    {
      "format": "scalar-autograd model 1",
      "model": "Neuron",
      "arguments": {"nin": 1, "activation": "linear"},
      "parameters": {"w": 0.5, "b": 0.1}
    }

A float is written with as many digits as are needed to read exactly the same float back.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Collection, Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from autograd.extend import shown
from neuron.models.protocols import ModelLike

__all__ = ["load", "save", "write", "write_csv"]

M = TypeVar("M", bound=ModelLike)

FORMAT = "scalar-autograd model 1"


def save(model: ModelLike, file: str | PathLike[str]) -> None:
    """Write `model` to a file; ValueError if a file cannot describe it, OSError if it cannot be written."""
    plain = _plain(model)
    numbers = {str(name.label): p.data for name, p in zip(plain.parameters(), model.parameters(), strict=True)}
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise ValueError(f"{model!r} was not saved: its parameter {name} is {number}")
    content = {
        "format": FORMAT,
        "model": type(model).__name__,
        "arguments": model.arguments(),
        "parameters": numbers,
    }
    write(file, json.dumps(content, indent=2) + "\n")


def load(kind: type[M], file: str | PathLike[str]) -> M:
    """The model of this kind in a file; ValueError, with the place, for a file that does not match."""
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8-sig"), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is not a model: it is not JSON ({error})") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        stated = content.get("format") if isinstance(content, dict) else content
        raise ValueError(f"{file} is not a model: its format is {shown(stated)}, not {FORMAT!r}")
    name = content.get("model")
    if name != kind.__name__:
        raise ValueError(f"{file}: model is {shown(name)}, not {kind.__name__!r}; load it with the class that saved it")
    arguments, numbers = (_part(file, content, part) for part in ("arguments", "parameters"))
    _check_names(file, "the file", content, {"format", "model", "arguments", "parameters"})
    sizes = [size for value in arguments.values() for size in (value if isinstance(value, list) else [value])]
    if any(isinstance(size, int) and size > len(numbers) for size in sizes):
        raise ValueError(f"{file}: {len(numbers)} parameters are too few for the arguments {shown(arguments)}")
    try:
        model = kind(**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file}: cannot create {name} with the arguments {shown(arguments)}: {error}") from None
    _check_names(file, "the arguments", arguments, model.arguments())
    parameters = {str(parameter.label): parameter for parameter in model.parameters()}
    _check_names(file, f"the parameters of {model!r}", numbers, parameters)
    for name, parameter in parameters.items():
        number = numbers[name]
        if type(number) not in (float, int) or not abs(number) <= sys.float_info.max:
            raise ValueError(f"{file}: parameters: {name} is {shown(number)}, which is not a finite number")
        parameter.data = number
    return model


def _plain(model: M) -> M:
    """A new model of this structure; ValueError if a file cannot describe the model."""
    plain = type(model)(**model.arguments())
    neurons = [[n.activation for column in one.columns() for n in column] for one in (model, plain)]
    if neurons[0] != neurons[1]:
        raise ValueError(f"{model!r} was not saved: a file cannot hold layers of neurons with different activations")
    if len(plain.parameters()) != len(model.parameters()):
        raise ValueError(f"{model!r} was not saved: its parameters are not those of such a model")
    return plain


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} occurs twice")
    return table


def _check_names(file: str | PathLike[str], where: str, names: Collection[str], known: Collection[str]) -> None:
    """Raise ValueError unless the names are the known ones."""
    missing = [name for name in known if name not in names]
    others = [name for name in names if name not in known]
    if missing:
        raise ValueError(f"{file}: {missing[0]} is missing from {where}")
    if others:
        raise ValueError(f"{file}: {others[0]} does not belong in {where}")


def write(file: str | PathLike[str], content: str) -> None:
    """Write a string to a file, or raise an OSError that names the file."""
    try:
        with open(file, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
    except OSError as error:
        raise type(error)(error.errno, f"cannot be written: {error.strerror}", str(file)) from None


def write_csv(file: str | PathLike[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows as comma-separated values; None is an empty field."""
    csv.writer(table := io.StringIO(), lineterminator="\n").writerows(rows)
    write(file, table.getvalue())


def _part(file: str | PathLike[str], content: dict[str, Any], name: str) -> dict[str, Any]:
    part = content.get(name)
    if not isinstance(part, dict):
        raise ValueError(f"{file}: {name} is {shown(part)}, not a table of names")
    return dict(part)
