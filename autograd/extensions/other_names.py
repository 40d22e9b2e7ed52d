"""Names that Values and functions have in other libraries: an error that says what to write here.

>>> Value(2.0).item()
Traceback (most recent call last):
    ...
AttributeError: a Value has no .item: write v.data, its number
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Mapping
from typing import Any

from autograd.core.value import Value

__all__ = ["FUNCTIONS", "INSTEAD", "OtherName", "missing"]

INSTEAD = {
    "_prev": "write [x for x, _ in v.edges], the Values it was computed from, or v.args, with the plain numbers",
    "_op": 'write v.op.name; it is "leaf" if no operation computed v',
    "_backward": "write v.edges, the operands with their local derivatives; v.backward() reads them",
    **dict.fromkeys(("item", "numpy", "value"), "write v.data, its number"),
    "requires_grad": "every Value gets a gradient; for what needs none, write a plain number or v.detach()",
    "zero_grad": "write v.grad = 0.0, or model.zero_grad() for all parameters of a model",
    **dict.fromkeys(("draw", "show", "plot"), "write draw(v)"),
    "explain": "write explain(v)",
    "name": 'write v.label, or v.named("ŷ") to set it',
    **dict.fromkeys(("clamp", "clip"), "write minimum(maximum(v, low), high)"),
    "square": "write v ** 2",
    **dict.fromkeys(
        ("m", "v", "momentum", "velocity"),
        "keep what belongs to parameters in a dict, as in m = {p: 0.0 for p in parameters}, then m[p] = ...",
    ),
}
"""By name, the code to write here."""


_VALUE = "write Value(2.0); data that needs no gradient stays a plain number"

FUNCTIONS = {
    **dict.fromkeys(("clamp", "clip"), "write minimum(maximum(x, low), high)"),
    **dict.fromkeys(("tensor", "Tensor", "Variable"), _VALUE),
    "no_grad": "nothing to write: setting p.data records nothing, and functions of floats return floats",
    "elementwise_grad": "write grad(lambda x: sum(f(x))), or vectorize(f)",
    **dict.fromkeys(("make_vjp", "make_jvp"), "write jvp(f, primals, tangents), or v.gradients([x])"),
    **dict.fromkeys(("check_grads", "gradient_check"), "write gradcheck(f, inputs)"),
    **dict.fromkeys(("draw_dot", "plot"), "write draw(v)"),
    "round": "write floor(x + 0.5)",
    "power": "write x ** y",
    "atan2": "write arctan2(y, x)",
    **{f"a{name}": f"write arc{name}(x)" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **dict.fromkeys(
        ("Neuron", "Layer", "MLP", "fit", "SGD", "Adam", "losses"), "it is in neuron: from neuron import ..."
    ),
}
"""By the name of a function that `autograd` does not have, the code to write here."""


def missing(module: str, name: str, instead: Mapping[str, str]) -> Exception:
    """The error, in a module's ``__getattr__``, for a name that it lacks: ImportError for ``from module import``."""
    message = (
        f"{module} has no {name}: {instead[name]}"
        if name in instead
        else f"module {module!r} has no attribute {name!r}"
    )
    frame = sys._getframe(2)
    is_import = dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"
    return ImportError(message) if is_import and name in instead else AttributeError(message)


class OtherName:
    """A descriptor that can be neither read nor set, of a Value; it costs the attributes that exist nothing."""

    def __init__(self, name: str, instead: str) -> None:
        self.name = name
        self.__doc__ = f"Not here: {instead}."

    def __get__(self, value: Any, owner: type) -> Any:
        if value is None:
            return self
        raise self._error(value)

    def __set__(self, value: Any, new: Any) -> None:
        raise self._error(value)

    def _error(self, value: Any) -> AttributeError:
        return AttributeError(f"a Value has no .{self.name}: {INSTEAD[self.name]}", name=self.name, obj=value)


for _name, _instead in INSTEAD.items():
    setattr(Value, _name, OtherName(_name, _instead))
