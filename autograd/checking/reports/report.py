"""The report on a gradient check, for reading and for grading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from math import isnan, prod
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.checking.audit import Culprit
from autograd.checking.inputs import MISSING, Block
from autograd.checking.verdicts import InputCheck, Verdict, unknown
from autograd.formula.typesetting import columns, number, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MAX_ENTRIES", "ArrayCheck", "Report", "Row", "Table", "by_array", "worst"]

MAX_ROWS = 20
"""Rows of the table, those that did not pass first."""
MAX_ENTRIES = 8
"""Number of inputs up to which each has a row; of more than that, each array."""
MAX_PLACES = 10
"""Number of wrong entries of a list below which all of them are named."""
MAX_CULPRITS = 3
"""Culprits that are shown in full."""

_WORST: tuple[Verdict, ...] = ("fail", "inconclusive", "kink", "pass")
_SHOWN = {"pass": "pass", "fail": "FAIL", "kink": "kink", "inconclusive": "?"}


def worst(verdicts: set[Verdict]) -> Verdict:
    """The worst of some verdicts: ``fail``, then ``inconclusive``, ``kink``, ``pass``."""
    return next((verdict for verdict in _WORST if verdict in verdicts), "pass")


@dataclass(frozen=True)
class ArrayCheck:
    """The checks of one array, list or number among the inputs, with the `positions` that were checked.

    `problem` is the reason why an array has no gradient to check, `hint` the likely mistake in all of its gradients,
    `along` the check along a random direction if only a sample of the array was checked.
    """

    name: str
    shape: tuple[int, ...]
    checks: Sequence[InputCheck]
    positions: Sequence[tuple[int, ...]]
    problem: str = ""
    hint: str = ""
    along: InputCheck | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst verdict on any of its gradients."""
        return worst({check.verdict for check in [*self.checks, *filter(None, [self.along])]})

    @property
    def checked(self) -> int:
        """The number of gradients that were checked."""
        return len(self.checks)

    @property
    def wrong(self) -> list[tuple[int, ...]]:
        """The positions of the gradients that are wrong."""
        return [at for at, check in zip(self.positions, self.checks, strict=True) if check.verdict == "fail"]


def by_array(
    blocks: Sequence[Block], checks: Mapping[str, InputCheck], problems: Mapping[str, str]
) -> dict[str, ArrayCheck]:
    """The checks of each array among the inputs, by its name."""
    arrays = {}
    for block in blocks:
        positions = {name: at for name, at in zip(block.names, block.positions, strict=True) if name in checks}
        along = checks.get(block.along) if block.along not in positions else None
        found = [checks[name] for name in positions]
        problem = problems.get(block.name, "")
        arrays[block.name] = ArrayCheck(block.name, block.shape, found, list(positions.values()), problem, "", along)
    return arrays


class Row(NamedTuple):
    """A row of a report: its cells before the verdict, the verdict, and the reason for it."""

    cells: Sequence[str]
    verdict: Verdict
    reason: str


class Table(NamedTuple):
    """The table of a report: the heads of its columns, its rows, and the number of `more` rows that are left out."""

    head: Sequence[str]
    rows: Sequence[Row]
    more: int

    def with_columns(self, used: Sequence[bool]) -> Table:
        """The table with only those of its columns before the verdict that are `used`."""
        rows = [row._replace(cells=list(compress(row.cells, used))) for row in self.rows]
        return Table([*compress(self.head, used), self.head[-1]], rows, self.more)

    def lines(self) -> Iterator[str]:
        """The table as text, aligned."""
        verdicts = ("  ".join(filter(None, [_SHOWN[row.verdict], row.reason])) for row in self.rows)
        yield from columns([self.head, *([*r.cells, v] for r, v in zip(self.rows, verdicts, strict=True))], "  ")
        if self.more:
            yield f"  {self.remark}"

    @property
    def remark(self) -> str:
        """The sentence about the rows that are left out."""
        return f"… and {self.more:,} more"


