"""What `vectorize` makes: programs, which run the code for the arguments of each call.

A function is traced once for each combination of shapes; the code for its results, and for each choice of
derivatives, is made when it is first asked for.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from math import prod
from typing import Any

import numpy as np

from autograd.core.graph import check_fresh, newest_first
from autograd.core.state import clock
from autograd.core.table import Operation
from autograd.core.value import Value, as_float, shown
from autograd.core.value import name as value_name
from autograd.extensions.arrays import is_array, refuse_special
from autograd.extensions.tracing import TracingError, Unknown, argument, tracing
from autograd.formula.systems import elementwise
from autograd.transforms import pytrees
from autograd.vectorizing.emission import emitted
from autograd.vectorizing.grouping import Array, grouped
from autograd.vectorizing.namespaces import functions_for, is_foreign, namespace_of
from autograd.vectorizing.passes import Listing

__all__ = ["Program"]

BLOCK, LEAST = 15_000, 256
"""Numbers of the largest intermediate array that are computed at a time: from 128 KiB on, memory is often asked from
the operating system each time, which takes longer than the computation.  And samples, below which products of
matrices would lose more than that wins."""

_FLOAT = np.dtype(float)
_Place = tuple[Array, int]


class Program:
    """What `vectorize` returns: a function of arrays, its gradient, and the source of both."""

    def __init__(self, f: Callable[..., Any], batch: tuple[str, ...]) -> None:
        if not callable(f):
            raise TypeError(f"vectorize takes a function, not {shown(f)}")
        self.f, self.batch = f, batch
        self._name = getattr(f, "__name__", None) or repr(f)
        self._signature = inspect.signature(f)
        parameters = list(self._signature.parameters.values())
        if isinstance(op := getattr(f, "op", None), Operation):  # its operands have names as well
            parameters = [inspect.Parameter(x, inspect.Parameter.POSITIONAL_ONLY) for x in op.operands]
        first = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
        if first:
            self.f = lambda **given: f(*[given.pop(name) for name in first if name in given], **given)
            free = inspect.Parameter.POSITIONAL_OR_KEYWORD
            self._signature = inspect.Signature([p.replace(kind=free) if p.name in first else p for p in parameters])
        self._traces: dict[Any, _Trace] = {}
        self._ready: dict[Any, _Ready] = {}
        self._latest: _Trace | None = None
        for name in batch:
            self._refuse_unless_argument(name, f"batch={name!r}")

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The result of `f` for each sample: in place of each number stands an array of shape (samples,)."""
        key, samples = _key(kwargs, self.batch, _VALUES) if not args else (None, 0)
        ready = self._ready.get(key)
        if ready is not None and samples <= ready.largest:
            trace, results = ready.trace, _run(ready.function, kwargs.values())
            self._latest = trace
        else:
            call = self._call(args, kwargs)
            trace = self._traced(call)
            results = trace.run(None, call)
            self._remember(key, trace, None, call)
        return pytrees.rebuilt(trace.result, iter(results), _joined)

    def value_and_grad(
        self, /, *args: Any, wrt: str | Sequence[str] | None = None, **kwargs: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The mean of `f` over the samples, and its derivatives by the arguments named in `wrt`, in their shapes.

        By default these are all arguments that are not in the batch.  Raises TypeError if the result of `f` is not a
        single number, and for names in `wrt` that are no arguments or have no derivative.
        """
        key, samples = _key(kwargs, self.batch, wrt) if not args else (None, 0)
        ready = self._ready.get(key)
        if ready is not None and samples <= ready.largest:
            self._latest, ready.trace.latest = ready.trace, ready.names
            value, *gradients = _run(ready.function, kwargs.values())
            return value, dict(zip(ready.names, gradients, strict=False))  # type: ignore[arg-type]
        call = self._call(args, kwargs)
        trace = self._traced(call)
        wanted = self._wanted(wrt, trace, call)
        value, *gradients = trace.run(wanted, call)
        self._remember(key, trace, wanted, call)
        numbers = iter(gradients)

        def gradient(place: str, _: Any) -> Any:
            return next(numbers) if place in trace.inputs else None  # which is no number, but a text or the like

        return value, {name: _mapped(gradient, call.arguments[name], name) for name in wanted}

    def _remember(self, key: Any, trace: _Trace, wanted: tuple[str, ...] | None, call: _Call) -> None:
        """What the next call with such arguments can do without a detour."""
        if key is not None and not trace.outside:
            self._ready[key] = _Ready(trace, trace.function(wanted, call), wanted, 1.5 * trace.block)

    def _wanted(self, wrt: Any, trace: _Trace, call: _Call) -> tuple[str, ...]:
        """The names of the arguments to differentiate by."""
        if wrt is None:
            return trace.same_for_all()
        if not isinstance(wrt, str | list | tuple):
            raise TypeError(f"wrt takes the names of arguments, not {shown(wrt)}")
        names = (wrt,) if isinstance(wrt, str) else tuple(dict.fromkeys(wrt))
        for name in names:
            self._refuse_unless_argument(name, f"wrt={name!r}")
            if not trace.inputs_of(name):
                raise TypeError(f"wrt={name!r}: {shown(call.arguments.get(name))} has no derivative")
        return names

    @property
    def source(self) -> str:
        """The code for arguments of the latest shapes, forward and, if the result is one number, backward."""
        trace = self._last()
        return "\n\n\n".join(trace.code(wanted).source for wanted in dict.fromkeys((None, trace.latest)))

    @property
    def nodes(self) -> int:
        """How many scalar operations `f` recorded when it was last traced."""
        return self._last().nodes

    @property
    def statements(self) -> int:
        """How many statements the last function of the code has, with the one that returns."""
        trace = self._last()
        return len(trace.code(trace.latest).statements) + 1

    def __repr__(self) -> str:
        if self._latest is None:
            return f"Program({self._name}, batch={self.batch!r}, not called yet)"
        counts = f"{_count(self.nodes, 'scalar operation')}, {_count(self.statements, 'statement')}"
        return f"Program({self._name}, batch={self.batch!r}, {counts})"

    def _last(self) -> _Trace:
        if self._latest is None:
            raise RuntimeError(f"{self._name} was not traced yet: call the program once, so that the shapes are known")
        return self._latest

    def _refuse_unless_argument(self, name: str, written: str) -> None:
        parameters = self._signature.parameters
        if name not in parameters and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            parts = name.split(",")
            hint = f'; several names are written ("{parts[0]}", "{parts[1]}")' if len(parts) > 1 else ""
            raise TypeError(f"{written} is not an argument of {self._name}{self._signature}{hint}")

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        return _Call.of(self._bound(args, kwargs) if args else kwargs, self.batch)

    def _traced(self, call: _Call) -> _Trace:
        """The trace for arguments of these shapes, now made if there is none."""
        trace = self._traces.get(call.key)
        if trace is None:
            arguments = self._bound((), call.arguments)
            for name in self.batch:
                if name not in arguments:
                    raise TypeError(f"{self._name}: the argument {name!r}, which is in the batch, is missing")
            self._traces[call.key] = trace = _Trace(self.f, self._name, call)
        self._latest = trace
        return trace

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name; TypeError, as from a call of `f`, if they do not fit."""
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self._name}{self._signature}: {error}") from None
        names: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = self._signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                raise TypeError(f"{self._name}{self._signature}: vectorize needs a name for each argument")
            names |= value if kind is inspect.Parameter.VAR_KEYWORD else {name: value}
        return names


