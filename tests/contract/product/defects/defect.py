"""Defects to plant: what is wrong, as data, and what `why` should say of it first.

A defect is a few objects in a namespace of its own. Who writes the reason down differs: the API server and the
controllers do where a defect needs nothing but them, the scheduler where it needs nodes. What only a kubelet would
write is captured: a status and events in the words of a real kubelet (from its sources, 1.37), written over what a
stand-in for one has said.
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
    """What a kubelet would have written of a pod.

    Args:
        app: which pods: those with this `app` label.
        status: written over theirs.
        events: type, reason and message of each; in texts, `{pod}` is the pod's name.
        is_unplaced: whether the pods are held back from nodes: a stand-in for a kubelet lets a Job's pod succeed before
            anything can be written of it.
    """

    app: str
    status: Manifest
    events: tuple[tuple[str, str, str], ...] = ()
    is_unplaced: bool = False


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that does not run, and why.

    In every text of it `{namespace}` stands for where it is planted, `{now}` for that moment, and `{pod}` for the name
    of the pod that the captured status is of.

    Args:
        name: what is wrong.
        cause: as `why` should call it.
        workload: as `why` should name it.
        object: what stands in the way, is missing or is broken.
        says: part of the message, in the words of whoever wrote it.
        writer: who that is; for `kubelet` it is captured.
        proof: something that the server refuses as soon as what is made first is in force (a policy takes a while);
            all but the first two manifests wait for that. Default: nothing to wait for.
        manifests: in the order in which they are made; those of namespaced kinds are given the namespace.
        labels: of the namespace.
        captured: what a kubelet would write once the pods have a node.
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
