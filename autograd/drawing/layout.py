"""What a picture consists of: boxes for values, arrows for steps, and values that are alike folded into one box.

``w[0] … w[29]``, if they all go the same way, are one box with thirty members, and so are the thirty
neurons of a layer; the arrow between two such boxes stands for many steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from autograd.core.value import Value
from autograd.explaining.samples import indexed
from autograd.extensions.expressions import appearing
from autograd.formula.typesetting import in_common

if TYPE_CHECKING:
    from autograd.explaining.chain import Chain, Step

__all__ = ["Arrow", "Box", "General", "Picture"]

MAX_ALONE = 3
"""Values that are alike up to which each has a box of its own."""

_LETTERS = "ijklmn"


@dataclass(eq=False)
class Box:
    """One value, or several that are alike: Values, or named numbers if `is_data`."""

    members: list[Any]
    names: list[str]
    key: str = ""

    @property
    def is_data(self) -> bool:
        """Whether these are plain numbers."""
        return type(self.members[0]) is not Value

    @property
    def is_group(self) -> bool:
        """Whether several values are folded here."""
        return len(self.members) > 1

    @cached_property
    def stem(self) -> str:
        """What the names of all members have in common."""
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
    """What leads from one box to another; no steps if it comes from data."""

    source: Box
    target: Box
    steps: list[Step] = field(default_factory=list)


class Picture:
    """The boxes and arrows that show a chain; with `group`, values that are alike share a box.

    With `between`, only what lies on a way from the chain's `wrt` to its root.
    """

    def __init__(self, chain: Chain, group: bool = True, between: bool = False) -> None:
        self.chain = chain
        names = chain.names
        shown = chain.between if between else set(chain.values)
        inner = [value for value in chain.values if value in shown and not value.is_leaf]
        self._operands = {
            value: [x for x in appearing(value, names) if (x in shown if type(x) is Value else not between)]
            for value in inner
        }
        self._box_of: dict[Any, Box] = {}
        self.boxes = list(self._arranged(group))

    def box_of(self, member: Any) -> Box:
        """The box in which a Value, or a named number, is drawn."""
        return self._box_of[_identity(member)]

    def _arranged(self, group: bool) -> Iterator[Box]:
        """The boxes, in the order in which their first members were made."""
        users: dict[Any, set[int]] = {}
        kinds: dict[tuple[Any, ...], int] = {}
        found: dict[int, list[Any]] = {}
        everything: dict[Any, Any] = {}
        inner = list(self._operands)
        for value in inner:
            for x in [*self._operands[value], value]:
                everything.setdefault(_identity(x), x)
        everything.setdefault(self.chain.root, self.chain.root)
        leaves = [x for x in everything.values() if not getattr(x, "edges", None)]
        for x in [*reversed(inner), *leaves]:  # users before what they use
            identity = _identity(x)
            stem, index = indexed(self._name(x))
            alike = (type(x) is Value, getattr(x, "is_leaf", True), stem, frozenset(users.get(identity, ())))
            kind = kinds.setdefault(alike if group and index else (identity,), len(kinds))
            found.setdefault(kind, []).append(x)
            for operand in self._operands.get(x, ()) if type(x) is Value else ():
                users.setdefault(_identity(operand), set()).add(kind)
        order = {identity: i for i, identity in enumerate(everything)}
        boxes = []
        for members in found.values():
            members.sort(key=lambda x: order[_identity(x)])
            several = len(members) > MAX_ALONE and len({self._name(x) for x in members}) == len(members)
            boxes += [
                Box(part, [self._name(x) for x in part]) for part in ([members] if several else [[x] for x in members])
            ]
        for box in boxes:
            self._box_of |= {_identity(x): box for x in box.members}
        yield from sorted(boxes, key=lambda box: order[_identity(box.members[0])])

    def _name(self, x: Any) -> str:
        return self.chain.names[x] if type(x) is Value else x.label

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

    `top` and `bottom` are the two names; `formula` finds what the formulas of all its steps have in common.
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

    def formula(self, texts: Sequence[str]) -> str:
        """The one formula that is that of every step, with letters for the indices; else nothing."""
        return in_common(
            texts,
            [[*zip(s, self._of_source, strict=False), *zip(t, self._of_target, strict=False)] for s, t in self._places],
        )


def _identity(x: Any) -> Any:
    """What makes two operands the same: the Value itself, or the name and the number of a constant."""
    return x if type(x) is Value else (x.label, float(x))
