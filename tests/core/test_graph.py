"""The backward pass: properties of random graphs, and planted bugs that the properties must catch."""

import gc
import math
import random

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.core.graph import newest_first
from autograd.core.recording import functions
from autograd.core.table import OPERATIONS
from autograd.core.value import Value
from autograd.formula.systems import sympy
from tests.core.mutants import BACKWARD_PASSES, LOCAL_RULES, broken_backward
from tests.core.programs import is_smooth, random_number, random_program

dot, relu = functions["dot"], functions["relu"]

sources = st.randoms(use_true_random=False)


def close(a, b, scale=0.0):
    """Equal up to rounding; `scale` is the size of the terms that were added up."""
    return math.isclose(a, b, rel_tol=1e-10, abs_tol=1e-13 * scale)


def backward_grads(root, leaves):
    for leaf in leaves:
        leaf.grad = None
    root.backward()
    return [0.0 if leaf.grad is None else leaf.grad for leaf in leaves]


def sizes(root, leaves):
    """For each leaf, the sum over all paths of the absolute products: how large rounding errors can be."""
    adjoints = {root: 1.0}
    for node in newest_first(root):
        for operand, local in node.edges:
            adjoints[operand] = adjoints.get(operand, 0.0) + abs(local) * adjoints[node]
    return [adjoints.get(leaf, 0.0) for leaf in leaves]


# --- The properties ---------------------------------------------------------------------------------
# Each takes a source of randomness and asserts something about one random graph.


def finite_differences(source):
    program = random_program(source)
    leaves, root = program.values()
    grads = backward_grads(root, leaves)
    for grad, size, (left, right) in zip(grads, sizes(root, leaves), program.slopes(), strict=True):
        assert close(left, right, size)
        assert close(grad, (left + right) / 2, size), (grad, left)


def sum_over_paths(source):
    """The definition: over all paths from the leaf to the root, the product of the local derivatives."""
    leaves, root = random_program(source, steps=6).values()

    def over_paths(node, leaf):
        here = 1.0 if node is leaf else 0.0
        return here + sum(local * over_paths(operand, leaf) for operand, local in node.edges)

    for leaf, grad, size in zip(leaves, backward_grads(root, leaves), sizes(root, leaves), strict=True):
        assert close(grad, over_paths(root, leaf), size)


def gradients_equal_backward(source):
    program = random_program(source)
    leaves, root = program.values()
    assert root.gradients(leaves) == backward_grads(root, leaves)
    inner = [value for value in program.run(leaves) if not value.is_leaf]
    inner[-1].backward()
    assert inner[-1].gradients(inner) == [value.grad or 0.0 for value in inner]


def backward_twice(source):
    leaves, root = random_program(source).values()
    once = backward_grads(root, leaves)
    root.backward()
    for leaf, grad, size in zip(leaves, once, sizes(root, leaves), strict=True):
        assert close(leaf.grad or 0.0, 2 * grad, size)


def closed_form(source):
    """Every row on its own against the derivative of its text, differentiated by SymPy: see test_table."""
    name = source.choice(["add", "sub", "mul", "truediv", "pow", "exp", "tanh", "log"])
    op = OPERATIONS[name]
    operands = [abs(random_number(source, 3)) for _ in op.operands]
    if not is_smooth(op, operands):
        return
    symbols = sp.symbols("x y")[: len(operands)]
    values = [Value(v) for v in operands]
    root = getattr(Value, f"__{name}__" if op.is_operator else name)(*values)
    for symbol, grad in zip(symbols, backward_grads(root, values), strict=True):
        at = {s: sp.Float(v, 50) for s, v in zip(symbols, operands, strict=True)}
        assert close(grad, float(sp.diff(op.value.over(sympy())(*symbols), symbol).subs(at)))


def same_operand_twice(source):
    a = random.Random(source.random()).uniform(0.5, 2)
    x = Value(a)
    grads = backward_grads(x * x + x / x + dot([x, x], [x, 2.0]), [x])
    assert close(grads[0], 2 * a + 2 * a + 2)


def linearity(source):
    program = random_program(source)
    leaves, root = program.values()
    again = program.run(leaves)[-1]
    grads = backward_grads(root, leaves)
    doubled = backward_grads(root * 2.0 + again * 3.0, leaves)
    for grad, both, size in zip(grads, doubled, sizes(root, leaves), strict=True):
        assert close(5 * grad, both, size)


PROPERTIES = [
    finite_differences,
    sum_over_paths,
    gradients_equal_backward,
    backward_twice,
    closed_form,
    same_operand_twice,
    linearity,
]


@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda p: p.__name__)
def test_property(prop):
    @settings(max_examples=60, deadline=None)
    @given(sources)
    def holds(source):
        prop(source)

    holds()


# --- Planted bugs -----------------------------------------------------------------------------------


RULES = {"finite_differences", "closed_form"}
ALL_SUMS = {"finite_differences", "sum_over_paths", "gradients_equal_backward"}
CAUGHT_BY = {
    "= for +=": {*ALL_SUMS, "same_operand_twice", "linearity"},
    "wrong order": ALL_SUMS,
    "operands kept as a set": {*ALL_SUMS, "same_operand_twice"},
    "inner gradients not reset": {"backward_twice"},
}
BUGS = {name: (plant, RULES) for name, plant in LOCAL_RULES.items()}
BUGS |= {name: (plant, CAUGHT_BY[name]) for name, plant in BACKWARD_PASSES.items()}


@pytest.mark.parametrize("bug", BUGS)
def test_planted_bugs_are_caught(bug, monkeypatch):
    plant, expected = BUGS[bug]
    plant(monkeypatch)
    caught = {prop.__name__ for prop in PROPERTIES if prop.__name__ in expected and fails(prop)}
    assert caught == expected, f"{bug} slipped past {expected - caught}"


def fails(prop):
    try:
        for seed in range(400):
            prop(random.Random(seed))
    except AssertionError:
        return True
    return False


def test_the_unbroken_backward_of_the_planted_bugs_is_right(monkeypatch):
    broken_backward()(monkeypatch)
    for prop in PROPERTIES:
        for seed in range(50):
            prop(random.Random(seed))


# --- Size -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_chain_of_200_000_operations_needs_no_recursion():
    x = Value(1.0)
    y = x
    for _ in range(200_000):
        y = y + x
    y.backward()
    assert (y.data, x.grad) == (200_001.0, 200_001.0)
    assert y.gradients([x]) == [200_001.0]
    assert len(str(y)) < 200
    del y


def test_a_graph_with_exponentially_many_paths_takes_linear_time():
    x = Value(1.0)
    y = x
    for _ in range(200):
        y = y * 0.5 + y * 0.5
    y.backward()
    assert x.grad == 1.0


def test_dropping_the_root_frees_the_graph_at_once():
    x = Value(1.0)
    gc.collect()
    gc.disable()
    try:
        y = relu(x * 2 + 1)
        node = y.args[0]
        y.backward()
        alive = sum(type(o) is Value for o in gc.get_objects())
        del y, node
        assert sum(type(o) is Value for o in gc.get_objects()) == alive - 3
    finally:
        gc.enable()
