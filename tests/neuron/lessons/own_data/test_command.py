"""``neuron learn data.csv --target column``, from the file to what is printed, plotted and saved."""

import json
import random
import re
import shlex

import pytest

from neuron import MLP, Layer, Neuron
from neuron.__main__ import main


@pytest.fixture(autouse=True)
def customers(tmp_path, monkeypatch):
    """A file with columns of all kinds, in which one value is missing."""
    monkeypatch.chdir(tmp_path)
    source, lines = random.Random(0), ["customer_id;age;income;member;town;bought;spent;segment"]
    for i in range(60):
        age, income, member = source.randint(18, 80), source.randint(20, 90) * 1000, source.choice(["yes", "no"])
        bought = "yes" if age > 50 else "no"
        spent = f"{2 * age + income / 1000 + 0.5}".replace(".", ",")
        segment = ("low", "medium", "high")[(age > 35) + (age > 60)]
        town = source.choice(["Bern", "Chur", "Genf"])
        lines.append(f"{1000 + i};{age};{income if i != 3 else ''};{member};{town};{bought};{spent};{segment}")
    (tmp_path / "c.csv").write_text("\n".join(lines), encoding="utf-8-sig")


@pytest.fixture
def learn(capsys):
    """Runs the command; returns its exit status, its output and its errors."""

    def learn(line):
        status = main(["learn", *shlex.split(line)])
        return status, *capsys.readouterr()

    return learn


def test_a_target_of_yes_and_no(learn):
    status, out, err = learn("c.csv --target bought --save m.json")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[:2] == [
        "c.csv: bought, learned from age, income, member, spent",
        "  ŷ = sigmoid(w·x + b); loss: binary cross-entropy; Adam, learning rate 0.05, 300 epochs, seed 0",
    ]
    assert lines[3:12] == [
        "  60 rows of 8 columns, separated by semicolons",
        "  left out: column customer_id, an identifier: a different number in every row",
        "  left out: column town, text with 3 different values, such as Genf; to use it, give each value a column of "
        "its own with yes and no",
        "  left out: column segment, text with 3 different values, such as medium; to use it, give each value a column "
        "of its own with yes and no",
        "  left out: 1 row, line 5 (income), where a value is missing",
        "  member: yes = 1, no = 0",
        "  bought: yes = 1, no = 0",
        "  47 training rows, 12 held out to check",
        "",
    ]
    assert re.search(r"\naccuracy|  accuracy +training rows +held-out rows\n  the neuron +\d", out)
    row = json.loads(re.search(r"predict\((.*)\)", out)[1])
    probability = float(re.search(r"ŷ = ([\d.e-]+), the probability of yes", out)[1])
    assert Neuron.load("m.json").predict(row)[0] == pytest.approx(probability, rel=1e-3)


