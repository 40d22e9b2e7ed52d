"""``python -m autograd``: what it prints, what it draws, and how it refuses."""

import json
import math
import os
import subprocess
import sys
import time

import pytest

import autograd
from autograd.cli.main import main
from autograd.explaining.sympy_derivatives import sympy_derivative
from tests.python_words import said_by_python

LINE = ["(w*x + b - y)**2", "w=0.5", "b=0.1", "x=2", "y=1.5"]


@pytest.fixture
def run_all(capsys, tmp_path, monkeypatch):
    """Runs a command line in an empty directory; returns the exit status, what was printed and the errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(arguments)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def run(run_all, monkeypatch):
    """The same with SymPy in this process: its own would load it again each time."""
    here = lambda formulas, names: [sympy_derivative(formulas, name) for name in names]  # noqa: E731
    monkeypatch.setattr("autograd.cli.run.sympy_derivatives", here)
    return run_all


def gradients(run, *arguments):
    status, out, err = run(*arguments, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    return found["value"], {name: g["autograd"] for name, g in found["gradients"].items()}


def test_value_gradients_closed_form_check_and_chain_rule(run_all):
    status, out, err = run_all(*LINE, "--wrt", "w,b")
    assert (status, err) == (0, "")
    assert (
        out
        == """\
Value
  t₁ = w·x    = 0.5·2.0   = 1.0
  t₂ = t₁ + b = 1.0 + 0.1 = 1.1
  t₃ = t₂ - y = 1.1 - 1.5 = -0.4
  f  = t₃²    = (-0.4)²   = 0.16

Gradient
         autograd  closed form  numerical     verdict
  df/dw  -1.6      -1.6         -1.6 ± 2e-16  pass
  df/db  -0.8      -0.8         -0.8 ± 9e-17  pass
  Confidence: 15 digits; even an error of 0.0001 % would have been caught.

Closed form
  df/dw = 2*x*(b + w*x - y)
  df/db = 2*(b + w*x - y)

Chain rule
  df/dw = ∂f/∂t₃ · ∂t₃/∂t₂ · ∂t₂/∂t₁ · ∂t₁/∂w = (-0.8) · 1.0 · 1.0 · 2.0 = -1.6
  df/db = ∂f/∂t₃ · ∂t₃/∂t₂ · ∂t₂/∂b = (-0.8) · 1.0 · 1.0 = -0.8
