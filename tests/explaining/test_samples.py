"""Sums over samples: terms of equal form, with data of their own, on values that they share."""

import pytest

from autograd import Constant, Value, mean, relu, tanh
from autograd import sum as sum_
from autograd.core.graph import newest_first
from autograd.explaining.samples import find_samples


def found(root):
    return find_samples(newest_first(root))


def line(w, x, name="x"):
    return w * Constant(x, name) + 1.0


@pytest.mark.parametrize("total", [mean, sum_, sum, lambda terms: terms[0] + (terms[1] + terms[2])])
def test_terms_of_equal_form_are_samples(total):
    w = Value(0.5, "w")
    terms = [tanh(line(w, x)) for x in (1.0, 2.0, 3.0)]
    samples = found(total(terms))
    assert samples.terms == terms
    assert samples.is_uniform
    assert len(set(samples.forms)) == 1
    assert samples.of(w) is None
    assert [samples.of(term) for term in terms] == [0, 1, 2]
    assert samples.row(1, "t") == {"x": 2.0, "t": terms[1]}


def test_operations_and_the_places_of_operands_are_part_of_the_form():
    w = Value(0.5, "w")
    for odd in (relu(line(w, 3.0)), tanh(Constant(3.0, "x") * w * w + 1.0), tanh(1.0 + line(w, 3.0))):
        assert found(sum_([tanh(line(w, 1.0)), tanh(line(w, 2.0)), odd])) is None


def test_names_on_the_way_stand_for_operations():
    w = Value(0.5, "w")
    terms = [(f(line(w, x)).named("ŷ") ** 2).named("L") for f, x in ((tanh, 1.0), (relu, 2.0))]
    samples = found(sum_(terms))
    assert samples.terms == terms
    assert not samples.is_uniform
    terms[0].args[0].label = "p"
    assert found(sum_(terms)) is None


@pytest.mark.parametrize(("n", "are_samples"), [(3, False), (4, True)])
def test_of_many_samples_names_may_have_an_index(n, are_samples):
    w = Value(0.5, "w")
    samples = found(sum_([tanh(line(w, k)).named(f"L[{k}]") for k in range(n)]))
    assert bool(samples) == are_samples
    assert samples is None or samples.stem == "L[i]"


def test_data_need_names():
    w = Value(0.5, "w")
    assert found(sum_([tanh(w * x) for x in (1.0, 2.0)])) is None
    assert found(sum_([tanh(w * Value(x)) for x in (1.0, 2.0)])) is None
    assert found(sum_([tanh(w * Value(x, "x")) for x in (1.0, 2.0)]))


def test_samples_own_their_values_and_share_the_same_others():
    w, v = Value(0.5, "w"), Value(0.7, "v")
    assert found(sum_([tanh(line(w, 1.0)), tanh(line(v, 2.0))])) is None
    terms = [tanh(line(w, 1.0)), tanh(line(w, 2.0))]
    assert found(sum_([*terms, tanh(line(terms[0], 3.0))])) is None
    partial = terms[0] + terms[1]
    assert found((partial + tanh(line(w, 3.0))) * partial) is None
