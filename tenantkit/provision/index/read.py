"""The objects of tenants in the index, read in two requests by the platform, and one by one by members.

Only the platform may list the index. Objects that a user may not read are left out of that user's plan: they could not
change them either, and the platform's plan contains them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.requests.unreadable import unreadable_in
from tenantkit.exceptions import NotFound, PermissionDenied, Unreadable
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.reasons import Reason, not_readable, unreadable
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ObjectRef
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, owners_role_name, role_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest

INDEX_KINDS = ("Role", "RoleBinding")
_API = "rbac.authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class IndexRead:
    """What was read of the index.

    Args:
        tenants: whose objects were read, also where they do not exist.
        objects: that exist.
        unreadable: why an object that exists could not be parsed.
        refused: by tenant, why its objects may not be read.
    """

    tenants: frozenset[str] = frozenset()
    objects: tuple[Manifest, ...] = ()
    unreadable: dict[ObjectRef, Reason] = field(default_factory=dict)
    refused: dict[str, Reason] = field(default_factory=dict)


def index_refs(tenant: str) -> tuple[ObjectRef, ...]:
    """A tenant's objects in the index, in the order of applying."""
    names = (role_name(tenant), owners_role_name(tenant))
    return tuple(ObjectRef(_API, kind, name, INDEX_NAMESPACE) for kind in INDEX_KINDS for name in names)


def indexed_tenant(name: str) -> str:
    """The tenant of the Role or RoleBinding of this name; empty if a tenant has none of that name.

    Example:
        >>> indexed_tenant("owners-vision")
        'vision'
    """
    prefix = next((prefix for prefix in (role_name(""), owners_role_name("")) if name.startswith(prefix)), None)
    return name.removeprefix(prefix) if prefix else ""


def is_in_index(ref: ObjectRef) -> bool:
    """Whether an object lies in the index."""
    return ref.namespace == INDEX_NAMESPACE


def read_index(cluster: ClusterApi, tenants: Sequence[str]) -> IndexRead:
    """The objects of some tenants in the index.

    Raises:
        ClusterError: any error except a refusal.

    RBAC: list roles and rolebindings in tenantkit-index, or get those of each tenant.
    """
    if not tenants:
        return IndexRead()
    with suppress(PermissionDenied):
        return _listed(cluster, tenants)
    reads = side_by_side(lambda name: _by_name(cluster, name), tenants)
    return IndexRead(
        frozenset(chain.from_iterable(read.tenants for read in reads)),
        tuple(chain.from_iterable(read.objects for read in reads)),
        {ref: reason for read in reads for ref, reason in read.unreadable.items()},
        {name: reason for read in reads for name, reason in read.refused.items()},
    )


def _listed(cluster: ClusterApi, tenants: Sequence[str]) -> IndexRead:
    """The objects by kind. One tenant's are found by its label; if somebody removed that from one, by its name."""
    labels = f"{TENANT_LABEL}={tenants[0]}" if len(tenants) == 1 else None
    lists = side_by_side(lambda kind: cluster.list(kind, namespace=INDEX_NAMESPACE, label_selector=labels), INDEX_KINDS)
    names = frozenset(tenants)
    wanted = {(ref.kind, ref.name): ref for name in names for ref in index_refs(name)}
    found = [manifest for listed in lists for manifest in listed]
    missing = wanted.keys() - {(it["kind"], it["metadata"]["name"]) for it in found}
    if labels and found and missing:
        return _by_name(cluster, tenants[0])
    odd = {
        ObjectRef(_API, kind_of(it.kind).kind, it.name or "", INDEX_NAMESPACE): unreadable(it.reason)
        for listed in lists
        for it in unreadable_in(listed)
    }
    return IndexRead(names, tuple(it for it in found if (it["kind"], it["metadata"]["name"]) in wanted), odd)


def _by_name(cluster: ClusterApi, tenant: str) -> IndexRead:
    """One tenant's objects; the refusal if one of them may not be read."""
    refs = index_refs(tenant)
    try:
        answers = side_by_side(lambda ref: _get(cluster, ref), refs)
    except PermissionDenied as error:
        return IndexRead(refused={tenant: not_readable(error)})
    odd = {ref: answer for ref, answer in zip(refs, answers, strict=True) if isinstance(answer, Reason)}
    return IndexRead(frozenset((tenant,)), tuple(_manifests(answers)), odd)


def _get(cluster: ClusterApi, ref: ObjectRef) -> Manifest | Reason | None:
    try:
        return cluster.get(ref.kind, ref.name, ref.namespace)
    except NotFound:
        return None
    except Unreadable as error:
        return not_readable(error)


def _manifests(answers: Iterable[Manifest | Reason | None]) -> Iterator[Manifest]:
    for answer in answers:
        if isinstance(answer, dict):
            yield answer
