"""Formulas as JavaScript: what the interactive page computes with is the table itself.

One more algebra over the language of formulas.  Names are replaced by position, since a user may call an operand
``var`` or ``new``; numbers follow IEEE 754, as JavaScript's do, so an undefined result is nan and never an error.

The results are the same bits as those of Python wherever IEEE 754 defines them: arithmetic, square roots, comparisons,
``maximum``, ``where``, ``%``, ``//``.  For ``exp``, ``log``, ``sin`` and their kin they may differ in the last digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autograd.formula.algebra import interpret
from autograd.formula.language import DERIVED, Formula, FormulaError

__all__ = ["definitions", "expression", "function"]

_FUNCTIONS = {"**": "power", "%": "remainder", "//": "floorDivide"}
_SIGNS = {"==": "===", "!=": "!==", "and": "&&", "or": "||"}


class _JavaScript:
    """Formulas as JavaScript expressions, with their variables `renamed`; ``sum`` runs over the `terms`.

    The functions that they `called` are those of ``f``, the object in ``functions.js``.
    """

    def __init__(self, renamed: Mapping[str, str], terms: Sequence[str]) -> None:
        self.renamed, self.terms = renamed, [renamed[term] for term in terms]
        self.called: dict[str, None] = {}

    def number(self, value: float) -> str:
        return repr(float(value))

    def name(self, word: str) -> str:
        return "Math.PI" if word == "pi" else self.renamed[word]

    def unary(self, sign: str, x: str) -> str:
        return f"({sign}{x})"

    def binary(self, sign: str, x: str, y: str) -> str:
        return self.call(_FUNCTIONS[sign], [x, y]) if sign in _FUNCTIONS else f"({x} {sign} {y})"

    def comparison(self, sign: str, x: str, y: str) -> str:
        return f"({x} {_SIGNS.get(sign, sign)} {y})"

    logical = comparison

    def call(self, function: str, operands: Sequence[str]) -> str:
        if function == "where":
            condition, x, y = operands
            return f"({condition} ? {x} : {y})"
        self.called[function] = None
        rows = ", ".join(self.terms)
        return (
            f"f.sum([{rows}], ({rows}) => {operands[0]})"
            if function == "sum"
            else f"f.{function}({', '.join(operands)})"
        )


def expression(formula: Formula, renamed: Mapping[str, str]) -> str:
    """A formula as a JavaScript expression, with `renamed` for its variables.

    Raises FormulaError for a formula that calls a Python function.

    >>> expression(Formula("1 / cosh(x) ** 2", ("x",)), {"x": "a"})
    '(1.0 / f.power(f.cosh(a), 2.0))'
    """
    return _written(formula, renamed)[0]


def function(formula: Formula) -> str:
    """A formula as a JavaScript function of its variables, which are called a, b, c ... there.

    >>> function(Formula("sum(x * y)", ("x", "y", "n"), terms=("x", "y")))
    '(a, b, c) => f.sum([a, b], (a, b) => (a * b))'
    """
    letters = dict(zip(formula.names, "abcdeghijklmnopqrstuvwxyz", strict=False))  # f is taken
    return f"({', '.join(letters.values())}) => {expression(formula, letters)}"


def definitions(formulas: Iterable[Formula]) -> str:
    """The functions of JavaScript that these formulas call, and those that these call in turn.

    >>> print(definitions([Formula("relu(x) + exp(x)", ("x",))]).splitlines()[-1])
    f.relu = (a) => f.maximum(a, 0.0);
    """
    todo = list(formulas)
    derived: dict[str, str] = {}
    for formula in todo:  # grows while it is read
        for name in _written(formula, dict.fromkeys(formula.names, ""))[1]:
            if name in DERIVED and name not in derived:
                derived[name] = f"f.{name} = {function(DERIVED[name])};\n"
                todo.append(DERIVED[name])
    return (Path(__file__).parent / "functions.js").read_text(encoding="utf-8") + "".join(derived.values())


def _written(formula: Formula, renamed: Mapping[str, str]) -> tuple[str, Iterable[str]]:
    """The expression, and the functions that it calls."""
    if formula.functions:
        names = ", ".join(name for name, _ in formula.functions)
        raise FormulaError(f"{names} is a Python function, which a page cannot call: write it as a formula")
    algebra = _JavaScript(renamed, formula.terms)
    return interpret(formula.tree, algebra), algebra.called
