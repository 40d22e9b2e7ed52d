"""The forward pass, line by line: each named value in symbols, with its numbers, and its result."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from autograd.core.value import Value
from autograd.explaining.chain import Chain
from autograd.explaining.latex import latex_name, latex_number, latex_sign
from autograd.explaining.words import ENGLISH, Words
from autograd.extensions.expressions import expression, folded
from autograd.extensions.residues import residues
from autograd.formula.systems import FLOATS
from autograd.formula.typesetting import Style, number

__all__ = ["ForwardPass", "marked"]


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
        words = self._chain.words
        name, symbols, numbers, sign, result = self._row(value, words.style)
        return f"{name} = {symbols} = {numbers} {sign} {marked(result, value in self._residues, words)}"

    @cached_property
    def latex(self) -> str:
        """The values in LaTeX, for KaTeX and MathJax: in an ``aligned`` environment if there are several."""
        rows = [
            (latex_name(name), rf"= {symbols} = {numbers} {latex_sign(sign)} {latex_number(result)}{zero}")
            for name, symbols, numbers, sign, result, zero in (
                (*self._row(value, self._chain.words.latex), r" \approx 0" if value in self._residues else "")
                for value in self._chain.values
                if not value.is_leaf
            )
        ]
        if len(rows) < 2:
            return "".join(f"{name} {row}" for name, row in rows)
        lines = " \\\\\n".join(f"{name} &{row}" for name, row in rows)
        return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"

    @cached_property
    def _residues(self) -> set[Value]:
        return residues(self._chain.root)

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


def marked(written: str, is_zero: bool, words: Words = ENGLISH) -> str:
    """A result as it is `written`, which says so if it `is_zero` apart from rounding, as `residues` finds out.

    >>> marked("h = 0.25", False), marked("h = 5.6e-17", True)
    ('h = 0.25', 'h = 5.6e-17, zero apart from rounding')
    """
    return words("zero_apart_from_rounding", number=written) if is_zero else written


def _rounded(operand: Any) -> Any:
    """The number of an operand as it is shown."""
    if isinstance(operand, bool):
        return operand
    return float(number(float(operand.data if type(operand) is Value else operand)))
