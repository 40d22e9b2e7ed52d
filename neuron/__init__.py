"""The neuron built on `autograd`: models, loss functions, and the lesson of how a neuron learns.

>>> from neuron import Neuron, losses
>>> n = Neuron(1, activation=None, weights=[0.5], bias=0.1)
>>> L = losses.squared_error(n([2.0]), 1.5)
>>> L.backward()
>>> n.w[0].grad, n.b.grad
(-1.5999999999999996, -0.7999999999999998)
"""

try:
    from autograd import Value as _Value
except ImportError:
    import os as _os

    import autograd as _autograd

    if _os.path.exists(_os.path.join(_os.path.dirname(_autograd.__file__ or ""), "core")):
        raise  # it is the right one, and something else is wrong
    raise ImportError(
        f"neuron needs the autograd of scalar-autograd, but the one at {_autograd.__file__} is another package of that "
        "name (HIPS autograd); install scalar-autograd in a virtual environment of its own"
    ) from None

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from autograd.extend import missing as _missing
from neuron import closed_form, datasets, losses, metrics, plots
from neuron.guesses import answers as _answers
from neuron.models.neuron import MLP, Layer, Neuron, load
from neuron.training.fit import DivergedError, LearningWarning, fit
from neuron.training.history import History
from neuron.training.optimizers import SGD, Adam

if _TYPE_CHECKING:
    from neuron.estimators import NeuronClassifier as NeuronClassifier
    from neuron.estimators import NeuronRegressor as NeuronRegressor

__all__ = [  # without the estimators, so that * does not need scikit-learn
    "MLP",
    "SGD",
    "Adam",
    "DivergedError",
    "History",
    "Layer",
    "LearningWarning",
    "Neuron",
    "closed_form",
    "datasets",
    "fit",
    "load",
    "losses",
    "metrics",
    "plots",
]

del _Value


if not _TYPE_CHECKING:  # type checkers report unknown names themselves

    def __getattr__(name: str) -> _Any:
        if name not in ("NeuronClassifier", "NeuronRegressor"):
            raise _missing("neuron", name, _answers("neuron"))
        try:
            from neuron import estimators
        except ImportError as error:
            raise ImportError(f"{name} needs scikit-learn: pip install scikit-learn") from error
        return getattr(estimators, name)
