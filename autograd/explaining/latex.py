"""Names and numbers in LaTeX, in the subset that KaTeX accepts even in strict mode."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from autograd.formula.typesetting import Style

__all__ = ["LATEX", "latex_name", "latex_number", "latex_sign", "latex_style"]

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi "
        "chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split(),
        strict=True,
    )
)
_ACCENTS = {
    "\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot", "\u0308": "ddot", "\u0301": "acute",
    "\u0300": "grave", "\u030c": "check", "\u0306": "breve", "\u20d7": "vec",
}  # fmt: skip
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "·": r"$\cdot$", "²": "$^2$", "…": r"\ldots{}", "−": "$-$",
    "′": "$'$", "∂": r"$\partial$", "\N{REPLACEMENT CHARACTER}": "?",
}  # fmt: skip
_NAME = re.compile(r"(.+?)([0-9₀₁₂₃₄₅₆₇₈₉]*)(?:_(\w+))?(?:\[([\w, ]+)\])?(′*)")
_NUMBER = re.compile(r"-?(\d+\.?\d*(e[+-]\d+)?|inf|nan)")
_POWER_OF_TEN = re.compile(r"(-?[\d.]+)e([+-]\d+)")
_FUNCTIONS = frozenset("exp log sin cos tan sinh cosh tanh arcsin arccos arctan".split())


def latex_number(text: str) -> str:
    r"""A number, given as a string, in LaTeX.

    >>> latex_number("-0.8"), latex_number("1.5e-08"), latex_number("inf")
    ('-0.8', '1.5 \\cdot 10^{-8}', '\\infty')
    """
    if text.startswith("("):
        return f"({latex_number(text[1:-1])})"
    power = _POWER_OF_TEN.fullmatch(text)
    if power:
        return f"{power[1]} \\cdot 10^{{{int(power[2])}}}"
    return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{nan}"}.get(text, text)


def latex_sign(sign: str) -> str:
    """``=`` or ``≈`` in LaTeX."""
    return {"≈": r"\approx"}.get(sign, sign)


def latex_name(label: str) -> str:
    r"""A label as LaTeX writes it in a formula: a letter with its accents and indices, or else upright text.

    >>> [latex_name(label) for label in ("w", "ŷ", "λ", "t₁₂", "w[3]", "w2[0,1]", "loss", "p{0")]
    ['w', '\\hat{y}', '\\lambda', 't_{12}', 'w_{3}', 'w_{2}[0,1]', '\\mathrm{loss}', '\\text{p\\{0}']
    """
    if _NUMBER.fullmatch(label):
        return latex_number(label)
    name = _NAME.fullmatch(unicodedata.normalize("NFC", label))
    stem = _letter(name[1]) if name else ""
    if not name or not stem:
        return f"\\text{{{''.join(map(_text, label))}}}"
    number, word, index, primes = name.groups()[1:]
    below = [part for part in (number.translate(_SUBSCRIPTS), word and f"\\mathrm{{{word}}}", index) if part]
    if word and not word.isascii():
        return f"\\text{{{''.join(map(_text, label))}}}"
    subscript = f"_{{{below[0]}}}" if below else ""
    return stem + subscript + "".join(f"[{part}]" for part in below[1:]) + "'" * len(primes)


def _letter(stem: str) -> str:
    """The main part of a name: a letter, perhaps with an accent, or a word of plain letters; empty for others."""
    base, *accents = list(unicodedata.normalize("NFD", stem))
    base = f"\\{_GREEK[base]}" if base in _GREEK else base if base.isascii() and base.isalpha() else ""
    if base and all(accent in _ACCENTS for accent in accents):
        for accent in accents:
            base = f"\\{_ACCENTS[accent]}{{{base}}}"
        return base
    return f"\\mathrm{{{stem}}}" if stem.isascii() and stem.isalpha() else ""


def _text(character: str) -> str:
    """One character of a label as text; one that KaTeX has no glyph for is spelled out."""
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isascii() and character.isprintable():
        return character
    letter = _letter(character)
    return f"${letter}$" if letter else f"({unicodedata.name(character, f'U+{ord(character):04X}').lower()})"


def _call(name: str, arguments: str) -> str:
    if name == "sqrt":
        return rf"\sqrt{{{arguments}}}"
    if name == "abs":
        return rf"\left|{arguments}\right|"
    if name in _FUNCTIONS:
        function = rf"\{name}"
    elif name.isascii():
        function = rf"\operatorname{{{''.join(map(_text, name))}}}"
    else:  # the user's own
        function = latex_name(name)
    return rf"{function}\left({arguments}\right)"


_LATEX = Style(
    product=r"{} \cdot {}",
    quotient=r"\frac{{{}}}{{{}}}",
    parentheses=r"\left({}\right)",
    choice="",
    signs={
        **{"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"},
        **{"and": r"\land", "or": r"\lor", "%": r"\bmod"},
    },
    name=latex_name,
    call=_call,
    sum=r"\sum {}",
    share=r"\frac{{1}}{{{}}} \cdot {}",
)


def latex_style(case_if: str, case_else: str) -> Style:
    """The style of formulas in LaTeX, with the words for the cases of a ``where``."""
    cases = (
        rf"\begin{{{{cases}}}} {{}} & \text{{{{{case_if} }}}} {{}} \\ {{}} & \text{{{{{case_else}}}}} \end{{{{cases}}}}"
    )
    return replace(_LATEX, choice=cases)


LATEX = latex_style("if", "else")
"""Formulas in LaTeX, in English."""
