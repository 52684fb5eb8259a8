"""Puts the sample on a cluster, through the API like anybody's work.

So admission counts it as it would anywhere, and what is wrong with the broken pods is what the cluster itself found.
Only what a kubelet alone would know is written into their status, since neither the sandbox nor kwok runs one: see
`troubles.py`. Turned down: objects put into the sandbox's store, which no rule would have looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import WaitTimeoutError
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.sample.failures import TROUBLES, captured_event, captured_status, make_trouble
from tenantkit.sample.neighbours import held_object, sample_neighbours
from tenantkit.sample.nodes import sample_nodes
from tenantkit.sample.tenants import LEAVING_TENANT, leaving_tenant, sample_platform, sample_tenants
from tenantkit.sample.workloads import NAME_LABEL, WORKLOADS, sample_workloads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.sample.failures import Trouble

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
    install_platform(cluster, sample_platform(), progress=False)
    apply(cluster, plan(cluster, [*sample_tenants(), leaving_tenant()]), progress=False)
    for manifest in (*sample_workloads(), *sample_neighbours(), held_object()):
        cluster.create(manifest)
    cluster.delete(ObjectRef("v1", "Namespace", LEAVING_TENANT))
    _wait_until_held(cluster)
    _wait_for_pods(cluster, {(it.tenant, it.name): it.pods for it in WORKLOADS})
    for manifest in (made for trouble in TROUBLES for made in make_trouble(trouble)):
        cluster.create(manifest)
    captured = [trouble for trouble in TROUBLES if trouble.captured is not None]
    _wait_for_pods(cluster, {(it.workload.tenant, it.workload.name): it.workload.pods for it in captured})
    for trouble in captured:
        _capture(cluster, trouble)


def _wait_for_pods(cluster: Cluster, wanted: Mapping[tuple[str, str], int]) -> None:
    """Until so many pods of each tenant's workloads run; nothing that comes later then takes their place."""
    running: dict[tuple[str, str], set[str]] = {key: set() for key in wanted}
    for event in cluster.watch("Pod", label_selector=NAME_LABEL, timeout_s=_COMES_UP_WITHIN_S):
        metadata, status = event.manifest["metadata"], event.manifest.get("status") or {}
        key = (metadata["namespace"], metadata["labels"][NAME_LABEL])
        if status.get("phase") == "Running" and key in running:
            running[key].add(metadata["name"])
        if all(len(running[key]) >= count for key, count in wanted.items()):
            return
    still = ", ".join(
        f"{name} in {tenant}" for (tenant, name), found in running.items() if len(found) < wanted[tenant, name]
    )
    raise WaitTimeoutError(
        f"pods of the sample do not run after {_COMES_UP_WITHIN_S:g} s: {still}. They need nodes, a scheduler, and a "
        f"kubelet or a stand-in for one"
    )


def _wait_until_held(cluster: Cluster) -> None:
    """Until the leaving namespace says what holds it."""
    for event in cluster.watch("Namespace", name=LEAVING_TENANT, timeout_s=_COMES_UP_WITHIN_S):
        conditions = (event.manifest.get("status") or {}).get("conditions") or ()
        if any((it["type"], it["status"]) == ("NamespaceFinalizersRemaining", "True") for it in conditions):
            return
    raise WaitTimeoutError(
        f"namespace {LEAVING_TENANT!r} of the sample does not say what holds it after {_COMES_UP_WITHIN_S:g} s: it "
        f"needs a namespace controller"
    )


def _capture(cluster: Cluster, trouble: Trouble) -> None:
    """Write of a workload's pods what a kubelet would have found."""
    selector = f"{NAME_LABEL}={trouble.workload.name}"
    for pod in cluster.list("Pod", namespace=trouble.workload.tenant, label_selector=selector):
        now = cluster.server_time.strftime("%Y-%m-%dT%H:%M:%SZ")
        pod_ref = ObjectRef("v1", "Pod", pod["metadata"]["name"], trouble.workload.tenant)
        status = captured_status(trouble, pod, now)
        cluster.patch_json(pod_ref, [{"op": "replace", "path": "/status", "value": status}], subresource="status")
        cluster.create(captured_event(trouble, pod, now))
