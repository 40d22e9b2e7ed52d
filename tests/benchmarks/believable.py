"""How often a gradient check can be believed: verdicts on random functions, beside those of other checkers.

``python -m tests.benchmarks.believable [functions] [seed] [--only gradcheck]``, some 15 minutes for 2,000.

Each random function of one input is given a correct gradient, one that is 1 % off, one with the wrong sign, and,
where the gradient is a sum over several uses of the input, one without one of these terms.  The others
are run as published, with their default steps and tolerances.
"""

import argparse
import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograd import gradcheck
from autograd.checking.references.exact_replay import GraphSlopes
from autograd.core.graph import newest_first
from tests.programs import Program, random_program

NOT_SMOOTH = {"floor", "sign"}


@dataclass
class Case:
    program: Program
    leaf: int
    slope: float
    gradients: dict[str, float]

    @property
    def at(self) -> float:
        return self.program.leaves[self.leaf]

    def __call__(self, x):
        """The function, of a float or of a Value."""
        leaves = list(self.program.leaves)
        leaves[self.leaf] = x
        return self.program.run(leaves)[-1]

    def opaque(self, x: float) -> float:
        return float(self(float(x)))


def cases(n: int, seed: int) -> Iterator[Case]:
    source = random.Random(seed)
    found = 0
    while found < n:
        program = random_program(source)
        if NOT_SMOOTH & {name for name, _ in program.steps}:
            continue
        leaves, root = program.values()
        at = source.randrange(len(leaves))
        slopes = GraphSlopes(root).by(leaves[at])
        if slopes.kind != "smooth" or slopes.reason or not slopes.numeric:
            continue
        found += 1
        slope = slopes.numeric
        gradients = {"correct": slope, "1 % off": 1.01 * slope, "sign flipped": -slope}
        uses = [node for node in newest_first(root) if any(operand is leaves[at] for operand, _ in node.edges)]
        terms = [
            adjoint * local
            for node, adjoint in zip(uses, root.gradients(uses), strict=True)
            for operand, local in node.edges
            if operand is leaves[at]
        ]
        terms = [term for term in terms if abs(term) > 0.01 * abs(slope)]
        if len(terms) > 1:
            gradients["one term missing"] = slope - source.choice(terms)
        yield Case(program, at, slope, gradients)


# --- The checkers: "pass", "fail" or anything else, for a function and a gradient -----------------------


def by_replay(case: Case, gradient: float) -> str:
    return gradcheck(case, [case.at], gradient=[gradient]).verdict


def by_ladder(case: Case, gradient: float) -> str:
    return gradcheck(case.opaque, [case.at], gradient=[gradient]).verdict


def by_torch(case: Case, gradient: float) -> str:
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.new_tensor(case.opaque(x.item()))

        @staticmethod
        def backward(ctx, upstream):
            return upstream * gradient

    x = torch.tensor(case.at, dtype=torch.float64, requires_grad=True)
    return "pass" if torch.autograd.gradcheck(Function.apply, (x,), raise_exception=False) else "fail"


def by_jax(case: Case, gradient: float) -> str:
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    number = jax.ShapeDtypeStruct((), "float64")

    @jax.custom_vjp
    def f(x):
        return jax.pure_callback(lambda x: jax.numpy.asarray(case.opaque(x)), number, x)

    f.defvjp(lambda x: (f(x), None), lambda _, upstream: (upstream * gradient,))
    try:
        check_grads(f, (case.at,), order=1, modes=["rev"])
    except AssertionError:
        return "fail"
    return "pass"


def by_scipy(case: Case, gradient: float) -> str:
    from scipy.optimize import check_grad

    error = check_grad(lambda x: case.opaque(x[0]), lambda _: [gradient], [case.at])
    return "pass" if error < 1e-6 else "fail"


CHECKERS: dict[str, Callable[[Case, float], str]] = {
    "gradcheck, recorded graph": by_replay,
    "gradcheck, floats only": by_ladder,
    "torch.autograd.gradcheck": by_torch,
    "jax check_grads (float64)": by_jax,
    "scipy check_grad < 1e-6": by_scipy,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", type=int, nargs="?", default=2000)
    parser.add_argument("seed", type=int, nargs="?", default=20261)
    parser.add_argument("--only", default="", help="run the checkers with this in their names")
    options = parser.parse_args()
    checkers = {name: check for name, check in CHECKERS.items() if options.only in name}
    warnings.simplefilter("ignore")
    counts = {checker: Counter() for checker in checkers}
    given = Counter()
    for case in cases(options.functions, options.seed):
        for kind, gradient in case.gradients.items():
            given[kind] += 1
            for checker, check in checkers.items():
                try:
                    verdict = check(case, gradient)
                except (ArithmeticError, ValueError):  # the checker stepped out of the domain
                    verdict = "error"
                counts[checker][kind, verdict] += 1
    kinds = list(given)
    print(f"{options.functions} random functions, seed {options.seed}: " + ", ".join(f"{given[k]} {k}" for k in kinds))
    print(f"{'in per cent':28}" + "".join(f"{k:>30}" for k in kinds))
    print(f"{'':28}" + "".join(f"{'accused' if k == 'correct' else 'missed':>12}{'inconclusive':>18}" for k in kinds))
    for checker, found in counts.items():
        cells = ""
        for kind in kinds:
            wrong = found[kind, "fail" if kind == "correct" else "pass"]
            told = found[kind, "pass"] + found[kind, "fail"]
            cells += f"{100 * wrong / given[kind]:12.2f}{100 * (given[kind] - told) / given[kind]:18.2f}"
        print(f"{checker:28}{cells}")


if __name__ == "__main__":
    main()
