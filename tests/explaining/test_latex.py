"""Names, numbers and explanations in LaTeX, also read by KaTeX where that is installed."""

import json
import shutil
import subprocess
from itertools import pairwise

import pytest

from autograd import Constant, Value, define, exp, explain, mean, relu, sigmoid, sqrt, tanh
from autograd import sum as sum_
from autograd.explaining.chain import Chain
from autograd.explaining.closed_form import leaf_formula
from autograd.explaining.latex import latex_name, latex_number
from autograd.explaining.words import LANGUAGES

NAMES = {
    "w": "w",
    "ŷ": r"\hat{y}",
    "y\u0302": r"\hat{y}",
    "x̄": r"\bar{x}",
    "λ": r"\lambda",
    "Σ": r"\Sigma",
    "t₁₂": "t_{12}",
    "ŷ₁": r"\hat{y}_{1}",
    "w3": "w_{3}",
    "w[3]": "w_{3}",
    "w2[0,1]": "w_{2}[0,1]",
    "loss": r"\mathrm{loss}",
    "y_hat": r"y_{\mathrm{hat}}",
    "ŷ'": r"\text{$\hat{y}$'}",
    "a<b": r"\text{a<b}",
    "x|y": r"\text{x|y}",
    '"q"': r'\text{"q"}',
    "p{0": r"\text{p\{0}",
    "a&b": r"\text{a\&b}",
    "100%": r"\text{100\%}",
    "$x$": r"\text{\$x\$}",
    "back\\slash": r"\text{back\textbackslash{}slash}",
    "😀": r"\text{(grinning face)}",
    "é": r"\acute{e}",
    "^_~#": r"\text{\textasciicircum{}\_\textasciitilde{}\#}",
    "x²": r"\text{x$^2$}",
    "1.5": "1.5",
}


@pytest.mark.parametrize("label", NAMES)
def test_names(label):
    assert latex_name(label) == NAMES[label]


def test_numbers():
    texts = ["-0.8", "(-0.8)", "1.5e-08", "(-1e+20)", "inf", "-inf", "nan"]
    assert [latex_number(text) for text in texts] == [
        "-0.8", "(-0.8)", r"1.5 \cdot 10^{-8}", r"(-1 \cdot 10^{20})", r"\infty", r"-\infty", r"\mathrm{nan}",
    ]  # fmt: skip


def neuron(label="ŷ"):
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    x, y = Constant(2.0, label="x"), Constant(1.5, label="y")
    return w, (((w * x + b).named(label) - y) ** 2).named("L")


def two_paths():
    w, L = neuron()
    return w, (L + (Constant(0.1, "λ") * w**2).named("R")).named("J")


