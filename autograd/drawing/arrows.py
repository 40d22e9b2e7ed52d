"""The arrows of a picture as Graphviz's attributes: labels, tooltips, and the colours of paths."""

from __future__ import annotations

from collections.abc import Iterator

from autograd.drawing.layout import Arrow, General, Layout
from autograd.drawing.style import DATA_EDGE, EDGE, LABEL, PATHS, bold, lines, signs, text, tooltip
from autograd.explaining.chain import Chain
from autograd.explaining.paths import MAX_PATHS, Step
from autograd.explaining.wording import step_parts
from autograd.formula.typesetting import number

__all__ = ["ArrowAttributes", "generalized"]

MAX_LABELLED = 40
"""Maximum number of boxes with labels on the arrows; above it, everything is in the tooltips."""
MAX_FORMULAS = 150
"""Maximum number of boxes with formulas in the tooltips."""
MAX_STEPS = 1000
"""Maximum number of steps of one arrow whose formulas are compared."""
MAX_FORMULA = 40
"""Maximum length of a formula on an arrow, in characters."""
MAX_DETAIL = 60
"""Maximum length of a formula in a tooltip, in characters."""


class ArrowAttributes:
    """The attributes of the arrows of a layout."""

    def __init__(self, layout: Layout) -> None:
        self._chain, self._boxes = layout.chain, len(layout.boxes)
        self._strands = _strands(layout.chain)

    def of(self, arrow: Arrow) -> dict[str, str]:
        """The attributes of one arrow."""
        if not arrow.steps:
            return {"color": DATA_EDGE, "tooltip": tooltip([f"{arrow.source.title} → {arrow.target.title}"])}
        paths = [i for i, strand in enumerate(self._strands) if not strand.isdisjoint(arrow.steps)]
        attributes = {"color": EDGE, "tooltip": tooltip(arrow.steps, self._details, self._chain.words)}
        if paths:
            color = ":".join(PATHS[i].line for i in paths)
            attributes |= {"color": color, "penwidth": "2" if ":" in color else "3.5", "weight": "8"}
            attributes |= {"style": PATHS[paths[0]].style} if len(paths) == 1 else {}
        if self._boxes <= MAX_LABELLED:
            attributes |= {"label": self._label(arrow, paths), "labeltooltip": attributes["tooltip"]}
        return attributes

    def _label(self, arrow: Arrow, paths: list[int]) -> str:
        rows = list(self._rows(arrow))
        if not paths:
            return lines(*(text(signs(row), LABEL, 14) for row in rows))
        rows += [self._shared_by(paths)] if len(paths) > 1 else []
        color = PATHS[paths[0]].text if len(paths) == 1 else LABEL
        # the empty line keeps the text off the thick arrow
        return lines(*(bold(signs(row), color, 14) for row in rows), text("", size=7))

    def _shared_by(self, paths: list[int]) -> str:
        chain = self._chain
        if chain.wrt is None:
            return chain.words(
                "paths_from", names=", ".join(chain.names[wrt] for i, wrt in enumerate(chain.wrts) if i in paths)
            )
        return chain.words("numbered_paths", numbers=", ".join(str(i + 1) for i in paths))

    def _rows(self, arrow: Arrow) -> Iterator[str]:
        """The derivative in symbols, and below it as a formula and a number."""
        if arrow.source.is_group or arrow.target.is_group:
            general, formula = generalized(self._chain, arrow)
            slopes = {number(step.factor.slope) for step in arrow.steps}
            symbol, parts = general.symbol, [*([formula] if formula else []), *(slopes if len(slopes) == 1 else [])]
        else:
            symbol, *parts = step_parts(self._chain, arrow.steps[0], MAX_FORMULA)
        yield symbol
        if parts:
            yield "= " + " = ".join(parts)

    def _details(self, step: Step) -> Iterator[str]:
        """The derivative of one step, with all digits."""
        parts = [step.factor.symbol]
        if self._boxes <= MAX_FORMULAS:
            *parts, _ = step_parts(self._chain, step, MAX_DETAIL)
        yield " = ".join([*parts, repr(step.factor.slope)])


def _strands(chain: Chain) -> list[set[Step]]:
    """The steps in each style: those of each path, or if there are many or several `wrts`, those of each `wrt`."""
    if 0 < chain.paths.count <= MAX_PATHS:
        return [set(path) for path in chain.paths.few]
    return [{step for value in chain.values for step in one.paths.steps_to(value)} for one in chain.each]


def generalized(chain: Chain, arrow: Arrow) -> tuple[General, str]:
    """An arrow between groups with letters for indices, and the formula of all its steps, if they have one."""
    general = General(arrow)
    if len(arrow.steps) > MAX_STEPS:
        return general, ""
    parts = [step_parts(chain, step, MAX_FORMULA) for step in arrow.steps]
    return general, general.formula([part[1] if len(part) > 2 else "" for part in parts])
