"""The settings of the suite: when the tests run on several cores, and that the tools of the lint are pinned alike."""

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parent.parent
ALL, SOME = pytest.Config.ArgsSource.TESTPATHS, pytest.Config.ArgsSource.ARGS


@pytest.fixture
def settle(request, monkeypatch):
    """Decides about workers as the conftest.py at the root does; returns their number and how tests are shared out."""
    (conftest,) = (p for p in request.config.pluginmanager.get_plugins() if hasattr(p, "SLOW_PAGES"))

    def settle(cores=4, args_source=ALL, xdist=True, worker=False, **options):
        defaults = {"keyword": "", "markexpr": "", "usepdb": False, "trace": False, "capture": "fd"}
        defaults |= {"numprocesses": None, "dist": "no"}
        monkeypatch.setattr(conftest, "cores", lambda: cores)
        config = SimpleNamespace(
            args_source=args_source,
            option=SimpleNamespace(**defaults | options),
            pluginmanager=SimpleNamespace(hasplugin=lambda name: xdist and name == "xdist"),
        )
        if worker:
            config.workerinput = {}
        conftest.pytest_cmdline_main(config)
        return config.option.numprocesses, config.option.dist

    return settle


def test_the_whole_suite_runs_on_all_cores(settle):
    assert settle(cores=4) == (4, "loadfile")


@pytest.mark.parametrize(
    "situation",
    [
        {"cores": 1},
        {"args_source": SOME},
        {"keyword": "tanh"},
        {"markexpr": "not slow"},
        {"usepdb": True},
        {"trace": True},
        {"capture": "no"},
        {"cov_source": [""]},
        {"xdist": False},
        {"worker": True},
    ],
    ids=str,
)
def test_anything_else_runs_in_one_process(settle, situation):
    assert settle(**situation) == (None, "no")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_number_of_workers_on_the_command_line_counts(settle, workers):
    assert settle(numprocesses=workers) == (workers, "no")


def test_ruff_has_one_version():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (version,) = re.findall(r"ruff-pre-commit\n +rev: v(\S+)", hooks)
    assert f"ruff=={version}" in extras["lint"]
    assert re.search(r"^mypy==[\d.]+$", "\n".join(extras["lint"]), re.M)
