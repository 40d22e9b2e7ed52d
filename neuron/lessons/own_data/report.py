"""The lines that are printed of a training on one's own file: its columns, its weights, its quality, its use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from autograd.extend import number, shortened
from neuron.lessons.lesson import table
from neuron.lessons.own_data.csv_files import SEPARATORS, Table
from neuron.lessons.own_data.samples import Samples
from neuron.lessons.own_data.training import NUMBER, TWO_CLASSES, Trained, task_of
from neuron.lessons.own_data.typed_columns import Choice, Column
from neuron.models.neuron import MLP, Neuron

__all__ = ["data_lines", "quality_table", "usage", "weight_table"]

MAX_LISTED = 5
"""The number of lines of the file, or of values, that a line of the report lists."""


def data_lines(source: Table, choice: Choice, samples: Samples) -> Iterator[str]:
    """The size of the table, what was left out of it, and how names became numbers."""
    total = len(source.rows) + len(source.uneven)
    yield f"  {total:,} rows of {len(source.names)} columns, separated by {SEPARATORS[source.separator]}"
    for name, reason in choice.left_out.items():
        yield f"  left out: column {shortened(name)}, {reason}"
    if source.uneven:
        yield f"  left out: {_rows_on(source.uneven)}, with another number of cells than the header"
    columns = [*choice.inputs, choice.target]
    incomplete = sorted({*range(len(source.rows))} - {*samples.rows})
    if incomplete:
        places = [f"{source.lines[row]} ({', '.join(_missing(row, columns))})" for row in incomplete]
        yield f"  left out: {_rows_on(places)}, where a value is missing"
    for column in columns:
        if column.labels:
            yield f"  {shortened(column.name)}: {column.coding}"
        if column.doubtful:
            read = number(float(column.doubtful.replace(",", ".")), 6)
            whole = re.sub(r"[.,]", "", column.doubtful)
            yield f"  {shortened(column.name)}: {column.doubtful} is read as {read}; if it means {whole}, write that"
    values = np.unique(samples.y)
    if not choice.target.labels and len(values) <= MAX_LISTED and np.all(values == values.round()):
        name = shortened(choice.target.name)
        yield f"  {name} is learned as a number; if its {len(values)} values are classes, write names for them"
    yield f"  {samples.training:,} training rows, {len(samples.y) - samples.training:,} held out to check"


def weight_table(trained: Trained, samples: Samples) -> Iterator[str]:
    """The mean and the scale of each column; without hidden layers the weights of each neuron, too.

    Those of a single neuron are for standardised numbers, and in the units of the file.
    """
    head, model = ["column", "mean", "scale"], trained.standardised
    names = [*(shortened(column.name) for column in samples.inputs), "(bias)"]
    cells = [[*(number(x, 6) for x in numbers.tolist()), ""] for numbers in trained.inputs]
    if isinstance(model, MLP):
        names.pop()
    else:
        head += [f"weight for {shortened(label)}" for label in samples.target.labels] if model.nout > 1 else ["weight"]
        cells += [[f"{parameter.data:z.4f}" for parameter in (*neuron.w, neuron.b)] for neuron in model.columns()[0]]
    if isinstance(trained.model, Neuron):
        head += ["weight per unit"]
        cells += [[number(parameter.data) for parameter in trained.model.parameters()]]
    yield "  For the training, each column is standardised: (value - mean) / scale, those of the training rows"
    yield from table(head, list(zip(names, *cells, strict=False)))  # a network's has no row for the bias


def quality_table(trained: Trained, samples: Samples) -> Iterator[str]:
    """The metric of the model and of a baseline, on the training rows and on those held out."""
    task, labels, history = task_of(samples.target), samples.target.labels, trained.history
    parts = samples.parts()
    y = parts[0][1]
    if task is NUMBER:
        baseline, spec = f"always the mean, {number(float(y.mean()), 6)}", "z.3f"
        constant = [task.metric(np.full_like(targets, y.mean()), targets) for _, targets in parts]
    else:
        common = int(np.bincount(y.astype(int)).argmax())
        baseline, spec = f"always {shortened(labels[common])}", ".1%"
        constant = [float(np.mean(targets == common)) for _, targets in parts]
    learned = [history.metric[-1], history.validation_metric[-1]]
    rows = [[name, *(f"{x:{spec}}" for x in row)] for name, row in ((_name(trained), learned), (baseline, constant))]
    yield from table([task.metric_name, "training rows", "held-out rows"], rows)
    if task is NUMBER:
        X, targets = parts[1]
        error = float(np.abs(trained.model.predict(X) - targets).mean())
        yield f"  On the held-out rows, ŷ is off by {number(error)} on average"


def usage(trained: Trained, samples: Samples, source: Table, file: str) -> Iterator[str]:
    """The Python that predicts from the saved model, with the first row that was held out as its example."""
    kind, labels, k = type(trained.model).__name__, samples.target.labels, samples.training
    inputs = (shortened(c.name) + (f" ({c.coding})" if c.labels else "") for c in samples.inputs)
    row = [float(f"{x:.12g}") for x in samples.X[k].tolist()]
    yield f"The model is in {file}. It takes the numbers as they are in the file, since its weights include the scales:"
    yield f"  {', '.join(inputs)}"
    yield f"  >>> from neuron import {kind}"
    yield f"  >>> {kind}.load({file!r}).predict([{row}])"
    output, target, line = trained.model.predict([row])[0], samples.y[k], source.lines[samples.rows[k]]
    if not labels:
        name = shortened(samples.target.name)
        yield f"  ŷ = {number(float(output))}; in line {line}, {name} is {number(float(target))}"
        return
    says = f"line {line} says {shortened(labels[int(target)])}"
    if task_of(samples.target) is TWO_CLASSES:
        yield f"  ŷ = {number(float(output))}, the probability of {shortened(labels[1])}; {says}"
    else:
        yield f"  The output is a score for each of {', '.join(map(shortened, labels))}."
        yield f"  The largest is that of {shortened(labels[int(output.argmax())])}; {says}"


def _name(trained: Trained) -> str:
    return {"Neuron": "the neuron", "Layer": "the neurons"}.get(type(trained.model).__name__, "the network")


def _missing(row: int, columns: Sequence[Column]) -> Iterator[str]:
    """The columns whose value is missing in a row, with what stands there if it is not empty."""
    for column in columns:
        if column.missing[row]:
            unread = column.unread.get(row)
            yield shortened(column.name) + (f" is {shortened(unread)}" if unread else "")


def _rows_on(places: Sequence[object]) -> str:
    """The number of rows, and their lines in the file.

    >>> _rows_on([3, 8])
    '2 rows, lines 3, 8'
    """
    listed = [*map(str, places[:MAX_LISTED]), *(["..."] if len(places) > MAX_LISTED else [])]
    s = "s" * (len(places) > 1)
    return f"{len(places):,} row{s}, line{s} {', '.join(listed)}"
