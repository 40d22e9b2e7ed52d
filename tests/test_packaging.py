"""Importing: light, and clear about foreign packages of the same names."""

import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

import autograd
import neuron

ROOT = Path(__file__).parent.parent
HEAVY = {"graphviz", "pygraphviz", "sympy", "mpmath", "matplotlib", "sklearn", "torch", "tqdm", "pypdf", "PIL"}


def python(code, cwd, **environment):
    environment = {**os.environ, "PYTHONPATH": str(cwd), **environment}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("package", ["autograd", "neuron"])
def test_importing_loads_nothing_heavy(package):
    run = python(f"import sys, {package}; print(*sys.modules)", ROOT)
    assert not HEAVY & {name.split(".")[0] for name in run.stdout.split()}, run.stderr


@pytest.mark.slow
def test_training_loads_nothing_that_it_does_not_use():
    fit = "import neuron, sys; neuron.fit(neuron.Neuron(1), [[0.0], [1.0]], [0.0, 1.0], epochs=2); print(*sys.modules)"
    run = python(fit, ROOT)
    assert "numpy" in run.stdout.split(), run.stderr
    assert not (HEAVY | {"scipy"}) - {"tqdm"} & {name.split(".")[0] for name in run.stdout.split()}


def test_autograd_itself_does_not_even_load_numpy():
    assert python("import sys, autograd; print('numpy' in sys.modules)", ROOT).stdout == "False\n"


def test_everything_public_is_there_and_documented():
    for package in (autograd, neuron):
        for name in package.__all__:
            assert getattr(package, name).__doc__, name
    assert set(autograd.functions) <= set(autograd.__all__)


def test_types_are_declared():
    for package in (autograd, neuron):
        assert (Path(package.__file__).parent / "py.typed").exists()


def test_ours_in_a_folder_with_another_autograd_says_so(tmp_path):
    shutil.copytree(ROOT / "autograd", tmp_path / "autograd")
    (tmp_path / "autograd" / "tracer.py").write_text("")
    run = python("import autograd", tmp_path)
    assert run.stderr.splitlines()[-1] == (
        f"ImportError: another package called autograd (HIPS autograd) is installed in {tmp_path / 'autograd'}, "
        "the folder of scalar-autograd; uninstall both and install scalar-autograd alone, or in a virtual "
        "environment of its own"
    )


def test_our_neuron_with_another_autograd_says_so(tmp_path):
    shutil.copytree(ROOT / "neuron", tmp_path / "neuron")
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("def grad(f): ...\n")
    run = python("import neuron", tmp_path)
    assert "ImportError: neuron needs the autograd of scalar-autograd, but the one at" in run.stderr.splitlines()[-1]
    assert str(tmp_path / "autograd" / "__init__.py") in run.stderr.splitlines()[-1]


def test_public_classes_go_by_their_public_names():
    for name in autograd.__all__:
        if isinstance(public := getattr(autograd, name), type):
            assert f"{public.__module__}.{public.__qualname__}" == f"autograd.{name}"
    with pytest.raises(autograd.DomainError) as error:
        autograd.log(-1.0)
    assert traceback.format_exception_only(error.value)[0].startswith("autograd.DomainError: log(x) is not defined")
