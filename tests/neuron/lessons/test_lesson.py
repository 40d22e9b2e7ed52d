"""The worked lesson on the command line."""

import os
import subprocess
import sys

import pytest

import autograd
from neuron.__main__ import main
from neuron.losses import LOSSES
from neuron.models.neuron import ACTIVATIONS

LESSON = """\
Forward pass: the prediction ŷ, and the loss L, which says how wrong it is
  ŷ = w·x + b  = 0.5·2.0 + 0.1 = 1.1
  L = (ŷ - y)² = (1.1 - 1.5)²  = 0.16

Backward pass: the chain rule, from the loss back to the parameters
  dL/dŷ = 2·(ŷ - y)                    = -0.8
  ∂ŷ/∂w = x                            = 2.0
  dL/dw = dL/dŷ · ∂ŷ/∂w = (-0.8) · 2.0 = -1.6
  ∂ŷ/∂b = 1                            = 1.0
  dL/db = dL/dŷ · ∂ŷ/∂b = (-0.8) · 1.0 = -0.8

Check: the same gradient, computed in three ways
  The closed form is derived by hand; the numerical derivative is measured by moving the parameter.
         autograd  closed form  numerical     verdict
  dL/dw  -1.6      -1.6         -1.6 ± 2e-16  pass
  dL/db  -0.8      -0.8         -0.8 ± 9e-17  pass
  Confidence: 15 digits; even an error of 0.0001 % would have been caught.

Nudge: raise w by 0.001 and see what the loss does
  predicted change of L = dL/dw · 0.001   = -0.0016
  actual change of L    = 0.158404 - 0.16 = -0.001596

Update: one step against the gradient, learning rate 0.1
  w ← 0.5 - 0.1·(-1.6) = 0.66
  b ← 0.1 - 0.1·(-0.8) = 0.18
  new prediction ŷ = 1.5 (it was 1.1, the target is 1.5)
  new loss       L = 4.93e-32, zero apart from rounding (it was 0.16)

The graph of w → ŷ → L is drawn in neuron.svg
"""


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_lesson_word_for_word(capsys, in_an_empty_directory):
    assert main([]) == 0
    assert capsys.readouterr().out == LESSON
    assert [p.name for p in in_an_empty_directory.iterdir()] == ["neuron.svg"]
    assert "ŷ" in (in_an_empty_directory / "neuron.svg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_as_a_module_and_with_any_encoding():
    run = subprocess.run(
        [sys.executable, "-m", "neuron"],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert b"new prediction" in run.stdout
    assert run.stderr == b""


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_loss_agrees_three_ways(activation, loss, capsys):
    target = "1" if loss == "hinge" or loss.startswith("binary_cross_entropy") else "1.5"
    options = ["--w", "0.3", "-0.2", "--x", "1", "0.5", "--b", "0.4", "--y", target]
    assert main([*options, "--activation", activation, "--loss", loss, "--picture", "p.svg"]) == 0
    out = capsys.readouterr().out
    assert out.count("  pass\n") == 3
    assert "FAIL" not in out


def test_the_interactive_page(capsys, tmp_path):
    picture, page = tmp_path / "p.svg", tmp_path / "lesson.html"
    assert main(["--picture", str(picture), "--page", str(page)]) == 0
    assert capsys.readouterr().out.endswith(f"\nThe interactive page is in {page}: open it in a browser\n")
    assert "<title>How one neuron learns</title>" in page.read_text(encoding="utf-8")


def test_a_kink_is_said_to_be_one(capsys):
    assert main(["--w", "-0.05", "--activation", "relu"]) == 0
    assert "dL/dw  0.0       0.0          0.0 | -6.0  kink  between the two slopes" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        ["--y", "1.1"],
        ["--w", "0.1", "--x", "3", "--b", "0", "--y", "0.3"],
        ["--y", "1.1", "--loss", "absolute_error"],
        ["--w", "50", "--activation", "tanh"],
        ["--x", "1e100", "--lr", "1e-205"],
        ["--x", "1e300", "--activation", "tanh"],
        ["--w", "-1e-3", "--b", "-.5"],
        ["--activation", "sigmoid", "--loss", "binary_cross_entropy", "--y", "1", "--w", "400"],
        ["--activation", "sigmoid", "--loss", "binary_cross_entropy", "--y", "1", "--w", "20"],
        ["--activation", "sigmoid", "--loss", "binary_cross_entropy", "--y", "0.5", "--w", "17"],
    ],
    ids=" ".join,
)
def test_a_right_gradient_is_never_said_to_fail(options, capsys):
    assert main(options) == 0
    out = capsys.readouterr().out
    assert sum(out.count(text) for text in ("  pass\n", "  kink  ", "  ?  too small", "  ?  too few")) == 2
    assert "FAIL" not in out


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ("--activation relu --w -1", "relu is off at h = -1.9"),
        ("--activation sigmoid --x 54000", "sigmoid is saturated at h = 2.7e+04"),
    ],
)
def test_a_gradient_of_zero_is_explained(options, cause, capsys):
    assert main(options.split()) == 0
    explained = (
        f"The gradient is exactly 0, so nothing is learned: {cause}.\n"
        "  Try other weights, smaller inputs, or --activation linear.\n"
    )
    assert explained in capsys.readouterr().out


def test_other_spellings_of_activations_and_losses(capsys):
    assert main("--loss mse --activation none".split()) == main([]) == 0
    once, again = capsys.readouterr().out.split("Forward pass")[1:]
    assert once == again
    assert main("--loss bce --activation Sigmoid --y 1".split()) == 0
    assert main("--loss bce_with_logits".split()) == 2


