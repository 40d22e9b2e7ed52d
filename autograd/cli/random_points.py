"""A pair of functions at a random point: arguments are drawn, both functions are called, and `gradcheck` compares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial, wraps
from inspect import signature
from typing import Any

from autograd.checking.arrays import has_axes
from autograd.checking.gradcheck import gradcheck
from autograd.checking.reports.report import Report
from autograd.checking.results import quiet_numpy
from autograd.cli.student_file import Pair
from autograd.transforms.signatures import misfit

__all__ = ["Arguments", "MissingShapesError", "UncheckedError", "report_at"]

MAGNITUDES = (1.0, 0.3, 0.1)
"""The standard deviation of the numbers at one point after another."""
RANGES: tuple[Callable[[Any], Any], ...] = (lambda x: x, abs, lambda x: abs(x) / (1 + abs(x)))
"""Any number; for a function that is not defined there, a positive one; at last, one between 0 and 1."""

Named = Mapping[str, Any]


class MissingShapesError(ValueError):
    """A function cannot be called with numbers for its arguments without a shape."""


class UncheckedError(ValueError):
    """A loss does not return its gradient as well."""


class Arguments:
    """The arguments of a function: those with a `fixed` value, and the `shapes` of those that are drawn.

    An argument with neither keeps its default if it has one, and is a number otherwise.  The gradient is checked with
    respect to those of `wrt`; if none of them is drawn, to all that are.
    """

    def __init__(self, function: Callable[..., Any], shapes: Named, fixed: Named, wrt: Sequence[str] = ()) -> None:
        parameters = [
            x for x in signature(function).parameters.values() if x.kind not in (x.VAR_POSITIONAL, x.VAR_KEYWORD)
        ]
        names = [x.name for x in parameters if x.default is x.empty or x.name in shapes or x.name in fixed]
        self.shapes = {name: shapes.get(name, ()) for name in names if name not in fixed}
        self.without_shape = [name for name in self.shapes if name not in shapes]
        self.wrt = [name for name in self.shapes if name in wrt] or list(self.shapes)
        self._fixed = {name: fixed.get(name) for name in names}  # in the order of the parameters

    def draw(self, rng: Any, magnitude: float) -> Iterator[Named]:
        """Values for all arguments, in each of the `RANGES`.

        They are smaller in large arrays: sums of products then stay near 1, where activations are not saturated.
        """
        numbers = {name: rng.normal(size=shape) for name, shape in self.shapes.items()}
        numbers = {name: magnitude * x / max(x.shape, default=1) ** 0.25 for name, x in numbers.items()}
        for limited in RANGES:
            drawn = {name: limited(x) for name, x in numbers.items()}
            yield self._fixed | {name: x if has_axes(x) else float(x) for name, x in drawn.items()}


def report_at(i: int, pair: Pair, arguments: Arguments, seed: int = 0, **options: Any) -> Report:
    """The report on a pair at its random point number `i`; the `options` are those of `gradcheck`.

    Raises MissingShapesError, TypeError if the functions do not fit each other, and whatever they raise; UncheckedError
    if one function should return both, but does not.
    """
    import numpy as np

    f, df, rng = pair.function, pair.gradient, np.random.default_rng([seed, i])
    if not arguments.wrt:
        raise TypeError(f"{f.__name__} has no argument that is drawn, so it has no gradient to check")
    points = list(arguments.draw(rng, MAGNITUDES[i % len(MAGNITUDES)]))
    try:
        with quiet_numpy():
            values = next((values for values in points if _is_defined(f, values)), points[0])
            returned = _called(f, values)
    except Exception as error:
        if arguments.without_shape:
            raise MissingShapesError(_advice(f, arguments.without_shape, error)) from None
        raise
    inputs = {name: values[name] for name in arguments.wrt}
    if pair.is_one:
        wrt = _differentiated(returned, inputs, arguments.without_shape)

        def both(**inputs: Any) -> Any:
            loss, gradients = _called(f, values, inputs)
            return loss, _selected(gradients, list(values), wrt)

        both.__name__ = f.__name__
        return gradcheck(both, {name: inputs[name] for name in wrt}, True, seed=seed, **options)
    outs = returned if isinstance(returned, tuple) else (returned,)
    has_cache = pair.is_layer and len(outs) > 1 and not misfit(df, outs, {})
    _check_results(pair, outs, has_cache, values)
    outs = outs[:-1] if has_cache else outs[:1]
    upstream = tuple(rng.normal(size=np.shape(out)) for out in outs) if pair.is_layer else ()

    def function(**inputs: Any) -> Any:
        return _called(f, values, inputs)

    @wraps(df)
    def backward(*outs: Any) -> Any:
        return _selected(df(*outs), list(values), arguments.wrt)

    def gradient(**inputs: Any) -> Any:
        return _selected(_called(partial(df, *deepcopy(upstream)), values, inputs), list(values), arguments.wrt)

    function.__name__, gradient.__name__ = f.__name__, df.__name__  # for messages
    by_hand = backward if has_cache else gradient
    return gradcheck(function, inputs, by_hand, upstream=upstream or None, seed=seed, **options)


def _differentiated(returned: Any, inputs: Named, without_shape: Sequence[str]) -> list[str]:
    """The inputs with respect to which a function returns the gradient, beside its number."""
    import numpy as np

    names = list(inputs)
    if isinstance(returned, tuple) and len(returned) == 2 and np.size(returned[0]) == 1:
        gradients = returned[1]
        if isinstance(gradients, Mapping):
            return [name for name in names if name in gradients] or names
        if has_axes(gradients):
            return [name for name in names if np.shape(inputs[name]) == gradients.shape][:1] or names
        if isinstance(gradients, tuple | list) and any(map(has_axes, gradients)):
            return names
    where = f", where {_are_numbers(without_shape)}" if without_shape else ""
    raise UncheckedError(f"it does not return a number and gradients of arrays{where}")


def _called(f: Callable[..., Any], values: Named, inputs: Named | None = None) -> Any:
    """``f`` with `values`, or the `inputs` in their place: by name, or by position if it has other names for them."""
    values = {**deepcopy(values), **(inputs or {})}  # a function may change its arguments
    return f(*values.values()) if misfit(f, [], values) else f(**values)


def _is_defined(f: Callable[..., Any], values: Named) -> bool:
    import numpy as np

    try:
        returned = _called(f, values)
    except (ArithmeticError, ValueError):
        return False
    try:
        return bool(np.isfinite(returned[0] if isinstance(returned, tuple) else returned).all())
    except TypeError:  # not numbers, as `gradcheck` will explain
        return True


def _check_results(pair: Pair, outs: Sequence[Any], has_cache: bool, values: Named) -> None:
    """Raise TypeError if the gradient of the results cannot be checked by the other function of the pair."""
    f, df = pair.function.__name__, pair.gradient.__name__
    if not pair.is_layer and has_axes(outs[0]) and outs[0].size > 1:
        raise TypeError(
            f"{f} returned an array of shape {outs[0].shape}, not one number: the gradient of an array is checked by "
            f"{f}_forward and {f}_backward(dout, cache)"
        )
    if pair.is_layer and not has_cache and misfit(pair.gradient, [outs[0], *values.values()], {}):
        raise TypeError(
            f"{df}{signature(pair.gradient)} does not fit what {f} returned: {f} should return (out, cache) "
            f"for {df}(dout, cache), or out for {df}(dout, {', '.join(values)})"
        )


def _selected(gradients: Any, names: Sequence[str], wrt: Sequence[str]) -> Any:
    """The gradients with respect to `wrt`, out of gradients with respect to all arguments."""
    if isinstance(gradients, Mapping):
        return {name: gradient for name, gradient in gradients.items() if name in wrt or name not in names}
    if isinstance(gradients, tuple) and len(gradients) == len(names) > len(wrt):
        return tuple(gradient for name, gradient in zip(names, gradients, strict=True) if name in wrt)
    return gradients


def _advice(f: Callable[..., Any], names: Sequence[str], error: Exception) -> str:
    cause = f"{type(error).__name__}: {error}"
    return f"{f.__name__} fails where {_are_numbers(names)} ({cause}): give the shape, as in {names[0]}=10,6"


def _are_numbers(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'are numbers' if len(names) > 1 else 'is a number'}"
