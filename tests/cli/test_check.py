"""``python -m autograd check``: the gradients in a student's file at random points, for students and for graders."""

import json
import re
import subprocess
import sys

import pytest

from autograd.cli.main import main
from autograd.cli.random_points import Arguments
from autograd.cli.student_file import find_pairs

AFFINE = """
import numpy as np

def affine_forward(x, w, b):
    return x @ w + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, {db}
"""
RIGHT_AFFINE, WRONG_AFFINE = AFFINE.format(db="dout.sum(0)"), AFFINE.format(db="dout.mean(0)")
AFFINE_SHAPES = ["x=10,6", "w=6,5", "b=5"]
CUBE = "def cube(x):\n    return x**3\n\ndef {name}(x):\n    return {gradient}\n"
RIGHT_CUBE, WRONG_CUBE = (CUBE.format(name="grad_cube", gradient=gradient) for gradient in ("3*x**2", "2*x**2"))


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Writes a student's file and checks it; returns the exit status, what was printed and the errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(code, *arguments):
        (tmp_path / "student.py").write_text(code, encoding="utf-8")
        status = main(["check", "student.py", *arguments])
        return status, *capsys.readouterr()

    yield run
    sys.modules.pop("student", None)


def verdict(run, code, *arguments):
    """The exit status, and the verdict on the only pair."""
    status, out, _ = run(code, *arguments, "--json")
    (pair,) = json.loads(out)["pairs"]
    return status, pair["verdict"]


# --- The pairs that are checked -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["grad_cube", "cube_grad", "dcube", "d_cube", "gradient_cube", "cube_gradient"], ids=str
)
def test_a_function_and_its_gradient(run, name):
    assert verdict(run, CUBE.format(name=name, gradient="3*x**2")) == (0, "pass")
    assert verdict(run, CUBE.format(name=name, gradient="2*x**2")) == (1, "fail")


@pytest.mark.parametrize("function", ["loss", "cost", "f"])
@pytest.mark.parametrize("gradient", ["gradient", "grad"])
def test_a_loss_and_the_only_gradient(run, function, gradient):
    code = f"def {function}(w, b):\n    return w*w*b\n\ndef {gradient}(w, b):\n    return 2*w*b, w*w\n"
    assert verdict(run, code) == (0, "pass")
    assert verdict(run, code.replace("2*w*b", "w*b")) == (1, "fail")


def test_all_pairs_of_a_file_and_nothing_else():
    names = "loss f grad_f grad_grad_f gradient relu_forward relu_backward forward backward backward_pass df f_forward"
    functions = {name: lambda: None for name in names.split()}
    for name, function in functions.items():
        function.__name__ = name
    assert [(pair.function.__name__, pair.gradient.__name__, pair.is_layer) for pair in find_pairs(functions)] == [
        ("loss", "gradient", False),
        ("f", "grad_f", False),
        ("f", "df", False),
        ("grad_f", "grad_grad_f", False),
        ("relu_forward", "relu_backward", True),
        ("forward", "backward", True),
    ]


def test_the_gradients_may_be_a_dict_and_the_arguments_in_another_order(run):
    code = "def loss(w, x):\n    return w*w*x\n\ndef gradient(x, w):\n    return {'x': w*w, 'w': 2*w*x}\n"
    assert verdict(run, code) == (0, "pass")
    assert verdict(run, code.replace("(x, w)", "(u, v)").replace("w*w, 'w': 2*w*x", "u*u, 'w': 2*u*v")) == (0, "pass")


def test_a_layer(run):
    assert verdict(run, RIGHT_AFFINE, *AFFINE_SHAPES) == (0, "pass")
    assert verdict(run, WRONG_AFFINE, *AFFINE_SHAPES) == (1, "fail")


def test_a_layer_whose_gradients_are_a_dict(run):
    code = RIGHT_AFFINE.replace("return dout @ w.T, x.T @ dout, ", "return dict(x=dout @ w.T, w=x.T @ dout, b=") + ")"
    assert verdict(run, code.replace("(0)\n)", "(0))\n"), *AFFINE_SHAPES) == (0, "pass")


