"""Plots of a gradient check: an array as a map of its relative errors, a number as the errors of its differences.

The error of a central difference over its step is the classic curve with two branches: rounding in f, divided by the
step, on the left, and the bending of f, which grows with the square of the step, on the right.  At a kink the secants
to the left and to the right are shown instead; they lead to two slopes.

The figures are made without pyplot, so that no state of Matplotlib changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from io import BytesIO
from itertools import islice
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.checking.reports.error_maps import KINDS, ErrorMap, Kind, error_maps
from autograd.checking.verdicts import CAUGHT, InputCheck
from autograd.extensions.files import write
from autograd.formula.typesetting import number, shortened

try:
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LinearSegmentedColormap, LogNorm
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.ticker import MaxNLocator
except ImportError:
    raise ImportError("plots need Matplotlib: pip install matplotlib") from None

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from autograd.checking.reports.report import ArrayCheck, Report

__all__ = ["Differences", "NotebookFigure", "central_differences", "plotted"]

BLUE, ORANGE, GREY, PALE = "#0072B2", "#C2570C", "#666666", "#DCE9F2"
ERRORS = ["#FBEADD", "#D95F0E"]
"""The colours of the smallest and of the largest errors that are wrong."""
DECADES = 16
"""Powers of ten between the smallest step and the input itself."""
PER_DECADE = 8
"""Steps per power of ten; every step takes two calls."""
MAX_SLICES = 4
"""Slices of an array that are drawn."""
MAX_SIDE = 40
"""Cells along one side of a map; in each of several slices half as many."""
MARKS: dict[Kind, tuple[str, str]] = {
    "fail": ("x", "wrong"),
    "kink": ("^", "at a kink"),
    "inconclusive": ("$?$", "inconclusive"),
}
"""The marks on entries that are not right, and the words for them."""
MAX_NAMES = 8
"""Names that a message lists."""
MAX_ENTRIES = 1000
"""Entries among which a message looks for the one that was meant."""


def plotted(report: Report, name: str) -> Figure:
    """The figure of an input of the report, as described in `Report.plot`."""
    if not report.arrays:
        raise ValueError("only the check of a function with inputs can be plotted, such as gradcheck(f, {'w': 0.5})")
    array = report.arrays.get(name)
    if array and array.shape:
        return _map_figure(report, array)
    if name not in report.inputs:
        raise ValueError(_unknown(report, name))
    check, shown = report.inputs[name], shortened(name)
    if not report.is_revealed:
        raise ValueError(f"the plot of {shown} would show the right answer, which reveal=False conceals")
    if check.slopes.reason:
        raise ValueError(f"{shown} has no numerical derivative to be plotted: {check.slopes.reason}")
    if report.along is None:
        raise ValueError(
            f"the plot of {shown} calls the function, which a report loses when it is pickled: check again"
        )
    return _curve_figure(report, check) if check.slopes.kind == "smooth" else _secants_figure(report, check)


def _unknown(report: Report, name: str) -> str:
    """The message about a name that is not in the report."""
    if name in report.at:
        return f"{shortened(name)} is not in the sample that was checked: leave out sample=, or choose another entry"
    names = [*map(shortened, islice(report.arrays, MAX_NAMES)), *["…"] * (len(report.arrays) > MAX_NAMES)]
    close = get_close_matches(name, [*report.arrays, *islice(report.inputs, MAX_ENTRIES)], 1)
    entry = next(
        (shortened(check.name) for array in report.arrays.values() if array.shape for check in array.checks), ""
    )
    advice = f"; an entry of an array is written {entry}" if entry else ""
    advice = f"; did you mean {shortened(close[0])}?" if close else advice
    return f"there is no input {shortened(name)!r}; the inputs are {', '.join(names)}{advice}"


# --- A number ---------------------------------------------------------------------------------------


class Differences(NamedTuple):
    """Central differences: the `steps`, from small to large, and the `slopes` that they give."""

    steps: Any
    slopes: Any


def central_differences(f: Callable[[float], float], at: float) -> Differences:
    """The central differences of `f` at a point; nan where f is not defined.

    >>> from math import sin
    >>> steps, slopes = central_differences(sin, 0.0)
    >>> errors = abs(slopes - 1)
    >>> bool(errors.min() < 1e-10 < errors[-1])
    True
    """
    steps = _steps(at, DECADES)
    return Differences(steps, np.array([(_called(f, at + h) - _called(f, at - h)) / (2 * h) for h in steps.tolist()]))


def _steps(at: float, decades: int) -> Any:
    return (abs(at) or 1.0) * np.logspace(-decades, 0, decades * PER_DECADE + 1)


def _called(f: Callable[[float], float], x: float) -> float:
    try:
        return f(x)
    except Exception:  # outside its domain a function may fail in many ways
        return nan


def _curve_figure(report: Report, check: InputCheck) -> Figure:
    """The error of central differences over the step, and how well the check itself knows the derivative."""
    assert report.along is not None
    steps, slopes = central_differences(report.along(check.name), report.at[check.name])
    size = abs(check.numeric) or 1.0  # a derivative of zero has no relative errors
    errors = np.abs(slopes - check.numeric) / size
    steps, errors = steps[np.isfinite(errors)], errors[np.isfinite(errors)]
    bound = check.error / size
    visible = [error for error in (*errors, bound) if error > 0]
    floor = min([1e-16, *visible]) / 3
    figure, (ax,) = _figure(1, (6.4, 4.4))
    ax.set(xscale="log", yscale="log", xlabel="step h", ylabel="relative error" if check.numeric else "error")
    ax.set_title(f"The derivative with respect to {_plain(check.name)}, by central differences")
    if bound > 0:
        source = report.source.partition(" (")[0]
        ax.axhspan(floor, bound, color=PALE, label=f"error bound of the check, by {source}", zorder=0)
    if check.slopes.step:
        ax.axvline(check.slopes.step, color=BLUE, linestyle=":", label="smallest step that the check relies on")
    if len(errors):
        ax.plot(steps, np.maximum(errors, floor), ".-", color=BLUE, linewidth=1, label="(f(x + h) - f(x - h)) / 2h")
    if errors.any():
        best = int(np.argmin(errors))
        ring: dict[str, Any] = {"marker": "o", "fillstyle": "none", "markersize": 9, "linestyle": "", "clip_on": False}
        ax.plot(steps[best], max(errors[best], floor), color="black", label="best step", **ring)
        _draw_branches(ax, steps, errors)
    if check.verdict == "fail" and isfinite(check.grad):
        off = abs(check.grad - check.numeric) / size
        ax.axhline(off, color=ORANGE, linestyle="-.", label="error of your gradient")
    ax.set_ylim(bottom=floor)
    figure.legend(loc="outside lower center", ncols=2, fontsize="small")
    return figure


def _draw_branches(ax: Axes, steps: Any, errors: Any) -> None:
    """The two laws that the errors follow, each where there are enough of them."""
    best = int(np.argmin(errors))
    place, is_seen = np.arange(len(steps)), errors > 0
    laws = (
        ("rounding, like 1/h", ":", -1, is_seen & (place < best) & (errors < 0.1)),
        ("truncation, like h²", "--", 2, is_seen & (place > best) & (errors > 30 * errors[best])),
    )
    for label, style, power, part in laws:
        if part.sum() >= 3 * PER_DECADE // 2:
            x, y = np.log(steps[part]), np.log(errors[part])
            if abs(np.polyfit(x, y, 1)[0] - power) < 0.5:
                ends = x[[0, -1]]
                law = np.exp(np.median(y - power * x) + power * ends)
                ax.plot(np.exp(ends), law, style, color="black", linewidth=1.5, label=label, zorder=3)


def _secants_figure(report: Report, check: InputCheck) -> Figure:
    """The slopes of the secants on both sides of a kink, a jump or a vertical tangent, over the step."""
    assert report.along is not None
    f, at, kind = report.along(check.name), report.at[check.name], check.slopes.kind
    steps, here = _steps(at, DECADES // 2), _called(f, at)
    figure, (ax,) = _figure(1, (6.4, 4.4))
    ax.set(xscale="log", yscale="linear" if kind == "kink" else "symlog", xlabel="step h", ylabel="slope of the secant")
    for side, style, color, slope in (
        (-1, "--", ORANGE, check.slopes.left),
        (1, "-", BLUE, check.slopes.right),
    ):
        secants = np.array([(_called(f, at + side * h) - here) / (side * h) for h in steps.tolist()])
        ending = f", toward {number(slope)}" if isfinite(slope) and kind == "kink" else ""
        ax.plot(steps, secants, style, color=color, label=f"to the {'left' if side < 0 else 'right'}{ending}")
    if isfinite(check.grad):
        ax.axhline(check.grad, color="black", linestyle=":", label=f"your gradient, {number(check.grad)}")
    kinds = {"kink": "a kink", "jump": "a jump", "vertical": "a vertical tangent"}
    ax.set_title(f"{_plain(check.name)} = {number(at)} is at {kinds[kind]}: the slopes on its two sides")
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    return figure


# --- An array ---------------------------------------------------------------------------------------


def _map_figure(report: Report, array: ArrayCheck) -> Figure:
    """The relative errors of an array, or of its first slices that have wrong entries."""
    if not array.checks:
        raise ValueError(f"{array.name} has shape {array.shape}: it has no entries to be plotted")
    maps = list(error_maps(array))
    wrong = [m for m in maps if m.cells("fail")]
    chosen = (wrong or maps)[:MAX_SLICES]
    side = MAX_SIDE if len(chosen) == 1 else MAX_SIDE // 2
    drawn = [m.within(side * side, side) for m in chosen]
    rows, columns = drawn[0].kinds.shape
    width = min(max(2.4, 0.4 * columns), 6.4 if len(drawn) == 1 else 3.2)
    figure, axes = _figure(len(drawn), (width * len(drawn) + 1.8, min(max(1.2, 0.4 * rows), 5) + 1.6))
    for ax, m in zip(axes, drawn, strict=True):
        image = _draw_map(ax, m, report.is_revealed)
        ax.set_title(f"{_plain(array.name)}{m.place}" if m.place else "", fontsize="medium")
    left_out = len(wrong or maps) - len(drawn)
    words = [f"{len(array.wrong):,} of {array.checked:,} entries wrong", drawn[0].remark]
    if left_out:
        words.append(f"… and {left_out:,} more slice{'s' * (left_out != 1)}{' with wrong entries' * bool(wrong)}")
    figure.suptitle(f"{_plain(array.name)}: {'; '.join(filter(None, words))}", fontsize="medium")
    if wrong and report.is_revealed:
        location = "bottom" if drawn[0].is_row else "right"
        bar = figure.colorbar(image, ax=axes, location=location, label="relative error")
        bar.set_ticks([1e-6, 1e-4, 1e-2, 1.0], labels=["0.0001 %", "0.01 %", "1 %", "100 % or more"])
        bar.minorticks_off()
    figure.legend(handles=list(_legend(drawn)), loc="outside lower center", ncols=4, fontsize="small")
    return figure


def _draw_map(ax: Axes, m: ErrorMap, is_revealed: bool) -> Any:
    """A matrix with its errors by colour, lines around the wrong ones, and hatching where nothing was checked."""
    (rows, columns), (height, width), wrong = m.kinds.shape, m.block, m.kinds == KINDS.index("fail")
    errors = np.clip(m.errors, CAUGHT, 1.0) if is_revealed else np.ones(m.kinds.shape)
    shades = np.ma.masked_where(m.kinds == 0, np.where(wrong, errors, CAUGHT / 10))
    is_narrow = max(rows, columns) > 12 * min(rows, columns)
    image = ax.imshow(
        shades,
        cmap=LinearSegmentedColormap.from_list("errors", ERRORS).with_extremes(under=PALE),
        norm=LogNorm(CAUGHT, 1.0),
        aspect="auto" if is_narrow else "equal",
        interpolation="nearest",
        extent=(-0.5, columns * width - 0.5, rows * height - 0.5, -0.5),
    )
    ax.patch.set(hatch="////", edgecolor=GREY, linewidth=0)
    sides = (np.array(_outline(wrong)).reshape(-1, 2, 2) + 0.5) * (width, height) - 0.5
    ax.add_collection(LineCollection(list(sides), colors="black", linewidths=1.5, clip_on=False))
    for kind, (marker, _) in MARKS.items():
        y, x = ((np.array(m.cells(kind)).reshape(-1, 2) + 0.5) * m.block - 0.5).T
        ax.plot(x, y, marker=marker, color="black", markersize=4, linestyle="")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="index" if m.is_row else "column", ylabel="" if m.is_row else "row")
    if m.is_row:
        ax.set_yticks([])
    return image


def _legend(maps: Sequence[ErrorMap]) -> Iterator[Any]:
    """The handles of a legend of what occurs in some maps."""
    if any(m.cells("pass") for m in maps):
        yield Patch(facecolor=PALE, label="right")
    for kind, (marker, words) in MARKS.items():
        if any(m.cells(kind) for m in maps):
            yield Line2D([], [], marker=marker, color="black", markersize=4, linestyle="", label=words)
    if any(m.cells("unchecked") for m in maps):
        yield Patch(facecolor="white", edgecolor=GREY, hatch="////", label="not checked")


def _outline(wrong: Any) -> list[Any]:
    """The sides between entries that are wrong and others."""
    padded = np.pad(wrong, 1)
    across, down = np.diff(padded, axis=0)[:, 1:-1].nonzero(), np.diff(padded, axis=1)[1:-1].nonzero()
    return [
        *([(x - 0.5, y - 0.5), (x + 0.5, y - 0.5)] for y, x in zip(*across, strict=True)),
        *([(x - 0.5, y - 0.5), (x - 0.5, y + 0.5)] for y, x in zip(*down, strict=True)),
    ]


# --- Figures ----------------------------------------------------------------------------------------


class NotebookFigure(Figure):
    """A figure that shows itself in a notebook, also if pyplot was never imported there."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save the figure as Matplotlib does; if that fails, an existing file is as it was."""
        if not isinstance(fname, str | os.PathLike):
            super().savefig(fname, **options)
            return
        name, picture = os.fspath(fname), BytesIO()
        if not options.get("format"):
            stem, suffix = os.path.splitext(name)
            options["format"] = suffix[1:] or self.canvas.get_default_filetype()
            name = f"{stem}.{options['format']}"
        super().savefig(picture, **options)
        write(name, picture.getvalue())

    def _repr_png_(self) -> bytes:
        png = BytesIO()
        self.savefig(png, format="png")
        return png.getvalue()


def _figure(panels: int, size: tuple[float, float]) -> tuple[Figure, Sequence[Axes]]:
    """A figure with axes side by side."""
    figure = NotebookFigure(figsize=size, layout="constrained")
    return figure, figure.subplots(1, panels, squeeze=False)[0]


def _plain(name: str) -> str:
    """A name as it is shown, without what Matplotlib would read as a formula."""
    return shortened(name).replace("$", r"\$")
