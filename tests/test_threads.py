"""Several threads record, differentiate, trace and define at the same time, and compute what one of them would."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograd import Value, define, grad, vectorize
from neuron import SGD, Neuron, fit


def recorded(k):
    w, b = Value(0.1 * k, "w"), Value(0.5, "b")
    loss = Value(0.0)
    for i in range(200):
        loss = loss + (w * float(i % 7) + b - 1.0).tanh() ** 2
    loss.backward()
    return loss.data, w.grad, b.grad


def traced(k):
    program = vectorize(lambda x, w: (x * w + float(k)) ** 2, batch="x")
    value, gradients = program.value_and_grad(x=[1.0, 2.0], w=0.5)
    return value, gradients["w"]


def defined(k):
    cube = define(f"power{k}", f"x ** {k + 2}", dx=f"{k + 2} * x ** {k + 1}")
    return grad(grad(cube))(1.5)


def trained(k):
    model = Neuron(1, None, weights=[0.1 * k])
    return fit(model, [0.0, 1.0, 2.0], [1.0, 3.0, 5.0], optimizer=SGD(0.1), epochs=5).loss


@pytest.fixture
def _many_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_many_switches")
def test_threads_do_not_disturb_each_other():
    work = [(f, k) for k in range(6) for f in (recorded, traced, defined, trained)]
    alone = [f(k) for f, k in work]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda item: item[0](item[1]), work)) == alone
