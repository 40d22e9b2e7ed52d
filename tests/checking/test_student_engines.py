"""Other people's engines, checked against the table: a small one, whole and with one mistake at a time."""

import math

import pytest

import autograd
from autograd import gradcheck
from autograd.checking.engines.engine_check import check_engine


def engine(**mistakes):
    """A class along the lines of the well-known lesson; `mistakes` replace what one of its operations does."""

    class Number:
        def __init__(self, data, parents=()):
            self.data, self.grad = data, 0.0
            self.parents = parents
            self.step = lambda: None

        def _made(self, data, *edges):
            out = Number(data, [parent for parent, _ in edges])

            def step():
                for parent, local in edges:
                    if mistakes.get("accumulate", True):
                        parent.grad += local * out.grad
                    else:
                        parent.grad = local * out.grad

            out.step = step
            return out

        def __add__(self, other):
            other = other if isinstance(other, Number) else Number(other)
            return self._made(self.data + other.data, (self, 1.0), (other, 1.0))

        def __mul__(self, other):
            other = other if isinstance(other, Number) else Number(other)
            return self._made(self.data * other.data, (self, other.data), (other, self.data))

        def __pow__(self, other):
            assert isinstance(other, int | float), "a plain number, please"
            return self._made(self.data**other, (self, other * self.data ** (other - 1)))

        def tanh(self):
            t = math.tanh(self.data)
            return self._made(t + mistakes.get("offset", 0.0), (self, mistakes.get("tanh", lambda t: 1 - t * t)(t)))

        def relu(self):
            return self._made(max(self.data, 0.0), (self, float(self.data > 0)))

        def exp(self):
            return self._made(math.exp(self.data), (self, math.exp(self.data)))

        def __neg__(self):
            return self * -1

        def __sub__(self, other):
            return self + -other

        def __truediv__(self, other):
            return self * other**-1

        __radd__, __rmul__ = __add__, __mul__

        def backward(self):
            order, seen = [], set()

            def visit(node):
                if node not in seen:
                    seen.add(node)
                    for parent in node.parents:
                        visit(parent)
                    order.append(node)

            visit(self)
            self.grad = 1.0
            for node in reversed(order) if mistakes.get("order", True) else [self, *order[:-1]]:
                node.step()

    return Number


def loss(w, b, x):
    h = w * x + b
    return (h.tanh() - 1.0) ** 2 + w * w


AT = {"w": 0.5, "b": 0.1, "x": -1.3}


def test_a_correct_engine_passes():
    report = gradcheck(engine())
    assert report.verdict == "pass", report
    assert report.culprits == []
    assert list(report.inputs) == [
        *("d add/dx", "d add/dy", "d radd/dy", "d mul/dx", "d mul/dy", "d rmul/dy", "d pow/dx", "d neg/dx"),
        *("d sub/dx", "d sub/dy", "d truediv/dx", "d truediv/dy", "d exp/dx", "d tanh/dx", "d relu/dx"),
    ]
    assert gradcheck(loss, AT, engine=engine()).ok


def test_a_wrong_tanh_is_named():
    wrong = engine(tanh=lambda t: 1 - t)
    report = gradcheck(wrong)
    assert report.verdict == "fail"
    assert [name for name, check in report.inputs.items() if check.verdict == "fail"] == ["d tanh/dx"]
    assert str(report.culprits[0]) == "LOCAL: tanh at x = 1.0: d tanh/dx should be 0.42; yours says 0.2384"
    report = gradcheck(loss, AT, engine=wrong)
    assert report.verdict == "fail"
    (culprit,) = report.culprits
    assert (culprit.kind, culprit.where) == ("LOCAL", "node #3  tanh(w·x + b), w·x + b = -0.55")
    assert culprit.what == "d tanh/d(w·x + b) should be 0.7495; yours says 1.501"


def test_a_wrong_result_is_named():
    wrong = engine(offset=0.01)
    assert "FORWARD: tanh at x = 0.0: tanh should give 0.0; yours says 0.01" in map(str, gradcheck(wrong).culprits)
    (culprit,) = gradcheck(loss, AT, engine=wrong).culprits
    assert (culprit.kind, culprit.what) == ("FORWARD", "tanh should give -0.5005; yours says -0.4905")