"""
    )


@pytest.mark.slow
def test_named_steps_make_the_chain_readable(run):
    _, out, _ = run("ŷ = w*x + b; L = (ŷ - y)**2", *LINE[1:], "--wrt", "w")
    assert "  ŷ = w·x + b  = 0.5·2.0 + 0.1 = 1.1\n" in out
    assert "  dL/dw = ∂L/∂ŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6\n" in out


def test_json(run_all):
    status, out, _ = run_all(*LINE, "--wrt", "w", "--json")
    assert status == 0
    found = json.loads(out)
    assert found["inputs"] == {"w": 0.5, "b": 0.1, "x": 2.0, "y": 1.5}
    assert (found["name"], found["value"]) == ("f", 0.15999999999999992)
    assert found["steps"][0] == {"name": "t₁", "expression": "w·x", "value": 1.0}
    w = found["gradients"]["w"]
    assert w["autograd"] == pytest.approx(-1.6)
    assert w["closed_form"] == {"formula": "2*x*(b + w*x - y)", "value": pytest.approx(-1.6, rel=1e-15)}
    assert w["numeric"]["left"] == w["numeric"]["right"] == pytest.approx(-1.6, rel=1e-15)
    assert 0 < w["numeric"]["error"] < 1e-15
    assert (w["verdict"], w["reason"]) == ("pass", "")
    assert w["chain_rule"][0].endswith("= -1.6")


@pytest.mark.slow
def test_json_of_numbers_that_are_not_finite(run):
    assert gradients(run, "sqrt(x)", "x=0") == (0.0, {"x": "inf"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("formula", "inputs", "value", "slopes"),
    [
        ("-x**2", ["x=-1e-3"], -1e-6, {"x": 2e-3}),
        ("λ * sin(φ)", ["λ=2", "φ=pi/6"], 1.0, {"λ": 0.5, "φ": math.sqrt(3)}),
        ("x * x", ["x = 3"], 9.0, {"x": 6.0}),
        ("x", ["x=3"], 3.0, {"x": 1.0}),
        ("a = x*x; b = a", ["x=3"], 9.0, {"x": 6.0}),
        ("c = 2*3; c*x", ["x=3"], 18.0, {"x": 6.0}),
        ("where(x > 0, x**2, y)", ["x=3", "y=1"], 9.0, {"x": 6.0, "y": 0.0}),
        ("2 + 3", [], 5.0, {}),
        ("f = f0 * 2", ["f0=1"], 2.0, {"f0": 2.0}),
        ("f * 2", ["f=1"], 2.0, {"f": 2.0}),
        ("x <= 3", ["x=3"], 1.0, {"x": 0.0}),
    ],
)
def test_formulas_and_variables_of_many_kinds(run, formula, inputs, value, slopes):
    found = gradients(run, formula, *inputs)
    assert found == (pytest.approx(value), pytest.approx(slopes))


def verdict(run, *arguments):
    found = json.loads(run(*arguments, "--json")[1])["gradients"]
    return next(": ".join(filter(None, [g["verdict"], g["reason"]])) for g in found.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("formula", "x", "expected"),
    [
        ("relu(x)", "0", "kink: between the two slopes"),
        ("abs(x)", "0", "kink: between the two slopes"),
        ("abs(x)**1.5 * x", "0", "pass"),
        ("xlogy(x, 0.5)", "0", "pass"),
        ("sign(x)", "0", "kink: the function jumps here"),
        ("sqrt(x)", "0", "inconclusive: not defined to the left of 0"),
        ("cbrt(x) * cbrt(x)", "0", "kink: the slope is infinite"),
        ("cbrt(x)", "0", "kink: the slope is infinite"),
        ("tanh(x)", "20", "pass"),
        ("tanh(x)", "1e300", "pass"),
        ("1e16 + sin(x)", "1", "pass"),
        ("softplus(x)", "-700", "pass"),
        ("abs(x)**1.3", "0", "pass"),
        ("cos(x)", "0", "pass"),
        ("x**4", "0", "pass"),
        ("sin(x)", "1e22", "pass"),
        ("tan(x)", "pi/2", "pass"),
        ("1 / (1 - x)", "0.9999999999999999", "pass"),
        ("sin(pi)*x", "1", "inconclusive: too small to see in floats"),
        ("x * 1e-300 * 1e200 * 1e200", "1", "fail: infinite"),
        ("x / 1e-9**30", "1", "pass"),
        ("cos(pi - x)", "0", "pass"),
        ("tanh(x) ** (1 + x - 10)", "10", "pass"),
        ("(exp(x) - 1) / x", "1e-12", "inconclusive: too small to see in floats"),
        ("log(exp(x) - 1)", "1e-8", "pass"),
        ("sin(x) / x", "1e-8", "inconclusive: too small to see in floats"),
    ],
)
def test_verdicts(run, formula, x, expected):
    assert verdict(run, formula, f"x={x}") == expected


@pytest.mark.slow
def test_the_check_fails_when_a_rule_is_wrong(run_all, monkeypatch):
    from autograd.core import recording
    from autograd.core.table import operation

    wrong = recording.function_of(operation("tanh", "tanh(x)", "1 - z"))
    monkeypatch.setitem(recording.VALUES.functions, "tanh", wrong)
    assert verdict(run_all, "tanh(x)", "x=0.5") == "fail: 1.46x too small"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["__import__('os').system('touch pwned')"],
            "only functions can be called, by their names; a product is written with *\n"
            f"    __import__('os').system('touch pwned')\n    {'^' * 38}",
        ),
        (["x.__class__", "x=1"], "attribute access is not allowed\n    x.__class__\n    ^^^^^^^^^^^"),
        (["9**9**9"], "this power of numbers is too large for a float\n    9**9**9\n    ^^^^^^^"),
        (
            ["(" * 500_000 + "x" + ")" * 500_000, "x=1"],
            "this formula has 1,000,001 characters; at most 10,000 are allowed",
        ),
        (["lambda x: x", "x=1"], "a lambda is not allowed\n    lambda x: x\n    ^^^^^^^^^^^"),
        (
            ["(" * 4000 + "x" + ")" * 4000, "x=1"],
            f"this is not a formula: too many nested parentheses\n    {'(' * 100}\n    {' ' * 60}^",
        ),
        (["x", "x=().__class__"], "attribute access is not allowed\n    ().__class__\n    ^^^^^^^^^^^^"),
        (["x", "x=9**9**9"], "this power of numbers is too large for a float\n    9**9**9\n    ^^^^^^^"),
    ],
)
def test_malicious_formulas_are_refused_in_milliseconds(run_all, arguments, message, tmp_path):
    start = time.perf_counter()
    status, out, err = run_all(*arguments)
    assert time.perf_counter() - start < 0.5
    assert (status, out, err) == (2, "", f"autograd: {message}\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["(1/3)**1000000000 + x", "x=1"],
        ["(x/3)**1000000000", "x=1"],
        ["((((x/3)**100)**100)**100)**100", "x=2.9"],
        ["sigmoid(x)", "x=-1e300"],
        ["softplus(tanh((((y * 2) / sin(x)) / tan(log(y)))))", "x=0.63", "y=2.4"],
    ],
)
def test_formulas_that_would_keep_sympy_busy_do_not(run_all, arguments):
    start = sum(os.times()[:4])  # of this process and of its children, which other processes do not slow down
    assert run_all(*arguments)[0] == 0
    assert sum(os.times()[:4]) - start < 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["x*y", "x=1"],
            "unknown name 'y': known names: x, pi\n    x*y\n      ^\n    (every variable needs a number, as in w=0.5)",
        ),
        (["φ*λx", "φ=1", "--json"], "unknown name 'λx': known names: φ, pi\n    φ*λx\n      ^^\n    "
         "(every variable needs a number, as in w=0.5)"),
        (["x*2", "x=3,5"], "x=3,5: write 3.5, with a decimal point"),
        (["x*2", "x=-1,5e3"], "x=-1,5e3: write -1.5e3, with a decimal point"),
        (["x*2", "x=3,5,7"], "only single numbers are allowed\n    3,5,7\n    ^^^^^"),
        (["x*2", "x=1", "q=3"], "q is given, but not used in x*2"),
        (["x", "x=1", "x=2"], "a variable was given twice: x=1 x=2"),
        (["x", "x"], "'x' is not a variable with a number: write w=0.5, without spaces"),
        (["x", "x=one"], "x needs a number: unknown name 'one': known names: pi\n    one\n    ^^^"),
        (["x", "x=1/0"], f"x needs a number, but 1/0: {said_by_python(lambda: 1.0 / 0.0)}"),
        (["x", "x="], "the formula is empty"),
        (["x", "x=inf"], "x needs a finite number, not inf"),
        (["x", "x=1e308*10"], "x needs a finite number, not 1e308*10"),
        (["x", "x=log(0)"], f"x needs a number, but log(0): {said_by_python(lambda: math.log(0.0))}"),
        (["x", "lambda=1"], "'lambda' cannot be the name of a variable: Python uses this word; write lambda_"),
        (["x", "sin=1"], "'sin' cannot be the name of a variable: formulas use it already"),
        (["x^2", "x=1"], "^ is not a power: write **\n    x^2\n    ^^^"),
        (["x +", "x=1"], "this is not a formula: invalid syntax\n    x +\n       ^"),
        (["b*c; a + 1", "b=1", "c=2"], "a formula followed by others needs a name, such as h = b*c"),
        (["x = x*x", "x=2"], "x is given twice\n    x = x*x"),
        (["a = x; b = x*x", "x=2"], "a is computed, but not used in a = x; b = x*x"),
        (["x*2", "x=1", "--wrt", "q"], "--wrt q: 'q' is not a variable; the variables are x"),
        (
            ["x*2", "x=1", "--draw", "f.bmp"],
            "--draw f.bmp: the name of the picture must end in one of .svg .png .pdf .jpg .dot .gv",
        ),
        (["x*2", "x=1", "--page", "f.svg"], "--page f.svg: the name of the page must end in one of .html .htm"),
        (["log(x)", "x=0"], "log(x) is not defined at x = 0.0: it needs x > 0"),
        (["log(w)", "w=-1"], "log(x) is not defined at x = -1.0 (x is 'w'): it needs x > 0"),
        (["exp(x)", "x=1000"], "exp(x) overflows at x = 1000.0: the result is too large for a float"),
        (["x + 1/(2 - 2)", "x=1"], "division by zero in x + 1/(2 - 2)"),
        (["x + (0 - 8)**0.5", "x=1"], "x ** y is not defined at x = -8.0, y = 0.5: it needs x > 0 or x == 0 and y >= 0 "
         "or x < 0 and y == floor(y); cbrt(x) takes the cube root of a negative x"),
        (["x*2", "x=1", "--draw", "no/such/file.dot"], None),
    ],
)  # fmt: skip
def test_bad_input_is_replayed(run, arguments, message):
    status, _, err = run(*arguments)
    assert status == (2 if message else 0)
    assert err == (f"autograd: {message}\n" if message else "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "start"),
    [("svg", b"<?xml"), ("png", b"\x89PNG"), ("PNG", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph")],
)
def test_the_picture_is_saved(run, tmp_path, suffix, start):
    status, out, _ = run(*LINE, "--draw", f"chain.{suffix}")
    assert status == 0
    assert out.endswith(f"\nThe picture is in chain.{suffix}\n")
    assert (tmp_path / f"chain.{suffix}").read_bytes().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [f"chain.{suffix}"]


def test_the_page_is_saved_with_both_branches(run, tmp_path):
    status, out, _ = run("where(x > 0, x**2, -x)*w", "x=2", "w=0.5", "--wrt", "x", "--page", "where.html")
    assert status == 0
    assert out.endswith("\nThe interactive page is in where.html: open it in a browser\n")
    html = (tmp_path / "where.html").read_text(encoding="utf-8")
    assert "<title>where(x &gt; 0, x**2, -x)*w</title>" in html
    assert '"name":"t₂"' in html  # -x, the branch that was not taken
    assert '"kind":"data"' in html  # w, which is not among the variables of --wrt


def test_a_result_that_is_zero_apart_from_rounding_is_said_to_be_so(run):
    _, out, _ = run("h = x + y - z; L = (h - q)*w", "x=0.1", "y=0.2", "z=0.3", "q=0", "w=3", "--wrt", "w")
    assert out.splitlines()[1:3] == [
        "  h = 5.551e-17, zero apart from rounding",
        "  L = 5.551e-17·w = 5.551e-17·3.0 = 1.665e-16, zero apart from rounding",
    ]
    _, out, _ = run("x + y", "x=0.1", "y=0.2")
    assert "rounding" not in out


def test_the_version(capsys):
    for arguments in (["--version"], ["check", "--version"]):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 0
    assert capsys.readouterr().out == f"scalar-autograd {autograd.__version__}\n" * 2


def test_help_and_the_installed_module(tmp_path):
    def installed(*arguments):
        command = [sys.executable, "-m", "autograd", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert "--wrt NAMES" in installed("--help").stdout
    none = installed()
    assert none.returncode == 2
    assert "the following arguments are required: formula" in none.stderr


@pytest.mark.slow
def test_more_than_four_paths_are_gathered_by_their_first_step(run):
    _, out, _ = run("x*x*x*x*x*x", "x=2")
    assert out.endswith("""\
  df/dx = sum over 5 paths, grouped by first step
    df/dt₁ · ∂t₁/∂x = 16.0 · 4.0 = 64.0
    df/dt₂ · ∂t₂/∂x = 8.0 · 4.0 = 32.0
    df/dt₃ · ∂t₃/∂x = 4.0 · 8.0 = 32.0
    df/dt₄ · ∂t₄/∂x = 2.0 · 16.0 = 32.0
    ∂f/∂x = 32.0
  total:  64.0 + 32.0 + 32.0 + 32.0 + 32.0 = 192.0
