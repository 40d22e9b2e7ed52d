"""The usual mistakes, planted in a backward pass: does one of them explain the wrong gradients?

Students derive gradients for arrays, so a mistake is made at all nodes of a layer at once: the derivative of tanh is
forgotten, a mask is not applied, the label is not subtracted.  Each hypothesis changes the backward pass in that way,
and predicts the gradients of all arrays from one such pass.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd
from typing import Any

from autograd.checking.diagnosis.array_patterns import LIKE, ArrayGradient, Terms, alike, explains, factor, times
from autograd.checking.diagnosis.network import Edge, Gradients, Network, Unit, sums_of
from autograd.core.value import Value
from autograd.formula.language import Formula
from autograd.formula.systems import FLOATS
from autograd.formula.typesetting import number

__all__ = ["MISTAKEN_FOR", "SUBJECT", "Hypothesis", "by_parts", "planted"]

SUBJECT = "…"
"""The place of the names of arrays, and of is or are, in a sentence."""

MISTAKEN_FOR = {
    "tanh": ("1 - z", "1 - x ** 2", "z * (1 - z)", "1 / cosh(x)", "z", "1 + z ** 2", "where(x > 0, 1, 0)"),
    "sigmoid": ("z", "1 - z", "x * (1 - x)", "1 - z ** 2", "z * (1 + z)", "where(x > 0, 1, 0)"),
    "relu": ("x", "z"),
    "exp": ("x", "x * exp(x - 1)"),
    "log": ("x", "1 / x ** 2"),
    "sin": ("-cos(x)", "z"),
    "cos": ("sin(x)", "z"),
    "sqrt": ("1 / z", "2 * z", "1 / (2 * x)"),
}
"""Formulas that the derivatives of some functions are mistaken for, in terms of the operand x and the result z."""


@dataclass(frozen=True)
class Hypothesis:
    """A mistake in words, and the gradients that it leads to."""

    text: str
    predict: Callable[[], Gradients]
    is_step: bool = False
    """True if the gradients are not those predicted, but on a line from the right ones away from these."""

    @cached_property
    def predicted(self) -> Gradients:
        """The gradients that the mistake leads to."""
        return self.predict()


def planted(network: Network, right: Gradients) -> Iterator[Hypothesis]:
    """The hypotheses about a network, the most likely ones first; `right` are its gradients."""
    yield from _activations(network, right)
    yield from _squares(network)
    yield from _masks(network)
    yield from _softmaxes(network, right)
    yield from _updated(network, right)
    yield from _paths(network)


def _activations(network: Network, right: Gradients) -> Iterator[Hypothesis]:
    """A derivative of an activation that is missing, applied twice or another function's, in one layer or in all."""
    for kind, units, where in _layers(network.units):
        slope = f"the derivative of {kind}"
        yield _scaled(network, units, lambda unit: 1.0, f"{slope} is missing{where}")
        yield _scaled(network, units, lambda unit: unit.slope**2, f"{slope} was applied twice{where}")
        for text in MISTAKEN_FOR.get(kind, ()):
            formula = Formula(text, ("x", "z")).over(FLOATS)

            def mistaken(unit: Unit, formula: Callable[..., float] = formula) -> float:
                return formula(unit.operand.data, unit.z.data)

            yield _scaled(network, units, mistaken, f"{slope} was mistaken for {_written(text, kind)}{where}")
    for (kind, _), units in network.units.items():
        seeds = {unit.operand: unit.slope * (1 - network.adjoints.get(unit.z, 0.0)) for unit in units}
        what = f"the derivative of {kind} alone was passed on: the incoming gradient is missing"
        yield _changed(network, right, seeds, what)
        yield from _taken_before(network, kind, {unit.z: unit.operand.data for unit in units})


def _written(text: str, kind: str) -> str:
    """A formula in x and z as it is written for one kind of function."""
    if text.startswith("where"):
        return "that of relu"
    return re.sub(r"\bz\b", f"{kind}(x)", text) + ", with x for its input" * ("z" not in text)


def _taken_before(network: Network, kind: str, numbers: Mapping[Value, float]) -> Iterator[Hypothesis]:
    """The gradient of a weight by which the results of an activation or a mask were multiplied, without that step."""
    slopes = {(node, w): numbers[h] for node, w, h in network.products if h in numbers}
    if slopes:
        what = f"the gradient of a weight was taken with the input of {kind}, as if {kind} was not applied"
        yield Hypothesis(what, lambda: network.with_slopes(slopes))


