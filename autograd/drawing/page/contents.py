"""The contents of a page as data: named values, and views of them with boxes, arrows, steps and places.

A value refers to its node; one that belongs to a sample refers to a node per sample, so that the page can show any of
them.  One view has similar values in one box, and if there are such, another has a box for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from autograd.core.value import Value
from autograd.drawing.arrows import MAX_FORMULA, MAX_LABELLED, generalized
from autograd.drawing.boxes import MAX_EXPRESSION, MAX_ROWS
from autograd.drawing.layout import Arrow, Box, Layout, identity
from autograd.drawing.measuring import text_width
from autograd.drawing.page.nodes import NodeTable
from autograd.drawing.page.placement import Size, placed
from autograd.drawing.style import signs
from autograd.drawing.walkthrough import Forward, walkthrough
from autograd.explaining.chain import Chain
from autograd.explaining.paths import Step
from autograd.explaining.wording import step_parts
from autograd.extensions.expressions import expression
from autograd.formula import javascript
from autograd.formula.typesetting import ATOM, atom, derivative, shortened

__all__ = ["Contents"]

ROOM = "−0.00000"
"""A number as wide as most; a wider one is squeezed into its room."""
LINE, ROW = 24, 20
"""The height of a line of a box, and that of a row of a table or of a line on an arrow, in points."""
MARGIN, GAP = 10, 14
"""The space beside the text of a box, and between the columns of a table, in points."""

_TOKEN = re.compile("((?<!\\w)\\(-[\ue000-\uf8ff]\\)|-[\ue000-\uf8ff])")


class Contents:
    """The data of one page about a chain, and the JavaScript functions for its formulas."""

    def __init__(self, chain: Chain, views: Sequence[Layout], has_all_branches: bool = True) -> None:
        self._chain, self._layouts, self._has_all_branches = chain, views, has_all_branches
        self._table = NodeTable(chain.nodes, chain.samples)
        boxes = [box for layout in views for box in layout.boxes]
        named = {identity(x): (x, name) for box in boxes for x, name in zip(box.members, box.names, strict=True)}
        self._named = list(named.values())
        self._places = {key: i for i, key in enumerate(named)}
        self._formulas: list[str] = []

    def data(self) -> dict[str, Any]:
        """Everything that the page's JavaScript reads, as data for JSON."""
        samples = self._chain.samples
        return {
            "nodes": self._table.nodes(),
            "root": self._places[self._chain.root],
            "style": {
                "line": LINE,
                "row": ROW,
                "margin": MARGIN,
                "gap": GAP,
                "rows": MAX_ROWS,
                "letters": MAX_EXPRESSION,
            },
            "values": list(self._values()),
            "views": self._views,
            "samples": len(samples.terms) if samples else 1,
            "sample": self._chain.sample,
            "hasFixedChoices": not self._has_all_branches
            or any(node.op.name == "where" and isinstance(node.args[0], bool) for node in self._chain.nodes),
        }

    def javascript(self) -> str:
        """The rows of the table, and the formulas on the arrows as functions of the values v(0), v(1) ..."""
        assert self._views  # they collect the formulas
        formulas = "".join(f"  v => {formula},\n" for formula in self._formulas)
        return f"{self._table.javascript(self._chain.words.style)}const formulas = [\n{formulas}];\n"

    # --- Values ---------------------------------------------------------------------------------------------

    def _values(self) -> Iterator[dict[str, Any]]:
        """The named values: name, node or nodes, the derivative of the root in symbols, and the expression."""
        for x, name in self._named:
            value = {"name": name, "at": self._table.positions(x)}
            if type(x) is Value:
                value |= {"total": self._chain.total(x)} | ({} if x.is_leaf else self._expression(x))
            yield value | ({"inside": _inside(name)} if name != _inside(name) else {})

    def _expression(self, value: Value) -> dict[str, Any]:
        """The expression of a value as text, and if possible in pieces: text, and the places of values among it.

        A negative piece, -1 for value 0, stands for a value that needs parentheses where it is negative.
        """
        text = signs(self._chain.written(value))
        tokens = _Tokens(self._places)
        pieces = [
            tokens.place(piece) if _TOKEN.fullmatch(piece) else signs(piece)
            for piece in filter(None, _TOKEN.split(expression(value, names=tokens, style=self._chain.words.style)))
        ]
        names = [
            piece if isinstance(piece, str) else _inside(self._named[max(piece, -1 - piece)][1]) for piece in pieces
        ]
        return {"text": text} | ({"pieces": pieces} if "".join(names) == text else {})

    # --- Views ----------------------------------------------------------------------------------------------

    @cached_property
    def _views(self) -> list[dict[str, Any]]:
        return list(map(self._view, self._layouts))

    def _view(self, layout: Layout) -> dict[str, Any]:
        """One view: its boxes and arrows, the steps over them, and their places on wide and on narrow screens."""
        samples, sample = self._chain.samples, self._chain.sample
        numbers = {box: i for i, box in enumerate(layout.boxes)}
        boxes = {box: self._box(box, layout.kind_of(box)) for box in layout.boxes}
        arrows = {arrow: self._arrow(arrow, numbers) for arrow in layout.arrows}
        is_labelled = len(boxes) <= MAX_LABELLED
        sizes = {box: content["size"] for box, content in boxes.items()}
        labels = {
            arrow: _label_size(content) for arrow, content in arrows.items() if is_labelled and "symbol" in content
        }
        framed = [box for box in boxes if samples and samples.owns(box.members[0], sample)]
        order = list(arrows)
        return {
            "boxes": list(boxes.values()),
            "arrows": list(arrows.values()),
            "steps": [
                {"box": numbers[step.box]} if isinstance(step, Forward) else {"arrow": order.index(step.arrow)}
                for step in walkthrough(layout)
            ],
            "places": placed(layout, sizes, labels, framed),
        }

    def _box(self, box: Box, kind: str) -> dict[str, Any]:
        """The kind and the members of a box, its size, and for a group its name, its indices and its symbol."""
        content: dict[str, Any] = {"kind": kind, "members": [self._places[identity(x)] for x in box.members]}
        if not box.is_group:
            (x,) = box.members
            return content | {"size": self._size(x, box.title)}
        content |= {"name": box.stem, "indices": box.indices, "letters": box.letters}
        columns = [max(_room(index, 14) for index in (*box.indices, box.letters)), _room(ROOM, 14, bold=True)]
        if not box.is_data:
            content["total"] = self._total(f"{box.stem}[{box.letters}]")
            columns.append(max(_room(content["total"], 12), columns[-1]))
        rows = min(len(box.members), MAX_ROWS)
        title = _room(f"{box.stem}  ({self._chain.words('page.parameters', n=len(box.members))})")
        width = max(sum(columns) + GAP * (len(columns) - 1), title) + 2 * MARGIN
        height = LINE + ROW * (1 + rows + (len(box.members) > rows)) + MARGIN
        return content | {"columns": columns, "size": (width, height)}

    def _total(self, name: str) -> str:
        return derivative(self._chain.names[self._chain.root], name)

    def _size(self, x: Any, name: str) -> Size:
        """The room for the lines of a box with one value."""
        lines = [_room(ROOM, 15, bold=True), _room(name, 15, bold=True)]
        if type(x) is Value:
            if not x.is_leaf:
                lines[-1] += _room(f" = {shortened(self._chain.written(x), MAX_EXPRESSION)}")
            lines.append(_room(f"{self._chain.total(x)} = ", 13) + _room(ROOM, 13, bold=True))
        return max(lines) + 2 * MARGIN, LINE * len(lines) + 6

    def _arrow(self, arrow: Arrow, numbers: Mapping[Box, int]) -> dict[str, Any]:
        """The ends of an arrow, its steps from value to value, and its symbol and formula."""
        content: dict[str, Any] = {"from": numbers[arrow.source], "to": numbers[arrow.target]}
        if not arrow.steps:
            return content
        content["steps"] = [self._step(step) for step in arrow.steps]
        if arrow.source.is_group or arrow.target.is_group:
            general, formula = generalized(self._chain, arrow)
            content |= {"symbol": general.symbol, "totals": [self._total(general.bottom), self._total(general.top)]}
        else:
            symbol, *parts, _ = step_parts(self._chain, arrow.steps[0], MAX_FORMULA)
            content["symbol"], formula = symbol, parts[0] if parts else ""
        if formula:
            content["formula"] = signs(formula)
            content |= self._check(arrow.steps[0])
        return content

    def _step(self, step: Step) -> list[int]:
        """The places of operand and value, and in a view of all operations the position of the operand."""
        ends = [self._places[step.operand], self._places[step.value]]
        return [*ends, step.position] if self._chain.view == "full" else ends

    def _check(self, step: Step) -> dict[str, int]:
        """The position of a step's formula among the page's functions: it is shown only where it holds."""
        symbolic = self._chain.formula(step)
        formula, keys = symbolic.formula if symbolic else (None, {})
        if formula is None or not all(isinstance(key, float) or key in self._places for key in keys.values()):
            return {}
        read = {name: repr(key) if isinstance(key, float) else f"v({self._places[key]})" for name, key in keys.items()}
        self._formulas.append(javascript.expression(formula, read))
        return {"check": len(self._formulas) - 1}


