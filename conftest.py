"""Runs the code of README.md and docs/ as tests: each page in order, in an empty directory.

The pictures that a page draws there must be those that it shows.
"""

import os
import tempfile
from doctest import ELLIPSIS
from pathlib import Path

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from tests import gallery

os.environ["MPLBACKEND"] = "Agg"  # no windows


class Page(PythonCodeBlockParser):
    """The code blocks of a page, which know where they stand."""

    def __call__(self, document):  # noqa: D102
        document.namespace["_page"] = Path(document.path)
        return super().__call__(document)


def _enter_an_empty_directory(namespace):
    namespace["_home"], namespace["_directory"] = os.getcwd(), tempfile.TemporaryDirectory()
    os.chdir(namespace["_directory"].name)


def _leave_it(namespace):
    os.chdir(namespace["_home"])
    with namespace["_directory"] as directory:
        gallery.assert_as_shown(namespace["_page"], directory)


pytest_collect_file = Sybil(
    parsers=[Page(doctest_optionflags=ELLIPSIS)],
    patterns=["*.md"],
    setup=_enter_an_empty_directory,
    teardown=_leave_it,
).pytest()
