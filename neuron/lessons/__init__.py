"""The lessons: how a neuron learns a line, an equation, a puzzle, to tell tumours apart, and a network two
moons and handwritten digits.

Each is a class that trains on its data with gradients derived by the engine, and tells in lines of text what
came out, beside what the article or the library that made the example known says.  On the command line they are
``neuron learn line`` and so on.
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
