"""The namespaces of a tenant, and with them what `tenant=`, `namespaces=` and `label_selector=` mean to a reader.

A tenant is found by the label of its namespaces, which only the platform writes, so that it is found also after a
change of the platform's prefix. A user who may not list namespaces has it by the name that the platform or the index
gives it.
`cluster.filters` shows how a reader uses this.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.cluster.filters import check_filters
from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import OwnershipError, PermissionDenied
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.ownership import is_ours, owner_of
from tenantkit.provision.stored.tenants import (
    TENANT_NAMESPACES,
    find_namespace,
    get_tenant_namespace,
    readable_tenant_namespaces,
)
from tenantkit.rules.names import is_dns_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.filters import Filters
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform


def resolve_filters(
    cluster: ClusterApi,
    *,
    tenant: str | None = None,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    platform: Platform | None = None,
) -> Filters:
    """The checked filters of a reader, with a tenant's namespaces in `namespaces`.

    Args:
        cluster: the cluster.
        tenant: one tenant's name. Default: all tenants.
        namespaces: these namespaces. Default: the connection's, else all that the user may list, else their own.
        label_selector: in the API server's syntax. Default: all objects.
        platform: the platform's settings, if they are known. Default: they are read where they are needed.

    Returns:
        The filters; `namespaces` is None if none were named.

    Raises:
        InvalidSpecError: with all wrong arguments.
        NotFound: the tenant does not exist.
        PermissionDenied: the tenant's namespace may not be read.

    RBAC: for a tenant, list namespaces, else get its namespace and configmap `platform` in tenantkit-system.
    """
    filters = check_filters(tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    if filters.tenant is None:
        return filters
    found = tenant_namespaces(cluster, filters.tenant, platform)
    return replace(filters, namespaces=tuple(namespace["metadata"]["name"] for namespace in found))


def tenant_namespaces(cluster: ClusterApi, tenant: str, platform: Platform | None = None) -> list[Manifest]:
    """The Namespaces of a tenant, by name; at least one.

    Raises:
        NotFound: the tenant does not exist; the error suggests one with a similar name.
        PermissionDenied: its namespace may not be read.

    RBAC: list namespaces, else get its namespace and configmap `platform` in tenantkit-system.
    """
    found: list[Manifest] = []
    if is_dns_label(tenant):  # no other text can be a label's value and a tenant's name
        with suppress(PermissionDenied):
            found = cluster.list("Namespace", label_selector=f"{TENANT_NAMESPACES},{TENANT_LABEL}={tenant}")
    return found or [get_tenant_namespace(cluster, tenant, platform)]


def namespaces_by_name(cluster: ClusterApi, tenants: Sequence[str], platform: Platform, *, done: str) -> list[Manifest]:
    """The Namespace of each of these tenants, in their order; found by its labels where they may be listed.

    Args:
        cluster: the cluster.
        tenants: their names.
        platform: its settings.
        done: what did not happen, for the errors: `deleted`.

    Raises:
        NotFound: there is no such tenant.
        OwnershipError: a namespace is not its tenant's, or a tenant has several.
        PermissionDenied: a namespace may not be read.

    RBAC: list namespaces, or get them.
    """
    labelled: dict[str, list[Manifest]] = {}
    for namespace in readable_tenant_namespaces(cluster):
        labelled.setdefault(namespace["metadata"]["labels"][TENANT_LABEL], []).append(namespace)

    def find(name: str) -> Manifest:
        found = {namespace["metadata"]["name"]: namespace for namespace in labelled.get(name, ())}
        expected = platform.namespace(name)
        if expected in found or not found:
            return found.get(expected) or find_namespace(cluster, name, platform)
        if len(found) > 1:
            listed = ", ".join(map(repr, sorted(found)))
            raise OwnershipError(f"tenant {name!r} has the namespaces {listed}: nothing was {done}")
        return next(iter(found.values()))

    namespaces = side_by_side(find, tenants)
    for name, namespace in zip(tenants, namespaces, strict=True):
        if not is_ours(namespace, name):
            which, owner = f"namespace {namespace['metadata']['name']!r}", owner_of(namespace)
            raise OwnershipError(f"{which} does not belong to tenant {name!r} but to {owner}: nothing was {done}")
    return namespaces
