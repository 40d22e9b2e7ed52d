"""The chain rule between named values: the steps from one to the next, and the paths along them.

Values without a name are folded into the expression of the next one that has a name, so that a step
of the chain, ``∂L/∂ŷ``, may stand for several operations.  Pictures and explanations both read this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import log10, prod
from typing import TYPE_CHECKING

from autograd.backprop import newest_first, stale_edges
from autograd.notation import factor, folded, number, numbered

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["Chain", "shortened"]

MAX_PATHS = 4
"""Paths that get a line of their own."""

MAX_FACTORS = 12
"""Factors of a path that its line spells out."""

MAX_LABEL = 60
"""Characters of a label that are shown."""


class Chain:
    """The named values that `root` was computed from, the derivatives between them, and the paths from `wrt`.

    `values` are the leaves, the named values and `root`, oldest first; `names` what they are called here;
    `slopes` the derivative of each by every value in its expression; `between` those on a way from `wrt` to `root`.
    Raises ValueError for a `wrt` that `root` does not depend on.
    """

    def __init__(self, root: Value, wrt: Value | None = None) -> None:
        self.root, self.wrt = root, wrt
        nodes = newest_first(root)
        leaves = dict.fromkeys(operand for node in nodes for operand, _ in node.edges if not operand.edges)
        shown = {root, *leaves, *(node for node in nodes if node.label or node is wrt)}
        self.values = sorted(shown, key=lambda value: value._created)
        taken = {shortened(v.label) for v in self.values if v.label}
        free = numbered("v", taken)
        self.names = {v: shortened(v.label) if v.label else next(free) for v in self.values}
        if not root.label:
            self.names[root] = next(numbered("z", taken)) if "z" in taken else "z"
        self.stale = {leaf for leaf, _ in stale_edges(nodes)}
        self.slopes = {value: self._slopes(value) for value in self.values if value.edges}
        if wrt is not None and wrt not in shown:
            raise ValueError(f"{self.names[root]} does not depend on {wrt.label or wrt!r}: no path joins them")
        self.between = {wrt} if wrt is not None else set()
        for value, slopes in self.slopes.items():
            if not self.between.isdisjoint(slopes):
                self.between.add(value)

    def _slopes(self, value: Value) -> dict[Value, float]:
        """The derivative of `value` by each named value in its expression."""
        adjoints = {value: 1.0}
        for inner in folded(value, self.names):
            upstream = adjoints.pop(inner)
            for operand, local in inner.edges:
                adjoints[operand] = adjoints.get(operand, 0.0) + local * upstream
        return dict(sorted(adjoints.items(), key=lambda item: item[0]._created))

    def _paths(self) -> list[list[Value]]:
        """All ways from `wrt` to the root."""
        found, ways = [], [[self.root]]
        while ways:
            way = ways.pop()
            if way[0] is self.wrt:
                found.append(way)
            else:
                ways += [[operand, *way] for operand in reversed(self.slopes[way[0]]) if operand in self.between]
        return found

    def _summed(self, factor: Callable[[float], float]) -> dict[Value | None, float]:
        """For each value, the sum over all its paths to the root of the products of ``factor(slope)``."""
        sums: dict[Value | None, float] = {self.root: 1}
        for value in reversed(self.values):
            for operand, slope in self.slopes.get(value, {}).items():
                if operand in self.between:
                    sums[operand] = sums.get(operand, 0) + sums[value] * factor(slope)
        return sums

    def symbol(self, value: Value, operand: Value) -> str:
        """The step between two values: ``∂ŷ/∂w``."""
        return f"∂{self.names[value]}/∂{self.names[operand]}"

    def lines(self, shown: Callable[[str], str] = str) -> Iterator[str]:
        """The chain rule along each path, in symbols and numbers (these as `shown`), and the sum over the paths.

        Over more than `MAX_PATHS` they are gathered by the first step: dL/dw is the sum of dL/dc · ∂c/∂w.
        """
        if self.wrt is None:
            return
        total = f"d{self.names[self.root]}/d{self.names[self.wrt]}"
        count = int(self._summed(lambda slope: 1)[self.wrt])
        if count <= MAX_PATHS:
            rows = [self._along(path, shown) for path in self._paths()]
            heads = [f"path {i}:  " for i in range(1, count + 1)]
        else:
            rows = self._by_first_step(self.wrt, shown)
            heads = ["  "] * len(rows)
        if count == 1:
            yield f"{total} = {rows[0][0]}"
            return
        yield f"{total} = sum over {_counted(count)} paths" + ", by their first step" * (count > MAX_PATHS)
        yield from (head + row for head, (row, _) in zip(heads, rows, strict=True))
        terms = [shown(factor(product)) for _, product in rows]
        yield f"total:  {_joined(' + ', terms)} = {shown(number(sum(product for _, product in rows)))}"

    def _along(self, path: list[Value], shown: Callable[[str], str]) -> tuple[str, float]:
        """The product along one path, as text and as a number."""
        steps = [(value, operand) for operand, value in pairwise(path)][::-1]
        slopes = [self.slopes[value][operand] for value, operand in steps]
        product = prod(slopes, start=1.0)
        terms = [_joined(" · ", [self.symbol(*step) for step in steps])] if steps else []
        terms += [_joined(" · ", [shown(factor(slope)) for slope in slopes])] if len(steps) > 1 else []
        return " = ".join([*terms, shown(number(product))]), product

    def _by_first_step(self, wrt: Value, shown: Callable[[str], str]) -> list[tuple[str, float]]:
        """All paths together, one row for each value that `wrt` enters directly."""
        adjoints, rows = self._summed(float), []
        for value in self.values:
            if value in self.between and wrt in self.slopes.get(value, {}):
                adjoint, slope = adjoints[value], self.slopes[value][wrt]
                row = f"{self.symbol(value, wrt)} = {shown(number(slope))}"
                if value is not self.root:
                    outer = f"d{self.names[self.root]}/d{self.names[value]} · {self.symbol(value, wrt)}"
                    numbers = f"{shown(factor(adjoint))} · {shown(factor(slope))}"
                    row = f"{outer} = {numbers} = {shown(number(adjoint * slope))}"
                rows.append((row, adjoint * slope))
        return rows


def _counted(n: int) -> str:
    return f"{n:,}" if n < 10**6 else f"about 10^{int(n.bit_length() * log10(2))}"


def _joined(between: str, terms: list[str]) -> str:
    """Factors or summands in a row, the middle ones left out if there are many."""
    if len(terms) > MAX_FACTORS:
        terms = [*terms[: MAX_FACTORS // 2], "…", *terms[-MAX_FACTORS // 2 :]]
    return between.join(terms)


def shortened(text: str, limit: int = MAX_LABEL) -> str:
    """A label as it is shown: printable, and not too long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"
