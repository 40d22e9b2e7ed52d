"""The table at work: every row becomes a Python function that computes, records and refuses.

A function of the table takes Values and plain numbers in any mixture.  If all are numbers it returns
a float.  If one is a Value it returns a new Value with the local derivatives on its edges.

`record` does this for any row, step by step.  It would do for everything, but most operations are
small, so each row also gets straight-line code for its usual operands, filled into the templates
below when the module loads.  ``print(inspect.getsource(autograd.tanh))`` shows such a function.
"""

from __future__ import annotations

import linecache
import math
import numbers
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache, partial
from typing import Any

from autograd import tracing
from autograd.backprop import clock
from autograd.formula import FLOATS, Formula, NumberSystem
from autograd.ops import OPERATIONS, DomainError, Operation
from autograd.trees import is_array
from autograd.value import Constant, Value, as_float, shown

__all__ = ["VALUES", "edge_formulas", "function_of", "functions", "record", "recorded_edges"]

# --- Any row, any operands ---------------------------------------------------------------------------


def record(op: Operation, *operands: Any) -> Any:
    """Compute one operation and record it if a Value is among its operands; on arrays, element by element.

    Raises TypeError for what is not a number, DomainError and OverflowError as `Operation.compute` does.
    """
    if len(operands) != len(op.operands):
        raise TypeError(f"{op.written} takes {len(op.operands)} operands, not {len(operands)}")
    if any(map(is_array, operands)):
        from autograd.arrays import elementwise

        return elementwise(partial(record, op), operands)
    data = [
        operand._number if type(operand) is Value else as_float(operand, _call(op, operands)) for operand in operands
    ]
    z = op.compute(data, partial(_described, op, operands))
    slopes = op.derivatives(z, data)
    edges = tuple((operand, slope) for operand, slope in zip(operands, slopes, strict=True) if type(operand) is Value)
    return _node(op, z, edges, _plain(operands)) if edges else z


def _record_operator(op: Operation, *operands: Any) -> Any:
    """`record` for ``+ - * / **``, which leave operands of foreign types to those types."""
    foreign = (type(operand) for operand in operands if not isinstance(operand, Value | numbers.Real | Decimal))
    if any(kind.__module__ != "builtins" for kind in foreign):
        return NotImplemented
    return record(op, *operands)


def _plain(operands: Iterable[Any]) -> tuple[Value | float, ...]:
    """Operands as they are kept: Values, Python's own numbers and Constants; all others as floats."""
    kept = (Value, float, int, bool, Constant)
    return tuple(operand if type(operand) in kept else float(operand) for operand in operands)


def _call(op: Operation, operands: Sequence[Any]) -> str:
    """The operation as the user wrote it: ``w + None``, ``exp('1')``."""
    texts = [shown(operand) for operand in operands]
    if op.is_operator and len(texts) == 2:
        return f" {op.value.text.split()[1]} ".join(texts)
    return f"{op.name}({', '.join(texts)})"


def _described(op: Operation, operands: Sequence[Any]) -> str:
    """What an error adds about the operands: ``(x is 'p' = w·x + b)``."""
    from autograd.notation import expression

    known = []
    for x, operand in zip(op.operands, operands, strict=True):
        label = getattr(operand, "label", None)
        parts = [f"{'your ' * (label in op.operands)}'{label}'"] if label and label != x else []
        computed = type(operand) is Value and operand.op and operand.op.name != "pos"  # +x says no more than x
        parts += [expression(operand)] if computed else []
        known += [f"{x} is {' = '.join(parts)}"] if parts else []
    return f" ({', '.join(known)})" if known else ""


# --- Straight-line code for the usual operands ---------------------------------------------------------
# X is an operand, x its number.  A mixture of operands is written V for a Value and N for a number.

_NODE = """\
    node = new(Value)
    node._number = z
    node._args = args
    node._created = next(clock)
    node.edges = edges
    node.grad = None
    node.label = None
    node.op = op
    return node
"""

_FUNCTION = """\
def operation({parameters}):
{branches}
    else:
        return record(op, {operands})
"""

