"""The lessons on the command line: the figures of the articles come out."""

import csv
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neuron.lessons.cancer
from neuron import fit
from neuron.__main__ import main
from neuron.lessons import LESSONS
from neuron.lessons.equation import random_guessing, sign_stepping

# facts of the articles
LINE = "0.1455 0.0180 0.0058 0.0019 0.0006 0.0002 0.0001 0.0000 0.0000 0.0000 0.0000".split()
PUZZLE = [51.81072, 110.97905835174222, 111.17498229579553, 111.17550167919178, 111.17537368728773]
HELD_OUT = [23.767879999999998, 90.61052067032544, 98.26305744118851, 99.13906937817997, 99.23925422441026]


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def learned(name, **settings):
    lesson = LESSONS[name](**settings)
    return lesson, list(lesson.lines())


def read(file):
    return list(csv.DictReader(Path(file).read_text(encoding="utf-8").splitlines()))


def test_line():
    lesson, text = learned("line")
    losses = lesson.history.loss
    assert [f"{losses[epoch]:.4f}" for epoch in range(0, 1001, 100)] == LINE
    w, b = lesson.history.parameters[-1]
    assert (w, b) == pytest.approx((1.9960896332357565, 1.0027466718630031), rel=1e-12)
    assert [line.split()[-1] for line in text if line.split()[:1] in (["w"], ["b"])] == ["1.9961", "1.0027"]
    rows = [line.split() for line in text if len(line.split()) == 3 and line.split()[0].isdigit()]
    assert [row[2] for row in rows] == LINE
    assert [float(row[1]) for row in rows] == losses[:1001:100]


def test_puzzle():
    lesson, text = learned("puzzle")
    first = lesson.history.parameters[1]
    assert first == pytest.approx([0.93069, 0.62277], rel=1e-9)
    assert "dL/dw = -8306.9, dL/db = -227.7, so w becomes 0.93069 and b 0.62277" in text[3]
    rows = [line.split() for line in text if len(line.split()) == 3 and line.split()[0].isdigit()]
    assert [float(row[1]) for row in rows] == pytest.approx([*PUZZLE, *HELD_OUT], abs=1e-9)
    assert [float(row[2]) for row in rows] == [*PUZZLE, *HELD_OUT]
    assert float(text[-1].split()[-2]) == pytest.approx(111.32137357306037, abs=1e-9)


def test_equation():
    lesson, text = learned("equation")
    w1, w2 = lesson.history.parameters[-1]
    assert 256 * w1 + 212 * w2 == pytest.approx(1492, abs=0.01)
    head = next(line for line in text if line.split()[:1] == ["steps"])
    assert head.split() == "steps random guessing sign stepping gradient descent".split()
    *_, guess, sign, descent = text
    errors = [abs(float(line.split()[-1])) for line in (guess, sign, descent)]
    assert errors[2] < errors[1] < errors[0]


def test_the_other_strategies():
    def error(w):
        return 256 * w[0] + 212 * w[1] - 1492

    guesses = [next(pair) for pair in [random_guessing(3)] for _ in range(200)]
    sizes = [abs(error(w)) for w in guesses]
    assert sizes == sorted(sizes, reverse=True), "the best guess so far"
    assert len(set(guesses)) > 3
    steps = [next(pair) for pair in [sign_stepping(0.1)] for _ in range(100)]
    assert np.diff(steps, axis=0) == pytest.approx(np.array([[-0.1 * np.sign(error(w))] * 2 for w in steps[:-1]]))
    assert {round(abs(error(w)), 1) for w in steps[40:]} == {41.2, 5.6}, "it ends by going to and fro"


def test_the_equation_with_the_usual_learning_rate_ends_in_a_message(capsys):
    assert main(["learn", "equation", "--lr", "0.001"]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        "neuron: training diverged in epoch 5: loss 2.226e+06 → 5.902e+29, the largest gradient was dL/dw[0] = "
        "-1.788e+15; the loss grows faster and faster. The learning rate 0.001 is too large for inputs of up to "
        "256 (x[0]; x[1] is large, too): where training began, the curvature of the loss allows about 9.05e-06. Try "
        "4.5e-06. Better, scale the inputs: X = (X - np.mean(X, axis=0)) / np.std(X, axis=0). The model has the "
        "parameters of epoch 5.\n"
    )
    assert "inf" not in captured.out
    assert "nan" not in captured.out


