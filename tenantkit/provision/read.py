"""What is live, read in as few requests as the user's rights allow.

Each kind is listed once for the whole cluster, so that a hundred tenants cost as many requests as one. A single tenant
is listed in its own namespace: as many requests again, and less to carry. Where the whole cluster is not the user's to
list, namespace by namespace; what even then can't be read is unknown, never absent. Turned down: a GET per object.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.manifests.labels import LIMITS_NAME, QUOTA_NAME, SPEC_CONFIG_MAP
from tenantkit.provision.changes import Snapshot, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest, ObjectRef


# The kinds of a tenant, and the one name of it where there is only one.
TENANT_KINDS: dict[str, str | None] = {
    "ConfigMap": SPEC_CONFIG_MAP,
    "ResourceQuota": QUOTA_NAME,
    "LimitRange": LIMITS_NAME,
    "ServiceAccount": None,
    "RoleBinding": None,
    "Ingress": None,
}


class _Reading:
    """What was found so far, and what was refused."""

    def __init__(self) -> None:
        self.found: list[Manifest] = []
        self.unknown: dict[tuple[str, str], str] = {}
        self.has_all_namespaces = True


def read_tenants(cluster: Cluster, namespaces: Sequence[str]) -> Snapshot:
    """The live objects of some tenants, and every Namespace that may be listed (for the hosts granted there).

    Args:
        cluster: where.
        namespaces: the tenants' namespaces.

    Raises:
        ClusterError: anything but a refusal; refusals are in the snapshot's `unknown`.

    RBAC: list namespaces, configmaps, resourcequotas, limitranges, serviceaccounts, rolebindings and ingresses, for the
    cluster or in each namespace; get namespaces where they may not be listed.
    """
    if not namespaces:
        return Snapshot({})
    work: list[Callable[[], _Reading]] = [lambda: _read_namespaces(cluster, namespaces)]
    work += [_kind_reader(cluster, kind, name, namespaces) for kind, name in TENANT_KINDS.items()]
    readings = side_by_side(lambda read: read(), work)
    unknown = {key: reason for reading in readings for key, reason in reading.unknown.items()}
    return snapshot_of(
        chain.from_iterable(reading.found for reading in readings),
        unknown=unknown,
        has_all_namespaces=all(reading.has_all_namespaces for reading in readings),
    )


def read_refs(cluster: Cluster, refs: Sequence[ObjectRef]) -> Snapshot:
    """The live objects of these refs, one GET each: for the few of the platform.

    Raises:
        ClusterError: anything but a refusal; refusals are in the snapshot's `unknown`.

    RBAC: get each.
    """
    found: list[Manifest] = []
    unknown: dict[tuple[str, str], str] = {}
    for ref, (manifest, reason) in zip(refs, side_by_side(lambda ref: _get(cluster, ref), refs), strict=True):
        if manifest is not None:
            found.append(manifest)
        if reason is not None:
            unknown[ref.kind, ref.namespace or ref.name] = reason
    return snapshot_of(found, unknown=unknown)


def _kind_reader(cluster: Cluster, kind: str, name: str | None, namespaces: Sequence[str]) -> Callable[[], _Reading]:
    return lambda: _read_kind(cluster, kind, name, namespaces)


def _read_kind(cluster: Cluster, kind: str, name: str | None, namespaces: Sequence[str]) -> _Reading:
    reading = _Reading()
    selector = f"metadata.name={name}" if name else None
    if len(namespaces) > 1:
        try:
            found = cluster.list(kind, field_selector=selector)
        except PermissionDenied:
            pass  # an owner's usual case: each namespace is asked below, and each refusal there is told
        else:
            wanted = set(namespaces)
            reading.found = [manifest for manifest in found if manifest["metadata"].get("namespace") in wanted]
            return reading
    for namespace in namespaces:
        try:
            reading.found += cluster.list(kind, namespace=namespace, field_selector=selector)
        except PermissionDenied as error:
            reading.unknown[kind, namespace] = str(error)
    return reading


def _read_namespaces(cluster: Cluster, namespaces: Sequence[str]) -> _Reading:
    reading = _Reading()
    try:
        reading.found = list(cluster.list("Namespace"))
    except PermissionDenied:
        reading.has_all_namespaces = False
        for namespace in namespaces:
            try:
                reading.found.append(cluster.get("Namespace", namespace))
            except NotFound:
                continue
            except PermissionDenied as error:
                reading.unknown["Namespace", namespace] = str(error)
    return reading


def _get(cluster: Cluster, ref: ObjectRef) -> tuple[Manifest | None, str | None]:
    try:
        return cluster.get(ref.kind, ref.name, ref.namespace), None
    except NotFound:
        return None, None
    except PermissionDenied as error:
        return None, str(error)
