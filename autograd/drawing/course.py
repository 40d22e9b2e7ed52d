"""The course of both passes: the steps over a layout, what is known at each of them, and how a picture shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

from autograd.core.value import Value
from autograd.drawing.display import LATER, Display
from autograd.drawing.layout import Arrow, Box, Layout
from autograd.drawing.walkthrough import Backward, Forward, walkthrough
from autograd.explaining.paths import Step
from autograd.formula.typesetting import number as typeset

__all__ = ["Course", "End", "Moment", "Seed", "Start"]


@dataclass(frozen=True)
class Start:
    """Only the leaves and the data are known."""


@dataclass(frozen=True)
class Seed:
    """The backward pass starts at the `box` of the root, whose derivative with respect to itself is 1."""

    box: Box


@dataclass(frozen=True)
class End:
    """Everything is known."""


class Course:
    """All `steps` of both passes over a layout, and the products that the backward pass adds up.

    >>> from autograd.explaining.chain import Chain
    >>> w = Value(0.5, "w")
    >>> course = Course(Layout(Chain((w * w).named("h") ** 3)))
    >>> [type(step).__name__ for step in course.steps]
    ['Start', 'Forward', 'Forward', 'Seed', 'Backward', 'Backward', 'End']
    """

    def __init__(self, layout: Layout) -> None:
        self.layout, self.chain = layout, layout.chain
        moves = walkthrough(layout)
        forward = [step for step in moves if isinstance(step, Forward)]
        backward = [step for step in moves if isinstance(step, Backward)]
        seed = Seed(layout.box_of(self.chain.root))
        self.steps: Sequence[Start | Forward | Seed | Backward | End] = [Start(), *forward, seed, *backward, End()]
        self.seed = self.steps.index(seed)
        self._places: dict[Box | Arrow, int] = {}
        self._in_all_samples: dict[Step, list[Step]] = {}
        self._leaving: dict[Box, list[Arrow]] = {box: [] for box in layout.boxes}
        for k, step in enumerate(self.steps):
            if isinstance(step, Forward):
                self._places[step.box] = k
            elif isinstance(step, Backward):
                self._places[step.arrow] = k
                self._leaving[step.arrow.source].append(step.arrow)

    def place(self, of: Box | Arrow) -> int:
        """The position of the step at which a box or an arrow is computed; 0 for leaves and data."""
        return self._places.get(of, 0)

    def leaving(self, x: Value) -> list[Arrow]:
        """The arrows that start at the box of a Value and contribute to its derivative, in the order of the steps."""
        return [arrow for arrow in self._leaving[self.layout.box_of(x)] if self.products(arrow, x)]

    @property
    def has_sums(self) -> bool:
        """True if several arrows add to the same derivative."""
        return any(len(arrows) > 1 for arrows in self._leaving.values())

    def products(self, arrow: Arrow, x: Value) -> list[tuple[float, float]]:
        """The products that an arrow adds to the derivative of `x`: one per step and sample, as pairs of factors."""
        return [
            (self.derivatives[each.value], each.factor.slope)
            for step in arrow.steps
            if step.operand is x
            for each in self.in_all_samples(step)
        ]

    def in_all_samples(self, step: Step) -> list[Step]:
        """The step in each sample, if all samples have it; otherwise itself alone."""
        if step not in self._in_all_samples:
            self._in_all_samples[step] = self.chain.in_all_samples(step)
        return self._in_all_samples[step]

    def added(self, arrows: Sequence[Arrow], x: Value) -> float:
        """The sum of the products that some arrows add to the derivative of `x`."""
        return sum(upstream * local for arrow in arrows for upstream, local in self.products(arrow, x))

    def share(self, arrow: Arrow) -> float:
        """The largest product along an arrow, as a share of the largest one along any."""
        return self._sizes[arrow] / (max(self._sizes.values()) or 1.0)

    @cached_property
    def _sizes(self) -> dict[Arrow, float]:
        return {
            arrow: max(
                filter(isfinite, (abs(self.derivatives[s.value] * s.factor.slope) for s in arrow.steps)), default=0.0
            )
            for arrow in self.layout.arrows
        }

    @cached_property
    def derivatives(self) -> dict[Value, float]:
        """The derivatives of the root with respect to all values, those of other samples included."""
        samples = self.chain.samples
        others = [x for own in samples.counterparts() for x in own if type(x) is Value] if samples else []
        values = [*self.chain.values, *others]
        return dict(zip(values, self.chain.root.gradients(values), strict=True))


class Moment(Display):
    """The display of what is known at one step of a course, with the numbers to come as dots.

    >>> from autograd.explaining.chain import Chain
    >>> w = Value(0.5, "w")
    >>> h = (w * 2.0).named("h")
    >>> course = Course(Layout(Chain((h * w).named("z"))))
    >>> [Moment(course, k).value(h, "1.0")[0] for k in range(3)]
    ['·', '1.0', '1.0']
    >>> [Moment(course, k).gradient(w, "2.0")[0] for k in range(3, 8)]
    ['·', '·', '1.0 + …', '2.0', '2.0']
    """

    has_highlights = True
    widest = 3.0

    def __init__(self, course: Course, at: int) -> None:
        self._course, self._at, self._step = course, at, course.steps[at]
        match self._step:
            case Forward(box) | Seed(box):
                self.highlighted = {box}
            case Backward(arrow):
                self.highlighted = {arrow, arrow.source}

    def value(self, x: Any, number: str) -> Sequence[str]:
        """A dot until its box is computed."""
        is_known = self._course.place(self._course.layout.box_of(x)) <= self._at
        return (number, LATER) if is_known else (LATER, number)

    def gradient(self, x: Value, number: str) -> Sequence[str]:
        """A dot, then the sum so far, and the derivative once all arrows have added to it."""
        arrows = self._course.leaving(x)
        sums = [self._course.added(arrows[:n], x) for n in range(1, len(arrows))]
        versions = [LATER, *(f"{typeset(so_far)} + …" for so_far in sums), number]
        known = sum(self._course.place(arrow) <= self._at for arrow in arrows)
        shown = known if arrows else int(self._course.seed <= self._at)
        return versions[shown], *versions

    def derivative(self, arrow: Arrow, formula: str, number: str) -> Sequence[str]:
        """A dot in the place of the number until a derivative is passed back along the arrow."""
        full, empty = (super(Moment, self).derivative(arrow, formula, x)[0] for x in (number, number and LATER))
        return (full, empty) if self._course.place(arrow) <= self._at else (empty, full)

    def width(self, arrow: Arrow) -> float:
        """A wide arrow where the step is; at the end, all arrows as wide as what came along them."""
        if isinstance(self._step, End):
            return 1 + (self.widest - 1) * self._course.share(arrow)
        return self.widest if arrow in self.highlighted else 1.0
