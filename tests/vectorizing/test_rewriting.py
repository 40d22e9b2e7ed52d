"""The table of rewrite rules: each rule fires, and both of its sides are the same number."""

import ast
import itertools
from functools import reduce

import numpy as np
import pytest

from autograd.vectorizing.array_expressions import name, number, operation
from autograd.vectorizing.namespaces import functions_for
from autograd.vectorizing.rewriting import (
    RULES,
    SEED,
    N,
    Product,
    broadcast,
    of_formula,
    plus,
    simplified,
    sum_over_nodes,
    sum_over_samples,
    times,
)

NODES, SAMPLES = 3, 4
source = np.random.default_rng(5)
SCOPE = {
    **functions_for(None, None, float),
    "n": SAMPLES,
    "s": 1.75,
    "r": source.uniform(0.5, 2, NODES),
    "b": source.normal(size=SAMPLES),
    "rb": source.normal(size=(SAMPLES, NODES)),
}
s, r, b, rb = name("s"), name("r", axes=1), name("b", batch=True), name("rb", axes=1, batch=True)
NUMBERS = [number(x) for x in (0.0, -0.0, 1.0, -1.0, 2.0, -0.5, 3.0, 4.0)]
ARRAYS = [s, r, b, rb]
CHOICE = operation("where", operation(">", b, number(0)), number(1), number(0))
FRACTIONS = [operation("/", number(k), x) for k in (1, 2) for x in (r, s)]
EXPRESSIONS = [*NUMBERS, *ARRAYS, CHOICE, *FRACTIONS, *(operation("-", x) for x in (s, rb)), operation("*", r, b)]
FACTORS = [number(-2), number(0), s, N, r, b, CHOICE]
DIVISORS = [(), (N,), (s,), (r,), (s, N), (N, r)]
PRODUCTS = [Product(factors, divisors) for factors in itertools.permutations(FACTORS, 3) for divisors in DIVISORS]
SUMMANDS = [s, r, b, rb, SEED, *(operation("*", x, y) for x, y in itertools.product([s, r, b, rb], repeat=2))]
SUMMANDS += [simplified("*", x, operation("/", number(1), y)) for x in (b, rb) for y in (s, r)]


def computed(x, **more):
    with np.errstate(all="ignore"):
        return eval(ast.unparse(ast.fix_missing_locations(x.tree)), {}, SCOPE | more)


def unsimplified(kind, operands):
    """The operation as it stands, without any rule."""
    if kind == "product":
        (product,) = operands
        factors = [*product.factors, *(operation("/", number(1), x) for x in product.divisors)]
        return computed(reduce(lambda x, y: operation("*", x, y), factors))
    if kind == "sum over samples":
        (x,) = operands
        shape = (SAMPLES, NODES) if x.axes else (SAMPLES,)
        return np.broadcast_to(computed(x), shape).sum(axis=0)
    literals = {f"v{i}": np.float64(x.value) for i, x in enumerate(operands) if x.value is not None}
    named = [name(f"v{i}") if f"v{i}" in literals else x for i, x in enumerate(operands)]
    return computed(operation(kind, *named), **literals)


def cases(rule):
    """Operands to which a rule applies, and what it makes of them."""
    pools = {"product": PRODUCTS, "sum over samples": SUMMANDS}
    pool = pools.get(rule.operation, NUMBERS if "→ 5" in rule.equation else EXPRESSIONS)
    for operands in itertools.product(pool, repeat=len(rule.pattern)):
        if all(matches(x) for matches, x in zip(rule.pattern, operands, strict=True)):
            replacement = rule.replacement(*operands)
            if replacement is not None:
                yield operands, replacement


def check(rule):
    seen = 0
    for operands, replacement in itertools.islice(cases(rule), 300):
        seen += 1
        expected, result = unsimplified(rule.operation, operands), computed(replacement)
        if rule.operation in ("and", "or"):
            expected, result = np.asarray(expected, bool), np.asarray(result, bool)
        if np.ndim(expected) == 2 and replacement.batch and not replacement.axes:
            result = result[:, None]
        np.testing.assert_allclose(*np.broadcast_arrays(result, expected), rtol=1e-14, err_msg=rule.equation)
    assert seen, "no operands to which this rule applies"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.operation}: {rule.equation}")
