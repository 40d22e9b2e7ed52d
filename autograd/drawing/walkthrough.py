"""The order in which a computation is shown step by step: forward, box by box, then backward, arrow by arrow."""

from __future__ import annotations

from dataclasses import dataclass

from autograd.drawing.layout import Arrow, Box, Layout

__all__ = ["Backward", "Forward", "walkthrough"]


@dataclass(frozen=True)
class Forward:
    """The numbers of a `box` are computed from those of its operands."""

    box: Box


@dataclass(frozen=True)
class Backward:
    """A derivative is passed back along an `arrow`, multiplied by the local derivative."""

    arrow: Arrow


def walkthrough(layout: Layout) -> list[Forward | Backward]:
    """The steps of both passes over the boxes of a layout, each after those that it needs.

    >>> from autograd import Value
    >>> from autograd.explaining.chain import Chain
    >>> w = Value(0.5, "w")
    >>> steps = walkthrough(Layout(Chain((w * w).named("h") ** 3)))
    >>> [step.box.title if isinstance(step, Forward) else f"{step.arrow.target.title} to {step.arrow.source.title}"
    ...     for step in steps]
    ['h', 'z', 'z to h', 'h to w']
    """
    inner = [box for box in layout.boxes if not (box.is_data or box.members[0].is_leaf)]
    inner.sort(key=lambda box: max(value._created for value in box.members))
    backward = [
        Backward(arrow) for box in reversed(inner) for arrow in layout.arrows if arrow.target is box and arrow.steps
    ]
    return [*map(Forward, inner), *backward]
