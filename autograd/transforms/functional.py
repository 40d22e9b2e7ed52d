"""Functions of functions: `grad(f)` is the derivative of f, itself a function.

Each of them calls f with Values in place of numbers and reads the recorded graph.  An argument may be a number, an
array, or a list, tuple or dict of these, nested at will; derivatives have the same structure.  The names and the order
of arguments are JAX's.

They nest: if f is called with Values, or captures some, the derivative is computed with Values as well and can be
differentiated again.

>>> from autograd import grad, sin
>>> grad(grad(sin))(0.5) == -sin(0.5)
True
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

from autograd.core.graph import adjoints, check_fresh, newest_first
from autograd.core.state import clock
from autograd.core.value import Value, as_float, shown
from autograd.extensions import derivatives
from autograd.transforms import pytrees
from autograd.transforms.signatures import name_of, signature_of

__all__ = ["grad", "hessian", "jacobian", "jvp", "value_and_grad"]


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The gradient of `f`, as a function of the same arguments.

    `f` must return a single number.  The derivative is with respect to the positional argument `argnums`; for a
    sequence of them the result is a tuple.  They may be passed by name as well: ``grad(f)(x=2.0)``.
    Raises TypeError for arguments that hold anything but real numbers, and for other results of `f`.

    >>> grad(lambda w, b: (w * 2.0 + b - 1.5) ** 2, argnums=(0, 1))(0.5, 0.0)
    (-2.0, -1.0)
    >>> grad(lambda p, x: p["w"][0] * x[0] + p["w"][1] * x[1] + p["b"])({"w": [0.5, 2.0], "b": 1.0}, [3.0, 4.0])
    {'w': [3.0, 4.0], 'b': 1.0}
    """
    both = value_and_grad(f, argnums)
    return _introduced(lambda *args, **kwargs: both(*args, **kwargs)[1], f, "gradient")


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., tuple[Any, Any]]:
    """A function that returns both the value of `f` and its gradient; see `grad`.

    >>> value_and_grad(lambda x: x ** 3)(2.0)
    (8.0, 12.0)
    """

    argnums = _positions(argnums)

    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = _Call(f, argnums, args, kwargs)
        if pytrees.is_tree(call.result):
            raise TypeError(
                f"a gradient needs a function that returns one number, but {name_of(f)} returned {shown(call.result)}: "
                "use jacobian, or return a sum, or one element"
            )
        return call.value(), call.gradient(call.numbers[0])

    return _introduced(value_and_gradient, f, "value and gradient")


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """All partial derivatives of `f`, whose result may be any tree of numbers.

    Each number of the result is replaced by its gradient; for a result and an argument that are arrays, of shapes ``m``
    and ``n``, this gives one array of shape ``m + n``.  See `grad` for `argnums` and errors.

    >>> jacobian(lambda v: [v[0] * v[1], v[1] ** 2])([2.0, 3.0])
    [[3.0, 2.0], [0.0, 6.0]]
    """

    argnums = _positions(argnums)

    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        call = _Call(f, argnums, args, kwargs)
        rows = (call.gradient(number) for number in call.numbers)
        return pytrees.rebuilt(call.result, rows, lambda some, shape: pytrees.stacked(call.wrt, some, shape))

    return _introduced(jacobian_of_f, f, "jacobian")


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The second derivatives of `f`, which must return a single number: the jacobian of its gradient.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    argnums = _positions(argnums)
    return _introduced(jacobian(grad(f, argnums), argnums), f, "hessian")


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The result of ``f(*primals)`` and its derivative in the direction of `tangents`: a Jacobian-vector product.

    Computed in forward mode, from the arguments to the result, in one pass whatever the number of results.
    `tangents` has the shape of `primals`; both are sequences of arguments.  Raises TypeError if they differ.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    for name, arguments in (("primals", primals), ("tangents", tangents)):
        if not isinstance(arguments, list | tuple):
            raise TypeError(f"jvp takes a tuple of {name}, one for each argument of f: write ({shown(arguments)},)")
    places, tangents_by_place = ([*pytrees.leaves(tuple(tree), "")] for tree in (primals, tangents))
    if sorted(place for place, _ in places) != sorted(place for place, _ in tangents_by_place):
        raise TypeError(
            f"jvp needs a tangent for each primal, in the same shape: {shown(primals)} and {shown(tangents)} differ"
        )
    call = _Call(f, range(len(primals)), primals, {})
    numbers = {
        place: x if type(x) is Value else as_float(x, f"tangents{place} = {shown(x)}") for place, x in tangents_by_place
    }
    directions = {variable: numbers[place] for variable, (place, _) in zip(call.variables, places, strict=True)}
    roots = [number for number in call.numbers if type(number) is Value]
    # Tangents that are Values belong to an outer function: the result must be a Value, too.
    is_open = call.is_open or any(type(x) is Value for x in numbers.values())
    tangent_of = dict(zip(roots, derivatives.tangents(roots, directions, create_graph=is_open), strict=True))
    changes = (tangent_of.get(number, 0.0) if type(number) is Value else 0.0 for number in call.numbers)
    return call.value(), pytrees.rebuilt(call.result, changes)


