"""Formulas: one line of calculus as text, turned into a function over any kind of number.

The table of derivatives (`autograd.ops`) is written the way a calculus book prints it:
``"1 / cosh(x) ** 2"``.  A `Formula` parses such a line with Python's own `ast`, refuses
everything that is not plain mathematics, and compiles what is left for whichever *number
system* asks: Python floats, NumPy arrays, 50-digit mpmath numbers, SymPy symbols, Values.

Only what passed the check is ever compiled: numbers, the names announced beforehand,
``+ - * / **``, comparisons, ``and``, ``or``, and calls of the known functions.
"""

from __future__ import annotations

import ast
import keyword
import math
import operator
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Any

__all__ = [
    "FLOATS",
    "Formula",
    "FormulaError",
    "NumberSystem",
    "UnknownNameError",
    "checked_name",
    "ieee",
    "mpmath",
    "sympy",
]

MAX_LENGTH = 10_000
"""Longest formula, in characters, that is read at all."""

PRIMITIVES: dict[str, int] = {
    **dict.fromkeys("exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan arcsin arccos arctan".split(), 1),
    **dict.fromkeys("sinh cosh tanh arcsinh arccosh arctanh abs sign floor".split(), 1),
    **dict.fromkeys("arctan2 hypot maximum minimum".split(), 2),
    "where": 3,
}
"""The functions each number system brings itself, under NumPy's names: how many arguments each takes."""

MAX_DEPTH = 100
"""Deepest nesting of operations; a sum of more terms than that is a job for the n-ary rows."""

MAX_BITS = 10_000
"""Size of the largest power of a number that SymPy is asked to compute exactly."""

_HELPERS = frozenset("pi sum zip number power logical_and logical_or equal not_equal".split())

DERIVED: dict[str, Formula] = {}
"""The functions that are formulas themselves (``sigmoid``, ``relu``, ...); filled by the table."""

_ALLOWED = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd)
_ALLOWED_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_REFUSED: dict[type, str] = {
    ast.Attribute: "attribute access is not allowed",
    ast.Subscript: "subscripts are not allowed",
    ast.Lambda: "a lambda is not allowed",
    ast.IfExp: "'if ... else' is not allowed: write where(condition, a, b)",
    ast.Call: "only functions can be called, by their names; a product is written with *",
    ast.BitXor: "^ is not a power: write **",
    ast.FloorDiv: "// is not allowed: write floor(x / y)",
    ast.Mod: "% is not allowed: write x - y * floor(x / y)",
    ast.Not: "'not' is not allowed: turn the comparison round",
    **dict.fromkeys((ast.BitAnd, ast.BitOr), "& and | are not allowed: write 'and', 'or'"),
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), "comprehensions are not allowed"),
    **dict.fromkeys((ast.List, ast.Tuple, ast.Set, ast.Dict), "only single numbers are allowed"),
}


_TYPOGRAPHY = str.maketrans(
    {"·": "*", "⋅": "*", "×": "*", "÷": "/", "−": "-", "≤": "<=", "≥": ">=", "≠": "!="}
    | {subscript: str(digit) for digit, subscript in enumerate("₀₁₂₃₄₅₆₇₈₉")}
)
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_POWER = re.compile(r"(?<![⁻⁰¹²³⁴⁵⁶⁷⁸⁹])⁻?+[⁰¹²³⁴⁵⁶⁷⁸⁹]++(?!⁻|[\w.]|\s*\*\*)")  # x²3 and x²**y are nobody's notation
_SYNONYMS = {
    "ln": "log", "lg": "log10", "e": "exp(1)", "π": "pi", "max": "maximum", "min": "minimum", "sgn": "sign",
    "tg": "tan", "pow": "**", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "arctg": "arctan", "fabs": "abs",
}  # fmt: skip
"""What formulas call the things that others call otherwise."""


class FormulaError(ValueError):
    """A formula that is not accepted; the message shows it and points at the place."""


