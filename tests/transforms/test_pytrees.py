"""Pytrees: numbers in lists, tuples, dicts and arrays."""

from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.transforms.pytrees import is_tree, leaves, mapped, rebuilt, scalar, stacked

Point = namedtuple("Point", "x y")
TREES = st.recursive(
    st.floats(-5, 5),
    lambda part: st.one_of(
        st.lists(part, max_size=3),
        st.tuples(part, part),
        st.builds(Point, part, part),
        st.dictionaries(st.sampled_from("abc"), part, max_size=3),
    ),
    max_leaves=8,
)


@given(TREES)
def test_a_tree_is_rebuilt_from_its_leaves(tree):
    again = rebuilt(tree, (x for _, x in leaves(tree, "p")))
    assert again == tree
    assert type(again) is type(tree)


@given(TREES)
def test_a_tree_is_mapped_to_the_places_of_its_leaves(tree):
    places = [place for place, _ in leaves(tree, "p")]
    assert [place for _, place in leaves(mapped(lambda place, x: place, tree, "p"), "p")] == places


@pytest.mark.parametrize(
    ("tree", "places"),
    [
        (1.0, ["p"]),
        ([1.0, (2.0,)], ["p[0]", "p[1][0]"]),
        ({"w": [1.0]}, ["p['w'][0]"]),
        (Point(1.0, 2.0), ["p.x", "p.y"]),
        (np.ones((1, 2)), ["p[0, 0]", "p[0, 1]"]),
        (np.array(1.0), ["p"]),
    ],
)
def test_places_read_like_python(tree, places):
    assert [place for place, _ in leaves(tree, "p")] == places


def test_kinds_are_kept():
    tree = OrderedDict(w=Point([1.0], np.ones(2)))
    again = rebuilt(tree, iter([3.0, 4.0, 5.0]))
    assert type(again) is OrderedDict
    assert type(again["w"]) is Point
    assert again["w"].y.tolist() == [4.0, 5.0]


def test_some_trees_may_count_as_leaves():
    assert mapped(lambda place, x: (place, x), {"w": [1.0, 2.0]}, "p", lambda x: isinstance(x, list)) == {
        "w": ("p['w']", [1.0, 2.0])
    }


def test_trees_are_stacked_along_new_axes():
    made = stacked({"w": 0.0, "v": np.zeros(2)}, [{"w": 1.0, "v": np.array([1.0, 2.0])}] * 3, (3,))
    assert made["w"].tolist() == [1.0] * 3
    assert made["v"].shape == (3, 2)


def test_an_array_without_axes_is_a_number():
    assert scalar(np.array(2.0)) == 2.0
    assert not is_tree(np.array(2.0))
    assert is_tree(np.ones(1))
    assert is_tree([])
    assert scalar([1.0]) == [1.0]
