"""The decided semantics of Value, row by row, and the text of its error messages."""

import math
import re
from decimal import Decimal
from fractions import Fraction

import pytest

from autograd.core.graph import StaleGraphError
from autograd.core.recording import functions
from autograd.core.state import seams
from autograd.core.table import LEAF, OPERATIONS, DomainError, PoleError
from autograd.core.value import WATCHED, Constant, Value

dot, exp, mean, relu, sqrt, total = (functions[name] for name in ("dot", "exp", "mean", "relu", "sqrt", "sum"))


def test_numbers_in_numbers_out():
    assert type(exp(2.0)) is float
    assert type(exp(2)) is float
    assert type(exp(Value(2.0))) is Value

    def predict(w, b):
        return relu(w * 2.0 + b) ** 2

    assert predict(0.5, 0.1) == predict(Value(0.5), Value(0.1)).data


def test_grad_is_none_before_a_backward_pass():
    x = Value(3.0)
    y = x * x
    assert x.grad is None
    assert y.grad is None


def test_backward_twice_accumulates_in_leaves_and_resets_inner_nodes():
    x = Value(3.0)
    square = x * x
    y = square * x
    y.backward()
    assert (x.grad, square.grad, y.grad) == (27.0, 3.0, 1.0)
    y.backward()
    assert (x.grad, square.grad, y.grad) == (54.0, 3.0, 1.0)


def test_backward_of_a_leaf_is_one():
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_gradients_touch_no_grad():
    w, b, unused = Value(0.5), Value(0.1), Value(1.0)
    h = w * 2.0 + b
    L = (h - 1.5) ** 2
    assert L.gradients([w, b, h, L, unused]) == pytest.approx([-1.6, -0.8, -0.8, 1.0, 0.0])
    assert [v.grad for v in (w, b, h, L)] == [None] * 4


def test_one_edge_for_each_operand_even_if_it_is_the_same():
    x = Value(3.0)
    y = x * x
    assert len(y.edges) == 2
    assert y.edges == ((x, 3.0), (x, 3.0))
    assert y.args == (x, x)


def test_constants_stay_plain_numbers_among_the_operands():
    x = Value(3.0)
    assert (2 * x).args == (2, x)
    assert (x**2).args == (x, 2)
    assert type((x + Fraction(1, 2)).args[1]) is float
    assert (2 * x).edges == ((x, 2.0),)
    assert type((2 * x).edges[0][1]) is float
    assert x.args == ()
    assert (x.op, x.is_leaf, (2 * x).is_leaf) == (LEAF, True, False)
    assert (x * x).op is OPERATIONS["mul"]


def test_setting_data_of_a_leaf_and_running_forward_again():
    x = Value(3.0)
    x.data = Fraction(4)
    assert type(x.data) is float
    y = x * x
    y.backward()
    assert (y.data, x.grad) == (16.0, 8.0)


def test_a_leaf_changed_after_the_forward_pass_makes_the_graph_stale():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    h = (w * 2.0).named("h")
    y_hat = h + b
    L = (y_hat - 1.5) ** 2
    w.data = 0.7
    for use in (L.backward, lambda: L.gradients([w]), lambda: L.gradients([y_hat])):
        for _ in range(2):  # what was refused once is not taken for looked at
            with pytest.raises(StaleGraphError) as error:
                use()
            assert re.fullmatch(
                r"'w' was changed to 0.7 after h = .* had been computed from it, so the recorded derivatives belong to "
                r"the old number. Run the forward pass again, then call backward\(\).",
                str(error.value),
            )
    assert [v.grad for v in (w, b, y_hat, L)] == [None] * 4, "a refused pass changes nothing"
    (w * 2.0 + b).backward()
    assert w.grad == 2.0


def test_a_graph_that_was_found_fresh_is_looked_at_again_after_a_change():
    w, v = Value(0.5), Value(2.0)
    h = w * 3.0
    for number in (3.0, 4.0):  # of a leaf that h was not computed from
        v.data = number
        assert (h * v).gradients([v]) == [1.5]
    w.data = 1.0
    with pytest.raises(StaleGraphError, match=r"an unnamed leaf was changed to 1.0 after"):
        (h * v).gradients([v])


def test_gradient_descent_updates_through_data():
    w = Value(0.5)
    for _ in range(100):
        L = (w * 2.0 - 3.0) ** 2
        w.grad = None
        L.backward()
        w.data -= 0.1 * w.grad
    assert w.data == pytest.approx(1.5)


def one_step(p):
    p.data -= 0.1 * p.grad


FORGOTTEN = (
    "was zero_grad() forgotten? 'w' was changed, but its old gradient is still there, and this backward pass has added "
    "to it. Before the next one, write model.zero_grad(), or p.grad = 0.0 for each parameter p"
)