class UnknownNameError(FormulaError):
    """A formula uses a `name` that stands for nothing."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class NumberSystem:
    """What a formula has to know of one kind of number.

    `functions` maps NumPy's names to that system's functions.  A `lazy` system computes only the
    branch of ``where`` that its condition selects, as scalars can and arrays cannot.  `number`
    turns a literal of a formula into one of the system's own numbers, where Python's would be
    too coarse: ``1 / 3`` among mpmath numbers must not be a float.
    """

    name: str
    functions: dict[str, Any] = field(hash=False, compare=False)
    lazy: bool = True
    number: Callable[[float], Any] | None = field(default=None, hash=False, compare=False)


@dataclass(frozen=True)
class Formula:
    """One checked line of mathematics, such as ``Formula("y * x ** (y - 1)", ("x", "y"))``.

    `names` are the variables it may use, in the order in which the compiled function takes them.
    Those listed in `terms` stand for sequences, and ``sum(...)`` runs over them in step.
    Raises `FormulaError` at the first thing that is not allowed.

    >>> slope = Formula("1 / cosh(x) ** 2", ("x",))
    >>> round(slope.over(FLOATS)(0.5), 12)
    0.786447732966
    >>> Formula("x.real + 1", ("x",))
    Traceback (most recent call last):
        ...
    autograd.formula.FormulaError: attribute access is not allowed
        x.real + 1
        ^^^^^^
    """

    text: str
    names: tuple[str, ...]
    terms: tuple[str, ...] = ()
    tree: ast.expr = field(init=False, repr=False, hash=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise FormulaError(f"a formula is a text, such as 'x ** 2', not {self.text!r}")
        if len(self.text) > MAX_LENGTH:
            raise FormulaError(f"this formula has {len(self.text):,} characters; at most {MAX_LENGTH:,} are read")
        object.__setattr__(self, "text", " ".join(_typed(self.text).split()))
        object.__setattr__(self, "names", tuple(map(checked_name, self.names)))
        if len(set(self.names)) < len(self.names):
            raise FormulaError(f"two variables of the same name: {', '.join(self.names)}")
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
        return Formula, (self.text, self.names, self.terms)  # checked again where it arrives

    def _check(self, node: ast.expr, depth: int) -> None:
        """Raise unless `node` and everything below it, `depth` levels at most, is on the whitelist."""
        if not depth:
            raise self._too_deep()
        match node:
            case ast.Constant(value=value):
                if type(value) not in (int, float):
                    raise self._refuse(node, f"{value!r} is not a real number")
                if not _fits(node):
                    raise self._refuse(node, "this number is too large for a float")
            case ast.Name(id=name):
                if name not in self.names and name != "pi":
                    if _arity(name):
                        raise self._refuse(node, f"{name} is a function: write {name}(...)")
                    message = str(self._refuse(node, _unknown("name", name, [*self.names, "pi"])))
                    raise UnknownNameError(message, name)
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _ALLOWED):
                self._check(left, depth - 1)
                self._check(right, depth - 1)
                if isinstance(op, ast.Pow) and not _fits(node):
                    raise self._refuse(node, "this power of numbers is too large for a float")
            case ast.UnaryOp(op=op, operand=operand) if isinstance(op, _ALLOWED):
                self._check(operand, depth - 1)
            case ast.Compare(left=left, ops=ops, comparators=others) if all(
                isinstance(op, _ALLOWED_COMPARISONS) for op in ops
            ):
                for part in (left, *others):
                    self._check(part, depth - 1)
            case ast.BoolOp(values=parts):
                for part in parts:
                    self._check(part, depth - 1)
            case ast.Call(func=ast.Name(id=name) as function, args=arguments, keywords=keywords):
                arity = 1 if name == "sum" and self.terms else _arity(name)
                if arity is None:
                    raise self._refuse(function, _unknown("function", name, [*PRIMITIVES, *DERIVED]))
                if keywords or len(arguments) != arity:
                    raise self._refuse(node, f"{name} takes {arity} argument{'s'[: arity - 1]}, not {len(arguments)}")
                for part in arguments:
                    self._check(part, depth - 1)
            case _:
                kind = type(getattr(node, "op", node))
                raise self._refuse(node, _REFUSED.get(kind, f"{kind.__name__} is not allowed"))

    def _too_deep(self) -> FormulaError:
        return FormulaError(f"this formula is nested too deeply\n    {self.text[:60]} ...")

    def _refuse(self, node: ast.expr, what: str) -> FormulaError:
        encoded = self.text.encode()  # ast counts columns in UTF-8 bytes, and Greek letters take two
        start, end = (len(encoded[:byte].decode()) for byte in (node.col_offset, node.end_col_offset or 0))
        return self._error(what, start, end)

    def _error(self, what: str, start: int, end: int) -> FormulaError:
        cut = max(0, start - 60)  # a long formula is shown from shortly before the place
        shown = self.text[cut : cut + 100]
        carets = "^" * max(1, min(end - cut, len(shown)) - (start - cut))
        return FormulaError(f"{what}\n    {shown}\n    {' ' * (start - cut)}{carets}")

    @property
    def is_condition(self) -> bool:
        """Whether this is true or false rather than a number."""
        return isinstance(self.tree, ast.Compare | ast.BoolOp)

    @property
    def used(self) -> set[str]:
        """The names that occur in the formula, of variables and of functions."""
        return {part.id for part in ast.walk(self.tree) if isinstance(part, ast.Name)}

    @cache  # noqa: B019 - formulas are few and live as long as the table
    def source(self, system: NumberSystem) -> str:
        """The Python expression that computes this formula over `system`."""
        tree = ast.parse(self.text, mode="eval").body  # a copy: the writer changes it in place
        return ast.unparse(ast.fix_missing_locations(_Writer(system, self.terms).visit(tree)))

    def scope(self, system: NumberSystem) -> dict[str, Any]:
        """The names that this formula's source may refer to over `system`, and nothing else."""
        derived = {name: DERIVED[name].over(system) for name in DERIVED if name in self.used - set(self.names)}
        helpers = {"__builtins__": {}, "zip": zip, "sum": _sum, "number": system.number}
        return {**helpers, **derived, **system.functions}

    def over(self, system: NumberSystem) -> Callable[..., Any]:
        """This formula as a Python function of `names`, over the numbers of one system."""
        return _compiled(self, system)


