"""The examples of README.md as one script for type checkers: ``python -m tests.typed_pages`` runs mypy on it."""

import doctest
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def script(page):
    """The examples of a page, one after the other."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    examples = [example for block in blocks for example in doctest.DocTestParser().get_examples(block)]
    return "".join(example.source for example in examples)


def main():
    """Run mypy on the examples, and return its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "readme.py"
        file.write_text(script(ROOT / "README.md"), encoding="utf-8")
        return subprocess.run([sys.executable, "-m", "mypy", "--config-file=", str(file)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
