"""Plants defects on a cluster, through its door alone: any API server with a scheduler and a stand-in for kubelets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import orjson

from tenantkit.cluster.door import Call
from tenantkit.cluster.errors import Doing
from tenantkit.cluster.paths import object_path
from tenantkit.exceptions import AlreadyExists, PermissionDenied, Rejected
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.defects.defect import Captured, Defect

_MERGE = "application/strategic-merge-patch+json"
_POLL_S = 0.1
_PROVED_AFTER = 2  # a policy and its binding


def make_nodes(cluster: Cluster, nodes: Sequence[Manifest]) -> None:
    """Make the nodes that are not there yet."""
    for node in nodes:
        try:
            cluster.create(node)
        except AlreadyExists:
            continue


def plant(cluster: Cluster, namespace: str, defect: Defect) -> None:
    """Make the defect's objects in a namespace of their own, which is made as well.

    Args:
        cluster: where.
        namespace: its name.
        defect: what to plant.
    """
    words = {"{namespace}": namespace, "{now}": _now(cluster)}
    labels = dict(defect.labels)
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}})
    for number, manifest in enumerate(defect.manifests):
        if defect.proof is not None and number == _PROVED_AFTER:
            _wait_until_refused(cluster, _placed(_filled(defect.proof, words), namespace))
        made = cluster.create(_placed(_filled(manifest, words), namespace))
        if made["kind"] == "ResourceQuota":
            _wait_until_counted(cluster, made)  # until then it lets everything in


def finish(cluster: Cluster, namespace: str, defect: Defect, *, timeout_s: float = 30) -> None:
    """What comes after the objects are there: write what a kubelet would, and delete what is to be deleted.

    Raises:
        TimeoutError: the pods did not come to run.
    """
    words = {"{namespace}": namespace, "{now}": _now(cluster)}
    if defect.captured is not None:
        for pod in _started(cluster, namespace, defect.captured.app, timeout_s):
            _write(cluster, pod, defect.captured, words)
    for name in defect.deleted:
        kind, _, named = _filled(name, words).partition("/")
        place = kind_of(kind)
        cluster.delete(ObjectRef(place.api_version, kind, named, namespace if place.namespaced else None))


def _placed(manifest: Manifest, namespace: str) -> Manifest:
    if kind_of(manifest["kind"]).namespaced:
        manifest["metadata"]["namespace"] = namespace
    return manifest


def _wait_until_counted(cluster: Cluster, quota: Manifest, timeout_s: float = 30) -> None:
    metadata, deadline = quota["metadata"], time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        live = cluster.get("ResourceQuota", metadata["name"], metadata["namespace"])
        if (live.get("status") or {}).get("hard"):
            return
        time.sleep(_POLL_S)
    raise TimeoutError(f"quota {metadata['name']!r} is not counted after {timeout_s} s")


def _wait_until_refused(cluster: Cluster, proof: Manifest, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            cluster.create(proof, dry_run=True)
        except (PermissionDenied, Rejected):
            return
        time.sleep(_POLL_S)
    raise TimeoutError(f"{proof['metadata']['name']!r} is still let in after {timeout_s} s")


def _started(cluster: Cluster, namespace: str, app: str, timeout_s: float) -> list[Manifest]:
    """The pods of that app, once they run: a stand-in that is still at it would write over what is captured."""
    deadline = time.monotonic() + timeout_s
    while True:
        pods = cluster.list("Pod", namespace=namespace, label_selector=f"app={app}")
        if pods and all((pod.get("status") or {}).get("phase") not in (None, "Pending") for pod in pods):
            return pods
        if time.monotonic() > deadline:
            raise TimeoutError(f"pods of {app!r} in {namespace!r} have not started after {timeout_s} s: {pods}")
        time.sleep(_POLL_S)


def _write(cluster: Cluster, pod: Manifest, captured: Captured, words: dict[str, str]) -> None:
    """The captured status over that of the pod, and the events."""
    metadata = pod["metadata"]
    words = {**words, "{pod}": metadata["name"]}
    path = object_path(kind_of("Pod"), metadata["name"], metadata["namespace"]) + "/status"
    doing = Doing("write the status of", "Pod", metadata["name"], metadata["namespace"])
    body = orjson.dumps({"status": _filled(captured.status, words)})
    cluster.door.ask(Call("PATCH", path, doing, body, _MERGE))
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
    """The value with each placeholder in its texts replaced."""
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
