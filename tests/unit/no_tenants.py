"""Servers whose index of tenants names none, for tests of what a user may read who is refused the whole cluster."""

from __future__ import annotations

import pytest

from tests.unit.cluster.seam import Script, answer

NO_RULES = answer(201, {"status": {"resourceRules": [], "nonResourceRules": [], "incomplete": False}})


@pytest.fixture(autouse=True)
def member_of_no_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scripted servers answer reviews of the user's own rules, beside the given replies."""
    monkeypatch.setattr(Script, "own_rules", NO_RULES)
