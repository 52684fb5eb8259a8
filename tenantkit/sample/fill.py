"""Creates the sample on a cluster, through the API as every user does.

Admission checks and counts it, and the cluster itself finds what is wrong with the broken workloads. Only what a
kubelet finds is written into their pods' status, since neither the sandbox nor kwok runs a kubelet: see `failures.py`.
Rejected alternative: objects written into the sandbox's store, which no admission plug-in would check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import WaitTimeoutError
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.sample.failures import BROKEN_WORKLOADS, make_broken_workload, reported_event, reported_status
from tenantkit.sample.neighbours import held_object, sample_neighbours
from tenantkit.sample.nodes import node_readers, sample_nodes
from tenantkit.sample.tenants import LEAVING_TENANT, leaving_tenant, sample_platform, sample_tenants
from tenantkit.sample.workloads import NAME_LABEL, WORKLOADS, sample_workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sample.failures import BrokenWorkload

_RUNNING_WITHIN_S = 60.0
_PODS = {(workload.tenant, workload.name): workload.pods for workload in WORKLOADS}


def fill_sample(cluster: Cluster) -> None:
    """Create the sample on an empty cluster: nodes, platform, tenants, workloads and neighbours.

    Args:
        cluster: connected as its administrator: a sandbox, or a control plane with a stand-in for kubelets. Never a
            cluster that people work on: it creates Node objects without machines.

    Raises:
        PartialApplyError: a tenant failed; `report` lists its objects.
        AlreadyExists: the sample is on the cluster already.
        WaitTimeoutError: the message names the pods that do not run.

    RBAC: cluster administrator.

    Example:
        >>> with tk.Sandbox() as box, tk.connect(kubeconfig=box.kubeconfig, context="sandbox-admin") as admin:
        ...     fill_sample(admin)
        ...     len(tk.tenants(admin))
        7
    """
    for manifest in (*sample_nodes(), *node_readers()):
        cluster.create(manifest)
    install_platform(cluster, sample_platform(), progress=False)
    apply(cluster, plan(cluster, [*sample_tenants(), leaving_tenant()]), progress=False)
    for manifest in sample_workloads():
        cluster.create(manifest)
        # one after the other, so that each sample has its pods on the same nodes
        if manifest["kind"] != "Service":
            key = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
            _wait_for_pods(cluster, {key: _PODS[key]}, are=_is_placed)
    for manifest in (*sample_neighbours(), held_object()):
        cluster.create(manifest)
    cluster.delete(ObjectRef("v1", "Namespace", LEAVING_TENANT))
    _wait_until_held(cluster)
    _wait_for_pods(cluster, _PODS)
    for broken in BROKEN_WORKLOADS:
        for manifest in make_broken_workload(broken):
            cluster.create(manifest)
        if broken.kubelet_report is not None:
            workload = broken.workload
            _wait_for_pods(cluster, {(workload.tenant, workload.name): workload.pods}, are=_is_placed)
    reported = [broken for broken in BROKEN_WORKLOADS if broken.kubelet_report is not None]
    _wait_for_pods(cluster, {(it.workload.tenant, it.workload.name): it.workload.pods for it in reported})
    for broken in reported:
        _report_as_kubelet(cluster, broken)


def _is_running(pod: Manifest) -> bool:
    return (pod.get("status") or {}).get("phase") == "Running"


def _is_placed(pod: Manifest) -> bool:
    return bool(pod["spec"].get("nodeName"))


def _wait_for_pods(
    cluster: Cluster, wanted: Mapping[tuple[str, str], int], *, are: Callable[[Manifest], bool] = _is_running
) -> None:
    """Wait until so many pods of each workload run, or have a node, so that later ones do not take their place."""
    running: dict[tuple[str, str], set[str]] = {key: set() for key in wanted}
    for event in cluster.watch("Pod", label_selector=NAME_LABEL, timeout_s=_RUNNING_WITHIN_S):
        if event.unreadable is not None:
            continue
        metadata = event.manifest["metadata"]
        key = (metadata["namespace"], metadata["labels"][NAME_LABEL])
        if key in running and are(event.manifest):
            running[key].add(metadata["name"])
        if all(len(running[key]) >= count for key, count in wanted.items()):
            return
    pending = ", ".join(
        f"{name} in {tenant}" for (tenant, name), pods in running.items() if len(pods) < wanted[tenant, name]
    )
    raise WaitTimeoutError(
        f"pods of the sample do not run after {_RUNNING_WITHIN_S:g} s: {pending}. They need nodes, a scheduler, and a "
        f"kubelet or a stand-in for one"
    )


def _wait_until_held(cluster: Cluster) -> None:
    """Wait until the status of the leaving namespace lists its finalizers."""
    for event in cluster.watch("Namespace", name=LEAVING_TENANT, timeout_s=_RUNNING_WITHIN_S):
        conditions = (event.manifest.get("status") or {}).get("conditions") or ()
        if any((it["type"], it["status"]) == ("NamespaceFinalizersRemaining", "True") for it in conditions):
            return
    raise WaitTimeoutError(
        f"the status of the sample namespace {LEAVING_TENANT!r} does not list its finalizers after "
        f"{_RUNNING_WITHIN_S:g} s: check that a namespace controller is running"
    )


def _report_as_kubelet(cluster: Cluster, broken: BrokenWorkload) -> None:
    """Write the status and the event of a workload's pods as a kubelet does."""
    selector = f"{NAME_LABEL}={broken.workload.name}"
    for pod in cluster.list("Pod", namespace=broken.workload.tenant, label_selector=selector):
        now = cluster.server_time.strftime("%Y-%m-%dT%H:%M:%SZ")
        pod_ref = ObjectRef("v1", "Pod", pod["metadata"]["name"], broken.workload.tenant)
        status = reported_status(broken, pod, now)
        cluster.patch_json(pod_ref, [{"op": "replace", "path": "/status", "value": status}], subresource="status")
        cluster.create(reported_event(broken, pod, now))
