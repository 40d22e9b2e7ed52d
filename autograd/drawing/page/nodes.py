"""The recorded graph as a list of nodes for JavaScript, and the operations in it as JavaScript functions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from autograd.core.table import Operation
from autograd.core.value import Value
from autograd.drawing.style import signs
from autograd.explaining.samples import Samples
from autograd.formula import javascript
from autograd.formula.language import FormulaError
from autograd.formula.typesetting import PLAIN, Style, typeset

__all__ = ["NodeTable"]

LEAF, CONSTANT = -1, -2
"""The kinds of nodes that no operation computes: the user's Values, and plain numbers."""


class NodeTable:
    """The nodes of a graph in a fixed order, operands before their users: Values, and plain numbers.

    A named number is one node for everything that uses it, except that each of the `samples` has nodes of its own.
    Raises FormulaError if the graph contains an operation that calls a Python function.

    >>> w = Value(0.5, "w")
    >>> table = NodeTable([w * 3.0], None)
    >>> table.nodes()
    [[-1, 0.5], [-2, 3.0], [0, 0, 1]]
    """

    def __init__(self, newest_first: Sequence[Value], samples: Samples | None) -> None:
        self._samples, self._graph = samples, newest_first[::-1]
        self._owners = dict(self._owned()) if samples else {}
        everything = (x for node in self._graph for x in (*node.args, node))
        self._positions: dict[Any, int] = {}
        for x in everything:
            self._positions.setdefault(self._key(x), len(self._positions))
        self.operations = list(dict.fromkeys(node.op for node in self._graph if not node.is_leaf))
        for op in self.operations:
            if not op.has_formula:
                raise FormulaError(f"{op.name} calls a Python function, which a page cannot: define it by formulas")

    def position(self, x: Any) -> int:
        """The position of a Value or a named number."""
        return self._positions[self._key(x)]

    def positions(self, x: Any) -> int | list[int]:
        """The position of what several samples share, or one position per sample of what each has for itself."""
        own = self._counterparts.get(self._key(x)) if self._samples else None
        return [self.position(other) for other in own] if own else self.position(x)

    def _owned(self) -> Iterator[tuple[int, int | None]]:
        """The identity of each named number with the sample that alone uses it, or None."""
        assert self._samples
        users: dict[int, set[int | None]] = {}
        for node in self._graph:
            for x in node.args:
                users.setdefault(id(x), set()).add(self._samples.of(node))
        for x, owners in users.items():
            yield x, owners.pop() if len(owners) == 1 else None

    def _key(self, x: Any) -> Any:
        if type(x) is Value:
            return x
        label = getattr(x, "label", None)
        return float(x).hex(), label, self._owners.get(id(x)) if label else None

    @cached_property
    def _counterparts(self) -> dict[Any, Sequence[Any]]:
        assert self._samples
        return {self._key(x): own for own in self._samples.counterparts() for x in own}

    def nodes(self) -> list[list[Any]]:
        """The nodes: an operation's row and the positions of its operands, or the kind of a leaf and its number."""
        rows = {op: i for i, op in enumerate(self.operations)}
        nodes: dict[int, list[Any]] = {}
        for x in (x for node in self._graph for x in (*node.args, node)):
            if type(x) is Value and not x.is_leaf:
                nodes[self.position(x)] = [rows[x.op], *map(self.position, x.args)]
            else:
                nodes[self.position(x)] = [LEAF if type(x) is Value else CONSTANT, _number(x)]
        return [nodes[i] for i in range(len(nodes))]

    def javascript(self, style: Style = PLAIN) -> str:
        """The rows of the table that the graph uses, as an array called ``table``, after the functions they call.

        Each row says in this `style` of formulas what the operation needs.
        """
        formulas = [f for op in self.operations for f in (op.value, *op.partials, op.domain) if f]
        rows = "".join(f"  {_row(op, style)},\n" for op in self.operations)
        return f"{javascript.definitions(formulas)}const table = [\n{rows}];\n"


def _number(x: Any) -> float | str:
    """The number, as a string if JSON has none such."""
    number = float(x.data if type(x) is Value else x)
    return number if math.isfinite(number) else str(number).replace("inf", "Infinity").replace("nan", "NaN")


def _row(op: Operation, style: Style) -> str:
    """One row of the table as a JavaScript object."""
    fields = {
        "arity": str(len(op.operands)),
        "nary": str(op.nary).lower(),
        "value": javascript.function(op.value),
        "partials": f"[{', '.join(map(javascript.function, op.partials))}]",
        "domain": javascript.function(op.domain) if op.domain else "null",
        "operands": _string(list(op.operands)),
        "written": _string(op.written),
        "needs": _string(signs(typeset(op.domain.tree, {}, style)) if op.domain else ""),
    }
    return "{" + ", ".join(f"{name}: {code}" for name, code in fields.items()) + "}"


def _string(x: Any) -> str:
    """A string or a list as a JavaScript literal, which no HTML parser takes for a tag."""
    return json.dumps(x).replace("<", "\\u003c")
