"""Plots of learning: data and predictions, curves over the epochs, the landscape of the loss, boundaries of classes.

Every function draws into the Matplotlib Axes `ax`, or into new ones, and returns them.  Lines of different colours
differ in style or marker as well, so that the plots can be read in grey.

They need Matplotlib: ``pip install matplotlib``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Value
from autograd.extend import derivative, number, shown
from neuron.landscape import Landscape, Loss
from neuron.models.neuron import Model
from neuron.models.samples import as_arrays
from neuron.training.history import History
from neuron.training.objective import Penalty

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "accuracy_curves",
    "decision_boundary",
    "fitted_line",
    "learning_rates",
    "loss_curves",
    "loss_surface",
    "tangents",
]

Array = NDArray[np.float64]

BLUE, ORANGE, GREY = "#0072B2", "#C2570C", "#666666"
SHADES = "Greys"
"""The colour map of losses: the darker, the larger."""
GRID = 60
"""The number of points along each side of a surface."""


def fitted_line(
    model: Model, X: ArrayLike, y: ArrayLike, *, limits: tuple[float, float] | None = None, ax: Axes | None = None
) -> Axes:
    """The samples, the line (or curve) that the model predicts, and the errors between them.

    The line goes a little beyond the samples, or as far as the `limits` of x.  Raises ValueError for a model
    that has more than one input.

    >>> from neuron import Neuron
    >>> fitted_line(Neuron(1, None, weights=[2.0], bias=1.0), [0, 1, 2], [1.2, 2.9, 5.1]).get_ylabel()
    'y'
    """
    if model.nin != 1 or model.nout != 1:
        raise ValueError(f"fitted_line draws a model of one input and one output, not {model!r}")
    inputs, targets = as_arrays(X, y, model)
    ax = _axes(ax)
    xs = inputs[:, 0]
    along = np.linspace(*(_wider(xs.min(), xs.max(), 0.08) if limits is None else limits), 200)
    errors = np.abs(model.predict(xs) - targets)
    label = "error" if errors.max() > 0.01 * np.ptp(targets) else ""  # not in the legend if too short to be seen
    ax.vlines(xs, targets, model.predict(xs), color=GREY, linewidth=1, linestyle=":", label=label)
    ax.plot(along, model.predict(along), color=BLUE, label="prediction ŷ")
    ax.plot(xs, targets, "o", color=ORANGE, markeredgecolor="black", label="target y")
    ax.set(xlabel="x", ylabel="y")
    ax.legend()
    return ax


def loss_curves(history: History, *, ax: Axes | None = None) -> Axes:
    """The loss over the epochs, for training and (dashed) validation samples.

    The axis is logarithmic if the loss is positive throughout and falls or grows a hundredfold.
    """
    ax = _curves(history.loss, history.validation_loss, "loss", ax)
    losses = [loss for loss in (*history.loss, *history.validation_loss) if np.isfinite(loss)]
    if min(losses) > 0 and max(losses) > 100 * min(losses):
        ax.set_yscale("log")
    return ax


History.plot = loss_curves


def accuracy_curves(history: History, *, ax: Axes | None = None) -> Axes:
    """The metric of the history over the epochs, for training and (dashed) validation samples.

    The axis is labelled with the name of the metric.  Raises ValueError for a history without one.
    """
    if not history.metric:
        raise ValueError('this history has no accuracy: call fit(..., metric="accuracy")')
    return _curves(history.metric, history.validation_metric, history.metric_name, ax)


def loss_surface(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    history: History | None = None,
    loss: Loss = "mse",
    penalty: Penalty | None = None,
    reduction: str = "mean",
    over: Sequence[Value] | None = None,
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The loss over two parameters, and the path of a training on it.

    `over` are two parameters of the model (if it has no others they need not be named); the others keep their
    values.  `history` is that of a `fit` of such a model with ``record_parameters=True``; a parameter that did not
    learn stays where it is.  `loss`, `penalty` and `reduction` are those of `fit`.  `limits` are the ranges of the
    two parameters; by default they contain the path.  Draws lines of equal loss, or a surface if `ax` is a 3D Axes.

    Raises ValueError if there are not two parameters, or the history did not record them or is of another model.
    """
    chosen = model.parameters() if over is None else list(over)
    labels = [_name(parameter) for parameter in chosen]
    if len({id(parameter) for parameter in chosen}) != 2:
        raise ValueError(f"loss_surface draws the loss over two parameters, such as over=(n.w[0], n.b), not {labels}")
    landscape = Landscape(model, chosen, X, y, loss, reduction, penalty)
    path = np.empty((0, 2)) if history is None else landscape.path(history)
    first, second = _around(np.vstack([path, landscape.start])) if limits is None else limits
    P, Q = np.meshgrid(np.linspace(*first, GRID), np.linspace(*second, GRID))
    heights = landscape.heights(np.column_stack([P.ravel(), Q.ravel()])).reshape(P.shape)
    ax = _axes(ax)
    if hasattr(ax, "plot_surface"):
        _draw_surface(ax, P, Q, heights)
        path = np.column_stack([path, landscape.heights(path)])
    else:
        _draw_contours(ax, P, Q, heights)
    if len(path):
        _draw_path(ax, path)
        ax.legend()
    ax.set(xlabel=labels[0], ylabel=labels[1])
    return ax