def test_a_backward_pass_that_adds_to_a_gradient_from_before_a_change_warns():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    (w * 2.0 * w + b).backward()
    for p in (w, b):
        one_step(p)
    with pytest.warns(UserWarning, match="forgotten") as caught:
        (w * 2.0 * w + b).backward()
    assert [str(warning.message) for warning in caught] == [FORGOTTEN]
    assert caught[0].filename == __file__
    assert w.grad == pytest.approx(2.0 + 4 * w.data)
    one_step(w)
    with pytest.warns(UserWarning, match="'w' was changed"):  # a loop that goes on is told again, at the same line
        w.exp().backward()


def test_an_unnamed_leaf_and_the_last_of_many_are_seen():
    parameters = [Value(0.0), Value(1.0)]  # the gradient of the first is exactly 0
    for _ in range(2):
        loss = parameters[0] * 0.0 + parameters[1] ** 2
        if parameters[1].grad:
            with pytest.warns(UserWarning, match="forgotten. an unnamed leaf was changed"):
                loss.backward()
        else:
            loss.backward()
        for p in parameters:
            one_step(p)


def test_accumulating_before_a_step_and_every_way_to_reset_are_silent():  # warnings are errors
    w, other = Value(0.5, label="w"), Value(1.0)
    for reset in (0.0, 0, None, -0.0):
        for target in (1.0, 2.0, 3.0, 4.0):
            ((w - target) ** 2).backward()
        assert w.grad == pytest.approx(8 * (w.data - 2.5))
        one_step(w)
        w.grad = reset
    for _ in range(3):  # gradients that nobody reads are not reset, and nothing changes their leaf
        (w * other).backward()
        other.data += 1.0
        other.grad = None
    w.data = 7.0
    (other * other).backward()  # does not reach w
    assert w.gradients([w]) == [1.0]


@pytest.mark.parametrize("between", [lambda: None, (Value(2.0) * 3.0).backward], ids=["alone", "validation"])
def test_one_of_two_gradients_that_was_not_reset_is_seen(between):
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    (w * 2.0 + b).backward()
    for p in (w, b):
        one_step(p)
    w.grad = 0.0
    between()
    with pytest.warns(UserWarning, match="forgotten. 'b' was changed"):
        (w * 2.0 + b).backward()


def test_models_trained_in_turns_are_seen():
    models = [Value(0.5, label="u"), Value(0.5, label="v")]
    for w in models:
        (w * w).backward()
        one_step(w)
    for w in models:
        with pytest.warns(UserWarning, match=f"forgotten. '{w.label}' was changed"):
            (w * w).backward()


def test_few_leaves_are_watched():
    for _ in range(10):
        leaves = [Value(1.0) for _ in range(10)]
        total([leaf * leaf for leaf in leaves]).backward()
        for leaf in leaves:
            one_step(leaf)
    assert 0 < len(seams.outdated) <= WATCHED


def test_a_warning_that_is_an_error_leaves_the_gradients_complete():
    w = Value(0.5, label="w")
    (w * w).backward()
    one_step(w)
    with pytest.raises(UserWarning, match="forgotten"):  # warnings are errors
        (w * w).backward()
    assert w.grad == pytest.approx(1.0 + 2 * w.data)


def test_comparisons_compare_numbers_and_hash_is_identity():
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert a == 1
    assert a != 2.0
    assert a < 2
    assert a < 2
    assert a <= b
    assert not a > b
    assert a != "1.0"
    assert a == Fraction(1) == a
    assert a == Decimal(1)
    assert a < Fraction(3, 2)
    assert len({a, b}) == 2
    assert {a: "a", b: "b"}[a] == "a"
    assert not Value(0.0)
    with pytest.raises(TypeError, match="'<' not supported"):
        assert a < "1"


def test_formatting():
    w = Value(0.5, label="w")
    y = (w * 2 + 0.1).named("ŷ")
    assert f"{y:.3f}" == "1.100"
    assert (repr(w), str(w)) == ("Value(0.5, label='w')", "w = 0.5")
    assert (repr(Value(2)), str(Value(2))) == ("Value(2.0)", "2.0")
    assert repr(y) == "Value(1.1, label='ŷ', op='add')"
    assert re.fullmatch("ŷ = .* = 1.1", str(y))
    y.backward()
    assert repr(w) == "Value(0.5, label='w', grad=2.0)"


def test_labels():
    v = Value(0.5, label="w")
    v.label = "ŷ"
    assert v.label == "ŷ"
    y = (v + 1).named("h")
    assert y.label == "h"
    assert y.named("k") is y


