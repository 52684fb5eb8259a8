"""The tenants of a cluster: the grant from the annotation of a Namespace, the team's part from the objects in it."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.own_namespaces import NAME_NAMESPACES, own_namespaces, read_index
from tenantkit.exceptions import (
    ClusterError,
    InvalidSpecError,
    NotFound,
    PermissionDenied,
    SpecVersionError,
    Unreadable,
    Worded,
)
from tenantkit.hints import Hint
from tenantkit.manifests.labels import GRANT_ANNOTATION, MANAGED_BY, MANAGED_BY_LABEL, PROTECTED_LABEL, TENANT_LABEL
from tenantkit.provision.content.namespace import contents_of
from tenantkit.provision.content.team import TEAM_KINDS, team_part, with_team
from tenantkit.provision.live import LiveState
from tenantkit.provision.read import read_contents
from tenantkit.provision.stored.platform import get_platform, known_team
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform

TENANT_NAMESPACES = f"{TENANT_LABEL},{MANAGED_BY_LABEL}={MANAGED_BY}"


@takes_cluster
def get_tenant(cluster: ClusterApi, tenant: str) -> Tenant:
    """A tenant as it is on the cluster: the platform's grant, and the members and routes that exist.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.

    Returns:
        A Tenant, which `with_` copies with changes for the next `plan`. Members are read from RoleBindings, routes from
        Ingresses and HTTPRoutes; they are None where you may not list these.

    Raises:
        NotFound: there is no tenant of that name; a similar name is suggested if you may list tenants.
        PermissionDenied: you may not read it.
        SpecVersionError: a newer tenantkit wrote it.
        InvalidSpecError: the stored spec cannot be read as a tenant.
        ClusterUnavailable: the server did not answer.

    RBAC: get the namespace, list rolebindings, ingresses and, if the platform makes them, httproutes in it, get
    configmap `platform` in tenantkit-system.

    Example:
        >>> tk.get_tenant(cluster, "speech").editors
        ('editor@example.com',)
    """
    platform = get_platform(cluster)
    live = find_namespace(cluster, tenant, platform)
    if not _is_tenant(live):
        raise _without_grant(cluster, tenant, live)
    return _with_teams(cluster, platform, [live])[0]


@takes_cluster
def get_tenants(cluster: ClusterApi) -> TenantList:
    """All tenants that you may read, by name.

    `write_specs` writes them into a file. Workloads, Secrets and data are not part of a spec.

    Args:
        cluster: the connection, from `connect`.

    Returns:
        The tenants of the whole cluster; if you may not list those, your own. A tenant whose grant cannot be read, or
        whose Namespace you may not read, is left out, and its namespace named in `attrs["incomplete"]`.

    Raises:
        PermissionDenied: you may read none of them, or not the platform's settings.
        SpecVersionError: a newer tenantkit wrote the platform's settings.
        InvalidSpecError: they cannot be read as a platform.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces, rolebindings, ingresses and, if the platform makes them, httproutes; else get the namespaces
    of your tenants, and list the others in each. Get configmap `platform` in tenantkit-system.

    Example:
        >>> [tenant.name for tenant in tk.get_tenants(cluster) if tenant.size == "medium"]
        ['recsys', 'search']
    """
    refused: dict[str, str] = {}
    try:
        namespaces = cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
    except PermissionDenied:
        namespaces, refused = _readable(cluster, cluster.namespaces or own_namespaces(cluster))
    namespaces = [namespace for namespace in namespaces if _is_tenant(namespace)]
    readable, incomplete = _with_grants(namespaces)
    tenants = _with_teams(cluster, get_platform(cluster), readable)
    return TenantList(sorted(tenants, key=lambda tenant: tenant.name), refused | incomplete)


class TenantList(list[Tenant]):
    """Tenants, as a list; what could not be read is in `attrs`, as in the frames.

    Args:
        tenants: that could be read.
        incomplete: by namespace, why its tenant could not.

    Example:
        >>> tk.get_tenants(cluster).attrs
        {'incomplete': {}}
    """

    def __init__(self, tenants: Iterable[Tenant] = (), incomplete: Mapping[str, str] | None = None) -> None:
        super().__init__(tenants)
        self.attrs: dict[str, dict[str, str]] = {"incomplete": dict(incomplete or {})}


def _with_grants(namespaces: Iterable[Manifest]) -> tuple[list[Manifest], dict[str, str]]:
    """The Namespaces whose grants can be read, and why the others cannot, by name."""
    readable: list[Manifest] = []
    incomplete: dict[str, str] = {}
    for namespace in namespaces:
        try:
            stored_tenant(namespace)
        except (InvalidSpecError, SpecVersionError) as error:
            incomplete[namespace["metadata"]["name"]] = Worded.of(error)
        else:
            readable.append(namespace)
    return readable, incomplete


def _with_teams(cluster: ClusterApi, platform: Platform, namespaces: list[Manifest]) -> list[Tenant]:
    """The tenants of these Namespaces, with their members and routes."""
    tenants = [stored_tenant(namespace) for namespace in namespaces]
    names = [namespace["metadata"]["name"] for namespace in namespaces]
    found = read_contents(cluster, TEAM_KINDS, names)
    objects = {**found.objects, **{ref_of(namespace): namespace for namespace in namespaces}}
    contents = contents_of(LiveState(objects, found.unknown), names)
    return [
        with_team(tenant, team_part(tenant, platform, contents[name]))
        for tenant, name in zip(tenants, names, strict=True)
    ]


def _readable(cluster: ClusterApi, namespaces: Iterable[str]) -> tuple[list[Manifest], dict[str, str]]:
    """Those of these Namespaces that exist, and why others may not be read; an error only if none may be read."""
    found: list[Manifest] = []
    refusals: dict[str, PermissionDenied] = {}
    for namespace in namespaces:
        try:
            found.append(cluster.get("Namespace", namespace))
        except NotFound:
            continue
        except PermissionDenied as error:
            refusals[namespace] = error
    if refusals and not found:
        raise next(iter(refusals.values())).with_hint(NAME_NAMESPACES)
    return found, {namespace: str(error) for namespace, error in refusals.items()}


def stored_tenant(namespace: Manifest) -> Tenant:
    """The tenant whose grant is stored in a Namespace's annotation, without members and routes.

    Raises:
        SpecVersionError: a newer tenantkit wrote it.
        InvalidSpecError: there is no grant, or it cannot be read as a tenant.
    """
    metadata = namespace["metadata"]
    grant = (metadata.get("annotations") or {}).get(GRANT_ANNOTATION, "")
    return Tenant.from_grant(grant, source=f"namespace {metadata['name']!r}")


def is_protected(namespace: Manifest) -> bool:
    """Whether a tenant is protected: by its label, by which the API server refuses its deletion, or by its grant.

    Raises:
        SpecVersionError: a newer tenantkit wrote the grant.
        InvalidSpecError: the grant cannot be read as a tenant.
    """
    metadata = namespace["metadata"]
    if (metadata.get("labels") or {}).get(PROTECTED_LABEL) == "true":
        return True
    return GRANT_ANNOTATION in (metadata.get("annotations") or {}) and stored_tenant(namespace).protected


def get_namespace(cluster: ClusterApi, tenant: str, platform: Platform | None = None) -> Manifest:
    """The namespace of that tenant's name, whoever owns it. Raises a NotFound that names the tenant.

    Args:
        cluster: the cluster.
        tenant: its name.
        platform: the platform's settings, if they are known. Default: they are read.
    """
    return find_namespace(cluster, tenant, platform if platform is not None else get_platform(cluster))


def get_tenant_namespace(cluster: ClusterApi, tenant: str, platform: Platform | None = None) -> Manifest:
    """The same as `get_namespace`; NotFound also if its labels do not say that it is this tenant's."""
    live = get_namespace(cluster, tenant, platform)
    labels = live["metadata"].get("labels") or {}
    if labels.get(MANAGED_BY_LABEL) == MANAGED_BY and labels.get(TENANT_LABEL) == tenant:
        return live
    raise _without_grant(cluster, tenant, live)


