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
import inspect
import io
import json
import math
import os
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from os import PathLike
from typing import Any, TypeVar

from autograd.extend import shortened, shown, write
from neuron.models.protocols import ModelLike

__all__ = ["MAX_BYTES", "load", "save", "write_csv"]

M = TypeVar("M", bound=ModelLike)

FORMAT = "scalar-autograd model 1"
MAX_BYTES = 100_000_000
"""The size of the largest file that is read, unless its reader asks for more."""
MAX_DEPTH = 8
"""Levels of tables and lists within each other; `MLP` needs three, a model of one's own perhaps a few more."""
_BRACKETS = bytes.maketrans(b"{}", b"[]"), bytes({*range(256)} - {*b"[]{}"})
"""Arguments of `bytes.translate` that leave brackets only, and all of one kind."""
MAX_MESSAGE = 300
"""Maximum length of an error message, in characters, besides the name of the file."""


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


def load(kinds: Mapping[str, type[M]], file: str | PathLike[str], max_bytes: float = MAX_BYTES) -> M:
    """The model in a file, of one of these classes by name; ValueError, with the place, for one that does not match."""
    data = _read(file, max_bytes)
    try:
        content = _content(data)
    except ValueError as error:
        raise ValueError(_message(file, f" is not a model: {error}")) from None
    try:
        return _model(kinds, content)
    except ValueError as error:
        raise ValueError(_message(file, f": {error}")) from None


def _message(file: str | PathLike[str], problem: str) -> str:
    """One printable line, however strange the content of the file is."""
    return shortened(f"{file}{problem}", len(str(file)) + MAX_MESSAGE)


def _read(file: str | PathLike[str], max_bytes: float) -> bytearray:
    """The content of a file; ValueError, before all of it is read, if it is too large."""
    content = bytearray()
    with open(file, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size  # 0 for a pipe or a device, which may never end
        while max(size, len(content)) <= max_bytes and (chunk := stream.read(2**20)):
            content += chunk
    if max(size, len(content)) > max_bytes:
        raise ValueError(
            _message(file, f" has more than {max_bytes:,} bytes; load(file, max_bytes=...) reads larger files")
        )
    return content


def _content(data: bytearray) -> dict[str, Any]:
    """The table in a file of this format; ValueError for other files."""
    try:
        text = data.decode("utf-8-sig")
        _check_depth(data)
        content = json.loads(text, object_pairs_hook=_without_repetition)
    except ValueError as error:
        raise ValueError(f"it is not JSON ({error})") from None
    stated = content.get("format") if isinstance(content, dict) else content
    if stated != FORMAT:
        raise ValueError(f"its format is {shown(stated)}, not {FORMAT!r}")
    return dict(content)


def _check_depth(data: bytes | bytearray) -> None:
    """Raise ValueError if tables and lists are nested so deeply that reading or showing them could fail."""
    brackets = re.sub(rb'"(?:[^"\\]++|\\.)*+"?', b"", data, flags=re.DOTALL).translate(*_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")  # the innermost level of each
    if b"[]" in brackets or brackets.count(b"[") > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")


def _model(kinds: Mapping[str, type[M]], content: dict[str, Any]) -> M:
    name = content.get("model")
    if not isinstance(name, str) or name not in kinds:
        known = " or ".join(map(repr, kinds))
        raise ValueError(f"model is {shown(name)}, not {known}; load it with the class that saved it")
    kind = kinds[name]
    arguments, numbers = _part(content, "arguments"), _part(content, "parameters")
    _check_names("the file", content, {"format", "model", "arguments", "parameters"})
    try:
        inspect.signature(kind).bind(**arguments)
        _check_size(kind.sizes(**arguments), len(numbers))
        model = kind(**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"cannot create {name} with the arguments {shown(arguments)}: {error}") from None
    _check_names("the arguments", arguments, model.arguments())
    parameters = {str(parameter.label): parameter for parameter in model.parameters()}
    _check_names(f"the parameters of {model!r}", numbers, parameters)
    for name, parameter in parameters.items():
        number = numbers[name]
        if type(number) not in (float, int) or not abs(number) <= sys.float_info.max:
            raise ValueError(f"parameters: {name} is {shown(number)}, which is not a finite number")
        parameter.data = number
    return model


def _check_size(sizes: Sequence[int], stored: int) -> None:
    """Raise ValueError if a model of these sizes has more than twice the parameters that are stored.

    If fewer are missing, the model is created, so that the message can name the first one.
    """
    needed = sum((inputs + 1) * neurons for inputs, neurons in pairwise(sizes))
    if needed > 2 * stored:
        raise ValueError(f"they need {shown(needed)} parameters, but the file has {stored}")


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
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{shown(name)} occurs twice")
    return table


def _check_names(where: str, names: Collection[str], known: Collection[str]) -> None:
    """Raise ValueError unless the names are the known ones."""
    missing = [name for name in known if name not in names]
    others = [name for name in names if name not in known]
    if missing:
        raise ValueError(f"{missing[0]} is missing from {where}")
    if others:
        raise ValueError(f"{shortened(others[0])} does not belong in {where}")


def write_csv(file: str | PathLike[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows as comma-separated values; None is an empty field."""
    csv.writer(table := io.StringIO(), lineterminator="\n").writerows(rows)
    write(file, table.getvalue())


def _part(content: dict[str, Any], name: str) -> dict[str, Any]:
    part = content.get(name)
    if not isinstance(part, dict):
        raise ValueError(f"{name} is {shown(part)}, not a table of names")
    return dict(part)
