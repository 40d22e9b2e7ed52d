"""Consoles of all kinds: encodings without ŷ, narrow ones, closed, full and broken ones; no home, no place to write."""

import os
import shlex
import subprocess
import sys

import pytest

from autograd.cli.main import main as autograd
from neuron.__main__ import main as neuron

STUDENT = "def f(x):\n    print('ŷ')\n    return x ** 2\n\ndef grad_f(x):\n    return 2 * x\n"
REPORT = (
    "from autograd import *; w = Value(2.0, 'ŵ\\u202e'); L = (w * w).named('ŷ'); L.backward()\n"
    "print(gradcheck(lambda ŷ: ŷ * ŷ, {'ŷ': 1.0})); print(explain(L, w)); print(L)"
)
COMMANDS = [
    (neuron, "--picture n.gv --page n.html"),
    (neuron, "learn line --epochs 3 --csv h.csv"),
    (neuron, "learn --help"),
    (autograd, "'ŷ = w*x; (ŷ - 1)**2' w=2 x=3 --draw f.gv"),
    (autograd, "w*w w=2 --json"),
    (autograd, "check student.py --points 1"),
    (autograd, "--help"),
]
"""Commands that exit with status 0, and cover all kinds of output."""

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/full, closed descriptors and a POSIX shell")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder with a student's file; returns it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "student.py").write_text(STUDENT, encoding="utf-8")
    return tmp_path


def status_of(main, line):
    try:
        return main(shlex.split(line))
    except SystemExit as end:
        return end.code


@pytest.mark.parametrize("columns", ["1", "5", "20", "0", "-3", "abc"])
def test_the_width_of_the_console_does_not_matter(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    for main, line in COMMANDS:
        if "--help" in line:
            assert status_of(main, line) == 0
    assert "".join("2: ŷ = w*x + b".split()[1:]) in "".join(capsys.readouterr().out.split())


def test_streams_that_are_closed(monkeypatch, folder):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    for main, line in COMMANDS:
        assert status_of(main, line) == 0
    assert status_of(autograd, "w*") == 2
    assert all(file.stat().st_size for file in folder.iterdir() if file.is_file())


def test_messages_show_hostile_arguments_as_text(capsys):
    for main, line in (
        (autograd, "'w\u202e\x1b[31m' w=2"),
        (autograd, "w*w w=2 --none\u202e\x1b"),
        (autograd, "w*w 'w\x07=2'"),
        (neuron, "--activation '\u202e\x1b'"),
        (neuron, "learn '\u2066'"),
    ):
        assert status_of(main, line) == 2
    assert capsys.readouterr().err.replace("\n", "").isprintable()


# --- Child processes, each with several conditions ----------------------------------------------------------


def run(line, environment=(), **options):
    """Run a line of the shell in which $python stands for the interpreter; returns its status and its output."""
    full = {**os.environ, "python": sys.executable, "PYTHONUNBUFFERED": "", **dict(environment)}
    child = subprocess.run(["sh", "-c", line], env=full, capture_output=True, timeout=60, check=False, **options)
    output = child.stdout + child.stderr
    assert b"Traceback" not in output
    assert b"Exception ignored" not in output
    return child.returncode, child.stdout, child.stderr


@posix
@pytest.mark.parametrize(
    "environment",
    [
        {
            "PYTHONIOENCODING": "ascii",
            "COLUMNS": "5",
            "TERM": "dumb",
            "HOME": "/nonexistent",
            "MPLCONFIGDIR": "/proc/x",
        },
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "", "NO_COLOR": "1"},
    ],
)
def test_consoles_that_cannot_show_all_characters(environment):
    status, out, err = run('"$python" -m autograd "h = w*x; (h - 1)**2" w=2 x=3', environment)
    assert (status, err) == (0, b"")
    assert out.isascii()
    assert b"h = w?x" in out


@posix
def test_a_report_in_the_encoding_of_an_old_console():
    code = "import sys; sys.stdout.reconfigure(errors='replace')\n" + REPORT
    status, out, err = run('"$python" -c "$code"', {"PYTHONIOENCODING": "cp437", "COLUMNS": "0", "code": code})
    assert (status, err) == (0, b"")
    assert b"pass" in out
    assert "\u202e" not in out.decode("cp437")


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["autograd --help", "autograd w*w w=2"])
def test_an_output_that_is_full_is_an_error_of_one_line(command):
    status, _, err = run(f'"$python" -m {command} >/dev/full')
    assert status == 2
    assert err.startswith(b"autograd: ")
    assert err.count(b"\n") == 1


@posix
def test_an_output_whose_reader_is_gone_and_a_full_one_for_messages():
    assert run('"$python" -m autograd w*w w=2 | true') == (0, b"", b"")
    assert run('"$python" -m neuron --help >&- 2>&- <&-') == (0, b"", b"")


@posix
def test_a_folder_that_cannot_be_written_to(folder):
    drop = ""
    if os.geteuid() == 0:
        (folder / "deep").mkdir(mode=0o555)
        drop = "setpriv --reuid 65534 --clear-groups "
        if run(f'{drop}"$python" -c "import neuron, graphviz" 2>/dev/null')[0]:
            pytest.skip("needs a way to run Python as another user")
    os.chmod(folder, 0o555)
    try:
        status, _, err = run(f'{drop}"$python" -m neuron --picture n.gv', {"HOME": "/nonexistent"})
    finally:
        os.chmod(folder, 0o755)
    assert status == 2
    assert err.startswith(b"neuron: ")
    assert not (folder / "n.gv").exists()
