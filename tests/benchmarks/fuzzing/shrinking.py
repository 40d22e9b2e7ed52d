"""A failing case, made smaller: fewer steps, results, samples and arguments, and simpler numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tests.benchmarks.fuzzing.cases import Case, Step, mapped

__all__ = ["shrunk"]


def shrunk(case: Case, fails: Callable[[Case], bool], tries: int = 600) -> Case:
    """A smaller case for which `fails` is true as well."""
    improved = True
    while improved:
        improved = False
        for smaller in _smaller(case):
            tries -= 1
            if tries < 0:
                return case
            try:
                improved = fails(smaller)
            except Exception:  # the smaller case is not a case
                continue
            if improved:
                case = smaller
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    if case.times > 1:
        yield replace(case, times=1)
    for i in range(len(case.results) - 1):
        yield replace(case, results=case.results[:i] + case.results[i + 1 :])
        yield replace(case, results=(case.results[i],))
    for i in reversed(range(len(case.steps))):
        step = case.steps[i]
        others = case.steps[:i] + case.steps[i + 1 :]
        for new in dict.fromkeys([*step.operands, "1.5"]):
            yield _replaced(replace(case, steps=others), step.word, new)
    for i, step in enumerate(case.steps):
        if step.label:
            yield _with_step(case, i, replace(step, label=None))
        for j, x in enumerate(step.operands):
            if x not in ("1.5", "0.5"):
                yield _with_step(case, i, replace(step, operands=(*step.operands[:j], "1.5", *step.operands[j + 1 :])))
    if case.title != "f":
        yield replace(case, title="f")
    if case.captured and "C[" not in case.source:
        yield replace(case, captured=())
    for name, x in case.arguments.items():
        if len(case.arguments) > 1:
            yield replace(
                case,
                arguments={k: v for k, v in case.arguments.items() if k != name},
                batch=tuple(k for k in case.batch if k != name),
            )
        if name not in case.batch and isinstance(x, np.ndarray):
            yield _with_argument(case, name, x.tolist())
    for i in range(case.samples if case.samples > 1 else 0):
        one = {
            k: mapped(lambda x, i=i: np.asarray(x)[i : i + 1], x) if k in case.batch else x
            for k, x in case.arguments.items()
        }
        yield replace(case, arguments=one)
    for name, x in case.arguments.items():
        rounded = mapped(lambda x: np.asarray(x, float).round(1), x)
        if repr(rounded) != repr(x):
            yield _with_argument(case, name, rounded)


def _with_step(case: Case, i: int, step: Step) -> Case:
    return replace(case, steps=(*case.steps[:i], step, *case.steps[i + 1 :]))


def _with_argument(case: Case, name: str, x: Any) -> Case:
    return replace(case, arguments={**case.arguments, name: x})


def _replaced(case: Case, old: str, new: str) -> Case:
    def word(x: str) -> str:
        return new if x == old else x

    steps = tuple(replace(step, operands=tuple(map(word, step.operands))) for step in case.steps)
    return replace(case, steps=steps, results=tuple(map(word, case.results)))
