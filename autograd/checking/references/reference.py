"""A method for the numerical derivatives that gradients are compared with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping

from autograd.checking.references.precision import DOUBLE, Precision
from autograd.checking.verdicts import InputCheck, Slopes, judge

__all__ = ["Reference", "Toward", "closed_form_hint"]

Toward = Callable[[Mapping[str, float]], Callable[[float], float]]
"""The result as a function of a step in a direction, given by weights."""


class Reference(ABC):
    """A method for the numerical derivative with respect to each input.

    `source` is its name, `precision` that of the function whose slopes it measures.
    """

    source: str
    precision: Precision = DOUBLE
    at: Mapping[str, float]
    """The inputs."""
    toward: Toward | None
    """The function of a step in a direction, given by weights."""

    @property
    @abstractmethod
    def result(self) -> float:
        """The number whose slopes are measured."""

    @abstractmethod
    def slopes(self, names: Iterable[str], grads: Mapping[str, float]) -> Iterator[Slopes]:
        """The slopes with respect to each input; `grads` are expected to be right, which may save work."""

    @abstractmethod
    def check(
        self, name: str, grad: float, slopes: Slopes, closed: float | None, digits: int | None, rounded: float
    ) -> InputCheck:
        """The verdict on one gradient.

        `closed` is only shown beside it; the gradient was computed with the relative precision `rounded`.
        """


def closed_form_hint(closed: float | None, slopes: Slopes, noise: float = 0.0) -> str:
    """The hint if the closed form is wrong itself."""
    is_wrong = closed is not None and judge(closed, slopes, noise).verdict == "fail"
    return "the closed form differs" * is_wrong
