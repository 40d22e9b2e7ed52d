"""Expressions over arrays: what the statements of a vectorized program are made of.

An `Expression` is Python's own syntax tree with two facts about its shape: whether it has an axis of rows (one for
each node of a group) and whether it has the axis of samples, which is always the last.  Operations line the axes up,
compute with numbers at once, and leave out what changes nothing (``1 * x``).
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from autograd.formula.algebra import interpret
from autograd.formula.compiling import OPERATORS
from autograd.formula.language import DERIVED
from autograd.formula.systems import FLOATS, IEEE

__all__ = [
    "SEED",
    "Expression",
    "applied",
    "attribute",
    "binary",
    "broadcast",
    "call",
    "choice",
    "compared",
    "largest_of",
    "matmul",
    "name",
    "number",
    "plus",
    "reciprocal",
    "subscript",
    "sum_over_batch",
    "sum_over_rows",
    "summed",
    "times",
    "with_new_last_axis",
    "without_factors",
    "written",
    "zeros_like",
]


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A syntax tree, and which axes its array has.

    `factors` are what it is a product of, if it is one, and `divisor` what that product is divided by; `parts` the
    condition and the branches of a choice.  They let `times` put a factor where it costs least.
    """

    tree: ast.expr
    rows: bool = False
    batch: bool = False
    factors: tuple[Expression, ...] = ()
    divisor: Expression | None = None
    parts: tuple[Expression, Expression, Expression] | None = None

    @property
    def value(self) -> float | None:
        """The number that this is, if it is one."""
        match self.tree:
            case ast.Constant(value=int() | float() as value):
                return float(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return -float(value)
            case ast.Name(id="nan" | "inf" as word):
                return float(word)
        return None

    @property
    def is_scalar(self) -> bool:
        """Whether it is one number for all rows and samples."""
        return not (self.rows or self.batch)

    @property
    def is_plain(self) -> bool:
        """Whether this is a number of Python's, not of an array."""
        names = (part.id for part in ast.walk(self.tree) if isinstance(part, ast.Name))
        return self.is_scalar and all(word in ("n", "nan", "inf") for word in names)

    @property
    def is_choice_of_numbers(self) -> bool:
        """Whether it is ``where(condition, 1, 0)`` or the like, perhaps nested."""
        return self.parts is not None and all(x.value is not None or x.is_choice_of_numbers for x in self.parts[1:])


def number(value: float) -> Expression:
    """A literal; whole numbers as one writes them by hand."""
    if math.isnan(value):
        return Expression(ast.Name("nan", ast.Load()))
    if value < 0 or (value == 0 and math.copysign(1, value) < 0):
        return Expression(ast.UnaryOp(ast.USub(), number(-value).tree))
    if math.isinf(value):
        return Expression(ast.Name("inf", ast.Load()))
    return Expression(ast.Constant(int(value) if float(value).is_integer() and value < 1e6 else float(value)))


def name(word: str, rows: bool = False, batch: bool = False) -> Expression:
    """An array or a number that has a name."""
    return Expression(ast.Name(word, ast.Load()), rows, batch)


def without_factors(x: Expression) -> Expression:
    """The same, but to be left as it stands."""
    return Expression(x.tree, x.rows, x.batch)


def attribute(tree: ast.expr, word: str) -> ast.expr:
    """``tree.word``."""
    return ast.Attribute(tree, word, ast.Load())


def call(function: str, *arguments: ast.expr, **options: ast.expr) -> ast.Call:
    """``function(arguments)`` as a syntax tree."""
    keywords = [ast.keyword(key, value) for key, value in options.items()]
    return ast.Call(ast.Name(function, ast.Load()), list(arguments), keywords)


def subscript(tree: ast.expr, *indices: ast.expr) -> ast.Subscript:
    """``tree[indices]``."""
    return ast.Subscript(tree, indices[0] if len(indices) == 1 else ast.Tuple(list(indices), ast.Load()), ast.Load())


NEW_AXIS = ast.Constant(None)


def with_new_last_axis(tree: ast.expr) -> ast.expr:
    """``tree[:, None]``, which repeats its rows for every sample."""
    return subscript(tree, ast.Slice(), NEW_AXIS)


def lined_up(*operands: Expression) -> list[ast.expr]:
    """The operands' trees, made to broadcast against each other."""
    if not any(x.batch for x in operands):
        return [x.tree for x in operands]
    return [with_new_last_axis(x.tree) if x.rows and not x.batch else x.tree for x in operands]


def _axes(operands: Sequence[Expression]) -> tuple[bool, bool]:
    return any(x.rows for x in operands), any(x.batch for x in operands)


def _factors(x: Expression) -> tuple[Expression, ...]:
    return x.factors or (x,)


def binary(sign: str, x: Expression, y: Expression) -> Expression:
    """One of ``+ - * / // % **``, in the order in which it is written."""
    a, b = x.value, y.value
    if a is not None and b is not None:
        folded = _folded(_ARITHMETIC[sign], a, b)
        if folded is not None:
            return folded
    match sign:
        case "+" if a == 0:
            return y
        case "+" | "-" if b == 0:
            return x
        case "*" if a == 1:
            return y
        case "*" | "/" | "**" if b == 1:
            return x
        case "*" if a == -1:
            return negative(y)
        case "**" if b in (3, 4) and isinstance(x.tree, ast.Name):
            square = binary("**", x, number(2))  # NumPy squares fast; all other powers are slow
            return binary("*", square, x) if b == 3 else binary("**", square, number(2))
        case "+" if isinstance(y.tree, ast.UnaryOp):
            return binary("-", x, Expression(y.tree.operand, y.rows, y.batch))
    if sign == "*" and x.divisor is None and y.divisor is not None and y.factors[0].value == 1:
        quotient = binary("/", x, y.divisor)  # x · 1/y
        return Expression(quotient.tree, quotient.rows, quotient.batch, _factors(x), y.divisor)
    left, right = lined_up(x, y)
    tree = ast.BinOp(left, OPERATORS[sign], right)
    match sign:
        case "*" if x.divisor is None and y.divisor is None:
            return Expression(tree, *_axes((x, y)), (*_factors(x), *_factors(y)))
        case "/" if a is not None:
            return Expression(tree, *_axes((x, y)), (x,), y)
    return Expression(tree, *_axes((x, y)))


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": IEEE.functions["divide"],
    "%": IEEE.functions["remainder"],
    "//": IEEE.functions["floor_divide"],
    "**": math.pow,
}


