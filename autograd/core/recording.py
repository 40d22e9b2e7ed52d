"""From the table to functions: every row becomes a Python function that checks, computes and records.

A function of the table takes Values and plain numbers in any mixture.  If all are numbers, it returns
a float.  If one is a Value it returns a new Value, which stores its operands and the local derivatives.

`record` does this for any row, step by step.  An outer folder may `install` faster functions that do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from inspect import Parameter, Signature
from typing import Any

from autograd.core.state import clock, seams
from autograd.core.table import OPERATIONS, Operation
from autograd.core.value import VALUES, Constant, Value, as_float, is_real, label_of, shown

__all__ = ["function_of", "functions", "install", "introduced", "method_of", "new_node", "record", "record_operator"]


_OWN = {Value, float, int, bool, Constant}
_EXACT = 2**53


def record(op: Operation, *operands: Any) -> Any:
    """Compute one operation, and record it if a Value is among its operands.

    An n-ary operation takes sequences.  Raises TypeError for an operand that is not a number, and DomainError and
    OverflowError as `Operation.compute` does.
    """
    if len(operands) != len(op.operands):
        n = len(op.operands)
        raise TypeError(f"{op.written} takes {n} operand{'s' * (n != 1)}, not {len(operands)}")
    if op.nary:
        operands = tuple(x for sequence in sequences(op, operands) for x in sequence)
    kinds = set(map(type, operands))
    if not (op.nary or kinds <= _OWN) and (result := seams.foreign(op, operands)) is not NotImplemented:
        return result
    data = [x._number if type(x) is Value else _float(x, op, operands) for x in operands]
    describe = partial(_described, op, operands)
    if Value not in kinds:
        return op.compute(data, describe)
    z, slopes = seams.reader.computed(op, data, describe)
    return new_node(op, z, operands, slopes)


def _float(x: Any, op: Operation, operands: Sequence[Any]) -> float:
    if type(x) is float or (type(x) is int and -_EXACT < x < _EXACT):
        return x * 1.0
    return as_float(x, _call(op, operands))


def new_node(op: Operation, z: float, operands: Sequence[Any], slopes: Sequence[float]) -> Value:
    """The Value that records ``z = op(operands)``; `slopes` are its derivatives with respect to each operand."""
    args = tuple([x if type(x) in _OWN else float(x) for x in operands])  # numbers of other libraries become floats
    local = tuple([slope if type(x) is Value else None for x, slope in zip(operands, slopes, strict=True)])
    new = object.__new__(Value)
    new._number, new._created, new.grad, new.label, new.op = z, next(clock), None, None, op
    new._x, new._dx, new._y, new._dy = args, None, local, None
    if len(args) <= 2 and not op.nary:
        new._x, new._y = (*args, None)[:2]
        new._dx, new._dy = (*local, None)[:2]
        if new._dx is None:  # a number before the Value
            new._x, new._dx, new._y, new._dy = new._y, new._dy, (new._x,), None
    return new


def sequences(op: Operation, operands: Sequence[Any]) -> list[list[Any]]:
    """The operands of an n-ary row as lists of equal length."""
    for x, operand in zip(op.operands, operands, strict=True):
        if not hasattr(operand, "__iter__"):
            raise TypeError(f"{op.written}: {x} must be a sequence of numbers and Values, not {shown(operand)}")
    lists = [list(operand) for operand in operands]
    if len(set(map(len, lists))) > 1:
        lengths = ", ".join(f"{x} has {len(operand)}" for x, operand in zip(op.operands, lists, strict=True))
        raise ValueError(f"{op.written} needs sequences of equal length, but {lengths}")
    return lists


def _call(op: Operation, operands: Sequence[Any]) -> str:
    """The operation as the user wrote it: ``w + None``, ``exp('1')``, ``dot(x, y)``."""
    if op.nary:
        return op.written
    strings = [shown(operand) for operand in operands]
    if op.is_operator and len(strings) == 2:
        return f" {op.value.text.split()[1]} ".join(strings)
    return f"{op.name}({', '.join(strings)})"


def _described(op: Operation, operands: Sequence[Any]) -> str:
    """The part of an error that identifies the operands: ``(x is 'p' = w·x + b)``."""
    known = []
    for x, operand in zip(op.operands, () if op.nary else operands, strict=False):
        label = label_of(operand)
        parts = [f"{'your ' * (label in op.operands)}'{label}'"] if label and label != x else []
        computed = type(operand) is Value and not operand.is_leaf and operand.op.name != "pos"  # +x adds nothing to x
        parts += [seams.expression(operand)] if computed else []
        known += [f"{x} is {' = '.join(parts)}"] if parts else []
    return f" ({', '.join(known)})" if known else ""


# --- The functions of autograd and the operators of Value ----------------------------------------------

functions: dict[str, Callable[..., Any]] = {}
"""Every operation of the table by name, as a function of Values and numbers."""


def function_of(op: Operation) -> Callable[..., Any]:
    """The function of a row."""
    return introduced(lambda *operands: record(op, *operands), op)


def method_of(op: Operation, reflected: bool) -> Callable[..., Any]:
    """The method of an operator's row: ``__mul__``, or if `reflected`, ``__rmul__``."""

    def method(*operands: Any) -> Any:
        return record_operator(op, *(operands[::-1] if reflected else operands))

    return introduced(method, op)


