"""A neuron, or a network, as an estimator of scikit-learn: for pipelines, cross-validation and grid search.

They need scikit-learn: ``pip install scikit-learn``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from neuron import losses
from neuron.models.neuron import MLP
from neuron.training.fit import fit
from neuron.training.optimizers import Optimizer

__all__ = ["NeuronClassifier", "NeuronRegressor"]

Array = NDArray[Any]


class _NeuronEstimator(BaseEstimator):  # type: ignore[misc]
    """The common part of both: the settings, and the training of a model with linear outputs."""

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (),
        activation: str = "relu",
        optimizer: Optimizer | str = "adam",
        lr: float = 0.05,
        epochs: int = 200,
        batch_size: int | None = None,
        l2: float = 0.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.random_state = random_state

    def _train(self, X: Array, y: Array, loss: str, outputs: int = 1) -> None:
        source = check_random_state(self.random_state)
        start, order = source.randint(np.iinfo(np.int32).max, size=2).tolist()
        if not isinstance(self.hidden, Iterable):
            raise TypeError(f"hidden lists the sizes of hidden layers, such as (8,), not {self.hidden!r}")
        self.model_ = MLP(X.shape[1], [*self.hidden, outputs], self.activation, seed=start)
        self.history_ = fit(
            self.model_,
            X,
            y,
            loss=loss,
            optimizer=self.optimizer,
            lr=self.lr if isinstance(self.optimizer, str) else None,
            epochs=self.epochs,
            batch_size=self.batch_size,
            penalty=losses.l2(self.l2) if self.l2 else None,
            seed=order,
            progress=False,
        )
        if self.history_.interrupted:
            raise KeyboardInterrupt  # a search over many estimators must not continue with a half-trained one

    def _outputs(self, X: ArrayLike) -> Array:
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False))


class NeuronClassifier(ClassifierMixin, _NeuronEstimator):  # type: ignore[misc]
    """A neuron that tells two classes apart, or one neuron per class if there are more: numbers, or names.

    The loss is the cross entropy of the sigmoid for two classes, and of the softmax for more.

    `hidden` lists the sizes of hidden layers with this `activation`; by default there are none.
    `optimizer` is "adam" or "sgd", with the learning rate `lr`, or an optimizer with its own; `epochs`, `batch_size`
    (None: all samples at once) and `l2` are those of `fit` and of the L2 penalty.  `random_state` sets the start and
    the order of the samples.

    After `fit` there are `classes_`, `n_features_in_`, the trained `model_` and its `history_`.

    >>> one = NeuronClassifier(random_state=0).fit([[0.0], [1.0], [2.0], [3.0]], ["no", "no", "yes", "yes"])
    >>> one.predict([[0.2], [2.8]])
    array(['no', 'yes'], dtype='<U3')
    >>> three = NeuronClassifier(random_state=0).fit([[0.0], [1.0], [5.0], [6.0], [9.0]], ["s", "s", "m", "m", "l"])
    >>> three.classes_, three.predict_proba([[5.5]]).shape
    (array(['l', 'm', 's'], dtype='<U1'), (1, 3))
    """

    classes_: Array

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from samples, shape (samples, features), and their classes, two or more."""
        inputs, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError(f"NeuronClassifier tells classes apart, but y holds one class only: {self.classes_[0]}")
        is_binary = len(self.classes_) == 2
        loss, outputs = ("bce_with_logits", 1) if is_binary else ("cross_entropy", len(self.classes_))
        self._train(inputs, labels.astype(float), loss, outputs)
        return self

    def decision_function(self, X: ArrayLike) -> Array:
        """The number before the sigmoid for each sample: positive for the second class, negative for the first.

        With more than two classes, a score for each: shape (samples, classes).
        """
        return self._outputs(X)

    def predict_proba(self, X: ArrayLike) -> Array:
        """The probability of each class, shape (samples, classes), in the order of `classes_`."""
        h = self._outputs(X)
        return np.column_stack([expit(-h), expit(h)]) if h.ndim == 1 else softmax(h, axis=1)

    def predict(self, X: ArrayLike) -> Array:
        """The more probable class of each sample."""
        h = self._outputs(X)
        labels: Array = self.classes_[(h > 0).astype(int) if h.ndim == 1 else h.argmax(axis=1)]
        return labels


class NeuronRegressor(RegressorMixin, _NeuronEstimator):  # type: ignore[misc]
    """A linear neuron, or a network with one, that predicts a number; the loss is the squared error.

    The settings are those of `NeuronClassifier`.  After `fit` there are `n_features_in_`, the trained `model_` and its
    `history_`.

    >>> one = NeuronRegressor(random_state=0, epochs=500).fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> one.predict([[3.0]]).round(3)
    array([7.])
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from samples, shape (samples, features), and one number per sample."""
        inputs, targets = validate_data(self, X, y, y_numeric=True)
        self._train(inputs, targets, "squared_error")
        return self

    def predict(self, X: ArrayLike) -> Array:
        """One number per sample."""
        return self._outputs(X)
