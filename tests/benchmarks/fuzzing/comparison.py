"""A case, compared: the program's values, mean and gradients beside those of the oracle."""

from __future__ import annotations

import ast
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd import vectorize
from tests.benchmarks.fuzzing.cases import Case, leaves, mapped
from tests.benchmarks.fuzzing.oracle import Expected, beyond_floats, expected

__all__ = ["Outcome", "outcome"]

DIFFERENT = 50_000
"""The relative difference, in units of the last place, from which on the reason of a difference is looked for."""

ROUNDING = 500
"""The relative size of a perturbation, in the same units: larger than the rounding errors of a long program."""

_IS_NUMPY_2 = int(np.__version__.partition(".")[0]) >= 2  # before, float32 and a Python number gave a float64 number


@dataclass
class Outcome:
    """The result of a comparison.

    `kind` is "equal", "wrong", or what explains a difference:

    - "cancelled": rounding, or a jump at a rounded number
    - "overflow": overflow or underflow on the way, which depends on the order of factors
    - "outside": nan (or an infinity instead of nan) outside of a domain
    - "zero": a zero whose sign is not specified, as that of maximum(0.0, -0.0)
    - "branch": the second derivative through a branch of a row that was not chosen
    - "constant": an operation on constants that is not defined

    "raised" are functions that Values refuse as well, "refused" others without a program; `reason` says why.  `value`
    and `gradient` are the largest relative differences.
    """

    kind: str
    reason: str = ""
    value: float = 0.0
    gradient: float = 0.0
    samples: int = 0


def outcome(case: Case) -> Outcome:
    """The comparison of a case.

    Operations on constants are done when the function is recorded, and raise where they are not defined.  If that makes
    the difference, a second comparison in which they give nan and infinities shows it.
    """
    first = _compared(case, nullcontext())
    if first.kind in ("wrong", "refused"):
        second = _compared(case, beyond_floats())
        if second.kind not in ("wrong", "refused"):
            return replace(second, kind="constant")
    return first


def _compared(case: Case, recording: AbstractContextManager[None]) -> Outcome:
    try:
        target = expected(case)
    except (ArithmeticError, ValueError, TypeError) as error:
        return Outcome("raised", f"{type(error).__name__}: {error}".partition("\n")[0][:70])
    try:
        with recording:
            pairs = _pairs(case, target)
    except Exception as error:  # every exception is a finding
        kind = "raised" if _is_raised(case, type(error)) else "refused"
        return Outcome(kind, f"{type(error).__name__}: {error}".partition("\n")[0][:70])
    result = Outcome("equal", samples=case.samples)
    for what, actual, correct in pairs:
        if np.shape(actual) != np.shape(correct):
            return Outcome("wrong", f"{what}: shape {np.shape(actual)}, not {np.shape(correct)}")
        is_typed = case.is_single and any(map(np.any, target.gradients)) and (np.ndim(actual) or _IS_NUMPY_2)
        if is_typed and np.asarray(actual).dtype != np.float32:
            return Outcome("wrong", f"{what}: {np.asarray(actual).dtype}, not float32")
        difference = _relative(actual, correct)
        if difference > DIFFERENT * case.eps:
            kind = _explained(case, actual, correct, what)
            if kind == "wrong":
                return Outcome("wrong", f"{what}: {_listed(actual)}, not {_listed(correct)}")
            result.kind = kind
        elif not case.is_single:
            field = "gradient" if what.startswith("d") else "value"
            setattr(result, field, max(getattr(result, field), difference))
    return result


def _pairs(case: Case, target: Expected) -> list[tuple[str, Any, Any]]:
    """The results of the program beside those that are expected."""
    arguments = case.repeated
    before = repr(arguments)
    program = vectorize(case.function(), batch=case.batch)
    values = program(**arguments)
    values = values if isinstance(values, list) else [values]
    correct = target.values if case.batch else target.values[:, 0]
    pairs = [(f"value {i}", _unrepeated(x, case), y) for i, (x, y) in enumerate(zip(values, correct, strict=True))]
    if len(case.results) == 1:
        mean, slopes = program.value_and_grad(**arguments, wrt=list(arguments))
        with np.errstate(all="ignore"):
            pairs.append(("mean", mean, target.values[0].mean()))
        actual: list[Any] = []
        for name in case.arguments:
            share = case.times if name in case.batch else 1
            actual += [_unrepeated(x, case) * share if share > 1 else x for _, x in leaves(slopes[name])]
        words = [f"d{name}{path}" for name in case.arguments for path, _ in leaves(case.arguments[name])]
        pairs += list(zip(words, actual, target.gradients, strict=True))
        _check_source(program.source, 1 + len(words))
    assert repr(arguments) == before, "the arguments were changed"
    return pairs