def test_gradients_that_do_not_add_up_are_named():
    report = gradcheck(engine(accumulate=False))
    assert (report.verdict, report.score(5)) == ("fail", 0.0)
    assert list(map(str, report.culprits)) == [
        "ACCUMULATION: x + x at x = 3.0: the gradient of x should be 2.0; yours says 1.0 (is = written for +=?)"
    ]
    report = gradcheck(loss, AT, engine=engine(accumulate=False))
    assert {culprit.kind for culprit in report.culprits} == {"ACCUMULATION"}
    # Beside another mistake it is seen as well.
    both = gradcheck(loss, AT, engine=engine(accumulate=False, tanh=lambda t: 1 - t))
    assert {culprit.kind for culprit in both.culprits} == {"LOCAL", "ACCUMULATION"}


def with_tanh(step):
    """An engine whose tanh does this in the backward pass."""

    class Mine(engine()):
        def tanh(self):
            t = math.tanh(self.data)
            out = Mine(t, [self])
            out.step = lambda: step(self, out, t)
            return out

        def _made(self, data, *edges):
            made = super()._made(data, *edges)
            out = Mine(data, made.parents)
            made_step = made.step

            def again():
                made.grad = out.grad
                made_step()

            out.step = again
            return out

    return Mine


def add(x, amount):
    x.grad += amount


def put(x, amount):
    x.grad = amount


