"""What a gradient check found, to read and to grade with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import floor, isfinite, isnan, log10

from autograd.checking.audit import Culprit
from autograd.checking.verdicts import Judgement, Slopes, Verdict
from autograd.formula.typesetting import columns, number

__all__ = ["MISSING", "InputCheck", "Report"]

MAX_ROWS = 20
"""Inputs that the table shows, those that did not pass first."""
MAX_CULPRITS = 3
"""Culprits that are shown in full."""

MISSING = "no gradient given"
"""The reason why an input fails that has none."""

_WORST: tuple[Verdict, ...] = ("fail", "inconclusive", "kink", "pass")
_SHOWN = {"pass": "pass", "fail": "FAIL", "kink": "kink", "inconclusive": "?"}


@dataclass(frozen=True)
class InputCheck:
    """One gradient beside its numeric derivative.

    `grad` is the gradient under test, `slopes` the numeric derivative, `noise` what rounding may do to a correct
    gradient, `hint` what kind of mistake it looks like.
    """

    name: str
    grad: float
    slopes: Slopes
    judgement: Judgement
    noise: float = 0.0
    hint: str = ""
    closed: Callable[[], float | None] = field(default=lambda: None, repr=False)

    @property
    def verdict(self) -> Verdict:
        """``"pass"``, ``"fail"``, ``"kink"`` or ``"inconclusive"``."""
        return self.judgement.verdict

    @property
    def reason(self) -> str:
        """Why it is so, where the verdict alone does not say it."""
        return "; ".join(filter(None, [self.judgement.reason, self.hint]))

    @property
    def numeric(self) -> float:
        """The numeric derivative; at a kink the middle between the two slopes."""
        return self.slopes.numeric

    @property
    def error(self) -> float:
        """How far a correct gradient may be from `numeric`: its own error, and what rounding does to the gradient."""
        return self.slopes.error + self.noise

    @cached_property
    def closed_form(self) -> float | None:
        """The derivative by formula, where one is known."""
        return self.closed()

    @property
    def digits(self) -> int:
        """How many digits of `numeric` are sure."""
        size = max((abs(slope) for slope in (self.slopes.left, self.slopes.right) if isfinite(slope)), default=0.0)
        size = size if size > self.error else self.slopes.scale
        if not self.error:
            return 16
        return max(0, min(16, floor(-log10(self.error / size)))) if size and isfinite(self.error) else 0

    def cells(self) -> tuple[str, str, str, str, str]:
        """The row of the table: name, gradient, closed form, numeric derivative, verdict."""
        digits = 6
        if self.verdict == "fail":
            digits = next((d for d in (6, 9, 12) if number(self.grad, d) != number(self.numeric, d)), 17)
        closed = "" if self.closed_form is None else number(self.closed_form, digits)
        verdict = "  ".join(filter(None, [_SHOWN[self.verdict], self.reason]))
        grad = "?" if self.slopes.reason and isnan(self.grad) else number(self.grad, digits)
        grad = "none" if self.judgement.reason == MISSING else grad
        return self.name, grad, closed, self._numeric(digits), verdict

    def _numeric(self, digits: int) -> str:
        left, right = self.slopes.left, self.slopes.right
        if self.slopes.reason:
            return "?"
        if left != right or self.slopes.kind != "smooth":
            return f"{number(left, digits)} | {number(right, digits)}" if left != right else number(left, digits)
        return number(left, digits) + (f" ± {number(self.error, 1)}" if self.error else "")


@dataclass(frozen=True)
class Report:
    """The result of a gradient check; printed, it is the lesson.

    `inputs` holds one `InputCheck` for each input by name, `culprits` the places that are wrong, `advice` what else
    there is to say, `nodes` how many operations were audited, and `source` where the numeric derivatives come from.
    """

    inputs: Mapping[str, InputCheck]
    culprits: Sequence[Culprit] = ()
    advice: Sequence[str] = ()
    nodes: int = 0
    source: str = ""
    what: str = "input"

    @property
    def verdict(self) -> Verdict:
        """The worst of all verdicts: ``fail``, then ``inconclusive``, ``kink``, ``pass``."""
        verdicts = {check.verdict for check in self.inputs.values()} | ({"fail"} if self.culprits else set())
        return next((verdict for verdict in _WORST if verdict in verdicts), "pass")

    @property
    def ok(self) -> bool:
        """Whether every gradient was confirmed: right, or at a kink one of the slopes there."""
        return self.verdict in ("pass", "kink")

    def assert_ok(self) -> None:
        """Raise an AssertionError whose text is the report unless every gradient was confirmed."""
        __tracebackhide__ = True  # pytest then shows the line of the test
        if not self.ok:
            raise AssertionError(f"\n{self}")

    def score(self, points: float = 1.0) -> float:
        """The share of `points` that goes to confirmed gradients; inconclusive ones count for nobody.

        0.0 if a node is wrong though no gradient is, if gradients do not add up, or if nothing could be told.
        """
        counts = Counter(check.verdict for check in self.inputs.values())
        right = counts["pass"] + counts["kink"]
        unsound = any(culprit.kind == "ACCUMULATION" for culprit in self.culprits)  # nothing larger can be right
        if not right or unsound or (self.culprits and not counts["fail"]):
            return 0.0
        return float(points * right / (right + counts["fail"]))

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__

    def lines(self) -> Iterator[str]:
        """The report, line by line."""
        yield f"Gradient check: {self._summary()}"
        yield from self.table()
        yield from self.findings()

    def findings(self) -> Iterator[str]:
        """What there is to say below the table: where it is wrong, and how sure all of it is."""
        for culprit in self.culprits[:MAX_CULPRITS]:
            yield f"Where: {culprit.kind}, {culprit.where}"
            yield f"  {culprit.what}"
        if self.culprits:
            yield from self._rest()
        yield from self.advice
        yield from self._certainty()

    def table(self, yours: str = "yours", prefix: str = "") -> Iterator[str]:
        """The rows of the report, aligned: each input, its gradient, and the derivative by formula and by numbers."""
        checks = sorted(self.inputs.values(), key=lambda check: check.verdict == "pass")[:MAX_ROWS]
        if len(self.inputs) <= MAX_ROWS:
            checks = list(self.inputs.values())
        rows = [check.cells() for check in checks]
        keep = [True, True, any(row[2] for row in rows), True, True]
        head = ("" if prefix else self.what, yours, "closed form", "numeric", "verdict")
        rows = [head, *((prefix + row[0], *row[1:]) for row in rows)]
        yield from columns([[cell for cell, kept in zip(row, keep, strict=True) if kept] for row in rows], "  ")
        if len(self.inputs) > len(checks):
            yield f"  … and {len(self.inputs) - len(checks)} more"

    def _summary(self) -> str:
        counts = Counter(check.verdict for check in self.inputs.values())
        n = len(self.inputs)
        words: dict[Verdict, str] = {"fail": "wrong", "inconclusive": "inconclusive", "kink": "at a kink"}
        parts = [f"{counts[verdict]} {text}" for verdict, text in words.items() if counts[verdict]]
        if parts:
            parts[0] = parts[0].replace(" ", f" of {n} {self.what}{'s' * (n != 1)} ", 1)
        elif self.culprits:
            parts = ["see below"]
        return f"{self.verdict.replace('fail', 'FAIL')} ({', '.join(parts) or f'{n} {self.what}' + 's' * (n != 1)})"

    def _rest(self) -> Iterator[str]:
        """What is right, which is part of where it is wrong."""
        more = len(self.culprits) - MAX_CULPRITS
        if more > 0:
            yield f"  ... and {more} more like {'this' if more == 1 else 'these'}"
        wrong = {c.node for c in self.culprits if c.kind != "ACCUMULATION"}
        right = self.nodes - len(wrong)
        if right > 0:
            who = f"The {'other ' * bool(wrong)}{f'{right} nodes' if right > 1 else 'node'}"
            alone = "are right by themselves" if right > 1 else "is right by itself"
            sums_are_right = all(c.kind != "ACCUMULATION" for c in self.culprits)
            yield f"  {who} {'and every sum over paths are right' if sums_are_right else alone}."

    def _certainty(self) -> Iterator[str]:
        told = [check for check in self.inputs.values() if not isnan(check.judgement.caught)]
        if told:
            n = min(check.digits for check in told)
            caught = number(100 * max(check.judgement.caught for check in told), 2)
            sure = f"{n} digit{'s' * (n != 1)}" + (f" by {self.source}" if self.source else "")
            yield f"How sure: {sure}; a {caught} % mistake would have been caught."
