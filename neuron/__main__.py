"""The worked lesson: how one neuron learns from one sample, on the command line.

``python -m neuron`` (or ``neuron``) runs the forward pass, the backward pass by the chain rule, a
three-way check of the gradients, a nudge, and one update, and draws the graph.  ``neuron learn line`` and its
like train on many samples, see `neuron.lessons`.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from autograd import Constant, Value, draw, gradcheck
from autograd.extend import columns, expression, factor, number, refuse_unless_picture, save, say
from neuron import losses
from neuron.closed_form import ACTIVATION_SLOPES, LOSS_SLOPES, Gradient, gradient
from neuron.lessons import LESSONS
from neuron.models import ACTIVATIONS, Neuron

__all__ = ["main"]

NUDGE = 0.001


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lesson with command-line `arguments`; returns the exit status, 2 for input it cannot use."""
    options = _options(arguments)
    return say(_told(options), "neuron")


def _told(options: argparse.Namespace) -> Iterator[str]:
    if "lesson" in options:
        yield from LESSONS[options.lesson](options.epochs, options.lr, options.seed, options.plot, options.csv).text()
        return
    yield from Lesson(
        options.w, options.b, options.x, options.y, options.lr, options.activation, options.loss, options.picture
    ).text()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["learn"]:
        return _learn_parser().parse_args(given[1:])
    return _parser().parse_args(given)


class _Parser(argparse.ArgumentParser):
    """A parser that knows -1e-3 for a number; until Python 3.14 argparse takes it for an option."""

    def __init__(self, **texts: str) -> None:
        super().__init__(**texts)  # type: ignore[arg-type]
        self._negative_number_matcher = re.compile(r"-\.?\d")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="neuron",
        description="How one neuron learns from one sample: forward, backward, check, update, picture.",
        epilog=f"Lessons with many samples: neuron learn {' | '.join(LESSONS)} (neuron learn --help)",
    )
    parser.add_argument("--w", type=float, nargs="+", default=[0.5], help="weights, one for each input (default: 0.5)")
    parser.add_argument("--b", type=float, default=0.1, help="bias (default: %(default)s)")
    parser.add_argument("--x", type=float, nargs="+", default=[2.0], help="inputs of the sample (default: 2.0)")
    parser.add_argument("--y", type=float, default=1.5, help="target of the sample (default: %(default)s)")
    parser.add_argument("--lr", type=float, default=0.1, help="learning rate (default: %(default)s)")
    parser.add_argument("--activation", default="linear", help=f"{', '.join(ACTIVATIONS)} (default: %(default)s)")
    parser.add_argument("--loss", default="squared_error", help=f"{', '.join(losses.LOSSES)} (default: %(default)s)")
    parser.add_argument("--picture", default="neuron.svg", help="file for the graph: .svg, .png, .pdf (%(default)s)")
    return parser


def _learn_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="neuron learn", description="Train on the data of a lesson, and compare with the article it comes from."
    )
    parser.add_argument("lesson", choices=list(LESSONS), help="what to learn")
    parser.add_argument("--epochs", type=int, help="how often all samples are shown (default: the article's)")
    parser.add_argument("--lr", type=float, help="learning rate (default: the article's)")
    parser.add_argument("--seed", type=int, help="where random numbers start (default: the article's)")
    parser.add_argument("--plot", metavar="FILE", help="draw what was learnt: .png, .svg or .pdf")
    parser.add_argument("--csv", metavar="FILE", help="write the history, epoch by epoch")
    return parser


