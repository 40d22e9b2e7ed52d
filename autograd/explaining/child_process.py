"""Running code in a short-lived child process: code that may crash, or run forever without another way to stop it."""

from __future__ import annotations

import os
import subprocess
import sys

__all__ = ["run_python"]

_GUARDED = """
import faulthandler, io, os, sys, threading
faulthandler.dump_traceback_later({timeout}, exit=True)
size = int.from_bytes(sys.stdin.buffer.read(8), "big")
sys.stdin = io.TextIOWrapper(io.BytesIO(sys.stdin.buffer.read(size)), sys.stdin.encoding)
if sys.platform == "linux":
    import ctypes, select
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG: SIGKILL
    if select.select([0], [], [], 0)[0]:  # the parent ended before
        os._exit(1)
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
{code}
"""
"""The code of the child, which ends with its parent, even if that is killed.

The pipe to its stdin stays open as long as the parent waits; a thread sees when it closes.  The thread cannot run while
a function written in C, such as a layout, computes: then Linux itself kills the child, and other systems leave it to
the time limit of `faulthandler`, which needs no Python.
"""


def run_python(code: str, *arguments: str, input: bytes, timeout: float) -> subprocess.CompletedProcess[bytes]:
    """Run Python `code` in a child process, with `arguments` in its ``sys.argv[1:]`` and `input` on its stdin.

    The result has the exit status as `returncode`, and the output as `stdout` and `stderr`.
    Raises `subprocess.TimeoutExpired` after `timeout` seconds, and OSError if no process can be started.
    Whatever ends the call, Ctrl-C or the end of this process included, no process is left behind.

    >>> run_python("print(input()[::-1])", input=b"abc", timeout=10).stdout.split()
    [b'cba']
    """
    guarded = _GUARDED.format(timeout=float(timeout), code=code)
    command = [sys.executable or "python", "-P", "-c", guarded, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            with open(os.dup(child.stdin.fileno()), "wb"):  # type: ignore[union-attr]  # `communicate` closes the other
                output, messages = child.communicate(len(input).to_bytes(8, "big") + input, timeout)
        except BaseException:
            child.kill()
            child.wait()  # `with` does not wait after Ctrl-C
            raise
    return subprocess.CompletedProcess(command, child.returncode, output, messages)
