"""Value: a number that remembers how it was computed.

Every operation on Values creates a new one, which stores its number, the operation, the operands, and for each
operand that is a Value the *local derivative*, computed in the forward pass from the operation's row in the table.
The backward pass (`graph`) needs nothing else.  The operators are generated from the table in `recording`.
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeAlias, final

from autograd.core.state import clock, seams
from autograd.core.table import LEAF, Operation
from autograd.formula.systems import NumberSystem
from autograd.formula.typesetting import shortened

if TYPE_CHECKING:
    from autograd.core.methods import Methods  # a stub, generated from the table: Values' operators and functions
else:
    Methods = object

MaybeNone: TypeAlias = Any
"""The type of what may be None where type checkers would ask for a check that only gets in the way."""

__all__ = [
    "VALUES", "Constant", "Reader", "Value", "as_float", "is_real", "label_of", "name", "sentence", "shown",
]  # fmt: skip

VALUES = NumberSystem("Values", {"pi": math.pi})
"""Values and floats: a formula computed over them records its operations, once `recording` has filled this in."""


WATCHED = 4
"""Number of changed leaves that are watched for a forgotten `zero_grad`; to watch all would slow down every step."""


class Reader:
    """Access to the numbers of Values: `data`, truth values, comparisons; a traced Value has none."""

    def number(self, value: Value, purpose: str) -> float:
        """The number, for `purpose`: ".data", "set .data", "float", "index" or "gradient"."""
        return value._number

    def truth(self, value: Value) -> bool:
        """The truth value, for ``if value:``."""
        return value._number != 0

    def compared(self, name: str, value: Value, other: Any) -> Any:
        """A comparison, by the name of its method: "lt" for ``<``, and "and", "or" for ``&``, ``|``."""
        if name in ("and", "or"):
            return NotImplemented  # bools have their own & and |
        return getattr(operator, name)(value._number, other._number if type(other) is Value else other)

    def computed(self, op: Operation, operands: list[Any], describe: Callable[[], str]) -> tuple[float, Any]:
        """The result of one operation, and its local derivatives."""
        z = op.compute(operands, describe)
        return z, op.derivatives(z, operands)

    def detach(self, value: Value) -> Any:
        """A leaf with the same number."""
        return Value(value._number, value.label)

    def system(self) -> NumberSystem:
        """The number system for derivatives that can be differentiated again."""
        return VALUES


seams.reader = Reader()


@final
class Value(Methods):
    """A real number that records what is computed from it, and learns its gradient from `backward`.

    `data` is any real number (Python's, NumPy's, Fraction, Decimal) and becomes a float; `label` is its name in
    messages and pictures.  Raises TypeError for anything else.

    >>> w, b = Value(0.5, label="w"), Value(0.1, label="b")
    >>> y_hat = (w * 2.0 + b).named("ŷ")
    >>> L = ((y_hat - 1.5) ** 2).named("L")
    >>> L.backward()
    >>> w.grad, b.grad
    (-1.5999999999999996, -0.7999999999999998)

    ``op`` is the row of the table that computed the Value ("leaf" if the user created it), ``args`` its operands, plain
    numbers among them, and ``edges`` the ``(operand, local derivative)`` pairs of those that are Values.  ``grad`` is
    None until a backward pass.

    Comparisons compare the numbers; as dict keys and members of sets, Values are compared by identity.
    """

    __slots__ = ("_changed", "_created", "_dx", "_dy", "_number", "_x", "_y", "grad", "label", "op")

    # A node with one or two operands stores each Value beside its local derivative; a node with more operands stores
    # two tuples.  So a node is one object for Python's garbage collector, not four.
    #
    #             _x        _dx    _y      _dy
    #   leaf      None
    #   tanh(x)   x         dz/dx  None    None
    #   x * y     x         dz/dx  y       dz/dy
    #   x * 2     x         dz/dx  2       None
    #   2 * x     x         dz/dx  (2,)    None
    #   others    operands  None   slopes  None     (each slope None if the operand is a plain number)
    _number: float
    _x: Any
    _dx: float | None
    _y: Any
    _dy: float | None
    _created: int  # the time of creation, by the clock
    _changed: int  # of a leaf, the time of its last change; of others, the time up to which `check_fresh` passed them
    grad: float | MaybeNone  # None until a backward pass
    label: str | None
    op: Operation

    def __init__(self, data: float, label: str | None = None) -> None:
        self._number = data if type(data) is float else as_float(data, f"Value({shown(data)})")
        self._x = None
        self._created = self._changed = next(clock)
        self.grad = None
        self.label = label if label is None else _checked(label)
        self.op = LEAF

    def __init_subclass__(cls) -> None:
        raise TypeError("Value cannot be subclassed: the engine expects exactly this type; store Values as attributes")

    @property
    def data(self) -> float:
        """The number.  Only that of a leaf can be set: run the forward pass again afterwards."""
        return seams.reader.number(self, ".data")

    @data.setter
    def data(self, number: float) -> None:
        if self._x is not None:
            raise AttributeError(
                f".data of {sentence(self)} cannot be set: it is the result of an operation. "
                "Set .data of a leaf it was computed from, then run the forward pass again."
            )
        seams.reader.number(self, "set .data")
        number = number if type(number) is float else as_float(number, f".data = {shown(number)}")
        if self.grad and len(seams.outdated) < WATCHED:
            seams.outdated.append((self, self.grad))
        self._mark_as_changed()  # here as well, because an interrupt may skip the last line
        self._number = number
        self._mark_as_changed()  # every older node has used the old number

    def _mark_as_changed(self) -> None:
        now = self._changed = next(clock)
        if now > seams.last_change:  # noqa: PLR1730 - with max(), another thread could set a later time in between
            seams.last_change = now

    @property
    def is_leaf(self) -> bool:
        """True if the user created the Value, False if it is the result of an operation."""
        return self._x is None

    @property
    def args(self) -> tuple[Value | float, ...]:
        """The operands, in order: Values, and plain numbers as the user wrote them."""
        if self._x is None:
            return ()
        if self._dx is None:
            return self._x  # type: ignore[no-any-return]
        if self._y is None:
            return (self._x,)
        return (self._y[0], self._x) if type(self._y) is tuple else (self._x, self._y)

    @property
    def edges(self) -> tuple[tuple[Value, float], ...]:
        """The operands that are Values, each with the local derivative with respect to it."""
        if self._x is None:
            return ()
        if self._dx is None:
            pairs = zip(self._x, self._y, strict=False)
            return tuple((operand, slope) for operand, slope in pairs if slope is not None)
        first = (self._x, self._dx)
        return (first,) if self._dy is None else (first, (self._y, self._dy))

    def named(self, label: str) -> Self:
        """Give this Value a name, and return it: ``ŷ = (w * x + b).named("ŷ")``."""
        self.label = _checked(label)
        return self

    def detach(self) -> Value:
        """The number as a new leaf with the same label, through which no derivative passes.

        >>> x = Value(3.0)
        >>> y = x * x.detach()
        >>> y.gradients([x])
        [3.0]
        """
        return seams.reader.detach(self)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        op = f", op={self.op.name!r}" if not self.is_leaf else ""
        grad = f", grad={self.grad!r}" if self.grad is not None else ""
        return f"Value({self._number!r}{label}{op}{grad})"

    def __str__(self) -> str:
        if self.is_leaf:
            return f"{label_of(self)} = {self._number!r}" if self.label else repr(self._number)
        return f"{sentence(self)} = {self._number!r}"

    def __format__(self, spec: str) -> str:
        return format(self._number, spec) if spec else str(self)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return seams.reader.truth(self)

    def _to_number(self, *_: object) -> NoReturn:
        seams.reader.number(self, "float")
        raise TypeError(
            f"turning {name(self)} into a plain number would lose its gradient: use .data if you want just the number, "
            "or the functions of autograd and NumPy (autograd.exp, np.radians, ...) instead of those of math"
        )

    def _to_index(self) -> NoReturn:
        seams.reader.number(self, "index")
        raise TypeError("a Value cannot count or index: write int(v.data)")

    def _invert(self) -> NoReturn:
        raise TypeError("~ does not work on conditions of Values: reverse the comparison, x <= 0 instead of ~(x > 0)")

    def _xor(self, _: object) -> NoReturn:
        raise TypeError("^ is not a power in Python: write **, as in w ** 2")

    __xor__ = __rxor__ = _xor
    __index__ = _to_index
    __invert__ = _invert
    __float__ = __int__ = __round__ = __floor__ = __ceil__ = __trunc__ = _to_number


class Constant(float):
    """A plain number with a name, for data that messages and pictures should name."""

    __slots__ = ("label",)
    label: str

    def __new__(cls, data: float, label: str | None = None) -> Self:  # noqa: D102
        if label is None:
            raise TypeError(
                f'a constant is a number with a name: write Constant({shown(data)}, "x"), or the number alone'
            )
        constant = super().__new__(cls, as_float(data, f"Constant({shown(data)})"))
        constant.label = _checked(label)
        return constant

    def __repr__(self) -> str:
        return f"Constant({float(self)!r}, label={self.label!r})"


def label_of(x: object) -> str:
    """The label of a Value or a named number as it is written: printable, and not too long; empty without a label."""
    label = getattr(x, "label", None)
    return shortened(label) if label and isinstance(label, str) else ""


def name(value: Value) -> str:
    """The name of a Value in a sentence: its label, or else its expression or number."""
    if value.label:
        return f"'{label_of(value)}'"
    return f"Value({value._number!r})" if value.is_leaf else seams.expression(value)


def sentence(value: Value) -> str:
    """``ŷ = w·x + b`` for a named node, ``w·x + b`` for one without a name."""
    if value.is_leaf:
        return name(value)
    return f"{label_of(value)} = {seams.expression(value)}" if value.label else seams.expression(value)


def is_real(number: object) -> bool:
    """True for real numbers of any library, and for truth values; NumPy's are not registered as `numbers.Real`."""
    if isinstance(number, numbers.Real | Decimal):
        return True
    return type(number).__module__ == "numpy" and type(number).__name__ in ("bool", "bool_")