class _Writer(ast.NodeTransformer):
    """Rewrites a checked formula into the Python that computes it over one number system."""

    def __init__(self, system: NumberSystem, terms: tuple[str, ...]) -> None:
        self.system, self.terms = system, terms

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return _call("number", node) if self.system.number else ast.Constant(float(node.value))  # type: ignore[arg-type]

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return _call("power", node.left, node.right) if isinstance(node.op, ast.Pow) else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        assert isinstance(node.func, ast.Name)
        if node.func.id == "where" and self.system.lazy:
            condition, chosen, otherwise = node.args
            return ast.IfExp(condition, chosen, otherwise)
        if node.func.id == "sum":  # sum(x * y)  ->  sum(x * y for x, y in zip(x, y))
            target = ast.Tuple([ast.Name(name, ast.Store()) for name in self.terms], ast.Store())
            rows = _call("zip", *(ast.Name(name, ast.Load()) for name in self.terms))
            return _call("sum", ast.GeneratorExp(node.args[0], [ast.comprehension(target, rows, [], 0)]))
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if self.system.lazy:
            return node
        sides = [node.left, *node.comparators]
        pairs = [_comparison(a, op, b) for a, op, b in zip(sides, node.ops, sides[1:], strict=False)]
        return reduce(lambda a, b: _call("logical_and", a, b), pairs)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        if self.system.lazy:
            return node
        name = "logical_and" if isinstance(node.op, ast.And) else "logical_or"
        return reduce(lambda a, b: _call(name, a, b), node.values)


