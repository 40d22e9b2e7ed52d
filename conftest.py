"""Settings for the whole suite, and the code of README.md and docs/ as tests.

Each page runs in order, in an empty directory. The pictures that it draws there must be those that it shows.
"""

import os
import tempfile
from doctest import ELLIPSIS
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from tests import extras, gallery

ROOT = str(Path(__file__).parent)
collect_ignore = ["docs/conf.py"]  # it needs Sphinx
SLOW_PAGES = {"beyond-one-machine.md", "digits.md"}  # they start a cluster, and train a network

os.environ["MPLBACKEND"] = "Agg"  # no windows
# Programs that the tests start import this checkout, installed or not.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH")]))


def cores():
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Run the whole suite on all cores; a selected part runs in this process, where prints and debuggers work."""
    option = config.option
    selected = config.args_source is not pytest.Config.ArgsSource.TESTPATHS or option.keyword or option.markexpr
    interactive = option.usepdb or option.trace or option.capture == "no"
    measured = getattr(option, "cov_source", None)  # pytest-cov has to know of the workers from the start
    decided = not config.pluginmanager.hasplugin("xdist") or option.numprocesses is not None
    is_worker = hasattr(config, "workerinput")  # it must not start workers of its own
    if selected or interactive or measured or decided or is_worker:
        return
    if (number := cores()) > 1:
        option.numprocesses, option.dist = number, "loadfile"


def pytest_itemcollected(item):
    """Mark the code of the slow pages."""
    if item.path.name in SLOW_PAGES:
        item.add_marker(pytest.mark.slow)


class Page(PythonCodeBlockParser):
    """The code blocks of a page, which know where they stand."""

    def __call__(self, document):  # noqa: D102
        document.namespace["_page"] = Path(document.path)
        return super().__call__(document)


def _enter_an_empty_directory(namespace):
    namespace["_home"], namespace["_directory"] = os.getcwd(), tempfile.TemporaryDirectory()
    os.chdir(namespace["_directory"].name)
    namespace["_imports"] = extras.Imports()


def _leave_it(namespace):
    namespace["_imports"].stop()
    os.chdir(namespace["_home"])
    if namespace["_page"].parent.name == "docs":
        extras.assert_as_stated(namespace["_page"], namespace["_imports"].names)
    with namespace["_directory"] as directory:
        gallery.assert_as_shown(namespace["_page"], directory)


pytest_collect_file = Sybil(
    parsers=[Page(doctest_optionflags=ELLIPSIS)],
    patterns=["*.md"],
    setup=_enter_an_empty_directory,
    teardown=_leave_it,
).pytest()
