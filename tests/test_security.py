"""Each promise of docs/security.md names a test, which is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_each_promise_has_a_test():
    promises = PAGE.partition("## The promises, and their tests")[2]
    rows = [line for line in promises.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 20
    for row in rows:
        promise, test = re.fullmatch(r"\| (.*) \| `(tests/.*\.py::test_\w+)` \|", row).groups()
        file, _, name = test.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, promise
