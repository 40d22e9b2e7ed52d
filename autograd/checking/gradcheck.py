"""gradcheck: is this gradient right, how sure is that, and if it is wrong, where?

A gradient is compared with a numeric derivative that knows its own error.  For a function that records a graph
the numeric derivative is exact (`autograd.checking.exact_replay`), for any other it comes from a ladder of steps
(`autograd.checking.finite_differences`).  The verdict on each input is one of four (`autograd.checking.verdicts`):

    pass           they agree, within an error small enough to mean something
    FAIL           they differ by more than the error
    kink           there is no derivative here; the gradient is one of the slopes between left and right
    inconclusive   floats cannot tell, and the report says why

A gradient that an engine computed is then audited node by node (`autograd.checking.audit`); one that was derived
by hand is compared with the usual mistakes (`autograd.checking.diagnosis`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from math import isclose, nan
from typing import Any

from autograd.checking.audit import Culprit, Graph, accumulation, again
from autograd.checking.claims import ExactChecks, by_ladder, engine_report, explained, with_hints
from autograd.checking.exact_replay import Replay
from autograd.checking.inputs import Inputs, name_of
from autograd.checking.operation_check import check_operation
from autograd.checking.recorded_call import Call, IrregularError, called, unrecorded
from autograd.checking.report import MISSING, InputCheck, Report
from autograd.checking.student_engines import Engine, check_engine
from autograd.checking.verdicts import Judgement, judge, unknown
from autograd.core.graph import check_stale
from autograd.core.recording import function_of
from autograd.core.table import Operation
from autograd.core.value import Value, shown
from autograd.formula.systems import IEEE
from autograd.formula.typesetting import numbered

__all__ = ["gradcheck"]


class _Own:
    """The gradient to check if none is given: the function's own."""

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
    """Check a gradient against numeric derivatives, and say where it goes wrong.

    `target` may be

    - a function of numbers that returns one number, with `inputs`: a dict passes them by name, a list or tuple by
      position, anything else is the only argument.  Each may be a number, an array, or lists and dicts of numbers;
    - a recorded graph, that is, the Value at its end, with the ``.grad`` on its leaves if it has any; `inputs` may
      choose the leaves;
    - an operation of the table or of your own (``autograd.tanh``, ``define(...)``), over its domain;
    - a class of your own with ``.data``, ``.grad`` and ``.backward()``: all its operations that the table knows.

    `gradient` is one derived by hand, to check instead of the engine's: numbers in the shape of `inputs`, or a
    function that is called like `target` and returns them.  `closed_form`, in the same form, is only shown
    beside it.  `engine` computes the gradient with Values of another kind: ``engine(0.5)``.  With `digits`, a gradient
    that is right to so many significant digits will do.

    Raises TypeError for what cannot be checked; where floats cannot tell, that is the verdict, not an error.

    >>> def loss(w, b):
    ...     return (w * 2.0 + b - 1.5) ** 2
    >>> gradcheck(loss, {"w": 0.5, "b": 0.1}, gradient={"w": 1.6, "b": -0.8})
    Gradient check: FAIL (1 of 2 inputs wrong)
      input  yours  closed form  numeric       verdict
      w      1.6    -1.6         -1.6 ± 2e-16  FAIL  wrong sign
      b      -0.8   -0.8         -0.8 ± 9e-17  pass
    How sure: 15 digits by exact replay; a 0.0001 % mistake would have been caught.
    """
    if gradient is None:
        raise TypeError(
            "gradient is None: did what should return it return nothing? Without gradient=, f's own is checked"
        )
    if gradient is not OWN and engine is not None:
        raise TypeError("gradcheck checks one gradient at a time: gradient=... or the one by engine=..., not both")
    if digits is not None and not (isinstance(digits, int) and digits >= 1):
        raise ValueError(f"digits counts significant digits, 1 or more, not {digits!r}")
    if type(target) is Value:
        if engine is not None:
            raise TypeError("a recorded graph has its engine already; engine=... takes a function and its inputs")
        return _check_graph(target, inputs, gradient, closed_form, digits)
    if isinstance(target, Operation):
        target = function_of(target)
    if not callable(target):
        hint = ""
        if hasattr(target, "backward"):
            name = type(target).__name__
            hint = f"; of a class of your own pass the class, gradcheck({name}), or f with engine={name}"
        raise TypeError(f"gradcheck takes a function, a Value, an operation or a class, not {shown(target)}{hint}")
    if inputs is not None:
        return _check_function(target, Inputs(target, inputs), gradient, closed_form, engine, digits)
    given = {"gradient": gradient is not OWN, "closed_form": closed_form is not None, "engine": engine is not None}
    if any(given.values()):
        names = ", ".join(name for name, is_given in given.items() if is_given)
        raise TypeError(f"{names} given, but no inputs: write gradcheck({name_of(target)}, {{...}}, {names}=...)")
    if isinstance(getattr(target, "op", None), Operation):
        return check_operation(target)
    if isinstance(target, type):
        return check_engine(target)
    raise TypeError(f"gradcheck needs inputs to call {name_of(target)} with, such as gradcheck(f, {{'w': 0.5}})")


