"""gradcheck: is this gradient right, how certain is that, and if it is wrong, where?

A gradient is compared with a numerical derivative that knows its own error.  For a function that records a graph
the numerical derivative is exact (`autograd.checking.exact_replay`), for any other it comes from finite differences
(`autograd.checking.finite_differences`).  The verdict on each input is one of four (`autograd.checking.verdicts`):

    pass           they agree, within an error small enough to mean something
    FAIL           they differ by more than the error
    kink           there is no derivative here; the gradient is one of the slopes between left and right
    inconclusive   floats cannot tell, and the report says why

The steps of a check: a target (`autograd.checking.targets`), a claim about its gradient (`autograd.checking.claims`),
the target's reference (`autograd.checking.reference`), a verdict on each input, the explanation of any mistakes, the
report (`autograd.checking.report`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import nan
from typing import Any

from autograd.checking.audit import Graph
from autograd.checking.claims import ByEngine, ByHand, Claim, Own
from autograd.checking.diagnosis import look
from autograd.checking.inputs import Inputs
from autograd.checking.operation_check import check_operation
from autograd.checking.reference import compared
from autograd.checking.report import Report
from autograd.checking.student_engines import check_engine
from autograd.checking.targets import FunctionTarget, Target, UndecidableError, recorded_graph
from autograd.checking.verdicts import InputCheck, judge, unknown
from autograd.core.recording import function_of
from autograd.core.table import Operation
from autograd.core.value import Value, shown
from autograd.transforms.signatures import name_of

__all__ = ["checked", "gradcheck"]


class _Own:
    """The default for the gradient to check: the function's own."""

    def __repr__(self) -> str:
        return "its own"


OWN: Any = _Own()


def gradcheck(
    target: Any,
    inputs: Any = None,
    gradient: Any = OWN,
    *,
    closed_form: Any = None,
    engine: Callable[[float], Any] | None = None,
    digits: int | None = None,
) -> Report:
    """Check a gradient against numerical derivatives, and say where it goes wrong.

    `target` may be

    - a function of numbers that returns one number, with `inputs`: a dict passes them by name, a list or tuple by
      position, anything else is the only argument.  Each may be a number, an array, or lists and dicts of numbers;
    - a recorded graph, that is, the Value at its end, with the ``.grad`` on its leaves if it has any; `inputs` may
      choose the leaves;
    - an operation of the table or of your own (``autograd.tanh``, ``define(...)``), over its domain;
    - a class of your own with ``.data``, ``.grad`` and ``.backward()``: all its operations that the table knows.

    `gradient` is a gradient derived by hand, to check instead of the engine's: numbers in the shape of `inputs`, or a
    function that is called like `target` and returns them.  `closed_form`, in the same form, is only shown
    beside it.  `engine` computes the gradient with Values of another kind: ``engine(0.5)``.  With `digits`, a gradient
    that is right to that many significant digits passes.

    Raises TypeError if the target cannot be checked.  Where floats cannot tell, the verdict is ``inconclusive``.

    >>> def loss(w, b):
    ...     return (w * 2.0 + b - 1.5) ** 2
    >>> gradcheck(loss, {"w": 0.5, "b": 0.1}, gradient={"w": 1.6, "b": -0.8})
    Gradient check: FAIL (1 of 2 inputs wrong)
      input  yours  closed form  numerical     verdict
      w      1.6    -1.6         -1.6 ± 2e-16  FAIL  wrong sign
      b      -0.8   -0.8         -0.8 ± 9e-17  pass
    Confidence: 15 digits; even an error of 0.0001 % would have been caught.
    """
    if gradient is None:
        raise TypeError("gradient is None: is a return missing? Without gradient=, the gradient of f itself is checked")
    if gradient is not OWN and engine is not None:
        raise TypeError("gradcheck checks one gradient at a time: gradient=... or the one by engine=..., not both")
    if digits is not None and not (isinstance(digits, int) and digits >= 1):
        raise ValueError(f"digits counts significant digits, 1 or more, not {digits!r}")
    target = function_of(target) if isinstance(target, Operation) else target
    if type(target) is Value:
        if engine is not None:
            raise TypeError("a recorded graph has its engine already; engine=... takes a function and its inputs")
        graph = recorded_graph(target, inputs)
        numbers = Inputs(lambda **numbers: numbers, graph.numbers)
        return checked(graph, _claim(numbers, gradient), _closed_forms(numbers, closed_form), digits)
    if not callable(target):
        raise TypeError(f"gradcheck takes a function, a Value, an operation or a class, not {_described(target)}")
    if inputs is not None:
        numbers = Inputs(target, inputs)
        claim = _claim(numbers, gradient) if engine is None else ByEngine(engine)
        return checked(FunctionTarget(target, numbers, engine), claim, _closed_forms(numbers, closed_form), digits)
    options = {"gradient": gradient is not OWN, "closed_form": closed_form is not None, "engine": engine is not None}
    if any(options.values()):
        names = ", ".join(name for name, is_passed in options.items() if is_passed)
        raise TypeError(f"{names} given, but no inputs: write gradcheck({name_of(target)}, {{...}}, {names}=...)")
    if isinstance(getattr(target, "op", None), Operation):
        return check_operation(target)
    if isinstance(target, type):
        return check_engine(target)
    raise TypeError(f"gradcheck needs inputs to call {name_of(target)} with, such as gradcheck(f, {{'w': 0.5}})")


def _claim(inputs: Inputs, gradient: Any) -> Claim:
    return Own() if gradient is OWN else ByHand(inputs, gradient)


def _described(target: Any) -> str:
    """The target as a message replays it, with advice if it belongs to another engine."""
    if not hasattr(target, "backward"):
        return shown(target)
    name = type(target).__name__
    return f"{shown(target)}; for a class of your own, pass the class, gradcheck({name}), or f with engine={name}"


def checked(target: Target, claim: Claim, closed: Mapping[str, float], digits: int | None = None) -> Report:
    """The report on a claim about the gradient of a target; `closed` forms are only shown beside it."""
    try:
        gradients = claim.gradients(target)
        checks = compared(target.reference, target.numbers, gradients.by_name, closed, digits)
    except UndecidableError as error:
        undecided = judge(nan, unknown(str(error)))
        return Report({name: replace(undecided, name=name, grad=claim.known.get(name, nan)) for name in target.numbers})
    culprits, advice, nodes = claim.findings(target, gradients, checks)
    return Report(_with_hints(checks, target.graph), culprits, advice, nodes, target.reference.source)


def _closed_forms(inputs: Inputs, closed_form: Any) -> Mapping[str, float]:
    """The closed forms to show, by name."""
    if closed_form is None:
        return {}
    if callable(closed_form):
        closed_form = inputs.call(closed_form, inputs.numbers.values())
    return inputs.matched(closed_form, "closed_form")


def _with_hints(checks: Sequence[InputCheck], graph: Graph | None) -> dict[str, InputCheck]:
    """The checks by name; a gradient that failed has a hint about the likely mistake."""
    numeric = {check.name: check.numeric for check in checks if check.slopes.kind == "smooth"}
    counts = graph.counts() if graph else set()
    by_name = {check.name: check for check in checks}
    for name, check in by_name.items():
        if check.verdict == "fail" and name in numeric:
            hints = [check.hint, look(name, check.grad, numeric, counts)]
            by_name[name] = replace(check, hint="; ".join(filter(None, hints)))
    return by_name
