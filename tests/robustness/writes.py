"""Files under attack while they are written: kills, Ctrl-C, a limit to their size, and a full disk.

``python -m tests.robustness.writes [--kind save] [--kind render] [--kills 200]``

A child process writes two versions of the same files in turn, over and over, until it is killed at a random moment;
then each file has to be one version or the other, as a whole.  `save` writes a model and a history, `render` pictures,
their DOT source, a page and the pictures of steps; each picture is drawn only once, so that most of the time is spent
with writing.  The exit status is 1 if a file was lost.
"""

import argparse
import csv
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from autograd import Value, draw, page
from autograd.drawing.steps import steps
from neuron import MLP, History
from neuron.training.history import Epoch

Writer = Callable[[], object]

SHOWN = 3
"""The number of problems that are printed of each attack."""


def saves(folder: Path) -> list[Writer]:
    """Writers of a small model and a short history, then of a large model and a long history."""
    writers: list[Writer] = []
    for size, epochs in ((3, 10), (300, 3000)):
        model = MLP(2, [size, 1], seed=size)
        history = History([Epoch(i, 0.1, 1 / 3, None, None, None, None) for i in range(epochs)])
        writers += [
            lambda model=model: model.save(folder / "model.json"),
            lambda history=history: history.save_csv(folder / "history.csv"),
        ]
    return writers


def renderings(folder: Path) -> list[Writer]:
    """Writers of pictures with their DOT sources, of pages, and of the steps of a graph."""
    writers: list[Writer] = []
    for size in (1, 20):
        w = [Value(0.5, label=f"w{i}") for i in range(size)]
        L = sum((v * v for v in w), Value(0.1, label="b")).named("L")
        drawing, lesson, slides = draw(L, max_nodes=200), page(L, max_nodes=200), steps(L, max_nodes=200)[:2]
        content = {format: drawing.pipe(format) for format in ("svg", "png")}
        pictures = slides._pictures("svg")
        drawing.pipe = lambda format, content=content, **_: content[format]
        slides._pictures = lambda format, scale=None, pictures=pictures: pictures
        writers += [
            lambda drawing=drawing: drawing.render(outfile=folder / "graph.svg"),
            lambda drawing=drawing: drawing.save(folder / "graph.png"),
            lambda lesson=lesson: lesson.save(folder / "lesson.html"),
            lambda slides=slides: slides.save(folder / "steps.svg"),
        ]
    return writers


KINDS = {"save": saves, "render": renderings}


def problem(file: Path) -> str:
    """The reason why a file is not whole; "" if it is."""
    data = file.read_bytes()
    try:
        if file.suffix == ".json":
            MLP.load(file)
        elif file.suffix == ".svg":
            ElementTree.fromstring(data)
        elif file.suffix == ".csv":
            rows = list(csv.reader(data.decode().splitlines()))
            assert len(rows) in (11, 3001), f"{len(rows)} rows"
            assert {len(row) for row in rows} == {6}
        else:
            end = {".html": b"</html>\n", ".gv": b"}\n", ".png": b"IEND\xaeB`\x82"}[file.suffix]
            assert data.endswith(end), f"it ends in {data[-20:]!r}"
    except (ValueError, AssertionError, ElementTree.ParseError) as error:
        return f"{file.name}: {error}"
    return ""


def lost(folder: Path, names: set[str]) -> list[str]:
    """A line for each of the files that is missing or not whole."""
    missing = [f"{name} is missing" for name in sorted(names) if not (folder / name).exists()]
    return missing + list(filter(None, (problem(folder / name) for name in sorted(names) if (folder / name).exists())))


def visible(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if not file.name.startswith(".")}


def hidden(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.name.startswith(".")]


class Figures:
    """The figures of one attack."""

    def __init__(self, title: str) -> None:
        self.title, self.attacks, self.files, self.left, self.problems = title, 0, 0, 0, []

    def count(self, folder: Path, names: set[str]) -> None:
        """Count the files after an attack, and remember those that were lost."""
        self.problems += lost(folder, names)
        self.attacks, self.files = self.attacks + 1, self.files + len(names)
        for file in hidden(folder):
            file.unlink()
            self.left += 1

    def __str__(self) -> str:
        problems = "".join(f"\n  {problem}" for problem in self.problems[:SHOWN])
        return (
            f"{self.title}: {self.attacks} attacks, {self.files:,} files checked, {len(self.problems)} problems, "
            f"{self.left} hidden files left{problems}"
        )


