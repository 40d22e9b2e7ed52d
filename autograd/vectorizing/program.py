"""The compiled program returned by `vectorize`.

A function is traced once for each combination of shapes; the code for its results, and for each choice of
derivatives, is generated when it is first needed.  A program keeps the latest of both, and generates the others again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.core.value import shown
from autograd.extensions.collector import without_collector
from autograd.extensions.progress import Progress
from autograd.transforms import pytrees
from autograd.transforms.signatures import Signature
from autograd.vectorizing.arguments import Call, call_of, mapped
from autograd.vectorizing.entry import entry
from autograd.vectorizing.latest import Latest
from autograd.vectorizing.namespaces import is_foreign, namespace_of
from autograd.vectorizing.specialization import Specialization
from autograd.vectorizing.trace import trace

__all__ = ["Program"]


class Program:
    """A function of arrays, its gradient, and the source of both."""

    def __init__(self, f: Callable[..., Any], batch: tuple[str, ...]) -> None:
        if not callable(f):
            raise TypeError(f"vectorize takes a function, not {shown(f)}")
        self.batch = batch
        self._signature = Signature(f)
        self._specializations: Latest[Any, Specialization] = Latest()
        self._entries: Latest[Any, list[_Entry]] = Latest()
        self._recent: _Entry | None = None  # the entry that was used last
        self._latest: Specialization | None = None
        for name in batch:
            self._signature.check_name(name, f"batch={name!r}")

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The result of `f` for each sample: each number becomes an array of shape (samples,)."""
        found = None if args else self._quick(_VALUES, kwargs)
        if found is None:
            program, call = self._specialized(args, kwargs)
            results = program.run(None, call)
            self._remember(_VALUES, program, None, call)
        else:
            result, program = found
            results = result if type(result) is tuple else (result,)
        return pytrees.rebuilt(program.structure, iter(results), _joined)

    def value_and_grad(
        self, /, *args: Any, wrt: str | Sequence[str] | None = None, **kwargs: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The mean of `f` over the samples, and its derivatives with respect to the arguments `wrt`, in their shapes.

        By default these are all arguments that are not in the batch.  Raises TypeError if the result of `f` is not a
        single number, and for names in `wrt` that are not arguments or have no derivative.
        """
        request = wrt if wrt is None or type(wrt) is str else ("wrt", str(wrt))
        if not args and (found := self._quick(request, kwargs)) is not None:
            return found[0]  # type: ignore[no-any-return]
        program, call = self._specialized(args, kwargs)
        names = self._variables(wrt, program, call)
        value, *gradients = program.run(names, call)
        self._remember(request, program, names, call)
        numbers = iter(gradients)

        def gradient(place: str, _: Any) -> Any:
            return next(numbers) if place in program.inputs else None  # a string, for example, has none

        return value, {name: mapped(gradient, call.arguments[name], name) for name in names}

    @property
    def source(self) -> str:
        """The code for arguments of the latest shapes, forward and, if the result is one number, backward."""
        program = self._last()
        return "\n\n\n".join(program.code(names).source for names in dict.fromkeys((None, program.latest)))

    @property
    def nodes(self) -> int:
        """Number of scalar operations that `f` recorded when it was last traced."""
        return self._last().nodes

    @property
    def statements(self) -> int:
        """Number of statements in the last function of the source, including the return."""
        program = self._last()
        return program.code(program.latest).statements

    def __repr__(self) -> str:
        title = self._signature.title
        if self._latest is None:
            return f"Program({title}, batch={self.batch!r}, not called yet)"
        counts = f"{_count(self.nodes, 'scalar operation')}, {_count(self.statements, 'statement')}"
        return f"Program({title}, batch={self.batch!r}, {counts})"

    def _last(self) -> Specialization:
        if self._latest is None:
            raise RuntimeError(
                f"{self._signature.title} has not been traced yet: call the program once, so that the shapes are known"
            )
        return self._latest

    def _specialized(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Specialization, Call]:
        """The program for arguments of these shapes, generated if there is none yet."""
        call = call_of(self._signature.bound(args, kwargs) if args else kwargs, self.batch)
        program = self._specializations.get(call.key)
        if program is None:
            arguments = self._signature.bound((), call.arguments)
            title = self._signature.title
            for name in self.batch:
                if name not in arguments:
                    raise TypeError(f"{title}: the argument {name!r} of the batch is missing")
            progress = Progress()

            def specialize() -> Specialization:
                watch = lambda n: progress.show(f"recording {title}: {n:,} operations")  # noqa: E731
                return Specialization(trace(self._signature.f, title, call, watch), progress.show)

            try:
                program = without_collector(specialize)
            finally:
                progress.close()
        if program is not self._latest:
            self._specializations[call.key] = program
        self._latest, self._recent = program, None
        return program, call

    def _variables(self, wrt: Any, program: Specialization, call: Call) -> tuple[str, ...]:
        """The names in `wrt`, by default of all parameters."""
        if wrt is None:
            return program.parameters()
        if not isinstance(wrt, str | list | tuple):
            raise TypeError(f"wrt takes the names of arguments, not {shown(wrt)}")
        names = (wrt,) if isinstance(wrt, str) else tuple(dict.fromkeys(wrt))
        for name in names:
            self._signature.check_name(name, f"wrt={name!r}")
            if not program.arrays_of(name):
                value = shown(call.arguments[name]) if name in call.arguments else "a default"
                raise TypeError(f"wrt={name!r}: {value} is not differentiated; pass a number or an array")
        return names

    def _quick(self, request: Any, arguments: dict[str, Any]) -> tuple[Any, Specialization] | None:
        """The result of an earlier request and its program, if the arguments are like those of one of them."""
        for quick in self._entries.get(request, ()):
            result = quick.function(arguments)
            if result is not None:
                if quick is not self._recent:
                    self._return_to(request, quick)
                return result, quick.program
        return None

    def _return_to(self, request: Any, quick: _Entry) -> None:
        """Note that an earlier way has been taken again: it comes first from now on."""
        self._recent, self._latest = quick, quick.program
        quick.program.latest = quick.names or quick.program.latest
        self._entries[request] = [quick, *(other for other in self._entries.get(request, ()) if other is not quick)]

    def _remember(self, request: Any, program: Specialization, names: tuple[str, ...] | None, call: Call) -> None:
        """Keep the quick way for arguments like these, among the latest few."""
        each_is_an_array = [slot.place for slot in call.slots] == list(call.arguments)
        if program.captured or not each_is_an_array:
            return
        function = program.function(names, call, is_named=names is not None)
        quick = entry(function, call, self.batch, 1.5 * program.block)
        if quick:
            self._entries[request] = [_Entry(quick, program, names), *self._entries.get(request, ())][:ENTRIES]


ENTRIES = 4
"""Maximum number of quick ways for each request."""

_VALUES = ("values",)
"""The request for the results themselves, in the place of the names in `wrt`."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A quick way into a program, and the names of the arguments with respect to which it has derivatives."""

    function: Callable[[dict[str, Any]], Any]
    program: Specialization
    names: tuple[str, ...] | None


def _joined(results: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Results that `f` returned as an array: one array of shape (samples, *shape)."""
    foreign = [x for x in results if is_foreign(x)]
    xp = namespace_of(foreign) if foreign else np
    stacked = xp.stack(list(results), axis=-1)
    return stacked.reshape((*stacked.shape[:-1], *shape))


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"
