"""Saving and loading models: every digit, and no file that does not fit."""

import json
import math
import os
import re
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuron import MLP, Layer, Neuron
from neuron.models import neuron
from tests.robustness import model_files

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


@given(st.lists(FLOATS, min_size=3, max_size=3), FLOATS)
def test_every_digit_survives(tmp_path_factory, weights, bias):
    file = tmp_path_factory.getbasetemp() / "neuron.json"
    Neuron(3, "tanh", weights=weights, bias=bias).save(file)
    loaded = Neuron.load(file)
    assert numbers(loaded) == [*weights, bias]
    assert [math.copysign(1, p) for p in numbers(loaded)] == [math.copysign(1, p) for p in (*weights, bias)]


@pytest.mark.parametrize(
    "model",
    [Neuron(1, None), Layer(2, 3, "sigmoid"), MLP(2, [4, 3, 1], "tanh", "sigmoid"), MLP(2, [1]), MLP(1, [1, 1])],
    ids=repr,
)
def test_every_kind_of_model(model, tmp_path):
    model.save(tmp_path / "m.json")
    loaded = type(model).load(tmp_path / "m.json")
    assert repr(loaded) == repr(model)
    assert numbers(loaded) == numbers(model)
    X = [[0.5] * model.nin]
    assert loaded.predict(X).tolist() == model.predict(X).tolist()


def test_the_file_can_be_read_by_people_and_programs(tmp_path):
    n = Neuron(1, activation=None, weights=[0.5], bias=0.1)
    n.w[0].label = "slope"  # a label of one's own is no matter of the file
    n.save(str(tmp_path / "n.json"))
    assert json.loads((tmp_path / "n.json").read_text(encoding="utf-8")) == {
        "format": "scalar-autograd model 1",
        "model": "Neuron",
        "arguments": {"nin": 1, "activation": "linear"},
        "parameters": {"w": 0.5, "b": 0.1},
    }


def good():
    return {
        "format": "scalar-autograd model 1",
        "model": "MLP",
        "arguments": {"nin": 1, "nouts": [2, 1], "activation": "relu", "output_activation": "linear"},
        "parameters": {"w1[0,0]": 1, "b1[0]": 2, "w1[1,0]": 3, "b1[1]": 4, "w2[0]": 5, "w2[1]": 6, "b2": 7},
    }


def put(*path):
    """A change to a good file: the place, and what to put there."""

    def change(content):
        *places, last, value = path
        part = content
        for place in places:
            part = part[place]
        part[last] = value

    return change


def drop(*path):
    def change(content):
        *places, last = path
        part = content
        for place in places:
            part = part[place]
        del part[last]

    return change


