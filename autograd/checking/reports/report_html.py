"""A report as HTML, for notebooks: the table, maps of the arrays that are wrong, and the explanation below.

The colours follow the theme of the notebook, light or dark; each has a sign beside it, so that the report can be read
in grey.  There is no script, nothing is loaded, and all styles are confined to the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from math import isfinite, isnan, log10
from typing import TYPE_CHECKING

from autograd.checking.reports.error_maps import KINDS, ErrorMap, Kind, error_maps
from autograd.checking.verdicts import CAUGHT, Verdict
from autograd.formula.typesetting import number, shortened

if TYPE_CHECKING:
    from autograd.checking.reports.report import ArrayCheck, Report, Row

__all__ = ["as_html"]

SIGNS: dict[Verdict, str] = {"pass": "✓", "fail": "✗", "kink": "∧", "inconclusive": "?"}
"""The sign of each verdict, besides its colour."""
MAX_ARRAYS = 6
"""Wrong arrays that are drawn."""
MAX_SLICES = 3
"""Wrong slices of one array that are drawn."""
MAX_CELLS = 225
"""Cells of all maps together; each takes about 120 characters."""
MAX_SIDE = 32
"""Cells along one side of a map."""
MAX_TICKS = 10
"""Indices beside one side of a map."""
CELL = 14
"""The size of a cell, in pixels."""
FAINTEST = 0.25
"""The opacity of the smallest error."""


def as_html(report: Report) -> str:
    """The report as an element of HTML, below 50 KB if the names in it are short.

    >>> from autograd import gradcheck
    >>> "<td>w</td>" in as_html(gradcheck(lambda w: w * w, {"w": 3.0}))
    True
    """
    table = report.rows()
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    more = f'<div class="faint">{table.remark}</div>' if table.more else ""
    return (
        f'<div class="gradcheck"><style>{STYLE}</style>'
        f'<div class="head">{_sign(report.verdict)} <b>Gradient check:</b> {escape(report.summary)}</div>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, table.rows))}</tbody></table>{more}"
        f"{_maps(report)}{''.join(map(_line, report.findings()))}</div>"
    )


def _sign(verdict: Verdict) -> str:
    return f'<span class="{verdict}">{SIGNS[verdict]}</span>'


def _row(row: Row) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row.cells)
    word = row.verdict.replace("fail", "FAIL")
    verdict = f'<span class="{row.verdict}">{SIGNS[row.verdict]}&nbsp;{word}</span>'
    return f'<tr>{cells}<td class="verdict">{verdict} {escape(row.reason)}</td></tr>'


def _line(line: str) -> str:
    """A line of the findings, its opening words in bold; lines that are indented stay so."""
    opening = re.match(r"[A-Z][a-z ]+(?=: )", line)
    start = opening.end() + 1 if opening else 0
    kind = ' class="detail"' if line.startswith(" ") else ""
    bold = f"<b>{escape(line[:start])}</b>" if opening else ""
    return f"<div{kind}>{bold}{escape(line[start:])}</div>"


# --- Maps -------------------------------------------------------------------------------------------


def _maps(report: Report) -> str:
    """The maps of the first wrong arrays, with one legend."""
    wrong = [array for array in report.arrays.values() if array.shape and array.wrong and not array.problem]
    if not wrong:
        return ""
    shown = [(array, [m for m in error_maps(array) if m.cells("fail")]) for array in wrong[:MAX_ARRAYS]]
    cells = MAX_CELLS // sum(len(maps[:MAX_SLICES]) for _, maps in shown)
    drawn = [(array, [m.within(cells, MAX_SIDE) for m in maps[:MAX_SLICES]], len(maps)) for array, maps in shown]
    figures = "".join(_figure(array, maps, total - len(maps)) for array, maps, total in drawn)
    left_out = len(wrong) - len(shown)
    more = f'<div class="faint">… and {left_out:,} more array{"s" * (left_out != 1)}</div>' if left_out else ""
    legend = _legend([m for _, maps, _ in drawn for m in maps], report.is_revealed)
    return f'<div class="maps">{figures}</div>{more}{legend}'


def _figure(array: ArrayCheck, maps: Sequence[ErrorMap], more: int) -> str:
    """The maps of one array, side by side, with a caption."""
    words = [f"{len(array.wrong):,} of {array.checked:,} wrong", maps[0].remark]
    if more:
        words.append(f"… and {more:,} more slice{'s' * (more != 1)} with wrong entries")
    caption = f"<b>{escape(shortened(array.name))}</b> {'; '.join(filter(None, words))}"
    drawings = "".join(_drawing(m, f"{shortened(array.name)}{m.place}") for m in maps)
    return f'<div><div class="caption">{caption}</div><div class="slices">{drawings}</div></div>'


def _drawing(m: ErrorMap, name: str) -> str:
    """One map as SVG: cells by colour, signs on those that are not right, hatching, and the indices along the sides."""
    rows, columns = m.kinds.shape
    left, top = (2 if m.is_row else 6 + 6 * len(str(m.shape[0]))), 16
    width, height = left + columns * CELL + 8, top + rows * CELL + 2
    cells = "".join(_cells(m, kind) for kind in KINDS if m.cells(kind))
    grid = "".join(f"M{CELL * x} 0V{CELL * rows}" for x in range(columns + 1))
    grid += "".join(f"M0 {CELL * y}H{CELL * columns}" for y in range(rows + 1))
    signs = "".join(_signs(m.cells(kind), kind) for kind in STROKES)
    across = "".join(
        f'<text x="{CELL * i + CELL / 2:g}" y="-4" text-anchor="middle">{i * m.block[1]}</text>'
        for i in _ticks(columns, m.block[1])
    )
    down = "".join(
        f'<text x="-4" y="{CELL * i + CELL / 2 + 3.5:g}" text-anchor="end">{i * m.block[0]}</text>'
        for i in _ticks(rows, m.block[0])
        if not m.is_row
    )
    label = f'<div class="faint">{escape(m.place)}</div>' if m.place else ""
    return (
        f'<div>{label}<svg role="img" aria-label="{escape(name)}: where it is wrong" width="{width}" '
        f'height="{height}" viewBox="{-left} {-top} {width} {height}">{cells}<path class="grid" d="{grid}"/>'
        f"{signs}{across}{down}</svg></div>"
    )


STROKES: dict[Kind, str] = {
    "unchecked": "m0 7l7-7m0 14l7-7m-14 7l14-14",
    "kink": "m3 10l4-6l4 6",
    "inconclusive": "m4 5q0-2 3-2q3 0 3 2q0 2-3 3v1m0 1.5v1.2",
    "fail": "m4 4l6 6m0-6l-6 6",
}
"""What is drawn on a cell of 14 by 14 pixels: hatching, or the sign of the verdict."""


def _cells(m: ErrorMap, kind: Kind) -> str:
    """The cells of one kind as a shape; those that are wrong each on their own, with a tooltip."""
    if kind != "fail":
        return f'<path class="{kind}-cell" d="{"".join(_square(row, column) for row, column in m.cells(kind))}"/>'
    wrong = "".join(_wrong_cell(m.index(*cell), _square(*cell), float(m.errors[cell])) for cell in m.cells(kind))
    return f'<g class="fail-cell">{wrong}</g>'


def _square(row: int, column: int) -> str:
    return f"M{CELL * column} {CELL * row}h{CELL}v{CELL}h-{CELL}z"


def _wrong_cell(index: str, square: str, error: float) -> str:
    off = f"off by {number(100 * error, 2)} %" if isfinite(error) else "wrong"
    return f'<path d="{square}" fill-opacity="{_opacity(error):.2g}"><title>{index} {off}</title></path>'


def _signs(cells: Iterable[tuple[int, int]], kind: Kind) -> str:
    strokes = "".join(f"M{CELL * column} {CELL * row}{STROKES[kind]}" for row, column in cells)
    return f'<path class="sign {kind}-sign" d="{strokes}"/>' if strokes else ""


def _opacity(error: float) -> float:
    """The strength of the colour, on a log scale from the smallest error that is wrong to 100 %."""
    if isnan(error) or error >= 1:
        return 1.0
    return FAINTEST + (1 - FAINTEST) * max(0.0, 1 - log10(error) / log10(CAUGHT))


def _ticks(n: int, block: int) -> range:
    """The cells of a side that have their index beside them: as many as there is space for."""
    width = 4 + 7 * len(str(n * block - 1))
    return range(0, n, next(step for step in (1, 2, 5, 10) if step * CELL >= width and n / step <= MAX_TICKS))


def _legend(maps: Sequence[ErrorMap], is_revealed: bool) -> str:
    """The meaning of the cells that occur in some maps."""
    errors = (1e-6, 1e-4, 1e-2, 1.0) if is_revealed else (1.0,)
    wrong = "wrong, by 0.0001 %, 0.01 %, 1 %, 100 % or more" if is_revealed else "wrong"
    entries: dict[Kind, str] = {
        "pass": "right", "fail": wrong, "kink": "at a kink", "inconclusive": "inconclusive", "unchecked": "not checked",
    }  # fmt: skip
    swatches = {kind: _swatches(kind, errors if kind == "fail" else [1.0]) for kind in entries}
    occurring = (kind for kind in entries if any(m.cells(kind) for m in maps))
    return (
        f'<div class="legend">{"".join(f"<span>{swatches[kind]} {entries[kind]}</span>" for kind in occurring)}</div>'
    )


def _swatches(kind: Kind, errors: Sequence[float]) -> str:
    """Cells of one kind for the legend, one for each of some errors."""
    width, cells = CELL * len(errors), [(0, column) for column in range(len(errors))]
    squares = "".join(
        f'<path class="{kind}-cell" d="{_square(*cell)}" fill-opacity="{_opacity(error):.2g}"/>'
        for cell, error in zip(cells, errors, strict=True)
    )
    signs = _signs(cells, kind) if kind in STROKES else ""
    return (
        f'<svg aria-hidden="true" width="{width}" height="{CELL}" viewBox="0 0 {width} {CELL}">{squares}{signs}</svg>'
    )


# --- Style ------------------------------------------------------------------------------------------

BOX = "div.gradcheck.gradcheck"
"""The selector of the report; twice, so that it counts more than a notebook's own style of tables."""