# --- A function -------------------------------------------------------------------------------------


def _check_function(
    f: Callable[..., Any],
    inputs: Inputs,
    gradient: Any,
    closed_form: Any,
    engine: Callable[[float], Any] | None,
    digits: int | None,
) -> Report:
    grads, advice = _given(inputs, gradient)
    closed = _closed_forms(inputs, closed_form)
    other = Engine(engine) if engine else None
    try:
        call = called(f, inputs, engine)
    except (ArithmeticError, ValueError) as error:
        return _undecided(inputs, grads, f"{name_of(f)} is not defined here: {error}")
    result = call.result
    if other:
        result, grads = other.gradients(f, inputs.call, inputs.numbers)
    if grads is None and call.refused:
        raise TypeError(
            f"{name_of(f)} takes no Values, so it has no gradient of its own to check: pass the one you derived as "
            f"gradient=..., or write the function with the operations of autograd. (With Values: {call.refused})"
        ) from call.refused
    try:
        bypassed = [] if call.refused else unrecorded(call)
    except IrregularError:
        return _undecided(inputs, grads, f"{name_of(f)} returns different results for the same inputs")
    graph = None if call.root is None else Graph(call.root)
    culprits: list[Culprit] = []
    is_own = grads is None
    if grads is None:
        grads, culprits = _own_gradients(call, graph)
    is_whole = graph is not None and bypassed == [] and not graph.without_formula
    exact = ExactChecks(graph, closed, digits) if graph and is_whole else None
    checks = [
        exact.check(name, call.leaves[name], grads.get(name, nan))
        if exact
        else by_ladder(name, call.along(name), at, grads.get(name, nan), closed, digits)
        for name, at in inputs.numbers.items()
    ]
    source = "exact replay" if exact else _differences(graph)
    if is_own:
        if any(check.verdict == "fail" for check in checks):
            culprits += bypassed or ()
        return engine_report(checks, graph, culprits, source)
    checks = _without_missing(checks, grads)
    failed = any(check.verdict == "fail" for check in checks)
    if other and graph and (failed or not isclose(result, call.result, rel_tol=1e-6)):
        culprits = other.culprits(graph)
    if failed and not other:
        advice += explained(graph if exact else None, call.leaves, checks)
    return Report(with_hints(checks, graph), culprits, advice, 0, source)


def _given(inputs: Inputs, gradient: Any) -> tuple[dict[str, float] | None, list[str]]:
    """Gradients by name, None for the function's own.  If a function returns something else: none, and why."""
    if gradient is OWN:
        return None, []
    if not callable(gradient):
        return inputs.matched(gradient, "gradient"), []
    inputs.refuse_unfitting(gradient, is_gradient=True)
    returned = inputs.call(gradient, inputs.numbers.values())
    try:
        return inputs.matched(returned, f"the result of {name_of(gradient)}"), []
    except TypeError as error:
        return {}, [f"No gradient: {error}"]


def _closed_forms(inputs: Inputs, closed_form: Any) -> Mapping[str, float]:
    """The closed forms to show, by name."""
    if closed_form is None:
        return {}
    if callable(closed_form):
        closed_form = inputs.call(closed_form, inputs.numbers.values())
    return inputs.matched(closed_form, "closed_form")


def _without_missing(checks: Sequence[InputCheck], grads: Mapping[str, float]) -> list[InputCheck]:
    """The checks, failed for those inputs that no gradient was given for."""
    missing = Judgement("fail", MISSING)
    return [check if check.name in grads else replace(check, judgement=missing) for check in checks]


