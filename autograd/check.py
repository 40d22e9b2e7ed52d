"""gradcheck: is this gradient right, how sure is that, and if it is wrong, where?

A gradient is compared with a numeric derivative that knows its own error.  For a function that records a graph
the numeric derivative is exact (`autograd.replay`), for any other it comes from a ladder of steps
(`autograd.ladder`).  The verdict on each input is one of four (`autograd.slopes`):

    pass           they agree, within an error small enough to mean something
    FAIL           they differ by more than the error
    kink           there is no derivative here; the gradient is one of the slopes between left and right
    inconclusive   floats cannot tell, and the report says why

A gradient that an engine computed is then audited node by node (`autograd.audit`); one that somebody derived by
hand is compared with the usual mistakes (`autograd.diagnosis`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from math import isclose, isfinite, isnan, nan
from types import MappingProxyType
from typing import Any

from autograd import trees
from autograd.arguments import Inputs, name_of
from autograd.audit import Culprit, Graph, accumulation, again, changed_constants
from autograd.backprop import refuse_stale
from autograd.closed_form import closed_forms
from autograd.diagnosis import look, swapped, wrong_edge
from autograd.engines import Engine, check_engine
from autograd.formula import NumberSystem
from autograd.ladder import ladder_slopes, screened_slopes
from autograd.notation import expression, number, numbered
from autograd.ops import Operation
from autograd.recording import function_of
from autograd.replay import GraphSlopes, exact_slopes, rounding, steepest_secant
from autograd.report import MISSING, InputCheck, Report
from autograd.rows import check_operation
from autograd.slopes import Judgement, Slopes, hull, judge, unknown
from autograd.value import Value, as_float, shown

__all__ = ["ExactChecks", "engine_report", "gradcheck"]

MOVES = (2.0**-12, 2.0**-26, 2.0**-40)
"""Relative moves of the inputs after which a function should still compute the same steps."""
STEADY = 1e-9
"""Relative error of a gradient up to which rounding has hardly touched it."""
GOLDEN = (5**0.5 - 1) / 2
"""Multiples of this leave fractions that are all different, so that no two inputs move together."""


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
    if isinstance(target, Value):
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


@dataclass(frozen=True)
class _Call:
    """A function called once: with Values, and `root` is what was recorded, or with what `make` makes of floats."""

    f: Callable[..., Any]
    inputs: Inputs
    result: float
    leaves: Mapping[str, Value]
    root: Value | None
    make: Callable[[float], Any]
    refused: Exception | None = None

    def along(self, name: str) -> Callable[[float], float]:
        """The function of one input alone, from float to float, whatever is inside."""
        return lambda x: _plain_call(self.f, self.inputs, self.inputs.numbers | {name: x}, self.make)


def _called(f: Callable[..., Any], inputs: Inputs, engine: Callable[[float], Any] | None) -> _Call:
    """The forward pass.  Raises what the function raises, if it fails with Values and with other numbers, too."""
    try:
        return _recorded(f, inputs, inputs.numbers)
    except Exception as error:  # whatever a function may do with a Value that it was not made for
        refused, make = error, engine or float
    try:
        return _Call(f, inputs, _plain_call(f, inputs, inputs.numbers, make), {}, None, make, refused)
    except (ArithmeticError, ValueError):
        raise
    except Exception:
        raise refused from None


def _recorded(f: Callable[..., Any], inputs: Inputs, numbers: Mapping[str, float]) -> _Call:
    leaves = {name: Value(x, name) for name, x in numbers.items()}
    result = inputs.call(f, leaves.values())
    result = result[()] if trees.is_array(result) and not result.ndim else result
    root = result if type(result) is Value else None
    return _Call(f, inputs, _as_number(result, f), leaves, root, Value)


def _plain_call(
    f: Callable[..., Any], inputs: Inputs, numbers: Mapping[str, float], make: Callable[[float], Any]
) -> float:
    numpy = sys.modules.get("numpy")  # which warns where a function is not defined; here that is an answer
    with numpy.errstate(all="ignore") if numpy else nullcontext():
        return _as_number(inputs.call(f, map(make, numbers.values())), f)


def _as_number(result: Any, f: Callable[..., Any]) -> float:
    if isinstance(result, dict | list | tuple) or (trees.is_array(result) and result.ndim):
        raise TypeError(
            f"gradcheck needs a function that returns one number, but {name_of(f)} returned {shown(result)}: "
            "return a sum, or one element"
        )
    if hasattr(result, "data") and hasattr(result, "backward"):  # a Value of any kind, or a tensor
        result = result.item() if hasattr(result, "item") else result.data
    return as_float(result, f"the result of {name_of(f)}, {shown(result)}")


def _check_function(
    f: Callable[..., Any],
    inputs: Inputs,
    gradient: Any,
    closed_form: Any,
    engine: Callable[[float], Any] | None,
    digits: int | None,
) -> Report:
    grads, advice = _given(inputs, gradient)
    closed = {} if closed_form is None else _given(inputs, closed_form)[0] or {}
    other = Engine(engine) if engine else None
    try:
        call = _called(f, inputs, engine)
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
        unrecorded = [] if call.refused else _unrecorded(call)
    except _IrregularError:
        return _undecided(inputs, grads, f"{name_of(f)} returns different results for the same inputs")
    graph = None if call.root is None else Graph(call.root)
    culprits: list[Culprit] = []
    is_own = grads is None
    if grads is None:
        grads, culprits = _own_gradients(call, graph)
    is_whole = graph is not None and unrecorded == []
    exact = ExactChecks(graph, closed, digits) if graph and is_whole else None
    checks = [
        exact.check(name, call.leaves[name], grads.get(name, nan))
        if exact
        else _by_ladder(name, call.along(name), at, grads.get(name, nan), closed, digits)
        for name, at in inputs.numbers.items()
    ]
    source = "exact replay" if exact else "differences of floats"
    if is_own:
        if any(check.verdict == "fail" for check in checks):
            culprits += unrecorded or ()
        return engine_report(checks, graph, culprits, source)
    checks = _without_missing(checks, grads)
    failed = any(check.verdict == "fail" for check in checks)
    if other and graph and (failed or not isclose(result, call.result, rel_tol=1e-6)):
        culprits = other.culprits(graph)
    if failed and not other:
        advice += _explained(graph if exact else None, call.leaves, checks)
    return Report(_with_hints(checks, graph), culprits, advice, 0, source)


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


def _without_missing(checks: Sequence[InputCheck], grads: Mapping[str, float]) -> list[InputCheck]:
    """The checks, failed for those inputs that no gradient was given for."""
    missing = Judgement("fail", MISSING)
    return [check if check.name in grads else replace(check, judgement=missing) for check in checks]


def _undecided(inputs: Inputs, grads: Mapping[str, float] | None, reason: str) -> Report:
    judgement, grads = judge(nan, unknown(reason)), grads or {}
    names = inputs.numbers
    return Report({name: InputCheck(name, grads.get(name, nan), unknown(reason), judgement) for name in names})


def _own_gradients(call: _Call, graph: Graph | None) -> tuple[dict[str, float], list[Culprit]]:
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
    graph.root.backward()
    once = {value: value.grad for value in before}
    graph.root.backward()
    twice = {value: value.grad for value in before}
    for value, grad in before.items():
        value.grad = grad
    grads = {name: once.get(leaf) or 0.0 for name, leaf in call.leaves.items()}
    return grads, [*graph.forward, *accumulation(graph, once), *again(graph, once, twice)]


class _IrregularError(Exception):
    """The function is not a function of its inputs alone."""


def _unrecorded(call: _Call) -> list[Culprit] | None:
    """What the recorded graph does not know of the function: numbers in it that change with the inputs.

    Those that change however little the inputs move, and on both sides; others belong to a branch.  Raises
    `_IrregularError` if the function is not one function of its inputs.  Returns None if it takes
    another course right beside them, so that the graph is only half of it.
    """
    inputs = call.inputs.numbers
    found: list[Culprit] | None = []
    for move in MOVES:
        sides = []
        for side in (move, -move):
            moved = {
                name: x + side * (1 + i * GOLDEN % 1) * (abs(x) or 1.0) for i, (name, x) in enumerate(inputs.items())
            }
            try:
                sides.append(_changed(call, moved))
            except Exception:  # a number that the function has to refuse
                continue
        if not any(side is None or side for side in sides):
            return []
        found = (found or sides[0]) if all(sides) else None  # as told by the largest move
    if found and _changed(call, inputs):
        raise _IrregularError
    return found


def _changed(call: _Call, numbers: Mapping[str, float]) -> list[Culprit] | None:
    """What is unlike the first call when the function is called with other numbers, but for what is recorded."""
    again = _recorded(call.f, call.inputs, numbers)
    if call.root is None or again.root is None:
        if call.root is not again.root:
            return None
        if isnan(call.result) and isnan(again.result):
            return []
        what = "it changes with the inputs, but is a plain number: nothing on the way to it was recorded"
        return [Culprit("DETACHED", f"the result of {name_of(call.f)}", what)] if call.result != again.result else []
    leaves = (list(call.leaves.values()), list(again.leaves.values()))
    return changed_constants(Graph(call.root), leaves[0], Graph(again.root), leaves[1])


# --- The checks of single gradients ---------------------------------------------------------------------


class ExactChecks:
    """The gradients of one recorded graph, against its exact replay.

    What rounding does to a correct gradient is only looked into where it matters: if the gradient is not within
    a millionth.  Two things are asked then.  How does it react, to first order, to the rounding of every step?
    And what is the slope through the very numbers that were recorded, which may lie on the other side of
    a kink?  Both need a graph without mistakes; one with a mistake has no rounding to be excused by.
    """

    def __init__(
        self, graph: Graph, closed: Mapping[str, float] = MappingProxyType({}), digits: int | None = None
    ) -> None:
        self.graph, self.root, self.closed, self.digits = graph, graph.root, closed, digits
        self.slopes = GraphSlopes(graph.root)

    @cached_property
    def closed_forms(self) -> dict[Value, float]:
        """By SymPy, for all leaves at once."""
        return closed_forms(self.root)

    @cached_property
    def own_gradients(self) -> dict[Value, float]:
        """By the engine, for all leaves at once."""
        leaves = self.graph.leaves()
        return dict(zip(leaves, self.root.gradients(leaves), strict=True))

    def check(
        self, name: str, leaf: Value, grad: float, f: Callable[[NumberSystem, Any], Any] | None = None
    ) -> InputCheck:
        """One gradient, by the leaf called `name`; `f` is the function along it if the graph is not all of that."""
        f = f or self.slopes.along(leaf)
        slopes, noise, terms = exact_slopes(f, leaf.data), 0.0, 0.0
        claims = [grad, *([self.closed[name]] if name in self.closed else [])]
        doubtful = [claim for claim in claims if judge(claim, slopes).verdict != "pass" and isfinite(claim)]
        if doubtful and not slopes.reason:
            if self._may_be_rounding(leaf, slopes) and not (self.graph.forward or self.graph.local):
                noise, terms = rounding(self.root, leaf)
                through = self.slopes.by(leaf, recorded=True)
                if slopes.kind == through.kind == "smooth":
                    noise += abs(slopes.numeric - through.numeric)
                elif not through.reason:
                    slopes = hull(slopes, through)
            slopes = replace(slopes, scale=steepest_secant(f, leaf.data), terms=terms)
        judgement = judge(grad, slopes, noise, self.digits)
        hint = ""
        if name in self.closed and judge(self.closed[name], slopes, noise).verdict == "fail":
            hint = "the closed form differs"
        return InputCheck(name, grad, slopes, judgement, noise, hint, lambda: self._closed_form(name, leaf, slopes))

    def _may_be_rounding(self, leaf: Value, slopes: Slopes) -> bool:
        """Whether rounding could explain a wrong gradient: not if the engine's own has nearly all its digits."""
        own = self.own_gradients.get(leaf, 0.0)
        return not abs(own - slopes.numeric) <= STEADY * abs(slopes.numeric) or slopes.kind != "smooth"

    def _closed_form(self, name: str, leaf: Value, slopes: Slopes) -> float | None:
        """The one that was given; else SymPy's, which at a kink is one of many."""
        if name in self.closed:
            return self.closed[name]
        return self.closed_forms.get(leaf) if slopes.kind == "smooth" else None


