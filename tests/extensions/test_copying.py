"""Copies of graphs: detached, pickled, deep-copied, and as plain data."""

import copy
import io
import json
import math
import pickle
import random
import threading
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Constant, StaleGraphError, Value, define, dot, tanh
from autograd.formula.language import Formula
from autograd.formula.systems import FLOATS
from tests.programs import random_program

COPIERS = [lambda x: pickle.loads(pickle.dumps(x)), lambda x: pickle._loads(pickle._dumps(x)), copy.deepcopy]
copiers = pytest.mark.parametrize("copied", COPIERS, ids=["pickle", "pickle in Python", "deepcopy"])


def chain(n):
    x = y = Value(1.0, label="x")
    for _ in range(n):
        y = y + 1.0
    return x, y


@pytest.mark.slow
@copiers
def test_a_deep_graph_keeps_its_shape(copied):
    x, y = chain(20_000)
    middle = y.args[0]
    x2, y2, middle2 = copied((x, y, middle))
    y2.backward()
    assert (y2.data, x2.grad, x.grad) == (20_001.0, 1.0, None)
    assert y2.args[0] is middle2
    assert middle2.grad == 1.0
    del x, y, middle, x2, y2, middle2


@pytest.mark.slow
@copiers
@settings(max_examples=30)
@given(source=st.randoms(use_true_random=False))
def test_a_copy_has_the_gradients_of_the_original(copied, source):
    leaves, root = random_program(source).values()
    *leaves2, root2 = copied((*leaves, root))
    assert root2.gradients(leaves2) == pytest.approx(root.gradients(leaves), rel=0, nan_ok=True)
    assert root2.data == root.data
    assert (root2 + leaves2[0]).gradients([root2]) == [1.0]


@copiers
def test_a_copy_keeps_labels_gradients_constants_and_operations(copied):
    w = Value(0.5, label="w")
    y = (w * Constant(2.0, label="x")).named("ŷ")
    y.backward()
    w2, y2 = copied((w, y))
    assert (w2.label, w2.grad, y2.label, y2.grad) == ("w", 2.0, "ŷ", 1.0)
    assert str(y2) == "ŷ = w·x = 1.0"
    assert y2.op is y.op


def test_a_shallow_copy_shares_the_operands():
    w = Value(0.5)
    y = w * 2.0
    z = copy.copy(y)
    assert z is not y
    assert z.gradients([w]) == [2.0]


@copiers
def test_operations_of_ones_own_travel_along(copied):
    cube = define("cube", "x ** 3", dx="3 * x ** 2", domain="x > 0", kink=("x == 1", "3"))
    w = Value(2.0)
    w2, y2 = copied((w, cube(cube(w))))
    assert y2.gradients([w2]) == [9 * 2.0**8]
    assert (
        repr(y2.op)
        == repr(cube.op)
        == "cube: z = x ** 3, dz/dx = where(x == 1, 3, 3 * x ** 2), where x > 0, 3 at x = 1"
    )
    (slope,) = y2.gradients([w2], create_graph=True)
    assert slope.gradients([w2]) == [72 * 2.0**7]


def test_a_stale_graph_is_not_copied():
    w = Value(0.5, label="w")
    y = w * 2.0
    w.data = 0.7
    for attempt in (lambda: pickle.dumps(y), lambda: copy.deepcopy(y), y.graph):
        with pytest.raises(StaleGraphError, match=r"'w' was changed to 0\.7 after w·2\.0 had been computed from it"):
            attempt()


class FullDisk(io.BytesIO):
    def write(self, data):
        if self.tell() > 100_000:
            raise OSError("disk full")
        return super().write(data)


@pytest.mark.slow
def test_a_copy_that_fails_midway_leaves_nothing_behind():
    y = chain(5000)[1]
    inner = y.args[0]
    with pytest.raises(OSError, match="disk full"):
        pickle.dump(y, FullDisk())
    for root in (inner, y):
        assert pickle.loads(pickle.dumps(root)).data == root.data
        assert copy.deepcopy(root).data == root.data


