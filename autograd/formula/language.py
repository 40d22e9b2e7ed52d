"""Formulas: one line of calculus as a string, turned into a function over any kind of number.

The table of derivatives (`autograd.core.table`) is written the way a calculus book prints it:
``"1 / cosh(x) ** 2"``.  A `Formula` parses such a line with Python's own `ast`, rejects everything that is not plain
mathematics, and is compiled for any *number system*: Python floats, NumPy arrays, 50-digit mpmath numbers, SymPy
symbols, Values.

Only checked formulas are ever compiled: numbers, the declared names, ``+ - * / ** % //``, comparisons, ``and``,
``or``, and calls of the known functions.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from autograd.formula.algebra import SIGNS, is_condition
from autograd.formula.compiling import add_up, python_source
from autograd.formula.systems import FLOATS, PRIMITIVES, NumberSystem
from autograd.formula.typesetting import printable, shortened

__all__ = ["DERIVED", "Formula", "FormulaError", "UnknownNameError", "checked_name", "is_taken"]

MAX_LENGTH = 10_000
"""Maximum length of a formula, in characters."""

MAX_DEPTH = 100
"""Maximum nesting of operations; longer sums need an n-ary row."""

_HELPERS = frozenset(
    "pi sum zip number power remainder floor_divide divide logical_and logical_or equal not_equal".split()
)

DERIVED: dict[str, Formula] = {}
"""The functions that are formulas themselves (``sigmoid``, ``relu``, ...); filled by the table."""

_ADVICE: dict[type, str] = {
    ast.Attribute: "attribute access is not allowed",
    ast.Subscript: "subscripts are not allowed",
    ast.Lambda: "a lambda is not allowed",
    ast.IfExp: "'if ... else' is not allowed: write where(condition, a, b)",
    ast.Call: "only functions can be called, by their names; a product is written with *",
    ast.BitXor: "^ is not a power: write **",
    ast.Not: "'not' is not allowed: reverse the comparison",
    **dict.fromkeys((ast.BitAnd, ast.BitOr), "& and | are not allowed: write 'and', 'or'"),
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), "comprehensions are not allowed"),
    **dict.fromkeys((ast.List, ast.Tuple, ast.Set, ast.Dict), "only single numbers are allowed"),
}


_TYPOGRAPHY = str.maketrans(
    {"·": "*", "⋅": "*", "×": "*", "÷": "/", "−": "-", "≤": "<=", "≥": ">=", "≠": "!="}
    | {subscript: str(digit) for digit, subscript in enumerate("₀₁₂₃₄₅₆₇₈₉")}
)
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_POWER = re.compile(r"(?<![⁻⁰¹²³⁴⁵⁶⁷⁸⁹])⁻?+[⁰¹²³⁴⁵⁶⁷⁸⁹]++(?!⁻|[\w.]|\s*\*\*)")  # x²3 and x²**y are not notation
_SYNONYMS = {
    "ln": "log", "lg": "log10", "e": "exp(1)", "π": "pi", "max": "maximum", "min": "minimum", "sgn": "sign",
    "tg": "tan", "pow": "**", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "arctg": "arctan", "fabs": "abs",
}  # fmt: skip
"""Names used elsewhere, with their equivalents in formulas."""


class FormulaError(ValueError):
    """A formula is invalid; the message shows it and points to the error."""


class UnknownNameError(FormulaError):
    """A formula uses an undefined `name`."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Formula:
    """One checked line of mathematics, such as ``Formula("y * x ** (y - 1)", ("x", "y"))``.

    `names` are the variables it may use, in the order in which the compiled function takes them.
    Those listed in `terms` stand for sequences, and ``sum(...)`` runs over them in step.  `functions` are pairs of a
    name and a Python function of floats, which the formula may call; only floats and arrays of floats can then be used.
    Raises `FormulaError` at the first thing that is not allowed.

    >>> slope = Formula("1 / cosh(x) ** 2", ("x",))
    >>> round(slope.over(FLOATS)(0.5), 12)
    0.786447732966
    >>> Formula("x.real + 1", ("x",))
    Traceback (most recent call last):
        ...
    autograd.FormulaError: attribute access is not allowed
        x.real + 1
        ^^^^^^
    """

    text: str
    names: tuple[str, ...]
    terms: tuple[str, ...] = ()
    functions: tuple[tuple[str, Callable[..., float]], ...] = ()
    tree: ast.expr = field(init=False, repr=False, hash=False, compare=False)
    _cache: dict[Any, Any] = field(init=False, repr=False, hash=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise FormulaError(f"a formula is a string, such as 'x ** 2', not {shortened(repr(self.text))}")
        if len(self.text) > MAX_LENGTH:
            raise FormulaError(f"this formula has {len(self.text):,} characters; at most {MAX_LENGTH:,} are allowed")
        object.__setattr__(self, "text", " ".join(_typed(self.text).split()))
        object.__setattr__(self, "names", tuple(map(checked_name, self.names)))
        if len(set(self.names)) < len(self.names):
            raise FormulaError(f"two variables of the same name: {', '.join(map(shortened, self.names))}")
        if not self.text:
            raise FormulaError("the formula is empty")
        if "#" in self.text:
            raise self._error("comments are not allowed", self.text.index("#"), len(self.text))
        try:
            tree = ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            start = (error.offset or len(self.text) + 1) - 1
            factors = error.msg in ("invalid decimal literal", "invalid imaginary literal")
            what = "a product is written with *" if factors else f"this is not a formula: {error.msg}"
            raise self._error(what, start, start + 1) from None
        except (RecursionError, MemoryError):
            raise self._too_deep() from None
        except ValueError as error:  # characters that no source code can hold
            raise FormulaError(f"this is not a formula: {error}") from None
        self._check(tree, MAX_DEPTH)
        object.__setattr__(self, "tree", tree)

    def __reduce__(self) -> tuple[Any, ...]:
        return Formula, (self.text, self.names, self.terms, self.functions)  # checked again where it arrives

    def _check(self, node: ast.expr, depth: int) -> None:
        """Raise unless `node` and everything below it, `depth` levels at most, is on the whitelist."""
        if not depth:
            raise self._too_deep()
        match node:
            case ast.Constant(value=value):
                if type(value) not in (int, float):
                    raise self._error_at(node, f"{value!r} is not a real number")
                if not _fits(node):
                    raise self._error_at(node, "this number is too large for a float")
            case ast.Name(id=name):
                if name not in self.names and name != "pi":
                    if self._arity(name):
                        raise self._error_at(node, f"{name} is a function: write {name}(...)")
                    message = str(self._error_at(node, _unknown("name", name, [*self.names, "pi"])))
                    raise UnknownNameError(message, name)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in SIGNS:
                self._check(left, depth - 1)
                self._check(right, depth - 1)
                if isinstance(op, ast.Pow) and not _fits(node):
                    raise self._error_at(node, "this power of numbers is too large for a float")
            case ast.UnaryOp(op=op, operand=operand) if type(op) in SIGNS:
                self._check(operand, depth - 1)
            case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in SIGNS for op in ops):
                for part in (left, *others):
                    self._check(part, depth - 1)
            case ast.BoolOp(op=op, values=parts):
                for part in parts:
                    self._check(part, depth - 1)
                    if not (is_condition(part) or isinstance(part, ast.Name)):
                        word = type(op).__name__.lower()
                        raise self._error_at(part, f"'{word}' joins conditions, such as x > 0")
            case ast.Call(func=ast.Name(id=name) as function, args=arguments, keywords=keywords):
                arity = len(arguments) if name in dict(self.functions) else self._arity(name)
                if arity is None:
                    raise self._error_at(function, _unknown("function", name, [*PRIMITIVES, *DERIVED]))
                if keywords or len(arguments) != arity:
                    raise self._error_at(node, f"{name} takes {arity} argument{'s'[: arity - 1]}, not {len(arguments)}")
                for part in arguments:
                    self._check(part, depth - 1)
            case _:
                kind = type(getattr(node, "op", node))
                raise self._error_at(node, _ADVICE.get(kind, f"{kind.__name__} is not allowed"))

    def _arity(self, name: str) -> int | None:
        """The number of arguments of a function, None if it is unknown."""
        return 1 if name == "sum" and self.terms else _arity(name)

    def _too_deep(self) -> FormulaError:
        return FormulaError(f"this formula is nested too deeply\n    {shortened(self.text)}")

    def _error_at(self, node: ast.expr, what: str) -> FormulaError:
        encoded = self.text.encode()  # ast counts columns in UTF-8 bytes, and Greek letters take two
        start, end = (len(encoded[:byte].decode()) for byte in (node.col_offset, node.end_col_offset or 0))
        return self._error(what, start, end)

    def _error(self, what: str, start: int, end: int) -> FormulaError:
        cut = max(0, start - 60)  # a long formula is shown from shortly before the place
        shown = printable(self.text[cut : cut + 100])
        carets = "^" * max(1, min(end - cut, len(shown)) - (start - cut))
        return FormulaError(f"{what}\n    {shown}\n    {' ' * (start - cut)}{carets}")

    @property
    def is_condition(self) -> bool:
        """True for a formula that is true or false rather than a number."""
        return is_condition(self.tree)

    @property
    def used(self) -> set[str]:
        """The names that occur in the formula, of variables and of functions."""
        return {part.id for part in ast.walk(self.tree) if isinstance(part, ast.Name)}

    def source(self, system: NumberSystem, names: tuple[str, ...] = ()) -> str:
        """The Python expression that computes this formula over `system`, with `names` for its first variables."""
        if (system, names) not in self._cache:  # here, so that it is forgotten with the formula
            renamed = dict(zip(self.names, names, strict=False))
            self._cache[system, names] = python_source(self.tree, system, self.terms, renamed)
        return self._cache[system, names]  # type: ignore[no-any-return]

    def scope(self, system: NumberSystem) -> dict[str, Any]:
        """The names that this formula's source may refer to over `system`, and nothing else."""
        if self.functions and system.lifted is None:
            names = ", ".join(name for name, _ in self.functions)
            raise FormulaError(f"{names} is a Python function of floats: it cannot be computed with {system.name}")
        own = {name: system.lifted(function) for name, function in self.functions if system.lifted}
        derived = {name: DERIVED[name].over(system) for name in DERIVED if name in self.used - set(self.names)}
        helpers = {"__builtins__": {}, "zip": zip, "sum": add_up, "number": system.number}
        return {**helpers, **derived, **system.functions, **own}

    def over(self, system: NumberSystem) -> Callable[..., Any]:
        """This formula as a Python function of `names`, over the numbers of one system."""
        if system not in self._cache:
            source = f"lambda {', '.join(self.names)}: {self.source(system)}"
            self._cache[system] = eval(compile(source, "<autograd formula>", "eval"), self.scope(system))
        return self._cache[system]  # type: ignore[no-any-return]


