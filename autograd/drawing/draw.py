"""The graph as a picture: w → ŷ → L, every arrow with its local derivative, and the chain rule below.

Drawn are the leaves and the named values, or with ``view="full"`` every operation.  Values that are alike are
folded, a sum over samples shows one of them, and a picture too large to be read is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

from autograd.core.graph import StaleGraphError
from autograd.core.value import Value
from autograd.drawing.layout import Arrow, Box, General, Picture
from autograd.drawing.style import (
    BOXES,
    DATA_EDGE,
    EDGE,
    FONT,
    GRADIENT,
    GRAPH,
    LABEL,
    NUMBER,
    PATHS,
    Cell,
    bold,
    box,
    faint,
    grid,
    lines,
    minus,
    signs,
    text,
)
from autograd.explaining.chain import Chain, Step, View
from autograd.explaining.explain import Explanation, product_text, rule_lines, same, step_texts
from autograd.formula.typesetting import derivative, factor, number, shortened

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = ["GraphTooLarge", "draw"]

MAX_LABELLED = 40
"""Boxes up to which the arrows have labels; beyond, what they say moves to the tooltips."""
MAX_NODES = 150
"""Boxes up to which a picture is drawn at all, unless more are asked for."""
MAX_ROWS = 4
"""Members of a group, and samples besides the one drawn, that are shown."""
MAX_STEPS = 1000
"""Steps of one arrow whose formulas are compared."""
MAX_FORMULA = 40
"""Characters of the longest formula on an arrow."""
MAX_TIPS = 30
"""Lines of a tooltip."""
MAX_TIP = 300
"""Characters of a line there."""
MAX_COLUMNS = 6
"""Columns of the table of samples."""
MAX_EXPRESSION = 60
"""Characters of the longest expression in a box; all of it is in the tooltip."""

_PLAIN = re.compile(r"[^\W\d]\w*")
"""Names that Graphviz takes as they are."""


class GraphTooLarge(ValueError):  # noqa: N818
    """A picture would have more boxes than anybody can read."""


def draw(
    root: Value, wrt: Value | None = None, view: View = "named", group: bool = True, max_nodes: int = MAX_NODES
) -> Drawing:
    """Draw how `root` was computed, as a `graphviz.Digraph`.

    Drawn are the leaves and all values with a label; give one with ``.named("ŷ")``.  With ``view="full"`` every
    operation is drawn.  `wrt` highlights the way from that Value to `root` and spells out the chain rule along it.
    With `group`, values that are alike, as ``w[0] … w[29]``, share a box, and of a sum over samples one is drawn.

    ``.render(outfile="chain.svg")`` writes a file (also .png, .pdf); a notebook shows the picture itself.
    Objects with a method ``_drawing_(group, max_nodes)``, as the models of `neuron`, are drawn by that.

    Raises TypeError for what is no Value, ValueError for a `wrt` that `root` does not depend on, and
    `GraphTooLarge` for more than `max_nodes` boxes.  Up to 40 boxes the arrows have labels, then only tooltips.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w")
    >>> L = ((w * 2.0 - 1.5) ** 2).named("L")
    >>> 'dL/dw' in draw(L, wrt=w).source
    True
    """
    if hasattr(root, "_drawing_"):
        if wrt is not None or view != "named":
            raise TypeError(f"the picture of {root!r} itself takes neither wrt= nor view=: draw a result of it")
        return root._drawing_(group=group, max_nodes=max_nodes)  # type: ignore[no-any-return]
    for value in (root, *([] if wrt is None else [wrt])):
        if type(value) is not Value:
            raise TypeError(f"draw takes Values, not {value!r}")
    return _Sketch(Chain(root, wrt, view, fold=group), group, max_nodes).drawing()


def check_size(boxes: int, max_nodes: int, remedies: str) -> None:
    """Raise `GraphTooLarge` if there are more boxes than wanted."""
    if boxes > max_nodes:
        raise GraphTooLarge(
            f"this picture would have {boxes:,} boxes, and more than {max_nodes:,} cannot be read: {remedies}, or "
            f"allow it with max_nodes={boxes}"
        )


class _Sketch:
    """The picture of a chain, written for Graphviz."""

    def __init__(self, chain: Chain, group: bool, max_nodes: int) -> None:
        self.chain, self.names = chain, chain.names
        self.picture = whole = Picture(chain, group)
        if len(whole.boxes) > max_nodes and chain.wrt is not None:
            self.picture = Picture(chain, group, between=True)
        boxes = len(self.picture.boxes)
        self.left_out = len(whole.boxes) - boxes
        check_size(boxes, max_nodes, " or ".join(self._remedies(group)))
        self.is_labelled, self.is_large = boxes <= MAX_LABELLED, boxes > MAX_NODES

    def _remedies(self, group: bool) -> Iterator[str]:
        if self.chain.view == "full":
            yield 'draw the named values only (view="named")'
        else:
            yield "give names to fewer values"
        if not group:
            yield "fold what is alike (group=True)"
        if self.chain.wrt is None:
            yield "draw only the way from one value (wrt=)"

    def drawing(self) -> Drawing:
        from autograd.drawing.rendering import Drawing

        if self.is_large:
            layout = {"mclimit": ".1", "nslimit": "1", "splines": "line"}
        else:  # operands from top to bottom, as they are written, unless paths had to cross for it
            layout = {"ordering": "in"} if len(self._paths or ()) < 2 else {}
        drawing = Drawing(
            "chain", graph_attr=GRAPH | FONT | layout, node_attr={"shape": "plain"} | FONT, edge_attr=dict(FONT)
        )
        drawing.format, drawing.words = "svg", "\n".join(self._in_words())
        self._give_keys()
        plate = [b for b in self.picture.boxes if self._is_private(b)]
        for b in self.picture.boxes:
            if b not in plate:
                self._draw_box(drawing, b)
        if plate:
            n = len(self.chain.samples.terms) if self.chain.samples else 0
            is_uniform = self.chain.samples and self.chain.samples.is_uniform
            how = f"the same graph is repeated {n:,} times" if is_uniform else "others may go by another formula"
            caption = bold(f"sample {self.chain.sample + 1} of {n:,}") + text(f"   ({how})")
            with drawing.subgraph(name="cluster_samples") as inner:
                inner.attr(label=lines(caption), labelloc="b", labeljust="r", style="rounded", bgcolor="#FBFCFE")
                inner.attr(color=BOXES["data"][1], penwidth="2", margin="16")
                for b in plate:
                    self._draw_box(inner, b)
        for arrow in self.picture.arrows:
            self._draw_arrow(drawing, arrow)
        caption_rows = list(self._caption())
        if caption_rows:
            drawing.attr(label=lines(text("", size=7), *caption_rows, align="left"), labelloc="b")
        return drawing

    def _in_words(self) -> Iterator[str]:
        """The picture as text: every value with what it is computed from, indented below it, and the chain rule."""
        chain, shown = self.chain, set[Any]()
        todo = [(chain.root, 0)]
        while todo and len(shown) < MAX_NODES:
            value, depth = todo.pop()
            again = value in shown and not value.is_leaf
            shown.add(value)
            expression = f"{chain.written(value)} = " if not value.is_leaf else ""
            total = f"{chain.total(value)} = "
            if value in chain.stale:
                total = "changed since: run forward again"
            else:
                slope = self._slope(value)
                total += "not computed" if slope is None else number(slope)
            line = f"{self.names[value]} = {expression}{number(value.data)}   {total}"
            yield "  " * depth + (f"{self.names[value]} (see above)" if again else line)
            if not again:
                todo += [(step.operand, depth + 1) for step in reversed(chain.steps.get(value, ()))]
        if chain.wrt is not None and not chain.stale:
            yield from rule_lines(chain)
            yield from filter(None, [Explanation(chain).note])

    def _give_keys(self) -> None:
        used: set[str] = set()
        for i, b in enumerate(self.picture.boxes):
            name = b.stem if b.is_group else b.names[0]
            b.key = name if _PLAIN.fullmatch(name) else f"box{i}"
            while b.key in used:
                b.key += "_"
            used.add(b.key)

    def _is_private(self, b: Box) -> bool:
        """Whether a box belongs to the sample that stands for all."""
        samples = self.chain.samples
        return samples is not None and samples.owns(b.members[0], self.chain.sample)

    # --- Boxes ---------------------------------------------------------------------------------------

    def _draw_box(self, graph: Any, b: Box) -> None:
        rows = self._group(b) if b.is_group else self._single(b)
        graph.node(b.key, box(self._kind(b), *rows), tooltip=_tooltip(self._details(b)))

    def _kind(self, b: Box) -> str:
        if b.is_data:
            return "data"
        if b.members[0].is_leaf:
            return "parameter"
        return "loss" if b.members[0] is self.chain.root else "operation"

    def _single(self, b: Box) -> Iterator[Cell]:
        x, name = b.members[0], b.names[0]
        if b.is_data:
            yield bold(name)
            yield bold(minus(number(float(x))), NUMBER)
            return
        expression = f" = {signs(shortened(self.chain.written(x), MAX_EXPRESSION))}" if not x.is_leaf else ""
        yield bold(name) + (text(expression) if expression else "")
        yield bold(minus(number(x.data)), NUMBER)
        if x in self.chain.stale:
            yield text("changed since: run forward again", GRADIENT, 13)
            return
        total = f"{self.chain.total(x)} = "
        slope = self._slope(x)
        if slope is None:
            yield text(f"{total}not computed", GRADIENT, 13)
            return
        yield text(total, GRADIENT, 13) + bold(minus(number(slope)), GRADIENT, 13)
        if not same(x.grad, slope):
            yield text(f".grad = {minus(number(x.grad))}, other passes included", GRADIENT, 13)

    @cached_property
    def derivatives(self) -> dict[Any, float]:
        """The derivative of the root by every value; nothing if numbers have changed in between."""
        try:
            return dict(zip(self.chain.values, self.chain.root.gradients(self.chain.values), strict=True))
        except StaleGraphError:
            return {}

    def _slope(self, x: Value) -> float | None:
        """The derivative that a box shows, once there has been a backward pass."""
        return None if x.grad is None else self.derivatives.get(x, x.grad)

    def _group(self, b: Box) -> Iterator[Cell]:
        what = {"data": "inputs", "parameter": "parameters"}.get(self._kind(b), "values")
        yield bold(b.stem) + text(f"  ({len(b.members):,} {what})")
        top = derivative(self.names[self.chain.root], f"{b.stem}[{b.letters}]")
        rows = [[faint(b.letters), faint("value"), *([] if b.is_data else [faint(top)])]]
        for i in self._told(b):
            x = b.members[i]
            cells = [bold(b.indices[i]) if x is self.chain.wrt else text(b.indices[i])]
            cells += [bold(minus(number(float(x) if b.is_data else x.data)), NUMBER)]
            cells += [] if b.is_data else [self._gradient_cell(x)]
            rows.append(cells)
        yield grid(rows)
        more = len(b.members) - len(rows) + 1
        if more:
            ranked = " (largest |gradient| shown)" if self._is_ranked(b) else ""
            yield faint(f"… {more:,} more{ranked}")

    def _gradient_cell(self, x: Value) -> Cell:
        if x in self.chain.stale:
            return text("changed since", GRADIENT, 13)
        slope = self._slope(x)
        return text("not computed", GRADIENT, 13) if slope is None else bold(minus(number(slope)), GRADIENT)

    def _told(self, b: Box) -> list[int]:
        """The positions of the members of a group that are shown: those with the largest gradients."""
        if len(b.members) <= MAX_ROWS:
            return list(range(len(b.members)))
        leader = self._leader(b)
        sizes = [abs(self.derivatives.get(x, 0.0)) for x in leader.members] if leader else []
        sizes = [size if isfinite(size) else float("inf") for size in sizes] or [0.0] * len(b.members)
        order = sorted(range(len(b.members)), key=lambda i: (-sizes[i], i))
        order.sort(key=lambda i: bool(leader) and leader.members[i] is not self.chain.wrt)  # type: ignore[union-attr]
        return order[:MAX_ROWS]

    def _is_ranked(self, b: Box) -> bool:
        leader = self._leader(b)
        return leader is not None and any(x.grad is not None for x in leader.members)

    def _leader(self, b: Box) -> Box | None:
        """The group whose gradients say which members are shown: of inputs, that of their weights."""
        if not b.is_data:
            return b
        targets = {id(arrow.target) for arrow in self.picture.arrows if arrow.source is b}
        others = (arrow.source for arrow in self.picture.arrows if id(arrow.target) in targets)
        return next((box for box in others if not box.is_data and box.indices == b.indices), None)

    def _details(self, b: Box) -> Iterator[str]:
        """Everything about the members, in full."""
        for x, name in zip(b.members[:MAX_TIPS], b.names, strict=False):
            if b.is_data:
                yield f"{name} = {float(x)!r}"
                continue
            expression = f"{self.chain.written(x)} = " if not x.is_leaf else ""
            yield f"{name} = {expression}{x.data!r}"
            if x in self.derivatives and x.grad is not None:
                yield f"{self.chain.total(x)} = {self.derivatives[x]!r}"
                if not same(x.grad, self.derivatives[x]):
                    yield f"{name}.grad = {x.grad!r}"
        if len(b.members) > MAX_TIPS:
            yield f"… {len(b.members) - MAX_TIPS:,} more"

    # --- Arrows --------------------------------------------------------------------------------------

    def _draw_arrow(self, drawing: Drawing, arrow: Arrow) -> None:
        source, target = arrow.source.key, arrow.target.key
        if not arrow.steps:
            drawing.edge(source, target, color=DATA_EDGE, tooltip=_tooltip([f"{source} → {target}"]))
            return
        on = self._paths_of(arrow)
        attributes = {"color": EDGE, "tooltip": _tooltip(self._arrow_details(arrow))}
        if on:
            colors = [PATHS[i][0] for i in on]
            attributes |= {"color": ":".join(colors), "penwidth": "3.5", "weight": "8"}
            attributes |= {"style": PATHS[on[0]][1]} if len(on) == 1 else {}
            attributes |= {"penwidth": "2"} if ":" in attributes["color"] else {}
        if self.is_labelled:
            words = self._arrow_label(arrow)
            words += [f"paths {', '.join(str(i + 1) for i in on)}"] if len(on) > 1 else []
            if on:  # the empty line keeps the text off the thick arrow
                color = PATHS[on[0]][2] if len(on) == 1 else LABEL
                attributes["label"] = lines(*(bold(signs(line), color, 14) for line in words), text("", size=7))
            else:
                attributes["label"] = lines(*(text(signs(line), LABEL, 14) for line in words))
            attributes["labeltooltip"] = attributes["tooltip"]
        drawing.edge(source, target, **attributes)

    def _arrow_label(self, arrow: Arrow) -> list[str]:
        if not (arrow.source.is_group or arrow.target.is_group):
            symbol, *rest = step_texts(self.chain, arrow.steps[0], MAX_FORMULA)
            return [symbol, "= " + " = ".join(rest)]
        general, formula = self._general(arrow)
        slopes = {number(step.factor.slope) for step in arrow.steps}
        rest = [*([formula] if formula else []), *(slopes if len(slopes) == 1 else [])]
        return [derivative(general.top, general.bottom, "∂"), *(["= " + " = ".join(rest)] if rest else [])]

    def _general(self, arrow: Arrow) -> tuple[General, str]:
        general = General(arrow)
        if len(arrow.steps) > MAX_STEPS:
            return general, ""
        texts = [step_texts(self.chain, step, MAX_FORMULA) for step in arrow.steps]
        return general, general.formula([rest[1] if len(rest) > 2 else "" for rest in texts])

    def _arrow_details(self, arrow: Arrow) -> Iterator[str]:
        for step in arrow.steps[:MAX_TIPS]:
            if self.is_large:
                yield f"{step.factor.symbol} = {step.factor.slope!r}"
            else:
                *rest, _ = step_texts(self.chain, step, MAX_EXPRESSION)
                yield " = ".join([*rest, repr(step.factor.slope)])
        if len(arrow.steps) > MAX_TIPS:
            yield f"… {len(arrow.steps) - MAX_TIPS:,} more"

    @cached_property
    def _paths(self) -> list[set[Step]] | None:
        """The steps of each path; None if there are too many to tell them apart."""
        if self.chain.wrt is None:
            return []
        return [set(path) for path in self.chain.paths()] if self.chain.count() <= len(PATHS) else None

    def _paths_of(self, arrow: Arrow) -> list[int]:
        """The numbers of the paths that run along an arrow."""
        if self._paths is None:
            return [0] if any(step in self.chain.ways(step.value) for step in arrow.steps) else []
        return [i for i, path in enumerate(self._paths) if not path.isdisjoint(arrow.steps)]

    # --- The caption ---------------------------------------------------------------------------------

    def _caption(self) -> Iterator[Cell]:
        chain = self.chain
        if chain.stale:
            leaf, node = next(iter(chain.stale.items()))
            name, user = self.names[leaf], self.names.get(node, "the result")
            yield text(f"{name} was changed to {number(leaf.data)} after {user} had been computed from it.")
            yield text("Run the forward pass again.")
            return
        if chain.wrt is not None and not chain.contributions:
            yield from self._rule()
        elif chain.samples and not self.left_out:
            yield from self._rule_of_samples()
        if self.left_out:
            yield faint(f"Only the way is drawn: {self.left_out:,} boxes beside it are left out.")

    def _rule(self) -> Iterator[Cell]:
        """The chain rule, each path in its colour."""
        general = self._general_rule()
        if general:
            yield text(general)
        several = len(self._paths or ()) > 1
        for i, line in enumerate(rule_lines(self.chain, minus)):
            if several and 1 <= i <= len(PATHS) and line.startswith("path"):
                _, _, color, words = PATHS[i - 1]
                yield text(line.replace(f"path {i}:", f"path {i} ({words}):"), color)
            else:
                yield text(line)
        yield from self._note()

    def _general_rule(self) -> str:
        """``dL/dw[i] = ∂L/∂ŷ · ∂ŷ/∂w[i] = (-2.628) · x[i]``, if `wrt` is one of many that all have such a rule."""
        if len(self._paths or ()) != 1:
            return ""
        (path,) = self.chain.paths()
        arrow = next((arrow for arrow in self.picture.arrows if path and path[-1] in arrow.steps), None)
        if arrow is None or not arrow.source.is_group or arrow.target.is_group:
            return ""
        general, formula = self._general(arrow)
        if not formula:
            return ""
        symbols = [step.factor.symbol for step in path[:-1]] + [derivative(general.top, general.bottom, "∂")]
        numbers = [minus(factor(step.factor.slope)) for step in path[:-1]] + [signs(formula)]
        top = self.names[self.chain.root]
        return f"{derivative(top, general.bottom)} = {' · '.join(symbols)} = {' · '.join(numbers)}"

    def _rule_of_samples(self) -> Iterator[Cell]:
        """The rule for the sample that is drawn, a table of the others, and what else there is to add."""
        chain = self.chain
        rule = chain.rule if chain.wrt is not None else None
        own = f"sample {chain.sample + 1}"
        if rule:
            yield from (text(f"{own}:  {product_text(term, minus)}") for term in rule.terms if term.head == own)
        yield grid(self._sample_rows(), padding=5)
        if rule and len(rule.terms) > rule.samples:
            yield from (text(line) for line in list(rule_lines(chain, minus))[1 + rule.samples :])
        yield from self._note()

    def _sample_rows(self) -> Iterator[Sequence[Cell | None]]:
        """The data and the results of each sample, and what it adds to the derivative."""
        chain, samples = self.chain, self.chain.samples
        assert samples
        term = self.names[samples.terms[chain.sample]]
        n, contributions = len(samples.terms), chain.contributions
        columns = list(samples.row(chain.sample, term))[-MAX_COLUMNS:]
        total = chain.total(chain.wrt) if chain.wrt is not None else ""
        yield [faint("sample"), *map(faint, columns), *([faint(f"contribution to {total}")] if contributions else [])]
        sizes = [-abs(contributions[k]) if contributions else 0.0 for k in range(n)]
        told = sorted(range(n), key=lambda k: (k != chain.sample, sizes[k], k))[: MAX_ROWS + 1]
        for k in sorted(told):
            row, show = samples.row(k, term), bold if k == chain.sample else text
            numbers = [number(row[name]) if name in row else "" for name in columns]
            numbers += [number(contributions[k])] if contributions else []
            yield [show(f"{k + 1:,}"), *(show(minus(n)) for n in numbers)]
        if n > len(told):
            rest = (
                [minus(number(sum(c for k, c in enumerate(contributions) if k not in told)))] if contributions else []
            )
            yield [faint(f"… {n - len(told):,} more"), *[None] * len(columns), *map(text, rest)]
        if contributions:
            yield [
                text(f"sum of the {n:,} contributions"),
                *[None] * len(columns),
                bold(minus(number(sum(contributions))), GRADIENT),
            ]

    def _note(self) -> Iterator[Cell]:
        note = Explanation(self.chain).note if self.chain.wrt is not None else ""
        if note:
            yield faint(signs(note))


def _tooltip(details: Iterable[str]) -> str:
    """Lines of text as Graphviz takes them: no escapes, no entities, no HTML."""
    import graphviz

    return str(graphviz.escape("\n".join(shortened(line, MAX_TIP) for line in details).replace("&", "&amp;")))