_BRANCH = """\
    {if_} {mixture}:
        try:
            {numbers}
            z = {z}
            edges = ({edges})
        except (ArithmeticError, ValueError):
            return record(op, {operands})
        args = {args}"""

_NARY_FUNCTION = """\
def operation({sequences}, *, args=None):
    if not ({usual}):
        {sequences}, = lists(op, {sequences})
    n = len({first})
{refusal}    total = 0.0
    edges = []
    for {operands}, in zip({sequences}):
{branches}
        else:  # numbers of other kinds: once more, with floats
            return operation(*floats(op, {sequences}), args=plain([{all}]))
    z = total{scale}
    if not edges:
        return z
    edges = tuple(edges)
    args = args or ({all},)
"""

_NARY_REFUSAL = """\
    if not ({domain}):
        raise undefined(op, n)
"""

_NARY_BRANCH = """\
        {if_} {mixture}:
            {numbers}
            total += {term}{appends}"""


def _specialise(op: Operation, mixtures: str, known: str = "", swapped: bool = False) -> Callable[..., Any]:
    """The function of one row for the given `mixtures`, such as ``"VV VN NV"``; `record` takes the others.

    `known` says which operands need no asking: in a method the first is certainly a Value.  In a reflected
    method the operands arrive `swapped`.
    """
    questions = {"V": "type({0}) is Value", "N": "(type({0}) is float or type({0}) is int)"}
    numbers = {"V": "{0}._number", "N": "{0} * 1.0"}  # times one: makes a float of an int, faster than float()
    branches = [
        _BRANCH.format(
            z=op.value.source(FLOATS),
            operands=", ".join(map(str.upper, op.operands)),
            args={"V": None, "VV": None, "VN": "Y", "NV": "(X, Y)"}[mixture],
            **_fields(op, mixture, questions, numbers, known, first=not i),
        )
        for i, mixture in enumerate(mixtures.split())
    ]
    operands = [x.upper() for x in op.operands]
    parameters = ", ".join(reversed(operands) if swapped else operands)
    source = _FUNCTION.format(parameters=parameters, operands=", ".join(operands), branches="\n".join(branches))
    return _introduce(_compile(op, source + _NODE), op)


def _specialise_nary(op: Operation, mixtures: str) -> Callable[..., Any]:
    """The function of an n-ary row: one loop over the terms, one node at the end."""
    term, scale = op.value.text.removeprefix("sum(").rsplit(")", 1)
    questions = {"V": "type({0}) is Value", "N": "type({0}) is float"}
    branches = [
        _NARY_BRANCH.format(term=term, **_fields(op, mixture, questions, {"V": "{0}._number", "N": "{0}"}, first=not i))
        for i, mixture in enumerate(mixtures.split())
    ]
    operands = [x.upper() for x in op.operands]
    source = _NARY_FUNCTION.format(
        sequences=", ".join(f"{X}S" for X in operands),
        usual=" and ".join(
            [f"type({X}S) in (list, tuple)" for X in operands] + [f"len({X}S) == len(XS)" for X in operands[1:]]
        ),
        first="XS",
        refusal=_NARY_REFUSAL.format(domain=op.domain.source(FLOATS)) if op.domain else "",
        operands=", ".join(operands),
        branches="\n".join(branches),
        all=", ".join(f"*{X}S" for X in operands),
        scale=scale,
    )
    return _introduce(_compile(op, source + _NODE), op)


def _fields(
    op: Operation, mixture: str, questions: dict[str, str], numbers: dict[str, str], known: str = "", first: bool = True
) -> dict[str, str]:
    """What a branch for one mixture of operands is filled with."""
    rows = list(zip(op.operands, mixture, known.ljust(len(mixture)), op.partials, strict=True))
    asked = [questions[kind].format(x.upper()) for x, kind, sure, _ in rows if sure != kind]
    edges = [f"({x.upper()}, {slope.source(FLOATS)})" for x, kind, _, slope in rows if kind == "V"]
    return {
        "if_": "if" if first else "elif",
        "mixture": " and ".join(asked) or "True",
        "numbers": f"{', '.join(op.operands)} = {', '.join(numbers[kind].format(x.upper()) for x, kind, _, _ in rows)}",
        "edges": " ".join(f"{edge}," for edge in edges),
        "appends": "".join(f"; edges.append({edge})" for edge in edges),
    }


