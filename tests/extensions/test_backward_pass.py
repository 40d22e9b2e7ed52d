"""The backward pass written out: what it leaves behind when it is interrupted."""

import subprocess
import sys

INTERRUPTED = """
import signal
from autograd import Value

signal.signal(signal.SIGALRM, signal.default_int_handler)
x = y = Value(1.0)
for _ in range(20_000):
    y = y * 0.5 + y * 0.5
interrupted = 0
for milliseconds in range(1, 20, 3):
    try:
        signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
        y.backward()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupted += 1
    x.grad = None
    y.backward()
    assert x.grad == 1.0, x.grad
assert interrupted > 1
"""


def test_a_pass_that_was_interrupted_leaves_nothing_for_the_next():
    # in a process of its own, for the test tools have hooks that swallow an interrupt
    subprocess.run([sys.executable, "-c", INTERRUPTED], check=True, timeout=60)