@dataclass(frozen=True)
class Report:
    """The result of a gradient check; it prints itself as a table with an explanation, and is true if all is `ok`.

    `inputs` holds one `InputCheck` per input, by name, and `arrays` one `ArrayCheck` per array; `culprits` the places
    that are wrong; `advice` further lines; `nodes` the number of operations that were audited; `source` the method by
    which the numerical derivatives were computed; `kind` the word for a row of the table.  If the right answers are not
    to be seen, `is_revealed` is False.  `at` holds the numbers of the inputs, by name, and `along` gives the function
    of one of them alone.
    """

    inputs: Mapping[str, InputCheck]
    culprits: Sequence[Culprit] = ()
    advice: Sequence[str] = ()
    nodes: int = 0
    source: str = ""
    kind: str = "input"
    arrays: Mapping[str, ArrayCheck] = field(default_factory=dict)
    is_revealed: bool = True
    at: Mapping[str, float] = field(default_factory=dict, repr=False)
    along: Callable[[str], Callable[[float], float]] | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "along": None}  # a copy cannot call the function

    def __bool__(self) -> bool:
        return self.ok

    @property
    def verdict(self) -> Verdict:
        """The worst of all verdicts: ``fail``, then ``inconclusive``, ``kink``, ``pass``."""
        return worst({check.verdict for check in self.inputs.values()} | ({"fail"} if self.culprits else set()))

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
        """The share of `points` earned by confirmed gradients; inconclusive ones are not confirmed.

        0.0 if a node is wrong although every gradient is right, or if gradients do not add up.
        """
        counts = Counter(check.verdict for check in self.inputs.values())
        # without right sums no gradient can be right
        unsound = any(culprit.kind == "ACCUMULATION" for culprit in self.culprits)
        if unsound or not self.inputs or (self.culprits and not counts["fail"]):
            return 0.0
        return float(points * (counts["pass"] + counts["kink"]) / len(self.inputs))

    def concealed(self) -> Report:
        """The report without the right answers: which gradients are wrong, but not by how much, nor why."""
        inputs = {name: _concealed(check) for name, check in self.inputs.items()}
        arrays = {
            name: replace(
                array,
                checks=[inputs[check.name] for check in array.checks],
                hint="",
                along=array.along and inputs[array.along.name],
            )
            for name, array in self.arrays.items()
        }
        culprits = [replace(culprit, what="", node=None) for culprit in self.culprits]
        advice = [line for line in self.advice if not line.startswith("Looks like")]
        return replace(
            self, inputs=inputs, arrays=arrays, culprits=culprits, advice=advice, is_revealed=False, along=None
        )

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from autograd.checking.reports.report_html import as_html

        return as_html(self)

    def plot(self, name: str) -> Figure:
        """A figure of one input: an array as a map of its relative errors, a number as the errors of its differences.

        For a number ``"b"``, or one entry of an array, ``"W[0, 2]"``, it shows how the error of the central difference
        depends on the step: rounding makes small steps bad, curvature large ones.  At a kink it shows the slopes of the
        secants to the left and to the right.

        Returns a Figure of Matplotlib, which shows itself in a notebook; ``.savefig("w.svg")`` saves it.  Raises
        ValueError if there is no input of that name, or nothing to be plotted: the report on an operation or a class,
        and for numbers a report with ``reveal=False`` or one that was unpickled.

        >>> from math import cos, sin
        >>> from autograd import gradcheck
        >>> figure = gradcheck(sin, {"x": 1.0}, gradient={"x": cos(1.0)}).plot("x")
        >>> figure.axes[0].get_xlabel()
        'step h'
        """
        from autograd.checking.reports.plots import plotted

        return plotted(self, name)

    def lines(self) -> Iterator[str]:
        """The report, line by line."""
        yield f"Gradient check: {self.summary}"
        yield from self.rows().lines()
        yield from self.findings()

    @property
    def is_by_array(self) -> bool:
        """True if the table has a row per array, not one per input."""
        arrays = [array for array in self.arrays.values() if array.shape]
        return bool(arrays) and (len(self.inputs) > MAX_ENTRIES or any(array.problem for array in arrays))

    def findings(self) -> Iterator[str]:
        """The lines below the table: where it goes wrong, and how reliable the check is."""
        for culprit in self.culprits[:MAX_CULPRITS]:
            yield f"Where: {culprit.kind}, {culprit.where}"
            if culprit.what:
                yield f"  {culprit.what}"
        if self.culprits:
            yield from self._rest()
        yield from self.advice
        yield from self._confidence()

    def table(self, yours: str = "yours", prefix: str = "") -> Iterator[str]:
        """The rows of the report, aligned: each input, its gradient, the closed form and the numerical derivative."""
        return self._by_input(yours, prefix).lines()

    def rows(self) -> Table:
        """The table of the report: a row per input, or per array if there are many inputs."""
        return self._by_array() if self.is_by_array else self._by_input()

    def _by_input(self, yours: str = "yours", prefix: str = "") -> Table:
        """One row per input: its gradient, the closed form and the numerical derivative."""
        checks = sorted(self.inputs.values(), key=lambda check: check.verdict == "pass")[:MAX_ROWS]
        if len(self.inputs) <= MAX_ROWS:
            checks = list(self.inputs.values())
        rows = [_row(check, prefix) for check in checks]
        head = ("" if prefix else self.kind, yours, "closed form", "numerical", "verdict")
        has_closed_form = any(row.cells[2] for row in rows)
        table = Table(head, rows, len(self.inputs) - len(checks))
        return table.with_columns([True, True, has_closed_form, self.is_revealed])

    def _by_array(self) -> Table:
        """One row per array, those that did not pass with their worst gradient."""
        arrays = sorted(self.arrays.values(), key=lambda array: array.verdict == "pass")[:MAX_ROWS]
        if len(self.arrays) <= MAX_ROWS:
            arrays = list(self.arrays.values())
        head = ("array", "shape", "at", "yours", "numerical", "verdict")
        rows = [_array_row(array) for array in arrays]
        has_example = any(row.cells[2] or row.cells[3] for row in rows)
        table = Table(head, rows, len(self.arrays) - len(arrays))
        return table.with_columns([True, True, has_example, has_example, has_example and self.is_revealed])

    @property
    def summary(self) -> str:
        """The verdict, and how many inputs it is due to."""
        counts = Counter(check.verdict for check in self.inputs.values())
        n = len(self.inputs)
        total = sum(prod(array.shape) for array in self.arrays.values())
        words: dict[Verdict, str] = {"fail": "wrong", "inconclusive": "inconclusive", "kink": "at a kink"}
        parts = [f"{counts[verdict]:,} {text}" for verdict, text in words.items() if counts[verdict]]
        if parts:
            parts[0] = parts[0].replace(" ", f" of {n:,} {self.kind}{'s' * (n != 1)} ", 1)
        elif self.culprits:
            parts = ["see below"]
        size = f"{n:,} of {total:,} {self.kind}s" if total > n else f"{n:,} {self.kind}" + "s" * (n != 1)
        return f"{self.verdict.replace('fail', 'FAIL')} ({', '.join(parts) or size})"

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
            digits = f"{n} digit{'s' * (n != 1)}{method}; " if self.is_revealed else ""
            yield f"Confidence: {digits}even an error of {caught} % would have been caught."


