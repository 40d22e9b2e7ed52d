"""Accuracy and r²: the quality of predictions."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import r2_score

from neuron import MLP, Neuron, fit
from neuron.losses import binary_cross_entropy_with_logits
from neuron.metrics import accuracy, r2

LABELS = st.lists(st.booleans(), min_size=1, max_size=20)


@given(LABELS, st.sampled_from([(0.0, 1.0), (-1.0, 1.0)]), st.data())
def test_a_prediction_counts_as_the_nearer_label(truths, labels, data):
    guesses = data.draw(st.lists(st.booleans(), min_size=len(truths), max_size=len(truths)))
    right = np.mean([truth == guess for truth, guess in zip(truths, guesses, strict=True)])
    middle = sum(labels) / 2
    predictions = [middle + data.draw(st.floats(0.01, 9)) * (1 if guess else -1) for guess in guesses]
    targets = [labels[truth] for truth in truths]
    assert accuracy(predictions, targets, labels) == right
    if not all(truths):
        assert accuracy(predictions, targets) == right, "the labels are told from the targets"


def test_a_column_a_class():
    assert accuracy([[1, 2, 3], [3, 2, 1], [0, 9, 0]], [[0, 0, 1], [1, 0, 0], [1, 0, 0]]) == 2 / 3
    assert accuracy([[0.1], [0.9], [0.2]], [[1], [0], [1]]) == 0.0, "one column is no class of its own"


def test_nan_is_never_right():
    assert accuracy([np.nan, np.nan], [0, 1]) == 0.0
    assert accuracy([[np.nan, 1]], [[1, 0]]) == 0.0


MESSAGES = {
    "accuracy([1, 2], [0.5, 2])": "or -1 and +1, or a column of 0 and 1 for each class, not [0.5, 2.0]",
    "accuracy([1, 2], [0, 1, 1])": "accuracy needs as many predictions as targets; their shapes are (2,) and (3,)",
    "accuracy([], [])": "accuracy needs as many predictions as targets; their shapes are (0,) and (0,)",
    "accuracy([0.3], [1])": "all targets are 1; say what the other label is, labels=(0, 1) or labels=(-1, 1)",
    "accuracy([0.3], [0], (-1, 1))": "accuracy: the labels are -1 and 1, but a target is 0",
    "accuracy([[1, 2]], [[7, 7]])": "accuracy needs a 1 in one column of each row of the targets, and 0 in the others",
    "accuracy([[1, 2]], [[1, 1]])": "accuracy needs a 1 in one column of each row of the targets, and 0 in the others",
}


@pytest.mark.parametrize("code", MESSAGES)
def test_targets_that_are_no_labels(code):
    with pytest.raises(ValueError, match=re.escape(MESSAGES[code])):
        eval(code)


def test_the_labels_of_the_training_hold_for_the_validation():
    n = Neuron(1, None, weights=[0.3], bias=0.0)
    history = fit(
        n, [1.0, -1.0], [1.0, -1.0], loss="hinge", metric="accuracy", epochs=0, validation=([0.5, 1.0], [1.0, 1.0])
    )
    assert (history.metric, history.validation_metric, history.metric_name) == ([1.0], [1.0], "accuracy")


def test_r2_is_that_of_scikit_learn():
    source = np.random.default_rng(0)
    y, y_hat = source.normal(size=(2, 20))
    assert r2(y_hat, y) == pytest.approx(r2_score(y, y_hat), rel=1e-12)
    assert r2(y, y) == 1.0
    assert r2(np.full(20, y.mean()), y) == pytest.approx(0.0)
    assert np.isnan(r2([1.0, 2.0], [3.0, 3.0]))
    with pytest.raises(
        ValueError, match=r"r2 needs as many predictions as targets; their shapes are \(2,\) and \(1,\)"
    ):
        r2([1.0, 2.0], [1.0])


def test_the_accuracy_of_logits():
    assert accuracy([0.2, -0.1, 3.0], [1, 0, 1], threshold=0.0) == 1.0
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    classes = (X @ [2.0, -1.0] > -0.5).astype(int)
    model = MLP(2, [8, 1], seed=0)
    for loss in ("bce_with_logits", "BCE with logits", "BCEWithLogitsLoss", binary_cross_entropy_with_logits):
        history = fit(model, X, classes, loss=loss, lr=0.05, epochs=20, metric="accuracy")
        assert history.metric[-1] == np.mean((model.predict(X) > 0) == classes)
    with pytest.raises(ValueError, match="applies the sigmoid itself, but the output of the model is a sigmoid"):
        fit(Neuron(2, "sigmoid"), X, classes, loss="bce_with_logits")
