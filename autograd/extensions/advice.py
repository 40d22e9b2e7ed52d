"""Advice for a function that cannot be recorded: its line that asked for an unknown number, and what to write instead.

The advice depends on the construct: a branch, a loop, a lookup, a function of another library.  It is found in the
syntax tree of the source, at the position of the running instruction; without source, the advice is a general one.
"""

from __future__ import annotations

import ast
import linecache
import os
import re
import sys
from functools import reduce
from itertools import islice
from types import FrameType, TracebackType

from autograd.core.recording import functions
from autograd.core.value import Value, shown

__all__ = ["advice", "note", "place"]

_CHOICE = "Write where({}), with the where of autograd, which chooses sample by sample"

_GENERAL = {  # by purpose
    "truth": _CHOICE + "; & for and, | for or; maximum and minimum for max and min.",
    ".data": "Leave out .data, or write .detach().",
    "set .data": "It cannot be set either; give the result a new name.",
    "float": "Use the functions of autograd, which are recorded.",
    "index": "If it counts or indexes, make it the default of an argument.",
    "gradient": "Write grad(f), or v.gradients(..., create_graph=True).",
}

_INSTEAD = {
    **{f"a{name}": f"autograd.arc{name}(x)" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{"atan2": "autograd.arctan2(x, y)", "fabs": "abs(x)", "fsum": "autograd.sum(x)"},
    **dict.fromkeys(("int", "trunc"), "autograd.sign(x) * autograd.floor(abs(x))"),
    **dict.fromkeys(("round", "rint"), "autograd.floor(x + 0.5)"),
    **{"ceil": "-autograd.floor(-x)", "isnan": "x != x", "bool": "where(condition, 1.0, 0.0)"},
    **{"clip": "autograd.minimum(autograd.maximum(x, low), high)", "logaddexp": "autograd.logsumexp([x, y])"},
    **{"any": "max(...) of the conditions", "all": "min(...) of the conditions"},
    **dict.fromkeys(("max", "amax"), "autograd.maximum(a, b), or the max of Python without a key"),
    **dict.fromkeys(("min", "amin"), "autograd.minimum(a, b), or the min of Python without a key"),
}
"""Expressions that are recorded, in place of functions of Python, math and NumPy."""

_ORDERING = {"sorted", "sort", "argsort", "argmax", "argmin", "median", "index", "count"}
_CONVERTING = {"float", "float64", "float32", "array", "asarray", "astype"}


def advice(purpose: str, text: str, function: str) -> str:
    """The code to write where the traced `function` asks for the truth or the number of the Value shown as `text`.

    `purpose` is "truth", or one of those of `Reader.number`.
    """
    frame = _user_frame()
    nodes = _syntax_around(frame, frame.f_lasti) if frame else []
    return _for_construct(nodes, purpose, text, function) or _GENERAL[purpose].format(f"{text}, a, b")


def _for_construct(nodes: list[ast.AST], purpose: str, text: str, function: str) -> str | None:
    """The advice for the innermost construct that there is advice for."""
    if purpose == "float" and _called(nodes[:1]) == "int" and _called(nodes[1:2]) in ("range", "[]"):
        nodes, purpose = nodes[1:], "index"
    on_values = f"call {function} on Values, one sample at a time"
    compound = None
    for node in nodes:
        match node, purpose:
            case ast.Call(), "index" if node is nodes[0]:
                return (
                    "If it counts, as in range(n), make it the default of an argument. If it differs from sample to "
                    f"sample, run the largest number of steps, each with x = where(step < {text}, new_x, x); or "
                    f"{on_values}."
                )
            case ast.Call(), _ if node is nodes[0]:
                return _for_call(_called(nodes), ", ".join(map(ast.unparse, node.args)))
            case ast.Subscript(value=table, slice=index), "index" if not isinstance(index, ast.Slice | ast.Tuple):
                return f"Write autograd.take({ast.unparse(table)}, {text}), which looks up the index of each sample."
            case ast.Subscript(ctx=ast.Store()), "float":
                return "An array of floats cannot hold it: collect the results in a list."
            case ast.While(test) | ast.If(test, [*_, ast.Break()]), "truth":
                proceed = ast.unparse(_condition(test, negated=isinstance(node, ast.If)))
                return (
                    f"Run a fixed number of steps, each with x = where({proceed}, new_x, x), so that finished samples "
                    f"stay as they are; or {on_values}."
                )
            case ast.If(), "truth":
                return _CHOICE.format(f"{compound}, a, b") + "." if compound else None
            case ast.IfExp(test, x, y), "truth":
                return _CHOICE.format(", ".join(map(ast.unparse, (_condition(test), x, y)))) + "."
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp(), "truth":
                return f"Keep all terms, and write where({text}, x, 0.0) for those that some samples leave out."
            case ast.Assert(), "truth":
                return "Check the arrays before the call instead."
            case ast.expr(), "truth" if (condition := ast.unparse(_condition(node))) != ast.unparse(node):
                compound = condition
    if compound:
        return f"Write {compound}, which is recorded."
    if nodes and isinstance(nodes[0], ast.Compare):  # outside of a branch, only NumPy asks for its truth
        return f"Compare one by one, as in [where({text}, a, b), ...]: an array of conditions cannot be recorded."
    return None


def _called(nodes: list[ast.AST]) -> str:
    """The name of the function if the first node is a call, "[]" if it is a lookup."""
    match nodes:
        case [ast.Call(ast.Name(name) | ast.Attribute(attr=name)), *_]:
            return name
        case [ast.Subscript(), *_]:
            return "[]"
    return ""


def _for_call(name: str, arguments: str) -> str | None:
    """The advice for the call of a function of Python, math or NumPy."""
    if name in _ORDERING:
        return "The order differs from sample to sample: use max, min or where, which are recorded."
    if name in _CONVERTING:
        return "Leave out the conversion to float: arithmetic works on Values, and on lists and arrays of them."
    instead = _INSTEAD.get(name) or (f"autograd.{name}({arguments})" if name in functions else "")
    return f"Write {instead}, which is recorded." if instead else None


# --- Errors of Python and NumPy --------------------------------------------------------------------------------


def note(error: Exception) -> str | None:
    """An explanation of an error that a Value, or a list of them, caused in Python or NumPy; None for other errors."""
    text = str(error)
    match error:
        case KeyError(args=[Value() as key]):
            return f"A dict has no entry for a number that is not known: use autograd.take(list, {shown(key)})."
        case IndexError() if text.startswith("only integers, slices"):
            return "Write autograd.take(table, index) for an index that differs from sample to sample."
        case AttributeError(obj=Value() as value):
            return _one_number(shown(value))
        case TypeError() if re.search(
            r"Value.*(iterable|no len|subscriptable)|iterable.* Value|a sequence of numbers", text
        ):
            return _one_number(_value_used(error.__traceback__))
        case AttributeError(obj=list()) | TypeError() if re.search(r"operand.*'list'|'list'.*attribute|non-int", text):
            return "Inside the function, an array is a list of Values: write np.array(x) for arithmetic on arrays."
    return None


def _one_number(text: str) -> str:
    return f"Inside the function, {text} is one number. For several per sample, pass an array with one row per sample."


def _value_used(entry: TracebackType | None) -> str:
    """The name of a Value in the expression of the user's that raised an error, by the traceback."""
    names: list[str] = []
    while entry is not None:
        if _is_users(frame := entry.tb_frame):
            nodes = _syntax_around(frame, entry.tb_lasti)
            parts = [*nodes[:1], *(node.value for node in nodes if isinstance(node, ast.Assign))]  # a, b = x
            variables = frame.f_globals | frame.f_locals
            names = [x.id for part in parts for x in ast.walk(part) if isinstance(x, ast.Name)]
            names = [name for name in names if type(variables.get(name)) is Value]
        entry = entry.tb_next
    return names[0] if names else "a Value"


# --- Conditions in the form that is recorded ---------------------------------------------------------------

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    **{ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is},
}


