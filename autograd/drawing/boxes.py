"""The contents of the boxes of a picture: names and expressions, numbers and derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Any

from autograd.core.value import Value
from autograd.drawing.display import EVERYTHING, LATER, Display
from autograd.drawing.layout import Box, Layout
from autograd.drawing.style import (
    FAINT,
    GRADIENT,
    NUMBER,
    RING,
    Cell,
    bold,
    faint,
    fitted,
    grid,
    minus,
    signs,
    text,
    tooltip,
)
from autograd.explaining.wording import same
from autograd.formula.typesetting import derivative, number, shortened

__all__ = ["BoxContent", "BoxContents"]

MAX_ROWS = 4
"""Maximum number of members of a group that are listed."""
MAX_EXPRESSION = 60
"""Maximum length of an expression in a box, in characters; the tooltip has all of it."""


@dataclass(frozen=True)
class BoxContent:
    """The kind of a box, its lines, its tooltip, and the width of the ring around it; None without room for a ring."""

    kind: str
    rows: list[Cell]
    tooltip: str
    ring: int | None = None


class BoxContents:
    """The contents of the boxes of a layout."""

    def __init__(self, layout: Layout, display: Display = EVERYTHING) -> None:
        self._layout, self._chain, self._words, self._display = layout, layout.chain, layout.chain.words, display

    def of(self, box: Box) -> BoxContent:
        """The content of one box."""
        rows = self._group(box) if box.is_group else self._number(box) if box.is_data else self._value(box)
        details = tooltip(list(zip(box.members, box.names, strict=True)), self._details, self._words)
        ring = RING * (box in self._display.highlighted) if self._display.has_highlights else None
        return BoxContent(self._layout.kind_of(box), list(rows), details, ring)

    def _number(self, box: Box) -> Iterator[Cell]:
        yield bold(box.title)
        yield self._value_of(box.members[0])

    def _value(self, box: Box) -> Iterator[Cell]:
        (x,) = box.members
        expression = f" = {signs(shortened(self._chain.written(x), MAX_EXPRESSION))}" if not x.is_leaf else ""
        yield bold(box.title) + (text(expression) if expression else "")
        yield self._value_of(x)
        if x in self._chain.stale:
            yield text(self._words("run_again"), GRADIENT, 13)
            return
        total, slope = f"{self._chain.total(x)} = ", self._chain.known_derivative(x)
        if slope is None:
            yield text(total + self._words("not_computed"), GRADIENT, 13)
            return
        versions, grad = self._display.gradient(x, number(slope)), self._chain.grad(x)
        yield text(total, GRADIENT, 13) + _number_cell(versions, GRADIENT, 13, fill=True)
        if grad is not None and not same(grad, slope):
            versions = self._display.gradient(x, number(grad))
            remarks = [self._words("other_passes", grad=minus(version)) for version in versions]
            yield fitted(partial(text, color=GRADIENT, size=13), *remarks)

    def _value_of(self, x: Any) -> Cell:
        """The number of a Value, or of a named number."""
        return _number_cell(self._display.value(x, number(x.data if type(x) is Value else float(x))), NUMBER)

    def _group(self, box: Box) -> Iterator[Cell]:
        members = {"data": "inputs", "parameter": "parameters"}.get(self._layout.kind_of(box), "values")
        yield bold(box.stem) + text("  " + self._words(members, count=f"{len(box.members):,}"))
        top = derivative(self._chain.names[self._chain.root], f"{box.stem}[{box.letters}]")
        listed = self._listed(box)
        head = [faint(box.letters), faint(self._words("value")), *([] if box.is_data else [faint(top)])]
        yield grid([head, *(self._member(box, i) for i in listed)])
        more = len(box.members) - len(listed)
        if more:
            yield faint(self._words("more_ranked" if self._is_ranked(box) else "more", count=f"{more:,}"))

    def _member(self, box: Box, i: int) -> list[Cell]:
        """One member of a group: its index, its number, its derivative."""
        x, index = box.members[i], box.indices[i]
        if box.is_data:
            return [text(index), self._value_of(x)]
        name = bold(index) if x in self._chain.wrts else text(index)
        return [name, self._value_of(x), self._derivative(x)]

    def _derivative(self, x: Value) -> Cell:
        if x in self._chain.stale:
            return text(self._words("changed"), GRADIENT, 13)
        slope = self._chain.known_derivative(x)
        if slope is None:
            return text(self._words("not_computed"), GRADIENT, 13)
        return _number_cell(self._display.gradient(x, number(slope)), GRADIENT)

    def _listed(self, box: Box) -> list[int]:
        """The positions of the members that are listed: those of `wrts`, and those with the largest derivatives."""
        n, leader = len(box.members), self._leader(box)
        if n <= MAX_ROWS or leader is None:
            return list(range(min(n, MAX_ROWS)))
        sizes = [abs(self._chain.derivatives.get(x, 0.0)) for x in leader.members]
        sizes = [size if isfinite(size) else float("inf") for size in sizes]
        return sorted(range(n), key=lambda i: (leader.members[i] not in self._chain.wrts, -sizes[i], i))[:MAX_ROWS]

    def _is_ranked(self, box: Box) -> bool:
        leader = self._leader(box)
        return leader is not None and any(self._chain.grad(x) is not None for x in leader.members)

    def _leader(self, box: Box) -> Box | None:
        """The group whose derivatives decide which members are listed: for inputs, the group of their weights."""
        if not box.is_data:
            return box
        targets = {arrow.target for arrow in self._layout.arrows if arrow.source is box}
        others = (arrow.source for arrow in self._layout.arrows if arrow.target in targets)
        return next((other for other in others if not other.is_data and other.indices == box.indices), None)

    def _details(self, member: tuple[Any, str]) -> Iterator[str]:
        """Everything about one member, in full."""
        x, name = member
        if type(x) is not Value:
            yield f"{name} = {self._display.value(x, repr(float(x)))[0]}"
            return
        expression = f"{self._chain.written(x)} = " if not x.is_leaf else ""
        yield f"{name} = {expression}{self._display.value(x, repr(x.data))[0]}"
        grad = self._chain.grad(x)
        if x in self._chain.derivatives and grad is not None:
            slope = self._chain.derivatives[x]
            yield f"{self._chain.total(x)} = {self._display.gradient(x, repr(slope))[0]}"
            if not same(grad, slope):
                yield f"{name}.grad = {self._display.gradient(x, repr(grad))[0]}"


def _number_cell(versions: Sequence[str], color: str, size: int = 15, fill: bool = False) -> Cell:
    """A number, or what is shown in its place."""
    color = FAINT if versions[0] == LATER else color
    return fitted(partial(bold, color=color, size=size), *map(minus, versions), fill=fill)
