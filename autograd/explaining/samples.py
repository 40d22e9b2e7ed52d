"""Sums over samples: the same computation, repeated with other data, and added up.

The loss over a data set is a sum or a mean of terms that look alike.  Each term owns what only it uses, its
prediction and its error, and all of them share the parameters.  To explain one of them is to explain them all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autograd.core.table import OPERATIONS
from autograd.core.value import Value

__all__ = ["Samples", "find_samples", "indexed"]

MAX_TRIED = 8
"""Sums whose terms are compared; nearer to the result than that is where samples are added up."""

_SHARED = -1
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


@dataclass(frozen=True, eq=False)
class Samples:
    """A node that adds up `terms`, one for each sample, and which sample `owner` says a value belongs to."""

    total: Value
    terms: Sequence[Value]
    owner: dict[Value, int]
    inner: frozenset[Value]

    def of(self, value: Value) -> int | None:
        """The position of the sample that a value belongs to; None for those that all share."""
        k = self.owner.get(value, _SHARED)
        return None if k == _SHARED else k

    def owns(self, x: Any, k: int) -> bool:
        """Whether a Value or a named number belongs to sample `k` alone."""
        if type(x) is Value:
            return self.of(x) == k
        return any(x is constant for constant in self._constants(k))

    @cached_property
    def _private(self) -> list[list[Value]]:
        found: list[list[Value]] = [[] for _ in self.terms]
        for value, k in sorted(self.owner.items(), key=lambda item: item[0]._created):
            if k != _SHARED:
                found[k].append(value)
        return found

    def row(self, k: int, term: str) -> dict[str, float]:
        """The numbers of one sample by name: its data, and what was computed from them; `term` names what is added."""
        named = [(getattr(x, "label", None), float(x)) for x in self._constants(k)]
        named += [(v.label or (term if v is self.terms[k] else None), v.data) for v in self._private[k]]
        stems = [indexed(label)[0] for label, _ in named if label]
        numbers = [number for label, number in named if label]
        return {stem: x for stem, x in zip(stems, numbers, strict=True) if stems.count(stem) == 1}

    def _constants(self, k: int) -> list[Any]:
        """The named numbers that only this sample uses."""
        found = {
            id(x): x for v in self._private[k] for x in v.args if isinstance(x, float) and getattr(x, "label", None)
        }
        return [x for x in found.values() if id(x) not in self._common]

    def matched(self, k: int, other: int) -> dict[tuple[str, float], Any]:
        """The named numbers of sample `k`, as label and number, with those in the same places of another sample."""
        here, there = self._constants(k), self._constants(other)
        return {(x.label, float(x)): y for x, y in zip(here, there, strict=True)} if len(here) == len(there) else {}

    @cached_property
    def is_uniform(self) -> bool:
        """Whether all samples are computed by the same operations, connected in the same way."""
        shapes = set()
        for own in self._private:
            places = {v: i for i, v in enumerate(own)}
            shapes.add(tuple((v.op, *(places.get(x, id(x)) for x, _ in v.edges), len(v.args)) for v in own))
        return len(shapes) == 1

    @property
    def stem(self) -> str:
        """What the terms are called together: ``L``, or ``L[i]`` if each has an index; nothing without a name."""
        labels = {term.label or "" for term in self.terms}
        return labels.pop() if len(labels) == 1 else f"{indexed(labels.pop())[0]}[i]"

    @cached_property
    def _common(self) -> set[int]:
        first, second = ({id(x) for v in self._private[k] for x in v.args} for k in (0, 1))
        return first & second


def find_samples(nodes: Sequence[Value]) -> Samples | None:
    """The sum over samples that is nearest to the first of the `nodes`, newest first; None if there is none."""
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
            if _alike(samples):
                return samples
            tried += 1
            if tried == MAX_TRIED:
                return None
    return None


def _terms(total: Value) -> tuple[list[Value], set[Value]]:
    """What a node adds up, and the unnamed nodes with which it does so."""
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


def _owners(nodes: Sequence[Value], terms: Sequence[Value], inner: set[Value]) -> dict[Value, int]:
    """Which term each value belongs to: the one that alone uses it."""
    owner = {term: k for k, term in enumerate(terms)}
    for node in nodes:
        if node not in inner:
            who = owner.get(node, _SHARED)
            for operand, _ in node.edges:
                owner[operand] = who if owner.get(operand, who) == who else _SHARED
    return owner


def _alike(samples: Samples) -> bool:
    """Whether the terms are the same computation with other data.

    Each must own its nodes, all must use the same shared values, and go by the same names.  Without names it must be
    the same operations on data that have names; with names that differ in an index, many times the same operations.
    """
    terms, owner, private = samples.terms, samples.owner, samples._private
    if any(owner[term] != k for k, term in enumerate(terms)):
        return False
    if any(node in owner for node in samples.inner if node is not samples.total):  # a partial sum is used elsewhere
        return False
    shared = {frozenset(x for v in own for x, _ in v.edges if owner[x] == _SHARED) for own in private}
    data = {tuple(v.label for v in own if v.is_leaf) for own in private}  # kept as Values
    if len(shared) > 1 or shared == {frozenset()} or len(data) > 1 or None in next(iter(data)):
        return False
    labels = {tuple(v.label for v in own if v.label and not v.is_leaf) for own in private}
    if labels == {()}:
        has_data = data != {()} or all(samples._constants(k) for k in range(len(terms)))
        return has_data and samples.is_uniform
    if len(labels) > 1:
        stems = {tuple(indexed(label)[0] for label in names) for names in labels}
        return len(stems) == 1 and len(terms) > 3 and samples.is_uniform
    return samples.is_uniform or any(v.label for v in private[0] if v is not terms[0] and not v.is_leaf)
