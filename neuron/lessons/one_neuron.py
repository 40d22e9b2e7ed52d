"""The worked lesson: how one neuron learns from one sample.

Forward pass, backward pass by the chain rule, a three-way check of the gradients, a nudge, one update, and the graph.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from autograd import Constant, Value, draw, gradcheck, page
from autograd.extend import PAGES, check_picture_name, columns, expression, factor, marked, number, residues, save
from neuron import losses, plots
from neuron.choosing import choose
from neuron.closed_form import ACTIVATION_SLOPES, LOSS_SLOPES, Gradient, gradient
from neuron.lessons.lesson import check_different, check_plot_name, every, save_plot, table
from neuron.models.neuron import Neuron
from neuron.training.history import Epoch, History

__all__ = ["OneNeuron"]

NUDGE = 0.001


@dataclass
class OneNeuron:
    """One sample, one neuron, one step of gradient descent, explained line by line."""

    w: list[float]
    b: float
    x: list[float]
    y: float
    lr: float
    activation: str
    loss: str
    picture: str
    page: str | None = None
    steps: int = 1
    plot: str | None = None

    def __post_init__(self) -> None:
        if len(self.w) != len(self.x):
            raise ValueError(f"--w has {len(self.w)} and --x has {len(self.x)} numbers: one weight is needed per input")
        options = {"w": self.w, "b": [self.b], "x": self.x, "y": [self.y], "lr": [self.lr]}
        for option, numbers in options.items():
            if not all(map(math.isfinite, numbers)):
                raise ValueError(f"--{option} must be finite, not {' '.join(map(str, numbers))}")
        if not self.lr > 0:
            raise ValueError(f"the learning rate (--lr) must be positive, not {self.lr}")
        check_picture_name("--picture", self.picture)
        if self.page:
            check_picture_name("--page", self.page, PAGES)
        if self.steps < 1:
            raise ValueError(f"--steps must be at least 1, not {self.steps}")
        if self.plot:
            check_plot_name(self.plot)
        check_different({"--picture": self.picture, "--page": self.page, "--plot": self.plot})
        self.neuron = Neuron(len(self.w), self.activation, self.w, self.b)
        names = [weight.label.replace("w", "x") for weight in self.neuron.w if weight.label]
        self.inputs = [Constant(x, name) for x, name in zip(self.x, names, strict=True)]
        self.target = Constant(self.y, "y")
        self.loss_of = losses.with_name(self.loss)
        self.activation, self.loss = self.neuron.activation, self.loss_of.__name__  # of several spellings, the usual
        choose("loss", self.loss, LOSS_SLOPES)

    def forward(self) -> tuple[Value, Value]:
        """The prediction ŷ and the loss L."""
        y_hat = self.neuron(self.inputs)
        return y_hat, self.loss_of(y_hat, self.target).named("L")

    def lines(self) -> Iterator[str]:
        """The lesson, line by line; draws the graph at the end."""
        y_hat, L = self.forward()
        L.backward()
        by_hand = gradient(self.neuron.activation, self.loss_of.__name__, self.w, self.b, self.x, self.y)
        yield from self.forward_pass(y_hat, L)
        yield from self.chain_rule(y_hat, L)
        yield from self.three_way_check(L, by_hand)
        yield from self.nudge(L)
        yield from self.update(y_hat, L)
        yield from self.descent()
        chain = [self.neuron.w[0].label or "w", *(["h"] if self.activation != "linear" else []), "ŷ", "L"]
        yield ""
        yield from self.pictures(L, " → ".join(chain))

    def pictures(self, L: Value, chain: str) -> Iterator[str]:
        """The files with the picture and the page; without Graphviz, the lesson is still worth reading."""
        try:
            save(draw(L, wrt=self.neuron.w[0]), self.picture)
            yield f"The graph of {chain} is drawn in {self.picture}"
            if self.page:
                page(L, title="How one neuron learns").save(self.page)
                yield f"The interactive page is in {self.page}: open it in a browser"
        except RuntimeError as error:
            yield f"The graph of {chain} is not drawn: {error}"

    def forward_pass(self, y_hat: Value, L: Value) -> Iterator[str]:
        """Symbols and numbers, from the inputs to the loss."""
        yield "Forward pass: the prediction ŷ, and the loss L, which says how wrong it is"
        steps = [y_hat, L]
        if self.activation != "linear":
            steps.insert(0, y_hat.edges[0][0])
        zeros = residues(L)
        rows = [
            (f"{v.label} = {expression(v)}", expression(v, numbers=True), marked(number(v.data), v in zeros))
            for v in steps
        ]
        yield from columns(rows, " = ")

    def chain_rule(self, y_hat: Value, L: Value) -> Iterator[str]:
        """The chain rule for the weights and for the bias, in symbols and numbers."""
        yield ""
        yield "Backward pass: the chain rule, from the loss back to the parameters"
        dL_dy = L.gradients([y_hat])[0]
        rows = [("dL/dŷ", LOSS_SLOPES[self.loss].formula, number(dL_dy))]
        symbols, numbers = "dL/dŷ", factor(dL_dy)
        if self.activation != "linear":
            slope = y_hat.edges[0][1]
            rows += [("∂ŷ/∂h", ACTIVATION_SLOPES[self.activation].formula, number(slope))]
            symbols, numbers = "dL/dŷ · ∂ŷ/∂h", f"{numbers} · {factor(slope)}"
        last = "ŷ" if self.activation == "linear" else "h"
        for parameter, slope in zip(self.neuron.parameters(), [*self.inputs, 1.0], strict=True):
            p = parameter.label
            rows += [(f"∂{last}/∂{p}", getattr(slope, "label", "1"), number(float(slope)))]
            chain = f"{numbers} · {factor(float(slope))}"
            rows += [(f"dL/d{p}", f"{symbols} · ∂{last}/∂{p} = {chain}", number(parameter.grad or 0.0))]
        yield from columns(rows, " = ")

    def three_way_check(self, L: Value, by_hand: Gradient) -> Iterator[str]:
        """The engine's gradient beside the closed form and a numerical derivative."""
        yield ""
        yield "Check: the same gradient, computed in three ways"
        yield "  The closed form is derived by hand; the numerical derivative is measured by moving the parameter."
        parameters = {str(parameter.label): parameter for parameter in self.neuron.parameters()}
        closed = dict(zip(parameters, [*by_hand.weights, by_hand.bias], strict=True))
        report = gradcheck(L, parameters, closed_form=closed)
        yield from report.table("autograd", "dL/d")
        yield from (f"  {line}" for line in report.findings())

    def nudge(self, L: Value) -> Iterator[str]:
        """The change of the loss for a small change of the first weight: predicted by the gradient, and actual."""
        w = self.neuron.w[0]
        grad = w.grad or 0.0
        after = replace(self, w=[self.w[0] + NUDGE, *self.w[1:]]).forward()[1].data
        yield ""
        yield f"Nudge: raise {w.label} by {NUDGE} and see what the loss does"
        yield from columns(
            [
                ("predicted change of L", f"dL/d{w.label} · {NUDGE}", number(grad * NUDGE)),
                ("actual change of L", f"{after:.6g} - {_bracketed(L.data, '.6g')}", number(after - L.data)),
            ],
            " = ",
        )

    def update(self, y_hat: Value, L: Value) -> Iterator[str]:
        """One step against the gradient, and the prediction after it."""
        yield ""
        yield f"Update: one step against the gradient, learning rate {number(self.lr)}"
        rows, updated = [], []
        for parameter in self.neuron.parameters():
            grad = parameter.grad or 0.0
            updated.append(parameter.data - self.lr * grad)
            step = f"{number(parameter.data)} - {number(self.lr)}·{factor(grad)}"
            rows += [(f"{parameter.label} ← {step}", number(updated[-1]))]
        yield from columns(rows, " = ")
        if not all(map(math.isfinite, updated)):
            yield "  The step leads beyond what a float can hold. Try smaller numbers, or a smaller learning rate."
            return
        new_y_hat, new_L = replace(self, w=updated[:-1], b=updated[-1]).forward()
        new, old, target = (number(value) for value in (new_y_hat.data, y_hat.data, self.y))
        yield f"  new prediction ŷ = {new} (it was {old}, the target is {target})"
        yield f"  new loss       L = {marked(number(new_L.data), new_L in residues(new_L))} (it was {number(L.data)})"
        if self.activation != "linear" and L.data and y_hat.edges[0][1] == 0.0:
            h = number(y_hat.edges[0][0].data)
            state = "off" if self.activation == "relu" else "saturated"
            yield f"  The gradient is exactly 0, so nothing is learned: {self.activation} is {state} at h = {h}."
            yield "  Try other weights, smaller inputs, or --activation linear."
        if not new_L.data <= L.data:
            yield f"  The loss grew: the step was too long for this sample. Try a learning rate below {self.lr}."

    def descent(self) -> Iterator[str]:
        """More steps in the same way, if any were asked for: a table of some of them, and the plot of the loss."""
        if self.steps == 1 and not self.plot:
            return
        *names, b = [str(parameter.label) for parameter in self.neuron.parameters()]
        rows, problem = [], ""
        try:
            for step, (lesson, y_hat, L) in enumerate(self.trajectory()):
                rows.append((step, lesson.w, lesson.b, y_hat, L))
        except (ArithmeticError, ValueError) as error:
            problem = str(error)
        yield ""
        yield f"{len(rows) - 1} steps of gradient descent"
        shown = [rows[step] for step in every(max(1, len(rows) // 10), len(rows) - 1)]
        numbers = [
            (step, *map(number, (*w, b, y_hat.data)), marked(number(L.data), L in residues(L)))
            for step, w, b, y_hat, L in shown
        ]
        yield from table(["step", *names, b, "ŷ", "L"], numbers)
        if problem:
            yield f"  Step {len(rows)} fails: {problem}. Try a learning rate below {self.lr}."
        elif not rows[-1][-1].data <= rows[0][-1].data:
            yield f"  The loss grew from step to step. Try a learning rate below {self.lr}."
        if self.plot:
            history = History([Epoch(row[0], self.lr, row[-1].data, None, None, None, None) for row in rows])
            save_plot(self.plot, 1, lambda axes: plots.loss_curves(history, ax=axes[0]).set(xlabel="step"))
            yield f"  The plot of the loss is in {self.plot}"

    def trajectory(self) -> Iterator[tuple[OneNeuron, Value, Value]]:
        """The neuron before the first step and after each of the `steps`, with its prediction and its loss."""
        lesson = self
        for _ in range(self.steps):
            y_hat, L = lesson.forward()
            yield lesson, y_hat, L
            *slopes, slope = L.gradients(lesson.neuron.parameters())
            if not all(map(math.isfinite, (*slopes, slope))):
                raise OverflowError("a gradient is too large for a float")
            w = [weight - self.lr * slope for weight, slope in zip(lesson.w, slopes, strict=True)]
            lesson = replace(lesson, w=w, b=lesson.b - self.lr * slope)
        yield lesson, *lesson.forward()


def _bracketed(value: float, spec: str) -> str:
    return f"({value:{spec}})" if value < 0 else f"{value:{spec}}"
