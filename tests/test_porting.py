"""Code written for another engine: it runs with its import lines changed, and prints what it printed there."""

import contextlib
import io
import re
from pathlib import Path

PAGE = (Path(__file__).parent.parent / "docs" / "porting.md").read_text(encoding="utf-8")
PROGRAM, PRINTED = re.search(r"```py\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.S).groups()


def run(program):
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        exec(compile(program, "port", "exec"), {"__name__": "__main__"})
    return stream.getvalue()


def test_the_program_prints_what_the_page_shows():
    assert run(PROGRAM) == PRINTED
    assert len(PROGRAM.splitlines()) >= 60


def test_it_printed_the_same_with_an_engine_of_closures():
    """The engine that such code was written for, in as few lines as will do."""
    body = "\n".join(PROGRAM.splitlines()[2:])
    assert run(ENGINE + body) == PRINTED
    wrong = ENGINE.replace("1 - t * t", "1 - t")
    assert run(wrong + body.replace("o = (e - 1) / (e + 1)", "o = n.tanh()")) != PRINTED, "a wrong engine is noticed"


ENGINE = """
import math, random

class Value:
    def __init__(self, data, edges=(), label=""):
        self.data, self.edges, self.label, self.grad = data, edges, label, 0.0
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))
    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))
    def exp(self):
        return Value(math.exp(self.data), ((self, math.exp(self.data)),))
    def relu(self):
        return Value(max(self.data, 0.0), ((self, float(self.data > 0)),))
    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t * t),))
    def __neg__(self): return self * -1
    def __sub__(self, other): return self + -other
    def __truediv__(self, other): return self * (other if isinstance(other, Value) else Value(other)) ** -1
    def __rtruediv__(self, other): return self**-1 * other
    __radd__, __rmul__ = __add__, __mul__
    def backward(self):
        order, seen = [], set()
        def visit(v):
            if v not in seen:
                seen.add(v)
                for operand, _ in v.edges:
                    visit(operand)
                order.append(v)
        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for operand, local in v.edges:
                operand.grad += local * v.grad

class MLP:
    def __init__(self, nin, nouts):
        sizes = [nin, *nouts]
        self.layers = [
            [([Value(random.uniform(-1, 1)) for _ in range(n)], Value(0.0)) for _ in range(m)]
            for n, m in zip(sizes, sizes[1:])
        ]
    def __call__(self, x):
        for layer in self.layers:
            sums = [sum((w * x for w, x in zip(ws, x)), b) for ws, b in layer]
            x = sums if layer is self.layers[-1] else [s.relu() for s in sums]
        return x[0]
    def parameters(self):
        return [p for layer in self.layers for ws, b in layer for p in [*ws, b]]

def draw_dot(root): pass
"""
