"""Tenants: which there are, and what they were granted.

Everything is read from the tenants' Namespaces: the labels, and the grant in an annotation. A grant that this version
cannot read leaves `<NA>` in its columns and its reason in `attrs["incomplete"]`, so one broken tenant does not hide the
others. Drift takes a plan of each tenant, so it is computed only on request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import InvalidSpecError, PermissionDenied, SpecVersionError
from tenantkit.frames.kit.coverage import note_unreadable
from tenantkit.frames.kit.label_selectors import both_selectors
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.manifests.labels import HOSTS_ANNOTATION, TEAM_LABEL, TENANT_LABEL
from tenantkit.manifests.network_policies import DEFAULT_DENY
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES, stored_tenant
from tenantkit.provision.tenant_namespaces import resolve_filters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant

TENANTS: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "phase": "string",
    "size": "string",
    "owners": "string",
    "hosts": "string",
    "created": TIME,
    "expires": TIME,
    "protected": "boolean",
    "isolated": "boolean",
    "drift": "boolean",
}


@takes_cluster
def tenants(
    cluster: Cluster,
    *,
    tenant: str | None = None,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    drift: bool = False,
) -> pd.DataFrame:
    """Return the tenants and what they were granted: one row per tenant.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this one, by name. Default: all.
        namespaces: only the tenants in these, in place of `tenant`. Default: those of the connection; if it has none,
            all that you may list, else its own namespace.
        label_selector: only tenants whose Namespace's labels match, in the API server's syntax. Default: all.
        drift: whether to compare each tenant with its stored spec. Default: no, since that reads every kind of object
            that tenantkit manages.

    Returns:
        tenant, team, namespace, phase (`Active`, or `Terminating` while it is being deleted), size (<NA>: a quota of
        its own), owners, hosts (all that are granted), both joined by `, `: string; created, expires (<NA>: never):
        datetime64[us, UTC]; protected: boolean; isolated (whether tenantkit's NetworkPolicy denies its pods what no
        other policy allows): boolean, <NA> where you may not list these; drift: boolean, <NA> where not requested or
        unknown. Sorted by namespace. `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers.
        `attrs["incomplete"]`: by namespace, why its grant or its drift is unknown; the columns that depend on it are
        <NA>.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: namespaces may not be read.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces, else get your own; list networkpolicies, if that is allowed. With `drift`, what `plan` needs.
    Source: pages "Namespaces", "Network Policies".

    Example:
        >>> tenants(cluster, tenant="speech")["tenant"].tolist()
        ['speech']
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    found, scope = list_visible(
        cluster,
        "Namespace",
        namespaces=filters.namespaces,
        label_selector=both_selectors(TENANT_NAMESPACES, filters.label_selector),
    )
    frame = tenants_frame(found, isolated=_isolated(cluster, found, scope))
    if drift:
        from tenantkit.frames.kit.drift import add_drift, read_drift

        frame = add_drift(frame, read_drift(cluster, found))
    note_unreadable(frame.attrs["incomplete"], found)
    frame.attrs["scope"] = scope
    return frame


def tenants_frame(namespaces: Iterable[Manifest], *, isolated: Collection[str] | None = None) -> pd.DataFrame:
    """The frame of `tenants`, from tenants' Namespaces as the server returns them; drift is unknown.

    Args:
        namespaces: of tenants.
        isolated: the names of those whose pods are isolated; None if that is not known.
    """
    rows: list[tuple[Any, ...]] = []
    incomplete: dict[str, str] = {}
    for namespace in sorted(as_read("Namespace", namespaces), key=lambda manifest: str(manifest["metadata"]["name"])):
        granted: tuple[Any, ...] = (None, None, None, None)
        try:
            granted = _granted(stored_tenant(namespace))
        except (InvalidSpecError, SpecVersionError) as error:
            incomplete[namespace["metadata"]["name"]] = str(error)
        rows.append((*_row(namespace, *granted), _is_isolated(namespace, isolated), None))
    frame = frame_of_rows(rows, TENANTS)
    frame.attrs["incomplete"] = incomplete
    return frame


def _granted(tenant: Tenant) -> tuple[Any, ...]:
    expires = tenant.expires.isoformat() if tenant.expires is not None else None
    return tenant.size, ", ".join(tenant.owners), expires, tenant.protected


def _row(namespace: Manifest, size: str | None, owners: str | None, expires: str | None, protected: Any) -> Any:
    metadata = namespace["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    hosts: str | None = (metadata.get("annotations") or {}).get(HOSTS_ANNOTATION)
    return (
        labels.get(TENANT_LABEL),
        labels.get(TEAM_LABEL),
        metadata["name"],
        (namespace.get("status") or {}).get("phase"),
        size,
        owners,
        ", ".join(hosts.split(",")) if hosts is not None else None,
        metadata.get("creationTimestamp"),
        expires,
        protected,
    )


def _is_isolated(namespace: Manifest, isolated: Collection[str] | None) -> bool | None:
    return None if isolated is None else namespace["metadata"]["name"] in isolated


def _isolated(cluster: Cluster, namespaces: Sequence[Manifest], scope: Scope) -> set[str] | None:
    """The namespaces whose pods are denied what no policy allows; None if policies may not be listed."""
    if not namespaces:
        return None
    try:
        policies, _ = list_visible(
            cluster,
            "NetworkPolicy",
            namespaces=None if scope == "cluster" else scope,
            field_selector=f"metadata.name={DEFAULT_DENY}",
        )
    except PermissionDenied:
        return None
    return {policy["metadata"]["namespace"] for policy in policies}
