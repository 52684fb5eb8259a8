"""Puts the sample on a cluster, through the API like anybody's work.

So admission counts it as it would anywhere, and what is wrong with the broken pods is what the cluster itself found.
Only what a kubelet alone would know is written into their status, since neither the sandbox nor kwok runs one: see
`troubles.py`. Turned down: objects put into the sandbox's store, which no rule would have looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import WaitTimeoutError
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.sample.neighbours import held_object, sample_neighbours
from tenantkit.sample.nodes import sample_nodes
from tenantkit.sample.tenants import LEAVING_TENANT, leaving_tenant, sample_platform, sample_tenants
from tenantkit.sample.workloads import NAME_LABEL, WORKLOADS, sample_workloads

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster

_COMES_UP_WITHIN_S = 60.0


def fill_sample(cluster: Cluster) -> None:
    """Put the sample on a cluster that is empty: nodes, platform, tenants, workloads, neighbours.

    Args:
        cluster: where, as its administrator: a sandbox, or a control plane with a stand-in for kubelets. Never a
            cluster that people work on: it makes nodes that are none.

    Raises:
        PartialApplyError: a tenant failed; its `report` says what.
        AlreadyExists: the sample is there already.
        WaitTimeoutError: its pods did not come up; the message says which.

    RBAC: a cluster administrator's.

    Example:
        >>> fill_sample(connect(kubeconfig=box.kubeconfig, context="sandbox-admin"))  # doctest: +SKIP
    """
    for node in sample_nodes():
        cluster.create(node)
    install(cluster, sample_platform(), progress=False)
    apply(cluster, plan(cluster, [*sample_tenants(), leaving_tenant()]), progress=False)
    for manifest in (*sample_workloads(), *sample_neighbours(), held_object()):
        cluster.create(manifest)
    cluster.delete(ObjectRef("v1", "Namespace", LEAVING_TENANT))
    _wait_for_pods(cluster)


def _wait_for_pods(cluster: Cluster) -> None:
    """Until all pods of the workloads run, so that nothing that comes later takes their place."""
    running: dict[tuple[str, str], set[str]] = {(it.tenant, it.name): set() for it in WORKLOADS}
    missing = {(it.tenant, it.name): it.pods for it in WORKLOADS}
    for event in cluster.watch("Pod", label_selector=NAME_LABEL, timeout_s=_COMES_UP_WITHIN_S):
        metadata, status = event.manifest["metadata"], event.manifest.get("status") or {}
        key = (metadata["namespace"], metadata["labels"][NAME_LABEL])
        if status.get("phase") == "Running" and key in running:
            running[key].add(metadata["name"])
        missing = {(it.tenant, it.name): it.pods - len(running[it.tenant, it.name]) for it in WORKLOADS}
        if not any(missing.values()):
            return
    still = ", ".join(f"{name} in {tenant}: {count}" for (tenant, name), count in missing.items() if count)
    raise WaitTimeoutError(
        f"pods of the sample do not run after {_COMES_UP_WITHIN_S:g} s: {still}. They need nodes, a scheduler, and a "
        f"kubelet or a stand-in for one"
    )
