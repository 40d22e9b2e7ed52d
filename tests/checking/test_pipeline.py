"""The rooms of a gradient check, each opened with parts made by hand."""

import math
import pickle
from types import MappingProxyType

import pytest

from autograd import Value, gradcheck, tanh
from autograd.checking.audit import Graph
from autograd.checking.claims import ByEngine, ByHand, Own
from autograd.checking.comparison import compared
from autograd.checking.function_target import FunctionTarget
from autograd.checking.gradcheck import checked
from autograd.checking.graph_target import recorded_graph
from autograd.checking.inputs import Block, Gradients, Inputs
from autograd.checking.references.by_differences import FiniteDifferences
from autograd.checking.references.by_replay import ExactReplay
from autograd.checking.reports.report import by_array
from autograd.checking.targets import Target, UndecidableError
from autograd.checking.verdicts import Slopes, judge
from tests.core.textbook import Textbook


def loss(w, b):
    return (w * 2.0 + b - 1.5) ** 2


AT = {"w": 0.5, "b": 0.1}


def function_target(f=loss, at=AT, engine=None):
    return FunctionTarget(f, Inputs(f, at), engine)


def judged(target, claim):
    """The gradients of a claim, and the verdicts on them by array."""
    gradients = claim.gradients(target)
    checks = compared(target.reference, target.numbers, gradients, {})
    return gradients, by_array(target.blocks, {check.name: check for check in checks}, {})


def test_inputs_are_one_flat_list_with_names():
    inputs = Inputs(lambda p, x: 0.0, {"p": {"w": [1.0, 2.0]}, "x": 3.0})
    assert inputs.numbers == {"p['w'][0]": 1.0, "p['w'][1]": 2.0, "x": 3.0}
    assert inputs.call(lambda p, x: (p, x), [4.0, 5.0, 6.0]) == ({"w": [4.0, 5.0]}, 6.0)


def test_a_function_is_called_once_and_only_when_it_is_needed():
    calls = []

    def f(w):
        calls.append(w)
        return w * w

    target = function_target(f, {"w": 3.0})
    assert calls == []
    assert target.graph is not None
    assert (target.call.result, list(target.leaves)) == (9.0, ["w"])
    kinds = [type(w) for w in calls]
    assert (kinds[0], kinds.count(Value)) == (float, 1)  # with plain numbers first, as its author expects
    target.restore()
    assert type(calls[-1]) is float


def test_the_reference_is_exact_if_the_graph_is_all_of_the_function():
    assert function_target().reference.source == "exact replay"
    opaque = function_target(math.sin, {"x": 1.0})
    assert (opaque.graph, opaque.reference.source) == (None, "finite differences")
    assert isinstance(opaque.reference, FiniteDifferences)
    assert opaque.along(*opaque.numbers)(2.0) == math.sin(2.0)


def test_a_function_and_its_graph_have_the_same_gradients_and_the_same_reference():
    w, b = Value(0.5, "w"), Value(0.1, "b")
    by_function, by_graph = function_target(), recorded_graph(loss(w, b), [w, b])
    assert by_function.numbers == by_graph.numbers == AT
    assert by_function.own_gradients() == by_graph.own_gradients()
    assert by_function.own_gradients()[1] == []
    for name in AT:
        one, other = (next(target.reference.slopes([name], {})) for target in (by_function, by_graph))
        assert one == other


def test_a_target_made_by_hand():
    class Square(Target):
        """A result that was never recorded."""

        reference = None

        leaves, graph, unrecorded, blocks = MappingProxyType({}), None, (), (Block("x", ()),)

        def __init__(self):
            self.numbers = {"x": 3.0}
            self.reference = FiniteDifferences(self.along, self.numbers)

        def own_gradients(self):
            return {"x": 6.0}, []

        def along(self, name):
            return lambda x: x * x

        def restore(self):
            pass

    report = checked(Square(), Own(), {})
    assert (report.verdict, report.source) == ("pass", "finite differences")
    assert report.inputs["x"].numeric == pytest.approx(6.0)


def test_a_claim_knows_its_gradients_and_explains_its_mistakes():
    target = function_target()
    claim = ByHand(target.inputs, {"w": 1.6, "b": -0.8})
    gradients, arrays = judged(target, claim)
    assert [array.verdict for array in arrays.values()] == ["fail", "pass"]
    culprits, advice, nodes = claim.findings(target, gradients, arrays)
    assert (list(culprits), advice, nodes) == ([], [], 0)
    swapped = ByHand(target.inputs, {"w": -0.8, "b": -1.6})
    assert swapped.findings(target, *judged(target, swapped))[1] == ["Looks like: w and b are swapped"]


def test_an_input_without_a_gradient_fails():
    target = function_target()
    w, b = compared(target.reference, target.numbers, Gradients({"w": -1.6}), {})
    assert (w.verdict, b.verdict, b.reason) == ("pass", "fail", "no gradient given")
    assert math.isnan(b.caught)


def test_the_engine_is_another_claim_about_the_same_target():
    target = function_target(lambda w: w * w, {"w": 3.0}, Textbook)
    claim = ByEngine(Textbook)
    gradients, arrays = judged(target, claim)
    assert (gradients.numbers, gradients.mistakes, gradients.is_result_wrong) == ({"w": 6.0}, (), False)
    assert claim.findings(target, gradients, arrays) == ([], [], 0)


def test_what_cannot_be_decided_is_inconclusive_for_every_input():
    target = function_target(lambda w, b: math.log(-w * w) + b)
    with pytest.raises(UndecidableError, match="<lambda> is not defined here: "):
        _ = target.call
    report = checked(target, ByHand(target.inputs, {"w": 1.0, "b": 1.0}), {})
    assert {check.verdict for check in report.inputs.values()} == {"inconclusive"}
    assert report.inputs["w"].grad == 1.0


def test_the_audit_of_a_planted_mistake_is_part_of_the_findings(monkeypatch):
    w = Value(0.5, "w")
    z = tanh(w) * 2.0
    node = next(iter(Graph(z).nodes))
    monkeypatch.setattr(node, "_dx", 5.0)
    claim, target = Own(), recorded_graph(z, [w])
    gradients, arrays = judged(target, claim)
    assert arrays["w"].verdict == "fail"
    culprits, _, nodes = claim.findings(target, gradients, arrays)
    assert ([culprit.kind for culprit in culprits], nodes) == (["LOCAL"], 2)


def test_exact_replay_asks_for_rounding_only_where_it_matters():
    target = function_target()
    assert isinstance(target.reference, ExactReplay)
    (slopes,) = target.reference.slopes(["w"], {})
    assert target.reference.check("w", -1.6, slopes, None, None).noise == 0.0
    assert target.reference.check("w", -1.6, slopes, 1.6, None).hint == "the closed form differs"


def test_a_verdict_is_made_of_a_gradient_and_slopes_alone():
    check = judge(-1.6, Slopes(-1.6, -1.6, error=1e-16), name="w")
    assert (check.name, check.verdict, check.reason, check.digits) == ("w", "pass", "", 16)


def test_a_report_keeps_its_numbers_when_a_leaf_is_changed():
    w = Value(-1.0, "w")
    report = gradcheck(w * w, [w])
    w.data = 5.0
    assert report.inputs["w"].closed_form == -2.0
    assert "-2.0   -2.0" in str(report)


def test_a_report_can_be_pickled():
    report = gradcheck(loss, AT)
    again = pickle.loads(pickle.dumps(report))
    assert (str(again), again.inputs["w"].closed_form) == (str(report), report.inputs["w"].closed_form)
    assert again.inputs == report.inputs
