"""CSV files as spreadsheets and programs write them: a table of strings, in which every row knows its line."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from autograd.extend import shortened

__all__ = ["SEPARATORS", "Table", "parse_table", "read_table"]

MAX_BYTES = 50_000_000
"""The size of the largest file that is read: a million rows of ten numbers, which is more than a lesson needs."""
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", ",": "commas"}
"""Separators of columns, with their names; the comma comes last because it may be a decimal comma."""
SAMPLE = 20
"""The number of lines from which the separator is guessed."""


@dataclass(frozen=True)
class Table:
    """The `names` in the header, the `rows` as strings, and the line of the file on which each row begins.

    `uneven` are the lines of the rows that were left out because they have another number of fields than the header.
    """

    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    separator: str = ","
    uneven: list[int] = field(default_factory=list)

    def column(self, position: int) -> list[str]:
        """The cells of one column."""
        return [row[position] for row in self.rows]


def read_table(file: str) -> Table:
    """The table in a CSV file; ValueError or OSError, in one sentence, for a file that holds none."""
    path = Path(file)
    if path.is_dir():
        raise OSError("it is a directory, not a CSV file")
    if not path.exists():
        raise OSError("there is no such file")
    with path.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"the file has more than {MAX_BYTES // 10**6} MB: take a random part of its rows")
    return parse_table(_decoded(data))


def parse_table(text: str) -> Table:
    """The table in the text of a CSV file; ValueError if it has no header, no rows, or two columns of one name.

    >>> parse_table("x;y\\n1,5;2\\n\\n2,5;4\\n")
    Table(names=['x', 'y'], rows=[['1,5', '2'], ['2,5', '4']], lines=[2, 4], separator=';', uneven=[])
    """
    separator = _separator(text)
    records = _records(text, separator)
    if not records:
        raise ValueError("the file is empty")
    (_, header), *body = records
    names = [name or f"column {i}" for i, name in enumerate(header, start=1)]
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        name, count = shortened(repeated[0]), names.count(repeated[0])
        raise ValueError(f"{count} columns are called {name}: give each a name of its own")
    if not body:
        raise ValueError("there are no rows below the header")
    even = [(line, cells) for line, cells in body if len(cells) == len(names)]
    uneven = [line for line, cells in body if len(cells) != len(names)]
    return Table(names, [cells for _, cells in even], [line for line, _ in even], separator, uneven)


def _decoded(data: bytes) -> str:
    """The text of a file in UTF-8, in UTF-16 with its mark, or in the Windows code page of western Europe."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        raise ValueError("this is not a text file: save it as CSV in the program that it comes from")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _records(text: str, separator: str, limit: int | None = None) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line on which it begins; the cells without spaces around them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    records, line = [], 1
    try:
        for row in islice(reader, limit):
            cells = [cell.strip() for cell in row]
            if any(cells):
                records.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {line} cannot be read: is a quotation mark not closed? ({error})") from None
    return records


def _separator(text: str) -> str:
    """The separator that divides the most of the first rows into as many fields as the header."""

    def even_rows(separator: str) -> int:
        try:
            rows = [cells for _, cells in _records(text, separator, SAMPLE)]
        except ValueError:  # quotation marks beside another separator
            return 0
        return sum(len(row) == len(rows[0]) > 1 for row in rows)

    best = max(SEPARATORS, key=even_rows)
    return best if even_rows(best) else ","
