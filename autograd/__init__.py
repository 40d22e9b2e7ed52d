"""Scalar automatic differentiation: Values that record what is computed from them.

>>> from autograd import Value, exp
>>> x = Value(0.5, label="x")
>>> y = exp(x) * x
>>> y.backward()
>>> round(x.grad, 12)
2.47308190605

Every operation of the table `autograd.ops` is a function here (``exp``, ``log``, ``relu``, ``dot``,
...).  Given floats it returns a float; given a Value among its operands, a Value.
"""

import os as _os
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _os.path.exists(_os.path.join(_os.path.dirname(__file__), "tracer.py")):
    raise ImportError(
        f"another package called autograd (HIPS autograd) is installed in {_os.path.dirname(__file__)}, the folder of "
        "scalar-autograd; uninstall both and install scalar-autograd alone, or in a virtual environment of its own"
    )

from autograd.backprop import StaleGraphError
from autograd.check import gradcheck
from autograd.define import define
from autograd.draw import GraphTooLarge, draw
from autograd.explain import explain
from autograd.formula import FormulaError
from autograd.functional import grad, hessian, jacobian, jvp, value_and_grad
from autograd.ops import OPERATIONS, DomainError, Operation, PoleError
from autograd.recording import functions
from autograd.tracing import TracingError
from autograd.value import Constant, Value
from autograd.vectorize import vectorize

__version__ = "0.1.0"

__all__ = [
    "OPERATIONS",
    "Constant",
    "DomainError",
    "FormulaError",
    "GraphTooLarge",
    "Operation",
    "PoleError",
    "StaleGraphError",
    "TracingError",
    "Value",
    "define",
    "draw",
    "explain",
    "grad",
    "gradcheck",
    "hessian",
    "jacobian",
    "jvp",
    "value_and_grad",
    "vectorize",
]
__all__ += list(functions)

globals().update(functions)

if _TYPE_CHECKING:
    # What the loop over the table puts here, for type checkers and editors.
    from collections.abc import Iterable as _Iterable
    from typing import Protocol as _Protocol
    from typing import overload as _overload

    class _Unary(_Protocol):
        @_overload
        def __call__(self, x: float, /) -> float: ...
        @_overload
        def __call__(self, x: Value, /) -> Value: ...

    class _Binary(_Protocol):
        @_overload
        def __call__(self, x: float, y: float, /) -> float: ...
        @_overload
        def __call__(self, x: Value, y: Value | float, /) -> Value: ...
        @_overload
        def __call__(self, x: float, y: Value, /) -> Value: ...

    neg: _Unary
    pos: _Unary
    abs: _Unary
    sign: _Unary
    floor: _Unary
    exp: _Unary
    expm1: _Unary
    log: _Unary
    log1p: _Unary
    log2: _Unary
    log10: _Unary
    sqrt: _Unary
    cbrt: _Unary
    sin: _Unary
    cos: _Unary
    tan: _Unary
    arcsin: _Unary
    arccos: _Unary
    arctan: _Unary
    sinh: _Unary
    cosh: _Unary
    tanh: _Unary
    arcsinh: _Unary
    arccosh: _Unary
    arctanh: _Unary
    sigmoid: _Unary
    softplus: _Unary
    relu: _Unary
    leaky_relu: _Unary
    add: _Binary
    sub: _Binary
    mul: _Binary
    truediv: _Binary
    pow: _Binary
    xlogy: _Binary
    xlog1py: _Binary
    hypot: _Binary
    arctan2: _Binary
    maximum: _Binary
    minimum: _Binary

    # A Value as soon as one operand is one, else a float: which, no type can tell.
    def sum(x: _Iterable[Value | float], /) -> _Any: ...
    def mean(x: _Iterable[Value | float], /) -> _Any: ...
    def dot(x: _Iterable[Value | float], y: _Iterable[Value | float], /) -> _Any: ...
    def where(c: bool | float | Value, x: Value | float, y: Value | float, /) -> _Any: ...