def _by_ladder(
    name: str, f: Callable[[float], float], at: float, grad: float, closed: Mapping[str, float], digits: int | None
) -> InputCheck:
    """One gradient of a function that can only be called."""
    slopes = screened_slopes(f, at, grad) or ladder_slopes(f, at)
    differs = name in closed and judge(closed[name], slopes).verdict == "fail"
    hint = "the closed form differs" * differs
    return InputCheck(name, grad, slopes, judge(grad, slopes, digits=digits), 0.0, hint, lambda: closed.get(name))


# --- What a mistake looks like -----------------------------------------------------------------------


def _with_hints(checks: Sequence[InputCheck], graph: Graph | None) -> dict[str, InputCheck]:
    """The checks by name, and for each gradient that failed what it looks like."""
    numeric = {check.name: check.numeric for check in checks if check.slopes.kind == "smooth"}
    counts = graph.counts() if graph else set()
    found = {}
    for check in checks:
        found[check.name] = check
        if check.verdict == "fail" and check.name in numeric:
            hints = [check.hint, look(check.name, check.grad, numeric, counts)]
            found[check.name] = replace(check, hint="; ".join(filter(None, hints)))
    return found


def _explained(graph: Graph | None, leaves: Mapping[str, Value], checks: Sequence[InputCheck]) -> list[str]:
    """The one mistake that explains all gradients that were given, if any of them is wrong."""
    told = [check for check in checks if check.slopes.kind == "smooth" and isfinite(check.numeric + check.grad)]
    grads, right = ({check.name: getattr(check, which) for check in told} for which in ("grad", "numeric"))
    text = swapped(grads, right)
    if graph and not text:
        by_leaf = ({leaves[name]: slope for name, slope in slopes.items()} for slopes in (grads, right))
        text = wrong_edge(graph.root, *by_leaf)
    return [f"Looks like: {text}"] if text else []


