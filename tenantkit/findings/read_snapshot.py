"""Read the snapshot for `why`: a dozen kinds, each once; a kind that may not be read is noted, not taken as empty.

A kind that the server does not serve has no objects. Secrets are not read: the kubelet's messages name the missing
ones. The pods of other namespaces are read only where a pod waits for free resources on a node.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from tenantkit.cluster.lists import list_projected
from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.requests.unreadable import ObjectList
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import NotFound, PermissionDenied, Worded
from tenantkit.findings.causes.kueue import QUEUED
from tenantkit.findings.snapshot import ClusterSnapshot
from tenantkit.frames.kit.coverage import gap_in, note_unreadable
from tenantkit.frames.kit.owners import Chains, owner_of, read_chains
from tenantkit.rules.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

# Read in the chosen namespaces; the first is required.
KINDS = (
    "Pod",
    "Event",
    "ResourceQuota",
    "LimitRange",
    "PersistentVolumeClaim",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
)
_FEW = 4
# newest first; the fields that are read are the same in both
_KUEUE = tuple(
    Kind(QUEUED, "kueue.x-k8s.io", version, "workloads", namespaced=True) for version in ("v1beta2", "v1beta1")
)
_BOUND = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed"
_QUEUE_LABEL = "kueue.x-k8s.io/queue-name"


def read_snapshot(cluster: Cluster, namespaces: Sequence[Manifest], team: str) -> ClusterSnapshot:
    """Read the objects in these namespaces, and the nodes.

    Args:
        cluster: the connection.
        namespaces: the Namespace objects.
        team: whom advice names, as `platform_team` words it.

    Raises:
        PermissionDenied: pods may not be listed.
        ClusterUnavailable: the server did not answer.

    RBAC: list pods, events, resourcequotas, limitranges, persistentvolumeclaims, deployments, replicasets,
    statefulsets, daemonsets, jobs and cronjobs in each namespace; nodes and pods of all namespaces, if you may.
    """
    names = [namespace["metadata"]["name"] for namespace in namespaces]
    objects: dict[str, Sequence[Manifest]] = {"Namespace": namespaces}
    incomplete: dict[str, str] = {}

    def note(kind: str, read: Callable[[], Sequence[Manifest]]) -> None:
        try:
            objects[kind] = read()
            note_unreadable(incomplete, objects[kind])
        except NotFound:  # the server does not have that kind
            objects[kind] = ()
        except PermissionDenied as refusal:
            incomplete[kind] = Worded.of(refusal)

    def read(kind: str) -> None:
        if kind == QUEUED:
            note(kind, lambda: _queued(cluster, names))
        elif kind == "Node":
            note(kind, lambda: list_projected(cluster, "Node", _whole))
        else:
            note(kind, lambda: _listed(cluster, kind, names, incomplete))

    if names:
        objects["Pod"] = _listed(cluster, "Pod", names, incomplete)
        note_unreadable(incomplete, objects["Pod"])
        side_by_side(read, [*KINDS[1:], "Node", QUEUED])
    if QUEUED in incomplete and not _names_a_queue(objects):
        del incomplete[QUEUED]  # where no object names a queue, Kueue does not matter
    chains = _chains_of_others(cluster, objects, names)
    above = {(place, str(owner)): str(above) for (place, owner), above in chains.owners.items() if above is not None}
    creators = {(place, str(owner)): creator for (place, owner), creator in chains.creators.items()}
    now = cluster.server_time
    return ClusterSnapshot(objects, now, incomplete, above, creators, unknown_owners=chains.incomplete, team=team)


def _chains_of_others(cluster: Cluster, objects: Mapping[str, Sequence[Manifest]], names: Sequence[str]) -> Chains:
    """Owners of owners of other kinds, such as a PyTorchJob; where these may not be read, the chain ends."""
    starts = {
        (manifest["metadata"]["namespace"], owner)
        for kind in KINDS
        if kind != "Event"
        for manifest in objects.get(kind) or ()
        if (owner := owner_of(manifest["metadata"])) is not None and owner.kind not in objects
    }
    return read_chains(cluster, starts, namespaces=names) if starts else Chains()


def read_bound_pods(cluster: Cluster) -> list[Manifest] | str:
    """The pods that hold resources on nodes, in all namespaces; or why they may not be listed.

    RBAC: list pods, for the whole cluster.
    """
    try:
        found = list_projected(cluster, "Pod", _whole, field_selector=_BOUND)
    except PermissionDenied as refusal:
        return Worded.of(refusal)
    incomplete: dict[str, str] = {}
    note_unreadable(incomplete, found)
    return incomplete.get("Pod", found)


def _listed(cluster: Cluster, kind: str, names: Sequence[str], incomplete: dict[str, str]) -> ObjectList[Manifest]:
    """The objects of a kind in these namespaces; of many namespaces in one list, if the user may list all."""
    if len(names) > _FEW:
        with suppress(PermissionDenied):
            return _within(list_projected(cluster, kind, _whole), names)
    found, covered = list_visible(cluster, kind, namespaces=names)
    if (gap := gap_in(kind, covered, tuple(names))) is not None:
        incomplete[kind] = gap
    return found


def _queued(cluster: Cluster, names: Sequence[str]) -> list[Manifest]:
    """Kueue's workloads, in the newest version that the server has; raises NotFound if it has none."""
    places = names if len(names) <= _FEW else [None]
    for kind in _KUEUE[:-1]:
        with suppress(NotFound):
            return _of_version(cluster, kind, places, names)
    return _of_version(cluster, _KUEUE[-1], places, names)


def _of_version(
    cluster: Cluster, kind: Kind, places: Sequence[str | None], names: Sequence[str]
) -> ObjectList[Manifest]:
    lists = [list_projected(cluster, kind, _whole, namespace=place) for place in places]
    found = ObjectList(chain(*lists), unreadable=chain(*(each.unreadable for each in lists)))
    return _within(found, names)


def _within(found: ObjectList[Manifest], names: Sequence[str]) -> ObjectList[Manifest]:
    """The objects in these namespaces."""
    chosen = set(names)
    return ObjectList(
        (item for item in found if item["metadata"]["namespace"] in chosen),
        unreadable=(item for item in found.unreadable if item.namespace is None or item.namespace in chosen),
    )


def _whole(manifest: Manifest) -> Manifest:
    return manifest


def _names_a_queue(objects: dict[str, Sequence[Manifest]]) -> bool:
    return any(
        _QUEUE_LABEL in (manifest["metadata"].get("labels") or {})
        for kind in ("Job", "Pod", "Deployment", "StatefulSet")
        for manifest in objects.get(kind) or ()
    )
