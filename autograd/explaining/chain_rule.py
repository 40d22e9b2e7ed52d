"""The chain rule as a sum of products: one for each sample, for each path, or for the first step of many paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import log10, prod

from autograd.core.value import Value
from autograd.explaining.chain import Chain
from autograd.explaining.paths import MAX_PATHS, Factor, Paths
from autograd.explaining.words import ENGLISH, Words
from autograd.extensions.derivatives import tangents

__all__ = ["Rule", "Sum", "Term", "chain_rule"]

MAX_TERMS = 12
"""Maximum number of terms that are all shown; of more, only the largest, half as many."""


@dataclass(frozen=True)
class Term:
    """A product of derivatives, one of the terms of the chain rule, and a `head` to tell it from the others."""

    head: str
    factors: Sequence[Factor]

    @property
    def product(self) -> float:
        """The number of the term."""
        return prod((factor.slope for factor in self.factors), start=1.0)


@dataclass(frozen=True)
class Sum:
    """A sum of terms, `over` samples or paths; the terms that are left out are counted, and add up to `rest`."""

    over: str
    terms: Sequence[Term]
    left_out: int = 0
    rest: float = 0.0

    @property
    def is_single(self) -> bool:
        """True if there is nothing to add up."""
        return len(self.terms) == 1 and not self.left_out


@dataclass(frozen=True)
class Rule:
    """The chain rule for one `derivative`, ``dL/dw``, and the `sum` that gives it.

    If the sum is over samples, `contributions` has the part of each, and the first `samples` terms are some of them.
    """

    derivative: Factor
    sum: Sum
    contributions: Sequence[float] = ()
    samples: int = 0
    words: Words = ENGLISH


def chain_rule(chain: Chain) -> Rule:
    """The chain rule for the derivative of the chain's root with respect to its `wrt`.

    >>> w = Value(0.5, "w")
    >>> rule = chain_rule(Chain((w * 2.0).named("h") ** 3, w))
    >>> rule.derivative.symbol, rule.derivative.slope, [factor.symbol for factor in rule.sum.terms[0].factors]
    ('dz/dw', 6.0, ['∂z/∂h', '∂h/∂w'])
    """
    assert chain.wrt is not None
    (slope,) = chain.root.gradients([chain.wrt])
    derivative = Factor(chain.names[chain.root], chain.names[chain.wrt], slope, is_total=True)
    contributions = _contributions(chain, chain.wrt)
    if not contributions:
        return Rule(derivative, _by_path(chain, chain.paths), words=chain.words)
    assert chain.samples
    n, beside = len(contributions), _by_path(chain, chain.paths.without(chain.samples.terms[chain.sample]))
    shown = _largest([abs(c) for c in contributions], chain.sample)
    terms = [*(_of_sample(chain, k, contributions[k]) for k in shown), *beside.terms]
    over = chain.words("samples", count=f"{n:,}")
    over = chain.words("samples_and_paths", samples=over, paths=beside.over) if beside.terms else over
    rest = sum(c for k, c in enumerate(contributions) if k not in shown)
    total = Sum(over, terms, n - len(shown) + beside.left_out, rest + beside.rest)
    return Rule(derivative, total, contributions, len(shown), chain.words)


def _contributions(chain: Chain, wrt: Value) -> list[float]:
    """The part of each sample in the derivative; empty unless that is a sum over samples."""
    samples = chain.samples
    if not samples or samples.of(wrt) is not None or samples.terms[chain.sample] not in chain.paths.values:
        return []
    adjoints = chain.root.gradients(samples.terms)
    return [adjoint * tangent for adjoint, tangent in zip(adjoints, tangents(samples.terms, {wrt: 1.0}), strict=True)]


def _of_sample(chain: Chain, k: int, contribution: float) -> Term:
    """The path through one sample, or several of them combined."""
    assert chain.samples
    assert chain.wrt is not None
    term, head, steps = chain.samples.terms[k], chain.words("sample", i=f"{k + 1}"), chain.of_sample(k).steps
    outer, inner = Paths(chain.root, term, steps), Paths(term, chain.wrt, steps)
    if outer.count == inner.count == 1:
        return Term(head, [step.factor for step in outer.few[0] + inner.few[0]])
    adjoint = chain.root.gradients([term])[0]
    root_name, term_name, wrt_name = (chain.names[value] for value in (chain.root, term, chain.wrt))
    tangent = contribution / adjoint if adjoint else 0.0
    return Term(head, [Factor(root_name, term_name, adjoint, True), Factor(term_name, wrt_name, tangent, True)])


def _by_path(chain: Chain, paths: Paths) -> Sum:
    """One term for each path, or for each first step if there are many."""
    if paths.count <= MAX_PATHS:
        terms = [Term(chain.words("path", i=i), [step.factor for step in path]) for i, path in enumerate(paths.few, 1)]
        return Sum(_counted(paths.count, chain.words), terms)
    adjoints = paths.sums(lambda step: step.factor.slope)
    terms = []
    for value in chain.values:
        for step in paths.steps_to(value):
            if step.operand is chain.wrt and value in adjoints:
                outer = Factor(chain.names[chain.root], chain.names[value], adjoints[value], is_total=True)
                terms.append(Term("", [step.factor] if value is chain.root else [outer, step.factor]))
    shown = _largest([abs(term.product) for term in terms])
    rest = sum(term.product for i, term in enumerate(terms) if i not in shown)
    over = chain.words("by_first_step", paths=_counted(paths.count, chain.words))
    return Sum(over, [terms[i] for i in shown], len(terms) - len(shown), rest)


def _largest(sizes: Sequence[float], *others: int) -> list[int]:
    """The positions of the largest numbers, and of some `others`, in order: all, or half of `MAX_TERMS`."""
    if len(sizes) <= MAX_TERMS:
        return list(range(len(sizes)))
    return sorted({*others, *nlargest(MAX_TERMS // 2, range(len(sizes)), key=lambda i: (sizes[i], -i))})


def _counted(n: int, words: Words) -> str:
    if n == 1:
        return words("one_path")
    return words("paths", count=f"{n:,}" if n < 10**6 else words("about", count=f"10^{int(n.bit_length() * log10(2))}"))