_VALUES = ("values",)
"""In the place of the names in `wrt`: no derivatives, the results themselves."""


def _key(arguments: dict[str, Any], batch: tuple[str, ...], wrt: Any) -> tuple[Any, int]:
    """What is asked for and the shapes, if all are arrays of NumPy's floats, as usual; how many samples they have."""
    key: list[Any] = [wrt if wrt is None or wrt is _VALUES or type(wrt) is str else ("wrt", str(wrt))]
    samples = 0
    for name, value in arguments.items():
        if type(value) is not np.ndarray or value.dtype is not _FLOAT:
            return None, 0
        shape = value.shape
        if name in batch:
            if not shape or not shape[0] or (samples and shape[0] != samples):
                return None, 0
            samples, shape = shape[0], shape[1:]
        key.append(name)
        key.append(shape)
    return tuple(key), samples


@dataclass(eq=False, slots=True)
class _Ready:
    """A function that can be called with the arguments as they come."""

    trace: _Trace
    function: Callable[..., Any]
    names: tuple[str, ...] | None  # of the arguments to differentiate by
    largest: float  # the number of samples up to which they are computed all at once


@dataclass(eq=False)
class _Call:
    """One call: its arguments, their arrays, with places and shapes (of one sample) as the key, and their kind."""

    arguments: dict[str, Any]
    arrays: list[Any]
    key: Any
    samples: int | None = None  # how many, if they are NumPy's
    xp: Any = None
    dtype: Any = _FLOAT

    @staticmethod
    def of(arguments: dict[str, Any], batch: tuple[str, ...]) -> _Call:
        """Arguments of any structure and kind; TypeError or ValueError, with the place, for what is no array."""
        arguments = {name: _rows(value) if name in batch else value for name, value in arguments.items()}
        found: list[tuple[str, Any]] = []
        for name, value in arguments.items():
            _mapped(lambda place, x: found.append((place, x)), value, name)
        foreign = [x for _, x in found if is_foreign(x)]
        xp = namespace_of(foreign) if foreign else None
        dtype = _FLOAT if xp is None else _float_of(foreign, xp)
        arrays: list[Any] = []
        key: list[Any] = []
        samples: tuple[str, int] | None = None
        for place, x in found:
            if _is_static(x):
                key.append((place, x))
                continue
            array = _array(x, place, xp, dtype)
            shape = tuple(np.shape(array) if xp is None else array.shape)
            batched = place.partition("[")[0] in batch
            if batched:
                samples = samples or (place, *shape[:1])
                _check_samples(place, x, shape, samples)
                shape = shape[1:]
            arrays.append(array)
            key.append((place, shape, batched))
        if arrays and xp is None:
            dtype = np.result_type(*arrays)
            arrays = [np.asarray(x, dtype) if type(x) is float else x for x in arrays]  # 1/0 is inf among arrays
        count = samples[1] if samples and xp is None else None
        return _Call(arguments, arrays, (tuple(arguments), *key), count, xp, dtype)