def _comparison(a: ast.expr, op: ast.cmpop, b: ast.expr) -> ast.expr:
    names: dict[type, str] = {ast.Eq: "equal", ast.NotEq: "not_equal"}
    return _call(names[type(op)], a, b) if type(op) in names else ast.Compare(a, [op], [b])


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


@cache
def _compiled(formula: Formula, system: NumberSystem) -> Callable[..., Any]:
    source = f"lambda {', '.join(formula.names)}: {formula.source(system)}"
    return eval(source, formula.scope(system))  # type: ignore[no-any-return]


def _sum(terms: Iterable[Any]) -> Any:
    """Add up, first to last.  The built-in sum rounds differently from Python 3.12 on."""
    return reduce(operator.add, terms, 0)


def checked_name(name: str) -> str:
    """A variable's name in the form in which Python compares identifiers."""
    plain = unicodedata.normalize("NFKC", name)
    if keyword.iskeyword(plain):
        raise FormulaError(f"{name!r} cannot be the name of a variable: Python uses this word; write {plain}_")
    if not plain.isidentifier():
        raise FormulaError(f"{name!r} cannot be the name of a variable: it must be an identifier")
    if plain in _HELPERS or _arity(plain) is not None:
        raise FormulaError(f"{name!r} cannot be the name of a variable: formulas use it already")
    return plain


def _arity(name: str) -> int | None:
    return len(DERIVED[name].names) if name in DERIVED else PRIMITIVES.get(name)


def _unknown(kind: str, name: str, known: list[str]) -> str:
    import difflib

    if name in _SYNONYMS:
        return f"unknown {kind} {name!r}: write {_SYNONYMS[name]}"
    near = difflib.get_close_matches(name, known, n=1)
    return f"unknown {kind} {name!r}: " + (f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}")


def _typed(text: str) -> str:
    """Mathematical typography as one types it: ``x₁² · y`` is ``x1**2 * y``."""
    powers = _POWER.sub(lambda power: "**" + power[0].translate(_SUPERSCRIPTS), text)
    return powers.translate(_TYPOGRAPHY)


def _fits(node: ast.expr) -> bool:
    """Whether arithmetic on literals alone stays within a float; with names in it, nobody knows yet."""
    try:
        if isinstance(node, ast.Constant):
            return math.isfinite(float(node.value))  # type: ignore[arg-type]
        if any(isinstance(part, ast.Name) for part in ast.walk(node)):
            return True
        tree = _Writer(FLOATS, ()).visit(ast.parse(ast.unparse(node), mode="eval").body)
        return math.isfinite(eval(ast.unparse(tree), {"__builtins__": {}, "power": math.pow}))
    except OverflowError:
        return False
    except (ValueError, ZeroDivisionError):  # undefined rather than large: said where it is computed
        return True


def _float_maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y  # the test for nan keeps it from being swallowed


def _float_minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def _float_hypot(x: float, y: float) -> float:
    z = math.hypot(x, y)
    if math.isinf(z) and math.isfinite(x) and math.isfinite(y):
        raise OverflowError("math.hypot itself does not raise")
    return z


def _float_sign(x: float) -> float:
    return x if x != x else float((x > 0) - (x < 0))


def _float_floor(x: float) -> float:
    return float(math.floor(x)) if math.isfinite(x) else x


def _named_as_in_math(module: Any, names: str) -> dict[str, Callable[..., Any]]:
    """`names` of `module`, which like `math` says asin where NumPy says arcsin."""
    return {name: getattr(module, name.replace("arc", "a")) for name in names.split()}


_ARC = " arcsin arccos arctan arctan2 arcsinh arccosh arctanh "

