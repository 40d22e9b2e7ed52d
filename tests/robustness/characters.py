"""Hostile characters in labels and names, wherever they are shown: ``python -m tests.robustness.characters 10000``.

Every sink takes a string and yields what is shown of it: messages, reports, pictures, pages, LaTeX, the output of the
command line.  All of that must be printable, short, and well formed.
"""

import argparse
import contextlib
import io
import json
import random
import re
import sys
import time
import traceback
import unicodedata
import warnings
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

from autograd import Constant, Value, draw, exp, explain, grad, gradcheck, log, mean, page, vectorize
from autograd.cli.main import main as command_line
from autograd.formula.typesetting import MAX_MARKS, shortened

NASTY = [
    *map(chr, (*range(32), *range(0x7F, 0xA0))),
    *"\ud800 \udfff \udc00\ud800 \ud83d \u202a \u202b \u202d \u202e \u2066 \u2067 \u2069 \u200e \u200f".split(" "),
    *"\u200b \u200c \u200d \u2060 \ufeff \xad \u2028 \u2029 \ufffe \uffff \U0010fffe \ue000 \ufdd0".split(" "),
    *"👩\u200d👩\u200d👧 🏳️\u200d🌈 שלום مرحبا می\u200cخواهم ﷽ ŷ ﬁ ｘ x₁ x² ∂L/∂w".split(" "),
    *"\\N \\G \\E \\l \\n \\ \" ' ` $ $$ {} { } {0} {{name}} % %s <b> <br/> <b | ~ ^ _ w[0] w[ ] w[0,1] [i]".split(" "),
    *"\\end{gathered} \\def\\x{\\x}\\x \\href{javascript:x}{x} \\verb| javascript:x ${1} =1+1 +1 -1 @x".split(" "),
    *"</script> ]]> &amp; &#0; <!-- --> Σ … · == != lambda __class__ __debug__ None".split(" "),
    *("a" + mark * n for mark in "\u0301\u20dd\u0489\u0e49" for n in (1, 3, 300)),
    *("", " ", "\t \n", "\r\n", "\xa0\u3000", "x" * 10**5, "\u0301", "\u202e" * 99, "عربي" * 20000),
]
"""Characters and pieces of markup, each of which once stood for something else than itself somewhere."""

MAX_SHOWN = 3000
"""The maximum length of a message or of a short text."""


def hostile(choice: random.Random) -> str:
    """A string of a few nasty pieces, random characters among them."""
    pieces = [
        choice.choice(NASTY) if choice.random() < 0.7 else chr(choice.randrange(sys.maxunicode))
        for _ in range(choice.choice((1, 1, 1, 2, 3, 8)))
    ]
    return "".join(pieces)


def graph(text):
    """A sum over samples and a group, with the same text in every label: of Values, constants, samples, members."""
    w = [Value(0.1 * i, f"{text}[{i}]") for i in range(5)]
    losses = []
    for k in range(2):
        x = [Constant(1.0 + i + k, f"{text}x[{i}]") for i in range(5)]
        h = sum(a * b for a, b in zip(w, x, strict=True)).named(f"h{text}")
        losses.append(((h - Constant(k + 0.5, text)) ** 2).named(text))
    J = (mean(losses).named(f"{text}'") * Constant(2.0, text)).named(f"{text}J")
    J.backward()
    return w[1], J


# --- Sinks ------------------------------------------------------------------------------------------------


def pictures(text):
    """The source of pictures, and the words that stand for them."""
    w, J = graph(text)
    for wrt, options in ((None, {"view": "full"}), (w, {}), ([w, J.args[0]], {"group": False})):
        drawing = draw(J, wrt, **options)
        yield "dot", drawing.source
        yield "long text", drawing.words
        yield "text", repr(drawing)


def rendered_pictures(text):
    """Pictures as files; each costs a process."""
    w, J = graph(text)
    bundle = draw(J, w)._repr_mimebundle_()
    yield "long text", bundle["text/plain"]
    yield "xml", bundle["image/svg+xml"]
    yield "html", bundle["text/html"]
    lines = [unescape(re.sub("<.*?>", "", line)) for line in bundle["image/svg+xml"].splitlines() if "<text" in line]
    name = shortened(J.label)
    assert any(line.startswith(name) for line in lines), f"{name!r} is not in the picture"
    assert draw(J, w).pipe("png").startswith(b"\x89PNG")


def explanations(text):
    """The chain rule in words and in LaTeX."""
    w, J = graph(text)
    for explanation in (explain(J, w), explain(J, [w, J.args[0]]), explain(J)):
        yield "long text", str(explanation)
        yield "latex", explanation.latex
    yield "text", str(explain(J, w).closed_form)


