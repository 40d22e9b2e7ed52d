"""Value: a number that remembers how it was computed.

Every operation on Values makes a new one, which keeps its number, the operation, the operands,
and its *edges*: for each operand that is a Value, the pair ``(operand, local derivative)``,
computed in the forward pass from the operation's row in the table.  The backward pass
(`autograd.backprop`) needs nothing else.

Each row of the table becomes one Python function when this module loads, written out for plain
floats so that recording a node costs little more than computing it.  ``inspect.getsource``
shows the result, for example of ``autograd.exp``.
"""

from __future__ import annotations

import linecache
import numbers
import operator
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, NoReturn, Self, final

from autograd import backprop
from autograd.formula import FLOATS
from autograd.ops import OPERATIONS, DomainError, Operation

__all__ = ["Constant", "Value", "functions"]

_tick = count().__next__
_new = object.__new__


@final
class Value:
    """A real number that records what is computed from it, and learns its gradient from `backward`.

    `data` is any real number (Python's, NumPy's, Fraction, Decimal) and becomes a float; `label`
    is the name it goes by in messages and pictures.  Raises TypeError for anything else.

    >>> w, b = Value(0.5, label="w"), Value(0.1, label="b")
    >>> y_hat = (w * 2.0 + b).named("ŷ")
    >>> L = ((y_hat - 1.5) ** 2).named("L")
    >>> L.backward()
    >>> w.grad, b.grad
    (-1.5999999999999996, -0.7999999999999998)
    >>> print(L)
    L = (ŷ - 1.5)² = 0.15999999999999992

    ``op`` is the row of the table that made the Value (None for a leaf, made by the user),
    ``args`` its operands, plain numbers among them, and ``edges`` the ``(operand, local
    derivative)`` pairs of those that are Values.  ``grad`` is None until a backward pass.

    Comparisons compare the numbers; as a key of a dict or a member of a set a Value is itself.
    """

    __slots__ = ("_args", "_created", "_data", "edges", "grad", "label", "op")

    _data: float
    _args: tuple[Value | float, ...] | None  # None: the operands are those of the edges
    _created: int  # place in the order of creation; see autograd.backprop
    edges: tuple[tuple[Value, float], ...]
    grad: float | None
    label: str | None
    op: Operation | None

    def __init__(self, data: float, label: str | None = None) -> None:
        self._data = _real(data, f"Value({_shown(data)})")
        self._args = None
        self._created = _tick()
        self.edges = ()
        self.grad = None
        self.label = label
        self.op = None

    def __init_subclass__(cls) -> None:
        raise TypeError("Value cannot be subclassed: the engine asks for exactly this type; keep Values as attributes")

    @property
    def data(self) -> float:
        """The number.  Assigning a new one is for leaves only, and counts as making the leaf anew."""
        return self._data

    @data.setter
    def data(self, number: float) -> None:
        from autograd.notation import sentence

        if self.op is not None:
            raise AttributeError(
                f".data of {sentence(self)} cannot be set: it is the result of an operation. "
                "Set .data of a leaf it was computed from, then run the forward pass again."
            )
        self._data = _real(number, f".data = {_shown(number)}")
        self._created = _tick()  # newer than every node that used the old number

    @property
    def args(self) -> tuple[Value | float, ...]:
        """The operands, in order: Values, and plain numbers as the user wrote them."""
        return tuple(operand for operand, _ in self.edges) if self._args is None else self._args

    def named(self, label: str) -> Self:
        """Give this Value a name, and return it: ``ŷ = (w * x + b).named("ŷ")``."""
        self.label = label
        return self

    def backward(self) -> None:
        """Compute d self / d v for every v it was computed from, into ``v.grad``.

        Leaves add up over several calls; inner Values start anew each time.  Raises
        `StaleGraphError` if a leaf was changed after the forward pass.

        >>> x = Value(3.0)
        >>> y = x * x * x
        >>> y.backward(); x.grad
        27.0
        >>> y.backward(); x.grad
        54.0
        """
        backprop.backward(self)

    def gradients(self, wrt: Iterable[Value]) -> list[float]:
        """d self / d v for each v of `wrt`, without touching any ``grad``.

        >>> w, b = Value(2.0), Value(1.0)
        >>> (w * 3 + b).gradients([w, b])
        [3.0, 1.0]
        """
        return backprop.gradients(self, wrt)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        op = f", op={self.op.name!r}" if self.op else ""
        grad = f", grad={self.grad!r}" if self.grad is not None else ""
        return f"Value({self._data!r}{label}{op}{grad})"

    def __str__(self) -> str:
        from autograd.notation import sentence

        if self.op is None:
            return f"{self.label} = {self._data!r}" if self.label else repr(self._data)
        return f"{sentence(self)} = {self._data!r}"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self._data != 0

    def _drops_the_gradient(self, *_: object) -> NoReturn:
        from autograd.notation import name

        raise TypeError(
            f"turning {name(self)} into a plain number would lose its gradient: use .data if you want just the "
            "number, or the functions of autograd (autograd.exp, autograd.log, ...) instead of those of math"
        )

    __float__ = __int__ = __round__ = __floor__ = __ceil__ = __trunc__ = _drops_the_gradient

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """NumPy's functions and operators, element by element: ``np.exp(v)``, ``array * v``."""
        import numpy as np

        function = _NUMPY_NAMES.get(ufunc.__name__) or functions.get(ufunc.__name__)
        if method != "__call__" or options or function is None:
            raise TypeError(
                f"np.{ufunc.__name__} cannot keep the gradient of a Value; use .data if you want just the number"
            )
        cells = [np.asarray(operand).astype(object) for operand in inputs]  # Values, and Python's own numbers
        return np.frompyfunc(function, len(cells), 1)(*cells)

    if TYPE_CHECKING:  # written by _specialise from the table, at the end of this module

        def __add__(self, other: Value | float) -> Value: ...
        def __radd__(self, other: float) -> Value: ...
        def __sub__(self, other: Value | float) -> Value: ...
        def __rsub__(self, other: float) -> Value: ...
        def __mul__(self, other: Value | float) -> Value: ...
        def __rmul__(self, other: float) -> Value: ...
        def __truediv__(self, other: Value | float) -> Value: ...
        def __rtruediv__(self, other: float) -> Value: ...
        def __pow__(self, other: Value | float) -> Value: ...
        def __rpow__(self, other: float) -> Value: ...
        def __neg__(self) -> Value: ...
        def __pos__(self) -> Value: ...
        def __abs__(self) -> Value: ...
        def __lt__(self, other: Value | float) -> bool: ...
        def __le__(self, other: Value | float) -> bool: ...
        def __gt__(self, other: Value | float) -> bool: ...
        def __ge__(self, other: Value | float) -> bool: ...
        def __getattr__(self, operation: str) -> Callable[..., Value]: ...  # .exp(), .relu(), ...


