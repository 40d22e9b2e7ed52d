"""Number systems: the kinds of numbers that formulas are computed with.

`FLOATS` are Python's floats, with functions that raise where a result is undefined or too large; `IEEE` are the same
floats with infinities and nan instead.  `ieee`, `mpmath` and `sympy` load their libraries when they are first called.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

__all__ = ["FLOATS", "IEEE", "PRIMITIVES", "NumberSystem", "ieee", "mpmath", "sympy"]

PRIMITIVES: dict[str, int] = {
    **dict.fromkeys("exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan arcsin arccos arctan".split(), 1),
    **dict.fromkeys("sinh cosh tanh arcsinh arccosh arctanh erf abs sign floor".split(), 1),
    **dict.fromkeys("arctan2 hypot maximum minimum".split(), 2),
    "where": 3,
}
"""The functions that each number system provides, under NumPy's names, with their numbers of arguments."""

MAX_BITS = 10_000
"""Maximum size, in bits, of a power that SymPy computes exactly."""


@dataclass(frozen=True, eq=False)
class NumberSystem:
    """One kind of number, as formulas need it.

    `functions` maps NumPy's names to that system's functions; ``power``, ``remainder``, ``floor_divide`` and
    ``divide``, if present, compute ``**``, ``%``, ``//`` and ``/``.  A `lazy` system computes only the
    branch of ``where`` that its condition selects, as scalars can and arrays cannot.  `number` converts a literal of a
    formula to the system's own numbers if a float would not be precise enough, as in ``1 / 3`` with mpmath.  `lifted`
    converts a Python function of floats to one of the system's numbers; None if that is impossible.
    """

    name: str
    functions: dict[str, Any]
    lazy: bool = True
    number: Callable[[float], Any] | None = None
    lifted: Callable[[Callable[..., float]], Callable[..., Any]] | None = None


_ARC = " arcsin arccos arctan arctan2 arcsinh arccosh arctanh "


def _named_as_in_math(module: Any, names: str) -> dict[str, Callable[..., Any]]:
    """The functions of `module` by NumPy's `names`: arcsin for its asin."""
    return {name: getattr(module, name.replace("arc", "a")) for name in names.split()}


# --- Floats -------------------------------------------------------------------------------------------


def _maximum(x: Any, y: Any) -> Any:
    return x if x >= y or x != x else y  # x != x: nan is passed on


def _minimum(x: Any, y: Any) -> Any:
    return x if x <= y or x != x else y


def _hypot(x: float, y: float) -> float:
    z = math.hypot(x, y)
    if math.isinf(z) and math.isfinite(x) and math.isfinite(y):
        raise OverflowError("math.hypot itself does not raise")
    return z


def _sign(x: float) -> float:
    return x if x != x else float((x > 0) - (x < 0))


def _floor(x: float) -> float:
    return math.copysign(math.floor(x), x) if math.isfinite(x) else x  # floor(-0.0) is -0.0


FLOATS = NumberSystem(
    "floats",
    {
        **_named_as_in_math(math, "exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan sinh cosh tanh erf" + _ARC),
        "abs": math.fabs,
        "floor": _floor,
        "hypot": _hypot,
        "sign": _sign,
        "maximum": _maximum,
        "minimum": _minimum,
        "power": math.pow,
        "remainder": operator.mod,
        "floor_divide": operator.floordiv,
        "pi": math.pi,
    },
    lifted=lambda function: function,
)
"""Python's floats and `math`, which raises where a result overflows or is undefined."""


# --- Floats under the rules of IEEE 754 ----------------------------------------------------------------

_POLES = {"log": 0.0, "log2": 0.0, "log10": 0.0, "log1p": -1.0}
"""The points at which logarithms are minus infinity."""


def _limit(name: str, error: Exception, x: float, y: float) -> float:
    """The infinity or nan of IEEE 754 where the function `name` raised `error` at x and y."""
    if name == "divide":
        return math.nan if x == 0 or x != x else math.copysign(math.inf, x) * math.copysign(1.0, y)
    if name == "floor_divide":
        return _limit("divide", error, x, y)
    if name == "power" and (x == 0 or isinstance(error, OverflowError)):
        return math.copysign(math.inf, x) if y % 2 == 1 else math.inf
    if isinstance(error, OverflowError):
        return -math.inf if name == "sinh" and x < 0 else math.inf
    if name == "arctanh" and abs(x) == 1:
        return math.copysign(math.inf, x)
    return -math.inf if _POLES.get(name) == x else math.nan


def _quiet(name: str, function: Callable[..., float]) -> Callable[..., float]:
    """`function` with infinities and nan where it raises."""

    def quiet(*numbers: float) -> float:
        try:
            return function(*numbers)
        except (ArithmeticError, ValueError) as error:
            return _limit(name, error, numbers[0], numbers[-1])

    return quiet


IEEE = NumberSystem(
    "floats, IEEE 754",
    {
        name: _quiet(name, function) if callable(function) else function
        for name, function in {**FLOATS.functions, "divide": operator.truediv}.items()
    },
    lifted=lambda function: _quiet("", function),
)
"""Python's floats, with infinities and nan where `FLOATS` raise."""


