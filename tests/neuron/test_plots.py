"""The plots: what is drawn is what is true of the model, with labels, and can be told apart in grey."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot

from neuron import MLP, SGD, History, Layer, Neuron, datasets, fit, losses, plots

mpl.use("Agg")

LOSS = "half_squared_error"


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


@pytest.fixture
def line():
    """A neuron before its training, the data, and the history of its training."""
    data = datasets.line()
    n = Neuron(1, None, weights=data.weights, bias=data.bias)
    trained = Neuron(1, None, weights=data.weights, bias=data.bias)
    history = fit(trained, data.X, data.y, loss=LOSS, optimizer=SGD(0.1), epochs=20, record_parameters=True)
    return n, data, history


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


def drawn(ax, label):
    (found,) = [one for one in ax.get_lines() if one.get_label() == label]
    return np.array(found.get_data())


def labels(ax):
    return ax.get_xlabel(), ax.get_ylabel(), [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_fitted_line(line):
    n, data, _ = line
    ax = plots.fitted_line(n, data.X, data.y)
    assert labels(ax) == ("x", "y", ["error", "prediction ŷ", "target y"])
    x, y = drawn(ax, "prediction ŷ")
    assert y == pytest.approx(n.predict(x))
    assert drawn(ax, "target y").tolist() == [data.X[:, 0].tolist(), data.y.tolist()]
    assert plots.fitted_line(n, data.X, data.y, limits=(0, 9), ax=ax) is ax
    exact = plots.fitted_line(Neuron(1, None, weights=[2.0], bias=1.0), data.X, data.y)
    assert labels(exact)[2] == ["prediction ŷ", "target y"], "errors that cannot be seen are not in the legend"
    with pytest.raises(ValueError, match=r"draws a model of one input and one output, not Neuron\(2"):
        plots.fitted_line(Neuron(2), data.X, data.y)
    with pytest.raises(ValueError, match=r"draws a model of one input and one output, not Layer\(1, 2"):
        plots.fitted_line(Layer(1, 2), data.X, data.y)


def test_loss_and_accuracy_curves():
    X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
    n = Neuron(1, "sigmoid", seed=0)
    history = fit(n, X, y, optimizer=SGD(1.0), epochs=5, metric="accuracy", validation=(X, y))
    for ax, name, values in (
        (plots.loss_curves(history), "loss", history.loss),
        (plots.accuracy_curves(history), "accuracy", history.metric),
    ):
        assert labels(ax) == ("epoch", name, ["training", "validation"])
        assert drawn(ax, "training")[1].tolist() == values
        assert len({one.get_linestyle() for one in ax.get_lines()}) == 2, "to be told apart in grey"
    with pytest.raises(ValueError, match=r'has no accuracy: call fit\(\.\.\., metric="accuracy"\)'):
        plots.accuracy_curves(fit(n, X, y, epochs=1))


def test_a_loss_that_spans_decades_gets_a_logarithmic_axis(line):
    n, data, _ = line
    history = fit(n, data.X, data.y, optimizer=SGD(0.1), epochs=1000)
    assert plots.loss_curves(history).get_yscale() == "log"
    assert plots.loss_curves(fit(n, data.X, data.y, epochs=2)).get_yscale() == "linear"


def test_the_loss_surface(line):
    n, data, history = line
    before = numbers(n)
    ax = plots.loss_surface(n, data.X, data.y, history=history, loss=LOSS)
    assert labels(ax) == ("w", "b", ["path of descent", "its start", "its end"])
    assert pytest.approx(history.parameters) == drawn(ax, "path of descent").T
    assert drawn(ax, "its end").T.tolist() == history.parameters[-1:].tolist()
    assert numbers(n) == before, "the model is left alone"
    low, high = ax.get_xlim()
    assert low < history.parameters[:, 0].min() < history.parameters[:, 0].max() < high


def test_the_loss_surface_in_three_dimensions(line):
    n, data, history = line
    ax = pyplot.figure().add_subplot(projection="3d")
    assert plots.loss_surface(n, data.X, data.y, history=history, loss=LOSS, ax=ax) is ax
    (path,) = [one for one in ax.get_lines() if one.get_label() == "path of descent"]
    assert path.get_data_3d()[2] == pytest.approx(history.loss)
    assert ax.get_zlabel() == "loss"


def test_the_loss_surface_over_chosen_parameters():
    data = datasets.equation()
    n = Neuron(2, None, weights=data.weights)
    history = fit(n, data.X, data.y, optimizer=SGD(1e-6), epochs=5, parameters=n.w, record_parameters=True)
    ax = plots.loss_surface(n, data.X, data.y, history=history, over=n.w[::-1], limits=((0, 9), (0, 8)))
    assert labels(ax)[:2] == ("w[1]", "w[0]")
    assert pytest.approx(history.parameters[:, ::-1]) == drawn(ax, "path of descent").T
    over_bias = plots.loss_surface(n, data.X, data.y, history=history, over=[n.w[0], n.b])
    assert drawn(over_bias, "path of descent")[1].tolist() == [0.0] * 6, "a parameter that did not learn stays"
    other = Neuron(3, None, weights=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"the history is of another model: it has \['w', 'b'\]"):
        plots.loss_surface(
            other, np.eye(3), [1, 2, 3], over=other.w[:2],
            history=fit(Neuron(1), [1], [1], epochs=1, record_parameters=True),
        )  # fmt: skip
    with pytest.raises(ValueError, match=r"over two parameters, such as over=\(n\.w\[0\], n\.b\), not \['w\[0\]', 'w"):
        plots.loss_surface(n, data.X, data.y)
    with pytest.raises(ValueError, match=r"w is not a parameter of Neuron\(2"):
        plots.loss_surface(n, data.X, data.y, over=Neuron(1).parameters())
    with pytest.raises(ValueError, match="record_parameters=True"):
        plots.loss_surface(n, data.X, data.y, over=n.w, history=fit(n, data.X, data.y, epochs=0))


def test_tangents_touch_the_curve_and_have_the_slope_of_the_engine(line):
    n, data, _ = line
    ax = plots.tangents(n, data.X, data.y, loss=LOSS, at=[0.0, 2.0])
    x, y = drawn(ax, "loss L")
    tangent_lines = [one for one in ax.get_lines() if one.get_label().startswith("dL/dw = ")]
    assert len(tangent_lines) == 2
    for one, at in zip(tangent_lines, [0.0, 2.0], strict=True):
        (x0, x1), (y0, y1) = one.get_data()
        slope = (y1 - y0) / (x1 - x0)
        errors = at * data.X[:, 0] + n.b.data - data.y
        assert slope == pytest.approx((errors * data.X[:, 0]).mean())
        assert (y0 + y1) / 2 == pytest.approx(np.interp(at, x, y), abs=1e-3)
        assert (np.interp([x0, x1], x, y) >= [y0 - 1e-3, y1 - 1e-3]).all(), "the loss lies above its tangents"
    assert len({one.get_linestyle() for one in tangent_lines}) == 2
    assert labels(plots.tangents(n, data.X, data.y, over=n.b))[0] == "b"


def test_three_learning_rates(line):
    n, data, _ = line
    before = numbers(n)
    panels = plots.learning_rates(n, data.X, data.y, [0.3, 2.0, 4.2], loss=LOSS, epochs=6)
    assert [ax.get_title().split("\n")[0] for ax in panels] == [f"learning rate {lr}" for lr in ("0.3", "2", "4.2")]
    ends = [ax.get_lines()[1].get_data()[1][[0, -1]] for ax in panels]
    assert ends[0][1] < ends[0][0]
    assert ends[1][1] < ends[0][1]
    assert ends[2][1] > ends[2][0]
    assert numbers(n) == before
    assert panels[0].get_xlabel() == "w"
    diverging = plots.learning_rates(n, data.X, data.y, [1e3], loss=LOSS, epochs=40)
    assert "→" in diverging[0].get_title(), "a training that diverges is drawn as far as it went"


def test_the_decision_boundary():
    X, y = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]), [-1, -1, 1, 1]
    n = Neuron(2, None, weights=[1.0, 1.0], bias=-3.0)
    ax = plots.decision_boundary(n, X, y)
    assert labels(ax) == ("x[0]", "x[1]", ["y = -1", "y = 1"])
    assert drawn(ax, "y = 1").T.tolist() == X[2:].tolist()
    assert {one.get_marker() for one in ax.get_lines()} == {"o", "^"}
    boundary = np.vstack([path.vertices for path in ax.collections[-1].get_paths()])
    assert boundary.sum(axis=1) == pytest.approx(3.0), "where the prediction is between the labels"
    one_sided = Neuron(2, None, weights=[0.0, 0.0], bias=5.0)
    assert plots.decision_boundary(one_sided, X, y).get_xlabel() == "x[0]"
    with pytest.raises(ValueError, match=r"draws a model of two inputs and one output, not MLP\(3"):
        plots.decision_boundary(MLP(3, [1]), X, y)
    at_zero = plots.decision_boundary(n, X, [0, 0, 1, 1], threshold=0.0)
    boundary = np.vstack([path.vertices for path in at_zero.collections[-1].get_paths()])
    assert boundary.sum(axis=1) == pytest.approx(3.0)
    with pytest.raises(ValueError, match=r"draws two classes, but y has the labels \[1\.0\]"):
        plots.decision_boundary(n, X, [1, 1, 1, 1])


def test_odd_arguments(line):
    n, data, _ = line
    assert plots.fitted_line(n, data.X, data.y, limits=np.array([0.0, 2.0])).get_xlabel() == "x"
    flat = plots.loss_surface(n, [[0.0]], [0.0], loss=lambda p, t: p * 0, limits=np.array([[0, 1], [0, 1]]))
    assert flat.get_xlabel() == "w"
    with pytest.raises(ValueError, match="this history is empty"):
        plots.loss_curves(History())
    with pytest.raises(ValueError, match="over two parameters"):
        plots.loss_surface(n, data.X, data.y, over=[n.b, n.b])
    assert len(plots.learning_rates(n, data.X, data.y, (lr for lr in (0.1, 0.2)))) == 2
    for lrs in ([], 0.1):
        with pytest.raises(ValueError, match="needs at least one learning rate: write a list such as"):
            plots.learning_rates(n, data.X, data.y, lrs)
    with pytest.raises(ValueError, match="needs as many Axes as learning rates, 2, not 1"):
        plots.learning_rates(n, data.X, data.y, [0.1, 0.2], axes=[pyplot.figure().add_subplot()])
    before = pyplot.get_fignums()
    with pytest.raises(ValueError, match="unknown loss"):
        plots.tangents(n, data.X, data.y, loss="nope")
    assert pyplot.get_fignums() == before, "no empty figure is left behind"


def test_a_loss_that_reaches_zero_keeps_a_linear_axis():
    history = fit(Neuron(1, None, weights=[0.0]), [0.0], [1.0], optimizer=SGD(0.5), epochs=1)
    assert history.loss == [1.0, 0.0]
    assert plots.loss_curves(history).get_yscale() == "linear"


def test_any_metric_gives_its_name_to_the_axis():
    def largest_error(predictions, targets):
        return float(np.abs(predictions - targets).max())

    history = fit(Neuron(1, seed=0), [1.0], [1.0], epochs=1, metric=largest_error)
    assert plots.accuracy_curves(history).get_ylabel() == "largest_error"


def test_the_penalty_is_part_of_the_surface(line):
    n, data, _ = line
    history = fit(
        Neuron(1, None, weights=data.weights, bias=data.bias), data.X, data.y, penalty=losses.l2(0.5), epochs=3,
        record_parameters=True,
    )  # fmt: skip
    ax = pyplot.figure().add_subplot(projection="3d")
    plots.loss_surface(n, data.X, data.y, history=history, penalty=losses.l2(0.5), ax=ax)
    (path,) = [one for one in ax.get_lines() if one.get_label() == "path of descent"]
    assert path.get_data_3d()[2] == pytest.approx(history.loss)


def test_without_matplotlib_the_error_says_what_to_install(line, monkeypatch):
    n, data, _ = line
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(ImportError, match="plots need Matplotlib: pip install matplotlib"):
        plots.fitted_line(n, data.X, data.y)
