"""The lessons: a neuron learns a line, an equation, a puzzle and tumours, a network two moons and digits.

Each is a class that trains on its data with gradients derived by the engine, and prints the results beside those of
the article or library from which the example comes.  On the command line they are ``neuron learn line`` and so on.
"""

from neuron.lessons.cancer import Cancer
from neuron.lessons.digits import Digits
from neuron.lessons.equation import Equation
from neuron.lessons.lesson import Lesson
from neuron.lessons.line import Line
from neuron.lessons.moons import Moons
from neuron.lessons.puzzle import Puzzle

__all__ = ["LESSONS", "Lesson"]

LESSONS: dict[str, type[Lesson]] = {
    "line": Line,
    "equation": Equation,
    "puzzle": Puzzle,
    "cancer": Cancer,
    "moons": Moons,
    "digits": Digits,
}
"""The lessons by name, in the order of a course."""