def tangents(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    loss: Loss = "mse",
    reduction: str = "mean",
    over: Value | None = None,
    at: Sequence[float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The loss over one parameter, with tangents: their slopes are the gradients, derived by the engine.

    `over` is the parameter, by default the first weight; the others keep their values.  `at` are the
    points of tangency, by default the current value and one on each side of it.
    """
    parameter = model.parameters()[0] if over is None else over
    landscape = Landscape(model, [parameter], X, y, loss, reduction)
    now = parameter.data
    touching = [now - max(1.0, abs(now)), now, now + max(1.0, abs(now))] if at is None else list(at)
    name = _name(parameter)
    low, high = _wider(min([now, *touching]), max([now, *touching]), 0.25)
    along = np.linspace(low, high, 200)
    curve = landscape.heights(along[:, np.newaxis])
    ax = _axes(ax)
    ax.plot(along, curve, color=BLUE, label="loss L")
    length = 0.12 * (high - low)
    styles = cycle([("--", ORANGE), ("-.", "black"), (":", GREY)])
    for point, (style, color) in zip(touching, styles, strict=False):
        height, (slope,) = landscape.height_and_slopes(np.array([point]))
        ends = np.array([point - length, point + length])
        slope_label = f"{derivative('L', name)} = {number(slope)} at {name} = {number(float(point))}"
        ax.plot(ends, height + slope * (ends - point), style, color=color, linewidth=2, label=slope_label)
        ax.plot([point], [height], "o", color="black", markersize=4)
    ax.set(xlabel=name, ylabel="loss L")
    ax.legend()
    return ax


def learning_rates(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    lrs: Sequence[float],
    *,
    loss: Loss = "mse",
    reduction: str = "mean",
    over: Value | None = None,
    epochs: int = 8,
    axes: Sequence[Axes] | None = None,
) -> NDArray[Any]:
    """Descents on the loss over one parameter, one panel per learning rate: too small, right, too large.

    Only the parameter `over`, by default the first weight, is trained; the model itself is left as it is.
    Returns the array of the panels' Axes.
    """
    parameter = model.parameters()[0] if over is None else over
    lrs = list(lrs) if isinstance(lrs, Iterable) else []
    if not lrs:
        raise ValueError("learning_rates needs at least one learning rate: write a list such as [0.01, 0.1, 1]")
    landscape = Landscape(model, [parameter], X, y, loss, reduction)
    paths = [landscape.descent(lr, epochs) for lr in lrs]
    heights = [landscape.heights(path) for path in paths]
    best = float(paths[int(np.argmin([height[-1] for height in heights]))][-1, 0])
    reach = 1.8 * (abs(parameter.data - best) or 1.0)
    along = np.linspace(best - reach, best + reach, 200)
    panels = _panels(len(lrs)) if axes is None else np.ravel(axes)  # type: ignore[arg-type]
    if len(panels) != len(lrs):
        raise ValueError(f"learning_rates needs as many Axes as learning rates, {len(lrs)}, not {len(panels)}")
    curve = landscape.heights(along[:, np.newaxis])
    for ax, lr, path, height in zip(panels, lrs, paths, heights, strict=True):
        ax.plot(along, curve, color=GREY, linewidth=1)
        ax.plot(path, height, color=BLUE, marker="o", markersize=4)
        ends = f"{number(float(height[0]), 3)} → {number(float(height[-1]), 3)}"
        ax.set_title(f"learning rate {lr:g}\nloss {ends} in {len(path) - 1} epochs", fontsize=11)
        ax.set(xlabel=_name(parameter), ylabel="loss L")
        ax.set(xlim=(along[0], along[-1]), ylim=(curve.min() - 0.05 * np.ptp(curve), curve.max()))
        ax.label_outer()
    return panels


def decision_boundary(
    model: Model, X: ArrayLike, y: ArrayLike, *, threshold: float | None = None, ax: Axes | None = None
) -> Axes:
    """The plane of two inputs, shaded by the class that the model predicts, and the samples.

    The targets are two labels, such as 0 and 1.  The boundary is where the prediction is halfway between them, or
    at the `threshold`, which is 0 for a model that was trained to predict logits.
    Raises ValueError unless the model has two inputs and one output, and there are two labels.
    """
    if model.nin != 2 or model.nout != 1:
        raise ValueError(f"decision_boundary draws a model of two inputs and one output, not {model!r}")
    inputs, targets = as_arrays(X, y, model)
    labels = np.unique(targets)
    if len(labels) != 2:
        raise ValueError(f"decision_boundary draws two classes, but y has the labels {labels.tolist()[:5]}")
    (left, right), (bottom, top) = (_wider(*ends, 0.15) for ends in zip(inputs.min(0), inputs.max(0), strict=True))
    P, Q = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    scores = model.predict(np.column_stack([P.ravel(), Q.ravel()])).reshape(P.shape)
    ax, middle = _axes(ax), float(labels.mean()) if threshold is None else threshold
    levels = [min(scores.min(), middle) - 1, middle, max(scores.max(), middle) + 1]
    ax.contourf(P, Q, scores, levels, colors=["#FCF1E9", "#A3C8E0"])
    if scores.min() < middle < scores.max():
        ax.contour(P, Q, scores, levels=[middle], colors="black", linewidths=1.5)
    for label, marker, color in zip(labels, "o^", (ORANGE, BLUE), strict=True):
        ax.plot(
            *inputs[targets == label].T, marker, color=color, markeredgecolor="black", markeredgewidth=0.5,
            label=f"y = {label:g}",
        )  # fmt: skip
    ax.set(xlabel="x[0]", ylabel="x[1]")
    ax.legend()
    return ax


def _axes(ax: Axes | None) -> Axes:
    return _panels(1)[0] if ax is None else ax


def _panels(count: int) -> NDArray[Any]:
    """New Axes side by side."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("plots need Matplotlib: pip install matplotlib") from None
    size = (6.4, 4.4) if count == 1 else (3.6 * count, 3.4)
    return pyplot.subplots(1, count, figsize=size, layout="constrained", squeeze=False)[1][0]  # type: ignore[no-any-return]


def _draw_surface(ax: Any, P: Array, Q: Array, heights: Array) -> None:
    ax.computed_zorder = False  # the path lies on the surface, not behind it
    ax.plot_surface(P, Q, heights, cmap=SHADES, alpha=0.8, edgecolor=GREY, linewidth=0.2, rcount=20, ccount=20)
    ax.set_zlabel("loss")


def _draw_contours(ax: Axes, P: Array, Q: Array, heights: Array) -> None:
    levels = heights.min() + (np.ptp(heights) or 1.0) * np.linspace(0, 1, 13) ** 2
    ax.contourf(P, Q, heights, levels, cmap=SHADES, alpha=0.5)
    lines = ax.contour(P, Q, heights, levels[1:-1], colors=GREY, linewidths=0.7)
    ax.clabel(lines, levels[1:-1:2], fmt=_short, fontsize=8)


def _draw_path(ax: Axes, path: Array) -> None:
    """A line along the points, in two or three dimensions, a ring at its start and a star at its end."""
    ax.plot(*path.T, color=BLUE, marker="." if len(path) <= 60 else None, label="path of descent")
    ax.plot(*path[:1].T, color="black", marker="o", fillstyle="none", linestyle="", label="its start")
    ax.plot(*path[-1:].T, color=ORANGE, marker="*", markersize=12, linestyle="", label="its end")


def _curves(training: Sequence[float], validation: Sequence[float], name: str, ax: Axes | None) -> Axes:
    if not training:
        raise ValueError("this history is empty")
    ax = _axes(ax)
    ax.plot(training, "-", color=BLUE, label="training")
    if validation:
        ax.plot(validation, "--", color=ORANGE, label="validation")
    ax.set(xlabel="epoch", ylabel=name)
    ax.legend()
    return ax


def _name(parameter: Value) -> str:
    """The name of a parameter without what Matplotlib would read as a formula."""
    return shown(parameter).replace("$", r"\$") if parameter.label else "p"


def _around(points: Array) -> list[tuple[float, float]]:
    """Ranges about twice as wide as the points are spread; for a single point its surroundings."""
    low, high = points.min(0), points.max(0)
    size = np.where(high > low, high - low, np.maximum(1.0, np.abs(low)))
    return list(zip(low - 0.5 * size, high + 0.5 * size, strict=True))


def _short(level: float) -> str:
    return f"{level:,.0f}" if abs(level) >= 100 else number(level, 2)


def _wider(low: float, high: float, share: float) -> tuple[float, float]:
    margin = share * ((high - low) or max(1.0, abs(low)))
    return low - margin, high + margin
