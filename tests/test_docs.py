"""Everything on the README and the pages that is not Python: commands with their output, links, the printed table."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import autograd.cli.main
import neuron.__main__
from autograd import OPERATIONS
from autograd.explaining.sympy_derivatives import sympy_derivative
from tests import extras, gallery

ROOT = Path(__file__).parent.parent
README_PICTURE = "docs/pictures/chain.svg"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SESSIONS = [
    (page, command, output, bool(vary))
    for page in PAGES
    for vary, block in re.findall(
        r"(<!-- the numbers vary -->\n)?```console\n(.*?)```", page.read_text(encoding="utf-8"), re.S
    )
    for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)
]
NAMES = [f"{page.name}: {command}" for page, command, _, _ in SESSIONS]
PROGRAMS = {"autograd": autograd.cli.main.main, "neuron": neuron.__main__.main}
FIRST = {command.split()[2]: command for _, command, _, _ in reversed(SESSIONS)}
"""For each program the first command, which runs as a process of its own; the others run in this one."""
FILES = [r"```py\n(?=# ([\w-]+\.py)\n)(.*?)```", r"<!-- ([\w-]+\.csv) -->\n```text\n(.*?)```"]
"""The files on a page: their names, in a comment, and their contents."""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a command in an empty directory; returns its exit status, its output and its errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    here = lambda formulas, names: [sympy_derivative(formulas, name) for name in names]  # noqa: E731
    monkeypatch.setattr("autograd.cli.run.sympy_derivatives", here)  # without loading SymPy anew each time
    modules = set(sys.modules)

    def run(command):
        python, option, program, *arguments = shlex.split(command)
        assert (python, option) == ("python", "-m")
        if command == FIRST[program]:
            child = subprocess.run(
                [sys.executable, "-m", program, *arguments], capture_output=True, text=True, check=False
            )
            return child.returncode, child.stdout, child.stderr
        try:
            status = PROGRAMS[program](arguments)
        except SystemExit as end:  # of argparse
            status = end.code
        return status, *capsys.readouterr()

    yield run
    for name in {path.stem for path in tmp_path.glob("*.py")} - modules:
        sys.modules.pop(name, None)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "command", "output", "vary"), SESSIONS, ids=NAMES)
def test_a_command_prints_what_the_page_shows(page, command, output, vary, tmp_path, run):
    for file in FILES:
        for name, content in re.findall(file, page.read_text(encoding="utf-8"), re.S):
            (tmp_path / name).write_text(content, encoding="utf-8")
    status, out, err = run(command)
    printed = out + err
    if vary:  # with the machine
        printed, output = (re.sub(r" *[\d.,]+%?( min| m?s)?", " #", lines) for lines in (printed, output))
    assert printed == output
    assert (status == 2) == bool(err)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_runs_once_as_a_process_of_its_own(program):
    assert FIRST[program] in [command for _, command, _, _ in SESSIONS]


def test_there_are_commands_to_test():
    assert len(SESSIONS) >= 1


def test_the_picture_of_the_readme_is_the_one_that_the_lesson_draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert neuron.__main__.main([]) == 0
    fresh, shown = (p.read_text(encoding="utf-8") for p in (tmp_path / "neuron.svg", ROOT / README_PICTURE))
    assert gallery.words(fresh) == gallery.words(shown)
    assert f"]({README_PICTURE})" in (ROOT / "README.md").read_text(encoding="utf-8")


def table():
    rows = [
        "| operation | z = | ∂z/∂x | ∂z/∂y | defined where | at the kink |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for op in OPERATIONS.values():
        partials = [f"`{p.text}`" for p in op.partials] + [""] * (2 - len(op.partials))
        domain, kink = f"`{op.domain.text}`" if op.domain else "", str(op.kink) if op.kink else ""
        if op.name == "where":
            partials = partials[1:]
        rows.append(" | ".join(["| `" + op.name + "`", f"`{op.value.text}`", *partials, domain, kink]) + " |")
    return "\n".join(rows)


def test_the_operations_page_prints_the_table():
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert table() in page, f"docs/operations.md should hold:\n{table()}"


def links(page):
    """The files that a page links to, each with the heading that is meant, if any."""
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text(encoding="utf-8")):
        yield (page.parent / path).resolve() if path else page, anchor


def anchors(page):
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for path, anchor in links(page):
        assert path.exists(), path
        assert not anchor or anchor in anchors(path), f"{path.name}#{anchor}"


@pytest.mark.parametrize(
    "path", ["core/table.py", "checking/reports/report.py", "drawing/style.py", "vectorizing/namespaces.py"], ids=str
)
def test_the_readme_leads_to_the_files_for_common_changes_in_two_hops(path):
    pages = [target for target, _ in links(ROOT / "README.md") if target.suffix == ".md"]
    assert ROOT / "autograd" / path in {target for page in pages for target, _ in links(page)}


def test_the_readme_counts_the_lines_of_the_engine():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = {path: int(lines) for path, lines in re.findall(r"^\| \[.*?\]\((.*?)\) \| (\d+) \|", text, re.M)}
    files = ["table", "value", "recording", "graph"]
    assert shown == {
        f"autograd/core/{name}.py": len((ROOT / "autograd" / "core" / f"{name}.py").read_text("utf-8").splitlines())
        for name in files
    }


def test_the_readme_names_the_test_command_that_ci_runs():
    command = 'pip install -e ".[test]" && python -m pytest'
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_licence_is_there():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert shutil.which("python") or sys.executable


def test_all_pictures_are_shown():
    used = {path for page in PAGES for path in gallery.shown(page).values()}
    stored = {path for folder in ("pictures", "plots") for path in (ROOT / "docs" / folder).iterdir()}
    assert stored == used


def test_a_picture_that_has_changed_is_noticed(tmp_path):
    page, name = ROOT / "docs" / "puzzle.md", "puzzle-fit.svg"
    with pytest.raises(AssertionError, match=r"puzzle\.md shows puzzle-fit\.svg, but does not draw it"):
        gallery.assert_as_shown(page, tmp_path)
    stored = gallery.shown(page)[name].read_text(encoding="utf-8")
    (tmp_path / name).write_text(stored, encoding="utf-8")
    gallery.assert_as_shown(page, tmp_path)
    (tmp_path / name).write_text(stored.replace("target y", "target z"), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"puzzle-fit\.svg has changed"):
        gallery.assert_as_shown(page, tmp_path)


def test_a_page_that_does_not_state_its_extras_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A page\n\nText.\n")
    imports = extras.Imports()
    exec("from PIL import Image", {})
    imports.stop()
    with pytest.raises(AssertionError, match=r"page\.md should state below its title: .*scalar-autograd\[slides\]"):
        extras.assert_as_stated(page, imports.names)
    extras.assert_as_stated(page, {"numpy", "neuron.plots"})
    page.write_text(f"# A page\n\n{extras.line(['plot', 'data'])}\n\nText.\n")
    extras.assert_as_stated(page, {"sklearn.datasets", "matplotlib"})
    with pytest.raises(AssertionError, match=r"page\.md needs no extras"):
        extras.assert_as_stated(page, {"numpy"})


def test_a_page_names_extras_that_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(extras.EXTRAS.values()) <= set(project["optional-dependencies"])
