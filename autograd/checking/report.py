"""The report on a gradient check, for reading and for grading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from math import isnan

from autograd.checking.audit import Culprit
from autograd.checking.verdicts import InputCheck, Verdict
from autograd.formula.typesetting import columns, number

__all__ = ["MISSING", "Report"]

MAX_ROWS = 20
"""Inputs that the table shows, those that did not pass first."""
MAX_CULPRITS = 3
"""Culprits that are shown in full."""

MISSING = "no gradient given"
"""The reason why an input without a gradient fails."""

_WORST: tuple[Verdict, ...] = ("fail", "inconclusive", "kink", "pass")
_SHOWN = {"pass": "pass", "fail": "FAIL", "kink": "kink", "inconclusive": "?"}


@dataclass(frozen=True)
class Report:
    """The result of a gradient check; it prints itself as a table with an explanation.

    `inputs` holds one `InputCheck` per input, by name; `culprits` the places that are wrong; `advice` further lines;
    `nodes` the number of operations that were audited; `source` the method by which the numerical derivatives were
    computed; `kind` the word for a row of the table.
    """

    inputs: Mapping[str, InputCheck]
    culprits: Sequence[Culprit] = ()
    advice: Sequence[str] = ()
    nodes: int = 0
    source: str = ""
    kind: str = "input"

    @property
    def verdict(self) -> Verdict:
        """The worst of all verdicts: ``fail``, then ``inconclusive``, ``kink``, ``pass``."""
        verdicts = {check.verdict for check in self.inputs.values()} | ({"fail"} if self.culprits else set())
        return next((verdict for verdict in _WORST if verdict in verdicts), "pass")

    @property
    def ok(self) -> bool:
        """True if every gradient was confirmed: right, or at a kink one of the slopes there."""
        return self.verdict in ("pass", "kink")

    def assert_ok(self) -> None:
        """Raise an AssertionError whose text is the report unless every gradient was confirmed."""
        __tracebackhide__ = True  # pytest then shows the line of the test
        if not self.ok:
            raise AssertionError(f"\n{self}")

    def score(self, points: float = 1.0) -> float:
        """The share of `points` earned by confirmed gradients; inconclusive ones do not count.

        0.0 if a node is wrong although every gradient is right, if gradients do not add up, or if nothing is confirmed.
        """
        counts = Counter(check.verdict for check in self.inputs.values())
        right = counts["pass"] + counts["kink"]
        unsound = any(
            culprit.kind == "ACCUMULATION" for culprit in self.culprits
        )  # without right sums no gradient can be right
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
        """The lines below the table: where it goes wrong, and how reliable the check is."""
        for culprit in self.culprits[:MAX_CULPRITS]:
            yield f"Where: {culprit.kind}, {culprit.where}"
            yield f"  {culprit.what}"
        if self.culprits:
            yield from self._rest()
        yield from self.advice
        yield from self._confidence()

    def table(self, yours: str = "yours", prefix: str = "") -> Iterator[str]:
        """The rows of the report, aligned: each input, its gradient, the closed form and the numerical derivative."""
        checks = sorted(self.inputs.values(), key=lambda check: check.verdict == "pass")[:MAX_ROWS]
        if len(self.inputs) <= MAX_ROWS:
            checks = list(self.inputs.values())
        rows = [_cells(check) for check in checks]
        head = ("" if prefix else self.kind, yours, "closed form", "numerical", "verdict")
        used = [True, True, any(row[2] for row in rows), True, True]
        rows = [head, *((prefix + row[0], *row[1:]) for row in rows)]
        yield from columns([list(compress(row, used)) for row in rows], "  ")
        if len(self.inputs) > len(checks):
            yield f"  … and {len(self.inputs) - len(checks)} more"

    def _summary(self) -> str:
        counts = Counter(check.verdict for check in self.inputs.values())
        n = len(self.inputs)
        words: dict[Verdict, str] = {"fail": "wrong", "inconclusive": "inconclusive", "kink": "at a kink"}
        parts = [f"{counts[verdict]} {text}" for verdict, text in words.items() if counts[verdict]]
        if parts:
            parts[0] = parts[0].replace(" ", f" of {n} {self.kind}{'s' * (n != 1)} ", 1)
        elif self.culprits:
            parts = ["see below"]
        return f"{self.verdict.replace('fail', 'FAIL')} ({', '.join(parts) or f'{n} {self.kind}' + 's' * (n != 1)})"

    def _rest(self) -> Iterator[str]:
        """The number of nodes that are right, which narrows down the place as well."""
        more = len(self.culprits) - MAX_CULPRITS
        if more > 0:
            yield f"  ... and {more} more like {'this' if more == 1 else 'these'}"
        wrong = {c.node for c in self.culprits if c.kind != "ACCUMULATION"}
        right = self.nodes - len(wrong)
        if right > 0:
            who = f"The {'other ' * bool(wrong)}{f'{right} nodes' if right > 1 else 'node'}"
            alone = "are right on their own" if right > 1 else "is right on its own"
            sums_are_right = all(c.kind != "ACCUMULATION" for c in self.culprits)
            yield f"  {who} {'and every sum over paths are right' if sums_are_right else alone}."

    def _confidence(self) -> Iterator[str]:
        certain = [check for check in self.inputs.values() if not isnan(check.caught)]
        if certain:
            n = min(check.digits for check in certain)
            caught = number(100 * max(check.caught for check in certain), 2)
            method = f", by {self.source}" if self.source.startswith("finite differences") else ""
            yield f"Confidence: {n} digit{'s' * (n != 1)}{method}; even an error of {caught} % would have been caught."


def _cells(check: InputCheck) -> tuple[str, str, str, str, str]:
    """The row of the table: name, gradient, closed form, numerical derivative, verdict."""
    digits = 6
    if check.verdict == "fail":
        digits = next((d for d in (6, 9, 12) if number(check.grad, d) != number(check.numeric, d)), 17)
    closed = "" if check.closed_form is None else number(check.closed_form, digits)
    verdict = "  ".join(filter(None, [_SHOWN[check.verdict], check.reason]))
    grad = "?" if check.slopes.reason and isnan(check.grad) else number(check.grad, digits)
    grad = "none" if check.why == MISSING else grad
    return check.name, grad, closed, _numerical(check, digits), verdict


def _numerical(check: InputCheck, digits: int) -> str:
    left, right = check.slopes.left, check.slopes.right
    if check.slopes.reason:
        return "?"
    if left != right:
        return f"{number(left, digits)} | {number(right, digits)}"
    is_exact = check.slopes.kind != "smooth" or not check.error
    return number(left, digits) + ("" if is_exact else f" ± {number(check.error, 1)}")