def _condition(test: ast.expr, negated: bool = False) -> ast.expr:
    """The condition, or its opposite, without `and`, `or`, `not` and `in`, and with one sign per comparison."""
    match test:
        case ast.UnaryOp(ast.Not(), x):
            return _condition(x, not negated)
        case ast.BoolOp(op, parts):
            return _joined(isinstance(op, ast.And) is not negated, [_condition(part, negated) for part in parts])
        case ast.Compare(left, signs, rights):
            steps = zip([left, *rights], signs, rights, strict=False)
            return _joined(not negated, [_comparison(x, sign, y, negated) for x, sign, y in steps])
    return ast.Compare(test, [ast.Eq()], [ast.Constant(0)]) if negated else test


def _comparison(x: ast.expr, sign: ast.cmpop, y: ast.expr, negated: bool) -> ast.expr:
    sign = _OPPOSITE[type(sign)]() if negated else sign
    match sign, y:
        case ast.In() | ast.NotIn(), ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            equal = ast.Eq() if isinstance(sign, ast.In) else ast.NotEq()
            return _joined(isinstance(sign, ast.NotIn), [ast.Compare(x, [equal], [part]) for part in parts])
        case ast.In() | ast.NotIn(), _:
            choose, equals = ("max", "==") if isinstance(sign, ast.In) else ("min", "!=")
            text = f"{choose}([{ast.unparse(x)} {equals} item for item in {ast.unparse(y)}])"
            return ast.parse(text, mode="eval").body
    return ast.Compare(x, [sign], [y])


