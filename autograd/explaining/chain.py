"""The chain between named values: their names, and the steps from one to the next.

Values without a name are folded into the expression of the next one that has a name, so that a step
of the chain, ``∂L/∂ŷ``, may stand for several operations.  In a sum over samples, one sample stands for all.
Pictures and explanations both read this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal, get_args

from autograd.checking.audit import Graph
from autograd.core.graph import adjoints, newest_first, stale_edges
from autograd.core.table import OPERATIONS
from autograd.core.value import Value
from autograd.explaining.paths import Factor, Paths, Step
from autograd.explaining.samples import find_samples
from autograd.explaining.symbolic import Symbolic, local_formulas, slope_formulas
from autograd.extensions.expressions import appearing, expression, folded
from autograd.formula.typesetting import derivative, numbered, shortened

__all__ = ["Chain", "View"]

View = Literal["named", "full"]


class Chain:
    """The named values that `root` was computed from, the `steps` between them, and the `paths` from `wrt`.

    `values` are the leaves, the named values and `root`, oldest first (with ``view="full"`` all values), and `names`
    their names, automatic ones included.  With `fold`, only one of the `samples` is among them.
    Raises ValueError for a `wrt` that `root` does not depend on.
    """

    def __init__(
        self, root: Value, wrt: Value | None = None, view: View = "named", fold: bool = True, sample: int = 0
    ) -> None:
        if view not in get_args(View):
            raise ValueError(f"view={view!r}: the views are {' and '.join(map(repr, get_args(View)))}")
        self.root, self.wrt, self.view, self.nodes = root, wrt, view, newest_first(root)
        self.samples = find_samples(self.nodes) if fold and view == "named" else None
        terms = self.samples.terms if self.samples else ()
        leaves = dict.fromkeys(operand for node in self.nodes for operand, _ in node.edges if operand.is_leaf)
        named = {node for node in self.nodes if node.label or node is wrt or view == "full"}
        everything = sorted({root, *leaves, *named, *terms}, key=lambda value: value._created)
        if wrt is not None and wrt not in {root, *leaves, *named}:
            raise ValueError(f"{root.label or 'z'} does not depend on {(wrt.label or wrt)!r}: no path connects them")
        self.names = _names(everything, root, set(terms), view)
        self.sample, self.values = sample, everything
        if self.samples:
            of = self.samples.of
            own = of(wrt) if wrt is not None else None
            self.sample = sample if own is None else own
            self.values = [value for value in everything if of(value) in (None, self.sample)]
        self.stale = dict(stale_edges(self.nodes))

    @cached_property
    def steps(self) -> dict[Value, list[Step]]:
        """The steps that lead to each value, in the order in which its expression is written."""
        shown = set(self.values)
        inner = (value for value in self.values if not value.is_leaf)
        return {value: [step for step in self._steps_to(value) if step.operand in shown] for value in inner}

    def _steps_to(self, value: Value) -> Iterator[Step]:
        uses = self._uses(value)
        total = Counter(operand for operand, _ in uses)
        so_far: Counter[Value] = Counter()
        for i, (operand, slope) in enumerate(uses):
            so_far[operand] += 1
            which = f" ({so_far[operand]})" if total[operand] > 1 else ""
            yield Step(value, operand, i, Factor(self.names[value], self.names[operand], slope, which=which))

    def _uses(self, value: Value) -> list[tuple[Value, float]]:
        """The named operands of an expression, with its derivatives; in the full view, one for each use."""
        if self.view == "full":
            return list(value.edges)
        slopes = adjoints(value, folded(value, self.names))
        return [(x, slopes[x]) for x in appearing(value, self.names) if x in slopes]

    @cached_property
    def derivatives(self) -> dict[Value, float]:
        """The derivatives of the root with respect to all `values`; empty if a leaf was changed since."""
        return {} if self.stale else dict(zip(self.values, self.root.gradients(self.values), strict=True))

    def known_derivative(self, value: Value) -> float | None:
        """The derivative of the root with respect to a value, once a backward pass has computed gradients."""
        return None if value.grad is None else self.derivatives.get(value, value.grad)

    def written(self, value: Value) -> str:
        """The expression of a value; the sum over samples in it is ``Σ L``."""
        if not self.samples:
            return expression(value, names=self.names)
        total, terms = self.samples.total, self.samples.terms
        text = f"Σ {self.samples.stem or self.names[terms[self.sample]]}"
        if total.op is OPERATIONS["mean"]:
            text = f"(1/{len(terms)})·{text}"
        return text if value is total else expression(value, names=self.names | {total: text})

    def is_at_kink(self, step: Step) -> bool:
        """True if an operation within the step has no derivative here, so that its slope is a convention."""
        inside = [node for node in folded(step.value, self.names) if node in self._kinks]
        return any(step.operand is x for node in inside for x in appearing(node, self.names))

    @cached_property
    def _kinks(self) -> set[Value]:
        return set(Graph(self.root).at_kinks())

    def formula(self, step: Step) -> Symbolic | None:
        """The derivative of a step as a formula; None unless it is readable and right."""
        if step.value not in self._formulas:
            if self.view == "full":
                self._formulas[step.value] = dict(enumerate(local_formulas(step.value, self.names)))
            else:
                by_operand = slope_formulas(folded(step.value, self.names), self.names)
                uses = enumerate(self._uses(step.value))
                self._formulas[step.value] = {i: by_operand[x] for i, (x, _) in uses if x in by_operand}
        formula = self._formulas[step.value].get(step.position)
        return formula if formula and formula.gives(step.factor.slope) else None

    @cached_property
    def _formulas(self) -> dict[Value, dict[int, Symbolic]]:
        return {}

    @cached_property
    def paths(self) -> Paths:
        """The paths from `wrt` to the root."""
        return Paths(self.root, self.wrt, self.steps)

    def total(self, value: Value) -> str:
        """The derivative of the root with respect to a value, in symbols: ``dL/dw``."""
        return derivative(self.names[self.root], self.names[value])


def _names(values: Sequence[Value], root: Value, terms: set[Value], view: View) -> dict[Value, str]:
    """The labels of the values, or automatic names that no label has: z, t for the terms of samples, v₁, t₁ ..."""
    labels = {shortened(v.label) for v in values if v.label}
    z, t = (letter if letter not in labels else next(numbered(letter, labels)) for letter in "zt")
    leaves, inner = numbered("v", labels), numbered("t", labels)

    def name(value: Value) -> str:
        if value.label:
            return shortened(value.label)
        if value is root or value in terms:
            return z if value is root else t
        return next(leaves if value.is_leaf or view != "full" else inner)

    return {value: name(value) for value in values}