def _folded(function: Callable[..., float], *numbers: float) -> Expression | None:
    """The result of `function` for numbers, unless only arrays can say."""
    try:
        return number(float(function(*numbers)))
    except (ArithmeticError, ValueError):
        return None


def reciprocal(x: Expression) -> Expression:
    """``1 / x``."""
    return binary("/", number(1), x)


N = name("n")
"""The number of samples."""

SEED = reciprocal(N)
"""The derivative of a mean over the samples by one of its terms."""


def plus(terms: Sequence[Expression]) -> Expression:
    """The sum."""
    return reduce(lambda x, y: binary("+", x, y), terms)


def negative(x: Expression) -> Expression:
    """``-x``."""
    if x.value is not None:
        return number(-x.value)
    if isinstance(x.tree, ast.UnaryOp) and isinstance(x.tree.op, ast.USub):
        return Expression(x.tree.operand, x.rows, x.batch)
    factors = (number(-1), *_factors(x)) if x.divisor is None else ()
    return Expression(ast.UnaryOp(ast.USub(), x.tree), x.rows, x.batch, factors)


def choice(condition: Expression, x: Expression, y: Expression) -> Expression:
    """``where(condition, x, y)``."""
    if condition.value is not None:
        return x if condition.value else y
    trees = lined_up(condition, x, y)
    if x.value is not None and y.value is not None:  # or they would make an array of integers
        trees[1:] = [ast.Constant(x.value), ast.Constant(y.value)]
    return Expression(call("where", *trees), *_axes((condition, x, y)), parts=(condition, x, y))


def times(*operands: Expression) -> Expression:
    """The product, numbers and scalars first, so that arrays are gone through as seldom as possible."""
    factors = [factor for x in operands for factor in _factors(x)]
    divisors = [x.divisor for x in operands if x.divisor is not None]
    for i, x in enumerate(factors):
        if x.is_choice_of_numbers and all(divisor.is_scalar for divisor in divisors):
            condition, chosen, otherwise = x.parts  # type: ignore[misc]
            others = (*factors[:i], *factors[i + 1 :], *(reciprocal(x) for x in divisors))
            return choice(condition, times(*others, chosen), times(*others, otherwise))
    constant = math.prod(x.value for x in factors if x.value is not None)
    if constant == 0 and not divisors:  # 0/0 is not 0
        return number(0)
    scalars = [x for x in factors if x.is_scalar and x.value is None]
    arrays = [x for x in factors if not x.is_scalar]
    under = sorted(divisors, key=lambda x: not x.is_scalar)
    if scalars[:1] == [N] and N in under:  # n · 1/n
        scalars, under = scalars[1:], [x for x in under if x is not N]
    sign = constant < 0 and bool(scalars or arrays)
    result = reduce(_multiplied, [number(abs(constant) if sign else constant), *scalars])
    for divisor in under:
        if divisor.is_scalar:
            result = binary("/", result, divisor)
    result = reduce(_multiplied, [result, *sorted(arrays, key=lambda x: x.batch)])
    for divisor in under:
        if not divisor.is_scalar:
            result = binary("/", result, divisor)
    if sign:
        result = negative(result)
    scaled = (number(constant), *scalars, *arrays)
    over = under[0] if len(under) == 1 else None
    return result if len(under) > 1 else Expression(result.tree, result.rows, result.batch, scaled, over)


