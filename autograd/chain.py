"""The chain rule between named values: the steps from one to the next, and the paths along them.

Values without a name are folded into the expression of the next one that has a name, so that a step
of the chain, ``∂L/∂ŷ``, may stand for several operations.  Pictures and explanations both read this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from autograd.backprop import newest_first, stale_edges
from autograd.notation import factor, folded, number

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["Chain"]

MAX_PATHS = 4
"""Paths that get a line of their own."""

MAX_FACTORS = 12
"""Factors of a path that its line spells out."""

MAX_LABEL = 60
"""Characters of a label that are shown."""

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


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
        self.names = {
            v: shortened(v.label) if v.label else f"v{i}".translate(_SUBSCRIPTS) for i, v in enumerate(self.values, 1)
        }
        if not root.label:
            self.names[root] = "z"
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

    def paths(self) -> list[list[Value]]:
        """The ways from `wrt` to the root, or none if there are more than `MAX_PATHS`."""
        found: list[list[Value]] = []
        ways = [[self.root]]
        while ways and len(found) <= MAX_PATHS:
            way = ways.pop()
            if way[0] is self.wrt:
                found.append(way)
            else:
                ways += [
                    [operand, *way] for operand in reversed(self.slopes.get(way[0], {})) if operand in self.between
                ]
        return found if len(found) <= MAX_PATHS else []

    def symbol(self, value: Value, operand: Value) -> str:
        """The step between two values: ``∂ŷ/∂w``."""
        return f"∂{self.names[value]}/∂{self.names[operand]}"

    def lines(self, shown: Callable[[str], str] = str) -> Iterator[str]:
        """The chain rule along each path, in symbols and numbers (these as `shown`), and the sum over the paths."""
        if self.wrt is None:
            return
        total = f"d{self.names[self.root]}/d{self.names[self.wrt]}"
        rows, products = [], []
        for path in self.paths():
            steps = [(value, operand) for operand, value in pairwise(path)][::-1]
            slopes = [self.slopes[value][operand] for value, operand in steps]
            products.append(prod(slopes, start=1.0))
            terms = [_product(self.symbol(*step) for step in steps)] if steps else []
            terms += [_product(shown(factor(slope)) for slope in slopes)] if len(steps) > 1 else []
            rows.append(" = ".join([*terms, shown(number(products[-1]))]))
        if len(rows) == 1:
            yield f"{total} = {rows[0]}"
        elif rows:
            yield f"{total} = sum over {len(rows)} paths"
            for i, row in enumerate(rows, 1):
                yield f"path {i}:  {row}"
            yield f"total:  {shown(' + '.join(map(factor, products)))} = {shown(number(sum(products)))}"


def _product(factors: Iterable[str]) -> str:
    """Factors written as a product, the middle ones left out if there are many."""
    written = list(factors)
    if len(written) > MAX_FACTORS:
        written[MAX_FACTORS // 2 : -MAX_FACTORS // 2] = ["…"]
    return " · ".join(written)


def shortened(text: str, limit: int = MAX_LABEL) -> str:
    """A label as it is shown: printable, and not too long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"
