"""Training by array programs: the numbers of training by Values, or Values themselves where nothing can be recorded."""

import random
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import DomainError, PoleError, TracingError, sqrt, where
from neuron import MLP, SGD, Layer, Neuron, fit, losses
from neuron.training.objective import Eager
from neuron.training.vectorized import vectorized


def trained(objective, model, X, y, **options):
    """Losses, validation losses and parameters of a training, with the model left as it was."""
    before = [p.data for p in model.parameters()]
    history = fit(model, X, y, objective=objective, record_parameters=True, seed=5, **options)
    for parameter, number in zip(model.parameters(), before, strict=True):
        parameter.data = number
    return np.array([*history.loss, *history.parameters[-1]])


def assert_alike(model, X, y, **options):
    eager, programs = (trained(objective, model, X, y, **options) for objective in (Eager, vectorized))
    np.testing.assert_allclose(programs, eager, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::neuron.LearningWarning")  # relu may be off for all of the few samples
@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["neuron", "single", "layer", "mlp", "mlp with one output"]),
    activation=st.sampled_from(["linear", "relu", "sigmoid", "tanh"]),
    loss=st.sampled_from([*losses.LOSSES, "cross_entropy"]),
    reduction=st.sampled_from(["mean", "sum"]),
    batch_size=st.sampled_from([None, 3]),
    penalty=st.booleans(),
    some=st.booleans(),
)
def test_the_numbers_are_those_of_training_with_values(
    seed, kind, activation, loss, reduction, batch_size, penalty, some
):
    source = np.random.default_rng(seed)
    if loss == "cross_entropy" and "layer" not in kind and kind != "mlp":
        kind = "mlp"
    logits = loss == "binary_cross_entropy_with_logits" and activation == "sigmoid"
    output = "sigmoid" if loss == "binary_cross_entropy" else "linear" if logits else activation
    model = {
        "neuron": lambda: Neuron(2, output, seed=seed),
        "single": lambda: Neuron(1, output, seed=seed),
        "layer": lambda: Layer(2, 3, output, seed=seed),
        "mlp": lambda: MLP(2, [4, 3], activation, output, seed=seed),
        "mlp with one output": lambda: MLP(3, [2, 1], activation, output, seed=seed),
    }[kind]()
    X = source.normal(size=(7, model.nin))
    shape = (7,) if model.nout == 1 or loss == "cross_entropy" else (7, model.nout)
    y = {
        "cross_entropy": lambda: source.integers(0, 3, shape),
        "hinge": lambda: source.choice([-1, 1], shape),
        "binary_cross_entropy": lambda: source.choice([0.0, 0.25, 1.0], shape),
        "binary_cross_entropy_with_logits": lambda: source.choice([0.0, 0.25, 1.0], shape),
    }.get(loss, lambda: source.normal(size=shape))()
    assert_alike(
        model, X, y, loss=loss, reduction=reduction, batch_size=batch_size, epochs=3, optimizer=SGD(0.01),
        penalty=losses.l2(0.1) if penalty else None, parameters=model.parameters()[::2] if some else None,
        validation=(X[:2], y[:2]),
    )  # fmt: skip


def test_probabilities_as_targets():
    source = np.random.default_rng(1)
    y = source.dirichlet(np.ones(3), 6)
    assert_alike(MLP(2, [4, 3], seed=1), source.normal(size=(6, 2)), y, loss="cross_entropy", epochs=3)


X, Y = [[1.0], [-2.0], [3.0]], [0.5, 1.0, -1.0]


def test_a_loss_that_branches_is_trained_with_values_and_says_so_once():
    def crooked(prediction, target):
        if prediction > target:
            return prediction - target
        return 2 * (target - prediction)

    n = Neuron(1, None, weights=[0.3])
    with pytest.warns(UserWarning, match="uses Values, one sample after the other") as caught:
        found = trained(vectorized, n, X, Y, loss=crooked, epochs=4)
    assert len(caught) == 1
    assert "line " in str(caught[0].message)
    assert "if prediction > target:" in str(caught[0].message)
    assert "where(ŷ > y, a, b)" in str(caught[0].message)
    assert found.tolist() == trained(Eager, n, X, Y, loss=crooked, epochs=4).tolist()
    straight = trained(
        vectorized, n, X, Y, epochs=4, loss=lambda p, t: where(p > t, p - t, 2 * (t - p)),
    )  # fmt: skip
    np.testing.assert_allclose(straight, found, rtol=1e-12)


def test_a_loss_that_is_never_the_same_is_trained_with_values():
    source = random.Random(3)
    n = Neuron(1, None, weights=[0.3])
    with pytest.warns(UserWarning, match="differs from call to call"):
        fit(n, X, Y, loss=lambda p, t: (p - t + source.random()) ** 2, epochs=2)


def test_a_penalty_that_changes_is_noticed():
    strength = [0.0]
    found = {}
    for objective in (Eager, vectorized):
        strength[0] = 0.0
        n = Neuron(1, None, weights=[0.3])
        history = fit(
            n, X, Y, epochs=4, penalty=lambda ps: strength[0] * losses.l2(1.0)(ps), objective=objective,
            callbacks=[lambda history: strength.__setitem__(0, 0.5)],
        )  # fmt: skip
        found[objective] = history.loss
    assert found[vectorized] == pytest.approx(found[Eager], rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "activation", "y", "error", "text"),
    [
        ("hinge", None, [1, -1, 2], ValueError, r"^sample 2 \(y = 2.0\): hinge needs a target of -1 or \+1, not 2.0"),
        ("binary_cross_entropy", None, [1, 0, 1], ValueError, r"^sample \d .*needs a probability between 0 and 1"),
        ("binary_cross_entropy", "relu", [1, 0, 1], (PoleError, ValueError), r"^sample \d .*binary_cross_entropy"),
        (lambda p, t: sqrt(p - t), None, Y, DomainError, r"^sample 0 \(y = 0.5\): sqrt\(x\) is not defined at x = "),
        (lambda p, t: [p], None, Y, TypeError, "the loss must be one number"),
        (lambda p, t: 1.0, None, Y, TypeError, "the loss does not depend on the parameters"),
    ],
    ids=["label", "probability", "pole", "domain", "list", "constant"],
)
def test_errors_are_those_of_values(loss, activation, y, error, text):
    n = Neuron(1, activation, weights=[-0.3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error, match=text):
            fit(n, X, y, loss=loss, epochs=2)
    assert [p.data for p in n.parameters()] == [-0.3, 0.0]


def test_cross_entropy_needs_classes():
    with pytest.raises(ValueError, match="the model needs an output for each"):
        fit(Neuron(1), X, Y, loss="cross_entropy")
    model = MLP(1, [3], output_activation=None, seed=1)
    with pytest.raises(
        ValueError, match=r"sample 1 \(y = 3.0\): cross_entropy needs the number of a class, from 0 to 2"
    ):
        fit(model, X, [0, 3, 1], loss="cross_entropy")
    with pytest.raises(ValueError, match="cross_entropy has 3 scores, but probabilities for 2 classes"):
        losses.cross_entropy([1.0, 2.0, 3.0], [0.5, 0.5])


def test_a_branch_in_vectorize_itself_is_an_error():
    from autograd import vectorize

    with pytest.raises(TracingError, match="where"):
        vectorize(lambda p, t: losses.huber(p, t) if p > 0 else p, batch=("p", "t"))(p=[1.0], t=[2.0])