class _Tokens(Mapping[Any, str]):
    """Names for the operands of an expression that can be found in it again; written as negative numbers are."""

    def __init__(self, places: Mapping[Any, int]) -> None:
        self._places, self._used = places, list[int]()

    def __getitem__(self, x: Any) -> str:
        place = self._places[identity(x)]
        if place not in self._used:
            self._used.append(place)
        return f"-{chr(0xE000 + self._used.index(place))}"

    def __contains__(self, x: object) -> bool:
        return identity(x) in self._places

    def __iter__(self) -> Iterator[Any]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def place(self, piece: str) -> int:
        """The place of the value for which a piece of the expression stands; negative if it is in parentheses."""
        place = self._used[ord(piece.strip("(-)")) - 0xE000]
        return -1 - place if piece.startswith("(") else place


def _inside(name: str) -> str:
    """A name as it is written within an expression."""
    return name if atom(name)[1] == ATOM else f"({name})"


def _room(text: str, size: float = 15, bold: bool = False) -> int:
    """The room for a line of text: as wide as it is in Arial; the page squeezes it where a font is wider."""
    return round(0.84 * text_width(text, size, bold))


def _label_size(content: Mapping[str, Any]) -> Size:
    """The room for the two lines on an arrow."""
    formula = f"{content['formula']} = " if "formula" in content else ""
    return max(_room(content["symbol"], 14), _room(f"= {formula}{ROOM}", 14)) + 4, 2 * ROW + 2