def as_float(number: object, written: str) -> float:
    """`number` as a float, or a TypeError that replays what was `written` and says what to do."""
    if is_real(number):
        try:
            return float(number)  # type: ignore[arg-type]
        except OverflowError:
            raise OverflowError(f"{written}: this integer is too large for a float") from None
    if getattr(number, "ndim", None) == 0 and hasattr(number, "item") and not hasattr(number, "mask"):
        kind = getattr(getattr(number, "dtype", None), "kind", "f")  # of NumPy; dates, for example, are no numbers
        if kind in "fiubUO":
            return as_float(number.item(), written)
    match number:
        case Value():
            advice = "it is a Value already; write .data for its number alone"
        case str():
            advice = f"a string is not a number; write float({shown(number)}) if it holds one"
        case None:
            advice = "None is not a number; was a result not returned, or a gradient not computed yet?"
        case complex():
            advice = "complex numbers are not supported; take .real, .imag or abs() first"
        case _ if hasattr(number, "__len__") or hasattr(number, "__iter__"):
            call = written.partition("(")[0]
            each = call if call.isidentifier() else "Value"
            advice = f"one number is needed here; take them one by one, as in [{each}(x) for x in ...]"
        case _ if hasattr(number, "year") or "datetime" in type(number).__name__:
            advice = "a date is not a number; write the days since another date"
        case _:
            advice = f"{type(number).__name__} is not a real number; convert it with float(...) first"
    raise TypeError(f"{written}: {advice}")


def _checked(label: object) -> str:
    if not isinstance(label, str):
        raise TypeError(f"a label is a string, such as 'w', not {label!r}")
    return label


def shown(number: object) -> str:
    """The operand as a message replays it: by its label if it has one, cut short if it is long."""
    try:
        return label_of(number) or shortened(repr(number))
    except ValueError:  # Python refuses to write out an integer of over 4,300 digits
        return "a huge integer"
