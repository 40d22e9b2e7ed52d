"""Random cases: functions that use everything the engine has, with hostile names and special numbers."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np

from autograd import OPERATIONS
from tests.benchmarks.fuzzing.cases import Case, Step, access, leaves, mapped

__all__ = ["random_case"]

NAMES = (
    "x w a b y n t1 t2 dt1 dt2 ddt1 c1 i1 i2 L dL dx x_ sum mean max put exp where pi nan inf s_ h ŷ x₁ x1 T _ __ f"
    " f_and_gradients concat stack reshape moveaxis zeros_like logical_and self args kwargs print float int abs dn"
    " captured lambda if None np ag sigmoid del loss value t1_ d array eye dtype t0 p_t1 t01 class σ α"
).split()
TITLES = [*NAMES, "<lambda>", "my function", "L_and_gradients", "sin", "", "f-1"]
LABELS = [
    *NAMES,
    "h[0]",
    "h[1]",
    "t1[0]",
    "two words",
    "ŷ",
    "🙂",
    "x.T",
    "0",
    "a-b",
    "None",
    "lambda",
    "h1",
    "x[:, None]",
]

SPECIAL = [
    0.0,
    -0.0,
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    -2.0,
    3.0,
    math.nan,
    math.inf,
    -math.inf,
    1e-300,
    1e300,
    5e-324,
    40.0,
]
USUAL = [0.5, 2.0, -1.0, 3.0, 0.25, -0.5, 1.0, 0.1, 0.0, 1.7, -3.0]

_ROWS = [op for op in OPERATIONS.values() if not op.nary and not op.is_operator and op.name != "where"]
UNARY = [f"ag.{op.name}({{0}})" for op in _ROWS if len(op.operands) == 1]
UNARY += [
    "-{0}",
    "+{0}",
    "builtins.abs({0})",
    "np.tanh({0})",
    "{0} ** 2",
    "{0} ** 3",
    "{0} ** 0.5",
    "{0} ** -1",
    "2 ** {0}",
]
UNARY += ["{0} ** 4", "{0} ** 1", "{0} ** 0", "1 / {0}", "0 * {0}", "U['cube']({0})", "U['root']({0})", "U['n']({0})"]
UNARY += ["detached({0})", "{0} * -0.0", "{0} - 0", "-0.0 + {0}", "-1 * {0}", "(0 - {0})", "{0} + 0.0", "-(-{0})"]
BINARY = [f"ag.{op.name}({{0}}, {{1}})" for op in _ROWS if len(op.operands) == 2]
BINARY += [f"{{0}} {sign} {{1}}" for sign in ("+", "-", "*", "/", "**", "%", "//", "+", "-", "*", "/")]
BINARY += ["U['sum_']({0}, {1})", "U['bump']({0}, {1})", "({0} > {1}) * 2.0", "({0} != {1}) + 1.0"]
CHOICES = [f"ag.where({{0}} {sign} {{1}}, {{2}}, {{3}})" for sign in ("<", "<=", ">", ">=", "==", "!=")]
CHOICES += [
    "ag.where(({0} > {1}) & ({2} <= {3}), {2}, {1})", "ag.where(({0} > {1}) | ({2} == {3}), {3}, {0})",
    "ag.where({0}, {1}, {2})", "ag.where({0} > {1}, {1}, 0.0)", "ag.where({0} > {1}, 0.0, {2})",
    "ag.where({0} >= 0, 1.0, {2})", "({0} > {1}) * {2}", "ag.where({0} > {1}, -0.0, 1.0)",
]  # fmt: skip
SMOOTH = ["ag.tanh({0})", "ag.sin({0})", "ag.sigmoid({0})", "0.5 * {0}", "{0} + 0.25", "ag.arctan({0})"]
SMOOTH_PAIRS = ["{0} + {1}", "{0} - 0.5 * {1}", "ag.tanh({0}) * {1}", "{0} * 0.25 + {1}", "ag.hypot({0}, {1})"]


class _Generator:
    """One random case; all choices come from `random`."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.is_special = self.random.random() < 0.5
        self.arguments: dict[str, Any] = {}
        self.batch: list[str] = []
        self.captured: list[float] = []
        self.steps: list[Step] = []
        self.readable: list[str] = []
        self.words = 0

    def case(self) -> Case:
        random = self.random
        samples = random.choice([1, 1, 2, 3, 5])
        names = random.sample(NAMES, random.choice([1, 1, 2, 2, 3, 4]))
        for name in names:
            if random.random() < 0.6:
                self.batch.append(name)
            self.arguments[name] = self.argument(samples if name in self.batch else None)
        for name in names:
            for path, x in leaves(self.arguments[name]):
                shape = np.shape(x)[name in self.batch :]  # of one sample
                word = access(self.arguments, name) + path
                self.readable += [word + "".join(f"[{i}]" for i in index) for index in np.ndindex(*shape)]
        self.captured = [self.number() for _ in range(random.choice([0, 0, 0, 1, 2]))]
        self.readable += [f"C[{i}]" for i in range(len(self.captured))]
        if not self.readable:
            self.readable = ["1.5"]
        kinds = [self.unary] * 3 + [self.binary] * 5 + [self.choice] * 2 + [self.sum, self.derivative, self.loop]
        long = random.random() < 0.02
        for _ in range(random.randint(60, 200) if long else random.choice([1, 2, 3, 5, 8, 12, 20])):
            random.choice(kinds)()
        results = self.results()
        if random.random() < 0.05 and not self.is_special:
            self.arguments = {k: mapped(lambda x: np.asarray(x, np.float32), x) for k, x in self.arguments.items()}
        return Case(
            random.choice(TITLES),
            tuple(self.steps),
            results,
            self.arguments,
            tuple(self.batch),
            tuple(self.captured),
            random.choice([400, 9000, 23000]) // samples if self.batch and random.random() < 0.02 else 1,
        )

    def results(self) -> tuple[str, ...]:
        random = self.random
        if random.random() < 0.15:
            return tuple(self.read() for _ in range(random.randint(2, 4)))
        if random.random() < 0.03 or not self.steps:
            return (self.read(),)
        if random.random() < 0.3 and len(self.steps) > 2:
            self.add(
                "ag.sum([" + ", ".join(f"{{{i}}}" for i in range(3)) + "])", *(step.word for step in self.steps[-3:])
            )
        return (self.steps[-1].word,)

    # --- Numbers and arguments ------------------------------------------------------------------------------

    def number(self) -> float:
        random = self.random
        if self.is_special and random.random() < 0.35:
            return random.choice(SPECIAL)
        return random.choice([random.gauss(0, 1), random.gauss(0, 1), random.gauss(0, 3), random.choice(USUAL)])

    def argument(self, samples: int | None) -> Any:
        random = self.random
        tree = random.random()
        if tree < 0.08:
            keys = random.sample(["w", "b", "t1", "n", "sum", "dt1", "two words", "ŷ"], 2)
            return {key: self.array(samples) for key in keys}
        if tree < 0.12:
            return {"u": tuple(np.asarray(self.array(samples)) for _ in range(2))}
        return self.array(samples)

    def array(self, samples: int | None) -> Any:
        random = self.random
        shape = random.choice([(), (), (), (1,), (2,), (3,), (4,), (2, 2), (3, 2), (1, 3), (2, 1, 2), (12,)])
        whole = shape if samples is None else (samples, *shape)
        x = np.array([self.number() for _ in range(math.prod(whole))]).reshape(whole)
        kind = random.random()
        if kind < 0.08:
            return np.clip(np.nan_to_num(x), -9, 9).round().astype(int)
        if kind < 0.16:
            return x.tolist()
        if kind < 0.24 and x.ndim:
            return np.repeat(x, 2, axis=-1)[..., ::2]
        if kind < 0.30 and x.ndim:
            return np.ascontiguousarray(x.T).T
        if kind < 0.34:
            x.flags.writeable = False
        return x if x.ndim or kind < 0.6 else float(x)

    # --- Steps ----------------------------------------------------------------------------------------------

    def read(self) -> str:
        """An operand: mostly of the latest steps."""
        random = self.random
        latest = [step.word for step in self.steps[-4:]]
        if latest and random.random() < 0.55:
            return random.choice(latest)
        if self.steps and random.random() < 0.2:
            return random.choice(self.steps).word
        return random.choice(self.readable)

    def operand(self) -> str:
        """An operand, or a literal."""
        if self.random.random() < 0.2:
            return repr(self.number())
        return self.read()

    def add(self, code: str, *operands: str) -> None:
        self.words += 1
        label = self.random.choice(LABELS) if self.random.random() < 0.15 else None
        self.steps.append(Step(f"v{self.words}", code, operands, label))

    def unary(self) -> None:
        self.add(self.random.choice(UNARY), self.read())

    def binary(self) -> None:
        x, y = self.read(), self.operand()
        self.add(self.random.choice(BINARY), *((x, y) if self.random.random() < 0.75 else (y, x)))

    def choice(self) -> None:
        self.add(self.random.choice(CHOICES), self.read(), *(self.operand() for _ in range(3)))

    def sum(self) -> None:
        random = self.random
        n = random.choice([0, 1, 1, 2, 3, 5, 17, 40])
        operands = [self.operand() for _ in range(n)]
        places = [f"{{{i}}}" for i in range(n)]
        match random.choice(["sum", "mean", "dot", "dot", "sum of products", "python", "softmax"]):
            case "sum":
                self.add(f"ag.sum([{', '.join(places)}])", *operands)
            case "mean" if n:
                self.add(f"ag.mean([{', '.join(places)}])", *operands)
            case "dot":
                factors = [f"{{{i + n}}}" for i in range(n)]
                self.add(
                    f"ag.dot([{', '.join(places)}], [{', '.join(factors)}])",
                    *operands,
                    *(self.operand() for _ in range(n)),
                )
            case "sum of products" if n > 1:
                self.add(" + ".join(f"{x} * {y}" for x, y in pairwise(places)), *operands)
            case "softmax" if 0 < n < 6 and not self.is_special:
                name = random.choice(["ag.logsumexp([{}])", "ag.softmax([{}])[0]"])
                self.add(name.format(", ".join(places)), *operands)
            case _ if n:
                self.add(f"builtins.sum([{', '.join(places)}])", *operands)

    def expression(self, names: list[str], depth: int, unary: list[str], binary: list[str]) -> str:
        """A nested expression of these names and of literals."""
        random = self.random
        if depth == 0:
            return random.choice(names) if random.random() < 0.85 else repr(random.choice(USUAL))
        if random.random() < 0.5:
            return f"({random.choice(unary)})".format(self.expression(names, depth - 1, unary, binary))
        parts = [self.expression(names, depth - i, unary, binary) for i in (1, random.randint(1, depth))]
        return f"({random.choice(binary)})".format(*parts)

    def derivative(self) -> None:
        """A derivative of a random function, or of an earlier step."""
        random = self.random
        one = self.expression(["u", "{1}"], 2, UNARY, BINARY)
        two = self.expression(["u", "v", "{2}"], 2, UNARY, BINARY)
        code = random.choice([
            f"ag.grad(lambda u: u * {one})({{0}})",
            f"ag.grad(ag.grad(lambda u: u * {one}))({{0}})",
            f"ag.hessian(lambda u: u[0] * (lambda u, v: {two})(u[0], u[1]))([{{0}}, {{1}}])[0][1]",
            f"ag.jvp(lambda u, v: u * {two}, ({{0}}, {{1}}), ({{2}}, 0.5))[1]",
            "slope({0}, {4})",
            "slope({0}, {4})",
        ])  # fmt: skip
        self.add(code, self.read(), self.operand(), self.operand(), self.operand(), random.choice(self.readable))

    def loop(self) -> None:
        """A repeated body: a recurrence, several states, indices that move, loops in loops, summed results."""
        random = self.random
        n = random.choice([2, 3, 5, 12])
        tame = random.random() < 0.8
        unary, binary = (SMOOTH, SMOOTH_PAIRS) if tame else (UNARY, BINARY)

        def body(*names: str) -> str:
            return self.expression(list(names), 2, unary, binary)

        operands = [self.read() for _ in range(3)]
        items = [self.read() for _ in range(n)]
        listed = f"[{', '.join(f'{{{i + 3}}}' for i in range(n))}]"
        z = "{z}"
        code = random.choice([
            f"{z} = {{0}}\nfor step in range({n}):\n    {z} = {body(z, '{1}')}",
            f"{z} = {{0}}\nfor step in range({n}):\n    {z} = {body(z, '{1}')} * (0.5 + 0.1 * step)",
            f"{z}, state = {{0}}, {{1}}\nfor step in range({n}):\n"
            f"    {z}, state = {body(z, 'state')}, {body(z, 'state', '{2}')}",
            f"{z} = {{0}}\nfor row in {listed}:\n    {z} = {body(z, 'row')}",
            f"{z} = ag.sum([{body('{0}', 'row')} for row in {listed}])",
            f"rows = {listed}\nfor step in range(2):\n    rows = [{body('row', '{0}')} for row in rows]\n"
            f"{z} = ag.dot(rows, rows[::-1])",
            f"rows = {listed}\nfor step in range(3):\n"
            f"    rows = [{body('row', 'other')} for row, other in zip(rows, rows[1:] + rows[:1])]\n"
            f"{z} = ag.mean(rows)",
            f"{z} = {{0}}\nfor outer in range({n}):\n    inner = {{1}}\n    for step in range(3):\n"
            f"        inner = {body('inner', z)}\n    {z} = {body(z, 'inner')}",
            f"cells = [{{0}}, {{1}}]\nfor step in range({n}):\n"
            f"    cells = [ag.tanh(ag.dot(cells, [{{2}}, 0.5])), ag.tanh(cells[0] - cells[1])]\n"
            f"{z} = cells[0] + cells[1]",
        ])  # fmt: skip
        self.words += 1
        self.steps.append(Step(f"v{self.words}", code, (*operands, *items)))


def random_case(seed: int) -> Case:
    """The case of this seed."""
    return _Generator(seed).case()
