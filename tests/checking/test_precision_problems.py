"""The random problems of the benchmark of single precision: their gradients and slopes are right, and believed."""

from collections import Counter

import numpy as np
import pytest

from tests.benchmarks.precision import ACTIVATIONS, KINDS, ROUNDED, SINGLE, Hinge, Network, count, right_entries

STEP = 2.0**-20


def problems(make):
    source = np.random.default_rng(5)
    return [make(source) for _ in range(40)]


def secant(problem, name, place, side):
    """The slope on one side, from two calls in double precision."""
    moved = {key: array.astype(float) for key, array in problem.parameters.items()}
    here = problem.cost(**moved)
    moved[name][place] += side * STEP
    return (problem.cost(**moved) - here) / (side * STEP)


def test_the_gradients_of_networks_agree_with_finite_differences():
    networks = problems(Network.random)
    assert {(net.activation, net.is_softmax) for net in networks} == {
        (a, s) for a in ACTIVATIONS for s in (True, False)
    }
    for net in networks:
        gradient = net.gradient(**{name: array.astype(float) for name, array in net.parameters.items()})
        size = max(np.abs(array).max() for array in gradient.values())
        for name, array in gradient.items():
            for place in np.ndindex(array.shape):
                central = (secant(net, name, place, -1) + secant(net, name, place, 1)) / 2
                assert array[place] == pytest.approx(central, rel=1e-6, abs=1e-8 * size)


@pytest.mark.parametrize("on_hinge", [True, False])
def test_the_slopes_of_hinge_losses_agree_with_secant(on_hinge):
    losses = problems(lambda source: Hinge.random(source, on_hinge=on_hinge))
    assert {loss.T.shape[-1] for loss in losses} == {1, 3, 4}
    for loss in losses:
        W = loss.parameters["W"].astype(float)
        left, right = (slopes["W"] for slopes in loss.slopes(W))
        assert (left != right).any() <= on_hinge
        for place in np.ndindex(W.shape):
            assert left[place] == pytest.approx(secant(loss, "W", place, -1), abs=1e-5)
            assert right[place] == pytest.approx(secant(loss, "W", place, 1), abs=1e-5)


@pytest.mark.parametrize("make", [Network.random, lambda source: Hinge.random(source, on_hinge=True)])
def test_right_and_wrong_entries_are_distinguished_in_single_precision(make):
    wrong = 0
    for problem in problems(make):
        gradient = problem.gradient(**problem.parameters)
        assert {array.dtype for array in gradient.values()} == {np.dtype("float32")}
        assert problem.cost(**problem.parameters).dtype == np.float32
        assert sum(not right for right in right_entries(problem, gradient).values()) == 0
        wrong += sum(not right for right in right_entries(problem, {k: 1.01 * g for k, g in gradient.items()}).values())
    assert wrong > 200


@pytest.mark.parametrize(("setting", "most_undecided"), [(SINGLE, 0.25), (ROUNDED, 0.01)])
def test_no_right_gradient_is_accused_and_no_wrong_one_believed(setting, most_undecided):
    counts = Counter()
    for problem in [*problems(Network.random)[:8], *problems(lambda source: Hinge.random(source, on_hinge=True))[:4]]:
        count(problem, setting, counts)
    entries = {(kind, verdict): n for (kind, what, verdict), n in counts.items() if what == "entries"}
    n = sum(entries.get(("right", verdict), 0) for verdict in ("pass", "kink", "fail", "inconclusive"))
    assert n > 200
    assert ("right", "fail") not in entries
    assert not [(kind, v) for kind in KINDS for v in ("pass", "kink") if kind != "right" and (kind, v) in entries]
    assert entries.get(("right", "inconclusive"), 0) <= most_undecided * n