""")


@pytest.mark.slow
def test_options_may_stand_anywhere_and_results_without_variables_are_steps(run):
    _, out, _ = run("c = 2*3; h = x; L = c*h", "--wrt", "x", "x=2")
    assert "  c = 6.0\n  h = x   = 2.0\n  L = c·h = 6.0·2.0 = 12.0\n" in out


@pytest.mark.slow
def test_formulas_at_the_edge_of_a_domain_have_a_value(run):
    assert gradients(run, "x**y", "x=-2", "y=3")[1]["x"] == 12.0
    assert verdict(run, "arcsin(x)", "x=1") == "inconclusive: not defined to the right of 1"


def test_a_closed_form_that_sympy_cannot_find_in_time_is_a_question_mark(run_all, monkeypatch):
    monkeypatch.setattr("autograd.explaining.sympy_derivatives.PATIENCE", 0.01)
    status, out, err = run_all("x**2", "x=3")
    assert (status, err) == (0, "")
    assert "\n  df/dx  6.0       6.0          6.0 ± 7e-16  pass\n" in out  # SymPy still knows the single steps


@pytest.mark.slow
def test_numbers_beside_the_variables_are_rounded_too(run):
    assert (
        verdict(run, "(a+b-c)*x", "a=0.1", "b=0.2", "c=0.3", "x=1", "--wrt", "x")
        == "inconclusive: too small to see in floats"
    )
    assert verdict(run, "y/c**y", "y=30", "c=1e-9", "--wrt", "y") == "fail: infinite"


@pytest.mark.slow
def test_slopes_that_are_complex_numbers_are_none(run):
    assert run("c ** (expm1(c) ** (x ** x))", "x=30", "c=-1.3")[0] == 0


@pytest.mark.slow
def test_results_find_a_free_name(run):
    assert gradients(run, "f*g*z*f1", "f=1", "g=2", "z=3", "f1=4") == (
        24.0,
        {"f": 24.0, "g": 12.0, "z": 8.0, "f1": 6.0},
    )


@pytest.mark.slow
def test_terminals_without_unicode_and_without_output(tmp_path):
    def installed(*arguments, **options):
        command = [sys.executable, "-m", "autograd", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=False, stderr=subprocess.PIPE, **options)

    ascii_only = {"env": {**os.environ, "PYTHONIOENCODING": "ascii"}, "stdout": subprocess.PIPE}
    found = installed("φ*ψ", "φ=1", "ψ=2", "--json", **ascii_only)
    assert json.loads(found.stdout)["inputs"] == {"φ": 1.0, "ψ": 2.0}
    assert installed("φ*ψ", "φ=1", "ψ=2", **ascii_only).stdout.startswith(b"Value\n  f = ?")
    closed = installed("x*2", "x=1", preexec_fn=lambda: os.close(1))
    assert (closed.returncode, closed.stderr) == (0, b"")


@pytest.mark.slow
def test_typography_can_be_typed_back_in(run):
    assert gradients(run, "2·x₁² − y × 3 ÷ z⁻¹", "x₁=3", "y=1", "z=2", "--wrt", "x₁,y,z") == (
        12.0,
        {"x1": 12.0, "y": -6.0, "z": -3.0},
    )
