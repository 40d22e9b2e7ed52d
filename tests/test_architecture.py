"""The architecture: imports, deferred ones too, run from outer layers to inner ones and never in a circle."""

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [
    ["autograd.formula"],
    ["autograd.core"],
    ["autograd.extensions"],
    ["autograd.transforms"],
    ["autograd.checking", "autograd.vectorizing"],
    ["autograd.explaining"],
    ["autograd.drawing"],
    ["autograd.cli"],
    ["autograd"],
    ["neuron"],
]
"""The folders from the inside out; those of one line do not import each other."""

RANKS = {folder: rank for rank, folders in enumerate(LAYERS) for folder in folders}


def modules():
    """Every module of both packages by its dotted name."""
    for package in ("autograd", "neuron"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imported(path, names):
    """The modules that a file imports, each with whether the import is deferred."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    only_types = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in only_types:
            continue
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found = [
                f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in names else node.module
                for alias in node.names
            ]
        else:
            continue
        for name in found:
            if name in names:
                yield name, node not in tree.body


def layer(name):
    """The folder that a module belongs to: the innermost one that is listed."""
    return name if name in RANKS else layer(name.rpartition(".")[0])


def survey():
    names = dict(modules())
    arrows = [(name, *arrow) for name, path in names.items() for arrow in imported(path, names)]
    graph = {}
    for name, target, _ in arrows:
        graph.setdefault(name, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
        circle = []
    except CycleError as error:
        circle = error.args[1]
    up = sorted(
        {
            (name, target)
            for name, target, _ in arrows
            if RANKS[layer(target)] > RANKS[layer(name)]
            or (RANKS[layer(target)] == RANKS[layer(name)] and layer(target) != layer(name))
        }
    )
    return names, arrows, circle, up


def test_imports_run_one_way():
    names, arrows, circle, up = survey()
    print(
        f"{len(names)} modules, {len(arrows)} imports among them, {sum(d for _, _, d in arrows)} of these deferred; "
        f"circle: {circle or 'none'}; arrows that run up: {up or 'none'}"
    )
    assert not circle
    assert not up


def test_neuron_is_built_on_the_public_names():
    sources = [path.read_text(encoding="utf-8") for name, path in modules() if name.startswith("neuron")]
    outside = {
        module for source in sources for module in re.findall(r"(?m)^ *(?:from|import) (autograd[\w.]*)", source)
    }
    assert outside == {"autograd", "autograd.extend"}


ALONE = """
import sys, types
package = types.ModuleType("autograd")  # the folder without what its __init__ loads
package.__path__ = [{folder!r}]
sys.modules["autograd"] = package
import pytest
class FewExamples:
    def pytest_configure(self):
        from hypothesis import settings
        settings.register_profile("few", max_examples=15, deadline=None)
        settings.load_profile("few")
code = pytest.main(["-q", "--noconftest", "-p", "no:cacheprovider", "tests/core"], plugins=[FewExamples()])
print(*(name for name in sys.modules if name.startswith(("autograd.", "numpy"))))
sys.exit(code)
"""


def test_the_core_passes_its_tests_alone():
    code = ALONE.format(folder=str(ROOT / "autograd"))
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:]
    loaded = run.stdout.splitlines()[-1].split()
    assert "autograd.core.graph" in loaded
    assert {".".join(name.split(".")[:2]) for name in loaded} == {"autograd.core", "autograd.formula"}


@pytest.mark.parametrize("wrong", ["from autograd.drawing import draw", "def f():\n    import autograd.drawing.draw"])
def test_an_arrow_that_runs_up_is_seen(wrong, tmp_path):
    (tmp_path / "wrong.py").write_text(wrong)
    ((target, deferred),) = imported(tmp_path / "wrong.py", dict(modules()))
    assert (target, deferred) == ("autograd.drawing.draw", wrong.startswith("def"))
    assert RANKS[layer(target)] > RANKS["autograd.core"]
