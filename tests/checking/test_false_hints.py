"""Hints about gradients that are wrong for no common reason: nothing is named, or only what the numbers show."""

import re

import numpy as np
import pytest

from autograd import gradcheck
from tests.benchmarks import branching
from tests.benchmarks.mistakes import NETWORKS, hints

by_network = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)


@pytest.fixture
def rng():
    return np.random.default_rng(20)


def hinted(network, gradients):
    """All that a report says about the reasons, except beside single entries."""
    report = gradcheck(network.cost, network.parameters, gradient=gradients)
    assert report.verdict == "fail"
    return {hint for hint in [*hints(report).values(), *report.advice] if hint}


def noise(rng, array):
    return rng.normal(size=array.shape) * np.abs(array).max()


def one_entry(rng, array):
    wrong = array.copy()
    wrong[tuple(rng.integers(n) for n in array.shape)] += rng.normal()
    return wrong


@by_network
@pytest.mark.parametrize("seed", range(2))
def test_random_numbers_are_no_mistake_with_a_name(network, seed):
    rng = np.random.default_rng(seed)
    right = network.right(**network.parameters)
    assert hinted(network, {name: noise(rng, array) for name, array in right.items()}) == set()
    assert hinted(network, {name: array + 0.1 * noise(rng, array) for name, array in right.items()}) == set()
    name = rng.choice(list(right))
    assert hinted(network, {**right, name: noise(rng, right[name])}) == set()
    only = hinted(network, {**right, name: one_entry(rng, right[name])})
    assert all(re.fullmatch(r"only (row|column) \d", hint) for hint in only)


@by_network
@pytest.mark.parametrize(
    ("factor", "words"),
    [(1.7, "1.70x too big"), (-0.37, "wrong sign and 2.70x too small"), (2.5, "2.50x too big"), (11.0, "11x too big")],
)
def test_a_factor_without_a_reason_gets_none(network, factor, words):
    wrong = {name: factor * array for name, array in network.right(**network.parameters).items()}
    assert hinted(network, wrong) == {words, f"Looks like: every gradient is off: {words}"}


@by_network
def test_a_random_order_is_only_called_another_order(network, rng):
    name, array = max(network.right(**network.parameters).items(), key=lambda item: item[1].size)
    wrong = rng.permutation(array.ravel()).reshape(array.shape)
    assert hinted(network, {**network.right(**network.parameters), name: wrong}) == {"in another order"}


@by_network
def test_two_mistakes_are_not_mistaken_for_one(network, rng):
    right = network.right(**network.parameters)
    scaled, random = rng.choice(list(right), 2, replace=False)
    said = hinted(network, {**right, scaled: 1.7 * right[scaled], random: noise(rng, right[random])})
    assert said == {"1.70x too big"}


def test_a_row_of_zeros_is_no_forgotten_path():
    right = branching.NETWORKS[0].right(**branching.PARAMETERS)
    assert hinted(branching.NETWORKS[0], {**right, "W": right["W"] * [[0], [1]]}) == {"only row 0"}


def test_a_constant_difference_is_no_regulariser():
    x = np.ones(4)
    slope = np.array([0.3, -0.2, 0.7, 1.0])
    report = gradcheck(lambda gamma: (gamma * slope).sum(), {"gamma": x}, gradient=[slope + 0.1])
    assert "regulariser" not in str(report)


def test_a_factor_of_one_row_is_no_regulariser():
    w = np.arange(1.0, 13.0).reshape(4, 3)
    wrong = 2 * w * [[1], [1.7], [1], [1]]
    assert gradcheck(lambda W: (W**2).sum(), {"W": w}, gradient=[wrong]).arrays["W"].hint == "only row 1, 1.70x too big"