def _is_raised(case: Case, kind: type[Exception]) -> bool:
    """True if Values raise the same error, as they do where constants or captured Values are outside of a domain."""
    try:
        expected(case, beyond=False)
    except kind:
        return True
    except (ArithmeticError, ValueError, TypeError):
        return False
    return False


def _check_source(source: str, results: int) -> None:
    last = ast.parse(source).body[-1]
    assert isinstance(last, ast.FunctionDef), "the source does not end with a function"
    returned = last.body[-1]
    assert isinstance(returned, ast.Return), "the function does not end with a return"
    shown = len(returned.value.elts) if isinstance(returned.value, ast.Tuple) else 1
    assert shown == results, f"the source returns {shown} results, not {results}"


def _unrepeated(x: Any, case: Case) -> Any:
    """The first samples, which all others repeat."""
    if case.times == 1:
        return x
    n = case.samples
    assert np.allclose(x[-n:], x[:n], rtol=1e-4, atol=1e-6, equal_nan=True), "repeated samples differ"
    return x[:n]


def _relative(actual: Any, correct: Any) -> float:
    """The largest relative difference; infinite if nan or infinities differ."""
    actual, correct = np.asarray(actual, float), np.asarray(correct, float)
    with np.errstate(all="ignore"):
        same = (actual == correct) | (np.isnan(actual) & np.isnan(correct))
        difference = np.where(same, 0.0, np.abs(actual - correct) / np.abs(correct))
        difference = np.where(np.isfinite(actual) & np.isfinite(correct) | same, difference, np.inf)
    return float(np.max(difference, initial=0.0))


def _explained(case: Case, actual: Any, correct: Any, what: str) -> str:
    """The kind of a difference, "wrong" if nothing explains it."""
    actual, correct = np.asarray(actual, float), np.asarray(correct, float)
    sizes = expected(case, sizes=True)
    moved = [_result(expected(perturbed(case, seed)), case, what) for seed in range(6)]
    with np.errstate(all="ignore"):
        spread = np.max([np.abs(x - correct) for x in moved], axis=0)
        jumps = np.any([[_same(x, actual)] for x in moved], axis=(0, 1))  # to the actual result
        close = np.abs(actual - correct) <= np.fmax(spread, ROUNDING * case.eps * sizes.terms + 1e-300)
    if (close | _same(actual, correct) | jumps).all():
        return "cancelled"
    undefined = np.isnan(actual) | ~(np.isfinite(actual) | np.isfinite(correct))
    if sizes.outside and (_same(actual, correct) | undefined).all():
        return "outside"
    if sizes.any_zero:
        return "zero"
    if _relative(actual, _result(expected(case, lazy=False), case, what)) < DIFFERENT * case.eps:
        return "branch"
    if sizes.largest > 1e150 or sizes.smallest < 1e-150:
        return "overflow"
    return "wrong"


def _same(x: Any, y: Any) -> Any:
    """The elements that are equal, apart from rounding; nan is equal to nan."""
    return np.isclose(x, y, rtol=1e-4, atol=0, equal_nan=True)


def _result(target: Expected, case: Case, what: str) -> Any:
    """One of the results of the oracle, by its name."""
    if what == "mean":
        return target.values[0].mean()
    if what.startswith("value"):
        values = target.values if case.batch else target.values[:, 0]
        return values[int(what.removeprefix("value "))]
    words = [f"d{name}{path}" for name in case.arguments for path, _ in leaves(case.arguments[name])]
    return target.gradients[words.index(what)]


def perturbed(case: Case, seed: int) -> Case:
    """The case with all its numbers moved by about as much as they may be rounded."""
    numbers = np.random.default_rng(seed)

    def moved(x: Any) -> Any:
        x = np.asarray(x, float)
        return x * (1 + ROUNDING * case.eps * numbers.normal(size=x.shape))

    def literal(word: str) -> str:
        try:
            return repr(float(moved(float(word))))
        except ValueError:
            return word

    steps = [type(step)(step.word, step.code, tuple(map(literal, step.operands)), step.label) for step in case.steps]
    arguments = {k: mapped(moved, x) for k, x in case.arguments.items()}
    captured = tuple(float(moved(x)) for x in case.captured)
    return type(case)(case.title, tuple(steps), case.results, arguments, case.batch, captured, case.times)


def _listed(x: Any) -> str:
    return str(np.asarray(x).tolist())[:60]
