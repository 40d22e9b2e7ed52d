"""The target of a check: named numbers, and a result that depends on them.

A function is called once with Values in place of its inputs (`autograd.checking.function_target`); a recorded graph
exists already (`autograd.checking.graph_target`).  Both then offer the same: the recorded graph, if there is one, the
gradients that the engine computes from it, and a reference.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from autograd.checking.audit import Culprit, Graph
from autograd.checking.inputs import Block
from autograd.checking.references.reference import Reference
from autograd.core.value import Value

__all__ = ["Target", "UndecidableError"]


class UndecidableError(Exception):
    """Nothing can be said about any gradient of the target, for the reason in the message."""


class Target(ABC):
    """A result and the `numbers` that it depends on, by name."""

    numbers: Mapping[str, float]

    @property
    @abstractmethod
    def blocks(self) -> Sequence[Block]:
        """The arrays that the numbers belong to."""

    @property
    @abstractmethod
    def leaves(self) -> Mapping[str, Value]:
        """The recorded leaves by name."""

    @property
    @abstractmethod
    def graph(self) -> Graph | None:
        """The graph that was recorded from the leaves, if there is one."""

    @property
    @abstractmethod
    def unrecorded(self) -> list[Culprit] | None:
        """The places where the result depends on an input without a record; None if the graph is only a part of it."""

    @abstractmethod
    def own_gradients(self) -> tuple[dict[str, float], list[Culprit]]:
        """The gradients that the engine computes, and the mistakes in the passes that computed them."""

    @abstractmethod
    def along(self, name: str) -> Callable[[float], float]:
        """The result as a function of one input alone, from float to float."""

    @property
    @abstractmethod
    def reference(self) -> Reference:
        """The method for the numerical derivatives."""

    @abstractmethod
    def restore(self) -> None:
        """Leave the objects that took part in the check as they were."""