def find_namespace(cluster: ClusterApi, tenant: str, platform: Platform) -> Manifest:
    """The same as `get_namespace`, on a cluster with this platform.

    A tenant whose namespace has another name, since the platform's prefix was another one, is found by its label, or by
    the index if it is the user's own.
    """
    namespace = platform.namespace(tenant)
    try:
        return cluster.get("Namespace", namespace)
    except PermissionDenied as error:
        refusal = error
    except NotFound:
        labelled = [
            it for it in readable_tenant_namespaces(cluster) if it["metadata"]["labels"][TENANT_LABEL] == tenant
        ]
        if len(labelled) == 1:
            return labelled[0]
        raise _not_found(cluster, tenant, namespace) from None
    return _own_namespace(cluster, tenant, refusal)  # here, so that its own error is shown without the refusal


def _own_namespace(cluster: ClusterApi, tenant: str, refusal: PermissionDenied) -> Manifest:
    """The Namespace by which the index names one of the user's tenants; else the refusal, with what the index names."""
    index = read_index(cluster)
    for found in index.tenants:
        if found.name == tenant and found.namespace != refusal.name:
            return cluster.get("Namespace", found.namespace)
    names = [found.name for found in index.tenants]
    if tenant in names or not names:
        raise refusal
    own = Hint("your tenants: {own}", {"own": ", ".join(names)})
    if index.incomplete is not None:
        raise refusal.with_hint(own)
    raise _not_yours(tenant, names, refusal)


