"""The assignment of docs/assignment.md, carried out: its files written, its checks run on wrong and right answers."""

import os
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from autograd.cli.main import main

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "assignment.md").read_text(encoding="utf-8")
FILES = {
    name: code
    for block in re.findall(r"```py\n(.*?)```", PAGE, re.S)
    for name, code in [(block.split("\n")[0][2:], block)]
}


@pytest.fixture(params=["student.py", "solution.py"])
def assignment(request, tmp_path, monkeypatch):
    """A directory with the files, and what a student handed in; whether it is right."""
    for name in ("checks.py", "test_student.py"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    (tmp_path / "student.py").write_text(FILES[request.param], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path, request.param == "solution.py"
    for name in ("checks", "student"):
        sys.modules.pop(name, None)


def handed_in(directory):
    scope = {}
    exec((directory / "student.py").read_text(encoding="utf-8"), scope)
    return scope["gradient"]


def test_a_report_is_true_if_it_is_ok(assignment):
    directory, is_right = assignment
    scope = {}
    exec(FILES["checks.py"], scope)
    assert [bool(scope["report"](handed_in(directory), point)) for point in scope["POINTS"]] == [is_right] * 3


@pytest.mark.slow
def test_with_pytest(assignment):
    directory, is_right = assignment
    command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", "--color=no", "test_student.py"]
    (directory / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # not that of a folder around it
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(command, cwd=directory, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (run.returncode == 0) == is_right, run.stdout
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.S)
    assert (re.sub(" +\n", "\n", shown) in re.sub(" +\n", "\n", run.stdout)) != is_right


def test_with_nbgrader(assignment, capsys):
    directory, is_right = assignment
    *statements, expression = FILES["nbgrader cell"].strip().split("\n")
    scope = {"gradient": handed_in(directory)}
    exec("\n".join(statements), scope)
    points = eval(expression, scope)
    assert type(points) is float
    assert points == (6.0 if is_right else 0.0)
    assert capsys.readouterr() == ("", "")


def test_with_otter(assignment, monkeypatch):
    directory, is_right = assignment
    try:
        from otter.test_files import test_case  # noqa: F401
    except ImportError:  # its decorator, as far as this file is concerned
        files = types.ModuleType("otter.test_files")
        files.test_case = lambda **_: lambda function: types.SimpleNamespace(test_func=function)
        monkeypatch.setitem(sys.modules, "otter", types.ModuleType("otter"))
        monkeypatch.setitem(sys.modules, "otter.test_files", files)
    scope = {}
    exec(FILES["tests/gradient.py"], scope)
    cases = [value for name, value in scope.items() if name.startswith("test_point")]
    assert len(cases) == 3
    for case in cases:
        if is_right:
            case.test_func(handed_in(directory))
        else:
            with pytest.raises(AssertionError, match="Gradient check: FAIL"):
                case.test_func(handed_in(directory))


def test_on_the_command_line(assignment, monkeypatch, capsys):
    directory, is_right = assignment
    loss = FILES["homework.py"].split("def gradient")[0]
    (directory / "homework.py").write_text(loss + (directory / "student.py").read_text("utf-8"), encoding="utf-8")
    monkeypatch.chdir(directory)
    assert main(["check", "homework.py", "--wrt", "w,b"]) == (0 if is_right else 1)
    assert capsys.readouterr().out.startswith("loss, gradient\n")
    sys.modules.pop("homework")
