"""Code in a child process: what comes back, and that the process is gone whatever happens."""

import os
import signal
import subprocess
import sys
import time

import pytest

from autograd.explaining import child_process
from autograd.explaining.child_process import run_python
from tests.robustness.children import left

SLEEPER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"


def is_alive(file):
    try:
        os.kill(int(file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_input_and_arguments_go_in_and_everything_written_comes_out():
    code = "import sys; print(sys.argv[1:], sys.stdin.read()); print('careful', file=sys.stderr)"
    result = run_python(code, "a", "b c", input="ŷ".encode(), timeout=30)
    assert result.returncode == 0
    assert result.stdout.split(b"] ")[0] == b"['a', 'b c'"
    assert result.stderr.strip() == b"careful"


def test_the_current_directory_is_not_imported_from(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    assert run_python("import json", input=b"", timeout=30).returncode == 0


@pytest.mark.parametrize("code", ["import os; os._exit(3)", "import os; os.abort()", "raise ValueError('no')"])
def test_a_crash_is_a_status_that_is_not_zero(code):
    result = run_python(code, input=b"never read", timeout=30)
    assert result.returncode != 0
    with pytest.raises(subprocess.CalledProcessError):
        result.check_returncode()


@pytest.mark.skipif(sys.platform == "win32", reason="asks for processes by the signal 0")
def test_after_the_time_limit_the_process_is_gone(tmp_path):
    start = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run_python(SLEEPER, str(tmp_path / "pid"), input=b"", timeout=1)
    assert time.monotonic() - start < 10
    assert not is_alive(tmp_path / "pid")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that signals")
def test_after_an_interrupt_the_process_is_gone(tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1)
        with pytest.raises(KeyboardInterrupt):
            run_python(SLEEPER, str(tmp_path / "pid"), input=b"", timeout=30)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not is_alive(tmp_path / "pid")


PARENT = "import runpy, sys; runpy.run_path(sys.argv[1])['run_python'](*sys.argv[2:], input=b'', timeout=60)"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "work", ["while True: pass", "import re; re.match('(a*)*b', 'a' * 60)  # lets no other thread run"]
)
def test_after_the_parent_was_killed_the_process_is_gone(tmp_path, work):
    file = tmp_path / "pid"
    code = f"import os, sys\nwith open(sys.argv[1], 'w') as file: file.write(str(os.getpid()))\n{work}"
    with subprocess.Popen([sys.executable, "-c", PARENT, child_process.__file__, code, str(file)]) as parent:
        while not (file.exists() and file.read_text()):
            time.sleep(0.01)
        parent.kill()
    assert not left([int(file.read_text())])
