"""The examples in docstrings run, and print what they say."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import tenantkit
from tenantkit.exceptions import MissingExtraError

ROOT = Path(tenantkit.__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "tenantkit").rglob("*.py")
    if ">>>" in path.read_text()
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    try:
        module = import_module(name)
    except MissingExtraError as missing:
        pytest.skip(str(missing))

    assert doctest.testmod(module).failed == 0


def test_there_are_examples() -> None:
    assert len(MODULES) > 30
