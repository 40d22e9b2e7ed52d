"""The arrows of a picture as Graphviz's attributes: labels, tooltips, and the colours of paths."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from autograd.drawing.display import EVERYTHING, Display
from autograd.drawing.layout import Arrow, General, Layout
from autograd.drawing.style import DATA_EDGE, EDGE, LABEL, NOW, PATHS, Cell, bold, fitted, lines, signs, text, tooltip
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

    def __init__(self, layout: Layout, display: Display = EVERYTHING) -> None:
        self._chain, self._boxes, self._display = layout.chain, len(layout.boxes), display
        self._strands = _strands(layout.chain)

    def of(self, arrow: Arrow) -> dict[str, str]:
        """The attributes of one arrow."""
        if not arrow.steps:
            return {"color": DATA_EDGE, "tooltip": tooltip([f"{arrow.source.title} → {arrow.target.title}"])}
        paths = [i for i, strand in enumerate(self._strands) if not strand.isdisjoint(arrow.steps)]
        details = partial(self._details, arrow)
        attributes = {"color": EDGE, "tooltip": tooltip(arrow.steps, details, self._chain.words)}
        if self._display.has_highlights:
            # unlike penwidth, this leaves the layout as it is
            attributes |= {"style": f"setlinewidth({self._display.width(arrow):.4g})"}
            attributes |= {"color": NOW} if arrow in self._display.highlighted else {}
        if paths:
            color = ":".join(PATHS[i].line for i in paths)
            attributes |= {"color": color, "penwidth": "2" if ":" in color else "3.5", "weight": "8"}
            attributes |= {"style": PATHS[paths[0]].style} if len(paths) == 1 else {}
        if self._boxes <= MAX_LABELLED:
            attributes |= {"label": self._label(arrow, paths), "labeltooltip": attributes["tooltip"]}
        return attributes

    def _label(self, arrow: Arrow, paths: list[int]) -> str:
        rows = list(self._rows(arrow))
        if len(paths) > 1:
            rows.append([self._shared_by(paths)])
        is_now = arrow in self._display.highlighted
        color = NOW if is_now else PATHS[paths[0]].text if len(paths) == 1 else LABEL
        is_bold, may_be_bold = bool(paths) or is_now, bool(paths) or self._display.has_highlights
        shown, widest = (partial(bold if is_b else text, color=color, size=14) for is_b in (is_bold, may_be_bold))
        cells = []
        for row in rows:
            versions = list(map(signs, row))
            cell = fitted(shown, *versions, fill=self._display.has_highlights)
            cells.append(Cell(cell, fitted(widest, *versions).width))
        # the empty line keeps the text off the thick arrow
        return lines(*cells, *([text("", size=7)] if may_be_bold else []))

    def _shared_by(self, paths: list[int]) -> str:
        chain = self._chain
        if chain.wrt is None:
            return chain.words(
                "paths_from", names=", ".join(chain.names[wrt] for i, wrt in enumerate(chain.wrts) if i in paths)
            )
        return chain.words("numbered_paths", numbers=", ".join(str(i + 1) for i in paths))

    def _rows(self, arrow: Arrow) -> Iterator[list[str]]:
        """The versions of each row: the derivative in symbols, and below it as a formula and a number."""
        if arrow.source.is_group or arrow.target.is_group:
            general, formula = generalized(self._chain, arrow)
            slopes = {number(step.factor.slope) for step in arrow.steps}
            symbol, slope = general.symbol, slopes.pop() if len(slopes) == 1 else ""
        else:
            symbol, *formulas, slope = step_parts(self._chain, arrow.steps[0], MAX_FORMULA)
            formula = "".join(formulas)
        yield [symbol]
        versions = self._display.derivative(arrow, formula, slope)
        if versions[0]:
            yield [f"= {version}" for version in versions]

    def _details(self, arrow: Arrow, step: Step) -> Iterator[str]:
        """The derivative of one step, with all digits."""
        symbol, formulas = step.factor.symbol, list[str]()
        if self._boxes <= MAX_FORMULAS:
            symbol, *formulas, _ = step_parts(self._chain, step, MAX_DETAIL)
        yield f"{symbol} = {self._display.derivative(arrow, ''.join(formulas), repr(step.factor.slope))[0]}"


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
