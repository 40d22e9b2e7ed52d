"""From DOT text to SVG, PNG or PDF, with or without Graphviz on the machine.

pygraphviz carries Graphviz inside its wheel.  Each picture is drawn by a short-lived child process:
a layout can then be interrupted, what Graphviz prints is ours to read, and no fault in C code
reaches the caller (pygraphviz 2.0.4 was seen to crash a process at its second drawing with
HTML labels).  It costs about a tenth of a second.  Without pygraphviz, the ``dot`` program does it.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import graphviz

__all__ = ["Drawing"]

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
    """A `graphviz.Digraph` that needs no ``dot`` program: the same methods, and it shows itself in a notebook."""

    def pipe(
        self, format: str | None = None, *args: Any, engine: str | None = None, encoding: str | None = None, **kw: Any
    ) -> Any:
        """The picture as bytes, or as text if an `encoding` is given.

        `format` is ``"svg"``, ``"png"``, ``"pdf"`` or any other that Graphviz writes.  Raises RuntimeError
        with Graphviz's own words if it cannot draw, or if there is neither pygraphviz nor ``dot``.
        """
        if importlib.util.find_spec("pygraphviz") and sys.executable:
            picture = _draw(self.source, format or self.format, engine or self.engine)
            return picture.decode(encoding) if encoding else picture
        try:
            return super().pipe(format, *args, engine=engine, encoding=encoding, **kw)
        except graphviz.ExecutableNotFound:
            raise RuntimeError(
                "drawing needs Graphviz: pip install pygraphviz brings it along (or install the dot program)"
            ) from None

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
        taken for the outfile.
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


def _draw(source: str, format: str, engine: str) -> bytes:
    command = [sys.executable, "-P", "-c", _CHILD, format, engine]
    child = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
    # Graphviz says "Error:" and may hand out an image all the same; fontconfig's warnings are noise.
    messages = child.stderr.decode(errors="replace").splitlines()
    errors = [line for line in messages if "error" in line.lower() and not line.startswith("Fontconfig")]
    if errors or child.returncode:
        raise RuntimeError("Graphviz could not draw this: " + ("\n".join(errors or messages) or "its process crashed"))
    return child.stdout
