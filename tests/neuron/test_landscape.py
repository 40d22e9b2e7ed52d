"""The landscape of a loss: heights, slopes, and paths across it; the model itself stays as it is."""

import numpy as np
import pytest

from neuron import SGD, Neuron, fit, losses
from neuron.landscape import Landscape

X, Y = [1.0, 2.0], [2.0, 4.0]


@pytest.fixture
def n():
    return Neuron(1, None, weights=[0.5], bias=0.25)


def test_heights_and_slopes_with_the_other_parameters_held_fixed(n):
    over_w = Landscape(n, n.w, X, Y)
    for w in (-1.0, 0.0, 2.0):
        errors = np.array([w * 1 + 0.25 - 2, w * 2 + 0.25 - 4])
        assert over_w.heights(np.array([[w]])) == pytest.approx([np.mean(errors**2)])
        height, slopes = over_w.height_and_slopes(np.array([w]))
        assert (height, *slopes) == pytest.approx((np.mean(errors**2), np.mean(2 * errors * [1, 2])))
    assert [p.data for p in n.parameters()] == [0.5, 0.25]


def test_the_loss_is_that_of_fit(n):
    options = {"loss": "half_squared_error", "reduction": "sum", "penalty": losses.l2(0.5)}
    height = Landscape(n, n.parameters(), X, Y, **options).heights(np.array([[0.5, 0.25]]))
    assert height.tolist() == fit(n, X, Y, epochs=0, **options).loss


def test_every_descent_starts_at_the_values_of_the_model(n):
    landscape = Landscape(n, [n.b], X, Y)
    first, second = landscape.descent(0.1, 3), landscape.descent(0.1, 3)
    assert first.shape == (4, 1)
    assert first[0] == 0.25
    assert np.array_equal(first, second)
    assert n.b.data == 0.25


def test_a_descent_that_diverges_ends_there(n):
    path = Landscape(n, [n.b], X, Y).descent(1e3, 100)
    assert 1 < len(path) < 100
    assert np.isfinite(path).all()


def test_the_path_of_a_training_with_the_parameters_that_did_not_learn(n):
    history = fit(Neuron(1, None, weights=[0.5]), X, Y, epochs=3, optimizer=SGD(0.1), record_parameters=True)
    landscape = Landscape(n, [n.b, n.w[0]], X, Y)
    assert np.array_equal(landscape.path(history), history.parameters[:, ::-1])
    history.positions, history.names, history.entries = [0], ["w"], [
        entry._replace(parameters=entry.parameters[:1]) for entry in history.entries
    ]  # fmt: skip
    assert landscape.path(history)[:, 0].tolist() == [0.25] * 4
    other = Neuron(2, None)
    of_another_model = Landscape(other, other.w, np.eye(2), Y)
    with pytest.raises(ValueError, match=r"^the history is of another model: it has \['w'\], and Neuron\(2"):
        of_another_model.path(history)
