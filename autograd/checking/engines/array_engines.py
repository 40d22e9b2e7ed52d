"""The check of a tensor class: an engine whose ``.data`` and ``.grad`` are arrays.

Beyond what holds for single numbers, the result of an operation must have the right shape, and the gradient of an
operand must have the shape of the operand: summed over the axes along which it was broadcast.  The right numbers come
from the same operation on arrays of Values (`autograd.checking.engines.recorded_arrays`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from itertools import count
from math import log10, nan, prod
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd.checking.arrays import misshapen
from autograd.checking.audit import Culprit, Graph, Kind
from autograd.checking.engines.array_mistakes import (
    backward_advice,
    not_added,
    place,
    where,
    wrong_array,
    wrong_gradient,
)
from autograd.checking.engines.recorded_arrays import Array, Step, Tape, call_method, numbers_of, written
from autograd.checking.engines.student_engines import Engine, described
from autograd.checking.function_target import FunctionTarget
from autograd.checking.operation_check import SPECIAL, Outcome, points
from autograd.checking.verdicts import EPSILON, InputCheck, Slopes, judge, unknown
from autograd.core.recording import functions
from autograd.core.table import OPERATIONS, Operation
from autograd.core.value import Constant, Value
from autograd.transforms import pytrees

__all__ = ["ArrayEngine", "creates_tensors"]

SHAPE = (2, 3)
BROADCAST = ((SHAPE, SHAPE), (SHAPE, (3,)), ((2, 1), SHAPE), (SHAPE, ()), (SHAPE, None), (None, SHAPE))
"""Shapes of two operands; None stands for a plain number."""
FACTORS = (SHAPE, (3, 4))
"""Shapes of the factors of a matrix product."""


Examined = tuple[InputCheck | None, list[Culprit]]
"""The check of one operation, and the mistakes in it."""


class ArrayEngine(Engine):
    """A class of tensors, or a function that creates them.  Single numbers are tensors with one element."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__(make, np.full(SHAPE, 0.5))
        self.tensor, self.make, self.element = make, lambda x: make(np.array([x])), None
        dtype = self.array(make(np.full(SHAPE, 0.5))).dtype
        self.epsilon = float(np.finfo(dtype).eps) if dtype.kind == "f" else EPSILON
        if self.epsilon > EPSILON:
            self.largest, self.digits = 1, max(1, int(-log10(self.epsilon)) - 2)
            self.rounded = 10.0**-self.digits
        self._from_number = self._way_back(np.ones(1)) or _WAYS[0]
        self._from_array = self._way_back(np.linspace(0.5, 1.5, 6).reshape(SHAPE)) or self._way_back(np.ones(SHAPE))

    def _way_back(self, upstream: Any) -> _Way | None:
        """The first way that multiplies every gradient by `upstream`."""
        trials = [(way, f, times) for way in _WAYS for f, times in _TRIALS]
        for way, f, times in trials:
            x = self.tensor(upstream + 1.0)
            try:
                self._start(way, f(x), upstream)
                grad = self.array(x.grad)
            except Exception:  # the class has no such way
                continue
            if grad.shape == upstream.shape and np.allclose(grad, times * upstream):
                return way
        return None

    def _start(self, way: _Way, result: Any, upstream: Any) -> None:
        """Run the backward pass from a tensor with this gradient."""
        way.start(result, self.tensor(upstream) if way.takes == "tensor" else upstream)

    def array(self, x: Any) -> Any:
        """The numbers of a tensor, or of what it stores, as a NumPy array."""
        x = x.data if hasattr(x, "backward") else x
        return np.asarray(x.numpy() if hasattr(x, "numpy") else x)

    def number(self, data: Any, name: str) -> float:
        """The number in an array with one element."""
        array = self.array(data)
        return super().number(array if array.size == 1 else array.tolist(), name)

    def backward(self, result: Any) -> None:
        """Run the backward pass from a tensor with one element."""
        upstream = np.ones(self.array(result).shape)
        if upstream.size != 1:
            raise ValueError(f"backward() starts at one number, such as a .sum(), not at shape {upstream.shape}")
        self._start(self._from_number, result, upstream)

    def outcome(self, *arguments: Any) -> Outcome:
        """The result and the derivatives of one operation on single numbers."""
        with np.errstate(all="ignore"):  # no warnings at the borders of domains
            return super().outcome(*arguments)

    # --- A function of tensors ------------------------------------------------------------------------

    def on_arrays(self, f: Callable[..., Any], tape: Tape | None = None) -> Callable[..., Any]:
        """`f` as a function of NumPy arrays: of floats, computed by the engine, or of Values, to be recorded."""

        def lifted(_: str, x: Any) -> Any:
            cells = np.asarray(x)
            if cells.dtype != object:
                return self.tensor(x)
            label = cells.flat[0].label or ""
            return Array(cells, label.rpartition("[")[0] if cells.ndim else label, tape or Tape(self._keeps_axes()))

        @wraps(f)
        def function(*args: Any, **kwargs: Any) -> Any:
            result = _call(f, lifted, args, kwargs)
            if isinstance(result, Array):
                return result.cells.item() if result.size == 1 else result.cells
            return self.number(result, "the result") if hasattr(result, "backward") else result

        return function

    def _keeps_axes(self) -> bool:
        """True if a sum over an axis keeps it, with length 1."""
        try:
            return bool(self.array(self.tensor(np.ones(SHAPE)).sum(1)).shape == (2, 1))
        except Exception:  # it has no such sum
            return False

    def gradients(
        self, f: Callable[..., Any], call: Callable[..., Any], numbers: Mapping[str, float]
    ) -> tuple[float, dict[str, float], Sequence[Culprit]]:
        """The result of ``call(f, inputs)``, its gradients, and the mistakes in their shapes.

        `f` comes from `on_arrays`.  A gradient of the wrong shape is left out.
        """
        tensors: list[tuple[Any, Any]] = []

        def lifted(_: str, x: Any) -> Any:
            tensors.append((x, self.tensor(np.array(x, float) if isinstance(x, np.ndarray) else float(x))))
            return tensors[-1][1]

        @wraps(f)
        def function(*args: Any, **kwargs: Any) -> Any:
            return _call(f.__wrapped__, lifted, args, kwargs)  # type: ignore[attr-defined]

        names = [Constant(x, name) for name, x in numbers.items()]
        result = self.backpropagated(lambda: call(function, names))
        grads: dict[str, float] = {}
        mistakes = []
        for labels, tensor in tensors:
            names = list(np.asarray(labels, dtype=object).flat)
            grad = np.zeros(np.shape(labels)) if tensor.grad is None else self.array(tensor.grad)
            if grad.shape == np.shape(labels):
                grads |= {x.label: float(slope) for x, slope in zip(names, grad.flat, strict=True)}
            else:
                place = names[0].label.rpartition("[")[0] or names[0].label
                mistakes.append(Culprit("ACCUMULATION", place, misshapen(place, grad.shape, np.shape(labels))))
        return self.number(result, "the result"), grads, mistakes

    def culprits(self, target: FunctionTarget) -> list[Culprit]:
        """The mistakes in the steps of a function that was recorded on arrays."""
        culprits = list(self.seed())
        if culprits:
            return culprits
        tape, leaves = Tape(self._keeps_axes()), [Value(x, name) for name, x in target.numbers.items()]
        target.inputs.call(self.on_arrays(target.f.__wrapped__, tape), leaves)  # type: ignore[attr-defined]
        mistakes: dict[str, list[Culprit]] = {}
        for step in tape.steps:
            if not mistakes.get(step.name):
                mistakes[step.name] = self._mistakes(step)
        culprits = [culprit for of_step in mistakes.values() for culprit in of_step]
        if mistakes.get("add"):
            return culprits
        additions = list(self.additions())
        if additions:
            return additions + culprits
        right = {step.name: step for step in tape.steps if not mistakes[step.name]}
        return culprits + [c for step in right.values() for c in self._mistakes(step.twice(), "ACCUMULATION")]

    def _mistakes(self, step: Step, kind: Kind = "LOCAL") -> list[Culprit]:
        try:
            return self.examined(step, kind)[1]
        except _ForwardError:  # on its own it cannot be computed
            return []

    # --- One operation ----------------------------------------------------------------------------------

    def shape_checks(self, sound: Sequence[str]) -> tuple[dict[str, InputCheck], list[Culprit], list[str]]:
        """The checks of operations on arrays of various shapes, the mistakes, and the advice.

        Of the operations of the table only the `sound` ones, which are right for single numbers, are tried.
        """
        checks: dict[str, InputCheck] = {}
        culprits: list[Culprit] = []
        wrong: set[str] = set()
        for step, is_required in self._steps(sound):
            if step.name in wrong:
                continue
            try:
                check, mistakes = self.examined(step)
                if check and not mistakes and "add" in sound and "add" not in wrong:
                    mistakes = self.examined(step.twice(), "ACCUMULATION")[1]
            except _ForwardError as error:
                check, mistakes = _wrong("FORWARD", step, str(error)) if is_required else (None, [])
            if check:
                name = step.written
                for x in step.arrays:
                    name = re.sub(rf"\b{x.label}\b", str(x.shape), name)
                checks[name] = replace(check, name=name)
            if mistakes:
                wrong.add(step.name)
            culprits += mistakes
        advice = "Not checked: arrays of several elements, since backward() needs one number and there is no .sum()."
        return checks, culprits, [] if self._from_array else [advice]

    def _steps(self, sound: Sequence[str]) -> Iterator[tuple[Step, bool]]:
        """The operations to try, and for each whether it has to work: not every class broadcasts."""
        for op in (OPERATIONS[name] for name in sound):
            method = self.method(op)
            assert method
            for shapes in BROADCAST if len(op.operands) == 2 else ((SHAPE,),):
                if shapes[0] is None and not op.is_operator:
                    continue  # a plain number has no methods
                operands = _operands(shapes, op)
                yield Step(op.name, method, operands, written(op.name, operands)), len(shapes) == 1
        x, y = _operands(FACTORS)
        for name in ("__matmul__", "matmul", "dot"):
            if hasattr(self.of, name):
                text = written(name.strip("_") if name == "__matmul__" else name, (x, y))
                yield Step("matmul", call_method(name, {}), (x, y), text), True
                break
        for name in ("sum", "mean"):
            if hasattr(self.of, name):
                yield Step(name, call_method(name, {}), (x,), written(name, (x,))), True
                for axis in range(len(SHAPE)):
                    yield Step(name, _along(name, axis), (x,), written(name, (x, axis))), False

    def examined(self, step: Step, kind: Kind = "LOCAL") -> Examined:
        """The check of the worst gradient of one step, and the mistakes in the step.

        There is no check at a kink, and none if no backward pass can start at the result.  Raises _ForwardError if
        the class cannot compute the step.
        """
        numbers = [numbers_of(x) for x in step.arrays]
        leaves = [[Value(v) for v in x.flat] for x in numbers]
        tape = Tape(self._keeps_axes())
        z = step.on([Array(pytrees.array(v, x.shape), "", tape) for v, x in zip(leaves, numbers, strict=True)])
        tensors = [self.tensor(x) for x in numbers]
        try:
            result = step.on(tensors)
            mine = self.array(result)
        except Exception as error:
            raise _ForwardError(f"raised {described(error)}") from error
        if what := wrong_array(mine, z, self.rounded):
            return _wrong("FORWARD", step, what)
        way = self._from_number if mine.size == 1 else self._from_array
        if way is None:
            return None, []
        upstream = np.ones(mine.shape) if way.takes == "ones" else _spread(mine.shape)
        root = functions["dot"](list(z.cells.flat), list(upstream.flat))
        if type(root) is not Value or Graph(root).at_kinks():
            return None, []
        try:
            self._start(way, result, upstream)
        except Exception as error:
            return _wrong("LOCAL", step, f"backward() raised {described(error)}{backward_advice(step, mine.shape)}")
        checks, culprits = [], []
        for position, (x, tensor, v) in enumerate(zip(step.arrays, tensors, leaves, strict=True)):
            grad = np.zeros(x.shape) if tensor.grad is None else self.array(tensor.grad)
            right = pytrees.array(root.gradients(v), x.shape)
            check, index = self._compared(grad, right, x.label)
            checks.append(check)
            if check.verdict == "fail":
                what = (
                    not_added(x, grad, right, index)
                    if kind == "ACCUMULATION"
                    else wrong_gradient(step, position, grad, right, upstream, index)
                )
                culprits.append(Culprit(kind, where(step), what))
        return min(checks, key=_worst_first), culprits[:1]

    def _compared(self, grad: Any, right: Any, label: str) -> tuple[InputCheck, tuple[int, ...]]:
        """The check of the element of a gradient that is wrong, or else of the largest, and its index."""
        if grad.shape != right.shape:
            what = f"the gradient of {label} has shape {grad.shape}"
            return InputCheck("", nan, unknown(what), "fail", what), ()
        error = self.epsilon * float(np.abs(right).max())
        checks = {
            index: judge(
                float(grad[index]), Slopes(float(right[index]), float(right[index]), error), digits=self.digits
            )
            for index in np.ndindex(right.shape)
        }
        index, check = min(checks.items(), key=lambda item: _worst_first(item[1]))
        return replace(check, hint=f"d{label}{place(index)}" * (check.verdict == "fail")), index


