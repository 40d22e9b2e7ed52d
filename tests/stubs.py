"""The type stubs of what the table makes, written by ``python -m tests.stubs``; a test says when they are stale."""

from pathlib import Path

from autograd import OPERATIONS

ROOT = Path(__file__).parent.parent

HEAD = '''"""Generated from the table by ``python -m tests.stubs``."""

from collections.abc import Iterable
from typing import Any, overload

from autograd.core.value import Value
'''

UNARY = """\
@overload
def {name}(x: float, /) -> float: ...
@overload
def {name}(x: Value, /) -> Value: ...
"""
BINARY = """\
@overload
def {name}(x: float, y: float, /) -> float: ...
@overload
def {name}(x: Value, y: Value | float, /) -> Value: ...
@overload
def {name}(x: float, y: Value, /) -> Value: ...
"""
NARY = """\
def {name}({parameters}, /) -> Any: ...
"""
CHOICE = """\
def {name}(c: bool | float | Value, x: Value | float, y: Value | float, /) -> Any: ...
"""


def operations():
    """``extensions/operations.pyi``: the functions.  Of a sequence no type can tell whether a Value is in it."""
    parts = [HEAD]
    for name, op in OPERATIONS.items():
        parameters = ", ".join(f"{x}: Iterable[Value | float]" for x in op.operands)
        template = NARY if op.nary else {1: UNARY, 2: BINARY, 3: CHOICE}[len(op.operands)]
        parts.append(template.format(name=name, parameters=parameters))
    names = "".join(f'\n    "{name}",' for name in OPERATIONS)
    return "".join([parts[0], "\n", *parts[1:], f"\n__all__ = [{names}\n]\n"])


def methods():
    """``autograd/core/methods.pyi``: the operators and methods of a Value."""
    lines = ['"""Generated from the table by ``python -m tests.stubs``."""', "", "from collections.abc import Iterable"]
    lines += ["from typing import Any, Literal, overload", "", "from autograd.core.value import Value", ""]
    lines += ["class Methods:"]

    def method(name, *operands, result="Value"):
        lines.append(f"    def {name}({', '.join(['self', *operands])}) -> {result}: ...")

    other = "other: Value | float"
    for name, op in OPERATIONS.items():
        if op.nary or len(op.operands) > 2:
            continue
        others = [other] * (len(op.operands) - 1)
        method(f"__{name}__" if op.is_operator else name, *others)
        if op.is_operator and others:
            method(f"__r{name}__", "other: float")
    method("__abs__")
    method("__divmod__", other, result="tuple[Value, Value]")
    method("__rdivmod__", "other: float", result="tuple[Value, Value]")
    for name in ("lt", "le", "gt", "ge"):
        method(f"__{name}__", other, result="bool")
    for name in ("and", "or"):
        method(f"__{name}__", "other: Value | bool")
        method(f"__r{name}__", "other: bool")
    method("backward", result="None")
    gradients = "    @overload\n    def gradients(self, wrt: Iterable[Value], create_graph: {}) -> list[{}]: ..."
    lines.append(gradients.format("Literal[False] = False", "float"))
    lines.append(gradients.format("Literal[True]", "Value"))
    lines.append(gradients.format("bool", "Any"))
    method("graph", result="dict[str, Any]")
    return "\n".join(lines) + "\n"


STUBS = {
    ROOT / "autograd" / "extensions" / "operations.pyi": operations,
    ROOT / "autograd" / "core" / "methods.pyi": methods,
}

if __name__ == "__main__":
    for path, text in STUBS.items():
        path.write_text(text(), encoding="utf-8")
