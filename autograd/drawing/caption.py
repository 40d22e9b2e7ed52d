"""The caption of a picture: the chain rule, path by path or as a table of samples, and remarks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from autograd.core.value import Value
from autograd.drawing.arrows import generalized
from autograd.drawing.display import EVERYTHING, Display
from autograd.drawing.layout import Layout
from autograd.drawing.style import GRADIENT, PATHS, Cell, Path, bold, faint, fitted, grid, minus, signs, text
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


Write = Callable[[str], str]
"""A function that writes a number, or what is shown in its place."""


def caption_rows(layout: Layout, rules: Sequence[Rule], left_out: int, display: Display = EVERYTHING) -> Iterator[Cell]:
    """The lines of the caption, with the chain rule of each `wrt`; `left_out` boxes beside the paths are not drawn.

    Whatever the `display` hides, the lines have room for all numbers.
    """
    everything = list(_rows(layout, rules, left_out, EVERYTHING))
    lines = everything if display is EVERYTHING else _rows(layout, rules, left_out, display)
    for shown, full in zip(lines, everything, strict=True):
        yield Cell(shown, full.width, full.height)


def _rows(layout: Layout, rules: Sequence[Rule], left_out: int, display: Display) -> Iterator[Cell]:
    chain = layout.chain
    if chain.stale:
        yield from map(text, _stale(chain))
        return

    def write(number: str) -> str:
        return minus(display.remark(number))

    for one, rule, path in zip(chain.each, rules, PATHS, strict=False):
        if not rule.contributions:
            yield from map(text, _general_rule(layout, one, rule, display))
            lines = rule_lines(rule, write)
            yield from _paths(rule, lines) if chain.wrt is not None else _about(chain, rule, path, lines)
            yield from _note(one, rule, write)
    if chain.samples and not left_out and (not rules or any(rule.contributions for rule in rules)):
        yield from _of_samples(chain, chain.samples, rules, display, write)
    if left_out:
        names = ", ".join(chain.names[wrt] for wrt in chain.wrts)
        yield faint(chain.words("only_paths", name=names, count=f"{left_out:,}"))


def _stale(chain: Chain) -> Iterator[str]:
    leaf, node = next(iter(chain.stale.items()))
    name, user = chain.names[leaf], chain.names.get(node, chain.words("the_result"))
    yield chain.words("was_changed", name=name, number=number(leaf.data), user=user)
    yield chain.words("run_forward_pass")


def _general_rule(layout: Layout, chain: Chain, rule: Rule, display: Display) -> Iterator[str]:
    """``dL/dw[i] = ∂L/∂ŷ · ∂ŷ/∂w[i] = (-2.628) · x[i]``, if `wrt` is one of many with such a rule."""
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
        numbers = [minus(display.remark(factor(f.slope))) for f in factors]
        numbers.append(signs(display.derivative(arrow, formula, "")[0]))
        yield f"{derivative(rule.derivative.top, general.bottom)} = {' · '.join(symbols)} = {' · '.join(numbers)}"


def _paths(rule: Rule, lines: Iterable[str]) -> Iterator[Cell]:
    """The chain rule, each path in its colour."""
    words = rule.words
    heads = {
        f"{words('path', i=i)}:": (f"{words('styled_path', i=i, style=words(path.words))}:", path.text)
        for i, path in enumerate(PATHS, 1)
    }
    for line in lines:
        head, _, product = line.partition("  ")
        if head in heads:
            title, color = heads[head]
            yield text(f"{title}  {product}", color)
        else:
            yield text(line)


def _about(chain: Chain, rule: Rule, path: Path, lines: Iterable[str]) -> Iterator[Cell]:
    """Lines about one `wrt`; if there are several, in the colour of its paths, and its name before the first one."""
    if chain.wrt is not None:
        yield from map(text, lines)
        return
    head = chain.words("styled_value", name=rule.derivative.bottom, style=chain.words(path.words))
    yield from (text(line if i else f"{head}:  {line}", path.text) for i, line in enumerate(lines))


def _of_samples(
    chain: Chain, samples: Samples, rules: Sequence[Rule], display: Display, write: Write
) -> Iterator[Cell]:
    """The rules for the sample that is drawn, a table with others, and the paths beside them."""
    own = chain.words("sample", i=f"{chain.sample + 1}")
    over = [each for each in zip(chain.each, rules, PATHS, strict=False) if each[1].contributions]
    for _, rule, path in over:
        products = [f"{own}:  {product_line(term, write)}" for term in rule.sum.terms if term.head == own]
        yield from _about(chain, rule, path, products)
    yield grid(_table(chain, samples, [rule for _, rule, _ in over], display), padding=5)
    for one, rule, path in over:
        beside = len(rule.sum.terms) > rule.samples
        yield from _about(chain, rule, path, list(rule_lines(rule, write))[1 + rule.samples :] if beside else [])
        yield from _note(one, rule, write)


def _table(chain: Chain, samples: Samples, rules: Sequence[Rule], display: Display) -> Iterator[Sequence[Cell | None]]:
    """The data and the results of each sample, and its contribution to the derivative of each rule."""

    def value(x: Any) -> Sequence[str]:
        return display.value(x, number(x.data if type(x) is Value else float(x)))

    def part(x: float) -> Sequence[str]:
        return display.remark(number(x)), number(x)

    def cell(write: Callable[[str], Cell], versions: Sequence[str]) -> Cell:
        return fitted(write, *map(minus, versions))

    words, term, n = chain.words, chain.names[samples.terms[chain.sample]], len(samples.terms)
    columns = list(samples.row(chain.sample, term))[-MAX_COLUMNS:]
    last = [words("contribution", derivative=rule.derivative.symbol) for rule in rules]
    yield [faint(words("sample_number")), *map(faint, columns), *map(faint, last)]
    sizes = [max((abs(rule.contributions[k]) for rule in rules), default=0.0) for k in range(n)]
    listed = sorted(range(n), key=lambda k: (k != chain.sample, -sizes[k], k))[: MAX_ROWS + 1]
    for k in sorted(listed):
        row, write = samples.row(k, term), bold if k == chain.sample else text
        numbers = [value(row[name]) if name in row else [""] for name in columns]
        parts = [part(rule.contributions[k]) for rule in rules]
        yield [write(f"{k + 1:,}"), *(cell(write, versions) for versions in [*numbers, *parts])]
    gap = [None] * len(columns)
    if n > len(listed):
        rest = [part(sum(c for k, c in enumerate(rule.contributions) if k not in listed)) for rule in rules]
        yield [faint(words("more", count=f"{n - len(listed):,}")), *gap, *(cell(text, x) for x in rest)]
    if rules:
        totals = [cell(partial(bold, color=GRADIENT), part(sum(rule.contributions))) for rule in rules]
        yield [text(words("sum_of_contributions", count=f"{n:,}")), *gap, *totals]


def _note(chain: Chain, rule: Rule, write: Write) -> Iterator[Cell]:
    assert chain.wrt is not None
    note = gradient_note(rule.derivative.bottom, chain.wrt, rule.derivative.slope, rule.words, write)
    if note:
        yield faint(signs(note))
