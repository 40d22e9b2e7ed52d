"""The gradients in a student's file, checked at random points.

``python -m autograd check student.py x=10,6 w=6,5 b=5``
"""

from __future__ import annotations

import argparse
import json
import sys
from ast import literal_eval
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from inspect import signature
from statistics import fmean
from typing import Any

from autograd.checking.reports.report import Report, worst
from autograd.checking.results import silent
from autograd.cli.random_points import Arguments, MissingShapesError, UncheckedError, report_at
from autograd.cli.student_file import Pair, StudentFile
from autograd.cli.terminal import Parser, say

__all__ = ["main"]


@dataclass(frozen=True)
class Outcome:
    """The check of one pair: its reports at all points, or the `error` that ended it, and the exit `status`.

    A function that turns out to return no gradient is not `checked`.
    """

    pair: Pair
    reports: Sequence[Report] = ()
    error: str = ""
    status: int = 0
    checked: bool = True

    @property
    def verdict(self) -> str:
        """The worst verdict at any point."""
        return "error" if self.error else worst({report.verdict for report in self.reports})

    @property
    def score(self) -> float:
        """The share of the gradients that were confirmed."""
        return 0.0 if self.error else fmean(report.score() for report in self.reports)

    def lines(self) -> Iterator[str]:
        """The report at the worst point, and a line about the others."""
        if self.error:
            yield from self.error.splitlines()
            return
        worst_reports = [report for report in self.reports if report.verdict == self.verdict]
        report = min(worst_reports, key=Report.score)
        yield from report.lines()
        others = Counter(other.verdict.replace("fail", "FAIL") for other in self.reports if other is not report)
        if n := others.total():
            counts = ", ".join(f"{count} {verdict}" for verdict, count in others.items())
            yield f"At {n} other point{'s' * (n != 1)}: {counts}"

    def plain(self) -> dict[str, Any]:
        """The same as data for JSON."""
        names = {"function": self.pair.function.__name__, "gradient": self.pair.gradient.__name__}
        result = {**names, "verdict": self.verdict, "score": self.score}
        return {**result, "error": self.error} if self.error else {**result, "points": list(map(_plain, self.reports))}


def main(arguments: Sequence[str]) -> int:
    """Run the command and return the exit status: 0 if all gradients are right, 1 if not, 2 for unusable input."""
    outcomes: list[Outcome] = []
    status = say(_output(arguments, outcomes), "autograd")
    return max([status, *(outcome.status for outcome in outcomes)])


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="python -m autograd check",
        description="Check the gradients in a student's file at random points. The file is run: use a sandbox unless "
        "you trust it. A pair of functions is f and grad_f (or f_grad, df, d_f, gradient_f, f_gradient), loss and "
        "gradient, or f_forward and f_backward(dout, cache). A loss or cost may return (number, gradient).",
        epilog="The file may hold the shapes: SHAPES = {'x': (10, 6)}. An argument without a shape keeps its default "
        "if it has one, and is a number otherwise. For the gradient of a formula, see python -m autograd --help.",
    )
    parser.add_argument("file", help="such as student.py")
    parser.add_argument(
        "shapes", nargs="*", default=[], type=_shape, metavar="name=shape", help="x=10,6 for an array, w= for a number"
    )
    parser.add_argument(
        "--fixed", action="append", default=[], type=_fixed, metavar="NAME=VALUE", help="a value: 'y=[0, 2, 1]'"
    )
    parser.add_argument(
        "--wrt",
        default=[],
        type=_names,
        metavar="NAMES",
        help="the gradient is with respect to these: w,b (default: all)",
    )
    parser.add_argument("--points", default=3, type=_whole(1), metavar="N", help="number of points (default: 3)")
    parser.add_argument("--seed", default=0, type=_whole(0), metavar="N", help="another seed draws other points")
    parser.add_argument("--sample", type=_whole(1), metavar="N", help="check so many gradients of each array")
    parser.add_argument("--digits", type=_whole(1), metavar="N", help="so many right digits of a gradient are enough")
    parser.add_argument("--reveal", action="store_true", help="show the right gradients and the likely mistakes")
    parser.add_argument("--json", action="store_true", help="print JSON for a program that grades")
    return parser.parse_intermixed_args(arguments)


