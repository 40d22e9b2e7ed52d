"""Accuracy: which predictions count as right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuron.metrics import accuracy

LABELS = st.lists(st.booleans(), min_size=1, max_size=20)


@given(LABELS, st.data())
def test_a_prediction_counts_as_the_nearer_label(truths, data):
    guesses = data.draw(st.lists(st.booleans(), min_size=len(truths), max_size=len(truths)))
    right = np.mean([truth == guess for truth, guess in zip(truths, guesses, strict=True)])
    zero_one = [0.51 + guess * 0.3 - (not guess) * 0.4 for guess in guesses]
    assert accuracy(zero_one, [float(truth) for truth in truths]) == right
    if not all(truths):  # all +1 could be labels of either kind
        signs = [0.01 if guess else -0.01 for guess in guesses]
        assert accuracy(signs, [1 if truth else -1 for truth in truths]) == right


def test_a_column_a_class():
    assert accuracy([[1, 2, 3], [3, 2, 1], [0, 9, 0]], [[0, 0, 1], [1, 0, 0], [1, 0, 0]]) == 2 / 3


def test_targets_that_are_no_labels():
    with pytest.raises(ValueError, match=r"accuracy needs labels 0 and 1, or -1 and \+1, not \[0\.5, 2\.0\]"):
        accuracy([1, 2], [0.5, 2])
    with pytest.raises(ValueError, match=r"predictions of shape \(2,\) and targets of shape \(3,\) differ"):
        accuracy([1, 2], [0, 1, 1])
