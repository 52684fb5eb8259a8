"""Plants defects on a cluster. Works on any API server with a scheduler and a stand-in for kubelets."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests.paths import object_path
from tenantkit.exceptions import AlreadyExists, NotFound, PermissionDenied, Rejected
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ObjectRef, ref_of
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.product.defects.defect import Captured, Defect

_MERGE = "application/strategic-merge-patch+json"
_TIMEOUT_S = 60
_IN_PROCESS_S = 5
_PROVED_AFTER = 2  # a policy and its binding


def make_nodes(cluster: Cluster, nodes: Sequence[Manifest]) -> None:
    """Create the nodes that do not exist yet."""
    for node in nodes:
        try:
            cluster.create(node)
        except AlreadyExists:
            continue


def plant(cluster: Cluster, namespace: str, defect: Defect) -> None:
    """Create the defect's objects in a namespace of their own, which is created too.

    Args:
        cluster: where.
        namespace: its name.
        defect: what to plant.
    """
    words = {"{namespace}": namespace, "{now}": _now(cluster)}
    labels = dict(defect.labels)
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}})
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    for number, manifest in enumerate(defect.manifests):
        if defect.proof is not None and number == _PROVED_AFTER:
            proof = _placed(_filled(defect.proof, words), namespace)
            eventually(partial(_is_refused, cluster, proof))  # until then the policy is not in force
        made = cluster.create(_placed(_filled(manifest, words), namespace))
        if made["kind"] == "ResourceQuota":
            eventually(partial(_is_counted, cluster, made))  # until then the quota admits everything


def finish(cluster: Cluster, namespace: str, defect: Defect) -> None:
    """The second step, once the objects exist: write the kubelet's reports, and delete the objects to be deleted.

    Raises:
        AssertionError: the pods did not start to run.
    """
    words = {"{namespace}": namespace, "{now}": _now(cluster)}
    captured = defect.captured
    if captured is not None:
        timeout_s = _IN_PROCESS_S if cluster.is_sandbox else _TIMEOUT_S
        for pod in eventually(partial(_started, cluster, namespace, captured), timeout_s=timeout_s):
            _write(cluster, pod, captured, words)
    for name in defect.deleted:
        kind, _, named = _filled(name, words).partition("/")
        place = kind_of(kind)
        cluster.delete(ObjectRef(place.api_version, kind, named, namespace if place.namespaced else None))


def _started(cluster: Cluster, namespace: str, captured: Captured) -> list[Manifest]:
    """The pods, once all of them run: a stand-in that is not done would replace the captured status."""
    pods = cluster.list("Pod", namespace=namespace, label_selector=f"app={captured.app}")
    return pods if captured.is_unplaced or all(_runs(pod) for pod in pods) else []


def _placed(manifest: Manifest, namespace: str) -> Manifest:
    if kind_of(manifest["kind"]).namespaced:
        manifest["metadata"]["namespace"] = namespace
    return manifest


def _is_counted(cluster: Cluster, quota: Manifest) -> bool:
    live = cluster.get("ResourceQuota", quota["metadata"]["name"], quota["metadata"]["namespace"])
    return bool((live.get("status") or {}).get("hard"))


def _is_refused(cluster: Cluster, proof: Manifest) -> bool:
    try:
        cluster.create(proof, dry_run=True)
    except (PermissionDenied, Rejected):
        return True
    return False


def uproot(cluster: Cluster, namespace: str, defect: Defect) -> None:
    """Remove the finalizers, and delete all objects that were created."""
    words = {"{namespace}": namespace}
    for manifest in defect.manifests:
        ref = ref_of(_placed(_filled(manifest, words), namespace))
        with suppress(NotFound, Rejected):  # deleted, or its finalizer is removed
            if manifest["metadata"].get("finalizers"):
                cluster.patch_json(ref, [{"op": "remove", "path": "/metadata/finalizers"}])
        if ref.namespace is None:
            cluster.delete(ref)
    with suppress(NotFound):
        cluster.delete(ObjectRef("v1", "Namespace", namespace))


def _runs(pod: Manifest) -> bool:
    return (pod.get("status") or {}).get("phase") not in (None, "Pending")


def _write(cluster: Cluster, pod: Manifest, captured: Captured, words: dict[str, str]) -> None:
    """Replace the pod's status by the captured one, and create the events."""
    metadata = pod["metadata"]
    words = {**words, "{pod}": metadata["name"]}
    path = object_path(kind_of("Pod"), metadata["name"], metadata["namespace"]) + "/status"
    operation = Operation("write the status of", "Pod", metadata["name"], metadata["namespace"])
    body = orjson.dumps({"status": _filled(captured.status, words)})
    cluster._session.ask(Call("PATCH", path, operation, body, _MERGE))
    for number, (kind, reason, message) in enumerate(captured.events):
        about = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "namespace": metadata["namespace"]}
        cluster.create(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": f"{metadata['name']}.{number}", "namespace": metadata["namespace"]},
                "involvedObject": {**about, "uid": metadata["uid"], "fieldPath": "spec.containers{main}"},
                "type": kind,
                "reason": reason,
                "message": _filled(message, words),
                "firstTimestamp": words["{now}"],
                "lastTimestamp": words["{now}"],
                "count": 3,
                "source": {"component": "kubelet"},
            }
        )


def _now(cluster: Cluster) -> str:
    return cluster.server_time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _filled(value: Any, words: dict[str, str]) -> Any:
    """The value, with the placeholders in its texts replaced."""
    match value:
        case str():
            for placeholder, word in words.items():
                value = value.replace(placeholder, word)
            return value
        case dict():
            return {key: _filled(entry, words) for key, entry in value.items()}
        case list() | tuple():
            return [_filled(entry, words) for entry in value]
        case _:
            return value
