"""Reaction time of the interactive page in Chromium: ``python -m tests.benchmarks.page``, with NODE_PATH set.

Moves a slider 200 times and prints the median and the 95th percentile, in milliseconds, of two parts: the event itself
up to the finished layout, and the plots, which follow in the next frame.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from autograd import Constant, Value
from autograd.drawing.page.page import page
from neuron import MLP, losses
from tests.drawing.page.chromium import Chromium, missing

MOVES = """async () => {
  const slider = document.querySelector('#leaves input[type=range]'), events = [], plots = [];
  const layout = () => document.body.offsetHeight;
  const original = requestAnimationFrame;
  window.requestAnimationFrame = callback => original(time => {
    const start = performance.now();
    callback(time);
    layout();
    plots.push(performance.now() - start);
  });
  for (let k = 0; k < 200; k++) {
    slider.value = Math.sin(k);
    const start = performance.now();
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    layout();
    events.push(performance.now() - start);
    await new Promise(original);
  }
  return [events, plots];
}"""


def neuron():
    w, b = Value(0.5, "w"), Value(0.1, "b")
    return (((w * Constant(2.0, "x") + b).named("ŷ") - Constant(1.5, "y")) ** 2).named("L")


def network(*sizes):
    inputs = [Constant(0.3 * i - 0.5, f"x{i}") for i in range(sizes[0])]
    return losses.squared_error(MLP(sizes[0], sizes[1:], activation="tanh", seed=1)(inputs), Constant(1.0, "y"))


CASES = {
    "6 boxes": neuron,
    "30 boxes": lambda: network(2, 4, 1),
    "142 boxes": lambda: network(6, 8, 5, 1),
}
"""The number of boxes when all groups are unfolded, and what is drawn."""


def main():
    if missing():
        sys.exit(missing())
    chromium = Chromium()
    print("ms, p50 / p95          event to layout         plots in the next frame")
    with tempfile.TemporaryDirectory() as folder:
        for name, case in CASES.items():
            file = Path(page(case(), max_nodes=300).save(Path(folder) / "page.html"))
            chromium.open(file.as_uri(), {"viewport": {"width": 1366, "height": 900}})
            if chromium.isVisible("#unfold"):
                chromium.click("#unfold")
            boxes = chromium.evaluate("document.querySelectorAll('#picture .box').length")
            assert f"{boxes} boxes" == name
            texts = []
            for times in chromium.evaluate(f"({MOVES})()"):
                cuts = statistics.quantiles(times, n=20)
                texts.append(f"{cuts[9]:6.2f} / {cuts[18]:6.2f}")
            print(f"{name:22} {texts[0]:23} {texts[1]}")
    chromium.close()


if __name__ == "__main__":
    main()
