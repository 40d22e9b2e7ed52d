"""A student's classifier with two layers: tanh, softmax and cross-entropy, an L2 term on the weights, or dropout."""

import numpy as np

from tests.benchmarks.student_code import Mistake, Network, phrases

N, D, H, C = 6, 3, 4, 3
LAM = 0.05
KEEP = 0.6
source = np.random.default_rng(214)
X = source.normal(size=(N, D))
y = np.array([2, 0, 1, 1, 2, 2])
PARAMETERS = {
    "W1": source.normal(size=(D, H)),
    "b1": source.normal(size=H),
    "W2": source.normal(size=(H, C)),
    "b2": source.normal(size=C),
}
MASK = (source.random((N, H)) < KEEP) / KEEP


def softmax(scores, axis=1):
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def loss(W1, b1, W2, b2, mask=None):
    h = np.tanh(X @ W1 + b1)
    if mask is not None:
        h = h * mask
    p = softmax(h @ W2 + b2)
    return -np.log(p[np.arange(N), y]).mean() + LAM * ((W1**2).sum() + (W2**2).sum())


def gradients(W1, b1, W2, b2, mask=None):
    z = X @ W1 + b1
    h = np.tanh(z)
    a = h if mask is None else h * mask
    p = softmax(a @ W2 + b2)
    d = p.copy()
    d[np.arange(N), y] -= 1
    d = d / N
    da = d @ W2.T
    dh = da if mask is None else da * mask
    dz = dh * (1 - h**2)
    dW2 = a.T @ d + 2 * LAM * W2
    db2 = d.sum(axis=0)
    dW1 = X.T @ dz + 2 * LAM * W1
    db1 = dz.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


# --- The mistakes -----------------------------------------------------------------------------------------

MISSING = "missing|forgotten|left out|not applied|not multiplied|omitted|lacks"
HALF = "factor 2|factor of 2|its 2|the 2|2 of|half|1/2"
INPUT = "1 - x²|1 - x**2|1 - z²|1 - z**2|)²|) ** 2|pre-activation|its input|the input|input of|argument|before tanh"
TWICE = "twice|two times|a second time|once more|squared"
MEAN = "mean|average|divi|sum"
SIX = "6x|6 times|by 6|/6|/ 6|6 samples|6 terms"
SIXTH = "1/6|6x too small|6 times too small|by 36|/ 6|/6"
SAMPLE = "sample 0|first sample|sample #0|only one sample|row 0"
PENALTY = "regulari|penalty|weight decay|l2|0.05|0.1 times|0.1·|0.1 *|0.1 ×|lambda|λ|w1²|w2²|w1**2|w2**2|squares of"
MASKED = "mask|dropout"
ORDER = "transpos|order|column by column|fortran|permut|reshap"

