"""The public names: what runs, what editors read, and what they cost."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tenantkit

SOURCE = Path(tenantkit.__file__)


def names_for_type_checkers() -> dict[str, str]:
    [block] = [
        node
        for node in ast.parse(SOURCE.read_text()).body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    ]
    return {
        alias.asname or alias.name: (node.module or "").removeprefix("tenantkit.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_what_type_checkers_see_is_what_runs() -> None:
    modules = dict.fromkeys(tenantkit._MODULES, "tenantkit")

    assert names_for_type_checkers() == tenantkit._HOME | modules


def test_every_public_name_is_there_and_offered() -> None:
    for name in tenantkit.__all__:
        assert getattr(tenantkit, name) is not None
    assert dir(tenantkit) == sorted(tenantkit.__all__)


def test_no_public_name_is_hidden_by_a_module() -> None:
    modules = {path.stem for path in SOURCE.parent.iterdir()}

    assert modules & set(tenantkit.__all__) == set(tenantkit._MODULES)


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'tenantkit' has no attribute 'Tenat'"):
        _ = tenantkit.Tenat  # type: ignore[attr-defined]


def test_importing_tenantkit_imports_none_of_what_it_uses() -> None:
    heavy = ("pandas", "pydantic", "kubernetes", "ipywidgets", "aiohttp", "urllib3", "yaml", "orjson")
    code = f"import sys, tenantkit; print([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
