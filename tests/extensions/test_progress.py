"""Work that takes long says what it is doing."""

import io
import sys

from autograd import sin, vectorize
from autograd.extensions import progress, tracing


class Terminal(io.StringIO):
    def isatty(self):
        return True


def watched(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def long_function(x):
    for _ in range(100):
        x = sin(x) + 0.5
    return x


def test_a_long_first_call_shows_its_stages(monkeypatch):
    terminal = watched(monkeypatch)
    monkeypatch.setattr(progress.Progress.__init__, "__defaults__", (0.0,))
    monkeypatch.setattr(tracing, "WATCHED", 64)
    vectorize(long_function, batch="x")(x=[1.0])
    shown = terminal.getvalue()
    for stage in (
        "recording long_function: 128 operations",
        "simplifying 200 operations of long_function", "grouping 200 operations of long_function",
        "looking for loops in 200 statements of long_function",
    ):  # fmt: skip
        assert stage in shown


def test_a_short_first_call_shows_nothing(monkeypatch):
    terminal = watched(monkeypatch)
    vectorize(long_function, batch="x")(x=[1.0])
    assert terminal.getvalue() == ""


def test_nothing_is_shown_where_nobody_watches(monkeypatch, capsys):
    monkeypatch.setattr(progress.Progress.__init__, "__defaults__", (0.0,))
    vectorize(long_function, batch="x")(x=[1.0])
    assert capsys.readouterr() == ("", "")
