"""Names that Values and functions have in other libraries: an error that says what to write here.

>>> Value(2.0).item()
Traceback (most recent call last):
    ...
AttributeError: Value has no attribute item: write v.data, its number
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Mapping
from inspect import getattr_static
from typing import Any

from autograd.core.value import Value

__all__ = ["ATTRIBUTES", "FUNCTIONS", "OtherName", "UnknownState", "answer", "missing"]

ATTRIBUTES = {
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
"""By attribute of a Value, the code to write here."""


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
    **{name: f"write from neuron import {name}" for name in ("Neuron", "Layer", "MLP", "fit", "SGD", "Adam", "losses")},
}
"""By the name of a function that `autograd` does not have, the code to write here."""


class OtherName:
    """An attribute that raises AttributeError with an answer.  A descriptor costs the attributes that exist nothing."""

    def __init__(self, owner: type, name: str, answer: str) -> None:
        self.owner, self.name, self.answer = owner, name, answer
        self.__doc__ = f"Not here: {answer}."

    def __get__(self, instance: Any, kind: type) -> Any:
        try:  # a class further up may have it
            return getattr(super(self.owner, kind if instance is None else instance), self.name)
        except AttributeError:
            raise AttributeError(f"{kind.__name__} has no attribute {self.name}: {self.answer}") from None


class UnknownState(OtherName):
    """An attribute that cannot be set either, as of objects with slots."""

    def __set__(self, instance: Any, new: Any) -> None:
        self.__get__(instance, type(instance))


def answer(owner: type, answers: Mapping[str, str], kind: type[OtherName] = OtherName) -> None:
    """Answer these attributes of a class, which does not have them; `dir`, and so completion, leaves them out."""
    for name, text in answers.items():
        setattr(owner, name, kind(owner, name, text))
    setattr(owner, "__dir__", _dir)


def _dir(instance: object) -> list[str]:
    return [
        name for name in object.__dir__(instance) if not isinstance(getattr_static(instance, name, None), OtherName)
    ]


def missing(module: str, name: str, answers: Mapping[str, str]) -> Exception:
    """The error, in a module's ``__getattr__``, for a name that it lacks: ImportError for ``from module import``."""
    if name not in answers:
        return AttributeError(f"module {module!r} has no attribute {name!r}", name=name, obj=sys.modules[module])
    message, frame = f"{module} has no {name}: {answers[name]}", sys._getframe(2)
    is_import = dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"
    return ImportError(message) if is_import else AttributeError(message)


answer(Value, ATTRIBUTES, UnknownState)
