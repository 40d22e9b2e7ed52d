"""Paths along steps: counted, summed, written out."""

import pytest

from autograd import Value
from autograd.explaining.chain import Chain
from autograd.explaining.paths import MAX_PATHS, Factor, Paths, Step


@pytest.fixture
def diamonds():
    """Two diamonds, one after the other, with two paths through each: four paths from s to u."""
    values = [Value(0.0, name) for name in "sabtcdu"]
    s, a, b, t, c, d, u = values

    def steps(value, *operands):
        return [Step(value, x, i, Factor(value.label, x.label, 2.0)) for i, x in enumerate(operands)]

    return (
        s,
        a,
        u,
        {a: steps(a, s), b: steps(b, s), t: steps(t, a, b), c: steps(c, t), d: steps(d, t), u: steps(u, c, d)},
    )


def test_few_paths_are_listed_from_the_root_on(diamonds):
    s, _, u, steps = diamonds
    paths = Paths(u, s, steps)
    assert paths.count == 4 == MAX_PATHS
    assert [step.factor.symbol for step in paths.few[0]] == ["∂u/∂c", "∂c/∂t", "∂t/∂a", "∂a/∂s"]
    assert len({tuple(step.operand.label for step in path) for path in paths.few}) == 4


def test_the_sums_are_the_derivatives(diamonds):
    s, a, u, steps = diamonds
    sums = Paths(u, s, steps).sums(lambda step: step.factor.slope)
    assert sums[s] == 4 * 2**4
    assert sums[a] == 2 * 2**3


def test_paths_that_avoid_a_value(diamonds):
    s, a, u, steps = diamonds
    beside = Paths(u, s, steps).without(a)
    assert beside.count == 2
    assert all(step.operand is not a for path in beside.few for step in path)
    assert a in Paths(u, s, steps).values


def test_from_the_root_itself_there_is_one_path_without_steps(diamonds):
    _, _, u, steps = diamonds
    assert (Paths(u, u, steps).count, Paths(u, u, steps).few) == (1, [[]])
    assert (Paths(u, None, steps).count, Paths(u, None, steps).few) == (0, [])
    assert (Paths(u, Value(1.0), steps).count, Paths(u, Value(1.0), steps).few) == (0, [])


def test_many_paths_are_counted_but_not_listed():
    x = z = Value(1.0, "x")
    for i in range(100):
        z = ((z * 2).named(f"a{i}") + (z * 3).named(f"b{i}")).named(f"c{i}")
    paths = Chain(z, x).paths
    assert paths.count == 2**100
    assert paths.few == []
