"""Checked: the fast objective while it can be trusted, its reference wherever it cannot."""

import warnings

import numpy as np
import pytest

from neuron.training.checked import Checked

THETA, X, Y = np.array([2.0]), np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 1.0, 1.0])


class Squares:
    """The mean of (θ·x - y)² times a factor; `seen` notes each call and its samples."""

    def __init__(self, factor=1.0, slope=1.0, error=None):
        self.factor, self.slope, self.error, self.seen = factor, slope, error, []

    def value(self, theta, X, y):
        self.seen.append(("value", X[:, 0].tolist()))
        if self.error:
            raise self.error
        predictions = X @ theta
        return float(self.factor * np.mean((predictions - y) ** 2)), predictions

    def value_and_grad(self, theta, X, y):
        loss, predictions = self.value(theta, X, y)
        self.seen[-1] = ("gradient", X[:, 0].tolist())
        return loss, self.slope * self.factor * np.array([np.mean(2 * (predictions - y) * X[:, 0])])


EVERY = [1.0, 2.0, 3.0]


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_a_fast_objective_that_agrees_computes_everything_and_the_reference_single_samples():
    fast, reference = Squares(), Squares()
    checked = Checked(lambda: fast, reference)
    assert checked.value(THETA, X, Y) == (pytest.approx(35 / 3), pytest.approx([2.0, 4.0, 6.0]))
    for _ in range(15):
        assert checked.value_and_grad(THETA, X, Y)[1] == pytest.approx(22 * 2 / 3)
    # the gradient with its loss once, then the loss, before the results number 1, 2, 4, 8 and 16
    samples = [[1.0], [2.0], [3.0], [1.0], [2.0]]
    assert reference.seen == [*zip(["gradient", "value", "value", "value", "value"], samples, strict=True)]
    assert [kind for kind, x in fast.seen if x == EVERY] == ["value", *["gradient"] * 15]


def test_a_doubt_is_a_comparison_before_the_next_result():
    fast, reference = Squares(), Squares()
    checked = Checked(lambda: fast, reference)
    for _ in range(3):
        checked.value(THETA, X, Y)
        checked.doubt()
        checked.doubt()
    assert len(reference.seen) == 3, "the gradient with its loss, then the loss before each result"


def test_a_change_is_noticed_at_once_after_a_doubt():
    factor = [1.0]
    checked = Checked(lambda: Squares(factor[0]), reference := Squares())
    for factor[0] in (1.0, 2.0, 3.0):
        reference.factor = factor[0]
        checked.doubt()
        assert checked.value(THETA, X, Y)[0] == pytest.approx(factor[0] * 35 / 3)


def test_a_change_without_a_doubt_is_noticed_before_the_results_have_doubled_and_says_so():
    factor = [1.0]
    checked = Checked(lambda: Squares(factor[0]), reference := Squares())
    for _ in range(5):
        checked.value(THETA, X, Y)
    factor[0] = reference.factor = 2.0
    assert [checked.value(THETA, X, Y)[0] for _ in (6, 7)] == pytest.approx([35 / 3] * 2), "not yet"
    with pytest.warns(UserWarning, match=r"not in a callback: up to 4 losses and gradients were computed from the"):
        assert checked.value(THETA, X, Y)[0] == pytest.approx(2 * 35 / 3)


def test_a_fast_objective_that_has_changed_is_made_anew():
    made = []

    def make():
        made.append(Squares(factor=1.0 + len(made)))
        return made[-1]

    assert Checked(make, Squares(factor=2.0)).value(THETA, X, Y)[0] == pytest.approx(2 * 35 / 3)
    assert len(made) == 2


@pytest.mark.parametrize(
    ("fast", "why"),
    [
        (Squares(factor=1.001), "the loss of the same sample differs from call to call"),
        (Squares(slope=1.001), "the loss of the same sample differs from call to call"),
        (Squares(error=TypeError("it branches")), "it branches"),
    ],
    ids=["loss", "gradient", "error"],
)
def test_a_fast_objective_that_cannot_be_trusted_is_replaced_for_good(fast, why):
    reference = Squares()
    checked = Checked(lambda: fast, reference)
    with pytest.warns(UserWarning, match=f"one sample after the other, which is slow: {why}$") as caught:
        loss, _ = checked.value(THETA, X, Y)
    assert caught[0].filename == __file__
    assert loss == reference.value(THETA, X, Y)[0]
    fast.seen.clear()
    checked.value_and_grad(THETA, X, Y)
    checked.value(THETA, X, Y)
    assert fast.seen == []


def test_what_is_not_finite_is_computed_by_the_reference():
    fast, reference = Squares(), Squares()
    checked = Checked(lambda: fast, reference)
    checked.value(THETA, X, Y)
    fast.factor = np.nan  # the check lets it pass
    assert checked.value(THETA, X, Y)[0] == pytest.approx(35 / 3)
    assert checked.value_and_grad(THETA, X, Y)[1] == pytest.approx(22 * 2 / 3)


def test_errors_are_those_of_the_reference():
    fast = Squares()
    checked = Checked(lambda: fast, Squares(error=ValueError("not defined there")))
    for method in (checked.value, checked.value_and_grad):
        with pytest.raises(ValueError, match="not defined there"):
            method(THETA, X, Y)
    assert fast.seen == []
