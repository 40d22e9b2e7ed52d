"""The functions of the table, by name: ``exp``, ``log``, ``relu``, ``dot``, ...

For type checkers and editors, `operations.pyi` beside it lists them; it is generated from the table.
"""

from autograd.core.recording import functions
from autograd.extensions import straight_line

__all__ = list(functions)
assert straight_line  # it installed the fast functions
globals().update(functions)