def _worst_first(check: InputCheck) -> tuple[bool, float]:
    """The order of checks: those that failed, then by the size of the gradient."""
    return check.verdict != "fail", -abs(check.grad)


def _wrong(kind: Kind, step: Step, what: str) -> Examined:
    """A step with a mistake that leaves no gradients to compare."""
    return InputCheck("", nan, unknown(what), "fail", what), [Culprit(kind, where(step), what)]


def creates_tensors(make: Callable[[Any], Any]) -> bool:
    """True if `make` keeps an array as it is and has what only tensors have, or stores even a number as an array."""
    try:
        tensor = make(np.full(SHAPE, 0.5))
        if np.shape(tensor.data) != SHAPE:
            return False
    except Exception:  # it takes numbers alone
        return False
    if any(hasattr(tensor, name) for name in ("sum", "mean", "__matmul__", "matmul", "shape")):
        return True
    try:
        return isinstance(make(0.5).data, np.ndarray)
    except Exception:  # it takes arrays alone
        return True


class _ForwardError(Exception):
    """The class cannot compute an operation."""


class _Way(NamedTuple):
    """A way to start a backward pass at a tensor z, with the gradient u of the result: ones, an array or a tensor."""

    takes: Literal["ones", "array", "tensor"]
    start: Callable[[Any, Any], Any]