def test_a_layer_without_a_cache(run):
    code = "def forward(x, w):\n    return x @ w\n\ndef backward(dout, x, w):\n    return dout @ w.T, x.T @ dout\n"
    assert verdict(run, code, "x=2,3", "w=3,4") == (0, "pass")
    assert verdict(run, code.replace("x.T @ dout", "0*w"), "x=2,3", "w=3,4") == (1, "fail")


def test_a_layer_with_two_results(run):
    code = (
        "def step_forward(h, c):\n    return h * c, h + c, (h, c)\n\n"
        "def step_backward(dh, dc, cache):\n    h, c = cache\n    return dh * c + dc, dh * h + dc\n"
    )
    assert verdict(run, code, "h=2,3", "c=2,3") == (0, "pass")
    assert verdict(run, code.replace("dh * h + dc", "dh * h"), "h=2,3", "c=2,3") == (1, "fail")


def test_functions_that_change_their_arguments(run):
    code = (
        "import numpy as np\n\ndef relu_forward(x):\n    return np.maximum(x, 0), x\n\n"
        "def relu_backward(dout, x):\n    dout[x <= 0] = 0\n    return dout\n"
    )
    assert verdict(run, code, "x=4,5") == (0, "pass")


def test_classes_and_imported_functions_are_ignored(run):
    code = (
        "from numpy import gradient\n\ndef f(x):\n    return x\n\n"
        "class Layer:\n    def forward(self, x): ...\n    def backward(self, dout): ...\n\n"
    )
    assert run(code)[0] == 2
    status, out, _ = run(code + RIGHT_CUBE)
    assert (status, out.splitlines()[0], out.splitlines()[-1]) == (0, "cube, grad_cube", "1 of 1 pair right")


BOTH = """
import numpy as np

def softmax_loss(W, X, y, reg=0.0):
    p = np.exp(X @ W)
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = -np.log(p[rows, y]).mean()
    p[rows, y] -= 1
    return loss, X.T @ p / len(y)
"""
BOTH_ARGUMENTS = ["W=3,4", "X=5,3", "--fixed", "y=[0, 3, 1, 2, 0]"]


@pytest.mark.parametrize("gradient", ["{}", "{{'W': {}}}", "({}, p @ W.T / len(y))"])
def test_a_loss_that_returns_its_gradient_as_well(run, gradient):
    right = BOTH.replace("X.T @ p / len(y)", gradient.format("X.T @ p / len(y)"))
    assert verdict(run, right, *BOTH_ARGUMENTS) == (0, "pass")
    status, out, _ = run(right.replace("X.T @ p / len(y)", "X.T @ p"), *BOTH_ARGUMENTS)
    assert (status, out.splitlines()[0]) == (1, "softmax_loss")


def test_functions_that_are_not_checked_are_named(run):
    code = (
        RIGHT_CUBE + BOTH + "\ndef predict(W): ...\n\ndef sigmoid(z): ...\n\ndef compute_cost(a):\n    return a * a\n"
    )
    status, out, _ = run(code)
    assert status == 0
    first, second, third, last = out.splitlines()[-4:]
    assert first == "not checked: predict, sigmoid (no function has the name of its gradient)"
    assert second.startswith("not checked: softmax_loss (softmax_loss fails where W, X, y are numbers (")
    assert second.endswith("): give the shape, as in W=10,6)")
    assert (
        third == "not checked: compute_cost (it does not return a number and gradients of arrays, where a is a number)"
    )
    assert last == "1 of 1 pair right"
    found = json.loads(run(code, "--json")[1])
    assert list(found["not_checked"]) == ["predict", "sigmoid", "softmax_loss", "compute_cost"]
    assert found["not_checked"]["sigmoid"] == "no function has the name of its gradient"
    assert (found["ok"], found["score"]) == (True, 1.0)
    assert json.loads(run(RIGHT_CUBE, "--json")[1])["not_checked"] == {}


