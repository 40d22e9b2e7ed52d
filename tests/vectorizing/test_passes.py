"""Passes over statements, each on blocks written by hand."""

import ast
import re
import sys
from textwrap import dedent, indent

import pytest

from autograd.vectorizing.groups import Counter
from autograd.vectorizing.passes import (
    LARGEST,
    LONG,
    inlined,
    read_among,
    renumbered,
    with_deletions,
    with_saved,
    without_unread,
)
from autograd.vectorizing.statements import (
    Accumulation,
    Appending,
    Assignment,
    Block,
    ForLoop,
    Restoring,
    Update,
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
    temporaries = {"t7": "t7", "t9": "t9", "dt7": "t7", "dt9": "t9"}
    after = ["t1 = x + 1", "h = t1", "t2 = h * t1", "dt2 = 2 * t2", "dt1 = dt2 + t2", "return dt1, t1"]
    assert lines(renumbered(before, temporaries, reserved=())) == after
    assert lines(renumbered(before, temporaries, reserved={"t1", "dt2"}))[:2] == ["t3 = x + 1", "h = t3"]
    only_its_derivative = block("dt9 = x", "dt9")
    assert lines(renumbered(only_its_derivative, {"t9": "t9", "dt9": "t9"}, reserved=())) == ["dt1 = x", "return dt1"]


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


# --- Loops --------------------------------------------------------------------------------------------------


def written(text):
    """The block of a Python program; loops over the same range are those of both passes."""
    counters = {}

    def statement(node):
        match node:
            case ast.For(target=ast.Name(word), iter=numbers, body=body):
                (count,) = map(int, re.findall(r"\d+", ast.unparse(numbers)))
                counter = counters.setdefault(count, Counter(count))
                is_reversed = "reversed" in ast.unparse(numbers)
                return ForLoop(counter, word, [statement(x) for x in body], is_reversed)
            case ast.AugAssign(target=ast.Name(word), value=tree):
                return Accumulation(word, tree)
            case ast.Expr(ast.Call(func=ast.Attribute(value=ast.Name(word)), args=[tree])):
                return Appending(word, tree)
            case ast.Assign(targets=[ast.Name(word)], value=tree):
                return Assignment(word, tree)
            case ast.Assign(targets=[ast.Tuple(names)], value=ast.Tuple(trees)):
                return Update(tuple(x.id for x in names), tuple(trees))

    *nodes, last = ast.parse(f"def f():\n{indent(dedent(text), '    ')}").body[0].body
    return Block([statement(x) for x in nodes], last.value.elts)


def test_the_lines_of_all_statements():
    x, y = parsed("f(x)"), parsed("y")
    body = [Restoring(("a", "b"), "saved"), Accumulation("c", x), Appending("d", y), Update(("a", "b"), (x, y))]
    example = Block([ForLoop(Counter(3), "i", body, True), ForLoop(Counter(2), "_", body[2:3], True)], [x])
    assert lines(example) == [
        "for i in reversed(range(3)):",
        "    a, b = saved.pop()",
        "    c += f(x)",
        "    d.append(y)",
        "    a, b = f(x), y",
        "for _ in range(2):",
        "    d.append(y)",
        "return f(x)",
    ]
    assert example.size == 8
    assert [x.words for x in example.all_statements] == [("a", "b"), ("c",), ("d",), ("a", "b"), ("d",)]
    assert [type(x.changed(x.words, x.trees)) for x in body] == list(map(type, body))


def test_an_iteration_reads_what_the_one_before_has_assigned():
    before = written("""
        a, b, c = x, y, z
        for i in range(3):
            t = f(b)
            u = g(c)
            v = h(i)
            a, b, c = t, a, u
        return a,
    """)
    assert lines(without_unread(before)) == [
        "a, b = x, y",
        "for _ in range(3):",
        "    t = f(b)",
        "    a, b = t, a",
        "return a",
    ]
    empty = written("""
        for i in range(3):
            a = f(a)
        return x,
    """)
    assert lines(without_unread(empty)) == ["return x"]


def test_what_only_an_inner_loop_of_the_next_iteration_reads_stays():
    before = written("""
        a, b, c = x, x, x
        for i in range(3):
            for j in range(4):
                a = a + b
                c = c + j
            b = f(b)
            c = g(c)
        return a,
    """)
    assert lines(without_unread(before)) == [
        "a, b = x, x",
        "for _ in range(3):",
        "    for _ in range(4):",
        "        a = a + b",
        "    b = f(b)",
        "return a",
    ]


def test_no_expression_moves_into_or_out_of_a_loop():
    before = written("""
        t = f(x)
        s = x
        for i in range(3):
            u = g(t, s)
            v = h(u)
            s = v
        w = k(x)
        return s, w
    """)
    assert lines(inlined(before, permanent=())) == [
        "s = x",
        "t = f(x)",
        "for i in range(3):",
        "    s = h(g(t, s))",
        "return s, k(x)",
    ]


def test_no_expression_moves_past_an_assignment_of_what_it_reads():
    before = written("""
        s, r = x, y
        t = f(s)
        for i in range(3):
            u = g(s)
            v = h(r)
            s, r = r, s
        w = k(s)
        s = x
        return s, t, w
    """)
    assert lines(inlined(before, permanent=())) == [
        "s, r = x, y",
        "t = f(s)",
        "for i in range(3):",
        "    u = g(s)",
        "    v = h(r)",
        "    s, r = r, s",
        "w = k(s)",
        "s = x",
        "return s, t, w",
    ]


def test_lists_and_derivatives_have_the_number_of_their_array():
    before = written("""
        t7s = []
        for i in range(3):
            t4 = f(i)
            t7 = g(t4)
            t7s.append(t7)
        dt7s = t7s
        dt4 = dt7s
        return dt4,
    """)
    temporaries = {"t4": "t4", "t7": "t7", "t7s": "t7", "dt7s": "t7", "dt4": "t4"}
    assert lines(renumbered(before, temporaries, reserved={"t2s"})) == [
        "t1s = []",
        "for i in range(3):",
        "    t3 = f(i)",
        "    t1 = g(t3)",
        "    t1s.append(t1)",
        "dt1s = t1s",
        "dt3 = dt1s",
        "return dt3",
    ]


def saved(text):
    names = iter(["saved", "saved_"])
    return lines(with_saved(written(text), lambda word: next(names)))


def test_the_loop_backwards_takes_what_it_reads_from_the_end():
    assert saved("""
        s = x
        for i in range(3):
            t = f(s)
            u = g(t)
            s, r = u, x
        ds = y
        for i in reversed(range(3)):
            ds = ds * t + s + x
        return ds,
    """) == [
        "s = x",
        "saved = []",
        "for i in range(3):",
        "    t = f(s)",
        "    u = g(t)",
        "    saved.append((t, s))",
        "    s, r = u, x",
        "ds = y",
        "for i in reversed(range(3)):",
        "    t, s = saved.pop()",
        "    ds = ds * t + s + x",
        "return ds",
    ]  # fmt: skip


def test_a_loop_whose_numbers_nothing_reads_saves_nothing():
    text = """
        for i in range(3):
            s, r = f(s), s
        for i in reversed(range(3)):
            ds = ds * x
        return s, ds
    """
    assert saved(text) == lines(written(text))


def test_each_of_two_nested_loops_saves_its_own():
    assert saved("""
        for i in range(3):
            t = f(s)
            r = t
            for j in range(4):
                u = g(r)
                r, q = u, r
            s, p = h(r), x
        for i in reversed(range(3)):
            dr = ds * t
            for j in reversed(range(4)):
                dr = dr * u + r
            ds = dr
        return ds,
    """) == [
        "saved = []",
        "saved_ = []",
        "for i in range(3):",
        "    t = f(s)",
        "    r = t",
        "    for j in range(4):",
        "        u = g(r)",
        "        saved.append((u, r))",
        "        r, q = u, r",
        "    saved_.append(t)",
        "    s, p = h(r), x",
        "for i in reversed(range(3)):",
        "    t = saved_.pop()",
        "    dr = ds * t",
        "    for j in reversed(range(4)):",
        "        u, r = saved.pop()",
        "        dr = dr * u + r",
        "    ds = dr",
        "return ds",
    ]


# --- Time ---------------------------------------------------------------------------------------------------


PASSES = {
    "without unread": without_unread,
    "inlined": lambda block: inlined(block, permanent=()),
    "renumbered": lambda block: renumbered(block, {x.word: x.word for x in block.statements}, reserved=()),
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