PALETTE = {
    "paper": ("#FFFFFF", "#1B1D21"),
    "ink": ("#1F2937", "#E5E7EB"),
    "faint": ("#5B6470", "#A9B1BC"),
    "line": ("#D5D9DF", "#3F454D"),
    "pass": ("#0072B2", "#6CB8EC"),
    "fail": ("#B34700", "#FF9D5C"),
    "kink": ("#8A2F63", "#E5A3CB"),
    "inconclusive": ("#5B6470", "#A9B1BC"),
    "pass-cell": ("#E3F0F8", "#1F3443"),
    "fail-cell": ("#D95F0E", "#D95F0E"),
    "kink-cell": ("#F1DDE8", "#47293A"),
    "inconclusive-cell": ("#E5E7EB", "#3A4048"),
}
"""The colours, in light and in dark; those of text have a contrast of at least 4.5 to 1."""

HOST = {
    "paper": "var(--jp-layout-color0,var(--vscode-editor-background,{}))",
    "ink": "var(--jp-content-font-color1,var(--vscode-editor-foreground,{}))",
}
"""The colours that are taken from a notebook, if it has them."""
LIGHT = ('[data-jp-theme-light="true"]', ".vscode-light", ".vscode-high-contrast-light", '[data-theme="light"]')
DARK = (
    '[data-jp-theme-light="false"]', ".vscode-dark", ".vscode-high-contrast:not(.vscode-high-contrast-light)",
    '[data-theme="dark"]', 'html[theme="dark"]',
)  # fmt: skip
"""Signs of the theme: of JupyterLab, VS Code, Sphinx and Colab.  Without one, the system's preference counts."""


