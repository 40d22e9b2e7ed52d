"""Value: a number that remembers how it was computed.

Every operation on Values makes a new one, which keeps its number, the operation, the operands,
and its *edges*: for each operand that is a Value, the pair ``(operand, local derivative)``,
computed in the forward pass from the operation's row in the table.  The backward pass
(`autograd.backprop`) needs nothing else.  The operators and functions themselves are made from the
table in `autograd.recording`.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, final, overload

from autograd import backprop, copying, tracing
from autograd.backprop import clock
from autograd.ops import Operation

__all__ = ["Constant", "Value", "as_float", "shown"]


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

    __slots__ = ("_args", "_created", "_number", "edges", "grad", "label", "op")

    _number: float
    _args: tuple[Value | float, ...] | float | None  # None: those of the edges; a number: the second of two
    _created: int  # place in the order of creation; see autograd.backprop
    edges: tuple[tuple[Value, float], ...]
    grad: float | None
    label: str | None
    op: Operation | None

    def __init__(self, data: float, label: str | None = None) -> None:
        self._number = data if type(data) is float else as_float(data, f"Value({shown(data)})")
        self._args = None
        self._created = next(clock)
        self.edges = ()
        self.grad = None
        self.label = _checked(label)
        self.op = None

    def __init_subclass__(cls) -> None:
        raise TypeError("Value cannot be subclassed: the engine asks for exactly this type; keep Values as attributes")

    @property
    def data(self) -> float:
        """The number.  Assigning a new one is for leaves only, and counts as making the leaf anew."""
        if tracing.is_tracing():
            raise tracing.refusal_of_number(self, "number", "Leave out .data, or write .detach().")
        return self._number

    @data.setter
    def data(self, number: float) -> None:
        from autograd.notation import sentence

        if self.op is not None:
            raise AttributeError(
                f".data of {sentence(self)} cannot be set: it is the result of an operation. "
                "Set .data of a leaf it was computed from, then run the forward pass again."
            )
        if tracing.is_tracing():
            raise tracing.refusal_of_number(self, "number", "It cannot be set either; give the result a new name.")
        self._number = number if type(number) is float else as_float(number, f".data = {shown(number)}")
        self._created = next(clock)  # newer than every node that used the old number
        backprop.note_change(self._created)

    @property
    def args(self) -> tuple[Value | float, ...]:
        """The operands, in order: Values, and plain numbers as the user wrote them."""
        if type(self._args) is tuple:
            return self._args
        operands = tuple(operand for operand, _ in self.edges)
        return operands if self._args is None else (*operands, self._args)  # type: ignore[arg-type]

    def named(self, label: str) -> Self:
        """Give this Value a name, and return it: ``ŷ = (w * x + b).named("ŷ")``."""
        self.label = _checked(label)
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

    @overload
    def gradients(self, wrt: Iterable[Value], create_graph: Literal[False] = False) -> list[float]: ...
    @overload
    def gradients(self, wrt: Iterable[Value], create_graph: Literal[True]) -> list[Value]: ...
    def gradients(self, wrt: Iterable[Value], create_graph: bool = False) -> list[Any]:
        """d self / d v for each v of `wrt`, without touching any ``grad``.

        With `create_graph` they are Values, recorded like any other, so that they can be differentiated again.

        >>> w, b = Value(2.0), Value(1.0)
        >>> (w ** 2 * 3 + b).gradients([w, b])
        [12.0, 1.0]
        >>> slope, _ = (w ** 2 * 3 + b).gradients([w, b], create_graph=True)
        >>> slope.gradients([w])
        [6.0]
        """
        return backprop.gradients(self, wrt, create_graph)

    def conjugate(self) -> Self:
        """The Value itself, as for any real number; NumPy asks for it in ``np.std`` and the like."""
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        from autograd import arrays

        return arrays.apply(ufunc, method, *operands, **options)

    def detach(self) -> Value:
        """The number as a new leaf, with the same label: what is computed from it does not reach further back.

        >>> x = Value(3.0)
        >>> y = x * x.detach()
        >>> y.gradients([x])
        [3.0]
        """
        if tracing.is_tracing():
            from autograd.recording import record

            return record(tracing.DETACH, self)  # type: ignore[no-any-return]
        return Value(self._number, self.label)

    def graph(self) -> dict[str, Any]:
        """How this Value was computed, as plain data for other programs (`json.dumps` takes it).

        Under ``"nodes"`` are the constants, leaves and results, operands first and this Value last; their
        ``args`` and ``edges`` refer to operands by position.  Under ``"operations"`` are the rows of the table in use.

        >>> graph = (Value(3.0, label="w") * 2.0).graph()
        >>> for node in graph["nodes"]:
        ...     print(node)
        {'op': 'leaf', 'data': 3.0, 'label': 'w'}
        {'op': 'constant', 'data': 2.0}
        {'op': 'mul', 'data': 6.0, 'args': [0, 1], 'edges': [[0, 2.0]]}
        >>> graph["operations"]
        {'mul': {'operands': ['x', 'y'], 'value': 'x * y', 'partials': ['y', 'x']}}
        """
        return copying.plain(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return copying.reduced(self)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        for name, part in state[-1].items():
            setattr(self, name, part)
        self._created = next(clock)  # a copy's operands are made before it, as the original's were

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        op = f", op={self.op.name!r}" if self.op else ""
        grad = f", grad={self.grad!r}" if self.grad is not None else ""
        return f"Value({self._number!r}{label}{op}{grad})"

    def __str__(self) -> str:
        from autograd.notation import sentence

        if self.op is None:
            return f"{self.label} = {self._number!r}" if self.label else repr(self._number)
        return f"{sentence(self)} = {self._number!r}"

    def __format__(self, spec: str) -> str:
        return format(self._number, spec) if spec else str(self)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        if tracing.is_tracing():
            raise tracing.refusal_of_branch(self)
        return self._number != 0

    def _drops_the_gradient(self, *_: object) -> NoReturn:
        if tracing.is_tracing():
            raise tracing.refusal_of_number(self, "number", "Use the functions of autograd, which are recorded.")
        from autograd.notation import name

        raise TypeError(
            f"turning {name(self)} into a plain number would lose its gradient: use .data if you want just the "
            "number, or the functions of autograd (autograd.exp, autograd.log, ...) instead of those of math"
        )

    def _is_no_index(self) -> NoReturn:
        if tracing.is_tracing():
            raise tracing.refusal_of_number(
                self, "number", "A number that the function counts or indexes with is a default of its argument."
            )
        raise TypeError("a Value cannot count or index: write int(v.data)")

    def _is_no_truth(self) -> NoReturn:
        raise TypeError("~ is not for conditions on Values: turn the comparison round, x <= 0 instead of ~(x > 0)")

    def _is_no_power(self, _: object) -> NoReturn:
        raise TypeError("^ is not a power in Python: write **, as in w ** 2")

    __xor__ = __rxor__ = _is_no_power
    __index__ = _is_no_index
    __invert__ = _is_no_truth
    __float__ = __int__ = __round__ = __floor__ = __ceil__ = __trunc__ = _drops_the_gradient

    if TYPE_CHECKING:  # made from the table by autograd.recording

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
        def __and__(self, other: Value | bool) -> Value: ...
        def __or__(self, other: Value | bool) -> Value: ...
        def __rand__(self, other: bool) -> Value: ...
        def __ror__(self, other: bool) -> Value: ...
        def __lt__(self, other: Value | float) -> bool: ...
        def __le__(self, other: Value | float) -> bool: ...
        def __gt__(self, other: Value | float) -> bool: ...
        def __ge__(self, other: Value | float) -> bool: ...
        def exp(self) -> Value: ...  # noqa: D102

        expm1 = log = log1p = log2 = log10 = sqrt = cbrt = sin = cos = tan = arcsin = arccos = arctan = exp
        sinh = cosh = tanh = arcsinh = arccosh = arctanh = sigmoid = softplus = relu = leaky_relu = exp

        def maximum(self, other: Value | float) -> Value: ...  # noqa: D102

        minimum = hypot = arctan2 = xlogy = xlog1py = maximum


class Constant(float):
    """A plain number with a name, for data that should be told apart in messages and pictures.

    >>> x = Constant(2.0, label="x")
    >>> print(Value(0.5, label="w") * x + 1)
    w·x + 1 = 2.0
    """

    __slots__ = ("label",)
    label: str

    def __new__(cls, data: float, label: str) -> Self:  # noqa: D102
        constant = super().__new__(cls, as_float(data, f"Constant({shown(data)})"))
        constant.label = str(_checked(label))
        return constant

    def __repr__(self) -> str:
        return f"Constant({float(self)!r}, label={self.label!r})"

    def __reduce__(self) -> tuple[type[Constant], tuple[float, str]]:
        return Constant, (float(self), self.label)


def as_float(number: object, written: str) -> float:
    """`number` as a float, or a TypeError that replays what was `written` and says what to do."""
    if isinstance(number, numbers.Real | Decimal):
        try:
            return float(number)
        except OverflowError:
            raise OverflowError(f"{written}: this integer is too large for a float") from None
    if type(number).__module__ == "numpy" and type(number).__name__ in ("bool", "bool_"):
        return float(bool(number))  # the truth values of NumPy are no Real, those of Python are
    match number:
        case Value():
            advice = "it is a Value already; write .data for its number alone"
        case str():
            advice = f"a text is not a number; write float({shown(number)}) if it holds one"
        case None:
            advice = "None is not a number; was a result not returned, or a gradient not computed yet?"
        case complex():
            advice = "complex numbers are not supported; take .real, .imag or abs() first"
        case _ if hasattr(number, "__len__") or hasattr(number, "__iter__"):
            call = written.partition("(")[0]
            each = call if call.isidentifier() else "Value"
            advice = f"one number is needed here; take them one by one, as in [{each}(x) for x in ...]"
        case _:
            advice = f"{type(number).__name__} is not a real number; convert it with float(...) first"
    raise TypeError(f"{written}: {advice}")


def _checked(label: str | None) -> str | None:
    if label is not None and not isinstance(label, str):
        raise TypeError(f"a label is a text, such as 'w', not {label!r}")
    return label


def shown(number: object) -> str:
    """How an operand is replayed in a message: by its label if it has one, cut short if it is long."""
    try:
        label = getattr(number, "label", None)
        text = label if label and isinstance(label, str) else repr(number)
    except ValueError:  # Python refuses to write out an integer of over 4,300 digits
        text = "a huge integer"
    return text if len(text) <= 60 else text[:57] + "..."