MODEL = "MLP(1, [2, 1], activation='relu', output_activation='linear')"
BAD = {
    "another format": (put("format", "v0"), "is not a model: its format is 'v0', not 'scalar-autograd model 1'"),
    "no format": (drop("format"), "is not a model: its format is None"),
    "another model": (put("model", "Layer"), "model is 'Layer', not 'MLP'; load it with the class that saved it"),
    "no arguments": (drop("arguments"), "arguments is None, not a table of names"),
    "a default argument is missing": (drop("arguments", "activation"), "activation is missing from the arguments"),
    "weights as arguments": (put("arguments", "seed", 3), "seed does not belong in the arguments"),
    "huge sizes": (
        put("arguments", "nin", 10**12),
        "cannot create MLP with the arguments {'nin': 1000000000000, 'nouts': [2, 1], 'activation': 'relu…: "
        "they need 2000000000005 parameters, but the file has 7",
    ),
    "an activation of nothing": (put("arguments", "activation", 7), "unknown activation 7. Known activations: linear"),
    "something else": (put("comment", "hi"), "comment does not belong in the file"),
    "null": (put("parameters", "b2", None), "parameters: b2 is None, which is not a finite number"),
    "parameters in a list": (put("parameters", [1, 2]), "parameters is [1, 2], not a table of names"),
    "an unknown argument": (put("arguments", "depth", 3), "cannot create MLP with the arguments {"),
    "an argument is missing": (drop("arguments", "nouts"), "cannot create MLP with the arguments {"),
    "wrong size": (put("arguments", "nouts", [2, 0]), "at least 1 neuron is needed, not 0"),
    "unknown activation": (put("arguments", "activation", "rleu"), "unknown activation 'rleu': did you mean 'relu'?"),
    "a parameter is missing": (drop("parameters", "w2[1]"), f"w2[1] is missing from the parameters of {MODEL}"),
    "a parameter too many": (put("parameters", "w2[2]", 0.5), f"w2[2] does not belong in the parameters of {MODEL}"),
    "another structure": (
        put("arguments", "nouts", [3, 1]),
        "w1[2,0] is missing from the parameters of MLP(1, [3, 1], activation='relu'",
    ),
    "a text": (put("parameters", "b2", "7"), "parameters: b2 is '7', which is not a finite number"),
    "a truth value": (put("parameters", "b2", True), "b2 is True, which is not a finite number"),
    "nan": (put("parameters", "b2", math.nan), "b2 is nan, which is not a finite number"),
    "too large": (put("parameters", "b2", 10**400), "which is not a finite number"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_does_not_fit_is_refused_with_the_place(case, tmp_path):
    change, message = BAD[case]
    content = good()
    file = tmp_path / "m.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    assert numbers(MLP.load(file)) == [1, 2, 3, 4, 5, 6, 7]
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        MLP.load(file)
    assert str(error.value).startswith(str(file))


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", "null", '{"format": 1}', "\x00"])
def test_a_file_that_is_something_else(text, tmp_path):
    file = tmp_path / "m.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"m\.json is not a model: "):
        Neuron.load(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"is not a model: it is not JSON"):
        Neuron.load(file)


def test_files_that_editors_leave_behind(tmp_path):
    file = tmp_path / "n.json"
    Neuron(1, None, weights=[0.5]).save(file)
    text = file.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8-sig")  # with a byte order mark
    assert Neuron.load(file).w[0].data == 0.5
    file.write_text(text.replace('"b": 0.0', '"b": 0.0, "b": 9.0'), encoding="utf-8")
    with pytest.raises(ValueError, match="'b' occurs twice"):
        Neuron.load(file)


HUGE = 10**400
HOSTILE = {
    "a product of sizes": ([2000, 2000, 1], "they need 4008001 parameters, but the file has 7"),
    "many layers": ([1] * 10**5, "they need 200000 parameters, but the file has 7"),
    "huge": ([HUGE], "parameters, but the file has 7"),
    "negative": ([-2, -1], "at least 1 neuron is needed, not -2"),
    "a fraction": ([2.0, 1], "the number of neurons must be a whole number, not 2.0"),
    "a truth value": ([True], "the number of neurons must be a whole number, not True"),
    "a long string": (["1" * 10**5], "the number of neurons must be a whole number, not '1111111111"),
    "nested": ([[2], [1]], "the number of neurons must be a whole number, not [2]"),
    "no list": (2, "MLP(1, 2): the sizes of the layers are a list with at least one entry: write MLP(1, [2])"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_sizes_are_checked_before_anything_is_created(case, tmp_path, monkeypatch):
    nouts, message = HOSTILE[case]
    content = good()
    content["arguments"]["nouts"] = nouts
    file = tmp_path / "m.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(neuron, "Value", None)
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        MLP.load(file)
    assert len(str(error.value)) < len(str(file)) + 301


def test_the_size_and_the_depth_of_a_file_are_limited(tmp_path):
    file = tmp_path / "n.json"
    n = Neuron(1, None, weights=[0.5])
    n.save(file)
    size = file.stat().st_size
    assert Neuron.load(file, max_bytes=size).w[0].data == 0.5
    message = f"{file} has more than {size - 1} bytes; load(file, max_bytes=...) reads larger files"
    with pytest.raises(ValueError, match=re.escape(message)):
        Neuron.load(file, max_bytes=size - 1)
    for text in ("[" * 100_000, "[" * 9 + "]" * 9, '{"a": [' * 5 + "]}" * 5, "[1], [" * 20):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"is not JSON \(it is nested more than 8 levels deep\)"):
            Neuron.load(file)
    for text in ('{"format": [[], [[]], {}', "[" * 8 + "]" * 8, "]" * 100):  # no model, but not too deep
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"is not a model: it(s format)? is (?!.*nested)"):
            Neuron.load(file)
    file.write_text('"' + '\\"' * 10**5, encoding="utf-8")  # a string without an end is read once
    with pytest.raises(ValueError, match="is not JSON"):
        Neuron.load(file)
    file.write_text(json.dumps({"format": "[" * 100 + '\\"['}), encoding="utf-8")  # brackets in strings do not nest
    with pytest.raises(ValueError, match="its format is '"):
        Neuron.load(file)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="devices and pipes of POSIX")
def test_files_that_never_end_and_pipes(tmp_path):
    with pytest.raises(ValueError, match="/dev/zero has more than 10,000 bytes; load"):
        Neuron.load("/dev/zero", max_bytes=10_000)
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=Neuron(1, weights=[0.5]).save, args=[tmp_path / "pipe"])
    writer.start()
    assert Neuron.load(tmp_path / "pipe").w[0].data == 0.5
    writer.join()


