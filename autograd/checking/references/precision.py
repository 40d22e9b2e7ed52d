"""The precision of numbers: floats of 64 bits, and the smaller ones of arrays and tensors of any library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from autograd.checking.verdicts import EPSILON

__all__ = ["DOUBLE", "Precision", "coarser", "precision_of"]


@dataclass(frozen=True)
class Precision:
    """One kind of floating-point number.

    `epsilon` is the relative distance between neighbours; `rounded` converts a float to the nearest such number.
    """

    name: str
    epsilon: float
    rounded: Callable[[float], float] = field(compare=False)

    @property
    def noise(self) -> float:
        """The least relative rounding of a result: half of `epsilon`; all of it for doubles, to be on the safe side."""
        return self.epsilon if self.name == "float64" else self.epsilon / 2


DOUBLE = Precision("float64", EPSILON, float)
"""Python's own floats."""


def precision_of(x: Any) -> Precision:
    """The precision of a number, array or tensor; that of Python's floats if it has no ``dtype`` of less.

    >>> import numpy as np
    >>> precision_of(np.float32(0.1)).epsilon == 2.0**-23, precision_of(0.1).epsilon == 2.0**-52
    (True, True)
    """
    name = str(getattr(x, "dtype", "")).rpartition(".")[2]
    if "float" not in name or name in ("float64", "float128", "longdouble"):
        return DOUBLE
    rounded = _conversion(x)
    epsilon = next(2.0**-k for k in count() if rounded(1 + 2.0 ** -(k + 1)) == 1)
    return Precision(name, epsilon, rounded)


def _conversion(x: Any) -> Callable[[float], float]:
    if hasattr(x, "new_tensor"):
        return lambda number: float(x.new_tensor(number))  # torch
    return lambda number: float(x.dtype.type(number))


def coarser(one: Precision, other: Precision) -> Precision:
    """The one with fewer digits."""
    return one if one.epsilon >= other.epsilon else other
