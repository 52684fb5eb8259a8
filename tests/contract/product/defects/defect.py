"""Defects to plant: what is wrong, as data, and the first row of `why`.

A defect is a few objects in a namespace of its own. Its reason is written by the API server or a controller, or by the
scheduler where it needs nodes. A kubelet's reports are captured: a status and events with the texts of a real kubelet
(from its sources, 1.37), which replace those of the stand-in for a kubelet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

Writer = Literal["server", "scheduler", "kubelet", "somebody"]

POOL = {"tenantkit.dev/pool": "defects"}
APP = "app"
HELD = [{"name": "tenantkit.dev/held-back"}]  # from the scheduler


@dataclass(frozen=True, slots=True)
class Captured:
    """What a kubelet would report about a pod.

    Args:
        app: the `app` label of the pods.
        status: replaces theirs.
        events: type, reason and message of each; in texts, `{pod}` is the pod's name.
        is_unplaced: whether the pods get no node: a stand-in for a kubelet completes a Job's pod before its status can
            be written.
    """

    app: str
    status: Manifest
    events: tuple[tuple[str, str, str], ...] = ()
    is_unplaced: bool = False


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that does not run, and why.

    In its texts, `{namespace}` is the namespace, `{now}` the current time, and `{pod}` the name of the pod with the
    captured status.

    Args:
        name: what is wrong.
        cause: expected in the row.
        workload: likewise.
        object: likewise: what blocks, is missing or is broken.
        says: part of the message.
        writer: what reports it; for `kubelet` the report is captured.
        proof: an object that the server refuses as soon as the first two manifests are in force (a policy takes a
            while); the others wait for that. Default: nothing to wait for.
        manifests: in the order of their creation; those of namespaced kinds are given the namespace.
        labels: of the namespace.
        captured: what a kubelet would report once the pods have a node.
        deleted: objects to delete afterwards, as `Kind/name`.
    """

    name: str
    cause: str
    workload: str
    object: str
    says: str
    writer: Writer
    manifests: tuple[Manifest, ...]
    labels: tuple[tuple[str, str], ...] = ()
    captured: Captured | None = None
    proof: Manifest | None = None
    deleted: tuple[str, ...] = ()


def container(**fields: Any) -> Manifest:
    """A container that asks for little."""
    amounts = {"cpu": "100m", "memory": "128Mi"}
    return {"name": "main", "image": "registry.example.ai/main:1", "resources": _same(amounts), **fields}


def asking(**amounts: str) -> Manifest:
    """A container that asks for this much, as request and limit; `gpu` is an accelerator."""
    named = {{"gpu": "nvidia.com/gpu"}.get(name, name): amount for name, amount in amounts.items()}
    return container(resources=_same({"cpu": "100m", "memory": "128Mi", **named}))


def pod(name: str, *containers: Manifest, **spec: Any) -> Manifest:
    """A pod on the nodes of this pool."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {APP: name}},
        "spec": _pod_spec(containers, spec),
    }


def deployment(name: str, *containers: Manifest, replicas: int = 1, **spec: Any) -> Manifest:
    """A Deployment on the nodes of this pool."""
    return _workload("apps/v1", "Deployment", name, {"replicas": replicas, **_selected(name, containers, spec)})


def stateful_set(name: str, *containers: Manifest, claims: tuple[Manifest, ...] = (), **spec: Any) -> Manifest:
    """A StatefulSet on the nodes of this pool."""
    own = {"serviceName": name, "volumeClaimTemplates": list(claims), **_selected(name, containers, spec)}
    return _workload("apps/v1", "StatefulSet", name, own)


def job(name: str, *containers: Manifest, of_job: Manifest | None = None, **spec: Any) -> Manifest:
    """A Job on the nodes of this pool; `of_job` are fields of its own spec."""
    template = _template(name, containers, {"restartPolicy": "Never", **spec})
    return _workload("batch/v1", "Job", name, {"template": template, **(of_job or {})})


def claim(name: str, storage: str = "1Gi", **spec: Any) -> Manifest:
    """A claim of a volume, of no storage class unless one is given."""
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    own = {"storageClassName": "", **asked, **spec}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": own}


def quota(**hard: str) -> Manifest:
    """A quota; in its entries' names `__` stands for `.` and `gpu` for an accelerator."""
    entries = {name.replace("__", ".").replace("gpu", "nvidia.com/gpu"): amount for name, amount in hard.items()}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "team"}, "spec": {"hard": entries}}


def limit_range(**limit: Any) -> Manifest:
    """A LimitRange of one limit, on containers unless it says otherwise."""
    limits = [{"type": "Container", **limit}]
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "bounds"}, "spec": {"limits": limits}}


def node(name: str, *, taints: tuple[Manifest, ...] = (), **amounts: str) -> Manifest:
    """A node of this pool, which a stand-in for a kubelet plays; `gpu` is an accelerator."""
    room = {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "100Gi"}
    room |= {{"gpu": "nvidia.com/gpu"}.get(key, key): amount for key, amount in amounts.items()}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", **POOL}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": list(taints)} if taints else {},
        "status": {"allocatable": room, "capacity": room},
    }


def _same(amounts: dict[str, str]) -> Manifest:
    return {"requests": amounts, "limits": amounts}


def _pod_spec(containers: tuple[Manifest, ...], spec: Manifest) -> Manifest:
    return {"containers": list(containers) or [container()], "nodeSelector": POOL, **spec}


def _template(name: str, containers: tuple[Manifest, ...], spec: Manifest) -> Manifest:
    return {"metadata": {"labels": {APP: name}}, "spec": _pod_spec(containers, spec)}


def _selected(name: str, containers: tuple[Manifest, ...], spec: Manifest) -> Manifest:
    return {"selector": {"matchLabels": {APP: name}}, "template": _template(name, containers, spec)}


def _workload(api_version: str, kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "labels": {APP: name}}, "spec": spec}