def pages(text):
    """The interactive page of a graph, with a title."""
    _, J = graph(text)
    lesson = page(J, title=text)
    yield "html", lesson.html
    yield "html", lesson._repr_html_()
    yield "text", repr(lesson)
    yield "html", page(J).html


def values(text):
    """Values and constants as strings, and the errors about them."""
    w, x = Value(-0.5, text), Constant(2.0, text)
    y = (w * x).named(text)
    yield "text", str(w)
    yield "text", str(y)
    yield from errors(
        lambda: float(w),
        lambda: float(y),
        lambda: log(w),
        lambda: log(y),
        lambda: exp(w * 1e5) ** w,
        lambda: w / (Constant(1.0, text) - 1.0) ** 1,
        lambda: setattr(y, "data", 1.0),
        lambda: w.named(text) and setattr(w, "data", text),
        lambda: Value(text),
        lambda: Constant(1.0, text) and Value([w]),
        lambda: explain(y, Value(1.0, text)),
        lambda: draw(y, Value(1.0, text)),
        lambda: y.gradients(text),
        lambda: mean([w, text]),
        lambda: draw(y, theme=text),
        lambda: draw(y, language=text),
        lambda: draw(y, hide=text),
        lambda: draw(y, view=text),
        lambda: draw(y, language={text: text}),
        lambda: draw(y, language={"not_computed": "{" + text + "}"}),
        lambda: page(y, title=[text]),
        lambda: page(y, **{text: 1.0}),
        lambda: changed(w, y),
    )


def changed(w, y):
    """Backward through a graph of which a leaf was changed."""
    w.data = 1.0
    y.backward()


def words(text):
    """The user's own translations."""
    w, J = graph("w")
    language = dict.fromkeys(("not_computed", "value"), text[:99].replace("{", ""))
    yield "dot", draw(J, w, language=language).source
    yield "long text", str(explain(J, language=language))
    yield "html", page(J, language=language).html


def reports(text):
    """Reports on gradient checks: of functions, graphs, with wrong gradients and culprits."""
    import numpy as np

    def f(x):
        return x[text] * x[text] if isinstance(x, dict) else x * x

    f.__name__ = f.__qualname__ = text
    named = lambda **inputs: sum(x * x for x in inputs.values())  # noqa: E731
    wrong = lambda **inputs: dict.fromkeys(inputs, 3.0)  # noqa: E731
    checks = [
        lambda: gradcheck(named, {text: 0.5, "b": 1.0}),
        lambda: gradcheck(named, {text: 0.5, "b": 1.0}, gradient=wrong),
        lambda: gradcheck(
            lambda **x: sum((a * a).sum() for a in x.values()),
            {text: np.ones((3, 4))},
            gradient=lambda **x: {**x},
        ),
        lambda: gradcheck(f, [{text: 0.5}]),
        lambda: gradcheck(f, {"x": 0.5}, gradient=lambda x: 0.0),
        lambda: gradcheck(f, {text: 0.5}),
        lambda: gradcheck(f, [0.5], gradient=lambda x: text),
        lambda: gradcheck(lambda x: text, [0.5]),
        lambda: gradcheck((Value(2.0, text) ** 2).named(text)),
        lambda: gradcheck(spoiled(text)),
        lambda: gradcheck(f, {"x": 0.5}).plot(text),
        lambda: gradcheck(f, {"x": 0.5}, text),
        lambda: grad(f)(text),
        lambda: grad(lambda x: text)(1.0),
        lambda: page(f, x=text),
        lambda: page(f, {text: 0.5}),
    ]
    for check in checks:
        try:
            report = check()
        except (TypeError, ValueError, KeyError) as error:
            yield "text", message(error)
            continue
        yield "long text", str(report)
        if hasattr(report, "_repr_html_"):
            yield "html", report._repr_html_()


def spoiled(text):
    """A graph in which the gradient of a named node is wrong."""
    w = Value(0.5, text)
    y = (w * Constant(2.0, text)).named(text)
    L = (y * y).named("L")
    L.backward()
    y.grad += 1.0
    return L


def programs(text):
    """Compiled programs."""
    w = Value(0.5, text)
    program = vectorize(lambda x: (w * x).named(text) ** 2 + Constant(1.0, text), batch=("x",))
    program(x=[1.0, 2.0])
    yield "source", program.source
    yield from errors(
        lambda: program(x=text), lambda: program(**{text: 1.0}), lambda: program.value_and_grad(x=[w, 1.0])
    )


