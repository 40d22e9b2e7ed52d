"""Numbers that are zero apart from rounding, and small ones that are not."""

import math

import pytest

from autograd import Constant, Value, cos, dot, exp, log1p, mean, sin, sqrt, sum, tanh
from autograd.extensions.residues import residues


def is_residue(value):
    return value in residues(value)


@pytest.mark.parametrize(
    "residue",
    [
        Value(0.1) + 0.2 - 0.3,
        Value(0.1) + Constant(0.2, "y") - Constant(0.3, "z"),
        (Value(0.1) + 0.2 - 0.3) * 1e6,
        (0.66 * Value(2.0) + 0.18 - 1.5) ** 2,
        sum([Value(0.1)] * 10) - 1,
        dot([Value(0.1)] * 10, [0.1] * 10) - 0.1,
        mean([Value(1.1)] * 3) - 1.1,
        sin(Value(math.pi)),
        cos(Value(math.pi) / 2),
        sqrt(Value(2.0)) ** 2 - 2,
        Value(1e9) * 0.1 - Value(3e8) / 3,
    ],
    ids=lambda value: f"{value.data:g}",
)
def test_residues_of_sums_that_should_be_zero(residue):
    assert residue.data == 0 or is_residue(residue)


def test_at_least_most_of_these_are_not_zero_in_floats():
    assert (Value(0.1) + 0.2 - 0.3).data != 0 != sin(Value(math.pi)).data


@pytest.mark.parametrize(
    "value",
    [
        Value(1e-17) * 3,
        Value(1e-20) - 3e-21,
        exp(Value(-40.0)),
        log1p(Value(1e-17)),
        Value(1.0) - 0.9999999999,
        1 - tanh(Value(15.0)),
        Value(2.0) - 2.0,
        Value(1e-17),
        sqrt(Value(0.0)) + 1e-17,
        Value(3.0) - 3.000000000000001,
        exp(100.0 - Value(1e8 + 0.1) ** 2 + (1e8 + 0.1) ** 2 - 200.0),  # far from zero by its definition
    ],
    ids=lambda value: f"{value.data:g}",
)
def test_small_numbers_and_exact_zeros_are_none(value):
    assert not residues(value)


NOISE = Value(0.1) + 0.2 - 0.3


@pytest.mark.parametrize(
    "value",
    [1 / NOISE, NOISE / NOISE, NOISE / abs(NOISE), NOISE / sqrt(NOISE * NOISE), cos(1 / NOISE), exp(NOISE), cos(NOISE)],
    ids=lambda value: f"{value.data:g}",
)
def test_what_is_computed_from_a_residue_may_be_far_from_zero(value):
    assert not is_residue(value)


def test_the_steps_that_lead_to_a_residue_are_not_zero():
    h = Value(0.1) + 0.2
    residue = h - 0.3
    root = residue**2 + 1
    assert residues(root) == {residue, root.args[0]}