class Constant(float):
    """A plain number with a name, for data that should be told apart in messages and pictures.

    >>> x = Constant(2.0, label="x")
    >>> print(Value(0.5, label="w") * x + 1)
    w·x + 1 = 2.0
    """

    __slots__ = ("label",)
    label: str

    def __new__(cls, data: float, label: str) -> Self:  # noqa: D102
        constant = super().__new__(cls, _real(data, f"Constant({_shown(data)})"))
        constant.label = label
        return constant

    def __repr__(self) -> str:
        return f"Constant({float(self)!r}, label={self.label!r})"

    def __reduce__(self) -> tuple[type[Constant], tuple[float, str]]:
        return Constant, (float(self), self.label)


# --- What may stand where a number is expected ---------------------------------------------------


def _real(number: object, written: str) -> float:
    """`number` as a float, or a TypeError that replays what was `written` and says what to do."""
    if isinstance(number, numbers.Real | Decimal):
        try:
            return float(number)
        except OverflowError:
            raise OverflowError(f"{written}: this integer is too large for a float") from None
    match number:
        case Value():
            advice = "it is a Value already; write .data for its number alone"
        case str():
            advice = f"a text is not a number; write float({_shown(number)}) if it holds one"
        case None:
            advice = "None is not a number; was a result not returned, or a gradient not computed yet?"
        case complex():
            advice = "complex numbers are not supported; take .real, .imag or abs() first"
        case _ if hasattr(number, "__len__") or hasattr(number, "__iter__"):
            advice = "a Value holds one number; make one for each: [Value(x) for x in ...]"
        case _:
            advice = f"{type(number).__name__} is not a real number; convert it with float(...) first"
    raise TypeError(f"{written}: {advice}")