def test_both_sides_of_a_rule_are_equal(rule):
    check(rule)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.operation}: {rule.equation}")
def test_a_wrong_rule_is_noticed(rule):
    def wrong(*operands):
        x = rule.replacement(*operands)
        if x is None:
            return None
        return operation("==", x, number(0)) if rule.operation in ("and", "or") else operation("+", x, number(0.25))

    with pytest.raises(AssertionError):
        check(type(rule)(rule.operation, rule.pattern, wrong, rule.equation, rule.why))


def text(x):
    return ast.unparse(x.tree)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (simplified("+", number(2), number(3)), "5"),
        (simplified("/", number(1), number(0)), "inf"),
        (simplified("**", number(0), number(-1)), "inf"),
        (simplified("<", number(1), number(2)), "1"),
        (simplified("log", number(0)), "-inf"),
        (simplified("log", number(-1)), "nan"),
        (simplified("+", s, number(0)), "s + 0"),
        (simplified("+", s, number(-0.0)), "s"),
        (simplified("-", s, number(0)), "s"),
        (simplified("+", operation("**", s, number(2)), number(0)), "s ** 2"),
        (simplified("arctan2", s, number(-0.0)), "arctan2(s, -0.0)"),
        (simplified("+", s, simplified("-", r)), "s - r"),
        (simplified("-", simplified("-", s)), "s"),
        (simplified("*", s, operation("/", number(1), r)), "s / r"),
        (simplified("**", s, number(3)), "s ** 2 * s"),
        (simplified("**", simplified("+", s, r), number(3)), "(s + r) ** 3"),
        (simplified("and", number(1), r), "r"),
        (simplified("where", number(0), s, r), "r"),
        (simplified("where", operation(">", b, s), number(1), number(0)), "where(b > s, 1.0, 0.0)"),
        (times(rb, number(-2), s), "-(2 * s * rb)"),
        (times(SEED, N, b), "b"),
        (times(number(0), N, SEED), "0"),
        (times(number(0), b), "0 * b"),
        (times(number(0), operation("/", number(1), s)), "0 / s"),
        (times(s, CHOICE), "s * (b > 0)"),
        (times(SEED, CHOICE), "where(b > 0, 1 / n, 0)"),
        (times(s, operation("where", operation(">", b, s), number(0), number(2))), "2 * s * logical_not(b > s)"),
        (times(s, operation("where", operation(">", b, s), number(1), number(2))), "where(b > s, s, 2 * s)"),
        (times(b, SEED, number(2)), "2 / n * b"),
        (sum_over_samples(s), "n * s"),
        (sum_over_samples(times(SEED, rb, b)), "1 / n * (b @ rb)"),
        (sum_over_samples(times(s, rb)), "s * sum(rb, axis=0)"),
        (sum_over_nodes(rb, NODES), "sum(rb, axis=-1)"),
        (sum_over_nodes(b, NODES), "3 * b"),
        (plus([s, number(-0.0), s]), "s + s"),
        (broadcast(number(0), rb), "zeros_like(rb)"),
        (broadcast(b, rb), "b[:, None] + zeros_like(rb)"),
        (broadcast(r, rb), "r + zeros_like(rb)"),
    ],
)
def test_simplified_expressions(x, expected):
    assert text(x) == expected


def test_every_n_has_its_own_quotient():
    assert text(times(N, N, SEED)) == "n"


def test_formulas():
    formula = ast.parse("x * 1 + f(x) ** 2 - sigmoid(-y) * pi", mode="eval").body
    x = of_formula(formula, {"x": r, "y": b, "f": name("f_")})
    assert text(x) == "r + f_(r) ** 2 - (1 / (1 + exp(b)) * 3.141592653589793)[:, None]"
    assert (x.axes, x.batch) == (1, True)
