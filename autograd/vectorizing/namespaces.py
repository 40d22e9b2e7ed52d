"""The functions that a vectorized program calls, for NumPy and for other array libraries.

NumPy arrays use NumPy's own functions.  PyTorch, JAX, Dask and others use the array-API standard
(`array-api-compat`, an optional dependency), and functions missing from the standard are
built from others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np

from autograd.formula.systems import PRIMITIVES, ieee

__all__ = ["functions_for", "is_foreign", "namespace_of"]


def is_foreign(x: Any) -> bool:
    """True for an array of a library other than NumPy."""
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
            f"arrays of libraries other than NumPy ({kind}) need array-api-compat: "
            "pip install 'scalar-autograd[arrays]'"
        ) from None
    return array_namespace(*arrays)


def _numpy_mean(x: Any, add_up: Any = np.add.reduce) -> Any:
    return add_up(x) / len(x)  # a fifth of the time of np.mean for small arrays


def _numpy_sum(x: Any, axis: Any = None, add_up: Any = np.add.reduce) -> Any:
    if axis is None:
        return add_up(x)
    if x.ndim != 2:
        return add_up(x, axis=axis)
    # BLAS takes a fifth of the time if one axis is short
    return _ones(len(x), x.dtype) @ x if axis == 0 else x @ _ones(x.shape[1], x.dtype)


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> Any:
    return np.ones(n, dtype)


def _numpy_put(zeros: Any, where: Any, x: Any) -> Any:
    """`x` at the slices `where` of an array of `zeros`."""
    zeros[where] = x
    return zeros


def _numpy_add_at(zeros: Any, index: Any, x: Any) -> Any:
    """`x` at the positions `index` along the last axis of `zeros`; values for the same place are added up."""
    np.add.at(zeros, (slice(None),) * (zeros.ndim - 1) + (index,), x)
    return zeros


@cache
def _numpy_functions() -> dict[str, Any]:
    return {
        **{word: ieee().functions[word] for word in PRIMITIVES},
        **{word: getattr(np, word) for word in "pi nan inf stack reshape zeros_like s_".split()},
        **{word: getattr(np, word) for word in ("logical_and", "logical_or", "logical_not")},
        "sum": _numpy_sum,
        "max": np.maximum.reduce,
        "concat": np.concatenate,
        "mean": _numpy_mean,
        "put": _numpy_put,
        "add_at": _numpy_add_at,
    }


def functions_for(xp: Any, like: Any, dtype: Any) -> dict[str, Any]:
    """The functions that a program calls, over the arrays of namespace `xp`; None is NumPy's.

    `dtype` is the type of the floats, `like` one of the arrays.
    """
    if xp is not None:
        return _ArrayApi(xp, like).functions()
    if dtype == np.float64:
        return _numpy_functions()

    def where(condition: Any, x: Any, y: Any) -> Any:  # np.where turns two Python numbers into float64
        return np.where(condition, *(np.asarray(z, dtype) if type(z) in (int, float) else z for z in (x, y)))

    def mean(x: Any) -> Any:  # before NumPy 2, a float32 divided by an int is a float64
        return np.add.reduce(x) / dtype.type(len(x))

    return _numpy_functions() | {"where": where, "mean": mean}


_STANDARD_NAMES = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip


class _ArrayApi:
    """The functions of a program from an array-API namespace, for arrays of the dtype and on the device of `like`."""

    def __init__(self, xp: Any, like: Any) -> None:
        from array_api_compat import device

        self.xp, self.like = xp, like
        self.is_jax = "jax" in xp.__name__
        self.device = {} if self.is_jax else {"device": device(like)}

    def functions(self) -> dict[str, Any]:
        xp = self.xp
        standard = {word: _STANDARD_NAMES.get(word, word) for word in PRIMITIVES if word != "erf"}
        same = "logical_and logical_or logical_not sum max mean stack concat reshape zeros_like".split()
        return {
            "cbrt": self.cbrt,
            "erf": self.erf,
            **{word: self.of_arrays(getattr(xp, theirs)) for word, theirs in standard.items() if hasattr(xp, theirs)},
            **{word: getattr(xp, word) for word in same},
            **{"pi": np.pi, "nan": np.nan, "inf": np.inf, "s_": np.s_},
            "where": lambda condition, x, y: xp.where(condition, self.array(x), self.array(y)),
            "put": self.put,
            "add_at": self.add_at,
        }

    def array(self, x: Any) -> Any:
        is_array = hasattr(x, "shape") and hasattr(x, "dtype")
        return x if is_array else self.xp.asarray(x, dtype=self.like.dtype, **self.device)

    def of_arrays(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The standard's functions take arrays; formulas have numbers among their operands as well."""
        return lambda *operands: function(*map(self.array, operands))

    def cbrt(self, x: Any) -> Any:
        x, xp = self.array(x), self.xp
        root = xp.sign(x) * xp.abs(x) ** (1 / 3)
        safe = xp.where(root == 0, xp.ones_like(root), root)
        newton = root - (root - x / (safe * safe)) / 3  # one step, for the last digit
        return xp.where(root == 0, root, newton)

    def erf(self, x: Any) -> Any:
        x, numpy_erf = self.array(x), ieee().functions["erf"]
        if hasattr(self.xp, "erf"):
            return self.xp.erf(x)
        if self.is_jax:
            from jax.scipy.special import erf as jax_erf

            return jax_erf(x)
        if hasattr(x, "map_blocks"):
            return x.map_blocks(numpy_erf)
        return self.array(numpy_erf(np.asarray(x)))

    def put(self, zeros: Any, where: Any, x: Any) -> Any:
        if hasattr(zeros, "at"):
            return zeros.at[where].set(x)
        zeros[where] = x
        return zeros

    def add_at(self, zeros: Any, index: Any, x: Any) -> Any:
        """A product with a matrix of 0 and 1 adds up what belongs to the same place."""
        places = np.asarray(index).ravel()
        matrix = np.zeros((places.size, zeros.shape[-1]))
        matrix[np.arange(places.size), places] = 1
        matrix = self.xp.asarray(matrix, dtype=zeros.dtype, **self.device)
        return self.xp.reshape(x, (*zeros.shape[:-1], places.size)) @ matrix
