"""For packages that build on `autograd`: its checks, its notation, its pictures, their words, and its command line.

>>> as_float("3", "w = '3'")
Traceback (most recent call last):
    ...
TypeError: w = '3': a string is not a number; write float('3') if it holds one
"""

from typing import TYPE_CHECKING, Any

from autograd.cli.terminal import PAGES, Parser, check_picture_name, real, save, say
from autograd.core.value import as_float, shown
from autograd.drawing.draw import check_size
from autograd.drawing.style import EDGE, FAINT, FONT, GRAPH, NUMBER, bold, box, faint, lines, minus, text, tooltip
from autograd.explaining.forward_pass import marked
from autograd.explaining.words import Words, words
from autograd.extensions.expressions import expression
from autograd.extensions.files import write
from autograd.extensions.interrupts import with_cleanup
from autograd.extensions.other_names import answer, missing
from autograd.extensions.progress import progress_bar
from autograd.extensions.requirements import require
from autograd.extensions.residues import residues
from autograd.formula.typesetting import columns, derivative, factor, number, printable, shortened

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = [  # noqa: RUF022 - by purpose
    # numbers: checked, or shown in a message
    "as_float",
    "printable",
    "require",
    "shortened",
    "shown",
    # names of other libraries, answered by what to write here
    "answer",
    "missing",
    # notation: numbers, derivatives and expressions as they are written, zeros apart from rounding, aligned columns
    "columns",
    "derivative",
    "expression",
    "factor",
    "marked",
    "number",
    "residues",
    # pictures: the drawing itself, its size, its boxes and lines of text
    "Drawing",
    "check_size",
    "bold",
    "box",
    "faint",
    "lines",
    "minus",
    "text",
    "tooltip",
    # the words of pictures: in the language of a picture, and as a table for translators
    "Words",
    "words",
    # the colours and attributes of pictures
    "EDGE",
    "FAINT",
    "FONT",
    "GRAPH",
    "NUMBER",
    # files, replaced as a whole, and what is done at the end, whenever Ctrl-C arrives
    "with_cleanup",
    "write",
    # command lines: options, printing with an exit status, progress, and files for pictures
    "PAGES",
    "Parser",
    "check_picture_name",
    "progress_bar",
    "real",
    "save",
    "say",
]


def __getattr__(name: str) -> Any:
    if name == "Drawing":  # its library loads when it is first used
        from autograd.drawing.rendering import Drawing

        return Drawing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
