"""Explanations of the derivatives of one value with respect to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import overload

from autograd.core.graph import check_stale
from autograd.core.value import Value
from autograd.explaining.chain import Chain, View, as_values
from autograd.explaining.chain_rule import chain_rule
from autograd.explaining.chain_rule_latex import rule_latex
from autograd.explaining.closed_form import closed_form
from autograd.explaining.forward_pass import ForwardPass
from autograd.explaining.wording import gradient_note, rule_lines, step_parts
from autograd.explaining.words import Words
from autograd.formula.typesetting import columns

__all__ = ["Explanation", "Explanations", "explain"]

MAX_STEPS = 20
"""Maximum number of steps, over all paths, that are explained."""
MAX_FORMULA = 100
"""Maximum length of the formula of a step, in characters."""


@overload
def explain(root: Value, wrt: Value, view: View = ..., language: str | Mapping[str, str] = ...) -> Explanation: ...
@overload
def explain(
    root: Value, wrt: Sequence[Value] | None = ..., view: View = ..., language: str | Mapping[str, str] = ...
) -> Explanations: ...
def explain(
    root: Value,
    wrt: Value | Sequence[Value] | None = None,
    view: View = "named",
    language: str | Mapping[str, str] = "en",
) -> Explanation | Explanations:
    r"""Explain the derivative of `root` with respect to `wrt`: the chain rule along every path, in symbols and numbers.

    The result prints itself.  Paths lead from one named value to the next; with ``view="full"``, through every value.
    Several paths are written out and summed, more than four are grouped by their first step, and in a sum over
    samples each sample is a term.  `Explanation` has the parts, LaTeX and the closed form.

    With several `wrt`, or without any for all leaves, the forward pass comes first: the result is `Explanations`.
    `language` is that of the words, as for `draw`.

    Raises TypeError for arguments that are not Values, ValueError for a `wrt` that `root` does not depend on and for an
    unknown `language`, and `StaleGraphError` if a leaf was changed after the forward pass.

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
    >>> print(explain(L).forward)
    ŷ = w·x + 0.1 = 0.5·2.0 + 0.1 = 1.1
    L = (ŷ - y)² = (1.1 - 1.5)² = 0.16
    """
    values, words = as_values("explain", root, wrt), Words(language)
    if isinstance(wrt, Value):
        return Explanation(Chain(root, wrt, view, words=words))
    if wrt is None:
        values = [value for value in Chain(root, view=view).values if value.is_leaf]
    return Explanations(Chain(root, values, view, words=words))


class Explanation:
    """The derivative of one value with respect to another, in numbers, words and LaTeX.

    `value` is the derivative, `chain` the lines of the chain rule, `steps` the lines about its factors,
    `closed_form` the derivative as one formula of the leaves, `latex` the chain rule for KaTeX and MathJax, and
    `note` the reason if ``.grad`` is another number.
    """

    def __init__(self, chain: Chain) -> None:
        assert chain.wrt is not None
        check_stale(chain.nodes)
        self._chain, self._rule = chain, chain_rule(chain)
        self.root, self.wrt = chain.root, chain.wrt

    def __str__(self) -> str:
        closed = [f"{self._rule.derivative.symbol} = {self.closed_form}"] if self.closed_form else []
        return "\n".join([*self.chain, *self.steps, *closed, *([self.note] if self.note else [])])

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"

    @property
    def value(self) -> float:
        """The derivative."""
        return self._rule.derivative.slope

    @cached_property
    def chain(self) -> list[str]:
        """The chain rule, line by line: along each path, and the sum over the paths."""
        return list(rule_lines(self._rule))

    @cached_property
    def steps(self) -> list[str]:
        """The factors, line by line: each expression, and its derivatives as formulas and numbers; if they are few."""
        chain, names = self._chain, self._chain.names
        steps = [step for value in reversed(chain.values) for step in chain.paths.steps_to(value)]
        if not 0 < len(steps) <= MAX_STEPS:
            return []
        rows = [
            (f"{names[step.value]} = {chain.written(step.value)}", " = ".join(step_parts(chain, step, MAX_FORMULA)))
            for step in steps
        ]
        return list(columns(rows, "  "))

    @cached_property
    def closed_form(self) -> str | None:
        """The derivative as one formula of the leaves; None unless it is readable and right.

        Over samples it is a sum: ``(1/4)·Σ 2·x·(w·x + b - y)``, with the data of each in turn.
        """
        return closed_form(self._chain, self._rule)

    @cached_property
    def latex(self) -> str:
        """The chain rule in LaTeX: one line for one path, else an ``aligned`` environment with a line for each term."""
        return rule_latex(self._rule)

    @property
    def note(self) -> str:
        """The reason if ``.grad`` is not the derivative; else empty."""
        return gradient_note(self._chain.names[self.wrt], self.wrt, self.value, self._chain.words)


class Explanations(Sequence[Explanation]):
    """The forward pass, and the derivatives of one value with respect to several others: a sequence of `Explanation`.

    `forward` is the forward pass, with its `lines` and its `latex`; `latex` has the derivatives too.
    """

    def __init__(self, chain: Chain) -> None:
        check_stale(chain.nodes)
        self.root, self.forward = chain.root, ForwardPass(chain)
        self._explanations = [Explanation(one) for one in chain.each]

    @overload
    def __getitem__(self, i: int) -> Explanation: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[Explanation]: ...
    def __getitem__(self, i: int | slice) -> Explanation | Sequence[Explanation]:
        return self._explanations[i]

    def __len__(self) -> int:
        return len(self._explanations)

    def __str__(self) -> str:
        return "\n\n".join(filter(None, map(str, (self.forward, *self))))

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"

    @cached_property
    def latex(self) -> str:
        """The forward pass and the chain rule for each value in LaTeX, one below the other."""
        parts = filter(None, (self.forward.latex, *(explanation.latex for explanation in self)))
        return "\\begin{gathered}\n" + " \\\\[1em]\n".join(parts) + "\n\\end{gathered}"
