"""Scalar automatic differentiation: Values that record what is computed from them.

>>> from autograd import Value, exp
>>> x = Value(0.5, label="x")
>>> y = exp(x) * x
>>> y.backward()
>>> round(x.grad, 12)
2.47308190605

Every operation of the table `autograd.core.table` is a function here (``exp``, ``log``, ``relu``, ``dot``, ...).  It
returns a float for floats, and a Value if a Value is among its operands.
"""

import os as _os
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _os.path.exists(_os.path.join(_os.path.dirname(__file__), "tracer.py")):
    raise ImportError(
        f"another package called autograd (HIPS autograd) is installed in {_os.path.dirname(__file__)}, the folder of "
        "scalar-autograd; uninstall both and install scalar-autograd alone, or in a virtual environment of its own"
    )

from autograd.checking.gradcheck import gradcheck
from autograd.core.graph import StaleGraphError
from autograd.core.recording import functions  # noqa: F401 - for lookup by name
from autograd.core.table import OPERATIONS, DomainError, Operation, PoleError
from autograd.core.value import Constant, Value
from autograd.drawing.draw import GraphTooLarge, draw
from autograd.drawing.page.page import page
from autograd.drawing.steps import steps
from autograd.explaining.explain import explain
from autograd.extensions import backward_pass, copying, other_names, searching  # noqa: F401 - plugged into the core
from autograd.extensions.composites import logsumexp, softmax, take
from autograd.extensions.operations import *  # noqa: F403 - the functions of the table, whose types are in a stub
from autograd.extensions.operations import __all__ as _operations
from autograd.extensions.tracing import TracingError
from autograd.formula.language import FormulaError
from autograd.transforms.define import define
from autograd.transforms.functional import grad, hessian, jacobian, jvp, value_and_grad
from autograd.vectorizing.vectorize import vectorize

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
    "logsumexp",
    "page",
    "softmax",
    "steps",
    "take",
    "value_and_grad",
    "vectorize",
]
__all__ += _operations  # noqa: PLE0605

for _name in __all__:  # public classes show their public name in tracebacks and reprs
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = "autograd"


if not _TYPE_CHECKING:  # type checkers report unknown names themselves

    def __getattr__(name: str) -> _Any:
        raise other_names.missing("autograd", name, other_names.FUNCTIONS)
