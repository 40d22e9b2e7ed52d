"""The rooms of the pipeline one by one: each arrow made by hand, or printed."""

import ast

import numpy as np
import pytest

from autograd import OPERATIONS, TracingError, Value, dot, maximum, sin, tanh
from autograd.transforms.signatures import Signature
from autograd.vectorizing.arguments import call_of, shapes_in
from autograd.vectorizing.array_expressions import name, number, operation
from autograd.vectorizing.backward import backward
from autograd.vectorizing.emission import emitted
from autograd.vectorizing.execution import block_size, compiled, run, run_in_blocks
from autograd.vectorizing.forward import forward
from autograd.vectorizing.grouping import grouped
from autograd.vectorizing.groups import Array, Group, Part, View
from autograd.vectorizing.names import Names
from autograd.vectorizing.simplification import simplified_graph
from autograd.vectorizing.source import ArrayFunction
from autograd.vectorizing.specialization import Specialization
from autograd.vectorizing.statements import Assignment, Block, lines
from autograd.vectorizing.trace import trace

# --- Arguments ------------------------------------------------------------------------------------------


def test_the_arguments_of_a_call():
    call = call_of({"p": {"w": [1.0, 2.0], "kind": "tanh"}, "x": [[1, 2], [3, 4], [5, 6]]}, ("x",))
    assert call.slots == [("p['w']", (2,), False), ("x", (2,), True)]
    assert call.key == (("p", "x"), ("p['w']", (2,), False), ("p['kind']", "tanh"), ("x", (2,), True))
    assert (call.samples, call.xp, call.dtype) == (3, None, float)
    assert [array.dtype for array in call.arrays] == [float, float]
    assert shapes_in(call.slots) == "p['w'] (2,), x (n, 2)"


def test_the_parameters_of_a_row_of_the_table_have_names():
    signature = Signature(maximum)
    assert signature.bound((1.0,), {"y": 2.0}) == {"x": 1.0, "y": 2.0}
    assert signature.f(x=1.0, y=2.0) == 2.0
    with pytest.raises(TypeError, match=r"^wrt='z' is not an argument of maximum\(x, y\)"):
        signature.check_name("z", "wrt='z'")


# --- Trace, simplified graph, groups ------------------------------------------------------------------------


def layer(w, b, x):
    return [tanh(sum((u * v for u, v in zip(row, x, strict=True)), bias)) for row, bias in zip(w, b, strict=True)]


LAYER = {"w": np.ones((3, 2)), "b": np.ones(3), "x": np.ones((5, 2))}


def test_a_trace():
    scale = [Value(2.0, label="scale[1]"), Value(3.0, label="scale[0]")]
    record = trace(
        lambda x, mode: {"y": x[0] * scale[0] + scale[1]}, "f", call_of({"x": [[1.0], [2.0]], "mode": "a"}, "x")
    )
    assert [node.op.name for node in record.nodes] == ["mul", "add"]
    assert record.results == [record.nodes[-1]]
    assert (record.structure, record.returned[:1]) == ({"y": 0.0}, "{")
    ((captured),) = record.captured
    assert captured.array.label == "scale"
    assert captured.numbers(call_of({}, ())).tolist() == [3.0, 2.0]
    assert [record.places[leaf][1] for leaf in scale] == [1, 0]
    with pytest.raises(TracingError):
        trace(lambda x: x.data, "f", call_of({"x": 1.0}, ()))


def test_sums_of_products_become_linear_forms():
    record = trace(layer, "layer", call_of(LAYER, ("x",)))
    graph = simplified_graph(record.nodes, record.results)
    assert len(record.nodes) == 3 * 5
    assert [node.op.name for node in graph.nodes] == ["add", "tanh"] * 3
    (first, *_) = graph.forms.values()
    assert (len(first.pairs), len(first.terms), first.divisor) == (2, 1, 1)
    assert len(graph.operands(graph.nodes[0])) == 5
    assert graph.operands(graph.nodes[1]) == (graph.nodes[0],)


def test_a_plus_sign_is_no_node():
    a = Value(1.0)
    b = +a
    c = sin(b)
    graph = simplified_graph([b, c], [c, +b])
    assert graph.nodes == [c]
    assert graph.args == {c: (a,)}


def test_the_neurons_of_a_layer_are_one_group():
    record = trace(layer, "layer", call_of(LAYER, ("x",)))
    groups, results = grouped(simplified_graph(record.nodes, record.results), record.places)
    assert [group.op.name for group in groups] == ["add", "tanh"]
    assert [(group.array.shape, group.array.batched) for group in groups] == [((3,), True)] * 2
    ((product, bias),) = (group.parts for group in groups if group.parts)
    assert (product.is_product, bias.is_sum) == (True, False)
    assert [view.index.tolist() for view in product.factors] == [[[0, 1], [2, 3], [4, 5]], [0, 1]]
    assert [(view.array, int(view.index)) for view in results] == [(groups[1].array, i) for i in range(3)]


