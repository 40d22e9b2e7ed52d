"""A formula on the command line: its value, its gradients, checked three ways, the chain rule, a picture.

``python -m autograd "(w*x + b - y)**2" w=0.5 b=0.1 x=2 y=1.5 --wrt w,b``
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any

from autograd.checking.audit import Culprit, Graph
from autograd.checking.claims import Own
from autograd.checking.gradcheck import checked
from autograd.checking.reference import ExactReplay
from autograd.checking.report import Report
from autograd.checking.targets import Target
from autograd.cli.terminal import PICTURES, refuse_unless_picture, save, say
from autograd.core.graph import newest_first
from autograd.core.table import DomainError, PoleError
from autograd.core.value import VALUES, Constant, Value
from autograd.drawing.draw import draw
from autograd.explaining.chain import Chain
from autograd.explaining.explain import rule_lines
from autograd.extensions.expressions import expression
from autograd.formula.language import Formula, FormulaError, UnknownNameError, checked_name
from autograd.formula.systems import FLOATS, NumberSystem, sympy
from autograd.formula.typesetting import columns, number, numbered

__all__ = ["main"]

_NAMED = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)
RECORDED = replace(VALUES, name="recorded", functions=VALUES.functions | {"pi": +Value(math.pi)}, number=Value)
"""Like `VALUES`, with the numbers of a formula as Values, too; pi counts as a step because it is rounded."""
PATIENCE = 10
"""Seconds that SymPy has for the closed forms."""
MAX_CLOSED_FORM = 2000
"""Characters of the longest closed form that anybody reads."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status, 2 for input it cannot use."""
    options = _options(sys.argv[1:] if arguments is None else arguments)
    return say(_told(options), "autograd")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description="The value of a formula, its gradients by the chain rule, and whether they are right.",
        epilog="Several formulas are separated by semicolons, and may use each other's names: "
        "'ŷ = w*x + b; L = (ŷ - y)**2'. The last one is differentiated.",
    )
    parser.add_argument("formula", help="such as '(w*x + b - y)**2', with + - * / **, comparisons and functions")
    parser.add_argument("inputs", nargs="*", metavar="name=number", help="the variables: w=0.5 x=-1e-3 φ=pi/4")
    parser.add_argument("--wrt", metavar="NAMES", help="differentiate by these, separated by commas (default: all)")
    parser.add_argument("--draw", metavar="FILE", help=f"save the picture: {' '.join(PICTURES)}")
    parser.add_argument("--json", action="store_true", help="print JSON; numbers that are not finite become texts")
    # A formula may start with a minus sign; a space before it tells argparse that it is no option.
    minus = re.compile(r"-(?!-|h$)")
    return parser.parse_intermixed_args([" " + text if minus.match(text) else text for text in arguments])


@dataclass(frozen=True)
class Program:
    """Formulas with names, computed one after the other, and the numbers of their variables."""

    text: str
    steps: dict[str, Formula]
    inputs: dict[str, float]

    @property
    def name(self) -> str:
        """What the result is called."""
        return list(self.steps)[-1]

    def run(
        self,
        system: NumberSystem,
        inputs: Mapping[str, Any],
        named: Callable[[str, Any], Any] = lambda name, result: result,
    ) -> dict[str, Any]:
        """The result of every formula over one number system, by name, each as `named` makes it."""
        numbers, results = dict(inputs), {}
        for name, formula in self.steps.items():
            try:
                result = formula.over(system)(*(numbers[used] for used in formula.names))
            except DomainError:
                raise
            except ZeroDivisionError:  # numbers alone
                raise PoleError(f"division by zero in {formula.text}") from None
            numbers[name] = results[name] = named(name, result)
        return results


def parse(text: str, inputs: Sequence[str]) -> Program:
    """The program that a command line describes.  Raises FormulaError for whatever it cannot mean."""
    numbers = dict(_assigned(item) for item in inputs)
    if len(numbers) < len(inputs):
        raise FormulaError(f"a variable was given twice: {' '.join(inputs)}")
    steps: dict[str, Formula] = {}
    pieces = text.rstrip("; ").split(";")
    for i, piece in enumerate(pieces):
        named = _NAMED.fullmatch(piece)
        name, body = named.groups() if named else ("", piece)
        name = checked_name(name) if name else ""
        if not name and i < len(pieces) - 1:
            raise FormulaError(f"a formula that others follow needs a name, such as h = {piece.strip()}")
        if name in numbers or name in steps:
            raise FormulaError(f"{name} is given twice\n    {text}")
        try:
            formula = Formula(body, (*numbers, *steps))
        except UnknownNameError as error:
            raise FormulaError(f"{error}\n    (every variable needs a number, as in w=0.5)") from None
        free = (n for n in chain("fgz", (f"f{i}" for i in count(1))) if n not in numbers and n not in steps)
        steps[name or next(free)] = formula
    used = {name for formula in steps.values() for name in formula.used}
    for name in [*numbers, *list(steps)[:-1]]:
        if name not in used:
            what = "given" if name in numbers else "computed"
            raise FormulaError(f"{name} is {what}, but not used in {text.strip()}")
    return Program(text, steps, numbers)


