"""Planted bugs: programs and trainings that are wrong in one thing, to see whether the tests and the checks notice."""

import ast

import numpy as np

from autograd import Value
from autograd.vectorizing import (
    adjoints,
    backward,
    forward,
    grouping,
    loops,
    passes,
    rewriting,
    simplification,
    tape,
    trace,
)
from autograd.vectorizing.statements import Assignment, Update
from neuron.training import checked, fit, loop, optimizers, vectorized
from tests.core.mutants import BACKWARD_PASSES, LOCAL_RULES

__all__ = ["BACKWARD_PASSES", "LOCAL_RULES", "LOOPS", "PROGRAMS", "TAPES", "TRAININGS", "failures", "wrong_number"]


def failures(checks):
    """The number of checks that fail."""
    failed = 0
    for check in checks:
        try:
            check()
        except Exception:
            failed += 1
    return failed


def wrong_number(name, error):
    """The engine with a function whose result is off."""

    def plant(monkeypatch):
        right = getattr(Value, name)

        def wrong(x):
            z = right(x)
            z._number += error
            return z

        monkeypatch.setattr(Value, name, wrong)

    return plant


def replaced(owner, name, wrong):
    """A training with another method or function: `wrong` makes it from the right one."""
    return lambda monkeypatch: monkeypatch.setattr(owner, name, wrong(getattr(owner, name)))


def _sum_for_mean(right):
    def value_and_grad(self, theta, X, y):
        loss, gradient = right(self, theta, X, y)
        return loss, gradient * len(y)

    return value_and_grad


def _without_penalty(right):
    def value_and_grad(self, theta, X, y):
        self.penalties = None
        return right(self, theta, X, y)

    return value_and_grad


def _without_last_batch(right):
    def batches(samples, size, shuffle, source):
        return iter([*right(samples, size, shuffle, source)][:-1] or [slice(None)])

    return batches


def _always_the_same_order(right):
    return lambda samples, size, shuffle, source: right(samples, size, shuffle, np.random.default_rng(0))


def _one_epoch_late(right):
    def add(self, theta, lr):
        entries = self.history.entries
        right(self, entries[-1].parameters if entries else theta, lr)

    return add


def _momentum_forgotten(right):
    return lambda self: lambda parameters, gradient, lr: parameters - lr * gradient


def _no_correction(right):
    def start(self):
        mean = square = 0.0

        def step(parameters, gradient, lr):
            nonlocal mean, square
            mean = self.beta1 * mean + (1 - self.beta1) * gradient
            square = self.beta2 * square + (1 - self.beta2) * gradient**2
            return parameters - lr * mean / (np.sqrt(square) + self.epsilon)

        return step

    return start


def _last_one_wins(right):
    def total(self, array):
        self.reached[array] = self.reached[array][-1:]
        return right(self, array)

    return total


def _without_the_operation(right):
    def signature(self, node):
        common = right(self, node)
        return ("any", *common[1:]) if isinstance(common[0], type(node.op)) else common

    return signature


def _read_once(right):
    first = {}
    return lambda self, call: first.setdefault(id(self), right(self, call))


def _without_carried(right):
    def add(self, view, x):
        is_carried = isinstance(x.tree, ast.Name) and x.tree.id.startswith("ds")
        return None if is_carried else right(self, view, x)

    return add


def _one_after_the_other(right):
    def update(words, trees):
        assigned = {}
        for word, tree in zip(words, trees, strict=True):
            assigned[word] = passes._substituted(tree, assigned)
        return right(words, tuple(assigned.values()))

    return update


def _from_the_start(right):
    return lambda words, stack: Update(words, (ast.parse(f"{stack}.pop(0)", mode="eval").body,))


def _not_turned_around(right):
    return lambda tree, *where: tree if getattr(where[0], "step", None) else right(tree, *where)


def _as_in_the_first_iteration(right):
    def operand(self, copies, link, *more):
        return copies[0] if link.distance is None else right(self, copies, link, *more)

    return operand


PROGRAMS = {
    "the factors of a matrix product mixed up": replaced(
        backward, "_product_rule", lambda right: lambda i, *more: right(1 - i, *more)
    ),
    "the sum over the samples forgotten": replaced(backward, "sum_over_samples", lambda right: lambda x: x),
    "the sum over the nodes forgotten": replaced(backward, "sum_over_nodes", lambda right: lambda x, nodes: x),
    "a sum instead of the mean": replaced(backward, "SEED", lambda right: rewriting.number(1)),
    "of several derivatives the last one": replaced(adjoints.Adjoints, "total", _last_one_wins),
    "operations that are all the same": replaced(grouping._Level, "signature", _without_the_operation),
    "sums that share what others read": replaced(
        simplification,
        "_linear_form",
        lambda right: lambda root, args, uses, ops: right(root, args, dict.fromkeys(uses, 1), ops),
    ),
    "captured Values that are read once": replaced(trace.Captured, "numbers", _read_once),
    "conditions as numbers": replaced(grouping, "_conditions_used_as_numbers", lambda right: lambda graph: set()),
}

LOOPS = {
    "the adjoints of the next iteration forgotten": replaced(adjoints.Adjoints, "add", _without_carried),
    "states assigned before all are computed": replaced(forward, "Update", _one_after_the_other),
    "the sum over the iterations forgotten": replaced(backward, "Accumulation", lambda right: Assignment),
    "saved numbers taken from the start": replaced(passes, "Restoring", _from_the_start),
    "operands that do not move": replaced(loops._Sequence, "operand", _as_in_the_first_iteration),
    "derivatives of what moves in the order of the backward pass": replaced(backward, "subscript", _not_turned_around),
}

TAPES = {
    "of several elements the last one": replaced(
        tape, "_joined", lambda right: lambda pieces, *more: right(pieces[-1:], *more)
    ),
    "one kernel for all groups of an operation": replaced(tape, "_kind", lambda right: lambda group, *more: group.op),
}

TRAININGS = {
    "the sum for the mean": replaced(vectorized.ArrayPrograms, "value_and_grad", _sum_for_mean),
    "the last batch left out": replaced(fit, "batches", _without_last_batch),
    "always the same order": replaced(fit, "batches", _always_the_same_order),
    "a history that is one epoch late": replaced(loop.Measurements, "add", _one_epoch_late),
    "a model that does not end like its history": replaced(loop, "place", lambda right: lambda parameters, theta: None),
    "programs that are never checked again": replaced(
        checked.Checked, "chosen", lambda right: lambda self, theta, X, y: self.fast
    ),
    "momentum forgotten": replaced(optimizers.SGD, "start", _momentum_forgotten),
    "Adam without its correction": replaced(optimizers.Adam, "start", _no_correction),
    "the penalty not differentiated": replaced(vectorized.ArrayPrograms, "value_and_grad", _without_penalty),
}
