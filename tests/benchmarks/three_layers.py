"""A student's network with three layers: sigmoid everywhere, squared error, samples in columns, L2 divided by N.

Its mistakes are a hold-out set: they measure the check, and nobody fits the check to them.
"""

import numpy as np

from tests.benchmarks.student_code import Mistake, Network, phrases

N = 7
SIZES = (5, 4, 4, 3)
LAM = 0.3
source = np.random.default_rng(307)
X = source.normal(size=(SIZES[0], N))
Y = source.random(size=(SIZES[-1], N))
PARAMETERS = {}
for _i in (1, 2, 3):
    PARAMETERS[f"W{_i}"] = source.normal(size=(SIZES[_i], SIZES[_i - 1]))
    PARAMETERS[f"b{_i}"] = source.normal(size=(SIZES[_i], 1))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loss(W1, b1, W2, b2, W3, b3):
    a1 = sigmoid(W1 @ X + b1)
    a2 = sigmoid(W2 @ a1 + b2)
    a3 = sigmoid(W3 @ a2 + b3)
    weights = (W1**2).sum() + (W2**2).sum() + (W3**2).sum()
    return ((a3 - Y) ** 2).sum() / N + LAM / (2 * N) * weights


def gradients(W1, b1, W2, b2, W3, b3):
    z1 = W1 @ X + b1
    a1 = sigmoid(z1)
    z2 = W2 @ a1 + b2
    a2 = sigmoid(z2)
    z3 = W3 @ a2 + b3
    a3 = sigmoid(z3)
    d3 = 2 * (a3 - Y) / N * a3 * (1 - a3)
    d2 = W3.T @ d3 * a2 * (1 - a2)
    d1 = W2.T @ d2 * a1 * (1 - a1)
    decay = LAM / N
    dW3 = d3 @ a2.T + decay * W3
    dW2 = d2 @ a1.T + decay * W2
    dW1 = d1 @ X.T + decay * W1
    db3 = d3.sum(axis=1, keepdims=True)
    db2 = d2.sum(axis=1, keepdims=True)
    db1 = d1.sum(axis=1, keepdims=True)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}


# --- The mistakes -----------------------------------------------------------------------------------------

MISSING = "missing|forgotten|left out|not applied|not multiplied|omitted|lacks"
HALF = "factor 2|factor of 2|its 2|the 2|2 of|half|1/2"
TWICE = "twice|two times|a second time|once more|squared"
MEAN = "mean|average|divi|sum"
SEVEN = "7x|7 times|by 7|1/7|/7|/ 7|7 samples|7 terms"
SIGMOID = "sigmoid|logistic|σ|1 / (1 + exp|1/(1 + exp|activation"
INPUT = "pre-activation|its input|the input|input of|argument|before|x * (1 - x)|x·(1 - x)|z * (1 - z)|z·(1 - z)"
SECOND = "layer 2|second|middle|w2|b2|w3"
LAST = "layer 3|third|last|output|w3|b3"
PENALTY = "regulari|penalty|decay|l2|0.0214|0.0428|0.0429|0.3|lambda|λ|w1²|w2²|w3²|w1**2|w2**2|w3**2|squares of"
ORDER = "transpos|order|column by column|fortran|permut|reshap"
PART = ("sigmoid", "logistic", "1 + exp")

