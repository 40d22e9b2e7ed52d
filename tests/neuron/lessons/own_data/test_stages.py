"""The stages of a training on one's own file, each from a value made by hand."""

import re

import numpy as np
import pytest

from neuron import MLP, Layer, Neuron
from neuron.lessons.own_data import csv_files
from neuron.lessons.own_data.csv_files import Table, parse_table, read_table
from neuron.lessons.own_data.report import data_lines, quality_table, usage, weight_table
from neuron.lessons.own_data.samples import Samples, Scale, complete_rows, scale_of, split
from neuron.lessons.own_data.training import CLASSES, NUMBER, TWO_CLASSES, in_original_units, task_of, train
from neuron.lessons.own_data.typed_columns import Choice, Column, as_target, choose_columns, reason_to_leave_out, typed


def exactly(message):
    return f"^{re.escape(message)}$"


# --- A file as a table ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "separator", "names", "rows"),
    [
        ("a,b\n1,2\n3,4\n", ",", ["a", "b"], [["1", "2"], ["3", "4"]]),
        ("a;b\n1,5;2,5\n", ";", ["a", "b"], [["1,5", "2,5"]]),
        ("a\tb\r\n1\t2\r\n", "\t", ["a", "b"], [["1", "2"]]),
        ('a, "b, or c"\n1 , "2"\n', ",", ["a", "b, or c"], [["1", "2"]]),
        ("a,,\n1,2,\n", ",", ["a", "column 2", "column 3"], [["1", "2", ""]]),
        ("a\n1\n", ",", ["a"], [["1"]]),
    ],
)
def test_tables_with_all_separators(text, separator, names, rows):
    table = parse_table(text)
    assert (table.separator, table.names, table.rows) == (separator, names, rows)


