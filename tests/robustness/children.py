"""Children that end: programs that draw or differentiate are killed at random moments, and their children must end too.

``python -m tests.robustness.children [ROUNDS]`` prints how many of them were still running two seconds later.  The exit
status is 1 if any was.  It needs Linux, where /proc lists the processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

PATIENCE = 2.0
"""Seconds after the end of a process in which its children have to end."""

KINDS = {
    "layout": """
import graphviz
from autograd.drawing.rendering import Drawing
drawing = Drawing(body=[f"a{i} -> a{i * j % 997}\\n" for i in range(997) for j in range(2, 9)])
drawing.pipe("svg")
""",
    "SymPy": """
from autograd.explaining.formulas import parse_formulas
from autograd.explaining import sympy_derivatives
sympy_derivatives.PATIENCE = 100
formulas = parse_formulas("sin(x)**x**x**sin(x)", ["x=0.5"])
sympy_derivatives.sympy_derivatives(formulas, ["x"] * 10_000)
""",
    "C code": """
from autograd.explaining.child_process import run_python
run_python("import re; re.match('(a*)*b', 'a' * 60)", input=b"", timeout=100)
""",
    "Python code": """
from autograd.explaining.child_process import run_python
run_python("while True: pass", input=b"", timeout=100)
""",
}
"""Programs that wait for a child for a long time."""


def descendants(pid: int) -> Iterator[int]:
    """The processes that were started by this one, directly or not."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            yield child
            yield from descendants(child)


def is_running(pid: int) -> bool:
    """True for a process that has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def left(pids: Iterable[int], patience: float = PATIENCE) -> list[int]:
    """Those of the processes that are still running after `patience` seconds, or none, as soon as all have ended."""
    end, running = time.monotonic() + patience, list(pids)
    while running and time.monotonic() < end:
        time.sleep(0.01)
        running = list(filter(is_running, running))
    return running


def attack(program: str, delay: float) -> tuple[int, list[int]]:
    """Kill a program, `delay` seconds after it has started a child: the number of its children, and those left."""
    parent = subprocess.Popen([sys.executable, "-c", program])
    try:
        while parent.poll() is None and not list(descendants(parent.pid)):
            time.sleep(0.001)
        time.sleep(delay)
        children = list(descendants(parent.pid))
    finally:
        parent.kill()
        parent.wait()
    running = left(children)
    for pid in running:
        os.kill(pid, 9)
    return len(children), running


def main(rounds: int) -> int:
    """Attack each kind `rounds` times, and print the table; the exit status."""
    source, lost = Random(0), 0
    print(f"{'kind':<12} {'killed':>7} {'children':>9} {'left after 2 s':>15}")
    for kind, program in KINDS.items():
        results = [attack(program, source.uniform(0, 1.5)) for _ in range(rounds)]
        running = sum(len(pids) for _, pids in results)
        print(f"{kind:<12} {rounds:>7} {sum(n for n, _ in results):>9} {running:>15}", flush=True)
        lost += running
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 25))
