"""Diagnosis: the likely mistake behind wrong gradients.

Most wrong gradients are right apart from one thing.  Some show in the numbers alone: a sign, a factor, two inputs mixed
up, one column of an array (`autograd.checking.diagnosis.array_patterns`).  A recorded graph tells more.

A gradient is a sum over paths of products of local derivatives, so *one* wrong local derivative, on one edge, changes
all gradients by a multiple of what flows through that edge.  So look for an edge through which the whole difference
flows, and read the mistake off the multiple.

    -1              the edge is missing: a term was forgotten
    1/local - 1     its local derivative is missing: that of an activation, for example
    local - 1       its local derivative was applied twice
    -2              its sign is wrong

In code for arrays a mistake is made at all nodes of a layer at once: `autograd.checking.diagnosis.planted_mistakes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import isclose, isfinite
from random import Random
from typing import TYPE_CHECKING, Any

from autograd.checking.diagnosis.array_patterns import (
    INEXACT,
    LIKE,
    ArrayGradient,
    Terms,
    alike,
    explains,
    factor,
    pattern,
    times,
)
from autograd.checking.diagnosis.network import Network, counted
from autograd.checking.diagnosis.planted_mistakes import MISTAKEN_FOR, SUBJECT, Hypothesis, by_parts, planted
from autograd.checking.reports.report import MAX_ENTRIES, ArrayCheck
from autograd.checking.results import quiet_numpy
from autograd.checking.verdicts import InputCheck, relative_error
from autograd.core.graph import adjoints, newest_first
from autograd.core.value import Value, label_of
from autograd.extensions.derivatives import tangents
from autograd.extensions.expressions import expression
from autograd.formula.language import Formula
from autograd.formula.systems import FLOATS
from autograd.formula.typesetting import number, shortened

if TYPE_CHECKING:
    from autograd.checking.targets import Target

__all__ = ["explained", "look", "swapped", "with_hints", "wrong_edge"]

LARGEST_NETWORK = 50_000
"""Number of nodes up to which mistakes are planted in the backward pass."""
MAX_NAMES = 50
"""Number of inputs up to which a wrong gradient is compared with those of all others."""


def with_hints(
    checks: Mapping[str, InputCheck], arrays: Mapping[str, ArrayCheck], target: Target
) -> tuple[dict[str, InputCheck], dict[str, ArrayCheck]]:
    """The checks and the arrays; gradients that failed have a hint about the likely mistake."""
    if all(check.verdict != "fail" for check in checks.values()):
        return dict(checks), dict(arrays)
    terms = _terms(target, arrays)
    numeric = {name: check.numeric for name, check in checks.items() if check.slopes.kind == "smooth"}
    others = numeric if len(checks) <= MAX_NAMES else {}
    hinted = dict(checks)
    for name, check in checks.items():
        if check.verdict == "fail" and name in numeric:
            hints = [check.hint, look(name, check.grad, others or {name: check.numeric}, terms)]
            hinted[name] = replace(check, hint="; ".join(filter(None, hints)))
    with_checks = {
        name: replace(array, checks=[hinted[check.name] for check in array.checks]) for name, array in arrays.items()
    }
    gradients = {name: _gradient(array, target) for name, array in with_checks.items()}
    return hinted, {
        name: replace(array, hint=_hint(array, gradients[name], terms)) for name, array in with_checks.items()
    }


def _terms(target: Target, arrays: Mapping[str, ArrayCheck]) -> Terms:
    """The numbers of terms that may have been summed up: in the graph, else along an axis of all wrong arrays."""
    if target.graph:
        return counted(target.graph)
    axes = [frozenset(array.shape) - {1} for array in arrays.values() if array.verdict == "fail"]
    common = frozenset.intersection(*axes) if axes else frozenset[int]()
    return Terms(common, common)


def _hint(array: ArrayCheck, gradient: ArrayGradient | None, terms: Terms) -> str:
    """The hint that holds for all wrong gradients of an array."""
    if array.verdict != "fail" or not array.checks:
        return ""
    if gradient is None or array.checked == 1:
        hints = {check.reason for check in array.checks if check.verdict == "fail"}
        return hints.pop() if len(hints) == 1 else ""
    return pattern(gradient, terms)


def _gradient(array: ArrayCheck, target: Target) -> ArrayGradient | None:
    """The gradient of an array beside the right one; None if one of them is not known everywhere."""
    import numpy as np

    checks = array.checks
    if array.problem or not checks or not all(isfinite(c.grad + c.numeric + c.error) for c in checks):
        return None
    is_whole = len(checks) == np.prod(array.shape, dtype=int)
    shape = array.shape if is_whole else (len(checks),)

    def shaped(numbers: list[Any]) -> Any:
        return np.array(numbers).reshape(shape)

    return ArrayGradient(
        array.name,
        shaped([check.grad for check in checks]),
        shaped([check.numeric for check in checks]),
        shaped([check.error for check in checks]),
        shaped([target.numbers[check.name] for check in checks]),
        shaped([check.verdict == "fail" for check in checks]),
    )


def explained(target: Target, arrays: Mapping[str, ArrayCheck]) -> list[str]:
    """Sentences about the mistakes that explain the wrong gradients of a target."""
    found = {name: _gradient(array, target) for name, array in arrays.items()}
    gradients = {name: gradient for name, gradient in found.items() if gradient is not None}
    wrong = {name: gradient for name, gradient in gradients.items() if not gradient.is_right}
    if not wrong:
        return []
    entries = [check for array in arrays.values() for check in array.checks]
    mistakes = _of_inputs(target, entries) if len(entries) <= MAX_ENTRIES else []
    if all("…" in mistake for mistake in mistakes) and any(array.shape for array in arrays.values()):
        with quiet_numpy():
            mistakes = (
                _swapped_arrays(wrong) or _of_network(target, gradients, wrong, _terms(target, arrays)) or mistakes
            )
    if not mistakes and not all(pattern(a) for a in wrong.values()):
        mistakes = [mistake for mistake in _of_inputs(target, entries) if "…" not in mistake]  # too long to be read
    return [f"Looks like: {mistake}" for mistake in mistakes]


def _of_inputs(target: Target, checks: Sequence[InputCheck]) -> list[str]:
    """The mistake in one local derivative, or in two inputs."""
    smooth = [check for check in checks if check.slopes.kind == "smooth" and isfinite(check.numeric + check.grad)]
    grads, right = {check.name: check.grad for check in smooth}, {check.name: check.numeric for check in smooth}
    wrong = {check.name: check.grad for check in smooth if check.verdict == "fail"}
    mistake = swapped(wrong, right) if len(wrong) == 2 else ""
    if not mistake and target.graph and target.unrecorded == [] and len(target.graph.nodes) <= LARGEST_NETWORK:
        by_leaf = ({target.leaves[name]: x for name, x in by_name.items()} for by_name in (grads, right))
        mistake = wrong_edge(target.graph.root, *by_leaf)
    return [mistake] if mistake else []


def _swapped_arrays(wrong: Mapping[str, ArrayGradient]) -> list[str]:
    for a, b in combinations(wrong.values(), 2):
        have_a_shape = a.claimed.shape == b.claimed.shape and a.claimed.size > 1
        if have_a_shape and alike(b, a.claimed, b.right) and alike(a, b.claimed, a.right):
            return [f"{a.name} and {b.name} are swapped"]
    return []


def _of_network(
    target: Target, gradients: Mapping[str, ArrayGradient], wrong: Mapping[str, ArrayGradient], terms: Terms
) -> list[str]:
    """The mistakes that explain the wrong arrays: one for all of them if there is one, else one after the other."""
    mistakes: dict[str, list[str]] = {}
    remaining = dict(wrong)

    def explain(text: str, names: Sequence[str]) -> None:
        mistakes.setdefault(text, []).extend(names)
        for name in names:
            del remaining[name]

    factors = {name: factor(a, a.claimed, a.right) for name, a in wrong.items()}
    common = next(filter(None, factors.values()), 1.0)
    scaled = [name for name, k in factors.items() if k and abs(k / common - 1) < LIKE]
    if len(scaled) == len(wrong) > 1:
        explain(f"{SUBJECT} off: {times(common, terms)}", scaled)
    network = _network(target, gradients) if remaining else None
    right = {name: a.right for name, a in gradients.items()}
    hypotheses = list(planted(network, right)) if network else []
    if network:
        text, names, spoiled = _best(hypotheses, gradients, wrong)
        if len(names) == len(wrong) and not spoiled:
            explain(text, names)
        parts = {name: by_parts(network, a, terms) for name, a in remaining.items()}
        for name, text in parts.items():
            if text and (not factors[name] or list(parts.values()).count(text) > 1):
                explain(text, [name])  # a common factor of one array alone stands in its row
    scaled = [name for name in scaled if name in remaining]
    if len(scaled) > 1:
        explain(f"{SUBJECT} off: {times(common, terms)}", scaled)
    for k in (1.0, common):  # a second mistake, alone or on top of the common factor
        candidates = {name: replace(a, claimed=a.claimed / k) for name, a in remaining.items() if not factors[name]}
        if candidates:
            text, names, _ = _best(hypotheses, gradients, candidates)
            if names:
                explain(text + (f", besides: {times(k, terms)}" if k != 1 else ""), names)
    return [_sentence(text, names, len(wrong) == len(names), len(gradients)) for text, names in mistakes.items()]


def _network(target: Target, gradients: Mapping[str, ArrayGradient]) -> Network | None:
    """The recorded graph of a target as a network of arrays, if the gradients of all arrays are known."""
    is_known = target.graph and target.unrecorded == [] and len(target.graph.nodes) <= LARGEST_NETWORK
    if not is_known or len(gradients) < len(target.blocks):
        return None
    assert target.graph
    leaves = {block.name: [target.leaves[name] for name in block.names] for block in target.blocks}
    network = Network(target.graph, leaves, {block.name: block.shape for block in target.blocks})
    return network if all(map(isfinite, network.adjoints.values())) else None


def _sentence(text: str, names: Sequence[str], is_all: bool, n: int) -> str:
    """The sentence about a mistake in the gradients of some arrays, of all that are wrong, or of all `n`."""
    if text.startswith(SUBJECT):
        subject = f"{', '.join(names)} {'are' if len(names) > 1 else 'is'}"
        return text.replace(SUBJECT, "every gradient is" if len(names) == n > 1 else subject, 1)
    return text if is_all else f"{', '.join(names)}: {text}"


def _best(
    hypotheses: Iterable[Hypothesis], gradients: Mapping[str, ArrayGradient], wrong: Mapping[str, ArrayGradient]
) -> tuple[str, list[str], list[str]]:
    """The hypothesis that explains most wrong arrays: their names, and those of right ones that it would change."""
    best, score = ("", list[str](), list[str]()), (0, 0)
    right = {name: a.right for name, a in gradients.items()}
    for hypothesis in hypotheses:
        try:
            predicted = hypothesis.predicted
        except ArithmeticError:  # the wrong formula has no number here
            continue
        if hypothesis.is_step:
            change = sum(float(((predicted[n] - right[n]) ** 2).sum()) for n in wrong)
            along = sum(float(((a.claimed - a.right) * (predicted[n] - right[n])).sum()) for n, a in wrong.items())
            step = along / change if change else 0.0
            predicted = {name: right[name] + step * (predicted[name] - right[name]) for name in right}
        names = [name for name, a in wrong.items() if predicted[name].any() and explains(predicted[name], a)]
        spoiled = [name for name, a in gradients.items() if a.is_right and not alike(a, a.claimed, predicted[name])]
        if names and (len(names), -len(spoiled)) > score:
            best, score = (hypothesis.text, names, spoiled), (len(names), -len(spoiled))
    return best


def look(name: str, grad: float, numeric: Mapping[str, float], terms: Terms) -> str:
    """The likely mistake behind one wrong gradient, given the right ones of all inputs.

    `terms` are the numbers of terms of the sums in the function.

    >>> look("w", 3.2, {"w": -1.6, "b": -0.8}, Terms())
    'wrong sign and 2x too big'
    >>> look("b", -1.6, {"w": -1.6, "b": -0.8}, Terms())
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
    if not 1e-300 < abs(ratio) < 1e300:
        return other_one
    if abs(ratio - 1) <= INEXACT:
        return relative_error(grad, right)
    text = times(ratio, terms)
    nice = ratio < 0 or "." not in text
    return f"{text}, or {other_one}" if other_one and nice else other_one or text


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
    """A sentence about the one local derivative whose mistake explains the `grads` of all leaves, or "".

    Along a random direction in the space of the leaves, the difference must be a multiple of what flows through the
    edge; edges for which three directions agree on the multiple are looked at closely.
    """
    nodes = newest_first(root)
    edges = [(node, operand, local) for node in nodes for operand, local in node.edges]
    if not all(isfinite(local) for _, _, local in edges):
        return ""
    adjoint = adjoints(root, nodes)
    operands = list({operand for _, operand, _ in edges})
    difference = {leaf: grads[leaf] - right[leaf] for leaf in grads}
    size = max(map(abs, difference.values()), default=0.0)
    source = Random(0)
    directions = [{leaf: source.uniform(-1, 1) for leaf in grads} for _ in range(3)]
    changes = [sum(difference[leaf] * weight for leaf, weight in along.items()) for along in directions]
    flows = [dict(zip(operands, tangents(operands, along), strict=True)) for along in directions]
    mistakes: list[tuple[int, str]] = []
    for node, operand, local in edges:
        passing = [adjoint.get(node, 0.0) * local * flow[operand] for flow in flows]
        if _multiple(changes, passing, max(map(abs, changes))) is None:
            continue
        slopes = operand.gradients(list(grads)) if not operand.is_leaf else [float(leaf is operand) for leaf in grads]
        through = [adjoint[node] * local * slope for slope in slopes]
        multiple = _multiple(list(difference.values()), through, size)
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
        for text in MISTAKEN_FOR.get(op.name, ()):
            try:
                wrong = Formula(text, ("x", "z")).over(FLOATS)(operand.data, node.data)
            except ArithmeticError:
                continue
            if _like(wrong, -local):  # a wrong sign, which more often has another cause
                continue
            inner = label_of(operand) or shortened(expression(operand), 30)
            x = inner if operand.label else f"({inner})"
            mistaken = re.sub(r"\b([xz])\b", r"{\1}", text).format(x=x, z=f"{op.name}({inner})")
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
