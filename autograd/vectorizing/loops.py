"""Loops found again: steps of a program that repeat become the body of a `Loop`.

The record of a function is flat: of a loop that ran fifty times it has fifty copies.  Two steps are copies of each
other if they do the same on operands that correspond: the same array from outside, perhaps at positions that move, or
arrays that are equally far behind.  A stretch of steps that is followed by copies of itself becomes a loop, and what
one copy reads from the one before it is carried from iteration to iteration.  Only the first iteration may read
something else: the numbers with which the loop starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.vectorizing.groups import Array, Carried, Counter, Group, Loop, Part, Passed, Step, View, everything

__all__ = ["with_loops"]

LEAST = 4
"""Minimum number of iterations of a loop; in the third, everything that it carries has come round."""
WORTHWHILE = 32
"""Minimum number of steps that a loop replaces, those in loops inside it included."""
GRAM = 16
"""Number of steps in a row that have to be of the same kinds before a repetition is looked for; in short programs, a
quarter of them."""
TRIES = 4
"""Number of periods that are tried at each step."""
TRIED = 64
"""Maximum number of starts that are compared."""


def with_loops(
    steps: Sequence[Step], results: Sequence[View], enclosing: tuple[Counter, ...] = ()
) -> tuple[list[Step], list[View]]:
    """The same steps and results, with loops; inside the loops that are `enclosing`."""
    sequence = _Sequence(list(steps), list(results), enclosing)
    while sequence.fold():
        pass
    return sequence.steps, sequence.results


@dataclass(frozen=True)
class _Link:
    """An operand of a step in the body of a loop: of a copy, the same operand is read `distance` iterations before.

    `start` and `slot` say which array of which step that is.  For arrays from outside, all three are None.
    """

    distance: int | None = None
    start: int | None = None
    slot: int | None = None


@dataclass
class _Sequence:
    """Steps, and the views that are read after them; `sizes` are those of all steps before each."""

    steps: list[Step]
    results: list[View]
    enclosing: tuple[Counter, ...]
    places: dict[Array, tuple[int, int]] = field(default_factory=dict)
    readers: dict[Array, list[int]] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)

    def fold(self) -> bool:
        """Replace repetitions by loops; False if there are none."""
        n = len(self.steps)
        self.sizes = [0, *accumulate(map(_size, self.steps))]
        if self.sizes[n] < WORTHWHILE:
            return False
        kinds: dict[Any, int] = {}
        tokens = np.array([kinds.setdefault(_kind(step), len(kinds)) for step in self.steps])
        following = _next_alike(tokens)
        if not (following >= 0).any():
            return False
        self.places = {x: (i, slot) for i, step in enumerate(self.steps) for slot, x in enumerate(step.arrays)}
        self.readers = {}
        for i, step in enumerate(self.steps):
            for view in step.views:
                if view.array is not None:
                    self.readers.setdefault(view.array, []).append(i)
        new: list[Step] = []
        k = 0
        while k < n:
            found = self.repetition(k, tokens, following) if following[k] >= 0 else None
            if found is None:
                new.append(self.steps[k])
                k += 1
                continue
            start, period, count, links = found
            new += self.steps[k:start]
            new.append(self.loop(start, period, count, links))
            k = start + period * count
        is_changed = len(new) < n
        self.steps = new
        return is_changed

    # --- Repetitions --------------------------------------------------------------------------------------------

    def repetition(
        self, k: int, tokens: NDArray[Any], following: NDArray[Any]
    ) -> tuple[int, int, int, list[list[_Link]]] | None:
        """The repetition that begins at step k, if any: its start, period, number of iterations and links."""
        other = k
        for _ in range(TRIES):
            other = int(following[other])
            if other < 0:
                return None
            period = other - k
            alike = _alike(tokens, k, period)
            count = alike // period + 1
            least = max(LEAST, ceil(WORTHWHILE / (self.sizes[other] - self.sizes[k])))
            if count < least:
                continue
            links = self.links(k, period)
            if links is None:
                continue
            for start in dict.fromkeys([k + self.narrowest(links, k, period, alike), k]):
                own = self.links(start, period)
                iterations = self.iterations(start, period, count, own) if own else 0
                if own and iterations >= least:
                    return start, period, iterations, own
        return None

    def links(self, k: int, period: int) -> list[list[_Link]] | None:
        """The links of all operands between the third and the fourth iteration; None if one has another operand."""
        links: list[list[_Link]] = []
        for q in range(k + 2 * period, k + 3 * period):
            row = []
            for a, b in zip(self.steps[q].views, self.steps[q + period].views, strict=True):
                link = self.link(a, b, k + 3 * period, period)
                if link is None:
                    return None
                row.append(link)
            links.append(row)
        return links

    def link(self, a: View, b: View, begin: int, period: int) -> _Link | None:
        """The link of the operand b, in the iteration that begins at `begin`, with a in the one before."""
        if a.array is b.array:
            return _Link()
        if a.array not in self.places or b.array not in self.places:
            return None
        assert a.array is not None
        assert b.array is not None
        (i, slot), (j, other) = self.places[a.array], self.places[b.array]
        distance = max(0, ceil((begin - j) / period))
        if j - i != period or slot != other or distance > 2:
            return None
        return _Link(distance, (j - begin) + distance * period, slot)

    def narrowest(self, links: list[list[_Link]], k: int, period: int, alike: int) -> int:
        """The number of steps by which to begin later, so that least is carried on, and least read after the loop.

        It is less than a period, and does not cost an iteration: `alike` steps have a copy one period later.
        """
        lives: dict[Any, int] = {}  # the number of steps from where a number is computed to where it is read last
        for q, row in enumerate(links):
            for link, view in zip(row, self.steps[k + 2 * period + q].views, strict=True):
                if link.distance is not None and link.start is not None:
                    key = link.start, link.slot, view.index.tobytes()
                    lives[key] = max(lives.get(key, 0), q + link.distance * period - link.start)
        crossing = np.zeros(2 * period, dtype=int)
        for (start, *_), steps in lives.items():
            crossing[start + 1 : start + 1 + min(steps, period)] += 1
        carried = (crossing[:period] + crossing[period:])[: alike % period + 1]

        def passed(cut: int) -> int:
            end = k + cut + ((alike - cut) // period + 1) * period
            arrays = [array for step in self.steps[end - period : end] for array in step.arrays]
            return sum(any(reader >= end for reader in self.readers.get(array, ())) for array in arrays)

        return int(min(np.flatnonzero(carried == carried.min())[:TRIED], key=passed))

    def iterations(self, k: int, period: int, count: int, links: list[list[_Link]]) -> int:
        """The number of iterations for which all links hold."""
        for q, row in enumerate(links):
            copies = [self.steps[k + i * period + q].views for i in range(count)]
            for v, link in enumerate(row):
                model = copies[2][v]
                for i, copy in enumerate(copies[:count]):
                    if not self.holds(link, copy[v], model, i, k, period):
                        count = i
                        break
                if count < LEAST:
                    return 0
        return count

    def holds(self, link: _Link, view: View, model: View, i: int, k: int, period: int) -> bool:
        """True if a view in the i-th iteration is like the `model`."""
        if view.shape != model.shape or len(view.over) != len(model.over):
            return False
        place = (-1, 0) if view.array is None else self.places.get(view.array, (-1, 0))
        if link.distance is None or link.start is None:
            return view.array is model.array and place[0] < k  # from outside, not from the first iteration
        if i < link.distance:  # where the loop starts
            return view.batched == model.batched and place[0] < k and not view.over
        at = k + (i - link.distance) * period + link.start, link.slot
        return place == at and (view.index is model.index or view.index.tobytes() == model.index.tobytes())

    # --- Loops ------------------------------------------------------------------------------------------------------

    def loop(self, k: int, period: int, count: int, links: list[list[_Link]]) -> Loop:
        """The loop over these steps; what is read after it is read from its arrays from now on."""
        counter = Counter(count)
        carried: dict[Any, Carried] = {}
        body: list[Step] = []
        for q, row in enumerate(links):
            copies = [self.steps[k + i * period + q].views for i in range(count)]
            views = [
                self.operand([copy[v] for copy in copies], link, k, counter, carried) for v, link in enumerate(row)
            ]
            body.append(self.steps[k + q].with_views(iter(views)))
        finals, stacks = self.passed(k, period, count, {x.following.array for x in carried.values()})
        for x in carried.values():
            whole = x.following.array
            x.previous.label = whole.label if whole is not None and whole.shape == x.previous.shape else None
        state = sorted(carried.values(), key=lambda x: (bool(x.initial.array), int(x.initial.index.flat[0])))
        ends = [x.following for x in state] + [x.inside for x in (*finals, *stacks)]
        body, ends = with_loops(body, ends, (*self.enclosing, counter))
        read = iter(ends)
        return Loop(
            counter,
            body,
            [x._replace(following=next(read)) for x in state],
            [x._replace(inside=next(read)) for x in finals],
            [x._replace(inside=next(read)) for x in stacks],
        )

    def operand(self, copies: list[View], link: _Link, k: int, counter: Counter, carried: dict[Any, Carried]) -> View:
        """The operand of the body for one operand of all iterations."""
        first = copies[0]
        if link.distance is None or link.start is None or link.slot is None:
            if all(view.index is first.index for view in copies):
                return first
            indices = np.array([view.index for view in copies])
            if indices[1:].tobytes() == indices[:-1].tobytes():
                return first
            axis = sum(x in self.enclosing for x in first.over)
            over = (*first.over[:axis], counter, *first.over[axis:])
            return View(first.array, np.moveaxis(indices, 0, axis), over)
        if not link.distance:
            return first
        array = self.steps[k + link.start].arrays[link.slot]
        following = View(array, copies[2].index)
        for initial in copies[link.distance - 1 :: -1]:
            key = (array, following.array, following.index.tobytes(), initial.array, initial.index.tobytes())
            if key not in carried:
                previous = Array(following.shape, array.batched, None, array.is_condition)
                carried[key] = Carried(initial, previous, following)
            following = everything(carried[key].previous)
        return following

    def passed(self, k: int, period: int, count: int, carried: set[Array | None]) -> tuple[list[Passed], list[Passed]]:
        """The arrays that are read after the loop: of the last iteration, or of several.

        Those that are carried are passed on even if nothing reads them: so copies of the loop are alike.
        """
        end = k + period * count
        of_results = {view.array for view in self.results}
        finals: list[Passed] = []
        stacks: list[Passed] = []
        for q in range(period):
            for slot, array in enumerate(self.steps[k + q].arrays):
                copies = [self.steps[k + i * period + q].arrays[slot] for i in range(count)]
                array.label = _common([copy.label for copy in copies])
                readers = [[j for j in self.readers.get(copy, ()) if j >= end] for copy in copies]
                is_read = [bool(r) or copy in of_results for r, copy in zip(readers, copies, strict=True)]
                if not any(is_read) and array not in carried:
                    continue
                only_last = not any(is_read[:-1])
                shape = array.shape if only_last else (count, *array.shape)
                whole = Array(shape, array.batched, array.label, array.is_condition)
                (finals if only_last else stacks).append(Passed(everything(array), whole))
                size = prod(array.shape)
                moved = {copy: (whole, 0 if only_last else i * size) for i, copy in enumerate(copies)}
                for j in {j for row in readers for j in row}:
                    self.steps[j] = _with_moved(self.steps[j], moved)
                    self.readers.setdefault(whole, []).append(j)
                self.results = [_moved(view, moved) for view in self.results]
        return finals, stacks


def _kind(step: Step) -> Any:
    """The properties that copies of a step share, apart from their operands."""
    if isinstance(step, Group):
        x = step.array
        parts = tuple([(len(part.factors), part.is_sum, part.is_product) for part in step.parts])
        views = tuple([(view.index.shape, len(view.over), view.batched) for view in step.views])
        return step.op.name, step.divisor, x.shape, x.batched, x.is_condition, parts, views
    slots = {array: i for i, array in enumerate(step.arrays)}
    ends = [x.following for x in step.carried] + [x.inside for x in (*step.finals, *step.stacks)]
    read = tuple((slots[view.array], view.index.tobytes()) for view in ends if view.array is not None)
    return step.counter.count, tuple(map(_kind, step.body)), len(step.carried), len(step.finals), read


def _size(step: Step) -> int:
    """The number of steps, with those inside a loop."""
    return 1 + (sum(map(_size, step.body)) if isinstance(step, Loop) else 0)


def _next_alike(tokens: NDArray[Any]) -> NDArray[Any]:
    """For each position the next one at which the same tokens begin, or -1."""
    length = min(GRAM, max(1, len(tokens) // 4))
    n = len(tokens) - length + 1
    following = np.full(len(tokens), -1)
    if n < 2:
        return following
    grams = np.zeros(n, dtype=np.uint64)
    for i in range(length):
        grams = grams * np.uint64(0x9E3779B97F4A7C15) + tokens[i : i + n].astype(np.uint64) + np.uint64(1)
    order = np.argsort(grams, kind="stable")
    same = grams[order[1:]] == grams[order[:-1]]
    following[order[:-1][same]] = order[1:][same]
    return following


def _alike(tokens: NDArray[Any], k: int, period: int) -> int:
    """The number of steps from k on that have the same token as the one a period later."""
    size, begin = 64, k
    while begin + period < len(tokens):
        ahead = tokens[begin + period : begin + period + size]
        differ = np.flatnonzero(tokens[begin : begin + len(ahead)] != ahead)
        if len(differ):
            return begin + int(differ[0]) - k
        begin += len(ahead)
        size *= 2
    return begin - k


def _common(labels: Sequence[str | None]) -> str | None:
    """The common part of the labels of an array in all iterations: ``h`` of ``h1``, ``h2``."""
    stems = set(labels)
    if len(stems) > 1:
        stems = {re.sub(r"\d+$", "", label or "") for label in stems}
    return (stems.pop() or None) if len(stems) == 1 else None


# --- Views of arrays that have become parts of others ------------------------------------------------------------


def _moved(view: View, moved: dict[Array, tuple[Array, int]]) -> View:
    if view.array is None or view.array not in moved:
        return view
    array, offset = moved[view.array]
    return View(array, view.index + offset, view.over)


def _with_moved(step: Step, moved: dict[Array, tuple[Array, int]]) -> Step:
    """The step, reading from other arrays; summands that now come from the same array are added up there."""
    step = step.with_views(_moved(view, moved) for view in step.views)
    return replace(step, parts=tuple(_merged(step.parts))) if isinstance(step, Group) and step.parts else step


def _merged(parts: Sequence[Part]) -> Iterator[Part]:
    """Single summands from the same arrays as one sum."""
    alike: dict[Any, list[Part]] = {}
    for part in parts:
        arrays = tuple((view.array, view.shape, view.over) for view in part.factors)
        is_single = not part.is_sum and all(view.array is None or view.array.shape for view in part.factors)
        alike.setdefault(arrays if is_single else part, []).append(part)
    for same in alike.values():
        if len(same) == 1:
            yield same[0]
            continue
        columns = zip(*(part.factors for part in same), strict=True)
        factors = tuple(View(x[0].array, np.stack([v.index for v in x], axis=-1), x[0].over) for x in columns)
        is_product = len(factors) == 2 and not factors[0].batched
        if is_product and factors[1].axes > 1:
            yield from same
        else:
            yield Part(factors, True, is_product)
