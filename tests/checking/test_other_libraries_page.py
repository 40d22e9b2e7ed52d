"""The code for PyTorch and JAX on the page for those who come from other checkers, where the library is installed."""

import re
from doctest import DocTestParser, DocTestRunner
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "coming-from.md"
BLOCKS = re.findall(r"```py\n(>>> .*?)```", PAGE.read_text(encoding="utf-8"), re.S)


def code(library):
    """The blocks from the one that imports the library to the next import."""
    start = next(i for i, block in enumerate(BLOCKS) if block.startswith(f">>> import {library}\n"))
    rest = [i for i in range(start + 1, len(BLOCKS)) if BLOCKS[i].startswith(">>> import")]
    return "".join(BLOCKS[start : rest[0] if rest else None])


@pytest.mark.filterwarnings("default")  # these libraries have warnings of their own
@pytest.mark.parametrize("library", ["torch", "jax"])
def test_the_code_for_a_library_prints_what_the_page_shows(library):
    pytest.importorskip(library)
    page = DocTestParser().get_doctest(code(library), {}, library, str(PAGE), 0)
    printed = []
    DocTestRunner().run(page, out=printed.append)
    assert not printed, "".join(printed)


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_there_is_code_for_each_library(library):
    assert code(library).count("gradcheck(") >= 3
