"""The algebra that simplifies expressions: one table of rewrite rules.

``simplified("+", x, y)`` is the expression ``x + y``, unless one of the `RULES` of ``+`` has a better one.  Rules are
tried in the order of the table, and the first that applies decides.

>>> a = name("a")
>>> ast.unparse(simplified("+", a, simplified("*", number(-1), name("b"))).tree)
'a - b'
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

from autograd.formula.algebra import interpret
from autograd.formula.language import DERIVED
from autograd.formula.systems import IEEE, PRIMITIVES
from autograd.vectorizing.array_expressions import (
    Expression,
    matmul,
    name,
    number,
    operation,
    summed,
    without_factors,
    zeros_like,
)
from autograd.vectorizing.patterns import (
    anything,
    has_no_divisor,
    has_no_samples,
    is_equal_to,
    is_name,
    is_negative,
    is_number,
    is_product_with_a_vector,
    is_reciprocal,
    is_scaled,
    is_true,
    minus_zero,
    never_minus_zero,
    one,
    plus_zero,
    zero,
)

__all__ = [
    "RULES",
    "SEED",
    "Product",
    "Rule",
    "broadcast",
    "of_formula",
    "plus",
    "reciprocal",
    "simplified",
    "sum_over_nodes",
    "sum_over_samples",
    "times",
]


@dataclass(frozen=True)
class Rule:
    """A rewrite rule, such as ``x * 1 → x``.

    It applies to an `operation` whose operands match the `pattern`, one test for each.  The `replacement` builds the
    new expression from the operands, or returns None if the rule does not apply after all.
    """

    operation: str
    pattern: tuple[Callable[[Any], bool], ...]
    replacement: Callable[..., Expression | None]
    equation: str
    why: str


def simplified(kind: str, *operands: Expression) -> Expression:
    """The operation `kind`, as in `operation`, by the rules."""
    replacement = _replacement(kind, operands)
    return operation(kind, *operands) if replacement is None else replacement


def _replacement(kind: str, operands: Sequence[Any]) -> Expression | None:
    for rule in _RULES_OF.get((kind, len(operands)), ()):
        for matches, x in zip(rule.pattern, operands, strict=True):
            if not matches(x):
                break
        else:
            replacement = rule.replacement(*operands)
            if replacement is not None:
                return replacement
    return None


def plus(terms: Sequence[Expression]) -> Expression:
    """The sum."""
    return reduce(partial(simplified, "+"), terms)


def reciprocal(x: Expression) -> Expression:
    """``1 / x``."""
    return simplified("/", number(1), x)


def broadcast(x: Expression, like: Expression) -> Expression:
    """`x` with all the axes of `like`, and an array of its kind."""
    if (x.axes, x.batch) == (like.axes, like.batch) and not x.is_python_number:
        return x
    return simplified("+", without_factors(x), zeros_like(like))


N = name("n")
"""The number of samples."""

SEED = operation("/", number(1), N)
"""The derivative of a mean over the samples with respect to one of its terms."""


# --- Products and sums over an axis -------------------------------------------------------------------------


class Product:
    """The product of `factors`, divided by all `divisors`.

    `constant` is the product of the numbers among the factors, `scalars` are those that all nodes and samples share,
    and `arrays` the others.
    """

    def __init__(self, factors: Sequence[Expression], divisors: Sequence[Expression] = ()) -> None:
        self.factors, self.divisors = factors, divisors
        self.constant: float = 1
        self.scalars: list[Expression] = []
        self.arrays: list[Expression] = []
        for x in factors:
            if not x.is_scalar:
                self.arrays.append(x)
            elif (value := x.value) is None:
                self.scalars.append(x)
            else:
                self.constant *= value

    def written(self) -> Expression:
        """The product with numbers first, then scalars, then arrays: few passes over large arrays."""
        multiply, divide = partial(simplified, "*"), partial(simplified, "/")
        result = reduce(multiply, [number(self.constant), *self.scalars])
        result = reduce(divide, [x for x in self.divisors if x.is_scalar], result)
        result = reduce(multiply, sorted(self.arrays, key=lambda x: x.batch), result)
        return self.described(reduce(divide, [x for x in self.divisors if not x.is_scalar], result))

    def described(self, x: Expression) -> Expression:
        """`x`, which is this product, with its factors; a product with several divisors gets none."""
        if len(self.divisors) > 1:
            return x
        factors = (number(self.constant), *self.scalars, *self.arrays)
        return Expression(x.tree, x.axes, x.batch, factors, next(iter(self.divisors), None))


def times(*operands: Expression) -> Expression:
    """The product of any number of expressions."""
    divisors = [x.divisor for x in operands if x.divisor is not None]
    return _product(Product([factor for x in operands for factor in x.terms], divisors))


def _product(product: Product) -> Expression:
    replacement = _replacement("product", [product])
    return product.written() if replacement is None else replacement


def sum_over_samples(x: Expression) -> Expression:
    """The sum over all samples, as a matrix product if possible."""
    replacement = _replacement("sum over samples", [x])
    return Expression(summed(x, 0), x.axes) if replacement is None else replacement


def sum_over_nodes(x: Expression, nodes: int) -> Expression:
    """The sum over all nodes of a group, whose number is `nodes`."""
    return Expression(summed(x, -1), 0, x.batch) if x.axes else times(number(nodes), x)


# --- Patterns of products --------------------------------------------------------------------------------


def _has_a_choice(product: Product) -> bool:
    return any(x.is_choice_of_numbers for x in product.factors) and all(x.is_scalar for x in product.divisors)


def _is_zero(product: Product) -> bool:
    return product.constant == 0 and all(x is N for x in (*product.scalars, *product.arrays, *product.divisors))


def _has_n_above_and_below(product: Product) -> bool:
    return product.scalars[:1] == [N] and N in product.divisors


def _has_negative_constant(product: Product) -> bool:
    return product.constant < 0 and bool(product.scalars or product.arrays)


# --- Replacements -------------------------------------------------------------------------------------------


def _folded(function: Callable[..., float], *numbers: Expression) -> Expression:
    return number(float(function(*(x.value for x in numbers))))


def _operand_of(x: Expression) -> Expression:
    return Expression(x.tree.operand, x.axes, x.batch)  # type: ignore[attr-defined]


def _quotient(x: Expression, y: Expression) -> Expression:
    assert y.divisor is not None
    quotient = simplified("/", x, y.divisor)
    return Expression(quotient.tree, quotient.axes, quotient.batch, x.terms, y.divisor)


def _cube(x: Expression, _: Expression) -> Expression:
    return simplified("*", simplified("**", x, number(2)), x)


def _fourth_power(x: Expression, _: Expression) -> Expression:
    return simplified("**", simplified("**", x, number(2)), number(2))


def _scaled_choice(product: Product) -> Expression | None:
    choice, others = _choice_and_others(product)
    condition, x, y = choice.parts  # type: ignore[misc]
    if not (_is_finite(others) or (x.value and y.value)):
        return None
    return simplified("where", condition, times(others, x), times(others, y))


def _masked(product: Product) -> Expression:
    choice, others = _choice_and_others(product)
    condition, x, y = choice.parts  # type: ignore[misc]
    if y.value == 0 and x.value is not None:
        mask, others = condition, times(others, x)
    elif x.value == 0 and y.value is not None:
        mask, others = simplified("logical_not", condition), times(others, y)
    else:
        mask = choice
    return without_factors(simplified("*", others, mask))


def _choice_and_others(product: Product) -> tuple[Expression, Expression]:
    """The first choice among the factors, and the product without it."""
    factors = product.factors
    i = next(i for i, x in enumerate(factors) if x.is_choice_of_numbers)
    return factors[i], times(*factors[:i], *factors[i + 1 :], *map(reciprocal, product.divisors))


def _is_finite(x: Expression) -> bool:
    """True for literals and the number of samples, unless one of them is nan or infinite."""
    return x.is_python_number and not any(
        part.id in ("nan", "inf") for part in ast.walk(x.tree) if type(part) is ast.Name
    )


def _without_n(product: Product) -> Expression:
    return _product(Product(_without(N, product.factors), _without(N, product.divisors)))


def _without(x: Expression, expressions: Sequence[Expression]) -> tuple[Expression, ...]:
    """The expressions without the first that is `x`."""
    i = expressions.index(x)
    return (*expressions[:i], *expressions[i + 1 :])


def _negated(product: Product) -> Expression:
    rest = (number(-product.constant), *product.scalars, *product.arrays)
    return product.described(simplified("-", Product(rest, product.divisors).written()))


def _scale(x: Expression) -> list[Expression]:
    """The factors of `x` that all samples share."""
    under = number(1) if x.divisor is None else reciprocal(x.divisor)
    return [under, *(factor for factor in x.terms if not factor.batch)]


def _matrix_product(x: Expression) -> Expression:
    arrays = [factor for factor in x.terms if factor.batch]
    vector = [factor for factor in arrays if not factor.axes][-1]
    others = times(*_without(vector, arrays))
    return times(*_scale(x), Expression(matmul(vector.tree, others.tree), others.axes))


def _scaled_sum(x: Expression) -> Expression:
    inner = times(*(factor for factor in x.terms if factor.batch))
    return times(*_scale(x), Expression(summed(inner, 0), inner.axes))


# --- The table ----------------------------------------------------------------------------------------------

_COMPUTED: dict[tuple[str, int], Callable[..., float]] = {
    **{("-", 1): operator.neg, ("+", 2): operator.add, ("-", 2): operator.sub, ("*", 2): operator.mul},
    **{("/", 2): IEEE.functions["divide"], ("%", 2): IEEE.functions["remainder"]},
    **{("//", 2): IEEE.functions["floor_divide"], ("**", 2): IEEE.functions["power"]},
    **{("<", 2): operator.lt, ("<=", 2): operator.le, (">", 2): operator.gt, (">=", 2): operator.ge},
    **{("==", 2): operator.eq, ("!=", 2): operator.ne},
    **{(word, arity): IEEE.functions[word] for word, arity in PRIMITIVES.items() if word != "where"},
}
"""The operations, by sign or name and number of operands, that are computed at once if all operands are numbers."""

RULES = (
    *(
        Rule(kind, (is_number,) * arity, partial(_folded, function), "2 + 3 → 5", "numbers are computed once, here")
        for (kind, arity), function in _COMPUTED.items()
    ),
    Rule("+", (plus_zero, never_minus_zero), lambda x, y: y, "0 + x → x", "0 changes nothing, except -0.0 to 0.0"),
    Rule("+", (never_minus_zero, plus_zero), lambda x, y: x, "x + 0 → x", "0 changes nothing, except -0.0 to 0.0"),
    Rule("+", (minus_zero, anything), lambda x, y: y, "-0.0 + x → x", "adding -0.0 changes nothing"),
    Rule("+", (anything, minus_zero), lambda x, y: x, "x + -0.0 → x", "adding -0.0 changes nothing"),
    Rule("-", (anything, plus_zero), lambda x, y: x, "x - 0 → x", "subtracting 0.0 changes nothing"),
    Rule(
        "+", (anything, is_negative), lambda x, y: simplified("-", x, _operand_of(y)),
        "x + (-y) → x - y", "one pass over the array instead of two",
    ),
    Rule("-", (is_negative,), _operand_of, "-(-x) → x", "saves two passes over the array"),
    Rule("*", (one, anything), lambda x, y: y, "1 · x → x", "multiplying by 1 changes nothing"),
    Rule("*", (anything, one), lambda x, y: x, "x · 1 → x", "multiplying by 1 changes nothing"),
    Rule("/", (anything, one), lambda x, y: x, "x / 1 → x", "dividing by 1 changes nothing"),
    Rule("**", (anything, one), lambda x, y: x, "x ** 1 → x", "the first power is the number itself"),
    Rule("*", (is_equal_to(-1), anything), lambda x, y: simplified("-", y), "-1 · x → -x", "a sign is cheaper"),
    Rule("*", (has_no_divisor, is_reciprocal), _quotient, "x · 1/y → x / y", "one pass instead of two"),
    Rule("**", (is_name, is_equal_to(3)), _cube, "x ** 3 → x ** 2 * x", "NumPy is fast at squares only"),
    Rule("**", (is_name, is_equal_to(4)), _fourth_power, "x ** 4 → (x ** 2) ** 2", "NumPy is fast at squares only"),
    Rule("and", (is_true, anything), lambda x, y: y, "true and x → x", "the other condition decides"),
    Rule("and", (zero, anything), lambda x, y: x, "false and x → false", "one condition decides"),
    Rule("and", (anything, is_true), lambda x, y: x, "x and true → x", "the other condition decides"),
    Rule("and", (anything, zero), lambda x, y: y, "x and false → false", "one condition decides"),
    Rule("or", (is_true, anything), lambda x, y: x, "true or x → true", "one condition decides"),
    Rule("or", (zero, anything), lambda x, y: y, "false or x → x", "the other condition decides"),
    Rule("or", (anything, is_true), lambda x, y: y, "x or true → true", "one condition decides"),
    Rule("or", (anything, zero), lambda x, y: x, "x or false → x", "the other condition decides"),
    Rule("where", (is_true, anything, anything), lambda c, x, y: x, "where(true, x, y) → x", "only x is chosen"),
    Rule("where", (zero, anything, anything), lambda c, x, y: y, "where(false, x, y) → y", "only y is chosen"),
    Rule(
        "product", (_has_a_choice,), _scaled_choice,
        "k · where(c, 1, 2) → where(c, k, 2·k)", "one pass instead of two; with a 0, nan·0 would not be nan",
    ),
    Rule(
        "product", (_has_a_choice,), _masked,
        "k · where(c, 1, 0) → k · c", "true is 1, false 0: a quarter of the time of where, and nan·0 is nan",
    ),
    Rule("product", (_is_zero,), lambda x: number(x.constant), "0 · n → 0", "n is finite; 0·x may be nan"),
    Rule("product", (_has_n_above_and_below,), _without_n, "n · 1/n → 1", "a sum over the samples of a mean"),
    Rule("product", (_has_negative_constant,), _negated, "-2 · x → -(2 · x)", "so that x + (-y) → x - y applies"),
    Rule("sum over samples", (has_no_samples,), lambda x: times(N, x), "Σ x → n · x", "all terms are equal"),
    Rule(
        "sum over samples", (is_product_with_a_vector,), _matrix_product,
        "Σ k·v·x → k · (v @ x)", "BLAS adds up while it multiplies; differs only if k is infinite",
    ),
    Rule(
        "sum over samples", (is_scaled,), _scaled_sum,
        "Σ k·x → k · Σ x", "fewer elements to scale; differs only if k is infinite",
    ),
)  # fmt: skip
"""All rewrite rules; where several apply, the first one decides."""

_RULES_OF: dict[tuple[str, int], list[Rule]] = {}
for _rule in RULES:
    _RULES_OF.setdefault((_rule.operation, len(_rule.pattern)), []).append(_rule)


# --- Formulas -----------------------------------------------------------------------------------------------


def of_formula(tree: ast.expr, operands: Mapping[str, Expression]) -> Expression:
    """A formula of the table, with expressions in place of its variables and of the names of Python functions."""
    return interpret(tree, _Arrays(operands))


class _Arrays:
    """Formulas as array expressions."""

    number = staticmethod(number)
    binary = comparison = logical = staticmethod(simplified)

    def __init__(self, operands: Mapping[str, Expression]) -> None:
        self.operands = operands

    def name(self, word: str) -> Expression:
        return self.operands[word] if word in self.operands else number(math.pi)

    def unary(self, sign: str, x: Expression) -> Expression:
        return simplified("-", x) if sign == "-" else x

    def call(self, function: str, operands: Sequence[Expression]) -> Expression:
        match self.operands.get(function):
            case Expression(tree=ast.Name(id=word)):  # a Python function, by its name in the program
                return operation(word, *operands)
        if function in DERIVED:
            formula = DERIVED[function]
            return of_formula(formula.tree, dict(zip(formula.names, operands, strict=True)))
        return simplified(function, *operands)
