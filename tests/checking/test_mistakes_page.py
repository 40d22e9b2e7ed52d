"""The page on common mistakes: each row of its table is a mistake, and the report says what the row says."""

import re
from doctest import DocTestParser
from pathlib import Path

import numpy as np
import pytest

from autograd import gradcheck

PAGE = (Path(__file__).parents[2] / "docs" / "mistakes.md").read_text(encoding="utf-8")
NETWORK = "".join(example.source for example in DocTestParser().get_examples(PAGE.partition(">>> gradcheck(")[0]))
ROWS = [
    pytest.param(code, words, id=mistake)
    for mistake, code, words, _ in re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \| (.+?) \|$", PAGE, re.M)
    if "`" in code
]


def changed(source, edit):
    """The source with an edit, written as `right` → `wrong`; a wrong one of several lines has ↵ between them."""
    right, wrong = ("\n".join(re.findall("`([^`]*)`", side)) for side in edit.split(" → "))
    assert right in source
    return source.replace(right, wrong)


@pytest.mark.parametrize(("code", "words"), ROWS)
def test_the_report_says_what_the_page_says(code, words):
    names = {"np": np, "gradcheck": gradcheck}
    if " → " in code:
        exec(changed(NETWORK, code), names)
        report = gradcheck(names["cost"], names["inputs"], gradient=names["gradient"])
    else:
        report = eval(code.strip("`"), names)
    assert words in str(report)


def test_there_are_many_mistakes():
    assert len(ROWS) >= 40
