"""A formula on the command line: its value, its gradients checked three ways, the chain rule, and a picture.

``python -m autograd "(w*x + b - y)**2" w=0.5 b=0.1 x=2 y=1.5 --wrt w,b``
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from autograd.cli import check
from autograd.cli.run import Run, with_branches
from autograd.cli.terminal import PAGES, Parser, check_picture_name, save, say
from autograd.core.value import Constant, Value, label_of
from autograd.drawing.draw import draw
from autograd.drawing.page.page import page
from autograd.drawing.style import FORMATS
from autograd.explaining.formulas import Formulas, parse_formulas
from autograd.explaining.forward_pass import marked
from autograd.extensions.expressions import expression
from autograd.formula.language import FormulaError, checked_name
from autograd.formula.typesetting import columns, number, shortened

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, or 2 for unusable input; that of ``check`` if it is named."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["check"] and "=" not in "".join(arguments[1:2]):  # check=3 is a variable of the formula check
        return check.main(arguments[1:])
    return say(_output(arguments), "autograd")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="python -m autograd",
        description="The value of a formula, its gradients by the chain rule, and whether they are right.",
        epilog="Several formulas are separated by semicolons, and may use each other's names: "
        "'ŷ = w*x + b; L = (ŷ - y)**2'. The last one is differentiated. For the gradients in a student's file, see "
        "python -m autograd check --help.",
    )
    parser.add_argument("formula", help="such as '(w*x + b - y)**2', with + - * / **, comparisons and functions")
    parser.add_argument("inputs", nargs="*", metavar="name=number", help="the variables: w=0.5 x=-1e-3 φ=pi/4")
    parser.add_argument("--wrt", metavar="NAMES", help="differentiate with respect to these: w,b (default: all)")
    parser.add_argument("--draw", metavar="FILE", help=f"save the picture: {' '.join(FORMATS)}")
    parser.add_argument("--page", metavar="FILE", help="save the interactive page: .html")
    parser.add_argument("--json", action="store_true", help="print JSON; numbers that are not finite become strings")
    # A formula may start with a minus sign; a space before it tells argparse that it is not an option.
    minus = re.compile(r"-(?!-|h$)")
    return parser.parse_intermixed_args([" " + text if minus.match(text) else text for text in arguments])


def _output(arguments: Sequence[str]) -> Iterator[str]:
    """The lines that are printed."""
    options = _options(arguments)
    formulas = parse_formulas(options.formula, options.inputs)
    wrt = _variables(options.wrt, formulas) if options.wrt else list(formulas.inputs)
    if options.draw:
        options.draw = options.draw.strip()
        check_picture_name("--draw", options.draw)
    if options.page:
        options.page = options.page.strip()
        check_picture_name("--page", options.page, PAGES)
    run = Run(formulas, wrt)
    if options.draw:
        highlighted = run.leaves[wrt[0]] if wrt and run.leaves[wrt[0]].grad is not None else None
        save(draw(run.root, wrt=highlighted), options.draw)
    if options.page:
        page(with_branches(formulas, wrt), title=formulas.text.strip()).save(options.page)
    if options.json:
        yield json.dumps(_plain(run), ensure_ascii=not _prints_unicode(), indent=2)
        return
    yield from _text(run)
    if options.draw or options.page:
        yield ""
    if options.draw:
        yield f"The picture is in {options.draw}"
    if options.page:
        yield f"The interactive page is in {options.page}: open it in a browser"


def _variables(names: str, formulas: Formulas) -> list[str]:
    """The names after ``--wrt``, each once."""
    wrt = list(dict.fromkeys(checked_name(name.strip()) for name in names.split(",")))
    for name in wrt:
        if name not in formulas.inputs:
            known = ", ".join(map(shortened, formulas.inputs))
            variables = f"the variables are {known}" if known else "there are none"
            raise FormulaError(f"--wrt {shortened(names)}: {shortened(name)!r} is not a variable; {variables}")
    return wrt


def _text(run: Run) -> Iterator[str]:
    f = label_of(run.root)
    yield "Value"
    for v, line in zip(run.steps, columns([_step(v) for v in run.steps], " = "), strict=True):
        yield marked(line, label_of(v) in run.zeros)
    if not run.wrt:
        return
    report, formulas = run.check()
    yield ""
    yield "Gradient"
    yield from report.table("autograd", f"d{f}/d")
    yield from (f"  {line}" for line in report.findings())
    yield ""
    yield "Closed form"
    yield from columns([(f"d{f}/d{shortened(name)}", formula) for name, formula in formulas.items()], " = ")
    yield ""
    yield "Chain rule"
    for name in run.wrt:
        yield from (f"  {line}" for line in run.chain(name))


def _step(v: Value | Constant) -> tuple[str, ...]:
    """``t₁ = w·x = 0.5·2.0 = 1.0``; for a plain number, only its value."""
    if type(v) is not Value:
        return label_of(v), number(float(v)), "", ""
    symbols, numbers, value = expression(v), expression(v, numbers=True), number(v.data)
    return (label_of(v), symbols, *([numbers, value] if numbers != value else [value, ""]))


def _plain(run: Run) -> dict[str, Any]:
    """The same output as data for JSON."""
    report, formulas = run.check()
    return {
        "formula": run.formulas.text.strip(),
        "inputs": run.formulas.inputs,
        "name": run.root.label,
        "value": _finite(run.root.data),
        "steps": [
            {"name": v.label, "expression": expression(v), "value": _finite(v.data)}
            for v in run.steps
            if type(v) is Value
        ],
        "gradients": {
            name: {
                "autograd": _finite(check.grad),
                "closed_form": {"formula": formulas[name], "value": _finite(check.closed_form)},
                "numeric": {
                    "left": _finite(check.slopes.left),
                    "right": _finite(check.slopes.right),
                    "error": _finite(check.error),
                },
                "verdict": check.verdict,
                "reason": check.reason,
                "chain_rule": run.chain(name),
            }
            for name, check in report.inputs.items()
        },
    }


def _prints_unicode() -> bool:
    return str(getattr(sys.stdout, "encoding", "")).lower().startswith("utf")


def _finite(x: float | None) -> float | str | None:
    """The number, as a string if it is not finite: JSON has no infinity and no nan."""
    return x if x is None or math.isfinite(x) else str(x)
