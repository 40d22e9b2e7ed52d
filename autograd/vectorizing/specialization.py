"""A program for arguments of certain shapes: the groups of its trace, and caches of the code generated from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.core.graph import check_fresh
from autograd.extensions.collector import without_collector
from autograd.transforms import pytrees
from autograd.vectorizing.arguments import Call
from autograd.vectorizing.emission import emitted
from autograd.vectorizing.execution import block_size, compiled, run, run_in_blocks
from autograd.vectorizing.grouping import grouped
from autograd.vectorizing.groups import Array, Loop, Step
from autograd.vectorizing.latest import Latest
from autograd.vectorizing.loops import with_loops
from autograd.vectorizing.simplification import simplified_graph
from autograd.vectorizing.source import ArrayFunction
from autograd.vectorizing.tape import TapeFunction
from autograd.vectorizing.trace import Trace

__all__ = ["Specialization"]

LONG = 2000
"""Number of steps above which a program runs from a tape: writing and compiling so many statements takes seconds."""

Names = tuple[str, ...] | None
"""The arguments with respect to which derivatives are requested; None requests the results themselves."""


class Specialization:
    """Everything derived from one trace, each when it is first needed; the graph of Values is not stored.

    `show` is told which stage of the work begins.
    """

    def __init__(self, trace: Trace, show: Callable[[str], None] = lambda _: None) -> None:
        self.title, self.inputs, self.captured = trace.title, trace.inputs, trace.captured
        self.structure, self.returned, self.nodes = trace.structure, trace.returned, len(trace.nodes)
        self.arrays = [*trace.inputs.values(), *(group.array for group in trace.captured)]
        show(f"simplifying {self.nodes:,} operations of {self.title}")
        graph = simplified_graph(trace.nodes, trace.results)
        show(f"grouping {len(graph.nodes):,} operations of {self.title}")
        groups, results = grouped(graph, trace.places)
        show(f"looking for loops in {len(groups):,} statements of {self.title}")
        self.steps, self.results = with_loops(groups, results)
        self.taped = (groups, results) if _size(self.steps) > LONG else None
        self.block = block_size(groups, self.taped is not None)
        # the derivatives last requested
        self.latest: Names = (self.parameters() or None) if self.is_one_number else None
        self._computed = [value for group in trace.captured for value in group.values if not value.is_leaf]
        self._codes: Latest[Names, ArrayFunction | TapeFunction] = Latest()
        self._functions: Latest[Any, Callable[..., Any]] = Latest()

    @property
    def is_one_number(self) -> bool:
        """True if the result is a number, rather than a list, dict or array of numbers."""
        return not pytrees.is_tree(self.structure)

    def parameters(self) -> tuple[str, ...]:
        """The numeric arguments that do not differ from sample to sample."""
        names = {place.partition("[")[0]: array.batched for place, array in self.inputs.items()}
        return tuple(name for name, batched in names.items() if not batched)

    def arrays_of(self, name: str) -> list[Array]:
        """The arrays of one argument."""
        return [array for place, array in self.inputs.items() if place.partition("[")[0] == name]

    def code(self, wrt: Names) -> ArrayFunction | TapeFunction:
        """The code for the results (None), or for the mean and its derivatives with respect to these arguments."""
        code = self._codes.get(wrt)
        if code is None:
            if wrt is not None and not self.is_one_number:
                raise TypeError(
                    f"value_and_grad needs a function that returns one number, but {self.title} returned "
                    f"{self.returned}: return a sum, or one element"
                )
            title = self.title if wrt is None else f"{self.title}_and_gradients"
            variables = None if wrt is None else [array for name in wrt for array in self.arrays_of(name)]
            if self.taped:
                code = TapeFunction(title, self.arrays, *self.taped, variables)
            else:
                code = emitted(title, self.arrays, self.steps, self.results, variables)
            self._codes[wrt] = code
        return code

    def function(self, wrt: Names, call: Call, is_named: bool = False) -> Callable[..., Any]:
        """The code as a function of arrays of the kind of the call's.

        It returns a tuple; if `is_named`, the value, and the derivatives by the names of the arguments.
        """
        key = wrt, call.xp, call.dtype, is_named
        function = self._functions.get(key)
        if function is None:
            names = wrt if is_named else None
            self._functions[key] = function = without_collector(lambda: compiled(self.code(wrt), call, names))
        return function

    def run(self, wrt: Names, call: Call) -> tuple[Any, ...]:
        """The results, or the mean and its derivatives, for the arguments of the call.

        Raises StaleGraphError if a captured Value was computed from a leaf that was changed since.
        """
        function = self.function(wrt, call)
        if wrt is not None:
            self.latest = wrt
        check_fresh(*self._computed)
        arrays = [*call.arrays, *(group.numbers(call) for group in self.captured)]
        if call.samples is None or call.samples <= 1.5 * self.block:
            return run(function, arrays)
        variables = [array for name in wrt or () for array in self.arrays_of(name)]
        means = () if wrt is None else (True, *(not array.batched for array in variables))
        return run_in_blocks(function, arrays, self.arrays, self.block, means)


def _size(steps: Sequence[Step]) -> int:
    return sum(1 + (_size(step.body) if isinstance(step, Loop) else 0) for step in steps)