def test_infinite_and_nan_leaves_are_accepted_and_never_swallowed():
    assert math.isinf(Value(math.inf).data)
    x = Value(math.nan)
    y = relu(x * 2) + 1
    y = (y - 3) ** 2
    y.backward()
    assert math.isnan(y.data)
    assert math.isnan(x.grad)
    assert math.isnan((Value(math.inf) - Value(math.inf)).data)


def test_an_infinite_slope_arrives_as_infinity():
    x = Value(0.0)
    y = sqrt(x)
    y.backward()
    assert (y.data, x.grad) == (0.0, math.inf)


def test_reflected_and_in_place_operators():
    v = Value(4.0)
    assert [(1 + v).data, (1 - v).data, (2 * v).data, (2 / v).data, (2**v).data] == [5.0, -3.0, 8.0, 0.5, 16.0]
    assert [(-v).data, (+v).data, abs(-v).data] == [-4.0, 4.0, 4.0]
    u = v
    u += 1
    u *= u
    assert (u.data, u.gradients([v]), v.data) == (25.0, [10.0], 4.0)
    assert sum([v, v, 1.0]).data == 9.0


def test_value_cannot_be_subclassed_or_given_new_attributes():
    with pytest.raises(AttributeError):
        Value(1.0).dta = 3
    with pytest.raises(TypeError, match="Value cannot be subclassed"):
        type("Mine", (Value,), {})


MESSAGES = {
    "Value('3')": "Value('3'): a string is not a number; write float('3') if it holds one",
    "Value(None)": "Value(None): None is not a number; was a result not returned, or a gradient not computed yet?",
    "Value([1, 2])": "Value([1, 2]): one number is needed here; take them one by one, as in [Value(x) for x in ...]",
    "Value(1j)": "Value(1j): complex numbers are not supported; take .real, .imag or abs() first",
    "Value(w)": "Value(w): it is a Value already; write .data for its number alone",
    "Constant(2)": 'a constant is a number with a name: write Constant(2, "x"), or the number alone',
    "Constant(2, 3)": "a label is a string, such as 'w', not 3",
    "Value(1, 3)": "a label is a string, such as 'w', not 3",
    "w.named(None or 3)": "a label is a string, such as 'w', not 3",
    "p.gradients(w)": "gradients takes a sequence of Values: write [w]",
    "p.gradients(['w'])": "gradients are taken with respect to Values, not 'w'",
    "Value(object)": "Value(<class 'object'>): type is not a real number; convert it with float(...) first",
    "Constant('3', 'x')": "Constant('3'): a string is not a number",
    "setattr(w, 'data', '3')": ".data = '3': a string is not a number; write float('3') if it holds one",
    "w + None": "w + None: None is not a number; was a result not returned, or a gradient not computed yet?",
    "'3' * w": "'3' * w: a string is not a number; write float('3') if it holds one",
    "w ** 1j": "w ** 1j: complex numbers are not supported",
    "[1, 2] - w": "[1, 2] - w: one number is needed here; take them one by one",
    "exp('1')": "exp('1'): a string is not a number; write float('1') if it holds one",
    "maximum(w, None)": "maximum(w, None): None is not a number",
    "float(w)": "turning 'w' into a plain number would lose its gradient: use .data",
    "int(p)": "turning 'p' into a plain number would lose its gradient",
    "round(w)": "turning 'w' into a plain number would lose its gradient",
    "math.ceil(Value(2))": "turning Value(2.0) into a plain number would lose its gradient",
    "dot([w], 3.0)": "dot(x, y): y must be a sequence of numbers and Values, not 3.0",
    "sum(w)": "sum(x): x must be a sequence of numbers and Values, not w",
    "dot([w, None], [1, 2])": "dot(x, y): None is not a number",
}


@pytest.mark.parametrize("code", MESSAGES)
def test_a_wrong_type_is_replayed_with_advice(code):
    w = Value(0.5, label="w")
    p = (w * 2 - 1).named("p")
    names = {**functions, "Value": Value, "Constant": Constant, "w": w, "p": p, "math": math}
    with pytest.raises(TypeError) as error:
        eval(code, names)
    assert MESSAGES[code] in str(error.value)


def test_a_call_with_too_few_or_too_many_operands_is_refused():
    with pytest.raises(TypeError, match=r"where\(c, x, y\) takes 3 operands, not 2|where\(\) missing 1 required"):
        functions["where"](Value(0.5), 1)
    with pytest.raises(TypeError, match=r"sum\(x\) takes 1 operand, not 2|sum\(\) takes 1 positional argument but 2"):
        total([Value(0.5)], 1.0)


