"""The extras of the package that a page needs: what its code imports, and the line below its title that says so."""

import builtins
import sys

EXTRAS = {
    "matplotlib": "plot",
    "sklearn": "data",
    "array_api_compat": "arrays",
    "dask": "cluster",
    "distributed": "cluster",
    "pypdf": "slides",
    "PIL": "slides",
}
"""The extra that each of these packages comes with."""


class Imports:
    """A record of what the code of a page, `autograd` and `neuron` import while it runs, loaded before or not."""

    def __init__(self):
        self.names, self._import = set(), builtins.__import__
        builtins.__import__ = self._recorded

    def _recorded(self, name, scope=None, local=None, fromlist=(), level=0):
        importer = (scope or {}).get("__name__", "")
        if importer.split(".")[0] in ("", "autograd", "neuron"):  # the code of a page has no name
            self.names |= {name, *(f"{name}.{part}" for part in fromlist or ())}
        return self._import(name, scope, local, fromlist, level)

    def stop(self):
        """Import as before."""
        builtins.__import__ = self._import


def packages(imports):
    """The packages that are imported, and those from which imported modules of ours took names when they loaded."""
    for name in imports:
        yield name.split(".")[0]
        if name.split(".")[0] in ("autograd", "neuron") and name in sys.modules:
            for value in vars(sys.modules[name]).values():
                yield str(getattr(value, "__module__", "")).split(".")[0]


def line(extras):
    """The line that states the extras."""
    names = ",".join(extras)
    return (
        f'To run all of this page: `pip install "scalar-autograd[{names}]"`, in a clone `pip install -e ".[{names}]"`.'
    )


def assert_as_stated(page, imports):
    """The page states, below its title, the extras that its code needs, and no others."""
    used = set(packages(imports))
    needed = list(dict.fromkeys(extra for package, extra in EXTRAS.items() if package in used))
    _, below_the_title, *_ = page.read_text(encoding="utf-8").split("\n\n", 2)
    if needed:
        assert below_the_title == line(needed), f"{page.name} should state below its title: {line(needed)}"
    else:
        assert not below_the_title.startswith("To run all"), f"{page.name} needs no extras"