def _shown(number: object) -> str:
    text = getattr(number, "label", None) or repr(number)
    return text if len(text) <= 60 else text[:57] + "..."


# --- Recording -------------------------------------------------------------------------------------


def _record(op: Operation, *operands: Any) -> Any:
    """Compute one operation on any mixture of Values and numbers, taking nothing for granted.

    The specialised functions below come here with whatever they were not written for: unusual
    kinds of numbers, and operands at which plain float arithmetic raises.
    """
    if len(operands) != len(op.operands):
        raise TypeError(f"{op.written} takes {len(op.operands)} operands, not {len(operands)}")
    data = [operand._data if type(operand) is Value else _real(operand, _call(op, operands)) for operand in operands]
    z = op.compute(data, partial(_described, op, operands))
    slopes = op.derivatives(z, data)
    edges = tuple((operand, slope) for operand, slope in zip(operands, slopes, strict=True) if type(operand) is Value)
    return _node(op, z, edges, _plain(operands)) if edges else z


def _record_operator(op: Operation, *operands: Any) -> Any:
    """The same for ``+ - * / **``, which leave operands of foreign types to those types."""
    foreign = (type(operand) for operand in operands if not isinstance(operand, Value | numbers.Real | Decimal))
    if any(kind.__module__ != "builtins" for kind in foreign):
        return NotImplemented
    return _record(op, *operands)


def _node(op: Operation, z: float, edges: tuple[tuple[Value, float], ...], args: tuple[Value | float, ...]) -> Value:
    node: Value = _new(Value)
    node._data = z
    node._args = args
    node._created = _tick()
    node.edges = edges
    node.grad = None
    node.label = None
    node.op = op
    return node


def _plain(operands: Iterable[Any]) -> tuple[Value | float, ...]:
    """Operands as they are kept: Values, Python's own numbers and Constants; all others as floats."""
    kept = (Value, float, int, bool, Constant)
    return tuple(operand if type(operand) in kept else float(operand) for operand in operands)


def _call(op: Operation, operands: Sequence[Any]) -> str:
    """The operation as the user wrote it: ``w + None``, ``exp('1')``."""
    texts = [_shown(operand) for operand in operands]
    if op.is_operator and len(texts) == 2:
        return f" {op.value.text.split()[1]} ".join(texts)
    return f"{op.name}({', '.join(texts)})"


def _described(op: Operation, operands: Sequence[Any]) -> str:
    """What an error adds about the operands: ``(x is 'p' = w·x + b)``."""
    from autograd.notation import expression

    known = []
    for x, operand in zip(op.operands, operands, strict=True):
        label = getattr(operand, "label", None)
        parts = [f"'{label}'"] if label else []
        parts += [expression(operand)] if type(operand) is Value and operand.edges else []
        known += [f"{x} is {' = '.join(parts)}"] if parts else []
    return f" ({', '.join(known)})" if known else ""


# --- One function for each row of the table --------------------------------------------------------
# In the generated source X is an operand and x its number.

_KINDS = {"V": "Value", "N": "float"}