UNDEFINED = {
    "log(Value(-1))": (DomainError, "log(x) is not defined at x = -1.0: it needs x > 0"),
    "log(-1)": (DomainError, "log(x) is not defined at x = -1.0: it needs x > 0"),
    "log(Value(0))": (PoleError, "log(x) is not defined at x = 0.0: it needs x > 0"),
    "1 / Value(0, label='w')": (ZeroDivisionError, "x / y is not defined at x = 1.0, y = 0.0 (y is 'w'): it needs y"),
    "Value(0) / 0": (ZeroDivisionError, "x / y is not defined at x = 0.0, y = 0.0: it needs y != 0"),
    "exp(Value(1000))": (OverflowError, "exp(x) overflows at x = 1000.0: the result is too large for a float"),
    "exp(1000)": (OverflowError, "exp(x) overflows at x = 1000.0: the result is too large for a float"),
    "Value(10) ** 400": (OverflowError, "x ** y overflows at x = 10.0, y = 400.0: the result is too large for a float"),
    "Value(-8) ** (1/3)": (DomainError, "x ** y is not defined at x = -8.0, y = 0.333333333333333: it needs "),
    "(-8) ** Value(1/3)": (DomainError, "cbrt(x) takes the cube root of a negative x"),
    "Value(0) ** -1": (ZeroDivisionError, "x ** y is not defined at x = 0.0, y = -1.0: it needs "),
    "arcsin(1.0000000000000002)": (DomainError, "arcsin(x) is not defined at x = 1.0000000000000002: it needs"),
    "sin(Value(math.inf))": (DomainError, "sin(x) is not defined at x = inf"),
    "hypot(w, p) / sqrt(Constant(-2.0, 'c'))": (DomainError, "sqrt(x) is not defined at x = -2.0 (x is 'c')"),
    "mean([])": (DomainError, "mean(x) is not defined for 0 terms: it needs n > 0"),
    "dot([w], [1, 2])": (ValueError, "dot(x, y) needs sequences of equal length, but x has 1, y has 2"),
    "w + 10 ** 400": (OverflowError, "this integer is too large for a float"),
}  # fmt: skip


@pytest.mark.parametrize("code", UNDEFINED)
def test_a_number_outside_the_domain_is_replayed(code):
    w, p = Value(0.5, label="w"), Value(0.2, label="p")
    names = {**functions, "Value": Value, "Constant": Constant, "w": w, "p": p, "math": math}
    kind, message = UNDEFINED[code]
    with pytest.raises(kind) as error:
        eval(code, names)
    assert message in str(error.value)
    assert isinstance(error.value, OverflowError | ValueError)


def test_data_of_an_inner_node_cannot_be_set():
    w = Value(0.5, label="w")
    y = (w * 2.0).named("ŷ")
    with pytest.raises(AttributeError, match=r"^\.data of ŷ = .* cannot be set: it is the result of an operation. "):
        y.data = 3.0
    assert y.data == 1.0


def test_foreign_types_get_their_chance_at_operators():
    class Foreign:
        def __radd__(self, other):
            return ("foreign", other)

    v = Value(1.0)
    assert v + Foreign() == ("foreign", v)
    with pytest.raises(TypeError, match="unsupported operand"):
        v * Foreign()


class TestTerms:
    def test_one_node_with_n_operands(self):
        w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
        z = dot(w, x)
        assert z.data == 11.0
        assert z.args == (*w, *x)
        assert len(z.edges) == 4
        assert z.gradients([*w, *x]) == [3.0, 4.0, 1.0, 2.0]

    def test_numbers_and_values_mix(self):
        a, b = Value(1.0), Value(2.0)
        z = dot([a, 5, b, Constant(7.0, "c")], [2, b, 0.5, Fraction(3)])
        assert z.data == 2 + 10 + 1 + 21
        assert z.gradients([a, b]) == [2.0, 5.5]
        assert z.args[3].label == "c"
        assert [type(arg) for arg in z.args if type(arg) is not Value] == [int, Constant, int, float, float]

    def test_sum_and_mean(self):
        values = [Value(v) for v in (1.0, 2.0, 6.0)]
        assert total(values).gradients(values) == [1.0] * 3
        average = mean(values)
        assert (average.data, average.gradients(values)) == (3.0, [1 / 3] * 3)
        assert total([values[0], values[0], 1]).gradients(values[:1]) == [2.0]

    def test_numbers_alone_give_a_float(self):
        assert (total([1, 2]), mean([1, 2]), dot([1, 2], [3.0, 4])) == (3.0, 1.5, 11.0)
        assert total([]) == 0.0
        assert all(type(total(v)) is float for v in ([1, 2], [], range(3)))

    def test_any_iterable_will_do(self):
        a, b = Value(1.0), Value(2.0)
        assert dot((v for v in (a, b)), (3.0, 4.0)).gradients([a, b]) == [3.0, 4.0]
        assert dot([a, b], range(2)).data == 2.0
        assert total({a: 1, b: 2}).data == 3.0
