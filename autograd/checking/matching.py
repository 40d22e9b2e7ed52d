"""The gradient of each input, out of whatever structure the gradients come in.

The parts of a gradient belong to the parts of the inputs: by name in dicts, by position in sequences, on every level.
Where a part is missing or has another shape, the report asks about the likely mistake.  If another *reading* of the
whole gradient fits better, such as the second element of (loss, gradient), the error message proposes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from itertools import combinations
from typing import Any

from autograd.checking.arrays import as_numpy, has_axes, is_array_like, is_one_number, misshapen, shape_of
from autograd.checking.inputs import MISSING, Block, Gradients, Inputs, constants_within, is_flat, plain_name
from autograd.checking.references.precision import DOUBLE, coarser, precision_of, precision_of_numbers
from autograd.core.value import shown
from autograd.transforms.signatures import name_of

__all__ = ["matched"]

MAX_ELEMENTS = 10
"""Elements of a list or tuple that are tried as the gradient."""
_MISSING = object()

_READINGS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    (
        "is it (loss, gradient)?",
        "{}[1], or gradient=True if f returns both",
        lambda g: g[1] if is_one_number(g[0]) else None,
    ),
    ("is the first a loss?", "{}[1:]", lambda g: g[1:] if is_one_number(g[0]) and not is_flat(g) else None),
    ("are these pairs of a name and a gradient?", "dict({})", lambda g: {x: y for x, y in g if isinstance(x, str)}),
    ("are these pairs of a parameter and its gradient?", "[y for _, y in {}]", lambda g: [y for _, y in g]),
)
"""Other readings of a list or tuple of gradients, beside its elements: the question, the code, and the function."""


@dataclass
class _Parts:
    """The parts of a gradient, one for each block of the inputs.

    `others` are the names of its entries that belong to no input, each with the name that may be meant, or "";
    `missing` the arguments that have no entry.
    """

    missing: Sequence[str]
    parts: list[tuple[Block, Any]] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)

    @property
    def fitting(self) -> int:
        """The number of parts that have the shape of their input, or may be meant for it."""
        return sum(shape_of(part) == block.shape for block, part in self.parts) + sum(map(bool, self.others.values()))


def matched(inputs: Inputs, gradients: Any, what: str = "gradient", f: Callable[..., Any] | None = None) -> Gradients:
    """Gradients in the shape of the inputs, or of some of them; `f` is the function that returned them, if any did.

    Raises TypeError, with `what` they are, if nothing can be read from them.

    >>> matched(Inputs(lambda w, b: w * b, {"w": 0.5, "b": 0.1}), (0.1, 0.5)).numbers
    {'w': 0.1, 'b': 0.5}
    """
    what = f"the result of {name_of(f)}" if f else what
    if gradients is None:
        raise TypeError(f"{what} is None, not numbers: is a return missing?")
    dealt = _dealt(inputs, gradients)
    reading = _reading(inputs, gradients, dealt.fitting if dealt else 0, f)
    if dealt is None or reading:
        held = f", but {_description(gradients)}" if dealt is None else ""
        advice = reading or _short_of_constants(inputs, gradients)
        names = ", ".join(inputs.trees)
        raise TypeError(
            f"{what} should hold one gradient for each of {names}{held}" + (f": {advice}" if advice else "")
        )
    numbers: dict[str, float] = {}
    problems: dict[str, str] = {}
    precision = DOUBLE
    for (block, part), like in zip(dealt.parts, inputs.likes, strict=True):
        array, problem = _as_block(part, block, like)
        if problem:
            problems[block.name] = problem
        else:
            precision = coarser(precision, coarser(precision_of(part), precision_of_numbers(array)))
            numbers.update(zip(block.names, array.ravel().tolist(), strict=True))
    return Gradients(numbers, problems, list(_notes(inputs, gradients, dealt, what)), precision)


def _dealt(inputs: Inputs, gradients: Any) -> _Parts | None:
    """The parts of the gradients, if these can be dealt out to the inputs."""
    by_name = _by_name(inputs, gradients)
    if by_name is None:
        return None
    dealt = _Parts([name for name in inputs.trees if name not in by_name])
    blocks = iter(inputs.blocks)

    def deal(tree: Any, gradient: Any) -> None:
        if not isinstance(tree, dict | list | tuple) or is_flat(tree):
            dealt.parts.append((next(blocks), gradient))
            return
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if isinstance(gradient, Mapping):
            free = [str(key) for key in keys if key not in gradient]
            others = [str(key) for key in gradient if key not in keys]
            dealt.others.update((name, _meant(name, free)) for name in others)
        for key in keys:
            deal(tree[key], _part(gradient, key, len(tree)))

    deal(inputs.trees, by_name)
    return dealt


def _by_name(inputs: Inputs, gradients: Any) -> Mapping[Any, Any] | None:
    """Gradients by the names of the arguments; None if they cannot be told apart."""
    trees = inputs.trees
    names, only = list(trees), next(iter(trees.values())) if len(trees) == 1 else None
    if isinstance(gradients, Mapping):
        dicts = [name for name, tree in trees.items() if isinstance(tree, Mapping)]
        if len(dicts) == 1 and trees.keys().isdisjoint(gradients):
            is_own = not trees[dicts[0]].keys().isdisjoint(gradients)
            if is_own or not any(_meant(str(name), names) for name in gradients):
                return {dicts[0]: gradients}
        return {str(name): gradient for name, gradient in gradients.items()}
    if len(names) == 1 and (not isinstance(gradients, list | tuple) or _is_whole(gradients, only)):
        return None if isinstance(gradients, str | bytes) else {names[0]: gradients}
    alone = _alike(inputs, gradients)
    if alone:
        return {alone: gradients}
    is_sequence = isinstance(gradients, list | tuple) or has_axes(gradients)
    return dict(zip(names, gradients, strict=True)) if is_sequence and len(gradients) == len(names) else None


def _alike(inputs: Inputs, gradient: Any) -> str:
    """The first of several inputs that has the shape of a gradient, if that is one array."""
    if len(inputs.trees) == 1 or not is_array_like(gradient):
        return ""
    shape = shape_of(gradient)
    return next((block.name for block in inputs.blocks if block.name in inputs.trees and block.shape == shape), "")


def _is_whole(gradients: Sequence[Any], tree: Any) -> bool:
    """True if a sequence of gradients belongs to one argument, rather than being a sequence of one."""
    if isinstance(tree, list | tuple):
        return len(gradients) == len(tree) and not (len(gradients) == 1 and isinstance(gradients[0], list | tuple))
    if is_array_like(tree) and len(gradients) == 1 and has_axes(gradients[0]):
        return tuple(gradients[0].shape) != tuple(tree.shape)
    return has_axes(tree)


def _part(gradient: Any, key: Any, n: int) -> Any:
    """The part of a gradient that belongs to the element `key` of `n`."""
    if isinstance(gradient, Mapping):
        return gradient.get(key, _MISSING)
    fits = (isinstance(gradient, list | tuple) or has_axes(gradient)) and isinstance(key, int) and len(gradient) == n
    return gradient[key] if fits else _MISSING


def _meant(name: str, free: Sequence[str]) -> str:
    """The one of the `free` names, without a gradient, that a gradient of another name may belong to."""
    bare = re.sub("^(d|gradient|grad)_?|_?grad(ient)?$", "", name)
    alike = [x for x in free if x.casefold() in (bare.casefold(), name.casefold())]
    return next(iter(alike or get_close_matches(name, free, 1)), "")


def _reading(inputs: Inputs, gradients: Any, fitting: int, f: Callable[..., Any] | None) -> str:
    """The advice to read the gradients in another way, if that fits more inputs, and none of them is left out."""
    if fitting == len(inputs.blocks) or not isinstance(gradients, list | tuple):
        return ""
    readings = [(question, code, partial(reading, gradients)) for question, code, reading in _READINGS]
    readings += [
        (f"is only element {i} the gradient?", f"{{}}[{i}]", partial(gradients.__getitem__, i))
        for i, element in enumerate(gradients[:MAX_ELEMENTS])
        if not is_flat(element)
    ]
    best, question, code = fitting, "", ""
    for other_question, other_code, reading in readings:
        with suppress(TypeError, ValueError, IndexError):
            other = _dealt(inputs, reading())
            if other and other.fitting > best and (not other.missing or any(other.others.values())):
                best, question, code = other.fitting, other_question, other_code
    if not code:
        return ""
    names = ", ".join(name if name.isidentifier() else "*args" for name in inputs.trees)
    instead = f"Then write gradient=lambda {names}: " if f else "Then, instead of gradient=g, write gradient="
    return f"{question} {instead}{code.format(f'{plain_name(f)}(...)' if f else 'g')}"


def _description(gradients: Any) -> str:
    """The end of a sentence about gradients that cannot be dealt out."""
    is_sequence = isinstance(gradients, list | tuple) or has_axes(gradients)
    return f"it holds {len(gradients)}" if is_sequence else f"it is {shown(gradients)}"


def _short_of_constants(inputs: Inputs, gradients: Any) -> str:
    """The advice about inputs that may be constants, if the gradients are fewer than the inputs."""
    names = list(inputs.trees)
    is_short = isinstance(gradients, list | tuple) and 0 < len(gradients) < len(names)
    return constants_within(inputs.f, names[: len(gradients)]) if is_short else ""


def _notes(inputs: Inputs, gradients: Any, dealt: _Parts, what: str) -> Iterator[str]:
    """Sentences about gradients that belong to no input, and about inputs without one."""
    meant = {name: input for name, input in dealt.others.items() if input}
    if meant:
        question = f"is it meant for {', '.join(meant.values())}?"
        yield _about(what, list(meant), question if len(meant) == 1 else question.replace("is it", "are they"))
    if others := [name for name in dealt.others if name not in meant]:
        is_complete = meant or all(part is not _MISSING for _, part in dealt.parts)
        names = ", ".join(block.name for block in inputs.blocks)
        yield _about(what, others, "" if is_complete else f"the inputs are {names}")
    alone = "" if isinstance(gradients, Mapping) else _alike(inputs, gradients)
    if alone:
        n = len(inputs.trees)
        is_by_jax = type(gradients).__module__.startswith("jax")
        question = f": is argnums={tuple(range(n))} missing?" if is_by_jax else ""
        yield f"{what} is one array for {n} inputs; it is checked as the gradient of {alone}{question}"
    given = [name for name in inputs.trees if name not in dealt.missing]
    missing = [name for name in dealt.missing if name not in meant.values()]
    if given and missing and (advice := constants_within(inputs.f, given)):
        yield f"{what} has none for {', '.join(missing)}; {advice}"
    misshapen_parts = [
        (block, shape_of(part)) for block, part in dealt.parts if shape_of(part) not in (None, block.shape)
    ]
    for (a, of_a), (b, of_b) in combinations(misshapen_parts, 2):
        if (of_a, of_b) == (b.shape, a.shape):
            yield f"Are the gradients of {a.name} and {b.name} swapped?"


def _about(what: str, names: Sequence[str], end: str) -> str:
    which = "a number for {}, which is not an input" if len(names) == 1 else "numbers for {}, which are not inputs"
    return f"{what} has {which.format(', '.join(names))}" + (f": {end}" if end else "")


def _as_block(gradient: Any, block: Block, like: Any) -> tuple[Any, str]:
    """The gradient of one block as an array, or the problem with it; a nested list is an array as well."""
    import numpy as np

    it = f"the gradient of {block.name}"
    if gradient is _MISSING:
        return None, MISSING
    if gradient is None:
        return None, f"{it} is None: is a return missing?"
    if isinstance(gradient, Mapping):
        return None, f"{it} is a dict, {block.name} is not"
    if gradient is like and getattr(gradient, "requires_grad", False):
        return None, f"{it} is {block.name} itself: is {block.name}.grad meant?"
    if isinstance(gradient, list | tuple) and not is_flat(gradient):
        try:
            gradient = np.array(gradient)
        except (ValueError, RuntimeError):
            return None, f"{it} is {shown(gradient)}, with rows of different lengths"
    try:
        array = as_numpy(gradient, block.name)
    except TypeError as error:
        return None, f"no gradient: {error}"
    return array, "" if array.shape == block.shape else misshapen(block.name, array.shape, block.shape)
