"""Claims of hosts: each granted host has one, and each one belongs to a grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Evidence, cut
from tenantkit.findings.audit.view import CLAIMS, SPEC
from tenantkit.hints import Message
from tenantkit.manifests.claims import claim_name, claimant, claimed_host
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import ClusterView, TenantView


def _hosts_are_claimed(view: TenantView) -> Iterator[Found]:
    for host in sorted(view.hosts):
        name = claim_name(host)
        claim = view.cluster.claims.get(name)
        if claim is None:
            yield Evidence(
                f"ConfigMap/{name}", "", f"does not exist in {SYSTEM_NAMESPACE!r}: nobody has claimed {host!r}"
            )
        elif claimant(claim) != view.grant.name:
            by = f"tenant {claimant(claim)!r}" if claimant(claim) else "an unknown tenant"
            yield Evidence(f"ConfigMap/{name}", "data.tenant", cut(f"{by} has claimed {host!r}"))


def _claims_are_granted(view: ClusterView) -> Iterator[Found]:
    for name, claim in sorted(view.claims.items()):
        tenant, host = claimant(claim), claimed_host(claim)
        granted = view.granted_hosts.get(tenant)
        if not tenant or claim_name(host) != name:
            yield Evidence(
                f"ConfigMap/{name}", "data", cut(f"{host!r} of tenant {tenant!r} is not what its name claims")
            )
        elif granted is None:
            yield Evidence(
                f"ConfigMap/{name}", "data.tenant", cut(f"claims {host!r} for {tenant!r}, which does not exist")
            )
        elif host not in granted:
            yield Evidence(f"ConfigMap/{name}", "data.host", cut(f"{host!r} was not granted to tenant {tenant!r}"))


CHECKS = (
    Check(
        "hosts-claimed",
        "routes",
        "high",
        "Each of the tenant's hosts is claimed for it, so that no other tenant is granted it.",
        Message(
            "apply the plan of the tenant, which claims them; take a host that another one has from one of the two"
        ),
        _hosts_are_claimed,
        (SPEC, CLAIMS),
    ),
)
CLUSTER_CHECKS = (
    Check(
        "claims-granted",
        "routes",
        "low",
        "Each claim of a host belongs to the grant of a tenant.",
        Message("apply the plan of the tenant, which deletes it; if the tenant does not exist, delete the ConfigMap"),
        _claims_are_granted,
        ("Namespace", "ConfigMap"),
    ),
)
