"""The chain rule in LaTeX, for KaTeX and MathJax."""

from __future__ import annotations

from math import prod

from autograd.explaining.chain_rule import Rule, Term
from autograd.explaining.latex import latex_name, latex_number, latex_sign
from autograd.explaining.paths import Factor
from autograd.explaining.wording import equals, factors, joined, summands
from autograd.formula.typesetting import number

__all__ = ["rule_latex"]


def rule_latex(rule: Rule) -> str:
    """The rule on one line if it has one term, else as an ``aligned`` environment with one line per term."""
    terms, symbol, total = rule.sum.terms, _fraction(rule.derivative), number(rule.derivative.slope)
    value = latex_number(total)
    products = [joined(r" \cdot ", map(_fraction, term.factors), r"\cdots") for term in terms]
    numbers = [joined(r" \cdot ", _numbers(term), r"\cdots") for term in terms]
    if rule.sum.is_single:
        sign = latex_sign(equals(prod, factors(terms[0]), total))
        parts = [symbol, *products, *(numbers if len(terms[0].factors) > 1 else [])]
        return f"{' = '.join(filter(None, parts))} {sign} {value}"
    added = summands(rule)
    numbers += [latex_number(text) for text in added[len(terms) :]]  # what is left out
    if rule.samples:  # in symbols they are all the same
        products[: rule.samples] = [rf"\sum_{{\text{{{rule.words('all_samples')}}}}} {products[0]}"]
    rows = [f"{symbol} &= {products[0]}", *(rf"&\quad + {product}" for product in products[1:])]
    sums = [joined(" + ", row, r"\cdots") for row in (numbers, map(latex_number, added))]
    rows += [f"&= {row}" for row in dict.fromkeys(sums)]
    rows += [f"&{latex_sign(equals(sum, added, total))} {value}"]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _numbers(term: Term) -> list[str]:
    return [latex_number(text) for text in factors(term)]


def _fraction(f: Factor) -> str:
    d = "d" if f.is_total else r"\partial "
    which = rf"\,\text{{{f.which.strip()}}}" if f.which else ""
    return rf"\frac{{{d}{latex_name(f.top)}}}{{{d}{latex_name(f.bottom)}}}{which}"