def _concealed(check: InputCheck) -> InputCheck:
    """The verdict alone, with the gradient under test and a reason that holds no number."""
    hidden = replace(unknown(""), kind=check.slopes.kind)
    why = check.why if check.verdict != "fail" or check.why == MISSING else ""
    return InputCheck(check.name, check.grad, hidden, check.verdict, why, check.caught)


def _row(check: InputCheck, prefix: str = "") -> Row:
    """The row of an input: name, gradient, closed form, numerical derivative."""
    digits = 6
    if check.verdict == "fail":
        digits = next((d for d in (6, 9, 12) if number(check.grad, d) != number(check.numeric, d)), 17)
    closed = "" if check.closed_form is None else number(check.closed_form, digits)
    grad = "?" if check.slopes.reason and isnan(check.grad) else number(check.grad, digits)
    grad = "none" if check.why == MISSING else grad
    return Row((prefix + shortened(check.name), grad, closed, _numerical(check, digits)), check.verdict, check.reason)


def _array_row(array: ArrayCheck) -> Row:
    """The row of an array: name, shape, and the gradient that stands for it: where, its number, the right one."""
    name, shape = shortened(array.name), str(array.shape) if array.shape else "number"
    n, verdict = array.checked, array.verdict
    alike = [(at, check) for at, check in zip(array.positions, array.checks, strict=True) if check.verdict == verdict]
    total = prod(array.shape)
    sample = f"{n:,} of {total:,} checked" if n < total else ""
    if verdict == "pass" or array.problem:
        return Row((name, shape, "", "", ""), verdict, array.problem or sample)
    if not alike and array.along:
        _, grad, _, numeric = _row(array.along).cells
        reason = f"{n:,} of {total:,} checked are right, but not their sum along a random direction"
        return Row((name, shape, "direction", grad, numeric), verdict, reason)
    at, check = max(alike, key=lambda item: abs(item[1].grad - item[1].numeric) if item[1].numeric else 0.0)
    _, grad, _, numeric = _row(check).cells
    count = f"all {n:,}" if len(alike) == n else f"{len(alike):,} of {n:,}"
    count = count if array.shape else ""
    said = f"{count} wrong" if verdict == "fail" and count else count
    if len(array.shape) == 1 and 1 < len(alike) < min(n, MAX_PLACES):
        said += f" ({', '.join(str(*at) for at, _ in alike)})"
    reason = array.hint if verdict == "fail" and len(alike) > 1 else check.reason
    where = f"[{', '.join(map(str, at))}]" if array.shape else ""
    return Row((name, shape, where, grad, numeric), verdict, ": ".join(filter(None, [said, reason])))


def _numerical(check: InputCheck, digits: int) -> str:
    left, right = check.slopes.left, check.slopes.right
    if check.slopes.reason or isnan(left):
        return "?"
    if left != right:
        return f"{number(left, digits)} | {number(right, digits)}"
    is_exact = check.slopes.kind != "smooth" or not check.error
    return number(left, digits) + ("" if is_exact else f" ± {number(check.error, 1)}")
