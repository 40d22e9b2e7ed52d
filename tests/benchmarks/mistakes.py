"""How well a failing gradient check names the mistake: networks with mistakes that students make.

``python -m tests.benchmarks.mistakes [network]``, less than a minute; `network` is the name of one,
"two layers", "branching" or "three layers", or its beginning.

Each mistake has one line: the verdict, the arrays that fail, whether the report names the mistake fully, in part or
not, and the explanations it gives.  A mistake is "judged wrongly" if an array fails whose gradient is right, or one
does not fail whose gradient is wrong.  It is named fully if the report says what to change, once for
the whole network or for each of the wrong arrays; a clue beside some entries is a name in part.
"""

import argparse
import re
from collections import Counter

from autograd import gradcheck
from tests.benchmarks import branching, three_layers, two_layers
from tests.benchmarks.student_code import Mistake, Network

NETWORKS = two_layers.NETWORKS + branching.NETWORKS + three_layers.NETWORKS
GRADES = ("fully", "in part", "not", "judged wrongly")


def failed_arrays(report) -> set[str]:
    return {name.partition("[")[0] for name, check in report.inputs.items() if check.verdict == "fail"}


def hints(report) -> dict[str, str]:
    """The hint for each array that fails; if the report has hints for entries only, the one they share."""
    failed = failed_arrays(report)
    if hasattr(report, "arrays"):
        return {name: report.arrays[name].hint for name in failed}
    entries = [(name.partition("[")[0], check.hint) for name, check in report.inputs.items() if check.verdict == "fail"]
    by_array = {array: {hint for name, hint in entries if name == array} for array in failed}
    return {array: shared.pop() if len(shared) == 1 else "" for array, shared in by_array.items()}


def says(text: str, words: tuple[tuple[str, ...], ...]) -> bool:
    """True if a line of the text contains all fragments of one of the alternatives."""
    return any(all(part in line for part in phrase) for line in text.lower().splitlines() for phrase in words)


def about_everything(report) -> str:
    """The advice, and the report without its rows for entries, its line about confidence and the hints for arrays."""
    text = "\n".join(line for line in str(report).splitlines() if not re.match(r"\s*\w+\[|Confidence", line))
    for hint in filter(None, hints(report).values()):
        text = text.replace(hint, "")
    return "\n".join([text, *report.advice])


def grade(mistake: Mistake, report, wrong: set[str]) -> str:
    """One of `GRADES`, if the gradients of the arrays in `wrong` are wrong and all others right."""
    if failed_arrays(report) != wrong:
        return "judged wrongly"
    about_arrays = hints(report).values()
    if says(about_everything(report), mistake.words) or all(says(hint, mistake.words) for hint in about_arrays):
        return "fully"
    clues = mistake.words + tuple((part,) for part in mistake.part)
    about_entries = (check.hint for check in report.inputs.values())
    everything = "\n".join([about_everything(report), *about_arrays, *about_entries])
    return "in part" if says(everything, clues) else "not"


def line(name: str, report, result: str) -> str:
    by_hint: dict[str, list[str]] = {}
    for array, hint in sorted(hints(report).items()):
        by_hint.setdefault(hint, []).append(array)
    explanations = [f"{', '.join(arrays)}: {hint}" for hint, arrays in by_hint.items() if hint]
    explanations += report.advice
    failed = " ".join(sorted(failed_arrays(report)))
    return f"{name:34} {report.verdict:12} {failed:18} {result:14} {' | '.join(explanations)}".rstrip()


def check(network: Network) -> Counter[str]:
    """Print one line per mistake of a network, and return the number of mistakes with each grade."""
    print(f"{network.name}: {len(network.mistakes)} mistakes")
    right = gradcheck(network.cost, network.parameters, gradient=network.right)
    print(line("right", right, "accepted" if right.verdict == "pass" else "judged wrongly"))
    counts: Counter[str] = Counter()
    for mistake in network.mistakes:
        report = gradcheck(network.cost, network.parameters, gradient=network.wrong(mistake))
        result = grade(mistake, report, network.wrong_arrays(mistake))
        counts[result] += 1
        print(line(mistake.name, report, result), flush=True)
    print()
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", nargs="?", default="", help="the beginning of the names of the networks to check")
    chosen = [network for network in NETWORKS if network.name.startswith(parser.parse_args().network)]
    counts = {network.name: check(network) for network in chosen}
    print(f"{'mistakes named':22}" + "".join(f"{grade:>16}" for grade in GRADES) + f"{'of':>6}")
    for name, grades in counts.items():
        print(f"{name:22}" + "".join(f"{grades[grade]:16}" for grade in GRADES) + f"{grades.total():6}")


if __name__ == "__main__":
    main()
