"""The functions that a vectorized program calls, for NumPy and for other array libraries.

NumPy's own functions serve NumPy.  PyTorch, JAX, Dask and others come through the array-API standard
(`array-api-compat`, an optional dependency), and functions missing from the standard are
built from others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from autograd.formula.systems import PRIMITIVES, ieee

__all__ = ["functions_for", "is_foreign", "namespace_of"]


def is_foreign(x: Any) -> bool:
    """True for an array of another library than NumPy."""
    return (
        not isinstance(x, np.ndarray) and hasattr(x, "shape") and hasattr(x, "dtype") and not isinstance(x, np.generic)
    )


def namespace_of(arrays: list[Any]) -> Any:
    """The array-API namespace of the arrays that are not NumPy's.

    Raises ImportError, with the command to install it, if `array-api-compat` is missing."""
    try:
        from array_api_compat import array_namespace
    except ImportError:
        kind = f"{type(arrays[0]).__module__}.{type(arrays[0]).__name__}"
        raise ImportError(
            f"arrays of other libraries than NumPy ({kind}) need array-api-compat: "
            "pip install 'scalar-autograd[arrays]'"
        ) from None
    return array_namespace(*arrays)


def _numpy_mean(x: Any) -> Any:
    return np.add.reduce(x) / x.shape[0]  # a third of the time of np.mean for small arrays


def _numpy_put(zeros: Any, index: Any, x: Any) -> Any:
    """`x` at the places `index` of an array of `zeros`; values for the same place are added up."""
    if isinstance(index, np.ndarray):
        np.add.at(zeros, index, x)
    else:
        zeros[index] = x
    return zeros


@cache
def _numpy_functions() -> dict[str, Any]:
    return {
        **{word: ieee().functions[word] for word in PRIMITIVES},
        **{word: getattr(np, word) for word in "pi nan inf stack reshape moveaxis zeros_like s_".split()},
        "logical_and": np.logical_and,
        "logical_or": np.logical_or,
        "sum": np.add.reduce,
        "max": np.maximum.reduce,
        "concat": np.concatenate,
        "mean": _numpy_mean,
        "put": _numpy_put,
    }


def functions_for(xp: Any, like: Any, dtype: Any) -> dict[str, Any]:
    """The functions that a program calls, over the arrays of namespace `xp`; None is NumPy's.

    `dtype` is the type of the floats, `like` one of the arrays.
    """
    if xp is not None:
        return _array_api_functions(xp, like)
    if dtype == np.float64:
        return _numpy_functions()

    def where(condition: Any, x: Any, y: Any) -> Any:  # NumPy's makes float64 of two numbers of Python's
        return np.where(condition, *(np.asarray(z, dtype) if type(z) is float else z for z in (x, y)))

    return _numpy_functions() | {"where": where}


_STANDARD_NAMES = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip


def _array_api_functions(xp: Any, like: Any) -> dict[str, Any]:
    """The functions of a program from an array-API namespace, for arrays of the dtype and on the device of `like`."""
    from array_api_compat import device

    where_it_is = {} if "jax" in xp.__name__ else {"device": device(like)}

    def array(x: Any) -> Any:
        return x if hasattr(x, "shape") and hasattr(x, "dtype") else xp.asarray(x, dtype=like.dtype, **where_it_is)

    def of_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
        """The standard's functions take arrays; formulas have numbers among their operands as well."""
        return lambda *operands: function(*map(array, operands))

    def cbrt(x: Any) -> Any:
        x = array(x)
        root = xp.sign(x) * xp.abs(x) ** (1 / 3)
        safe = xp.where(root == 0, xp.ones_like(root), root)
        return xp.where(
            root == 0, root, root - (root - x / (safe * safe)) / 3
        )  # one step of Newton, for the last digit

    def erf(x: Any) -> Any:
        x, numpy_erf = array(x), ieee().functions["erf"]
        if hasattr(xp, "erf"):
            return xp.erf(x)
        if "jax" in xp.__name__:
            from jax.scipy.special import erf as jax_erf

            return jax_erf(x)
        if hasattr(x, "map_blocks"):
            return x.map_blocks(numpy_erf)
        return array(numpy_erf(np.asarray(x)))

    def put(zeros: Any, index: Any, x: Any) -> Any:
        if hasattr(index, "shape"):  # sums over equal places, as a product with a matrix of 0 and 1
            places = np.asarray(index).ravel()
            matrix = np.zeros((zeros.shape[0], places.size))
            matrix[places, np.arange(places.size)] = 1
            columns = xp.reshape(x, (places.size, *zeros.shape[1:]))
            return array(matrix) @ columns
        where = np.zeros(tuple(map(int, zeros.shape)), dtype=bool)
        where[index] = True
        if hasattr(zeros, "at"):
            return zeros.at[index].set(x)
        zeros[index] = x
        return zeros

    functions: dict[str, Any] = {
        word: of_arrays(getattr(xp, standard))
        for word in PRIMITIVES
        if word != "erf" and hasattr(xp, standard := _STANDARD_NAMES.get(word, word))
    }
    return {
        "cbrt": cbrt,
        "erf": erf,
        **functions,
        "where": lambda c, x, y: xp.where(c, array(x), array(y)),
        "logical_and": xp.logical_and,
        "logical_or": xp.logical_or,
        "pi": np.pi,
        "nan": np.nan,
        "inf": np.inf,
        "sum": xp.sum,
        "max": xp.max,
        "mean": xp.mean,
        "stack": xp.stack,
        "concat": xp.concat,
        "reshape": xp.reshape,
        "moveaxis": xp.moveaxis,
        "zeros_like": xp.zeros_like,
        "put": put,
        "s_": np.s_,
    }
