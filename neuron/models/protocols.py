"""The parts of a model that files, samples and drawings use; these modules import no model, the models import them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from autograd import Value

__all__ = ["ModelLike", "NeuronLike"]


class NeuronLike(Protocol):
    """One neuron: its parameters, its activation, and the names of the numbers it computes."""

    nin: int
    activation: str
    w: list[Value]
    b: Value
    sum_name: str
    output_name: str


class ModelLike(Protocol):
    """A model as layers of neurons."""

    nin: int
    nout: int

    def parameters(self) -> list[Value]:
        """All weights and biases, in a fixed order."""

    def arguments(self) -> dict[str, Any]:
        """The arguments that create a model of this structure."""

    @staticmethod
    def sizes(*arguments: Any, **named: Any) -> list[int]:
        """The number of inputs and of the neurons in each layer that the arguments ask for; empty if unknown."""

    def columns(self) -> Sequence[Sequence[NeuronLike]]:
        """The neurons, layer by layer."""

    def forward(self, inputs: Sequence[Any], number: Callable[[Value], Any]) -> list[Any]:
        """The outputs, with `number` giving the parameters: as Values to learn, as floats to predict."""
