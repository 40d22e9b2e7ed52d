"""Names of micrograd, PyTorch and HIPS autograd: each is answered by the code to write here, and that code works."""

import copy
import pickle
import re

import pytest

import autograd
from autograd import Value, draw, explain, maximum, minimum
from autograd.extensions.other_names import ATTRIBUTES, FUNCTIONS


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_reading_and_setting_say_what_to_write(name):
    v = Value(2.0, label="w") * 3.0
    message = re.escape(f"Value has no attribute {name}: ") + ".*(write|keep)"
    with pytest.raises(AttributeError, match=message):
        getattr(v, name)
    with pytest.raises(AttributeError, match=message):
        setattr(v, name, 0.0)
    assert not hasattr(v, name)
    assert name not in dir(v)


def test_the_advice_works():
    w = Value(2.0, label="w")
    v = (w * 3.0 + w).named("ŷ")
    v.backward()
    low, high = 0.0, 1.0
    names = {"v": v, "draw": draw, "explain": explain, "maximum": maximum, "minimum": minimum, "low": low, "high": high}
    expressions = {part for text in ATTRIBUTES.values() for part in re.findall(r"write (.*?)(?:, |;|$)", text)}
    assert {"v.data", "draw(v)", "explain(v)", "v ** 2", "v.op.name", "v.edges"} <= expressions
    for text in ("[x for x, _ in v.edges]", "v.args", "v.data", "v.op.name", "v.edges", "v.detach()", "draw(v)"):
        assert any(text in advice for advice in ATTRIBUTES.values())
        eval(text, names)
    assert eval("minimum(maximum(v, low), high)", names).data == 1.0
    assert [x.label or x.op.name for x, _ in v.edges] == ["mul", "w"]
    assert w.op.name == "leaf"


def test_other_attributes_cannot_be_set_either():
    with pytest.raises(AttributeError, match="colour"):
        Value(2.0).colour = "red"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_other_libraries_are_answered(name):
    assert not hasattr(autograd, name)
    message = re.escape(f"autograd has no {name}: {FUNCTIONS[name]}")
    with pytest.raises(AttributeError, match=message):
        getattr(autograd, name)
    with pytest.raises(ImportError, match=message):
        exec(f"from autograd import {name}")


def test_other_names_fail_as_usual():
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'colour'"):
        autograd.colour
    with pytest.raises(ImportError, match="cannot import name 'colour' from 'autograd'"):
        from autograd import colour  # noqa: F401


def test_copies_do_not_know_of_them():
    w = Value(2.0, label="w")
    for clone in (copy.copy(w), copy.deepcopy(w), pickle.loads(pickle.dumps(w))):
        assert (clone.data, clone.label) == (2.0, "w")


def test_the_numpy_of_hips_autograd_is_answered():
    with pytest.raises(ImportError, match=r"autograd\.numpy belongs to HIPS autograd, .* Write `import numpy as np`"):
        import autograd.numpy  # noqa: F401
