"""Each package that tenantkit imports is declared in pyproject.toml, not only installed by another one."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from itertools import chain

from tests.unit.project.imports import ROOT, imported_names, module_files

# packages whose modules have another name
PACKAGES = {"PIL": "pillow", "yaml": "pyyaml"}


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    requirements = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    return {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in requirements}


def test_every_imported_package_is_declared() -> None:
    imported: dict[str, str] = {}
    for module, path in module_files(ROOT, "tenantkit").items():
        tree = ast.parse(path.read_text())
        for name, line in imported_names(tree, module, is_package=path.stem == "__init__"):
            top = name.partition(".")[0]
            if top not in {"tenantkit", *sys.stdlib_module_names}:
                imported.setdefault(PACKAGES.get(top, top), f"{path.relative_to(ROOT)}:{line}")

    assert {package: place for package, place in imported.items() if package.lower() not in declared()} == {}