def cli(text):
    """The command line, with the text as a formula, a variable, an option and a file."""
    lines = [
        [text],
        ["w*x", f"{text}=1"],
        ["w*x", "w=1", f"x={text}"],
        [f"{text} = w; {text}*w", "w=2"],
        [f"w*{text}", "w=2", f"{text}=3", "--json"],
        ["w*w", "w=2", "--wrt", text],
        ["w*w", "w=2", "--draw", text[:200]],
        ["w*w", "w=2", "--page", f"/nowhere/{text[:200]}"],
        ["check", text[:200]],
        ["check", f"{text[:200]}.py"],
    ]
    for arguments in lines:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = command_line(arguments)
            except SystemExit as exit:
                status = exit.code
        assert status in (0, 1, 2), status
        yield "long text", out.getvalue()
        yield "text", err.getvalue()
        if status == 0 and "--json" in arguments:
            json.loads(out.getvalue())


def errors(*calls):
    """The messages and warnings of calls that may raise the errors that the documentation has."""
    for call in calls:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                call()
            except (TypeError, ValueError, ArithmeticError, AttributeError, RuntimeError) as error:
                yield "text", message(error)
        yield from (("text", str(warning.message)) for warning in caught)


def message(error):
    return str(error.args[0]) if isinstance(error, KeyError) else str(error)


SINKS = {
    f.__name__: f for f in (values, pictures, rendered_pictures, explanations, pages, words, reports, programs, cli)
}


# --- Checks -----------------------------------------------------------------------------------------------


def problem(kind, shown):
    """The reason why a string must not be shown like this; empty if it may."""
    try:
        shown.encode("utf-8")
    except UnicodeEncodeError:
        return "a lone surrogate"
    spaces = {"\n", "\t", *"\u200c\u200d", *(() if kind in ("text", "latex") else "\xa0\u3000")}
    hidden = {character for character in shown if not character.isprintable()} - spaces
    if hidden:
        at = min(map(shown.index, hidden))
        return f"not printable: {shown[max(0, at - 40) : at + 20]!r}"
    run = 0
    for character in shown if kind not in ("html", "source") else "":
        run = run + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if run > MAX_MARKS:
            return "marks without end"
    limits = {
        "text": MAX_SHOWN,
        "long text": 20_000,
        "latex": 100_000,
        "dot": 300_000,
        "xml": 300_000,
        "source": 10**6,
        "html": 600_000,
    }
    if len(shown) > limits[kind]:
        return f"{len(shown):,} characters"
    if kind == "xml":
        ElementTree.fromstring(shown)
    if kind == "html":
        reader = _Tags()
        reader.feed(shown)
        if reader.foreign:
            return f"elements {reader.foreign}"
    if kind == "latex" and shown.replace(r"\{", "").count("{") != shown.replace(r"\}", "").count("}"):
        return "braces that do not match"
    return ""


class _Tags(HTMLParser):
    """The elements that could only come from a label."""

    def __init__(self):
        super().__init__()
        self.foreign = []

    def handle_starttag(self, tag, attrs):
        if (tag == "b" and attrs) or any(name.startswith("on") or name in ("href", "src") for name, _ in attrs):
            self.foreign.append(tag)


def attack(sink, text):
    """The problems of one sink with one text."""
    try:
        return [f"{kind}: {why}" for kind, shown in SINKS[sink](text) if (why := problem(kind, shown))]
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return [f"{type(error).__name__}: {error!s:.80} at {place.filename.rpartition('/')[2]}:{place.lineno}"]


def main():
    """Run the attack and print its figures; exit status 1 if anything was shown that must not be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    choice = random.Random(options.seed)
    texts = NASTY + [hostile(choice) for _ in range(max(0, options.inputs - len(NASTY)))]
    found, slowest = Counter(), (0.0, "", "")
    examples = {}
    for i, text in enumerate(texts[: options.inputs]):
        for sink in SINKS if i < len(NASTY) else [list(SINKS)[i % len(SINKS)]]:
            start = time.perf_counter()
            for why in attack(sink, text):
                found[sink, why] += 1
                examples.setdefault((sink, why), text[:20])
            slowest = max(slowest, (time.perf_counter() - start, sink, text[:20]))
        if sys.stderr.isatty():
            print(f"\r{i + 1}", end="", file=sys.stderr)
    for (sink, why), n in found.most_common():
        print(f"{n:6} {sink}: {why}   e.g. {examples[sink, why]!r}")
    print(f"{options.inputs:,} strings, {len(NASTY)} of them in all {len(SINKS)} sinks: {found.total()} problems")
    print(f"slowest: {slowest[0]:.1f} s, {slowest[1]} of {slowest[2]!r}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
