"""The chain rule between named values: the steps from one to the next, and the paths along them.

Values without a name are folded into the expression of the next one that has a name, so that a step
of the chain, ``∂L/∂ŷ``, may stand for several operations.  Of a sum over samples, one sample stands for all.
Pictures and explanations both read this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest
from math import log10, prod
from typing import TYPE_CHECKING, Any, Literal, get_args

from autograd.checking.audit import Graph
from autograd.core.graph import adjoints, newest_first, stale_edges
from autograd.core.table import OPERATIONS
from autograd.core.value import Value
from autograd.explaining.samples import find_samples
from autograd.extensions.derivatives import tangents
from autograd.extensions.expressions import appearing, expression, folded
from autograd.formula.typesetting import derivative, numbered, shortened

if TYPE_CHECKING:
    from autograd.explaining.symbolic import Symbolic

__all__ = ["Chain", "Factor", "Step", "Sum", "Term", "View"]

View = Literal["named", "full"]

MAX_PATHS = 4
"""Paths that are told one by one."""

MAX_TERMS = 12
"""Summands that are told, the largest."""


@dataclass(frozen=True)
class Factor:
    """A derivative of one value by another: total, ``dL/dŷ``, or of one step, ``∂L/∂ŷ``."""

    top: str
    bottom: str
    slope: float
    is_total: bool = False
    which: str = ""

    @property
    def symbol(self) -> str:
        """The derivative as it is written."""
        return derivative(self.top, self.bottom, "d" if self.is_total else "∂") + self.which


@dataclass(frozen=True, eq=False)
class Step:
    """From an operand to the value in whose expression it occurs; `position` counts what occurs there."""

    value: Value
    operand: Value
    position: int
    factor: Factor


@dataclass(frozen=True)
class Term:
    """A product of derivatives, one of the summands of the chain rule; `head` says which."""

    head: str
    factors: Sequence[Factor]

    @property
    def product(self) -> float:
        """The number of the term."""
        return prod((factor.slope for factor in self.factors), start=1.0)


@dataclass(frozen=True)
class Sum:
    """The chain rule: a sum of terms, over `what`, the first of them those of some `samples`.

    If there are more than `MAX_TERMS`, the smaller ones are only counted and added up.
    """

    what: str
    terms: Sequence[Term]
    samples: int = 0
    left_out: int = 0
    rest: float = 0.0

    @property
    def is_single(self) -> bool:
        """Whether there is nothing to add up."""
        return len(self.terms) == 1 and not self.left_out


class Chain:
    """The named values that `root` was computed from, the derivatives between them, and the paths from `wrt`.

    `values` are the leaves, the named values and `root`, oldest first (with ``view="full"`` all values); `names`
    what they are called here.  If `fold`, only one of the `samples` is among them.
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
            raise ValueError(f"{root.label or 'z'} does not depend on {(wrt.label or wrt)!r}: no path joins them")
        self.names = self._named(everything, set(terms))
        self.sample, self.values = sample, everything
        if self.samples:
            of = self.samples.of
            own = of(wrt) if wrt is not None else None
            self.sample = sample if own is None else own
            self.values = [value for value in everything if of(value) in (None, self.sample)]
        self.stale = dict(stale_edges(self.nodes))

    def _named(self, values: Sequence[Value], terms: set[Value]) -> dict[Value, str]:
        taken = {shortened(v.label) for v in values if v.label}
        z, t = (letter if letter not in taken else next(numbered(letter, taken)) for letter in "zt")
        leaves, inner = numbered("v", taken), numbered("t", taken)

        def name(value: Value) -> str:
            if value.label:
                return shortened(value.label)
            if value is self.root or value in terms:
                return z if value is self.root else t
            return next(leaves if value.is_leaf or self.view != "full" else inner)

        return {value: name(value) for value in values}

    # --- Steps ---------------------------------------------------------------------------------------

    @cached_property
    def steps(self) -> dict[Value, list[Step]]:
        """The steps that lead to each value, in the order in which its expression is written."""
        return {value: list(self._steps_to(value)) for value in self.values if not value.is_leaf}

    def _steps_to(self, value: Value) -> Iterator[Step]:
        uses = self._uses(value)
        total = Counter(operand for operand, _ in uses)
        so_far: Counter[Value] = Counter()
        for i, (operand, slope) in enumerate(uses):
            so_far[operand] += 1
            if operand in self._shown:
                which = f" ({so_far[operand]})" if total[operand] > 1 else ""
                yield Step(value, operand, i, Factor(self.names[value], self.names[operand], slope, which=which))

    def _uses(self, value: Value) -> list[tuple[Value, float]]:
        """The named values in an expression with its derivatives by them; in the full view, one for each use."""
        if self.view == "full":
            return list(value.edges)
        slopes = adjoints(value, folded(value, self.names))
        return [(x, slopes[x]) for x in appearing(value, self.names) if x in slopes]

    @cached_property
    def _shown(self) -> set[Value]:
        return set(self.values)

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
        """Whether an operation on the way of the step has no derivative here, so that its slope is a convention."""
        inside = [node for node in folded(step.value, self.names) if node in self._kinks]
        return any(step.operand is x for node in inside for x in appearing(node, self.names))

    @cached_property
    def _kinks(self) -> set[Value]:
        return set(Graph(self.root).at_kinks())

    def formula(self, step: Step) -> Symbolic | None:
        """The derivative of a step as a formula, where there is one that is readable and true."""
        from autograd.explaining.symbolic import local_formulas, slope_formulas

        if step.value not in self._formulas:
            nodes = folded(step.value, self.names)
            if self.view == "full":
                found: list[Any] = local_formulas(step.value, self.names)
            else:
                by_operand = slope_formulas(nodes, self.names)
                found = [by_operand.get(x) for x, _ in self._uses(step.value)] if by_operand else []
            self._formulas[step.value] = found
        formulas = self._formulas[step.value]
        formula = formulas[step.position] if formulas else None
        return formula if formula and formula.gives(step.factor.slope) else None

    @cached_property
    def _formulas(self) -> dict[Value, list[Any]]:
        return {}

    # --- Paths ---------------------------------------------------------------------------------------

    @cached_property
    def between(self) -> set[Value]:
        """The values on a way from `wrt` to the root."""
        found = {self.wrt} if self.wrt is not None else set()
        for value, steps in self.steps.items():
            if not found.isdisjoint(step.operand for step in steps):
                found.add(value)
        return found

    def ways(self, value: Value, avoiding: Value | None = None) -> list[Step]:
        """The steps to `value` that lie on a way from `wrt`, but for those from `avoiding`."""
        steps = self.steps.get(value, ()) if value in self.between else ()
        return [step for step in steps if step.operand in self.between and step.operand is not avoiding]

    def summed(self, factor: Callable[[Step], float], avoiding: Value | None = None) -> dict[Value, float]:
        """For each value, the sum over all its paths to the root of the products of the steps' factors."""
        sums: dict[Value, float] = {self.root: 1}
        for value in reversed(self.values):
            for step in self.ways(value, avoiding) if value in sums else ():
                sums[step.operand] = sums.get(step.operand, 0) + sums[value] * factor(step)
        return sums

    def count(self, avoiding: Value | None = None) -> int:
        """How many paths lead from `wrt` to the root."""
        return int(self.summed(lambda step: 1, avoiding).get(self.wrt, 0)) if self.wrt is not None else 0

    def paths(self, avoiding: Value | None = None) -> list[list[Step]]:
        """All paths from `wrt` to the root, each from the root on; to be called if they are few."""
        found: list[list[Step]] = []
        ways: list[tuple[Value, int, Step | None]] = [(self.root, 0, None)]
        path: list[Step] = []
        while ways:
            value, depth, last = ways.pop()
            path[max(depth - 1, 0) :] = [last] if last else []
            if value is self.wrt:
                found.append(path.copy())
            ways += [(step.operand, depth + 1, step) for step in reversed(self.ways(value, avoiding))]
        return found

    # --- The chain rule --------------------------------------------------------------------------------

    def total(self, value: Value) -> str:
        """The derivative of the root by a value, in symbols: ``dL/dw``."""
        return derivative(self.names[self.root], self.names[value])

    @cached_property
    def derivative(self) -> float:
        """The derivative of the root by `wrt`."""
        return float(self.root.gradients([self.wrt])[0]) if self.wrt is not None else 0.0

    @cached_property
    def rule(self) -> Sum:
        """The derivative by `wrt` as a sum of products: by samples, by paths, or by the first step of many paths."""
        contributions = self.contributions
        if not contributions:
            return self._by_path()
        assert self.samples
        rest = self._by_path(avoiding=self.samples.terms[self.sample])
        told = _largest([abs(c) for c in contributions], self.sample)
        terms = [self._of_sample(k, contributions[k]) for k in told] + list(rest.terms)
        what = f"{len(contributions):,} samples" + (f" and {rest.what}" if rest.terms else "")
        left_out = sum(c for k, c in enumerate(contributions) if k not in told)
        return Sum(what, terms, len(told), len(contributions) - len(told) + rest.left_out, left_out + rest.rest)

    @cached_property
    def contributions(self) -> list[float]:
        """What each sample adds to the derivative by `wrt`; empty if there are none that it runs through."""
        samples, wrt = self.samples, self.wrt
        if not samples or wrt is None or samples.of(wrt) is not None:
            return []
        if samples.terms[self.sample] not in self.between:
            return []
        adjoints = self.root.gradients(samples.terms)
        speeds = tangents(samples.terms, {wrt: 1.0})
        return [adjoint * speed for adjoint, speed in zip(adjoints, speeds, strict=True)]

    def _of_sample(self, k: int, contribution: float) -> Term:
        """The path through one sample, or all of them taken together."""
        assert self.samples
        term, head = self.samples.terms[k], f"sample {k + 1}"
        one = self if k == self.sample else Chain(self.root, self.wrt, self.view, sample=k)
        if one.count() - one.count(avoiding=term) == 1:
            path = next(path for path in one.paths() if any(step.operand is term for step in path))
            return Term(head, [step.factor for step in path])
        adjoint = self.root.gradients([term])[0]
        names = [self.names[value] for value in (self.root, term, self.wrt) if value is not None]
        inner = contribution / adjoint if adjoint else 0.0
        return Term(head, [Factor(names[0], names[1], adjoint, True), Factor(names[1], names[2], inner, True)])

    def _by_path(self, avoiding: Value | None = None) -> Sum:
        """One term for each path, or for each first step if there are many."""
        n = self.count(avoiding)
        if n <= MAX_PATHS:
            found = enumerate(self.paths(avoiding), 1)
            return Sum(_counted(n), [Term(f"path {i}", [step.factor for step in path]) for i, path in found])
        adjoints = self.summed(lambda step: step.factor.slope, avoiding)
        terms = []
        for value in self.values:
            for step in self.ways(value, avoiding):
                if step.operand is self.wrt and value in adjoints:
                    outer = Factor(self.names[self.root], self.names[value], adjoints[value], is_total=True)
                    terms.append(Term("", [step.factor] if value is self.root else [outer, step.factor]))
        told = _largest([abs(term.product) for term in terms])
        rest = sum(term.product for i, term in enumerate(terms) if i not in told)
        what = f"{_counted(n)}, by their first step"
        return Sum(what, [terms[i] for i in told], 0, len(terms) - len(told), rest)


def _largest(sizes: Sequence[float], *others: int) -> list[int]:
    """The positions of the largest numbers, and of some `others`, in order: all, or half of `MAX_TERMS`."""
    if len(sizes) <= MAX_TERMS:
        return list(range(len(sizes)))
    return sorted({*others, *nlargest(MAX_TERMS // 2, range(len(sizes)), key=lambda i: (sizes[i], -i))})


def _counted(n: int) -> str:
    exact = f"{n:,}" if n < 10**6 else f"about 10^{int(n.bit_length() * log10(2))}"
    return f"{exact} path{'s' * (n != 1)}"