def _shape(text: str) -> tuple[str, tuple[int, ...]]:
    """``x=10,6`` as a name and a shape."""
    name, equals, numbers = text.partition("=")
    sizes = numbers.split(",") if numbers else []
    if not equals or not all(size.isdecimal() and int(size) for size in sizes):
        raise argparse.ArgumentTypeError(f"{text!r} is not a shape: write x=10,6 for an array, w= for a number")
    return name, tuple(map(int, sizes))


def _fixed(text: str) -> tuple[str, Any]:
    """``y=[0, 2, 1]`` as a name and a value; a list becomes an array."""
    import numpy as np

    name, _, value = text.partition("=")
    try:
        literal = literal_eval(value.strip())
    except (ValueError, SyntaxError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name with a literal of Python: 'y=[0, 2, 1]'") from None
    return name.strip(), np.array(literal) if isinstance(literal, list) else literal


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _whole(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, {least} or more")
        return int(text)

    return whole


def _output(arguments: Sequence[str], outcomes: list[Outcome]) -> Iterator[str]:
    """The lines that are printed; the outcome for each pair is added to `outcomes`."""
    options = _options(arguments)
    with redirect_stdout(sys.stderr) if options.json else nullcontext():  # what the file prints
        file = StudentFile(options.file)
    pairs = file.pairs
    _check_names(options, pairs)
    unchecked = dict.fromkeys(file.unpaired(pairs), "no function has the name of its gradient")
    for pair in pairs:
        outcome = _outcome(pair, file, options)
        if not outcome.checked:
            unchecked[pair.name] = outcome.error
            continue
        outcomes.append(outcome)
        if not options.json:
            yield pair.name
            yield from (f"  {line}" for line in outcome.lines())
    if not outcomes:
        raise ValueError("\n".join([f"{options.file} has nothing to check", *_by_reason(unchecked)]))
    n, right = len(outcomes), sum(outcome.status == 0 for outcome in outcomes)
    if options.json:
        result = {"file": options.file, "ok": right == n, "score": fmean(outcome.score for outcome in outcomes)}
        result |= {"pairs": [outcome.plain() for outcome in outcomes], "not_checked": unchecked}
        yield json.dumps(result, indent=2)
    else:
        hint = "" if right == n or options.reveal else "; --reveal shows the right numbers"
        yield from (f"not checked: {line}" for line in _by_reason(unchecked))
        yield f"{right} of {n} pair{'s' * (n != 1)} right{hint}"


def _by_reason(unchecked: Mapping[str, str]) -> list[str]:
    """A line for each reason why functions were not checked."""
    reasons: dict[str, list[str]] = {}
    for name, reason in unchecked.items():
        reasons.setdefault(reason, []).append(name)
    return [f"{', '.join(names)} ({reason})" for reason, names in reasons.items()]


def _check_names(options: argparse.Namespace, pairs: Sequence[Pair]) -> None:
    """Raise ValueError unless all names on the command line are arguments of the functions."""
    known = dict.fromkeys(name for pair in pairs for name in signature(pair.function).parameters)
    for name in [*dict(options.shapes), *dict(options.fixed), *options.wrt]:
        if name not in known:
            raise ValueError(f"no function to check has an argument {name!r}: their arguments are {', '.join(known)}")


def _outcome(pair: Pair, file: StudentFile, options: argparse.Namespace) -> Outcome:
    """The check of one pair at all points."""
    shapes = file.shapes(pair.function) | dict(options.shapes)
    arguments = Arguments(pair.function, shapes, dict(options.fixed), options.wrt)
    settings = {name: getattr(options, name) for name in ("seed", "sample", "digits", "reveal")}
    try:
        with silent():  # the functions are called many times
            reports = [report_at(i, pair, arguments, **settings) for i in range(options.points)]
    except MissingShapesError as error:
        return Outcome(pair, error=str(error), status=2, checked=not pair.is_one)
    except UncheckedError as error:
        return Outcome(pair, error=str(error), checked=False)
    except (Exception, SystemExit) as error:
        return Outcome(pair, error=file.trace(error), status=1)
    return Outcome(pair, reports, status=int(not all(reports)))


def _plain(report: Report) -> dict[str, Any]:
    """A report as data for JSON."""
    return {
        "verdict": report.verdict,
        "score": report.score(),
        "arrays": {
            array.name: {
                "verdict": array.verdict,
                "checked": array.checked,
                "wrong": array.wrong,
                "hint": array.problem or array.hint,
            }
            for array in report.arrays.values()
        },
        "report": str(report),
    }
