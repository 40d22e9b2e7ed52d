"""A function as the target of a check: called with plain numbers, and with Values to record its graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import isclose, isnan
from time import perf_counter
from typing import Any

from autograd.checking.audit import Culprit, Graph, accumulation, again, changed_constants
from autograd.checking.inputs import Block, Inputs
from autograd.checking.references.by_differences import FiniteDifferences
from autograd.checking.references.by_replay import ExactReplay
from autograd.checking.references.precision import DOUBLE, Precision, coarser, precision_of
from autograd.checking.references.reference import Reference
from autograd.checking.results import Result, as_number, quiet_numpy, silent
from autograd.checking.targets import Target, UndecidableError
from autograd.core.value import Value
from autograd.transforms.signatures import name_of

__all__ = ["FunctionTarget"]

MOVES = (2.0**-12, 2.0**-26, 2.0**-40)
"""Relative moves of the inputs after which a function should still compute the same steps."""
GOLDEN = (5**0.5 - 1) / 2
"""Its multiples all have different fractional parts, so that no two inputs move together."""
REPETITIONS = 4
"""Calls with the same inputs that have to give the same result."""
LARGEST_GRAPH = 50_000
"""Number of nodes up to which a graph is replayed; finite differences take less time than the replay of more."""
MOST_REPLAYED = 100_000
"""Number of nodes in all that are replayed for inputs that meet a kink, each of which takes a replay of its own."""
QUICK, SLOW = 2e-5, 0.05
"""Seconds of one call below which a graph is surely small enough to record, and above which it is not."""
RANDOM = "returns different results for the same inputs: if it is random, set the seed within the function"
"""The message about a function that is not repeatable."""
SAME = 1e-14
"""Relative difference between two results that are the same, apart from the order of a library's sums."""


@dataclass(frozen=True)
class _Call:
    """One call of a function with Values: the leaves, the result as a number, and its node if it was recorded."""

    leaves: Mapping[str, Value]
    result: float
    root: Value | None


