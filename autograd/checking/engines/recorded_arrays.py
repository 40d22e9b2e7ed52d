"""Arrays with the methods of a tensor class, which take the place of a student's tensors while a function is recorded.

NumPy computes with arrays of Values, but they have no ``.tanh()``.  An `Array` has the operators and methods of a
tensor: the operations of the table, element by element, and those that NumPy's arrays have, such as ``@`` and
``.sum(axis=0)``.  Every one of them is noted as a `Step`, so that it can be tried again on its own.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograd.core.recording import functions
from autograd.core.table import OPERATIONS
from autograd.core.value import Value, shown

__all__ = ["Array", "Step", "Tape", "call_method", "numbers_of", "written"]

_SYMBOLS = {
    "matmul": "@",
    **{op.name: op.value.text.split()[1] for op in OPERATIONS.values() if op.is_operator and len(op.operands) == 2},
}
_SIGNS = {"neg": "-", "pos": "+"}
_REDUCTIONS = ("sum", "mean", "max", "min", "prod", "var", "std")
_METHODS = {name: name for name in ("reshape", "transpose", "flatten", "ravel", "squeeze", "swapaxes", "dot")}
_METHODS |= {name: name for name in _REDUCTIONS} | {"view": "reshape", "T": "T"}
"""The methods and attributes of tensors, with NumPy's name for each."""
_OPTIONS = {"dim": "axis", "axes": "axis", "keepdim": "keepdims"}
"""Other names of NumPy's options."""
MAX_LABEL = 30
"""Characters up to which the steps that led to an operand are written out."""
_REST = "_"
"""The name that stands for all other steps."""


@dataclass(frozen=True)
class Step:
    """One operation on arrays, which can be repeated on tensors of any class; operands may also be plain numbers."""

    name: str
    function: Callable[..., Any]
    operands: tuple[Any, ...]
    written: str

    @property
    def arrays(self) -> list[Array]:
        """The operands that are arrays."""
        return [x for x in self.operands if isinstance(x, Array)]

    def on(self, tensors: Sequence[Any]) -> Any:
        """The result for other tensors in place of the `arrays`."""
        others = iter(tensors)
        return self.function(*(next(others) if isinstance(x, Array) else x for x in self.operands))

    def twice(self) -> Step:
        """The sum of two such results of the same operands."""
        function = self.function
        return replace(
            self, function=lambda *x: function(*x) + function(*x), written=f"{self.written} + {self.written}"
        )


@dataclass
class Tape:
    """The steps of a computation; `keepdims` is True for tensors that keep the axis along which they are summed."""

    keepdims: bool = False
    steps: list[Step] = field(default_factory=list)


class Array:
    """An array of Values, with a label for messages, which notes on its `tape` what is computed from it.

    >>> x = Array([Value(1.0), Value(2.0)], "x")
    >>> y = (x * 2.0).sum()
    >>> numbers_of(y), [step.written for step in y.tape.steps]
    (array(6.), ['x * 2.0', '(x * 2.0).sum()'])
    """

    __array_ufunc__ = None  # a NumPy array in front leaves its operators to this class

    def __init__(self, cells: Any, label: str = "", tape: Tape | None = None) -> None:
        self.cells = np.asarray(cells, dtype=object)
        self.label, self.tape = label, tape or Tape()

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self.cells.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.cells.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.cells.size

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, index: Any) -> Array:
        return self._computed("getitem", lambda x: x[index], written("getitem", (self,)), (self,), lambda x: x[index])

    def __abs__(self) -> Array:
        return self._computed("abs", abs, written("abs", (self,)), (self,), abs)

    def __getattr__(self, name: str) -> Any:
        if name in functions and not OPERATIONS[name].nary:
            on_cells = functions[name]
        elif name == "matmul":
            on_cells = operator.matmul
        elif name in _METHODS:
            on_cells = _method_of_numpy(name, self.tape)
        else:
            raise AttributeError(f"the arrays that stand in for tensors have no .{name}")
        if name == "T":
            return self._computed(name, operator.attrgetter(name), written(name, (self,)), (self,), np.transpose)

        def method(*others: Any, **options: Any) -> Array:
            text = written(name, (self, *others), options)
            function = call_method(name, options)
            return self._computed(name, function, text, (self, *others), lambda *cells: on_cells(*cells, **options))

        return method

    def _computed(
        self,
        name: str,
        function: Callable[..., Any],
        text: str,
        operands: tuple[Any, ...],
        on_cells: Callable[..., Any],
    ) -> Array:
        result = on_cells(*(x.cells if isinstance(x, Array) else x for x in operands))
        self.tape.steps.append(Step(name, function, operands, text))
        return Array(result, text, self.tape)


