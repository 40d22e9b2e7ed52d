"""Planted bugs: engines that are wrong in one thing, to see whether the tests notice."""

from dataclasses import replace

from autograd.core import recording
from autograd.core.graph import newest_first
from autograd.core.table import OPERATIONS
from autograd.core.value import Value
from autograd.formula.language import Formula


def wrong_rule(name, *partials):
    """The engine with other derivatives in one row."""

    def plant(monkeypatch):
        op = OPERATIONS[name]
        names = op.partials[0].names
        wrong = replace(op, partials=tuple(Formula(text, names) for text in partials))
        monkeypatch.setitem(OPERATIONS, name, wrong)
        function = recording.method_of(wrong, reflected=False) if op.is_operator else recording.function_of(wrong)
        monkeypatch.setattr(Value, f"__{name}__" if op.is_operator else name, function)
        monkeypatch.setitem(recording.functions, name, recording.function_of(wrong))

    return plant


def broken_backward(accumulate=True, reset=True, order=True, each_once=False):
    """The engine with a backward pass that forgets something."""

    def backward(root):
        nodes = newest_first(root)
        if not order:
            nodes = [nodes[0], *sorted(nodes[1:], key=lambda node: node._created)]
        for node in nodes:
            if reset or node.grad is None:
                node.grad = 0.0
        root.grad = 1.0
        for node in nodes:
            edges = {operand: (operand, local) for operand, local in node.edges}.values() if each_once else node.edges
            for operand, local in edges:
                so_far = (operand.grad or 0.0) if accumulate else 0.0
                operand.grad = so_far + local * node.grad

    return lambda monkeypatch: monkeypatch.setattr(Value, "backward", backward)


LOCAL_RULES = {
    "mul: operands swapped": wrong_rule("mul", "x", "y"),
    "sub: sign of the second": wrong_rule("sub", "1", "1"),
    "truediv: sign of the second": wrong_rule("truediv", "1 / y", "z / y"),
    "pow: exponent not lowered": wrong_rule("pow", "y * x ** y", "z * log(x)"),
    "tanh: square forgotten": wrong_rule("tanh", "1 - z"),
    "exp: one too many": wrong_rule("exp", "z + 1"),
}

BACKWARD_PASSES = {
    "= for +=": broken_backward(accumulate=False),
    "wrong order": broken_backward(order=False),
    "operands kept as a set": broken_backward(each_once=True),
    "inner gradients not reset": broken_backward(reset=False),
}