FLOATS = NumberSystem(
    "floats",
    {
        **_named_as_in_math(math, "exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan sinh cosh tanh" + _ARC),
        "abs": math.fabs,
        "floor": _float_floor,
        "hypot": _float_hypot,
        "sign": _float_sign,
        "maximum": _float_maximum,
        "minimum": _float_minimum,
        "power": math.pow,
        "pi": math.pi,
    },
)
"""Python floats and `math`, which raises where a result overflows or is undefined."""


@cache
def ieee() -> NumberSystem:
    """NumPy numbers, scalars or arrays: 1/0 is inf and 0/0 is nan, as IEEE 754 has it."""
    import numpy as np

    names = [*PRIMITIVES, "power", "logical_and", "logical_or", "equal", "not_equal", "pi"]
    return NumberSystem("ieee", {name: getattr(np, name) for name in names}, lazy=False)


@cache
def mpmath(digits: int = 50) -> NumberSystem:
    """Numbers of `digits` decimal digits, in an mpmath context of their own."""
    import mpmath as library

    mp = library.MPContext()
    mp.dps = digits
    functions: dict[str, Any] = {
        **_named_as_in_math(mp, "exp expm1 log1p log10 sqrt sin cos tan sinh cosh tanh hypot sign floor" + _ARC),
        "abs": mp.fabs,
        "log": mp.ln,
        "log2": lambda x: mp.log(x, 2),
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        "power": lambda x, y: mp.power(x, int(y)) if mp.isint(y) else mp.power(x, y),
        "maximum": _float_maximum,
        "minimum": _float_minimum,
        "pi": mp.pi,
    }
    return NumberSystem(f"mpmath {digits}", functions, number=mp.mpf)


@cache
def sympy() -> NumberSystem:
    """SymPy expressions: closed forms, LaTeX, and symbolic differentiation as an independent oracle."""
    import sympy as sp

    def power(x: Any, y: Any) -> Any:
        """A power, by a float if the exact one would fill the memory with its digits."""
        factor = x.as_coeff_Mul()[0]
        digits = max(abs(factor.p), factor.q) if factor.is_Rational else 1
        huge = y.is_Rational and math.log2(digits) * abs(y) > MAX_BITS
        return sp.Pow(x, sp.Float(y) if huge else y)

    def differentiated(function: Any, derivative: Callable[[Any], Any]) -> Any:
        """A function of SymPy, with the `derivative` it has among real numbers alone."""

        def by(self: Any, symbol: Any) -> Any:
            (x,) = self.args
            return derivative(x) * x.diff(symbol)

        return type(function.__name__, (function,), {"_eval_derivative": by})

    sign = differentiated(sp.sign, lambda _: sp.S.Zero)
    functions: dict[str, Any] = {
        **_named_as_in_math(sp, "exp log sqrt sin cos tan sinh cosh tanh" + _ARC),
        "abs": differentiated(sp.Abs, sign),
        "sign": sign,
        "floor": differentiated(sp.floor, lambda _: sp.S.Zero),
        "expm1": lambda x: sp.exp(x) - 1,
        "log1p": lambda x: sp.log(1 + x),
        "log2": lambda x: sp.log(x, 2),
        "log10": lambda x: sp.log(x, 10),
        "cbrt": lambda x: sign(x) * functions["abs"](x) ** sp.Rational(1, 3),
        "softplus": lambda x: sp.log(1 + sp.exp(x)),
        "hypot": lambda x, y: sp.sqrt(x**2 + y**2),
        "maximum": sp.Max,
        "minimum": sp.Min,
        "where": lambda condition, x, y: sp.Piecewise((x, condition), (y, True)),
        "logical_and": sp.And,
        "logical_or": sp.Or,
        "equal": sp.Eq,
        "not_equal": sp.Ne,
        "power": power,
        "xlogy": lambda x, y: x * sp.log(y),  # the case x = 0 would keep SymPy from differentiating there
        "xlog1py": lambda x, y: x * sp.log(1 + y),
        "pi": sp.pi,
    }
    return NumberSystem("sympy", functions, lazy=False, number=lambda x: sp.Rational(repr(x)))
