"""Straight-line code for the usual operands: the functions of `autograd.core.recording`, several times as fast.

Each row of the table is filled into one of the templates below when the module loads; unusual operands are left to
`record`.  ``print(inspect.getsource(autograd.tanh))`` shows such a function.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable
from typing import Any

from autograd.core import recording
from autograd.core.recording import introduced, record, record_operator
from autograd.core.state import clock
from autograd.core.table import Operation
from autograd.core.value import Value
from autograd.formula.systems import FLOATS

__all__ = ["function_of", "method_of"]

# X is an operand, x its number, by the names of the row.  In a mixture of operands, V stands for a Value, N for a
# plain number, F for a float, and B for a bool.

_FUNCTION = """\
def operation({parameters}):
{branches}
    else:
        return record(op, {operands})
    node._created = next(clock)
    node.grad = None
    node.label = None
    node.op = op
    return node
"""

_BRANCH = """\
    {if_} {condition}:
        try:
            {numbers}
            z = {z}
            {slopes}
        except (ArithmeticError, ValueError, TypeError):
            return record(op, {operands})
        node = new(Value)
        node._number = z
        {fields}"""

_PLAIN_BRANCH = """\
    {if_} {condition}:
        try:
            {numbers}
            return {z}
        except (ArithmeticError, ValueError):
            return record(op, {operands})"""

_KIND = {
    "V": "type({0}) is Value",
    "N": "(type({0}) is float or type({0}) is int)",
    "F": "type({0}) is float",
    "B": "type({0}) is bool",
}
_NUMBER = {"V": "{0}._number", "N": "{0} * 1.0", "F": "{0}", "B": "{0}"}  # times one: a float, faster than float()


def function_of(op: Operation) -> Callable[..., Any]:
    """The function of a row: straight-line code if there is a template for its operands."""
    if op.nary:
        return _nary_function(op)
    checked = op.domain and not op.is_built_in  # straight-line code relies on math to raise
    mixtures = {1: "F V N", 2: "VV VN NV NN", 3: "BVV BVN BNV BNN"}.get(len(op.operands))
    if not mixtures or checked or not op.has_formula or (len(op.operands) == 3 and op.operands[0] != "c"):
        return recording.function_of(op)
    return _straight_line(op, mixtures)


def method_of(op: Operation, reflected: bool) -> Callable[..., Any]:
    """The method of a row that is an operator."""
    if reflected:
        return _straight_line(op, "NV", known=" V", swapped=True)
    return _straight_line(op, "V" if len(op.operands) == 1 else "VV VN", known="V")


def _straight_line(op: Operation, mixtures: str, known: str = "", swapped: bool = False) -> Callable[..., Any]:
    """The function of one row for the given `mixtures`, such as ``"VV VN NV"``; `record` handles the others.

    `known` are the operands whose type need not be tested: in a method the first is always a Value.  In a reflected
    method the operands arrive `swapped`.
    """
    names = {1: ("x",), 2: ("x", "y"), 3: ("c", "x", "y")}[len(op.operands)]
    operands = [x.upper() for x in names]
    branches: list[str] = []
    for mixture in mixtures.split():
        kinds = list(zip(operands, mixture, known.ljust(len(mixture)), strict=True))
        branches.append(
            (_BRANCH if "V" in mixture else _PLAIN_BRANCH).format(
                if_="elif" if branches else "if",
                condition=" and ".join(_KIND[kind].format(X) for X, kind, sure in kinds if sure != kind) or "True",
                numbers="; ".join(f"{X.lower()} = {_NUMBER[kind].format(X)}" for X, kind, _ in kinds),
                z=op.value.source(FLOATS, names),
                operands=", ".join(operands),
                slopes="; ".join(
                    f"d{X.lower()} = {partial.source(FLOATS, names)}"
                    for (X, kind, _), partial in zip(kinds, op.partials, strict=True)
                    if kind == "V"
                ),
                fields="\n        ".join(_fields(operands, mixture)),
            )
        )
    parameters = ", ".join(reversed(operands) if swapped else operands)
    source = _FUNCTION.format(parameters=parameters, operands=", ".join(operands), branches="\n".join(branches))
    return introduced(_compiled(op, source), op)


def _fields(operands: list[str], mixture: str) -> list[str]:
    """The assignments that store the operands of a node and their local derivatives; see `Value`."""
    slopes = [f"d{X.lower()}" if kind == "V" else "None" for X, kind in zip(operands, mixture, strict=True)]
    if len(operands) > 2:
        rows = {"_x": f"({', '.join(operands)})", "_dx": "None", "_y": f"({', '.join(slopes)})", "_dy": "None"}
    else:
        (X, dx), (Y, dy) = [*zip(operands, slopes, strict=True), ("None", "None")][:2]
        if mixture == "NV":
            X, dx, Y, dy = Y, dy, f"({X},)", "None"
        rows = {"_x": X, "_dx": dx, "_y": Y, "_dy": dy}
    return [f"node.{slot} = {code}" for slot, code in rows.items()]


def _compiled(op: Operation, source: str) -> Callable[..., Any]:
    file = f"<autograd {op.name} {next(clock)}>"  # a name that no other code has
    scope: dict[str, Any] = {}
    for formula in (op.value, *op.partials):
        scope |= formula.scope(FLOATS)
    del scope["__builtins__"]  # formulas do not need them
    scope |= {"Value": Value, "new": object.__new__, "clock": clock, "op": op}
    scope |= {"record": record_operator if op.is_operator else record, "sequences": recording.sequences}
    exec(compile(source, file, "exec"), scope)
    function = scope.pop("operation")  # a function in its own scope would be a reference cycle
    # for tracebacks, as long as the code lives
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    weakref.finalize(function.__code__, linecache.cache.pop, file, None).atexit = False
    return function  # type: ignore[no-any-return]


# --- Sums over terms ------------------------------------------------------------------------------------
# XS is a sequence of operands, xs their numbers.  There is a branch for each mixture of sequences of Values and of
# plain numbers; if a sequence holds both, an intermediate number is not a float, and `record` takes over.

_NARY_FUNCTION = """\
def operation({sequences}):
    if not ({usual}):
        {sequences}, = sequences(op, [{sequences}])
    n = len({first})
    total = -0.0  # the neutral element: 0.0 would make 0.0 of a single -0.0
    try:
{branches}
    except (ArithmeticError, ValueError, TypeError, AttributeError, IndexError):
        return record(op, {sequences})
    if type(total) is not float:
        return record(op, {sequences})
    node = new(Value)
    node._number = z
    node._x = ({operands},)
    node._dx = None
    node._y = slopes
    node._dy = None
    node._created = next(clock)
    node.grad = None
    node.label = None
    node.op = op
    return node