def test_a_loss_that_turns_out_to_have_no_gradient(run):
    status, out, err = run("def cost(a):\n    return a * a\n\ndef predict(a): ...\n")
    assert (status, out) == (2, "")
    assert err.splitlines() == [
        "autograd: student.py has nothing to check",
        "predict (no function has the name of its gradient)",
        "cost (it does not return a number and gradients of arrays, where a is a number)",
    ]


# --- Their arguments ----------------------------------------------------------------------------------


def test_shapes_from_the_file_and_from_the_command_line(run):
    code = "SHAPES = {'x': (10, 6), 'w': (6, 2), 'affine_forward': {'w': (6, 5)}, 'b': 5}\n" + RIGHT_AFFINE
    assert json.loads(run(code, "--json")[1])["pairs"][0]["points"][0]["arrays"]["w"]["checked"] == 30
    found = json.loads(run(code, "w=6,3", "b=3", "--json")[1])["pairs"][0]["points"][0]["arrays"]
    assert [found[name]["checked"] for name in "xwb"] == [60, 18, 3]


def test_a_default_is_kept_unless_there_is_a_shape(run):
    code = "def f(x, k=2.0):\n    return k*x*x\n\ndef df(x, k=2.0):\n    return {'x': 2*k*x}\n"
    assert verdict(run, code) == (0, "pass")
    status, out, _ = run(code, "k=", "--json")
    arrays = json.loads(out)["pairs"][0]["points"][0]["arrays"]
    assert (status, arrays["x"]["verdict"], arrays["k"]["verdict"]) == (1, "pass", "fail")


SOFTMAX = """
import numpy as np

def loss(x, y):
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    return -np.log(p[np.arange(y.shape[0]), y]).mean()

def gradient(x, y):
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    return p / len(y)
"""


def test_class_labels_are_fixed(run):
    assert verdict(run, SOFTMAX, "x=3,4", "--fixed", "y=[0, 3, 1]") == (0, "pass")
    both = SOFTMAX.replace("return p / len(y)", "return p / len(y), None")
    assert verdict(run, both, "x=3,4", "--fixed", "y=[0, 3, 1]") == (0, "pass")


def test_data_are_no_inputs_of_the_gradient(run):
    code = (
        "def loss(w, b, x):\n    return (w*x + b)**2\n\n"
        "def gradient(w, b, x):\n    return {'w': 2*(w*x+b)*x, 'b': 2*(w*x+b)}\n"
    )
    assert verdict(run, code, "--wrt", "w,b") == (0, "pass")
    assert verdict(run, code) == (1, "fail")
    assert run(code + "\n" + RIGHT_CUBE, "--wrt", "w, b")[0] == 0  # cube has neither: all of its arguments


def test_functions_are_checked_where_they_are_defined(run):
    entropy = (
        "from math import log\n\ndef f(p, y=0.3):\n    return -y*log(p) - (1-y)*log(1-p)\n\n"
        "def df(p, y=0.3):\n    return (1-y)/(1-p) - y/p\n"
    )
    assert verdict(run, entropy, "--points", "8") == (0, "pass")
    with_numpy = entropy.replace("from math", "from numpy").replace("return -y", "return (-y", 1)
    with_numpy = with_numpy.replace("log(1-p)\n", "log(1-p)).sum()\n")
    assert verdict(run, with_numpy, "p=3", "--points", "8") == (0, "pass")
    nowhere = "from math import log\n\ndef f(x):\n    return log(-1 - x*x)\n\ndef df(x):\n    return 0.0\n"
    assert verdict(run, nowhere, "x=") == (1, "error")


def test_points_have_several_magnitudes_and_shrink_in_large_arrays():
    import numpy as np

    def drawn(magnitude, *shape):
        arguments = Arguments(lambda x: x, {"x": shape}, {})
        point, positive, unit = arguments.draw(np.random.default_rng(0), magnitude)
        assert (positive["x"] > 0).all()
        assert (unit["x"] < 1).all()
        return point["x"].std()

    assert drawn(1.0, 9, 9) == pytest.approx(10 * drawn(0.1, 9, 9))
    assert drawn(1.0, 10_000) == pytest.approx(0.1, rel=0.05)


