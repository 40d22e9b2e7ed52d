"""The architecture: the folders in their order, the imports among them, and the picture of both.

``python -m tests.architecture`` draws docs/pictures/architecture.svg anew.
"""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from autograd.drawing import style
from autograd.drawing.rendering import Drawing

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"
LAYERS = [
    ["autograd.formula"],
    ["autograd.core"],
    ["autograd.extensions"],
    ["autograd.transforms"],
    ["autograd.checking", "autograd.vectorizing"],
    ["autograd.explaining"],
    ["autograd.drawing"],
    ["autograd.cli"],
    ["autograd"],
    ["neuron"],
]
"""The folders from the inside out; those on one line do not import each other."""

RANKS = {folder: rank for rank, folders in enumerate(LAYERS) for folder in folders}


def modules():
    """Every module of both packages by its dotted name."""
    for package in ("autograd", "neuron"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imported(path, names):
    """The modules that a file imports, each with whether the import is deferred."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    only_types = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in only_types:
            continue
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found = [
                f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in names else node.module
                for alias in node.names
            ]
        else:
            continue
        for name in found:
            if name in names:
                yield name, node not in tree.body


def layer(name):
    """The folder that a module belongs to: the innermost one that is listed."""
    return name if name in RANKS else layer(name.rpartition(".")[0])


def survey():
    """The modules, the imports among them, a circle if there is one, and the imports that run up."""
    names = dict(modules())
    arrows = [(name, *arrow) for name, path in names.items() for arrow in imported(path, names)]
    graph = {}
    for name, target, _ in arrows:
        graph.setdefault(name, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
        circle = []
    except CycleError as error:
        circle = error.args[1]
    up = sorted(
        {
            (name, target)
            for name, target, _ in arrows
            if RANKS[layer(target)] > RANKS[layer(name)]
            or (RANKS[layer(target)] == RANKS[layer(name)] and layer(target) != layer(name))
        }
    )
    return names, arrows, circle, up


def folders():
    """Each folder of `LAYERS` with its modules, and with the folders that these import."""
    names = dict(modules())
    contents = {folder: ([], set()) for folder in RANKS}
    for name, path in names.items():
        inside, imports = contents[layer(name)]
        inside.append(name.removeprefix(layer(name)).lstrip("."))
        imports |= {layer(target) for target, _ in imported(path, names)} - {layer(name)}
    return contents


def direct(imports):
    """The arrows of a graph without those that a longer path stands for."""

    def reach(folder):
        return {folder}.union(*map(reach, imports[folder]))

    for folder, targets in imports.items():
        for target in targets:
            if not any(target in reach(other) for other in targets - {target}):
                yield folder, target


def draw():
    """The folders, each with its modules, and an arrow from each to those that it imports."""
    contents = folders()
    drawing = Drawing(
        "architecture",
        graph_attr=style.GRAPH | style.FONT | {"rankdir": "TB", "ranksep": ".3"},
        node_attr={"shape": "plain"} | style.FONT,
        edge_attr={"color": style.EDGE},
    )
    for folder, (inside, _) in contents.items():
        kind = "parameter" if folder == "autograd.core" else "loss" if folder in ("autograd", "neuron") else "operation"
        parents = {name.partition(".")[0] for name in inside if "." in name}
        shown = sorted(f"{name}/" if name in parents else name for name in inside if name[:1] not in ("", "_"))
        shown = [name for name in shown if "." not in name]
        rows = [style.faint(", ".join(shown[i : i + 6])) for i in range(0, len(shown), 6)]
        drawing.node(folder, style.box(kind, style.bold(folder.replace(".", "/") + "/"), *rows))
    for folder, target in sorted(direct({folder: imports for folder, (_, imports) in contents.items()})):
        drawing.edge(folder, target)
    return drawing


if __name__ == "__main__":
    draw().render(outfile=PICTURE, cleanup=True)
    print(PICTURE)
