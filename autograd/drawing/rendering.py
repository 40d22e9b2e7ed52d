"""Rendering: from DOT source to SVG, PNG or PDF, with or without Graphviz on the machine.

The wheel of pygraphviz contains Graphviz.  Each picture is drawn by a short-lived child process, which costs
about a tenth of a second: a layout can then be interrupted or timed out, and neither the warnings of Graphviz and
its font library nor a crash in C code reaches the caller.  Where pygraphviz is missing or cannot load, the ``dot``
program is used; without either, the graph is still shown as text.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import graphviz

from autograd.drawing.style import FORMATS, recolored
from autograd.drawing.svg import svg
from autograd.explaining.child_process import run_python
from autograd.extensions.files import write
from autograd.formula.typesetting import printable, shortened

__all__ = ["Drawing", "pictures"]

RASTER = ("png", "jpg", "jpeg", "jpe", "gif", "webp", "bmp")
"""Formats made of pixels."""
MAX_PIXELS = 4096
"""Pixels of the longest side of such a picture."""
DPI = 96
"""Pixels per inch of such a picture, at scale 1."""
MAX_WORDS = 300
"""Maximum length of the description in an SVG file, in characters."""
MISSING = "drawing needs Graphviz: pip install pygraphviz (which includes it), or install the dot program"
NOT_LOADED = (
    "drawing needs Graphviz, but the copy in pygraphviz does not load ({reason}): on Debian and Ubuntu, apt install "
    "libx11-6 libxext6 libxrender1 libglib2.0-0 libexpat1, or install the dot program"
)

_LOAD_FAILED = 69  # the status "service unavailable" of sysexits.h
_CHILD = f"""
import os, sys
try:
    import pygraphviz
    from pygraphviz import graphviz
except ImportError as error:
    print(error, file=sys.stderr, flush=True)
    os._exit({_LOAD_FAILED})
context = graphviz.gvContextWithBuiltins()  # must exist before a graph is parsed, or defaults get lost
status, pictures = 0, []
for source in sys.stdin.buffer.read().decode().split("\\0"):
    graph = pygraphviz.AGraph(string=source)
    failed = graphviz.gvLayout(context, graph.handle, sys.argv[1].encode())
    for format in [] if failed else sys.argv[2:]:
        rendered = graphviz.gvRenderData(context, graph.handle, format.encode())
        failed, picture = rendered if isinstance(rendered, (tuple, list)) else (1, b"")
        pictures.append(picture or b"")
    status = status or failed
