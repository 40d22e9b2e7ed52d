"""The page's two passes and its numbers in JavaScript, beside Python's engine and `number`, run by Node."""

import math
import random
from pathlib import Path

import pytest

import autograd.drawing.page as package
from autograd import Constant, Value, define, dot, mean
from autograd.core.graph import adjoints, newest_first
from autograd.core.recording import functions
from autograd.core.table import OPERATIONS
from autograd.drawing.page.nodes import NodeTable
from autograd.drawing.style import minus
from autograd.explaining.chain import Chain
from autograd.formula.language import FormulaError
from autograd.formula.typesetting import factor, number
from tests.core.programs import random_program
from tests.node import needs_node, pack, run_node, ulps, unpack

FOLDER = Path(package.__file__).parent
ENGINE, NUMBERS = ((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in ("engine", "numbers"))

EXACT = "add sub mul truediv neg abs sqrt relu leaky_relu maximum minimum sum mean dot".split()
"""Operations whose results and derivatives are the same bits in both languages."""


def passes(roots, samples=None):
    """Both passes over several graphs in JavaScript: their numbers and the derivatives of the roots, by position."""
    tables = [NodeTable(newest_first(root), samples) for root in roots]
    graphs = [[table.nodes(), table.position(root)] for table, root in zip(tables, roots, strict=True)]
    cases = ",\n".join(f"(() => {{ {t.javascript()}{ENGINE} return both; }})()" for t in tables)
    code = """
    return input.map(([nodes, root], i) => {
      const {forward, localDerivatives, reached, backward} = engines[i];
      const numbers = nodes.map(node => node[0] < 0 ? Number(node[1]) : 0);
      forward(nodes, numbers);
      const derivatives = backward(nodes, localDerivatives(nodes, numbers), reached(nodes, root));
      return [numbers.map(pack), nodes.map((_, k) => derivatives.has(k) ? pack(derivatives.get(k)) : null)];
    });"""
    cases = cases.replace("return both;", "return {forward, localDerivatives, reached, backward};")
    return tables, run_node(f"const engines = [{cases}];{code}", graphs)


def largest_difference(roots):
    """The largest distance, in units in the last place, between numbers and derivatives of both languages."""
    worst = 0
    for root, table, (numbers, derivatives) in zip(roots, *passes(roots), strict=True):
        expected = adjoints(root, newest_first(root))
        for value in {root, *expected}:
            i = table.position(value)
            worst = max(worst, ulps(value.data, unpack(numbers[i])))
            worst = max(worst, ulps(expected[value], unpack(derivatives[i])) if value in expected else 0)
    return worst


def random_graph(source, size=25):
    """A graph of exact operations with shared operands, and with plain numbers among them."""
    values = [Value(source.uniform(-3, 3), f"v{i}") for i in range(4)]
    for _ in range(size):
        name, x, y = source.choice(EXACT), source.choice(values), source.choice([*values, source.uniform(-3, 3), 2.0])
        op = OPERATIONS[name]
        if op.nary:
            rows = [[source.choice(values) for _ in range(4)] for _ in op.operands]
            values.append(functions[name](*rows))
        elif name == "sqrt":
            values.append(functions[name](abs(x) + 0.25))
        elif name == "truediv":
            values.append(x / (abs(y) + 0.25))
        else:
            values.append(functions[name](*[x, y][: len(op.operands)]))
    return mean(values)


@needs_node
def test_random_graphs_of_exact_operations_are_the_same_bits():
    source = random.Random(1)
    assert largest_difference([random_graph(source) for _ in range(150)]) == 0


@needs_node
def test_random_graphs_of_all_operations_agree():
    """Errors of a few last places grow along a graph, so numbers and derivatives agree to twelve digits."""
    source = random.Random(2)
    roots = [random_program(source, 3, 8).values()[1] for _ in range(150)]
    for root, table, (numbers, derivatives) in zip(roots, *passes(roots), strict=True):
        for value, slope in adjoints(root, newest_first(root)).items():
            i = table.position(value)
            assert math.isclose(value.data, unpack(numbers[i]), rel_tol=1e-9, abs_tol=1e-12)
            assert math.isclose(slope, unpack(derivatives[i]), rel_tol=1e-6, abs_tol=1e-9)


@needs_node
def test_a_node_outside_its_domain_is_reported():
    w = Value(0.5, "w")
    root = (w - 1.0) ** 2 + w.log()
    table = NodeTable(newest_first(root), None)
    nodes = [[-1, -0.5] if node == [-1, 0.5] else node for node in table.nodes()]
    code = f"{table.javascript()}{ENGINE} const numbers = input.map(node => node[0] < 0 ? node[1] : 0);"
    undefined_at, result = run_node(f"{code} return [forward(input, numbers), pack(numbers.at(-1))];", nodes)
    assert nodes[undefined_at][0] == table.operations.index(w.log().op)
    assert math.isnan(unpack(result))


@needs_node
def test_hostile_names_of_operands_and_operations():
    op = define("__proto__", "var * var + new * let", dvar="2 * var", dnew="let", dlet="new")
    root = op(Value(2.0), Value(3.0), 4.0)
    assert largest_difference([root]) == 0


def test_operations_that_call_python_cannot_be_on_a_page():
    cube = define("cube", lambda x: x**3, dx="3 * x ** 2")
    with pytest.raises(FormulaError, match="cube calls a Python function, which a page cannot: define it by formulas"):
        NodeTable(newest_first(cube(Value(2.0))), None)


def test_each_sample_has_nodes_of_its_own():
    w, shared = Value(0.5, "w"), Constant(0.1, "λ")
    losses = [((w * Constant(x, "x") - Constant(y, "y")) ** 2 + shared).named("L") for x, y in [(1.0, 2.0), (1.0, 3.0)]]
    chain = Chain(mean(losses).named("J"))
    table = NodeTable(chain.nodes, chain.samples)
    x = losses[0].args[0].args[0].args[0].args[1]
    assert len(table.positions(x)) == 2
    assert len(set(table.positions(x))) == 2
    assert isinstance(table.positions(w), int)
    assert isinstance(table.positions(shared), int)
    assert table.positions(losses[1]) == [table.position(loss) for loss in losses]


def test_numbers_that_json_lacks_are_strings():
    root = Value(math.inf) * Value(math.nan) + Value(-math.inf) * 2.0
    assert [node[1] for node in NodeTable(newest_first(root), None).nodes() if node[0] == -1] == [
        "Infinity",
        "NaN",
        "-Infinity",
    ]


@needs_node
def test_numbers_are_written_as_python_writes_them():
    source = random.Random(3)
    numbers = [
        0.0,
        -0.0,
        math.inf,
        -math.inf,
        math.nan,
        1.0625,
        12345.0,
        0.00012345,
        9999.5,
        9999.4,
        99995.0,
        1e-4,
        5e-324,
    ]
    numbers += [source.randrange(10**6) / 2 ** source.randrange(12) for _ in range(20_000)]  # many ties
    numbers += [source.choice([-1, 1]) * 10 ** source.uniform(-20, 20) for _ in range(20_000)]
    for digits in (4, 3, 6):
        written = run_node(f"{NUMBERS} return input.map(x => number(unpack(x), {digits}));", [pack(x) for x in numbers])
        assert written == [minus(number(x, digits)) for x in numbers]
    factors = run_node(f"{NUMBERS} return input.map(x => factor(unpack(x)));", [pack(x) for x in numbers[:2000]])
    assert factors == [minus(factor(x)) for x in numbers[:2000]]


@needs_node
def test_numbers_are_read_as_people_type_them():
    typed = ["−0,8", " 1/3 ", "1 000", "1e-3", "-.5", "1/2/3", "", "w", "1/0", "1/"]
    read = run_node(f"{NUMBERS} return input.map(text => pack(parsed(text)));", typed)
    assert [unpack(x) for x in read[:5]] == [-0.8, 1 / 3, 1000.0, 0.001, -0.5]
    assert all(not math.isfinite(unpack(x)) for x in read[5:])


@needs_node
def test_n_ary_operations_and_plain_numbers():
    w = [Value(0.1 * i, f"w[{i}]") for i in range(5)]
    roots = [dot(w, [1.5, -2.0, w[0], 0.3, w[1]]), mean([w[0], 2.0, w[1] * w[1]]), 3 - w[2] ** -2]
    assert largest_difference(roots) <= 1
