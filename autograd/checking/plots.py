"""Plots of a gradient check: an array as a map of its relative errors, a number as the errors of its differences.

The error of a central difference over its step is the classic curve with two branches: rounding in f, divided by the
step, on the left, and the bending of f, which grows with the square of the step, on the right.  At a kink the secants
to the left and to the right are shown instead; they lead to two slopes.

The figures are made without pyplot, so that no state of Matplotlib changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.checking.error_maps import SEVERITY, UNCHECKED, ErrorMap, error_maps
from autograd.checking.verdicts import CAUGHT, InputCheck, Verdict
from autograd.formula.typesetting import number, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from autograd.checking.report import ArrayCheck, Report

__all__ = ["Differences", "central_differences", "plotted"]

BLUE, ORANGE, GREY, PALE = "#0072B2", "#C2570C", "#666666", "#DCE9F2"
ERRORS = "Oranges"
"""The colour map of errors: the darker, the larger."""
DECADES = 16
"""Powers of ten of the smallest step, relative to the input."""
PER_DECADE = 8
"""Steps for each power of ten; every step takes two calls."""
MAX_SLICES = 4
"""Slices of an array that are drawn."""
MAX_MARKS = 400
"""Entries up to which those that are not right have a sign on them."""
MARKS: dict[Verdict, tuple[str, str]] = {
    "fail": ("x", "wrong"),
    "kink": ("^", "at a kink"),
    "inconclusive": ("$?$", "inconclusive"),
}
"""The marks on entries that are not right, and the words for them."""
MAX_NAMES = 8
"""Names that a message lists."""


def plotted(report: Report, name: str) -> Figure:
    """The figure of an input of the report, as described in `Report.plot`."""
    array = report.arrays.get(name)
    if array and array.shape:
        return _map_figure(report, array)
    if name not in report.inputs:
        raise ValueError(_unknown(report, name))
    if not report.is_revealed:
        raise ValueError(f"the curve of {name} shows the right answer, which a report with reveal=False conceals")
    check = report.inputs[name]
    if check.slopes.reason:
        raise ValueError(f"there is no derivative of {name} to compare differences with: {check.slopes.reason}")
    if report.along is None:
        raise ValueError(
            f"a report that was unpickled cannot call the function of {name}: repeat the check, and plot it"
        )
    return _curve_figure(report, check) if check.slopes.kind == "smooth" else _secants_figure(report, check)


def _unknown(report: Report, name: str) -> str:
    """The message about a name that is not in the report."""
    if not report.arrays:
        return (
            f"a report on {report.kind}s has no plots; check a function with inputs, such as gradcheck(f, {{'w': 0.5}})"
        )
    if name in report.at:
        return (
            f"{name} was not checked, only a sample of its array was: call gradcheck without sample=, or plot another"
        )
    names = [*islice(report.arrays, MAX_NAMES), *["…"] * (len(report.arrays) > MAX_NAMES)]
    close = get_close_matches(name, [*report.arrays, *islice(report.inputs, 1000)], 1)
    entry = next((check.name for array in report.arrays.values() if array.shape for check in array.checks), "")
    advice = f"; did you mean {close[0]}?" if close else f"; an entry of an array is written {entry}" if entry else ""
    return f"there is no input {shortened(str(name))!r} in the report; the inputs are {', '.join(names)}{advice}"


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
    import numpy as np

    steps = _steps(at, DECADES)
    return Differences(steps, np.array([(_called(f, at + h) - _called(f, at - h)) / (2 * h) for h in steps.tolist()]))


def _steps(at: float, decades: int) -> Any:
    import numpy as np

    return (abs(at) or 1.0) * np.logspace(-decades, 0, decades * PER_DECADE + 1)


def _called(f: Callable[[float], float], x: float) -> float:
    try:
        return f(x)
    except Exception:  # outside its domain a function may fail in many ways
        return nan


def _curve_figure(report: Report, check: InputCheck) -> Figure:
    """The error of central differences over the step, and how well the check itself knows the derivative."""
    import numpy as np

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
        ax.plot(
            steps[best], max(errors[best], floor), "o", color="black", markersize=9, fillstyle="none", label="best step"
        )  # fmt: skip
        _draw_branches(ax, steps, errors)
    if check.verdict == "fail" and isfinite(check.grad):
        off = abs(check.grad - check.numeric) / size
        ax.axhline(off, color=ORANGE, linestyle="-.", label="error of your gradient")
    ax.set_ylim(bottom=floor)
    figure.legend(loc="outside lower center", ncols=2, fontsize="small")
    return figure


def _draw_branches(ax: Axes, steps: Any, errors: Any) -> None:
    """The two laws that the errors follow, each where there are enough of them."""
    import numpy as np

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
                law = np.exp(np.median(y - power * x)) * steps[part] ** power
                ax.plot(steps[part], law, style, color="black", linewidth=1.5, label=label, zorder=3)


def _secants_figure(report: Report, check: InputCheck) -> Figure:
    """The slopes of the secants on both sides of a kink, a jump or a vertical tangent, over the step."""
    import numpy as np

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
    maps = list(error_maps(array))
    wrong = [m for m in maps if (m.verdicts == SEVERITY.index("fail")).any()]
    drawn = (wrong or maps)[:MAX_SLICES]
    rows, columns = drawn[0].shape
    width = min(max(2.4, 0.4 * columns), 6.4 if len(drawn) == 1 else 3.2)
    figure, axes = _figure(len(drawn), (width * len(drawn) + 1.8, min(max(1.7, 0.4 * rows), 5) + 1.2))
    for ax, m in zip(axes, drawn, strict=True):
        image = _draw_map(ax, m, report.is_revealed)
        ax.set_title(f"{_plain(array.name)}{m.place}" if m.place else "", fontsize="medium")
    left_out = len(wrong or maps) - len(drawn)
    slices = f"slice{'s' * (left_out != 1)}{' with wrong entries' * bool(wrong)}"
    more = f" (… and {left_out:,} more {slices})" if left_out else ""
    figure.suptitle(f"{_plain(array.name)}: {len(array.wrong):,} of {array.checked:,} entries wrong{more}")
    if report.is_revealed:
        location = "bottom" if drawn[0].is_row else "right"
        bar = figure.colorbar(image, ax=axes, location=location, extend="both", label="relative error")
        bar.set_ticks([1e-6, 1e-4, 1e-2, 1.0], labels=["0.0001 %", "0.01 %", "1 %", "100 %"])
        bar.minorticks_off()
    figure.legend(handles=list(_signs(drawn)), loc="outside lower center", ncols=4, fontsize="small")
    return figure


def _signs(maps: Sequence[ErrorMap]) -> Iterator[Any]:
    """The legend of the signs that occur in some maps."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    places = {int(place) for m in maps for place in m.verdicts.flat}
    for verdict, (marker, words) in MARKS.items():
        if SEVERITY.index(verdict) in places:
            yield Line2D([], [], marker=marker, color="black", markersize=5, linestyle="", label=words)
    if UNCHECKED in places:
        yield Patch(facecolor="white", edgecolor=GREY, hatch="////", label="not checked")