def _assigned(item: str) -> tuple[str, float]:
    """The name and the number of ``w=0.5``."""
    name, equals, text = (part.strip() for part in item.partition("="))
    if not equals:
        raise FormulaError(f"{item.strip()!r} is not a variable with a number: write w=0.5, without spaces")
    name = checked_name(name)
    if text.lower().lstrip("+-") in ("inf", "infinity", "nan"):
        raise FormulaError(f"{name} needs a finite number, not {text}")
    try:
        value = float(Formula(text, ()).over(FLOATS)())
    except UnknownNameError as error:
        raise FormulaError(f"{name} needs a number: {error}") from None
    except FormulaError:
        raise
    except (ArithmeticError, ValueError) as error:
        raise FormulaError(f"{name} needs a number, but {text}: {error}") from None
    if not math.isfinite(value):
        raise FormulaError(f"{name} needs a finite number, not {text}")
    return name, value


class Run:
    """A program, recorded and differentiated."""

    def __init__(self, program: Program, wrt: Sequence[str]) -> None:
        self.program, self.wrt = program, wrt
        self.leaves = {name: Value(program.inputs[name], name) for name in wrt}
        data = {name: Constant(x, name) for name, x in program.inputs.items()}
        results = program.run(VALUES, data | self.leaves, _named)
        root = results[program.name]
        self.root = root if type(root) is Value else Value(root, program.name)  # no variables, no graph
        inner = [node for node in reversed(newest_first(self.root)) if not node.is_leaf]
        if len(program.steps) == 1:
            for node, label in zip(inner[:-1], numbered("t"), strict=False):
                node.label = label
        numbers = [z for z in results.values() if type(z) is not Value]
        self.steps = numbers + [node for node in inner if node.label]
        self.root.backward()

    def check(self) -> tuple[Report, dict[str, str]]:
        """The three-way check, and the closed forms as text."""
        everything = {name: Value(x, name) for name, x in self.program.inputs.items()}
        recorded = self.program.run(RECORDED, everything)[self.program.name]
        graph = Graph(recorded if type(recorded) is Value else self.root)
        found = dict(zip(self.wrt, closed_forms(self.program, self.wrt), strict=True))
        closed = {name: number for name, (_, number) in found.items() if number is not None}
        report = checked(_Recorded(self, graph, everything), Own(), closed)
        return report, {name: formula for name, (formula, _) in found.items()}

    def over(self, name: str, system: NumberSystem, x: Any) -> Any:
        """The result over a number system, with another number for one variable."""
        assert system.number is not None
        numbers = {name: system.number(x) for name, x in self.program.inputs.items()}
        return self.program.run(system, numbers | {name: x})[self.program.name]

    def chain(self, name: str) -> list[str]:
        """The chain rule from one variable to the result."""
        try:
            return list(rule_lines(Chain(self.root, self.leaves[name])))
        except ValueError:
            return [f"d{self.root.label}/d{name} = 0: {self.root.label} does not depend on {name} here"]


class _Recorded(Target):
    """A program with all of its numbers recorded, constants too: each is rounded, and so a step."""

    unrecorded: list[Culprit] | None = []  # noqa: RUF012 - nobody adds to it

    def __init__(self, run: Run, graph: Graph, leaves: Mapping[str, Value]) -> None:
        self.run, self._graph, self._leaves = run, graph, leaves
        self.numbers = {name: run.program.inputs[name] for name in run.wrt}
        self.reference = ExactReplay(graph, leaves, lambda name: partial(run.over, name))

    @property
    def leaves(self) -> Mapping[str, Value]:
        return self._leaves

    @property
    def graph(self) -> Graph:
        return self._graph

    def along(self, name: str) -> Callable[[float], float]:
        return partial(self.run.over, name, FLOATS)

    def own_gradients(self) -> tuple[dict[str, float], list[Culprit]]:
        return {name: leaf.grad or 0.0 for name, leaf in self.run.leaves.items()}, self.graph.forward


