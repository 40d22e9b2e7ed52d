"""Sums over samples: the same computation, repeated with other data, and added up.

The loss over a data set is a sum or a mean of terms of the same form.  Each term owns the values that only it uses,
such as its prediction, and all terms share the parameters.  So the explanation of one term is that of all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from autograd.core.table import OPERATIONS
from autograd.core.value import Value, label_of

__all__ = ["Samples", "find_samples", "indexed"]

MAX_TRIED = 8
"""Maximum number of sums whose terms are compared; samples are added up near the result."""

_SUM, _MEAN, _ADD = OPERATIONS["sum"], OPERATIONS["mean"], OPERATIONS["add"]
_INDEXED = re.compile(r"(.+?)(?:\[([\w, ]+)\]|(\d+)|([₀₁₂₃₄₅₆₇₈₉]+))")
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def indexed(label: str) -> tuple[str, str]:
    """A label as its stem and its index.

    >>> indexed("w[3]"), indexed("w2[0,1]"), indexed("t₁₂"), indexed("ŷ")
    (('w', '3'), ('w2', '0,1'), ('t', '12'), ('ŷ', ''))
    """
    parts = _INDEXED.fullmatch(label)
    if not parts:
        return label, ""
    stem, *indices = parts.groups(default="")
    return stem, "".join(indices).translate(_DIGITS)


class Form(NamedTuple):
    """The canonical form of one sample, equal for two samples if they are the same computation with other data.

    Its own values are numbered in order; values that it shares with other samples are compared by identity.
    """

    names: tuple[str, ...]
    data: tuple[str | None, ...]
    shared: frozenset[int]
    operations: tuple[Hashable, ...]


@dataclass(frozen=True, eq=False)
class Samples:
    """A sum over samples: the node `total` adds up `terms`, one per sample, through the nodes `inner`.

    `owner` is the position of the sample to which each value belongs, or None for a value that several of them share.
    """

    total: Value
    terms: Sequence[Value]
    owner: dict[Value, int | None]
    inner: frozenset[Value]

    def of(self, value: Value) -> int | None:
        """The position of the sample to which a value belongs; None if they share it."""
        return self.owner.get(value)

    def owns(self, x: Any, k: int) -> bool:
        """True if a Value or a named number belongs to sample `k` alone."""
        if type(x) is Value:
            return self.of(x) == k
        return any(x is constant for constant in self._constants(k))

    @cached_property
    def _private(self) -> list[list[Value]]:
        private: list[list[Value]] = [[] for _ in self.terms]
        for value, k in sorted(self.owner.items(), key=lambda item: item[0]._created):
            if k is not None:
                private[k].append(value)
        return private

    def row(self, k: int, term: str) -> dict[str, Any]:
        """The data and the Values of one sample by name; `term` is the name of the term if it has none."""
        named = [(label_of(x), x) for x in self._constants(k)]
        named += [(label_of(v) or (term if v is self.terms[k] else ""), v) for v in self._private[k]]
        stems = [(indexed(label)[0], x) for label, x in named if label]
        counts = Counter(stem for stem, _ in stems)
        return {stem: x for stem, x in stems if counts[stem] == 1}

    def _constants(self, k: int) -> list[Any]:
        """The named numbers that only this sample uses."""
        constants = {
            id(x): x for v in self._private[k] for x in v.args if isinstance(x, float) and getattr(x, "label", None)
        }
        return [x for x in constants.values() if id(x) not in self._common]

    def matched(self, k: int, other: int) -> dict[tuple[str, float], Any]:
        """The named numbers of sample `k`, as label and number, with those in the same places of another sample."""
        here, there = self._constants(k), self._constants(other)
        return {(x.label, float(x)): y for x, y in zip(here, there, strict=True)} if len(here) == len(there) else {}

    def counterparts(self) -> list[tuple[Any, ...]]:
        """The values and named numbers in the same places of all samples; none unless all samples are alike."""
        kinds = (self._private, [self._constants(k) for k in range(len(self.terms))])
        if not self.is_uniform or any(len(set(map(len, own))) > 1 for own in kinds):
            return []
        return [places for own in kinds for places in zip(*own, strict=True)]

    @cached_property
    def forms(self) -> list[Form]:
        """The form of each sample; if there are many, names are compared without their indices."""
        return [self._form(own) for own in self._private]

    def _form(self, own: Sequence[Value]) -> Form:
        places = {v: i for i, v in enumerate(own)}
        labels = [v.label for v in own if v.label and not v.is_leaf]
        return Form(
            tuple(indexed(label)[0] if len(self.terms) > 3 else label for label in labels),
            tuple(v.label for v in own if v.is_leaf),
            frozenset(id(x) for v in own for x, _ in v.edges if x not in places),
            tuple((v.op, len(v.args), *(places.get(x, id(x)) for x, _ in v.edges)) for v in own),
        )

    @property
    def is_uniform(self) -> bool:
        """True if all samples are computed by the same operations, connected in the same way."""
        return len({form.operations for form in self.forms}) == 1

    @property
    def stem(self) -> str:
        """The common name of the terms: ``L``, or ``L[i]`` if each has an index; empty without names."""
        labels = {label_of(term) for term in self.terms}
        return labels.pop() if len(labels) == 1 else f"{indexed(labels.pop())[0]}[i]"

    @cached_property
    def _common(self) -> set[int]:
        first, second = ({id(x) for v in self._private[k] for x in v.args} for k in (0, 1))
        return first & second


def find_samples(nodes: Sequence[Value]) -> Samples | None:
    """The sum over samples nearest to the first of the `nodes`, ordered newest first; None if there is none."""
    inside: set[Value] = set()
    tried = 0
    for node in nodes:
        if node in inside or node.op not in (_SUM, _MEAN, _ADD):
            continue
        terms, inner = _terms(node)
        inside |= inner
        if len(terms) < 2 or len(set(terms)) < len(terms) or not all(not term.is_leaf for term in terms):
            continue
        if len({indexed(term.label or "")[0] for term in terms}) == 1:
            samples = Samples(node, terms, _owners(nodes, terms, inner), frozenset(inner))
            if _have_equal_forms(samples):
                return samples
            tried += 1
            if tried == MAX_TRIED:
                return None
    return None


def _terms(total: Value) -> tuple[list[Value], set[Value]]:
    """The terms that a node adds up, and the unnamed nodes that add them."""
    if total.op is not _ADD:
        operands = [operand for operand, _ in total.edges]
        return (operands if len(operands) == len(total.args) else []), {total}
    terms: list[Value] = []
    inner, todo = {total}, list(total.args)[::-1]
    while todo:
        x: Any = todo.pop()
        if type(x) is not Value:
            if x != 0:  # the zero that Python's sum starts with
                return [], inner
        elif x.op is _ADD and not x.label:
            if x in inner:
                return [], inner
            inner.add(x)
            todo += x.args[::-1]
        else:
            terms.append(x)
    return terms, inner


def _owners(nodes: Sequence[Value], terms: Sequence[Value], inner: set[Value]) -> dict[Value, int | None]:
    """The position of the only term that uses a value, for each value; None if several do."""
    owner: dict[Value, int | None] = {term: k for k, term in enumerate(terms)}
    for node in nodes:
        if node not in inner:
            k = owner.get(node)
            for operand, _ in node.edges:
                owner[operand] = k if owner.get(operand, k) == k else None
    return owner


def _have_equal_forms(samples: Samples) -> bool:
    """True if the terms are of equal form: the same computation on shared values, each with its own data.

    If intermediate values have names, these are compared, and the operations may differ.
    """
    if any(samples.owner[term] != k for k, term in enumerate(samples.terms)):
        return False
    if any(node in samples.owner for node in samples.inner - {samples.total}):  # a partial sum is used elsewhere
        return False
    names, data, shared, _ = samples.forms[0]
    has_names = names or data or all(map(samples._constants, range(len(samples.terms))))
    has_inner_names = len(names) > bool(samples.terms[0].label)
    forms = {form._replace(operations=()) if has_inner_names else form for form in samples.forms}
    return bool(shared and has_names and all(data)) and len(forms) == 1
