"""Columns of strings as numbers: numbers, two names such as yes and no, classes; and those that can be learned from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autograd.extend import shortened
from neuron.choosing import choose
from neuron.lessons.own_data.csv_files import Table

__all__ = ["Choice", "Column", "as_target", "choose_columns", "reason_to_leave_out", "typed"]

Array = NDArray[np.float64]

MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "?", "-"}
YES = {"yes", "y", "true", "t", "on", "ja", "j", "да"}
"""Of two names, the one that is 1 even if it is the first in alphabetical order."""
NAMES_REMEDY = "give each value a column of its own with yes and no"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
"""A number that may be one of thousands: 1.234, or 1,234."""
HUGE = 1e100
"""The size from which a number counts as a mistake: the squares of larger ones overflow."""
MOSTLY = 0.9
"""The share of numbers from which a column holds numbers, and other cells count as missing."""
NUMBERING = re.compile(r"(.*[ _-])?(id|index|row|nr|column 1|unnamed: 0)", re.IGNORECASE)
"""Names of columns that number the rows, if all their numbers differ."""


@dataclass(frozen=True)
class Column:
    """The `values` of a column, nan where one is missing.

    A column of names has its `labels`: value k stands for ``labels[k]``.  `unread` are the cells, by row, that are not
    numbers in a column of numbers; they are missing as well.  `doubtful` is a cell that may be meant otherwise.
    """

    name: str
    values: Array
    labels: tuple[str, ...] = ()
    unread: dict[int, str] = field(default_factory=dict)
    doubtful: str = ""

    @property
    def missing(self) -> NDArray[np.bool_]:
        """True for each row in which the value is missing."""
        return np.isnan(self.values)

    @property
    def coding(self) -> str:
        """The numbers that stand for the labels: ``yes = 1, no = 0``; "" for numbers."""
        pairs = [f"{shortened(label)} = {i}" for i, label in enumerate(self.labels)]
        return ", ".join(reversed(pairs) if len(pairs) == 2 else pairs)


@dataclass(frozen=True)
class Choice:
    """The columns that are learned from, the target, and for each of the others the reason why it is left out."""

    inputs: list[Column]
    target: Column
    left_out: dict[str, str]


def choose_columns(table: Table, target: str | None) -> Choice:
    """All columns of a table as numbers, with `target` as the one to predict.

    Raises ValueError, in one sentence, if there is no such target, no header, or nothing to learn from.
    """
    names = list(table.names)
    if target not in names and any(_number(name, decimal_comma=True) is not None for name in names):
        line = shortened(table.separator.join(names))
        raise ValueError(
            f"the first line, {line}, is not a header: write a line with the names of the columns above it"
        )
    if target is None:
        raise ValueError(f"name the column to predict, --target COLUMN; the columns are {', '.join(names)}")
    target = choose("column", target, dict(zip(names, names, strict=True)))
    columns = [typed(name, table.column(i), table.separator != ",") for i, name in enumerate(names)]
    answer = as_target(columns.pop(names.index(target)))
    reasons = {column.name: reason_to_leave_out(column) for column in columns}
    left_out = {name: reason for name, reason in reasons.items() if reason}
    inputs = [column for column in columns if column.name not in left_out]
    if not inputs:
        why = "; ".join(f"{shortened(name)} is {reason}" for name, reason in left_out.items())
        raise ValueError(f"there is no column to learn {shortened(target)} from{why and f': {why}'}")
    return Choice(inputs, answer, left_out)


def typed(name: str, cells: Sequence[str], decimal_comma: bool = False) -> Column:
    """A column of strings as numbers: as they are, or 0, 1, 2 ... for names.

    Of two names, a word for yes is 1; all others are in alphabetical order.

    >>> typed("price", ["1,5", "2", ""], decimal_comma=True).values
    array([1.5, 2. , nan])
    >>> typed("member", ["yes", "no", "Yes"])
    Column(name='member', values=array([1., 0., 1.]), labels=('no', 'yes'), unread={}, doubtful='')
    """
    present = {row: cell for row, cell in enumerate(cells) if cell.casefold() not in MISSING}
    read = {row: _number(cell, decimal_comma) for row, cell in present.items()}
    numbers = {row: number for row, number in read.items() if number is not None}
    values = np.full(len(cells), np.nan)
    if len(numbers) >= MOSTLY * len(present):
        values[list(numbers)] = list(numbers.values())
        unread = {row: cell for row, cell in present.items() if row not in numbers}
        marked = [cell for cell in present.values() if re.search(r"[.,]", cell)] if decimal_comma else []
        doubtful = marked[0] if marked and all(map(THOUSANDS.fullmatch, marked)) else ""
        return Column(name, values, (), unread, doubtful)
    spellings: dict[str, str] = {}
    for cell in present.values():
        spellings.setdefault(cell.casefold(), cell)
    ordered = sorted(spellings)  # no before yes, false before true, off before on
    if len(ordered) == 2 and ordered[0] in YES and ordered[1] not in YES:
        ordered.reverse()
    position = {key: i for i, key in enumerate(ordered)}
    values[list(present)] = [position[cell.casefold()] for cell in present.values()]
    return Column(name, values, tuple(spellings[key] for key in ordered))


def as_target(column: Column, max_classes: int = 20) -> Column:
    """The column as a target: two different numbers become two classes.

    Raises ValueError if there is nothing to learn, or if it has more than `max_classes` names.

    >>> as_target(Column("bought", np.array([1.0, 2.0, 1.0]))).labels
    ('1', '2')
    """
    different = np.unique(column.values[~column.missing])
    if len(different) < 2:
        state = "the same in all rows" if len(different) else "missing in all rows"
        raise ValueError(f"the target {shortened(column.name)} is {state}: there is nothing to learn")
    if len(column.labels) > max_classes:
        raise ValueError(
            f"the target {shortened(column.name)} is text with {len(column.labels)} different values: choose a column "
            f"of numbers, of yes and no, or of at most {max_classes} names of classes"
        )
    if column.labels or len(different) > 2:
        return column
    values = np.where(column.missing, np.nan, column.values == different[1])
    labels = tuple(str(number).removesuffix(".0") for number in different.tolist())
    return Column(column.name, values, labels, column.unread, column.doubtful)


def reason_to_leave_out(column: Column) -> str:
    """The reason why a column is not an input, with what to do; "" if it is one.

    >>> reason_to_leave_out(typed("town", ["Bern", "Chur", "Bern", "Genf"]))
    'text with 3 different values, such as Bern; to use it, give each value a column of its own with yes and no'
    """
    present = column.values[~column.missing]
    different = len(np.unique(present))
    if len(present) <= len(column.values) / 2:
        return f"missing in {len(column.values) - len(present)} of {len(column.values)} rows"
    if different == 1:
        return "the same in all rows"
    if len(column.labels) > 2:
        ((common, count),) = Counter(present.tolist()).most_common(1)
        if count == 1 and not any(map(str.isdigit, column.labels[0])):
            return "text that is different in every row"
        example = column.labels[int(common)]
        remedy = "write its numbers as 1234.5" if example[-1:].isdigit() else NAMES_REMEDY
        return f"text with {different} different values, such as {shortened(example)}; to use it, {remedy}"
    if NUMBERING.fullmatch(column.name) and different == len(present) and np.all(present == present.round()):
        return "an identifier: a different number in every row"
    return ""


def _number(cell: str, decimal_comma: bool) -> float | None:
    """The number in a cell; None if it holds something else."""
    text = cell.replace(",", ".") if decimal_comma else cell
    return float(text) if NUMBER.fullmatch(text) and abs(float(text)) < HUGE else None
