"""The chain rule in words and numbers, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isclose, prod

from autograd.core.value import Value
from autograd.explaining.chain import Chain
from autograd.explaining.chain_rule import Rule, Term
from autograd.explaining.paths import Step
from autograd.explaining.words import ENGLISH, Words
from autograd.formula.typesetting import factor, number

__all__ = [
    "equals",
    "factors",
    "gradient_note",
    "joined",
    "product_line",
    "rule_lines",
    "same",
    "step_parts",
    "summands",
]

MAX_FACTORS = 12
"""Maximum number of factors or summands that are written out."""


def rule_lines(rule: Rule, write: Callable[[str], str] = str) -> Iterator[str]:
    """The chain rule, one line per term and the total below; numbers are written by `write`."""
    terms, words = rule.sum.terms, rule.words
    rows = [product_line(term, write) for term in terms]
    if rule.sum.is_single:
        yield f"{rule.derivative.symbol} = {rows[0]}"
        return
    yield words("sum_over", derivative=rule.derivative.symbol, terms=rule.sum.over)
    width = max(len(term.head) for term in terms) + 1
    for term, row in zip(terms, rows, strict=True):
        yield f"{term.head + ':':{width}}  {row}" if term.head else f"  {row}"
    if rule.sum.left_out:
        yield "  " + words("left_out", count=f"{rule.sum.left_out:,}", sum=write(number(rule.sum.rest)))
    numbers, total = summands(rule), number(rule.derivative.slope)
    yield f"{words('total')}:  {joined(' + ', map(write, numbers))} {equals(sum, numbers, total)} {write(total)}"


def product_line(term: Term, write: Callable[[str], str] = str) -> str:
    """The product in symbols and numbers: ``∂L/∂ŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6``."""
    symbols = joined(" · ", [f.symbol for f in term.factors])
    numbers, result = factors(term), number(term.product)
    if len(numbers) < 2:
        return " = ".join(filter(None, [symbols, write(result)]))
    return f"{symbols} = {joined(' · ', map(write, numbers))} {equals(prod, numbers, result)} {write(result)}"


def factors(term: Term) -> list[str]:
    """The numbers of a product."""
    return [factor(f.slope) for f in term.factors]


def summands(rule: Rule) -> list[str]:
    """The numbers that add up to the derivative."""
    return [factor(term.product) for term in rule.sum.terms] + [factor(rule.sum.rest)] * bool(rule.sum.left_out)


def equals(combine: Callable[[Iterable[float]], float], numbers: Sequence[str], result: str) -> str:
    """``=``, or ``≈`` if the numbers, rounded as they are shown, do not give the rounded result."""
    if not 1 < len(numbers) <= MAX_FACTORS:
        return "="
    return "=" if number(float(combine(float(text.strip("()")) for text in numbers))) == result else "≈"


def joined(between: str, terms: Iterable[str], ellipsis: str = "…") -> str:
    """Factors or summands in a row, without the middle ones if there are many."""
    terms = list(terms)
    if len(terms) > MAX_FACTORS:
        terms = [*terms[: MAX_FACTORS // 2], ellipsis, *terms[-MAX_FACTORS // 2 :]]
    return between.join(terms)


def step_parts(chain: Chain, step: Step, longest: int) -> list[str]:
    """The derivative of a step in symbols, as a formula of at most `longest` characters, and as a number."""
    slope = number(step.factor.slope)
    terms = chain.samples.terms if chain.samples else ()
    if terms and step.operand is terms[chain.sample] and isclose(step.factor.slope * len(terms), 1):
        text = f"1/{len(terms)}"  # for a mean
    else:
        formula = chain.formula(step)
        text = formula.written(chain.words.style) if formula and (not formula.is_number or "/" in formula.text) else ""
    formulas = [text] if text and text != slope and len(text) <= longest else []
    return [step.factor.symbol, *formulas, chain.words("at_kink", slope=slope) if chain.is_at_kink(step) else slope]


def same(grad: float, derivative: float) -> bool:
    """True if a gradient is this derivative, apart from rounding."""
    return isclose(grad, derivative, rel_tol=1e-6) or (grad != grad and derivative != derivative)


def gradient_note(
    name: str, wrt: Value, derivative: float, words: Words = ENGLISH, write: Callable[[str], str] = str
) -> str:
    """The reason why ``.grad`` of a value is not this derivative; empty if it is, or if there is no gradient.

    Numbers are written by `write`.
    """
    grad = wrt.grad
    if grad is None or same(grad, derivative):
        return ""
    times = grad / derivative if derivative else 0.0
    shown = {"name": name, "grad": write(number(grad))}
    if not wrt.edges and grad and times > 1.5 and isclose(times, round(times), rel_tol=1e-6):
        return words("grad_adds_up", **shown, times=round(times))
    if wrt.edges:
        return words("grad_of_another", **shown, derivative=write(number(derivative)))
    return words("grad_reset" if grad == 0 else "grad_of_all_passes", **shown, derivative=write(number(derivative)))