def _named(name: str, result: Any) -> Any:
    """A result under its name: a Value, by + if it has a name already, or a number if no variable went in."""
    if type(result) is not Value:
        return Constant(result, name)
    return (+result if result.label else result).named(name)


_CHILD = """
import json, sys
sys.path.append(sys.argv[1])
from autograd.cli.main import closed_form, parse
text, inputs, names = json.load(sys.stdin)
print(json.dumps([closed_form(parse(text, inputs), name) for name in names]))
"""


def closed_forms(program: Program, names: Sequence[str]) -> list[tuple[str, float | None]]:
    """`closed_form` for each name, from a process of its own: some take SymPy forever, and nothing else stops it."""
    inputs = [f"{name}={x!r}" for name, x in program.inputs.items()]
    asked = json.dumps([program.text, inputs, list(names)])
    try:
        command = [sys.executable or "python", "-P", "-c", _CHILD, str(Path(__file__).parents[2])]
        child = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return [(formula, closed) for formula, closed in json.loads(child.stdout)]
    except (OSError, subprocess.SubprocessError):
        return [("?", None)] * len(names)


def closed_form(program: Program, name: str) -> tuple[str, float | None]:
    """The derivative by SymPy, as text and as a number; a question mark and None where SymPy knows none."""
    import sympy as sp

    symbols = {name: sp.Symbol(name, real=True) for name in program.inputs}
    try:
        result = sp.sympify(program.run(sympy(), symbols)[program.name])
        closed = sp.factor_terms(sp.diff(result, symbols[name])) if isinstance(result, sp.Expr) else None
    except (ArithmeticError, TypeError, ValueError, NotImplementedError, RecursionError):  # as of 1 / 0 < x
        closed = None
    if closed is None or len(str(closed)) > MAX_CLOSED_FORM:
        return "?", None
    try:
        exact = {symbols[name]: sp.Float(x, 40) for name, x in program.inputs.items()}
        value = closed.evalf(30, subs=exact, strict=True)
        return str(closed), float(value) if value.is_Float or value.is_Rational else None
    except (ArithmeticError, TypeError, ValueError):  # infinite, or not enough digits to be sure of any
        return str(closed), None


def _told(options: argparse.Namespace) -> Iterator[str]:
    """What is printed."""
    program = parse(options.formula, options.inputs)
    names = (checked_name(name.strip()) for name in options.wrt.split(",")) if options.wrt else program.inputs
    wrt = list(dict.fromkeys(names))
    for name in wrt:
        if name not in program.inputs:
            known = ", ".join(program.inputs) or "none"
            raise FormulaError(f"--wrt {options.wrt}: there is no variable {name!r}; known are: {known}")
    if options.draw:
        options.draw = options.draw.strip()
        refuse_unless_picture("--draw", options.draw)
    run = Run(program, wrt)
    if options.draw:
        highlighted = run.leaves[wrt[0]] if wrt and run.leaves[wrt[0]].grad is not None else None
        save(draw(run.root, wrt=highlighted), options.draw)
    if options.json:
        yield json.dumps(_plain(run), ensure_ascii=not _prints_unicode(), indent=2)
        return
    yield from _text(run)
    if options.draw:
        yield ""
        yield f"The picture is in {options.draw}"


def _text(run: Run) -> Iterator[str]:
    f = run.root.label
    yield "Value"
    yield from columns([_step(v) for v in run.steps], " = ")
    if not run.wrt:
        return
    report, formulas = run.check()
    yield ""
    yield "Gradient"
    yield from report.table("autograd", f"d{f}/d")
    yield from (f"  {line}" for line in report.findings())
    yield ""
    yield "Closed form"
    yield from columns([(f"d{f}/d{name}", formula) for name, formula in formulas.items()], " = ")
    yield ""
    yield "Chain rule"
    for name in run.wrt:
        yield from (f"  {line}" for line in run.chain(name))


def _step(v: Value | Constant) -> tuple[str, ...]:
    """``t₁ = w·x = 0.5·2.0 = 1.0``; of a plain number, only its value."""
    if type(v) is not Value:
        return v.label, number(float(v)), "", ""
    symbols, numbers, value = expression(v), expression(v, numbers=True), number(v.data)
    return (str(v.label), symbols, numbers, value) if numbers != value else (str(v.label), symbols, value, "")


def _plain(run: Run) -> dict[str, Any]:
    """The same for machines."""
    report, formulas = run.check()
    return {
        "formula": run.program.text.strip(),
        "inputs": run.program.inputs,
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
    """JSON has no infinity and no nan."""
    return x if x is None or math.isfinite(x) else str(x)
