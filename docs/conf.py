"""Settings of the documentation site: ``sphinx-build -W docs build/site`` writes it."""

import inspect
import re
import sys
import tomllib
from operator import attrgetter
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

from autograd import Constant, Value, __version__, page

ROOT = Path(__file__).parent.parent
about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
repository = about["urls"]["Repository"]
owner, name = repository.split("/")[-2:]

project, release = about["name"], __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.linkcode"]
nb_execution_mode = "off"  # the notebook is shown with the outputs that it holds; a test runs it
myst_heading_anchors = 4
nitpicky, smartquotes = True, False
nitpick_ignore_regex = [("py:.*", r"(?!(autograd|neuron)\.\w+$).*")]  # only public names have to be links

default_role = "py:obj"  # `fit` is a link in a docstring if there is a public object of that name
add_module_names = False
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name for name in ("ArrayLike", "Array", "Number", "Verdict", "View")}
python_maximum_signature_line_length = 88

html_theme, pygments_dark_style = "furo", "github-dark"
html_title = project
html_baseurl = f"https://{owner}.github.io/{name}/"
html_static_path, html_css_files = ["_static"], ["site.css"]
html_copy_source = html_show_copyright = False
html_math_renderer = "mathml"
html_theme_options = {"source_repository": repository, "source_branch": "main", "source_directory": "docs/"}


LESSON = "live-lesson.html"
FRAME = f'''
<iframe class="lesson" src="{LESSON}" title="One neuron, one sample"></iframe>

<p><a href="{LESSON}">The lesson alone</a>, for phones and projectors.</p>
'''


def navigation(text):
    """The tables of contents of a page that lists others: one for each of its lists, under the heading of the list."""
    for caption, section in re.findall(r"^##? (.+?)$(.*?)(?=^## |\Z)", text, re.M | re.S):
        if pages := re.findall(r"^- \[[^\]]*\]\(([\w-]+)\.(?:md|ipynb)\)", section, re.M):
            yield "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"])


def read(app, docname, source):
    """Lead links out of ``docs/`` to the repository; add the navigation to lists of pages, and the live lesson."""
    text = re.sub(r"\]\(\.\./", f"]({repository}/blob/main/", source[0])
    text = text.replace("\n\n```\n", "\n```\n")  # the empty lines are for doctest
    if docname in ("index", "api"):
        text = "\n\n".join([text, *navigation(text)])
    elif docname == "live":
        text += FRAME
    source[0] = text


def write_lesson(app):
    """Write the interactive page that the page ``live`` shows."""
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    y_hat = (w * Constant(2.0, label="x") + b).named("ŷ")
    L = ((y_hat - Constant(1.5, label="y")) ** 2).named("L")
    page(L, title="One neuron, one sample").save(Path(app.outdir, LESSON))


def hide_signature(app, what, name, obj, options, signature, returns):
    """Hide how results are created: their classes are written with empty parentheses on the pages of the API."""
    return ("", None) if what in ("class", "exception") and signature == "()" else None


def linkcode_resolve(domain, info):
    """Return the address of the source of a public name, or None for one that has no source of its own."""
    obj = attrgetter(info["fullname"])(sys.modules[info["module"]])
    obj = getattr(obj, "fget", getattr(obj, "func", obj))  # of a property
    try:
        file, (lines, first) = Path(inspect.getsourcefile(obj) or ""), inspect.getsourcelines(obj)
    except (TypeError, OSError):
        return None
    if ROOT not in file.parents:
        return None
    return f"{repository}/blob/main/{file.relative_to(ROOT).as_posix()}#L{first}-L{first + len(lines) - 1}"


def write_formula(translator, node):
    """Write a formula as MathML, which browsers show without a script."""
    is_block = isinstance(node, nodes.math_block)
    formula = tex2mathml(node.astext(), as_block=is_block)
    translator.body.append(f'<div class="math">{formula}</div>' if is_block else formula)
    raise nodes.SkipNode


def setup(app):
    """Register the functions above."""
    app.connect("source-read", read)
    app.connect("builder-inited", write_lesson)
    app.connect("autodoc-process-signature", hide_signature)
    app.add_html_math_renderer("mathml", (write_formula, None), (write_formula, None))
