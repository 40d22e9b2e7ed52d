"""Running code in a short-lived child process: code that may crash, or run forever without another way to stop it."""

from __future__ import annotations

import subprocess
import sys

__all__ = ["run_python"]


def run_python(code: str, *arguments: str, input: bytes, timeout: float) -> subprocess.CompletedProcess[bytes]:
    """Run Python `code` in a child process, with `arguments` in its ``sys.argv[1:]`` and `input` on its stdin.

    The result has the exit status as `returncode`, and the output as `stdout` and `stderr`.
    Raises `subprocess.TimeoutExpired` after `timeout` seconds, and OSError if no process can be started.
    Whatever ends the call, Ctrl-C included, no process is left behind.

    >>> run_python("print(input()[::-1])", input=b"abc", timeout=10).stdout.split()
    [b'cba']
    """
    command = [sys.executable or "python", "-P", "-c", code, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            output, messages = child.communicate(input, timeout)
        except BaseException:
            child.kill()
            child.wait()  # `with` does not wait after Ctrl-C
            raise
    return subprocess.CompletedProcess(command, child.returncode, output, messages)
