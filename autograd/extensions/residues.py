"""Numbers that are zero apart from rounding: 0.1 + 0.2 - 0.3 is 5.6e-17 in floats, and so small a number means nothing.

In the forward pass each leaf and each step is rounded, by at most half a unit in its last digit, and these errors flow
on with the local derivatives.  A number no larger than the sum of those that reach it cannot be told from zero, if
operands that are much larger than this sum have cancelled, or if an operand could not be told from zero either.
"""

from __future__ import annotations

from math import inf

from autograd.core.graph import newest_first
from autograd.core.value import Value

__all__ = ["residues"]

UNIT = 2.0**-53
"""The largest relative error of a rounded float."""
ADDITIVE = ("add", "sub", "sum")
"""The operations in which the error of a constant flows on as it is."""
POSITIVE = ("exp", "cosh", "sigmoid", "softplus", "pow")
"""The operations that are never zero, unless an operand is."""
CANCELLED = 1e-6
"""The largest error, as a share of the largest operand, that leaves no doubt of a cancellation."""


def residues(root: Value) -> set[Value]:
    """The Values below and including `root` that are not zero, but no larger than their rounding errors.

    >>> h = Value(0.1) + 0.2 - 0.3
    >>> h.data, h in residues(h ** 2)
    (5.551115123125783e-17, True)
    """
    errors: dict[Value, float] = {}
    zeros: set[Value] = set()
    for value in reversed(newest_first(root)):
        if value.is_leaf:
            continue
        error = 2 * UNIT * abs(value.data)  # of the step, and of a constant factor
        for operand, local in value.edges:
            error += abs(local) * errors.get(operand, _of_number(operand.data))
            if len(value.args) > 2:  # the terms of a long sum are rounded as well
                error += UNIT * abs(local * operand.data)
        if value.op.name in ADDITIVE:
            error += sum(_of_number(float(x)) for x in value.args if type(x) is not Value)
        errors[value] = error
        largest = max(abs(x.data if type(x) is Value else float(x)) for x in value.args)
        is_small = 0 < abs(value.data) <= min(error, largest) and error <= CANCELLED * largest < inf
        if is_small and (value.op.name not in POSITIVE or any(operand in zeros for operand, _ in value.edges)):
            zeros.add(value)
    return zeros


def _of_number(number: float) -> float:
    """The rounding error of a number that was written down; a whole one is exact."""
    return 0.0 if number.is_integer() else UNIT * abs(number)
