"""The precision of numbers: floats of 64 bits, and the smaller ones of arrays and tensors of any library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from autograd.checking.verdicts import EPSILON

__all__ = ["DOUBLE", "Precision", "coarser", "precision_of", "precision_of_numbers"]


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


def precision_of_numbers(numbers: Any) -> Precision:
    """The precision in which an array of doubles was computed: single, if all of them happen to be such numbers.

    Whole numbers and short fractions, which every precision has, do not count.

    >>> import numpy as np
    >>> third = np.float32(1) / np.float32(3)
    >>> precision_of_numbers(np.array([third, 2 * third], dtype=float)).name
    'float32'
    >>> precision_of_numbers(np.array([0.5, 1 / 3])).name, precision_of_numbers(np.array([0.5, 2.0])).name
    ('float64', 'float64')
    """
    import numpy as np

    with np.errstate(all="ignore"):
        is_long = (numbers != numbers.astype(np.float16)) & (numbers % 1 != 0)
        is_single = 2 * is_long.sum() > numbers.size and (numbers == numbers.astype(np.float32)).all()
    return precision_of(np.float32(0)) if is_single else DOUBLE


def _conversion(x: Any) -> Callable[[float], float]:
    if hasattr(x, "new_tensor"):
        return lambda number: float(x.new_tensor(number))  # torch
    return lambda number: float(x.dtype.type(number))


def coarser(one: Precision, other: Precision) -> Precision:
    """The one with fewer digits."""
    return one if one.epsilon >= other.epsilon else other
