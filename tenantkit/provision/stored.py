"""What the cluster itself knows: the platform's settings, and the tenants that are there.

404 means that nobody installed a platform, and the defaults hold. 403 means that there may be one which this user can't
see: an error, since a tenant made for the defaults would be made wrong.
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import ClusterError, InvalidSpecError, NotFound, PermissionDenied, Problem
from tenantkit.manifests.labels import (
    GRANT_ANNOTATION,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    PLATFORM_CONFIG_MAP,
    PLATFORM_KEY,
    SPEC_CONFIG_MAP,
    SPEC_KEY,
    TENANT_LABEL,
)
from tenantkit.spec.platform import SYSTEM_NAMESPACE, Platform
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest


TENANT_NAMESPACES = f"{TENANT_LABEL},{MANAGED_BY_LABEL}={MANAGED_BY}"


@takes_cluster
def get_platform(cluster: Cluster) -> Platform:
    """The platform's settings as the cluster has them; the defaults where none was installed.

    Raises:
        PermissionDenied: they may not be read; nothing is assumed.
        SpecVersionError: they were written by a newer tenantkit.
        InvalidSpecError: they are not readable as a platform.

    RBAC: get configmap `platform` in tenantkit-system, which `install` lets any signed-in user do.

    Example:
        >>> get_platform(cluster).domain  # doctest: +SKIP
        'example.ai'
    """
    return find_platform(cluster) or Platform()


@takes_cluster
def find_platform(cluster: Cluster) -> Platform | None:
    """The platform's settings; None where none was installed. Raises, and needs, what `get_platform` does."""
    try:
        stored = cluster.get("ConfigMap", PLATFORM_CONFIG_MAP, SYSTEM_NAMESPACE)
    except NotFound:
        return None
    source = f"ConfigMap {PLATFORM_CONFIG_MAP!r} in {SYSTEM_NAMESPACE!r}"
    text = (stored.get("data") or {}).get(PLATFORM_KEY)
    try:
        data = json.loads(text or "")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        problem = Problem(f"data[{PLATFORM_KEY}]", text, "is no JSON object: install the platform again")
        raise InvalidSpecError([problem], source=source)
    return Platform.from_stored(data, source=source)


@takes_cluster
def get_tenant(cluster: Cluster, name: str) -> Tenant:
    """One tenant as the cluster has it stored: the platform's grant and the team's part.

    Args:
        cluster: where.
        name: the tenant's, without the platform's prefix.

    Raises:
        NotFound: there is no tenant of that name; one with a similar name is suggested, where you may list them.
        PermissionDenied: it may not be read.
        SpecVersionError: it was written by a newer tenantkit.
        InvalidSpecError: what is stored is not readable as a tenant.

    RBAC: get the namespace, get configmap `tenantkit-tenant` in it, get configmap `platform` in tenantkit-system.

    Example:
        >>> get_tenant(cluster, "vision").routes  # doctest: +SKIP
    """
    live = get_namespace(cluster, name)
    namespace = live["metadata"]["name"]
    if not _is_tenant(live):
        raise _no_tenant(cluster, name, namespace, f"namespace {namespace!r} carries no grant of tenantkit; ")
    try:
        part = cluster.get("ConfigMap", SPEC_CONFIG_MAP, namespace)
    except NotFound:
        return _tenant(live, None)
    return _tenant(live, part)


@takes_cluster
def get_tenants(cluster: Cluster) -> list[Tenant]:
    """All tenants that you may see, by name.

    Returns:
        Those of the whole cluster; where that is not yours to list, those in the connection's own namespaces.

    Raises:
        PermissionDenied: none of them may be read.
        SpecVersionError: one was written by a newer tenantkit.
        InvalidSpecError: what is stored of one is not readable.

    RBAC: list namespaces and configmaps; else get the connection's own namespaces, and list configmaps in each.

    Example:
        >>> [tenant.name for tenant in get_tenants(cluster)]  # doctest: +SKIP
        ['speech', 'vision']
    """
    try:
        found = cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
    except PermissionDenied:
        found = [cluster.get("Namespace", namespace) for namespace in _own_namespaces(cluster)]
    found = [namespace for namespace in found if _is_tenant(namespace)]
    parts = _parts(cluster, [namespace["metadata"]["name"] for namespace in found])
    tenants = [_tenant(namespace, parts.get(namespace["metadata"]["name"])) for namespace in found]
    return sorted(tenants, key=lambda tenant: tenant.name)


def get_namespace(cluster: Cluster, name: str) -> Manifest:
    """The namespace of that tenant's name, whoever made it. Raises NotFound, which speaks of the tenant."""
    namespace = get_platform(cluster).namespace(name)
    try:
        return cluster.get("Namespace", namespace)
    except NotFound:
        raise _no_tenant(cluster, name, namespace) from None


def _no_tenant(cluster: Cluster, name: str, namespace: str, why: str = "") -> NotFound:
    """That there is no such tenant, with what may be meant."""
    step = "tk.tenants(cluster) shows those that there are"
    try:
        names = [
            found["metadata"]["labels"][TENANT_LABEL]
            for found in cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
        ]
    except ClusterError:  # a suggestion is all that is lost
        names, step = [], "see whether its name is right, and ask the platform for it"
    near = get_close_matches(str(name), names, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return NotFound(
        f"there is no tenant {name!r}: {why}{meant}{step}",
        status=404,
        kind="Namespace",
        name=namespace,
        operation="get",
    )


def _own_namespaces(cluster: Cluster) -> list[str]:
    return list(cluster.namespaces or [cluster.namespace])


def _parts(cluster: Cluster, namespaces: list[str]) -> dict[str, Manifest]:
    """The stored team's parts by namespace, in one list where it may be had."""
    if not namespaces:
        return {}
    selector = f"metadata.name={SPEC_CONFIG_MAP}"
    try:
        found = cluster.list("ConfigMap", field_selector=selector)
    except PermissionDenied:
        found = [
            part
            for namespace in namespaces
            for part in cluster.list("ConfigMap", namespace=namespace, field_selector=selector)
        ]
    return {part["metadata"]["namespace"]: part for part in found}


def _is_tenant(namespace: Manifest) -> bool:
    metadata = namespace["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return labels.get(MANAGED_BY_LABEL) == MANAGED_BY and TENANT_LABEL in labels and GRANT_ANNOTATION in annotations


def _tenant(namespace: Manifest, part: Manifest | None) -> Tenant:
    metadata = namespace["metadata"]
    team_json = (part.get("data") or {}).get(SPEC_KEY) if part is not None else None
    source = f"namespace {metadata['name']!r}"
    return Tenant.from_parts(metadata["annotations"][GRANT_ANNOTATION], team_json, source=source)


def stored_tenant(namespace: Manifest, team_json: str | None = None) -> Tenant:
    """The tenant that a Namespace's grant, and the team's part where it is given, make.

    Raises:
        SpecVersionError: it was written by a newer tenantkit.
        InvalidSpecError: there is none, or it is not readable as a tenant.
    """
    metadata = namespace["metadata"]
    grant = (metadata.get("annotations") or {}).get(GRANT_ANNOTATION, "")
    return Tenant.from_parts(grant, team_json, source=f"namespace {metadata['name']!r}")
