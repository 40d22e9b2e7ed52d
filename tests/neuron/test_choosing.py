"""Choosing by name: the thing itself, or an error that helps."""

import pytest

from neuron.choosing import choose

LOSSES = {"hinge": 1, "huber": 2}


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("loss", "hing", "unknown loss 'hing': did you mean 'hinge'? Known losses: hinge, huber"),
        ("loss", "xyz", "unknown loss 'xyz'. Known losses: hinge, huber"),
        ("loss", None, "unknown loss None. Known losses: hinge, huber"),
        ("metric", ["hinge"], "unknown metric ['hinge']: did you mean 'hinge'? Known metrics: hinge, huber"),
    ],
)
def test_an_unknown_name(kind, name, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        choose(kind, name, LOSSES)
    assert str(error.value) == message


def test_a_known_name():
    assert choose("loss", "huber", LOSSES) == 2