def test_every_row_knows_its_line():
    table = parse_table('a,b\n\n1,"x\ny"\n2,z\n3\n4,w,5\n5,v\n')
    assert table.lines == [3, 5, 8]
    assert table.uneven == [6, 7]
    assert table.column(0) == ["1", "2", "5"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ("a,b\n", "there are no rows below the header"),
        ("a,b,a\n1,2,3\n", "2 columns are called a: give each a name of its own"),
        ('a,b\n1,"2\n3,4\n', "line 2 cannot be read: is a quotation mark not closed? (unexpected end of data)"),
    ],
)
def test_tables_that_cannot_be_read(text, message):
    with pytest.raises(ValueError, match=exactly(message)):
        parse_table(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_spreadsheets(encoding, tmp_path):
    (tmp_path / "t.csv").write_bytes("größe;y\n1;2\n".encode(encoding))
    assert read_table(str(tmp_path / "t.csv")).names == ["größe", "y"]


def test_files_that_are_no_tables(tmp_path, monkeypatch):
    with pytest.raises(OSError, match="it is a directory, not a CSV file"):
        read_table(str(tmp_path))
    with pytest.raises(OSError, match="there is no such file"):
        read_table(str(tmp_path / "none.csv"))
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04\x00")
    with pytest.raises(ValueError, match="this is not a text file: save it as CSV in the program that it comes from"):
        read_table(str(tmp_path / "t.xlsx"))
    monkeypatch.setattr(csv_files, "MAX_BYTES", 4)
    with pytest.raises(ValueError, match="the file has more than 0 MB: take a random part of its rows"):
        read_table(str(tmp_path / "t.xlsx"))


# --- Strings as numbers -----------------------------------------------------------------------------------


def test_numbers_and_missing_values():
    column = typed("x", ["1", " 2.5".strip(), "-3e2", "", "NA", "nan", "?"] + ["7"] * 10 + ["many"])
    assert column.values[:3].tolist() == [1.0, 2.5, -300.0]
    assert np.flatnonzero(column.missing).tolist() == [3, 4, 5, 6, 17]
    assert column.unread == {17: "many"}
    assert typed("x", ["1,5", "-2", ",5"], decimal_comma=True).values.tolist() == [1.5, -2.0, 0.5]
    assert typed("x", ["1,5", "-2"]).labels == ("-2", "1,5")
    assert np.isnan(typed("x", ["1"] * 20 + ["1e300"]).values[-1])


@pytest.mark.parametrize(
    ("cells", "coding"),
    [
        (["yes", "no"], "yes = 1, no = 0"),
        (["No", "YES", "yes"], "YES = 1, No = 0"),
        (["true", "False"], "true = 1, False = 0"),
        (["ja", "nein"], "ja = 1, nein = 0"),
        (["m", "f", ""], "m = 1, f = 0"),
        (["c", "a", "b"], "a = 0, b = 1, c = 2"),
        (["1", "2"], ""),
    ],
)
def test_names_and_their_numbers(cells, coding):
    assert typed("x", cells).coding == coding


def test_targets():
    assert task_of(as_target(typed("y", ["1", "2", "4"]))) is NUMBER
    assert task_of(as_target(typed("y", ["yes", "no", ""]))) is TWO_CLASSES
    assert task_of(as_target(typed("y", ["a", "b", "c"]))) is CLASSES
    two = as_target(typed("y", ["0", "1", "", "1"]))
    assert (two.labels, two.values[[0, 1, 3]].tolist()) == (("0", "1"), [0.0, 1.0, 1.0])
    assert two.missing.tolist() == [False, False, True, False]
    assert as_target(typed("y", ["1000000", "1000001"])).labels == ("1000000", "1000001")
    assert as_target(typed("y", ["0.1", "1e-7"])).labels == ("1e-07", "0.1")
    for cells, message in [
        (["5", "5"], "the target y is the same in all rows: there is nothing to learn"),
        (["", ""], "the target y is missing in all rows: there is nothing to learn"),
        ([f"name {i}" for i in range(21)], "the target y is text with 21 different values: choose a column of numbers, "
         "of yes and no, or of at most 20 names of classes"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=exactly(message)):
            as_target(typed("y", cells))


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("age", ["1", "2", "3"], ""),
        ("member", ["yes", "no", "no"], ""),
        ("x", ["1", "", ""], "missing in 2 of 3 rows"),
        ("x", ["1", "1", ""], "the same in all rows"),
        ("town", ["Bern", "Chur", "Genf"], "text that is different in every row"),
        ("town", ["Bern", "Chur", "Genf", "Bern"], "text with 3 different values, such as Bern; to use it, give each "
         "value a column of its own with yes and no"),
        ("price", ["$1", "$2", "$3"], "text with 3 different values, such as $1; to use it, write its numbers as "
         "1234.5"),
        ("customer_id", ["7", "9", "8"], "an identifier: a different number in every row"),
        ("customer_id", ["7", "9", "9"], ""),
        ("paid", ["7", "9", "8"], ""),
    ],
)  # fmt: skip
def test_columns_that_are_left_out(name, cells, reason):
    assert reason_to_leave_out(typed(name, cells)) == reason


