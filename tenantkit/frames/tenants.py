"""Tenants: which there are, and what they were granted.

Everything is read from the tenants' Namespaces: the labels, and the grant in an annotation. A grant that this version
cannot read leaves `<NA>` in its columns and its reason in `attrs["incomplete"]`, so one broken tenant does not hide the
others. Drift takes a plan of each tenant, so it is computed only on request.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, SpecVersionError, Worded
from tenantkit.frames.kit.coverage import note_scope, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.label_selectors import both_selectors
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.frames.kit.warnings import warning_of
from tenantkit.manifests.labels import HOSTS_ANNOTATION, TEAM_LABEL, TENANT_LABEL
from tenantkit.manifests.namespace import hosts_in
from tenantkit.manifests.network_policies import DEFAULT_DENY
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES, stored_tenant

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
    "frozen": "string",
    "boost_until": TIME,
    "warning": "string",
}


@takes_cluster
def tenants(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    drift: bool = False,
) -> pd.DataFrame:
    """Return the tenants and what they were granted: one row per tenant.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this one, by name. Default: all.
        namespaces: only the tenants in these, in place of `tenant`. Default: those of the connection; if it has none,
            all that you may list, else those of your tenants.
        label_selector: only tenants whose Namespace's labels match, in the API server's syntax. Default: all.
        drift: whether to compare each tenant with its stored spec. Default: no, since that reads every kind of object
            that tenantkit manages.

    Returns:
        tenant, team, namespace, phase (`Active`, or `Terminating` while it is being deleted), size (<NA>: a quota of
        its own), owners, hosts (all that are granted), both joined by `, `: string; created, expires (<NA>: never):
        datetime64[us, UTC]; protected: boolean; isolated (whether tenantkit's NetworkPolicy denies its pods what no
        other policy allows): boolean, <NA> where you may not list these; drift: boolean, <NA> where not requested or
        unknown; frozen (`pods`, `read-only`, or <NA>): string; boost_until (<NA>: not boosted): datetime64[us, UTC];
        warning (<NA>: no warning): string, one line that says that a tenant is frozen or boosted, that its grant
        expires within 14 days or has expired, that its boost has ended, or what its deletion waits for. Sorted by
        namespace. `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by
        namespace, why its grant or its drift is unknown, and by `NetworkPolicy`, why it is not known who is isolated;
        the columns that depend on it are <NA>.

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
    incomplete: dict[str, str] = {}
    frame = tenants_frame(found, isolated=_isolated(cluster, found, scope, incomplete))
    if drift:
        from tenantkit.frames.kit.drift import add_drift, read_drift

        frame = add_drift(frame, read_drift(cluster, found))
    frame.attrs["incomplete"] |= incomplete
    note_unreadable(frame.attrs["incomplete"], found)
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "tenants", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def tenants_frame(
    namespaces: Iterable[Manifest], *, isolated: Collection[str] | None = None, now: datetime | None = None
) -> pd.DataFrame:
    """The frame of `tenants`, from tenants' Namespaces as the server returns them; drift is unknown.

    Args:
        namespaces: of tenants.
        isolated: the names of those whose pods are isolated; None if that is not known.
        now: the time, with its zone, for the warnings. Default: the current time.
    """
    moment = now or datetime.now(UTC)
    rows: list[tuple[Any, ...]] = []
    incomplete: dict[str, str] = {}
    for namespace in sorted(as_read("Namespace", namespaces), key=lambda manifest: str(manifest["metadata"]["name"])):
        tenant: Tenant | None = None
        try:
            tenant = stored_tenant(namespace)
        except (InvalidSpecError, SpecVersionError) as error:
            incomplete[namespace["metadata"]["name"]] = Worded.of(error)
        rows.append(_row(namespace, tenant, moment, is_isolated=_is_isolated(namespace, isolated)))
    frame = frame_of_rows(rows, TENANTS)
    frame.attrs["incomplete"] = incomplete
    return frame


def _row(namespace: Manifest, tenant: Tenant | None, now: datetime, *, is_isolated: bool | None) -> tuple[Any, ...]:
    """One row; without a readable grant, with what the labels say."""
    metadata = namespace["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    hosts: str | None = (metadata.get("annotations") or {}).get(HOSTS_ANNOTATION)
    boost = tenant.boost if tenant is not None else None
    return (
        labels.get(TENANT_LABEL),
        labels.get(TEAM_LABEL),
        metadata["name"],
        (namespace.get("status") or {}).get("phase"),
        tenant.size if tenant is not None else None,
        ", ".join(tenant.owners) if tenant is not None else None,
        ", ".join(hosts_in(hosts)) if hosts is not None else None,
        metadata.get("creationTimestamp"),
        tenant.expires.isoformat() if tenant is not None and tenant.expires is not None else None,
        tenant.protected if tenant is not None else None,
        is_isolated,
        None,
        tenant.frozen if tenant is not None else None,
        boost.until.isoformat() if boost is not None else None,
        warning_of(namespace, tenant, now),
    )


def _is_isolated(namespace: Manifest, isolated: Collection[str] | None) -> bool | None:
    return None if isolated is None else namespace["metadata"]["name"] in isolated


def _isolated(
    cluster: Cluster, namespaces: Sequence[Manifest], scope: Scope, incomplete: dict[str, str]
) -> set[str] | None:
    """The namespaces whose pods are denied what no policy allows; None if policies cannot be listed."""
    if not namespaces:
        return None
    try:
        policies, _ = list_visible(
            cluster,
            "NetworkPolicy",
            namespaces=None if scope == "cluster" else scope,
            field_selector=f"metadata.name={DEFAULT_DENY}",
        )
    except (NotFound, PermissionDenied) as error:
        incomplete["NetworkPolicy"] = Worded.of(error)
        return None
    return {policy["metadata"]["namespace"] for policy in policies}
