"""The namespaces of a tenant, and with them what `tenant=`, `namespaces=` and `label_selector=` mean to a reader.

A tenant is found by the label of its namespaces, which only the platform writes, so that it is found also after a
change of the platform's prefix. A user who may not list namespaces has it by the name that the platform gives it.
`cluster.filters` shows how a reader uses this.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.cluster.filters import check_filters
from tenantkit.exceptions import PermissionDenied
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES, get_tenant_namespace
from tenantkit.rules.names import is_dns_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.filters import Filters
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest


def resolve_filters(
    cluster: ClusterApi,
    *,
    tenant: str | None = None,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> Filters:
    """The checked filters of a reader, with a tenant's namespaces in `namespaces`.

    Args:
        cluster: the cluster.
        tenant: one tenant's name. Default: all tenants.
        namespaces: these namespaces. Default: the connection's, else all that the user may list.
        label_selector: in the API server's syntax. Default: all objects.

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
    found = tenant_namespaces(cluster, filters.tenant)
    return replace(filters, namespaces=tuple(namespace["metadata"]["name"] for namespace in found))


def tenant_namespaces(cluster: ClusterApi, tenant: str) -> list[Manifest]:
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
    return found or [get_tenant_namespace(cluster, tenant)]
