"""Output, pictures and exit statuses, common to all command lines."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autograd.drawing.style import FORMATS

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = ["PAGES", "check_picture_name", "save", "say"]

PAGES = (".html", ".htm")
"""The suffixes of the files that a page can be saved to."""


def say(lines: Iterable[str], program: str) -> int:
    """Print the lines as they come and return the exit status: 0, or 2, with a message, for unusable input."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # where ŷ and ∂ cannot be printed, a question mark is printed
    try:
        for line in lines:
            print(line)
        if sys.stdout is not None:  # it may have been closed
            sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130  # the convention of shells
    except (ValueError, ArithmeticError, RuntimeError, OSError, ImportError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    return 0


def check_picture_name(option: str, file: str, endings: Sequence[str] = FORMATS) -> None:
    """Raise ValueError unless the name of the `file`, the value of an `option`, has one of these endings."""
    if Path(file).suffix.lower() not in endings:
        what = "page" if endings is PAGES else "picture"
        raise ValueError(f"{option} {file}: the name of the {what} must end in one of {' '.join(endings)}")


def save(drawing: Drawing, file: str) -> None:
    """Save a picture in the format of the file's suffix."""
    drawing.save(file)
