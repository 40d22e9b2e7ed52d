"""The result of a function under test as one number: of any library, with an upstream gradient, or from a pair."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from functools import partial
from inspect import Parameter
from typing import Any

from autograd.checking.arrays import has_axes, is_array_like, is_one_number
from autograd.checking.inputs import Inputs, plain_name
from autograd.core.value import Value, as_float, shown
from autograd.extensions.arrays import is_array
from autograd.transforms.signatures import misfit, name_of, positional_names, signature_of

__all__ = ["Result", "as_number", "quiet_numpy", "silent"]


class Result:
    """The reading of what a function `f` returns.

    With `upstream`, an array or a tuple of arrays, it is the sum of the results, each times its upstream gradient;
    results after these are a cache.  With `gradient`, f returns a pair of a number and its gradient.
    """

    def __init__(self, f: Callable[..., Any], upstream: Any = None, gradient: bool = False) -> None:
        self.f, self.upstream, self.is_pair = f, upstream, gradient

    def number(self, returned: Any) -> Any:
        """The one number, still a Value or a number of another library.  Raises TypeError if there is none."""
        if self.is_pair:
            returned = self.pair(returned)[0]
        if self.upstream is not None:
            return self._weighted(returned)
        return self._one(returned)

    def pair(self, returned: Any) -> tuple[Any, Any]:
        """The number and its gradient."""
        if isinstance(returned, tuple | list) and len(returned) == 2:
            if _is_swapped(returned):
                raise TypeError(
                    f"with gradient=True, {name_of(self.f)} should return (number, gradient), but the number comes "
                    f"second: write gradcheck({self._part('[::-1]')}, ..., gradient=True)"
                )
            return returned[0], returned[1]
        raise TypeError(
            f"with gradient=True, {name_of(self.f)} should return (number, gradient), but it returned {shown(returned)}"
        )

    def gradient(self, gradient: Any, inputs: Inputs, returned: Any) -> Any:
        """`gradient`, as a function of the inputs if it is the backward function of a layer.

        ``backward(dout, cache)`` is called with the cache that f `returned`, ``backward(dout, x, w)`` with the inputs.
        A function that accepts the inputs alone stays as it is, unless it accepts a cache and names none of the inputs.
        Raises TypeError if it is made for a cache and there is none.
        """
        if self.upstream is None or not callable(gradient):
            return gradient
        upstreams = deepcopy(self._upstreams)  # a backward function may change them
        cache = _results(returned)[len(upstreams) :]
        takes_inputs, names = inputs.fit(gradient), positional_names(gradient, len(upstreams) + len(cache))
        is_backward = bool(cache) and not misfit(gradient, [*upstreams, *cache], {})
        if is_backward and not (takes_inputs and any(name in inputs.trees or "[" in name for name in names)):
            return _named(lambda *_, **__: gradient(*upstreams, *cache), gradient)
        if takes_inputs:
            return gradient
        with_inputs = _named(partial(gradient, *upstreams), gradient)
        if inputs.fit(with_inputs):
            return with_inputs
        if misfit(gradient, [*upstreams, None], {}):
            return gradient
        f, written = name_of(self.f), f"{name_of(gradient)}{signature_of(gradient)}"
        arguments = ", ".join(inputs.trees)
        forward = plain_name(gradient).replace("backward", "forward")
        raise TypeError(
            f"gradient={written} cannot be called with the inputs {arguments}: let {f} return (out, cache), or write "
            f"gradient=lambda {arguments}: {plain_name(gradient)}(dout, {forward}({arguments})[1])"
        )

    def _part(self, index: str) -> str:
        """The code of a function that returns a part of what f returns."""
        signature = signature_of(self.f)
        stars: dict[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
        parameters = [p for p in signature.parameters.values() if p.default is p.empty] if signature else []
        arguments = ", ".join(stars.get(p.kind, "") + p.name for p in parameters) or "*args"
        return f"lambda {arguments}: {plain_name(self.f)}({arguments}){index}"

    @property
    def _upstreams(self) -> tuple[Any, ...]:
        return tuple(self.upstream) if isinstance(self.upstream, tuple | list) else (self.upstream,)

    def _weighted(self, returned: Any) -> Any:
        upstreams, outs = self._upstreams, _results(returned)
        if len(outs) < len(upstreams):
            raise TypeError(
                f"upstream has {len(upstreams)} arrays, but {name_of(self.f)} returned {shown(returned)}: "
                "pass one for each array that it returns"
            )
        return sum(self._product(out, weights) for out, weights in zip(outs, upstreams, strict=False))

    def _product(self, out: Any, weights: Any) -> Any:
        import numpy as np

        out = out.detach() if hasattr(out, "detach") and type(out) is not Value else out
        out, weights = np.asarray(out), np.asarray(weights)
        if out.shape != weights.shape:
            raise TypeError(
                f"upstream has shape {weights.shape}, but {name_of(self.f)} returned an array of shape {out.shape}"
            )
        return (out * weights).sum()

    def _one(self, returned: Any) -> Any:
        f = name_of(self.f)
        if has_axes(returned) and returned.shape != (1,) * len(returned.shape):
            shape = tuple(returned.shape)
            raise TypeError(
                f"gradcheck needs a function that returns one number, but {f} returned an array of shape {shape}: with "
                "upstream=dout, an array of that shape, the gradient of (out * dout).sum() is checked"
            )
        if is_array_like(returned):
            return returned.ravel()[0] if is_array(returned) else returned.reshape(())
        if isinstance(returned, tuple) and len(returned) > 1:
            if _is_swapped(returned):
                advice = (
                    f"if the first is the gradient, write gradcheck({self._part('[::-1]')}, ..., gradient=True); "
                    f"otherwise return the number alone, as with {self._part('[1]')}"
                )
            elif has_axes(returned[0]):
                advice = "write upstream=dout for the gradient of (out * dout).sum()"
            else:
                advice = (
                    "if the second is the gradient, write gradient=True; otherwise return the number alone, as with "
                    + self._part("[0]")
                )
            kind = f"a {type(returned).__name__} of {len(returned)}"
            raise TypeError(f"gradcheck needs a function that returns one number, but {f} returned {kind}: {advice}")
        if isinstance(returned, tuple | list | dict):
            raise TypeError(
                f"gradcheck needs a function that returns one number, but {f} returned {shown(returned)}: "
                + ("is there a comma too many?" if isinstance(returned, tuple) else "return a sum, or one element")
            )
        return returned


def _is_swapped(returned: tuple[Any, ...] | list[Any]) -> bool:
    """True for a pair whose second element alone is a number, as in (gradients, cost)."""
    return len(returned) == 2 and is_one_number(returned[1]) and not is_one_number(returned[0])


def _results(returned: Any) -> tuple[Any, ...]:
    """The results of a layer: of a tuple or list all, otherwise the only one."""
    return tuple(returned) if isinstance(returned, tuple | list) and not _is_nested(returned) else (returned,)


def _named(f: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, with the name of another function for messages."""
    f.__name__ = name_of(other)
    return f


def _is_nested(returned: Any) -> bool:
    """True for one array that is written as a list of numbers or of lists."""
    return isinstance(returned, list) and not any(has_axes(part) for part in returned)


def as_number(result: Any, f: Callable[..., Any]) -> float:
    """The result of `f` as a float; of a Value or a tensor, its number."""
    if hasattr(result, "data") and hasattr(result, "backward"):  # a Value of any kind, or a tensor
        result = result.item() if hasattr(result, "item") else result.data
    elif is_array_like(result):
        result = result.item()
    return as_float(result, f"the result of {name_of(f)}, {shown(result)}")


@contextmanager
def quiet_numpy() -> Iterator[None]:
    """Silence the warnings of NumPy, if it is loaded."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        yield
    else:
        with numpy.errstate(all="ignore"):
            yield


def silent() -> Any:
    """Keep what the function under test prints, which it does again at every call, from the screen."""
    return redirect_stdout(io.StringIO())