def _draw_map(ax: Axes, m: ErrorMap, is_revealed: bool) -> Any:
    """A matrix with its errors by colour, lines around the wrong ones, and hatching where nothing was checked."""
    import numpy as np
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import MaxNLocator

    wrong, is_checked = m.verdicts == SEVERITY.index("fail"), m.verdicts >= 0
    errors = np.maximum(m.errors if is_revealed else wrong, CAUGHT)
    rows, columns = m.shape
    ax.patch.set(hatch="////", edgecolor=GREY, linewidth=0)
    is_narrow = max(rows, columns) > 12 * min(rows, columns)
    shades = np.ma.masked_where(~is_checked, np.nan_to_num(np.minimum(errors, 1.0), nan=CAUGHT))
    image = ax.imshow(
        shades, cmap=ERRORS, norm=LogNorm(CAUGHT, 1.0), aspect="auto" if is_narrow else "equal", interpolation="nearest"
    )
    width = min(1.5, 150 / max(m.shape))  # not wider than the entries
    ax.add_collection(LineCollection(_outline(wrong), colors="black", linewidths=width, clip_on=False))
    if m.verdicts.size <= MAX_MARKS:
        for verdict, (marker, _) in MARKS.items():
            y, x = np.nonzero(m.verdicts == SEVERITY.index(verdict))
            ax.plot(x, y, marker=marker, color="black", markersize=5, linestyle="")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="index" if m.is_row else "column", ylabel="" if m.is_row else "row")
    if m.is_row:
        ax.set_yticks([])
    return image


def _outline(wrong: Any) -> list[Any]:
    """The sides between entries that are wrong and others."""
    import numpy as np

    padded = np.pad(wrong, 1)
    across, down = np.diff(padded, axis=0)[:, 1:-1].nonzero(), np.diff(padded, axis=1)[1:-1].nonzero()
    return [
        *([(x - 0.5, y - 0.5), (x + 0.5, y - 0.5)] for y, x in zip(*across, strict=True)),
        *([(x - 0.5, y - 0.5), (x - 0.5, y + 0.5)] for y, x in zip(*down, strict=True)),
    ]


# --- Figures ----------------------------------------------------------------------------------------


def _figure(panels: int, size: tuple[float, float]) -> tuple[Figure, Sequence[Axes]]:
    """A figure with axes side by side."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("plots need Matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(1, panels, squeeze=False)[0]


def _plain(name: str) -> str:
    """A name as it is shown, without what Matplotlib would read as a formula."""
    return shortened(name).replace("$", r"\$")