_WAYS: tuple[_Way, ...] = (
    _Way("ones", lambda z, u: z.backward()),
    _Way("array", lambda z, u: z.backward(u)),
    _Way("tensor", lambda z, u: z.backward(u)),
    _Way("tensor", lambda z, u: (z * u).sum().backward()),
    _Way("ones", lambda z, u: z.sum().backward()),
)
_TRIALS: tuple[tuple[Callable[[Any], Any], int], ...] = ((lambda x: x, 1), (lambda x: x + x, 2))
"""Results at which to try them, and their derivatives: some classes cannot start at a tensor that the user created."""


def _call(f: Callable[..., Any], lifted: Callable[[str, Any], Any], args: Any, kwargs: Any) -> Any:
    """The result of `f` for arguments whose arrays and numbers were lifted to tensors."""
    return f(*pytrees.mapped(lifted, list(args), ""), **pytrees.mapped(lifted, kwargs, ""))


def _operands(shapes: Sequence[tuple[int, ...] | None], op: Operation | None = None) -> tuple[Any, ...]:
    """Numbers in the domain of an operation, no two alike, as arrays called x and y; plain where there is no shape."""
    legal = iter([x for (x,) in points(op) if x not in SPECIAL] if op and len(op.operands) == 1 else count(0.35, 0.17))
    operands = []
    for label, shape in zip("xy", shapes, strict=False):
        numbers = [next(legal) for _ in range(prod(shape or ()))]
        operands.append(2.0 if shape is None else Array(pytrees.array(numbers, shape), label))
    return tuple(operands)


def _spread(shape: tuple[int, ...]) -> Any:
    """An array of different numbers, none of them 1."""
    return np.linspace(0.5, 1.6, prod(shape)).reshape(shape)


def _along(name: str, axis: int) -> Callable[[Any], Any]:
    return lambda x: getattr(x, name)(axis)