@dataclass
class Lesson:
    """One sample, one neuron, one step of gradient descent, told line by line."""

    w: list[float]
    b: float
    x: list[float]
    y: float
    lr: float
    activation: str
    loss: str
    picture: str

    def __post_init__(self) -> None:
        if len(self.w) != len(self.x):
            raise ValueError(
                f"--w has {len(self.w)} and --x has {len(self.x)} numbers: a weight is needed for each input"
            )
        options = {"w": self.w, "b": [self.b], "x": self.x, "y": [self.y], "lr": [self.lr]}
        for option, numbers in options.items():
            if not all(map(math.isfinite, numbers)):
                raise ValueError(f"--{option} must be finite, not {' '.join(map(str, numbers))}")
        if not self.lr > 0:
            raise ValueError(f"the learning rate (--lr) must be positive, not {self.lr}")
        refuse_unless_picture("--picture", self.picture)
        self.neuron = Neuron(len(self.w), self.activation, self.w, self.b)
        names = [weight.label.replace("w", "x") for weight in self.neuron.w if weight.label]
        self.inputs = [Constant(x, name) for x, name in zip(self.x, names, strict=True)]
        self.target = Constant(self.y, "y")
        self.loss_of = losses.with_name(self.loss)

    def forward(self) -> tuple[Value, Value]:
        """The prediction ŷ and the loss L."""
        y_hat = self.neuron(self.inputs)
        return y_hat, self.loss_of(y_hat, self.target).named("L")

    def text(self) -> Iterator[str]:
        """The lesson; draws the picture on the way."""
        y_hat, L = self.forward()
        L.backward()
        by_hand = gradient(self.activation, self.loss, self.w, self.b, self.x, self.y)
        yield from self.forward_pass(y_hat, L)
        yield from self.chain_rule(y_hat, L)
        yield from self.three_way_check(L, by_hand)
        yield from self.nudge(L)
        yield from self.update(y_hat, L)
        save(draw(L, wrt=self.neuron.w[0]), self.picture)
        yield ""
        chain = [self.neuron.w[0].label or "w", *(["h"] if self.activation != "linear" else []), "ŷ", "L"]
        yield f"The picture of {' → '.join(chain)} is in {self.picture}"

    def forward_pass(self, y_hat: Value, L: Value) -> Iterator[str]:
        """Symbols and numbers, from the inputs to the loss."""
        yield "Forward pass: what the neuron says, and how wrong it is"
        steps = [y_hat, L]
        if self.activation != "linear":
            steps.insert(0, y_hat.edges[0][0])
        rows = [(f"{v.label} = {expression(v)}", expression(v, numbers=True), number(v.data)) for v in steps]
        yield from columns(rows, " = ")

    def chain_rule(self, y_hat: Value, L: Value) -> Iterator[str]:
        """The chain rule for the weights and for the bias, in symbols and numbers."""
        yield ""
        yield "Backward pass: the chain rule, from the loss back to the parameters"
        dL_dy = L.gradients([y_hat])[0]
        rows = [("dL/dŷ", LOSS_SLOPES[self.loss].text, number(dL_dy))]
        symbols, numbers = "dL/dŷ", factor(dL_dy)
        if self.activation != "linear":
            slope = y_hat.edges[0][1]
            rows += [("∂ŷ/∂h", ACTIVATION_SLOPES[self.activation].text, number(slope))]
            symbols, numbers = "dL/dŷ · ∂ŷ/∂h", f"{numbers} · {factor(slope)}"
        last = "ŷ" if self.activation == "linear" else "h"
        for parameter, slope in zip(self.neuron.parameters(), [*self.inputs, 1.0], strict=True):
            p = parameter.label
            rows += [(f"∂{last}/∂{p}", getattr(slope, "label", "1"), number(float(slope)))]
            chain = f"{numbers} · {factor(float(slope))}"
            rows += [(f"dL/d{p}", f"{symbols} · ∂{last}/∂{p} = {chain}", number(parameter.grad or 0.0))]
        yield from columns(rows, " = ")

    def three_way_check(self, L: Value, by_hand: Gradient) -> Iterator[str]:
        """The engine's gradient beside the closed form and a numeric derivative."""
        yield ""
        yield "Check: three ways to the same gradient"
        parameters = {str(parameter.label): parameter for parameter in self.neuron.parameters()}
        closed = dict(zip(parameters, [*by_hand.weights, by_hand.bias], strict=True))
        report = gradcheck(L, parameters, closed_form=closed)
        yield from report.table("autograd", "dL/d")
        yield from (f"  {line}" for line in report.findings())

    def nudge(self, L: Value) -> Iterator[str]:
        """What the gradient predicts for a small change of the first weight, and what happens."""
        w = self.neuron.w[0]
        grad = w.grad or 0.0
        after = replace(self, w=[self.w[0] + NUDGE, *self.w[1:]]).forward()[1].data
        yield ""
        yield f"Nudge: raise {w.label} by {NUDGE} and see what the loss does"
        yield from columns(
            [
                ("predicted change of L", f"dL/d{w.label} · {NUDGE}", number(grad * NUDGE)),
                ("real change of L", f"{after:.6g} - {_bracketed(L.data, '.6g')}", number(after - L.data)),
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
        zero = ", zero but for rounding" if 0 < new_L.data < 1e-24 * min(1.0, L.data) else ""
        yield f"  new loss       L = {number(new_L.data)}{zero} (it was {number(L.data)})"
        if not new_L.data <= L.data:
            yield f"  The loss grew: the step was too large for this sample. Try a learning rate below {self.lr}."


def _bracketed(value: float, spec: str) -> str:
    return f"({value:{spec}})" if value < 0 else f"{value:{spec}}"


if __name__ == "__main__":
    sys.exit(main())