def numbers_of(x: Any) -> Any:
    """The numbers of an `Array`, as an array of floats; a plain operand as it is."""
    if not isinstance(x, Array):
        return x
    return np.array([v.data if type(v) is Value else v for v in x.cells.flat], float).reshape(x.shape)


def call_method(name: str, options: dict[str, Any]) -> Callable[..., Any]:
    """The function that calls a method of its first operand with the others."""
    return lambda x, *others: getattr(x, name)(*others, **options)


def written(name: str, operands: Sequence[Any], options: Mapping[str, Any] | None = None) -> str:
    """An operation as it is written in code, ``x + y`` or ``x.sum(axis=0)``; if that is long, only its last steps."""
    text = _joined(name, [_string(x) for x in operands], options or {})
    if len(text) <= MAX_LABEL:
        return text
    return _joined(
        name,
        [_REST if isinstance(x, Array) and not x.label.isidentifier() else _string(x) for x in operands],
        options or {},
    )


def _joined(name: str, operands: Sequence[str], options: Mapping[str, Any]) -> str:
    first, *others = (f"({x})" for x in operands)
    arguments = [*operands[1:], *(f"{option}={x!r}" for option, x in options.items())]
    if name in _SYMBOLS and others:
        text = f"{first} {_SYMBOLS[name]} {others[0]}"
    elif name in _SIGNS:
        text = f"{_SIGNS[name]}{first}"
    else:
        text = {"T": f"{first}.T", "getitem": f"{first}[...]", "abs": f"abs{first}"}.get(
            name, f"{first}.{name}({', '.join(arguments)})"
        )
    try:  # without superfluous parentheses
        return re.sub(rf"\b{_REST}\b", "…", ast.unparse(ast.parse(text.replace("…", _REST), mode="eval")))
    except SyntaxError:  # an input has a name that Python does not allow
        return text


def _string(operand: Any) -> str:
    """An operand as a message writes it."""
    if isinstance(operand, Array):
        return operand.label
    return "..." if isinstance(operand, np.ndarray) else shown(operand)


def _method_of_numpy(name: str, tape: Tape) -> Callable[..., Any]:
    def call(cells: Any, *others: Any, **options: Any) -> Any:
        options = {_OPTIONS.get(option, option): x for option, x in options.items()}
        if name in _REDUCTIONS and tape.keepdims and (others or "axis" in options):
            options.setdefault("keepdims", True)
        return getattr(cells, _METHODS[name])(*others, **options)

    return call


def _install(name: str) -> None:
    """Add an operator of two operands, and its form with a plain operand in front, to `Array`."""
    function = getattr(operator, name)

    def computed(x: Any, y: Any) -> Any:
        if not all(isinstance(operand, Array | np.ndarray | np.number | int | float | Value) for operand in (x, y)):
            return NotImplemented
        array = x if isinstance(x, Array) else y
        return array._computed(name, function, written(name, (x, y)), (x, y), function)

    setattr(Array, f"__{name}__", computed)
    setattr(Array, f"__r{name}__", lambda y, x: computed(x, y))


def _install_sign(name: str) -> None:
    """Add an operator of one operand to `Array`."""
    function = getattr(operator, name)
    setattr(Array, f"__{name}__", lambda x: x._computed(name, function, written(name, (x,)), (x,), function))


for _name in _SYMBOLS:
    _install(_name)
for _name in _SIGNS:
    _install_sign(_name)
