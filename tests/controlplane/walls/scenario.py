"""The stages: before the walls, after, with one removed at a time, and with what a tenant or an administrator adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tenantkit as tk
from tenantkit.exceptions import ClusterError
from tenantkit.manifests.network_policies import DEFAULT_DENY, POLICY_NAMES
from tenantkit.rules.manifest import ref_of
from tests.controlplane.walls.cast import TENANTS
from tests.controlplane.walls.stage import set_platform, tenants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from tenantkit.cluster.cluster import Cluster
    from tests.controlplane.walls.canary import Canary

    # records a stage: its name, and the walls that each tenant has in it
    Record: TypeAlias = Callable[[str, Mapping[str, frozenset[str]]], None]

WHOLE = frozenset(POLICY_NAMES)
_A, _B = TENANTS


def play(cluster: Cluster, owner: Cluster, canary: Canary, record: Record) -> dict[str, Any]:
    """Play all stages; returns what the server answered to an owner's own policy."""
    record("no walls", {})
    set_platform(cluster, isolated=TENANTS)
    canary.settle()
    record("walls", {_A: WHOLE, _B: WHOLE})
    refused = _refused(owner)
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
    return refused


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


def _remove(cluster: Cluster, name: str) -> None:
    manifest = allow_all()
    manifest["metadata"] = {"name": name, "namespace": _A}
    cluster.delete(ref_of(manifest))
