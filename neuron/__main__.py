"""The command line of the neuron.

``python -m neuron`` (or ``neuron``) runs the worked lesson, see `neuron.lessons.one_neuron`; ``neuron learn line`` and
the others train on many samples, see `neuron.lessons`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence

from autograd.extend import Parser, say
from neuron import losses
from neuron.lessons import LESSONS
from neuron.lessons.one_neuron import OneNeuron
from neuron.models.neuron import ACTIVATIONS

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lesson with command-line `arguments`; return the exit status, 2 for unusable input."""
    return say(_lines(arguments), "neuron")


def _lines(arguments: Sequence[str] | None) -> Iterator[str]:
    options = _options(arguments)
    if "lesson" in options:
        yield from LESSONS[options.lesson](options.epochs, options.lr, options.seed, options.plot, options.csv).lines()
        return
    yield from OneNeuron(
        options.w,
        options.b,
        options.x,
        options.y,
        options.lr,
        options.activation,
        options.loss,
        options.picture,
        options.page,
    ).lines()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["learn"]:
        return _learn_parser().parse_args(words[1:])
    return _parser().parse_args(words)


class _Parser(Parser):
    """A parser that reads -1e-3 as a number; before Python 3.14 argparse takes it for an option."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._negative_number_matcher = re.compile(r"-\.?\d")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="neuron",
        description="How one neuron learns from one sample: forward, backward, check, update, picture.",
        epilog=f"Lessons with many samples: neuron learn {' | '.join(LESSONS)} (neuron learn --help)",
    )
    parser.add_argument("--w", type=float, nargs="+", default=[0.5], help="weights, one per input (default: 0.5)")
    parser.add_argument("--b", type=float, default=0.1, help="bias (default: %(default)s)")
    parser.add_argument("--x", type=float, nargs="+", default=[2.0], help="inputs of the sample (default: 2.0)")
    parser.add_argument("--y", type=float, default=1.5, help="target of the sample (default: %(default)s)")
    parser.add_argument("--lr", type=float, default=0.1, help="learning rate (default: %(default)s)")
    parser.add_argument("--activation", default="linear", help=f"{', '.join(ACTIVATIONS)} (default: %(default)s)")
    parser.add_argument("--loss", default="squared_error", help=f"{', '.join(losses.LOSSES)} (default: %(default)s)")
    parser.add_argument("--page", metavar="FILE", help="file for the interactive page: .html")
    parser.add_argument("--picture", default="neuron.svg", help="file for the graph: .svg, .png, .pdf (%(default)s)")
    return parser


def _learn_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="neuron learn", description="Train on the data of a lesson, and compare with the article it comes from."
    )
    parser.add_argument("lesson", choices=list(LESSONS), help="the lesson")
    parser.add_argument("--epochs", type=int, help="number of epochs (default: the article's)")
    parser.add_argument("--lr", type=float, help="learning rate (default: the article's)")
    parser.add_argument("--seed", type=int, help="seed of the random numbers (default: the article's)")
    parser.add_argument("--plot", metavar="FILE", help="plot the result: .png, .svg or .pdf")
    parser.add_argument("--csv", metavar="FILE", help="write the history, one row per epoch")
    return parser


if __name__ == "__main__":
    sys.exit(main())