def _specialise(op: Operation, patterns: str, known: str = "", swapped: bool = False) -> Callable[..., Any]:
    """The Python function of one row, with straight-line code for each mixture of operands.

    `patterns` lists the mixtures, V for a Value and N for a number: ``"VV VN NV"``.  `known` says
    what need not be asked: in a method the first operand is certainly a Value.
    """
    operands = [x.upper() for x in op.operands]
    fallback = f"return record(op, {', '.join(operands)})"
    lines = [f"def operation({', '.join(reversed(operands) if swapped else operands)}):"]
    for position, pattern in enumerate(patterns.split()):
        questions = [
            f"type({X}) is Value" if kind == "V" else f"(type({X}) is float or type({X}) is int)"
            for X, kind, sure in zip(operands, pattern, known.ljust(len(pattern)), strict=True)
            if sure != kind
        ]
        lines += [
            f"    {'elif' if position else 'if'} {' and '.join(questions) or 'True'}:",
            "        try:",
            *(f"            {line}" for line in _numbers(op, pattern)),
            f"            z = {op.value.source(FLOATS)}",
            f"            edges = ({' '.join(edge + ',' for edge in _edges(op, pattern))})",
            "        except (ArithmeticError, ValueError):",
            f"            {fallback}",
            f"        args = {'None' if 'N' not in pattern else '(' + ', '.join(operands) + ')'}",
        ]
    return _compile(op, [*lines, "    else:", f"        {fallback}", *_RECORDING])


def _numbers(op: Operation, pattern: str) -> list[str]:
    ends = {"V": "._data", "N": " * 1.0"}  # times one: an int becomes a float, faster than by calling float
    return [f"{x} = {x.upper()}{ends[kind]}" for x, kind in zip(op.operands, pattern, strict=True)]


def _edges(op: Operation, pattern: str) -> list[str]:
    rows = zip(op.operands, op.partials, pattern, strict=True)
    return [f"({x.upper()}, {slope.source(FLOATS)})" for x, slope, kind in rows if kind == "V"]


_RECORDING = """\
    node = new(Value)
    node._data = z
    node._args = args
    node._created = tick()
    node.edges = edges
    node.grad = None
    node.label = None
    node.op = op
    return node""".splitlines()


def _specialise_terms(op: Operation, patterns: str) -> Callable[..., Any]:
    """The Python function of an n-ary row: one loop over the terms, one node at the end."""
    term, scale = op.value.text.removeprefix("sum(").rsplit(")", 1)
    operands = [x.upper() for x in op.operands]
    sequences, each = (", ".join(f"{X}{s}" for X in operands) for s in ("S", ""))
    fine = [f"type({X}S) in (tuple, list)" for X in operands] + ["len(XS) == len(YS)"] * (len(operands) - 1)
    lines = [
        f"def operation({sequences}, args=None):",
        f"    if not ({' and '.join(fine)}):",
        f"        {sequences}, = sequences(op, {sequences})",
        f"    n = len({sequences[:2]})",
        *([f"    if not {op.domain.source(FLOATS)}:", "        raise undefined(op, n)"] if op.domain else []),
        "    total = 0.0",
        "    edges = []",
        f"    for {each} in {f'zip({sequences})' if len(operands) > 1 else sequences}:",
    ]
    for position, pattern in enumerate(patterns.split()):
        questions = (f"type({X}) is {_KINDS[kind]}" for X, kind in zip(operands, pattern, strict=True))
        lines += [
            f"        {'elif' if position else 'if'} {' and '.join(questions)}:",
            *(f"            {line}" for line in _numbers(op, pattern)),
            f"            total += {term}",
            *(f"            edges.append({edge})" for edge in _edges(op, pattern)),
        ]
    lines += [
        "        else:  # numbers of other kinds: start again with floats",
        f"            return operation(*floats(op, {sequences}), args=plain([*{', *'.join(sequences.split(', '))}]))",
        f"    z = total{scale}",
        "    if not edges:",
        "        return z",
        "    edges = tuple(edges)",
        f"    args = args or (*{', *'.join(sequences.split(', '))},)",
    ]
    return _compile(op, [*lines, *_RECORDING])


def _sequences(op: Operation, *operands: Any) -> list[list[Any]]:
    """The operands of an n-ary row as lists of equal length."""
    for x, operand in zip(op.operands, operands, strict=True):
        if not hasattr(operand, "__iter__"):
            raise TypeError(f"{op.written}: {x} must be a sequence of numbers and Values, not {_shown(operand)}")
    lists = [list(operand) for operand in operands]
    if len(set(map(len, lists))) > 1:
        lengths = ", ".join(f"{x} has {len(operand)}" for x, operand in zip(op.operands, lists, strict=True))
        raise ValueError(f"{op.written} needs sequences of equal length, but {lengths}")
    return lists


