"""gradcheck: is this gradient right, how certain is that, and if it is wrong, where?

A gradient is compared with a numerical derivative that knows its own error.  For a function that records a graph
the numerical derivative is exact, for any other it comes from finite differences (`autograd.checking.references`).  The
verdict on each input is one of four (`autograd.checking.verdicts`):

    pass           they agree, within an error small enough to mean something
    FAIL           they differ by more than the error
    kink           there is no derivative here; the gradient is one of the slopes between left and right
    inconclusive   floats cannot tell, and the report says why

The steps of a check: a target (`autograd.checking.targets`), a claim about its gradient (`autograd.checking.claims`),
the target's reference (`autograd.checking.references`), a verdict on each input (`autograd.checking.comparison`), the
explanation of any mistakes (`autograd.checking.diagnosis`), the report (`autograd.checking.reports`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import nan
from random import Random
from typing import Any

from autograd.checking.claims import ByEngine, ByHand, Claim, Own
from autograd.checking.comparison import along_directions, compared, with_ties
from autograd.checking.diagnosis.explanations import with_hints
from autograd.checking.engines.engine_check import check_engine, creates_values
from autograd.checking.function_target import FunctionTarget
from autograd.checking.graph_target import recorded_graph
from autograd.checking.inputs import MISSING, Block, Inputs, constants_within
from autograd.checking.matching import matched
from autograd.checking.operation_check import check_operation
from autograd.checking.references.precision import DOUBLE, Precision
from autograd.checking.reports.report import Report, by_array
from autograd.checking.results import Result
from autograd.checking.targets import Target, UndecidableError
from autograd.checking.verdicts import InputCheck, judge, unknown
from autograd.core.recording import function_of
from autograd.core.table import Operation
from autograd.core.value import Value, shown
from autograd.extensions.progress import progress_bar
from autograd.transforms.signatures import name_of, positional_names, signature_of

__all__ = ["checked", "gradcheck"]


class _Own:
    """The default for the gradient to check: the function's own."""

    def __repr__(self) -> str:
        return "its own"


OWN: Any = _Own()

PATIENCE = 2.0
"""Seconds after which a progress bar appears."""
LARGEST = 200_000
"""Number of inputs above which only a sample is checked."""