"""

_NARY_BRANCH = """\
        {if_} {condition}:{numbers}
            for {loop}:
                total += {term}
            z = total{scale}
            {result}"""


def _nary_function(op: Operation) -> Callable[..., Any]:
    """The function of an n-ary row: one loop over the terms for each mixture, and one node at the end."""
    names = op.operands
    sequences = [f"{x.upper()}S" for x in names]
    usual = [f"type({XS}) in (list, tuple)" for XS in sequences]
    mixtures = ["V", "N"] if len(names) == 1 else ["VN", "VV", "NV", "NN"]
    source = _NARY_FUNCTION.format(
        sequences=", ".join(sequences),
        usual=" and ".join([*usual, *(f"len({XS}) == len({sequences[0]})" for XS in sequences[1:])]),
        first=sequences[0],
        branches="\n".join(_nary_branch(op, mixture) for mixture in mixtures),
        operands=", ".join(f"*{XS}" for XS in sequences),
    )
    return introduced(_compiled(op, source), op)


def _nary_branch(op: Operation, mixture: str) -> str:
    term, scale = op.value.text.removeprefix("sum(").rsplit(")", 1)
    kinds = dict(zip(op.operands, mixture, strict=True))
    partials = [partial for partial, kind in zip(op.partials, mixture.rstrip("N"), strict=False) if kind == "V"]
    listed = {x: "xs" for x in kinds if kinds[x] == "V" and any(x in partial.used for partial in partials)}
    columns = {x: f"{x}s" if x in listed else f"{x.upper()}S" for x in kinds}
    each = {x: x if x in listed or kinds[x] == "N" else f"{x.upper()}._number" for x in kinds}
    variables = [x.upper() if each[x].endswith("_number") else x for x in kinds]
    slopes = [
        f"*{columns[partial.text]}" if partial.text in kinds else f"*({partial.source(FLOATS)},) * n"
        for partial in op.partials
    ]
    slopes = [
        "*(None,) * n" if kind == "N" else slope for slope, kind in zip(slopes, mixture.rstrip("N"), strict=False)
    ]
    return _NARY_BRANCH.format(
        if_="if" if mixture.startswith("V") and "V" not in mixture[1:] else "elif",
        condition=" and ".join(f"type({x.upper()}S[0]) is{' not' * (kinds[x] == 'N')} Value" for x in kinds),
        numbers="".join(f"\n            {x}s = [{x.upper()}._number for {x.upper()} in {x.upper()}S]" for x in listed),
        loop=f"{', '.join(variables)} in zip({', '.join(columns.values())})"
        if len(kinds) > 1
        else f"{variables[0]} in {columns[op.operands[0]]}",
        term=" * ".join(each[x] for x in term.split(" * ")),
        scale=scale,
        result=f"slopes = ({', '.join(slopes)},)" if slopes else "if type(total) is float:\n                return z",
    )


recording.install(function_of, method_of)