def _compile(op: Operation | None, source: str) -> Callable[..., Any]:
    file = f"<autograd.recording {op.name if op else 'node'} {len(linecache.cache)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for tracebacks
    scope: dict[str, Any] = {"Value": Value, "new": object.__new__, "clock": clock}
    if op is not None:
        scope |= {"op": op, "record": _record_operator if op.is_operator else record}
        scope |= {"lists": _lists, "floats": _floats, "plain": _plain, "undefined": _undefined}
        for formula in (op.value, *op.partials):
            scope |= formula.scope(FLOATS)
        del scope["__builtins__"]  # the formulas do without, the code around them is our own
    exec(compile(source, file, "exec"), scope)
    return scope["operation"]  # type: ignore[no-any-return]


_node = _compile(None, "def operation(op, z, edges, args):\n" + _NODE)


def _lists(op: Operation, *operands: Any) -> list[list[Any]]:
    """The operands of an n-ary row as lists of equal length."""
    for x, operand in zip(op.operands, operands, strict=True):
        if not hasattr(operand, "__iter__"):
            raise TypeError(f"{op.written}: {x} must be a sequence of numbers and Values, not {shown(operand)}")
    lists = [list(operand) for operand in operands]
    if len(set(map(len, lists))) > 1:
        lengths = ", ".join(f"{x} has {len(operand)}" for x, operand in zip(op.operands, lists, strict=True))
        raise ValueError(f"{op.written} needs sequences of equal length, but {lengths}")
    return lists


def _floats(op: Operation, *sequences: Sequence[Any]) -> list[list[Value | float]]:
    return [[X if type(X) is Value else as_float(X, op.written) for X in sequence] for sequence in sequences]


def _undefined(op: Operation, n: int) -> DomainError:
    assert op.domain is not None
    return DomainError(f"{op.written} is not defined for {n} terms: it needs {op.domain.text}")


def function_of(op: Operation) -> Callable[..., Any]:
    """The function of a row: straight-line code if there is a template for its operands."""
    if op.nary:
        return _specialise_nary(op, "V N" if len(op.operands) == 1 else "VN VV NV NN")
    checked = op.domain and not op.is_built_in  # straight-line code relies on math to refuse
    if op.operands in (("x",), ("x", "y")) and not (op.is_operator or checked):
        return _specialise(op, "V" if len(op.operands) == 1 else "VV VN NV")
    return _generic(op)


def _generic(op: Operation) -> Callable[..., Any]:
    def operation(*operands: Any) -> Any:
        return record(op, *operands)

    return _introduce(operation, op)


def _introduce(function: Callable[..., Any], op: Operation) -> Callable[..., Any]:
    """Give a function the name and the documentation of its row."""
    slopes = ", ".join(f"dz/d{x} = {slope.text}" for x, slope in zip(op.operands, op.partials, strict=True))
    function.__name__ = function.__qualname__ = op.name
    function.__module__ = "autograd"
    function.op = op  # type: ignore[attr-defined]
    function.__doc__ = (
        f"z = {op.written}, with {slopes}.\n\n"
        + (f"z is {op.value.text}.  " if op.value.text != op.written else "")
        + (f"Defined where {op.domain.text}; DomainError elsewhere.  " if op.domain else "")
        + (f"Slope {op.kink}, by convention.  " if op.kink else "")
        + "A Value if an operand is one, else a float."
    )
    return function


def _comparison(name: str) -> Callable[[Value, object], Any]:
    compare: Callable[[float, Any], Any] = getattr(operator, name)

    def comparison(value: Value, other: Any) -> Any:
        if tracing.is_tracing() and isinstance(other, Value | numbers.Real):
            return record(tracing.CONDITIONS[name], value, other)
        return compare(value._number, other._number if type(other) is Value else other)

    return comparison


