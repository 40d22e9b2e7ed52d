"""Values and NumPy: its functions and operators, element by element.

NumPy calls `Value.__array_ufunc__` whenever a Value itself is an operand: ``np.exp(v)``, ``array * v``.  Arrays that
hold Values (dtype object) are handled by NumPy itself, through the operators and methods of their elements.  Whatever
would lose a gradient raises TypeError.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from math import copysign, isfinite, isinf, isnan, pi
from typing import Any

from autograd.core.recording import functions, record
from autograd.core.state import seams
from autograd.core.table import Operation
from autograd.core.value import Value

__all__ = ["apply", "check_plain_array", "elementwise", "is_array", "recorded"]

_OTHER_NAMES: dict[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "remainder": operator.mod, "mod": operator.mod, "floor_divide": operator.floordiv,
    "power": operator.pow, "float_power": operator.pow, "negative": operator.neg, "positive": operator.pos,
    "absolute": operator.abs, "fabs": functions["abs"], "square": lambda x: x ** 2, "reciprocal": lambda x: 1 / x,
    "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt, "less_equal": operator.le,
    "greater": operator.gt, "greater_equal": operator.ge,
    "exp2": lambda x: 2 ** x, **dict.fromkeys(("deg2rad", "radians"), lambda x: x * (pi / 180)),
    **dict.fromkeys(("rad2deg", "degrees"), lambda x: x * (180 / pi)),
    "logaddexp": lambda x, y: _logaddexp(x, y) if x >= y else _logaddexp(y, x),
    "fmax": lambda x, y: _besides_nan("maximum", x, y), "fmin": lambda x, y: _besides_nan("minimum", x, y),
    "isnan": lambda x: isnan(_number_of(x)), "isinf": lambda x: isinf(_number_of(x)),
    "isfinite": lambda x: isfinite(_number_of(x)), "signbit": lambda x: copysign(1, _number_of(x)) < 0,
}  # fmt: skip
"""NumPy's universal functions that have another name here, or are composed of others."""


def elementwise(function: Callable[..., Any], operands: Sequence[Any]) -> Any:
    """`function` applied to arrays and numbers with NumPy's broadcasting; a number if there was no array."""
    import numpy as np

    with np.errstate(all="ignore"):  # the engine raises where an operation is not defined
        cells = np.frompyfunc(function, len(operands), 1)(*map(_cells, operands))
    if not is_array(cells):
        return cells
    kinds = {type(cell) for cell in cells.flat} or {float}
    return cells.astype(kinds.pop()) if kinds in ({float}, {bool}) else cells


def _cells(operand: Any) -> Any:
    """An array of Values and of Python's own numbers, without loss of precision."""
    import numpy as np

    if is_array(operand):
        check_plain_array(operand)
    array = np.asarray(operand)
    return (array.astype(float) if array.dtype.kind == "f" else array).astype(object)


def _number_of(operand: Any) -> float:
    return operand.data if type(operand) is Value else operand


def _logaddexp(larger: Any, smaller: Any) -> Any:
    """log(exp(x) + exp(y)), for x >= y."""
    return larger if isinf(_number_of(larger)) else larger + functions["softplus"](smaller - larger)


def _besides_nan(name: str, x: Any, y: Any) -> Any:
    """The larger or smaller of two operands; the other one if one is nan."""
    return y if isnan(_number_of(x)) else x if isnan(_number_of(y)) else functions[name](x, y)


def apply(ufunc: Any, method: str, *operands: Any, out: Any = None, **options: Any) -> Any:
    """The method `Value.__array_ufunc__`: one of NumPy's functions or operators, with a Value among the operands."""
    if ufunc.__name__ == "divmod" and method == "__call__" and not options and out is None:
        return elementwise(operator.floordiv, operands), elementwise(operator.mod, operands)
    function = _OTHER_NAMES.get(ufunc.__name__) or functions.get(ufunc.__name__)
    if function is None or (options and method == "__call__") or method == "at":
        how = f" with {', '.join(options)}" if options else ".at" if method == "at" else ""
        raise TypeError(f"np.{ufunc.__name__}{how} cannot keep the gradient of a Value; use .data for just the number")
    if method in ("reduce", "accumulate", "reduceat", "outer"):  # arrays of objects need no help
        return getattr(ufunc, method)(*map(_cells, operands), **options)
    result = elementwise(function, operands)
    if out is None:
        return result
    out[0][...] = result  # raises for an array of floats
    return out[0]


@cache
def _recorded_array() -> type[Any]:
    import numpy as np

    class RecordedArray(np.ndarray[Any, Any]):
        """An array of Values; ``np.maximum``, ``minimum`` and ``where`` record an operation, not only one Value."""

        def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, out: Any = None, **options: Any) -> Any:
            if method == "__call__" and ufunc.__name__ in ("maximum", "minimum") and out is None and not options:
                return recorded(elementwise(functions[ufunc.__name__], operands))
            if out is not None:
                options["out"] = tuple(map(np.asarray, out))
            plain = (np.asarray(x) if isinstance(x, RecordedArray) else x for x in operands)
            return recorded(getattr(ufunc, method)(*plain, **options))

        def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
            if function is np.where and len(args) == 3 and not kwargs:
                return recorded(elementwise(functions["where"], args))
            return super().__array_function__(function, types, args, kwargs)

    return RecordedArray


def recorded(x: Any) -> Any:
    """`x`, if it is an array of objects as one that also records the operations that only choose between Values."""
    return x.view(_recorded_array()) if is_array(x) and x.dtype == object else x


def check_plain_array(array: Any) -> None:
    """Raise TypeError for masked arrays and matrices, which follow rules of their own."""
    if type(array).__name__ not in ("ndarray", "memmap", "RecordedArray"):
        kind = f"{type(array).__module__}.{type(array).__name__}"
        raise TypeError(f"{kind} is not an ordinary array: pass np.asarray(...), or plain numbers")


def is_array(x: Any) -> bool:
    """True for a NumPy array; NumPy's scalars are numbers."""
    numpy = sys.modules.get("numpy")  # without NumPy loaded there are no arrays
    return numpy is not None and isinstance(x, numpy.ndarray)


def _on_arrays(op: Operation, operands: tuple[Any, ...]) -> Any:
    return elementwise(partial(record, op), operands) if any(map(is_array, operands)) else NotImplemented


def _ufunc(self: Value, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
    return apply(ufunc, method, *operands, **options)


setattr(seams, "foreign", _on_arrays)
setattr(Value, "__array_ufunc__", _ufunc)
for _name in ("exp2", "fabs", "deg2rad", "radians", "rad2deg", "degrees"):
    setattr(Value, _name, _OTHER_NAMES[_name])  # NumPy calls v.exp2() on arrays of Values
setattr(Value, "__floor__", functions["floor"])  # and math.floor(v) for np.floor(array): its slope is 0
setattr(Value, "conjugate", lambda value: value)  # np.std, for example, calls it on every number