def samples(n=4, activation=tanh):
    w = Value(0.5, label="w")
    data = [(2.0, 1.5), (1.0, 1.1), (-1.0, -0.2), (3.0, 2.4)] * (n // 4)
    return w, mean([(activation(w * Constant(x, "x")).named("ŷ") - Constant(y, "y")) ** 2 for x, y in data]).named("J")


def many_paths():
    w = z = Value(1.0, "w")
    for i in range(40):
        z = ((z * 0.5).named(f"a{i}") + (z * 0.25).named(f"b{i}")).named(f"c{i}")
    return w, z


def functions():
    w = Value(0.5, "w")
    h = (relu(w) + sqrt(w) + sigmoid(w) + exp(-w) * 1e-8 + abs(w)).named("h")
    return w, (h / w**1.5).named("z")


def strange():
    values = [Value(1.0 + i, label) for i, label in enumerate(NAMES) if label != "1.5"]
    return values[3], sum_([a * b for a, b in pairwise(values)]).named("a + b")


def astronomic():
    w = z = Value(1e-8, "w")
    for i in range(6):
        z = ((z * 1e80).named(f"a{i}") + (z * 1e-20).named(f"b{i}")).named(f"c{i}")
    return w, z


sigma = define("σ", "tanh(x)", dx="1 - z ** 2")
own = define("own_é", "x * y", dx="y", dy="x")


def functions_of_the_user():
    w = Value(0.5, "w")
    return w, (sigma(w) ** 2 + own(sigma(w), w)).named("z")


CASES = [
    functions_of_the_user,
    neuron,
    two_paths,
    samples,
    lambda: samples(160),
    many_paths,
    functions,
    strange,
    astronomic,
]


def test_of_one_path():
    w, L = neuron()
    assert explain(L, w).latex == (
        r"\frac{dL}{dw} = \frac{\partial L}{\partial \hat{y}} \cdot \frac{\partial \hat{y}}{\partial w} "
        r"= (-0.8) \cdot 2.0 = -1.6"
    )
    assert explain(L, w)._repr_latex_() == f"$$ {explain(L, w).latex} $$"


def test_of_several_paths():
    w, J = two_paths()
    assert explain(J, w).latex.splitlines() == [
        r"\begin{aligned}",
        r"\frac{dJ}{dw} &= \frac{\partial J}{\partial L} \cdot \frac{\partial L}{\partial \hat{y}} "
        r"\cdot \frac{\partial \hat{y}}{\partial w} \\",
        r"&\quad + \frac{\partial J}{\partial R} \cdot \frac{\partial R}{\partial w} \\",
        r"&= 1.0 \cdot (-0.8) \cdot 2.0 + 1.0 \cdot 0.1 \\",
        r"&= (-1.6) + 0.1 \\",
        r"&= -1.5",
        r"\end{aligned}",
    ]


def test_of_many_samples_the_smaller_ones_are_put_together():
    w, J = samples(160)
    rows = explain(J, w).latex.splitlines()
    assert rows[1].startswith(r"\frac{dJ}{dw} &= \sum_{\text{samples}} \frac{\partial J}{\partial t} \cdot")
    assert len(rows) == 6


def test_a_formula_in_latex():
    w, z = functions()
    chain = Chain(z, w)
    formulas = {
        step.factor.symbol: chain.formula(step) for value in chain.values for step in chain.paths.steps_to(value)
    }
    assert formulas["∂z/∂h"].latex == r"w^{-\frac{3}{2}}"
    assert r"\frac{1}{2 \cdot \sqrt{w}}" in formulas["∂h/∂w"].latex
    assert r"\begin{cases} 1 & \text{if } w > 0 \\ 0 & \text{else} \end{cases}" in formulas["∂h/∂w"].latex
    assert r"\left(1 \cdot 10^{-8}\right) \cdot \exp\left(-w\right)" in formulas["∂h/∂w"].latex


def test_functions_of_the_user_in_latex():
    w, z = functions_of_the_user()
    text = leaf_formula(Chain(z, w), z, z.gradients([w])[0]).latex
    assert r"\sigma\left(w\right)" in text
    assert "operatorname" not in text


KATEX = """
const katex = require("katex");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
for (const text of texts) katex.renderToString(text, {throwOnError: true, strict: "error", displayMode: true});
console.log(katex.version, texts.length);
"""


def test_katex_reads_it_all_and_finds_nothing_to_complain_about():
    node = shutil.which("node")
    if node is None or subprocess.run([node, "-e", "require('katex')"], capture_output=True, check=False).returncode:
        pytest.skip("node or katex is not installed")
    texts = [*map(latex_name, NAMES)]
    for case in CASES:
        for view in ("named", "full"):
            w, result = case()
            texts += [explain(result, w, view=view).latex, explain(result, [w], view=view).latex]
            texts += [explain(result, w, view=view, language=language).latex for language in LANGUAGES]
            chain = Chain(result, w, view)
            steps = [step for value in chain.values for step in chain.paths.steps_to(value)]
            texts += [formula.latex for formula in map(chain.formula, steps[:50]) if formula]
    run = subprocess.run(
        [node, "-e", KATEX], input=json.dumps(texts), capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout.split()[1]) == len(texts) > 100