# --- Forward and backward, on groups made by hand -------------------------------------------------------------


def neuron():
    """Two neurons, h = tanh(W x + b), and the sum of both."""
    w, b, x = Array((2, 3), False, "w"), Array((2,), False, "b"), Array((3,), True, "x")
    linear, h, total = Array((2,), True), Array((2,), True, "h"), Array((), True)
    groups = [
        Group(
            OPERATIONS["dot"], linear,
            parts=(
                Part((View(w, np.arange(6).reshape(2, 3)), View(x, np.arange(3))), True, True),
                Part((View(b, np.arange(2)),), False),
            ),
        ),
        Group(OPERATIONS["tanh"], h, (View(linear, np.arange(2)),)),
        Group(OPERATIONS["sum"], total, parts=(Part((View(h, np.arange(2)),), True),)),
    ]  # fmt: skip
    return [w, b, x], groups, View(total, np.array(0))


def test_groups_become_statements():
    inputs, groups, result = neuron()
    block = forward(inputs, groups, result.array, Names())
    assert list(lines(block.statements)) == [
        "n = x.shape[0]", "t1 = x @ w.T + b", "h = tanh(t1)", "L = sum(h, axis=-1)"
    ]  # fmt: skip
    assert list(block.words.values()) == ["w", "b", "x", "t1", "h", "L"]
    assert ast.unparse(block.read(View(inputs[0], np.array([0, 3]))).tree) == "w[:, 0]"
    assert block.names.permanent == {"n", "h", "L"}


def test_adjoints_become_statements():
    inputs, groups, result = neuron()
    block = forward(inputs, groups, result.array, Names())
    back = backward(result, groups, inputs[:2], block)
    assert list(lines(back.statements)) == ["dt1 = 1 / n * (1 / cosh(t1)) ** 2"]
    assert [ast.unparse(x.tree) for x in back.gradients] == ["dt1.T @ x", "sum(dt1, axis=0)"]


def test_a_whole_program():
    inputs, groups, result = neuron()
    code = emitted("f", inputs, groups, [result], inputs[:1])
    assert code.source.splitlines()[0] == "def f(w, b, x):  # w (2, 3), b (2,), x (n, 3)"
    call = call_of({"w": np.ones((2, 3)), "b": np.zeros(2), "x": np.ones((4, 3))}, ("x",))
    value, gradient = run(compiled(code, call), call.arrays)
    assert value == pytest.approx(2 * np.tanh(3))
    assert gradient == pytest.approx(np.full((2, 3), 1 / np.cosh(3) ** 2))


# --- Source and execution ---------------------------------------------------------------------------------


def doubled():
    x = Array((), True, "x")
    tree = operation("*", number(2), name("x", batch=True)).tree
    block = Block([Assignment("y", tree)], [ast.Name("y", ast.Load())])
    return x, ArrayFunction("f", [("x", x)], block, {"c1": np.ones(2)}, {})


def test_the_source_of_a_function():
    _, code = doubled()
    assert code.source == "c1 = array([1.0, 1.0])\n\n\ndef f(x):  # x (n,)\n    y = 2 * x\n    return y"
    assert code.source.endswith(code.function)
    assert code.statements == 2


def test_blocks_are_joined_and_means_weighted():
    x, code = doubled()
    call = call_of({"x": np.arange(5.0)}, ("x",))
    assert run_in_blocks(compiled(code, call), call.arrays, [x], 2)[0].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    (mean,) = run_in_blocks(lambda x: x.mean(), call.arrays, [x], 2, means=[True])
    assert mean == pytest.approx(2.0)
    assert block_size([Group(OPERATIONS["exp"], Array((100,), True))]) == 256
    assert block_size([]) == 15_000


def test_code_is_made_once():
    program = Specialization(trace(Signature(dot).f, "f", call_of({"x": [[1.0]], "y": [2.0]}, ("x",))))
    assert program.code(None) is program.code(None)
    assert program.parameters() == ("y",)
    assert program.is_one_number


def test_names_are_new():
    names = Names()
    assert [names.new(x) for x in ("exp", "w", "w", "ŷ", "__debug__")] == ["exp_", "w", "w_", "ŷ", "__debug___"]
    assert names.derivative(names.numbered("t")) == "dt1"
    assert (names.list_of("w"), names.list_of("w", "d"), names.list_of("t1")) == ("ws", "dws", "t1s")
    assert names.temporaries == {"t1": "t1", "dt1": "t1", "t1s": "t1"}
    assert "t1" not in names.reserved
    first, again = names.constant(np.ones(2)), names.constant(np.ones(2))
    assert first.id == again.id == "c1"
    assert names.function("f", abs) == names.function("g", abs) == "f"
