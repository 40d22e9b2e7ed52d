"""The numbers of a picture as they are shown: all of them, with gaps for a handout, or as far as a step has come.

Boxes, arrows and captions ask a display what stands in the place of each number.  It answers with versions: the first
one is shown, and there is room for all of them, so that pictures with other displays have the same layout.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from autograd.core.value import Value
from autograd.drawing.layout import Arrow, Box
from autograd.explaining.chain import Chain
from autograd.formula.typesetting import number

__all__ = ["EVERYTHING", "HIDEABLE", "LATER", "Display", "Gaps"]

HIDEABLE = ("gradients", "derivatives", "values")
"""The kinds of numbers that can be hidden."""
LATER = "·"
"""The sign in the place of a number that is not known yet."""

_GAP = "?"
_FIGURES = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


class Display:
    """The display of every number as it is; others override some of its methods."""

    highlighted: Collection[Box | Arrow] = ()
    """The boxes and arrows that stand out."""
    has_highlights = False
    """True if every box and every arrow has room for being highlighted."""
    widest = 1.0
    """The width for which every arrow has room."""

    def value(self, x: Any, number: str) -> Sequence[str]:
        """The versions of the number of a Value, or of a named number."""
        return (number,)

    def gradient(self, x: Value, number: str) -> Sequence[str]:
        """The versions of the derivative of the root with respect to a Value."""
        return (number,)

    def derivative(self, arrow: Arrow, formula: str, number: str) -> Sequence[str]:
        """The versions of the derivative along an arrow, as a formula and as a number; either may be empty."""
        return (_equation(formula, number),)

    def remark(self, number: str) -> str:
        """A number in the caption, which holds derivatives and their products."""
        return number

    def width(self, arrow: Arrow) -> float:
        """The width of an arrow that is not on a path, up to `widest`."""
        return self.widest


EVERYTHING = Display()


class Gaps(Display):
    """A display for handouts, with a gap for each number of the kinds that are `hidden`.

    Numbers of another kind become gaps as well if a hidden value could be read from them: ``∂z/∂a = h = ?``.

    >>> w = Value(0.5, "w")
    >>> h = (w * 2.2).named("h")
    >>> gaps = Gaps(Chain((h * w).named("z")), ["values"])
    >>> gaps.value(w, "0.5"), gaps.value(h, "1.1"), gaps.gradient(w, "2.2"), gaps.gradient(h, "1.1")
    (('0.5',), ('?', '1.1'), ('2.2',), ('?', '1.1'))
    """

    def __init__(self, chain: Chain, hidden: Sequence[str]) -> None:
        self._hidden = frozenset(hidden)
        self._secrets = set(_readable(chain)) if "values" in hidden else set()

    def value(self, x: Any, number: str) -> Sequence[str]:
        """A gap for a result; leaves and data are given."""
        return (_GAP, number) if "values" in self._hidden and _is_result(x) else (number,)

    def gradient(self, x: Value, number: str) -> Sequence[str]:
        """A gap for a total derivative."""
        return (_GAP, number) if "gradients" in self._hidden or self._is_secret(number) else (number,)

    def derivative(self, arrow: Arrow, formula: str, number: str) -> Sequence[str]:
        """A gap for formula and number together, or for a number that is also that of a hidden value."""
        everything = _equation(formula, number)
        if "derivatives" in self._hidden and everything:
            return _GAP, everything
        return (_equation(formula, _GAP), everything) if self._is_secret(number) else (everything,)

    def remark(self, number: str) -> str:
        """A gap, unless only values are hidden: the caption says how derivatives follow from each other."""
        return _GAP if self._hidden - {"values"} or self._is_secret(number) else number

    def _is_secret(self, number: str) -> bool:
        return not self._secrets.isdisjoint(_figures(number))


def _equation(formula: str, number: str) -> str:
    return " = ".join(filter(None, [formula, number]))


def _readable(chain: Chain) -> Iterator[str]:
    """The numbers of results that stand on an arrow as well, as in ``∂z/∂a = h = 1.1``."""
    results = [value for value in chain.values if _is_result(value)]
    written = {chain.names[value] for value in results} | {chain.written(value) for value in results}
    for step in (step for steps in chain.steps.values() for step in steps):
        formula = chain.formula(step)
        if formula and formula.written(chain.words.style).removeprefix("-") in written:
            yield from _figures(number(step.factor.slope))


def _is_result(x: Any) -> bool:
    return type(x) is Value and not x.is_leaf


def _figures(text: str) -> list[str]:
    """The numbers in a string without their signs, rounded as in a picture.

    >>> _figures("(-1.1000000000000001)")
    ['1.1']
    """
    return [number(float(figures)) for figures in _FIGURES.findall(text)]
