"""Derivatives of formulas by SymPy: closed forms that depend neither on the graph nor on the table's derivatives."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from autograd.explaining.child_process import run_python
from autograd.explaining.formulas import Formulas
from autograd.formula.systems import sympy

__all__ = ["SympyDerivative", "sympy_derivative", "sympy_derivatives"]

PATIENCE = 10
"""Time limit for SymPy, in seconds."""
MAX_LENGTH = 2000
"""Maximum length of a closed form, in characters."""


class SympyDerivative(NamedTuple):
    """A derivative as a formula and as a number: ``"?"`` and None where SymPy finds none."""

    formula: str
    value: float | None


UNKNOWN = SympyDerivative("?", None)

_CHILD = """
import json, sys
sys.path.append(sys.argv[1])
from autograd.explaining.formulas import parse_formulas
from autograd.explaining.sympy_derivatives import sympy_derivative
text, inputs, names = json.load(sys.stdin)
print(json.dumps([sympy_derivative(parse_formulas(text, inputs), name) for name in names]))
"""


def sympy_derivatives(formulas: Formulas, names: Sequence[str]) -> list[SympyDerivative]:
    """The derivatives of the result with respect to the variables called `names`, all unknown if they take too long.

    They come from a child process, since some expressions keep SymPy busy forever and nothing else stops it.
    """
    inputs = [f"{name}={x!r}" for name, x in formulas.inputs.items()]
    request = json.dumps([formulas.text, inputs, list(names)]).encode()
    try:
        child = run_python(_CHILD, str(Path(__file__).parents[2]), input=request, timeout=PATIENCE)
        child.check_returncode()
    except (OSError, subprocess.SubprocessError):
        return [UNKNOWN] * len(names)
    return [SympyDerivative(*derivative) for derivative in json.loads(child.stdout)]


def sympy_derivative(formulas: Formulas, name: str) -> SympyDerivative:
    """The derivative of the result with respect to one variable.

    >>> from autograd.explaining.formulas import parse_formulas
    >>> sympy_derivative(parse_formulas("(w*x - 1)**2", ["w=0.5", "x=3"]), "w")
    SympyDerivative(formula='2*x*(w*x - 1)', value=3.0)
    """
    import sympy as sp

    symbols = {name: sp.Symbol(name, real=True) for name in formulas.inputs}
    try:
        result = sp.sympify(formulas.run(sympy(), symbols)[formulas.name])
        closed = sp.factor_terms(sp.diff(result, symbols[name])) if isinstance(result, sp.Expr) else None
    except (ArithmeticError, TypeError, ValueError, NotImplementedError, RecursionError):  # as for 1 / 0 < x
        closed = None
    if closed is None or len(str(closed)) > MAX_LENGTH:
        return UNKNOWN
    try:
        exact = {symbols[name]: sp.Float(x, 40) for name, x in formulas.inputs.items()}
        value = closed.evalf(30, subs=exact, strict=True)
        return SympyDerivative(str(closed), float(value) if value.is_Float or value.is_Rational else None)
    except (ArithmeticError, TypeError, ValueError):  # infinite, or not enough digits to be sure of any
        return SympyDerivative(str(closed), None)
