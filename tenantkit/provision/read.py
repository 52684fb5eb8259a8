"""The live objects, read in as few requests as the user's permissions allow.

Each kind is listed once for the whole cluster, so that a hundred tenants cost as many requests as one. A single tenant
is listed in its own namespace, which transfers less. Users who may not list the whole cluster list each namespace.
Objects that cannot be read even then are unknown, never absent. Rejected alternative: a GET per object.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.requests.unreadable import unreadable_in
from tenantkit.exceptions import NotFound, PermissionDenied, Unreadable
from tenantkit.manifests.claims import is_claim
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, RETIRED_CONFIG_MAP
from tenantkit.provision.index.read import read_index
from tenantkit.provision.live import LiveState, live_state
from tenantkit.provision.reasons import not_readable, unreadable
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tenantkit.cluster.requests.unreadable import UnreadableObject
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.index.read import IndexRead
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest


# The kinds of a tenant's objects; with a name where only the object of that name matters.
TENANT_KINDS: dict[str, str | None] = {
    "ConfigMap": RETIRED_CONFIG_MAP,
    "ResourceQuota": None,
    "LimitRange": None,
    "NetworkPolicy": None,
    "ServiceAccount": None,
    "RoleBinding": None,
    "Ingress": None,
    "HTTPRoute": None,
}
# Those of them that come with CustomResourceDefinitions, so that a cluster may not have them.
_CUSTOM_KINDS = ("HTTPRoute",)

_INDEX = ObjectRef("v1", "Namespace", INDEX_NAMESPACE)

# The kinds of which the platform has objects that depend on its settings, and that it deletes once they are not wanted.
PLATFORM_KINDS = ("ClusterRole",)


class _Reading:
    """The objects read so far, and the reads that were refused."""

    def __init__(self) -> None:
        self.found: list[Manifest] = []
        self.unknown: dict[tuple[str, str], Reason] = {}
        self.unreadable: list[UnreadableObject] = []
        self.has_all_namespaces = True
        self.not_served: str | None = None


def read_tenants(cluster: ClusterApi, namespaces: Sequence[str], tenants: Sequence[str] = ()) -> LiveState:
    """The live objects of some tenants, and every Namespace that may be listed (for the hosts granted there).

    Args:
        cluster: the cluster.
        namespaces: the tenants' namespaces.
        tenants: the names of those to look up in the index. Default: none.

    Raises:
        ClusterError: any error except a refusal; refusals are in the state's `unknown`.

    RBAC: list namespaces, configmaps, resourcequotas, limitranges, networkpolicies, serviceaccounts, rolebindings,
    ingresses and, if the cluster has them, httproutes, for the cluster or in each namespace; get namespaces where they
    may not be listed; list roles and rolebindings in tenantkit-index, or get those of each tenant, which its members
    may; list configmaps in tenantkit-system, if that is allowed.
    """
    if not namespaces:
        return LiveState({})
    work: list[Callable[[], _Reading]] = [lambda: _read_namespaces(cluster, namespaces)]
    work += [_kind_reader(cluster, kind, name, namespaces) for kind, name in TENANT_KINDS.items()]
    with ThreadPoolExecutor(2, thread_name_prefix="tenantkit-index") as pool:  # beside the others, not after them
        index, claims = pool.submit(read_index, cluster, tenants), pool.submit(read_claims, cluster)
        readings = side_by_side(lambda read: read(), work)
        return replace(with_index(_state(readings), index.result()), claims=claims.result())


def read_claims(cluster: ClusterApi) -> dict[str, Manifest] | None:
    """The claims of all hosts by their names; None for a user who may not list them.

    Raises:
        ClusterError: any error except a refusal.

    RBAC: list configmaps in tenantkit-system, if that is allowed.
    """
    with suppress(PermissionDenied):
        found = cluster.list("ConfigMap", namespace=SYSTEM_NAMESPACE, managed_fields=False)
        return {it["metadata"]["name"]: it for it in found if is_claim(ref_of(it))}
    return None


def _state(readings: Sequence[_Reading]) -> LiveState:
    return live_state(
        chain.from_iterable(reading.found for reading in readings),
        unknown={key: reason for reading in readings for key, reason in reading.unknown.items()},
        unreadable=_unreadable(readings),
        has_all_namespaces=all(reading.has_all_namespaces for reading in readings),
        not_served=_not_served(readings),
    )


def with_index(live: LiveState, index: IndexRead) -> LiveState:
    """The state with what was read of the index; without it where the platform has not made its namespace.

    A user who may not list namespaces learns from its objects that it exists.
    """
    if _INDEX not in live.objects and (live.has_all_namespaces or not index.objects):
        return live
    return replace(
        live,
        objects={**live.objects, **{ref_of(manifest): manifest for manifest in index.objects}},
        unreadable={**live.unreadable, **index.unreadable},
        indexed=live.indexed | index.tenants,
    )


def read_nodes(cluster: ClusterApi) -> list[Manifest] | None:
    """All nodes; None for a user who may not list them.

    Raises:
        ClusterError: any error except a refusal.

    RBAC: list nodes, if that is allowed.
    """
    try:
        return cluster.list("Node", managed_fields=False)
    except PermissionDenied:
        return None


def node_resources(nodes: Iterable[Manifest] | None) -> set[str]:
    """The names of all resources that nodes offer; empty if they could not be read."""
    return {name for node in nodes or () for name in (node.get("status") or {}).get("allocatable") or ()}


def read_default_priority_class(cluster: ClusterApi) -> str | None:
    """The name of the PriorityClass of pods that name none; None if there is none, or if it may not be read.

    Of several default classes the lowest counts (page "Pod Priority and Preemption").

    Raises:
        ClusterError: any error except a refusal.

    RBAC: list priorityclasses, if that is allowed.
    """
    with suppress(PermissionDenied):
        marked = [found for found in cluster.list("PriorityClass") if found.get("globalDefault")]
        if marked:
            return str(min(marked, key=lambda found: int(found.get("value", 0)))["metadata"]["name"])
    return None


def read_storage_classes(cluster: ClusterApi) -> set[str]:
    """The names of the cluster's StorageClasses; empty for a user who may not list them.

    Raises:
        ClusterError: any error except a refusal.

    RBAC: list storageclasses, if that is allowed.
    """
    with suppress(PermissionDenied):
        return {str(found["metadata"]["name"]) for found in cluster.list("StorageClass")}
    return set()


def read_refs(cluster: ClusterApi, refs: Sequence[ObjectRef]) -> LiveState:
    """The live objects of these refs, one GET each: for the few objects of the platform.

    Raises:
        ClusterError: any error except a refusal; refusals are in the state's `unknown`.

    RBAC: get each.
    """
    found: list[Manifest] = []
    unknown: dict[tuple[str, str], Reason] = {}
    for ref, (manifest, reason) in zip(refs, side_by_side(lambda ref: _get(cluster, ref), refs), strict=True):
        if manifest is not None:
            found.append(manifest)
        if reason is not None:
            unknown[ref.kind, ref.namespace or ref.name] = reason
    return live_state(found, unknown=unknown)


def read_platform(cluster: ClusterApi, refs: Sequence[ObjectRef]) -> LiveState:
    """The live objects of the platform: those of these refs, and the other ones of tenantkit, by its label.

    Args:
        cluster: the cluster.
        refs: of the wanted objects, one GET each.

    Raises:
        ClusterError: any error except a refusal; refusals are in the state's `unknown`.

    RBAC: get each; list clusterroles.
    """
    live = read_refs(cluster, refs)
    labelled = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
    found: list[Manifest] = []
    for kind in PLATFORM_KINDS:
        with suppress(PermissionDenied):  # who may not list them cannot delete them either
            found += cluster.list(kind, label_selector=labelled)
    others = {ref: manifest for manifest in found if (ref := ref_of(manifest)) not in live.objects}
    return replace(live, objects={**live.objects, **others})


def read_contents(
    cluster: ClusterApi, kinds: Sequence[str], namespaces: Sequence[str], *, label_selector: str | None = None
) -> LiveState:
    """All objects of some kinds in some namespaces; kinds that the cluster does not serve are only named.

    Raises:
        ClusterError: any error except a refusal; refusals are in the state's `unknown`.

    RBAC: list of each kind, for the cluster or in each namespace.
    """

    def read(kind: str) -> _Reading:
        try:
            return _read_kind(cluster, kind, None, namespaces, label_selector)
        except NotFound:
            return _without(kind)

    readings = side_by_side(read, kinds)
    unknown = {key: reason for reading in readings for key, reason in reading.unknown.items()}
    found = chain.from_iterable(reading.found for reading in readings)
    return live_state(found, unknown=unknown, unreadable=_unreadable(readings), not_served=_not_served(readings))


def _not_served(readings: Iterable[_Reading]) -> list[str]:
    return [reading.not_served for reading in readings if reading.not_served is not None]


def _without(kind: str) -> _Reading:
    """What was read of a kind that the cluster does not serve."""
    reading = _Reading()
    reading.not_served = kind
    return reading


def _unreadable(readings: Iterable[_Reading]) -> dict[ObjectRef, Reason]:
    return {
        ObjectRef(kind_of(it.kind).api_version, it.kind, it.name or "*", it.namespace): unreadable(it.reason)
        for reading in readings
        for it in reading.unreadable
    }


def _kind_reader(cluster: ClusterApi, kind: str, name: str | None, namespaces: Sequence[str]) -> Callable[[], _Reading]:
    def read() -> _Reading:
        try:
            return _read_kind(cluster, kind, name, namespaces)
        except NotFound:
            if kind not in _CUSTOM_KINDS:
                raise
            return _without(kind)

    return read


def _read_kind(
    cluster: ClusterApi, kind: str, name: str | None, namespaces: Sequence[str], labels: str | None = None
) -> _Reading:
    reading = _Reading()
    selector = f"metadata.name={name}" if name else None
    if len(namespaces) > 1:
        try:
            found = _list(cluster, kind, None, selector, labels)
        except PermissionDenied:
            pass  # usual for a tenant's owner: each namespace is listed below, with its own refusal
        else:
            wanted = set(namespaces)
            reading.found = [manifest for manifest in found if manifest["metadata"].get("namespace") in wanted]
            reading.unreadable += unreadable_in(found)
            return reading
    for namespace in namespaces:
        try:
            found = _list(cluster, kind, namespace, selector, labels)
            reading.found += found
            reading.unreadable += unreadable_in(found)
        except PermissionDenied as error:
            reading.unknown[kind, namespace] = not_readable(error)
    return reading


def _list(
    cluster: ClusterApi, kind: str, namespace: str | None, field_selector: str | None, label_selector: str | None = None
) -> list[Manifest]:
    """The objects; those whose managed fields cannot be parsed are read without them."""
    listed = partial(
        cluster.list, kind, namespace=namespace, field_selector=field_selector, label_selector=label_selector
    )
    found = listed()
    return listed(managed_fields=False) if unreadable_in(found) else found


def _read_namespaces(cluster: ClusterApi, namespaces: Sequence[str]) -> _Reading:
    reading = _Reading()
    try:
        found = _list(cluster, "Namespace", None, None)
        reading.found = list(found)
        reading.unreadable += unreadable_in(found)
    except PermissionDenied:
        reading.has_all_namespaces = False
        for namespace in namespaces:
            try:
                reading.found.append(cluster.get("Namespace", namespace))
            except NotFound:
                continue
            except (PermissionDenied, Unreadable) as error:
                reading.unknown["Namespace", namespace] = not_readable(error)
    return reading


def _get(cluster: ClusterApi, ref: ObjectRef) -> tuple[Manifest | None, Reason | None]:
    try:
        return cluster.get(ref.kind, ref.name, ref.namespace), None
    except NotFound:
        return None, None
    except (PermissionDenied, Unreadable) as error:
        return None, not_readable(error)
