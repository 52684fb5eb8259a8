"""Breaks of what the platform makes for a tenant: its Namespace, quotas, limits and NetworkPolicies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.comparison import NETWORK_POLICIES, QUOTA_CLASSES
from tenantkit.manifests.claims import claim_name, make_claim
from tests.contract.product.audit.breaks import Break, Create, Delete, Patch, Wait, add, label_path, remove, replace
from tests.contract.product.audit.objects import (
    namespace,
    policy,
)
from tests.contract.tenants import tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.product.audit.breaks import Operation

EDITOR = "eve@example.com"
GRANT = label_path("annotations", "tenantkit.dev/grant")
HOSTS = label_path("annotations", "tenantkit.dev/hosts")
QUOTA = "tenantkit-quota"
_HELD = ["example.com/held"]
_UNBOUND = frozenset({"quota-counts-everything", *QUOTA_CLASSES})


def hard(entry: str, value: str) -> Patch:
    """Change one entry of the tenant's quota."""
    return Patch("ResourceQuota", QUOTA, {"spec": {"hard": {entry: value}}})


def labelled(key: str, value: str | None) -> Patch:
    return Patch("Namespace", "", {"metadata": {"labels": {key: value}}})


def other_namespace(name: str, tenant_name: str, **annotations: str) -> Create:
    labels = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": tenant_name}
    return Create(namespace(f"{name}-b", labels, {f"tenantkit.dev/{key}": value for key, value in annotations.items()}))


def released(kind: str, name: str) -> list[Operation]:
    """Remove the finalizers of an object, so that its namespace can be deleted."""
    return [Patch(kind, name, {"metadata": {"finalizers": None}})]


def _deleted(policy_name: str) -> Callable[[str], list[Delete]]:
    return lambda _: [Delete("NetworkPolicy", policy_name)]


def _unclaimed(name: str) -> Delete:
    return Delete("ConfigMap", claim_name(f"{name}.example.ai"), "tenantkit-system")


def _opened_to_all(policy_name: str) -> Callable[[str], list[Patch]]:
    direction = "egress" if policy_name in ("tenantkit-dns", "tenantkit-egress") else "ingress"
    return lambda _: [Patch("NetworkPolicy", policy_name, [add(f"/spec/{direction}", [{}])])]


