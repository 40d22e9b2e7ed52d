"""The words for each step of both passes: a sentence, and the formulas of the step in symbols and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from autograd.core.value import Value
from autograd.drawing.course import Course, End, Seed, Start
from autograd.drawing.layout import Arrow, General
from autograd.drawing.walkthrough import Backward, Forward
from autograd.explaining.forward_pass import ForwardPass
from autograd.formula.typesetting import derivative, factor, number

__all__ = ["said"]

MAX_TERMS = 4
"""Maximum number of derivatives, or of products, that are written out."""


def said(course: Course, at: int) -> list[str]:
    """The lines about the step at a position: a sentence, then formulas.

    >>> from autograd.drawing.layout import Layout
    >>> from autograd.explaining.chain import Chain
    >>> w = Value(0.5, "w")
    >>> course = Course(Layout(Chain((w * 2.0).named("h") ** 3)))
    >>> said(course, 5)
    ['Backward, from h to w: multiply by the local derivative.', 'dz/dw = dz/dh · ∂h/∂w = 3.0 · 2.0 = 6.0']
    """
    chain = course.chain
    match course.steps[at]:
        case Start():
            return [chain.words("page.step_start")]
        case Forward(box):
            return [
                chain.words("page.step_forward", name=box.title),
                ForwardPass(chain).line(_example(course, box.members)),
            ]
        case Seed(box):
            return [chain.words("page.step_seed", name=box.title), f"{chain.total(chain.root)} = 1"]
        case Backward(arrow):
            return _backward(course, arrow)
        case End():
            return [chain.words("page.step_all"), _results(course)]


def _results(course: Course) -> str:
    """``dL/dw = -1.6,  dL/db = -0.8``."""
    chain = course.chain
    parameters = [value for value in chain.values if value.is_leaf]
    shown = [f"{chain.total(x)} = {number(course.derivatives[x])}" for x in parameters[:MAX_TERMS]]
    return ",  ".join([*shown, *["…"] * (len(parameters) > MAX_TERMS)])


def _backward(course: Course, arrow: Arrow) -> list[str]:
    """``dL/dw = dL/dR · ∂R/∂w + dL/dŷ · ∂ŷ/∂w = 0.1 + (-0.8) · 2.0 = -1.5``: what came before, and one more arrow."""
    chain, x = course.chain, _example(course, [step.operand for step in arrow.steps])
    arrows = course.leaving(x)
    *before, _ = known = arrows[: arrows.index(arrow) + 1]
    is_last, more = len(known) == len(arrows), "" if len(known) == len(arrows) else " + …"
    result = number(course.derivatives[x] if is_last else course.added(known, x))
    total = derivative(chain.names[chain.root], General(arrow).bottom)
    symbols = f"{total} = {' + '.join(_symbols(course, each, x) for each in known)}{more}"
    numbers = f"{_numbers(course, before, arrow, x, more, result)} {result}{more}"
    titles = {"from": arrow.target.title, "to": arrow.source.title}
    n = len(chain.samples.terms) if chain.samples else 1
    sentence = chain.words(_key(course, arrow, is_first=not before, is_last=is_last), **titles, n=f"{n:,}")
    if arrow.source.is_group:  # letters for indices, then the numbers of one member
        return [sentence, symbols, f"{chain.total(x)} = {numbers}"]
    return [sentence, f"{symbols} = {numbers}"]


def _numbers(course: Course, before: Sequence[Arrow], arrow: Arrow, x: Value, more: str, result: str) -> str:
    """``0.1 + (-0.8) · 2.0 =``: the sums along the arrows before, the products along one more, and ``=`` or ``≈``."""
    products = course.products(arrow, x)
    is_single, is_cut = len(products) == 1, len(products) > MAX_TERMS
    terms = [[factor(course.added([each], x))] for each in before]
    terms += [[factor(up), factor(local)] if is_single else [factor(up * local)] for up, local in products[:MAX_TERMS]]
    written = " + ".join([*map(" · ".join, terms), *["…"] * is_cut])
    sums_up = is_cut or number(sum(prod(float(text.strip("()")) for text in term) for term in terms)) == result
    return f"{written}{more} {'=' if sums_up else '≈'}"


def _example(course: Course, values: Sequence[Value]) -> Value:
    """The one of several values whose numbers are shown: that with the largest derivative, which its box lists."""
    return max(values, key=lambda x: abs(course.derivatives[x]))


def _key(course: Course, arrow: Arrow, is_first: bool, is_last: bool) -> str:
    """The key of the sentence about a backward step."""
    if not is_first:
        return "page.step_backward_again"
    if len(course.in_all_samples(arrow.steps[0])) > 1:
        return "page.step_backward_samples"
    return "page.step_backward" if is_last else "page.step_backward_first"


def _symbols(course: Course, arrow: Arrow, x: Value) -> str:
    """``dL/dŷ · ∂ŷ/∂w``, with a sum sign if it stands for several products."""
    general = General(arrow)
    is_general = arrow.source.is_group or arrow.target.is_group
    symbol = general.symbol if is_general else arrow.steps[0].factor.symbol
    sign = "Σ " if len(course.products(arrow, x)) > 1 else ""
    return f"{sign}{derivative(course.chain.names[course.chain.root], general.top)} · {symbol}"
