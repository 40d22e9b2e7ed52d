"""The derivative as one formula of the leaves: ``2·x·(w·x + b - y)``, or over samples ``(1/4)·Σ 2·x·(w·x + b - y)``."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose

from autograd.core.graph import newest_first
from autograd.core.value import Value
from autograd.explaining.chain import Chain
from autograd.explaining.chain_rule import Rule
from autograd.explaining.samples import Samples, indexed
from autograd.explaining.symbolic import Symbolic, slope_formulas
from autograd.formula.typesetting import Style, factor, shortened

__all__ = ["closed_form", "leaf_formula"]

_LINEAR = ("add", "sub", "neg", "pos", "sum", "mean")


def closed_form(chain: Chain, rule: Rule) -> str | None:
    """The derivative of the rule as one formula of the leaves; None unless it is readable and right."""
    style = chain.words.style
    if not rule.contributions:
        formula = leaf_formula(chain, chain.root, rule.derivative.slope)
        return formula.written(style) if formula else None
    assert chain.samples
    assert chain.wrt is not None
    terms = chain.samples.terms
    n, weights = len(terms), set(chain.root.gradients(terms))
    formula = leaf_formula(chain, terms[chain.sample], terms[chain.sample].gradients([chain.wrt])[0])
    is_sum = _is_linear(chain.nodes, chain.samples.total) and isclose(
        sum(rule.contributions), rule.derivative.slope, rel_tol=1e-9
    )
    if not formula or not is_sum or len(weights) > 1:
        return None
    (weight,) = weights
    slopes = [c / weight for c in rule.contributions if weight]
    text = _for_all_samples(formula, chain.samples, chain.sample, slopes, style)
    before = "" if weight == 1 else f"(1/{n})·" if isclose(weight * n, 1) else f"{factor(weight)}·"
    return f"{before}Σ {text}" if text else None


def leaf_formula(chain: Chain, root: Value, slope: float) -> Symbolic | None:
    """The derivative of a value with respect to the chain's `wrt` as a formula of the leaves, if it gives `slope`."""
    assert chain.wrt is not None
    names = {v: name for v, name in chain.names.items() if v is chain.wrt or v.is_leaf}
    nodes = [node for node in newest_first(root) if node is not chain.wrt]
    formula = slope_formulas(nodes, names).get(chain.wrt) if nodes and nodes[0] is root else None
    return formula if formula and formula.gives(slope) else None


def _is_linear(nodes: Sequence[Value], total: Value) -> bool:
    """True if the newest of the `nodes` is computed from `total` by additions and constant factors alone."""
    above = {total}
    for node in reversed(nodes):
        within = [operand for operand, _ in node.edges if operand in above]
        if not within:
            continue
        is_scaled = len(node.edges) == 1 and (
            node.op.name == "mul" or (node.op.name == "truediv" and node.args[0] is within[0])
        )
        if not (is_scaled or node.op.name in _LINEAR):
            return False
        above.add(node)
    return True


def _for_all_samples(formula: Symbolic, samples: Samples, sample: int, slopes: Sequence[float], style: Style) -> str:
    """The formula of one sample if it gives the slopes of all with their own data; names lose indices that differ."""
    size = max(map(abs, slopes), default=0.0)
    stems: dict[str, str] = {}
    for k, slope in enumerate(slopes):
        data = samples.matched(sample, k)
        if not formula.gives_for(data, slope, 1e-9 * size):
            return ""
        labels = {shortened(label): x.label == label for (label, _), x in data.items()}
        stems |= {label: indexed(label)[0] for label, is_common in labels.items() if not is_common}
    return formula.renamed(stems, style) if slopes else ""