NAMESPACE = (
    Break(
        "namespace-active",
        lambda _: [
            Create({"kind": "ConfigMap", "metadata": {"name": "held", "finalizers": _HELD}}),
            Delete("Namespace", ""),
            Wait("ResourceQuota", QUOTA),
        ],
        also=frozenset({"quota-counts-everything"}),
        after=lambda _: released("ConfigMap", "held"),
    ),
    Break("grant-readable", lambda _: [Patch("Namespace", "", [replace(GRANT, "{")])], case="broken"),
    Break("grant-readable", lambda _: [Patch("Namespace", "", [remove(GRANT)])], case="removed"),
    Break("grant-fits", lambda name: [_granted(tenant(name, size="huge").grant_json())], case="size"),
    Break("grant-fits", lambda name: [_granted(tenant(f"{name}-x").grant_json())], case="name"),
    Break("grant-not-expired", lambda name: [_granted(tenant(name, expires="2020-01-01T00:00:00Z").grant_json())]),
    Break("one-namespace", lambda name: [other_namespace(name, name)], after=lambda name: [_gone(name)]),
    Break(
        "hosts-granted-once",
        lambda name: [other_namespace(name, f"{name}-b", hosts=f"{name}.example.ai")],
        after=lambda name: [_gone(name)],
    ),
    Break("hosts-claimed", lambda name: [_unclaimed(name)], case="deleted"),
    Break(
        "hosts-claimed",
        lambda name: [_unclaimed(name), Create(make_claim(f"{name}-b", f"{name}.example.ai"))],
        case="taken",
        after=lambda name: [_unclaimed(name)],
    ),
    Break("hosts-annotation", lambda _: [Patch("Namespace", "", [replace(HOSTS, "other.example.ai")])]),
    Break("namespace-labels", lambda _: [labelled("tenantkit.dev/team", "another")]),
    Break("foreign-labels", lambda _: [labelled("istio-injection", "enabled")]),
    Break("pod-security-enforced", lambda _: [labelled("pod-security.kubernetes.io/enforce", None)], case="removed"),
    Break(
        "pod-security-enforced", lambda _: [labelled("pod-security.kubernetes.io/enforce", "privileged")], case="lower"
    ),
    Break(
        "pod-security-enforced", lambda _: [labelled("pod-security.kubernetes.io/enforce-version", "v1.20")], case="old"
    ),
    Break("pod-security-reported", lambda _: [labelled("pod-security.kubernetes.io/warn", "privileged")]),
    Break(
        "drift", lambda _: [Patch("ServiceAccount", "workload", [remove(label_path("labels", "tenantkit.dev/tenant"))])]
    ),
)
QUOTAS = (
    Break("quota-whole", lambda _: [Delete("ResourceQuota", QUOTA)], also=_UNBOUND, case="deleted"),
    Break("quota-compute", lambda _: [hard("requests.cpu", "1000")]),
    Break("quota-storage", lambda _: [hard("requests.storage", "100Ti")]),
    Break(
        "quota-accelerators", lambda _: [Patch("ResourceQuota", QUOTA, [remove("/spec/hard/requests.nvidia.com~1gpu")])]
    ),
    Break("quota-services", lambda _: [hard("services.nodeports", "5")]),
    Break("quota-objects", lambda _: [hard("pods", "10000")]),
    Break(
        "quota-counts-everything",
        lambda _: [Patch("ResourceQuota", QUOTA, [remove("/spec/hard/count~1configmaps")])],
        also=frozenset({"quota-objects"}),
    ),
    Break("quota-priority", lambda _: [Delete("ResourceQuota", "tenantkit-priority")], case="deleted"),
    Break(
        "quota-priority",
        lambda _: [Patch("ResourceQuota", "tenantkit-priority", {"spec": {"hard": {"pods": "5"}}})],
        case="raised",
    ),
    Break("quota-frozen", lambda name: [_granted(tenant(name, frozen="pods").grant_json())]),
    Break(
        "boost-not-ended",
        lambda name: [_granted(tenant(name, boost={"size": "small", "until": "2020-01-01T00:00:00Z"}).grant_json())],
        also=frozenset({"drift"}),
    ),
    Break("limit-range", lambda _: [Delete("LimitRange", "tenantkit-limits")], case="deleted"),
    Break("limit-range", lambda _: [Patch("LimitRange", "tenantkit-limits", [remove("/spec/limits/1")])], case="less"),
    Break(
        "foreign-limits",
        lambda _: [Create({"kind": "ResourceQuota", "metadata": {"name": "second"}, "spec": {"hard": {"pods": "9"}}})],
    ),
)
NETWORK = (
    *(Break(code, _deleted(name), case="deleted") for name, code in NETWORK_POLICIES.items()),
    *(Break(code, _opened_to_all(name), case="opened") for name, code in NETWORK_POLICIES.items()),
    Break(
        "network-default-deny",
        lambda _: [_selecting("tenantkit-default-deny")],
        also=frozenset({"network-selects-something"}),
        case="selects-less",
    ),
    Break("network-opened", lambda _: [Create(policy("open", policyTypes=["Ingress"], ingress=[{}]))], case="all"),
    Break(
        "network-opened",
        lambda _: [Create(policy("open", policyTypes=["Ingress"], ingress=[{"from": [{"namespaceSelector": {}}]}]))],
        case="namespaces",
    ),
    Break(
        "network-opened",
        lambda _: [
            Create(policy("open", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]))
        ],
        case="addresses",
    ),
    Break(
        "network-selects-something",
        lambda _: [Create(policy("nobody", podSelector={"matchLabels": {"app": "none"}}, policyTypes=["Ingress"]))],
    ),
    Break(
        "network-one-direction",
        lambda _: [
            Create(
                policy("half", policyTypes=["Ingress", "Egress"], ingress=[{"from": [{"podSelector": {}}]}]),
            )
        ],
    ),
)


def _granted(text: str) -> Patch:
    return Patch("Namespace", "", [replace(GRANT, text)])


def _gone(name: str) -> Delete:
    return Delete("Namespace", f"{name}-b")


def _selecting(name: str) -> Patch:
    return Patch("NetworkPolicy", name, [replace("/spec/podSelector", {"matchLabels": {"app": "few"}})])