def test_the_choice_of_columns():
    table = Table(["x", "town", "y"], [["1", "a", "2"], ["2", "b", "4"], ["3", "c", "6"]], [2, 3, 4])
    choice = choose_columns(table, "y")
    assert [column.name for column in choice.inputs] == ["x"]
    assert (choice.target.name, choice.left_out) == ("y", {"town": "text that is different in every row"})
    for names, target, message in [
        (["x", "town", "y"], "z", "unknown column 'z'. Known columns: x, town, y"),
        (["price", "a", "y"], "prize", "unknown column 'prize': did you mean 'price'? Known columns: price, a, y"),
        (["x", "town", "y"], None, "name the column to predict, --target COLUMN; the columns are x, town, y"),
        (["1.5", "a", "2"], "y", "the first line, 1.5,a,2, is not a header: write a line with the names of the columns "
         "above it"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=exactly(message)):
            choose_columns(Table(names, table.rows, table.lines), target)
    with pytest.raises(ValueError, match="there is no column to learn y from: town is text that is different in every"):
        choose_columns(Table(["town", "y"], [["a", "1"], ["b", "2"], ["c", "3"]], [2, 3, 4]), "y")
    assert choose_columns(Table(["2019", "2020"], [["1", "2"], ["2", "3"]], [2, 3]), "2020").target.name == "2020"


# --- Samples ----------------------------------------------------------------------------------------------


def column(name, *values):
    return Column(name, np.array(values, dtype=float))


def test_rows_are_split_by_the_seed():
    x, y = column("x", *range(20), np.nan), column("y", *range(0, 40, 2), 5)
    samples = split([x], y, seed=0)
    (X, targets), (X_held, _) = samples.parts()
    assert (X.shape, X_held.shape) == ((16, 1), (4, 1))
    assert (2 * X[:, 0]).tolist() == targets.tolist()
    assert sorted(samples.rows) == complete_rows([x, y]) == list(range(20))
    assert samples.X[:, 0].tolist() == samples.rows
    assert split([x], y, seed=0).rows == samples.rows != split([x], y, seed=1).rows


def test_rows_that_are_too_few():
    x = column("x", *range(9))
    message = "9 complete rows, but at least 10 are needed, 8 to train on and 2 to check"
    with pytest.raises(ValueError, match=exactly(message)):
        split([x], x, seed=0)
    x, y = column("x", *range(10)), column("y", *[0] * 9, 1)
    seed = next(seed for seed in range(20) if 9 in np.random.default_rng(seed).permutation(10)[8:])
    with pytest.raises(ValueError, match="y is the same in all 8 training rows: try another --seed"):
        split([x], y, seed)


def test_scales():
    scale = scale_of(np.array([[1.0, 7.0], [3.0, 7.0]]))
    assert scale.standardised(np.array([[5.0, 8.0]])).tolist() == [[3.0, 0.0]]


def test_a_column_that_is_constant_in_the_training_rows_counts_for_nothing():
    x, y = column("x", *range(30)), column("y", *range(0, 60, 2))
    held_out = split([x], y, seed=0).rows[24:]
    rare = column("rare", *(5000.3 if row in held_out else 0.1 for row in range(30)))
    trained = train(split([x, rare], y, seed=0), [], lr=0.05, epochs=300, seed=0)
    assert trained.model.w[1].data == 0
    assert trained.history.validation_metric[-1] > 0.99


# --- Training ---------------------------------------------------------------------------------------------


def samples_of(y, labels=(), n=40):
    """Samples of two inputs in very different units; `y` computes the target from both."""
    source = np.random.default_rng(0)
    X = np.column_stack([source.normal(50, 10, n), source.normal(0.002, 0.001, n)])
    target = Column("y", np.array([y(a, b) for a, b in X], dtype=float), labels)
    inputs = [Column(name, values) for name, values in zip("ab", X.T, strict=True)]
    return Samples(inputs, target, X, target.values, 32, list(range(n)))


def test_a_line_is_found_in_the_units_of_the_file():
    trained = train(samples_of(lambda a, b: 3 * a - 2000 * b + 7), [], lr=0.05, epochs=300, seed=0)
    w, b = [w.data for w in trained.model.w], trained.model.b.data
    assert [*w, b] == pytest.approx([3, -2000, 7], rel=1e-4)
    assert trained.history.metric[-1] == pytest.approx(1)
    assert trained.history.metric_name == "r²"


@pytest.mark.parametrize("hidden", [[], [3]])
@pytest.mark.parametrize(
    ("labels", "kinds"), [((), (Neuron, MLP)), (("no", "yes"), (Neuron, MLP)), (("p", "q", "r"), (Layer, MLP))]
)
def test_the_model_computes_the_same_in_original_units(labels, kinds, hidden):
    samples = samples_of(lambda a, b: float(a > 45) + float(len(labels) == 3 and a > 55), labels)
    trained = train(samples, hidden, lr=0.05, epochs=5, seed=0)
    assert type(trained.model) is kinds[bool(hidden)]
    standardised = trained.standardised.predict(trained.inputs.standardised(samples.X))
    if len(labels) == 2:
        standardised = 1 / (1 + np.exp(-standardised))
    expected = standardised * trained.output.spread + trained.output.mean
    np.testing.assert_allclose(trained.model.predict(samples.X), expected, rtol=1e-9, atol=1e-9)
    assert trained.history.metric_name == ("accuracy" if labels else "r²")


def test_scales_are_folded_into_the_first_and_the_last_layer():
    inputs, output = Scale(np.array([10.0]), np.array([2.0])), Scale(np.array(5.0), np.array(3.0))
    neuron = in_original_units(Neuron(1, None, weights=[4.0], bias=1.0), inputs, output)
    assert (neuron.w[0].data, neuron.b.data) == (6.0, -52.0)
    network = MLP(1, [2, 1], "tanh", seed=0)
    folded = in_original_units(network, inputs, output)
    assert folded.predict([12.0])[0] == pytest.approx(network.predict([1.0])[0] * 3 + 5)


# --- The report -------------------------------------------------------------------------------------------


def test_what_was_left_out_is_named():
    source = Table(["x", "town", "y"], [["1", "a", "1"]] * 12, list(range(2, 14)), uneven=[20])
    x = Column("x", np.array([np.nan, *range(11)]), unread={0: "many"})
    choice = Choice([x], typed("y", ["yes", "no"] * 6), {"town": "the same in all rows"})
    assert list(data_lines(source, choice, split(choice.inputs, choice.target, 0))) == [
        "  13 rows of 3 columns, separated by commas",
        "  left out: column town, the same in all rows",
        "  left out: 1 row, line 20, with another number of cells than the header",
        "  left out: 1 row, line 2 (x is many), where a value is missing",
        "  y: yes = 1, no = 0",
        "  9 training rows, 2 held out to check",
    ]


def test_whole_numbers_that_may_be_classes():
    choice = Choice([column("x", *range(12))], column("y", *[1, 2, 3] * 4), {})
    lines = list(
        data_lines(Table(["x", "y"], [["0", "0"]] * 12, [2] * 12), choice, split(choice.inputs, choice.target, 0))
    )
    assert lines[1] == "  y is learned as a number; if its 3 values are classes, write names for them"


def test_weights_of_one_neuron_of_several_and_of_a_network():
    def head(labels, hidden):
        """The cells of the head, and the number of lines."""
        samples = samples_of(lambda a, b: a > 50, labels)
        rows = list(weight_table(train(samples, hidden, 0.05, 1, 0), samples))
        return re.split(r" {2,}", rows[1].strip()), len(rows)

    assert head((), [])[0][-1] == "weight per unit"
    assert head(("p", "q", "r"), [])[0][-1] == "weight for r"
    assert head((), [2]) == (["column", "mean", "scale"], 4)


def test_the_quality_beside_that_of_a_baseline():
    samples = samples_of(lambda a, b: a > 45, ("no", "yes"))
    rows = [line.split() for line in quality_table(train(samples, [], 0.05, 50, 0), samples)]
    share = f"{np.mean(samples.y[:32]):.1%}"
    assert rows[0][0] == "accuracy"
    assert rows[2][:3] == ["always", "yes", share]
    numbers = samples_of(lambda a, b: a)
    lines = list(quality_table(train(numbers, [], 0.05, 50, 0), numbers))
    assert lines[2].split()[:3] == ["always", "the", "mean,"]
    assert lines[2].split()[4] == "0.000"
    assert "On the held-out rows, ŷ is off by " in lines[3]


@pytest.mark.parametrize(
    ("labels", "ending"),
    [
        ((), "; in line 34, y is 1.0"),
        (("no", "yes"), ", the probability of yes; line 34 says yes"),
        (("p", "q", "r"), "; line 34 says q"),
    ],
)
def test_how_the_saved_model_is_used(labels, ending):
    samples = samples_of(lambda a, b: float(a > 0), labels)
    source = Table(["a", "b", "y"], [], list(range(2, 42)))
    samples.y[0] = 0
    lines = list(usage(train(samples, [], 0.05, 1, 0), samples, source, "m.json"))
    assert lines[1] == "  a, b"
    assert f".load('m.json').predict([[{samples.X[32, 0]:.12g}, " in lines[3]
    assert lines[-1].endswith(ending)
