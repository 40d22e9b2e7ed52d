"""Random programs beside the same functions on Values: ``python -m tests.benchmarks.vectorized 2000 [first seed]``.

Prints how many programs and samples were compared, how many results are wrong, which functions were refused and why,
and the largest relative differences.  A wrong result is printed as a small program that shows it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from tests.benchmarks.fuzzing.comparison import Outcome, outcome
from tests.benchmarks.fuzzing.generation import random_case
from tests.benchmarks.fuzzing.shrinking import shrunk


def main(count: int = 2000, first: int = 0, shown: int = 5) -> int:
    """Compare `count` programs from the seed `first` on; returns the number of wrong ones."""
    start = time.perf_counter()
    outcomes: list[Outcome] = []
    for seed in range(first, first + count):
        case = random_case(seed)
        result = outcome(case)
        outcomes.append(result)
        if result.kind in ("wrong", "refused") and shown > 0:
            shown -= 1
            small = shrunk(case, lambda case, kind=result.kind: outcome(case).kind == kind)  # type: ignore[misc]
            print(f"\n# --- seed {seed}: {outcome(small).reason}\n{small.program}")
    report(outcomes, time.perf_counter() - start)
    return sum(result.kind == "wrong" for result in outcomes)


def report(outcomes: list[Outcome], seconds: float) -> None:
    """Print the counts, the reasons, and the largest differences."""
    kinds = Counter(result.kind for result in outcomes)
    samples = sum(result.samples for result in outcomes)
    print(f"\n{len(outcomes):,} programs, {samples:,} samples in {seconds:.0f} s: {dict(kinds)}")
    for kind in ("raised", "refused", "wrong"):
        reasons = Counter(result.reason for result in outcomes if result.kind == kind)
        for reason, n in reasons.most_common(12):
            print(f"    {n:6} {kind}: {reason}")
    value, gradient = (max(getattr(x, what) for x in outcomes) for what in ("value", "gradient"))
    print(f"largest relative difference of a value {value:.1e}, of a gradient {gradient:.1e}")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
