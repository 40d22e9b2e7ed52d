"""Fuzzing guided by coverage: ``python -m tests.robustness.fuzzing formulas 600``, or labels, or models.

It needs atheris (pip install atheris), which changes the inputs of the corpus so that they reach new lines of the
package, for so many seconds.  The contracts are those of the attacks `formulas`, `characters` and `model_files`: an
input that breaks one is written to the current directory.  Inputs that have reached new lines are added to the corpus,
from which a test takes every tenth.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
MAX_BYTES = {"formulas": 60, "labels": 60, "models": 1000}
"""The largest inputs, so that they stay fast and readable."""


def problem(target: str, data: bytes) -> str:
    """The reason why the package must not answer like this to the input; empty if it may."""
    from tests.robustness import characters, formulas, model_files

    text = data.decode(errors="surrogateescape")
    if target == "formulas":
        return formulas.attack(text)
    if target == "labels":
        sinks = [name for name in characters.SINKS if name != "rendered_pictures"]  # which start a process each
        return "; ".join(characters.attack(sinks[sum(data) % len(sinks)], text))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.json")
        file.write_bytes(data)
        kinds = [type(model) for model in model_files.MODELS]
        outcomes = {model_files.outcome(kind, file)[0] for kind in kinds}
    return "; ".join(outcomes - {"accepted", "refused"})


def corpus(target: str) -> list[bytes]:
    """The inputs that are kept."""
    stored = json.loads((CORPUS / f"{target}.json").read_text("utf-8"))
    return [text.encode(errors="surrogateescape") for text in stored]


def seeds(target: str) -> list[bytes]:
    """Inputs to begin with."""
    from tests.robustness import characters, formulas, model_files

    if target == "models":
        source = random.Random(0)
        return [*map(model_files.saved, model_files.MODELS), *(model_files.hostile_file(source)[1] for _ in range(100))]
    texts = formulas.HOSTILE if target == "formulas" else characters.NASTY
    return [text.encode(errors="surrogatepass") for text in texts]


def fuzz(target: str, folder: str, seconds: int) -> None:
    """Run the fuzzer in this process, which it ends."""
    import atheris

    with atheris.instrument_imports(include=["autograd", "neuron"]):
        from tests.robustness import characters, formulas, model_files  # noqa: F401 - and with them the packages

    slowest = 0.0

    def once(data: bytes) -> None:
        nonlocal slowest
        start = time.perf_counter()
        if why := problem(target, data):
            raise AssertionError(why)
        if (passed := time.perf_counter() - start) > slowest:
            slowest = passed
            print(f"slowest: {slowest:.3f} s, {data!r}", file=sys.stderr)

    options = [f"-max_total_time={seconds}", f"-max_len={MAX_BYTES[target]}", "-timeout=20", "-rss_limit_mb=4096"]
    atheris.Setup([sys.argv[0], *options, folder], once)
    atheris.Fuzz()


def main(target: str, seconds: str = "60") -> int:
    """Fuzz in a child process, print the figures, and keep the inputs that reach new lines; 1 if a contract breaks."""
    with tempfile.TemporaryDirectory() as folder:
        for i, data in enumerate([*corpus(target), *seeds(target)]):
            Path(folder, f"seed-{i}").write_bytes(data[: MAX_BYTES[target]])
        code = f"from tests.robustness.fuzzing import fuzz; fuzz({target!r}, {folder!r}, {int(seconds)})"
        child = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, check=False)
        messages = child.stderr.decode(errors="replace")
        runs = re.findall(r"(?:Done |#)(\d+)", messages)
        covered = re.findall(r"cov: (\d+)", messages)
        print(f"{target}: {int(runs[-1]):,} inputs in {seconds} s, {covered[-1]} branches reached")
        print((re.findall("slowest: .*", messages) or [""])[-1])
        if child.returncode:
            print(messages[-3000:])
            return 1
        new = {file.read_bytes() for file in Path(folder).iterdir() if not file.name.startswith("seed")}
        texts = sorted(data.decode(errors="surrogateescape") for data in {*corpus(target), *new})
        (CORPUS / f"{target}.json").write_text(json.dumps(texts, indent=0) + "\n", "utf-8")
        print(f"{len(new)} inputs reached new lines; the corpus has {len(texts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
