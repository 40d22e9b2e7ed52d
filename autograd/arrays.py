"""Values among NumPy's arrays: its functions and operators, element by element.

NumPy hands over to `Value.__array_ufunc__` whenever a Value itself is an operand: ``np.exp(v)``,
``array * v``.  Arrays that hold Values (dtype object) it handles on its own, by the operators and
methods of their elements.  What would lose a gradient raises TypeError.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from math import isfinite, isinf, isnan, pi
from typing import Any

from autograd.recording import functions
from autograd.trees import is_array, refuse_special
from autograd.value import Value

__all__ = ["apply", "elementwise"]

_OTHER_NAMES: dict[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "power": operator.pow, "float_power": operator.pow, "negative": operator.neg, "positive": operator.pos,
    "absolute": operator.abs, "fabs": operator.abs, "square": lambda x: x ** 2, "reciprocal": lambda x: 1 / x,
    "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt, "less_equal": operator.le,
    "greater": operator.gt, "greater_equal": operator.ge,
    "exp2": lambda x: 2 ** x, **dict.fromkeys(("deg2rad", "radians"), lambda x: x * (pi / 180)),
    **dict.fromkeys(("rad2deg", "degrees"), lambda x: x * (180 / pi)),
    "logaddexp": lambda x, y: _logaddexp(x, y) if x >= y else _logaddexp(y, x),
    "isnan": lambda x: isnan(_number_of(x)), "isinf": lambda x: isinf(_number_of(x)),
    "isfinite": lambda x: isfinite(_number_of(x)), "signbit": lambda x: _number_of(x) < 0,
}  # fmt: skip
"""NumPy's universal functions that go by another name here, or are made of others."""


def elementwise(function: Callable[..., Any], operands: Sequence[Any]) -> Any:
    """`function` applied to arrays and numbers with NumPy's broadcasting; a number if there was no array."""
    import numpy as np

    cells = np.frompyfunc(function, len(operands), 1)(*map(_cells, operands))
    if not is_array(cells):
        return cells
    kinds = {type(cell) for cell in cells.flat} or {float}
    return cells.astype(kinds.pop()) if kinds in ({float}, {bool}) else cells


def _cells(operand: Any) -> Any:
    """An array of Values and of Python's own numbers, with every digit of the original."""
    import numpy as np

    if is_array(operand):
        refuse_special(operand)
    array = np.asarray(operand)
    return (array.astype(float) if array.dtype.kind == "f" else array).astype(object)


def _number_of(operand: Any) -> float:
    return operand.data if type(operand) is Value else operand


def _logaddexp(larger: Any, smaller: Any) -> Any:
    """log(exp(x) + exp(y)), of which the smaller is what remains to be added."""
    return larger if isinf(_number_of(larger)) else larger + functions["softplus"](smaller - larger)


def apply(ufunc: Any, method: str, *operands: Any, out: Any = None, **options: Any) -> Any:
    """What `Value.__array_ufunc__` does: one of NumPy's functions or operators, some operand being a Value."""
    function = _OTHER_NAMES.get(ufunc.__name__) or functions.get(ufunc.__name__)
    if function is None or (options and method == "__call__") or method == "at":
        how = f" with {', '.join(options)}" if options else ".at" if method == "at" else ""
        raise TypeError(f"np.{ufunc.__name__}{how} cannot keep the gradient of a Value; use .data for just the number")
    if method in ("reduce", "accumulate", "reduceat", "outer"):  # arrays of objects need no help
        return getattr(ufunc, method)(*map(_cells, operands), **options)
    result = elementwise(function, operands)
    if out is None:
        return result
    out[0][...] = result  # an array of floats refuses
    return out[0]
