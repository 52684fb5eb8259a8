"""No modules of tenantkit import each other in a circle, not even with an import inside a function.

Imports under `if TYPE_CHECKING:` never run, so they do not count. An import of `a.b` also runs `a/__init__.py`; only
those of them that import something can close a circle.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from tests.unit.project.imports import ROOT, imported_names, module_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# for each module, the modules that it imports, and the line of the first such import
Graph: TypeAlias = dict[str, dict[str, int]]


def import_graph(files: Mapping[str, Path]) -> Graph:
    graph: Graph = {}
    for module, path in files.items():
        edges: dict[str, int] = {}
        for name, line in imported_names(ast.parse(path.read_text()), module, is_package=path.stem == "__init__"):
            for target in (target for target in targets(name, files) if target != module):
                edges.setdefault(target, line)
        graph[module] = edges
    return graph


def targets(name: str, files: Mapping[str, Path]) -> list[str]:
    """The modules that run for an import of this name: the longest that exists, and the packages around it."""
    words = name.split(".")
    return [found for count in range(len(words), 0, -1) if (found := ".".join(words[:count])) in files]


def circles(graph: Graph) -> list[list[str]]:
    """A shortest circle through each module that is part of one; each circle once."""
    found: dict[frozenset[str], list[str]] = {}
    for module in graph:
        circle = shortest_circle(graph, module)
        if circle is not None:
            found.setdefault(frozenset(circle), circle)
    return list(found.values())


def shortest_circle(graph: Graph, start: str) -> list[str] | None:
    """Breadth first from a module back to itself."""
    paths = [[start]]
    seen: set[str] = set()
    while paths:
        following = []
        for path in paths:
            for target in graph[path[-1]]:
                if target == start:
                    return path
                if target not in seen:
                    seen.add(target)
                    following.append([*path, target])
        paths = following
    return None


def described(circle: list[str], graph: Graph, files: Mapping[str, Path], root: Path) -> str:
    edges = zip(circle, [*circle[1:], circle[0]], strict=True)
    lines = [f"  {files[a].relative_to(root)}:{graph[a][b]} imports {b}" for a, b in edges]
    return "\n".join([f"{len(circle)} modules import each other in a circle:", *lines])


def circles_of(root: Path, package: str) -> list[str]:
    files = module_files(root, package)
    graph = import_graph(files)
    return [described(circle, graph, files, root) for circle in circles(graph)]


def test_no_module_of_tenantkit_is_part_of_an_import_circle() -> None:
    found = circles_of(ROOT, "tenantkit")
    assert not found, "\n".join(found)


def test_a_circle_that_an_import_inside_a_function_closes_is_reported_with_its_lines(tmp_path: Path) -> None:
    write(tmp_path, "__init__", "")
    write(tmp_path, "a", "from package.b import name")
    write(tmp_path, "b", "from package import c")
    write(tmp_path, "c", "import os\n\ndef late():\n    import package.a")

    [circle] = circles_of(tmp_path, "package")
    assert circle.splitlines() == [
        "3 modules import each other in a circle:",
        "  package/a.py:1 imports package.b",
        "  package/b.py:1 imports package.c",
        "  package/c.py:4 imports package.a",
    ]


def test_an_import_for_type_checkers_closes_no_circle(tmp_path: Path) -> None:
    write(tmp_path, "a", "from . import b")
    write(tmp_path, "b", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import name")

    assert circles_of(tmp_path, "package") == []


def test_what_a_package_s_init_imports_runs_for_each_import_of_its_modules(tmp_path: Path) -> None:
    write(tmp_path, "__init__", "from .a import name")
    write(tmp_path, "a", "")
    write(tmp_path, "b", "from package import a")
    assert circles_of(tmp_path, "package") == []

    write(tmp_path, "a", "import package")
    [circle] = circles_of(tmp_path, "package")
    assert circle.splitlines() == [
        "2 modules import each other in a circle:",
        "  package/__init__.py:1 imports package.a",
        "  package/a.py:1 imports package",
    ]


def write(folder: Path, name: str, text: str) -> None:
    (folder / "package").mkdir(exist_ok=True)
    (folder / "package" / f"{name}.py").write_text(text)
