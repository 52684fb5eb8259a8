"""Snapshots of a cluster in which every wall holds, and changes of them."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tenantkit.findings.audit.registry import results
from tenantkit.findings.audit.snapshot import snapshot_of
from tenantkit.manifests.platform import make_platform
from tenantkit.manifests.tenant import make_tenant
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.findings.audit.check import Result
    from tenantkit.findings.audit.snapshot import AuditSnapshot
    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLATFORM = Platform()
VISION = Tenant(
    name="vision",
    team="cv",
    owners=["dana@example.com"],
    editors=["eve@example.com"],
    viewers=[],
    size="small",
    routes=[Route(service="ai-service", port=80)],
)
SPEECH = VISION.with_(name="speech", team="nlp")


def objects(*tenants: Tenant, platform: Platform = PLATFORM) -> list[Manifest]:
    """The platform's objects and those of tenants, with what the server adds that a check looks at."""
    wanted = [*make_platform(platform), *(it for tenant in tenants for it in make_tenant(tenant, platform))]
    found = copy.deepcopy(wanted)
    for manifest in found:
        if manifest["kind"] == "ResourceQuota":
            manifest["status"] = {"hard": dict(manifest["spec"]["hard"])}
    return found


def snapshot(found: Iterable[Manifest], **fields: Any) -> AuditSnapshot:
    """A snapshot of objects; all Namespaces with a label of a tenant are audited."""
    listed = list(found)
    audited = [
        it["metadata"]["name"]
        for it in listed
        if it["kind"] == "Namespace" and "tenantkit.dev/tenant" in (it["metadata"].get("labels") or {})
    ]
    given: dict[str, Any] = {"audited": audited, "now": NOW, "platform": PLATFORM}
    return snapshot_of(listed, **(given | fields))


def outcomes(taken: AuditSnapshot) -> dict[tuple[str | None, str], Result]:
    """The results by namespace and code."""
    return {(result.namespace, result.check.code): result for result in results(taken)}


def codes(taken: AuditSnapshot, state: str = "fail") -> set[tuple[str | None, str]]:
    """The namespaces and codes of the results in a state."""
    return {key for key, result in outcomes(taken).items() if result.state == state}
