"""A student's network whose paths branch: embeddings, batch norm, a shortcut around a layer, and the hinge loss."""

import numpy as np

from tests.benchmarks.student_code import Mistake, Network, phrases

N, D, H, C = 6, 2, 4, 3
EPSILON = 1e-5
source = np.random.default_rng(412)
words = np.array([0, 2, 1, 0, 3, 1])
y = np.array([2, 0, 1, 1, 2, 0])
PARAMETERS = {
    "E": source.normal(size=(4, D)),
    "W": source.normal(size=(D, H)),
    "gamma": source.normal(size=H) + 2,
    "beta": source.normal(size=H),
    "V": source.normal(size=(H, H)),
    "U": source.normal(size=(H, C)),
}


def normalised(z):
    return (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + EPSILON)


def loss(E, W, gamma, beta, V, U):
    h = np.tanh(gamma * normalised(E[words] @ W) + beta)
    scores = (h + np.tanh(h @ V)) @ U
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    return margins.sum() / N


def gradients(E, W, gamma, beta, V, U):
    x = E[words]
    z = x @ W
    zn = normalised(z)
    h = np.tanh(gamma * zn + beta)
    r = np.tanh(h @ V)
    scores = (h + r) @ U
    d = (scores - scores[np.arange(N), y][:, None] + 1 > 0) / N
    d[np.arange(N), y] = 0
    d[np.arange(N), y] -= d.sum(axis=1)
    dU = (h + r).T @ d
    dsum = d @ U.T
    dr = dsum * (1 - r**2)
    dV = h.T @ dr
    dh = dsum + dr @ V.T
    da = dh * (1 - h**2)
    dgamma, dbeta = (da * zn).sum(axis=0), da.sum(axis=0)
    dz = da * gamma / np.sqrt(z.var(axis=0) + EPSILON)
    through_variance = zn * (dz * zn).mean(axis=0)
    through_mean = dz.mean(axis=0)
    dz = dz - through_variance - through_mean
    dW = x.T @ dz
    dE = np.zeros_like(E)
    np.add.at(dE, words, dz @ W.T)
    return {"E": dE, "W": dW, "gamma": dgamma, "beta": dbeta, "V": dV, "U": dU}


# --- The mistakes -----------------------------------------------------------------------------------------

MISSING = "missing|forgotten|left out|omitted|constant"
SET = "= for +=|last of several|overwritten|only the last|np.add.at"

MISTAKES = (
    Mistake("mean as a constant", {" - through_mean": ""}, phrases("mean", MISSING)),
    Mistake("variance as a constant", {" - through_variance": ""}, phrases("variance", MISSING)),
    Mistake("mean and variance as constants", {" - through_variance - through_mean": ""},
            phrases("mean", "variance", MISSING)),
    Mistake("rows set, not added", {"np.add.at(dE, words, dz @ W.T)": "dE[words] = dz @ W.T"}, phrases(SET)),
    Mistake("score of the right class", {"    d[np.arange(N), y] -= d.sum(axis=1)\n": ""},
            phrases("path", MISSING, "second of · - ·"), ("path",)),
    Mistake("shortcut forgotten", {"dh = dsum + dr @ V.T": "dh = dr @ V.T"},
            phrases("path", MISSING, "tanh(·) to the first of · + ·"), ("path",)),
    Mistake("only the shortcut", {"dh = dsum + dr @ V.T": "dh = dsum"},
            phrases("path", MISSING, "with v"), ("path",)),
)  # fmt: skip

NETWORKS = (Network("branching", loss, gradients, PARAMETERS, MISTAKES),)