def test_another_seed_draws_other_points(run):
    reports = {run(WRONG_CUBE, "--seed", str(seed))[1] for seed in (0, 0, 1)}
    assert len(reports) == 2


def test_a_sample_and_digits(run):
    status, out, _ = run(RIGHT_AFFINE, *AFFINE_SHAPES, "--sample", "4", "--points", "1")
    assert status == 0
    assert "4 of 60 checked" in out
    rounded = CUBE.format(name="dcube", gradient="3*x**2 * 1.00001")
    assert (run(rounded)[0], run(rounded, "--digits", "3")[0]) == (1, 0)


# --- The output ---------------------------------------------------------------------------------------


def test_the_worst_point_is_shown_and_the_others_are_counted(run):
    code = "def f(x):\n    return x**3\n\ndef df(x):\n    return 3*x**2 if abs(x) > 0.05 else 0.0\n"
    status, out, err = run(code + "\n" + RIGHT_CUBE)
    assert (status, err) == (1, "")
    assert (
        out
        == """\
f, df
  Gradient check: FAIL (1 of 1 input wrong)
    input  yours  verdict
    x      0.0    FAIL
  Confidence: even an error of 0.0001 % would have been caught.
  At 2 other points: 2 pass
cube, grad_cube
  Gradient check: pass (1 input)
    input  yours      verdict
    x      0.0474243  pass
  Confidence: even an error of 0.0001 % would have been caught.
  At 2 other points: 2 pass
1 of 2 pairs right; --reveal shows the right numbers
"""
    )


def test_the_right_numbers_are_shown_on_request_only(run):
    _, revealed, _ = run(WRONG_CUBE, "--reveal")
    assert "1/1.5 of the right one" in revealed or "1.50x too small" in revealed
    assert revealed.endswith("\n0 of 1 pair right\n")
    (right,) = re.findall(r"^    x .* (-?\d\.\d+) ±", revealed, re.M)
    for options in ([], ["--json"]):
        _, out, _ = run(WRONG_CUBE, *options)
        assert right[:5] not in out
        assert not re.search(r"too|of the right|Looks like|±", out)


def test_a_layer_is_concealed_too(run):
    _, revealed, _ = run(WRONG_AFFINE, *AFFINE_SHAPES, "--reveal")
    _, hidden, _ = run(WRONG_AFFINE, *AFFINE_SHAPES)
    _, plain, _ = run(WRONG_AFFINE, *AFFINE_SHAPES, "--json")
    assert "all 5 wrong: 1/10 of the right one" in revealed
    (right,) = re.findall(r"(-?\d\.\d+) ±", revealed)
    for out in (hidden, plain):
        assert right[:5] not in out
        assert "1/10" not in out


def test_json_for_graders(run):
    status, out, err = run(f"print('hello')\n{WRONG_AFFINE}\n{RIGHT_CUBE.replace('x', 'z')}", *AFFINE_SHAPES, "--json")
    assert (status, err) == (1, "hello\n")
    found = json.loads(out)
    assert (found["file"], found["ok"]) == ("student.py", False)
    assert found["score"] == pytest.approx((1 + 90 / 95) / 2)
    affine, cube = found["pairs"]
    assert (affine["function"], affine["gradient"], affine["verdict"]) == ("affine_forward", "affine_backward", "fail")
    assert affine["score"] == pytest.approx(90 / 95)
    assert len(affine["points"]) == 3
    point = affine["points"][0]
    assert (point["verdict"], point["score"]) == ("fail", pytest.approx(90 / 95))
    assert point["arrays"]["w"] == {"verdict": "pass", "checked": 30, "wrong": [], "hint": ""}
    assert point["arrays"]["b"] == {"verdict": "fail", "checked": 5, "wrong": [[0], [1], [2], [3], [4]], "hint": ""}
    assert point["report"].startswith("Gradient check: FAIL (5 of 95 inputs wrong)\n")
    assert (cube["verdict"], cube["score"]) == ("pass", 1.0)
    revealed = json.loads(run(WRONG_AFFINE, *AFFINE_SHAPES, "--json", "--reveal")[1])
    assert revealed["pairs"][0]["points"][0]["arrays"]["b"]["hint"].startswith("1/10 of the right one")


