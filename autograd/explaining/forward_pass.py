"""The forward pass, line by line: each named value in symbols, with its numbers, and its result."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from autograd.core.value import Value
from autograd.explaining.chain import Chain
from autograd.explaining.latex import LATEX, latex_name, latex_number, latex_sign
from autograd.extensions.expressions import expression, folded
from autograd.formula.systems import FLOATS
from autograd.formula.typesetting import Style, number

__all__ = ["ForwardPass"]


class ForwardPass:
    """The named values of a chain, oldest first, as `lines` of text and in `latex`; it prints itself.

    >>> w, x = Value(0.5, "w"), Value(2.0, "x")
    >>> h = (w * x + 0.1).named("h")
    >>> print(ForwardPass(Chain((h ** 2).named("L"))))
    h = w·x + 0.1 = 0.5·2.0 + 0.1 = 1.1
    L = h² = 1.1² = 1.21
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def __str__(self) -> str:
        return "\n".join(self.lines)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"

    @cached_property
    def lines(self) -> list[str]:
        """A line for each value: ``ŷ = w·x + b = 0.5·2.0 + 0.1 = 1.1``; above them, the sample if there are several."""
        chain, words = self._chain, self._chain.words
        lines = []
        if chain.samples:
            lines.append(words("one_of_samples", i=f"{chain.sample + 1}", count=f"{len(chain.samples.terms):,}") + ":")
        return [*lines, *(self.line(value) for value in chain.values if not value.is_leaf)]

    def line(self, value: Value) -> str:
        """The line of one value that was computed."""
        name, symbols, numbers, sign, result = self._row(value, self._chain.words.style)
        return f"{name} = {symbols} = {numbers} {sign} {result}"

    @cached_property
    def latex(self) -> str:
        """The values in LaTeX, for KaTeX and MathJax: in an ``aligned`` environment if there are several."""
        rows = [
            (latex_name(name), rf"= {symbols} = {numbers} {latex_sign(sign)} {latex_number(result)}")
            for name, symbols, numbers, sign, result in (
                self._row(value, LATEX) for value in self._chain.values if not value.is_leaf
            )
        ]
        if len(rows) < 2:
            return "".join(f"{name} {row}" for name, row in rows)
        lines = " \\\\\n".join(f"{name} &{row}" for name, row in rows)
        return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"

    def _row(self, value: Value, style: Style) -> tuple[str, str, str, str, str]:
        """The name of a value, its expression in symbols and in numbers, ``=`` or ``≈``, and its number."""
        chain = self._chain
        numbers = expression(value, numbers=True, names=chain.names, style=style)
        return chain.names[value], chain.written(value, style), numbers, self._equals(value), number(value.data)

    def _equals(self, value: Value) -> str:
        """``=``, or ``≈`` if the numbers, rounded as they are shown, do not give the rounded result."""
        names = self._chain.names
        if "…" in expression(value, numbers=True, names=names):
            return "="
        results: dict[Any, Any] = {}
        try:
            for node in reversed(folded(value, names)):
                operands = [results[x] if type(x) is Value and x in results else _rounded(x) for x in node.args]
                results[node] = node.op.value.over(FLOATS)(*node.op.arguments(operands))
            return "=" if number(results[value]) == number(value.data) else "≈"
        except (ArithmeticError, ValueError):  # as for the logarithm of a number that is rounded to zero
            return "≈"


def _rounded(operand: Any) -> Any:
    """The number of an operand as it is shown."""
    if isinstance(operand, bool):
        return operand
    return float(number(float(operand.data if type(operand) is Value else operand)))
