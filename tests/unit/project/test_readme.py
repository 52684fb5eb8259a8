"""The code of the README runs unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tenantkit as tk
from tenantkit.spec.files import parse_specs

README = (Path(__file__).parents[3] / "README.md").read_text()


def block(language: str) -> str:
    """The first code block of a language."""
    return README.partition(f"```{language}\n")[2].partition("```")[0]


def test_the_code_runs_and_its_owner_is_a_user_of_the_sandbox() -> None:
    names: dict[str, Any] = {}
    code, closing, rest = block("python").partition("box.close()")

    exec(code, names)  # noqa: S102 (the README's own)
    try:
        with tk.connect(kubeconfig=names["box"].kubeconfig, context="sandbox-owner") as owner:
            assert tk.get_tenant(owner, "vision") == names["vision"].with_(editors=[], viewers=[])
            assert tk.plan(owner, names["vision"]).has_changes is False
    finally:
        names["cluster"].close()
        exec(closing + rest, names)  # noqa: S102

    assert names["report"].urls == {"vision": ["http://vision.example.ai/ai-service"]}
    assert parse_specs(block("yaml"), source="README.md").tenants == (names["vision"],)
