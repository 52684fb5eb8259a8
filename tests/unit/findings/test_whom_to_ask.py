"""Advice names the provisioners whom the platform's settings name, so that a reader knows whom to ask."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

import tenantkit
from tenantkit.exceptions import PermissionDenied
from tenantkit.findings.causes.scheduling import next_steps
from tenantkit.findings.fits.lacking import quota_steps
from tenantkit.findings.fits.quota_room import QuotaRoom
from tenantkit.provision.install import install_platform
from tenantkit.provision.reasons import hosts_not_checked
from tenantkit.provision.stored.platform import known_team
from tenantkit.rules.refusals import parse_refusal
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import Memory

TEAM = "the platform team (lead@example.com)"
_FINDINGS = Path(tenantkit.__file__).parent / "findings"


def test_the_team_is_read_from_the_settings() -> None:
    memory = Memory()
    install_platform(memory, Platform(provisioners=["lead@example.com"]), progress=False)

    assert known_team(memory) == TEAM


def test_settings_that_may_not_be_read_leave_the_names_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionDenied("may not get configmaps", status=403)

    memory = Memory()
    monkeypatch.setattr(memory, "get", refuse)

    assert known_team(memory) == "the platform team"


def test_a_quota_that_is_too_small_names_whom_to_ask() -> None:
    room = QuotaRoom("q", "requests.nvidia.com/gpu", Fraction(8), Fraction(0), 0, hard=Fraction(0))

    assert quota_steps(room, 1, "", TEAM) == f"ask {TEAM} to grant 8 GPUs more"


def test_causes_and_reasons_name_whom_to_ask() -> None:
    refusal = parse_refusal("exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2", TEAM)

    assert refusal is not None
    assert f"ask {TEAM} for a larger quota" in refusal.next_steps
    assert f"report to {TEAM} that" in next_steps({"node(s) were unschedulable": 1}, TEAM)
    assert f"ask {TEAM} to plan this tenant" in str(hosts_not_checked(TEAM))


@pytest.mark.parametrize("file", sorted(_FINDINGS.rglob("*.py")), ids=lambda file: file.stem)
def test_no_advice_of_a_finding_leaves_the_names_out(file: Path) -> None:
    texts = re.findall(r'^(?! *team: str = ).*"[^"\n]*the platform team.*', file.read_text(), re.MULTILINE)

    assert [text for text in texts if '"""' not in text] == []