def record_operator(op: Operation, *operands: Any) -> Any:
    """`record` for operators such as ``+ - * /``, which leave operands of foreign types to those types."""
    for operand in operands:
        if not (type(operand) in _OWN or is_real(operand) or type(operand).__module__ == "builtins"):
            return NotImplemented
    return record(op, *operands)


def introduced(function: Callable[..., Any], op: Operation) -> Callable[..., Any]:
    """The `function` with the name, the signature and the documentation of its row."""
    slopes = ", ".join(f"dz/d{x} = {slope.text}" for x, slope in zip(op.operands, op.partials, strict=True))
    function.__name__ = function.__qualname__ = op.name
    function.__module__ = "autograd"
    function.op = op  # type: ignore[attr-defined]
    parameters = [Parameter(x, Parameter.POSITIONAL_ONLY) for x in op.operands]
    function.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    function.__doc__ = (
        f"z = {op.written}, with {slopes}.\n\n"
        + (f"z is {op.value.text}.  " if op.value.text != op.written else "")
        + (f"Defined where {op.domain.text}; DomainError elsewhere.  " if op.domain else "")
        + (f"Slope {op.kink}, by convention.  " if op.kink else "")
        + "A Value if an operand is one, else a float."
    )
    return function


def _comparison(method: str) -> Callable[[Value, Any], Any]:
    return lambda value, other: seams.reader.compared(method, value, other)


def install(function_of: Callable[..., Any], method_of: Callable[..., Any]) -> None:
    """Make the functions of autograd, and the operators and methods of Value, from the table."""
    for op in OPERATIONS.values():
        functions[op.name] = function = function_of(op)
        if op.is_operator:
            setattr(Value, f"__{op.name}__", method_of(op, reflected=False))
            if len(op.operands) == 2:
                setattr(Value, f"__r{op.name}__", method_of(op, reflected=True))
        elif not op.nary and len(op.operands) <= 2:
            setattr(Value, op.name, function)  # v.exp(): NumPy calls it on arrays of Values
    setattr(Value, "__abs__", functions["abs"])
    setattr(Value, "__divmod__", lambda x, y: (x // y, x % y))
    setattr(Value, "__rdivmod__", lambda y, x: (x // y, x % y))
    VALUES.functions.update(functions, power=functions["pow"])
    VALUES.functions.update(remainder=functions["mod"], floor_divide=functions["floordiv"])


for _name in ("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "rand", "ror"):
    setattr(Value, f"__{_name}__", _comparison(_name.removeprefix("r")))

install(function_of, method_of)
