"""The chain between named values: their names, and the steps from one to the next.

Values without a name are folded into the expression of the next one that has a name, so that a step
of the chain, ``∂L/∂ŷ``, may stand for several operations.  In a sum over samples, one sample stands for all.
Pictures and explanations both read this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from functools import cached_property
from typing import Any, Literal, Self, get_args

from autograd.checking.audit import Graph
from autograd.core.graph import adjoints, newest_first, stale_edges
from autograd.core.table import OPERATIONS
from autograd.core.value import Value, label_of, shown
from autograd.explaining.paths import Factor, Paths, Step
from autograd.explaining.samples import find_samples
from autograd.explaining.symbolic import Symbolic, local_formulas, slope_formulas
from autograd.explaining.words import ENGLISH, Words
from autograd.extensions.expressions import appearing, expression, folded
from autograd.formula.typesetting import SUM, Style, derivative, numbered, shortened

__all__ = ["Chain", "View", "as_values"]

View = Literal["named", "full"]


class Chain:
    """The named values that `root` was computed from, the `steps` between them, and the `paths` from `wrt`.

    `values` are the leaves, the named values and `root`, oldest first (with ``view="full"`` all values), and `names`
    their names, automatic ones included.  With `fold`, only one of the `samples` is among them: the one at the position
    `sample`, or that of `wrt`.  Several `wrt` have one chain `each`.  `words` are those of pictures and explanations.
    Raises ValueError for a `wrt` that `root` does not depend on.
    """

    def __init__(
        self,
        root: Value,
        wrt: Value | Sequence[Value] | None = None,
        view: View = "named",
        fold: bool = True,
        sample: int | None = None,
        words: Words = ENGLISH,
    ) -> None:
        if view not in get_args(View):
            raise ValueError(f"view={shown(view)}: the views are {' and '.join(map(repr, get_args(View)))}")
        self.root, self.view, self.words, self.nodes = root, view, words, newest_first(root)
        self.wrts = dict.fromkeys([wrt] if isinstance(wrt, Value) else wrt or ())  # in a tuple, equal numbers are equal
        self.wrt = next(iter(self.wrts)) if len(self.wrts) == 1 else None
        samples = find_samples(self.nodes) if fold and view == "named" else None
        own = {samples.of(value) for value in self.wrts} - {None} if samples else set()
        self.samples = samples if len(own) < 2 else None
        terms = self.samples.terms if self.samples else ()
        leaves = dict.fromkeys(operand for node in self.nodes for operand, _ in node.edges if operand.is_leaf)
        named = {node for node in self.nodes if node.label or node in self.wrts or view == "full"}
        everything = sorted({root, *leaves, *named, *terms}, key=lambda value: value._created)
        for value in self.wrts:
            if value not in {root, *leaves, *named}:
                name = label_of(root) or "z"
                raise ValueError(f"{name} does not depend on {(label_of(value) or value)!r}: no path connects them")
        self.names = _names(everything, root, set(terms), view)
        self.sample = sample if sample is not None else next(iter(own), None) or 0
        self.values = everything
        if self.samples:
            self.values = [value for value in everything if self.samples.of(value) in (None, self.sample)]
        self.stale = dict(stale_edges(self.nodes))

    @classmethod
    def stepwise(cls, root: Value, view: View, fold: bool, words: Words) -> Self:
        """The chain for a walk through its steps: one sample stands for all only if they are computed alike."""
        chain = cls(root, view=view, fold=fold, words=words)
        if chain.samples and not chain.samples.counterparts():
            return cls(root, view=view, fold=False, words=words)
        return chain

    @cached_property
    def each(self) -> list[Chain]:
        """The same chain for each of its `wrts` alone: values, names and steps are shared, the paths differ."""
        return [self] if self.wrt is not None else [self._toward(value) for value in self.wrts]

    def _toward(self, wrt: Value) -> Chain:
        one, steps = copy(self), self.steps
        shared = {"steps": steps, "_formulas": self._formulas, "_kinks": self._kinks, "derivatives": self.derivatives}
        vars(one).update(shared, wrt=wrt, paths=Paths(self.root, wrt, steps))
        return one

    def of_sample(self, k: int) -> Chain:
        """The chain with another sample in its place."""
        return self if k == self.sample else Chain(self.root, list(self.wrts), self.view, sample=k, words=self.words)

    def name_of(self, x: Any) -> str:
        """The name of a Value, or of a named number."""
        return self.names[x] if type(x) is Value else label_of(x)

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
        grad = self.grad(value)
        return None if grad is None else self.derivatives.get(value, grad)

    def grad(self, value: Value) -> float | None:
        """The gradient that a value holds; None before a backward pass."""
        return value.grad

    def in_all_samples(self, step: Step) -> list[Step]:
        """The step in each sample, if it leads from what the samples share into one of them; otherwise itself alone."""
        samples = self.samples
        if not samples or samples.of(step.operand) is not None or samples.of(step.value) is None:
            return [step]
        counterparts = next(own for own in samples.counterparts() if own[self.sample] is step.value)
        return [list(self._steps_to(value))[step.position] for value in counterparts]

    def written(self, value: Value, style: Style | None = None) -> str:
        """The expression of a value; the sum over samples in it is ``Σ L``."""
        style = style or self.words.style
        if not self.samples:
            return expression(value, names=self.names, style=style)
        total, terms = self.samples.total, self.samples.terms
        text = style.sum.format(style.name(self.samples.stem or self.names[terms[self.sample]]))
        if total.op is OPERATIONS["mean"]:
            text = style.share.format(len(terms), text)
        return text if value is total else expression(value, names=self.names, style=style, parts={total: (text, SUM)})

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
        """The paths from `wrt` to the root; none if there are several `wrts`, each of which has a chain of its own."""
        return Paths(self.root, self.wrt, self.steps)

    def total(self, value: Value) -> str:
        """The derivative of the root with respect to a value, in symbols: ``dL/dw``."""
        return derivative(self.names[self.root], self.names[value])


def as_values(caller: str, root: Any, wrt: Any) -> list[Value]:
    """`wrt`, which is one Value, several, or None, as a list without repetitions; TypeError for anything but Values.

    >>> w = Value(0.5, "w")
    >>> as_values("draw", w * 2, w), as_values("draw", w * 2, None)
    ([Value(0.5, label='w')], [])
    """
    is_several = isinstance(wrt, Iterable) and not isinstance(wrt, str)
    values = [] if wrt is None else list(wrt) if is_several else [wrt]
    for value in (root, *values):
        if type(value) is not Value:
            raise TypeError(f"{caller} takes Values, not {shortened(repr(value))}")
    return list(dict.fromkeys(values))


def _names(values: Sequence[Value], root: Value, terms: set[Value], view: View) -> dict[Value, str]:
    """The labels of the values, or automatic names that no label has: z, t for the terms of samples, v₁, t₁ ..."""
    labels = {label_of(v) for v in values if v.label}
    z, t = (letter if letter not in labels else next(numbered(letter, labels)) for letter in "zt")
    leaves, inner = numbered("v", labels), numbered("t", labels)

    def name(value: Value) -> str:
        if value.label:
            return label_of(value)
        if value is root or value in terms:
            return z if value is root else t
        return next(leaves if value.is_leaf or view != "full" else inner)

    return {value: name(value) for value in values}