def _float_of(arrays: list[Any], xp: Any) -> Any:
    """The type of floats among these arrays, or the one that their library prefers."""
    floats = (x.dtype for x in arrays if xp.isdtype(x.dtype, "real floating"))
    return next(floats, xp.asarray(1.0).dtype)


def _check_samples(place: str, x: Any, shape: tuple[int, ...], samples: Any) -> None:
    if not shape:
        raise ValueError(
            f"{place} is in the batch: an array with the samples along its first axis is needed, not {shown(x)}"
        )
    if not shape[0]:
        raise ValueError(f"{place} is empty: at least one sample is needed")
    if shape[0] != samples[1] and place.partition("[")[0] == samples[0].partition("[")[0]:
        raise ValueError(
            f"{samples[0]} has {samples[1]} and {place} {shape[0]} numbers along the first axis; the rows of an array "
            "are of equal length, and the parts of a batch have as many samples"
        )
    if shape[0] != samples[1]:
        raise ValueError(
            f"all arguments of a batch have as many samples, but {samples[0]} has {samples[1]} and {place} {shape[0]}"
        )


def _is_static(x: Any) -> bool:
    """What is no number is passed on to the function as it is."""
    return x is None or isinstance(x, str | bytes | bool) or (callable(x) and not hasattr(x, "shape"))


def _mapped(function: Callable[[str, Any], Any], tree: Any, place: str) -> Any:
    """`function` of each array of an argument and its place; nested lists of numbers count as arrays."""
    if isinstance(tree, dict):
        parts = [_mapped(function, part, f"{place}[{key!r}]") for key, part in tree.items()]
    elif isinstance(tree, list | tuple) and not _is_array(tree):
        parts = [_mapped(function, part, f"{place}[{i}]") for i, part in enumerate(tree)]
    else:
        return function(place, tree)
    return pytrees.with_parts(tree, parts)


