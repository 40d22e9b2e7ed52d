"""Replaying a graph with other numbers, and the finite differences made from it."""

import math
import random

import pytest

import autograd
from autograd import OPERATIONS, Constant, Value, relu, tanh
from autograd.check import one_sided_slopes, replay
from autograd.formula import mpmath

from .programs import random_program


@pytest.mark.parametrize("seed", range(30))
def test_replaying_the_same_numbers_gives_the_same_result(seed):
    program = random_program(random.Random(seed))
    leaves, root = program.values()
    assert float(replay(root, {}, mpmath(60))) == pytest.approx(root.data, rel=1e-9)
    moved = [leaf.data * (1 + 1e-9) for leaf in leaves]
    system = mpmath(60)
    numbers = {leaf: system.number(x) for leaf, x in zip(leaves, moved, strict=True)}
    assert float(replay(root, numbers, system)) == pytest.approx(program.run(moved)[-1], rel=1e-9)


def test_every_operation_can_be_replayed():
    x = Value(0.5)
    for op in OPERATIONS.values():
        if op.nary:
            z = getattr(autograd, op.name)(*[[x, 2.0]] * len(op.operands))
        else:
            z = getattr(autograd, op.name)(*[x + 1 if op.name == "arccosh" else x] * len(op.operands))
        assert float(replay(z, {}, mpmath(60))) == pytest.approx(z.data, rel=1e-14), op


def test_difference_quotients_do_not_suffer_from_rounding():
    x = Value(20.0)
    assert one_sided_slopes(tanh(x) + 1e16, x) == pytest.approx((1.6993417021166355e-17,) * 2, rel=1e-15)


def test_the_two_slopes_of_a_kink():
    w = Value(0.0)
    assert one_sided_slopes(relu(w * 2) * Constant(3.0, "c"), w) == (0.0, 6.0)
    assert one_sided_slopes(abs(w), w) == (-1.0, 1.0)


def test_beside_the_domain_there_is_no_slope():
    x = Value(0.0)
    left, right = one_sided_slopes(autograd.sqrt(x), x)
    assert math.isnan(left)
    assert right > 1e9


def test_a_root_that_is_a_leaf():
    x = Value(2.0)
    assert one_sided_slopes(x, x) == (1.0, 1.0)
