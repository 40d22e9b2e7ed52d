"""The catalogue of student mistakes: its networks are right, and each of its mistakes is one."""

import numpy as np
import pytest

from tests.benchmarks.mistakes import NETWORKS, about_everything, says
from tests.benchmarks.student_code import Mistake, Network, phrases

MISTAKES = [
    pytest.param(network, mistake, id=f"{network.name}: {mistake.name}")
    for network in NETWORKS
    for mistake in network.mistakes
]
by_network = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)


@by_network
def test_right_gradients_agree_with_finite_differences(network):
    right = network.right(**network.parameters)
    step = 1e-5
    for name, array in network.parameters.items():
        for place in np.ndindex(array.shape):
            moved = np.zeros_like(array)
            moved[place] = step
            above, below = (network.cost(**network.parameters | {name: array + side * moved}) for side in (1, -1))
            assert right[name][place] == pytest.approx((above - below) / (2 * step), rel=1e-5, abs=1e-8)


@by_network
def test_no_gradient_is_small_and_none_occurs_twice(network):
    slopes = np.abs(np.concatenate([gradient.ravel() for gradient in network.right(**network.parameters).values()]))
    assert slopes.min() > 1e-5
    assert np.diff(np.sort(slopes)).min() > 1e-7


@pytest.mark.parametrize(("network", "mistake"), MISTAKES)
def test_a_mistake_changes_a_gradient_visibly_and_nothing_else(network, mistake):
    right, wrong = network.right(**network.parameters), network.wrong(mistake)(**network.parameters)
    assert {name: array.shape for name, array in wrong.items()} == {name: array.shape for name, array in right.items()}
    assert all(np.isfinite(array).all() for array in wrong.values())
    differences = {name: np.abs(wrong[name] - right[name]).max() / np.abs(right[name]).max() for name in right}
    assert (
        network.wrong_arrays(mistake) == {name for name, difference in differences.items() if difference > 1e-3} != {}
    )


@by_network
def test_mistakes_differ_from_one_another(network):
    gradients = [network.wrong(mistake)(**network.parameters) for mistake in network.mistakes]
    for i, one in enumerate(gradients):
        for j, other in enumerate(gradients[:i]):
            is_same = all(np.allclose(one[name], other[name], rtol=1e-6, atol=1e-12) for name in one)
            assert not is_same, (network.mistakes[i].name, network.mistakes[j].name)


@pytest.mark.parametrize(("network", "mistake"), MISTAKES)
def test_words_are_lower_case_alternatives_of_several_fragments_or_one(network, mistake):
    fragments = [part for words in mistake.words for part in words] + list(mistake.part)
    assert mistake.words
    assert all(mistake.words)
    assert all(part and part == part.lower() for part in fragments)


def test_there_are_enough_mistakes():
    by_kind = {network.name: len(network.mistakes) for network in NETWORKS}
    assert by_kind["two layers"] + by_kind["two layers, dropout"] >= 36
    assert by_kind["three layers"] >= 31


def square(w):
    return (w**2).sum()


def slope(w):
    return {"w": 2 * w}


def test_an_edit_that_does_not_fit_the_code_is_refused():
    network = Network("square", square, slope, {"w": np.array([1.0])}, ())
    assert network.wrong(Mistake("sign", {"2 * w": "-2 * w"}, ()))(w=np.array([3.0])) == {"w": [-6.0]}
    with pytest.raises(ValueError, match=r"cube: '3 \* w' does not occur"):
        network.wrong(Mistake("cube", {"3 * w": "2 * w"}, ()))


class Report:
    """A report as plain text."""

    def __init__(self, text, *advice):
        self.text, self.advice, self.inputs = text, advice, {}

    def __str__(self):
        return self.text


def test_all_fragments_have_to_occur_in_one_line():
    words = phrases("tanh", "missing|forgotten")
    assert says("The derivative of tanh is missing.", words)
    assert says("W1: Tanh' forgotten", words)
    assert not says("tanh is fine\nthe 2 is missing", words)


def test_rows_of_entries_and_the_line_about_confidence_explain_nothing():
    report = Report("FAIL\n  W1[0, 1]  2.0  1.0  FAIL  2x too big\nConfidence: 15 digits", "Looks like: a 2")
    assert about_everything(report) == "FAIL\nLooks like: a 2"
