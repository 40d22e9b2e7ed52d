"""The estimators obey the conventions of scikit-learn, and do what they are for."""

import signal
import sys

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, make_moons
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import neuron
from neuron import SGD, NeuronClassifier, NeuronRegressor, fit


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([NeuronClassifier(epochs=25, lr=0.3), NeuronRegressor(epochs=25, lr=0.3)])
def test_the_conventions(estimator, check):
    check(estimator)


def test_cross_validation_in_a_pipeline():
    X, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), NeuronClassifier(epochs=10, lr=0.3, random_state=0))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.95


def test_the_regressor_finds_the_least_squares():
    X, y = load_diabetes(return_X_y=True)
    X, y = StandardScaler().fit_transform(X[:100, :3]), (y[:100] - y.mean()) / y.std()
    ours = NeuronRegressor(epochs=300, lr=0.05, random_state=1).fit(X, y)
    best = LinearRegression().fit(X, y)
    assert ours.predict(X) == pytest.approx(best.predict(X), abs=1e-3)
    assert ours.score(X, y) == pytest.approx(best.score(X, y), abs=1e-5)


def test_hidden_layers_bend_the_boundary():
    X, y = make_moons(100, noise=0.1, random_state=0)
    straight = NeuronClassifier(epochs=60, random_state=0).fit(X, y)
    bent = NeuronClassifier(hidden=(8,), epochs=60, lr=0.1, random_state=0).fit(X, y)
    assert straight.score(X, y) < 0.95 < bent.score(X, y)
    assert repr(bent.model_) == "MLP(2, [8, 1], activation='relu', output_activation='linear')"


def test_probabilities_and_decisions_agree():
    X, y = make_moons(60, noise=0.1, random_state=0)
    classifier = NeuronClassifier(epochs=20, random_state=0).fit(X, np.array(["blue", "red"])[y])
    assert classifier.classes_.tolist() == ["blue", "red"]
    p, h = classifier.predict_proba(X), classifier.decision_function(X)
    assert p.sum(axis=1) == pytest.approx(1)
    assert p[:, 1] == pytest.approx(1 / (1 + np.exp(-h)))
    assert ((classifier.predict(X) == "red") == (p[:, 1] > 0.5)).all()
    far = classifier.predict_proba(np.array([[1e2, -1e2], [-1e2, 1e2]]))
    assert 0 < far.min() < 1e-20, "tiny probabilities are not rounded to zero"


def test_settings_reach_the_training():
    X, y = make_moons(40, noise=0.1, random_state=0)
    same = [NeuronClassifier(epochs=5, batch_size=7, random_state=3).fit(X, y).history_.loss for _ in range(2)]
    assert same[0] == same[1]
    penalised = NeuronClassifier(epochs=5, batch_size=7, random_state=3, l2=1.0).fit(X, y)
    assert penalised.history_.loss[0] > same[0][0]
    sgd = NeuronClassifier(epochs=5, optimizer="sgd", lr=0.5, random_state=3).fit(X, y)
    assert sgd.history_.learning_rate == [0.5] * 5
    own = NeuronClassifier(epochs=5, optimizer=SGD(0.5), random_state=3).fit(X, y)
    assert own.history_.loss == sgd.history_.loss
    search = GridSearchCV(NeuronClassifier(epochs=5, random_state=0), {"lr": [1e-4, 0.5]}, cv=2).fit(X, y)
    assert search.best_params_ == {"lr": 0.5}


def test_more_than_two_classes():
    X, y = np.repeat([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]], 5, axis=0), np.repeat([0, 1, 2], 5)
    names = np.array(["blue", "green", "red"])
    three = NeuronClassifier(epochs=50, lr=0.2, random_state=0).fit(X, names[y])
    assert three.classes_.tolist() == names.tolist()
    assert three.predict(X).tolist() == names[y].tolist()
    p, scores = three.predict_proba(X), three.decision_function(X)
    assert p.shape == scores.shape == (15, 3)
    assert p.sum(axis=1) == pytest.approx(1)
    assert (p.argmax(axis=1) == y).all()
    assert repr(three.model_) == "MLP(2, [3], output_activation='linear')"
    assert NeuronClassifier(hidden=(4,), epochs=50, lr=0.2, random_state=0).fit(X, y).predict(X).tolist() == y.tolist()
    one_per_class = OneVsRestClassifier(NeuronClassifier(epochs=50, lr=0.2, random_state=0)).fit(X, y)
    assert one_per_class.score(X, y) == 1
    with pytest.raises(ValueError, match="y holds one class only: 1"):
        NeuronClassifier().fit([[0.0], [1.0]], [1, 1])


def test_bad_settings_are_told_when_they_are_used():
    X, y = [[0.0], [1.0]], [0, 1]
    for setting, message in (
        ({"optimizer": "sdg"}, "unknown optimizer 'sdg': did you mean 'sgd'"),
        ({"lr": -1}, "Adam: the learning rate must be positive, not -1"),
        ({"epochs": -1}, "epochs must be at least 0, not -1"),
        ({"l2": -1}, "l2 needs a strength of at least 0, not -1"),
        ({"hidden": (0,)}, "at least 1 neuron is needed, not 0"),
    ):
        with pytest.raises(ValueError, match=message):
            NeuronClassifier(**setting).fit(X, y)


def test_ctrl_c_ends_a_search_and_not_just_one_training(monkeypatch):
    calls = []

    def interrupted(*args, **kwargs):
        calls.append(1)
        press = lambda history: signal.raise_signal(signal.SIGINT) if history.epochs == 2 else None  # noqa: E731
        return fit(*args, **kwargs, callbacks=[press])

    monkeypatch.setattr("neuron.estimators.fit", interrupted)
    X, y = make_moons(40, noise=0.1, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(NeuronClassifier(epochs=50, random_state=0), X, y, cv=3)
    assert len(calls) == 1


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "neuron.estimators")
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    monkeypatch.delattr(neuron, "estimators")
    with pytest.raises(ImportError, match=r"NeuronClassifier needs scikit-learn: pip install scikit-learn"):
        _ = neuron.NeuronClassifier
    with pytest.raises(AttributeError, match="module 'neuron' has no attribute 'Neurn'"):
        _ = neuron.Neurn