def test_what_the_file_prints_is_shown_but_not_what_its_functions_print(run):
    code = RIGHT_CUBE.replace("return x**3", "print(x)\n    return x**3") + "\nprint('hello')\n"
    assert run(code)[1].startswith("hello\ncube, grad_cube\n  Gradient check: pass")


def test_an_inconclusive_check_is_not_a_pass(run):
    code = "import random\n\ndef f(x):\n    return x * random.random()\n\ndef df(x):\n    return 1.0\n"
    assert verdict(run, code) == (1, "inconclusive")


# --- What goes wrong ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("missing.py", "missing.py: there is no such file"),
        ("notes.ipynb", "notes.ipynb is not a Python file: its name should end in .py"),
    ],
)
def test_files_that_cannot_be_checked(capsys, tmp_path, monkeypatch, file, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.ipynb").write_text("{}", encoding="utf-8")
    assert main(["check", file]) == 2
    assert capsys.readouterr() == ("", f"autograd: {message}\n")


def test_a_syntax_error(run):
    status, out, err = run("def f(x):\n    return x +\n")
    assert (status, out) == (2, "")
    assert err.startswith('autograd: student.py cannot be imported\n  File "student.py", line 2\n    return x +\n')
    assert err.endswith("SyntaxError: invalid syntax\n")


def test_an_error_while_importing_shows_the_lines_of_the_student(run, tmp_path):
    (tmp_path / "helper_of_student.py").write_text("def fail():\n    {}['w']\n", encoding="utf-8")
    status, out, err = run("import helper_of_student\n\nhelper_of_student.fail()\n")
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert lines[0] == "autograd: student.py cannot be imported"
    assert lines[1] == '  File "student.py", line 3, in <module>'
    assert [line.split('"')[1].rpartition("/")[2] for line in lines if "File" in line] == [
        "student.py",
        "helper_of_student.py",
    ]
    assert lines[-1] == "KeyError: 'w'"
    assert "SystemExit: 0" in run("import sys\nsys.exit(0)\n")[2]


def test_no_pairs(run):
    message = (
        "autograd: student.py has no pair of functions to check. A pair is f with one of grad_f, f_grad, df, d_f, "
        "gradient_f, f_gradient; loss, cost or f with gradient or grad; f_forward with f_backward; or a loss or cost "
        "that returns (number, gradient). "
    )
    assert run("def predict(x): ...\ndef fit(x): ...\n") == (2, "", message + "But the file has predict, fit.\n")
    assert run("x = 1\n") == (2, "", message + "But the file has no functions.\n")


def test_a_missing_shape(run):
    status, out, err = run(RIGHT_AFFINE + "\n" + RIGHT_CUBE.replace("x", "z"), "x=10,6")
    assert (status, err) == (2, "")
    first, second, third, *_ = out.splitlines()
    assert first == "affine_forward, affine_backward"
    assert second.startswith("  affine_forward fails where w, b are numbers (ValueError: matmul: ")
    assert second.endswith("): give the shape, as in w=10,6")
    assert third == "cube, grad_cube"


def test_a_function_that_raises(run):
    status, out, err = run("def f(w):\n    return w\n\ndef df(w):\n    return [w][1]\n")
    assert (status, err) == (1, "")
    lines = [line for line in out.splitlines() if "~~" not in line]  # Python 3.13 marks the place
    assert lines == [
        "f, df",
        '    File "student.py", line 5, in df',
        "      return [w][1]",
        "  IndexError: list index out of range",
        "0 of 1 pair right; --reveal shows the right numbers",
    ]
    exits = json.loads(run("def f(w):\n    exit()\n\ndef df(w):\n    return 1\n", "w=", "--json")[1])
    assert exits["pairs"][0]["verdict"] == "error"
    assert exits["pairs"][0]["score"] == 0.0
    assert exits["pairs"][0]["error"].endswith("SystemExit: None")


@pytest.mark.parametrize(
    ("code", "arguments", "message"),
    [
        (
            "def sigmoid(x):\n    return 1 / (1 + 2.718**-x)\n\ndef sigmoid_grad(x):\n    return x\n",
            ["x=3"],
            "TypeError: sigmoid returned an array of shape (3,), not one number: the gradient of an array is checked "
            "by sigmoid_forward and sigmoid_backward(dout, cache)",
        ),
        (
            RIGHT_AFFINE.replace(", (x, w)", ""),
            AFFINE_SHAPES,
            "TypeError: affine_backward(dout, cache) does not fit what affine_forward returned: affine_forward should "
            "return (out, cache) for affine_backward(dout, cache), or out for affine_backward(dout, x, w, b)",
        ),
        (
            "def f(x):\n    return x\n\ndef df():\n    return 1\n",
            [],
            "TypeError: df() takes 0 positional arguments but 1 was given",
        ),
        (
            "def f(x):\n    return x\n\ndef df(x):\n    return 1\n",
            ["--fixed", "x=2"],
            "TypeError: f has no argument that is drawn, so it has no gradient to check",
        ),
    ],
)
def test_functions_that_do_not_fit_each_other(run, code, arguments, message):
    status, out, _ = run(code, *arguments)
    assert status == 1
    assert out.splitlines()[1] == f"  {message}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x=ten"], "'x=ten' is not a shape: write x=10,6 for an array, w= for a number"),
        (["x=3,0"], "'x=3,0' is not a shape: write x=10,6 for an array, w= for a number"),
        (["x"], "'x' is not a shape: write x=10,6 for an array, w= for a number"),
        (["--fixed", "x=y"], "'x=y' is not a name with a literal of Python: 'y=[0, 2, 1]'"),
        (["--points", "0"], "'0' is not a whole number, 1 or more"),
        (["--seed", "-1"], "'-1' is not a whole number, 0 or more"),
        (["q=3"], "no function to check has an argument 'q': their arguments are x"),
        (["--wrt", "w"], "no function to check has an argument 'w': their arguments are x"),
    ],
)
def test_unusable_arguments(run, capsys, arguments, message):
    try:
        status, out, err = run(RIGHT_CUBE, *arguments)
    except SystemExit as exit:
        status, (out, err) = exit.code, capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.endswith(f": {message}\n")


