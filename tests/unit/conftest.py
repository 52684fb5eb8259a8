"""What scripted servers answer in all unit tests but those of the client."""

from __future__ import annotations

import pytest

from tests.unit.cluster.seam import Script, answer

NO_RULES = answer(201, {"status": {"resourceRules": [], "nonResourceRules": [], "incomplete": False}})


@pytest.fixture(autouse=True)
def _member_of_no_tenant(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the index of tenants name none, so that a test scripts what it is about."""
    if "unit/cluster" not in request.node.nodeid:
        monkeypatch.setattr(Script, "own_rules", NO_RULES)
