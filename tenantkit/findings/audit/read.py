"""Read the snapshot of an audit: each kind once, for the whole cluster where the user may list it.

So a hundred tenants cost as many requests as two. Without that permission each tenant's namespace is listed. What may
not be read even then is a gap that names the permission. Of Secrets only the metadata of those with tokens is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.cluster.lists import list_projected
from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, SpecVersionError, Unreadable
from tenantkit.findings.audit.check import Doubt
from tenantkit.findings.audit.concerns.pods import NODE_NAME_MARK
from tenantkit.findings.audit.snapshot import EVERYWHERE, permission, snapshot_of
from tenantkit.manifests.labels import PLATFORM_CONFIG_MAP
from tenantkit.provision.read import TENANT_KINDS
from tenantkit.provision.stored.platform import find_platform
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.platform import SYSTEM_NAMESPACE, Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.unreadable import ObjectList
    from tenantkit.findings.audit.snapshot import AuditSnapshot
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant

# Checks of the cluster need these of all namespaces.
WIDE = (
    "Namespace",
    "RoleBinding",
    "Role",
    "ResourceQuota",
    "ClusterRole",
    "ClusterRoleBinding",
    "PriorityClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)
# Checks of tenants need these in their namespaces.
IN_TENANTS = (
    "NetworkPolicy",
    "Pod",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "ReplicationController",
    "Service",
    "EndpointSlice",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "HTTPRoute",
    "Secret",
)
_TOKENS = "type=kubernetes.io/service-account-token"
_METADATA = ("name", "namespace", "uid", "labels", "annotations", "finalizers", "ownerReferences", "deletionTimestamp")


class _Reading:
    """What the readers of all kinds found; each writes its own entries."""

    def __init__(self) -> None:
        self.objects: dict[str, list[Manifest]] = {}
        self.gaps: dict[tuple[str, str], tuple[Doubt, ...]] = {}
        self.unserved: set[str] = set()
        self.unreadable: set[ObjectRef] = set()

    def add(self, kind: str, found: ObjectList[Manifest | None]) -> None:
        """Keep the objects, and a doubt for each that cannot be parsed."""
        self.objects.setdefault(kind, []).extend(manifest for manifest in found if manifest is not None)
        for it in found.unreadable:
            for place in (EVERYWHERE, it.namespace or ""):
                self.gaps[kind, place] = (*self.gaps.get((kind, place), ()), Doubt(f"cannot be judged: {it}"))
            self.unreadable.add(ObjectRef(kind_of(kind).api_version, kind, it.name or "*", it.namespace))

    def refuse(self, kind: str, place: str) -> None:
        """Note that a kind may not be listed in a namespace, or in the whole cluster."""
        text = permission("list", kind, None if place == EVERYWHERE else place)
        self.gaps[kind, place] = (Doubt("may not be listed", text, is_total=True),)


def read_audit(
    cluster: Cluster, namespaces: Sequence[Manifest], *, is_whole: bool, specs: Sequence[Tenant] | None = None
) -> AuditSnapshot:
    """Read what the checks need.

    Args:
        cluster: the connection.
        namespaces: the tenants' Namespaces that are audited.
        is_whole: whether to list kinds for the whole cluster, also those that only tenants' checks need.
        specs: the tenants that there should be.

    Raises:
        ClusterUnavailable: the server did not answer.

    RBAC: list the kinds of `WIDE`, `IN_TENANTS` and `TENANT_KINDS`, for the cluster or in each namespace; get configmap
    `platform` in tenantkit-system. What is refused is a gap.
    """
    reading = _Reading()
    names = [str(namespace["metadata"]["name"]) for namespace in namespaces]
    kinds = [kind for kind in dict.fromkeys((*WIDE, *TENANT_KINDS, *IN_TENANTS)) if names or kind in WIDE]
    work: list[Callable[[], None]] = [_reader(cluster, reading, kind, names, is_whole=is_whole) for kind in kinds]
    work.append(lambda: _read_settings(cluster, reading))
    side_by_side(lambda read: read(), work)
    known = {str(it["metadata"]["name"]) for it in reading.objects.get("Namespace", ())}
    reading.objects.setdefault("Namespace", []).extend(it for it in namespaces if it["metadata"]["name"] not in known)
    platform, gaps, is_installed = _read_platform(cluster)
    return snapshot_of(
        (manifest for found in reading.objects.values() for manifest in found),
        audited=names,
        now=cluster.server_time,
        gaps=reading.gaps,
        unserved=reading.unserved,
        unreadable=reading.unreadable,
        platform=platform,
        platform_gaps=gaps,
        is_installed=is_installed,
        specs=tuple(specs) if specs is not None else None,
    )


def _reader(
    cluster: Cluster, reading: _Reading, kind: str, names: Sequence[str], *, is_whole: bool
) -> Callable[[], None]:
    def read() -> None:
        try:
            _read_kind(cluster, reading, kind, names, is_whole=is_whole)
        except NotFound:  # the server does not have that kind
            reading.unserved.add(kind)

    return read


def _read_kind(cluster: Cluster, reading: _Reading, kind: str, names: Sequence[str], *, is_whole: bool) -> None:
    is_wide = kind in WIDE
    kept = None if is_wide else frozenset(names)
    if is_wide or is_whole:
        try:
            reading.add(kind, _list(cluster, kind, None, kept))
        except PermissionDenied:
            reading.refuse(kind, EVERYWHERE)
        else:
            return
    if not kind_of(kind).namespaced:
        return
    for namespace in names:
        try:
            reading.add(kind, _list(cluster, kind, namespace, kept))
        except PermissionDenied:
            reading.refuse(kind, namespace)


def _list(
    cluster: Cluster, kind: str, namespace: str | None, kept: frozenset[str] | None
) -> ObjectList[Manifest | None]:
    """The objects of a kind, slimmed to what is judged; None in place of those in no namespace of `kept`."""
    project = _slim_pod if kind == "Pod" else _whole

    def projection(manifest: Manifest) -> Manifest | None:
        place = manifest["metadata"].get("namespace")
        return {**project(manifest), "kind": kind} if kept is None or place in kept else None

    # `kind` is set above, since the server names another one where it sends only metadata.
    name = TENANT_KINDS.get(kind)
    return list_projected(
        cluster,
        kind,
        projection,
        namespace=namespace,
        field_selector=_TOKENS if kind == "Secret" else f"metadata.name={name}" if name else None,
        metadata_only=kind == "Secret",
    )


def _whole(manifest: Manifest) -> Manifest:
    return manifest


def _slim_pod(pod: Manifest) -> Manifest:
    """A pod without its status and managed fields; instead of these, who has set its node."""
    metadata = {key: value for key, value in pod["metadata"].items() if key in _METADATA}
    spec = pod.get("spec") or {}
    by = _node_name_by(pod["metadata"].get("managedFields")) if spec.get("nodeName") else None
    if by is not None:
        metadata[NODE_NAME_MARK] = by
    return {"apiVersion": pod.get("apiVersion"), "kind": pod.get("kind"), "metadata": metadata, "spec": spec}


def _node_name_by(entries: Any) -> str | None:
    """Who wrote `spec.nodeName` with the pod itself; the scheduler writes it by a subresource, without an entry."""
    if not isinstance(entries, list) or not entries:
        return "unknown"
    for entry in entries:
        fields = entry.get("fieldsV1") if isinstance(entry, dict) else None
        spec = fields.get("f:spec") if isinstance(fields, dict) else None
        if isinstance(spec, dict) and "f:nodeName" in spec:
            return str(entry.get("manager") or "an unnamed manager")
    return None


def _read_settings(cluster: Cluster, reading: _Reading) -> None:
    """The ConfigMaps of the platform."""
    try:
        found = list_projected(cluster, "ConfigMap", _whole, namespace=SYSTEM_NAMESPACE)
    except PermissionDenied:
        reading.refuse("ConfigMap", SYSTEM_NAMESPACE)
    else:
        reading.add("ConfigMap", _optional(found))


def _optional(found: Any) -> ObjectList[Manifest | None]:
    kept: ObjectList[Manifest | None] = found
    return kept


def _read_platform(cluster: Cluster) -> tuple[Platform | None, tuple[Doubt, ...], bool]:
    """The settings, why they cannot be read, and whether a platform is installed."""
    where = f"ConfigMap/{PLATFORM_CONFIG_MAP} in {SYSTEM_NAMESPACE}"
    try:
        stored = find_platform(cluster)
    except PermissionDenied:
        needed = f"get configmap {PLATFORM_CONFIG_MAP!r} in namespace {SYSTEM_NAMESPACE!r}"
        return None, (Doubt("may not be read", needed, is_total=True),), True
    except (InvalidSpecError, SpecVersionError, Unreadable) as error:
        return None, (Doubt(f"{where}: {error.what}", is_total=True),), True
    return stored or Platform(), (), stored is not None
