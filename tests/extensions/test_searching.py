"""Searches in lists compare numbers, and say so where that has mattered."""

import operator
import sys
import warnings

import numpy as np
import pytest

from autograd import Value

x, y, z = Value(2.0, label="x"), Value(2.0, label="y"), Value(3.0, label="z")
MESSAGE = (
    r"^a list is searched by ==, which compares numbers: .* Write any\(v is node for node in nodes\), or use a set"
)


def trace(root):
    """The nodes and edges, found as in many a notebook."""
    nodes, edges = [], []

    def build(v):
        if v not in nodes:
            nodes.append(v)
            for child, _ in v.edges:
                if (child, v) not in edges:
                    edges.append((child, v))
                build(child)

    build(root)
    return nodes, edges


@pytest.mark.parametrize(
    "search",
    [
        lambda: y in [x, z],
        lambda: y not in (z, x),
        lambda: (z, y) in [(z, x)],
        lambda: [z, x].index(y),
        lambda: [z, x].remove(y),
        lambda: max(1, [z, x].count(y)),
        lambda: [z, x].index(*[y]),
        lambda: eval("y in nodes", {"y": y, "nodes": [x]}),
        lambda: eval("nodes.index(y)", {"y": y, "nodes": [x]}),
    ],
)
def test_a_search_that_takes_one_value_for_another_says_so(search):
    with pytest.warns(UserWarning, match=MESSAGE):
        search()


@pytest.mark.parametrize(
    "search",
    [
        lambda: x == y,
        lambda: [x] == [y],
        lambda: x in [y, x] if x is y else x in [x, y],
        lambda: z in [x, y],
        lambda: y in {x, z},
        lambda: y in {x: 1},
        lambda: y in [1.0, 2.0],
        lambda: [1.0, 2.0].index(y),
        lambda: 2.0 in [x],
        lambda: operator.eq(x, y),
        lambda: any(x == node for node in [y]),
        lambda: any(x is node for node in [y]),
        lambda: np.array([x, z]) == np.array([y, z]),
        lambda: [x, y].index(x),
        lambda: (x, y).index(x),
        lambda: "in" if x == y else [].index,
    ],
)
def test_other_comparisons_are_silent(search):
    search()


def test_the_warning_names_the_line_of_the_search():
    with pytest.warns(UserWarning, match=MESSAGE) as caught:
        trace(x * y + (x + y))
    assert {warning.filename for warning in caught} == {__file__}
    assert {warning.lineno for warning in caught} <= {trace.__code__.co_firstlineno + k for k in (5, 8)}


def test_a_trace_that_compares_identity_finds_all():
    seen, edges = set(), set()

    def build(v):
        if v not in seen:
            seen.add(v)
            for child, _ in v.edges:
                edges.add((child, v))
                build(child)

    build(x * y + (x + y))
    assert (len(seen), len(edges)) == (5, 6)


def test_a_line_that_is_run_often_warns_once_as_python_does():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(100):
            assert y in [x]
    assert len(caught) == 1


@pytest.mark.skipif(not hasattr(sys, "_getframe"), reason="needs the frames of CPython")
def test_from_code_that_has_no_source_as_well():
    scope = {"x": x, "y": y}
    with pytest.warns(UserWarning, match=MESSAGE):
        exec(compile("found = [x].count(y)", "<nowhere>", "exec"), scope)
    assert scope["found"] == 1