def engine_report(
    checks: Sequence[InputCheck], graph: Graph | None, culprits: Sequence[Culprit] = (), source: str = "exact replay"
) -> Report:
    """The report on gradients that this engine computed; if anything is wrong, all local derivatives are audited."""
    advice: list[str] = []
    if graph and (culprits or any(check.verdict == "fail" for check in checks)):
        culprits = list(dict.fromkeys([*culprits, *graph.local]))
        advice = [] if culprits else _lost(graph)
    return Report(_with_hints(checks, graph), culprits, advice, len(graph.nodes) if graph else 0, source)


def _lost(graph: Graph) -> list[str]:
    """Why a gradient can be wrong, or no number, though every step is right by itself."""
    adjoints = dict(zip(graph.nodes, graph.root.gradients(graph.nodes), strict=True))
    for node in reversed(graph.nodes):
        upstream = adjoints[node]
        for operand, local in node.edges:
            if isfinite(upstream) and not isfinite(upstream * local):
                by = operand.label or expression(operand)
                slope = f"the slope by {by} is {number(local)}"
                what = slope if not isfinite(local) else f"{slope}, and times {number(upstream)} that overflows"
                return [f"Where: {graph.describe(node)}", f"  {what}"]
    kinks = graph.at_kinks()
    if kinks:
        names = ", ".join(dict.fromkeys(f"{node.op.name}: {node.op.kink}" for node in kinks if node.op))
        return [f"Kinks meet here, and the slopes that are meant there ({names}) do not make one of the whole."]
    return []