def _is_array(sequence: Sequence[Any]) -> bool:
    """Whether a list holds plain numbers, or lists of equal length that do."""
    if sequence and all(isinstance(part, list | tuple) for part in sequence):
        return len(set(map(len, sequence))) == 1 and all(map(_is_array, sequence))
    return not any(
        hasattr(part, "__len__") or hasattr(part, "shape") or (_is_static(part) and not isinstance(part, bool))
        for part in sequence
    )


def _rows(value: Any) -> Any:
    """Samples as they are often collected, in a list of arrays or in a range, as what holds one row for each."""
    if isinstance(value, range):
        return list(value)
    if isinstance(value, list) and value and all(is_array(part) for part in value):
        return np.stack(value) if len({part.shape for part in value}) == 1 else value
    return value


def _is_shape(entry: Any) -> bool:
    """Whether this part of a key is (place, shape, batched)."""
    return len(entry) == 3 and isinstance(entry[2], bool) and isinstance(entry[1], tuple)


def _shapes(key: Any) -> str:
    shapes = (f"{place} {('n', *shape) if batched else shape}" for place, shape, batched in filter(_is_shape, key))
    return ", ".join(shapes).replace("'n'", "n")


def _array(x: Any, place: str, xp: Any, dtype: Any) -> Any:
    """One argument as an array of floats, or as a float."""
    if is_foreign(x):
        return x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, dtype)
    if is_array(x):
        refuse_special(x)
    if isinstance(x, list | tuple) or is_array(x):
        array: Any = np.asarray(x)
        if array.dtype.kind not in "fiub":
            numbers = [as_float(number, f"{where} = {shown(number)}") for where, number in pytrees.leaves(x, place)]
            array = np.array(numbers).reshape(array.shape)
        array = array if array.dtype.kind == "f" else array.astype(float)
    else:
        array = as_float(x, f"{place} = {shown(x)}")
    return array if xp is None else xp.asarray(array, dtype=dtype)


