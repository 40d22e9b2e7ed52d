"""The words of pictures and pages, in several languages: one table for each, `languages/en.toml` and its siblings.

A translation has the same keys, and the same ``{parts}`` to be filled in, as the English table.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

from autograd.core.value import shown
from autograd.explaining.latex import latex_style
from autograd.formula.typesetting import PLAIN, Style, printable

__all__ = ["ENGLISH", "LANGUAGES", "Words", "filled", "words"]

_FOLDER = Path(__file__).parent / "languages"
_PART = re.compile(r"\{(\w+)\}")

LANGUAGES = tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))
"""The languages for which there is a table."""


class Words:
    """The words of one `language`: the name of a table, or a dict that replaces some or all of the English words.

    Raises ValueError for a language without a table, for a key that is not in the English table, and for a
    translation with other parts.

    >>> Words("en")("not_computed")
    'not computed'
    >>> Words({"not_computed": "todo"})("not_computed")
    'todo'
    """

    def __init__(self, language: str | Mapping[str, str] = "en") -> None:
        if isinstance(language, Mapping):
            _check(language)
            own = {key: printable(translated) for key, translated in language.items()}
            self.table: Mapping[str, str] = MappingProxyType({**_table("en"), **own})
        elif language in LANGUAGES:
            self.table = _table(language)
        else:
            raise ValueError(
                f"language={shown(language)}: known languages: {', '.join(LANGUAGES)}; for others, pass a dict that "
                "translates the English words"
            )

    @property
    def code(self) -> str:
        """The code of the language, as HTML has it: ``en``."""
        return self.table["language"]

    @cached_property
    def style(self) -> Style:
        """The style of formulas in these words: ``a if x > 0 and y > 0 else b``."""
        choice = self("choice", x="{0}", condition="{1}", y="{2}")
        return replace(PLAIN, choice=choice, signs={**PLAIN.signs, "and": self("and"), "or": self("or")})

    @cached_property
    def latex(self) -> Style:
        """The style of formulas in LaTeX, with the cases of a ``where`` in these words."""
        return latex_style(self("case_if"), self("case_else"))

    def __call__(self, key: str, /, **parts: object) -> str:
        """The words with this key, with their parts filled in."""
        return filled(self.table[key], **parts)

    def section(self, name: str) -> dict[str, str]:
        """The words whose keys start with ``name.``, by the rest of their keys."""
        return {key.removeprefix(f"{name}."): words for key, words in self.table.items() if key.startswith(f"{name}.")}


def words(language: str = "en") -> dict[str, str]:
    """The words of a language by key, for a translation into another one: ``draw(L, language=words("en") | {...})``.

    >>> words("en")["not_computed"]
    'not computed'
    """
    return dict(Words(language).table)


def filled(words: str, **parts: object) -> str:
    """`words` with ``{name}`` replaced by the part of this name; braces in the parts themselves mean nothing.

    >>> filled("from {a} to {b}", a="{b}", b="c")
    'from {b} to c'
    """
    return _PART.sub(lambda part: str(parts[part[1]]), words)


@cache
def _table(language: str) -> Mapping[str, str]:
    table = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    sections = {key: words for key, words in table.items() if isinstance(words, dict)}
    flat = {f"{name}.{key}": words for name, section in sections.items() for key, words in section.items()}
    return MappingProxyType({key: words for key, words in table.items() if key not in sections} | flat)


def _check(words: Mapping[str, str]) -> None:
    """Raise ValueError for a key that pictures do not use, and for a translation with other parts."""
    english = _table("en")
    for key, translated in words.items():
        if not isinstance(translated, str):
            raise TypeError(f"language={{{shown(key)}: {shown(translated)}}}: a translation is a string")
        if key not in english:
            near = difflib.get_close_matches(key, english, n=1)
            hint = f": did you mean {near[0]!r}?" if near else f"; {len(english)} keys are known"
            raise ValueError(f"language={{{shown(key)}: ...}}: pictures have no such words{hint}")
        parts, needed = set(_PART.findall(translated)), set(_PART.findall(english[key]))
        if parts != needed:
            raise ValueError(
                f"language={{{key!r}: {shown(translated)}}} has the parts {shown(sorted(parts))}, but the English "
                f"words {english[key]!r} have {sorted(needed)}"
            )


ENGLISH = Words()
