"""The table in JavaScript: the same numbers as Python's, bit for bit where IEEE 754 defines them."""

import math
import random

import pytest

from autograd.core.table import OPERATIONS
from autograd.formula.javascript import definitions, expression, function
from autograd.formula.language import Formula, FormulaError
from autograd.formula.systems import IEEE
from tests.node import needs_node, pack, run_node, ulps, unpack

EXACT = "add sub mul truediv neg pos abs sign floor mod floordiv sqrt relu leaky_relu maximum minimum where".split()
"""Rows whose results are the same bits as Python's, derivatives included."""
MAX_ULPS = 8
"""Largest distance of the others."""

SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    1e-300,
    -1e-300,
    1e300,
    5e-324,
    math.inf,
    -math.inf,
    math.nan,
]


def numbers(n, seed):
    """Numbers of every size and sign, the special ones among them."""
    source = random.Random(seed)
    usual = [source.uniform(-5, 5) for _ in range(n)]
    wide = [source.choice([-1, 1]) * 10 ** source.uniform(-12, 12) for _ in range(n // 4)]
    return [*SPECIAL, *usual, *wide]


def operands_of(op, n):
    """Operands for one row: all pairs of special numbers, and random ones."""
    k = len(op.operands)
    source = random.Random(op.name)
    rows = [[x] for x in numbers(n, 1)] if k == 1 else [[x, y] for x in SPECIAL for y in SPECIAL]
    if k > 1:
        rows += [list(row) for row in zip(*(numbers(n, seed) for seed in range(2)), strict=True)]
    return [[float(source.random() < 0.5), *row] for row in rows] if k == 3 else rows


def both(op, n):
    """For each formula of a row: its numbers by Python, and by JavaScript."""
    rows = operands_of(op, n)
    results = [[float(op.value.over(IEEE)(*row))] for row in rows]
    for row, result in zip(rows, results, strict=True):
        result += [float(partial.over(IEEE)(*row, result[0])) for partial in op.partials]
    code = f"""{definitions([op.value, *op.partials])}
    const value = {function(op.value)}, partials = [{", ".join(map(function, op.partials))}];
    return input.map(row => {{
      const xs = row.map(unpack), z = Number(value(...xs));
      return [z, ...partials.map(partial => partial(...xs, z))].map(pack);
    }});"""
    theirs = run_node(code, [[pack(x) for x in row] for row in rows])
    return rows, results, [[unpack(bits) for bits in row] for row in theirs]


@needs_node
@pytest.mark.parametrize("op", [op for op in OPERATIONS.values() if not op.nary], ids=lambda op: op.name)
def test_a_row_gives_the_same_numbers_in_javascript(op):
    """Compare them: the same bits, or a few units in the last place."""
    tolerance = 0 if op.name in EXACT else MAX_ULPS
    rows, python, javascript = both(op, 400)
    worst = max(
        (
            (ulps(a, b), row, a, b)
            for row, p, j in zip(rows, python, javascript, strict=True)
            for a, b in zip(p, j, strict=True)
        ),
        key=lambda item: item[0],
    )
    assert worst[0] <= tolerance, worst


def test_names_are_replaced_by_position():
    formula = Formula("var * new_ + let", ("var", "new_", "let"))
    assert function(formula) == "(a, b, c) => ((a * b) + c)"
    assert expression(formula, {"var": "d[0]", "new_": "d[1]", "let": "d[2]"}) == "((d[0] * d[1]) + d[2])"


def test_definitions_hold_the_derived_functions_that_are_called():
    assert "f.sigmoid =" not in definitions([OPERATIONS["tanh"].value])
    softplus = definitions(OPERATIONS["softplus"].partials)
    assert softplus.endswith("f.sigmoid = (a) => (1.0 / (1.0 + f.exp((-a))));\n")


def test_a_python_function_cannot_be_written_as_javascript():
    formula = Formula("cube(x)", ("x",), functions=(("cube", lambda x: x**3),))
    with pytest.raises(
        FormulaError, match="cube is a Python function, which a page cannot call: write it as a formula"
    ):
        expression(formula, {"x": "a"})