def _changed(network: Network, right: Gradients, seeds: Mapping[Value, float], text: str) -> Hypothesis:
    """The hypothesis that the adjoints of some Values were off by the `seeds`."""

    def predicted() -> Gradients:
        change = network.gradients(network.pulled_back(seeds))
        return {name: right[name] + change[name] for name in right}

    return Hypothesis(text, predicted)


def _layers(units: Mapping[tuple[str, int], list[Unit]]) -> Iterator[tuple[str, list[Unit], str]]:
    """Each kind with all of its units, and if there are several layers, with those of each layer."""
    for kind in dict.fromkeys(kind for kind, _ in units):
        layers = [units[key] for key in sorted(units) if key[0] == kind]
        everything = [unit for layer in layers for unit in layer]
        yield kind, everything, f", at all {len(everything)} of them" if len(everything) > 1 else ""
        if 1 < len(layers) <= MAX_LAYERS:
            for i, layer in enumerate(layers, 1):
                yield kind, layer, f" in layer {i} of {len(layers)}"


MAX_PLACES = 8
"""Number of entries up to which their places are listed."""
MAX_LAYERS = 8
"""Number of layers of one kind up to which each is examined on its own."""


def _scaled(network: Network, units: Sequence[Unit], slope: Callable[[Unit], float], text: str) -> Hypothesis:
    def predicted() -> Gradients:
        slopes: dict[tuple[Value, Value], float] = {}
        for unit in units:
            local = dict(unit.node.edges)[unit.operand]
            slopes[unit.node, unit.operand] = local * slope(unit) / unit.slope if unit.slope else slope(unit)
        return network.with_slopes(slopes)

    return Hypothesis(text, predicted)


def _squares(network: Network) -> Iterator[Hypothesis]:
    """The factor of a power that is missing: the 2 of a squared error."""
    powers: dict[tuple[float, int], list[Value]] = defaultdict(list)
    for node in network.nodes:
        exponent = node.args[-1]
        is_power = node.op.name == "pow" and len(node.edges) == 1 and type(exponent) is not Value
        if is_power and node.args[0] not in network.parameters:
            powers[float(exponent), network.levels[node]].append(node)
    for (exponent, _), nodes in powers.items():
        factor = f"the factor {number(exponent)} of {'a square' if exponent == 2 else 'a power'}"
        for text, by in (("is missing", 1 / exponent), ("was applied twice", exponent)):
            slopes = {(node, x): local * by for node in nodes for x, local in node.edges}
            yield Hypothesis(f"{factor} {text}", lambda slopes=slopes: network.with_slopes(slopes))  # type: ignore[misc]


def _masks(network: Network) -> Iterator[Hypothesis]:
    """A mask of zeros and one other number, as in dropout, that is not applied backward, or not scaled."""
    products: dict[int, list[tuple[Value, Value, float]]] = defaultdict(list)
    for node in network.nodes:
        if node.op.name == "mul" and len(node.edges) == 1:
            ((operand, local),) = node.edges
            products[network.levels[node]].append((node, operand, local))
    for nodes in products.values():
        numbers = {local for _, _, local in nodes}
        if len(numbers) == 2 and 0 in numbers:
            scale = max(numbers, key=abs)
            for text, at_zero, elsewhere in (
                ("is not applied", 1.0, 1.0),
                ("is applied without its scale", 0.0, 1.0),
                ("is applied twice", 0.0, scale * scale),
                ("is not applied, only its scale", scale, scale),
            ):
                slopes = {(node, operand): elsewhere if local else at_zero for node, operand, local in nodes}
                what = f"a mask of zeros {text} in the backward pass"
                yield Hypothesis(what, lambda slopes=slopes: network.with_slopes(slopes))  # type: ignore[misc]
            yield from _taken_before(network, "the mask", {node: operand.data for node, operand, _ in nodes})


