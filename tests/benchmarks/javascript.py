"""The page's JavaScript beside Python on many numbers: ``python -m tests.benchmarks.javascript`` (needs Node).

Prints how many numbers are the same bits, the largest difference, and the time of both passes over one graph.
"""

import random
from math import sin

from autograd import Constant
from autograd.core.graph import newest_first
from autograd.core.table import OPERATIONS
from autograd.drawing.page.nodes import NodeTable
from autograd.drawing.style import minus
from autograd.formula.typesetting import number
from neuron import MLP
from tests.drawing.page.test_javascript import ENGINE, NUMBERS, largest_difference, random_graph
from tests.formula.test_javascript import EXACT, both
from tests.node import pack, run_node, ulps


def rows(n=3000):
    """Every row of the table over many numbers, value and derivatives."""
    worst, same, total, inexact = {}, 0, 0, []
    for op in OPERATIONS.values():
        if op.nary:
            continue
        _, python, javascript = both(op, n)
        distances = [ulps(a, b) for p, j in zip(python, javascript, strict=True) for a, b in zip(p, j, strict=True)]
        total, same, worst[op.name] = total + len(distances), same + distances.count(0), max(distances)
        inexact += [op.name] * (worst[op.name] > 0 and op.name in EXACT)
    print(f"{len(worst)} element-wise rows, {total:,} numbers: {100 * same / total:.2f} % the same bits")
    print(f"  largest difference: {max(worst.values())} ulp, in {max(worst, key=worst.get)}")
    print(f"  rows that must be exact and are not: {inexact or 'none'}")


def graphs(n=1500):
    """Random graphs of exact operations, forward and backward."""
    source = random.Random(7)
    worst = max(largest_difference([random_graph(source) for _ in range(100)]) for _ in range(n // 100))
    print(f"{n:,} random graphs, both passes: largest difference {worst} ulp")


def formatted(n=200_000):
    """Numbers as they are written."""
    source = random.Random(8)
    numbers = [source.randrange(10**6) / 2 ** source.randrange(12) for _ in range(n // 2)]  # many ties
    numbers += [source.choice([-1, 1]) * 10 ** source.uniform(-300, 300) for _ in range(n // 2)]
    written = run_node(f"{NUMBERS} return input.map(x => number(unpack(x)));", [pack(x) for x in numbers])
    different = sum(a != minus(number(x)) for a, x in zip(written, numbers, strict=True))
    print(f"{n:,} formatted numbers: {different} different")


def speed():
    """Both passes over a network of about as many nodes as the largest picture has boxes."""
    y_hat = MLP(5, [8, 5, 1], activation="tanh", seed=1)([Constant(sin(i), f"x[{i}]") for i in range(5)])
    root = (y_hat - Constant(0.3, "y")) ** 2
    table = NodeTable(newest_first(root), None)
    code = f"""{table.javascript()}{ENGINE}
    const [nodes, root] = input, order = reached(nodes, root);
    const numbers = nodes.map(node => node[0] < 0 ? Number(node[1]) : 0);
    const pass = () => {{ forward(nodes, numbers); return backward(nodes, localDerivatives(nodes, numbers), order); }};
    for (let i = 0; i < 2000; i++) pass();
    const start = performance.now();
    for (let i = 0; i < 2000; i++) pass();
    return (performance.now() - start) / 2000;"""
    nodes = table.nodes()
    print(f"both passes over {len(nodes)} nodes: {run_node(code, [nodes, table.position(root)]):.3f} ms")


if __name__ == "__main__":
    rows()
    graphs()
    formatted()
    speed()
