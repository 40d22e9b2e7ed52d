"""The command line of the neuron.

``python -m neuron`` (or ``neuron``) runs the worked lesson, see `neuron.lessons.one_neuron`; ``neuron learn line`` and
the others train on many samples, see `neuron.lessons`; ``neuron learn data.csv --target column`` on one's own, see
`neuron.lessons.own_data`.
"""

from __future__ import annotations

import argparse
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autograd.extend import Parser, real, say
from neuron import losses
from neuron.choosing import choose
from neuron.lessons import LESSONS
from neuron.lessons.one_neuron import OneNeuron
from neuron.lessons.own_data.command import OwnData
from neuron.models.neuron import ACTIVATIONS
from neuron.training.outcome import LearningWarning

__all__ = ["main"]

OWN_DATA = """\
your own data:
  The first line of the file holds the names of its columns. The target is a column of numbers, of yes and no, or of
  names of classes; the other columns of numbers, and of two values such as yes and no, are the inputs. Rows with a
  missing value are left out. A fifth of the rows is held out to check what was learned."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lesson with command-line `arguments`; return the exit status, 2 for unusable input."""
    return say(_lines(sys.argv[1:] if arguments is None else list(arguments)), "neuron")


def _lines(arguments: Sequence[str]) -> Iterator[str]:
    if arguments[:1] == ["learn"]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LearningWarning)  # it is among the lines
            yield from _learning(_learn_parser(), arguments[1:])
        return
    options = vars(_parser().parse_args(arguments))
    yield from OneNeuron(**options).lines()


def _learning(parser: Parser, arguments: Sequence[str]) -> Iterator[str]:
    """The lines of a lesson, or of a training on a file; without either, the help."""
    options = vars(parser.parse_args(arguments))
    data, own = options.pop("data"), {name: options.pop(name) for name in ("target", "hidden", "save")}
    if data is None:
        yield from parser.format_help().splitlines()
    elif data not in LESSONS:
        yield from OwnData(_file(data), **own, **options).lines()
    elif set_options := [f"--{name}" for name, value in own.items() if value]:
        raise ValueError(f"{set_options[0]} is for a file of your own data, and {data} is a lesson")
    else:
        yield from LESSONS[data](**options).lines()


def _file(name: str) -> str:
    """The name of a file; ValueError for a word that names neither a file nor a lesson."""
    if not Path(name).suffix and not Path(name).exists():
        choose("lesson", name, LESSONS)
    return name


def _sizes(text: str) -> list[int]:
    """``16,16`` as the sizes of layers."""
    sizes = text.split(",")
    if not all(size.strip().isdecimal() and int(size) for size in sizes):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes: write 16,16 for two hidden layers")
    return list(map(int, sizes))


class _Parser(Parser):
    """A parser that reads -1e-3 as a number; before Python 3.14 argparse takes it for an option."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._negative_number_matcher = re.compile(r"-\.?\d")


def _parser() -> Parser:
    parser = _Parser(
        prog="neuron",
        description="How one neuron learns from one sample: forward, backward, check, update, picture.",
        epilog="Lessons with many samples, and your own CSV file: neuron learn (neuron learn --help)",
    )
    parser.add_argument("--w", type=real, nargs="+", default=[0.5], help="weights, one per input (default: 0.5)")
    parser.add_argument("--b", type=real, default=0.1, help="bias (default: %(default)s)")
    parser.add_argument("--x", type=real, nargs="+", default=[2.0], help="inputs of the sample (default: 2.0)")
    parser.add_argument("--y", type=real, default=1.5, help="target of the sample (default: %(default)s)")
    parser.add_argument("--lr", type=real, default=0.1, help="learning rate (default: %(default)s)")
    parser.add_argument("--activation", default="linear", help=f"{', '.join(ACTIVATIONS)} (default: %(default)s)")
    parser.add_argument("--loss", default="squared_error", help=f"{', '.join(losses.LOSSES)} (default: %(default)s)")
    parser.add_argument("--page", metavar="FILE", help="file for the interactive page: .html")
    parser.add_argument("--picture", default="neuron.svg", help="file for the graph: .svg, .png, .pdf (%(default)s)")
    parser.add_argument(
        "--steps", type=int, default=1, help="number of steps of gradient descent (default: %(default)s)"
    )
    parser.add_argument("--plot", metavar="FILE", help="plot the loss over the steps: .png, .svg or .pdf")
    return parser


def _learn_parser() -> Parser:
    lessons = "\n".join(f"  {name:10}{lesson.title}" for name, lesson in LESSONS.items())
    parser = _Parser(
        prog="neuron learn",
        usage="neuron learn LESSON [options]\n       neuron learn FILE.csv --target COLUMN [options]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Train on the data of a lesson, and compare with the article it comes from; or on your own CSV "
        f"file.\n\nlessons:\n{lessons}\n\n{OWN_DATA}",
    )
    parser.add_argument("data", nargs="?", metavar="LESSON or FILE.csv", help="a lesson, or a file of your own data")
    parser.add_argument("--epochs", type=int, help="number of epochs (default: the article's; 300 for a file)")
    parser.add_argument("--lr", type=real, help="learning rate (default: the article's; 0.05 for a file)")
    parser.add_argument("--seed", type=int, help="seed of the random numbers (default: the article's; 0 for a file)")
    parser.add_argument("--plot", metavar="FILE", help="plot the result: .png, .svg or .pdf")
    parser.add_argument("--csv", metavar="FILE", help="write the history, one row per epoch")
    own = parser.add_argument_group("for a file of your own data")
    own.add_argument("--target", metavar="COLUMN", help="the column to predict")
    own.add_argument("--hidden", metavar="SIZES", type=_sizes, default=[], help="hidden layers of a network: 16,16")
    own.add_argument(
        "--save", metavar="FILE", help="save the model, which takes the numbers as they are in the file: .json"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
