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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Price", "Price"),
        ("price ", "Price"),
        ("unit price", "unit price"),
        ("Unit_Price", "unit price"),
        ("house size", "House-Size"),
        ("Tax", "Tax"),
        ("tax", "tax"),
    ],
)
def test_an_exact_name_comes_first_and_spellings_are_compared_without_case_and_blanks(name, expected):
    names = ["Price", "unit price", "House-Size", "tax", "Tax"]
    assert choose("column", name, {one: one for one in names}) == expected


def test_a_name_with_several_meanings_is_not_guessed():
    with pytest.raises(ValueError, match=r"^unknown column 'TAX': did you mean '[tT]ax'\? Known columns: tax, Tax$"):
        choose("column", "TAX", {"tax": 1, "Tax": 2})


def test_suggestions_ignore_case():
    with pytest.raises(ValueError, match=r"^unknown column 'PRIZE': did you mean 'Price'\? Known columns: Price$"):
        choose("column", "PRIZE", {"Price": 1})
