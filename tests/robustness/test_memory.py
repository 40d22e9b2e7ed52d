"""A short run of the attack on memory: after a warm-up, new work leaves no objects behind."""

import gc
import linecache

import pytest

from autograd.vectorizing.latest import Latest
from tests.robustness.memory import KINDS

QUICK = [
    "define",
    "define, differentiated twice",
    "define by Python functions",
    "a formula of the command line",
    "a program, a new string",
    "a program, a new lambda",
    "vectorize a lambda",
    "grad of a lambda",
    "jacobian, hessian, jvp",
    "pickle and deepcopy",
    "messages",
]


def counts():
    gc.collect()
    return len(gc.get_objects()), len(linecache.cache)


@pytest.mark.parametrize("kind", QUICK)
def test_nothing_is_left(kind, monkeypatch):
    monkeypatch.setattr(Latest, "SIZE", 5)
    work, rounds = KINDS[kind].round, 25
    gc.freeze()  # the objects of other tests need not be counted
    try:
        for i in range(rounds):
            work(i)
        objects, lines = counts()
        for i in range(rounds, 2 * rounds):
            work(i)
        more_objects, more_lines = counts()
    finally:
        gc.unfreeze()
    assert more_objects - objects < rounds
    assert more_lines == lines