def test_shapes_that_are_not_a_dict(run):
    status, _, err = run("SHAPES = (10, 6)\n" + RIGHT_CUBE)
    assert (status, err) == (2, "autograd: SHAPES in student.py should be a dict, such as {'x': (10, 6)}\n")


# --- The two commands ---------------------------------------------------------------------------------


def test_each_command_names_the_other(capsys):
    for arguments, other in (
        (["--help"], "python -m autograd check --help"),
        (["check", "-h"], "python -m autograd --help"),
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        assert other in " ".join(capsys.readouterr().out.split())


def test_a_file_is_required(capsys):
    with pytest.raises(SystemExit):
        main(["check"])
    assert capsys.readouterr().err.endswith("error: the following arguments are required: file\n")


def test_check_may_still_be_a_variable(capsys):
    assert main(["check", "check=3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == 3.0


@pytest.mark.slow
def test_the_installed_module(tmp_path):
    folder = tmp_path / "week 1"
    folder.mkdir()
    (folder / "helper.py").write_text("def square(x):\n    return x * x\n", encoding="utf-8")
    code = "from helper import square\n\ndef f(x):\n    return square(x)\n\ndef df(x):\n    return {}\n"
    for gradient, status in (("2*x", 0), ("x", 1)):
        (folder / "hw-1.py").write_text(code.format(gradient), encoding="utf-8")
        command = [sys.executable, "-m", "autograd", "check", "week 1/hw-1.py"]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (found.returncode, found.stderr) == (status, "")
        assert found.stdout.startswith("f, df\n  Gradient check: ")
        assert sorted(path.name for path in folder.iterdir() if path.suffix == ".py") == ["helper.py", "hw-1.py"]