def checked_name(name: str) -> str:
    """A variable's name, normalized as Python normalizes identifiers.  Raises FormulaError if it cannot be one."""
    plain, shown = unicodedata.normalize("NFKC", name), repr(shortened(name))
    if keyword.iskeyword(plain):
        raise FormulaError(f"{shown} cannot be the name of a variable: Python uses this word; write {plain}_")
    if not plain.isidentifier():
        raise FormulaError(f"{shown} cannot be the name of a variable: it must be an identifier")
    if is_taken(plain):
        raise FormulaError(f"{shown} cannot be the name of a variable: formulas use it already")
    return plain


def is_taken(name: str) -> bool:
    """True for a name with a fixed meaning in formulas."""
    return name in _HELPERS or _arity(name) is not None


def _arity(name: str) -> int | None:
    return len(DERIVED[name].names) if name in DERIVED else PRIMITIVES.get(name)


def _unknown(kind: str, name: str, known: list[str]) -> str:
    import difflib

    unknown, names = f"unknown {kind} {shortened(name)!r}", list(map(shortened, known))
    if name in _SYNONYMS:
        return f"{unknown}: write {_SYNONYMS[name]}"
    near = difflib.get_close_matches(name, names, n=1)
    return f"{unknown}: did you mean {near[0]}?" if near else f"{unknown}: known {kind}s: {', '.join(names)}"


def _typed(text: str) -> str:
    """Mathematical typography in plain characters: ``x1**2 * y`` for ``x₁² · y``."""
    powers = _POWER.sub(lambda power: "**" + power[0].translate(_SUPERSCRIPTS), text)
    return powers.translate(_TYPOGRAPHY)


def _fits(node: ast.expr) -> bool:
    """True if arithmetic on literals alone stays within a float; True also if names occur in it."""
    try:
        if isinstance(node, ast.Constant):
            return math.isfinite(float(node.value))  # type: ignore[arg-type]
        if any(isinstance(part, ast.Name) for part in ast.walk(node)):
            return True
        return math.isfinite(eval(python_source(node, FLOATS), {"__builtins__": {}, **FLOATS.functions}))
    except OverflowError:
        return False
    except (ValueError, ZeroDivisionError):  # undefined, not too large: an error when it is computed
        return True
