"""The architecture: imports, deferred ones too, run from outer layers to inner ones and never in a circle."""

import ast
import re
import subprocess
import sys

import pytest

from tests import gallery
from tests.architecture import PICTURE, RANKS, ROOT, direct, draw, imported, layer, modules, survey


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


FILLED_ONCE = {
    "autograd.core.recording.functions",
    "autograd.core.table.OPERATIONS",
    "autograd.formula.language.DERIVED",
    "autograd.vectorizing.rewriting._RULES_OF",
}
"""Dicts that are filled while the modules load, and never changed afterwards."""


CHANGEABLE = re.compile(r"\{\}|\[\]|(dict|set|list|deque)\(\)|(count|defaultdict|[\w.]*local|\w*Dictionary)\(.*\)")


def changeable(name, path):
    """The names at module level that are bound to an empty container, a counter or a store of a thread."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = ast.unparse(node.value) if isinstance(node, ast.Assign | ast.AnnAssign) and node.value else ""
        if CHANGEABLE.fullmatch(value):
            yield from (f"{name}.{target.id}" for target in targets if isinstance(target, ast.Name))


def test_all_state_that_can_change_is_in_one_module():
    found = {place for name, path in modules() for place in changeable(name, path)} - FILLED_ONCE
    assert found == {"autograd.core.state.clock"}
    statements = [path for _, path in modules() if re.search(r"(?m)^\s+global ", path.read_text(encoding="utf-8"))]
    assert not statements


def test_a_second_place_for_state_is_seen(tmp_path):
    (tmp_path / "wrong.py").write_text("import threading\n_seen: dict[int, str] = {}\n_here = threading.local()\n")
    assert [*changeable("wrong", tmp_path / "wrong.py")] == ["wrong._seen", "wrong._here"]


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


@pytest.mark.slow
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


def test_an_arrow_that_a_path_stands_for_is_left_out():
    imports = {"neuron": {"core", "formula"}, "core": {"formula"}, "formula": set()}
    assert set(direct(imports)) == {("neuron", "core"), ("core", "formula")}


def test_the_picture_shows_the_folders_as_they_are():
    fresh, shown = (gallery.words(svg) for svg in (draw().pipe("svg", encoding="utf-8"), PICTURE.read_text("utf-8")))
    assert fresh == shown, "docs/pictures/architecture.svg has changed: python -m tests.architecture draws it anew"