MISTAKES = {
    "out.grad left out": (
        lambda x, out, t: add(x, 1 - t * t),
        "z + z + z with z = tanh(x) at x = 1.0: the gradient of x should be 1.26; yours says 0.42 "
        "(is the gradient of the result left out?)",
    ),
    "= for +=": (
        lambda x, out, t: put(x, (1 - t * t) * out.grad),
        "tanh(x) + x at x = 1.0: the gradient of x should be 1.42; yours says 0.42 (is = written for +=?)",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_of_one_operation_in_company(mistake):
    step, words = MISTAKES[mistake]
    report = gradcheck(with_tanh(step))
    assert f"ACCUMULATION: {words}" in map(str, report.culprits), report
    assert all("tanh" in culprit.where for culprit in report.culprits)
    assert report.score(5) == 0.0
    assert gradcheck(with_tanh(lambda x, out, t: add(x, (1 - t * t) * out.grad))).ok
    report = gradcheck(lambda w: w.tanh() * w, {"w": 0.5}, engine=with_tanh(step))
    assert any("tanh" in culprit.where for culprit in report.culprits)


def test_an_operation_that_raises_is_wrong():
    def step(x, out, t):
        x.grad += undefined * out.grad  # noqa: F821

    report = gradcheck(with_tanh(step))
    assert report.inputs["d tanh/dx"].reason == "raised NameError: name 'undefined' is not defined"
    assert report.verdict == "fail"
    assert "  d tanh/dx     ?      ?             FAIL  raised NameError" in str(report)


def test_numbers_in_front_are_checked():
    class Mine(engine()):
        def __rsub__(self, other):
            return self + -1.0 * other

    report = gradcheck(Mine)
    assert "LOCAL: rsub at x = 0.0, y = 0.0: d rsub/dy should be -1.0; yours says 1.0" in map(str, report.culprits)
    assert report.inputs["d rsub/dy"].verdict == "fail"
    assert report.inputs["d sub/dy"].verdict == "pass"


@pytest.mark.parametrize("start", [0.0, 2.0])
def test_a_backward_pass_that_does_not_start_with_one(start):
    class Mine(engine()):
        def backward(self):
            self.grad = start
            for parent in self.parents:
                parent.grad += start

    (culprit,) = gradcheck(
        type("Mine", (Mine,), {"_made": lambda self, data, *edges: _plain(Mine, data, edges)})
    ).culprits
    assert culprit.what == f"backward() should start with the gradient 1 at the result; yours starts with {start}"


def _plain(kind, data, edges):
    return kind(data, [parent for parent, _ in edges])


def test_a_wrong_order_is_named_before_what_suffers_from_it():
    report = gradcheck(engine(order=False))
    assert str(report.culprits[0]) == (
        "ACCUMULATION: z + h with z = h + x, h = x + x at x = 3.0: the gradient of x should be 5.0; yours says 3.0 "
        "(does the backward pass go from newest to oldest?)"
    )
    assert report.score() == 0.0


def test_a_wrong_product_is_not_blamed_on_the_sum():
    class Mine(engine()):
        def _made(self, data, *edges):
            if len(edges) == 2 and {local for _, local in edges} != {1.0}:
                (a, by_a), (b, by_b) = edges
                edges = [(a, by_b), (b, by_a)]
            out = super()._made(data, *edges)
            out.__class__ = Mine
            return out

    culprits = gradcheck(Mine).culprits
    assert {culprit.where.split()[0] for culprit in culprits} <= {"mul", "rmul", "sub", "truediv", "neg"}
    assert culprits[0].where.startswith("mul")


def test_a_power_that_takes_numbers_alone_is_checked_in_company():
    class Mine(engine()):
        def _made(self, data, *edges):
            out = super()._made(data, *edges)
            out.__class__ = Mine
            return out

        def __pow__(self, k):
            assert isinstance(k, int | float)
            out = Mine(self.data**k, [self])

            def step():
                self.grad = k * self.data ** (k - 1)

            out.step = step
            return out

    report = gradcheck(Mine)
    assert report.score() == 0.0
    first, second = report.culprits[:2]
    assert first.where.startswith("z + z + z with z = x **")
    assert first.what.endswith("(is the gradient of the result left out?)")
    assert second.what.endswith("(is = written for +=?)")


def test_single_precision_is_not_a_mistake():
    numpy = pytest.importorskip("numpy")

    class Mine(engine()):
        def __init__(self, data, parents=()):
            super().__init__(numpy.float32(data), parents)

        def _made(self, data, *edges):
            out = super()._made(data, *edges)
            out.__class__ = Mine
            out.data = numpy.float32(out.data)
            return out

    assert gradcheck(Mine).ok
    assert gradcheck(loss, AT, engine=Mine).ok


def test_without_a_sum_nothing_is_claimed_about_sums():
    class Mine:
        def __init__(self, data, edges=()):
            self.data, self.grad, self.edges = data, 0.0, edges

        def tanh(self):
            t = math.tanh(self.data)
            return Mine(t, [(self, 1 - t * t)])

        def backward(self):
            self.grad = 1.0
            for x, local in self.edges:
                x.grad += local

    report = gradcheck(Mine)
    assert report.advice == ["Not checked: whether gradients add up, since that needs +."]


@pytest.mark.slow
def test_this_engine_is_one_too():
    assert gradcheck(autograd.Value).ok
    assert gradcheck(loss, AT, engine=autograd.Value).ok


def test_the_engine_of_the_lesson_itself():
    micrograd = pytest.importorskip("micrograd.engine")
    report = gradcheck(micrograd.Value)
    assert report.verdict == "pass", report


def test_functions_for_that_engine_alone():
    def f(w):
        return (w * 2.0).special()

    special = type("Special", (engine(),), {"special": lambda self: self * self})
    # Its products are Numbers without the method, so it is called on what it can be.
    assert gradcheck(lambda w: w.special() if hasattr(w, "special") else w * w, {"w": 3.0}, engine=special).ok


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: check_engine(dict), "gradcheck creates Values with dict(0.5), which raised TypeError"),
        (
            lambda: check_engine(int),
            "int(0.5) has no .data, no .grad, no .backward: an engine is a class whose objects",
        ),
        (
            lambda: gradcheck(lambda w: 3.0, {"w": 1.0}, engine=engine()),
            "with the Values of Number f returned 3.0, which has no .backward",
        ),
        (
            lambda: gradcheck(lambda w: 2.0 - w, {"w": 1.0}, engine=engine()),
            "with the Values of Number the function raised TypeError: unsupported operand",
        ),
        (
            lambda: gradcheck(engine()(2.0)),
            "gradcheck takes a function, a Value, an operation or a class, not <",
        ),
    ],
)
def test_what_is_no_engine(call, error):
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value).startswith(error)


def test_a_value_of_another_engine_is_not_a_class():
    with pytest.raises(
        TypeError, match=r"for a class of your own, pass the class, gradcheck\(Number\), or f with engine=Number"
    ):
        gradcheck(engine()(2.0))
