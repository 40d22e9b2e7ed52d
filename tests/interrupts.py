"""Ctrl-C at a chosen moment, for tests: wherever a function begins or a built-in one returns, Python may raise it."""

import sys
from itertools import count

__all__ = ["interrupted_at", "interrupted_everywhere"]


def interrupted_at(moment, function):
    """Call the function and raise KeyboardInterrupt at this moment, counted from 0; False if it ends before."""
    moments = count()
    is_interrupted = False

    def profile(frame, event, argument):
        nonlocal is_interrupted
        if event in ("call", "c_return") and next(moments) == moment:
            is_interrupted = True
            sys.setprofile(None)
            raise KeyboardInterrupt

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function()
    except KeyboardInterrupt:
        pass
    finally:
        sys.setprofile(before)
    return is_interrupted


def interrupted_everywhere(function, step=1):
    """Call the function again and again, interrupted at moment 0, `step`, 2·`step`, ...; yields after each call."""
    moment = 0
    while interrupted_at(moment, function):
        yield moment
        moment += step