class Fixed(Neuron):
    """Its bias does not learn, and it has other arguments."""

    def __init__(self, size):
        super().__init__(nin=size, activation=None, weights=[0.5] * size)

    def arguments(self):
        return {"size": self.nin}

    def parameters(self):
        return self.w[:1]


class Doubled(MLP):
    def forward(self, inputs, number):
        return [2 * output for output in super().forward(inputs, number)]


def test_models_of_ones_own(tmp_path):
    file = tmp_path / "m.json"
    Fixed(5).save(file)
    assert numbers(Fixed.load(file)) == [0.5]
    Doubled(1, [2, 1], seed=0).save(file)
    assert Doubled.load(file).predict([[1.0]]) == 2 * MLP(1, [2, 1], seed=0).predict([[1.0]])
    content = json.loads(file.read_text(encoding="utf-8"))
    content["arguments"]["nouts"] = [1000, 1000]
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match="they need 1003000 parameters, but the file has 7"):
        Doubled.load(file)
    assert (Fixed.sizes(size=5), Doubled.sizes(1, [2, 1]), Neuron.sizes(3), Layer.sizes(2, 3)) == (
        [],
        [1, 2, 1],
        [3, 1],
        [2, 3],
    )


def test_random_changes_to_good_files():
    outcomes, slowest, largest = model_files.attack(150, seed=0)
    assert set(outcomes) == {"accepted", "refused"}
    assert min(outcomes.values()) > 15
    assert slowest < model_files.MAX_SECONDS
    assert largest < model_files.MAX_MEMORY


def test_wrong_answers_to_a_file_are_seen(tmp_path):
    file = tmp_path / "m.json"
    Neuron(1, weights=[0.5]).save(file)

    class Wrong(Neuron):
        @classmethod
        def load(cls, file):
            if isinstance(answer, Exception):
                raise answer
            return answer

    answers = {
        "another model": Neuron(1, weights=[0.25]),
        "crash: TypeError": TypeError("no"),
        "unreadable message: 'no place'": ValueError("no place"),
        "unreadable": ValueError(f"{file}: two\nlines"),
        "unreadable message": ValueError(f"{file}: {'long' * 100}"),
        "accepted": Neuron(1, weights=[0.5]),
    }
    for outcome, answer in answers.items():  # noqa: B007 - `load` gives the answer
        assert model_files.outcome(Wrong, file)[0].startswith(outcome)


def test_a_model_that_a_file_cannot_hold_is_not_saved(tmp_path):
    mixed = MLP(1, [2, 1])
    mixed.layers[0].neurons[1].activation = "tanh"
    with pytest.raises(ValueError, match="a file cannot hold layers of neurons with different activations"):
        mixed.save(tmp_path / "m.json")
    with pytest.raises(AttributeError):
        Layer(1, 2).activation = "tanh"


def test_what_cannot_be_saved(tmp_path):
    n = Neuron(2, weights=[1.0, math.inf])
    with pytest.raises(ValueError, match=r"was not saved: its parameter w\[1\] is inf"):
        n.save(tmp_path / "n.json")
    assert not (tmp_path / "n.json").exists()
    with pytest.raises(FileNotFoundError, match=r"cannot be written: No such file or directory: .*nowhere"):
        Neuron(1).save(tmp_path / "nowhere" / "n.json")
    with pytest.raises(OSError, match="cannot be written"):
        Neuron(1).save(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"nothing\.json"):
        Neuron.load(tmp_path / "nothing.json")


def test_the_largest_numbers(tmp_path):
    n = Neuron(2, weights=[sys.float_info.max, 5e-324])
    n.save(tmp_path / "n.json")
    assert numbers(Neuron.load(tmp_path / "n.json")) == numbers(n)
