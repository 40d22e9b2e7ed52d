"""A small tensor class as students write it, right in every operation, and with one mistake at a time."""

import numpy as np


def summed_to(gradient, shape):
    """The gradient of an operand of this shape, summed over the axes along which it was broadcast."""
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    return gradient.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True).reshape(shape)


def tensor_class(summed_to=summed_to, accumulate=True, dtype=float, **mistakes):
    """The class; `mistakes` replace how one of its operations passes gradients on."""

    class Tensor:
        def __init__(self, data, steps=()):
            self.data = np.array(data, dtype=dtype)
            self.grad = np.zeros_like(self.data)
            self.steps = steps  # operands, each with the function that passes the gradient on to it

        def _of(self, other):
            return other if isinstance(other, Tensor) else Tensor(other)

        def __add__(self, other):
            other = self._of(other)
            return Tensor(self.data + other.data, [(self, lambda g: g), (other, lambda g: g)])

        def __mul__(self, other):
            x, y = self, self._of(other)
            return Tensor(x.data * y.data, [(x, lambda g: g * y.data), (y, lambda g: g * x.data)])

        def __pow__(self, k):
            assert isinstance(k, int | float), "a plain exponent, please"
            return Tensor(self.data**k, [(self, lambda g: g * k * self.data ** (k - 1))])

        def __neg__(self):
            return self * -1.0

        def __sub__(self, other):
            return self + -self._of(other)

        def __truediv__(self, other):
            return self * self._of(other) ** -1.0

        def __matmul__(self, other):
            x, y = self, other
            by_x = mistakes.get("by_x", lambda g, x, y: g @ y.T)
            by_y = mistakes.get("by_y", lambda g, x, y: x.T @ g)
            z = x.data @ y.data
            return Tensor(z, [(x, lambda g: by_x(g, x.data, y.data)), (y, lambda g: by_y(g, x.data, y.data))])

        __radd__, __rmul__ = __add__, __mul__

        def tanh(self):
            t = np.tanh(self.data)
            slope = mistakes.get("tanh", lambda t: 1 - t * t)
            return Tensor(t, [(self, lambda g: g * slope(t))])

        def exp(self):
            return Tensor(np.exp(self.data), [(self, lambda g: g * np.exp(self.data))])

        def log(self):
            return Tensor(np.log(self.data), [(self, lambda g: g / self.data)])

        def relu(self):
            return Tensor(np.maximum(self.data, 0), [(self, lambda g: g * (self.data > 0))])

        def sum(self, axis=None):
            def back(g):
                g = g if axis is None else np.expand_dims(g, axis)
                return mistakes.get("sum", lambda g, x: g * np.ones_like(x))(g, self.data)

            return Tensor(self.data.sum(axis=axis), [(self, back)])

        def mean(self, axis=None):
            return self.sum(axis) * (self.data.sum(axis=axis).size / self.data.size)

        def backward(self):
            order, seen = [], set()

            def visit(tensor):
                if id(tensor) not in seen:
                    seen.add(id(tensor))
                    for operand, _ in tensor.steps:
                        visit(operand)
                    order.append(tensor)

            visit(self)
            self.grad = np.ones_like(self.data)
            for tensor in reversed(order):
                for operand, back in tensor.steps:
                    gradient = summed_to(back(tensor.grad), operand.data.shape)
                    operand.grad = operand.grad + gradient if accumulate else gradient

    return Tensor