def gradcheck(
    target: Any,
    inputs: Any = None,
    gradient: Any = OWN,
    *,
    closed_form: Any = None,
    engine: Callable[[Any], Any] | None = None,
    upstream: Any = None,
    digits: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    reveal: bool = True,
    **by_name: Any,
) -> Report:
    """Check a gradient against numerical derivatives, and say where it goes wrong.

    `target` may be

    - a function of numbers that returns one number, with `inputs`: a dict passes them by name, as does
      ``gradcheck(f, w=0.5)``; a list or tuple by position; anything else is the only argument.  Each may be a number,
      an array, or lists and dicts of numbers;
    - a recorded graph, that is, the Value at its end, with the ``.grad`` on its leaves if it has any; `inputs` may
      choose the leaves;
    - an operation of the table or of your own (``autograd.tanh``, ``define(...)``), over its domain;
    - a class of your own with ``.data``, ``.grad`` and ``.backward()``, of single numbers or of arrays, or a function
      that creates its objects: all its operations that the table knows, and ``@``, ``.sum()`` and ``.mean()``.

    `gradient` is a gradient derived by hand, to check instead of the engine's: numbers in the shape of `inputs`, or a
    function that is called like `target` and returns them; True if `target` returns a pair of its number and the
    gradient.  `closed_form`, in the same form, is only shown beside it.  `engine` computes the gradient with Values of
    another kind, ``engine(0.5)``, or with tensors, ``engine(array)``.

    If `target` returns an array, `upstream` is an array of the same shape, and the gradient of
    ``(out * upstream).sum()`` is checked; for a tuple of arrays it is a tuple.  If `target` returns ``(out, cache)``,
    `gradient` may be a function ``backward(upstream, cache)``.

    With `digits`, a gradient that is right to that many significant digits passes.  `sample` is the number of gradients
    to check in each array, chosen randomly by `seed`; a check along a random direction then covers all of them.  With
    ``reveal=False`` the report does not show the right answers.

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
    if inputs is None and (inputs := _inputs_by_name(by_name, target)):
        by_name = {name: value for name, value in by_name.items() if name not in inputs}
    for name in by_name:
        raise TypeError(f"gradcheck has no argument {name}{_instead(name, target, inputs)}")
    _check_options(gradient, engine, upstream, digits, sample)
    report = _report(target, inputs, gradient, closed_form, engine, upstream, digits, sample, seed)
    return report if reveal else report.concealed()


def _report(
    target: Any,
    inputs: Any,
    gradient: Any,
    closed_form: Any,
    engine: Callable[[Any], Any] | None,
    upstream: Any,
    digits: int | None,
    sample: int | None,
    seed: int,
) -> Report:
    """The report on a target of any kind."""
    target = function_of(target) if isinstance(target, Operation) else target
    if type(target) is Value:
        if engine is not None or upstream is not None or sample is not None:
            raise TypeError("a recorded graph has its engine already; engine, upstream and sample are for functions")
        graph = recorded_graph(target, inputs)
        numbers = Inputs(lambda **numbers: numbers, graph.numbers)
        return checked(graph, _claim(numbers, gradient), _closed_forms(numbers, closed_form), digits)
    if not callable(target):
        raise TypeError(f"gradcheck takes a function, a Value, an operation or a class, not {_described(target)}")
    if inputs is not None:
        numbers = Inputs(target, inputs)
        _check_size(numbers, sample)
        if engine is not None:
            by_engine = ByEngine(engine)
            element, digits = by_engine.engine.element, digits or by_engine.engine.digits
            function = FunctionTarget(by_engine.engine.on_arrays(target), numbers, element)
            return checked(function, by_engine, _closed_forms(numbers, closed_form), digits)
        result = Result(target, upstream, gradient is True)
        is_whole = sample is None or all(block.size <= sample for block in numbers.blocks)
        function = FunctionTarget(target, numbers, None, result, is_whole, 1e-6 if is_whole else 1e-5)
        _ = function.plain  # first, so that objects which remember this call are ready for their gradients
        if not function.plain_failure:
            result.number(function.plain)  # an unusable result explains more than the gradient
            gradient = result.gradient(gradient, numbers, function.plain)
        claim = _claim(numbers, function.gradient() if gradient is True else gradient)
        try:
            return checked(function, claim, _closed_forms(numbers, closed_form), digits, sample, seed)
        except Exception as error:
            for note in claim.known.notes:
                error.add_note(note)
            raise
        finally:
            function.restore()
    options = {"gradient": gradient is not OWN, "closed_form": closed_form is not None, "engine": engine is not None}
    if any(options.values()):
        names = ", ".join(name for name, is_passed in options.items() if is_passed)
        raise TypeError(f"{names} given, but no inputs: write gradcheck({name_of(target)}, {{...}}, {names}=...)")
    if isinstance(getattr(target, "op", None), Operation):
        return check_operation(target)
    if creates_values(target):
        return check_engine(target)
    raise TypeError(f"gradcheck needs inputs to call {name_of(target)} with, such as gradcheck(f, {{'w': 0.5}})")


def _check_options(gradient: Any, engine: Any, upstream: Any, digits: Any, sample: Any) -> None:
    if gradient is None:
        raise TypeError("gradient is None: is a return missing? Without gradient=, the gradient of f itself is checked")
    if gradient is not OWN and engine is not None:
        raise TypeError("gradcheck checks one gradient at a time: gradient=... or the one by engine=..., not both")
    if engine is not None and (upstream is not None or sample is not None):
        raise TypeError("engine=... takes no upstream and no sample: let f return one number, as (out * dout).sum()")
    if digits is not None and not (isinstance(digits, int) and digits >= 1):
        raise ValueError(f"digits counts significant digits, 1 or more, not {digits!r}")
    if sample is not None and not (type(sample) is int and sample >= 1):
        raise ValueError(f"sample is the number of gradients to check in each array, 1 or more, not {sample!r}")


_NO_STEP = ": there is no step to choose; it is found for each input, and the error is measured"
_NO_TOLERANCE = ": there is no tolerance to choose; digits=3 accepts gradients that are right to three digits"
_INSTEAD = {
    **dict.fromkeys(("eps", "epsilon", "h", "delta", "step"), _NO_STEP),
    **dict.fromkeys(("atol", "rtol", "tol", "threshold", "nondet_tol"), _NO_TOLERANCE),
    "order": "; for second derivatives check grad(f) instead of f",
    **dict.fromkeys(("modes", "argnums", "fast_mode"), ": the gradient with respect to every input is checked"),
    **dict.fromkeys(("num_checks", "direction"), "; for many inputs write sample=100"),
    "verbose": ": print the report",
    "raise_exception": ": it returns a report; assert it, or call its assert_ok()",
    "jac": "; for a function that returns (number, gradient) write gradient=True",
    "dout": "; for a function that returns an array write upstream=dout",
}
"""The replacements for arguments of other checkers."""


def _inputs_by_name(by_name: Mapping[str, Any], target: Any) -> dict[str, Any] | None:
    """Those that are parameters of the function: ``gradcheck(f, w=0.5)``."""
    signature = signature_of(target) if callable(target) and not isinstance(target, type) else None
    known = signature.parameters if signature else {}
    takes_any = any(parameter.kind == parameter.VAR_KEYWORD for parameter in known.values())
    return {name: x for name, x in by_name.items() if name in known or (takes_any and name not in _INSTEAD)} or None


def _instead(name: str, target: Any, inputs: Any) -> str:
    """The advice for an argument that gradcheck does not have, but another checker or the target has."""
    signature = signature_of(target) if callable(target) else None
    is_of_target = bool(signature and name in signature.parameters)
    if name != "args" and not is_of_target:
        return _INSTEAD.get(name, "")
    n = len(inputs) if isinstance(inputs, list | tuple | Mapping) else 1
    names = list(map(str, inputs)) if isinstance(inputs, Mapping) else positional_names(target, n)
    example = "pass constants within the function, as in gradcheck(lambda w: f(w, x), [w])"
    return f": {constants_within(target, names, [name] * is_of_target) or example}"


def _check_size(inputs: Inputs, sample: int | None) -> None:
    if sample is None and inputs.flat.size > LARGEST:
        raise ValueError(
            f"there are {inputs.flat.size:,} inputs, too many to check each: sample=100 checks so many in every array, "
            "and all of them along a random direction"
        )


def _claim(inputs: Inputs, gradient: Any) -> Claim:
    return Own() if gradient is OWN else ByHand(inputs, gradient)


def _described(target: Any) -> str:
    """The target as a message replays it, with advice if it belongs to another engine."""
    if not hasattr(target, "backward"):
        return shown(target)
    name = type(target).__name__
    return f"{shown(target)}; for a class of your own, pass the class, gradcheck({name}), or f with engine={name}"


def checked(
    target: Target,
    claim: Claim,
    closed: Mapping[str, float],
    digits: int | None = None,
    sample: int | None = None,
    seed: int = 0,
) -> Report:
    """The report on a claim about the gradient of a target; `closed` forms are only shown beside it."""
    names = list(_sampled(target.blocks, sample, seed))
    try:
        gradients = claim.gradients(target)
        comparisons = compared(target.reference, names, gradients, closed, digits, target.blocks)
        checks = []
        with progress_bar(len(names), "input", PATIENCE) as bar:
            for check in comparisons:
                checks.append(check)
                bar.update()
        checks = with_ties(target.reference, checks)
        checks += along_directions(target.reference, target.blocks, set(names), gradients, digits, seed)
    except UndecidableError as error:
        undecided, known = judge(nan, unknown(str(error))), claim.known.numbers
        checks = [replace(undecided, name=name, grad=known.get(name, nan)) for name in names]
        inputs = {check.name: check for check in checks}
        return Report(inputs, arrays=by_array(target.blocks, inputs, {}), at=target.numbers)
    inputs = {check.name: check for check in checks}
    arrays = by_array(target.blocks, inputs, gradients.problems)
    culprits, advice, nodes = claim.findings(target, gradients, arrays)
    inputs, arrays = with_hints(inputs, arrays, target)
    advice = [*advice, *_all_zero(checks), *_too_coarse(target.reference.precision, checks)]
    source = target.reference.source
    return Report(inputs, culprits, advice, nodes, source, arrays=arrays, at=target.numbers, along=target.along)


def _sampled(blocks: Sequence[Block], sample: int | None, seed: int) -> Iterator[str]:
    """The names of the inputs to check."""
    for block in blocks:
        if sample is None or block.size <= sample:
            yield from block.names
        else:
            yield from (block.names[i] for i in sorted(Random(seed).sample(range(block.size), sample)))


def _all_zero(checks: Sequence[InputCheck]) -> list[str]:
    if checks and all(check.verdict == "pass" and check.grad == check.numeric == 0 for check in checks):
        return ["Every gradient is 0 here, so a wrong formula would pass too: choose another point."]
    if checks and all(check.slopes.kind == "smooth" and check.numeric == 0 != check.grad for check in checks):
        return [
            "The function does not change with its inputs here: does it use its arguments? They are copies; the "
            "arrays that you passed do not change."
        ]
    return []


def _too_coarse(precision: Precision, checks: Sequence[InputCheck]) -> list[str]:
    if precision is DOUBLE or not any(check.verdict == "inconclusive" for check in checks):
        return []
    return [
        f"A function in {precision.name} shows few digits of its slope: check it in float64 "
        "(PyTorch: .double(); JAX: jax_enable_x64)."
    ]


def _closed_forms(inputs: Inputs, closed_form: Any) -> Mapping[str, float]:
    """The closed forms to show, by name."""
    if closed_form is None:
        return {}
    if callable(closed_form):
        closed_form = inputs.call_as_given(closed_form)
    forms = matched(inputs, closed_form, "closed_form")
    for problem in [*forms.problems.values(), *forms.notes]:
        if problem != MISSING:
            raise TypeError(f"closed_form: {problem}")
    return forms.numbers