MISTAKES = (
    # The loss
    Mistake("2 of the square missing", {"2 * (a3 - Y)": "(a3 - Y)"},
            phrases("square|²|** 2", HALF), ("1/2", "half", "2x")),
    Mistake("ŷ + y", {"(a3 - Y)": "(a3 + Y)"},
            phrases("label|target|data|y ", "added|plus| + y|sign of y|not subtracted|minus sign"),
            ("label", "target")),
    Mistake("y - ŷ", {"(a3 - Y)": "(Y - a3)"}, phrases("wrong sign|opposite sign|minus|sign of|sign is")),
    Mistake("target not subtracted", {"(a3 - Y)": "a3"},
            phrases("label|target", MISSING + "|subtract|minus"), ("label", "target")),
    Mistake("the delta of cross-entropy", {"2 * (a3 - Y) / N * a3 * (1 - a3)": "(a3 - Y) / N"},
            phrases("cross-entropy|cross entropy|log loss") + phrases(SIGMOID, MISSING, HALF), PART),
    Mistake("not divided by N", {"(a3 - Y) / N": "(a3 - Y)"}, phrases(SEVEN, MEAN), ("7x", "7 times")),
    Mistake("divided by N - 1", {"(a3 - Y) / N": "(a3 - Y) / (N - 1)"},
            phrases("by 6|6 instead|6 for|/ 6|/6|over 6|n - 1|n-1|7 - 1|6 samples"), ("1.17", "7/6", "17 %")),
    Mistake("divided by all entries", {"(a3 - Y) / N": "(a3 - Y) / Y.size"},
            phrases("1/3|3x too small|3 times too small|by 21|by 3|/ 3|/3", MEAN + "|output|entries|element|row"),
            ("1/3", "3x", "3 times")),
    Mistake("integer division by N", {"2 * (a3 - Y) / N": "2 * (a3 - Y) // N"},
            phrases("integer|floor|//|rounded down|whole number"), ("round",)),
    # The derivative of the sigmoid
    Mistake("sigmoid' forgotten everywhere", {" * a1 * (1 - a1)": "", " * a2 * (1 - a2)": "", " * a3 * (1 - a3)": ""},
            phrases(SIGMOID, MISSING), PART),
    Mistake("sigmoid' forgotten in layer 1", {" * a1 * (1 - a1)": ""}, phrases(SIGMOID, MISSING), PART),
    Mistake("sigmoid' forgotten in layer 2", {" * a2 * (1 - a2)": ""}, phrases(SIGMOID, MISSING, SECOND), PART),
    Mistake("sigmoid' forgotten in layer 3", {" * a3 * (1 - a3)": ""}, phrases(SIGMOID, MISSING, LAST), PART),
    Mistake("sigmoid' of z everywhere", {"a1 * (1 - a1)": "z1 * (1 - z1)", "a2 * (1 - a2)": "z2 * (1 - z2)",
                                         "a3 * (1 - a3)": "z3 * (1 - z3)"}, phrases(SIGMOID, INPUT), PART),
    Mistake("sigmoid' of z in layer 1", {"a1 * (1 - a1)": "z1 * (1 - z1)"}, phrases(SIGMOID, INPUT), PART),
    Mistake("sigmoid'(a) for sigmoid'(z)", {f"a{i} * (1 - a{i})": f"sigmoid(a{i}) * (1 - sigmoid(a{i}))"
                                            for i in (1, 2, 3)},
            phrases(SIGMOID, TWICE + "|of the result|of its result|at the output|at the result|of a sigmoid|nested|"
                    "sigmoid(sigmoid"), PART),
    Mistake("sigmoid' twice in layer 2", {"a2 * (1 - a2)": "(a2 * (1 - a2)) ** 2"},
            phrases(SIGMOID, TWICE, SECOND), PART),
    Mistake("sigmoid' is 1 - a in layer 2", {"* a2 * (1 - a2)": "* (1 - a2)"},
            phrases(SIGMOID, "1 - |factor", SECOND), PART),
    Mistake("sigmoid' is a * (1 + a)", {"(1 - a1)": "(1 + a1)", "(1 - a2)": "(1 + a2)", "(1 - a3)": "(1 + a3)"},
            phrases(SIGMOID, "1 + a|(1 + z|(1 + sigmoid|plus"), PART),
    Mistake("tanh' for sigmoid'", {"a1 * (1 - a1)": "(1 - a1**2)", "a2 * (1 - a2)": "(1 - a2**2)",
                                   "a3 * (1 - a3)": "(1 - a3**2)"},
            phrases(SIGMOID, "tanh|1 - a²|1 - z²|1 - z ** 2|)²|) ** 2"), PART),
    # The samples
    Mistake("b2 a mean", {"d2.sum(axis=1": "d2.mean(axis=1"}, phrases(SEVEN, MEAN), ("1/7", "7x")),
    Mistake("b3 of the first sample", {"d3.sum(axis=1, keepdims=True)": "d3[:, :1]"},
            phrases("sample 0|first sample|sample #0|only one sample|column 0", "only|alone|for all|no other|just")),
    Mistake("last sample left out of W2", {"d2 @ a1.T": "d2[:, :-1] @ a1[:, :-1].T"},
            phrases("sample 6|last sample|sample #6|sample 7", MISSING + "|skipped|not count|does not|except")),
    Mistake("W1 of the first sample", {"d1 @ X.T": "d1[:, :1] @ X[:, :1].T"},
            phrases("sample 0|first sample|sample #0|only one sample", "only|alone|for all|no other|just")),
    Mistake("b3 summed to one number", {"d3.sum(axis=1, keepdims=True)": "np.full(b3.shape, d3.sum())"},
            phrases("sum", "over all|whole|axis|axes|every|one number|outputs|rows|both"),
            ("the same", "all equal", "identical")),
    # The layers
    Mistake("W3 after its update", {"W3.T @ d3": "(W3 - 0.5 * d3 @ a2.T).T @ d3"},
            phrases("w3", "update|changed|after the step|new|modified"), ("through w3", "upstream")),
    Mistake("W2 not transposed for delta 1", {"W2.T @ d2": "W2 @ d2"},
            phrases("w2", "transpos"), ("transpos", "through w2")),
    Mistake("upstream not multiplied in layer 1", {"W2.T @ d2 * a1": "a1"},
            phrases("upstream|incoming|arriv|chain rule|outer derivative|from above|later layer", MISSING + "|not "),
            PART),
    Mistake("W2 not in delta 1", {"W2.T @ d2": "d2"},
            phrases("w2|weight", MISSING + "|not multiplied by"), ("through w2", "factor")),
    Mistake("delta of layer 2 in W1", {"d1 @ X.T": "d2 @ X.T"},
            phrases("layer|delta|upstream", "layer 2|of b2|wrong layer|other|another|next|later"), ("upstream", "b2")),
    Mistake("a2 for a1 in W2", {"d2 @ a1.T": "d2 @ a2.T"},
            phrases("activation|layer|output|input of", "wrong layer|other|another|its own|next|later|a2|instead"),
            ("activation",)),
    Mistake("gradient of b2 for b1", {'"b1": db1': '"b1": db2'}, phrases("gradient of b2|b2's gradient|that of b2"),
            ("b2[0", "of b2")),
    Mistake("b1 and b2 swapped", {'"b1": db1': '"b1": db2', '"b2": db2': '"b2": db1'},
            phrases("b1", "b2", "swapped|exchanged|each other"), ("gradient of b2", "gradient of b1")),
    Mistake("W1 left at zero", {'"W1": dW1': '"W1": np.zeros_like(W1)'},
            phrases("should not be 0|is 0|all 0|are 0|zero|never computed|not computed")),
    # The regulariser
    Mistake("no regulariser", {"decay = LAM / N": "decay = 0"}, phrases(PENALTY, MISSING), ("regulari",)),
    Mistake("regulariser missing in W2", {" + decay * W2": ""}, phrases(PENALTY, MISSING), ("regulari",)),
    Mistake("regulariser not halved", {"decay = LAM / N": "decay = 2 * LAM / N"},
            phrases(PENALTY, "twice|two times|2x|double|2 times"), ("regulari",)),
    Mistake("regulariser halved twice", {"decay = LAM / N": "decay = LAM / (2 * N)"},
            phrases(PENALTY + "|square", HALF), ("regulari",)),
    Mistake("regulariser not divided by N", {"decay = LAM / N": "decay = LAM"}, phrases(PENALTY, SEVEN), ("regulari",)),
    Mistake("regulariser with λ²", {"decay = LAM / N": "decay = LAM**2 / N"},
            phrases(PENALTY, "λ²|squared|lambda²|lam²|0.3²|0.3**2|0.09|0.3 times|0.3 of|3.33|λ**2"), ("regulari",)),
    Mistake("regulariser subtracted", {"+ decay": "- decay"}, phrases(PENALTY, "sign|minus|subtract"), ("regulari",)),
    Mistake("regulariser |W| for W²", {f"decay * W{i}": f"decay * np.sign(W{i})" for i in (1, 2, 3)},
            phrases("l1|absolute|sign of w|sign(w|abs(w"), ("regulari",)),
    Mistake("biases regularised", {f"d{i}.sum(axis=1, keepdims=True)": f"d{i}.sum(axis=1, keepdims=True) + decay * b{i}"
                                   for i in (1, 2, 3)},
            phrases(PENALTY, "bias|b1|b2|b3|should not|not be|extra|too much|is regularis|is regulariz"),
            ("regulari",)),
    # The arrays
    Mistake("W2 transposed", {'"W2": dW2': '"W2": dW2.T'}, phrases("transpos"), ("order", "permut", "swapped")),
    Mistake("W1 filled by columns", {'"W1": dW1': '"W1": dW1.ravel().reshape(W1.shape, order="F")'}, phrases(ORDER)),
    Mistake("rows of W3 swapped", {'"W3": dW3': '"W3": dW3[::-1]'},
            phrases("row", "revers|order|swap|permut|exchang|mixed"), ("order", "swapped", "permut")),
    Mistake("columns of W1 shifted", {'"W1": dW1': '"W1": np.roll(dW1, 1, axis=1)'},
            phrases("column", "shift|order|roll|permut|mixed|moved"), ("order", "permut")),
)  # fmt: skip

NETWORKS = (Network("three layers", loss, gradients, PARAMETERS, MISTAKES),)