# --- The functions of autograd and the operators of Value ----------------------------------------------

functions: dict[str, Callable[..., Any]] = {}
"""Every operation of the table by name, as a function of Values and numbers."""

for _op in OPERATIONS.values():
    _arity = len(_op.operands)
    functions[_op.name] = function_of(_op)
    if not (_op.nary or _op.is_operator or _arity > 2):
        setattr(Value, _op.name, functions[_op.name])  # v.exp(): NumPy calls it on arrays of Values
    if _op.is_operator:
        setattr(Value, f"__{_op.name}__", _specialise(_op, "V" if _arity == 1 else "VV VN", known="V"))
    if _op.is_operator and _arity == 2:
        setattr(Value, f"__r{_op.name}__", _specialise(_op, "NV", known=" V", swapped=True))


def _logic(name: str) -> Callable[[Value, object], Any]:
    """``&`` and ``|`` of conditions: outside of tracing these are plain truth values, and need no help."""

    def operation(value: Value, other: Any) -> Any:
        if not (tracing.is_tracing() and isinstance(other, Value | bool)):
            return NotImplemented
        if isinstance(other, bool):
            return value if other is (name == "and") else other
        return record(tracing.CONDITIONS[name], value, other)

    return operation


setattr(Value, "__abs__", functions["abs"])
for _name in ("and", "or"):
    setattr(Value, f"__{_name}__", _logic(_name))
    setattr(Value, f"__r{_name}__", _logic(_name))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Value, f"__{_name}__", _comparison(_name))

# --- Derivatives of derivatives ----------------------------------------------------------------------

VALUES = NumberSystem("values", {**functions, "power": functions["pow"], "pi": math.pi})
"""Values and floats: a formula computed over them records its operations."""

_TRACED = NumberSystem(
    "traced values",
    {
        **VALUES.functions,
        "logical_and": operator.and_,
        "logical_or": operator.or_,
        "equal": operator.eq,
        "not_equal": operator.ne,
    },
    lazy=False,
)
"""Values of which no number is known: where a formula chooses, the choice is recorded."""


def edge_formulas(node: Value) -> Iterator[tuple[Value, Formula, tuple[Any, ...]]]:
    """For each edge of `node`: the operand, the row's formula of the local derivative, and what to put into it.

    That is the operands and the result; for a sum over terms, those of one term and the number of terms.
    """
    op, args, result = node.op, node.args, node
    if op is None:
        return
    terms = [args]
    if op.nary:
        columns = op.columns(args)
        terms, result = list(zip(*columns, strict=True)), len(columns[0])  # type: ignore[assignment]
    for operands in terms:
        for operand, formula in zip(operands, op.partials, strict=True):
            if type(operand) is Value:
                yield operand, formula, (*operands, result)


def recorded_edges(node: Value) -> Iterator[tuple[Value, Any]]:
    """The edges of `node`, their local derivatives computed once more, as Values that can be differentiated.

    Where that fails, because the derivative is infinite or something on the way to it overflows, it is a
    Value whose own derivatives are unknown: nan.
    """
    assert node.op is not None
    system = _TRACED if tracing.is_tracing() else VALUES
    for (operand, formula, arguments), (_, slope) in zip(edge_formulas(node), node.edges, strict=True):
        try:
            yield operand, formula.over(system)(*arguments)
        except (ArithmeticError, ValueError):
            given = (*arguments[:-1], node)
            unknown = tuple((x, math.nan) for x in given if type(x) is Value)
            yield operand, _node(_without_derivatives(node.op, formula), slope, unknown, given)


@cache
def _without_derivatives(op: Operation, formula: Formula) -> Operation:
    """One of the row's derivatives as an operation of its own, with derivatives that nobody knows."""
    nowhere = Formula("0 / 0", formula.names)
    return Operation(f"slope of {op.name}", formula.names, formula, (nowhere,) * len(formula.names))
