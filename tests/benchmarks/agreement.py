"""Random programs beside PyTorch in float64: ``python -m tests.benchmarks.agreement 10000``.

Prints the largest relative difference of a value and of a gradient, relative to the size of what was
added up on the way (see `sizes` in tests/core/test_graph.py).  Needs the extra: ``pip install -e ".[bench]"``.
"""

import random
import sys

import torch

from tests.core.test_graph import sizes
from tests.programs import one_sided_slopes, random_program

one = torch.ones((), dtype=torch.float64)

PEER = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "truediv": torch.div, "pow": torch.pow, "neg": torch.neg,
    "pos": torch.positive, "abs": torch.abs, "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (one / 3),
    "softplus": lambda x: torch.logaddexp(x, 0 * one), "leaky_relu": torch.nn.functional.leaky_relu,
    "sum": lambda x: torch.stack(x).sum(), "mean": lambda x: torch.stack(x).mean(),
    "dot": lambda x, y: torch.dot(torch.stack(x), torch.stack(y)), "xlog1py": torch.special.xlog1py,
}  # fmt: skip


class Peer(dict):
    def __missing__(self, name):
        return getattr(torch, name)


def main(count):
    worst = {"value": 0.0, "gradient": 0.0}
    off = {"ours": 0.0, "peer": 0.0}
    operations = disputes = 0
    for seed in range(count):
        program = random_program(random.Random(seed))
        leaves, root = program.values()
        inputs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program.leaves]
        result = program.run(inputs, Peer(PEER))[-1]
        peers = torch.autograd.grad(result, inputs, allow_unused=True)
        operations += len(program.steps)
        worst["value"] = max(worst["value"], abs(root.data - result.item()) / max(abs(root.data), 1e-300))
        for leaf, ours, peer, size in zip(leaves, root.gradients(leaves), peers, sizes(root, leaves), strict=True):
            theirs = 0.0 if peer is None else peer.item()
            difference = abs(ours - theirs) / (size or 1.0)
            worst["gradient"] = max(worst["gradient"], difference)
            if difference > 1e-12:  # who is right? A finite difference with 100 digits decides
                disputes += 1
                exact = sum(one_sided_slopes(root, leaf)) / 2
                off["ours"] = max(off["ours"], abs(ours - exact) / size)
                off["peer"] = max(off["peer"], abs(theirs - exact) / size)
    print(f"{count:,} programs with {operations:,} operations against PyTorch {torch.__version__}, float64")
    print(f"largest relative difference: value {worst['value']:.1e}, gradient {worst['gradient']:.1e}")
    print(f"{disputes} gradients differ by more than 1e-12; there, against 100-digit finite differences,")
    print(f"ours are off by at most {off['ours']:.1e}, PyTorch's by at most {off['peer']:.1e}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
