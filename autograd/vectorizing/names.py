"""The names of one program: those in use, temporary ones, and those of constants."""

from __future__ import annotations

import ast
import keyword
import unicodedata
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from autograd.formula.language import DERIVED
from autograd.formula.systems import PRIMITIVES

__all__ = ["Names", "plain"]

RESERVED = frozenset(
    "n pi nan inf sum mean max concat stack reshape put add_at zeros_like s_ range reversed logical_and "
    "logical_or logical_not".split()
)
"""Names that a program uses besides those of the formulas."""


def plain(label: str | None) -> str:
    """A label, normalized as Python normalizes identifiers.

    >>> plain("x₁")
    'x1'
    """
    return unicodedata.normalize("NFKC", label or "")


class Names:
    """The names of a program, each used once.

    >>> names = Names()
    >>> names.new("loss"), names.new("loss"), names.new("lambda"), names.numbered("t"), names.numbered("t")
    ('loss', 'loss_', 'lambda_', 't1', 't2')
    """

    def __init__(self) -> None:
        self.used = {*RESERVED, *PRIMITIVES, *DERIVED}
        self.constants: dict[str, NDArray[Any]] = {}
        self.functions: dict[str, Callable[..., float]] = {}
        self.permanent: set[str] = set()  # names that stay, even if they are read only once
        self.temporaries: dict[str, str] = {}  # numbered names, and their derivatives: {"t1": "t1", "dt1": "t1"}
        self._followers: set[str] = set()
        self._of_constants: dict[Any, str] = {}
        self._of_functions: dict[Callable[..., float], str] = {}
        self._last_numbers: dict[str, int] = {}

    @property
    def reserved(self) -> set[str]:
        """The names that no temporary may have."""
        return self.used - self.temporaries.keys()

    def new(self, label: str) -> str:
        """The label, followed by underscores if it is used already."""
        word = plain(label)
        while word in self.used or keyword.iskeyword(word) or word == "__debug__":
            word += "_"
        self.used.add(word)
        return word

    def permanent_name(self, label: str) -> str:
        """A new name for an array that stays visible in the source."""
        word = self.new(label)
        self.permanent.add(word)
        return word

    def derivative(self, word: str) -> str:
        """A name for the derivative with respect to `word`: ``dw``.  There may be several, such as partial sums."""
        return self._of_temporary(word, f"d{word}")

    def list_of(self, word: str, prefix: str = "") -> str:
        """A name for a list with an entry per iteration of a loop: ``ws``, or with the prefix d ``dws``."""
        return self._of_temporary(word, f"{prefix}{word}s")

    def _of_temporary(self, word: str, label: str) -> str:
        """A new name that follows that of `word`, if it is temporary; the first with this label keeps it."""
        new = self.new(label)
        if word in self.temporaries:
            self.temporaries[new] = new if label in self._followers else word
            self._followers.add(label)
        return new

    def numbered(self, letter: str) -> str:
        """The letter with the next number; names with a t are temporary."""
        number = self._last_numbers.get(letter, 0) + 1
        while f"{letter}{number}" in self.used:
            number += 1
        self._last_numbers[letter] = number
        word = f"{letter}{number}"
        self.used.add(word)
        if letter == "t":
            self.temporaries[word] = word
        return word

    def counter(self) -> str:
        """A name for the counter of a loop: i, j, k."""
        return next((self.new(word) for word in "ijk" if word not in self.used), None) or self.numbered("i")

    def constant(self, value: NDArray[Any]) -> ast.expr:
        """The name of an array of constants, or of positions; equal arrays have one name."""
        letter = "c" if value.dtype.kind == "f" else "i"
        key = letter, value.shape, value.tobytes()
        if key not in self._of_constants:
            self._of_constants[key] = word = self.numbered(letter)
            self.constants[word] = value
        return ast.Name(self._of_constants[key], ast.Load())

    def function(self, word: str, function: Callable[..., float]) -> str:
        """The name of a Python function of floats."""
        if function not in self._of_functions:
            self._of_functions[function] = new = self.new(word)
            self.functions[new] = function
        return self._of_functions[function]
