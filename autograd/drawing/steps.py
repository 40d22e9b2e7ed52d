"""Both passes step by step: a picture for each step, all with one layout, for slides, animations and notebooks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from autograd.core.value import Value
from autograd.drawing.alt_text import in_words
from autograd.drawing.course import Course, Moment
from autograd.drawing.draw import MAX_NODES, check_size, check_style, drawn, remedies
from autograd.drawing.layout import Layout
from autograd.drawing.narration import said
from autograd.drawing.slides import animated, paged
from autograd.drawing.style import Cell, bold, signs, text
from autograd.explaining.chain import Chain, View, as_values
from autograd.explaining.words import Words
from autograd.extensions.files import write

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = ["Steps", "steps"]

FORMATS = (".pdf", ".gif", ".svg", ".png", ".jpg")
"""The suffixes of the files that steps can be saved to."""


def steps(
    root: Value,
    view: View = "named",
    group: bool = True,
    max_nodes: int = MAX_NODES,
    *,
    language: str | Mapping[str, str] = "en",
    theme: str = "light",
    direction: str = "LR",
    scale: float = 1.0,
) -> Steps:
    """Draw how `root` and its derivatives are computed, step by step: one picture per step.

    First come the given numbers, then the forward pass box by box, dL/dL = 1, the backward pass arrow by arrow, and at
    last everything.  Each picture highlights its step, and says it below in symbols and numbers; a dot stands for a
    number that is not known yet.  All pictures have the same layout.  No `backward` is needed before.

    The result is a sequence of drawings, as from `draw`, and the arguments are those of `draw`.  Its ``.save`` writes
    slides (.pdf) or an animation (.gif), and a notebook shows it.

    Raises what `draw` raises, and StaleGraphError if a leaf was changed after it was used.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w")
    >>> pictures = steps(((w * 2.0).named("ŷ") ** 2).named("L"))
    >>> pictures
    <Steps of L: 7 pictures; .save("L.pdf") writes slides, .save("L.gif") an animation, and a notebook shows them>
    >>> print(pictures[5].words.splitlines()[1])
    dL/dw = dL/dŷ · ∂ŷ/∂w = 2.0 · 2.0 = 4.0
    """
    check_style(theme, direction)
    as_values("steps", root, None)
    chain = _Computed.stepwise(root, view, group, Words(language))
    layout = Layout(chain, group)
    check_size(len(layout.boxes), max_nodes, *remedies(chain, group))
    course = Course(layout)
    spoken = [said(course, at) for at in range(len(course.steps))]
    drawings = []
    for at, (lines, caption) in enumerate(zip(spoken, _captions(spoken), strict=True)):
        moment = Moment(course, at)
        words = "\n".join([*lines, *in_words(chain, [], moment)])
        drawing = drawn(layout, moment, caption, words, direction, in_order=not course.has_sums)
        drawing.theme, drawing.scale = theme, scale
        drawing.graph_attr |= {"rankdir": direction}
        drawings.append(drawing)
    return Steps(chain.names[root], drawings)


def _captions(spoken: Sequence[Sequence[str]]) -> Iterator[Sequence[Cell]]:
    """The lines below each picture; there are as many below all of them, and they are as wide."""
    columns = []
    for i in range(max(map(len, spoken))):
        cells = [(bold if i else text)(signs(lines[i]) if i < len(lines) else "") for lines in spoken]
        width = max(cell.width for cell in cells)
        columns.append([Cell(cell, width) for cell in cells])
    return zip(*columns, strict=True)


class _Computed(Chain):
    """A chain whose values hold their derivatives, as if a single backward pass had just been run."""

    def grad(self, value: Value) -> float | None:
        return self.derivatives[value]


class Steps(Sequence["Drawing"]):
    """The pictures of all steps towards the value called `name`, which a notebook shows side by side."""

    def __init__(self, name: str, drawings: Sequence[Drawing]) -> None:
        self.name, self._drawings = name, list(drawings)

    def __len__(self) -> int:
        return len(self._drawings)

    @overload
    def __getitem__(self, at: int) -> Drawing: ...
    @overload
    def __getitem__(self, at: slice) -> Steps: ...
    def __getitem__(self, at: int | slice) -> Drawing | Steps:
        return Steps(self.name, self._drawings[at]) if isinstance(at, slice) else self._drawings[at]

    def __repr__(self) -> str:
        stem = self.name if self.name.isidentifier() else "steps"
        return (
            f'<Steps of {self.name}: {len(self)} pictures; .save("{stem}.pdf") writes slides, .save("{stem}.gif") an '
            "animation, and a notebook shows them>"
        )

    def save(self, filename: str | os.PathLike[str], *, scale: float | None = None) -> str | list[str]:
        """Write all pictures and return the path; ``save("steps.pdf")``.

        The suffix chooses the format: .pdf has a page per step, and .gif is an animation; for .svg, .png and .jpg
        there is a file per step, ``steps-01.svg`` and so on, and the result is the list of their paths.  `scale` is
        that of `Drawing.save`.  Raises ValueError for any other suffix, ImportError if the package for PDF or GIF
        files is missing, and OSError if a file cannot be written; an existing file is then as it was.
        """
        path = Path(filename)
        suffix = path.suffix.lower()
        if suffix not in FORMATS:
            raise ValueError(f"save({str(filename)!r}): the name for all steps must end in one of {' '.join(FORMATS)}")
        pictures = self._pictures("png" if suffix == ".gif" else suffix[1:], scale)
        if suffix in (".pdf", ".gif"):
            write(path, paged(pictures) if suffix == ".pdf" else animated(pictures), parents=True)
            return str(filename)
        digits = max(2, len(str(len(self))))
        files = [path.with_name(f"{path.stem}-{i:0{digits}}{path.suffix}") for i in range(1, len(self) + 1)]
        for file, picture in zip(files, pictures, strict=True):
            write(file, picture, parents=True)
        return list(map(str, files))

    def _pictures(self, format: str, scale: float | None = None) -> list[bytes]:
        from autograd.drawing.rendering import pictures

        return [picture for (picture,) in pictures(self._drawings, [format], scale=scale)]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        """The pictures for a notebook, side by side, to scroll from one to the next; and always text.

        Never raises: if nothing can be drawn, the text says what to install.
        """
        bundle = {"text/plain": repr(self)}
        try:
            images = [picture.decode() for picture in self._pictures("svg")]
        except (RuntimeError, OSError, ValueError) as error:
            bundle["text/plain"] += f"\n({error})"
        else:
            slide = '<div style="flex: none; width: 100%; overflow: auto; scroll-snap-align: start">{}</div>'
            fitting = '<svg style="max-width: 100%; height: auto" '
            slides = "".join(slide.format(fitting + image.partition("<svg ")[2]) for image in images)
            bundle["text/html"] = (
                f'<div style="display: flex; overflow-x: auto; scroll-snap-type: x mandatory">{slides}</div>'
            )
        requested = set(include or bundle) - set(exclude or ())
        return {kind: content for kind, content in bundle.items() if kind in requested}