def _write_for_ever(writers: list[Writer]) -> None:
    """Write until a signal ends this process: with status 0 if it was Ctrl-C, with 1 after any other error."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        while True:
            for writer in writers:
                writer()
    except KeyboardInterrupt:
        os._exit(0)
    finally:
        os._exit(1)


def interrupt(signal_: int, writers: list[Writer], folder: Path, times: int, seed: int = 0) -> Figures:
    """Send a signal to a writing process at random moments."""
    source, figures, names = random.Random(seed), Figures(signal.Signals(signal_).name), visible(folder)
    for _ in range(times):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # until the child can answer it
        child = os.fork()
        if not child:
            _write_for_ever(writers)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        time.sleep(source.uniform(0.005, 0.1))
        os.kill(child, signal_)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL), "the child did not write until it was killed"
        figures.count(folder, names)
        for writer in writers:  # all files whole again for the next attack
            writer()
    return figures


def fail(title: str, writers: list[Writer], folder: Path) -> Figures:
    """Write everything where it cannot be written: each time an error that names the file, and nothing lost."""
    figures, names = Figures(title), visible(folder)
    for writer in writers:
        try:
            writer()
        except OSError as error:
            if "cannot be written: " not in str(error) or Path(error.filename).name not in names:
                figures.problems.append(f"unclear message: {error}")
        figures.count(folder, names)
    return figures


def limited(writers: list[Writer], folder: Path) -> Figures:
    """All files are limited to 1,000 bytes: as a full disk, but without the rights of an administrator."""
    import resource

    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, unlimited[1]))
    try:
        return fail("files of at most 1,000 bytes", writers, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        signal.signal(signal.SIGXFSZ, handler)


def full_disk(kind: str) -> Figures | None:
    """Write to a small disk that is full; None where none can be mounted."""
    import subprocess

    with tempfile.TemporaryDirectory() as mount:
        command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mount]
        if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
            return None
        try:
            folder = Path(mount, "files")
            folder.mkdir()
            writers = KINDS[kind](folder)
            for writer in writers[: len(writers) // 2]:
                writer()
            with open(Path(mount, "filling"), "wb", buffering=0) as filling:
                try:
                    while filling.write(bytes(4096)):
                        pass
                except OSError:
                    pass
            return fail("full disk", writers, folder)
        finally:
            subprocess.run(["umount", mount], check=True)


def attack(kind: str, kills: int, parent: Path) -> bool:
    """All attacks on the files of one kind; True if none was lost."""
    folder = parent / kind
    folder.mkdir()
    writers = KINDS[kind](folder)
    for writer in writers:
        writer()
    assert not lost(folder, visible(folder))
    attacks = [
        interrupt(signal.SIGKILL, writers, folder, kills),
        interrupt(signal.SIGINT, writers, folder, kills),
        limited(writers, folder),
    ]
    if full := full_disk(kind):
        attacks.append(full)
    else:
        print(f"{kind}: no full disk, because only root can mount one")
    for figures in attacks:
        print(f"{kind}: {figures}")
    after_an_error = sum(figures.left for figures in attacks[1:])  # only a kill may leave a hidden file
    return not after_an_error and not any(figures.problems for figures in attacks)


def main(arguments: list[str]) -> int:
    """Attack, print the figures, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.robustness.writes", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--kind", action="append", choices=KINDS, help="a kind of files (default: all)")
    parser.add_argument("--kills", type=int, default=200, help="kills and interrupts of each kind (default: 200)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        results = [attack(kind, options.kills, Path(folder)) for kind in options.kind or KINDS]
    return int(not all(results))


if __name__ == "__main__":
    if not hasattr(os, "fork"):
        sys.exit("this attack forks processes, which needs Linux or macOS")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs this in the background ignores it
    sys.exit(main(sys.argv[1:]))