sys.stdout.buffer.write(b" ".join(b"%d" % len(picture) for picture in pictures) + b"\\n" + b"".join(pictures))
sys.stdout.flush()
sys.stderr.flush()
os._exit(1 if status else 0)  # nothing to clean up in a process that ends anyway
"""


class Drawing(graphviz.Digraph):  # type: ignore[misc]
    """A `graphviz.Digraph` that needs no ``dot`` program: the same methods, and it shows itself in a notebook.

    `summary` says what is drawn, `words` describe the picture where none can be shown, `timeout` is the limit for a
    layout, in seconds, `theme` is one of `autograd.drawing.style.THEMES`, and `scale` enlarges the picture.
    """

    summary: str = ""
    words: str = ""
    timeout: float = 120.0
    theme: str = "light"
    scale: float = 1.0

    def __repr__(self) -> str:
        name = self.summary.partition(":")[0]
        file = f"{name if name.isidentifier() else self.name or 'picture'}.svg"
        subject = self.summary or self.name or "a graph"
        return f'<Drawing of {subject}; .save("{file}") writes a file, and a notebook shows it>'

    def __iter__(self, subgraph: bool = False) -> Iterator[str]:
        """The lines of the DOT source, in the colours of the theme."""
        for line in super().__iter__(subgraph=subgraph):
            yield recolored(printable(line), self.theme)

    def pipe(
        self,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        *,
        engine: str | None = None,
        encoding: str | None = None,
        scale: float | None = None,
        **_: Any,
    ) -> Any:
        """The picture as bytes, or as a string if an `encoding` is given.

        `format` is ``"svg"``, ``"png"``, ``"pdf"`` or any other that Graphviz writes.  `scale=2` gives twice as many
        pixels, up to 4,096 per side, or an SVG of twice the size.  Raises RuntimeError with Graphviz's own message
        if it cannot draw, if that takes longer than `timeout`, or if there is neither pygraphviz nor ``dot``.
        """
        full_format = ":".join(filter(None, [format or self.format, renderer, formatter]))
        ((picture,),) = pictures([self], [full_format], engine, scale)
        return picture.decode(encoding) if encoding else picture

    def save(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        *,
        skip_existing: bool | None = False,
        scale: float | None = None,
    ) -> str:
        """Write the picture to a file and return its path; ``save("chain.png")``.

        The suffix chooses the format: a picture (.svg, .png, .pdf, .jpg), or the DOT source (.gv, .dot); any other
        raises ValueError.  `scale` is that of `pipe`.  Without a name, or with a `directory`, the source is
        written, under the names that `graphviz.Digraph` gives it.  Raises OSError if the file cannot be written; an
        existing file is then as it was.
        """
        suffix = Path(filename or "").suffix.lower()
        if filename is None or directory is not None or suffix in (".gv", ".dot"):
            if filename is not None:
                self.filename = os.fspath(filename)
            if directory is not None:
                self.directory = os.fspath(directory)
            if not (skip_existing and os.path.exists(self.filepath)):
                write(self.filepath, self.source.encode(self.encoding), parents=True)
            return str(self.filepath)
        if suffix not in FORMATS:
            raise ValueError(f"save({str(filename)!r}): the name of a picture must end in one of {' '.join(FORMATS)}")
        if skip_existing and Path(filename).exists():
            return str(filename)
        return self.render(outfile=filename, cleanup=True, scale=scale)

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
        used as the `outfile`.  Other arguments, such as `scale`, are those of `pipe`.  Raises OSError if a file cannot
        be written; an existing file is then as it was.
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
        write(picture, self.pipe(format, **kw), parents=True)
        if not cleanup:
            self.save(source, directory="")
        if view:
            graphviz.view(str(picture))
        return str(picture)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        """The picture for a notebook: SVG, the same inline in HTML, where its tooltips work, PDF, and always text.

        Never raises: if nothing can be drawn, the text describes the picture and says what to install.
        """
        bundle = {"text/plain": printable(self.words) or self.source}
        try:
            ((image, pdf),) = pictures([self], ["svg", "pdf"])
        except (RuntimeError, OSError, ValueError) as error:
            bundle["text/plain"] += f"\n({error})"
        else:
            xml = image.decode()
            bundle |= {"image/svg+xml": xml, "text/html": xml[xml.index("<svg") :]}
            bundle |= {"application/pdf": b64encode(pdf).decode()}
        requested = set(include or bundle) - set(exclude or ())
        return {kind: content for kind, content in bundle.items() if kind in requested}


def pictures(
    drawings: Sequence[Drawing], formats: Sequence[str], engine: str | None = None, scale: float | None = None
) -> list[list[bytes]]:
    """Each drawing in each of several formats, from one layout; the drawings share the options of the first one.

    Raises what `Drawing.pipe` raises.
    """
    first = drawings[0]
    scale = first.scale if scale is None else scale
    if not 0 < scale < math.inf:
        raise ValueError(f"scale={scale!r}: the scale of a picture is a positive number")
    is_raster = any(format.split(":")[0].lower() in RASTER for format in formats)
    sources = [_sized(drawing.source, scale) if is_raster else drawing.source for drawing in drawings]
    layouts = ["json" if format == "svg" else format for format in formats]
    rendered = _rendered(sources, layouts, engine or first.engine, first.timeout * len(drawings))
    return [
        [
            svg(json.loads(picture), _description(drawing), scale).encode() if format == "svg" else picture
            for format, picture in zip(formats, rendered[i * len(formats) :], strict=False)
        ]
        for i, drawing in enumerate(drawings)
    ]


def _description(drawing: Drawing) -> str:
    """The words of a drawing in one line, not too long."""
    return shortened(" ".join(drawing.words.split()), MAX_WORDS)


def _sized(source: str, scale: float) -> str:
    """The source with a resolution, and a limit to the size of the picture in inches."""
    dpi = min(DPI * scale, MAX_PIXELS)
    side = MAX_PIXELS / dpi - 0.5  # the padding is beside it
    return re.sub(r"\{", f'{{\n\tgraph [dpi={dpi:g} size="{side:.2f},{side:.2f}"]', source, count=1)


def _rendered(sources: Sequence[str], formats: Sequence[str], engine: str, timeout: float) -> list[bytes]:
    """The pictures of DOT sources, each in all formats: by pygraphviz, or else by the ``dot`` program."""
    missing = MISSING
    if importlib.util.find_spec("pygraphviz") and sys.executable:
        child = _run_pygraphviz(sources, formats, engine, timeout)
        if child.returncode != _LOAD_FAILED:
            return _checked(child, [*formats] * len(sources))
        missing = NOT_LOADED.format(reason=child.stderr.decode(errors="replace").strip())
    try:
        return [
            graphviz.Source(source).pipe(
                **dict(zip(("format", "renderer", "formatter"), format.split(":"), strict=False)), engine=engine
            )
            for source in sources
            for format in formats
        ]
    except graphviz.ExecutableNotFound:
        raise RuntimeError(missing) from None
    except graphviz.CalledProcessError as error:
        words = error.stderr if isinstance(error.stderr, str) else (error.stderr or b"").decode(errors="replace")
        raise RuntimeError(f"Graphviz could not draw this: {words.strip()}") from None


def _run_pygraphviz(
    sources: Sequence[str], formats: Sequence[str], engine: str, timeout: float
) -> subprocess.CompletedProcess[bytes]:
    try:
        return run_python(_CHILD, engine, *formats, input="\0".join(sources).encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        raise RuntimeError(
            f"Graphviz was stopped after {timeout:g} seconds: draw fewer values, or set .timeout of the drawing"
        ) from None


def _checked(child: subprocess.CompletedProcess[bytes], formats: Sequence[str]) -> list[bytes]:
    """The pictures that the child process has written; raise RuntimeError if one is missing."""
    # Graphviz says "Error:" and may return an image nevertheless; fontconfig's warnings are noise.
    messages = child.stderr.decode(errors="replace").splitlines()
    errors = [line for line in messages if "error" in line.lower() and not line.startswith("Fontconfig")]
    if errors or child.returncode:
        raise RuntimeError("Graphviz could not draw this: " + ("\n".join(errors or messages) or "its process crashed"))
    sizes, _, content = child.stdout.partition(b"\n")
    rendered, start = [], 0
    for format, size in zip(formats, map(int, sizes.split()), strict=True):
        if not size:
            raise RuntimeError(
                f"Graphviz could not draw this as {format}: the graph is too large for it; SVG has no limit"
            )
        rendered.append(content[start : start + size])
        start += size
    return rendered
