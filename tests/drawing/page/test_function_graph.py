"""The graph of a function: with both branches of `where`, names from places, and data that stays data."""

import numpy as np
import pytest

from autograd import Constant, Value, where
from autograd.core.graph import newest_first
from autograd.drawing.page import function_graph


def graph_of(f, inputs):
    return function_graph.graph_of(f, inputs)[0]


def leaves(root):
    operands = dict.fromkeys(x for node in reversed(newest_first(root)) for x in node.args)
    return {x.label: float(getattr(x, "data", x)) for x in operands if getattr(x, "label", None)}


def test_both_branches_of_where_are_in_the_graph():
    root = graph_of(lambda w: where(w > 0, w * 2.0, w * 3.0).named("y"), {"w": -0.5})
    assert (root.label, root.data, len(newest_first(root))) == ("y", -1.5, 4)
    assert root.gradients([root.args[1].args[0]]) == [3.0]


def test_places_become_names():
    root = graph_of(lambda w, p: w[0] * w[1] + p["b"][1][0], {"w": np.array([1.0, 2.0]), "p": {"b": [0.0, [3.0]]}})
    assert leaves(root) == {"w[0]": 1.0, "w[1]": 2.0, "p['b'][1,0]": 3.0}


def test_constants_stay_data_and_decide_branches():
    root = graph_of(lambda w, x: where(x > 0, w * x, -w), {"w": 0.5, "x": Constant(2.0, "x")})
    assert leaves(root) == {"x": 2.0, "w": 0.5}
    assert [type(x) for x in root.args[0].args] == [Constant, float] if type(root.args[0]) is Value else True
    assert root.data == 1.0


def test_a_function_that_branches_on_numbers_is_recorded_with_them():
    root, has_all_branches = function_graph.graph_of(lambda w: w * 2.0 if w > 0 else w * 3.0, {"w": 0.5})
    assert (root.data, leaves(root), has_all_branches) == (1.0, {"w": 0.5}, False)


def test_values_from_outside_keep_their_numbers():
    b = Value(0.25, "b")
    root = graph_of(lambda w: w * b + b * 2.0, {"w": 4.0})
    assert root.data == 1.5
    assert b in {x for node in newest_first(root) for x in node.args}


def test_other_arguments_are_passed_on():
    root = graph_of(lambda w, how: w * 2.0 if how == "twice" else w, {"w": 3.0, "how": "twice"})
    assert root.data == 6.0


@pytest.mark.parametrize(
    ("f", "inputs", "message"),
    [
        (
            lambda w: w,
            {},
            r"page\(<lambda>, ...\): missing a required argument: 'w'; write its arguments by name, as in page",
        ),
        (lambda w: [w, w], {"w": 1.0}, "a page needs a function that returns one number, but <lambda> returned"),
        (lambda w: 3.0, {"w": 1.0}, "<lambda> returned 3.0, which does not depend on its inputs: nothing can be moved"),
        (lambda w: w * 2.0, {"w": Constant(1.0, "w")}, "page needs at least one number that is not a Constant"),
        (lambda w: w * 2.0, {"w": "1"}, "returned '11'|can't multiply|a string is not a number"),
    ],
)
def test_what_cannot_be_a_page(f, inputs, message):
    with pytest.raises(TypeError, match=message):
        graph_of(f, inputs)
