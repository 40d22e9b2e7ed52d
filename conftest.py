"""Runs the code of README.md and docs/ as tests: each page in order, in an empty directory."""

import os
import tempfile
from doctest import ELLIPSIS

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser


def _enter_an_empty_directory(namespace):
    namespace["_home"], namespace["_directory"] = os.getcwd(), tempfile.TemporaryDirectory()
    os.chdir(namespace["_directory"].name)


def _leave_it(namespace):
    os.chdir(namespace["_home"])
    namespace["_directory"].cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)],
    patterns=["*.md"],
    setup=_enter_an_empty_directory,
    teardown=_leave_it,
).pytest()