def _multiplied(x: Expression, y: Expression) -> Expression:
    return binary("*", x, y)


def sum_over_batch(x: Expression) -> Expression:
    """The sum over all samples: a matrix product where it is one."""
    if not x.batch:
        return times(N, x)
    if x.divisor is None or not x.divisor.batch:
        inside = [factor for factor in _factors(x) if factor.batch]
        outside = [factor for factor in _factors(x) if not factor.batch]
        scale = [number(1) if x.divisor is None else reciprocal(x.divisor), *outside]
        vectors = [factor for factor in inside if not factor.rows]
        if len(inside) > 1 and vectors:
            inside.remove(vectors[-1])
            left = times(*inside)
            product = Expression(matmul(left.tree, vectors[-1].tree), left.rows)
            return times(*scale, product)
        if outside:
            inner = times(*inside)
            return times(*scale, Expression(summed(inner.tree, int(inner.rows)), inner.rows))
    return Expression(summed(x.tree, int(x.rows)), x.rows)


def sum_over_rows(x: Expression, rows: int) -> Expression:
    """The sum over all rows, of which there are so many."""
    return Expression(summed(x.tree, 0), False, x.batch) if x.rows else times(number(rows), x)


def summed(tree: ast.expr, axis: int) -> ast.expr:
    """``sum(tree, axis=axis)``."""
    return call("sum", tree, axis=ast.Constant(axis))


def largest_of(tree: ast.expr, axis: int) -> ast.expr:
    """``max(tree, axis=axis)``."""
    return call("max", tree, axis=ast.Constant(axis))


def matmul(x: ast.expr, y: ast.expr) -> ast.expr:
    """``x @ y``."""
    return ast.BinOp(x, ast.MatMult(), y)


def zeros_like(x: Expression) -> Expression:
    """Zeros in the shape, and of the kind, of `x`."""
    return Expression(call("zeros_like", x.tree), x.rows, x.batch)


def broadcast(x: Expression, like: Expression) -> Expression:
    """`x` with all the axes of `like`, and an array of its kind."""
    if (x.rows, x.batch) == (like.rows, like.batch) and not x.is_plain:
        return x
    return binary("+", without_factors(x), zeros_like(like))


def compared(sign: str, x: Expression, y: Expression) -> Expression:
    """A comparison, element by element."""
    a, b = x.value, y.value
    if a is not None and b is not None:
        return number(_COMPARED[sign](a, b))
    return Expression(ast.Compare((trees := lined_up(x, y))[0], [OPERATORS[sign]], [trees[1]]), *_axes((x, y)))


_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def _both(x: Expression, y: Expression, is_and: bool) -> Expression:
    for a, b in ((x, y), (y, x)):
        if a.value is not None:
            return b if bool(a.value) is is_and else a
    function = "logical_and" if is_and else "logical_or"
    return Expression(call(function, *lined_up(x, y)), *_axes((x, y)))


def applied(function: str, *operands: Expression) -> Expression:
    """A function of the formulas, by its name; one that is a formula itself is written out."""
    if function == "where":
        return choice(*operands)
    if function in DERIVED:
        formula = DERIVED[function]
        return written(formula.tree, dict(zip(formula.names, operands, strict=True)))
    numbers = [x.value for x in operands]
    if None not in numbers:
        folded = _folded(FLOATS.functions[function], *numbers)  # type: ignore[arg-type]
        if folded is not None:
            return folded
    return Expression(call(function, *lined_up(*operands)), *_axes(operands))


def written(tree: ast.expr, given: Mapping[str, Expression]) -> Expression:
    """A formula of the table, with expressions in place of its variables."""
    return interpret(tree, _Arrays(given))


class _Arrays:
    """Formulas as array expressions; `given` has those of the variables, and the names of Python functions."""

    number = staticmethod(number)
    binary = staticmethod(binary)
    comparison = staticmethod(compared)

    def __init__(self, given: Mapping[str, Expression]) -> None:
        self.given = given

    def name(self, word: str) -> Expression:
        return self.given[word] if word in self.given else number(math.pi)

    def unary(self, sign: str, x: Expression) -> Expression:
        return negative(x) if sign == "-" else x

    def logical(self, word: str, x: Expression, y: Expression) -> Expression:
        return _both(x, y, is_and=word == "and")

    def call(self, function: str, operands: Sequence[Expression]) -> Expression:
        if function in self.given:  # a Python function, under the name that it has in the program
            return Expression(ast.Call(self.given[function].tree, lined_up(*operands), []), *_axes(operands))
        return applied(function, *operands)