def _softmaxes(network: Network, right: Gradients) -> Iterator[Hypothesis]:
    """Mistakes in the derivative of softmax with cross-entropy, p - y."""
    import numpy as np

    rows = [row for row in _rows_of_softmax(network) if any(z in network.adjoints for z in row)]
    if not rows or len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        return
    actual = np.array([[network.adjoints.get(z, 0.0) for z in row] for row in rows])
    scores = np.array([[z.data for z in row] for row in rows])
    p = _softmax(scores, 1)
    label = np.argmin(actual / np.where(actual.max(axis=1, keepdims=True) > 0, 1, -1), axis=1)
    y = np.eye(scores.shape[1])[label]
    weights = (actual / (p - y)).mean(axis=1, keepdims=True)
    if not np.allclose(actual, weights * (p - y), rtol=1e-6, atol=1e-12):
        return
    for text, wrong in (
        ("the label is not subtracted from the probabilities of softmax", p),
        ("1 is subtracted in every class of softmax, not only in that of the label", p - 1),
        ("softmax was taken over the other axis, across the samples", _softmax(scores, 0) - y),
        ("the label was subtracted twice from the probabilities of softmax", p - 2 * y),
        ("softmax is missing: the label was subtracted from the scores", scores - y),
        ("the sign of the label is wrong: p + y for p - y, in softmax", p + y),
        ("the derivative of softmax, p(1 - p), was applied on top of p - y, which includes it", (p - y) * p * (1 - p)),
        ("the label of softmax is off by one", p - np.roll(y, 1, axis=1)),
        ("the label of softmax is off by one", p - np.roll(y, -1, axis=1)),
        ("exp was not divided by its sum, as in softmax", np.exp(scores) - y),
        ("the label was subtracted from the logarithms of the probabilities of softmax", np.log(p) - y),
        ("the derivative of softmax, p - y, was rounded down: is // written for /?", np.floor(actual) / weights),
        ("the label's probability alone: only its class gets a gradient from softmax", (p - y) * y),
    ):
        delta = weights * wrong - actual
        pairs = zip((z for row in rows for z in row), delta.ravel().tolist(), strict=True)
        yield _changed(network, right, dict(pairs), text)


def _softmax(scores: Any, axis: int) -> Any:
    import numpy as np

    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def _rows_of_softmax(network: Network) -> Iterator[list[Value]]:
    """For each sum of exponentials, the Values in the exponents."""
    seen: set[Value] = set()
    sums = sums_of(network.graph)
    for node in network.graph.nodes:
        denominators = [node.args[-1]] if node.op.name == "truediv" else [node.args[0]] if node.op.name == "log" else []
        for denominator in denominators:
            if type(denominator) is not Value or denominator in seen:
                continue
            seen.add(denominator)
            terms = sums.get(denominator, [])
            if len(terms) > 1 and all(term.op.name == "exp" for term in terms):
                exponents = [term.edges[0][0] for term in terms]
                yield [x.edges[0][0] if x.op.name == "sub" and type(x.args[0]) is Value else x for x in exponents]


def _updated(network: Network, right: Gradients) -> Iterator[Hypothesis]:
    """A weight that was updated before the backward pass had used it; the learning rate is read off the numbers."""
    for name, array in network.leaves.items():
        for update in (right[name], right[name] - network.penalty[name]):
            gradient = dict(zip(array, update.ravel().tolist(), strict=True))
            slopes = {
                (node, x): w.data + gradient[w] for node, w, x in network.products if w in gradient and not x.is_leaf
            }
            text = f"{name} was updated before the backward pass used it"
            if slopes:
                yield Hypothesis(text, lambda slopes=slopes: network.with_slopes(slopes), is_step=True)  # type: ignore[misc]


def _paths(network: Network) -> Iterator[Hypothesis]:
    """A part of the graph that was taken for a constant, or one of several paths that was forgotten."""
    paths: dict[str, list[Edge]] = {}
    statistics = network.statistics
    for names in (*([name] for name in statistics), list(statistics)):
        edges = [edge for name in names for edge in statistics[name]]
        paths[f"the derivative through the {' and the '.join(names)} is missing, as for a constant"] = edges
    for start, ends in network.forks.items():
        paths |= {f"one of several paths is missing: from {start} to {end}": edges for end, edges in ends.items()}
    for text, edges in paths.items():
        yield Hypothesis(text, lambda edges=edges: network.with_slopes(dict.fromkeys(edges, 0.0)))  # type: ignore[misc]


def by_parts(network: Network, a: ArrayGradient, terms: Terms) -> str:
    """The mistake in one of the parts of a gradient: that of the regulariser, of the loss, or of one sample."""
    penalty = network.penalty[a.name]
    return _penalty(network, a, penalty, terms) or _sample(network, a, penalty) or _use(network, a, penalty)