def test_moons_is_the_demo_of_micrograd(monkeypatch):
    settings = LESSONS["moons"].settings
    monkeypatch.setattr(LESSONS["moons"], "settings", settings._replace(epochs=0))
    _, text = learned("moons")
    assert text[-1].split() == ["0", "0.8958441029", "50%", "0.8958441029", "50%"]
    assert settings == (100, 1.0, 1337), "the page about the moons compares all losses"


def test_cancer():
    lesson, text = learned("cancer", epochs=5)
    assert len(lesson.histories) == 10
    rows = {line.split()[0]: line.split()[1:] for line in text if len(line.split()) == 4}
    tests = [100 * history.validation_metric[-1] for history in lesson.histories.values()]
    assert float(rows["mean"][1]) == pytest.approx(np.mean(tests), abs=0.01)
    assert float(rows["s"][1]) == pytest.approx(np.std(tests, ddof=1), abs=0.01)
    assert float(rows["mean"][1]) > 90
    assert len({history.loss[0] for history in lesson.histories.values()}) == 10, "ten starts"
    assert text[-1] == "These are not the original settings, so the original numbers are left out."


def test_ctrl_c_in_the_middle_of_cancer(monkeypatch, capsys):
    calls = []

    def interrupted_fit(*args, **kwargs):
        calls.append(1)
        press = lambda history: signal.raise_signal(signal.SIGINT) if history.epochs == 2 else None  # noqa: E731
        return fit(*args, **kwargs, callbacks=[press] if len(calls) == 3 else [])

    monkeypatch.setattr(neuron.lessons.cancer, "fit", interrupted_fit)
    assert main(["learn", "cancer", "--epochs", "5", "--csv", "so_far.csv"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if len(line.split()) == 4][1:] == ["1", "2", "mean", "s"]
    assert "Stopped after 2 of 5 epochs (start 3); the history so far:\n  History(2 epochs, loss " in out
    rows = read("so_far.csv")
    assert [row["training"] for row in rows] == ["start 1"] * 6 + ["start 2"] * 6 + ["start 3"] * 3
    assert rows[-1]["epoch"] == "2"
    assert float(rows[-1]["loss"]) < float(rows[-3]["loss"])


@pytest.mark.parametrize("name", ["line", "equation", "puzzle", "moons"])
def test_ctrl_c_shows_what_there_is(name, monkeypatch):
    lesson = LESSONS[name]()
    module = sys.modules[type(lesson).__module__]
    press = lambda history: signal.raise_signal(signal.SIGINT) if history.epochs == 4 else None  # noqa: E731
    monkeypatch.setattr(module, "fit", lambda *args, **kwargs: fit(*args, **kwargs, callbacks=[press]))
    text = "\n".join(lesson.lines())
    assert f"Stopped after 4 of {lesson.epochs} epochs" in text


@pytest.mark.slow
def test_digits():
    lesson, text = learned("digits")
    assert lesson.history.validation_metric[-1] > 0.95
    assert text[3] == "  2,410 parameters, each a Value; the loss of one sample takes 190 scalar operations,"
    rows = [line.split() for line in text if line.split()[:1] and line.split()[0] in ("0", "10", "20", "30")]
    assert [float(row[3].rstrip("%")) for row in rows] == [
        round(100 * lesson.history.validation_metric[k], 1) for k in (0, 10, 20, 30)
    ]
    assert re.fullmatch(
        r"  trained in [\d.]+ s; with Values, one sample after the other, it would take \d+ (s|min)", text[-2]
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_files(name, ending, capsys):
    epochs = {"cancer": "2", "moons": "2", "digits": "2"}.get(name, "20")
    options = ["--epochs", epochs, "--plot", f"p.{ending}", "--csv", "h.csv"]
    assert main(["learn", name, *options]) == 0
    out = capsys.readouterr().out
    assert out.endswith(f"The history, epoch by epoch, is in h.csv\n\nThe plot is in p.{ending}\n")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert Path(f"p.{ending}").read_bytes().startswith(start)
    rows = read("h.csv")
    assert rows[int(epochs)]["epoch"] == epochs


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_other_settings(name, capsys):
    assert main(["learn", name, "--epochs", "0", "--lr", "1e-7"]) == 0
    out = capsys.readouterr().out
    assert "nan" not in out.replace("malignant", "")
    if name in ("line", "puzzle", "moons"):
        assert "These are not the original settings" in out
        assert "article" not in out.split("\n", 2)[2].replace("article's", "")


MESSAGES = {
    "line --lr 0": "--lr, the learning rate, must be positive, not 0.0",
    "line --lr -1": "--lr, the learning rate, must be positive, not -1.0",
    "line --lr nan": "--lr, the learning rate, must be positive, not nan",
    "moons --lr 0": "--lr, the learning rate, must be positive, not 0.0",
    "puzzle --epochs -1": "--epochs must be at least 0, not -1",
    "line --seed -1": "--seed must be from 0 to 4294967196, not -1",
    "line --plot p.txt": "--plot p.txt: the name of the picture must end in one of .png .svg .pdf",
    "line --plot nowhere/p.png": "--plot nowhere/p.png cannot be written: there is no directory nowhere",
    "line --csv nowhere/h.csv": "--csv nowhere/h.csv cannot be written: there is no directory nowhere",
    "line --csv .": "--csv . cannot be written: it is a directory",
    "puzzle --seed 3": "--seed 3: nothing is random in this lesson",
    "line --plot a.svg --csv a.svg": "--plot and --csv name the same file, a.svg",
    "puzzle --lr 1": "training diverged in epoch",
}


@pytest.mark.parametrize("command", MESSAGES)
def test_bad_input_is_answered_in_one_line(command, capsys):
    assert main(["learn", *command.split()]) == 2
    out, error = capsys.readouterr()
    assert out == "" or "diverged" in error
    assert error.startswith(f"neuron: {MESSAGES[command]}")
    assert error.count("\n") == 1


def test_the_history_of_a_training_that_diverged_is_saved(capsys):
    assert main(["learn", "line", "--lr", "4", "--csv", "h.csv"]) == 2
    out, error = capsys.readouterr()
    assert "The history up to the divergence is in h.csv" in out
    assert "training diverged" in error
    assert float(read("h.csv")[-1]["loss"]) > 1000


def test_options_of_the_other_lesson_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--lr", "5", "learn", "line"])
    assert "unrecognized arguments: learn line" in capsys.readouterr().err


def test_an_unknown_lesson(capsys):
    assert main(["learn", "lines"]) == 2
    assert "unknown lesson 'lines': did you mean 'line'? Known lessons: line, " in capsys.readouterr().err


def test_without_the_extras_the_error_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert main(["learn", "moons"]) == 2
    assert "these data come with scikit-learn: pip install scikit-learn" in capsys.readouterr().err
    monkeypatch.setattr("neuron.lessons.lesson.find_spec", lambda name: None)
    assert main(["learn", "line", "--plot", "p.png"]) == 2
    assert "--plot p.png needs Matplotlib: pip install matplotlib" in capsys.readouterr().err


@pytest.mark.slow
def test_as_a_module():
    run = subprocess.run(
        [sys.executable, "-m", "neuron", "learn", "line", "--epochs", "1"], capture_output=True, text=True, check=True
    )
    assert "0      0.14547024199785316" in run.stdout
    assert run.stderr == ""


def test_a_lesson_that_learns_nothing_says_why(capsys):
    assert main(["learn", "line", "--lr", "1e-9", "--epochs", "20"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == (
        "Note (gradient descent): the loss stayed where it began, at 0.1455: the learning rate 1e-09 is too small: "
        "with 1, the first step lowers the loss to 0.06927. Try lr=1"
    )
    assert not printed.err