def _joined(by_and: bool, parts: list[ast.expr]) -> ast.expr:
    return reduce(lambda x, y: ast.BinOp(x, ast.BitAnd() if by_and else ast.BitOr(), y), parts)


# --- The user's code -----------------------------------------------------------------------------------------


def place() -> str:
    """The line of the user's code that is being run."""
    frame = _user_frame()
    if frame is None:
        return "in code without source"
    code, line = frame.f_code, frame.f_lineno
    source = linecache.getline(code.co_filename, line, frame.f_globals).strip()
    return f"{os.path.basename(code.co_filename)}, line {line}, in {code.co_name}" + (f": {source}" if source else "")


def _user_frame() -> FrameType | None:
    """The innermost frame that belongs neither to this package nor to NumPy."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_users(frame):
        frame = frame.f_back
    return frame


def _is_users(frame: FrameType) -> bool:
    here = os.path.dirname(os.path.dirname(__file__)) + os.sep
    is_ours = frame.f_code.co_filename.startswith((here, "<autograd"))
    return not is_ours and frame.f_globals.get("__name__", "").partition(".")[0] != "numpy"


def _syntax_around(frame: FrameType, instruction: int) -> list[ast.AST]:
    """The syntax around an instruction, from the innermost expression out to the statement; empty without source."""
    first, last, column, end_column = next(islice(frame.f_code.co_positions(), instruction // 2, None))
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals)))
    except SyntaxError:  # of another language, such as the commands of IPython
        return []
    nodes: list[ast.AST] = []
    for node in ast.walk(tree) if column is not None else ():  # from the outside in
        if (
            isinstance(node, ast.stmt | ast.expr | ast.pattern)
            and (node.lineno, node.col_offset) <= (first, column)
            and (last, end_column) <= (node.end_lineno, node.end_col_offset)
        ):
            nodes = [node] if isinstance(node, ast.stmt | ast.Lambda) else [node, *nodes]
    match nodes:
        case [name, ast.Call(func), *_] if (
            func is name
        ):  # from Python 3.14 on, any(...) is a loop at the place of its name
            return nodes[1:]
    return nodes
