"""Model files made to do harm: each is loaded as a model that is in it, or refused in one readable line.

``python -m tests.robustness.model_files [inputs] [seed]`` changes good files at random, 20,000 times by default, and
prints how many were accepted and refused, what went wrong, the longest time and the largest memory.
"""

import functools
import json
import math
import random
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

from neuron import MLP, Layer, Neuron

MODELS = [Neuron(2, "tanh", seed=1), Layer(2, 3, seed=1), MLP(2, [3, 1], "tanh", "sigmoid", seed=1)]
HUGE = "9" * 400  # JSON that Python reads as an integer beyond all floats
HOSTILE = [
    *(
        0,
        -1,
        -(10**12),
        2,
        3,
        100,
        10**5,
        10**9,
        10**18,
        int(HUGE),
        1.0,
        2.5,
        -0.0,
        1e308,
        math.nan,
        math.inf,
        -math.inf,
    ),
    *(True, False, None, "", "2", "relu", "rleu", "linear", "\0\x1b[31m\n", "\u202e", "\ud800", "ŷ" * 10**5),
    *([], {}, [[]], [[2, 3], [1]], {"nin": 2}, [1] * 10**5, [2000, 2000, 1], [10**6] * 3, ["1"], [None], [True], [1.5]),
    *([2, 3, -1], [3, 0], [3, int(HUGE)], "31", {"3": 1}),
]
KEYS = [
    "nin",
    "nout",
    "nouts",
    "activation",
    "output_activation",
    "seed",
    "weights",
    "bias",
    "self",
    "cls",
    "__class__",
]
KEYS += [
    "format",
    "model",
    "arguments",
    "parameters",
    "w",
    "b",
    "w[0]",
    "w1[0,0]",
    "",
    "\0",
    "\x1b[2J\n",
    "\ud800",
    "k" * 10**5,
]
MAX_SECONDS, MAX_MEMORY = 0.5, 64 * 2**20
"""The time and the memory that one small file may take."""


@functools.cache
def saved(model: Any) -> bytes:
    """The good file of a model."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "m.json"))
        return Path(folder, "m.json").read_bytes()


def hostile_file(random: random.Random) -> tuple[type, bytes]:
    """A class, and a file that is one of its models after up to three changes."""
    model = random.choice(MODELS)
    content = json.loads(saved(model))
    for _ in range(random.randrange(3)):
        change_content(content, random)
    data = json.dumps(content, ensure_ascii=random.random() < 0.8).encode(errors="surrogatepass")
    for _ in range(random.randrange(2)):
        data = changed_bytes(data, random)
    return type(model), data


def change_content(content: dict, random: random.Random) -> None:
    """Change, add, remove or rename one thing."""
    place = random.choice([content, *(part for part in content.values() if isinstance(part, dict))])
    key = random.choice([*place, random.choice(KEYS)])
    value = random.choice(HOSTILE)
    if isinstance(place.get(key), list) and place[key] and random.random() < 0.5:
        place[key] = [*place[key]]
        place[key][random.randrange(len(place[key]))] = value
    elif random.random() < 0.2:
        place.pop(key, None)
    elif random.random() < 0.1:
        place[random.choice(KEYS)] = place.pop(key, value)
    elif random.random() < 0.05:
        place[key] = {f"p{i}": 1.0 for i in range(random.choice([10, 3000]))}
    else:
        place[key] = value


def changed_bytes(data: bytes, random: random.Random) -> bytes:
    """Damage the file itself."""
    at = random.randrange(len(data) + 1)
    end = random.randrange(at, len(data) + 1)
    depth = random.choice([5, 9, 900, 10**5])
    inside = random.choice([b"[", b'{"a":', b"[[],"]) * depth
    changes = [
        lambda: data[:at] + bytes([random.randrange(256)]) + data[at + 1 :],
        lambda: data[:at],
        lambda: data[:at] + data[end:],
        lambda: data[:at] + data[at:end] * 2 + data[end:],
        lambda: data[:at] + random.choice([b"\0", b'"', b"\\", b",", b"}", b"\xff", b"\n"]) + data[at:],
        lambda: data.replace(b"}", random.choice([b', "w": 1}', b', "nin": 1}', b', "b": 1, "b": 2}']), 1),
        lambda: data[:at] + inside + data[at:],
        lambda: data.replace(b": 2", b": " + inside + b"1" + b"]" * depth, 1),
        lambda: data.replace(
            b"0.", random.choice([b"NaN", b"-Infinity", b"9" * 5000, HUGE.encode(), b"1e999", b"-"]), 1
        ),
        lambda: b"\xef\xbb\xbf" * random.choice([1, 2]) + data,
        lambda: data.decode(errors="replace").encode(random.choice(["utf-16", "utf-32", "utf-16-le", "utf-7"])),
        lambda: data + random.choice([data, b"\0" * 100, b" " * 10**6, b"null"]),
        lambda: data[:at] + b'"' + random.choice([b'\\"', b'"', b"\\", b"k"]) * 10**5 + data[at:],
        lambda: b"",
    ]
    return random.choice(changes)()


def outcome(kind: type, file: Path) -> tuple[str, float]:
    """``"accepted"``, ``"refused"`` or what is wrong with the answer; and the seconds of CPU that it took."""
    start = time.process_time()
    try:
        model = kind.load(file)
    except (ValueError, OSError) as error:
        seconds, message = time.process_time() - start, str(error)
        if message.startswith(str(file)) and message.isprintable() and len(message) < len(str(file)) + 400:
            return "refused", seconds
        return f"unreadable message: {message[:200]!r}", seconds
    except BaseException as error:
        return f"crash: {type(error).__name__}: {str(error)[:200]}", time.process_time() - start
    seconds = time.process_time() - start
    numbers = {str(p.label): p.data for p in model.parameters()}
    parameters = json.loads(file.read_text("utf-8-sig"))["parameters"]
    stored = {name: float(number) for name, number in parameters.items()}
    return ("accepted" if numbers == stored else f"another model: {numbers} for {stored}"), seconds


def memory(kind: type, file: Path) -> int:
    """The largest number of bytes that loading a file occupies at once."""
    tracemalloc.start()
    try:
        outcome(kind, file)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def attack(inputs: int, seed: int) -> tuple[Counter, float, int]:
    """The outcomes of so many files and how often they occurred, the longest time and the largest memory."""
    source, outcomes, slowest, largest = random.Random(seed), Counter(), 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.json")
        for i in range(inputs):
            kind, data = hostile_file(source)
            file.write_bytes(data)
            result, seconds = outcome(kind, file)
            occupied = memory(kind, file)
            if seconds > MAX_SECONDS or occupied > MAX_MEMORY:
                result = f"expensive: {seconds:.2f} s, {occupied / 2**20:.0f} MB"
            if result not in ("accepted", "refused"):
                print(f"input {i} ({data[:80]!r}): {result}")
            outcomes[result.partition(":")[0]] += 1
            slowest, largest = max(slowest, seconds), max(largest, occupied)
    return outcomes, slowest, largest


def main(arguments: list[str]) -> int:
    """Attack, print the figures, and return the exit status."""
    inputs, seed = map(int, [*arguments, *["20000", "0"][len(arguments) :]])
    outcomes, slowest, largest = attack(inputs, seed)
    print(f"{inputs:,} files: {', '.join(f'{number:,} {result}' for result, number in outcomes.most_common())}")
    print(f"slowest {slowest:.3f} s of CPU, largest memory {largest / 2**20:.1f} MB")
    return int(bool(set(outcomes) - {"accepted", "refused"}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