def _places(wrong: Any) -> str:
    """The places of a few wrong entries of an array."""
    import numpy as np

    places = [str(list(map(int, place))) for place in np.argwhere(wrong)]
    return f"at {', '.join(places)}" if len(places) <= MAX_PLACES else f"at {len(places)} places"


def _penalty(network: Network, a: ArrayGradient, penalty: Any, terms: Terms) -> str:
    import numpy as np

    loss, wrong = a.right - penalty, a.wrong
    for strength in network.strengths:
        if not penalty[wrong].any() and explains(a.right + strength * a.x * wrong, a):
            where, there = ("", "") if wrong.all() else (f" {_places(wrong)}", " there")
            return f"{SUBJECT} regularised{where}, although the function does not do that{there}"
    if not penalty.any():
        k = factor(a, a.claimed, a.right) if network.strengths else None
        return f"the gradient without the regulariser: {times(k, terms)}" if k else ""
    matrix = np.stack([loss.ravel(), penalty.ravel()], axis=1)
    if a.claimed.size < 3 or not loss.any() or np.linalg.matrix_rank(matrix) < 2:
        return ""
    of_loss, of_penalty = np.linalg.lstsq(matrix, a.claimed.ravel(), rcond=None)[0].tolist()
    if not alike(a, a.claimed, of_loss * loss + of_penalty * penalty):
        k = factor(a, a.claimed - loss, np.sign(a.x))
        return "the regulariser is the sign of w, as for |w|, not w, as for w²" if k else ""
    if abs(of_loss - of_penalty) <= LIKE * abs(of_loss):
        return ""  # a factor of the whole gradient
    is_right = abs(of_loss - 1) <= LIKE, abs(of_penalty - 1) <= LIKE
    texts = []
    if not is_right[0]:
        texts.append(
            f"the gradient without the regulariser: {times(of_loss, terms) if abs(of_loss) > LIKE else 'missing'}"
        )
    if not is_right[1]:
        texts.append(f"the regulariser {_regulariser(network, a, of_penalty, terms)}")
    return "; ".join(texts)


def _regulariser(network: Network, a: ArrayGradient, k: float, terms: Terms) -> str:
    """The mistake in a regulariser whose gradient was taken k times."""
    leaves = set(network.leaves[a.name])
    weights = [abs(weight) for term, weight in network.terms.items() if leaves.issuperset(x for x, _ in term.edges)]
    strength = max(weights, default=1.0)
    if abs(k) <= LIKE:
        return "is missing"
    if abs(k + 1) <= LIKE:
        return "has the wrong sign"
    if abs(k - 0.5) <= LIKE:
        return "is 1/2 of the right one: is the 2 of its squares missing?"
    if abs(k - 2) <= LIKE:
        return "is 2x too big: is it counted twice, or a 2 too many?"
    if abs(k / strength - 1) <= LIKE:
        return f"is {times(k, terms)}: is λ = {number(strength, 4)} squared?"
    if abs(k * strength - 1) <= LIKE:
        return f"is {times(k, terms)}: is λ = {number(strength, 4)} missing?"
    return f"is {times(k, terms)}"


def _sample(network: Network, a: ArrayGradient, penalty: Any) -> str:
    samples = network.samples
    if not 2 <= len(samples) <= MAX_SAMPLES:
        return ""
    for i, sample in enumerate(samples):
        part, of = sample[a.name], f"sample {i} (of {len(samples)}, counted from 0)"
        if part.any():
            for text, claimed in (
                (f"{of} is left out", a.right - part),
                (f"{of} is counted twice", a.right + part),
                (f"only {of} counts", part + penalty),
                (f"only {of} counts", part),
                (f"only {of} counts, as if it were all", len(samples) * part + penalty),
            ):
                if explains(claimed, a):
                    return text
    return ""


def _use(network: Network, a: ArrayGradient, penalty: Any) -> str:
    """The one use of each entry that counts: one part of its gradient, or a block of as many as all entries share."""
    import numpy as np

    uses = network.uses[a.name]
    for size in dict.fromkeys([1, gcd(*map(len, uses))]):
        for text, at, part in (
            ("only the last of several uses counts: is = written for +=?", -1, slice(-size, None)),
            ("only the first of several uses counts", 0, slice(size)),
        ):
            claimed = np.reshape([sum(terms[at] for terms in use[part]) for use in uses], penalty.shape) + penalty
            if size and explains(claimed, a):
                return text
    return ""


MAX_SAMPLES = 10_000
"""Number of samples up to which each is examined."""
