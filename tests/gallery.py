"""The pictures of the documentation.  ``python -m tests.gallery`` draws them anew."""

import contextlib
import doctest
import os
import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def draw_into(directory):
    """Run the code of docs/pictures.md in this directory."""
    page = (DOCS / "pictures.md").read_text(encoding="utf-8")
    namespace = {}
    with contextlib.chdir(directory):
        for example in doctest.DocTestParser().get_examples(page):
            if not example.exc_msg:
                exec(compile(example.source, "docs/pictures.md", "single"), namespace)


def words(svg):
    """What one reads in a picture, and in its tooltips."""
    return re.findall(r"<text[^>]*>([^<]*)</text>|xlink:title=\"([^\"]*)\"", svg)


if __name__ == "__main__":
    draw_into(DOCS)
    print(*sorted(os.listdir(DOCS / "pictures")), sep="\n")
