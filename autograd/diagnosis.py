"""What kind of mistake a wrong gradient looks like.

Most wrong gradients are right but for one thing: a sign, a factor, two inputs mixed up.  These show in the numbers
alone.  With a recorded graph more can be said.  A gradient is a sum over paths of products of local derivatives;
*one* wrong local derivative, on one edge, changes all gradients by a multiple of what flows through that
edge.  So: look for an edge through which the whole difference flows, and read the mistake off the multiple.

    -1              the edge is missing: a term was forgotten
    1/local - 1     its local derivative is: that of an activation, say
    local - 1       its local derivative was applied twice
    -2              its sign is wrong
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isclose, isfinite
from typing import TYPE_CHECKING

from autograd.backprop import newest_first, tangents
from autograd.chain import shortened
from autograd.notation import expression, number

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["look", "wrong_edge"]

LIKE = 1e-5
"""Relative difference up to which a wrong gradient counts as that of a known mistake."""
MAX_SIZE = 20_000
"""Edges times inputs up to which the edges are searched."""


def look(name: str, grad: float, numeric: Mapping[str, float], counts: Iterable[int] = ()) -> str:
    """What one wrong gradient looks like, beside the right ones of all inputs; `counts` are numbers of terms.

    >>> look("w", 3.2, {"w": -1.6, "b": -0.8})
    'wrong sign and 2x too big'
    >>> look("b", -1.6, {"w": -1.6, "b": -0.8})
    '2x too big, or that of w'
    """
    right = numeric[name]
    if not isfinite(grad):
        return ""
    same = [other for other, slope in numeric.items() if other != name and slope and _like(grad, slope)]
    swapped = f"that of {same[0]}" if same else ""
    if right == 0 or not isfinite(right):
        return swapped or ("should be 0" if right == 0 else "")
    if grad == 0:
        return "missing (0)"
    ratio = grad / right
    if abs(ratio - 1) < 1e-3 and (digits := _digits(grad)) <= 6 and f"{grad:.{digits}g}" == f"{right:.{digits}g}":
        return f"rounded to {digits} digit{'s' * (digits > 1)}"
    parts = ["wrong sign"] if ratio < 0 else []
    if 0.9 < abs(ratio) < 1.1 and not _like(abs(ratio), 1):
        parts.append(f"{100 * abs(abs(ratio) - 1):.2g} % too {'big' if abs(ratio) > 1 else 'small'}")
    elif not _like(abs(ratio), 1):
        parts.append(_times(abs(ratio), counts))
    text = " and ".join(parts)
    nice = ratio < 0 or "." not in text
    return f"{text}, or {swapped}" if swapped and nice else swapped or text


def _times(ratio: float, counts: Iterable[int]) -> str:
    """A factor as people say it: ``2x too big``, ``1/30 of it``."""
    big = ratio > 1
    whole = round(ratio if big else 1 / ratio)
    if whole > 1 and _like(ratio if big else 1 / ratio, whole):
        what = f"{whole}x too big" if big else f"1/{whole} of it"
        return what + (f" (a sum over {whole} terms, or their mean?)" if whole in counts and whole > 2 else "")
    return f"{ratio:#.3g}x too big" if big else f"{1 / ratio:#.3g}x too small"


def wrong_edge(root: Value, grads: Mapping[Value, float], right: Mapping[Value, float]) -> str:
    """The one local derivative whose mistake explains the `grads` of all these leaves, in words; else nothing."""
    nodes = newest_first(root)
    edges = [(node, operand, local) for node in nodes for operand, local in node.edges]
    if len(edges) * len(grads) > MAX_SIZE or not all(isfinite(local) for _, _, local in edges):
        return ""
    adjoint = dict(zip(nodes, root.gradients(nodes), strict=True))
    operands = list({operand for _, operand, _ in edges})
    difference = [grads[leaf] - right[leaf] for leaf in grads]
    size = max(map(abs, difference), default=0.0)
    speeds = [dict(zip(operands, tangents(operands, {leaf: 1.0}), strict=True)) for leaf in grads]
    found: list[tuple[int, str]] = []
    for node, operand, local in edges:
        through = [adjoint[node] * local * speed[operand] for speed in speeds]
        multiple = _multiple(difference, through, size)
        if multiple is not None:
            is_term = any(part and not _like(part, whole) for part, whole in zip(through, right.values(), strict=True))
            found += [
                (rank, text)
                for rank, (k, text) in enumerate(_mistakes(node, operand, local, is_term))
                if _like(k, multiple)
            ]
    return min(found, key=lambda item: item[0], default=(0, ""))[1]


def _mistakes(node: Value, operand: Value, local: float, is_term: bool) -> Iterator[tuple[float, str]]:
    """By what multiple each mistake on one edge changes the gradients.

    A wrong sign of a whole gradient shows without a graph; here it is about one of the terms that it is the sum of.
    """
    assert node.op is not None
    path = " → ".join(shortened(value.label or expression(value), 40) for value in (operand, node))
    if local not in (0, 1, -1) and not node.op.is_operator and len(node.edges) == 1:
        yield 1 / local - 1, f"the derivative of {node.op.name}, {number(local)} here, is missing in {path}"
        yield local - 1, f"the derivative of {node.op.name}, {number(local)} here, was applied twice in {path}"
    if local and is_term:
        yield -1, f"the path {path} is missing"
        yield -2, f"the path {path} has the wrong sign"
        yield 1, f"the path {path} was counted twice"


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
    """How many significant digits a number is written with."""
    return len(repr(abs(value)).partition("e")[0].replace(".", "").strip("0")) or 1
