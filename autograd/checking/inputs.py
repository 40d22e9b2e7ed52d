"""The inputs of a check: numbers in any structure, by name or by position, each with a name of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from autograd.core.value import Value, as_float, shown
from autograd.extensions.arrays import is_array
from autograd.transforms import pytrees
from autograd.transforms.signatures import misfit, name_of, positional_names, signature_of

__all__ = ["Inputs"]


class Inputs:
    """The arguments of a function as named numbers, and calls with other numbers in their place."""

    def __init__(self, f: Callable[..., Any], inputs: Any) -> None:
        self.by_name = isinstance(inputs, Mapping)
        if isinstance(inputs, Mapping):
            self.trees = {str(name): tree for name, tree in inputs.items()}
        else:
            arguments = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
            self.trees = dict(zip(positional_names(f, len(arguments)), arguments, strict=True))
        if not self.trees:
            raise TypeError(f"gradcheck needs inputs to call {name_of(f)} with, such as {{'w': 0.5}}")
        self.numbers = {place: _number(x, place) for place, x in self._leaves(self.trees)}
        if not self.numbers:
            raise TypeError(f"the inputs of {name_of(f)} hold no numbers to check")
        self._orders: dict[int, list[str]] = {}
        self.check_signature(f)

    def check_signature(self, f: Callable[..., Any], is_gradient: bool = False) -> None:
        """Raise TypeError if the function cannot be called with these inputs."""
        order = self.order(f) if is_gradient or set(positional_names(f, len(self.trees))) == set(self.trees) else []
        problem = misfit(f, order, self.trees)
        if problem:
            advice = (
                "a list passes them by position, and [{...}] a dict as an argument"
                if self.by_name
                else "each element of the list is an argument; [[...]] passes a list as one"
            )
            written = f"{'gradient=' * is_gradient}{name_of(f)}{signature_of(f) or '(...)'}"
            raise TypeError(f"{written} cannot be called with the inputs {', '.join(self.trees)}: {problem}; {advice}")

    @staticmethod
    def _leaves(trees: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, tree in trees.items():
            yield from pytrees.leaves(tree, name)

    def order(self, f: Callable[..., Any]) -> list[str]:
        """The names in the order in which to pass them by position; empty if they are passed by name."""
        if self.by_name and not misfit(f, [], self.trees):
            return []
        parameters = positional_names(f, len(self.trees))
        if set(parameters) == set(self.trees):
            return parameters
        others = set(parameters).isdisjoint(self.trees) and not misfit(f, list(self.trees), {})
        return list(self.trees) if others or not self.by_name else []

    def call(self, f: Callable[..., Any], numbers: Iterable[Any]) -> Any:
        """``f`` with these numbers in place of its inputs."""
        filled = iter(numbers)
        arguments = {name: pytrees.rebuilt(tree, filled) for name, tree in self.trees.items()}
        if id(f) not in self._orders:  # not everything that can be called can be hashed
            self._orders[id(f)] = self.order(f)
        order = self._orders[id(f)]
        return f(*(arguments[name] for name in order)) if order else f(**arguments)

    def matched(self, gradients: Any, what: str) -> dict[str, float]:
        """Gradients in the shape of the inputs, or of some of them, by the names of the numbers.

        Raises TypeError for any other shape.
        """
        if gradients is None:
            raise TypeError(f"{what} is None, not numbers: is a return missing?")
        names = list(self.trees)
        readings = list(self._readings(gradients))
        for parts in readings:
            leaves = list(self._leaves(parts))
            if [place for place, _ in leaves] == self._places(parts):
                return {place: _number(x, f"{what}: {place}") for place, x in leaves}
        if readings:
            expected, actual = self._places(readings[0]), [place for place, _ in self._leaves(readings[0])]
            raise TypeError(f"{what} should have the shape of the inputs: {_listed(expected)}, not {_listed(actual)}")
        for name in gradients if isinstance(gradients, Mapping) else ():
            if name not in self.trees:
                raise TypeError(f"{what} has a number for {name}, but the inputs are {', '.join(names)}")
        raise TypeError(f"{what} should hold a number for each of {', '.join(names)}, but it is {shown(gradients)}")

    def _readings(self, gradients: Any) -> Iterator[Mapping[str, Any]]:
        """The possible readings: gradients by name, the gradient of the only input, or one per input in order."""
        names = list(self.trees)
        if isinstance(gradients, Mapping) and set(gradients) <= set(names):
            yield gradients
        if len(names) == 1 and (isinstance(self.trees[names[0]], Mapping) or not isinstance(gradients, Mapping)):
            yield {names[0]: gradients}
        is_sequence = isinstance(gradients, list | tuple) or (is_array(gradients) and gradients.ndim > 0)
        if is_sequence and len(gradients) == len(names):
            yield dict(zip(names, gradients, strict=True))

    def _places(self, parts: Iterable[str]) -> list[str]:
        return [place for place, _ in self._leaves({name: self.trees[name] for name in parts})]


def _listed(places: list[str]) -> str:
    return ", ".join(places[:6]) + (f", ... ({len(places)} numbers)" if len(places) > 6 else "")


def _number(x: Any, place: str) -> float:
    return x.data if type(x) is Value else as_float(x, f"{place} = {shown(x)}")