RULES = """
table { border-collapse: collapse; border: 0; margin: 6px 0; table-layout: auto; font-size: 13px; color: inherit }
thead { border: 0 }
tr:nth-child(n) { background: none }
th, td { text-align: left; vertical-align: top; padding: 2px 14px 2px 0; border: 0; white-space: nowrap }
tr > th { font-weight: 600; color: var(--gc-faint); border-bottom: 1px solid var(--gc-line) }
td { font-family: var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace) }
td:first-child, td.verdict { white-space: normal; overflow-wrap: anywhere; min-width: 3em; max-width: 20em }
td.verdict { font-family: inherit; min-width: 9em; max-width: 36em }
.head { font-size: 14px }
.detail { padding-left: 1.5em }
.faint, .legend { color: var(--gc-faint) }
.maps, .slices, .legend { display: flex; flex-wrap: wrap; gap: 4px 28px }
.slices, .legend { gap: 2px 18px }
.caption { max-width: 18em; overflow-wrap: anywhere }
.legend { margin: 2px 0 8px }
svg { vertical-align: middle }
svg text { font-size: 10px; fill: var(--gc-faint) }
.sign { fill: none; stroke: var(--gc-ink); stroke-width: 1.6 }
.sign.unchecked-sign { stroke: var(--gc-faint); stroke-width: .6 }
.grid { stroke: var(--gc-paper) }
.unchecked-cell { fill: none }
"""
"""The rules for what is inside the report, one per line."""


def _style() -> str:
    """The style sheet: light colours, or where browsers know ``light-dark()``, those of the theme."""
    colours = [f"--gc-{name}: {colour}" for name, (colour, _) in PALETTE.items()]
    themed = [
        f"--gc-{name}: {HOST.get(name, '{}').format(f'light-dark({light}, {dark})')}"
        for name, (light, dark) in PALETTE.items()
    ]
    fonts = "13px/1.5 var(--jp-ui-font-family, system-ui, Helvetica, Arial, sans-serif)"
    box = [*colours, "color-scheme: light dark", f"font: {fonts}", "padding: 8px 10px"]
    rules = [*RULES.strip().splitlines()]
    for verdict in SIGNS:
        rules += [f".{verdict} {{ color: var(--gc-{verdict}); font-weight: 600; white-space: nowrap }}"]
        rules += [f".{verdict}-cell {{ fill: var(--gc-{verdict}-cell) }}"]
    return "\n".join(
        [
            f"{BOX} {{ {'; '.join(box)}; color: var(--gc-ink); background: var(--gc-paper) }}",
            f"@supports (color: light-dark(red, red)) {{ {BOX} {{ {'; '.join(themed)} }} }}",
            *(f"{sign} {BOX} {{ color-scheme: light }}" for sign in LIGHT),
            *(f"{sign} {BOX} {{ color-scheme: dark }}" for sign in DARK),
            *map(_scoped, rules),
        ]
    )


def _scoped(rule: str) -> str:
    """A rule for elements inside the report alone."""
    selectors, declarations = rule.split(" {", 1)
    return f"{', '.join(f'{BOX} {selector}' for selector in selectors.split(', '))} {{{declarations}"


STYLE = _style()
"""The style sheet of a report."""
