"""Output, pictures and exit statuses, common to all command lines."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from autograd.drawing.style import FORMATS
from autograd.formula.typesetting import printable

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = ["PAGES", "Parser", "check_picture_name", "save", "say"]

PAGES = (".html", ".htm")
"""The suffixes of the files that a page can be saved to."""


class Parser(argparse.ArgumentParser):
    """A parser of command lines whose messages show unprintable arguments as everything else does."""

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with status 2."""
        super().error(printable(message))


def say(lines: Iterable[str], program: str) -> int:
    """Print the lines as they come and return the exit status: 0, or 2, with a message, for unusable input.

    2 as well if the output cannot be written; 0 if its reader, such as head, has seen enough.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # where ŷ and ∂ cannot be printed, a question mark is printed
    try:
        try:
            for line in lines:
                print(printable(line))
        finally:  # after the help, too, which exits
            _flush(sys.stdout)
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130  # the convention of shells
    except (ValueError, ArithmeticError, RuntimeError, OSError, ImportError) as error:
        with suppress(OSError):
            print(printable(f"{program}: {error}"), file=sys.stderr)
        return 2
    finally:
        with suppress(OSError):
            _flush(sys.stderr)
    return 0


def _flush(stream: TextIO | None) -> None:
    """Write out what a stream holds; if that fails, drop it, or Python would try again, and complain, when it ends."""
    if stream is None:  # it has been closed
        return
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise


def check_picture_name(option: str, file: str, endings: Sequence[str] = FORMATS) -> None:
    """Raise ValueError unless the name of the `file`, the value of an `option`, has one of these endings."""
    if Path(file).suffix.lower() not in endings:
        what = "page" if endings is PAGES else "picture"
        raise ValueError(f"{option} {file}: the name of the {what} must end in one of {' '.join(endings)}")


def save(drawing: Drawing, file: str) -> None:
    """Save a picture in the format of the file's suffix."""
    drawing.save(file)