@pytest.mark.parametrize(
    ("line", "kind", "panel"),
    [
        ("--target spent --epochs 3", Neuron, "prediction ŷ"),
        ("--target segment --epochs 3", Layer, "accuracy"),
        ("--target spent --hidden 4,3 --epochs 3", MLP, "prediction ŷ"),
    ],
)
def test_what_is_plotted_and_saved(learn, tmp_path, line, kind, panel):
    status, out, err = learn(f"c.csv {line} --plot p.svg --save m.json --csv h.csv")
    assert (status, err) == (0, "")
    assert panel in (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert kind.load("m.json").nin in (4, 5)
    assert len((tmp_path / "h.csv").read_text(encoding="utf-8").splitlines()) == 5
    assert f"from neuron import {kind.__name__}" in out


@pytest.mark.parametrize(
    ("head", "row", "label"),
    [("x,$y$", "{0},{0}5", "$y$"), ("x,z,y", "{0},{1},{1}", "z")],
)
def test_a_line_and_a_boundary_are_drawn_in_the_units_of_the_file(learn, tmp_path, head, row, label):
    (tmp_path / "d.csv").write_text("\n".join([head, *(row.format(i, i % 2) for i in range(12))]), encoding="utf-8")
    status, _, err = learn(f"d.csv --target '{head.split(',')[-1]}' --epochs 2 --plot p.svg")
    assert (status, err) == (0, "")
    assert f"<!-- {label} -->" in (tmp_path / "p.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("target", "column"),
    [
        ("Price", "Price"),
        ("PRICE", "Price"),
        ("unit price", "unit price"),
        ("House-Size", "House-Size"),
        ("house_size", "House-Size"),
    ],
)
def test_targets_with_capitals_blanks_and_hyphens(learn, tmp_path, target, column):
    rows = [f"{i},{i % 3},{i * i}" for i in range(12)]
    (tmp_path / "d.csv").write_text("\n".join(["Price,unit price,House-Size", *rows]), encoding="utf-8")
    status, out, err = learn(f"d.csv --target '{target}' --epochs 1")
    assert (status, err) == (0, "")
    assert out.startswith(f"d.csv: {column}, learned from ")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c.csv", "c.csv: name the column to predict, --target COLUMN; the columns are customer_id, age, income, "),
        ("c.csv --target spend", "c.csv: unknown column 'spend': did you mean 'spent'? Known columns: "),
        ("none.csv --target y", "none.csv: there is no such file"),
        (". --target y", ".: it is a directory, not a CSV file"),
        ("few.csv --target y", "few.csv: 3 complete rows, but at least 10 are needed, 8 to train on and 2 to check"),
        ("line --target y", "--target is for a file of your own data, and line is a lesson"),
        ("line --hidden 3", "--hidden is for a file of your own data, and line is a lesson"),
        ("lines", "unknown lesson 'lines': did you mean 'line'? Known lessons: line, "),
        ("c.csv --target spent --save no/m.json", "--save no/m.json cannot be written: there is no directory no"),
        (
            "c.csv --target spent --save ./c.csv",
            "the input and --save name the same file, ./c.csv: write another name ",
        ),
        (
            "c.csv --target spent --csv c.csv",
            "the input and --csv name the same file, c.csv: write another name after ",
        ),
        ("c.csv --target spent --save a --csv a", "--save and --csv name the same file, a: write another name after "),
        ("c.csv --target spent --lr 0", "--lr, the learning rate, must be positive, not 0.0"),
    ],
)
def test_bad_input_is_answered_in_one_line(learn, tmp_path, line, message):
    (tmp_path / "few.csv").write_text("x,z,y\n1,2,3\n2,,4\n3,,2\n4,1,", encoding="utf-8")
    status, out, err = learn(line)
    assert (status, out) == (2, "")
    assert err.startswith(f"neuron: {message}")
    assert err.count("\n") == 1


def test_the_note_of_a_training_that_learned_nothing_is_printed_once(learn):
    status, out, err = learn("c.csv --target spent --lr 1e-9 --epochs 20")
    assert (status, err) == (0, "")
    assert out.count("the learning rate 1e-09 is too small") == 1
    assert out.splitlines()[-1].startswith("Note (training): the loss stayed where it began")


def test_sizes_that_are_none(learn, capsys):
    with pytest.raises(SystemExit):
        learn("c.csv --target spent --hidden 16x16")
    assert "'16x16' is not a list of sizes: write 16,16 for two hidden layers" in capsys.readouterr().err


def test_without_arguments_the_lessons_are_listed(learn):
    status, out, err = learn("")
    assert (status, err) == (0, "")
    assert "neuron learn FILE.csv --target COLUMN [options]" in out
    assert "  line      A line: y = 2·x + 1, from two points on it\n" in out
    assert "  The first line of the file holds the names of its columns." in out


def test_marks_that_may_be_those_of_thousands_are_named(learn, tmp_path, monkeypatch):
    rows = [f"{10 + i};{386 + 40 * i if i < 15 else f'1.{100 + i}'}" for i in range(30)]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rent.csv").write_text("area;rent\n" + "\n".join(rows), encoding="utf-8")
    assert "  rent: 1.115 is read as 1.115; if it means 1115, write that\n" in learn("rent.csv --target rent")[1]
    rows = [f"{10 + i};0,{100 + i}" for i in range(30)]
    (tmp_path / "share.csv").write_text("area;share\n" + "\n".join(rows), encoding="utf-8")
    assert "is read as" not in learn("share.csv --target share")[1]
