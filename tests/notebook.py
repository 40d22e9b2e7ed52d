"""Runs the notebook of docs/; ``python -m tests.notebook`` does so in place, which renews its outputs."""

import os
import sys
import tempfile
from pathlib import Path

import nbformat

NOTEBOOK = Path(__file__).parent.parent / "docs" / "lesson.ipynb"

os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")  # jupyter_core warns where this is not decided


def load():
    return nbformat.read(NOTEBOOK, as_version=4)


def execute(notebook, directory, **environment):
    """Run all cells in a directory, with this interpreter; no kernel need be installed."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisPython(AsyncKernelManager):
        kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"],
            display_name="Python 3",
            language="python",
        )

    kernel = ThisPython(connection_file=str(Path(directory, "kernel.json")))
    client = NotebookClient(
        notebook, kernel, record_timing=False, timeout=60, resources={"metadata": {"path": str(directory)}}
    )
    client.execute(cleanup_kc=True, env=os.environ | {"IPYTHONDIR": str(directory)} | environment)
    return notebook


def tidy(notebook):
    """Leave out everything that changes from run to run, and all copies of each picture except the SVG.

    A PDF holds its date. Tooltips work only in the HTML copy. But web sites that show notebooks prefer the HTML and
    remove the drawing from it, so that readers there would see nothing.
    """
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        for output in cell.get("outputs", ()):
            if "image/svg+xml" in output.get("data", ()):
                output.data.pop("text/html", None)
                output.data.pop("application/pdf", None)
    return notebook


def main():
    with tempfile.TemporaryDirectory() as directory:
        notebook = tidy(execute(load(), directory))
    nbformat.validate(notebook)
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
