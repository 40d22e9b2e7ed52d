"""The chain rule in words, numbers and LaTeX: how the derivative of one value by another comes about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from math import isclose, prod
from typing import TYPE_CHECKING

from autograd.core.graph import check_stale, newest_first
from autograd.core.value import Value
from autograd.explaining.chain import Chain, Factor, Step, Term, View
from autograd.explaining.latex import latex_name, latex_number
from autograd.explaining.samples import indexed
from autograd.formula.typesetting import columns, factor, number

if TYPE_CHECKING:
    from autograd.explaining.symbolic import Symbolic

__all__ = ["Explanation", "explain", "product_text", "rule_lines", "same", "step_texts"]

MAX_FACTORS = 12
"""Factors of a product, and summands of a sum, that are spelled out."""
MAX_STEPS = 20
"""Steps of all paths together that are told."""
MAX_FORMULA = 100
"""Characters of the longest formula of a step."""


def explain(root: Value, wrt: Value, view: View = "named") -> Explanation:
    r"""Explain the derivative of `root` by `wrt`: the chain rule along every path, in symbols and numbers.

    What comes back prints itself.  Values with a name are the stations of the paths; with ``view="full"`` all are.
    Several paths are told one by one and summed, more than four are gathered by their first step, and of a sum
    over samples each sample is a term.  `Explanation` has the parts, LaTeX and the closed form.

    Raises TypeError for what is no Value, ValueError for a `wrt` that `root` does not depend on, and
    `StaleGraphError` if a leaf was changed after the forward pass.

    >>> from autograd import Constant, Value
    >>> w, x, y = Value(0.5, "w"), Constant(2.0, "x"), Constant(1.5, "y")
    >>> y_hat = (w * x + 0.1).named("ŷ")
    >>> L = ((y_hat - y) ** 2).named("L")
    >>> print(explain(L, w))
    dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6
      L = (ŷ - y)²   ∂L/∂ŷ = 2·(ŷ - y) = -0.8
      ŷ = w·x + 0.1  ∂ŷ/∂w = x = 2.0
    dL/dw = 2·x·(w·x + 0.1 - y)
    >>> explain(L, y_hat).latex
    '\\frac{dL}{d\\hat{y}} = \\frac{\\partial L}{\\partial \\hat{y}} = -0.8'
    >>> explain(L, w).closed_form
    '2·x·(w·x + 0.1 - y)'
    """
    for value in (root, wrt):
        if type(value) is not Value:
            raise TypeError(f"explain takes two Values, as in explain(L, w), not {value!r}")
    return Explanation(Chain(root, wrt, view))


class Explanation:
    """How the derivative of one value by another comes about.

    `value` is the derivative, `chain` the lines of the chain rule, `steps` the lines about its factors,
    `closed_form` the derivative as one formula of the leaves, `latex` the chain rule for KaTeX and MathJax, and
    `note` what there is to say about ``.grad``.
    """

    def __init__(self, chain: Chain) -> None:
        assert chain.wrt is not None
        check_stale(chain.nodes)
        self._chain, self.root, self.wrt = chain, chain.root, chain.wrt
        self._top, self._bottom = chain.names[chain.root], chain.names[chain.wrt]

    def __str__(self) -> str:
        closed = [f"{self._chain.total(self.wrt)} = {self.closed_form}"] if self.closed_form else []
        return "\n".join([*self.chain, *self.steps, *closed, *([self.note] if self.note else [])])

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"

    @cached_property
    def value(self) -> float:
        """The derivative."""
        return self._chain.derivative

    @cached_property
    def chain(self) -> list[str]:
        """The chain rule, line by line: along each path, and the sum over the paths."""
        return list(rule_lines(self._chain))

    @cached_property
    def steps(self) -> list[str]:
        """The factors, line by line: each expression, and its derivatives as formulas and numbers; if they are few."""
        chain, names = self._chain, self._chain.names
        steps = [step for value in reversed(chain.values) for step in chain.ways(value)]
        if len(steps) > MAX_STEPS:
            return []
        left = [f"{names[step.value]} = {chain.written(step.value)}" for step in steps]
        right = [" = ".join(step_texts(chain, step, MAX_FORMULA)) for step in steps]
        return list(columns(list(zip(left, right, strict=True)), "  ")) if steps else []

    @cached_property
    def closed_form(self) -> str | None:
        """The derivative as one formula of the leaves; None where there is none that is readable and true.

        Over samples it is a sum: ``(1/4)·Σ 2·x·(w·x + b - y)``, with the data of each in turn.
        """
        chain = self._chain
        if not chain.contributions:
            formula = self._formula(self.root, self.value)
            return formula.text if formula else None
        assert chain.samples
        terms = chain.samples.terms
        weights = self.root.gradients(terms)
        formula = self._formula(terms[chain.sample], terms[chain.sample].gradients([self.wrt])[0])
        is_sum = (
            self._is_linear(chain.samples.total)
            and isclose(sum(chain.contributions), self.value, rel_tol=1e-9)
            and len(set(weights)) == 1
        )
        text = self._for_all_samples(formula, weights[0]) if formula and is_sum else ""
        if not text:
            return None
        n, weight = len(terms), weights[0]
        before = "" if weight == 1 else f"(1/{n})·" if isclose(weight * n, 1) else f"{factor(weight)}·"
        return f"{before}Σ {text}"

    def _is_linear(self, total: Value) -> bool:
        """Whether the root is made of the sum over samples by additions and constant factors alone."""
        above = {total}
        for node in reversed(self._chain.nodes):
            within = [operand for operand, _ in node.edges if operand in above]
            if not within:
                continue
            op = node.op.name
            scaled = op in ("mul", "truediv") and len(node.edges) == 1 and node.args[0] is within[0]
            scaled = scaled or (op == "mul" and len(node.edges) == 1)
            if not (scaled or op in ("add", "sub", "neg", "pos", "sum", "mean")):
                return False
            above.add(node)
        return True

    def _for_all_samples(self, formula: Symbolic, weight: float) -> str:
        """The formula of one sample, if it is that of all with their own data; names lose indices that differ."""
        chain, samples = self._chain, self._chain.samples
        assert samples
        slopes = [contribution / weight for contribution in chain.contributions] if weight else []
        size = max(map(abs, slopes), default=0.0)
        stems: dict[str, str] = {}
        for k, slope in enumerate(slopes):
            data = samples.matched(chain.sample, k)
            if not formula.gives_for(data, slope, 1e-9 * size):
                return ""
            stems |= {label: indexed(label)[0] for (label, _), x in data.items() if x.label != label}
        return formula.renamed(stems) if slopes else ""

    def _formula(self, root: Value, slope: float) -> Symbolic | None:
        """The derivative of a value by `wrt` as a formula of the leaves."""
        from autograd.explaining.symbolic import slope_formulas

        names = {v: name for v, name in self._chain.names.items() if v is self.wrt or v.is_leaf}
        nodes = [node for node in newest_first(root) if node is not self.wrt]
        formula = slope_formulas(nodes, names).get(self.wrt) if nodes and nodes[0] is root else None
        return formula if formula and formula.gives(slope) else None

    @cached_property
    def latex(self) -> str:
        """The chain rule in LaTeX: one line for one path, else an ``aligned`` environment with a line for each term."""
        rule = self._chain.rule
        total = _fraction(Factor(self._top, self._bottom, self.value, is_total=True))
        products = [_joined(r" \cdot ", [_fraction(f) for f in term.factors], r"\cdots") for term in rule.terms]
        numbers = [_joined(r" \cdot ", _latex_factors(term), r"\cdots") for term in rule.terms]
        if rule.is_single:
            shown = [total, *products, *(numbers if len(rule.terms[0].factors) > 1 else [])]
            equals = _equals(prod, _factors(rule.terms[0]), number(self.value)).replace("≈", r"\approx")
            return " = ".join(filter(None, shown)) + f" {equals} {latex_number(number(self.value))}"
        summands = [factor(term.product) for term in rule.terms]
        if rule.left_out:
            summands.append(factor(rule.rest))
            numbers.append(latex_number(summands[-1]))
        if rule.samples:  # in symbols they are all the same
            products[: rule.samples] = [rf"\sum_{{\text{{samples}}}} {products[0]}"]
        rows = [f"{total} &= {products[0]}", *(rf"&\quad + {product}" for product in products[1:])]
        sums = [_joined(" + ", texts, r"\cdots") for texts in (numbers, list(map(latex_number, summands)))]
        rows += [f"&= {total}" for total in dict.fromkeys(sums)]
        equals = _equals(sum, summands, number(self.value)).replace("≈", r"\approx")
        rows += [f"&{equals} {latex_number(number(self.value))}"]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    @cached_property
    def note(self) -> str:
        """What ``.grad`` holds, if it is another number; else nothing."""
        grad, value = self.wrt.grad, self.value
        if grad is None or same(grad, value):
            return ""
        times = grad / value if value else 0.0
        if self.wrt.edges:
            why = f"not {number(value)}: it was left by backward() of another result"
        elif grad == 0:
            why = f"not {number(value)}: no backward pass has added to it since it was reset"
        elif times > 1.5 and isclose(times, round(times), rel_tol=1e-6):
            why = f"{round(times)} times that: gradients add up from one backward() to the next, "
            why += "until they are reset (zero_grad)"
        else:
            why = f"not {number(value)}: it is the sum over all backward passes since it was last reset"
        return f"{self._bottom}.grad is {number(grad)}, {why}."


def same(grad: float, derivative: float) -> bool:
    """Whether a gradient is this derivative, but for rounding."""
    return isclose(grad, derivative, rel_tol=1e-6) or (grad != grad and derivative != derivative)


def rule_lines(chain: Chain, shown: Callable[[str], str] = str) -> Iterator[str]:
    """The chain rule along each path, in symbols and numbers (these as `shown`), and the sum over the paths."""
    rule = chain.rule
    total = chain.total(chain.wrt) if chain.wrt is not None else ""
    rows = [product_text(term, shown) for term in rule.terms]
    if rule.is_single:
        yield f"{total} = {rows[0]}"
        return
    yield f"{total} = sum over {rule.what}"
    width = max(len(term.head) for term in rule.terms) + 1
    for term, row in zip(rule.terms, rows, strict=True):
        yield f"{term.head + ':':{width}}  {row}" if term.head else f"  {row}"
    summands = [factor(term.product) for term in rule.terms]
    if rule.left_out:
        yield f"  … and {rule.left_out:,} more, together {shown(number(rule.rest))}"
        summands.append(factor(rule.rest))
    value = number(chain.derivative)
    terms = _joined(" + ", [shown(text) for text in summands])
    yield f"total:  {terms} {_equals(sum, summands, value)} {shown(value)}"


def step_texts(chain: Chain, step: Step, longest: int) -> list[str]:
    """A step in symbols, as a formula of at most so many characters, where there is one, and as a number."""
    slope = number(step.factor.slope)
    terms = chain.samples.terms if chain.samples else ()
    if terms and step.operand is terms[chain.sample] and isclose(step.factor.slope * len(terms), 1):
        text = f"1/{len(terms)}"  # of a mean
    else:
        formula = chain.formula(step)
        text = formula.text if formula and (not formula.is_number or "/" in formula.text) else ""
    shown = [text] if text and text != slope and len(text) <= longest else []
    return [step.factor.symbol, *shown, slope + " (at a kink)" * chain.is_at_kink(step)]


def product_text(term: Term, shown: Callable[[str], str]) -> str:
    """The product in symbols and numbers: ``∂L/∂ŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6``."""
    symbols = _joined(" · ", [f.symbol for f in term.factors])
    numbers, result = _factors(term), number(term.product)
    if len(numbers) < 2:
        return " = ".join(filter(None, [symbols, shown(result)]))
    factors = _joined(" · ", [shown(text) for text in numbers])
    return f"{symbols} = {factors} {_equals(prod, numbers, result)} {shown(result)}"


def _factors(term: Term) -> list[str]:
    return [factor(f.slope) for f in term.factors]


def _latex_factors(term: Term) -> list[str]:
    return [latex_number(text) for text in _factors(term)]


def _equals(combine: Callable[[Iterable[float]], float], texts: Sequence[str], result: str) -> str:
    """``=``, or ``≈`` where the numbers as they are written do not give the result as it is written."""
    if not 1 < len(texts) <= MAX_FACTORS:
        return "="
    return "=" if number(float(combine(float(text.strip("()")) for text in texts))) == result else "≈"


def _joined(between: str, terms: Sequence[str], ellipsis: str = "…") -> str:
    """Factors or summands in a row, the middle ones left out if there are many."""
    if len(terms) > MAX_FACTORS:
        terms = [*terms[: MAX_FACTORS // 2], ellipsis, *terms[-MAX_FACTORS // 2 :]]
    return between.join(terms)


def _fraction(f: Factor) -> str:
    d = "d" if f.is_total else r"\partial "
    which = rf"\,\text{{{f.which.strip()}}}" if f.which else ""
    return rf"\frac{{{d}{latex_name(f.top)}}}{{{d}{latex_name(f.bottom)}}}{which}"
