"""Formulas with names, computed one after the other: ``ŷ = w*x + b; L = (ŷ - y)**2``, with ``w=0.5 b=0.1 x=2 y=1``.

The last formula is the result; each may use the variables and the results before it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from autograd.core.table import DomainError, PoleError
from autograd.formula.language import Formula, FormulaError, UnknownNameError, checked_name
from autograd.formula.systems import FLOATS, NumberSystem
from autograd.formula.typesetting import shortened

__all__ = ["Formulas", "parse_formulas", "with_decimal_point"]

_DECIMAL_COMMA = re.compile(r"([+-]?\d*),(\d+(?:[eE][+-]?\d+)?)")
_NAMED = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)


@dataclass(frozen=True)
class Formulas:
    """Formulas by name, in the order in which they are computed, and the numbers of their variables.

    >>> formulas = parse_formulas("h = w*x; h + 1", ["w=0.5", "x=2"])
    >>> formulas.run(FLOATS, formulas.inputs)
    {'h': 1.0, 'f': 2.0}
    """

    text: str
    steps: dict[str, Formula]
    inputs: dict[str, float]

    @property
    def name(self) -> str:
        """The name of the result."""
        return list(self.steps)[-1]

    def run(
        self,
        system: NumberSystem,
        inputs: Mapping[str, Any],
        named: Callable[[str, Any], Any] = lambda name, result: result,
    ) -> dict[str, Any]:
        """The result of every formula over one number system, by name, after `named` has given it its name."""
        numbers, results = dict(inputs), {}
        for name, formula in self.steps.items():
            try:
                result = formula.over(system)(*(numbers[used] for used in formula.names))
            except DomainError:
                raise
            except ZeroDivisionError:  # numbers alone
                raise PoleError(f"division by zero in {shortened(formula.text)}") from None
            numbers[name] = results[name] = named(name, result)
        return results


def parse_formulas(text: str, inputs: Sequence[str]) -> Formulas:
    """The formulas in `text`, separated by semicolons, with their variables, such as ``w=0.5``.

    Raises FormulaError for anything that is not a formula or a number, and for names that are missing, not used, or
    given twice.
    """
    numbers = dict(map(_variable, inputs))
    if len(numbers) < len(inputs):
        raise FormulaError(f"a variable was given twice: {shortened(' '.join(inputs))}")
    steps: dict[str, Formula] = {}
    pieces = text.rstrip("; ").split(";")
    for i, piece in enumerate(pieces):
        named = _NAMED.fullmatch(piece)
        name, body = named.groups() if named else ("", piece)
        name = checked_name(name) if name else ""
        if not name and i < len(pieces) - 1:
            raise FormulaError(f"a formula followed by others needs a name, such as h = {shortened(piece.strip())}")
        if name in numbers or name in steps:
            raise FormulaError(f"{shortened(name)} is given twice\n    {shortened(text)}")
        try:
            formula = Formula(body, (*numbers, *steps))
        except UnknownNameError as error:
            raise FormulaError(f"{error}\n    (every variable needs a number, as in w=0.5)") from None
        steps[name or _free_name({*numbers, *steps})] = formula
    used = {name for formula in steps.values() for name in formula.used}
    for name in [*numbers, *list(steps)[:-1]]:
        if name not in used:
            state = "given" if name in numbers else "computed"
            raise FormulaError(f"{shortened(name)} is {state}, but not used in {shortened(text.strip())}")
    return Formulas(text, steps, numbers)


def _free_name(used: set[str]) -> str:
    """A name for a result without one."""
    return next(name for name in chain("fgz", (f"f{i}" for i in count(1))) if name not in used)


def with_decimal_point(text: str) -> str:
    """A number that is written with a decimal comma, with a point; "" for anything else.

    >>> with_decimal_point("3,5"), with_decimal_point("3.5")
    ('3.5', '')
    """
    return ".".join(match.groups()) if (match := _DECIMAL_COMMA.fullmatch(text)) else ""


def _variable(item: str) -> tuple[str, float]:
    """The name and the number of ``w=0.5``."""
    name, equals, text = (part.strip() for part in item.partition("="))
    if not equals:
        raise FormulaError(f"{shortened(item.strip())!r} is not a variable with a number: write w=0.5, without spaces")
    name = checked_name(name)
    if pointed := with_decimal_point(text):
        raise FormulaError(f"{shortened(name)}={shortened(text)}: write {shortened(pointed)}, with a decimal point")
    if text.lower().lstrip("+-") in ("inf", "infinity", "nan"):
        raise FormulaError(f"{shortened(name)} needs a finite number, not {text}")
    try:
        value = float(Formula(text, ()).over(FLOATS)())
    except UnknownNameError as error:
        raise FormulaError(f"{shortened(name)} needs a number: {error}") from None
    except FormulaError:
        raise
    except (ArithmeticError, ValueError) as error:
        raise FormulaError(f"{shortened(name)} needs a number, but {shortened(text)}: {error}") from None
    if not math.isfinite(value):
        raise FormulaError(f"{shortened(name)} needs a finite number, not {shortened(text)}")
    return name, value