def _undecided(inputs: Inputs, grads: Mapping[str, float] | None, reason: str) -> Report:
    judgement, grads = judge(nan, unknown(reason)), grads or {}
    names = inputs.numbers
    return Report({name: InputCheck(name, grads.get(name, nan), unknown(reason), judgement) for name in names})


def _own_gradients(call: Call, graph: Graph | None) -> tuple[dict[str, float], list[Culprit]]:
    """The gradients by a backward pass, and what is wrong with the forward pass, and with the sums in the backward one.

    The pass runs twice, because what it leaves behind must not disturb the next one.  The ``grad`` of
    Values that are not ours are put back.
    """
    if graph is None:
        return dict.fromkeys(call.leaves, 0.0), []
    leaves = graph.leaves()
    before = {value: value.grad for value in [*leaves, *graph.nodes]}
    for value in before:
        value.grad = None
    try:
        graph.root.backward()
        once = {value: value.grad for value in before}
        graph.root.backward()
        twice = {value: value.grad for value in before}
    finally:
        for value, grad in before.items():
            value.grad = grad
    grads = {name: once.get(leaf) or 0.0 for name, leaf in call.leaves.items()}
    return grads, [*graph.forward, *accumulation(graph, once), *again(graph, once, twice)]


# --- A recorded graph ---------------------------------------------------------------------------------


def _check_graph(root: Value, inputs: Any, gradient: Any, closed_form: Any, digits: int | None) -> Report:
    """The gradients that a backward pass left on the leaves; if none ran, those of a pass that leaves nothing."""
    graph = Graph(root)
    check_stale(graph.nodes)
    leaves = _named_leaves(graph, inputs)
    place = Inputs(_identity, {name: leaf.data for name, leaf in leaves.items()})
    closed = _closed_forms(place, closed_form)
    grads, advice = _given(place, gradient)
    exact = ExactChecks(graph, closed, digits)
    source = _differences(graph) if graph.without_formula else "exact replay"

    def check(name: str, leaf: Value, grad: float) -> InputCheck:
        if graph.without_formula:
            return by_ladder(name, Replay(root, IEEE).along(leaf), leaf.data, grad, closed, digits)
        return exact.check(name, leaf, grad)

    if grads is not None:
        checks = [check(name, leaf, grads.get(name, nan)) for name, leaf in leaves.items()]
        checks = _without_missing(checks, grads)
        return Report(with_hints(checks, graph), [], advice + explained(graph, leaves, checks), 0, source)
    everything = [*graph.leaves(), *graph.nodes]
    found = [v.grad for v in everything] if root.grad is not None else root.gradients(everything)
    computed = dict(zip(everything, found, strict=True))
    checks = [check(name, leaf, computed[leaf] or 0.0) for name, leaf in leaves.items()]
    return engine_report(checks, graph, [*graph.forward, *graph.local, *accumulation(graph, computed)], source)


def _differences(graph: Graph | None) -> str:
    """The source of numerical derivatives that are not exact, and the reason."""
    names = ", ".join(graph.without_formula) if graph else ""
    return "differences of floats" + (f" ({names}: a Python function, not a formula)" if names else "")


def _named_leaves(graph: Graph, inputs: Any) -> dict[str, Value]:
    """The leaves to check by name: those given, or all."""
    if isinstance(inputs, Mapping):
        named = {str(name): leaf for name, leaf in inputs.items()}
    else:
        leaves = graph.leaves() if inputs is None else [inputs] if type(inputs) is Value else list(inputs)
        free = numbered("v", {leaf.label or "" for leaf in leaves if type(leaf) is Value})
        named = {}
        for leaf in leaves:
            label = getattr(leaf, "label", None) or next(free)
            names = chain([label], (f"{label}'{i}" for i in count(2)))
            named[next(name for name in names if name not in named)] = leaf
    known = set(graph.leaves())
    for name, leaf in named.items():
        if type(leaf) is not Value:
            raise TypeError(f"gradcheck of a recorded graph takes its leaves, Values, not {name} = {shown(leaf)}")
        if not leaf.is_leaf:
            raise TypeError(f"{name} is computed, not a leaf: gradcheck moves the leaves that the graph starts from")
        if leaf not in known:
            raise TypeError(f"{name} is no leaf of this graph: the result was not computed from it")
    return named


def _identity(**inputs: Any) -> Any:
    return inputs
