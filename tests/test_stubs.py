"""The type stubs of what the table makes are up to date."""

import ast
import inspect

import pytest

from autograd import OPERATIONS, Value
from tests.stubs import STUBS, methods


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.name)
def test_the_stub_is_what_the_table_gives(path):
    assert path.read_text(encoding="utf-8") == STUBS[path](), "stale: run python -m tests.stubs"


def test_a_new_row_makes_the_stubs_stale(monkeypatch):
    monkeypatch.setitem(OPERATIONS, "again", OPERATIONS["tanh"])
    for path, text in STUBS.items():
        assert path.read_text(encoding="utf-8") != text()


def test_every_method_in_the_stub_is_there():
    (stub,) = (node for node in ast.parse(methods()).body if isinstance(node, ast.ClassDef))
    for method in stub.body:
        assert inspect.isroutine(getattr(Value, method.name)), method.name
