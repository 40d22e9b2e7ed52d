"""The Value class of a first lesson on backpropagation, as an oracle: children and local gradients in two tuples."""

import math


class Textbook:
    __slots__ = ("_children", "_local_grads", "data", "grad")

    def __init__(self, data, children=(), local_grads=()):
        self.data = data
        self.grad = 0.0
        self._children = children
        self._local_grads = local_grads

    def __add__(self, other):
        other = other if isinstance(other, Textbook) else Textbook(other)
        return Textbook(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Textbook) else Textbook(other)
        return Textbook(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Textbook(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self):
        return Textbook(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self):
        return Textbook(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self):
        return Textbook(max(0.0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * other**-1.0

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return other * self**-1.0

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for child in node._children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for child, local_grad in zip(node._children, node._local_grads, strict=True):
                child.grad += local_grad * node.grad
