"""Pictures and explanations in every language: nothing is left in English."""

import re
from html import unescape

import pytest

from autograd import Constant, Value, draw, explain, mean, relu
from autograd.explaining.words import LANGUAGES, Words, words
from neuron import MLP, Neuron, losses

ENGLISH = words("en")
KEYS = {key for key in ENGLISH if key != "language" and not key.startswith("page.")}


def lesson():
    w, b = Value(0.5, "w"), Value(0.1, "b")
    y_hat = (w * Constant(2.0, "x") + b).named("ŷ")
    return w, b, y_hat, ((y_hat - 1.5) ** 2).named("L")


def over_samples(n, activation=lambda h: h):
    w = Value(0.5, "w")
    terms = [((activation(w * Constant(k + 1.0, "x")).named("ŷ") - 1.0) ** 2).named("L") for k in range(n)]
    return w, (mean(terms) + 0.1 * w).named("J")


def pictures(language):
    """Pictures and explanations that show all there is: their text, without the attributes of Graphviz."""

    def drawn(root, wrt=None, **options):
        drawing = draw(root, wrt, language=language, **options)
        source = re.sub(r'\bstyle="?\w+"?', "", drawing.source)
        return unescape(re.sub(r"<[^>]*>", "\n", source)) + drawing.words

    def explained(root, wrt=None, **options):
        explanation = explain(root, wrt, language=language, **options)
        return f"{explanation}\n{explanation.latex}"

    yield explained((Value(0.1, "v") + 0.2 - 0.3).named("h"))
    w, b, y_hat, L = lesson()
    yield drawn(L)
    L.backward()
    yield drawn(L, [w, b]) + explained(L)
    L.backward()
    yield drawn((L + (w**2).named("R")).named("J"), w)
    yield explained(L, w) + explained((L * 2).named("M"), y_hat) + explained((L * 3).named("M"), w)
    w.grad = 0.0
    yield explained(L, w)
    w.data = 0.7
    yield drawn(L, w) + drawn((L * 2).named("M"), w)
    v = Value(0.0, "v")
    yield drawn((v * v + 2 * v).named("q"), v, view="full") + drawn((v * v * v * v).named("q"), v, view="full")
    yield drawn(relu(v).named("r"), v) + explained((relu(v + 1) * 2).named("r"), v)
    many = v
    for i in range(25):
        many = ((many * 2).named(f"p{i}") + (many * 3).named(f"q{i}")).named(f"z{i}")
    yield drawn(many, v) + explained(many, v)
    for n in (3, 40):
        w, J = over_samples(n)
        yield drawn(J, w) + explained(J, w)
    model = Neuron(2, "sigmoid", weights=[0.5, -0.25], bias=0.1)
    data = [([1.0, 2.0], 1), ([0.5, -1.0], 0), ([-1.0, 1.0], 1)]
    yield drawn(mean([losses.binary_cross_entropy(model(x), y) for x, y in data]).named("J"), model.w[0])
    network = MLP(2, [40, 1], seed=1)
    network_loss = (network([Constant(1.0, "x[0]"), Constant(-2.0, "x[1]")]) ** 2).named("L")
    yield drawn(model) + drawn(MLP(2, [40, 1], seed=1))
    wide = Neuron(30, None, seed=1)
    L = (wide([Constant(1.0 + i, f"x[{i}]") for i in range(30)]) ** 2).named("L")
    for root in (network_loss, L):
        yield drawn(root)
        root.backward()
        yield drawn(root)
    wide.w[3].data = 5.0
    yield drawn(L)
    y = (w * 2).named("y")
    for i in range(200):
        y = y + Value(1.0, f"{'abcdefg'[i % 7]}{'x' * (i // 7)}")
    yield drawn(y.named("s"), w)


def test_the_pictures_of_these_tests_use_every_word(monkeypatch):
    used = set()

    def called(self, key, **parts):
        used.add(key)
        return call(self, key, **parts)

    call = Words.__call__
    monkeypatch.setattr(Words, "__call__", called)
    assert list(pictures(dict(ENGLISH)))
    assert KEYS - used == set()


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_nothing_is_left_in_english(language):
    shown, translated = "\n".join(pictures(language)), words(language)
    for key in KEYS:
        for phrase in map(str.strip, re.split(r"\{\w+\}", ENGLISH[key])):
            if re.search(r"[a-z]", phrase) and phrase not in translated[key]:
                found = re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", shown)
                assert not found, (key, shown[found.start() - 50 : found.end() + 50])
    phrases = [phrase.strip() for key in KEYS for phrase in re.split(r"\{\w+\}", translated[key])]
    unseen = {phrase for phrase in phrases if phrase not in shown}
    assert unseen <= {translated["and"], translated["or"]}, "only formulas of recorded functions have these"


def test_a_german_picture_of_a_model():
    drawing = draw(MLP(2, [40, 1], seed=1), language="de")
    assert "Gewichte:  durchgezogen: positiv;  gestrichelt: negativ;  je dicker, desto größer" in drawing.source
    assert "35 weitere" in drawing.source
    assert "more" not in drawing.words
    assert "to translate" in draw(Neuron(1), language={"weights": "to translate"}).source


def test_a_german_picture():
    w, b, _, L = lesson()
    L.backward()
    drawing = draw((L + (w**2).named("R")).named("J"), w, language="de")
    for text in (
        "dJ/dw = Summe über 2 Pfade",
        "Pfad 2 (gestrichelt):  ∂J/∂R · ∂R/∂w",
        "insgesamt:  (−1.6) + 1.0 = −0.6",
    ):
        assert text in drawing.source
    assert "insgesamt:  (-1.6) + 1.0 = -0.6" in drawing.words
    assert "dJ/dJ = nicht berechnet" in drawing.words
    assert str(explain(L, b, language="de")).startswith("dL/db = ∂L/∂ŷ · ∂ŷ/∂b = (-0.8) · 1.0 = -0.8\n")
    assert explain(relu(b).named("r"), b, language="de").closed_form == "1 falls b > 0, sonst 0"