def _floats(op: Operation, *sequences: Sequence[Any]) -> list[list[Value | float]]:
    return [[X if type(X) is Value else _real(X, op.written) for X in sequence] for sequence in sequences]


def _undefined(op: Operation, n: int) -> DomainError:
    assert op.domain is not None
    return DomainError(f"{op.written} is not defined for {n} terms: it needs {op.domain.text}")


def _compile(op: Operation, lines: list[str]) -> Callable[..., Any]:
    source = "\n".join(lines) + "\n"
    file = f"<autograd.{op.name} {id(lines)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for tracebacks
    scope: dict[str, Any] = {
        "Value": Value, "new": _new, "tick": _tick, "op": op, "record": _record_operator if op.is_operator else _record,
        "sequences": _sequences, "floats": _floats, "plain": _plain, "undefined": _undefined,
    }  # fmt: skip
    for formula in (op.value, *op.partials):
        scope |= formula.scope(FLOATS)
    del scope["__builtins__"]  # the code around the formulas is our own
    exec(compile(source, file, "exec"), scope)
    return _introduce(scope["operation"], op)


def _introduce(function: Callable[..., Any], op: Operation) -> Callable[..., Any]:
    """Give a generated function the name and the documentation of its row."""
    slopes = ", ".join(f"dz/d{x} = {slope.text}" for x, slope in zip(op.operands, op.partials, strict=True))
    function.__name__ = function.__qualname__ = op.name
    function.__module__ = "autograd"
    function.__doc__ = (
        f"z = {op.written}, with {slopes}.\n\n"
        + (f"z is {op.value.text}.  " if op.value.text != op.written else "")
        + (f"Defined where {op.domain.text}; DomainError elsewhere.  " if op.domain else "")
        + (f"Slope {op.kink}, by convention.  " if op.kink else "")
        + "A Value if an operand is one, else a float."
    )
    return function


def _generic(op: Operation) -> Callable[..., Any]:
    def operation(*operands: Any) -> Any:
        return _record(op, *operands)

    return _introduce(operation, op)


def _comparison(name: str) -> Callable[[Value, object], Any]:
    compare: Callable[[float, Any], Any] = getattr(float, name)
    return lambda value, other: compare(value._data, other._data if type(other) is Value else other)


functions: dict[str, Callable[..., Any]] = {}
"""Every operation of the table as a function of Values and numbers, by name."""

for _op in OPERATIONS.values():
    _arity = len(_op.operands)
    if _op.nary:
        functions[_op.name] = _specialise_terms(_op, "V N" if _arity == 1 else "VN VV NV NN")
    elif _op.is_operator or _arity > 2:
        functions[_op.name] = _generic(_op)
    else:
        functions[_op.name] = _specialise(_op, "V" if _arity == 1 else "VV VN NV")
        setattr(Value, _op.name, functions[_op.name])  # v.exp(): NumPy calls it on arrays of Values
    if _op.is_operator:
        setattr(Value, f"__{_op.name}__", _specialise(_op, "V" if _arity == 1 else "VV VN", known="V"))
    if _op.is_operator and _arity == 2:
        setattr(Value, f"__r{_op.name}__", _specialise(_op, "NV", known=" V", swapped=True))

setattr(Value, "__abs__", functions["abs"])
for _name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
    setattr(Value, _name, _comparison(_name))

_NUMPY_NAMES: dict[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "power": operator.pow, "float_power": operator.pow, "negative": operator.neg, "positive": operator.pos,
    "absolute": operator.abs, "fabs": operator.abs, "square": lambda x: x ** 2, "reciprocal": lambda x: 1 / x,
    "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt, "less_equal": operator.le,
    "greater": operator.gt, "greater_equal": operator.ge,
}  # fmt: skip
"""NumPy's universal functions that go by another name here."""