@pytest.mark.slow
def test_threads_may_copy_at_the_same_time():
    graphs = [chain(3000) for _ in range(4)]
    results = []
    threads = [threading.Thread(target=lambda g=g: results.append(copy.deepcopy(g)[1].data)) for g in graphs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [3001.0] * 4


def test_detach_starts_anew():
    x = Value(3.0, label="x")
    x.grad = 1.0
    y = x.detach()
    assert (type(y), y.data, y.label, y.grad, y.edges) == (Value, 3.0, "x", None, ())
    assert (x * x).detach().is_leaf


# --- As plain data ----------------------------------------------------------------------------------


def recomputed(graph):
    """The numbers of a graph, by nothing but its plain data, and the gradients of the last by the chain rule."""
    numbers, grads = [], [0.0] * len(graph["nodes"])
    for node in graph["nodes"]:
        if node["op"] in ("leaf", "constant"):
            numbers.append(node["data"])
            continue
        row = graph["operations"][node["op"]]
        operands = [numbers[i] for i in node["args"]]
        if row["value"].startswith("sum("):
            n = len(operands) // len(row["operands"])
            columns = [operands[i * n : (i + 1) * n] for i in range(len(row["operands"]))]
            formula = Formula(row["value"], (*row["operands"], "n"), tuple(row["operands"]))
            numbers.append(formula.over(FLOATS)(*columns, n))
        else:
            numbers.append(Formula(row["value"], tuple(row["operands"])).over(FLOATS)(*operands))
    grads[-1] = 1.0
    for i in reversed(range(len(numbers))):
        for operand, local in graph["nodes"][i].get("edges", []):
            grads[operand] += local * grads[i]
    return numbers, grads


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_plain_data_is_enough_to_compute_everything_again(seed):
    leaves, root = random_program(random.Random(seed)).values()
    for i, leaf in enumerate(leaves):
        leaf.label = f"x{i}"
    graph = json.loads(json.dumps(root.graph()))
    numbers, grads = recomputed(graph)
    assert numbers[-1] == graph["nodes"][-1]["data"] == root.data
    positions = {node.get("label"): i for i, node in enumerate(graph["nodes"])}
    for leaf, grad in zip(leaves, root.gradients(leaves), strict=True):
        if leaf.label in positions:
            assert math.isclose(grads[positions[leaf.label]], grad, rel_tol=1e-9, abs_tol=1e-300) or grad == 0


def test_plain_data_shows_operands_edges_labels_and_gradients():
    w = Value(0.5, label="w")
    y = dot([w, w], [3.0, w]).named("ŷ")
    y.backward()
    assert y.graph() == {
        "operations": {"dot": {"operands": ["x", "y"], "value": "sum(x * y)", "partials": ["y", "x"]}},
        "nodes": [
            {"op": "leaf", "data": 0.5, "label": "w", "grad": 4.0},
            {"op": "constant", "data": 3.0},
            {
                "op": "dot",
                "data": 1.75,
                "args": [0, 0, 1, 0],
                "edges": [[0, 3.0], [0, 0.5], [0, 0.5]],
                "label": "ŷ",
                "grad": 1.0,
            },
        ],
    }


def test_plain_data_of_a_leaf_and_of_two_operations_of_one_name():
    assert Value(2.0).graph() == {"operations": {}, "nodes": [{"op": "leaf", "data": 2.0}]}
    mine = define("tanh", "tanh(x)", dx="1 - z ** 2")
    graph = mine(tanh(Value(0.5))).graph()
    assert [node["op"] for node in graph["nodes"]] == ["leaf", "tanh", "tanh_2"]
    assert graph["operations"]["tanh_2"]["partials"] == ["1 - z ** 2"]
    taken = define("tanh_2", "x", dx="1")
    graph = mine(tanh(taken(Value(0.5)))).graph()
    assert [node["op"] for node in graph["nodes"]] == ["leaf", "tanh_2", "tanh", "tanh_3"]


def test_numbers_of_any_kind_are_plain_data():
    z = dot([Value(1.0), Value(2.0)], [Fraction(1, 2), True])
    assert json.loads(json.dumps(z.graph()))["nodes"][-1]["edges"] == [[0, 0.5], [1, 1.0]]
