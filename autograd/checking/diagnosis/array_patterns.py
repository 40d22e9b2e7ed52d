"""Patterns in the wrong gradients of one array: a common factor, another order, one column, a multiple of the array.

Everything here is read off the numbers alone: the gradient under test, the right one, and the input itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from math import isfinite
from typing import Any

from autograd.checking.verdicts import relative_error
from autograd.formula.typesetting import number

__all__ = ["LIKE", "ArrayGradient", "Terms", "alike", "explains", "factor", "pattern", "times"]

LIKE = 1e-5
"""Relative difference up to which a wrong gradient counts as the result of a known mistake."""


INEXACT = 1e-3
"""Relative error up to which a gradient is inexact rather than wrong."""
LARGEST_FACTOR = 1e6
"""Factor above which whole numbers tell nothing."""


@dataclass(frozen=True)
class Terms:
    """The numbers of terms of the sums in a function, and of its means, which are sums too."""

    sums: Set[int] = frozenset()
    means: Set[int] = frozenset()


@dataclass(frozen=True)
class ArrayGradient:
    """The gradient of one array: as claimed, and the right one with a bound on its error; the array itself is `x`.

    All have the shape of the array, or are flat if only a sample of it was checked.
    """

    name: str
    claimed: Any
    right: Any
    error: Any
    x: Any
    wrong: Any

    @property
    def is_right(self) -> bool:
        """True if no entry is wrong."""
        return not self.wrong.any()


def alike(a: ArrayGradient, claimed: Any, expected: Any) -> bool:
    """True if two arrays agree apart from rounding and the error of the right gradient."""
    import numpy as np

    error = a.error if np.shape(a.error) == np.shape(expected) else np.max(a.error, initial=0.0)
    slack = LIKE * np.abs(expected) + 1e-3 * LIKE * np.max(np.abs(expected), initial=0.0) + 10 * error
    return bool(np.all(np.abs(claimed - expected) <= slack))


def explains(candidate: Any, a: ArrayGradient) -> bool:
    """True if the gradient is this candidate, and the candidate is clearly not the right one."""
    return alike(a, a.claimed, candidate) and not alike(a, a.right, candidate)


def factor(a: ArrayGradient, claimed: Any, right: Any) -> float | None:
    """k if all that is `claimed` is k times what is right; else None."""
    import numpy as np

    square = float(np.sum(right * right))
    if not square or not isfinite(square):
        return None
    k = float(np.sum(claimed * right)) / square
    if abs(k) <= LIKE or not alike(a, claimed, k * right):
        return None
    slack = LIKE + 10 * float(np.sum(np.abs(a.error * right))) / square
    whole = float(round(k)) if abs(k) > 1 else 1 / round(1 / k)
    return whole if abs(k / whole - 1) < slack else k


def pattern(a: ArrayGradient, terms: Terms = Terms()) -> str:
    """The pattern in the wrong gradients of an array, or "".

    >>> import numpy as np
    >>> right = np.array([[1.0, 2.0], [0.0, -3.0]])
    >>> def seen(claimed):
    ...     wrong = claimed != right
    ...     return pattern(ArrayGradient("W", claimed, right, 0 * right, right, wrong))
    >>> seen(2 * right), seen(right.T)
    ('2x too big', 'transposed')
    >>> seen(right + [[1.0, 0.0], [1.0, 0.0]])
    'only column 0'
    """
    return next(filter(None, (find(a, terms) for find in _PATTERNS)), "")


def _nothing(a: ArrayGradient, terms: Terms) -> str:
    import numpy as np

    is_nothing = a.claimed.size > 1 and np.max(np.abs(a.claimed)) <= 1e-12 * np.max(np.abs(a.right))
    return "all 0" if is_nothing else ""


def _common_factor(a: ArrayGradient, terms: Terms) -> str:
    k = factor(a, a.claimed, a.right)
    return times(k, terms) if k else ""


def _same_number(a: ArrayGradient, terms: Terms) -> str:
    import numpy as np

    first = a.claimed.flat[0]
    if a.claimed.size < 2 or np.ptp(a.claimed) or alike(a, a.claimed * 0 + first, a.right):
        return ""
    total, rounding = a.right.sum(), 1e-12 * np.abs(a.right).sum()
    for text, expected in ("the sum", total), ("the mean", total / a.right.size):
        if first and abs(first - expected) <= rounding + LIKE * abs(expected):
            return f"each is {text} of the right ones: summed over an axis too many?"
    return "all the same number" if first else ""


def _other_order(a: ArrayGradient, terms: Terms) -> str:
    import numpy as np

    if a.claimed.size < 2 or not alike(a, np.sort(a.claimed, axis=None), np.sort(a.right, axis=None)):
        return ""
    return next((text for text, ordered in _orders(a.right) if alike(a, a.claimed, ordered)), "in another order")


def _orders(right: Any) -> Iterator[tuple[str, Any]]:
    """The right gradient in the other orders that have a name."""
    import numpy as np

    if right.ndim == 2:
        if right.shape[0] == right.shape[1]:
            yield "transposed", right.T
        yield "transposed, then reshaped", right.T.reshape(right.shape)
        yield "in column-major order", right.ravel(order="F").reshape(right.shape)
        yield "in column-major order", right.ravel().reshape(right.shape, order="F")
    if right.ndim:
        yield "rows in reverse order" if right.ndim > 1 else "in reverse order", right[::-1]
        yield "shifted by one", np.roll(right, 1, axis=0)
        yield "shifted by one", np.roll(right, -1, axis=0)
    if right.ndim == 2:
        yield "columns in reverse order", right[:, ::-1]


def _whole_numbers(a: ArrayGradient, terms: Terms) -> str:
    import numpy as np

    if (a.claimed % 1).any():
        return ""
    roundings: list[tuple[str, Callable[[Any], Any]]] = [
        ("rounded down to whole numbers: is // written for /?", np.floor),
        ("cut off to whole numbers: is it an array of integers?", np.trunc),
        ("rounded to whole numbers", np.round),
    ]
    return next((text for text, rounded in roundings if alike(a, a.claimed, rounded(a.right))), "")


def _rounded(a: ArrayGradient, terms: Terms) -> str:
    import numpy as np

    size = np.max(np.abs(a.right))
    places = (
        d for d in range(1, 7) if np.max(np.abs(a.claimed - np.round(a.right, d))) <= 1e-9 * size + np.max(a.error)
    )
    found = next(places, 0)
    return f"rounded to {found} decimals" if found else ""


def _inexact(a: ArrayGradient, terms: Terms) -> str:
    """The largest relative error, if all of them are small."""
    import numpy as np

    claimed, right = a.claimed[a.wrong], a.right[a.wrong]
    if not (right.size and right.all()) or np.max(off := np.abs(claimed / right - 1)) > INEXACT:
        return ""
    worst = int(np.argmax(off))
    text = relative_error(float(claimed[worst]), float(right[worst]))
    return text.replace("error", "error up to") if len(off) > 1 else text


def _multiple_of_input(a: ArrayGradient, terms: Terms) -> str:
    """The sign of a regulariser: the difference is a multiple of the array itself, at least where it is wrong."""
    difference, x, right = (a.claimed - a.right)[a.wrong], a.x[a.wrong], a.right[a.wrong]
    part = ArrayGradient(a.name, difference, difference, a.error[a.wrong], x, a.wrong[a.wrong])
    k = factor(part, difference, x)
    if not k or len(set(x)) < 2 or factor(part, difference, right):  # a constant, or a factor, explains it as well
        return ""
    where = _lines(a)
    off = f"off by {number(k, 4)} times {a.name} itself: what about a regulariser?"
    return f"{where}, {off}" if where else off


def _only_lines(a: ArrayGradient, terms: Terms) -> str:
    where = _lines(a)
    if not where:
        return ""
    right, claimed, error = a.right[a.wrong], a.claimed[a.wrong], a.error[a.wrong]
    k = factor(ArrayGradient(a.name, claimed, right, error, right, a.wrong[a.wrong]), claimed, right)
    return f"{where}, {times(k, terms)}" if k else where


def _lines(a: ArrayGradient) -> str:
    """The rows or columns that are wrong, if the others are right."""
    import numpy as np

    if a.wrong.ndim != 2 or a.wrong.all():
        return ""
    for axis, name in ((0, "column"), (1, "row")):
        lines = np.flatnonzero(a.wrong.any(axis=axis))
        whole = a.wrong.any(axis=axis) == (a.wrong | (a.right == 0)).all(axis=axis)
        if len(lines) <= a.wrong.shape[1 - axis] / 2 and whole[lines].all() and a.wrong.shape[axis] > 1:
            return f"only {name}{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}"
    return ""


_PATTERNS: list[Callable[[ArrayGradient, Terms], str]] = [
    _same_number, _nothing, _common_factor, _whole_numbers, _rounded, _inexact, _other_order, _multiple_of_input,
    _only_lines,
]  # fmt: skip
"""The patterns, the most telling ones first."""


def times(ratio: float, terms: Terms = Terms()) -> str:
    """A factor in words, with the number of terms that it may come from.

    >>> times(2.0), times(-1.0), times(1.2, Terms(means={6}))
    ('2x too big', 'wrong sign', '1.20x too big (divided by 5 instead of 6?)')
    >>> times(1 / 6, Terms(sums={6}))
    '1/6 of the right one (a mean for a sum over 6 terms?)'
    """
    size = abs(ratio)
    text = "wrong sign" if ratio < 0 else ""
    if abs(size - 1) <= LIKE:
        return text
    return f"{text} and {_times(size, terms)}" if text else _times(size, terms)


def _times(ratio: float, terms: Terms) -> str:
    origin = _origin(ratio, terms)
    if 0.9 < ratio < 1.1 and not origin:
        return f"{100 * abs(ratio - 1):.2g} % too {'big' if ratio > 1 else 'small'}"
    is_big, inverse = ratio > 1, max(ratio, 1 / ratio)
    whole = round(inverse) if inverse < LARGEST_FACTOR else 0
    if whole > 1 and abs(inverse / whole - 1) <= LIKE:
        return (f"{whole}x too big" if is_big else f"1/{whole} of the right one") + origin
    text = f"{inverse:#.3g}" if inverse < 100 else f"{inverse:,.0f}" if inverse < LARGEST_FACTOR else number(inverse, 3)
    return text + ("x too big" if is_big else "x too small") + origin


def _origin(ratio: float, terms: Terms) -> str:
    """The question about the number of terms that a factor comes from, if exactly one fits; 2 has simpler reasons."""

    def is_ratio(other: float) -> bool:
        return abs(ratio / other - 1) <= LIKE

    if is_ratio(2) or is_ratio(1 / 2):
        return ""
    origins = [f"a sum for a mean over {n} terms" for n in terms.means if is_ratio(n)]
    origins += [f"a mean for a sum over {n} terms" for n in terms.sums | terms.means if is_ratio(1 / n)]
    origins = origins or [
        f"divided by {k} instead of {n}"
        for n in terms.means
        for k in (n - 1, n + 1, *terms.sums)
        if n > 3 and (k % n == 0 or abs(k - n) == 1) and is_ratio(n / k)
    ]
    simpler = "a 2 twice, or " if is_ratio(4) or is_ratio(1 / 4) else ""
    return f" ({simpler}{origins[0]}?)" if len(origins) == 1 else ""