class FunctionTarget(Target):
    """A function and its inputs.

    The function is called with plain numbers first, as its author expects; then once with Values, for the graph, unless
    that is not `recorded`.  If it fails with Values, it is called with the numbers of an `engine`, or with floats;
    `accuracy` is that of the finite differences for many inputs at once.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        inputs: Inputs,
        engine: Callable[[float], Any] | None = None,
        result: Result | None = None,
        recorded: bool = True,
        accuracy: float = 1e-6,
    ) -> None:
        self.f, self.inputs, self.engine = f, inputs, engine
        self.result = result or Result(f)
        self.numbers, self.accuracy = inputs.numbers, accuracy
        self.is_recorded = recorded and inputs.take_values
        self.plain_failure: Exception | None = None
        self.seconds = 0.0
        self.failure: Exception | None = None
        """The error with Values, if the function fails with them."""

    @cached_property
    def plain(self) -> Any:
        """The result of the first call, with the inputs as they were passed; None if it fails."""
        start = perf_counter()
        try:
            with quiet_numpy():
                return self.inputs.call_as_given(self.f)
        except Exception as error:  # whatever a function may do with a number that it was not made for
            self.plain_failure = error
            return None
        finally:
            self.seconds = perf_counter() - start

    @property
    def blocks(self) -> Sequence[Block]:
        """The arrays among the inputs."""
        return self.inputs.blocks

    @cached_property
    def too_large(self) -> bool:
        """True if a graph of the function would have so many nodes that finite differences are the better choice.

        The number of operations is estimated by the time of a call with arrays of Python's own numbers.
        """
        _ = self.plain
        if self.plain_failure or self.engine or self.seconds < QUICK:
            return False
        is_slow = self.seconds > SLOW and self._seconds(self.inputs.flat.copy()) > SLOW
        return is_slow or self._is_slow(self.inputs.flat.tolist())

    def _is_slow(self, numbers: Any) -> bool:
        """True if a call takes long, and not by chance: another does as well, or it takes very long."""
        seconds = self._seconds(numbers)
        return seconds > 5 * SLOW or (seconds > SLOW and self._seconds(numbers) > SLOW)

    def _seconds(self, numbers: Any) -> float:
        """The time of a call; one with Python's own numbers may fail at a function of NumPy, after the products."""
        start = perf_counter()
        with suppress(Exception), quiet_numpy(), silent():
            self.inputs.call(self.f, numbers)
        return perf_counter() - start

    def gradient(self) -> Any:
        """The gradient that the function returns beside its number."""
        if self.plain_failure:
            raise self.plain_failure
        return self.result.pair(self.plain)[1]

    @cached_property
    def _precise(self) -> tuple[Inputs, Precision]:
        """The inputs, in double precision if the function computes with these, and the precision of its result."""
        number = None if self.plain_failure else self.result.number(self.plain)
        precision = coarser(self.inputs.precision, precision_of(number))
        if precision is not DOUBLE:
            doubles = self.inputs.in_doubles()
            with suppress(Exception), quiet_numpy(), silent():  # a library may refuse to mix precisions
                number = self.result.number(doubles.call(self.f, doubles.flat.copy()))
                in_doubles = coarser(doubles.precision, precision_of(number))
                if in_doubles is DOUBLE or self.inputs.precision is DOUBLE:
                    return doubles, in_doubles
        return self.inputs, precision

    @property
    def precision(self) -> Precision:
        """The precision of the function: the coarsest of its result and of the tensors that it is called with."""
        return self._precise[1]

    @cached_property
    def call(self) -> _Call:
        """The call with Values, or if it fails, with plain numbers.

        Raises whatever the function raises with both, and UndecidableError where it is not defined.
        """
        _ = self.plain
        if self.is_recorded and not self.too_large:
            try:
                return self._recorded(self.numbers)
            except Exception as error:  # whatever a function may do with a Value that it was not made for
                self.failure = error
        try:
            return _Call({}, self._number(self.inputs.flat.copy()), None)
        except (ArithmeticError, ValueError) as error:
            if re.search("shape|dimension|broadcast", str(error)):
                raise
            raise UndecidableError(f"{name_of(self.f)} is not defined here: {error}") from None
        except Exception as error:
            is_made_for_values = self.failure is not None and isinstance(error, AttributeError)
            raise (self.failure if is_made_for_values else error) from None  # type: ignore[misc]

    @property
    def leaves(self) -> Mapping[str, Value]:
        """The Values that the function was called with."""
        return self.call.leaves

    @cached_property
    def graph(self) -> Graph | None:
        """The graph that the call recorded."""
        return None if self.call.root is None else Graph(self.call.root)

    def restore(self) -> None:
        """Call the function once more with its inputs as they were passed.

        So an object that keeps what it computed, as layers do, keeps plain numbers.
        """
        if "plain" in self.__dict__ and not self.plain_failure:
            with suppress(Exception), quiet_numpy(), silent():
                self.inputs.call_as_given(self.f)

    def _recorded(self, numbers: Mapping[str, float]) -> _Call:
        leaves = {name: Value(x, name) for name, x in numbers.items()}
        with silent():
            result = self.result.number(self.inputs.call(self.f, list(leaves.values())))
        return _Call(leaves, as_number(result, self.f), result if type(result) is Value else None)

    @cached_property
    def make(self) -> Callable[[float], Any] | None:
        """The maker of the numbers with which the function is called: of Values if it only takes these."""
        _ = self.plain
        return self.engine or (Value if self.plain_failure and not self.failure else None)

    def _number(self, numbers: Any) -> float:
        """The result for an array of numbers, which the function may change."""
        with quiet_numpy(), silent():  # no warnings where a function is not defined: here that is an answer
            arguments = list(map(self.make, numbers.tolist())) if self.make else numbers
            return as_number(self.result.number(self._precise[0].call(self.f, arguments)), self.f)

    def along(self, name: str) -> Callable[[float], float]:
        """The function of one input alone."""
        i = self.inputs.places[name]

        def f(x: float) -> float:
            numbers = self.inputs.flat.copy()
            numbers[i] = x
            return self._number(numbers)

        return f

    def toward(self, weights: Mapping[str, float]) -> Callable[[float], float]:
        """The function of a step in a direction."""
        step = self.inputs.flat * 0
        for name, weight in weights.items():
            step[self.inputs.places[name]] = weight
        return lambda t: self._number(self.inputs.flat + t * step)

    def own_gradients(self) -> tuple[dict[str, float], list[Culprit]]:
        """The gradients of a backward pass, and the mistakes in the forward pass and in the sums of the backward pass.

        The pass runs twice, because the first must not disturb the next one.  The ``grad`` of captured Values is
        restored.
        """
        graph = self.graph
        if self.failure or not self.is_recorded:
            why = f"(With Values: {self.failure})" if self.failure else ""
            raise TypeError(
                f"{name_of(self.f)} does not accept Values, so it has no gradient of its own to check: pass the one "
                f"you derived as gradient=..., or write the function with the operations of autograd. {why}".strip()
            ) from self.failure
        if graph is None:
            return dict.fromkeys(self.leaves, 0.0), []
        before = {value: value.grad for value in [*graph.leaves(), *graph.nodes]}
        for value in before:
            value.grad = None
        try:
            graph.root.backward()
            once = {value: value.grad for value in before}
            graph.root.backward()
            twice = {value: value.grad for value in before}
        finally:
            for value, grad in before.items():
                value.grad = grad
        grads = {name: once.get(leaf) or 0.0 for name, leaf in self.leaves.items()}
        return grads, [*graph.forward, *accumulation(graph, once), *again(graph, once, twice)]

    @cached_property
    def reference(self) -> Reference:
        """Exact replay if the graph holds all of the function as formulas and is not too large, else differences."""
        functions = self.graph.without_formula if self.graph else []
        why = f"{', '.join(functions)}: a Python function, not a formula" if functions else ""
        if self.is_recorded and self.too_large:
            why = "too many operations for a graph"
        elif self.graph is not None and self.unrecorded == [] and not functions:
            nodes, kinked = len(self.graph.nodes), self.graph.leaves_at_kinks()
            is_small = nodes <= LARGEST_GRAPH and nodes * len(kinked) <= MOST_REPLAYED
            why = f"the graph has {nodes:,} nodes" + f", and kinks at {len(kinked):,} inputs" * bool(kinked)
            if is_small or self.plain_failure:
                if not self.plain_failure and not self._is_plain_result(self.call.result):
                    self.check_repeatable()
                return ExactReplay(self.graph, self.leaves)
        self.check_repeatable()
        return FiniteDifferences(self.along, self.numbers, why, self.toward, self.precision, self.accuracy)

    def _is_plain_result(self, result: float) -> bool:
        """True if the call with plain numbers gave the same result, apart from its precision."""
        number = self.result.number(self.plain)
        plain, rounded = as_number(number, self.f), precision_of(number).epsilon
        return isclose(plain, result, rel_tol=max(1e-9, 1e3 * rounded)) or isnan(plain)

    def check_repeatable(self) -> None:
        """Raise UndecidableError if the function does not return the same number again."""
        results: list[float] = []
        for _ in range(REPETITIONS):
            try:
                results.append(self._number(self.inputs.flat.copy()))
            except Exception as error:
                what = f"{type(error).__name__}: {error}"
                raise UndecidableError(f"{name_of(self.f)} fails when it is called again: {what}") from None
        if max(results) - min(results) > SAME * abs(results[0]):
            raise UndecidableError(f"{name_of(self.f)} {RANDOM}")

    @cached_property
    def unrecorded(self) -> list[Culprit] | None:
        """The numbers in the graph that change with the inputs without a record.

        These change however little the inputs move, and on both sides; others belong to a branch.  None if the
        function takes another branch right beside the inputs.  Raises UndecidableError if it is random.
        """
        if self.failure:
            return []
        changed: list[Culprit] | None = []
        for move in MOVES:
            sides = []
            for side in (move, -move):
                try:
                    sides.append(self._changed(self._moved(side)))
                except Exception:  # a number that the function cannot take
                    continue
            if not any(side is None or side for side in sides):
                return []
            changed = (changed or sides[0]) if all(sides) else None  # as described by the largest move
        if changed and self._changed(self.numbers):
            raise UndecidableError(f"{name_of(self.f)} {RANDOM}")
        return changed

    def _moved(self, move: float) -> dict[str, float]:
        """The inputs, each moved a little and none as far as another."""
        numbers = enumerate(self.numbers.items())
        return {name: x + move * (1 + i * GOLDEN % 1) * (abs(x) or 1.0) for i, (name, x) in numbers}

    def _changed(self, numbers: Mapping[str, float]) -> list[Culprit] | None:
        """The unrecorded differences from the first call when the function is called with other numbers."""
        call, other = self.call, self._recorded(numbers)
        if call.root is None or other.root is None:
            if call.root is not other.root:
                return None
            if call.result == other.result or (isnan(call.result) and isnan(other.result)):
                return []
            what = "it changes with the inputs, but is a plain number: no step towards it was recorded"
            return [Culprit("DETACHED", f"the result of {name_of(self.f)}", what)]
        leaves = (list(call.leaves.values()), list(other.leaves.values()))
        return changed_constants(Graph(call.root), leaves[0], Graph(other.root), leaves[1])
