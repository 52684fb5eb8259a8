"""Each package that tenantkit imports is declared in pyproject.toml, not only installed by another one."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from itertools import chain
from typing import TYPE_CHECKING

from tests.unit.project.imports import ROOT, imported_names, module_files

if TYPE_CHECKING:
    from collections.abc import Iterable

# packages whose modules have another name
PACKAGES = {
    "cel_expr_python": "cel-expr-python",
    "jupyter_client": "jupyter-client",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
# packages of which another one needs a later version than tenantkit does, and those of the lab, which is not among them
NOT_TESTED_AT_THEIR_MINIMUM = {
    *("jupyter-client", "jupyterlab", "pyzmq"),
    *("multidict", "numpy", "pillow", "traitlets", "typing_extensions"),
}
MINIMUM = re.compile(r"([\w.-]+).*?[>=]=([\d.]+)")


def requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *chain(*project["optional-dependencies"].values())]


def declared() -> set[str]:
    return {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in requirements()}


def minimums(lines: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """The versions of requirements such as `pandas>=2.1` or `pandas==2.1.0`, without zeros at the end."""
    found = {match[1].lower(): match[2] for line in lines if (match := MINIMUM.match(line))}
    return {name: tuple(map(int, re.sub(r"(\.0)+$", "", text).split("."))) for name, text in found.items()}


def test_the_lowest_versions_that_are_tested_are_the_declared_ones() -> None:
    tested = minimums((ROOT / "constraints-lowest.txt").read_text().replace(".post1", "").splitlines())
    wanted = minimums(requirements())

    assert {name for name, version in wanted.items() if tested.get(name) != version} == NOT_TESTED_AT_THEIR_MINIMUM


def test_every_imported_package_is_declared() -> None:
    imported: dict[str, str] = {}
    for module, path in module_files(ROOT, "tenantkit").items():
        tree = ast.parse(path.read_text())
        for name, line in imported_names(tree, module, is_package=path.stem == "__init__"):
            top = name.partition(".")[0]
            if top not in {"tenantkit", *sys.stdlib_module_names}:
                imported.setdefault(PACKAGES.get(top, top), f"{path.relative_to(ROOT)}:{line}")

    assert {package: place for package, place in imported.items() if package.lower() not in declared()} == {}