# --- A recorded graph ---------------------------------------------------------------------------------


def _check_graph(root: Value, inputs: Any, gradient: Any, closed_form: Any, digits: int | None) -> Report:
    """The gradients that a backward pass left on the leaves, or if none ran those of one that leaves none."""
    graph = Graph(root)
    refuse_stale(graph.nodes)
    leaves = _named_leaves(graph, inputs)
    place = Inputs(_identity, {name: leaf.data for name, leaf in leaves.items()})
    closed = {} if closed_form is None else _given(place, closed_form)[0] or {}
    grads, advice = _given(place, gradient)
    exact = ExactChecks(graph, closed, digits)
    if grads is not None:
        checks = [exact.check(name, leaf, grads.get(name, nan)) for name, leaf in leaves.items()]
        checks = _without_missing(checks, grads)
        return Report(_with_hints(checks, graph), [], advice + _explained(graph, leaves, checks), 0, "exact replay")
    everything = [*graph.leaves(), *graph.nodes]
    found = [v.grad for v in everything] if root.grad is not None else root.gradients(everything)
    computed = dict(zip(everything, found, strict=True))
    checks = [exact.check(name, leaf, computed[leaf] or 0.0) for name, leaf in leaves.items()]
    return engine_report(checks, graph, [*graph.forward, *graph.local, *accumulation(graph, computed)])


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
            same = (f"{label}'{i}" for i in count(2))
            named[label if label not in named else next(name for name in same if name not in named)] = leaf
    known = set(graph.leaves())
    for name, leaf in named.items():
        if type(leaf) is not Value:
            raise TypeError(f"gradcheck of a recorded graph takes its leaves, Values, not {name} = {shown(leaf)}")
        if leaf.op:
            raise TypeError(f"{name} is computed, not a leaf: gradcheck moves the leaves that the graph starts from")
        if leaf not in known:
            raise TypeError(f"{name} is no leaf of this graph: the result was not computed from it")
    return named


def _identity(**inputs: Any) -> Any:
    return inputs