# --- Numbers of other libraries ----------------------------------------------------------------------------


@cache
def ieee() -> NumberSystem:
    """NumPy numbers, scalars or arrays: 1/0 is inf and 0/0 is nan, as IEEE 754 requires."""
    import numpy as np

    names = [*PRIMITIVES, "power", "divide", "logical_and", "logical_or", "equal", "not_equal", "pi"]
    functions = {name: getattr(np, name) for name in names if name != "erf"}
    functions |= {"remainder": np.remainder, "floor_divide": np.floor_divide, "erf": _erf}
    return NumberSystem("ieee", functions, lazy=False, lifted=elementwise)


def elementwise(function: Callable[..., float]) -> Callable[..., Any]:
    """A Python function of floats as a function of NumPy's arrays: nan and infinities where it raises.

    The results are as precise as the arrays: float32 for arrays of float32.
    """
    import numpy as np

    quiet = np.vectorize(_quiet("", function), otypes=[float])

    def of_arrays(*arrays: Any) -> Any:
        types = [x.dtype for x in arrays if hasattr(x, "dtype") and x.dtype.kind == "f"]
        return quiet(*arrays).astype(np.result_type(*types) if types else float, copy=False)[()]

    return of_arrays


def _erf(x: Any) -> Any:
    """The error function of arrays: SciPy's if it is installed, else that of `math`, element by element."""
    try:
        from scipy.special import erf  # here, because it is slow to import and rarely needed
    except ImportError:
        return elementwise(math.erf)(x)
    return erf(x)


@cache
def mpmath(digits: int = 50) -> NumberSystem:
    """Numbers of `digits` decimal digits, in an mpmath context of their own."""
    import mpmath as library

    mp = library.MPContext()
    mp.dps = digits
    functions: dict[str, Any] = {
        **_named_as_in_math(mp, "exp expm1 log1p log10 sqrt sin cos tan sinh cosh tanh erf hypot sign floor" + _ARC),
        "abs": mp.fabs,
        "log": mp.ln,
        "log2": lambda x: mp.log(x, 2),
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        "power": lambda x, y: mp.power(x, int(y)) if mp.isint(y) else mp.power(x, y),
        "remainder": lambda x, y: x - y * mp.floor(x / y),
        "floor_divide": lambda x, y: mp.floor(x / y),
        "maximum": _maximum,
        "minimum": _minimum,
        "pi": mp.pi,
    }
    return NumberSystem(f"mpmath {digits}", functions, number=mp.mpf)


@cache
def sympy() -> NumberSystem:
    """SymPy expressions: closed forms, LaTeX, and symbolic differentiation as an independent oracle."""
    import sympy as sp

    def power(x: Any, y: Any) -> Any:
        """A power, rounded to a float if the exact one would have too many digits."""
        factor = x.as_coeff_Mul()[0]
        digits = max(abs(factor.p), factor.q) if factor.is_Rational else 1
        huge = y.is_Rational and math.log2(digits) * abs(y) > MAX_BITS
        return sp.Pow(x, sp.Float(y) if huge else y)

    def differentiated(function: Any, derivative: Callable[[Any], Any]) -> Any:
        """A function of SymPy, with its `derivative` for real numbers."""

        def eval_derivative(self: Any, symbol: Any) -> Any:
            (x,) = self.args
            return derivative(x) * x.diff(symbol)

        return type(function.__name__, (function,), {"_eval_derivative": eval_derivative})

    sign = differentiated(sp.sign, lambda _: sp.S.Zero)
    floor = differentiated(sp.floor, lambda _: sp.S.Zero)
    functions: dict[str, Any] = {
        **_named_as_in_math(sp, "exp log sqrt sin cos tan sinh cosh tanh erf" + _ARC),
        "abs": differentiated(sp.Abs, sign),
        "sign": sign,
        "floor": floor,
        "remainder": lambda x, y: x - y * floor(x / y),
        "floor_divide": lambda x, y: floor(x / y),
        "expm1": lambda x: sp.exp(x) - 1,
        "log1p": lambda x: sp.log(1 + x),
        "log2": lambda x: sp.log(x, 2),
        "log10": lambda x: sp.log(x, 10),
        "cbrt": lambda x: sign(x) * functions["abs"](x) ** sp.Rational(1, 3),
        "softplus": lambda x: sp.log(1 + sp.exp(x)),
        "hypot": lambda x, y: sp.sqrt(x**2 + y**2),
        "maximum": sp.Max,
        "minimum": sp.Min,
        "where": lambda condition, x, y: sp.Piecewise((x, condition), (y, True)),
        "logical_and": sp.And,
        "logical_or": sp.Or,
        "equal": sp.Eq,
        "not_equal": sp.Ne,
        "power": power,
        "xlogy": lambda x, y: x * sp.log(y),  # the case x = 0 would keep SymPy from differentiating there
        "xlog1py": lambda x, y: x * sp.log(1 + y),
        "pi": sp.pi,
    }
    return NumberSystem("sympy", functions, lazy=False, number=lambda x: sp.Rational(repr(x)))
