"""A picture as plain text, for output that cannot show pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autograd.core.value import Value
from autograd.drawing.display import EVERYTHING, Display
from autograd.explaining.chain import Chain
from autograd.explaining.chain_rule import Rule
from autograd.explaining.wording import gradient_note, rule_lines
from autograd.formula.typesetting import number

__all__ = ["in_words"]

MAX_VALUES = 150
"""Maximum number of values listed."""


def in_words(chain: Chain, rules: Sequence[Rule], display: Display = EVERYTHING) -> Iterator[str]:
    """The lines of the text: each value, with its operands indented below it, and the chain rule of each `wrt`."""
    listed = set[Value]()
    todo = [(chain.root, 0)]
    while todo and len(listed) < MAX_VALUES:
        value, depth = todo.pop()
        if value in listed and not value.is_leaf:
            yield "  " * depth + chain.words("see_above", name=chain.names[value])
            continue
        listed.add(value)
        yield "  " * depth + _line(chain, value, display)
        todo += [(step.operand, depth + 1) for step in reversed(chain.steps.get(value, ()))]
    for wrt, rule in zip(chain.wrts, rules, strict=False):
        yield from rule_lines(rule, display.remark)
        note = gradient_note(rule.derivative.bottom, wrt, rule.derivative.slope, rule.words, display.remark)
        yield from filter(None, [note])


def _line(chain: Chain, value: Value, display: Display) -> str:
    """``ŷ = w·x + b = 1.1   dL/dŷ = -0.8``."""
    expression = f"{chain.written(value)} = " if not value.is_leaf else ""
    if value in chain.stale:
        total = chain.words("run_again")
    else:
        slope = chain.known_derivative(value)
        shown = chain.words("not_computed") if slope is None else display.gradient(value, number(slope))[0]
        total = f"{chain.total(value)} = {shown}"
    return f"{chain.names[value]} = {expression}{display.value(value, number(value.data))[0]}   {total}"
