"""Networks as students write them, with mistakes planted in the backward pass.

A mistake is an edit of the source: some code, and the wrong code that replaces it wherever it occurs.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

__all__ = ["Mistake", "Network", "phrases"]

Arrays = dict[str, np.ndarray]

SAME = 1e-9
"""Relative difference up to which two gradients are equal apart from rounding."""


def phrases(*groups: str) -> tuple[tuple[str, ...], ...]:
    """All ways to say something: one fragment from each group, whose fragments are separated by ``|``.

    >>> phrases("tanh", "missing|forgotten")
    (('tanh', 'missing'), ('tanh', 'forgotten'))
    """
    return tuple(product(*(group.split("|") for group in groups)))


@dataclass(frozen=True)
class Mistake:
    """A mistake, and what a report has to say about it.

    `words` are alternatives; each holds lower-case fragments that all occur in one line of a report that tells the
    student what to change.  `part` are fragments of a report that gives a clue only, each of them enough.
    """

    name: str
    edits: Mapping[str, str]
    words: tuple[tuple[str, ...], ...]
    part: tuple[str, ...] = ()


@dataclass(frozen=True)
class Network:
    """A loss, its right gradients as a function with the same arguments, a point, and the mistakes.

    `constants` are further arguments of both functions.
    """

    name: str
    loss: Callable[..., Any]
    gradients: Callable[..., Arrays]
    parameters: Arrays
    mistakes: tuple[Mistake, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)

    def cost(self, **parameters: Any) -> Any:
        """The loss of some parameters."""
        return self.loss(**parameters, **self.constants)

    def right(self, **parameters: np.ndarray) -> Arrays:
        """The right gradients."""
        return self.gradients(**parameters, **self.constants)

    def wrong(self, mistake: Mistake) -> Callable[..., Arrays]:
        """The function that computes the gradients with a mistake."""
        source = inspect.getsource(self.gradients)
        for right, wrong in mistake.edits.items():
            if right not in source:
                raise ValueError(f"{mistake.name}: {right!r} does not occur in the code of the gradients")
            source = source.replace(right, wrong)
        names = dict(self.gradients.__globals__)
        exec(compile(source, mistake.name, "exec"), names)
        gradients = names[self.gradients.__name__]
        return lambda **parameters: gradients(**parameters, **self.constants)

    def wrong_arrays(self, mistake: Mistake) -> set[str]:
        """The names of the arrays whose gradients are wrong."""
        right, wrong = self.right(**self.parameters), self.wrong(mistake)(**self.parameters)
        return {name for name in right if not np.allclose(wrong[name], right[name], rtol=SAME, atol=0)}
