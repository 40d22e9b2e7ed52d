"""Passes over statements, each on blocks written by hand."""

import ast
import sys

import pytest

from autograd.vectorizing.passes import (
    LARGEST,
    LONG,
    inlined,
    read_among,
    renumbered,
    with_deletions,
    without_unread,
)
from autograd.vectorizing.statements import (
    Assignment,
    Block,
)


def parsed(text):
    return ast.parse(text, mode="eval").body


def block(*lines):
    """Statements, and the results in the last line."""
    pairs = [line.split(" = ", 1) for line in lines[:-1]]
    return Block([Assignment(word, parsed(text)) for word, text in pairs], [parsed(x) for x in lines[-1].split("; ")])


def lines(block):
    return str(block).splitlines()


def test_statements_that_nothing_reads_are_left_out():
    before = block("a = x + 1", "b = a * 2", "c = b * 2", "d = a", "d")
    assert lines(without_unread(before)) == ["a = x + 1", "d = a", "return d"]
    assert len(before.statements) == 4, "the block itself stays as it is"


def test_what_is_read_once_is_written_where_it_is_read():
    before = block("a = x + 1", "b = a * 2", "c = b ** 2", "d = sum(c, axis=0)", "c + d; d")
    assert lines(inlined(before, permanent={"c"})) == [
        "c = ((x + 1) * 2) ** 2",
        "d = sum(c, axis=0)",
        "return c + d, d",
    ]
    assert lines(inlined(before, permanent={"a", "c"}))[0] == "a = x + 1"


def test_expressions_stay_short():
    before = block("a = " + " + ".join("x" * 10), "b = " + " + ".join("y" * 10), "a * b")
    after = inlined(before, permanent=())
    assert lines(after) == [f"return ({' + '.join('x' * 10)}) * ({' + '.join('y' * 10)})"]
    long = block("a = " + " + ".join("x" * LARGEST), "-a")
    assert inlined(long, permanent=()) == long


def test_temporaries_are_numbered_in_order():
    before = block("t7 = x + 1", "h = t7", "t9 = h * t7", "dt9 = 2 * t9", "dt7 = dt9 + t9", "dt7; t7")
    temporaries = {"t7", "t9", "dt7", "dt9"}
    after = ["t1 = x + 1", "h = t1", "t2 = h * t1", "dt2 = 2 * t2", "dt1 = dt2 + t2", "return dt1, t1"]
    assert lines(renumbered(before, temporaries, reserved=())) == after
    assert lines(renumbered(before, temporaries, reserved={"t1", "dt2"}))[:2] == ["t3 = x + 1", "h = t3"]
    only_its_derivative = block("dt9 = x", "dt9")
    assert lines(renumbered(only_its_derivative, {"dt9"}, reserved=())) == ["dt1 = x", "return dt1"]


def test_long_blocks_delete_arrays_after_their_last_use():
    before = block(*(f"a{i + 1} = a{i} + a0" for i in range(LONG + 1)), f"a{LONG}")
    after = list(with_deletions(before))
    assert after[:5] == ["a1 = a0 + a0", "a2 = a1 + a0", "del a1", "a3 = a2 + a0", "del a2"]
    assert after[-1] == f"del a{LONG + 1}", "which nothing reads"
    assert f"del a{LONG}" not in after, "which is a result"
    short = block("a = x", "b = a", "b")
    assert list(with_deletions(short)) == ["a = x", "b = a"]


def test_constants_that_are_read():
    assert read_among({"c1": 1.0, "c2": 2.0}, block("a = c2 * x", "a")) == {"c2": 2.0}
    assert read_among({}, block("x")) == {}


PASSES = {
    "without unread": without_unread,
    "inlined": lambda block: inlined(block, permanent=()),
    "renumbered": lambda block: renumbered(block, {x.word for x in block.statements}, reserved=()),
    "with deletions": lambda block: list(with_deletions(block)),
}


def counted_calls(function, *operands):
    """The number of calls, of Python's functions and of built-in ones."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        function(*operands)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("name", PASSES)
def test_the_cost_is_linear(name):
    """Ten times as many statements take ten times as many calls."""
    blocks = []
    for n in (500, 5_000):
        blocks.append(block("t0 = x", *(f"t{i} = t{i - 1} * t{i // 2}" for i in range(1, n)), f"t{n - 1}"))
    few, many = (counted_calls(PASSES[name], block) for block in blocks)
    assert 9 * few < many < 11 * few