def _not_yours(tenant: str, own: Sequence[str], refusal: PermissionDenied) -> PermissionDenied:
    """The error that a tenant is not among the user's, with a similar one of theirs; others' are never suggested."""
    similar, listed = get_close_matches(tenant, own, n=1), ", ".join(own)
    hint = Hint("your tenants: {own}", {"own": listed})
    if similar:
        hint = Hint("did you mean {similar!r}? Your tenants: {own}", {"similar": similar[0], "own": listed})
    return PermissionDenied(
        f"you have no tenant {tenant!r}",
        status=403,
        kind="Namespace",
        name=refusal.name,
        operation="get",
        hint=hint,
    )


def readable_tenant_namespaces(cluster: ClusterApi) -> list[Manifest]:
    """The namespaces of all tenants; none for a user who may not list them."""
    try:
        return cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
    except PermissionDenied:
        return []


def own_tenant_namespaces(cluster: ClusterApi, without: Collection[str] = ()) -> list[Manifest]:
    """The Namespaces of the user's own tenants, by the index; one that may not be read is left out.

    Args:
        cluster: the cluster.
        without: names that need not be read. Default: none.
    """
    found = []
    for name in read_index(cluster).namespaces:
        if name not in without:
            with suppress(NotFound, PermissionDenied, Unreadable):
                found.append(cluster.get("Namespace", name))
    return found


def _without_grant(cluster: ClusterApi, tenant: str, live: Manifest) -> NotFound:
    namespace = live["metadata"]["name"]
    return _not_found(cluster, tenant, namespace, f" (namespace {namespace!r} has no annotation tenantkit.dev/grant)")


def _not_found(cluster: ClusterApi, tenant: str, namespace: str, why: str = "") -> NotFound:
    """The error that there is no such tenant, with a similar name if there is one."""
    try:
        names = [
            namespace["metadata"]["labels"][TENANT_LABEL]
            for namespace in cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
        ]
    except ClusterError:  # then there is no suggestion
        hint = Hint("check the name, or ask {team} to create the tenant", {"team": known_team(cluster)})
    else:
        similar = get_close_matches(str(tenant), names, n=1)
        hint = Hint("{tenants} shows the tenants of this cluster")
        hint = Hint("did you mean {name!r}?", {"name": similar[0]}) if similar else hint
    return NotFound(
        f"there is no tenant {tenant!r}{why}",
        status=404,
        kind="Namespace",
        name=namespace,
        operation="get",
        hint=hint,
    )


def _is_tenant(namespace: Manifest) -> bool:
    metadata = namespace["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return labels.get(MANAGED_BY_LABEL) == MANAGED_BY and TENANT_LABEL in labels and GRANT_ANNOTATION in annotations
