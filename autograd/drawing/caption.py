"""The caption of a picture: the chain rule, path by path or as a table of samples, and remarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autograd.drawing.arrows import generalized
from autograd.drawing.layout import Layout
from autograd.drawing.style import GRADIENT, PATHS, Cell, bold, faint, grid, minus, signs, text
from autograd.explaining.chain import Chain
from autograd.explaining.chain_rule import Rule
from autograd.explaining.samples import Samples
from autograd.explaining.wording import gradient_note, product_line, rule_lines
from autograd.formula.typesetting import derivative, factor, number

__all__ = ["caption_rows"]

MAX_ROWS = 4
"""Maximum number of samples listed besides the one that is drawn."""
MAX_COLUMNS = 6
"""Maximum number of columns of the table of samples."""


def caption_rows(layout: Layout, rule: Rule | None, left_out: int) -> Iterator[Cell]:
    """The lines of the caption; `left_out` boxes beside the paths are not drawn."""
    chain = layout.chain
    if chain.stale:
        yield from map(text, _stale(chain))
        return
    if rule and not rule.contributions:
        yield from map(text, _general_rule(layout, rule))
        yield from _paths(rule)
        yield from _note(chain, rule)
    elif chain.samples and not left_out:
        yield from _of_samples(chain, chain.samples, rule)
    if left_out and chain.wrt is not None:
        yield faint(f"Only the paths from {chain.names[chain.wrt]} are drawn; {left_out:,} other boxes are left out.")


def _stale(chain: Chain) -> Iterator[str]:
    leaf, node = next(iter(chain.stale.items()))
    name, user = chain.names[leaf], chain.names.get(node, "the result")
    yield f"{name} was changed to {number(leaf.data)} after {user} had been computed from it."
    yield "Run the forward pass again."


def _general_rule(layout: Layout, rule: Rule) -> Iterator[str]:
    """``dL/dw[i] = ∂L/∂ŷ · ∂ŷ/∂w[i] = (-2.628) · x[i]``, if `wrt` is one of many with such a rule."""
    chain = layout.chain
    if len(chain.paths.few) != 1:
        return
    (path,) = chain.paths.few
    arrow = next((arrow for arrow in layout.arrows if path and path[-1] in arrow.steps), None)
    if arrow is None or not arrow.source.is_group or arrow.target.is_group:
        return
    general, formula = generalized(chain, arrow)
    if formula:
        factors = [step.factor for step in path[:-1]]
        symbols = [*(f.symbol for f in factors), general.symbol]
        numbers = [*(minus(factor(f.slope)) for f in factors), signs(formula)]
        yield f"{derivative(rule.derivative.top, general.bottom)} = {' · '.join(symbols)} = {' · '.join(numbers)}"


def _paths(rule: Rule) -> Iterator[Cell]:
    """The chain rule, each path in its colour."""
    heads = {f"path {i}:": (f"path {i} ({path.words}):", path.text) for i, path in enumerate(PATHS, 1)}
    for line in rule_lines(rule, minus):
        head, _, product = line.partition("  ")
        if head in heads:
            title, color = heads[head]
            yield text(f"{title}  {product}", color)
        else:
            yield text(line)


def _of_samples(chain: Chain, samples: Samples, rule: Rule | None) -> Iterator[Cell]:
    """The rule for the sample that is drawn, a table with others, and the paths beside them."""
    if rule:
        own = f"sample {chain.sample + 1}"
        yield from (text(f"{own}:  {product_line(term, minus)}") for term in rule.sum.terms if term.head == own)
    yield grid(_table(chain, samples, rule), padding=5)
    if rule and len(rule.sum.terms) > rule.samples:
        yield from (text(line) for line in list(rule_lines(rule, minus))[1 + rule.samples :])
    if rule:
        yield from _note(chain, rule)


def _table(chain: Chain, samples: Samples, rule: Rule | None) -> Iterator[Sequence[Cell | None]]:
    """The data and the results of each sample, and its contribution to the derivative."""
    contributions = rule.contributions if rule else ()
    term, n = chain.names[samples.terms[chain.sample]], len(samples.terms)
    columns = list(samples.row(chain.sample, term))[-MAX_COLUMNS:]
    last = [f"contribution to {rule.derivative.symbol}"] if rule and contributions else []
    yield [faint("sample"), *map(faint, columns), *map(faint, last)]
    sizes = [abs(c) for c in contributions] or [0.0] * n
    listed = sorted(range(n), key=lambda k: (k != chain.sample, -sizes[k], k))[: MAX_ROWS + 1]
    for k in sorted(listed):
        row, write = samples.row(k, term), bold if k == chain.sample else text
        numbers = [number(row[name]) if name in row else "" for name in columns]
        yield [write(f"{k + 1:,}"), *(write(minus(x)) for x in [*numbers, *map(number, contributions[k : k + 1])])]
    gap = [None] * len(columns)
    if n > len(listed):
        rest = [number(sum(c for k, c in enumerate(contributions) if k not in listed))] if contributions else []
        yield [faint(f"… {n - len(listed):,} more"), *gap, *(text(minus(x)) for x in rest)]
    if contributions:
        yield [text(f"sum of the {n:,} contributions"), *gap, bold(minus(number(sum(contributions))), GRADIENT)]


def _note(chain: Chain, rule: Rule) -> Iterator[Cell]:
    note = gradient_note(rule.derivative.bottom, chain.wrt, rule.derivative.slope) if chain.wrt is not None else ""
    if note:
        yield faint(signs(note))
