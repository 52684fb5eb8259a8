"""Claims of hosts in a cluster in memory, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.claims import claim_ref, make_claim
from tenantkit.provision.install import install_platform
from tests.unit.provision.memory import PLATFORM, Memory

if TYPE_CHECKING:
    from tenantkit.provision.plan import Plan

SHARED = "shared.example.ai"
OWN = claim_ref("vision.example.ai")


def installed() -> Memory:
    """A cluster with the platform, where hosts are claimed."""
    made = Memory()
    install_platform(made, PLATFORM, progress=False)
    made.writes.clear()
    return made


def claims(memory: Memory) -> dict[str, str]:
    """The tenant of each claim, by host."""
    found = [it for it in memory.objects.values() if it["metadata"]["name"].startswith("host-")]
    return {it["data"]["host"]: it["data"]["tenant"] for it in found}


def rows_of_claims(made: Plan) -> list[tuple[str, str | None, str]]:
    """Action, field and reason of each row that is about a claim."""
    return [(row.action, row.field, row.reason) for row in made.rows if row.ref.name.startswith("host-")]


def taken_by(memory: Memory, name: str, host: str = SHARED) -> None:
    """Somebody claims a host, and does nothing else."""
    memory.create(make_claim(name, host))
