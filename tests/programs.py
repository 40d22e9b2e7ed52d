"""Random programs, as in `tests.core.programs`, with slopes by exact replay of their graphs."""

from collections.abc import Mapping
from typing import Any

from autograd import Value
from autograd.checking.references.exact_replay import GraphSlopes, Replay
from autograd.formula.systems import NumberSystem
from tests.core.programs import Program, apply, is_smooth, random_number, random_program

__all__ = ["Program", "apply", "is_smooth", "one_sided_slopes", "random_number", "random_program", "replay"]


def one_sided_slopes(root: Value, leaf: Value) -> tuple[float, float]:
    """The slopes of a graph to the left and to the right of the leaf's number."""
    slopes = GraphSlopes(root).by(leaf)
    return slopes.left, slopes.right


def replay(root: Value, moved: Mapping[Value, Any], system: NumberSystem) -> Any:
    """The root's number over another system, with other numbers for some leaves."""
    return Replay(root, system).along(*moved)(*moved.values())