MISTAKES = (
    # The loss
    Mistake("label not subtracted", {"    d[np.arange(N), y] -= 1\n": ""},
            phrases("label|one-hot|target|right class|true class|correct class", MISSING + "|subtract|minus")),
    Mistake("1 subtracted in every class", {"d[np.arange(N), y] -= 1": "d -= 1"},
            phrases("label|subtract|one-hot|minus 1|- 1", "every|all classes|all outputs|each|whole row"),
            ("label", "subtract")),
    Mistake("labels counted from 1", {"np.arange(N), y]": "np.arange(N), y - 1]"},
            phrases("label|class", "off by one|shifted|another|wrong class|other class|from 1|from 0|y - 1"),
            ("label",)),
    Mistake("softmax over axis 0", {"a @ W2 + b2)": "a @ W2 + b2, axis=0)"},
            phrases("softmax", "axis|over samples|over the samples|columns|other"), ("softmax",)),
    Mistake("softmax' on top of p - y", {"d = d / N": "d = d * p * (1 - p) / N"},
            phrases("softmax|sigmoid|p * (1 - p)|p·(1 - p)", TWICE + "|on top|already|too much|extra"),
            ("softmax",)),
    Mistake("exp not normalised", {"p = softmax(a @ W2 + b2)": "p = np.exp(a @ W2 + b2)"},
            phrases("softmax|exp", "normali|divi|sum|denominator"), ("softmax",)),
    Mistake("sign", {"d = d / N": "d = -d / N"},
            phrases("wrong sign|opposite sign|minus|sign of|sign is")),
    # The number of samples
    Mistake("not divided by N", {"d = d / N": "d = d"}, phrases(SIX, MEAN), ("6x", "6 times")),
    Mistake("divided by N twice", {"d = d / N": "d = d / N / N"},
            phrases(SIXTH, MEAN + "|twice"), ("1/6", "6x", "6 times")),
    Mistake("divided by N - 1", {"d = d / N": "d = d / (N - 1)"},
            phrases("by 5|5 instead|5 for|/ 5|/5|over 5|n - 1|n-1|6 - 1|5 samples"), ("1.2", "6/5", "20 %")),
    Mistake("divided by N * C", {"d = d / N": "d = d / (N * C)"},
            phrases("1/3|3x too small|3 times too small|by 18|by 3|/ 3|/3", MEAN + "|class|output|entries|column"),
            ("1/3", "3x", "3 times")),
    Mistake("W1 divided by N once more", {"X.T @ dz": "X.T @ dz / N"},
            phrases(SIXTH, MEAN + "|twice"), ("1/6", "6x", "6 times")),
    Mistake("b1 a mean", {"dz.sum(axis=0)": "dz.mean(axis=0)"}, phrases(SIXTH, MEAN), ("1/6", "6x")),
    Mistake("b1 of the first sample", {"dz.sum(axis=0)": "dz[0]"}, phrases(SAMPLE, "only|alone|for all|no other|just")),
    Mistake("W2 of the first sample", {"a.T @ d": "np.outer(a[0], d[0])"},
            phrases(SAMPLE, "only|alone|for all|no other|just")),
    Mistake("last sample left out of W1", {"X.T @ dz": "X[:-1].T @ dz[:-1]"},
            phrases("sample 5|last sample|sample #5|row 5|sample 6", MISSING + "|skipped|not count|does not|except")),
    Mistake("b2 summed to one number", {"d.sum(axis=0)": "np.full(C, d.sum())"},
            phrases("sum", "over all|whole|axis|axes|every|one number|classes|outputs|columns|both"),
            ("should not be 0", "the same", "all equal", "identical", "is 0", "zero")),
    Mistake("b1 left at zero", {"dz.sum(axis=0)": "np.zeros(H)"},
            phrases("should not be 0|is 0|all 0|are 0|zero|never computed|not computed")),
    # The derivative of tanh
    Mistake("tanh' forgotten", {"dz = dh * (1 - h**2)": "dz = dh"}, phrases("tanh", MISSING), ("tanh",)),
    Mistake("tanh' twice", {"dz = dh * (1 - h**2)": "dz = dh * (1 - h**2) ** 2"}, phrases("tanh", TWICE), ("tanh",)),
    Mistake("tanh' of z", {"1 - h**2": "1 - z**2"},
            phrases("tanh", INPUT), ("tanh",)),
    Mistake("tanh' is 1 - h", {"1 - h**2": "1 - h"},
            phrases("tanh", "1 - h |1 - tanh|1 - z|1 - t|without the square|not squared|square"), ("tanh",)),
    Mistake("tanh' is 1 + h²", {"1 - h**2": "1 + h**2"}, phrases("tanh", "1 + |plus"), ("tanh",)),
    Mistake("sigmoid' for tanh'", {"1 - h**2": "h * (1 - h)"},
            phrases("tanh", "sigmoid|h·(1 - h)|h * (1 - h)|* (1 - tanh|·(1 - tanh|* (1 - z)|·(1 - z)"), ("tanh",)),
    Mistake("relu' for tanh'", {"1 - h**2": "h > 0"}, phrases("tanh", "relu|> 0|step"), ("tanh",)),
    Mistake("tanh' of other samples", {"1 - h**2": "1 - np.roll(h, 1, axis=0) ** 2"},
            phrases("other sample|another sample|wrong sample|different sample|shifted|rolled|order of the samples|"
                    "neighbouring sample|batch|stale|mixed up"), ("tanh",)),
    # The layers
    Mistake("upstream gradient not multiplied", {"dz = dh * (1": "dz = (1"},
            phrases("upstream|incoming|arriv|chain rule|outer derivative|from above|later layer", MISSING + "|not "),
            ("tanh",)),
    Mistake("W2 after its update", {"d @ W2.T": "d @ (W2 - 0.1 * a.T @ d).T"},
            phrases("w2", "update|changed|after the step|new|modified"), ("through w2", "upstream")),
    Mistake("z for h in W2", {"dW2 = a.T": "dW2 = z.T"},
            phrases("pre-activation|before tanh|without tanh|instead of tanh|input of tanh|tanh is missing|"
                    "tanh was not applied|tanh is not applied|activation is missing|before the activation"),
            ("tanh",)),
    # The regulariser
    Mistake("no regulariser", {" + 2 * LAM * W1": "", " + 2 * LAM * W2": ""}, phrases(PENALTY, MISSING), ("regulari",)),
    Mistake("regulariser on W2 only", {" + 2 * LAM * W1": ""}, phrases(PENALTY, MISSING), ("regulari",)),
    Mistake("regulariser without its 2", {"2 * LAM": "LAM"},
            phrases(PENALTY + "|square", HALF), ("regulari",)),
    Mistake("regulariser twice", {"2 * LAM": "4 * LAM"},
            phrases(PENALTY, "twice|two times|2x|double|2 times"), ("regulari",)),
    Mistake("regulariser with λ²", {"2 * LAM": "2 * LAM**2"},
            phrases(PENALTY, "λ²|squared|lambda²|lam²|0.05²|0.05**2|0.0025|0.05 times|0.05 of|1/20|20x|20 times|λ**2"),
            ("regulari",)),
    Mistake("regulariser subtracted", {"+ 2 * LAM": "- 2 * LAM"}, phrases(PENALTY, "sign|minus|subtract"),
            ("regulari",)),
    Mistake("regulariser |W| for W²", {"2 * LAM * W1": "LAM * np.sign(W1)", "2 * LAM * W2": "LAM * np.sign(W2)"},
            phrases("l1|absolute|sign of w|sign(w|abs(w"), ("regulari",)),
    Mistake("biases regularised", {"d.sum(axis=0)": "d.sum(axis=0) + 2 * LAM * b2",
                                   "dz.sum(axis=0)": "dz.sum(axis=0) + 2 * LAM * b1"},
            phrases(PENALTY, "bias|b1|b2|should not|not be|extra|too much|is regularis|is regulariz"), ("regulari",)),
    # The arrays
    Mistake("W2 transposed, then reshaped", {"dW2 = a.T @ d + 2 * LAM * W2":
                                             "dW2 = (a.T @ d + 2 * LAM * W2).T.reshape(W2.shape)"}, phrases(ORDER)),
    Mistake("W1 filled by columns", {"X.T @ dz + 2 * LAM * W1":
                                     "(X.T @ dz + 2 * LAM * W1).ravel().reshape(W1.shape, order='F')"}, phrases(ORDER)),
    Mistake("W2 padded and transposed", {'"W2": dW2': '"W2": np.pad(dW2, ((0, 0), (0, 1))).T[:, :C]'},
            phrases("transpos"), ("order", "w2[0, 1] and w2[1, 0]", "swapped")),
    Mistake("rows of W1 reversed", {'"W1": dW1': '"W1": dW1[::-1]'},
            phrases("row", "revers|order|swap|permut|upside|mixed"), ("order", "swapped", "permut")),
    Mistake("W2 with integer division", {'"W2": dW2': '"W2": dW2 // 1'},
            phrases("integer|floor|//|rounded down|whole number"), ("round",)),
)  # fmt: skip

DROPOUT_MISTAKES = (
    Mistake("mask not applied to dh", {"da * mask": "da"}, phrases(MASKED, MISSING), ("mask", "dropout")),
    Mistake("mask not rescaled", {"da * mask": "da * (mask > 0)"},
            phrases(MASKED + "|0.6|keep", "scal|0.6|keep|1.67"), ("0.6", "1.67", "mask", "dropout")),
    Mistake("mask rescaled twice", {"da * mask": "da * mask / KEEP"},
            phrases(MASKED + "|0.6|keep", TWICE + "|scal"), ("0.6", "1.67", "mask", "dropout")),
    Mistake("mask not applied in W2", {"dW2 = a.T": "dW2 = h.T"}, phrases(MASKED, MISSING), ("mask", "dropout")),
    Mistake("dropout ignored", {"a = h if mask is None else h * mask": "a = h", "da * mask": "da"},
            phrases(MASKED, MISSING), ("mask", "dropout")),
)  # fmt: skip

NETWORKS = (
    Network("two layers", loss, gradients, PARAMETERS, MISTAKES),
    Network("two layers, dropout", loss, gradients, PARAMETERS, DROPOUT_MISTAKES, {"mask": MASK}),
)