def test_a_step_that_is_too_large_is_called_so(capsys):
    assert main(["--lr", "3"]) == 0
    assert "The loss grew: the step was too long for this sample. Try a learning rate below 3.0." in (
        capsys.readouterr().out
    )


@pytest.mark.slow
def test_reading_only_the_beginning_is_fine():
    code = f"{sys.executable} -m neuron | head -n 1; exit ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == LESSON.splitlines(keepends=True)[0]
    assert (run.returncode, run.stderr) == (0, "")


def test_a_wrong_gradient_is_not_said_to_agree(capsys, monkeypatch):
    from autograd import Value
    from autograd.core.graph import newest_first

    right = Value.backward
    wrong = lambda root: (right(root), [setattr(p, "grad", 1.001 * p.grad) for _, p in _leaves(root)])  # noqa: E731

    def _leaves(root):
        return [(node, operand) for node in newest_first(root) for operand, _ in node.edges if operand.is_leaf]

    monkeypatch.setattr(Value, "backward", wrong)
    assert main([]) == 0
    assert capsys.readouterr().out.count("FAIL") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--activation", "rellu"], "unknown activation 'rellu': did you mean 'relu'? Known activations: "),
        (["--loss", "squared_eror"], "unknown loss 'squared_eror': did you mean 'squared_error'? Known losses: "),
        (["--w", "1", "2"], "--w has 2 and --x has 1 numbers: one weight is needed per input"),
        (["--steps", "0"], "--steps must be at least 1, not 0"),
        (["--plot", "p.txt"], "--plot p.txt: the name of the picture must end in one of .png .svg .pdf"),
        (["--lr", "0"], "the learning rate (--lr) must be positive, not 0.0"),
        (["--w", "nan"], "--w must be finite, not nan"),
        (["--x", "1e200"], "overflows"),
        (["--loss", "hinge"], "hinge needs a target of -1 or +1, not 1.5"),
        (["--loss", "binary_cross_entropy", "--y", "1"], "needs a probability between 0 and 1, not 1.1: let"),
        (["--activation="], "unknown activation ''. Known activations: linear, relu, sigmoid, tanh"),
        (["--page", "p.svg"], "--page p.svg: the name of the page must end in one of .html .htm"),
        (["--picture", "p.nope"], "--picture p.nope: the name of the picture must end in one of .svg .png .pdf"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_in_one_line(arguments, message, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("neuron: ")
    assert message in error


def test_what_is_not_a_number_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--w", "abc"])
    assert "argument --w: invalid float value: 'abc'" in capsys.readouterr().err


def test_numbers_with_a_decimal_comma(capsys):
    for option in ("--w", "--b", "--lr"):
        with pytest.raises(SystemExit):
            main([option, "-0,5"])
    assert capsys.readouterr().err.count(": '-0,5': write -0.5, with a decimal point") == 3


def test_the_version(capsys):
    for arguments in (["--version"], ["learn", "--version"]):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 0
    assert capsys.readouterr().out == f"scalar-autograd {autograd.__version__}\n" * 2


def steps(out):
    """The table of further steps, and what is said below it."""
    return out.split("gradient descent\n")[1].split("\n\n")[0].splitlines()


def test_further_steps_are_a_table(capsys):
    assert main(["--steps", "3", "--lr", "0.02"]) == 0
    out = capsys.readouterr().out
    assert "3 steps of gradient descent\n" in out
    assert steps(out) == [
        "  step  w       b       ŷ      L",
        "  0     0.5     0.1     1.1    0.16",
        "  1     0.532   0.116   1.18   0.1024",
        "  2     0.5576  0.1288  1.244  0.06554",
        "  3     0.5781  0.139   1.295  0.04194",
    ]


def test_of_many_steps_some_are_shown_and_all_are_plotted(capsys, tmp_path):
    options = ["--steps", "100", "--lr", "0.02", "--w", "0.5", "0.1", "--x", "1", "2", "--activation", "tanh"]
    assert main([*options, "--y", "0.5", "--plot", "loss.svg"]) == 0
    *rows, plot = steps(capsys.readouterr().out)
    assert rows[0].split() == ["step", "w[0]", "w[1]", "b", "ŷ", "L"]
    assert [row.split()[0] for row in rows[1:]] == [str(step) for step in range(0, 101, 10)]
    assert plot == "  The plot of the loss is in loss.svg"
    assert "<!-- step -->" in (tmp_path / "loss.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--lr", "3"], "(x is ŷ - y): the result is too large for a float. Try a learning rate below 3.0."),
        (["--w", "1e308"], "Step 1 fails: a gradient is too large for a float. Try a learning rate below 0.1."),
    ],
)
def test_steps_that_lead_away_end_in_a_sentence(options, problem, capsys):
    assert main([*options, "--steps", "2000"]) == 0
    assert steps(capsys.readouterr().out)[-1].endswith(problem)


def test_a_step_beyond_the_floats_is_said(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["--w", "1e308"]) == 0
    assert "The step leads beyond what a float can hold." in capsys.readouterr().out


def test_steps_that_lead_away_are_called_so(capsys):
    assert main("--steps 20 --lr 0.5".split()) == 0
    assert "  The loss grew from step to step. Try a learning rate below 0.5.\n" in capsys.readouterr().out
    assert main("--steps 20 --lr 0.05".split()) == 0
    assert "grew" not in capsys.readouterr().out


def test_files_of_the_lesson_do_not_replace_each_other(capsys):
    assert main("--picture a.svg --plot ./a.svg".split()) == 2
    assert (
        "--picture and --plot name the same file, ./a.svg: write another name after --plot" in capsys.readouterr().err
    )
