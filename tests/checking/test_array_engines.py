"""Tensor classes checked against the table: one that is right, and the same with one mistake at a time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import autograd
from autograd import Value, gradcheck
from autograd.checking.engines.engine_check import engine_of
from autograd.checking.engines.recorded_arrays import Array, Tape, numbers_of
from tests.checking.tensors import summed_to, tensor_class

RANDOM = np.random.default_rng(0)
AT = {"x": RANDOM.normal(size=(2, 3)), "W": RANDOM.normal(size=(3, 3)), "b": RANDOM.normal(size=3)}


def network(x, W, b):
    h = (x @ W + b).tanh()
    return ((h @ W).relu() - 1.0).sum(axis=0).mean() + (W * W).sum()


def mistakes_of(report):
    return list(map(str, report.culprits))


@pytest.mark.parametrize("dtype", [float, np.float32])
def test_a_correct_class_passes(dtype):
    report = gradcheck(tensor_class(dtype=dtype))
    assert report.verdict == "pass", report
    names = list(report.inputs)
    assert names[:3] == ["d add/dx", "d add/dy", "d radd/dy"]
    assert names[names.index("(2, 3) + (2, 3)") :][:6] == [
        *("(2, 3) + (2, 3)", "(2, 3) + (3,)", "(2, 1) + (2, 3)", "(2, 3) + ()", "(2, 3) + 2.0", "2.0 + (2, 3)")
    ]
    assert {"(2, 3) @ (3, 4)", "(2, 3).tanh()", "(2, 3).sum()", "(2, 3).sum(1)", "(2, 3).mean(0)"} < set(names)
    report = gradcheck(network, AT, engine=tensor_class(dtype=dtype))
    assert report.ok, report
    assert report.source == "exact replay"


def test_a_missing_sum_over_the_broadcast_axis_is_named():
    wrong = tensor_class(summed_to=lambda gradient, shape: gradient)
    report = gradcheck(wrong)
    what = (
        "the gradient of {0} has shape (2, 3), {0} has (3,): "
        "the sum over axis 0, along which {0} was broadcast, is missing"
    )
    assert mistakes_of(report)[:2] == [
        f"LOCAL: x {sign} y with x of shape (2, 3), y of shape (3,): {what.format('y')}" for sign in "+*"
    ]
    assert report.inputs["(2, 3) + (3,)"].reason == "the gradient of y has shape (2, 3)"
    report = gradcheck(network, AT, engine=wrong)
    assert mistakes_of(report) == [f"LOCAL: x @ W + b with x @ W of shape (2, 3), b of shape (3,): {what.format('b')}"]
    assert [name for name, check in report.inputs.items() if check.verdict == "fail"] == ["b[0]", "b[1]", "b[2]"]


def test_a_sum_over_the_wrong_axis_is_a_wrong_number():
    def wrong(gradient, shape):
        right = summed_to(gradient, shape)
        return right if right.shape != (2, 1) else np.repeat(gradient[:1, :1], 2, axis=0)

    report = gradcheck(tensor_class(summed_to=wrong))
    first = mistakes_of(report)[0]
    assert first.startswith("LOCAL: x + y with x of shape (2, 1), y of shape (2, 3): the gradient of x should be ")


def test_a_backward_pass_that_raises_is_explained():
    def wrong(gradient, shape):
        return gradient + np.zeros(shape) if gradient.shape == shape else np.zeros(shape).__iadd__(gradient)

    report = gradcheck(tensor_class(summed_to=wrong))
    assert "backward() raised ValueError" in mistakes_of(report)[0]
    assert "the sum over axis 0, along which y was broadcast, is missing" in mistakes_of(report)[0]


@pytest.mark.parametrize(
    ("mistake", "what"),
    [
        ({"by_x": lambda g, x, y: g @ y}, "the gradient of x should be upstream @ W.T; yours is upstream @ W"),
        ({"by_y": lambda g, x, y: g.T @ x}, "the gradient of W should be x.T @ upstream; yours is upstream.T @ x"),
        ({"by_y": lambda g, x, y: x.T @ g / 2}, "the gradient of W should be x.T @ upstream; yours is another matrix"),
    ],
)
def test_a_wrong_matrix_product_is_named(mistake, what):
    (culprit,) = gradcheck(network, AT, engine=tensor_class(**mistake)).culprits
    assert str(culprit) == f"LOCAL: x @ W with x of shape (2, 3), W of shape (3, 3): {what}"


def test_a_matrix_product_with_gradients_of_the_wrong_shape():
    (culprit,) = gradcheck(tensor_class(by_x=lambda g, x, y: g @ y)).culprits
    assert culprit.where == "x @ y with x of shape (2, 3), y of shape (3, 4)"
    assert culprit.what.startswith("backward() raised ValueError: matmul")
    assert culprit.what.endswith(": the gradients should be upstream @ y.T and x.T @ upstream")


def test_gradients_that_do_not_add_up_are_named():
    wrong = tensor_class(accumulate=False)
    report = gradcheck(wrong)
    assert mistakes_of(report) == [
        "ACCUMULATION: x + x at x = 3.0: the gradient of x should be 2.0; yours says 1.0 (is = written for +=?)"
    ]
    assert report.score() == 0.0
    assert mistakes_of(gradcheck(network, AT, engine=wrong)) == mistakes_of(report)


def test_gradients_of_one_operation_that_do_not_add_up():
    class Mine(tensor_class()):
        def __matmul__(self, other):
            z = super().__matmul__(other)
            z.steps = [(x, lambda g, x=x, back=back: back(g) - x.grad) for x, back in z.steps]
            return z

    where = "x @ y + x @ y with x of shape (2, 3), y of shape (3, 4)"
    first = mistakes_of(gradcheck(Mine))[0]
    assert first.startswith(f"ACCUMULATION: {where}: the gradient of x should be ")
    assert first.endswith("(is = written for +=?)")
    report = gradcheck(lambda x, W: (x @ W + x).sum(), {"x": AT["x"], "W": AT["W"]}, engine=Mine)
    assert {culprit.kind for culprit in report.culprits} == {"ACCUMULATION"}


@pytest.mark.parametrize(
    ("f", "mistake", "expected"),
    [
        (
            network,
            {"tanh": lambda t: 1 - t},
            "LOCAL: (x @ W + b).tanh() with x @ W + b of shape (2, 3): d tanh/d(x @ W + b) should be ",
        ),
        (
            lambda x: (x * 2.0).sum(),
            {"sum": lambda g, x: 2 * g * np.ones_like(x)},
            "LOCAL: (x * 2.0).sum() with x * 2.0 of shape (2, 3): the gradient of x * 2.0 should be 1.0 at [0, 0]; "
            "yours says 2.0",
        ),
    ],
)
def test_other_mistakes_are_named(f, mistake, expected):
    inputs = AT if f is network else {"x": AT["x"]}
    (culprit, *_) = gradcheck(f, inputs, engine=tensor_class(**mistake)).culprits
    assert str(culprit).startswith(expected)


def test_a_wrong_result_is_named():
    class Mine(tensor_class()):
        def sum(self, axis=None):
            return super().sum(axis) if axis is None else super().sum(1 - axis)

    assert "FORWARD: x.sum(0) with x of shape (2, 3): the result should have shape (3,); yours has (2,)" in mistakes_of(
        gradcheck(Mine)
    )


def test_a_gradient_of_a_strange_shape():
    Tensor = tensor_class(summed_to=lambda gradient, shape: summed_to(gradient, shape).T)
    whole_pass = Tensor.backward

    def backward(self):
        for operand, _ in self.steps:
            operand.grad = 0.0  # so that gradients of any shape can be added
        whole_pass(self)

    Tensor.backward = backward
    assert any("the gradient of x has shape (3, 2), x has (2, 3)" in text for text in mistakes_of(gradcheck(Tensor)))


@settings(deadline=None, max_examples=25)
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), st.sampled_from(["+", "*", "/", "-"]))
def test_all_shapes_that_broadcast(shapes, sign):
    f = {"+": lambda x, y: x + y, "*": lambda x, y: x * y, "/": lambda x, y: x / y, "-": lambda x, y: x - y}[sign]
    x, y = (np.linspace(0.5, 1.5, math.prod(shape)).reshape(shape) for shape in shapes.input_shapes)
    inputs, weights = {"x": x, "y": y + 1.0}, np.linspace(1.0, 2.0, math.prod(shapes.result_shape))
    weights = weights.reshape(shapes.result_shape)
    assert gradcheck(lambda x, y: (f(x, y) * weights).sum(), inputs, engine=tensor_class()).ok
    report = gradcheck(lambda x, y: f(x, y).sum(), inputs, engine=tensor_class(summed_to=lambda gradient, _: gradient))
    is_broadcast = any(shape != shapes.result_shape for shape in shapes.input_shapes)
    assert report.ok is not is_broadcast
    assert ("is missing" in str(report)) is is_broadcast


class Old:
    """A tensor as in minitorch: it has a derivative instead of a gradient, and sums keep their axes."""

    made = tensor_class()

    def __init__(self, tensor):
        self.tensor = tensor

    data = property(lambda self: self.tensor.data)
    derivative = property(lambda self: self.tensor.grad)

    def __add__(self, other):
        return Old(self.tensor + getattr(other, "tensor", other))

    def __mul__(self, other):
        return Old(self.tensor * getattr(other, "tensor", other))

    def sum(self, dim=None):
        z = self.tensor.sum(dim)
        return Old(z if dim is None else self.kept(z, dim))

    def kept(self, z, dim):
        return type(z)(np.expand_dims(z.data, dim), [(z, lambda g: np.squeeze(g, dim))])

    def backward(self):
        assert self.data.size == 1
        self.tensor.backward()


def test_a_class_with_other_names_needs_an_adapter():
    def make(array):
        return Leaf(Old.made(array))

    class Leaf(Old):
        grad = property(lambda self: self.derivative)

    report = gradcheck(make)
    assert report.verdict == "pass", report
    assert "(2, 3).sum(1)" in report.inputs
    inputs = {"x": AT["x"] + 3.0, "y": 2.0}
    report = gradcheck(lambda x, y: (x.sum(1) * x * y).sum(), inputs, engine=make)
    assert report.ok, report
    assert report.source == "exact replay"


def test_a_class_with_other_names_and_no_adapter():
    with pytest.raises(TypeError, match=r"Old\(0.5\) has no .grad: an engine is a class whose objects"):
        gradcheck(lambda x: x + x, [1.0], engine=Old)


def test_a_class_with_a_few_operations_alone():
    class Mine:
        def __init__(self, data, steps=()):
            self.data, self.grad, self.steps = np.asarray(data), None, steps

        def tanh(self):
            t = np.tanh(self.data)
            return Mine(t, [(self, 1 - t * t)])

        def backward(self, upstream):
            self.grad = upstream
            for x, slope in self.steps:
                x.backward(slope * upstream)

    report = gradcheck(Mine)
    assert list(report.inputs) == ["d tanh/dx", "(2, 3).tanh()"]
    assert report.ok
    assert report.advice == ["Not checked: whether gradients add up, since that needs +."]


def test_without_a_way_from_an_array_to_one_number_arrays_are_not_checked():
    Tensor = tensor_class()
    whole_pass = Tensor.backward

    def backward(self):
        assert self.data.size == 1
        whole_pass(self)

    Tensor.backward = backward
    del Tensor.sum, Tensor.mean
    report = gradcheck(Tensor)
    assert report.ok
    assert report.inputs.keys() & {"d add/dx", "(2, 3) + (2, 3)"} == {"d add/dx"}
    advice = "Not checked: arrays of several elements, since backward() needs one number and there is no .sum()."
    assert report.advice == [advice]


def test_functions_that_create_tensors_of_their_own_are_compared_with_differences():
    right, wrong = tensor_class(), tensor_class(tanh=lambda t: 1 - t)
    X = AT["x"]
    for tensor, verdict in ((right, "pass"), (wrong, "fail")):
        report = gradcheck(lambda W, tensor=tensor: (tensor(X) @ W).tanh().sum(), {"W": AT["W"]}, engine=tensor)
        assert (report.verdict, report.source) == (verdict, "finite differences")
    assert report.advice[0].startswith("The steps of f are not known")
    assert report.advice[0].endswith("gradcheck(Tensor) checks each operation.")


def test_scalars_and_arrays_are_told_apart_by_trying():
    from tests.core.textbook import Textbook

    assert type(engine_of(Textbook)).__name__ == type(engine_of(autograd.Value)).__name__ == "Engine"
    assert type(engine_of(tensor_class())).__name__ == "ArrayEngine"


def test_a_single_number_is_the_smallest_array():
    report = gradcheck(lambda w, b: (w * 2.0 + b).tanh(), {"w": 0.5, "b": 0.1}, engine=tensor_class())
    assert report.ok
    assert report.source == "exact replay"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (
            lambda: gradcheck(lambda x: x * 2.0, {"x": AT["x"]}, engine=tensor_class()),
            "with the Values of Tensor the function raised ValueError: backward() starts at one number, "
            "such as a .sum(), not at shape (2, 3)",
        ),
        (
            lambda: gradcheck(lambda x: x.softmax(), {"x": AT["x"]}, engine=tensor_class()),
            "with the Values of Tensor the function raised AttributeError: 'Tensor' object has no attribute 'softmax'",
        ),
        (lambda: gradcheck(lambda x: x * 2.0), "gradcheck needs inputs to call <lambda> with"),
    ],
)
def test_messages(call, error):
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value).startswith(error)


def test_a_function_is_recorded_step_by_step():
    tape = Tape()
    x, w = Array([[Value(1.0), Value(2.0)]], "x", tape), Array([Value(3.0), Value(4.0)], "w", tape)
    z = (2.0 - abs(-x @ w.T)).reshape(1) + x[0].sum(dim=0, keepdim=False)
    assert [step.written for step in tape.steps] == [
        *("-x", "w.T", "-x @ w.T", "abs(-x @ w.T)", "2.0 - abs(-x @ w.T)", "….reshape(1)"),
        *("x[...]", "….sum(dim=0, keepdim=False)", "… + …"),
    ]
    assert numbers_of(z).tolist() == [2.0 - 11.0 + 3.0]
    last = tape.steps[-1]
    assert last.on([np.array([1.0]), np.array(2.0)]) == last.twice().on([np.array([1.0]), np.array(2.0)]) / 2
    with pytest.raises(AttributeError, match=r"the arrays that stand in for tensors have no .data"):
        _ = x.data


def test_tensors_whose_sums_keep_their_axes():
    assert Array([[Value(1.0), Value(2.0)]], "x", Tape(keepdims=True)).sum(1).shape == (1, 1)
    assert Array([[Value(1.0), Value(2.0)]], "x").sum(1).shape == (1,)
