"""The pictures of the documentation: drawn by the code of the pages that show them.

``python -m tests.gallery`` draws them anew; when the tests run the pages, the pictures must say the same.
"""

import contextlib
import doctest
import os
import re
import shutil
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
_NUMBER = re.compile(r"[-−.\d]+|\$\\mathdefault\{.*\}\$")


def shown(page):
    """The pictures that a page shows, by their file names."""
    paths = re.findall(r"\]\(((?:pictures|plots)/[\w-]+\.svg)\)", page.read_text(encoding="utf-8"))
    return {Path(path).name: page.parent / path for path in paths}


def drawn(directory):
    """The pictures that the code of a page has left in a directory, by their file names."""
    return {path.name: path for path in Path(directory).rglob("*.svg")}


def words(svg):
    """The words in a picture and in its tooltips: comments in Matplotlib's pictures."""
    return re.findall(r"<(?:text|tspan|title)\b[^>]*>([^<]+)|<!-- (.*?) -->", svg)


def assert_as_shown(page, directory):
    """The pictures that the page shows are those that its code has left in the directory.

    Another version of Matplotlib may choose other numbers beside the axes.
    """
    fresh = drawn(directory)
    for name, stored in shown(page).items():
        assert name in fresh, f"{page.name} shows {name}, but does not draw it"
        pictures = [path.read_text(encoding="utf-8") for path in (fresh[name], stored)]
        now, before = map(words, pictures)
        if len({*re.findall(r"Matplotlib v[\d.]+", "".join(pictures))}) > 1:
            now, before = (
                [each for each in all_words if not _NUMBER.fullmatch("".join(each))] for all_words in (now, before)
            )
        assert now == before, f"{name} has changed: python -m tests.gallery draws it anew"


def run(page, directory):
    """Run the code of a page in a directory."""
    import matplotlib as mpl

    mpl.use("Agg")
    namespace = {}
    with contextlib.chdir(directory), mpl.rc_context({"svg.hashsalt": page.name}):
        for example in doctest.DocTestParser().get_examples(page.read_text(encoding="utf-8")):
            if not example.exc_msg:
                exec(compile(example.source, page.name, "single"), namespace)


if __name__ == "__main__":
    os.environ["SOURCE_DATE_EPOCH"] = "0"  # the date is no part of a picture
    for page in sorted(DOCS.glob("*.md")):
        pictures = shown(page)
        if pictures and ">>> " in page.read_text(encoding="utf-8"):  # others are drawn by scripts of their own
            with tempfile.TemporaryDirectory() as directory:
                run(page, directory)
                fresh = drawn(directory)
                for name, stored in pictures.items():
                    shutil.copy(fresh[name], stored)
                    print(stored)
