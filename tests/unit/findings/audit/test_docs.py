"""The page of the audit lists every check, as the registry has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.findings.audit.check import SEVERITIES, WALLS
from tenantkit.findings.audit.concerns.namespace import SPEC_CHECK
from tenantkit.findings.audit.registry import CLUSTER_CHECKS, TENANT_CHECKS
from tenantkit.findings.audit.view import CLAIMS, GRANT, PLATFORM, SPEC
from tenantkit.rules.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.findings.audit.check import Check

PAGE = Path(__file__).parents[4] / "docs" / "audit.md"
HEAD = "| check | wall | severity | what holds if it passes | what it reads |\n| --- | --- | --- | --- | --- |\n"
ALL: list[Check[Any]] = [*CLUSTER_CHECKS, *TENANT_CHECKS, SPEC_CHECK]
_SETTINGS = {
    CLAIMS: "configmaps in tenantkit-system",
    GRANT: "the grant",
    SPEC: "the grant, the platform's settings",
    PLATFORM: "the platform's settings",
}


def table(checks: Sequence[Check[Any]]) -> str:
    """The checks as a table of the page."""
    return HEAD + "".join(
        f"| `{it.code}` | {it.wall} | {it.severity} | {it.passes} | {', '.join(map(_read, it.needs))} |\n"
        for it in checks
    )


def _read(need: str) -> str:
    if need in _SETTINGS:
        return _SETTINGS[need]
    kind = KINDS[need.removesuffix("*")]
    return kind.plural + (" of the whole cluster" if need.endswith("*") else "")


@pytest.mark.parametrize("checks", [CLUSTER_CHECKS, (*TENANT_CHECKS, SPEC_CHECK)], ids=["cluster", "tenants"])
def test_the_page_has_the_checks(checks: Sequence[Check[Any]]) -> None:
    """On failure: put this table into docs/audit.md."""
    assert table(checks) in PAGE.read_text()


def test_codes_are_unique() -> None:
    assert len({check.code for check in ALL}) == len(ALL)


def test_there_are_at_least_forty() -> None:
    assert len(ALL) >= 40


@pytest.mark.parametrize("check", ALL, ids=[check.code for check in ALL])
def test_a_check_says_what_holds_and_what_to_do(check: Check[Any]) -> None:
    assert check.wall in WALLS
    assert check.severity in SEVERITIES
    assert check.passes.endswith(".")
    assert check.needs
    assert all(check.what_to_do.words(surface) for surface in ("python", "shell", "form"))
