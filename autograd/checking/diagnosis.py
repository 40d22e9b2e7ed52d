"""Diagnosis: the likely mistake behind a wrong gradient.

Most wrong gradients are right apart from one thing: a sign, a factor, two inputs mixed up.  These show in the numbers
alone.  A recorded graph tells more.  A gradient is a sum over paths of products of local derivatives, so *one* wrong
local derivative, on one edge, changes all gradients by a multiple of what flows through that edge.  So look for
an edge through which the whole difference flows, and read the mistake off the multiple.

    -1              the edge is missing: a term was forgotten
    1/local - 1     its local derivative is missing: that of an activation, for example
    local - 1       its local derivative was applied twice
    -2              its sign is wrong
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from math import isclose, isfinite

from autograd.core.graph import newest_first
from autograd.core.value import Value
from autograd.extensions.derivatives import tangents
from autograd.extensions.expressions import expression
from autograd.formula.language import Formula
from autograd.formula.systems import FLOATS
from autograd.formula.typesetting import number, shortened

__all__ = ["look", "swapped", "wrong_edge"]

LIKE = 1e-5
"""Relative difference up to which a wrong gradient counts as the result of a known mistake."""
MAX_SIZE = 20_000
"""Edges times inputs up to which the edges are searched."""


def look(name: str, grad: float, numeric: Mapping[str, float], counts: Iterable[int] = ()) -> str:
    """The likely mistake behind one wrong gradient, given the right ones of all inputs.

    `counts` are the numbers of terms of the sums in the function.

    >>> look("w", 3.2, {"w": -1.6, "b": -0.8})
    'wrong sign and 2x too big'
    >>> look("b", -1.6, {"w": -1.6, "b": -0.8})
    '2x too big, or the gradient of w'
    """
    right = numeric[name]
    if not isfinite(grad):
        return ""
    same = [other for other, slope in numeric.items() if other != name and slope and _like(grad, slope)]
    other_one = f"the gradient of {same[0]}" if same else ""
    if right == 0 or not isfinite(right):
        return other_one or ("should be 0" if right == 0 else "")
    if grad == 0:
        return "should not be 0"
    ratio = grad / right
    if abs(ratio - 1) < 1e-2 and 2 <= (digits := _digits(grad)) <= 6 and f"{grad:.{digits}g}" == f"{right:.{digits}g}":
        return f"right, but rounded to {digits} significant digit{'s' * (digits > 1)} (digits={digits} accepts that)"
    parts = ["wrong sign"] if ratio < 0 else []
    if 0.9 < abs(ratio) < 1.1 and not _like(abs(ratio), 1):
        parts.append(f"{100 * abs(abs(ratio) - 1):.2g} % too {'big' if abs(ratio) > 1 else 'small'}")
    elif not _like(abs(ratio), 1):
        parts.append(_times(abs(ratio), counts))
    text = " and ".join(parts)
    nice = ratio < 0 or "." not in text
    return f"{text}, or {other_one}" if other_one and nice else other_one or text


def _times(ratio: float, counts: Iterable[int]) -> str:
    """A factor in words: ``2x too big``, ``1/30 of the right one``."""
    big, times = ratio > 1, max(ratio, 1 / ratio)
    whole = round(times)
    if whole > 1 and _like(times, whole):
        what = f"{whole}x too big" if big else f"1/{whole} of the right one"
        return what + (f" (a sum over {whole} terms, or their mean?)" if whole in counts and whole > 2 else "")
    text = f"{times:#.3g}" if times < 100 else f"{times:,.0f}" if times < 1e6 else number(times, 3)
    return text + ("x too big" if big else "x too small")


def swapped(grads: Mapping[str, float], numeric: Mapping[str, float]) -> str:
    """A sentence about two inputs whose gradients are swapped, or "".

    >>> swapped({"w": -0.8, "b": -1.6}, {"w": -1.6, "b": -0.8})
    'w and b are swapped'
    """
    for a, b in combinations(grads, 2):
        if not _like(numeric[a], numeric[b]) and _like(grads[a], numeric[b]) and _like(grads[b], numeric[a]):
            return f"{a} and {b} are swapped"
    return ""


def wrong_edge(root: Value, grads: Mapping[Value, float], right: Mapping[Value, float]) -> str:
    """A sentence about the one local derivative whose mistake explains the `grads` of all leaves, or ""."""
    nodes = newest_first(root)
    edges = [(node, operand, local) for node in nodes for operand, local in node.edges]
    if len(edges) * len(grads) > MAX_SIZE or not all(isfinite(local) for _, _, local in edges):
        return ""
    adjoint = dict(zip(nodes, root.gradients(nodes), strict=True))
    operands = list({operand for _, operand, _ in edges})
    difference = [grads[leaf] - right[leaf] for leaf in grads]
    size = max(map(abs, difference), default=0.0)
    tangents_of = [dict(zip(operands, tangents(operands, {leaf: 1.0}), strict=True)) for leaf in grads]
    mistakes: list[tuple[int, str]] = []
    for node, operand, local in edges:
        through = [adjoint[node] * local * tangent[operand] for tangent in tangents_of]
        multiple = _multiple(difference, through, size)
        if multiple is not None:
            is_term = any(part and not _like(part, whole) for part, whole in zip(through, right.values(), strict=True))
            mistakes += [
                (rank, text)
                for rank, (k, text) in enumerate(_mistakes(node, operand, local, is_term))
                if _like(k, multiple)
            ]
    return min(mistakes, key=lambda item: item[0], default=(0, ""))[1]


def _mistakes(node: Value, operand: Value, local: float, is_term: bool) -> Iterator[tuple[float, str]]:
    """Each mistake on one edge with the multiple by which it changes the gradients, the most likely ones first.

    A wrong sign of a whole gradient shows without a graph; this is about a single term of a sum.
    """
    op = node.op
    path = " → ".join(shortened(value.label or expression(value), 40) for value in (operand, node))
    shows_here = local and not any(_like(abs(local), factor) for factor in (0.5, 1, 2))  # these show without a graph
    if shows_here and not op.is_operator and len(node.edges) == 1:
        yield 1 / local - 1, f"the derivative of {op.name}, {number(local)} here, is missing in {path}"
        yield local - 1, f"the derivative of {op.name}, {number(local)} here, was applied twice in {path}"
        for text in _MISTAKEN_FOR.get(op.name, ()):
            try:
                wrong = Formula(text, ("x", "z")).over(FLOATS)(operand.data, node.data)
            except ArithmeticError:
                continue
            if _like(wrong, -local):  # a wrong sign, which more often has another cause
                continue
            inner = operand.label or shortened(expression(operand), 30)
            x = inner if operand.label else f"({inner})"
            mistaken = re.sub(r"\bz\b", f"{op.name}({inner})", re.sub(r"\bx\b", x, text))
            yield wrong / local - 1, f"the derivative of {op.name} was mistaken for {mistaken} in {path}"
    if local and is_term:
        term = (
            f"the term {shortened(operand.label or expression(operand), 60)}"
            if op.name in ("add", "sub", "sum")
            else f"the path {path}"
        )
        yield -1, f"{term} is missing"
        yield -2, f"{term} has the wrong sign"
        yield 1, f"{term} was counted twice"
        if op.name == "pow":
            yield -0.5, f"the factor 2 of a square is missing in {path}"
    if local not in (0, 1, -1) and op.name in ("mul", "dot"):
        yield 1 / local - 1, f"the factor {number(local)} is missing in {path}"


_MISTAKEN_FOR = {
    "tanh": ("1 - z", "1 - x ** 2", "z * (1 - z)", "1 / cosh(x)"),
    "sigmoid": ("z", "1 - z", "x * (1 - x)", "1 - z ** 2"),
    "exp": ("x", "x * exp(x - 1)"),
    "log": ("x", "1 / x ** 2"),
    "sin": ("-cos(x)", "z"),
    "cos": ("sin(x)", "z"),
    "sqrt": ("1 / z", "2 * z", "1 / (2 * x)"),
}
"""Formulas that the derivatives of some functions are mistaken for, in terms of the operand x and the result z."""


def _multiple(difference: Sequence[float], through: Sequence[float], size: float) -> float | None:
    """k if `difference` is k times `through`, as vectors; else None."""
    square = sum(c * c for c in through)
    if not square or not isfinite(square):
        return None
    k = sum(r * c for r, c in zip(difference, through, strict=True)) / square
    fits = all(abs(r - k * c) <= LIKE * size for r, c in zip(difference, through, strict=True))
    return k if fits and size else None


def _like(a: float, b: float) -> bool:
    return isclose(a, b, rel_tol=LIKE)


def _digits(value: float) -> int:
    """The number of significant digits in the shortest form of a number."""
    return len(repr(abs(value)).partition("e")[0].replace(".", "").strip("0")) or 1
