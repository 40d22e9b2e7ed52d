"""Rendering: from DOT source to SVG, PNG or PDF, with or without Graphviz on the machine.

The wheel of pygraphviz contains Graphviz.  Each picture is drawn by a short-lived child process, which costs
about a tenth of a second: a layout can then be interrupted or timed out, and neither the warnings of Graphviz and
its font library nor a crash in C code reaches the caller.  Without pygraphviz, the ``dot`` program is used; without
either, the graph is still shown as text.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import graphviz

from autograd.explaining.child_process import run_python

__all__ = ["Drawing"]

RASTER = ("png", "jpg", "jpeg", "jpe", "gif", "webp", "bmp")
"""Formats made of pixels."""
MAX_PIXELS = 4096
"""Pixels of the longest side of such a picture."""
MISSING = "drawing needs Graphviz: pip install pygraphviz (which includes it), or install the dot program"

_CHILD = """
import os, sys, pygraphviz
from pygraphviz import graphviz
context = graphviz.gvContextWithBuiltins()  # must exist before a graph is parsed, or defaults get lost
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
status = graphviz.gvLayout(context, graph.handle, sys.argv[2].encode())
if not status:
    rendered = graphviz.gvRenderData(context, graph.handle, sys.argv[1].encode())
    status, picture = rendered if isinstance(rendered, (tuple, list)) else (1, b"")
    sys.stdout.buffer.write(picture or b"")
sys.stdout.flush()
sys.stderr.flush()
os._exit(1 if status else 0)  # nothing to clean up in a process that ends anyway
"""


class Drawing(graphviz.Digraph):  # type: ignore[misc]
    """A `graphviz.Digraph` that needs no ``dot`` program: the same methods, and it shows itself in a notebook.

    `words` describes the picture where none can be shown, and `timeout` is the limit for a layout, in seconds.
    """

    words: str = ""
    timeout: float = 120.0

    def pipe(
        self, format: str | None = None, *args: Any, engine: str | None = None, encoding: str | None = None, **kw: Any
    ) -> Any:
        """The picture as bytes, or as a string if an `encoding` is given.

        `format` is ``"svg"``, ``"png"``, ``"pdf"`` or any other that Graphviz writes; the sides of a picture made
        of pixels have at most 4,096 of them.  Raises RuntimeError with Graphviz's own message if it cannot draw, if
        that takes longer than `timeout`, or if there is neither pygraphviz nor ``dot``.
        """
        format, engine = format or self.format, engine or self.engine
        source = _capped(self.source) if format.split(":")[0].lower() in RASTER else self.source
        if importlib.util.find_spec("pygraphviz") and sys.executable:
            picture = _by_pygraphviz(source, format, engine, self.timeout)
            return picture.decode(encoding) if encoding else picture
        try:
            return graphviz.Source(source).pipe(format, *args, engine=engine, encoding=encoding, **kw)
        except graphviz.ExecutableNotFound:
            raise RuntimeError(MISSING) from None
        except graphviz.CalledProcessError as error:
            words = error.stderr if isinstance(error.stderr, str) else (error.stderr or b"").decode(errors="replace")
            raise RuntimeError(f"Graphviz could not draw this: {words.strip()}") from None

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        outfile: str | os.PathLike[str] | None = None,
        **kw: Any,
    ) -> str:
        """Write the picture to a file and return its path; ``render(outfile="chain.svg")``.

        Works as in `graphviz.Digraph`: the suffix of `outfile` chooses the format, and the DOT source is
        left beside the picture unless `cleanup` is true.  A `filename` with the suffix of a picture is
        used as the `outfile`.
        """
        suffixes = (".svg", ".png", ".pdf", ".jpg")
        if outfile is None and format is None and filename is not None and Path(filename).suffix.lower() in suffixes:
            outfile, filename = Path(directory or "", filename), None
        if outfile is not None:
            picture = Path(outfile)
            format = format or picture.suffix.lstrip(".").lower() or self.format
            source = Path(filename or picture.with_suffix(".gv"))
        else:
            format = format or self.format
            source = Path(directory or self.directory, filename or self.filename)
            picture = source.with_name(f"{source.name}.{format}")
        data = self.pipe(format, **kw)
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(data)
        if not cleanup:
            self.save(str(source))
        if view:
            graphviz.view(str(picture))
        return str(picture)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        """The picture for a notebook: SVG, the same inline in HTML, where its tooltips work, and always text.

        Never raises: if nothing can be drawn, the text describes the picture and says what to install.
        """
        bundle = {"text/plain": self.words or self.source}
        try:
            svg = self.pipe("svg", encoding="utf-8")
        except (RuntimeError, OSError) as error:
            bundle["text/plain"] += f"\n({error})"
        else:
            bundle |= {"image/svg+xml": svg, "text/html": svg[svg.index("<svg") :]}
        requested = set(include or bundle) - set(exclude or ())
        return {kind: content for kind, content in bundle.items() if kind in requested}


def _capped(source: str) -> str:
    """The source with a limit to the size of the picture, in inches of 96 pixels."""
    side = MAX_PIXELS / 96 - 0.5
    return re.sub(r"\{", f'{{\n\tgraph [size="{side:.2f},{side:.2f}"]', source, count=1)


def _by_pygraphviz(source: str, format: str, engine: str, timeout: float) -> bytes:
    """The picture from a child process."""
    try:
        child = run_python(_CHILD, format, engine, input=source.encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        raise RuntimeError(
            f"Graphviz was stopped after {timeout:g} seconds: draw fewer values, or set .timeout of the drawing"
        ) from None
    # Graphviz says "Error:" and may return an image nevertheless; fontconfig's warnings are noise.
    messages = child.stderr.decode(errors="replace").splitlines()
    errors = [line for line in messages if "error" in line.lower() and not line.startswith("Fontconfig")]
    if errors or child.returncode:
        raise RuntimeError("Graphviz could not draw this: " + ("\n".join(errors or messages) or "its process crashed"))
    if not child.stdout:
        raise RuntimeError(f"Graphviz could not draw this as {format}: the graph is too large for it; SVG has no limit")
    return child.stdout
