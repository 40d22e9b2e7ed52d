"""Output, pictures and exit statuses, common to all command lines."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from autograd.drawing.style import FORMATS
from autograd.explaining.formulas import with_decimal_point
from autograd.formula.typesetting import printable

if TYPE_CHECKING:
    from autograd.drawing.rendering import Drawing

__all__ = ["PAGES", "Parser", "check_picture_name", "real", "save", "say"]

PAGES = (".html", ".htm")
"""The suffixes of the files that a page can be saved to."""


class Parser(argparse.ArgumentParser):
    """A parser of command lines with ``--version``, whose messages show unprintable arguments as everything else does.

    The options are those of ArgumentParser.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        version = sys.modules["autograd"].__version__  # the package that this folder belongs to
        self.add_argument("--version", action="version", version=f"scalar-autograd {version}")

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with status 2."""
        super().error(printable(message))


def real(text: str) -> float:
    """A number on a command line, as the type of an option.

    >>> real("0,5")
    Traceback (most recent call last):
        ...
    argparse.ArgumentTypeError: '0,5': write 0.5, with a decimal point
    """
    try:
        return float(text)
    except ValueError:
        pointed = with_decimal_point(text)
        problem = f"{text!r}: write {pointed}, with a decimal point" if pointed else f"invalid float value: {text!r}"
        raise argparse.ArgumentTypeError(problem) from None


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