class _Call:
    """One call of a function, with fresh Values in place of the numbers that are variable."""

    def __init__(self, f: Callable[..., Any], argnums: int | Sequence[int], args: Sequence[Any], kwargs: Any) -> None:
        positions = (argnums,) if isinstance(argnums, int) else argnums
        arguments, kwargs = list(args), dict(kwargs)
        if kwargs and not all(0 <= i < len(arguments) for i in positions):
            arguments += _in_order(f, len(arguments), kwargs)
        for i in positions:
            if not -len(arguments) <= i < len(arguments):
                raise TypeError(
                    f"argnums={argnums} asks for a derivative with respect to argument {i}, but {name_of(f)} was "
                    f"called with {len(arguments)} positional argument{'s' * (len(arguments) != 1)}"
                )
        wrt = tuple(arguments[i] for i in positions)
        self.wrt = wrt[0] if isinstance(argnums, int) else wrt
        self.variables: list[Value] = []
        start = next(clock)
        for i in positions:
            places = pytrees.leaves(arguments[i], f"argument {i}")
            new = [_variable(f"{place} of {name_of(f)}", number) for place, number in places]
            arguments[i] = pytrees.rebuilt(arguments[i], iter(new))
            self.variables += new
        self.result = pytrees.scalar(f(*arguments, **kwargs))
        self.numbers = [
            number if type(number) is Value else as_float(number, f"{place} of {name_of(f)}")
            for place, number in pytrees.leaves(self.result, "the result")
        ]
        self.nodes = newest_first(
            *(number for number in self.numbers if type(number) is Value), stop=lambda node: node._created < start
        )
        used = (operand for node in self.nodes for operand in (node, *(operand for operand, _ in node.edges)))
        self.is_open = any(operand._created < start for operand in used)
        """True if captured Values, older than this call, were used, so that the results must be Values, too."""

    def value(self) -> Any:
        """The result of the function, as plain numbers unless it depends on captured Values."""
        numbers = (n._number if type(n) is Value and not self.is_open else n for n in self.numbers)
        return pytrees.rebuilt(self.result, numbers)

    def gradient(self, number: Value | float) -> Any:
        """The derivative of one number of the result, in the structure of the variable arguments."""
        if type(number) is not Value:
            return pytrees.rebuilt(self.wrt, iter([0.0] * len(self.variables)))
        if self.is_open:
            return pytrees.rebuilt(self.wrt, iter(derivatives.gradients(number, self.variables, create_graph=True)))
        check_fresh(number)
        by_value = adjoints(number, self.nodes)  # all numbers are known, even if an outer function is being traced
        return pytrees.rebuilt(self.wrt, (by_value.get(variable, 0.0) for variable in self.variables))


def _in_order(f: Callable[..., Any], n: int, kwargs: dict[str, Any]) -> Iterator[Any]:
    """The arguments that follow the first `n` of `f`, removed from `kwargs`, up to the first that is missing."""
    signature = signature_of(f)
    for parameter in list(signature.parameters.values())[n:] if signature else ():
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or parameter.name not in kwargs:
            return
        yield kwargs.pop(parameter.name)


def _variable(place: str, number: Any) -> Value:
    """A new variable; one that is a Value of an outer function stays connected to it."""
    return +number if type(number) is Value else Value(as_float(number, f"{place} = {shown(number)}"))


def _positions(argnums: int | Sequence[int]) -> int | tuple[int, ...]:
    """`argnums` as Python integers."""
    try:
        return operator.index(argnums)  # type: ignore[arg-type]
    except TypeError:
        pass
    try:
        return tuple(operator.index(i) for i in argnums)  # type: ignore[union-attr]
    except TypeError:
        raise TypeError(f"argnums takes positions of arguments, such as 0 or (0, 1), not {argnums!r}") from None


def _introduced(function: Callable[..., Any], f: Callable[..., Any], what: str) -> Callable[..., Any]:
    """The `function` under a name of its own, with the signature of `f`."""
    if not callable(f):
        raise TypeError(f"only a function has a derivative, not {shown(f)}")
    wraps(f)(function)
    function.__name__ = function.__qualname__ = f"{what.replace(' ', '_')}_of_{name_of(f)}"
    function.__doc__ = f"The {what} of {name_of(f)}."
    return function
