"""For other packages to build on, besides the public names of `autograd`: checks of numbers, notation, drawing.

>>> as_float("3", "w = '3'")
Traceback (most recent call last):
    ...
TypeError: w = '3': a string is not a number; write float('3') if it holds one
"""

from typing import TYPE_CHECKING, Any

from autograd.cli.terminal import refuse_unless_picture, save, say
from autograd.core.value import as_float, shown
from autograd.drawing.draw import refuse_if_larger
from autograd.drawing.style import EDGE, FAINT, FONT, GRAPH, NUMBER, bold, box, faint, lines, minus, text
from autograd.extensions.expressions import expression
from autograd.extensions.requirements import require
from autograd.formula.typesetting import columns, derivative, factor, number

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = [
    "EDGE",
    "FAINT",
    "FONT",
    "GRAPH",
    "NUMBER",
    "Drawing",
    "as_float",
    "bold",
    "box",
    "columns",
    "derivative",
    "expression",
    "factor",
    "faint",
    "lines",
    "minus",
    "number",
    "refuse_if_larger",
    "refuse_unless_picture",
    "require",
    "save",
    "say",
    "shown",
    "text",
]


def __getattr__(name: str) -> Any:
    if name == "Drawing":  # its library loads when it is first used
        from autograd.drawing.rendering import Drawing

        return Drawing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
