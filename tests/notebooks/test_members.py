"""The cells that read work for the members of a tenant, too: they see what is theirs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tenantkit.cluster.connection.connect import connect
from tenantkit.sample.fill import fill_sample
from tenantkit.sandbox.server import Sandbox
from tests.notebooks.engine import ROOT, read_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READING = ROOT / "notebooks" / "02-see.ipynb"


@pytest.fixture(scope="module")
def kubeconfig() -> Iterator[Path]:
    """The kubeconfig of a sandbox with the sample."""
    with Sandbox() as box:
        with connect(kubeconfig=box.kubeconfig, context="sandbox-admin") as cluster:
            fill_sample(cluster)
        yield box.kubeconfig


def run(cells: list[str]) -> list[str]:
    """Run cells one after the other; for each what a page shows of its last expression."""
    names: dict[str, Any] = {}
    return [_run(cell, names) for cell in cells]


def _run(cell: str, names: dict[str, Any]) -> str:
    statements = ast.parse(cell).body
    last = statements.pop() if isinstance(statements[-1], ast.Expr) else None
    exec(compile(ast.Module(statements, []), "cell", "exec"), names)  # noqa: S102 (the repository's own notebook)
    if not isinstance(last, ast.Expr):
        return ""
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307 (likewise)
    return str(value._repr_html_()) if hasattr(value, "_repr_html_") else repr(value)


@pytest.mark.parametrize("user", ["owner", "editor", "viewer"])
def test_a_member_may_run_every_cell_that_reads(
    user: str, kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = yaml.safe_load(kubeconfig.read_text()) | {"current-context": f"sandbox-{user}"}
    own = tmp_path / "config"
    own.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(own))

    shown = run(["".join(cell["source"]) for cell in read_notebook(READING)["cells"] if cell["cell_type"] == "code"])

    assert "speech" in shown[0]
    assert "robotics" not in "".join(shown)
