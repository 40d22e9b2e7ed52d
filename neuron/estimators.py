"""A neuron, or a network, as an estimator of scikit-learn: for pipelines, cross-validation and grid search.

They need scikit-learn: ``pip install scikit-learn``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from neuron import losses
from neuron.choosing import choose
from neuron.models.neuron import MLP
from neuron.training.fit import fit
from neuron.training.optimizers import OPTIMIZERS

__all__ = ["NeuronClassifier", "NeuronRegressor"]

Array = NDArray[Any]


class _NeuronEstimator(BaseEstimator):  # type: ignore[misc]
    """The common part of both: the settings, and the training of a model with one linear output."""

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (),
        activation: str = "relu",
        optimizer: str = "adam",
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

    def _train(self, X: Array, y: Array, loss: str | Callable[[Any, Any], Any]) -> None:
        source = check_random_state(self.random_state)
        start, order = source.randint(np.iinfo(np.int32).max, size=2).tolist()
        if not isinstance(self.hidden, Iterable):
            raise TypeError(f"hidden lists the sizes of hidden layers, such as (8,), not {self.hidden!r}")
        self.model_ = MLP(X.shape[1], [*self.hidden, 1], self.activation, seed=start)
        self.history_ = fit(
            self.model_,
            X,
            y,
            loss=loss,
            optimizer=choose("optimizer", self.optimizer, OPTIMIZERS)(self.lr),
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
    """A neuron that tells two classes apart; the loss is the cross entropy of its sigmoid.

    `hidden` lists the sizes of hidden layers with this `activation`; by default there are none.
    `optimizer` is "adam" or "sgd", with the learning rate `lr`; `epochs`, `batch_size` (None: all samples at once)
    and `l2` are those of `fit` and of the L2 penalty.  `random_state` sets the start and the order of the samples.

    After `fit` there are `classes_`, `n_features_in_`, the trained `model_` and its `history_`.  For more than two
    classes, scikit-learn's OneVsRestClassifier trains one per class.

    >>> one = NeuronClassifier(random_state=0).fit([[0.0], [1.0], [2.0], [3.0]], ["no", "no", "yes", "yes"])
    >>> one.predict([[0.2], [2.8]])
    array(['no', 'yes'], dtype='<U3')
    """

    classes_: Array

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from samples, shape (samples, features), and their classes, exactly two."""
        inputs, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError(
                f"NeuronClassifier tells two classes apart, but y holds one class only: {self.classes_[0]}"
            )
        if type_of_target(y, input_name="y") != "binary":
            kind = type_of_target(y)
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {kind}: y has "
                f"{len(self.classes_)} classes; wrap the estimator in sklearn.multiclass.OneVsRestClassifier"
            )
        self._train(inputs, labels.astype(float), _cross_entropy)
        return self

    def decision_function(self, X: ArrayLike) -> Array:
        """The number before the sigmoid for each sample: positive for the second class, negative for the first."""
        return self._outputs(X)

    def predict_proba(self, X: ArrayLike) -> Array:
        """The probability of each class, shape (samples, 2), in the order of `classes_`."""
        h = self._outputs(X)
        return np.column_stack([expit(-h), expit(h)])

    def predict(self, X: ArrayLike) -> Array:
        """The more probable class of each sample."""
        is_second = self._outputs(X) > 0
        labels: Array = self.classes_[is_second.astype(int)]
        return labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


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


def _cross_entropy(score: Any, target: Any) -> Any:
    return losses.binary_cross_entropy(score, target, from_logits=True)
