"""The stages: before the walls, after, with one removed at a time, and with other policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tenantkit as tk
from tenantkit.exceptions import ClusterError
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.manifests.network_policies import DEFAULT_DENY, POLICY_NAMES
from tenantkit.rules.manifest import ref_of
from tests.controlplane.walls.cast import TENANTS, WEB
from tests.controlplane.walls.stage import OWNER, set_platform, tenants
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from tenantkit.cluster.cluster import Cluster
    from tests.controlplane.walls.canary import Canary

    # records a stage: its name, and the walls that each tenant has in it; None: there are other policies, too
    Record: TypeAlias = Callable[[str, Mapping[str, frozenset[str]] | None], None]

_WITHIN_S = 30.0
WHOLE = frozenset(POLICY_NAMES)
_A, _B = TENANTS


def play(cluster: Cluster, owner: Cluster, canary: Canary, record: Record) -> dict[str, Any]:
    """Play all stages; returns what the server answered to an owner's own policy."""
    record("no walls", {})
    set_platform(cluster, isolated=TENANTS)
    canary.settle()
    record("walls", {_A: WHOLE, _B: WHOLE})
    refused = {"by RBAC": _refused(owner)}
    _let_write_policies(cluster)
    eventually(lambda: owner.can("create", "NetworkPolicy", namespace=_A), timeout_s=_WITHIN_S)
    refused["by the guardrail"] = _refused(owner)
    canary.settle()
    record("after the refusals", {_A: WHOLE, _B: WHOLE})
    for name in POLICY_NAMES:
        _remove(cluster, name)
        canary.settle()
        record(f"without {name}", {_A: WHOLE - {name}, _B: WHOLE})
        _repair(cluster)
    for name in WHOLE - {DEFAULT_DENY}:
        _remove(cluster, name)
    canary.settle()
    record(f"{DEFAULT_DENY} alone", {_A: frozenset({DEFAULT_DENY}), _B: WHOLE})
    _repair(cluster)
    cluster.create(allow_all())
    canary.settle()
    record("an administrator lets tenant-a reach everything", {_B: WHOLE})
    cluster.delete(ref_of(allow_all()))
    canary.settle()
    record("walls again", {_A: WHOLE, _B: WHOLE})
    for policy in (*EVERY_KIND, *map(_in_tenant_a, EVERY_KIND[:1])):
        cluster.create(policy)
    canary.settle()
    record("policies of every kind", None)
    return refused


def _policy(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return {**kind, "metadata": {"name": name, "namespace": namespace}, "spec": {"podSelector": {}, **spec}}


def _without(key: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": "NotIn", "values": [*values]}]}


# what the walls do not use: expressions, named ports, ranges of ports, exceptions, policies of the other ends
EVERY_KIND = (
    _policy(
        "named-port",
        "stranger",
        policyTypes=["Ingress"],
        ingress=[{"from": [{"namespaceSelector": _without(TENANT_LABEL, _B)}], "ports": [{"port": "web"}]}],
    ),
    _policy(
        "range",
        "stranger",
        policyTypes=["Egress"],
        egress=[
            {
                "to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["192.168.0.0/16"]}}],
                "ports": [{"port": 80, "endPort": WEB}, {"protocol": "UDP"}],
            },
            {"to": [{"ipBlock": {"cidr": "2001:db8::/32"}}]},
        ],
    ),
    _policy(
        "expressions",
        "kube-system",
        podSelector={"matchExpressions": [{"key": "k8s-app", "operator": "DoesNotExist"}]},
        ingress=[{"from": [{"podSelector": {"matchExpressions": [{"key": "k8s-app", "operator": "Exists"}]}}]}],
    ),
)


def _in_tenant_a(policy: dict[str, Any]) -> dict[str, Any]:
    return {**policy, "metadata": {**policy["metadata"], "namespace": _A}}


def _repair(cluster: Cluster) -> None:
    tk.apply(cluster, tk.plan(cluster, tenants()), progress=False)


def allow_all() -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "allow-all", "namespace": _A},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]},
    }


def _refused(owner: Cluster) -> dict[str, Any]:
    try:
        owner.create(allow_all())
    except ClusterError as refusal:
        return {"status": refusal.status, "message": str(refusal)}
    return {"status": 201, "message": ""}


def _let_write_policies(cluster: Cluster) -> None:
    """Let tenant-a's owner write NetworkPolicies, as only an administrator can, so that only the guardrail is left."""
    metadata = {"name": "policy-writer", "namespace": _A}
    group = "rbac.authorization.k8s.io"
    rule = {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["*"]}
    cluster.create({"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]})
    cluster.create(
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": metadata["name"]},
            "subjects": [{"apiGroup": group, "kind": "User", "name": OWNER}],
        }
    )


def _remove(cluster: Cluster, name: str) -> None:
    manifest = allow_all()
    manifest["metadata"] = {"name": name, "namespace": _A}
    cluster.delete(ref_of(manifest))