def _joined(results: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Results that `f` returned as an array: one array of shape (samples, *shape)."""
    foreign = [x for x in results if is_foreign(x)]
    xp = namespace_of(foreign) if foreign else np
    stacked = xp.stack(list(results), axis=-1)
    return stacked.reshape((*stacked.shape[:-1], *shape))


class _Trace:
    """What one run of a function recorded, for arguments of certain shapes, and the code made of it."""

    def __init__(self, f: Callable[..., Any], title: str, call: _Call) -> None:
        self.title = title if title.isidentifier() else "f"
        self.inputs: dict[str, Array] = {}
        self.latest: tuple[str, ...] | None = None  # the derivatives that were last asked for
        self.codes: dict[Any, Listing] = {}
        self.functions: dict[Any, Callable[..., Any]] = {}
        places: dict[Value, _Place] = {}
        start = next(clock)
        with tracing(title) as unknown:
            known = {place: (shape, batched) for place, shape, batched in filter(_is_shape, call.key)}
            arguments = {
                name: _mapped(lambda place, x: self.argument(place, x, known, places, unknown), value, name)
                for name, value in call.arguments.items()
            }
            try:
                result = f(**arguments)
            except Exception as error:
                error.add_note(f"(when {title} was recorded, with {_shapes(call.key)})")
                raise
        result = result[()] if is_array(result) and not result.ndim else result
        self.returned = shown(result)
        self.record(result, places, start, unknown)

    def argument(self, place: str, x: Any, known: dict[str, Any], places: dict[Value, _Place], unknown: Unknown) -> Any:
        """Values in nested lists in place of an array; what is no array as it is."""
        if place not in known:
            return x
        shape, batched = known[place]
        label = re.sub(r"\W+", "_", place).strip("_")
        self.inputs[place] = array = Array(shape, batched, label)
        rows = count()

        def value(index: tuple[int, ...]) -> Value:
            made = argument(unknown, f"{place}[{','.join(map(str, index))}]" if index else place)
            places[made] = array, next(rows)
            return made

        return _nested(value, shape)

    def record(self, result: Any, places: dict[Value, _Place], start: int, unknown: Unknown) -> None:
        """Sort what was computed into groups; of the result its structure is kept, not the graph."""
        leaves = pytrees.leaves(result, f"the result of {self.title}")
        numbers = [x if type(x) is Value else as_float(x, place) for place, x in leaves]
        self.result = pytrees.rebuilt(result, iter([0.0] * len(numbers)))
        reached = newest_first(*(x for x in numbers if type(x) is Value), stop=lambda node: node._created < start)
        nodes = [node for node in reversed(reached) if node._created >= start and not node.is_leaf]
        self.nodes = len(nodes)
        self.outside = _outside([*nodes, *reached], places, start, unknown)
        self.computed_outside = [value for _, values in self.outside for value in values if not value.is_leaf]
        for array, values in self.outside:
            places.update((value, (array, row)) for row, value in enumerate(values))
        self.arrays = [*self.inputs.values(), *(array for array, _ in self.outside)]
        self.groups, self.results = grouped(nodes, places, numbers)
        if self.is_one_number:
            self.latest = self.same_for_all()
        largest = max((prod(group.array.shape) for group in self.groups if group.array.batched), default=1)
        self.block = max(BLOCK // largest, LEAST)

    @property
    def is_one_number(self) -> bool:
        """Whether the result is a number, rather than a list, dict or array of some."""
        return not (isinstance(self.result, dict | list | tuple) or is_array(self.result))

    def same_for_all(self) -> tuple[str, ...]:
        """The arguments with numbers that do not differ from sample to sample."""
        names = {place.partition("[")[0]: array.batched for place, array in self.inputs.items()}
        return tuple(name for name, batched in names.items() if not batched)

    def inputs_of(self, name: str) -> list[Array]:
        """The arrays of one argument."""
        return [array for place, array in self.inputs.items() if place.partition("[")[0] == name]

    def code(self, wanted: tuple[str, ...] | None) -> Listing:
        """The code for the results (None), or for the mean and its derivatives by these arguments."""
        if wanted not in self.codes:
            if wanted is not None and not self.is_one_number:
                raise TypeError(
                    f"value_and_grad needs a function that returns one number, but {self.title} returned "
                    f"{self.returned}: return a sum, or one element"
                )
            wrt = None if wanted is None else [array for name in wanted for array in self.inputs_of(name)]
            title = self.title if wanted is None else f"{self.title}_and_gradients"
            self.codes[wanted] = emitted(title, self.arrays, self.groups, self.results, wrt)
        return self.codes[wanted]

    def run(self, wanted: tuple[str, ...] | None, call: _Call) -> tuple[Any, ...]:
        """What the code computes."""
        function = self.function(wanted, call)
        if wanted is not None:
            self.latest = wanted
        arrays = call.arrays
        if self.outside:
            check_fresh(*self.computed_outside)
            arrays = [*arrays, *(_numbers(array, values, call) for array, values in self.outside)]
        if call.samples is not None and call.samples > 1.5 * self.block:
            return self.in_blocks(function, arrays, wanted, call.samples)
        return _run(function, arrays)

    def in_blocks(
        self, function: Callable[..., Any], arrays: list[Any], wanted: tuple[str, ...] | None, samples: int
    ) -> tuple[Any, ...]:
        """The same, for some of the samples at a time; means are weighted by how many these are."""
        found: list[Sequence[Any]] = []
        for start in range(0, samples, self.block):
            part = slice(start, start + self.block)
            some = [x[part] if array.batched else x for array, x in zip(self.arrays, arrays, strict=True)]
            results = _run(function, some)
            weight = min(self.block, samples - start) / samples
            found.append(results if wanted is None else [weight * x for x in results])
        is_batched = [True] * len(found[0])
        if wanted is not None:
            is_batched = [False, *(array.batched for name in wanted for array in self.inputs_of(name))]
        columns = zip(is_batched, zip(*found, strict=True), strict=True)
        return tuple(np.concatenate(parts) if batched else sum(parts) for batched, parts in columns)

    def function(self, wanted: tuple[str, ...] | None, call: _Call) -> Callable[..., Any]:
        """The code as a function of arrays of the kind of the call's."""
        key = wanted, call.xp, call.dtype
        if key not in self.functions:
            self.functions[key] = self.compiled(self.code(wanted), call)
        return self.functions[key]

    def compiled(self, code: Listing, call: _Call) -> Callable[..., Any]:
        like = next((x for x in call.arrays if is_foreign(x)), None)
        scope = dict(functions_for(call.xp, like, call.dtype))
        for word, value in code.constants.items():
            is_float = value.dtype.kind == "f"
            if call.xp is None:
                scope[word] = value.astype(call.dtype) if is_float else value
            else:
                scope[word] = call.xp.asarray(value, dtype=call.dtype) if is_float else call.xp.asarray(value)
        for word, function in code.functions.items():
            if call.xp is not None:
                raise TypeError(f"{word} is a Python function of floats: it computes with NumPy's arrays only")
            scope[word] = elementwise(function)
        exec(compile(ast.Module([code.function], []), f"<vectorized {self.title}>", "exec"), scope)
        return scope[code.title]  # type: ignore[no-any-return]


def _run(function: Callable[..., Any], arrays: Iterable[Any]) -> tuple[Any, ...]:
    """The results of a program; where something is not defined they are nan or infinite."""
    with np.errstate(all="ignore"):
        results = function(*arrays)
    return results if type(results) is tuple else (results,)


def _nested(made: Callable[[tuple[int, ...]], Any], shape: tuple[int, ...], index: tuple[int, ...] = ()) -> Any:
    """Nested lists of this shape, with what is `made` at each index."""
    if len(index) == len(shape):
        return made(index)
    return [_nested(made, shape, (*index, i)) for i in range(shape[len(index)])]


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"


def _outside(
    nodes: list[Value], places: dict[Value, _Place], start: int, unknown: Unknown
) -> list[tuple[Array, list[Value]]]:
    """The Values that the function used and that are not its arguments, in arrays by their labels.

    Their numbers are read at every call, whether they were made before the function ran or inside it.
    """
    found: dict[Value, None] = {}
    for node in nodes:
        inside = node._created >= start and not node.is_leaf
        candidates = [operand for operand, _ in node.edges] if inside else [node]
        for value in candidates:
            if value not in places and (value._created < start or value.is_leaf):
                number: Any = value._number
                if number is unknown:
                    raise TracingError(
                        f"a copy of {value.label or 'a traced Value'} is not the argument: use it itself"
                    )
                if type(number) is Unknown:
                    raise TracingError(
                        f"{value_name(value)} belongs to {number.title}, which was recorded before: it has no number "
                        "here. Pass it as an argument, or return it from that function."
                    )
                found[value] = None
    stems: dict[str, list[tuple[tuple[int, ...], Value]]] = {}
    for value in found:
        stem, _, index = (value.label or "outside").partition("[")
        numbers = tuple(int(i) for i in index.rstrip("]").split(",") if i.strip().isdecimal())
        stems.setdefault(stem, []).append((numbers, value))
    arrays = []
    for stem, members in stems.items():
        by_index = dict(sorted(members, key=lambda member: member[0]))
        lengths = {len(index) for index in by_index}
        shape = tuple(1 + max(index[i] for index in by_index) for i in range(max(lengths))) if len(lengths) == 1 else ()
        if len(by_index) == len(members) == prod(shape):
            arrays.append((Array(shape, False, stem), list(by_index.values())))
        else:
            arrays.append((Array((len(members),), False, stem), [value for _, value in members]))
    return arrays


def _numbers(array: Array, values: list[Value], call: _Call) -> Any:
    dtype = call.dtype if call.xp is None else None
    numbers = np.array([value._number for value in values], dtype=dtype).reshape(array.shape)
    return numbers if call.xp is None else call.xp.asarray(numbers, dtype=call.dtype)
