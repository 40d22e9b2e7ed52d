"""Random and hostile formulas: ``python -m tests.robustness.formulas 20000``.

Whatever a formula holds, defining an operation with it and computing it is an answer: a number, nan or an infinity, or
an error of the library that points to the place.  Nothing else may be raised, and nothing may take long.
"""

import argparse
import random
import sys
import time
import traceback
from collections import Counter

import numpy as np

from autograd import Value, define, explain
from autograd.explaining.formulas import parse_formulas
from autograd.formula.language import Formula, FormulaError
from autograd.formula.systems import FLOATS, IEEE, ieee

HOSTILE = [
    *"0/0;1/0;0%0;1//0;x%0;x//0;log(-1);log(0);0**-1;0.0**-0.5;(-8)**0.5;arctanh(1);1e999;1e308*10;-0.0**-0.5".split(
        ";"
    ),
    *"10**10**10;9**9**9**9;2**-10**9;10**308*x*10**308;exp(1000);sinh(-1000);hypot(1e308,1e308);floor(1/0)".split(";"),
    *"where(1/0>0,x,1);where(x>0 and x<5,2*x,3);(x<1)<2;x<1 and x;x<x<x<x;where(x,x,x);not x;x if x else x".split(";"),
    *"ｘ+1;ﬁ*x;ｅｘｐ(x);ex\u0301p(x);٣*x;²x;x⁻;⁻¹;x⁻¹²³⁴⁵⁶;x₁;x\u202e;x\u200b;x\ufe0f;𝒙;ªx;K*x".split(";"),
    *"lambda;lambda: x;None*x;True*x;__import__('os');__builtins__;__debug__*x;x.__class__;x[0];[x];{x};(x,);*x".split(
        ";"
    ),
    *"x:=3;x=3;await x;yield x;1_000*x;0x10*x;1j*x;1e;1.e.5;'a'*10**9;b'a';f'{x}';...;\\x;x\\\n;x #;z".split(";"),
    *("\0", "\ud800*x", "\udc00\ud800", "x\u2028+1", "x\r\n+1", "", " ", "\x1b[31mx", "x;", "x;;y"),
    *("(" * 10_000 + "x" + ")" * 10_000, "-" * 9_000 + "x", "+".join(["x"] * 5_000), "x" * 10**6, "x**" * 99 + "x"),
    *("9" * 5_000, "9" * 300 + "*x", "exp(" * 98 + "x" + ")" * 98, "x" + "²" * 500, "x\u0301" * 3_000, "[" * 5_000),
]
"""Formulas, each of which is a mistake, a trap, or too much."""

MAX_MESSAGE = 1_000
"""Maximum length of a message, in characters."""

_ATOMS = [*"x x x z 0 1 2 -1 0.5 1e308 5e-324 1e999 10**9 9**99 pi e True None".split(), "(-8)", "0.0", "x²"]
_SIGNS = [*"+ - * / ** % // < <= > == != and or".split(), " and ", "@", "^", "&", "", " if x else "]
_CALLS = [*"exp log sqrt cbrt sin arcsin arctanh sinh tanh abs sign floor erf sigmoid relu softplus foo".split()]


def formula(choice: random.Random, depth: int = 4) -> str:
    """A random formula, most often a valid one."""
    kind = choice.random() if depth else 0.0
    if kind < 0.3:
        return choice.choice(_ATOMS)
    part = [formula(choice, depth - 1) for _ in range(3)]
    if kind < 0.7:
        return f"({part[0]}){choice.choice(_SIGNS[:8] if choice.random() < 0.9 else _SIGNS)}({part[1]})"
    if kind < 0.9:
        return f"{choice.choice(_CALLS)}({part[0]})"
    if kind < 0.97:
        return f"where({part[0]} > {part[1]}, {part[2]}, x)"
    return f"{choice.choice(('maximum', 'minimum', 'arctan2', 'hypot'))}({part[0]}, {part[1]})"


def hostile(choice: random.Random) -> str:
    """A hostile formula, a random one, or one of these with some characters replaced."""
    text = choice.choice(HOSTILE) if choice.random() < 0.2 else formula(choice)
    if choice.random() < 0.3 and text:
        at = choice.randrange(len(text))
        text = text[:at] + choice.choice([*"()+-*/.,_ \0'\"#²", chr(choice.randrange(0x11000))]) + text[at + 1 :]
    return text


def attack(text: str) -> str:
    """The reason why this formula must not behave as it does; empty if it is an answer."""
    try:
        with np.errstate(all="ignore"):
            _use(text)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error!s:.60} at {place.filename.rpartition('/')[2]}:{place.lineno}"
    return ""


def _use(text: str) -> None:
    """Compute a formula in several number systems, as a value, as a derivative, and on the command line."""
    try:
        parsed = Formula(text, ("x",))
        over = parsed.over(IEEE), parsed.over(ieee()), parsed.over(FLOATS)
        float(over[0](0.5)), over[1](0.5), float(over[0](0.0))
        _computed(over[2], 0.5)
    except FormulaError as error:
        _check_length(error)
    for row in ({"value": "x * 2", "dx": text}, {"value": text, "dx": "1"}, {"value": "x", "dx": "1", "domain": text}):
        try:
            op = define("op", **row)
        except FormulaError as error:
            _check_length(error)
            continue
        L = _computed(op, Value(0.5, "x"))
        if type(L) is Value:
            L.backward()
            str(explain(L))
    try:
        formulas = parse_formulas(text, ["x=0.5"])
        _computed(formulas.run, FLOATS, formulas.inputs)
    except FormulaError as error:
        _check_length(error)


def _check_length(error):
    if len(str(error)) > MAX_MESSAGE:
        raise AssertionError(f"a message of {len(str(error)):,} characters") from error


def _computed(function, *numbers):
    """The result, or None where it is undefined or too large; these errors of Python's are documented."""
    try:
        return function(*numbers)
    except (ArithmeticError, ValueError):
        return None


def main():
    """Run the attack and print its figures; exit status 1 if anything unexpected was raised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    choice = random.Random(options.seed)
    found, examples, slowest = Counter(), {}, (0.0, "")
    for i in range(options.inputs):
        text = HOSTILE[i] if i < len(HOSTILE) else hostile(choice)
        start = time.perf_counter()
        if why := attack(text):
            found[why] += 1
            examples.setdefault(why, text[:60])
        slowest = max(slowest, (time.perf_counter() - start, text[:60]))
    for why, n in found.most_common():
        print(f"{n:6} {why}   e.g. {examples[why]!r}")
    print(f"{options.inputs:,} formulas, {found.total()} problems; slowest: {slowest[0]:.2f} s, {slowest[1]!r}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
