"""The layout of a picture: boxes for values, arrows for steps, and one box for many similar values.

``w[0] … w[29]``, if they are all used in the same way, are one box with thirty members, and so are the thirty
neurons of a layer; the arrow between two such boxes stands for many steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from autograd.core.value import Value
from autograd.explaining.samples import indexed
from autograd.extensions.expressions import appearing
from autograd.formula.typesetting import derivative, in_common

if TYPE_CHECKING:
    from autograd.explaining.chain import Chain
    from autograd.explaining.paths import Step

__all__ = ["Arrow", "Box", "General", "Layout", "identity"]

MAX_ALONE = 3
"""Maximum number of similar values with a box each."""

_LETTERS = "ijklmn"


@dataclass(eq=False)
class Box:
    """One value, or several similar ones: Values, or named numbers if `is_data`."""

    members: list[Any]
    names: list[str]

    @property
    def is_data(self) -> bool:
        """True for named plain numbers."""
        return type(self.members[0]) is not Value

    @property
    def is_group(self) -> bool:
        """True if the box stands for several values."""
        return len(self.members) > 1

    @property
    def title(self) -> str:
        """The name of the box."""
        return self.stem if self.is_group else self.names[0]

    @cached_property
    def stem(self) -> str:
        """The common part of the names: ``w`` of ``w[0]`` and ``w[1]``."""
        return indexed(self.names[0])[0]

    @cached_property
    def indices(self) -> list[str]:
        """The index of each member."""
        return [indexed(name)[1] for name in self.names]

    @property
    def letters(self) -> str:
        """Letters for an index: ``i``, ``j,i``."""
        return ",".join(_LETTERS[: len(self.places[0])][::-1])

    @cached_property
    def places(self) -> list[tuple[str, ...]]:
        """The parts of each index."""
        return [tuple(part.strip() for part in index.split(",")) for index in self.indices]


@dataclass(eq=False)
class Arrow:
    """The steps from one box to another; none if it comes from data."""

    source: Box
    target: Box
    steps: list[Step] = field(default_factory=list)


class Layout:
    """The boxes and arrows that show a chain; with `group`, similar values share a box.

    With `only_paths`, only those on a path from one of the chain's `wrts` to its root.
    """

    def __init__(self, chain: Chain, group: bool = True, only_paths: bool = False) -> None:
        self.chain = chain
        names = chain.names
        shown = set().union(*(one.paths.values for one in chain.each)) if only_paths else set(chain.values)
        inner = [value for value in chain.values if value in shown and not value.is_leaf]
        self._operands = {
            value: [x for x in appearing(value, names) if (x in shown if type(x) is Value else not only_paths)]
            for value in inner
        }
        self.boxes = self._arranged(group)
        self._box_of = {identity(x): box for box in self.boxes for x in box.members}

    def box_of(self, member: Any) -> Box:
        """The box of a Value, or of a named number."""
        return self._box_of[identity(member)]

    def kind_of(self, box: Box) -> str:
        """The kind of a box, as its style is called: data, parameter, operation or loss."""
        first = box.members[0]
        if box.is_data:
            return "data"
        return "parameter" if first.is_leaf else "loss" if first is self.chain.root else "operation"

    def _arranged(self, group: bool) -> list[Box]:
        """The boxes, in the order in which their first members occur."""
        everything: dict[Any, Any] = {}
        for x in [*(x for value, operands in self._operands.items() for x in [*operands, value]), self.chain.root]:
            everything.setdefault(identity(x), x)
        order = {identity: i for i, identity in enumerate(everything)}
        boxes = []
        for members in self._groups(list(everything.values()), group):
            members.sort(key=lambda x: order[identity(x)])
            names = [self._name(x) for x in members]
            if len(members) > MAX_ALONE and len(set(names)) == len(names):
                boxes.append(Box(members, names))
            else:
                boxes += [Box([x], [name]) for x, name in zip(members, names, strict=True)]
        return sorted(boxes, key=lambda box: order[identity(box.members[0])])

    def _groups(self, everything: list[Any], group: bool) -> Iterable[list[Any]]:
        """Similar values and named numbers: of one stem, with an index, and used by the same groups."""
        users: dict[Any, set[int]] = {}
        kinds: dict[tuple[Any, ...], int] = {}
        groups: dict[int, list[Any]] = {}
        leaves = [x for x in everything if not getattr(x, "edges", None)]
        for x in [*reversed(self._operands), *leaves]:  # users before their operands
            key = identity(x)
            stem, index = indexed(self._name(x))
            similarity = (type(x) is Value, getattr(x, "is_leaf", True), stem, frozenset(users.get(key, ())))
            kind = kinds.setdefault(similarity if group and index else (key,), len(kinds))
            groups.setdefault(kind, []).append(x)
            for operand in self._operands.get(x, ()) if type(x) is Value else ():
                users.setdefault(identity(operand), set()).add(kind)
        return groups.values()

    def _name(self, x: Any) -> str:
        return self.chain.name_of(x)

    @cached_property
    def arrows(self) -> list[Arrow]:
        """The arrows, in the order in which the operands are written."""
        arrows: dict[tuple[Any, ...], Arrow] = {}
        for value, operands in self._operands.items():
            steps: dict[Any, list[Step]] = {}
            for step in self.chain.steps[value]:
                steps.setdefault(step.operand, []).append(step)
            target = self.box_of(value)
            for x in operands:
                source = self.box_of(x)
                ends = (id(source), id(target))
                if x not in steps:
                    arrows.setdefault(ends, Arrow(source, target))
                for i, step in enumerate(steps.get(x, ())):  # two arrows for x * x, if it is drawn in full
                    alone = not (source.is_group or target.is_group)
                    arrows.setdefault((*ends, i) if alone else ends, Arrow(source, target)).steps.append(step)
        return list(arrows.values())


class General:
    """An arrow between groups, with letters for the indices: ``∂h[j]/∂w[j,i]``.

    `top` and `bottom` are the two names, `symbol` is the derivative; `formula` is the one formula of all steps.
    """

    def __init__(self, arrow: Arrow) -> None:
        source, target = arrow.source, arrow.target
        of_source, of_target = (dict(zip(box.members, box.places, strict=True)) for box in (source, target))
        self._places = [(of_source[step.operand], of_target[step.value]) for step in arrow.steps]
        n_source = len(source.places[0]) if source.is_group else 0
        n_target = len(target.places[0]) if target.is_group else 0
        matches = [
            next((q for q in range(n_target) if all(s[p] == t[q] for s, t in self._places)), None)
            for p in range(n_source)
        ]
        fixed = {p for p in range(n_source) if matches[p] is None and len({s[p] for s, _ in self._places}) == 1}
        free = [p for p in range(n_source) if matches[p] is None and p not in fixed]
        letters = _LETTERS[: n_target + len(free)][::-1]
        self._of_target = list(letters[:n_target])
        self._of_source = [
            letters[q] if q is not None else self._places[0][0][p] if p in fixed else letters[n_target + free.index(p)]
            for p, q in enumerate(matches)
        ]
        self.top, self.bottom = (
            f"{box.stem}[{','.join(own)}]" if box.is_group else box.names[0]
            for box, own in ((target, self._of_target), (source, self._of_source))
        )

    @property
    def symbol(self) -> str:
        """The derivative as it is written."""
        return derivative(self.top, self.bottom, "∂")

    def formula(self, formulas: Sequence[str]) -> str:
        """The formulas of all steps as one, with letters for the indices; empty if they have none in common."""
        return in_common(
            formulas,
            [[*zip(s, self._of_source, strict=False), *zip(t, self._of_target, strict=False)] for s, t in self._places],
        )


def identity(x: Any) -> Any:
    """The identity of an operand: the Value itself, or the name and the number of a constant."""
    return x if type(x) is Value else (getattr(x, "label", None), float(x))
