"""The interactive page: one HTML file with the picture, its numbers alive, steps, learning, a nudge and a quiz.

The page needs no server and no network, and computes with the table of derivatives itself, written as JavaScript.
Its security policy allows nothing but its own script and style; whatever a label holds is shown as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from autograd.core.graph import check_stale
from autograd.core.value import Value, shown
from autograd.drawing.draw import MAX_NODES, check_size
from autograd.drawing.layout import Layout
from autograd.drawing.page.contents import Contents
from autograd.drawing.page.function_graph import graph_of
from autograd.explaining.chain import Chain, View
from autograd.explaining.words import Words
from autograd.extensions.files import write
from autograd.formula.typesetting import shortened

__all__ = ["Page", "page"]

MAX_TITLE = 200
"""Maximum length of the title of a page, in characters."""
SCRIPTS = "engine numbers state picture steps plots nudge quiz controls".split()
"""The parts of the page's JavaScript, in the order in which they are put together."""

_FOLDER = Path(__file__).parent


def page(
    target: Value | Callable[..., Any],
    /,
    *inputs: Mapping[str, Any],
    title: str | None = None,
    view: View = "named",
    max_nodes: int = MAX_NODES,
    language: str | Mapping[str, str] = "en",
    **named: Any,
) -> Page:
    """The interactive page of a computation: a result, or a function and its inputs.

    On the page every parameter and every datum can be moved; both passes can be followed step by step; there are
    gradient descent, a nudge, a quiz, and the graph as a table.  Of a function, `where` keeps both of its branches; the
    inputs, numbers or trees of numbers, are passed by name or as a dict.  `view`, `max_nodes` and `language` are those
    of `draw`.

    ``.save("lesson.html")`` writes the page, ``.html`` is its text, and a notebook shows it.

    Raises TypeError for other targets and for inputs that do not fit, `GraphTooLarge` for more than `max_nodes` boxes,
    and FormulaError for a graph with an operation that calls a Python function.

    >>> w = Value(0.5, label="w")
    >>> lesson = page(((w * 2.0 - 1.5) ** 2).named("L"), title="One weight")
    >>> lesson
    <Page 'One weight': 2 boxes; .save("lesson.html") writes it, and a notebook shows it>
    >>> "<title>One weight</title>" in lesson.html
    True
    """
    if len(inputs) > 1 or not all(isinstance(given, Mapping) for given in inputs):
        given = ", ".join(map(shown, inputs))
        raise TypeError(f"page(f, {given}): write the inputs by name, as in page(f, w=0.5), or pass a dict")
    if not isinstance(title, str | None):
        raise TypeError(
            f"title={shown(title)}: the title of a page is a string; for an input of this name, pass a dict"
        )
    named = {**(inputs[0] if inputs else {}), **named}
    has_all_branches = True
    if type(target) is Value:
        if named:
            raise TypeError(
                f"page(L, {', '.join(map(shortened, named))}=...): page has no option of this name, and a result has "
                "its numbers already; only functions take inputs"
            )
        root = target
    elif callable(target):
        root, has_all_branches = graph_of(target, named)
    else:
        raise TypeError(f"page takes a Value or a function, not {shortened(repr(target))}")
    words = Words(language)
    chain = Chain.stepwise(root, view, True, words)
    check_stale(chain.nodes)
    for value in chain.values:
        if value.is_leaf and not math.isfinite(value.data):
            raise ValueError(f"{chain.names[value]} = {value.data}: on a page, numbers are moved from finite ones")
    folded, unfolded = Layout(chain), Layout(chain, group=False)
    views = [folded] if len(folded.boxes) == len(unfolded.boxes) else [folded, unfolded]
    remedies = [] if type(target) is Value else ["pass data as Constants, so that one sample stands for all"]
    check_size(len(folded.boxes), max_nodes, "give names to fewer values", *remedies)
    views = [layout for layout in views if len(layout.boxes) <= max_nodes]
    return Page(
        Contents(chain, views, has_all_branches),
        title or words("page.title", name=chain.names[root]),
        words,
        len(folded.boxes),
    )


class Page:
    """One HTML file that shows a computation."""

    def __init__(self, contents: Contents, title: str, words: Words, boxes: int) -> None:
        self._contents, self.title, self._words, self._boxes = contents, title, words, boxes

    def __repr__(self) -> str:
        boxes = f"{self._boxes} boxes"
        return f'<Page {self._shown_title!r}: {boxes}; .save("lesson.html") writes it, and a notebook shows it>'

    @property
    def _shown_title(self) -> str:
        return shortened(self.title, MAX_TITLE)

    @cached_property
    def html(self) -> str:
        """The whole page."""
        words = self._words.section("page")
        parts = [self._contents.javascript(), *(_read(f"{name}.js") for name in SCRIPTS)]
        script = "'use strict';\n(() => {\n" + "\n".join(map(_compact, parts)) + "\n})();"
        style = _compact(_read("page.css"))
        policy = (
            f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
            "base-uri 'none'; form-action 'none'"
        )
        data = self._contents.data() | {"words": {key: said for key, said in words.items() if f"'{key}'" in script}}
        texts = {key: escape(text) for key, text in words.items()}
        code = {"policy": escape(policy), "style": style, "script": script, "data": _json(data)}
        own = {"title": escape(self._shown_title), "lang": self._words.code}
        return re.sub(r"\{\{(\w+)\}\}", lambda part: (texts | code | own)[part[1]], _read("page.html"))

    def save(self, file: str | Path) -> str:
        """Write the page to a file, and return its name.

        Raises ValueError unless the name ends in ``.html`` or ``.htm``, and OSError if the file cannot be written; an
        existing file is then as it was.
        """
        if Path(file).suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"save({str(file)!r}): a page is HTML; end its name in .html")
        write(file, self.html, parents=True)
        return str(file)

    def _repr_html_(self) -> str:
        """The page in a frame of its own; a notebook that is not trusted shows the paragraph alone."""
        title, about = escape(self._shown_title), self._words("page.in_notebook", title=self._shown_title)
        frame = f'<iframe sandbox="allow-scripts" width="100%" height="760" style="border:0" title="{title}"'
        return f'<p>{escape(about)}</p>{frame} srcdoc="{escape(self.html)}"></iframe>'


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _compact(source: str) -> str:
    """Code without indentation, empty lines and comments that have a line to themselves or follow two spaces."""
    lines = (re.sub(r"  +//.*$", "", line).strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))


def _hash(text: str) -> str:
    """The source expression of a Content-Security-Policy that allows this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(data: Any) -> str:
    """Data that stands in HTML without being read as HTML."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
